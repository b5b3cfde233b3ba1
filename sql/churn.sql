-- SPDX-License-Identifier: PostgreSQL
-- Churn models: to fit, to score, to explain.
\set tests :DBNAME
CREATE DATABASE clientele_churn ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_churn
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
SET extra_float_digits = -3;
CREATE EXTENSION clientele;
SET search_path = public, clientele;

-- How to fit is a value.
SELECT churn_def(), churn_def(0), churn_def(class_weight => 'balanced'), churn_def(10, '4', false, '{months,金额}');
SELECT churn_def(NULL, NULL, NULL, NULL) = churn_def() AS null_is_default, churn_def(class_weight => '1.0') = churn_def() AS one_is_none,
       '{"penalty": 0, "names": ["a"]}'::varchar::churn_def = churn_def(-0.0, names => '{a}') AS same, churn_def(1)::text::churn_def <> churn_def(2) AS other;
SELECT churn_def(-1);
SELECT churn_def('NaN'::float8);
SELECT churn_def(1e-10);
SELECT churn_def(class_weight => 'some');
SELECT churn_def(class_weight => '0');
SELECT churn_def(names => '{a,b,a}');
SELECT churn_def(names => '{a,NULL}');
SELECT churn_def(names => array_fill('a'::text, '{1001}'));
SELECT churn_def('{"weights": 1}');
SELECT churn_def('balanced');

-- One feature of three categories: the coefficients have a closed form, log-odds by plan.
CREATE TABLE customers AS SELECT id, CASE WHEN id <= 40 THEN 'basic' WHEN id <= 60 THEN '家庭' ELSE 'premium' END AS plan,
  id IN (1, 2, 3, 4, 5, 6, 7, 8, 9, 10) OR id BETWEEN 41 AND 45 OR id BETWEEN 61 AND 90 AS churned FROM generate_series(1, 100) id;
SELECT churn_fit(to_jsonb(c) - '{id,churned}'::text[], churned, churn_def(0)) AS m FROM customers c \gset
SELECT feature, level, round(coefficient::numeric, 6) AS coefficient, round(standard_error::numeric, 6) AS standard_error, round(z::numeric, 4) AS z,
       round(p_value::numeric, 6) AS p_value, round(odds_ratio::numeric, 6) AS odds_ratio, mean, sd, redundant FROM churn_coefficients(:'m');
