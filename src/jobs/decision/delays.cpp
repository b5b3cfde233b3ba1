// SPDX-License-Identifier: PostgreSQL
// By how much starts and retries are put off. The hashes spread them, and never change: the same
// decision has to give the same time.
#include <algorithm>

#include "base/random.hpp"
#include "jobs/decision/decision.hpp"
#include "jobs/decision/instants.hpp"
#include "jobs/schedule/schedule.hpp"

namespace clientele::jobs {
namespace {

/// A number from 0 to below `span`, in proportion to a hash.
Micros share(uint64_t hash, uint64_t span) {
  return static_cast<Micros>(static_cast<unsigned __int128>(hash) * span >> 64);
}

uint64_t hash_of(std::string_view text) {
  uint64_t hash = 0;
  for (const char c : text) hash = split_mix(hash ^ static_cast<uint8_t>(c));
  return hash;
}

/// Not repaired by doing the same again: what is not there, not supported, or not allowed.
bool will_fail_again(std::string_view sqlstate) {
  constexpr std::string_view classes[] = {"0A", "28", "3D", "3F", "42"};
  return std::ranges::count(classes, sqlstate.substr(0, 2)) != 0;
}

}  // namespace

Micros start_delay(const Job& job, Micros due) {
  if (job.jitter <= 0) return 0;
  auto span = static_cast<uint64_t>(job.jitter);
  if (job.schedule != nullptr) span = std::min(span, elapsed(due, job.schedule->next(due)));
  return share(split_mix(hash_of(job.name) ^ static_cast<uint64_t>(due)), span);
}

std::optional<Micros> retry_time(const Job& job) {
  if (!job.last_attempt) return {};
  const Job::Attempt& last = *job.last_attempt;
  const bool retried =
      last.state == State::failed || last.state == State::timed_out || last.state == State::crashed;
  if (!retried || last.attempt > job.max_retries || will_fail_again(last.sqlstate)) return {};
  Micros delay = std::max<Micros>(job.retry_delay, 0);
  const Micros cap = std::max<Micros>(job.retry_cap, 0);
  for (int32_t k = 1; k < last.attempt && delay != 0 && delay < cap; ++k)
    delay = delay > cap / 2 ? cap : 2 * delay;
  delay = std::min(delay, cap);
  const uint64_t hash = split_mix(split_mix(static_cast<uint64_t>(last.run_id)) ^
                                  static_cast<uint64_t>(last.attempt));
  const Micros least = plus(last.ended_at, delay - delay / 10);
  return plus(least, share(hash, static_cast<uint64_t>(delay / 5)));
}

}  // namespace clientele::jobs
