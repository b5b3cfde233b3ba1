-- SPDX-License-Identifier: PostgreSQL
-- Who sees and changes which jobs. The store belongs to an ordinary role.
\set tests :DBNAME
SET client_min_messages = warning;
CREATE ROLE regress_jobs_store LOGIN;
CREATE ROLE regress_jobs_ann LOGIN;
CREATE ROLE regress_jobs_friend LOGIN IN ROLE regress_jobs_ann;
CREATE ROLE regress_jobs_bob LOGIN;
CREATE ROLE regress_jobs_eve LOGIN;
CREATE ROLE regress_jobs_viewer LOGIN;
GRANT regress_jobs_ann, regress_jobs_bob TO regress_jobs_store;
CREATE DATABASE clientele_job_rights ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_job_rights
\set VERBOSITY default
\set SHOW_CONTEXT never
\pset null '(null)'
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE EXTENSION clientele;
GRANT CREATE ON DATABASE clientele_job_rights TO regress_jobs_store;
GRANT CREATE ON SCHEMA public TO PUBLIC;
SET search_path = public, clientele;
CREATE FUNCTION fails(statement text, OUT code text, OUT message text, OUT detail text, OUT hint text) LANGUAGE plpgsql AS $$
DECLARE
  n bigint;
BEGIN
  EXECUTE statement;
  GET DIAGNOSTICS n = ROW_COUNT;
  message := n || ' rows';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
END $$;
SET ROLE regress_jobs_store;
CALL create_store('UTC');
SELECT pause_jobs();

-- Without grant_jobs() nothing, and with it jobs of one's own.
SET ROLE regress_jobs_ann;
SELECT * FROM fails($$SELECT add_job('ann', 'SELECT 1', every => '1 h')$$);
RESET ROLE;
SET ROLE regress_jobs_store;
CALL grant_jobs('regress_jobs_ann');
CALL grant_jobs('regress_jobs_bob');
CALL grant_jobs('regress_jobs_viewer');
CALL grant_bi('regress_jobs_eve');
SET client_min_messages = warning;
SET ROLE regress_jobs_ann;
SELECT add_job('ann', 'SELECT ''secret of ann''', schedule => '7 7 * * *') > 0 AS added;
RESET ROLE;
SET ROLE regress_jobs_bob;
SELECT add_job('bob', 'SELECT ''secret of bob''', every => '1 h') > 0 AS added, add_job('bob after ann', 'SELECT 2', after => '{ann}') > 0 AS follows;
RESET ROLE;
-- The owner of the store must be able to act as the owner of a job.
SET ROLE regress_jobs_viewer;
SELECT * FROM fails($$SELECT add_job('v', 'SELECT 1', every => '1 h')$$);
SET clientele.trusted_owners = 'regress_jobs_store';
SELECT * FROM fails($$SELECT add_job('v', 'SELECT 1', every => '1 h')$$);
RESET ROLE;
RESET clientele.trusted_owners;
SELECT * FROM fails($$SELECT add_job('super', 'SELECT 1', every => '1 h')$$);
SET clientele.trusted_owners = 'regress_jobs_store';
SELECT code, message, hint FROM fails($$SELECT add_job('super', 'SELECT 1', every => '1 h')$$);
RESET clientele.trusted_owners;
-- Jobs of roles that may not log in would fail.
ALTER ROLE regress_jobs_bob NOLOGIN;
SET ROLE regress_jobs_bob;
SELECT add_job('bob later', 'SELECT 3', every => '1 h') > 0 AS added;
SELECT drop_job('bob later');
RESET ROLE;
ALTER ROLE regress_jobs_bob LOGIN;

-- Members of the owner's role, the owner of the store and superusers see a job; others its name and state.
CREATE VIEW shown AS SELECT job, state, command IS NOT NULL AS command, schedule IS NOT NULL AS schedule, last_message IS NOT NULL AS message,
  last_sqlstate IS NOT NULL AS code, last_rows IS NOT NULL AS rows FROM clientele_bi.job_status ORDER BY job;
CREATE VIEW shown_runs AS SELECT job, state, message IS NOT NULL AS message, sqlstate IS NOT NULL AS code, context IS NOT NULL AS context, rows IS NOT NULL AS rows
  FROM clientele_bi.job_runs ORDER BY job, run_id;
