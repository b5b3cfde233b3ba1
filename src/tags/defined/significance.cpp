// SPDX-License-Identifier: PostgreSQL
#include "tags/defined/significance.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.hpp"
#include "base/poll.hpp"

namespace clientele::tags {
namespace {

using Real = long double;  // lgamma of 10^9 has nothing left of a double's last ten digits

Real log_choose(uint64_t n, uint64_t k) {
  const Real a = static_cast<Real>(n), b = static_cast<Real>(k);
  return std::lgamma(a + 1) - std::lgamma(b + 1) - std::lgamma(a - b + 1);
}

}  // namespace

double chance_of(uint64_t everyone, uint64_t tagged, uint64_t audience, uint64_t both) {
  if (tagged > everyone || audience > everyone || both > tagged || both > audience ||
      tagged - both > everyone - audience)
    throw Error(sqlstate::invalid_parameter, "these numbers of customers contradict each other",
                "Of everyone some have the tag and some are in the audience; both are in both.");
  const Real n = static_cast<Real>(everyone), k = static_cast<Real>(tagged);
  const Real drawn = static_cast<Real>(audience), x = static_cast<Real>(both);
  if (everyone < 2 || tagged == 0 || audience == 0 || tagged == everyone || audience == everyone)
    return 1;
  const Real mean = drawn * (k / n);
  const Real deviation = std::sqrt(mean * ((n - k) / n) * ((n - drawn) / (n - 1)));
  if (deviation > 1e6L) {
    const Real z = std::max<Real>(0, std::abs(x - mean) - 0.5L) / deviation;
    return static_cast<double>(std::erfc(z / std::numbers::sqrt2_v<Real>));
  }
  // From `both` outwards each term is the one before times a fraction that only gets smaller.
  const bool upper = x >= mean;
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
  return static_cast<double>(std::min<Real>(1, 2 * first * sum));
}

}  // namespace clientele::tags
