-- SPDX-License-Identifier: PostgreSQL
-- Tags of customers, on the simulated shop or a file of your own. Each query can be pasted into ./run psql.
\set ECHO none
SELECT max(last_event_at) AS present,
       CASE WHEN EXISTS (SELECT FROM demo.truth) THEN 'Asia/Shanghai' ELSE current_setting('TimeZone') END AS zone
FROM clientele_data.load_runs
\gset
\set ECHO queries
\echo :title'Tags that suit any shop: defined by rules, and refreshed as of the last event':plain
SELECT family, count(*) AS tags, string_agg(tag, ', ' ORDER BY tag) FILTER (WHERE tag ~ '(new|stage|channel|sleeping|night_owl|open_cart|category|price_band|high|spend|rate|complained)$') AS "such as"
FROM clientele.define_starter_tags(time_zone => :'zone') GROUP BY family ORDER BY family;

SELECT outcome, count(*) AS tags, sum(customers) AS "tags of customers", count(error) AS failed
FROM clientele.refresh_tags(at => :'present') GROUP BY outcome;

\echo :title'How many customers have a tag of each family?':plain
SELECT family, tags, customers, to_char(100 * share, 'FM990.0 %') AS share, repeat('█', round(30 * share)::int) AS "                              "
FROM clientele_bi.tag_family_coverage ORDER BY family = 'all', family;

\echo :title'A list for the people who work with it may have a Chinese name, and use other tags':plain
SELECT clientele.define_tag('唤醒名单', 'value.high & (behaviour.cooling | behaviour.sleeping) & !response.complained_lately', 'value',
                            description => '高价值、已沉默、近期未投诉:值得唤醒的客户');
SELECT tag, outcome, customers FROM clientele.refresh_tags('{唤醒名单}', at => :'present');

\echo :title'How large are these audiences?':plain
SELECT audience, clientele.audience_size(audience::clientele.tag_query) AS customers
FROM unnest(ARRAY['behaviour.active', 'value.high & behaviour.active', 'value.high & behaviour.sleeping', '唤醒名单',
                  'value.prospect & behaviour.frequent', 'behaviour.open_cart & !value.buyer', 'response.responsive & !response.complained',
                  'value.spend between 100 and 500 & preference.time_of_day=evening', '唤醒名单 & response.opens'])
     WITH ORDINALITY a (audience, n) ORDER BY n;

\echo :title'What sets the list apart? Tags that are much more or less frequent in it than among all':plain
SELECT tag, value, to_char(100 * share, 'FM990.0 %') AS "in the list", to_char(100 * among_share, 'FM990.0 %') AS "of all",
       round(target_index::numeric) AS index, round(average, 1) AS average, round(among_average, 1) AS "average of all"
FROM clientele.audience_portrait(clientele.audience_of('唤醒名单'))
WHERE q_value < 0.01 AND among_share > 0.02 AND tag <> '唤醒名单' AND tag !~ '^(value|behaviour)\.(high|cooling|sleeping|at_risk|tier|segment)$'
ORDER BY target_index DESC, tag, value LIMIT 12;

\echo :title'One of the list, in tags':plain
SELECT CASE WHEN split_part(tag, '=', 1) LIKE '%.%' THEN split_part(tag, '.', 1) ELSE 'your own' END AS family,
       string_agg(regexp_replace(tag, '^[a-z]+\.', ''), ', ' ORDER BY tag COLLATE "C") AS tags
FROM (SELECT min(m) AS customer_id FROM clientele.members(clientele.audience_of('唤醒名单')) m) one, unnest(clientele.tags_of(customer_id)) tag
GROUP BY 1 ORDER BY 1;
