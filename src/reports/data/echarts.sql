-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION echarts_option(question text, segment text DEFAULT NULL, time_zone text DEFAULT NULL) RETURNS jsonb
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD'
  SET extra_float_digits = 1 AS $$
#variable_conflict use_column
DECLARE
  asked record;
  wanted text := echarts_option.segment;
  kind text;  -- of the segment
  zone text;
  word jsonb;
  parts jsonb;
BEGIN
  PERFORM clientele.require_bi_view(v)
  FROM unnest('{questions,funnels,retention,path_links,attribution,activity,counts,answers}'::text[]) v;
  SELECT q.question, q.kind, q.language, q.description, q.definition INTO asked
  FROM clientele_bi.questions q WHERE q.question = echarts_option.question;
  IF asked.question IS NULL THEN
    RAISE EXCEPTION 'question "%" does not exist', coalesce(left(echarts_option.question, 500), 'NULL')
      USING ERRCODE = 'undefined_object', HINT = 'clientele_bi.questions lists them.';
  END IF;
  -- The words of its language come before values that are called as these.
  kind := (SELECT CASE WHEN wanted IS NULL OR wanted = w."all" THEN 'all' WHEN wanted = w."none" THEN 'none' WHEN wanted = w.other THEN 'other'
                       ELSE 'value' END FROM clientele.segment_words(asked.language) w);
  IF kind = 'all' THEN
    wanted := NULL;
  END IF;
  zone := coalesce(time_zone, CASE WHEN asked.kind <> 'answers' THEN nullif(asked.definition::jsonb ->> 'time_zone', '') END,
                   clientele_bi.time_zone(), 'UTC');
  PERFORM now() AT TIME ZONE zone;
  word := (SELECT jsonb_object_agg(w, clientele.chart_word(w, asked.language))
           FROM unnest('{end,none,all cohorts,rate,customers,events,number,new,returning,resurrected,1,2,3,4,5,6,7}'::text[]) w);
  CASE asked.kind
  WHEN 'funnel' THEN
    parts := (
      SELECT jsonb_build_object('series', jsonb_build_array(jsonb_build_object(
        'type', 'funnel', 'sort', 'none', 'top', 72, 'bottom', 24, 'min', 0, 'max', greatest(max(f.customers), 1), 'minSize', '0%',
        'label', '{"position": "inside"}'::jsonb,
        'data', coalesce(jsonb_agg(jsonb_build_object('name', f.step || '. ' || f.name, 'value', f.customers) ORDER BY f.step), '[]'))))
      FROM clientele_bi.funnels f WHERE f.question = asked.question AND f.latest
        AND f.segment_kind = kind AND (kind <> 'value' OR f.segment = wanted));
  WHEN 'retention' THEN
    parts := (
      WITH cell AS (
        SELECT r.*, dense_rank() OVER (ORDER BY r.cohort NULLS FIRST) - 1 AS y, dense_rank() OVER (ORDER BY r.period) - 1 AS x
        FROM clientele_bi.retention r WHERE r.question = asked.question AND r.latest
          AND r.segment_kind = kind AND (kind <> 'value' OR r.segment = wanted))
      SELECT clientele.heat_chart(
        (SELECT coalesce(jsonb_agg(p.name ORDER BY p.x), '[]') FROM (
           SELECT c.x, min(c.period::text) || CASE WHEN max(c.last_period) > max(c.period) THEN '–' || max(c.last_period) ELSE '' END AS name
           FROM cell c GROUP BY c.x) p),
        (SELECT coalesce(jsonb_agg(p.name ORDER BY p.y), '[]') FROM (
           SELECT DISTINCT c.y, coalesce(clientele.chart_time(c.cohort, zone), word ->> 'all cohorts') AS name FROM cell c) p),
        coalesce(jsonb_agg(jsonb_build_array(c.x, c.y, c.rate) ORDER BY c.y, c.x) FILTER (WHERE c.rate IS NOT NULL), '[]'),
        word ->> 'rate', coalesce(max(c.rate), 0))
      FROM cell c);
  WHEN 'path_links' THEN
    parts := (
      -- The place in the name keeps the graph free of cycles.
      WITH link AS (
        SELECT coalesce(l.step, 1) || '. ' || coalesce(l.source, word ->> 'none') AS source,
               coalesce(l.step, 1) + 1 || '. ' || coalesce(l.target, word ->> 'end') AS target,
               sum(coalesce(l.paths, l.customers)) AS value
        FROM clientele_bi.path_links l WHERE l.question = asked.question AND l.latest
          AND l.segment_kind = kind AND (kind <> 'value' OR l.segment = wanted)
        GROUP BY 1, 2 HAVING sum(coalesce(l.paths, l.customers)) > 0)
      SELECT jsonb_build_object('series', jsonb_build_array(jsonb_build_object(
        'type', 'sankey', 'top', 72, 'left', 16, 'right', 120, 'bottom', 16, 'emphasis', '{"focus": "adjacency"}'::jsonb,
        'label', '{"width": 112, "overflow": "truncate"}'::jsonb,
        'data', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', n.name) ORDER BY n.name COLLATE "C"), '[]')
                 FROM (SELECT l.source AS name FROM link l UNION SELECT l.target FROM link l) n),
        'links', coalesce(jsonb_agg(jsonb_build_object('source', l.source, 'target', l.target, 'value', l.value)
                                    ORDER BY l.value DESC, l.source COLLATE "C", l.target COLLATE "C"), '[]'))))
      FROM link l);
  WHEN 'attribution' THEN
    parts := (
      SELECT clientele.bar_chart(coalesce(jsonb_agg(jsonb_build_object(
               'label', coalesce(nullif(a.channel, ''), word ->> 'none'), 'series', a.model, 'value', a.conversions)
               ORDER BY t.conversions DESC NULLS LAST, a.channel COLLATE "C", a.model COLLATE "C"), '[]'))
      FROM clientele_bi.attribution a
      JOIN (SELECT b.question, b.segment, b.channel, sum(b.conversions) AS conversions FROM clientele_bi.attribution b
            WHERE b.question = asked.question AND b.latest GROUP BY 1, 2, 3) t
        ON t.question = a.question AND t.segment = a.segment AND t.channel IS NOT DISTINCT FROM a.channel
      WHERE a.question = asked.question AND a.latest AND a.segment_kind = kind AND (kind <> 'value' OR a.segment = wanted));
  WHEN 'activity' THEN
    parts := (
      SELECT clientele.line_chart(coalesce(jsonb_agg(jsonb_build_object('at', a.period, 'series', word ->> s.name, 'value', s.value)
                                                     ORDER BY s.place, a.period), '[]'), zone, true)
      FROM clientele_bi.activity a
      CROSS JOIN LATERAL (VALUES (1, 'returning', a.returning), (2, 'new', a.new), (3, 'resurrected', a.resurrected)) s (place, name, value)
      WHERE a.question = asked.question AND a.latest AND a.segment_kind = kind AND (kind <> 'value' OR a.segment = wanted));
  WHEN 'counts' THEN
    parts := (
      WITH one AS (
        SELECT c.* FROM clientele_bi.counts c WHERE c.question = asked.question AND c.latest
          AND c.segment_kind = kind AND (kind <> 'value' OR c.segment = wanted)
      ), week AS (
        SELECT o.weekday, o.hour, sum(o.events) AS events FROM one o WHERE o.weekday IS NOT NULL GROUP BY 1, 2)
      SELECT CASE
        WHEN EXISTS (SELECT FROM week) THEN (
          SELECT clientele.heat_chart((SELECT jsonb_agg(h::text ORDER BY h) FROM generate_series(0, 23) h),
                   (SELECT jsonb_agg(word ->> d::text ORDER BY d) FROM generate_series(1, 7) d),
                   jsonb_agg(jsonb_build_array(w.hour, w.weekday - 1, w.events) ORDER BY w.weekday, w.hour), word ->> 'events',
                   max(w.events))
          FROM week w)
        WHEN EXISTS (SELECT FROM one o WHERE o.period IS NOT NULL) THEN (
          SELECT clientele.line_chart(jsonb_agg(jsonb_build_object(
                   'at', o.period, 'series', coalesce(nullif(o.label, ''), word ->> 'events'), 'value', o.events)
                   ORDER BY t.events DESC, o.label COLLATE "C", o.period), zone, false)
          FROM one o JOIN (SELECT x.label, sum(x.events) AS events FROM one x GROUP BY 1) t ON t.label IS NOT DISTINCT FROM o.label
          WHERE o.period IS NOT NULL)
        ELSE (
          SELECT clientele.bar_chart(coalesce(jsonb_agg(jsonb_build_object(
                   'label', coalesce(nullif(o.label, ''), word ->> 'none'), 'series', word ->> 'events', 'value', o.events)
                   ORDER BY o.events DESC, o.label COLLATE "C"), '[]')) FROM one o) END);
  ELSE
    parts := (
      WITH one AS (
        SELECT a.* FROM clientele_bi.answers a WHERE a.question = asked.question AND a.latest
          AND a.segment_kind = kind AND (kind <> 'value' OR a.segment = wanted))
      SELECT CASE WHEN bool_or(o.at IS NOT NULL) THEN
          clientele.line_chart(jsonb_agg(jsonb_build_object(
            'at', o.at, 'series', coalesce(nullif(concat_ws(' · ', o.label, o.measure), ''), word ->> 'number'), 'value', o.number)
            ORDER BY o.row) FILTER (WHERE o.at IS NOT NULL), zone, false)
        ELSE
          clientele.bar_chart(coalesce(jsonb_agg(jsonb_build_object(
            'label', coalesce(o.label, o.row::text), 'series', coalesce(o.measure, word ->> 'number'), 'value', o.number)
            ORDER BY o.row), '[]')) END
      FROM one o);
  END CASE;
  RETURN clientele.chart_of(asked.question, nullif(concat_ws(' · ', asked.description, wanted), ''), parts);
