-- SPDX-License-Identifier: PostgreSQL
-- What may be a source, what its expressions may be, and with whose rights they run.
\set tests :DBNAME
SET client_min_messages = warning;
CREATE ROLE regress_sources_owner;
CREATE ROLE regress_sources_member IN ROLE regress_sources_owner;
CREATE ROLE regress_sources_other;
CREATE DATABASE clientele_sources ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_sources
\set VERBOSITY default
\set SHOW_CONTEXT never
\pset null '(null)'
SET client_min_messages = warning;
-- Nothing depends on the session.
SET TimeZone = 'America/New_York'; SET DateStyle = 'German, DMY'; SET IntervalStyle = 'sql_standard';
CREATE EXTENSION clientele;
CALL clientele.create_store('Asia/Shanghai');
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO PUBLIC;
GRANT USAGE ON SCHEMA clientele_data TO regress_sources_owner, regress_sources_other;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA clientele_data TO regress_sources_owner, regress_sources_other;
GRANT ALL ON ALL SEQUENCES IN SCHEMA clientele_data TO regress_sources_owner, regress_sources_other;
CREATE FUNCTION fails(statement text, OUT code text, OUT message text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  RAISE EXCEPTION 'it does not fail' USING ERRCODE = 'ZZ000';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
  code := nullif(code, 'ZZ000');
END $$;

CREATE DOMAIN mail_address AS text;
CREATE TYPE level AS ENUM ('low', 'high');
CREATE TABLE orders (
  id bigint PRIMARY KEY, mail mail_address, "Käufer Nr" text, gone integer, 时间 timestamptz, amount numeric, "select" text,
  total numeric GENERATED ALWAYS AS (amount * 2) STORED, category text, b boolean, e level, j jsonb, i integer[], f float8, m money, d date);
ALTER TABLE orders DROP COLUMN gone;
INSERT INTO orders (id, mail, "Käufer Nr", 时间, amount, "select", category)
VALUES (1, 'ann@shop.de', 'K1', '2026-03-01 10:00Z', 12.5, 'web', 'Shoes'), (2, NULL, 'K2', '2026-03-02 10:00Z', 7, 'app', 'Hats');

-- Columns of any name, dropped and generated ones, domains.
SELECT outcome, rows FROM clientele.add_source(
  'orders', 'orders', '{"email": ["mail", "s.mail"], "customer": "\"Käufer Nr\""}', '时间', '''purchase''', channel => '"select"',
  item => 'category || E''\'''' -- an item', amount => 'total;', currency => '''EUR''', properties => '{"category": "lower(category)", "total": "s.total"}',
  attributes => '{"level": "e"}', time_zone => 'Europe/Berlin', date_order => 'DMY', country => 'de', oldest => '2020-01-01 00:00Z', future => '2 hours',
  duplicates_within => '1 minute', strict => false, "decimal" => ',', unit => 'ms');
SELECT name, relation, owner, owner_oid = owner::regrole AS oid, owner_cluster = clientele.cluster_id() AS cluster, method, jsonb_pretty(mapping) AS mapping,
       mapping_number, lateness, history, paused FROM clientele_data.sources \gx
SELECT * FROM clientele.source_expressions(1);
SET standard_conforming_strings = off;
SELECT count(*) FROM clientele.check_sources();
RESET standard_conforming_strings;

-- Arguments that are missing, and names.
SELECT f.* FROM fails($$SELECT clientele.add_source('orders', 'orders', '{"email": "mail"}', '时间', '''x''')$$) f;
SELECT a.what, f.* FROM (VALUES
  ('name', $$NULL, 'orders', '{"email": "mail"}', '时间', '''x'''$$), ('source', $$'o', NULL, '{"email": "mail"}', '时间', '''x'''$$),
  ('identities', $$'o', 'orders', NULL, '时间', '''x'''$$), ('at', $$'o', 'orders', '{"email": "mail"}', NULL, '''x'''$$),
  ('event', $$'o', 'orders', '{"email": "mail"}', '时间', NULL$$), ('empty name', $$'', 'orders', '{"email": "mail"}', '时间', '''x'''$$),
  ('long name', $$repeat('x', 501), 'orders', '{"email": "mail"}', '时间', '''x'''$$), ('relation', $$'o', 'orderz', '{"email": "mail"}', '时间', '''x'''$$),
  ('index', $$'o', 'orders_pkey', '{"email": "mail"}', '时间', '''x'''$$), ('oid', $$'o', 1, '{"email": "mail"}', '时间', '''x'''$$),
  ('{}', $$'o', 'orders', '{}', '时间', '''x'''$$), ('list', $$'o', 'orders', '["mail"]', '时间', '''x'''$$), ('number', $$'o', 'orders', '{"email": 5}', '时间', '''x'''$$),
  ('empty list', $$'o', 'orders', '{"email": []}', '时间', '''x'''$$), ('list of list', $$'o', 'orders', '{"email": [["mail"]]}', '时间', '''x'''$$),
  ('empty kind', $$'o', 'orders', '{"": "mail"}', '时间', '''x'''$$), ('properties', $$'o', 'orders', '{"email": "mail"}', '时间', '''x''', properties => '["a"]'$$),
  ('attributes', $$'o', 'orders', '{"email": "mail"}', '时间', '''x''', attributes => '{"a": ["b"]}'$$),
  ('many', $$'o', 'orders', '{"email": "mail"}', '时间', '''x''', properties => (SELECT jsonb_object_agg('p' || n, 'id') FROM generate_series(1, 500) n)$$)
) a (what, arguments) CROSS JOIN LATERAL fails(format('SELECT clientele.add_source(%s)', a.arguments)) f;

-- Expressions that are refused: each is given as the time, as an identity and as a property.
CREATE TABLE secrets (secret text);
CREATE FUNCTION volatile_inside(x text) RETURNS text LANGUAGE sql STABLE AS $$ SELECT x || random()::text $$;
CREATE FUNCTION volatile_default(x text, y double precision DEFAULT random()) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT x || y $$;
CREATE FUNCTION plain(x text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT x $$;
CREATE AGGREGATE sum_of(text) (sfunc = textcat, stype = text);
CREATE FUNCTION refusals(expression text, OUT at text, OUT identity text, OUT property text, OUT message text) LANGUAGE plpgsql AS $$
BEGIN
  at := (fails(format('SELECT clientele.add_source(''o'', ''orders'', ''{"email": "mail"}'', %L, ''''''x'''''')', expression))).code;
  identity := (fails(format('SELECT clientele.add_source(''o'', ''orders'', %L, ''时间'', ''''''x'''''')', jsonb_build_object('email', expression)))).code;
  SELECT f.code, f.message INTO property, message FROM fails(format('SELECT clientele.add_source(''o'', ''orders'', ''{"email": "mail"}'', ''时间'', ''''''x'''''', properties => %L)',
    jsonb_build_object('p', expression))) f;
END $$;
SELECT e.expression, r.* FROM unnest(ARRAY[
  '', ' ', '-- nothing', 'nothing', 'mail) FROM secrets --', 'mail), (mail', 'mail) + (mail', 'mail, mail', 'mail FROM secrets', 'mail AS m', 'mail m', 'ALL mail',
  'DISTINCT mail', 'mail) UNION SELECT (mail', 'mail UNION SELECT mail', 'mail WHERE true', 'mail ORDER BY 1', 'mail; mail', 'mail; DROP TABLE secrets', 'mail INTO x',
  'mail FOR UPDATE', 'mail LIMIT 1', 'DROP TABLE secrets', 'SELECT mail', '(SELECT secret FROM secrets)', 'mail || (SELECT secret FROM secrets)', 'VALUES (1)', 'TABLE secrets',
  'EXISTS (SELECT 1)', 'ARRAY(SELECT secret FROM secrets)::text', 'mail IN (SELECT secret FROM secrets)', 'mail = ANY (SELECT secret FROM secrets)', '*', 's.*', '(s).*', '(s.*)::text', 's', 'ROW(s.*)',
  'max(mail)', 'count(*)::text', 'public.sum_of(mail)', 'max(mail) FILTER (WHERE true)', 'row_number() OVER ()::text', 'lag(mail) OVER (ORDER BY id)', 'max(mail) OVER ()', 'GROUPING(mail)::text',
  'generate_series(1, 2)::text', 'unnest(ARRAY[mail])', 'regexp_split_to_table(mail, ''x'')', 'random()::text', 'clock_timestamp()::text', 'nextval(''x'')::text', 'pg_sleep(1)::text',
  'set_config(''a.b'', ''c'', false)', 'public.volatile_default(mail)', 'CASE WHEN false THEN random()::text ELSE mail END', 'plain(mail)', 'volatile_default(mail)',
  'ctid::text', 'xmin::text', 's.xmax::text', 'cmin::text', '$1', ':mail', 'secrets.secret', 't.mail', 'gone::text', '"Mail"', 'orders.mail', 'DEFAULT', 'CURRENT OF c', '1 / 0', '''2026-13-01''::date::text',
  'i::text[1', E'mail\\', 'mail ''', 'mail /* x', '$$x', 'mail COLLATE "nothing"', 'mail::nothing', 'public.nothing(mail)', repeat('(', 20000) || '1' || repeat(')', 20000),
  repeat('x', 100001)]) e (expression)
