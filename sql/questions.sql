-- SPDX-License-Identifier: PostgreSQL
-- Saved questions: how they are defined, answered, broken down, kept, renamed and forgotten, and what happens when one fails.
\set tests :DBNAME
CREATE DATABASE clientele_questions ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_questions
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
SELECT code FROM fails($$SELECT * FROM refresh_questions()$$);
SELECT code FROM fails($$SELECT define_question('f', funnel_def('{a}'))$$);
SELECT code FROM fails($$SELECT * FROM customer_segments('city')$$);

-- An empty store.
CALL create_store('Europe/Berlin');
SELECT count(*) AS refreshed FROM refresh_questions();
SELECT question, kind, by FROM define_starter_questions();
SELECT count(*) AS answered, bool_and(outcome = 'complete' AND rows = 0 OR question = 'Tag coverage') AS empty FROM refresh_questions();
SELECT forget_question(question) FROM clientele_bi.questions;

-- A store in which city and tier are known.
CREATE TABLE ev AS
SELECT 'c' || c AS customer, timestamptz '2026-03-02 10:00+01' + (c * 37 + n * 391) % 4000 * interval '13 minutes' AS at,
       (ARRAY['view', 'view', 'cart', 'purchase', 'complaint'])[1 + (c * n + n) % CASE WHEN c % 3 = 0 THEN 4 ELSE 5 END] AS event,
       (ARRAY['web', 'app', '门店'])[1 + (c + CASE WHEN c % 4 = 0 THEN 0 ELSE n / 5 END) % 3] AS channel, CASE WHEN (c + n) % 4 = 0 THEN (c * n % 100) / 4.0 END AS amount
FROM generate_series(1, 120) c, generate_series(1, 12) n;
CALL load_events('ev', channel => 'channel', amount => 'amount');
INSERT INTO clientele_data.home_attributes (home_id, name, value, source_id, first_at, last_at, n)
SELECT i.identity_id, 'city', (ARRAY['上海', 'Berlin', 'O''Hare "x"', '<b>', E'\u202Eabc'])[1 + i.customer_id % 7], 1, now(), now(), 1
FROM clientele_data.identities i WHERE i.customer_id % 7 < 5;
SELECT define_tag('vip', 'event_count(journey, ''purchase'') >= 3'),
       define_tag('value.tier', 'CASE WHEN event_count(journey) > 0 AND event_count(journey, ''complaint'') > 1 THEN ''cross'' WHEN event_count(journey, ''purchase'') > 1 THEN ''high'' END'),
       define_tag('channels', 'channels(journey, ''*'')'), define_tag('views', 'event_count(journey, ''view'')'),
       define_tag('hours', 'extract(epoch FROM last_at(journey, ''*''))::bigint / 3600');

-- Segments.
SELECT * FROM fails($$SELECT * FROM customer_segments('value.teir')$$);
SELECT * FROM fails($$SELECT * FROM customer_segments('tag:city')$$);
SELECT * FROM fails($$SELECT * FROM customer_segments('attribute:vip')$$);
SELECT * FROM fails($$SELECT * FROM customer_segments(NULL)$$);
SELECT * FROM fails($$SELECT * FROM customer_segments('vip')$$);
SELECT count(*) AS refreshed FROM refresh_tags();
SELECT segment, count(*) FROM customer_segments('vip') GROUP BY 1;
SELECT replace(segment, chr(8238), '<RLO>') AS segment, count(*) FROM customer_segments('city') s GROUP BY s.segment ORDER BY s.segment COLLATE "C";
SELECT segment, count(*) FROM customer_segments('channels') GROUP BY 1 ORDER BY segment COLLATE "C";
SELECT segment, count(*) FROM customer_segments('views') GROUP BY 1 ORDER BY 1;
SELECT count(DISTINCT segment), count(*), count(DISTINCT customer_id), min(n) > 20 AS quarters
FROM customer_segments('hours') JOIN (SELECT segment, count(*) AS n FROM customer_segments('hours') GROUP BY 1) x USING (segment);
SELECT score_bands('{1:1,2:2,3:2}'), score_bands('{}');
SELECT * FROM score_bands('{1:1,2:2,3:3,4:4,5:5,6:6,7:7,8:8,9:9,10:10,11:11.5}');
SELECT * FROM score_bands('{1:0,2:0,3:0,4:0,5:0,6:0,7:0,8:0,9:0,10:0,11:0,12:0,13:0,14:0,15:0,16:0,17:0,18:0,19:0,20:0,21:0,22:0,23:0,24:0,25:0,26:0,27:0,28:0,29:0,30:0,31:1,32:2,33:3,34:4,35:5,36:6,37:7,38:8,39:9,40:10}');

