-- Conversion of each segment / 各分组的转化率
-- Bar: segment; conversion. q_value up to 0.05: the difference from all others is hardly chance
SELECT segment, conversion, conversion_low, conversion_high, q_value
FROM clientele_bi.funnels f
WHERE question = {{question}} AND latest AND segment_kind <> 'all'
  AND step = (SELECT max(l.step) FROM clientele_bi.funnels l WHERE l.question = f.question AND l.latest)
ORDER BY conversion DESC
