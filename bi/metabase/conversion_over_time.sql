-- Conversion over time / 转化率的变化
-- Line: as_of; conversion, by step
SELECT as_of, step || '. ' || name AS step, conversion
FROM clientele_bi.funnels
WHERE question = {{question}} AND segment_kind = 'all' AND funnels.step > 1
ORDER BY as_of, funnels.step
