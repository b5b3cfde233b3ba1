-- SPDX-License-Identifier: PostgreSQL
-- Each table of the shop becomes a source: how a row of it becomes an event. What comes back is what
-- would become of a sample of the rows.
SELECT cardinality(clientele.customer_ids('customer', ARRAY(SELECT customer_no FROM demo.accounts))) AS "accounts in the customer master";

CALL clientele.set_reporting_currency('USD');
SELECT count(clientele.set_exchange_rate(currency, rate, since)::text) AS "exchange rates" FROM demo.rates;

SELECT outcome, rows FROM clientele.add_source('crm', 'demo.crm',
  identities => '{"customer": "card", "email": "email", "device": "till"}',
  at => 'at', event => 'kind', item => 'item', duplicates_within => '1 millisecond');

SELECT outcome, rows FROM clientele.add_source('orders', 'demo.orders', event_id => 'line',
  identities => '{"customer": "customer_no", "email": "email", "phone": "phone"}', country => 'CN',
  at => 'ordered_at', time_zone => 'Asia/Shanghai', event => $$shop || ' ' || status$$, item => 'sku',
  amount => $$CASE status WHEN '已退货' THEN '-' || amount ELSE amount END$$, currency => 'currency',
  attributes => '{"name": "name", "city": "city"}');

SELECT outcome, rows FROM clientele.add_source('app', 'demo.app', method => 'mark',
  identities => '{"device": "device", "customer": "member"}',
  at => 'logged_at', event => 'action', channel => $$'app'$$, item => 'item',
  properties => $${"category": "payload ->> 'category'", "brand": "payload ->> 'brand'"}$$,
  duplicates_within => '1 millisecond');

SELECT outcome, rows FROM clientele.add_source('service', 'demo.service', method => 'cursor', cursor => 'received_at', lateness => '7 days',
  event_id => 'step', identities => '{"phone": "phone", "email": "email", "customer": "customer_no"}', country => 'CN',
  at => 'day::date + clock::time', time_zone => 'Asia/Shanghai', event => 'step_name', channel => $$'service'$$);

SELECT outcome, rows FROM clientele.add_source('web', 'demo.web',
  identities => '{"cookie": "cookie", "email": "login", "customer": "member"}',
  at => 'ts', unit => 'ms', event => 'page', channel => $$'web'$$, item => 'item',
  properties => '{"category": "category", "brand": "brand"}',
  duplicates_within => '1 millisecond');
