-- SPDX-License-Identifier: PostgreSQL
-- Which rows of a source are new, batch by batch.
\set tests :DBNAME
SET client_min_messages = warning;
CREATE ROLE regress_ingest_owner;
CREATE ROLE regress_ingest_member IN ROLE regress_ingest_owner;
CREATE ROLE regress_ingest_other;
CREATE DATABASE clientele_ingest ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_ingest
\set VERBOSITY default
\set SHOW_CONTEXT never
\pset null '(null)'
SET client_min_messages = warning;
SET TimeZone = 'America/New_York'; SET DateStyle = 'German, DMY';
CREATE EXTENSION clientele;
CALL clientele.create_store('UTC');
GRANT USAGE ON SCHEMA clientele_data TO regress_ingest_owner, regress_ingest_other;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA clientele_data TO regress_ingest_owner, regress_ingest_other;
GRANT ALL ON ALL SEQUENCES IN SCHEMA clientele_data TO regress_ingest_owner, regress_ingest_other;
GRANT CREATE ON SCHEMA public TO regress_ingest_owner;

-- The ledger of whole numbers, over all of bigint and in any order.
CREATE FUNCTION ledger(source bigint) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(CASE WHEN r.first = r.last THEN r.first::text ELSE concat_ws('..', r.first, r.last) END, ' ' ORDER BY r.first)
  FROM clientele_data.source_ledger l CROSS JOIN LATERAL clientele.ledger_runs(l.first_id, l.ids) r WHERE l.source_id = source
$$;
CREATE TABLE bare (id bigint PRIMARY KEY, customer text, at timestamptz);
SELECT count(*) FROM clientele.add_source('bare', 'bare', '{"customer": "customer"}', 'at', '''e''');
SELECT source_id AS bare FROM clientele_data.sources WHERE name = 'bare' \gset
SELECT clientele.ledger_add(:bare, '{5,3,4,NULL,3,9223372036854775807,-9223372036854775808,0}');
SELECT ledger(:bare);
SELECT clientele.ledger_add(:bare, '{}'), clientele.ledger_add(:bare, NULL), clientele.ledger_add(:bare, ARRAY(SELECT generate_series(1, 100000)));
SELECT ledger(:bare), count(*) AS chunks, sum(length(ids)) AS bytes FROM clientele_data.source_ledger;
SELECT clientele.ledger_add(:bare, ARRAY(SELECT -g * g FROM generate_series(1, 20000) g (g)));
SELECT count(*) > 10 AS several, max(length(ids)) <= 1800 AS none_is_large FROM clientele_data.source_ledger;
SELECT count(*) = 19999 AS same FROM clientele_data.source_ledger l CROSS JOIN LATERAL clientele.ledger_runs(l.first_id, l.ids) r
WHERE r.first = r.last AND sqrt(-r.first) = floor(sqrt(-r.first)) AND r.first > -9223372036854775808 AND r.first < 0;
BEGIN;
SELECT clientele.open_ledger(:bare) AS number \gset
SELECT i, clientele.ledger_contains(:number, i) FROM unnest('{-9223372036854775808,-4,-3,0,1,100000,100001,9223372036854775807}'::bigint[]) i;
SELECT * FROM clientele.ledger_gaps(:number, -10, 100010, 100);
SELECT * FROM clientele.ledger_gaps(:number, -10, 100010, 2);
SELECT clientele.open_ledger(:bare, 5) > :number AS another;
SAVEPOINT a;
SELECT clientele.ledger_contains(:number, 1);
ROLLBACK;
SELECT clientele.ledger_contains(:number, 1);
SELECT clientele.ledger_contains_text(1, '1');
SELECT clientele.ledger_runs(1, '\x0005'), clientele.ledger_merge(1, '\x07', '{1}');
SELECT clientele.ledger_merge(10, NULL, '{1}');
SELECT * FROM clientele.ledger_merge(10, NULL, NULL);
SELECT clientele.drop_source('bare');
SELECT count(*) FROM clientele_data.source_ledger;
-- That of texts.
SELECT clientele.ledger_add_texts(7, '{a,b,NULL,a}'), clientele.ledger_add_texts(7, '{b,c}', '{5,NULL}');
SELECT clientele.ledger_add_texts(8, '{d,e}', '{5,7}'), clientele.ledger_add_texts(8, '{d,e}', '{6,3}');
SELECT id, cursor FROM clientele_data.source_ledger_texts ORDER BY 1;
SELECT * FROM clientele.ledger_key_range(7);
SELECT clientele.ledger_key(4294967296, 'a');
TRUNCATE clientele_data.source_ledger_texts;

