-- SPDX-License-Identifier: PostgreSQL

CREATE TYPE tag_scores;
CREATE FUNCTION tag_scores_in(cstring) RETURNS tag_scores
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_tag_scores_in';
COMMENT ON FUNCTION tag_scores_in(cstring) IS
  'Reads scores from their text form, such as {7=19.99, 8=5}.';
CREATE FUNCTION tag_scores_out(tag_scores) RETURNS cstring
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_tag_scores_out';
COMMENT ON FUNCTION tag_scores_out(tag_scores) IS
  'Writes scores as {7=19.99,8=5}, ascending by customer.';
CREATE FUNCTION tag_scores_recv(internal) RETURNS tag_scores
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_tag_scores_recv';
COMMENT ON FUNCTION tag_scores_recv(internal) IS
  'Reads scores from their binary form and checks them.';
CREATE FUNCTION tag_scores_send(tag_scores) RETURNS bytea
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteasend';
COMMENT ON FUNCTION tag_scores_send(tag_scores) IS 'Writes scores in their binary form.';
CREATE TYPE tag_scores (
  INPUT = tag_scores_in, OUTPUT = tag_scores_out, RECEIVE = tag_scores_recv, SEND = tag_scores_send,
  INTERNALLENGTH = VARIABLE, STORAGE = external
);
COMMENT ON TYPE tag_scores IS
  'A number for each customer of an audience, held bit by bit, so that a range of numbers is a few operations on bitmaps.
Made by the aggregate tag_scores(customer_id, score), or written as {7=19.99, 8=5}. Numbers are below 10^12 with at most 6 decimals. It takes as many bitmaps as the range of the numbers has binary digits.';

CREATE FUNCTION text_to_tag_scores(text) RETURNS tag_scores
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_tag_scores_from_text';
COMMENT ON FUNCTION text_to_tag_scores(text) IS
  'Reads scores from their text form; used by the cast from text.';
CREATE CAST (text AS tag_scores) WITH FUNCTION text_to_tag_scores(text) AS IMPLICIT;
CREATE FUNCTION varchar_to_tag_scores(varchar) RETURNS tag_scores
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_tag_scores_from_text';
COMMENT ON FUNCTION varchar_to_tag_scores(varchar) IS
  'Reads scores from their text form, for drivers that bind strings as varchar.';
CREATE CAST (varchar AS tag_scores) WITH FUNCTION varchar_to_tag_scores(varchar) AS IMPLICIT;
CREATE FUNCTION tag_scores_to_audience(tag_scores) RETURNS audience
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_tag_scores_customers';
COMMENT ON FUNCTION tag_scores_to_audience(tag_scores) IS
  'Returns the customers who have a number; used by the cast to audience.';
CREATE CAST (tag_scores AS audience) WITH FUNCTION tag_scores_to_audience(tag_scores);

CREATE FUNCTION tag_scores_eq(tag_scores, tag_scores) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'byteaeq';
COMMENT ON FUNCTION tag_scores_eq(tag_scores, tag_scores) IS 'True if both give the same customers the same numbers.';
CREATE FUNCTION tag_scores_ne(tag_scores, tag_scores) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'byteane';
COMMENT ON FUNCTION tag_scores_ne(tag_scores, tag_scores) IS 'True if a customer has another number in one than in the other.';
CREATE FUNCTION tag_scores_hash(tag_scores) RETURNS integer
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'hashvarlena';
COMMENT ON FUNCTION tag_scores_hash(tag_scores) IS 'Hashes scores, for hash joins and grouping.';
CREATE OPERATOR = (
  LEFTARG = tag_scores, RIGHTARG = tag_scores, FUNCTION = tag_scores_eq,
  COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);
