-- SPDX-License-Identifier: PostgreSQL
-- What the campaign of :week has brought about, beside what the simulation knows.
\echo :title'What has the campaign brought about? Members as they were drawn, a week later':plain
SELECT * FROM clientele.refresh_effects(:'week'::timestamptz + interval '7 days 1 hour');
SELECT measure, treated, control, round(treated_mean::numeric, 4) AS "mean of treated", round(control_mean::numeric, 4) AS "of control",
       round(difference::numeric, 4) AS difference, format('%s – %s', round(low::numeric, 4), round(high::numeric, 4)) AS "95 %",
       CASE WHEN p_value < 0.001 THEN '< 0.001' ELSE round(p_value::numeric, 3)::text END AS p, round(extra::numeric) AS extra, trusted, is_final AS final
FROM clientele.campaign_effect('win back', :'week'::timestamptz + interval '7 days 1 hour');

\set ECHO none
CREATE TEMP TABLE members AS
SELECT m.customer_id, m.treated, p.response, p.orders_with, p.orders_without, p.spend_with, p.spend_without
FROM clientele_data.campaigns c JOIN clientele_data.campaign_members m USING (campaign_id)
JOIN (SELECT customer_id, min(value) AS customer FROM clientele_data.identities WHERE kind = 'customer' GROUP BY customer_id) i USING (customer_id)
JOIN demo.people p USING (customer)
WHERE c.name = 'win back';
\set ECHO queries
\echo :title'And in truth? What the treated have bought, and what the same people would have bought without a message':plain
SELECT measure, round(true_effect::numeric, 4) AS "true difference", round(e.difference::numeric, 4) AS estimated,
       e.low <= true_effect AND true_effect <= e.high AS "in the interval", round(treated * true_effect) AS "true extra", round(e.extra::numeric) AS "estimated extra"
FROM (SELECT avg((orders_with > 0)::int - (orders_without > 0)::int) AS conversion, avg(spend_with - spend_without) AS value
      FROM members WHERE treated) t,
     LATERAL (VALUES ('conversion', t.conversion), ('value', t.value), ('adjusted value', t.value)) truth (measure, true_effect)
JOIN clientele.campaign_effect('win back', :'week'::timestamptz + interval '7 days 1 hour') e USING (measure);

\echo :title'Which customers did it persuade? The simulation knows':plain
SELECT response, count(*) AS members, count(*) FILTER (WHERE treated) AS treated,
       to_char(100 * avg((orders_without > 0)::int), 'FM990.0 %') AS "buys anyway", to_char(100 * avg((orders_with > 0)::int), 'FM990.0 %') AS "buys with a message",
       round(sum(spend_with - spend_without) FILTER (WHERE treated)) AS "extra money"
FROM members GROUP BY response ORDER BY avg((orders_with > 0)::int - (orders_without > 0)::int) DESC;

\set ECHO none
CREATE TEMP TABLE learned AS
SELECT m.customer_id, m.treated, m.response, clientele.event_count(clientele.journey_slice(j.journey, :'week', :'week'::timestamptz + interval '7 days'), 'purchase') > 0 AS bought,
       jsonb_build_object('category', clientele.top_property(past, 'view_item', 'category'), 'channel', clientele.top_channel(past, 'web:*|app:*|store:*'),
         'purchases', clientele.event_count(past, 'purchase'), 'days', extract(epoch FROM :'week' - clientele.last_at(past)) / 86400,
         'clicks', clientele.event_count(past, 'promotion_clicked')) AS features
FROM members m JOIN clientele_data.journeys j USING (customer_id), LATERAL (SELECT clientele.journey_slice(j.journey, NULL, :'week') AS past) p;
SELECT count(*) = 8 AS enough FROM (SELECT FROM learned GROUP BY customer_id % 2, treated, bought HAVING count(*) >= 20) arms
\gset
\set ECHO queries
\if :enough
\echo :title'Which customers to write to next time? A model of uplift learns from one half of the members, and is judged on the other':plain
SELECT clientele.save_model('uplift', clientele.uplift_fit(features, treated, bought, clientele.uplift_def())) AS version FROM learned WHERE customer_id % 2 = 0;
SELECT fifth, count(*) AS customers, to_char(100 * avg((response = 'persuadable')::int), 'FM990 %') AS "can be persuaded",
       to_char(100 * avg(uplift), 'FM990.0 %') AS "uplift, says the model",
       to_char(100 * (avg(bought::int) FILTER (WHERE treated) - avg(bought::int) FILTER (WHERE NOT treated)), 'FM990.0 %') AS "uplift seen"
FROM (SELECT *, ntile(5) OVER (ORDER BY uplift DESC, customer_id) AS fifth
      FROM (SELECT *, clientele.uplift(features, 'uplift') AS uplift FROM learned WHERE customer_id % 2 = 1) scored) fifths
GROUP BY fifth ORDER BY fifth;
\else
\echo 'Too few members for a model of uplift.'
\endif
