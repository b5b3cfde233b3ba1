-- SPDX-License-Identifier: PostgreSQL
-- Customers under contract: the fit, predictions, and what each makes of odd input.
\set tests :DBNAME
CREATE DATABASE clientele_contracts ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_contracts
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;

-- Fader and Hardie (2007), table 1: percent of customers still there after years 0 to 7.
CREATE TABLE surviving (cohort text, year int, percent numeric);
INSERT INTO surviving SELECT 'Regular', year - 1, s FROM unnest('{100,63.1,46.8,38.2,32.6,28.9,26.2,24.1}'::numeric[]) WITH ORDINALITY u (s, year);
INSERT INTO surviving SELECT 'High End', year - 1, s FROM unnest('{100,86.9,74.3,65.3,59.3,55.1,51.7,49.1}'::numeric[]) WITH ORDINALITY u (s, year);
CREATE VIEW customers AS
SELECT a.cohort, b.year AS periods, true AS churned FROM surviving a JOIN surviving b ON b.cohort = a.cohort AND b.year = a.year + 1,
  generate_series(1, (10 * (a.percent - b.percent))::int)
UNION ALL SELECT cohort, year, false FROM surviving, generate_series(1, (10 * percent)::int) WHERE year = 7;
CREATE TABLE fitted AS SELECT cohort, contract_fit(periods, churned) AS m FROM customers GROUP BY cohort;
SELECT cohort, round((m::text::jsonb #>> '{parameters,alpha}')::numeric, 4) AS alpha, round((m::text::jsonb #>> '{parameters,beta}')::numeric, 4) AS beta,
       round((m::text::jsonb ->> 'log_likelihood')::numeric, 3) AS log_likelihood, (m::text::jsonb ->> 'customers')::int AS customers,
       (m::text::jsonb ->> 'groups')::int AS groups, (m::text::jsonb ->> 'converged')::boolean AS converged, m::text::contract_model = m AS same_text
FROM fitted ORDER BY cohort;
SELECT cohort, string_agg(round(100 * contract_survival(m, t)::numeric, 2)::text, ' ' ORDER BY t) AS survival FROM fitted, generate_series(0, 12) t GROUP BY cohort ORDER BY cohort;
SELECT cohort, string_agg(round(contract_retention(m, t)::numeric, 4)::text, ' ' ORDER BY t) AS retention,
       bool_and(abs(contract_retention(m, t) + churn_prob(t, m) - 1) < 1e-15) AS churn,
       bool_and(abs(contract_retention(m, t) - contract_survival(m, t) / contract_survival(m, t - 1)) < 1e-12) AS of_survival
FROM fitted, generate_series(1, 5) t GROUP BY cohort ORDER BY cohort;
SELECT cohort, string_agg(round(contract_residual_lifetime(m, n, 0.1)::numeric, 4)::text, ' ' ORDER BY n) AS derl FROM fitted, generate_series(1, 5) n GROUP BY cohort ORDER BY cohort;
-- Without discount: infinite for some, and otherwise (beta + period - 1) / (alpha - 1).
SELECT contract_residual_lifetime(m, 1, 0) AS infinite, contract_residual_lifetime('{"model": "sBG", "parameters": {"alpha": 3, "beta": 4}}', 2, 0) AS finite FROM fitted WHERE cohort = 'Regular';

-- The order of the rows, parts, and a window change no bit.
SELECT bool_and(w = m) AS shuffled FROM (SELECT cohort, contract_fit(periods, churned ORDER BY md5(periods::text || churned)) AS w FROM customers GROUP BY cohort) c JOIN fitted USING (cohort);
SELECT bool_and(w = m) AS windowed FROM (SELECT cohort, contract_fit(periods, churned) OVER (PARTITION BY cohort) AS w FROM customers) c JOIN fitted USING (cohort);
CREATE AGGREGATE contract_state(integer, boolean) (SFUNC = contract_accum, STYPE = contract_values);
CREATE AGGREGATE contract_joined(contract_values) (SFUNC = contract_combine, STYPE = contract_values, FINALFUNC = contract_fit_final);
SELECT bool_and(w = m) AS by_parts FROM (
  SELECT cohort, contract_joined(state ORDER BY part DESC) AS w
  FROM (SELECT cohort, periods % 3 AS part, contract_state(periods, churned) AS state FROM customers GROUP BY 1, 2 UNION ALL SELECT 'Regular', 9, NULL) p
  GROUP BY cohort) c JOIN fitted USING (cohort);
SELECT contract_state(p, c) AS state FROM (VALUES (2, true), (1, false), (2, true), (0, false)) v (p, c);
SELECT '\x0101000000000000000001'::contract_values;

-- Who has not come to a renewal says nothing; neither does a NULL.
SELECT contract_fit(p, c) AS fit FROM (VALUES (0, false), (NULL, true), (3, NULL)) v (p, c);
SELECT contract_fit(1, true) WHERE false;
-- Bounds: no customer left, all left at once, all leave at one rate.
SELECT what, m::text::jsonb ? 'at_bound' AS at_bound, m::text::jsonb ->> 'remark' AS remark, round(contract_retention(m, 1)::numeric, 3) AS retention FROM (
  SELECT 'nobody', contract_fit(n, false) FROM generate_series(1, 9) n
  UNION ALL SELECT 'at once', contract_fit(1, true) FROM generate_series(1, 9)
  UNION ALL SELECT 'one rate', contract_fit(t, t < 8 OR k > 1) FROM generate_series(1, 8) t, generate_series(1, (2 ^ (8 - t))::int + (t = 8)::int) k) v (what, m);
SELECT contract_fit(-1, true);
SELECT contract_fit(0, true);
SELECT contract_accum(NULL, 1, true);

-- Predictions.
SELECT '{"model": "sBG", "parameters": {"alpha": 0.668, "beta": 3.806}}' AS m \gset
SELECT contract_survival(:'m', 0) AS start, round(contract_survival(:'m', 2147483647)::numeric, 9) AS end, contract_survival(contract_model :'m', 3) = contract_survival(:'m'::varchar, 3) AS same;
SELECT contract_survival(:'m', NULL) AS periods, contract_retention(NULL::contract_model, 1) AS model, contract_residual_lifetime(:'m', 1, NULL) AS discount, churn_prob(NULL::int, contract_model :'m') AS period;
SELECT round(churn_prob(1, :'m')::numeric, 6) AS literal, round(churn_prob(1, contract_model :'m')::numeric, 6) AS typed, round(contract_residual_lifetime(:'m', 1, 1e308)::numeric, 6) AS at_any_price;
SELECT contract_survival(:'m', -1);
SELECT contract_retention(:'m', 0);
SELECT contract_residual_lifetime(:'m', 0, 0.1);
SELECT contract_residual_lifetime(:'m', 1, -0.1);
SELECT contract_residual_lifetime(:'m', 1, 'NaN');
SELECT churn_prob(0, :'m');
SELECT contract_survival('contracts', 1);
SELECT contract_survival('{"model": "Gamma-Gamma", "parameters": {}}', 1);

\c :tests
DROP DATABASE clientele_contracts;
