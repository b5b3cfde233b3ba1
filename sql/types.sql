-- SPDX-License-Identifier: PostgreSQL
-- Every packed type compares, sorts and hashes, so that whatever PostgreSQL does with values works.
-- What is tested is found in the catalogues: a new type is tested, or this says that it has no values.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS clientele;
CREATE SCHEMA regress_types;
SET search_path = regress_types, clientele;
SET timezone = 'UTC'; SET intervalstyle = 'postgres'; SET datestyle = 'ISO';
SET clientele.unknown_event = ignore;

CREATE VIEW packed AS
  SELECT t.oid::regtype AS type, t.typname AS name FROM pg_type t
  JOIN pg_depend d ON d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e'
  JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND e.extname = 'clientele'
  WHERE t.typtype = 'b' AND t.typelem = 0;
CREATE VIEW composite AS
  SELECT t.oid::regtype AS type, t.typname AS name FROM pg_type t
  JOIN pg_depend d ON d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e'
  JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND e.extname = 'clientele'
  WHERE t.typtype = 'c' AND EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c');   -- not the rows of tables
SELECT count(*) > 20 AS many FROM packed;

-- Values of each, as text. States of aggregates are those that parallel workers send.
CREATE TABLE sample (name name, value text);
INSERT INTO sample SELECT 'journey', unnest(ARRAY['{}', '{1@2026-01-01T00:00:00Z}', '{1@2026-01-01T00:00:00Z,1@2026-01-01T00:00:00Z}', '{2@2026-01-01T00:00:00Z#5=1.5}', '{0@1999-01-01T00:00:00Z}']);
INSERT INTO sample SELECT 'funnel_def', unnest(ARRAY['{a}', '{a,b}', '{b,a}', '{"steps": ["a", "b"], "within": "1 day"}', '{"steps": ["购", "b"], "time_zone": "Asia/Shanghai", "natural_day": true}']);
INSERT INTO sample SELECT 'attribution_def', unnest(ARRAY['购买', '{"conversion": "a", "lookback": "none"}', '{"conversion": "a", "models": ["shapley"]}']);
INSERT INTO sample SELECT 'retention_def', unnest(ARRAY['{}', '{"period": "week", "up_to": 3}', '{"start_at": "购", "return_at": "*", "brackets": [0, 1, 7], "until": "2026-02-01T00:00:00Z", "time_zone": "Asia/Shanghai"}']);
INSERT INTO sample SELECT 'pattern', unnest(ARRAY['a', 'a ... b', '(?<购>a|b)+ within 1 day !c', '{"pattern": "a", "within": "1 day"}', '{"pattern": "a", "session_gap": "1 day"}']);
INSERT INTO sample SELECT 'activity_def', unnest(ARRAY['{}', '{"period": "week", "bins": [0, 1]}', '{"selector": "购", "time_zone": "Asia/Shanghai", "until": "2026-01-01T00:00:00Z"}']);
INSERT INTO sample SELECT 'counts_def', unnest(ARRAY['{}', '{"period": "hour of week", "by": ["channel", "类别"]}', '{"selector": "购", "time_zone": "Asia/Shanghai", "until": "2026-01-01T00:00:00Z"}']);
INSERT INTO sample SELECT 'interval_def', unnest(ARRAY['{"from_event": "a", "to_event": "b"}', '{"from_event": "a", "to_event": "购", "pick": "first"}', '{"from_event": "a", "to_event": "b", "within": "1 day"}']);
INSERT INTO sample SELECT 'lifecycle_def', unnest(ARRAY['{a=*}', '{识别期=*,成交期=购}', '{"stages": ["a=*", "b=x"], "at_least": [1, 2], "silence": [null, "1 day"]}']);
INSERT INTO sample SELECT 'path_def', unnest(ARRAY['{}', '{"collapse": true}', '{"start_at": "a", "max_length": 3}', '{"session_gap": "00:30:00", "end_at": "购"}', '{"keep": "a", "groups": ["购=b"], "ends": true, "top": 3, "rest": "其他"}']);
INSERT INTO sample SELECT 'purchase_def', unnest(ARRAY['{"until": "2026-03-31", "time_zone": "UTC"}', '{"until": "2026-03-31", "time_zone": "Asia/Shanghai"}', '{"until": "2026-04-30", "time_zone": "UTC", "purchase": "购"}']);
INSERT INTO sample SELECT 'churn_features_def', unnest(ARRAY['{"time_zone": "UTC"}', '{"time_zone": "Asia/Shanghai"}', '{"time_zone": "UTC", "purchase": "购"}']);
INSERT INTO sample SELECT 'churn_def', unnest(ARRAY['{}', '{"penalty": 2}', '{"names": ["月", "b"]}', '{"features": {"time_zone": "UTC"}}']);
INSERT INTO sample SELECT 'rfm_cuts_def', unnest(ARRAY['{}', '{"method": "kmeans"}', '{"method": "kmeans", "buckets": 4}']);
INSERT INTO sample SELECT 'rfm_cuts', unnest(ARRAY['{"frequency_cuts": [1, 5]}', '{"frequency_cuts": [1, 6]}', '{"recency_cuts": ["90 days", "30 days"], "frequency_cuts": [1, 5]}']);
INSERT INTO sample SELECT 'churn_model', unnest(ARRAY['{"intercept": 1.5, "features": []}', '{"intercept": -1.5, "features": [{"name": "月", "coefficient": -0.5}]}', '{"intercept": 1.5, "features": [{"name": "months", "coefficient": 0.5}]}']);
INSERT INTO sample SELECT 'spend_model', format('{"model": "Gamma-Gamma", "parameters": {"p": %s, "q": 3.74, "v": 15.44}}', p) FROM unnest('{6.25,7,0.5}'::numeric[]) p;
INSERT INTO sample SELECT 'contract_model', format('{"model": "sBG", "parameters": {"alpha": %s, "beta": 3.806}}', a) FROM unnest('{0.668,1,2}'::numeric[]) a;
INSERT INTO sample SELECT 'btyd_model', format('{"model": "%s", "parameters": {"r": 0.243, "alpha": %s, "a": 0.793, "b": 2.426}}', m, a) FROM unnest('{BG/NBD,MBG/NBD}'::text[]) m, unnest('{4.414,5}'::numeric[]) a;
INSERT INTO sample SELECT 'tag_query', unnest(ARRAY['a', 'b', 'a & b', 'a | b', '城市=上海', 'age between 30 and 40']);
INSERT INTO sample SELECT 'audience', unnest(ARRAY['{}', '{1}', '{1,2,3}', '{1-70000}', '{9223372036854775807}']);
INSERT INTO sample SELECT 'tag_scores', unnest(ARRAY['{}', '{5:10.5,7:-3}', '{5:10.5}', '{5:11}']);
INSERT INTO sample SELECT 'classification_summary', classification(p, p > x)::text FROM unnest('{0.2,0.4,0.9}'::float8[]) x, unnest('{0.1,0.3,0.5}'::float8[]) p GROUP BY x;
INSERT INTO sample SELECT 'holdout_summary', holdout_quality(x, y)::text FROM unnest('{1,2,3}'::float8[]) x, generate_series(1, 3) y GROUP BY x;
INSERT INTO sample SELECT 'funnel_summary', funnel(j, d)::text FROM unnest(ARRAY['{#1}', '{#1,#2}', '{#1|#9}']::funnel_def[]) d, (VALUES (journey '{1@2026-01-01T00:00:00Z,2@2026-01-01T01:00:00Z}')) v (j) GROUP BY d;
INSERT INTO sample SELECT 'funnel_summary', funnel(journey, '{#1}')::text FROM (VALUES (journey '{}'), ('{1@2026-01-01T00:00:00Z}')) v (journey);
INSERT INTO sample SELECT 'retention_summary', retention_table(j, d)::text FROM unnest(ARRAY[retention_def('#1', until => '2026-02-01', time_zone => 'UTC'), retention_def('#1', '#2', 'week', until => '2026-02-01', time_zone => 'UTC'), retention_def('#1|#9', mode => 'on_or_before', until => '2026-02-01', time_zone => 'UTC')]) d, (VALUES (journey '{1@2026-01-01T00:00:00Z,2@2026-01-01T01:00:00Z=3}')) v (j) GROUP BY d;
INSERT INTO sample SELECT 'activity_summary', activity(j, d)::text FROM unnest('{"{\"until\": \"2026-01-01T00:00:00Z\"}","{\"until\": \"2026-02-01T00:00:00Z\"}","{\"until\": \"2026-02-01T00:00:00Z\", \"period\": \"hour\"}"}'::activity_def[]) d, (VALUES (journey '{1@2026-01-01T00:00:00Z,2@2026-01-03T01:00:00Z}'), ('{}')) v (j) GROUP BY d;
INSERT INTO sample SELECT 'counts_summary', event_counts(j, d)::text FROM unnest('{"{\"time_zone\": \"UTC\"}","{\"time_zone\": \"Asia/Shanghai\"}","{\"time_zone\": \"UTC\", \"by\": [\"event_type\"]}"}'::counts_def[]) d, (VALUES (journey '{1@2026-01-01T00:00:00Z=2.5,2@2026-01-03T01:00:00Z}'), ('{}')) v (j) GROUP BY d;
INSERT INTO sample SELECT 'interval_summary', event_intervals(j, interval_def('#1', t, until => '2026-02-01'))::text FROM unnest('{#1,#2,#3}'::text[]) t, (VALUES (journey '{1@2026-01-01T00:00:00Z,2@2026-01-03T01:00:00Z}')) v (j) GROUP BY t;
INSERT INTO sample SELECT 'lifecycle_summary', lifecycle(j, d)::text FROM unnest(ARRAY['{"stages": ["a=*"], "until": "2026-02-01T00:00:00Z"}', '{"stages": ["a=*", "b=#2"], "until": "2026-02-01T00:00:00Z"}', '{"stages": ["识别期=*"], "until": "2026-03-01T00:00:00Z"}']::lifecycle_def[]) d, (VALUES (journey '{1@2026-01-01T00:00:00Z,2@2026-01-03T01:00:00Z}'), ('{}')) v (j) GROUP BY d;
INSERT INTO sample SELECT 'bottleneck_summary', bottlenecks(n, f)::text FROM (SELECT funnel('{1@2026-01-01T00:00:00Z,2@2026-01-01T01:00:00Z}', '{#1,#2}', NULL)) v (f), unnest('{上海,上,"",NULL}'::text[]) n GROUP BY n;
INSERT INTO sample SELECT 'correlation_summary', funnel_correlation('{1@2026-01-01T00:00:00Z,2@2026-01-01T01:00:00Z,3@2026-01-01T02:00:00Z}', '{#1,#2,#3}', a, b)::text FROM (VALUES (1, 2), (1, 3), (2, 3)) v (a, b) GROUP BY a, b;
INSERT INTO sample SELECT 'pattern_summary', pattern_matches(j, p)::text FROM unnest(ARRAY['#1', '#1 ... (?<购>#2)', '.{2,}']::pattern[]) p, (VALUES (journey '{1@2026-01-01T00:00:00Z,2@2026-01-01T01:00:00Z}'), ('{}')) v (j) GROUP BY p;
CREATE AGGREGATE path_state(journey, path_def) (SFUNC = path_links_accum, STYPE = path_summary);
CREATE AGGREGATE path_count_state(journey, path_def) (SFUNC = path_counts_accum, STYPE = path_count_summary);
CREATE AGGREGATE rfm_state(interval, float8, float8, rfm_cuts_def) (SFUNC = rfm_cuts_accum, STYPE = rfm_values);
CREATE AGGREGATE churn_state(jsonb, boolean, churn_def) (SFUNC = churn_fit_accum, STYPE = churn_rows);
CREATE AGGREGATE churn_state(float8[], boolean, churn_def) (SFUNC = churn_fit_accum, STYPE = churn_rows);
CREATE AGGREGATE spend_state(float8, float8) (SFUNC = spend_accum, STYPE = spend_values);
CREATE AGGREGATE contract_state(int, boolean) (SFUNC = contract_accum, STYPE = contract_values);
CREATE AGGREGATE btyd_state(float8, float8, float8, text) (SFUNC = btyd_accum, STYPE = btyd_histories);
INSERT INTO sample SELECT 'attribution_summary', attribution(ARRAY['广告', c], n, 2.5, 1, attribution_def('buy', models => '{linear,markov_2,shapley_rate}'))::text
  FROM (VALUES ('a', 1), ('a', 2), ('b', 1)) v (c, n) GROUP BY c, n;
