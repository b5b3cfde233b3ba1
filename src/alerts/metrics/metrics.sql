-- SPDX-License-Identifier: PostgreSQL
-- define_metric() and what changes a metric afterwards.

CREATE FUNCTION define_metric(
    name text, rule text, kind text DEFAULT NULL, measure text DEFAULT NULL, grain interval DEFAULT '1 hour', number text DEFAULT NULL,
    per text DEFAULT NULL, time_zone text DEFAULT NULL, lateness interval DEFAULT '15 minutes', judge anomaly_def DEFAULT NULL,
    points integer DEFAULT 1, calm integer DEFAULT 3, cool_down interval DEFAULT '24 hours', missing_after integer DEFAULT 3,
    push integer DEFAULT 2, no_data_level integer DEFAULT 1, channel text DEFAULT 'alerts', holidays text DEFAULT 'default',
    explain boolean DEFAULT true, recheck interval DEFAULT '2 days', history interval DEFAULT '84 days', description text DEFAULT NULL)
  RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD'
  SET IntervalStyle = 'postgres' SET standard_conforming_strings = on SET backslash_quote = safe_encoding SET transform_null_equals = off
  SET array_nulls = on SET extra_float_digits = 1 SET clientele.unknown_event = 'error' AS $$
#variable_conflict use_variable
DECLARE
  id bigint;
  asked record;
  former record;
