-- SPDX-License-Identifier: PostgreSQL
-- Rows that are probably the same customer, although no identifier says so (Fellegi and Sunter 1969).

\packed match_def
COMMENT ON TYPE match_def IS
  'Defines which rows are compared, and how.
The function match_def makes it. Its text form is JSON, such as {"compare": ["surname:name", "born:code", "city:name", "email:exact"],
"block": ["surname"]}.
At most 20 compared columns, 64 block keys of 16 columns, and 1 MB (54000).';

\from_text match_def

\comparable match_def compare rows in the same way

\packed match_model
COMMENT ON TYPE match_model IS
  'A model of how likely two rows are the same customer, after Fellegi and Sunter.
The function match_fit makes it, or it is written by hand. Its text form is JSON, such as {"lambda": 0.2, "columns": [{"column": "surname",
"kind": "name", "m": [0.9, 0.06, 0.02, 0.02], "u": [0.01, 0.01, 0.03, 0.95]}, ...], "block": ["postcode"]}.
lambda is the share of candidate pairs that match. m and u have a number for each level of the column, equal first: its share among the
pairs that match, and among those that do not. match_weights() lists them. fit says how the fit went: rows, candidates, patterns (different
ways in which pairs agree), left_out (values of block keys), rounds, converged.
At most 16 MB (54000).';

\from_text match_model

\comparable match_model are the same model, found in the same way

CREATE FUNCTION match_def(
    compare text[], block text[], random_pairs bigint DEFAULT 100000, seed bigint DEFAULT 1) RETURNS match_def
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_match_def';
COMMENT ON FUNCTION match_def(text[], text[], bigint, bigint) IS
  'Defines which rows are compared and how, as in match_def(ARRAY[''name:name'', ''born:code'', ''city:name'', ''street:name''],
ARRAY[''born'', ''name+city'']).
compare: columns, each with its kind. name: for names and addresses, with the levels equal, close (Jaro-Winkler similarity of at least
0.92), similar (0.85) and different. code: for dates, postcodes and numbers, with equal, one edit, two edits (optimal string alignment
distance) and different. exact: equal and different. Texts are compared as match_text() returns them: without case and punctuation. block:
keys of one or more columns; two rows are compared if they are equal in all columns of at least one key. A name with + is in double quotes
there. random_pairs: how many pairs are drawn to begin with u; seed: which ones. NULL for random_pairs or seed is the default. Errors: 22023
for a column without a kind, a repeated column or key, no key, a key that leaves fewer than three compared columns outside it, and
random_pairs not from 1 to 10,000,000; 22004 for a NULL in an array; 54000 for more than 20 compared columns, 64 keys or 16 columns of a
key.';

CREATE FUNCTION match_columns(match_def) RETURNS text[]
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_match_columns';
COMMENT ON FUNCTION match_columns(match_def) IS
  'Returns the columns that a match_def needs: the compared ones in their order, then the others of the block keys.';
CREATE FUNCTION match_model_def(match_model) RETURNS match_def
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_match_model_def';
COMMENT ON FUNCTION match_model_def(match_model) IS 'Returns the match_def that a model was fitted with.';

CREATE FUNCTION match_weights(
    match_model, OUT column_name text, OUT kind text, OUT level text, OUT m float8, OUT u float8, OUT weight float8) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 40 AS 'MODULE_PATHNAME', 'clientele_match_weights';
COMMENT ON FUNCTION match_weights(match_model) IS
  'Lists the weights of a match_model: what any pair of candidates has, then one row for each level of each column.
The first row, in which column_name is NULL, has lambda as m, 1 - lambda as u, and their log2 odds as weight. m: the share of the level
among pairs that match. u: its share among candidates that do not. weight: log2(m / u). The weight of a pair is that of the first row plus
those of its levels; a column that is absent on either side adds nothing. The probability is 1 / (1 + 2 ^ -weight).';

-- The comparison functions

CREATE FUNCTION jaro_winkler(a text, b text) RETURNS float8
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'clientele_jaro_winkler';
COMMENT ON FUNCTION jaro_winkler(text, text) IS
  'Returns the Jaro-Winkler similarity of two texts, from 0 (nothing in common) to 1 (equal).
Characters are Unicode code points, compared as they are. The common prefix of up to 4 characters counts with a scale of 0.1, where the Jaro
similarity is above 0.7 (Winkler 1990). Errors: 54000 for more than 10,000 characters; 0A000 for text beyond ASCII in a database that is not
UTF8.';
CREATE FUNCTION edit_distance(a text, b text) RETURNS integer
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'clientele_edit_distance';
COMMENT ON FUNCTION edit_distance(text, text) IS
  'Returns how many characters must be inserted, deleted, changed or swapped with their neighbour to turn one text into the other.
