-- SPDX-License-Identifier: PostgreSQL
-- Defined tags: rules, refreshes, history, and questions about them.
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

-- without a store
SELECT pg_temp.fails($$SELECT define_tag('x', 'true')$$);
SELECT pg_temp.fails($$SELECT audience_of('x')$$);
SELECT pg_temp.fails($$SELECT * FROM refresh_tags()$$);

CALL create_store();
INSERT INTO clientele_data.event_types VALUES (1, 'web', 'search'), (2, 'web', 'purchase'), (3, 'app', '浏览'), (4, 'app', 'purchase');
INSERT INTO clientele_data.customers SELECT generate_series(1, 1000);
-- Customer g has 7 events or 6, of types that depend on g.
INSERT INTO clientele_data.journeys
SELECT g, journey(timestamptz '2026-01-01' + h * interval '1 hour', 1 + (g * h) % 4)
FROM generate_series(1, 900) g, generate_series(1, 20) h WHERE (g + h) % 3 = 0 GROUP BY g;

-- what the kind of a rule is found to be
SELECT define_tag('value.buyer', $$event_count(journey, 'purchase') >= 1$$, description => 'bought at least once');
SELECT define_tag('value.fan', $$event_count(journey, 'purchase') >= 4;$$);
SELECT define_tag('渠道', $$CASE WHEN event_count(journey, 'web:*') > event_count(journey, 'app:*') THEN 'web' ELSE 'app' END$$, 'preference');
SELECT define_tag('kinds', $$ARRAY['a', CASE WHEN customer_id % 2 = 0 THEN '偶' END, '']$$);
SELECT define_tag('visits', 'event_count(journey) / 2.0');
SELECT define_tag('sleeping', $$last_at(journey) < at - interval '3 days'$$, max_age => '2 days');
SELECT define_tag('busy', $$SELECT customer_id FROM clientele_data.journeys WHERE event_count(journey) > 6$$);
SELECT define_tag('busy2', $$SELECT customer_id, event_count(journey) > 6 FROM clientele_data.journeys$$, per_customer => true);
SELECT define_tag('spread', $$SELECT customer_id, 'third ' || customer_id % 3 FROM clientele_data.customers$$);
SELECT define_tag('known', $$created_at > '2000-01-01'$$);
SELECT define_tag('combo', 'value.fan & !busy | 渠道=web');
SELECT name, family, kind, holds, per_customer, time_dependent, reads_customers, uses FROM clientele_data.tags ORDER BY 1;

-- rules that are refused
SELECT pg_temp.fails($$SELECT define_tag('x', 'nonsense(')$$);
SELECT pg_temp.fails($$SELECT define_tag('x', 'nobody & nothing')$$);
SELECT pg_temp.fails($$SELECT define_tag('x', 'vip &', kind => 'tags')$$);
SELECT pg_temp.fails($$SELECT define_tag('x', 'event_count(journey, ''purchas'') > 1')$$);
SELECT pg_temp.fails($$SELECT define_tag('x', 'last_at(journey)')$$);
SELECT pg_temp.fails($$SELECT define_tag('x', 'SELECT 1) AS a; DROP TABLE clientele_data.tags; SELECT (1')$$);
SELECT pg_temp.fails($$SELECT define_tag('x', 'true; DROP TABLE clientele_data.tags', kind => 'journey')$$);
SELECT pg_temp.fails($$SELECT define_tag('x', 'true) FROM clientele_data.tags; DROP TABLE clientele_data.tags; SELECT (true', kind => 'journey')$$);
SELECT pg_temp.fails($$SELECT define_tag('x', 'DELETE FROM clientele_data.tags RETURNING 1', kind => 'query')$$);
SELECT pg_temp.fails($$SELECT define_tag('x', 'WITH d AS (DELETE FROM clientele_data.tags RETURNING 1) SELECT 1 FROM d')$$);
SELECT pg_temp.fails($$SELECT define_tag('value.fan', 'combo | busy')$$);
SELECT pg_temp.fails($$SELECT define_tag('combo', 'combo.* | busy & combo')$$);
SELECT pg_temp.fails($$SELECT define_tag('combo.below', 'combo.*', kind => 'tags')$$);
SELECT pg_temp.fails(format('SELECT define_tag(%L, ''true'')', name)) FROM unnest('{a=b,a.*,"",.a,a..b,a.}'::text[]) name;
SELECT pg_temp.fails($$SELECT define_tag('x', 'true', 'wrong')$$);
SELECT pg_temp.fails($$SELECT define_tag('x', 'true', kind => 'wrong')$$);
SELECT pg_temp.fails($$SELECT define_tag('x', 'true', max_age => '-1 day')$$);
SELECT pg_temp.fails($$SELECT define_tag('x', 'busy', per_customer => true)$$);
SELECT pg_temp.fails($$SELECT define_tag('x', NULL)$$);
SELECT count(*) = 11 AS all_there FROM clientele_data.tags;

