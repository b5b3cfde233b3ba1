-- SPDX-License-Identifier: PostgreSQL
-- Recency, frequency and monetary value: scores, stored cuts and segments.
\set tests :DBNAME
CREATE DATABASE clientele_rfm ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_rfm
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;

CREATE TABLE customers (name text, days int, orders bigint, spent numeric, last timestamptz, ago interval);
INSERT INTO customers SELECT name, days, orders, spent, timestamptz '2011-12-10 00:00Z' - days * interval '1 day', days * interval '1 day'
FROM (VALUES ('王芳', 326, 1, 77183.60), ('李娜', 3, 7, 4310.00), ('Anna', 76, 4, 1797.24), ('Bob', 3, 4, 0), ('陈静', NULL, 0, NULL),
             ('Eve', 20, 1, 1797.24)) v (name, days, orders, spent);

-- Ties share a score, the worst is 1, NULL does not count, 0 is a value.
SELECT name, days, orders, spent, rfm_score(days, orders, spent) OVER () FROM customers ORDER BY name COLLATE "C";
-- All three kinds of recency agree, whatever the window's order and frame; partitions are by themselves.
SELECT bool_and(a = b AND a = c AND a = d AND a = e) AS same FROM (
  SELECT rfm_score(days, orders, spent) OVER () AS a, rfm_score(last, orders, spent) OVER () AS b, rfm_score(ago, orders, spent) OVER () AS c,
         rfm_score(days, orders, spent) OVER (ORDER BY name) AS d,
         rfm_score(days, orders, spent, buckets => 5) OVER (ORDER BY days ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW) AS e
  FROM customers) s;
SELECT name, orders > 1 AS part, rfm_score(last::date, orders, spent, 2) OVER (PARTITION BY orders > 1) FROM customers ORDER BY 2, name COLLATE "C";
SELECT (s).* FROM generate_series(2, 10) b, LATERAL (
  SELECT rfm_score(v, v, v, b) OVER () AS s FROM generate_series(1, 10) v ORDER BY v DESC LIMIT 1) x;
SELECT (rfm_score(NULL::float8, NULL, NULL) OVER ()).*;
SELECT count(s) FROM (SELECT rfm_score(1, 1, 1) OVER () AS s WHERE false) x;
SELECT rfm_score(1, 1, 1, 1) OVER ();
SELECT rfm_score(1, 1, 1, 11) OVER ();
SELECT rfm_score(1, 1, 1, NULL) OVER ();
SELECT rfm_score(1, 1, 1, b) OVER () FROM generate_series(3, 4) b;
SELECT rfm_score(1, 1, 'NaN') OVER ();
SELECT rfm_score(1, 'infinity', 1) OVER ();
SELECT rfm_score('-infinity'::float8, 1, 1) OVER ();
SELECT rfm_score(-1, 1, 1) OVER ();
SELECT rfm_score(1, -1, 1) OVER ();
SELECT rfm_score(1, 1, -1) OVER ();
SELECT rfm_score('infinity'::timestamptz, 1, 1) OVER ();
SELECT rfm_score(interval '1 month', 1, 1) OVER ();
SELECT rfm_score(interval '-1 second', 1, 1) OVER ();

-- A definition is a value.
SELECT rfm_cuts_def(), rfm_cuts_def(3), rfm_cuts_def(method => 'mean'), rfm_cuts_def(4, 'kmeans');
SELECT rfm_cuts_def(method => 'fixed', recency_cuts => '{30 days,90 days}', frequency_cuts => '{1,5}', monetary_cuts => '{200,50.5}') AS d \gset
SELECT :'d' AS d, :'d'::rfm_cuts_def::text = :'d' AS same;
SELECT rfm_cuts_def(method => 'fixed', recency_cuts_at => '{2026-01-01 08:00+08}'), rfm_cuts_def(method => 'fixed', recency_cuts_number => '{7.5,0}');
SELECT '{"method": "kmeans"}'::varchar::rfm_cuts_def, '{"buckets": 2}'::text::rfm_cuts_def;
SELECT rfm_cuts_def(1);
SELECT rfm_cuts_def(3, 'mean');
SELECT rfm_cuts_def(method => 'median');
SELECT rfm_cuts_def(method => 'fixed');
SELECT rfm_cuts_def(frequency_cuts => '{1}');
SELECT rfm_cuts_def(5, 'fixed', frequency_cuts => '{1}');
SELECT rfm_cuts_def(method => 'fixed', frequency_cuts => '{1}', monetary_cuts => '{1,2}');
SELECT rfm_cuts_def(method => 'fixed', frequency_cuts => '{1,1}');
SELECT rfm_cuts_def(method => 'fixed', frequency_cuts => '{}');
SELECT rfm_cuts_def(method => 'fixed', frequency_cuts => '{1,NULL}');
SELECT rfm_cuts_def(method => 'fixed', monetary_cuts => '{NaN}');
SELECT rfm_cuts_def(method => 'fixed', recency_cuts => '{1 month}');
SELECT rfm_cuts_def(method => 'fixed', recency_cuts => '{1 day}', recency_cuts_number => '{1}');
SELECT rfm_cuts_def(method => 'fixed', recency_cuts_at => '{infinity}');
SELECT rfm_cuts_def('{"cuts": 1}');
SELECT rfm_cuts_def('kmeans');

