-- SPDX-License-Identifier: PostgreSQL
-- What customers spend: the fit, predictions, and what each makes of odd input.
\set tests :DBNAME
CREATE DATABASE clientele_spend ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_spend
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;

-- Estimates differ in their last digits between machines: numbers are rounded.
CREATE FUNCTION near(numeric, numeric, digits int) RETURNS boolean LANGUAGE sql AS $$ SELECT abs($1 - $2) <= 0.5 * 10.0 ^ -$3 $$;
CREATE FUNCTION parameters(model spend_model) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_object_agg(key, round(value::numeric, 3)) FROM jsonb_each_text(model::text::jsonb -> 'parameters') $$;

-- Spend varies between customers, and does not depend on how often they buy.
CREATE TABLE customers AS
SELECT n AS id, n % 5 AS x, 10 + 37 * ((n * 7919) % 1009) / 1009.0::float8 + 5 * sin(n) AS monetary FROM generate_series(1, 2000) n;
SELECT spend_fit(x, monetary) AS model FROM customers \gset
SELECT parameters(:'model'), (:'model'::jsonb ->> 'customers')::int AS customers, (:'model'::jsonb ->> 'groups')::int AS groups,
       (:'model'::jsonb ->> 'converged')::boolean AS converged, (:'model'::jsonb ->> 'gradient_norm')::float8 < 1e-6 AS flat,
       round((:'model'::jsonb ->> 'log_likelihood')::numeric, 3) AS log_likelihood, round((:'model'::jsonb ->> 'correlation')::numeric, 4) AS correlation,
       :'model'::spend_model::text = :'model' AS same_text;
SELECT near((:'model'::jsonb ->> 'correlation')::numeric, corr(x, monetary)::numeric, 9) AS corr FROM customers WHERE x > 0;
-- Who has no repeat purchase, no mean, or one of 0 or below, says nothing.
SELECT spend_fit(x, monetary)::text = :'model' AS same FROM (
  TABLE customers UNION ALL
  SELECT 0, x, m FROM (VALUES (0, 99.0), (0, NULL), (3, NULL), (3, 0), (2, -5), (NULL, 7)) v (x, m)) c (id, x, monetary);
SELECT spend_fit(x, m) FROM (VALUES (0, 99.0), (1, NULL), (2, 0)) v (x, m);
SELECT spend_fit(1, 1) WHERE false;
-- The order of the rows, parts, and a window change no bit.
SELECT spend_fit(x, monetary ORDER BY md5(id::text))::text = :'model' AS shuffled FROM customers;
SELECT bool_and(m::text = :'model') AS windowed FROM (SELECT spend_fit(x, monetary) OVER () AS m FROM customers) w;
CREATE AGGREGATE spend_state(float8, float8) (SFUNC = spend_accum, STYPE = spend_values);
CREATE AGGREGATE spend_joined(spend_values) (SFUNC = spend_combine, STYPE = spend_values, FINALFUNC = spend_fit_final);
SELECT spend_joined(state ORDER BY part DESC)::text = :'model' AS by_parts
FROM (SELECT id % 7 AS part, spend_state(x, monetary) AS state FROM customers GROUP BY 1 UNION ALL SELECT 99, NULL) p;
SELECT state, state::text::spend_values::text = state::text AS same FROM (SELECT spend_state(x, m) AS state FROM (VALUES (2, 10.5), (1, 3), (2, 10.5)) v (x, m)) s;
SELECT '\x0134'::spend_values;
SELECT '\x013401000000000000f03f000000000000000001'::spend_values;
-- Of summaries.
SELECT spend_fit(s)::text = :'model' AS same FROM (SELECT ROW(x, x, 10, monetary, NULL, NULL, NULL)::purchase_summary AS s FROM customers UNION ALL SELECT NULL) v;
-- All alike: at the bound, and the expectation is right.
SELECT m::text::jsonb ->> 'remark' AS remark, m::text::jsonb -> 'at_bound' AS at_bound, round(expected_spend(m)::numeric, 2) AS all, round(expected_spend(3, 20, m)::numeric, 2) AS one
FROM (SELECT spend_fit(1 + n % 3, 20) AS m FROM generate_series(1, 20) n) s;

SELECT spend_fit(1.5, 10);
SELECT spend_fit(-1, 10);
SELECT spend_fit('NaN', 10);
SELECT spend_fit(3e9, 10);
SELECT spend_fit(1, 'NaN');
SELECT spend_fit(0, 'infinity');
SELECT spend_fit(1, 1e200);
SELECT spend_fit(1, 1e-99), spend_fit(2, 1);
SELECT spend_accum(NULL, 1, 2);

-- Predictions: note 025's figures at its rounded parameters.
SELECT '{"model": "Gamma-Gamma", "parameters": {"p": 6.25, "q": 3.74, "v": 15.44}}' AS m \gset
SELECT x, monetary, round(expected_spend(x, monetary, spend_model :'m')::numeric, 2) AS expected
FROM (VALUES (2, 22.345), (1, 11.77), (0, NULL), (0, 100), (3, NULL), (3, 0), (3, -1), (7, 73.74)) v (x, monetary);
SELECT round(expected_spend(:'m')::numeric, 4) AS literal, round(expected_spend(:'m'::spend_model)::numeric, 4) AS typed, round(expected_spend(:'m'::varchar)::numeric, 4) AS varchar;
SELECT expected_spend(s, :'m') = expected_spend(2, 22.345, :'m') AS summary, expected_spend(NULL::purchase_summary, :'m') AS none,
       expected_spend(s, spend_model :'m') = expected_spend((s).x, (s).monetary, :'m') AS typed FROM (VALUES (ROW(2, 30.4, 38.9, 22.345, NULL, NULL, NULL)::purchase_summary)) v (s);
SELECT expected_spend(NULL, 10, :'m') AS no_x, expected_spend(1, 10, NULL::spend_model) AS no_model, expected_spend(1, 10, NULL::text) AS no_name;
-- An infinite mean is NULL; with enough purchases of one's own it is not.
SELECT expected_spend(m) AS all, expected_spend(0, 5, m) AS new, expected_spend(10, 20, m) AS known FROM (VALUES (spend_model '{"model": "gamma gamma", "parameters": {"p": 2, "q": 0.5, "v": 10}}')) v (m);
SELECT expected_spend(1, 'NaN', :'m');
SELECT expected_spend(-2, 1, :'m');
SELECT expected_spend(1, 1, 'spend');
SELECT expected_spend(1, 1, '{"model": "BG/NBD", "parameters": {}}');
SELECT expected_spend(1, 1, '{"model": "Gamma-Gamma"');

\c :tests
DROP DATABASE clientele_spend;
