-- SPDX-License-Identifier: PostgreSQL
-- Jobs in the caller's session: the rights of the owner, transactions, what is recorded, and what stays as it was.
\set tests :DBNAME
SET client_min_messages = warning;
CREATE ROLE regress_run_store LOGIN;
CREATE ROLE regress_run_owner LOGIN;
CREATE ROLE regress_run_member LOGIN IN ROLE regress_run_owner;
CREATE ROLE regress_run_other LOGIN;
GRANT regress_run_owner TO regress_run_store;
CREATE DATABASE clientele_run_job ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_run_job
\set VERBOSITY default
\set SHOW_CONTEXT never
\pset null '(null)'
SET client_min_messages = warning;
SET TimeZone = 'America/New_York';
CREATE EXTENSION clientele;
GRANT CREATE ON DATABASE clientele_run_job TO regress_run_store;
SET ROLE regress_run_store;
CALL clientele.create_store('UTC');
CALL clientele.grant_jobs('regress_run_owner');
RESET ROLE;
CREATE SCHEMA work AUTHORIZATION regress_run_owner;
ALTER ROLE regress_run_owner IN DATABASE clientele_run_job SET search_path = work;
ALTER ROLE regress_run_owner IN DATABASE clientele_run_job SET work_mem = '1234kB';
-- How the last run went.
CREATE VIEW last AS
  SELECT j.name, r.kind, r.state, r.rows, r.sqlstate, r.message, r.context
  FROM clientele_data.job_runs r JOIN clientele_data.jobs j USING (job_id) ORDER BY r.run_id DESC LIMIT 1;
CREATE VIEW brief AS SELECT name, state, rows, sqlstate, message FROM last;

SET SESSION AUTHORIZATION regress_run_owner;
SET search_path = work, public;
CREATE TABLE numbers (n integer UNIQUE DEFERRABLE INITIALLY DEFERRED);
CREATE PROCEDURE add(name text, command text, max_run_time interval DEFAULT '1 day') LANGUAGE sql BEGIN ATOMIC
  SELECT clientele.add_job(name, command, every => '1000 years', max_run_time => max_run_time);
END;
CALL add('rows', 'INSERT INTO numbers SELECT generate_series(1, 7) RETURNING n');
CALL add('select', 'SELECT FROM numbers WHERE n > 2');
CALL add('update', 'UPDATE numbers SET n = n + 100 WHERE n > 5');
CALL add('do', 'DO $$ BEGIN DELETE FROM numbers WHERE n > 100; COMMIT; END $$');
CALL add('vacuum', 'VACUUM (ANALYZE) numbers');
CALL add('concurrently', 'CREATE INDEX CONCURRENTLY numbers_idx ON numbers (n)');
CALL add('explain', 'EXPLAIN (COSTS off) SELECT 1');
CALL add('zero', 'SELECT 1 / (n - n) FROM numbers');
CALL add('deferred', 'INSERT INTO numbers VALUES (1)');
CALL add('unknown', '/* 客户 */ SELECT nothing FROM numbers');
CALL add('slow', 'SELECT pg_sleep(60)', '100 ms');
CALL add('stubborn', $$DO 'BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN RAISE EXCEPTION USING MESSAGE = ''not me'', ERRCODE = ''P1234''; END'$$, '100 ms');

-- What a command returned or changed; CALL, DO and VACUUM count nothing.
CALL clientele.run_job('rows');
RESET SESSION AUTHORIZATION; TABLE last; SET SESSION AUTHORIZATION regress_run_owner;
CALL clientele.run_job('select');
CALL clientele.run_job('update');
CALL clientele.run_job('do');
CALL clientele.run_job('vacuum');
CALL clientele.run_job('concurrently');
CALL clientele.run_job('explain');
SELECT array_agg(n ORDER BY n) FROM numbers;
-- Errors are recorded, and raised again.
CALL clientele.run_job('zero');
CALL clientele.run_job('deferred');
CALL clientele.run_job('unknown');
RESET SESSION AUTHORIZATION; TABLE last; SET SESSION AUTHORIZATION regress_run_owner;
CALL clientele.run_job('slow');
CALL clientele.run_job('stubborn');
RESET SESSION AUTHORIZATION;
SELECT j.name, r.state, r.rows, r.sqlstate, r.message, r.pid = pg_backend_pid() AS here, r.ended_at >= r.started_at AS times
FROM clientele_data.job_runs r JOIN clientele_data.jobs j USING (job_id) ORDER BY r.run_id;
SELECT clientele_data.jobs.name FROM clientele_data.jobs JOIN clientele_data.job_runs USING (job_id) WHERE due_at IS NOT NULL;

