-- SPDX-License-Identifier: PostgreSQL
-- A customer that many systems know.
\set ECHO none
SELECT i.customer_id AS whose
FROM clientele_data.identities i JOIN clientele_data.stored_journeys j USING (customer_id)
GROUP BY i.customer_id ORDER BY count(DISTINCT i.kind) DESC, count(*) DESC, i.customer_id LIMIT 1
\gset
\set ECHO queries
\echo :title'One of them: by what the five systems know this customer, and the last event on each channel':plain
SELECT kind, string_agg(value, ', ' ORDER BY value) AS identifiers
FROM clientele_data.identities WHERE customer_id = :whose GROUP BY kind ORDER BY kind;
SELECT DISTINCT ON (channel) channel, to_char(e.at, 'YYYY-MM-DD HH24:MI:SS') AS at, event, item, amount
FROM clientele_bi.events e WHERE customer_id = :whose ORDER BY channel, e.at DESC;
