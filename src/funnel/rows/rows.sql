-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION window_funnel_accum(internal, interval, timestamptz, boolean[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_window_funnel_accum';
COMMENT ON FUNCTION window_funnel_accum(internal, interval, timestamptz, boolean[]) IS 'Collects a row for window_funnel().';
CREATE FUNCTION window_funnel_accum(internal, interval, timestamptz, text, boolean[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_window_funnel_accum_mode';
COMMENT ON FUNCTION window_funnel_accum(internal, interval, timestamptz, text, boolean[]) IS
  'Collects a row for window_funnel() with a mode.';
\collected window_funnel
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
Rows without a time are ignored. A NULL condition is false. A NULL window means no limit. There may be any number of conditions.
Errors: 22023 without a condition, and if the window or the number of conditions differs between rows of a group; 22004 for a NULL array;
22008 for an infinite time.';
CREATE AGGREGATE window_funnel(within interval, at timestamptz, mode text, VARIADIC steps boolean[]) (
  SFUNC = window_funnel_accum, STYPE = internal, SSPACE = 2048, FINALFUNC = window_funnel_final,
  COMBINEFUNC = window_funnel_combine, SERIALFUNC = window_funnel_serialize,
  DESERIALFUNC = window_funnel_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE window_funnel(interval, timestamptz, text, boolean[]) IS
  'Returns how many steps of a funnel a customer reached, from raw rows and with modes.
mode is a comma-separated list. Modes break a chain of events, and never take the customer out.
ordered: the default, other rows may come between the steps. strict: none may. any: the steps come in any order.
strict_increase, or strictly_increasing: no two rows of a chain have the same time.
strict_order: between two steps only conditions up to the next step are met. allow_reentry, with strict_order: any condition.
strict_deduplication: between the step before it and the last step, only one row meets the condition of a middle step.
strict_once: a row serves one step only, which is so anyway. shared: a row counts as one event for each condition that it meets.
Errors: 22023 for an unknown mode, and for modes that cannot be combined.';
