-- SPDX-License-Identifier: PostgreSQL
\echo :title'How much is there, and how much room does it take?':plain
SELECT count(*) AS customers, sum(clientele.event_count(journey)) AS events,
       (SELECT count(*) FROM clientele_data.event_types) AS "event types",
       (SELECT count(*) FROM clientele_data.items) AS items,
       min(clientele.first_at(journey))::date AS "from", max(clientele.last_at(journey))::date AS "to"
FROM clientele_data.journeys;

SELECT what, pg_size_pretty(bytes) AS size, round(bytes::numeric / nullif(events, 0), 1) AS "bytes an event"
FROM (VALUES ('rows: the tables of schema demo', (SELECT sum(pg_table_size(oid))::bigint FROM pg_class WHERE relnamespace = 'demo'::regnamespace AND relkind = 'r')),
             ('journeys: the table stored_journeys', pg_table_size('clientele_data.stored_journeys')),
             ('journeys: the values alone', (SELECT sum(pg_column_size(journey))::bigint FROM clientele_data.journeys)))
     AS sizes (what, bytes),
     (SELECT sum(clientele.event_count(journey)) AS events FROM clientele_data.journeys) AS n;
