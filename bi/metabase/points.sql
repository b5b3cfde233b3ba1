-- Points by month / 每月积分
-- Bar: month; earned, spent, expired
SELECT month, earned, granted, spent, expired, returned, outstanding
FROM clientele_bi.points_flow
ORDER BY month
