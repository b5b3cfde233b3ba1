-- SPDX-License-Identifier: PostgreSQL
-- Drivers such as JDBC bind strings as varchar: every function takes them where it takes a text, a
-- journey or a definition.
\set tests :DBNAME
CREATE DATABASE clientele_varchar ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_varchar
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;

-- Prepares a call of each function with the parameters that a driver would declare.
CREATE FUNCTION prepared(OUT tried bigint, OUT failed text[]) LANGUAGE plpgsql AS $$
DECLARE
  f record;
  -- Our types with a literal of their own.
  literals regtype[] := ARRAY(SELECT casttarget FROM pg_cast JOIN pg_type t ON t.oid = casttarget
                              WHERE castsource = 'varchar'::regtype AND castcontext = 'i'
                                AND typnamespace = 'clientele'::regnamespace);
BEGIN
  tried := 0;
  failed := '{}';
  FOR f IN
    SELECT p.oid::regprocedure AS signature, p.proname, p.prokind, a.types, a.parameters
    FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'clientele'
    JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e',
         LATERAL (SELECT string_agg(CASE WHEN (t = 'text'::regtype OR t = ANY (literals)) THEN 'varchar'
                                         WHEN t = 'text[]'::regtype THEN 'varchar[]' ELSE t::regtype::text END, ', ' ORDER BY n) AS types,
                         string_agg(CASE WHEN p.provariadic <> 0 AND n = p.pronargs THEN 'VARIADIC $' ELSE '$' END || n, ', ' ORDER BY n) AS parameters,
                         bool_or(t = ANY ('{text,text[]}'::regtype[] || literals)) AS with_text,
                         bool_or(t = ANY ('{internal,cstring,trigger}'::regtype[])) AS internal
                  FROM unnest(p.proargtypes) WITH ORDINALITY u (t, n)) a
    WHERE a.with_text AND NOT a.internal AND p.prokind <> 'p'
  LOOP
    tried := tried + 1;
    BEGIN
      EXECUTE format('PREPARE asked (%s) AS SELECT clientele.%I(%s)%s', f.types, f.proname, f.parameters, CASE WHEN f.prokind = 'w' THEN ' OVER ()' END);
      DEALLOCATE asked;
    EXCEPTION WHEN OTHERS THEN
      failed := failed || format('%s: %s', f.signature, SQLERRM);
    END;
  END LOOP;
END $$;
SELECT tried > 40 AS many, failed FROM prepared();

-- And runs those that people call.
CALL create_store();
SELECT event_type('web'::varchar, 'search'::varchar) AS search, event_type('web'::varchar, 'buy'::varchar, '{}') AS buy, item('p-1'::varchar);
PREPARE one (varchar, varchar, varchar[], varchar, varchar) AS
SELECT event_count($1), event_count($1, $2) AS picked, first_at($1), journey_filter($1, $2), session_count($1, '1 h') AS sessions,
       funnel_depth($1, $3, '1 day') AS depth, funnel_depth($1, $4) AS by_definition, funnel_times($1, $4) AS times, journey_path($1, $5) AS path;
