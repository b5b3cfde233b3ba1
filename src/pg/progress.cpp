// SPDX-License-Identifier: PostgreSQL
#include "pg/boundary.hpp"
#include "pg/progress.hpp"
#include "pg/shared.hpp"
#include "pg/values.hpp"

extern "C" {
#include "access/parallel.h"
#include "access/xact.h"
#include "port/atomics.h"
#include "storage/ipc.h"
#include "storage/procarray.h"
#include "tcop/pquery.h"
}

namespace clientele::pg {
namespace {

/// A row of the view. Its process alone writes it, between two additions to `writes`, so that
/// others see when they have read half of a change.
struct Slot {
  pg_atomic_uint32 pid;     // 0: free
  pg_atomic_uint32 writes;  // odd while the process writes
  bool shown;
  int shown_pid;
  Oid database;
  Oid role;
  TaskState state;
};

constexpr int most = 56;
constexpr char table_name[] = "clientele progress 1";
struct Table {
  Slot slots[most];
};
static_assert(sizeof(Table) <= 14 * 1024);

Table* table = nullptr;
bool no_room = false;
Slot* mine = nullptr;
TaskStack tasks;

void make_table(void* piece) {
  auto* made = static_cast<Table*>(piece);
  MemSet(made, 0, sizeof(Table));
  for (Slot& slot : made->slots) {
    pg_atomic_init_u32(&slot.pid, 0);
    pg_atomic_init_u32(&slot.writes, 0);
  }
}

void take_table() {
  table = static_cast<Table*>(shared_piece(table_name, sizeof(Table), make_table));
  no_room = table == nullptr;
}

bool has_table() {
  if (table == nullptr && !no_room) take_table();
  return table != nullptr;
}

template <class F>
void write_mine(F change) {
  if (mine == nullptr) return;
  // A process that died in the middle has left an odd number.
  const uint32 before = pg_atomic_read_u32(&mine->writes) | 1;
  pg_atomic_write_u32(&mine->writes, before);
  pg_write_barrier();
  change(*mine);
  pg_write_barrier();
  pg_atomic_write_u32(&mine->writes, before + 1);
}

bool take(Slot& slot, uint32 from) {
  return pg_atomic_compare_exchange_u32(&slot.pid, &from, static_cast<uint32>(MyProcPid));
}

void take_slot() {
  if (!has_table()) return;
  for (Slot& slot : table->slots)
    if (take(slot, 0)) {
      mine = &slot;
      return;
    }
  for (Slot& slot : table->slots) {
    const uint32 pid = pg_atomic_read_u32(&slot.pid);
    if (pid != 0 && BackendPidGetProc(static_cast<int>(pid)) == nullptr && take(slot, pid)) {
      mine = &slot;
      return;
    }
  }
}

void free_slot() {
  if (mine == nullptr) return;
  write_mine([](Slot& slot) { slot.shown = false; });
  pg_write_barrier();  // the next process to take it writes after this one
  pg_atomic_write_u32(&mine->pid, 0);
  mine = nullptr;
}

void show() {
  if (tasks.depth() == 0) {
    free_slot();
    return;
  }
  if (mine == nullptr) return;
  const TaskState state = tasks.shown();
  write_mine([&](Slot& slot) {
    slot.shown = true;
    slot.shown_pid = MyProcPid;
    slot.database = MyDatabaseId;
    slot.role = GetSessionUserId();
    slot.state = state;
  });
}

void end_all() {
  if (tasks.depth() == 0) return;
  tasks.end_to(0);
  show();
}

void at_transaction_end(XactEvent event, void*) {
  if (tasks.depth() == 0) return;
  switch (event) {
    case XACT_EVENT_COMMIT:
    case XACT_EVENT_ABORT:
    case XACT_EVENT_PREPARE:
      break;
    default:
      return;
  }
  // A portal is active in COMMIT and ROLLBACK of a procedure. An error has left it already, and so
  // has the end of a statement.
  if (ActivePortal != nullptr && event != XACT_EVENT_PREPARE)
    tasks.outlive_transaction();
  else
    end_all();
}

void at_subtransaction_end(SubXactEvent event, SubTransactionId number, SubTransactionId, void*) {
  if (event == SUBXACT_EVENT_ABORT_SUB && tasks.depth() > 0 && tasks.abort(number)) show();
}

void at_exit(int, Datum) { free_slot(); }

void advance(int64_t more) {
  if (tasks.depth() == 0) return;
  tasks.advance(more);
  show();
}

/// Either regime: nothing here raises an error.
void end_to(int depth) {
  if (depth >= tasks.depth()) return;
  tasks.end_to(depth);
  show();
}

/// What another process shows now; false if it shows nothing.
bool read_slot(const Slot& slot, Slot& copy) {
  auto* const shared = const_cast<Slot*>(&slot);
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const uint32 before = pg_atomic_read_u32(&shared->writes);
    pg_read_barrier();
    std::memcpy(static_cast<void*>(&copy), &slot, sizeof copy);
    pg_read_barrier();
    if (before % 2 == 0 && before == pg_atomic_read_u32(&shared->writes)) return copy.shown;
  }
  return false;  // its process was stopped in the middle
}

bool may_see(const Slot& slot) {
  return slot.shown_pid == MyProcPid || has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS) ||
         has_privs_of_role(GetUserId(), slot.role);
}

}  // namespace

