-- SPDX-License-Identifier: PostgreSQL
-- The batches after a run, a line for each, for people who wait.
SELECT r.run_id, format('%-10s %10s rows read, %s packed%s', s.name, to_char(r.rows_read, 'FM999,999,999'), to_char(r.rows_packed, 'FM999,999,999'),
         concat(', ' || nullif(r.rows_duplicate, 0) || ' duplicates', ', ' || nullif(r.rows_rejected, 0) || ' rejected',
                ', ' || to_char(100 * b.history_share, 'FM990') || ' % of its history', ', ' || date_trunc('millisecond', r.finished_at - r.started_at)))
FROM clientele_data.load_runs r
JOIN clientele_data.sources s ON s.source_id = r.source_id
LEFT JOIN clientele_data.source_status b ON b.source = s.name AND b.history_share < 1
WHERE r.run_id > :last AND r.finished_at IS NOT NULL AND r.rows_read > 0 ORDER BY r.run_id;
