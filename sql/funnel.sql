-- SPDX-License-Identifier: PostgreSQL
-- Funnels: how far customers come on a way of several steps.
\set tests :DBNAME
CREATE DATABASE clientele_funnel ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_funnel
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
CALL create_store();
INSERT INTO clientele_data.event_types (event_type_id, channel, event) OVERRIDING SYSTEM VALUE VALUES
  (1, 'web', 'search'), (2, 'web', 'cart'), (3, 'web', 'buy'), (4, 'store', 'buy'), (5, 'web', 'refund'), (6, 'app', '浏览'), (7, 'app', '支付');

-- One customer: how far, and when.
\set ann '\'{1@2026-01-01T10:00:00Z#42, 2@2026-01-01T10:05:00Z#43, 1@2026-01-02T09:00:00Z#42, 2@2026-01-02T10:00:00Z#42, 5@2026-01-02T10:01:00Z, 3@2026-01-02T10:02:00Z#42=19.99}\''
SELECT funnel_depth(:ann, '{search,cart,buy}', '1 day');
SELECT funnel_depth(:ann, '{search,cart,buy}', '1 hour');
SELECT funnel_depth(:ann, '{search,cart,buy}', NULL) AS no_limit;
SELECT funnel_times(:ann, funnel_def('{search,cart,buy}'));
SELECT funnel_times(:ann, funnel_def('{search,cart,buy}', within => '2 h'));
-- The window is inclusive: 62 minutes are not too long for 62 minutes.
SELECT funnel_depth(:ann, '{search,cart,buy}', '62 min') AS exact, funnel_depth(:ann, '{search,cart,buy}', '61 min 59.999999 s') AS short;
-- A step is any selector, and one event serves one step only.
SELECT funnel_depth(:ann, '{web:search|app:浏览, cart, *:buy}', '1 day') AS alternatives,
       funnel_depth(:ann, '{buy,buy}', NULL) AS once, funnel_depth(:ann, '{search,search}', NULL) AS twice;
SELECT funnel_depth('{6@2026-01-01T10:00:00Z, 7@2026-01-01T10:00:01Z}', '{浏览,支付}', '1 h') AS 中文;
-- Equal times count in any order; strictly_increasing forbids them.
SELECT funnel_depth(j, d) AS ordered, funnel_depth(j, up) AS increasing
FROM (VALUES ('{2@2026-01-01T10:00:00Z, 1@2026-01-01T10:00:00Z}'::journey, funnel_def('{cart,search}'),
              funnel_def('{cart,search}', strictly_increasing => true))) v (j, d, up);
-- The other modes and options.
SELECT funnel_depth(:ann, funnel_def('{search,cart,buy}', order_mode => 'strict')) AS strict,
       funnel_depth(:ann, funnel_def('{buy,search,cart}', order_mode => 'any')) AS any_order,
       funnel_depth(:ann, funnel_def('{search,cart,buy}', exclusions => '{refund@2-3}')) AS no_refund,
       funnel_depth(:ann, funnel_def('{search,cart,buy}', exclusions => '{refund}')) AS nowhere,
       funnel_depth(:ann, funnel_def('{search,cart,buy}', step_windows => '{NULL,1 min}')) AS quick_buy;
SELECT funnel_times(:ann, funnel_def('{search,cart,buy}', same_item => true)) AS same_item;
SELECT funnel_times(:ann, funnel_def('{search,cart,buy}', natural_day => true)) AS one_day,
       funnel_times(:ann, funnel_def('{search,cart,buy}', natural_day => true, time_zone => 'Pacific/Auckland')) AS auckland;
SET timezone = 'Pacific/Auckland';
SELECT funnel_depth(:ann, funnel_def('{search,cart,buy}', natural_day => true)) AS session_zone;
SET timezone = 'UTC';
-- A day has the length that the clocks give it: 25 hours here, the hour after midnight coming twice.
SELECT at, at AT TIME ZONE 'America/Havana' AS local, funnel_depth(j, funnel_def('{#1,#2}', natural_day => true, order_mode => 'any', time_zone => 'America/Havana')) AS with_noon
FROM unnest('{2025-11-02 03:59:59Z,2025-11-02 04:00Z,2025-11-02 05:00Z,2025-11-03 04:59:59Z,2025-11-03 05:00Z}'::timestamptz[]) at,
     LATERAL (SELECT journey(t, n) FROM (VALUES (at, 1), ('2025-11-02 17:00Z', 2)) v (t, n)) p (j);

