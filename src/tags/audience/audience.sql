-- SPDX-License-Identifier: PostgreSQL

CREATE TYPE audience;
CREATE FUNCTION audience_in(cstring) RETURNS audience
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_audience_in';
COMMENT ON FUNCTION audience_in(cstring) IS
  'Reads an audience from its text form, such as {1,5,10-20}.';
CREATE FUNCTION audience_out(audience) RETURNS cstring
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_audience_out';
COMMENT ON FUNCTION audience_out(audience) IS
  'Writes an audience as {1,5,10-20}, ascending; three ids or more in a row as a range.';
CREATE FUNCTION audience_recv(internal) RETURNS audience
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_audience_recv';
COMMENT ON FUNCTION audience_recv(internal) IS
  'Reads an audience from its binary form and checks it.';
CREATE FUNCTION audience_send(audience) RETURNS bytea
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteasend';
COMMENT ON FUNCTION audience_send(audience) IS 'Writes an audience in its binary form.';
CREATE TYPE audience (
  INPUT = audience_in, OUTPUT = audience_out, RECEIVE = audience_recv, SEND = audience_send,
  INTERNALLENGTH = VARIABLE, STORAGE = external
);
COMMENT ON TYPE audience IS
  'A set of customer ids, 0 to 9223372036854775807, as a roaring bitmap: two bytes a customer or less, one bit where they are dense.
Made by the aggregate audience(customer_id), or written as {1,5,10-20}. Combine with & (in both), | (in either), - (in the left one
only) and # (in one of them only). PostgreSQL binds - closer than the others: write parentheses. The ranges of one text may have 2^36
ids (54000). As roaring bitmaps are dense already, they are not compressed. An audience takes at most 1 GB (54000).';

\from_text audience
CREATE FUNCTION ids_to_audience(bigint[]) RETURNS audience
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_audience_from_ids';
COMMENT ON FUNCTION ids_to_audience(bigint[]) IS
  'Makes an audience of an array of customer ids; used by the cast from bigint[].
NULLs are ignored. Errors: 22003 for a negative id.';
CREATE CAST (bigint[] AS audience) WITH FUNCTION ids_to_audience(bigint[]);
CREATE FUNCTION audience_to_ids(audience) RETURNS bigint[]
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_audience_to_ids';
COMMENT ON FUNCTION audience_to_ids(audience) IS
  'Lists the ids of an audience as an array, ascending; used by the cast to bigint[].
Errors: 54000 for more than 1 GB, which is 134 million ids.';
CREATE CAST (audience AS bigint[]) WITH FUNCTION audience_to_ids(audience);

\comparable audience hold the same customers

-- Set operations

CREATE FUNCTION audience_and(audience, audience) RETURNS audience
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_audience_and';
COMMENT ON FUNCTION audience_and(audience, audience) IS 'Keeps the customers that are in both audiences.';
CREATE OPERATOR & (
  LEFTARG = audience, RIGHTARG = audience, FUNCTION = audience_and, COMMUTATOR = &
);
CREATE FUNCTION audience_or(audience, audience) RETURNS audience
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_audience_or';
COMMENT ON FUNCTION audience_or(audience, audience) IS
  'Joins two audiences: the customers that are in either.';
CREATE OPERATOR | (
  LEFTARG = audience, RIGHTARG = audience, FUNCTION = audience_or, COMMUTATOR = |
);
CREATE FUNCTION audience_without(audience, audience) RETURNS audience
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_audience_without';
COMMENT ON FUNCTION audience_without(audience, audience) IS
  'Keeps the customers of the first audience that are not in the second.';
CREATE OPERATOR - (
  LEFTARG = audience, RIGHTARG = audience, FUNCTION = audience_without
);
CREATE FUNCTION audience_xor(audience, audience) RETURNS audience
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_audience_xor';
COMMENT ON FUNCTION audience_xor(audience, audience) IS
  'Keeps the customers that are in one of two audiences and not in both.';
CREATE OPERATOR # (
  LEFTARG = audience, RIGHTARG = audience, FUNCTION = audience_xor, COMMUTATOR = #
);
CREATE FUNCTION audience_includes(audience, audience) RETURNS boolean
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_audience_includes';
COMMENT ON FUNCTION audience_includes(audience, audience) IS
  'True if all customers of the second audience are in the first.';
