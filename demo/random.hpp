// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

/// Random numbers that are the same on every platform: the standard's distributions are not, and
/// neither are the last bits of log and exp. Only + - * / and sqrt are used, which IEEE 754 fixes
/// (compile with -ffp-contract=off), and never two draws in one expression, as their order is
/// unspecified.
namespace demo {

inline double natural_log(double x) {
  int exponent;
  double m = std::frexp(x, &exponent);  // exact
  if (m < 0.70710678118654752) m *= 2, --exponent;
  const double s = (m - 1) / (m + 1), q = s * s;
  double sum = 0;
  for (int k = 21; k >= 1; k -= 2) sum = sum * q + 1.0 / k;
  return 2 * s * sum + exponent * 0.69314718055994531;
}

inline double exponential_of(double x) {
  if (x < -700) return 0;
  if (x > 700) x = 700;
  const auto n = static_cast<int>(x * 1.4426950408889634 + (x < 0 ? -0.5 : 0.5));
  const double r = x - n * 0.69314718055994531;
  double sum = 1;
  for (int k = 16; k >= 1; --k) sum = 1 + sum * r / k;
  return std::ldexp(sum, n);
}

/// SplitMix64 (Steele, Lea and Flood 2014): one stream for each (seed, stream) pair.
class Random {
 public:
  Random(uint64_t seed, uint64_t stream) : state_(mix(seed) ^ mix(stream * 2 + 1)) {}

  uint64_t bits() { return mix(state_ += 0x9E3779B97F4A7C15U); }
  /// In (0, 1).
  double uniform() { return (static_cast<double>(bits() >> 12) + 0.5) * 0x1p-52; }
  /// In 0 … n − 1, for n below 2^32.
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(((bits() >> 32) * n) >> 32); }
  bool chance(double p) { return uniform() < p; }
  double exponential(double rate) { return -natural_log(uniform()) / rate; }

  double normal() {  // Marsaglia's polar method
    for (;;) {
      const double u = 2 * uniform() - 1, v = 2 * uniform() - 1, s = u * u + v * v;
      if (s < 1 && s > 0) return u * std::sqrt(-2 * natural_log(s) / s);
    }
  }

  double gamma(double shape, double rate) {  // Marsaglia and Tsang 2000
    if (shape < 1) {
      const double boost = exponential_of(natural_log(uniform()) / shape);
      return boost * gamma(shape + 1, rate);
    }
    const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
    for (;;) {
      const double x = normal(), root = 1 + c * x;
      if (root <= 0) continue;
      const double v = root * root * root;
      if (natural_log(uniform()) < 0.5 * x * x + d - d * v + d * natural_log(v))
        return d * v / rate;
    }
  }

  /// The position of one of the weights, in proportion to them.
  template <size_t N>
  size_t pick(const std::array<double, N>& weights) {
    double sum = 0;
    for (const double w : weights) sum += w;
    double at = uniform() * sum;
    for (size_t i = 0; i + 1 < N; ++i)
      if ((at -= weights[i]) < 0) return i;
    return N - 1;
  }

 private:
  static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  uint64_t state_;
};

}  // namespace demo