-- What may stand between two steps: any condition, those up to the next step, or no repeat of a middle step.
SELECT funnel_depth(j, funnel_def('{search,cart,buy}')) AS ordered,
       funnel_depth(j, funnel_def('{search,cart,buy}', order_mode => 'strict_order')) AS strict_order,
       funnel_depth(j, funnel_def('{search,cart,buy}', order_mode => 'strict_order,allow_reentry')) AS with_reentry,
       funnel_depth(j, funnel_def('{search,cart,buy}', order_mode => 'strict_deduplication')) AS strict_deduplication,
       funnel_depth(j, funnel_def('{search,cart,buy}', order_mode => 'strict')) AS strict
FROM unnest('{"{1@2026-01-01T10:00:00Z, 2@2026-01-01T10:01:00Z, 3@2026-01-01T10:02:00Z}",
              "{1@2026-01-01T10:00:00Z, 3@2026-01-01T10:01:00Z, 2@2026-01-01T10:02:00Z, 3@2026-01-01T10:03:00Z}",
              "{1@2026-01-01T10:00:00Z, 2@2026-01-01T10:01:00Z, 2@2026-01-01T10:02:00Z, 3@2026-01-01T10:03:00Z}",
              "{1@2026-01-01T10:00:00Z, 5@2026-01-01T10:01:00Z, 2@2026-01-01T10:02:00Z, 3@2026-01-01T10:03:00Z}"}'::journey[]) j;
-- A mode breaks a chain, not the customer; times are those of the earliest chain that is left.
SELECT funnel_times('{1@2026-01-01T10:00:00Z, 5@2026-01-01T10:01:00Z, 1@2026-01-01T10:02:00Z, 2@2026-01-01T10:03:00Z, 2@2026-01-01T10:04:00Z}',
                    funnel_def('{search,cart}', order_mode => 'strict_order', step_windows => '{5 min}', exclusions => '{refund}')) AS second_try;
-- shared: an event serves each step that it can.
SELECT funnel_depth('{3@2026-01-01T10:00:00Z}', funnel_def('{buy,web:*,buy}', order_mode => 'shared')) AS shared,
       funnel_times('{3@2026-01-01T10:00:00Z, 4@2026-01-01T10:01:00Z#7}', funnel_def('{buy,*:buy}', order_mode => 'shared,strict_increase')) AS increasing,
       funnel_depth('{3@2026-01-01T10:00:00Z#7}', funnel_def('{buy,web:*}', order_mode => 'shared', same_item => true)) AS of_one_item;

-- Nothing, and no answer.
SELECT funnel_depth('{}', '{search}', NULL) AS empty, funnel_times('{}', funnel_def('{search}')) AS none,
       funnel_depth(NULL, '{search}', NULL) AS unknown, funnel_depth(:ann, NULL::funnel_def) AS unasked;

-- A definition is a value.
SELECT funnel_def('{search,cart}');
SELECT funnel_def('{search,cart}', '7 days', 'strict', '{1 h}', '{refund@1-2,"a@1-2"}', true, true, true, 'Asia/Shanghai');
SELECT funnel_def('{search,cart}', order_mode => 'shared, strict_increase,allow_reentry,strict_order'::text) AS one_spelling;
SELECT funnel_def('{a}', order_mode => 'strict_increase,strict_once') = funnel_def('{a}', strictly_increasing => true) AS same;
SELECT d::text::funnel_def = d AS round_trip FROM (SELECT funnel_def('{search,"a b"}', '1.5 s', step_windows => '{NULL}') AS d) v;
SELECT d::text::funnel_def = d AS round_trip FROM (SELECT funnel_def('{search,a}', order_mode => 'strict_deduplication,strict_order,shared,strict_increase') AS d) v;
SELECT '{search,cart}'::funnel_def, '{"steps": ["search", "cart"], "within": "7 days"}'::varchar::funnel_def, '{"within": null, "steps": ["浏览"]}'::text::funnel_def;
SELECT funnel_depth(:ann, '{"steps": ["search", "buy"]}') AS from_json, funnel_depth(:ann, '{search,buy}') AS from_array;
CREATE TABLE asked (d funnel_def, note text);
INSERT INTO asked VALUES (funnel_def('{search,buy}'), 'a'), ('{search,buy}', 'b'), (funnel_def('{search,buy}', '1 h'), 'c');
SELECT d, count(*) FROM asked GROUP BY d ORDER BY d::text COLLATE "C";

