// SPDX-License-Identifier: PostgreSQL
#include "value/btyd/btyd.hpp"

#include <algorithm>

#include "base/poll.hpp"

namespace clientele {

double BtydFamily::log_likelihood(const double* parameters, const HistorySlice& groups,
                                  double* gradient) const {
  double slope[btyd_parameters];
  long double sum = 0, slopes[btyd_parameters] = {};
  constexpr size_t n = btyd_parameters;
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

}  // namespace clientele