INSERT INTO sample SELECT 'path_summary', path_state(j, d)::text FROM unnest('{"{}","{\"collapse\": true}","{\"by_step\": false}"}'::path_def[]) d, (VALUES (journey '{1@2026-01-01T00:00:00Z,2@2026-01-01T01:00:00Z}')) v (j) GROUP BY d;
INSERT INTO sample SELECT 'path_count_summary', path_count_state(j, d)::text FROM unnest('{"{}","{\"times\": false}","{\"max_length\": 1}"}'::path_def[]) d, (VALUES (journey '{1@2026-01-01T00:00:00Z,2@2026-01-01T01:00:00Z}'), ('{}')) v (j) GROUP BY d;
INSERT INTO sample SELECT 'dwell_summary', dwell(j, d)::text FROM unnest('{"{}","{\"times\": false}","{\"top\": 1}"}'::path_def[]) d, (VALUES (journey '{1@2026-01-01T00:00:00Z,2@2026-01-01T01:00:00Z}')) v (j) GROUP BY d;
INSERT INTO sample SELECT 'rfm_values', rfm_state(n * interval '1 h', n, x, '{}')::text FROM generate_series(1, 3) n, generate_series(1, 3) x GROUP BY x;
INSERT INTO sample SELECT 'churn_rows', churn_state(jsonb_build_object('月', n, 'b', x), n > 1, '{}')::text FROM generate_series(1, 3) n, generate_series(1, 3) x GROUP BY x;
INSERT INTO sample SELECT 'spend_values', spend_state(n, x)::text FROM generate_series(1, 3) n, generate_series(1, 3) x GROUP BY x;
INSERT INTO sample SELECT 'contract_values', contract_state(x, n > 1)::text FROM generate_series(1, 3) n, generate_series(1, 3) x GROUP BY x;
INSERT INTO sample SELECT 'btyd_histories', btyd_state(n, n, 5 + x, 'BG/NBD')::text FROM generate_series(1, 3) n, generate_series(1, 3) x GROUP BY x;
INSERT INTO sample SELECT 'ingest_turn', unnest(ARRAY['({1},,,)', '({2},,,)', '(,42P01,来源,)']);
INSERT INTO sample SELECT 'match_def', match_def('{a:exact,b:exact,c:exact}', '{x}', seed => n)::text FROM generate_series(1, 3) n;
INSERT INTO sample SELECT 'match_model', format('{"lambda": 0.%s, "columns": [%s], "block": ["x"]}', n,
  string_agg(format('{"column": "%s", "kind": "exact", "m": [0.9, 0.1], "u": [0.2, 0.8]}', c), ', ')) FROM generate_series(1, 3) n, generate_series(1, 3) c GROUP BY n;
