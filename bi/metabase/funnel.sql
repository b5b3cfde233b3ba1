-- How far customers come / 客户走到哪一步
-- Funnel: step, customers
SELECT step || '. ' || name AS step, customers
FROM clientele_bi.funnels
WHERE question = {{question}} AND latest AND segment_kind = 'all'
ORDER BY funnels.step
