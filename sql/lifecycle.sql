-- SPDX-License-Identifier: PostgreSQL
-- The stages of customers, and their moves between them.
\set tests :DBNAME
CREATE DATABASE clientele_lifecycle ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_lifecycle
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;

SELECT lifecycle_def('{visitor=*,buyer=purchase}');
SELECT lifecycle_def('{访客=*,买家=购买,沉默=*}', '{1,2,NULL}', '{NULL,90 days,NULL}', '{NULL,NULL,30 days}', true, 'week', '2026-01-01', '2026-02-01', 'asia/shanghai');
SELECT d::text::lifecycle_def = d AS same, d::text::varchar::lifecycle_def = d AS by_varchar FROM starter_lifecycle('zh', 'growth') d;
SELECT starter_lifecycle();
SELECT starter_lifecycle('zh', 'growth', '购买', '!#7', 'week', time_zone => 'Asia/Shanghai');

SELECT lifecycle_def(NULL::text[]);
SELECT lifecycle_def('{}');
SELECT lifecycle_def('{visitor}');
SELECT lifecycle_def('{a=x,a=y}');
SELECT lifecycle_def('{a=x,b=y[}');
SELECT lifecycle_def('{a=x,b=y}', '{1}');
SELECT lifecycle_def('{a=x}', '{0}');
SELECT lifecycle_def('{a=x}', '{10001}', '{1 day}');
SELECT lifecycle_def('{a=x}', within => '{1 month}');
SELECT lifecycle_def('{a=x}', within => '{1 day}', silence => '{2 days}');
SELECT lifecycle_def((SELECT array_agg('s' || n || '=*') FROM generate_series(1, 33) n));
SELECT lifecycle_def('{a=x}', period => 'decade');
SELECT lifecycle_def('{"stages": ["a=x"], "counts": [1]}');
SELECT lifecycle_def('{"stages": ["a=x"], "at_least": [5000000000]}');
SELECT starter_lifecycle('fr');
SELECT starter_lifecycle(scheme => 'other');
SELECT starter_lifecycle(purchase => NULL);

-- The last stage in the order of the list that holds; events before the time count.
CREATE TABLE shop (customer int, journey journey);
INSERT INTO shop VALUES
  (1, '{1@2026-01-01T10:00:00Z, 2@2026-01-10T10:00:00Z, 2@2026-01-10T12:00:00Z, 2@2026-02-20T10:00:00Z}'),
  (2, '{1@2026-01-15T10:00:00Z}'), (3, '{2@2026-02-28T23:59:59Z, 2@2026-03-01T00:00:00Z}'), (4, '{}'), (5, NULL);
CREATE FUNCTION stages() RETURNS lifecycle_def LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT starter_lifecycle('zh', purchase => '#2', until => '2026-06-15', time_zone => 'UTC') $$;
SELECT at, array_agg(lifecycle_stage(journey, stages(), at) ORDER BY customer) FROM shop,
  unnest('{2026-01-01 10:00,2026-01-01 10:00:00.000001,2026-01-10 13:00,2026-03-01,2026-03-01 01:00,2026-04-15 09:59:59,2026-04-15 10:00,2027-03-01}'::timestamptz[]) at
GROUP BY at ORDER BY at;
-- Two purchases on one day are one day of purchases, or two events.
SELECT lifecycle_stage(journey, lifecycle_def('{one=#2,two=#2}', '{1,2}', days => d), '2026-01-11') FROM shop, unnest('{t,f}'::bool[]) d WHERE customer = 1 ORDER BY d;
-- A window forgets: 90 days after the event it counts no longer.
SELECT at, lifecycle_stage('{1@2026-01-01T00:00:00Z}', lifecycle_def('{recent=#1}', within => '{90 days}'), at) FROM unnest('{2026-04-01,2026-04-01 00:00:00.000001}'::timestamptz[]) at;
SELECT lifecycle_stage('{1@2026-01-01T00:00:00Z}', '{"stages": ["a=*"]}') AS now, lifecycle_stage(NULL, '{"stages": ["a=*"]}') AS unknown;
SELECT lifecycle_stage('{}', '{"stages": ["a=*"]}', 'infinity');

CREATE VIEW asked AS SELECT lifecycle(journey, stages()) AS s FROM shop;
SELECT m.* FROM asked, lifecycle_moves(s) m;
SELECT m.period, m.stage, m.customers, m.entered, m."left", round(m.share::numeric, 3) AS share, m.complete FROM asked, lifecycle_stages(s) m WHERE m.customers + m."left" > 0;
SELECT count(*) FROM asked, lifecycle_stages(s);
-- since picks the first period; what was before still counts.
SELECT period, from_stage, to_stage, customers FROM lifecycle_moves((SELECT lifecycle(journey, starter_lifecycle(purchase => '#2', since => '2026-02-10', until => '2026-03-01')) FROM shop));

