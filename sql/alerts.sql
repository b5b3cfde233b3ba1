-- SPDX-License-Identifier: PostgreSQL
-- Alerts: how they open, escalate, recover and go out; missing data, holidays, changes of the clock; what people do with them.
\set tests :DBNAME
CREATE DATABASE clientele_alerts ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_alerts
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
SELECT code FROM fails($$SELECT * FROM check_metrics()$$);
CALL create_store('Europe/Berlin');
SELECT count(*) AS changes FROM check_metrics();

-- A series by hours, of which tests write the values.
CREATE TABLE series (at timestamptz PRIMARY KEY, value float8);
INSERT INTO series SELECT at, 200 + extract(hour FROM at AT TIME ZONE 'Europe/Berlin')
FROM generate_series(timestamptz '2026-03-02 00:00+01', timestamptz '2026-03-02 00:00+01' + 1007 * interval '1 hour', '1 hour') at;
SELECT define_metric('orders', 'SELECT at, value FROM public.series', lateness => '0', recheck => '30 days');
CREATE FUNCTION hour(h integer) RETURNS timestamptz LANGUAGE sql AS $$SELECT timestamptz '2026-03-02 00:00+01' + h * interval '1 hour'$$;
CREATE FUNCTION steps(until timestamptz) RETURNS TABLE (alert_id bigint, what text, level integer, point timestamptz, number numeric, expected numeric, sent boolean, pushed boolean)
  LANGUAGE sql AS $$
  SELECT s.alert_id, s.what, s.level, s.point, round(s.number::numeric, 1), round(s.expected::numeric, 1), s.sent, s.pushed FROM measure_and_check(until) s
$$;
SELECT count(*) AS steps FROM steps(hour(840));
-- The night of the change of clocks is left out, whatever happens there.
SELECT count(*) AS excused, min(at) AS first, max(until) AS last FROM judged_values('orders') WHERE excused;
UPDATE series SET value = 2 * value WHERE at IN ('2026-03-29 01:00Z', '2026-03-29 00:00Z');
SELECT max(level) AS level FROM judged_values('orders') WHERE at BETWEEN '2026-03-29 00:00Z' AND '2026-03-29 01:00Z';

-- A fall, which grows worse.
UPDATE series SET value = 150 WHERE at = hour(840);
UPDATE series SET value = 20 WHERE at IN (hour(841), hour(842));
SELECT * FROM steps(hour(841));
SELECT * FROM steps(hour(841)) AS nothing_new;
SELECT what, level, point, pushed FROM steps(hour(848));
SELECT what, level, point, sent, pushed, round(number) AS number, round(expected) AS expected FROM clientele_bi.alert_changes ORDER BY change_id;
SELECT metric, kind, level, state, since, point, message, pushed FROM clientele_bi.alerts;
SELECT channel, payload ->> 'what' AS what, payload ->> 'level' AS level, payload ->> 'message' AS message, key FROM clientele_data.outbox ORDER BY message_id;
SELECT status, count(*) FROM clientele_data.outbox GROUP BY 1;

-- Within the cool-down a second one is written down and not sent; late values change nothing that was said.
UPDATE series SET value = 20 WHERE at = hour(850);
SELECT what, level, point, sent, pushed FROM steps(hour(856));
UPDATE series SET value = 210 WHERE at = hour(850);
SELECT count(*) AS steps FROM steps(hour(857));
SELECT round(value) AS value, level FROM clientele_bi.metric_values WHERE at = hour(850);
SELECT count(*) AS alerts FROM clientele_bi.alerts;

-- Muted metrics, and acknowledged alerts.
SELECT mute_metric('orders', hour(900));
UPDATE series SET value = 500 WHERE at IN (hour(880), hour(881), hour(882));
SELECT alert_id, what, level, point, sent, pushed FROM steps(hour(882));
SELECT acknowledge_alert(3, 'A campaign'); SELECT state, note, acknowledged_by = session_user AS by_me FROM clientele_bi.alerts WHERE alert_id = 3;
SELECT unmute_metric('orders');
SELECT alert_id, what, level, point, pushed FROM steps(hour(890));
SELECT what, level FROM clientele_bi.alert_changes WHERE alert_id = 3 ORDER BY change_id;

-- Missing values: the third in a row is an alert, which does not page; data end it. A missing value calms nothing.
UPDATE series SET value = NULL WHERE at BETWEEN hour(900) AND hour(903);
SELECT alert_id, what, level, point, number, pushed FROM steps(hour(910));
SELECT kind, level, state, since, message, pushed FROM clientele_bi.alerts WHERE kind = 'no data';
SELECT what, point, pushed FROM clientele_bi.alert_changes WHERE alert_id = 4 ORDER BY change_id;
-- Values are not there before their grain is over.
SELECT measured_until FROM clientele_bi.metrics;

