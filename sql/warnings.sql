-- SPDX-License-Identifier: PostgreSQL
-- Warnings of churn: thresholds, definition, refresh with hysteresis, consent, merges, quality, views and pruning.
\set tests :DBNAME
CREATE DATABASE clientele_warnings ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_warnings
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres'; SET extra_float_digits = 0;
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;
CREATE FUNCTION fails(statement text, OUT code text, OUT message text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  message := 'it does not fail';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
END $$;

-- Thresholds: of 1,000 customers 120 churned.
CREATE TABLE seen AS
SELECT p, n <= hits AS churned FROM (VALUES (0.9::float8, 20, 18), (0.7, 30, 22), (0.5, 50, 25), (0.3, 100, 30), (0.1, 800, 25)) v (p, size, hits), generate_series(1, size) n;
SELECT t.* FROM (SELECT classification(p, churned) AS c FROM seen) s, warning_thresholds(c) t;
SELECT t.level, t.threshold, t.warned FROM (SELECT classification(p, churned) AS c FROM seen) s, warning_thresholds(c, least_recall => 0.5) t;
SELECT t.level, t.threshold, t.warned FROM (SELECT classification(p, churned) AS c FROM seen) s, warning_thresholds(c, 0.95) t;
SELECT t.level, t.threshold, t.warned FROM (SELECT classification(p, churned) AS c FROM seen) s, warning_thresholds(c, least_warned => 51) t;
SELECT count(*) AS rows, count(t.threshold) FROM (SELECT classification(p, false) AS c FROM seen) s, warning_thresholds(c) t;
SELECT count(*) AS rows FROM warning_thresholds(NULL);
SELECT q.* FROM (SELECT classification(p, churned) AS c FROM seen) s, warning_quality(c, 0.7, 0.3, NULL) q \gx
SELECT count(*) AS rows FROM warning_quality(NULL, 0.7, 0.3, NULL);
SELECT bool_and(q.claim_met) FROM (SELECT classification(p, churned) AS c FROM seen) s, warning_quality(c, 0.3, 0.3, 0.3) q;

-- Costs: an incentive of 10 taken by half of the stayers, a call for 1, a third of the churners of 100 saved.
SELECT warning_costs(100, 0.3, 10, 0.5, 1) AS costs;
SELECT round(warning_threshold(c)::numeric, 6) AS threshold, round(warning_gain(warning_threshold(c), c)::numeric, 9) AS gain_there, warning_gain(1, c), warning_gain(0, c)
FROM warning_costs(100, 0.3, 10, 0.5, 1) c;
SELECT warning_threshold(warning_costs(100, 0.5)) AS free, warning_threshold(warning_costs(0, 0)) AS nothing, warning_threshold(warning_costs(5, 0.5, 10)) AS dear,
       warning_threshold(warning_costs(100, 0.01, 0, 0, 5)) AS never;
SELECT t.level, t.threshold, t.warned FROM (SELECT classification(p, churned) AS c FROM seen) s, warning_thresholds(c, warning_costs(100, 0.3, 10, 0.5, 1)) t;
SELECT t.level, t.threshold, t.warned FROM (SELECT classification(p, churned) AS c FROM seen) s, warning_thresholds(c, warning_costs(100, 0.01, 0, 0, 5)) t;
SELECT f.* FROM unnest(ARRAY[
  'SELECT warning_costs(100, 1.5)', 'SELECT warning_costs(-1, 0.5)', 'SELECT warning_costs(''NaN'', 0.5)', 'SELECT warning_costs(NULL, 0.5)',
  'SELECT t.* FROM (SELECT classification(0.5, true) c) s, warning_thresholds(c, 1.5) t',
  'SELECT t.* FROM (SELECT classification(0.5, true) c) s, warning_thresholds(c, NULL::float8) t',
  'SELECT t.* FROM (SELECT classification(0.5, true) c) s, warning_thresholds(c, least_warned => -1) t',
  'SELECT t.* FROM (SELECT classification(0.5, true) c) s, warning_thresholds(c, warning => ''NaN'') t',
  'SELECT t.* FROM (SELECT classification(0.5, true) c) s, warning_quality(c, 1.5, 0.5, 0.1) t']) u (statement), fails(statement) f;

-- Hysteresis: reached at once, left at the second refresh in a row that is more than 0.05 below.
SELECT string_agg(coalesce(level, '-'), ' ' ORDER BY n) AS levels, string_agg(held::text, ' ' ORDER BY n) AS held
FROM (WITH RECURSIVE r AS (
        SELECT 0 AS n, '{-1,-1,-1}'::smallint[] AS held
        UNION ALL
        SELECT n + 1, warning_next(held, ('{0.35,0.72,0.66,0.64,0.66,0.64,0.64,0.5,0.24,0.26,0.1,0.1,0.8}'::float8[])[n + 1], '{0.2,0.3,0.7}', 0) FROM r WHERE n < 13)
      SELECT n, held, warning_level(held) AS level FROM r WHERE n > 0) s;
-- Several levels at once, a level that is no longer in use, and a tag that lifts.
SELECT warning_next('{0,0,1}', 0.1, '{0.2,0.3,0.7}', 0) AS twice, warning_next('{0,0,0}', 0.9, '{0.2,0.3,NULL}', 0) AS unused,
       warning_next('{-1,-1,-1}', 0.01, '{0.2,0.3,0.7}', 2) AS lifted, warning_next('{0,0,-1}', 0.01, '{0.2,0.3,0.7}', 0) AS after,
       warning_next(NULL, 0.25, '{0.2,0.3,0.7}', NULL) AS new;
SELECT warning_reason('days_since_purchase', '45.26'), warning_reason('recency_ratio', '2.3456', 'zh'), warning_reason('plan', '月付'), warning_reason('amount_mean', NULL),
       warning_reason('purchases', '1e5'), warning_reason('<b>', 'x%s');

-- Without a store.
SELECT code FROM fails($$SELECT * FROM refresh_warnings()$$);
SELECT code FROM fails($$SELECT define_warning('churn_warning', 'churn')$$);
SELECT code FROM fails($$SELECT prune_warnings()$$);

-- A store: customers buy every few days until they leave, and visits become rarer before.
CALL create_store('UTC');
SELECT count(*) AS strategies FROM clientele_data.warning_strategies;
SELECT count(*) AS refreshed FROM refresh_warnings();
INSERT INTO clientele_data.event_types (event_type_id, channel, event) VALUES (1, 'web', 'visit'), (2, 'web', 'purchase'), (3, 'service', 'complaint');
CREATE FUNCTION chance(a int, b int) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$ SELECT (hashint8extended(a * 100003::bigint + b, 7) & 65535) / 65536.0 $$;
CREATE TABLE people AS
SELECT c AS customer_id, 4 + 16 * chance(c, 1) AS gap, CASE WHEN chance(c, 2) < 0.6 THEN 30 + 400 * chance(c, 3) ELSE 1000 END AS leaves, 120 * chance(c, 4) AS begins
FROM generate_series(1, 900) c;
INSERT INTO clientele_data.customers (customer_id) SELECT customer_id FROM people;
CREATE TABLE acts AS
SELECT p.customer_id, timestamptz '2025-01-01' + make_interval(secs => round(86400 * day)) AS at, CASE WHEN chance(p.customer_id, n + 100) < 0.5 THEN 2 ELSE 1 END AS event_type_id, n
FROM people p, generate_series(0, 120) n, LATERAL (SELECT begins + gap * (n + 0.8 * chance(p.customer_id, n + 1000)) AS day) d
WHERE day < 400 AND day < leaves AND (leaves - day > 30 OR chance(p.customer_id, n + 5000) < 0.35);
INSERT INTO clientele_data.journeys (customer_id, journey)
SELECT customer_id, journey(at, event_type_id, NULL, CASE event_type_id WHEN 2 THEN round((20 + 80 * chance(customer_id, n))::numeric, 2) END) FROM acts GROUP BY 1;
\set present '''2026-02-05'''

-- The model is fitted on a day two horizons before.
SELECT save_model('churn', (SELECT churn_fit(journey, churned(journey, day, '60 days'), day, churn_def(features => churn_features_def(time_zone => 'UTC')))
                            FROM clientele_data.journeys, (SELECT timestamptz '2025-10-08' AS day) d WHERE last_at(journey_slice(journey, NULL, day)) > day - interval '60 days'));
SELECT f.* FROM unnest(ARRAY[
  $$SELECT define_warning('w', 'chrun')$$, $$SELECT define_warning('w=1', 'churn')$$, $$SELECT define_warning('w', 'churn', thresholds => '{0.5,0.3}')$$,
  $$SELECT define_warning('w', 'churn', thresholds => '{0.3,0.5,0.1}')$$, $$SELECT define_warning('w', 'churn', thresholds => '{1.3,0.5,0.1}')$$,
  $$SELECT define_warning('w', 'churn', horizon => '2 months')$$, $$SELECT define_warning('w', 'churn', horizon => '-1 day')$$,
  $$SELECT define_warning('w', 'churn', event => 'buy')$$, $$SELECT define_warning('w', 'churn', lift => 'complained')$$,
  $$SELECT define_warning('w', 'churn', lift_level => 'high')$$, $$SELECT define_warning('w', 'churn', value_model => 'churn')$$,
  $$SELECT define_warning('w', 'churn', value_model => 'churn', spend_model => 'churn')$$, $$SELECT define_warning('w', 'churn', language => 'fr')$$,
  $$SELECT define_warning(NULL, 'churn')$$, $$SELECT drop_warning('w')$$, $$SELECT * FROM refresh_warnings('{w}')$$, $$SELECT * FROM refresh_warnings(at => 'infinity')$$]) u (statement), fails(statement) f;
SELECT define_tag('complained', 'event_count(journey, ''complaint'') > 0');
SELECT f.* FROM fails($$SELECT define_warning('complained', 'churn')$$) f;
SELECT count(*) AS refreshed FROM refresh_tags();
SELECT define_warning('churn_warning', 'churn', horizon => '60 days', event => '*', active => '60 days', lift => 'complained', lift_level => 'warning');

-- Too few data for thresholds.
SELECT outcome, error FROM refresh_warnings(at => '2025-01-05');
SELECT warning, error IS NOT NULL AS failed, failed_at IS NOT NULL AS noted FROM clientele_data.warning_status;

SELECT warning, outcome, customers > 400 AS judged, critical > 0 AS critical, warned > 0 AS warned, attention > 0 AS attention, raised = critical + warned + attention AS all_new, lowered, ended, value_at_risk > 0 AS at_risk, error
FROM refresh_warnings(at => :present);
SELECT outcome, raised FROM refresh_warnings(at => :present);
SELECT critical_from > warning_from AND warning_from >= attention_from AS in_order, error FROM clientele_data.warning_status;

-- Each level follows the probability, and the tag follows the levels.
SELECT w.level, bool_and(w.probability >= CASE w.level WHEN 'critical' THEN s.critical_from WHEN 'warning' THEN s.warning_from ELSE s.attention_from END) AS reached,
       bool_and(w.probability < CASE w.level WHEN 'critical' THEN 1.01 WHEN 'warning' THEN s.critical_from ELSE s.warning_from END) AS not_more,
       count(*) = audience_size(('churn_warning=' || w.level)::tag_query) AS tagged, bool_and(w.since = :present) AS since, min(cardinality(w.reasons)) > 0 AS reasons
FROM clientele_data.warnings w, clientele_data.warning_status s GROUP BY w.level, s.critical_from, s.warning_from ORDER BY 1;
SELECT audience_size('churn_warning') = count(*) AS tagged FROM clientele_data.warnings;
SELECT count(*) AS wrong FROM clientele_data.warnings w JOIN clientele_data.journeys j USING (customer_id)
WHERE abs(w.probability - churn_prob(j.journey, 'churn', :present)) > 1e-12
   OR abs(w.value_at_risk - w.probability * coalesce(amount_sum(journey_slice(j.journey, timestamptz :present - interval '365 days', :present), 'purchase'), 0)::float8) > 1e-6;
SELECT level, tier IS NOT NULL AS tier, count(*) = count(strategy) AS all_matched, count(DISTINCT strategy) > 0 AS some, bool_and(reasons <> '') AS reasons FROM clientele_bi.warnings GROUP BY 1, 2 ORDER BY 1, 2;

-- Both accuracies, on the hold-out.
SELECT level, customers = max(customers) OVER () AS same, warned > 30 AS enough, round(accuracy::numeric, 3) AS accuracy, round(majority_accuracy::numeric, 3) AS majority,
       round("precision"::numeric, 3) AS precision, round(recall::numeric, 3) AS recall, round(base_rate::numeric, 3) AS base_rate, claim_met, judged, holdout_at, latest
FROM clientele_bi.warning_quality ORDER BY threshold DESC;
-- What is known of the training lets the model itself be judged.
SELECT define_warning('known', 'churn', horizon => '60 days', event => '*', active => '60 days', trained_until => '2025-12-06', costs => warning_costs(200, 0.3, 10, 0.2, 1), language => 'zh', description => '流失预警');
SELECT outcome, critical > 0 AS critical FROM refresh_warnings('{known}', :present);
SELECT level, judged, gain IS NOT NULL AS gain FROM clientele_bi.warning_quality WHERE warning = 'known' ORDER BY threshold DESC;
SELECT round(warning_from::numeric, 9) = round(warning_threshold(warning_costs(200, 0.3, 10, 0.2, 1))::numeric, 9) AS by_costs FROM clientele_data.warning_status WHERE warning = 'known';
SELECT DISTINCT ON (level) level, strategy, channel, reasons ~ '[一-龥]' AS chinese FROM clientele_bi.warnings WHERE warning = 'known' ORDER BY level, tier NULLS LAST, strategy COLLATE "C";

-- Given thresholds, and a level that is not in use. Another tag uses the one of the warning.
SELECT define_warning('given', 'churn@1', thresholds => ARRAY[NULL, 0.5, 0.25], horizon => '60 days', event => '*', active => '60 days');
SELECT outcome, critical, warned > 0 AS warned FROM refresh_warnings('{given}', :present);
SELECT define_tag('rescue', 'given=warning & !complained');
SELECT f.* FROM fails($$SELECT drop_warning('given')$$) f;
SELECT level FROM clientele_bi.warning_quality WHERE warning = 'given' ORDER BY threshold DESC;

-- A complaint lifts, also a customer of no risk. It counts at the next refresh, and the change says why.
SELECT customer_id AS calm FROM clientele_data.journeys j WHERE churn_prob(journey, 'churn', :present) < 0.1 AND last_at(journey) > timestamptz :present - interval '20 days' ORDER BY 1 LIMIT 1 \gset
UPDATE clientele_data.journeys SET journey = journey || (SELECT journey(timestamptz '2026-02-04', 3)) WHERE customer_id = :calm;
SELECT tag, customers FROM refresh_tags('{complained}', at => '2026-02-06');
SELECT outcome, raised > 0 AS raised FROM refresh_warnings('{churn_warning}', '2026-02-06');
SELECT level, lifted, since FROM clientele_data.warnings WHERE customer_id = :calm AND warning = 'churn_warning';
SELECT from_level, to_level, cause FROM clientele_data.warning_changes WHERE customer_id = :calm;

-- Without consent to profiling there is no warning: the views hide it at once, the next refresh deletes it.
SELECT set_consent(:calm, 'profiling', false);
SELECT count(*) AS shown FROM clientele_bi.warnings WHERE customer_id = :calm;
SELECT outcome, ended > 0 AS ended FROM refresh_warnings('{churn_warning}', '2026-02-07');
SELECT count(*) AS kept, audience_of('churn_warning') @> :calm::bigint AS tagged FROM clientele_data.warnings WHERE customer_id = :calm;
SELECT from_level, to_level, cause, round(probability::numeric, 3) AS probability FROM clientele_data.warning_changes WHERE customer_id = :calm ORDER BY at;

-- A customer that is merged leaves the level to the other one; one that is erased is gone.
SELECT array_agg(customer_id ORDER BY customer_id) AS critical FROM clientele_data.warnings WHERE warning = 'churn_warning' AND level = 'critical' \gset
SELECT (:'critical'::bigint[])[1] AS merged, (:'critical'::bigint[])[2] AS erased \gset
SELECT customer_id AS other FROM clientele_data.journeys WHERE churn_prob(journey, 'churn', :present) < 0.1 AND last_at(journey) > timestamptz :present - interval '20 days' AND customer_id <> :calm ORDER BY 1 LIMIT 1 \gset
DELETE FROM clientele_data.stored_journeys WHERE customer_id IN (:merged, :erased);
UPDATE clientele_data.customers SET merged_into = :other WHERE customer_id = :merged;
DELETE FROM clientele_data.customers WHERE customer_id = :erased;
SELECT count(*) AS erased FROM clientele_data.warnings WHERE customer_id = :erased;
SELECT outcome FROM refresh_warnings('{churn_warning}', '2026-02-08');
SELECT customer_id = :other AS other, level, held FROM clientele_data.warnings WHERE customer_id IN (:merged, :other) AND warning = 'churn_warning';
SELECT outcome FROM refresh_warnings('{churn_warning}', '2026-02-09');
SELECT customer_id = :other AS other, level FROM clientele_data.warnings WHERE customer_id IN (:merged, :other) AND warning = 'churn_warning';
SELECT from_level, to_level, cause FROM clientele_data.warning_changes WHERE customer_id = :other AND warning = 'churn_warning';

-- Who is silent for longer than active has left: no warning any longer.
SELECT outcome, customers, ended > 0 AS ended, value_at_risk FROM refresh_warnings('{churn_warning}', '2026-06-01');
SELECT cause, count(*) > 0 AS some FROM clientele_data.warning_changes WHERE at = '2026-06-01' GROUP BY 1;

-- Counts by day, by level, and pruning.
SELECT day, customers > 0 AS judged, critical + warned + attention AS warned FROM clientele_bi.warning_history WHERE warning = 'churn_warning' AND day > '2026-03-01';
SELECT count(*) AS days, bool_and(raised IS NOT NULL) FROM clientele_bi.warning_history WHERE warning = 'churn_warning';
SELECT warning, count(DISTINCT level) AS levels, sum(customers) = sum(with_strategy) AS with_strategy, sum(value_at_risk) > 0 AS value FROM clientele_bi.warning_levels GROUP BY 1 ORDER BY 1;
SELECT code FROM fails($$SELECT prune_warnings(NULL)$$);
SELECT code FROM fails($$SELECT prune_warnings('-1 day')$$);
SELECT prune_warnings('100 years');
UPDATE clientele_data.warning_changes SET at = at - interval '10 years';
UPDATE clientele_data.warning_refreshes SET at = at - interval '10 years';
SELECT prune_warnings() > 0 AS pruned, (SELECT count(*) FROM clientele_data.warning_refreshes) AS kept;

-- A rule of the tag must be the one of the warning; values by models of what customers are worth.
SELECT save_model('buying', (SELECT btyd_fit(s, 'BG/NBD') FROM (SELECT purchase_summary(journey, purchase_def('2026-02-04', time_zone => 'UTC')) AS s FROM clientele_data.journeys) v WHERE (s).x IS NOT NULL)),
       save_model('spending', (SELECT spend_fit((s).x, (s).monetary) FROM (SELECT purchase_summary(journey, purchase_def('2026-02-04', time_zone => 'UTC')) AS s FROM clientele_data.journeys) v WHERE (s).x IS NOT NULL));
SELECT define_warning('valued', 'churn', thresholds => ARRAY[0.7, 0.5, 0.3], horizon => '60 days', event => '*', active => '60 days', value_model => 'buying', spend_model => 'spending');
SELECT outcome, value_at_risk > 0 AS valued, error FROM refresh_warnings('{valued}', :present);
SELECT count(*) AS wrong FROM clientele_data.warnings w JOIN clientele_data.journeys j USING (customer_id)
WHERE warning = 'valued' AND w.value_at_risk IS DISTINCT FROM customer_value(purchase_summary(j.journey, purchase_def('2026-02-04', unit => '7 days', purchase => 'purchase', time_zone => 'UTC')), 'buying', 'spending', 52);

SELECT forget_tag('rescue');
SELECT drop_warning('given'), drop_warning('valued'), drop_warning('known'), drop_warning('churn_warning');
SELECT (SELECT count(*) FROM clientele_data.warnings) + (SELECT count(*) FROM clientele_data.warning_changes) + (SELECT count(*) FROM clientele_data.warning_refreshes)
     + (SELECT count(*) FROM clientele_data.warning_measures) + (SELECT count(*) FROM clientele_data.warning_status) AS left_over, string_agg(name, ', ') AS tags FROM clientele_data.tags;
\c :tests
DROP DATABASE clientele_warnings;
