-- SPDX-License-Identifier: PostgreSQL
-- Metrics: how they are defined and measured, which grains are complete, what is missing, late data, and whose SQL runs.
\set tests :DBNAME
CREATE DATABASE clientele_metrics ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_metrics
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
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
SELECT code FROM fails($$SELECT define_metric('a', '*')$$);
SELECT code FROM fails($$SELECT * FROM measure_metrics()$$);
CALL create_store('Asia/Shanghai');
SELECT count(*) AS measured FROM measure_metrics();

-- Ten days of events by hours; the hour from 12:00 of the sixth day has none at all, and the next one no purchase.
CREATE TABLE ev AS
SELECT 'c' || (i * 7 + h) % 23 AS customer, timestamptz '2026-03-02 00:00+08' + h * interval '1 hour' + i * interval '90 seconds' AS at,
       CASE WHEN i % 5 = 0 AND h <> 133 THEN 'purchase' ELSE 'view' END AS event, CASE WHEN i % 2 = 0 THEN 'app' ELSE 'web' END AS channel,
       CASE WHEN i % 5 = 0 THEN 10 + i % 3 END AS amount
FROM generate_series(0, 239) h, generate_series(1, 20 + h % 24 / 4) i WHERE h <> 132;
CALL load_events('ev', channel => 'channel', amount => 'amount');
SELECT define_question('way', funnel_def('{view,purchase}', within => '1 hour')), define_question('number', 'SELECT 42 AS n'),
       define_question('daily', counts_def('purchase')), define_question('ways', path_def());
SELECT refresh_questions FROM (SELECT count(*) AS refresh_questions FROM refresh_questions()) r;
UPDATE clientele_data.question_answers SET as_of = '2026-03-05 10:00+08';
UPDATE clientele_data.load_runs SET finished_at = '2026-03-06 10:00+08';

SELECT define_metric('views', 'view'), define_metric('buyers', 'purchase', number => 'customers', grain => '1 day', lateness => '0'),
       define_metric('sales', 'purchase', number => 'amount', grain => '6 hours'), define_metric('conversion', 'purchase', per => 'view'),
       define_metric('half hours', 'view', grain => '30 minutes'), define_metric('funnel', 'way', kind => 'question', grain => '1 day'),
       define_metric('purchases', 'daily', kind => 'question'), define_metric('weeks', '*', grain => '7 days'),
       define_metric('answer', 'number', kind => 'answer', number => 'number', grain => '1 day'),
       define_metric('loads', '*', kind => 'load', grain => '1 day'), define_metric('rejected', 'public.ev', kind => 'load', number => 'rejected', grain => '1 day'),
       define_metric('by SQL', 'SELECT date_trunc(''hour'', e.at), count(*) FROM public.ev e WHERE e.at >= period.since AND e.at < period.until GROUP BY 1;'),
       define_metric('ratio', 'SELECT e.at, (e.event = ''purchase'')::integer, 1 FROM public.ev e', measure => 'ratio', grain => '1 day'),
       define_metric('number', 'SELECT date_trunc(''hour'', e.at), avg(e.amount) FROM public.ev e GROUP BY 1', measure => 'number');
SELECT metric, kind, number, per, measure, grain_seconds, time_zone, outcome FROM clientele_bi.metrics ORDER BY 1;
SELECT name, judge FROM clientele_data.metrics WHERE name IN ('views', 'buyers', 'weeks', 'ratio') ORDER BY 1;

SELECT metric, outcome, measured_until, error FROM measure_metrics('2026-03-09 12:20+08');
SELECT metric, count(*) AS grains, count(value) AS "values", round(sum(value)::numeric, 2) AS sum, sum(volume) AS volume, min(at) FILTER (WHERE value IS NOT NULL) AS first, max(until) AS until
FROM clientele_bi.metric_values GROUP BY 1 ORDER BY 1;
-- The same numbers by hand.
SELECT bool_and(v.value = e.n) AS same FROM clientele_bi.metric_values v
JOIN (SELECT date_trunc('hour', at) AS at, count(*) FILTER (WHERE event = 'view') AS n FROM ev GROUP BY 1) e USING (at) WHERE metric = 'views';
SELECT bool_and(v.value = e.n) AS same FROM clientele_bi.metric_values v
JOIN (SELECT date_trunc('day', at, 'Asia/Shanghai') AS at, count(DISTINCT customer) AS n FROM ev WHERE event = 'purchase' GROUP BY 1) e USING (at) WHERE metric = 'buyers';
SELECT bool_and(v.value = e.n) AS same FROM clientele_bi.metric_values v
JOIN (SELECT date_bin('6 hours', at, '2026-03-01 16:00Z') AS at, sum(amount) FILTER (WHERE event = 'purchase') AS n FROM ev GROUP BY 1) e USING (at) WHERE metric = 'sales';
SELECT bool_and(v.value = e.n AND v.volume = e.views) AS same FROM clientele_bi.metric_values v
JOIN (SELECT at, count(*) FILTER (WHERE bought) AS n, count(*) AS views FROM (
        SELECT date_trunc('hour', at) AS at, customer, bool_or(event = 'purchase') AS bought FROM ev GROUP BY 1, 2 HAVING bool_or(event = 'view')) x GROUP BY 1) e USING (at)
