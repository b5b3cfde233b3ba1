// SPDX-License-Identifier: PostgreSQL
// Jobs that run, fail, are paused and altered while servers are down and clocks are set, and a
// scheduler that does what is decided. Each decision is checked by what the jobs' schedules say.
#pragma once
#include <map>
#include <set>

#include "unit/jobs/decision/stored_job.hpp"
#include "unit/random_events.hpp"

namespace clientele::testing {

/// What may happen in a simulated world, and how much.
struct Trouble {
  bool clocks = false;   // they are set
  bool pauses = false;   // jobs are paused, resumed and altered
  bool crashes = false;  // schedulers and servers end at any time
  bool slow = false;     // many runs take hours, and slots are few
};

class World {
 public:
  World(uint64_t seed, size_t jobs, Trouble trouble, std::vector<Schedule> schedules);

  /// Lets time pass. The first thing that is wrong; nothing if all is well.
  std::string live(Micros span);

  struct Counts {
    int64_t decisions, started, missed, joined, skipped, retries, followed, jumps, noted, crashes;
  };
  Counts counts{};

 private:
  struct Simulated {
    StoredJob stored;
    jobs::Job facts;  // of `stored`, as long as it has not changed
    bool changed = true;
    Micros accounted;           // due times up to here have been dealt with
    std::set<Micros> dues;      // for which there have been runs since clocks were set back
    std::set<int64_t> retried;  // attempts that have been
    Micros run_ends = never;    // by the monotonic clock
    // By the monotonic clock: when it was resumed, last started, and last succeeded.
    Micros resumed = -1, started = -1, succeeded = -1;
  };

  Micros now() const { return elapsed_ + offset_; }
  StoredRun* active(Simulated& job);
  const std::vector<jobs::Job>& facts();
  void look();
  void write(const jobs::Decision& decision, size_t most);
  static Micros base_of(const Simulated& job);
  void check_job(Simulated& job, const jobs::Decision& decision);
  void check_row(Simulated& job, Micros due, int64_t missed, bool queued);
  void check_retry(Simulated& job, const jobs::Decision::Queue& queue);
  void check_nothing_forgotten(Simulated& job, Micros wake);
  bool should_follow(const Simulated& job) const;
  void add_run(Simulated& job, StoredRun run);
  void start_runs();
  void end_run(Simulated& job, jobs::State state, const char* sqlstate);
  void end_runs();
  void happen();
  void come_back();
  void restart_times(Simulated& job);
  bool wrong(const Simulated& job, const std::string& what);

  Random random_;
  Trouble trouble_;
  std::vector<Schedule> schedules_;
  std::map<int64_t, Simulated> jobs_;
  std::vector<jobs::Job> facts_;
  Micros elapsed_ = 0, offset_;
  Micros wake_ = 0;          // by the monotonic clock
  Micros quiet_until_ = 0;   // when there is something to do, by the clock that can be set
  Micros next_trouble_ = 0;  // the same
  Micros down_until_ = -1;   // the same; -1: the scheduler is up
  bool server_down_ = false;
  size_t slots_ = 4;
  int64_t next_run_ = 1;
  std::string error_;
};

}  // namespace clientele::testing
