-- SPDX-License-Identifier: PostgreSQL
-- Repeat purchases: the question, the summary and the times, on journeys and on rows of any table.
\set tests :DBNAME
CREATE DATABASE clientele_purchases ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_purchases
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;

-- The question is a value that remembers the session's time zone.
SELECT purchase_def(until => '2026-03-31');
SELECT purchase_def('2026-03-31') AS day, purchase_def(' 2026-03-31 23:00 ') AS time, '{"until": "2026-03-31"}'::varchar::purchase_def AS json;
SELECT purchase_def('2026-03-31 15:00', '7 days', '1 day', '2026-06-30', 'web:buy|购买', 'asia/shanghai');
SELECT purchase_def('2026-03-31 15:00', '15 min') AS quarter, purchase_def('2026-03-31 15:00:00.25', '0') AS instant,
       purchase_def('2026-03-31 20:00', NULL, NULL, NULL, NULL, 'Asia/Shanghai') AS next_day;
SET timezone = 'America/New_York';
SELECT purchase_def(until => '2026-03-31') = purchase_def('2026-03-31') AS same, purchase_def('2026-03-31');
SET timezone = 'UTC'; SET intervalstyle = 'iso_8601';
SELECT '{"until": "2026-03-31", "merge": "1 h", "unit": "1 day", "time_zone": "utc"}'::purchase_def,
       '{"until": "2026-03-31T15:20:00", "merge": "0 s", "holdout_until": "2026-04-01", "time_zone": "UTC"}'::text::purchase_def,
       '{"until": "2026-03-31T15:20:00", "merge": null, "time_zone": "UTC"}'::varchar::purchase_def;
SET intervalstyle = 'postgres';
SELECT d::text::purchase_def = d AS same FROM purchase_def('0044-03-15 BC', '7 days', '2.5 h', '2026-06-30', '"a b"', 'Europe/Paris') d;
-- Equal questions are equal values.
SELECT purchase_def('2026-03-31', '1 day') = purchase_def('2026-03-31 23:59', '24 hours', '7 days') AS same,
       purchase_def('2026-03-31', '7 days') = purchase_def('2026-04-05', '7 days') AS same_week,
       purchase_def('2026-03-31') <> purchase_def('2026-04-01') AS another,
       purchase_def_hash(purchase_def('2026-03-31')) = purchase_def_hash(purchase_def('2026-03-31 05:00')) AS hashed;
-- Called for every row with what changes, and with what the session changes.
SELECT array_agg(DISTINCT d::text COLLATE "C") FROM (SELECT purchase_def(at, m::interval, time_zone => z) AS d
  FROM unnest('{2026-01-01,2026-01-02}'::timestamptz[]) at, unnest('{1 day,1 h}'::text[]) m, unnest('{UTC,Asia/Tokyo}'::text[]) z) v;
CREATE FUNCTION in_zone(z text) RETURNS text LANGUAGE plpgsql AS
  $$BEGIN PERFORM set_config('timezone', z, false); RETURN purchase_def('2026-03-31 20:00Z'::timestamptz, '1 day')::text; END$$;
SELECT in_zone(z) FROM unnest('{UTC,Asia/Shanghai,UTC}'::text[]) z;

SELECT purchase_def('31 March');
SELECT purchase_def('2026-02-30');
SELECT purchase_def('2026-03-31+08');
SELECT purchase_def('yesterday');
SELECT purchase_def('{"time_zone": "UTC"}');
SELECT purchase_def('{"until": "2026-03-31T00:00:00Z", "time_zone": "UTC"}');
SELECT purchase_def('{"until": "2026-03-31", "time_zone": "Mars"}');
SELECT purchase_def('{"until": "2026-03-31", "time_zone": "UTC", "merge": "7 h"}');
SELECT purchase_def('{"until": "2026-03-31", "time_zone": "UTC", "from": 1}');
SELECT purchase_def(until => NULL);
SELECT purchase_def(until => 'infinity');
SELECT purchase_def('2026-03-31', holdout_until => '-infinity');
SELECT purchase_def('2026-03-31', holdout_until => '2026-03-31 23:00');
SELECT purchase_def('2026-03-31', merge => '1 month');
SELECT purchase_def('2026-03-31', merge => '36 hours');
SELECT purchase_def('2026-03-31', merge => '-1 day');
SELECT purchase_def('2026-03-31', unit => '0');
SELECT purchase_def('2026-03-31', unit => '1 month');
SELECT purchase_def('2026-03-31', purchase => 'a[');
SELECT purchase_def('2026-03-31', time_zone => 'Mars');
SELECT purchase_def('2026-03-31', time_zone => '');
SELECT purchase_def('294276-12-31 23:00Z', time_zone => 'Asia/Tokyo');

