-- SPDX-License-Identifier: PostgreSQL
-- Feedback of customers: classes by words, the tables, pain points.
\set tests :DBNAME
CREATE DATABASE clientele_feedback ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_feedback
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
SET extra_float_digits = -3;
CREATE EXTENSION clientele;
SET search_path = public, clientele;

-- The starter words.
SELECT count(*) FILTER (WHERE word_language = 'zh') >= 250 AS chinese, count(*) FILTER (WHERE word_language = 'en') >= 250 AS english
FROM starter_feedback_words() WHERE class !~ '^[(*]' AND class <> 'overall';
SELECT string_agg(DISTINCT class, ' ' ORDER BY class) FROM starter_feedback_words();
SELECT string_agg(DISTINCT class, ' ' ORDER BY class) FROM starter_feedback_words('zh');
SELECT (SELECT feedback_lexicon(class, word, weight, polarity) FROM starter_feedback_words()) = (SELECT feedback_lexicon(class, word, weight, polarity ORDER BY word DESC)
  FROM starter_feedback_words()) AS order_does_not_matter;

-- What texts say by it, in both languages, with negators.
SELECT feedback_lexicon(class, word, weight, polarity) AS words FROM starter_feedback_words() \gset
SELECT t.text, c.class, c.weight, round(c.polarity::numeric, 4) AS polarity, c.words
FROM (VALUES (1, '价格不便宜,但是质量很好'), (2, '客服态度非常差'), (3, '没有质量问题'), (4, '不贵很好'), (5, '物流不是不快'), (6, '特别贵'), (7, '有点贵'),
             (8, 'Not expensive, and the STAFF was not very helpful.'), (9, 'Delivery wasn’t late'), (10, 'not cheap but good quality'),
             (11, 'Ｎｏｔ ｅｘｐｅｎｓｉｖｅ！'), (12, 'without any delay'), (13, 'slightly overpriced'), (14, 'the expensively priced box'), (15, ''), (16, NULL)) t (n, text),
     feedback_classes(t.text, :'words') WITH ORDINALITY c (class, weight, polarity, words, place) ORDER BY t.n, c.place;

-- A list of one's own.
SELECT '{"words": [{"class": "a", "word": "Ｘ*", "weight": 0.5, "polarity": -1}, {"word": "x*", "class": "a", "weight": 0.5, "polarity": -1}]}'::feedback_lexicon AS joined;
CREATE TEMP TABLE w (class text, word text, weight float8, polarity float8);
INSERT INTO w VALUES ('a', 'ab', 1, 1), ('a', 'abc*', NULL, -1), ('b', 'abc de', .5, NULL), ('b', 'de', .5, .5), ('*', '好', 1, 1), ('(negator)', 'n''t', 1, 0), ('(ignored)', '好像', 1, 0), (NULL, 'x', 1, 0);
SELECT feedback_lexicon(class, word, weight, polarity) AS own FROM w \gset
SELECT :'own'::feedback_lexicon;
SELECT t.text, c.* FROM (VALUES (1, 'ab abcd abc'), (2, 'abc de de'), (3, 'cab ab1'), (4, 'isn''t ab'), (5, 'isn''t it so very ab'), (6, 'abc de 好'), (7, 'abc de de 好像'), (8, 'de')) t (n, text),
     feedback_classes(t.text, :'own') c ORDER BY t.n, c.class;
SELECT feedback_lexicon_send(:'own'::feedback_lexicon) = feedback_lexicon_send(:'own'::feedback_lexicon::text::feedback_lexicon) AS text_is_the_value,
       feedback_lexicon(NULL, 'a', 1, 0) IS NULL AS nothing, count(*) AS none FROM feedback_classes('abc', '{"words": []}');

-- Mistakes.
SELECT feedback_lexicon('a', '', 1, 0);
SELECT feedback_lexicon('a', '*', 1, 0);
SELECT feedback_lexicon('a', 'x*y', 1, 0);
SELECT feedback_lexicon('', 'x', 1, 0);
SELECT feedback_lexicon('(no)', 'x', 1, 0);
SELECT feedback_lexicon('(negator)', 'x', 1, 1);
SELECT feedback_lexicon('a', 'x', 0, 0);
SELECT feedback_lexicon('a', 'x', 'NaN', 0);
SELECT feedback_lexicon('a', 'x', 1, 2);
SELECT feedback_lexicon('a', repeat('x', 65), 1, 0);
SELECT feedback_lexicon('a', v.word, 1, v.p) FROM (VALUES ('x', 0), ('Ｘ', 1)) v (word, p);
SELECT feedback_lexicon(v.class, 'x', 1, 0) FROM (VALUES ('a'), ('(break)')) v (class);
SELECT '{"word": []}'::feedback_lexicon;
SELECT '{"words": [{"class": "a"}]}'::feedback_lexicon;
SELECT 'cheap'::feedback_lexicon;
SELECT feedback_classes(repeat('x', 1000001), '{"words": []}');
SELECT feedback_classes('x');
SELECT add_feedback('x');

-- The upper tail.
SELECT hypergeometric_upper_p(10, 4, 5, 0) AS sure, round(hypergeometric_upper_p(10, 4, 5, 2)::numeric, 12) = round(186 / 252.0, 12) AS most,
       round(hypergeometric_upper_p(10, 4, 5, 4)::numeric, 12) = round(6 / 252.0, 12) AS few, hypergeometric_upper_p(0, 0, 0, 0) AS empty;
