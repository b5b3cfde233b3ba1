-- SPDX-License-Identifier: PostgreSQL
-- Retention of customers, over journeys.
\set tests :DBNAME
CREATE DATABASE clientele_retention ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_retention
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;

-- The question is a value; its text shows what is not the default, whatever the session's settings.
SELECT retention_def();
SELECT retention_def('注册', '购买|#3', 'week', 'elapsed', 'every', 'on_or_after', NULL, '{0,1,3,7}', 2, '2026-01-01', '2026-03-01 08:00+08', true,
                     'asia/shanghai');
SELECT retention_def(period => 'month', up_to => 12), retention_def(up_to => 7), retention_def(up_to => 0);
SET datestyle = 'German'; SET timezone = 'Asia/Shanghai';
SELECT retention_def(until => '2026-03-01 08:00+08'), '{"until": "2026-03-01T08:00:00+08:00"}'::retention_def;
SET datestyle = 'ISO'; SET timezone = 'UTC';
SELECT d::text::retention_def::text = d::text AS same, d::text::varchar::retention_def = d AS equal
FROM retention_def('搜索|#3', brackets => '{2,5}', since => '2026-01-01', time_zone => 'Asia/Shanghai') d;
CREATE TABLE kept (d retention_def);
INSERT INTO kept VALUES (retention_def(start_at => 'a')), ('{"mode": "on_or_before"}');
SELECT * FROM kept;

SELECT retention_def('visit'), '浏览|#3'::retention_def = retention_def(start_at => '浏览|#3') AS same;
SELECT retention_def('30 days');
SELECT retention_def(' ');
SELECT retention_def('[]');
SELECT retention_def('{"start": "a"}');
SELECT retention_def('{"until": "2026-03-01"}');
SELECT retention_def('{"brackets": [0, 1.5]}');
SELECT retention_def('{"min_count": 3000000000}');
SELECT retention_def('{"time_zone": "Mars/Utopia"}');
SELECT retention_def(start_at => 'a[');
SELECT retention_def(return_at => '');
SELECT retention_def(period => 'days');
SELECT retention_def(windows => 'rolling');
SELECT retention_def(cohort_by => 'last');
SELECT retention_def(mode => 'after');
SELECT retention_def(up_to => -1);
SELECT retention_def(up_to => 10000);
SELECT retention_def(up_to => 3, brackets => '{0,1}');
SELECT retention_def(brackets => '{}');
SELECT retention_def(brackets => '{1}');
SELECT retention_def(brackets => '{0,2,2}');
SELECT retention_def(brackets => '{-1,2}');
SELECT retention_def(brackets => '{0,NULL}');
SELECT retention_def(brackets => '{{0,1},{2,3}}');
SELECT retention_def(min_count => 0);
SELECT retention_def(period => 'month', windows => 'elapsed');
SELECT retention_def(until => 'infinity');
SELECT retention_def(since => '-infinity');
SELECT retention_def(time_zone => 'Mars/Utopia');

CALL create_store();
INSERT INTO clientele_data.event_types (event_type_id, channel, event, properties) OVERRIDING SYSTEM VALUE VALUES
  (1, '', 'visit', '{}'), (2, '', '购买', '{}'), (3, 'app', 'visit', '{}');

-- The start is not a return. Ann comes again on the same day and on days 1 and 3, Bob on day 1, Cy never; Dan started the day after.
CREATE TABLE shop (customer text, journey journey);
INSERT INTO shop VALUES
  ('ann', '{1@2026-01-01T10:00:00Z, 1@2026-01-01T18:00:00Z, 2@2026-01-02T09:00:00Z=20, 1@2026-01-04T10:00:00Z}'),
  ('bob', '{1@2026-01-01T23:00:00Z, 1@2026-01-02T23:00:00Z, 2@2026-01-02T23:00:00Z=-2.5}'),
  ('cy', '{1@2026-01-01T12:00:00Z}'), ('dan', '{1@2026-01-02T12:00:00Z, 1@2026-01-03T00:00:00Z, 2@2026-01-03T01:00:00Z}'),
  ('eve', '{}'), ('fay', NULL);
