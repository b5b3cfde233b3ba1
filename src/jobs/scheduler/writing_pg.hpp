// SPDX-License-Identifier: PostgreSQL
// What a decision writes, job by job.
#pragma once
#include "jobs/scheduler/known_pg.hpp"

namespace clientele::jobs {

/// What is written for a job. It refers to the decision.
struct Writing {
  int64_t job_id;
  std::vector<const Decision::Skip*> skip{};
  const Decision::Queue* queue = nullptr;
  int64_t withdraw = 0;  // a run
};

/// In the order of the decision. C++ regime.
std::vector<Writing> what_to_queue(const Decision& decision);
std::vector<Writing> what_to_withdraw(const Decision& decision, const KnownJobs& known);

/// False if another transaction has locked the job, or its run. PostgreSQL regime, inside
/// begin_work().
bool write_one(const Writing& w);

}  // namespace clientele::jobs
