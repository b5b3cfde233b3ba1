// SPDX-License-Identifier: PostgreSQL
// The rights and the settings with which expressions of a source are compiled and run.
#pragma once
#include "pg/boundary.hpp"

namespace clientele {

/// How the expressions of a source are read, whatever the session has set.
struct SourceSettings {
  const char* time_zone;   // as SET TimeZone takes it
  const char* date_order;  // dmy, mdy or ymd; nullptr is ymd, which guesses least
};

/// What to go back to.
struct Acting {
  Oid user;
  int security;
  int settings;
};

/// Acts as `owner`, with these settings, until stop_acting() or the end of the (sub)transaction.
/// What runs then cannot SET ROLE back, nor leave triggers, cursors or prepared statements for the
/// caller. 42501 unless the current role may become the owner. PostgreSQL regime.
Acting act_as(Oid owner, const SourceSettings& settings);
void stop_acting(const Acting& before);

}  // namespace clientele