BEGIN
  PERFORM clientele.require_store('metrics', 'INSERT'), clientele.require_store('metrics', 'UPDATE'),
          clientele.require_store('metric_values', 'DELETE'), clientele.require_store('metric_status', 'DELETE');
  IF num_nulls(name, rule, grain, lateness, points, calm, cool_down, missing_after, push, no_data_level, explain, recheck, history) > 0 THEN
    RAISE EXCEPTION 'of the arguments, only kind, measure, number, per, time_zone, judge, channel, holidays and description may be NULL'
      USING ERRCODE = 'null_value_not_allowed';
  ELSIF name = '' OR length(name) > 500 THEN
    RAISE EXCEPTION 'a metric cannot have the name "%"', left(name, 100) USING ERRCODE = 'invalid_parameter_value',
      HINT = 'A name has from 1 to 500 characters.';
  ELSIF octet_length(rule) > 100000 THEN
    RAISE EXCEPTION 'a rule must not be longer than 100000 bytes: it has %', octet_length(rule) USING ERRCODE = 'program_limit_exceeded';
  ELSIF lateness NOT BETWEEN '0' AND '1000 years' OR recheck NOT BETWEEN '0' AND '1000 years'
        OR cool_down NOT BETWEEN '0' AND '1000 years' OR history NOT BETWEEN '1 minute' AND '1000 years' THEN
    RAISE EXCEPTION 'lateness, recheck, cool_down and history must be between 0 and 1000 years' USING ERRCODE = 'invalid_parameter_value';
  ELSIF least(points, calm, missing_after) < 1 OR greatest(points, calm, missing_after) > 1000 THEN
    RAISE EXCEPTION 'points, calm and missing_after must be between 1 and 1000' USING ERRCODE = 'invalid_parameter_value';
  ELSIF push NOT BETWEEN 1 AND 4 THEN
    RAISE EXCEPTION 'push must be a level from 1 to 3, or 4 for never: %', push USING ERRCODE = 'invalid_parameter_value';
  ELSIF no_data_level NOT BETWEEN 1 AND 3 THEN
    RAISE EXCEPTION 'no_data_level must be a level from 1 to 3: %', no_data_level USING ERRCODE = 'invalid_parameter_value';
  ELSIF kind NOT IN ('sql', 'selector', 'question', 'answer', 'load') THEN
    RAISE EXCEPTION 'metrics of the kind "%" do not exist', left(kind, 100) USING ERRCODE = 'invalid_parameter_value',
      HINT = 'The kinds are sql, selector, question, answer and load.';
  ELSIF measure NOT IN ('count', 'ratio', 'number') THEN
    RAISE EXCEPTION 'measure "%" is not known', left(measure, 100) USING ERRCODE = 'invalid_parameter_value',
      HINT = 'It is count, ratio or number.';
  END IF;
  IF channel IS NOT NULL THEN
    PERFORM clientele.check_channel(channel);
  END IF;
  PERFORM clientele.check_metric_grain(grain);
  time_zone := coalesce(time_zone, clientele.store_time_zone());
  PERFORM clientele.check_time_zone(time_zone);
  IF kind IS NULL THEN
    kind := CASE WHEN rule ~* '^[[:space:](]*(select|with|values|table)[[:space:](]' AND per IS NULL THEN 'sql' ELSE 'selector' END;
  END IF;
  asked := clientele.check_metric_rule(kind, rule, number, per, measure);
  judge := clientele.metric_judge(judge, asked.measure, grain, time_zone);
  -- A measurement that is under way ends first. It also locks this before metrics.
  LOCK TABLE clientele_data.metric_status IN SHARE ROW EXCLUSIVE MODE;
  SELECT m.metric_id, m.kind, m.rule, m.question_id, m.number, m.per, m.measure, m.grain, m.time_zone INTO former
  FROM clientele_data.metrics m WHERE m.name = define_metric.name FOR NO KEY UPDATE;
  INSERT INTO clientele_data.metrics AS m (
    name, kind, rule, question_id, number, per, measure, grain, time_zone, lateness, recheck, history, judge, points, calm, cool_down,
    missing_after, push, no_data_level, channel, holidays, explain, description, defined_by)
  VALUES (name, kind, asked.body, asked.question_id, asked.chosen, per, asked.measure, grain, time_zone, lateness, recheck, history, judge::text,
          points, calm, cool_down, missing_after, push, no_data_level, channel, holidays, explain, description, current_user)
  ON CONFLICT ON CONSTRAINT metrics_name_key DO UPDATE SET
    kind = excluded.kind, rule = excluded.rule, question_id = excluded.question_id, number = excluded.number, per = excluded.per,
    measure = excluded.measure, grain = excluded.grain, time_zone = excluded.time_zone, lateness = excluded.lateness,
    recheck = excluded.recheck, history = excluded.history, judge = excluded.judge, points = excluded.points, calm = excluded.calm,
    cool_down = excluded.cool_down, missing_after = excluded.missing_after, push = excluded.push, no_data_level = excluded.no_data_level,
    channel = excluded.channel, holidays = excluded.holidays, explain = excluded.explain,
    description = coalesce(excluded.description, m.description), defined_by = excluded.defined_by, defined_at = now()
  RETURNING m.metric_id INTO id;
  -- Values of another rule are of another series.
  IF former.metric_id IS NOT NULL AND (former.kind, former.rule, former.question_id, former.number, former.per, former.measure, former.grain, former.time_zone)
     IS DISTINCT FROM (kind, asked.body, asked.question_id, asked.chosen, per, asked.measure, grain, time_zone) THEN
    DELETE FROM clientele_data.metric_status s WHERE s.metric_id = id;
    DELETE FROM clientele_data.metric_values v WHERE v.metric_id = id;
  END IF;
END $$;
COMMENT ON FUNCTION define_metric(text, text, text, text, interval, text, text, text, interval, anomaly_def, integer, integer, interval, integer,
    integer, integer, text, text, boolean, interval, interval, text) IS
  'Defines a number that is watched, as define_metric(''Orders'', ''purchase''); the same name again replaces it.
