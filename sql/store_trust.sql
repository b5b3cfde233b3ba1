-- SPDX-License-Identifier: PostgreSQL
-- No role gains the rights of another by the store: whose schemas, tables, sources and temporary objects are used.
\set tests :DBNAME
CREATE DATABASE clientele_store_trust ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_store_trust
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
CREATE ROLE regress_mallory;
CREATE ROLE regress_alice;
CREATE ROLE regress_loader;
GRANT CREATE ON DATABASE clientele_store_trust TO regress_mallory, regress_alice;
CREATE TABLE gained (what text);
GRANT INSERT ON gained TO PUBLIC;
-- What code of hers notes: whose rights it runs with, if they are not hers.
SET ROLE regress_mallory;
CREATE SCHEMA mallory;
GRANT USAGE ON SCHEMA mallory TO PUBLIC;
CREATE FUNCTION mallory.pwn(what text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
  IF current_user <> 'regress_mallory' THEN INSERT INTO public.gained VALUES (what || ' as ' || current_user); END IF;
  RETURN true;
END $$;
CREATE FUNCTION mallory.pwn_always(what text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE COST 0.0001 AS $$
BEGIN
  IF current_user <> 'regress_mallory' THEN RAISE EXCEPTION '% ran as %', what, current_user USING ERRCODE = 'P0666'; END IF;
  RETURN true;
END $$;

-- Schemas of another role are not taken.
CREATE SCHEMA clientele_bi;
RESET ROLE;
CALL clientele.create_store();
SET ROLE regress_mallory;
DROP SCHEMA clientele_bi;
CREATE SCHEMA clientele_data;
RESET ROLE;
CALL clientele.create_store();
DROP SCHEMA clientele_data;
-- Nor those where others can create, or have created.
CREATE SCHEMA clientele_data;
GRANT CREATE, USAGE ON SCHEMA clientele_data TO regress_mallory;
CALL clientele.create_store();
SET ROLE regress_mallory;
CREATE FUNCTION clientele_data.pwn() RETURNS int LANGUAGE sql AS 'SELECT 1';
RESET ROLE;
REVOKE CREATE ON SCHEMA clientele_data FROM regress_mallory;
CALL clientele.create_store();
GRANT CREATE ON SCHEMA clientele_data TO PUBLIC;
CALL clientele.create_store();
DROP SCHEMA clientele_data CASCADE;
CALL clientele.create_store('Mars/Olympus');
-- An abbreviation, and with all of the older names installed also a zone: refused either way, in other words.
\set VERBOSITY sqlstate
CALL clientele.create_store('CET');
\set VERBOSITY default
SELECT count(*) AS nothing_is_left FROM pg_namespace WHERE nspname LIKE 'clientele\_%';

-- A store that another role has made is not used with one's own rights.
SET ROLE regress_mallory;
CALL clientele.create_store('UTC');
GRANT ALL ON SCHEMA clientele_data TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA clientele_data TO PUBLIC;
RESET ROLE;
CREATE TABLE e AS SELECT 'c'::text AS customer, timestamptz '2026-01-01Z' AS at, 'x'::text AS event;
CALL clientele.load_events('e');
SELECT clientele.event_type('web', 'a');
SELECT clientele.item('a');
SELECT clientele.add_items('{a}');
SELECT clientele.add_event_types('{web}', '{a}');
SELECT clientele.customer_ids('email', '{a}');
SELECT * FROM clientele.load_summary();
SELECT clientele.merge_journeys('e');
SELECT clientele.lock_dictionaries();
SELECT clientele.store_time_zone();
INSERT INTO clientele_data.journeys VALUES (1, '{}');
SELECT clientele.event_count('{1@2026-01-01T00:00:00Z}', 'a');
CALL clientele.drop_store();
SET ROLE regress_loader;
SELECT clientele.item('a');
RESET ROLE;
DROP SCHEMA clientele_data, clientele_bi CASCADE;

-- A store of one's own, and what its owner grants: who may create in it, and put triggers on its tables.
SET ROLE regress_alice;
CALL clientele.create_store('UTC');
GRANT CREATE ON SCHEMA clientele_data TO regress_mallory;
SELECT clientele.item('a');
REVOKE CREATE ON SCHEMA clientele_data FROM regress_mallory;
SELECT clientele.item('a');
GRANT TRIGGER ON clientele_data.items TO regress_mallory;
SELECT clientele.item('a');
SELECT clientele.item('b');
SET clientele.trusted_owners = 'regress_mallory';
SELECT clientele.item('b');
RESET clientele.trusted_owners;
REVOKE TRIGGER ON clientele_data.items FROM regress_mallory;
-- A loader that is not a member of the owner's role says that it trusts it.
GRANT USAGE ON SCHEMA clientele_data TO regress_loader;
GRANT SELECT, INSERT ON clientele_data.customers, clientele_data.identities, clientele_data.event_types, clientele_data.items,
  clientele_data.load_runs, clientele_data.rejects, clientele_data.stored_journeys, clientele_data.journey_changes TO regress_loader;
GRANT UPDATE ON clientele_data.stored_journeys, clientele_data.load_runs TO regress_loader;
GRANT SELECT ON clientele_data.settings TO regress_loader;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA clientele_data TO regress_loader;
RESET ROLE;
GRANT SELECT ON e TO regress_loader;
SET ROLE regress_loader;
CALL clientele.load_events('e');
SET clientele.trusted_owners = 'regress_alice';
CALL clientele.load_events('e');
SELECT outcome, "rows" FROM clientele.load_summary();
RESET clientele.trusted_owners;
-- What a loader needs does not let it write rules of tags.
INSERT INTO clientele_data.tags (name, family, kind, rule) VALUES ('basic.x', 'basic', 'query', 'SELECT 1');
RESET ROLE;
SET ROLE regress_alice;
CALL clientele.drop_store();
RESET ROLE;

-- The lock of the dictionaries is for those who may add to them.
CALL clientele.create_store('UTC');
SET ROLE regress_mallory;
SELECT clientele.lock_dictionaries();
RESET ROLE;
GRANT USAGE ON SCHEMA clientele_data TO regress_mallory;
GRANT SELECT ON clientele_data.items TO regress_mallory;
SET ROLE regress_mallory;
SELECT clientele.lock_dictionaries();
RESET ROLE;
GRANT INSERT ON clientele_data.items TO regress_mallory;
SET ROLE regress_mallory;
SELECT clientele.lock_dictionaries();
RESET ROLE;
REVOKE ALL ON clientele_data.items FROM regress_mallory;
REVOKE USAGE ON SCHEMA clientele_data FROM regress_mallory;

-- Sources of another role: plain tables of plain types are read, what would run code is refused.
SET ROLE regress_mallory;
CREATE TYPE mallory.note AS ENUM ('a');
CREATE FUNCTION mallory.note_json(mallory.note) RETURNS json LANGUAGE sql AS $$ SELECT to_json(mallory.pwn('json')) $$;
CREATE FUNCTION mallory.note_text(mallory.note) RETURNS text LANGUAGE sql AS $$ SELECT mallory.pwn('text')::text $$;
CREATE CAST (mallory.note AS json) WITH FUNCTION mallory.note_json(mallory.note);
CREATE CAST (mallory.note AS text) WITH FUNCTION mallory.note_text(mallory.note);
CREATE DOMAIN mallory.checked AS text CHECK (mallory.pwn('domain'));
CREATE TYPE mallory.pair AS (a int, b mallory.note);
CREATE TYPE mallory.notes AS RANGE (subtype = text);
CREATE TABLE mallory.plain (customer text, at timestamptz, event varchar, n numeric, more jsonb, tags text[]);
INSERT INTO mallory.plain VALUES ('c', '2026-01-01Z', 'x', 1, '{}', '{a}'), (NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE mallory.with_enum AS SELECT 'c'::text AS customer, 'never'::text AS at, 'x'::text AS event, 'a'::mallory.note AS note;
CREATE TABLE mallory.with_array AS SELECT p.*, '{a}'::mallory.note[] AS note FROM mallory.plain p;
CREATE TABLE mallory.with_domain AS SELECT p.*, 'a'::mallory.checked AS note FROM mallory.plain p;
CREATE TABLE mallory.with_pair AS SELECT p.*, '(1,a)'::mallory.pair AS note FROM mallory.plain p;
CREATE TABLE mallory.with_range AS SELECT p.*, '[a,b)'::mallory.notes AS note FROM mallory.plain p;
CREATE VIEW mallory.looked_at AS SELECT * FROM mallory.plain WHERE mallory.pwn('view');
CREATE MATERIALIZED VIEW mallory.kept AS SELECT * FROM mallory.plain;
CREATE TABLE mallory.policed (LIKE mallory.plain);
INSERT INTO mallory.policed SELECT * FROM mallory.plain;
ALTER TABLE mallory.policed ENABLE ROW LEVEL SECURITY;
CREATE POLICY pwn ON mallory.policed USING (mallory.pwn('policy'));
CREATE TABLE mallory.indexed (LIKE mallory.plain);
CREATE INDEX ON mallory.indexed ((mallory.pwn_always('index')));
CREATE TABLE mallory.partly_indexed (LIKE mallory.plain);
CREATE INDEX ON mallory.partly_indexed (customer) WHERE mallory.pwn_always('predicate');
CREATE TABLE mallory.checked_rows (LIKE mallory.plain, CHECK (mallory.pwn_always('check')));
CREATE TABLE mallory.measured (LIKE mallory.plain);
CREATE STATISTICS mallory.measured_stat ON (mallory.pwn_always(customer)), event FROM mallory.measured;
CREATE TABLE mallory.split (LIKE mallory.plain) PARTITION BY LIST (event);
CREATE TABLE mallory.split_x PARTITION OF mallory.split FOR VALUES IN ('x');
CREATE TABLE mallory.split_rest PARTITION OF mallory.split DEFAULT;
INSERT INTO mallory.split SELECT * FROM mallory.plain;
CREATE TABLE mallory.split_badly (LIKE mallory.plain) PARTITION BY LIST ((event || mallory.pwn_always('key')::text));
CREATE TABLE mallory.parent (LIKE mallory.plain);
CREATE TABLE mallory.child (note mallory.note) INHERITS (mallory.parent);
CREATE INDEX ON mallory.child ((mallory.pwn_always('child')));
GRANT SELECT ON ALL TABLES IN SCHEMA mallory TO PUBLIC;
RESET ROLE;
CREATE TABLE of_mine AS SELECT * FROM mallory.with_enum;
CREATE FUNCTION pg_temp.try(source regclass) RETURNS text LANGUAGE plpgsql AS $$
DECLARE detail text; state text; id bigint;
BEGIN
  CALL clientele.load_events(source, run_id => id);
  RETURN 'loaded ' || (SELECT string_agg(outcome || ' ' || "rows", ', ') FROM clientele.load_summary());
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, state = RETURNED_SQLSTATE;
  RETURN state || ' ' || coalesce(nullif(detail, ''), SQLERRM);
END $$;
SELECT s::text AS source, pg_temp.try(s) FROM unnest('{mallory.plain,mallory.with_enum,mallory.with_array,mallory.with_domain,
  mallory.with_pair,mallory.with_range,mallory.looked_at,mallory.kept,mallory.policed,mallory.indexed,mallory.partly_indexed,
  mallory.checked_rows,mallory.measured,mallory.split,mallory.split_badly,mallory.parent,of_mine}'::text[]) s;
CALL clientele.load_events('mallory.looked_at');
CALL clientele.load_events('of_mine');
SET ROLE regress_mallory;
CREATE VIEW mallory.parts AS SELECT 1 AS customer_id, '{}'::clientele.journey AS journey WHERE mallory.pwn('parts');
CREATE TABLE mallory.plain_parts AS SELECT 1 AS customer_id, '{1@2026-01-03T00:00:00Z}'::clientele.journey AS journey;
RESET ROLE;
SELECT clientele.merge_journeys('mallory.parts');
SELECT clientele.merge_journeys('mallory.plain_parts');
SELECT * FROM gained;
-- By the setting one takes the risk.
SET clientele.trusted_owners = 'regress_mallory';
CALL clientele.load_events('mallory.looked_at');
SELECT DISTINCT what FROM gained;
RESET clientele.trusted_owners;
TRUNCATE gained;
-- The lock on a source is for those who may read it.
CREATE TABLE secret (a int);
SET ROLE regress_mallory;
SELECT clientele.lock_source('public.secret');
RESET ROLE;
-- No view is left in pg_temp.
SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relname LIKE 'clientele%';

-- Temporary objects of the caller stay, whatever their names, and are not a part of a load.
CREATE TEMP TABLE clientele_customers_1 AS SELECT 'precious'::text AS v;
CREATE TEMP TABLE clientele_rows_1 AS SELECT 'd'::text AS customer, timestamptz '2026-01-02Z' AS at, 'y'::text AS event;
CREATE TEMP TABLE clientele_rows AS TABLE clientele_rows_1;
CREATE TEMP TABLE stored_journeys (customer_id bigint, body text);
CREATE DOMAIN pg_temp.clientele_types_1 AS text;
CALL clientele.load_events('clientele_rows_1');
CALL clientele.load_events('clientele_rows');
SELECT source, rows_packed FROM clientele_data.load_runs ORDER BY run_id DESC LIMIT 2;
SELECT * FROM clientele_customers_1;
SELECT * FROM clientele_rows_1;
DISCARD TEMP;
-- A function of the DBA's that loads with his rights, called by her: her temporary tables, types and settings do nothing.
CREATE FUNCTION load_daily() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE id bigint;
BEGIN
  CALL clientele.load_events('public.e', run_id => id);
  PERFORM clientele.epoch_time(1), clientele.event_type('web', 'x'), clientele.item('x'), clientele.parse_time('2026-01-01');
  RETURN id;
END $$;
CREATE FUNCTION load_of(source regclass) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE id bigint;
BEGIN CALL clientele.load_events(source, run_id => id); END $$;
SET ROLE regress_mallory;
SET clientele.trusted_owners = 'regress_mallory';
CREATE FUNCTION pg_temp.pwn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM mallory.pwn('trigger'); RETURN NEW; END $$;
CREATE FUNCTION pg_temp.pwn(anyelement) RETURNS boolean LANGUAGE sql AS $$ SELECT mallory.pwn('type') $$;
CREATE DOMAIN pg_temp.float8 AS pg_catalog.float8 CHECK (pg_temp.pwn(VALUE));
CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (pg_temp.pwn(VALUE));
CREATE DOMAIN pg_temp.timestamptz AS pg_catalog.timestamptz CHECK (pg_temp.pwn(VALUE));
CREATE DOMAIN pg_temp.jsonb AS pg_catalog.jsonb CHECK (pg_temp.pwn(VALUE));
CREATE DOMAIN pg_temp.regclass AS pg_catalog.regclass CHECK (pg_temp.pwn(VALUE));
DO $$
DECLARE stem pg_catalog.text;
BEGIN
  FOREACH stem IN ARRAY '{rows,customers,types,items,parts,missing,source}'::pg_catalog.text[] LOOP
    FOR i IN 1 .. 3 LOOP
      EXECUTE format('CREATE TEMP TABLE clientele_%s_%s (customer text, at timestamptz, event text, value text, customer_id bigint)', stem, i);
      EXECUTE format('CREATE TRIGGER pwn BEFORE INSERT ON clientele_%s_%s FOR EACH ROW EXECUTE FUNCTION pg_temp.pwn()', stem, i);
    END LOOP;
    EXECUTE format('CREATE TYPE pg_temp.clientele_%s_4 AS (a int)', stem);
  END LOOP;
END $$;
SELECT public.load_daily() > 0 AS loaded;
SELECT public.load_of('mallory.looked_at');
RESET clientele.trusted_owners;
RESET ROLE;
SELECT * FROM gained;

CALL clientele.drop_store();
\c :tests
DROP DATABASE clientele_store_trust;
DROP ROLE regress_mallory, regress_alice, regress_loader;