END $$;
COMMENT ON FUNCTION echarts_option(text, text, text) IS
  'Returns the latest answer of a saved question as an option of Apache ECharts, for pages that embed interactive charts.
Give it to chart.setOption(). A funnel is a funnel chart, retention a heat map, path_links a Sankey diagram, attribution bars, activity
lines that are stacked, counts lines, bars, or a heat map of hours and weekdays, and answers of SQL lines if they have times and otherwise
bars. Names from the store are data in it: it has no functions, templates or HTML. The number before a step is its place.
segment: a value of the breakdown; NULL is all customers. time_zone: in which times are written; NULL is that of the question, or of the
store. It reads the views of clientele_bi, so a BI role can call it. A question without an answer gives a chart without data.
Errors: 42704 for an unknown question, 22023 for an unknown time zone, 42P01 without a store, 42501 without the right to read the views.';

CREATE PROCEDURE create_chart_functions()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  -- It reads one setting with its owner's rights.
  CREATE OR REPLACE FUNCTION clientele_bi.time_zone() RETURNS text
    LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
      SELECT s.value FROM clientele_data.settings s WHERE s.name = 'time_zone';
    END;
  COMMENT ON FUNCTION clientele_bi.time_zone() IS
    'Returns the time zone of the store, in which days begin.
Example: SELECT period AT TIME ZONE clientele_bi.time_zone() FROM clientele_bi.activity';
END $store$;
COMMENT ON PROCEDURE create_chart_functions() IS
  'Makes the function of clientele_bi that echarts_option() needs; a part of create_store().';
INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('reports/data', 'clientele_bi.time_zone()', 'function', 'create_chart_functions', true);
