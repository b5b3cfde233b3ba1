-- SPDX-License-Identifier: PostgreSQL

\packed classification_summary
COMMENT ON TYPE classification_summary IS
  'Predicted probabilities with their outcomes.
The aggregate classification makes it; classification_auc, classification_at and the like evaluate it, and classification_merge joins
summaries of parts.
At most 1,048,576 different probabilities: if there are more, they are rounded.';

CREATE FUNCTION text_to_classification_summary(text) RETURNS classification_summary
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT clientele.classification_summary_in(pg_catalog.textout($1))';
COMMENT ON FUNCTION text_to_classification_summary(text) IS
  'Reads a classification_summary from its text form; used by the cast from text.';
CREATE CAST (text AS classification_summary) WITH FUNCTION text_to_classification_summary(text) AS IMPLICIT;
CREATE FUNCTION varchar_to_classification_summary(varchar) RETURNS classification_summary
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT clientele.classification_summary_in(pg_catalog.varcharout($1))';
COMMENT ON FUNCTION varchar_to_classification_summary(varchar) IS
  'Reads a classification_summary from its text form, for drivers that bind strings as varchar.';
CREATE CAST (varchar AS classification_summary) WITH FUNCTION varchar_to_classification_summary(varchar) AS IMPLICIT;

\comparable classification_summary hold the same probabilities with the same outcomes

CREATE FUNCTION classification_accum(classification_summary, double precision, boolean) RETURNS classification_summary
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_classification_accum';
COMMENT ON FUNCTION classification_accum(classification_summary, double precision, boolean) IS 'Adds a prediction for classification().';
CREATE FUNCTION classification_combine(classification_summary, classification_summary) RETURNS classification_summary
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_classification_combine';
COMMENT ON FUNCTION classification_combine(classification_summary, classification_summary) IS
  'Joins the predictions of two sets of customers.';
