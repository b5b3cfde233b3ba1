-- SPDX-License-Identifier: PostgreSQL
-- What a store consists of, who may read it, and how it is upgraded.
\set tests :DBNAME
SET client_min_messages = warning;
CREATE ROLE regress_upgrade_owner;
CREATE ROLE regress_upgrade_bi;
CREATE ROLE regress_upgrade_other;
CREATE DATABASE clientele_upgrade ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_upgrade
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET client_min_messages = warning;
CREATE EXTENSION clientele;
GRANT CREATE ON DATABASE clientele_upgrade TO regress_upgrade_owner;
GRANT CREATE ON SCHEMA public TO regress_upgrade_owner;
SET ROLE regress_upgrade_owner;
CALL clientele.upgrade_store();
CALL clientele.grant_bi('regress_upgrade_bi');
CALL clientele.create_store();

-- The members are exactly what create_store() has made.
SELECT feature, kind, count(*), array_agg(DISTINCT created_by::text ORDER BY created_by::text) AS created_by FROM clientele.store_members
GROUP BY 1, 2 ORDER BY min(place);
SELECT name AS absent FROM clientele.store_members WHERE clientele.store_member(name, kind) IS NULL;
SELECT c.oid::regclass AS not_registered FROM pg_class c
WHERE relnamespace IN ('clientele_data'::regnamespace, 'clientele_bi'::regnamespace) AND relkind IN ('r', 'v', 'S', 'm', 'p', 'f')
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'i')
  AND c.oid NOT IN (SELECT to_regclass(name) FROM clientele.store_members WHERE kind <> 'function')
UNION ALL SELECT 0 WHERE (SELECT count(*) FROM pg_proc WHERE pronamespace IN ('clientele_data'::regnamespace, 'clientele_bi'::regnamespace))
                       <> (SELECT count(*) FROM clientele.store_members WHERE kind = 'function');
