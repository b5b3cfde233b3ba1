// SPDX-License-Identifier: PostgreSQL
#include "engagement/activity/rows.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/poll.hpp"
#include "engagement/activity/counter.hpp"

namespace clientele {
namespace {

void check_rows(size_t rows) {
  if (static_cast<int64_t>(rows) >= max_period_rows)
    throw Error(
        sqlstate::limit_exceeded,
        "the activity of more than " + std::to_string(max_period_rows) + " periods cannot be shown",
        "Ask with since, or for longer periods.");
}

double part(uint64_t part, uint64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

/// Collects the rows of periods that are shown, and those between them, which are all 0.
template <class Row>
class Rows {
 public:
  explicit Rows(const ShownPeriods& shown) : shown_(shown) {}

  /// Their periods ascend.
  void add(const Row& row) {
    if (row.period < shown_.first || row.period > shown_.last) return;
    if (!rows_.empty())
      for (int64_t period = rows_.back().period + 1; period < row.period; ++period) {
        Row zero{};
        zero.period = period;
        push(zero);
      }
    push(row);
  }
  std::vector<Row> take() { return std::move(rows_); }

 private:
  void push(const Row& row) {
    if (rows_.size() % 65536 == 0) poll();
    check_rows(rows_.size());
    rows_.push_back(row);
  }

  ShownPeriods shown_;
  std::vector<Row> rows_;
};

}  // namespace

ShownPeriods::ShownPeriods(const ActivityDefinition& definition, Periods& periods)
    : first(definition.since ? periods.number(*definition.since) : INT64_MIN),
      last(last_before(periods, definition.until.value())) {}

std::vector<LifecyclePeriod> lifecycle_rows(const ActivitySummary& summary,
                                            const ShownPeriods& shown) {
  Rows<LifecyclePeriod> rows(shown);
  int64_t before = 0;
  uint64_t active = 0;  // in period `before`
  const auto leave = [&] {
    if (active > 0) rows.add({before + 1, 0, 0, 0, active, 0});
  };
  summary.periods().each([&](int64_t period, const ActivePeriods::Count& count) {
    if (count.active == 0) return;
    if (period != before + 1) {
      leave();
      active = 0;
    }
    rows.add({period, count.fresh, count.returning, count.active - count.fresh - count.returning,
              active - count.returning, count.active});
    before = period;
    active = count.active;
  });
  leave();
  return rows.take();
}

std::vector<ActivePeriod> active_rows(const ActivitySummary& summary, const ShownPeriods& shown) {
  Rows<ActivePeriod> rows(shown);
  int64_t next = 0;
  uint64_t rolling = 0;  // from period `next` on
  const auto stay = [&](int64_t end) {
    if (rolling == 0) return;
    for (int64_t period = std::max(next, shown.first); period < end; ++period)
      rows.add({period, 0, rolling});
  };
  summary.periods().each([&](int64_t period, const ActivePeriods::Count& count) {
    if (period > shown.last) return;
    stay(period);
    rolling += static_cast<uint64_t>(count.change);
    if (rolling > 0) rows.add({period, count.active, rolling});
    next = period + 1;
  });
  stay(shown.last + 1);
  return rows.take();
}

std::vector<StickyRow> stickiness_rows(const ActivitySummary& summary) {
  const auto groups = summary.stickiness();
  uint64_t there = 0;
  for (const auto& group : groups)
    if (group.row > 0) there += group.customers;
  std::vector<StickyRow> rows;
  for (const auto& group : groups) {
    while (rows.size() + 1 < group.row) {
      check_rows(rows.size());
      rows.push_back({static_cast<uint32_t>(rows.size() + 1), 0, 0});
    }
    if (group.row > 0) rows.push_back({group.row, group.customers, part(group.customers, there)});
  }
  return rows;
}

std::vector<FrequencyRow> frequency_rows(const ActivitySummary& summary,
                                         const std::vector<int32_t>& bins) {
  const auto groups = summary.frequency();
  std::vector<FrequencyRow> rows;
  for (size_t i = 0; i < bins.size(); ++i)
    rows.push_back(
        {bins[i], i + 1 < bins.size() ? std::optional<int64_t>(bins[i + 1]) : std::nullopt, 0, {}});
  size_t bin = 0;
  for (const auto& group : groups) {
    if (bins.empty()) {
      rows.push_back({group.row, int64_t{group.row} + 1, group.customers, {}});
      continue;
    }
    while (bin < rows.size() && rows[bin].to && *rows[bin].to <= group.row) ++bin;
    if (group.row >= rows[bin].from) rows[bin].customers += group.customers;
  }
  if (summary.customers() > 0)
    for (FrequencyRow& row : rows) row.share = part(row.customers, summary.customers());
  return rows;
}

}  // namespace clientele