GRANT SELECT ON shown, shown_runs TO PUBLIC;
ALTER VIEW shown SET (security_invoker = on);
ALTER VIEW shown_runs SET (security_invoker = on);
SET ROLE regress_jobs_store;
SELECT end_run(begin_manual_run('ann'), 'failed', '22012', 'secret error', 'secret context', 1), end_run(begin_manual_run('bob'), 'failed', '22012', 'e', 'c', 1);
SELECT string_agg(name, ', ' ORDER BY name) FROM clientele_data.jobs;
SELECT * FROM shown;
RESET ROLE;
SET ROLE regress_jobs_ann;
SELECT string_agg(name, ', ' ORDER BY name) FROM clientele_data.jobs;
SELECT count(*) FROM clientele_data.job_runs;
SELECT string_agg(name, ', ' ORDER BY name) FROM job_states();
SELECT * FROM shown;
SELECT * FROM shown_runs;
RESET ROLE;
SET ROLE regress_jobs_friend;
SET clientele.trusted_owners = 'regress_jobs_store';
SELECT string_agg(name, ', ' ORDER BY name) FROM clientele_data.jobs;
SELECT alter_job('ann', command => 'SELECT ''by a friend'''), pause_job('ann'), resume_job('ann');
SELECT owner, command FROM clientele_data.jobs;
RESET clientele.trusted_owners;
RESET ROLE;
SET ROLE regress_jobs_eve;
SELECT * FROM fails('SELECT * FROM clientele_data.jobs');
SELECT * FROM shown;
SELECT * FROM shown_runs;
RESET ROLE;

-- Jobs of others: not changed, not dropped, not run, not even by their numbers.
SET ROLE regress_jobs_ann;
SELECT f.code, f.message, f.detail, f.hint FROM unnest(ARRAY[
  $$SELECT alter_job('bob', command => 'SELECT 1')$$, $$SELECT pause_job('bob')$$, $$SELECT resume_job('bob')$$, $$SELECT drop_job('bob')$$,
  $$SELECT begin_manual_run('bob')$$, $$SELECT add_job('bob', 'SELECT 1', every => '1 h')$$, $$SELECT alter_job('ann', new_name => 'bob')$$,
  $$SELECT drop_job('ann')$$, $$SELECT pause_jobs()$$, $$SELECT resume_jobs()$$,
  $$UPDATE clientele_data.jobs SET command = 'SELECT 1' WHERE name = 'bob'$$,
  $$DELETE FROM clientele_data.jobs WHERE name = 'bob'$$,
  $$INSERT INTO clientele_data.jobs (name, command, every, owner) VALUES ('forged', 'SELECT 1', '1 h', 'regress_jobs_bob')$$,
  $$INSERT INTO clientele_data.jobs (name, command, every, owner, owner_oid) VALUES ('forged', 'SELECT 1', '1 h', 'regress_jobs_store', 10)$$,
  $$UPDATE clientele_data.jobs SET owner = 'regress_jobs_bob'$$,
  $$UPDATE clientele_data.jobs SET owner = 'regress_jobs_store'$$,
  $$SELECT alter_job('ann', owner => 'regress_jobs_bob')$$,
  $$SELECT alter_job('ann', owner => 'regress_jobs_friend')$$,
  $$INSERT INTO clientele_data.job_runs (job_id, kind, state) SELECT job_id, 'manual', 'waiting' FROM clientele_data.job_names WHERE name = 'bob'$$,
  $$UPDATE clientele_data.job_runs SET job_id = (SELECT job_id FROM clientele_data.job_names WHERE name = 'bob')$$,
  $$TRUNCATE clientele_data.jobs$$,
  $$ALTER TABLE clientele_data.jobs DISABLE ROW LEVEL SECURITY$$,
  $$CREATE TRIGGER t BEFORE UPDATE ON clientele_data.jobs FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()$$]) s CROSS JOIN fails(s) f;
SELECT queue_run(job_id, 'manual', now()) AS queued, skip_run(job_id, now(), 1) AS skipped FROM clientele_data.job_names WHERE name = 'bob';
SELECT end_run(n, 'cancelled') AS ended FROM generate_series(1, 2) n;
SELECT prune_job_runs('0', 0) AS pruned;
-- Numbers of the owner that are written by hand are put right.
UPDATE clientele_data.jobs SET owner_oid = 10, owner_cluster = 1;
SELECT owner, owner_oid = 'regress_jobs_ann'::regrole AS true_number, owner_cluster = cluster_id() AS here FROM clientele_data.jobs;
RESET ROLE;
SELECT count(*) FROM clientele_data.job_runs;