SELECT name AS of_another_kind FROM clientele.store_members m JOIN pg_class c ON c.oid = CASE m.kind WHEN 'function' THEN NULL ELSE to_regclass(name) END
WHERE m.kind <> CASE relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'S' THEN 'sequence' END;
-- All roles may read the list. Only its owner may write it.
INSERT INTO clientele.store_members (feature, name, kind, created_by) VALUES ('mine', 'public.mine', 'table', 'mine');
UPDATE clientele.store_members SET created_by = 'mine';
DELETE FROM clientele.store_members;
SELECT has_table_privilege('regress_upgrade_other', 'clientele.store_members', 'SELECT') AS readable,
       has_table_privilege('regress_upgrade_other', 'clientele.store_members', 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER') AS writable;

-- grant_bi() lets a role read what is for BI tools, and nothing else.
CALL clientele.grant_bi('regress_upgrade_missing');
CALL clientele.grant_bi(NULL);
CALL clientele.grant_bi('regress_upgrade_bi');
REVOKE EXECUTE ON FUNCTION clientele_bi.funnel(clientele.funnel_def) FROM PUBLIC;
SELECT has_function_privilege('regress_upgrade_bi', 'clientele_bi.funnel(clientele.funnel_def)', 'EXECUTE') AS revoked_from_public;
CALL clientele.grant_bi('regress_upgrade_bi');
SELECT name, kind FROM clientele.store_members
WHERE for_bi <> CASE kind WHEN 'function' THEN has_function_privilege('regress_upgrade_bi', CASE kind WHEN 'function' THEN to_regprocedure(name) END, 'EXECUTE')
                          WHEN 'sequence' THEN has_sequence_privilege('regress_upgrade_bi', name, 'SELECT')
                          ELSE has_table_privilege('regress_upgrade_bi', name, 'SELECT') END;
SELECT string_agg(name, ' ' ORDER BY place) AS for_bi FROM clientele.store_members WHERE for_bi AND name LIKE 'clientele\_data.%';
SET ROLE regress_upgrade_other;
CALL clientele.grant_bi('regress_upgrade_other');
SET clientele.trusted_owners = regress_upgrade_owner;
CALL clientele.grant_bi('regress_upgrade_other');
RESET clientele.trusted_owners;
SET ROLE regress_upgrade_owner;

-- A store of today has nothing to upgrade.
CALL clientele.upgrade_store();

-- What is absent comes back, and the role for BI tools may read it.
SELECT clientele.item('first');
DROP VIEW clientele_bi.rfm;
DROP VIEW clientele_bi.tag_values;
DROP TABLE clientele_data.rejects CASCADE;
DROP TABLE clientele_data.tag_numbers CASCADE;
DROP FUNCTION clientele_bi.path_links(clientele.path_def);
DROP INDEX clientele_data.identities_customer_id_idx;
DROP TRIGGER note_author ON clientele_data.tags;
COMMENT ON COLUMN clientele_data.customers.created_at IS NULL;
SELECT clientele.audience_size('vip');
CALL clientele.load_events('pg_class');
CALL clientele.upgrade_store();
CALL clientele.upgrade_store();
SELECT name AS absent FROM clientele.store_members WHERE clientele.store_member(name, kind) IS NULL;
SELECT has_table_privilege('regress_upgrade_bi', 'clientele_bi.rfm', 'SELECT') AS view, has_table_privilege('regress_upgrade_bi', 'clientele_data.tag_numbers', 'SELECT') AS "table",
       has_table_privilege('regress_upgrade_bi', 'clientele_data.rejects', 'SELECT') AS not_for_bi;
SELECT * FROM clientele_data.items;

-- Rights, options and columns of the owner's own stay, also where a view must be created again.
ALTER TABLE clientele_data.load_runs RENAME COLUMN times_read_as TO times;
ALTER TABLE clientele_data.customers ADD COLUMN keeps text;
ALTER VIEW clientele_bi.events SET (security_barrier = true);
GRANT SELECT (day), UPDATE ON clientele_bi.daily_activity TO regress_upgrade_other WITH GRANT OPTION;
CREATE OR REPLACE VIEW clientele_bi.load_quality AS SELECT q.*, 1 AS one_more FROM (
  SELECT run_id, source, started_at, finished_at, rows_read, rows_packed, rows_rejected, 0::numeric AS packed_share, customers, first_event_at, last_event_at
  FROM clientele_data.load_runs) q;
CREATE VIEW public.mine AS SELECT source, packed_share FROM clientele_bi.load_quality;
CALL clientele.upgrade_store();
SELECT attname FROM pg_attribute WHERE attrelid = 'clientele_data.load_runs'::regclass AND attname LIKE 'times%';
DROP VIEW public.mine;
CALL clientele.upgrade_store();
CALL clientele.upgrade_store();
SELECT oid::regclass, reloptions, (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(relacl) a WHERE a::text !~ '^regress_upgrade_owner') AS rights
FROM pg_class WHERE oid IN ('clientele_bi.events'::regclass, 'clientele_bi.daily_activity'::regclass, 'clientele_bi.load_quality'::regclass) ORDER BY relname COLLATE "C";
SELECT attname, attacl FROM pg_attribute WHERE attrelid = 'clientele_bi.daily_activity'::regclass AND attacl IS NOT NULL;
SELECT attname FROM pg_attribute WHERE attrelid IN ('clientele_data.load_runs'::regclass, 'clientele_data.customers'::regclass) AND attname IN ('times', 'times_read_as', 'keeps');
SELECT has_function_privilege('public', 'clientele_bi.funnel(clientele.funnel_def)', 'EXECUTE') AS public_may, has_function_privilege('regress_upgrade_bi', 'clientele_bi.funnel(clientele.funnel_def)', 'EXECUTE') AS bi_may;

-- A role that lacks one of the rights is not given others by an upgrade.
REVOKE SELECT ON clientele_bi.events FROM regress_upgrade_bi;
DROP VIEW clientele_bi.rfm;
CALL clientele.upgrade_store();
SELECT has_table_privilege('regress_upgrade_bi', 'clientele_bi.rfm', 'SELECT') AS granted;

-- Only the owner upgrades a store, and only if no other role could put anything there.
RESET ROLE;
SET clientele.trusted_owners = regress_upgrade_owner;
CALL clientele.upgrade_store();
RESET clientele.trusted_owners;
GRANT CREATE ON SCHEMA clientele_bi TO regress_upgrade_other;
SET ROLE regress_upgrade_owner;
CALL clientele.upgrade_store();
REVOKE CREATE ON SCHEMA clientele_bi FROM regress_upgrade_other;

GRANT TRIGGER ON clientele_data.load_runs TO regress_upgrade_other;
CALL clientele.upgrade_store();
REVOKE TRIGGER ON clientele_data.load_runs FROM regress_upgrade_other;

-- A store of another version: what has changed is refused, and all else answered.
ALTER TABLE clientele_data.load_runs RENAME COLUMN times_read_as TO times;
CALL clientele.load_events('pg_class');
SELECT clientele.load_summary();
SELECT clientele.item('second');
CALL clientele.upgrade_store();
SELECT count(*) FROM clientele.load_summary();
CALL clientele.drop_store();
RESET ROLE;
\c :tests
SET client_min_messages = warning;
DROP DATABASE clientele_upgrade;
DROP ROLE regress_upgrade_owner, regress_upgrade_bi, regress_upgrade_other;
