-- SPDX-License-Identifier: PostgreSQL
-- What becomes of the rows of a source: events, duplicates, and rejects with a reason and their content.
\set tests :DBNAME
CREATE DATABASE clientele_source_rows ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_source_rows
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
CALL clientele.create_store('Asia/Shanghai');
CALL clientele.set_reporting_currency('CNY');
SET client_min_messages = error;
INSERT INTO clientele_data.exchange_rates VALUES ('USD', '2026-01-01', 7), ('USD', '2026-02-01', 7.25), ('EUR', '-infinity', 8.1);

-- Runs and rejects, without times.
CREATE VIEW runs AS
  SELECT run_id, kind, rows_read AS read, rows_packed AS packed, rows_rejected AS rejected, rows_duplicate AS duplicate,
         rows_complete AS complete, dropped, customers, rows_read = rows_packed + rows_rejected + rows_duplicate AS adds_up
  FROM clientele_data.load_runs;
CREATE VIEW rejected AS
  SELECT run_id, event_id, reason, detail, attempts, resolved_by, mapping_number FROM clientele_data.rejects;
CREATE VIEW events AS
  SELECT string_agg(DISTINCT i.kind || '=' || i.value, ' ') AS customer, e.at AT TIME ZONE 'Asia/Shanghai' AS at, t.channel, t.event,
         t.properties, m.key AS item, e.amount
  FROM clientele_data.journeys j JOIN clientele_data.identities i USING (customer_id)
  CROSS JOIN LATERAL clientele.events(j.journey) WITH ORDINALITY e (at, event_type_id, item_id, amount, n)
  JOIN clientele_data.event_types t USING (event_type_id) LEFT JOIN clientele_data.items m USING (item_id)
  GROUP BY j.customer_id, e.n, e.at, t.event_type_id, m.item_id, e.amount;
-- A batch as ingest() makes it, of the rows that `rows` says.
CREATE FUNCTION pack(source text, "rows" text, cursor text DEFAULT NULL) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  id bigint := (SELECT source_id FROM clientele_data.sources WHERE name = source);
  run bigint;
BEGIN
  INSERT INTO clientele_data.load_runs (source, source_id, mapping_number, kind, batch)
  SELECT relation, source_id, mapping_number, 'batch', nextval('clientele_data.journey_batches') FROM clientele_data.sources WHERE source_id = id
  RETURNING run_id INTO run;
  RETURN clientele.pack_source_rows(id, run, "rows", cursor) - 'snapshot';
END $$;

