-- SPDX-License-Identifier: PostgreSQL

CREATE TYPE rfm AS (r integer, f integer, m integer, buckets integer);
COMMENT ON TYPE rfm IS
  'The scores of a customer in recency, frequency and monetary value, each from 1 (worst) to buckets.';

CREATE FUNCTION rfm_score(recency timestamptz, frequency float8, monetary float8, buckets integer DEFAULT 5) RETURNS rfm
  LANGUAGE c IMMUTABLE WINDOW PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_rfm_score_time';
COMMENT ON FUNCTION rfm_score(timestamptz, float8, float8, integer) IS
  'Scores customers by recency, frequency and monetary value among all rows of the window, as in rfm_score(last_purchase, orders, spent)
OVER ().
A score is 1 + floor(buckets * (rows strictly worse) / n): equal values share a score, and the worst is always 1. A later time is
better. NULL scores NULL in its dimension and does not count in n; 0 is a value like any other. Write OVER () or OVER (PARTITION BY
...): all rows of a partition are compared, and the window''s order and frame do not matter. buckets is from 2 to 10. Errors: 22023 for
other or differing buckets, NaN, infinity, and a negative frequency; 22008 for an infinite time.';
CREATE FUNCTION rfm_score(recency interval, frequency float8, monetary float8, buckets integer DEFAULT 5) RETURNS rfm
  LANGUAGE c IMMUTABLE WINDOW PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_rfm_score_interval';
COMMENT ON FUNCTION rfm_score(interval, float8, float8, integer) IS
  'Scores customers by the time since they bought, frequency and monetary value among all rows of the window; a shorter recency is better.
Otherwise as rfm_score with a timestamptz. Errors: also 22023 for a recency with months or below zero.';
CREATE FUNCTION rfm_score(recency float8, frequency float8, monetary float8, buckets integer DEFAULT 5) RETURNS rfm
  LANGUAGE c IMMUTABLE WINDOW PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_rfm_score_number';
COMMENT ON FUNCTION rfm_score(float8, float8, float8, integer) IS
  'Scores customers by the number of days or another unit since they bought, frequency and monetary value among all rows of the window; a
smaller recency is better.
Otherwise as rfm_score with a timestamptz. Errors: also 22023 for a recency below zero.';
