-- SPDX-License-Identifier: PostgreSQL
-- How large a question may be, and what happens to functions that are called in ways they were not made for.
SET client_min_messages = warning;
SET search_path = public, clientele;
CREATE SCHEMA limits_test;
SET search_path = limits_test, public, clientele;
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
CREATE FUNCTION fails(statement text, OUT code text, OUT message text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  message := 'it does not fail';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
  message := left(message, 120);
END $$;

-- What is multiplied is counted before it is written down.
SELECT * FROM fails($$SELECT funnel_def(array_fill('#1'::text, ARRAY[1001]))$$);
SELECT * FROM fails($$SELECT funnel_def('{#1,#2}', exclusions => array_fill('#1'::text, ARRAY[1001]))$$);
SELECT * FROM fails($$SELECT funnel_depth('{1@2026-01-01T00:00:00Z}', funnel_def(array_fill('#1'::text, ARRAY[1000]), exclusions => '{#1,#2,#3,#4,#5}'))$$);
SELECT funnel_depth('{1@2026-01-01T00:00:00Z}', funnel_def(array_fill('#1'::text, ARRAY[1000]), exclusions => '{#1,#2,#3,#4}')) AS just_so;
SELECT window_funnel('1 day', now(), VARIADIC array_fill(true, ARRAY[100001])) AS any_number_of_conditions;
SELECT * FROM fails($$SELECT event_count('{}', repeat('#1|', 400000) || '#1')$$);
SELECT event_count('{1@2026-01-01T00:00:00Z}', repeat('#1|', 300000) || '#1') AS one;

-- An exclusion without a range is one trigger between all steps: the funnel's answer does not depend on how it is written.
SELECT d.n, (SELECT array_agg(funnel_depth(j, d.def) ORDER BY i)
             FROM (SELECT i, journey('2026-01-01'::timestamptz + e * interval '1 min', (i * i * e + e * e * i + i * 3 + e * 7) % 11 % 5) AS j
                   FROM generate_series(1, 25) i, generate_series(1, 9) e GROUP BY i) x) AS depths
FROM (VALUES (1, funnel_def('{#1,#2,#3}')), (2, funnel_def('{#1,#2,#3}', exclusions => '{#4,#0}')), (3, funnel_def('{#1,#2,#3}', exclusions => '{#4|#0}')),
             (4, funnel_def('{#1,#2,#3}', exclusions => '{#4@1-2,#4@2-3,#0@1-2,#0@2-3}')), (5, funnel_def('{#1,#2,#3}', exclusions => '{#4|#0@1-2,#0|#4@2-3}'))) d (n, def) ORDER BY 1;

-- Tags of a document are matched one by one. A long path over many values takes no more memory than the document.
SELECT tag_match(('{"' || repeat('k', 100000) || '": [' || (SELECT string_agg(n::text, ',') FROM generate_series(1, 10000) n) || ']}')::jsonb, 'vip') AS no,
       tag_match(('{"' || repeat('k', 100000) || '": [1, 2, 3]}')::jsonb, (repeat('k', 100000) || '=3 & !vip')::tag_query) AS yes;
SELECT tag_match('{"a": {"b": [1, true, "x", {"c": null, "d": false, "e": true}], "f": {}}, "g": 1e3, "": {"h": true}}'::jsonb, q::tag_query) AS match, q
FROM unnest('{a,a.b,a.b=1,a.b=x,a.b.*,a.b.e,a.b.c,a.b.d,a.b.1,a.f,g=1000,g>999,.h,a.b&g,!(a.b.e&.h),a.*&!z,a.b=y|g<5}'::text[]) q;
SELECT tag_match('["vip", ["city=x", [true, 7]], {"n": [3, {"m": 5}]}]'::jsonb, q::tag_query) AS match, q FROM unnest('{vip,city,city=x,7,n=3,n.m=5,n=5,m}'::text[]) q;
SELECT tag_match('true'::jsonb, 'a') AS bare_true, tag_match('"a"'::jsonb, 'a') AS bare_text, tag_match('{}'::jsonb, '!a') AS empty;

-- Brackets are read without recursion; where the stack is short, what walks a deep query says so.
SELECT length((repeat('(', 1000) || 'a' || repeat(')', 1000))::tag_query::text) AS one, (SELECT code FROM fails($$SELECT (repeat('(', 1001) || 'a' || repeat(')', 1001))::tag_query$$)) AS too_many;
CREATE TABLE deep AS SELECT (repeat('!(a|b&', 1000) || 'c' || repeat(')', 1000))::tag_query AS q;
SELECT q::text::tag_query::text = q::text AS same, tag_match('{a,c}'::text[], q) IS NOT NULL AS asked FROM deep;
SET max_stack_depth = '100kB';
SELECT (f).code, (f).message FROM (SELECT fails(s) AS f FROM unnest(ARRAY['SELECT q::text FROM limits_test.deep', 'SELECT tag_match(''{a}''::text[], q) FROM limits_test.deep',
  'SELECT tag_match(''{"a": true}''::jsonb, q) FROM limits_test.deep', 'SELECT tag_query_names(q) FROM limits_test.deep']) s) x;
RESET max_stack_depth;

-- Operators of one's own may call any function and name any estimator.
CREATE OPERATOR === (LEFTARG = timestamptz, RIGHTARG = interval, FUNCTION = sessionize);
SELECT * FROM fails($$SELECT '2026-01-01'::timestamptz === '1 day'::interval$$);
SELECT * FROM fails($$SELECT funnel_combine(NULL, NULL)$$);
SELECT * FROM fails($$SELECT path_links_accum(NULL, '{}', path_def())$$);
CREATE TABLE tagged AS SELECT n AS i, ARRAY[n % 10] AS ints, ARRAY['t' || n % 10]::varchar[] AS tags, jsonb_build_object('t', n) AS doc, 't' || n AS word FROM generate_series(1, 1000) n;
ANALYZE tagged;
CREATE FUNCTION never(anyelement, anycompatible) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE FUNCTION plan_rows(condition text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  plan json;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT json) SELECT FROM limits_test.tagged WHERE ' || condition INTO plan;
  RETURN (plan -> 0 -> 'Plan' ->> 'Plan Rows')::float8 BETWEEN 1 AND 1000;
END $$;
CREATE FUNCTION never_of(l regtype, r regtype) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE FUNCTION limits_test.never_now(%1$s, %2$s) RETURNS boolean LANGUAGE plpgsql STABLE AS ''BEGIN RETURN false; END''', l, r);
  EXECUTE format('CREATE OPERATOR limits_test.!!! (LEFTARG = %s, RIGHTARG = %s, FUNCTION = limits_test.never_now, RESTRICT = clientele.tag_query_selectivity)', l, r);
END $$;
SELECT count(never_of(l, r)) AS operators FROM unnest('{int,int[],varchar[],text[],jsonb,text}'::regtype[]) l, unnest('{int,text,tag_query,int[],jsonb,bigint}'::regtype[]) r;
SELECT count(*) AS plans, bool_and(plan_rows(c || ' OPERATOR(limits_test.!!!) ' || v)) AS sane
FROM unnest('{i,ints,tags,tags::text[],doc,word}'::text[]) c,
     unnest(ARRAY['12345', '''x''::text', '''t1''::clientele.tag_query', 'NULL::clientele.tag_query', '''{1}''::int[]', '''{}''::jsonb', '9223372036854775807', 'NULL::int', '(SELECT ''t1''::clientele.tag_query)', 'i']) v;
SELECT plan_rows('tags::text[] @@ ''t1''') AS ours, plan_rows('''t1''::clientele.tag_query @@ tags::text[]') AS commuted;

DROP SCHEMA limits_test CASCADE;
