-- SPDX-License-Identifier: PostgreSQL
-- How often customers are active, and the times between two events.
\set tests :DBNAME
CREATE DATABASE clientele_engagement ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_engagement
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;

-- The questions are values; their text shows what is not the default.
SELECT activity_def();
SELECT activity_def('购买|web:*', 'week', 4, '{0,1,5}', '2026-01-01', '2026-02-01 12:30', 'asia/shanghai');
SELECT d::text::activity_def = d AS same, d::text::varchar::activity_def = d AS by_varchar FROM activity_def(bins => '{1}', period => 'hour') d;
SELECT interval_def('搜索', '购买'), interval_def('a', 'b', 'first', '1 day 2 hours', '2026-01-01', '2026-02-01 12:30');
SELECT d::text::interval_def = d AS same, d::text::varchar::interval_def = d AS by_varchar FROM interval_def('a', 'b', 'first', '3 s') d;

SELECT activity_def(period => 'fortnight');
SELECT activity_def(window_periods => 0);
SELECT activity_def(bins => '{}');
SELECT activity_def(bins => '{1,1}');
SELECT activity_def(bins => '{-1}');
SELECT activity_def(bins => '{1,NULL}');
SELECT activity_def(until => 'infinity');
SELECT activity_def(time_zone => 'Mars');
SELECT activity_def(selector => '');
SELECT activity_def('{"window": 3}');
SELECT activity_def('{"until": "2026-01-01"}');
SELECT activity_def('{"bins": [1.5]}');
SELECT activity_def('{"window_periods": 3000000000}');
SELECT interval_def(NULL, 'b');
SELECT interval_def('a', ' ');
SELECT interval_def('a', 'b', 'both');
SELECT interval_def('a', 'b', within => '1 month');
SELECT interval_def('a', 'b', within => '-1 s');
SELECT interval_def('a', 'b', since => '-infinity');
SELECT interval_def('{"from_event": "a"}');

-- Three customers, one who never did anything, and one without a journey.
CREATE TABLE shop (customer int, journey journey);
INSERT INTO shop VALUES
  (1, '{1@2026-01-01T10:00:00Z, 1@2026-01-01T11:00:00Z, 2@2026-01-02T10:00:00Z, 1@2026-01-05T10:00:00Z}'),
  (2, '{1@2026-01-02T10:00:00Z, 2@2026-01-02T10:00:00Z}'),
  (3, '{1@2025-12-31T23:59:59.999999Z, 1@2026-01-06T00:00:00Z}'), (4, '{}'), (5, NULL);
CREATE VIEW asked AS SELECT activity(journey, activity_def(window_periods => 3, since => '2026-01-01', until => '2026-01-05 12:00')) AS s FROM shop;
SELECT p.* FROM asked, lifecycle_periods(s) p;
SELECT p.* FROM asked, active_periods(s) p;
SELECT p.* FROM asked, stickiness(s) p;
SELECT p.* FROM asked, frequency(s) p;
SELECT p.* FROM asked, heat_map(s) p WHERE events > 0;
SELECT count(*), sum(events), min(weekday), max(weekday), min(hour), max(hour) FROM asked, heat_map(s);
SELECT f.* FROM frequency((SELECT activity(journey, activity_def(bins => '{0,1,3}', until => '2026-02-01')) FROM shop)) f;
-- A selector counts only what it picks.
SELECT p.* FROM lifecycle_periods((SELECT activity(journey, activity_def('#2', until => '2026-01-04')) FROM shop)) p;
-- Local dates count: Shanghai is eight hours ahead.
SELECT period, active FROM lifecycle_periods((SELECT activity(journey, activity_def(until => '2026-01-07', time_zone => 'Asia/Shanghai')) FROM shop)) WHERE active > 0;
-- Without until the present counts, and without time_zone the session's; the summary keeps what they meant.
SET timezone = 'Asia/Shanghai';
CREATE TABLE kept AS SELECT activity(journey, activity_def(period => 'year')) AS s FROM shop;
SET timezone = 'UTC';
SELECT period, active, complete FROM kept, lifecycle_periods(s) WHERE period < '2026-01-01';
SELECT activity_merge(s) FROM (SELECT activity(journey, activity_def(until => '2026-01-04')) AS s FROM shop
                               UNION ALL SELECT activity(journey, activity_def(until => '2026-01-05')) FROM shop) x;

