-- SPDX-License-Identifier: PostgreSQL
-- check_metrics(): what alerts become of judged values.

CREATE FUNCTION check_metrics(at timestamptz DEFAULT now(), names text[] DEFAULT NULL, since timestamptz DEFAULT NULL)
  RETURNS TABLE (alert_id bigint, metric text, what text, level integer, point timestamptz, number double precision, expected double precision,
                 sent boolean, pushed boolean)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp SET client_min_messages = warning
  SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET extra_float_digits = 1 SET array_nulls = on
  SET quote_all_identifiers = off SET row_security = on SET clientele.unknown_event = 'error' SET jit = off AS $$
#variable_conflict use_column
DECLARE
  m record;
  s record;
  v record;
  lasting integer;
  muted boolean;
  last timestamptz;
BEGIN
  PERFORM clientele.require_store(t.name, t.privilege)
  FROM (VALUES ('metrics', 'SELECT'), ('metric_values', 'SELECT'), ('alerts', 'INSERT'), ('alerts', 'UPDATE'), ('alert_changes', 'INSERT'),
               ('metric_checks', 'INSERT'), ('metric_checks', 'UPDATE')) t (name, privilege);
  PERFORM clientele.require_metrics(names);
  IF check_metrics.at IS NULL THEN
    RAISE EXCEPTION 'at must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF NOT isfinite(check_metrics.at) OR NOT isfinite(coalesce(check_metrics.since, now())) THEN
    RAISE EXCEPTION 'at and since must be finite' USING ERRCODE = 'datetime_field_overflow';
  END IF;
  -- Of two checks, the second finds what the first has done.
  LOCK TABLE clientele_data.metric_checks IN SHARE ROW EXCLUSIVE MODE;
  FOR m IN SELECT x.* FROM clientele_data.metrics x WHERE NOT x.paused AND (names IS NULL OR x.name = ANY (names)) ORDER BY x.name LOOP
    metric := m.name;
    muted := coalesce(m.muted_until > check_metrics.at, false);
    INSERT INTO clientele_data.metric_checks (metric_id, checked_until)
    VALUES (m.metric_id, coalesce(check_metrics.since, check_metrics.at - greatest(interval '24 hours', 3 * m.grain)))
    ON CONFLICT ON CONSTRAINT metric_checks_pkey DO NOTHING;
    SELECT c.* INTO s FROM clientele_data.metric_checks c WHERE c.metric_id = m.metric_id;
    last := NULL;
    CONTINUE WHEN NOT EXISTS (SELECT FROM clientele_data.metric_values x
                              WHERE x.metric_id = m.metric_id AND x.at >= s.checked_until AND x.until <= check_metrics.at);
    FOR v IN
      SELECT j.*, CASE WHEN m.measure = 'ratio' THEN j.value / nullif(j.volume, 0) ELSE j.value END AS seen
      FROM clientele.judged_values(m.name) j WHERE j.at >= s.checked_until AND j.until <= check_metrics.at ORDER BY j.at
    LOOP
      last := v.at;
      CONTINUE WHEN v.excused;
      s.missing := CASE WHEN v.value IS NULL THEN s.missing + 1 ELSE 0 END;
      IF s.missing = m.missing_after THEN
        point := v.at;
        SELECT r.* INTO s.no_data_alert_id, pushed
        FROM clientele.raise_alert(m.metric_id, NULL, 'no data', m.no_data_level, v.at - (m.missing_after - 1) * m.grain, v.at, NULL, NULL, NULL, NULL,
                                   NULL, NULL, NULL, true, muted) r;
        alert_id := s.no_data_alert_id; what := 'no data'; level := m.no_data_level; number := NULL; expected := NULL; sent := true;
        RETURN NEXT;
      ELSIF s.missing = 0 AND s.no_data_alert_id IS NOT NULL THEN
        PERFORM clientele.close_alert(s.no_data_alert_id, 'data again', v.at, NULL, NULL, NULL, false);
        s.no_data_alert_id := NULL;
      END IF;
      CONTINUE WHEN v.level IS NULL;
      s.recent := (s.recent || v.level)[greatest(cardinality(s.recent) + 2 - m.points, 1):];
      s.recent_at := (s.recent_at || v.at)[greatest(cardinality(s.recent_at) + 2 - m.points, 1):];
      lasting := CASE WHEN cardinality(s.recent) = m.points THEN (SELECT min(r) FROM unnest(s.recent) r) ELSE 0 END;
      alert_id := s.alert_id; point := v.at; number := v.seen; expected := v.expected;
      IF lasting > s.level THEN
        what := CASE WHEN s.alert_id IS NULL THEN 'opened' ELSE 'escalated' END;
        level := lasting;
        sent := NOT EXISTS (SELECT FROM generate_series(lasting, 3) l WHERE v.at - s.sent_at[l] < m.cool_down);
        s.level := lasting;
        s.calm := 0;
        IF sent THEN
          s.sent_at[lasting] := v.at;
        END IF;
        SELECT r.* INTO s.alert_id, pushed
        FROM clientele.raise_alert(m.metric_id, s.alert_id, what, lasting, s.recent_at[1] - (v.scale - 1) * m.grain, v.at, v.seen, v.volume,
                                   v.expected, v.low, v.high, v.z, v.scale, sent, muted) r;
        alert_id := s.alert_id;
        RETURN NEXT;
      ELSIF s.level > 0 THEN
        s.calm := CASE WHEN v.level = 0 THEN s.calm + 1 ELSE 0 END;
        IF s.calm = m.calm THEN
          what := 'recovered'; level := s.level; sent := true;
          pushed := clientele.close_alert(s.alert_id, 'recovered', v.at, v.seen, v.expected, v.z, NOT muted);
          s.level := 0;
          s.calm := 0;
          s.alert_id := NULL;
          RETURN NEXT;
        END IF;
      END IF;
    END LOOP;
    UPDATE clientele_data.metric_checks c
    SET checked_until = coalesce(last + interval '1 microsecond', c.checked_until), checked_at = now(), level = s.level, calm = s.calm, missing = s.missing, recent = s.recent,
        recent_at = s.recent_at, sent_at = s.sent_at, alert_id = s.alert_id, no_data_alert_id = s.no_data_alert_id
    WHERE c.metric_id = m.metric_id;
  END LOOP;
