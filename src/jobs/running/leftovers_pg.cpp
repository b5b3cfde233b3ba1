// SPDX-License-Identifier: PostgreSQL
#include "jobs/running/leftovers_pg.hpp"

#include <cstring>

#include "pg/acting.hpp"
#include "pg/query.hpp"

extern "C" {
#include "access/xact.h"
#include "catalog/dependency.h"
#include "commands/async.h"
#include "commands/prepare.h"
#include "storage/lock.h"
#include "tcop/pquery.h"
#include "utils/portal.h"
}

namespace clientele::jobs {
namespace {

constexpr pg::Query temporary_objects{
    "SELECT d.classid::bigint, d.objid::bigint FROM pg_catalog.pg_depend d "
    "WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass "
    "AND d.refobjid OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema()",
    "the temporary objects"};
constexpr pg::Query channels_listened_to{"SELECT pg_catalog.pg_listening_channels()",
                                         "the channels"};
// Those of SQL functions have 1 or 2 there.
constexpr pg::Query advisory_locks{
    "SELECT FROM pg_catalog.pg_locks l WHERE l.locktype OPERATOR(pg_catalog.=) 'advisory' "
    "AND l.objsubid OPERATOR(pg_catalog.<=) 2 AND l.pid OPERATOR(pg_catalog.=) "
    "pg_catalog.pg_backend_pid()",
    "the locks"};
constexpr pg::Query new_statements{
    "SELECT s.name FROM pg_catalog.pg_prepared_statements s "
    "WHERE s.prepare_time OPERATOR(pg_catalog.>=) $1",
    "the prepared statements"};
constexpr pg::Query all_cursors{"SELECT c.name FROM pg_catalog.pg_cursors c", "the cursors"};
constexpr pg::Query new_cursors{
    "SELECT c.name FROM pg_catalog.pg_cursors c WHERE c.creation_time OPERATOR(pg_catalog.>=) $1",
    "the cursors"};

/// Runs a query, and copies what `fetch` returns of its rows into `context`.
template <class Plain, class Bind, class Fetch>
int rows_of(const pg::Query& query, Bind bind, Fetch fetch, Plain*& plain) {
  const MemoryContext context = CurrentMemoryContext;
  PushActiveSnapshot(GetTransactionSnapshot());
  const pg::Acting before = pg::act_as(GetUserId());
  SPI_connect();
  pg::Parameters parameters;
  bind(parameters);
  parameters.run(query);
  const int count = static_cast<int>(SPI_processed);
  const MemoryContext of_spi = MemoryContextSwitchTo(context);
  plain = static_cast<Plain*>(palloc(sizeof(Plain) * (count + 1)));
  for (int i = 0; i < count; ++i) plain[i] = fetch(pg::QueryRow(i));
  MemoryContextSwitchTo(of_spi);
  SPI_finish();
  pg::stop_acting(before);
  PopActiveSnapshot();
  return count;
}

char* first_text(const pg::QueryRow& row) { return pstrdup(row.text(1)); }

ObjectAddress address(const pg::QueryRow& row) {
  return {static_cast<Oid>(row.bigint(1)), static_cast<Oid>(row.bigint(2)), 0};
}

bool has_advisory_locks() {
  int* none;
  return rows_of(
             advisory_locks, pg::no_parameters, [](const pg::QueryRow&) { return 0; }, none) > 0;
}

bool contains(const Belongings& belongings, const ObjectAddress& object) {
  for (int i = 0; i < belongings.temporary_count; ++i)
    if (belongings.temporary[i].classId == object.classId &&
        belongings.temporary[i].objectId == object.objectId)
      return true;
  return false;
}

bool contains(const Belongings& belongings, const char* channel) {
  for (int i = 0; i < belongings.channel_count; ++i)
    if (std::strcmp(belongings.channels[i], channel) == 0) return true;
  return false;
}

void remove_temporary_objects(const Belongings& belongings) {
  ObjectAddress* now;
  const int count = rows_of(temporary_objects, pg::no_parameters, address, now);
  ObjectAddresses* const gone = new_object_addresses();
  bool any = false;
  for (int i = 0; i < count; ++i)
    if (!contains(belongings, now[i])) {
      add_exact_object_address(&now[i], gone);
      any = true;
    }
  if (any)
    performMultipleDeletions(
        gone, DROP_CASCADE,
        PERFORM_DELETION_INTERNAL | PERFORM_DELETION_QUIETLY | PERFORM_DELETION_SKIP_EXTENSIONS);
}

/// What a cursor holds can be fetched by any role in its session.
void require_no_cursors() {
  char** names;
  const int count = rows_of(all_cursors, pg::no_parameters, first_text, names);
  for (int i = 0; i < count; ++i)
    // The call itself is one, if the client has bound it.
    if (std::strcmp(names[i], ActivePortal->name) != 0)
      ereport(ERROR,
              (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
               errmsg("cursor \"%s\" is open, and the job of another role could read it", names[i]),
               errhint("CLOSE ALL, or call it in another session.")));
}

}  // namespace

Belongings take_stock() {
  require_no_cursors();
  Belongings b;
  b.since = GetCurrentStatementStartTimestamp();
  b.advisory_locks = has_advisory_locks();
  b.temporary_count = rows_of(temporary_objects, pg::no_parameters, address, b.temporary);
  b.channel_count = rows_of(channels_listened_to, pg::no_parameters, first_text, b.channels);
  return b;
}

void remove_what_is_new(const Belongings& belongings) {
  const auto since = [&](pg::Parameters& p) {
    p.add(TIMESTAMPTZOID, TimestampTzGetDatum(belongings.since));
  };
  char** names;
  int count = rows_of(new_cursors, since, first_text, names);
  for (int i = 0; i < count; ++i)
    if (Portal portal = GetPortalByName(names[i]); PortalIsValid(portal)) PortalDrop(portal, false);
  count = rows_of(new_statements, since, first_text, names);
  for (int i = 0; i < count; ++i) DropPreparedStatement(names[i], false);
  count = rows_of(channels_listened_to, pg::no_parameters, first_text, names);
  for (int i = 0; i < count; ++i)
    if (!contains(belongings, names[i])) Async_Unlisten(names[i]);
  if (!belongings.advisory_locks && has_advisory_locks()) LockReleaseAll(USER_LOCKMETHOD, true);
  remove_temporary_objects(belongings);
}

}  // namespace clientele::jobs
