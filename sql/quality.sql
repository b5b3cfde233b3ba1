-- SPDX-License-Identifier: PostgreSQL
-- How good the data of sources are: the views over runs and rejects, and the state of each source.
\set tests :DBNAME
CREATE DATABASE clientele_quality ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_quality
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'America/New_York'; SET datestyle = 'German, DMY'; SET intervalstyle = 'sql_standard';
SET client_min_messages = warning;
SET search_path = public, clientele;
CREATE EXTENSION clientele;
CALL clientele.create_store('Asia/Shanghai');
CREATE FUNCTION fails(statement text, OUT code text, OUT message text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  message := 'it does not fail';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
END $$;
SELECT count(*) FROM clientele_bi.source_quality;

-- Run n of a source: when it ran, and what it read.
INSERT INTO clientele_data.sources (source_id, name, relation, owner, owner_oid, owner_cluster, method, mapping, paused)
SELECT n, s, 'public.' || s, current_user, current_user::regrole, cluster_id(), 'key', '{}', s = 'app'
FROM (VALUES (1, 'orders'), (2, 'web'), (3, 'crm'), (4, 'app'), (5, 'tickets'), (6, 'store')) x (n, s);
CREATE PROCEDURE run(id bigint, source bigint, at timestamptz, kind text, read bigint, packed bigint, duplicate bigint, rejected bigint, complete bigint,
                     dropped jsonb DEFAULT '{}', known bigint DEFAULT 0, newest timestamptz DEFAULT NULL) LANGUAGE sql AS $$
  INSERT INTO clientele_data.load_runs (run_id, source, source_id, mapping_number, kind, started_at, finished_at, rows_read, rows_packed,
    rows_duplicate, rows_rejected, rows_complete, dropped, rows_known, customers, first_event_at, last_event_at)
  VALUES (id, 'x', source, 1, kind, at, at + interval '90 seconds', read, packed, duplicate, rejected, complete, dropped, known, packed,
    newest - interval '1 hour', newest)
$$;
CREATE PROCEDURE reject(run bigint, reason text, rows integer, resolved_by bigint DEFAULT NULL) LANGUAGE sql AS $$
  INSERT INTO clientele_data.rejects (run_id, source_id, reason, content, resolved_by)
  SELECT run, r.source_id, reason, '{}', resolved_by FROM clientele_data.load_runs r, generate_series(1, rows) WHERE r.run_id = run
$$;

-- Days in the past, for the views of runs and days. 23:30 in Shanghai is still the day before in UTC+9.
CALL run(1, 1, '2026-03-01 23:30+08', 'back-fill', 1000, 900, 40, 60, 850, '{"bad_email": 45, "bad_phone": 10, "properties": 5}', 7, '2026-03-01 23:30+08');
CALL run(2, 1, '2026-03-02 00:30+08', 'batch', 100, 100, 0, 0, 100, '{}', 0, '2026-03-02 00:31+08');
CALL run(3, 1, '2026-03-02 01:00+08', 'batch', 0, 0, 0, 0, 0, '{}', 12);
CALL run(4, 1, '2026-03-03 01:00+08', 'retry', 50, 40, 0, 10, 30, '{"bad_email": 10}', 0, '2026-03-01 20:00+08');
CALL run(5, 1, '2026-03-03 02:00+08', 'history', 0, 0, 0, 0, 0, '{}', 500);
CALL run(6, 2, '2026-03-02 00:30+08', 'sweep', 3, 0, 3, 0, 0);
CALL reject(1, 'bad_time', 10);
CALL reject(1, 'missing_customer', 10);
CALL reject(1, 'bad_amount', 40, 4);
-- A load of load_events() is not one of a source.
INSERT INTO clientele_data.load_runs (run_id, source, rows_read, rows_packed) VALUES (100, 'public.t', 5, 5);
SELECT source, run_id, kind, day, seconds, rows_read AS read, rows_packed AS packed, rows_packed_later AS later, rows_duplicate AS duplicate,
       rows_rejected AS rejected, rows_known AS known, integration_rate, accuracy, dropped_identifiers, dropped_properties, freshness_seconds AS fresh
FROM clientele_bi.source_runs ORDER BY run_id;
SELECT source, day, runs, rows_read AS read, rows_packed AS packed, rows_packed_later AS later, rows_duplicate AS duplicate, rows_rejected AS rejected,
       rows_known AS known, integration_rate, accuracy, dropped_identifiers, dropped_properties, freshness_seconds AS fresh
FROM clientele_bi.source_days ORDER BY source, day;
-- By hand: (900 + 40) / (1000 - 40), and (850 + 30) / 960.
SELECT round(940 / 960.0, 4) AS integration_rate, round(880 / 960.0, 4) AS accuracy;
-- Packed, later packed, duplicates and rejected rows are those read.
SELECT bool_and(rows_read = rows_packed + rows_packed_later + rows_duplicate + rows_rejected) FROM clientele_bi.source_runs;
SELECT source, run_id, day, kind, reason, meaning, rows_rejected, rows_packed_later FROM clientele_bi.source_rejects ORDER BY run_id, reason;
SELECT source, run_id, day, kind, part, dropped FROM clientele_bi.source_dropped ORDER BY run_id, part;
SELECT run_id, rows_read, packed_share FROM clientele_bi.load_quality ORDER BY run_id;

-- The present: orders are fresh, web is dirty, crm stale and dirty, app paused, tickets fail, store has never packed.
CREATE PROCEDURE now_running(source bigint, age interval, failed text DEFAULT '') LANGUAGE sql AS $$
  INSERT INTO clientele_data.source_progress (source_id, cluster, batch_at, last_event_at, failed_at, failures, error_code, error)
  VALUES (source, 1, now(), now() - age, CASE WHEN failed <> '' THEN now() END, (failed <> '')::integer,
          CASE WHEN failed <> '' THEN '42P01' END, failed)
$$;
CALL now_running(1, '29 minutes');
CALL now_running(2, '-5 minutes');
CALL now_running(3, '31 minutes');
CALL now_running(4, '400 days');
CALL now_running(5, '1 minute', 'relation "public.tickets" does not exist');
CALL run(11, 1, now() - interval '2 hours', 'batch', 1000, 950, 0, 50, 940);
CALL run(12, 2, now() - interval '2 hours', 'batch', 1010, 940, 10, 60, 940, '{"bad_email": 3}');
CALL run(13, 3, now() - interval '2 hours', 'batch', 100, 98, 0, 2, 97, '{"bad_phone": 1, "properties": 1}');
CALL run(14, 2, now() - interval '25 hours', 'batch', 1000, 0, 0, 1000, 0);
CALL run(15, 5, now() - interval '2 hours', 'batch', 0, 0, 0, 0, 0);
CALL reject(11, 'bad_time', 30, 4);
CALL reject(11, 'bad_time', 20);
CALL reject(12, 'bad_time', 12);
CALL reject(12, 'missing_customer', 48);
CALL reject(13, 'missing_event', 2);
CALL reject(14, 'bad_time', 1000);
UPDATE clientele_data.source_progress SET history_state = 'reading' WHERE source_id = 3;
SELECT source, relation, state, reason FROM clientele_bi.source_quality ORDER BY source;
SELECT source, round(freshness_seconds / 60) AS minutes, rows_read AS read, rows_packed AS packed, rows_packed_later AS later,
       rows_duplicate AS duplicate, rows_rejected AS rejected, integration_rate, accuracy, dropped_identifiers, rejects_waiting
FROM clientele_bi.source_quality ORDER BY source;

-- Other limits, for all sources and for one.
CALL set_quality_limits(fresh_within => '1 year 2 days', least_accuracy => 0.9);
CALL set_quality_limits('web', least_integration => 0.94);
SELECT source, state, reason FROM clientele_bi.source_quality ORDER BY source;
SELECT name, value FROM clientele_data.settings WHERE name <> 'jobs_home' ORDER BY name;
CALL set_quality_limits('web', judged_over => '2 days');
SELECT source, state, reason FROM clientele_bi.source_quality WHERE source = 'web';
CALL set_quality_limits('web', standard => true);
CALL set_quality_limits(fresh_within => '00:10', standard => true);
SELECT source, state, reason FROM clientele_bi.source_quality WHERE source IN ('orders', 'web') ORDER BY source;
SELECT name, value FROM clientele_data.settings WHERE name <> 'jobs_home' ORDER BY name;
SELECT * FROM fails('CALL clientele.set_quality_limits(''wbe'', ''1 hour'')');
SELECT * FROM fails('CALL clientele.set_quality_limits(fresh_within => ''-1 hour'')');
SELECT * FROM fails('CALL clientele.set_quality_limits(judged_over => ''0'')');
SELECT * FROM fails('CALL clientele.set_quality_limits(least_integration => 95)');
SELECT * FROM fails('CALL clientele.set_quality_limits(least_integration => 0.9, least_accuracy => ''NaN'')');

-- A role of BI reads the views, and not the rejected rows. All columns have comments and plain types.
CREATE ROLE clientele_quality_reader;
CALL clientele.grant_bi('clientele_quality_reader');
SET ROLE clientele_quality_reader;
SELECT state, count(*) FROM clientele_bi.source_quality GROUP BY 1 ORDER BY 1;
SELECT count(*) > 0 FROM clientele_bi.source_rejects;
SELECT count(*) > 0 FROM clientele_bi.source_days;
SELECT * FROM fails('SELECT content FROM clientele_data.rejects');
SELECT * FROM fails('CALL clientele.set_quality_limits(fresh_within => ''1 hour'')');
RESET ROLE;
SELECT c.relname, a.attname, a.atttypid::regtype FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.relnamespace = 'clientele_bi'::regnamespace AND c.relname LIKE 'source\_%'
  AND (col_description(c.oid, a.attnum) IS NULL OR a.atttypid NOT IN ('text'::regtype, 'bigint'::regtype, 'integer'::regtype, 'numeric'::regtype,
       'double precision'::regtype, 'date'::regtype, 'timestamptz'::regtype));

DROP OWNED BY clientele_quality_reader;
DROP ROLE clientele_quality_reader;
CALL clientele.drop_store();
\c :tests
DROP DATABASE clientele_quality;