-- Holidays of the calendar that the metric names.
INSERT INTO clientele_data.holidays (day, name) VALUES ('2026-04-09', 'A fair');
UPDATE series SET value = 10 WHERE at AT TIME ZONE 'Europe/Berlin' >= '2026-04-09' AND at AT TIME ZONE 'Europe/Berlin' < '2026-04-10';
SELECT count(*) AS steps FROM steps(hour(950));
SELECT count(*) AS excused, count(level) AS judged FROM clientele_bi.metric_values WHERE until > '2026-04-08 22:00Z' AND until <= '2026-04-09 22:00Z';

-- Several values are needed; some levels are pushed; no channel.
SELECT define_metric('slow', 'SELECT at, value FROM public.series', lateness => '0', points => 2, calm => 1, push => 4, channel => NULL, history => '60 days');
UPDATE series SET value = 20 WHERE at IN (hour(700), hour(702), hour(703));
SELECT measure_metrics FROM (SELECT count(*) AS measure_metrics FROM measure_metrics(hour(950), '{slow}')) m;
SELECT what, level, point, sent, pushed FROM check_metrics(hour(950), '{slow}', since => hour(690)) WHERE point < hour(800);
SELECT count(*) FILTER (WHERE payload ->> 'metric' = 'slow') AS messages FROM clientele_data.outbox;

-- Alerts over journeys say which segment moved: the channel app fails.
CREATE TABLE ev AS
SELECT 'c' || i AS customer, hour(h) + i * interval '20 seconds' AS at, 'view' AS event, CASE WHEN i % 2 = 0 THEN 'app' ELSE 'web' END AS channel
FROM generate_series(0, 6 * 24 * 7 - 1, 1) h, generate_series(1, 90) i WHERE h % 4 = 0 AND (h < 900 OR i % 2 = 1 OR i % 18 = 0);
CALL load_events('ev', channel => 'channel');
SELECT define_metric('views', 'view', grain => '1 day', lateness => '0', judge => anomaly_def(season => NULL, memory => 14));
SELECT outcome FROM measure_metrics('2026-04-11 00:00+02', '{views}');
SELECT what, level, point, round(number) AS number, round(expected) AS expected FROM check_metrics('2026-04-11 00:00+02', '{views}', since => '2026-04-05');
SELECT moved_by, moved_segment, moved_before, moved_after, message FROM clientele_bi.alerts WHERE metric = 'views';
SELECT payload #>> '{moved,0,segment}' AS segment FROM clientele_data.outbox WHERE payload ->> 'metric' = 'views';
SELECT alert_message(alert_id, 'zh') FROM clientele_bi.alerts WHERE metric IN ('views', 'orders') ORDER BY alert_id DESC LIMIT 3;
SELECT report(sections => '{alerts}', until => '2026-04-11') ~ 'orders' AS reported;

-- Old alerts and values go; what newer values are judged by stays.
INSERT INTO clientele_data.metric_values (metric_id, at, until, value) SELECT metric_id, '2001-01-01', '2001-01-02', 7 FROM clientele_data.metrics WHERE name = 'views';
SELECT what, rows > 0 AS some FROM prune_alerts('0', '0');
SELECT count(*) AS old FROM clientele_bi.metric_values WHERE at < '2002-01-01';
SELECT count(*) FILTER (WHERE state <> 'recovered') AS open, count(*) FILTER (WHERE state = 'recovered') AS over FROM clientele_bi.alerts;
SELECT drop_metric('orders'); SELECT count(*) AS left FROM clientele_bi.alert_changes WHERE metric = 'orders';

SELECT * FROM fails($$SELECT * FROM check_metrics(NULL)$$);
SELECT * FROM fails($$SELECT * FROM check_metrics('infinity')$$);
SELECT * FROM fails($$SELECT * FROM check_metrics(now(), '{orders}')$$);
SELECT * FROM fails($$SELECT acknowledge_alert(99)$$);
SELECT * FROM fails($$SELECT mute_metric('orders')$$);
SELECT * FROM fails($$SELECT mute_metric('views', NULL)$$);
SELECT * FROM fails($$SELECT explain_alert(99)$$);
SELECT * FROM fails($$SELECT * FROM prune_alerts('-1 day')$$);
SELECT * FROM fails($$SELECT * FROM prune_alerts(NULL)$$);
SELECT * FROM fails($$SELECT * FROM judged_values('orders')$$);
\c :tests
DROP DATABASE clientele_alerts;
