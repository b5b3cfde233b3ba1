-- SPDX-License-Identifier: PostgreSQL
-- The charts of each kind of question.
\set tests :DBNAME
CREATE DATABASE clientele_echarts ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_echarts
\set VERBOSITY terse
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;
SELECT echarts_option('x');
CALL create_store('Asia/Shanghai');
SELECT echarts_option('x');
SELECT define_question('empty', counts_def());
SELECT echarts_option('empty');

CREATE TABLE ev AS
SELECT 'c' || c AS customer, timestamptz '2026-03-01 10:00+08' + (c % 9 + n * n) * interval '1 day' AS at, event,
       (ARRAY['web', '<script>alert(1)</script>{b}'])[1 + c % 2] AS channel
FROM generate_series(1, 60) c, unnest('{view,"{b0}加购",buy}'::text[]) WITH ORDINALITY e (event, n) WHERE n < 1 + c % 4;
CALL load_events('ev', channel => 'channel');
SELECT define_tag('half', 'SELECT i.customer_id FROM clientele_data.identities i WHERE substr(i.value, 2)::integer % 4 < 2');
SELECT count(*) AS refreshed FROM refresh_tags();
SELECT define_question('empty', funnel_def('{view,"{b0}加购",buy}'), by => 'half', description => 'How far they come'),
       define_question('Retention', retention_def('view', '*', period => 'week', up_to => 2, until => '2026-05-01'), language => 'zh'),
       define_question('Paths', path_def(max_length => 2)),
       define_question('Paths of all', path_def(by_step => false)),
       define_question('Channels', attribution_def('buy')),
       define_question('Active', activity_def(period => 'week', until => '2026-04-01')),
       define_question('Weeks', counts_def(period => 'week', by => '{event}')),
       define_question('Hours', counts_def(period => 'hour of week'), language => 'zh'),
       define_question('By channel', counts_def(period => 'all', by => '{channel}')),
       define_question('SQL', 'SELECT event, count(*) FROM public.ev GROUP BY 1 ORDER BY 1'),
       define_question('Times', 'SELECT date_trunc(''day'', at), count(*) FROM public.ev GROUP BY 1 ORDER BY 1 LIMIT 3');
SELECT question, outcome, error FROM refresh_questions();
SELECT jsonb_pretty(echarts_option('empty'));
SELECT echarts_option('empty', 'half') -> 'title' AS title, jsonb_path_query_array(echarts_option('empty', 'half'), '$.series[*].data[*].value') AS half;
SELECT o -> 'xAxis' -> 'data' AS x, o -> 'yAxis' -> 'data' AS y, o -> 'series' -> 0 -> 'data' AS cells FROM echarts_option('Retention') o;
SELECT jsonb_pretty(o -> 'series' -> 0 -> 'links') FROM echarts_option('Paths') o;
-- A Sankey diagram must not have cycles, and each of its links has both of its nodes.
SELECT q, bool_and(split_part(l ->> 'source', '.', 1)::integer < split_part(l ->> 'target', '.', 1)::integer) AS forward,
       bool_and(o -> 'series' -> 0 -> 'data' @> jsonb_build_array(jsonb_build_object('name', l -> 'source'), jsonb_build_object('name', l -> 'target'))) AS known
FROM unnest('{Paths,Paths of all}'::text[]) q, echarts_option(q) o, jsonb_array_elements(o -> 'series' -> 0 -> 'links') l GROUP BY 1 ORDER BY 1;
SELECT q, s ->> 'type' AS type, s ->> 'name' AS name, jsonb_array_length(s -> 'data') AS points, s ->> 'stack' AS stack, coalesce(o -> 'yAxis' -> 'data', o -> 'xAxis' -> 'data') ->> 0 AS first
FROM unnest('{Channels,Active,Weeks,Hours,By channel,SQL,Times}'::text[]) WITH ORDINALITY u (q, n), echarts_option(q) o, jsonb_array_elements(o -> 'series') WITH ORDINALITY e (s, m) ORDER BY n, m;
SELECT echarts_option('Weeks', time_zone => 'UTC') -> 'xAxis' -> 'data' ->> 0 AS utc;
SELECT echarts_option('Weeks', time_zone => 'Atlantis');
-- A BI role can call it, another one cannot.
CREATE ROLE clientele_echarts_reader;
SET ROLE clientele_echarts_reader;
SELECT echarts_option('Weeks');
RESET ROLE;
CALL grant_bi('clientele_echarts_reader');
SET ROLE clientele_echarts_reader;
SELECT echarts_option('Weeks') -> 'title' ->> 'text' AS title, clientele_bi.time_zone();
SELECT by, segment, contribution FROM clientele_bi.explain_change('Weeks', '[2026-03-01, 2026-03-05)', '[2026-03-05, 2026-03-10)', '{half}') ORDER BY rank NULLS FIRST;
RESET ROLE;
DROP OWNED BY clientele_echarts_reader;
DROP ROLE clientele_echarts_reader;
\c :tests
DROP DATABASE clientele_echarts;