-- Mistakes.
SELECT * FROM fails($$SELECT funnel_def('{}'::text[])$$);
SELECT * FROM fails($$SELECT funnel_def(NULL::text[])$$);
SELECT * FROM fails($$SELECT funnel_def('{search,""}', NULL)$$);
SELECT * FROM fails($$SELECT funnel_def(ARRAY['search',NULL])$$);
SELECT * FROM fails($$SELECT funnel_def('{{a,b},{c,d}}', NULL)$$);
SELECT * FROM fails($$SELECT funnel_def('{a}', '-1 second')$$);
SELECT * FROM fails($$SELECT funnel_def('{a}', '1 month')$$);
SELECT * FROM fails($$SELECT funnel_def('{a}', order_mode => 'sorted')$$);
SELECT m, f.* FROM unnest('{"",any\,strict,any\,strict_order,any\,shared,any\,strict_deduplication,allow_reentry,shared\,strict_once}'::text[]) m,
  LATERAL fails(format('SELECT clientele.funnel_def(''{a}'', order_mode => %L)', m)) f;
SELECT * FROM fails($$SELECT funnel_def('{a,b}', order_mode => 'strict_order', same_item => true)$$);
SELECT * FROM fails($$SELECT funnel_def('{a,b}', order_mode => 'strict_deduplication', same_item => true)$$);
SELECT * FROM fails($$SELECT funnel_def('{a,b}', step_windows => '{1 h,2 h}')$$);
SELECT * FROM fails($$SELECT funnel_def('{a,b}', step_windows => '{-1 h}')$$);
SELECT * FROM fails($$SELECT funnel_def('{a,b}', exclusions => '{x@2-1}')$$);
SELECT * FROM fails($$SELECT funnel_def('{a,b}', exclusions => '{x@first}')$$);
SELECT * FROM fails($$SELECT funnel_def('{a,b}', order_mode => 'any', exclusions => '{x}')$$);
SELECT * FROM fails($$SELECT funnel_def('{a,b}', order_mode => 'any', step_windows => '{1 h}')$$);
SELECT * FROM fails($$SELECT funnel_def('{a}', time_zone => 'Mars/Olympus')$$);
SELECT * FROM fails($$SELECT funnel_def('{a[b}', NULL)$$);
SELECT * FROM fails($$SELECT '{"steps": ["a"], "window": "1 h"}'::funnel_def$$);
SELECT * FROM fails($$SELECT ''::funnel_def$$);
SELECT * FROM fails($$SELECT funnel_depth('{}', '{serch,buy}', '1 h')$$);
SELECT * FROM fails($$SELECT funnel_accum(NULL, '{}', funnel_def('{a}'))$$);

-- Many customers.
CREATE TABLE shop (customer int, country text, journey journey);
INSERT INTO shop
SELECT c, CASE c % 3 WHEN 0 THEN 'CN' ELSE 'DE' END,
       journey('2026-01-01'::timestamptz + c * interval '1 h' + s * s * c * interval '1 s', s)
FROM generate_series(1, 300) c, generate_series(1, 3) s WHERE c % (s * s) = 0 GROUP BY c;
INSERT INTO shop VALUES (301, 'CN', NULL), (302, 'CN', '{}');
SELECT step, name, customers, round(conversion::numeric, 4) AS conversion, round(conversion_low::numeric, 4) AS low,
       round(conversion_high::numeric, 4) AS high, round(step_conversion::numeric, 4) AS step_conversion,
       round(step_conversion_low::numeric, 4) AS step_low, round(step_conversion_high::numeric, 4) AS step_high, median_time, p90_time