SELECT round(ln(1 / 3.0), 6) AS intercept, 0 AS family, round(ln(9.0), 6) AS premium, round(sqrt(1 / 10.0 + 1 / 30.0), 6) AS standard_error;
SELECT plan, round(churn_prob(jsonb_build_object('plan', plan), :'m')::numeric, 10) AS p FROM (VALUES ('basic'), ('家庭'), ('premium'), ('unheard of'), (NULL)) v (plan);
SELECT (:'m'::jsonb -> 'fit') - '{log_likelihood,null_log_likelihood,gradient_norm,out_of_fold}'::text[] AS fit,
       abs((:'m'::jsonb #>> '{fit,log_likelihood}')::numeric - (25 * ln(.25) + 75 * ln(.75))) < 1e-9 AS likelihood;
-- The text form is the whole value.
SELECT :'m'::churn_model::text = :'m' AS text, churn_model_send(:'m'::churn_model::text::churn_model) = churn_model_send(:'m') AS bytes;

-- Numbers, booleans, texts, missing values, one that says nothing and one that says it again.
CREATE TABLE many AS SELECT i AS id, i * 7919 % 97 / 10.0 AS months, i % 3 = 0 AS vip, (ARRAY['月付', '年付', 'free', NULL])[1 + i * 31 % 4] AS plan,
  CASE WHEN i % 5 > 0 THEN i * 37 % 50 END AS orders, 'CN' AS country, NULL::int AS age,
  (i * 7919 % 97 / 10.0 + CASE WHEN i * 31 % 4 = 1 THEN -3 ELSE 0 END + i * 104729 % 61 / 10.0) > 8 AS churned FROM generate_series(1, 400) i;
ALTER TABLE many ADD again numeric; UPDATE many SET again = 100 - 2 * months;
CREATE TABLE models (name text PRIMARY KEY, model churn_model);
INSERT INTO models SELECT n, churn_fit(to_jsonb(m) - '{id,churned}'::text[], churned, d)
FROM many m, (VALUES ('plain', churn_def(0)), ('penalty', churn_def()), ('balanced', churn_def(class_weight => 'balanced'))) v (n, d) GROUP BY n, d;
SELECT feature, level, round(coefficient::numeric, 4) AS coefficient, round(standard_error::numeric, 4) AS standard_error, round(mean::numeric, 4) AS mean,
       round(sd::numeric, 4) AS sd, redundant FROM models, churn_coefficients(model) WHERE name = 'plain';
SELECT name, string_agg(feature, ', ') FILTER (WHERE redundant) AS redundant, round((model::text::jsonb #>> '{calibration,slope}')::numeric, 2) AS slope,
       model::text::churn_model = model AS text, model::text::jsonb -> 'definition' AS definition
FROM models, churn_coefficients(model) GROUP BY name, model ORDER BY name;
-- Probabilities are right on average, also with class weights, as these are calibrated.
SELECT name, round(avg(churned::int), 2) AS churned, round(avg(churn_prob(to_jsonb(m), model))::numeric, 2) AS expected FROM many m, models GROUP BY name ORDER BY name;
-- Reasons: the largest first, those of all features add up to the difference to the average customer.
SELECT feature, value, round(contribution::numeric, 3) AS contribution FROM models, churn_reasons('{"months": 9.5, "again": 81, "vip": true, "plan": "年付"}'::jsonb, model, 4) WHERE name = 'penalty';
SELECT name, max(abs(ln(p / (1 - p)) - sum - (ln(q / (1 - q))))) < 1e-9 AS adds_up
FROM (SELECT name, churn_prob(to_jsonb(m), model) AS p, (SELECT sum(contribution) FROM churn_reasons(to_jsonb(m), model, 99)) AS sum,
        (SELECT 1 / (1 + exp(-coalesce((model::text::jsonb #>> '{calibration,slope}')::float8, 1) * sum(coefficient * coalesce(mean, 1))
           - coalesce((model::text::jsonb #>> '{calibration,intercept}')::float8, 0))) FROM churn_coefficients(model)) AS q FROM many m, models) s GROUP BY name ORDER BY name;
SELECT count(*) AS none FROM models, churn_reasons('{}'::jsonb, model, 0);
SELECT * FROM models, churn_reasons('{}'::jsonb, model, -1);

-- Arrays: the same numbers, the same model except for names.
SELECT churn_fit(ARRAY[months, vip::int, orders]::float8[], churned, churn_def(0, names => '{months,vip,orders}')) AS a,
       churn_fit(jsonb_build_object('months', months, 'vip', vip, 'orders', orders), churned, churn_def(0)) AS j FROM many \gset
SELECT count(*) AS terms, max(abs(a.coefficient - j.coefficient)) < 1e-12 AS same, max(abs(a.standard_error - j.standard_error)) < 1e-12 AS errors
FROM churn_coefficients(:'a') a JOIN churn_coefficients(:'j') j USING (feature);
SELECT max(abs(churn_prob(ARRAY[months, vip::int, orders]::float8[], :'a') - churn_prob(jsonb_build_object('months', months, 'vip', vip, 'orders', orders), :'j'))) < 1e-12 AS same FROM many;
SELECT feature, value FROM churn_reasons('{9.5,1,NULL}'::float8[], :'a');
SELECT feature FROM churn_coefficients((SELECT churn_fit(ARRAY[months, orders]::float8[], churned, churn_def()) FROM many));
SELECT churn_prob('{1,2}'::float8[], :'a');
SELECT churn_prob('{1,2,NaN}'::float8[], :'a');
SELECT churn_prob('{1,2,-Infinity}'::float8[], :'a');
SELECT churn_prob('{{1,2,3}}'::float8[], :'a');
SELECT churn_prob('{1}'::float8[], :'m');
SELECT churn_prob('{"months": "long"}'::jsonb, :'a');
SELECT churn_prob('{"plan": 1}'::jsonb, :'m');
SELECT churn_prob('{"plan": ["basic"]}'::jsonb, :'m');
SELECT churn_prob('[1]'::jsonb, :'a');
SELECT churn_prob('{"months": 1e400}'::jsonb, :'a');
SELECT churn_prob(NULL::jsonb, :'a') IS NULL AND churn_prob('{1,2,3}'::float8[], NULL) IS NULL AS null;

-- Rows that say nothing, or nothing that can be learned.
SELECT churn_fit('{}'::jsonb, true, churn_def()) IS NULL AS none FROM many WHERE false;
SELECT churn_fit(NULL::jsonb, churned, churn_def()) IS NULL AND churn_fit(to_jsonb(m), NULL, churn_def()) IS NULL AND churn_fit(to_jsonb(m), churned, NULL) IS NULL AS passed_over FROM many m;
SELECT churn_fit(ARRAY[months, orders]::float8[], churned, churn_def()) = (SELECT churn_fit(ARRAY[months, orders]::float8[], churned, churn_def()) FROM many)  AS the_same
FROM (SELECT months, orders, churned FROM many UNION ALL SELECT 1, 1, NULL) m;
SELECT round(churn_prob('{}'::float8[], churn_fit('{}'::float8[], churned, churn_def()))::numeric, 6) AS rate, round(avg(churned::int), 6) AS same FROM many;
SELECT churn_fit(ARRAY[months]::float8[], true, churn_def()) FROM many;
SELECT churn_fit(ARRAY[months]::float8[], false, churn_def()) FROM many;
SELECT churn_fit(ARRAY[id], id > 50, churn_def(0)) FROM many;
SELECT churn_fit(jsonb_build_object('left', id % 4 = 0, 'months', months), id % 8 = 0, churn_def(0)) FROM many;
SELECT round(churn_prob('{300}'::float8[], churn_fit(ARRAY[id], id > 50, churn_def()))::numeric, 3) AS with_a_penalty FROM many;
SELECT churn_fit(ARRAY[id], id > 396, churn_def(calibrate => true)) FROM many;
SELECT churn_fit(ARRAY[id], id > 50, churn_def(0, calibrate => true)) FROM many;
SELECT churn_fit(ARRAY[months, 'NaN'], churned, churn_def()) FROM many;
SELECT churn_fit(ARRAY[months, 'infinity'], churned, churn_def(names => '{months,金额}')) FROM many;
SELECT churn_fit(CASE WHEN id > 9 THEN ARRAY[1] ELSE ARRAY[1, 2] END, churned, churn_def()) FROM (SELECT * FROM many ORDER BY id) many;
SELECT churn_fit(ARRAY[1], churned, churn_def(names => '{a,b}')) FROM many;
SELECT churn_fit('{{1},{2}}'::float8[], churned, churn_def()) FROM many;
SELECT churn_fit(ARRAY[months], churned, churn_def(1 + id % 2)) FROM many;
SELECT churn_fit(to_jsonb(m), churned, churn_def(names => '{a}')) FROM many m;
SELECT churn_fit(jsonb_build_object('x', CASE WHEN id > 9 THEN '1'::jsonb ELSE '"1"' END), churned, churn_def()) FROM (SELECT * FROM many ORDER BY id) many;
SELECT churn_fit('{"x": {"a": 1}}'::jsonb, churned, churn_def()) FROM many;
SELECT churn_fit('3'::jsonb, churned, churn_def()) FROM many;
SELECT churn_fit('[]'::jsonb, churned, churn_def()) FROM many;
SELECT churn_fit(jsonb_build_object('name', 'customer ' || id), churned, churn_def()) FROM many;
SELECT churn_fit((SELECT jsonb_object_agg('x' || i, i) FROM generate_series(0, 1000) i), churned, churn_def()) FROM many;
SELECT churn_fit(array_fill(1::float8, '{1001}'), churned, churn_def()) FROM many;

-- Models by hand.
SELECT churn_model '{"intercept": -1, "features": [{"name": "months", "coefficient": -0.05}, {"name": "plan", "levels": [{"level": "月付", "coefficient": 0.4}, {"level": "free", "coefficient": 1}]}]}' AS h \gset
SELECT :'h' AS h, round(churn_prob('{"months": 10, "plan": "月付"}'::jsonb, :'h')::numeric, 6) = round(1 / (1 + exp(1 + .5 - .4)), 6) AS right;
SELECT * FROM churn_coefficients(:'h');
SELECT churn_prob('{5}'::float8[], '{"features": [{"name": "x", "coefficient": 1, "mean": 2, "missing": {"coefficient": 3}}], "intercept": -5, "calibration": {"slope": 2, "intercept": 0}}'::churn_model);
SELECT churn_model '{"features": []}', churn_prob('{"a": 1}'::jsonb, '{"features": []}'), churn_prob('{}'::float8[], '{"features": [], "intercept": 900}');
SELECT churn_model '{}';
SELECT churn_model '{"features": [{"name": "x"}]}';
SELECT churn_model '{"features": [{"coefficient": 1}]}';
SELECT churn_model '{"features": [{"name": "x", "coefficient": 1, "weight": 1}]}';
SELECT churn_model '{"features": [{"name": "x", "coefficient": 1}, {"name": "x", "coefficient": 1}]}';
SELECT churn_model '{"features": [{"name": "x", "reference": "a", "levels": [{"level": "a", "coefficient": 1}]}]}';
SELECT churn_model '{"features": [{"name": "x", "coefficient": 1e300}]}';
SELECT churn_model '{"features": [{"name": "x", "coefficient": 1, "redundant": true}]}';
SELECT churn_model '{"features": [], "calibration": {"slope": -1}}';
SELECT churn_model '{"features": [], "model": "forest"}';
SELECT churn_model '{"features": [], "features_def": "0x"}';
SELECT churn_model '{"features": [], "features_def": {"period": "7 days"}}';
SELECT churn_model '{"features": [{"name": "months", "coefficient": 1}], "features_def": {"time_zone": "UTC"}}';
SELECT churn_model 'x';
SELECT count(*), count(DISTINCT model::text) FROM models a JOIN models b USING (model);

-- As a window, where the final function is called again and again.
SELECT count(DISTINCT m::text) AS differ, count(*) FILTER (WHERE m = (SELECT churn_fit(ARRAY[months]::float8[], churned, churn_def()) FROM many)) AS the_last
FROM (SELECT churn_fit(ARRAY[months]::float8[], churned, churn_def()) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 10 FOLLOWING) AS m, id FROM many) s WHERE id > 380;

-- Parallel workers, bit for bit; and rows in any order.
CREATE TABLE customers_many AS SELECT i, jsonb_build_object('a', i * 7919 % 1009 / 7.0, 'b', i % 4, CASE WHEN i % 3 > 0 THEN 'c' ELSE 'd' END, (ARRAY['x', 'y', '月'])[1 + i * 31 % 3]) AS row,
  i * 104729 % 1013 > i * 7919 % 1009 AS churned FROM generate_series(1, 20000) i;
ALTER TABLE customers_many SET (parallel_workers = 2);
CREATE TABLE serial AS SELECT d, churn_fit(row, churned, d) AS m FROM customers_many, (VALUES (churn_def(0)), (churn_def(class_weight => 'balanced'))) v (d) GROUP BY d;
SELECT bool_and(m = (SELECT churn_fit(row, churned, d) FROM (SELECT * FROM customers_many ORDER BY i * 6007 % 20011) s)) AS any_order FROM serial;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT churn_fit(row, churned, churn_def()) FROM customers_many;
SELECT churn_fit(row, churned, churn_def(0)) = (SELECT m FROM serial WHERE d = churn_def(0)) AS plain,
       churn_fit(row, churned, churn_def(class_weight => 'balanced')) = (SELECT m FROM serial WHERE d <> churn_def(0)) AS balanced FROM customers_many;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;

-- A model too large for its row is kept outside, and is read once all the same.
CREATE TABLE wide AS SELECT churn_fit((SELECT jsonb_object_agg('feature ' || k, (i * k * 7919 + k * k) % (97 + k)) FROM generate_series(1, 150) k), i * 104729 % 61 > 30, churn_def()) AS m FROM generate_series(1, 300) i;
SELECT pg_column_size(m) > 4000 AS outside, count(*), count(DISTINCT round(churn_prob(jsonb_build_object('feature 7', i), m)::numeric, 12)) FROM wide, generate_series(1, 50) i GROUP BY 1;

\c :tests
DROP DATABASE clientele_churn;
