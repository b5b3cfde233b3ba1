-- SPDX-License-Identifier: PostgreSQL
-- Fills a store, so that every view of clientele_bi has rows: for tests of clients, which read all of it.
SET client_min_messages = warning;
SET timezone = 'UTC';
SET search_path = public, clientele;

CREATE TABLE visits AS
SELECT 'c' || c AS customer, (ARRAY['web', 'app', '门店'])[1 + (c + n / 4) % 3] AS channel,
       (ARRAY['search', 'view_item', 'cart', 'purchase'])[1 + n % 4] AS event, 'item "' || (c * 7 + n) % 5 || E'" \\ <b>é' AS item,
       now() - (c % 60 + n / 4 * 13) * interval '1 day' + n % 4 * interval '3 minutes' - interval '1 hour' AS at,
       CASE WHEN n % 4 = 3 THEN (c * 37 + n * 11) % 9000 / 100.0 + 0.01 END AS amount, NULL::text AS nothing
FROM generate_series(1, 300) c, generate_series(0, 23) n
WHERE n % 4 <= (c + n / 4) % 5 AND n / 4 <= c % 6;
CALL clientele.load_events('visits', customer => 'customer', at => 'at', event => 'event', channel => 'channel', item => 'item',
  amount => 'amount');

-- A source that rejects a row and leaves out a part of another one.
CREATE TABLE orders (id bigint PRIMARY KEY, customer text, mail text, at text, amount text, city text DEFAULT '上海');
INSERT INTO orders VALUES (1, 'c1', 'someone@example.com', '2026-03-01 10:00', '9.99'), (2, 'c2', 'no address', '2026-03-02 10:00', '1'),
  (3, 'c3', NULL, 'yesterday or so', '5');
SELECT count(*) > 0 FROM clientele.add_source('orders', 'orders', identities => '{"customer": "customer", "email": "mail"}',
  at => 'at', event => '''order''', amount => 'amount', attributes => '{"city": "city"}');
CALL clientele.ingest();

SELECT count(*) > 0 FROM clientele.define_starter_tags();
SELECT count(*) > 0 FROM clientele.refresh_tags();
SELECT clientele.save_model('plan', '{"model": "sBG", "parameters": {"alpha": 0.668, "beta": 3.806}}', fitted_on => 'a published example');
UPDATE clientele_data.models SET quality = '{"calibration": [{"bin": 1, "customers": 10, "expected": 0.1, "actual": 0.2}]}';
SELECT clientele.add_job('nightly "tags"', 'SELECT 1', schedule => '0 3 * * *');
CALL clientele.run_job('nightly "tags"');

-- A saved question of each kind, in both languages.
SELECT clientele.define_question('bought', clientele.funnel_def('{search, cart, purchase}', within => '7 days'), by => 'basic.lifecycle');
SELECT clientele.define_question('come back', clientele.retention_def(period => 'week'), by => 'basic.lifecycle');
SELECT clientele.define_question('ways', clientele.path_def(session_gap => '30 minutes'), by => 'basic.lifecycle');
SELECT clientele.define_question('渠道 "归因" <b>', clientele.attribution_def('purchase'), by => 'basic.lifecycle', language => 'zh');
SELECT clientele.define_question('active', clientele.activity_def(period => 'month'), by => 'basic.lifecycle');
SELECT clientele.define_question('events', clientele.counts_def(period => 'month', by => '{event}'), by => 'basic.lifecycle');
SELECT clientele.define_question('busiest', 'SELECT e.channel, e.events FROM clientele_bi.daily_activity e ORDER BY 2 DESC LIMIT 3');
SELECT count(*) FILTER (WHERE outcome = 'failed') = 0 FROM clientele.refresh_questions();

-- Messages in each state that a view shows.
SELECT count(clientele.set_consent(c.customer_id, 'marketing', c.customer_id % 5 <> 0)) FROM clientele_data.customers c WHERE c.merged_into IS NULL;
SELECT clientele.define_action('hello "<b>" 你好', 'email', '{"to": "{customer_id}"}', audience => '!nothing.*');
SELECT count(*) FROM clientele.start_campaign('campaign "<b>" 春天', NULL, 'hello "<b>" 你好', goal => 'purchase');
SELECT count(*) FROM clientele.run_actions();
SELECT count(*) FROM clientele.claim_messages('email', 10);

-- A metric whose last hours are unusual.
SELECT clientele.define_metric('orders "<b>" 订单', 'SELECT g.at, CASE WHEN g.at > period.until - interval ''4 hours'' THEN 5 ELSE 200 END
  FROM generate_series(period.since, period.until, ''1 hour'') g (at)', description => 'Orders "<b>"');
SELECT count(*) > 0 FROM clientele.measure_and_check();

-- Warnings of churn by given thresholds, and the effect of the campaign above.
SELECT clientele.save_model('churn', (
  SELECT churn_fit(j.journey, churned(j.journey, d.day, '20 days'), d.day, churn_def(features => churn_features_def(time_zone => 'UTC')))
  FROM clientele_data.journeys j, (SELECT now() - interval '40 days' AS day) d
  WHERE last_at(journey_slice(j.journey, NULL, d.day)) > d.day - interval '40 days'));
SELECT clientele.define_warning('churn "<b>" 流失', 'churn', thresholds => '{0.6,0.4,0.2}', horizon => '20 days', event => '*',
  active => '60 days');
SELECT count(*) FILTER (WHERE outcome <> 'complete') = 0 FROM clientele.refresh_warnings();
SELECT count(*) > 0 FROM clientele.refresh_effects(now() + interval '1 day');

-- Answers to a survey, complaints with answers and without, and what customers write.
SELECT clientele.define_survey('recommend "<b>" 推荐', 'nps', 'Would you recommend us?');
SELECT count(clientele.add_answer(c.customer_id, 'recommend "<b>" 推荐', (c.customer_id % 11)::integer,
                                  now() - c.customer_id % 40 * interval '1 day',
                                  asked_at => now() - c.customer_id % 40 * interval '1 day' - interval '2 hours'))
FROM clientele_data.customers c WHERE c.merged_into IS NULL AND c.customer_id % 3 > 0;
SELECT clientele.define_complaints('returns "<b>" 退货', 'cart', 'purchase', '5 minutes');
CALL clientele.install_feedback_words();
SELECT count(clientele.add_feedback((ARRAY['物流太慢，还没有发货', 'The delivery was very late.', 'The quality is good.'])[1 + c.customer_id % 3],
                                    c.customer_id, now() - c.customer_id % 60 * interval '1 day'))
FROM clientele_data.customers c WHERE c.merged_into IS NULL;
SELECT count(*) > 0 FROM clientele.refresh_feedback();

-- Points that are earned, spent and about to expire.
SELECT clientele.define_points(points_def(rate => 0.1, validity => '365 days', tiers => ARRAY['member', 'gold "<b>" 金卡'], tier_points => '{0,5}',
                                          multipliers => '{1,2}'));
SELECT count(*) > 0 FROM clientele.refresh_points();
SELECT clientele.spend_points((SELECT min(p.customer_id) FROM clientele_data.point_accounts p WHERE p.usable > 0), 1, 'clients');
SELECT count(*) > 0 FROM clientele.refresh_points();

CALL clientele.set_customer_columns(tags => '{basic.lifecycle,basic.tenure_days}', attributes => '{city}');
CREATE ROLE clients_reader LOGIN;
CALL clientele.grant_bi('clients_reader');
