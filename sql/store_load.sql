-- SPDX-License-Identifier: PostgreSQL
-- Loading events into the store: every row is packed or rejected for a reason.
\set tests :DBNAME
CREATE DATABASE clientele_store_load ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_store_load
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
CALL clientele.create_store();

-- Reading text without errors
SELECT left(v, 40) AS v, clientele.parse_time(v) FROM unnest(ARRAY[
  '2010-12-01 08:26:00', '12/01/2010 08:26', '2010-12-01T08:26:00.123456Z', ' 2010-12-01 08:26:00+05:30 ', '20101201',
  '2010-12-01 08:26 Europe/Berlin', '2010-02-31', '2010-13-01', '2010-12-01 25:00', '2010-12-01 08:26 Nowhere/Land',
  'infinity', '-infinity', '294277-01-01', '999999999-01-01', '4714-01-01 BC', '0044-03-15 BC', '10:00', 'now',
  'today 10:00', 'yesterday', 'epoch', '1291190400', '1291190400123', '1291190400123456', '12911904001', '', ' ', 'x',
  repeat('1', 300)]) v;
SET datestyle = 'ISO, DMY';
SELECT clientele.parse_time('12/01/2010 08:26');
SET datestyle = 'ISO, MDY';
SET timezone = 'Asia/Shanghai';
SELECT clientele.parse_time('2010-12-01 08:26:00') AT TIME ZONE 'UTC' AS utc;
SET timezone = 'UTC';
SELECT left(v, 40) AS v, clientele.parse_number(v) FROM unnest(ARRAY[
  '1', '-1.50', '+.5', '5.', '1e3', '1E-3', '1e1000', 'NaN', 'Infinity', '-infinity', 'inf', '1,000', '0x1', '.', '-', '',
  '12 345', ' 7 ', repeat('9', 201)]) v;
SELECT left(v, 40) AS v, clientele.parse_json(v) FROM unnest(ARRAY[
  '{}', ' {"a": 1} ', '{"a": "购买"}', '[1, 2]', 'null', '{"a": 1', '{"a": 1e99999}', '{"a": "\u0000"}', '{"a": "\ud800"}',
  'x', '', repeat('[', 10001)]) v;
SELECT n, clientele.epoch_time(n) FROM unnest(ARRAY[
  0, 1291190400, 1291190400.5, 1291190400123, 1291190400123456, -1, -2000000000, 1e18, -1e18, 99999999999, 1e99, 'NaN']) n;
-- parse_time() never fails, and where both give a time it is the one that a cast gives.
CREATE FUNCTION pg_temp.cast_time(v text) RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN RETURN v::timestamptz; EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$;
SELECT setseed(0.42);
WITH tokens AS (
  SELECT ARRAY['2010-12-01', '2010-12', '12/01/2010', '1/2/3', '08:26:00', '25:00', '24:00:00', '0826', 'T08:26', 'z', '+05',
    '-5', '+05:30', 'europe/berlin', 'Nowhere/Land', 'Etc/GMT+5', 'utc', 'pst', 'pm', 'am', 'bc', 'jan', '8', '1999', '99',
    'jan-08-1999', '08-jan-99', 'j2455000', '20101201', '20101201t082600', '.5', '12.345', 'mon', 'dow', 'infinity', 'noon',
    't', 'y2010m12', 'met dst', 'foo', '-', '/', ',', '1e5', '2010.335', 'julian', 'J', '08:26:60', '08:26:59.9999999', 'a/b',
    'jan/1', '2010-02-29', '2012-02-29', '294276-12-31', '4713-01-01 bc', 'EST5EDT', 'gmt-3', 'america/new_york', ':', '(']
    AS token)
, texts AS (
  SELECT string_agg(token[1 + floor(random() * cardinality(token))::int], CASE WHEN random() < 0.8 THEN ' ' ELSE '' END) AS v
  FROM tokens, generate_series(1, 20000) g, generate_series(1, 4) h WHERE random() < 0.75 GROUP BY g)
SELECT count(*) > 15000 AS many, count(p) > 1000 AS some, count(*) FILTER (WHERE isfinite(p) AND p IS DISTINCT FROM c) AS differ,
       count(*) FILTER (WHERE p IS NULL AND c IS NOT NULL) AS missed
FROM (SELECT clientele.parse_time(v) AS p, pg_temp.cast_time(v) AS c FROM texts WHERE v !~ '^\d+$') x;

