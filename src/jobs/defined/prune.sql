-- SPDX-License-Identifier: PostgreSQL
-- How long the history of jobs is kept.

CREATE FUNCTION history_setting(name text, fallback text) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('settings');
  RETURN coalesce((SELECT s.value FROM clientele_data.settings s WHERE s.name = history_setting.name), fallback);
END $$;
COMMENT ON FUNCTION history_setting(text, text) IS
  'Returns a setting of the store, or what holds without it; a part of prune_job_runs().';

CREATE FUNCTION prune_job_runs(max_age interval DEFAULT NULL, max_rows bigint DEFAULT NULL) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET intervalstyle = 'postgres' AS $$
DECLARE
  age CONSTANT interval := coalesce(max_age, clientele.history_setting('job_history', '30 days')::interval);
  most CONSTANT bigint := coalesce(max_rows, clientele.history_setting('job_history_rows', '1000')::bigint);
  n bigint;
BEGIN
  PERFORM clientele.require_store('jobs'), clientele.require_store('job_runs'), clientele.require_store('job_runs', 'DELETE');
  IF age < '0' OR most < 0 THEN
    RAISE EXCEPTION 'neither the age nor the number of the runs that are kept may be negative' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- What the schedule goes on from, and what job_status says, stay.
  WITH kept AS MATERIALIZED (
    SELECT j.job_id, r.ids,
           (SELECT o.run_id FROM clientele_data.job_runs o WHERE o.job_id = j.job_id ORDER BY o.run_id DESC OFFSET most LIMIT 1) AS oldest
    FROM clientele_data.jobs j
    CROSS JOIN LATERAL (
      SELECT ARRAY[max(r.run_id) FILTER (WHERE r.state = 'succeeded'), max(r.run_id) FILTER (WHERE r.state IN ('failed', 'timed_out', 'crashed')),
                   max(r.run_id) FILTER (WHERE r.started_at IS NOT NULL), max(r.run_id) FILTER (WHERE r.kind = 'schedule'),
                   max(r.run_id) FILTER (WHERE r.kind <> 'manual' AND r.state <> 'skipped'), max(r.run_id) FILTER (WHERE r.state <> 'skipped')] AS ids
      FROM clientele_data.job_runs r WHERE r.job_id = j.job_id AND r.ended_at IS NOT NULL) r
  )
  DELETE FROM clientele_data.job_runs d USING kept k
  WHERE d.job_id = k.job_id AND d.ended_at IS NOT NULL AND (d.ended_at < now() - age OR d.run_id <= k.oldest) AND (d.run_id = ANY (k.ids)) IS NOT TRUE;
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
END $$;
COMMENT ON FUNCTION prune_job_runs(interval, bigint) IS
  'Deletes old runs of the jobs that you may use, and returns how many.
Runs stay for max_age, by default 30 days, and of each job the newest max_rows, by default 1,000; whichever is less. The last success, the
last failure and what the schedule goes on from always stay. The rows job_history and job_history_rows of clientele_data.settings set other
defaults. Errors: 22023 if one of them is negative.';
