-- SPDX-License-Identifier: PostgreSQL
-- define_warning() and drop_warning().

CREATE FUNCTION warning_model(model text, OUT version integer, OUT fitted churn_model)
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  wanted CONSTANT text := model;
  stored record;
BEGIN
  PERFORM clientele.require_store('models');
  SELECT m.version, m.type, m.model::text AS model INTO stored FROM clientele_data.models m
  WHERE m.name = wanted AND m.current
     OR m.name = regexp_replace(wanted, '@[0-9]{1,9}$', '') AND m.version = substring(wanted FROM '@([0-9]{1,9})$')::integer;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'model "%" does not exist', left(wanted, 500) USING ERRCODE = 'undefined_object',
      HINT = 'clientele_data.models lists the models; clientele.save_model() adds one.';
  ELSIF stored.type <> 'churn_model' THEN
    RAISE EXCEPTION 'model "%" is a %, not a churn_model', left(wanted, 500), stored.type USING ERRCODE = 'wrong_object_type';
  END IF;
  version := stored.version;
  fitted := stored.model::clientele.churn_model;
END $$;
COMMENT ON FUNCTION warning_model(text) IS
  'Returns a stored churn model with its version; a part of refresh_warnings().
Errors: 42704 for an unknown name, 42809 for a model of another type, 42P01 without a store.';

CREATE FUNCTION require_model(model text, type text) RETURNS void
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  stored text;
BEGIN
  PERFORM clientele.require_store('models');
  SELECT m.type INTO stored FROM clientele_data.models m
  WHERE m.name = require_model.model AND m.current
     OR m.name = regexp_replace(require_model.model, '@[0-9]{1,9}$', '')
        AND m.version = substring(require_model.model FROM '@([0-9]{1,9})$')::integer;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'model "%" does not exist', left(model, 500) USING ERRCODE = 'undefined_object',
      HINT = 'clientele_data.models lists the models; clientele.save_model() adds one.';
  ELSIF stored <> type THEN
    RAISE EXCEPTION 'model "%" is a %, not a %', left(model, 500), stored, type USING ERRCODE = 'wrong_object_type';
  END IF;
END $$;
COMMENT ON FUNCTION require_model(text, text) IS
  'Checks that a model of this name and type is stored; a part of define_warning(). Errors: 42704, 42809.';