INSERT INTO sample SELECT 'effect_summary', campaign_outcome(n % 2 = 0, n % 3 = 0, n * x, n)::text FROM unnest('{1,2,3}'::float8[]) x, generate_series(1, 9) n GROUP BY x;
INSERT INTO sample SELECT 'uplift_quality', uplift_curve(n * x, n % 2 = 0, n % 3 = 0)::text FROM unnest('{1,2,3}'::float8[]) x, generate_series(1, 9) n GROUP BY x;
INSERT INTO sample SELECT 'uplift_def', unnest(ARRAY[uplift_def(), uplift_def(method => 'class'), uplift_def(names => '{月}')])::text;
INSERT INTO sample SELECT 'uplift_model', uplift_fit(ARRAY[n % 5]::float8[], n % 2 = 0, n % 3 = 0, uplift_def(penalty => x))::text FROM unnest('{1,2,3}'::float8[]) x, generate_series(1, 60) n GROUP BY x;
CREATE AGGREGATE uplift_state(jsonb, boolean, boolean, uplift_def) (SFUNC = uplift_fit_accum, STYPE = uplift_rows);
CREATE AGGREGATE uplift_state(float8[], boolean, boolean, uplift_def) (SFUNC = uplift_fit_accum, STYPE = uplift_rows);
INSERT INTO sample SELECT 'uplift_rows', uplift_state(jsonb_build_object('月', n, 'b', x), n > 1, n > 2, '{}')::text FROM generate_series(1, 3) n, generate_series(1, 3) x GROUP BY x;
INSERT INTO sample SELECT 'anomaly_def', unnest(ARRAY['{}', 'ratio', '{"season": "7 days", "scales": [1, 6]}', '{"measure": "number", "time_zone": "Asia/Shanghai"}']);
INSERT INTO sample SELECT 'survey_summary', survey(n, k)::text FROM unnest('{nps,csat,ces}'::text[]) k, generate_series(1, 5) n GROUP BY k;
INSERT INTO sample SELECT 'feedback_lexicon', unnest(ARRAY['{"words": []}', '{"words": [{"class": "价格", "word": "贵*", "polarity": -1}]}', '{"words": [{"class": "(negator)", "word": "not"}]}']);
INSERT INTO sample SELECT 'text_def', unnest(ARRAY['{}', '{"max_n": 4}', '{"penalty": 2}']);
INSERT INTO sample SELECT 'text_model', format('{"definition": {"buckets": 16}, "labels": [{"label": "a", "intercept": %s, "weights": [1, -1]}, {"label": "月", "weights": [-1, 1]}], "kept": [1, 5], "idf": [1, 1.5]}', n) FROM generate_series(1, 3) n;
CREATE AGGREGATE text_state(text, text, text_def) (SFUNC = text_fit_accum, STYPE = text_rows);
INSERT INTO sample SELECT 'text_rows', text_state('词' || n, '月' || n % 2, text_def(buckets => 16 + x))::text FROM generate_series(1, 3) n, generate_series(1, 3) x GROUP BY x;
INSERT INTO sample SELECT 'points_def', unnest(ARRAY['{}', '{"rate": "0.1", "validity": "720:00:00", "tiers": [{"tier": "普通", "points": 0}, {"tier": "b", "points": 5, "multiplier": "1.25"}]}', '{"purchases": "购"}']);
SELECT name FROM packed WHERE name NOT IN (SELECT name FROM sample GROUP BY name HAVING count(*) > 2);

