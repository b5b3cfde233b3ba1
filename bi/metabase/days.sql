-- Events by day and channel / 按渠道的每日事件
-- Stacked area: day; events, by channel
SELECT day, channel, sum(events) AS events, sum(amount) AS amount
FROM clientele_bi.daily_activity
WHERE true [[AND event = {{event}}]] [[AND day >= {{since}}::date]]
GROUP BY day, channel ORDER BY day, channel
