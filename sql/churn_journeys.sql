-- SPDX-License-Identifier: PostgreSQL
-- Churn models of journeys: to label, to fit, to score, to explain.
\set tests :DBNAME
CREATE DATABASE clientele_churn_journeys ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_churn_journeys
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'Asia/Shanghai'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
SET extra_float_digits = -3;
CREATE EXTENSION clientele;
SET search_path = public, clientele;

-- Labels. Without a store every event counts, or those picked by number.
SELECT h AS horizon, churned('{1@2026-01-01T00:00:00Z, 2@2026-01-11T00:00:00Z}', '2026-01-06Z', h) AS label, churned('{1@2026-01-01T00:00:00Z, 2@2026-01-11T00:00:00Z}', '2026-01-06Z', h, '#1') AS picked
FROM unnest('{5 days,5 days 1 us,1000 days,100000000 days}'::interval[]) h;
SELECT churned('{1@2026-01-01T00:00:00Z}', '2026-01-01Z', '1 day') IS NULL AS not_before, churned('{1@2026-01-01T00:00:00Z}', '2026-01-01 00:00:00.000001Z', '1 day') AS just_before,
       churned('{1@2026-01-01T00:00:00Z, 1@2026-01-02T00:00:00Z}', '2026-01-02Z', '1 day') AS at_once, churned('{}', '2026-01-01', '1 day') IS NULL AS empty, churned(NULL, '2026-01-01', '1 day') IS NULL AS null;
SELECT churned('{}', 'infinity', '1 day');
SELECT churned('{}', '2026-01-01', '0');
SELECT churned('{}', '2026-01-01', '-1 day');
SELECT churned('{}', '2026-01-01', '3 months');
SELECT churned('{1@2026-01-01T00:00:00Z}', '2026-02-01', '1 day', 'purchase');

CALL create_store();
SELECT event_type('web', 'view_item') AS view, event_type('web', 'purchase') AS buy, event_type('app', 'view_item') AS app, event_type('email', 'promotion_sent') AS sent,
       event_type('email', 'promotion_opened') AS opened, event_type('service', 'complaint') AS complaint, event_type('', '购买') AS other;
SELECT churned('{1@2026-01-01T00:00:00Z, 4@2026-01-11T00:00:00Z}', '2026-01-06', '30 days') AS with_promotions, churned('{1@2026-01-01T00:00:00Z, 4@2026-01-11T00:00:00Z}', '2026-01-06', '30 days', 'web:*|app:*') AS own,
       churned('{4@2026-01-01T00:00:00Z}', '2026-01-06', '30 days', 'web:*|app:*') IS NULL AS never_active;
SELECT churned('{}', '2026-01-06', '30 days', 'web:searc');

-- Customers whose visits become fewer leave.
CREATE TABLE customers AS
SELECT id, journey(timestamptz '2026-01-01Z' + day * interval '1 day' + (id * 7919 + n * 31) % 86400 * interval '1 s', CASE WHEN n % 7 = 6 THEN 2 WHEN n % 5 = 4 THEN 4 WHEN n % 5 = 3 AND id % 3 = 0 THEN 5 ELSE 1 + id % 2 * 2 END,
         n % 4, CASE WHEN n % 7 = 6 THEN 10 + (id * 31 + n) % 17 END::numeric) AS journey
FROM generate_series(1, 300) id, generate_series(1, 12 + id % 9) n,
     LATERAL (SELECT CASE WHEN id * 104729 % 61 < 25 THEN 90 * sqrt(n / 21.0) * 0.8 ELSE n * (8 + id * 7919 % 5) END AS day) d GROUP BY id;
CREATE VIEW labelled AS SELECT id, journey, churned(journey, '2026-03-22', '30 days', 'web:*|app:*') AS churned FROM customers;
SELECT churned, count(*) FROM labelled GROUP BY 1 ORDER BY 1;
CREATE TABLE fitted (name text PRIMARY KEY, model churn_model);
INSERT INTO fitted SELECT n, churn_fit(journey, churned, '2026-03-22', d) FROM labelled,
  (VALUES ('usual', churn_def()), ('weeks', churn_def(10, 'balanced', features => churn_features_def('7 days', purchase => '购买|web:purchase', time_zone => 'UTC')))) v (n, d) GROUP BY n, d;