END $$;
COMMENT ON FUNCTION check_metrics(timestamptz, text[], timestamptz) IS
  'Judges the new values of metrics, all of them or those named, and returns what became of alerts.
An alert opens when the last values, as many as points says, all reach a level; escalates when they reach a higher one; and recovers after
calm usual values in a row. Missing values neither count nor calm; missing_after of them in a row are an alert of their own, no data.
Holidays, and grains at which clocks change, are left out. Each value is judged once, as it is then: later corrections change what is
shown, and not alerts. sent: unless an alert of this level or a higher one was sent within cool_down before. pushed: sent, at least at the
level push, and not muted; it then goes out by NOTIFY clientele_alerts, as JSON, and as a message of the outbox. A recovery goes out if
the alert did.
Values whose grain has ended at that time count. since: from when on the values of a metric are judged that was never checked; NULL is a
day before. A second check waits until the first has ended, so that no alert is raised twice.
Errors: 42704 for an unknown metric, 22004 for NULL, 22008 for a time that is not finite, 40001 for a check that must be retried, 42P01
without a store, 42501 without the right to write alerts.';

CREATE FUNCTION raise_alert(
    metric_id bigint, alert_id bigint, what text, level integer, since timestamptz, point timestamptz, number double precision,
    volume double precision, expected double precision, low double precision, high double precision, z double precision, scale integer,
    sent boolean, muted boolean, OUT id bigint, OUT pushed boolean)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  m record;
  found_moved jsonb;
  said text;
