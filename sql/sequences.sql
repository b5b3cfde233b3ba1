-- SPDX-License-Identifier: PostgreSQL
-- Sequences and retention in raw rows.
\set tests :DBNAME
CREATE DATABASE clientele_sequences ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_sequences
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
CREATE TABLE log (customer text, at timestamptz, event text);
INSERT INTO log VALUES ('ann', '2026-01-01 10:00', 'search'), ('ann', '2026-01-01 10:10', 'buy'), ('ann', '2026-01-01 10:05', 'cart'),
  ('ann', '2026-01-02 10:00', 'search'), ('ann', '2026-01-02 10:00:00.5', 'buy'),
  ('bob', '2026-01-01 10:00', 'buy'), ('bob', '2026-01-01 10:00', 'cart'), ('bob', '2026-01-01 10:00', 'search'), ('bob', NULL, 'buy'),
  ('eve', '2026-01-01 10:00', NULL), ('eve', '2026-01-03 10:00', 'cart'), ('zoe', NULL, 'search'),
  ('小明', '2026-01-01 10:00', 'search'), ('小明', '2026-01-01 10:01', '帮助'), ('小明', '2026-01-01 10:02', 'cart');

-- Elements one right after the other, with rows between, and with a time.
SELECT customer, sequence_match('(?1)(?2)', at, event = 'search', event = 'buy') AS next_of_these,
       sequence_match('(?1)(?2)', at, event = 'search', event = 'buy', true) AS next_of_all,
       sequence_count('(?1).*(?2)', at, event = 'search', event = 'buy') AS count,
       sequence_count('(?1)(?t<=60)(?2)', at, event = 'search', event = 'buy') AS in_a_minute,
       sequence_match('(?1)(?t==0.5)(?2)', at, event = 'search', event = 'buy') AS half_a_second
FROM log GROUP BY customer ORDER BY customer;
SELECT customer, sequence_match_events('(?1).*(?2).*(?3)', at, event = 'search', event = 'cart', event = 'buy') AS reached
FROM log GROUP BY customer ORDER BY customer;
-- A time binds the elements on its two sides, whatever .* stands beside it; decimals and more than one time.
SELECT sequence_match('(?1).*(?t<=5)(?2)', at, a, NOT a) AS within, sequence_match('(?1).*(?t>5)(?2)', at, a, NOT a) AS after,
       sequence_match('(?1) (?t != 100) (?t >= 99.999999) (?t < 101) (?2)', at, a, NOT a) AS but_not
FROM (VALUES ('2026-01-01 00:00:00'::timestamptz, true), ('2026-01-01 00:01:40', false)) v (at, a);
-- No rows, no times, no condition that is true.
SELECT sequence_match('(?1)', at, true) AS nobody, sequence_count('(?1)', at, true) AS count, sequence_match_events('(?1)', at, true) AS events FROM log WHERE false;
SELECT sequence_match('(?1)', NULL, true) AS no_times, sequence_match('(?1)', now(), NULL::boolean) AS no_answer,
       sequence_count('(?1)', now(), false) AS count, sequence_match_events('(?1)', now(), NULL::boolean) AS events FROM log;
-- As a window, with frames that grow and that move.
SELECT customer, at, event, sequence_count('(?1)(?2)', at, event = 'search', event IN ('cart', 'buy')) OVER w AS so_far,
       sequence_match('(?1)(?2)', at, event = 'search', event IN ('cart', 'buy')) OVER (w ROWS 1 PRECEDING) AS last_two
FROM log WHERE customer IN ('ann', '小明') WINDOW w AS (PARTITION BY customer ORDER BY at) ORDER BY customer, at;
-- More conditions than a machine word has bits.
SELECT sequence_count('(?70).*(?150)', '2026-01-01'::timestamptz + n * interval '1 s', VARIADIC ARRAY(SELECT k = n FROM generate_series(1, 200) k)) FROM generate_series(1, 160) n;
-- Each group may have a pattern of its own.
SELECT pattern, sequence_count(pattern, at, event = 'search', event = 'buy') FROM log, unnest('{(?1),(?2),(?1).*(?2),.}'::text[]) pattern GROUP BY pattern ORDER BY 1;
SELECT * FROM fails($$SELECT sequence_match('(?1', now(), true)$$);
SELECT * FROM fails($$SELECT sequence_match('(?1)(?3)', now(), true, false)$$);
SELECT * FROM fails($$SELECT sequence_count('(?1)(?t<=5)', now(), true)$$);
SELECT * FROM fails($$SELECT sequence_match_events('', now(), true)$$);
SELECT * FROM fails($$SELECT sequence_match('搜索', now(), true)$$);
SELECT * FROM fails($$SELECT sequence_match(NULL, now(), true)$$);
SELECT * FROM fails($$SELECT sequence_match('(?1)', 'infinity', true)$$);
SELECT * FROM fails($$SELECT sequence_match('(?1)', now(), VARIADIC '{}'::boolean[])$$);
SELECT * FROM fails($$SELECT sequence_match('(?1)', now(), VARIADIC NULL::boolean[])$$);
SELECT * FROM fails($$SELECT sequence_match(p, now(), true) FROM unnest('{(?1),.}'::text[]) p$$);
SELECT * FROM fails($$SELECT sequence_match('(?1)', now(), VARIADIC c) FROM (VALUES ('{t}'::boolean[]), ('{t,f}')) v (c)$$);
SELECT * FROM fails($$SELECT sequence_match(repeat('.', 10001), now(), true)$$);