-- refreshing
SELECT pg_temp.fails($$SELECT audience_of('busy')$$);
SELECT pg_temp.fails($$SELECT * FROM refresh_tags('{busy,nobody}')$$);
SELECT pg_temp.fails($$SELECT * FROM refresh_tags(at => 'infinity')$$);
SELECT * FROM refresh_tags(at => '2026-01-05');
SELECT string_agg(DISTINCT outcome, ' ') AS nothing_new FROM refresh_tags(at => '2026-01-05');
SELECT audience_of('busy') = (SELECT audience(customer_id) FROM clientele_data.journeys WHERE event_count(journey) > 6) AS busy,
       audience_of('visits') = (SELECT audience(customer_id) FROM clientele_data.journeys) AS visits,
       audience_of('visits>=3.25 & visits<3.75') = audience_of('visits=3.5') AS visits_between,
       audience_of('visits=3.50') = '{}' AS compares_text,
       audience_of('visits!=3.5') = audience_of('visits=3') AS visits_unequal,
       audience_of('kinds=偶') = (SELECT audience(g) FROM generate_series(2, 900, 2) g) AS kinds,
       audience_of('kinds!=a') = audience_of('kinds=偶') AS kinds_unequal,
       audience_of('!渠道') = '{901-1000}' AS complement,
       audience_of('spread="third 0"') = (SELECT audience(g) FROM generate_series(3, 999, 3) g) AS spread,
       audience_of('combo') = (audience_of('value.fan') - audience_of('busy') | audience_of('渠道=web')) AS combo,
       audience_of('value.*') = audience_of('value.buyer') AS below,
       audience_of('nothing.*') = '{}' AS below_nothing;
SELECT bool_and(audience_size(q) = cardinality(audience_of(q))) AS sizes
FROM unnest('{busy,!busy,busy & !combo,value.* | !kinds=偶,!(busy | combo),!busy & !combo,visits>3 & busy | !渠道}'::text[]) q;
SELECT bool_and(audience_of(q) = (SELECT coalesce(audience(c.customer_id), '{}') FROM clientele_data.customers c WHERE tag_match(tags_of(c.customer_id), q))) AS one_by_one
FROM unnest('{busy & !combo,value.* | !kinds=偶,visits>3 & busy | !渠道}'::text[]) q;
SELECT pg_temp.fails($$SELECT audience_of('busi')$$);
SELECT tags_of(6), tags_of(950), tags_of(-1) IS NULL AS negative;

-- only changed customers are evaluated
CREATE TEMP TABLE parts AS SELECT g::bigint AS customer_id, journey('2026-01-04'::timestamptz, 2) AS journey FROM generate_series(895, 905) g GROUP BY g;
SELECT merge_journeys('parts');
DELETE FROM clientele_data.journeys WHERE customer_id = 1;
SELECT * FROM refresh_tags(at => '2026-01-06');
SELECT * FROM refresh_tags('{sleeping}', at => '2026-01-07');
SELECT * FROM refresh_tags('{sleeping,value.buyer}', at => '2026-01-07', complete => true);
SELECT tag, value, change, at FROM tag_history(905);
SELECT tag, change FROM tag_history(1, 'value.fan');
SELECT at, tag, value, gained, lost FROM clientele_bi.tag_history WHERE tag IN ('value.buyer', 'kinds') ORDER BY refresh_id, tag, value;