-- Text columns, every reason
CREATE TABLE raw (customer text, at text, event text, channel text, item text, amount text, properties text, note text);
INSERT INTO raw VALUES
  ('anna', '2026-01-02 03:04:05', 'search', 'web', NULL, NULL, NULL, 'plain'),
  ('anna', '2026-01-02 03:05:00.25', 'view', 'web', 'shoes-1', '', '{"category": "shoes"}', 'with an item'),
  ('anna', '2026-01-02 03:06:00+01', 'purchase', 'web', 'shoes-1', ' 19.99 ', '', 'with an amount'),
  ('bob', '1767323045', 'purchase', '', '', '-5.000000', '{}', 'the default channel'),
  ('张伟', '2026-01-02', '购买', '门店', '鞋', '1e3', NULL, 'Chinese'),
  ('bob', '2024-02-29 23:59:59', 'search', NULL, NULL, '999999999999.999999', NULL, 'limits'),
  (NULL, '2026-01-02', 'search', 'web', NULL, NULL, NULL, 'no customer'),
  (' ', '2026-01-02', 'search', 'web', NULL, NULL, NULL, 'no customer'),
  ('anna', NULL, 'search', 'web', NULL, NULL, NULL, 'no time'),
  ('anna', E' \t', 'search', 'web', NULL, NULL, NULL, 'no time'),
  ('anna', '2026-02-31', 'search', 'web', NULL, NULL, NULL, 'no such day'),
  ('anna', '2026-01-02 25:00', 'search', 'web', NULL, NULL, NULL, 'no such hour'),
  ('anna', 'yesterday', 'search', 'web', NULL, NULL, NULL, 'not a fixed time'),
  ('anna', 'infinity', 'search', 'web', NULL, NULL, NULL, 'infinite'),
  ('anna', '0044-03-15 BC', 'search', 'web', NULL, NULL, NULL, 'too early'),
  ('anna', '10000-01-01', 'search', 'web', NULL, NULL, NULL, 'too late'),
  ('anna', '2026-01-02', NULL, 'web', NULL, NULL, NULL, 'no event'),
  ('anna', '2026-01-02', '  ', 'web', NULL, NULL, NULL, 'no event'),
  ('anna', '2026-01-02', 'purchase', 'web', NULL, '1,000', NULL, 'no number'),
  ('anna', '2026-01-02', 'purchase', 'web', NULL, 'free', NULL, 'no number'),
  ('anna', '2026-01-02', 'purchase', 'web', NULL, '1000000000000', NULL, 'too much'),
  ('anna', '2026-01-02', 'purchase', 'web', NULL, 'NaN', NULL, 'not finite'),
  ('anna', '2026-01-02', 'purchase', 'web', NULL, '-Infinity', NULL, 'not finite'),
  ('anna', '2026-01-02', 'purchase', 'web', NULL, '0.0000001', NULL, 'seven decimals'),
  ('anna', '2026-01-02', 'purchase', 'web', NULL, NULL, '{', 'no JSON'),
  ('anna', '2026-01-02', 'purchase', 'web', NULL, NULL, '[1]', 'no object'),
  ('anna', '2026-01-02', 'purchase', 'web', repeat('x', 2001), NULL, NULL, 'long item'),
  (repeat('x', 2001), '2026-01-02', 'purchase', 'web', NULL, NULL, NULL, 'long customer'),
  ('anna', '2026-01-02', repeat('x', 501), 'web', NULL, NULL, NULL, 'long event'),
  ('anna', '2026-01-02', 'purchase', repeat('x', 501), NULL, NULL, NULL, 'long channel'),
  ('anna', '2026-01-02', 'purchase', 'web', NULL, NULL, jsonb_build_object('a', repeat('x', 1500)), 'long properties'),
  (NULL, NULL, NULL, NULL, NULL, 'x', 'x', 'the first of many');
CALL clientele.load_events('raw', channel => 'channel', item => 'item', amount => 'amount', properties => 'properties',
                           default_channel => 'phone');
SELECT * FROM clientele.load_summary();
SELECT reason, content ->> 'note' AS note FROM clientele_data.rejects ORDER BY reject_id;
-- Each reason occurs, and none that is not in the list.
SELECT l.reason AS untested FROM clientele.reject_reasons() l WHERE l.reason NOT IN (SELECT r.reason FROM clientele_data.rejects r);
SELECT r.reason AS unknown FROM clientele_data.rejects r WHERE r.reason NOT IN (SELECT l.reason FROM clientele.reject_reasons() l);
SELECT content FROM clientele_data.rejects WHERE reason = 'missing_event' ORDER BY reject_id LIMIT 1;
SELECT i.value AS customer, e.at, e.channel, e.event, e.properties, e.item, e.amount
FROM clientele_bi.events e JOIN clientele_data.identities i USING (customer_id) ORDER BY i.value, e.at;
SELECT run_id, source, columns, rows_read, rows_packed, rows_rejected, customers, first_event_at, last_event_at,
       finished_at >= started_at AS in_order FROM clientele_data.load_runs;
SELECT rows_read, rows_packed, rows_rejected, packed_share FROM clientele_bi.load_quality;
-- Rows that were corrected are loaded from what was kept of them.
CREATE VIEW mended AS
  SELECT content ->> 'customer' AS customer, '2026-01-03'::date AS at, content ->> 'event' AS event
  FROM clientele_data.rejects WHERE reason = 'bad_time' AND run_id = 1;
CALL clientele.load_events('mended');
SELECT outcome, "rows" FROM clientele.load_summary(2);
SELECT outcome, "rows" FROM clientele.load_summary(1) LIMIT 2;
SELECT clientele.event_count(journey) FROM clientele_data.journeys ORDER BY 1;

