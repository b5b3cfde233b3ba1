-- SPDX-License-Identifier: PostgreSQL
-- The warning of week_warning.sql, a week after :week.
\set ECHO none
SELECT EXISTS (SELECT FROM clientele_data.warning_definitions) AS warns
\gset
\set ECHO queries
\if :warns
\echo :title'Who is about to leave now? Warnings rise for those who were silent, and for those who complained':plain
SELECT outcome, customers FROM clientele.refresh_tags('{response.complained_lately}', at => :'week'::timestamptz + interval '7 days');
SELECT customers, critical, warned, attention, raised, lowered, ended, round(value_at_risk) AS "value at risk"
FROM clientele.refresh_warnings(at => :'week'::timestamptz + interval '7 days');

SELECT w.level, count(*) AS customers, to_char(100 * avg(w.probability), 'FM990.0 %') AS "mean risk", to_char(100 * avg((NOT t.alive)::int), 'FM990.0 %') AS "have left in truth",
       round(sum(w.value_at_risk)) AS "value at risk", count(*) FILTER (WHERE p.orders_lost > 0) AS "could not pay"
FROM clientele_bi.warnings w JOIN clientele_data.identities i USING (customer_id)
JOIN demo.truth t ON i.kind = 'customer' AND i.value = t.customer JOIN demo.people p USING (customer)
GROUP BY w.level ORDER BY avg(w.probability) DESC;

\echo :title'What to do? The most valuable of the critical, each with reasons and a strategy':plain
SELECT t.name, t.city, w.tier, to_char(100 * w.probability, 'FM990 %') AS risk, round(w.value_at_risk) AS "value at risk", left(w.reasons::text, 90) AS reasons, w.strategy, w.channel, w.incentive
FROM clientele_bi.warnings w JOIN clientele_data.identities i USING (customer_id) JOIN demo.truth t ON i.kind = 'customer' AND i.value = t.customer
WHERE w.level = 'critical' ORDER BY w.value_at_risk DESC NULLS LAST, w.customer_id LIMIT 5;
\endif
