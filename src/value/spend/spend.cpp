// SPDX-License-Identifier: PostgreSQL
#include "value/spend/spend.hpp"

#include <algorithm>
#include <cmath>

#include "base/poll.hpp"
#include "value/fitted/log_gamma.hpp"

namespace clientele {

// Note 025, eq. 1a, with x m / (x m + v) and v / (x m + v) in logarithms.
double spend_log_density(const SpendParameters& at, double x, double mean, double* gradient) {
  const double total = x * mean, a = at.p * x;
  const double own = std::log1p(at.v / total), others = std::log1p(total / at.v);
  if (gradient != nullptr) {
    gradient[0] = a * (digamma_rise(a, at.q) - own);
    gradient[1] = at.q * (digamma_rise(at.q, a) - others);
    // (q x m - a v) / (x m + v)
    gradient[2] = at.q / (1 + at.v / total) - a / (1 + total / at.v);
  }
  return -log_beta(a, at.q) - a * own - at.q * others - std::log(mean);
}

std::optional<double> expected_spend(const SpendParameters& at, double x, double mean) {
  const double below = at.p * x + at.q - 1;
  if (!(below > 0)) return std::nullopt;
  // A weighted mean of v p / below and the customer's own, in a form that does not overflow.
  const double own = at.p * x / below;
  const double spend = at.p / below * at.v + (x > 0 ? own * mean : 0);
  if (!std::isfinite(spend)) return std::nullopt;
  return spend;
}

std::optional<double> population_spend(const SpendParameters& at) {
  return expected_spend(at, 0, 0);
}

double spend_correlation(const std::vector<SpendGroup>& groups) {
  double n = 0, x_mean = 0, m_mean = 0, xx = 0, mm = 0, xm = 0, largest_x = 0, largest_m = 0;
  for (const SpendGroup& g : groups) {
    largest_x = std::max(largest_x, g.x);
    largest_m = std::max(largest_m, g.mean);
  }
  size_t seen = 0;
  for (const SpendGroup& g : groups) {  // Welford's update with weights
    if (++seen % 4096 == 0) poll();
    const double x = g.x / largest_x, m = g.mean / largest_m;
    n += g.customers;
    const double share = g.customers / n, dx = x - x_mean, dm = m - m_mean;
    x_mean += share * dx;
    m_mean += share * dm;
    xx += g.customers * dx * (x - x_mean);
    mm += g.customers * dm * (m - m_mean);
    xm += g.customers * dx * (m - m_mean);
  }
  const double scale = std::sqrt(xx) * std::sqrt(mm);
  return scale > 0 ? std::clamp(xm / scale, -1.0, 1.0) : 0;
}

}  // namespace clientele
