-- SPDX-License-Identifier: PostgreSQL
-- The states of runs. The scheduler, its workers and run_job() call these, as the owner of the store or a role that may use the job.

CREATE FUNCTION queue_run(job_id bigint, kind text, due_at timestamptz, missed integer DEFAULT 0, attempt integer DEFAULT 1) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  added bigint;
BEGIN
  PERFORM clientele.require_store('jobs'), clientele.require_store('job_runs', 'INSERT');
  INSERT INTO clientele_data.job_runs AS r (job_id, kind, due_at, missed, attempt, state)
  SELECT j.job_id, queue_run.kind, queue_run.due_at, coalesce(queue_run.missed, 0), coalesce(queue_run.attempt, 1), 'waiting'
  FROM clientele_data.jobs j WHERE j.job_id = queue_run.job_id AND NOT j.paused
  -- A transaction that stays open with a change of this job must not hold up the others.
  FOR UPDATE OF j SKIP LOCKED
  ON CONFLICT (job_id) WHERE state IN ('waiting', 'running') DO NOTHING
  RETURNING r.run_id INTO added;
  RETURN added;
END $$;
COMMENT ON FUNCTION queue_run(bigint, text, timestamptz, integer, integer) IS
  'Notes that a job is to run, and returns the number of the run; a part of the scheduler.
NULL if a run of the job waits or runs already, if the job is paused or gone, or while another transaction changes it.';

CREATE FUNCTION skip_run(job_id bigint, due_at timestamptz, missed integer) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  added bigint;
BEGIN
  PERFORM clientele.require_store('jobs'), clientele.require_store('job_runs', 'INSERT'), clientele.require_store('jobs', 'UPDATE');
  INSERT INTO clientele_data.job_runs AS r (job_id, kind, due_at, missed, attempt, state, ended_at, message)
  SELECT j.job_id, 'schedule', due_at, missed, 1, 'skipped', clock_timestamp(),
         CASE WHEN missed = 0 THEN 'the clock was set back' WHEN missed = 1 THEN 'a due time was missed' ELSE missed || ' due times were missed' END
  FROM clientele_data.jobs j WHERE j.job_id = skip_run.job_id
  FOR UPDATE OF j SKIP LOCKED
  RETURNING r.run_id INTO added;
  IF added IS NOT NULL AND missed = 0 THEN
    UPDATE clientele_data.jobs j SET since = due_at WHERE j.job_id = skip_run.job_id AND j.since > due_at;
  END IF;
  RETURN added;
END $$;
COMMENT ON FUNCTION skip_run(bigint, timestamptz, integer) IS
  'Notes that due times of a job were missed and are not caught up; a part of the scheduler.
due_at is the last of them, missed how many there are; 0 says that the clock was set back, and due times from due_at on count again. NULL if
the job is gone, or while another transaction changes it.';

CREATE FUNCTION failures_before(job_id bigint, run_id bigint, OUT failures integer, OUT failing_since timestamptz)
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  PERFORM clientele.require_store('job_runs');
  SELECT r.failures, r.failing_since INTO failures, failing_since
  FROM clientele_data.job_runs r
  WHERE r.job_id = failures_before.job_id AND r.run_id < failures_before.run_id AND r.ended_at IS NOT NULL AND r.state <> 'skipped'
  ORDER BY r.run_id DESC LIMIT 1;
  failures := coalesce(failures, 0);
END $$;
COMMENT ON FUNCTION failures_before(bigint, bigint) IS
  'Returns how many runs of a job had failed in a row before a run, and since when; a part of end_run().';

CREATE FUNCTION start_run(run_id bigint) RETURNS boolean
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('job_runs'), clientele.require_store('job_runs', 'UPDATE');
  UPDATE clientele_data.job_runs r
  SET state = 'running', started_at = clock_timestamp(), pid = pg_backend_pid(), process_start = clientele.process_start()
  WHERE r.run_id = start_run.run_id AND r.state = 'waiting';
  RETURN FOUND;
END $$;
COMMENT ON FUNCTION start_run(bigint) IS
  'Notes that the process of this session starts a run that waited; a part of the worker. False if it does not wait any more.';

CREATE FUNCTION end_run(run_id bigint, state text, sqlstate text DEFAULT NULL, message text DEFAULT NULL, context text DEFAULT NULL,
                        rows bigint DEFAULT NULL, wait boolean DEFAULT true) RETURNS boolean
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
#variable_conflict use_variable
DECLARE
  job record;
  before record;
  failed CONSTANT boolean := state IN ('failed', 'timed_out', 'crashed');
  now CONSTANT timestamptz := clock_timestamp();
