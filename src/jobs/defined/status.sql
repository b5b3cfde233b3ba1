-- SPDX-License-Identifier: PostgreSQL
-- How each job is doing, and what its runs did.

CREATE FUNCTION job_next_due(name text, schedule text, every interval, starting timestamptz, time_zone text, jitter interval,
                             since timestamptz, OUT due_at timestamptz, OUT start_at timestamptz, OUT problem text)
  LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_job_next_due';
COMMENT ON FUNCTION job_next_due(text, text, interval, timestamptz, text, interval, timestamptz) IS
  'Returns when a job is due next after a time, and when it starts then, by the columns of clientele_data.jobs; a part of
clientele_bi.job_status. NULL for a job that follows others. problem says why it cannot be known: a time zone may have gone with an update
of the system.';

CREATE FUNCTION job_retry_at(run_id bigint, attempt integer, state text, sqlstate text, ended_at timestamptz, max_retries integer,
                             retry_delay interval, retry_cap interval) RETURNS timestamptz
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_job_retry_at';
COMMENT ON FUNCTION job_retry_at(bigint, integer, text, text, timestamptz, integer, interval, interval) IS
  'Returns when a run that has ended is tried again, by the columns of clientele_data.job_runs and jobs; a part of clientele_bi.job_status.
NULL if it is not.';

