-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION journey_matches_accum(internal, timestamptz, text, pattern) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_raw_matches_row';
COMMENT ON FUNCTION journey_matches_accum(internal, timestamptz, text, pattern) IS
  'Collects a row for journey_matches() and journey_match_count().';
\collected journey_matches
CREATE FUNCTION journey_matches_final(internal) RETURNS boolean
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_raw_matches_final';
COMMENT ON FUNCTION journey_matches_final(internal) IS 'Returns whether the pattern matches in the collected rows.';
CREATE FUNCTION journey_match_count_final(internal) RETURNS integer
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_raw_match_count_final';
COMMENT ON FUNCTION journey_match_count_final(internal) IS 'Returns how often the pattern matches in the collected rows.';

CREATE AGGREGATE journey_matches(at timestamptz, event text, pattern) (
  SFUNC = journey_matches_accum, STYPE = internal, SSPACE = 2048, FINALFUNC = journey_matches_final,
  COMBINEFUNC = journey_matches_combine, SERIALFUNC = journey_matches_serialize,
  DESERIALFUNC = journey_matches_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey_matches(timestamptz, text, pattern) IS
  'True if a pattern matches in the events of one customer, which are rows of any table in any order.
The selectors of the pattern are compared with the names of the events: one without a channel with the whole name, one with a channel
with channel:event. No dictionary is read, so a name that never occurs is not an error. Events of equal time are in the order of their
names, COLLATE "C". Rows without a time, an event or a pattern are ignored. Errors: 0A000 for a selector with properties or a number, 22008
for an infinite time, 22023 if the pattern differs between rows of a customer.';
CREATE AGGREGATE journey_match_count(at timestamptz, event text, pattern) (
  SFUNC = journey_matches_accum, STYPE = internal, SSPACE = 2048, FINALFUNC = journey_match_count_final,
  COMBINEFUNC = journey_matches_combine, SERIALFUNC = journey_matches_serialize,
  DESERIALFUNC = journey_matches_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey_match_count(timestamptz, text, pattern) IS
  'Returns how often a pattern matches in the events of one customer, which are rows of any table in any order.
The rows and the errors are those of journey_matches(timestamptz, text, pattern).';
