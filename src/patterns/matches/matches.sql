-- SPDX-License-Identifier: PostgreSQL

-- One journey

CREATE FUNCTION journey_matches(journey, pattern) RETURNS boolean
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_journey_matches';
COMMENT ON FUNCTION journey_matches(journey, pattern) IS
  'True if a pattern matches some events of a customer.
Errors: 42704 for an unknown event.';
CREATE FUNCTION journey_match_count(journey, pattern) RETURNS integer
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_journey_match_count';
COMMENT ON FUNCTION journey_match_count(journey, pattern) IS
  'Returns how often a pattern matches in a journey; the next match begins after the last event of the one before.
Errors: 42704 for an unknown event.';
CREATE FUNCTION journey_match_times(
  journey, pattern, OUT match integer, OUT name text, OUT started_at timestamptz, OUT ended_at timestamptz, OUT events integer
) RETURNS SETOF record
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 50 ROWS 5 AS 'MODULE_PATHNAME', 'clientele_journey_match_times';
COMMENT ON FUNCTION journey_match_times(journey, pattern) IS
  'Returns when each match of a pattern began and ended, and how many events it took, with a row for each of its groups.
name is NULL for the whole match, whose groups follow in the order of the pattern: the first and last event that a group took when it took
part the last time; NULL, NULL and 0 if it took none. Errors: 42704 for an unknown event.';

-- Many journeys

\packed pattern_summary
COMMENT ON TYPE pattern_summary IS
  'How many customers match a pattern, how often, and how long it takes. pattern_groups() shows it as rows.
It contains its pattern, and at most 512 kB for the whole and for each group.';

\comparable pattern_summary count the same customers and matches of the same pattern

CREATE FUNCTION pattern_matches_accum(pattern_summary, journey, pattern) RETURNS pattern_summary
  LANGUAGE c STABLE PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_pattern_matches_accum';
COMMENT ON FUNCTION pattern_matches_accum(pattern_summary, journey, pattern) IS 'Adds a customer for pattern_matches().';
CREATE FUNCTION pattern_matches_combine(pattern_summary, pattern_summary) RETURNS pattern_summary
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_pattern_matches_combine';
COMMENT ON FUNCTION pattern_matches_combine(pattern_summary, pattern_summary) IS 'Joins the summaries of two sets of customers.';

CREATE AGGREGATE pattern_matches(journey, pattern) (
  SFUNC = pattern_matches_accum, STYPE = pattern_summary, COMBINEFUNC = pattern_matches_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE pattern_matches(journey, pattern) IS
  'Looks for a pattern in many customers; pattern_groups() shows the answer as rows.
NULL journeys do not count. Errors: 22023 if the pattern differs between rows of a group, 42704 for an unknown event.';

CREATE AGGREGATE pattern_merge(pattern_summary) (
  SFUNC = pattern_matches_combine, STYPE = pattern_summary, COMBINEFUNC = pattern_matches_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE pattern_merge(pattern_summary) IS
  'Joins stored summaries of the same pattern over different customers into one.';

CREATE FUNCTION pattern_groups(
  pattern_summary, OUT name text, OUT customers bigint, OUT matched bigint, OUT matches bigint,
  OUT share double precision, OUT low double precision, OUT high double precision, OUT median_time interval, OUT p90_time interval
) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 5 AS 'MODULE_PATHNAME', 'clientele_pattern_groups';
COMMENT ON FUNCTION pattern_groups(pattern_summary) IS
  'Shows how many customers match a pattern, how often and how fast, with a row for each of its groups.
The first row has no name: customers are all, matched those with a match, matches the matches of all, and the times those from the first to
the last event of a match. In the row of a group customers are those with a match, matched those with a match in which the group took part,
matches these matches, and the times those from the first event of the match to that of the group. share is matched / customers with its
95 % Wilson interval from low to high. median_time and p90_time are percentile_cont(0.5) and (0.9), exact for up to 65,536 matches and
within 1 % for more.';
