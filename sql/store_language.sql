-- SPDX-License-Identifier: PostgreSQL
-- The language of a store: what BI tools see has comments in English or Chinese, and starter sets have names in it.
\set tests :DBNAME
CREATE DATABASE clientele_language ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_language
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET client_min_messages = warning;
CREATE EXTENSION clientele;
CREATE ROLE regress_language_owner;
CREATE ROLE regress_language_other;
GRANT CREATE ON DATABASE clientele_language TO regress_language_owner;
SET ROLE regress_language_owner;
SELECT clientele.store_language();
CALL clientele.set_store_language('zh');
CALL clientele.create_store(language => 'fr');
CALL clientele.create_store(language => NULL);
SELECT to_regclass('clientele_data.settings') AS none;

CALL clientele.create_store(language => 'zh');
SELECT clientele.store_language();
-- All comments in clientele_bi.
CREATE TEMPORARY VIEW comments AS
SELECT n.nspname::text AS object, obj_description(n.oid, 'pg_namespace') AS comment FROM pg_namespace n WHERE n.nspname = 'clientele_bi'
UNION ALL
SELECT c.oid::regclass::text, obj_description(c.oid, 'pg_class') FROM pg_class c WHERE c.relnamespace = 'clientele_bi'::regnamespace AND c.relkind = 'v'
UNION ALL
SELECT c.oid::regclass || '.' || a.attname, col_description(c.oid, a.attnum)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'clientele_bi'::regnamespace AND c.relkind = 'v'
UNION ALL
SELECT p.oid::regprocedure::text, obj_description(p.oid, 'pg_proc') FROM pg_proc p WHERE p.pronamespace = 'clientele_bi'::regnamespace;
-- Every view, column and function has a comment in Chinese.
SELECT object AS not_chinese, comment FROM comments WHERE comment !~ '[一-龥]' OR comment ~ '[a-z]+ [a-z]+ [a-z]+ [a-z]+' AND object NOT LIKE '%(%'
   OR comment IS NULL ORDER BY object COLLATE "C";
SELECT count(*) > 200 AS many FROM comments;
SELECT obj_description('clientele_bi.daily_activity'::regclass) AS daily_activity;
-- An upgrade keeps them, and what the owner has written in English stays only until the next upgrade.
CALL clientele.upgrade_store();
\set VERBOSITY terse
COMMENT ON VIEW clientele_bi.events IS 'Mine.';
CALL clientele.set_store_language('zh');
SELECT obj_description('clientele_bi.events'::regclass) AS events;
CALL clientele.upgrade_store();
CREATE TEMPORARY TABLE chinese AS SELECT * FROM comments;
SELECT comment AS events FROM chinese WHERE object = 'clientele_bi.events';

-- English and back. The comments are then those of a new store.
GRANT SELECT ON clientele_bi.events TO regress_language_other;
ALTER VIEW clientele_bi.sessions SET (security_barrier = true);
CALL clientele.set_store_language('en');
SELECT clientele.store_language();
SELECT object AS not_english, comment FROM comments WHERE comment ~ '[一-龥]' AND comment !~ '[a-z]+ [a-z]+ [a-z]+';
SELECT has_table_privilege('regress_language_other', 'clientele_bi.events', 'SELECT') AS kept,
       (SELECT reloptions FROM pg_class WHERE oid = 'clientele_bi.sessions'::regclass) AS options;
CALL clientele.upgrade_store();
-- Nothing is translated that no view has.
SELECT t.comment AS not_used FROM clientele.comment_translations t
WHERE NOT EXISTS (SELECT FROM comments c WHERE c.comment LIKE replace(t.comment, '…', '%')) AND t.comment NOT IN ('Tag ….', 'Attribute ….')
ORDER BY t.comment COLLATE "C";
COMMENT ON VIEW clientele_bi.events IS 'Mine.';
CALL clientele.set_store_language('zh');
SELECT obj_description('clientele_bi.events'::regclass) AS events;
CALL clientele.upgrade_store();
SELECT count(*) AS different FROM (TABLE comments EXCEPT TABLE chinese) d;
\set VERBOSITY default
CALL clientele.set_store_language('de');
CALL clientele.set_store_language(NULL);
SET ROLE regress_language_other;
CALL clientele.set_store_language('en');
SET clientele.trusted_owners = regress_language_owner;
CALL clientele.set_store_language('en');
RESET clientele.trusted_owners;
SELECT has_table_privilege('clientele.comment_translations', 'SELECT') AS readable,
       has_table_privilege('clientele.comment_translations', 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER') AS writable;
SET ROLE regress_language_owner;

-- Columns of tags and attributes that the owner chooses.
SELECT clientele.define_tag('vip', $$event_count(journey) > 9$$, description => 'Mine, too.'), clientele.define_tag('规模', $$event_count(journey)$$);
CALL clientele.set_customer_columns('{vip,规模}');
SELECT column_name, col_description('clientele_bi.customers'::regclass, ordinal_position::integer) AS comment
FROM information_schema.columns WHERE (table_schema, table_name) = ('clientele_bi', 'customers') AND column_name IN ('last_seen', 'spend', 'vip', '规模')
ORDER BY ordinal_position;
CALL clientele.set_customer_columns();

-- Starter sets have names in the language of the store, unless another is given.
SELECT bool_and(tag ~ '[一-龥]') AS chinese, count(*) > 70 AS many FROM clientele.define_starter_tags();
SELECT bool_or(tag ~ '[一-龥]') AS chinese FROM clientele.define_starter_tags(language => 'en');
SELECT clientele.event_type('网站', '购买') AS event_type_id;
SELECT bool_and(question ~ '[一-龥]') AS chinese, count(*) > 0 AS many FROM clientele.define_starter_questions();
SELECT bool_or(question ~ '[一-龥]') AS chinese FROM clientele.define_starter_questions(language => 'en');

-- In a store of an older version, which has no such setting, the language is English.
DELETE FROM clientele_data.settings WHERE name = 'language';
SELECT clientele.store_language();

RESET ROLE;
\c :tests
DROP DATABASE clientele_language;
DROP ROLE regress_language_owner, regress_language_other;
