-- SPDX-License-Identifier: PostgreSQL
-- Models of uplift and their curves. tests/differential/uplift.py compares random ones with an oracle.
\set tests :DBNAME
CREATE DATABASE clientele_uplift ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_uplift
\set VERBOSITY default
\set SHOW_CONTEXT never
SET extra_float_digits = -3;
SET client_min_messages = warning;
SET search_path = public, clientele;
CREATE EXTENSION clientele;
CREATE FUNCTION fails(statement text, OUT code text, OUT message text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  message := 'it does not fail';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
END $$;

SELECT uplift_def(), uplift_def(method => 'class', penalty => 10, calibrate => true, names => '{年龄,b}'), uplift_def(NULL, NULL, NULL, NULL) = '{}'::uplift_def AS usual;
SELECT uplift_def_send(d) = uplift_def_send(d::text::uplift_def) AS text_form, d = d::text::varchar::uplift_def AS varchar_form
FROM (SELECT uplift_def(method => 'class', names => '{x}')) v (d);
SELECT f.* FROM unnest(ARRAY[$$SELECT uplift_def(method => 'three')$$, 'SELECT uplift_def(penalty => -1)', $$SELECT uplift_def(names => '{a,a}')$$,
  $$SELECT uplift_def(names => '{a,NULL}')$$, $$SELECT '{"class_weight": "balanced"}'::uplift_def$$, $$SELECT 'class'::uplift_def$$, $$SELECT '[]'::uplift_def$$]) s
CROSS JOIN LATERAL fails(s) f;

-- Younger customers are persuaded, a fifth of all; the rest does what it would have done anyway.
CREATE TABLE t AS
SELECT g, g % 2 = 0 AS treated, g % 5 AS age, (ARRAY['北京', '上海'])[1 + g / 7 % 2] AS city,
       CASE WHEN g % 5 = 0 AND g % 2 = 0 THEN g / 10 % 10 < 8 ELSE g / 10 % 10 < 3 END AS bought
FROM generate_series(1, 4000) g;
CREATE TABLE m AS
SELECT uplift_fit(jsonb_build_object('young', age = 0, 'city', city), treated, bought, uplift_def()) AS two,
       uplift_fit(jsonb_build_object('young', age = 0, 'city', city), treated, bought, uplift_def(method => 'class')) AS one,
       uplift_fit(ARRAY[CASE WHEN age = 0 THEN 1 ELSE 0 END, NULL], treated, bought, uplift_def(names => '{young,nothing}')) AS numbers FROM t;
SELECT jsonb_pretty(one::text::jsonb - 'class') AS one, two::text::jsonb ->> 'model' AS two FROM m;
SELECT age = 0 AS young, round(avg(uplift(jsonb_build_object('young', age = 0, 'city', city), two))::numeric, 2) AS two,
       round(avg(uplift(jsonb_build_object('young', age = 0, 'city', city), one))::numeric, 2) AS one,
       round(avg(uplift(ARRAY[CASE WHEN age = 0 THEN 1 ELSE 0 END, NULL], numbers))::numeric, 2) AS numbers
FROM t, m GROUP BY 1 ORDER BY 1;
-- Two models are those of churn_fit.
SELECT two::text::jsonb -> 'control' = (SELECT churn_fit(jsonb_build_object('young', age = 0, 'city', city), bought, churn_def())::text::jsonb FROM t WHERE NOT treated) AS same FROM m;
SELECT two = two::text::uplift_model AS text_form, uplift_model_send(one) = uplift_model_send(one::text::varchar::uplift_model) AS varchar_form,
       uplift('{"young": true}'::jsonb, two) = uplift('{"young": true}'::jsonb, two::text) AS as_text FROM m;
SELECT uplift('{}'::jsonb, one) IS NOT NULL AS missing, uplift(NULL::jsonb, one) IS NULL AS null_is_null FROM m;
SELECT uplift_fit(ARRAY[1.0], NULL, true, uplift_def()) IS NULL AS null_rows, (SELECT uplift_fit(ARRAY[1.0], true, true, uplift_def()) WHERE false) IS NULL AS no_rows;
SELECT f.* FROM unnest(ARRAY['SELECT uplift_fit(ARRAY[g], true, g = 1, uplift_def()) FROM generate_series(1, 4) g',
  'SELECT uplift_fit(ARRAY[g], false, g = 1, uplift_def()) FROM generate_series(1, 4) g',
  'SELECT uplift_fit(ARRAY[g], g > 2, true, uplift_def()) FROM generate_series(1, 4) g',
  $$SELECT uplift_fit(ARRAY[g], g > 2, g % 2 = 0, uplift_def(method => 'class', calibrate => true)) FROM generate_series(1, 4) g$$,
  'SELECT uplift_fit(CASE WHEN g > 2 THEN ARRAY[g] ELSE ARRAY[g, 1] END, g > 2, g % 2 = 0, uplift_def()) FROM generate_series(1, 4) g',
  $$SELECT uplift_fit(ARRAY['NaN'::float8], true, true, uplift_def())$$, $$SELECT uplift_fit('{"a": 1}'::jsonb, true, true, uplift_def(names => '{a}'))$$,
  $$SELECT uplift_fit(ARRAY[g], true, true, uplift_def(penalty => g)) FROM generate_series(1, 2) g$$, $$SELECT uplift_fit('[]'::jsonb, true, true, uplift_def())$$,
  'SELECT uplift(ARRAY[1.0], two) FROM m', $$SELECT uplift('{"young": "x"}'::jsonb, two) FROM m$$, $$SELECT uplift('{"young": 1}'::jsonb, 'unknown')$$,
  $$SELECT '{"model": "uplift by class"}'::uplift_model$$, $$SELECT '{"model": "uplift by two models", "treated": {"features": []}}'::uplift_model$$,
  $$SELECT '{"model": "logistic regression", "features": []}'::uplift_model$$,
  $$SELECT '{"model": "uplift by class", "class": {"features": []}, "fit": {"rows": 5}}'::uplift_model$$,
  $$SELECT '\x01'::uplift_rows$$, $$SELECT '\x0104010000000000'::uplift_rows$$, 'SELECT uplift_fit_final(NULL)']) s CROSS JOIN LATERAL fails(s) f;
SELECT uplift('{"a": 2}'::jsonb, '{"model": "uplift by class", "class": {"intercept": 1, "features": [{"name": "a", "coefficient": -0.5}]}}') AS nothing;

-- Under a name
CALL create_store('UTC');
SELECT save_model('mail', two, 'a test') FROM m;
SELECT save_model('mail', one::text) FROM m;
SELECT name, version, type, kind, customers FROM clientele_data.models ORDER BY version;
SELECT uplift('{"young": true}'::jsonb, 'mail') = uplift('{"young": true}'::jsonb, one) AS current, uplift('{"young": true}'::jsonb, 'mail@1') = uplift('{"young": true}'::jsonb, two) AS first FROM m;
SELECT f.* FROM unnest(ARRAY[$$SELECT churn_prob('{"young": true}'::jsonb, 'mail')$$, $$SELECT * FROM compare_models('mail', 'SELECT 1 AS x')$$, $$SELECT choose_model('mail', 'SELECT 1 AS x')$$,
  $$SELECT save_model('mail', '{"features": []}')$$]) s CROSS JOIN LATERAL fails(s) f;

-- Curves
CREATE TABLE q AS SELECT uplift_curve(uplift(jsonb_build_object('young', age = 0, 'city', city), two), treated, bought) AS q FROM t, m;
SELECT * FROM uplift_points((SELECT q FROM q)) LIMIT 3;
SELECT measure, value, low < value AND value < high AS inside, customers, treated, control FROM uplift_measures((SELECT q FROM q));
SELECT * FROM uplift_measures((SELECT q FROM q), 0) LIMIT 1;
SELECT count(DISTINCT (m.low, m.high)) AS seeds FROM generate_series(1, 3) seed, uplift_measures((SELECT q FROM q), 50, seed) m WHERE m.measure = 'qini';
SELECT customers, treated, control, uplift, low < uplift AND uplift < high AS inside FROM uplift_top((SELECT q FROM q), 0.2);
SELECT * FROM uplift_buckets((SELECT q FROM q), 5);
SELECT * FROM uplift_buckets((SELECT uplift_curve(0.5, g % 2 = 0, g::float8) FROM generate_series(1, 6) g));
SELECT measure, value, customers, treated FROM uplift_measures((SELECT uplift_curve(1, true, true)));
SELECT count(*) AS points FROM uplift_points((SELECT uplift_curve(1, true, true)));
SELECT * FROM uplift_top((SELECT uplift_curve(1, true, true)));
SELECT uplift_curve(score, treated, outcome), uplift_curve(-score, NOT treated, NOT outcome) = uplift_curve(-score, NOT treated, (NOT outcome)::int::float8) AS as_numbers
FROM (VALUES (0.5, true, true), (0.5, true, true), (-0.0, false, NULL), (0, false, false), (-1, true, false)) v (score, treated, outcome);
SELECT uplift_curve_merge(x) = (SELECT uplift_curve(age, treated, bought) FROM t) AS merged FROM (SELECT uplift_curve(age, treated, bought) FROM t GROUP BY g % 7) y (x);
SELECT x = x::text::uplift_quality AS text_form, uplift_quality_send(x) = uplift_quality_send(x::text::varchar::uplift_quality) AS varchar_form FROM (SELECT uplift_curve(age, treated, bought) FROM t) y (x);
SELECT f.* FROM unnest(ARRAY[$$SELECT uplift_curve('NaN', true, true)$$, $$SELECT uplift_curve(1, true, 'inf'::float8)$$, 'SELECT uplift_curve(1e101, true, true)',
  'SELECT * FROM uplift_measures((SELECT q FROM q), -1)', 'SELECT * FROM uplift_measures((SELECT q FROM q), 10001)', 'SELECT * FROM uplift_top((SELECT q FROM q), 0)',
  $$SELECT * FROM uplift_top((SELECT q FROM q), 'NaN')$$, 'SELECT * FROM uplift_buckets((SELECT q FROM q), 0)', $$SELECT '\x0100'::uplift_quality$$]) s CROSS JOIN LATERAL fails(s) f;

\c :tests
DROP DATABASE clientele_uplift;
