-- SPDX-License-Identifier: PostgreSQL
-- Selectors: how event types are named in a question, and when the dictionary is read.
\set tests :DBNAME
CREATE DATABASE clientele_selectors ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_selectors
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

-- Numbers need no dictionary, names do.
SELECT event_count('{3@2026-01-01T00:00:00Z, 5@2026-01-01T00:00:00Z}', '#3|#4') AS numbers;
SELECT * FROM fails($$SELECT event_count('{}', 'search')$$);
CALL create_store();
INSERT INTO clientele_data.event_types (event_type_id, channel, event, properties) OVERRIDING SYSTEM VALUE VALUES
  (1, '', 'search', '{}'), (2, 'web', 'search', '{}'), (3, 'web', 'view_item', '{"category": "shoes", "brand": "x"}'), (4, 'web', 'view_item', '{"category": "hats"}'),
  (5, 'app', 'view_list', '{}'), (6, 'app', 'view:all|"odd"', '{}'), (7, 'store', '购买', '{}'), (8, 'web', '100%_sure', '{"size": 41, "vip": true}'), (9, 'web', 'a\b', '{}'), (10, '微信', '浏览商品', '{}');
CREATE FUNCTION picked(selector text) RETURNS int[] LANGUAGE sql AS 'SELECT array_agg(t) FROM event_types_matching(selector) t';
SELECT s AS selector, picked(s) FROM (VALUES (1, 'search'), (2, 'web:search'), (3, 'web:*'), (4, '*:search'), (5, 'view_*'), (6, '*'), (7, '*:*'), (8, '*_item'), (9, 'w*b:v*w_*'),
  (10, 'view_item[category=shoes]'), (11, 'view_item[category=shoes&brand=x]'), (12, 'view_item[category=boots]'), (13, '*[brand=x]'), (14, '*[size=41]'), (15, '*[vip=true]'),
  (16, '"view:all|""odd"""'), (17, '"web":"search"'), (18, '"":search'), (19, '100%_sure'), (20, '100%_*'), (21, 'a\b'), (22, 'a\*'), (23, '购买'), (24, '微信:*'), (25, '浏*'), (26, '#3'), (27, '#3|search | #999'),
  (28, ' web : view_item [ category = hats ] '), (29, 'nothing_*'), (30, 'nowhere*:search')) v (n, s) ORDER BY n;
SELECT quote_selector(channel, event), picked(quote_selector(channel, event)) = ARRAY[event_type_id] AS itself FROM clientele_data.event_types WHERE event_type_id NOT IN (3, 4) ORDER BY event_type_id;
SELECT quote_selector(NULL, 'a b'), quote_selector(NULL, ' a'), quote_selector('', '*'), quote_selector('web', NULL), quote_selector(NULL, '#1');
SELECT picked(NULL) AS unasked;

-- Mistakes, of spelling and of form.
SELECT * FROM fails($$SELECT picked('serch')$$);
SELECT * FROM fails($$SELECT picked('web:veiw_item')$$);
SELECT * FROM fails($$SELECT picked('app:search')$$);
SELECT * FROM fails($$SELECT picked('购')$$);
SELECT * FROM fails($$SELECT picked('search|serch')$$);
SELECT * FROM fails($$SELECT picked('serch[category=shoes]')$$);
SELECT * FROM fails($$SELECT picked('Search')$$);
SELECT * FROM fails($$SELECT picked('')$$);
SELECT * FROM fails($$SELECT picked('a|')$$);
SELECT * FROM fails($$SELECT picked('web:')$$);
SELECT * FROM fails($$SELECT picked('a:b:c')$$);
SELECT * FROM fails($$SELECT picked('#x')$$);
SELECT * FROM fails($$SELECT picked('#-1')$$);
SELECT * FROM fails($$SELECT picked('#99999999999')$$);
SELECT * FROM fails($$SELECT picked('"open')$$);
SELECT * FROM fails($$SELECT picked('a[b')$$);
SELECT * FROM fails($$SELECT picked('a[b=c')$$);
SELECT * FROM fails($$SELECT picked('a]')$$);
-- Dashboards may want a name that is not there yet to be an event that never happened.
SET clientele.unknown_event = ignore;
SELECT picked('serch') AS nothing, picked('serch|search') AS rest, event_count('{1@2026-01-01T00:00:00Z}', 'serch'), funnel_depth('{1@2026-01-01T00:00:00Z}', '{search,serch}', NULL);
SELECT * FROM fails($$SELECT picked('a|')$$);
RESET clientele.unknown_event;
SELECT * FROM fails($$SET clientele.unknown_event = maybe$$);