-- What is read, by the journeys.
CREATE VIEW read AS SELECT channel AS source, item::int AS id, count(*) AS n FROM clientele_bi.events GROUP BY 1, 2;
CREATE VIEW ids AS SELECT source, n, clientele.audience(id)::text AS ids FROM read GROUP BY 1, 2 ORDER BY source COLLATE "C", n;
CREATE VIEW runs AS SELECT s.name, r.kind, count(*) AS runs, sum(r.rows_read) AS read, sum(r.rows_packed) AS packed
FROM clientele_data.load_runs r JOIN clientele_data.sources s USING (source_id) GROUP BY 1, 2 ORDER BY 1, 2;

-- Method key: history in chunks, then what is new.
CREATE TABLE k (id integer PRIMARY KEY, customer text, at timestamptz DEFAULT '2026-02-01 23:30Z');
INSERT INTO k SELECT g, 'c' || g % 10 FROM generate_series(1, 2500) g;
SELECT count(*) FROM clientele.add_source('k', 'k', '{"customer": "customer"}', 'at', '''e''', channel => '''k''', item => 'id::text');
SELECT event_ids, id_type, indexed, top, floor, history_state, history_to FROM clientele_data.source_progress;
SELECT source, method, state, history_share, last_batch_at, held_back_by FROM clientele_data.source_status;
INSERT INTO k SELECT g, 'new' FROM generate_series(2501, 2510) g;
-- What is above comes first, and then a chunk of what is below.
SELECT clientele.ingest_batch('k', 1000);
SELECT * FROM ids;
SELECT source, state, history_read, last_batch_read FROM clientele_data.source_status;
CALL clientele.ingest('k', 1000);
SELECT * FROM ids;
SELECT * FROM runs;
SELECT source, state, history_share, history_read, last_sweep_at IS NOT NULL AS swept, next_sweep_at - last_sweep_at AS again, error
FROM clientele_data.source_status;
SELECT * FROM clientele.check_source('k');
INSERT INTO k VALUES (3000, 'c1', '2026-02-03 10:00Z'), (2999, 'c2', '2026-02-04 10:00Z');
SELECT * FROM clientele.check_source('k');
SELECT * FROM clientele.check_source('k', '2026-02-03Z', '2026-02-04Z');
CALL clientele.ingest();
-- A call that finds nothing leaves no run.
CALL clientele.ingest();
SELECT * FROM runs;
-- Between the others: above the floor by a batch, far below it by a sweep.
SELECT top, floor FROM clientele_data.source_progress;
INSERT INTO k SELECT g, 'c3' FROM generate_series(2900, 2905) g;
SELECT clientele.ingest_batch('k');
INSERT INTO k SELECT g, 'c3' FROM generate_series(50000, 50005) g;
SELECT clientele.ingest_batch('k');
SELECT clientele.ingest_batch('k');
-- Unless a transaction of another session is open.
SELECT top, floor IN (2500, 40005) AS floor FROM clientele_data.source_progress;
INSERT INTO k SELECT -g, 'c3' FROM generate_series(1, 5) g;
INSERT INTO k SELECT g, 'c3' FROM generate_series(45000, 45003) g;
SELECT clientele.ingest_batch('k'), clientele.ingest_batch('k');
UPDATE clientele_data.source_progress SET swept_at = now() - interval '59 minutes';
SELECT clientele.ingest_batch('k');
-- A sweep is due an hour after the last one, or 100 times as long after it as it took.
UPDATE clientele_data.source_progress SET swept_at = now() - interval '61 minutes', sweep_took = '1 minute';
SELECT clientele.ingest_batch('k');
UPDATE clientele_data.source_progress SET swept_at = now() - interval '101 minutes';
SELECT clientele.ingest_batch('k');
SELECT source, n, count(*) FROM read GROUP BY 1, 2;
-- Many rows at once, in batches that fill the gaps, too.
INSERT INTO k SELECT g, 'c4' FROM generate_series(46000, 48000, 2) g;
INSERT INTO k SELECT g, 'c4' FROM generate_series(51000, 53000) g;
CALL clientele.ingest('k', 300);
SELECT missing FROM clientele.check_source('k');
SELECT source, n, count(*) FROM read GROUP BY 1, 2;

