-- SPDX-License-Identifier: PostgreSQL
-- explain_change(): customers are measured in both periods, gathered in cells of equal segments, and cells are added up for each way of
-- dividing them.

CREATE FUNCTION period_bound(period tstzrange, name text, "upper" boolean) RETURNS timestamptz
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  bound CONSTANT timestamptz := CASE WHEN "upper" THEN upper(period) ELSE lower(period) END;
BEGIN
  IF bound IS NULL OR NOT isfinite(bound) THEN
    RAISE EXCEPTION '% must be a period with a beginning and an end, not %', name, coalesce(period::text, 'NULL')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Write a period as [2026-03-01, 2026-04-01).';
  END IF;
  -- The end of a period is not a part of it. Times are whole microseconds.
  RETURN bound + CASE WHEN CASE WHEN "upper" THEN upper_inc(period) ELSE NOT lower_inc(period) END
                      THEN interval '1 microsecond' ELSE interval '0' END;
END $$;
COMMENT ON FUNCTION period_bound(tstzrange, text, boolean) IS
  'Returns the beginning of a period, or its end, which is not a part of it; a part of explain_change().
Errors: 22023 for a period that is NULL, empty or without an end.';

CREATE FUNCTION dimension_source(dimension text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('SELECT s.customer_id, string_agg(DISTINCT s.segment COLLATE "C", %L ORDER BY s.segment COLLATE "C") AS segment '
                'FROM clientele.customer_segments(%L) s GROUP BY s.customer_id', ' + ', dimension)
$$;
COMMENT ON FUNCTION dimension_source(text) IS
  'Returns SQL for the one segment of each customer; of several values they are written with + between them. A part of explain_change().';

CREATE FUNCTION cells_source(
    kind text, definition text, of tag_query, measure text, dimensions text[], OUT cells text, OUT effects text)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  of_events CONSTANT text[] := ARRAY(SELECT d.name FROM unnest(dimensions) WITH ORDINALITY d (name, n)
                                     WHERE starts_with(d.name, 'event:') ORDER BY d.n);
  was record;
  "is" record;
  segments text := '';
  joins text := '';
  labels_before text := '';
  labels_after text := '';
  label text;
BEGIN
  was := clientele.measured_source(kind, definition, measure, '$1', '$2');
  "is" := clientele.measured_source(kind, definition, measure, '$3', '$4');
  effects := was.effects;
  FOR n IN 1 .. cardinality(dimensions) LOOP
    label := array_position(of_events, dimensions[n])::text;
    IF label IS NULL THEN
      segments := segments || format('%s d%s AS MATERIALIZED (%s)', CASE segments WHEN '' THEN 'WITH' ELSE ',' END, n,
                                     clientele.dimension_source(dimensions[n]));
      joins := joins || format(' LEFT JOIN d%s ON d%1$s.customer_id = u.customer_id', n);
      labels_before := labels_before || format(', d%s.segment', n);
      labels_after := labels_after || format(', d%s.segment', n);
    ELSE
      labels_before := labels_before || format(', u.labels_before[%s]', label);
      labels_after := labels_after || format(', u.labels_after[%s]', label);
    END IF;
  END LOOP;
  cells := segments || format($sql$
  SELECT c.was, c."is", count(*) AS n,
    count(*) FILTER (WHERE NOT c.absent_before) AS n_before, count(*) FILTER (WHERE NOT c.absent_after) AS n_after,
    sum(c.n0) AS s1, sum(c.b0) AS s2, sum(c.n1) AS s3, sum(c.b1) AS s4,
    sum(c.n0 * c.n0) AS s5, sum(c.n0 * c.b0) AS s6, sum(c.n0 * c.n1) AS s7, sum(c.n0 * c.b1) AS s8,
    sum(c.b0 * c.b0) AS s9, sum(c.b0 * c.n1) AS s10, sum(c.b0 * c.b1) AS s11,
    sum(c.n1 * c.n1) AS s12, sum(c.n1 * c.b1) AS s13, sum(c.b1 * c.b1) AS s14
  FROM (
    SELECT v.*, CASE WHEN v.absent_before THEN v.labels_is ELSE v.labels_was END AS was,
                CASE WHEN v.absent_after THEN v.labels_was ELSE v.labels_is END AS "is"
    FROM (
      SELECT u.*, u.n0 = 0 AND u.b0 = 0 AS absent_before, u.n1 = 0 AND u.b1 = 0 AS absent_after,
             ARRAY[%s]::text[] COLLATE "C" AS labels_was, ARRAY[%s]::text[] COLLATE "C" AS labels_is
      FROM (
        SELECT j.customer_id, b.number AS n0, b.base AS b0, a.number AS n1, a.base AS b1,
               b.labels AS labels_before, a.labels AS labels_after
        FROM clientele_data.journeys j
        CROSS JOIN LATERAL (
          SELECT m.number, m.base, CASE WHEN m.number <> 0 OR m.base <> 0 THEN %s END AS labels FROM (%s) m OFFSET 0) b
        CROSS JOIN LATERAL (
          SELECT m.number, m.base, CASE WHEN m.number <> 0 OR m.base <> 0 THEN %s END AS labels FROM (%s) m OFFSET 0) a
        WHERE (b.number <> 0 OR b.base <> 0 OR a.number <> 0 OR a.base <> 0)%s) u%s) v) c
  GROUP BY c.was, c."is"$sql$,
    substr(labels_before, 3), substr(labels_after, 3),
    clientele.label_source(of_events, was.selector, 'm.journey'), was.source,
    clientele.label_source(of_events, "is".selector, 'm.journey'), "is".source,
    CASE WHEN of IS NULL THEN '' ELSE format(' AND (SELECT clientele.audience_of(%L)) OPERATOR(clientele.@>) j.customer_id', of::text) END,
    joins);
END $$;
COMMENT ON FUNCTION cells_source(text, text, tag_query, text, text[]) IS
  'Returns the query that adds up all customers with the same segments; a part of explain_change().
$1 to $4 are the ends of the two periods. A customer that did nothing in one period is in the segments of the other one.
Errors: as explain_change().';

CREATE FUNCTION explain_change_of(
    kind text, definition text, of tag_query, measure text, before tstzrange, after tstzrange, dimensions text[],
    min_customers bigint, pairs boolean, language text)
  RETURNS TABLE (by text, segment text, segment_kind text, customers_before bigint, customers_after bigint, number_before numeric,
                 number_after numeric, base_before numeric, base_after numeric, rate_before double precision,
                 rate_after double precision, mix_effect double precision, rate_effect double precision,
                 contribution double precision, z double precision, p_value double precision, q_value double precision, rank bigint)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 200 SET search_path = pg_catalog, pg_temp
  SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET timezone_abbreviations = 'Default'
  SET extra_float_digits = 1 SET bytea_output = 'hex' SET lc_monetary = 'C' SET lc_numeric = 'C' SET lc_time = 'C'
  SET standard_conforming_strings = on SET backslash_quote = safe_encoding SET transform_null_equals = off SET array_nulls = on
  SET default_text_search_config = 'pg_catalog.simple' SET xmlbinary = base64 SET xmloption = content
  SET quote_all_identifiers = off SET gin_fuzzy_search_limit = 0 SET clientele.unknown_event = 'error'
  -- How many customers have a segment is not known to the planner.
  SET enable_nestloop = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
  ends CONSTANT timestamptz[] := ARRAY[
    clientele.period_bound(before, 'before', false), clientele.period_bound(before, 'before', true),
    clientele.period_bound(after, 'after', false), clientele.period_bound(after, 'after', true)];
  names CONSTANT text[] := (SELECT ARRAY[w."all", w."none", w.other] FROM clientele.segment_words(language) w);
  added CONSTANT text := (SELECT string_agg(format('sum(s%1$s) AS s%1$s', i), ', ' ORDER BY i) FROM generate_series(1, 14) i);
  listed CONSTANT text := 'ARRAY[' || (SELECT string_agg('s' || i, ',' ORDER BY i) FROM generate_series(1, 14) i) || ']::float8[]';
  unknown text;
  measured record;
BEGIN
  PERFORM clientele.require_store('journeys');
  IF definition IS NULL THEN
    RAISE EXCEPTION 'the definition must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF explain_change_of.before && explain_change_of.after THEN
    RAISE EXCEPTION 'before and after must not overlap' USING ERRCODE = 'invalid_parameter_value';
  ELSIF min_customers IS NULL OR min_customers < 1 THEN
    RAISE EXCEPTION 'min_customers must be at least 1, not %', coalesce(min_customers::text, 'NULL')
      USING ERRCODE = 'invalid_parameter_value';
  ELSIF language IS NULL OR language NOT IN ('en', 'zh') THEN
    RAISE EXCEPTION 'language must be en or zh, not "%"', coalesce(left(language, 100), 'NULL')
      USING ERRCODE = 'invalid_parameter_value';
  ELSIF array_position(dimensions, NULL) IS NOT NULL THEN
    RAISE EXCEPTION 'by must not contain NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  dimensions := ARRAY(SELECT d.name FROM unnest(coalesce(dimensions, clientele.change_dimensions())) WITH ORDINALITY d (name, n)
                      GROUP BY d.name ORDER BY min(d.n));
  IF cardinality(dimensions) > 20 THEN
    RAISE EXCEPTION 'by has % names; at most 20 can be taken together', cardinality(dimensions) USING ERRCODE = 'program_limit_exceeded';
  END IF;
  unknown := (SELECT d FROM unnest(dimensions) d
              WHERE starts_with(d, 'event:') AND d NOT IN ('event:channel', 'event:event')
                AND NOT EXISTS (SELECT FROM clientele_data.event_types t WHERE t.properties ? substr(d, 7)) LIMIT 1);
  IF unknown IS NOT NULL THEN
    RAISE EXCEPTION 'property "%" of events does not exist', left(substr(unknown, 7), 100) USING ERRCODE = 'undefined_object',
      HINT = 'event: is followed by channel, event, or a property of event types.';
  END IF;
  PERFORM set_config('search_path', clientele.tag_search_path(), true), set_config('TimeZone', clientele.store_time_zone(), true);
  measured := clientele.cells_source(kind, definition, of, measure, dimensions);
  RETURN QUERY EXECUTE format($sql$
WITH cells AS MATERIALIZED (%1$s),
-- Each name of by, and each two of them.
ways AS (
  SELECT a.n AS i, b.n AS j, row_number() OVER (ORDER BY b.n IS NOT NULL, a.n, b.n) AS way,
         concat_ws(' × ', a.name, b.name) AS by
  FROM unnest($5) WITH ORDINALITY a (name, n)
  LEFT JOIN LATERAL (SELECT NULL::text AS name, NULL::bigint AS n UNION ALL
                     SELECT u.name, u.n FROM unnest($5) WITH ORDINALITY u (name, n) WHERE u.n > a.n AND $7) b ON true
), keyed AS MATERIALIZED (
  SELECT w.way, ARRAY[c.was[w.i], c.was[w.j]] AS was, ARRAY[c."is"[w.i], c."is"[w.j]] AS "is",
         sum(n) AS n, sum(n_before) AS n_before, sum(n_after) AS n_after, %2$s
  FROM cells c CROSS JOIN ways w GROUP BY 1, 2, 3
), sizes AS (
  SELECT x.way, x.key, sum(x.n) AS n
  FROM (SELECT k.way, k.was AS key, k.n FROM keyed k UNION ALL SELECT k.way, k."is", k.n FROM keyed k WHERE k."is" <> k.was) x
  GROUP BY 1, 2
), judged AS MATERIALIZED (
  -- The small ones are other, with the next ones if they are few together.
  SELECT x.way, x.key, CASE WHEN x.some AND (x.n < $6 OR x.upto - x.n < $6) THEN '{}'::text[] ELSE x.key END AS kept
  FROM (SELECT s.*, sum(s.n) OVER (PARTITION BY s.way ORDER BY s.n, s.key COLLATE "C") AS upto,
               min(s.n) OVER (PARTITION BY s.way) < $6 AS some FROM sizes s) x
), moved AS MATERIALIZED (
  SELECT k.way, w.kept AS was, i.kept AS "is", sum(k.n_before) AS n_before, sum(k.n_after) AS n_after, %2$s
  FROM keyed k JOIN judged w ON w.way = k.way AND w.key = k.was JOIN judged i ON i.way = k.way AND i.key = k."is" GROUP BY 1, 2, 3
), started AS (
  SELECT m.way, m.was AS key, sum(n_before) AS customers, %2$s FROM moved m GROUP BY 1, 2
), ended AS (
  SELECT m.way, m."is" AS key, sum(n_after) AS customers, %2$s FROM moved m GROUP BY 1, 2
), stayed AS (
  SELECT m.way, m.was AS key, %2$s FROM moved m WHERE m.was = m."is" GROUP BY 1, 2
), everyone AS (
  SELECT coalesce(sum(n_before), 0) AS n_before, coalesce(sum(n_after), 0) AS n_after, %2$s FROM cells
), segments AS (
  SELECT way, key, coalesce(b.customers, 0) AS n_before, coalesce(a.customers, 0) AS n_after,
         coalesce(b.s1, 0) AS n0, coalesce(b.s2, 0) AS b0, coalesce(a.s3, 0) AS n1, coalesce(a.s4, 0) AS b1, e.*
  FROM (SELECT s.way, s.key, s.customers, s1, s2, %3$s AS sums FROM started s) b
  FULL JOIN (SELECT s.way, s.key, s.customers, s3, s4, %3$s AS sums FROM ended s) a USING (way, key)
  LEFT JOIN (SELECT s.way, s.key, %3$s AS sums FROM stayed s) o USING (way, key)
  CROSS JOIN (SELECT %3$s AS sums FROM everyone) t
  CROSS JOIN LATERAL clientele.change_effects($8, t.sums, coalesce(b.sums, $9), coalesce(a.sums, $9), coalesce(o.sums, $9)) e
), tested AS (
  SELECT u.way, u.key, u.q FROM (
    SELECT array_agg(s.way ORDER BY s.way, s.key COLLATE "C") AS ways, clientele.adjusted_p(array_agg(
             CASE WHEN s.key <> '{}' THEN s.p_value END ORDER BY s.way, s.key COLLATE "C")) AS qs,
           array_agg(s.key[1] ORDER BY s.way, s.key COLLATE "C") AS firsts, array_agg(s.key[2] ORDER BY s.way, s.key COLLATE "C") AS seconds
    FROM segments s WHERE s.key <> '{}') x
  CROSS JOIN LATERAL (SELECT y.way, ARRAY[y.a, y.b] AS key, y.q FROM unnest(x.ways, x.firsts, x.seconds, x.qs) y (way, a, b, q)) u
), answer AS (
  SELECT 0 AS place, 0::bigint AS way, $10[1] AS by, $10[1] AS segment, 'all' AS segment_kind, t.n_before, t.n_after, s1 AS n0, s3 AS n1,
         s2 AS b0, s4 AS b1, e.mix_effect, e.rate_effect, e.contribution, e.z, e.p_value, NULL::float8 AS q, NULL::bigint AS rank
  FROM (SELECT n_before, n_after, %4$s FROM everyone) t
  CROSS JOIN LATERAL clientele.change_of_all($8, %3$s) e
  UNION ALL
  SELECT CASE WHEN s.key = '{}' THEN 2 ELSE 1 END, s.way, w.by,
         CASE WHEN s.key = '{}' THEN $10[3]
              ELSE coalesce(s.key[1], $10[2]) || CASE WHEN w.j IS NULL THEN '' ELSE ' × ' || coalesce(s.key[2], $10[2]) END END,
         CASE WHEN s.key = '{}' THEN 'other' WHEN s.key[1] IS NULL AND s.key[2] IS NULL THEN 'none' ELSE 'value' END,
         s.n_before, s.n_after, s.n0, s.n1, s.b0, s.b1, s.mix_effect, s.rate_effect, s.contribution,
         CASE WHEN s.key <> '{}' THEN s.z END, CASE WHEN s.key <> '{}' THEN s.p_value END, q.q,
         CASE WHEN s.key <> '{}' THEN row_number() OVER (
           PARTITION BY s.key = '{}' ORDER BY abs(s.z) DESC NULLS LAST, abs(s.contribution) DESC, s.way, s.key COLLATE "C") END
  FROM segments s JOIN ways w USING (way) LEFT JOIN tested q ON q.way = s.way AND q.key = s.key
)
SELECT a.by, a.segment, a.segment_kind, a.n_before::bigint, a.n_after::bigint, a.n0, a.n1, a.b0, a.b1,
       a.n0::float8 / nullif(a.b0::float8, 0), a.n1::float8 / nullif(a.b1::float8, 0),
       a.mix_effect, a.rate_effect, a.contribution, a.z, a.p_value, a.q, a.rank
FROM answer a ORDER BY a.place, a.rank, a.way$sql$,
    measured.cells, added, listed,
    (SELECT string_agg(format('coalesce(s%1$s, 0) AS s%1$s', i), ', ' ORDER BY i) FROM generate_series(1, 14) i))
  USING ends[1], ends[2], ends[3], ends[4], dimensions, min_customers, coalesce(pairs, true), measured.effects,
        array_fill(0::float8, '{14}'), names;
END $$;
COMMENT ON FUNCTION explain_change_of(text, text, tag_query, text, tstzrange, tstzrange, text[], bigint, boolean, text) IS
  'Explains how a number changed, from the text of its definition; explain_change() calls it.';
