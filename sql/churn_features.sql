-- SPDX-License-Identifier: PostgreSQL
-- What a journey says of the danger that its customer leaves: churn_features.
\set tests :DBNAME
CREATE DATABASE clientele_churn_features ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_churn_features
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;

SELECT * FROM churn_feature_names();

-- Without a store the usual names pick nothing, and types have no channels.
SELECT churn_features('{1@2026-01-01T00:00:00Z, 2@2026-01-08T00:00:00Z}', '2026-01-11');
SELECT churn_features('{1@2026-01-01T00:00:00Z}', '2026-01-11', churn_features_def(purchase => 'buy'));

CALL create_store();
SELECT event_type('web', 'view_item') AS view, event_type('web', 'purchase') AS buy, event_type('store', 'purchase') AS shop, event_type('web', 'return') AS back,
       event_type('email', 'promotion_sent') AS sent, event_type('email', 'promotion_opened') AS opened, event_type('service', 'complaint') AS complaint,
       event_type('service', 'resolved') AS resolved, event_type('', '购买') AS other;
CREATE TABLE customers (name text, journey journey);
INSERT INTO customers VALUES ('Anna', '{1@2026-01-01T10:00:00Z#5, 1@2026-01-01T10:10:00Z#6, 2@2026-01-01T10:20:00Z#5=20, 2@2026-01-01T10:20:00Z#6=10.5,
  5@2026-01-02T08:00:00Z, 6@2026-01-02T09:00:00Z, 1@2026-01-05T23:30:00Z#7, 3@2026-01-06T00:15:00Z#7=40, 4@2026-01-10T12:00:00Z#7=-40,
  5@2026-01-16T08:00:00Z, 7@2026-02-01T09:00:00Z, 8@2026-02-01T11:00:00Z, 5@2026-02-10T08:00:00Z}'),
  ('Bob', '{5@2026-01-02T08:00:00Z, 5@2026-01-16T08:00:00Z}'), ('李娜', '{9@2026-02-05T00:00:00Z=8}'), ('Eve', '{}'), ('Max', NULL);
CREATE VIEW named AS SELECT c.name AS customer, f.name AS feature, f.position, v.value
  FROM customers c, LATERAL unnest(churn_features(journey, '2026-02-11')) WITH ORDINALITY v (value, place) JOIN churn_feature_names() f ON f.position = v.place;
SELECT feature, max(round(value::numeric, 6)) FILTER (WHERE customer = 'Anna') AS anna, max(round(value::numeric, 6)) FILTER (WHERE customer = 'Bob') AS bob,
       max(round(value::numeric, 6)) FILTER (WHERE customer = '李娜') AS li_na
FROM named GROUP BY feature, position ORDER BY position;
SELECT name, churn_features(journey, '2026-02-11') IS NULL AS nothing FROM customers WHERE name IN ('Eve', 'Max');

-- Only what is before the time is seen.
SELECT at, (f)[3] AS events, (f)[16] AS purchases, (f)[22] AS amount_total FROM customers,
  unnest('{2026-01-01 10:00Z,2026-01-01 10:00:00.000001Z,2026-01-01 10:20Z,2026-01-01 10:20:01Z,2026-01-07Z}'::timestamptz[]) at,
  LATERAL (SELECT churn_features(journey, at) AS f) x WHERE name = 'Anna';
SELECT bool_and(churn_features(journey, at) IS NOT DISTINCT FROM churn_features(journey_slice(journey, NULL, at), at)) AS same
FROM customers, generate_series(timestamptz '2026-01-01', '2026-02-12', '7 hours') at;
-- The JSON form has the same numbers.
SELECT bool_and((churn_features_json(journey, '2026-02-11') ->> feature)::float8 IS NOT DISTINCT FROM value) AS same, count(*) FROM named JOIN customers ON customer = name;
SELECT jsonb_typeof(churn_features_json(journey, '2026-02-11') -> 'answer_rate'), churn_features_json(journey, '2025-01-01') IS NULL AS nothing FROM customers WHERE name = '李娜';

-- The definition is a value.
SELECT churn_features_def(), churn_features_def('7 days', '1 hour', 'web:purchase', time_zone => 'asia/shanghai');
SELECT churn_features_def(return => '#4', complaint => 'complaint|#9', promotion => '*', answer => '购买', passive => 'service:*') AS d \gset
SELECT :'d' AS d, :'d'::churn_features_def = churn_features_def(return => '#4', complaint => 'complaint|#9', promotion => '*', answer => '购买', passive => 'service:*') AS same;
SELECT '{}'::varchar::churn_features_def = churn_features_def() AS same, churn_features_def(purchase => 'purchase') <> churn_features_def() AS other,
       churn_features_def(NULL, NULL) = churn_features_def() AS as_default;
