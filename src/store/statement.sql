-- SPDX-License-Identifier: PostgreSQL
-- What SQL text that a caller gives is, by PostgreSQL's own parser.

CREATE FUNCTION read_sql(source text, OUT kind text, OUT body text)
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_read_sql';
COMMENT ON FUNCTION read_sql(text) IS
  'Says what a piece of SQL is: query (one SELECT, VALUES or TABLE, with or without WITH, brackets and set operations) or expression (one
value).
body is the text without a semicolon at its end and what follows it. Nothing is looked up or executed. Errors: 42601 for bad syntax, several
statements and other commands; 0A000 for SELECT INTO, FOR UPDATE and a WITH that changes data; 42P02 for parameters such as $1; 54000
for more than 1 MB.';
