// SPDX-License-Identifier: PostgreSQL
// Everything is computed from the exact sums in whole numbers of any length, and rounded once: a
// variance that is small beside its mean keeps all its digits, and one that is 0 is 0.
#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>

#include "actions/effect/effect.hpp"
#include "base/significance.hpp"

namespace clientele {
namespace {

using Whole = boost::multiprecision::cpp_int;

/// The sum, in units of 2^unit.
Whole whole(const ExactSum& sum, int unit) {
  const ExactSum::Digits d = sum.digits();
  if (d.limbs.empty()) return 0;
  Whole result;
  import_bits(result, d.limbs.begin(), d.limbs.end(), 32, false);
  const int shift = 32 * d.first + ExactSum::unit - unit;
  result = shift < 0 ? Whole(result >> -shift) : Whole(result << shift);
  return d.negative ? Whole(-result) : result;
}

/// above / below x 2^exponent as a double, rounded once.
double ratio(const Whole& above, const Whole& below, int exponent = 0) {
  if (above == 0) return 0;
  Whole a = abs(above), b = abs(below);
  // A quotient of at least 64 bits.
  const int64_t shift = 66 + static_cast<int64_t>(msb(b)) - static_cast<int64_t>(msb(a));
  if (shift > 0)
    a <<= static_cast<size_t>(shift);
  else
    b <<= static_cast<size_t>(-shift);
  Whole q, rest;
  divide_qr(a, b, q, rest);
  if (rest != 0) q |= 1;
  const auto excess = static_cast<int>(msb(q)) - 63;
  const bool more = (q & ((Whole(1) << excess) - 1)) != 0;
  auto head = static_cast<uint64_t>(Whole(q >> excess));
  head |= static_cast<uint64_t>(more);
  const double size =
      std::ldexp(static_cast<double>(head),
                 static_cast<int>(std::clamp<int64_t>(exponent - shift + excess, -100000, 100000)));
  return (above < 0) != (below < 0) ? -size : size;
}

/// The lowest power of 2 in which these sums are whole, and the squares of which serve for the
/// products.
int common_unit(const EffectSums& sums) {
  int lowest = 0;
  bool any = false;
  const auto see = [&](const ExactSum& sum, int divisor) {
    const ExactSum::Digits d = sum.digits();
    if (d.limbs.empty()) return;
    const int unit = 32 * d.first + ExactSum::unit;
    const int here = unit >= 0 ? unit / divisor : -((-unit + divisor - 1) / divisor);
    lowest = any ? std::min(lowest, here) : here;
    any = true;
  };
  for (const Arm* arm : {&sums.treated(), &sums.control()}) {
    see(arm->value, 1);
    see(arm->before, 1);
    for (const ExactSum* square : {&arm->value_square, &arm->before_square, &arm->product})
      see(*square, 2);
  }
  return lowest;
}

/// A group in whole numbers: n, the sums, and n times the sums of squared deviations.
struct WholeArm {
  WholeArm(const Arm& arm, int unit)
      : n(arm.customers),
        value(whole(arm.value, unit)),
        before(whole(arm.before, unit)),
        square(n * whole(arm.value_square, 2 * unit) - value * value),
        before_square(n * whole(arm.before_square, 2 * unit) - before * before),
        product(n * whole(arm.product, 2 * unit) - value * before) {}

  Whole n, value, before, square, before_square, product;
};

struct Both {
  explicit Both(const EffectSums& sums)
      : unit(common_unit(sums)), t(sums.treated(), unit), c(sums.control(), unit) {}