SELECT name, model::text::jsonb -> 'features_def' AS features_def, model::text::jsonb -> 'definition' AS definition, model::text::jsonb #> '{fit,rows}' AS rows,
       model::text::churn_model = model AS text, churn_model_send(model::text::churn_model) = churn_model_send(model) AS bytes FROM fitted ORDER BY name;
SELECT count(*) AS names, bool_and(f.name = c.feature) AS same FROM churn_feature_names() f
JOIN (SELECT feature, row_number() OVER () - 1 AS position FROM fitted, churn_coefficients(model) WHERE name = 'usual' AND feature NOT LIKE '% is missing') c USING (position);
SELECT feature, round(coefficient::numeric, 4) AS coefficient, redundant FROM fitted, churn_coefficients(model) WHERE name = 'usual' AND feature IN ('recency_days', 'events', 'complaints', 'amount_total');

-- The same as by hand: features first, then the model of the numbers.
SELECT array_agg(name ORDER BY position) AS names FROM churn_feature_names() \gset
CREATE TABLE by_hand AS SELECT n AS name, churn_fit(churn_features(journey, '2026-03-22', f), churned, d) AS model FROM labelled,
  (VALUES ('usual', churn_def(names => :'names'), churn_features_def()), ('weeks', churn_def(10, 'balanced', names => :'names'), churn_features_def('7 days', purchase => '购买|web:purchase', time_zone => 'UTC'))) v (n, d, f) GROUP BY n, d;
SELECT name, f.model = h.model AS equal, f.model::text::jsonb - 'features_def' = h.model::text::jsonb AS but_for_the_features FROM fitted f JOIN by_hand h USING (name) ORDER BY name;
SELECT name, count(p), bool_and(p = churn_prob(features, h.model)) AS same, bool_and(p = churn_prob(journey, f.model::text, at)) AS by_text,
       bool_and((SELECT array_agg(r) FROM churn_reasons(journey, f.model, at) r) = (SELECT array_agg(r) FROM churn_reasons(features, h.model) r)) AS reasons
FROM fitted f JOIN by_hand h USING (name), customers, unnest('{2026-01-20,2026-03-22}'::timestamptz[]) at,
     LATERAL (SELECT churn_prob(journey, f.model, at) AS p, churn_features(journey, at, (f.model::text::jsonb -> 'features_def')::text::churn_features_def) AS features) x GROUP BY name ORDER BY name;
-- What comes later is not seen; the session's time zone is not asked again.
SELECT bool_and(churn_prob(journey, model, '2026-03-22') = churn_prob(journey_slice(journey, NULL, '2026-03-22'), model, '2026-03-22')) AS sliced FROM customers, fitted;
CREATE TABLE scores AS SELECT id, churn_prob(journey, model, '2026-03-22 00:00:00+08') AS p FROM customers, fitted WHERE name = 'usual';
SET timezone = 'America/New_York';
SELECT bool_and(p = churn_prob(journey, model, '2026-03-22 00:00:00+08')) AS same_clock FROM customers JOIN scores USING (id), fitted WHERE name = 'usual';
SET timezone = 'Asia/Shanghai';
SELECT feature, value, round(contribution::numeric, 3) AS contribution FROM customers, fitted, churn_reasons(journey, model, '2026-03-22', max_reasons => 3) WHERE id = 7 AND name = 'usual';
SELECT churn_prob(journey, model, '2025-01-01') IS NULL AS nothing_before, churn_prob('{}'::journey, model, '2026-03-22') IS NULL AS empty, churn_prob(NULL::journey, model, now()) IS NULL AS null,
       (SELECT count(*) FROM churn_reasons('{}'::journey, model, now())) AS reasons FROM customers, fitted WHERE id = 7 AND name = 'usual';

