-- SPDX-License-Identifier: PostgreSQL
-- Buy-till-you-die models: fits, predictions, and the type that goes between.
\set tests :DBNAME
CREATE DATABASE clientele_btyd ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_btyd
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;

-- Errors as SQLSTATE and message, without the lines of a source file.
CREATE FUNCTION refused(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE code text; why text; hint text; answer text;
BEGIN
  EXECUTE query INTO answer;
  RETURN coalesce(answer, 'NULL');
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, why = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
  RETURN code || ' ' || why || CASE WHEN hint = '' THEN '' ELSE E'\n  ' || hint END;
END $$;

-- A model by hand: text, binary, casts.
SELECT '{"model": "BG/NBD", "parameters": {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}}' AS bg,
       '{"model": "mbg-nbd", "parameters": {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614}}' AS mbg,
       '{"model": "Pareto/NBD", "parameters": {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}}' AS pareto,
       '{"model": "BG/BB", "parameters": {"alpha": 1.204, "beta": 0.750, "gamma": 0.657, "delta": 2.783}}' AS bb,
       '{"model": "Gamma-Gamma", "parameters": {"p": 6.25, "q": 3.74, "v": 15.44}}' AS spend \gset
CREATE TABLE models (name text, m btyd_model);
INSERT INTO models VALUES ('a', :'bg'), ('b', :'mbg'), ('c', :'pareto'), ('d', :'bb'),
  ('e', '{"model": "BG/NBD", "parameters": {"r": 1, "alpha": 2, "a": 3, "b": 4}, "purchase_effects": [0.5, -1], "dropout_effects": [0, 0.25]}');
SELECT name, m, m::text::btyd_model = m AND m::text::varchar::btyd_model = m AS same FROM models ORDER BY name;
SELECT encode(btyd_model_send(m), 'hex') FROM models WHERE name = 'a';
\copy models TO results/clientele_btyd.bin (FORMAT binary)
CREATE TABLE again (LIKE models);
\copy again FROM results/clientele_btyd.bin (FORMAT binary)
SELECT count(*) AS through_binary FROM models JOIN again USING (name, m);
SELECT bool_and(m = m AND NOT m <> m) AS equal, count(DISTINCT btyd_model_hash(m)) AS hashes FROM models;
SELECT m, count(*) FROM (TABLE models UNION ALL TABLE again) v WHERE name < 'c' GROUP BY m ORDER BY m::text;
SELECT refused(format('SELECT %L::btyd_model', t)) FROM (VALUES
  ('BG/NBD'), ('{}'), ('{"model": "NBD"}'), ('{"model": "sBG", "parameters": {}}'), ('{"model": "BG/NBD"}'),
  ('{"model": "BG/NBD", "parameters": {"r": 1, "alpha": 2, "a": 3}}'), ('{"model": "BG/NBD", "parameters": {"r": 1, "alpha": 2, "a": 3, "b": 0}}'),
  ('{"model": "BG/NBD", "parameters": {"r": 1, "alpha": 2, "a": 3, "beta": 1}}'), ('{"model": "BG/NBD", "parameters": {"r": 1, "alpha": 2, "a": 3, "b": 4}, "fit": 1}'),
  ('{"model": "BG/NBD", "parameters": {"r": 1, "alpha": 2, "a": 3, "b": 4}, "purchase_effects": [1]}'),
  ('{"model": "BG/BB", "parameters": {"alpha": 1, "beta": 2, "gamma": 3, "delta": 4}, "purchase_effects": [1], "dropout_effects": [1]}'),
  ('{"model": "BG/NBD", "parameters": {"r": 1, "alpha": 2, "a": 3, "b": 4}, "converged": true, "remark": "good"}')) v (t);

-- Thirty customers.
CREATE TABLE customers (id int, x int, t_x float8, age float8, monetary float8, member float8);
INSERT INTO customers SELECT row_number() OVER (), x, t_x, age, CASE WHEN x > 0 THEN 20 + 3 * x END, m FROM (VALUES
  (2, 30.43, 38.86, 1), (1, 1.71, 38.86, 0), (0, 0, 38.86, 0), (0, 0, 38.86, 1), (0, 0, 38.86, 0), (7, 29.43, 38.86, 1), (1, 5, 38.86, 0), (0, 0, 38.86, 0), (2, 35.71, 38.86, 1), (0, 0, 38.86, 1),
  (5, 24.43, 38.86, 1), (0, 0, 38.86, 0), (0, 0, 38, 1), (0, 0, 38, 0), (0, 0, 38, 0), (0, 0, 38, 1), (10, 34.14, 38, 1), (1, 4.86, 38, 0), (3, 28.29, 38, 0), (2, 11, 38, 1),
  (0, 0, 37.14, 0), (4, 30, 37.14, 1), (1, 33.57, 37.14, 1), (0, 0, 37.14, 0), (0, 0, 37.14, 0), (1, 0.57, 36, 0), (3, 8, 36, 0), (2, 4, 36, 1), (0, 0, 36, 0), (1, 1, 36, 0)) v (x, t_x, age, m);
CREATE VIEW summaries AS SELECT *, ROW(x, t_x, age, monetary, NULL, NULL, NULL)::purchase_summary AS s FROM customers;
CREATE FUNCTION brief(m btyd_model) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' ', j->>'model', (SELECT string_agg(key || ' ' || round(value::numeric, 2), ', ' ORDER BY key) FROM json_each_text(j->'parameters')),
    round((j->>'log_likelihood')::numeric, 4), 'of', j->>'customers', 'in', j->>'groups', j->>'at_bound', j->>'remark') FROM (SELECT m::text::json AS j) v $$;
