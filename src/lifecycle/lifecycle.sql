-- SPDX-License-Identifier: PostgreSQL

-- The definition

\packed lifecycle_def
COMMENT ON TYPE lifecycle_def IS
  'The stages of customers, in order. The function lifecycle_def() makes one, and starter_lifecycle() a usual one. Its text form is JSON,
such as {"stages": ["visitor=*", "buyer=purchase"]}; an array of the stages is read, too.
At most 32 stages and 1 MB (54000).';

\from_text lifecycle_def

\comparable lifecycle_def ask the same, word for word

CREATE FUNCTION lifecycle_def(
  stages text[], at_least integer[] DEFAULT NULL, within interval[] DEFAULT NULL, silence interval[] DEFAULT NULL,
  days boolean DEFAULT false, period text DEFAULT 'month', since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL,
  time_zone text DEFAULT NULL
) RETURNS lifecycle_def
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_lifecycle_def';
COMMENT ON FUNCTION lifecycle_def(text[], integer[], interval[], interval[], boolean, text, timestamptz, timestamptz, text) IS
  'Describes the stages of customers: a customer is in the last stage, in the order of the list, that holds.
stages: ''name=selector'' for each. * counts every event, and needs no dictionary. The other lists have an element for each stage; NULL as
an element, or as the list, means the usual.
at_least: the number of events of the selector that must have happened. NULL means 1.
within: events that are older than this do not count for at_least. NULL means no limit. A day is 24 hours.
silence: the last event of the selector must be at least this old. NULL means no limit. With * and 90 days a stage is for customers that
have been silent for 90 days.
days: at_least counts different dates in time_zone, not events.
period, since, until: the calendar periods that lifecycle() counts moves in; since picks the first one, and events at or after until do not
exist. NULL means no limit, and the start of the transaction.
time_zone: NULL means that of the session.
Errors: 22023 without stages, for two of one name, for a list of another length, for an at_least below 1, a negative length or one with
months, and for a silence that is longer than the window; 54000 for more than 32 stages, or for an at_least above 10,000 with a window.';

-- One journey

CREATE FUNCTION lifecycle_stage(journey, def lifecycle_def, at timestamptz DEFAULT now()) RETURNS text
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_lifecycle_stage';
COMMENT ON FUNCTION lifecycle_stage(journey, lifecycle_def, timestamptz) IS
  'Returns the stage in which a customer is at a time, NULL if in none.
Events before that time count. period, since and until of the definition do not matter. Errors: 22008 for an infinite time; 42704 for an
unknown event.';

-- Many journeys

\packed lifecycle_summary
COMMENT ON TYPE lifecycle_summary IS
  'How many customers moved from stage to stage in each period. lifecycle_moves() and lifecycle_stages() show it as rows.
It contains its lifecycle_def, with the until and the time zone that it meant, and a number for each pair of stages in each period.';

\comparable lifecycle_summary count the same moves in the same lifecycle

CREATE FUNCTION lifecycle_accum(lifecycle_summary, journey, lifecycle_def) RETURNS lifecycle_summary
  LANGUAGE c STABLE PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_lifecycle_accum';
COMMENT ON FUNCTION lifecycle_accum(lifecycle_summary, journey, lifecycle_def) IS 'Adds a customer for lifecycle().';
CREATE FUNCTION lifecycle_combine(lifecycle_summary, lifecycle_summary) RETURNS lifecycle_summary
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_lifecycle_combine';
COMMENT ON FUNCTION lifecycle_combine(lifecycle_summary, lifecycle_summary) IS 'Joins the summaries of two sets of customers.';

CREATE AGGREGATE lifecycle(journey, def lifecycle_def) (
  SFUNC = lifecycle_accum, STYPE = lifecycle_summary, SSPACE = 16384, COMBINEFUNC = lifecycle_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE lifecycle(journey, lifecycle_def) IS
  'Counts the moves of customers between stages in each calendar period; lifecycle_moves() and lifecycle_stages() show the answer as rows.
NULL journeys do not count. Errors: 22023 if the definition differs between rows of a group; 42704 for an unknown event;
54000 for so many periods that moves between all pairs of stages would need more than 256 MB: 610,080 with six stages.';

CREATE AGGREGATE lifecycle_merge(lifecycle_summary) (
  SFUNC = lifecycle_combine, STYPE = lifecycle_summary, COMBINEFUNC = lifecycle_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE lifecycle_merge(lifecycle_summary) IS
  'Joins stored summaries of the same lifecycle over different customers into one.
Errors: 22023 for different lifecycles; without until or time_zone, summaries of different times or sessions answer different ones.';

-- Rows

CREATE FUNCTION lifecycle_moves(
  lifecycle_summary, OUT period timestamptz, OUT from_stage text, OUT to_stage text, OUT customers bigint, OUT share double precision,
  OUT complete boolean
) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 100 AS 'MODULE_PATHNAME', 'clientele_lifecycle_moves';
COMMENT ON FUNCTION lifecycle_moves(lifecycle_summary) IS
  'Shows for each period how many customers were in which stage at its beginning and in which at its end.
Customers that stay have the same stage twice. from_stage is NULL for customers that came into the lifecycle, to_stage for those that
fell out of it. What happens in between is not seen: a customer who buys twice in a month moves on once. share is of the customers with
this from_stage. The last period ends at until, and complete is false if that is before its end. Errors: 54000 for more than 1,000,000
periods.';

CREATE FUNCTION lifecycle_stages(
  lifecycle_summary, OUT period timestamptz, OUT stage text, OUT customers bigint, OUT entered bigint, OUT "left" bigint,
  OUT share double precision, OUT complete boolean
) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 100 AS 'MODULE_PATHNAME', 'clientele_lifecycle_stages';
COMMENT ON FUNCTION lifecycle_stages(lifecycle_summary) IS
  'Shows for each period how many customers were in each stage at its end, and how many had entered and left it since its beginning.
Every period has a row for every stage, in their order. share is of the customers in any stage at the end. Errors: 54000 for more than
1,000,000 periods.';
