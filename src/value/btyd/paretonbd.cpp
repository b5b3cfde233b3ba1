// SPDX-License-Identifier: PostgreSQL
// Pareto/NBD: purchases at rate lambda ~ Gamma(r, alpha) until a lifetime with rate mu ~ Gamma(s,
// beta) ends. Schmittlein, Morrison & Colombo (1987); equations of Fader & Hardie, "A note on
// deriving the Pareto/NBD model and related expressions" (2005), called note 009 here.
//
// The published forms of A_0 (note 009, eqs. 19 and 20) are a difference of two Gauss
// hypergeometric functions, which overflows and cancels. It is an integral of a positive function
// (in the same note, before it is solved), and is computed as such.
#include <cmath>
#include <limits>

#include "value/btyd/bgnbd_likelihood.hpp"
#include "value/btyd/btyd.hpp"
#include "value/fitted/log_gamma.hpp"
#include "value/fitted/quadrature.hpp"

namespace clientele {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The probabilities of silence, alive and dead: with A = alpha + t_x, B = beta + t_x and w the
/// time since t_x,
///   alive(D) = (1 + D/A)^-(r+x) (1 + D/B)^-s
///   dead(D)  = (s/B) * integral over w in (0, D) of (1 + w/A)^-(r+x) (1 + w/B)^-(s+1)
/// so that alive(0) = 1, dead(0) = 0. The likelihood is proportional to their sum.
class Silence {
 public:
  Silence(const double* parameters, const History& history)
      : t_x(history.t_x),
        A(parameters[1] + t_x),
        B(parameters[3] + t_x),
        s(parameters[2]),
        buying(parameters[0] + history.x),
        a_is_nearer(A <= B),
        near(a_is_nearer ? A : B),
        ratio(near / (a_is_nearer ? B : A)),
        near_power(a_is_nearer ? buying : s + 1),
        far_power(a_is_nearer ? s + 1 : buying) {}

  double log_alive(double D) const { return -buying * std::log1p(D / A) - s * std::log1p(D / B); }

  /// The integrand with w = near * (e^u - 1), as a function of u: concave, and singular only at
  /// imaginary part pi.
  struct Node {
    double u, w, far_log, value, slope;
  };
  Node operator()(double u) const {
    const double e = std::expm1(u), far = ratio * e, far_log = std::log1p(far);
    return {u, near * e, far_log, (1 - near_power) * u - far_power * far_log,
            (1 - near_power) - far_power * (ratio + far) / (1 + far)};
  }
  double peak(double end) const {
    if (near_power >= 1) return 0;
    const double y = (1 - near_power) * (1 - ratio) / (ratio * (buying + s));
    return y <= 1 ? 0 : std::min(std::log(y), end);
  }

  /// ln dead(D), D may be infinite. Visits nodes as visit_log_concave does.
  template <class Visit>
  double log_dead(double D, Visit visit) const {
    if (!(D > 0)) return -infinity;
    // After `straight` the integrand is a power, whose integral is known.
    const double straight = 40 - std::log(ratio);
    const double end = std::isinf(D) ? straight : std::log1p(D / near);
    const double top_at = peak(end);
    const double top = (*this)(top_at).value;
    double sum = 0;
    visit_log_concave(*this, top_at, 0, end, [&](const Node& node, double weight) {
      sum += weight;
      visit(node, weight);
    });
    if (std::isinf(D)) sum += std::exp((*this)(end).value - top) / (buying + s);
    return std::log(s) + std::log(near / B) + top + std::log(sum);
  }
  double log_dead(double D) const {
    return log_dead(D, [](const Node&, double) {});
  }
  double log_silent(double D) const { return log_sum(log_alive(D), log_dead(D)); }

  const double t_x, A, B, s, buying;
  const bool a_is_nearer;
  const double near, ratio, near_power, far_power;
};

/// E[purchases of a living customer in `horizon`], rate (r+x)/(alpha+T), lifetime Gamma(s, B):
/// note 009, eq. 42 without P(alive); s = 1 is the limit.
double expected_alive(double rate, double s, double B, double horizon) {
  const double z = std::log1p(horizon / B);
  return rate * B * z * decayed_share((s - 1) * z);
}

class ParetoNbd final : public BtydFamily {
 public:
  // Note 009, eq. 18.
  double log_density(const double* parameters, const History& h, double* gradient) const override {
    const double r = parameters[0], alpha = parameters[1], s = parameters[2], beta = parameters[3];
    const Silence silence(parameters, h);
    const double D = h.age - h.t_x;
    // Averages over the time at which the customer could last buy.
    double sum = 0, near_logs = 0, far_logs = 0, a_shares = 0, b_shares = 0;
    const auto visit = [&](const Silence::Node& node, double weight) {
      const double y = h.t_x + node.w;
      sum += weight;
      near_logs += weight * node.u;
      far_logs += weight * node.far_log;
      a_shares += weight * (y / (alpha + y));
      b_shares += weight * (y / (beta + y));
    };
    const double alive = silence.log_alive(D);
    const double dead = gradient != nullptr ? silence.log_dead(D, visit) : silence.log_dead(D);
    const double total = log_sum(alive, dead);
    const double to_last_a = std::log1p(h.t_x / alpha), to_last_b = std::log1p(h.t_x / beta);

    if (gradient != nullptr) {
      const double p = std::exp(alive - total), q = std::exp(dead - total);
      const double scale = sum > 0 ? q / sum : 0;
      const double a_logs = silence.a_is_nearer ? near_logs : far_logs;
      const double b_logs = silence.a_is_nearer ? far_logs : near_logs;
      const double a_log = to_last_a + p * std::log1p(D / silence.A) + scale * a_logs;
      const double b_log = to_last_b + p * std::log1p(D / silence.B) + scale * b_logs;
      const double a_share = p * (h.age / (alpha + h.age)) + scale * a_shares;
      const double dead_share = scale * b_shares;
      const double b_share = p * (h.age / (beta + h.age)) + dead_share;
      gradient[0] = r * (digamma_rise(r, h.x) - a_log);
      gradient[1] = r * a_share - h.x * (1 - a_share);
      gradient[2] = q - s * b_log;
      gradient[3] = s * b_share - (q - dead_share);
    }
    return log_rising(r, h.x) - r * to_last_a - s * to_last_b -
           (h.x > 0 ? h.x * std::log(silence.A) : 0) + total;
  }

