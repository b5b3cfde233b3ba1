-- SPDX-License-Identifier: PostgreSQL
-- Jobs are added, changed, paused and dropped.

CREATE FUNCTION require_job(name text) RETURNS bigint
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  job record;
BEGIN
  PERFORM clientele.require_store('jobs'), clientele.require_store('job_names');
  IF name IS NULL THEN
    RAISE EXCEPTION 'the name of the job must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT j.job_id INTO job FROM clientele_data.jobs j
  WHERE j.name = require_job.name AND clientele.may_manage_job(j.owner, j.owner_oid, j.owner_cluster);
  IF FOUND THEN
    RETURN job.job_id;
  ELSIF EXISTS (SELECT FROM clientele_data.job_names n WHERE n.name = require_job.name) THEN
    RAISE EXCEPTION 'permission denied for job "%"', name USING ERRCODE = 'insufficient_privilege',
      HINT = 'Its owner, members of that role, the owner of the store and superusers can use it. clientele_bi.job_status says who the owner is.';
  END IF;
  RAISE EXCEPTION 'job "%" does not exist', name USING ERRCODE = 'undefined_object',
    HINT = clientele.nearest_names(name, ARRAY(SELECT n.name FROM clientele_data.job_names n)) || 'clientele_bi.job_status lists all jobs.';
END $$;
COMMENT ON FUNCTION require_job(text) IS
  'Returns the number of a job that you may use: you own it, are a member of the role that does, own the store, or are a superuser.
Errors: 42704 for an unknown job, 42501 if you may not use it, 22004 for NULL.';

CREATE FUNCTION job_ids(names text[]) RETURNS bigint[]
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  unknown text;
BEGIN
  PERFORM clientele.require_store('job_names');
  IF names IS NULL THEN
    RETURN NULL;
  ELSIF cardinality(names) = 0 THEN
    RAISE EXCEPTION 'after must name a job' USING ERRCODE = 'invalid_parameter_value',
      HINT = 'A job that runs at times of its own has schedule or every instead.';
  ELSIF array_position(names, NULL) IS NOT NULL THEN
    RAISE EXCEPTION 'the name of a job in after must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT a.name INTO unknown FROM unnest(names) WITH ORDINALITY a (name, n)
  WHERE NOT EXISTS (SELECT FROM clientele_data.job_names j WHERE j.name = a.name) ORDER BY a.n LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'job "%" does not exist', unknown USING ERRCODE = 'undefined_object',
      HINT = clientele.nearest_names(unknown, ARRAY(SELECT j.name FROM clientele_data.job_names j)) || 'A job can only follow jobs that were added before.';
  END IF;
  RETURN ARRAY(SELECT j.job_id FROM clientele_data.job_names j WHERE j.name = ANY (names) ORDER BY j.job_id);
END $$;
COMMENT ON FUNCTION job_ids(text[]) IS
  'Returns the numbers of the jobs that another one is to follow; a part of add_job().
Errors: 42704 for an unknown job, 22023 for an empty list, 22004 for a NULL in it.';

CREATE FUNCTION lock_jobs() RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('jobs', 'UPDATE');
  LOCK TABLE clientele_data.jobs IN SHARE ROW EXCLUSIVE MODE;
END $$;
COMMENT ON FUNCTION lock_jobs() IS
  'Keeps all other sessions from changing jobs until the transaction ends, so that what follows what stays as it was checked. Runs go on.';

CREATE FUNCTION note_job_cautions(name text) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  state CONSTANT text := clientele.scheduler_state();
  problem text;
BEGIN
  PERFORM clientele.require_store('jobs');
  problem := (SELECT clientele.job_owner_problem(j.owner, j.owner_oid, j.owner_cluster) FROM clientele_data.jobs j
              WHERE j.name = note_job_cautions.name);
  IF problem IS NOT NULL THEN
    RAISE WARNING 'job "%" cannot run as it is: %', name, problem;
  END IF;
  IF state !~ '^(running|starting|nothing|held)' THEN
    RAISE NOTICE 'no job runs by itself in this database: %', state USING
      HINT = format('clientele.run_job(%L) runs the job in your session.', name);
  END IF;
END $$;
COMMENT ON FUNCTION note_job_cautions(text) IS
  'Warns that a job would not run, because of its owner or because this database has no scheduler; a part of add_job().';

CREATE FUNCTION add_job(
    name text, command text, schedule text DEFAULT NULL, every interval DEFAULT NULL, after text[] DEFAULT NULL,
    time_zone text DEFAULT NULL, starting timestamptz DEFAULT NULL, jitter interval DEFAULT '0', missed text DEFAULT 'once',
    max_run_time interval DEFAULT '1 day', max_retries integer DEFAULT 3, retry_delay interval DEFAULT '1 minute',
    retry_cap interval DEFAULT '1 hour', notify text DEFAULT NULL)
  RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  now CONSTANT timestamptz := clock_timestamp();
  added bigint;
  broken text;