-- history => false: what is there is known.
CREATE TABLE kf (LIKE k INCLUDING ALL);
INSERT INTO kf SELECT g, 'c' || g % 10 FROM generate_series(101, 600) g;
SELECT count(*) FROM clientele.add_source('kf', 'kf', '{"customer": "customer"}', 'at', '''e''', channel => '''kf''', item => 'id::text', history => false);
INSERT INTO kf VALUES (601, 'c1'), (3, 'c2');
CALL clientele.ingest('kf');
SELECT ids FROM ids WHERE source = 'kf';
SELECT * FROM clientele.check_source('kf');

-- Keys that are not whole numbers: each batch reads all of them, or above a cursor.
CREATE TABLE kt (code text PRIMARY KEY, id int, customer text, at timestamptz);
INSERT INTO kt SELECT 'x' || md5(g::text), g, 'c' || g % 10, '2026-02-01Z' FROM generate_series(1, 500) g;
SET client_min_messages = notice;
SELECT count(*) FROM clientele.add_source('kt', 'kt', '{"customer": "customer"}', 'at', '''e''', channel => '''kt''', item => 'id::text');
SET client_min_messages = warning;
CREATE INDEX ON kt (at);
SELECT count(*) FROM clientele.add_source('kt at', 'kt', '{"customer": "customer"}', 'at', '''e''', channel => '''kt at''', item => 'id::text',
                                          cursor => 'at', lateness => '10 minutes');
SELECT name, event_ids, id_type, cursor_type, p.indexed, cursor_indexed, history_to IS NOT NULL AS ends FROM clientele_data.source_progress p
JOIN clientele_data.sources USING (source_id) WHERE name LIKE 'kt%' ORDER BY 1;
CALL clientele.ingest('kt', 200);
CALL clientele.ingest('kt at', 200);
INSERT INTO kt SELECT 'a' || g, 500 + g, 'c1', '2026-02-02Z' FROM generate_series(1, 10) g;
CALL clientele.ingest();
-- Late by more than lateness: a sweep.
INSERT INTO kt SELECT 'b' || g, 600 + g, 'c1', '2026-01-20Z' FROM generate_series(1, 3) g;
CALL clientele.ingest();
SELECT * FROM ids WHERE source LIKE 'kt%';
UPDATE clientele_data.source_progress SET swept_at = NULL;
CALL clientele.ingest();
SELECT * FROM ids WHERE source LIKE 'kt%';
SELECT clientele.drop_source('kt');
SELECT count(*), pg_size_pretty(sum(pg_column_size(t.*))) FROM clientele_data.source_ledger_texts t;
SELECT clientele.drop_source('kt at');
SELECT count(*) FROM clientele_data.source_ledger_texts;

