-- SPDX-License-Identifier: PostgreSQL

CREATE TYPE tag_scores;
CREATE FUNCTION tag_scores_in(cstring) RETURNS tag_scores
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_tag_scores_in';
COMMENT ON FUNCTION tag_scores_in(cstring) IS 'Reads a tag_scores from its text form, such as {5:10.5,7:-3}.';
CREATE FUNCTION tag_scores_out(tag_scores) RETURNS cstring
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_tag_scores_out';
COMMENT ON FUNCTION tag_scores_out(tag_scores) IS 'Writes a tag_scores as {5:10.5,7:-3}, by ascending customer ids.';
CREATE FUNCTION tag_scores_recv(internal) RETURNS tag_scores
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_tag_scores_recv';
COMMENT ON FUNCTION tag_scores_recv(internal) IS 'Reads a tag_scores from its binary form and checks it.';
CREATE FUNCTION tag_scores_send(tag_scores) RETURNS bytea
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteasend';
COMMENT ON FUNCTION tag_scores_send(tag_scores) IS 'Writes a tag_scores in its binary form.';
CREATE TYPE tag_scores (
  INPUT = tag_scores_in, OUTPUT = tag_scores_out, RECEIVE = tag_scores_recv, SEND = tag_scores_send,
  INTERNALLENGTH = VARIABLE, STORAGE = external
);
COMMENT ON TYPE tag_scores IS
  'A number for each of some customers, made by the aggregate tag_scores(customer_id, score), or written as {5:10.5,7:-3}.
Numbers are below 10^12 and have up to six decimals. They are stored bit by bit, so that a range of scores is found by operations on
sets; each bit takes as much as an audience. One value has the scores of at most 67108864 customers, and takes at most 1 GB (54000).';

\from_text tag_scores

\comparable tag_scores give the same customers the same scores

-- Customers by their scores

CREATE FUNCTION scored(tag_scores) RETURNS audience
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_scored';
COMMENT ON FUNCTION scored(tag_scores) IS 'Returns the customers that have a score; the same as a cast to audience.';
CREATE CAST (tag_scores AS audience) WITH FUNCTION scored(tag_scores);
CREATE FUNCTION score_count(tag_scores) RETURNS bigint
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_score_count';
COMMENT ON FUNCTION score_count(tag_scores) IS 'Counts the customers that have a score, by the first bytes alone.';
CREATE FUNCTION scores_below(tag_scores, bound numeric) RETURNS audience
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_scores_below';
COMMENT ON FUNCTION scores_below(tag_scores, numeric) IS
  'Returns the customers whose score is less than a bound.
Errors: 22003 for NaN.';
CREATE FUNCTION scores_at_most(tag_scores, bound numeric) RETURNS audience
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_scores_at_most';
COMMENT ON FUNCTION scores_at_most(tag_scores, numeric) IS
  'Returns the customers whose score is less than a bound or equal to it.
Errors: 22003 for NaN.';
CREATE FUNCTION scores_above(tag_scores, bound numeric) RETURNS audience
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_scores_above';
COMMENT ON FUNCTION scores_above(tag_scores, numeric) IS
  'Returns the customers whose score is greater than a bound.
Errors: 22003 for NaN.';
CREATE FUNCTION scores_at_least(tag_scores, bound numeric) RETURNS audience
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_scores_at_least';
COMMENT ON FUNCTION scores_at_least(tag_scores, numeric) IS
  'Returns the customers whose score is greater than a bound or equal to it.
Errors: 22003 for NaN.';
CREATE FUNCTION scores_between(tag_scores, low numeric, high numeric) RETURNS audience
  LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_scores_between';
COMMENT ON FUNCTION scores_between(tag_scores, numeric, numeric) IS
  'Returns the customers whose score is from low to high, both inclusive; NULL leaves that side open.
