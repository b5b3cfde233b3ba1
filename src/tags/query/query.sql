-- SPDX-License-Identifier: PostgreSQL

\packed tag_query
COMMENT ON TYPE tag_query IS
  'A question about tags, such as vip & !(churn | blocked) & city=Shanghai & age between 30 and 40.
! is not, & is and, | is or, in this order of precedence, and (brackets) group. A tag splits at its first = into a name and a value. vip
matches the tag, with or without a value; behaviour.* matches any tag below, at any depth, but not behaviour itself. = and != compare
text; <, <=, >, >= and between (inclusive) compare decimal numbers as double precision, and a value that is not a number does not
match. Of several values of one name any may match, so city!=Beijing needs a value that differs, and !city=Beijing that none is
equal. Everything is bytewise: upper and lower case differ. A name or a value ends at white space (also U+00A0 and U+3000), control
characters and & | ! ( ) = < > " '' * and the comma; in "double quotes", with "" for a quote, it may contain anything. "city=New York"
is that whole tag. The normal form has the parts of each group sorted and without repetition; this form is printed, compared and
hashed. Errors: 42601 with the character where the syntax breaks; 54000 for more than 1 MB or 1,000 nested brackets.';

\from_text tag_query

\comparable tag_query have the same normal form

CREATE FUNCTION tag_query_names(tag_query) RETURNS text[]
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_tag_query_names';
COMMENT ON FUNCTION tag_query_names(tag_query) IS
  'Lists the names of tags in a query, in bytewise order and without repetition.
A wildcard is listed as it is written, such as behaviour.*, and cannot be distinguished from a quoted name that looks the same.';

-- Matching

CREATE FUNCTION tag_match(tags text[], query tag_query) RETURNS boolean
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'clientele_tag_match';
COMMENT ON FUNCTION tag_match(text[], tag_query) IS
  'True if the tags of a customer match a tag query; as an operator tags @@ query, which an index with tag_ops speeds up.
NULL for NULL tags; an element that is NULL is ignored. A customer without tags has an empty array, for which !vip is true. Of an array
of several dimensions all elements count.';
CREATE FUNCTION tag_match(tags jsonb, query tag_query) RETURNS boolean
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'clientele_tag_match_jsonb';
COMMENT ON FUNCTION tag_match(jsonb, tag_query) IS
  'True if tags that are stored as jsonb match a tag query.
An array lists tags, as in ["vip", "city=Shanghai"]; an object has their names and values, as in {"vip": true, "city": "Shanghai",
"score": {"value": 120}}: true is the tag by itself, a text or a number is its value, an array has several values, an object inside has
the names below it; false and null are not tags. A number is as jsonb prints it. There is no operator for it, because that would make
other uses of jsonb @@ ambiguous.';
CREATE FUNCTION tag_match_commuted(query tag_query, tags text[]) RETURNS boolean
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'clientele_tag_match_commuted';
COMMENT ON FUNCTION tag_match_commuted(tag_query, text[]) IS 'True if the tags match the query; used by the operator query @@ tags.';
CREATE FUNCTION tag_query_selectivity(internal, oid, internal, integer) RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_tag_query_selectivity';
COMMENT ON FUNCTION tag_query_selectivity(internal, oid, internal, integer) IS
  'Estimates for the planner how many rows a tag query finds, from the frequencies of tags that ANALYZE gathers.';
CREATE OPERATOR @@ (
  LEFTARG = text[], RIGHTARG = tag_query, FUNCTION = tag_match, COMMUTATOR = @@,
  RESTRICT = tag_query_selectivity, JOIN = contjoinsel
);
CREATE OPERATOR @@ (
  LEFTARG = tag_query, RIGHTARG = text[], FUNCTION = tag_match_commuted, COMMUTATOR = @@,
  RESTRICT = tag_query_selectivity, JOIN = contjoinsel
);