WHERE metric = 'conversion';
SELECT bool_and(v.number = (SELECT e.rate_after FROM explain_change('way', tstzrange(v.at - interval '1 day', v.at), tstzrange(v.at, v.until)) e WHERE e.by = 'all' OR e.rank IS NULL LIMIT 1)) AS as_explained
FROM clientele_bi.metric_values v WHERE metric = 'funnel' AND v.at > '2026-03-04' AND v.value IS NOT NULL;
-- An hour without any event is missing, and one without such events is 0.
SELECT metric, value FROM clientele_bi.metric_values WHERE metric IN ('views', 'purchases', 'by SQL') AND at = '2026-03-07 12:00+08' ORDER BY 1;
SELECT metric, value > 0 AS some FROM clientele_bi.metric_values WHERE metric IN ('views', 'purchases', 'by SQL') AND at = '2026-03-07 13:00+08' ORDER BY 1;
SELECT count(*) FILTER (WHERE outcome = 'fresh') AS fresh, count(*) FILTER (WHERE outcome = 'measured') AS measured, sum(changed) AS changed
FROM measure_metrics('2026-03-09 12:30+08') WHERE metric IN ('views', 'buyers', 'by SQL');

-- Late events correct the past, as far as recheck goes.
CREATE TABLE late AS SELECT 'c1' AS customer, at, 'view' AS event, 'app' AS channel
FROM unnest('{2026-03-02 09:30+08,2026-03-08 09:30+08,2026-03-09 12:10+08}'::timestamptz[]) at;
CALL load_events('late', channel => 'channel');
SELECT metric, outcome, changed FROM measure_metrics('2026-03-09 13:20+08', '{views}');
SELECT at, value FROM clientele_bi.metric_values WHERE metric = 'views' AND at IN ('2026-03-02 09:00+08', '2026-03-08 09:00+08', '2026-03-09 12:00+08') ORDER BY 1;

-- Weeks begin on Monday; days go by the clock, and so are longer or shorter when it changes.
SELECT * FROM metric_grains('2026-03-01', '2026-03-20', '7 days', 'Asia/Shanghai');
SELECT at, ends - at AS length FROM metric_grains('2026-03-28', '2026-03-31', '1 day', 'Europe/Berlin');
SELECT at, ends - at AS length FROM metric_grains('2026-10-24 20:00Z', '2026-10-25 22:00Z', '6 hours', 'Europe/Berlin');
SELECT count(*) AS hours, min(ends - at) AS shortest, max(ends - at) AS longest FROM metric_grains('2026-10-24', '2026-10-26', '1 hour', 'Europe/Berlin');
SELECT min(at) AS first FROM metric_grains('2026-03-01 00:10Z', '2026-03-02', '1 hour', 'Asia/Kolkata');

-- Values are kept unless the rule is another one.
SELECT define_metric('views', 'view', push => 3, description => 'How many views');
SELECT count(value) > 0 AS kept FROM clientele_bi.metric_values WHERE metric = 'views';
SELECT define_metric('views', 'app:view');
SELECT count(*) AS kept FROM clientele_bi.metric_values WHERE metric = 'views';
SELECT description FROM clientele_bi.metrics WHERE metric = 'views';
SELECT pause_metric('views'); SELECT count(*) AS measured FROM measure_metrics('2026-03-09 13:20+08', '{views}');
SELECT pause_metric('views', false); SELECT outcome, changed FROM measure_metrics('2026-03-09 13:20+08', '{views}');
SELECT rename_question('way', 'renamed'); SELECT outcome FROM measure_metrics('2026-03-10 13:20+08', '{funnel}');
SELECT forget_question('renamed'); SELECT outcome, error FROM measure_metrics('2026-03-11 13:20+08', '{funnel}');
SELECT outcome, error FROM clientele_bi.metrics WHERE metric = 'funnel';
SELECT drop_metric('funnel'); SELECT count(*) AS metrics FROM clientele_bi.metrics;