CREATE FUNCTION answer(retention_def, OUT cohort text, OUT period text, OUT customers bigint, OUT returned bigint, OUT returns bigint,
                       OUT rate numeric, OUT previous numeric, OUT amount numeric, OUT each numeric, OUT complete boolean)
RETURNS SETOF record LANGUAGE sql AS $$
  SELECT to_char(p.cohort, 'MM-DD HH24:MI'), p.period || CASE WHEN p.last_period > p.period THEN '-' || p.last_period ELSE '' END,
         p.customers, p.returned, p.returns, round(p.rate::numeric, 3), round(p.previous_rate::numeric, 3), p.amount,
         round(p.amount_per_customer, 3), p.complete
  FROM (SELECT retention_table(journey, $1) AS summary FROM shop) s, retention_periods(s.summary) p
$$;
SELECT * FROM answer(retention_def('visit', until => '2026-01-05', up_to => 4));
SELECT * FROM answer(retention_def('visit', '购买', until => '2026-01-05', up_to => 2, amounts => true));
SELECT * FROM answer(retention_def('visit', '*', until => '2026-01-05', up_to => 2, windows => 'elapsed'));
SELECT * FROM answer(retention_def('visit', 'visit|购买', until => '2026-01-05', brackets => '{1,2,4}', min_count => 2));
SELECT * FROM answer(retention_def('visit', until => '2026-01-05', up_to => 3, mode => 'on_or_after'));
SELECT * FROM answer(retention_def('visit', until => '2026-01-05', up_to => 3, mode => 'on_or_before'));
SELECT * FROM answer(retention_def('visit', until => '2026-01-05', up_to => 1, cohort_by => 'every'));
SELECT * FROM answer(retention_def('visit', since => '2026-01-01 12:00', until => '2026-01-04 12:00', up_to => 2));
SELECT customer, o.* FROM shop, retention_of(journey, retention_def('visit', '*', until => '2026-01-05', amounts => true)) o ORDER BY 1, 2, 3;

-- 24 hours later is period 1 exactly; a microsecond less is period 0.
SELECT o.period FROM retention_of('{1@2026-01-01T10:00:00Z, 2@2026-01-02T09:59:59.999999Z}', retention_def('visit', '购买', windows => 'elapsed')) o;
SELECT o.period FROM retention_of('{1@2026-01-01T10:00:00Z, 2@2026-01-02T10:00:00Z}', retention_def('visit', '购买', windows => 'elapsed')) o;

-- Of start events of one instant the start is one that is not a return, or the first in order: without a channel, and of the least amount.
SELECT o.* FROM retention_of('{1@2026-01-01T10:00:00Z=5, 3@2026-01-01T10:00:00Z=7, 3@2026-01-01T10:00:00Z=3}', retention_def('visit|app:visit', amounts => true)) o;
SELECT o.* FROM retention_of('{1@2026-01-01T10:00:00Z=5, 3@2026-01-01T10:00:00Z=7, 3@2026-01-01T10:00:00Z=3}', retention_def('app:visit', amounts => true)) o;
SELECT o.* FROM retention_of('{1@2026-01-01T10:00:00Z=5, 3@2026-01-01T10:00:00Z=7, 3@2026-01-01T10:00:00Z=3}',
                             retention_def('visit|app:visit', 'app:visit', amounts => true)) o;

-- The curve adds up what is complete.
SELECT c.period, c.last_period, c.customers, c.returned, round(c.rate::numeric, 3) AS rate, round(c.low::numeric, 3) AS low, round(c.high::numeric, 3) AS high
FROM (SELECT retention_table(journey, retention_def('visit', until => '2026-01-04 12:00')) AS summary FROM shop) s, retention_curve(s.summary) c;

-- Nothing, and no answer.
SELECT retention_table(journey, retention_def()) IS NULL AS no_journeys FROM shop WHERE customer = 'fay';
SELECT retention_table(journey, retention_def()) IS NULL AS no_rows FROM shop WHERE false;
SELECT retention_table(journey, NULL) IS NULL AS no_question FROM shop;
SELECT count(*) FROM retention_periods(NULL), retention_curve(NULL), retention_of(NULL, NULL);
SELECT count(p) AS periods, count(c) AS curve FROM (SELECT retention_table('{}', retention_def()) AS s) v LEFT JOIN retention_periods(s) p ON true LEFT JOIN retention_curve(s) c ON true;
SELECT retention_table(journey, retention_def(min_count => length(customer))) FROM shop;
SELECT retention_table(journey, retention_def('vist', period => 'week')) FROM shop;

