-- SPDX-License-Identifier: PostgreSQL
-- What explain_change() says of each kind of question, how it divides customers, and what it refuses.
\set tests :DBNAME
CREATE DATABASE clientele_explained ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_explained
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
SELECT code FROM fails($$SELECT * FROM explain_change('f', '[2026-01-01, 2026-02-01)', '[2026-02-01, 2026-03-01)')$$);

-- An empty store.
CALL create_store('Europe/Berlin');
SELECT change_dimensions();
SELECT * FROM explain_change(funnel_def('{a,b}'), '[2026-01-01, 2026-02-01)', '[2026-02-01, 2026-03-01)', by => '{event:channel}') \gx

-- Views in two months. In March the customers in 上海 do not buy.
CREATE TABLE ev AS
SELECT 'c' || c AS customer, m + c % 20 * interval '1 day' + n * interval '1 hour' AS at, event,
       (ARRAY['web', 'app'])[1 + c % 2] AS channel, CASE event WHEN 'buy' THEN c % 7 + 0.5 END AS amount
FROM generate_series(1, 240) c, unnest('{2026-02-01, 2026-03-01}'::timestamptz[]) m,
     unnest('{view,buy}'::text[]) WITH ORDINALITY e (event, n)
WHERE event = 'view' OR c % 3 < 2 AND NOT (m >= '2026-03-01' AND c % 4 = 1);
CALL load_events('ev', channel => 'channel', amount => 'amount');
CREATE TABLE people AS
SELECT i.customer_id, substr(i.value, 2)::integer AS c, (ARRAY['Berlin', '上海', NULL, '<b>'])[1 + substr(i.value, 2)::integer % 4] AS city
FROM clientele_data.identities i;
INSERT INTO clientele_data.home_attributes (home_id, name, value, source_id, first_at, last_at, n)
SELECT i.identity_id, 'city', p.city, 1, now(), now(), 1
FROM clientele_data.identities i JOIN people p USING (customer_id) WHERE p.city IS NOT NULL;
SELECT define_tag('card', 'SELECT customer_id FROM public.people WHERE c % 5 = 0'),
       define_tag('hobbies', 'SELECT customer_id, (ARRAY[''golf'', ''阅读'', ''x''])[1 + c % 2 : 1 + c % 3] FROM public.people'),
       define_tag('buyer', 'event_count(journey, ''buy'') > 0'),
       define_tag('visits', 'SELECT customer_id, c FROM public.people');
SELECT count(*) AS refreshed FROM refresh_tags();
SELECT change_dimensions();
CREATE TABLE periods AS SELECT tstzrange '[2026-02-01, 2026-03-01)' AS before, tstzrange '[2026-03-01, 2026-04-01)' AS after;

CREATE FUNCTION shown(e jsonb) RETURNS text LANGUAGE sql AS $$
  SELECT format('%s -> %s customers, %s / %s -> %s / %s, mix %s, rate %s, contribution %s, z %s', customers_before, customers_after,
    trim_scale(number_before), trim_scale(base_before), trim_scale(number_after), trim_scale(base_after), round(mix_effect, 4),
    round(rate_effect, 4), round(contribution, 4), round(z, 2))
  FROM jsonb_to_record(e) r (customers_before bigint, customers_after bigint, number_before numeric, base_before numeric,
    number_after numeric, base_after numeric, mix_effect numeric, rate_effect numeric, contribution numeric, z numeric)
$$;
SELECT e.rank, e.by, e.segment, e.segment_kind AS kind, shown(to_jsonb(e))
FROM periods p, explain_change(funnel_def('{view,buy}'), p.before, p.after, '{event:channel,city}', min_customers => 10) e;
SELECT e.by, bool_and(abs(e.contribution - e.mix_effect - e.rate_effect) < 1e-12) AS adds_up,
       round((sum(e.contribution))::numeric, 9) AS contribution, count(*) FILTER (WHERE e.segment_kind = 'other') AS other
