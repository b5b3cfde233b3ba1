-- SPDX-License-Identifier: PostgreSQL
-- Whole paths, dwell times, and what path_def says of names: keep, groups, ends, top and rest.
\set tests :DBNAME
CREATE DATABASE clientele_path_counts ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_path_counts
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;

-- The options and their text
SELECT path_def(keep => '!view*', groups => '{"付款=pay|web:pay","x[a=b]=#3"}', ends => true, top => 5, rest => '其他') AS def;
SELECT path_def(keep => NULL, groups => NULL, ends => NULL, top => NULL, rest => NULL) = path_def() AS same,
       path_def(groups => '{}') = path_def() AS none;
SELECT '{"groups": ["a=b"], "rest": "(other)", "ends": false, "top": null}'::path_def;
SELECT d::text::path_def = d AS same FROM path_def(keep => 'a', top => 2, groups => ARRAY['"支付 = ""好"""=c', 'b=d']) d;
-- What had no such option is stored as it was.
SELECT path_def_send(path_def(session_gap => '1 s', start_at => 'a', times => false));
SELECT path_def_send(path_def(keep => 'a', rest => 'r', top => 3));
SELECT path_def(groups => '{a}');
SELECT path_def(groups => '{=a}');
SELECT path_def(groups => '{a=}');
SELECT path_def(groups => '{NULL}');
SELECT path_def(keep => 'a[');
SELECT path_def(top => 0);
SELECT path_def(rest => '');
SELECT '{"groups": "a=b"}'::path_def;
SELECT '{"top": 2147483648}'::path_def;

CALL create_store();
INSERT INTO clientele_data.event_types (event_type_id, channel, event, properties) OVERRIDING SYSTEM VALUE VALUES
  (1, '', 'search', '{}'), (2, '', 'view', '{}'), (3, 'web', 'pay', '{"by": "card"}'), (4, 'app', 'pay', '{}'), (5, '', '付款', '{}');
CREATE TABLE shop (customer int, journey journey);
INSERT INTO shop VALUES
  (1, '{1@2026-01-01T10:00:00Z, 2@2026-01-01T10:01:00Z, 2@2026-01-01T10:02:00Z, 3@2026-01-01T10:10:00Z, 1@2026-01-02T10:00:00Z, 2@2026-01-02T10:20:00Z}'),
  (2, '{1@2026-01-01T10:00:00Z, 2@2026-01-01T10:04:00Z, 1@2026-01-01T10:05:00Z, 4@2026-01-01T10:06:00Z}'),
  (3, '{5@2026-01-01T10:00:00Z, 7@2026-01-01T10:00:00Z}'), (4, '{}'), (5, NULL);

-- keep leaves events out, but sessions are cut with them.
SELECT customer, p.path_number, p.at, p.path
FROM shop, journey_paths(journey, path_def(session_gap => '8 minutes', keep => 'search|*pay', start_at => '*')) p ORDER BY 1, 2;
SELECT customer, journey_path(journey, path_def(keep => 'view', start_at => 'search')) FROM shop ORDER BY 1;
-- A group and an event of one name are one; the first group that picks an event names it.
SELECT customer, journey_path(journey, path_def(groups => '{付款=*:pay, "look=search|view", other=view|#7}')) FROM shop ORDER BY 1;
SELECT customer, journey_path(journey, path_def(groups => '{look=search|view}', collapse => true)) FROM shop ORDER BY 1;
SELECT customer, journey_path(journey, path_def(groups => '{"by card=web:pay[by=card]"}', end_at => 'web:pay')) FROM shop ORDER BY 1;
SELECT journey_path(journey, path_def(groups => '{a=serch}')) FROM shop;
SELECT journey_path(journey, path_def(keep => 'serch')) FROM shop;

-- Links to the ends of paths. Those that are cut do not end there.
SELECT l.* FROM unnest((SELECT path_links(journey, path_def(session_gap => '30 minutes', ends => true)) FROM shop)) l;
SELECT l.* FROM unnest((SELECT path_links(journey, path_def(session_gap => '30 minutes', ends => true, max_length => 2)) FROM shop)) l;
SELECT l.* FROM unnest((SELECT path_links(journey, path_def(by_step => false, ends => true, reverse => true, max_length => 3)) FROM shop)) l;
-- At each step the shares of a source and of its ends are all there is.
SELECT bool_and(abs(total - 1) < 1e-9) AS whole FROM (
  SELECT step, source, sum(source_share) AS total
  FROM unnest((SELECT path_links(journey, path_def(ends => true, max_length => 4)) FROM shop)) l GROUP BY 1, 2) x;
-- The top events of each step, and the rest; an event that is called as the rest is part of it.
SELECT l.* FROM unnest((SELECT path_links(journey, path_def(ends => true, top => 1)) FROM shop)) l;
SELECT l.* FROM unnest((SELECT path_links(journey, path_def(ends => true, top => 2, by_step => false, rest => 'view', min_weight => 2)) FROM shop)) l;
SELECT path_links(journey, path_def(top => 100)) = path_links(journey, path_def()) AS same FROM shop;

