-- SPDX-License-Identifier: PostgreSQL
-- What is only history is deleted when it is old enough.

CREATE FUNCTION prune_history(
    loads_age interval DEFAULT '1 year', rejects_age interval DEFAULT '90 days', tags_age interval DEFAULT '2 years',
    messages_age interval DEFAULT '1 year', warnings_age interval DEFAULT '2 years', alerts_age interval DEFAULT '2 years')
  RETURNS TABLE (what text, "rows" bigint)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM clientele.require_store(t.name, t.privilege)
  FROM (VALUES ('load_runs', 'DELETE'), ('rejects', 'UPDATE'), ('rejects', 'DELETE'), ('tag_changes', 'DELETE'), ('tag_refreshes', 'DELETE'),
               ('tag_status', 'SELECT')) t (name, privilege);
  IF num_nulls(loads_age, rejects_age, tags_age, messages_age, warnings_age, alerts_age) > 0 THEN
    RAISE EXCEPTION 'ages must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF least(loads_age, rejects_age, tags_age, messages_age, warnings_age, alerts_age) < '0' THEN
    RAISE EXCEPTION 'ages must not be negative' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM clientele.begin_progress('prune_history'), clientele.report_progress('runs of jobs', 0, 9);
  what := 'job_runs';
  "rows" := clientele.prune_job_runs();
  RETURN NEXT;

  PERFORM clientele.report_progress('contents of resolved rejects', 1, 9);
  what := 'contents of resolved rejects';
  UPDATE clientele_data.rejects j SET content = '{}', detail = NULL
  WHERE j.resolved_by IS NOT NULL AND j.rejected_at < now() - rejects_age AND (j.content <> '{}' OR j.detail IS NOT NULL);
  GET DIAGNOSTICS "rows" = ROW_COUNT;
  RETURN NEXT;

  PERFORM clientele.report_progress('loads and batches', 2, 9);
  what := 'load_runs';
  WITH staying AS MATERIALIZED (
    SELECT j.run_id FROM clientele_data.rejects j WHERE j.resolved_by IS NULL
    UNION
    -- How fresh a source is.
    SELECT max(r.run_id) FROM clientele_data.load_runs r WHERE r.last_event_at IS NOT NULL GROUP BY r.source_id, r.source
  ), kept AS MATERIALIZED (
    SELECT s.run_id FROM staying s
    UNION
    -- Their retries: the views count by them what was packed later.
    SELECT j.resolved_by FROM clientele_data.rejects j JOIN staying s ON s.run_id = j.run_id WHERE j.resolved_by IS NOT NULL
  )
  DELETE FROM clientele_data.load_runs r
  WHERE r.finished_at < now() - loads_age AND NOT EXISTS (SELECT FROM kept k WHERE k.run_id = r.run_id);
  GET DIAGNOSTICS "rows" = ROW_COUNT;
  RETURN NEXT;

  PERFORM clientele.report_progress('changes of tags', 3, 9);
  what := 'tag_changes';
  DELETE FROM clientele_data.tag_changes c WHERE c.at < now() - tags_age;
  GET DIAGNOSTICS "rows" = ROW_COUNT;
  RETURN NEXT;

  PERFORM clientele.report_progress('refreshes of tags', 4, 9);
  what := 'tag_refreshes';
  -- Those without changes are of no interest after a month. The newest says which changes of journeys have been followed.
  DELETE FROM clientele_data.tag_refreshes r
  WHERE r.started_at < now() - least(tags_age, interval '30 days') AND r.refresh_id < (SELECT max(x.refresh_id) FROM clientele_data.tag_refreshes x)
    AND r.change_set IS DISTINCT FROM (SELECT max(x.change_set) FROM clientele_data.tag_refreshes x)
    AND NOT EXISTS (SELECT FROM clientele_data.tag_status s WHERE s.refresh_id = r.refresh_id)
    AND NOT EXISTS (SELECT FROM clientele_data.tag_changes c WHERE c.refresh_id = r.refresh_id);
  GET DIAGNOSTICS "rows" = ROW_COUNT;
  RETURN NEXT;

  PERFORM clientele.report_progress('changes of journeys', 5, 9);
  what := 'journey_changes';
  -- Where tags are refreshed, a refresh does it.
  "rows" := CASE WHEN EXISTS (SELECT FROM clientele_data.tag_refreshes r WHERE r.started_at > now() - interval '1 day') THEN 0
                 ELSE clientele.prune_journey_changes() END;
  RETURN NEXT;

  PERFORM clientele.report_progress('messages', 6, 9);
  what := 'outbox';
  "rows" := clientele.prune_outbox(messages_age);
  RETURN NEXT;

  PERFORM clientele.report_progress('changes of warnings', 7, 9);
  what := 'warning_changes';
  "rows" := clientele.prune_warnings(warnings_age);
  RETURN NEXT;

  PERFORM clientele.report_progress('alerts', 8, 9);
  RETURN QUERY SELECT p.* FROM clientele.prune_alerts(alerts_age, alerts_age) p;
  PERFORM clientele.end_progress();
END $$;
COMMENT ON FUNCTION prune_history(interval, interval, interval, interval, interval, interval) IS
  'Deletes what is only history and old enough, and returns how many rows of what.
Runs of jobs: those that prune_job_runs() deletes. Resolved rejects: after rejects_age their content and detail are emptied, so that they
still count. Loads and batches (load_runs): after loads_age, with their rejects, unless some of these are unresolved; the newest of each
source stays. Changes of tags: after tags_age; clientele_bi.tag_history then begins later. Refreshes of tags without changes: after 30
days. Changes of journeys are moved away if no refresh of tags has done so for a day. Messages that are done: after messages_age
(prune_outbox()). Changes, refreshes and measures of warnings: after warnings_age (prune_warnings()). Alerts that are over and values of
metrics: after alerts_age (prune_alerts()). Journeys, customers, merges and models are not
touched. Errors: 22004 for NULL, 22023 for a negative age, 42P01 without a store, 42501 without the right to delete.';