CREATE FUNCTION schedule_text(schedule text, every interval, followed text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET intervalstyle = 'postgres' AS $$
  SELECT coalesce(schedule, 'every ' || every::text, 'after ' || followed)
$$;
COMMENT ON FUNCTION schedule_text(text, interval, text) IS
  'Writes when a job runs; a part of clientele_bi.job_status.';

CREATE FUNCTION jobs_problem() RETURNS text
  LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT rtrim(nullif(s.state, 'running'), '.') FROM (SELECT clientele.scheduler_state() AS state) s WHERE s.state !~ '^(starting|nothing)'
$$;
COMMENT ON FUNCTION jobs_problem() IS
  'Says why no job runs in this database; NULL if the scheduler is at work.';

CREATE PROCEDURE create_job_views()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  CREATE OR REPLACE VIEW clientele_bi.job_status AS
    WITH problem AS MATERIALIZED (
      SELECT CASE WHEN h.home LIKE 'paused %' THEN 'all jobs of this database are paused: clientele.resume_jobs() lets them run'
                  WHEN h.home IS DISTINCT FROM clientele.jobs_home() THEN
                    'the database is a copy, or has moved: clientele.resume_jobs() lets its jobs run'
                  ELSE clientele.jobs_problem() END AS text, clientele.scheduler_waits_for() AS limited_by
      FROM (SELECT (SELECT s.value FROM clientele_data.settings s WHERE s.name = 'jobs_home') AS home) h
    ), known AS MATERIALIZED (
      SELECT j.*, clientele.may_manage_job(j.owner, j.owner_oid, j.owner_cluster) AS may,
             clientele.job_owner_problem(j.owner, j.owner_oid, j.owner_cluster) AS owner_problem,
             scheduled.due_at AS last_due_at, started.started_at AS last_start_at, success.ended_at AS last_success_at
      FROM clientele_data.jobs j
      LEFT JOIN LATERAL (SELECT r.due_at FROM clientele_data.job_runs r WHERE r.job_id = j.job_id AND r.kind = 'schedule'
                         ORDER BY r.run_id DESC LIMIT 1) scheduled ON true
      LEFT JOIN LATERAL (SELECT r.started_at FROM clientele_data.job_runs r WHERE r.job_id = j.job_id AND r.started_at IS NOT NULL
                         ORDER BY r.run_id DESC LIMIT 1) started ON true
      LEFT JOIN LATERAL (SELECT r.ended_at FROM clientele_data.job_runs r WHERE r.job_id = j.job_id AND r.state = 'succeeded'
                         ORDER BY r.run_id DESC LIMIT 1) success ON true
    ), followed AS MATERIALIZED (
      SELECT j.job_id, string_agg(coalesce(f.name, 'a job that does not exist'), ', ' ORDER BY f.name) AS names,
             string_agg(coalesce(f.name, 'a job that does not exist'), ', ' ORDER BY f.name)
               FILTER (WHERE (f.last_success_at > greatest(j.since, j.last_start_at)) IS NOT TRUE) AS awaited,
             max(f.last_success_at) AS due_at, bool_or(f.job_id IS NULL) AS lost
      FROM known j CROSS JOIN unnest(j.after_ids) a (id) LEFT JOIN known f ON f.job_id = a.id
      GROUP BY j.job_id
    ), facts AS MATERIALIZED (
      SELECT k.*, f.names, coalesce(f.lost, false) AS lost, n.problem AS schedule_problem,
             CASE WHEN k.after_ids IS NULL THEN n.due_at WHEN f.awaited IS NULL AND f.due_at IS DISTINCT FROM k.last_due_at THEN f.due_at END AS due_at,
             CASE WHEN k.after_ids IS NULL THEN n.start_at ELSE f.due_at + k.jitter END AS start_at,
             coalesce(f.awaited, f.names) AS awaited,
             active.state AS active_state, active.due_at AS active_due_at, active.queued_at, active.started_at, active.pid,
             -- On a standby the process is one of another server.
             active.state IS NOT DISTINCT FROM 'running' AND NOT pg_is_in_recovery()
               AND NOT clientele.process_lives(active.pid, active.process_start) AS dead,
             ended.state AS last_outcome, ended.attempt, ended.sqlstate, ended.message, ended.rows, ended.started_at AS last_started_at,
             ended.ended_at, coalesce(ended.failures, 0) AS failures, ended.failing_since,
             CASE WHEN (k.last_due_at > tried.due_at) IS NOT TRUE THEN
               clientele.job_retry_at(tried.run_id, tried.attempt, tried.state, tried.sqlstate, tried.ended_at, k.max_retries, k.retry_delay,
                                      k.retry_cap) END AS retry_at
      FROM known k
      LEFT JOIN followed f ON f.job_id = k.job_id
      CROSS JOIN LATERAL clientele.job_next_due(k.name, k.schedule, k.every, k.starting, k.time_zone, k.jitter, greatest(
                   k.since, k.last_due_at, CASE WHEN k.starting > k.added_at THEN k.starting - interval '1 microsecond' END)) n
      LEFT JOIN LATERAL (SELECT r.* FROM clientele_data.job_runs r WHERE r.job_id = k.job_id AND r.state IN ('waiting', 'running')
                         LIMIT 1) active ON true
      LEFT JOIN LATERAL (SELECT r.* FROM clientele_data.job_runs r
                         WHERE r.job_id = k.job_id AND r.ended_at IS NOT NULL AND r.state <> 'skipped'
                         ORDER BY r.run_id DESC LIMIT 1) ended ON true
      LEFT JOIN LATERAL (SELECT r.* FROM clientele_data.job_runs r
                         WHERE r.job_id = k.job_id AND r.ended_at IS NOT NULL AND r.state <> 'skipped' AND r.kind <> 'manual'
                         ORDER BY r.run_id DESC LIMIT 1) tried ON true
    ), judged AS (
      SELECT f.*, f.active_state IS NOT DISTINCT FROM 'running' AND NOT f.dead AS runs, f.active_state IS NOT DISTINCT FROM 'waiting' AS waits,
             f.active_state IS NULL AND NOT f.paused AS idle,
             extract(epoch FROM clock_timestamp() - CASE WHEN f.active_state = 'waiting' THEN f.active_due_at
                                                         WHEN f.active_state IS NULL AND NOT f.paused AND f.due_at IS NOT NULL THEN f.start_at
                                                    END)::double precision AS seconds_late
      FROM facts f
    )
    SELECT f.name AS job,
           CASE WHEN f.runs THEN 'running' WHEN f.waits THEN 'waiting' WHEN f.paused THEN 'paused' WHEN f.dead OR f.failures > 0 THEN 'failing'
                WHEN f.seconds_late >= 60 THEN 'late' WHEN f.last_start_at IS NULL THEN 'new' ELSE 'ok' END AS state,
           nullif(concat_ws('; ', CASE WHEN f.paused THEN 'it is paused: clientele.resume_job() lets it run' END, p.text, f.owner_problem,
                            CASE WHEN f.may THEN f.schedule_problem WHEN f.schedule_problem IS NOT NULL THEN 'its schedule cannot be read' END,
                            CASE WHEN f.lost THEN 'a job that it follows does not exist' END,
                            CASE WHEN f.dead THEN format('process %s, which ran it, has gone', f.pid) END), '') AS held_back_by,
           CASE WHEN f.runs THEN f.started_at END AS running_since,
           CASE WHEN f.runs THEN greatest(extract(epoch FROM clock_timestamp() - f.started_at), 0)::double precision END AS running_seconds,
           CASE WHEN f.waits THEN f.queued_at END AS waiting_since,
           CASE WHEN f.waits THEN p.limited_by WHEN f.idle AND f.due_at IS NULL THEN f.awaited END AS waits_for,
           CASE WHEN NOT f.paused THEN f.due_at END AS next_due_at,
           CASE WHEN f.idle AND f.retry_at > f.since AND (f.due_at IS NULL OR f.due_at > f.retry_at) THEN f.retry_at END AS next_retry_at,
           CASE WHEN f.seconds_late >= 60 THEN f.seconds_late END AS late_seconds,
           f.failing_since, f.failures, f.last_outcome, f.attempt AS last_attempt, f.last_started_at, f.ended_at AS last_ended_at,
           extract(epoch FROM f.ended_at - f.last_started_at)::double precision AS last_seconds,
           CASE WHEN f.may THEN f.rows END AS last_rows,
           CASE WHEN f.may THEN f.sqlstate END AS last_sqlstate,
           CASE WHEN f.may THEN f.message END AS last_message,
           f.last_success_at, f.owner::text AS owner,
           CASE WHEN f.may THEN clientele.schedule_text(f.schedule, f.every, f.names) END AS schedule,
           CASE WHEN f.may THEN f.time_zone END AS time_zone,
           CASE WHEN f.may THEN f.command END AS command
    FROM judged f CROSS JOIN problem p;
  COMMENT ON VIEW clientele_bi.job_status IS
    'How each job is doing: a row for each. The command, the schedule and the errors are shown to its owner, members of that role, the owner
of the store and superusers; they are NULL for others.';
  COMMENT ON COLUMN clientele_bi.job_status.job IS 'The job.';
  COMMENT ON COLUMN clientele_bi.job_status.state IS
    'running; waiting (a run is due, and waits for a free process); paused; failing (the last run that was neither cancelled nor skipped
failed); late (it is due for a minute or more, and has not started); new (it never ran); ok. The first of these that is true.';
  COMMENT ON COLUMN clientele_bi.job_status.held_back_by IS
    'Why it does not run, or will fail at once: it is paused, the server has no scheduler, its owner may not log in, say. NULL if nothing is
