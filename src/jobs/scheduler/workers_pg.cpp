// SPDX-License-Identifier: PostgreSQL
#include "jobs/scheduler/workers_pg.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>

#include "jobs/scheduler/launcher_pg.hpp"
#include "jobs/shared/slots_pg.hpp"
#include "pg/boundary.hpp"

namespace clientele::jobs {
namespace {

/// nullptr if no worker process is free. PostgreSQL regime.
BackgroundWorkerHandle* register_worker(const WorkerArguments& arguments, const char* job_name) {
  BackgroundWorker worker = new_worker("clientele worker", "clientele_job_worker_main");
  snprintf(worker.bgw_name, BGW_MAXLEN, "clientele job: %s", job_name);
  const auto length = static_cast<int>(std::strlen(worker.bgw_name));
  worker.bgw_name[pg_mbcliplen(worker.bgw_name, length, BGW_MAXLEN - 1)] = '\0';
  std::memcpy(worker.bgw_extra, &arguments, sizeof arguments);
  worker.bgw_notify_pid = MyProcPid;
  const MemoryContext before = MemoryContextSwitchTo(TopMemoryContext);
  BackgroundWorkerHandle* handle = nullptr;
  const bool registered = RegisterDynamicBackgroundWorker(&worker, &handle);
  MemoryContextSwitchTo(before);
  return registered ? handle : nullptr;
}

/// Sends a signal to the process in a slot, while it is known to be there. PostgreSQL regime.
void signal_worker(int number, uint64_t ticket, int signal, bool timed_out) {
  Locked lock;
  Slot& slot = shared()->slots[number];
  if (slot.ticket == ticket && slot.pid != 0 && !slot.ended) {
    if (timed_out) slot.timed_out = true;
    kill(slot.pid, signal);
  }
  lock.release();
}

Slot read_slot(int number) {
  Locked lock(LW_SHARED);
  const Slot slot = shared()->slots[number];
  lock.release();
  return slot;
}

}  // namespace

Workers::Start Workers::start(Oid job_owner, Oid store_owner, int64_t run_id, int64_t job_id,
                              const char* job_name, Micros limit) {
  workers_.reserve(workers_.size() + 1);
  Start result = Start::no_slot;
  Worker worker = {run_id, job_id, 0, -1, nullptr, {0, 0, limit, 0, 0}};
  pg::call_pg([&] {
    worker.slot = take_slot(run_id, job_id, worker.ticket);
    if (worker.slot < 0) return;
    worker.clock.taken_at = monotonic_now();
    worker.handle = register_worker(
        {MyDatabaseId, job_owner, store_owner, worker.slot, worker.ticket, run_id, job_id},
        job_name);
    result = worker.handle == nullptr ? Start::no_process : Start::started;
    if (worker.handle == nullptr) free_slot(worker.slot, worker.ticket);
  });
  if (result == Start::started) workers_.push_back(worker);
  return result;
}

void Workers::adopt() {
  Worker found[max_slots];
  int count = 0;
  pg::call_pg([&] {
    Locked lock(LW_SHARED);
    for (int i = 0; i < max_slots; ++i) {
      const Slot& slot = shared()->slots[i];
      if (slot.taken && slot.database == MyDatabaseId)
        found[count++] = {slot.run_id, slot.job_id, slot.ticket,
                          i,           nullptr,     {slot.taken_at, slot.started_at, day, 0, 0}};
    }
    lock.release();
  });
  workers_.assign(found, found + count);
}

bool Workers::has(int64_t run_id) const {
  return std::any_of(workers_.begin(), workers_.end(),
                     [&](const Worker& w) { return w.run_id == run_id; });
}

void Workers::set_limit(int64_t job_id, Micros limit) {
  for (Worker& worker : workers_)
    if (worker.job_id == job_id) worker.clock.limit = limit;
}

bool Workers::has_gone(Worker& worker, Gone& gone) {
  const Slot slot = read_slot(worker.slot);
  const bool own = slot.taken && slot.ticket == worker.ticket;
  worker.clock.started_at = own ? slot.started_at : 0;
  gone = {worker.run_id, worker.job_id, own && slot.pid != 0, own && slot.timed_out, false, {}, {}};
  std::memcpy(gone.sqlstate, slot.sqlstate, sizeof gone.sqlstate);
  std::memcpy(gone.message, slot.message, sizeof gone.message);
  if (!own || slot.ended) return true;
  pid_t pid;
  return slot.pid == 0 && GetBackgroundWorkerPid(worker.handle, &pid) == BGWH_STOPPED &&
         withdraw_slot(worker.slot, worker.ticket);
}

void Workers::let_go(Worker& worker) {
  free_slot(worker.slot, worker.ticket);
  if (worker.handle != nullptr) pfree(worker.handle);
  worker.handle = nullptr;
}

bool Workers::give_up(Worker& worker) {
  const bool left = withdraw_slot(worker.slot, worker.ticket);
  if (left && worker.handle != nullptr) TerminateBackgroundWorker(worker.handle);
  if (!left) signal_worker(worker.slot, worker.ticket, SIGTERM, false);
  return left;
}

std::vector<Gone> Workers::look(Micros& look_again) {
  std::vector<Gone> all;
  all.reserve(workers_.size());
  std::vector<Worker> kept;
  kept.reserve(workers_.size());
  for (Worker& worker : workers_) {
    Gone gone;
    bool left = false, tell = false;
    pg::call_pg([&] {
      const Micros now = monotonic_now();
      left = tell = has_gone(worker, gone);
      const LimitStep step = step_limit(worker.clock, now);
      if (!left) look_again = std::min(look_again, step.look_again);
      if (!left && step.action == LimitAction::cancel) {
        worker.clock.cancelled_at = now;
        signal_worker(worker.slot, worker.ticket, SIGINT, true);
      } else if (!left && step.action == LimitAction::terminate) {
        worker.clock.terminated_at = now;
        signal_worker(worker.slot, worker.ticket, SIGTERM, false);
      } else if (!left && step.action == LimitAction::give_up) {
        worker.clock.terminated_at = now;
        tell = gone.given_up = true;
        left = give_up(worker);
      }
      if (left) let_go(worker);
    });
    if (tell) all.push_back(gone);
    if (!left) kept.push_back(worker);
  }
  workers_.swap(kept);
  return all;
}

}  // namespace clientele::jobs