This is the optimal string alignment distance: no part is edited twice, so it is 3 from ca to abc. Characters are Unicode code points.
Errors: 54000 for more than 10,000 characters; 0A000 for text beyond ASCII in a database that is not UTF8.';
CREATE FUNCTION without_punctuation(text) RETURNS text
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2 AS 'MODULE_PATHNAME', 'clientele_without_punctuation';
COMMENT ON FUNCTION without_punctuation(text) IS
  'Returns a text with a blank in place of each run of blanks and punctuation, and none at the ends; NULL if nothing is left.
Punctuation is what Unicode calls so, and all ASCII characters that are not letters, digits or control characters. Errors: 0A000 for text
beyond ASCII in a database that is not UTF8.';
CREATE FUNCTION match_text(value text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT clientele.without_punctuation(clientele.clean_key($1, 'nocase')) $$;
COMMENT ON FUNCTION match_text(text) IS
  'Returns the form in which a text is compared: clean_key(value, ''nocase'') with punctuation as blanks.
NULL for what is absent: blank, a stand-in such as n/a, only punctuation, or longer than 10,000 bytes. Errors: as clean_key.';

-- Reading the rows

CREATE FUNCTION match_fit_rows(rows refcursor, def match_def) RETURNS match_model
  LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE COST 100000 AS 'MODULE_PATHNAME', 'clientele_match_fit_rows';
COMMENT ON FUNCTION match_fit_rows(refcursor, match_def) IS
  'Fits a match_model to the rows of an open cursor, which has a column of type text for each of match_columns(def), as clean_key(value,
''nocase'') returns it; a part of match_fit().
Errors: as match_fit; also 34000 for a cursor that is not there, 42804 for other columns.';
CREATE FUNCTION match_pair_rows(rows refcursor, model match_model, at_least float8)
  RETURNS TABLE (a text, b text, probability float8, weight float8, levels text[])
  LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE COST 100000 AS 'MODULE_PATHNAME', 'clientele_match_pair_rows';
COMMENT ON FUNCTION match_pair_rows(refcursor, match_model, float8) IS
  'Finds pairs among the rows of an open cursor as match_fit_rows() reads it, with an id as its first column; a part of match_pairs().
Errors: as match_pairs; also 34000 for a cursor that is not there, 42804 for other columns.';

CREATE FUNCTION match_left_out_rows(rows refcursor, def match_def) RETURNS TABLE (block_key text, value text, "rows" bigint)
  LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE COST 100000 AS 'MODULE_PATHNAME', 'clientele_match_left_out_rows';
COMMENT ON FUNCTION match_left_out_rows(refcursor, match_def) IS
  'Finds the values of block keys that are left out, among the rows of an open cursor as match_fit_rows() reads it; a part of
match_left_out().
Errors: as match_fit_rows.';

CREATE FUNCTION match_columns_of(relation regclass, def match_def, id text DEFAULT NULL) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  wanted CONSTANT text[] := clientele.match_columns(def);
  missing text;
BEGIN
  SELECT w.name INTO missing FROM unnest(wanted || id) w (name)
  WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = w.name AND a.attnum > 0 AND NOT a.attisdropped)
    AND w.name IS NOT NULL LIMIT 1;
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'column "%" of % does not exist', missing, relation USING ERRCODE = 'undefined_column';
  END IF;
  RETURN concat_ws(', ', 's.' || quote_ident(id) || '::text',
    (SELECT string_agg(format('clientele.clean_key(s.%I::text, ''nocase'')', w.name), ', ' ORDER BY w.n)
     FROM unnest(wanted) WITH ORDINALITY w (name, n)));
END $$;
COMMENT ON FUNCTION match_columns_of(regclass, match_def, text) IS
  'Returns the columns to select from a relation for match_fit_rows(), or with an id for match_pair_rows(); a part of match_pairs().
Errors: 42703 for a column that the relation does not have.';

CREATE FUNCTION match_id_of(relation regclass) RETURNS text
  LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT a.attname::text FROM pg_attribute a
  LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum
  WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY i.indexrelid IS NULL, a.attnum LIMIT 1
$$;
COMMENT ON FUNCTION match_id_of(regclass) IS
  'Returns the column that names the rows of a relation: the primary key if it is one column, otherwise the first column.';

CREATE FUNCTION match_fit(relation regclass, def match_def) RETURNS match_model
  LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
  SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET extra_float_digits = 1
  SET bytea_output = 'hex' SET lc_monetary = 'C' SET xmlbinary = 'base64' SET quote_all_identifiers = off AS $$
DECLARE
  columns CONSTANT text := clientele.match_columns_of(relation, def);
  source CONSTANT record := clientele.open_source(relation, 'relation');
  rows refcursor;
  model clientele.match_model;
