-- SPDX-License-Identifier: PostgreSQL
-- What became of the rows of several files, and by what their customers were joined.
WITH rows AS (
  SELECT s.source_id, s.name AS file, sum(r.rows_read) AS read, sum(r.rows_packed) AS packed, sum(r.rows_duplicate) AS duplicates,
         sum(r.rows_rejected) AS rejected
  FROM clientele_data.sources s LEFT JOIN clientele_data.load_runs r USING (source_id) GROUP BY s.source_id
)
SELECT file, coalesce(read, 0) + unreadable AS rows, coalesce(packed, 0) AS packed, coalesce(duplicates, 0) AS duplicates,
       coalesce(rejected, 0) + unreadable AS rejected
FROM rows, LATERAL (SELECT count(*) AS unreadable FROM demo.events e WHERE e.file = rows.file) u
ORDER BY source_id;

\echo :title'By what are the customers known, and how many by more than one?':plain
SELECT kinds AS "known by", count(*) AS customers, sum(identifiers) AS identifiers
FROM (SELECT customer_id, string_agg(DISTINCT kind, ' + ' ORDER BY kind) AS kinds, count(*) AS identifiers
      FROM clientele_data.identities GROUP BY customer_id) k
GROUP BY kinds ORDER BY customers DESC, kinds LIMIT 12;

\echo :title'How many customers come by how many channels? A file without channels is one':plain
SELECT channels, count(*) AS customers, sum(events) AS events
FROM (SELECT customer_id, count(DISTINCT channel) AS channels, count(*) AS events FROM clientele_bi.events GROUP BY customer_id) f
GROUP BY channels ORDER BY channels;