measure_metrics() measures it for each grain that is complete, and check_metrics() raises alerts.
rule, by kind: sql, a SELECT of a time, a value and, for ratios, a volume, whose rows of a grain are added up (of a number there is one);
it may read period.since and period.until, between which it is wanted, and a grain without a row is missing. selector: events of journeys;
number says whether events (the default), customers or the amount is counted, and per => ''visit'' makes it the share of the customers with
a visit in the grain that have such an event in it. question: the name of a saved question, whose number is that of explain_change() for
each grain: of a funnel, the conversion of those who begin it in the grain; number is its measure there. answer: the column number of
the answers of a saved question that are kept, of their last row that has one, as median_seconds for a wait. load: loads of a source by its
name, or * for all; number is rows, rejected (their share) or delay (seconds from the newest event to the end of the load). NULL takes sql
for what begins like a query, otherwise selector. Events count as 0 in a grain in which the store has other events, and as missing in one in
which it has none.
measure: count, ratio or number; NULL is what suits the rule, and count for SQL.
grain: a part of a day such as 1 hour, 1 day or 7 days, by the clock of time_zone (NULL is that of the store). lateness: a grain is complete
that long after its end. recheck: values that old are measured again. history: how far back the first measurement goes.
judge: an anomaly_def, whose measure, grain and time zone do not matter. NULL compares with the same place of the week, and with
grains of less than a day on the scales 1 and 6.
points, calm: an alert starts when that many values reach a level, and ends after calm usual ones. cool_down: for that time after an alert
was sent no other of its level or below is. push: the level from which alerts go out, by NOTIFY clientele_alerts and to the channel of the
outbox (NULL is none). missing_after: that many missing values in a row are an alert of no_data_level. holidays: the calendar of
clientele_data.holidays whose days are not judged. explain: whether alerts say which segments changed.
Errors: 22023 for a bad name, grain, length, number or word, 42704 for an unknown event or question, 42804 for SQL whose columns are not
a time and numbers, 0A000 for a question of another kind and SQL that changes data, 22004 for NULL, 54000 for a rule of more than 100,000
bytes, those of the SQL, 42P01 without a store, 42501 without the right to change clientele_data.metrics.';

CREATE FUNCTION check_metric_grain(grain interval) RETURNS void
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  seconds CONSTANT numeric := extract(epoch FROM grain);
BEGIN
  IF grain <> '7 days' AND (grain < '1 minute' OR grain > '1 day' OR 86400 % seconds <> 0 OR extract(month FROM grain) <> 0) THEN
    RAISE EXCEPTION 'grain must be a part of a day, 1 day or 7 days, not %', grain USING ERRCODE = 'invalid_parameter_value',
      HINT = 'Such as 15 minutes, 1 hour or 6 hours; a minute is the shortest.';
  END IF;
END $$;
COMMENT ON FUNCTION check_metric_grain(interval) IS 'Checks the length of the grains of a metric. Errors: 22023.';

CREATE FUNCTION metric_judge(judge anomaly_def, measure text, grain interval, time_zone text) RETURNS anomaly_def
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET IntervalStyle = 'postgres' AS $$
  SELECT (coalesce(judge::text, CASE WHEN grain < '1 day' THEN '{"season": "168:00:00", "scales": [1, 6]}'
                                            WHEN grain < '7 days' THEN '{"season": "168:00:00"}' ELSE '{"memory": 26}' END)::jsonb
    || jsonb_build_object('measure', measure, 'grain', make_interval(secs => extract(epoch FROM grain))::text, 'time_zone', time_zone))::text::clientele.anomaly_def
$$;
COMMENT ON FUNCTION metric_judge(anomaly_def, text, interval, text) IS
  'Returns how the values of a metric are judged, with the measure, the grain and the time zone of the metric; a part of define_metric().';

CREATE FUNCTION check_metric_rule(
    kind text, rule text, number text, per text, INOUT measure text, OUT body text, OUT question_id bigint, OUT chosen text)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  asked record;
  usual text;
  possible text[];
