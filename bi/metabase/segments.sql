-- Segments / 客户分群
-- Row: segment; customers
SELECT segment, tier, count(*) AS customers, round(avg(frequency), 1) AS purchase_days, sum(monetary) AS spent
FROM clientele_bi.rfm
GROUP BY segment, tier ORDER BY customers DESC
