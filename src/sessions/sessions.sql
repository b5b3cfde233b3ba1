-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION session_count(journey, gap interval) RETURNS integer
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_session_count';
COMMENT ON FUNCTION session_count(journey, interval) IS
  'Counts the sessions of a journey: runs of events with no gap longer than the limit.
A gap equal to the limit stays in the session; the empty journey has none. Errors: 22023 for a gap with months or below zero.';

CREATE FUNCTION sessions(journey, gap interval,
    OUT session integer, OUT started_at timestamptz, OUT ended_at timestamptz, OUT events integer, OUT duration interval,
    OUT first_event integer, OUT last_event integer, OUT amount numeric)
  RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 20 COST 100 AS 'MODULE_PATHNAME', 'clientele_sessions';
COMMENT ON FUNCTION sessions(journey, interval) IS
  'Lists the sessions of a journey: runs of events with no gap longer than the limit.
A gap equal to the limit stays in the session. first_event and last_event are event type ids (of equal times the lowest and the highest);
amount is the sum of the amounts, NULL if there is none. Errors: 22023 for a gap with months or below zero.';

CREATE FUNCTION sessionize(at timestamptz, gap interval) RETURNS bigint
  LANGUAGE c IMMUTABLE WINDOW PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_sessionize';
COMMENT ON FUNCTION sessionize(timestamptz, interval) IS
  'Numbers the sessions of each partition from 1, on any table: sessionize(at, ''30 minutes'') OVER (PARTITION BY customer ORDER BY at).
A gap equal to the limit stays in the session. A row without a time gets NULL and is ignored otherwise. Errors: 22023 if the window is not
ordered by time, or for a gap with months or below zero; 22008 for an infinite time.';
