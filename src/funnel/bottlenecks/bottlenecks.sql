-- SPDX-License-Identifier: PostgreSQL

\packed bottleneck_summary
COMMENT ON TYPE bottleneck_summary IS
  'How far several groups of customers came in one funnel. bottleneck_steps() shows it as rows.
It contains the funnel_def, and the name and the counts of each group.';

\comparable bottleneck_summary count the same customers in the same groups and the same funnel

CREATE FUNCTION bottlenecks_accum(bottleneck_summary, text, funnel_summary) RETURNS bottleneck_summary
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_bottlenecks_accum';
COMMENT ON FUNCTION bottlenecks_accum(bottleneck_summary, text, funnel_summary) IS 'Adds a group for bottlenecks().';
CREATE FUNCTION bottleneck_combine(bottleneck_summary, bottleneck_summary) RETURNS bottleneck_summary
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_bottleneck_combine';
COMMENT ON FUNCTION bottleneck_combine(bottleneck_summary, bottleneck_summary) IS 'Joins the summaries of two sets of customers.';

CREATE AGGREGATE bottlenecks(name text, funnel_summary) (
  SFUNC = bottlenecks_accum, STYPE = bottleneck_summary, COMBINEFUNC = bottleneck_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE bottlenecks(text, funnel_summary) IS
  'Compares groups of customers in one funnel; bottleneck_steps() shows where a group is lost.
name is the group''s, and NULL is a group like any other. No customer may be in two groups. Summaries of equal names are one group, and
NULL summaries do not count. Errors: 22023 for summaries of different funnels, 54000 for more than 281,474,976,710,656 customers.';

CREATE AGGREGATE bottleneck_merge(bottleneck_summary) (
  SFUNC = bottleneck_combine, STYPE = bottleneck_summary, COMBINEFUNC = bottleneck_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE bottleneck_merge(bottleneck_summary) IS
  'Joins stored comparisons of the same funnel over different customers into one.';

CREATE FUNCTION bottleneck_steps(
  bottleneck_summary, min_customers bigint DEFAULT 30, correction text DEFAULT 'bh', alpha double precision DEFAULT 0.05,
  OUT name text, OUT step integer, OUT customers bigint, OUT made bigint, OUT rate double precision, OUT rest_rate double precision,
  OUT lost double precision, OUT p double precision, OUT p_adjusted double precision, OUT significant boolean
) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 100 AS 'MODULE_PATHNAME', 'clientele_bottleneck_steps';
COMMENT ON FUNCTION bottleneck_steps(bottleneck_summary, bigint, text, double precision) IS
  'Shows at which step of a funnel which group of customers is lost while the others go on.
A row for each group and each step from the second. customers: those of the group at the step before; made: those of them that made this
step; rate: made / customers; rest_rate: the same of all other groups together. lost: customers * rest_rate - made, the customers who would
have gone on at the rate of the rest. Rows are in descending order of lost, then by name (NULL last) and step.
p is Fisher''s exact test of the two rates, two-sided by doubling the smaller tail, as in hypergeometric_p(). Tested are groups of at least
min_customers customers at the step before, beside a rest of at least one; p, p_adjusted and significant are NULL for others.
correction: how p_adjusted accounts for all tests of the answer, better rates included: bh (Benjamini and Hochberg 1995), holm, or none;
see adjusted_p(). significant: p_adjusted < alpha, and rate < rest_rate. rate, rest_rate and lost are NULL without customers to divide by.
Errors: 22023 for another correction, a negative min_customers, and an alpha that is not between 0 and 1.';
