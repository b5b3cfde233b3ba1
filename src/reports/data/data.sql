-- SPDX-License-Identifier: PostgreSQL
-- Answers as options of Apache ECharts, for pages that embed interactive charts. Each kind of question has a chart; chart_of() puts the
-- parts together. Names from the store are data: no template and no function has any.

CREATE FUNCTION chart_word(word text, language text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN language = 'zh' THEN coalesce(w.zh, word) ELSE coalesce(w.en, word) END
  FROM (SELECT) one LEFT JOIN (VALUES
    ('end', '(end)', '(结束)'), ('all cohorts', 'all cohorts', '全部同期群'), ('rate', 'rate', '留存率'), ('customers', 'customers', '客户数'),
    ('events', 'events', '事件数'), ('new', 'new', '新增'), ('returning', 'returning', '持续'), ('resurrected', 'resurrected', '回流'),
    ('dormant', 'dormant', '沉默'), ('active', 'active', '活跃'), ('none', '(none)', '(无)'), ('number', 'number', '数值'),
    ('1', 'Mon', '周一'), ('2', 'Tue', '周二'), ('3', 'Wed', '周三'), ('4', 'Thu', '周四'), ('5', 'Fri', '周五'), ('6', 'Sat', '周六'),
    ('7', 'Sun', '周日')) w (word, en, zh) ON w.word = chart_word.word
$$;
COMMENT ON FUNCTION chart_word(text, text) IS
  'Returns a word of a chart in English or Chinese; a part of echarts_option().';

CREATE FUNCTION chart_time(at timestamptz, zone text) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN NOT isfinite(at) THEN at::text
              WHEN (at AT TIME ZONE zone)::time = '00:00' THEN to_char(at AT TIME ZONE zone, 'YYYY-MM-DD')
              ELSE to_char(at AT TIME ZONE zone, 'YYYY-MM-DD HH24:MI') END
$$;
COMMENT ON FUNCTION chart_time(timestamptz, text) IS
  'Writes a time for a chart, midnight as the day alone; a part of echarts_option().';

CREATE FUNCTION chart_of(title text, subtitle text, parts jsonb) RETURNS jsonb
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT jsonb_strip_nulls(jsonb_build_object(
      'title', jsonb_build_object('text', title, 'subtext', subtitle),
      -- Patterns make series distinct for all eyes, but are in the way where colour is a number.
      'aria', jsonb_build_object('enabled', true, 'decal', jsonb_build_object(
        'show', coalesce(parts #>> '{series,0,type}' NOT IN ('heatmap', 'sankey'), false))),
      'tooltip', '{"trigger": "item", "confine": true}'::jsonb)
    || CASE WHEN parts ? 'xAxis' THEN '{"grid": {"left": 16, "right": 24, "top": 88, "bottom": 24, "containLabel": true}}'::jsonb
            ELSE '{}' END) || parts
$$;
COMMENT ON FUNCTION chart_of(text, text, jsonb) IS
  'Adds what all charts have to the parts of one: title, tooltip and a description for screen readers; a part of echarts_option().';

CREATE FUNCTION heat_chart(x_names jsonb, y_names jsonb, cells jsonb, name text, highest double precision) RETURNS jsonb
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT jsonb_build_object(
    'xAxis', jsonb_build_object('type', 'category', 'data', x_names, 'splitArea', '{"show": true}'::jsonb),
    'yAxis', jsonb_build_object('type', 'category', 'data', y_names, 'inverse', true, 'splitArea', '{"show": true}'::jsonb),
    'visualMap', jsonb_build_object('min', 0, 'max', greatest(highest, 1e-9), 'calculable', true, 'orient', 'horizontal', 'left', 'right',
                                    'top', 8, 'precision', CASE WHEN highest <= 1 THEN 2 ELSE 0 END),
    'series', jsonb_build_array(jsonb_build_object('type', 'heatmap', 'name', name, 'data', cells)))
$$;
COMMENT ON FUNCTION heat_chart(jsonb, jsonb, jsonb, text, double precision) IS
  'Returns the parts of a heat map; a part of echarts_option().';

CREATE FUNCTION line_chart(points jsonb, zone text, stacked boolean) RETURNS jsonb
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  WITH point AS (
    SELECT clientele.chart_time(p.at, zone) AS at, p.at AS place, p.series, p.value, n
    FROM jsonb_array_elements(points) WITH ORDINALITY a (o, n),
         jsonb_to_record(a.o) AS p (at timestamptz, series text, value double precision)
  ), series AS (
    SELECT p.series, min(p.n) AS place, jsonb_agg(jsonb_build_array(p.at, p.value) ORDER BY p.place) AS data FROM point p GROUP BY p.series
  )
  SELECT jsonb_build_object(
    'tooltip', '{"trigger": "axis", "confine": true}'::jsonb,
    'legend', '{"type": "scroll", "top": 56}'::jsonb,
    'xAxis', jsonb_build_object('type', 'category', 'data', coalesce(
      (SELECT jsonb_agg(x.at ORDER BY x.place) FROM (SELECT p.at, min(p.place) AS place FROM point p GROUP BY p.at) x), '[]')),
    'yAxis', '{"type": "value"}'::jsonb,
    'series', coalesce((
      SELECT jsonb_agg(jsonb_build_object('type', 'line', 'name', s.series, 'data', s.data, 'showSymbol', jsonb_array_length(s.data) < 40)
                       || CASE WHEN stacked THEN '{"stack": "all", "areaStyle": {}}'::jsonb ELSE '{}' END ORDER BY s.place)
      FROM series s), '[]'))
$$;
COMMENT ON FUNCTION line_chart(jsonb, text, boolean) IS
  'Returns the parts of a line chart from points with at, series and value; a part of echarts_option().';

CREATE FUNCTION bar_chart(bars jsonb) RETURNS jsonb
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  WITH bar AS (
    SELECT b.label, b.series, b.value, a.n
    FROM jsonb_array_elements(bars) WITH ORDINALITY a (o, n), jsonb_to_record(a.o) AS b (label text, series text, value double precision)
  ), labels AS (
    SELECT b.label, min(b.n) AS place FROM bar b GROUP BY b.label
  ), series AS (
    SELECT b.series, min(b.n) AS place FROM bar b GROUP BY b.series
  )
  SELECT jsonb_build_object(
    'tooltip', '{"trigger": "axis", "confine": true}'::jsonb,
    'legend', '{"type": "scroll", "top": 56}'::jsonb,
    'xAxis', '{"type": "value"}'::jsonb,
    'yAxis', jsonb_build_object('type', 'category', 'inverse', true,
                                'data', coalesce((SELECT jsonb_agg(l.label ORDER BY l.place) FROM labels l), '[]')),
    'series', coalesce((
      SELECT jsonb_agg(jsonb_build_object('type', 'bar', 'name', s.series, 'data', (
        SELECT jsonb_agg((SELECT sum(b.value) FROM bar b WHERE b.label = l.label AND b.series = s.series) ORDER BY l.place)
        FROM labels l)) ORDER BY s.place)
      FROM series s), '[]'))
$$;
COMMENT ON FUNCTION bar_chart(jsonb) IS
  'Returns the parts of a chart of bars from objects with label, series and value; a part of echarts_option().';
