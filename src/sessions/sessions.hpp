// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <vector>

#include "journey/journey.hpp"

namespace clientele {

/// Numbers sessions from 1 while times are fed to it in order. A gap equal to the limit stays in
/// the session, a longer one starts the next. This is the definition for both doors.
class SessionClock {
 public:
  explicit SessionClock(uint64_t gap) : gap_(gap) {}
  /// The session of an event at this time, which must not be before the one fed last.
  int64_t session_at(Micros at) {
    if (session_ == 0 || elapsed(last_, at) > gap_) ++session_;
    last_ = at;
    return session_;
  }
  bool started() const { return session_ > 0; }
  Micros last() const { return last_; }
  /// For a limit that a caller gives with every row.
  void set_gap(uint64_t gap) { gap_ = gap; }

 private:
  uint64_t gap_;
  int64_t session_ = 0;
  Micros last_ = 0;
};

/// The number of sessions. Reads nothing but times.
int64_t count_sessions(const Journey& journey, uint64_t gap);

struct Session {
  Micros started_at = 0;
  Micros ended_at = 0;
  int32_t events = 0;
  int32_t first_event = 0;  // of equal times, the first and last in the journey's own order
  int32_t last_event = 0;
  bool has_amount = false;
  __int128 amount = 0;  // millionths
};

std::vector<Session> list_sessions(const EventList& sorted, uint64_t gap);

}  // namespace clientele