-- Empty and NULL input
SELECT lifecycle(journey, stages()) IS NULL AS none FROM shop WHERE false;
SELECT lifecycle(journey, stages()) IS NULL AS none FROM shop WHERE customer = 5;
SELECT lifecycle(journey, NULL) IS NULL AS none FROM shop;
SELECT count(*) FROM lifecycle_moves((SELECT lifecycle(journey, stages()) FROM shop WHERE customer = 4));
SELECT count(*) FROM lifecycle_moves(NULL);
SELECT lifecycle(journey, lifecycle_def('{a=*}', ARRAY[customer])) FROM shop;
SELECT lifecycle_merge(s) FROM (SELECT lifecycle(journey, lifecycle_def('{a=*}', until => '2026-01-04')) AS s FROM shop
                                UNION ALL SELECT lifecycle(journey, lifecycle_def('{a=*}', until => '2026-01-05')) FROM shop) x;

-- Names need a store; * does not.
SELECT lifecycle_stage(journey, '{"stages": ["a=*", "b=buy"]}') FROM shop;
CALL create_store();
INSERT INTO clientele_data.event_types (event_type_id, channel, event) OVERRIDING SYSTEM VALUE VALUES (1, 'web', '浏览'), (2, '', '购买');
SELECT lifecycle_stage(journey, starter_lifecycle('zh', 'growth', '购买'), '2026-03-02') FROM shop ORDER BY customer;

-- As a window, and by a parallel plan
SELECT customer, (SELECT sum(m.customers) FROM lifecycle_moves(s) m) AS moves FROM (SELECT customer, lifecycle(journey, stages()) OVER (ORDER BY customer) AS s FROM shop) x ORDER BY 1;
CREATE TABLE many AS
  SELECT c, journey(timestamptz '2026-01-01' + (c * i * 7919 % 150000) * interval '1 min', 1 + c * i % 3) AS journey
  FROM generate_series(1, 2000) c, generate_series(1, 1 + c % 30) i GROUP BY c;
ALTER TABLE many SET (parallel_workers = 2);
ANALYZE many;
CREATE TABLE answers AS SELECT 'serial' AS plan, lifecycle(journey, stages()) AS s FROM many;
INSERT INTO answers SELECT 'merged', lifecycle_merge(s) FROM (SELECT lifecycle(journey, stages()) AS s FROM many GROUP BY c % 7) x;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT lifecycle(journey, stages()) FROM many;
INSERT INTO answers SELECT 'parallel', lifecycle(journey, stages()) FROM many;
INSERT INTO answers SELECT 'text', s::text::lifecycle_summary FROM answers;
SELECT count(*) AS plans, count(DISTINCT s) AS answers, min(length(s::text)) > 500 AS long FROM answers;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;
-- Customers in a stage at the end of one period are there at the beginning of the next.
SELECT count(*) > 5 AS some, count(*) FILTER (WHERE before <> customers + "left" - entered) AS different FROM (
  SELECT m.*, lag(m.customers) OVER (PARTITION BY stage ORDER BY period) AS before FROM answers, lifecycle_stages(s) m WHERE plan = 'serial') x;

SELECT '\x'::lifecycle_summary;
SELECT '\x0102'::lifecycle_summary;
SELECT lifecycle_accum(NULL, '{}', stages());

-- Drivers that bind strings as varchar
PREPARE bound (varchar, varchar, varchar, varchar) AS
  SELECT lifecycle_stage($1::journey, $2), (SELECT count(*) FROM lifecycle_moves((SELECT lifecycle($1::journey, $2) FROM generate_series(1, 2)))) > 0 AS moves, starter_lifecycle($3, $4);
EXECUTE bound ('{1@2026-01-01T00:00:00Z, 2@2026-01-02T00:00:00Z}', '{"stages": ["a=*"]}', 'zh', 'growth');

-- A period needs memory for all pairs of stages.
SELECT lifecycle(j, (SELECT lifecycle_def(array_agg('s' || s || '=*'), within => array_agg(interval '30 min'), period => 'hour', until => '2026-01-01')
                     FROM generate_series(1, 32) s))
FROM (SELECT journey('2018-01-01 00:30Z'::timestamptz + e * interval '2 hours', 1) AS j FROM generate_series(1, 30000) e) x;

\c :tests
DROP DATABASE clientele_lifecycle;