BEGIN
  PERFORM clientele.require_store('jobs'), clientele.require_store('jobs', 'INSERT'), clientele.require_store('job_names');
  IF after IS NOT NULL THEN
    PERFORM clientele.lock_jobs();
    IF name = ANY (after) THEN
      RAISE EXCEPTION 'job "%" cannot follow itself', name USING ERRCODE = 'invalid_recursion';
    END IF;
  END IF;
  IF EXISTS (SELECT FROM clientele_data.job_names n WHERE n.name = add_job.name) THEN
    RAISE EXCEPTION 'job "%" exists already', name USING ERRCODE = 'duplicate_object', HINT = 'clientele.alter_job() changes it.';
  END IF;
  BEGIN
    INSERT INTO clientele_data.jobs AS j (name, command, schedule, every, after_ids, time_zone, starting, jitter, missed, max_run_time,
                                          max_retries, retry_delay, retry_cap, notify, since, owner)
    VALUES (name, command, schedule, every, clientele.job_ids(after), clientele.job_time_zone(time_zone), coalesce(starting, now), jitter,
            missed, max_run_time, max_retries, retry_delay, retry_cap, notify, clientele.first_since(starting, now), current_user)
    RETURNING j.job_id INTO added;
  EXCEPTION WHEN unique_violation THEN
    GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
    IF broken <> 'jobs_name_key' THEN
      RAISE;
    END IF;
    RAISE EXCEPTION 'job "%" exists already', name USING ERRCODE = 'duplicate_object', HINT = 'clientele.alter_job() changes it.';
  END;
  PERFORM clientele.note_job_cautions(name);
  RETURN added;
END $$;
COMMENT ON FUNCTION add_job(text, text, text, interval, text[], text, timestamptz, interval, text, interval, integer, interval, interval, text) IS
  'Adds a job: one SQL statement that runs by itself, with your rights, at the times of a schedule. Returns its number.
Exactly one of these says when: schedule (a cron expression, see next_runs()), every (an interval, counted from starting) or after (the jobs
after whose success it runs). time_zone is that of the schedule, by default the session''s; starting is by default now, and nothing is due
before it. jitter delays each start by a part of it. missed says what becomes of due times at which it could not start: once (one run for
all of them) or skip. max_run_time ends a run; a run that failed is tried again max_retries times, after retry_delay and then twice as long
each time, up to retry_cap. notify is a channel that is notified when a run fails.
Messages say if no job can run in this database, and how to set it. Errors: 42710 for a name that is in use; 42601 unless command is one
statement; 22023 for a schedule, an option or a name that is not possible, and unless exactly one of schedule, every and after is given;
42704 for an unknown job in after, 42P19 for one that would follow itself; 42501 without the rights that grant_jobs() gives, and if the
owner of the store may not SET ROLE to you; 22004 for NULL; 54000 for what is too long.';

CREATE FUNCTION alter_job(
    name text, command text DEFAULT NULL, schedule text DEFAULT NULL, every interval DEFAULT NULL, after text[] DEFAULT NULL,
    time_zone text DEFAULT NULL, starting timestamptz DEFAULT NULL, jitter interval DEFAULT NULL, missed text DEFAULT NULL,
    max_run_time interval DEFAULT NULL, max_retries integer DEFAULT NULL, retry_delay interval DEFAULT NULL,
    retry_cap interval DEFAULT NULL, notify text DEFAULT NULL, new_name text DEFAULT NULL, owner text DEFAULT NULL,
    remove text[] DEFAULT '{}')
  RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  changed CONSTANT bigint := clientele.require_job(name);
  now CONSTANT timestamptz := clock_timestamp();
  other_times CONSTANT boolean := num_nonnulls(schedule, every, after) > 0;
  broken text;
