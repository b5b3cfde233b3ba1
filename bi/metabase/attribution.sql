-- Conversions that each channel has earned / 各渠道的转化贡献
-- Bar: channel; conversions, by model
SELECT channel, model, conversions, value
FROM clientele_bi.attribution
WHERE question = {{question}} AND latest AND segment_kind = 'all'
ORDER BY channel, model
