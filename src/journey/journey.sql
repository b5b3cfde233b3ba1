-- SPDX-License-Identifier: PostgreSQL

\packed journey
COMMENT ON TYPE journey IS
  'All events of one customer in the order of time, packed to about four bytes an event.
It holds at most 33,554,432 events of 65,536 types (54000).';

\from_text journey

CREATE CAST (journey AS bytea) WITHOUT FUNCTION;
CREATE FUNCTION bytea_to_journey(bytea) RETURNS journey
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_journey_from_bytea';
COMMENT ON FUNCTION bytea_to_journey(bytea) IS 'Returns bytes as a journey, after a check that they are one in canonical form.';
CREATE CAST (bytea AS journey) WITH FUNCTION bytea_to_journey(bytea);

\comparable journey hold the same events

CREATE FUNCTION journey_concat(journey, journey) RETURNS journey
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'clientele_journey_concat';
COMMENT ON FUNCTION journey_concat(journey, journey) IS
  'Joins two journeys into one that holds the events of both, equal ones included.';
CREATE OPERATOR || (
  LEFTARG = journey, RIGHTARG = journey, FUNCTION = journey_concat, COMMUTATOR = ||
);
CREATE FUNCTION journey_minus(journey, journey) RETURNS journey
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'clientele_journey_minus';
COMMENT ON FUNCTION journey_minus(journey, journey) IS
  'Takes the events of the second journey from the first, each as often as the second has it.';
CREATE OPERATOR - (LEFTARG = journey, RIGHTARG = journey, FUNCTION = journey_minus);

-- Packing

CREATE FUNCTION journey_accum(internal, timestamptz, integer) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_pack_row';
COMMENT ON FUNCTION journey_accum(internal, timestamptz, integer) IS 'Collects a row for journey().';
CREATE FUNCTION journey_accum(internal, timestamptz, integer, bigint) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_pack_row';
COMMENT ON FUNCTION journey_accum(internal, timestamptz, integer, bigint) IS 'Collects a row with an item for journey().';
CREATE FUNCTION journey_accum(internal, timestamptz, integer, bigint, numeric) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_pack_row';
COMMENT ON FUNCTION journey_accum(internal, timestamptz, integer, bigint, numeric) IS
  'Collects a row with an item and an amount for journey().';