FROM funnel_steps((SELECT funnel(journey, funnel_def('{search,cart,buy}', '1 day')) FROM shop));
-- The same by hand: from the times of each customer.
SELECT step, customers, percentile_cont(0.5) WITHIN GROUP (ORDER BY wait) = median_time AS median, percentile_cont(0.9) WITHIN GROUP (ORDER BY wait) = p90_time AS p90
FROM funnel_steps((SELECT funnel(journey, '{search,cart,buy}', '1 day') FROM shop)) s,
     LATERAL (SELECT t[s.step] - t[s.step - 1] AS wait FROM shop, funnel_times(journey, funnel_def('{search,cart,buy}', '1 day')) t WHERE cardinality(t) >= s.step) w
WHERE step > 1 GROUP BY step, customers, median_time, p90_time ORDER BY step;
SELECT country, string_agg(customers::text, ' > ' ORDER BY step) FROM (SELECT country, funnel(journey, '{search,cart,buy}', NULL) AS f FROM shop GROUP BY country) s, funnel_steps(f)
GROUP BY country ORDER BY country;
-- Several funnels at once: group by the definition.
SELECT d, step, customers FROM (SELECT d, funnel(journey, d) AS f FROM shop, asked GROUP BY d) s, funnel_steps(f) ORDER BY d::text COLLATE "C", step;
SELECT * FROM fails($$SELECT funnel(journey, d) FROM shop, asked$$);
-- Summaries can be kept and joined.
CREATE TABLE kept AS SELECT country, funnel(journey, '{search,cart,buy}', '1 day') AS f FROM shop GROUP BY country;
SELECT funnel_merge(f)::text = (SELECT funnel(journey, '{search,cart,buy}', '1 day')::text FROM shop) AS joined FROM kept;
SELECT f::text::funnel_summary::text = f::text AS round_trip FROM kept;
SELECT * FROM fails($$SELECT '\x01'::funnel_summary$$);
SELECT * FROM fails($$SELECT funnel_merge(f) FROM (SELECT f FROM kept UNION ALL SELECT funnel('{}', '{#1}', NULL)) v$$);
-- No customers, and no steps made.
SELECT funnel(journey, '{search,buy}', NULL) AS nobody FROM shop WHERE customer < 0;
SELECT funnel(NULL, '{search,buy}', NULL) AS only_null FROM shop;
SELECT * FROM funnel_steps((SELECT funnel('{}', '{search,buy}', NULL)));
SELECT * FROM funnel_steps((SELECT funnel('{1@2026-01-01T00:00:00Z}', '{search,cart,buy}', NULL)));
SELECT count(*) FROM funnel_steps(NULL);
-- As a window, with frames that grow and that move.
SELECT customer, (SELECT string_agg(customers::text, ' > ' ORDER BY step) FROM funnel_steps(grown)) AS grown,
       (SELECT string_agg(customers::text, ' > ' ORDER BY step) FROM funnel_steps(moved)) AS moved
FROM (SELECT customer, funnel(journey, '{search,cart,buy}', '1 day') OVER (ORDER BY customer) AS grown,
             funnel(journey, '{search,cart,buy}', '1 day') OVER (ORDER BY customer ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) AS moved
      FROM shop WHERE customer <= 12) v ORDER BY customer;
-- In parallel.
SELECT md5(string_agg(funnel_steps::text, ' ')) AS serial FROM funnel_steps((SELECT funnel(journey, '{search,cart,buy}', '1 day') FROM shop)) \gset
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
ALTER TABLE shop SET (parallel_workers = 2);
EXPLAIN (COSTS OFF) SELECT funnel(journey, '{search,cart,buy}', '1 day') FROM shop;
SELECT md5(string_agg(funnel_steps::text, ' ')) = :'serial' AS same FROM funnel_steps((SELECT funnel(journey, '{search,cart,buy}', '1 day') FROM shop));