-- a rule that fails does not affect other tags
UPDATE clientele_data.tags SET rule = '1 / 0 > customer_id' WHERE name = 'sleeping';
UPDATE clientele_data.tags SET rule = 'busy2 & combo2' WHERE name = 'combo';
INSERT INTO clientele_data.tags (name, family, kind, rule) VALUES ('combo2', 'basic', 'tags', 'combo | busy'), ('after', 'basic', 'tags', 'combo2 | busy');
SELECT * FROM refresh_tags(at => '2026-01-07');
SELECT tag, error FROM clientele_bi.tag_coverage WHERE error IS NOT NULL ORDER BY 1;
SELECT pg_temp.fails($$SELECT forget_tag('busy2')$$);
SELECT define_tag('combo', 'value.fan & !busy');
SELECT forget_tag('after'); SELECT forget_tag('combo2');
SELECT define_tag('sleeping', $$last_at(journey) < at - interval '3 days'$$, max_age => '0');
SELECT tag, outcome FROM refresh_tags(at => '2026-01-07') WHERE tag IN ('combo', 'sleeping') ORDER BY 1;
SELECT forget_tag('combo');
SELECT pg_temp.fails($$SELECT forget_tag('combo')$$);
SELECT count(*) = 0 AS forgotten FROM clientele_data.tag_audiences WHERE tag = 'combo';
-- a text tag becomes a number, a number a plain one
SELECT define_tag('渠道', 'event_count(journey)'); SELECT define_tag('visits', 'event_count(journey) > 6');
SELECT * FROM refresh_tags('{渠道,visits}', at => '2026-01-07');
SELECT audience_size('渠道=web') AS none, audience_size('渠道=6') + audience_size('渠道!=6') = audience_size('渠道') AS numbers,
       audience_size('visits>3') AS no_number, audience_of('visits') = audience_of('渠道>6') AS plain;

-- audiences under a name
SELECT save_audience('campaign.双十一', audience_of('busy'), description => 'who gets the letter');
SELECT save_audience('campaign.双十一', audience_of('busy & value.fan'));
SELECT audience_of('campaign.*') = audience_of('busy & value.fan') AS saved;
SELECT gained, lost FROM clientele_bi.tag_history WHERE tag = 'campaign.双十一' ORDER BY refresh_id;
SELECT funnel_audience(funnel_def('{web:search,purchase}', within => '1 day'), 2, dropped => false)
         = (SELECT audience(customer_id) FROM clientele_data.journeys WHERE funnel_depth(journey, '{web:search,purchase}', '1 day') >= 2) AS reached,
       funnel_audience(funnel_def('{web:search,purchase}', within => '1 day'), 1)
         = (SELECT coalesce(audience(customer_id), '{}') FROM clientele_data.journeys WHERE funnel_depth(journey, '{web:search,purchase}', '1 day') = 1) AS dropped,
       path_audience('{app:浏览,app:purchase}')
         = (SELECT audience(customer_id) FROM clientele_data.journeys WHERE ' ' || array_to_string(journey_path(journey, path_def()), ' ') || ' ' LIKE '% app:浏览 app:purchase %') AS path,
       funnel_audience(NULL, 1) IS NULL AS null_funnel, path_audience(NULL) IS NULL AS null_path;
SELECT pg_temp.fails($$SELECT path_audience('{}')$$);

-- control groups
SELECT control_group(a, 0.1, 'spring') <@ control_group(a, 0.2, 'spring') AS grows, control_group(a, 0, 'x') = '{}' AS nobody, control_group(a, 1, 'x') = a AS all,
       control_group(a, 0.3, '春') = (SELECT audience(m) FROM members(a) m WHERE in_control_group(m, 0.3, '春')) AS one_by_one,
       abs(cardinality(control_group(a, 0.5, 'spring')) - 500) < 100 AS half
FROM audience_of('!nothing.*') a;
SELECT pg_temp.fails('SELECT in_control_group(1, 1.5, ''x'')'), pg_temp.fails('SELECT in_control_group(-1, 0.5, ''x'')'), pg_temp.fails('SELECT in_control_group(1, ''NaN'', ''x'')');

