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
  if (slot.ticket == ticket && slot.pid != 0 && !slot.ended && slot.outcome[0] == '\0') {
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
  processes_.reserve(processes_.size() + 1);
  Start result = Start::no_slot;
  Process process = {run_id, job_id, 0, -1, nullptr, {}};
  process.clock.max_run_time = limit;
  pg::call_pg([&] {
    process.slot = take_slot(run_id, job_id, limit, process.ticket);
    if (process.slot < 0) return;
    process.clock.launched = monotonic_now();
    process.handle = register_worker(
        {MyDatabaseId, job_owner, store_owner, process.slot, process.ticket, run_id, job_id},
        job_name);
    result = process.handle == nullptr ? Start::no_process : Start::started;
    if (process.handle == nullptr) free_slot(process.slot, process.ticket);
  });
  if (result == Start::started) processes_.push_back(process);
  return result;
}

void Workers::adopt() {
  Process found[max_slots];
  int count = 0;
  pg::call_pg([&] {
    Locked lock(LW_SHARED);
    for (int i = 0; i < max_slots; ++i) {
      const Slot& slot = shared()->slots[i];
      if (!slot.taken || slot.database != MyDatabaseId) continue;
      found[count] = {slot.run_id, slot.job_id, slot.ticket, i, nullptr, {}};
      found[count++].clock.max_run_time = slot.max_run_time;
    }
    lock.release();
  });
  processes_.assign(found, found + count);
}

bool Workers::has(int64_t run_id) const {
  return std::any_of(processes_.begin(), processes_.end(),
                     [&](const Process& w) { return w.run_id == run_id; });
}

bool Workers::set_limit(int64_t job_id, Micros limit) {
  bool changed = false;
  for (Process& process : processes_) {
    if (process.job_id != job_id || process.clock.max_run_time == limit) continue;
    process.clock.max_run_time = limit;
    pg::call_pg([&] { jobs::set_limit(process.slot, process.ticket, limit); });
    changed = true;
  }
  return changed;
}

bool Workers::has_gone(Process& process, Gone& gone) {
  const Slot slot = read_slot(process.slot);
  const bool own = slot.taken && slot.ticket == process.ticket;
  process.clock.launched = slot.taken_at;
  if (own && slot.started_at != 0) process.clock.began = slot.started_at;
  process.clock.ended = own && slot.outcome[0] != '\0';
  gone = {};
  gone.run_id = process.run_id;
  gone.job_id = process.job_id;
  if (!own) return true;
  gone.began = slot.pid != 0;
  gone.timed_out = slot.timed_out;
  gone.rows = slot.rows;
  std::memcpy(gone.outcome, slot.outcome, sizeof gone.outcome);
  std::memcpy(gone.sqlstate, slot.sqlstate, sizeof gone.sqlstate);
  std::memcpy(gone.message, slot.message, sizeof gone.message);
  if (slot.ended) return true;
  pid_t pid;
  return slot.pid == 0 && process.handle != nullptr &&
         GetBackgroundWorkerPid(process.handle, &pid) == BGWH_STOPPED &&
         withdraw_slot(process.slot, process.ticket);
}

void Workers::let_go(Process& process) {
  free_slot(process.slot, process.ticket);
  if (process.handle != nullptr) pfree(process.handle);
  process.handle = nullptr;
}

bool Workers::obey(Process& process, Order order, Micros now) {
  switch (order) {
    case Order::none:
      return false;
    case Order::cancel:
      process.clock.cancelled_at = now;
      signal_worker(process.slot, process.ticket, SIGINT, true);
      return false;
    case Order::terminate:
      process.clock.terminated = true;
      signal_worker(process.slot, process.ticket, SIGTERM, false);
      return false;
    case Order::give_up:
      process.clock.terminated = true;
      if (withdraw_slot(process.slot, process.ticket)) {
        if (process.handle != nullptr) TerminateBackgroundWorker(process.handle);
        return true;
      }
      signal_worker(process.slot, process.ticket, SIGTERM, false);
      return false;
  }
  return false;
}

std::vector<Gone> Workers::look(Micros& look_again) {
  std::vector<Gone> all;
  all.reserve(processes_.size());
  std::vector<Process> kept;
  kept.reserve(processes_.size());
  for (Process& process : processes_) {
    Gone gone;
    bool left = false;
    pg::call_pg([&] { left = has_gone(process, gone); });
    const Micros now = monotonic_now();
    const Verdict verdict = watch(process.clock, now);
    bool tell = left;
    if (!left) {
      look_again = std::min(look_again, verdict.look_again);
      tell = gone.given_up = verdict.order == Order::give_up && !process.clock.terminated;
      pg::call_pg([&] { left = obey(process, verdict.order, now); });
    }
    if (left) pg::call_pg([&] { let_go(process); });
    if (tell) all.push_back(gone);
    if (!left) kept.push_back(process);
  }
  processes_.swap(kept);
  return all;
}

}  // namespace clientele::jobs