-- The clocks of Havana show midnight twice on 1 November 2026, those of Apia left out 30 December 2011, and those of Lord Howe
-- change by half an hour.
CREATE FUNCTION periods_in(zone text, unit text, VARIADIC times timestamptz[]) RETURNS TABLE (period text, new bigint, returned bigint, resurrected bigint, dormant bigint)
  LANGUAGE sql AS $$
  SELECT (p.period AT TIME ZONE zone)::text, p.new, p."returning", p.resurrected, p.dormant
  FROM lifecycle_periods((SELECT activity(j, activity_def(period => unit, until => '2030-01-01', time_zone => zone))
                          FROM (SELECT journey(t, 1) FROM unnest(times) t) x (j))) p $$;
SELECT * FROM periods_in('America/Havana', 'day', '2026-11-01 03:59+00', '2026-11-01 04:30+00', '2026-11-01 05:30+00', '2026-11-02 04:59+00', '2026-11-02 05:00+00');
SELECT * FROM periods_in('Pacific/Apia', 'day', '2011-12-30 09:59+00', '2011-12-30 10:00+00');
SELECT * FROM periods_in('Australia/Lord_Howe', 'hour', '2026-04-04 14:30+00', '2026-04-04 15:00+00', '2026-04-04 15:30+00');
SELECT weekday, hour, events FROM heat_map((SELECT activity(j, activity_def(until => '2030-01-01', time_zone => 'America/Havana'))
  FROM (VALUES (journey '{1@2026-11-01T04:30:00Z, 1@2026-11-01T05:30:00Z}')) x (j))) WHERE events > 0;

-- Times between events: each closing event ends one pair.
CREATE TABLE steps AS SELECT journey '{1@2026-01-01T00:00:01Z, 1@2026-01-01T00:00:02Z, 1@2026-01-01T00:00:03Z, 2@2026-01-01T00:00:04Z,
  2@2026-01-01T00:00:05Z, 1@2026-01-01T00:00:07Z, 2@2026-01-01T00:00:08Z}' AS journey;
SELECT p.* FROM interval_percentiles((SELECT event_intervals(journey, interval_def('#1', '#2')) FROM steps)) p;
SELECT p.* FROM interval_percentiles((SELECT event_intervals(journey, interval_def('#1', '#2', 'first')) FROM steps)) p;
SELECT pairs, customers, p50 FROM interval_percentiles((SELECT event_intervals(journey, interval_def('#1', '#2', 'first', '2 s')) FROM steps)) p;
SELECT pairs, customers, p50 FROM interval_percentiles((SELECT event_intervals(journey, interval_def('#1', '#1')) FROM steps)) p;
SELECT pairs, p50 FROM interval_percentiles((SELECT event_intervals(journey, interval_def('#1', '#2', since => '2026-01-01 00:00:07Z')) FROM steps)) p;
SELECT pairs, p50 FROM interval_percentiles((SELECT event_intervals(journey, interval_def('#1', '#2', until => '2026-01-01 00:00:08Z')) FROM steps)) p;
SELECT p.* FROM interval_percentiles((SELECT event_intervals(journey, interval_def('#1', '#9')) FROM steps)) p;
SELECT p.* FROM interval_percentiles((SELECT event_intervals(journey, interval_def('#1', '#2')) FROM steps WHERE false)) p;

-- Empty and NULL input
SELECT activity(journey, activity_def()) IS NULL AS none, event_intervals(journey, interval_def('#1', '#2')) IS NULL AS neither FROM shop WHERE false;
SELECT activity(journey, activity_def()) IS NULL AS none, event_intervals(journey, interval_def('#1', '#2')) IS NULL AS neither FROM shop WHERE customer = 5;
SELECT activity(journey, NULL) IS NULL AS none, event_intervals(journey, NULL) IS NULL AS neither FROM shop;
SELECT count(*) FROM lifecycle_periods(NULL);
SELECT f.* FROM frequency((SELECT activity(journey, activity_def()) FROM shop WHERE customer = 4)) f;
SELECT count(*) FROM stickiness((SELECT activity(journey, activity_def()) FROM shop WHERE customer = 4));
-- One definition a group
SELECT activity(journey, activity_def(window_periods => customer)) FROM shop;
SELECT event_intervals(journey, interval_def('#1', '#2', within => customer * interval '1 s')) FROM shop;

