-- SPDX-License-Identifier: PostgreSQL
-- What is known of each job: what the scheduler decides by.

CREATE PROCEDURE create_job_name_views()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  CREATE OR REPLACE VIEW clientele_data.job_names AS
    SELECT j.job_id, j.name, j.after_ids FROM clientele_data.jobs j;
  COMMENT ON VIEW clientele_data.job_names IS
    'The names of all jobs, and which ones each of them follows, for roles that may add jobs.';
  COMMENT ON COLUMN clientele_data.job_names.job_id IS 'The number of the job.';
  COMMENT ON COLUMN clientele_data.job_names.name IS 'Its name.';
  COMMENT ON COLUMN clientele_data.job_names.after_ids IS 'The jobs after whose success it runs.';
END $store$;
COMMENT ON PROCEDURE create_job_name_views() IS
  'Creates the view of the names of jobs; a part of create_store().';

INSERT INTO clientele.store_members (feature, name, kind, created_by, upgraded_by, for_bi) VALUES
  ('jobs/defined', 'clientele_data.job_names', 'view', 'create_job_name_views', NULL, false);

CREATE FUNCTION job_states(job_ids bigint[] DEFAULT NULL)
  RETURNS TABLE (job_id bigint, name text, schedule text, every interval, after_ids bigint[], time_zone text, starting timestamptz,
                 jitter interval, missed text, max_run_time interval, max_retries integer, retry_delay interval, retry_cap interval,
                 paused boolean, since timestamptz, owner name, owner_oid oid, owner_cluster bigint,
                 last_due_at timestamptz, last_run_id bigint, last_attempt integer, last_state text, last_sqlstate text,
                 last_ended_at timestamptz,
                 active_run_id bigint, active_kind text, active_state text, active_due_at timestamptz, active_attempt integer,
                 active_queued_at timestamptz, active_started_at timestamptz, active_pid integer, active_process_start timestamptz,
                 last_started_at timestamptz, last_success_at timestamptz,
                 last_run_due_at timestamptz, last_started_id bigint, last_success_id bigint, added_at timestamptz)
  LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
BEGIN
  PERFORM clientele.require_store('jobs'), clientele.require_store('job_runs');
  RETURN QUERY
    SELECT j.job_id, j.name, j.schedule, j.every, j.after_ids, j.time_zone, j.starting, j.jitter, j.missed, j.max_run_time, j.max_retries,
           j.retry_delay, j.retry_cap, j.paused, j.since, j.owner, j.owner_oid, j.owner_cluster,
           scheduled.due_at, last.run_id, last.attempt, last.state, last.sqlstate, last.ended_at,
           active.run_id, active.kind, active.state, active.due_at, active.attempt, active.queued_at, active.started_at, active.pid,
           active.process_start, started.started_at, success.ended_at,
           last.due_at, started.run_id, success.run_id, j.added_at
    FROM clientele_data.jobs j
    LEFT JOIN LATERAL (SELECT r.* FROM clientele_data.job_runs r WHERE r.job_id = j.job_id AND r.state IN ('waiting', 'running')
                       LIMIT 1) active ON true
    LEFT JOIN LATERAL (SELECT r.* FROM clientele_data.job_runs r WHERE r.job_id = j.job_id AND r.kind <> 'manual'
                         AND r.ended_at IS NOT NULL AND r.state <> 'skipped'
                       ORDER BY r.run_id DESC LIMIT 1) last ON true
    LEFT JOIN LATERAL (SELECT r.due_at FROM clientele_data.job_runs r WHERE r.job_id = j.job_id AND r.kind = 'schedule'
                       ORDER BY r.run_id DESC LIMIT 1) scheduled ON true
    LEFT JOIN LATERAL (SELECT r.run_id, r.started_at FROM clientele_data.job_runs r WHERE r.job_id = j.job_id AND r.started_at IS NOT NULL
                       ORDER BY r.run_id DESC LIMIT 1) started ON true
    LEFT JOIN LATERAL (SELECT r.run_id, r.ended_at FROM clientele_data.job_runs r WHERE r.job_id = j.job_id AND r.state = 'succeeded'
                       ORDER BY r.run_id DESC LIMIT 1) success ON true
    WHERE job_states.job_ids IS NULL OR j.job_id = ANY (job_states.job_ids)
    ORDER BY j.job_id;
END $$;
COMMENT ON FUNCTION job_states(bigint[]) IS
  'Returns what the scheduler decides by: a row for each job that you may see, with its schedule and its last runs.
job_ids: only these jobs, NULL for all. last_due_at is the last due time for which there is a run, or a row that says that it was skipped.
The columns from last_run_id to last_ended_at, and last_run_due_at, are of the last attempt that has ended and was neither manual nor
skipped; those of active are of the run that waits or runs; those of last_started and last_success count manual runs, too. Last is by
run_id, as clocks can be set back.';
