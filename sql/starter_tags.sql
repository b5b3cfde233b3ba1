-- SPDX-License-Identifier: PostgreSQL
-- The starter tags: on an empty store, against plain SQL over the events of a small one, in Chinese, and on odd data.
\set tests :DBNAME
CREATE DATABASE clientele_starter ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_starter
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;
CREATE FUNCTION fails(statement text, OUT code text, OUT message text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  message := 'it does not fail';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
END $$;
SELECT * FROM fails('SELECT define_starter_tags()');
SELECT count(*) FILTER (WHERE family = 'basic') >= 8 AND count(*) FILTER (WHERE family = 'behaviour') >= 15 AND count(*) FILTER (WHERE family = 'preference') >= 8
       AND count(*) FILTER (WHERE family = 'value') >= 12 AND count(*) FILTER (WHERE family = 'response') >= 10 AND count(*) = count(DISTINCT tag)
       AND bool_and(description <> '' AND rule <> '' AND rule !~ '\[\[|\]\]' AND family = split_part(tag, '.', 1)) AS listed FROM starter_tags();

-- An empty store.
CALL create_store();
SELECT count(*) = (SELECT count(*) - 1 FROM starter_tags()) AS all_but_churn_risk FROM define_starter_tags();
SELECT count(*) >= 70 AND bool_and(error IS NULL AND customers = 0) AS refreshed FROM refresh_tags();
SELECT * FROM fails($$SELECT define_starter_tags(language => 'fr')$$);
SELECT * FROM fails($$SELECT define_starter_tags(time_zone => 'Mars/Base')$$);
SELECT * FROM fails($$SELECT define_starter_tags(purchase => 'buy')$$);
SELECT * FROM fails($$SELECT define_starter_tags(purchase => 'a|')$$);

-- A store whose events are recognised by their names.
\set at '2026-06-30 12:00+00'
CREATE TABLE ev AS
SELECT 'c' || c AS customer, k.channel, k.event, k.properties,
       timestamptz :'at' - (h.r1 % least(34560, 100 + 100 * (c % 400))) * interval '15 minutes' - (CASE WHEN c % 7 = 0 THEN 120 WHEN c % 7 = 1 THEN 40 ELSE 0 END) * interval '1 day' - interval '1 second' AS at,
       'i' || h.r2 % 9 AS item, CASE WHEN k.event IN ('购买', 'Refund') AND h.r2 % 5 > 0 THEN (h.r2 % 9999) / 100.0 END AS amount
FROM generate_series(1, 400) c,
     LATERAL (SELECT n, hashint8(c * 1000 + n)::bigint + 2147483648 AS r1, hashint8(-c * 1000 - n)::bigint + 2147483648 AS r2
              FROM generate_series(1, 1 + c * 7 % 31) n) h
CROSS JOIN LATERAL (SELECT (r1 / 131 + CASE WHEN c % 3 = 0 THEN 0 ELSE r2 END) % CASE c % 5 WHEN 0 THEN 4 WHEN 1 THEN 7 ELSE 16 END) w (n)
JOIN (VALUES (0, 'web', 'View Item', '{"Category": "shoes", "brand": "飞跃"}'), (1, 'app', 'View Item', '{"Category": "茶"}'), (2, 'web', 'search', '{}'), (3, 'app', 'AddToCart', '{}'),
             (4, 'web', '购买', '{}'), (5, '门店', '购买', '{}'), (6, '门店', '到店', '{}'), (7, 'email', 'promotion-sent', '{}'), (8, 'email', 'promotion-sent', '{}'),
             (9, 'email', 'promotion-opened', '{}'), (10, 'email', 'promotion-clicked', '{}'), (11, 'service', 'contact', '{}'), (12, 'service', '投诉', '{}'),
             (13, 'service', 'resolved', '{}'), (14, 'web', 'Refund', '{}'), (15, 'web', 'View Item', '{"Category": "shoes"}')) k (n, channel, event, properties)
  ON k.n = w.n;
UPDATE ev SET channel = 'web' WHERE substr(customer, 2)::int % 11 = 0;
CALL load_events('ev', channel => 'channel', item => 'item', amount => 'amount', properties => 'properties');
SELECT count(*) >= 70 AS defined FROM define_starter_tags(time_zone => 'Europe/Berlin');
SELECT string_agg(role || '=' || starter_selector(role), ' ' ORDER BY role) AS roles FROM starter_roles();
SELECT * FROM refresh_tags(at => :'at') WHERE error IS NOT NULL;

CREATE VIEW seen AS SELECT *, at AT TIME ZONE 'Europe/Berlin' AS local, event NOT IN ('promotion-sent', 'resolved') AS own FROM clientele_bi.events;
-- The most frequent value; of several the first one, bytewise.
CREATE FUNCTION most(vals text[]) RETURNS text LANGUAGE sql AS
  'SELECT v FROM unnest(vals) v WHERE v IS NOT NULL GROUP BY v ORDER BY count(*) DESC, v COLLATE "C" LIMIT 1';
CREATE TABLE facts AS
SELECT customer_id, min(at) AS first, max(at) FILTER (WHERE own) AS last, min(at) FILTER (WHERE own) AS first_own, count(*) FILTER (WHERE own) AS own,
       count(DISTINCT local::date) FILTER (WHERE own) AS days, count(DISTINCT channel) FILTER (WHERE own) AS channels,
       count(DISTINCT local::date) FILTER (WHERE own AND at >= timestamptz :'at' - interval '30 days') AS days_30,
       count(*) FILTER (WHERE own AND at >= timestamptz :'at' - interval '90 days' AND at < timestamptz :'at' - interval '30 days') AS own_before,
       count(*) FILTER (WHERE event = '购买') AS p, count(DISTINCT local::date) FILTER (WHERE event = '购买') AS p_days,
       min(at) FILTER (WHERE event = '购买') AS p_first, max(at) FILTER (WHERE event = '购买') AS p_last, sum(amount) FILTER (WHERE event = '购买') AS spend,
       count(*) FILTER (WHERE event = 'View Item') AS views, count(*) FILTER (WHERE event = 'search') AS searches,
       max(at) FILTER (WHERE event = 'AddToCart') AS cart_last, count(*) FILTER (WHERE event = 'AddToCart') AS carts,
       count(*) FILTER (WHERE event = 'Refund') AS returns, count(*) FILTER (WHERE event = '到店') AS visits, count(*) FILTER (WHERE event = 'contact') AS contacts,
       count(*) FILTER (WHERE event = '投诉') AS complaints, max(at) FILTER (WHERE event = '投诉') AS complaint_last,
       count(*) FILTER (WHERE event = 'promotion-sent') AS sent, count(*) FILTER (WHERE event = 'promotion-opened') AS opened, count(*) FILTER (WHERE event = 'promotion-clicked') AS clicked,
       max(at) FILTER (WHERE event IN ('promotion-opened', 'promotion-clicked')) AS answer_last,
       avg((extract(hour FROM local) BETWEEN 5 AND 8)::int) FILTER (WHERE own) AS early, avg((extract(hour FROM local) >= 22 OR extract(hour FROM local) < 5)::int) FILTER (WHERE own) AS night,
       avg((extract(isodow FROM local) >= 6)::int) FILTER (WHERE own) AS weekend,
       most(array_agg(channel) FILTER (WHERE own)) AS top_channel, most(array_agg(channel) FILTER (WHERE event = '购买')) AS p_channel,
       most(array_agg(event) FILTER (WHERE own)) AS top_event, most(array_agg(properties ->> 'Category') FILTER (WHERE own)) AS category,
       most(array_agg(properties ->> 'brand') FILTER (WHERE own)) AS brand, most(array_agg(to_char(local, 'HH24')) FILTER (WHERE own))::int AS hour,
       most(array_agg(to_char(local, 'ID')) FILTER (WHERE own))::int AS weekday, count(DISTINCT item) FILTER (WHERE own) AS items,
       most(array_agg(item) FILTER (WHERE own)) AS item
FROM seen GROUP BY 1;
ALTER TABLE facts ADD place float8, ADD price_place float8;
UPDATE facts f SET place = r.place FROM (SELECT customer_id, percent_rank() OVER (ORDER BY coalesce(spend, 0), p_days) AS place FROM facts WHERE p > 0) r WHERE r.customer_id = f.customer_id;
UPDATE facts f SET price_place = r.place FROM (SELECT customer_id, percent_rank() OVER (ORDER BY spend / p) AS place FROM facts WHERE spend / nullif(p, 0) > 0) r WHERE r.customer_id = f.customer_id;

-- Compares the customers that have a tag, a value or a number with those that should have it.
CREATE FUNCTION checks(tag text, expression text, OUT as_expected boolean, OUT customers bigint) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format(
    'SELECT bool_and(CASE t.holds WHEN ''flag'' THEN (c.tag IS NOT NULL) = coalesce((f.expected)::text = ''true'', false)
                                WHEN ''number'' THEN c.number IS NOT DISTINCT FROM CASE WHEN f.expected::text ~ ''^-?[0-9.]+$'' THEN f.expected::text::numeric END
                                ELSE c.value IS NOT DISTINCT FROM f.expected::text END), count(c.tag)
     FROM (SELECT customer_id, (%1$s) AS expected FROM (SELECT *, timestamptz %3$L AS now FROM facts) x) f
     CROSS JOIN (SELECT t.holds FROM clientele_data.tags t WHERE t.name = %2$L) t
     LEFT JOIN clientele_bi.customer_tags c ON c.customer_id = f.customer_id AND c.tag = %2$L', expression, tag, '2026-06-30 12:00+00')
  INTO as_expected, customers;
END $$;
SELECT v.tag, c.as_expected AS ok, c.customers BETWEEN 1 AND 399 OR v.tag IN ('basic.tenure_days', 'basic.since', 'basic.stage', 'basic.lifecycle', 'basic.growth') AS some
FROM (VALUES
  ('basic.new', $q$first > now - interval '30 days'$q$),
  ('basic.long_standing', $q$first <= now - interval '180 days'$q$),
  ('basic.tenure_days', $q$floor(extract(epoch FROM now - first) / 86400)$q$),
  ('basic.since', $q$to_char(first AT TIME ZONE 'Europe/Berlin', 'YYYY-MM')$q$),
  ('basic.stage', $q$CASE WHEN p = 0 THEN 'visitor' WHEN p_days = 1 THEN 'one-time buyer' ELSE 'repeat buyer' END$q$),
  ('basic.lifecycle', $q$CASE WHEN own = 0 THEN NULL WHEN last <= now - interval '8760 hours' THEN 'lost' WHEN last <= now - interval '2160 hours' THEN 'silent' WHEN p_days >= 5 THEN 'loyal' WHEN p_days >= 2 THEN 'developing' WHEN p_days = 1 THEN 'first purchase' ELSE 'identified' END$q$),
  ('basic.growth', $q$CASE WHEN own = 0 THEN NULL WHEN last <= now - interval '8760 hours' THEN 'lost' WHEN last <= now - interval '2160 hours' THEN 'silent' WHEN (SELECT count(*) FROM (SELECT FROM seen s WHERE s.customer_id = x.customer_id AND s.event = '购买' GROUP BY s.local::date HAVING min(s.at) >= now - interval '4320 hours') d) >= 3 THEN 'expanding' WHEN p_days >= 2 THEN 'retained' WHEN p_days = 1 THEN 'converted' ELSE 'attracted' END$q$),
  ('basic.multichannel', $q$channels >= 2$q$),
  ('behaviour.active', $q$last > now - interval '30 days'$q$),
  ('behaviour.cooling', $q$last <= now - interval '30 days' AND last > now - interval '90 days'$q$),
  ('behaviour.sleeping', $q$last <= now - interval '90 days' AND last > now - interval '180 days'$q$),
  ('behaviour.lost', $q$last <= now - interval '180 days'$q$),
  ('behaviour.recency_days', $q$floor(extract(epoch FROM now - last) / 86400)$q$),
  ('behaviour.events', $q$nullif(own, 0)$q$),
  ('behaviour.active_days', $q$nullif(days, 0)$q$),
  ('behaviour.days_a_month', $q$round(nullif(days, 0) * 30.0 / greatest(30, extract(epoch FROM now - first_own) / 86400), 2)$q$),
  ('behaviour.frequent', $q$days_30 >= 4$q$),
  ('behaviour.one_day', $q$days = 1$q$),
  ('behaviour.searcher', $q$searches >= 3 AND searches * 5 >= own$q$),
  ('behaviour.window_shopper', $q$views >= 10 AND p = 0$q$),
  ('behaviour.cart_abandoner', $q$carts > 0 AND NOT EXISTS (SELECT FROM seen a JOIN seen b USING (customer_id) WHERE customer_id = x.customer_id AND a.event = 'AddToCart' AND b.event = '购买' AND b.at BETWEEN a.at AND a.at + interval '7 days')$q$),
  ('behaviour.open_cart', $q$cart_last > now - interval '14 days' AND cart_last > coalesce(p_last, '-infinity')$q$),
  ('behaviour.store_visitor', $q$visits > 0$q$),
  ('behaviour.fast_decider', $q$p_first <= first + interval '1 day'$q$),
  ('behaviour.slow_decider', $q$p_first > first + interval '14 days'$q$),
  ('behaviour.early_bird', $q$early >= 0.3 AND own >= 5$q$),
  ('behaviour.night_owl', $q$night >= 0.3 AND own >= 5$q$),
  ('behaviour.weekend', $q$weekend >= 0.5 AND own >= 5$q$),
  ('preference.channel', $q$top_channel$q$),
  ('preference.purchase_channel', $q$p_channel$q$),
  ('preference.single_channel', $q$channels = 1 AND days >= 3$q$),
  ('preference.event', $q$top_event$q$),
  ('preference.category', $q$category$q$),
  ('preference.brand', $q$brand$q$),
  ('preference.items', $q$nullif(items, 0)$q$),
  ('preference.time_of_day', $q$CASE WHEN hour >= 22 OR hour < 5 THEN 'night' WHEN hour < 11 THEN 'morning' WHEN hour < 14 THEN 'midday' WHEN hour < 18 THEN 'afternoon' WHEN hour < 22 THEN 'evening' END$q$),
  ('preference.weekday', $q$to_char(date '2026-06-28' + weekday, 'FMDay')$q$),
  ('preference.price_band', $q$CASE WHEN price_place < 0.333333 THEN 'low' WHEN price_place < 0.666667 THEN 'middle' WHEN price_place <= 1 THEN 'high' END$q$),
  ('value.prospect', $q$p = 0$q$),
  ('value.buyer', $q$p > 0$q$),
  ('value.one_time_buyer', $q$p_days = 1$q$),
  ('value.repeat_buyer', $q$p_days >= 2$q$),
  ('value.loyal', $q$p_days >= 5$q$),
  ('value.recent_buyer', $q$p_last > now - interval '30 days'$q$),
  ('value.lapsed_buyer', $q$p_last <= now - interval '180 days'$q$),
  ('value.purchases', $q$nullif(p_days, 0)$q$),
  ('value.days_since_purchase', $q$floor(extract(epoch FROM now - p_last) / 86400)$q$),
  ('value.spend', $q$spend$q$),
  ('value.order_value', $q$round(spend / p_days, 2)$q$),
  ('value.big_baskets', $q$p > 0 AND p >= 2 * p_days$q$),
  ('value.high', $q$place >= 0.8$q$),
  ('value.returns_share', $q$round(returns::numeric / nullif(p, 0), 3)$q$),
  ('value.many_returns', $q$returns >= 2 AND returns * 4 >= p$q$),
  ('response.reached', $q$sent > 0$q$),
  ('response.unreached', $q$sent = 0$q$),
  ('response.opens', $q$opened > 0$q$),
  ('response.clicks', $q$clicked > 0$q$),
  ('response.ignores', $q$sent >= 3 AND opened + clicked = 0$q$),
  ('response.buys_after_click', $q$EXISTS (SELECT FROM seen a JOIN seen b USING (customer_id) WHERE customer_id = x.customer_id AND a.event = 'promotion-clicked' AND b.event = '购买' AND b.at BETWEEN a.at AND a.at + interval '7 days')$q$),
  ('response.days_since_answer', $q$floor(extract(epoch FROM now - answer_last) / 86400)$q$),
  ('response.contacted_service', $q$contacts > 0$q$),
  ('response.complained', $q$complaints > 0$q$),
  ('response.complained_lately', $q$complaint_last > now - interval '90 days'$q$),
  ('response.returned', $q$returns > 0$q$),
  ('response.back_again', $q$last > now - interval '30 days' AND first_own <= now - interval '90 days' AND own_before = 0$q$)) v (tag, expression), checks(v.tag, v.expression) c
WHERE NOT (c.as_expected AND c.customers BETWEEN 1 AND 399) OR v.tag = 'value.high';
-- Tags of several values, of other tags, of all customers together.
SELECT (SELECT string_agg(customer_id || value, ',' ORDER BY customer_id, value COLLATE "C") FROM clientele_bi.customer_tags WHERE tag = 'basic.channel')
       = (SELECT string_agg(customer_id || channel, ',' ORDER BY customer_id, channel COLLATE "C") FROM (SELECT DISTINCT customer_id, channel FROM seen WHERE own) d) AS channels;
SELECT bool_and(t.value = (SELECT s.channel FROM seen s WHERE s.own AND s.customer_id = t.customer_id ORDER BY s.at, s.event_type_id LIMIT 1)) AND count(*) > 300 AS first_channel
FROM clientele_bi.customer_tags t WHERE tag = 'basic.first_channel';
SELECT bool_and(t.value IS NOT DISTINCT FROM f.item) AND count(t.value) > 300 AS items FROM facts f LEFT JOIN clientele_bi.customer_tags t ON t.customer_id = f.customer_id AND t.tag = 'preference.item';
SELECT audience_of('value.at_risk') = audience_of('value.high & (behaviour.cooling | behaviour.sleeping | behaviour.overdue)') AND audience_size('value.at_risk') > 0 AS at_risk,
       audience_of('response.responsive') = audience_of('response.rate >= 0.3') AND audience_size('response.responsive') > 0 AS responsive,
       audience_of('value.warm_prospect') = audience_of('value.prospect & behaviour.active & (behaviour.open_cart | behaviour.frequent | behaviour.window_shopper)') AS warm;
-- RFM: the segments and tiers of clientele_bi.rfm, made with the purchases of this store.
SELECT count(*) = audience_size('value.buyer') AND bool_and(t.value = r.tier AND s.value = r.segment) AS rfm
FROM (SELECT customer_id, rfm_tier(score) AS tier, rfm_segment(score) AS segment
      FROM (SELECT customer_id, rfm_score(p_last, p_days::float8, coalesce(spend, p_days)::float8) OVER () AS score FROM facts WHERE p > 0) b) r
JOIN clientele_bi.customer_tags t ON t.customer_id = r.customer_id AND t.tag = 'value.tier'
JOIN clientele_bi.customer_tags s ON s.customer_id = r.customer_id AND s.tag = 'value.segment';
-- Tags that depend on the features of churn.
SELECT bool_and((t.value = CASE WHEN f ->> 'activity_trend' IS NULL OR last <= timestamptz :'at' - interval '60 days' THEN NULL WHEN (f ->> 'activity_trend')::float8 >= 0.693147 THEN 'rising' WHEN (f ->> 'activity_trend')::float8 < -0.693147 THEN 'falling' ELSE 'steady' END)
                IS NOT FALSE) AND count(t.value) > 100 AS trend,
       bool_and((r.number = round((f ->> 'answer_rate')::numeric, 3)) IS NOT FALSE AND (r.number IS NULL) = (f ->> 'answer_rate' IS NULL)) AND count(r.number) > 100 AS rate,
       bool_and(audience_of('behaviour.overdue') @> customer_id = coalesce(last > timestamptz :'at' - interval '90 days' AND (f ->> 'recency_ratio')::float8 > 3, false)) AS overdue,
       bool_and(audience_of('value.overdue') @> customer_id = coalesce(p_last > timestamptz :'at' - interval '180 days' AND (f ->> 'purchase_recency_ratio')::float8 > 2, false)) AS purchase_overdue
FROM facts x JOIN clientele_data.journeys j USING (customer_id)
CROSS JOIN LATERAL churn_features_json(j.journey, :'at', churn_features_def(purchase => '购买', return => 'Refund', complaint => '投诉', promotion => 'promotion-sent',
  answer => 'promotion-opened|promotion-clicked', passive => 'resolved', time_zone => 'Europe/Berlin')) f
LEFT JOIN clientele_bi.customer_tags t USING (customer_id) LEFT JOIN clientele_bi.customer_tags r USING (customer_id)
WHERE t.tag IS NOT DISTINCT FROM 'behaviour.trend' AND r.tag IS NOT DISTINCT FROM 'response.rate';
SELECT family, share > CASE family WHEN 'value' THEN 0.9 ELSE 0.95 END AS covered FROM clientele_bi.tag_family_coverage ORDER BY 1;

-- The same in Chinese; other selectors; after a second call no tag has to be evaluated again.
SELECT count(*) >= 70 AND bool_and(tag ~ '^(基本|行为|偏好|价值|响应)\.') AS chinese FROM define_starter_tags(language => 'zh', time_zone => 'Europe/Berlin');
SELECT * FROM refresh_tags(at => :'at') WHERE error IS NOT NULL;
SELECT audience_of('价值.高') = audience_of('value.high') AND audience_of('行为.沉睡 | 行为.流失') = audience_of('behaviour.sleeping | behaviour.lost')
       AND audience_of('基本.阶段=访客') = audience_of('value.prospect') AND audience_of('偏好.时段=深夜') = audience_of('preference.time_of_day=night')
       AND audience_of('偏好.星期=周一') = audience_of('preference.weekday=Monday') AND audience_of('行为.趋势=上升') = audience_of('behaviour.trend=rising')
       AND audience_of('基本.生命周期=维护期') = audience_of('basic.lifecycle=loyal') AND audience_of('基本.成长=沉默') = audience_of('basic.lifecycle=silent') AND audience_size('基本.生命周期=沉默期') > 0
       AND audience_of('价值.层级=流失风险') = audience_of('value.tier="at risk"') AND audience_size('价值.分群="重要价值客户"') > 0 AS the_same;
SELECT count(*) >= 70 AS again FROM define_starter_tags(time_zone => 'Europe/Berlin');
SELECT outcome, count(*) > 50 AS most FROM refresh_tags(at => :'at') WHERE tag ~ '^[a-z]' AND tag !~ '^value\.(high|tier|segment|at_risk|warm_prospect)$|^preference\.(item|price_band)$|^response.responsive$' GROUP BY 1;
SELECT count(*) >= 70 AS defined FROM define_starter_tags(purchase => '门店:购买', promotion => '"promotion-sent"', return => '!*');
SELECT * FROM refresh_tags(at => :'at') WHERE error IS NOT NULL;
SELECT audience_size('value.buyer') = (SELECT count(DISTINCT customer_id) FROM seen WHERE channel = '门店' AND event = '购买') AND audience_size('value.buyer') > 0
       AND audience_size('response.returned') = 0 AS others;

-- With a model of churn there is one more tag.
SELECT save_model('leaving', m) AS version FROM (
  SELECT churn_fit(journey, churned(journey, '2026-04-01', '60 days'), '2026-04-01', churn_def(1)) AS m FROM clientele_data.journeys) f;
SELECT count(*) FILTER (WHERE tag = 'value.churn_risk') AS churn_risk FROM define_starter_tags();
SELECT error, customers > 300 AS predicted FROM refresh_tags('{value.churn_risk}', at => :'at');

-- Odd data: no names that are known, one channel '', no amounts or huge ones, extreme times, an empty journey.
CALL drop_store(cascade => true);
CALL create_store();
CREATE TABLE odd AS
SELECT 'c' || c % 5 AS customer, CASE c % 4 WHEN 0 THEN '-infinity' ELSE '2026-01-01' END::timestamptz AS at, '"x|y&z"[*]{view}\' AS event FROM generate_series(1, 20) c
UNION ALL VALUES ('early', '4714-11-24 BC'::timestamptz, 'a{purchase}''b'), ('late', '294276-12-31', 'a');
CALL load_events('odd');
INSERT INTO clientele_data.customers (customer_id, created_at) OVERRIDING SYSTEM VALUE VALUES (9999, now());
INSERT INTO clientele_data.journeys VALUES (9999, '{}');
SELECT count(*) >= 70 AS defined FROM define_starter_tags();
SELECT tag, error FROM refresh_tags() WHERE error IS NOT NULL;
SELECT audience_size('value.prospect | value.buyer | response.unreached') AS nobody, audience_size('basic.tenure_days >= 0') >= 5 AS some;
SELECT event_type('', 'purchase') AS purchase, event_type('', 'sent') AS sent;
INSERT INTO clientele_data.customers (customer_id, created_at) OVERRIDING SYSTEM VALUE VALUES (10001, now()), (10002, now());
INSERT INTO clientele_data.journeys
SELECT 10000 + n, format('{%s@2026-01-01T00:00:00Z=999999999999.999999, %1$s@2026-01-02T00:00:00Z=%s}', event_type('', 'purchase'), CASE n WHEN 1 THEN '999999999999' ELSE '-999999999999' END)::journey
FROM (VALUES (1), (2)) v (n);
SELECT count(*) >= 70 AS defined FROM define_starter_tags();
SELECT tag, error FROM refresh_tags() WHERE error IS NOT NULL;
SELECT customer_id, tag, number FROM clientele_bi.customer_tags WHERE tag IN ('value.spend', 'value.order_value') ORDER BY 1, 2;
SELECT audience_size('value.prospect') > 5 AS now_prospects, audience_size('response.unreached') > 5 AS now_unreached;

\c :tests
DROP DATABASE clientele_starter;