-- Rows in any order. Anna buys twice on one day; 小红 after the observation only; Bob has bought once.
CREATE TABLE rows (customer text, at timestamptz, amount numeric);
INSERT INTO rows VALUES
  ('Anna', '2026-03-10 09:00', 30), ('Anna', '2026-01-05 10:00', 100), ('Anna', '2026-01-19 10:00', 20), ('Anna', '2026-01-19 23:30', 5.5),
  ('Anna', '2026-04-07 10:00', 40), ('Anna', '2026-07-01', 1), ('Anna', NULL, 7), ('Bob', '2026-03-31 23:59:59', 9), ('小红', '2026-04-01', 8),
  ('李磊', '2026-02-01', NULL), ('李磊', '2026-02-03', NULL), ('李磊', '2026-02-03', 0), ('李磊', '2026-02-05', -4), ('李磊', '2026-02-06', NULL);
SELECT customer, (purchase_summary(at, amount, purchase_def('2026-03-31', holdout_until => '2026-06-30'))).*
FROM rows GROUP BY customer ORDER BY customer COLLATE "C";
SELECT customer, purchase_summary(at, purchase_def('2026-03-31', unit => '1 day')) AS in_days,
       purchase_times(at, purchase_def('2026-03-31', unit => '1 day')) AS times,
       purchase_times(at, purchase_def('2026-03-31', unit => '1 day', holdout_until => '2026-06-30')) AS with_holdout
FROM rows GROUP BY customer ORDER BY customer COLLATE "C";
-- merge: a day, a week, an hour, nothing.
SELECT m AS merge, (purchase_summary(at, purchase_def('2026-03-31 23:59:59.999999', m::interval, '1 day'))).x,
       purchase_times(at, purchase_def('2026-03-31 23:59:59.999999', m::interval, '1 day')) AS times
FROM rows, unnest('{0,1 h,1 day,7 days,28 days}'::text[]) WITH ORDINALITY u (m, n) WHERE customer = 'Anna' GROUP BY m, n ORDER BY n;
-- A date is the session's; the days are those of time_zone.
SELECT z AS time_zone, (purchase_summary(at, purchase_def('2026-03-31 12:00', unit => '1 day', time_zone => z))).*
FROM rows, unnest('{UTC,Asia/Shanghai,America/New_York}'::text[]) z WHERE customer = 'Anna' GROUP BY z ORDER BY z;
-- When clocks change, a week stays seven days, and the hour that comes twice is one hour.
SELECT purchase_times(at, purchase_def('2026-12-31', time_zone => 'America/New_York')) AS spring FROM (VALUES
  (timestamptz '2026-03-04 12:00 America/New_York'), ('2026-03-11 12:00 America/New_York')) v (at);
SELECT purchase_times(at, purchase_def('2026-12-31', '1 h', '1 h', time_zone => 'America/New_York')) AS hours,
       purchase_times(at, purchase_def('2026-12-31', '0', '1 h', time_zone => 'America/New_York')) AS instants FROM (VALUES
  (timestamptz '2026-11-01 05:30Z'), ('2026-11-01 06:30Z'), ('2026-11-01 06:10Z'), ('2026-11-01 04:30Z')) v (at);

-- Types of amounts; what no amount may be; what no time may be.
SELECT (purchase_summary(at, amount::int, d)).monetary AS int, (purchase_summary(at, amount::real, d)).monetary AS real,
       (purchase_summary(at::date, amount, d)).monetary AS dates
