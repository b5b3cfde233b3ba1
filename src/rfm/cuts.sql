-- SPDX-License-Identifier: PostgreSQL

\packed rfm_cuts
COMMENT ON TYPE rfm_cuts IS
  'Cut points of recency, frequency and monetary value, by which customers are scored later. The aggregate rfm_cuts() finds them, or they
are written by hand.
Its text form is JSON, such as {"recency_cuts": ["90 days", "30 days"], "frequency_cuts": [1, 5], "monetary_cuts": [50, 200]}. A score is
1 + the number of cuts that are strictly worse than the value, so that a value equal to a cut is in the worse bucket. Each dimension has
the same number of cuts, from 1 to 9. recency_cuts are lengths of time since the last purchase, recency_cuts_at are times of it, and
recency_cuts_number are numbers of days or another unit. A dimension without cuts scores NULL.';

\from_text rfm_cuts

\comparable rfm_cuts are the same cuts, found by the same method

\packed rfm_cuts_def
COMMENT ON TYPE rfm_cuts_def IS
  'How to find cut points for RFM scores. The function rfm_cuts_def() makes one. Its text form is JSON, such as {"method": "kmeans",
"buckets": 4}.
At most 9 cuts of each dimension.';

\from_text rfm_cuts_def

CREATE FUNCTION rfm_cuts_def(
    buckets integer DEFAULT NULL, method text DEFAULT 'quantile', recency_cuts interval[] DEFAULT NULL,
    recency_cuts_at timestamptz[] DEFAULT NULL, recency_cuts_number float8[] DEFAULT NULL,
    frequency_cuts float8[] DEFAULT NULL, monetary_cuts float8[] DEFAULT NULL) RETURNS rfm_cuts_def
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_rfm_cuts_def';
COMMENT ON FUNCTION rfm_cuts_def(integer, text, interval[], timestamptz[], float8[], float8[], float8[]) IS
  'Describes how to find cut points for RFM scores, as in rfm_cuts_def(method => ''kmeans'', buckets => 4).
method: quantile (about as many customers in each bucket), fixed (the cuts that you give), mean (one cut at the mean) or kmeans (buckets
of values that lie close together, each dimension by itself). buckets: 2 to 10. The default is 5; with mean it is always 2, and with fixed
one more than the number of cuts. For fixed: frequency_cuts, monetary_cuts, and for recency the option of its type: recency_cuts for an
interval, recency_cuts_at for a timestamptz, recency_cuts_number for a number. Each has the same number of cuts, in any order. A dimension
that is left out scores NULL. NULL is the same as leaving an option out. Errors: 22023 for other buckets or methods, cuts without fixed,
fixed without cuts, equal cuts, months, NaN, infinity, and a frequency or recency below zero; 22004 for a NULL in an array.';

\comparable rfm_cuts_def ask for cut points in the same way

-- The aggregate

\packed rfm_values
COMMENT ON TYPE rfm_values IS
  'All values of recency, frequency and monetary value of which cut points are found: the state of the aggregate rfm_cuts(), which travels
between processes and servers.
At most 20,000,000 different values of each dimension (54000).';

\comparable rfm_values hold the same values

