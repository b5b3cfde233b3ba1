-- SPDX-License-Identifier: PostgreSQL
-- Audiences: sets of customers as roaring bitmaps, and numbers of customers kept by bits.
\set tests :DBNAME
CREATE DATABASE clientele_audience ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_audience
\set VERBOSITY default
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;

-- Text: any order, ranges, blanks; one form comes out.
SELECT audience '{}', audience '{3,1,2,9}', audience E' { 10 - 12 ,\n 11,7 } ', audience '{0,9223372036854775807}', audience '{4294967294-4294967298}';
SELECT '{2,1}'::text::audience, '{2,1}'::varchar::audience, '{5,3,NULL,3}'::bigint[]::audience, audience '{5-7}'::bigint[], audience '{}'::bigint[];
SELECT audience '{1,}';
SELECT audience '{5-3}';
SELECT audience '{1} x';
SELECT audience '1,2';
SELECT audience '{-4}';
SELECT audience '{9223372036854775808}';
SELECT audience '{0-9223372036854775807}';
SELECT '{-1}'::bigint[]::audience;

-- Operators and sizes.
CREATE TABLE pairs AS SELECT * FROM (VALUES
  (1, audience '{1-5,100000}', audience '{4,5,6,9000000000}'), (2, '{1-5}', '{2,3}'), (3, '{1-5}', '{}'), (4, '{}', '{}'), (5, '{7}', '{7}')) v (n, a, b);
SELECT n, a & b AS both, a | b AS either, a - b AS without, a # b AS one FROM pairs ORDER BY n;
SELECT n, a @> b AS has, b <@ a AS held, a && b AS meet, a = b AS same, a <> b AS other, a @> 5::bigint AS five, 5 <@ a AS in_it, a @> -1::bigint AS negative FROM pairs ORDER BY n;
SELECT n, cardinality(a) AS a, cardinality(b) AS b, and_cardinality(a, b), or_cardinality(a, b), without_cardinality(a, b), xor_cardinality(a, b), jaccard(a, b),
       first_member(a), last_member(b) FROM pairs ORDER BY n;
