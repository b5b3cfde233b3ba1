-- SPDX-License-Identifier: PostgreSQL
-- The journey: all that one customer did, as one value.
\set tests :DBNAME
CREATE DATABASE clientele_journey ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_journey
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;
CREATE FUNCTION fails(statement text, OUT code text, OUT message text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  message := 'it does not fail';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
END $$;

-- Written as text: event type, time, #item, =amount. Events are kept in order of time; equal times by type, item and amount.
SELECT '{7@2026-01-02T03:05:00Z#42=19.990, 3@2026-01-02T03:04:05.678Z}'::journey;
SELECT '{2@2026-01-01T00:00:00Z=1, 2@2026-01-01T00:00:00Z#1, 2@2026-01-01T00:00:00Z, 1@2026-01-01T00:00:00Z#9, 2@2026-01-01T00:00:00Z#1=-1}'::journey;
SELECT '{1@2026-01-01T08:00:00+08:00, 1@2025-12-31T19:00:00.000001-05:00}'::journey AS any_offset, ' { } '::journey AS empty;
SELECT '{1@-4713-11-24T00:00:00Z, 1@+294276-12-31T23:59:59.999999Z, 2147483647@2026-01-01T00:00:00Z#-9223372036854775808=-999999999999.999999}'::journey AS extremes;
SELECT * FROM fails($$SELECT '{1@2026-01-01}'::journey$$);
SELECT * FROM fails($$SELECT '{x@2026-01-01T00:00:00Z}'::journey$$);
SELECT * FROM fails($$SELECT '{-1@2026-01-01T00:00:00Z}'::journey$$);
SELECT * FROM fails($$SELECT '{1@2026-02-30T00:00:00Z}'::journey$$);
SELECT * FROM fails($$SELECT '{1@2026-01-01T00:00:00Z=1.0000001}'::journey$$);
SELECT * FROM fails($$SELECT '{1@2026-01-01T00:00:00Z=1000000000000}'::journey$$);
SELECT * FROM fails($$SELECT '{1@2026-01-01T00:00:00Z,}'::journey$$);
SELECT * FROM fails($$SELECT '{} {}'::journey$$);
SELECT * FROM fails($$SELECT ''::journey$$);

-- Packed from rows in any order.
CREATE TABLE log (customer int, at timestamptz, type int, item bigint, amount numeric);
INSERT INTO log VALUES
  (1, '2026-01-01 10:02', 3, 7, 19.99), (1, '2026-01-01 10:00', 1, NULL, NULL), (1, '2026-01-01 10:01', 2, 7, NULL), (1, '2026-01-01 10:00', 1, NULL, NULL),
  (2, '2026-01-01 10:00:00.000001', 1, NULL, 0), (2, NULL, 1, 1, 1), (2, '2026-01-01', NULL, 1, 1), (3, NULL, NULL, NULL, NULL);
SELECT customer, journey(at, type), journey(at, type, item), journey(at, type, item, amount) FROM log GROUP BY customer ORDER BY customer;
SELECT journey(at, type) AS no_rows FROM log WHERE false;
SELECT journey(NULL, 1) AS all_null, journey_merge(NULL) AS nothing_to_merge FROM log;
SELECT customer, at, type, journey(at, type, item) OVER w AS so_far, journey(at, type, item) OVER (w ROWS 1 PRECEDING) AS last_two
FROM log WHERE customer = 1 WINDOW w AS (ORDER BY at, type) ORDER BY at, type;
SELECT * FROM fails($$SELECT journey('infinity', 1)$$);
SELECT * FROM fails($$SELECT journey(now(), -1)$$);
SELECT * FROM fails($$SELECT journey(now(), 1, 1, 'NaN')$$);
SELECT * FROM fails($$SELECT journey(now(), 1, 1, 'Infinity')$$);
SELECT * FROM fails($$SELECT journey(now(), 1, 1, 0.0000001)$$);
SELECT * FROM fails($$SELECT journey(now(), 1, 1, -1e12)$$);
SELECT * FROM fails($$SELECT journey(now(), n) FROM generate_series(0, 65536) n$$);
SELECT event_count(journey(now(), n)) AS most_types FROM generate_series(1, 65536) n;

-- Joined. A journey is a multiset: equal events are kept.
SELECT '{1@2026-01-01T00:00:00Z, 3@2026-01-03T00:00:00Z}'::journey || '{2@2026-01-02T00:00:00Z#5, 1@2026-01-01T00:00:00Z}' AS joined;
SELECT j || '{}' = j AS neutral, '{}' || j = j AS neutral_too, j || j = journey_merge(v) AS merged, (j || NULL) IS NULL AS null_is_null
FROM (SELECT '{1@2026-01-01T00:00:00Z=5}'::journey) a (j), (VALUES ('{1@2026-01-01T00:00:00Z=5}'::journey), (NULL), ('{1@2026-01-01T00:00:00Z=5}')) b (v) GROUP BY j;
SELECT j = '{1@2026-01-01T00:00:00Z}' AS same, j <> '{}' AS other FROM (SELECT '{1@2026-01-01T01:00:00+01:00}'::journey) v (j);
SELECT j, count(*) FROM (VALUES ('{1@2026-01-01T00:00:00Z}'::journey), ('{}'), ('{1@2026-01-01T00:00:00.000Z}')) v (j) GROUP BY j ORDER BY j::text;

-- Asked.
\set ann '\'{1@2026-01-01T10:00:00Z, 2@2026-01-01T10:01:00Z#7, 3@2026-01-01T10:02:00Z#7=19.99, 3@2026-01-02T10:02:00Z=-5}\'::journey'
SELECT * FROM events(:ann);
SELECT event_count(:ann), event_count(:ann, '#3') AS threes, event_count(:ann, '#3|#1|#99') AS alternatives, first_at(:ann), last_at(:ann);
SELECT event_count('{}'), event_count('{}', '#1') AS none, first_at('{}'), last_at('{}'), (SELECT count(*) FROM events('{}')) AS rows;
SELECT event_count(NULL) AS a, event_count(NULL, '#1') AS b, event_count(:ann, NULL) AS c, first_at(NULL) AS d, journey_filter(:ann, NULL) AS e, journey_slice(NULL, now()) AS f;
SELECT journey_slice(:ann, '2026-01-01 10:01', '2026-01-01 10:02') AS since_is_inclusive, journey_slice(:ann, until => '2026-01-01 10:01') AS until_is_not,
       journey_slice(:ann, since => '2026-01-02') AS open, journey_slice(:ann) = :ann AS whole, journey_slice(:ann, '2027-01-01') AS nothing;
SELECT journey_slice(:ann, '-infinity', 'infinity') = :ann AS infinite;
SELECT journey_filter(:ann, '#3') AS threes, journey_filter(:ann, '#9') AS nothing;
-- What no event needs takes no room.
SELECT journey_filter(:ann, '#1') = '{1@2026-01-01T10:00:00Z}' AS plain, pg_column_size(journey_filter(:ann, '#1')) < pg_column_size(:ann) AS smaller;

-- The same bytes from everywhere: text, binary, stored, in parallel, in parts.
-- Units from microseconds to days, few types and many, some columns absent.
CREATE TABLE big AS
SELECT n AS customer, journey('2026-01-01'::timestamptz + k * k % 7001 * interval '1.000001 s' * n, k % (5 * n), nullif(k % 10, 3), CASE WHEN k % 3 = 0 THEN (k * 0.010001)::numeric(9, 6) END) AS j
FROM generate_series(1, 20) n, generate_series(1, 500) k GROUP BY n;
SELECT bool_and(j::text::journey = j) AS text, bool_and(journey_send(j)::journey = j) AS binary, bool_and(j::bytea = journey_send(j)) AS bytes,
       bool_and((SELECT journey(e.at, e.event_type_id, e.item_id, e.amount ORDER BY random()) FROM events(j) e) = j) AS rows,
       bool_and(journey_slice(j, until => '2026-01-02') || journey_slice(j, since => '2026-01-02') = j) AS parts FROM big;
CREATE TABLE back (LIKE big);
\copy big TO results/clientele_journey.bin (FORMAT binary)
\copy back FROM results/clientele_journey.bin (FORMAT binary)
SELECT count(*), bool_and(a.j::bytea = b.j::bytea) AS same FROM big a JOIN back b USING (customer);
SELECT * FROM fails($$SELECT '\x00'::bytea::journey$$);
SELECT * FROM fails($$SELECT '\x010001'::bytea::journey$$);
SELECT * FROM fails($$SELECT ''::bytea::journey$$);
SELECT * FROM fails($$SELECT (j::bytea || '\x00')::journey FROM big LIMIT 1$$);
CREATE TABLE rows AS SELECT customer, e.* FROM big, events(j) e;
ALTER TABLE rows SET (parallel_workers = 2);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT customer, journey(at, event_type_id, item_id, amount) FROM rows GROUP BY customer;
SELECT count(*) FROM (SELECT customer, journey(at, event_type_id, item_id, amount) AS j FROM rows GROUP BY customer) p JOIN big USING (customer, j);
EXPLAIN (COSTS OFF) SELECT journey(at, event_type_id, item_id, amount) FROM rows;
SELECT journey(at, event_type_id, item_id, amount) = (SELECT journey_merge(j) FROM big) AS same FROM rows;

-- One of a million events, with items, microseconds and all six decimals.
CREATE TABLE long AS SELECT journey('2026-01-01'::timestamptz + n * interval '1.234567 s', n % 12, n % 1000, n * 0.000001) AS j FROM generate_series(1, 1000000) n;
SELECT event_count(j), last_at(j), event_count(j, '#11') AS elevens, funnel_times(journey_slice(j, since => '2026-01-10'), funnel_def('{#0,#11}')) AS times FROM long;
SELECT j::text::journey = j AS text, journey_send(j)::journey = j AS binary, event_count(j || j) AS twice FROM long;
SELECT count(*), sum(amount), count(DISTINCT item_id) FROM long, events(j);
-- Times to the millisecond, a dozen types, nothing else: about four bytes an event, and that is what is stored.
SELECT round(pg_column_size(j) / 1000.0, 1) AS bytes_an_event FROM (SELECT journey('2026-01-01'::timestamptz + (n * 86399 + n * n % 1000) * interval '1 ms', n * n % 12) AS j FROM generate_series(1, 1000) n) v;

\c :tests
DROP DATABASE clientele_journey;
