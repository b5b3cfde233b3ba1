-- SPDX-License-Identifier: PostgreSQL
-- jobs: which processes run them

CREATE FUNCTION process_lives(pid integer, process_start timestamptz) RETURNS boolean
  LANGUAGE c VOLATILE STRICT PARALLEL RESTRICTED COST 10 AS 'MODULE_PATHNAME', 'clientele_process_lives';
COMMENT ON FUNCTION process_lives(integer, timestamptz) IS
'Whether the process of this server with that pid and that start is still there.
NULL if an argument is NULL. process_start is backend_start of pg_stat_activity.';

CREATE FUNCTION process_start() RETURNS timestamptz
  LANGUAGE c STABLE PARALLEL RESTRICTED COST 1 AS 'MODULE_PATHNAME', 'clientele_process_start';
COMMENT ON FUNCTION process_start() IS
'When the process of this session started, as backend_start of pg_stat_activity says.';

CREATE FUNCTION jobs_changed() RETURNS trigger
  LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'clientele_jobs_changed';
COMMENT ON FUNCTION jobs_changed() IS
'A trigger of the tables of jobs: wakes the scheduler of the database when the transaction has committed.';

CREATE FUNCTION wake_scheduler(job_id bigint DEFAULT NULL) RETURNS void
  LANGUAGE c VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'clientele_wake_scheduler';
COMMENT ON FUNCTION wake_scheduler(bigint) IS
'Lets the scheduler of this database look at its jobs when the transaction has committed.
job_id is the job whose runs have changed, NULL if any may have. Does nothing if the server has not loaded clientele by
shared_preload_libraries.';

CREATE FUNCTION scheduler_state() RETURNS text
  LANGUAGE c VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'clientele_scheduler_state';
COMMENT ON FUNCTION scheduler_state() IS
'Says whether the schedule of this database is at work: "running", or why it is not.';

CREATE FUNCTION scheduler_waits_for() RETURNS text
  LANGUAGE c VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'clientele_scheduler_waits_for';
COMMENT ON FUNCTION scheduler_waits_for() IS
'The setting that keeps runs of this database waiting: clientele.max_workers or max_worker_processes; NULL if none does.';

-- A database may have had a scheduler that found no extension.
SELECT wake_scheduler();
