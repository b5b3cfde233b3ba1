// SPDX-License-Identifier: PostgreSQL
#include "base/significance.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <string>

#include "base/error.hpp"
#include "base/poll.hpp"

namespace clientele {
namespace {

using Real = long double;  // lgamma of 10^9 has nothing left of a double's last ten digits

Real log_choose(uint64_t n, uint64_t k) {
  const Real a = static_cast<Real>(n), b = static_cast<Real>(k);
  return std::lgamma(a + 1) - std::lgamma(b + 1) - std::lgamma(a - b + 1);
}

/// The hypergeometric distribution of what both have.
struct Drawn {
  uint64_t everyone, tagged, audience, both;

  void check() const {
    if (tagged > everyone || audience > everyone || both > tagged || both > audience ||
        tagged - both > everyone - audience)
      throw Error(sqlstate::invalid_parameter, "these numbers of customers contradict each other",
                  "Of everyone some have the tag and some are in the audience; both are in both.");
  }
  bool sure() const {
    return everyone < 2 || tagged == 0 || audience == 0 || tagged == everyone ||
           audience == everyone;
  }
  Real mean() const {
    return static_cast<Real>(audience) * (static_cast<Real>(tagged) / static_cast<Real>(everyone));
  }
  Real deviation() const {
    const Real n = static_cast<Real>(everyone), k = static_cast<Real>(tagged);
    return std::sqrt(mean() * ((n - k) / n) * ((n - static_cast<Real>(audience)) / (n - 1)));
  }
  /// The probability of `both` and of all numbers above it, or below it.
  Real tail(bool upper) const {
    const Real n = static_cast<Real>(everyone), k = static_cast<Real>(tagged);
    const Real drawn = static_cast<Real>(audience), x = static_cast<Real>(both);
    // From `both` outwards each term is the one before times a fraction that only gets smaller.
    const Real first =
        std::exp(log_choose(tagged, both) + log_choose(everyone - tagged, audience - both) -
                 log_choose(everyone, audience));
    Real sum = 1, term = 1;
    for (Real i = x; term > sum * 1e-20L;) {
      if ((static_cast<uint64_t>(i) & 0xfff) == 0) poll();
      if (upper) {
        term *= (k - i) / (i + 1) * ((drawn - i) / (n - k - drawn + i + 1));
        i += 1;
      } else {
        term *= i / (k - i + 1) * ((n - k - drawn + i) / (drawn - i + 1));
        i -= 1;
      }
      sum += term;
    }
    return first * sum;
  }
};

constexpr Real largest_deviation = 1e6L;

}  // namespace

double chance_of(uint64_t everyone, uint64_t tagged, uint64_t audience, uint64_t both) {
  const Drawn drawn{everyone, tagged, audience, both};
  drawn.check();
  if (drawn.sure()) return 1;
  const Real x = static_cast<Real>(both), mean = drawn.mean(), deviation = drawn.deviation();
  if (deviation > largest_deviation) {
    const Real z = std::max<Real>(0, std::abs(x - mean) - 0.5L) / deviation;
    return static_cast<double>(std::erfc(z / std::numbers::sqrt2_v<Real>));
  }
  return static_cast<double>(std::min<Real>(1, 2 * drawn.tail(x >= mean)));
}

double upper_tail_of(uint64_t everyone, uint64_t tagged, uint64_t audience, uint64_t both) {
  Drawn drawn{everyone, tagged, audience, both};
  drawn.check();
  // Fewer than these cannot be in both.
  const uint64_t least = tagged + audience > everyone ? tagged + audience - everyone : 0;
  if (both <= least) return 1;
  const Real x = static_cast<Real>(both), mean = drawn.mean(), deviation = drawn.deviation();
  if (deviation > largest_deviation) {
    const Real z = (x - 0.5L - mean) / deviation;
    return static_cast<double>(std::erfc(z / std::numbers::sqrt2_v<Real>) / 2);
  }
  if (x >= mean) return static_cast<double>(std::min<Real>(1, drawn.tail(true)));
  --drawn.both;
  return static_cast<double>(std::max<Real>(0, 1 - drawn.tail(false)));
}

Correction parse_correction(std::string_view word) {
  if (word == "none") return Correction::none;
  if (word == "bh") return Correction::bh;
  if (word == "holm") return Correction::holm;
  throw Error(sqlstate::invalid_parameter, "unknown correction \"" + std::string(word) + "\"",
              "It is one of bh, holm, none.");
}

std::vector<double> adjusted(std::span<const double> p, Correction correction) {
  std::vector<double> answer(p.begin(), p.end());
  std::vector<size_t> ascending(p.size());
  std::iota(ascending.begin(), ascending.end(), size_t{0});
  std::sort(ascending.begin(), ascending.end(), [&](size_t a, size_t b) { return p[a] < p[b]; });
  const size_t n = p.size();
  if (correction == Correction::bh) {
    double least = 1;
    for (size_t rank = n; rank > 0; --rank) {
      const size_t i = ascending[rank - 1];
      least = std::min(least, p[i] * (static_cast<double>(n) / static_cast<double>(rank)));
      answer[i] = least;
    }
  } else if (correction == Correction::holm) {
    double most = 0;
    for (size_t rank = 0; rank < n; ++rank) {
      const size_t i = ascending[rank];
      most = std::max(most, std::min(1.0, p[i] * static_cast<double>(n - rank)));
      answer[i] = most;
    }
  }
  return answer;
}

}  // namespace clientele
