// SPDX-License-Identifier: PostgreSQL
#include "jobs/scheduler/writing_pg.hpp"

#include <algorithm>

namespace clientele::jobs {

std::vector<Writing> what_to_queue(const Decision& decision) {
  std::vector<Writing> all;
  std::map<int64_t, size_t> places;
  const auto of_job = [&](int64_t id) -> Writing& {
    const auto [place, added] = places.emplace(id, all.size());
    if (added) all.push_back({id});
    return all[place->second];
  };
  for (const Decision::Skip& s : decision.skip) of_job(s.job_id).skip.push_back(&s);
  for (const Decision::Queue& q : decision.queue) of_job(q.job_id).queue = &q;
  return all;
}

std::vector<Writing> what_to_withdraw(const Decision& decision, const KnownJobs& known) {
  std::vector<Writing> all;
  for (const auto& [id, each] : known.all()) {
    const auto& active = each.job.active;
    if (active && std::ranges::find(decision.withdraw, active->run_id) != decision.withdraw.end())
      all.push_back({id, {}, nullptr, active->run_id});
  }
  return all;
}

bool write_one(const Writing& w) {
  if (w.withdraw != 0) return end_run(w.withdraw, "skipped", "", "the job is paused");
  // What was missed is written first.
  for (const Decision::Skip* s : w.skip)
    if (!skip_run(s->job_id, s->due_at, s->missed)) return false;
  const Decision::Queue* const q = w.queue;
  return q == nullptr ||
         queue_run(q->job_id, q->kind == Kind::retry, q->due_at, q->missed, q->attempt) != 0;
}

}  // namespace clientele::jobs
