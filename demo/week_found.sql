-- SPDX-License-Identifier: PostgreSQL
-- What the metrics say of the week after :week.
\echo :title'What was noticed? Each hour is compared with the same hour of the weeks before':plain
SELECT outcome, count(*) AS metrics, sum(changed) AS "values measured" FROM clientele.measure_metrics(:'week'::timestamptz + interval '7 days 15 minutes') GROUP BY outcome;
SELECT what, count(*) AS changes, count(*) FILTER (WHERE pushed) AS "sent at once"
FROM clientele.check_metrics(:'week'::timestamptz + interval '7 days 15 minutes', since => :'week') GROUP BY what ORDER BY what;

SELECT to_char(a.since, 'Dy HH24:MI') AS since, to_char(a.point, 'Dy HH24:MI') AS worst, a.level, left(a.message, 130) AS message
FROM clientele_bi.alerts a WHERE a.level >= 2 ORDER BY a.since, a.metric;

\echo :title'And what was planted? The app took no payments, hour by hour':plain
SELECT to_char(i.since, 'Dy HH24:MI') || ' – ' || to_char(i.until, 'HH24:MI') AS planted, i.orders_lost AS "orders lost", c.metric,
       to_char(min(c.point), 'Dy HH24:MI') AS noticed, (extract(epoch FROM min(c.point) - i.since) / 3600)::int + 1 AS "in hour",
       max(c.level) AS level, to_char(min(c.point) FILTER (WHERE c.level = 3), 'Dy HH24:MI') AS critical
FROM demo.incident i
LEFT JOIN clientele_bi.alert_changes c ON c.metric LIKE '付款率%' AND c.what IN ('opened', 'escalated') AND c.point >= i.since AND c.point < i.until
GROUP BY i.since, i.until, i.orders_lost, c.metric;
SELECT to_char(a.at, 'Dy HH24:MI') AS hour, a.volume AS "at the app's checkout", a.value AS paid, to_char(100 * a.number, 'FM990 %') AS share,
       to_char(100 * a.expected, 'FM990 %') AS expected, round(a.z::numeric, 1) AS z, a.level, repeat('█', round(20 * a.number)::int) AS "                    ",
       to_char(100 * w.number, 'FM990 %') AS "share on the web", round(w.z::numeric, 1) AS "its z"
FROM clientele_bi.metric_values a JOIN clientele_bi.metric_values w USING (at), demo.incident
WHERE a.metric = '付款率 app' AND w.metric = '付款率 web' AND a.at BETWEEN since - interval '2 hours' AND incident.until + interval '1 hour' ORDER BY a.at;
