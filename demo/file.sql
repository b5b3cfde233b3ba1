-- SPDX-License-Identifier: PostgreSQL
-- Questions about a file of your own. Each query can be pasted into ./run psql.
\echo :title'What do customers do?':plain
SELECT channel, event, count(*) AS events, count(DISTINCT customer_id) AS customers, sum(amount) AS amount
FROM clientele_bi.events
GROUP BY channel, event ORDER BY events DESC, channel, event LIMIT 10;

\echo :title'How far do they come?':plain
SELECT step, name, customers,
       to_char(100 * conversion, 'FM990.0 %') AS "of all",
       to_char(100 * step_conversion, 'FM990.0 %') AS "of the step before",
       justify_interval(date_trunc('second', median_time)) AS "median time",
       repeat('█', round(30 * conversion)::int) AS "                              "
FROM clientele.funnel_steps((
  SELECT clientele.funnel(journey, clientele.funnel_def(
           :'steps', within => :'within', strictly_increasing => :'apart'))
  FROM clientele_data.journeys));

\echo :title'What are their sessions like?':plain
SELECT count(*) AS sessions, count(DISTINCT customer_id) AS customers, round(avg(s.events), 1) AS "events each",
       date_trunc('second', percentile_cont(0.5) WITHIN GROUP (ORDER BY s.duration)) AS "median length",
       date_trunc('second', max(s.duration)) AS longest, sum(s.amount) AS amount
FROM clientele_data.journeys, clientele.sessions(journey, :'gap') s;

\echo :title'Which ways do they go most often?':plain
SELECT array_to_string(path, ' → ') AS path, count(*) AS sessions, count(DISTINCT customer_id) AS customers
FROM clientele_data.journeys,
     clientele.journey_paths(journey, clientele.path_def(session_gap => :'gap', collapse => true, max_length => 5))
GROUP BY path ORDER BY sessions DESC, path LIMIT 8;

\echo :title'What follows what?':plain
SELECT source, target, customers, paths, justify_interval(date_trunc('second', median_time)) AS "median time"
FROM unnest((
  SELECT clientele.path_links(journey, clientele.path_def(by_step => false))
  FROM clientele_data.journeys))
ORDER BY paths DESC, source, target LIMIT 8;

\echo :title'How many come back, week after week?':plain
SELECT period AS week, customers, returned, to_char(100 * rate, 'FM990.0 %') AS rate,
       repeat('█', round(50 * rate)::int) AS "                         "
FROM clientele.retention_curve((
  SELECT clientele.retention_table(journey, clientele.retention_def(
           period => 'week', up_to => 6, until => (SELECT max(clientele.last_at(journey)) FROM clientele_data.journeys)))
  FROM clientele_data.journeys));

\if :has_items
\echo :title'What is it about?':plain
SELECT item, count(*) AS events, count(DISTINCT customer_id) AS customers, sum(amount) AS amount
FROM clientele_bi.events
WHERE item IS NOT NULL
GROUP BY item ORDER BY customers DESC, item LIMIT 8;
\endif
