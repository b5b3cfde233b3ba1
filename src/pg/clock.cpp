// SPDX-License-Identifier: PostgreSQL
#include "base/error.hpp"
#include "pg/clock.hpp"
#include "pg/values.hpp"

namespace clientele::pg {
namespace {

constexpr int64_t unix_to_postgres = 10957 * int64_t{86400};  // seconds

}  // namespace

LocalClock::Offset offset_in(const void* zone, Micros at) {
  const auto* tz = static_cast<const pg_tz*>(zone);
  const pg_time_t now = at / second - (at % second < 0) + unix_to_postgres;
  const pg_tm* local = pg_localtime(&now, tz);
  if (local == nullptr)
    throw Error(sqlstate::time_out_of_range, "a time is out of the range of its time zone");
  const Micros offset = local->tm_gmtoff * second;
  long int before = 0, after = 0;
  int before_dst = 0, after_dst = 0;
  pg_time_t boundary = 0;
  const int found =
      pg_next_dst_boundary(&now, &before, &before_dst, &boundary, &after, &after_dst, tz);
  if (found < 0) return {offset, at + 1};
  if (found == 0 || boundary - unix_to_postgres >= end_of_time / second) return {offset, INT64_MAX};
  return {offset, (boundary - unix_to_postgres) * second};
}

const pg_tz* zone_of(const std::string& name) {
  return name.empty() ? session_timezone : time_zone_named(name);
}

LocalClock clock_in(const pg_tz* zone) { return {offset_in, zone}; }

}  // namespace clientele::pg
