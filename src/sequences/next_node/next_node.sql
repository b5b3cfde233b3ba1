-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION sequence_next_node_accum(internal, text, text, timestamptz, text, boolean) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_sequence_next_node_accum';
COMMENT ON FUNCTION sequence_next_node_accum(internal, text, text, timestamptz, text, boolean) IS
  'Collects a row for sequence_next_node() without conditions.';
CREATE FUNCTION sequence_next_node_accum(internal, text, text, timestamptz, text, boolean, boolean[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_sequence_next_node_accum_conditions';
COMMENT ON FUNCTION sequence_next_node_accum(internal, text, text, timestamptz, text, boolean, boolean[]) IS
  'Collects a row for sequence_next_node().';
\collected sequence_next_node
CREATE FUNCTION sequence_next_node_final(internal) RETURNS text
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_sequence_next_node_final';
COMMENT ON FUNCTION sequence_next_node_final(internal) IS 'Returns the value of the row that follows in the collected rows.';

CREATE AGGREGATE sequence_next_node(direction text, base text, at timestamptz, value text, base_condition boolean) (
  SFUNC = sequence_next_node_accum, STYPE = internal, SSPACE = 2048, FINALFUNC = sequence_next_node_final,
  COMBINEFUNC = sequence_next_node_combine, SERIALFUNC = sequence_next_node_serialize,
  DESERIALFUNC = sequence_next_node_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE sequence_next_node(text, text, timestamptz, text, boolean) IS
  'Returns the value of a customer''s first or last row if it meets a condition.
direction and base are forward and head, or backward and tail. See the one with conditions.';
CREATE AGGREGATE sequence_next_node(direction text, base text, at timestamptz, value text, base_condition boolean,
                                    VARIADIC conditions boolean[]) (
  SFUNC = sequence_next_node_accum, STYPE = internal, SSPACE = 2048, FINALFUNC = sequence_next_node_final,
  COMBINEFUNC = sequence_next_node_combine, SERIALFUNC = sequence_next_node_serialize,
  DESERIALFUNC = sequence_next_node_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE sequence_next_node(text, text, timestamptz, text, boolean, boolean[]) IS
  'Returns what a customer did next, or before, after a sequence of neighbouring rows: the value of that row.
Works on any table: SELECT customer, sequence_next_node(''forward'', ''first_match'', at, page, true, page = ''home'', page = ''search'') …
GROUP BY customer returns the page after the first visit of home, if the page after home is search.
The base is the first row (head) or the last one (tail), which must meet the base condition, or the first or the last row that meets it and
the first condition (first_match, last_match). From there, forward or backward, one row after the other must meet the conditions; no other
base is tried. The result is the value of the row after these, and NULL if there is none.
Rows are ordered by time, by value as bytes, and by conditions. Rows without a time or a value are ignored. A NULL condition is false.
Errors: 22023 for another word, for head with backward, for tail with forward, for a match without conditions, and if these are not the same
for all rows.';

