-- SPDX-License-Identifier: PostgreSQL
-- Points: the rules, the ledger of one customer, and the ledger in the store: refreshes, calls, late events, merges, views.
\set tests :DBNAME
CREATE DATABASE clientele_points ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_points
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;
CREATE FUNCTION fails(statement text, OUT code text, OUT message text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  message := 'it does not fail';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
END $$;

-- The rules
SELECT points_def();
SELECT points_def(0.1, 'purchase|web:order', 'refund', '7 days', '365 days', 'forgive', '{普通,银卡,金卡}', '{0,1000,3000}', '{1,1.25,2}', '180 days', '90 days');
SELECT points_def(0.1, returns => 'x')::text::points_def = points_def(0.1, returns => 'x') AS same,
       points_def(0.1)::text::varchar::points_def = '{"rate": "0.1"}' AS varchar, points_def() < points_def(2) OR points_def() > points_def(2) AS ordered;
SELECT message, code FROM unnest(ARRAY['rate => -1', 'rate => 0.0000001', $$rate => 'NaN'$$, 'rate => 2000000', $$validity => '1 month'$$, $$validity => '0'$$, $$keeps => '-1 day'$$,
  $$look_back => '1001 years'$$, $$shortfall => 'x'$$, $$tiers => '{a,b}'$$, $$tiers => '{a,b}', tier_points => '{0,0}'$$, $$tiers => '{a}', tier_points => '{1}'$$,
  $$tiers => '{a,a}', tier_points => '{0,5}'$$, $$tiers => '{a,NULL}', tier_points => '{0,5}'$$, $$tiers => '{""}', tier_points => '{0}'$$,
  $$tiers => '{a,b}', tier_points => '{0,5}', multipliers => '{1}'$$, $$tiers => '{a,b}', tier_points => '{0,5}', multipliers => '{1,1001}'$$,
  $$tiers => '{{a,b}}', tier_points => '{0,5}'$$, $$purchases => 'a|'$$]) x, fails(format('SELECT points_def(%s)', x));
SELECT message, code FROM unnest(ARRAY['x', '[]', '{"rate": 1}', '{"rate": "1e3"}', '{"tier": 1}', '{"tiers": []}', '{"tiers": [{"points": 0}]}']) x, fails(format('SELECT %L::points_def', x));

-- The ledger of one customer
SELECT points_def(validity => '30 days', tiers => '{普通,银卡}', tier_points => '{0,50}', multipliers => '{1,1.25}', look_back => '40 days', keeps => '10 days') AS rules \gset
\set events '[{"kind": "purchase", "at": "2026-01-01", "amount": 55.50}, {"kind": "purchase", "at": "2026-01-02", "amount": "33"}, {"kind": "spend", "at": "2026-01-03", "points": 60}, {"kind": "spend", "at": "2026-01-03", "points": 60}, {"kind": "return", "at": "2026-01-04", "of": 1, "amount": 55.5}, {"kind": "grant", "at": "2026-01-05", "points": 100}, {"kind": "adjust", "at": "2026-01-06", "points": -5}]'
SELECT * FROM points_ledger(:'rules'::points_def, :'events'::jsonb, '2026-03-01');
SELECT * FROM points_balance(:'rules'::points_def, :'events'::jsonb, '2026-01-04');
SELECT * FROM points_balance(:'rules'::points_def, :'events'::jsonb, '2026-03-01');
SELECT * FROM points_lots(:'rules'::points_def, :'events'::jsonb, '2026-01-20');
SELECT * FROM points_tier_changes(:'rules'::points_def, :'events'::jsonb, '2026-03-01');
SELECT * FROM points_balance(:'rules'::points_def, '[]', '2026-01-01');
SELECT usable, tier FROM point_account(ARRAY[points_def()], '2026-01-01', NULL, NULL, NULL);
SELECT points_balance(points_def(), NULL) IS NULL AS strict;
SELECT message, code FROM unnest(ARRAY['{}', '[1]', '[{}]', '[{"kind": "x", "at": "2026-01-01"}]', '[{"kind": "spend"}]', '[{"kind": "spend", "at": "infinity"}]',
  '[{"kind": "grant", "at": "2026-01-01", "points": -1}]', '[{"kind": "grant", "at": "2026-01-01", "points": 9e15}]', '[{"kind": "return", "at": "2026-01-01", "amount": -1}]',
  '[{"kind": "purchase", "at": "2026-01-01", "amount": 1e12}]', '[{"kind": "purchase", "at": "2026-01-01", "amount": "NaN"}]',
  '[{"event": 7, "kind": "grant", "at": "2026-01-01", "points": 1}, {"event": 7, "kind": "grant", "at": "2026-01-01", "points": 1}]']) x,
  fails(format('SELECT points_balance(points_def(), %L, ''2026-02-01'')', x));
SELECT message, code FROM unnest(ARRAY['NULL, now(), NULL, NULL, NULL', $$'{}', now(), NULL, NULL, NULL$$, $$ARRAY[NULL::points_def], now(), NULL, NULL, NULL$$,
  $$ARRAY[points_def()], 'infinity', NULL, NULL, NULL$$, $$ARRAY[points_def()], now(), '{1}', '{spend}', NULL$$, $$ARRAY[points_def()], now(), '{1}', '{spend,spend}', '{2026-01-01}'$$,
  $$ARRAY[points_def()], now(), '{NULL}', '{spend}', '{2026-01-01}'$$, $$ARRAY[points_def()], now(), '{{1}}', '{spend}', '{2026-01-01}'$$,
  $$ARRAY[points_def()], '2026-02-01', '{1}', '{spend}', '{2026-01-02}', posted => '{2026-01-01}'$$, $$ARRAY[points_def()], '2026-02-01', '{1}', '{spend}', '{2026-01-02}', rule => '{2}'$$,
  $$ARRAY[points_def()], '2026-02-01', '{1,2}', '{spend,spend}', '{2026-01-02,2026-01-02}', account => '{1,2}'$$]) x,
  fails(format('SELECT point_account(%s)', x));

-- Without a store, and an empty one
SELECT code FROM unnest(ARRAY['refresh_points()', 'define_points(points_def())', 'drop_points()', 'spend_points(1, 1, ''k'')', 'points_of(1)', 'points_entries(1)', 'erase_points(1)']) x,
  fails('SELECT * FROM ' || x);
CALL create_store('Asia/Shanghai');
SELECT * FROM refresh_points('2026-01-01');
SELECT message, code, hint FROM fails($$SELECT spend_points(1, 1, 'k')$$);
SELECT message, code FROM fails($$SELECT define_points('{}')$$);
SELECT count(*) AS outstanding FROM clientele_bi.points_liability;

-- A store
CREATE TABLE ev (customer text, at timestamptz, event text, amount numeric, sku text);
INSERT INTO ev VALUES
  ('a', '2026-01-01', 'purchase', 100, 'x'), ('a', '2026-01-05', 'purchase', 60, 'y'), ('a', '2026-01-20', 'refund', -60, 'y'), ('b', '2026-01-03', 'purchase', 30, 'x'),
  ('b', '2026-01-03', 'purchase', 30, 'x'), ('c', '2026-01-03', 'view', NULL, 'x'), ('d', '2026-08-01', 'purchase', 10, NULL);
CALL load_events('ev', amount => 'amount', item => 'sku');
SELECT define_points(points_def(returns => 'refund', validity => '30 days', tiers => '{普通,银卡}', tier_points => '{0,100}', multipliers => '{1,1.5}')) AS version,
       define_points(points_def(returns => 'refund', validity => '30 days', tiers => '{普通,银卡}', tier_points => '{0,100}', multipliers => '{1,1.5}')) AS same_version;
SELECT * FROM refresh_points('2026-01-10');
SELECT * FROM refresh_points('2026-01-10');
SELECT * FROM points_ledger((SELECT journey FROM clientele_data.journeys WHERE customer_id = 1), (SELECT rules FROM clientele_data.point_rules), '2026-01-21');
SELECT spend_points(1, 50, 'order 1', '2026-01-11') AS spent, spend_points(1, 50, 'order 1', '2026-01-11') AS again, spend_points(1, 500, 'order 2', '2026-01-11') AS not_covered,
       spend_points(1, 500, 'order 2', '2026-01-11') AS again;
SELECT message, code FROM unnest(ARRAY['1, 51, ''order 1''', '2, 50, ''order 1''', '1, 0, ''k''', '1, -5, ''k''', '1, NULL, ''k''', '1, 5, NULL', 'NULL, 5, ''k''', '99, 5, ''k''', '1, 5, ''''',
  '1, 2000000000000000, ''k''', '1, 5, ''k'', ''infinity''']) x, fails(format('SELECT spend_points(%s)', x));
SELECT * FROM points_of(1, '2026-01-11');
SELECT * FROM refresh_points('2026-01-25');
SELECT * FROM points_of(1, '2026-01-11');
SELECT * FROM points_of(1, '2026-01-25');
SELECT * FROM points_of(99);
SELECT * FROM refresh_points('2026-06-25');
SELECT at, kind, points, lot, event_id, usable_from, expires_at, reason, customer FROM points_entries(1);

-- What arrives late is posted with its own time; what it would have changed is posted if asked.
TRUNCATE ev;
INSERT INTO ev VALUES ('b', '2026-01-02', 'purchase', 200, 'z'), ('d', '2026-06-24', 'purchase', 120, NULL);
CALL load_events('ev', amount => 'amount', item => 'sku');
SELECT * FROM refresh_points('2026-06-26');
SELECT * FROM refresh_points('2026-06-26', adjust => true);
SELECT * FROM refresh_points('2026-06-26', adjust => true, complete => true);
SELECT at, kind, points, lot, reason FROM points_entries(2);

-- Grants, returns and adjustments
SELECT grant_points(3, 70, 'birthday', 'birthday 2026', '2026-06-27') = grant_points(3, 70, 'birthday', 'birthday 2026', '2026-06-27') AS once;
SELECT spend_points(4, 100, 'order 3', '2026-06-27') AS spent;
SELECT return_points(4, (SELECT min(lot) FROM points_entries(4)), 60, 'return 1', '2026-06-28') > 0 AS returned;
SELECT usable, pending, owed, tier, tier_points FROM points_of(4, '2026-06-28');
SELECT adjust_points(4, 55, 'complaint', at => '2026-06-28') > 0 AS adjusted;
SELECT usable, owed FROM points_of(4, '2026-06-28');
SELECT message, code FROM unnest(ARRAY['return_points(4, 1)', 'return_points(4, NULL)', 'return_points(4, 4, -1)', 'grant_points(4, 0, ''x'')', 'grant_points(4, NULL, ''x'')',
  'adjust_points(4, 0, ''x'')', 'adjust_points(4, 1, NULL)']) x, fails('SELECT ' || x);

-- Merged customers share their points, and a split leaves them where they are.
SELECT usable FROM points_of(4, '2026-06-29');
SELECT merge_customers(3, 4) AS merge \gset
SELECT * FROM refresh_points('2026-06-29');
SELECT usable FROM points_of(4, '2026-06-29');
SELECT spend_points(4, 75, 'order 4', '2026-06-30') AS spent;
SELECT at, kind, points, customer FROM points_entries(3);
SELECT undo_merge(:merge) IS NOT NULL AS split;
SELECT * FROM refresh_points('2026-07-01', complete => true);
SELECT usable FROM points_of(3, '2026-07-01');
SELECT * FROM points_of(4, '2026-07-01');
SELECT * FROM refresh_points('2026-08-02');
SELECT usable FROM points_of(4, '2026-08-02');

-- New rules count from the next event on.
SELECT define_points(points_def(2, returns => 'refund')) AS version;
SELECT customers, events, entries FROM refresh_points('2026-08-03');
TRUNCATE ev;
INSERT INTO ev VALUES ('b', '2026-08-04', 'purchase', 10, 'z');
CALL load_events('ev', amount => 'amount', item => 'sku');
SELECT customers, events, entries FROM refresh_points('2026-08-05');
SELECT usable, tier, next_expiry FROM points_of(2, '2026-08-05');
SELECT drop_points();
SELECT * FROM refresh_points('2026-08-06');

-- The ledger and the balances agree, and nothing changes the ledger.
SELECT count(*) > 0 AS any, bool_and(a.points = e.points AND a.entries = e.n) AS agree
FROM clientele_data.point_accounts a CROSS JOIN LATERAL (SELECT coalesce(sum(e.points), 0) AS points, count(*) AS n FROM clientele_data.point_entries e WHERE e.account_id = a.account_id) e;
SELECT bool_and(r.usable + r.pending = (SELECT sum(a.points) FROM clientele_data.point_accounts a WHERE a.root_id = r.account_id)
                AND r.usable + r.pending = (SELECT coalesce(sum(l), 0) FROM unnest(r.lot_points) l)) AS agree FROM clientele_data.point_accounts r WHERE NOT r.closed;
SELECT message, code FROM unnest('{"DELETE FROM clientele_data.point_entries","UPDATE clientele_data.point_events SET points = 5","TRUNCATE clientele_data.point_entries"}'::text[]) x, fails(x);
SET session_replication_role = replica;
SELECT code FROM fails('DELETE FROM clientele_data.point_entries WHERE false');
RESET session_replication_role;

-- What BI tools see
SELECT tier, expires_month, customers, points, round(expected_used::numeric, 3) AS expected_used, round(expected_share::numeric, 3) AS expected_share
FROM clientele_bi.points_liability ORDER BY expires_month, tier;
SELECT tier, customers, usable, pending, owed, round(mean_tier_points::numeric, 1) AS mean_tier_points FROM clientele_bi.points_tiers ORDER BY tier;
SELECT * FROM clientele_bi.points_flow ORDER BY month;
SELECT age, outstanding, used, round(unused::numeric, 6) AS unused FROM clientele_data.point_usage ORDER BY age;
SELECT report(sections => '{points}') LIKE '%id="points-flow%' AS english, report(sections => '{points}', language => 'zh') LIKE '%退货收回%' AS chinese;

-- Purchases earn once, also if their customer was merged before its account was opened, split again, and merged with a third.
TRUNCATE ev;
INSERT INTO ev VALUES ('p', '2026-09-01', 'purchase', 11, 'z'), ('q', '2026-09-01', 'purchase', 13, 'z'), ('r', '2026-09-01', 'purchase', 17, 'z');
CALL load_events('ev', amount => 'amount', item => 'sku');
SELECT define_points(points_def(2, returns => 'refund')) > 0 AS defined;
SELECT max(customer_id) FILTER (WHERE value = 'p') AS p, max(customer_id) FILTER (WHERE value = 'q') AS q, max(customer_id) FILTER (WHERE value = 'r') AS r
FROM clientele_data.identities \gset
SELECT merge_customers(:p, :q) AS merge \gset
SELECT events FROM refresh_points('2026-09-02');
SELECT undo_merge(:merge) IS NOT NULL AS split;
SELECT events FROM refresh_points('2026-09-03');
SELECT merge_customers(:q, :r) IS NOT NULL AS merged;
SELECT events FROM refresh_points('2026-09-04', complete => true);

-- A person is erased.
SELECT erase_points(2) AS erased, erase_points(2) AS nothing_left;
SELECT count(*) FROM points_entries(2);
SELECT message FROM fails('DELETE FROM clientele_data.point_entries');

\c :tests
DROP DATABASE clientele_points;
