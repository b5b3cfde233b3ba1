// SPDX-License-Identifier: PostgreSQL
#include "satisfaction/surveys/score.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/error.hpp"
#include "base/poll.hpp"
#include "base/significance.hpp"
#include "base/wilson.hpp"

namespace clientele {
namespace {

constexpr double z95 = 1.959963984540054;

/// How many standard deviations the net share is from `delta`, if that is the true one.
double deviations(double b, double c, double n, double delta) {
  const double gap = b - c - n * delta;
  if (gap == 0) return 0;
  // The share of detractors that is most likely if the difference is delta: 2nq² + Bq + C = 0.
  const double linear = (2 * n - b + c) * delta - b - c, constant = -c * delta * (1 - delta);
  const double root = std::sqrt(std::max(0.0, linear * linear - 8 * n * constant));
  const double q =
      linear > 0 ? -2 * constant / (root + linear) : (root - linear) / (4 * n);  // no cancellation
  const double variance = n * (2 * q + delta * (1 - delta));
  if (variance <= 1e-300) return std::copysign(std::numeric_limits<double>::infinity(), gap);
  return gap / std::sqrt(variance);
}

/// The number between `inside` and `outside` that is just within the interval.
double limit(double b, double c, double n, double inside, double outside) {
  for (int i = 0; i < 200; ++i) {
    const double middle = (inside + outside) / 2;
    if (middle == inside || middle == outside) break;
    (std::abs(deviations(b, c, n, middle)) <= z95 ? inside : outside) = middle;
  }
  return inside;
}

using Real = long double;

Real log_choose(int64_t n, int64_t k) {
  return std::lgamma(static_cast<Real>(n) + 1) - std::lgamma(static_cast<Real>(k) + 1) -
         std::lgamma(static_cast<Real>(n - k) + 1);
}

/// The tails of a hypergeometric distribution, each with the number itself.
struct Tails {
  Real at_most, at_least;
};

Tails tails_of(int64_t everyone, int64_t marked, int64_t drawn, int64_t x) {
  const int64_t least = std::max<int64_t>(0, marked + drawn - everyone);
  const int64_t most = std::min(marked, drawn);
  if (x < least) return {0, 1};
  if (x > most) return {1, 0};
  const Real k = static_cast<Real>(marked), m = static_cast<Real>(drawn);
  const Real rest = static_cast<Real>(everyone - marked - drawn);
  const Real point = std::exp(log_choose(marked, x) + log_choose(everyone - marked, drawn - x) -
                              log_choose(everyone, drawn));
  const bool upper =
      static_cast<Real>(x) >= m * (k / static_cast<Real>(std::max<int64_t>(1, everyone)));
  Real sum = 1, term = 1;
  for (Real i = static_cast<Real>(x); term > sum * 1e-20L; upper ? ++i : --i) {
    term *= upper ? (k - i) / (i + 1) * ((m - i) / (rest + i + 1))
                  : i / (k - i + 1) * ((rest + i) / (m - i + 1));
    sum += term;
  }
  const Real tail = std::min<Real>(1, point * sum);
  const Real other = std::min<Real>(1, 1 - tail + point);
  return upper ? Tails{other, tail} : Tails{tail, other};
}

}  // namespace

Estimate net_share(uint64_t promoters, uint64_t detractors, uint64_t answers) {
  const double b = static_cast<double>(promoters), c = static_cast<double>(detractors);
  const double n = static_cast<double>(answers), value = (b - c) / n;
  return {value, detractors == answers ? -1.0 : limit(b, c, n, value, -1.0),
          promoters == answers ? 1.0 : limit(b, c, n, value, 1.0)};
}

Estimate survey_score(const SurveySummary& summary) {
  if (summary.scale() == Scale::nps) {
    const Estimate share =
        net_share(summary.favourable(), summary.unfavourable(), summary.answers());
    const double net =
        static_cast<double>(summary.favourable()) - static_cast<double>(summary.unfavourable());
    return {100 * net / static_cast<double>(summary.answers()), 100 * share.low, 100 * share.high};
  }
  const Proportion share = wilson(summary.favourable(), summary.answers());
  return {share.value, share.low, share.high};
}

double net_chance(uint64_t everyone, uint64_t promoters, uint64_t detractors, uint64_t drawn,
                  int64_t net) {
  if (drawn == 0 || drawn >= everyone) return 1;
  const Real n = static_cast<Real>(everyone), m = static_cast<Real>(drawn);
  const Real share = (static_cast<Real>(promoters) - static_cast<Real>(detractors)) / n;
  if (everyone > 100000) {
    const Real spread =
        (static_cast<Real>(promoters) + static_cast<Real>(detractors)) / n - share * share;
    const Real variance = m * ((n - m) / (n - 1)) * spread;
    const Real gap = std::max<Real>(0, std::abs(static_cast<Real>(net) - m * share) - 0.5L);
    return gap == 0 ? 1 : static_cast<double>(std::erfc(gap / std::sqrt(2 * variance)));
  }
  // For each number of promoters in the group, the detractors are drawn from the rest.
  const auto all = static_cast<int64_t>(everyone), p_all = static_cast<int64_t>(promoters);
  const auto d_all = static_cast<int64_t>(detractors), size = static_cast<int64_t>(drawn);
  const int64_t least = std::max<int64_t>(0, p_all + size - all), most = std::min(p_all, size);
  const int64_t mode = std::clamp((size + 1) * (p_all + 1) / (all + 2), least, most);
  const Real whole = log_choose(all, size);
  Real up = 0, down = 0;
  const auto take = [&](int64_t p) {
    if ((p & 0xff) == 0) poll();
    const Real weight = log_choose(p_all, p) + log_choose(all - p_all, size - p) - whole;
    if (weight < -100) return false;
    const Tails d = tails_of(all - p_all, d_all, size - p, p - net);
    up += std::exp(weight) * d.at_most;
    down += std::exp(weight) * d.at_least;
    return true;
  };
  for (int64_t p = mode; p <= most && take(p);) ++p;
  for (int64_t p = mode - 1; p >= least && take(p);) --p;
  return static_cast<double>(std::min<Real>(1, 2 * std::min(up, down)));
}

SurveyDifference survey_difference(const SurveySummary& first, const SurveySummary& second) {
  if (first.scale() != second.scale())
    throw Error(sqlstate::invalid_parameter, "surveys of different scales cannot be compared",
                std::string("The scales are ") + range_of(first.scale()).name + " and " +
                    range_of(second.scale()).name + ".");
  const Estimate a = survey_score(first), b = survey_score(second);
  const double difference = a.value - b.value;
  const uint64_t everyone = first.answers() + second.answers();
  const uint64_t favourable = first.favourable() + second.favourable();
  const double p = first.scale() == Scale::nps
                       ? net_chance(everyone, favourable,
                                    first.unfavourable() + second.unfavourable(), first.answers(),
                                    static_cast<int64_t>(first.favourable()) -
                                        static_cast<int64_t>(first.unfavourable()))
                       : chance_of(everyone, favourable, first.answers(), first.favourable());
  return {{difference, difference - std::hypot(a.value - a.low, b.high - b.value),
           difference + std::hypot(a.high - a.value, b.value - b.low)},
          p};
}

}  // namespace clientele