BEGIN
  PERFORM clientele.require_store('metrics');
  IF per IS NOT NULL AND kind <> 'selector' THEN
    RAISE EXCEPTION 'a metric of kind % cannot have per', kind USING ERRCODE = 'feature_not_supported',
      HINT = 'It belongs to metrics that are selectors.';
  END IF;
  body := rule;
  chosen := number;
  IF kind = 'sql' THEN
    body := clientele.check_metric_sql(rule, coalesce(measure, 'count'));
    usual := 'count';
    possible := '{count,ratio,number}'::text[];
    IF number IS NOT NULL THEN
      RAISE EXCEPTION 'a metric that is SQL cannot have a number' USING ERRCODE = 'feature_not_supported';
    END IF;
  ELSIF kind = 'selector' THEN
    PERFORM clientele.event_types_matching(rule);
    IF per IS NOT NULL THEN
      PERFORM clientele.event_types_matching(per);
    END IF;
    chosen := coalesce(number, CASE WHEN per IS NULL THEN 'events' ELSE 'customers' END);
    IF chosen NOT IN ('events', 'customers', 'amount') OR per IS NOT NULL AND chosen <> 'customers' THEN
      RAISE EXCEPTION 'number must be %, not "%"', CASE WHEN per IS NULL THEN 'events, customers or amount' ELSE 'customers if there is per' END,
        left(chosen, 100) USING ERRCODE = 'invalid_parameter_value';
    END IF;
    usual := CASE WHEN per IS NOT NULL THEN 'ratio' WHEN chosen = 'amount' THEN 'number' ELSE 'count' END;
    possible := CASE WHEN per IS NOT NULL THEN '{ratio}'::text[] ELSE '{count,number}'::text[] END;
  ELSIF kind IN ('question', 'answer') THEN
    PERFORM clientele.require_questions(ARRAY[rule]);
    SELECT q.question_id AS id, q.kind, q.definition INTO asked FROM clientele_data.questions q WHERE q.name = rule;
    question_id := asked.id;
    IF kind = 'answer' THEN
      IF number IS NULL THEN
        RAISE EXCEPTION 'number must name a column of the answers' USING ERRCODE = 'invalid_parameter_value',
          HINT = 'Such as median_seconds of a funnel, or number of SQL.';
      END IF;
      usual := 'number';
      possible := '{count,number}'::text[];
    ELSIF asked.kind NOT IN ('funnel', 'retention', 'activity', 'counts') THEN
      RAISE EXCEPTION 'question "%" has no number for each grain, as its kind is %', rule, asked.kind USING ERRCODE = 'feature_not_supported',
        HINT = 'Questions of kind funnel, retention, activity and counts have; of others, kind => ''answer'' takes a column of their answers.';
    ELSE
      -- Checks number.
      PERFORM clientele.measured_source(asked.kind, asked.definition, number, 'NULL', 'NULL');
      usual := CASE WHEN asked.kind IN ('funnel', 'retention') THEN 'ratio' WHEN number = 'amount' THEN 'number' ELSE 'count' END;
      possible := CASE WHEN usual = 'ratio' THEN '{ratio}'::text[] ELSE '{count,number}'::text[] END;
    END IF;
  ELSE
    chosen := coalesce(number, 'rows');
    IF chosen NOT IN ('rows', 'rejected', 'delay') THEN
      RAISE EXCEPTION 'number must be rows, rejected or delay, not "%"', left(chosen, 100) USING ERRCODE = 'invalid_parameter_value';
    END IF;
    usual := CASE chosen WHEN 'rows' THEN 'count' WHEN 'rejected' THEN 'ratio' ELSE 'number' END;
    possible := CASE WHEN usual = 'ratio' THEN '{ratio}'::text[] ELSE '{count,number}'::text[] END;
  END IF;
  measure := coalesce(measure, usual);
  IF measure <> ALL (possible) THEN
    RAISE EXCEPTION 'the measure of this metric must be %, not %', array_to_string(possible, ' or '), measure
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
END $$;
COMMENT ON FUNCTION check_metric_rule(text, text, text, text, text) IS
  'Checks the rule of a metric, and returns it with what is left to choose; a part of define_metric().';

