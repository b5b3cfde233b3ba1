-- SPDX-License-Identifier: PostgreSQL
-- Fitted models under names: versions, comparison on a hold-out, tracking, and privileges.
\set tests :DBNAME
CREATE DATABASE clientele_models ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_models
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;

SELECT '{"model": "BG/NBD", "parameters": {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}}' AS bg,
       '{"model": "Pareto/NBD", "parameters": {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}}' AS pareto,
       '{"model": "BG/NBD", "parameters": {"r": 0.243, "alpha": 4.414, "a": 1e-9, "b": 1e9}}' AS stay,
       '{"model": "Gamma-Gamma", "parameters": {"p": 6.25, "q": 3.74, "v": 15.44}}' AS spend,
       '{"model": "sBG", "parameters": {"alpha": 0.668, "beta": 3.806}}' AS contract \gset

-- Without a store.
SELECT save_model('churn', :'bg'::btyd_model);
SELECT churn_prob(1, 1, 2, 'churn');
SELECT * FROM compare_models('churn', 'nothing');
CALL create_store();
SELECT save_model('churn', :'bg'::btyd_model, 'the first week', '第一版'), save_model('churn', :'pareto'::btyd_model, make_current => false),
       save_model('花费', :'spend'::spend_model), save_model('plan', :'contract'::contract_model);
-- The type of a literal, a text or a varchar is found in it.
SELECT save_model('churn', '{"model": "mbgnbd", "parameters": {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614}}') AS literal,
       save_model('plan', :'contract'::varchar, note => 'again') AS varchar, save_model('plan', :'contract'::text, make_current => NULL) AS text;
SELECT name, version, type, kind, model, customers, log_likelihood, fitted_at <= now() AS fitted, fitted_on, note, current, quality FROM clientele_data.models ORDER BY name COLLATE "C", version;
SELECT model_type(:'bg'), model_type(:'spend'), model_type(:'contract');

-- A name is its current version, name@version any; the value is the very same.
SELECT churn_prob(2, 30.4, 38.9, 'churn@1') = churn_prob(2, 30.4, 38.9, btyd_model :'bg') AS first,
       churn_prob(2, 30.4, 38.9, 'churn@2') = churn_prob(2, 30.4, 38.9, btyd_model :'pareto') AS second,
       churn_prob(2, 30.4, 38.9, 'churn') = churn_prob(2, 30.4, 38.9, 'churn@3') AS current,
       expected_spend(2, 22.3, '花费') = expected_spend(2, 22.3, spend_model :'spend') AS spend,
       contract_survival('plan', 3) = contract_survival(contract_model :'contract', 3) AS contract, churn_prob(1, 'plan') = churn_prob(1, contract_model :'contract') AS churn;
SELECT make_model_current('churn', 1);
SELECT churn_prob(2, 30.4, 38.9, 'churn') = churn_prob(2, 30.4, 38.9, 'churn@1') AS current, count(*) FILTER (WHERE current) AS one FROM clientele_data.models WHERE name = 'churn';
-- Within one statement's snapshot; a later statement of the same function sees what changed.
CREATE FUNCTION after_change() RETURNS boolean[] LANGUAGE plpgsql AS $$
DECLARE seen boolean[];
BEGIN
  FOR v IN 1..3 LOOP
    PERFORM make_model_current('churn', v);
    seen := seen || (churn_prob(2, 30.4, 38.9, 'churn') = churn_prob(2, 30.4, 38.9, 'churn@' || v));
  END LOOP;
  RETURN seen;
END $$;
SELECT after_change();