  // The negative binomial, as it is without drop-out in BG/NBD.
  double log_likelihood_lasting(const double* parameters, const HistorySlice& groups,
                                double* gradient) const override {
    return beta_geometric_likelihood(parameters, groups, FirstChance::none, gradient, nullptr);
  }
  int purchase_parameter() const override { return 1; }
  int dropout_parameter() const override { return 3; }
  double dropout_sign() const override { return -1; }

  // Note 009, eq. 38: the living part of the likelihood.
  double alive(const double* parameters, const History& h) const override {
    const Silence silence(parameters, h);
    const double living = silence.log_alive(h.age - h.t_x);
    return std::exp(living - log_sum(living, silence.log_dead(h.age - h.t_x)));
  }

  double expected(const double* parameters, const History& h, double horizon) const override {
    return alive(parameters, h) * expected_alive((parameters[0] + h.x) / (parameters[1] + h.age),
                                                 parameters[2], parameters[3] + h.age, horizon);
  }

  // Silence until age + horizon is the same history seen later: a ratio of two likelihoods.
  double silent(const double* parameters, const History& h, double horizon) const override {
    const Silence silence(parameters, h);
    const double D = h.age - h.t_x;
    return std::min(1.0, std::exp(silence.log_silent(D + horizon) - silence.log_silent(D)));
  }
  double silent_for_ever(const double* parameters, const History& h) const override {
    const Silence silence(parameters, h);
    return std::min(1.0, std::exp(silence.log_dead(infinity) - silence.log_silent(h.age - h.t_x)));
  }

  // Note 009, eq. 27.
  double expected_new(const double* parameters, double t) const override {
    return expected_alive(parameters[0] / parameters[1], parameters[2], parameters[3], t);
  }

  // Note 009, section 3: the NBD until t for a customer who lives that long, plus the NBD until a
  // death at y for one who does not. The second is an integral over v = ln y.
  double count_probability(const double* parameters, double t, int n) const override {
    const double r = parameters[0], alpha = parameters[1], s = parameters[2], beta = parameters[3];
    if (n < 0) return 0;
    if (!(t > 0)) return n == 0 ? 1 : 0;
    struct Node {
      double value, slope;
    };
    const auto phi = [&](double v) {
      const double y = std::exp(v);
      return Node{-n * std::log1p(alpha / y) - r * std::log1p(y / alpha) - std::log1p(beta / y) -
                      s * std::log1p(y / beta),
                  (n * alpha - r * y) / (alpha + y) + (beta - s * y) / (beta + y)};
    };
    // The slope is zero at the positive root of a quadratic, in units of the larger of alpha, beta.
    const double unit = std::max(alpha, beta), a = alpha / unit, b = beta / unit;
    const double half = ((n - s) * a + (1 - r) * b) / 2, c = (n + 1) * a * b;
    const double root = std::sqrt(half * half + (r + s) * c);
    const double y = half > 0 ? (half + root) / (r + s) : c / (root - half);
    const double end = std::log(t), peak = std::min(std::log(y) + std::log(unit), end);
    double sum = 0;
    visit_log_concave(phi, peak, -infinity, end,
                      [&](const Node&, double weight) { sum += weight; });
    const double constant = n == 0 ? 0 : log_rising(r, n) - std::lgamma(n + 1.0);
    const double living =
        -n * std::log1p(alpha / t) - r * std::log1p(t / alpha) - s * std::log1p(t / beta);
    const double dead = std::log(s) + phi(peak).value + std::log(sum);
    return std::min(1.0, std::exp(constant + log_sum(living, dead)));
  }
};

}  // namespace

const BtydFamily& pareto_nbd() {
  static const ParetoNbd family;
  return family;
}

}  // namespace clientele
