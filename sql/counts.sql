-- SPDX-License-Identifier: PostgreSQL
-- Numbers of events, customers and sessions, and the views that show them.
\set tests :DBNAME
CREATE DATABASE clientele_counts ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_counts
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;

-- The questions are values; their text shows what is not the default.
SELECT counts_def();
SELECT counts_def('购买|web:*', 'hour of week', '{类别,event,channel,event}', '2026-01-01', '2026-02-01 12:30', '1 hour', 'asia/shanghai');
SELECT counts_def(by => '{property:channel,channel}'), counts_def(by => '{property:property:x}'), counts_def(by => '{}');
SELECT d::text::counts_def = d AS same, d::text::varchar::counts_def = d AS by_varchar
FROM counts_def('a', 'all', '{event_type,property:event}', until => '2026-01-01') d;
SELECT 'purchase'::counts_def = counts_def('purchase') AS a_selector_alone;

SELECT counts_def(period => 'fortnight');
SELECT counts_def(by => '{a,b}');
SELECT counts_def(by => '{property:}');
SELECT counts_def(by => '{channel,NULL}');
SELECT counts_def(session_gap => '1 month');
SELECT counts_def(session_gap => '-1 s');
SELECT counts_def(until => 'infinity');
SELECT counts_def(time_zone => 'Mars');
SELECT counts_def(selector => '');
SELECT counts_def('{"unit": "day"}');
SELECT counts_def('{"by": ["channel", null]}');
SELECT counts_def('{"since": "2026-01-01"}');

-- Without a store: three customers, one who never did anything, and one without a journey.
CREATE TABLE shop (customer int, journey journey);
INSERT INTO shop VALUES
  (1, '{1@2026-01-01T10:00:00Z=2.5, 1@2026-01-01T10:30:00Z, 1@2026-01-01T11:00:00.000001Z=0, 2@2026-01-02T10:00:00Z=-1.25}'),
  (2, '{1@2026-01-02T10:00:00Z, 2@2026-01-02T10:00:00Z=0.000001}'),
  (3, '{1@2025-12-31T23:59:59.999999Z, 2@2026-01-05T00:00:00Z}'), (4, '{}'), (5, NULL);
SELECT period, events, customers, amount, sessions FROM count_periods((SELECT event_counts(journey, counts_def()) FROM shop));
SELECT period, event_type_id, label, events, customers, amount, sessions
FROM count_periods((SELECT event_counts(journey, counts_def(period => 'month', by => '{event_type}')) FROM shop));
SELECT weekday, hour, events, customers FROM count_periods((SELECT event_counts(journey, counts_def(period => 'hour of week')) FROM shop));
SELECT * FROM count_periods((SELECT event_counts(journey, counts_def('#2', 'all', since => '2026-01-02', until => '2026-01-05')) FROM shop));
-- A session counts by its gap, over all events of the customer, also those that do not count.
SELECT gap, sessions FROM unnest('{00:29:59.999999,00:30:00,00:30:00.000001,1 day}'::interval[]) gap,
  LATERAL count_periods((SELECT event_counts(journey, counts_def('#1', 'all', session_gap => gap)) FROM shop WHERE customer = 1));
SELECT sessions FROM count_periods((SELECT event_counts(j, counts_def('#1', 'all')) FROM (VALUES
  (journey '{1@2026-01-01T10:00:00Z, 2@2026-01-01T10:20:00Z, 1@2026-01-01T10:40:00Z}')) x (j)));
-- Local dates count: Shanghai is eight hours ahead. The summary keeps what the session's time zone was.
SET timezone = 'Asia/Shanghai';
CREATE TABLE kept AS SELECT event_counts(journey, counts_def(period => 'year')) AS s FROM shop;
SET timezone = 'UTC';
SELECT period, events FROM kept, count_periods(s);
SELECT count_periods(s) FROM kept WHERE false;
SELECT count(*) FROM count_periods((SELECT event_counts(journey, counts_def()) FROM shop WHERE journey = '{}'));
SELECT event_counts(journey, counts_def()) IS NULL AS nothing FROM shop WHERE journey IS NULL;
-- Clocks: Havana shows an hour of 1 November 2026 twice, Lord Howe changes by half an hour, and Apia left out 30 December 2011.
SELECT zone, unit, c.period AT TIME ZONE zone AS period, c.weekday, c.hour, c.events, c.customers FROM (VALUES
  ('America/Havana', 'day', journey '{1@2026-11-01T03:59:00Z, 1@2026-11-01T04:30:00Z, 1@2026-11-01T05:30:00Z, 1@2026-11-02T05:00:00Z}'),
  ('America/Havana', 'hour of week', journey '{1@2026-11-01T04:30:00Z, 1@2026-11-01T05:30:00Z}'),
  ('Australia/Lord_Howe', 'hour', journey '{1@2026-04-04T14:30:00Z, 1@2026-04-04T15:00:00Z, 1@2026-04-04T15:30:00Z}'),
  ('Pacific/Apia', 'day', journey '{1@2011-12-30T09:59:00Z, 1@2011-12-30T10:00:00Z}')) v (zone, unit, j),
  LATERAL count_periods((SELECT event_counts(x.j, counts_def(period => unit, time_zone => zone)) FROM (SELECT v.j) x)) c;

-- Sums are exact, also where they exceed what one amount may be.
SELECT amount = 1000 * 999999999999.999999 AS exact FROM count_periods((SELECT event_counts(journey, counts_def(period => 'all'))
  FROM (SELECT journey '{1@2026-01-01T10:00:00Z=999999999999.999999}' FROM generate_series(1, 1000)) x));
