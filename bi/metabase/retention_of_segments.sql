-- Retention of each segment / 各分组的留存曲线
-- Line: period; rate, by segment
SELECT period, segment, rate
FROM clientele_bi.retention
WHERE question = {{question}} AND latest AND cohort IS NULL AND complete
ORDER BY period, segment
