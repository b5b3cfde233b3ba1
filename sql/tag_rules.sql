-- SPDX-License-Identifier: PostgreSQL
-- What a rule of a tag may be, whose rules run, in which time zone, and that settings and schemas of the caller do not matter.
SET TimeZone = 'UTC';
SET search_path = public, clientele;
SET client_min_messages = warning;
CREATE FUNCTION pg_temp.fails(sql text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE sql;
  RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE FUNCTION pg_temp.hint(sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  hint text;
BEGIN
  EXECUTE sql;
  RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
  RETURN hint;
END $$;

CALL create_store(time_zone => 'UTC');
CREATE TABLE ev AS
SELECT c AS customer, timestamptz '2026-01-01Z' + n * interval '1 day' AS at, 'buy'::text AS event
FROM unnest('{a,b,c,d}'::text[]) WITH ORDINALITY u (c, i), generate_series(1, CASE i WHEN 2 THEN 9 ELSE 1 END) n;
CALL load_events('ev');

-- The kind of a rule does not depend on its first word.
SELECT r.kind AS wanted, d.kind AS got, d.holds, d.per_customer, d.time_dependent, d.reads_customers
FROM (VALUES
  ('query', E'-- the best customer of all\nSELECT customer_id FROM clientele_data.journeys'),
  ('query', E'/* SELECT */ /* a /* nested */ one */ SELECT customer_id FROM clientele_data.journeys;'),
  ('query', '(SELECT 1) UNION (SELECT 2)'),
  ('query', '((SELECT 1))'),
  ('query', E'\t\n WITH w AS (SELECT 1) SELECT * FROM w; -- done'),
  ('query', 'VALUES (1, true), (2, false)'),
  ('query', 'WITH c AS (SELECT 1) TABLE c'),
  ('query', 'SELECT j.customer_id, count(*) FROM clientele_data.journeys j, generate_series(1, 2) GROUP BY 1'),
  ('query', 'SELECT 1 WHERE now() > ''2026-01-01'''),
  ('query', 'SELECT 1, date ''today'' > ''2026-01-01'''),
  ('query', 'SELECT 1 WHERE refresh.at > ''2026-01-01'''),
  ('journey', E'-- SELECT\nevent_count(journey) > 3; -- often'),
  ('journey', E'/* by the clock */ last_at(journey) < at'),
  ('journey', 'event_count(journey) > 3 AND first_at(journey) < current_timestamp'),
  ('journey', 'first_at(journey) < ''yesterday'''),
  ('journey', 'first_at(journey) < ''Tomorrow 10:00''::timestamptz'),
  ('journey', 'top_event(journey) = ''now or never'''),
  ('journey', 'first_at(journey) < clock_timestamp()'),
  ('journey', 'age(first_at(journey)) > interval ''1 day'''),
  ('journey', 'age(last_at(journey), first_at(journey)) > interval ''1 day'''),
  ('journey', 'random() < 0.5'),
  ('journey', 'created_at > ''2020-01-01'''),
  ('journey', 'coalesce((SELECT count(*) FROM clientele_data.identities i WHERE i.customer_id = journeys.customer_id), 0)'),
  ('journey', 'cardinality(tags_of(customer_id)) > 1'),
  ('journey', 'event_count(journey_slice(journey, ''2026-01-01'', ''2026-02-01''), ''buy'') > 1'),
  ('journey', 'funnel_depth(journey, funnel_def(''{buy,buy}'', within => ''7 days'')) = 2')
) r (kind, rule), LATERAL describe_tag_rule(r.rule, NULL) d;
SELECT define_tag('best', E'-- the best customer of all\nSELECT customer_id FROM clientele_data.journeys ORDER BY event_count(journey) DESC, customer_id LIMIT 1');
BEGIN; SELECT define_tag('late', E';; /* ; /* ; */ ; */ -- ;\n SELECT customer_id FROM clientele_data.journeys ; ; -- ;'); SELECT rule FROM clientele_data.tags WHERE name = 'late'; ROLLBACK;
SELECT define_tag('fan', E'/* SELECT */ event_count(journey) > 3 ; -- often');
SELECT define_tag('commit', 'best'); SELECT define_tag('both', 'commit');
SELECT name, kind, holds, rule FROM clientele_data.tags ORDER BY 1;
SELECT tag, outcome, customers FROM refresh_tags();
SELECT audience_of('best') = audience_of('fan') AND audience_of('best') = (SELECT audience(customer_id) FROM clientele_data.identities WHERE value = 'b') AS right;

-- Rules that are refused.
SELECT pg_temp.fails(format('SELECT define_tag(''x'', %L)', rule))
FROM unnest(ARRAY[
  'count(*)', 'max(event_count(journey))', 'rank() OVER (ORDER BY event_count(journey))', 'unnest(ARRAY[''a'', ''b''])',
  'event_count(journey) + generate_series(1, 2)', 'SELECT 1 FOR UPDATE', 'SELECT 1 INTO x', 'SELECT * FROM (SELECT 1 FOR SHARE) s (a), pg_class',
  'WITH d AS (DELETE FROM clientele_data.tags RETURNING 1) SELECT 1 FROM d', 'SELECT 1; SELECT 2', 'true; DROP TABLE x',
  'DELETE FROM clientele_data.tags', 'SELECT $1', 'event_count(journey) > $2', 'true, true', 'true AS x', 'true FROM pg_class',
  'SELECT 1, 2, 3', 'SELECT', 'VALUES (1), (2', '-- nothing', '', '/* open', 'true) OR (true',
  'true) FROM x; DROP TABLE y; SELECT (true', 'SELECT customer_id FROM journeys', 'mine(journey)', 'SELECT 1 WHERE ''a''::mine IS NULL']) WITH ORDINALITY r (rule, n) ORDER BY n;
SELECT pg_temp.fails($$SELECT define_tag('x', 'event_count(journey) > 1', kind => 'query')$$), pg_temp.fails($$SELECT define_tag('x', repeat(' ', 100001))$$);
SELECT pg_temp.fails($$SELECT define_tag('x', 'event_count(journey) > ', kind => 'journey')$$), pg_temp.fails($$SELECT define_tag('x', 'SELECT a FORM b', kind => 'query')$$);
SELECT pg_temp.hint($$SELECT define_tag('x', 'SELECT customer_id FROM journeys')$$);
CREATE TEMP TABLE mine AS SELECT 1::bigint AS customer_id;
CREATE DOMAIN pg_temp.small AS integer;
SELECT pg_temp.fails(format('SELECT define_tag(''x'', %L)', rule)) FROM unnest('{TABLE mine,SELECT customer_id FROM mine,"SELECT 1, 2::small",2::pg_temp.small,"(NULL::mine).customer_id"}'::text[]) rule;

-- The same parser serves comparisons of models.
SELECT save_model('m', '{"model": "BG/NBD", "parameters": {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}}');
SELECT version, customers FROM compare_models('m', E'-- c\n(SELECT 1.0 AS x, 1.0 AS t_x, 2.0 AS age, 1 AS holdout_x, 3.0 AS holdout_age) UNION ALL SELECT 0, 0, 2, 0, 3; -- d');
CREATE TABLE "SELECT held" AS SELECT 1.0 AS x, 1.0 AS t_x, 2.0 AS age, 1 AS holdout_x, 3.0 AS holdout_age;
SELECT version, customers FROM compare_models('m', '"SELECT held"');
SELECT pg_temp.fails(format('SELECT * FROM compare_models(''m'', %L)', query)) FROM unnest('{SELECT 1; SELECT 2,SELEC 1,nowhere,DELETE FROM ev,SELECT 1 FOR UPDATE,WITH d AS (DELETE FROM ev RETURNING 1) SELECT 1}'::text[]) query;
DROP TABLE "SELECT held";

-- Numbers keep their shortest decimals.
SELECT define_tag('real', '1234567.8::real'); SELECT define_tag('double', '1234567890.123457::float8'); SELECT define_tag('big', '123456789012');
SELECT define_tag('queried', 'SELECT customer_id, 16777217.5::real FROM clientele_data.customers');
SET extra_float_digits = 0;
SELECT count(*) FROM refresh_tags('{real,double,big,queried}');
SELECT tags_of(1);
RESET extra_float_digits;
SELECT forget_tag(t) FROM unnest('{real,double,big,queried}'::text[]) t;

-- The time zone is that of the tag or the store, and settings of a session do not matter.
TRUNCATE ev; INSERT INTO ev VALUES ('e', '2026-01-01 15:30Z', 'buy'), ('e', '2026-01-01 16:30Z', 'buy'), ('f', '2026-01-01 15:30Z', 'buy'), ('f', '2026-01-01 16:30Z', 'buy');
CALL load_events('ev');
SELECT define_tag('days', 'day_count(journey)'); SELECT define_tag('days_there', 'day_count(journey)', time_zone => 'Asia/Shanghai');
SELECT define_tag('first', 'first_at(journey)::text'); SELECT define_tag('first_there', 'first_at(journey)::text', time_zone => 'Asia/Shanghai');
SELECT define_tag('cut', $$event_count(journey_slice(journey, '2026-01-01', '2026-01-01 11:00')) > 0$$, time_zone => 'America/New_York');
SELECT pg_temp.fails($$SELECT define_tag('x', 'first_at(journey) > ''02/01/2026''')$$);
SELECT define_tag('length', $$(last_at(journey) - first_at(journey) + interval '1 month 2 days')::text$$);
SELECT define_tag('bytes', $$SELECT customer_id, convert_to(value, 'UTF8')::text || '\d' FROM clientele_data.identities$$);
SELECT define_tag('nobody', $$event_count(journey) = NULL$$);
SELECT pg_temp.fails($$SELECT define_tag('x', 'true', time_zone => 'Mars/Base')$$);
SELECT name, time_zone FROM clientele_data.tags WHERE time_zone IS NOT NULL ORDER BY 1;
SELECT count(*) AS refreshed FROM refresh_tags(at => '2026-03-01Z') WHERE error IS NULL;
CREATE TEMP TABLE before AS SELECT customer_id, tags_of(customer_id) AS tags FROM clientele_data.customers;
SELECT tags FROM before ORDER BY customer_id DESC LIMIT 1;
TRUNCATE ev; INSERT INTO ev VALUES ('f', '2026-01-01 16:30Z', 'buy');
SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'SQL, MDY'; SET IntervalStyle = 'iso_8601'; SET extra_float_digits = -5; SET bytea_output = 'escape';
SET standard_conforming_strings = off; SET escape_string_warning = off; SET transform_null_equals = on; SET array_nulls = off; SET quote_all_identifiers = on;
SET clientele.unknown_event = ignore; SET default_text_search_config = 'pg_catalog.german'; SET xmloption = document; SET search_path = public;
CALL clientele.load_events('ev');
SELECT tag, outcome FROM clientele.refresh_tags(at => '2026-03-01Z') ORDER BY tag COLLATE "C";
SELECT count(*) FROM before b WHERE b.tags <> clientele.tags_of(b.customer_id);
SELECT tag, outcome, gained, lost FROM clientele.refresh_tags(at => '2026-03-01Z', complete => true) WHERE error IS NOT NULL OR gained + lost > 0;
-- Names and definitions do not depend on them either.
SELECT clientele.define_tag('vip', 'event_count(journey) > 3'); SELECT count(*) > 70 AS starters FROM clientele.define_starter_tags();
SELECT count(*) AS compared FROM clientele.compare_models('m', 'SELECT 1.0 AS x, 1.0 AS t_x, 2.0 AS age, 1 AS holdout_x, 3.0 AS holdout_age');
SHOW TimeZone; SHOW DateStyle; SHOW standard_conforming_strings; SHOW search_path; SHOW clientele.unknown_event;
RESET ALL; SET TimeZone = 'UTC'; SET client_min_messages = warning; SET search_path = public, clientele;
SELECT count(*) > 70 AS starters, count(error) AS failed FROM refresh_tags(at => '2026-03-01Z');
-- With another time zone all customers are evaluated again.
SELECT define_tag('days', 'day_count(journey)', time_zone => 'Asia/Shanghai');
SELECT outcome, customers FROM refresh_tags('{days}', at => '2026-03-01Z');
SELECT audience_of('days=2') = audience_of('days_there=2') AS same;
DELETE FROM clientele_data.tags; DELETE FROM clientele_data.tag_audiences; DELETE FROM clientele_data.tag_numbers;

-- Freshness does not depend on anything that a dump brings from elsewhere.
INSERT INTO clientele_data.customers SELECT generate_series(101, 200);
SELECT define_tag('regular', 'event_count(journey) >= 3');
SELECT outcome, customers FROM refresh_tags();
SELECT count(*) AS logged FROM clientele_data.journey_changes;
TRUNCATE ev; INSERT INTO ev SELECT 'c', now(), 'buy' FROM generate_series(1, 3);
BEGIN; CALL load_events('ev'); SELECT outcome FROM refresh_tags(); ROLLBACK;
CALL load_events('ev');
SELECT define_tag('broken', 'SELECT 1 / (count(*) - count(*)) FROM clientele_data.customers');
SELECT tag, outcome, customers FROM refresh_tags();
BEGIN; CALL load_events('ev'); SELECT tag, outcome FROM refresh_tags('{regular}'); CALL load_events('ev'); COMMIT;
SELECT tag, outcome FROM refresh_tags('{regular}');
SELECT audience_size('regular') = count(*) FILTER (WHERE event_count(journey) >= 3) AS right FROM clientele_data.journeys;
SELECT count(*) AS sets FROM clientele_data.journey_change_sets;
-- If a set is missing, all customers are evaluated.
TRUNCATE ev; INSERT INTO ev SELECT 'a', now(), 'buy' FROM generate_series(1, 3);
CALL load_events('ev'); SELECT prune_journey_changes() > 0 AS pruned;
DELETE FROM clientele_data.journey_change_sets;
SELECT tag, outcome, gained FROM refresh_tags('{regular}');
CALL load_events('ev'); DELETE FROM clientele_data.journey_change_sets;
SELECT tag, outcome FROM refresh_tags('{regular}');
SELECT tag, outcome FROM refresh_tags('{regular}');
SELECT audience_size('regular') = count(*) FILTER (WHERE event_count(journey) >= 3) AS right FROM clientele_data.journeys;
SELECT forget_tag('broken');

-- Temporary tables of the caller do not matter.
CREATE TEMP TABLE clientele_answers AS SELECT 'precious'::text AS v; CREATE TEMP TABLE clientele_refresh AS SELECT 'precious'::text AS v;
CREATE TEMP TABLE clientele_todo AS SELECT 'precious'::text AS v; CREATE TEMP TABLE clientele_done AS SELECT 'precious'::text AS v;
CREATE TEMP TABLE clientele_changed AS SELECT 'precious'::text AS v; CREATE TEMP TABLE journeys AS SELECT 'precious'::text AS v;
CREATE TEMP TABLE tags AS SELECT 'precious'::text AS v;
SELECT outcome FROM refresh_tags(complete => true);
SELECT save_audience('list', '{1,2}');
SELECT * FROM clientele_answers NATURAL JOIN clientele_refresh NATURAL JOIN clientele_todo NATURAL JOIN clientele_done NATURAL JOIN clientele_changed NATURAL JOIN journeys NATURAL JOIN tags;
DROP TABLE clientele_answers, clientele_refresh, clientele_todo, clientele_done, clientele_changed, journeys, tags;

-- Whose rules run, with the rights of the row "refreshes tags" in docs/dba.md, and with objects in schemas of other roles.
CREATE ROLE regress_tags_mallory; CREATE ROLE regress_tags_friend;
CREATE SCHEMA regress_mallory AUTHORIZATION regress_tags_mallory;
GRANT CREATE ON SCHEMA public TO regress_tags_mallory;
GRANT USAGE ON SCHEMA clientele_data TO regress_tags_mallory, regress_tags_friend;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA clientele_data TO regress_tags_mallory, regress_tags_friend;
CREATE TABLE seen (whom name);
GRANT INSERT ON seen TO PUBLIC;
SET SESSION AUTHORIZATION regress_tags_mallory;
CREATE FUNCTION regress_mallory.pwn() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.seen VALUES (current_user); RETURN 1; END $$;
CREATE FUNCTION public.pwn(float8, numeric) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN INSERT INTO public.seen VALUES (current_user); RETURN $1 OPERATOR(pg_catalog.>=) $2::float8; END $$;
CREATE OPERATOR public.>= (LEFTARG = float8, RIGHTARG = numeric, FUNCTION = public.pwn);
CREATE FUNCTION public.event_count(clientele.journey, text) RETURNS integer LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.seen VALUES (current_user); RETURN 1; END $$;
INSERT INTO clientele_data.tags (name, family, kind, rule) VALUES ('harmless', 'basic', 'query', 'SELECT regress_mallory.pwn()');
INSERT INTO clientele_data.tags (name, family, kind, rule, defined_by) VALUES ('forged', 'basic', 'query', 'SELECT regress_mallory.pwn() + 0', session_user);
INSERT INTO clientele_data.tags (name, family, kind, rule, defined_by) SELECT 'of_owner', 'basic', 'query', 'SELECT regress_mallory.pwn() + 1', tableowner FROM pg_tables WHERE tablename = 'tags';
INSERT INTO clientele_data.tags (name, family, kind, rule) VALUES ('data', 'basic', 'tags', 'regular'), ('turned', 'basic', 'tags', 'regular');
UPDATE clientele_data.tags SET kind = 'query', rule = 'SELECT regress_mallory.pwn() + 2' WHERE name = 'turned';
UPDATE clientele_data.tags SET defined_by = (SELECT tableowner FROM pg_tables WHERE tablename = 'tags') WHERE name <> 'regular';
SELECT name, defined_by FROM clientele_data.tags WHERE rule ~ 'pwn' ORDER BY 1;
RESET SESSION AUTHORIZATION;
SELECT define_tag('mine', 'event_count(journey, ''buy'') / 2.0::float8 >= 1.0');
SET SESSION AUTHORIZATION regress_tags_mallory;
UPDATE clientele_data.tags SET rule = 'regress_mallory.pwn() > 0' WHERE name = 'regular';
RESET SESSION AUTHORIZATION;
SELECT tag, outcome, error FROM refresh_tags();
SELECT count(*) AS ran FROM seen;
-- The author may refresh it, and roles that trust the author; a role that defines a tag again takes it over.
SET SESSION AUTHORIZATION regress_tags_mallory;
SELECT tag, outcome FROM refresh_tags('{harmless}');
RESET SESSION AUTHORIZATION;
SELECT DISTINCT whom FROM seen; TRUNCATE seen;
GRANT regress_tags_mallory TO regress_tags_friend;
SET SESSION AUTHORIZATION regress_tags_friend;
SELECT tag, outcome FROM refresh_tags('{harmless,mine}');
SELECT define_tag('harmless', 'SELECT regress_mallory.pwn()');
SELECT defined_by FROM clientele_data.tags WHERE name = 'harmless';
RESET SESSION AUTHORIZATION;
TRUNCATE seen;
SELECT tag, outcome FROM refresh_tags('{harmless}');
SET clientele.trusted_owners = 'regress_tags_friend';
SELECT tag, outcome FROM refresh_tags('{harmless,forged}');
RESET clientele.trusted_owners;
SELECT count(*) > 0 AS ran FROM seen;
-- An author whose role was dropped is not trusted.
UPDATE clientele_data.tags SET defined_by = 'regress_tags_gone' WHERE name = 'harmless';
SELECT tag, outcome, error FROM refresh_tags('{harmless}');
-- A rule finds nothing in the caller's temporary schema.
TRUNCATE seen;
CREATE FUNCTION refresh_for_all() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT tag || ' ' || outcome FROM clientele.refresh_tags('{best}') $$;
SELECT define_tag('best', 'SELECT customer_id FROM clientele_data.journeys WHERE clientele.event_count(journey, ''buy'') > 2');
GRANT EXECUTE ON FUNCTION refresh_for_all() TO PUBLIC;
DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO regress_tags_mallory', current_database()); END $$;
SET SESSION AUTHORIZATION regress_tags_mallory;
CREATE FUNCTION pg_temp.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.seen VALUES (current_user); RETURN NEW; END $$;
DO $$
DECLARE
  n text;
BEGIN
  FOREACH n IN ARRAY '{clientele_answers,clientele_refresh,clientele_todo,clientele_done,clientele_changed,tags,journeys,answer,customers,refresh}'::text[] LOOP
    EXECUTE format('CREATE TEMP TABLE %I (tag text, value text, customers clientele.audience, customer_id bigint, journey clientele.journey)', n);
    EXECUTE format('CREATE TRIGGER note BEFORE INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION pg_temp.note()', n);
    EXECUTE format('GRANT ALL ON %I TO PUBLIC', n);
  END LOOP;
END $$;
SELECT * FROM refresh_for_all();
RESET SESSION AUTHORIZATION;
DISCARD TEMP;
SELECT count(*) AS ran FROM seen;

CALL drop_store();
DROP FUNCTION refresh_for_all();
DROP TABLE ev, seen;
DROP OWNED BY regress_tags_mallory, regress_tags_friend;
DROP ROLE regress_tags_mallory, regress_tags_friend;