-- A number has one row in each grain; one that fails leaves the others alone.
SELECT define_metric('twice', 'SELECT e.at, e.amount FROM public.ev e WHERE e.amount > 0', measure => 'number');
SELECT metric, outcome, error FROM measure_metrics('2026-03-09 13:20+08', '{twice,number}');
ALTER TABLE ev RENAME TO moved;
SELECT metric, outcome, error FROM measure_metrics('2026-03-09 13:20+08', '{by SQL,views}');
ALTER TABLE moved RENAME TO ev;

-- SQL of roles that are not trusted does not run.
CREATE ROLE clientele_metric_author;
GRANT USAGE ON SCHEMA clientele_data, clientele TO clientele_metric_author;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA clientele_data TO clientele_metric_author;
SET ROLE clientele_metric_author;
SELECT define_metric('trap', 'SELECT now(), 1');
RESET ROLE;
SELECT outcome, error FROM measure_metrics('2026-03-09 13:20+08', '{trap}');
DROP OWNED BY clientele_metric_author; DROP ROLE clientele_metric_author;

-- Starter metrics.
SELECT * FROM define_starter_metrics(); SELECT metric FROM define_starter_metrics(language => 'zh');
SELECT metric, outcome, error FROM measure_metrics('2026-03-09 13:20+08') WHERE outcome = 'failed';
SELECT DISTINCT grain_seconds FROM clientele_bi.metrics WHERE metric IN ('Events', '转化率');

-- What is refused.
SELECT * FROM fails($$SELECT define_metric('x', 'nothing')$$);
SELECT * FROM fails($$SELECT define_metric('', 'view')$$);
SELECT * FROM fails($$SELECT define_metric(NULL, 'view')$$);
SELECT * FROM fails($$SELECT define_metric('x', 'view', kind => 'magic')$$);
SELECT * FROM fails($$SELECT define_metric('x', 'view', grain => '7 hours')$$);
SELECT * FROM fails($$SELECT define_metric('x', 'view', grain => '1 month')$$);
SELECT * FROM fails($$SELECT define_metric('x', 'view', number => 'visits')$$);
SELECT * FROM fails($$SELECT define_metric('x', 'purchase', per => 'view', measure => 'count')$$);
SELECT * FROM fails($$SELECT define_metric('x', 'view', time_zone => 'Nowhere')$$);
SELECT * FROM fails($$SELECT define_metric('x', 'view', push => 0)$$);
SELECT * FROM fails($$SELECT define_metric('x', 'view', points => 0)$$);
SELECT * FROM fails($$SELECT define_metric('x', 'view', recheck => '-1 day')$$);
SELECT * FROM fails($$SELECT define_metric('x', 'dayly', kind => 'question')$$);
SELECT * FROM fails($$SELECT define_metric('x', 'ways', kind => 'question')$$);
SELECT * FROM fails($$SELECT define_metric('x', 'daily', kind => 'question', number => 'visits')$$);
SELECT * FROM fails($$SELECT define_metric('x', 'daily', kind => 'answer')$$);
SELECT * FROM fails($$SELECT define_metric('x', '*', kind => 'load', number => 'visits')$$);
SELECT * FROM fails($$SELECT define_metric('x', 'SELECT 1')$$);
SELECT * FROM fails($$SELECT define_metric('x', 'SELECT now(), 1', measure => 'ratio')$$);
SELECT * FROM fails($$SELECT define_metric('x', 'DELETE FROM clientele_data.metrics', kind => 'sql')$$);
SELECT * FROM fails($$SELECT define_metric('x', 'SELECT at, 1 FROM ev')$$);
SELECT * FROM fails($$SELECT define_metric('x', 'view', judge => anomaly_def(season => '7 days', grain => '1 day'), grain => '1 minute')$$);
SELECT * FROM fails($$SELECT drop_metric('view')$$);
SELECT * FROM fails($$SELECT pause_metric('views', NULL)$$);
SELECT * FROM fails($$SELECT * FROM measure_metrics(NULL)$$);
SELECT * FROM fails($$SELECT * FROM measure_metrics('infinity')$$);
SELECT * FROM fails($$SELECT * FROM measure_metrics(now(), '{unknown}')$$);
SELECT * FROM fails($$SELECT * FROM define_starter_metrics(language => 'fr')$$);
\c :tests
DROP DATABASE clientele_metrics;
