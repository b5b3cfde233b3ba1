// SPDX-License-Identifier: PostgreSQL
// The scheduler of a database: what it knows of the jobs, and what it does about them. C++ regime.
#pragma once
#include <string>
#include <vector>

#include "jobs/scheduler/jobs_pg.hpp"
#include "jobs/scheduler/workers_pg.hpp"

namespace clientele::jobs {

class Scheduler {
 public:
  /// One look at everything. Returns when to look again, by monotonic_now(). Ends the process if there
  /// is nothing left to do.
  Micros look();

 private:
  void take_changes();
  bool read();
  void settle();
  void queue_due();
  void start_waiting();
  void start(Job& job);
  void prune();
  void note_failure(const std::string& message);
  /// Does `work` in a transaction as the store's owner. False if that has failed, which is logged.
  template <class Work>
  bool attempt(Work work);

  Oid owner_ = InvalidOid;
  Jobs jobs_;
  Workers workers_;
  std::vector<Gone> gone_;  // and not recorded yet
  std::vector<int64_t> changed_;
  bool all_changed_ = true;
  Micros last_read_ = 0;  // all of them
  Micros next_prune_ = 0;
  Micros look_again_ = 0;
  int failures_ = 0;     // looks in a row
  bool failed_ = false;  // this look
  std::string logged_;
};

}  // namespace clientele::jobs