-- A procedure commits, and fails later: what it has committed stays.
SET SESSION AUTHORIZATION regress_run_owner;
CREATE PROCEDURE steps() LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 11..16 LOOP
    INSERT INTO numbers VALUES (i);
    IF i % 2 = 0 THEN ROLLBACK; ELSE COMMIT; END IF;
  END LOOP;
  INSERT INTO numbers VALUES (17);
  RAISE EXCEPTION '步骤 %', 17 USING DETAIL = 'a detail', HINT = 'a hint', ERRCODE = '22023';
END $$;
CALL add('steps', 'CALL steps()');
CALL clientele.run_job('steps');
SELECT array_agg(n ORDER BY n) FROM numbers WHERE n > 10;
RESET SESSION AUTHORIZATION;
TABLE last;

-- Where it can be called.
BEGIN;
CALL clientele.run_job('select');
ROLLBACK;
DO $$ BEGIN CALL clientele.run_job('select'); END $$;
CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CALL clientele.run_job('select'); END $$;
SELECT f();
CREATE PROCEDURE p() LANGUAGE sql AS $$ CALL clientele.run_job('select') $$;
CALL p();
CALL clientele.run_job(NULL);
CALL clientele.run_job('nothing');
SET SESSION AUTHORIZATION regress_run_owner;
CALL add('recursion', $$CALL clientele.run_job('select')$$);
CALL clientele.run_job('recursion');
RESET SESSION AUTHORIZATION;

-- A job that runs does not run again; a run whose process has gone is crashed.
SET ROLE regress_run_store;
SELECT clientele.begin_manual_run('select') > 0 AS begun;
RESET ROLE;
\set VERBOSITY terse
CALL clientele.run_job('select');
\set VERBOSITY default
UPDATE clientele_data.job_runs SET pid = 1 WHERE state = 'running';
CALL clientele.run_job('select');
SELECT r.state, r.sqlstate FROM clientele_data.job_runs r ORDER BY run_id DESC LIMIT 2;

-- Rights. The caller must be able to become the owner, and so must the store's owner.
SET SESSION AUTHORIZATION regress_run_other;
CALL clientele.run_job('select');
SET SESSION AUTHORIZATION regress_run_member;
CALL clientele.run_job('select');
RESET SESSION AUTHORIZATION;
TABLE brief;
ALTER ROLE regress_run_owner NOLOGIN;
CALL clientele.run_job('select');
ALTER ROLE regress_run_owner LOGIN;
REVOKE regress_run_owner FROM regress_run_store;
CALL clientele.run_job('select');
GRANT regress_run_owner TO regress_run_store;