EXECUTE one('{1@2026-01-01T00:00:00Z, 2@2026-01-01T00:01:00Z#1=19.99}', 'web:search', '{search,buy}', '{search,buy}', '{"collapse": true}');
EXECUTE one('{1@2026-01-01T00:00:00Z, 2@2026-01-01T00:01:00Z#1=19.99}', 'buy', '{buy}', '{"steps": ["search", "buy"], "within": "30 s"}', '{"start_at": "buy"}');
PREPARE defined (varchar[], varchar, varchar[], varchar) AS SELECT funnel_def($1, NULL, $2, exclusions => $3, time_zone => $4);
EXECUTE defined('{search,buy}', 'strict', '{search@1-2}', 'Asia/Shanghai');
PREPARE summed (varchar, varchar[], varchar) AS
SELECT (SELECT string_agg(name || ' ' || customers, ', ' ORDER BY step) FROM funnel_steps(funnel)) AS funnel, links
FROM (SELECT funnel(journey, $2, NULL), path_links(journey, $3) AS links FROM (VALUES ($1::journey)) v (journey)) s;
EXECUTE summed('{1@2026-01-01T00:00:00Z, 2@2026-01-01T00:01:00Z}', '{search,buy}', '{}');
PREPARE raw (varchar, varchar) AS
SELECT window_funnel('1 day', at, $1, event = 'a', event = 'b'), journey_path(at, event), journey_path(at, event, $2)
FROM (VALUES ('2026-01-01'::timestamptz, 'a'::varchar), ('2026-01-02', 'b')) v (at, event);
EXECUTE raw('strict', '{"reverse": true}');
PREPARE sequences (varchar, varchar, varchar) AS
SELECT sequence_match($1, at, event = 'a', event = 'b'), sequence_count($1, at, event = 'a', event = 'b'),
       sequence_match_events($1, at, event = 'a', event = 'b'), sequence_next_node($2, $3, at, event, true), sequence_next_node($2, $3, at, event, true, event = 'a') AS next
FROM (VALUES ('2026-01-01'::timestamptz, 'a'::varchar), ('2026-01-02', 'b')) v (at, event);
EXECUTE sequences('(?1)(?2)', 'forward', 'head');
-- Columns of varchar do as well.
CREATE TABLE sent (journey varchar, selector varchar(20));
INSERT INTO sent VALUES ('{1@2026-01-01T00:00:00Z}', 'search');
SELECT event_count(journey, selector), journey_merge(journey) FROM sent GROUP BY journey, selector;
PREPARE bought (varchar, varchar) AS
SELECT purchase_summary($1, $2), purchase_times($1, $2), (SELECT purchase_summary(at, 1, $2) FROM (VALUES ('2026-01-01'::timestamptz)) v (at)) AS raw;
EXECUTE bought('{2@2026-01-01T00:00:00Z=5, 2@2026-01-08T00:00:00Z=19.99}', '{"until": "2026-02-01", "purchase": "buy", "time_zone": "UTC"}');
PREPARE counted (varchar, varchar) AS SELECT purchase_def('2026-02-01', purchase => $1, time_zone => $2);
EXECUTE counted('web:buy', 'Asia/Shanghai');
PREPARE lost (varchar) AS SELECT round(churn_prob(2, 30, 39, $1)::numeric, 4) AS churn_prob, round(expected_purchases($1, 52)::numeric, 4) AS expected_purchases;
EXECUTE lost('{"model": "BG/NBD", "parameters": {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}}');
PREPARE fitted (varchar) AS SELECT btyd_fit(i % 3, i % 3, 5, $1) IS NOT NULL AS fitted FROM generate_series(1, 9) i;
EXECUTE fitted('MBG/NBD');
PREPARE spent (varchar, varchar) AS
SELECT save_model($1, $2) AS version, round(expected_spend(2, 20, $2)::numeric, 2) AS by_json, round(expected_spend($2)::numeric, 2) AS everybody;
EXECUTE spent('spend', '{"model": "Gamma-Gamma", "parameters": {"p": 6.25, "q": 3.74, "v": 15.44}}');
PREPARE named (varchar) AS SELECT round(expected_spend(2, 20, $1)::numeric, 2) AS by_name, round(expected_spend($1)::numeric, 2) AS everybody;
EXECUTE named('spend');
PREPARE stays (varchar) AS SELECT round(contract_survival($1, 3)::numeric, 4) AS survival, round(contract_residual_lifetime($1, 1, 0.1)::numeric, 4) AS residual, round(churn_prob(2, $1)::numeric, 4) AS churn;
EXECUTE stays('{"model": "sBG", "parameters": {"alpha": 0.668, "beta": 3.806}}');
PREPARE compared (varchar, varchar, varchar) AS SELECT choose_model($1, $2, $3), (SELECT count(*) FROM compare_models($1, $2)) AS versions;
EXECUTE compared('spend', 'VALUES (1)', 'bias');
EXECUTE compared('spend', 'SELECT 1 AS x, 20 AS monetary, 30 AS holdout_monetary', 'bias');
PREPARE left_us (varchar, varchar) AS
SELECT churn_prob('{"months": 3}'::jsonb, $1), churn_prob(ARRAY[3], $1) AS same, (SELECT churn_fit(ARRAY[n], n % 3 = 0, $2) IS NOT NULL FROM generate_series(1, 9) n) AS fitted;
EXECUTE left_us('{"intercept": 1.5, "features": [{"name": "months", "coefficient": -0.5}]}', '{"penalty": 2}');
PREPARE left_us_by_journeys (varchar, varchar, varchar, varchar) AS
SELECT round(churn_prob($1, $2, '2026-02-01')::numeric, 6) AS p, (SELECT count(*) FROM churn_reasons($1, $2, '2026-02-01', 1)) AS reasons, churned($1, '2026-02-01', '30 days', $3),
       (SELECT churn_fit(j, n % 3 = 0, '2026-02-01', $4) IS NOT NULL FROM generate_series(1, 9) n, (VALUES ($1)) v (j)) AS fitted;
