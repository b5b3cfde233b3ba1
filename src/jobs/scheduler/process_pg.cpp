// SPDX-License-Identifier: PostgreSQL
// What the launcher and the schedulers have in common as processes.
#include <algorithm>

#include "jobs/scheduler/launcher_pg.hpp"

extern "C" {
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "tcop/tcopprot.h"
}

namespace clientele::jobs {

BackgroundWorker new_worker(const char* type, const char* entry) {
  BackgroundWorker worker = {};
  strlcpy(worker.bgw_name, type, BGW_MAXLEN);
  strlcpy(worker.bgw_type, type, BGW_MAXLEN);
  worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
  worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
  worker.bgw_restart_time = BGW_NEVER_RESTART;
  strlcpy(worker.bgw_library_name, "clientele", BGW_MAXLEN);
  strlcpy(worker.bgw_function_name, entry, BGW_MAXLEN);
  return worker;
}

void begin_process() {
  pqsignal(SIGHUP, SignalHandlerForConfigReload);
  pqsignal(SIGTERM, die);
  BackgroundWorkerUnblockSignals();
}

void reload_if_asked() {
  if (!ConfigReloadPending) return;
  ConfigReloadPending = false;
  ProcessConfigFile(PGC_SIGHUP);
}

void sleep_on_latch(Micros at_most) {
  CHECK_FOR_INTERRUPTS();
  const long milliseconds = static_cast<long>(std::clamp<Micros>((at_most + 999) / 1000, 0, 60000));
  WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, milliseconds,
            PG_WAIT_EXTENSION);
  ResetLatch(MyLatch);
  CHECK_FOR_INTERRUPTS();
}

}  // namespace clientele::jobs