CREATE FUNCTION rfm_cuts_accum(rfm_values, timestamptz, float8, float8, rfm_cuts_def) RETURNS rfm_values
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_rfm_cuts_accum_time';
COMMENT ON FUNCTION rfm_cuts_accum(rfm_values, timestamptz, float8, float8, rfm_cuts_def) IS 'Collects a customer for rfm_cuts().';
CREATE FUNCTION rfm_cuts_accum(rfm_values, interval, float8, float8, rfm_cuts_def) RETURNS rfm_values
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_rfm_cuts_accum_interval';
COMMENT ON FUNCTION rfm_cuts_accum(rfm_values, interval, float8, float8, rfm_cuts_def) IS 'Collects a customer for rfm_cuts().';
CREATE FUNCTION rfm_cuts_accum(rfm_values, float8, float8, float8, rfm_cuts_def) RETURNS rfm_values
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_rfm_cuts_accum_number';
COMMENT ON FUNCTION rfm_cuts_accum(rfm_values, float8, float8, float8, rfm_cuts_def) IS 'Collects a customer for rfm_cuts().';
CREATE FUNCTION rfm_cuts_combine(rfm_values, rfm_values) RETURNS rfm_values
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_rfm_cuts_combine';
COMMENT ON FUNCTION rfm_cuts_combine(rfm_values, rfm_values) IS 'Joins the values of different customers.';
CREATE FUNCTION rfm_cuts_final(rfm_values) RETURNS rfm_cuts
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_rfm_cuts_final';
COMMENT ON FUNCTION rfm_cuts_final(rfm_values) IS 'Finds the cut points of the collected values.';
CREATE AGGREGATE rfm_cuts(recency timestamptz, frequency float8, monetary float8, def rfm_cuts_def) (
  SFUNC = rfm_cuts_accum, STYPE = rfm_values, SSPACE = 65536, FINALFUNC = rfm_cuts_final,
  COMBINEFUNC = rfm_cuts_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE rfm_cuts(timestamptz, float8, float8, rfm_cuts_def) IS
  'Finds the cut points of many customers, by which rfm_score() scores them and others later. recency is the time of the last purchase.
quantile: percentile_disc(i / buckets), from the worst value on. The same rows then get the same scores as from the window function
rfm_score(). mean: a value better than the mean scores 2. kmeans: the division of the sorted values into as many runs as buckets with the
least sum of squared distances from the means of the runs. It is exact for up to 32,768 different values; with more, cuts are searched at
32,768 equally spaced places. A cut lies halfway between the means of its neighbours. With fewer different values than buckets, each value
is a bucket and the best buckets stay empty. A NULL does not count in its dimension. A dimension without values has no cuts and scores
NULL. Without any value the result is NULL. Rows without a definition are ignored. The aggregate keeps every different value: 16 bytes
each, at most 20 million of each dimension. Errors: 22023 for NaN, infinity, a negative frequency, and definitions that differ; 22008 for
an infinite time; 54000 for more than 20 million different values.';
CREATE AGGREGATE rfm_cuts(recency interval, frequency float8, monetary float8, def rfm_cuts_def) (
  SFUNC = rfm_cuts_accum, STYPE = rfm_values, SSPACE = 65536, FINALFUNC = rfm_cuts_final,
  COMBINEFUNC = rfm_cuts_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE rfm_cuts(interval, float8, float8, rfm_cuts_def) IS
  'Finds the cut points of many customers, where recency is the time since the last purchase: shorter is better.
quantile: percentile_disc(i / buckets) of recency in descending order, from the longest on. Otherwise as rfm_cuts with a
timestamptz. Errors: also 22023 for a recency with months or below zero.';
CREATE AGGREGATE rfm_cuts(recency float8, frequency float8, monetary float8, def rfm_cuts_def) (
  SFUNC = rfm_cuts_accum, STYPE = rfm_values, SSPACE = 65536, FINALFUNC = rfm_cuts_final,
  COMBINEFUNC = rfm_cuts_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE rfm_cuts(float8, float8, float8, rfm_cuts_def) IS
  'Finds the cut points of many customers, where recency is the time since the last purchase as a number: smaller is better.
quantile: percentile_disc(i / buckets) of recency in descending order, from the largest on. Otherwise as rfm_cuts with a
timestamptz. Errors: also 22023 for a recency below zero.';

-- By stored cuts

CREATE FUNCTION rfm_score(recency timestamptz, frequency float8, monetary float8, cuts rfm_cuts) RETURNS rfm
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_rfm_score_time_cuts';
COMMENT ON FUNCTION rfm_score(timestamptz, float8, float8, rfm_cuts) IS
  'Scores a customer by stored cut points; recency is the time of the last purchase.
A score is 1 + the number of cuts strictly worse. NULL scores NULL in its dimension, as does a dimension without cuts. Write a literal as
rfm_cuts ''{...}''. Errors: 22023 for cuts of another type of recency, NaN, infinity, and a negative frequency; 22008 for an infinite
time.';
CREATE FUNCTION rfm_score(recency interval, frequency float8, monetary float8, cuts rfm_cuts) RETURNS rfm
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_rfm_score_interval_cuts';
COMMENT ON FUNCTION rfm_score(interval, float8, float8, rfm_cuts) IS
  'Scores a customer by stored cut points; recency is the time since the last purchase, shorter is better.
Otherwise as rfm_score with a timestamptz. Errors: also 22023 for a recency with months or below zero.';
CREATE FUNCTION rfm_score(recency float8, frequency float8, monetary float8, cuts rfm_cuts) RETURNS rfm
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_rfm_score_number_cuts';
COMMENT ON FUNCTION rfm_score(float8, float8, float8, rfm_cuts) IS
  'Scores a customer by stored cut points; recency is the time since the last purchase as a number, smaller is better.
Otherwise as rfm_score with a timestamptz. Errors: also 22023 for a recency below zero.';
