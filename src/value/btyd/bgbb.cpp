// SPDX-License-Identifier: PostgreSQL
// BG/BB: at each opportunity (a year, a campaign) a living customer buys with probability p ~
// Beta(alpha, beta), and before each opportunity leaves for ever with probability theta ~
// Beta(gamma, delta). Equations of Fader, Hardie & Shang, "Customer-base analysis in a
// discrete-time noncontractual setting" (2010). Every beta function is a product of ratios, so
// nothing overflows.
#include <algorithm>
#include <cmath>

#include "base/poll.hpp"
#include "value/btyd/btyd.hpp"
#include "value/fitted/log_gamma.hpp"
#include "value/fitted/quadrature.hpp"

namespace clientele {
namespace {

/// The number of opportunities, given as a real number. The margin is for rounding, as in 0.1 +
/// 0.2.
double whole(double t) { return std::floor(t + 1e-9); }

/// The probability, given the history up to t_x, of having lived and not bought until opportunity
/// n: alive(t_x) = 1, alive(i + 1) = alive(i) (beta-x+i)/(alpha+beta+i) (delta+i)/(gamma+delta+i);
/// and the sum of dead(i) = alive(i) gamma/(gamma+delta+i), the probability of having left right
/// after opportunity i.
class Silence {
 public:
  Silence(const double* parameters, const History& h)
      : alpha(parameters[0]),
        beta(parameters[1]),
        gamma(parameters[2]),
        delta(parameters[3]),
        x(h.x),
        at_(h.t_x) {}

  double alive() const { return alive_; }
  double dead() const { return dead_; }
  double silent() const { return alive_ + dead_; }

  void run_to(double n) {
    for (; at_ < n; ++at_) {
      if (std::fmod(at_, 4096) == 0) poll();
      dead_ += leaving(at_);
      alive_ *= kept(at_);
    }
  }
  /// As run_to; also keeps d ln alive and the sum of dead * d ln dead, with respect to the logs of
  /// the parameters.
  void run_to(double n, double* d_alive, double* d_dead) {
    for (; at_ < n; ++at_) {
      if (std::fmod(at_, 4096) == 0) poll();
      const double left = leaving(at_), age = gamma + delta + at_;
      dead_ += left;
      d_dead[0] += left * d_alive[0];
      d_dead[1] += left * d_alive[1];
      d_dead[2] += left * (d_alive[2] + (delta + at_) / age);
      d_dead[3] += left * (d_alive[3] - delta / age);
      const double misses = beta + (at_ - x), tries = alpha + beta + at_;
      d_alive[0] -= alpha / tries;
      d_alive[1] += beta * (alpha + x) / (misses * tries);
      d_alive[2] -= gamma / age;
      d_alive[3] += delta * gamma / ((delta + at_) * age);
      alive_ *= kept(at_);
    }
  }

  /// Adds dead(i) for all further i: the terms of the sum fall like a power of i.
  void run_for_ever() {
    // One by one until the rest is negligible, or the terms change so slowly that it is an
    // integral.
    const double steep = 0.004;
    for (;;) {
      const double left = leaving(at_), fall = -slope(at_);
      if (!(left > 1e-18 * dead_ * fall)) return;
      if (fall < steep) break;
      run_to(at_ + 1);
    }
    // Euler and Maclaurin (DLMF 2.10.1), the integral with i = at + near (e^u - 1).
    const double first = leaving(at_), d = slope(at_);
    const double misses = beta + (at_ - x), lives = delta + at_;
    const double near = std::min(misses, lives);
    struct Node {
      double value, slope;
    };
    const auto phi = [&](double u) {
      const double i = near * std::expm1(u);
      const double value = log_fall(misses, alpha + x, i) + log_fall(lives, gamma + 1, i) + u;
      return Node{value, 1 + slope(at_ + i) * (near + i)};
    };
    // Far away the terms are a power of i.
    const double power = alpha + x + gamma;
    const double straight =
        std::log(std::max({misses, lives, alpha + x, gamma + 1, 1.0}) / near) + 40;
    const double peak = highest(phi, straight);
    const double top = phi(peak).value;
    double sum = 0;
    visit_log_concave(phi, peak, 0, straight, [&](const Node&, double weight) { sum += weight; });
    sum += std::exp(phi(straight).value - top) / power;
    dead_ += first * (near * std::exp(top) * sum + 0.5 - d / 12 + d * d * d / 720);
    alive_ = 0;
  }

