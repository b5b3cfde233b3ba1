-- SPDX-License-Identifier: PostgreSQL
-- Models are fitted again to newer data, and the best version on a hold-out of time becomes the current one.

CREATE FUNCTION define_refit(
    name text, fits text, event text DEFAULT 'purchase', kinds text[] DEFAULT '{MBG/NBD,BG/NBD,Pareto/NBD}',
    holdout interval DEFAULT '90 days', unit interval DEFAULT '1 week', criterion text DEFAULT 'mean_absolute_error',
    keeps integer DEFAULT 10)
  RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET intervalstyle = 'postgres' AS $$
DECLARE
  problem text;
BEGIN
  PERFORM clientele.require_store('model_refits', 'INSERT'), clientele.require_store('model_refits', 'UPDATE'), clientele.require_store('models');
  IF num_nulls(name, fits, event, kinds, holdout, unit, criterion, keeps) > 0 OR array_position(kinds, NULL) IS NOT NULL THEN
    RAISE EXCEPTION 'the arguments of define_refit() must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  PERFORM clientele.check_model_name(name);
  problem := CASE
    WHEN fits NOT IN ('purchases', 'spend', 'churn') THEN format('fits must be purchases, spend or churn, not "%s"', left(fits, 100))
    WHEN fits = 'purchases' AND (kinds = '{}' OR NOT kinds <@ '{MBG/NBD,BG/NBD,Pareto/NBD}'::text[]) THEN
      'kinds must be some of MBG/NBD, BG/NBD and Pareto/NBD'
    WHEN NOT holdout BETWEEN '1 day' AND '10 years' THEN format('holdout must be from 1 day to 10 years, not %s', holdout)
    WHEN NOT unit BETWEEN '1 second' AND '1 year' THEN format('unit must be from 1 second to 1 year, not %s', unit)
    WHEN NOT keeps BETWEEN 1 AND 1000 THEN format('keeps must be from 1 to 1000, not %s', keeps)
    WHEN criterion NOT IN ('mean_absolute_error', 'root_mean_squared_error', 'bias', 'correlation', 'poisson_deviance') THEN
      format('unknown criterion "%s"', left(criterion, 100)) END;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION '%', problem USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- An event that is not in the dictionary is an error now, not in the night.
  PERFORM count(*) FROM clientele.event_types_matching(event);
  INSERT INTO clientele_data.model_refits AS r (name, fits, event, kinds, holdout, unit, criterion, keeps)
  VALUES (define_refit.name, define_refit.fits, define_refit.event, CASE fits WHEN 'purchases' THEN kinds ELSE '{}'::text[] END,
          define_refit.holdout, define_refit.unit, define_refit.criterion, define_refit.keeps)
  ON CONFLICT ON CONSTRAINT model_refits_pkey DO UPDATE
    SET fits = excluded.fits, event = excluded.event, kinds = excluded.kinds, holdout = excluded.holdout, unit = excluded.unit,
        criterion = excluded.criterion, keeps = excluded.keeps, defined_at = now();
END $$;
COMMENT ON FUNCTION define_refit(text, text, text, text[], interval, interval, text, integer) IS
  'Lets refit_models() fit a model of the store again from time to time, under a name.
fits: purchases (a btyd_model, of several kinds), spend (a spend_model) or churn (a churn_model over the features of the journeys). event: a
selector of the events that are purchases; of churn, a customer has left who does nothing of it during holdout. kinds: the models of
purchases that are tried. holdout: the newest time, on which versions are compared. unit: of the times of models of purchases. criterion: as
for choose_model(). keeps: how many versions made this way stay. Defining a name again changes it. Errors: 22004 for NULL, 22023 for an
option that is not possible, 42704 for an event that is not in the dictionary, 42P01 without a store, 42501 without the rights.';

CREATE FUNCTION forget_refit(name text) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('model_refits', 'DELETE');
  DELETE FROM clientele_data.model_refits r WHERE r.name = forget_refit.name;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no refit of model "%" is defined', name USING ERRCODE = 'undefined_object',
      HINT = 'clientele_data.model_refits lists them.';
  END IF;
END $$;
COMMENT ON FUNCTION forget_refit(text) IS
  'Lets refit_models() leave a model as it is; its versions stay.
