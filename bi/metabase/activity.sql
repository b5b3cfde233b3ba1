-- New, returning and resurrected customers / 新增、持续与回流客户
-- Stacked bar: period; new, returning, resurrected
SELECT period, new, "returning", resurrected
FROM clientele_bi.activity
WHERE question = {{question}} AND latest AND segment_kind = 'all'
ORDER BY period