CREATE FUNCTION journey_accum(internal, journey) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_pack_journey';
COMMENT ON FUNCTION journey_accum(internal, journey) IS 'Collects a part for journey_merge().';
CREATE FUNCTION journey_combine(internal, internal) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_pack_combine';
COMMENT ON FUNCTION journey_combine(internal, internal) IS 'Joins what two parallel workers collected.';
CREATE FUNCTION journey_serialize(internal) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_pack_final';
COMMENT ON FUNCTION journey_serialize(internal) IS 'Packs what a parallel worker collected.';
CREATE FUNCTION journey_deserialize(bytea, internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_pack_deserialize';
COMMENT ON FUNCTION journey_deserialize(bytea, internal) IS 'Unpacks what a parallel worker collected.';
CREATE FUNCTION journey_final(internal) RETURNS journey
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_pack_final';
COMMENT ON FUNCTION journey_final(internal) IS 'Sorts and packs the collected rows.';

CREATE AGGREGATE journey(at timestamptz, event_type_id integer) (
  SFUNC = journey_accum, STYPE = internal, SSPACE = 2048, FINALFUNC = journey_final,
  COMBINEFUNC = journey_combine, SERIALFUNC = journey_serialize, DESERIALFUNC = journey_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey(timestamptz, integer) IS
  'Packs the events of one customer, given in any order, into a journey.
Rows without a time or an event type are ignored. Errors: 22008 for an infinite time, 22003 for a negative event type.';
CREATE AGGREGATE journey(at timestamptz, event_type_id integer, item_id bigint) (
  SFUNC = journey_accum, STYPE = internal, SSPACE = 2048, FINALFUNC = journey_final,
  COMBINEFUNC = journey_combine, SERIALFUNC = journey_serialize, DESERIALFUNC = journey_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey(timestamptz, integer, bigint) IS
  'Packs the events of one customer with their items, each of which may be NULL.';
CREATE AGGREGATE journey(at timestamptz, event_type_id integer, item_id bigint, amount numeric) (
  SFUNC = journey_accum, STYPE = internal, SSPACE = 2048, FINALFUNC = journey_final,
  COMBINEFUNC = journey_combine, SERIALFUNC = journey_serialize, DESERIALFUNC = journey_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey(timestamptz, integer, bigint, numeric) IS
  'Packs the events of one customer with items and amounts, each of which may be NULL.
Amounts are exact: less than 10^12, with at most six decimals, trailing zeros aside. Errors: 22003 for another amount.';
CREATE AGGREGATE journey_merge(journey) (
  SFUNC = journey_accum, STYPE = internal, SSPACE = 2048, FINALFUNC = journey_final,
  COMBINEFUNC = journey_combine, SERIALFUNC = journey_serialize, DESERIALFUNC = journey_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey_merge(journey) IS
  'Joins many journeys, or parts of one, into one journey.
A journey is a multiset: events that are equal are all kept.';

-- Reading

CREATE FUNCTION events(journey, OUT at timestamptz, OUT event_type_id integer, OUT item_id bigint, OUT amount numeric)
  RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 100 COST 100 AS 'MODULE_PATHNAME', 'clientele_events';
COMMENT ON FUNCTION events(journey) IS
  'Lists the events of a journey as rows, in the order of time.
Join clientele_data.event_types and items for the names.';
CREATE FUNCTION event_count(journey) RETURNS integer
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_event_count';
COMMENT ON FUNCTION event_count(journey) IS 'Counts the events of a journey, without unpacking it.';
CREATE FUNCTION event_count(journey, selector text) RETURNS integer
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_event_count_selector';
COMMENT ON FUNCTION event_count(journey, text) IS
  'Counts the events of a journey that a selector picks, such as purchase or web:*.
Errors: 42704 for an unknown event (with the nearest names), 22023 for the selector''s syntax.';
CREATE FUNCTION first_at(journey) RETURNS timestamptz
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_first_at';
COMMENT ON FUNCTION first_at(journey) IS 'Returns the time of a journey''s first event, NULL if it is empty.';
CREATE FUNCTION last_at(journey) RETURNS timestamptz
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_last_at';
COMMENT ON FUNCTION last_at(journey) IS 'Returns the time of a journey''s last event, NULL if it is empty.';
CREATE FUNCTION journey_slice(journey, since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL) RETURNS journey
  LANGUAGE c IMMUTABLE PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_journey_slice';
COMMENT ON FUNCTION journey_slice(journey, timestamptz, timestamptz) IS
  'Keeps the events from since (inclusive) to until (exclusive); NULL leaves that side open.';
CREATE FUNCTION journey_filter(journey, selector text) RETURNS journey
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_journey_filter';
COMMENT ON FUNCTION journey_filter(journey, text) IS
  'Keeps the events that a selector picks; the result may be the empty journey {}.';

CREATE FUNCTION quote_selector(channel text, event text) RETURNS text
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_quote_selector';
COMMENT ON FUNCTION quote_selector(text, text) IS
  'Writes the selector for exactly this channel and event, quoted where needed; channel NULL means any.';
CREATE FUNCTION event_types_matching(selector text) RETURNS SETOF integer
  LANGUAGE c STABLE STRICT PARALLEL SAFE ROWS 10 COST 1000 AS 'MODULE_PATHNAME', 'clientele_event_types_matching';
COMMENT ON FUNCTION event_types_matching(text) IS
  'Lists the ids of the event types that a selector picks, ascending.';

