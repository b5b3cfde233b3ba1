-- SPDX-License-Identifier: PostgreSQL

-- The definition

\packed activity_def
COMMENT ON TYPE activity_def IS
  'A question about how often customers are active: which events count, in which calendar periods. The function activity_def() makes
one. Its text form is JSON, such as {"period": "week"}; a selector alone is read, too.
At most 1 MB (54000).';

\from_text activity_def

\comparable activity_def ask the same, word for word

CREATE FUNCTION activity_def(
  selector text DEFAULT '*', period text DEFAULT 'day', window_periods integer DEFAULT 28, bins integer[] DEFAULT NULL,
  since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL, time_zone text DEFAULT NULL
) RETURNS activity_def
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_activity_def';
COMMENT ON FUNCTION activity_def(text, text, integer, integer[], timestamptz, timestamptz, text) IS
  'Describes a question about activity: which events count, and in which calendar periods.
selector: the events that count. * counts every event, and needs no dictionary.
period: hour, day, week (from Monday), month, quarter or year, by the calendar of time_zone.
window_periods: how many periods the trailing window of active_periods() has, the period itself included.
bins: ascending lower bounds of the numbers of events that frequency() shows together; the last bin has no end.
since, until: the time that counts, without until itself. NULL means no limit, and the start of the transaction. Events before since still
count where it matters what was before: for new customers, the period before, and trailing windows.
time_zone: NULL means that of the session.
Errors: 22023 for another period, a window_periods below 1, bins that do not ascend or are negative, an unknown time zone; 22004 for a NULL
among the bins; 22008 for an infinite time.';

-- Many journeys

\packed activity_summary
COMMENT ON TYPE activity_summary IS
  'When customers were active, and how often. lifecycle_periods(), active_periods(), stickiness(), frequency() and heat_map() show it as rows.
It contains its activity_def, with the until and the time zone that it meant, and some 20 bytes for each period and each different number
of events.';

\comparable activity_summary count the same customers for the same question

CREATE FUNCTION activity_accum(activity_summary, journey, activity_def) RETURNS activity_summary
  LANGUAGE c STABLE PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_activity_accum';
COMMENT ON FUNCTION activity_accum(activity_summary, journey, activity_def) IS 'Adds a customer for activity().';
CREATE FUNCTION activity_combine(activity_summary, activity_summary) RETURNS activity_summary
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_activity_combine';
COMMENT ON FUNCTION activity_combine(activity_summary, activity_summary) IS 'Joins the summaries of two sets of customers.';

CREATE AGGREGATE activity(journey, def activity_def) (
  SFUNC = activity_accum, STYPE = activity_summary, SSPACE = 16384, COMBINEFUNC = activity_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE activity(journey, activity_def) IS
  'Counts when customers are active and how often, in one pass over many journeys.
lifecycle_periods(), active_periods(), stickiness(), frequency() and heat_map() show the answer as rows. NULL journeys do not count, an
empty journey is a customer who never did anything. Errors: 22023 if the definition differs between rows of a group; 42704 for an unknown
event;
54000 for periods that would need more than 256 MB, as 131,072 do that are far from each other.';

CREATE AGGREGATE activity_merge(activity_summary) (
  SFUNC = activity_combine, STYPE = activity_summary, COMBINEFUNC = activity_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE activity_merge(activity_summary) IS
  'Joins stored summaries of the same question over different customers into one.
Errors: 22023 for different questions; without until or time_zone, summaries of different times or sessions answer different ones.';

-- Rows

CREATE FUNCTION lifecycle_periods(
  activity_summary, OUT period timestamptz, OUT new bigint, OUT "returning" bigint, OUT resurrected bigint, OUT dormant bigint,
  OUT active bigint, OUT complete boolean
) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 100 AS 'MODULE_PATHNAME', 'clientele_lifecycle_periods';
COMMENT ON FUNCTION lifecycle_periods(activity_summary) IS
  'Shows for each period how many customers were new, came again, came back, or stayed away.
active: the customers with an event in the period. Of these new have their first event ever in it, returning were also active in the
period before, and resurrected are neither. dormant were active in the period before and not in this one. complete is false for the period
that is not over at until. The rows reach from the first to the last period that is not all 0, from the period of since on. None begins at
or after until. Errors: 54000 for more than 1,000,000 rows.';

CREATE FUNCTION active_periods(
  activity_summary, OUT period timestamptz, OUT active bigint, OUT rolling bigint, OUT ratio double precision, OUT complete boolean
) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 100 AS 'MODULE_PATHNAME', 'clientele_active_periods';
COMMENT ON FUNCTION active_periods(activity_summary) IS
  'Shows for each period how many customers were active in it, and in the trailing window that ends with it.
With days and window_periods => 28 these are DAU and MAU, and ratio is DAU / MAU. rolling: the customers that were active in this
period or in one of the window_periods - 1 before. ratio is active / rolling, NULL where that is 0 / 0. The rows reach from the first to the
last period that is not all 0, from the period of since on. Errors: 54000 for more than 1,000,000 rows.';

CREATE FUNCTION stickiness(activity_summary, OUT periods integer, OUT customers bigint, OUT share double precision) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 30 AS 'MODULE_PATHNAME', 'clientele_stickiness';
COMMENT ON FUNCTION stickiness(activity_summary) IS
  'Shows how many customers were active in one period, in two, in three, and so on, up to the most that occur.
Different periods from since to until count; share is of the customers that were active at all.';

CREATE FUNCTION frequency(
  activity_summary, OUT "from" integer, OUT "to" integer, OUT customers bigint, OUT share double precision
) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 30 AS 'MODULE_PATHNAME', 'clientele_frequency';
COMMENT ON FUNCTION frequency(activity_summary) IS
  'Shows how many customers have which number of events from since to until.
A row counts the customers with at least "from" and fewer than "to" events; the last bin has no "to". Without bins there is a row for each
number that occurs, 0 included. share is of all customers.';

CREATE FUNCTION heat_map(
  activity_summary, OUT weekday integer, OUT hour integer, OUT events bigint, OUT customers bigint
) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 168 AS 'MODULE_PATHNAME', 'clientele_heat_map';
COMMENT ON FUNCTION heat_map(activity_summary) IS
  'Shows at which hours of the week customers are active: 168 rows, weekday 1 (Monday) to 7 and hour 0 to 23.
They are those of the local clock of time_zone; an hour that comes twice when clocks change counts in one row. Events from since to until
count.';