CREATE FUNCTION audience_included(audience, audience) RETURNS boolean
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_audience_included';
COMMENT ON FUNCTION audience_included(audience, audience) IS
  'True if all customers of the first audience are in the second.';
CREATE FUNCTION audience_overlaps(audience, audience) RETURNS boolean
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_audience_overlaps';
COMMENT ON FUNCTION audience_overlaps(audience, audience) IS 'True if a customer is in both audiences.';
CREATE FUNCTION audience_has(audience, bigint) RETURNS boolean
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_audience_has';
COMMENT ON FUNCTION audience_has(audience, bigint) IS 'True if this customer is in the audience.';
CREATE FUNCTION audience_held(bigint, audience) RETURNS boolean
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_audience_held';
COMMENT ON FUNCTION audience_held(bigint, audience) IS
  'True if this customer is in the audience; the operator is <@.';
CREATE OPERATOR @> (
  LEFTARG = audience, RIGHTARG = audience, FUNCTION = audience_includes, COMMUTATOR = <@,
  RESTRICT = contsel, JOIN = contjoinsel
);
CREATE OPERATOR <@ (
  LEFTARG = audience, RIGHTARG = audience, FUNCTION = audience_included, COMMUTATOR = @>,
  RESTRICT = contsel, JOIN = contjoinsel
);
CREATE OPERATOR && (
  LEFTARG = audience, RIGHTARG = audience, FUNCTION = audience_overlaps, COMMUTATOR = &&,
  RESTRICT = contsel, JOIN = contjoinsel
);
CREATE OPERATOR @> (
  LEFTARG = audience, RIGHTARG = bigint, FUNCTION = audience_has, COMMUTATOR = <@,
  RESTRICT = contsel, JOIN = contjoinsel
);
CREATE OPERATOR <@ (
  LEFTARG = bigint, RIGHTARG = audience, FUNCTION = audience_held, COMMUTATOR = @>,
  RESTRICT = contsel, JOIN = contjoinsel
);

-- Sizes

CREATE FUNCTION cardinality(audience) RETURNS bigint
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_audience_cardinality';
COMMENT ON FUNCTION cardinality(audience) IS
  'Counts the customers of an audience, by its first bytes alone.';
CREATE FUNCTION and_cardinality(audience, audience) RETURNS bigint
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_audience_and_cardinality';
COMMENT ON FUNCTION and_cardinality(audience, audience) IS
  'Counts the customers that are in both audiences, without making that audience.';
CREATE FUNCTION or_cardinality(audience, audience) RETURNS bigint
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_audience_or_cardinality';
COMMENT ON FUNCTION or_cardinality(audience, audience) IS 'Counts the customers that are in either audience.';
CREATE FUNCTION without_cardinality(audience, audience) RETURNS bigint
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_audience_without_cardinality';
COMMENT ON FUNCTION without_cardinality(audience, audience) IS
  'Counts the customers of the first audience that are not in the second.';
CREATE FUNCTION xor_cardinality(audience, audience) RETURNS bigint
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_audience_xor_cardinality';
COMMENT ON FUNCTION xor_cardinality(audience, audience) IS
  'Counts the customers that are in one of two audiences and not in both.';
CREATE FUNCTION jaccard(audience, audience) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_audience_jaccard';
COMMENT ON FUNCTION jaccard(audience, audience) IS
  'Returns how similar two audiences are: the number of customers in both, divided by the number in either, from 0 to 1.
It is 1 for two empty audiences. Jaccard (1901).';
CREATE FUNCTION first_member(audience) RETURNS bigint
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_audience_first';
COMMENT ON FUNCTION first_member(audience) IS 'Returns the smallest customer id of an audience, or NULL if it is empty.';
CREATE FUNCTION last_member(audience) RETURNS bigint
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_audience_last';
COMMENT ON FUNCTION last_member(audience) IS 'Returns the largest customer id of an audience, or NULL if it is empty.';

-- Members

CREATE FUNCTION members_among(audience, ids bigint[]) RETURNS SETOF bigint
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 1 COST 100 AS 'MODULE_PATHNAME', 'clientele_audience_members_among';
COMMENT ON FUNCTION members_among(audience, bigint[]) IS
  'Lists those of some customer ids that are in an audience, as rows, ascending. Each is listed once.';
