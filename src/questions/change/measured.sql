-- SPDX-License-Identifier: PostgreSQL
-- What explain_change() measures of one customer in one period, as SQL.

CREATE FUNCTION whole_number(word text, name text, lowest integer) RETURNS integer
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF word !~ '^[0-9]{1,6}$' OR word::integer < lowest THEN
    RAISE EXCEPTION '% must be a whole number of % or more, not "%"', name, lowest, left(word, 100)
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN word::integer;
END $$;
COMMENT ON FUNCTION whole_number(text, text, integer) IS
  'Reads a small whole number that is written as text; a part of explain_change(). Errors: 22023 for another text.';

CREATE FUNCTION metric_expression(expression text, name text) RETURNS text
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  source record;
  compiled record;
BEGIN
  IF expression IS NULL THEN
    RAISE EXCEPTION 'the % must not be NULL', name USING ERRCODE = 'null_value_not_allowed';
  END IF;
  source := clientele.read_sql(expression);
  IF source.kind <> 'expression' THEN
    RAISE EXCEPTION 'the % must be an expression over a journey', name USING ERRCODE = 'syntax_error',
      HINT = 'It is one value, such as event_count(journey, ''purchase'').';
  END IF;
  compiled := clientele.compile_tag_rule(E'SELECT (\n' || source.body
    || E'\n) FROM (SELECT NULL::clientele.journey AS journey, NULL::bigint AS customer_id) AS journeys');
  IF compiled.traits && '{aggregates,windows,sets}' THEN
    RAISE EXCEPTION 'the % cannot have aggregate functions, window functions or sets', name USING ERRCODE = 'grouping_error',
      HINT = 'It is about one journey; explain_change() adds up the customers.';
  ELSIF compiled.traits && '{changes}' THEN
    RAISE EXCEPTION 'the % cannot change data', name USING ERRCODE = 'feature_not_supported';
  ELSIF compiled.types[1] = 'boolean'::regtype THEN
    RETURN E'(\n' || source.body || E'\n)::integer::numeric';
  ELSIF compiled.types[1] = ANY ('{smallint,integer,bigint,numeric,real,double precision}'::regtype[]) THEN
    RETURN E'(\n' || source.body || E'\n)::numeric';
  END IF;
  RAISE EXCEPTION 'the % must be a number or a boolean, not %', name, compiled.types[1] USING ERRCODE = 'datatype_mismatch';
END $$;
COMMENT ON FUNCTION metric_expression(text, text) IS
  'Checks an expression over one journey, and returns it as one that gives a numeric; a part of explain_change().
Errors: those of the expression; 42601 for what is not one value, 42803 for aggregate functions, window functions and sets, 42804 for values
that are not numbers, 0A000 for changes of data.';

CREATE FUNCTION measured_source(kind text, definition text, measure text, since text, until text, OUT source text, OUT selector text,
                                OUT effects text)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  def CONSTANT jsonb := CASE WHEN kind <> 'metric' THEN definition::jsonb END;
  asked clientele.metric_def;
  slice CONSTANT text := format('(SELECT clientele.journey_slice(j.journey, %s, %s) AS journey, j.customer_id OFFSET 0)', since, until);
  steps integer;
  place integer;
