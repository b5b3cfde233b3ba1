-- SPDX-License-Identifier: PostgreSQL
-- Whether jobs run in this database at all, and who may have jobs.

CREATE FUNCTION pause_jobs() RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('settings'), clientele.require_store('settings', 'UPDATE'), clientele.require_store('settings', 'INSERT');
  INSERT INTO clientele_data.settings AS s (name, value) VALUES ('jobs_home', 'paused ' || clientele.jobs_home())
  -- A copy stays one.
  ON CONFLICT (name) DO UPDATE SET value = 'paused ' || s.value WHERE s.value !~ '^paused';
  PERFORM clientele.wake_scheduler();
END $$;
COMMENT ON FUNCTION pause_jobs() IS
  'Lets no job of this database start, until resume_jobs(). Runs that are in progress go on, and run_job() still runs a job.
Jobs can be added and changed meanwhile. Needs the right to change clientele_data.settings, which the owner of the store has (42501).';

CREATE FUNCTION resume_jobs() RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  home text;
  copied record;
BEGIN
  PERFORM clientele.require_store('settings'), clientele.require_store('settings', 'UPDATE'), clientele.require_store('settings', 'INSERT'),
          clientele.require_store('jobs'), clientele.require_store('jobs', 'UPDATE'), clientele.require_store('job_runs'),
          clientele.lock_jobs();
  SELECT s.value INTO home FROM clientele_data.settings s WHERE s.name = 'jobs_home' FOR UPDATE;
  IF home = clientele.jobs_home() THEN
    RAISE NOTICE 'the jobs of this database are not paused';
    RETURN;
  ELSIF home IS DISTINCT FROM 'paused ' || clientele.jobs_home() THEN
    -- What was in progress where the copy was made is not tried again here.
    FOR copied IN SELECT r.run_id, r.state FROM clientele_data.job_runs r WHERE r.state IN ('waiting', 'running') ORDER BY r.run_id LOOP
      PERFORM clientele.end_run(copied.run_id, CASE copied.state WHEN 'waiting' THEN 'skipped' ELSE 'cancelled' END, NULL,
                                'it was in progress in the database of which this one is a copy');
    END LOOP;
    -- The numbers of roles are other ones here.
    UPDATE clientele_data.jobs j SET owner_cluster = clientele.cluster_id()
    FROM pg_roles r
    WHERE j.owner_cluster <> clientele.cluster_id() AND r.rolname = j.owner AND clientele.may_act_as(r.oid)
      AND clientele.may_become(clientele.jobs_owner(), r.oid);
  END IF;
  INSERT INTO clientele_data.settings (name, value) VALUES ('jobs_home', clientele.jobs_home())
  ON CONFLICT (name) DO UPDATE SET value = excluded.value;
  -- What was due meanwhile is not caught up.
  UPDATE clientele_data.jobs j SET since = clock_timestamp();
  PERFORM clientele.wake_scheduler();
END $$;
COMMENT ON FUNCTION resume_jobs() IS
  'Lets the jobs of this database run again after pause_jobs(), or for the first time in a copy that was restored elsewhere.
A copy runs no jobs until then, as it must not send what the original sends. What was due meanwhile is not caught up, and what was in
progress where the copy was made is not tried again. Jobs that pause_job() paused stay so. A database has moved, and counts as a copy, after
pg_upgrade, too. Needs the rights of the owner of the store (42501).';

CREATE PROCEDURE grant_jobs(role regrole)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF role IS NULL OR role = 0 THEN
    RAISE EXCEPTION 'the role must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  PERFORM clientele.require_store('jobs');
  EXECUTE format('GRANT USAGE ON SCHEMA clientele_bi, clientele_data TO %s', role);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON clientele_data.jobs, clientele_data.job_runs TO %s', role);
  EXECUTE format('GRANT SELECT ON clientele_data.job_names, clientele_bi.job_status, clientele_bi.job_runs TO %s', role);
  IF NOT clientele.may_become(clientele.jobs_owner(), role::oid) THEN
    RAISE WARNING 'role %, which owns the store, may not act as role %, so jobs of that role cannot run',
      quote_ident(pg_get_userbyid(clientele.jobs_owner())), role USING
      HINT = format('GRANT %s TO %I.', role, pg_get_userbyid(clientele.jobs_owner()));
  END IF;
END $$;
COMMENT ON PROCEDURE grant_jobs(regrole) IS
  'Lets a role add jobs, which run with its own rights, and see, change and drop them. It sees only names and states of jobs of others.
Needs the rights of the store''s owner. Errors: 42704 for a role that does not exist, 42P01 without a store, 42501 without the rights.';