-- Doubles come back as they were.
CREATE TABLE extremes AS SELECT n, format('{"model": "Gamma-Gamma", "parameters": {"p": %s, "q": %s, "v": %s}}', exp(n) / 3, 1 + 1 / exp(n), exp(-n) * 1.1)::spend_model AS m FROM generate_series(-25, 25, 5) n;
SELECT bool_and(save_model('x', m) > 0) AS saved FROM extremes;
SELECT count(*) AS same FROM extremes e JOIN clientele_data.models s ON s.name = 'x' AND s.model::text::spend_model = e.m;
SELECT save_model('fitted', spend_fit(1 + n % 4, 10 + 7 * sin(n))) FROM generate_series(1, 200) n;
SELECT model::text::spend_model = (SELECT spend_fit(1 + n % 4, 10 + 7 * sin(n)) FROM generate_series(1, 200) n) AS same, customers, round(log_likelihood::numeric, 3) = round((model ->> 'log_likelihood')::numeric, 3) AS log_likelihood
FROM clientele_data.models WHERE name = 'fitted';

-- Numbers are not used twice; the current version goes last.
SELECT forget_model('plan', 3);
SELECT make_model_current('plan', 1), forget_model('plan', 3);
SELECT save_model('plan', :'contract'::contract_model) AS four;
SELECT make_model_current('plan', 3);
SELECT forget_model('plan', 3);
SELECT forget_model('nobody', 1);
SELECT forget_model('plan', 1), forget_model('plan', 2), forget_model('plan', 4);
SELECT contract_survival('plan', 1);
SELECT save_model('plan', :'spend'::spend_model) AS five_of_another_type;
SELECT save_model('plan', :'contract'::contract_model);
SELECT save_model('later', :'spend', make_current => false) AS one;
SELECT expected_spend('later');
SELECT round(expected_spend('later@1')::numeric, 2) AS by_version;
SELECT expected_spend('later@2');
SELECT expected_spend('later@');
SELECT expected_spend('later@1x');
SELECT churn_prob(1, 1, 2, 'later@1');
SELECT save_model(NULL, :'spend'::spend_model);
SELECT save_model('x', NULL::spend_model);
SELECT save_model('', :'spend');
SELECT save_model('a@1', :'spend');
SELECT save_model(' {', :'spend');
SELECT save_model('bad', '{"model": "Gamma-Gamma", "parameters": {"p": 1}}');
SELECT save_model('bad', '{"model": "ARIMA"}');
SELECT save_model('bad', '{}');
SELECT save_model('bad', 'nonsense');
SELECT count(*) AS bad FROM clientele_data.model_names WHERE name = 'bad';

-- On a hold-out.
CREATE TABLE purchases AS
SELECT c AS customer, timestamptz '2025-01-01 12:00Z' + ((c * 37) % 84 + k * (3 + c % 41)) * interval '1 day' AS at, 10 + (c * 13 + k * 7) % 50 AS amount
FROM generate_series(1, 300) c, generate_series(0, c % 9) k;
CREATE VIEW holdout AS
SELECT (s).*, times FROM (SELECT purchase_summary(at, amount, d) AS s, purchase_times(at, d) AS times
                          FROM purchases, purchase_def('2025-06-30', holdout_until => '2025-12-31') d GROUP BY customer) c;
SELECT version, kind, current, customers, round(expected::numeric, 3) AS expected, actual, round(mean_absolute_error::numeric, 5) AS mae,
       round(root_mean_squared_error::numeric, 5) AS rmse, round(bias::numeric, 5) AS bias, round(correlation::numeric, 5) AS correlation, round(poisson_deviance::numeric, 5) AS deviance
FROM compare_models('churn', 'holdout');
-- The same in plain SQL.
SELECT count(*), round(sum(e)::numeric, 3) AS expected, sum(a) AS actual, round(avg(abs(e - a))::numeric, 5) AS mae, round(sqrt(avg((e - a) ^ 2))::numeric, 5) AS rmse,
       round((sum(e) / sum(a))::numeric, 5) AS bias, round(corr(e, a)::numeric, 5) AS correlation
