// SPDX-License-Identifier: PostgreSQL
#include "models/holdout.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "base/error.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;
constexpr double most = 1e100;  // so that squares and their sums are finite
constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

double checked(double value, const char* name) {
  if (!(std::abs(value) <= most))
    throw Error(sqlstate::out_of_range,
                std::string(name) + " must be a finite number between -1e100 and 1e100");
  return value + 0.0;  // -0 becomes 0
}

/// McCullagh & Nelder, Generalized Linear Models (1989), section 2.3; NaN for what no Poisson
/// distribution gives.
double deviance(double expected, double actual) {
  if (expected < 0 || actual < 0 || (expected == 0 && actual > 0)) return undefined;
  if (actual == 0) return 2 * expected;
  return std::max(0.0, 2 * (actual * std::log(actual / expected) - (actual - expected)));
}

}  // namespace

void HoldoutSummary::add(double expected, double actual) {
  if (rows_.add({checked(expected, "expected"), checked(actual, "actual")})) check_limit();
}

void HoldoutSummary::check_limit() const {
  if (rows_.groups().size() > limit_)
    throw Error(sqlstate::limit_exceeded,
                "holdout_quality takes at most " + std::to_string(limit_) +
                    " different pairs of expected and actual",
                "Round what is expected, as to 6 decimals, or take a sample of the customers.");
}

void HoldoutSummary::merge(const HoldoutSummary& other) {
  rows_.merge(other.rows_);
  check_limit();
}

HoldoutErrors HoldoutSummary::errors() const {
  check_limit();
  HoldoutErrors e;
  double n = 0, absolute = 0, squared = 0, deviances = 0;
  double e_mean = 0, a_mean = 0, ee = 0, aa = 0, ea = 0;
  size_t seen = 0;
  for (const auto& [row, customers] : rows_.groups()) {
    if (++seen % 4096 == 0) poll();
    e.customers += customers;
    const auto weight = static_cast<double>(customers);
    const double difference = row.expected - row.actual;
    e.expected += weight * row.expected;
    e.actual += weight * row.actual;
    absolute += weight * std::abs(difference);
    squared += weight * difference * difference;
    deviances += weight * deviance(row.expected, row.actual);
    n += weight;  // Welford's update with weights
    const double share = weight / n, de = row.expected - e_mean, da = row.actual - a_mean;
    e_mean += share * de;
    a_mean += share * da;
    ee += weight * de * (row.expected - e_mean);
    aa += weight * da * (row.actual - a_mean);
    ea += weight * de * (row.actual - a_mean);
  }
  e.mean_absolute = n > 0 ? absolute / n : undefined;
  e.root_mean_squared = n > 0 ? std::sqrt(squared / n) : undefined;
  e.poisson_deviance = n > 0 ? deviances / n : undefined;
  e.bias = e.actual != 0 ? e.expected / e.actual : undefined;
  const double scale = std::sqrt(ee) * std::sqrt(aa);
  e.correlation = scale > 0 ? std::clamp(ea / scale, -1.0, 1.0) : undefined;
  return e;
}

std::array<HoldoutBin, holdout_bins> HoldoutSummary::calibration() const {
  check_limit();
  const auto groups = rows_.groups();
  uint64_t all = 0;
  for (const auto& group : groups) all += group.customers;
  std::array<HoldoutBin, holdout_bins> bins;
  uint64_t less = 0;
  for (size_t i = 0; i < groups.size();) {
    HoldoutBin& bin = bins[static_cast<size_t>(holdout_bins * less / all)];
    const double expected = groups[i].row.expected;
    for (; i < groups.size() && groups[i].row.expected == expected; ++i) {
      if (i % 65536 == 0) poll();
      const auto weight = static_cast<double>(groups[i].customers);
      bin.customers += groups[i].customers;
      bin.expected += weight * expected;
      bin.actual += weight * groups[i].row.actual;
      less += groups[i].customers;
    }
  }
  for (HoldoutBin& bin : bins) {
    if (bin.customers == 0) continue;
    bin.expected /= static_cast<double>(bin.customers);
    bin.actual /= static_cast<double>(bin.customers);
  }
  return bins;
}

void HoldoutSummary::write(Bytes& out) const {
  check_limit();
  Writer w(out);
  w.u8(version);
  rows_.write(w);
}

void HoldoutSummary::read(Reader& r) {
  r.version(version, "holdout_summary");
  const auto possible = [](double value) {
    return std::abs(value) <= most &&
           std::bit_cast<uint64_t>(value + 0.0) == std::bit_cast<uint64_t>(value);
  };
  rows_.read(r, [&](const HoldoutRow& row) {
    if (!possible(row.expected) || !possible(row.actual)) Reader::fail("impossible expectations");
  });
  if (rows_.groups().size() > limit_) Reader::fail("too many different pairs");
}

}  // namespace clientele
