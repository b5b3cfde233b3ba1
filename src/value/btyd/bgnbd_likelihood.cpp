// SPDX-License-Identifier: PostgreSQL
// Fader, Hardie & Lee (2005), eq. 6, with logarithms of the ratios: for n = r + x and the chances m
// to leave that a customer has had,
//   ln L = ln (r)_x - n (ln(alpha + age) - ln alpha) - x ln alpha + ln (b)_m - ln (a + b)_m
//          + ln(1 + e^o),  o = ln a - ln(b + m - 1) + n (ln(alpha + age) - ln(alpha + t_x)),
// the last only if m > 0. What depends on x alone is computed once for all groups with the same x.
// The sums over groups with the same age are short, so that millions of groups lose no digits.
#include "value/btyd/bgnbd_likelihood.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/poll.hpp"
#include "value/fitted/log_gamma.hpp"

namespace clientele {
namespace {

/// ln(1 + e^v) and its slope, to the precision of a sum to which it is added.
struct Softplus {
  explicit Softplus(double v) {
    const double e = std::exp(-std::abs(v)), log = std::log(1 + e);
    value = v > 0 ? v + log : log;
    slope = (v > 0 ? 1 : e) / (1 + e);
  }
  double value, slope;
};

/// Sums over groups with equal x. D = ln(alpha + age) - ln(alpha + t_x), E = dD / d ln alpha, F =
/// dE / d ln alpha; w and v are the first and second derivative of ln(1 + e^o).
struct Sum {
  enum Of { customers, logs, shares, bends, value, w, wD, wE, wF, v, vD, vE, vDD, vDE, vEE, size };
};
constexpr int without_curvature = Sum::v;

using Sums = std::array<double, Sum::size>;
using LongSums = std::array<long double, Sum::size>;

/// Adds the groups from i on with the same x and age; returns the index of the next group.
template <bool curved>
size_t add_groups(const HistorySlice& groups, size_t i, double alpha, double log_alpha, double n,
                  double since, bool may_have_left, LongSums& to) {
  const double x = groups.x[i], age = groups.age[i];
  const double log_end = std::log(alpha + age), end_share = alpha / (alpha + age);
  // A difference of logarithms has lost digits then, which a large r makes matter.
  const bool short_age = age < alpha;
  Sums s{};
  for (; i < groups.x.size() && groups.x[i] == x && groups.age[i] == age; ++i) {
    const double customers = groups.customers[i];
    s[Sum::customers] += customers;
    if (!may_have_left) continue;
    const double last = alpha + groups.t_x[i], last_share = alpha / last;
    const double D =
        short_age ? std::log1p((age - groups.t_x[i]) / last) : log_end - std::log(last);
    const double E = end_share - last_share;
    const Softplus odds(since + n * D);
    const double w = customers * odds.slope;
    s[Sum::value] += customers * odds.value;
    s[Sum::w] += w;
    s[Sum::wD] += w * D;
    s[Sum::wE] += w * E;
    if constexpr (curved) {
      const double v = w * (1 - odds.slope);
      s[Sum::wF] += w * (end_share * (1 - end_share) - last_share * (1 - last_share));
      s[Sum::v] += v;
      s[Sum::vD] += v * D;
      s[Sum::vE] += v * E;
      s[Sum::vDD] += v * D * D;
      s[Sum::vDE] += v * D * E;
      s[Sum::vEE] += v * E * E;
    }
  }
  s[Sum::logs] = s[Sum::customers] * (short_age ? std::log1p(age / alpha) : log_end - log_alpha);
  s[Sum::shares] = s[Sum::customers] * end_share;
  s[Sum::bends] = s[Sum::shares] * (1 - end_share);
  for (int k = 0; k < (curved ? Sum::size : without_curvature); ++k) to[k] += s[k];
  return i;
}

/// Adds minus the second derivatives for one x.
void add_curvature(const double* parameters, double x, double m, const Sums& s, double* to) {
  const double r = parameters[0], a = parameters[2], b = parameters[3], n = r + x;
  const double customers = s[Sum::customers];
  const double rises = digamma_rise(r, x), rises2 = trigamma_rise(r, x);
  const double both = digamma_rise(a + b, m), both2 = trigamma_rise(a + b, m);
  const double stay = digamma_rise(b, m), stay2 = trigamma_rise(b, m);
  const double beta = m > 0 ? b / (b + m - 1) : 0;
  const auto minus = [&](int i, int j, double second) {
    to[4 * i + j] -= second;
    if (i != j) to[4 * j + i] -= second;
  };
  minus(0, 0,
        customers * (r * rises + r * r * rises2) - r * s[Sum::logs] + r * s[Sum::wD] +
            r * r * s[Sum::vDD]);
  minus(0, 1, r * (customers - s[Sum::shares]) + r * s[Sum::wE] + r * n * s[Sum::vDE]);
  minus(1, 1, -n * s[Sum::bends] + n * s[Sum::wF] + n * n * s[Sum::vEE]);
  minus(0, 2, r * s[Sum::vD]);
  minus(1, 2, n * s[Sum::vE]);
  minus(0, 3, -beta * r * s[Sum::vD]);
  minus(1, 3, -beta * n * s[Sum::vE]);
  minus(2, 2, -customers * (a * both + a * a * both2) + s[Sum::v]);
  minus(2, 3, -customers * a * b * both2 - beta * s[Sum::v]);
  minus(3, 3,
        customers * (b * (stay - both) + b * b * (stay2 - both2)) - s[Sum::w] * beta * (1 - beta) +
            s[Sum::v] * beta * beta);
}

template <bool curved>
double likelihood(const double* parameters, const HistorySlice& groups, FirstChance first,
                  double* gradient, double* curvature) {
  const bool leaving = first != FirstChance::none;
  const double r = parameters[0], alpha = parameters[1], log_alpha = std::log(alpha);
  const double a = leaving ? parameters[2] : 1, b = leaving ? parameters[3] : 1;
  long double sum = 0, slopes[4] = {};
  for (size_t i = 0; i < groups.x.size();) {
    const double x = groups.x[i], n = r + x;
    const double m = leaving ? x + (first == FirstChance::first) : 0;
    const double since = m > 0 ? std::log(a / (b + m - 1)) : 0;
    LongSums all{};
    while (i < groups.x.size() && groups.x[i] == x) {
      poll();
      i = add_groups<curved>(groups, i, alpha, log_alpha, n, since, m > 0, all);
    }
    Sums s;
    std::copy(all.begin(), all.end(), s.begin());
    const double customers = s[Sum::customers];
    sum +=
        customers * (log_rising(r, x) - x * log_alpha + log_rising(b, m) - log_rising(a + b, m)) -
        n * s[Sum::logs] + s[Sum::value];
    if constexpr (curved) add_curvature(parameters, x, m, s, curvature);
    if (gradient == nullptr) continue;
    slopes[0] += r * (customers * digamma_rise(r, x) - s[Sum::logs] + s[Sum::wD]);
    slopes[1] += r * (customers - s[Sum::shares]) - x * s[Sum::shares] + n * s[Sum::wE];
    if (!leaving) continue;
    const double both = digamma_rise(a + b, m);
    slopes[2] += s[Sum::w] - a * customers * both;
    slopes[3] +=
        b * (customers * (digamma_rise(b, m) - both) - (m > 0 ? s[Sum::w] / (b + m - 1) : 0));
  }
  if (gradient != nullptr) std::copy(slopes, slopes + (leaving ? 4 : 2), gradient);
  return static_cast<double>(sum);
}

}  // namespace

double beta_geometric_likelihood(const double* parameters, const HistorySlice& groups,
                                 FirstChance first, double* gradient, double* curvature) {
  if (curvature == nullptr) return likelihood<false>(parameters, groups, first, gradient, nullptr);
  std::fill(curvature, curvature + 16, 0.0);
  return likelihood<true>(parameters, groups, first, gradient, curvature);
}

}  // namespace clientele