-- overlap, portrait, views
SELECT count(*) = (SELECT count(*) FROM clientele_data.tag_audiences WHERE tag <> '' AND value = '') ^ 2 AS matrix,
       bool_and(customers = audience_size(('"' || tag || '" & "' || other || '"')::tag_query)) AS both,
       bool_and(jaccard(audience_of(('"' || tag || '"')::tag_query), audience_of(('"' || other || '"')::tag_query)) = o.jaccard) AS jaccard,
       bool_and(abs(lift - share / audience_size(('"' || other || '"')::tag_query) * 1000) < 1e-12) AS lift
FROM tag_overlap() o WHERE customers > 0;
SELECT tag, other, customers, round(share::numeric, 3) AS share FROM tag_overlap('{busy,value.fan}');
SELECT pg_temp.fails($$SELECT tag_overlap('{nobody}')$$);
SELECT tag, value, customers, round(share::numeric, 3) AS share, among_customers AS among, round(target_index::numeric, 1) AS index, round(p_value::numeric, 6) AS p, round(q_value::numeric, 6) AS q,
       round(average, 3) AS average, round(among_average, 3) AS among_average
FROM audience_portrait(audience_of('busy')) WHERE tag IN ('busy', 'kinds', '渠道');
SELECT bool_and(p.target_index = 100 AND p.share = p.among_share AND p.p_value = 1) AS same FROM audience_portrait(audience_of('busy'), audience_of('busy')) p WHERE p.customers > 0;
SELECT count(*) AS of_nobody, count(share) AS shares FROM audience_portrait('{}');
SELECT count(*) = 0 AS none FROM audience_portrait(NULL);
SELECT bool_and(t.tags = c.tags) AS views_agree
FROM (SELECT customer_id, array_agg(CASE WHEN value IS NULL THEN tag ELSE tag || '=' || value END ORDER BY CASE WHEN value IS NULL THEN tag ELSE tag || '=' || value END COLLATE "C") AS tags
      FROM clientele_bi.customer_tags GROUP BY 1) t
FULL JOIN (SELECT customer_id, tags_of(customer_id) AS tags FROM clientele_data.customers WHERE tags_of(customer_id) <> '{}') c USING (customer_id);
SELECT family, tags, customers, share FROM clientele_bi.tag_family_coverage ORDER BY 1;
SELECT tag, value, customers FROM clientele_bi.tag_values ORDER BY 1, 2;
SELECT hypergeometric_p(8, 4, 4, 3) = 34.0::float8 / 70 AS tea, hypergeometric_p(NULL, 4, 4, 3) IS NULL AS null;
SELECT pg_temp.fails('SELECT hypergeometric_p(8, 4, 4, 5)'), pg_temp.fails('SELECT hypergeometric_p(-8, 4, 4, 3)');
SELECT correction, array_agg(round(a::numeric, 4) ORDER BY i) AS adjusted
FROM unnest('{bh,holm,none}'::text[]) correction, unnest(adjusted_p('{0.01,0.04,NULL,0.03,0.005,0.04,0.9}', correction)) WITH ORDINALITY x (a, i) GROUP BY 1 ORDER BY 1;
SELECT adjusted_p('{}') = '{}' AS of_nothing, adjusted_p('{NULL}') = '{NULL}' AS of_null, adjusted_p(NULL) IS NULL AS null;
SELECT pg_temp.fails($$SELECT adjusted_p('{0.5}', 'sidak')$$), pg_temp.fails($$SELECT adjusted_p('{1.5}')$$), pg_temp.fails($$SELECT adjusted_p('{NaN}')$$);

-- change sets that all tags have followed are deleted
SELECT prune_journey_changes() > 0 AS pruned;
SELECT string_agg(DISTINCT outcome, ' ' ORDER BY outcome) AS still_right FROM refresh_tags(at => '2026-01-07');
CALL drop_store();
SELECT count(*) = 0 AS gone FROM pg_namespace WHERE nspname LIKE 'clientele\_%';