-- The open door: any table, one condition a step.
CREATE TABLE log (customer text, at timestamptz, event text);
INSERT INTO log VALUES ('ann', '2026-01-01 10:00', 'search'), ('ann', '2026-01-01 10:10', 'buy'), ('ann', '2026-01-01 10:05', 'cart'),
  ('bob', '2026-01-01 10:00', 'buy'), ('bob', '2026-01-01 10:00', 'cart'), ('bob', '2026-01-01 10:00', 'search'), ('bob', NULL, 'buy'),
  ('eve', '2026-01-01 10:00', NULL), ('eve', '2026-01-03 10:00', 'cart'), ('zoe', '2026-01-01 10:00', 'search'), ('zoe', '2026-01-01 10:01', 'help'), ('zoe', '2026-01-01 10:02', 'cart');
SELECT customer, window_funnel('1 day', at, event = 'search', event = 'cart', event = 'buy') AS ordered,
       window_funnel('1 min', at, event = 'search', event = 'cart', event = 'buy') AS quick,
       window_funnel(NULL, at, 'strict', event = 'search', event = 'cart', event = 'buy') AS strict,
       window_funnel(NULL, at, 'any', event = 'buy', event = 'search') AS any_order,
       window_funnel(NULL, at, 'ordered, strictly_increasing', event = 'search', event = 'cart', event = 'buy') AS increasing
FROM log GROUP BY customer ORDER BY customer;
SELECT customer, m, window_funnel('1 day', at, m, event = 'search', event = 'cart', event = 'buy') AS depth
FROM log, unnest('{strict_order,strict_order\,allow_reentry,strict_deduplication,strict_increase,strict_once,shared}'::text[]) m
GROUP BY customer, m ORDER BY customer, m;
SELECT window_funnel('1 day', at, 'strict_once', true, true) AS once, window_funnel('1 day', at, 'shared', true, true) AS shared FROM log WHERE customer = 'eve' AND event IS NULL;
SELECT window_funnel('1 day', at, event = 'search') AS nobody FROM log WHERE false;
SELECT window_funnel('1 day', NULL, true) AS no_times, window_funnel('1 day', now(), NULL::boolean) AS no_answer FROM log;
SELECT customer, at, window_funnel('1 day', at, event = 'search', event = 'cart', event = 'buy') OVER w AS so_far,
       window_funnel('1 day', at, event = 'search', event = 'cart', event = 'buy') OVER (w ROWS 1 PRECEDING) AS last_two
FROM log WHERE at IS NOT NULL WINDOW w AS (PARTITION BY customer ORDER BY at, event) ORDER BY customer, at, event;
-- More steps than a machine word has bits, and NULL conditions among them.
SELECT window_funnel(NULL, '2026-01-01'::timestamptz + n * interval '1 us', m, VARIADIC ARRAY(SELECT CASE WHEN k = n THEN true WHEN k > n THEN false END FROM generate_series(1, 2000) k))
FROM generate_series(1, 1500) n, unnest('{strict_order\,strict_deduplication,shared,any,strict}'::text[]) m GROUP BY m;
SELECT window_funnel(NULL, '2026-01-01'::timestamptz + n * interval '1 s', VARIADIC ARRAY(SELECT k = n FROM generate_series(1, 200) k)) FROM generate_series(1, 150) n;
SELECT * FROM fails($$SELECT window_funnel('1 month', now(), true)$$);
SELECT * FROM fails($$SELECT window_funnel('1 day', now(), 'sorted', true)$$);
SELECT * FROM fails($$SELECT window_funnel('1 day', now(), 'any,shared', true)$$);
SELECT * FROM fails($$SELECT window_funnel('1 day', 'infinity', true)$$);
SELECT * FROM fails($$SELECT window_funnel('1 day', now(), VARIADIC '{}'::boolean[])$$);
SELECT * FROM fails($$SELECT window_funnel('1 day', now(), VARIADIC NULL::boolean[])$$);
SELECT * FROM fails($$SELECT window_funnel(n * interval '1 s', now(), true) FROM generate_series(1, 2) n$$);
SELECT * FROM fails($$SELECT window_funnel('1 s', now(), n, true) FROM unnest('{any,strict}'::text[]) n$$);
ALTER TABLE log SET (parallel_workers = 2);
EXPLAIN (COSTS OFF) SELECT window_funnel('1 day', at, event = 'search', event = 'cart', event = 'buy') FROM log;
SELECT window_funnel('1 day', at, event = 'search', event = 'cart', event = 'buy') FROM log;

\c :tests
DROP DATABASE clientele_funnel;
