-- SPDX-License-Identifier: PostgreSQL
-- Tags of one customer, the list of customers, and profiles. tests/differential/customers.py compares random stores with Python.
\set tests :DBNAME
CREATE DATABASE clientele_customers ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_customers
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'America/New_York'; SET datestyle = 'German, DMY'; SET array_nulls = off; SET extra_float_digits = 0;
SET client_min_messages = warning;
SET search_path = public, clientele;
CREATE EXTENSION clientele;
CREATE FUNCTION fails(statement text, OUT code text, OUT message text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  message := 'it does not fail';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
END $$;

-- without a store
SELECT f.* FROM unnest(ARRAY['SELECT customer_tags(1)', $$SELECT customer_tag(1, '{x}')$$, 'SELECT customer_profile(1)',
  $$SELECT customer_profiles('{1}')$$, 'CALL set_customer_columns()', $$CALL revoke_bi('pg_monitor')$$]) s CROSS JOIN LATERAL fails(s) f;

CALL create_store('Asia/Shanghai');
INSERT INTO clientele_data.event_types VALUES (1, 'web', 'search'), (2, 'web', 'purchase'), (3, 'app', '浏览'), (4, '', 'purchase');
INSERT INTO clientele_data.items VALUES (1, 'tea'), (2, '<script>"x"</script>');
INSERT INTO clientele_data.customers (customer_id, created_at) SELECT g, '2026-01-01Z' FROM generate_series(1, 6) g;
INSERT INTO clientele_data.customers (customer_id, created_at, merged_into) VALUES (9, '2026-01-01Z', 1);
INSERT INTO clientele_data.identities (kind, value, customer_id, identity_id) SELECT 'email', 'c' || g, g, g FROM generate_series(1, 6) g;
-- Events of one time are in the order of their names, not of their numbers.
INSERT INTO clientele_data.journeys
SELECT c, journey(at::timestamptz, type, item, amount)
FROM (VALUES (1, '2026-01-01 08:00Z', 1, NULL, NULL), (1, '2026-01-02 08:00Z', 2, 2, 12.50), (1, '2026-01-02 08:00Z', 3, 1, NULL),
             (1, '2026-01-02 08:00Z', 1, NULL, NULL), (2, '2026-01-03 08:00Z', 4, NULL, 7)) v (c, at, type, item, amount) GROUP BY c;
INSERT INTO clientele_data.sources (source_id, name, relation, owner, owner_oid, owner_cluster, method, mapping)
VALUES (1, 'crm', 'public.crm', current_user, current_user::regrole, cluster_id(), 'key', '{}');
SELECT add_attributes('{1,1,2,3}', '{city,opt_in,city,同意}', '{上海,yes,Köln,否}', '{2026-01-01Z,2026-01-01Z,2026-01-01Z,2026-01-01Z}', 1);
SELECT add_attributes('{1}', '{secret}', '{x}', '{2026-01-01Z}', 1);
SELECT define_tag('vip', 'customer_id = 1'), define_tag('value.tier', $$CASE WHEN customer_id < 3 THEN 'high, "value"' END$$),
       define_tag('价值.层级', $$CASE WHEN customer_id < 4 THEN '高价值' END$$),
       define_tag('kinds', $$CASE customer_id WHEN 1 THEN '{b,a,浏览}'::text[] WHEN 2 THEN '{a}' END$$),
       define_tag('value.spend', $$amount_sum(journey, 'purchase')$$), define_tag('broken', '1 / (customer_id - 1) > 0');
-- Before a refresh no customer has a tag.
SELECT customer_tags(1), customer_tag(1, '{vip}'), customer_has_tag(1, '{vip}');
SELECT tag, outcome, customers FROM refresh_tags(at => '2026-02-01Z') ORDER BY tag COLLATE "C";

SELECT c, customer_tags(c) FROM unnest('{1,2,3,4,0,-1,9223372036854775807}'::bigint[]) c;
SELECT c, customer_tag(c, '{none,value.tier,价值.层级}') AS first, customer_tag(c, '{价值.层级,value.tier}') AS other, customer_tag(c, '{kinds}') AS several,
       customer_tag(c, '{vip}') AS flag, customer_tag(c, '{value.spend}') AS number, customer_tag_number(c, '{kinds,vip,value.spend}') AS spend,
       customer_has_tag(c, '{vip,kinds}') AS has, customer_tag(c, '{}') AS none
FROM generate_series(1, 4) c;
SELECT f.* FROM unnest(ARRAY['SELECT customer_tag(1, ARRAY[NULL])', $$SELECT customer_tag(1, '{{a,b},{c,d}}')$$]) s CROSS JOIN LATERAL fails(s) f;
SELECT customer_tags(NULL) IS NULL AS strict, customer_tag(1, NULL) IS NULL AS strict;

-- Attributes are personal data: the views show consent alone, until the owner chooses more.
SELECT customer_id, name, value FROM clientele_bi.customer_attributes ORDER BY customer_id;
CALL set_customer_columns('{}', '{city}');
\x
SELECT customer_id, first_seen AT TIME ZONE 'UTC' AS first_seen, last_seen AT TIME ZONE 'UTC' AS last_seen, events, channels, tier, segment, spend,
       churn_probability, consent, attributes, tags FROM clientele_bi.customers ORDER BY customer_id LIMIT 4;
\x
SELECT count(*), array_agg(customer_id ORDER BY customer_id) FROM clientele_bi.customers;
SELECT customer_id, name, value, source FROM clientele_bi.customer_attributes ORDER BY customer_id, name COLLATE "C";
SELECT jsonb_pretty(customer_profile(1));
SELECT customer_profile(9) = customer_profile(1) AS merged, customer_profile(99) AS unknown, customer_profile(NULL) AS null_one,
       customer_profile(1, 0) -> 'recent' AS left_out, jsonb_array_length(customer_profile(1, 2) -> 'recent') AS two, customer_profile(4) -> 'recent' AS silent;
SELECT p.customer_id, p.profile = customer_profile(p.customer_id, 2) AS same FROM customer_profiles(ARRAY[3, 1, 99, 9, 2, NULL, 4], 2) p;
SELECT count(*) FROM customer_profiles('{}');

-- The owner's columns. A name that is taken gets a number, and what is not a letter becomes _.
SELECT key, customer_column_name(key) FROM unnest(ARRAY['value.spend', '价值.层级', '.A-b', '9 lives', '...', repeat('你', 30), 'x"; DROP']) key;
SELECT define_tag('tier', 'true'), define_tag('9"x', '1'), define_tag('events', '2.5');
CALL set_customer_columns(ARRAY['value.spend', 'tier', '9"x', 'events', 'kinds', 'vip', 'vip'], '{city,同意}');
SELECT name, source, keys, holds FROM clientele_data.customer_columns WHERE NOT standard ORDER BY place;
SELECT outcome, count(*) FROM refresh_tags(at => '2026-02-01Z') GROUP BY 1 ORDER BY 1;
SELECT customer_id, value_spend, tier_2, _9_x, events_2, kinds, vip, city, 同意 FROM clientele_bi.customers ORDER BY customer_id LIMIT 3;
SELECT bool_and(p.profile = customer_profile(p.customer_id, 0)) AS same FROM customer_profiles('{1,2,3,4}') p;
SELECT col_description('clientele_bi.customers'::regclass, attnum) FROM pg_attribute WHERE attrelid = 'clientele_bi.customers'::regclass AND attname = 'city';

-- Rights stay when columns go, and upgrade_store() keeps the choice.
CREATE ROLE regress_customers_bi;
CREATE ROLE regress_customers_other;
CALL grant_bi('regress_customers_bi');
GRANT SELECT ON clientele_bi.customers TO regress_customers_other;
CALL set_customer_columns('{kinds}');
CALL upgrade_store();
SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute
WHERE attrelid = 'clientele_bi.customers'::regclass AND attnum > 8 AND NOT attisdropped;
SELECT has_table_privilege('regress_customers_other', 'clientele_bi.customers', 'SELECT') AS kept;
CREATE VIEW mine AS SELECT kinds FROM clientele_bi.customers;
SELECT f.* FROM unnest(ARRAY['CALL set_customer_columns()', $$CALL set_customer_columns('{kind}')$$, $$CALL set_customer_columns('{}', '{town}')$$,
  $$CALL set_customer_columns(ARRAY[NULL])$$, $$CALL set_customer_columns(array_fill('vip'::text, '{501}'))$$]) s CROSS JOIN LATERAL fails(s) f;
DROP VIEW mine;
-- Columns may have the names of the rows in a query of profiles.
SELECT define_tag('x', 'true'), define_tag('c', 'true'), define_tag('r', 'true');
SELECT count(*) FROM refresh_tags('{x,c,r}');
CALL set_customer_columns('{x,c,r}');
SELECT customer_id, profile ->> 'x' AS x, profile ->> 'c' AS c, profile ->> 'r' AS r FROM customer_profiles('{1}', 1);
SELECT forget_tag(t) FROM unnest('{x,c,r}'::text[]) t;
CALL set_customer_columns();
SELECT count(*) FROM clientele_data.customer_columns WHERE NOT standard;
-- A standard column may show other tags.
UPDATE clientele_data.customer_columns SET keys = '{kinds}' WHERE name = 'segment';
SELECT customer_id, segment, customer_profile(customer_id) ->> 'segment' AS profile FROM clientele_bi.customers ORDER BY 1 LIMIT 3;

-- A role for BI tools sees customers, and no identities; what it loses is what it was given.
SET ROLE regress_customers_bi;
SELECT count(*) FROM clientele_bi.customers;
SELECT customer_profile(1) ->> 'tier' AS tier, customer_profile(9) ->> 'customer_id' AS merged;
SELECT f.* FROM unnest(ARRAY['CALL set_customer_columns()', 'SELECT FROM clientele_data.identities', 'SELECT FROM clientele_data.customers',
  $$CALL revoke_bi('regress_customers_other')$$]) s CROSS JOIN LATERAL fails(s) f;
RESET ROLE;
GRANT SELECT ON clientele_data.rejects TO regress_customers_bi;
CALL revoke_bi('regress_customers_bi');
CALL revoke_bi('regress_customers_bi');
SELECT has_schema_privilege('regress_customers_bi', 'clientele_bi', 'USAGE') AS views, has_schema_privilege('regress_customers_bi', 'clientele_data', 'USAGE') AS data,
       (SELECT count(*) FROM clientele.store_members m WHERE m.kind <> 'function' AND has_table_privilege('regress_customers_bi', to_regclass(m.name), 'SELECT')) AS tables;
SELECT f.* FROM unnest(ARRAY['CALL revoke_bi(NULL)', $$CALL revoke_bi('nobody_of_this_name')$$]) s CROSS JOIN LATERAL fails(s) f;
SELECT f.code, f.hint FROM fails($$DO 'BEGIN CALL clientele.revoke_bi(current_user::regrole); END'$$) f;
REVOKE SELECT ON clientele_data.rejects FROM regress_customers_bi;
CALL revoke_bi('regress_customers_bi');
CALL revoke_bi('regress_customers_other');
DROP ROLE regress_customers_bi;
DROP ROLE regress_customers_other;

-- An erased customer is nowhere.
DELETE FROM clientele_data.stored_journeys WHERE customer_id = 2;
DELETE FROM clientele_data.home_attributes WHERE home_id = 2;
DELETE FROM clientele_data.identities WHERE customer_id = 2;
DELETE FROM clientele_data.customers WHERE customer_id = 2;
SELECT (SELECT count(*) FROM clientele_bi.customers WHERE customer_id = 2) AS listed, customer_profile(2) AS profile,
       (SELECT count(*) FROM customer_profiles('{2}')) AS profiles;
-- A view in the store that another role has put there is not used.
ALTER VIEW clientele_bi.customers OWNER TO pg_monitor;
SET clientele.trusted_owners = '';
CREATE ROLE regress_customers_reader;
GRANT USAGE ON SCHEMA clientele_bi TO regress_customers_reader;
SELECT f.* FROM fails('SELECT customer_profile(1)') f;
SELECT f.* FROM unnest(ARRAY[$$SELECT require_bi_view('nothing')$$, $$SELECT require_bi_view('events')$$]) s CROSS JOIN LATERAL fails(s) f;
REVOKE USAGE ON SCHEMA clientele_bi FROM regress_customers_reader;
DROP ROLE regress_customers_reader;
\c :tests
DROP DATABASE clientele_customers;
