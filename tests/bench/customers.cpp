// SPDX-License-Identifier: PostgreSQL
// Customers of a world that is exactly as a buy-till-you-die model says, with what it hides.
//   customers --customers N [--model BG/NBD|MBG/NBD|Pareto/NBD] [--parameters A,B,C,D] [--seed N]
//             [--arrivals DAYS] [--observed DAYS] [--exact] > rows for COPY
// Each customer's first purchase is uniform over 365 days, all are observed for 730 days (or what
// is said), and the hold-out is the 39 weeks after that. A row is: customer, repeat purchases, time
// of the last one and age (weeks after the first purchase), purchases in the hold-out, still a
// customer at the end. Purchases of one day count once and times are whole days, as
// purchase_summary() has them. With
// --exact nothing is merged or rounded: then the likelihood of the models is the true one.
#include <array>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string>

#include "../../demo/options.hpp"
#include "../../demo/random.hpp"
#include "output.hpp"

namespace {

using demo::Random;

constexpr double held_out = 39 * 7, week = 7;  // days

enum class Model { bg, mbg, pareto };

struct Settings {
  uint64_t customers = 0, seed = 1;
  double arrivals = 365, observed = 730;  // days
  Model model = Model::bg;
  std::array<double, 4> parameters{};
  bool exact = false;
};

struct Row {
  uint64_t repeats = 0, held_out = 0;
  double last = 0, age = 0;  // days after the first purchase
  bool alive = true;
};

/// When and whether a customer leaves.
class Leaving {
 public:
  Leaving(const Settings& s, Random& random) : random_(random) {
    if (s.model == Model::pareto) {
      const double rate = random.gamma(s.parameters[2], s.parameters[3]);
      lifetime_ = week * random.exponential(rate);
    } else {
      const double leave = random.gamma(s.parameters[2], 1),
                   stay = random.gamma(s.parameters[3], 1);
      chance_ = leave / (leave + stay);
      if (s.model == Model::mbg) purchase(0);
    }
  }
  /// A purchase may be the last one.
  void purchase(double at) {
    if (chance_ > 0 && random_.chance(chance_)) lifetime_ = at;
  }
  /// In days after the first purchase.
  double lifetime() const { return lifetime_; }

 private:
  Random& random_;
  double chance_ = 0, lifetime_ = INFINITY;
};

Row live(const Settings& s, uint64_t customer) {
  Random random(s.seed, customer);
  const double first = s.arrivals * random.uniform(), observed = s.observed;
  const double rate = random.gamma(s.parameters[0], s.parameters[1]);
  Leaving leaving(s, random);
  Row row;
  // An observation that ends with a day is named by that day.
  row.age = s.exact ? observed - first : observed - 1 - std::floor(first);
  double day = std::floor(first), at = 0;
  while (leaving.lifetime() > at) {
    at += week * random.exponential(rate);
    const double now = first + at;
    if (!(at <= leaving.lifetime() && now < observed + held_out)) break;
    leaving.purchase(at);
    if (!s.exact && std::floor(now) == day) continue;
    day = std::floor(now);
    if (now < observed)
      ++row.repeats, row.last = s.exact ? at : day - std::floor(first);
    else
      ++row.held_out;
  }
  row.alive = first + leaving.lifetime() >= observed;
  return row;
}

class Output : public bench::Output {
 public:
  void row(uint64_t customer, const Row& r) {
    cell(customer), cell(r.repeats), cell(r.last / week), cell(r.age / week), cell(r.held_out);
    text_ += r.alive ? "t\n" : "f\n";
    end_row();
  }

 private:
  template <class T>
  void cell(T value) {
    append(value), text_ += '\t';
  }
};

Model model_named(const std::string& name) {
  if (name == "BG/NBD") return Model::bg;
  if (name == "MBG/NBD") return Model::mbg;
  if (name == "Pareto/NBD") return Model::pareto;
  throw demo::UsageError("--model is BG/NBD, MBG/NBD or Pareto/NBD, not " + name);
}

/// The estimates for the CDNOW sample, in weeks: Fader, Hardie & Lee 2005, table 2; for MBG/NBD
/// those of the R package BTYDplus.
std::array<double, 4> usual_parameters(Model model) {
  if (model == Model::pareto) return {0.553, 10.578, 0.606, 11.669};
  if (model == Model::mbg) return {0.525, 6.183, 0.891, 1.614};
  return {0.243, 4.414, 0.793, 2.426};
}

std::array<double, 4> parameters_from(const std::string& text) {
  std::array<double, 4> parameters{};
  const char *at = text.data(), *const end = at + text.size();
  for (size_t i = 0; i < parameters.size(); ++i) {
    const auto [rest, error] = std::from_chars(at, end, parameters[i]);
    const bool separated = i + 1 < parameters.size() ? rest != end && *rest == ',' : rest == end;
    if (error != std::errc{} || !separated || !(parameters[i] >= 1e-3 && parameters[i] <= 1e6))
      throw demo::UsageError("--parameters are four numbers from 0.001 to 1000000 with commas");
    at = rest + 1;
  }
  return parameters;
}

Settings read_arguments(int argc, char** argv) {
  Settings s;
  std::optional<std::array<double, 4>> parameters;
  demo::Arguments arguments(argc, argv);
  for (auto name = arguments.next(); !name.empty(); name = arguments.next()) {
    if (name == "--customers")
      s.customers = arguments.number(1, 1'000'000'000);
    else if (name == "--seed")
      s.seed = arguments.number(0, ~uint64_t{0});
    else if (name == "--model")
      s.model = model_named(arguments.value());
    else if (name == "--parameters")
      parameters = parameters_from(arguments.value());
    else if (name == "--arrivals")
      s.arrivals = static_cast<double>(arguments.number(1, 36500));
    else if (name == "--observed")
      s.observed = static_cast<double>(arguments.number(1, 36500));
    else if (name == "--exact")
      s.exact = true;
    else
      arguments.unknown();
  }
  if (s.customers == 0) throw demo::UsageError("--customers N is missing");
  if (s.arrivals > s.observed) throw demo::UsageError("--arrivals is at most --observed");
  s.parameters = parameters.value_or(usual_parameters(s.model));
  return s;
}

}  // namespace

int main(int argc, char** argv) try {
  const Settings settings = read_arguments(argc, argv);
  Output output;
  for (uint64_t c = 1; c <= settings.customers; ++c) output.row(c, live(settings, c));
  output.finish();
} catch (const std::exception& e) {
  std::fprintf(stderr, "customers: %s\n", e.what());
  return 1;
}
