-- SPDX-License-Identifier: PostgreSQL
-- The comparisons, the order and the hashes of a packed type. The Makefile puts them in for each line
--   \comparable THE_TYPE WHAT EQUAL ONES DO
-- Equal values have equal bytes, as input and receive functions write them again or refuse them. So
-- bytea's functions serve. The order of the bytes has no meaning.
CREATE FUNCTION THE_TYPE_eq(THE_TYPE, THE_TYPE) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'byteaeq';
COMMENT ON FUNCTION THE_TYPE_eq(THE_TYPE, THE_TYPE) IS 'True if both WHAT EQUAL ONES DO.';
CREATE FUNCTION THE_TYPE_ne(THE_TYPE, THE_TYPE) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'byteane';
COMMENT ON FUNCTION THE_TYPE_ne(THE_TYPE, THE_TYPE) IS 'True where = is false.';
CREATE FUNCTION THE_TYPE_lt(THE_TYPE, THE_TYPE) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'bytealt';
COMMENT ON FUNCTION THE_TYPE_lt(THE_TYPE, THE_TYPE) IS 'True if the left one sorts first, by its stored bytes.';
CREATE FUNCTION THE_TYPE_le(THE_TYPE, THE_TYPE) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'byteale';
COMMENT ON FUNCTION THE_TYPE_le(THE_TYPE, THE_TYPE) IS 'True if the left one sorts first, by its stored bytes, or both are equal.';
CREATE FUNCTION THE_TYPE_gt(THE_TYPE, THE_TYPE) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'byteagt';
COMMENT ON FUNCTION THE_TYPE_gt(THE_TYPE, THE_TYPE) IS 'True if the right one sorts first, by its stored bytes.';
CREATE FUNCTION THE_TYPE_ge(THE_TYPE, THE_TYPE) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'byteage';
COMMENT ON FUNCTION THE_TYPE_ge(THE_TYPE, THE_TYPE) IS 'True if the right one sorts first, by its stored bytes, or both are equal.';
CREATE FUNCTION THE_TYPE_cmp(THE_TYPE, THE_TYPE) RETURNS integer
  LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'byteacmp';
COMMENT ON FUNCTION THE_TYPE_cmp(THE_TYPE, THE_TYPE) IS 'Orders values by their stored bytes, for sorting and indexes.';
CREATE FUNCTION THE_TYPE_hash(THE_TYPE) RETURNS integer
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'hashvarlena';
COMMENT ON FUNCTION THE_TYPE_hash(THE_TYPE) IS 'Hashes a value, for hash joins and grouping.';
CREATE FUNCTION THE_TYPE_hash_extended(THE_TYPE, bigint) RETURNS bigint
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'hashvarlenaextended';
COMMENT ON FUNCTION THE_TYPE_hash_extended(THE_TYPE, bigint) IS 'Hashes a value with a seed, for partitions.';
CREATE OPERATOR = (
  LEFTARG = THE_TYPE, RIGHTARG = THE_TYPE, FUNCTION = THE_TYPE_eq,
  COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
CREATE OPERATOR <> (
  LEFTARG = THE_TYPE, RIGHTARG = THE_TYPE, FUNCTION = THE_TYPE_ne,
  COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
CREATE OPERATOR < (
  LEFTARG = THE_TYPE, RIGHTARG = THE_TYPE, FUNCTION = THE_TYPE_lt,
  COMMUTATOR = >, NEGATOR = >=, RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
CREATE OPERATOR <= (
  LEFTARG = THE_TYPE, RIGHTARG = THE_TYPE, FUNCTION = THE_TYPE_le,
  COMMUTATOR = >=, NEGATOR = >, RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
CREATE OPERATOR > (
  LEFTARG = THE_TYPE, RIGHTARG = THE_TYPE, FUNCTION = THE_TYPE_gt,
  COMMUTATOR = <, NEGATOR = <=, RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
CREATE OPERATOR >= (
  LEFTARG = THE_TYPE, RIGHTARG = THE_TYPE, FUNCTION = THE_TYPE_ge,
  COMMUTATOR = <=, NEGATOR = <, RESTRICT = scalargesel, JOIN = scalargejoinsel
);
CREATE OPERATOR CLASS THE_TYPE_ops DEFAULT FOR TYPE THE_TYPE USING btree AS
  OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 THE_TYPE_cmp(THE_TYPE, THE_TYPE),
  FUNCTION 2 pg_catalog.bytea_sortsupport(internal), FUNCTION 4 pg_catalog.btequalimage(oid);
CREATE OPERATOR CLASS THE_TYPE_hash_ops DEFAULT FOR TYPE THE_TYPE USING hash AS
  OPERATOR 1 =, FUNCTION 1 THE_TYPE_hash(THE_TYPE), FUNCTION 2 THE_TYPE_hash_extended(THE_TYPE, bigint);