-- A customer without an event before, or with NULL, is ignored.
SELECT churn_fit(journey, churned, '2026-03-22', churn_def()) = (SELECT model FROM fitted WHERE name = 'usual') AS the_same
FROM (SELECT journey, churned FROM labelled UNION ALL VALUES ('{}', true), ('{1@2026-03-22T00:00:00Z}', false), (NULL, true), ((SELECT journey FROM customers LIMIT 1), NULL)) v (journey, churned);
SELECT churn_fit(journey, true, '2025-01-01', churn_def()) IS NULL AS none, churn_fit(journey, churned, NULL, churn_def()) IS NULL AS never, churn_fit(journey, churned, '2026-03-22', NULL) IS NULL AS undefined FROM labelled;
-- Several days at once.
SELECT model::text::jsonb #> '{fit,rows}' AS rows FROM (SELECT churn_fit(journey, churned(journey, at, '30 days', 'web:*|app:*'), at, churn_def()) AS model FROM customers, unnest('{2026-02-22,2026-03-22}'::timestamptz[]) at) m;
-- As a window.
SELECT count(*) FILTER (WHERE m = (SELECT model FROM fitted WHERE name = 'usual')) AS the_last, count(DISTINCT m::text) AS differ
FROM (SELECT churn_fit(journey, churned, '2026-03-22', churn_def()) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 5 FOLLOWING) AS m, id FROM labelled) s WHERE id > 290;

-- The definition is a value.
SELECT churn_def(features => '{"period": "7 days"}') AS d \gset
SELECT :'d' AS d, :'d'::churn_def = churn_def(features => churn_features_def(period => '7 days')) AS same, churn_def(features => churn_features_def()) <> churn_def() AS other;
CREATE TABLE kept (d churn_def, m churn_model);
INSERT INTO kept SELECT churn_def(features => churn_features_def(answer => '购买')), model FROM fitted;
\copy kept TO results/clientele_churn_journeys.bin (FORMAT binary)
CREATE TABLE back (d churn_def, m churn_model);
\copy back FROM results/clientele_churn_journeys.bin (FORMAT binary)
SELECT count(*), count(DISTINCT d::text) FROM back JOIN kept USING (d, m);

-- A model by hand: some features, in any order.
SELECT round(churn_prob('{1@2026-01-01T00:00:00Z, 1@2026-01-03T00:00:00Z}'::journey, h, '2026-01-13Z')::numeric, 6) = round(1 / (1 + exp(1 - 1 + 0.5)), 6) AS right, (SELECT array_agg(feature || ' ' || value) FROM churn_reasons('{1@2026-01-01T00:00:00Z}'::journey, h, '2026-01-02Z')) AS reasons
FROM (VALUES ('{"intercept": -1, "features": [{"name": "events", "coefficient": -0.25}, {"name": "recency_days", "coefficient": 0.1}], "features_def": {"time_zone": "utc"}}'::churn_model)) v (h);

-- By name, of journeys and of what is drawn from them.
SELECT save_model('churn', model, 'journeys') AS version FROM fitted WHERE name = 'weeks';
SELECT save_model('churn', model, 'journeys') AS version FROM fitted WHERE name = 'usual';
SELECT save_model('spend', spend_model '{"model": "Gamma-Gamma", "parameters": {"p": 6, "q": 4, "v": 15}}') AS version;
SELECT count(*), bool_and(churn_prob(journey, 'churn', '2026-03-22') = churn_prob(journey, model, '2026-03-22')) AS journeys,
       bool_and(churn_prob(churn_features(journey, '2026-03-22'), 'churn') = churn_prob(journey, model, '2026-03-22')) AS arrays,
       bool_and(churn_prob(churn_features_json(journey, '2026-03-22'), 'churn'::varchar) = churn_prob(journey, model, '2026-03-22')) AS objects,
       bool_and((SELECT array_agg(r) FROM churn_reasons(journey, 'churn', '2026-03-22', 4) r) = (SELECT array_agg(r) FROM churn_reasons(journey, model, '2026-03-22', 4) r)) AS reasons,
       bool_and((SELECT array_agg(r) FROM churn_reasons(churn_features(journey, '2026-03-22'), 'churn') r) = (SELECT array_agg(r) FROM churn_reasons(journey, model, '2026-03-22') r)) AS array_reasons,
       bool_and((SELECT array_agg(r) FROM churn_reasons(churn_features_json(journey, '2026-03-22'), 'churn') r) = (SELECT array_agg(r) FROM churn_reasons(journey, model, '2026-03-22') r)) AS object_reasons