wrong.';
  COMMENT ON COLUMN clientele_bi.job_status.running_since IS 'When the run in progress started.';
  COMMENT ON COLUMN clientele_bi.job_status.running_seconds IS 'How long it has been running.';
  COMMENT ON COLUMN clientele_bi.job_status.waiting_since IS 'Since when a run has been waiting for a free process.';
  COMMENT ON COLUMN clientele_bi.job_status.waits_for IS
    'What it waits for: the setting that limits how many runs there are at once, or the jobs that have yet to succeed before it runs.';
  COMMENT ON COLUMN clientele_bi.job_status.next_due_at IS
    'When it is due next; the past if it is late, or still running. NULL if it is paused, or waits for other jobs.';
  COMMENT ON COLUMN clientele_bi.job_status.next_retry_at IS 'When the run that failed is tried again; NULL if it is not.';
  COMMENT ON COLUMN clientele_bi.job_status.late_seconds IS
    'How long it should have been running by now, its jitter left aside; NULL for less than a minute.';
  COMMENT ON COLUMN clientele_bi.job_status.failing_since IS 'When the first run failed since the last success; NULL if none has.';
  COMMENT ON COLUMN clientele_bi.job_status.failures IS 'How many runs have failed since the last success. Retries count.';
  COMMENT ON COLUMN clientele_bi.job_status.last_outcome IS
    'How the last run ended: succeeded, failed, timed_out, cancelled or crashed; NULL if none has.';
  COMMENT ON COLUMN clientele_bi.job_status.last_attempt IS 'Which attempt it was: 1, and more for retries.';
  COMMENT ON COLUMN clientele_bi.job_status.last_started_at IS 'When it started.';
  COMMENT ON COLUMN clientele_bi.job_status.last_ended_at IS 'When it ended.';
  COMMENT ON COLUMN clientele_bi.job_status.last_seconds IS 'How long it took.';
  COMMENT ON COLUMN clientele_bi.job_status.last_rows IS 'How many rows it returned or changed.';
  COMMENT ON COLUMN clientele_bi.job_status.last_sqlstate IS 'The SQLSTATE of its error.';
  COMMENT ON COLUMN clientele_bi.job_status.last_message IS 'Its error, or why it did not run.';
  COMMENT ON COLUMN clientele_bi.job_status.last_success_at IS 'When the last run that succeeded ended.';
  COMMENT ON COLUMN clientele_bi.job_status.owner IS 'The role with whose rights it runs.';
  COMMENT ON COLUMN clientele_bi.job_status.schedule IS 'When it runs: a cron expression, an interval, or the jobs that it follows.';
  COMMENT ON COLUMN clientele_bi.job_status.time_zone IS 'The time zone of the schedule.';
  COMMENT ON COLUMN clientele_bi.job_status.command IS 'The statement that it runs.';

  CREATE OR REPLACE VIEW clientele_bi.job_runs AS
    WITH known AS MATERIALIZED (
      SELECT j.job_id, j.name, clientele.may_manage_job(j.owner, j.owner_oid, j.owner_cluster) AS may FROM clientele_data.jobs j
    )
    SELECT k.name AS job, r.run_id, r.kind, r.state, r.due_at, r.missed, r.attempt, r.queued_at, r.started_at, r.ended_at,
           extract(epoch FROM coalesce(r.started_at, r.ended_at) - r.queued_at)::double precision AS waited_seconds,
           extract(epoch FROM r.ended_at - r.started_at)::double precision AS seconds,
           CASE WHEN k.may THEN r.rows END AS rows, CASE WHEN k.may THEN r.sqlstate END AS sqlstate,
           CASE WHEN k.may THEN r.message END AS message, CASE WHEN k.may THEN r.context END AS context, r.pid, r.failures
    FROM clientele_data.job_runs r JOIN known k ON k.job_id = r.job_id;
  COMMENT ON VIEW clientele_bi.job_runs IS
    'The runs of jobs: a row for each attempt. Rows and errors are shown to those who may use the job, and are NULL for others.';
  COMMENT ON COLUMN clientele_bi.job_runs.job IS 'The job.';
  COMMENT ON COLUMN clientele_bi.job_runs.waited_seconds IS 'How long it waited to be started.';
  COMMENT ON COLUMN clientele_bi.job_runs.seconds IS 'How long it took.';
  COMMENT ON COLUMN clientele_bi.job_runs.run_id IS 'The number of the run.';
  COMMENT ON COLUMN clientele_bi.job_runs.kind IS 'Why it ran: schedule (it was due), retry (the attempt before failed) or manual (run_job()).';
  COMMENT ON COLUMN clientele_bi.job_runs.state IS
    'waiting, running, succeeded, failed, timed_out, cancelled, crashed (the process or the server ended) or skipped (the due time was missed).';
  COMMENT ON COLUMN clientele_bi.job_runs.due_at IS 'When it was due; NULL if it is manual.';
  COMMENT ON COLUMN clientele_bi.job_runs.missed IS 'How many due times it stands for that were missed.';
  COMMENT ON COLUMN clientele_bi.job_runs.attempt IS '1, and more for retries.';
  COMMENT ON COLUMN clientele_bi.job_runs.queued_at IS 'When it was noted that it is to run.';
  COMMENT ON COLUMN clientele_bi.job_runs.started_at IS 'When it started; NULL if it did not.';
  COMMENT ON COLUMN clientele_bi.job_runs.ended_at IS 'When it ended, or was found to have ended.';
  COMMENT ON COLUMN clientele_bi.job_runs.rows IS 'How many rows the command returned or changed.';
  COMMENT ON COLUMN clientele_bi.job_runs.sqlstate IS 'The SQLSTATE of the error.';
  COMMENT ON COLUMN clientele_bi.job_runs.message IS 'The error, or why it did not run.';
  COMMENT ON COLUMN clientele_bi.job_runs.context IS 'What came with the error: DETAIL, HINT and CONTEXT.';
  COMMENT ON COLUMN clientele_bi.job_runs.pid IS 'The process that runs or ran it.';
  COMMENT ON COLUMN clientele_bi.job_runs.failures IS 'How many runs have failed since the last success, with this one.';
END $store$;
COMMENT ON PROCEDURE create_job_views() IS
  'Creates the views of jobs; a part of create_store().';

INSERT INTO clientele.store_members (feature, name, kind, created_by, upgraded_by, for_bi) VALUES
  ('jobs/defined', 'clientele_bi.job_status', 'view', 'create_job_views', NULL, true),
  ('jobs/defined', 'clientele_bi.job_runs', 'view', 'create_job_views', NULL, true);