-- Definitions.
SELECT * FROM fails($$SELECT define_question('', funnel_def('{view}'))$$);
SELECT * FROM fails($$SELECT define_question('f', NULL::funnel_def)$$);
SELECT * FROM fails($$SELECT define_question('f', funnel_def('{viuw,cart}'))$$);
SELECT * FROM fails($$SELECT define_question('f', funnel_def('{view,cart}'), by => 'citty')$$);
SELECT * FROM fails($$SELECT define_question('f', funnel_def('{view,cart}'), of => 'vipp')$$);
SELECT * FROM fails($$SELECT define_question('f', funnel_def('{view,cart}'), keep => '-1 day')$$);
SELECT * FROM fails($$SELECT define_question('f', funnel_def('{view,cart}'), top => 0)$$);
SELECT * FROM fails($$SELECT define_question('f', funnel_def('{view,cart}'), language => 'fr')$$);
SELECT * FROM fails($$SELECT define_question('f', 'SELECT 1', by => 'city')$$);
SELECT * FROM fails($$SELECT define_question('f', '1 + 1')$$);
SELECT * FROM fails($$SELECT define_question('f', 'DELETE FROM clientele_data.tags')$$);
SELECT * FROM fails($$SELECT define_question('f', 'SELECT * FROM nowhere')$$);
SELECT * FROM fails($$SELECT define_question('f', 'SELECT * FROM pg_temp.x')$$);
SELECT * FROM fails($$SELECT ask_question('f')$$);
SELECT define_question('漏斗', funnel_def('{view,cart,purchase}', within => '7 days'), by => 'city', language => 'zh', top => 2, description => 'x'),
       define_question('back', retention_def('view', 'purchase', period => 'week', up_to => 3, until => '2026-05-01', amounts => true), by => 'value.tier'),
       define_question('ways', path_def(session_gap => '1 day', ends => true, max_length => 3), by => 'channels', of => 'vip | views > 2'),
       define_question('earned', attribution_def('purchase', until => '2026-05-01', models => '{first,linear,markov_1}'), by => 'vip'),
       define_question('active', activity_def(period => 'week', until => '2026-05-01'), of => '!vip'),
       define_question('counted', counts_def('*', period => 'week', by => '{channel}'), by => 'views'),
       define_question('sql; <x>', $$SELECT date '2026-03-01' + n AS day, 'a' AS one, n % 2 = 0 AS even, n * interval '90 seconds' AS long, NULL::numeric AS gone, 'b' AS two FROM generate_series(1, 2) n;$$),
       define_question('parts', $$SELECT segment, count(*) FROM clientele.customer_segments('city') GROUP BY 1 ORDER BY segment COLLATE "C"$$);
SELECT question, outcome, error FROM refresh_questions();
SELECT segment, segment_kind, step, name, customers, round(conversion::numeric, 4) AS conversion, p_value::numeric(6, 4), q_value::numeric(6, 4)
FROM clientele_bi.funnels WHERE latest;
SELECT question, at, label, measure, number, replace(segment, chr(8238), '<RLO>') AS segment, segment_kind FROM clientele_bi.answers ORDER BY 1, row, 4;
SELECT segment, count(*), sum(paths), count(p_value) FROM clientele_bi.path_links GROUP BY 1 ORDER BY segment COLLATE "C";
SELECT segment, segment_kind, sum(events) AS events, sum(amount) AS amount, count(p_value) FROM clientele_bi.counts GROUP BY 1, 2 ORDER BY segment COLLATE "C";

