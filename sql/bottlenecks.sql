-- SPDX-License-Identifier: PostgreSQL
-- Where groups are lost in a funnel, and which events go with conversion.
\set tests :DBNAME
CREATE DATABASE clientele_bottlenecks_test ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_bottlenecks_test
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres'; SET extra_float_digits = 0;
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
  (1, '', 'search'), (2, '', 'cart'), (3, '', 'buy'), (4, 'web', 'help'), (5, 'app', '优惠券');

-- 400 customers of four groups: all search and half of them go on to the cart, but a quarter only in Lyon; most of these buy.
CREATE TABLE shop AS
SELECT g AS customer, (ARRAY['上海', 'Lyon', 'Wien', NULL])[g % 4 + 1] AS city,
       (SELECT journey(timestamptz '2026-03-01' + g * interval '1 minute' + t * interval '1 hour', k)
        FROM (VALUES (0, 1, true), (1, 4, g % 5 = 0), (2, 5, g % 3 = 0), (3, 2, g / 4 % CASE WHEN g % 4 = 1 THEN 4 ELSE 2 END = 0),
                     (4, 4, g % 7 = 0), (5, 3, g / 4 % 12 < 8), (30, 5, true)) e (t, k, here) WHERE here) AS journey
FROM generate_series(1, 400) g;
CREATE TABLE cities AS SELECT city, funnel(journey, '{search,cart,buy}', '1 day') AS summary FROM shop GROUP BY city;
CREATE VIEW compared AS SELECT bottlenecks(city, summary) AS b FROM cities;

SELECT coalesce(name, '(NULL)') AS name, step, customers, made, round(rate::numeric, 4) AS rate, round(rest_rate::numeric, 4) AS rest, round(lost::numeric, 2) AS lost,
       round(p::numeric, 6) AS p, round(p_adjusted::numeric, 6) AS adjusted, significant
FROM compared, bottleneck_steps(b);
-- Fisher's test is that of tags, and so are the corrections.
SELECT bool_and(s.p = hypergeometric_p(400, t.made, s.customers, s.made)) AS p_is_fisher
FROM compared, bottleneck_steps(b) s, (SELECT sum(made)::bigint AS made FROM compared, bottleneck_steps(b) WHERE step = 2) t WHERE s.step = 2;
SELECT c AS correction, array_agg(s.p_adjusted ORDER BY s.name, s.step) = adjusted_p(array_agg(s.p ORDER BY s.name, s.step), c) AS same, count(*) FILTER (WHERE significant)
FROM compared, unnest('{bh,holm,none}'::text[]) c, bottleneck_steps(b, correction => c) s GROUP BY c ORDER BY c;
-- Who has too few customers is not tested, nor counted among the tests.
SELECT count(p), count(p_adjusted), count(significant), bool_and(p IS NOT NULL OR customers < 45) AS few, count(*)
FROM compared, bottleneck_steps(b, min_customers => 45);
SELECT count(*) FILTER (WHERE significant) AS none_at_0 FROM compared, bottleneck_steps(b, alpha => 0);
-- Parts of a group are the group; NULL summaries do not count; a single group has no rest; an empty name is not NULL.
SELECT (SELECT bottlenecks(city, s) FROM (SELECT city, funnel(journey, '{search,cart,buy}', '1 day') AS s FROM shop GROUP BY city, customer % 3) p) = b AS parts,
       (SELECT bottlenecks(city, s) FROM (SELECT city, summary FROM cities UNION ALL SELECT 'Rom', NULL) c (city, s)) = b AS nulls,
       (SELECT bottleneck_merge(m) FROM (SELECT bottlenecks(city, summary) AS m FROM cities GROUP BY city) x) = b AS merged,
       (SELECT bottleneck_merge(m) FROM (VALUES (b), (NULL)) v (m)) = b AS with_null
