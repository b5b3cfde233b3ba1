-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION window_funnel_accum(internal, interval, timestamptz, boolean[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_window_funnel_accum';
COMMENT ON FUNCTION window_funnel_accum(internal, interval, timestamptz, boolean[]) IS 'Collects a row for window_funnel().';
CREATE FUNCTION window_funnel_accum(internal, interval, timestamptz, text, boolean[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_window_funnel_accum_mode';
COMMENT ON FUNCTION window_funnel_accum(internal, interval, timestamptz, text, boolean[]) IS
  'Collects a row for window_funnel() with a mode.';
CREATE FUNCTION window_funnel_combine(internal, internal) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_window_funnel_combine';
COMMENT ON FUNCTION window_funnel_combine(internal, internal) IS 'Joins what two parallel workers collected.';
CREATE FUNCTION window_funnel_serialize(internal) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_window_funnel_serialize';
COMMENT ON FUNCTION window_funnel_serialize(internal) IS 'Packs what a parallel worker collected.';
CREATE FUNCTION window_funnel_deserialize(bytea, internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_window_funnel_deserialize';
COMMENT ON FUNCTION window_funnel_deserialize(bytea, internal) IS 'Unpacks what a parallel worker collected.';
CREATE FUNCTION window_funnel_final(internal) RETURNS integer
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_window_funnel_final';
COMMENT ON FUNCTION window_funnel_final(internal) IS 'Returns the depth of the collected rows.';

CREATE AGGREGATE window_funnel(within interval, at timestamptz, VARIADIC steps boolean[]) (
  SFUNC = window_funnel_accum, STYPE = internal, SSPACE = 2048, FINALFUNC = window_funnel_final,
  COMBINEFUNC = window_funnel_combine, SERIALFUNC = window_funnel_serialize,
  DESERIALFUNC = window_funnel_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE window_funnel(interval, timestamptz, boolean[]) IS
  'Returns how many steps of a funnel a customer reached, from raw rows with one condition for each step.
Works on any table: SELECT customer, window_funnel(''1 day'', at, event = ''search'', event = ''buy'') … GROUP BY customer.
Rows without a time are ignored. A NULL condition is false. A NULL window means no limit. Errors: 54000 for more than 1,000 conditions.';
CREATE AGGREGATE window_funnel(within interval, at timestamptz, mode text, VARIADIC steps boolean[]) (
  SFUNC = window_funnel_accum, STYPE = internal, SSPACE = 2048, FINALFUNC = window_funnel_final,
  COMBINEFUNC = window_funnel_combine, SERIALFUNC = window_funnel_serialize,
  DESERIALFUNC = window_funnel_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE window_funnel(interval, timestamptz, text, boolean[]) IS
  'Returns how many steps of a funnel a customer reached, from raw rows and with a mode.
mode is a comma-separated list of ordered, strict, any and strictly_increasing.';

