// SPDX-License-Identifier: PostgreSQL
#include "sessions/sessions.hpp"

#include "base/poll.hpp"

namespace clientele {

int64_t count_sessions(const Journey& journey, uint64_t gap) {
  if (journey.empty()) return 0;
  int64_t sessions = 1;
  // One place in front of a block holds the last time of the block before.
  Micros buffer[1 + Journey::block];
  Micros* const at = buffer + 1;
  for (Journey::Scan scan(journey); const size_t n = scan.next();) {
    scan.times(at);
    if (scan.begin() == 0) buffer[0] = at[0];
    int64_t breaks = 0;
    for (size_t i = 0; i < n; ++i) breaks += elapsed(buffer[i], at[i]) > gap;
    sessions += breaks;
    buffer[0] = at[n - 1];
    if (scan.begin() % (64 * Journey::block) == 0) poll();
  }
  return sessions;
}

std::vector<Session> list_sessions(const EventList& sorted, uint64_t gap) {
  std::vector<Session> sessions;
  SessionClock clock(gap);
  size_t since_poll = 0;
  for (const Event& e : sorted.events) {
    if (++since_poll % 4096 == 0) poll();
    if (static_cast<size_t>(clock.session_at(e.at)) > sessions.size()) {
      sessions.emplace_back();
      sessions.back().started_at = e.at;
      sessions.back().first_event = e.type;
    }
    Session& s = sessions.back();
    s.ended_at = e.at;
    s.last_event = e.type;
    ++s.events;
    if (e.extra == Event::plain) continue;
    const Extra& x = sorted.extras[e.extra];
    s.has_amount |= x.has_amount;
    s.amount += x.amount;
  }
  return sessions;
}

}  // namespace clientele
