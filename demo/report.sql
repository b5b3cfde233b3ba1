-- SPDX-License-Identifier: PostgreSQL
-- What became of each row of the file: packed and rejected add up to those read.
WITH outcomes AS (
  SELECT 1 AS place, 'read' AS outcome, count(*) + coalesce((SELECT sum(rows_read) FROM clientele_data.load_runs), 0)::bigint AS n,
         'Rows that were read.' AS meaning
  FROM demo.events WHERE reject IS NOT NULL
  UNION ALL
  SELECT 2, 'packed', coalesce(sum(rows_packed), 0)::bigint, 'Events in the journeys of customers.'
  FROM clientele_data.load_runs
  UNION ALL
  SELECT 3, reason, count(*), coalesce(meaning, '') FROM demo.rejects LEFT JOIN demo.reasons USING (reason)
  GROUP BY reason, meaning
)
SELECT outcome, to_char(n, 'FM999,999,999,999') AS rows,
       to_char(100.0 * n / nullif(max(n) OVER (), 0), 'FM990.00 %') AS share, meaning
FROM outcomes ORDER BY place, n DESC, outcome;