SELECT bool_and(and_cardinality(a, b) = cardinality(a & b) AND or_cardinality(a, b) = cardinality(a | b)
            AND without_cardinality(a, b) = cardinality(a - b) AND xor_cardinality(a, b) = cardinality(a # b)) AS agree FROM pairs;
SELECT audience '{1,2}' & NULL IS NULL AS null, cardinality(NULL::audience) IS NULL AS null, audience '{1-5}' @> '{4}' AS literal, audience '{1-5}' @> 4 AS int;
SELECT count(*) FROM (SELECT DISTINCT a FROM pairs) x;
SELECT count(*) FROM pairs x JOIN pairs y ON x.a = y.a;
SELECT a FROM pairs GROUP BY a ORDER BY a::text COLLATE "C";
SELECT cardinality('{1,2,3}'::int[]) AS of_array, cardinality(ARRAY[1]) AS of_another;

-- Members and samples.
SELECT members('{3,70000,5000000000}');
SELECT m FROM members('{1-1000000}') m LIMIT 2;
SELECT members('{1-1000000}') LIMIT 3;
SELECT count(*), sum(m), min(m), max(m) FROM members('{1-100000}') m;
SELECT members('{}');
SELECT sample('{1-100}', 5), sample('{1-100}', 5, 0) = sample('{1-100}', 5) AS default_seed, sample('{1-100}', 5, 1) AS other_seed,
       sample('{1-3}', 3), sample('{1-3}', 9), sample('{1-3}', 0), sample('{}', 2);
SELECT cardinality(sample('{1-1000000}', 400000, s)) AS size, sample('{1-1000000}', 400000, s) <@ '{1-1000000}' AS part FROM generate_series(1, 2) s;
SELECT sample('{1}', -1);

-- The aggregates: nothing, NULLs, repetitions, any order.
SELECT audience(c), audience_union(NULL::audience), audience_intersection(NULL::audience) FROM (SELECT NULL::bigint AS c WHERE false) x;
SELECT audience(NULL::bigint), audience(c) AS mixed FROM (VALUES (NULL), (3), (1), (3)) v (c);
SELECT audience(c::smallint), audience(c::int), audience(c::bigint) FROM (VALUES (2), (1)) v (c);
SELECT audience(-1::bigint);
SELECT audience_union(a), audience_union(b), audience_intersection(a), audience_intersection(b) FROM pairs;
SELECT audience_intersection(a) FROM pairs WHERE n < 4;
SELECT n % 2 AS odd, audience(n), audience_union(a) FROM pairs GROUP BY 1 ORDER BY 1;
-- As a window, where the final function is called again and again.
SELECT n, audience(n) OVER (ORDER BY n) AS growing, audience(n) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS moving,
       audience_union(a) OVER (ORDER BY n) AS any, audience_intersection(a) OVER (ORDER BY n) AS all FROM pairs ORDER BY n;

-- Many, near and far apart; parallel workers, bit for bit.
CREATE TABLE many AS SELECT (i::bigint * 7919 % 200003) + (i % 3) * 4294967290 AS id, i % 7 AS part FROM generate_series(1, 60000) i;
ALTER TABLE many SET (parallel_workers = 2);
CREATE TABLE parts AS SELECT part, audience(id) AS a FROM many GROUP BY part;
ALTER TABLE parts SET (parallel_workers = 2);
CREATE TABLE serial AS SELECT audience(id) AS a, (SELECT audience_union(a) FROM parts) AS u, (SELECT audience_intersection(a | '{1-10}') FROM parts) AS i FROM many;
SELECT cardinality(a) = (SELECT count(DISTINCT id) FROM many) AS all, a = u AS same, i FROM serial;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS off) SELECT audience(id) FROM many;
SELECT audience(id) = (SELECT a FROM serial) AS same FROM many;
SELECT audience_union(a) = (SELECT u FROM serial) AS same, audience_intersection(a | '{1-10}') = (SELECT i FROM serial) AS same_too FROM parts;
SELECT bool_and(x.a = p.a) AS same FROM (SELECT part, audience(id) AS a FROM many GROUP BY part) x JOIN parts p USING (part);
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;

-- Binary: as sent, and nothing else.
CREATE TABLE copied (LIKE parts);
SELECT format('%s/audience.%s', current_setting('data_directory'), pg_backend_pid()) AS file \gset
COPY parts TO :'file' (FORMAT binary);
COPY copied FROM :'file' (FORMAT binary);
SELECT count(*) AS same FROM parts JOIN copied USING (part, a);
SELECT encode(audience_send('{5,131081,4294967306-4294967315}'), 'hex');
SELECT attstorage FROM pg_attribute WHERE attrelid = 'parts'::regclass AND attname = 'a';

-- Scores: numbers of customers.
SELECT tag_scores '{}', tag_scores '{7:-3, 5 : 10.50}', '{1:2}'::text::tag_scores, '{1:2}'::varchar::tag_scores, tag_scores '{1:999999999999.999999,2:-999999999999.999999}';
SELECT tag_scores '{1:2,1:3}';
SELECT tag_scores '{1:x}';
SELECT tag_scores '{1:1000000000000}';
SELECT tag_scores '{1}';
CREATE TABLE spent AS SELECT tag_scores(c, v) AS s FROM (VALUES (1, 19.99), (2, 0), (3, -5), (4, 19.99), (5, 100), (NULL, 1), (6, NULL), (5, 100.000)) v (c, v);
SELECT s, s::audience AS who, scored(s) = s::audience AS same, score_count(s) FROM spent;
SELECT scores_below(s, 19.99), scores_at_most(s, 19.99), scores_above(s, 19.99), scores_at_least(s, 19.99), scores_between(s, 0, 20), scores_between(s, NULL, 0),
       scores_between(s, 19.99, NULL), scores_between(s, 20, 0) AS none FROM spent;
SELECT scores_below(s, 19.99000001), scores_at_most(s, 19.98999999), scores_below(s, 'infinity') = s::audience AS all, scores_above(s, '-infinity') = s::audience AS all_too,
       scores_below(s, -1e30), scores_above(s, 1e30) FROM spent;
SELECT scores_below(s, 'NaN') FROM spent;
SELECT score_of(s, 1), score_of(s, 6), score_of(s, -1) FROM spent;
SELECT x.* FROM spent, scores(s) x;
SELECT (score_summary(s)).* FROM spent;
SELECT score_summary(s, '{1,2,3,9}'), score_summary(s, '{9}'), score_summary(s, scores_above(s, 0)), score_summary(NULL) IS NULL AS null FROM spent;
SELECT s - audience '{1-4}', s & audience '{1-2}', s | '{5:7.125,9:1}', s - audience '{}' = s AS same, s | '{}' = s AS same_too FROM spent;
SELECT tag_scores(c, v) FROM (SELECT 1::bigint AS c, 1.0 AS v WHERE false) x;
SELECT tag_scores(c, 0.0000005) AS up, tag_scores(c, -0.0000005) AS down, tag_scores(c, 0.00000049) AS zero FROM generate_series(1, 2) c;
SELECT tag_scores(c / 2, c) FROM generate_series(1, 4) c;
SELECT tag_scores(1, 'NaN');
SELECT tag_scores(1, '-infinity');
SELECT tag_scores(1, 999999999999.9999999);
SELECT tag_scores(-1, 1);
SELECT n, tag_scores(n, n / 2.0) OVER (ORDER BY n) AS growing, tag_scores(n, 7) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS moving FROM pairs ORDER BY n;
SELECT count(*) FROM spent x JOIN spent y ON x.s = y.s AND NOT x.s <> y.s;
CREATE TABLE numbers AS SELECT DISTINCT ON (id) id, (id * 7919 % 100003 - 50000)::numeric / (CASE part WHEN 0 THEN 64 ELSE 1 END) AS v FROM many ORDER BY id, part;
ALTER TABLE numbers SET (parallel_workers = 2);
CREATE TABLE serial_scores AS SELECT tag_scores(id, v) AS s FROM numbers;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
SELECT tag_scores(id, v) = (SELECT s FROM serial_scores) AS same FROM numbers;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
SELECT q.customers = n.customers AS customers, q.sum = n.sum AS sum, q.average = n.average AS average, q.minimum = n.minimum AS minimum,
       q.median::float8 = n.median AS median, q.maximum = n.maximum AS maximum
FROM (SELECT (score_summary(s)).* FROM serial_scores) q,
     (SELECT count(*) AS customers, sum(v), avg(v) AS average, min(v) AS minimum, percentile_cont(0.5) WITHIN GROUP (ORDER BY v) AS median, max(v) AS maximum
      FROM (SELECT round(v, 6) AS v FROM numbers) r) n;
SELECT bool_and(cardinality(scores_below(s, b)) = (SELECT count(*) FROM numbers WHERE v < b) AND cardinality(scores_at_least(s, b)) = (SELECT count(*) FROM numbers WHERE v >= b)
   AND cardinality(scores_above(s, b)) = (SELECT count(*) FROM numbers WHERE v > b) AND scores_between(s, b, 1000) = (SELECT COALESCE(audience(id), '{}') FROM numbers WHERE v BETWEEN b AND 1000)) AS agree
FROM serial_scores, unnest('{-60000,-50000,-0.015625,0,0.5,777,1000,60000}'::numeric[]) b;

-- Members of some customers only: the planner looks these up, and the rows are the same as by a condition that it cannot use.
CREATE TABLE clubs (club text, customers audience, points tag_scores);
INSERT INTO clubs VALUES ('a', '{1-9,70000}', '{1:1.5,5:-2,70000:3}'), ('b', '{5,4294967296-4294967299}', '{5:7}'), ('none', '{}', '{}');
CREATE VIEW belonging AS
  SELECT members(customers) AS id, club, NULL::numeric AS points FROM clubs
  UNION ALL SELECT s.customer_id, club, s.score FROM clubs CROSS JOIN LATERAL scores(points) s;
CREATE FUNCTION looked_up(query text) RETURNS TABLE (looks_up boolean, same boolean, rows bigint) LANGUAGE plpgsql AS $$
DECLARE line text; mine text; plain text;
BEGIN
  looks_up := false;
  FOR line IN EXECUTE 'EXPLAIN (VERBOSE, COSTS OFF) ' || query LOOP
    looks_up := looks_up OR line ~ '(members|scores)_among';
  END LOOP;
  EXECUTE format('SELECT string_agg(q::text, '' '' ORDER BY q::text), count(*) FROM (%s) q', query) INTO mine, rows;
  EXECUTE format('SELECT string_agg(q::text, '' '' ORDER BY q::text) FROM (%s) q', regexp_replace(query, '\mid (?=[=<>I])|(?<== )id\M', 'id + 0 ', 'g')) INTO plain;
  same := mine IS NOT DISTINCT FROM plain;
  RETURN NEXT;
END $$;
SELECT q AS query, l.* FROM unnest(ARRAY[
  'SELECT * FROM belonging WHERE id = 5',
  'SELECT * FROM belonging WHERE id IN (5, 70000, 5, -1)',
  'SELECT * FROM belonging WHERE id = ANY (ARRAY[1, NULL, 4294967297])',
  'SELECT * FROM belonging WHERE 5::smallint = id AND club = ''b''',
  'SELECT * FROM belonging WHERE id = 2147483648 * 2',
  'SELECT * FROM belonging WHERE id = -5',
  'SELECT * FROM belonging x JOIN belonging y USING (id) WHERE id = 5',
  'SELECT * FROM belonging x JOIN belonging y ON x.id = 5 AND y.id = 1',
  'SELECT * FROM clubs c LEFT JOIN belonging b ON b.id = 70000 AND b.club = c.club',
  'SELECT m FROM clubs, members(customers) m (id) WHERE id = 5',
  'SELECT m FROM clubs LEFT JOIN LATERAL scores(points) m (id, n) ON true WHERE id = 5',
  -- These must list all.
  'SELECT * FROM belonging WHERE id > 5',
  'SELECT * FROM belonging WHERE id = NULL',
  'SELECT * FROM belonging WHERE id = 5 OR club = ''a''',
  'SELECT * FROM belonging WHERE id <> ALL (''{5}'')',
  'SELECT * FROM (SELECT members(customers) AS id FROM clubs ORDER BY club LIMIT 3) x WHERE id = 5',
  'SELECT * FROM (SELECT members(customers) AS id, generate_series(1, 3) AS n FROM clubs) x WHERE id = 5',
  'SELECT * FROM (SELECT members(customers) AS id, count(*) OVER () AS n FROM clubs) x WHERE id = 5',
  'SELECT * FROM clubs, members(customers) WITH ORDINALITY m (id, n) WHERE id = 5',
  'SELECT * FROM clubs, ROWS FROM (members(customers), generate_series(1, 12)) m (id, n) WHERE id = 5']) q, looked_up(q) l;
SET plan_cache_mode = force_generic_plan;
PREPARE of_one (integer) AS SELECT id, club, points FROM belonging WHERE id = $1 ORDER BY 1, 2, 3;
PREPARE of_some (bigint[]) AS SELECT id, club, points FROM belonging WHERE id = ANY ($1) ORDER BY 1, 2, 3;
EXECUTE of_one(5);
EXECUTE of_one(NULL);
EXECUTE of_some('{70000,5,5}');
EXECUTE of_some(NULL);
RESET plan_cache_mode;
SELECT members_among('{1-9}', '{9,3,3,NULL,10,-1}'), members_among('{1-9}', NULL), (SELECT count(*) FROM scores_among('{1:2}', '{}'));
SELECT * FROM scores_among('{1:1.5,5:-2}', '{5,1,5,2,-3,NULL}');

\c :tests
DROP DATABASE clientele_audience;