FROM (SELECT expected_purchases(x, t_x, age, 'churn@2', holdout_age) AS e, holdout_x AS a FROM holdout) q;
SELECT version, customers FROM compare_models('churn', ' select * from holdout where x > 0 limit 10; ', '{1,3,7}');
SELECT version, customers, round(expected::numeric, 3) AS expected, actual FROM compare_models('花费', 'holdout');
SELECT version, customers, round(expected::numeric, 3) AS expected, actual, round(bias::numeric, 6) AS bias FROM compare_models('plan', 'holdout');
SELECT save_model('p', :'contract');
SELECT version, customers, round(expected::numeric, 3) AS expected, actual FROM compare_models('p', $$SELECT n AS period, n > 2 AS renewed FROM generate_series(1, 5) n UNION ALL SELECT NULL, true$$);
SELECT * FROM compare_models('churn', 'SELECT * FROM holdout WHERE false', '{1}');
-- A table of one's own in any schema, and any spelling.
CREATE SCHEMA "My Data";
CREATE TABLE "My Data"."Ein ""Halt""" AS SELECT x::numeric AS x, t_x, age::text AS age, holdout_x::smallint AS holdout_x, holdout_age FROM holdout;
SELECT bool_and(a.mean_absolute_error = b.mean_absolute_error) AS same FROM compare_models('churn', '"My Data"."Ein ""Halt"""') a JOIN compare_models('churn', 'holdout') b USING (version);
SET search_path = "My Data", clientele;
SELECT count(*) FROM compare_models('churn', '"Ein ""Halt"""');
SET search_path = public, clientele;
SELECT compare_models('churn', 'nowhere');
SELECT compare_models('churn', 'drop table purchases');
SELECT compare_models('churn', 'SELECT 1) x; DROP TABLE purchases; --');
SELECT compare_models('churn', 'SELECT 1) x; DROP TABLE purchases; SELECT FROM (SELECT 1');
SELECT compare_models('churn', 'WITH d AS (DELETE FROM purchases RETURNING *) SELECT * FROM d');
SELECT compare_models('churn', 'SELECT age, x FROM holdout');
SELECT compare_models('churn', 'SELECT nothing FROM holdout');
SELECT compare_models('churn', NULL);
SELECT compare_models('chrun', 'holdout');
SELECT count(*) > 0 AS still_there FROM purchases;

-- Names that a caller's search_path hides are not taken for ours.
CREATE SCHEMA evil;
CREATE FUNCTION evil.concat(VARIADIC text[]) RETURNS text LANGUAGE sql AS $$ SELECT 'SELECT 1/0' $$;
CREATE FUNCTION evil.lies(integer, integer) RETURNS boolean LANGUAGE sql AS $$ SELECT false $$;
CREATE FUNCTION evil.lies(bigint, integer) RETURNS boolean LANGUAGE sql AS $$ SELECT false $$;
CREATE OPERATOR evil.= (LEFTARG = integer, RIGHTARG = integer, FUNCTION = evil.lies);
CREATE OPERATOR evil.> (LEFTARG = bigint, RIGHTARG = integer, FUNCTION = evil.lies);
SET search_path = evil, pg_catalog, public, clientele;
SELECT pg_catalog.count(*) FROM clientele.compare_models('churn', 'public.holdout');
SELECT clientele.choose_model('churn', 'public.holdout') IS NOT NULL AS chosen;
SELECT pg_catalog.count(*) FROM clientele.track_purchases('churn', 'public.holdout');
SET search_path = public, clientele;

-- The best one.
SELECT choose_model('churn', 'holdout') = (SELECT version FROM compare_models('churn', 'holdout') ORDER BY mean_absolute_error LIMIT 1) AS by_error,
       (SELECT count(*) FROM clientele_data.models WHERE name = 'churn' AND quality IS NOT NULL) AS noted;
SELECT c AS criterion, choose_model('churn', 'holdout', c) = (SELECT version FROM compare_models('churn', 'holdout')
  ORDER BY CASE c WHEN 'bias' THEN abs(ln(bias)) WHEN 'correlation' THEN -correlation WHEN 'poisson_deviance' THEN poisson_deviance ELSE root_mean_squared_error END LIMIT 1) AS best