FROM compared;
SELECT name, step, customers, made, rate, rest_rate, lost, p, p_adjusted, significant FROM bottleneck_steps((SELECT bottlenecks('', summary) FROM cities WHERE city = 'Lyon'), 0);
SELECT name IS NULL AS null, step, customers, rate, rest_rate, lost, p
FROM bottleneck_steps((SELECT bottlenecks(n, f) FROM (SELECT n, funnel(j, '{search,cart}', NULL) AS f
                                                      FROM (VALUES ('{}'::journey, NULL), ('{1@2026-01-01T00:00:00Z}', '')) v (j, n) GROUP BY n) x), 0);
-- No groups, no answer.
SELECT bottlenecks(city, summary) IS NULL AS empty FROM cities WHERE false;
SELECT bottlenecks(city, NULL) IS NULL AS all_null, bottleneck_merge(NULL) IS NULL AS merged FROM cities;
SELECT count(*) FROM bottleneck_steps(NULL);
SELECT f.* FROM unnest(ARRAY[
  $$SELECT bottlenecks(city, s) FROM (SELECT city, summary AS s FROM cities UNION ALL SELECT 'x', funnel(journey, '{search,cart}', NULL) FROM shop) x$$,
  $$SELECT bottleneck_steps(b, correction => 'sidak') FROM compared$$, $$SELECT bottleneck_steps(b, -1) FROM compared$$,
  $$SELECT bottleneck_steps(b, alpha => 1.5) FROM compared$$, $$SELECT bottleneck_steps(b, alpha => 'NaN') FROM compared$$,
  $$SELECT '\x01'::bottleneck_summary$$, $$SELECT '\x02'::bottleneck_summary$$]) q, fails(q) f;
SELECT b::text::bottleneck_summary = b AS text, (SELECT count(DISTINCT x) FROM (VALUES (b), (b::text::bottleneck_summary)) v (x)) AS distinct FROM compared;

-- Which events lie between the search and buying.
CREATE VIEW along AS SELECT funnel_correlation(journey, funnel_def('{search,cart,buy}', within => '1 day'), 1, 3) AS f FROM shop;
SELECT event, converted_with AS with, converted_without AS without, lost_with, lost_without, round(odds_ratio::numeric, 4) AS odds, round(low::numeric, 4) AS low, round(high::numeric, 4) AS high,
       round(p::numeric, 8) AS p, round(p_adjusted::numeric, 8) AS adjusted
FROM along, correlation_events(f);
SELECT bool_and(p = hypergeometric_p(converted_with + converted_without + lost_with + lost_without, converted_with + lost_with, converted_with + converted_without, converted_with)) AS fisher,
       bool_and(abs(ln(odds_ratio) - (ln(low) + ln(high)) / 2) < 1e-12) AS centred
FROM along, correlation_events(f);
-- The window, the day and the end of the journey are where the lost are watched to.
SELECT d.name, string_agg(e.event || ' ' || e.lost_with, ', ' ORDER BY e.event COLLATE "C") AS lost_with
FROM (VALUES (1, 'no limit', funnel_def('{search,buy}')), (2, '30 hours', funnel_def('{search,buy}', within => '30 hours')),
             (3, 'a little less', funnel_def('{search,buy}', within => '29 hours 59 minutes 59.999999 seconds')),
             (4, 'day', funnel_def('{search,buy}', natural_day => true, time_zone => 'UTC')),
             (5, 'day elsewhere', funnel_def('{search,buy}', natural_day => true, time_zone => 'America/Los_Angeles'))) d (n, name, def),
     LATERAL (SELECT funnel_correlation(journey, def, 1, 2) AS f FROM shop) s, correlation_events(f, 0) e GROUP BY 1, d.n ORDER BY d.n;
-- Strictly between: what has the time of a step is not. Steps after the first are left out, the first is not.
SELECT event, converted_with FROM correlation_events((SELECT funnel_correlation(j, '{search,cart,buy}', 1, 3)
  FROM (VALUES ('{1@2026-01-01T10:00:00Z,4@2026-01-01T10:00:00Z,1@2026-01-01T11:00:00Z,2@2026-01-01T12:00:00Z,9@2026-01-01T12:00:00Z,3@2026-01-01T13:00:00Z,5@2026-01-01T13:00:00Z}'::journey)) v (j)), 0);