FROM rows, (SELECT purchase_def('2026-03-31') AS d) v WHERE customer = 'Anna';
SELECT purchase_summary(at, 'NaN', purchase_def('2026-03-31')) FROM rows;
SELECT purchase_summary(at, '-Infinity', purchase_def('2026-03-31')) FROM rows;
SELECT purchase_summary(at, 1e308, purchase_def('2026-03-31')) FROM rows;
SELECT purchase_summary(timestamptz 'infinity', purchase_def('2026-03-31'));
SELECT purchase_times(timestamptz '-infinity', purchase_def('2026-03-31'));
SELECT purchase_summary(at, purchase_def(at, unit => '1 day')) FROM rows;
SELECT purchase_times(at, purchase_def('2026-03-31', unit => CASE customer WHEN 'Bob' THEN interval '1 day' ELSE '1 week' END)) FROM rows;

-- Nothing, and nothing but NULLs.
SELECT purchase_summary(at, amount, d), purchase_summary(at, d), purchase_times(at, d) FROM rows, (SELECT purchase_def('2026-03-31') AS d) v WHERE false;
SELECT purchase_summary(NULL, amount, d), purchase_summary(NULL::timestamptz, d), purchase_times(at, NULL) FROM rows, (SELECT purchase_def('2026-03-31') AS d) v;
SELECT purchase_summary(NULL::journey, purchase_def('2026-03-31')), purchase_times(NULL::journey, purchase_def('2026-03-31')),
       purchase_summary('{}'::journey, purchase_def('2026-03-31', purchase => '#1'));

-- As windows: the whole, growing and moving frames.
SELECT at, (purchase_summary(at, amount, d) OVER w).x, (purchase_summary(at, amount, d) OVER w).monetary, purchase_times(at, d) OVER w AS times,
       (purchase_summary(at, amount, d) OVER (w ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)).t_x AS moving
FROM rows, (SELECT purchase_def('2026-06-30', unit => '1 day') AS d) v WHERE customer = 'Anna' AND at IS NOT NULL WINDOW w AS (ORDER BY at);

-- Serial and parallel plans give the same bits. The sums are not exact on purpose.
CREATE TABLE many (customer int, at timestamptz, amount float8);
INSERT INTO many SELECT i % 97, '2026-01-01'::timestamptz + (i * 7919 % 300) * interval '11 h', CASE WHEN i % 5 > 0 THEN exp(i % 83) / 3 END
FROM generate_series(1, 20000) i;
ALTER TABLE many SET (parallel_workers = 3);
ANALYZE many;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE serial AS SELECT customer, purchase_summary(at, amount, d) AS s, purchase_summary(at, d) AS bare, purchase_times(at, d) AS times
FROM many, (SELECT purchase_def('2026-04-01', holdout_until => '2026-05-01') AS d) v GROUP BY customer;
SET max_parallel_workers_per_gather = 3; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT customer, purchase_summary(at, amount, purchase_def('2026-04-01', holdout_until => '2026-05-01')) FROM many GROUP BY customer;
CREATE TABLE parallel AS SELECT customer, purchase_summary(at, amount, purchase_def('2026-04-01', holdout_until => '2026-05-01')) AS s,
  purchase_summary(at, purchase_def('2026-04-01', holdout_until => '2026-05-01')) AS bare,
  purchase_times(at, purchase_def('2026-04-01', holdout_until => '2026-05-01')) AS times FROM many GROUP BY customer;
RESET max_parallel_workers_per_gather;
SELECT count(*) AS customers, bool_and(record_image_eq(s.s, p.s) AND record_image_eq(s.bare, p.bare) AND s.times = p.times) AS same
FROM serial s JOIN parallel p USING (customer);
-- Sorted groups, and hashed ones that go to disk.
SET enable_hashagg = off;
SELECT bool_and(record_image_eq(s.s, p.s)) AS same FROM serial s
JOIN (SELECT customer, purchase_summary(at, amount, purchase_def('2026-04-01', holdout_until => '2026-05-01')) AS s FROM many GROUP BY customer) p USING (customer);
SET enable_hashagg = on; SET enable_sort = off; SET work_mem = '64kB'; SET max_parallel_workers_per_gather = 0;
SELECT count(*) AS customers, bool_and((s).x = 1) AS same FROM (
  SELECT i % 10000 AS customer, purchase_summary('2026-01-01'::timestamptz + i * interval '1 h', i, purchase_def('2029-12-31', '1 h')) AS s
  FROM generate_series(1, 20000) i GROUP BY 1) v;