-- A customer with events at these times.
CREATE FUNCTION at(VARIADIC timestamptz[]) RETURNS journey LANGUAGE sql AS $$ SELECT journey(t, 1) FROM unnest($1) t $$;

-- Without until the question ends with the start of the transaction, and without a time zone it is asked in that of the session.
SELECT p.cohort = date_trunc('day', now()) AS today, p.complete FROM (SELECT retention_table(at(now() - '1 us'::interval), retention_def(time_zone => 'UTC')) AS s) v, retention_periods(s) p;
SELECT count(*) FROM (SELECT retention_table(at(now()), retention_def()) AS s) v, retention_periods(s) p;
SET timezone = 'Asia/Shanghai';
SELECT DISTINCT p.cohort FROM (SELECT retention_table(journey, retention_def('visit', until => '2026-01-05')) AS s FROM shop) v, retention_periods(s) p ORDER BY 1;
DO $$
DECLARE zone text; cohort timestamptz; definition retention_def := retention_def('visit', until => '2026-01-05');
BEGIN
  FOREACH zone IN ARRAY '{UTC,Asia/Shanghai,UTC}'::text[] LOOP
    PERFORM set_config('timezone', zone, false);
    SELECT p.cohort INTO cohort FROM retention_of('{1@2026-01-01T23:00:00Z, 1@2026-01-02T20:00:00Z}', definition) p;
    RAISE WARNING '% %', zone, cohort;
  END LOOP;
END $$;
SET timezone = 'UTC';

-- Calendars. In Havana the day begins with the first of two midnights and has 25 hours.
CREATE FUNCTION periods(journey, retention_def, OUT cohort timestamptz, OUT periods integer[]) LANGUAGE sql AS $$
  SELECT cohort, array_agg(period ORDER BY period) FROM retention_of($1, $2) GROUP BY cohort $$;
SELECT p.* FROM periods(at('2026-11-01 04:00Z', '2026-11-01 05:30Z', '2026-11-02 04:59:59Z', '2026-11-02 05:00Z'), retention_def(time_zone => 'America/Havana', until => '2026-12-01')) p;
SELECT p.* FROM periods(at('2026-11-01 03:59:59Z', '2026-11-01 04:00Z'), retention_def(time_zone => 'America/Havana', until => '2026-12-01')) p;
-- Apia had no 30 December: what comes on the 31st is in period 2, and period 1 has no length.
SELECT p.* FROM periods(at('2011-12-30 09:00Z', '2011-12-30 10:00Z'), retention_def(time_zone => 'Pacific/Apia', until => '2012-02-01')) p;
SELECT p.period, p.complete FROM (SELECT retention_table(at('2011-12-30 09:00Z'), retention_def(time_zone => 'Pacific/Apia', until => '2011-12-31 10:00Z', up_to => 3)) AS s) v, retention_periods(s) p;
-- Shanghai set its clocks forward in April 1988: a day of 23 hours, and back in September: one of 25.
SELECT p.* FROM periods(at('1988-04-16 16:00Z', '1988-04-17 14:59:59Z', '1988-04-17 15:00Z'), retention_def(time_zone => 'Asia/Shanghai', until => '1988-05-01')) p;
SELECT p.* FROM periods(at('1988-09-10 15:00Z', '1988-09-11 15:59:59Z', '1988-09-11 16:00Z'), retention_def(time_zone => 'Asia/Shanghai', until => '1988-10-01')) p;
SELECT p.* FROM periods(at('1988-04-16 17:30Z', '1988-04-16 18:30Z'), retention_def(period => 'hour', time_zone => 'Asia/Shanghai', until => '1988-05-01')) p;
-- Lord Howe sets them by half an hour. An hour begins where the clock shows :00, and the others follow each 3600 seconds later.
SELECT p.* FROM periods(at('2026-04-04 14:30Z', '2026-04-04 14:59:59Z', '2026-04-04 15:00Z', '2026-04-04 15:30Z'), retention_def(period => 'hour', time_zone => 'Australia/Lord_Howe', until => '2026-05-01')) p;
SELECT p.* FROM periods(at('2026-04-04 15:45Z', '2026-04-04 16:29Z', '2026-04-04 16:30Z'), retention_def(period => 'hour', time_zone => 'Australia/Lord_Howe', until => '2026-05-01')) p;
SELECT p.* FROM periods(at('2026-04-04 13:00Z', '2026-04-05 13:29:59Z', '2026-04-05 13:30Z'), retention_def(time_zone => 'Australia/Lord_Howe', until => '2026-05-01')) p;
-- St. John's once set them from 00:01 back to 23:01: a date came again after the next one had begun.
SELECT p.* FROM periods(at('2010-11-06 12:00Z', '2010-11-07 02:30:30Z', '2010-11-07 03:00Z'), retention_def(time_zone => 'America/St_Johns', until => '2010-12-01', mode => 'on')) p;

