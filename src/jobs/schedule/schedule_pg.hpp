// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <string>

#include "jobs/schedule/schedule.hpp"
#include "pg/postgres.hpp"

namespace clientele {

/// The zone of one of the names in pg_timezone_names, in any case. 22023 for others, such as POSIX
/// strings. C++ regime.
pg_tz* job_zone(const std::string& name);
/// The zone of the session, if it has such a name. C++ regime.
pg_tz* session_job_zone();

/// 22023 as Schedule has it. C++ regime; `zone` is what job_zone() or pg_tzset() returned.
Schedule cron_in(std::string_view expression, const pg_tz* zone);
Schedule every_in(const Interval& every, Micros starting, const pg_tz* zone);

}  // namespace clientele