-- Method mark: history and what is new, whole transactions at a time; no key is needed.
CREATE TABLE m (id integer, customer text, at timestamptz DEFAULT '2026-02-01Z');
INSERT INTO m SELECT g, 'c' || g % 10 FROM generate_series(1, 300) g;
SELECT count(*) FROM clientele.add_source('m', 'm', '{"customer": "customer"}', 'at', '''e''', channel => '''m''', item => 'id::text', method => 'mark');
SELECT column_default FROM information_schema.columns WHERE table_name = 'm' AND column_name = 'clientele_mark';
SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'm'::regclass;
SELECT count(*) FILTER (WHERE clientele_mark = 0) FROM m;
SET client_min_messages = notice;
CALL clientele.ingest('m', 100);
SET client_min_messages = warning;
INSERT INTO m SELECT g, 'c5' FROM generate_series(301, 330) g;
INSERT INTO m SELECT g, 'c5' FROM generate_series(331, 335) g;
INSERT INTO m (id, customer, clientele_mark) VALUES (336, 'c5', NULL);
SELECT clientele.ingest_batch('m', 10), clientele.ingest_batch('m', 10), clientele.ingest_batch('m', 10);
SELECT * FROM ids WHERE source = 'm';
-- Its own transaction is left to the next one, savepoints and all.
BEGIN;
INSERT INTO m VALUES (340, 'c6');
SAVEPOINT a;
INSERT INTO m VALUES (341, 'c6');
RELEASE a;
SELECT clientele.ingest_batch('m');
INSERT INTO m VALUES (342, 'c6');
SELECT clientele.ingest_batch('m');
COMMIT;
SELECT clientele.ingest_batch('m'), clientele.ingest_batch('m');
SELECT * FROM clientele.check_source('m');
SELECT jsonb_array_length(seen) AS clusters FROM clientele_data.source_progress p JOIN clientele_data.sources USING (source_id)
WHERE name = 'm';
SELECT clientele.source_mark() - clientele.mark_base(clientele.cluster_id()) = pg_current_xact_id()::text::bigint AS mark;
SELECT clientele.mark_base((1577836800::bigint + 10) << 32) >> 32 AS seconds;
SELECT clientele.unseen_marks('{"base": 1000, "end": 100, "open": []}', '2000', 1105);
SELECT clientele.unseen_marks('{"base": 1000, "end": 100, "open": [99, 42, 97, 30, 35, 10]}', '2000', 1105);
SELECT clientele.unseen_marks('{"base": 1000000, "end": 500000, "open": [42]}', NULL);
SELECT length(clientele.unseen_marks(jsonb_build_object('base', 0, 'end', 100000, 'open', (SELECT jsonb_agg(g * 100) FROM generate_series(1, 999) g)), NULL))
     < 12000 AS not_so_many;
-- Each condition is what the numbers say.
CREATE TABLE marked (clientele_mark bigint);
INSERT INTO marked SELECT 1000 + g FROM generate_series(-5, 140) g;
CREATE FUNCTION selected(entry jsonb) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
  result bigint[];
BEGIN
  EXECUTE format('SELECT array_agg(s.clientele_mark ORDER BY 1) FROM marked s WHERE %s', clientele.unseen_marks(entry, '1130', 1104)) INTO result;
  RETURN result;
END $$;
SELECT setseed(0.42);
SELECT count(*) AS right FROM (
  SELECT jsonb_build_object('base', 1000, 'end', 100, 'open', jsonb_agg(DISTINCT floor(random() * 100)::bigint)) AS entry
  FROM generate_series(1, 200) test CROSS JOIN LATERAL generate_series(1, test % 60) n GROUP BY test) e
WHERE selected(e.entry) = (
  SELECT array_agg(m.clientele_mark ORDER BY 1) FROM marked m
  WHERE m.clientele_mark <> 1104 AND (m.clientele_mark BETWEEN 1100 AND 1129 OR e.entry -> 'open' @> to_jsonb(m.clientele_mark - 1000)));
SELECT clientele.unseen_marks('{"base": 1000}', NULL);
SELECT clientele.seen_up_to('{"base": 1000, "end": 100, "open": [42, 90]}', '{"base": 1000, "end": 200, "open": [90, 150, 170]}', 1160);
SELECT clientele.seen_up_to('{"base": 1000, "end": 100, "open": [42, 90, 95]}', '{"base": 1000, "end": 200, "open": [150]}', 1050);
-- A second source on the same table, which has a key now; rows without one are read as well.
CREATE UNIQUE INDEX ON m (id);
INSERT INTO m VALUES (NULL, 'c7'), (NULL, 'c8');
SELECT count(*) FROM clientele.add_source('m2', 'm', '{"customer": "customer"}', 'at', '''e''', channel => '''m2''', item => 'coalesce(id, right(customer, 1)::int + 900)::text',
                                          method => 'mark', event_id => 'coalesce(id, 0)::text || customer');
SELECT count(*) FROM clientele.add_source('m3', 'm', '{"customer": "customer"}', 'at', '''e''', channel => '''m3''', item => 'coalesce(id, right(customer, 1)::int + 900)::text',
                                          method => 'mark', history => false);
