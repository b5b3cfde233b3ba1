// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <string>

#include "base/local_clock.hpp"
#include "pg/postgres.hpp"

namespace clientele::pg {

/// How the clock of a time zone, a pg_tz, stands at an instant; for classes that take a Look.
LocalClock::Offset offset_in(const void* zone, Micros at);

/// The time zone of an option: that of the session if the name is empty. C++ regime; 22023.
const pg_tz* zone_of(const std::string& name);

/// The clock of a time zone.
LocalClock clock_in(const pg_tz* zone);

}  // namespace clientele::pg