CROSS JOIN LATERAL refusals(e.expression) r WHERE length(e.expression) < 1000;
SELECT left(e.expression, 5) AS long, r.at, r.identity, r.property, left(r.message, 80) AS message
FROM unnest(ARRAY[repeat('(', 40000) || 'mail' || repeat(')', 40000), repeat('-', 30000) || 'id', 'x' || repeat('y', 100000), 'id' || repeat(' + id', 30000)]) e (expression)
CROSS JOIN LATERAL refusals(e.expression) r;
-- Each of these is allowed. Of a function counts what it is declared as.
SELECT e.expression, r.property AS refused, r.message FROM unnest(ARRAY[
  'mail', 's.mail', 's."mail"', 'mail -- an address', '/* an address */ mail', 'mail;', 'lower(mail)', 'public.plain(mail)', 'public.volatile_inside(mail)', 'coalesce(mail, ''x'')', 'CASE WHEN b THEN mail ELSE ''x'' END', 'now()',
  'current_date', '时间 AT TIME ZONE ''Asia/Shanghai''', '(s).mail', 'j ->> ''x''', 'to_jsonb(s) ->> ''mail''', 'i[1]', '(ARRAY[mail, ''x''])[1]', 'tableoid::bigint', '''x''', '5', 'NULL', '''\''',
  'mail IS NULL', 'mail COLLATE "C"', 'clientele.clean_email(mail)', 'clean_email(mail)', 'concat_ws(''-'', id, mail)', 'md5(s::text)', '$$x$$', 'd - interval ''1 day''', '"Käufer Nr"', 'row_to_json(s) ->> ''id''']) e (expression)
