-- SPDX-License-Identifier: PostgreSQL
-- What customers say, until a week after :week.
\echo :title'What do customers say? A survey, two days after a purchase: how likely is it that they recommend the shop?':plain
\o /dev/null
SELECT clientele.define_survey('recommend', 'nps', 'How likely are you to recommend us? 您有多大可能向朋友推荐我们？');
\o
INSERT INTO clientele_data.survey_answers (customer_id, survey, scale, score, asked_at, answered_at, channel, comment, key)
SELECT i.customer_id, 'recommend', 'nps', s.score, s.asked_at, s.answered_at, 'email', s.comment, s.id
FROM demo.surveys s JOIN clientele_data.identities i ON i.kind = 'customer' AND i.value = s.customer_no;

WITH answers AS (
  SELECT CASE WHEN a.answered_at < :'week' THEN 'before' WHEN p.orders_lost > 0 THEN 'the week, who could not pay' ELSE 'the week, others' END AS of,
         clientele.survey(a.score, a.scale) AS summary
  FROM clientele_data.survey_answers a JOIN demo.surveys s ON s.id::text = a.key JOIN demo.people p ON p.customer = s.customer_no
  WHERE a.answered_at IS NOT NULL GROUP BY 1
)
SELECT a.of, r.answers, r.promoters, r.detractors, round(r.score::numeric, 1) AS nps, format('%s – %s', round(r.low::numeric), round(r.high::numeric)) AS "95 %",
       CASE a.of WHEN 'before' THEN NULL ELSE round(d.difference::numeric, 1) END AS "change",
       CASE WHEN a.of = 'before' THEN NULL WHEN d.p_value < 0.001 THEN '< 0.001' ELSE round(d.p_value::numeric, 3)::text END AS p
FROM answers a JOIN answers b ON b.of = 'before', clientele.survey_result(a.summary) r, clientele.survey_difference(a.summary, b.summary) d
ORDER BY a.of;

\echo :title'What do they write about? Found by words, Chinese and English, beside what it is about in truth':plain
INSERT INTO clientele_data.feedback (customer_id, at, channel, text, key)
SELECT customer_id, answered_at, 'email', comment, key FROM clientele_data.survey_answers WHERE comment IS NOT NULL;
SELECT texts, classes FROM clientele.refresh_feedback();
SELECT h.topic, count(*) AS comments, to_char(100.0 * count(f.class) / count(*), 'FM990 %') AS "found as such",
       to_char(100.0 * count(*) FILTER (WHERE (f.polarity > 0) = h.praise) / nullif(count(f.class), 0), 'FM990 %') AS "and the mood",
       min(t.text COLLATE "C") AS "such as", max(t.text COLLATE "C") AS "or"
FROM clientele_data.feedback t JOIN demo.hidden_answers h ON h.id::text = t.key
LEFT JOIN LATERAL (SELECT f.class, f.polarity FROM clientele_data.feedback_found f WHERE f.feedback_id = t.feedback_id
                   AND (f.class = h.topic OR h.topic = 'function' AND f.class = 'payment') ORDER BY f.weight DESC LIMIT 1) f ON true
GROUP BY h.topic ORDER BY comments DESC;

\echo :title'What hurts, after which step? Negative texts of the week':plain
SELECT class, step, texts, round(expected::numeric, 1) AS expected, round(q_value::numeric, 2) AS q, round(value_at_risk) AS "value at risk"
FROM clientele.pain_points(:'week', :'week'::timestamptz + interval '7 days') LIMIT 5;

\echo :title'How long did those who complained wait for an answer?':plain
\o /dev/null
SELECT clientele.define_complaints(complaint => 'complaint', answer => 'resolved', within => '1 day');
\o
SELECT CASE WHEN c.complained_at < :'week' THEN 'before' WHEN i.since IS NULL THEN 'the week' ELSE 'the evening without payments' END AS complained, count(*) AS complaints,
       count(c.answered_at) AS answered, date_trunc('second', percentile_cont(0.5) WITHIN GROUP (ORDER BY c.waited)) AS "median wait"
FROM clientele_data.journeys, clientele.complaint_answers(journey, 'complaint', 'resolved', within => '1 day') c
LEFT JOIN demo.incident i ON c.complained_at BETWEEN i.since AND i.until + interval '3 hours'
GROUP BY 1 ORDER BY min(c.complained_at);
