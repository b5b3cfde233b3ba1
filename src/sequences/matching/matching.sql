-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION sequence_accum(internal, text, timestamptz, boolean[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_sequence_accum';
COMMENT ON FUNCTION sequence_accum(internal, text, timestamptz, boolean[]) IS 'Collects a row for sequence_match() and its kin.';
\collected sequence
CREATE FUNCTION sequence_match_final(internal) RETURNS boolean
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_sequence_match_final';
COMMENT ON FUNCTION sequence_match_final(internal) IS 'Returns whether the collected rows contain the pattern.';
CREATE FUNCTION sequence_count_final(internal) RETURNS bigint
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_sequence_count_final';
COMMENT ON FUNCTION sequence_count_final(internal) IS 'Returns how often the collected rows contain the pattern.';
CREATE FUNCTION sequence_match_events_final(internal) RETURNS timestamptz[]
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_sequence_match_events_final';
COMMENT ON FUNCTION sequence_match_events_final(internal) IS 'Returns the times of the first match in the collected rows.';

CREATE AGGREGATE sequence_match(pattern text, at timestamptz, VARIADIC conditions boolean[]) (
  SFUNC = sequence_accum, STYPE = internal, SSPACE = 1024, FINALFUNC = sequence_match_final,
  COMBINEFUNC = sequence_combine, SERIALFUNC = sequence_serialize, DESERIALFUNC = sequence_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE sequence_match(text, timestamptz, boolean[]) IS
  'Returns whether a customer''s rows contain a sequence, from raw rows with numbered conditions.
Works on any table: SELECT customer, sequence_match(''(?1).*(?2)'', at, event = ''search'', event = ''buy'') … GROUP BY customer.
A pattern is made of (?N), a row that meets condition N; a point, any row; .*, any number of rows; and (?t<=3600), the seconds from the row
before to the row after, with <, <=, >, >=, == or !=. An element takes the row that directly follows the one before, unless .* or a time
stands between. Rows that meet no condition and rows without a time are ignored. Rows of equal time are ordered by conditions: those that
meet the first one come first. A NULL condition is false. No rows give NULL.
Errors: 22023 for what is not a pattern, with the character, and if the pattern is not the same for all rows; 54000 for more than 10,000
elements, and where rows times conditions of the pattern exceed 2^33.';
CREATE AGGREGATE sequence_count(pattern text, at timestamptz, VARIADIC conditions boolean[]) (
  SFUNC = sequence_accum, STYPE = internal, SSPACE = 1024, FINALFUNC = sequence_count_final,
  COMBINEFUNC = sequence_combine, SERIALFUNC = sequence_serialize, DESERIALFUNC = sequence_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE sequence_count(text, timestamptz, boolean[]) IS
  'Returns how often a customer''s rows contain a sequence, from raw rows with numbered conditions.
Patterns are those of sequence_match(). Matches do not overlap: the next one begins after the last row of the one before. A match takes the
earliest rows that it can.
Errors: as sequence_match(), and 54000 where rows times elements exceed 2^33.';
CREATE AGGREGATE sequence_match_events(pattern text, at timestamptz, VARIADIC conditions boolean[]) (
  SFUNC = sequence_accum, STYPE = internal, SSPACE = 1024, FINALFUNC = sequence_match_events_final,
  COMBINEFUNC = sequence_combine, SERIALFUNC = sequence_serialize, DESERIALFUNC = sequence_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE sequence_match_events(text, timestamptz, boolean[]) IS
  'Returns the times of a sequence in a customer''s rows, or how far the customer came in it.
Patterns are those of sequence_match(). Of the pattern the longest beginning is taken that ends with a (?N) and has a match: all up to its
last (?N), if that has one. The result has a time for each (?N) of the first match, which takes the earliest rows that it can; {} if no
beginning has a match.
Errors: as sequence_count().';

