-- SPDX-License-Identifier: PostgreSQL
-- Patterns of events, in journeys and in rows of any table.
\set tests :DBNAME
CREATE DATABASE clientele_patterns ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_patterns
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;

-- The type: its text is the pattern, or JSON if there are options, whatever the session's settings.
SELECT 'search ... (?<购买>支付)'::pattern, pattern('a b', within => '1 day', session_gap => '30 minutes');
SET intervalstyle = 'iso_8601';
SELECT '{"pattern": "a b", "within": "1 day", "session_gap": null}'::pattern, pattern('a', within => 'PT0.5S');
SET intervalstyle = 'postgres';
SELECT p::text::pattern = p AS same, p::text::varchar::pattern = p AS same_varchar FROM pattern('a "b c"', '7 days') p;
SELECT pattern('{"pattern": "a", "within": "1 h"}', session_gap => '2 h'), '{"pattern": "a"}'::pattern;
CREATE TABLE kept (p pattern);
INSERT INTO kept VALUES ('a'), (pattern('a', '1 day')), ('a'), (NULL);
SELECT count(DISTINCT p), count(*) FILTER (WHERE ROW(p) = ROW('a'::pattern)) FROM kept;
SELECT 'a ... b within c'::pattern;
SELECT '搜索 ... 支付 & c'::pattern;
SELECT pattern('a{5,2}');
SELECT pattern('a{1000} (a{1000}){9} a');
SELECT pattern('a', within => '1 month');
SELECT pattern('a', session_gap => '-1 s');
SELECT pattern(NULL::text);
SELECT '{"pattern": "a", "gap": 1}'::pattern;
SELECT '{"within": "1 day"}'::pattern;
SELECT ' {'::pattern;

-- Without a store, types have numbers only.
SELECT journey_matches('{3@2026-01-01T00:00:00Z, 20@2026-01-02T00:00:00Z}', '#3 ... #20'),
       journey_matches('{3@2026-01-01T00:00:00Z, 20@2026-01-02T00:00:00Z}', '#3 within 23 hours #20');
SELECT journey_matches('{}', 'search');

CALL create_store();
INSERT INTO clientele_data.event_types (event_type_id, channel, event, properties) OVERRIDING SYSTEM VALUE VALUES
  (1, '', 'search', '{}'), (2, '', 'cart', '{}'), (3, 'web', 'buy', '{"sort": "b"}'), (4, 'web', 'buy', '{"sort": "a"}'),
  (5, 'app', 'view', '{}'), (6, '', '支付', '{}');
CREATE TABLE shop (customer int, journey journey);
INSERT INTO shop VALUES
  (1, '{1@2026-01-01T10:00:00Z, 1@2026-01-01T10:01:00Z, 2@2026-01-01T10:02:00Z, 3@2026-01-01T10:10:00Z, 1@2026-01-02T10:00:00Z, 2@2026-01-02T10:20:00Z}'),
  (2, '{1@2026-01-01T10:00:00Z, 2@2026-01-01T10:04:00Z, 1@2026-01-01T10:05:00Z, 2@2026-01-01T10:06:00Z}'),
  (3, '{6@2026-01-01T10:00:00Z}'), (4, '{}'), (5, NULL);
SELECT customer, journey_matches(journey, 'search ... web:buy'), journey_match_count(journey, 'search ... cart'),
       journey_match_count(journey, '<*[sort=b]>|支付'), journey_match_count(journey, pattern('search ... cart $', session_gap => '1 hour'))
FROM shop ORDER BY 1;
SELECT customer, m.* FROM shop, journey_match_times(journey, 'search+ within 3 minutes (?<basket>cart) (... (?<bought>buy|支付))?')
  WITH ORDINALITY m ORDER BY customer, ordinality;
SELECT customer, m.* FROM shop, journey_match_times(journey, pattern('search ... cart', '2 minutes')) m ORDER BY 1, 2;
SELECT journey_matches(journey, 'serch') FROM shop;
SET clientele.unknown_event = ignore;
SELECT journey_matches(journey, 'serch'), journey_matches(journey, '!serch') FROM shop WHERE customer = 1;
RESET clientele.unknown_event;
SELECT journey_matches(NULL, 'search') IS NULL AS null_journey, journey_matches('{}', NULL) IS NULL AS null_pattern;
-- Equal times: by (channel, event, properties).
SELECT p, journey_matches('{1@2026-01-01T00:00:00Z, 2@2026-01-01T00:00:00Z, 3@2026-01-01T00:00:00Z, 5@2026-01-01T00:00:00Z}', p)
FROM unnest('{^cart search app:view web:buy$, search cart, cart search web:buy}'::pattern[]) p;