SELECT '{"period": "1 week", "session_gap": "90 s", "time_zone": "Europe/London"}'::text::churn_features_def;
CREATE TABLE kept (d churn_features_def);
INSERT INTO kept VALUES (churn_features_def()), ('{}'), (churn_features_def('2 days', purchase => '购买'));
\copy kept TO results/clientele_churn_features.bin (FORMAT binary)
CREATE TABLE back (d churn_features_def);
\copy back FROM results/clientele_churn_features.bin (FORMAT binary)
SELECT back.d, count(*) FROM back JOIN kept USING (d) GROUP BY 1 ORDER BY 2;

-- Purchases of one channel; passive events are not own events; days in another time zone.
SELECT (churn_features(journey, '2026-02-11', churn_features_def(purchase => 'web:*')))[16] AS web, (churn_features(journey, '2026-02-11', '{"passive": "service:*|view_item"}'))[1:5] AS some,
       (churn_features(journey, '2026-02-11', churn_features_def(time_zone => 'Asia/Shanghai')))[4] AS days, (churn_features(journey, '2026-02-11', churn_features_def(session_gap => '0')))[5] AS sessions,
       (churn_features(journey, '2026-02-11', churn_features_def(period => '40 days')))[10:12] AS activity
FROM customers WHERE name = 'Anna';
SELECT (churn_features(journey, '2026-02-11', churn_features_def(purchase => '购买')))[16:23] FROM customers WHERE name = '李娜';
-- New event types are seen by the next statement, also inside a function.
CREATE FUNCTION twice(OUT before float8, OUT after float8) LANGUAGE plpgsql AS $$
DECLARE made int;
BEGIN
  FOR i IN 1..2 LOOP
    before := coalesce(before, after);
    after := (churn_features('{10@2026-01-01T00:00:00Z}', '2026-01-02'))[14];
    made := event_type('app', 'start');
  END LOOP;
END $$;
SELECT * FROM twice();

-- Hostile input.
SELECT churn_features(journey, '2026-02-11', churn_features_def(purchase => 'purchas')) FROM customers WHERE name = 'Anna';
SET clientele.unknown_event = ignore;
SELECT (churn_features(journey, '2026-02-11', churn_features_def(purchase => 'purchas')))[16] FROM customers WHERE name = 'Anna';
RESET clientele.unknown_event;
SELECT churn_features('{}', 'infinity');
SELECT churn_features_json('{1@2026-01-01T00:00:00Z}', '-infinity');
SELECT churn_features('{}', '2026-01-01', '30 days');
SELECT churn_features(NULL, now()), churn_features('{}', NULL), churn_features('{}', now(), NULL), churn_features_json('{}', now());
SELECT churn_features_def(period => '0');
SELECT churn_features_def(period => '1 month');
SELECT churn_features_def(session_gap => '-1 s');
SELECT churn_features_def(answer => 'a|');
SELECT churn_features_def(time_zone => 'Mars/Olympus');
SELECT '{"period": 30}'::churn_features_def;
SELECT '{"periods": "30 days"}'::churn_features_def;
SELECT (churn_features('{2@-4713-11-24T00:00:00Z=-999999999999.999999, 2@294276-12-31T23:59:59Z=0.000001}', '294276-12-31 23:59:59.5Z'))[1:3];

-- The same from one process and from three.
CREATE TABLE many AS SELECT g, journey('2026-01-01'::timestamptz + (i * 7919 % 86400) * g * interval '1 s', 1 + (i * g) % 9, i % 5, (i % 7)::numeric) AS j
FROM generate_series(1, 200) g, generate_series(1, 20) i GROUP BY g;
ALTER TABLE many SET (parallel_workers = 2);
CREATE TABLE serial AS SELECT g, churn_features(j, '2026-06-01') AS f, churn_features_json(j, '2026-06-01') AS o FROM many;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT g, churn_features(j, '2026-06-01') FROM many;
SELECT count(*), bool_and(f = p AND o = q) AS same FROM serial JOIN (SELECT g, churn_features(j, '2026-06-01') AS p, churn_features_json(j, '2026-06-01') AS q FROM many) x USING (g);

\c :tests
DROP DATABASE clientele_churn_features;
