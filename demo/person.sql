-- SPDX-License-Identifier: PostgreSQL
\set ECHO none
SELECT i.customer_id AS whose
FROM clientele_data.identities i JOIN clientele_data.journeys j USING (customer_id)
WHERE clientele.event_count(journey, 'complaint') > 0 AND clientele.event_count(journey, 'store:purchase') > 0
  AND clientele.event_count(journey, 'web:purchase') > 0
GROUP BY i.customer_id HAVING count(*) > 6 ORDER BY i.customer_id LIMIT 1
\gset
\set ECHO queries
\echo :title'One of them: by what the five systems know this customer, and what happened lately':plain
SELECT kind, string_agg(value, ', ' ORDER BY value) AS identifiers
FROM clientele_data.identities WHERE customer_id = :whose GROUP BY kind ORDER BY kind;
SELECT to_char(at, 'YYYY-MM-DD HH24:MI:SS') AS at, channel, event, item, amount
FROM clientele_bi.events e WHERE customer_id = :whose ORDER BY e.at DESC LIMIT 10;
