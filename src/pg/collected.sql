-- SPDX-License-Identifier: PostgreSQL
-- What an aggregate whose state collects the rows of one customer needs to run in parallel workers, beside the
-- functions that add a row and give the answer. The Makefile puts it in for each line
--   \collected NAME
-- The C functions are clientele_NAME_combine, _serialize and _deserialize.
CREATE FUNCTION THE_TYPE_combine(internal, internal) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_THE_TYPE_combine';
COMMENT ON FUNCTION THE_TYPE_combine(internal, internal) IS 'Joins what two parallel workers collected.';
CREATE FUNCTION THE_TYPE_serialize(internal) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_THE_TYPE_serialize';
COMMENT ON FUNCTION THE_TYPE_serialize(internal) IS 'Writes what a parallel worker collected.';
CREATE FUNCTION THE_TYPE_deserialize(bytea, internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_THE_TYPE_deserialize';
COMMENT ON FUNCTION THE_TYPE_deserialize(bytea, internal) IS 'Reads what a parallel worker collected.';