  const double alpha, beta, gamma, delta, x;

 private:
  double kept(double i) const {
    return (beta + (i - x)) / (alpha + beta + i) * ((delta + i) / (gamma + delta + i));
  }
  double leaving(double i) const { return alive_ * (gamma / (gamma + delta + i)); }
  /// d ln dead(i) / di
  double slope(double i) const {
    return -digamma_rise(beta + (i - x), alpha + x) - digamma_rise(delta + i, gamma + 1);
  }
  /// ln of gamma(a+i) gamma(a+b) / (gamma(a+b+i) gamma(a))
  static double log_fall(double a, double b, double i) {
    return log_rising(a, b) - log_rising(a + i, b);
  }
  /// Where a concave function with a slope is highest, by bisection.
  template <class Phi>
  static double highest(const Phi& phi, double end) {
    double low = 0, high = end;
    if (phi(low).slope <= 0) return low;
    while (high - low > 1e-3) {
      const double middle = (low + high) / 2;
      (phi(middle).slope > 0 ? low : high) = middle;
    }
    return low;
  }

  double at_;
  double alive_ = 1, dead_ = 0;
};

/// E[opportunities of the next m that a customer alive at n lives through], delta' = delta + n:
///   sum over k = 1..m of B(gamma, delta'+k) / B(gamma, delta') = delta'/(gamma-1) (1 - e^-y),
///   y = ln(gamma(gamma+delta'+m) gamma(delta'+1) / (gamma(gamma+delta') gamma(delta'+1+m))),
/// as in eqs. 8 and 13. gamma = 1 is a removable singularity; near it, or when delta' is large, y /
/// (gamma-1) is a mean of digammas that keeps its digits.
double opportunities_alive(double gamma, double delta, double m) {
  if (m <= 64) {
    double sum = 0, lives = 1;
    for (double k = 0; k < m; ++k) sum += lives *= (delta + k) / (gamma + delta + k);
    return sum;
  }
  const double g = gamma - 1;
  double mean;  // y / g
  if (std::abs(g) < std::max(0.25, 0.5 * (delta + 1))) {
    mean = boost::math::quadrature::gauss<double, 15>::integrate(
        [&](double share) { return digamma_rise(delta + 1 + g * share, m); }, 0.0, 1.0);
  } else {
    mean = (log_rising(gamma + delta, m) - log_rising(delta + 1, m)) / g;
  }
  return delta * mean * decayed_share(g * mean);
}

class BgBb final : public BtydFamily {
 public:
  // Eq. 5.
  double log_density(const double* parameters, const History& h, double* gradient) const override {
    Silence silence(parameters, h);
    const double alpha = silence.alpha, beta = silence.beta;
    const double gamma = silence.gamma, delta = silence.delta;
    const double misses = h.t_x - h.x;
    if (gradient == nullptr) {
      silence.run_to(h.age);
    } else {
      double d_alive[4] = {}, d_dead[4] = {};
      silence.run_to(h.age, d_alive, d_dead);
      for (int k = 0; k < 4; ++k)
        gradient[k] = (silence.alive() * d_alive[k] + d_dead[k]) / silence.silent();
      const double tries = digamma_rise(alpha + beta, h.t_x);
      const double lives = digamma_rise(gamma + delta, h.t_x);
      gradient[0] += alpha * (digamma_rise(alpha, h.x) - tries);
      gradient[1] += beta * (digamma_rise(beta, misses) - tries);
      gradient[2] -= gamma * lives;
      gradient[3] += delta * (digamma_rise(delta, h.t_x) - lives);
    }
    return log_rising(alpha, h.x) + log_rising(beta, misses) - log_rising(alpha + beta, h.t_x) +
           log_rising(delta, h.t_x) - log_rising(gamma + delta, h.t_x) + std::log(silence.silent());
  }

