-- SPDX-License-Identifier: PostgreSQL
-- The store: making and removing it, its dictionaries, its views and who may see what.
\set tests :DBNAME
CREATE DATABASE clientele_store ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_store
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC';
SET client_min_messages = warning;
CREATE EXTENSION clientele;

-- Without a store
SELECT clientele.event_type('web', 'search');
SELECT clientele.item('shoes-1');
SELECT clientele.customer_ids('email', '{a@b.c}');
SELECT clientele.merge_journeys('pg_class');
CALL clientele.load_events('pg_class');
CALL clientele.drop_store();

-- The store belongs to the role that creates it, here an ordinary one.
CREATE ROLE regress_store_owner;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO regress_store_owner', current_database()); END $$;
SET ROLE regress_store_owner;
CALL clientele.create_store();
SELECT nspname, nspowner::regrole FROM pg_namespace WHERE nspname LIKE 'clientele\_%' ORDER BY 1;
SELECT c.relname, c.relkind, c.relowner::regrole, c.reloptions FROM pg_class c
WHERE relnamespace IN ('clientele_data'::regnamespace, 'clientele_bi'::regnamespace) AND relkind IN ('r', 'v', 'S')
ORDER BY relname COLLATE "C", relkind;
SELECT count(*) AS members FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND d.classid = 'pg_class'::regclass
WHERE d.deptype = 'e' AND c.relnamespace IN ('clientele_data'::regnamespace, 'clientele_bi'::regnamespace);
-- Everything has a comment.
SELECT c.oid::regclass AS uncommented FROM pg_class c
WHERE relnamespace IN ('clientele_data'::regnamespace, 'clientele_bi'::regnamespace) AND relkind IN ('r', 'v')
  AND obj_description(c.oid, 'pg_class') IS NULL;
SELECT a.attrelid::regclass AS relation, a.attname AS uncommented FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE relnamespace IN ('clientele_data'::regnamespace, 'clientele_bi'::regnamespace) AND relkind IN ('r', 'v')
  AND attnum > 0 AND NOT attisdropped AND col_description(a.attrelid, attnum) IS NULL;
CALL clientele.create_store();

-- Dictionaries: one number for each key, whatever is looked up how often.
SELECT clientele.event_type('web', 'search') AS a, clientele.event_type('web', 'search') AS b,
       clientele.event_type('app', 'search') AS c, clientele.event_type(NULL, 'search') AS d,
       clientele.event_type('', 'search') AS e, clientele.event_type('web', 'view', '{"category": "shoes"}') AS f,
       clientele.event_type('web', 'view', '{"category":"shoes"}') AS g, clientele.event_type('web', 'view', NULL) AS h;
SELECT clientele.event_type(event => '购买', channel => '门店');
SELECT clientele.event_type('web'::varchar, 'search'::varchar);
SELECT clientele.add_event_types('{web,web,app,web}', '{buy,search,buy,buy}');
SELECT clientele.add_event_types('{web}', '{buy}', ARRAY['{"a": 1}'::jsonb]);
SELECT clientele.add_event_types('{}', '{}') AS none;
SELECT * FROM clientele_data.event_types ORDER BY 1;
SELECT clientele.item('shoes-1') AS a, clientele.item('shoes-2') AS b, clientele.item('shoes-1') AS c;
SELECT clientele.add_items('{x,shoes-2,a,x}') AS items, clientele.add_items('{}') AS none;
SELECT clientele.customer_ids('email', '{z@b.c,a@b.c,z@b.c}') AS a, clientele.customer_ids('email', '{a@b.c}') AS b,
       clientele.customer_ids('device', '{a@b.c}') AS c;
-- Known keys waste no numbers.
SELECT clientele.event_type('web', 'search') FROM generate_series(1, 100) OFFSET 99;
SELECT clientele.add_items('{shoes-1,x}') FROM generate_series(1, 100) OFFSET 99;
SELECT clientele.event_type('web', 'one more'), clientele.item('one more'), clientele.customer_ids('email', '{one@b.c}');

-- What cannot be a key
SELECT clientele.event_type('web', NULL);
SELECT clientele.event_type('web', '');
SELECT clientele.event_type('web', 'a', '["b"]');
SELECT clientele.event_type('web', repeat('a', 501));
SELECT clientele.event_type('web', 'a', jsonb_build_object('b', repeat('a', 1500)));
SELECT clientele.event_type(repeat('a', 500), repeat('b', 500), jsonb_build_object('c', repeat('d', 1400))) IS NOT NULL AS fits;
SELECT clientele.add_event_types('{a,b}', '{a}');
SELECT clientele.item(NULL);
SELECT clientele.item('');
SELECT clientele.item(repeat('a', 2001));
SELECT clientele.item(string_agg(chr(19968 + (i * 7919) % 20000), '')) IS NOT NULL AS fits FROM generate_series(1, 666) i;
SELECT clientele.customer_ids('email', '{NULL}');
SELECT clientele.customer_ids('', '{a}');

-- The journeys can be changed through their view.
INSERT INTO clientele_data.journeys VALUES (1, '{1@2026-01-02T03:04:05Z}'), (2, '{2@2026-01-02T03:04:05Z#1=5}');
UPDATE clientele_data.journeys SET journey = clientele.journey_concat(journey, '{5@2026-01-03T00:00:00Z}') WHERE customer_id = 1;
UPDATE clientele_data.journeys SET journey = '{}' WHERE customer_id = 77;
SELECT * FROM clientele_data.journeys ORDER BY 1;
INSERT INTO clientele_data.journeys VALUES (1, '{}');
INSERT INTO clientele_data.journeys VALUES (77, '{}');
INSERT INTO clientele_data.journeys VALUES (3, NULL);
DELETE FROM clientele_data.journeys WHERE customer_id = 2 RETURNING *;
SELECT batch, customer_id FROM clientele_data.journey_changes ORDER BY batch;

