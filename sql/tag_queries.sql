-- SPDX-License-Identifier: PostgreSQL
SET client_min_messages = warning;
SET search_path = public, clientele;
\set VERBOSITY default
\set SHOW_CONTEXT never

-- Queries print in their normal form, which reads as the same query.
SELECT 'vip & !(churn | blocked) & city=上海 & behaviour.browse.*'::tag_query;
SELECT '!!(b & ("a" & b)) | (age  Between 1e3 and +5. | "two words"!="""")'::tag_query;
SELECT 'a & b'::tag_query = 'b & a & (a)' AND 'a'::tag_query <> 'b' AND tag_query_hash('a|b') = tag_query_hash('b|a') AS same;
SELECT tag_query_names('city=上海 & !vip & behaviour.* & age>3 & age<9');

-- Errors point at the character.
SELECT '高价值 上海'::tag_query;
SELECT 'vip and web'::tag_query;
SELECT 'a & (b | c'::tag_query;
SELECT 'age >= old'::tag_query;
SELECT ''::tag_query;
SELECT ('vip ＆ web'::text)::tag_query;
SELECT repeat('(', 1000000)::tag_query;
SELECT repeat('a', 2000000)::tag_query;

-- What queries match.
SELECT bool_and(tag_match(tags::text[], query) = answer AND (tags::text[] @@ query::tag_query) = answer) AS t
FROM (VALUES ('{vip,web}', 'vip & web', true), ('{vip,churn}', 'vip & !churn', false), ('{b}', 'a | b & c', false), ('{VIP}', 'vip', false),
  ('{x.y.z}', 'x.*', true), ('{x}', 'x.*', false), ('{city=Shanghai,city=Beijing}', 'city!=Beijing', true), ('{}', 'city!=Beijing', false),
  ('{age=1e3}', 'age between 1000 and 1000', true), ('{age=old,age,age=inf,age=0x1F}', 'age<0 | age>=0', false), ('{NULL}', '!vip', true),
  ('{{a,b},{c,d}}', 'a & d', true), ('{a=b=c}', '"a=b=c" & a="b=c"', true), ('{two words}', '"two words"', true)) v (tags, query, answer);
SELECT tag_match(NULL::text[], 'vip') IS NULL AND tag_match('{vip}'::text[], NULL) IS NULL AS t;
SELECT bool_and(tag_match(tags, 'vip & city=Shanghai & score.value between 100 and 500 & !gone & n=7')) AS t
FROM (VALUES ('["vip", "city=Shanghai", "score.value=120", null, "n=7"]'::jsonb),
  ('{"vip": true, "city": ["Shanghai", "Beijing"], "score": {"value": 120}, "gone": false, "n": 7}'),
  ('{"vip": [true, "gold"], "city": "Shanghai", "score.value": "1.2e2", "gone": null, "n": [[7]]}')) v (tags);
SELECT tag_match('"vip"'::jsonb, 'vip') AND tag_match('[7]'::jsonb, '7') AND tag_match('null'::jsonb, '!vip') AND NOT tag_match('[true]'::jsonb, '""') AS t;

-- An index finds what a scan finds.
CREATE TABLE tagged (id int, tags text[]);
CREATE INDEX tagged_tags ON tagged USING gin (tags tag_ops);
INSERT INTO tagged SELECT n, CASE WHEN n % 50 = 0 THEN NULL WHEN n % 49 = 0 THEN '{}' WHEN n % 48 = 0 THEN '{NULL}'
  ELSE ARRAY['n=' || n, 'p' || n % 7, 'q.' || n % 11, 'age=' || n % 90, CASE WHEN n % 5 = 0 THEN 'vip' END, CASE WHEN n % 13 = 0 THEN 'vip=gold' END] END
FROM generate_series(1, 5000) n;
VACUUM ANALYZE tagged;
CREATE FUNCTION found(condition text, OUT by_index bigint, OUT in_turn bigint, OUT used boolean) LANGUAGE plpgsql AS $$
DECLARE plan text;
BEGIN
  PERFORM set_config('enable_seqscan', 'off', true);
  EXECUTE 'EXPLAIN (FORMAT json) SELECT FROM tagged WHERE ' || condition INTO plan;
  used := plan LIKE '%tagged_tags%';
  EXECUTE 'SELECT sum(hashint4(id)) FROM tagged WHERE ' || condition INTO by_index;
  PERFORM set_config('enable_seqscan', 'on', true), set_config('enable_bitmapscan', 'off', true);
  EXECUTE 'SELECT sum(hashint4(id)) FROM tagged WHERE ' || condition INTO in_turn;
  PERFORM set_config('enable_bitmapscan', 'on', true);
END $$;
SELECT condition, by_index = in_turn AS same, used
FROM unnest(ARRAY[$$tags @@ 'vip & p3'$$, $$tags @@ 'vip=gold | n=17'$$, $$tags @@ 'q.* & age between 30 and 31 & !vip'$$, $$tags @@ '!q.*'$$,
                  $$tags @@ 'vip!=silver & age<=2'$$, $$'n!=17 & !p1 & !p2'::varchar @@ tags$$, $$tags && '{n=5,vip}'$$, $$tags @> '{vip,p3}'$$, $$tags @> '{}'$$,
                  $$tags @@ 'vip' AND tags @@ '!p3'$$]) condition, found(condition);
-- More tags than the index looks up: it gives all rows, to be checked.
SELECT count(*) FROM tagged WHERE tags @@ (SELECT string_agg('n=' || n, ' | ')::tag_query FROM generate_series(1, 5000) n);
-- The planner knows how common tags are.
EXPLAIN (COSTS off) SELECT FROM tagged WHERE tags @@ 'n=17 & p3';
EXPLAIN (COSTS off) SELECT FROM tagged WHERE tags @@ '!n=17';
SELECT opcname, amvalidate(oid) FROM pg_opclass WHERE opcname IN ('tag_ops', 'tag_query_hash_ops') ORDER BY 1;
-- Other operators of that name are what they were.
SELECT '{"a": 1}'::jsonb @@ '$.a == 1' AND 'cats' @@ 'cat' AND 'cats'::varchar @@ 'cat' AND to_tsvector('english', 'cats') @@ 'cat' AS t FROM set_config('default_text_search_config', 'english', false);

DROP TABLE tagged;
DROP FUNCTION found;