FROM periods p, explain_change(funnel_def('{view,buy}'), p.before, p.after, min_customers => 25) e GROUP BY 1 ORDER BY min(rank) NULLS FIRST;
-- Every kind: the whole.
SELECT 'step 1', shown(to_jsonb(e)) FROM periods p, explain_change(funnel_def('{view,buy}'), p.before, p.after, '{}', '1') e
UNION ALL SELECT 'step view', shown(to_jsonb(e)) FROM periods p, explain_change(funnel_def('{view,buy}'), p.before, p.after, '{}', 'view') e
UNION ALL SELECT 'retention', shown(to_jsonb(e)) FROM periods p, explain_change(retention_def('view', 'view', period => 'week', cohort_by => 'every', until => '2026-05-01'), p.before, p.after, '{}', '4') e
UNION ALL SELECT 'activity', shown(to_jsonb(e)) FROM periods p, explain_change(activity_def('buy'), p.before, p.after, '{}') e
UNION ALL SELECT 'counts', shown(to_jsonb(e)) FROM periods p, explain_change(counts_def('buy'), p.before, p.after, '{}') e
UNION ALL SELECT 'customers', shown(to_jsonb(e)) FROM periods p, explain_change(counts_def('buy'), p.before, p.after, '{}', 'customers') e
UNION ALL SELECT 'amount', shown(to_jsonb(e)) FROM periods p, explain_change(counts_def('buy'), p.before, p.after, '{}', 'amount') e
UNION ALL SELECT 'metric', shown(to_jsonb(e)) FROM periods p, explain_change(metric('amount_sum(journey, ''buy'')', 'event_count(journey, ''buy'')'), p.before, p.after, '{}') e
UNION ALL SELECT 'boolean', shown(to_jsonb(e)) FROM periods p, explain_change(metric('event_count(journey, ''buy'') > 0', 'true -- all'), p.before, p.after, '{}') e
UNION ALL SELECT 'total', shown(to_jsonb(e)) FROM periods p, explain_change(metric('event_count(journey, ''buy'')::float8;'), p.before, p.after, '{}') e
UNION ALL SELECT 'of', shown(to_jsonb(e)) FROM periods p, explain_change(counts_def('buy'), p.before, p.after, '{}', of => 'card & buyer') e;
SELECT e.number_before = t.returned AND e.base_before = t.customers AND t.returned > 0 AS as_retention_table
FROM periods p, retention_def('view', 'view', period => 'week', cohort_by => 'every', until => '2026-05-01', time_zone => 'Europe/Berlin') d,
     explain_change(d, p.before, p.after, '{}', '4') e,
     (SELECT sum(r.returned) AS returned, sum(r.customers) AS customers
      FROM retention_periods((SELECT retention_table(journey, retention_def('view', 'view', period => 'week', cohort_by => 'every',
             until => '2026-05-01', time_zone => 'Europe/Berlin')) FROM clientele_data.journeys)) r, periods p
      WHERE r.period = 4 AND r.complete AND r.cohort <@ p.before) t;
-- Saved questions are the same, with their own customers and breakdown.
SELECT define_question('Conversion', funnel_def('{view,buy}')), define_question('Of members', counts_def('buy'), of => 'card', by => 'city'),
       define_question('Paths', path_def());
SELECT 'Conversion' AS question, shown(to_jsonb(e)) FROM periods p, explain_change('Conversion', p.before, p.after, '{}') e
UNION ALL SELECT 'Of members', shown(to_jsonb(e)) FROM periods p, explain_change('Of members', p.before, p.after, '{}') e
UNION ALL SELECT 'Of members', shown(to_jsonb(e)) FROM periods p, explain_change('Of members', p.before, p.after, '{}', of => 'buyer') e;
SELECT e.by, e.segment FROM periods p, explain_change('Conversion', p.before, p.after, min_customers => 10) e WHERE e.rank <= 2 OR rank IS NULL AND by = 'all';
SELECT e.by, e.segment FROM periods p, explain_change('Of members', p.before, p.after, '{city,hobbies}', language => 'zh', min_customers => 5) e ORDER BY e.by COLLATE "C", e.segment COLLATE "C";
-- The same for any time zone, plan and order.
SET timezone = 'Asia/Tokyo'; SET extra_float_digits = -10; SET DateStyle = 'German'; SET enable_hashagg = off; SET enable_hashjoin = off;
SELECT md5(string_agg(e::text, E'\n' ORDER BY e.by, e.segment)) = (
  SELECT md5(string_agg(e::text, E'\n' ORDER BY e.by, e.segment)) FROM explain_change('Conversion', '[2026-02-01 00:00+00, 2026-03-01 00:00+00)', '[2026-03-01 00:00+00, 2026-04-01 00:00+00)', language => 'en') e) AS same
