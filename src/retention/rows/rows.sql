-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION retention_rows_accum(internal, boolean[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_retention_rows_accum';
COMMENT ON FUNCTION retention_rows_accum(internal, boolean[]) IS 'Collects a row for retention().';
\collected retention_rows
CREATE FUNCTION retention_rows_final(internal) RETURNS boolean[]
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_retention_rows_final';
COMMENT ON FUNCTION retention_rows_final(internal) IS 'Returns the answer for the collected rows.';

CREATE AGGREGATE retention(VARIADIC conditions boolean[]) (
  SFUNC = retention_rows_accum, STYPE = internal, SSPACE = 128, FINALFUNC = retention_rows_final,
  COMBINEFUNC = retention_rows_combine, SERIALFUNC = retention_rows_serialize, DESERIALFUNC = retention_rows_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE retention(boolean[]) IS
  'Returns which of some conditions a customer has met who met the first one, from raw rows.
Works on any table: SELECT customer, retention(day = ''2026-01-01'', day = ''2026-01-02'', day = ''2026-01-08'') … GROUP BY customer.
The first element is whether some row meets the first condition. Each other one is whether that is so, and some row meets its condition. The
order of rows does not matter: state times in the conditions. A NULL condition is false. No rows give NULL.
See retention_table() for retention on journeys. Errors: 22023 without conditions, or if their number is not the same for all rows.';

