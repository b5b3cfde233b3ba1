-- Pain points / 痛点
-- Table
SELECT class, step, texts, customers, expected, q_value, value_at_risk
FROM clientele_bi.pain_points
ORDER BY excess DESC
