// SPDX-License-Identifier: PostgreSQL
#include <algorithm>
#include <tuple>

#include "jobs/decision/decision.hpp"
#include "jobs/decision/instants.hpp"

namespace clientele::jobs {

std::vector<int64_t> starts(std::span<const Waiting> waiting, size_t free_slots) {
  std::vector<const Waiting*> first;
  for (const Waiting& run : waiting) first.push_back(&run);
  const size_t count = std::min(free_slots, first.size());
  std::ranges::partial_sort(
      first, first.begin() + static_cast<ptrdiff_t>(count), {},
      [](const Waiting* run) { return std::tuple(run->due_at, run->name, run->run_id); });
  std::vector<int64_t> ids;
  for (size_t i = 0; i < count; ++i) ids.push_back(first[i]->run_id);
  return ids;
}

Verdict watch(const Worker& worker, Micros now) {
  const auto when = [now](Order order, Micros from, Micros span, Micros then) {
    const Micros at = plus(from, span);
    return now >= at ? Verdict{order, then} : Verdict{Order::none, at};
  };
  if (worker.ended) return {Order::none, never};
  if (!worker.began) return when(Order::give_up, worker.launched, time_to_begin, never);
  if (!worker.max_run_time || worker.terminated) return {Order::none, never};
  if (!worker.cancelled_at)
    return when(Order::cancel, *worker.began, *worker.max_run_time, now + time_to_heed);
  return when(Order::terminate, *worker.cancelled_at, time_to_heed, never);
}

}  // namespace clientele::jobs