-- The same rows by the SQL of the question, whatever the session's settings are.
CREATE FUNCTION same(question text) RETURNS boolean LANGUAGE plpgsql SET timezone = 'Asia/Tokyo' SET extra_float_digits = 0 SET datestyle = 'German' AS $$
DECLARE kept jsonb; asked jsonb; written jsonb; q record; n bigint; m bigint;
BEGIN
  SELECT * INTO q FROM clientele_bi.questions x WHERE x.question = same.question;
  EXECUTE format('SELECT count(*) FROM ((SELECT row_to_json(x)::jsonb - %1$L::text[] FROM clientele_bi.%2$I x WHERE x.question = $1 AND x.latest)
                  EXCEPT ALL SELECT to_jsonb(w) FROM (%3$s) w) d', '{question,as_of,latest,p_value,q_value}'::text[],
                 CASE q.kind WHEN 'funnel' THEN 'funnels' ELSE q.kind END, q.sql) INTO n USING same.question;
  EXECUTE format('SELECT count(*) FROM (%s) w', q.sql) INTO m;
  SELECT count(*) INTO STRICT kept FROM ask_question(same.question) a;
  RETURN n = 0 AND to_jsonb(m) = kept AND m > 0;
END $$;
SELECT question, same(question) FROM clientele_bi.questions WHERE kind <> 'answers' ORDER BY question COLLATE "C";

-- Significance: each segment against all other customers, adjusted over all tests of the answer.
SELECT bool_and(f.p_value = hypergeometric_p(a.n, a.customers, s.n, f.customers)) AS fisher
FROM (SELECT *, first_value(customers) OVER (PARTITION BY segment ORDER BY step) AS n FROM clientele_bi.funnels) s
JOIN clientele_bi.funnels f USING (segment, step)
JOIN (SELECT *, first_value(customers) OVER (ORDER BY step) AS n FROM clientele_bi.funnels WHERE segment_kind = 'all') a USING (step)
WHERE f.step > 1 AND f.segment_kind <> 'all';
SELECT adjusted_p(array_agg(p_value ORDER BY segment, step)) = array_agg(q_value ORDER BY segment, step) AS adjusted FROM clientele_bi.funnels WHERE p_value IS NOT NULL;

-- Fresh as long as nothing has changed: journeys, the customers of a segment, the definition.
SELECT DISTINCT outcome FROM refresh_questions() WHERE question NOT IN ('sql; <x>', 'parts');
SELECT outcome FROM refresh_questions('{active}', complete => true);
SELECT define_question('active', activity_def(period => 'month', until => '2026-05-01'), of => '!vip');
SELECT question, outcome FROM refresh_questions('{active,earned}');
SELECT define_tag('vip', 'event_count(journey, ''purchase'') >= 4');
SELECT count(*) FROM refresh_tags('{vip}');
SELECT question, outcome FROM refresh_questions('{active,earned,ways,back}') ORDER BY question;
DELETE FROM clientele_data.home_attributes WHERE value = '上海';
SELECT question, outcome FROM refresh_questions('{active,漏斗}') ORDER BY question;
UPDATE clientele_data.journeys SET journey = journey || '{}'::journey WHERE false;
DELETE FROM clientele_data.journeys WHERE customer_id = 1;
SELECT question, outcome FROM refresh_questions('{active,漏斗}') ORDER BY question;
SELECT count(*) FROM refresh_tags();
SELECT count(*) FROM refresh_questions();
SELECT define_question('active', activity_def(period => 'month', until => '2026-05-01'), of => '!vip', max_age => '0');
SELECT outcome FROM refresh_questions('{active}');
SELECT outcome FROM refresh_questions('{active}');

-- History: one answer of each day, none older than keep.
UPDATE clientele_data.question_answers SET as_of = as_of - interval '3 days' WHERE answer_id = (SELECT answer_id FROM clientele_data.question_status JOIN clientele_data.questions USING (question_id) WHERE name = 'active');
SELECT outcome FROM refresh_questions('{active}');
SELECT outcome FROM refresh_questions('{active}');
SELECT count(DISTINCT as_of) AS answers, count(DISTINCT as_of) FILTER (WHERE latest) AS latest, max(as_of) FILTER (WHERE latest) = max(as_of) AS newest FROM clientele_bi.activity WHERE question = 'active';
SELECT answers FROM clientele_bi.questions WHERE question = 'active';
SELECT define_question('active', activity_def(period => 'month', until => '2026-05-01'), of => '!vip', max_age => '0', keep => '2 days');
SELECT outcome FROM refresh_questions('{active}');
SELECT answers, description FROM clientele_bi.questions WHERE question IN ('active', '漏斗') ORDER BY 1, 2;