  // Beta-binomial purchases.
  double log_likelihood_lasting(const double* parameters, const HistorySlice& groups,
                                double* gradient) const override {
    const double alpha = parameters[0], beta = parameters[1];
    double sum = 0, slopes[2] = {};
    for (size_t i = 0; i < groups.x.size(); ++i) {
      if (i % 4096 == 0) poll();
      const double x = groups.x[i], age = groups.age[i], customers = groups.customers[i];
      sum += customers *
             (log_rising(alpha, x) + log_rising(beta, age - x) - log_rising(alpha + beta, age));
      if (gradient == nullptr) continue;
      const double tries = digamma_rise(alpha + beta, age);
      slopes[0] += customers * alpha * (digamma_rise(alpha, x) - tries);
      slopes[1] += customers * beta * (digamma_rise(beta, age - x) - tries);
    }
    if (gradient != nullptr) std::copy(slopes, slopes + 2, gradient);
    return sum;
  }

  // Eq. 11: still there at the next opportunity, n + 1. (A customer who bought at n was certainly
  // there at n.)
  double alive(const double* parameters, const History& h) const override {
    const double delta = parameters[3] + h.age;
    return alive_now(parameters, h) * (delta / (parameters[2] + delta));
  }

  // Eq. 13.
  double expected(const double* parameters, const History& h, double horizon) const override {
    const double buying = (parameters[0] + h.x) / (parameters[0] + parameters[1] + h.age);
    return alive_now(parameters, h) * buying *
           opportunities_alive(parameters[2], parameters[3] + h.age, whole(horizon));
  }

  double silent(const double* parameters, const History& h, double horizon) const override {
    Silence silence(parameters, h);
    silence.run_to(h.age);
    const double now = silence.silent();
    silence.run_to(h.age + whole(horizon));
    return std::min(1.0, silence.silent() / now);
  }
  double silent_for_ever(const double* parameters, const History& h) const override {
    Silence silence(parameters, h);
    silence.run_to(h.age);
    const double now = silence.silent();
    silence.run_for_ever();
    return std::min(1.0, silence.dead() / now);
  }

  // Eq. 8.
  double expected_new(const double* parameters, double t) const override {
    return parameters[0] / (parameters[0] + parameters[1]) *
           opportunities_alive(parameters[2], parameters[3], whole(t));
  }

  // Eq. 7: n of i opportunities, then death or the end.
  double count_probability(const double* parameters, double t, int n) const override {
    const double alpha = parameters[0], beta = parameters[1];
    const double gamma = parameters[2], delta = parameters[3];
    const double end = whole(t);
    if (n < 0 || n > end) return 0;
    // n purchases in the first n opportunities; then relative to that, in steps of 2^512.
    double log_scale = log_rising(alpha, n) - log_rising(alpha + beta, n) + log_rising(delta, n) -
                       log_rising(gamma + delta, n);
    double living = 1, sum = 0;
    constexpr double big = 0x1p512;
    for (double i = n; i < end; ++i) {
      if (std::fmod(i, 4096) == 0) poll();
      sum += living * (gamma / (gamma + delta + i));
      living *= (i + 1) / (i + 1 - n) * ((beta + i - n) / (alpha + beta + i)) *
                ((delta + i) / (gamma + delta + i));
      if (living + sum > big) {
        living /= big;
        sum /= big;
        log_scale += std::log(big);
      }
    }
    return std::min(1.0, std::exp(log_scale + std::log(living + sum)));
  }

 private:
  static double alive_now(const double* parameters, const History& h) {
    Silence silence(parameters, h);
    silence.run_to(h.age);
    return silence.alive() / silence.silent();
  }
};

}  // namespace

const BtydFamily& bg_bb() {
  static const BgBb family;
  return family;
}

}  // namespace clientele