-- A right to the table alone, or to pass row level security, does not let a role run commands as another one.
CREATE ROLE regress_jobs_bypass LOGIN BYPASSRLS;
GRANT regress_jobs_bypass TO regress_jobs_store;
SET ROLE regress_jobs_store;
CALL grant_jobs('regress_jobs_bypass');
SET ROLE regress_jobs_bypass;
SELECT count(*) FROM clientele_data.jobs;
SELECT f.code, f.message, f.detail FROM unnest(ARRAY[
  $$UPDATE clientele_data.jobs SET command = 'SELECT 1' WHERE name = 'bob'$$,
  $$UPDATE clientele_data.jobs SET owner = 'regress_jobs_bypass' WHERE name = 'bob'$$,
  $$SELECT alter_job('bob', command => 'SELECT 1')$$]) s CROSS JOIN fails(s) f;
RESET ROLE;
-- The trigger is there with session_replication_role, too.
SET session_replication_role = replica;
SET ROLE regress_jobs_ann;
SELECT f.code, f.message, f.detail FROM fails($$UPDATE clientele_data.jobs SET owner = 'regress_jobs_bob'$$) f;
RESET ROLE;
RESET session_replication_role;

-- The owner of the store may do all, as long as it may act as the owner of the job.
SET ROLE regress_jobs_store;
SELECT alter_job('bob', command => 'SELECT 4', owner => 'regress_jobs_ann'), pause_job('bob'), alter_job('bob', owner => 'regress_jobs_bob');
RESET ROLE;
REVOKE regress_jobs_bob FROM regress_jobs_store;
SET ROLE regress_jobs_store;
SELECT job, held_back_by FROM clientele_bi.job_status WHERE owner = 'regress_jobs_bob' ORDER BY job;
SELECT resume_job('bob'), alter_job('bob', notify => 'x');
SELECT f.code, f.message, f.detail FROM fails($$SELECT alter_job('bob', command => 'SELECT 5')$$) f;
RESET ROLE;
GRANT regress_jobs_bob TO regress_jobs_store;

-- What goes wrong with an owner is shown before a run fails.
CREATE VIEW problems AS SELECT job, regexp_replace(held_back_by, '^all jobs[^;]*(; )?', '') AS held_back_by FROM clientele_bi.job_status ORDER BY job;
SELECT * FROM problems;
ALTER ROLE regress_jobs_bob NOLOGIN;
REVOKE CONNECT ON DATABASE clientele_job_rights FROM PUBLIC;
SELECT * FROM problems;
GRANT CONNECT ON DATABASE clientele_job_rights TO PUBLIC;
ALTER ROLE regress_jobs_bob RENAME TO regress_jobs_rob;
SELECT * FROM problems WHERE job LIKE 'bob%';
-- The renamed role still has its jobs, and giving the command again writes the new name.
ALTER ROLE regress_jobs_rob LOGIN;
SET ROLE regress_jobs_rob;
SELECT alter_job('bob', command => 'SELECT 6'), alter_job('bob after ann', owner => 'regress_jobs_rob');
RESET ROLE;
SELECT * FROM problems WHERE job LIKE 'bob%';
SELECT DISTINCT owner FROM clientele_data.jobs WHERE name LIKE 'bob%';
-- A role of the same name is another one.
SET ROLE regress_jobs_store;
REVOKE ALL ON clientele_data.jobs, clientele_data.job_runs, clientele_data.job_names, clientele_bi.job_status, clientele_bi.job_runs FROM regress_jobs_rob;
REVOKE USAGE ON SCHEMA clientele_data, clientele_bi FROM regress_jobs_rob;
RESET ROLE;
DROP ROLE regress_jobs_rob;
SELECT * FROM problems WHERE job LIKE 'bob%';
CREATE ROLE regress_jobs_rob LOGIN;
GRANT regress_jobs_rob TO regress_jobs_store;
SET ROLE regress_jobs_store;
CALL grant_jobs('regress_jobs_rob');
RESET ROLE;
SELECT * FROM problems WHERE job LIKE 'bob%';
SET ROLE regress_jobs_rob;
SELECT count(*) FROM clientele_data.jobs;
SELECT code, message FROM fails($$SELECT drop_job('bob')$$);
RESET ROLE;
-- The owner of the store drops what belongs to no role, or gives it to one.
SET ROLE regress_jobs_store;
SELECT drop_job('bob after ann');
SELECT f.code, f.message, f.detail FROM unnest(ARRAY[$$SELECT alter_job('bob', command => 'SELECT 7')$$]) s CROSS JOIN fails(s) f;
SELECT alter_job('bob', owner => 'regress_jobs_rob', command => 'SELECT 8');
RESET ROLE;
SELECT * FROM problems WHERE job LIKE 'bob%';

