-- SPDX-License-Identifier: PostgreSQL
-- A store with data in everything that it has, made by the SQL of version 0.1.0.
SET client_min_messages = warning;
SET timezone = 'UTC';
SET ROLE upgrade_owner;
SET search_path = public, clientele;
CALL clientele.create_store('Asia/Shanghai');

-- Loads: times as digits in several units, rejects, customers of two kinds, text in Chinese.
CREATE TABLE public.raw AS
  SELECT 'c' || g % 40 AS customer, to_char(timestamp '2026-01-01' + g * interval '7 hours 3 seconds', 'YYYYMMDDHH24MISS') AS at,
         (ARRAY['view_item', 'cart', 'purchase', '搜索'])[1 + g % 7 % 4] AS event, (ARRAY['web', 'app', NULL])[1 + g % 5 % 3] AS channel,
         CASE WHEN g % 2 = 0 THEN '货' || g % 9 END AS item, CASE WHEN g % 97 = 0 THEN 'dear' WHEN g % 7 % 4 = 2 THEN (g % 23)::text || '.5' END AS amount,
         CASE WHEN g % 5 = 0 THEN '{"category": "鞋"}'::jsonb END AS properties
  FROM generate_series(1, 600) g
  UNION ALL SELECT '', '20260101000000', 'purchase', 'web', NULL, NULL, NULL
  UNION ALL SELECT 'c1', 'yesterday', 'purchase', 'web', NULL, NULL, NULL;
CALL clientele.load_events('public.raw', channel => 'channel', item => 'item', amount => 'amount', properties => 'properties');
CREATE TABLE public.more AS SELECT 'm' || g % 5 || '@example.com' AS mail, timestamptz '2026-03-01 00:00Z' + g * interval '1 day' AS at, 'purchase' AS what
FROM generate_series(1, 40) g;
CALL clientele.load_events('public.more', customer => 'mail', event => 'what', identity_kind => 'email', time_zone => 'Europe/Berlin');

-- Tags of every kind of rule and of everything that a tag can hold.
SELECT clientele.define_tag('basic.all', 'SELECT customer_id FROM clientele_data.customers', description => 'everything');
SELECT clientele.define_tag('behaviour.buyer', 'event_count(journey, ''purchase'') > 3');
SELECT clientele.define_tag('behaviour.recent', 'last_at(journey) > refresh.at - interval ''60 days''', keeps => '2 days', time_zone => 'Europe/Berlin');
SELECT clientele.define_tag('behaviour.old', 'created_at IS NOT NULL AND customer_id % 3 = 0');
SELECT clientele.define_tag('preference.channel', 'top_channel(journey)');
SELECT clientele.define_tag('preference.channels', 'channels(journey)');
SELECT clientele.define_tag('value.spent', 'amount_sum(journey, ''purchase'')');
SELECT clientele.define_tag('value.events', 'SELECT customer_id, clientele.event_count(journey) FROM clientele_data.journeys', per_customer => true);
SELECT clientele.define_tag('value.good', 'behaviour.recent & value.spent>=50 & !behaviour.old', uses => '{basic.all}');
SELECT clientele.define_tag('response.broken', 'SELECT customer_id / 0 FROM clientele_data.customers');
SELECT clientele.save_audience('campaign', '{1-7,12}', description => 'a list');
SELECT * FROM clientele.refresh_tags(at => '2026-07-01 00:00Z');
CREATE TEMP TABLE later AS SELECT customer_id, clientele.journey('2026-06-30 00:00Z'::timestamptz, clientele.event_type('web', 'purchase'), NULL, 30.25) AS journey
FROM clientele_data.customers WHERE customer_id IN (2, 3, 5) GROUP BY 1;
SELECT clientele.merge_journeys('pg_temp.later');
SELECT * FROM clientele.refresh_tags(at => '2026-07-01 12:00Z');
DROP TABLE later;
SELECT clientele.save_audience('campaign', '{1-3,12}');

-- Models in versions, and segments of one's own.
SELECT clientele.save_model('churn', '{"model": "BG/NBD", "parameters": {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}}'::btyd_model, note => 'first');
SELECT clientele.save_model('churn', '{"model": "BG/NBD", "parameters": {"r": 0.25, "alpha": 4.4, "a": 0.8, "b": 2.4}}'::btyd_model, 'a month', make_current => false);
SELECT clientele.save_model('spend', '{"model": "Gamma-Gamma", "parameters": {"p": 6, "q": 3.74, "v": 15.44}}'::spend_model);
SELECT clientele.save_model('leaves', '{"intercept": -1.5, "features": [{"name": "月", "coefficient": -0.5}]}'::churn_model);
UPDATE clientele_data.rfm_segments SET segment = '冠军' WHERE scheme = 'standard' AND (r, f, m) = (5, 5, 5);
UPDATE clientele_data.rfm_tiers SET strategy = 'Call them.' WHERE tier = 'at risk' AND language = 'en';

-- A change that no refresh has followed yet, and what the owner grants and makes.
INSERT INTO clientele_data.journeys SELECT (clientele.customer_ids('customer', '{late}'))[1], '{1@2026-05-03T00:00:00Z#1=2.5}';
GRANT USAGE ON SCHEMA clientele_bi, clientele_data TO upgrade_bi;
GRANT SELECT ON ALL TABLES IN SCHEMA clientele_bi TO upgrade_bi;
GRANT SELECT ON clientele_data.event_types, clientele_data.items, clientele_data.rfm_segments, clientele_data.rfm_tiers, clientele_data.models,
  clientele_data.tags, clientele_data.tag_status, clientele_data.tag_audiences, clientele_data.tag_numbers TO upgrade_bi;
CREATE VIEW public.good_customers AS
  SELECT t.customer_id, t.tag, t.value, c.holds FROM clientele_bi.customer_tags t JOIN clientele_bi.tag_coverage c USING (tag) WHERE t.tag LIKE 'value.%';