CREATE OPERATOR <> (
  LEFTARG = tag_scores, RIGHTARG = tag_scores, FUNCTION = tag_scores_ne,
  COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
CREATE OPERATOR CLASS tag_scores_hash_ops DEFAULT FOR TYPE tag_scores USING hash AS
  OPERATOR 1 =, FUNCTION 1 tag_scores_hash(tag_scores);

CREATE FUNCTION tag_scores_without(tag_scores, audience) RETURNS tag_scores
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_tag_scores_without';
COMMENT ON FUNCTION tag_scores_without(tag_scores, audience) IS 'Leaves out the numbers of some customers.';
CREATE OPERATOR - (LEFTARG = tag_scores, RIGHTARG = audience, FUNCTION = tag_scores_without);
CREATE FUNCTION tag_scores_joined(tag_scores, tag_scores) RETURNS tag_scores
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_tag_scores_joined';
COMMENT ON FUNCTION tag_scores_joined(tag_scores, tag_scores) IS
  'Joins scores; the right ones win where a customer has both.';
CREATE OPERATOR | (LEFTARG = tag_scores, RIGHTARG = tag_scores, FUNCTION = tag_scores_joined);

CREATE FUNCTION scores_between(tag_scores, low double precision DEFAULT NULL, high double precision DEFAULT NULL) RETURNS audience
  LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_scores_between';
COMMENT ON FUNCTION scores_between(tag_scores, double precision, double precision) IS
  'Returns the customers whose number is from low to high, both included; a bound that is NULL is none.
Numbers are compared as double precision, as in tag queries. NULL for NULL scores. Errors: 22023 for NaN.';
CREATE FUNCTION scores_above(tag_scores, bound double precision) RETURNS audience
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_scores_above';
COMMENT ON FUNCTION scores_above(tag_scores, double precision) IS
  'Returns the customers whose number is greater than a bound. Otherwise as scores_between().';
CREATE FUNCTION scores_below(tag_scores, bound double precision) RETURNS audience
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_scores_below';
COMMENT ON FUNCTION scores_below(tag_scores, double precision) IS
  'Returns the customers whose number is less than a bound. Otherwise as scores_between().';
CREATE FUNCTION score_of(tag_scores, customer_id bigint) RETURNS numeric
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_score_of';
COMMENT ON FUNCTION score_of(tag_scores, bigint) IS 'Returns the number of a customer; NULL if there is none.';
CREATE FUNCTION scores(tag_scores, OUT customer_id bigint, OUT score numeric) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 1000 AS 'MODULE_PATHNAME', 'clientele_scores';
COMMENT ON FUNCTION scores(tag_scores) IS 'Lists the customers with their numbers, ascending by customer.';
CREATE FUNCTION score_summary(
    tag_scores, among audience DEFAULT NULL,
    OUT customers bigint, OUT sum numeric, OUT average numeric, OUT minimum numeric, OUT median numeric, OUT maximum numeric)
  LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_score_summary';
COMMENT ON FUNCTION score_summary(tag_scores, audience) IS
  'Sums up the numbers of all customers, or of those in an audience.
The median is the lower one of two. With no customer all but customers are NULL; NULL for NULL scores.';

CREATE FUNCTION tag_scores_accum(tag_scores, bigint, numeric) RETURNS tag_scores
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_tag_scores_accum';
COMMENT ON FUNCTION tag_scores_accum(tag_scores, bigint, numeric) IS 'Collects a number for tag_scores().';
CREATE FUNCTION tag_scores_combine(tag_scores, tag_scores) RETURNS tag_scores
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_tag_scores_combine';
COMMENT ON FUNCTION tag_scores_combine(tag_scores, tag_scores) IS 'Joins what two parallel workers collected.';
CREATE FUNCTION tag_scores_final(tag_scores) RETURNS tag_scores
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_tag_scores_final';
COMMENT ON FUNCTION tag_scores_final(tag_scores) IS 'Packs the collected numbers.';
CREATE AGGREGATE tag_scores(customer_id bigint, score numeric) (
  SFUNC = tag_scores_accum, STYPE = tag_scores, SSPACE = 65536, FINALFUNC = tag_scores_final,
  COMBINEFUNC = tag_scores_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE tag_scores(bigint, numeric) IS
  'Gathers a number for each customer, in any order; the values of a tag such as score>=7.5.
Numbers are rounded to 6 decimals. NULLs are passed over; no rows give NULL. A customer may come twice with the same number. Errors: 21000 for a customer with two numbers, 22003 for a negative customer_id and for NaN, infinity and numbers of 10^12 or more.';