-- Each has both classes, with the seeded hash that partitions need, and a stated size.
SELECT p.name, a.amname FROM packed p CROSS JOIN (VALUES ('btree'), ('hash')) a (amname)
WHERE NOT EXISTS (
  SELECT FROM pg_opclass c JOIN pg_am ON pg_am.oid = opcmethod
  WHERE opcintype = p.type AND opcdefault AND pg_am.amname = a.amname
    AND (a.amname <> 'hash' OR EXISTS (SELECT FROM pg_amproc WHERE amprocfamily = opcfamily AND amproclefttype = p.type AND amprocnum = 2)));
SELECT opcname FROM pg_opclass JOIN packed ON type = opcintype WHERE NOT amvalidate(pg_opclass.oid);

-- All that PostgreSQL does with equality and order, for a table of each type with every value twice.
CREATE PROCEDURE ask(type regtype, name name, what text, expected bigint, query text) LANGUAGE plpgsql AS $$
DECLARE found bigint;
BEGIN
  EXECUTE replace(query, 'THE_TYPE', type::text) INTO found;
  IF found IS DISTINCT FROM expected THEN RAISE WARNING '% %: %, not %', name, what, found, expected; END IF;
EXCEPTION WHEN OTHERS THEN
  RAISE WARNING '% %: %', name, what, SQLERRM;
