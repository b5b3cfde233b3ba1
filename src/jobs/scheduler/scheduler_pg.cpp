// SPDX-License-Identifier: PostgreSQL
// The scheduler of a database.
#include "jobs/scheduler/launcher_pg.hpp"
#include "jobs/scheduler/session_pg.hpp"

extern "C" {
#include "storage/ipc.h"
void clientele_scheduler_main(Datum);
}

using namespace clientele;

void clientele_scheduler_main(Datum argument) {
  const Oid database = DatumGetObjectId(argument);
  jobs::begin_process();
  if (!jobs::enter_database(database)) proc_exit(0);
  BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);
  jobs::own_database().all_changed = false;
  jobs::leave_database(jobs::SchedulerState::nothing);
}
