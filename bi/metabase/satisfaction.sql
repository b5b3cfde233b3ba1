-- Result of each survey / 各调查的结果
-- Line: month; score, by survey
SELECT month, survey, score, low, high, answers, response_rate
FROM clientele_bi.satisfaction
ORDER BY month, survey