CREATE FUNCTION among_support(internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_among_support';
COMMENT ON FUNCTION among_support(internal) IS
  'Replaces members() by members_among(), and scores() by scores_among(), in queries that want some customers only.';
CREATE FUNCTION members(audience) RETURNS SETOF bigint
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 100000 COST 100 SUPPORT among_support
  AS 'MODULE_PATHNAME', 'clientele_audience_members';
COMMENT ON FUNCTION members(audience) IS
  'Lists the customer ids of an audience as rows, ascending.
In a SELECT list with LIMIT, only as many rows are made as are needed. With a condition such as id = 5 or id = ANY (…) on the rows, only
these customers are looked up.';
CREATE FUNCTION sample(audience, n bigint, seed bigint DEFAULT 0) RETURNS audience
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_audience_sample';
COMMENT ON FUNCTION sample(audience, bigint, bigint) IS
  'Draws n customers of an audience at random, the same for the same seed; all if there are no more than n.
Each set of n customers is equally likely. What is drawn depends on the audience, n and the seed only, on every machine: places are
drawn by Floyd''s algorithm (Bentley and Floyd 1987) with SplitMix64 (Steele, Lea and Flood 2014). Errors: 22023 for a negative n, 54000
if the sample and the rest both have more than 268435456 customers.';

-- Aggregates

CREATE FUNCTION audience_accum(audience, bigint) RETURNS audience
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_audience_accum';
COMMENT ON FUNCTION audience_accum(audience, bigint) IS 'Collects a customer for audience().';
CREATE FUNCTION audience_union_accum(audience, audience) RETURNS audience
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_audience_union_accum';
COMMENT ON FUNCTION audience_union_accum(audience, audience) IS 'Collects an audience for audience_union().';
CREATE FUNCTION audience_union_combine(audience, audience) RETURNS audience
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_audience_union_combine';
COMMENT ON FUNCTION audience_union_combine(audience, audience) IS 'Joins what two parallel workers collected.';
CREATE FUNCTION audience_final(audience) RETURNS audience
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_audience_final';
COMMENT ON FUNCTION audience_final(audience) IS 'Packs the collected customers.';
CREATE FUNCTION audience_intersection_accum(audience, audience) RETURNS audience
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_audience_intersection_accum';
COMMENT ON FUNCTION audience_intersection_accum(audience, audience) IS 'Collects an audience for audience_intersection().';
CREATE FUNCTION audience_intersection_combine(audience, audience) RETURNS audience
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_audience_intersection_combine';
COMMENT ON FUNCTION audience_intersection_combine(audience, audience) IS 'Keeps what two parallel workers have in common.';
CREATE FUNCTION audience_intersection_final(audience) RETURNS audience
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_audience_intersection_final';
COMMENT ON FUNCTION audience_intersection_final(audience) IS 'Packs the customers that are in all audiences.';
CREATE AGGREGATE audience(customer_id bigint) (
  SFUNC = audience_accum, STYPE = audience, SSPACE = 65536, FINALFUNC = audience_final,
  COMBINEFUNC = audience_union_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE audience(bigint) IS
  'Gathers customer ids, in any order and repeated or not, into an audience.
NULLs are ignored. Without rows, or with NULLs only, the result is NULL, as with other aggregates; COALESCE(audience(customer_id),
''{}'') is the empty audience then. Ascending ids are fastest. Errors: 22003 for a negative id; 54000 for an audience of more than 1 GB.';
CREATE AGGREGATE audience_union(audience) (
  SFUNC = audience_union_accum, STYPE = audience, SSPACE = 65536, FINALFUNC = audience_final,
  COMBINEFUNC = audience_union_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE audience_union(audience) IS
  'Joins many audiences into one: the customers that are in any of them.
NULLs are ignored; without any audience the result is NULL.';
CREATE AGGREGATE audience_intersection(audience) (
  SFUNC = audience_intersection_accum, STYPE = audience, SSPACE = 65536, FINALFUNC = audience_intersection_final,
  COMBINEFUNC = audience_intersection_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE audience_intersection(audience) IS
  'Keeps the customers that are in all of many audiences.
NULLs are ignored; without any audience the result is NULL.';