SELECT count(*) FROM clientele.add_source('m4', 'm', '{"customer": "customer"}', 'at', '''e''', channel => '''m4''', item => 'coalesce(id, right(customer, 1)::int + 900)::text',
                                          method => 'mark', event_id => 'id');
INSERT INTO m VALUES (400, 'c9');
SELECT count(*) FROM m;
CALL clientele.ingest(NULL, 100);
SELECT source, n, count(*), min(id), max(id) FROM read WHERE source LIKE 'm%' AND id IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2;

-- Method cursor: views and foreign tables.
CREATE TABLE c (id text, customer text, changed timestamp);
INSERT INTO c SELECT g, 'c' || g % 10, localtimestamp - g * interval '1 min' FROM generate_series(1, 300) g;
CREATE VIEW cv AS SELECT * FROM c;
SELECT count(*) FROM clientele.add_source('c', 'cv', '{"customer": "customer"}', 'changed', '''e''', channel => '''c''', item => 'id', event_id => 'id',
                                          cursor => 'changed', lateness => '20 minutes', time_zone => 'America/New_York');
SELECT method, cursor_type, p.indexed, history_state FROM clientele_data.source_progress p JOIN clientele_data.sources USING (source_id) WHERE name = 'c';
SET client_min_messages = notice;
CALL clientele.ingest('c', 100);
SET client_min_messages = warning;
-- In time, too late, never, and of the distant future, which does not end the source.
INSERT INTO c VALUES ('1001', 'c1', localtimestamp), ('1002', 'c1', localtimestamp - interval '15 min'), ('1003', 'c1', localtimestamp - interval '25 min'),
  ('1004', 'c1', NULL), ('1005', 'c1', localtimestamp + interval '1 hour'), ('1006', 'c1', 'infinity');
CALL clientele.ingest('c');
INSERT INTO c VALUES ('1007', 'c1', localtimestamp - interval '5 min');
CALL clientele.ingest('c');
SELECT i.id, count(r.*), sum(r.n) FROM generate_series(1001, 1007) i (id) LEFT JOIN read r ON r.source = 'c' AND r.id = i.id GROUP BY 1 ORDER BY 1;
SELECT reason, count(*) FROM clientele_data.rejects GROUP BY 1;
SELECT sum(in_source) AS in_source, sum(missing) AS missing FROM clientele.check_source('c');
-- What is old is forgotten, by and by; it is not read again.
SELECT count(*) > 300 AS all FROM clientele_data.source_ledger_texts;
UPDATE c SET changed = changed - interval '2 hours' WHERE id::int < 1000 OR id = '1007';
INSERT INTO c VALUES ('1010', 'c1', localtimestamp);
UPDATE clientele_data.source_progress SET forgotten = watermark - 3600000000::bigint WHERE cursor_type LIKE 'timestamp%';
UPDATE clientele_data.source_ledger_texts l SET cursor = l.cursor - 7200000000::bigint
FROM c, clientele_data.sources s WHERE s.name = 'c' AND l.id = clientele.ledger_key(s.source_id, c.id) AND (c.id::int < 1000 OR c.id = '1007');
CALL clientele.ingest('c');
CALL clientele.ingest('c');
SELECT count(*) < 20 AS few FROM clientele_data.source_ledger_texts;
SELECT sum(missing) AS missing FROM clientele.check_source('c');
SELECT max(n) FROM read WHERE source = 'c';
-- Whole numbers as a cursor: 10,000 of them are looked at again.
CREATE TABLE cn (id int, customer text, version bigint, at timestamptz DEFAULT '2026-02-01Z');
INSERT INTO cn SELECT g, 'c1', g * 1000 FROM generate_series(1, 50) g;
SELECT count(*) FROM clientele.add_source('cn', 'cn', '{"customer": "customer"}', 'at', '''e''', channel => '''cn''', item => 'id::text', event_id => 'id',
                                          cursor => 'version', method => 'cursor');
CALL clientele.ingest('cn', 20);
INSERT INTO cn VALUES (51, 'c1', 45000), (52, 'c1', 39999), (53, 'c1', 90000);
CALL clientele.ingest('cn', 20);
SELECT * FROM ids WHERE source = 'cn';
SELECT count(*) FROM clientele.add_source('ct', 'cn', '{"customer": "customer"}', 'at', '''e''', event_id => 'id', cursor => 'customer', method => 'cursor');

