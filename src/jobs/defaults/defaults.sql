-- SPDX-License-Identifier: PostgreSQL
-- The jobs of a managed system.

CREATE FUNCTION default_jobs()
  RETURNS TABLE (name text, command text, schedule text, every interval, jitter interval, missed text, max_run_time interval,
                 max_retries integer, retry_delay interval)
  LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 11 SET search_path = pg_catalog, pg_temp AS $$
  VALUES
    -- The next minute tries again anyway. A back-fill may take long; it goes on where it was ended.
    ('ingest', 'CALL clientele.ingest()', NULL, interval '1 minute', interval '0', 'once', interval '6 hours', 0, interval '1 minute'),
    ('refresh_tags', 'SELECT * FROM clientele.refresh_tags()', '*/15 * * * *', NULL, '1 minute', 'once', '2 hours', 2, '1 minute'),
    -- After a refresh of tags, which their breakdowns use.
    ('refresh_questions', 'SELECT * FROM clientele.refresh_questions()', '10 * * * *', NULL, '1 minute', 'once', '2 hours', 2, '1 minute'),
    ('refit_models', 'SELECT * FROM clientele.refit_models()', '30 3 * * sun', NULL, '10 minutes', 'once', '6 hours', 2, '15 minutes'),
    -- After a refresh of tags, which say what customers an action is for.
    ('run_actions', 'SELECT * FROM clientele.run_actions()', '5,20,35,50 * * * *', NULL, '1 minute', 'once', '1 hour', 2, '1 minute'),
    -- Once a day: two refreshes in a row lower a level.
    ('refresh_warnings', 'SELECT * FROM clientele.refresh_warnings()', '50 4 * * *', NULL, '10 minutes', 'once', '2 hours', 2, '15 minutes'),
    ('refresh_feedback', 'SELECT * FROM clientele.refresh_feedback()', '20 * * * *', NULL, '1 minute', 'once', '2 hours', 2, '1 minute'),
    ('refresh_effects', 'SELECT * FROM clientele.refresh_effects()', '40 * * * *', NULL, '1 minute', 'once', '2 hours', 2, '1 minute'),
    ('measure_and_check', 'SELECT * FROM clientele.measure_and_check()', '*/10 * * * *', NULL, '0', 'once', '1 hour', 1, '1 minute'),
    ('refresh_points', 'SELECT * FROM clientele.refresh_points()', '25 * * * *', NULL, '1 minute', 'once', '2 hours', 2, '1 minute'),
    ('prune_history', 'SELECT * FROM clientele.prune_history()', '15 4 * * *', NULL, '10 minutes', 'once', '1 hour', 2, '15 minutes')
$$;
COMMENT ON FUNCTION default_jobs() IS
  'Lists the jobs that install_default_jobs() adds, with the arguments of add_job().';

CREATE FUNCTION install_default_jobs()
  RETURNS TABLE (name text, command text, times text, outcome text)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 11 SET search_path = pg_catalog, pg_temp SET intervalstyle = 'postgres' AS $$
#variable_conflict use_column
DECLARE
  owner CONSTANT oid := clientele.jobs_owner();
  messages CONSTANT text := current_setting('client_min_messages');
  job record;
  added text;
BEGIN
  IF owner IS NULL THEN
    PERFORM clientele.require_store('jobs');
  ELSIF NOT clientele.may_act_as(owner) THEN
    RAISE EXCEPTION 'permission denied to install the default jobs' USING ERRCODE = 'insufficient_privilege',
      DETAIL = format('They run with the rights of the owner of the store, role %I.', pg_get_userbyid(owner)),
      HINT = 'clientele.add_job() adds jobs of your own.';
  END IF;
  -- They do for the store what its owner can do, also if another role installs them. This and the setting end with the function.
  IF owner <> current_user::regrole THEN
    PERFORM set_config('role', pg_get_userbyid(owner), true);
  END IF;
  PERFORM clientele.require_store('jobs'), clientele.require_store('jobs', 'INSERT'), clientele.require_store('job_names');
  FOR job IN SELECT d.* FROM clientele.default_jobs() d LOOP
    name := job.name;
    outcome := 'kept';
    IF NOT EXISTS (SELECT FROM clientele_data.job_names n WHERE n.name = job.name) THEN
      -- What add_job() says of the owner and of the scheduler is said once, below.
      PERFORM set_config('client_min_messages', 'error', true);
      PERFORM clientele.add_job(job.name, job.command, schedule => job.schedule, every => job.every, time_zone => clientele.store_time_zone(),
        jitter => job.jitter, missed => job.missed, max_run_time => job.max_run_time, max_retries => job.max_retries, retry_delay => job.retry_delay);
      PERFORM set_config('client_min_messages', messages, true);
      outcome := 'added';
      added := coalesce(added, job.name);
    END IF;
    SELECT j.command, coalesce(j.schedule, 'every ' || j.every, 'after ' || (
             SELECT string_agg(n.name, ', ' ORDER BY n.name) FROM clientele_data.job_names n WHERE n.job_id = ANY (j.after_ids)))
    INTO command, times FROM clientele_data.jobs j WHERE j.name = job.name;
    RETURN NEXT;
  END LOOP;
  IF added IS NOT NULL THEN
    PERFORM clientele.note_job_cautions(added);
  END IF;
END $$;
COMMENT ON FUNCTION install_default_jobs() IS
  'Adds the jobs that keep a store up to date by themselves, and returns them, in the time zone of the store.
ingest every minute; measure_and_check every ten minutes; refresh_tags and run_actions every quarter of an hour; refresh_questions,
refresh_feedback, refresh_effects and refresh_points every hour; refresh_warnings and prune_history each night; refit_models on Sundays.
A job that is there already stays as it is (outcome kept), so it can be called again, as after an update. alter_job(), pause_job() and
drop_job() change them afterwards. A job of which nothing is to be done, as without sources, tags, metrics or actions, ends at once. The
jobs belong to the owner of the store, not to the caller: sources, rules of tags, questions and metrics of others have no effect unless
that role trusts them or may act as them.
Errors: 42501 unless you may act as the owner of the store, 42P01 without a store.';