BEGIN
  PERFORM clientele.require_store('metrics'), clientele.require_store('alerts', 'INSERT'), clientele.require_store('alerts', 'UPDATE');
  SELECT x.* INTO m FROM clientele_data.metrics x WHERE x.metric_id = raise_alert.metric_id;
  pushed := sent AND level >= m.push AND NOT muted;
  IF alert_id IS NULL THEN
    INSERT INTO clientele_data.alerts AS a (metric_id, kind, level, since, point, number, volume, expected, low, high, z, scale)
    VALUES (metric_id, CASE what WHEN 'no data' THEN what ELSE 'anomaly' END, level, since, point, number, volume, expected, low, high, z, scale)
    RETURNING a.alert_id INTO id;
  ELSE
    id := alert_id;
    UPDATE clientele_data.alerts a
    SET level = raise_alert.level, point = raise_alert.point, number = raise_alert.number, volume = raise_alert.volume,
        expected = raise_alert.expected, low = raise_alert.low, high = raise_alert.high, z = raise_alert.z, scale = raise_alert.scale
    WHERE a.alert_id = id;
  END IF;
  IF m.explain AND what <> 'no data' AND level >= least(m.push, 3) THEN
    found_moved := clientele.explain_alert(id);
  END IF;
  UPDATE clientele_data.alerts a SET moved = coalesce(found_moved, a.moved), pushed = a.pushed OR raise_alert.pushed WHERE a.alert_id = id;
  said := clientele.alert_message(id, clientele.store_language());
  UPDATE clientele_data.alerts a SET message = said WHERE a.alert_id = id;
  PERFORM clientele.note_alert_change(id, what, level, point, sent, pushed, number, expected, z);
END $$;
COMMENT ON FUNCTION raise_alert(bigint, bigint, text, integer, timestamptz, timestamptz, double precision, double precision, double precision,
    double precision, double precision, double precision, integer, boolean, boolean) IS
  'Opens an alert, or raises the level of one that is open, and lets it go out; a part of check_metrics().';

CREATE FUNCTION close_alert(
    alert_id bigint, what text, point timestamptz, number double precision, expected double precision, z double precision, heard boolean)
  RETURNS boolean
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  a record;
BEGIN
  PERFORM clientele.require_store('alerts', 'UPDATE');
  UPDATE clientele_data.alerts x SET recovered_at = now() WHERE x.alert_id = close_alert.alert_id
  RETURNING x.level, x.pushed INTO a;
  PERFORM clientele.note_alert_change(alert_id, what, a.level, point, true, heard AND a.pushed, number, expected, z);
  RETURN heard AND a.pushed;
END $$;
COMMENT ON FUNCTION close_alert(bigint, text, timestamptz, double precision, double precision, double precision, boolean) IS
  'Ends an alert, and returns whether that goes out; a part of check_metrics().';

CREATE FUNCTION note_alert_change(
    alert_id bigint, what text, level integer, point timestamptz, sent boolean, pushed boolean, number double precision,
    expected double precision, z double precision) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD'
  SET extra_float_digits = 1 AS $$
#variable_conflict use_variable
DECLARE
  id bigint;
  payload jsonb;
  channel text;
BEGIN
  PERFORM clientele.require_store('alert_changes', 'INSERT'), clientele.require_store('alerts'), clientele.require_store('metrics');
  INSERT INTO clientele_data.alert_changes AS c (alert_id, what, level, point, sent, pushed, number, expected, z)
  VALUES (alert_id, what, level, point, sent, pushed, number, expected, z) RETURNING c.change_id INTO id;
  IF NOT pushed THEN
    RETURN;
  END IF;
  SELECT jsonb_build_object('alert', a.alert_id, 'change', id, 'metric', m.name, 'what', what, 'level', level, 'since', a.since, 'point', point,
           'number', number, 'expected', expected, 'low', CASE WHEN what IN ('opened', 'escalated') THEN a.low END,
           'high', CASE WHEN what IN ('opened', 'escalated') THEN a.high END, 'z', z, 'message', a.message, 'moved', a.moved), m.channel
  INTO payload, channel
  FROM clientele_data.alerts a JOIN clientele_data.metrics m USING (metric_id) WHERE a.alert_id = note_alert_change.alert_id;
  -- NOTIFY takes less than 8000 bytes.
  PERFORM pg_notify('clientele_alerts', CASE
    WHEN octet_length(payload::text) < 7900 THEN payload::text
    ELSE (payload || jsonb_build_object('moved', NULL, 'metric', left(payload ->> 'metric', 200), 'message', left(payload ->> 'message', 600)))::text END);
  IF channel IS NOT NULL THEN
    PERFORM clientele.send_message(channel, payload, key => format('alert %s change %s', alert_id, id));
  END IF;
