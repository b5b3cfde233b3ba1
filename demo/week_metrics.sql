-- SPDX-License-Identifier: PostgreSQL
-- What is watched from :week on: metrics that suit any store, and one of this shop.
\echo :title'What is watched? Metrics that suit any store, hour by hour, and one more for each screen: which share of the checkouts is paid':plain
SELECT metric, description FROM clientele.define_starter_metrics(passive => 'email:*|service:resolved');
-- A newsletter makes thousands of events, every other week.
\o /dev/null
SELECT clientele.pause_metric('Events');
\o
SELECT count(clientele.define_metric('付款率 ' || channel, channel || ':purchase', number => 'customers', per => channel || ':checkout',
  judge => clientele.anomaly_def('ratio', season => '7 days', scales => '{1,3}', min_volume => 3, direction => 'down'),
  description => 'Which share of the customers at the checkout pays in the same hour.')::text) AS "own metrics"
FROM unnest('{web,app}'::text[]) channel;

SELECT outcome, count(*) AS metrics, sum(changed) AS "values measured", round(sum(seconds)::numeric, 1) AS seconds
FROM clientele.measure_metrics(:'week') GROUP BY outcome;
