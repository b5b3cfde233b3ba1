-- SPDX-License-Identifier: PostgreSQL
-- Finds questions that suit a user's file. The steps of the funnel: the only event, repeated, or the
-- four events that most customers have, in the order in which they usually first happen. Its window
-- is one that half of the customers stay within. A session ends after half an hour, or after a week if
-- the file has only days.
\set ECHO none
CREATE TEMP TABLE firsts AS
  SELECT customer_id, event, min(at) AS at, max(at) AS last_at, count(*) AS n
  FROM clientele_bi.events GROUP BY customer_id, event;

WITH kinds AS (
  -- What comes back is not a step, unless nothing else happens.
  SELECT event, count(*) AS customers FROM firsts
  WHERE event <> 'return' OR NOT EXISTS (SELECT FROM firsts WHERE event <> 'return')
  GROUP BY event
), chosen AS (
  SELECT event FROM kinds ORDER BY customers DESC, event LIMIT 4
), ranked AS (
  SELECT event, rank() OVER (PARTITION BY customer_id ORDER BY at) AS place
  FROM firsts JOIN chosen USING (event)
), ordered AS (
  SELECT event, avg(place) AS place FROM ranked GROUP BY event
), spans AS (
  SELECT max(last_at) - min(at) AS span FROM firsts GROUP BY customer_id HAVING max(last_at) > min(at)
)
SELECT CASE (SELECT count(*) FROM kinds)
         WHEN 1 THEN (SELECT array_fill(clientele.quote_selector(NULL, event), '{4}') FROM kinds)
         ELSE (SELECT array_agg(clientele.quote_selector(NULL, event) ORDER BY place, event) FROM ordered)
       END AS steps,
       (SELECT count(*) = 1 FROM kinds) AS apart,  -- the lines of one order are not repeat purchases
       coalesce((SELECT min(w.within)::text FROM unnest('{1 hour,1 day,7 days,30 days,90 days}'::interval[]) w (within)
                 WHERE w.within >= (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY span) FROM spans)), '365 days') AS within,
       CASE WHEN (SELECT bool_and(at = date_trunc('day', at, 'UTC')) FROM clientele_bi.events) THEN '7 days' ELSE '30 minutes' END AS gap,
       EXISTS (SELECT FROM clientele_data.items) AS has_items
\gset
\set ECHO queries