-- Another kind under the same name deletes the answers of before.
SELECT define_question('active', funnel_def('{view,cart}'));
SELECT question, answers, refreshed_at IS NOT NULL AS refreshed FROM clientele_bi.questions WHERE question = 'active';
SELECT outcome, rows FROM refresh_questions('{active}');
-- What was written by hand, and cannot be read, fails by itself.
UPDATE clientele_data.questions SET kind = 'activity', definition = '{nonsense' WHERE name = 'active';
SELECT outcome, left(error, 34) AS error FROM refresh_questions('{active}');
SELECT sql LIKE '%{nonsense%' AS shown FROM clientele_bi.questions WHERE question = 'active';
SELECT define_question('active', funnel_def('{view,cart}'));
SELECT define_question('too long', $$SELECT n FROM generate_series(1, 100001) n$$);
SELECT question, outcome, error FROM refresh_questions('{too long}');
SELECT forget_question('too long');
-- Columns may have the names of the rows here.
SELECT define_question('names', 'SELECT 1 AS a, 2 AS answer, 3 AS r, 4 AS c, 5 AS x');
SELECT outcome, error FROM refresh_questions('{names}');
SELECT measure, number FROM clientele_bi.answers WHERE question = 'names' ORDER BY number;
SELECT forget_question('names');
-- An event type with another name is a change, and what is too old goes even where nothing has changed.
SELECT outcome FROM refresh_questions('{counted}');
SELECT outcome FROM refresh_questions('{counted}');
BEGIN;
UPDATE clientele_data.event_types SET channel = 'renamed' WHERE event_type_id = (SELECT min(event_type_id) FROM clientele_data.event_types);
SELECT outcome FROM refresh_questions('{counted}');
ROLLBACK;
BEGIN;
INSERT INTO clientele_data.question_answers (question_id, kind, as_of, rows)
SELECT question_id, kind, now() - interval '500 days', '[]' FROM clientele_data.questions WHERE name = 'counted';
SELECT outcome FROM refresh_questions('{counted}');
SELECT count(*) AS too_old FROM clientele_data.question_answers a JOIN clientele_data.questions q USING (question_id)
WHERE q.name = 'counted' AND a.as_of < now() - q.keep;
-- Settings are those of before.
SET LOCAL clientele.unknown_event = ignore;
SELECT define_question('counted', counts_def('*', period => 'week', by => '{channel}'), by => 'views');
SHOW clientele.unknown_event;
SHOW enable_nestloop;
-- Values of customers without a journey have no place among the top.
DELETE FROM clientele_data.stored_journeys WHERE customer_id IN (SELECT customer_id FROM customer_segments('city') WHERE segment = 'Berlin');
SELECT define_question('placed', counts_def('*'), by => 'city', top => 2);
SELECT count(DISTINCT segment) FILTER (WHERE segment_kind = 'value') AS "values" FROM ask_question('placed');
SELECT count(*) AS otherwise FROM clientele_bi.questions q,
  LATERAL (SELECT DISTINCT segment FROM question_segments(by => 'city', top => 2) EXCEPT SELECT a.segment FROM ask_question('placed') a) d WHERE q.question = 'placed';
ROLLBACK;

-- Rename, fail, forget.
SELECT * FROM fails($$SELECT rename_question('nothing', 'x')$$);
SELECT * FROM fails($$SELECT rename_question('earned', 'ways')$$);
SELECT rename_question('earned', '渠道归因'), rename_question('ways', 'ways');
SELECT count(*) > 0 AS renamed FROM clientele_bi.attribution WHERE question = '渠道归因' AND latest;
SELECT outcome FROM refresh_questions('{渠道归因}');
SELECT forget_tag('channels');
CREATE TABLE public.own AS SELECT 1 AS n;
SELECT define_question('own table', 'SELECT n FROM public.own');
SELECT outcome FROM refresh_questions('{own table}');
ALTER TABLE public.own RENAME n TO m;
SELECT question, outcome, error FROM refresh_questions('{ways,own table,back}') ORDER BY question;
SELECT question, outcome, error, failed_at IS NOT NULL AS failed, answers FROM clientele_bi.questions WHERE question IN ('ways', 'own table', 'back') ORDER BY question;
SELECT count(*) FILTER (WHERE latest) > 0 AS kept FROM clientele_bi.path_links WHERE question = 'ways';
ALTER TABLE public.own RENAME m TO n;
SELECT outcome, error FROM refresh_questions('{own table}');
SELECT * FROM fails($$SELECT * FROM refresh_questions('{ways,nowhere}')$$);
SELECT forget_question('ways');
SELECT * FROM fails($$SELECT forget_question('ways')$$);
SELECT count(*) AS answers_of_forgotten FROM clientele_data.question_answers a WHERE NOT EXISTS (SELECT FROM clientele_data.questions q WHERE q.question_id = a.question_id);