CREATE AGGREGATE classification(probability double precision, outcome boolean) (
  SFUNC = classification_accum, STYPE = classification_summary, SSPACE = 65536,
  COMBINEFUNC = classification_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE classification(double precision, boolean) IS
  'Collects predicted probabilities with their outcomes, to evaluate a model of churn or of anything else by classification_auc,
classification_at and the like.
probability: that the outcome is true, as predicted. outcome: whether it was true. Rows in which either is NULL are ignored; without other
rows the result is NULL. It is exact up to 1,048,576 different probabilities. If there are more, the smaller one of p and 1 - p is rounded
down to the largest number of binary digits after the first that leaves at most 1,048,576: sixteen or more unless probabilities are spread
over more than sixteen powers of two, and never fewer than nine. With d digits the error of the Brier score is at most 2^-d and that of the
log loss about the same, and probabilities that become equal count as ties. The result depends on the rows only, not on their order or on
the plan. Evaluate a model on rows on which it was not fitted. Errors: 22023 for a probability that is NaN or not between 0 and 1.';
CREATE AGGREGATE classification_merge(classification_summary) (
  SFUNC = classification_combine, STYPE = classification_summary, SSPACE = 65536,
  COMBINEFUNC = classification_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE classification_merge(classification_summary) IS
  'Joins summaries of different customers, such as one for each month: the result is that of classification over all rows.
A summary that is NULL is ignored; without any summary the result is NULL.';

CREATE FUNCTION classification_auc(classification_summary) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_classification_auc';
COMMENT ON FUNCTION classification_auc(classification_summary) IS
  'Returns the area under the ROC curve: 1 if every positive has a higher probability than every negative, 0.5 for guessing.
It is the share of pairs of a positive and a negative in which the positive has the higher probability; a tie counts half (Mann and Whitney
1947). NULL if all outcomes are the same.';
CREATE FUNCTION classification_log_loss(classification_summary) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_classification_log_loss';
COMMENT ON FUNCTION classification_log_loss(classification_summary) IS
  'Returns the log loss of the probabilities, which punishes confident mistakes most; smaller is better, and 0.693 is that of a coin.
It is the mean of -ln(p) over positives and -ln(1 - p) over negatives. Probabilities below 1e-15 and above 1 - 1e-15 are replaced by these
limits, so that a certain prediction that was wrong costs 34.5 and not infinity.';
CREATE FUNCTION classification_brier(classification_summary) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_classification_brier';
COMMENT ON FUNCTION classification_brier(classification_summary) IS
  'Returns the Brier score of the probabilities; smaller is better, and 0.25 is that of a coin.
It is the mean squared difference between the probability and the outcome, 0 or 1 (Brier 1950).';
CREATE FUNCTION classification_average_precision(classification_summary) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_classification_average_precision';
COMMENT ON FUNCTION classification_average_precision(classification_summary) IS
  'Returns the mean of the precision over the places in the ranking where a positive is found; for guessing it is the share of positives.
It is the area under the precision-recall curve as a sum of steps: the precision at each different probability times the recall that is
gained there. NULL without a positive.';
CREATE FUNCTION classification_accuracy(classification_summary, threshold double precision DEFAULT 0.5) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_classification_accuracy';
COMMENT ON FUNCTION classification_accuracy(classification_summary, double precision) IS
  'Returns the share of customers that were predicted correctly, where a probability of at least the threshold predicts the outcome.
Where few customers churn, predicting that none does is already accurate: look at classification_auc too. Errors: 22023 for a threshold that
is not between 0 and 1.';

CREATE TYPE classification_measures AS (
  threshold double precision, true_positives bigint, false_positives bigint, true_negatives bigint, false_negatives bigint,
  accuracy double precision, precision double precision, recall double precision, f1 double precision, specificity double precision
);
COMMENT ON TYPE classification_measures IS
  'How good predictions are if all customers from a threshold on are predicted to be positive; returned by classification_at.';
COMMENT ON COLUMN classification_measures.threshold IS 'Customers with at least this probability are predicted to be positive.';
COMMENT ON COLUMN classification_measures.true_positives IS 'Number of customers that were predicted to be positive, and were.';
COMMENT ON COLUMN classification_measures.false_positives IS 'Number of customers that were predicted to be positive, and were not.';
COMMENT ON COLUMN classification_measures.true_negatives IS 'Number of customers that were predicted to be negative, and were.';
COMMENT ON COLUMN classification_measures.false_negatives IS 'Number of customers that were predicted to be negative, and were not.';
COMMENT ON COLUMN classification_measures.accuracy IS 'Share of customers that were predicted correctly.';
COMMENT ON COLUMN classification_measures.precision IS
  'Share of positives among the customers that were predicted to be positive; NULL if there are none.';
COMMENT ON COLUMN classification_measures.recall IS 'Share of the positives that were predicted to be positive; NULL without a positive.';
COMMENT ON COLUMN classification_measures.f1 IS
  'Harmonic mean of precision and recall; NULL if no customer was positive or predicted to be positive.';
COMMENT ON COLUMN classification_measures.specificity IS
  'Share of the negatives that were predicted to be negative; NULL without a negative.';
CREATE FUNCTION classification_at(classification_summary, threshold double precision DEFAULT 0.5) RETURNS classification_measures
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_classification_at';
COMMENT ON FUNCTION classification_at(classification_summary, double precision) IS
  'Counts correct and wrong predictions at a threshold, with accuracy, precision, recall, F1 and specificity.
A customer whose probability is at least the threshold is predicted to be positive. Errors: 22023 for a threshold that is not between 0 and
1.';

CREATE FUNCTION classification_calibration(
    classification_summary, bins integer DEFAULT 10, by_quantile boolean DEFAULT true,
    OUT bin integer, OUT customers bigint, OUT mean_probability double precision, OUT rate double precision,
    OUT low double precision, OUT high double precision) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'clientele_classification_calibration';
COMMENT ON FUNCTION classification_calibration(classification_summary, integer, boolean) IS
  'Compares probabilities with outcomes, in bins from low to high probabilities: of the customers with a probability of 0.3, three in ten
should be positive.
customers: the number of customers in the bin. rate: the share of positives among them; low and high: its 95 % interval (Wilson 1927). A
mean_probability outside of the interval shows that the probabilities are wrong there. by_quantile: the bins have about the same number of
customers, and equal probabilities stay together, in the bin that holds the middle one of them; otherwise the bins have equal widths, and
include the lower edge. Empty bins are left out. Errors: 22023 for fewer than 1 or more than 10000 bins.';
CREATE FUNCTION classification_lift(
    classification_summary, buckets integer DEFAULT 10,
    OUT bucket integer, OUT customers bigint, OUT positives double precision, OUT rate double precision,
    OUT lift double precision, OUT cumulative_share double precision) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'clientele_classification_lift';
COMMENT ON FUNCTION classification_lift(classification_summary, integer) IS
  'Shows what is gained by addressing the customers with the highest probabilities first, in buckets with the same number of customers, the
best first.
positives: the number of positives in the bucket. rate: their share of the bucket. lift: rate divided by the share of positives among all
customers. cumulative_share: the share of all positives that are in this bucket and those before it. Bucket sizes are those of ntile. Equal
probabilities that span an edge are divided evenly, as chance would on average, so positives may be a fraction. lift and cumulative_share
are NULL without a positive; buckets without customers are left out. Errors: 22023 for fewer than 1 or more than 10000 buckets.';