CROSS JOIN LATERAL refusals(e.expression) r;

-- Types: which arguments take which.
CREATE TYPE pair AS (a text, b text);
CREATE TABLE typed (id integer PRIMARY KEY, at timestamptz, "text" text, "varchar" varchar(5), "char" char(5), "name" name, "char1" "char", "smallint" smallint, "integer" integer, "bigint" bigint,
  "numeric" numeric, "real" real, "float8" float8, "money" money, "boolean" boolean, "enum" level, "domain" mail_address, "uuid" uuid, "date" date, "timestamp" timestamp, "timestamptz" timestamptz,
  "time" time, "interval" interval, "json" json, "jsonb" jsonb, "bytea" bytea, "inet" inet, "macaddr" macaddr, "oid" oid, "regclass" regclass, "array" text[], "pair" pair, "range" int4range,
  "point" point, "bit" bit(3), "tsvector" tsvector, "xml" xml, "pg_lsn" pg_lsn);
CREATE FUNCTION takes(argument text, type text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  code text := (fails(format($sql$SELECT clientele.add_source('t', 'typed', %s, %s, %s%s)$sql$,
    CASE argument WHEN 'identities' THEN format('jsonb_build_object(''k'', %L)', quote_ident(type)) ELSE $q$'{"k": "id"}'$q$ END,
    CASE argument WHEN 'at' THEN quote_literal(quote_ident(type)) ELSE '''at''' END, CASE argument WHEN 'event' THEN quote_literal(quote_ident(type)) ELSE '''''''x''''''' END,
    CASE WHEN argument IN ('properties', 'attributes') THEN format(', %s => jsonb_build_object(''k'', %L)', argument, quote_ident(type))
         WHEN argument IN ('identities', 'at', 'event') THEN '' ELSE format(', %s => %L', argument, quote_ident(type)) END))).code;
BEGIN
  IF code <> '42804' THEN
    RAISE EXCEPTION '% for % as %', code, type, argument;
  END IF;
  RETURN code IS NULL;
END $$;
-- Not of interest here: that without an index each batch reads all keys.
SET client_min_messages = error;
SELECT a.argument, string_agg(c.attname, ' ' ORDER BY c.attnum) FILTER (WHERE t.takes) AS takes, string_agg(c.attname, ' ' ORDER BY c.attnum) FILTER (WHERE NOT t.takes) AS does_not
FROM unnest('{identities,at,event,channel,item,amount,currency,event_id,cursor,properties,attributes}'::text[]) WITH ORDINALITY a (argument, n)
JOIN pg_attribute c ON c.attrelid = 'typed'::regclass AND c.attnum > 2
CROSS JOIN LATERAL (SELECT takes(a.argument, c.attname) OFFSET 0) t GROUP BY a.n, a.argument ORDER BY a.n;
SELECT f.* FROM unnest('{money,pair,bytea}'::text[]) x CROSS JOIN LATERAL fails(format('SELECT clientele.add_source(''t'', ''typed'', ''{"k": "id"}'', ''at'', ''''''x'''''', amount => %L)', x)) f;
SELECT f.* FROM fails($$SELECT clientele.add_source('t', 'typed', '{"k": "id", "e": "json"}', 'at', '''x''')$$) f;

SET client_min_messages = warning;

-- How new rows are found.
CREATE TABLE keyless (id integer, at timestamptz, x text);
CREATE TABLE nullable (id integer UNIQUE, at timestamptz);
CREATE TABLE partial (id integer NOT NULL, at timestamptz);
CREATE UNIQUE INDEX ON partial (id) WHERE id > 0;
CREATE TABLE of_expression (id text NOT NULL, at timestamptz);
CREATE UNIQUE INDEX ON of_expression (lower(id));
CREATE TABLE deferred (id integer NOT NULL UNIQUE DEFERRABLE, at timestamptz);
CREATE TABLE "unique Key" ("Nr" text NOT NULL UNIQUE, at timestamptz);
CREATE TABLE two_keys (code text PRIMARY KEY, id integer NOT NULL UNIQUE, at timestamptz);
CREATE TABLE composed (shop text, no integer, at timestamptz, PRIMARY KEY (shop, no));
CREATE TABLE included (id integer NOT NULL, at timestamptz, UNIQUE (id) INCLUDE (at));
CREATE TABLE parts (id bigint, at timestamptz, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE parent (id integer PRIMARY KEY, at timestamptz);
CREATE TABLE child () INHERITS (parent);
CREATE VIEW a_view AS SELECT id, at FROM keyless;
CREATE MATERIALIZED VIEW a_matview AS SELECT id, at FROM keyless;
CREATE FOREIGN DATA WRAPPER nothing;
CREATE SERVER nothing FOREIGN DATA WRAPPER nothing;
CREATE FOREIGN TABLE far_away (id integer, at timestamptz) SERVER nothing;
SELECT r.name, m.method, m.event_id FROM unnest('{orders,"\"unique Key\"",two_keys,composed,included,parts}'::regclass[]) r (name)
CROSS JOIN LATERAL clientele.source_method(r.name, NULL, NULL, NULL, NULL) m;
SELECT c.source, c.method, f.* FROM (VALUES ('keyless', NULL, NULL, NULL), ('nullable', NULL, NULL, NULL), ('partial', NULL, NULL, NULL), ('of_expression', NULL, NULL, NULL),
  ('deferred', NULL, NULL, NULL), ('parent', NULL, NULL, NULL), ('a_view', NULL, NULL, NULL), ('a_view', NULL, 'id', NULL), ('a_view', 'key', 'id', NULL), ('a_view', 'mark', NULL, NULL),
  ('far_away', NULL, NULL, 'at'), ('far_away', 'key', 'id', NULL), ('a_matview', NULL, NULL, NULL), ('a_matview', 'mark', NULL, NULL), ('keyless', 'key', NULL, NULL), ('keyless', 'cursor', NULL, 'at'),
  ('orders', 'cursor', NULL, 'at'), ('keyless', 'xmin', NULL, NULL)) c (source, method, id, cursor)
CROSS JOIN LATERAL fails(format('SELECT clientele.source_method(%L, %L, %L, %L, NULL)', c.source, c.method, c.id, c.cursor)) f;
SELECT c.source, m.* FROM (VALUES ('keyless', NULL, 'x', NULL), ('keyless', 'mark', NULL, NULL), ('keyless', 'cursor', 'id', 'at'), ('orders', 'mark', NULL, NULL), ('orders', 'cursor', 'id', 'at'),
  ('a_view', NULL, 'id', 'at'), ('far_away', NULL, 'id', 'at'), ('a_matview', 'key', 'id', NULL), ('child', NULL, 'id', NULL)) c (source, method, id, cursor)
CROSS JOIN LATERAL clientele.source_method(c.source::regclass, c.method, c.id, c.cursor, NULL) m;
CREATE TEMP TABLE for_now (id integer PRIMARY KEY, at timestamptz);
SELECT f.* FROM fails($$SELECT clientele.add_source('t', 'for_now', '{"k": "id"}', 'at', '''x''')$$) f;

-- Options.
SELECT o.option, f.* FROM unnest(ARRAY['time_zone => ''Nowhere''', 'time_zone => ''''', 'date_order => ''MYD''', 'unit => ''h''', '"decimal" => '';''', 'country => ''UK''', 'country => ''DEU''', 'oldest => ''-infinity''',
  'oldest => ''infinity''', 'future => ''0''', 'future => ''-1 day''', 'future => ''1 month''', 'lateness => ''0''', 'lateness => ''-1 hour''', 'duplicates_within => ''0''', 'duplicates_within => ''8 days''',
  'method => ''KEY''', 'method => ''mark'', lateness => ''1 h''']) o (option)
CROSS JOIN LATERAL fails(format($$SELECT clientele.add_source('o', 'orders', '{"email": "mail"}', '时间', '''x''', %s)$$, o.option)) f;

-- Changes: what is not given stays.
SELECT FROM clientele.alter_source('orders', amount => 'amount', lateness => '2 hours', remove => '{country,attributes,unit}');
SELECT mapping_number, lateness, mapping ->> 'amount' AS amount, mapping ?| '{country,attributes,unit}' AS has_removed, mapping ->> 'time_zone' AS zone, mapping -> 'identities' AS identities
FROM clientele_data.sources WHERE name = 'orders';
SELECT c.change, f.* FROM unnest(ARRAY['amount => ''nothing''', 'at => ''random()''', 'method => ''mark''', 'history => false', 'remove => ''{at}''', 'remove => ''{NULL}''', 'identities => ''{}''', 'source => ''orders_pkey''']) c (change)
CROSS JOIN LATERAL fails(format('SELECT clientele.alter_source(''orders'', %s)', c.change)) f;
SELECT mapping_number, mapping ->> 'amount' AS amount FROM clientele_data.sources WHERE name = 'orders';
SELECT FROM clientele.alter_source('orders', method => 'key', history => true, remove => '{lateness}');
SELECT clientele.pause_source('orders');
SELECT paused FROM clientele_data.sources WHERE name = 'orders';
SELECT clientele.resume_source('orders');
SELECT mapping_number, lateness, paused FROM clientele_data.sources WHERE name = 'orders';
SELECT f.* FROM unnest('{alter,pause,resume,drop}'::text[]) x CROSS JOIN LATERAL fails(format('SELECT clientele.%s_source(''order'')', x)) f;
SELECT f.* FROM unnest('{alter,pause,resume,drop}'::text[]) x CROSS JOIN LATERAL fails(format('SELECT clientele.%s_source(NULL)', x)) f;

-- What a source says when its relation is not what it was; a source that is in order is not listed.
SELECT * FROM clientele.check_sources();
ALTER TABLE orders RENAME "Käufer Nr" TO buyer;
SELECT name, code, problem FROM clientele.check_sources();
ALTER TABLE orders RENAME buyer TO "Käufer Nr";
ALTER TABLE orders ALTER "select" TYPE bytea USING NULL;
SELECT name, code, problem FROM clientele.check_sources();
ALTER TABLE orders ALTER "select" TYPE varchar USING NULL;
ALTER TABLE orders RENAME TO old_orders;
SELECT * FROM clientele.check_sources();
SELECT FROM clientele.alter_source('orders', 'old_orders');
SELECT * FROM clientele.check_sources();
DROP TABLE old_orders CASCADE;
CREATE VIEW old_orders AS SELECT 1 AS id, 'ann@shop.de' AS mail, 'K1' AS "Käufer Nr", now() AS 时间, 5 AS amount, ''::text AS "select", 7 AS total, 'x' AS category;
SELECT name, code, problem FROM clientele.check_sources();
SELECT clientele.drop_source('orders');
SELECT count(*) FROM clientele_data.sources;

-- The session's settings have no effect on literals: 02.01.2026 is 2 January by its date_order, and cannot be read without one.
CREATE TABLE days (id integer PRIMARY KEY, at timestamptz, day text);
SELECT f.code, f.message FROM fails($$SELECT clientele.add_source('days', 'days', '{"k": "id"}', 'CASE WHEN at > ''02.01.2026'' THEN at END', '''x''')$$) f;
SELECT FROM clientele.add_source('days', 'days', '{"k": "id"}', 'CASE WHEN at > ''02.01.2026'' THEN at END', '''x''', date_order => 'dmy');
SELECT clientele.drop_source('days');

-- Rights. A table of another role, of which only reading is allowed.
CREATE TABLE theirs (id integer PRIMARY KEY, who text, at timestamptz);
INSERT INTO theirs VALUES (1, 'K1', '2026-01-01Z');
SET ROLE regress_sources_owner;
SELECT f.* FROM fails($$SELECT clientele.add_source('theirs', 'theirs', '{"customer": "who"}', 'at', '''x''')$$) f;
RESET ROLE;
GRANT SELECT (id, who, at) ON theirs TO regress_sources_owner;
SET ROLE regress_sources_owner;
SELECT FROM clientele.add_source('theirs', 'theirs', '{"customer": "who"}', 'at', '''x''');
SELECT name, owner FROM clientele_data.sources;
SET ROLE regress_sources_other;
SELECT f.* FROM unnest('{alter,pause,resume,drop}'::text[]) x CROSS JOIN LATERAL fails(format('SELECT clientele.%s_source(''theirs'')', x)) f;
SELECT f.code, f.message FROM unnest(ARRAY['SELECT clientele.set_event_name(''theirs'', ''a'', ''b'')', 'UPDATE clientele_data.sources SET mapping = mapping || ''{"at": "now()"}''',
  'UPDATE clientele_data.sources SET owner = current_user', 'UPDATE clientele_data.sources SET owner_oid = current_user::regrole', 'UPDATE clientele_data.sources SET owner_cluster = 0',
  'INSERT INTO clientele_data.sources (name, relation, owner, method, mapping) VALUES (''forged'', ''public.theirs'', ''regress_sources_owner'', ''key'', ''{}'')']) x CROSS JOIN LATERAL fails(x) f;
SELECT count(*) FROM clientele.check_sources();
SELECT f.code, f.message FROM fails(format('SELECT clientele.expression_types(''theirs'', %s, ''UTC'', NULL, ''{at}'', ''{at}'')', 'regress_sources_owner'::regrole::oid)) f;
SET ROLE regress_sources_member;
SELECT clientele.pause_source('theirs');
SET ROLE regress_sources_owner;
RESET ROLE;
SELECT clientele.resume_source('theirs');
-- The owner's rights count.
REVOKE SELECT (who) ON theirs FROM regress_sources_owner;
SELECT * FROM clientele.check_sources();
REVOKE SELECT (id, at) ON theirs FROM regress_sources_owner;
SELECT code, problem FROM clientele.check_sources();
GRANT SELECT ON theirs TO regress_sources_owner;
-- Code of a role that the owner does not trust is not run, and the superuser who checks is not the one who runs it.
CREATE SCHEMA traps AUTHORIZATION regress_sources_other;
GRANT USAGE ON SCHEMA traps TO PUBLIC;
SET ROLE regress_sources_other;
CREATE FUNCTION traps.spring() RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF current_user NOT IN ('regress_sources_other', 'regress_sources_renamed') THEN
    RAISE EXCEPTION 'it ran as %', current_user;
  END IF;
  RETURN 'x';
END $$;
CREATE VIEW traps.a_view AS SELECT 1 AS id, now() AS at, traps.spring() AS who;
GRANT SELECT ON traps.a_view TO PUBLIC;
CREATE TABLE traps.a_table (id integer PRIMARY KEY, at timestamptz, who text);
SELECT FROM clientele.add_source('trap', 'traps.a_table', '{"customer": "who || traps.spring()"}', 'at', '''x''');
RESET ROLE;
SELECT * FROM clientele.check_sources();
SELECT f.* FROM fails($$SELECT clientele.add_source('view', 'traps.a_view', '{"customer": "who"}', 'at', '''x''', event_id => 'id', cursor => 'at')$$) f;
SET ROLE regress_sources_owner;
SELECT f.* FROM fails($$SELECT clientele.add_source('view', 'traps.a_view', '{"customer": "who"}', 'at', '''x''', event_id => 'id', cursor => 'at')$$) f;
RESET ROLE;
-- Nor does it run if a table of that role takes the place of a source, whatever would be read of it.
CREATE TABLE traps.replaced (id integer PRIMARY KEY, at timestamptz, who text);
SELECT FROM clientele.add_source('replaced', 'traps.replaced', '{"customer": "who"}', 'at', '''x''');
CREATE FUNCTION read_in_any_way() RETURNS SETOF text LANGUAGE sql AS $$
  SELECT concat(x.how, ': ', f.code, ' ', f.message) FROM unnest(ARRAY['clientele.ingest_batch(''replaced'')', 'clientele.preview_source(''replaced'')', 'clientele.restart_source(''replaced'')',
    'clientele.check_source(''replaced'')', 'clientele.retry_rejects(''replaced'')', 'clientele.alter_source(''replaced'', event => ''''''z'''''')']) x (how) CROSS JOIN LATERAL fails('SELECT ' || x.how) f
$$;
SELECT * FROM read_in_any_way();
DROP TABLE traps.replaced;
SET ROLE regress_sources_other;
CREATE VIEW traps.replaced AS SELECT 1 AS id, now() AS at, traps.spring() AS who WHERE traps.spring() = 'x';
RESET ROLE;
SELECT * FROM read_in_any_way();
SELECT source, state FROM clientele_data.source_status WHERE source = 'replaced';
CALL clientele.ingest();
SELECT source, state, error_code FROM clientele_data.source_status WHERE source = 'replaced';
SELECT clientele.drop_source('replaced');
-- An owner that is renamed stays the owner; one that is gone is not replaced by another of the same name.
ALTER ROLE regress_sources_other RENAME TO regress_sources_renamed;
SELECT count(*) FROM clientele.check_sources();
SELECT FROM clientele.alter_source('trap', event => '''y''');
SELECT owner FROM clientele_data.sources WHERE name = 'trap';
DROP OWNED BY regress_sources_renamed;
DROP ROLE regress_sources_renamed;
CREATE ROLE regress_sources_renamed;
SELECT * FROM clientele.check_sources();
SET ROLE regress_sources_owner;
SELECT f.* FROM fails($$SELECT clientele.drop_source('trap')$$) f;
RESET ROLE;
SELECT clientele.drop_source('trap');
-- In a copy that was restored elsewhere the name counts.
UPDATE clientele_data.sources SET paused = true;
ALTER TABLE clientele_data.sources DISABLE TRIGGER note_owner;
UPDATE clientele_data.sources SET owner_cluster = 1, owner_oid = 1;
ALTER TABLE clientele_data.sources ENABLE ALWAYS TRIGGER note_owner;
SELECT count(*) FROM clientele.check_sources();
SET ROLE regress_sources_owner;
SELECT clientele.resume_source('theirs');
SELECT FROM clientele.alter_source('theirs', event => '''y''');
SELECT owner, owner_oid = current_user::regrole AS oid, owner_cluster = clientele.cluster_id() AS cluster FROM clientele_data.sources;
RESET ROLE;

-- Names of events, currencies and rates.
SELECT clientele.set_event_name('theirs', ' pay ', 'purchase', 'shop'), clientele.set_event_name('theirs', 'view'), clientele.set_event_name('theirs', 'pay', '购买');
SELECT event, new_channel, new_event FROM clientele_data.event_names ORDER BY event;
SELECT f.* FROM unnest(ARRAY['''theirs'', '' ''', '''theirs'', NULL', '''theirs'', ''x'', '' ''', '''theirs'', ''x'', repeat(''y'', 501)', '''theirs'', ''x'', NULL, repeat(''y'', 501)', '''their'', ''x''']) x
CROSS JOIN LATERAL fails(format('SELECT clientele.set_event_name(%s)', x)) f;
SELECT clientele.reporting_currency();
CALL clientele.set_reporting_currency('cny');
SELECT clientele.reporting_currency();
SELECT clientele.set_exchange_rate('eur', 7.8), clientele.set_exchange_rate('EUR', 7.9, '2026-01-01'), clientele.set_exchange_rate('EUR', 7.95, '2026-01-01');
SELECT * FROM clientele_data.exchange_rates ORDER BY 1, 2;
SELECT f.* FROM unnest(ARRAY['''XYZ'', 1', 'NULL, 1', '''EUR'', 0', '''EUR'', -1', '''EUR'', ''NaN''', '''EUR'', 1e12', '''EUR'', ''Infinity''', '''EUR'', NULL', '''EUR'', 1, NULL']) x
CROSS JOIN LATERAL fails(format('SELECT clientele.set_exchange_rate(%s)', x)) f;
SELECT f.code, f.message FROM unnest(ARRAY['CALL clientele.set_reporting_currency(''euros'')', 'CALL clientele.set_reporting_currency(NULL)', 'INSERT INTO clientele_data.exchange_rates VALUES (''eur'', ''2026-01-01'', 1)',
  'INSERT INTO clientele_data.exchange_rates VALUES (''EUR'', ''2027-01-01'', 0)', 'INSERT INTO clientele_data.event_names VALUES (1, ''x'', NULL, '''')']) x CROSS JOIN LATERAL fails(x) f;
SELECT string_agg(word, ' ' ORDER BY word COLLATE "C") AS absent FROM clientele_data.absent_words;
-- They are those of the functions that clean.
SELECT bool_and(clientele.clean_key(word) IS NULL) AS all_absent FROM clientele_data.absent_words;

SELECT clientele.drop_source('theirs');
SELECT count(*) FROM clientele_data.event_names;
CALL clientele.drop_store();
\c :tests
SET client_min_messages = warning;
DROP DATABASE clientele_sources;
DROP ROLE regress_sources_owner, regress_sources_member, regress_sources_renamed;
