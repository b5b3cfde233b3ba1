-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION next_runs(schedule text, time_zone text DEFAULT NULL, since timestamptz DEFAULT NULL, n integer DEFAULT 10)
  RETURNS SETOF timestamptz
  LANGUAGE c STABLE PARALLEL SAFE COST 10 ROWS 10 AS 'MODULE_PATHNAME', 'clientele_next_runs';
COMMENT ON FUNCTION next_runs(text, text, timestamptz, integer) IS
  'The next n times of a cron schedule in a time zone, after since.
The five fields are minute, hour, day of month, month and day of week; @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually
stand for five fields. L is the last day of the month. If day of month and day of week are both restricted, either suffices. A local time
that the clocks skip is due once, when they have skipped it; of an hour that is repeated the first pass counts. A schedule of every hour
follows the clocks instead. time_zone is a name of pg_timezone_names, NULL for the TimeZone of the session; since NULL is now. Errors: 22023
for what is not a schedule or a time zone and for n outside 1 to 10000; 22008 for an infinite since; 22004 for a schedule or n that is NULL.';

CREATE FUNCTION next_every(every interval, starting timestamptz DEFAULT NULL, time_zone text DEFAULT NULL,
                           since timestamptz DEFAULT NULL, n integer DEFAULT 10)
  RETURNS SETOF timestamptz
  LANGUAGE c STABLE PARALLEL SAFE COST 10 ROWS 10 AS 'MODULE_PATHNAME', 'clientele_next_every';
COMMENT ON FUNCTION next_every(interval, timestamptz, text, timestamptz, integer) IS
  'The next n times of a job that runs at every multiple of an interval from starting on, after since.
An interval of hours, minutes and seconds is elapsed time. One with days or months goes by the wall clock of the time zone: every month from
31 January is due on 28 or 29 February and on 31 March. Local times that are skipped or repeated are as in next_runs. starting and since are
now if they are NULL. Errors: 22023 for an interval below 1 second or with negative parts, for an unknown time zone and for n outside 1 to
10000; 22008 for an infinite time; 22004 for an interval or n that is NULL.';

CREATE FUNCTION check_schedule(schedule text, time_zone text DEFAULT NULL) RETURNS void
  LANGUAGE c STABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'clientele_check_schedule';
COMMENT ON FUNCTION check_schedule(text, text) IS
  'Raises an error that says what is wrong with a cron schedule or a time zone.
Errors: 22023 naming the field; 22004 for a schedule that is NULL.';

CREATE FUNCTION job_time_zone(time_zone text DEFAULT NULL) RETURNS text
  LANGUAGE c STABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'clientele_job_time_zone';
COMMENT ON FUNCTION job_time_zone(text) IS
  'The name of a time zone as pg_timezone_names writes it; for NULL that of the session.
Errors: 22023 for an unknown name, and for POSIX strings such as XYZ+3.';
