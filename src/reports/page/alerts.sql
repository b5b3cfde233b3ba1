-- SPDX-License-Identifier: PostgreSQL
-- The section on alerts: which there were, when, and the metrics that they are about.

CREATE FUNCTION report_alerts(context jsonb) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  days CONSTANT integer := (context ->> 'days')::integer;
  most CONSTANT integer := 36;
  -- The newest day that metrics have.
  last CONSTANT timestamptz := (clientele.report_rows('SELECT max(m.measured_until) AS until FROM clientele_bi.metrics m') #>> '{0,until}')::timestamptz;
  statement text;
  value_statement text;
  rows json;
  points json;
  lead text;
  timeline jsonb;
  one record;
  figures text := '';
BEGIN
  IF last IS NULL THEN
    RETURN NULL;
  END IF;
  statement := format($sql$SELECT a.metric, a.level, a.state, a.since, a.recovered_at, a.message, a.moved_by, a.moved_segment, a.alert_id
FROM clientele_bi.alerts a WHERE a.since >= %L::timestamptz OR a.state <> 'recovered' ORDER BY a.since DESC, a.alert_id DESC$sql$,
    last - make_interval(days => days));
  rows := clientele.report_rows(statement);
  SELECT CASE count(*) WHEN 0 THEN clientele.report_say(context, 'alerts.none', days::text)
                       ELSE clientele.report_say(context, 'alerts.lead', days::text, count(*)::text, count(*) FILTER (WHERE r ->> 'state' <> 'recovered')::text) END
  INTO lead FROM json_array_elements(rows) e (r);
  -- A cell for each day: the highest level of the alerts that began on it.
  SELECT jsonb_agg(jsonb_build_object('x', c.day, 'y', c.metric, 'value', c.level, 'label', c.level::text) ORDER BY c.date, c.metric COLLATE "C") INTO timeline
  FROM (SELECT d.*, dense_rank() OVER (ORDER BY d.metric COLLATE "C") AS n, dense_rank() OVER (ORDER BY d.date DESC) AS age
        FROM (SELECT left(r ->> 'since', 10) AS date, substr(r ->> 'since', 6, 5) AS day, r ->> 'metric' AS metric, max((r ->> 'level')::integer) AS level
              FROM json_array_elements(rows) e (r) GROUP BY 1, 2, 3) d) c
  WHERE c.n <= 12 AND c.age <= 14;
  -- The metrics with the most serious alerts, around these.
  FOR one IN
    SELECT m.o ->> 'metric' AS metric, m.o ->> 'measure' AS measure,
           -- A third of the values shown are newer than the beginning of the alert.
           coalesce(greatest(0, floor(extract(epoch FROM (m.o ->> 'measured_until')::timestamptz - (w.r ->> 'since')::timestamptz)
             / nullif((m.o ->> 'grain_seconds')::double precision, 0)) - most / 3), 0)::bigint AS newer,
           row_number() OVER (ORDER BY (w.r ->> 'level')::integer DESC NULLS LAST, w.r ->> 'since' DESC, m.o ->> 'metric' COLLATE "C") AS n
    FROM json_array_elements(clientele.report_rows('SELECT m.metric, m.measure, m.grain_seconds, m.measured_until FROM clientele_bi.metrics m '
                                                   'WHERE m.measured_until IS NOT NULL AND NOT m.paused')) m (o)
    LEFT JOIN LATERAL (SELECT e.r FROM json_array_elements(rows) WITH ORDINALITY e (r, o) WHERE e.r ->> 'metric' = m.o ->> 'metric'
                       ORDER BY (e.r ->> 'level')::integer DESC, e.o LIMIT 1) w ON true
    ORDER BY n LIMIT 3
  LOOP
    -- A condition on time would leave out the past by which values are judged.
    value_statement := format($sql$SELECT v.at, v.number, v.expected, v.low, v.high, v.level
FROM clientele_bi.metric_values v WHERE v.metric = %L ORDER BY v.at DESC LIMIT %s OFFSET %s$sql$, one.metric, most, one.newer);
    points := clientele.report_rows(value_statement);
    figures := figures || '<div>'
      || clientele.report_figure('series',
           (SELECT jsonb_agg(jsonb_build_object('at', left(p ->> 'at', 19), 'series', one.metric, 'value', p -> 'number', 'low', p -> 'low', 'high', p -> 'high',
                     'anomaly', coalesce((p ->> 'level')::integer > 0, false)) ORDER BY o DESC)
            FROM json_array_elements(points) WITH ORDINALITY e (p, o)),
           clientele.report_plain(context, 'alerts.metric', one.metric), NULL, context, jsonb_build_object('id', 'alerts-picture' || one.n)
             || CASE one.measure WHEN 'ratio' THEN jsonb '{"format": "percent"}' ELSE '{}' END)
      || clientele.report_sources('alerts-values' || one.n, points, value_statement, clientele.report_say(context, 'alerts.metric', clientele.html_text(one.metric)), context) || '</div>';
  END LOOP;
  RETURN clientele.report_part('alerts', clientele.report_say(context, 'section.alerts'), lead,
    '<div class="columns"><div>'
    || clientele.report_figure('grid', timeline, context #>> '{words,alerts.timeline}', NULL, context, '{"id": "alerts-timeline"}')
    || clientele.report_sources('alerts', rows, statement, clientele.report_say(context, 'section.alerts'), context) || '</div>'
    || figures || '</div>'
    || clientele.report_details(clientele.report_say(context, 'how'), '<p>' || clientele.report_say(context, 'alerts.how') || '</p>', 'how'));
END $$;
COMMENT ON FUNCTION report_alerts(jsonb) IS
  'Returns the section of a report on alerts and on the metrics that they are about; a part of report().';
