-- SPDX-License-Identifier: PostgreSQL
-- Tags that suit any store, as a list. define_starter_tags() replaces {word} in a rule; [[a~b]] is a in English and b in Chinese.

CREATE FUNCTION starter_tags(
    language text DEFAULT 'en', OUT tag text, OUT family text, OUT kind text, OUT rule text, OUT description text)
  RETURNS SETOF record
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 80 SET search_path = pg_catalog, pg_temp AS $tags$
  SELECT (ARRAY['basic', '基本', 'behaviour', '行为', 'preference', '偏好', 'value', '价值', 'response', '响应'])
           [2 * array_position('{basic,behaviour,preference,value,response}', s.family) - CASE $1 WHEN 'zh' THEN 0 ELSE 1 END]
           || '.' || CASE $1 WHEN 'zh' THEN s.zh ELSE s.en END,
         s.family, s.kind, regexp_replace(s.rule, '[[][[]([^~]*?)~(.*?)[]][]]', CASE $1 WHEN 'zh' THEN E'\\2' ELSE E'\\1' END, 'g'),
         CASE $1 WHEN 'zh' THEN s.zh_description ELSE s.en_description END
  FROM (VALUES
    -- basic
    ('basic', 'new', '新客', 'journey', $$first_at(journey) > refresh.at - interval '30 days'$$,
     'First seen in the last 30 days.', '最近30天内首次出现'),
    ('basic', 'long_standing', '老客', 'journey', $$first_at(journey) <= refresh.at - interval '180 days'$$,
     'First seen half a year ago or earlier.', '半年前已出现'),
    ('basic', 'tenure_days', '客龄天数', 'journey', $$floor(extract(epoch FROM refresh.at - first_at(journey)) / 86400)$$,
     'Days since the first event.', '距首次出现的天数'),
    ('basic', 'since', '首次月份', 'journey',
     $$CASE WHEN first_at(journey) BETWEEN '1970-01-02 00:00+00' AND '2199-12-30 00:00+00' THEN to_char(first_at(journey) AT TIME ZONE {zone}, 'YYYY-MM') END$$,
     'The month of the first event, as 2026-03.', '首次出现的月份,如2026-03'),
    ('basic', 'stage', '阶段', 'journey',
     $$CASE least(day_count(journey, {purchase}, {zone}), 2) WHEN 0 THEN '[[visitor~访客]]' WHEN 1 THEN '[[one-time buyer~一次购买]]' ELSE '[[repeat buyer~重复购买]]' END$$,
     'visitor, one-time buyer or repeat buyer.', '访客、一次购买或重复购买'),
    ('basic', 'lifecycle', '生命周期', 'journey', $$lifecycle_stage(journey, {lifecycle}, refresh.at)$$,
     'The stage of starter_lifecycle(): identified, first purchase, developing, loyal, silent (for 90 days) or lost (for a year).',
     '识别期、成交期、培育期、维护期、沉默期(90天)或流失期(一年)'),
    ('basic', 'growth', '成长', 'journey', $$lifecycle_stage(journey, {growth}, refresh.at)$$,
     'The stage of starter_lifecycle(scheme => ''growth''): attracted, converted, retained, expanding, silent or lost.',
     '吸引、转化、留存、扩展、沉默或流失'),
    ('basic', 'channel', '渠道', 'journey', $$channels(journey, {own})$$,
     'Every channel that the customer has used.', '用过的每个渠道'),
    ('basic', 'first_channel', '首次渠道', 'journey', $$(channels(journey, {own}))[1]$$,
     'The channel on which the customer first came.', '首次来访的渠道'),
    ('basic', 'multichannel', '多渠道', 'journey', $$cardinality(channels(journey, {own})) >= 2$$,
     'Has used two channels or more.', '用过两个及以上渠道'),
    -- behaviour
    ('behaviour', 'active', '活跃', 'journey', $$last_at(journey, {own}) > refresh.at - interval '30 days'$$,
     'Did something in the last 30 days.', '最近30天有行为'),
    ('behaviour', 'cooling', '降温', 'journey',
     $$last_at(journey, {own}) <= refresh.at - interval '30 days' AND last_at(journey, {own}) > refresh.at - interval '90 days'$$,
     'Did something in the last 90 days, but not in the last 30.', '30至90天未活跃'),
    ('behaviour', 'sleeping', '沉睡', 'journey',
     $$last_at(journey, {own}) <= refresh.at - interval '90 days' AND last_at(journey, {own}) > refresh.at - interval '180 days'$$,
     'Did nothing for 90 days, but something in the last 180.', '90至180天未活跃'),
    ('behaviour', 'lost', '流失', 'journey', $$last_at(journey, {own}) <= refresh.at - interval '180 days'$$,
     'Did nothing for 180 days.', '180天以上未活跃'),
    ('behaviour', 'recency_days', '未活跃天数', 'journey', $$floor(extract(epoch FROM refresh.at - last_at(journey, {own})) / 86400)$$,
     'Days since the customer last did something.', '距最近一次行为的天数'),
    ('behaviour', 'events', '行为次数', 'journey', $$nullif(event_count(journey, {own}), 0)$$,
     'How many things the customer did.', '行为总次数'),
    ('behaviour', 'active_days', '活跃天数', 'journey', $$nullif(day_count(journey, {own}, {zone}), 0)$$,
     'On how many days the customer did something.', '有行为的天数'),
    ('behaviour', 'days_a_month', '月均活跃天数', 'journey',
     $$round(nullif(day_count(journey, {own}, {zone}), 0) * 30.0 / greatest(30, extract(epoch FROM refresh.at - first_at(journey, {own})) / 86400), 2)$$,
     'Days with something done, in 30 days on average since the first.', '自首次行为起平均每30天的活跃天数'),
    ('behaviour', 'frequent', '高频', 'journey', $$day_count(journey_slice(journey, refresh.at - interval '30 days', refresh.at), {own}, {zone}) >= 4$$,
     'Came on four days or more of the last 30.', '最近30天活跃4天及以上'),
    ('behaviour', 'one_day', '一日客', 'journey', $$day_count(journey, {own}, {zone}) = 1$$,
     'Was active on one single day.', '仅活跃过一天'),
    ('behaviour', 'trend', '趋势', 'journey',
     $$CASE WHEN last_at(journey, {own}) > refresh.at - interval '60 days' THEN (ARRAY['[[falling~下降]]', '[[steady~平稳]]', '[[rising~上升]]'])[1 + width_bucket({feature_activity_trend}, '{-0.693147,0.693147}'::float8[])] END$$,
     'rising or falling if the last 30 days had twice or half as many events as the 30 before, else steady.',
     '最近30天与此前30天相比:上升(两倍以上)、下降(一半以下)或平稳'),
    ('behaviour', 'overdue', '异常沉默', 'journey', $$last_at(journey, {own}) > refresh.at - interval '90 days' AND {feature_recency_ratio} > 3$$,
     'Did something in the last 90 days, but has been silent for more than three times as long as is usual for the customer.', '最近90天有行为,但沉默时间超过平时间隔的三倍'),
    ('behaviour', 'searcher', '爱搜索', 'journey', $$event_count(journey, {search}) >= 3 AND event_count(journey, {search}) * 5 >= event_count(journey, {own})$$,
     'At least three searches, and at least every fifth event is one.', '搜索3次以上,且占行为五分之一以上'),
    ('behaviour', 'window_shopper', '只看不买', 'journey', $${has_purchase} AND event_count(journey, {view}) >= 10 AND event_count(journey, {purchase}) = 0$$,
     'Looked at ten things or more and never bought.', '浏览10次以上但从未购买'),
    ('behaviour', 'cart_abandoner', '弃购', 'journey', $$funnel_depth(journey, {cart_purchase}) = 1$$,
     'Put something into the cart and never bought within a week of it.', '加购后一周内从未购买'),
    ('behaviour', 'open_cart', '购物车待付', 'journey',
     $$last_at(journey, {cart}) > refresh.at - interval '14 days' AND last_at(journey, {cart}) > coalesce(last_at(journey, {purchase}), '-infinity')$$,
     'Put something into the cart in the last 14 days and has not bought since.', '最近14天加购且之后未购买'),
    ('behaviour', 'deep_visits', '深度访问', 'journey', $$event_count(journey) >= 5 * session_count(journey, '30 minutes') AND event_count(journey) > 0$$,
     'Five events or more a visit, on average.', '平均每次访问5个以上行为'),
    ('behaviour', 'store_visitor', '到店', 'journey', $$event_count(journey, {visit}) > 0$$,
     'Has come into a shop.', '到过门店'),
    ('behaviour', 'fast_decider', '快速决策', 'journey', $$first_at(journey, {purchase}) <= first_at(journey) + interval '1 day'$$,
     'Bought within a day of first coming.', '首次出现后一天内购买'),
    ('behaviour', 'slow_decider', '慢速决策', 'journey', $$first_at(journey, {purchase}) > first_at(journey) + interval '14 days'$$,
     'Bought for the first time after more than two weeks.', '首次出现两周后才购买'),
    ('behaviour', 'early_bird', '早起', 'journey', $$hour_share(journey, {own}, 5, 9, {zone}) >= 0.3 AND event_count(journey, {own}) >= 5$$,
     'At least 30 % of five events or more are from 5 to 9 in the morning.', '30%以上行为在5点至9点'),
    ('behaviour', 'night_owl', '夜猫', 'journey', $$hour_share(journey, {own}, 22, 5, {zone}) >= 0.3 AND event_count(journey, {own}) >= 5$$,
     'At least 30 % of five events or more are from 22 at night to 5.', '30%以上行为在22点至次日5点'),
    ('behaviour', 'weekend', '周末', 'journey', $$weekday_share(journey, {own}, '{6,7}', {zone}) >= 0.5 AND event_count(journey, {own}) >= 5$$,
     'At least half of five events or more are on Saturday or Sunday.', '一半以上行为在周末'),
    -- preference
    ('preference', 'channel', '渠道', 'journey', $$top_channel(journey, {own})$$,
     'The channel of most events.', '最常用的渠道'),
    ('preference', 'purchase_channel', '购买渠道', 'journey', $$top_channel(journey, {purchase})$$,
     'The channel of most purchases.', '最常购买的渠道'),
    ('preference', 'single_channel', '单一渠道', 'journey', $$cardinality(channels(journey, {own})) = 1 AND day_count(journey, {own}, {zone}) >= 3$$,
     'Came on three days or more, always on the same channel.', '活跃3天以上且只用一个渠道'),
    ('preference', 'event', '行为', 'journey', $$top_event(journey, {own})$$,
     'What the customer does most often.', '最常见的行为'),
    ('preference', 'item', '商品', 'query',
     $$WITH favourites AS MATERIALIZED (
  SELECT j.customer_id, top_item(j.journey, {own}) AS item_id FROM clientele_data.journeys j
), popular AS (
  SELECT f.item_id FROM favourites f WHERE f.item_id IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 200
)
SELECT f.customer_id, i.key FROM favourites f JOIN popular p USING (item_id) JOIN clientele_data.items i USING (item_id)$$,
     'The item of most events, of the 200 items that are so for most customers.', '最常关注的商品(限前200名)'),
    ('preference', 'items', '商品数', 'journey', $$nullif({feature_items}, 0)$$,
     'How many different items the customer''s events are about.', '关注过的不同商品数'),
    ('preference', 'category', '品类', 'journey', $$top_property(journey, {own}, {category})$$,
     'The category of most events, where event types have one.', '最常关注的品类'),
    ('preference', 'brand', '品牌', 'journey', $$top_property(journey, {own}, {brand})$$,
     'The brand of most events, where event types have one.', '最常关注的品牌'),
    ('preference', 'time_of_day', '时段', 'journey',
     $$(ARRAY['[[night~深夜]]', '[[morning~上午]]', '[[midday~中午]]', '[[afternoon~下午]]', '[[evening~晚上]]', '[[night~深夜]]'])[1 + width_bucket(usual_hour(journey, {own}, {zone}), '{5,11,14,18,22}'::integer[])]$$,
     'When most events are: morning (from 5), midday (11), afternoon (14), evening (18) or night (22).',
     '最常活跃的时段:上午(5点起)、中午(11点起)、下午(14点起)、晚上(18点起)、深夜(22点起)'),
    ('preference', 'weekday', '星期', 'journey',
     $$('{[[Monday,Tuesday,Wednesday,Thursday,Friday,Saturday,Sunday~周一,周二,周三,周四,周五,周六,周日]]}'::text[])[usual_weekday(journey, {own}, {zone})]$$,
     'The day of the week of most events.', '最常活跃的星期'),
    ('preference', 'price_band', '价格带', 'query',
     $$SELECT p.customer_id, (ARRAY['[[low~低]]', '[[middle~中]]', '[[high~高]]'])[1 + width_bucket(percent_rank() OVER (ORDER BY p.price), '{0.333333,0.666667}'::float8[])]
FROM (SELECT j.customer_id, amount_sum(j.journey, {purchase}) / nullif(event_count(j.journey, {purchase}), 0) AS price
      FROM clientele_data.journeys j) p
WHERE p.price > 0$$,
     'low, middle or high: the third of all buyers in which the price of an average thing bought is.', '购买均价在全部买家中的三分位:低、中、高'),
    -- value
    ('value', 'prospect', '潜客', 'journey', $${has_purchase} AND event_count(journey, {purchase}) = 0$$,
     'Has not bought yet.', '尚未购买'),
    ('value', 'buyer', '买家', 'journey', $$event_count(journey, {purchase}) > 0$$,
     'Has bought.', '购买过'),
    ('value', 'one_time_buyer', '一次买家', 'journey', $$day_count(journey, {purchase}, {zone}) = 1$$,
     'Has bought on one day.', '仅在一天购买过'),
    ('value', 'repeat_buyer', '重复买家', 'journey', $$day_count(journey, {purchase}, {zone}) >= 2$$,
     'Has bought on two days or more.', '在两天及以上购买过'),
    ('value', 'loyal', '忠诚', 'journey', $$day_count(journey, {purchase}, {zone}) >= 5$$,
     'Has bought on five days or more.', '在五天及以上购买过'),
    ('value', 'recent_buyer', '近期买家', 'journey', $$last_at(journey, {purchase}) > refresh.at - interval '30 days'$$,
     'Bought in the last 30 days.', '最近30天购买过'),
    ('value', 'lapsed_buyer', '停购', 'journey', $$last_at(journey, {purchase}) <= refresh.at - interval '180 days'$$,
     'Has bought, but not in the last 180 days.', '买过但180天以上未购买'),
    ('value', 'overdue', '逾期未购', 'journey', $$last_at(journey, {purchase}) > refresh.at - interval '180 days' AND {feature_purchase_recency_ratio} > 2$$,
     'Bought in the last 180 days, but not for more than twice as long as is usual for the customer.', '最近180天购买过,但未购时间超过平时间隔的两倍'),
    ('value', 'purchases', '购买天数', 'journey', $$nullif(day_count(journey, {purchase}, {zone}), 0)$$,
     'On how many days the customer bought.', '购买的天数'),
    ('value', 'days_since_purchase', '未购天数', 'journey', $$floor(extract(epoch FROM refresh.at - last_at(journey, {purchase})) / 86400)$$,
     'Days since the last purchase.', '距最近一次购买的天数'),
    ('value', 'spend', '消费额', 'journey', $$CASE WHEN abs(amount_sum(journey, {purchase})) < 1000000000000 THEN amount_sum(journey, {purchase}) ELSE sign(amount_sum(journey, {purchase})) * 999999999999 END$$,
     'The sum of all purchases.', '购买总金额'),
    ('value', 'order_value', '客单价', 'journey',
     $$CASE WHEN abs(amount_sum(journey, {purchase})) < 1000000000000 THEN round(amount_sum(journey, {purchase}) / nullif(day_count(journey, {purchase}, {zone}), 0), 2) END$$,
     'What the customer spends on a day with a purchase, on average.', '每个购买日的平均金额'),
    ('value', 'big_baskets', '大单', 'journey', $$event_count(journey, {purchase}) >= 2 * day_count(journey, {purchase}, {zone}) AND event_count(journey, {purchase}) > 0$$,
     'Buys two things or more at a time, on average.', '平均每次购买两件以上'),
    ('value', 'high', '高', 'query',
     $$SELECT r.customer_id
FROM (SELECT s.customer_id, percent_rank() OVER (ORDER BY coalesce(s.spend, 0), s.days) AS place
      FROM (SELECT j.customer_id, amount_sum(j.journey, {purchase}) AS spend, day_count(j.journey, {purchase}, {zone}) AS days
            FROM clientele_data.journeys j) s
      WHERE s.days > 0) r
WHERE r.place >= 0.8$$,
     'Among the fifth of all buyers who spend most; without amounts, who buy most often.', '消费额位于全部买家前五分之一'),
    ('value', 'tier', '层级', 'query',
     $$SELECT s.customer_id, coalesce('[[{}~{"high value": "高价值", "potential": "潜力", "basic": "一般", "at risk": "流失风险"}]]'::jsonb ->> s.tier, s.tier)
FROM (SELECT b.customer_id, rfm_tier(b.score) AS tier FROM ({rfm}) b) s WHERE s.tier IS NOT NULL$$,
     'The tier by RFM: high value, potential, basic or at risk.', 'RFM层级:高价值、潜力、一般、流失风险'),
    ('value', 'segment', '分群', 'query',
     $$SELECT s.customer_id, s.segment
FROM (SELECT b.customer_id, rfm_segment(b.score, '[[standard~eight]]') AS segment FROM ({rfm}) b) s WHERE s.segment IS NOT NULL$$,
     'The segment by RFM, as Champions or At Risk.', 'RFM八分群,如重要价值客户'),
    ('value', 'returns_share', '退货率', 'journey', $$round(event_count(journey, {return})::numeric / nullif(event_count(journey, {purchase}), 0), 3)$$,
     'Things sent back, of those bought.', '退货数占购买数之比'),
    ('value', 'many_returns', '高退货', 'journey', $$event_count(journey, {return}) >= 2 AND event_count(journey, {return}) * 4 >= event_count(journey, {purchase})$$,
     'Sent back two things or more, and at least a quarter of those bought.', '退货两件以上且占购买的四分之一以上'),
    ('value', 'churn_risk', '流失概率', 'query',
     $$SELECT j.customer_id, round(churn_prob(j.journey, {churn_model}, refresh.at)::numeric, 4) AS probability FROM clientele_data.journeys j$$,
     'The probability that the customer leaves, by the stored model of churn.', '按已保存模型预测的流失概率'),
    ('value', 'at_risk', '流失预警', 'tags', '[[value.high & (behaviour.cooling | behaviour.sleeping | behaviour.overdue)~价值.高 & (行为.降温 | 行为.沉睡 | 行为.异常沉默)]]',
     'Of high value, and silent for a while.', '高价值但已沉默'),
    ('value', 'warm_prospect', '热潜客', 'tags', '[[value.prospect & behaviour.active & (behaviour.open_cart | behaviour.frequent | behaviour.window_shopper)~价值.潜客 & 行为.活跃 & (行为.购物车待付 | 行为.高频 | 行为.只看不买)]]',
     'Has not bought yet, but comes often, looks at much, or has something in the cart.', '尚未购买但活跃且有购买意向'),
    -- response
    ('response', 'reached', '已触达', 'journey', $$event_count(journey, {promotion}) > 0$$,
     'A promotion was sent.', '收到过促销'),
    ('response', 'unreached', '未触达', 'journey', $${has_promotion} AND event_count(journey, {promotion}) = 0$$,
     'No promotion was ever sent.', '从未收到促销'),
    ('response', 'opens', '打开', 'journey', $$event_count(journey, {opened}) > 0$$,
     'Has opened a promotion.', '打开过促销'),
    ('response', 'clicks', '点击', 'journey', $$event_count(journey, {clicked}) > 0$$,
     'Has clicked in a promotion.', '点击过促销'),
    ('response', 'ignores', '无视促销', 'journey', $$event_count(journey, {promotion}) >= 3 AND event_count(journey, {opened}) + event_count(journey, {clicked}) = 0$$,
     'Three promotions or more were sent, and none was answered.', '收到3次以上促销均无回应'),
    ('response', 'rate', '响应率', 'journey', $$round({feature_answer_rate}::numeric, 3)$$,
     'Promotions that were answered, of those sent.', '有回应的促销占比'),
    ('response', 'responsive', '高响应', 'tags', '[[response.rate >= 0.3~响应.响应率 >= 0.3]]',
     'Answers 30 % of the promotions or more.', '促销响应率30%以上'),
    ('response', 'buys_after_click', '点击后购买', 'journey', $$funnel_depth(journey, {clicked_purchase}) = 2$$,
     'Has bought within a week of a click in a promotion.', '点击促销后一周内购买过'),
    ('response', 'days_since_answer', '未响应天数', 'journey',
     $$floor(extract(epoch FROM refresh.at - greatest(last_at(journey, {opened}), last_at(journey, {clicked}))) / 86400)$$,
     'Days since the customer last answered a promotion.', '距最近一次回应促销的天数'),
    ('response', 'contacted_service', '联系客服', 'journey', $$event_count(journey, {contact}) > 0$$,
     'Has asked for help.', '联系过客服'),
    ('response', 'complained', '投诉', 'journey', $$event_count(journey, {complaint}) > 0$$,
     'Has complained.', '投诉过'),
    ('response', 'complained_lately', '近期投诉', 'journey', $$last_at(journey, {complaint}) > refresh.at - interval '90 days'$$,
     'Has complained in the last 90 days.', '最近90天投诉过'),
    ('response', 'returned', '退货', 'journey', $$event_count(journey, {return}) > 0$$,
     'Has sent something back.', '退过货'),
    ('response', 'back_again', '回流', 'journey',
     $$last_at(journey, {own}) > refresh.at - interval '30 days' AND first_at(journey, {own}) <= refresh.at - interval '90 days' AND event_count(journey_slice(journey, refresh.at - interval '90 days', refresh.at - interval '30 days'), {own}) = 0$$,
     'Active in the last 30 days, after silence in the 60 days before.', '沉默60天后最近30天重新活跃')
  ) AS s (family, en, zh, kind, rule, en_description, zh_description)
