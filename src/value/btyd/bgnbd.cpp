// SPDX-License-Identifier: PostgreSQL
// BG/NBD and MBG/NBD: purchases at rate lambda ~ Gamma(r, alpha); after each repeat purchase (in
// MBG/NBD also after the first purchase) a customer leaves for ever with probability p ~ Beta(a,
// b). Fader, Hardie & Lee, "Counting your customers the easy way" (2005); Batislam, Denizel &
// Filiztekin (2007) with the erratum of Wagner & Hoppe (2008).
#include <algorithm>
#include <cmath>

#include <boost/math/special_functions/beta.hpp>

#include "value/btyd/bgnbd_likelihood.hpp"
#include "value/btyd/btyd.hpp"
#include "value/btyd/dropping_out.hpp"
#include "value/fitted/log_gamma.hpp"

namespace clientele {
namespace {

/// A customer with x repeat purchases has had x + `first` chances to leave. If there was one, the
/// odds of having left since t_x are
///   a / (b + chances - 1) ((alpha + age) / (alpha + t_x))^(r + x).
class BetaGeometric final : public BtydFamily {
 public:
  explicit BetaGeometric(int first) : first_(first) {}

  int purchase_parameter() const override { return 1; }
  int dropout_parameter() const override { return 2; }
  double dropout_sign() const override { return 1; }

  double log_density(const double* parameters, const History& h, double* gradient) const override {
    const double one = 1;
    return log_likelihood(parameters, {{&h.x, 1}, {&h.t_x, 1}, {&h.age, 1}, {&one, 1}}, gradient);
  }

  double log_likelihood(const double* parameters, const HistorySlice& groups,
                        double* gradient) const override {
    return beta_geometric_likelihood(parameters, groups, chance(), gradient, nullptr);
  }
  bool curvature(const double* parameters, const HistorySlice& groups,
                 double* second) const override {
    beta_geometric_likelihood(parameters, groups, chance(), nullptr, second);
    return true;
  }
  double log_likelihood_lasting(const double* parameters, const HistorySlice& groups,
                                double* gradient) const override {
    return beta_geometric_likelihood(parameters, groups, FirstChance::none, gradient, nullptr);
  }

  double alive(const double* parameters, const History& h) const override {
    const double chances = h.x + first_;
    if (!(chances > 0)) return 1;
    const double odds = parameters[2] / (parameters[3] + chances - 1) *
                        std::exp((parameters[0] + h.x) *
                                 std::log((parameters[1] + h.age) / (parameters[1] + h.t_x)));
    return 1 / (1 + odds);
  }

  // Eq. 10 of 2005. A customer who is alive has p ~ Beta(a, b + chances).
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

  // Eq. 8 of 2005: n purchases without leaving; or the customer left at the n-th, and would have
  // made more.
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

  FirstChance chance() const { return first_ > 0 ? FirstChance::first : FirstChance::repeat; }

  int first_;
};

}  // namespace

const BtydFamily& bg_nbd() {
  static const BetaGeometric family(0);
  return family;
}

const BtydFamily& mbg_nbd() {
  static const BetaGeometric family(1);
  return family;
}

}  // namespace clientele
