// SPDX-License-Identifier: PostgreSQL
// The settings of a session, kept while a command has others. PostgreSQL's regime.
#pragma once
#include "pg/postgres.hpp"

namespace clientele::jobs {

struct KeptSetting {
  const char* name;
  const char* value;
  GucSource source;
};
struct KeptSettings {
  KeptSetting* settings;
  int count;
};

/// All that SET can change, in the current memory context, except the role.
KeptSettings keep_settings();

/// Sets what differs from `kept` back to it. No transaction is in progress.
void put_back_settings(const KeptSettings& kept);

struct RoleSettings {
  List* list;  // of pg::Setting, in the order in which they are set
  Oid role;    // that the command begins with, as ALTER ROLE owner SET role = ... may say
};

/// What a new session of this role would have that this one has not: what the server's files say in
/// place of what the session's own role and its client have set at the login; then what ALTER
/// DATABASE and ALTER ROLE have set for this database and this role. In the current memory context.
/// Needs a snapshot.
RoleSettings settings_of(Oid role);

/// Gives the session the settings of a new session of a role. What the client sees remains: its
/// encoding, the messages it wants, the name of the application. In a transaction.
void take_settings(const RoleSettings& settings);

}  // namespace clientele::jobs