SELECT amount, s::text::counts_summary = s AS by_text FROM (SELECT event_counts(journey, counts_def(period => 'all')) AS s
  FROM (SELECT journey '{1@2026-01-01T10:00:00Z=-999999999999.999999}' FROM generate_series(1, 50000)) x) y, count_periods(s);

-- Summaries of parts join into that of all, whatever the order; those of different questions do not.
CREATE TABLE parts AS SELECT customer % 2 AS part, event_counts(journey, counts_def(by => '{event_type}')) AS s FROM shop GROUP BY 1;
SELECT (SELECT counts_merge(s ORDER BY part) FROM parts) = (SELECT counts_merge(s ORDER BY part DESC) FROM parts) AS any_order,
       (SELECT counts_merge(s) FROM parts) = (SELECT event_counts(journey, counts_def(by => '{event_type}')) FROM shop) AS all_of_it,
       (SELECT s::text::counts_summary = s FROM parts LIMIT 1) AS by_text, (SELECT counts_merge(s) FROM parts WHERE false) IS NULL AS none;
SELECT counts_merge(s) FROM (SELECT s FROM parts UNION ALL SELECT s FROM kept) x;
SELECT event_counts(journey, counts_def(period => CASE customer WHEN 1 THEN 'day' ELSE 'week' END)) FROM shop;
SELECT '\x'::counts_summary;
SELECT '\x0100'::counts_summary;
SELECT customer, (SELECT sum(events) FROM count_periods(s)) AS until_here
FROM (SELECT customer, event_counts(journey, counts_def()) OVER (ORDER BY customer) AS s FROM shop) x ORDER BY customer;

-- With a store events have names.
SELECT event_counts(journey, counts_def(by => '{类别}')) FROM shop;
CALL create_store('America/Havana');
SELECT count(event_type(c, e, p)) FROM (VALUES ('网页', '浏览', '{"类别": "鞋"}'::jsonb), ('网页', '浏览', '{"类别": "帽"}'), ('', 'buy', '{}'), ('a:b', '<script>', '{"类别": "鞋", "channel": "x"}')) v (c, e, p);
SELECT event_counts(journey, counts_def(by => '{类}')) FROM shop;
SELECT event_counts(journey, counts_def('bye')) FROM shop;
SET clientele.unknown_event = ignore;
SELECT count(*) FROM count_periods((SELECT event_counts(journey, counts_def(by => '{类}')) FROM shop)) WHERE value IS NULL;
RESET clientele.unknown_event;
INSERT INTO clientele_data.customers (customer_id) VALUES (1), (2);
INSERT INTO clientele_data.journeys VALUES
  (1, '{1@2026-10-31T20:00:00Z, 2@2026-10-31T20:10:00Z, 3@2026-11-01T04:30:00Z=19.99, 4@2026-11-01T05:30:00Z, 9@2026-11-01T05:31:00Z}'),
  (2, '{2@2026-10-31T20:00:00Z, 3@2026-11-02T04:59:00Z=0.01}');
\pset null ∅
SELECT by, c.channel, c.event, c.value, c.label, c.events, c.customers, c.amount, c.sessions
FROM (VALUES ('{channel}'::text[]), ('{event}'), ('{channel,event}'), ('{类别}'), ('{event,类别}'), ('{channel,property:channel}'), (NULL)) v (by),
  LATERAL clientele_bi.event_counts(counts_def(period => 'all', by => by)) c;
SELECT * FROM clientele_bi.daily_activity ORDER BY 1, 2, 3;
SELECT * FROM clientele_bi.monthly_activity ORDER BY 1, 2, 3;
SELECT * FROM clientele_bi.heat_map ORDER BY 1, 2, 3;
\pset null ''
-- Events after the present do not count for active customers.
UPDATE clientele_data.journeys SET journey = CASE customer_id
  WHEN 1 THEN journey '{1@2025-10-31T20:00:00Z, 3@2025-11-01T20:00:00Z, 1@2025-11-05T20:00:00Z, 1@2999-01-01T00:00:00Z}'
  ELSE '{2@2025-10-31T20:00:00Z, 3@2025-11-02T05:30:00Z}' END;
SELECT day, active, rolling, round(ratio::numeric, 3) AS ratio, new, "returning", resurrected, dormant, complete
FROM clientele_bi.active_customers WHERE active + dormant > 0 ORDER BY 1;

-- A BI role sees totals, and no journeys.
CREATE ROLE clientele_counts_bi;
CALL grant_bi('clientele_counts_bi');
SET ROLE clientele_counts_bi;
SELECT sum(events) FROM clientele_bi.daily_activity;
SELECT label, events FROM clientele_bi.event_counts(counts_def('buy', 'year', '{event}'));
SELECT count(*) FROM clientele_data.journeys;
RESET ROLE;
DROP OWNED BY clientele_counts_bi; DROP ROLE clientele_counts_bi;

-- One view needs nothing but the right to read it.
CREATE ROLE clientele_counts_reader;
GRANT USAGE ON SCHEMA clientele_bi TO clientele_counts_reader;
GRANT SELECT ON clientele_bi.daily_activity, clientele_bi.heat_map, clientele_bi.active_customers TO clientele_counts_reader;
SET ROLE clientele_counts_reader;
SELECT sum(events) FROM clientele_bi.daily_activity;
SELECT sum(events) FROM clientele_bi.heat_map;
SELECT count(*) > 0 AS some FROM clientele_bi.active_customers;
RESET ROLE;
DROP OWNED BY clientele_counts_reader; DROP ROLE clientele_counts_reader;

\c :tests
DROP DATABASE clientele_counts;