-- The views
INSERT INTO clientele_data.journeys VALUES (2, '{2@2026-01-02 03:04:05Z#1=5, 1@2026-01-02 03:34:05Z#2, 1@2026-01-02 04:04:05.000001Z=2.50}');
SELECT * FROM clientele_bi.events ORDER BY customer_id, at;
SELECT * FROM clientele_bi.sessions ORDER BY customer_id, session;
SELECT * FROM clientele_bi.daily_activity ORDER BY day, channel, event;
SELECT * FROM clientele_bi.load_quality;
-- Days are those of the store, whatever the session's time zone.
SET timezone = 'Asia/Shanghai';
SELECT clientele.store_time_zone();
SELECT day, sum(events) FROM clientele_bi.daily_activity GROUP BY day ORDER BY day;
CALL clientele.set_store_time_zone('Asia/Tokyo');
SET timezone = 'UTC';
SELECT clientele.store_time_zone();
SELECT day, sum(events) FROM clientele_bi.daily_activity GROUP BY day ORDER BY day;
CALL clientele.set_store_time_zone('Nowhere');
CALL clientele.set_store_time_zone(NULL);
CALL clientele.set_store_time_zone('UTC');
-- One customer's events are found by the primary key, also in parallel plans.
EXPLAIN (COSTS OFF) SELECT at FROM clientele_bi.events WHERE customer_id = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT sum(clientele.event_count(journey)) FROM clientele_data.journeys;
SELECT sum(clientele.event_count(journey)) FROM clientele_data.journeys;
SELECT * FROM clientele_bi.daily_activity ORDER BY day, channel, event;
RESET ALL;
SET timezone = 'UTC';
SET client_min_messages = warning;
SET ROLE regress_store_owner;

-- The role for BI tools: what src/store/README.md grants.
RESET ROLE;
CREATE ROLE regress_clientele_bi;
SET ROLE regress_store_owner;
GRANT USAGE ON SCHEMA clientele_bi, clientele_data TO regress_clientele_bi;
GRANT SELECT ON ALL TABLES IN SCHEMA clientele_bi TO regress_clientele_bi;
GRANT SELECT ON clientele_data.event_types, clientele_data.items TO regress_clientele_bi;
SET ROLE regress_clientele_bi;
SELECT customer_id, at, channel, event, item, amount FROM clientele_bi.events ORDER BY customer_id, at;
SELECT count(*) FROM clientele_bi.sessions;
SELECT count(*) FROM clientele_bi.daily_activity;
SELECT count(*) FROM clientele_bi.load_quality;
SELECT step, name, customers, conversion, median_seconds FROM clientele_bi.funnel(clientele.funnel_def('{search,web:search}', within => '1 day'));
SELECT * FROM clientele_bi.path_links(clientele.path_def()) ORDER BY step, source, target;
SELECT clientele.event_type('web', 'search');
SET clientele.trusted_owners = 'regress_store_owner';
SELECT clientele.event_type('web', 'search'), clientele.item('shoes-1');
SELECT clientele.event_type('web', 'new');
SELECT clientele.add_items('{new}');
SELECT clientele.customer_ids('email', '{a@b.c}');
SELECT * FROM clientele_data.journeys;
SELECT * FROM clientele_data.stored_journeys;
SELECT * FROM clientele_data.identities;
CALL clientele.load_events('pg_class');
RESET ROLE;
CREATE ROLE regress_nobody;
SET ROLE regress_nobody;
SELECT clientele.event_type('web', 'search');
SELECT * FROM clientele_bi.funnel(clientele.funnel_def('{search}'));
CALL clientele.create_store();
RESET clientele.trusted_owners;
RESET ROLE;

-- DROP EXTENSION refuses while there is a store.
\set VERBOSITY terse
DROP EXTENSION clientele;
\set VERBOSITY default
-- drop_store() refuses to take what it did not make.
SET ROLE regress_store_owner;
CREATE VIEW clientele_bi.mine AS SELECT count(*) FROM clientele_bi.events;
CREATE TABLE clientele_data.notes (note text);
CALL clientele.drop_store();
DROP VIEW clientele_bi.mine;
CALL clientele.drop_store();
SELECT count(*) AS still_there FROM clientele_data.journeys;
CALL clientele.drop_store(cascade => true);
-- It can be created again, also in schemas that another role has prepared.
RESET ROLE;
CREATE SCHEMA clientele_data AUTHORIZATION regress_store_owner;
CREATE SCHEMA clientele_bi AUTHORIZATION regress_store_owner;
REVOKE CREATE ON DATABASE clientele_store FROM regress_store_owner;
SET ROLE regress_store_owner;
CALL clientele.create_store();
SELECT clientele.item('first');
RESET ROLE;
CALL clientele.drop_store();
SET ROLE regress_store_owner;
CALL clientele.drop_store();
RESET ROLE;
DROP EXTENSION clientele;
\c :tests
DROP DATABASE clientele_store;
DROP ROLE regress_store_owner, regress_clientele_bi, regress_nobody;
