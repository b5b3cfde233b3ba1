// SPDX-License-Identifier: PostgreSQL
#include "questions/change/change.hpp"

#include <cmath>
#include <numbers>
#include <utility>

namespace clientele {
namespace {

using Sums = ChangeSums;
using Coefficients = std::array<double, Sums::variables>;

/// The variance of a sum over customers, and the size of what was added up for it.
struct Spread {
  double variance = 0, size = 0;

  /// Adds the sum of squares of sum c_v x_v over the customers of `times` * `sums`.
  void add(const Sums& sums, double times, const Coefficients& c) {
    for (size_t a = 0; a < Sums::variables; ++a)
      for (size_t b = 0; b < Sums::variables; ++b) {
        const double part = times * c[a] * c[b] * sums.product(a, b);
        variance += part;
        size += std::abs(part);
      }
  }

  std::optional<double> z(double value) const {
    // What is left of sums that cancel each other is rounding.
    if (!(variance > size * 1e-11) || !std::isfinite(variance)) return {};
    return value / std::sqrt(variance);
  }
};

double rate(double number, double base) { return base != 0 ? number / base : 0; }

std::optional<double> finite(std::optional<double> z) {
  return z && std::isfinite(*z) ? z : std::nullopt;
}

/// Coefficients of the variables in the influence of one customer on w (r - R), or on the share of
/// the total, for one that is in the segment in that period and one that is not.
struct Influence {
  double number_in, base_in, number_out, base_out;
};

Influence of_rate(double n, double b, double all_n, double all_b) {
  const double r = all_n / all_b, share = b / all_b;
  const double excess = n / all_b - r * share;
  const double in = (1 - share) / all_b, out = -share / all_b, own = excess / all_b;
  return {in, -r * in - own, out, -r * out - own};
}

Influence of_share(double n, double all_n) {
  const double share = n / all_n;
  return {(1 - share) / all_n, 0, -share / all_n, 0};
}

std::optional<double> z_of(ChangeKind kind, const Sums& everyone, const Sums& before,
                           const Sums& after, const Sums& both) {
  const double all_n0 = everyone[Sums::number_before], all_b0 = everyone[Sums::base_before];
  const double all_n1 = everyone[Sums::number_after], all_b1 = everyone[Sums::base_after];
  const double n0 = before[Sums::number_before], b0 = before[Sums::base_before];
  const double n1 = after[Sums::number_after], b1 = after[Sums::base_after];
  Influence was, is;
  double change;
  if (kind == ChangeKind::rate) {
    was = of_rate(n0, b0, all_n0, all_b0), is = of_rate(n1, b1, all_n1, all_b1);
    change = (n1 - all_n1 / all_b1 * b1) / all_b1 - (n0 - all_n0 / all_b0 * b0) / all_b0;
  } else {
    if (!(all_n0 > 0) || !(all_n1 > 0)) return {};
    was = of_share(n0, all_n0), is = of_share(n1, all_n1);
    change = n1 / all_n1 - n0 / all_n0;
  }
  Spread spread;
  const auto add = [&](const Sums& sums, double times, bool in_before, bool in_after) {
    spread.add(
        sums, times,
        {-(in_before ? was.number_in : was.number_out), -(in_before ? was.base_in : was.base_out),
         in_after ? is.number_in : is.number_out, in_after ? is.base_in : is.base_out});
  };
  // Those in the segment in both periods, in one of them, and in neither, by inclusion.
  add(both, 1, true, true);
  add(before, 1, true, false), add(both, -1, true, false);
  add(after, 1, false, true), add(both, -1, false, true);
  add(everyone, 1, false, false), add(before, -1, false, false), add(after, -1, false, false);
  add(both, 1, false, false);
  return finite(spread.z(change));
}

}  // namespace

double ChangeSums::product(size_t a, size_t b) const {
  if (a > b) std::swap(a, b);
  return sums[variables + a * variables - a * (a + 1) / 2 + b];
}

std::optional<ChangeEffects> change_effects(ChangeKind kind, const ChangeSums& everyone,
                                            const ChangeSums& before, const ChangeSums& after,
                                            const ChangeSums& both) {
  double n0 = before[Sums::number_before], b0 = before[Sums::base_before];
  double n1 = after[Sums::number_after], b1 = after[Sums::base_after];
  const double change_of_rate = b0 != 0 && b1 != 0 ? rate(n1, b1) - rate(n0, b0) : 0;
  double mean_rate = 0;
  if (kind == ChangeKind::rate) {
    const double all0 = everyone[Sums::base_before], all1 = everyone[Sums::base_after];
    if (all0 == 0 || all1 == 0) return {};
    mean_rate = (everyone[Sums::number_before] / all0 + everyone[Sums::number_after] / all1) / 2;
    n0 /= all0, b0 /= all0, n1 /= all1, b1 /= all1;
  }
  ChangeEffects e;
  e.contribution = n1 - n0 - mean_rate * (b1 - b0);
  e.rate = change_of_rate * (b0 + b1) / 2;
  e.mix = e.contribution - e.rate;
  e.z = z_of(kind, everyone, before, after, both);
  return e;
}

std::optional<ChangeEffects> change_of_all(ChangeKind kind, const ChangeSums& everyone) {
  auto e = change_effects(kind, everyone, everyone, everyone, everyone);
  if (!e) return e;
  Coefficients c{-1, 0, 1, 0};
  if (kind == ChangeKind::rate) {
    const double all0 = everyone[Sums::base_before], all1 = everyone[Sums::base_after];
    const double r0 = everyone[Sums::number_before] / all0,
                 r1 = everyone[Sums::number_after] / all1;
    c = {-1 / all0, r0 / all0, 1 / all1, -r1 / all1};
    e->rate = e->contribution = r1 - r0;
    e->mix = 0;
  }
  Spread spread;
  spread.add(everyone, 1, c);
  e->z = finite(spread.z(e->contribution));
  return e;
}

double two_sided_p(double z) { return std::erfc(std::abs(z) / std::numbers::sqrt2); }

}  // namespace clientele