END $$;
COMMENT ON FUNCTION note_alert_change(bigint, text, integer, timestamptz, boolean, boolean, double precision, double precision, double precision) IS
  'Writes down what became of an alert, and, if pushed, notifies listeners and adds a message to the outbox; a part of check_metrics().';

CREATE FUNCTION explain_alert(alert_id bigint) RETURNS jsonb
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' AS $$
#variable_conflict use_variable
DECLARE
  a record;
  season interval;
  ends timestamptz;
  earlier tstzrange;
  later tstzrange;
  counted text;
  moved jsonb;
BEGIN
  PERFORM clientele.require_store('alerts'), clientele.require_store('metrics'), clientele.require_store('metric_values');
  SELECT x.since, x.point, sign(x.z) AS direction, m.kind, m.rule, m.number, m.per, m.grain, m.time_zone, m.judge, m.metric_id, m.question_id INTO a
  FROM clientele_data.alerts x JOIN clientele_data.metrics m USING (metric_id) WHERE x.alert_id = explain_alert.alert_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'alert % does not exist', coalesce(alert_id::text, 'NULL') USING ERRCODE = 'undefined_object',
      HINT = 'clientele_bi.alerts lists them.';
  ELSIF a.kind NOT IN ('selector', 'question') THEN
    RETURN NULL;
  END IF;
  BEGIN
    PERFORM clientele.require_store('journeys'), clientele.require_store('questions');
    ends := coalesce((SELECT v.until FROM clientele_data.metric_values v WHERE v.metric_id = a.metric_id AND v.at = a.point), a.point + a.grain);
    season := coalesce((a.judge::jsonb ->> 'season')::interval, ends - a.since);
    -- The same hours of the clock, a season earlier.
    later := tstzrange(a.since, ends);
    earlier := tstzrange((a.since AT TIME ZONE a.time_zone - season) AT TIME ZONE a.time_zone,
                         least((ends AT TIME ZONE a.time_zone - season) AT TIME ZONE a.time_zone, a.since));
    IF isempty(earlier) THEN
      RETURN NULL;
    END IF;
    counted := CASE a.number WHEN 'amount' THEN 'amount_sum(journey, %L)' WHEN 'customers' THEN 'event_count(journey, %L) > 0' ELSE 'event_count(journey, %L)' END;
    SELECT coalesce(jsonb_agg(jsonb_build_object('by', e.by, 'segment', e.segment, 'before', e.number_before, 'after', e.number_after,
             'rate_before', e.rate_before, 'rate_after', e.rate_after, 'contribution', e.contribution, 'q_value', e.q_value)
             ORDER BY e.n) FILTER (WHERE e.n <= 3), '[]')
    INTO moved
    FROM (
      -- Of two halves both are as significant; the one that moved comes first, and the other not at all.
      SELECT x.*, row_number() OVER (ORDER BY round(abs(x.z)::numeric, 9) DESC, abs(x.contribution) DESC, x.rank) AS n FROM (
        SELECT e.by, e.segment, e.number_before, e.number_after, e.rate_before, e.rate_after, e.contribution, e.z, e.q_value, e.rank
        FROM clientele_data.questions q CROSS JOIN LATERAL clientele.explain_change(q.name, earlier, later, measure => a.number, pairs => false) e
        WHERE a.kind = 'question' AND q.question_id = a.question_id AND e.rank IS NOT NULL
        UNION ALL
        SELECT e.by, e.segment, e.number_before, e.number_after, e.rate_before, e.rate_after, e.contribution, e.z, e.q_value, e.rank
        FROM clientele.explain_change(
          clientele.metric(CASE WHEN a.per IS NULL THEN format(counted, a.rule)
                                ELSE format('event_count(journey, %L) > 0 AND event_count(journey, %L) > 0', a.rule, a.per) END,
                           CASE WHEN a.per IS NOT NULL THEN format('event_count(journey, %L) > 0', a.per) END,
                           coalesce(a.per, a.rule)), earlier, later, pairs => false) e
        WHERE a.kind = 'selector' AND e.rank IS NOT NULL) x
      WHERE x.q_value <= 0.05 AND sign(x.contribution) = a.direction) e;
    RETURN moved;
  EXCEPTION WHEN serialization_failure OR deadlock_detected THEN
    RAISE;
  WHEN OTHERS THEN
    RETURN NULL;  -- an alert is worth more than its reason
  END;
