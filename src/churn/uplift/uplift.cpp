// SPDX-License-Identifier: PostgreSQL
#include "churn/uplift/uplift.hpp"

#include <algorithm>
#include <cmath>

#include "base/poll.hpp"
#include "churn/model/fit.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;

[[noreturn]] void wrong(const std::string& why, const char* hint = "") {
  throw Error(sqlstate::invalid_parameter, why, hint);
}

UpliftMethod method_of(uint8_t number, const char* what) {
  if (number > static_cast<uint8_t>(UpliftMethod::one_class)) Reader::fail(what);
  return static_cast<UpliftMethod>(number);
}

ChurnModel fitted(const ChurnRows& rows, const char* group, uint64_t customers, uint64_t outcomes) {
  if (outcomes == 0 || outcomes == customers)
    wrong(
        std::string("uplift_fit needs customers with and without the outcome in each group, but ") +
            (outcomes == 0 ? "none" : "all") + " of the " + group + " have it",
        "A model by class, as uplift_def(method => 'class'), needs them in one of the groups.");
  return *fit_churn(rows);
}

uint64_t customers(const ChurnRows& rows) {
  uint64_t n = 0;
  for (const ChurnTally& t : rows.tallies()) n += uint64_t{t.churned} + t.stayed;
  return n;
}

uint64_t outcomes(const ChurnRows& rows) {
  uint64_t n = 0;
  for (const ChurnTally& t : rows.tallies()) n += t.churned;
  return n;
}

}  // namespace

void UpliftDefinition::set_method(std::string_view word) {
  if (word == "two_models")
    method = UpliftMethod::two_models;
  else if (word == "class")
    method = UpliftMethod::one_class;
  else
    wrong("method must be two_models or class, not \"" + std::string(word) + "\"");
}

const char* UpliftDefinition::method_name() const {
  return method == UpliftMethod::two_models ? "two_models" : "class";
}

void UpliftDefinition::check() const {
  if (churn.class_weight != ClassWeight::none || !churn.features_def.empty())
    wrong("an uplift_def has no class_weight and no features");
  churn.check();
}

void UpliftDefinition::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  w.u8(static_cast<uint8_t>(method));
  Bytes encoded(out.get_allocator());
  churn.write(encoded);
  w.counted(encoded);
}

UpliftDefinition UpliftDefinition::read(std::span<const uint8_t> bytes) {
  size_limit.check(bytes.size());
  Reader r(bytes);
  r.version(version, "uplift_def");
  UpliftDefinition d;
  d.method = method_of(r.u8(), "it is not an uplift_def");
  d.churn = ChurnDefinition::read(r.counted());
  if (!writes(d, bytes)) Reader::fail("it is not an uplift_def");
  d.check();
  return d;
}

double UpliftModel::uplift(double first_log_odds, double second_log_odds) const {
  const double p = probability_of(first.calibrated(first_log_odds));
  if (!second) return 2 * p - 1;
  return p - probability_of(second->calibrated(second_log_odds));
}

void UpliftModel::check() {
  if (second.has_value() != (method == UpliftMethod::two_models))
    wrong("an uplift_model by two models has two models, and one by class has one");
  first.check();
  if (!first.features_def.empty() || (second && !second->features_def.empty()))
    wrong("the models in an uplift_model have no features_def",
          "Give the features, as churn_features_json(journey, at) returns them.");
  if (second) second->check();
  constexpr uint64_t most = 1'000'000'000'000'000;
  if (fit && (fit->treated > most || fit->control > most || fit->treated_outcomes > fit->treated ||
              fit->control_outcomes > fit->control))
    wrong("numbers of customers in an uplift_model are out of range");
}

void UpliftModel::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  w.u8(static_cast<uint8_t>(static_cast<uint8_t>(method) | fit.has_value() << 1));
  for (const ChurnModel* model : {&first, second ? &*second : nullptr}) {
    if (model == nullptr) continue;
    Bytes encoded(out.get_allocator());
    model->write(encoded);
    w.counted(encoded);
  }
  if (fit)
    for (const uint64_t n :
         {fit->treated, fit->control, fit->treated_outcomes, fit->control_outcomes})
      w.varint(n);
}

UpliftModel UpliftModel::read(std::span<const uint8_t> bytes) {
  size_limit.check(bytes.size());
  Reader r(bytes);
  r.version(version, "uplift_model");
  const uint8_t flags = r.u8();
  if (flags > 3) Reader::fail("it is not an uplift_model");
  UpliftModel m;
  m.method = method_of(flags & 1, "it is not an uplift_model");
  m.first = ChurnModel::read(r.counted());
  if (m.method == UpliftMethod::two_models) m.second = ChurnModel::read(r.counted());
  if ((flags & 2) != 0) {
    UpliftFit fit;
    for (uint64_t* n : {&fit.treated, &fit.control, &fit.treated_outcomes, &fit.control_outcomes})
      *n = r.varint();
    m.fit = fit;
  }
  m.check();
  if (!writes(m, bytes)) Reader::fail("it is not an uplift_model");
  return m;
}

