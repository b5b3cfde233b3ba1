-- SPDX-License-Identifier: PostgreSQL
-- Reasons in words that the people of a service team understand.

CREATE FUNCTION warning_reason(feature text, value text, language text DEFAULT 'en') RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN p.en IS NULL OR value IS NULL THEN
           CASE WHEN value IS NULL THEN CASE language WHEN 'zh' THEN feature || '未知' ELSE feature || ' is unknown' END
                ELSE feature || ' = ' || coalesce(n.number, value) END
         ELSE format(CASE language WHEN 'zh' THEN p.zh ELSE p.en END, coalesce(n.number, value)) END
  FROM (SELECT CASE WHEN length(value) <= 400 AND value ~ '^-?[0-9]+([.][0-9]+)?(e[-+]?[0-9]{1,3})?$' THEN
                 (SELECT trim_scale(round(x, CASE WHEN abs(x) >= 10 THEN 0 ELSE 1 END))::text FROM (SELECT value::numeric AS x) v) END AS number) n
  LEFT JOIN (VALUES
    ('recency_days', 'last seen %s days ago', '距上次活跃%s天'),
    ('tenure_days', 'customer for %s days', '成为客户%s天'),
    ('events', '%s actions in all', '累计行为%s次'),
    ('active_days', 'active on %s days in all', '累计活跃%s天'),
    ('sessions', '%s visits in all', '累计访问%s次'),
    ('session_gap_mean_days', 'usually %s days between visits', '平均访问间隔%s天'),
    ('session_gap_median_days', 'mostly %s days between visits', '访问间隔中位数%s天'),
    ('recency_ratio', 'silent for %s times the usual gap', '沉默时长为通常间隔的%s倍'),
    ('session_gap_trend', 'change of the gaps between visits: %s', '访问间隔变化：%s'),
    ('events_last_period', '%s actions in the last period', '最近一期行为%s次'),
    ('events_previous_period', '%s actions in the period before', '上一期行为%s次'),
    ('activity_trend', 'change of activity: %s', '活跃度变化：%s'),
    ('event_types', '%s kinds of actions', '行为种类%s种'),
    ('channels', '%s channels in use', '使用渠道%s个'),
    ('items', '%s items looked at or bought', '涉及商品%s件'),
    ('purchases', '%s purchases in all', '累计购买%s次'),
    ('purchases_last_period', '%s purchases in the last period', '最近一期购买%s次'),
    ('days_since_purchase', 'last purchase %s days ago', '距上次购买%s天'),
    ('purchase_gap_mean_days', 'usually %s days between purchases', '平均购买间隔%s天'),
    ('purchase_recency_ratio', 'next purchase late: %s times the usual gap', '距上次购买为通常间隔的%s倍'),
    ('items_per_purchase', '%s items a purchase', '每次购买%s件商品'),
    ('amount_total', 'spent %s in all', '累计消费%s'),
    ('amount_mean', 'spends %s a purchase', '每次消费%s'),
    ('returns', '%s returns', '退货%s次'),
    ('return_share', 'share of returns: %s', '退货占比%s'),
    ('complaints', '%s complaints', '投诉%s次'),
    ('complaints_last_period', '%s complaints in the last period', '最近一期投诉%s次'),
    ('promotions', '%s promotions received', '收到促销%s次'),
    ('promotions_answered', '%s promotions answered', '响应促销%s次'),
    ('answer_rate', 'share of promotions answered: %s', '促销响应率%s')
  ) p (name, en, zh) ON p.name = feature
$$;
COMMENT ON FUNCTION warning_reason(text, text, text) IS
  'Returns a reason of churn_reasons() in words, such as last purchase 45 days ago.
Features of journeys have a phrase in English and in Chinese; any other is shown as name = value. Numbers are rounded.';