-- Each reason. The first rows have one thing wrong each, the others that and all that comes after it.
CREATE TABLE raw (id integer, customer text, email text, at text, event text, channel text, item text, amount text, currency text, p text, d int);
INSERT INTO raw VALUES
  (1, 'c1', 'Anna@Example.COM', '2026-01-02 03:04:05', 'purchase', 'web', 'shoes', '19.99', 'CNY', '{"a": 1}', 1),
  (2, 'c1', NULL, '2026-01-02 03:04:06', 'purchase', 'web', 'shoes', '19.99', 'CNY', '{"a": 1}', 0),
  (NULL, 'c1', NULL, '2026-01-02 03:04:06', 'purchase', 'web', NULL, '3', 'CNY', NULL, 1),
  (4, ' ', 'n/a', '2026-01-02', 'view', NULL, NULL, NULL, NULL, NULL, 1),
  (5, NULL, 'not an address', '2026-01-02', 'view', NULL, NULL, NULL, NULL, NULL, 1),
  (6, 'c1', NULL, ' ', 'view', NULL, NULL, NULL, NULL, NULL, 1),
  (7, 'c1', NULL, '2026-02-30', 'view', NULL, NULL, NULL, NULL, NULL, 1),
  (8, 'c1', NULL, 'infinity', 'view', NULL, NULL, NULL, NULL, NULL, 1),
  (9, 'c1', NULL, '1969-07-20', 'view', NULL, NULL, NULL, NULL, NULL, 1),
  (10, 'c1', NULL, '9999-01-01', 'view', NULL, NULL, NULL, NULL, NULL, 1),
  (11, 'c1', NULL, '2026-01-02', '', NULL, NULL, NULL, NULL, NULL, 1),
  (12, 'c1', NULL, '2026-01-02', 'sneeze', NULL, NULL, NULL, NULL, NULL, 1),
  (13, 'c1', NULL, '2026-01-02', 'view', NULL, NULL, '1,2', NULL, NULL, 1),
  (14, 'c1', NULL, '2026-01-02', 'view', NULL, NULL, '1e12', NULL, NULL, 1),
  (15, 'c1', NULL, '2026-01-02', 'view', NULL, NULL, '5', 'shells', NULL, 1),
  (16, 'c1', NULL, '2025-12-31', 'view', NULL, NULL, '5', 'USD', NULL, 1),
  (17, 'c1', NULL, '2026-01-02', 'view', NULL, NULL, NULL, NULL, '{"a": "\u0000"}', 1),
  (18, 'c1', NULL, '2026-01-02', 'view', NULL, repeat('x', 2001), NULL, NULL, NULL, 1),
  (102, NULL, NULL, '', '', NULL, NULL, 'x', 'shells', NULL, 0),
  (NULL, NULL, NULL, '', '', NULL, NULL, 'x', 'shells', NULL, 1),
  (104, NULL, '-', '', '', NULL, NULL, 'x', 'shells', NULL, 1),
  (105, NULL, '@', '', '', NULL, NULL, 'x', 'shells', NULL, 1),
  (106, 'c1', '@', 'null', '', NULL, NULL, 'x', 'shells', NULL, 1),
  (107, 'c1', '@', '32.1.2026', '', NULL, NULL, 'x', 'shells', NULL, 1),
  (111, 'c1', '@', '2025-01-02', ' ', NULL, NULL, 'x', 'shells', NULL, 1),
  (112, 'c1', '@', '2025-01-02', 'sneeze', NULL, NULL, 'x', 'shells', NULL, 1),
  (113, 'c1', '@', '2025-01-02', 'view', NULL, NULL, 'x', 'shells', NULL, 1),
  (115, 'c1', '@', '2025-01-02', 'view', NULL, repeat('y', 2001), '5', 'shells', NULL, 1),
  (116, 'c1', '@', '2025-01-02', 'view', NULL, repeat('y', 2001), '5', 'USD', '{"a": "\u0000"}', 1),
  (117, 'c1', '@', '2025-01-02', 'view', NULL, repeat('y', 2001), '5', 'CNY', '{"a": "\u0000"}', 1);
-- The properties of 17 are JSON, but jsonb cannot hold them.
SELECT count(*) AS reported FROM clientele.add_source('raw', 'raw', '{"customer": "customer", "email": "email"}', at => 'at', event => 'event', channel => 'channel',
  item => 'item', amount => 'amount', currency => 'currency', properties => '{"p": "p::json", "d": "10 / d"}', event_id => 'id', method => 'key', history => false, strict => true);
INSERT INTO clientele_data.event_names SELECT source_id, e, NULL, n FROM clientele_data.sources, (VALUES ('purchase', NULL), ('view', 'view_item')) v (e, n);
SELECT pack('raw', 'FROM public.raw s');
SELECT * FROM runs;
SELECT event_id, reason, left(detail, 60) AS detail FROM rejected ORDER BY event_id::int NULLS FIRST, reason COLLATE "C";
SELECT * FROM events;
SELECT string_agg(reason, ' ' ORDER BY place) AS untested FROM clientele.source_reject_reasons() WHERE reason NOT IN (SELECT reason FROM rejected);
SELECT reason AS unknown FROM rejected WHERE reason NOT IN (SELECT reason FROM clientele.source_reject_reasons());
SELECT count(*) AS with_another_content FROM clientele_data.rejects j
WHERE NOT EXISTS (SELECT FROM raw s WHERE to_jsonb(s) = j.content AND s.id IS NOT DISTINCT FROM j.event_id::int);
-- A preview says the same, and packs nothing.
SELECT bool_and(p.reason IS NOT DISTINCT FROM r.reason AND p.detail IS NOT DISTINCT FROM r.detail) AS same, count(p.reason) AS rejected, count(*)
FROM clientele.preview_source('raw') p LEFT JOIN clientele_data.rejects r ON r.content = p.content;
SELECT event_id, identities, at, channel, event, properties, item, amount, attributes, dropped, reason FROM clientele.preview_source('raw', 1);

