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
  char** names;
  char** values;
  int count;
  Oid role;  // that the command begins with, as ALTER ROLE owner SET role = ... may say
};

/// What ALTER DATABASE and ALTER ROLE have set for this database and this role, in the current
/// memory context. Connected to SPI.
RoleSettings settings_of(Oid role);

/// Gives the session the settings of a new session of a role, as far as they can be known: what SET
/// has changed is as at the login, then those of the database and the role apply. What the client
/// sees remains: its encoding, the messages it wants, the name of the application. In a
/// transaction.
void take_settings(const RoleSettings& settings);

}  // namespace clientele::jobs
