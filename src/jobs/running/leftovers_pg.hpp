// SPDX-License-Identifier: PostgreSQL
// What a command of another role leaves in a session, and what could later be used by mistake with
// the rights of the caller: a temporary table that hides another one, a prepared statement, a
// cursor. PostgreSQL's regime.
#pragma once
#include "pg/postgres.hpp"

namespace clientele::jobs {

/// What the session had before.
struct Belongings {
  TimestampTz since;  // when the statement of the client began
  bool advisory_locks;
  int temporary_count;
  ObjectAddress* temporary;
  int channel_count;
  char** channels;
};

/// In the current memory context, in a transaction. 55000 if a cursor is open.
Belongings take_stock();

/// Removes all that has been added since, in a transaction: temporary objects, prepared statements,
/// cursors, channels listened to, and advisory locks if the session had none.
void remove_what_is_new(const Belongings& belongings);

}  // namespace clientele::jobs