CREATE FUNCTION metric_sql(body text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT E'CROSS JOIN LATERAL (\n' || body || E'\n) AS answer'
$$;
COMMENT ON FUNCTION metric_sql(text) IS 'Returns the clause in which the query of a metric runs; a part of measure_metrics().';

CREATE FUNCTION check_metric_sql(sql text, measure text) RETURNS text
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  body text;
  compiled record;
  columns CONSTANT integer := CASE measure WHEN 'ratio' THEN 3 ELSE 2 END;
  period CONSTANT text := '(SELECT NULL::timestamptz AS since, NULL::timestamptz AS until) AS period ';
BEGIN
  SELECT s.body INTO body FROM clientele.read_sql(sql) s WHERE s.kind = 'query';
  IF body IS NULL THEN
    RAISE EXCEPTION 'a metric that is SQL must be a SELECT' USING ERRCODE = 'syntax_error';
  END IF;
  compiled := clientele.compile_tag_rule('SELECT answer.* FROM ' || period || clientele.metric_sql(body));
  IF compiled.traits && '{temporary}' THEN
    RAISE EXCEPTION 'a metric cannot name temporary tables, views or types' USING ERRCODE = 'feature_not_supported',
      HINT = 'They belong to one session; a measurement in another session would find others, or none.';
  ELSIF compiled.traits && '{changes}' THEN
    RAISE EXCEPTION 'a metric cannot change data' USING ERRCODE = 'feature_not_supported';
  ELSIF cardinality(compiled.types) <> columns OR compiled.types[1] <> 'timestamptz'::regtype
        OR EXISTS (SELECT FROM unnest(compiled.types[2:]) t (type) WHERE NOT clientele.is_number_type(t.type)) THEN
    RAISE EXCEPTION 'a metric of measure % must select % columns: a timestamptz and %', measure, columns,
      CASE columns WHEN 3 THEN 'two numbers' ELSE 'a number' END USING ERRCODE = 'datatype_mismatch',
      DETAIL = format('It selects %s.', coalesce(nullif(array_to_string(compiled.types, ', '), ''), 'nothing'));
  END IF;
  -- Planned, it shows whether its author may read what it reads.
  PERFORM set_config('search_path', clientele.tag_search_path(), true);
  EXECUTE 'SELECT answer.* FROM ' || period || clientele.metric_sql(body) || ' WHERE false';
  RETURN body;
END $$;
COMMENT ON FUNCTION check_metric_sql(text, text) IS
  'Compiles and plans SQL that is a metric, and returns it without a semicolon at its end; a part of define_metric().';

CREATE FUNCTION trusts_metric_author(author name) RETURNS void
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT clientele.trusts_tag_author(author) THEN
    RAISE EXCEPTION 'you do not trust the author of the metric, %, to run SQL with your rights', coalesce(format('%I', author), 'an unknown role')
      USING ERRCODE = 'insufficient_privilege',
      DETAIL = 'Read the metric and call define_metric() again, measure as its author, or list the author in clientele.trusted_owners.';
  END IF;
END $$;
COMMENT ON FUNCTION trusts_metric_author(name) IS
  'Checks that you trust the author of a metric that is SQL enough to run it with your rights. Errors: 42501.';

CREATE FUNCTION require_metrics(names text[]) RETURNS void
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  unknown text;
BEGIN
  PERFORM clientele.require_store('metrics');
  SELECT coalesce(u, 'NULL') INTO unknown FROM unnest(names) u WHERE NOT EXISTS (SELECT FROM clientele_data.metrics m WHERE m.name = u) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'metric "%" does not exist', left(unknown, 500) USING ERRCODE = 'undefined_object',
      HINT = clientele.nearest_names(unknown, ARRAY(SELECT m.name FROM clientele_data.metrics m)) || 'clientele_bi.metrics lists them.';
  END IF;
END $$;
COMMENT ON FUNCTION require_metrics(text[]) IS 'Checks that metrics exist. Errors: 42704, with the nearest names.';

CREATE FUNCTION drop_metric(name text) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('metrics', 'DELETE'), clientele.require_store('metric_status', 'DELETE'),
          clientele.require_store('metric_checks', 'DELETE'), clientele.require_metrics(ARRAY[name]);
  -- Rows of these go with the metric. Measurements and checks lock them before they need the metric.
  LOCK TABLE clientele_data.metric_status, clientele_data.metric_checks IN SHARE ROW EXCLUSIVE MODE;
  DELETE FROM clientele_data.metrics m WHERE m.name = drop_metric.name;
END $$;
COMMENT ON FUNCTION drop_metric(text) IS
  'Deletes a metric with its values and alerts. Waits for a measurement or a check that is under way.
Errors: 42704 for an unknown metric, 42P01 without a store, 42501 without the right to delete from the tables metrics, metric_status and
metric_checks.';

CREATE FUNCTION pause_metric(name text, paused boolean DEFAULT true) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('metrics', 'UPDATE'), clientele.require_metrics(ARRAY[name]);
  IF paused IS NULL THEN
    RAISE EXCEPTION 'paused must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  UPDATE clientele_data.metrics m SET paused = pause_metric.paused WHERE m.name = pause_metric.name;
END $$;
COMMENT ON FUNCTION pause_metric(text, boolean) IS
  'Stops measuring and checking a metric, or, with paused => false, goes on with it; what it has missed is measured then.
Errors: 42704 for an unknown metric, 22004 for NULL, 42P01 without a store, 42501 without the right to change clientele_data.metrics.';
