// SPDX-License-Identifier: PostgreSQL
// The main function of a scheduler.
#include "jobs/scheduler/launcher_pg.hpp"
#include "jobs/scheduler/scheduler_pg.hpp"
#include "jobs/scheduler/session_pg.hpp"

extern "C" {
#include "storage/ipc.h"

void clientele_scheduler_main(Datum);
}

namespace clientele::jobs {
namespace {

/// C++ regime. An error that comes between two looks, such as a cancel, is not a reason to end.
[[noreturn]] void work(MemoryContext context) {
  Scheduler scheduler(context);
  bool begun = false;
  Micros again = monotonic_now();
  for (;;) {
    MemoryContextSwitchTo(context);
    MemoryContextReset(context);
    try {
      // Here, so that a cancel meanwhile is caught, also after an error.
      pg::call_pg([&] { sleep_on_latch(again - monotonic_now()); });
      again = monotonic_now() + second;
      pg::call_pg([] { leave_if_asked(); });
      if (!begun) scheduler.begin();
      begun = true;
      again = scheduler.look();
    } catch (const pg::PgError& error) {
      const char* const message = error.data()->message;
      pg::call_pg([&] {
        abort_work();
        note_error(message == nullptr ? "" : message);
      });
    } catch (const std::exception& error) {
      pg::call_pg([&] { note_error(error.what()); });
    }
  }
}

}  // namespace
}  // namespace clientele::jobs

using namespace clientele;

void clientele_scheduler_main(Datum argument) {
  const Oid database = DatumGetObjectId(argument);
  jobs::begin_process();
  if (!jobs::enter_database(database)) proc_exit(0);
  BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);
  jobs::fix_settings();
  jobs::work(
      AllocSetContextCreate(TopMemoryContext, "clientele scheduler", ALLOCSET_DEFAULT_SIZES));
}
