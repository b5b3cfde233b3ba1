-- What campaigns have changed / 营销活动的效果
-- Table
SELECT campaign, measure, is_final, treated, control, treated_mean, control_mean, difference, low, high, significant, trusted, extra, roi
FROM clientele_bi.campaign_effects
ORDER BY started_at DESC, campaign, measure
