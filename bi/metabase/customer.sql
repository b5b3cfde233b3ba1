-- What one customer did / 单个客户的历史
-- Table
SELECT at, channel, event, item, amount
FROM clientele_bi.events
WHERE customer_id = {{customer}}::bigint
ORDER BY at DESC LIMIT 500