BEGIN
  selector := coalesce(def ->> 'selector', '*');
  effects := 'rate';
  IF kind = 'funnel' THEN
    steps := jsonb_array_length(def -> 'steps');
    place := array_position(ARRAY(SELECT jsonb_array_elements_text(def -> 'steps')), measure);
    IF place IS NULL THEN
      place := clientele.whole_number(coalesce(measure, steps::text), 'the step', 1);
    END IF;
    IF place > steps THEN
      RAISE EXCEPTION 'the funnel has no step %: it has %', place, steps USING ERRCODE = 'invalid_parameter_value';
    END IF;
    selector := def -> 'steps' ->> 0;
    source := format('SELECT (f.depth >= %s)::integer::numeric AS number, (f.depth >= 1)::integer::numeric AS base, s.journey FROM %s s '
      'CROSS JOIN LATERAL (SELECT clientele.funnel_depth(s.journey, %L::clientele.funnel_def) AS depth OFFSET 0) f', place, slice, definition);
  ELSIF kind = 'retention' THEN
    place := clientele.whole_number(coalesce(measure, '1'), 'the period', 0);
    selector := coalesce(def ->> 'start_at', '*');
    source := format('SELECT coalesce(sum(p.returned), 0) AS number, coalesce(sum(p.customers), 0) AS base, '
      'clientele.journey_slice(j.journey, %2$s, %3$s) AS journey '
      'FROM (SELECT clientele.retention_table(x.journey, %4$L::clientele.retention_def) AS answer FROM (SELECT j.journey OFFSET 0) x) t '
      'CROSS JOIN LATERAL clientele.retention_periods(t.answer) p '
      'WHERE %1$s BETWEEN p.period AND p.last_period AND p.complete AND p.cohort >= %2$s AND p.cohort < %3$s',
      place, since, until, definition);
  ELSIF kind = 'activity' THEN
    effects := 'total';
    source := format('SELECT (clientele.event_count(s.journey, %2$L) > 0)::integer::numeric AS number, '
      '(clientele.first_at(j.journey, %2$L) < %3$s)::integer::numeric AS base, s.journey FROM %1$s s', slice, selector, until);
  ELSIF kind = 'counts' THEN
    effects := 'total';
    source := CASE coalesce(measure, 'events')
      WHEN 'events' THEN format('clientele.event_count(s.journey, %L)::numeric', selector)
      WHEN 'customers' THEN format('(clientele.event_count(s.journey, %L) > 0)::integer::numeric', selector)
      WHEN 'amount' THEN format('coalesce(clientele.amount_sum(s.journey, %L), 0)', selector)
      END;
    IF source IS NULL THEN
      RAISE EXCEPTION 'the measure must be events, customers or amount, not "%"', left(measure, 100)
        USING ERRCODE = 'invalid_parameter_value';
    END IF;
    source := format('SELECT %s AS number, (clientele.event_count(s.journey, %L) > 0)::integer::numeric AS base, s.journey FROM %s s',
      source, selector, slice);
  ELSE
    asked := definition::clientele.metric_def;
    selector := coalesce(asked.selector, '*');
    source := format('SELECT m.number, %s AS base, m.journey FROM (SELECT coalesce(%s, 0) AS number, %s AS base, '
      'journeys.journey FROM %s journeys OFFSET 0) m',
      CASE WHEN asked.per IS NULL THEN '(m.number <> 0)::integer::numeric' ELSE 'coalesce(m.base, 0)' END,
      clientele.metric_expression(asked.number, 'number'),
      CASE WHEN asked.per IS NULL THEN 'NULL::numeric' ELSE clientele.metric_expression(asked.per, 'base') END, slice);
    effects := CASE WHEN asked.per IS NULL THEN 'total' ELSE 'rate' END;
  END IF;
END $$;
COMMENT ON FUNCTION measured_source(text, text, text, text, text) IS
  'Returns the query that measures one customer, j, in one period: its number, its base, and the part of the journey that is in the period;
a part of explain_change().
since and until are SQL for the ends of the period. selector: the events that give a customer its event:channel. effects: rate or total.
Errors: as explain_change().';

CREATE FUNCTION label_source(dimensions text[], selector text, journey text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce('ARRAY[' || string_agg(
    CASE d.name WHEN 'channel' THEN format('clientele.top_channel(%s, %L)', journey, selector)
                WHEN 'event' THEN format('clientele.top_event(%s, %L)', journey, selector)
                ELSE format('clientele.top_property(%s, %L, %L)', journey, selector, d.name) END, ', ' ORDER BY d.n) || ']::text[]',
    'NULL::text[]')
  FROM (SELECT substr(u.name, 7) AS name, u.n FROM unnest(dimensions) WITH ORDINALITY u (name, n)) d
$$;
COMMENT ON FUNCTION label_source(text[], text, text) IS
  'Returns SQL for what most of the events of a journey that a selector picks have, as an array; a part of explain_change().
dimensions: event:channel, event:event, or the name of a property after event:.';
