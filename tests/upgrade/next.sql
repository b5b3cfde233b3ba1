-- SPDX-License-Identifier: PostgreSQL
-- What happens next in a store: loads, refreshes that follow the changes only, versions. The last words of a refresh are those of today.
SET client_min_messages = warning;
SET timezone = 'UTC';
SET search_path = public, clientele;
SET ROLE upgrade_owner;
CREATE TEMP TABLE next AS SELECT 'c' || g AS customer, timestamptz '2026-07-02 00:00Z' + g * interval '1 hour' AS at, 'purchase' AS event, g AS amount
FROM generate_series(1, 30, 7) g;
CALL clientele.load_events('next', amount => 'amount');
SELECT tag, CASE outcome WHEN 'changed' THEN 'incremental' ELSE outcome END, customers, gained, lost, error
FROM clientele.refresh_tags(at => '2026-07-02 12:00Z') ORDER BY tag;
SELECT tag, CASE outcome WHEN 'changed' THEN 'incremental' ELSE outcome END, customers, gained, lost, error
FROM clientele.refresh_tags(at => '2026-07-20 12:00Z') ORDER BY tag;
SELECT clientele.define_tag('behaviour.loyal', 'day_count(journey) > 3'), clientele.define_tag('behaviour.buyer', 'event_count(journey) > 5');
SELECT tag, CASE outcome WHEN 'changed' THEN 'incremental' ELSE outcome END, customers, gained, lost, error
FROM clientele.refresh_tags(at => '2026-07-20 13:00Z') ORDER BY tag;
SELECT clientele.save_model('churn', '{"model": "BG/NBD", "parameters": {"r": 0.3, "alpha": 4, "a": 0.8, "b": 2}}'::btyd_model);
SELECT clientele.item('next'), clientele.customer_ids('customer', '{next}'), clientele.event_type('web', 'next');
SELECT q, clientele.audience_size(q::tag_query) FROM unnest('{behaviour.loyal,behaviour.buyer,value.good,value.spent>50}'::text[]) q;