CREATE TABLE fits AS SELECT kind, (SELECT btyd_fit(x, t_x, age, kind) FROM customers) AS m FROM unnest('{BG/NBD,MBG/NBD,Pareto/NBD}'::text[]) kind;
SELECT brief(m), m::text::btyd_model = m AS same FROM fits ORDER BY kind;
SELECT json_object_keys(m::text::json) FROM fits WHERE kind = 'BG/NBD';
SELECT brief(btyd_fit(x, t_x, 6, 'bgbb')) FROM (VALUES (0, 0, 35), (1, 1, 11), (1, 3, 3), (1, 6, 1), (2, 2, 6), (2, 5, 3), (2, 6, 2), (3, 4, 4), (3, 6, 3), (4, 6, 3), (5, 6, 7), (6, 6, 12)) v (x, t_x, n), generate_series(1, n);
-- No customer seems to leave, or none came back. The values of the parameters do not matter.
CREATE FUNCTION verdict(m btyd_model) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(', ', round((j->>'log_likelihood')::numeric, 3), j->>'remark', CASE WHEN (j->>'converged')::boolean THEN 'converged' END) FROM (SELECT m::text::json AS j) v $$;
SELECT verdict(btyd_fit(x, t_x, age, 'BG/NBD')) FROM (VALUES (2, 3, 9), (2, 9, 9), (4, 8, 9), (3, 6, 9)) v (x, t_x, age);
SELECT verdict(btyd_fit(0, 0, i, 'Pareto/NBD')) FROM generate_series(1, 9) i;
-- The other door, another order, NULLs, nothing, a window.
SELECT kind, bool_and(m = a AND m = b AND m = c) AS same FROM fits, LATERAL (
  SELECT btyd_fit(s, kind) AS a, btyd_fit(x, t_x, age, kind ORDER BY id DESC) AS b FROM summaries) v, LATERAL (
  SELECT btyd_fit(x, t_x, age, kind) AS c FROM (SELECT x, t_x, age FROM customers UNION ALL SELECT NULL, t_x, age FROM customers UNION ALL SELECT x, NULL, age FROM customers UNION ALL SELECT x, t_x, NULL FROM customers) w) u
