-- SPDX-License-Identifier: PostgreSQL
-- A packed type with its text and binary forms. The Makefile puts it in for each line
--   \packed THE_TYPE
-- The C functions are clientele_THE_TYPE_in, _out and _recv. The binary form is the stored bytes.
CREATE TYPE THE_TYPE;
CREATE FUNCTION THE_TYPE_in(cstring) RETURNS THE_TYPE
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_THE_TYPE_in';
COMMENT ON FUNCTION THE_TYPE_in(cstring) IS 'Reads the text form of THE_TYPE, and checks it.';
CREATE FUNCTION THE_TYPE_out(THE_TYPE) RETURNS cstring
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_THE_TYPE_out';
COMMENT ON FUNCTION THE_TYPE_out(THE_TYPE) IS 'Writes the text form of THE_TYPE.';
CREATE FUNCTION THE_TYPE_recv(internal) RETURNS THE_TYPE
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_THE_TYPE_recv';
COMMENT ON FUNCTION THE_TYPE_recv(internal) IS 'Reads the binary form of THE_TYPE, and checks it.';
CREATE FUNCTION THE_TYPE_send(THE_TYPE) RETURNS bytea
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteasend';
COMMENT ON FUNCTION THE_TYPE_send(THE_TYPE) IS 'Writes the binary form of THE_TYPE.';
CREATE TYPE THE_TYPE (
  INPUT = THE_TYPE_in, OUTPUT = THE_TYPE_out, RECEIVE = THE_TYPE_recv, SEND = THE_TYPE_send,
  INTERNALLENGTH = VARIABLE, STORAGE = extended
);
