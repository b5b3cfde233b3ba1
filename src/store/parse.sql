-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION parse_time(value text) RETURNS timestamptz
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'clientele_parse_time';
COMMENT ON FUNCTION parse_time(text) IS
  'Reads a time from text as a cast would, but returns NULL if the text is not a time.
Follows DateStyle and TimeZone. 8, 10, 12, 14 or 17 digits alone that are a date of the years 1900 to 2100 are
YYYYMMDD, YYYYMMDDHH and so on to milliseconds; otherwise 10, 13 or 16 digits are seconds, milliseconds or microseconds since 1970.
Words such as now or today are not times. A time that timestamptz cannot hold is infinity or -infinity.';

CREATE FUNCTION time_form(value text) RETURNS smallint
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2 AS 'MODULE_PATHNAME', 'clientele_time_form';
COMMENT ON FUNCTION time_form(text) IS
  'Counts the digits before the point of a number that may be a time; a part of load_events().
n if 8, 10, 12, 14 or 17 digits look like a time of the calendar in the years 1900 to 2100, -n for other whole parts of 8 to 17 digits,
0 for other numbers, NULL for what is not a number.';

CREATE FUNCTION load_time(value text, calendar integer, unit integer, number boolean) RETURNS timestamptz
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'clientele_load_time';
COMMENT ON FUNCTION load_time(text, integer, integer, boolean) IS
  'Reads a time as parse_time() does, its digits as the whole column has them: bit n of calendar is set where n digits are a time of the
calendar.
number: the column is of numbers. They are seconds, milliseconds or microseconds since 1970 if they have 10, 13 or 16 digits. Others are in
the unit that has this number of digits, or with 0 in that of their size: milliseconds from 10^11, microseconds from 10^14. A part of
load_events().';

CREATE FUNCTION parse_number(value text) RETURNS numeric
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'clientele_parse_number';
COMMENT ON FUNCTION parse_number(text) IS
  'Reads a number from text as a cast would, but returns NULL if the text is not a number.
Accepts up to 200 characters and exponents of up to three digits.';

CREATE FUNCTION parse_json(value text) RETURNS jsonb
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'clientele_parse_json';
COMMENT ON FUNCTION parse_json(text) IS
  'Reads a jsonb value from text as a cast would, but returns NULL if the text is not JSON.
Accepts up to 10,000 bytes.';
