-- SPDX-License-Identifier: PostgreSQL
-- Paths and their links, on journeys and on rows of any table.
\set tests :DBNAME
CREATE DATABASE clientele_paths ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_paths
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;

-- The question is a value; its text shows what is not the default, whatever the session's settings.
SELECT path_def();
SELECT path_def(session_gap => '30 minutes', start_at => 'search', end_at => 'web:"a b"', collapse => true, reverse => true,
                max_length => 5, by_step => false, min_weight => 10, times => false);
SELECT path_def(session_gap => '1 day 2 hours 0.25 seconds');
SET intervalstyle = 'iso_8601';
SELECT '{"session_gap": "1 day 02:00", "collapse": null}'::path_def, path_def(session_gap => 'PT30M');
SET intervalstyle = 'postgres';
SELECT d::text::path_def::text = d::text AS same FROM path_def('7 days'::interval, '搜索|#3', NULL, true, max_length => 3) d;
SELECT '{"by_step": false}'::varchar::path_def, '{"by_step": false}'::text::path_def;
CREATE TABLE kept (d path_def);
INSERT INTO kept VALUES (path_def(start_at => 'a')), ('{"max_length": 2}');
SELECT * FROM kept;

SELECT path_def('30 minutes');
SELECT path_def('{"gap": 1}');
SELECT path_def('{"session_gap": 30}');
SELECT path_def('{"session_gap": "1 month"}');
SELECT path_def('{"collapse": "yes"}');
SELECT path_def('{"max_length": 1.5}');
SELECT path_def('[]');
SELECT path_def('{"start_at"');
SELECT path_def(session_gap => '1 month');
SELECT path_def(session_gap => '-1 s');
SELECT path_def(max_length => 0);
SELECT path_def(min_weight => 0);
SELECT path_def(start_at => 'a[');

-- Without a store, types have numbers only.
SELECT journey_path('{3@2026-01-01T00:00:00Z, 20@2026-01-01T00:00:00Z, 1@2026-01-01T00:00:00Z}', path_def());
SELECT journey_path('{3@2026-01-01T00:00:00Z, 20@2026-01-02T00:00:00Z}', path_def(start_at => '#20'));
SELECT journey_path('{3@2026-01-01T00:00:00Z}', path_def(start_at => 'search'));

CALL create_store();
INSERT INTO clientele_data.event_types (event_type_id, channel, event, properties) OVERRIDING SYSTEM VALUE VALUES
  (1, '', 'search', '{}'), (2, '', 'cart', '{}'), (3, 'web', 'buy', '{"sort": "b"}'), (4, 'web', 'buy', '{"sort": "a"}'),
  (5, 'app', 'view', '{}'), (6, '', '支付', '{}');

-- Equal times: by (channel, event, properties); a type without a name stands among the events without a channel.
SELECT journey_path('{1@2026-01-01T00:00:00Z, 2@2026-01-01T00:00:00Z, 3@2026-01-01T00:00:00Z, 5@2026-01-01T00:00:00Z,
                      6@2026-01-01T00:00:00Z, 9@2026-01-01T00:00:00Z}', path_def());
-- Labels are what counts as the same event.
SELECT journey_path('{3@2026-01-01T00:00:00Z, 4@2026-01-01T00:00:01Z, 1@2026-01-01T00:00:02Z}', path_def(collapse => true));

CREATE TABLE shop (customer int, journey journey);
INSERT INTO shop VALUES
  (1, '{1@2026-01-01T10:00:00Z, 1@2026-01-01T10:01:00Z, 2@2026-01-01T10:02:00Z, 3@2026-01-01T10:10:00Z, 1@2026-01-02T10:00:00Z, 2@2026-01-02T10:20:00Z}'),
  (2, '{1@2026-01-01T10:00:00Z, 2@2026-01-01T10:04:00Z, 1@2026-01-01T10:05:00Z, 2@2026-01-01T10:06:00Z}'),
  (3, '{6@2026-01-01T10:00:00Z}'), (4, '{}'), (5, NULL);
SELECT customer, journey_path(journey, path_def(session_gap => '30 minutes')) FROM shop ORDER BY 1;
SELECT customer, p.* FROM shop, journey_paths(journey, path_def(session_gap => '30 minutes', start_at => 'cart')) p ORDER BY 1, 2;
SELECT customer, journey_path(journey, path_def(session_gap => '30 minutes', start_at => 'search', end_at => 'web:*')) FROM shop ORDER BY 1;
SELECT customer, journey_path(journey, path_def(end_at => 'search|支付')) FROM shop ORDER BY 1;
SELECT customer, journey_path(journey, path_def(collapse => true, reverse => true, max_length => 3)) FROM shop ORDER BY 1;
SELECT journey_path(journey, NULL) FROM shop WHERE customer = 1;
SELECT journey_path(journey, path_def(start_at => 'serch')) FROM shop;
SET clientele.unknown_event = ignore;
SELECT journey_path(journey, path_def(start_at => 'serch')) FROM shop WHERE customer = 1;
RESET clientele.unknown_event;

