-- SPDX-License-Identifier: PostgreSQL

\packed path_def
COMMENT ON TYPE path_def IS
  'A definition of paths: where they start and end, and how they are cut. The function path_def() makes one. Its text form is JSON, such
as {"session_gap": "00:30:00"}.
At most 1 MB (54000).';

\from_text path_def

CREATE FUNCTION path_def(
    session_gap interval DEFAULT NULL, start_at text DEFAULT NULL, end_at text DEFAULT NULL,
    collapse boolean DEFAULT false, reverse boolean DEFAULT false, max_length integer DEFAULT NULL,
    by_step boolean DEFAULT true, min_weight bigint DEFAULT 1, times boolean DEFAULT true, keep text DEFAULT NULL,
    groups text[] DEFAULT NULL, ends boolean DEFAULT false, top integer DEFAULT NULL, rest text DEFAULT '(other)') RETURNS path_def
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_path_def';
COMMENT ON FUNCTION path_def(interval, text, text, boolean, boolean, integer, boolean, bigint, boolean, text, text[], boolean, integer, text) IS
  'Describes paths, as in path_def(session_gap => ''30 minutes'', start_at => ''search'').
session_gap: a longer gap between two events starts a new session, and each session has at most one path. NULL takes all events of a
customer as one session. keep: a selector; other events are left out, but sessions are cut with them. start_at, end_at: selectors. The path
runs from the first start event to the first end event after it, and a session without them has no path. groups: texts such as
''Payment=pay|web:pay''. The first group whose selector picks an event gives it its name; names of events and of groups that are equal are
one. collapse: a run of one name counts once, at the time of the first. reverse: the path is read backwards. max_length: the path keeps at
most that many events, after all of the above. For path_links(), path_counts() and dwell() also: min_weight leaves out what fewer customers
have; times => false skips the median times; top shows that many events (of path_links() at each step; of path_counts(), paths) by name, and
the others as rest. For path_links() also: by_step counts the same link at different steps separately; ends adds links from the events at
which paths end. Name the options: a single quoted string would be read as JSON. Errors: 22023 for a gap with months or below zero, a
max_length, min_weight or top below 1, a group without a name, an empty rest, and a selector''s syntax, 22004 for a group that is NULL.';

\comparable path_def ask the same, word for word

-- Paths

CREATE FUNCTION journey_path(journey, path_def) RETURNS text[]
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_journey_path';
COMMENT ON FUNCTION journey_path(journey, path_def) IS
  'Returns the first path of a journey by a path_def, as names of events; NULL if there is none.
A name is the event, or channel:event where there is a channel; an event type without a name shows as #3. Events of equal time are in the
order of (channel, event, properties) COLLATE "C". Errors: 42704 for an unknown event in keep, start_at, end_at or groups.';
CREATE FUNCTION journey_paths(journey, path_def, OUT path_number integer, OUT at timestamptz, OUT path text[])
  RETURNS SETOF record
  LANGUAGE c STABLE STRICT PARALLEL SAFE ROWS 10 COST 100 AS 'MODULE_PATHNAME', 'clientele_journey_paths';
COMMENT ON FUNCTION journey_paths(journey, path_def) IS
  'Lists all paths of a journey by a path_def, at most one for each session, numbered from 1.
at is the time at which the path begins, before it is turned around or cut to length. Otherwise as journey_path.';

CREATE FUNCTION journey_path_accum(internal, timestamptz, text) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_raw_path_row';
COMMENT ON FUNCTION journey_path_accum(internal, timestamptz, text) IS 'Collects a row for journey_path().';
CREATE FUNCTION journey_path_accum(internal, timestamptz, text, path_def) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_raw_path_row';
COMMENT ON FUNCTION journey_path_accum(internal, timestamptz, text, path_def) IS 'Collects a row for journey_path() with a path_def.';
CREATE FUNCTION journey_path_combine(internal, internal) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_raw_path_combine';
COMMENT ON FUNCTION journey_path_combine(internal, internal) IS 'Joins what two parallel workers collected.';
CREATE FUNCTION journey_path_serialize(internal) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_raw_path_serialize';
COMMENT ON FUNCTION journey_path_serialize(internal) IS 'Writes what a parallel worker collected.';
CREATE FUNCTION journey_path_deserialize(bytea, internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_raw_path_deserialize';
COMMENT ON FUNCTION journey_path_deserialize(bytea, internal) IS 'Reads what a parallel worker collected.';
CREATE FUNCTION journey_path_final(internal) RETURNS text[]
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_raw_path_final';
COMMENT ON FUNCTION journey_path_final(internal) IS 'Finds the path in the collected rows.';
CREATE AGGREGATE journey_path(at timestamptz, event text) (
  SFUNC = journey_path_accum, STYPE = internal, SSPACE = 2048, FINALFUNC = journey_path_final,
  COMBINEFUNC = journey_path_combine, SERIALFUNC = journey_path_serialize, DESERIALFUNC = journey_path_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey_path(timestamptz, text) IS
  'Returns the names of the events of one customer, which are rows of any table in any order, in the order of time.
Events of equal time are in the order of their names, COLLATE "C". Rows without a time or an event are ignored. Errors: 22008 for an
infinite time.';
CREATE AGGREGATE journey_path(at timestamptz, event text, path_def) (
  SFUNC = journey_path_accum, STYPE = internal, SSPACE = 2048, FINALFUNC = journey_path_final,
  COMBINEFUNC = journey_path_combine, SERIALFUNC = journey_path_serialize, DESERIALFUNC = journey_path_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey_path(timestamptz, text, path_def) IS
  'Returns the first path by a path_def in the events of one customer, which are rows of any table in any order; NULL if there is none.
The selectors of the path_def are compared with the names of the events: one without a channel with the whole name, one with a channel
with channel:event. No dictionary is read, so a name that never occurs is not an error. Rows without a time, an event or a path_def are
ignored. Errors: 0A000 for a selector with properties or a number, 22008 for an infinite time.';
