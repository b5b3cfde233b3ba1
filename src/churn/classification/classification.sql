-- SPDX-License-Identifier: PostgreSQL

CREATE TYPE classification_summary;
CREATE FUNCTION classification_summary_in(cstring) RETURNS classification_summary
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_classification_summary_in';
COMMENT ON FUNCTION classification_summary_in(cstring) IS 'Reads a classification_summary from its text form, hexadecimal as of a bytea.';
CREATE FUNCTION classification_summary_out(classification_summary) RETURNS cstring
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_classification_summary_out';
COMMENT ON FUNCTION classification_summary_out(classification_summary) IS 'Writes a classification_summary in its text form.';
CREATE FUNCTION classification_summary_recv(internal) RETURNS classification_summary
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_classification_summary_recv';
COMMENT ON FUNCTION classification_summary_recv(internal) IS 'Reads a classification_summary from its binary form and checks it.';
CREATE FUNCTION classification_summary_send(classification_summary) RETURNS bytea
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteasend';
COMMENT ON FUNCTION classification_summary_send(classification_summary) IS 'Writes a classification_summary in its binary form.';
CREATE TYPE classification_summary (
  INPUT = classification_summary_in, OUTPUT = classification_summary_out,
  RECEIVE = classification_summary_recv, SEND = classification_summary_send,
  INTERNALLENGTH = VARIABLE, STORAGE = extended
);
COMMENT ON TYPE classification_summary IS
  'How predicted probabilities and outcomes go together: made by the aggregate classification, asked by classification_auc,
classification_at and the like; summaries of parts are joined by classification_merge.
At most 1,048,576 different probabilities; beyond, they are rounded.';

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
  'Collects predicted probabilities with what came, to judge a model of churn or of anything else by: ask the result with