The audience is empty if low is greater than high. Errors: 22003 for NaN.';
CREATE FUNCTION score_of(tag_scores, customer_id bigint) RETURNS numeric
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_score_of';
COMMENT ON FUNCTION score_of(tag_scores, bigint) IS 'Returns the score of a customer, or NULL if there is none.';
CREATE FUNCTION scores_among(tag_scores, ids bigint[], OUT customer_id bigint, OUT score numeric) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 1 COST 100 AS 'MODULE_PATHNAME', 'clientele_scores_among';
COMMENT ON FUNCTION scores_among(tag_scores, bigint[]) IS
  'Lists the scores of some customers as rows, by ascending customer ids. Each is listed once, and not if it has no score.';
CREATE FUNCTION scores(tag_scores, OUT customer_id bigint, OUT score numeric) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 100000 COST 100 SUPPORT among_support AS 'MODULE_PATHNAME', 'clientele_scores';
COMMENT ON FUNCTION scores(tag_scores) IS
  'Lists customers and their scores as rows, by ascending customer ids.
With a condition such as customer_id = 5 on the rows, only these customers are looked up.';
CREATE FUNCTION score_summary(
    tag_scores, among audience DEFAULT NULL, OUT customers bigint, OUT sum numeric, OUT average numeric,
    OUT minimum numeric, OUT median numeric, OUT maximum numeric) RETURNS record
  LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_score_summary';
COMMENT ON FUNCTION score_summary(tag_scores, audience) IS
  'Summarizes the scores of all customers, or of those in an audience: their number, sum, average, minimum, median and maximum.
All are exact. The median of an even number of scores is halfway between the two in the middle, as for percentile_cont(0.5). If no
customer has a score, customers is 0 and the rest are NULL.';

-- Keeping, dropping, joining

CREATE FUNCTION tag_scores_and(tag_scores, audience) RETURNS tag_scores
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_tag_scores_and';
COMMENT ON FUNCTION tag_scores_and(tag_scores, audience) IS 'Keeps the scores of these customers.';
CREATE OPERATOR & (LEFTARG = tag_scores, RIGHTARG = audience, FUNCTION = tag_scores_and);
CREATE FUNCTION tag_scores_without(tag_scores, audience) RETURNS tag_scores
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_tag_scores_without';
COMMENT ON FUNCTION tag_scores_without(tag_scores, audience) IS 'Drops the scores of these customers.';
CREATE OPERATOR - (LEFTARG = tag_scores, RIGHTARG = audience, FUNCTION = tag_scores_without);
CREATE FUNCTION tag_scores_or(tag_scores, tag_scores) RETURNS tag_scores
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_tag_scores_or';
COMMENT ON FUNCTION tag_scores_or(tag_scores, tag_scores) IS
  'Joins scores; a customer that has a score on both sides keeps the one on the right, so that new scores replace old ones.';
CREATE OPERATOR | (LEFTARG = tag_scores, RIGHTARG = tag_scores, FUNCTION = tag_scores_or);

-- The aggregate

CREATE FUNCTION tag_scores_accum(tag_scores, bigint, numeric) RETURNS tag_scores
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_tag_scores_accum';
COMMENT ON FUNCTION tag_scores_accum(tag_scores, bigint, numeric) IS 'Collects a customer''s score for tag_scores().';
CREATE FUNCTION tag_scores_combine(tag_scores, tag_scores) RETURNS tag_scores
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_tag_scores_combine';
COMMENT ON FUNCTION tag_scores_combine(tag_scores, tag_scores) IS 'Joins what two parallel workers collected.';
CREATE FUNCTION tag_scores_final(tag_scores) RETURNS tag_scores
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_tag_scores_final';
COMMENT ON FUNCTION tag_scores_final(tag_scores) IS 'Packs the collected scores.';
CREATE AGGREGATE tag_scores(customer_id bigint, score numeric) (
  SFUNC = tag_scores_accum, STYPE = tag_scores, SSPACE = 65536, FINALFUNC = tag_scores_final,
  COMBINEFUNC = tag_scores_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE tag_scores(bigint, numeric) IS
  'Gathers a score for each of many customers, one row each.
Scores are rounded to six decimals, halves away from zero. A repetition of the same score is ignored, and so are rows with a NULL;
without any other rows the result is NULL. The state takes 16 bytes a customer. Errors: 21000 for two different scores of one customer,
with the customer; 22003 for a negative id, and for a score of 10^12 or more, NaN or infinity.';