-- Cuts of rows score them as the window does.
SELECT rfm_cuts(days, orders, spent, rfm_cuts_def()) FROM customers;
SELECT rfm_cuts(last, orders, spent, rfm_cuts_def(3)) FROM customers;
SELECT rfm_cuts(ago, orders, spent, rfm_cuts_def(3)) FROM customers;
SELECT rfm_cuts(days, orders, spent, rfm_cuts_def(method => 'mean')) FROM customers;
SELECT rfm_cuts(days, orders, spent, rfm_cuts_def(3, 'kmeans')) FROM customers;
SELECT rfm_cuts(ago, orders, spent, :'d'::rfm_cuts_def) FROM customers;
SELECT b, bool_and(rfm_score(days, orders, spent, n) = w1 AND rfm_score(last, orders, spent, t) = w1 AND rfm_score(ago, orders, spent, i) = w1) AS same
FROM generate_series(2, 10) b, LATERAL (
  SELECT c.*, rfm_score(days, orders, spent, b) OVER () AS w1 FROM customers c) s, LATERAL (
  SELECT rfm_cuts(days, orders, spent, rfm_cuts_def(b)) AS n, rfm_cuts(last, orders, spent, rfm_cuts_def(b)) AS t, rfm_cuts(ago, orders, spent, rfm_cuts_def(b)) AS i FROM customers) x
GROUP BY b ORDER BY b;
-- Nothing, NULLs only, a dimension of NULLs; fewer values than clusters.
SELECT rfm_cuts(days, orders, spent, rfm_cuts_def()) FROM customers WHERE false;
SELECT rfm_cuts(NULL::interval, NULL, NULL, rfm_cuts_def()), rfm_cuts(days, orders, spent, NULL) FROM customers;
SELECT c, rfm_score(1, 2, 3, c), rfm_score(now(), 2, NULL, c) FROM (SELECT rfm_cuts(NULL::interval, 1, NULL, rfm_cuts_def(3)) AS c) x;
SELECT rfm_cuts(v, v, v, rfm_cuts_def(4, 'kmeans')) FROM (VALUES (1), (1), (5)) x (v);
-- As a window, where the final function is called again and again.
SELECT name, rfm_cuts(days, orders, spent, rfm_cuts_def(2)) OVER (ORDER BY name COLLATE "C") AS cuts FROM customers;
SELECT rfm_cuts(days, orders, spent, rfm_cuts_def(2 + (days > 20)::int)) FROM customers;
SELECT rfm_cuts(days, orders, spent, :'d'::rfm_cuts_def) FROM customers;
SELECT rfm_cuts(days, orders, 'NaN', rfm_cuts_def()) FROM customers;

-- Cuts by hand; a value equal to a cut is in the worse bucket.
SELECT v, rfm_score(v, v, v, c) FROM generate_series(0, 4) v,
  (SELECT rfm_cuts '{"recency_cuts_number": [1, 3], "frequency_cuts": [1, 3], "monetary_cuts": [3, 1]}' AS c) x;