-- Many journeys, four ways
CREATE VIEW answer AS SELECT g.* FROM (SELECT pattern_matches(journey, 'search ... (?<basket>cart) (... (?<bought>buy))?') AS s FROM shop) x,
  pattern_groups(s) WITH ORDINALITY g;
SELECT name, customers, matched, matches, round(share::numeric, 4) AS share, round(low::numeric, 4) AS low, round(high::numeric, 4) AS high,
       median_time, p90_time FROM answer ORDER BY ordinality;
CREATE TABLE serial AS SELECT * FROM answer;
CREATE TABLE many AS SELECT customer + 10 * n AS customer, journey FROM shop, generate_series(1, 2000) n;
CREATE TABLE sums AS SELECT customer % 7 AS part, pattern_matches(journey, pattern('search ... (?<x>cart)', '1 hour')) AS s FROM many GROUP BY 1;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
DO $$ BEGIN PERFORM set_config(name, 'on', false) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query'); END $$;
SELECT count(*) FROM (TABLE answer EXCEPT TABLE serial) x;
CREATE TABLE together AS SELECT pattern_matches(journey, pattern('search ... (?<x>cart)', '1 hour')) AS s FROM many;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;
DO $$ BEGIN PERFORM set_config(name, 'off', false) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query'); END $$;
SELECT pattern_merge(sums.s) = (SELECT s FROM together) AS merged_is_together FROM sums;
SELECT name, customers, matched, matches, median_time FROM together, pattern_groups(s);
SELECT customer, count(*) AS rows, max(customers) AS customers, max(matched) AS matched
FROM (SELECT customer, pattern_matches(journey, 'search ... cart') OVER (ORDER BY customer) AS s FROM shop) w, pattern_groups(s)
GROUP BY 1 ORDER BY 1;
SELECT pattern_matches(journey, 'search') IS NULL AS of_nothing FROM shop WHERE false;
SELECT pattern_matches(NULL::journey, 'search') IS NULL AS of_nulls FROM shop;
SELECT * FROM pattern_groups(NULL);
SELECT pattern_matches(journey, pattern('search', within => customer * interval '1 hour')) FROM shop;
SELECT pattern_merge(s) FROM (SELECT pattern_matches(journey, 'search') FROM shop UNION ALL SELECT pattern_matches(journey, 'cart') FROM shop) x (s);
SELECT s::text::pattern_summary = s AS same FROM together;

-- Rows of any table
CREATE TABLE rows (customer int, at timestamptz, event text);
INSERT INTO rows VALUES
  (1, '2026-01-01 10:05', '支付'), (1, '2026-01-01 10:00', 'search'), (1, '2026-01-01 10:00', 'cart'), (1, '2026-01-01 11:00', 'web:buy'),
  (2, '2026-01-01 10:00', 'search'), (2, NULL, 'cart'), (2, '2026-01-01 12:00', NULL), (3, NULL, 'cart');
SELECT customer, journey_matches(at, event, 'cart search ... <web:*>'), journey_match_count(at, event, '^ . | 支付'),
       journey_match_count(at, event, pattern('.+', session_gap => '10 minutes'))
FROM rows GROUP BY customer ORDER BY 1;
CREATE TABLE raw AS SELECT customer + 10 * n AS customer, at + n * interval '1 second' AS at, event FROM rows, generate_series(1, 2000) n;
CREATE VIEW counted AS
SELECT sum(n) AS matches, count(*) FILTER (WHERE m) AS matched, count(*) AS customers FROM (
  SELECT journey_match_count(at, event, '!cart') AS n, journey_matches(at, event, 'search within 1 hour (支付|web:buy)') AS m
  FROM raw GROUP BY customer) x;
TABLE counted;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET cpu_tuple_cost = 1;
TABLE counted;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET cpu_tuple_cost;
SELECT customer, at, journey_match_count(at, event, '.') OVER (PARTITION BY customer ORDER BY at) FROM rows WHERE customer = 1 ORDER BY at, event;
SELECT journey_matches(at, event, 'a') IS NULL AS of_nothing FROM rows WHERE false;
SELECT journey_matches(NULL, event, 'a') IS NULL AS of_nulls, journey_match_count(at, event, NULL) IS NULL FROM rows;
SELECT journey_matches(at, event, '#3') FROM rows;
SELECT journey_matches(at, event, '<a[x=y]>') FROM rows;
SELECT journey_matches('infinity', event, 'a') FROM rows;
SELECT journey_matches(at, event, pattern('a', within => customer * interval '1 day')) FROM rows;

\c :tests
DROP DATABASE clientele_patterns;
