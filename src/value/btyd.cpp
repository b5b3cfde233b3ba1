// SPDX-License-Identifier: PostgreSQL
#include "value/btyd.hpp"

#include <algorithm>
#include <cmath>

#include "base/poll.hpp"
#include "value/log_gamma.hpp"

namespace clientele {

double BtydFamily::log_likelihood(const double* parameters, const HistorySlice& groups,
                                  double* gradient) const {
  double slope[max_btyd_parameters];
  long double sum = 0, slopes[max_btyd_parameters] = {};
  const size_t n = names().size();
  for (size_t i = 0; i < groups.x.size(); ++i) {
    if (i % 1024 == 0) poll();
    const History h{groups.x[i], groups.t_x[i], groups.age[i]};
    sum += groups.customers[i] * log_density(parameters, h, gradient != nullptr ? slope : nullptr);
    if (gradient == nullptr) continue;
    for (size_t k = 0; k < n; ++k) slopes[k] += groups.customers[i] * slope[k];
  }
  if (gradient != nullptr) std::copy(slopes, slopes + n, gradient);
  return static_cast<double>(sum);
}

double nbd_log_density(const double* parameters, const History& h, double* gradient) {
  const double r = parameters[0], alpha = parameters[1];
  const double log_end = std::log1p(h.age / alpha);
  if (gradient != nullptr) {
    const double share = alpha / (alpha + h.age);
    gradient[0] = r * (digamma_rise(r, h.x) - log_end);
    gradient[1] = r * (1 - share) - h.x * share;
  }
  return log_rising(r, h.x) - r * log_end - h.x * std::log(alpha + h.age);
}

}  // namespace clientele
