-- SPDX-License-Identifier: PostgreSQL
-- The effect of tests and campaigns. tests/differential/effect.py compares random ones with an oracle.
\set tests :DBNAME
CREATE DATABASE clientele_effect ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_effect
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'America/New_York'; SET datestyle = 'German, DMY'; SET extra_float_digits = -3;
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
CREATE FUNCTION near(a float8, b float8) RETURNS boolean LANGUAGE sql AS 'SELECT abs(a - b) <= 1e-9 * (1 + abs(b))';

-- Four counts. Newcombe (1998), table II: 56/70 and 48/80.
SELECT round(difference::numeric, 4) AS difference, round(low::numeric, 4) AS low, round(high::numeric, 4) AS high, round(p_value::numeric, 4) AS p
FROM rate_difference(56, 70, 48, 80);
SELECT * FROM rate_difference(0, 0, 3, 9);
SELECT near(difference, 0), low < 0, high > 0, p_value FROM rate_difference(0, 10, 0, 10);
SELECT rate_difference(NULL, 1, 1, 1) IS NULL AS null_is_null;
SELECT near(p_value, exp(-(0.5 * ln(1e-4 / 2e-4) + 4e-4 * 1e-4 / (2 * 1e-4 * 2e-4)))) AS p, near(high - low, 2 * sqrt(2 * 1e-4 * 2 * (ln(20) + 0.5 * ln(2)))) AS width
FROM always_valid(0.02, 1e-4, 0.01);
SELECT * FROM always_valid(0.02, 0, 0.01);
SELECT near(sample_ratio(9, 1, 0.1), 1) AS even, near(sample_ratio(10, 0, 0.5), 2 * 0.5 ^ 10) AS lost, sample_ratio(0, 0, 0.5) IS NULL AS none;
SELECT f.* FROM unnest(ARRAY['SELECT * FROM rate_difference(3, 2, 0, 1)', 'SELECT * FROM rate_difference(-3, 2, 0, 1)', 'SELECT sample_ratio(1, 1, 0)',
  $$SELECT sample_ratio(1, 1, 'NaN')$$, 'SELECT sample_ratio(-1, 1, 0.5)', $$SELECT * FROM always_valid('inf', 1, 1)$$]) s CROSS JOIN LATERAL fails(s) f;

-- Any rows
CREATE TABLE t AS
SELECT g, g % 2 = 0 AS treated, g % 3 = 0 AS converted, g % 7 + CASE WHEN g % 2 = 0 THEN 0.5 ELSE 0 END AS value, g % 7 AS before
FROM generate_series(1, 1000) g;
SELECT * FROM effect_result((SELECT campaign_outcome(treated, converted, value::float8, before) FROM t), 0.5, cost => 100) \gx
SELECT count(*) AS rows FROM effect_result(NULL);
SELECT count(*) AS rows, bool_and(standard_error IS NULL) FROM effect_result((SELECT campaign_outcome(true, converted, value::float8) FROM t));
SELECT measure, treated, control, difference, low, p_value FROM effect_result((SELECT campaign_outcome(treated, converted, value::float8) FROM t WHERE g < 3));
SELECT campaign_outcome(NULL, true) IS NULL AS null_row, (SELECT campaign_outcome(true, true) WHERE false) IS NULL AS no_row;
-- A difference in zeros only, and one that is certain.
SELECT measure, difference, low, high, p_value, always_p FROM effect_result((SELECT campaign_outcome(g > 2, false, 0) FROM generate_series(1, 4) g));
SELECT measure, difference, low, high, p_value FROM effect_result((SELECT campaign_outcome(g > 2, false, CASE WHEN g > 2 THEN 1 ELSE 0 END) FROM generate_series(1, 4) g));
-- A control group that lost customers is not trusted; before the end only the p that holds at any time counts.
SELECT measure, trusted, significant, p_value < 0.05 AS p FROM effect_result((SELECT campaign_outcome(g > 100, g % 2 = 0 AND g > 100) FROM generate_series(1, 1000) g), 0.2);
SELECT measure, is_final, significant, p_value < 0.05 AS p, always_p < 0.05 AS always,
       near(extra_low, always_low * treated) AS extra FROM effect_result((SELECT campaign_outcome(g % 2 = 0, g % 2 = 0 AND g < 12) FROM generate_series(1, 200) g), final => false);

