-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION parse_time(value text) RETURNS timestamptz
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'clientele_parse_time';
COMMENT ON FUNCTION parse_time(text) IS
  'Reads a time from text as a cast would, but gives NULL where the text is no time.
Follows DateStyle and TimeZone. 10, 13 or 16 digits alone are seconds, milliseconds or microseconds since 1970.
Words such as now or today are no times; a time beyond timestamptz is infinity or -infinity.';

CREATE FUNCTION parse_number(value text) RETURNS numeric
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'clientele_parse_number';
COMMENT ON FUNCTION parse_number(text) IS
  'Reads a number from text as a cast would, but gives NULL where the text is no number.
Accepts up to 200 characters and exponents of up to three digits.';

CREATE FUNCTION parse_json(value text) RETURNS jsonb
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'clientele_parse_json';
COMMENT ON FUNCTION parse_json(text) IS
  'Reads a jsonb value from text as a cast would, but gives NULL where the text is no JSON.
Accepts up to 10,000 bytes.';