-- Names need a store; * does not.
SELECT activity(journey, activity_def('search')) FROM shop;
SELECT activity_def('web:search') = activity_def(selector => 'web:search') AS same;
CALL create_store();
INSERT INTO clientele_data.event_types (event_type_id, channel, event) OVERRIDING SYSTEM VALUE VALUES (1, 'web', '浏览'), (2, '', '购买');
SELECT sum(active) FROM lifecycle_periods((SELECT activity(journey, activity_def('购买', until => '2026-02-01')) FROM shop));
SELECT pairs, p50 FROM interval_percentiles((SELECT event_intervals(journey, interval_def('web:浏览', '购买', until => '2026-02-01')) FROM shop));
SELECT activity(journey, activity_def(selector => '购物')) FROM shop;

-- As a window, and by a parallel plan
SELECT customer, (SELECT sum(p.active) FROM lifecycle_periods(s) p) AS active FROM (
  SELECT customer, activity(journey, activity_def(until => '2026-02-01')) OVER (ORDER BY customer) AS s FROM shop) x ORDER BY 1;
SELECT customer, (SELECT pairs FROM interval_percentiles(s)) AS pairs FROM (
  SELECT customer, event_intervals(journey, interval_def('#1', '#1|#2', until => '2026-02-01')) OVER (ORDER BY customer ROWS 1 PRECEDING) AS s FROM shop) x ORDER BY 1;
CREATE TABLE many AS
  SELECT c, journey(timestamptz '2026-01-01' + (c * i * 7919 % 50000) * interval '1 min', 1 + c * i % 3) AS journey
  FROM generate_series(1, 2000) c, generate_series(1, 1 + c % 30) i GROUP BY c;
ALTER TABLE many SET (parallel_workers = 2);
ANALYZE many;
CREATE TABLE answers AS SELECT 'serial' AS plan, activity(journey, activity_def(until => '2026-02-01')) AS a, event_intervals(journey, interval_def('#1', '#2|#3', until => '2026-02-01')) AS i FROM many;
INSERT INTO answers SELECT 'merged', activity_merge(a), interval_merge(i)
FROM (SELECT activity(journey, activity_def(until => '2026-02-01')) AS a, event_intervals(journey, interval_def('#1', '#2|#3', until => '2026-02-01')) AS i FROM many GROUP BY c % 7) x;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT activity(journey, activity_def()), event_intervals(journey, interval_def('#1', '#2')) FROM many;
INSERT INTO answers SELECT 'parallel', activity(journey, activity_def(until => '2026-02-01')), event_intervals(journey, interval_def('#1', '#2|#3', until => '2026-02-01')) FROM many;
SELECT count(*) AS plans, count(DISTINCT (a, i)) AS answers, min(length(a::text)) > 1000 AS long FROM answers;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;

-- The states are values: text in and out, checked.
SELECT count(DISTINCT a) AS one, count(DISTINCT i) AS another FROM (SELECT a, i FROM answers UNION ALL SELECT a::text::activity_summary, i::text::interval_summary FROM answers) x;
SELECT '\x'::activity_summary;
SELECT '\x0102'::activity_summary;
SELECT '\x09'::interval_summary;
SELECT activity_accum(NULL, '{}', activity_def());
SELECT event_intervals_accum(NULL, '{}', interval_def('#1', '#2'));
SELECT count(*) FROM lifecycle_periods((SELECT activity(j, activity_def(period => 'hour', until => '2026-01-01'))
                                        FROM (VALUES (journey '{1@0001-01-01T00:00:00Z, 1@2025-01-01T00:00:00Z}')) x (j)));
SELECT activity(j, activity_def(period => 'hour', until => '2500-01-01'))
FROM (SELECT journey('0900-01-01Z'::timestamptz + e * interval '3 days', 1) AS j FROM generate_series(1, 140000) e) x;
SELECT period, (SELECT count(*) FROM active_periods((SELECT activity(j, activity_def(period => period, until => '4714-11-24 00:00:00+00 BC'))
                                                     FROM (VALUES (journey '{1@2026-01-01T00:00:00Z}')) x (j)))) AS before_all_times
FROM unnest('{hour,day,month}'::text[]) period;

-- Drivers that bind strings as varchar
PREPARE bound (varchar, varchar, varchar) AS
  SELECT (SELECT sum(active) FROM lifecycle_periods((SELECT activity($1::journey, $2) FROM generate_series(1, 2)))), (SELECT pairs FROM interval_percentiles((SELECT event_intervals($1::journey, $3) FROM generate_series(1, 2))));
EXECUTE bound ('{1@2026-01-01T00:00:00Z, 2@2026-01-02T00:00:00Z}', '{"period": "month"}', '{"from_event": "#1", "to_event": "#2"}');

\c :tests
DROP DATABASE clientele_engagement;