void UpliftRows::define(std::span<const uint8_t> encoded, bool named) {
  if (encoded_.empty()) {
    definition_ = UpliftDefinition::read(encoded);
    if (named && !definition_.churn.names.empty())
      wrong("the features of a jsonb have names of their own",
            "Leave names out of the uplift_def; they are for features in an array.");
    Bytes churn(memory_);
    definition_.churn.write(churn);
    churn_.assign(churn.begin(), churn.end());
    encoded_.assign(encoded.begin(), encoded.end());
    named_ = named;
  } else if (named != named_ || !std::ranges::equal(encoded, encoded_)) {
    wrong("uplift_fit needs the same uplift_def for all rows of a group",
          "Group by the definition too.");
  }
}

ChurnRows& UpliftRows::arm(bool treated) {
  ChurnRows& rows = treated ? treated_ : control_;
  rows.define(churn_, named_);
  return rows;
}

void UpliftRows::add(std::span<const ChurnCell> cells, bool treated, bool outcome) {
  arm(treated).add(cells, outcome);
}

void UpliftRows::add(std::span<const std::string_view> names, std::span<const ChurnCell> cells,
                     bool treated, bool outcome) {
  arm(treated).add(names, cells, outcome);
}

void UpliftRows::merge(const UpliftRows& other) {
  if (other.encoded_.empty()) return;
  define(other.encoded_, other.named_);
  treated_.merge(other.treated_);
  control_.merge(other.control_);
}

/// Jaskowski & Jaroszewicz (2012), "Uplift modeling for clinical trial data": if customers were
/// treated by chance, with probability e, then P(outcome = treated), weighted by 1/e for the
/// treated and 1/(1 - e) for the others, is (1 + uplift) / 2. Weights are halved, so that they add
/// up to the number of customers.
ChurnModel UpliftRows::of_class(const UpliftFit& fit) const {
  const auto keep = [](ChurnTally t) { return t; };
  const auto none = [](ChurnTally) { return ChurnTally{}; };
  const auto turned = [](ChurnTally t) { return ChurnTally{t.stayed, t.churned}; };
  // The same rows in the same order, with the customers of one group and of both.
  ChurnRows treated(memory_), control(memory_), both(memory_);
  treated.merge(treated_, keep);
  treated.merge(control_, none);
  control.merge(treated_, none);
  control.merge(control_, turned);
  both.merge(treated_, keep);
  both.merge(control_, turned);
  const double share =
      static_cast<double>(fit.treated) / static_cast<double>(fit.treated + fit.control);
  const double weight_t = 0.5 / share, weight_c = 0.5 / (1 - share);
  const auto mean = [&](uint32_t t, uint32_t c) {
    return t + c == 0 ? 1 : (t * weight_t + c * weight_c) / (static_cast<double>(t) + c);
  };
  RowWeights weights;
  const size_t n = both.tallies().size();
  for (size_t i = 0; i < n; ++i) {
    if (i % 65536 == 0) poll();
    const ChurnTally t = treated.tallies()[i], c = control.tallies()[i];
    weights.churned.push_back(mean(t.churned, c.churned));
    weights.stayed.push_back(mean(t.stayed, c.stayed));
  }
  return *fit_churn(both, weights);
}

std::optional<UpliftModel> UpliftRows::model() const {
  UpliftModel m;
  UpliftFit fit;
  fit.treated = customers(treated_);
  fit.control = customers(control_);
  fit.treated_outcomes = outcomes(treated_);
  fit.control_outcomes = outcomes(control_);
  if (fit.treated + fit.control == 0) return {};
  if (fit.treated == 0 || fit.control == 0)
    wrong(std::string("uplift_fit needs customers who were treated and customers who were not, "
                      "but there are none who were ") +
          (fit.treated == 0 ? "treated" : "not"));
  if (!named_ && treated_.columns().size() != control_.columns().size())
    wrong("all rows must have the same number of features: some have " +
              std::to_string(treated_.columns().size()) + ", others " +
              std::to_string(control_.columns().size()),
          "Put NULL where a value is not known.");
  m.method = definition_.method;
  m.fit = fit;
  if (m.method == UpliftMethod::two_models) {
    m.first = fitted(treated_, "treated customers", fit.treated, fit.treated_outcomes);
    m.second = fitted(control_, "control group", fit.control, fit.control_outcomes);
  } else {
    m.first = of_class(fit);
  }
  m.check();
  return m;
}

void UpliftRows::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  w.counted(encoded_);
  w.u8(named_);
  for (const ChurnRows* rows : {&treated_, &control_}) {
    Bytes encoded(out.get_allocator());
    if (!rows->tallies().empty()) rows->write(encoded);
    w.counted(encoded);
  }
}

void UpliftRows::read(Reader& r) {
  r.version(version, "uplift_rows");
  const std::span<const uint8_t> encoded = r.counted();
  const uint8_t named = r.u8();
  if (named > 1) Reader::fail("it is not an uplift_rows");
  define(encoded, named == 1);
  bool any = false;
  for (ChurnRows* rows : {&treated_, &control_}) {
    const std::span<const uint8_t> bytes = r.counted();
    if (bytes.empty()) continue;
    any = true;
    Reader inner(bytes);
    rows->read(inner);
    if (!inner.done()) Reader::fail("bytes are left over");
    // Of another definition: error 22023.
    rows->define(churn_, named_);
    if (rows->tallies().empty()) Reader::fail("a group without customers");
  }
  if (!any) Reader::fail("there are no customers");
}

}  // namespace clientele
