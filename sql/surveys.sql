-- SPDX-License-Identifier: PostgreSQL
-- Surveys: their scales and results, the store of answers, and what goes with them.
\set tests :DBNAME
CREATE DATABASE clientele_surveys ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_surveys
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres'; SET extra_float_digits = 0;
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
SELECT f.* FROM unnest('{"define_survey(''x'', ''nps'')","add_answer(1, ''x'', 5)","add_invitation(1, ''x'')",satisfaction_drivers()}'::text[]) s,
  fails('SELECT ' || s) f;

-- Results of the three scales, by whole numbers of any type.
CREATE TABLE given (scale text, score numeric);
INSERT INTO given SELECT 'nps', unnest('{10,9,9,10,9,9,7,8,6,0}'::int[]) UNION ALL SELECT 'csat', unnest('{1,2,3,4,5,5}'::int[])
  UNION ALL SELECT 'ces', unnest('{1,3,4,5,7}'::int[]) UNION ALL SELECT 'nps', NULL;
SELECT r.* FROM (SELECT survey(score::float8, scale) AS s FROM given GROUP BY scale) g, survey_result(s) r ORDER BY 1;
SELECT scale, survey(score::float8, scale) FROM given GROUP BY 1 ORDER BY 1;
SELECT r.* FROM survey_result((SELECT survey(score, scale) FROM (VALUES (1, NULL), (NULL, 'nps'), (NULL, 'wrong')) v (score, scale))) r;
SELECT r.score, r.low, r.high FROM (SELECT g, survey(g, 'nps') AS s FROM unnest('{10,0,7}'::int[]) g GROUP BY g) x, survey_result(s) r ORDER BY g;
SELECT f.* FROM unnest(ARRAY['11, ''nps''', '-1, ''nps''', '9.5, ''nps''', '''NaN'', ''nps''', '''Infinity'', ''csat''', '0, ''csat''', '6, ''csat''', '8, ''ces''', '1e300, ''ces''',
  '5, ''NPS''', '5, ''''']) a, fails('SELECT survey(' || a || ')') f;
SELECT f.* FROM fails('SELECT survey(score::float8, scale) FROM given') f;
SELECT f.code, f.message FROM fails($$SELECT survey_merge(s) FROM (SELECT survey(score::float8, scale) AS s FROM given GROUP BY scale) g$$) f;

-- Parts that are merged, plans, windows, text and bytes.
CREATE TABLE many AS SELECT g % 5 AS part, g % 11 AS score FROM generate_series(1, 2000) g;
SELECT (SELECT survey(score, 'nps') FROM many) = (SELECT survey_merge(s) FROM (SELECT survey(score, 'nps') AS s FROM many GROUP BY part) p) AS merged,
       (SELECT survey(score, 'nps' ORDER BY score DESC) FROM many) = (SELECT survey(score, 'nps') FROM many) AS ordered,
       s::text::survey_summary = s AS same, s::text::varchar::survey_summary = s AS by_varchar, survey_summary_send(s) = s::text::bytea AS bytes
FROM (SELECT survey(score, 'nps') AS s FROM many) m;
SELECT g, (r).answers, (r).score FROM (SELECT g, survey_result(survey(score, 'nps') OVER (ORDER BY g ROWS 2 PRECEDING)) AS r FROM (VALUES (1, 10), (2, 0), (3, 9), (4, 9)) v (g, score)) w;
BEGIN;
SET LOCAL max_parallel_workers_per_gather = 2; SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; SET LOCAL min_parallel_table_scan_size = 0;
ALTER TABLE many SET (parallel_workers = 2);
SELECT survey(score, 'nps') = (SELECT survey(score, 'nps' ORDER BY score) FROM many) AS parallel FROM many;
ROLLBACK;
SELECT survey_result(NULL) IS NULL AS nothing, survey_merge(NULL) IS NULL AS none, survey_rest('\x01010000000002', '\x01010000000002') IS NULL AS rest;
SELECT f.code, f.message FROM unnest('{"",x,\\x,\\x01,\\x0103,\\x02010000000001,\\x01010000000000,\\x0101000000000100,\\x01010000000080}'::text[]) s, fails(format('SELECT %L::survey_summary', s)) f;
SELECT survey_rest(a, b), f.message FROM (VALUES ('\x01010500030107'::survey_summary, '\x01010200030006'::survey_summary)) v (a, b), fails(format('SELECT survey_rest(%L, %L)', b, a)) f;
SELECT f.code, f.message FROM fails($$SELECT survey_rest('\x01010500030107', '\x010201000000000000')$$) f;

-- Differences.
SELECT d.* FROM survey_difference((SELECT survey(s, 'nps') FROM unnest('{10,9,9,10,7}'::int[]) s), (SELECT survey(s, 'nps') FROM unnest('{0,6,7,10,3,3}'::int[]) s)) d;
SELECT d.* FROM survey_difference((SELECT survey(s, 'csat') FROM unnest('{5,4,4}'::int[]) s), (SELECT survey(s, 'csat') FROM unnest('{1,2,5}'::int[]) s)) d;
SELECT d.* FROM survey_difference(NULL, (SELECT survey(1, 'ces'))) d;
SELECT f.* FROM fails($$SELECT survey_difference((SELECT survey(1, 'ces')), (SELECT survey(1, 'csat')))$$) f;

-- One answer of each customer: the last, and the lowest of one instant.
SELECT customer, last_answer(score, at) FROM (VALUES (1, 5.5, timestamptz '2026-01-01'), (1, -3, '2026-01-02'), (2, 4, '2026-01-01'), (2, 3, '2026-01-01'), (2, NULL, '2026-01-03'), (3, 1, NULL),
  (4, 0, '0044-03-15 BC'), (4, 7, '294276-12-31')) v (customer, score, at), LATERAL (SELECT score::float8) s (s) GROUP BY 1 ORDER BY 1;
SELECT f.* FROM fails($$SELECT last_answer(1, 'infinity')$$) f;
SELECT f.code FROM unnest(ARRAY[$$last_answer_final('\x00')$$, $$last_answer_accum(NULL, 1, now())$$, $$survey_accum(NULL, 1, 'nps')$$]) s, fails('SELECT ' || s) f;

-- The store.
CALL create_store('Asia/Shanghai');
INSERT INTO clientele_data.customers (customer_id) SELECT generate_series(1, 200);
UPDATE clientele_data.customers SET merged_into = 1 WHERE customer_id = 2;
SELECT define_survey('推荐', 'nps', '您有多大可能推荐我们？'), define_survey('easy', 'ces');
SELECT define_survey('easy', 'csat'), define_survey('easy', 'ces', 'How easy was it?');
SELECT name, scale, question FROM clientele_data.surveys ORDER BY 1;
SELECT f.* FROM unnest(ARRAY['define_survey(NULL, ''nps'')', 'define_survey('''', ''nps'')', 'define_survey(''x'', ''stars'')', 'add_answer(1, NULL, 5)', 'add_answer(1, ''推举'', 5)', 'add_answer(999, ''推荐'', 5)',
  'add_answer(1, ''推荐'', 11)', 'add_answer(1, ''easy'', 0)', 'add_answer(1, ''推荐'', NULL)', 'add_answer(1, ''推荐'', 5, ''infinity'')', 'add_answer(1, ''推荐'', 5, asked_at => ''-infinity'')',
  'add_invitation(1, ''推荐'', NULL)', 'add_invitation(1, ''推荐'', ''infinity'')', 'forget_survey(''x'')']) s, fails('SELECT ' || s) f;
