-- SPDX-License-Identifier: PostgreSQL
-- Rows that are probably the same customer.
SET search_path = public, clientele;
SET client_min_messages = warning;
CREATE FUNCTION pg_temp.fails(sql text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE sql;
  RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ' ' || SQLERRM;
END $$;

-- Comparison functions: published values, characters beyond ASCII, NULL
SELECT round(jaro_winkler('MARTHA', 'MARHTA')::numeric, 3) AS martha, round(jaro_winkler('DIXON', 'DICKSONX')::numeric, 3) AS dixon,
       round(jaro_winkler('DWAYNE', 'DUANE')::numeric, 3) AS dwayne, jaro_winkler('', '') AS empty, jaro_winkler('', 'a') AS one_empty,
       round(jaro_winkler('欧阳娜娜', '欧阳娜')::numeric, 3) AS ouyang, jaro_winkler(NULL, 'a') AS nothing;
SELECT edit_distance('ca', 'abc') AS ca, edit_distance('kitten', 'sitting') AS kitten, edit_distance('20260713', '20260731') AS swapped,
       edit_distance('', '张三') AS inserted, edit_distance('Zoë', 'Zoe') AS one;
SELECT match_text(' O''Brien-SMITH,  Jr. ') AS brien, match_text('ＡＢＣ·路、1号') AS wide, match_text('STRASSE') = match_text('straße') AS folded,
       match_text(' -/- ') AS nothing, match_text('N/A') AS stand_in;
SELECT pg_temp.fails($$SELECT jaro_winkler(repeat('x', 10001), 'x')$$);
SELECT pg_temp.fails($$SELECT edit_distance('x', repeat('张', 10001))$$);
SELECT edit_distance(repeat('x', 10000), repeat('y', 10000)) AS all_changed;

-- Definitions
SELECT match_def('{surname:name,given:name,born:code,email:exact}', '{surname,born}');
SELECT match_def('{a:name,b:name,c:code,d:exact}', '{"\"x+y\"+z"}', random_pairs => 5, seed => -1) AS def,
       match_columns(match_def('{a:name,b:name,c:code,d:exact}', '{"\"x+y\"+z",a}')) AS columns;
SELECT d::text::match_def = d AS text_form, '{"compare": ["a:name", "b:name", "c:code", "d:exact"], "block": ["x"]}' = d AS literal,
       match_def('{a:name,b:name,c:code,d:exact}', '{x}', NULL, NULL) = d AS defaults
FROM match_def('{a:name,b:name,c:code,d:exact}', '{x}') d;
SELECT pg_temp.fails(format('SELECT match_def(%L, %L)', compare, block)) FROM (VALUES
  ('{a,b:name}', '{x}'), ('{a:date}', '{x}'), ('{a:name,b:name,c:name,a:code}', '{x}'), ('{a:name,b:name,c:name}', '{}'),
  ('{a:name,b:name,c:name}', '{a}'), ('{a:name,b:name,c:name,d:name}', '{x,a+b}'), ('{a:name,b:name,c:name}', '{x,x}'),
  ('{a:name,b:name,c:name}', '{x+}'), ('{a:name,b:name,c:name}', '{x+x}'), ('{a:name,b:name,c:name}', '{"\"x"}'),
  ('{a:name,NULL}', '{x}'), (NULL, '{x}'), ('{a:name,b:name,c:name}', NULL)) v (compare, block);
SELECT pg_temp.fails($$SELECT match_def('{a:name,b:name,c:name}', '{x}', random_pairs => 0)$$);
SELECT pg_temp.fails($$SELECT match_def((SELECT array_agg(n || ':name') FROM generate_series(1, 21) n), '{x}')$$);
SELECT pg_temp.fails($$SELECT '{"compare": ["a:name"], "blocks": ["x"]}'::match_def$$);
SELECT pg_temp.fails($$SELECT 'x'::match_def$$);

-- A model of people: 400 of them, and each fourth a second time with an error
CREATE FUNCTION pg_temp.draw(n integer, column_number integer, values_drawn integer) RETURNS integer LANGUAGE sql AS
  $$ SELECT ((hashint4extended(n, column_number) % values_drawn + values_drawn) % values_drawn)::integer $$;
CREATE TABLE people AS
  SELECT n AS id, (ARRAY['Anna', 'Bert', '王芳', 'Dora', '李娜', 'Fay', 'Gus', '张伟'])[1 + pg_temp.draw(n, 1, 8)] AS given,
         (ARRAY['Smith', 'Jones', '欧阳', 'Miller', 'Baker', 'Nguyen', 'Garcia'])[1 + pg_temp.draw(n, 2, 7)] || pg_temp.draw(n, 3, 20) AS family,
         date '1950-01-01' + pg_temp.draw(n, 4, 9973) AS born, (pg_temp.draw(n, 5, 97) + 1000)::text AS postcode,
         CASE WHEN n % 10 > 0 THEN pg_temp.draw(n, 6, 311) || ' High St.' END AS street
  FROM generate_series(1, 400) n;
INSERT INTO people SELECT id + 1000, CASE id % 3 WHEN 0 THEN given || 'x' ELSE upper(given) END, CASE id % 3 WHEN 1 THEN overlay(family PLACING 'q' FROM 2 FOR 1)
         ELSE family END, born + (id % 3 = 2)::integer, postcode, replace(street, 'St.', 'st') FROM people WHERE id % 4 = 0;
SET client_min_messages = error;
CREATE TABLE fitted AS
  SELECT match_fit('people', match_def('{given:name,family:name,born:code,postcode:code,street:exact}', '{born,family,postcode+street}')) AS model;
SELECT pg_typeof(model), model::text::match_model = model AS text_form, (model::text::jsonb -> 'fit') - 'candidates' - 'patterns' - 'rounds' AS fit,
       model::text::jsonb -> 'block' AS block, pg_column_size(model) < 600 AS small FROM fitted;
SELECT column_name, kind, level, m BETWEEN 0.000001 AND 1 AND u BETWEEN 0.000001 AND 1 AS shares, abs(weight - log(2, (m / u)::numeric)) < 1e-9 AS weight
FROM fitted, match_weights(model);
SELECT column_name, round(sum(m)::numeric, 5) AS m, round(sum(u)::numeric, 5) AS u FROM fitted, match_weights(model)
WHERE column_name IS NOT NULL GROUP BY 1 ORDER BY 1;

-- All pairs that were made so, and a few others
CREATE TABLE pairs AS SELECT p.* FROM fitted, match_pairs('people', model, id => 'id') p;
SELECT count(*) AS pairs, count(*) FILTER (WHERE a::integer + 1000 = b::integer) AS right_ones, bool_and(probability >= 0.5) AS likely,
       bool_and(abs(probability - 1 / (1 + 2 ^ -weight)) < 1e-12) AS odds, bool_and(cardinality(levels) = 5) AS levels FROM pairs;
SELECT a, b, round(probability::numeric, 4) AS probability, levels FROM pairs ORDER BY a::integer LIMIT 6;
SELECT count(*) FILTER (WHERE probability >= 0.5) = (SELECT count(*) FROM pairs) AS same_pairs, count(*) > (SELECT count(*) FROM pairs) AS more,
       count(DISTINCT (a, b)) = count(*) AS once FROM fitted, match_pairs('people', model, 0) p;
-- So sure that the probability is 1
SELECT count(*) > 50 AS certain, min(probability) AS probability FROM fitted,
  match_pairs('people', regexp_replace(model::text, '"lambda": [0-9.]+', '"lambda": 0.999999999999999')::match_model, 1);
-- The weight is the sum of those of the levels.
SELECT count(*) AS pairs, max(abs(p.weight - w.weight)) < 1e-9 AS same FROM pairs p CROSS JOIN LATERAL (
  SELECT sum(m.weight) AS weight FROM fitted, match_weights(model) m
  WHERE m.column_name IS NULL
     OR m.level = p.levels[array_position('{given,family,born,postcode,street}', m.column_name)]) w;

-- Neither the order of the rows nor a setting changes anything.
CREATE TABLE shuffled AS SELECT * FROM people ORDER BY md5(id::text);
SET DateStyle = 'SQL, DMY';
SET extra_float_digits = -10;
SELECT model = match_fit('shuffled', match_model_def(model)) AS same_model,
       NOT EXISTS (SELECT * FROM match_pairs('shuffled', model) EXCEPT SELECT * FROM pairs) AS same_pairs FROM fitted;
RESET DateStyle;
RESET extra_float_digits;
CREATE VIEW seen AS SELECT given, family, born, postcode, street, id FROM people;
SELECT count(*) = (SELECT count(*) FROM pairs) AS by_a_view FROM fitted, match_pairs('seen', model, id => 'id');
SELECT count(*) AS other_seed FROM fitted, match_fit('people', match_def('{given:name,family:name,born:code,postcode:code,street:exact}',
  '{born,family,postcode+street}', random_pairs => 1000, seed => 77)) other WHERE model <> other;

-- Values that more than 300 rows share are named, and so is a column that speaks against a match.
SET client_min_messages = warning;
CREATE TABLE crowd AS SELECT n AS id, CASE WHEN n <= 301 THEN 'Main Street' ELSE 'Lane ' || n / 4 END AS street,
  CASE WHEN n <= 600 THEN 'A' || n ELSE 'B' END AS name, 'x' AS a, n % 2 AS b, n % 5 AS c, n AS d FROM generate_series(1, 620) n;
SELECT (match_fit('crowd', match_def('{name:name,a:exact,b:exact,c:exact,d:code}', '{street,name}'))::text::jsonb -> 'fit') - 'rounds' AS fit;
SET client_min_messages = error;
SELECT * FROM match_left_out('crowd', match_def('{name:name,a:exact,b:exact,c:exact,d:code}', '{street,name,b+street}'));

-- Errors
SELECT pg_temp.fails(statement) FROM unnest(ARRAY[
  $$SELECT match_fit('people', match_def('{given:name,family:name,born:code,x:name}', '{born}'))$$,
  $$SELECT match_fit('people', match_def('{given:name,family:name,born:code,postcode:code}', '{id}'))$$,
  $$SELECT match_pairs('people', model, 2) FROM fitted$$, $$SELECT match_pairs('people', model, 'NaN') FROM fitted$$,
  $$SELECT match_pairs('people', model, NULL) FROM fitted$$, $$SELECT match_pairs('people', NULL)$$,
  $$SELECT match_pairs('people', model, id => 'given') FROM fitted$$, $$SELECT match_pairs('people', model, id => 'nothing') FROM fitted$$,
  $$SELECT match_pairs('people', model, id => 'street') FROM fitted$$,
  $$SELECT match_fit_rows('nowhere', match_model_def(model)) FROM fitted$$,
  $$SELECT replace(model::text, '"lambda"', '"lambada"')::match_model FROM fitted$$,
  $$SELECT regexp_replace(model::text, '"lambda": [0-9.]+', '"lambda": 1')::match_model FROM fitted$$,
  $$SELECT '{"lambda": 0.5, "columns": [{"column": "a", "kind": "exact", "m": [0.9, 0.1], "u": [0.9]}], "block": ["b"]}'::match_model$$,
  $$SELECT '{"lambda": 0.5, "columns": [{"column": "a", "m": [0.9, 0.1], "u": [0.9, 0.1]}], "block": ["b"]}'::match_model$$]) statement;
BEGIN;
DECLARE numbers CURSOR FOR SELECT 1, 2;
SELECT match_fit_rows('numbers', match_model_def(model)) FROM fitted;
ROLLBACK;
SELECT match_fit(NULL, match_model_def(model)) IS NULL AS nothing FROM fitted;

-- A relation is read only if it may be.
CREATE ROLE regress_match_reader;
GRANT USAGE ON SCHEMA public TO regress_match_reader;
GRANT SELECT ON fitted TO regress_match_reader;
SET ROLE regress_match_reader;
SELECT pg_temp.fails($$SELECT match_fit('public.people', match_model_def(model)) FROM fitted$$);
RESET ROLE;
DROP OWNED BY regress_match_reader;
DROP ROLE regress_match_reader;

-- Customers of the store
SELECT pg_temp.fails('SELECT propose_merges(model) FROM fitted');
SELECT pg_temp.fails('SELECT accept_proposals(0.9)');
CALL create_store();
SELECT cardinality(resolve_identities(array_agg(CASE WHEN id IN (4, 1004, 8) THEN 'customer' ELSE 'cookie' END ORDER BY id),
                                      array_agg('c' || id ORDER BY id), '{}', '{}', NULL)) AS identities FROM people;
SELECT add_attributes(array_agg(i.identity_id), array_agg(e.key), array_agg(e.value), array_agg(timestamptz '2026-01-01 00:00:00+00'), 0)
FROM people p JOIN clientele_data.identities i ON i.value = 'c' || p.id CROSS JOIN jsonb_each_text(to_jsonb(p) - 'id') e;
CREATE FUNCTION pg_temp.customer(id integer) RETURNS bigint LANGUAGE sql AS
  $$ SELECT customer_id FROM clientele_data.identities WHERE value = 'c' || id $$;
SELECT match_fit(match_model_def(model)) = model AS same_model FROM fitted;
SELECT save_model('people', model, note => 'first') AS version FROM fitted;
SELECT type, kind, customers, current, stored_match_model('people@1') = fitted.model AS same, model_type(fitted.model::text)
FROM clientele_data.models, fitted;
SELECT pg_temp.fails($$SELECT stored_match_model('nobody')$$);
-- 4 and 1004 have a customer number each, so they are in conflict.
SELECT propose_merges(model) = (SELECT count(*) FROM pairs) - 1 AS all_but_one FROM fitted;
SELECT p.probability = q.probability AS probability, p.levels, p.a_attributes, p.b_attributes ->> 'given' AS b_given, p.state, p.merge_id
FROM clientele_data.match_proposals p JOIN pairs q ON q.a = '12' WHERE p.a = least(pg_temp.customer(12), pg_temp.customer(1012));
SELECT keep_apart(pg_temp.customer(12), pg_temp.customer(1012), 'twins') > 0 AS apart;
SELECT propose_merges(model) = (SELECT count(*) FROM pairs) - 2 AS all_but_two FROM fitted;
SELECT keep_apart(pg_temp.customer(16), pg_temp.customer(1016)) > 0 AS apart;
SELECT pg_temp.fails('SELECT accept_proposals()');
SELECT pg_temp.fails('SELECT accept_proposals(NULL)'), pg_temp.fails('SELECT accept_proposals(1.1)'), pg_temp.fails('SELECT propose_merges(NULL)');
SELECT accept_proposals(0.9) = (SELECT count(*) FROM pairs WHERE probability >= 0.9) - 3 AS accepted;
SELECT p.a, p.b FROM clientele_data.match_proposals p WHERE p.state = 'open' AND p.probability >= 0.9
EXCEPT SELECT least(pg_temp.customer(16), pg_temp.customer(1016)), greatest(pg_temp.customer(16), pg_temp.customer(1016));
SELECT pg_temp.customer(20) = pg_temp.customer(1020) AS merged, pg_temp.customer(16) <> pg_temp.customer(1016) AS in_conflict,
       pg_temp.customer(4) <> pg_temp.customer(1004) AS two_numbers;
SELECT d.verdict, d.note ~ '^probable match, probability [01][.][0-9]{6}$' AS note FROM clientele_data.match_proposals p
JOIN clientele_data.merges m USING (merge_id) JOIN clientele_data.identity_decisions d USING (decision_id)
WHERE p.a = least(pg_temp.customer(20), pg_temp.customer(1020)) AND p.state = 'accepted';
-- What was accepted stays listed, and nothing is proposed twice.
SELECT propose_merges(model) = (SELECT count(*) FROM pairs WHERE probability < 0.9) AS proposed FROM fitted;
SELECT count(*) FROM clientele_data.match_proposals WHERE state = 'open' AND probability >= 0.9;
-- A merge by one proposal may bring another into conflict: the more probable one is accepted.
TRUNCATE clientele_data.merge_proposals;
INSERT INTO clientele_data.merge_proposals (a, b, probability, weight, columns, levels)
SELECT least(x, y), greatest(x, y), p, 0, '{given}', '{equal}' FROM (VALUES
  (pg_temp.customer(5), pg_temp.customer(4), 0.95), (pg_temp.customer(5), pg_temp.customer(8), 0.97)) v (x, y, p);
SELECT accept_proposals(0.5);
SELECT pg_temp.customer(5) = pg_temp.customer(8) AS with_8, pg_temp.customer(5) = pg_temp.customer(4) AS with_4;
SELECT state, probability FROM clientele_data.match_proposals ORDER BY state;
CALL drop_store();
DROP TABLE people, fitted, pairs, shuffled, crowd CASCADE;