-- A cursor for a source that had none: what has been read stays read.
CREATE INDEX ON kf (at);
SELECT count(*) FROM clientele.alter_source('kf', cursor => 'at');
INSERT INTO kf VALUES (50, 'c1', '2026-02-05Z'), (51, 'c2', '2026-01-20Z');
CALL clientele.ingest('kf');
INSERT INTO kf VALUES (52, 'c1', '2026-02-05Z'), (53, 'c2', '2026-01-20Z');
CALL clientele.ingest('kf');
SELECT ids FROM ids WHERE source = 'kf';
SELECT count(*) FROM clientele.alter_source('cn', cursor => 'at');
CALL clientele.ingest('cn');
SELECT count(*) FROM clientele.alter_source('cn', cursor => 'version');
CALL clientele.ingest('cn');

-- Ids begin again for other events: until restart_source() they are known.
TRUNCATE k;
INSERT INTO k SELECT g, 'other' FROM generate_series(1, 20) g;
CALL clientele.ingest('k');
SELECT count(*) FROM read WHERE source = 'k' AND n > 1;
SELECT clientele.restart_source('k');
SELECT source, state, last_batch_at FROM clientele_data.source_status WHERE source = 'k';
CALL clientele.ingest('k');
SELECT clientele.audience(id)::text AS twice FROM read WHERE source = 'k' AND n = 2;

-- One that fails says why, and the others go on.
ALTER TABLE k RENAME TO away;
ALTER TABLE m DROP COLUMN clientele_mark;
ALTER TABLE kf ALTER id TYPE text;
INSERT INTO cn VALUES (60, 'c1', 90001);
CALL clientele.ingest();
SELECT source, state, failures, error_code, error, error_hint, held_back_by FROM clientele_data.source_status WHERE state = 'failed';
CALL clientele.ingest('k');
CALL clientele.ingest('kf');
CALL clientele.ingest('m');
SELECT clientele.ingest_batch('k');
-- Who only looks at the status needs no right to the tables.
CREATE SCHEMA hidden;
ALTER TABLE c SET SCHEMA hidden;
GRANT SELECT ON clientele_data.source_status TO regress_ingest_other;
SET ROLE regress_ingest_other;
SELECT source, failures FROM clientele_data.source_status ORDER BY 1;
RESET ROLE;
ALTER TABLE hidden.c SET SCHEMA public;
SELECT ids FROM ids WHERE source = 'cn';
ALTER TABLE away RENAME TO k;
ALTER TABLE kf ALTER id TYPE bigint USING id::bigint;
SELECT clientele.restart_source(s) FROM unnest('{m,m2,m3,m4}'::text[]) s;
CALL clientele.ingest();
SELECT source, state, error FROM clientele_data.source_status WHERE state <> 'active' OR error IS NOT NULL;
-- Paused sources are left out.
INSERT INTO cn VALUES (61, 'c1', 90002);
SELECT clientele.pause_source('cn');
CALL clientele.ingest();
SET client_min_messages = notice;
CALL clientele.ingest('cn');
SET client_min_messages = warning;
SELECT source, state, held_back_by FROM clientele_data.source_status WHERE source = 'cn';
SELECT clientele.resume_source('cn');
CALL clientele.ingest('cn');
SELECT count(*) FROM read WHERE source = 'cn' AND id = 61;