void install_progress() {
  request_shared(sizeof(Table), take_table);
  progress_hook = advance;
}

void begin_task(std::string_view task, int64_t total) {
  if (IsParallelWorker()) return;
  static bool watching = false;
  if (!watching) {
    RegisterXactCallback(at_transaction_end, nullptr);
    RegisterSubXactCallback(at_subtransaction_end, nullptr);
    before_shmem_exit(at_exit, Datum{});
    watching = true;
  }
  if (tasks.depth() == 0) take_slot();
  tasks.begin(task, total, GetCurrentTimestamp(), GetCurrentSubTransactionId());
  show();
}

void report_task(std::string_view phase, int64_t done, int64_t total) {
  if (tasks.depth() == 0) return;
  tasks.report(phase, done, total, GetCurrentTimestamp());
  show();
}

void end_task() { end_to(tasks.depth() - 1); }

Progress::Progress(std::string_view task, int64_t total) {
  outside_ = call_pg([&] {
    const int outside = tasks.depth();
    begin_task(task, total);
    return outside;
  });
}

Progress::~Progress() { end_to(outside_); }

}  // namespace clientele::pg

using namespace clientele;

namespace {

int64_t count_or_unknown(FunctionCallInfo fcinfo, int argument) {
  return PG_ARGISNULL(argument) ? TaskState::unknown
                                : std::max<int64_t>(PG_GETARG_INT64(argument), TaskState::unknown);
}

std::string_view text_or_none(FunctionCallInfo fcinfo, int argument) {
  return PG_ARGISNULL(argument) ? std::string_view() : pg::text_view(PG_GETARG_DATUM(argument));
}

Datum text_of(std::string_view s) {
  return PointerGetDatum(cstring_to_text_with_len(s.data(), static_cast<int>(s.size())));
}

}  // namespace

CLIENTELE_FUNCTION(clientele_begin_progress) {
  if (PG_ARGISNULL(0))
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("task must not be NULL")));
  pg::begin_task(text_or_none(fcinfo, 0), count_or_unknown(fcinfo, 1));
  PG_RETURN_VOID();
}

CLIENTELE_FUNCTION(clientele_report_progress) {
  pg::report_task(text_or_none(fcinfo, 0), count_or_unknown(fcinfo, 1),
                  count_or_unknown(fcinfo, 2));
  PG_RETURN_VOID();
}

CLIENTELE_FUNCTION(clientele_end_progress) {
  pg::end_task();
  PG_RETURN_VOID();
}

CLIENTELE_FUNCTION(clientele_running_tasks) {
  const pg::RowSink sink(fcinfo);
  if (!pg::has_table()) return Datum{};
  const TimestampTz now = GetCurrentTimestamp();
  for (const pg::Slot& slot : pg::table->slots) {
    pg::Slot copy;
    if (!pg::read_slot(slot, copy) || copy.database != MyDatabaseId || !pg::may_see(copy)) continue;
    if (BackendPidGetProc(copy.shown_pid) == nullptr) continue;
    const TaskState& state = copy.state;
    const int64_t end = expected_end(state, now);
    Datum values[] = {Int32GetDatum(copy.shown_pid),
                      ObjectIdGetDatum(copy.role),
                      text_of(state.task.view()),
                      text_of(state.phase.view()),
                      Int64GetDatum(state.done),
                      Int64GetDatum(state.total),
                      TimestampTzGetDatum(state.started),
                      TimestampTzGetDatum(state.phase_started),
                      TimestampTzGetDatum(end)};
    bool nulls[] = {false,
                    false,
                    false,
                    state.phase.view().empty(),
                    false,
                    state.total == TaskState::unknown,
                    false,
                    false,
                    end == TaskState::unknown};
    sink.put(values, nulls);
  }
  return Datum{};
}
