-- SPDX-License-Identifier: PostgreSQL
-- A model of churn and a warning by it, on the eve of :week. Customers have left who do nothing for a horizon; what the shop does
-- does not count. The model learns from the past as it was two horizons ago.
\set ECHO none
SELECT 'web:*|app:*|store:*|contact|complaint|promotion_opened|promotion_clicked' AS own,
       make_interval(days => least(60, greatest(1, (extract(epoch FROM :'week'::timestamptz - min(first_event_at)) / 86400 / 6)::int))) AS horizon
FROM clientele_data.load_runs
\gset
SELECT :'week'::timestamptz - 2 * :'horizon'::interval AS learned_at
\gset
CREATE TEMP TABLE lived AS
SELECT journey, clientele.churned(journey, :'learned_at', :'horizon', :'own') AS churned
FROM clientele_data.journeys
WHERE clientele.last_at(clientele.journey_slice(journey, until => :'learned_at'), :'own') >= :'learned_at'::timestamptz - :'horizon'::interval;
SELECT count(*) FILTER (WHERE churned) >= 200 AS enough FROM lived
\gset
\set ECHO queries
\if :enough
\echo :title'Who is about to leave? A model learns from the past, and a warning judges all customers by it':plain
SELECT clientele.save_model('流失', clientele.churn_fit(journey, churned, :'learned_at', clientele.churn_def()),
                            fitted_on => 'the past') AS version
FROM lived;
\o /dev/null
SELECT clientele.define_warning('流失预警', '流失', horizon => :'horizon', event => :'own', active => :'horizon', lift => 'response.complained_lately',
                                trained_until => :'week'::timestamptz - :'horizon'::interval);
\o
SELECT customers, critical, warned, attention, round(value_at_risk) AS "value at risk" FROM clientele.refresh_warnings(at => :'week');

\echo :title'Is it right? What it would have said a horizon ago, and what has happened since':plain
SELECT CASE level WHEN 'half' THEN '(one half)' ELSE level END AS level, round(threshold::numeric, 2) AS "from", warned, to_char(100 * "precision", 'FM990.0 %') AS "precision",
       format('%s – %s', round(100 * precision_low::numeric), round(100 * precision_high::numeric)) AS "95 %",
       to_char(100 * recall, 'FM990.0 %') AS recall, to_char(100 * base_rate, 'FM990.0 %') AS "base rate", to_char(100 * accuracy, 'FM990.0 %') AS accuracy
FROM clientele_bi.warning_quality WHERE latest ORDER BY threshold DESC;
\else
\echo 'Too few customers for a model of churn.'
\endif