SELECT rfm_score(timestamptz '2026-01-02', 3, 10, '{"recency_cuts_at": ["2026-01-01T00:00:00Z"], "frequency_cuts": [3]}'::text);
SELECT rfm_score(interval '29 days', 3, 10, '{"recency_cuts": ["30 days"], "method": "kmeans"}'::varchar);
SELECT rfm_score(1, 1, 1, NULL::rfm_cuts) IS NULL AS null, rfm_score(NULL::float8, NULL, NULL, rfm_cuts '{"frequency_cuts": [3]}');
SELECT rfm_score(1, 1, 1, rfm_cuts '{"recency_cuts": ["30 days"]}');
SELECT rfm_score(1, 1, 'NaN', rfm_cuts '{"frequency_cuts": [3]}');
SELECT rfm_score(1, -1, 1, rfm_cuts '{"frequency_cuts": [3]}');
SELECT rfm_score('infinity'::timestamptz, 1, 1, rfm_cuts '{"frequency_cuts": [3]}');
SELECT rfm_cuts '{}';
SELECT rfm_cuts '{"buckets": 5, "frequency_cuts": [3]}';
SELECT rfm_cuts '{"frequency_cuts": [1,2,3,4,5,6,7,8,9,10]}';
SELECT rfm_cuts '{"recency_cuts": ["30 days", null]}';
SELECT rfm_cuts '{"recency_cuts_at": ["2026-01-01"]}';
SELECT rfm_cuts '{"recency_cuts_number": [-1]}';
SELECT rfm_cuts 'quantile';
CREATE TABLE kept (c rfm_cuts, d rfm_cuts_def, s rfm);
INSERT INTO kept SELECT rfm_cuts(ago, orders, spent, d), d, rfm_score('1 day'::interval, 1, 1, rfm_cuts(ago, orders, spent, d))
FROM customers, (VALUES (rfm_cuts_def(2)), (rfm_cuts_def(3)), (rfm_cuts_def(2))) v (d) GROUP BY d;
SELECT *, c::text::rfm_cuts = c AND c::text::rfm_cuts::text = c::text AS same, d <> rfm_cuts_def(2) AS other FROM kept ORDER BY d::text;
SELECT count(*), count(DISTINCT c::text) FROM kept a JOIN kept b USING (c, d);

-- Parallel workers, bit for bit.
CREATE TABLE many AS SELECT (i * 7919 % 1009)::float8 AS days, i * 31 % 17 AS orders, CASE WHEN i % 11 > 0 THEN i * 37 % 5003 / 7.0 END::float8 AS spent
FROM generate_series(1, 20000) i;
ALTER TABLE many SET (parallel_workers = 2);
CREATE TABLE serial AS SELECT m, b, rfm_cuts(days, orders, spent, rfm_cuts_def(b, m)) AS c
FROM many, (VALUES ('quantile', 5), ('kmeans', 5), ('mean', 2)) v (m, b) GROUP BY m, b;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT rfm_cuts(days, orders, spent, rfm_cuts_def()) FROM many;
SELECT rfm_cuts(days, orders, spent, rfm_cuts_def()) = (SELECT c FROM serial WHERE m = 'quantile') AS quantile,
       rfm_cuts(days, orders, spent, rfm_cuts_def(5, 'kmeans')) = (SELECT c FROM serial WHERE m = 'kmeans') AS kmeans,
       rfm_cuts(days, orders, spent, rfm_cuts_def(2, 'mean')) = (SELECT c FROM serial WHERE m = 'mean') AS mean FROM many;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;

-- Segments: every cell once.
SELECT scheme, count(*), count(DISTINCT (r, f, m)) AS cells, count(DISTINCT segment) AS segments, count(DISTINCT tier) AS tiers
FROM rfm_segments() GROUP BY scheme ORDER BY scheme;
SELECT bool_and(rfm_segment((r, f, m, l)::rfm, scheme) = segment AND rfm_tier((r, f, m, l)::rfm, scheme) = tier) AS same
FROM rfm_segments(), LATERAL (SELECT CASE scheme WHEN 'standard' THEN 5 ELSE 2 END AS l) x;
SELECT r, f, m, rfm_segment((r, f, m, 5), 'eight'), rfm_segment((r, f, m, 5), 'eight_en'), rfm_tier((r, f, m, 5), 'eight')
FROM (VALUES (4, 5, 5), (5, 3, 4), (3, 4, 5), (1, 2, 4), (4, 4, 3), (5, 1, 1), (1, 5, 2), (3, 3, 3)) v (r, f, m);
SELECT rfm_segment((10, 9, 2, 10)), rfm_segment((9, 10, 1, 10)), rfm_segment((NULL, 1, 1, 5)), rfm_segment(NULL), rfm_segment((1, 1, 1, 5), NULL);
SELECT language, rfm_strategy(tier, language) = strategy AS same FROM rfm_tiers();
SELECT rfm_strategy('high value'), rfm_strategy('high value', 'zh') IS NULL AS zh, rfm_strategy('high value', 'fr') IS NULL AS fr, rfm_strategy('none') IS NULL AS none;
SELECT rfm_segment((1, 1, 1, 5), 'nine');
SELECT rfm_segment((6, 1, 1, 5));
SELECT rfm_tier((0, 1, 1, 5));
SELECT rfm_tier((1, 1, 1, 11));