-- Correct the content, or the source; two retries do not pack a row twice.
SELECT * FROM clientele.retry_rejects('raw', 'bad_amount');
UPDATE clientele_data.rejects SET content = content || '{"amount": "12"}' WHERE event_id = '13';
UPDATE clientele_data.rejects SET content = content || '{"email": "bob@example.com"}' WHERE event_id IN ('4', '5');
SELECT * FROM clientele.retry_rejects('raw', 'bad_amount');
SELECT * FROM clientele.retry_rejects('raw', 'bad_amount');
UPDATE raw SET at = '2026-02-28', currency = 'USD', amount = '2' WHERE id = 7;
DELETE FROM raw WHERE id = 6;
SELECT * FROM clientele.retry_rejects('raw', reread => true);
SELECT * FROM clientele.retry_rejects(reread => true);
INSERT INTO clientele_data.exchange_rates VALUES ('USD', '2025-01-01', 6.5);
SELECT * FROM clientele.retry_rejects(reason => 'no_rate');
SELECT * FROM rejected WHERE resolved_by IS NOT NULL OR event_id IN ('6', '13') ORDER BY event_id::int;
SELECT * FROM runs;
SELECT * FROM events ORDER BY 2, 4, 7;
SELECT * FROM clientele.retry_rejects('nothing');
SELECT * FROM clientele.retry_rejects('raw', 'no_reason');

-- Rows with the same event_id are one event: one that can be used, the earliest, with the least content.
CREATE TABLE twice (n integer, id text, customer text, at timestamp, amount numeric, note text);
INSERT INTO twice VALUES
  (1, 'a', 'c2', '2026-03-01 10:00', 1, 'later'), (2, 'a', 'c2', '2026-03-01 09:00', 2, 'kept'),
  (4, 'b', 'c2', '2026-03-02', 4, 'z'), (3, 'b', 'c2', '2026-03-02', 3, 'kept'),
  (5, 'c', 'c2', '2026-03-03', 5, 'kept'), (6, 'c', NULL, '2026-03-01', 6, 'cannot be used'),
  (7, 'd', NULL, '2026-03-04', 7, 'a'), (8, 'd', NULL, '2026-03-03', 7, 'b'), (9, 'e', 'c2', '2026-03-05', 8, 'alone');
SELECT count(*) AS reported FROM clientele.add_source('twice', 'twice', '{"customer": "customer"}', at => 'at', event => '''twice''', amount => 'amount',
  attributes => '{"note": "note"}', event_id => 'id', method => 'key', history => false);
SELECT pack('twice', 'FROM public.twice s ORDER BY n');
SELECT amount, at AT TIME ZONE 'Asia/Shanghai' AS at FROM clientele_data.journeys j CROSS JOIN clientele.events(journey) WHERE event_type_id =
  (SELECT event_type_id FROM clientele_data.event_types WHERE event = 'twice') ORDER BY 2;
SELECT event_id, reason, content ->> 'note' AS note FROM clientele_data.rejects WHERE source_id = (SELECT source_id FROM clientele_data.sources WHERE name = 'twice');
SELECT h.value FROM clientele_data.home_attributes h ORDER BY 1;
SELECT p.event_id, p.reason, p.content ->> 'n' AS n FROM clientele.preview_source('twice') p ORDER BY 3;

-- duplicates_within: what repeats a kept event within that interval, in a batch and across batches.
CREATE TABLE clicks (n integer PRIMARY KEY, customer text, at timestamptz, page text);
INSERT INTO clicks SELECT n, 'c3', timestamptz '2026-04-01 00:00+00' + s * interval '1 second', p
FROM (VALUES (1, 0, 'a'), (2, 10, 'a'), (3, 11, 'a'), (4, 21, 'a'), (5, 5, 'b'), (6, 300, 'a')) v (n, s, p);
SELECT count(*) AS reported FROM clientele.add_source('clicks', 'clicks', '{"customer": "customer"}', at => 'at', event => '''click''', item => 'page',
  duplicates_within => '10 seconds', history => false);