Errors: 42704 for a name that was not defined by define_refit(), 42P01 without a store, 42501 without the rights.';

CREATE FUNCTION refit_queries(name text, at timestamptz, OUT type text, OUT fits text[], OUT holdout text, OUT seen_until text)
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET quote_all_identifiers = off SET datestyle = 'ISO, YMD'
  SET intervalstyle = 'postgres' AS $$
DECLARE
  r record;
  zone CONSTANT text := clientele.store_time_zone();
  -- Days that are over.
  last CONSTANT date := (at AT TIME ZONE zone)::date - 1;
  seen date;
  summaries text;
  features text;
  began timestamptz;
BEGIN
  PERFORM clientele.require_store('model_refits');
  SELECT x.* INTO r FROM clientele_data.model_refits x WHERE x.name = refit_queries.name;
  seen := (last - r.holdout)::date;
  seen_until := to_char(seen, 'YYYY-MM-DD');
  IF r.fits = 'churn' THEN
    type := 'churn_model';
    began := ((last + 1)::timestamp - r.holdout) AT TIME ZONE zone;
    features := format('clientele.churn_features_def(time_zone => %L)', zone);
    fits := ARRAY[format(
      'SELECT clientele.churn_fit(j.journey, clientele.churned(j.journey, %1$L::timestamptz, %2$L::interval, %3$L::text), %1$L::timestamptz,
              clientele.churn_def(features => %4$s)) FROM clientele_data.journeys j',
      (began AT TIME ZONE zone - r.holdout) AT TIME ZONE zone, r.holdout, r.event, features)];
    holdout := format(
      'SELECT clientele.churn_features(j.journey, %1$L::timestamptz, %4$s) AS features,
              clientele.churned(j.journey, %1$L::timestamptz, %2$L::interval, %3$L::text) AS churned FROM clientele_data.journeys j',
      began, r.holdout, r.event, features);
    RETURN;
  END IF;
  summaries := format(
    '(SELECT clientele.purchase_summary(j.journey, clientele.purchase_def(%L::timestamptz, unit => %L::interval, holdout_until => %L::timestamptz,
        purchase => %L::text, time_zone => %L)) AS s FROM clientele_data.journeys j OFFSET 0) v WHERE (v.s).x IS NOT NULL',
    seen::timestamp AT TIME ZONE zone, r.unit, last::timestamp AT TIME ZONE zone, r.event, zone);
  holdout := 'SELECT (v.s).* FROM ' || summaries;
  IF r.fits = 'spend' THEN
    type := 'spend_model';
    fits := ARRAY['SELECT clientele.spend_fit((v.s).x, (v.s).monetary) FROM ' || summaries];
  ELSE
    type := 'btyd_model';
    fits := ARRAY(SELECT format('SELECT clientele.btyd_fit(v.s, %L) FROM %s', k.kind, summaries)
                  FROM unnest(r.kinds) WITH ORDINALITY k (kind, n) ORDER BY k.n);
  END IF;
END $$;
COMMENT ON FUNCTION refit_queries(text, timestamptz) IS
  'Writes the queries that fit a model to what was before its hold-out, and the query of the hold-out for choose_model(); a part of
refit_models().
seen_until: the last day that a fit of purchases or spend sees.';

CREATE FUNCTION refit_model(name text, at timestamptz, OUT version integer, OUT kind text, OUT fresh boolean)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  refit record;
  queries record;
  query text;
  model text;
  made integer[] := '{}'::integer[];
