// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>

#include "jobs/decision/decision.hpp"

namespace clientele::jobs {

/// Finds jobs by their number.
class Lookup {
 public:
  explicit Lookup(std::span<const Job> jobs) {
    for (const Job& job : jobs) jobs_.push_back(&job);
    std::ranges::sort(jobs_, {}, number);
  }
  const Job* find(int64_t job_id) const {
    const auto at = std::ranges::lower_bound(jobs_, job_id, {}, number);
    return at != jobs_.end() && (*at)->job_id == job_id ? *at : nullptr;
  }

 private:
  static int64_t number(const Job* job) { return job->job_id; }
  std::vector<const Job*> jobs_;
};

}  // namespace clientele::jobs
