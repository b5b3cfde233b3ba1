// SPDX-License-Identifier: PostgreSQL
#include "journey/measures.hpp"

#include <algorithm>

#include "base/sort.hpp"

namespace clientele {
namespace {

int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

/// Calls take(position, code) for each picked event.
template <class Take>
void each_code(const Journey& journey, const PickedCodes& picked, Take take) {
  if (!picked.any()) return;
  uint16_t code[Journey::block];
  for (Journey::Scan scan(journey); const size_t n = scan.next();) {
    if (scan.begin() % (64 * Journey::block) == 0) poll();
    scan.codes(code);
    for (size_t i = 0; i < n; ++i)
      if (picked[code[i]]) take(scan.begin() + i, code[i]);
  }
}

/// Whether each event is picked, by its position.
std::vector<bool> picked_events(const Journey& journey, const PickedCodes& picked) {
  std::vector<bool> is(journey.size(), false);
  each_code(journey, picked, [&](size_t i, uint16_t) { is[i] = true; });
  return is;
}

}  // namespace

std::optional<Micros> first_picked(const Journey& journey, const PickedCodes& picked) {
  std::optional<Micros> first;
  each_picked(journey, picked, [&](Micros at) {
    first = at;
    return false;
  });
  return first;
}

std::optional<Micros> last_picked(const Journey& journey, const PickedCodes& picked) {
  std::optional<Micros> last;
  each_picked(journey, picked, [&](Micros at) {
    last = at;
    return true;
  });
  return last;
}

std::optional<__int128> sum_amounts(const Journey& journey, const PickedCodes& picked) {
  if (!picked.any() || !journey.has_amounts()) return {};
  const std::vector<bool> counts = picked_events(journey, picked);
  std::optional<__int128> sum;
  journey.each_amount(journey.size(), [&](size_t i, int64_t amount) {
    if (counts[i]) sum = sum.value_or(0) + amount;
  });
  return sum;
}

int64_t count_days(const Journey& journey, const PickedCodes& picked, LocalClock& clock) {
  // Dates mostly ascend, but a clock that is set back over midnight shows one again.
  std::vector<int64_t> dates;
  each_picked(journey, picked, [&](Micros at) {
    const int64_t date = floor_div(clock.local(at), day);
    if (dates.empty() || dates.back() != date) dates.push_back(date);
    return true;
  });
  if (!std::is_sorted(dates.begin(), dates.end())) sort_polled(dates.begin(), dates.end());
  return std::unique(dates.begin(), dates.end()) - dates.begin();
}

WeekClock::WeekClock(const Journey& journey, const PickedCodes& picked, LocalClock& clock) {
  constexpr int64_t saturday = 5;  // 2000-01-01, the day that times are counted from
  each_picked(journey, picked, [&](Micros at) {
    const int64_t hour_number = floor_div(clock.local(at), hour) + saturday * hours;
    const int64_t week = hours * weekdays;
    const int64_t place = hour_number % week;
    ++count_[static_cast<size_t>(place < 0 ? place + week : place)];
    ++total_;
    return true;
  });
}

uint64_t WeekClock::on_weekday(int weekday) const {
  uint64_t n = 0;
  for (int h = 0; h < hours; ++h) n += count_[static_cast<size_t>(weekday * hours + h)];
  return n;
}

uint64_t WeekClock::at_hour(int hour) const {
  uint64_t n = 0;
  for (int d = 0; d < weekdays; ++d) n += count_[static_cast<size_t>(d * hours + hour)];
  return n;
}

int WeekClock::usual_weekday() const {
  int usual = -1;
  for (int d = 0; d < weekdays && total_ > 0; ++d)
    if (usual < 0 || on_weekday(d) > on_weekday(usual)) usual = d;
  return usual;
}

int WeekClock::usual_hour() const {
  int usual = -1;
  for (int h = 0; h < hours && total_ > 0; ++h)
    if (usual < 0 || at_hour(h) > at_hour(usual)) usual = h;
  return usual;
}

std::vector<uint32_t> count_codes(const Journey& journey, const PickedCodes& picked) {
  std::vector<uint32_t> count(journey.code_limit(), 0);
  each_code(journey, picked, [&](size_t, uint16_t code) { ++count[code]; });
  return count;
}

std::optional<int64_t> top_item(const Journey& journey, const PickedCodes& picked) {
  if (!picked.any() || !journey.has_items()) return {};
  const std::vector<bool> counts = picked_events(journey, picked);
  std::vector<int64_t> items;
  journey.each_item(journey.size(), [&](size_t i, int64_t item) {
    if (counts[i]) items.push_back(item);
  });
  sort_polled(items.begin(), items.end());
  std::optional<int64_t> top;
  size_t most = 0;
  for (size_t i = 0, n = 0; i < items.size(); ++i) {
    n = i > 0 && items[i] == items[i - 1] ? n + 1 : 1;
    if (n > most) most = n, top = items[i];
  }
  return top;
}

int32_t TypeNames::find(int32_t type) const {
  const auto place = std::ranges::lower_bound(types, type, {}, &Entry::type);
  return place != types.end() && place->type == type ? place->name : none;
}

int32_t top_name(const Journey& journey, const PickedCodes& picked, const TypeNames& names) {
  const std::vector<uint32_t> count = count_codes(journey, picked);
  struct Named {
    int32_t name;
    uint64_t count;
  };
  std::vector<Named> named;
  for (size_t c = 0; c < journey.types().size(); ++c) {
    if (count[c] == 0) continue;
    if (const int32_t name = names.find(journey.types()[c]); name != TypeNames::none)
      named.push_back({name, count[c]});
  }
  std::ranges::sort(named, {}, &Named::name);
  int32_t top = TypeNames::none;
  uint64_t most = 0, n = 0;
  for (size_t i = 0; i < named.size(); ++i) {
    n = (i > 0 && named[i].name == named[i - 1].name ? n : 0) + named[i].count;
    if (n > most) most = n, top = named[i].name;
  }
  return top;
}

std::vector<int32_t> names_in_order(const Journey& journey, const PickedCodes& picked,
                                    const TypeNames& names) {
  std::vector<int32_t> order;
  std::vector<bool> seen(journey.code_limit(), false);
  each_code(journey, picked, [&](size_t, uint16_t code) {
    if (seen[code] || code >= journey.types().size()) return;
    seen[code] = true;
    const int32_t name = names.find(journey.types()[code]);
    if (name != TypeNames::none && std::ranges::find(order, name) == order.end())
      order.push_back(name);
  });
  return order;
}

}  // namespace clientele
