// SPDX-License-Identifier: PostgreSQL
// The runs of this database that are at work: their processes, slots and time limits.
#pragma once
#include <vector>

#include "base/calendar.hpp"
#include "jobs/decision/decision.hpp"
#include "jobs/shared/shared_pg.hpp"

namespace clientele::jobs {

/// How the process of a run ended, or that it never began.
struct Gone {
  int64_t run_id;
  int64_t job_id;
  bool began;
  bool timed_out;
  bool given_up;     // it had not begun within a minute
  char outcome[12];  // how its command ended, or empty if it did not
  int64_t rows;      // -1: none were counted
  char sqlstate[6];
  char message[256];  // of the command's error or a FATAL one, or empty
};

class Workers {
 public:
  enum class Start { started, no_slot, no_process };

  /// Starts a process for a waiting run. C++ regime.
  Start start(Oid job_owner, Oid store_owner, int64_t run_id, int64_t job_id, const char* job_name,
              Micros limit);
  /// Takes on the runs that are at work since an earlier scheduler. C++ regime.
  void adopt();
  bool has(int64_t run_id) const;
  /// Whether a run of the job has another limit now. C++ regime.
  bool set_limit(int64_t job_id, Micros limit);

  /// Ends what has reached its limit. Returns those whose process has gone, and when to look again
  /// by monotonic_now(). C++ regime.
  std::vector<Gone> look(Micros& look_again);
  size_t size() const { return processes_.size(); }

 private:
  struct Process {
    int64_t run_id, job_id;
    uint64_t ticket;
    int slot;
    BackgroundWorkerHandle* handle;  // nullptr if an earlier scheduler has started it
    Worker clock;
  };
  // PostgreSQL regime.
  static bool has_gone(Process& process, Gone& gone);
  /// True if the process need not be watched any more.
  static bool obey(Process& process, Order order, Micros now);
  static void let_go(Process& process);

  std::vector<Process> processes_;
};

}  // namespace clientele::jobs
