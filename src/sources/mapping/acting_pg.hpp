// SPDX-License-Identifier: PostgreSQL
// The rights and the settings with which expressions of a source are compiled and run.
#pragma once
#include "pg/acting.hpp"

namespace clientele {

/// How the expressions of a source are read, whatever the session has set.
struct SourceSettings {
  const char* time_zone;   // as SET TimeZone takes it
  const char* date_order;  // dmy, mdy or ymd; nullptr is ymd, which guesses least
};

/// Acts as `owner`, with these settings, until pg::stop_acting(). 42501 unless the current role may
/// become the owner. PostgreSQL regime.
pg::Acting act_as(Oid owner, const SourceSettings& settings);

}  // namespace clientele
