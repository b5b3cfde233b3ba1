-- SPDX-License-Identifier: PostgreSQL
-- How good a warning is on a hold-out of time, and its thresholds from training predictions.

CREATE FUNCTION warning_predictions(
    model churn_model, day timestamptz, horizon interval, event text, active interval, fold integer DEFAULT NULL) RETURNS classification_summary
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' AS $$
DECLARE
  found clientele.classification_summary;
BEGIN
  PERFORM clientele.require_store('journeys');
  EXECUTE 'SELECT clientele.classification(clientele.churn_prob(j.journey, $1, $2), clientele.churned(j.journey, $2, $3, $4))
           FROM clientele_data.journeys j
           WHERE ($6 IS NULL OR clientele.warning_fold(j.customer_id) = $6)
             AND clientele.last_at(clientele.journey_slice(j.journey, NULL, $2), $4) >= $2 - $5'
  INTO found USING model, day, horizon, event, active, fold;
  RETURN found;
END $$;
COMMENT ON FUNCTION warning_predictions(churn_model, timestamptz, interval, text, interval, integer) IS
  'Returns the probabilities that a model has for the active customers of a day, and which of them churned in the horizon after it,
which must be loaded in full.
active: only customers with an event of this kind in that time before the day. fold: one of five parts of the customers; NULL is all.
Errors: those of churn_prob() and churned(), 42P01 without a store.';

CREATE FUNCTION warning_fold(customer_id bigint) RETURNS integer
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT ((hashint8extended(customer_id, 0) & 2147483647) % 5)::integer
$$;
COMMENT ON FUNCTION warning_fold(bigint) IS 'Returns the part of a customer, from 0 to 4, for predictions of models that have not seen it.';

CREATE FUNCTION warning_refit(
    model churn_model, day timestamptz, horizon interval, event text, active interval, without_fold integer DEFAULT NULL) RETURNS churn_model
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' AS $$
DECLARE
  text_form CONSTANT jsonb := model::text::jsonb;
  fitted clientele.churn_model;
BEGIN
  PERFORM clientele.require_store('journeys');
  IF text_form -> 'features_def' IS NULL THEN
    RAISE EXCEPTION 'the model was not fitted on journeys' USING ERRCODE = 'invalid_parameter_value',
      HINT = 'Fit it by churn_fit(journey, churned, at, churn_def()).';
  END IF;
  EXECUTE 'SELECT clientele.churn_fit(j.journey, clientele.churned(j.journey, $1, $2, $3), $1, $5)
           FROM clientele_data.journeys j
           WHERE ($6 IS NULL OR clientele.warning_fold(j.customer_id) <> $6)
             AND clientele.last_at(clientele.journey_slice(j.journey, NULL, $1), $3) >= $1 - $4'
  INTO fitted USING day, horizon, event, active,
    (coalesce(text_form -> 'definition', '{}') || jsonb_build_object('features', text_form -> 'features_def'))::text::clientele.churn_def,
    without_fold;
  RETURN fitted;
END $$;
COMMENT ON FUNCTION warning_refit(churn_model, timestamptz, interval, text, interval, integer) IS
  'Fits a model as another one was defined, on the active customers of a day, and returns it; NULL if there are none.
without_fold: one of five parts of the customers that is left out. Otherwise as warning_predictions(). Errors: those of churn_fit(); 22023
for a model that was not fitted on journeys.';

CREATE FUNCTION warning_training_predictions(model churn_model, day timestamptz, horizon interval, event text, active interval)
  RETURNS classification_summary
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT clientele.classification_merge(clientele.warning_predictions(f.fitted, day, horizon, event, active, f.fold))
  FROM (SELECT n AS fold, clientele.warning_refit(model, day, horizon, event, active, n) AS fitted FROM generate_series(0, 4) n OFFSET 0) f
$$;
COMMENT ON FUNCTION warning_training_predictions(churn_model, timestamptz, interval, text, interval) IS
  'Returns predictions for the active customers of a training day, each by a model of the same definition that was fitted to the other
four fifths of the customers.
warning_thresholds() finds thresholds by them. Otherwise as warning_predictions(). Errors: also those of warning_refit().';

CREATE FUNCTION newest_event_at(until timestamptz) RETURNS timestamptz
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  newest timestamptz;
BEGIN
  PERFORM clientele.require_store('journeys');
  EXECUTE 'SELECT max(least(clientele.last_at(j.journey), $1)) FROM clientele_data.journeys j' INTO newest USING until;
  RETURN newest;
END $$;
COMMENT ON FUNCTION newest_event_at(timestamptz) IS
  'Returns the time of the newest event of all journeys, but not after `until`: up to then the data are loaded. NULL without events.';

CREATE FUNCTION model_seen_until(name text, version integer) RETURNS timestamptz
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET DateStyle = 'ISO, YMD' AS $$
DECLARE
  last text;
BEGIN
  PERFORM clientele.require_store('models');
  SELECT substring(m.fitted_on FROM '^the store up to ([0-9]{4}-[0-9]{2}-[0-9]{2})$') INTO last FROM clientele_data.models m
  WHERE m.name = regexp_replace(model_seen_until.name, '@[0-9]{1,9}$', '') AND m.version = model_seen_until.version
    AND m.note = 'refit_models()';
  RETURN (last::date + 1)::timestamp AT TIME ZONE clientele.store_time_zone();