-- The owner of the store can write what it likes. No job runs as a role that is not known for sure, or that this owner may not become.
SET ROLE regress_jobs_store;
ALTER TABLE clientele_data.jobs DISABLE TRIGGER check_job;
ALTER TABLE clientele_data.jobs ALTER owner DROP NOT NULL, ALTER owner_oid DROP NOT NULL, ALTER owner_cluster DROP NOT NULL;
UPDATE clientele_data.jobs SET owner = r.rolname, owner_oid = r.oid, owner_cluster = NULL, command = 'ALTER ROLE regress_jobs_store SUPERUSER'
FROM pg_roles r WHERE r.oid = 10 AND name = 'bob';
RESET ROLE;
CALL run_job('bob');
UPDATE clientele_data.jobs SET owner_cluster = cluster_id(), owner_oid = NULL WHERE name = 'bob';
CALL run_job('bob');
UPDATE clientele_data.jobs SET owner_oid = 10, owner = NULL WHERE name = 'bob';
CALL run_job('bob');
UPDATE clientele_data.jobs SET owner = 'regress_jobs_rob', owner_oid = 'regress_jobs_ann'::regrole WHERE name = 'bob';
CALL run_job('bob');
UPDATE clientele_data.jobs SET owner_cluster = 1, owner = r.rolname FROM pg_roles r WHERE r.oid = 10 AND name = 'bob';
\set VERBOSITY sqlstate
CALL run_job('bob');
\set VERBOSITY default
SELECT rolsuper FROM pg_roles WHERE rolname = 'regress_jobs_store';
SELECT job_owner_problem(NULL, 10, cluster_id()), job_owner_problem('regress_jobs_ann', NULL, 1), job_owner_problem('regress_jobs_ann', 10, NULL);

-- A role that puts a view in place of the table gains nothing from those who use it.
CREATE ROLE regress_jobs_trap LOGIN;
DROP SCHEMA clientele_bi, clientele_data CASCADE;
GRANT CREATE ON DATABASE clientele_job_rights TO regress_jobs_trap;
SET ROLE regress_jobs_trap;
CREATE SCHEMA clientele_data;
CREATE FUNCTION clientele_data.caught() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'code of the trap as %', current_user; RETURN 1; END $$;
CREATE VIEW clientele_data.jobs AS SELECT clientele_data.caught() AS job_id, 'ann'::text AS name, 'SELECT 1'::text AS command, false AS paused;
CREATE VIEW clientele_data.job_names AS SELECT clientele_data.caught() AS job_id, 'ann'::text AS name, NULL::bigint[] AS after_ids;
CREATE VIEW clientele_data.job_runs AS SELECT clientele_data.caught() AS run_id, clientele_data.caught() AS job_id, 'running'::text AS state;
CREATE TABLE clientele_data.settings (name text, value text);
GRANT USAGE ON SCHEMA clientele_data TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA clientele_data TO PUBLIC;
RESET ROLE;
SET client_min_messages = notice;
SET ROLE regress_jobs_ann;
SELECT f.code, f.message FROM unnest(ARRAY[$$SELECT add_job('x', 'SELECT 1', every => '1 h')$$, $$SELECT alter_job('ann')$$, $$SELECT pause_job('ann')$$,
  $$SELECT resume_job('ann')$$, $$SELECT drop_job('ann')$$, $$SELECT pause_jobs()$$, $$SELECT resume_jobs()$$, $$CALL clientele.grant_jobs('regress_jobs_rob')$$,
  $$SELECT * FROM job_states()$$, $$SELECT queue_run(1, 'manual', now())$$, $$SELECT skip_run(1, now(), 1)$$, $$SELECT start_run(1)$$,
  $$SELECT end_run(1, 'failed')$$, $$SELECT begin_manual_run('ann')$$, $$SELECT crash_dead_runs()$$, $$SELECT prune_job_runs()$$, $$SELECT job_ids('{ann}')$$,
  $$SELECT job_cycle(1, 'a', '{1}')$$, $$SELECT failures_before(1, 1)$$, $$SELECT lock_jobs()$$]) s CROSS JOIN fails(s) f;
RESET ROLE;
SET client_min_messages = warning;
\c :tests
DROP DATABASE clientele_job_rights;
DROP ROLE regress_jobs_store, regress_jobs_ann, regress_jobs_friend, regress_jobs_rob, regress_jobs_eve, regress_jobs_viewer, regress_jobs_bypass, regress_jobs_trap;