BEGIN
  OPEN rows NO SCROLL FOR EXECUTE format('SELECT %s FROM %s s', columns, source.relation);
  model := clientele.match_fit_rows(rows, def);
  CLOSE rows;
  IF source.opened THEN
    EXECUTE format('DROP VIEW %s', source.relation);
  END IF;
  RETURN model;
END $$;
COMMENT ON FUNCTION match_fit(regclass, match_def) IS
  'Fits a model of which rows of a table or view are the same customer; it needs no examples.
relation: one row for each customer as a source knows them. The candidates are the pairs that are equal in all columns of a block
key, none of them NULL; a value shared by more than 300 rows is left out, and a warning names it. lambda, m and u are estimated by the EM
algorithm over all candidates (Winkler 1988), m beginning with 0.9 for equal, u with the shares in random pairs, lambda with half the
number of rows over that of candidates, at most 0.5. Each distribution at the start counts as 10 pairs, lambda as one match of two. It ends
when lambda moves by less than 10^-9, or after 500 rounds; no share is below 10^-6. A warning names each column whose m for equal is below
its u. The model depends on the values in the rows only. Memory grows with the rows, not with the pairs: about 150 bytes for a row of ten
columns. Values are read with the time zone UTC and ISO dates. Errors: 42703 for a column that is not there; 22023 if no two rows are equal
in a block key; 54000 for more than 4,194,304 patterns; 42501 if you may not read the relation, or if that would run code of a role that
you do not trust.';

CREATE FUNCTION match_pairs(relation regclass, model match_model, at_least float8 DEFAULT 0.5, id text DEFAULT NULL)
  RETURNS TABLE (a text, b text, probability float8, weight float8, levels text[])
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
  SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET extra_float_digits = 1
  SET bytea_output = 'hex' SET lc_monetary = 'C' SET xmlbinary = 'base64' SET quote_all_identifiers = off AS $$
DECLARE
  columns CONSTANT text := clientele.match_columns_of(relation, clientele.match_model_def(model),
                                                      coalesce(id, clientele.match_id_of(relation)));
  source record;
  rows refcursor;
BEGIN
  IF relation IS NULL OR model IS NULL OR at_least IS NULL THEN
    RAISE EXCEPTION 'relation, model and at_least must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  source := clientele.open_source(relation, 'relation');
  OPEN rows NO SCROLL FOR EXECUTE format('SELECT %s FROM %s s', columns, source.relation);
  RETURN QUERY SELECT p.a, p.b, p.probability, p.weight, p.levels FROM clientele.match_pair_rows(rows, model, at_least) p;
  CLOSE rows;
  IF source.opened THEN
    EXECUTE format('DROP VIEW %s', source.relation);
  END IF;
END $$;
COMMENT ON FUNCTION match_pairs(regclass, match_model, float8, text) IS
  'Returns the pairs of rows of a table or view that are probably the same customer, by a model that match_fit() made.
relation: the table that the model was fitted on, or another one with the same columns. at_least: the least probability. id: the column
that names a row, different in each; NULL is the primary key if it is one column, otherwise the first column. a and b: the ids of both
rows, a before b: whole numbers by size, then others by their bytes. weight: the log2 odds of a match, the sum of the weights of
match_weights(). probability: 1 / (1 + 2 ^ -weight). levels: how each compared column agrees, in the order of the definition; NULL where a
value is absent. Each pair comes once. The rows come in an order that depends on the values only; use ORDER BY probability DESC. Memory and
warnings are those of match_fit(). Errors: as match_fit; also 22023 for an id of two rows, and for at_least not from 0 to 1; 22004 for an
id that is NULL.';

CREATE FUNCTION match_left_out(relation regclass, def match_def) RETURNS TABLE (block_key text, value text, "rows" bigint)
  LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
  SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET extra_float_digits = 1
  SET bytea_output = 'hex' SET lc_monetary = 'C' SET xmlbinary = 'base64' SET quote_all_identifiers = off AS $$
DECLARE
  columns CONSTANT text := clientele.match_columns_of(relation, def);
  source CONSTANT record := clientele.open_source(relation, 'relation');
  texts refcursor;
BEGIN
  OPEN texts NO SCROLL FOR EXECUTE format('SELECT %s FROM %s s', columns, source.relation);
  RETURN QUERY SELECT l.block_key, l.value, l."rows" FROM clientele.match_left_out_rows(texts, def) l;
  CLOSE texts;
  IF source.opened THEN
    EXECUTE format('DROP VIEW %s', source.relation);
  END IF;
END $$;
COMMENT ON FUNCTION match_left_out(regclass, match_def) IS
  'Returns the values of block keys that more than 300 rows share, by which rows are not compared, with how many rows have each.
match_fit() and match_pairs() warn of the most frequent ones; this function lists all of them, key by key, the most frequent first. value:
as match_text() returns it, with " + " between the columns of a key. Errors: as match_fit.';