-- Whole paths
SELECT c.* FROM unnest((SELECT path_counts(journey, path_def(session_gap => '30 minutes')) FROM shop)) c;
SELECT c.* FROM unnest((SELECT path_counts(journey, path_def(session_gap => '30 minutes', max_length => 2, top => 1)) FROM shop)) c;
SELECT c.* FROM unnest((SELECT path_counts(journey, path_def(max_length => 1, min_weight => 2, times => false)) FROM shop)) c;
SELECT path_counts(journey, path_def()) FROM shop WHERE customer = 4;
SELECT path_counts(journey, path_def()) FROM shop WHERE customer = 5;
SELECT path_counts(journey, path_def()) FROM shop WHERE false;
SELECT path_counts(journey, NULL) FROM shop;
SELECT path_counts(journey, path_def(max_length => customer)) FROM shop;
SELECT customer, (path_counts(journey, path_def(max_length => 1)) OVER (ORDER BY customer ROWS 1 PRECEDING))[1] FROM shop;

-- Dwell times: before reverse and cut
SELECT t.* FROM (SELECT dwell(journey, path_def(session_gap => '30 minutes')) FROM shop) d, dwell_times(dwell) t;
SELECT t.* FROM (SELECT dwell(journey, path_def(session_gap => '30 minutes', reverse => true, max_length => 1, collapse => true,
                                                groups => '{look=search|view}')) FROM shop) d, dwell_times(dwell) t;
SELECT t.* FROM (SELECT dwell(journey, path_def(top => 1, times => false)) FROM shop) d, dwell_times(dwell) t;
SELECT t.* FROM (SELECT dwell(journey, path_def(min_weight => 2, keep => '!search')) FROM shop) d, dwell_times(dwell) t;
SELECT count(*) FROM (SELECT dwell(journey, path_def()) FROM shop WHERE customer = 4) d, dwell_times(dwell) t;
SELECT dwell(journey, path_def()) IS NULL AS none FROM shop WHERE customer = 5;
SELECT dwell(journey, path_def()) IS NULL AS none FROM shop WHERE false;
SELECT count(*) FROM dwell_times(NULL);
SELECT dwell(journey, path_def(max_length => customer)) FROM shop;
SELECT customer, (SELECT sum(visits) FROM dwell_times(d)) AS visits
FROM (SELECT customer, dwell(journey, path_def()) OVER (ORDER BY customer ROWS 1 PRECEDING) AS d FROM shop) x;
-- A total may be longer than what hours can say.
SELECT event, lasts, total, mean, median FROM (
  SELECT dwell(j, path_def()) FROM (SELECT journey(at, 1) FROM generate_series(1, 3) customer,
    (VALUES (timestamptz '4000-01-01 BC'), ('200000-01-01')) t (at) GROUP BY customer) x (j)) d, dwell_times(dwell);
-- Summaries of parts make the whole.
SELECT dwell_merge(part) = (SELECT dwell(journey, path_def(collapse => true)) FROM shop) AS same
FROM (SELECT dwell(journey, path_def(collapse => true)) AS part FROM shop GROUP BY customer % 2) x;
SELECT dwell_merge(d) FROM (SELECT dwell(journey, path_def(max_length => customer)) FROM shop GROUP BY customer) x (d);
SELECT dwell_merge(NULL::dwell_summary) IS NULL AS none;

-- Serial and parallel plans give the same.
CREATE TABLE many AS
  SELECT c, journey(timestamptz '2026-01-01' + (c * i * 7919 % 500000) * interval '1 s', 1 + c * i % 7) AS journey
  FROM generate_series(1, 2000) c, generate_series(1, 1 + c % 30) i GROUP BY c;
ALTER TABLE many SET (parallel_workers = 2);
ANALYZE many;
CREATE VIEW asked AS SELECT path_links(journey, path_def(session_gap => '1 hour', ends => true, top => 2)) AS links,
  path_counts(journey, path_def(session_gap => '1 hour')) AS counts, dwell(journey, path_def(session_gap => '1 hour')) AS dwell FROM many;
CREATE TABLE answers AS SELECT 'serial' AS plan, * FROM asked;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT * FROM asked;
INSERT INTO answers SELECT 'parallel', * FROM asked;
SELECT count(*) AS plans, count(DISTINCT (links, counts, dwell)) AS answers, min(cardinality(counts)) > 100 AS many FROM answers;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;

-- States are values: text in and out, checked. What 0.1.0 stored is read; the ends of its paths are not known.
SELECT '\x'::path_count_summary;
SELECT '\x0201c0010000'::path_count_summary;
SELECT '\x'::dwell_summary;
SELECT '\x0103'::dwell_summary;
SELECT d::text::dwell_summary = d AS same FROM (SELECT dwell FROM answers LIMIT 1) x (d);
SELECT path_links_final('\x010301c001020201610162010100010102020006'::path_summary);

-- Rows of any table
CREATE TABLE log (customer text, at timestamptz, event text);
INSERT INTO log VALUES ('ann', '2026-01-01 10:00', 'view'), ('ann', '2026-01-01 09:00', 'search'), ('ann', '2026-01-01 10:01', 'web:pay'),
  ('ann', '2026-01-01 10:02', '付款'), ('bob', '2026-01-01 10:00', 'view');
SELECT customer, journey_path(at, event, path_def(keep => '!view', groups => '{付款=web:*, look=view}', collapse => true)) FROM log
GROUP BY customer ORDER BY 1;
SELECT customer, journey_path(at, event, path_def(groups => '{look=search|view, web:pay=付款}')) FROM log GROUP BY customer ORDER BY 1;
SELECT journey_path(at, event, path_def(groups => '{a=#3}')) FROM log;
SELECT journey_path(at, event, path_def(keep => 'pay[by=card]')) FROM log;

\c :tests
DROP DATABASE clientele_path_counts;
