-- SPDX-License-Identifier: PostgreSQL
-- Finds questions that suit a user's file. A funnel: of the only event again and again, or of the
-- four events that most customers have, in the order in which they usually first happen. Its window:
-- what half of the customers stay within. A session ends after half an hour, or a week if the file
-- knows only days.
\set ECHO none
CREATE TEMP TABLE firsts AS
  SELECT customer, event, min(at) AS at, count(*) AS n
  FROM demo.usable WHERE customer <> '' AND event <> '' AND at IS NOT NULL
  GROUP BY customer, event;

WITH kinds AS (
  -- What comes back is not a step, unless nothing else happens.
  SELECT event, count(*) AS customers FROM firsts
  WHERE event <> 'return' OR NOT EXISTS (SELECT FROM firsts WHERE event <> 'return')
  GROUP BY event
), chosen AS (
  SELECT event FROM kinds ORDER BY customers DESC, event LIMIT 4
), ranked AS (
  SELECT event, rank() OVER (PARTITION BY customer ORDER BY at) AS place
  FROM firsts JOIN chosen USING (event)
), ordered AS (
  SELECT event, avg(place) AS place FROM ranked GROUP BY event
), spans AS (
  SELECT max(at) - min(at) AS span FROM demo.usable WHERE customer <> '' GROUP BY customer HAVING max(at) > min(at)
)
SELECT CASE (SELECT count(*) FROM kinds)
         WHEN 1 THEN (SELECT array_fill(clientele.quote_selector(NULL, event), '{4}') FROM kinds)
         ELSE (SELECT array_agg(clientele.quote_selector(NULL, event) ORDER BY place, event) FROM ordered)
       END AS steps,
       (SELECT count(*) = 1 FROM kinds) AS apart,  -- the lines of one order are not repeat purchases
       coalesce((SELECT min(w.within)::text FROM unnest('{1 hour,1 day,7 days,30 days,90 days}'::interval[]) w (within)
                 WHERE w.within >= (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY span) FROM spans)), '365 days') AS within,
       CASE WHEN (SELECT bool_and(at = date_trunc('day', at, 'UTC')) FROM demo.usable) THEN '7 days' ELSE '30 minutes' END AS gap,
       EXISTS (SELECT FROM demo.usable WHERE item <> '') AS has_items
\gset
\set ECHO queries
