-- Who comes back, by cohort / 各同期群的留存率
-- Pivot table: rows cohort, columns period, values rate
SELECT to_char(cohort, 'YYYY-MM-DD') AS cohort, period, customers, rate
FROM clientele_bi.retention
WHERE question = {{question}} AND latest AND segment_kind = 'all' AND cohort IS NOT NULL AND complete
ORDER BY 1, 2
