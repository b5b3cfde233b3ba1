-- SPDX-License-Identifier: PostgreSQL

-- The definition

\packed interval_def
COMMENT ON TYPE interval_def IS
  'A question about the time from one event to another. The function interval_def() makes one. Its text form is JSON, such as
{"from_event": "search", "to_event": "purchase"}.
At most 1 MB (54000).';

\from_text interval_def

\comparable interval_def ask the same, word for word

CREATE FUNCTION interval_def(
  from_event text, to_event text, pick text DEFAULT 'last', within interval DEFAULT NULL,
  since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL
) RETURNS interval_def
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_interval_def';
COMMENT ON FUNCTION interval_def(text, text, text, interval, timestamptz, timestamptz) IS
  'Describes a question about the time from one event to another.
from_event, to_event: selectors of the events that open and that close a pair. The same selector twice asks for the time between events of
one kind.
pick: with which opening event since the closing one before a closing event makes a pair: the last or the first.
within: longer pairs are left out; their events are used up. NULL means no limit. A day is 24 hours.
since, until: opening events count from since on, and closing events before until. NULL means no limit, and the start of the transaction.
Errors: 22004 for a NULL event; 22023 for an empty selector, another pick, a negative length or one with months; 22008 for an infinite time.';

-- Many journeys

\packed interval_summary
COMMENT ON TYPE interval_summary IS
  'The times from one event to another, of many customers. interval_percentiles() shows it as a row.
It contains its interval_def, with the until that it meant, and at most 512 kB.';

\comparable interval_summary count the same pairs for the same question

CREATE FUNCTION event_intervals_accum(interval_summary, journey, interval_def) RETURNS interval_summary
  LANGUAGE c STABLE PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_event_intervals_accum';
COMMENT ON FUNCTION event_intervals_accum(interval_summary, journey, interval_def) IS 'Adds a customer for event_intervals().';
CREATE FUNCTION event_intervals_combine(interval_summary, interval_summary) RETURNS interval_summary
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_event_intervals_combine';
COMMENT ON FUNCTION event_intervals_combine(interval_summary, interval_summary) IS 'Joins the summaries of two sets of customers.';

CREATE AGGREGATE event_intervals(journey, def interval_def) (
  SFUNC = event_intervals_accum, STYPE = interval_summary, COMBINEFUNC = event_intervals_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE event_intervals(journey, interval_def) IS
  'Measures the time from one event to another, over many journeys; interval_percentiles() shows the answer.
Each closing event ends one pair, with the last or the first opening event since the closing one before it. An event that is both closes a
pair and then opens the next. Of events of one instant those that only open come first, then those that are both, then those that only
close. NULL journeys do not count. Errors: 22023 if the definition differs between rows of a group; 42704 for an unknown event.';

CREATE AGGREGATE interval_merge(interval_summary) (
  SFUNC = event_intervals_combine, STYPE = interval_summary, COMBINEFUNC = event_intervals_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE interval_merge(interval_summary) IS
  'Joins stored summaries of the same question over different customers into one.
Errors: 22023 for different questions; without until, summaries of different times answer different ones.';

CREATE FUNCTION interval_percentiles(
  interval_summary, OUT pairs bigint, OUT customers bigint, OUT shortest interval, OUT p10 interval, OUT p25 interval, OUT p50 interval,
  OUT p75 interval, OUT p90 interval, OUT longest interval, OUT mean interval
) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 1 AS 'MODULE_PATHNAME', 'clientele_interval_percentiles';
COMMENT ON FUNCTION interval_percentiles(interval_summary) IS
  'Shows the times from one event to another: the pairs, the customers that have one, and the distribution of their lengths.
The columns p10 to p90 are percentile_cont(0.1) to percentile_cont(0.9): exact for up to 65,536 pairs, within 1 % for more. They, shortest,
longest and mean are NULL without pairs.';
