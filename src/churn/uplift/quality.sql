-- SPDX-License-Identifier: PostgreSQL
-- How well scores find the customers that a treatment changes.

\packed uplift_quality
COMMENT ON TYPE uplift_quality IS
  'Scores of customers of a test with their group and outcome.
The aggregate uplift_curve makes it; uplift_measures, uplift_points, uplift_top and uplift_buckets evaluate it, and uplift_curve_merge joins
those of parts.
At most 10,000,000 different rows (54000).';

CREATE FUNCTION text_to_uplift_quality(text) RETURNS uplift_quality
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT clientele.uplift_quality_in(pg_catalog.textout($1))';
COMMENT ON FUNCTION text_to_uplift_quality(text) IS
  'Reads an uplift_quality from its text form; used by the cast from text.';
CREATE CAST (text AS uplift_quality) WITH FUNCTION text_to_uplift_quality(text) AS IMPLICIT;
CREATE FUNCTION varchar_to_uplift_quality(varchar) RETURNS uplift_quality
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT clientele.uplift_quality_in(pg_catalog.varcharout($1))';
COMMENT ON FUNCTION varchar_to_uplift_quality(varchar) IS
  'Reads an uplift_quality from its text form, for drivers that bind strings as varchar.';
CREATE CAST (varchar AS uplift_quality) WITH FUNCTION varchar_to_uplift_quality(varchar) AS IMPLICIT;

\comparable uplift_quality hold the same scores with the same groups and outcomes

