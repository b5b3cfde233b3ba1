-- SPDX-License-Identifier: PostgreSQL

\packed dwell_summary
COMMENT ON TYPE dwell_summary IS
  'How long many customers stay at each event: the result of dwell(), which dwell_times() shows as rows.
It contains its path_def. At most 1 GB (54000).';

\comparable dwell_summary count the same stays, asked in the same way

CREATE FUNCTION dwell_accum(dwell_summary, journey, path_def) RETURNS dwell_summary
  LANGUAGE c STABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_dwell_accum';
COMMENT ON FUNCTION dwell_accum(dwell_summary, journey, path_def) IS 'Counts a journey for dwell().';
CREATE FUNCTION dwell_combine(dwell_summary, dwell_summary) RETURNS dwell_summary
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_dwell_combine';
COMMENT ON FUNCTION dwell_combine(dwell_summary, dwell_summary) IS 'Joins the summaries of two sets of customers.';
CREATE AGGREGATE dwell(journey, path_def) (
  SFUNC = dwell_accum, STYPE = dwell_summary, SSPACE = 65536, COMBINEFUNC = dwell_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE dwell(journey, path_def) IS
  'Measures how long customers stay at each event of their paths, until the next event; dwell_times() shows the answer as rows.
The paths are those of the path_def before they are reversed and cut, so reverse and max_length do not matter here; by_step and ends do not,
either. NULL journeys do not count. Errors: 22023 if the path_def differs between journeys of a group.';

CREATE AGGREGATE dwell_merge(dwell_summary) (
  SFUNC = dwell_combine, STYPE = dwell_summary, COMBINEFUNC = dwell_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE dwell_merge(dwell_summary) IS
  'Joins stored summaries of the same question over different customers into one.
Errors: 22023 if they do not answer the same question.';

CREATE FUNCTION dwell_times(
  dwell_summary, OUT event text, OUT visits bigint, OUT lasts bigint, OUT customers bigint, OUT total interval, OUT mean interval,
  OUT median interval, OUT p90 interval
) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 20 AS 'MODULE_PATHNAME', 'clientele_dwell_times';
COMMENT ON FUNCTION dwell_times(dwell_summary) IS
  'Shows how long customers stay at each event: visits, customers, and the time to the next event of the path.
visits counts how often another event follows in the path, and lasts how often the event ends a path, and so has no time. customers
counts the journeys with the event. total, mean, median and p90 are of the visits, and NULL if there are none. median and p90 are
percentile_cont(0.5) and percentile_cont(0.9): exact for up to 65,536 times of an event, within 1 % for more, and NULL with times => false.
Order: most customers, then most visits and lasts together, then by name. With top => N there are N events, and then one row named rest
for all others, if there are any; its customers are NULL. min_weight leaves out events of fewer customers.';