SELECT hypergeometric_upper_p(10, 4, 5, 5);

-- The store.
CALL create_store();
SELECT (SELECT count(*) FROM clientele_data.feedback_words) = (SELECT count(*) FROM starter_feedback_words()) AS has_starter_words,
       stored_feedback_lexicon() = :'words' AS same;
CREATE TABLE e AS
  SELECT i AS customer, '2026-03-01 10:00Z'::timestamptz + i * interval '1 hour' AS at, CASE WHEN i % 2 = 0 THEN 'payment_page' ELSE 'delivered' END AS event, NULL::numeric AS amount FROM generate_series(1, 60) i
  UNION ALL SELECT i, '2026-01-01 10:00Z', 'purchase', 100 FROM generate_series(1, 60) i;
CALL load_events('e', customer => 'customer', at => 'at', event => 'event', amount => 'amount');
SELECT count(add_feedback(CASE WHEN i % 2 = 0 THEN '支付失败' WHEN i % 10 = 1 THEN 'the payment failed' ELSE '物流太慢' END, v.customer_id,
         '2026-03-01 12:00Z'::timestamptz + i * interval '1 hour', 'app', 'k' || i)) AS added
FROM generate_series(1, 60) i JOIN clientele_data.identities v ON v.value = i::text;
SELECT add_feedback('again', key => 'k7') = (SELECT feedback_id FROM clientele_data.feedback WHERE key = 'k7') AS known, (SELECT count(*) FROM clientele_data.feedback) AS texts;
SELECT add_feedback(NULL);
SELECT add_feedback('x', -1);
SELECT add_feedback('x', at => 'infinity');
SELECT texts, classes FROM refresh_feedback();
SELECT texts, classes FROM refresh_feedback();
SELECT * FROM clientele_bi.feedback_classes ORDER BY month, class COLLATE "C", polarity;
SELECT class, step, texts, customers, class_texts, step_texts, all_texts, expected, excess, p_value < .01 AS rare, q_value < .01 AS found, value_at_risk
FROM pain_points(until => '2026-04-01 00:00Z');
SELECT count(*) FROM pain_points(until => '2026-04-01 00:00Z', within => '1 hour');
SELECT step, sum(texts) AS texts FROM pain_points(until => '2026-04-01 00:00Z', within => '90 days', steps => 'purchase', purchases => 'purchase') GROUP BY step;
SELECT count(*) FROM pain_points(within => '1 month');
SELECT count(*) FROM pain_points(within => NULL);
SELECT count(*) FROM pain_points(since => '-infinity');
SELECT count(*) FROM pain_points(steps => 'nothing');
-- A text that changes is read again, and all are with other words.
UPDATE clientele_data.feedback SET text = 'nothing to say' WHERE key = 'k1';
UPDATE clientele_data.feedback SET channel = 'shop' WHERE key = 'k2';
SELECT texts, classes FROM refresh_feedback();
DELETE FROM clientele_data.feedback_words WHERE class = 'payment';
SELECT texts, classes FROM refresh_feedback();
SELECT feedback_classes('支付失败');
CALL install_feedback_words();
SELECT feedback_classes('支付失败');
CALL install_feedback_words('zh', replace_all => true);
SELECT feedback_classes('支付失败');
CALL install_feedback_words('fr');
INSERT INTO clientele_data.feedback_words VALUES ('x', '支*付');
SELECT feedback_classes('支付失败');
DELETE FROM clientele_data.feedback_words WHERE class = 'x';
-- The answer follows the words within one statement of plpgsql, too.
DO $$ BEGIN
  DELETE FROM clientele_data.feedback_words;
  IF EXISTS (SELECT FROM clientele.feedback_classes('支付失败')) THEN RAISE EXCEPTION 'words are remembered for too long'; END IF;
END $$;
CALL install_feedback_words();
SELECT texts FROM refresh_feedback();
-- BI roles see classes, and no text.
CREATE ROLE clientele_feedback_bi;
CALL grant_bi('clientele_feedback_bi');
SET ROLE clientele_feedback_bi;
SELECT count(*) > 0 AS reads, (SELECT count(*) >= 0 FROM clientele_bi.pain_points) AS and_pain FROM clientele_bi.feedback_classes;
SELECT text FROM clientele_data.feedback;
SELECT add_feedback('x');
SELECT count(*) > 0 AS asks FROM feedback_classes('价格贵');
RESET ROLE;
-- The report has a section; the pain points of a year ago have gone.
INSERT INTO clientele_data.pain_points SELECT p.*, '2026-04-01 00:00Z' FROM pain_points(until => '2026-04-01 00:00Z') p ON CONFLICT DO NOTHING;
SELECT position('id="pain_points"' IN report(sections => '{pain_points}', until => '2026-04-01')) > 0 AS has_section,
       position('pain-points-grid' IN report(sections => '{pain_points}', language => 'zh', until => '2026-04-01')) > 0 AS has_grid;
DROP OWNED BY clientele_feedback_bi;
DROP ROLE clientele_feedback_bi;
\c :tests
DROP DATABASE clientele_feedback;
