-- SPDX-License-Identifier: PostgreSQL

-- The definition

\packed funnel_def
COMMENT ON TYPE funnel_def IS 'A funnel as a question: its steps, its window and its options.
At most 1,000 steps, 1,000 exclusions and 1 MB (54000).';

\from_text funnel_def

\comparable funnel_def ask the same, word for word

CREATE FUNCTION funnel_def(
  steps text[], within interval DEFAULT NULL, order_mode text DEFAULT 'ordered',
  step_windows interval[] DEFAULT NULL, exclusions text[] DEFAULT NULL, same_item boolean DEFAULT false,
  strictly_increasing boolean DEFAULT false, natural_day boolean DEFAULT false, time_zone text DEFAULT NULL
) RETURNS funnel_def
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_funnel_def';
COMMENT ON FUNCTION funnel_def(text[], interval, text, interval[], text[], boolean, boolean, boolean, text) IS
  'Describes a funnel: its steps in order, and how they must follow each other.
Each step is a selector, such as search, web:* or add_to_cart|add_to_wishlist.
within: the time allowed from the first step to the last, inclusive. NULL means no limit. A day is 24 hours.
order_mode: ordered (other events may come between the steps), strict (none may), any (the steps come in any order), or the other modes of
window_funnel(): strict_order, allow_reentry, strict_deduplication, strict_increase, strict_once and shared, separated by commas.
step_windows: for each step except the first, the time allowed since the step before. NULL means no limit.
exclusions: selector@a-b allows no such event strictly between steps a and b. A selector alone allows none between any two neighbouring
steps.
same_item: all events of a chain are about the same item. strictly_increasing: no two of them have the same time.
natural_day: all of them are on one calendar day of time_zone, which is that of the session if it is NULL.
Errors: 22023 without a step and for an empty step, a negative window, an interval with months, an unknown mode or modes that cannot be
combined; 0A000 for step_windows or exclusions with any, and for same_item with strict_order or strict_deduplication; 54000 for more than
1,000 steps or 1,000 exclusions, or if both together are too many.';

-- One journey

CREATE FUNCTION funnel_depth(journey, def funnel_def) RETURNS integer
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_funnel_depth';
COMMENT ON FUNCTION funnel_depth(journey, funnel_def) IS
  'Returns how many steps of a funnel a customer reached, from 0 to the number of steps.';
CREATE FUNCTION funnel_depth(journey, steps text[], within interval) RETURNS integer
  LANGUAGE sql STABLE PARALLEL SAFE
  AS 'SELECT clientele.funnel_depth($1, clientele.funnel_def($2, $3))';
COMMENT ON FUNCTION funnel_depth(journey, text[], interval) IS
  'Returns how many of these steps a customer reached within a window.';
CREATE FUNCTION funnel_times(journey, def funnel_def) RETURNS timestamptz[]
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_funnel_times';
COMMENT ON FUNCTION funnel_times(journey, funnel_def) IS
  'Returns when a customer reached each step: as many times as the depth, those of the earliest such chain of events.';

-- Many journeys

\packed funnel_summary
COMMENT ON TYPE funnel_summary IS
  'How far many customers came in a funnel, and how long each step took. funnel_steps() shows it as rows.
It contains its funnel_def, and at most 512 kB for each step.';

\comparable funnel_summary count the same customers in the same funnel

CREATE FUNCTION funnel_accum(funnel_summary, journey, funnel_def) RETURNS funnel_summary
  LANGUAGE c STABLE PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_funnel_accum';
COMMENT ON FUNCTION funnel_accum(funnel_summary, journey, funnel_def) IS 'Adds a customer for funnel().';
CREATE FUNCTION funnel_accum(funnel_summary, journey, text[], interval) RETURNS funnel_summary
  LANGUAGE c STABLE PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_funnel_accum_steps';
COMMENT ON FUNCTION funnel_accum(funnel_summary, journey, text[], interval) IS 'Adds a customer for funnel() with steps and window.';
CREATE FUNCTION funnel_combine(funnel_summary, funnel_summary) RETURNS funnel_summary
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_funnel_combine';
COMMENT ON FUNCTION funnel_combine(funnel_summary, funnel_summary) IS 'Joins the summaries of two sets of customers.';

CREATE AGGREGATE funnel(journey, def funnel_def) (
  SFUNC = funnel_accum, STYPE = funnel_summary, COMBINEFUNC = funnel_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE funnel(journey, funnel_def) IS
  'Evaluates a funnel over many customers; funnel_steps() shows the answer as rows.
NULL journeys do not count. Errors: 22023 if the definition differs between rows of a group.';
CREATE AGGREGATE funnel(journey, steps text[], within interval) (
  SFUNC = funnel_accum, STYPE = funnel_summary, COMBINEFUNC = funnel_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE funnel(journey, text[], interval) IS
  'Evaluates a funnel of these steps within a window over many customers; funnel_steps() shows the answer as rows.';

CREATE AGGREGATE funnel_merge(funnel_summary) (
  SFUNC = funnel_combine, STYPE = funnel_summary, COMBINEFUNC = funnel_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE funnel_merge(funnel_summary) IS
  'Joins stored summaries of the same funnel over different customers into one.';

CREATE FUNCTION funnel_steps(
  funnel_summary, OUT step integer, OUT name text, OUT customers bigint,
  OUT conversion double precision, OUT conversion_low double precision, OUT conversion_high double precision,
  OUT step_conversion double precision, OUT step_conversion_low double precision, OUT step_conversion_high double precision,
  OUT median_time interval, OUT p90_time interval
) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 5 AS 'MODULE_PATHNAME', 'clientele_funnel_steps';
COMMENT ON FUNCTION funnel_steps(funnel_summary) IS
  'Shows a funnel step by step: customers, conversion, and time since the step before.
conversion is from the first step, and step_conversion from the step before, each with its 95 % Wilson interval. median_time and p90_time
are percentile_cont(0.5) and percentile_cont(0.9) of the time from the step before: exact for up to 65,536 customers a step, and within 1
% for more.';