-- The same bytes in any order and in parts.
SELECT bool_and(s = (SELECT campaign_outcome(treated, converted, value::float8, before) FROM t)) AS same FROM (
  SELECT campaign_outcome(treated, converted, value::float8, before ORDER BY g DESC) FROM t
  UNION ALL SELECT campaign_outcome_merge(p) FROM (SELECT campaign_outcome(treated, converted, value::float8, before) FROM t GROUP BY g % 17) x (p)) y (s);
SELECT campaign_outcome(treated, true, v) FROM (VALUES (true, 1e100), (true, 1), (true, -1e100), (false, 0.1), (false, 0.2)) v (treated, v);
SELECT treated_sum FROM effect_result((SELECT campaign_outcome(true, true, v) FROM unnest('{1e100,1,-1e100}'::float8[]) v)) WHERE measure = 'value';
SELECT s = s::text::effect_summary AS text_form, effect_summary_send(s) = effect_summary_send(s::text::varchar::effect_summary) AS varchar_form
FROM (SELECT campaign_outcome(treated, converted, value::float8, before) FROM t) x (s);
SELECT count(DISTINCT s) AS different FROM (SELECT campaign_outcome(treated, converted) OVER (ORDER BY g) FROM t) x (s);
SELECT f.* FROM unnest(ARRAY[$$SELECT campaign_outcome(true, true, 'NaN')$$, $$SELECT campaign_outcome(true, true, 1, '-inf')$$, 'SELECT campaign_outcome(true, true, 1e101)',
  'SELECT campaign_outcome_merge(s) FROM (SELECT campaign_outcome(true, true) UNION ALL SELECT campaign_outcome(true, true, 1)) x (s)',
  'SELECT * FROM effect_result((SELECT campaign_outcome(true, true)), 1)', 'SELECT * FROM effect_result((SELECT campaign_outcome(true, true)), 0.1, 0)',
  'SELECT * FROM effect_result((SELECT campaign_outcome(true, true)), smallest_value => -1)', $$SELECT * FROM effect_result((SELECT campaign_outcome(true, true)), cost => 'NaN')$$,
  $$SELECT '\x01'::effect_summary$$, $$SELECT '\x0100'::effect_summary$$, $$SELECT ''::effect_summary$$, $$SELECT '\x01010000'::effect_summary$$,
  $$SELECT '\x0101000001020000'::effect_summary$$, 'SELECT campaign_outcome_accum(NULL, true, true)']) s CROSS JOIN LATERAL fails(s) f;

-- Campaigns
SELECT f.* FROM unnest(ARRAY[$$SELECT campaign_effect('x')$$, 'SELECT refresh_effects()']) s CROSS JOIN LATERAL fails(s) f;
CALL create_store('Asia/Shanghai');
SELECT * FROM refresh_effects();
INSERT INTO clientele_data.event_types VALUES (1, 'web', 'view'), (2, 'web', 'purchase');
INSERT INTO clientele_data.customers (customer_id, created_at) SELECT g, '2026-01-01Z' FROM generate_series(1, 300) g;
INSERT INTO clientele_data.customers (customer_id, created_at, merged_into) VALUES (301, '2026-01-01Z', 300);
-- Purchases of 10 a week before the start, of 20 two days after it, of 40 at the end, which is too late, and of 80 at the start.
INSERT INTO clientele_data.journeys
SELECT c, journey(at, 2, NULL::bigint, amount ORDER BY at) FROM (
  SELECT g, '2026-03-01 00:00+8'::timestamptz + d * interval '24 hours', a
  FROM generate_series(1, 300) g CROSS JOIN (VALUES (-7, 10), (2, 20), (31, 40), (0, 80)) v (d, a)
  WHERE CASE d WHEN -7 THEN g % 3 = 0 WHEN 2 THEN g % CASE WHEN g <= 100 THEN 10 ELSE 4 END = 0 WHEN 31 THEN true ELSE g = 300 END) x (c, at, amount) GROUP BY 1;
INSERT INTO clientele_data.campaigns (name, action, share, goal, value, within, before, cost, started_at, matched, refused, in_global_control, overlapping) VALUES
  ('三月', 'mail', 0.333, 'purchase', 'purchase', '1 month', '14 days', 0.5, '2026-03-01 00:00+8', 301, 0, 0, 0),
  ('later', 'mail', 0, 'web:view', NULL, '10 days', '0', NULL, '2026-03-20Z', 10, 0, 0, 0);