FROM unnest('{root_mean_squared_error,bias,correlation,poisson_deviance}'::text[]) c;
-- Of equals the one in use stays.
SELECT save_model('equal', :'bg'), save_model('equal', :'bg'), save_model('equal', :'stay');
SELECT make_model_current('equal', 1), choose_model('equal', 'holdout');
SELECT make_model_current('equal', 3), choose_model('equal', 'holdout');
SELECT version, current, round((quality ->> 'mean_absolute_error')::numeric, 4) AS mae, quality ->> 'holdout' AS holdout, quality ->> 'criterion' AS criterion,
       array(SELECT jsonb_object_keys(quality) ORDER BY 1) AS keys FROM clientele_data.models WHERE name = 'equal' ORDER BY version;
SELECT choose_model('churn', 'holdout', 'likelihood');
SELECT choose_model('churn', 'holdout', NULL);
SELECT choose_model('churn', 'SELECT * FROM holdout WHERE false');
SELECT name, version, current, kind, holdout, holdout_customers, round(bias::numeric, 4) AS bias, compared_at IS NOT NULL AS compared FROM clientele_bi.models ORDER BY name COLLATE "C", version;

-- Churn models, too.
SELECT save_model('leaver', churn_fit(jsonb_build_object('months', n % 24, 'plan', (ARRAY['basic', '高级'])[1 + n % 2]), n * 7919 % 31 < 24 - n % 24, '{}'), 'made up') AS fitted FROM generate_series(1, 400) n;
SELECT save_model('leaver', '{"intercept": 1.5, "features": [{"name": "months", "coefficient": -0.5}]}') AS written;
SELECT m.version, m.type, m.kind, m.customers, round(m.log_likelihood::numeric, 2) AS log_likelihood, m.current, m.model::text::churn_model = f.fit AS same
FROM clientele_data.models m, (SELECT churn_fit(jsonb_build_object('months', n % 24, 'plan', (ARRAY['basic', '高级'])[1 + n % 2]), n * 7919 % 31 < 24 - n % 24, '{}') AS fit FROM generate_series(1, 400) n) f
WHERE m.name = 'leaver' ORDER BY m.version;
SELECT version, kind, current, customers, round(expected::numeric, 3) AS expected, actual, round(mean_absolute_error::numeric, 4) AS mae
FROM compare_models('leaver', $$SELECT jsonb_build_object('months', n % 24, 'plan', 'basic') AS features, n * 7919 % 31 < 24 - n % 24 AS churned FROM generate_series(401, 500) n$$);

-- What the aggregate says, in its own words.
SELECT (h).customers, (h).expected, (h).actual, round((h).mean_absolute_error::numeric, 6) AS mae, round((h).root_mean_squared_error::numeric, 6) AS rmse, (h).bias, round((h).correlation::numeric, 6) AS correlation,
       round((h).poisson_deviance::numeric, 6) AS deviance FROM (SELECT holdout_errors(holdout_quality(e, a)) AS h FROM (VALUES (1.0, 2), (3, 1), (2, 3), (NULL, 1), (1, NULL)) v (e, a)) s;
SELECT holdout_calibration(holdout_quality(n / 4, n)) FROM generate_series(1, 25) n;
SELECT holdout_errors(holdout_quality(1, 1)) FROM generate_series(1, 0);
SELECT (holdout_errors(holdout_quality(1, 0))).*;
SELECT (holdout_errors(holdout_quality(-1, 0))).poisson_deviance;
SELECT (holdout_errors(holdout_merge(q))).customers, round((holdout_errors(holdout_merge(q))).bias::numeric, 6) AS bias FROM (SELECT holdout_quality(n, n + 1) AS q FROM generate_series(1, 9) n GROUP BY n % 2) s;
SELECT holdout_quality(e, a) AS summary, bool_and(true) FROM (VALUES (1, 2.5), (1, 2.5), (-0.0, 0)) v (e, a);
SELECT count(DISTINCT q::text) AS one FROM (SELECT holdout_quality(n % 5, n % 3) OVER () AS q FROM generate_series(1, 40) n) s;
SELECT holdout_quality('NaN', 1);
SELECT holdout_quality(1, 'infinity');
SELECT '\x01010000000000000080000000000000000001'::holdout_summary;