GROUP BY kind ORDER BY kind;
SELECT btyd_fit(x, t_x, age, 'BG/NBD') IS NULL AS none, btyd_fit(NULL::purchase_summary, 'BG/NBD') IS NULL AS null_summary FROM customers WHERE false;
SELECT btyd_fit(NULL, t_x, age, 'BG/NBD') IS NULL AS all_null, btyd_fit(x, t_x, age, NULL::text) IS NULL AS no_model, btyd_fit(NULL::purchase_summary, 'BG/NBD') IS NULL AS null_summary FROM customers;
SELECT count(*), bool_and(w = m) AS same FROM (SELECT btyd_fit(x, t_x, age, 'MBG/NBD') OVER () AS w FROM customers) v, fits WHERE kind = 'MBG/NBD';
SELECT id, w = (SELECT btyd_fit(x, t_x, age, 'BG/NBD') FROM customers c WHERE c.id BETWEEN v.id - 5 AND v.id) AS same
FROM (SELECT id, btyd_fit(x, t_x, age, 'BG/NBD') OVER (ORDER BY id ROWS 5 PRECEDING) AS w FROM customers) v WHERE id % 10 = 0 ORDER BY id;
-- Parallel workers, bit for bit.
CREATE TABLE many AS SELECT x, t_x, age + i % 50 AS age, s FROM summaries, generate_series(1, 100) i;
ALTER TABLE many SET (parallel_workers = 2);
CREATE TABLE serial AS SELECT btyd_fit(x, t_x, age, 'BG/NBD') AS m FROM many;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT btyd_fit(x, t_x, age, 'BG/NBD') FROM many;
SELECT btyd_fit(x, t_x, age, 'BG/NBD') = (SELECT m FROM serial) AS same FROM many;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
-- The state is a value.
CREATE AGGREGATE state_of(float8, float8, float8, text) (SFUNC = btyd_accum, STYPE = btyd_histories);
SELECT left(s::text, 10) AS state, btyd_histories_send(s::text::btyd_histories) = btyd_histories_send(s) AS same, btyd_fit_final(s) = m AS fits
FROM (SELECT state_of(x, t_x, age, 'BG/NBD') AS s, btyd_fit(x, t_x, age, 'BG/NBD') AS m FROM customers) v;
SELECT refused(q) FROM (VALUES
  ('SELECT btyd_fit(x, t_x, age, ''NBD'') FROM customers'), ('SELECT btyd_fit(x, t_x, age, CASE id WHEN 1 THEN ''BG/NBD'' ELSE ''MBG/NBD'' END) FROM customers'),
  ('SELECT btyd_fit(x + 0.5, t_x, age, ''BG/NBD'') FROM customers'), ('SELECT btyd_fit(x, age - t_x, age, ''BG/NBD'') FROM customers'), ('SELECT btyd_fit(x, age + 1, age, ''BG/NBD'') FROM customers'),
  ('SELECT btyd_fit(x, t_x, -age, ''BG/NBD'') FROM customers'), ('SELECT btyd_fit(x, t_x, ''NaN'', ''BG/NBD'') FROM customers'), ('SELECT btyd_fit(x, t_x, 2e12, ''BG/NBD'') FROM customers'),
  ('SELECT btyd_fit(x, t_x, age, ''BG/BB'') FROM customers'), ('SELECT btyd_fit(3, 2, 4, ''BG/BB'')'), ('SELECT btyd_fit(1, 2, 2e6, ''BG/BB'')')) v (q);

-- Covariates: what a flag does, and the model for those who have it.
CREATE TABLE with_member AS SELECT btyd_fit(x, t_x, age, array[member], 'MBG/NBD') AS m FROM customers;
SELECT brief(m), m::text::json->'purchase_effects' IS NOT NULL AS effects, round((m::text::json->'purchase_effects'->>0)::numeric, 2) AS purchases FROM with_member;
SELECT btyd_fit(s, array[member], 'MBG/NBD') = m AS same FROM summaries, with_member GROUP BY m;
SELECT btyd_fit(x, t_x, age, array[member], 'BG/NBD') IS NULL AS none FROM customers WHERE false;
SELECT btyd_model_for(m, '{2,1}') FROM models WHERE name = 'e';
SELECT btyd_model_for(m, '{}') = m AS same FROM models WHERE name = 'a';
SELECT refused(q) FROM (VALUES
  ('SELECT btyd_fit(x, t_x, age, array[member, NULL], ''BG/NBD'') FROM customers'), ('SELECT btyd_fit(x, t_x, age, array[''NaN''::float8], ''BG/NBD'') FROM customers'),
  ('SELECT btyd_fit(x, t_x, age, ''{}''::float8[], ''BG/NBD'') FROM customers'), ('SELECT btyd_fit(x, t_x, age, CASE id WHEN 9 THEN array[1] ELSE array[1, 2] END, ''BG/NBD'') FROM customers'),
  ('SELECT btyd_fit(x, t_x, age, array_fill(1::float8, array[31]), ''BG/NBD'') FROM customers'), ('SELECT btyd_fit(0, 0, 1, array[1], ''BG/BB'')'),
  ('SELECT btyd_model_for(m, array[1]) FROM models WHERE name = ''e'''), ('SELECT btyd_model_for(m, array[1, NULL]) FROM models WHERE name = ''e'''),
  ('SELECT btyd_model_for(m, array[1, ''infinity''::float8]) FROM models WHERE name = ''e'''),
  ('SELECT churn_prob(1, 1, 2, m) FROM models WHERE name = ''e'''), ('SELECT expected_purchases(m::text, 5) FROM models WHERE name = ''e''')) v (q);

