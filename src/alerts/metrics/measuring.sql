-- SPDX-License-Identifier: PostgreSQL
-- measure_metrics(): the values of grains that are complete.

CREATE FUNCTION metric_grain_of(at timestamptz, grain interval, time_zone text) RETURNS timestamptz
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN grain <= '1 hour' THEN date_bin(grain, at, '2001-01-01 00:00'::timestamp AT TIME ZONE time_zone)
              ELSE date_bin(grain, at AT TIME ZONE time_zone, '2001-01-01 00:00'::timestamp) AT TIME ZONE time_zone END
$$;
COMMENT ON FUNCTION metric_grain_of(timestamptz, interval, text) IS
  'Returns when the grain of a metric begins that a time is in. Grains of up to an hour have that length, and longer ones go by the clock, so
that a day is longer or shorter when clocks change. Weeks begin on Monday.';

CREATE FUNCTION metric_bin(expression text, grain interval, time_zone text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET IntervalStyle = 'postgres' AS $$
  SELECT CASE WHEN grain <= '1 hour' THEN format('date_bin(%L::interval, %s, ''2001-01-01 00:00''::timestamp AT TIME ZONE %L)', grain, expression, time_zone)
              ELSE format('date_bin(%L::interval, %s AT TIME ZONE %L, ''2001-01-01 00:00''::timestamp) AT TIME ZONE %3$L', grain, expression, time_zone) END
$$;
COMMENT ON FUNCTION metric_bin(text, interval, text) IS
  'Returns SQL for metric_grain_of() a time, which is quicker in a query over many rows; a part of measure_metrics().';

CREATE FUNCTION metric_grains(since timestamptz, until timestamptz, grain interval, time_zone text, OUT at timestamptz, OUT ends timestamptz)
  RETURNS SETOF record
  LANGUAGE sql STABLE PARALLEL SAFE ROWS 1000 SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' AS $$
  SELECT g.at, g.at + grain FROM generate_series(clientele.metric_grain_of(since, grain, time_zone), until - grain, grain) g (at)
  WHERE grain <= '1 hour' AND g.at >= since
  UNION ALL
  SELECT x.at, x.ends
  FROM generate_series(clientele.metric_grain_of(since, grain, time_zone) AT TIME ZONE time_zone, until AT TIME ZONE time_zone, grain) l (start)
  CROSS JOIN LATERAL (SELECT l.start AT TIME ZONE time_zone AS at, (l.start + grain) AT TIME ZONE time_zone AS ends) x
  WHERE grain > '1 hour' AND x.at >= since AND x.ends <= until AND x.ends > x.at
$$;
COMMENT ON FUNCTION metric_grains(timestamptz, timestamptz, interval, text) IS
  'Lists the grains of a metric that begin at since or later and have ended at until.';

CREATE FUNCTION measured_values(metric text, since timestamptz, until timestamptz)
  RETURNS TABLE (at timestamptz, ends timestamptz, value double precision, volume double precision)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1000 SET search_path = pg_catalog, pg_temp
  SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET extra_float_digits = 1 SET clientele.unknown_event = 'error'
  SET enable_nestloop = on SET jit = off AS $$
#variable_conflict use_column
DECLARE
  m record;
  source text;
BEGIN
  PERFORM clientele.require_store('metrics');
  SELECT x.* INTO m FROM clientele_data.metrics x WHERE x.name = measured_values.metric;
  IF m.kind = 'sql' THEN
    PERFORM clientele.trusts_metric_author(m.defined_by);
    PERFORM set_config('search_path', clientele.tag_search_path(), true);
    -- Sorted first, so that sums of floating-point numbers do not depend on the order of rows.
    source := format($sql$
      SELECT x.at, CASE WHEN %L = 'number' AND count(*) > 1 THEN clientele.refuse_metric_rows(x.at) ELSE sum(x.value ORDER BY x.value) END AS value,
             sum(x.volume ORDER BY x.volume) AS volume
      FROM (SELECT %s AS at, answer.value::double precision AS value, %s AS volume
            FROM (SELECT $1::timestamptz AS since, $2::timestamptz AS until) AS period %s (at, value%s)
            WHERE answer.at >= $1 AND answer.at < $2 AND answer.value IS NOT NULL) x
      GROUP BY x.at$sql$, m.measure, clientele.metric_bin('answer.at', m.grain, m.time_zone),
      CASE m.measure WHEN 'ratio' THEN 'answer.volume::double precision' ELSE 'NULL::double precision' END,
      clientele.metric_sql(m.rule), CASE m.measure WHEN 'ratio' THEN ', volume' ELSE '' END);
  ELSIF m.kind = 'load' THEN
    PERFORM clientele.require_store('load_runs');
    source := format($sql$
      SELECT %1$s AS at, %2$s AS value, %3$s AS volume
      FROM clientele_data.load_runs r
      WHERE r.finished_at >= $1 AND r.finished_at < $2 AND (%4$L = '*' OR r.source = %4$L) AND r.kind IN ('load', 'batch', 'back-fill', 'sweep')
      GROUP BY 1$sql$, clientele.metric_bin('r.finished_at', m.grain, m.time_zone),
      CASE m.number WHEN 'rows' THEN 'sum(r.rows_read)::double precision' WHEN 'rejected' THEN 'sum(r.rows_rejected)::double precision'
        ELSE 'max(extract(epoch FROM r.finished_at - r.last_event_at))::double precision' END,
      CASE m.number WHEN 'rejected' THEN 'sum(r.rows_read)::double precision' ELSE 'NULL::double precision' END, m.rule);
  ELSIF m.kind = 'answer' THEN
    PERFORM clientele.require_store('question_answers');
    source := format($sql$
      SELECT DISTINCT ON (1) %1$s AS at,
             (SELECT (r.data ->> %2$L)::double precision FROM jsonb_array_elements(a.rows) WITH ORDINALITY r (data, n)
              WHERE r.data ->> 'segment_kind' = 'all' AND jsonb_typeof(r.data -> %2$L) = 'number' ORDER BY r.n DESC LIMIT 1) AS value,
             NULL::double precision AS volume
      FROM clientele_data.question_answers a
      WHERE a.question_id = %3$L AND a.as_of >= $1 AND a.as_of < $2 ORDER BY 1, a.as_of DESC, a.answer_id DESC$sql$,
      clientele.metric_bin('a.as_of', m.grain, m.time_zone), m.number, m.question_id);
  ELSE
    PERFORM clientele.require_store('journeys');
    source := clientele.measured_events(m.metric_id);
  END IF;
  RETURN QUERY EXECUTE format(
    'SELECT g.at, g.ends, f.value, f.volume FROM clientele.metric_grains($1, $2, %L, %L) g LEFT JOIN (%s) f ON f.at = g.at ORDER BY g.at',
    m.grain, m.time_zone, source) USING since, until;
END $$;
COMMENT ON FUNCTION measured_values(text, timestamptz, timestamptz) IS
  'Measures a metric in the grains from since to until, without keeping the values; a part of measure_metrics().';

CREATE FUNCTION refuse_metric_rows(at timestamptz) RETURNS double precision
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'the query has more than one row for the grain of %', at USING ERRCODE = 'cardinality_violation',
    HINT = 'Numbers cannot be added up; let the query return one row for each grain.';
END $$;
COMMENT ON FUNCTION refuse_metric_rows(timestamptz) IS 'Raises the error of a metric that has several rows for a grain. Errors: 21000.';

CREATE FUNCTION measured_events(metric_id bigint) RETURNS text
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  m record;
  asked record;
  measured record;
  unit text;
  bin text;
BEGIN
  PERFORM clientele.require_store('metrics'), clientele.require_store('questions');
  SELECT x.* INTO m FROM clientele_data.metrics x WHERE x.metric_id = measured_events.metric_id;
  bin := clientele.metric_bin('e.at', m.grain, m.time_zone);
  unit := CASE m.grain WHEN '1 hour' THEN 'hour' WHEN '1 day' THEN 'day' WHEN '7 days' THEN 'week' END;
  IF m.kind = 'selector' AND m.per IS NULL AND unit IS NOT NULL THEN
    -- Of all events and of those that count, in one pass.
    RETURN format($sql$
      SELECT a.period AS at, coalesce(c.value, 0) AS value, NULL::double precision AS volume
      FROM (SELECT clientele.event_counts(j.journey, clientele.counts_def('*', %1$L, NULL, $1, $2, '30 minutes', %2$L)) AS everything,
                   clientele.event_counts(j.journey, clientele.counts_def(%3$L, %1$L, NULL, $1, $2, '30 minutes', %2$L)) AS counted
            FROM clientele_data.journeys j OFFSET 0) s
      CROSS JOIN LATERAL (SELECT p.period FROM clientele.count_periods(s.everything) p) a
      LEFT JOIN LATERAL (SELECT p.period, p.%4$I::double precision AS value FROM clientele.count_periods(s.counted) p) c ON c.period = a.period$sql$,
      unit, m.time_zone, m.rule, m.number);
  ELSIF m.kind = 'selector' THEN
    RETURN format($sql$
      SELECT x.at, %s AS value, %s AS volume
      FROM (SELECT j.customer_id, %s AS at, count(*) FILTER (WHERE e.event_type_id = ANY (t.counted)) AS events,
                   coalesce(bool_or(e.event_type_id = ANY (t.per)), false) AS per,
                   sum(e.amount) FILTER (WHERE e.event_type_id = ANY (t.counted)) AS amount
            FROM (SELECT ARRAY(SELECT clientele.event_types_matching(%L)) AS counted, ARRAY(SELECT clientele.event_types_matching(%L)) AS per) t
            CROSS JOIN clientele_data.journeys j
            CROSS JOIN LATERAL clientele.events(clientele.journey_slice(j.journey, $1, $2)) e
            GROUP BY 1, 2) x
      GROUP BY x.at$sql$,
      CASE WHEN m.per IS NOT NULL THEN '(count(*) FILTER (WHERE x.events > 0 AND x.per))::double precision'
           WHEN m.number = 'customers' THEN '(count(*) FILTER (WHERE x.events > 0))::double precision'
           WHEN m.number = 'amount' THEN 'coalesce(sum(x.amount), 0)::double precision' ELSE 'sum(x.events)::double precision' END,
      CASE WHEN m.per IS NOT NULL THEN '(count(*) FILTER (WHERE x.per))::double precision' ELSE 'NULL::double precision' END,
      bin, m.rule, coalesce(m.per, m.rule));
  END IF;
  SELECT q.kind, clientele.zoned_definition(q.kind, q.definition, m.time_zone) AS definition, q.of INTO asked
  FROM clientele_data.questions q WHERE q.question_id = m.question_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'question "%" does not exist', m.rule USING ERRCODE = 'undefined_object';
  END IF;
  measured := clientele.measured_source(asked.kind, asked.definition, m.number, 'g.at', 'g.ends');
  -- A customer is measured in the grains in which it has events.
  RETURN format($sql$
    SELECT g.at, coalesce(sum(n.number), 0)::double precision AS value, %1$s AS volume
    FROM clientele_data.journeys j
    CROSS JOIN LATERAL (
      SELECT d.at, l.ends FROM (SELECT DISTINCT %2$s AS at FROM clientele.events(clientele.journey_slice(j.journey, $1, $2)) e) d
      CROSS JOIN LATERAL (SELECT %5$s AS ends) l OFFSET 0) g
    CROSS JOIN LATERAL (%3$s) n
    %4$s
    GROUP BY g.at$sql$,
    CASE m.measure WHEN 'ratio' THEN 'coalesce(sum(n.base), 0)::double precision' ELSE 'NULL::double precision' END,
    bin, measured.source,
    CASE WHEN asked.of IS NULL THEN '' ELSE format('WHERE (SELECT clientele.audience_of(%L)) OPERATOR(clientele.@>) j.customer_id', asked.of) END,
    CASE WHEN m.grain <= '1 hour' THEN format('d.at + %L::interval', m.grain)
         ELSE format('(d.at AT TIME ZONE %L + %L::interval) AT TIME ZONE %1$L', m.time_zone, m.grain) END);
END $$;
COMMENT ON FUNCTION measured_events(bigint) IS
  'Returns the query that measures a metric over journeys, from $1 to $2; a part of measure_metrics().';

CREATE FUNCTION measure_metrics(at timestamptz DEFAULT now(), names text[] DEFAULT NULL)
  RETURNS TABLE (metric text, outcome text, "values" bigint, measured_until timestamptz, seconds double precision, error text)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 20 SET search_path = pg_catalog, pg_temp SET client_min_messages = warning
  SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET timezone_abbreviations = 'Default'
  SET extra_float_digits = 1 SET bytea_output = 'hex' SET lc_monetary = 'C' SET lc_numeric = 'C' SET lc_time = 'C'
  SET standard_conforming_strings = on SET backslash_quote = safe_encoding SET transform_null_equals = off SET array_nulls = on
  SET default_text_search_config = 'pg_catalog.simple' SET xmlbinary = base64 SET xmloption = content
  SET quote_all_identifiers = off SET gin_fuzzy_search_limit = 0 SET row_security = on SET clientele.unknown_event = 'error' SET jit = off AS $$
#variable_conflict use_column
DECLARE
  m record;
  since timestamptz;
  last timestamptz;
  total bigint;
  began timestamptz;
  journeys text;
  message text;
  detail text;
BEGIN
  PERFORM clientele.require_store('metrics'), clientele.require_store('metric_status', 'INSERT'),
          clientele.require_store('metric_status', 'UPDATE'), clientele.require_store('metric_values', 'INSERT'),
          clientele.require_store('metric_values', 'UPDATE'), clientele.require_metrics(names);
  IF measure_metrics.at IS NULL THEN
    RAISE EXCEPTION 'at must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF NOT measure_metrics.at BETWEEN '0001-01-01' AND '9999-01-01' THEN
    RAISE EXCEPTION 'at must be from year 1 to 9999: %', measure_metrics.at USING ERRCODE = 'datetime_field_overflow';
  END IF;
  IF NOT EXISTS (SELECT FROM clientele_data.metrics) THEN
    RETURN;
  END IF;
  PERFORM clientele.begin_progress('measure_metrics'), clientele.report_progress('waiting for another measurement');
  LOCK TABLE clientele_data.metric_status IN SHARE ROW EXCLUSIVE MODE;
  FOR m IN
    SELECT x.*, s.measured_until AS known_until, s.journeys_key, s.outcome AS last_outcome, row_number() OVER (ORDER BY x.name) - 1 AS done,
           count(*) OVER () AS total
    FROM clientele_data.metrics x LEFT JOIN clientele_data.metric_status s USING (metric_id)
    WHERE NOT x.paused AND (names IS NULL OR x.name = ANY (names)) ORDER BY x.name
  LOOP
    PERFORM clientele.report_progress(m.name, m.done, m.total);
    metric := m.name;
    began := clock_timestamp();
    error := NULL;
    "values" := 0;
    measured_until := m.known_until;
    BEGIN
      last := measure_metrics.at - m.lateness;
      since := CASE WHEN m.known_until IS NULL THEN last - m.history ELSE least(m.known_until, last - m.recheck) END;
      -- From the beginning of a grain on.
      since := clientele.metric_grain_of(since, m.grain, m.time_zone);
      IF extract(epoch FROM last - since) / extract(epoch FROM m.grain) > 100000 THEN
        RAISE EXCEPTION 'more than 100000 grains are to be measured at once' USING ERRCODE = 'program_limit_exceeded',
          HINT = 'Take a shorter history, or longer grains.';
      END IF;
      journeys := CASE WHEN m.kind IN ('selector', 'question') THEN clientele.journeys_key() END;
      outcome := 'measured';
      IF m.last_outcome <> 'failed' AND m.journeys_key = journeys AND m.known_until IS NOT NULL
         AND NOT EXISTS (SELECT FROM clientele.metric_grains(m.known_until, last, m.grain, m.time_zone)) THEN
        outcome := 'fresh';
      ELSE
        WITH changed AS (
          INSERT INTO clientele_data.metric_values AS v (metric_id, at, until, value, volume)
          SELECT m.metric_id, f.at, f.ends, f.value, f.volume FROM clientele.measured_values(m.name, since, last) f
          ON CONFLICT ON CONSTRAINT metric_values_pkey DO UPDATE
            SET value = excluded.value, volume = excluded.volume, until = excluded.until, measured_at = now()
            WHERE (v.value, v.volume, v.until) IS DISTINCT FROM (excluded.value, excluded.volume, excluded.until)
          RETURNING 1)
        SELECT count(*) INTO total FROM changed;
        "values" := total;
        measured_until := greatest(m.known_until, (SELECT max(v.until) FROM clientele_data.metric_values v
                                                   WHERE v.metric_id = m.metric_id AND v.until <= last));
      END IF;
      INSERT INTO clientele_data.metric_status AS s (metric_id, measured_until, journeys_key, measured_at, outcome)
      VALUES (m.metric_id, measure_metrics.measured_until, journeys, now(), measure_metrics.outcome)
      ON CONFLICT ON CONSTRAINT metric_status_pkey DO UPDATE SET measured_until = excluded.measured_until,
        journeys_key = excluded.journeys_key, measured_at = excluded.measured_at, outcome = excluded.outcome, error = NULL, failed_at = NULL;
    EXCEPTION WHEN serialization_failure OR deadlock_detected THEN
      RAISE;
    WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
      outcome := 'failed';
      error := left(concat_ws('. ', message, nullif(detail, '')), 2000);
      "values" := 0;
      measured_until := m.known_until;
      INSERT INTO clientele_data.metric_status AS s (metric_id, outcome, error, failed_at)
      VALUES (m.metric_id, 'failed', measure_metrics.error, now())
      ON CONFLICT ON CONSTRAINT metric_status_pkey DO UPDATE SET outcome = excluded.outcome, error = excluded.error, failed_at = excluded.failed_at;
    END;
    seconds := extract(epoch FROM clock_timestamp() - began);
    RETURN NEXT;
  END LOOP;
  PERFORM clientele.end_progress();
END $$;
COMMENT ON FUNCTION measure_metrics(timestamptz, text[]) IS
  'Measures the metrics that are not paused, all of them or those named, and returns one row a metric; check_metrics() judges the values.
Only grains that are complete at that time have values: those whose end is at least lateness ago. Values of the last recheck are measured
again, and those before stay. outcome: measured, fresh if there is nothing new, failed with the error; the others are measured all the same.
values: how many are new or have changed. SQL runs with your rights, and therefore only that of authors that you trust
(clientele.trusts()). A second measurement waits until the first has ended.
Errors: 42704 for an unknown metric, 22004 for NULL, 22008 for a time out of range, 40001 for a measurement that must be retried, 42P01
without a store, 42501 without the right to write the values of metrics.';