CREATE FUNCTION warning_tag_rule(name text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('SELECT w.customer_id, w.level FROM %I.warnings w WHERE w.warning = %L', 'clientele_data', name)
$$;
COMMENT ON FUNCTION warning_tag_rule(text) IS 'Writes the rule of the tag that holds the levels of a warning.';

CREATE FUNCTION define_warning(
    name text, model text, audience tag_query DEFAULT NULL, thresholds double precision[] DEFAULT NULL,
    horizon interval DEFAULT '90 days', event text DEFAULT 'purchase', active interval DEFAULT NULL,
    costs warning_costs DEFAULT NULL, lift tag_query DEFAULT NULL, lift_level text DEFAULT 'attention',
    value_model text DEFAULT NULL, spend_model text DEFAULT NULL, least_precision double precision DEFAULT 0.8,
    least_recall double precision DEFAULT 0.8, least_warned bigint DEFAULT 30, trained_until timestamptz DEFAULT NULL,
    language text DEFAULT 'en', description text DEFAULT NULL) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET IntervalStyle = 'postgres' AS $$
#variable_conflict use_variable
DECLARE
  problem text;
  unknown text;
  known record;
  t CONSTANT double precision[] := CASE WHEN thresholds IS NULL THEN '{}' ELSE ARRAY(SELECT u.x FROM unnest(thresholds) WITH ORDINALITY u (x, n) ORDER BY u.n) END;
  given CONSTANT double precision[] := array_remove(t, NULL);
BEGIN
  PERFORM clientele.require_store('warning_definitions', 'INSERT'), clientele.require_store('warning_definitions', 'UPDATE'),
          clientele.require_store('warning_status', 'INSERT'), clientele.require_store('warning_status', 'UPDATE'),
          clientele.require_store('tags', 'INSERT');
  IF num_nulls(name, model, horizon, event, lift_level, least_precision, least_recall, least_warned, language) > 0 THEN
    RAISE EXCEPTION 'only audience, thresholds, active, costs, lift, value_model, spend_model, trained_until and description may be NULL'
      USING ERRCODE = 'null_value_not_allowed';
  END IF;
  active := coalesce(active, 2 * horizon);
  PERFORM clientele.check_tag_name(name), clientele.warning_model(model);
  problem := CASE
    WHEN thresholds IS NOT NULL AND cardinality(t) <> 3 THEN
      format('thresholds must be three numbers, of critical, warning and attention, not %s', cardinality(t))
    WHEN EXISTS (SELECT FROM unnest(given) u (x) WHERE NOT (u.x BETWEEN 0 AND 1)) THEN 'thresholds must be from 0 to 1'
    WHEN given <> ARRAY(SELECT u.x FROM unnest(given) u (x) ORDER BY u.x DESC) THEN
      'thresholds must descend, from critical to attention'
    WHEN thresholds IS NOT NULL AND given = '{}' THEN 'one of the thresholds must not be NULL'
    WHEN extract(epoch FROM horizon) <= 0 THEN format('horizon must be above zero, not %s', horizon)
    WHEN extract(epoch FROM active) <= 0 THEN format('active must be above zero, not %s', active)
    WHEN extract(month FROM horizon) <> 0 OR extract(year FROM horizon) <> 0 OR extract(month FROM active) <> 0 OR extract(year FROM active) <> 0
      THEN 'horizon and active must be fixed lengths of time, without months'
    WHEN lift_level NOT IN ('critical', 'warning', 'attention') THEN
      format('lift_level must be critical, warning or attention, not "%s"', left(lift_level, 100))
    WHEN NOT (least_precision BETWEEN 0 AND 1 AND least_recall BETWEEN 0 AND 1) THEN 'least_precision and least_recall must be from 0 to 1'
    WHEN least_warned < 0 THEN format('least_warned must not be negative: %s', least_warned)
    WHEN (value_model IS NULL) <> (spend_model IS NULL) THEN 'value_model and spend_model must be given together'
    WHEN language NOT IN ('en', 'zh') THEN format('language must be en or zh, not "%s"', left(language, 100)) END;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION '%', problem USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- What is not known is an error now, not in the night.
  PERFORM count(*) FROM clientele.event_types_matching(event);
  SELECT n INTO unknown FROM unnest(ARRAY[audience, lift]) q, unnest(clientele.tag_query_names(q)) n
  WHERE n !~ '[.][*]$' AND NOT EXISTS (SELECT FROM clientele_data.tags x WHERE x.name = n) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'tag "%" does not exist', unknown USING ERRCODE = 'undefined_object', HINT = 'clientele_data.tags lists them.';
  END IF;
  PERFORM clientele.require_model(value_model, 'btyd_model'), clientele.require_model(spend_model, 'spend_model') WHERE value_model IS NOT NULL;
  -- A refresh that is under way ends first.
  LOCK TABLE clientele_data.warning_status IN SHARE ROW EXCLUSIVE MODE;
  SELECT x.kind, x.rule INTO known FROM clientele_data.tags x WHERE x.name = define_warning.name;
  IF FOUND AND known.rule IS DISTINCT FROM clientele.warning_tag_rule(name) THEN
    RAISE EXCEPTION 'tag "%" exists already', name USING ERRCODE = 'duplicate_object',
      HINT = 'The levels of a warning are a tag of its name; choose another name.';
  END IF;
  INSERT INTO clientele_data.warning_definitions AS d (name, model, audience, automatic, critical_from, warning_from, attention_from,
    least_precision, least_recall, least_warned, costs, horizon, event, active, lift, lift_level, value_model, spend_model, trained_until, language, description)
  VALUES (name, model, audience::text, thresholds IS NULL, t[1], t[2], t[3], least_precision, least_recall, least_warned, costs, horizon, event, active,
          lift::text, lift_level, value_model, spend_model, trained_until, language, description)
  ON CONFLICT ON CONSTRAINT warning_definitions_pkey DO UPDATE SET
    model = excluded.model, audience = excluded.audience, automatic = excluded.automatic, critical_from = excluded.critical_from,
    warning_from = excluded.warning_from, attention_from = excluded.attention_from, least_precision = excluded.least_precision,
    least_recall = excluded.least_recall, least_warned = excluded.least_warned, costs = excluded.costs, horizon = excluded.horizon, event = excluded.event,
    active = excluded.active, lift = excluded.lift, lift_level = excluded.lift_level, value_model = excluded.value_model,
    spend_model = excluded.spend_model, trained_until = excluded.trained_until, language = excluded.language,
    description = coalesce(excluded.description, d.description), defined_at = now();
  INSERT INTO clientele_data.warning_status AS s (warning) VALUES (name)
  ON CONFLICT ON CONSTRAINT warning_status_pkey DO UPDATE SET at = NULL, judged_at = NULL, model_version = NULL;
  PERFORM clientele.define_tag(name, clientele.warning_tag_rule(name), 'behaviour', description, 'query');
END $$;
COMMENT ON FUNCTION define_warning(
    text, text, tag_query, double precision[], interval, text, interval, warning_costs, tag_query, text, text, text, double precision,
    double precision, bigint, timestamptz, text, text) IS
  'Defines a warning of churn: which model judges which customers, and from which probability on they are at which level;
refresh_warnings() finds the customers.
model: a churn_model in clientele_data.models that was fitted on journeys. audience: only customers that match are warned of; NULL is all.
thresholds: the lowest probability of critical, warning and attention, NULL for a level that is not used; without them they come from
training predictions, as warning_thresholds() finds them with least_precision, least_recall, least_warned and costs, again with each
version of the model. horizon and event: a customer has churned who does nothing of event for that long. active: only customers with such
an event in this time before are judged; twice the horizon by default. lift: customers of this tag query have lift_level at least.
value_model and spend_model: a btyd_model with weeks as its unit and a spend_model, which say what a customer is worth; without them it is
the revenue of the last 365 days. trained_until: the model has seen nothing from then on, so that it may itself be judged on what came
later. language: that of reasons and strategies. The levels are a tag of the same name: name=critical is a tag query. Defining a name
again changes it. Errors: 22004 for NULL, 22023 for an option that is not possible, 42704 for a model, an event or a tag that does not
exist, 42809 for a model of another type, 42710 if a tag has that name, 42P01 without a store, 42501 without the rights.';

CREATE FUNCTION drop_warning(name text) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  PERFORM clientele.require_store('warning_definitions', 'DELETE'), clientele.require_store('warning_changes', 'DELETE'),
          clientele.require_store('warning_status', 'UPDATE'), clientele.require_store('tags', 'DELETE');
  LOCK TABLE clientele_data.warning_status IN SHARE ROW EXCLUSIVE MODE;
  IF NOT EXISTS (SELECT FROM clientele_data.warning_definitions d WHERE d.name = drop_warning.name) THEN
    RAISE EXCEPTION 'warning "%" does not exist', left(name, 500) USING ERRCODE = 'undefined_object',
      HINT = 'clientele_data.warning_definitions lists them.';
  END IF;
  IF EXISTS (SELECT FROM clientele_data.tags t WHERE t.name = drop_warning.name AND t.rule = clientele.warning_tag_rule(name)) THEN
    PERFORM clientele.forget_tag(name);
  END IF;
  DELETE FROM clientele_data.warning_changes c WHERE c.warning = drop_warning.name;
  DELETE FROM clientele_data.warning_definitions d WHERE d.name = drop_warning.name;
END $$;
COMMENT ON FUNCTION drop_warning(text) IS
  'Deletes a warning with its customers, its tag, its history and its measures. Waits for a refresh that is under way.
Errors: 42704 for an unknown warning, 2BP01 if the rule of another tag names its tag, 42P01 without a store, 42501 without the rights.';