SELECT event, converted_with, lost_with FROM correlation_events((SELECT funnel_correlation(j, '{search,cart,buy}', 2, 3)
  FROM (VALUES ('{1@2026-01-01T00:00:00Z,2@2026-01-02T00:00:00Z,4@2026-01-03T00:00:00Z,3@2026-01-04T00:00:00Z}'::journey), ('{1@2026-01-01T00:00:00Z,2@2026-01-02T00:00:00Z,2@2026-01-03T00:00:00Z,4@2026-01-04T00:00:00Z}'), ('{1@2026-01-01T00:00:00Z,4@2026-01-02T00:00:00Z}')) v (j)), 0);
SELECT count(*) AS few FROM along, correlation_events(f, 1000);

-- The four ways.
ALTER TABLE shop SET (parallel_workers = 2);
CREATE TABLE serial AS SELECT f, b FROM along, compared;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
CREATE FUNCTION has_partial(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
  FOR line IN EXECUTE 'EXPLAIN ' || query LOOP IF line LIKE '%Partial%Aggregate%' THEN RETURN true; END IF; END LOOP;
  RETURN false;
END $$;
ALTER TABLE cities SET (parallel_workers = 2);
SELECT has_partial('SELECT * FROM along') AS correlation, has_partial('SELECT * FROM compared') AS bottlenecks;
SELECT f = (SELECT f FROM along) AS correlation, b = (SELECT b FROM compared) AS bottlenecks FROM serial;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;
SELECT bool_and(w = (SELECT funnel_correlation(journey, '{search,cart,buy}', 1, 2) FROM shop i WHERE i.customer BETWEEN o.customer - 2 AND o.customer)) AS correlation
FROM (SELECT customer, funnel_correlation(journey, '{search,cart,buy}', 1, 2) OVER (ORDER BY customer ROWS 2 PRECEDING) AS w FROM shop WHERE customer <= 20) o;
WITH numbered AS (SELECT row_number() OVER (ORDER BY city) AS n, city, summary FROM cities)
SELECT bool_and(w = (SELECT bottlenecks(city, summary) FROM numbered i WHERE i.n <= o.n)) AS bottlenecks
FROM (SELECT n, bottlenecks(city, summary) OVER (ORDER BY n) AS w FROM numbered) o;
SELECT funnel_correlation(journey, '{search,buy}', 1, 2) IS NULL AS empty FROM shop WHERE false;
SELECT funnel_correlation(NULL, '{search,buy}', 1, 2) IS NULL AS all_null, funnel_correlation(journey, NULL, 1, 2) IS NULL AS unasked, correlation_merge(NULL) IS NULL AS merged FROM shop;
SELECT (SELECT correlation_merge(m) FROM (SELECT funnel_correlation(journey, funnel_def('{search,cart,buy}', within => '1 day'), 1, 3) AS m FROM shop GROUP BY customer % 3) x) = f AS merged,
       f::text::correlation_summary = f AS text FROM along;
SELECT f.* FROM unnest(ARRAY[
  $$SELECT funnel_correlation(journey, '{search,buy}', 2, 2) FROM shop$$, $$SELECT funnel_correlation(journey, '{search,buy}', 0, 2) FROM shop$$,
  $$SELECT funnel_correlation(journey, '{search,buy}', 1, 3) FROM shop$$, $$SELECT funnel_correlation(journey, funnel_def('{search,buy}', order_mode => 'any'), 1, 2) FROM shop$$,
  $$SELECT funnel_correlation(journey, '{search,cart,buy}', 1, 2 + customer % 2) FROM shop$$,
  $$SELECT correlation_merge(funnel_correlation) FROM (SELECT funnel_correlation(journey, '{search,cart,buy}', 1, c) FROM shop, generate_series(2, 3) c GROUP BY c) x$$,
  $$SELECT correlation_events(f, correction => '') FROM along$$, $$SELECT correlation_events(f, -1) FROM along$$,
  $$SELECT funnel_correlation(journey, '{search,sale}', 1, 2) FROM shop$$, $$SELECT '\x01'::correlation_summary$$, $$SELECT '\x07'::correlation_summary$$]) q, fails(q) f;

\c :tests
DROP DATABASE clientele_bottlenecks_test;