BEGIN
  PERFORM clientele.require_store('model_refits', 'UPDATE'), clientele.require_store('models', 'DELETE');
  -- Another call for the same model waits.
  SELECT r.criterion, r.keeps INTO refit FROM clientele_data.model_refits r WHERE r.name = refit_model.name FOR UPDATE;
  SELECT q.* INTO queries FROM clientele.refit_queries(name, at) q;
  FOREACH query IN ARRAY queries.fits LOOP
    EXECUTE query INTO model;
    IF model IS NULL THEN
      RAISE EXCEPTION 'model "%" cannot be fitted: no customer has such events before %', name, queries.seen_until USING
        ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    made := made || clientele.store_model(name, queries.type, model, format('the store up to %s', queries.seen_until), 'refit_models()', false);
  END LOOP;
  version := clientele.choose_model(name, queries.holdout, refit.criterion);
  kind := (SELECT m.kind FROM clientele_data.models m WHERE m.name = refit_model.name AND m.version = refit_model.version);
  fresh := version = ANY (made);
  PERFORM clientele.forget_model(name, m.version)
  FROM (SELECT m.version FROM clientele_data.models m
        WHERE m.name = refit_model.name AND m.note = 'refit_models()' ORDER BY m.version DESC OFFSET refit.keeps) m
  WHERE m.version <> refit_model.version;
  UPDATE clientele_data.model_refits r
  SET refitted_at = clock_timestamp(), version = refit_model.version, error = NULL, failed_at = NULL WHERE r.name = refit_model.name;
END $$;
COMMENT ON FUNCTION refit_model(text, timestamptz) IS
  'Fits a model again and chooses the best version; a part of refit_models(). fresh: whether the chosen version is a new one.';

CREATE FUNCTION refit_models(names text[] DEFAULT NULL, at timestamptz DEFAULT NULL)
  RETURNS TABLE (name text, outcome text, version integer, kind text, error text)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  present CONSTANT timestamptz := coalesce(at, now());
  unknown text;
  refit record;
  chosen record;
BEGIN
  PERFORM clientele.require_store('model_refits'), clientele.require_store('model_refits', 'UPDATE'), clientele.require_store('models', 'INSERT');
  IF NOT isfinite(present) THEN
    RAISE EXCEPTION 'at must be finite: %', at USING ERRCODE = 'datetime_field_overflow';
  END IF;
  SELECT u.name INTO unknown FROM unnest(names) u (name)
  WHERE NOT EXISTS (SELECT FROM clientele_data.model_refits r WHERE r.name = u.name) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'no refit of model "%" is defined', unknown USING ERRCODE = 'undefined_object',
      HINT = 'clientele.define_refit() defines one; clientele_data.model_refits lists them.';
  END IF;
  PERFORM clientele.begin_progress('refit_models');
  FOR refit IN
    SELECT r.name, row_number() OVER (ORDER BY r.name COLLATE "C") - 1 AS done, count(*) OVER () AS total
    FROM clientele_data.model_refits r WHERE names IS NULL OR r.name = ANY (names) ORDER BY r.name COLLATE "C"
  LOOP
    PERFORM clientele.report_progress(refit.name, refit.done, refit.total);
    name := refit.name;
    BEGIN
      SELECT m.* INTO chosen FROM clientele.refit_model(refit.name, present) m;
      outcome := CASE WHEN chosen.fresh THEN 'chosen' ELSE 'kept' END;
      version := chosen.version;
      kind := chosen.kind;
      error := NULL;
    EXCEPTION WHEN serialization_failure OR deadlock_detected THEN
      RAISE;
    WHEN OTHERS THEN
      outcome := 'failed';
      error := SQLERRM;
      SELECT m.version, m.kind INTO version, kind FROM clientele_data.models m WHERE m.name = refit.name AND m.current;
      UPDATE clientele_data.model_refits r SET error = refit_models.error, failed_at = clock_timestamp() WHERE r.name = refit.name;
      RAISE WARNING 'model "%" could not be fitted again: %', refit.name, SQLERRM USING ERRCODE = SQLSTATE;
    END;
    RETURN NEXT;
  END LOOP;
  PERFORM clientele.end_progress();
END $$;
COMMENT ON FUNCTION refit_models(text[], timestamptz) IS
  'Fits the models that define_refit() has defined again, all of them or those named, and makes the best versions current.
A model is fitted to what was known before its hold-out, the newest days that are over. Then choose_model() compares its versions on the
hold-out, which none of them has seen, and the best one becomes current: a new one (outcome chosen) or one that was there before (kept).
A fit that fails (outcome failed) leaves the model as it was; the error is in the row and in clientele_data.model_refits, and the others
are fitted all the same. at is the present, now by default. It runs with your rights, and no SQL of others. Errors: 42704 for a name that
was not defined, 42P01 without a store, 42501 without the rights.';
