// SPDX-License-Identifier: PostgreSQL
// BG/NBD and MBG/NBD: purchases at rate lambda ~ Gamma(r, alpha); after each repeat purchase (in
// MBG/NBD after the first purchase, too) a customer leaves for ever with probability p ~ Beta(a,
// b). Fader, Hardie & Lee, "Counting your customers the easy way" (2005); Batislam, Denizel &
// Filiztekin (2007) with the erratum of Wagner & Hoppe (2008).
#include <algorithm>
#include <array>
#include <cmath>

#include <boost/math/special_functions/beta.hpp>

#include "base/poll.hpp"
#include "value/btyd.hpp"
#include "value/dropping_out.hpp"
#include "value/log_gamma.hpp"

namespace clientele {
namespace {

/// ln(1 + e^v), and its slope.
struct Softplus {
  explicit Softplus(double v) {
    const double e = std::exp(-std::abs(v)), log = std::log1p(e);
    value = v > 0 ? v + log : log;
    slope = (v > 0 ? 1 : e) / (1 + e);
  }
  double value, slope;
};

/// What the likelihood of customers with equal x needs of their times.
struct Sums {
  long double customers = 0, logs = 0, shares = 0;
  long double left_value = 0, left = 0, left_logs = 0, left_shares = 0;

  void operator+=(const Sums& s) {
    customers += s.customers, logs += s.logs, shares += s.shares;
    left_value += s.left_value, left += s.left;
    left_logs += s.left_logs, left_shares += s.left_shares;
  }
};

/// The chances to leave that a customer with x repeat purchases has had are x + `first`. Where
/// there was one, the odds of having left since t_x are
///   a / (b + chances - 1) ((alpha + age) / (alpha + t_x))^(r + x).
class BetaGeometric final : public BtydFamily {
 public:
  BetaGeometric(std::string_view name, int first) : name_(name), first_(first) {}

  std::string_view name() const override { return name_; }
  std::span<const std::string_view> names() const override {
    static constexpr std::array<std::string_view, 4> list = {"r", "alpha", "a", "b"};
    return list;
  }
  int purchase_parameter() const override { return 1; }
  int dropout_parameter() const override { return 2; }
  double dropout_sign() const override { return 1; }

  double log_density(const double* parameters, const History& h, double* gradient) const override {
    const double one = 1;
    return log_likelihood(parameters, {{&h.x, 1}, {&h.t_x, 1}, {&h.age, 1}, {&one, 1}}, gradient);
  }

  // Eq. 6 of 2005, with logarithms of the ratios.
  double log_likelihood(const double* parameters, const HistorySlice& groups,
                        double* gradient) const override {
    const double r = parameters[0], alpha = parameters[1], a = parameters[2], b = parameters[3];
    const double log_alpha = std::log(alpha);
    long double sum = 0;
    double slopes[4] = {};
    const size_t n = groups.x.size();
    for (size_t i = 0; i < n;) {
      // All with the same x: what depends on x alone is taken once.
      const double x = groups.x[i], buying = r + x, chances = x + first_;
      const bool may_have_left = chances > 0;
      const double since = may_have_left ? std::log(a / (b + chances - 1)) : 0;
      Sums all;
      while (i < n && groups.x[i] == x) {
        // All with the same age: short sums, so that millions of groups cost no digits.
        const double age = groups.age[i], log_end = std::log(alpha + age);
        const double end_share = alpha / (alpha + age);
        // A difference of logarithms has lost digits then, which a large r makes matter.
        const bool short_age = age < alpha;
        double count = 0;
        Sums some;
        for (; i < n && groups.x[i] == x && groups.age[i] == age; ++i) {
          if (i % 65536 == 0) poll();
          const double customers = groups.customers[i];
          count += customers;
          if (!may_have_left) continue;
          const double last = groups.t_x[i];
          const double silence = short_age ? std::log1p((age - last) / (alpha + last))
                                           : log_end - std::log(alpha + last);
          const Softplus odds(since + buying * silence);
          const double left = customers * odds.slope;
          some.left_value += customers * odds.value;
          some.left += left;
          some.left_logs += left * silence;
          some.left_shares += left * (end_share - alpha / (alpha + last));
        }
        some.customers = count;
        some.logs = count * (short_age ? std::log1p(age / alpha) : log_end - log_alpha);
        some.shares = count * end_share;
        all += some;
      }
      const auto customers = static_cast<double>(all.customers);
      const auto logs = static_cast<double>(all.logs), shares = static_cast<double>(all.shares);
      const auto left = static_cast<double>(all.left);
      const auto left_logs = static_cast<double>(all.left_logs);
      const auto left_shares = static_cast<double>(all.left_shares);
      sum += customers * (log_rising(r, x) - x * log_alpha + log_rising(b, chances) -
                          log_rising(a + b, chances)) -
             buying * logs + static_cast<double>(all.left_value);
      if (gradient == nullptr) continue;
      const double both = digamma_rise(a + b, chances);
      slopes[0] += r * (customers * digamma_rise(r, x) - logs + left_logs);
      slopes[1] += r * (customers - shares) - x * shares + buying * left_shares;
      slopes[2] += left - a * customers * both;
      slopes[3] += b * (customers * (digamma_rise(b, chances) - both) -
                        (may_have_left ? left / (b + chances - 1) : 0));
    }
    if (gradient != nullptr) std::copy(slopes, slopes + 4, gradient);
    return static_cast<double>(sum);
  }

