// SPDX-License-Identifier: PostgreSQL
#include "engagement/activity/periods_active.hpp"

#include "base/error.hpp"
#include "base/poll.hpp"

namespace clientele {
namespace {

/// Further from 2000 than any period of a timestamptz.
constexpr int64_t furthest = int64_t{1} << 40;

constexpr size_t max_pages = size_t{1} << 17;  // 256 MB

}  // namespace

ActivePeriods::Page& ActivePeriods::page(int64_t number) {
  Page& page = pages_[number];
  if (pages_.size() > max_pages)
    throw Error(sqlstate::limit_exceeded,
                "the periods of an activity_summary need more than 256 MB",
                "Ask for longer periods.");
  return page;
}

void ActivePeriods::add(std::span<const int64_t> periods, int64_t window, int64_t last) {
  if (periods.empty()) return;
  int64_t before = periods.front();
  Count& first = at(before);
  ++first.active;
  ++first.fresh;
  ++first.change;
  const auto leave = [&](int64_t period) {
    if (period <= last) --at(period).change;
  };
  for (const int64_t period : periods.subspan(1)) {
    Count& count = at(period);
    ++count.active;
    count.returning += period == before + 1;
    if (period > before + window) {
      ++count.change;
      leave(before + window);
    }
    before = period;
  }
  leave(before + window);
}

void ActivePeriods::merge(const ActivePeriods& other) {
  other.each([&](int64_t period, const Count& more) {
    Count& count = at(period);
    count.active += more.active;
    count.fresh += more.fresh;
    count.returning += more.returning;
    count.change += more.change;
  });
}

void ActivePeriods::write(Writer& w) const {
  uint64_t used = 0;
  each([&](int64_t, const Count&) { ++used; });
  w.varint(used);
  int64_t before = 0;
  each([&](int64_t period, const Count& count) {
    w.signed_varint(period - before);
    w.varint(count.active);
    w.varint(count.fresh);
    w.varint(count.returning);
    w.signed_varint(count.change);
    before = period;
  });
}

void ActivePeriods::read(Reader& r, uint64_t customers) {
  const size_t used = r.count();
  int64_t before = 0, window = 0;
  uint64_t fresh = 0, active_before = 0;
  for (size_t i = 0; i < used; ++i) {
    if (i % 4096 == 0) poll();
    int64_t period = 0;
    if (__builtin_add_overflow(before, r.signed_varint(), &period) || period < -furthest ||
        period > furthest || (i > 0 && period <= before))
      Reader::fail("periods do not ascend");
    Count count;
    count.active = r.varint();
    count.fresh = r.varint();
    count.returning = r.varint();
    count.change = r.signed_varint();
    if (period != before + 1) active_before = 0;
    if (count.empty() || count.active > customers || count.fresh > count.active ||
        count.returning > count.active - count.fresh || count.returning > active_before ||
        (fresh += count.fresh) > customers ||
        __builtin_add_overflow(window, count.change, &window) || window < 0 ||
        static_cast<uint64_t>(window) < count.active || static_cast<uint64_t>(window) > customers)
      Reader::fail("impossible counts of active customers");
    at(period) = count;
    before = period;
    active_before = count.active;
  }
}

}  // namespace clientele
