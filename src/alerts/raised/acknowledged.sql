-- SPDX-License-Identifier: PostgreSQL
-- What people do with alerts.

CREATE FUNCTION acknowledge_alert(alert_id bigint, note text DEFAULT NULL) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  found_level integer;
BEGIN
  PERFORM clientele.require_store('alerts', 'UPDATE'), clientele.require_store('alert_changes', 'INSERT');
  UPDATE clientele_data.alerts a SET acknowledged_at = now(), acknowledged_by = session_user, note = coalesce(acknowledge_alert.note, a.note)
  WHERE a.alert_id = acknowledge_alert.alert_id RETURNING a.level INTO found_level;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'alert % does not exist', coalesce(alert_id::text, 'NULL') USING ERRCODE = 'undefined_object',
      HINT = 'clientele_bi.alerts lists them.';
  END IF;
  PERFORM clientele.note_alert_change(alert_id, 'acknowledged', found_level, NULL, false, false, NULL, NULL, NULL);
END $$;
COMMENT ON FUNCTION acknowledge_alert(bigint, text) IS
  'Acknowledges an alert until it is over; the role and the note are kept with it.
It goes on to escalate and to recover. Errors: 42704 for an unknown alert, 42P01 without a store, 42501 without the right to change
clientele_data.alerts.';

CREATE FUNCTION mute_metric(name text, until timestamptz DEFAULT 'infinity') RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('metrics', 'UPDATE'), clientele.require_metrics(ARRAY[name]);
  IF until IS NULL THEN
    RAISE EXCEPTION 'until must not be NULL' USING ERRCODE = 'null_value_not_allowed', HINT = 'clientele.unmute_metric() ends it.';
  END IF;
  UPDATE clientele_data.metrics m SET muted_until = mute_metric.until WHERE m.name = mute_metric.name;
END $$;
COMMENT ON FUNCTION mute_metric(text, timestamptz) IS
  'Lets no alert of a metric go out until some time; they are still written down.
Errors: 42704 for an unknown metric, 22004 for NULL, 42P01 without a store, 42501 without the right to change clientele_data.metrics.';

CREATE FUNCTION unmute_metric(name text) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('metrics', 'UPDATE'), clientele.require_metrics(ARRAY[name]);
  UPDATE clientele_data.metrics m SET muted_until = NULL WHERE m.name = unmute_metric.name;
END $$;
COMMENT ON FUNCTION unmute_metric(text) IS
  'Lets the alerts of a metric go out again.
Errors: 42704 for an unknown metric, 42P01 without a store, 42501 without the right to change clientele_data.metrics.';

CREATE FUNCTION prune_alerts(age interval DEFAULT '2 years', values_age interval DEFAULT '2 years') RETURNS TABLE (what text, "rows" bigint)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 2 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM clientele.require_store('alerts', 'DELETE'), clientele.require_store('metric_values', 'DELETE'), clientele.require_store('metrics');
  IF num_nulls(age, values_age) > 0 THEN
    RAISE EXCEPTION 'age and values_age must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF least(age, values_age) < '0' THEN
    RAISE EXCEPTION 'age and values_age must not be negative' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  what := 'alerts';
  DELETE FROM clientele_data.alerts a WHERE a.recovered_at < now() - age;
  GET DIAGNOSTICS "rows" = ROW_COUNT;
  RETURN NEXT;
  what := 'metric_values';
  -- What later values are judged by stays.
  DELETE FROM clientele_data.metric_values v USING clientele_data.metrics m
  WHERE m.metric_id = v.metric_id AND v.until < now() - greatest(values_age, 2 * m.history);
  GET DIAGNOSTICS "rows" = ROW_COUNT;
  RETURN NEXT;
END $$;
COMMENT ON FUNCTION prune_alerts(interval, interval) IS
  'Deletes alerts that were over before age ago, with their changes, and values of metrics that are older than values_age, and returns how
many rows of what.
Alerts that are open stay, and so do values within twice the history of their metric, by which newer ones are judged.
Errors: 22004 for NULL, 22023 for a negative age, 42P01 without a store, 42501 without the right to delete.';
