-- SPDX-License-Identifier: PostgreSQL
-- Where the extension can be made, whose schema it takes, and what it survives.
\set VERBOSITY terse
SET client_min_messages = warning;
\set tests :DBNAME
CREATE DATABASE clientele_install ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_install
SET client_min_messages = warning;

-- Without a current schema, and without schema public at all.
DROP SCHEMA public;
SET search_path = '';
CREATE EXTENSION clientele;
SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'clientele';

-- Emptying an application's schema leaves the extension and the store alone.
CREATE SCHEMA public;
SET search_path = public;
CALL clientele.create_store();
SELECT clientele.event_type('web', 'buy');
INSERT INTO clientele_data.customers DEFAULT VALUES;
INSERT INTO clientele_data.journeys VALUES (1, '{1@2026-01-01T00:00:00Z}');
DROP SCHEMA public CASCADE;
SELECT journey FROM clientele_data.journeys;
CREATE SCHEMA public;
CALL clientele.drop_store();
DROP EXTENSION clientele;
SELECT nspname FROM pg_namespace WHERE nspname ~ 'clientele';

-- A schema that the installer has made is taken, and stays.
CREATE SCHEMA clientele;
COMMENT ON SCHEMA clientele IS 'Ours.';
CREATE TABLE clientele.mine (a int);
CREATE EXTENSION clientele;
SELECT clientele.event_count(clientele.journey '{}');
SELECT obj_description('clientele'::regnamespace, 'pg_namespace'), has_schema_privilege('public', 'clientele', 'USAGE') AS public;
DROP EXTENSION clientele;
SELECT relname FROM pg_class WHERE relnamespace = 'clientele'::regnamespace;

-- One that others own or can write is refused.
CREATE ROLE clientele_other;
ALTER TABLE clientele.mine OWNER TO clientele_other;
CREATE EXTENSION clientele;
DROP TABLE clientele.mine;
GRANT CREATE ON SCHEMA clientele TO clientele_other;
CREATE EXTENSION clientele;
REVOKE CREATE ON SCHEMA clientele FROM clientele_other;
GRANT CREATE ON SCHEMA clientele TO PUBLIC;
CREATE EXTENSION clientele;
REVOKE CREATE ON SCHEMA clientele FROM PUBLIC;
ALTER SCHEMA clientele OWNER TO clientele_other;
CREATE EXTENSION clientele;
DROP SCHEMA clientele;
DROP ROLE clientele_other;

-- Texts are UTF-8. In other databases the server or the script refuses.
CREATE DATABASE clientele_latin1 ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0;
CREATE DATABASE clientele_euc_cn ENCODING 'EUC_CN' LOCALE 'C' TEMPLATE template0;
CREATE DATABASE clientele_sql_ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0;
\c clientele_latin1
\set VERBOSITY sqlstate
CREATE EXTENSION clientele;
\c clientele_euc_cn
CREATE EXTENSION clientele;
\set VERBOSITY terse
\c clientele_sql_ascii
CREATE EXTENSION clientele;

\c :tests
SET client_min_messages = warning;
DROP DATABASE clientele_install;
DROP DATABASE clientele_latin1;
DROP DATABASE clientele_euc_cn;
DROP DATABASE clientele_sql_ascii;