-- Every prediction, of columns and of a summary, by a model and by its JSON.
CREATE FUNCTION near(a float8, b float8, c float8, d float8) RETURNS text LANGUAGE sql AS $$
  SELECT CASE WHEN a = b AND a = c AND a = d THEN round(a::numeric, 5)::text ELSE concat_ws(' or ', a, b, c, d) END $$;
SELECT m::text::json->>'model' AS model,
  near(churn_prob(x, t_x, age, m), churn_prob(s, m), churn_prob(x, t_x, age, m::text), churn_prob(s, m::text)) AS churn_prob,
  near(expected_purchases(x, t_x, age, m, 39), expected_purchases(s, m, 39), expected_purchases(x, t_x, age, m::text, 39), expected_purchases(s, m::text, 39)) AS expected_purchases,
  near(repurchase_prob(x, t_x, age, m, 39), repurchase_prob(s, m, 39), repurchase_prob(x, t_x, age, m::text, 39), repurchase_prob(s, m::text, 39)) AS repurchase_prob,
  near(repurchase_prob(x, t_x, age, m, 'infinity'), repurchase_prob(s, m, 'infinity'), repurchase_prob(x, t_x, age, m::text, 'infinity'), repurchase_prob(s, m::text, 'infinity')) AS ever,
  near(time_to_purchase(x, t_x, age, m), time_to_purchase(s, m), time_to_purchase(x, t_x, age, m::text), time_to_purchase(s, m::text)) AS median,
  near(time_to_purchase(x, t_x, age, m, 0.1), time_to_purchase(s, m, 0.1), time_to_purchase(x, t_x, age, m::text, 0.1), time_to_purchase(s, m::text, probability => 0.1)) AS tenth,
  near(discounted_purchases(x, t_x, age, m, 0.0018), discounted_purchases(s, m, 0.0018), discounted_purchases(x, t_x, age, m::text, 0.0018), discounted_purchases(s, m::text, 0.0018)) AS for_ever,
  near(discounted_purchases(x, t_x, age, m, 0.0018, 39), discounted_purchases(s, m, 0.0018, 39), discounted_purchases(x, t_x, age, m::text, 0.0018, horizon => 39), discounted_purchases(s, m::text, 0.0018, 39)) AS discounted,
  near(customer_value(x, t_x, age, monetary, m, :'spend'::spend_model, 39), customer_value(s, m, :'spend'::spend_model, 39), customer_value(x, t_x, age, monetary, m::text, :'spend'::text, 39), customer_value(s, m::text, :'spend'::text, 39)) AS value
FROM models, LATERAL (SELECT *, ROW(x, t_x, age, monetary, NULL, NULL, NULL)::purchase_summary AS s FROM (
  SELECT 2 AS x, CASE name WHEN 'd' THEN 4 ELSE 30.43 END::float8 AS t_x, CASE name WHEN 'd' THEN 6 ELSE 38.86 END::float8 AS age, 22.35::float8 AS monetary) v) c