-- An answer completes the last invitation before it; others stand alone; a key is one row.
SELECT add_invitation(1, '推荐', '2026-03-01 10:00+08', 'email'), add_invitation(1, '推荐', '2026-03-03 10:00+08', 'sms'), add_invitation(3, '推荐', '2026-03-31 23:30+08', key => 'a');
SELECT add_answer(1, '推荐', 9, '2026-03-04 10:00+08', '很好'), add_answer(1, '推荐', 8, '2026-03-02 10:00+08'), add_answer(1, '推荐', 3, '2026-03-05 10:00+08', channel => 'web');
SELECT add_answer(3, '推荐', 10, '2026-04-01 00:30+08', key => 'a'), add_answer(3, '推荐', 6, '2026-04-01 00:40+08', 'no', key => 'a'), add_answer(NULL, '推荐', 0, '2026-03-09 10:00+08'),
       add_answer(2, '推荐', 10, '2026-03-20 10:00+08', asked_at => '2026-03-19 10:00+08');
SELECT answer_id, customer_id, score, asked_at, answered_at, channel, comment, key FROM clientele_data.survey_answers ORDER BY 1;
SELECT f.* FROM fails($$SELECT define_survey('推荐', 'csat')$$) f;
SELECT f.code FROM unnest(ARRAY['NULL, ''nps'', 5, now()', '''推荐'', ''csat'', 5, now()', '''推荐'', ''nps'', 11, now()', '''推荐'', ''nps'', NULL, now()', '''推荐'', ''nps'', NULL, NULL']) v,
  fails('INSERT INTO clientele_data.survey_answers (survey, scale, score, answered_at) VALUES (' || v || ')') f;
-- Customers 1 and 2 are one, whose last answer of March counts; the anonymous one counts, too.
SELECT survey, month, answers, promoters, passives, detractors, score, low, high, asked, responded, response_rate FROM clientele_bi.satisfaction ORDER BY survey, month;
SELECT survey, month, change, change_low, change_high, change_p_value FROM clientele_bi.satisfaction ORDER BY survey, month;

-- Drivers.
INSERT INTO clientele_data.survey_answers (customer_id, survey, scale, score, answered_at)
SELECT c, '推荐', 'nps', CASE WHEN c % 4 = 0 THEN 9 ELSE c % 8 END, now() - interval '1 day' FROM generate_series(5, 200) c;
INSERT INTO clientele_data.survey_answers (customer_id, survey, scale, score, answered_at)
SELECT c, 'easy', 'ces', 1 + c % 7, now() - interval '2 days' FROM generate_series(5, 60) c;
SELECT define_tag('会员', 'SELECT customer_id FROM clientele_data.customers WHERE customer_id % 4 = 0'),
       define_tag('city', $$SELECT customer_id, (ARRAY['上海', 'Berlin', 'x'])[1 + (customer_id % 20 > 9)::int + (customer_id % 20 > 17)::int] FROM clientele_data.customers$$),
       define_tag('age', 'SELECT customer_id, customer_id % 3 FROM clientele_data.customers WHERE merged_into IS NULL'), define_tag('none', 'SELECT customer_id FROM clientele_data.customers WHERE false');
SELECT count(*) AS refreshed FROM refresh_tags();
SELECT survey, tag, value, answers, score, other_answers, other_score, difference, difference_low, difference_high, round(p_value::numeric, 9) AS p, round(q_value::numeric, 9) AS q
FROM satisfaction_drivers('推荐') ORDER BY tag, value;
SELECT d.survey, d.tag, d.answers, d.q_value = d.p_value AS one FROM satisfaction_drivers('easy', tags => '{会员}', min_answers => 5) d;
SELECT count(*) AS before FROM satisfaction_drivers('推荐', until => '2026-04-01', min_answers => 1);
SELECT count(*), count(DISTINCT survey) AS surveys, bool_and(q_value >= p_value) AS q FROM clientele_bi.satisfaction_by_segment;
SELECT count(*) = (SELECT count(*) FROM satisfaction_drivers('推荐')) AS same FROM clientele_bi.satisfaction_drivers('推荐');
SELECT f.* FROM unnest(ARRAY['''x''', 'tags => ''{cities}''', 'min_answers => 0']) a, fails('SELECT * FROM satisfaction_drivers(' || a || ')') f;
-- Any rows.
WITH r AS (SELECT 'a' || g % 3 AS tag, g % 11 AS score FROM generate_series(1, 90) g), counted AS (
  SELECT tag, survey(score, 'nps') AS inside, survey_rest((SELECT survey(score, 'nps') FROM r), survey(score, 'nps')) AS outside FROM r GROUP BY tag)
SELECT c.tag, d.difference, round(d.p_value::numeric, 6) AS p, round((adjusted_p(array_agg(d.p_value) OVER ()))[row_number() OVER ()]::numeric, 6) AS q FROM counted c, survey_difference(inside, outside) d ORDER BY tag;

-- BI roles see results, not answers.
CREATE ROLE clientele_survey_reader;
CALL grant_bi('clientele_survey_reader');
SET ROLE clientele_survey_reader;
SELECT count(*) > 0 AS months FROM clientele_bi.satisfaction;
SELECT count(*) > 0 AS segments FROM clientele_bi.satisfaction_by_segment;
SELECT f.code FROM unnest('{"* FROM clientele_data.survey_answers",satisfaction_drivers(),"add_answer(1, ''推荐'', 5)"}'::text[]) s, fails('SELECT ' || s) f;
RESET ROLE;
SELECT report(sections => '{satisfaction}') ~ 'satisfaction-trend1' AS pictures, report(sections => '{satisfaction}', language => 'zh') ~ '满意度' AS chinese;
SELECT forget_survey('推荐');
SELECT survey, count(*) FROM clientele_data.survey_answers GROUP BY 1;
CALL drop_store();
DROP OWNED BY clientele_survey_reader;
DROP ROLE clientele_survey_reader;
\c :tests
DROP DATABASE clientele_surveys;