  int unit;
  WholeArm t, c;
};

void compare(Effect& e, double difference, double variance_t, uint64_t m, double variance_c,
             uint64_t n) {
  e.difference = difference;
  if (m < 2 || n < 2) return;
  const WelchTest w = welch(difference, variance_t, m, variance_c, n);
  e.standard_error = w.standard_error;
  e.df = w.df;
  e.p_value = w.p_value;
  e.low = w.difference.low;
  e.high = w.difference.high;
}

}  // namespace

Effect rate_effect(const EffectSums& sums) {
  const Arm &t = sums.treated(), &c = sums.control();
  Effect e;
  const auto share = [](const Arm& arm) -> std::optional<double> {
    if (arm.customers == 0) return {};
    return static_cast<double>(arm.converted) / static_cast<double>(arm.customers);
  };
  e.treated_mean = share(t);
  e.control_mean = share(c);
  if (!e.treated_mean || !e.control_mean) return e;
  const Difference d = newcombe(t.converted, t.customers, c.converted, c.customers);
  e.difference = d.value;
  e.low = d.low;
  e.high = d.high;
  const double p = *e.treated_mean, q = *e.control_mean;
  e.standard_error = std::sqrt(p * (1 - p) / static_cast<double>(t.customers) +
                               q * (1 - q) / static_cast<double>(c.customers));
  e.p_value =
      chance_of(t.customers + c.customers, t.converted + c.converted, t.customers, t.converted);
  return e;
}

Effect value_effect(const EffectSums& sums) {
  Effect e;
  const uint64_t m = sums.treated().customers, n = sums.control().customers;
  const Both b(sums);
  if (m > 0) e.treated_mean = ratio(b.t.value, b.t.n, b.unit);
  if (n > 0) e.control_mean = ratio(b.c.value, b.c.n, b.unit);
  if (m == 0 || n == 0) return e;
  const double difference = ratio(b.t.value * b.c.n - b.c.value * b.t.n, b.t.n * b.c.n, b.unit);
  const auto variance = [&](const WholeArm& arm) {  // of the mean
    return arm.n < 2 ? 0 : ratio(arm.square, arm.n * arm.n * (arm.n - 1), 2 * b.unit);
  };
  compare(e, difference, variance(b.t), m, variance(b.c), n);
  return e;
}

AdjustedEffect adjusted_effect(const EffectSums& sums) {
  AdjustedEffect e;
  const uint64_t m = sums.treated().customers, n = sums.control().customers;
  if (m == 0 || n == 0) return e;
  const Both b(sums);
  const auto within = [&](const Whole& t, const Whole& c) { return Whole(t * b.c.n + c * b.t.n); };
  const Whole cross = within(b.t.product, b.c.product);
  const Whole square = within(b.t.before_square, b.c.before_square);
  const Whole total = within(b.t.square, b.c.square);
  // theta = above / below
  const Whole above = square == 0 ? Whole(0) : cross, below = square == 0 ? Whole(1) : square;
  e.theta = ratio(above, below);
  e.reduction = square == 0 || total == 0 ? 0 : ratio(cross * cross, square * total);
  const Whole everyone = b.t.n + b.c.n, before = b.t.before + b.c.before;
  const auto mean = [&](const WholeArm& arm) {
    return ratio(below * arm.value * everyone - above * (arm.before * everyone - before * arm.n),
                 below * arm.n * everyone, b.unit);
  };
  e.treated_mean = mean(b.t);
  e.control_mean = mean(b.c);
  const double difference = ratio(below * (b.t.value * b.c.n - b.c.value * b.t.n) -
                                      above * (b.t.before * b.c.n - b.c.before * b.t.n),
                                  below * b.t.n * b.c.n, b.unit);
  const auto variance = [&](const WholeArm& arm) {  // of the mean
    if (arm.n < 2) return 0.0;
    return ratio(arm.square * below * below - 2 * above * below * arm.product +
                     above * above * arm.before_square,
                 below * below * arm.n * arm.n * (arm.n - 1), 2 * b.unit);
  };
  compare(e, difference, variance(b.t), m, variance(b.c), n);
  return e;
}

std::optional<double> overall_value(const EffectSums& sums) {
  const Both b(sums);
  const Whole n = b.t.n + b.c.n;
  if (n == 0) return {};
  return ratio(b.t.value + b.c.value, n, b.unit);
}

}  // namespace clientele