FROM customers, fitted WHERE name = 'usual';
SELECT bool_and(churn_prob(journey, 'churn@1', '2026-03-22') = churn_prob(journey, model, '2026-03-22')) AS first_version FROM customers, fitted WHERE name = 'weeks';
SELECT count(*) = (SELECT count(*) FROM fitted, churn_coefficients(model) WHERE name = 'usual') AS coefficients FROM churn_coefficients('churn');
SELECT churn_prob(journey, 'spend', '2026-03-22') FROM customers LIMIT 1;
-- Another current version is seen by the next statement, also inside a function.
CREATE FUNCTION twice(OUT before float8, OUT after float8) LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1..2 LOOP
    before := coalesce(before, after);
    after := churn_prob(journey, 'churn', '2026-03-22') FROM customers WHERE id = 7;
    PERFORM save_model('churn', model) FROM fitted WHERE name = 'weeks';
  END LOOP;
END $$;
SELECT before = (SELECT p FROM scores WHERE id = 7) AS usual, after = churn_prob(journey, model, '2026-03-22') AS weeks FROM twice(), customers, fitted WHERE id = 7 AND name = 'weeks';

-- Hostile input.
SELECT churn_prob(journey, model, '2026-03-22') FROM customers, by_hand LIMIT 1;
SELECT * FROM customers, by_hand, churn_reasons(journey, model, '2026-03-22') LIMIT 1;
SELECT churn_prob(journey, model, 'infinity') FROM customers, fitted LIMIT 1;
SELECT churn_reasons(journey, model, '2026-03-22', -1) FROM customers, fitted LIMIT 1;
SELECT churn_prob('{}'::journey, '{"features": [{"name": "months", "coefficient": 1}], "features_def": {"time_zone": "UTC"}}', now());
SELECT churn_prob('{}'::journey, '{"features": [], "features_def": {"time_zone": "Mars/Olympus"}}', now());
SELECT churn_prob('{1@2026-01-01T00:00:00Z}'::journey, '{"features": [], "features_def": {"time_zone": "UTC", "purchase": "buy"}}', now());
SELECT churn_prob(journey, 'unheard of', now()) FROM customers LIMIT 1;
SELECT churn_fit(journey, churned, 'infinity', churn_def()) FROM labelled;
SELECT churn_fit(journey, churned, '2026-03-22', churn_def(names => '{a}')) FROM labelled;
SELECT churn_fit(journey, churned, '2026-03-22', churn_def(features => churn_features_def(purchase => 'buy'))) FROM labelled;
SELECT churn_fit(journey, churned, '2026-03-22', churn_def(1 + id % 2)) FROM labelled;
SELECT churn_fit(churn_features(journey, '2026-03-22'), churned, churn_def(features => churn_features_def())) FROM labelled;
SELECT churn_fit(jsonb_build_object('id', id), churned, churn_def(features => churn_features_def())) FROM labelled;
SELECT churn_def(names => '{a}', features => '{}');
SELECT '{"features": {"period": "7 days"}}'::churn_def;
SELECT '{"features": {"periods": "7 days", "time_zone": "UTC"}}'::churn_def;
SELECT '{"features": "30 days"}'::churn_def;

-- Parallel workers, bit for bit; and rows in any order.
ALTER TABLE customers SET (parallel_workers = 2);
SELECT churn_fit(journey, churned, '2026-03-22', churn_def()) = (SELECT model FROM fitted WHERE name = 'usual') AS any_order FROM (SELECT * FROM labelled ORDER BY id * 7919 % 307) s;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT churn_fit(journey, churned(journey, '2026-03-22', '30 days', 'web:*|app:*'), '2026-03-22', churn_def()) FROM customers;
SELECT churn_fit(journey, churned, '2026-03-22', churn_def()) = (SELECT model FROM fitted WHERE name = 'usual') AS parallel FROM labelled;
SELECT count(*), bool_and(s.p = x.p) AS same FROM scores s JOIN (SELECT id, churn_prob(journey, model, '2026-03-22') AS p FROM customers, fitted WHERE name = 'usual') x USING (id);

\c :tests
DROP DATABASE clientele_churn_journeys;