INSERT INTO clientele_data.campaign_members (campaign_id, customer_id, treated)
SELECT 1, g, g > 100 FROM generate_series(1, 301) g UNION ALL SELECT 2, g, true FROM generate_series(1, 10) g;
INSERT INTO clientele_data.outbox (campaign_id, customer_id, treated, purpose, channel, payload, status, sent_at)
SELECT 1, g, true, 'marketing', 'mail', '{}', CASE WHEN g < 200 THEN 'sent' ELSE 'failed' END, '2026-03-02Z' FROM generate_series(101, 300) g;
SELECT * FROM campaign_effect('三月', '2026-03-31 16:00Z') \gx
-- A moment before, no customer's time is over.
SELECT measure, treated, control, difference, is_final, members, pending FROM campaign_effect('三月', '2026-03-31 15:59:59Z');
SELECT measure, treated, control, difference, is_final, significant IS NOT DISTINCT FROM always_p <= 0.05 AS significant, members, pending
FROM campaign_effect('三月', '2026-03-02 01:00Z', so_far => true);
SELECT measure, treated, control, treated_mean, difference, is_final, members, overlap, trusted FROM campaign_effect('later', '2026-04-02Z');
SELECT f.* FROM unnest(ARRAY[$$SELECT * FROM campaign_effect('x')$$, 'SELECT * FROM campaign_effect(NULL)', $$SELECT * FROM campaign_effect('三月', 'infinity')$$,
  $$SELECT * FROM refresh_effects('-infinity')$$, 'SELECT * FROM refresh_effects(NULL)']) s CROSS JOIN LATERAL fails(s) f;

-- An effect beside a control group that is too small is not significant.
UPDATE clientele_data.campaigns SET share = 0.6 WHERE name = '三月';
SELECT measure, p_value < 0.05 AS p, trusted, significant FROM campaign_effect('三月', '2026-04-01Z') WHERE measure <> 'conversion';
UPDATE clientele_data.campaigns SET share = 0.333 WHERE name = '三月';

-- What is kept: each day's last, until a week after the end.
SELECT * FROM refresh_effects('2026-03-10Z');
SELECT * FROM refresh_effects('2026-03-10 10:00Z');
SELECT * FROM refresh_effects('2026-03-25Z');
SELECT * FROM refresh_effects('2026-04-02Z');
UPDATE clientele_data.campaigns SET goal = 'nothing' WHERE name = 'later';
SELECT * FROM refresh_effects('2026-04-03Z');
SELECT * FROM refresh_effects('2026-05-02Z');
SELECT campaign, measure, day, is_final, treated, control, round(difference::numeric, 4) AS difference, low < difference AND difference < high AS inside, significant
FROM clientele_bi.campaign_effect_history ORDER BY campaign, measure, day;
SELECT campaign, measure, is_final, members, pending, overlap, round(extra::numeric, 2) AS extra, total_cost, round(roi::numeric, 2) AS roi, trusted
FROM clientele_bi.campaign_effects ORDER BY campaign, measure;
-- An erased customer is in neither group, and ends go by the time zone of the store.
CREATE TEMPORARY TABLE gone AS SELECT c.name, min(m.customer_id) AS customer_id FROM clientele_data.campaign_members m JOIN clientele_data.campaigns c USING (campaign_id) WHERE c.name = '三月' GROUP BY 1;
SELECT treated + control = members AS agree, members FROM gone CROSS JOIN LATERAL campaign_effect(gone.name, '2027-01-01') LIMIT 1;
BEGIN;
DELETE FROM clientele_data.identities WHERE customer_id = (SELECT customer_id FROM gone);
DELETE FROM clientele_data.stored_journeys WHERE customer_id = (SELECT customer_id FROM gone);
DELETE FROM clientele_data.customers WHERE customer_id = (SELECT customer_id FROM gone);
SELECT treated + control = members AS agree, members FROM gone CROSS JOIN LATERAL campaign_effect(gone.name, '2027-01-01') LIMIT 1;
ROLLBACK;
SET timezone = 'America/New_York';
SELECT bool_and(c.ends_at = e.ends_at) AS agree FROM clientele_bi.campaigns c CROSS JOIN LATERAL campaign_effect(c.campaign) e WHERE c.campaign = '三月';
SET timezone = 'UTC';
DELETE FROM clientele_data.outbox;
DELETE FROM clientele_data.campaigns;
SELECT count(*) FROM clientele_data.campaign_results;

\c :tests
DROP DATABASE clientele_effect;