-- The command has the rights of the owner in each of its transactions, and cannot get those of the caller.
SET SESSION AUTHORIZATION regress_run_owner;
CREATE TABLE seen (step integer GENERATED ALWAYS AS IDENTITY, role text, told text);
CREATE PROCEDURE attempt(command text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE command;
  INSERT INTO seen (role, told) VALUES (current_user, command);
EXCEPTION WHEN OTHERS THEN
  INSERT INTO seen (role, told) VALUES (current_user, concat_ws(' ', SQLSTATE, command));
END $$;
CREATE PROCEDURE climb() LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO seen (role) VALUES (current_user); COMMIT;
  INSERT INTO seen (role) VALUES (current_user); ROLLBACK;
  INSERT INTO seen (role) VALUES (current_user); COMMIT;
  CALL attempt('RESET ROLE'); COMMIT;
  CALL attempt('SET SESSION AUTHORIZATION DEFAULT'); ROLLBACK;
  CALL attempt('SET LOCAL ROLE regress_run_store');
  CALL attempt('SELECT set_config(''session_authorization'', ''regress_run_store'', false)');
  CALL attempt('CREATE ROLE regress_run_climber');
  CALL attempt('DISCARD ALL'); COMMIT;
  CALL attempt('CREATE TEMP TABLE customers AS SELECT 1 AS trap');
  CALL attempt('PREPARE trap AS SELECT 1');
  CALL attempt('DECLARE trap CURSOR WITH HOLD FOR SELECT 1');
  CALL attempt('LISTEN trap');
  CALL attempt('SELECT pg_advisory_lock(1)');
  CALL attempt('SET search_path = trap');
  CALL attempt('SET trap.trap = 1');
  CALL attempt('SET statement_timeout = 1'); COMMIT;
  INSERT INTO seen (role, told) VALUES (current_user, 'at last');
END $$;
CALL add('climb', 'CALL climb()');
RESET SESSION AUTHORIZATION;
SET search_path = public, work, pg_temp;
SET work_mem = '5MB';
SET my.setting = 'mine';
CREATE TEMP TABLE own (n integer);
PREPARE own AS SELECT 1;
LISTEN own;
DECLARE own CURSOR WITH HOLD FOR SELECT 'only for me';
CALL clientele.run_job('climb');
CLOSE own;
CALL clientele.run_job('climb');
TABLE brief;
SELECT role, told FROM work.seen ORDER BY step;
SELECT current_user, session_user = current_user AS same, current_setting('search_path'), current_setting('work_mem'), current_setting('my.setting'),
       current_setting('trap.trap', true), current_setting('statement_timeout');
SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema() ORDER BY 1;
SELECT name FROM pg_prepared_statements;
SELECT name FROM pg_cursors;
SELECT pg_listening_channels();
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
UNLISTEN *;

-- The settings are those of the database and the owner, not the caller's.
SET SESSION AUTHORIZATION regress_run_owner;
CALL add('settings', $$INSERT INTO seen (role, told) SELECT current_user, concat_ws(' ', current_setting('search_path'), current_setting('work_mem'),
  current_setting('enable_sort'), current_setting('default_transaction_read_only'), current_setting('my.setting'))$$);
RESET SESSION AUTHORIZATION;
SET enable_sort = off;
SET default_transaction_read_only = on;
SET default_transaction_isolation = serializable;
CALL clientele.run_job('settings');
SHOW enable_sort;
SHOW default_transaction_read_only;
SHOW my.setting;
RESET default_transaction_read_only;
RESET default_transaction_isolation;
TABLE brief;
SELECT told FROM work.seen ORDER BY step DESC LIMIT 1;
-- An owner that calls it finds its role and its settings again, too.
SET SESSION AUTHORIZATION regress_run_owner;
CALL add('statement', $$SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY$$);
CALL clientele.run_job('statement');
SHOW default_transaction_read_only;
ALTER ROLE regress_run_owner IN DATABASE clientele_run_job SET statement_timeout = '50ms';
CALL add('timeout', 'SELECT pg_sleep(60)');
CALL clientele.run_job('timeout');
SHOW statement_timeout;
RESET SESSION AUTHORIZATION;
TABLE brief;

-- That of the caller limits the call, too.
ALTER ROLE regress_run_owner IN DATABASE clientele_run_job SET statement_timeout = '1h';
SET statement_timeout = '2s';
CALL clientele.run_job('timeout');
RESET statement_timeout;
TABLE brief;

-- Commands that need a client, as an older version may have stored them.
ALTER TABLE clientele_data.jobs DISABLE TRIGGER check_job;
UPDATE clientele_data.jobs SET command = 'COPY numbers TO STDOUT' WHERE name = 'select';
CALL clientele.run_job('select');
UPDATE clientele_data.jobs SET command = 'COMMIT' WHERE name = 'select';
CALL clientele.run_job('select');
UPDATE clientele_data.jobs SET command = 'SELECT 1; SELECT 2' WHERE name = 'select';
CALL clientele.run_job('select');
UPDATE clientele_data.jobs SET command = '' WHERE name = 'select';
CALL clientele.run_job('select');
-- A store that has no jobs.
ALTER TABLE clientele_data.jobs RENAME TO jobs_table;
CREATE VIEW clientele_data.jobs AS TABLE clientele_data.jobs_table;
CALL clientele.run_job('select');

\c :tests
DROP DATABASE clientele_run_job;
DROP ROLE regress_run_store, regress_run_member, regress_run_other, regress_run_owner;
