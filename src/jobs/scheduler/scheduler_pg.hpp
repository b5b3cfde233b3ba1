// SPDX-License-Identifier: PostgreSQL
// The scheduler of a database: what it does about the jobs, look by look. C++ regime.
#pragma once
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "jobs/scheduler/known_pg.hpp"
#include "jobs/scheduler/session_pg.hpp"
#include "jobs/scheduler/workers_pg.hpp"
#include "jobs/scheduler/writing_pg.hpp"

namespace clientele::jobs {

class Scheduler {
 public:
  /// `context` is reset before each look.
  explicit Scheduler(MemoryContext context) : context_(context) {}

  /// Takes on what an earlier scheduler has left.
  void begin();
  /// One look at everything. Returns when to look again, by monotonic_now(). Ends the process if
  /// there is nothing to schedule.
  Micros look();

 private:
  /// Does `work`, of the C++ regime. False if it failed, which has been noted; no transaction is
  /// left.
  template <class Work>
  bool try_to(Work work);
  /// Does `work`, of PostgreSQL's regime, in a transaction as the owner of the store.
  template <class Work>
  bool attempt(Work work, int longest = longest_work);
  void look_at(Micros time) { look_again_ = std::min(look_again_, time); }

  void take_changes();
  bool find_jobs();
  bool read();
  void take(const StateRow* rows, int count, bool all);
  bool settle(const Gone& gone);
  void settle_gone();
  void bury_dead();
  void decide();
  void write(const Decision& decision);
  bool write_together(const std::vector<const Writing*>& all);
  void write_apart(std::vector<const Writing*> all);
  void start_waiting();
  bool start(KnownJob& known);
  void prune();

  MemoryContext context_;
  Oid owner_ = InvalidOid;
  KnownJobs known_;
  Workers workers_;
  std::vector<Gone> gone_;        // whose ends may be unrecorded
  std::vector<int64_t> changed_;  // jobs to read
  std::vector<int64_t> fresh_;    // jobs that were read in this look
  bool all_changed_ = true;
  Micros last_read_ = 0;  // of all jobs
  Micros next_prune_ = 0;
  Micros look_again_ = 0;
  bool waits_for_slot_ = false, waits_for_process_ = false;
  // Jobs for which nothing could be written, and when that was tried last; when it is tried again.
  std::map<int64_t, Micros> held_up_;
  Micros held_up_until_ = 0;
  int held_up_rounds_ = 0;
  bool failed_ = false;       // this look
  int failures_ = 0;          // looks in a row
  std::set<int64_t> broken_;  // jobs whose schedule cannot be read, which has been logged
};

}  // namespace clientele::jobs