BEGIN
  PERFORM clientele.require_store('jobs', 'UPDATE');
  IF num_nonnulls(schedule, every, after) > 1 THEN
    RAISE EXCEPTION 'only one of schedule, every and after can be given' USING ERRCODE = 'invalid_parameter_value';
  ELSIF remove <> '{notify}' AND remove <> '{}' THEN
    RAISE EXCEPTION 'remove can only name notify' USING ERRCODE = 'invalid_parameter_value',
      HINT = 'The other options have a value in any case: give the one that they are to have.';
  ELSIF after IS NOT NULL THEN
    PERFORM clientele.lock_jobs();
  END IF;
  BEGIN
    UPDATE clientele_data.jobs j
    SET name = coalesce(new_name, j.name), command = coalesce(alter_job.command, j.command),
        schedule = CASE WHEN other_times THEN alter_job.schedule ELSE j.schedule END,
        every = CASE WHEN other_times THEN alter_job.every ELSE j.every END,
        after_ids = CASE WHEN other_times THEN clientele.job_ids(after) ELSE j.after_ids END,
        time_zone = CASE WHEN alter_job.time_zone IS NULL THEN j.time_zone ELSE clientele.job_time_zone(alter_job.time_zone) END,
        starting = coalesce(alter_job.starting, j.starting), jitter = coalesce(alter_job.jitter, j.jitter),
        missed = coalesce(alter_job.missed, j.missed), max_run_time = coalesce(alter_job.max_run_time, j.max_run_time),
        max_retries = coalesce(alter_job.max_retries, j.max_retries), retry_delay = coalesce(alter_job.retry_delay, j.retry_delay),
        retry_cap = coalesce(alter_job.retry_cap, j.retry_cap),
        notify = CASE WHEN remove = '{notify}' THEN NULL ELSE coalesce(alter_job.notify, j.notify) END,
        -- The trigger writes the number of the role.
        owner = coalesce(alter_job.owner, j.owner), owner_oid = CASE WHEN alter_job.owner IS NULL THEN j.owner_oid ELSE 0 END,
        since = CASE WHEN other_times OR alter_job.time_zone IS NOT NULL OR alter_job.starting IS NOT NULL
                     THEN clientele.first_since(coalesce(alter_job.starting, j.starting), now) ELSE j.since END
    WHERE j.job_id = changed;
  EXCEPTION WHEN unique_violation THEN
    GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
    IF broken <> 'jobs_name_key' THEN
      RAISE;
    END IF;
    RAISE EXCEPTION 'job "%" exists already', new_name USING ERRCODE = 'duplicate_object';
  END;
END $$;
COMMENT ON FUNCTION alter_job(text, text, text, interval, text[], text, timestamptz, interval, text, interval, integer, interval, interval, text,
                              text, text, text[]) IS
  'Changes a job for the runs that start from now on.
Arguments that are not given, or NULL, stay as they are. One of schedule, every and after takes the place of the one that the job has. If
any of these, time_zone or starting is given, due times up to now do not count any more. new_name renames the job, owner gives it to another
role, and remove => ''{notify}'' lets it notify no channel. A run that is in progress goes on as it began;
only max_run_time limits it, too.
Errors: 42704 for an unknown job or role, 42501 if you may not use the job or act as the new owner, 42P19 for a cycle of jobs that follow
each other, and those of add_job().';

CREATE FUNCTION pause_job(name text) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  changed CONSTANT bigint := clientele.require_job(name);
BEGIN
  PERFORM clientele.require_store('jobs', 'UPDATE');
  UPDATE clientele_data.jobs j SET paused = true WHERE j.job_id = changed AND NOT j.paused;
END $$;
COMMENT ON FUNCTION pause_job(text) IS
  'Lets nothing of a job fall due, until resume_job(). A run that is in progress goes on, and run_job() still runs it.
Errors: 42704 for an unknown job, 42501 if you may not use it.';

CREATE FUNCTION resume_job(name text) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  changed CONSTANT bigint := clientele.require_job(name);
BEGIN
  PERFORM clientele.require_store('jobs', 'UPDATE');
  UPDATE clientele_data.jobs j SET paused = false, since = clock_timestamp() WHERE j.job_id = changed AND j.paused;
END $$;
COMMENT ON FUNCTION resume_job(text) IS
  'Lets a job run again that pause_job() paused. What would have been due meanwhile is not caught up.
Errors: 42704 for an unknown job, 42501 if you may not use it.';

CREATE FUNCTION drop_job(name text) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  dropped CONSTANT bigint := clientele.require_job(name);
BEGIN
  PERFORM clientele.require_store('jobs', 'DELETE'), clientele.require_store('job_runs'), clientele.lock_jobs();
  IF EXISTS (SELECT FROM clientele_data.job_runs r
             WHERE r.job_id = dropped AND r.state = 'running' AND clientele.process_lives(r.pid, r.process_start)) THEN
    RAISE NOTICE 'job "%" is running, and this run goes on to its end', name USING
      HINT = 'pg_cancel_backend() of its process ends it. pg_stat_activity shows the process.';
  END IF;
  DELETE FROM clientele_data.jobs j WHERE j.job_id = dropped;
END $$;
COMMENT ON FUNCTION drop_job(text) IS
  'Drops a job and its history. A run that is in progress goes on to its end.
Errors: 42704 for an unknown job, 42501 if you may not use it, 2BP01 if other jobs follow it.';