SELECT pack('clicks', 'FROM public.clicks s ORDER BY n DESC');
INSERT INTO clicks SELECT n, 'c3', timestamptz '2026-04-01 00:00+00' + s * interval '1 second', p
FROM (VALUES (7, -10, 'a'), (8, -11, 'a'), (9, 15, 'b'), (10, 311, 'a'), (11, 310, 'a')) v (n, s, p);
SELECT pack('clicks', 'FROM public.clicks s WHERE n > 6 ORDER BY n');
SELECT extract(epoch FROM e.at - '2026-04-01 00:00+00') AS s, m.key AS page FROM clientele_data.journeys j CROSS JOIN clientele.events(journey) e
JOIN clientele_data.items m USING (item_id) WHERE m.key IN ('a', 'b') ORDER BY 1, 2;
UPDATE clientele_data.recent_events SET kept_at = now() - interval '8 days';
INSERT INTO clicks VALUES (12, 'c3', '2026-04-01 00:00:00+00', 'a');
SELECT pack('clicks', 'FROM public.clicks s WHERE n > 11');

-- An error of an expression is that row's only. One that no row causes ends the batch.
CREATE TABLE divided (id bigint PRIMARY KEY, customer text, at date, amount integer, by integer);
INSERT INTO divided SELECT n, 'c' || n % 7, '2026-05-01', n, n % 500 FROM generate_series(1, 2500) n;
SELECT count(*) AS reported FROM clientele.add_source('divided', 'divided', '{"customer": "customer"}', at => 'at', event => '''divided''', amount => 'amount / by',
  history => false);
SELECT pack('divided', 'FROM public.divided s', 's.id');
SELECT event_id, reason, detail FROM clientele_data.rejects WHERE source_id = (SELECT source_id FROM clientele_data.sources WHERE name = 'divided') ORDER BY event_id::int;
SELECT count(*) AS ids FROM clientele_data.source_ledger l, clientele.ledger_runs(first_id, ids) r, generate_series(r.first, r.last)
WHERE source_id = (SELECT source_id FROM clientele_data.sources WHERE name = 'divided');
CREATE FUNCTION broken(integer) RETURNS integer IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
  IF $1 = 7 THEN RAISE EXCEPTION 'the disk is full' USING ERRCODE = 'disk_full'; END IF;
  RETURN $1;
END $$;
UPDATE clientele_data.sources SET mapping = mapping || '{"amount": "public.broken(amount) / by"}' WHERE name = 'divided';
SELECT pack('divided', 'FROM public.divided s');
DROP FUNCTION broken(integer);
SELECT pack('divided', 'FROM public.divided s');
UPDATE clientele_data.sources SET mapping = mapping || '{"amount": "amount"}' WHERE name = 'divided';
SELECT pack('divided', 'FROM public.divided s WHERE s.nothing');

-- A row that jsonb cannot hold is kept as texts.
CREATE TABLE odd (id integer PRIMARY KEY, customer text, at date, doc json);
INSERT INTO odd VALUES (1, 'c1', '2026-06-01', '{"a": 1}'), (2, 'c1', '2026-06-02', '{"a": "\u0000"}'), (3, 'c1', NULL, '{"a": 1e999999}');
SELECT count(*) AS reported FROM clientele.add_source('odd', 'odd', '{"customer": "customer"}', at => 'at', event => '''odd''', history => false);
SELECT pack('odd', 'FROM public.odd s', 's.id');
SELECT event_id, reason, detail, content FROM clientele_data.rejects r JOIN clientele_data.sources s USING (source_id) WHERE s.name = 'odd' ORDER BY 1;

