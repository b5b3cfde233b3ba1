-- SPDX-License-Identifier: PostgreSQL
-- How good predictions were, seen afterwards.

\packed holdout_summary
COMMENT ON TYPE holdout_summary IS
  'What was expected of customers and what they then did. The aggregate holdout_quality makes it; holdout_errors and holdout_calibration
show it.
It holds every different pair, 17 bytes each, so that equal customers have equal figures whatever the plan. At most 10,000,000 different
pairs (54000).';

\comparable holdout_summary hold the same expectations and what came of them

CREATE FUNCTION holdout_accum(holdout_summary, double precision, double precision) RETURNS holdout_summary
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_holdout_accum';
COMMENT ON FUNCTION holdout_accum(holdout_summary, double precision, double precision) IS 'Collects a customer for holdout_quality().';
CREATE FUNCTION holdout_combine(holdout_summary, holdout_summary) RETURNS holdout_summary
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_holdout_combine';
COMMENT ON FUNCTION holdout_combine(holdout_summary, holdout_summary) IS 'Joins the expectations of different customers.';
CREATE AGGREGATE holdout_quality(expected double precision, actual double precision) (
  SFUNC = holdout_accum, STYPE = holdout_summary, COMBINEFUNC = holdout_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE holdout_quality(double precision, double precision) IS
  'Collects what was expected of customers and what they then did, one row for each customer, to measure how good the predictions were.
As in holdout_errors(holdout_quality(expected_purchases(x, t_x, age, model, holdout_age), holdout_x)). Rows with a NULL are ignored;
the result is NULL if there are no others. It does not depend on the order of the rows or on the plan. Errors: 22003 for NaN, infinity and
numbers above 1e100 or below -1e100; 54000 for more than 10 million different pairs.';
CREATE AGGREGATE holdout_merge(holdout_summary) (
  SFUNC = holdout_combine, STYPE = holdout_summary, COMBINEFUNC = holdout_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE holdout_merge(holdout_summary) IS
  'Joins the summaries of different customers into one.
Errors: 54000 for more than 10 million different pairs.';

CREATE FUNCTION holdout_errors(
    holdout_summary, OUT customers bigint, OUT expected double precision, OUT actual double precision,
    OUT mean_absolute_error double precision, OUT root_mean_squared_error double precision, OUT bias double precision,
    OUT correlation double precision, OUT poisson_deviance double precision)
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_holdout_errors';
COMMENT ON FUNCTION holdout_errors(holdout_summary) IS
  'Measures how far what was expected is from what happened, over all customers.
expected and actual are sums. bias is expected / actual: above 1 too much was expected. correlation is Pearson''s. poisson_deviance is
the mean of 2 (a ln(a / e) - a + e), a measure for counts in which an error in a large number weighs less than in a small one; less is
better. What is not defined is NULL: bias if nothing happened, correlation if one of the two does not vary, poisson_deviance for negative
numbers or if something happened that was impossible (expected 0).';
CREATE FUNCTION holdout_calibration(
    holdout_summary, OUT bin integer, OUT customers bigint, OUT expected double precision, OUT actual double precision)
  RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'clientele_holdout_calibration';
COMMENT ON FUNCTION holdout_calibration(holdout_summary) IS
  'Shows whether much happened where much was expected: mean expected and actual of ten bins, from the customers with the smallest
expectation to those with the largest.
A customer is in bin 1 + floor(10 * customers with a smaller expectation / all). Customers with equal expectations are in one bin, so that
bins may differ in size; an empty bin has no row.';