END $$;
CREATE FUNCTION fails(query text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE query;
  RETURN 0;
EXCEPTION WHEN unique_violation THEN
  RETURN 1;
END $$;
CREATE PROCEDURE check_type(type regtype, name name, packed boolean) LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
  EXECUTE format('CREATE TABLE v AS SELECT (row_number() OVER ())::int AS id, value::%s AS v FROM (TABLE sample UNION ALL TABLE sample) s WHERE name = %L', type, name);
  SELECT count(DISTINCT value) FROM sample s WHERE s.name = check_type.name INTO n;
  ANALYZE v;
  CALL ask(type, name, 'text', 2 * n, 'SELECT count(*) FROM v WHERE v = v::text::THE_TYPE AND NOT v <> v::text::THE_TYPE');
  CALL ask(type, name, 'total order', 4 * n * n, 'SELECT count(*) FROM v a, v b WHERE (a.v < b.v)::int + (a.v = b.v)::int + (a.v > b.v)::int = 1
    AND (a.v <= b.v) = (a.v < b.v OR a.v = b.v) AND (a.v >= b.v) = (NOT a.v < b.v) AND (a.v <> b.v) = (NOT a.v = b.v) AND (a.v < b.v) = (b.v > a.v)');
  CALL ask(type, name, 'transitive', 0, 'SELECT count(*) FROM v a, v b, v c WHERE a.v < b.v AND b.v < c.v AND NOT a.v < c.v');
  CALL ask(type, name, 'DISTINCT', n, 'SELECT count(*) FROM (SELECT DISTINCT v FROM v) s');
  CALL ask(type, name, 'count(DISTINCT)', n, 'SELECT count(DISTINCT v) FROM v');
  SET LOCAL enable_hashagg = off;
  CALL ask(type, name, 'DISTINCT by sorting', n, 'SELECT count(*) FROM (SELECT DISTINCT v FROM v) s');
  RESET enable_hashagg;
  CALL ask(type, name, 'GROUP BY', n, 'SELECT count(*) FROM (SELECT v FROM v GROUP BY v HAVING count(*) = 2) s');
  CALL ask(type, name, 'ORDER BY', 0, 'SELECT count(*) FROM (SELECT v, lag(v) OVER (ORDER BY v) AS before FROM v) s WHERE before > v');
  SET LOCAL enable_nestloop = off; SET LOCAL enable_hashjoin = off;
  CALL ask(type, name, 'merge join', 4 * n, 'SELECT count(*) FROM v a JOIN v b ON a.v = b.v');
  RESET enable_hashjoin; SET LOCAL enable_mergejoin = off;
  CALL ask(type, name, 'hash join', 4 * n, 'SELECT count(*) FROM v a JOIN v b ON a.v = b.v');
  RESET enable_nestloop; RESET enable_mergejoin;
  CALL ask(type, name, 'IN', 2 * n, 'SELECT count(*) FROM v WHERE v IN (SELECT v FROM v) AND v = ANY (ARRAY(SELECT v FROM v))');
  CALL ask(type, name, 'EXCEPT', 0, 'SELECT count(*) FROM (TABLE v EXCEPT TABLE v) s');
  CALL ask(type, name, 'IS DISTINCT FROM of rows', 2 * n, 'SELECT count(*) FROM v a, v b WHERE NOT (a.* IS DISTINCT FROM b.*)');
  CALL ask(type, name, 'UNIQUE', 1, 'SELECT fails(''CREATE UNIQUE INDEX ON v (v)'')');
  CREATE TABLE once AS SELECT DISTINCT v FROM v;
  ALTER TABLE once ADD PRIMARY KEY (v);
  CALL ask(type, name, 'PRIMARY KEY', 1, 'SELECT fails(''INSERT INTO once SELECT v FROM v LIMIT 1'')');
  SET LOCAL enable_seqscan = off;
  CALL ask(type, name, 'index', 2 * n, 'SELECT count(*) FROM v, once WHERE once.v = v.v');
  RESET enable_seqscan;
  EXECUTE format('CREATE TABLE hashed (v %s) PARTITION BY HASH (v)', type);
  CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
  CREATE TABLE hashed_1 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1);
  INSERT INTO hashed SELECT v FROM v;
  CALL ask(type, name, 'PARTITION BY HASH', 2 * n, 'SELECT count(*) FROM v WHERE (SELECT count(*) FROM hashed h WHERE h.v = v.v) = 2');
  CALL ask(type, name, 'equal ones in one partition', n, 'SELECT count(*) FROM (SELECT v FROM hashed GROUP BY v HAVING count(DISTINCT tableoid) = 1) s');
  IF packed THEN  -- their canonical bytes are what is compared, and hashed
    CALL ask(type, name, 'bytes', 4 * n * n, format('SELECT count(*) FROM v a, v b WHERE (%1$s_send(a.v) < %1$s_send(b.v)) = (a.v < b.v) AND (%1$s_send(a.v) = %1$s_send(b.v)) = (a.v = b.v)
      AND sign(%1$s_cmp(a.v, b.v)) = (a.v > b.v)::int - (a.v < b.v)::int', name));
    CALL ask(type, name, 'hash', 0, format('SELECT count(*) FROM v a, v b WHERE (a.v = b.v) IS DISTINCT FROM (%1$s_hash(a.v) = %1$s_hash(b.v) AND %1$s_hash_extended(a.v, 7) = %1$s_hash_extended(b.v, 7))
      OR %1$s_hash(a.v) <> %1$s_hash_extended(a.v, 0)::bit(32)::int', name));
    EXECUTE format('CREATE TABLE ranged (v %s) PARTITION BY RANGE (v)', type);
    EXECUTE format('CREATE TABLE low PARTITION OF ranged FOR VALUES FROM (MINVALUE) TO (%L)', (SELECT v::text FROM once ORDER BY once.v OFFSET 1 LIMIT 1));
    EXECUTE format('CREATE TABLE high PARTITION OF ranged FOR VALUES FROM (%L) TO (MAXVALUE)', (SELECT v::text FROM once ORDER BY once.v OFFSET 1 LIMIT 1));
    INSERT INTO ranged SELECT v FROM once;
    CALL ask(type, name, 'PARTITION BY RANGE', 1, 'SELECT count(*) FROM low');
    DROP TABLE ranged;
  END IF;
  DROP TABLE v, once, hashed;
END $$;
DO $$ DECLARE t record; BEGIN FOR t IN TABLE packed LOOP CALL check_type(t.type, t.name, true); END LOOP; END $$;

-- Rows of composite types compare column by column: an rfm sorts by r, f, m.
INSERT INTO sample SELECT 'rfm', unnest('{"(1,2,3,5)","(1,2,4,5)","(5,,,5)"}'::text[]);
INSERT INTO sample SELECT 'metric_def', unnest('{"(a,,)","(a,b,c)","(,,)"}'::text[]);
INSERT INTO sample SELECT 'path_link', unnest('{"(1,a,b,2,3,00:01:00,0.5,1)","(1,a,b,2,4,,0.5,)","(,a,,2,3,,,)"}'::text[]);
INSERT INTO sample SELECT 'path_count', unnest('{"(\"{a,购}\",2,3,0.5,00:01:00)","(\"{a,b}\",2,4,0.5,)","(,,3,,)"}'::text[]);
INSERT INTO sample SELECT 'purchase_summary', unnest('{"(3,1,2,20,,,)","(3,1,2,21,,,)","(0,0,5,,1,2,3)"}'::text[]);
INSERT INTO sample SELECT 'classification_measures', replace(ROW(1)::text, '(1)', format('(%s)', repeat(x || ',', n - 1) || x))
FROM (SELECT count(*)::int AS n FROM pg_attribute WHERE attrelid = 'classification_measures'::regclass AND attnum > 0) a, generate_series(1, 3) x;
INSERT INTO sample SELECT 'warning_costs', unnest('{"(100,0.3,10,0.5,1)","(100,0.3,10,0.5,)","(,0.3,10,0.5,1)"}'::text[]);
INSERT INTO sample SELECT 'anomaly_point', unnest('{"(1,2,3,4,2,1)","(1,2,3,4,2,6)","(,,,,0,)"}'::text[]);
INSERT INTO sample SELECT 'point_account', replace(ROW(1)::text, '(1)', format('(%s%s)', x, repeat(',', n - 1)))
FROM (SELECT count(*)::int AS n FROM pg_attribute WHERE attrelid = 'point_account'::regclass AND attnum > 0) a, generate_series(1, 3) x;
SELECT name FROM composite WHERE name NOT IN (SELECT name FROM sample);
DO $$ DECLARE t record; BEGIN FOR t IN TABLE composite LOOP CALL check_type(t.type, t.name, false); END LOOP; END $$;
SELECT array_agg(v ORDER BY v) FROM (VALUES ('(2,1,1,5)'::rfm), ('(1,5,5,5)'), ('(1,5,4,5)')) x (v);

-- Text reads as many of them, and yet what is not theirs means the same as before, whichever schema
-- comes first.
CREATE TABLE plain AS SELECT 'b'::text AS t, 'b'::varchar AS v, 'b'::char(3) AS c, 'b'::name AS n, '"b"'::jsonb AS j, '\x62'::bytea AS b, date '2026-01-02' AS d,
  timestamptz '2026-01-02' AS z, 2 AS i, 2::bigint AS l, 2.5 AS u, 2.5::float8 AS f, interval '2 days' AS s, '{b}'::text[] AS ta, '{b}'::varchar[] AS va, '{2}'::bigint[] AS la,
  'b'::"char" AS q, true AS o;
CREATE FUNCTION plain_answers() RETURNS text LANGUAGE plpgsql AS $$
DECLARE op text; e text; answer boolean; answers text := '';
BEGIN
  FOREACH op IN ARRAY '{=,<>,<,<=,>,>=}'::text[] LOOP
    FOREACH e IN ARRAY ARRAY[$a$'b' OP 'a'$a$, $a$t OP 'a'$a$, $a$'a' OP t$a$, $a$v OP 'a'$a$, $a$v OP t$a$, $a$t OP v$a$, $a$c OP 'a'$a$, $a$c OP v$a$, $a$c OP t$a$, $a$n OP 'a'$a$, $a$n OP t$a$,
        $a$v OP n$a$, $a$j OP '"a"'$a$, $a$b OP '\x61'$a$, $a$d OP '2026-01-01'$a$, $a$d OP z$a$, $a$z OP '2026-01-01'$a$, $a$i OP '1'$a$, $a$i OP l$a$, $a$l OP '1'$a$, $a$u OP i$a$, $a$f OP u$a$,
        $a$s OP '1 day'$a$, $a$ta OP '{a}'$a$, $a$va OP '{a}'$a$, $a$la OP '{1}'$a$, $a$q OP 'a'$a$, $a$o OP 'false'$a$, $a$(t, v) OP ('a', 'a')$a$, $a$t OP ANY ('{a,b}')$a$, $a$v OP ALL ('{a,b}')$a$,
        $a$lower(v) OP 'a'$a$, $a$t || '' OP v || 'a'$a$, $a$nullif(v, 'a') OP coalesce(v, 'a')$a$, $a$(SELECT 'a') OP (SELECT 'b')$a$, $a$NULL OP 'a'$a$] LOOP
      EXECUTE format('SELECT %s FROM regress_types.plain', replace(e, 'OP', op)) INTO answer;
      answers := answers || coalesce(left(answer::text, 1), '-');
    END LOOP;
  END LOOP;
  FOREACH e IN ARRAY ARRAY['v BETWEEN ''a'' AND ''c''', 'v IN (''a'', ''b'')', 'CASE v WHEN ''b'' THEN true END', 'max(v) = ''b''', 'greatest(v, ''a'') = ''b''', 'v LIKE ''b%'''] LOOP
    EXECUTE format('SELECT %s FROM regress_types.plain %s', e, CASE WHEN e ~ '^max' THEN '' ELSE 'ORDER BY v, t' END) INTO answer;
    answers := answers || coalesce(left(answer::text, 1), '-');
  END LOOP;
  RETURN answers;
EXCEPTION WHEN OTHERS THEN
  RETURN format('%s: %s', e, SQLERRM);
END $$;
SET search_path = public, pg_temp;
SELECT regress_types.plain_answers() AS alone \gset
SELECT :'alone' ~ '^[tf-]{222}$' AS answered;
SET search_path = public, clientele;
SELECT regress_types.plain_answers() = :'alone' AS same;
SET search_path = clientele, public;
SELECT regress_types.plain_answers() = :'alone' AS same;
SET search_path = clientele, pg_catalog, public;
SELECT regress_types.plain_answers() = :'alone' AS same;
-- A literal beside one of them is read as one.
SELECT tag_query 'a' < 'b' AS less, audience '{1}' <> '{2}' AS other, journey '{}' <= '{}' AS equal;

-- Text in packed bytes is in the database's encoding, whatever client sends them. Three letters of each text are
-- changed in the binary form, which a client gives to the receive function, and in the states' text form.
SET search_path = regress_types, clientele;
CREATE TABLE with_text (name name, what text, bytes bytea);
INSERT INTO with_text VALUES ('funnel_def', 'step', funnel_def_send('{a,Zyx}')), ('funnel_def', 'exclusion', funnel_def_send('{"steps": ["a", "b"], "exclusions": ["Zyx@1-2"]}')),
  ('retention_def', 'start_at', retention_def_send('{"start_at": "Zyx"}')), ('retention_def', 'return_at', retention_def_send('{"return_at": "Zyx"}')),
  ('path_def', 'start_at', path_def_send('{"start_at": "Zyx"}')), ('path_def', 'end_at', path_def_send('{"end_at": "Zyx"}')),
  ('pattern', 'event', pattern_send('a Zyx')), ('pattern', 'group', pattern_send(pattern('(?<Zyx>a)', '1 day'))),
  ('path_def', 'keep', path_def_send('{"keep": "Zyx"}')), ('path_def', 'group', path_def_send('{"groups": ["Zyx=a"]}')), ('path_def', 'rest', path_def_send('{"rest": "Zyx"}')),
  ('purchase_def', 'purchase', purchase_def_send('{"until": "2026-03-31", "time_zone": "UTC", "purchase": "Zyx"}')),
  ('churn_features_def', 'return', churn_features_def_send('{"time_zone": "UTC", "return": "Zyx"}')),
  ('churn_def', 'name', churn_def_send('{"names": ["a", "Zyx"]}')), ('churn_def', 'features', churn_def_send('{"features": {"time_zone": "UTC", "answer": "Zyx"}}')),
  ('churn_model', 'name', churn_model_send('{"intercept": 1, "features": [{"name": "Zyx", "coefficient": 1}]}')),
  ('churn_model', 'level', churn_model_send('{"intercept": 1, "features": [{"name": "a", "levels": [{"level": "Zyx", "coefficient": 0.4}]}]}')),
  ('churn_model', 'features_def', churn_model_send('{"intercept": 1, "features": [{"name": "events", "coefficient": 1}], "features_def": {"time_zone": "UTC", "answer": "Zyx"}}')),
  ('tag_query', 'name', tag_query_send('a & Zyx')), ('tag_query', 'value', tag_query_send('a=Zyx')), ('tag_query', 'wildcard', tag_query_send('Zyx.*'));
INSERT INTO with_text SELECT 'churn_rows', 'name', churn_rows_send(churn_state(jsonb_build_object('Zyx', n), n > 1, '{}')) FROM generate_series(1, 3) n;
INSERT INTO with_text SELECT 'churn_rows', 'level', churn_rows_send(churn_state(jsonb_build_object('a', 'Zyx'), n > 1, '{}')) FROM generate_series(1, 3) n;
INSERT INTO with_text SELECT 'churn_rows', 'definition', churn_rows_send(churn_state('{1}'::float8[], n > 1, '{"names": ["Zyx"]}')) FROM generate_series(1, 3) n;
INSERT INTO with_text SELECT 'uplift_rows', 'name', uplift_rows_send(uplift_state(jsonb_build_object('Zyx', n), n > 1, n > 2, '{}')) FROM generate_series(1, 3) n;
INSERT INTO with_text SELECT 'uplift_rows', 'level', uplift_rows_send(uplift_state(jsonb_build_object('a', 'Zyx'), n > 1, n > 2, '{}')) FROM generate_series(1, 3) n;
INSERT INTO with_text SELECT 'uplift_rows', 'definition', uplift_rows_send(uplift_state('{1}'::float8[], n > 1, n > 2, '{"names": ["Zyx"]}')) FROM generate_series(1, 3) n;
INSERT INTO with_text VALUES ('feedback_lexicon', 'class', feedback_lexicon_send('{"words": [{"class": "Zyx", "word": "a"}]}')),
  ('text_model', 'label', text_model_send('{"definition": {}, "labels": [{"label": "Zyx", "weights": []}, {"label": "a", "weights": []}], "kept": [], "idf": []}')),
  ('points_def', 'tier', points_def_send('{"tiers": [{"tier": "a", "points": 0}, {"tier": "Zyx", "points": 5}]}')), ('points_def', 'purchases', points_def_send('{"purchases": "Zyx"}'));
INSERT INTO with_text SELECT 'text_rows', 'label', text_rows_send(text_state('a', 'Zyx', text_def())) FROM generate_series(1, 3) n;
INSERT INTO with_text SELECT 'funnel_summary', 'step', funnel_summary_send(funnel('{12@2026-01-01T00:00:00Z}', '{#12}'));
INSERT INTO with_text SELECT 'retention_summary', 'start_at', retention_summary_send(retention_table('{12@2026-01-01T00:00:00Z}', '{"start_at": "#12"}'));
INSERT INTO with_text SELECT 'bottleneck_summary', 'group', bottleneck_summary_send(bottlenecks('Zyx', f)) FROM (SELECT funnel('{}', '{#1,#2}', NULL)) v (f);
INSERT INTO with_text SELECT 'bottleneck_summary', 'step', bottleneck_summary_send(bottlenecks('a', f)) FROM (SELECT funnel('{}', '{#12,#2}', NULL)) v (f);
INSERT INTO with_text SELECT 'correlation_summary', 'event', correlation_summary_send(funnel_correlation('{1@2026-01-01T00:00:00Z,12@2026-01-01T00:00:01Z}', '{#1,#2}', 1, 2));
INSERT INTO with_text SELECT 'pattern_summary', 'event', pattern_summary_send(pattern_matches('{12@2026-01-01T00:00:00Z}', '#12'));
INSERT INTO with_text SELECT 'path_summary', 'label', path_summary_send(path_state('{12@2026-01-01T00:00:00Z,12@2026-01-01T00:00:01Z}', '{}'));
INSERT INTO with_text SELECT 'path_summary', 'start_at', path_summary_send(path_state('{12@2026-01-01T00:00:00Z,13@2026-01-01T00:00:01Z}', '{"start_at": "#12"}'));
INSERT INTO with_text SELECT 'path_count_summary', 'label', path_count_summary_send(path_count_state('{12@2026-01-01T00:00:00Z}', '{}'));
INSERT INTO with_text SELECT 'dwell_summary', 'label', dwell_summary_send(dwell('{12@2026-01-01T00:00:00Z}', '{}'));
CREATE FUNCTION received(type text, bytes bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  message bytea := '\x5047434f50590aff0d0a000000000000000000' || int2send(1::int2) || int4send(length(bytes)) || bytes || int2send((-1)::int2);
BEGIN
  EXECUTE format('CREATE TEMP TABLE came (v clientele.%I)', type);
  EXECUTE format('COPY came FROM PROGRAM %L (FORMAT binary)', 'printf ''' || (
    SELECT string_agg('\' || (b >> 6) || (b >> 3 & 7) || (b & 7), '' ORDER BY n)
    FROM (SELECT n, get_byte(message, n) AS b FROM generate_series(0, length(message) - 1) n) s) || '''');
  EXECUTE format('SELECT %I(v) FROM came', type || '_send') INTO bytes;
  DROP TABLE came;
  RETURN bytes;
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END $$;
CREATE FUNCTION written(type text, bytes bytea) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('SELECT %I($1::text::clientele.%I)', type || '_send', type) INTO bytes USING bytes;
  RETURN bytes;
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END $$;
-- Bytes of no character, too long a form, half a pair, a character cut off, beyond Unicode, zero.
CREATE TABLE spoiled AS
SELECT w.*, b.letters, b.letters IS NULL AS good,
       CASE WHEN b.letters IS NULL THEN w.bytes ELSE decode(regexp_replace(encode(w.bytes, 'hex'), '5a7978|233132', b.letters), 'hex') END AS planted
FROM with_text w, (VALUES (NULL), ('f0f0f0'), ('c0af41'), ('eda080'), ('4141e4'), ('e4bd41'), ('f49080'), ('41ff41'), ('410041')) b (letters);
SELECT count(*) > 100 AS many, count(*) FILTER (WHERE NOT good AND planted = bytes) AS same FROM spoiled;
SELECT name, what, letters, came FROM (SELECT *, received(name, planted) AS came FROM spoiled) s WHERE came <> CASE WHEN good THEN bytes::text ELSE '22021' END;
SELECT name, what, letters, came FROM (SELECT *, written(name, planted) AS came FROM spoiled WHERE name IN ('bottleneck_summary', 'churn_rows', 'correlation_summary', 'dwell_summary', 'funnel_summary', 'path_count_summary', 'path_summary', 'pattern_summary', 'retention_summary')) s
WHERE came <> CASE WHEN good THEN bytes::text ELSE '22021' END;

-- Definitions and models have a limit of size.
CREATE FUNCTION code(query text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE query;
  RETURN 'fine';
EXCEPTION WHEN OTHERS THEN
  RETURN format('%s %s', SQLSTATE, left(SQLERRM, 80));
END $$;
CREATE FUNCTION long(n int) RETURNS text LANGUAGE sql AS $$ SELECT repeat('x', n) $$;
SELECT code(q) FROM (VALUES
  ($$SELECT funnel_def(ARRAY(SELECT 'a' || n FROM generate_series(1, 1000) n))$$), ($$SELECT funnel_def(ARRAY(SELECT 'a' || n FROM generate_series(1, 1001) n))$$),
  ($$SELECT funnel_def('{a,b}', exclusions => ARRAY(SELECT 'a' || n FROM generate_series(1, 1001) n))$$), ($$SELECT funnel_def(ARRAY[long(1048577)])$$),
  ($$SELECT format('{"steps": ["%s"]}', long(1048577))::funnel_def$$), ($$SELECT format('{"start_at": "%s"}', long(1048577))::path_def$$),
  ($$SELECT path_def(end_at => long(1048577))$$), ($$SELECT path_def(groups => ARRAY[long(600000) || '=a', 'b=' || long(600000)])$$), ($$SELECT purchase_def('2026-01-01', purchase => long(1048577))$$),
  ($$SELECT churn_features_def(purchase => long(600000), return => long(600000))$$), ($$SELECT churn_def(names => ARRAY[long(600000), long(600000) || 'y'])$$),
  ($$SELECT churn_def(names => ARRAY(SELECT 'a' || n FROM generate_series(1, 1001) n))$$),
  ($$SELECT format('{"intercept": 1, "features": [{"name": "%s", "coefficient": 1}]}', long(17000000))::churn_model$$),
  ($$SELECT format('{"%s": 1}', long(67108864))::churn_def$$), ($$SELECT format('{%s}', long(67108864))::funnel_def$$), ($$SELECT long(1048577)::tag_query$$)) v (q);
RESET search_path;
DROP SCHEMA regress_types CASCADE;