-- New event types are seen at once: in loops, after savepoints, from other sessions.
CREATE TABLE one AS SELECT '{1@2026-01-01T00:00:00Z, 20@2026-01-01T00:00:01Z, 21@2026-01-01T00:00:02Z, 22@2026-01-01T00:00:03Z}'::journey AS j;
DO $$
DECLARE n int; j journey := (SELECT one.j FROM one); counts int[] := '{}'; depths int[] := '{}';
BEGIN
  FOR i IN 20 .. 22 LOOP
    counts := counts || event_count(j, 'new_*');
    depths := depths || funnel_depth(j, funnel_def('{search,new_*,new_*,new_*}'));
    INSERT INTO clientele_data.event_types VALUES (i, '', 'new_' || i, '{}');
    counts := counts || event_count(j, 'new_*');
    depths := depths || funnel_depth(j, funnel_def('{search,new_*,new_*,new_*}'));
    BEGIN
      INSERT INTO clientele_data.event_types VALUES (100 + i, 'app', 'new_1', '{}');
      n := event_count(j || ('{' || 100 + i || '@2026-01-01T00:00:00Z}')::journey, 'new_1');
      RAISE EXCEPTION 'back' USING ERRCODE = 'P0009';
    EXCEPTION WHEN SQLSTATE 'P0009' THEN
      counts := counts || n;
    END;
    BEGIN
      n := event_count(j, 'new_1');
    EXCEPTION WHEN undefined_object THEN
      counts := counts || -1;
    END;
  END LOOP;
  RAISE INFO '% %', counts, depths;
END $$;
BEGIN;
SAVEPOINT s;
INSERT INTO clientele_data.event_types VALUES (30, '', 'gone', '{}');
SELECT picked('gone');
ROLLBACK TO s;
SELECT picked('gon*');
INSERT INTO clientele_data.event_types VALUES (31, '', 'gone', '{}');
SELECT picked('gone');
ROLLBACK;
SELECT picked('gon*');
PREPARE asked (text) AS SELECT event_count(j, $1) FROM one;
EXECUTE asked('later*');
INSERT INTO clientele_data.event_types VALUES (32, '', 'later', '{}');
UPDATE one SET j = j || '{32@2026-01-01T00:00:09Z}';
EXECUTE asked('later*');
EXECUTE asked('later');

-- Each row may have another selector, and rows of a plan may run in parallel.
SELECT s, event_count(j, s) FROM one, (VALUES ('new_*'), ('search'), ('new_*'), ('#22')) v (s);
CREATE TABLE many AS SELECT j FROM one, generate_series(1, 1000);
ALTER TABLE many SET (parallel_workers = 2);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT sum(event_count(j, 'new_*')) FROM many;
SELECT sum(event_count(j, 'new_*')) FROM many;
SELECT * FROM fails($$SELECT sum(event_count(j, 'nev_20')) FROM many$$);
BEGIN;
INSERT INTO clientele_data.event_types VALUES (33, '', 'new_33', '{}');
SELECT count(*) FROM many WHERE event_count(j || '{33@2026-01-01T00:00:00Z}', 'new_33') = 1;
ROLLBACK;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;

-- Whose rights count are the caller's.
CREATE ROLE clientele_selectors_guest;
GRANT USAGE ON SCHEMA public, clientele TO clientele_selectors_guest;
GRANT SELECT ON one TO clientele_selectors_guest;
SET ROLE clientele_selectors_guest;
SELECT event_count(j, '#20') FROM one;
SELECT * FROM fails($$SELECT event_count(j, 'search') FROM one$$);
RESET ROLE;
GRANT USAGE ON SCHEMA clientele_data TO clientele_selectors_guest;
SET ROLE clientele_selectors_guest;
SELECT * FROM fails($$SELECT event_count(j, 'search') FROM one$$);
RESET ROLE;
GRANT SELECT ON clientele_data.event_types TO clientele_selectors_guest;
SET ROLE clientele_selectors_guest;
SELECT event_count(j, 'search') FROM one;
RESET ROLE;
DROP OWNED BY clientele_selectors_guest;
DROP ROLE clientele_selectors_guest;
-- No other operators or functions are taken for PostgreSQL's own.
CREATE SCHEMA trap;
CREATE FUNCTION trap.never(text, text) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'trapped'; END$$;
CREATE OPERATOR trap.= (LEFTARG = text, RIGHTARG = text, FUNCTION = trap.never);
CREATE OPERATOR trap.~~ (LEFTARG = text, RIGHTARG = text, FUNCTION = trap.never);
SET search_path = trap, pg_catalog, public, clientele;
SELECT picked('search') AS exact, picked('view_*') AS pattern, picked('view_item[brand=x]') AS properties;
SELECT * FROM public.fails('SELECT public.picked(''serch'')');
SET search_path = public, clientele;
-- The table may be gone.
BEGIN;
ALTER TABLE clientele_data.event_types RENAME TO hidden;
SELECT * FROM fails($$SELECT picked('search')$$);
ROLLBACK;
SELECT picked('search');

\c :tests
DROP DATABASE clientele_selectors;