END $$;
COMMENT ON FUNCTION model_seen_until(text, integer) IS
  'Returns from when on a version that refit_models() made has seen nothing; NULL for any other version.';

CREATE FUNCTION judge_warning(name text, at timestamptz) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' AS $$
#variable_conflict use_column
DECLARE
  d record;
  status record;
  model record;
  holdout_day timestamptz;
  training_day timestamptz;
  training clientele.classification_summary;
  holdout clientele.classification_summary;
  judged text := 'model';
BEGIN
  PERFORM clientele.require_store('warning_definitions'), clientele.require_store('warning_status', 'UPDATE'),
          clientele.require_store('warning_measures', 'INSERT'), clientele.require_store('warning_measures', 'DELETE');
  SELECT x.* INTO d FROM clientele_data.warning_definitions x WHERE x.name = judge_warning.name;
  SELECT x.* INTO status FROM clientele_data.warning_status x WHERE x.warning = judge_warning.name;
  model := clientele.warning_model(d.model);
  IF status.model_version = model.version AND status.judged_at <= judge_warning.at AND status.judged_at > judge_warning.at - interval '7 days' THEN
    RETURN;
  END IF;
  -- What happened after the hold-out day must be loaded in full, and so must be what happened after the training day.
  holdout_day := clientele.newest_event_at(judge_warning.at) - d.horizon;
  training_day := holdout_day - d.horizon;
  IF NOT d.automatic THEN
    status.critical_from := d.critical_from;
    status.warning_from := d.warning_from;
    status.attention_from := d.attention_from;
  ELSIF status.model_version IS DISTINCT FROM model.version THEN
    BEGIN
      training := clientele.warning_training_predictions(model.fitted, training_day, d.horizon, d.event, d.active);
    EXCEPTION WHEN invalid_parameter_value THEN
      RAISE EXCEPTION 'thresholds cannot be found: %', SQLERRM USING ERRCODE = 'object_not_in_prerequisite_state',
        DETAIL = format('The training day is %s.', training_day),
        HINT = 'The store needs two horizons of events, with customers who left and customers who stayed; or give thresholds.';
    END;
    IF training IS NULL THEN
      RAISE EXCEPTION 'thresholds cannot be found: no customer was active before the training day' USING
        ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('The training day is %s.', training_day),
        HINT = 'The store needs two horizons of events; or give thresholds.';
    END IF;
    SELECT max(t.threshold) FILTER (WHERE t.level = 'critical'), max(t.threshold) FILTER (WHERE t.level = 'warning'),
           max(t.threshold) FILTER (WHERE t.level = 'attention')
    INTO status.critical_from, status.warning_from, status.attention_from
    FROM clientele.warning_thresholds(training, d.least_precision, d.least_recall, d.least_warned,
           CASE WHEN d.costs IS NOT NULL THEN clientele.warning_threshold(d.costs) END) t;
  END IF;
  BEGIN
    IF coalesce(holdout_day >= d.trained_until OR holdout_day >= clientele.model_seen_until(d.model, model.version), false) THEN
      holdout := clientele.warning_predictions(model.fitted, holdout_day, d.horizon, d.event, d.active);
    ELSE
      judged := 'refit';
      holdout := clientele.warning_predictions(clientele.warning_refit(model.fitted, training_day, d.horizon, d.event, d.active),
                                               holdout_day, d.horizon, d.event, d.active);
    END IF;
  EXCEPTION WHEN invalid_parameter_value THEN
    IF d.automatic THEN RAISE; END IF;
    holdout := NULL;  -- thresholds were given, and there is not enough to judge them by
  END;
  DELETE FROM clientele_data.warning_measures x WHERE x.warning = judge_warning.name AND x.at = judge_warning.at;
  INSERT INTO clientele_data.warning_measures (warning, at, level, model_version, judged, trained_at, holdout_at, threshold, customers, churned,
    base_rate, base_rate_low, base_rate_high, majority_accuracy, warned, hits, accuracy, accuracy_low, accuracy_high, "precision", precision_low,
    precision_high, recall, recall_low, recall_high, claim_met, gain)
  SELECT judge_warning.name, judge_warning.at, q.level, model.version, judged, training_day, holdout_day, q.threshold, q.customers, q.churned,
         q.base_rate, q.base_rate_low, q.base_rate_high, q.majority_accuracy, q.warned, q.hits, q.accuracy, q.accuracy_low, q.accuracy_high,
         q."precision", q.precision_low, q.precision_high, q.recall, q.recall_low, q.recall_high, q.claim_met,
         q.hits * clientele.warning_gain(1, d.costs) + (q.warned - q.hits) * clientele.warning_gain(0, d.costs)
  FROM clientele.warning_quality(holdout, status.critical_from, status.warning_from, status.attention_from) q;
  UPDATE clientele_data.warning_status x
  SET model_version = model.version, critical_from = status.critical_from, warning_from = status.warning_from,
      attention_from = status.attention_from, judged_at = judge_warning.at
  WHERE x.warning = judge_warning.name;
END $$;
COMMENT ON FUNCTION judge_warning(text, timestamptz) IS
  'Finds the thresholds of a warning for a new version of its model, and measures how good it is on a hold-out of time, at most once in 7
days; a part of refresh_warnings().
The hold-out day is one horizon before the newest event, and the training day one horizon before that. The model in use is judged if it is
known that it has seen nothing of the hold-out, else one of the same definition that was fitted on the training day. Errors: 55000 if the
store has too few data for thresholds.';
