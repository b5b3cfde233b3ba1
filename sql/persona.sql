-- SPDX-License-Identifier: PostgreSQL
-- What an audience is like, and the map of its journeys. tests/differential/customers.py compares random stores with Python.
\set tests :DBNAME
CREATE DATABASE clientele_persona ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_persona
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'America/New_York'; SET extra_float_digits = 0;
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
SELECT f.* FROM unnest(ARRAY[$$SELECT persona('{1}')$$, 'SELECT journey_map()', 'SELECT starter_stages()']) s CROSS JOIN LATERAL fails(s) f;
CALL create_store('UTC');
-- An empty store has nothing to show.
SELECT count(*) FROM persona('{1,2}');
SELECT count(*) FROM journey_map();
SELECT starter_stages();

INSERT INTO clientele_data.event_types VALUES (1, 'web', 'search'), (2, 'web', 'view_item'), (3, 'app', 'cart'), (4, 'web', 'purchase'), (5, 'app', 'purchase'),
  (6, 'web', 'complaint');
INSERT INTO clientele_data.customers (customer_id) SELECT generate_series(1, 1000);
INSERT INTO clientele_data.identities (kind, value, customer_id, identity_id) SELECT 'email', 'c' || g, g, g FROM generate_series(1, 1000) g;
-- All customers search and look; the even ones take something; those that 4 divides buy an hour later; those that 8 divides complain.
INSERT INTO clientele_data.journeys
SELECT g, journey(timestamptz '2026-01-01Z' + h * interval '1 hour', type)
FROM generate_series(1, 1000) g CROSS JOIN (VALUES (0, 1, 1), (1, 2, 1), (3, 3, 2), (4, 5, 4), (10, 6, 8)) v (h, type, every)
WHERE g % v.every = 0 GROUP BY g;
INSERT INTO clientele_data.sources (source_id, name, relation, owner, owner_oid, owner_cluster, method, mapping)
VALUES (1, 'crm', 'public.crm', current_user, current_user::regrole, cluster_id(), 'key', '{}');
SELECT add_attributes(array_agg(g), array_agg('city'::text), array_agg(CASE WHEN g % 5 = 0 THEN '上海' WHEN g % 7 = 0 THEN '<b>' ELSE 'Köln' END),
                      array_agg(timestamptz '2026-01-01Z'), 1) FROM generate_series(1, 900) g;
SELECT add_attributes(array_agg(g), array_agg('name'::text), array_agg('n' || g), array_agg(timestamptz '2026-01-01Z'), 1) FROM generate_series(1, 900) g;
CALL set_customer_columns('{}', '{city,name}');
SELECT define_tag('buyer', $$event_count(journey, 'purchase') > 0$$, 'value', 'Has bought.'),
       define_tag('digit', $$(customer_id % 10)::text$$), define_tag('size', $$customer_id % 100$$), define_tag('one', '1'), define_tag('nobody', 'false'),
       define_tag('lists', $$CASE WHEN customer_id % 2 = 0 THEN '{a,b}'::text[] WHEN customer_id % 3 = 0 THEN '{b}' END$$);
SELECT outcome, count(*) FROM refresh_tags(at => '2026-02-01Z') GROUP BY 1;

SELECT dimension, source, family, kind, place, value, customers, round(share::numeric, 3) AS share, among_customers AS among,
       round(target_index::numeric, 1) AS target_index, round(p_value::numeric, 4) AS p, round(q_value::numeric, 4) AS q, description
FROM persona(audience_of('buyer'), top => 3);
SELECT dimension, value, customers, among_customers FROM persona('{5,6,2000}', among => '{1-10,2000}', dimensions => '{city,lists}', language => 'zh');
-- The same figures as from audience_portrait().
SELECT count(*) > 5 AS some, bool_and(p.customers = a.customers AND p.among_customers = a.among_customers AND p.target_index = a.target_index
                                      AND p.p_value IS NOT DISTINCT FROM CASE WHEN a.among_customers BETWEEN 1 AND 999 THEN a.p_value END) AS same
FROM persona(audience_of('buyer'), top => 100) p JOIN audience_portrait(audience_of('buyer')) a ON a.tag = p.dimension AND (a.value = p.value OR a.tag = 'buyer')
WHERE p.kind = 'value';
SELECT count(*) FROM persona(NULL);
SELECT f.* FROM unnest(ARRAY[$$SELECT persona('{1}', top => 0)$$, $$SELECT persona('{1}', top => NULL)$$, $$SELECT persona('{1}', language => 'fr')$$,
  $$SELECT persona('{1}', language => NULL)$$]) s CROSS JOIN LATERAL fails(s) f;
-- Four parts of a tag that holds numbers; equal numbers are in one.
SELECT s.scores, q.place, q.value, q.customers
FROM unnest('{"{1:1,2:2,3:3,4:4,5:5,6:6,7:7,8:8}","{1:1,2:1,3:1,4:9}","{1:0.5}","{9:1}"}'::tag_scores[]) s (scores)
LEFT JOIN LATERAL score_quarters(s.scores, '{1-8}') q ON true;

SELECT starter_stages(), starter_stages('zh');
SELECT * FROM journey_map();
SELECT * FROM journey_map(audience_of('buyer'), ARRAY['第一=search|view_item', 'all=*', 'never=app:cart'], goal => 'all');
SELECT usual_stages(), usual_stages('{1-3}', 2), usual_stages('{}');
SELECT * FROM journey_map('{}');
SELECT * FROM journey_map(stages => '{}');
SELECT f.* FROM unnest(ARRAY[$$SELECT journey_map(stages => '{x}')$$, $$SELECT journey_map(stages => '{=search}')$$, $$SELECT journey_map(stages => ARRAY[NULL])$$,
  $$SELECT journey_map(stages => '{a=nothing}')$$, $$SELECT journey_map(stages => '{a=search}', goal => 'b')$$, $$SELECT journey_map(language => 'fr')$$,
  $$SELECT journey_map(stages => array_fill('a=search'::text, '{33}'))$$]) s CROSS JOIN LATERAL fails(s) f;

-- A role for BI tools gets totals, and no journey.
CREATE ROLE regress_persona_bi;
CALL grant_bi('regress_persona_bi');
SET ROLE regress_persona_bi;
SELECT sum(customers) FROM clientele_bi.journey_map();
SELECT sum(customers) FROM clientele_bi.journey_map(audience_of('buyer'), '{x=search}');
SELECT count(DISTINCT dimension) FROM persona(audience_of('buyer'));
SELECT f.* FROM fails('SELECT journey_map()') f;
RESET ROLE;
CALL revoke_bi('regress_persona_bi');
DROP ROLE regress_persona_bi;
\c :tests
DROP DATABASE clientele_persona;