FROM periods p, explain_change('Conversion', p.before, p.after) e;
RESET timezone; RESET extra_float_digits; RESET DateStyle; RESET enable_hashagg; RESET enable_hashjoin;

SELECT * FROM fails($$SELECT * FROM explain_change('Conversation', '[2026-01-01, 2026-02-01)', '[2026-02-01, 2026-03-01)')$$);
SELECT * FROM fails($$SELECT * FROM explain_change('Paths', '[2026-01-01, 2026-02-01)', '[2026-02-01, 2026-03-01)')$$);
SELECT f.* FROM (VALUES
  ($$funnel_def('{view,buy}'), '[2026-01-01,)', '[2026-02-01, 2026-03-01)'$$),
  ($$funnel_def('{view,buy}'), '[2026-01-01, infinity)', '[2026-02-01, 2026-03-01)'$$),
  ($$funnel_def('{view,buy}'), 'empty', '[2026-02-01, 2026-03-01)'$$),
  ($$funnel_def('{view,buy}'), NULL, '[2026-02-01, 2026-03-01)'$$),
  ($$funnel_def('{view,buy}'), '[2026-01-01, 2026-02-02)', '[2026-02-01, 2026-03-01)'$$),
  ($$funnel_def('{view,buy}'), '[2026-01-01, 2026-02-01)', '[2026-02-01, 2026-03-01)', '{town}'$$),
  ($$funnel_def('{view,buy}'), '[2026-01-01, 2026-02-01)', '[2026-02-01, 2026-03-01)', '{event:town}'$$),
  ($$funnel_def('{view,buy}'), '[2026-01-01, 2026-02-01)', '[2026-02-01, 2026-03-01)', '{NULL}'$$),
  ($$funnel_def('{view,buy}'), '[2026-01-01, 2026-02-01)', '[2026-02-01, 2026-03-01)', (SELECT array_agg('x' || i) FROM generate_series(1, 21) i)$$),
  ($$funnel_def('{view,buy}'), '[2026-01-01, 2026-02-01)', '[2026-02-01, 2026-03-01)', '{}', '3'$$),
  ($$funnel_def('{view,buy}'), '[2026-01-01, 2026-02-01)', '[2026-02-01, 2026-03-01)', '{}', 'sell'$$),
  ($$funnel_def('{view,sell}'), '[2026-01-01, 2026-02-01)', '[2026-02-01, 2026-03-01)', '{}'$$),
  ($$funnel_def('{view,buy}'), '[2026-01-01, 2026-02-01)', '[2026-02-01, 2026-03-01)', '{}', min_customers => 0$$),
  ($$funnel_def('{view,buy}'), '[2026-01-01, 2026-02-01)', '[2026-02-01, 2026-03-01)', '{}', language => 'fr'$$),
  ($$counts_def('buy'), '[2026-01-01, 2026-02-01)', '[2026-02-01, 2026-03-01)', '{}', 'sessions'$$),
  ($$metric('count(*)'), '[2026-01-01, 2026-02-01)', '[2026-02-01, 2026-03-01)', '{}'$$),
  ($$metric('last_at(journey)'), '[2026-01-01, 2026-02-01)', '[2026-02-01, 2026-03-01)', '{}'$$),
  ($$metric('1', '1); DROP TABLE ev; SELECT (1'), '[2026-01-01, 2026-02-01)', '[2026-02-01, 2026-03-01)', '{}'$$),
  ($$metric('SELECT 1'), '[2026-01-01, 2026-02-01)', '[2026-02-01, 2026-03-01)', '{}'$$),
  ($$metric('''NaN''::float8'), '[2026-01-01, 2026-02-01)', '[2026-02-01, 2026-03-01)', '{}'$$),
  ($$metric('fails(''x'')'), '[2026-01-01, 2026-02-01)', '[2026-02-01, 2026-03-01)', '{}'$$)) v (arguments),
  fails('SELECT * FROM explain_change(' || arguments || ')') f;

-- The arithmetic alone: what was 2 of 4 and 1 of 6 is 3 of 4 and 1 of 12.
SELECT round(e.mix_effect::numeric, 9), round(e.rate_effect::numeric, 9), round(e.contribution::numeric, 9), round(e.z::numeric, 9) FROM change_effects('rate', '{3,10,4,16, 1,2,3,4,5,6,7,8,9,10}', '{2,4,0,0, 0,0,0,0,0,0,0,0,0,0}', '{0,0,3,4, 0,0,0,0,0,0,0,0,0,0}', array_fill(0::float8, '{14}')) e;
SELECT round(e.mix_effect::numeric, 9), round(e.rate_effect::numeric, 9), round(e.contribution::numeric, 9), round(e.p_value::numeric, 9) FROM change_of_all('total', '{3,10,4,16, 1,0,0,0,0,0,0,1,0,0}') e;
SELECT round(e.mix_effect::numeric, 9), round(e.rate_effect::numeric, 9), round(e.contribution::numeric, 9), round(e.p_value::numeric, 9) FROM change_of_all('rate', '{3,0,4,16, 1,0,0,0,0,0,0,1,0,0}') e;
SELECT * FROM fails($$SELECT change_of_all('mean', array_fill(1::float8, '{14}'))$$);
SELECT * FROM fails($$SELECT change_of_all('rate', '{1,2}')$$);
SELECT * FROM fails($$SELECT change_effects('rate', array_fill(1::float8, '{14}'), '{NULL}', '{}', '{}')$$);
SELECT * FROM fails($$SELECT change_of_all('rate', array_fill('Infinity'::float8, '{14}'))$$);
SELECT whole_number('7', 'it', 1), code FROM fails($$SELECT whole_number('-1', 'it', 1)$$);
-- A definition must not be NULL.
SELECT a, f.* FROM unnest('{NULL::text,NULL::funnel_def,NULL::counts_def,metric(NULL),NULL::metric_def}'::text[]) a,
  fails('SELECT * FROM explain_change(' || a || $$, '[2026-01-01, 2026-02-01)', '[2026-02-01, 2026-03-01)', '{}')$$) f;
-- BI tools see no attribute that is not shown to them, unless the question is by it.
SELECT name FROM clientele_data.home_attributes GROUP BY 1 ORDER BY 1 LIMIT 1 \gset
SELECT define_question('hidden', counts_def('buy')), define_question('known', counts_def('buy'), by => :'name');
SELECT f.* FROM fails(format($$SELECT * FROM clientele_bi.explain_change('hidden', '[2026-01-01, 2026-02-01)', '[2026-02-01, 2026-03-01)', '{attribute:%s}')$$, :'name')) f;
SELECT shown_dimensions('hidden', NULL) && ARRAY[:'name', 'attribute:' || :'name'] AS hidden, shown_dimensions('known', NULL) && ARRAY[:'name'] AS known,
       shown_dimensions('known', ARRAY[:'name']) = ARRAY[:'name'] AS own;
BEGIN;
CALL set_customer_columns('{}', ARRAY[:'name']);
SELECT shown_dimensions('hidden', ARRAY['attribute:' || :'name', 'event:channel']) = ARRAY['attribute:' || :'name', 'event:channel'] AS shown;
SELECT count(*) > 0 AS explained FROM explain_change('hidden', '[2026-01-01, 2026-02-01)', '[2026-02-01, 2026-03-01)', '{}');
SHOW enable_nestloop;
ROLLBACK;
SELECT forget_question(q) FROM unnest('{hidden,known}'::text[]) q;
-- A role without the right to read journeys.
CREATE ROLE clientele_change_reader;
GRANT USAGE ON SCHEMA clientele_data TO clientele_change_reader;
SET ROLE clientele_change_reader;
SELECT code FROM fails($$SELECT * FROM explain_change(funnel_def('{view,buy}'), '[2026-01-01, 2026-02-01)', '[2026-02-01, 2026-03-01)')$$);
RESET ROLE;
REVOKE USAGE ON SCHEMA clientele_data FROM clientele_change_reader;
DROP ROLE clientele_change_reader;
\c :tests
DROP DATABASE clientele_explained;