$tags$;
COMMENT ON FUNCTION starter_tags(text) IS
  'Lists the tags that define_starter_tags() defines, with the templates of their rules.
language: en or zh, for names, values and descriptions. {purchase} and the like stand for the events that play that role in the store,
{own} for what customers do themselves, {zone} for the time zone, {feature_items} and the like for a feature of churn_feature_names().';

CREATE FUNCTION define_starter_tags(
    purchase text DEFAULT NULL, view text DEFAULT NULL, search text DEFAULT NULL, cart text DEFAULT NULL,
    return text DEFAULT NULL, complaint text DEFAULT NULL, contact text DEFAULT NULL, visit text DEFAULT NULL,
    promotion text DEFAULT NULL, opened text DEFAULT NULL, clicked text DEFAULT NULL, passive text DEFAULT NULL,
    language text DEFAULT NULL, time_zone text DEFAULT NULL)
  RETURNS TABLE (tag text, family text, description text)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 80 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  zone CONSTANT text := coalesce(time_zone, clientele.store_time_zone());
  in_language CONSTANT text := coalesce(language, clientele.store_language());
  given CONSTANT jsonb := jsonb_strip_nulls(jsonb_build_object(
    'purchase', purchase, 'view', view, 'search', search, 'cart', cart, 'return', define_starter_tags.return,
    'complaint', complaint, 'contact', contact, 'visit', visit, 'promotion', promotion, 'opened', opened,
    'clicked', clicked, 'passive', passive));
  found jsonb;
  roles jsonb;
  words jsonb;
  model text;
  features clientele.churn_features_def;
  own text;
  starter record;