RESET enable_sort; RESET work_mem;

-- Journeys: a selector picks the purchases.
SELECT purchase_summary(journey '{3@2026-01-05T10:00:00Z=100, 1@2026-01-06T10:00:00Z=1, 3@2026-01-19T10:00:00Z=20, 3@2026-01-19T23:30:00Z=5.5}', purchase_def('2026-03-31', purchase => '#3'));
SELECT purchase_summary(journey '{3@2026-01-05T10:00:00Z}', purchase_def('2026-03-31'));
CALL create_store();
INSERT INTO clientele_data.event_types (event_type_id, channel, event, properties) OVERRIDING SYSTEM VALUE VALUES
  (1, 'web', 'search', '{}'), (3, 'web', 'purchase', '{}'), (4, 'shop', 'purchase', '{}'), (5, 'web', 'refund', '{}');
CREATE TABLE journeys (customer text, journey journey);
INSERT INTO journeys SELECT customer, journey(at, type, NULL, amount)
FROM (SELECT customer, at, 3 + (extract(hour FROM at)::int) % 2 AS type, amount FROM rows
      UNION ALL SELECT customer, '2026-01-01', 1, 999 FROM rows) v GROUP BY customer;
INSERT INTO journeys VALUES ('looks only', '{1@2026-01-01T00:00:00Z}'), ('nothing', '{}');
SELECT customer, (purchase_summary(journey, purchase_def('2026-03-31', holdout_until => '2026-06-30'))).* FROM journeys ORDER BY customer COLLATE "C";
SELECT customer, purchase_times(journey, purchase_def('2026-03-31', purchase => 'web:purchase')) AS web,
       purchase_times(journey, purchase_def('2026-03-31', purchase => '#4')) AS shop FROM journeys ORDER BY customer COLLATE "C";
SELECT purchase_summary(journey, purchase_def('2026-03-31', purchase => 'purchases')) FROM journeys;
SET clientele.unknown_event = ignore;
SELECT count(purchase_summary(journey, purchase_def('2026-03-31', purchase => 'purchases'))) FROM journeys;
RESET clientele.unknown_event;
-- A definition of its own for each customer.
SELECT customer, (purchase_summary(journey, purchase_def(first_at(journey) + interval '60 days', purchase => CASE WHEN customer < 'C' THEN 'purchase' ELSE '#4' END))).*
FROM journeys WHERE event_count(journey) > 0 ORDER BY customer COLLATE "C";
-- In FROM it is called once.
SELECT customer, s.* FROM journeys, purchase_summary(journey, purchase_def('2026-03-31')) s WHERE s.x > 0;
-- Both doors agree.
SELECT count(*) AS customers, bool_and(record_image_eq(j.s, r.s)) AS same FROM
  (SELECT customer, purchase_summary(journey, purchase_def('2026-03-31', '1 h', holdout_until => '2026-06-30')) AS s FROM journeys) j
JOIN (SELECT customer, purchase_summary(at, amount, purchase_def('2026-03-31', '1 h', holdout_until => '2026-06-30')) AS s FROM rows GROUP BY customer) r USING (customer);

-- Values in tables, and in binary.
CREATE TABLE kept (d purchase_def, s purchase_summary);
INSERT INTO kept VALUES ('{"until": "2026-03-31", "time_zone": "UTC"}', ROW(1, 2, 3, 4, NULL, NULL, NULL));
SELECT d, (s).x, (s).holdout_x FROM kept;
\copy kept (d) TO results/clientele_purchases.bin (FORMAT binary)
\copy kept (d) FROM results/clientele_purchases.bin (FORMAT binary)
SELECT count(*), count(DISTINCT d::text) FROM kept;
SELECT d, count(*) FROM kept GROUP BY d;

\c :tests
DROP DATABASE clientele_purchases;
