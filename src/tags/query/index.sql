-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION tag_ops_query(text[], internal, smallint, internal, internal, internal, internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_tag_ops_query';
COMMENT ON FUNCTION tag_ops_query(text[], internal, smallint, internal, internal, internal, internal) IS
  'Returns the tags that an index with tag_ops looks up for a query.';
CREATE FUNCTION tag_ops_consistent(internal, smallint, text[], integer, internal, internal, internal, internal) RETURNS boolean
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_tag_ops_consistent';
COMMENT ON FUNCTION tag_ops_consistent(internal, smallint, text[], integer, internal, internal, internal, internal) IS
  'Returns whether a row with these tags matches; used by indexes with tag_ops.';
CREATE FUNCTION tag_ops_compare_partial(text, text, smallint, internal) RETURNS integer
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_tag_ops_compare_partial';
COMMENT ON FUNCTION tag_ops_compare_partial(text, text, smallint, internal) IS
  'Compares a tag with a range of tags that is looked up; used by indexes with tag_ops.';
CREATE FUNCTION tag_ops_triconsistent(internal, smallint, text[], integer, internal, internal, internal) RETURNS "char"
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_tag_ops_triconsistent';
COMMENT ON FUNCTION tag_ops_triconsistent(internal, smallint, text[], integer, internal, internal, internal) IS
  'Returns whether a row may match if some of its tags are not known yet; used by indexes with tag_ops.';

-- Not the default: text[] has one, which covers <@ and = as well.
CREATE OPERATOR CLASS tag_ops FOR TYPE text[] USING gin AS
  OPERATOR 1 && (anyarray, anyarray),
  OPERATOR 2 @> (anyarray, anyarray),
  OPERATOR 7 @@ (text[], tag_query),
  FUNCTION 1 bttext_pattern_cmp(text, text),
  FUNCTION 2 ginarrayextract(anyarray, internal, internal),
  FUNCTION 3 tag_ops_query(text[], internal, smallint, internal, internal, internal, internal),
  FUNCTION 4 tag_ops_consistent(internal, smallint, text[], integer, internal, internal, internal, internal),
  FUNCTION 5 tag_ops_compare_partial(text, text, smallint, internal),
  FUNCTION 6 tag_ops_triconsistent(internal, smallint, text[], integer, internal, internal, internal),
  STORAGE text;
COMMENT ON OPERATOR CLASS tag_ops USING gin IS
  'Finds arrays of tags by tags @@ tag_query, and by && and @>: CREATE INDEX ON customers USING gin (tags tag_ops).';