BEGIN
  IF in_language NOT IN ('en', 'zh') THEN
    RAISE EXCEPTION 'starter tags in language "%" do not exist', left(in_language, 100) USING ERRCODE = 'invalid_parameter_value',
      HINT = 'The languages are en and zh.';
  END IF;
  PERFORM clientele.require_store('tags', 'INSERT'), clientele.require_store('event_types');
  PERFORM now() AT TIME ZONE zone;
  PERFORM clientele.event_types_matching(g.value) FROM jsonb_each_text(given) g;
  SELECT jsonb_strip_nulls(jsonb_object_agg(r.role, coalesce(given ->> r.role, clientele.starter_selector(r.role)))),
         -- A name with a pattern before it may be unknown, so that events which the store does not have yet are simply not found.
         jsonb_object_agg(r.role, (SELECT string_agg('*:' || clientele.quote_selector(NULL, n), '|' ORDER BY o)
                                   FROM unnest(r.names) WITH ORDINALITY u (n, o)))
  INTO found, roles FROM clientele.starter_roles() r;
  roles := roles || found;
  SELECT m.name INTO model FROM clientele_data.models m WHERE m.type = 'churn_model' AND m.current
    AND m.model::jsonb ? 'features_def' ORDER BY m.fitted_at DESC, m.name LIMIT 1;
  own := clientele.selector_complement(nullif(concat_ws('|', found ->> 'promotion', found ->> 'passive'), ''));
  SELECT jsonb_object_agg(r.key, quote_literal(r.value)) INTO words FROM jsonb_each_text(roles) r;
  words := words || jsonb_build_object(
    'end', '',
    'zone', quote_literal(zone),
    'own', quote_literal(own),
    'lifecycle', format('%L::lifecycle_def',
      clientele.starter_lifecycle(in_language, 'relationship', roles ->> 'purchase', own, time_zone => zone)),
    'growth', format('%L::lifecycle_def',
      clientele.starter_lifecycle(in_language, 'growth', roles ->> 'purchase', own, time_zone => zone)),
    'has_purchase', (found ? 'purchase')::text,
    'has_promotion', (found ? 'promotion')::text,
    'cart_purchase', format('%L::funnel_def',
      clientele.funnel_def(ARRAY[roles ->> 'cart', roles ->> 'purchase'], interval '7 days')),
    'clicked_purchase', format('%L::funnel_def',
      clientele.funnel_def(ARRAY[roles ->> 'clicked', roles ->> 'purchase'], interval '7 days')),
    'category', quote_literal(clientele.usual_property('{category,categories,product_category,category_name,品类,类别,类目,分类}')),
    'brand', quote_literal(clientele.usual_property('{brand,product_brand,brand_name,品牌}')),
    'churn_model', quote_literal(coalesce(model, '')),
    'rfm', format('SELECT p.customer_id, rfm_score(p.last, p.days, p.money) OVER () AS score
      FROM (SELECT j.customer_id, last_at(j.journey, %1$s) AS last, day_count(j.journey, %1$s, %2$s)::float8 AS days,
                   coalesce(amount_sum(j.journey, %1$s), day_count(j.journey, %1$s, %2$s))::float8 AS money
            FROM clientele_data.journeys j WHERE event_count(j.journey, %1$s) > 0) p', words ->> 'purchase', quote_literal(zone)));
  features := clientele.churn_features_def(
    purchase => found ->> 'purchase', return => found ->> 'return', complaint => found ->> 'complaint',
    promotion => found ->> 'promotion', answer => nullif(concat_ws('|', found ->> 'opened', found ->> 'clicked'), ''),
    passive => found ->> 'passive', time_zone => zone);
  words := words || (
    SELECT jsonb_object_agg('feature_' || n.name,
                            format('(churn_features(journey, refresh.at, %L::churn_features_def))[%s]', features, n.position))
    FROM clientele.churn_feature_names() n);
  FOR starter IN
    SELECT s.tag, s.family, s.kind, s.description,
           (SELECT string_agg(m.part[1] || (words ->> m.part[2]), '' ORDER BY m.n)
            FROM regexp_matches(s.rule || '{end}', '(.*?)[{]([a-z_]+)[}]', 'g') WITH ORDINALITY m (part, n)) AS rule
    FROM clientele.starter_tags(in_language) WITH ORDINALITY s (tag, family, kind, rule, description, n)
    WHERE model IS NOT NULL OR strpos(s.rule, '{churn_model}') = 0
    ORDER BY s.kind = 'tags', s.n
  LOOP
    PERFORM clientele.define_tag(starter.tag, starter.rule, starter.family, starter.description, starter.kind, time_zone => time_zone);
    tag := starter.tag;
    family := starter.family;
    description := starter.description;
    RETURN NEXT;
  END LOOP;
END $$;
COMMENT ON FUNCTION define_starter_tags(text, text, text, text, text, text, text, text, text, text, text, text, text, text) IS
  'Defines a set of tags that suit any store, in all five families, and lists them; refresh_tags() computes which customers have them.
purchase, view, search, cart, return, complaint, contact, visit (to a shop), promotion (what the shop writes), opened and clicked
(answers to it) and passive (other events that are not done by customers, such as shipped) are selectors of the events that play these
roles. One that is NULL is found by its usual names, English or Chinese (starter_roles() lists them); without such events no customer
has the tags that use them. Call it again when the store records new kinds of events: it gives the same tags their rules again, also
those that you changed.
language: en or zh, for the names of tags (value.high, 价值.高), their values and descriptions; NULL takes that of the store. Families are
the same. time_zone: the time zone in which hours and days are read; NULL takes that of the store. A tag value.churn_risk is among them
only if a model of churn that was fitted on journeys is stored. Errors: 42P01 without a store, 42501 without the right to change
clientele_data.tags, 42704 for an unknown event in a selector that is given, 22023 for an unknown language or time zone, or a
selector''s syntax.';

CREATE FUNCTION usual_property(names text[]) RETURNS text
  LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('event_types');
  RETURN coalesce(
    (SELECT k.key FROM clientele_data.event_types t, jsonb_object_keys(t.properties) k (key)
     WHERE array_position(names, lower(k.key)) IS NOT NULL
     GROUP BY k.key ORDER BY array_position(names, lower(k.key)), k.key COLLATE "C" LIMIT 1),
    names[1]);
END $$;
COMMENT ON FUNCTION usual_property(text[]) IS
  'Returns the first of these properties that event types have, or the first one if they have none; a part of define_starter_tags().';
