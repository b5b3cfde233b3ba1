-- SPDX-License-Identifier: PostgreSQL

\packed correlation_summary
COMMENT ON TYPE correlation_summary IS
  'How many customers went on in a funnel, and which events they had on the way. correlation_events() shows it as rows.
It contains the funnel_def and the two steps, and the name and the counts of each event.';

\comparable correlation_summary count the same customers, asked the same

CREATE FUNCTION funnel_correlation_accum(correlation_summary, journey, funnel_def, integer, integer) RETURNS correlation_summary
  LANGUAGE c STABLE PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_funnel_correlation_accum';
COMMENT ON FUNCTION funnel_correlation_accum(correlation_summary, journey, funnel_def, integer, integer) IS
  'Adds a customer for funnel_correlation().';
CREATE FUNCTION correlation_combine(correlation_summary, correlation_summary) RETURNS correlation_summary
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_correlation_combine';
COMMENT ON FUNCTION correlation_combine(correlation_summary, correlation_summary) IS 'Joins the summaries of two sets of customers.';

CREATE AGGREGATE funnel_correlation(journey, def funnel_def, from_step integer, to_step integer) (
  SFUNC = funnel_correlation_accum, STYPE = correlation_summary, COMBINEFUNC = correlation_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE funnel_correlation(journey, funnel_def, integer, integer) IS
  'Counts which events go with coming from one step of a funnel to a later one; correlation_events() shows them.
Only customers that came to from_step are counted; those that also came to to_step have converted, the others are lost. Times are those of
funnel_times(). A customer has an event if it lies strictly between the two steps. For a lost customer it lies after from_step, and at most
the funnel''s window after the first step: with natural_day to the end of that day, without either to the end of the journey. So the lost
are watched longer, and have more events for this reason alone.
Events are called as in paths: event, or channel:event. Those that a step after from_step, to_step included, picks are left out. NULL
journeys do not count. Errors: 22023 for steps that are not in the funnel or not in order, and if the question differs between rows of a
group; 0A000 for a funnel with any.';

CREATE AGGREGATE correlation_merge(correlation_summary) (
  SFUNC = correlation_combine, STYPE = correlation_summary, COMBINEFUNC = correlation_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE correlation_merge(correlation_summary) IS
  'Joins stored summaries of the same question over different customers into one.';

CREATE FUNCTION correlation_events(
  correlation_summary, min_customers bigint DEFAULT 10, correction text DEFAULT 'bh',
  OUT event text, OUT converted_with bigint, OUT converted_without bigint, OUT lost_with bigint, OUT lost_without bigint,
  OUT odds_ratio double precision, OUT low double precision, OUT high double precision,
  OUT p double precision, OUT p_adjusted double precision
) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 100 AS 'MODULE_PATHNAME', 'clientele_correlation_events';
COMMENT ON FUNCTION correlation_events(correlation_summary, bigint, text) IS
  'Shows which events go with conversion, those that are least due to chance first.
A row for each event that at least min_customers customers had. converted_with and converted_without: customers that converted, with and
without the event; lost_with and lost_without: those that did not. odds_ratio: how many times higher the odds of converting are with the
event, with one half added to each count; low and high: its 95 % interval (Woolf 1955).
p is Fisher''s exact test of the four counts, two-sided by doubling the smaller tail, as in hypergeometric_p(). correction: how p_adjusted
accounts for all events of the answer: bh (Benjamini and Hochberg 1995), holm, or none; see adjusted_p(). Rows are in order of p_adjusted,
then of the distance of odds_ratio from 1 as a factor, the largest first, then by name.
What goes with conversion need not be its cause. Lost customers are watched longer, so odds below 1 may come from that alone. Errors: 22023
for another correction and a negative min_customers.';