-- SQL of others runs only for those who trust its author; definitions are data.
CREATE ROLE clientele_q_author;
CREATE ROLE clientele_q_reader;
GRANT USAGE ON SCHEMA clientele_data, clientele_bi TO clientele_q_author;
GRANT SELECT, INSERT, UPDATE, DELETE ON clientele_data.questions, clientele_data.question_answers, clientele_data.question_status TO clientele_q_author;
GRANT SELECT ON clientele_data.tags, clientele_data.settings, clientele_data.tag_status, clientele_data.home_attributes TO clientele_q_author;
GRANT SELECT ON clientele_data.event_types TO clientele_q_author;
SET ROLE clientele_q_author;
SELECT define_question('theirs', 'SELECT current_user::text AS me, 1 AS n'), define_question('their funnel', funnel_def('{view,cart}'));
SELECT code, message FROM fails($$SELECT define_question('secret', 'SELECT * FROM clientele_data.stored_journeys')$$);
UPDATE clientele_data.questions SET defined_by = 'postgres' WHERE name = 'theirs';
SELECT defined_by = current_user AS still_theirs FROM clientele_data.questions WHERE name = 'theirs';
RESET ROLE;
SELECT question, outcome, error FROM refresh_questions('{theirs,their funnel}') ORDER BY question;
SELECT code, message FROM fails($$SELECT * FROM ask_question('theirs')$$);
SET clientele.trusted_owners = 'clientele_q_author';
SELECT outcome, error FROM refresh_questions('{theirs}');
RESET clientele.trusted_owners;

-- A BI role reads the answers, and asks nothing.
CALL grant_bi('clientele_q_reader');
SET ROLE clientele_q_reader;
SELECT count(*) > 0 AS reads FROM clientele_bi.funnels;
SELECT count(*) > 0 AS reads FROM clientele_bi.questions WHERE sql IS NOT NULL;
SELECT code FROM fails($$SELECT * FROM ask_question('back')$$);
SELECT code FROM fails($$SELECT * FROM refresh_questions()$$);
RESET ROLE;

-- Starter questions: chosen by the events of the store, in both languages.
SELECT count(*) >= 12 AS enough, count(DISTINCT question) = count(*) AS names FROM starter_questions('en');
SELECT e.kind = z.kind AND e.definition = z.definition AND e.question <> z.question AS both
FROM starter_questions('en') WITH ORDINALITY e (question, kind, definition, needs, by, description, n)
JOIN starter_questions('zh') WITH ORDINALITY z (question, kind, definition, needs, by, description, n) USING (n) GROUP BY 1;
SELECT question, kind, by FROM define_starter_questions();
SELECT question, kind FROM define_starter_questions(by => 'value.tier', language => 'zh') WHERE by = 'value.tier' LIMIT 3;
SELECT count(*) > 25 AS many, count(*) FILTER (WHERE outcome = 'failed') AS failed FROM refresh_questions((SELECT array_agg(question) FROM starter_questions('zh') JOIN clientele_bi.questions USING (question)) || (SELECT array_agg(question) FROM starter_questions('en') JOIN clientele_bi.questions USING (question)));
SELECT DISTINCT segment FROM clientele_bi.funnels WHERE question = '购买漏斗' ORDER BY 1;
SELECT * FROM fails($$SELECT define_starter_questions(language => 'fr')$$);
SELECT * FROM fails($$SELECT define_starter_questions(purchase => 'buy')$$);
SELECT code, message FROM fails($$SELECT define_starter_questions(by => 'nothing')$$);
\c :tests
DROP DATABASE clientele_questions;
DROP ROLE clientele_q_author, clientele_q_reader;