CREATE FUNCTION uplift_curve_accum(uplift_quality, float8, boolean, float8) RETURNS uplift_quality
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_uplift_curve_accum';
COMMENT ON FUNCTION uplift_curve_accum(uplift_quality, float8, boolean, float8) IS 'Adds a customer for uplift_curve().';
CREATE FUNCTION uplift_curve_accum(uplift_quality, float8, boolean, boolean) RETURNS uplift_quality
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_uplift_curve_accum_boolean';
COMMENT ON FUNCTION uplift_curve_accum(uplift_quality, float8, boolean, boolean) IS 'Adds a customer for uplift_curve().';
CREATE FUNCTION uplift_curve_combine(uplift_quality, uplift_quality) RETURNS uplift_quality
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_uplift_curve_combine';
COMMENT ON FUNCTION uplift_curve_combine(uplift_quality, uplift_quality) IS 'Joins the scores of two sets of customers.';
CREATE AGGREGATE uplift_curve(score float8, treated boolean, outcome boolean) (
  SFUNC = uplift_curve_accum, STYPE = uplift_quality, SSPACE = 65536,
  COMBINEFUNC = uplift_curve_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE uplift_curve(float8, boolean, boolean) IS
  'Collects scores of customers of a test, to see whether the treatment changes those with high scores more than the others.
score: such as uplift(features, model), or any other number by which customers are chosen. treated: whether the customer was to be treated,
by chance. outcome: whether the hoped-for outcome came. Rows with a NULL are ignored; without other rows the result is NULL. It depends on
the rows only, not on their order or on the plan. Errors: 22023 for a score that is NaN, infinite or larger than 1e100; 54000 for more than
10,000,000 different rows.';
CREATE AGGREGATE uplift_curve(score float8, treated boolean, outcome float8) (
  SFUNC = uplift_curve_accum, STYPE = uplift_quality, SSPACE = 65536,
  COMBINEFUNC = uplift_curve_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE uplift_curve(float8, boolean, float8) IS
  'Collects scores of customers of a test, whose outcome is a number such as the money spent, to see whether the treatment changes those with
high scores more than the others.
Otherwise as uplift_curve(float8, boolean, boolean). Errors: also 22023 for an outcome that is NaN, infinite or larger than 1e100.';
CREATE AGGREGATE uplift_curve_merge(uplift_quality) (
  SFUNC = uplift_curve_combine, STYPE = uplift_quality, SSPACE = 65536,
  COMBINEFUNC = uplift_curve_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE uplift_curve_merge(uplift_quality) IS
  'Joins those of different customers, such as one for each month: the result is that of uplift_curve over all rows.
One that is NULL is ignored; without any the result is NULL. Errors: 54000 for more than 10,000,000 different rows.';

CREATE FUNCTION uplift_measures(
    uplift_quality, samples integer DEFAULT 200, seed bigint DEFAULT 0,
    OUT measure text, OUT value float8, OUT low float8, OUT high float8, OUT customers bigint, OUT treated bigint, OUT control bigint)
  RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100000 ROWS 6 AS 'MODULE_PATHNAME', 'clientele_uplift_measures';
COMMENT ON FUNCTION uplift_measures(uplift_quality, integer, bigint) IS
  'Measures how much better it is to treat the customers with the highest scores than any others, one row for each measure with its 95 %
interval.
effect: difference of the means of the treated and the control group, without regard to scores. uplift_area, qini_area: areas below the
curves of uplift_points(). auuc: uplift_area / customers^2. auuc_gain: auuc - effect / 2, above 0 if scores are better than chance. qini:
the Qini coefficient, (qini_area / customers - last point / 2) / treated (Radcliffe 2007), likewise. low and high: quantiles of `samples`
samples of each group with replacement, drawn by `seed`; the same rows and seed give the same interval. samples => 0 leaves them out. NULL
if a group has no customers. Errors: 22023 for samples below 0 or above 10,000; 54000 for samples of more than 67,108,864 customers.';
CREATE FUNCTION uplift_points(uplift_quality, OUT customers bigint, OUT uplift float8, OUT qini float8) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 AS 'MODULE_PATHNAME', 'clientele_uplift_points';
COMMENT ON FUNCTION uplift_points(uplift_quality) IS
  'Returns the curves that show what is gained by treating the customers with the highest scores: a point for each different score, from the
highest on.
customers: those with this score or a higher one. uplift: the difference of their means, treated less control, x customers (as scikit-uplift
has it). qini: the sum of the treated less that of the control group x treated / control (Radcliffe 2007). Both start at 0, 0. While one of
the groups has no customers yet, its mean counts as 0. No rows if a group has no customers at all.';
CREATE FUNCTION uplift_top(
    uplift_quality, share float8 DEFAULT 0.3, samples integer DEFAULT 200, seed bigint DEFAULT 0,
    OUT customers bigint, OUT treated bigint, OUT control bigint, OUT uplift float8, OUT low float8, OUT high float8) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100000 ROWS 1 AS 'MODULE_PATHNAME', 'clientele_uplift_top';
COMMENT ON FUNCTION uplift_top(uplift_quality, float8, integer, bigint) IS
  'Returns how much the treatment changes the customers with the highest scores: those with at least the score of the customer at place
ceil(share x customers).
uplift: the difference of their means, treated less control; NULL if there are none of a group. low and high: its 95 % interval from
samples, as uplift_measures has it; NULL if half of the samples have no uplift. Errors: 22023 for a share that is not above 0 and at most
1, and for samples below 0 or above 10,000; 54000 for samples of more than 67,108,864 customers.';
CREATE FUNCTION uplift_buckets(
    uplift_quality, buckets integer DEFAULT 10,
    OUT bucket integer, OUT customers bigint, OUT treated bigint, OUT control bigint, OUT mean_score float8,
    OUT treated_mean float8, OUT control_mean float8, OUT uplift float8, OUT low float8, OUT high float8) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 10 AS 'MODULE_PATHNAME', 'clientele_uplift_buckets';
COMMENT ON FUNCTION uplift_buckets(uplift_quality, integer) IS
  'Compares the treated and the control group in buckets of about as many customers each, from the highest scores on: the uplift of a good
score falls from bucket to bucket, and is about the mean_score if the score is an uplift.
low and high: the 95 % interval of the uplift, by Newcombe (1998, method 10) for outcomes of 0 and 1, else by Welch (1947). Equal scores
stay together, in the bucket that holds the middle one of them; empty buckets are left out. NULL where a group has no customers; intervals
of amounts need two of each. Errors: 22023 for fewer than 1 or more than 10,000 buckets.';
