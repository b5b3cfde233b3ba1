-- SPDX-License-Identifier: PostgreSQL
-- What sources say of customers. tests/differential/attributes.py compares random rows with Python.
\set tests :DBNAME
CREATE DATABASE clientele_attributes ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_attributes
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'America/New_York'; SET datestyle = 'German, DMY';
SET client_min_messages = warning;
SET search_path = public, clientele;
CREATE EXTENSION clientele;
CALL clientele.create_store('UTC');
CREATE FUNCTION fails(statement text, OUT code text, OUT message text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  message := 'it does not fail';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
END $$;

CREATE TABLE crm (a text, at timestamptz);
INSERT INTO clientele_data.sources (source_id, name, relation, owner, owner_oid, owner_cluster, method, mapping)
SELECT n, s, 'public.crm', current_user, current_user::regrole, cluster_id(), 'key', '{}' FROM (VALUES (1, 'crm'), (2, 'shop')) x (n, s);
-- Customer 1 has the homes 11 and 12, customer 2 the home 21.
INSERT INTO clientele_data.customers (customer_id) VALUES (1), (2);
INSERT INTO clientele_data.identities (kind, value, customer_id, identity_id)
VALUES ('customer', 'A', 1, 11), ('email', 'a@b.de', 1, 12), ('customer', 'B', 2, 21);

SELECT clientele.customer_attributes(1);
SELECT add_attributes('{11,11,12,21,21}', '{city,city,city,city,city}', '{Bonn,Köln,Bonn,Ulm,NULL}',
                      '{2026-01-01Z,2026-01-03Z,2026-01-02Z,2026-01-01Z,2026-01-02Z}', 1);
SELECT add_attributes('{12,11,21}', '{city,name,name}', '{Bonn,Ann,Bob}', '{2026-01-01T12:00Z,2026-01-05Z,2026-01-05Z}', 2);
SELECT add_attributes('{}', '{}', '{}', '{}', 1);
SELECT home_id, name, value, source_id, first_at AT TIME ZONE 'UTC' AS first_at, last_at AT TIME ZONE 'UTC' AS last_at, n
FROM clientele_data.home_attributes ORDER BY home_id, name, value, source_id;
CREATE VIEW answers AS SELECT customer_id, name, value, source, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS at
FROM clientele_data.customer_attributes ORDER BY customer_id, name;
TABLE answers;
CALL set_attribute_rule('city', 'first');
TABLE answers;
CALL set_attribute_rule('city', 'most_frequent');
TABLE answers;
SELECT clientele.customer_attributes(1), clientele.customer_attributes(2, details => true);
-- A tie of numbers goes to the latest; of equal times to the greatest value, of rule first to the least.
SELECT add_attributes('{21,21,21,21}', '{city,x,x,x}', '{Aix,a,c,b}', '{2026-01-02Z,2026-01-02Z,2026-01-02Z,2026-01-02Z}', 1);
SELECT clientele.customer_attributes(2);
CALL set_attribute_rule('x', 'first');
CALL set_attribute_rule('city', 'latest');
SELECT clientele.customer_attributes(2);
-- A merge and a split move homes, and nothing is written again.
UPDATE clientele_data.identities SET customer_id = 1;
SELECT clientele.customer_attributes(1), clientele.customer_attributes(2);
UPDATE clientele_data.identities SET customer_id = 2 WHERE identity_id = 21;
SELECT clientele.customer_attributes(1), clientele.customer_attributes(2);
-- The source may go. A value is cut where an index could not hold it.
DELETE FROM clientele_data.sources WHERE name = 'shop';
SELECT name, source FROM clientele_data.customer_attributes WHERE customer_id = 1 ORDER BY name;
SELECT add_attributes('{11}', '{text}', ARRAY[repeat('你', 1000000)], '{2026-01-01Z}', 1);
SELECT length(value), octet_length(value) FROM clientele_data.customer_attributes WHERE name = 'text';

SELECT * FROM fails('SELECT clientele.add_attributes(''{1,2}'', ''{a}'', ''{b}'', ''{2026-01-01Z}'', 1)');
SELECT * FROM fails('SELECT clientele.add_attributes(NULL, ''{a}'', ''{b}'', ''{2026-01-01Z}'', 1)');
SELECT * FROM fails('SELECT clientele.add_attributes(''{1}'', ''{NULL}'', ''{b}'', ''{2026-01-01Z}'', 1)');
SELECT * FROM fails('CALL clientele.set_attribute_rule(''city'', ''last'')');
SELECT * FROM fails('CALL clientele.set_attribute_rule(''city'', NULL)');
CREATE ROLE clientele_attributes_reader;
SET ROLE clientele_attributes_reader;
SELECT * FROM fails('SELECT clientele.customer_attributes(1)');
SELECT * FROM fails('SELECT clientele.add_attributes(''{1}'', ''{a}'', ''{b}'', ''{2026-01-01Z}'', 1)');
SELECT * FROM fails('CALL clientele.set_attribute_rule(''city'', ''first'')');
RESET ROLE;
DROP ROLE clientele_attributes_reader;

DROP VIEW answers;
CALL clientele.drop_store();
\c :tests
DROP DATABASE clientele_attributes;