-- Serial, parallel and merged, as a window, and by groups.
CREATE TABLE many AS
  SELECT c AS customer, journey('2026-01-01'::timestamptz + (c * 7919 % 2000 + k * k * (1 + c % 7)) * '1 h'::interval, 1 + (c + k) % 3, NULL::bigint, CASE WHEN k % 3 = 1 THEN k * 1.25 END) AS journey
  FROM generate_series(1, 3000) c, generate_series(0, c % 12) k GROUP BY c;
ALTER TABLE many SET (parallel_workers = 2);
ANALYZE many;
CREATE VIEW asked AS SELECT n, d FROM (VALUES
  (1, retention_def('visit', '*', until => '2026-06-01', amounts => true, time_zone => 'Europe/Berlin')),
  (2, retention_def('visit', '购买', 'week', 'elapsed', 'every', 'on_or_after', 9, until => '2026-06-01', amounts => true)),
  (3, retention_def('*', period => 'month', mode => 'on_or_before', min_count => 2, until => '2026-06-01', brackets => '{0,1,3}'))) v (n, d);
CREATE VIEW answers AS SELECT n, retention_table(journey, d) AS s FROM asked, many GROUP BY n;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE serial AS SELECT * FROM answers;
SELECT n, count(*), sum(customers), sum(returned), sum(returns), sum(amount) FROM serial, retention_periods(s) GROUP BY n ORDER BY n;
SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT count(*) FROM serial JOIN answers USING (n, s);
SELECT count(*) FROM serial JOIN (SELECT n, retention_merge(s) AS s FROM (SELECT n, retention_table(journey, d) AS s FROM asked, many GROUP BY n, customer % 5) p GROUP BY n) m USING (n, s);
SELECT n, retention_merge(s) = s AS alone FROM serial GROUP BY n, s ORDER BY n;
RESET max_parallel_workers_per_gather; RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;
SELECT retention_merge(s) FROM serial;
SELECT retention_merge(NULL::retention_summary) IS NULL AS nothing;
SELECT customer, (SELECT sum(p.returned) FROM retention_periods(s) p) AS so_far,
       (SELECT sum(p.returned) FROM retention_periods(last_two) p) AS last_two
FROM (SELECT customer, retention_table(journey, d) OVER w AS s, retention_table(journey, d) OVER (w ROWS 1 PRECEDING) AS last_two
      FROM shop, retention_def('visit', '*', until => '2026-01-05') d WINDOW w AS (ORDER BY customer)) v;

-- Far ends of time, and of numbers.
SELECT cohort, period, complete FROM (SELECT retention_table(j, retention_def('*', period => 'year', until => '294276-12-31', brackets => '{0,1,2147483647}', time_zone => 'UTC')) AS s
  FROM (VALUES (at('4714-11-24 BC', '294276-12-30')), (at('294276-12-30'))) v (j)) a, retention_periods(s);
SELECT cohort, period, returns AS one FROM retention_of(at('4714-11-24 BC', '294276-12-30'), retention_def('*', period => 'week', windows => 'elapsed', until => '294276-12-31', brackets => '{0,1,2147483647}', time_zone => 'UTC'));
SELECT count(*), sum(returns) FROM retention_of(at('2026-01-01', '2026-01-02'), retention_def('*', mode => 'on_or_after', up_to => 9999, until => '2100-01-01', time_zone => 'UTC'));

\c :tests
DROP DATABASE clientele_retention;
