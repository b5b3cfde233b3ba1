-- SPDX-License-Identifier: PostgreSQL
-- The section on what customers complain about, and after which step.

CREATE FUNCTION report_pain_points(context jsonb) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  statement CONSTANT text := $sql$SELECT p.class, p.step, p.texts, p.customers, p.expected AS expected_texts, p.excess, p.q_value, p.value_at_risk
FROM clientele_bi.pain_points p ORDER BY p.excess DESC, p.class COLLATE "C", p.step COLLATE "C"$sql$;
  month_statement CONSTANT text := $sql$SELECT f.month, f.class, f.texts, f.customers, f.share
FROM clientele_bi.feedback_classes f WHERE f.polarity = 'negative'
ORDER BY f.month DESC, f.texts DESC, f.class COLLATE "C"$sql$;
  rows CONSTANT json := clientele.report_rows(statement);
  months CONSTANT json := clientele.report_rows(month_statement);
  last_month date;
  grid jsonb;
  series jsonb;
  lead text;
BEGIN
  EXECUTE 'SELECT max(f.month) FROM clientele_bi.feedback_classes f' INTO last_month;
  IF last_month IS NULL THEN
    RETURN NULL;
  END IF;
  -- The classes and steps of most texts; each pair has a cell.
  WITH cells AS (
    SELECT r ->> 'class' AS class, r ->> 'step' AS step, (r ->> 'texts')::bigint AS texts FROM json_array_elements(rows) e (r)
  ), classes AS (
    SELECT c.class, sum(c.texts) AS n FROM cells c GROUP BY 1 ORDER BY 2 DESC, c.class COLLATE "C" LIMIT 8
  ), steps AS (
    SELECT c.step, sum(c.texts) AS n FROM cells c GROUP BY 1 ORDER BY 2 DESC, c.step COLLATE "C" LIMIT 8
  )
  SELECT jsonb_agg(jsonb_build_object('x', k.class, 'y', s.step, 'value', coalesce(c.texts, 0)) ORDER BY s.n DESC, s.step COLLATE "C", k.n DESC, k.class COLLATE "C")
  INTO grid FROM classes k CROSS JOIN steps s LEFT JOIN cells c ON c.class = k.class AND c.step = s.step;
  WITH points AS (
    SELECT m ->> 'month' AS month, m ->> 'class' AS class, (m ->> 'texts')::bigint AS texts FROM json_array_elements(months) e (m)
  ), ranked AS (
    SELECT p.*, dense_rank() OVER (ORDER BY t.n DESC, p.class COLLATE "C") AS place, dense_rank() OVER (ORDER BY p.month DESC) AS age
    FROM points p JOIN (SELECT class, sum(texts) AS n FROM points GROUP BY 1) t USING (class)
  )
  SELECT jsonb_agg(jsonb_build_object('at', r.month, 'series', r.class, 'value', r.texts) ORDER BY r.place, r.month) INTO series
  FROM ranked r WHERE r.place <= 5 AND r.age <= 24;
  SELECT clientele.report_say(context, 'pain_points.lead', clientele.report_month(m.month, context ->> 'language'),
           clientele.report_number(m.texts), clientele.html_name(m.class))
  INTO lead
  FROM (SELECT (r ->> 'month')::date AS month, r ->> 'class' AS class, (r ->> 'texts')::bigint AS texts
        FROM json_array_elements(months) WITH ORDINALITY e (r, o) ORDER BY o LIMIT 1) m;
  lead := coalesce(lead, clientele.report_say(context, 'pain_points.praise_only'));
  lead := lead || coalesce((
    SELECT clientele.report_say(context, 'space') || clientele.report_say(context, 'pain_points.worst', clientele.html_name(r ->> 'step'),
             clientele.report_number((r ->> 'texts')::numeric), clientele.html_name(r ->> 'class'),
             clientele.report_number((r ->> 'expected_texts')::numeric, 1),
             CASE WHEN (r ->> 'value_at_risk')::numeric > 0
               THEN clientele.report_say(context, 'pain_points.at_risk', clientele.report_number((r ->> 'value_at_risk')::numeric)) ELSE '' END)
    FROM json_array_elements(rows) WITH ORDINALITY e (r, o) WHERE (r ->> 'q_value')::double precision < 0.05 ORDER BY o LIMIT 1), '');
  RETURN clientele.report_part('pain_points', clientele.report_say(context, 'section.pain_points'), lead,
    '<div class="columns"><div>'
    || clientele.report_figure('grid', grid, context #>> '{words,pain_points.grid}', NULL, context,
         jsonb_build_object('id', 'pain-points-grid', 'x_label', context #>> '{words,pain_points.class}', 'y_label', context #>> '{words,pain_points.step}'))
    || clientele.report_sources('pain_points', rows, statement, clientele.report_say(context, 'pain_points.table'), context) || '</div><div>'
    || clientele.report_figure('series', series, context #>> '{words,pain_points.months}', NULL, context, '{"id": "pain-points-months"}')
    || clientele.report_sources('pain_months', months, month_statement, clientele.report_say(context, 'pain_points.months'), context) || '</div></div>'
    || clientele.report_details(clientele.report_say(context, 'how'), '<p>' || clientele.report_say(context, 'pain_points.how') || '</p>', 'how'));
END $$;
COMMENT ON FUNCTION report_pain_points(jsonb) IS
  'Returns the section of a report on what customers complain about, and after which step; a part of report().';
