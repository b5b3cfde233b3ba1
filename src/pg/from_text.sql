-- SPDX-License-Identifier: PostgreSQL
-- The casts of strings to a type with a literal of its own. The Makefile puts them in for each line
--   \from_text THE_TYPE
-- The C function is clientele_THE_TYPE_from_text.
CREATE FUNCTION text_to_THE_TYPE(text) RETURNS THE_TYPE
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_THE_TYPE_from_text';
COMMENT ON FUNCTION text_to_THE_TYPE(text) IS 'Reads the text form of THE_TYPE; used by the cast from text.';
CREATE CAST (text AS THE_TYPE) WITH FUNCTION text_to_THE_TYPE(text) AS IMPLICIT;
CREATE FUNCTION varchar_to_THE_TYPE(varchar) RETURNS THE_TYPE
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_THE_TYPE_from_text';
COMMENT ON FUNCTION varchar_to_THE_TYPE(varchar) IS 'Reads the text form of THE_TYPE, for drivers that bind strings as varchar.';
CREATE CAST (varchar AS THE_TYPE) WITH FUNCTION varchar_to_THE_TYPE(varchar) AS IMPLICIT;
