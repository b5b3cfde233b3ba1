// SPDX-License-Identifier: PostgreSQL
#pragma once
#include "base/local_clock.hpp"
#include "pg/postgres.hpp"

namespace clientele::pg {

/// The clock of a time zone.
LocalClock clock_in(const pg_tz* zone);

}  // namespace clientele::pg