-- Typed columns
CREATE DOMAIN money_amount AS numeric CHECK (value <> -1);
CREATE TABLE typed (who bigint, happened timestamptz, day date, local timestamp, epoch bigint, seconds double precision,
                    spent money_amount, approximately double precision, what varchar, about uuid, more jsonb, "odd ""name" text);
INSERT INTO typed VALUES
  (1, '2026-01-02 03:04:05.000001+00', '2026-01-02', '2026-01-02 03:04:05', 1767323045123, 1767323045.5, 10, 0.1, 'buy',
   '00000000-0000-0000-0000-000000000001', '{"a": 1}', 'o'),
  (1, 'infinity', 'infinity', '-infinity', 9223372036854775807, 'NaN', 'NaN', 'infinity', '', NULL, '[]', 'o'),
  (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'o'),
  (3, '2026-01-02 05:00:00+00', '5874897-12-31', '294276-12-31 23:59:59', -1, -62135596800, 1e12, 1e300, 'buy', NULL, NULL, 'o'),
  (4, '2026-01-02 06:00:00+00', '0001-01-01 BC', '0001-01-01', 1e11, 1e10, 0.123456, 1.0/3, 'see', NULL, '{"a": 1}', 'o');
CREATE FUNCTION pg_temp.outcome(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE id bigint;
BEGIN
  EXECUTE query INTO id;
  RETURN (SELECT string_agg(outcome || ' ' || "rows", ', ') FROM clientele.load_summary(id));
END $$;
SELECT pg_temp.outcome($$CALL clientele.load_events('typed', customer => 'who', at => 'happened', event => 'what', identity_kind => 'a')$$);
SELECT pg_temp.outcome($$CALL clientele.load_events('typed', customer => 'who', at => 'day', event => NULL, identity_kind => 'b')$$);
SELECT pg_temp.outcome($$CALL clientele.load_events('typed', customer => 'who', at => 'local', event => NULL, identity_kind => 'c')$$);
SELECT pg_temp.outcome($$CALL clientele.load_events('typed', customer => 'who', at => 'epoch', event => NULL, identity_kind => 'd')$$);
SELECT pg_temp.outcome($$CALL clientele.load_events('typed', customer => 'who', at => 'seconds', event => NULL, identity_kind => 'e')$$);
SELECT pg_temp.outcome($$CALL clientele.load_events('typed', customer => 'who', at => 'happened', event => 'what', amount => 'spent', item => 'about', identity_kind => 'f')$$);
SELECT pg_temp.outcome($$CALL clientele.load_events('typed', customer => 'who', at => 'happened', event => NULL, amount => 'approximately', identity_kind => 'g')$$);
SELECT pg_temp.outcome($$CALL clientele.load_events('typed', customer => 'who', at => 'happened', event => NULL, properties => 'more', identity_kind => 'h')$$);
SELECT pg_temp.outcome($$CALL clientele.load_events('typed', customer => 'who', at => 'happened', event => 'odd "name', channel => 'odd "name', identity_kind => 'i')$$);
SELECT pg_temp.outcome($$CALL clientele.load_events('typed', customer => 'who', at => 'happened', event => NULL, default_event => 'it''s', default_channel => 'o''c', identity_kind => 'j')$$);
SELECT i.kind, i.value AS customer, e.at, e.channel, e.event, e.properties, e.item, e.amount
FROM clientele_bi.events e JOIN clientele_data.identities i USING (customer_id) WHERE i.kind <> 'customer' ORDER BY 1, 2, 3;

-- An empty source, two loads in one transaction, temporary sources
CREATE TEMP TABLE empty (customer text, at text, event text);
CALL clientele.load_events('empty');
SELECT outcome, "rows" FROM clientele.load_summary();
BEGIN;
CALL clientele.load_events('raw', identity_kind => 'twice');
CALL clientele.load_events('raw', identity_kind => 'twice');
COMMIT;
SELECT i.value, sum(clientele.event_count(journey)) FROM clientele_data.journeys JOIN clientele_data.identities i USING (customer_id)
WHERE i.kind = 'twice' GROUP BY 1 ORDER BY 1;
SELECT current_setting('work_mem') AS work_mem, current_setting('enable_hashagg') AS hashagg;
SELECT relname FROM pg_class WHERE relname LIKE 'clientele\_%' AND relnamespace = pg_my_temp_schema();
-- A load that fails leaves nothing behind.
CREATE VIEW failing AS SELECT 1 AS customer, now() AS at, (1 / (g - 5))::text AS event FROM generate_series(1, 10) g;
CALL clientele.load_events('failing');
SELECT count(*) FROM clientele_data.load_runs WHERE source = 'public.failing';
-- Mistakes
CALL clientele.load_events('raw', customer => 'kunde');
CALL clientele.load_events('mended', event => 'what');
CALL clientele.load_events('raw', amount => 'price');
CALL clientele.load_events('raw', at => NULL);
CALL clientele.load_events('raw', event => NULL, default_event => NULL);
CALL clientele.load_events('nothing');
SELECT * FROM clientele.load_summary(4711);

CALL clientele.drop_store(cascade => true);
\c :tests
DROP DATABASE clientele_store_load;
