-- Events / 事件数
-- Line: period; events, by label
SELECT period, label, events, customers, amount
FROM clientele_bi.counts
WHERE question = {{question}} AND latest AND segment_kind = 'all'
ORDER BY period, label