WHERE name < 'e' ORDER BY name;
SELECT m::text::json->>'model' AS model, round(expected_purchases(m, 52)::numeric, 5) AS year, expected_purchases(m, 52) = expected_purchases(m::text, 52) AS same,
  round(purchase_count_prob(m, 39, 0)::numeric, 5) AS none, round(purchase_count_prob(m::text, 39, 3)::numeric, 5) AS three, purchase_count_prob(m, 39, -1) AS impossible FROM models WHERE name < 'e' ORDER BY name;
-- Customers that have bought once: BG/NBD has no way to lose them. A customer that has left may never buy again: NULL.
SELECT name, round(churn_prob(0, 0, 39, m)::numeric, 4) AS once, time_to_purchase(9, 9, 39, m) AS never FROM models WHERE name IN ('a', 'b', 'c') ORDER BY name;
SELECT discounted_purchases(2, 30, 39, m, 0, 52) = expected_purchases(2, 30, 39, m, 52) AS undiscounted FROM models WHERE name = 'c';
-- The mean of all for a customer without known spend; an infinite mean; NULLs.
SELECT customer_value(0, 0, 39, NULL, m, v, 52, 0.0018) = customer_value(0, 0, 39, 99, m, v, 52, 0.0018) AS mean_of_all,
  round((customer_value(0, 0, 39, NULL, m, v, 52, 0.0018) / discounted_purchases(0, 0, 39, m, 0.0018, 52))::numeric, 4) AS mean,
  customer_value(0, 0, 39, NULL, m, '{"model": "Gamma-Gamma", "parameters": {"p": 6, "q": 1, "v": 15}}', 52) IS NULL AS infinite,
  customer_value(NULL, 0, 39, NULL, m, v, 52) IS NULL AS "null", customer_value(NULL::purchase_summary, m, v, 52) IS NULL AS null_summary
FROM models, (SELECT :'spend'::spend_model AS v) s WHERE name = 'b';
SELECT churn_prob(NULL, 1, 2, m) IS NULL AS a, churn_prob(1, 1, 2, NULL::btyd_model) IS NULL AS b, churn_prob(NULL::purchase_summary, m) IS NULL AS c,
  churn_prob(ROW(NULL, NULL, NULL, NULL, NULL, NULL, NULL)::purchase_summary, m) IS NULL AS d, expected_purchases(1, 1, 2, m, NULL) IS NULL AS e FROM models WHERE name = 'a';
CREATE FUNCTION asked(call text) RETURNS text LANGUAGE sql AS $$ SELECT refused('SELECT ' || call || ' FROM (SELECT a.m AS bg, d.m AS bb FROM models a, models d WHERE a.name = ''a'' AND d.name = ''d'') v') $$;
SELECT asked(c) FROM (VALUES
  ('churn_prob(1, 3, 2, bg)'), ('churn_prob(0, 1, 2, bg)'), ('churn_prob(1.5, 1, 2, bg)'), ('churn_prob(-1, 1, 2, bg)'), ('churn_prob(1, ''NaN'', 2, bg)'), ('churn_prob(1, 1, ''infinity'', bg)'),
  ('churn_prob(3, 2, 4, bb)'), ('churn_prob(1, 1.5, 4, bb)'), ('expected_purchases(1, 1, 2, bg, -1)'), ('expected_purchases(1, 1, 2, bg, ''infinity'')'), ('expected_purchases(1, 1, 2, bb, 2e6)'),
  ('expected_purchases(bg, -1)'), ('repurchase_prob(1, 1, 2, bg, ''NaN'')'), ('time_to_purchase(1, 1, 2, bg, 0)'), ('time_to_purchase(1, 1, 2, bg, 1)'), ('discounted_purchases(1, 1, 2, bg, -0.1)'),
  ('discounted_purchases(1, 1, 2, bg, 0)'), ('discounted_purchases(1, 1, 2, bg, ''NaN'')'), ('purchase_count_prob(bg, -1, 1)'),
  ('customer_value(1, 1, 2, ''NaN'', bg, ''{"model": "Gamma-Gamma", "parameters": {"p": 6, "q": 2, "v": 15}}'', 9)'), ('churn_prob(1, 1, 2, ''churn'')'),
  ('churn_prob(1, 1, 2, ''{"model": "sBG", "parameters": {"alpha": 1, "beta": 1}}''::text)')) v (c);

\c :tests
DROP DATABASE clientele_btyd;
