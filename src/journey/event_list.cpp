// SPDX-License-Identifier: PostgreSQL
#include <algorithm>

#include "base/sort.hpp"
#include "journey/journey.hpp"

namespace clientele {

void EventList::append(const EventList& other) {
  const auto base = static_cast<uint32_t>(extras.size());
  events.reserve(std::max(events.capacity(), events.size() + other.events.size()));
  for (Event e : other.events) {
    if (e.extra != Event::plain) e.extra += base;
    events.push_back(e);
  }
  extras.insert(extras.end(), other.extras.begin(), other.extras.end());
}

bool EventList::before(const Event& a, const Event& b) const {
  if (a.at != b.at) return a.at < b.at;
  if (a.type != b.type) return a.type < b.type;
  if (a.extra == Event::plain && b.extra == Event::plain) return false;
  const Extra x = extra(a), y = extra(b);
  if (x.has_item != y.has_item) return y.has_item;
  if (x.item != y.item) return x.item < y.item;
  if (x.has_amount != y.has_amount) return y.has_amount;
  return x.amount < y.amount;
}

void EventList::sort() {
  const auto less = [this](const Event& a, const Event& b) { return before(a, b); };
  if (!std::is_sorted(events.begin(), events.end(), less))
    sort_polled(events.begin(), events.end(), less);
}

}  // namespace clientele
