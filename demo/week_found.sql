-- SPDX-License-Identifier: PostgreSQL
-- What the metrics say of the week after :week.
\echo :title'What was noticed? Each hour is compared with the same hour of the weeks before':plain
SELECT outcome, count(*) AS metrics, sum("values") AS "values" FROM clientele.measure_metrics(:'week'::timestamptz + interval '7 days 15 minutes') GROUP BY outcome;
SELECT what, count(*) AS changes, count(*) FILTER (WHERE pushed) AS "sent at once"
FROM clientele.check_metrics(:'week'::timestamptz + interval '7 days 15 minutes', since => :'week') GROUP BY what ORDER BY what;

SELECT to_char(a.since, 'Dy HH24:MI') AS since, to_char(a.point, 'Dy HH24:MI') AS worst, a.level, left(a.message, 130) AS message
FROM clientele_bi.alerts a WHERE a.level >= 2 ORDER BY a.since, a.metric;

\echo :title'And what was planted? The app took no payments, hour by hour':plain
SELECT to_char(i.since, 'Dy HH24:MI') || ' – ' || to_char(i.until, 'HH24:MI') AS planted, i.orders_lost AS "orders lost",
       to_char(min(c.point) FILTER (WHERE c.what = 'opened'), 'Dy HH24:MI') AS noticed,
       (extract(epoch FROM min(c.point) FILTER (WHERE c.what = 'opened') - i.since) / 3600)::int + 1 AS "in hour",
       to_char(min(c.point) FILTER (WHERE c.level = 3), 'Dy HH24:MI') AS critical, max(a.moved_segment) AS segment
FROM demo.incident i
LEFT JOIN clientele_bi.alerts a ON a.metric = '付款率' AND a.since BETWEEN i.since AND i.until
LEFT JOIN clientele_bi.alert_changes c USING (alert_id)
GROUP BY i.since, i.until, i.orders_lost;
SELECT to_char(at, 'Dy HH24:MI') AS hour, volume AS "at the checkout", value AS paid, to_char(100 * number, 'FM990 %') AS share,
       to_char(100 * expected, 'FM990 %') AS expected, round(z::numeric, 1) AS z, level, repeat('█', round(20 * number)::int) AS "                    "
FROM clientele_bi.metric_values, demo.incident
WHERE metric = '付款率' AND at BETWEEN since - interval '2 hours' AND incident.until + interval '1 hour' ORDER BY at;
