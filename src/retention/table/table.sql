-- SPDX-License-Identifier: PostgreSQL

-- The definition

\packed retention_def
COMMENT ON TYPE retention_def IS 'Retention as a question: who starts, what is a return, and in which periods.
At most 10,000 stretches of periods and 1 MB (54000).';

\from_text retention_def

\comparable retention_def ask the same, word for word

CREATE FUNCTION retention_def(
  start_at text DEFAULT '*', return_at text DEFAULT NULL, period text DEFAULT 'day', windows text DEFAULT 'calendar',
  cohort_by text DEFAULT 'first', mode text DEFAULT 'on', up_to integer DEFAULT NULL, brackets integer[] DEFAULT NULL,
  min_count integer DEFAULT 1, since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL, amounts boolean DEFAULT false,
  time_zone text DEFAULT NULL
) RETURNS retention_def
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_retention_def';
COMMENT ON FUNCTION retention_def(text, text, text, text, text, text, integer, integer[], integer, timestamptz, timestamptz, boolean, text) IS
  'Describes retention: which customers start together, and which of their later events are returns.
start_at, return_at: selectors, such as purchase or web:*. Without return_at, later start events are the returns. The start itself is
not a return.
period: hour, day, week (from Monday), month, quarter or year. A cohort is those who start in the same calendar period.
windows: calendar (periods of the calendar, period 0 being that of the start) or elapsed (hours, days of 24 hours or weeks since the
start of each customer).
cohort_by: first (each customer is in the cohort of the first start event ever, if that is in [since, until)) or every (in one cohort for
each calendar period with a start event).
mode: on (returned in the stretch), on_or_after (in it or later) or on_or_before (in it or earlier).
up_to: the last period; 7 if brackets are not given either. brackets: bounds that put periods into stretches: {0,1,3,7} is 0, 1 to 2, and 3
to 6.
min_count: as many returns are needed. since, until: starts are in [since, until), and later events do not exist for the question. A NULL
until is the start of the transaction. amounts: the amounts of returns are added up.
time_zone: of the calendar. NULL is that of the session.
Errors: 22023 for other words, for up_to together with brackets, for bounds that do not ascend from 0, for a min_count below 1, and for
elapsed windows of months, quarters or years; 22004 for NULL in brackets; 22008 for infinite times; 54000 for more than 10,000 stretches.';

-- One journey

CREATE FUNCTION retention_of(
  journey, def retention_def, OUT cohort timestamptz, OUT period integer, OUT returns bigint, OUT amount numeric
) RETURNS SETOF record
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 50 ROWS 5 AS 'MODULE_PATHNAME', 'clientele_retention_of';
COMMENT ON FUNCTION retention_of(journey, retention_def) IS
  'Returns where a customer counts as returned: the cohort, the first period of the stretch, and how many returns count there.
amount is the sum of their amounts, or NULL if there are none or the definition does not ask for amounts.';

-- Many journeys

\packed retention_summary
COMMENT ON TYPE retention_summary IS
  'Which cohorts many customers are in, and how many returned when. retention_periods() and retention_curve() show it as rows.
It contains its retention_def with the until and the time zone that it had when it was made, and a few bytes for each cohort and stretch.';

\comparable retention_summary count the same returns to the same question

CREATE FUNCTION retention_accum(retention_summary, journey, retention_def) RETURNS retention_summary
  LANGUAGE c STABLE PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_retention_accum';
COMMENT ON FUNCTION retention_accum(retention_summary, journey, retention_def) IS 'Adds a customer for retention_table().';
CREATE FUNCTION retention_combine(retention_summary, retention_summary) RETURNS retention_summary
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_retention_combine';
COMMENT ON FUNCTION retention_combine(retention_summary, retention_summary) IS 'Joins the summaries of two sets of customers.';

CREATE AGGREGATE retention_table(journey, def retention_def) (
  SFUNC = retention_accum, STYPE = retention_summary, COMBINEFUNC = retention_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE retention_table(journey, retention_def) IS
  'Counts who comes back, by the period of the start and the periods since then; retention_periods() and retention_curve() show the answer.
NULL journeys do not count. Errors: 22023 if the definition differs between rows of a group; 54000 for more than 16,777,216 pairs of a
cohort and a stretch with returns.';

CREATE AGGREGATE retention_merge(retention_summary) (
  SFUNC = retention_combine, STYPE = retention_summary, COMBINEFUNC = retention_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE retention_merge(retention_summary) IS
  'Joins stored summaries of the same question of retention over different customers into one.
Errors: 22023 if the questions differ. Without an until or a time_zone a question is another one at another time or in another session.';

CREATE FUNCTION retention_periods(
  retention_summary, OUT cohort timestamptz, OUT period integer, OUT last_period integer,
  OUT customers bigint, OUT returned bigint, OUT returns bigint,
  OUT rate double precision, OUT rate_low double precision, OUT rate_high double precision, OUT previous_rate double precision,
  OUT amount numeric, OUT amount_per_customer numeric, OUT complete boolean
) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 100 AS 'MODULE_PATHNAME', 'clientele_retention_periods';
COMMENT ON FUNCTION retention_periods(retention_summary) IS
  'Shows retention cohort by cohort: of the customers that started together, how many returned in each stretch of periods.
cohort is the start of its calendar period. period and last_period are the first and the last period of the stretch, counted from 0.
returns and amount add up the returns of those who returned. rate is returned / customers, with its 95 % Wilson interval. previous_rate is
returned / returned of the stretch before; of the first stretch, and after one that is period 0 alone, it is the rate. amount_per_customer
is amount / customers.
complete is false while the stretch is not over for all who could be in the cohort, or if since cuts the cohort''s period. A stretch that
has not begun has no row.';

CREATE FUNCTION retention_curve(
  retention_summary, OUT period integer, OUT last_period integer, OUT customers bigint, OUT returned bigint,
  OUT rate double precision, OUT low double precision, OUT high double precision
) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 8 AS 'MODULE_PATHNAME', 'clientele_retention_curve';
COMMENT ON FUNCTION retention_curve(retention_summary) IS
  'Shows retention over all cohorts: how many customers returned in each stretch of periods.
A stretch counts the cohorts that are complete in it, and has no row if there are none. low and high are the 95 % Wilson interval of rate.';