-- Types as columns have them.
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE typed (id uuid PRIMARY KEY, customer bigint, padded char(12), t1 timestamptz, t2 timestamp, t3 date, t4 bigint, t5 numeric, t6 double precision,
  m1 numeric, m2 integer, m3 double precision, m4 text, mood mood, flag boolean, ip inet, doc jsonb);
INSERT INTO typed SELECT md5(n::text)::uuid, n, 'k' || n, t, t AT TIME ZONE 'Asia/Shanghai', (t AT TIME ZONE 'Asia/Shanghai')::date, extract(epoch FROM t),
  extract(epoch FROM t), extract(epoch FROM t) * 1000, 12.50, 12, 12.5e0, '12.50', 'happy', true, '10.0.0.1', '{"b": [1, 2.50]}'
FROM generate_series(1, 2) n, (VALUES (timestamptz '2026-06-07 08:09:10.5+00')) v (t);
CREATE FUNCTION packed_as(at text, amount text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
BEGIN
  PERFORM clientele.add_source('typed', 'typed', '{"customer": "customer", "padded": "padded"}', at => at, event => 'mood', amount => amount,
    properties => '{"mood": "mood", "flag": "flag", "ip": "ip", "doc": "doc", "m1": "m1"}', history => false);
  SELECT string_agg(concat_ws(' ', p.at, p.amount, p.properties, p.identities, p.reason), E'\n') INTO result FROM clientele.preview_source('typed', 1) p;
  PERFORM clientele.drop_source('typed');
  RETURN result;
END $$;
SELECT packed_as(a, m) FROM (VALUES ('t1', 'm1'), ('t2', 'm2'), ('t3', 'm3'), ('t4', 'm4'), ('t5', 'm1'), ('t6', 'm2')) v (a, m);

-- With more than 10,000 event types properties are left out, and said.
CREATE TABLE wide (id integer PRIMARY KEY, customer text, at timestamptz, what text);
INSERT INTO wide SELECT n, 'c9', timestamptz '2026-01-01' + n * interval '1 minute', 'w' || n FROM generate_series(1, 10100) n;
SELECT count(*) AS reported FROM clientele.add_source('wide', 'wide', '{"customer": "customer"}', at => 'at', event => '''wide''', properties => '{"what": "what"}',
  history => false);
SELECT pack('wide', 'FROM public.wide s WHERE id <= 9990');
SET client_min_messages = warning;
SELECT pack('wide', 'FROM public.wide s WHERE id > 9900');
SET client_min_messages = error;
SELECT dropped, complete, packed FROM runs ORDER BY run_id DESC LIMIT 2;
SELECT count(*) AS types, count(*) FILTER (WHERE t.properties = '{}') AS without FROM clientele_data.event_types t WHERE t.event = 'wide';

-- Only roles that may act as the owner of a source may use it, and its owner's rights decide what is read.
CREATE ROLE regress_source_owner;
CREATE ROLE regress_source_other;
GRANT USAGE ON SCHEMA clientele_data TO regress_source_owner, regress_source_other;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA clientele_data TO regress_source_owner, regress_source_other;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA clientele_data TO regress_source_owner, regress_source_other;
CREATE TABLE owned (id integer PRIMARY KEY, customer text, at timestamptz);
INSERT INTO owned VALUES (1, 'c1', '2026-01-01');
ALTER TABLE owned OWNER TO regress_source_owner;
SET ROLE regress_source_owner;
SELECT count(*) AS reported FROM clientele.add_source('owned', 'owned', '{"customer": "customer"}', at => 'at', event => '''owned''', history => false);
RESET ROLE;
SET ROLE regress_source_other;
SELECT count(*) FROM clientele.preview_source('owned');
RESET ROLE;
SELECT pack('owned', 'FROM public.owned s WHERE current_user = ''regress_source_owner''');
ALTER TABLE owned OWNER TO CURRENT_USER;
REVOKE ALL ON owned FROM regress_source_owner;
SELECT pack('owned', 'FROM public.owned s');
DROP TABLE owned;
SELECT pack('owned', 'FROM public.owned s');

\c :tests
SET client_min_messages = warning;
DROP DATABASE clientele_source_rows;
DROP ROLE regress_source_owner, regress_source_other;
