// SPDX-License-Identifier: PostgreSQL
#include "value/spend/spend_values.hpp"

#include <bit>
#include <cmath>

#include "base/error.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;
constexpr double max_repeats = 2147483647;
// A range that is wide enough for any currency, and in which the likelihood does not overflow.
constexpr double min_mean = 1e-100, max_mean = 1e100;

/// The bits of a mean that are rounded away.
uint64_t dropped(int digits) { return (uint64_t{1} << (SpendCounts::exact - digits)) - 1; }

double rounded_down(double mean, int digits) {
  return std::bit_cast<double>(std::bit_cast<uint64_t>(mean) & ~dropped(digits));
}

double middle(double mean, int digits) {
  const uint64_t half = (dropped(digits) + 1) / 2;
  return std::bit_cast<double>(std::bit_cast<uint64_t>(mean) | half);
}

}  // namespace

void check_repeats(double x) {
  if (!std::isfinite(x) || x > max_repeats)
    throw Error(sqlstate::out_of_range, "x must be a finite number up to 2147483647",
                "x is the number of repeat purchases of a customer.");
  if (x < 0 || x != std::floor(x))
    throw Error(sqlstate::invalid_parameter, "x must be a whole number, 0 or more",
                "x is the number of repeat purchases of a customer.");
}

void SpendCounts::add(double x, double mean) {
  if (!(mean >= min_mean && mean <= max_mean))
    throw Error(sqlstate::out_of_range, "monetary must be between 1e-100 and 1e100");
  if (rows_.add({x, rounded_down(mean, digits_)})) fit_in();
}

void SpendCounts::round_to(int digits) const {
  digits_ = digits;
  rows_.coarsen(
      [&](CountedRow<SpendRow>& group) { group.row.mean = rounded_down(group.row.mean, digits); });
}

void SpendCounts::fit_in() const {
  while (rows_.groups().size() > limit_) {
    if (digits_ == min_digits)
      throw Error(sqlstate::limit_exceeded,
                  "spend_fit takes at most " + std::to_string(limit_) +
                      " different customers, even after rounding what they spend",
                  "Take a sample of the customers.");
    round_to(digits_ - 1);
  }
}

void SpendCounts::merge(const SpendCounts& other) {
  other.fit_in();
  if (other.digits_ < digits_) round_to(other.digits_);
  rows_.merge(other.rows_, [&](CountedRow<SpendRow>& group) {
    group.row.mean = rounded_down(group.row.mean, digits_);
  });
  fit_in();
}

std::vector<SpendGroup> SpendCounts::groups() const {
  fit_in();
  std::vector<SpendGroup> groups;
  groups.reserve(rows_.groups().size());
  for (const auto& [row, customers] : rows_.groups())
    groups.push_back({row.x, middle(row.mean, digits_), static_cast<double>(customers)});
  return groups;
}

double SpendCounts::grid() const { return digits_ == exact ? 0 : std::ldexp(1, -digits_); }

void SpendCounts::write(Bytes& out) const {
  fit_in();
  Writer w(out);
  w.u8(version);
  w.u8(static_cast<uint8_t>(digits_));
  rows_.write(w);
}

void SpendCounts::read(Reader& r) {
  if (r.u8() != version) Reader::fail("unknown version of a state of spend_fit");
  digits_ = r.u8();
  if (digits_ < min_digits || digits_ > exact) Reader::fail("impossible rounding of spend");
  rows_.read(r, [&](const SpendRow& row) {
    if (!(row.x >= 1 && row.x <= max_repeats && row.x == std::floor(row.x) &&
          row.mean >= rounded_down(min_mean, digits_) && row.mean <= max_mean &&
          row.mean == rounded_down(row.mean, digits_)))
      Reader::fail("impossible spend");
  });
  if (rows_.groups().size() > limit_) Reader::fail("too many different customers");
}

std::optional<Fitted> fitted_spend(const SpendCounts& counts) {
  const std::vector<SpendGroup> groups = counts.groups();
  const auto fit = fit_spend(groups);
  if (!fit) return std::nullopt;
  Fitted fitted = fitted_from(ModelKind::gamma_gamma, fit->optimum);
  Diagnostics& found = *fitted.found;
  found.customers = static_cast<uint64_t>(fit->customers);
  found.groups = groups.size();
  found.grid = counts.grid();
  found.correlation = spend_correlation(groups);
  // Neither customers differ (q) nor the purchases of one customer (p).
  if (fit->optimum.at_bound[0] && fit->optimum.at_bound[1] && fit->parameters.p > 1 &&
      fit->parameters.q > 1)
    found.remark = Remark::same_spend;
  try {
    fitted.check();
  } catch (const Error& e) {
    throw Error(sqlstate::out_of_range, std::string("spend cannot be fitted: ") + e.what(),
                "Give amounts in another unit, such as thousands.");
  }
  return fitted;
}

}  // namespace clientele