-- Links
SELECT (unnest(path_links(journey, path_def(session_gap => '30 minutes')))).* FROM shop;
SELECT (unnest(path_links(journey, path_def(session_gap => '30 minutes', by_step => false)))).* FROM shop;
SELECT (unnest(path_links(journey, path_def(session_gap => '30 minutes', by_step => false, min_weight => 2, times => false)))).* FROM shop;
SELECT (unnest(path_links(journey, path_def(collapse => true, reverse => true, max_length => 3)))).* FROM shop;
SELECT path_links(journey, path_def()) FROM shop WHERE customer >= 3;
SELECT path_links(journey, path_def()) FROM shop WHERE customer = 5;
SELECT path_links(journey, path_def()) FROM shop WHERE false;
SELECT path_links(journey, NULL) FROM shop;
SELECT path_links(journey, path_def(max_length => customer)) FROM shop;
SELECT def, cardinality(path_links(journey, def)) AS links FROM shop, LATERAL path_def(max_length => 1 + customer % 2) def
GROUP BY def ORDER BY def::text;
-- The final function may be called many times while the frame grows or moves.
SELECT customer, path_links(journey, path_def(by_step => false, times => false)) OVER (ORDER BY customer) FROM shop;
SELECT customer, (path_links(journey, path_def(by_step => false)) OVER (ORDER BY customer ROWS 1 PRECEDING))[1] FROM shop;

-- Serial and parallel plans give the same.
CREATE TABLE many AS
  SELECT c, journey(timestamptz '2026-01-01' + (c * i * 7919 % 500000) * interval '1 s', 1 + c * i % 7) AS journey
  FROM generate_series(1, 2000) c, generate_series(1, 1 + c % 30) i GROUP BY c;
ALTER TABLE many SET (parallel_workers = 2);
ANALYZE many;
CREATE TABLE answers AS SELECT 'serial' AS plan, path_links(journey, path_def(session_gap => '1 hour')) AS links,
  path_links(journey, path_def(by_step => false, min_weight => 3)) AS transitions FROM many;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT path_links(journey, path_def()) FROM many;
INSERT INTO answers SELECT 'parallel', path_links(journey, path_def(session_gap => '1 hour')),
  path_links(journey, path_def(by_step => false, min_weight => 3)) FROM many;
SELECT count(*) AS plans, count(DISTINCT (links, transitions)) AS answers, min(cardinality(links)) > 100 AS many FROM answers;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;

-- The state is a value: text in and out, checked.
SELECT '\x'::path_summary;
SELECT '\x0102'::path_summary;
SELECT '\x010301c001000000'::path_summary;
SELECT '\x010301c00100000000'::path_summary;
SELECT path_links_accum(NULL, '{}', path_def());

-- Rows of any table
CREATE TABLE log (customer text, at timestamptz, event text);
INSERT INTO log VALUES ('ann', '2026-01-01 10:00', 'view'), ('ann', '2026-01-01 09:00', 'search'), ('ann', '2026-01-01 10:00', 'cart'),
  ('ann', '2026-01-03 10:00', 'web:buy'), ('ann', NULL, 'x'), ('ann', '2026-01-03 11:00', NULL), ('bob', '2026-01-01 10:00', 'view'), ('eve', NULL, 'view');
SELECT customer, journey_path(at, event) FROM log GROUP BY customer ORDER BY 1;
SELECT customer, journey_path(at, event, path_def(session_gap => '1 day', start_at => 'web:*|cart')) FROM log GROUP BY customer ORDER BY 1;
SELECT customer, journey_path(at, event, path_def(end_at => 'web:buy', reverse => true)) FROM log GROUP BY customer ORDER BY 1;
SELECT journey_path(at, event, '{"start_at": "never"}') FROM log;
SELECT journey_path(at, event, NULL) FROM log;
SELECT journey_path(at, event) FROM log WHERE false;
SELECT at, event, journey_path(at, event) OVER (ORDER BY at, event ROWS 1 PRECEDING) FROM log WHERE customer = 'ann' ORDER BY at, event;
SELECT journey_path(at, event, path_def(start_at => '#3')) FROM log;
SELECT journey_path(at, event, path_def(end_at => 'buy[sort=a]')) FROM log;
SELECT journey_path('infinity', event) FROM log;
-- Both doors
SELECT journey_path(journey(e.at, event_type_id), path_def()) = journey_path(e.at, event) AS same
FROM shop, events(journey) e JOIN clientele_data.event_types USING (event_type_id) WHERE channel = '' GROUP BY customer;

-- Drivers that bind strings as varchar
PREPARE bound (varchar, varchar, varchar) AS
  SELECT journey_path($1, path_def(start_at => $2)), journey_path($1, $3), path_links($1::journey, $3);
EXECUTE bound ('{1@2026-01-01T00:00:00Z, 2@2026-01-02T00:00:00Z}', 'cart', '{"reverse": true, "times": false}');

\c :tests
DROP DATABASE clientele_paths;
