-- When customers are active / 客户活跃时段
-- Pivot table: rows weekday, columns hour, values events
SELECT weekday, hour, sum(events) AS events, sum(customers) AS customers
FROM clientele_bi.heat_map
WHERE true [[AND channel = {{channel}}]]
GROUP BY weekday, hour ORDER BY weekday, hour