BEGIN
  PERFORM clientele.require_store('jobs'), clientele.require_store('job_runs'), clientele.require_store('job_runs', 'UPDATE');
  IF state IN ('waiting', 'running') THEN
    RAISE EXCEPTION 'a run does not end as %', state USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF NOT wait THEN
    -- A transaction that stays open with a change of this run must not hold up the others.
    PERFORM FROM clientele_data.job_runs r WHERE r.run_id = end_run.run_id FOR UPDATE OF r SKIP LOCKED;
    IF NOT FOUND AND EXISTS (SELECT FROM clientele_data.job_runs r WHERE r.run_id = end_run.run_id AND r.ended_at IS NULL) THEN
      RETURN NULL;
    END IF;
  END IF;
  SELECT r.job_id, j.name, j.notify, r.attempt, r.due_at INTO job
  FROM clientele_data.job_runs r JOIN clientele_data.jobs j ON j.job_id = r.job_id
  WHERE r.run_id = end_run.run_id AND r.ended_at IS NULL;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  SELECT f.failures, f.failing_since INTO before FROM clientele.failures_before(job.job_id, run_id) f;
  UPDATE clientele_data.job_runs r
  SET state = end_run.state, ended_at = now, sqlstate = end_run.sqlstate, message = end_run.message, context = end_run.context,
      rows = end_run.rows,
      -- A row of a run that was skipped may come between the rows of others.
      failures = CASE WHEN state = 'succeeded' THEN 0 WHEN state <> 'skipped' THEN before.failures + failed::integer END,
      failing_since = CASE WHEN state NOT IN ('succeeded', 'skipped') THEN coalesce(before.failing_since, CASE WHEN failed THEN now END) END
  WHERE r.run_id = end_run.run_id AND r.ended_at IS NULL;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  IF failed AND job.notify IS NOT NULL THEN
    -- All sessions may listen, so there is nothing in it that is only for those who may see the job.
    PERFORM pg_notify(job.notify, json_build_object('job', job.name, 'run_id', run_id, 'state', state, 'attempt', job.attempt,
                                                    'failures', before.failures + 1, 'due_at', job.due_at)::text);
  END IF;
  PERFORM clientele.wake_scheduler(job.job_id);
  RETURN true;
END $$;
COMMENT ON FUNCTION end_run(bigint, text, text, text, text, bigint, boolean) IS
  'Notes how a run that waited or ran has ended, and notifies the channel of the job if it has failed; a part of the worker.
False if the run has ended before: that does not change any more. NULL if wait is false and another transaction has locked the run.
Errors: 22023 for waiting and running.';

CREATE FUNCTION begin_manual_run(name text) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  job CONSTANT bigint := clientele.require_job(name);
  added bigint;
  active record;
BEGIN
  PERFORM clientele.require_store('job_runs'), clientele.require_store('job_runs', 'INSERT');
  -- Without a scheduler no other session notes that a process has gone.
  PERFORM clientele.crash_dead_runs(job);
  INSERT INTO clientele_data.job_runs AS r (job_id, kind, state, started_at, pid, process_start)
  VALUES (job, 'manual', 'running', clock_timestamp(), pg_backend_pid(), clientele.process_start())
  ON CONFLICT (job_id) WHERE state IN ('waiting', 'running') DO NOTHING
  RETURNING r.run_id INTO added;
  IF added IS NULL THEN
    SELECT r.state, r.pid INTO active FROM clientele_data.job_runs r WHERE r.job_id = job AND r.state IN ('waiting', 'running');
    RAISE EXCEPTION 'job "%" %', name, CASE WHEN active.state = 'waiting' THEN 'waits to be run' ELSE 'is running' END USING
      ERRCODE = 'object_in_use',
      DETAIL = coalesce('Process ' || active.pid || ' runs it.', 'A run of it has been queued.'),
      HINT = 'A job does not run twice at once. clientele_bi.job_status shows what it does.';
  END IF;
  RETURN added;
END $$;
COMMENT ON FUNCTION begin_manual_run(text) IS
  'Notes that this session runs a job, and returns the number of the run; a part of run_job().
Errors: 42704 for an unknown job, 42501 if you may not use it, 55006 if a run of it waits or runs.';

CREATE FUNCTION crash_dead_runs(job_id bigint DEFAULT NULL) RETURNS integer
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  dead record;
  n integer := 0;
BEGIN
  PERFORM clientele.require_store('job_runs'), clientele.require_store('job_runs', 'UPDATE');
  FOR dead IN
    SELECT r.run_id, r.pid FROM clientele_data.job_runs r
    WHERE r.state = 'running' AND (r.job_id = crash_dead_runs.job_id) IS NOT FALSE AND NOT clientele.process_lives(r.pid, r.process_start)
    ORDER BY r.run_id FOR UPDATE OF r SKIP LOCKED
  LOOP
    IF clientele.end_run(dead.run_id, 'crashed', NULL, format('process %s ended before the command', dead.pid)) THEN
      n := n + 1;
    END IF;
  END LOOP;
  RETURN n;
END $$;
COMMENT ON FUNCTION crash_dead_runs(bigint) IS
  'Notes as crashed all runs whose process is not there any more, and returns how many these are; a part of the scheduler.
job_id: only runs of this job.';