-- Whose rights: the owner, members of the role, superusers.
SET ROLE regress_ingest_owner;
CREATE TABLE hers (id int PRIMARY KEY, customer text, at timestamptz DEFAULT '2026-02-01Z');
INSERT INTO hers SELECT g, 'h' || g FROM generate_series(1, 5) g;
SELECT count(*) FROM clientele.add_source('hers', 'hers', '{"customer": "customer"}', 'at', '''e''', channel => '''hers''', item => 'id::text');
SELECT count(*) FROM clientele.add_source('not hers', 'm', '{"customer": "customer"}', 'at', '''e''', method => 'mark');
RESET ROLE;
GRANT SELECT ON m TO regress_ingest_owner;
SET ROLE regress_ingest_owner;
SELECT count(*) FROM clientele.add_source('not hers', 'm', '{"customer": "customer"}', 'at', '''e''', method => 'mark');
SET ROLE regress_ingest_other;
SELECT clientele.ingest_batch('hers');
CALL clientele.ingest('hers');
CALL clientele.ingest();
SELECT clientele.restart_source('hers');
SELECT * FROM clientele.check_source('hers');
SELECT clientele.ask_source((SELECT source_id FROM clientele_data.sources WHERE name = 'hers'), 'SELECT current_user');
SET ROLE regress_ingest_member;
SELECT clientele.ask_source((SELECT source_id FROM clientele_data.sources WHERE name = 'hers'), 'SELECT current_user, 1 + 1, NULL');
SELECT clientele.ask_source((SELECT source_id FROM clientele_data.sources WHERE name = 'hers'), 'SELECT 1 WHERE false');
SELECT clientele.ask_source((SELECT source_id FROM clientele_data.sources WHERE name = 'hers'), 'RESET ROLE');
CALL clientele.ingest();
RESET ROLE;
SELECT ids FROM ids WHERE source = 'hers';
REVOKE SELECT ON hers FROM regress_ingest_owner;
INSERT INTO hers VALUES (6, 'h6');
CALL clientele.ingest('hers');
GRANT SELECT ON hers TO regress_ingest_owner;
CALL clientele.ingest('hers');
SELECT ids FROM ids WHERE source = 'hers';
-- Nothing runs outside of a batch.
SELECT * FROM clientele.source_rows() x (id int);
SELECT clientele.fetch_source_rows((SELECT source_id FROM clientele_data.sources WHERE name = 'hers'), 10);
BEGIN;
SELECT clientele.open_source_rows((SELECT source_id FROM clientele_data.sources WHERE name = 'hers'), 'SELECT id FROM public.hers ORDER BY 1') IS NOT NULL AS opened;
SELECT clientele.fetch_source_rows((SELECT source_id FROM clientele_data.sources WHERE name = 'hers'), 2);
SAVEPOINT a;
SELECT * FROM clientele.source_rows() x (id int);
ROLLBACK TO a;
SET ROLE regress_ingest_owner;
SELECT * FROM clientele.source_rows() x (id int);
SELECT * FROM clientele.source_rows() x (id int);
SAVEPOINT b;
SELECT * FROM clientele.source_rows() x (id text);
ROLLBACK TO b;
SELECT clientele.fetch_source_rows((SELECT source_id FROM clientele_data.sources WHERE name = 'hers'), 100);
SELECT clientele.close_source_rows();
RESET ROLE;
COMMIT;

-- Arguments, and transactions.
BEGIN;
CALL clientele.ingest();
ROLLBACK;
CALL clientele.ingest('nobody');
CALL clientele.ingest(NULL, NULL);
CALL clientele.ingest(NULL, 0);
SELECT clientele.ingest_batch('k', 10000001);
SELECT clientele.ingest_batch(NULL);
SELECT clientele.check_source('nobody');
SELECT clientele.restart_source(NULL);
-- Without its progress a source is stopped.
DELETE FROM clientele_data.source_progress p USING clientele_data.sources s WHERE s.source_id = p.source_id AND s.name = 'cn';
SELECT clientele.ingest_batch('cn');
SELECT source, state, held_back_by FROM clientele_data.source_status WHERE source = 'cn';
-- All progress goes with the source.
SELECT clientele.drop_source(name) FROM clientele_data.sources;
SELECT (SELECT count(*) FROM clientele_data.source_progress) + (SELECT count(*) FROM clientele_data.source_ledger)
     + (SELECT count(*) FROM clientele_data.source_ledger_texts) AS left;
-- The column stays without the extension.
DROP EXTENSION clientele CASCADE;
INSERT INTO m (id) VALUES (999);
SELECT clientele_mark FROM m WHERE id = 999;

\c :tests
DROP DATABASE clientele_ingest;
SET client_min_messages = warning;
DROP ROLE regress_ingest_member, regress_ingest_owner, regress_ingest_other;