  double log_density_lasting(const double* parameters, const History& h,
                             double* gradient) const override {
    return nbd_log_density(parameters, h, gradient);
  }

  double alive(const double* parameters, const History& h) const override {
    const double chances = h.x + first_;
    if (!(chances > 0)) return 1;
    const double odds = parameters[2] / (parameters[3] + chances - 1) *
                        std::exp((parameters[0] + h.x) *
                                 std::log((parameters[1] + h.age) / (parameters[1] + h.t_x)));
    return 1 / (1 + odds);
  }

  // Eq. 10 of 2005. Who is alive has p ~ Beta(a, b + chances).
  double expected(const double* parameters, const History& h, double horizon) const override {
    return alive(parameters, h) *
           purchases_until_dropout(parameters[0] + h.x, horizon / (parameters[1] + h.age),
                                   parameters[2], parameters[3] + h.x + first_);
  }

  // Only a purchase lets a customer leave.
  double silent(const double* parameters, const History& h, double horizon) const override {
    const double power = (parameters[0] + h.x) * std::log1p(horizon / (parameters[1] + h.age));
    return 1 + alive(parameters, h) * std::expm1(-power);
  }
  double silent_for_ever(const double* parameters, const History& h) const override {
    return 1 - alive(parameters, h);
  }

  // Eq. 9 of 2005.
  double expected_new(const double* parameters, double t) const override {
    const double a = parameters[2], b = parameters[3];
    const double stays = first_ > 0 ? b / (a + b) : 1;
    return stays * purchases_until_dropout(parameters[0], t / parameters[1], a, b + first_);
  }

  // Eq. 8 of 2005: as many without leaving, or left at the n-th and there were to be more.
  double count_probability(const double* parameters, double t, int n) const override {
    if (n < 0) return 0;
    const double r = parameters[0], alpha = parameters[1], a = parameters[2], b = parameters[3];
    const double chances = n + first_;
    const double stayed = std::exp(log_rising(b, chances) - log_rising(a + b, chances));
    const double left = chances > 0 ? stayed * a / (b + chances - 1) : 0;
    if (!(t > 0)) return n == 0 ? 1 : 0;
    const double just = std::exp(log_rising(r, n) - std::lgamma(n + 1.0) -
                                 r * std::log1p(t / alpha) - n * std::log1p(alpha / t));
    const double at_least = n == 0 ? 1 : boost::math::ibeta(n, r, t / (alpha + t), Policy());
    return std::min(1.0, stayed * just + left * at_least);
  }

 private:
  using Policy = boost::math::policies::policy<boost::math::policies::promote_double<false>>;

  std::string_view name_;
  int first_;
};

}  // namespace

const BtydFamily& bg_nbd() {
  static const BetaGeometric family("BG/NBD", 0);
  return family;
}

const BtydFamily& mbg_nbd() {
  static const BetaGeometric family("MBG/NBD", 1);
  return family;
}

}  // namespace clientele
