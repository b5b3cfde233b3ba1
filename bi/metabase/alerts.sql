-- Alerts / 指标预警
-- Table
SELECT metric, level, state, since, number, expected, moved_segment, message
FROM clientele_bi.alerts
WHERE true [[AND since >= {{since}}::date]]
ORDER BY since DESC