END $$;
COMMENT ON FUNCTION explain_alert(bigint) IS
  'Returns which segments of customers changed otherwise than all in an alert, the three most significant ones
of those that moved in its direction, as JSON.
explain_change() compares the time of the alert with the same hours of the clock a season earlier, or, without a season, with as much time
before. NULL for metrics that are not over journeys, and if it cannot be said. Errors: 42704 for an unknown alert, 42P01 without a store,
42501 without the right to read alerts.';

CREATE FUNCTION alert_number(number double precision, measure text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN number IS NULL THEN '?' WHEN measure = 'ratio' THEN trim_scale(round((100 * number)::numeric, 1))::text || ' %'
              WHEN measure = 'count' OR abs(number) >= 1000 THEN round(number::numeric)::text
              WHEN abs(number) >= 100 THEN round(number::numeric)::text
              ELSE trim_scale(round(number::numeric, CASE WHEN abs(number) >= 10 THEN 1 ELSE 3 END))::text END
$$;
COMMENT ON FUNCTION alert_number(double precision, text) IS 'Writes a number of a metric for people; a part of alert_message().';

CREATE FUNCTION alert_message(alert_id bigint, language text) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' AS $$
#variable_conflict use_variable
DECLARE
  a record;
  zh CONSTANT boolean := language = 'zh';
  began text;
  reason text;
BEGIN
  PERFORM clientele.require_store('alerts'), clientele.require_store('metrics');
  SELECT x.*, m.name, m.measure, m.time_zone, m.missing_after INTO a
  FROM clientele_data.alerts x JOIN clientele_data.metrics m USING (metric_id) WHERE x.alert_id = alert_message.alert_id;
  began := to_char(a.since AT TIME ZONE a.time_zone, 'YYYY-MM-DD HH24:MI');
  IF a.kind = 'no data' THEN
    RETURN format(CASE WHEN zh THEN '%s：自 %s 起没有数据' ELSE '%s: no data since %s' END, a.name, began);
  END IF;
  reason := (SELECT format(CASE WHEN zh THEN '；变化最大的分组：%s = %s' ELSE '; most in %s = %s' END, e.o ->> 'by', e.o ->> 'segment')
             FROM jsonb_array_elements(a.moved) WITH ORDINALITY e (o, n) ORDER BY e.n LIMIT 1);
  RETURN format(
    CASE WHEN zh THEN '%s：%s，预期 %s（%s 至 %s），自 %s 起，%s' ELSE '%s: %s, where %s was expected (%s to %s), since %s, %s' END,
    a.name, clientele.alert_number(a.number, a.measure), clientele.alert_number(a.expected, a.measure), clientele.alert_number(a.low, a.measure),
    clientele.alert_number(a.high, a.measure), began,
    CASE a.level WHEN 1 THEN CASE WHEN zh THEN '关注' ELSE 'attention' END WHEN 2 THEN CASE WHEN zh THEN '预警' ELSE 'warning' END
      ELSE CASE WHEN zh THEN '严重' ELSE 'critical' END END) || coalesce(reason, '');
END $$;
COMMENT ON FUNCTION alert_message(bigint, text) IS
  'Returns an alert in a sentence: what was seen, what was expected, since when, how serious it is, and which segment changed most.
language: en or zh. Errors: 42P01 without a store.';

CREATE FUNCTION measure_and_check(at timestamptz DEFAULT now())
  RETURNS TABLE (alert_id bigint, metric text, what text, level integer, point timestamptz, number double precision, expected double precision,
                 sent boolean, pushed boolean)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM clientele.require_store('metrics');
  PERFORM FROM clientele.measure_metrics(measure_and_check.at);
  RETURN QUERY SELECT c.* FROM clientele.check_metrics(measure_and_check.at) c;
END $$;
COMMENT ON FUNCTION measure_and_check(timestamptz) IS
  'Measures all metrics and then checks them, as the job of that name does: measure_metrics() and check_metrics() in one call.
clientele_bi.metrics says which could not be measured. Errors: those of the two functions.';