EXECUTE left_us_by_journeys('{1@2026-01-01T00:00:00Z, 2@2026-01-01T00:01:00Z#1=19.99}',
  '{"intercept": 1.5, "features": [{"name": "recency_days", "coefficient": -0.05}], "features_def": {"time_zone": "UTC"}}', 'search', '{"features": {"time_zone": "UTC"}}');
PREPARE kept_customers (varchar, varchar) AS
SELECT r.* FROM (SELECT retention_table($1, $2) AS s) v, retention_periods(s) r;
EXECUTE kept_customers('{1@2026-01-01T00:00:00Z, 1@2026-01-02T00:01:00Z=5}', '{"start_at": "search", "up_to": 1, "amounts": true, "until": "2026-02-01T00:00:00Z", "time_zone": "UTC"}');
PREPARE retained (varchar, varchar, varchar) AS SELECT retention_def($1, $1, $2, $3), (SELECT count(*) FROM retention_of('{1@2026-01-01T00:00:00Z}', retention_def($1, time_zone => 'UTC'))) AS none;
EXECUTE retained('search', 'week', 'elapsed');
PREPARE counted_events (varchar, varchar, varchar[], varchar, varchar) AS
SELECT counts_def($1, $2, $3, time_zone => $4), (SELECT sum(events) FROM count_periods((SELECT event_counts($5, $1) FROM generate_series(1, 2)))) AS events;
EXECUTE counted_events('search', 'week', '{channel}', 'Asia/Shanghai', '{1@2026-01-01T00:00:00Z}');
PREPARE tagged (varchar[], varchar, jsonb) AS SELECT tag_match($1, $2), $1 @@ $2::tag_query AS by_operator, $2::tag_query @@ $1 AS commuted, tag_match($3, $2) AS by_jsonb, tag_query_names($2);
EXECUTE tagged('{vip,城市=上海}', 'vip & 城市=上海', '["vip"]');
PREPARE matched (varchar, varchar) AS SELECT journey_matches($1, $2), journey_match_count($1, $2), (SELECT count(*) FROM journey_match_times($1, $2)) AS rows, pattern($2, '1 day'),
       (SELECT journey_matches(now(), $1, $2)) AS raw;
EXECUTE matched('{1@2026-01-01T00:00:00Z, 2@2026-01-01T00:01:00Z#1=19.99}', 'search ... (?<x>.)');
CREATE TABLE kept (journey journey, funnel funnel_def, path path_def);
INSERT INTO kept SELECT journey, '{search}'::varchar, '{}'::varchar FROM sent;
SELECT * FROM kept;

\c :tests
DROP DATABASE clientele_varchar;
