-- SPDX-License-Identifier: PostgreSQL
-- The section on the points of a loyalty program: what customers hold, and what became of it.

CREATE FUNCTION report_points(context jsonb) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  statement CONSTANT text := $sql$SELECT l.tier, l.expires_month, l.customers, l.points, l.expected_used, l.expected_share
FROM clientele_bi.points_liability l ORDER BY l.expires_month, l.tier COLLATE "C"$sql$;
  flow_statement CONSTANT text := $sql$SELECT f.month, f.earned, f.granted, f.spent AS used, f.expired, f.returned AS taken_back, f.settled, f.adjusted, f.outstanding
FROM clientele_bi.points_flow f ORDER BY f.month DESC$sql$;
  rows CONSTANT json := clientele.report_rows(statement);
  flow CONSTANT json := clientele.report_rows(flow_statement);
  months jsonb;
  tiers jsonb;
  moves jsonb;
  lead text;
BEGIN
  IF json_array_length(flow) = 0 THEN
    RETURN NULL;
  END IF;
  -- The twelve months in which points expire next, then all later ones.
  SELECT jsonb_agg(jsonb_build_object('label', m.label, 'value', m.points) ORDER BY m.place) INTO months
  FROM (SELECT min(g.n) AS place, CASE WHEN g.month IS NULL THEN clientele.report_say(context, 'points.never')
                                       WHEN g.n <= 12 THEN left(g.month, 7) ELSE clientele.report_say(context, 'points.later') END AS label,
               sum(g.points) AS points
        FROM (SELECT r ->> 'expires_month' AS month, sum((r ->> 'points')::numeric) AS points,
                     row_number() OVER (ORDER BY r ->> 'expires_month') AS n
              FROM json_array_elements(rows) e (r) GROUP BY 1) g GROUP BY 2) m;
  EXECUTE $sql$SELECT jsonb_agg(jsonb_build_object('label', t.tier, 'value', t.customers) ORDER BY t.mean_tier_points, t.tier COLLATE "C")
    FROM (SELECT p.* FROM clientele_bi.points_tiers p ORDER BY p.customers DESC, p.tier COLLATE "C" LIMIT 20) t$sql$ INTO tiers;
  SELECT jsonb_agg(jsonb_build_object('at', f.month, 'series', clientele.report_say(context, 'points.' || s.name), 'value', f.row -> s.name) ORDER BY s.place, f.month)
  INTO moves
  FROM (SELECT r::jsonb AS row, r ->> 'month' AS month FROM json_array_elements(flow) WITH ORDINALITY e (r, o)
        -- A month that is not over shows too little.
        WHERE o <= 24 AND ((r ->> 'month')::date + interval '1 month' <= (context ->> 'until')::date + 1 OR json_array_length(flow) = 1)) f
  CROSS JOIN unnest('{earned,used,expired,taken_back}'::text[]) WITH ORDINALITY s (name, place);
  SELECT clientele.report_say(context, CASE WHEN sum((r ->> 'expected_used')::numeric) > 0 THEN 'points.lead' ELSE 'points.unused' END,
           clientele.report_number(coalesce(sum((r ->> 'points')::numeric), 0)),
           clientele.report_number(round(coalesce(sum((r ->> 'expected_used')::numeric), 0))))
  INTO lead FROM json_array_elements(rows) e (r);
  RETURN clientele.report_part('points', clientele.report_say(context, 'section.points'), lead,
    '<div class="columns"><div>'
    || clientele.report_figure('bars', months, context #>> '{words,points.months}', NULL, context, '{"id": "points-months"}')
    || clientele.report_sources('points', rows, statement, clientele.report_say(context, 'points.months'), context) || '</div><div>'
    || clientele.report_figure('bars', tiers, context #>> '{words,points.tiers}', NULL, context, '{"id": "points-tiers"}')
    || clientele.report_figure('series', moves, context #>> '{words,points.flow}', NULL, context, '{"id": "points-flow"}')
    || clientele.report_sources('points-flow', flow, flow_statement, clientele.report_say(context, 'points.flow'), context) || '</div></div>'
    || clientele.report_details(clientele.report_say(context, 'how'), '<p>' || clientele.report_say(context, 'points.how') || '</p>', 'how'));
END $$;
COMMENT ON FUNCTION report_points(jsonb) IS
  'Returns the section of a report on points: what is outstanding and when it expires, tiers, and the flow by months; a part of report().';
