-- SPDX-License-Identifier: PostgreSQL
-- How jobs are defined, what becomes of their runs, and what job_status says. Nothing runs here by itself.
\set tests :DBNAME
SET client_min_messages = warning;
CREATE DATABASE clientele_jobs ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_jobs
\set VERBOSITY default
\set SHOW_CONTEXT never
\pset null '(null)'
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
CREATE EXTENSION clientele;
SET search_path = public, clientele;
CREATE FUNCTION fails(statement text, OUT code text, OUT message text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  message := 'it does not fail';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
  hint := nullif(hint, '');
END $$;
SELECT code, message FROM fails($$SELECT add_job('a', 'SELECT 1', every => '1 hour')$$);
CALL create_store('UTC');
-- A server with a scheduler must not run them.
SELECT pause_jobs();

-- One statement, one way to say when.
SELECT add_job('hourly', 'SELECT 1', every => '1 hour') AS first;
SELECT add_job('nightly', 'CALL clientele.ingest()', schedule => '30 4 * * *', time_zone => 'Europe/Berlin', missed => 'skip', notify => '坏了',
               jitter => '5 minutes', max_run_time => '10 min', max_retries => 0, retry_delay => '1 s', retry_cap => '1 min') AS second;
SELECT add_job('之后', 'DO $do$ BEGIN NULL; END $do$;', after => '{nightly,hourly,nightly}') AS third;
SELECT name, command, schedule, every, after_ids, time_zone, starting = since AS from_now_on, jitter, missed, max_run_time, max_retries, retry_delay,
       retry_cap, notify, paused, owner = current_user AS mine, owner_oid = current_user::regrole AS by_oid, owner_cluster = cluster_id() AS here
FROM clientele_data.jobs ORDER BY job_id \gx
SELECT f.* FROM unnest(ARRAY[
  $$SELECT add_job('x', 'SELECT 1')$$,
  $$SELECT add_job('x', 'SELECT 1', schedule => '* * * * *', every => '1 h')$$,
  $$SELECT add_job('x', 'SELECT 1', schedule => '* * * * *', every => '1 h', after => '{hourly}')$$,
  $$SELECT add_job('', 'SELECT 1', every => '1 h')$$,
  $$SELECT add_job(repeat('名', 167), 'SELECT 1', every => '1 h')$$,
  $$SELECT add_job(NULL, 'SELECT 1', every => '1 h')$$,
  $$SELECT add_job('hourly', 'SELECT 1', every => '1 h')$$,
  $$SELECT add_job('x', NULL, every => '1 h')$$,
  $$SELECT add_job('x', '', every => '1 h')$$,
  $$SELECT add_job('x', ' ; -- nothing', every => '1 h')$$,
  $$SELECT add_job('x', 'SELECT 1; SELECT 2', every => '1 h')$$,
  $$SELECT add_job('x', 'SELECT ''名'' FORM x', every => '1 h')$$,
  $$SELECT add_job('x', 'SELECT ''x', every => '1 h')$$,
  $$SELECT add_job('x', 'COMMIT', every => '1 h')$$,
  $$SELECT add_job('x', repeat(' ', 1000001), every => '1 h')$$,
  $$SELECT add_job('x', 'SELECT 1', schedule => '* * * *')$$,
  $$SELECT add_job('x', 'SELECT 1', schedule => '0 0 30 2 *')$$,
  $$SELECT add_job('x', 'SELECT 1', schedule => '* * * * *', time_zone => 'Berlin')$$,
  $$SELECT add_job('x', 'SELECT 1', every => '999 ms')$$,
  $$SELECT add_job('x', 'SELECT 1', every => '-1 h')$$,
  $$SELECT add_job('x', 'SELECT 1', every => '1 h', starting => 'infinity')$$,
  $$SELECT add_job('x', 'SELECT 1', every => '1 h', jitter => '-1 s')$$,
  $$SELECT add_job('x', 'SELECT 1', every => '1 h', jitter => '1 h')$$,
  $$SELECT add_job('x', 'SELECT 1', schedule => '*/5 * * * *', jitter => '5 min')$$,
  $$SELECT add_job('x', 'SELECT 1', after => '{hourly}', jitter => '25 h')$$,
  $$SELECT add_job('x', 'SELECT 1', every => '1 h', missed => 'twice')$$,
  $$SELECT add_job('x', 'SELECT 1', every => '1 h', missed => NULL)$$,
  $$SELECT add_job('x', 'SELECT 1', every => '1 h', max_run_time => '0')$$,
  $$SELECT add_job('x', 'SELECT 1', every => '1 h', max_retries => -1)$$,
  $$SELECT add_job('x', 'SELECT 1', every => '1 h', retry_delay => '-1 s')$$,
  $$SELECT add_job('x', 'SELECT 1', every => '1 h', retry_cap => '101 years')$$,
  $$SELECT add_job('x', 'SELECT 1', every => '1 h', notify => '')$$,
  $$SELECT add_job('x', 'SELECT 1', every => '1 h', notify => repeat('x', 64))$$,
  $$SELECT add_job('x', 'SELECT 1', after => '{}')$$,
  $$SELECT add_job('x', 'SELECT 1', after => '{hourly,NULL}')$$,
  $$SELECT add_job('x', 'SELECT 1', after => '{hurly}')$$,
  $$SELECT add_job('x', 'SELECT 1', after => '{x}')$$]) AS statement CROSS JOIN LATERAL fails(statement) f;
SELECT count(*) FROM clientele_data.jobs;
-- The place of an error of syntax is one of the command.
SELECT add_job('x', 'SELECT 名 FORM x y', every => '1 h');

-- What is not given stays. Another schedule counts from now on, and nothing else does.
CREATE TABLE before AS SELECT * FROM clientele_data.jobs;
CREATE VIEW changed AS
  SELECT j.name, string_agg(n.key, ', ' ORDER BY n.key) AS changed
  FROM clientele_data.jobs j JOIN before b USING (job_id)
  CROSS JOIN LATERAL jsonb_each(to_jsonb(j)) n WHERE n.value IS DISTINCT FROM to_jsonb(b) -> n.key GROUP BY j.job_id, j.name ORDER BY j.job_id;
CREATE FUNCTION note() RETURNS void LANGUAGE sql AS 'DELETE FROM before; INSERT INTO before SELECT * FROM clientele_data.jobs';
SELECT alter_job('nightly');
SELECT * FROM changed;
SELECT alter_job('nightly', command => 'SELECT 2', jitter => '1 s', missed => 'once', max_run_time => '1 h', max_retries => 1, retry_delay => '2 s',
                 retry_cap => '3 s', remove => '{notify}', new_name => 'night');
SELECT * FROM changed;
SELECT note(), alter_job('night', every => '1 day'), alter_job('hourly', time_zone => 'Asia/Shanghai');
SELECT * FROM changed;
SELECT note(), alter_job('hourly', starting => '2100-01-01'), pause_job('night');
SELECT * FROM changed;
SELECT next_due_at, held_back_by ~ 'paused' AS paused FROM clientele_bi.job_status WHERE job = 'hourly';
SELECT note(), resume_job('night'), resume_job('hourly'), pause_job('之后'), pause_job('之后');
SELECT * FROM changed;
SELECT alter_job('hourly', starting => '2020-01-01'), resume_job('之后');
SELECT f.* FROM unnest(ARRAY[
  $$SELECT alter_job('none')$$, $$SELECT alter_job('nigth')$$, $$SELECT alter_job(NULL)$$,
  $$SELECT alter_job('night', new_name => 'hourly')$$, $$SELECT alter_job('night', every => '1 h', schedule => '* * * * *')$$,
  $$SELECT alter_job('night', remove => '{schedule}')$$, $$SELECT alter_job('night', owner => 'absent role')$$,
  $$SELECT alter_job('night', command => 'x')$$, $$SELECT pause_job('none')$$, $$SELECT resume_job('none')$$, $$SELECT drop_job('none')$$,
  $$UPDATE clientele_data.jobs SET command = 'SELECT' || chr(59) || 'SELECT' WHERE name = 'night'$$,
  $$UPDATE clientele_data.jobs SET schedule = 'x', every = NULL WHERE name = 'night'$$,
  $$UPDATE clientele_data.jobs SET jitter = '1 day' WHERE name = 'night'$$,
  $$INSERT INTO clientele_data.jobs (name, command, every) VALUES ('x', 'SELEC 1', '1 h')$$]) AS statement CROSS JOIN LATERAL fails(statement) f;

-- Cycles, and jobs that others follow.
SELECT add_job('last', 'SELECT 1', after => '{之后}') > 0 AS added;
SELECT alter_job('night', after => '{last}');
SELECT alter_job('last', after => '{last}');
SELECT drop_job('hourly');
DELETE FROM clientele_data.jobs WHERE name IN ('hourly', 'night');
BEGIN;
DELETE FROM clientele_data.jobs WHERE name <> 'night';
ROLLBACK;
SELECT alter_job('last', after => '{hourly}'), drop_job('之后');
SELECT name FROM clientele_data.job_names ORDER BY name;

-- A run is queued once, starts once and ends once.
SELECT queue_run(1, 'schedule', '2026-01-01 00:00Z', 2, 1) AS queued, queue_run(1, 'schedule', '2026-01-01 01:00Z') AS again,
       queue_run(99, 'schedule', '2026-01-01 00:00Z') AS unknown;
SELECT pause_job('night');
SELECT queue_run(2, 'schedule', '2026-01-01 00:00Z') AS paused;
SELECT resume_job('night');
SELECT code, message FROM fails($$SELECT begin_manual_run('hourly')$$);
SELECT start_run(1), start_run(1) AS again, start_run(99) AS unknown;
SELECT state, started_at >= queued_at AS started, ended_at, pid = pg_backend_pid() AS mine, process_lives(pid, process_start) AS lives
FROM clientele_data.job_runs;
SELECT code, message, hint FROM fails($$SELECT begin_manual_run('hourly')$$);
SELECT code, message FROM fails($$SELECT end_run(1, 'waiting')$$);
SELECT code FROM fails($$SELECT end_run(1, 'lost')$$);
SELECT crash_dead_runs() AS crashed;
SELECT end_run(1, 'succeeded', rows => 5), end_run(1, 'failed') AS again, end_run(99, 'failed') AS unknown;
SELECT begin_manual_run('hourly') AS run \gset
UPDATE clientele_data.job_runs SET process_start = process_start - interval '1 s' WHERE run_id = :run;
SELECT crash_dead_runs(2) AS others, crash_dead_runs() AS crashed;
SELECT begin_manual_run('hourly') > 0 AS begun, crash_dead_runs() AS alive;
UPDATE clientele_data.job_runs SET pid = 2147483647 WHERE state = 'running';
-- A manual run does without the scheduler.
SELECT begin_manual_run('hourly') > 0 AS begun;
SELECT end_run(max(run_id), 'cancelled', '57014', 'canceling statement due to user request') FROM clientele_data.job_runs;
SELECT skip_run(1, '2026-01-01 05:00Z', 3) > 0 AS skipped, skip_run(99, '2026-01-01 05:00Z', 3) AS unknown;
SELECT kind, due_at, missed, attempt, state, started_at IS NOT NULL AS started, sqlstate, regexp_replace(message, '\d{2,}', 'N') AS message, rows, failures,
       failing_since IS NOT NULL AS failing
FROM clientele_data.job_runs ORDER BY run_id;
SELECT name, last_due_at, last_run_id, last_run_due_at, last_state, last_started_id, last_success_id, active_state FROM job_states();
SELECT array_agg(name) FROM job_states('{1,4,99}');

-- Clocks that were set back.
UPDATE clientele_data.jobs SET since = '2100-01-01' WHERE name = 'hourly';
SELECT skip_run(1, '2026-01-01 02:00Z', 0) > 0 AS skipped;
SELECT j.since, r.message FROM clientele_data.jobs j JOIN clientele_data.job_runs r USING (job_id) WHERE name = 'hourly' ORDER BY run_id DESC LIMIT 1;

-- A channel that is notified.
SELECT alter_job('hourly', notify => 'broken');
SELECT end_run(begin_manual_run('hourly'), 'succeeded');
SELECT end_run(begin_manual_run('hourly'), 'timed_out', '57014', 'secret');

-- What job_status says. Times are set by hand.
DELETE FROM clientele_data.job_runs;
SELECT alter_job('hourly', notify => 'x', every => '1 hour', starting => now() - interval '30 minutes'),
       alter_job('night', schedule => to_char(now() AT TIME ZONE 'UTC' + interval '12 hours', 'MI HH24 * * *'), time_zone => 'UTC', starting => now());
CREATE VIEW status AS
  SELECT job, state, waits_for, next_due_at > now() AS due_later, next_retry_at IS NOT NULL AS retried, late_seconds > 60 AS late, failures,
         failing_since IS NOT NULL AS failing, last_outcome, last_attempt, last_sqlstate, last_message
  FROM clientele_bi.job_status ORDER BY job;
SELECT * FROM status;
SELECT job, held_back_by, owner = current_user AS mine, regexp_replace(schedule, '^\d+ \d+ ', 'M H ') AS schedule, time_zone, command FROM clientele_bi.job_status ORDER BY job;
SELECT queue_run(1, 'schedule', now()) AS run \gset
SELECT * FROM status WHERE job = 'hourly';
SELECT start_run(:run);
SELECT * FROM status WHERE job = 'hourly';
SELECT running_since = (SELECT started_at FROM clientele_data.job_runs) AS since, running_seconds BETWEEN 0 AND 600 AS seconds FROM clientele_bi.job_status WHERE job = 'hourly';
SELECT end_run(:run, 'failed', '53100', 'no space left');
SELECT * FROM status WHERE job = 'hourly';
SELECT next_retry_at BETWEEN last_ended_at + interval '54 s' AND last_ended_at + interval '66 s' AS retry FROM clientele_bi.job_status WHERE job = 'hourly';
-- Errors that stay are not tried again, nor is what is paused.
SELECT start_run(queue_run(1, 'retry', now(), 0, 2)), end_run(max(run_id), 'failed', '42P01', 'relation "x" does not exist') FROM clientele_data.job_runs;
SELECT end_run((SELECT max(run_id) FROM clientele_data.job_runs), 'failed', '42P01', 'relation "x" does not exist');
SELECT * FROM status WHERE job = 'hourly';
SELECT begin_manual_run('hourly') AS run \gset
SELECT end_run(:run, 'succeeded');
SELECT * FROM status;
SELECT end_run(begin_manual_run('night'), 'succeeded');
SELECT * FROM status;
SELECT next_due_at = last_success_at AS due FROM (SELECT next_due_at FROM clientele_bi.job_status WHERE job = 'last') l
CROSS JOIN (SELECT last_success_at FROM clientele_bi.job_status WHERE job = 'hourly') h;
UPDATE clientele_data.jobs SET since = now() - interval '1 day 2 minutes', starting = now() - interval '1 day 2 minutes';
SELECT job, state, due_later, late FROM status;
SELECT pause_job('hourly');
SELECT job, state, due_later, late, waits_for FROM status;
-- Kept is what is young and among the last, and what the schedule and job_status go by.
INSERT INTO clientele_data.job_runs (job_id, kind, due_at, state, started_at, ended_at, failures)
SELECT 2, 'schedule', now() - n * interval '1 day', CASE WHEN n = 35 THEN 'succeeded' WHEN n = 34 THEN 'failed' ELSE 'cancelled' END,
       now() - n * interval '1 day', now() - n * interval '1 day', 1 FROM generate_series(40, 1, -1) n;
SELECT job, count(*), sum(prune_job_runs) AS pruned FROM (SELECT job FROM clientele_bi.job_runs) r,
       (SELECT prune_job_runs()) p GROUP BY job ORDER BY job;
SELECT job, count(*), min(extract(day FROM now() - started_at)) AS youngest, max(extract(day FROM now() - started_at)) AS oldest
FROM clientele_bi.job_runs GROUP BY job ORDER BY job;
SELECT prune_job_runs(max_rows => 3) AS by_number, prune_job_runs('0') AS by_age, prune_job_runs('0', 0) AS again;
SELECT job, state, count(*) FROM clientele_bi.job_runs GROUP BY job, state ORDER BY job, state;
SELECT f.code, f.message FROM unnest(ARRAY[$$SELECT prune_job_runs('-1 s')$$, $$SELECT prune_job_runs(max_rows => -1)$$]) s CROSS JOIN fails(s) f;
INSERT INTO clientele_data.settings VALUES ('job_history', '1 day'), ('job_history_rows', '2');
INSERT INTO clientele_data.job_runs (job_id, kind, state, started_at, ended_at) SELECT job_id, 'manual', 'succeeded', now(), now() - n * interval '10 h'
FROM clientele_data.jobs, generate_series(5, 1, -1) n WHERE name = 'last';
SELECT prune_job_runs() AS pruned, prune_job_runs('1 year', 100) AS again;

-- All jobs of a database, and copies of it.
SELECT count(*) FROM clientele_bi.job_status WHERE held_back_by ~ 'all jobs of this database are paused';
SELECT queue_run(2, 'schedule', now()) > 0 AS waits, begin_manual_run('last') > 0 AS runs;
-- A scheduler sees nothing of it before it is committed.
BEGIN;
SELECT pause_jobs(), resume_jobs(), resume_jobs();
SELECT count(*) FROM clientele_data.job_runs WHERE ended_at IS NULL;
UPDATE clientele_data.settings SET value = '1:1' WHERE name = 'jobs_home';
COMMIT;
SELECT pause_jobs();
SELECT value FROM clientele_data.settings WHERE name = 'jobs_home';
UPDATE clientele_data.settings SET value = '1:1' WHERE name = 'jobs_home';
SELECT count(*) FROM clientele_bi.job_status WHERE held_back_by ~ 'the database is a copy';
ALTER TABLE clientele_data.jobs DISABLE TRIGGER check_job;
UPDATE clientele_data.jobs SET owner_oid = 1, owner_cluster = 1;
UPDATE clientele_data.jobs SET owner = 'absent role' WHERE name = 'night';
ALTER TABLE clientele_data.jobs ENABLE ALWAYS TRIGGER check_job;
BEGIN;
SELECT note(), resume_jobs();
SELECT * FROM changed;
SELECT value = jobs_home() AS home FROM clientele_data.settings WHERE name = 'jobs_home';
SELECT pause_jobs();
COMMIT;
SELECT job, regexp_replace(held_back_by, '.*; ', '') AS held_back_by FROM clientele_bi.job_status WHERE job = 'night';
SELECT j.name, r.state, r.message FROM clientele_data.job_runs r JOIN clientele_data.jobs j USING (job_id)
WHERE r.message ~ 'copy' ORDER BY r.run_id;
SELECT alter_job('night', owner => current_user);
SELECT count(*) FROM clientele_bi.job_status WHERE held_back_by ~ 'absent role';

-- Columns of job_status have comments, and types that any tool can read.
SELECT c.relname, a.attname, format_type(a.atttypid, NULL) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.oid IN ('clientele_bi.job_status'::regclass, 'clientele_bi.job_runs'::regclass, 'clientele_data.jobs'::regclass, 'clientele_data.job_runs'::regclass,
                'clientele_data.job_names'::regclass)
  AND a.attnum > 0 AND (col_description(c.oid, a.attnum) IS NULL OR c.relnamespace = 'clientele_bi'::regnamespace
  AND NOT a.atttypid = ANY ('{text,integer,bigint,timestamptz,float8,boolean}'::regtype[]));
SELECT drop_job('last'), drop_job('hourly'), drop_job('night');
SELECT count(*) FROM clientele_data.job_runs;
DROP VIEW status, changed;
CALL drop_store();
\c :tests
DROP DATABASE clientele_jobs;