-- The store's tables are the user's.
CALL create_store();
SELECT count(*) AS the_same FROM (TABLE clientele_data.rfm_segments INTERSECT SELECT * FROM rfm_segments()) x;
SELECT * FROM clientele_bi.rfm;
UPDATE clientele_data.rfm_segments SET segment = '冠军', tier = 'vip' WHERE scheme = 'standard' AND (r, f, m) = (5, 5, 5);
INSERT INTO clientele_data.rfm_tiers VALUES ('vip', 'zh', '打电话');
INSERT INTO clientele_data.rfm_segments SELECT 'mine', r, f, m, r || '-' || f || '-' || m, 'basic' FROM generate_series(1, 3) r, generate_series(1, 3) f, generate_series(1, 3) m;
SELECT rfm_segment((5, 5, 5, 5)), rfm_strategy(rfm_tier((5, 5, 5, 5)), 'zh'), rfm_segment((5, 4, 5, 5)), rfm_segment((1, 3, 5, 5), 'mine');
SELECT rfm_segment((1, 1, 1, 5), 'nine');
-- A change shows in the next statement, in one session and transaction and in a function.
CREATE FUNCTION segment_twice() RETURNS text LANGUAGE plpgsql AS $$
DECLARE a text; b text;
BEGIN
  FOR i IN 1..2 LOOP
    a := b;
    b := rfm_segment((5, 5, 5, 5));
    UPDATE clientele_data.rfm_segments SET segment = 'Best' WHERE segment = '冠军';
  END LOOP;
  RETURN a || ', then ' || b;
END $$;
SELECT segment_twice();
DELETE FROM clientele_data.rfm_segments WHERE scheme = 'mine' AND r = 2 AND f = 3 AND m = 1;
SELECT rfm_segment((1, 1, 1, 5), 'mine');
DELETE FROM clientele_data.rfm_segments WHERE scheme <> 'mine';
SELECT rfm_segment((5, 5, 5, 5)), rfm_segment((5, 5, 5, 5), 'eight');
-- Workers read the tables, too.
INSERT INTO clientele_data.rfm_segments SELECT 'two', r, f, m, (ARRAY['low', 'high'])[r], 'basic' FROM generate_series(1, 2) r, generate_series(1, 2) f, generate_series(1, 2) m;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT rfm_segment((1 + days::int % 5, 1, 1, 5), 'two') AS segment, count(*) FROM many GROUP BY 1;
SELECT rfm_segment((1 + days::int % 5, 1, 1, 5), 'two') AS segment, count(*) FROM many GROUP BY 1 ORDER BY 1;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;

-- A role that may not read the store's tables gets an error that says so.
CREATE ROLE clientele_rfm_reader;
GRANT USAGE ON SCHEMA clientele TO clientele_rfm_reader;
SET ROLE clientele_rfm_reader;
SELECT rfm_segment((5, 5, 5, 5));
SELECT rfm_strategy('basic');
RESET ROLE;
GRANT USAGE ON SCHEMA clientele_data TO clientele_rfm_reader;
GRANT SELECT ON clientele_data.rfm_segments, clientele_data.rfm_tiers TO clientele_rfm_reader;
SET ROLE clientele_rfm_reader;
SELECT rfm_segment((5, 5, 5, 5)), rfm_strategy('basic', 'zh');
RESET ROLE;
DROP OWNED BY clientele_rfm_reader; DROP ROLE clientele_rfm_reader;

-- The view: purchases of any channel, days counted once.
SELECT event_type('web', 'view') AS view, event_type('web', 'purchase') AS web, event_type('store', 'purchase') AS store \gset
INSERT INTO clientele_data.customers SELECT FROM generate_series(1, 3);
INSERT INTO clientele_data.journeys SELECT c, format(j, :view, :web, :store)::journey FROM (VALUES
  (1, '{%2$s@2026-01-01T09:00:00Z=10, %3$s@2026-01-01T10:00:00Z=5.5, %2$s@2026-02-01T09:00:00Z=4, %1$s@2026-03-01T09:00:00Z=99}'),
  (2, '{%1$s@2026-01-01T09:00:00Z}'), (3, '{%3$s@2026-01-15T09:00:00Z}')) v (c, j);
SELECT * FROM clientele_bi.rfm ORDER BY customer_id;
CALL drop_store();
SELECT rfm_segment((5, 5, 5, 5));

\c :tests
DROP DATABASE clientele_rfm;
