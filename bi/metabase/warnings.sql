-- Customers at risk / 有流失风险的客户
-- Table
SELECT warning, customer_id, level, since, probability, reasons, value_at_risk, strategy
FROM clientele_bi.warnings
WHERE true [[AND level = {{level}}]]
ORDER BY value_at_risk DESC NULLS LAST LIMIT 500