classification_auc, classification_at and the like.
probability: that the outcome is true, as the model said; outcome: whether it was. Rows in which either is NULL are passed over; without
any other the result is NULL. Exact up to 1,048,576 different probabilities. With more of them, the smaller one of p and 1 - p is rounded
down to as many binary digits behind the first as leave at most so many: sixteen or more unless probabilities are spread over more than
sixteen powers of two, and never fewer than nine. With d digits the Brier score is at most 2^-d off and log loss about as much, and
probabilities that become equal count as ties. The result depends on the rows only, not on their order or the plan. Judge a model by rows
that it was not fitted on. Errors: 22023 for a probability that is NaN or not between 0 and 1.';
CREATE AGGREGATE classification_merge(classification_summary) (
  SFUNC = classification_combine, STYPE = classification_summary, SSPACE = 65536,
  COMBINEFUNC = classification_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE classification_merge(classification_summary) IS
  'Joins summaries of different customers, such as one a month, into one of all of them: the same as classification over all rows.
NULL is passed over; without any summary the result is NULL.';

CREATE FUNCTION classification_auc(classification_summary) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_classification_auc';
COMMENT ON FUNCTION classification_auc(classification_summary) IS
  'Tells how well probabilities rank customers: 1 if every positive has a higher probability than every negative, 0.5 for guessing.
It is the area under the ROC curve: the share of pairs of a positive and a negative in which the positive has the higher probability, a
tie counting half (Mann-Whitney). NULL if all outcomes are the same.';
CREATE FUNCTION classification_log_loss(classification_summary) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_classification_log_loss';
COMMENT ON FUNCTION classification_log_loss(classification_summary) IS
  'Tells how far probabilities are from what came, and punishes confident mistakes most; smaller is better, 0.693 is a coin.
The mean of -ln(p) over positives and -ln(1 - p) over negatives. Probabilities below 1e-15 and above 1 - 1e-15 are taken for these, so
that a certain prediction that was wrong costs 34.5 and not infinity.';
CREATE FUNCTION classification_brier(classification_summary) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_classification_brier';
COMMENT ON FUNCTION classification_brier(classification_summary) IS
  'Tells how far probabilities are from what came: the mean squared difference from 0 or 1; smaller is better, 0.25 is a coin.';
CREATE FUNCTION classification_average_precision(classification_summary) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_classification_average_precision';
COMMENT ON FUNCTION classification_average_precision(classification_summary) IS
  'Tells how pure the top of the list is: the mean of precision over the places where a positive is found; the share of positives is
guessing.
The area under the precision-recall curve as a sum of steps: the precision at each different probability times the recall that is gained
there. NULL without a positive.';
CREATE FUNCTION classification_accuracy(classification_summary, threshold double precision DEFAULT 0.5) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_classification_accuracy';
COMMENT ON FUNCTION classification_accuracy(classification_summary, double precision) IS
  'Tells the share of customers who were predicted rightly, where a probability of at least the threshold predicts the outcome.
Where few churn, predicting that nobody does is already accurate: look at classification_auc too. Errors: 22023 for a threshold that is
not between 0 and 1.';

CREATE TYPE classification_measures AS (
  threshold double precision, true_positives bigint, false_positives bigint, true_negatives bigint, false_negatives bigint,
  accuracy double precision, precision double precision, recall double precision, f1 double precision, specificity double precision
);
COMMENT ON TYPE classification_measures IS
  'How good predictions are if all customers from a threshold on are taken for positives; made by classification_at.';
COMMENT ON COLUMN classification_measures.threshold IS 'Customers with at least this probability are predicted to be positive.';
COMMENT ON COLUMN classification_measures.true_positives IS 'Predicted to be positive, and were.';
COMMENT ON COLUMN classification_measures.false_positives IS 'Predicted to be positive, and were not.';
COMMENT ON COLUMN classification_measures.true_negatives IS 'Predicted to be negative, and were.';
COMMENT ON COLUMN classification_measures.false_negatives IS 'Predicted to be negative, and were not.';
COMMENT ON COLUMN classification_measures.accuracy IS 'Share of customers who were predicted rightly.';
COMMENT ON COLUMN classification_measures.precision IS 'Share of positives among those predicted to be; NULL if nobody was.';
COMMENT ON COLUMN classification_measures.recall IS 'Share of the positives that were predicted; NULL without any.';
COMMENT ON COLUMN classification_measures.f1 IS 'Harmonic mean of precision and recall; NULL if nobody was positive or predicted to be.';
COMMENT ON COLUMN classification_measures.specificity IS 'Share of the negatives that were predicted; NULL without any.';
CREATE FUNCTION classification_at(classification_summary, threshold double precision DEFAULT 0.5) RETURNS classification_measures
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_classification_at';
COMMENT ON FUNCTION classification_at(classification_summary, double precision) IS
  'Counts right and wrong predictions at a threshold, with accuracy, precision, recall, F1 and specificity.
A customer whose probability is at least the threshold is predicted to be positive. Errors: 22023 for a threshold that is not between 0
and 1.';

CREATE FUNCTION classification_calibration(
    classification_summary, bins integer DEFAULT 10, by_quantile boolean DEFAULT true,
    OUT bin integer, OUT customers bigint, OUT mean_probability double precision, OUT rate double precision,
    OUT low double precision, OUT high double precision) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'clientele_classification_calibration';
COMMENT ON FUNCTION classification_calibration(classification_summary, integer, boolean) IS
  'Compares probabilities with what came, in bins from low to high probabilities.
Of those who were given 0.3, did three in ten? rate is the share of positives in a bin, from low to high its 95 % Wilson interval; a
mean_probability outside of it says that the probabilities are off there. by_quantile: bins of about as many customers each, where equal
probabilities stay together, in the bin that holds the middle one of them; otherwise bins of equal width, the lower edge included. Empty
bins are left out. Errors: 22023 for fewer than 1 or more than 10000 bins.';
CREATE FUNCTION classification_lift(
    classification_summary, buckets integer DEFAULT 10,
    OUT bucket integer, OUT customers bigint, OUT positives double precision, OUT rate double precision,
    OUT lift double precision, OUT cumulative_share double precision) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'clientele_classification_lift';
COMMENT ON FUNCTION classification_lift(classification_summary, integer) IS
  'Tells what is gained by turning to the customers with the highest probabilities first, in buckets of as many customers each, the best
first.
rate is the share of positives in the bucket, lift is rate over the share of positives among all, cumulative_share the share of all
positives in this bucket and those before. Bucket sizes are those of ntile. Equal probabilities that span an edge are dealt out evenly,
as chance would on average, so positives may be a fraction. lift and cumulative_share are NULL without a positive; buckets without
customers are left out. Errors: 22023 for fewer than 1 or more than 10000 buckets.';