-- What comes next.
SELECT customer, sequence_next_node('forward', 'head', at, event, event = 'search') AS first,
       sequence_next_node('forward', 'head', at, event, true, event = 'search') AS after_search,
       sequence_next_node('forward', 'first_match', at, event, true, event = 'search', event <> 'buy') AS after_two,
       sequence_next_node('backward', 'tail', at, event, true, event = 'buy') AS before_last,
       sequence_next_node('backward', 'last_match', at, event, at < '2026-01-02', event IN ('buy', 'cart')) AS before_a_buy
FROM log GROUP BY customer ORDER BY customer;
SELECT sequence_next_node('forward', 'head', at, event, true) AS nobody FROM log WHERE false;
SELECT sequence_next_node('forward', 'head', NULL, 'x', true) AS no_times, sequence_next_node('forward', 'head', now(), NULL, true) AS no_values,
       sequence_next_node('forward', 'head', now(), 'x', NULL) AS no_answer FROM log;
SELECT customer, at, event, sequence_next_node('backward', 'tail', at, event, true, true) OVER w AS previous
FROM log WHERE at IS NOT NULL WINDOW w AS (PARTITION BY customer ORDER BY at, event COLLATE "C" ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) ORDER BY customer COLLATE "C", at, event COLLATE "C";
SELECT * FROM fails($$SELECT sequence_next_node('up', 'head', now(), 'x', true)$$);
SELECT * FROM fails($$SELECT sequence_next_node('forward', 'top', now(), 'x', true)$$);
SELECT * FROM fails($$SELECT sequence_next_node('backward', 'head', now(), 'x', true, true)$$);
SELECT * FROM fails($$SELECT sequence_next_node('forward', 'tail', now(), 'x', true, true)$$);
SELECT * FROM fails($$SELECT sequence_next_node('forward', 'first_match', now(), 'x', true)$$);
SELECT * FROM fails($$SELECT sequence_next_node(NULL, 'head', now(), 'x', true)$$);
SELECT * FROM fails($$SELECT sequence_next_node('forward', NULL, now(), 'x', true)$$);
SELECT * FROM fails($$SELECT sequence_next_node('forward', 'head', '-infinity', 'x', true)$$);
SELECT * FROM fails($$SELECT sequence_next_node('forward', 'head', now(), 'x', true, VARIADIC NULL::boolean[])$$);
SELECT * FROM fails($$SELECT sequence_next_node(d, 'last_match', now(), 'x', true, true) FROM unnest('{forward,backward}'::text[]) d$$);

-- Who came back.
SELECT customer, retention(at < '2026-01-02', at >= '2026-01-02' AND at < '2026-01-03', at >= '2026-01-03') AS days,
       retention(event = 'cart') AS one
FROM log GROUP BY customer ORDER BY customer;
SELECT retention(true) AS nobody FROM log WHERE false;
SELECT retention(NULL, true) AS no_start FROM log;
SELECT n, retention(n = 2, n = 1, n = 3) OVER (ORDER BY n) AS so_far FROM generate_series(1, 3) n;
SELECT array_to_string(retention(VARIADIC ARRAY(SELECT k % 40 = n FROM generate_series(0, 99) k)), '') FROM generate_series(0, 2) n;
SELECT * FROM fails($$SELECT retention(VARIADIC '{}'::boolean[])$$);
SELECT * FROM fails($$SELECT retention(VARIADIC NULL::boolean[])$$);
SELECT * FROM fails($$SELECT retention(VARIADIC c) FROM (VALUES ('{t}'::boolean[]), ('{t,f}')) v (c)$$);

-- In parallel.
CREATE VIEW answers AS
SELECT sequence_match('(?1).*(?2)', at, event = 'search', event = 'buy'), sequence_count('(?1)', at, event = 'search'),
       sequence_match_events('(?2).*(?1)', at, event = 'search', event = 'buy'),
       sequence_next_node('forward', 'first_match', at, event, true, event = 'buy', event = 'cart') AS next,
       sequence_next_node('backward', 'tail', at, event, true) AS last, retention(event = 'search', event = 'buy', event = 'visit')
FROM log;
SELECT answers::text AS serial FROM answers \gset
SELECT :'serial' AS serial;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
ALTER TABLE log SET (parallel_workers = 2);
EXPLAIN (COSTS OFF) SELECT * FROM answers;
SELECT answers::text = :'serial' AS same FROM answers;

\c :tests
DROP DATABASE clientele_sequences;