-- Period by period.
SELECT period, ended, customers_so_far, actual, round(expected::numeric, 3) AS expected, cumulative_actual, round(cumulative_expected::numeric, 3) AS cumulative_expected
FROM track_purchases('churn@1', 'holdout') WHERE period IN (1, 2, 13, 26) OR period > 50;
-- The same by plain SQL, customer by customer.
SELECT bool_and(t.cumulative_actual = a.n) AS actual, bool_and(abs(t.cumulative_expected - e.n) < 1e-9) AS expected
FROM track_purchases(:'bg'::btyd_model, 'holdout') t,
     LATERAL (SELECT count(*) AS n FROM (SELECT customer, at::date AS day, min(at::date) OVER (PARTITION BY customer) AS first FROM purchases GROUP BY customer, at::date, at) p
              WHERE day > first AND day <= date '2025-12-31' AND day - date '2025-01-01' <= 7 * t.ended + 1e-6) a,
     LATERAL (SELECT sum(expected_purchases(:'bg', t.ended - (first - date '2025-01-01') / 7.0)) AS n
              FROM (SELECT min(at)::date AS first FROM purchases GROUP BY customer) f WHERE (first - date '2025-01-01') / 7.0 < t.ended) e;
SELECT count(*) AS without_holdout, max(ended) AS ended FROM track_purchases('churn', 'SELECT age, NULL::float8 AS holdout_age, times FROM holdout');
SELECT count(*) AS nobody FROM track_purchases('churn', 'SELECT * FROM holdout WHERE false');
SELECT track_purchases('churn', 'SELECT age FROM holdout');
SELECT track_purchases('chrun', 'holdout');
SELECT track_purchases('churn', 'SELECT 1e6 AS age, 0 AS holdout_age, ARRAY[0] AS times');

-- Privileges: who may read the models may predict by name; to save takes more.
CREATE ROLE clientele_model_reader;
SET ROLE clientele_model_reader;
SELECT save_model('mine', :'spend');
SELECT expected_spend('later@1');
RESET ROLE;
GRANT USAGE ON SCHEMA clientele, clientele_data, clientele_bi TO clientele_model_reader;
GRANT SELECT ON clientele_data.models TO clientele_model_reader;
SET ROLE clientele_model_reader;
SELECT round(expected_spend('later@1')::numeric, 2) AS by_name;
SELECT save_model('mine', :'spend');
SELECT make_model_current('churn', 1);
SELECT forget_model('churn', 1);
SELECT compare_models('churn', 'holdout');
RESET ROLE;
GRANT SELECT ON holdout TO clientele_model_reader;
SET ROLE clientele_model_reader;
SELECT count(*) FROM compare_models('churn', 'holdout');
SELECT choose_model('churn', 'holdout');
RESET ROLE;
DROP OWNED BY clientele_model_reader;
DROP ROLE clientele_model_reader;

SELECT btyd_model_for('{"model": "BG/NBD", "parameters": {"r": 1, "alpha": 1, "a": 1, "b": 1}, "purchase_effects": [1, -1], "dropout_effects": [1, 1]}', '{1e308,1e308}') IS NULL;
SELECT btyd_model_for('{"model": "BG/NBD", "parameters": {"r": 1, "alpha": 1, "a": 1, "b": 1}, "purchase_effects": [100, -100], "dropout_effects": [1, 1]}', '{1e308,1e308}');
CALL drop_store();
SELECT expected_spend('later@1');

\c :tests
DROP DATABASE clientele_models;
