-- SPDX-License-Identifier: PostgreSQL
-- Attribution: which channels have earned the conversions.
\set tests :DBNAME
CREATE DATABASE clientele_attribution_sql ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_attribution_sql
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;
CALL create_store();

-- The definition
SELECT attribution_def('purchase');
SELECT attribution_def('购买', touches => '访问|email:*', by => 'event', groups => '{"搜索=百度|google"}', direct => '{(none)}',
  lookback => NULL, after_previous => true, half_life => '12 hours', weights => '{1,0,1}', collapse => true, nulls => false,
  since => '2026-01-01', until => '2026-02-01', models => '{last_non_direct,markov_2}');
SELECT attribution_def('购买', lookback => NULL)::text::attribution_def = attribution_def('购买', lookback => NULL);
SELECT attribution_def(conversion => NULL);
SELECT attribution_def('a', by => 'source');
SELECT attribution_def('a', half_life => '0');
SELECT attribution_def('a', lookback => '1 month');
SELECT attribution_def('a', weights => '{1,2}');
SELECT attribution_def('a', weights => '{0,-0,0}');
SELECT attribution_def('a', weights => '{1,-1,1}');
SELECT attribution_def('a', models => '{first,first}');
SELECT attribution_def('a', models => '{best}');
SELECT attribution_def('a', models => '{last_non_direct}');
SELECT attribution_def('a', groups => '{x}');
SELECT attribution_def('a', until => 'infinity');

-- Journeys
CREATE TEMP TABLE types AS SELECT * FROM (VALUES ('ads', 'click'), ('e-mail', 'open'), ('微信', '访问'), ('', 'visit'), ('web', 'purchase')) v (channel, event);
DO $$ BEGIN PERFORM event_type(channel, event) FROM types; END $$;
CREATE TABLE touched (customer int, day numeric, channel text, amount numeric);
INSERT INTO touched VALUES (1, 1, 'ads', NULL), (1, 2, '微信', NULL), (1, 3, 'e-mail', NULL), (1, 3, 'web', 100),
  (2, 1, 'ads', NULL), (2, 5, 'web', 30), (2, 50, '', NULL), (2, 51, 'web', NULL), (3, 1, 'web', 7.5), (4, 1, 'ads', NULL), (4, 60, '微信', NULL);
CREATE TABLE journeys AS SELECT customer, journey('2026-01-01'::timestamptz + day * interval '1 day', event_type_id, NULL, amount) AS journey
FROM touched JOIN clientele_data.event_types USING (channel) GROUP BY customer;
CREATE TABLE asked AS SELECT attribution_def('purchase', direct => '{(none)}', until => '2027-01-01', models => '{first,last,
  last_non_direct,linear,position,position_decay,time_decay,markov_1,markov_2,markov_3,shapley,shapley_rate}') AS def;
SELECT model, channel, round(conversions::numeric, 6) AS conversions, round(value::numeric, 6) AS value, round(share::numeric, 6) AS share,
  round(removal_effect::numeric, 6) AS effect, round(value_removal_effect::numeric, 6) AS value_effect
FROM attribution_credits((SELECT attribution(journey, def) FROM journeys, asked));
SELECT * FROM attribution_paths((SELECT attribution(journey, def) FROM journeys, asked));
SELECT DISTINCT round(sum(conversions)::numeric, 9) AS conversions, round(sum(value)::numeric, 9) AS value
FROM attribution_credits((SELECT attribution(journey, def) FROM journeys, asked)) GROUP BY model;
SELECT channel, conversions FROM attribution_credits((SELECT attribution(journey,
  attribution_def('purchase', groups => '{"广告=ads:*","广告=微信:访问"}', until => '2027-01-01', models => '{linear}')) FROM journeys));

-- The four ways
CREATE TABLE plain AS SELECT attribution(journey, def) AS summary FROM journeys, asked;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
ALTER TABLE journeys SET (parallel_workers = 2);
SELECT summary = (SELECT attribution(journey, def) FROM journeys, asked) AS parallel FROM plain;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;
SELECT bool_and(grown = (SELECT attribution(journey, def) FROM journeys j, asked WHERE j.customer <= w.customer)) AS window
FROM (SELECT customer, attribution(journey, def) OVER (ORDER BY customer) AS grown FROM journeys, asked) w;
SELECT attribution(journey, def) IS NULL AS empty FROM journeys, asked WHERE false;
SELECT attribution(NULL::journey, def) IS NULL AS all_null FROM journeys, asked;
SELECT attribution(journey, NULL) IS NULL AS no_question FROM journeys;
SELECT count(*) FROM attribution_credits(NULL);
SELECT summary = (SELECT attribution_merge(part) FROM (SELECT attribution(journey, def) AS part FROM journeys, asked GROUP BY customer) p)
  AS merged, summary::text::attribution_summary = summary AS read FROM plain;
SELECT attribution(journey, attribution_def('purchase', lookback => customer * interval '1 day')) FROM journeys;

-- Paths that were counted elsewhere
CREATE TABLE counted (path text[], conversions bigint, value numeric, nulls bigint);
INSERT INTO counted VALUES ('{direct}', 2, 2, 0), ('{search,email}', 3, 30.5, 1), ('{search,social,email}', 5, 50, NULL), ('{}', 1, 9, NULL),
  (NULL, 1, 1, 0), ('{email,""}', 0, 0, 4), (NULL, NULL, NULL, NULL);
SELECT model, channel, round(conversions::numeric, 6) AS conversions, round(value::numeric, 6) AS value
FROM attribution_credits((SELECT attribution(path, conversions, value, nulls,
  attribution_def('purchase', models => '{first,last,linear,position,markov_1,shapley,shapley_rate}')) FROM counted));
SELECT * FROM attribution_paths((SELECT attribution(path, conversions, value, nulls, attribution_def('purchase')) FROM counted));
SELECT attribution('{a}', 1, 1, 0, attribution_def('a', models => '{time_decay}'));
SELECT attribution('{a}', -1, 0, 0, attribution_def('a'));
SELECT attribution('{a}', 0, 1, 0, attribution_def('a'));
SELECT attribution('{a,NULL}', 1, 1, 0, attribution_def('a'));
SELECT attribution('{a}', 1, 'NaN', 0, attribution_def('a'));
SELECT attribution('{a}', 1, 1e18, 0, attribution_def('a'));
SELECT attribution('{a}', 9223372036854775807, 1, 0, attribution_def('a'));
SELECT attribution_merge(s) FROM (SELECT attribution('{a}', 1, 1, 0, attribution_def('purchase')) UNION ALL
  SELECT attribution(journey, attribution_def('purchase')) FROM journeys) v (s);
SELECT attribution_credits(attribution(p, 1, 1, 0, attribution_def('a', models => '{shapley_rate}')))
FROM (SELECT array_agg('c' || i) FROM generate_series(1, 21) i) v (p);

\c :tests
DROP DATABASE clientele_attribution_sql;
