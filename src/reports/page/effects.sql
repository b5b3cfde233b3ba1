-- SPDX-License-Identifier: PostgreSQL
-- The section on what campaigns have brought about.

CREATE FUNCTION report_effects(context jsonb) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  statement CONSTANT text := $sql$SELECT e.campaign, e.measure, e.started_at, e.is_final AS final, e.treated, e.control, e.treated_mean, e.control_mean, e.difference,
       e.low, e.high, e.p_value, e.significant, e.extra, e.extra_low, e.extra_high, e.total_cost, e.roi, e.trusted
FROM clientele_bi.campaign_effects e
ORDER BY e.started_at DESC, e.campaign COLLATE "C", array_position('{conversion,value,adjusted value}', e.measure)$sql$;
  most CONSTANT integer := 15;
  rows json;
  shares jsonb;
  amounts jsonb;
  lead text;
  doubtful text;
BEGIN
  rows := clientele.report_rows(statement);
  IF json_array_length(rows) = 0 THEN
    RETURN NULL;
  END IF;
  -- A star marks what is significant; a campaign that still runs says so.
  SELECT jsonb_agg(s.bar ORDER BY s.o) FILTER (WHERE s.measure = 'conversion'), jsonb_agg(s.bar ORDER BY s.o) FILTER (WHERE s.measure = 'best')
  INTO shares, amounts
  FROM (SELECT x.o, x.measure, row_number() OVER (PARTITION BY x.measure ORDER BY x.o) AS place,
               jsonb_build_object('label', (x.r ->> 'campaign') || CASE WHEN (x.r ->> 'significant')::boolean THEN chr(160) || '*' ELSE '' END
                 || CASE WHEN (x.r ->> 'final')::boolean THEN '' ELSE ' ' || (context #>> '{words,effects.running}') END, 'value', x.r -> 'difference')
               || CASE WHEN x.r ->> 'low' IS NULL THEN '{}' ELSE jsonb_build_object('low', x.r -> 'low', 'high', x.r -> 'high') END AS bar
        FROM (SELECT r, o, CASE WHEN r ->> 'measure' = 'conversion' THEN 'conversion'
                                -- The narrower of the two intervals of a value.
                                WHEN r ->> 'measure' = 'adjusted value'
                                  OR NOT EXISTS (SELECT FROM json_array_elements(rows) a (v) WHERE a.v ->> 'campaign' = r ->> 'campaign' AND a.v ->> 'measure' = 'adjusted value') THEN 'best' END AS measure
              FROM json_array_elements(rows) WITH ORDINALITY e (r, o) WHERE r ->> 'difference' IS NOT NULL) x) s
  WHERE s.measure IS NOT NULL AND s.place <= most;
  SELECT clientele.report_say(context, 'effects.lead', count(*)::text, count(*) FILTER (WHERE c.final)::text, count(*) FILTER (WHERE c.final AND c.good)::text),
         string_agg(clientele.html_name(c.campaign), clientele.report_say(context, 'list_comma') ORDER BY c.o) FILTER (WHERE c.doubtful)
  INTO lead, doubtful
  FROM (SELECT r ->> 'campaign' AS campaign, min(o) AS o, bool_and((r ->> 'final')::boolean) AS final, bool_or(NOT (r ->> 'trusted')::boolean) AS doubtful,
               coalesce(bool_or((r ->> 'significant')::boolean AND (r ->> 'difference')::double precision > 0), false) AS good
        FROM json_array_elements(rows) WITH ORDINALITY e (r, o) GROUP BY 1) c;
  lead := lead || coalesce((
    SELECT clientele.report_say(context, 'space') || clientele.report_say(context, 'effects.newest', clientele.html_name(r ->> 'campaign'),
             clientele.report_number((r ->> 'treated')::numeric), clientele.report_share((r ->> 'treated_mean')::double precision),
             clientele.report_share((r ->> 'control_mean')::double precision), clientele.report_number((r ->> 'extra')::numeric),
             clientele.report_number((r ->> 'extra_low')::numeric), clientele.report_number((r ->> 'extra_high')::numeric))
    FROM json_array_elements(rows) WITH ORDINALITY e (r, o)
    WHERE r ->> 'measure' = 'conversion' AND (r ->> 'final')::boolean AND (r ->> 'trusted')::boolean AND (r ->> 'extra')::numeric > 0
      AND r ->> 'extra_low' IS NOT NULL ORDER BY o LIMIT 1), '');
  RETURN clientele.report_part('effects', clientele.report_say(context, 'section.effects'), lead,
    CASE WHEN doubtful IS NOT NULL THEN '<p class="note">' || clientele.report_say(context, 'effects.doubtful', doubtful) || '</p>' ELSE '' END
    || '<div class="columns"><div>'
    || clientele.report_figure('bars', shares, context #>> '{words,effects.shares}', NULL, context, '{"id": "effects-shares", "format": "percent"}') || '</div>'
    || clientele.report_figure('bars', amounts, context #>> '{words,effects.amounts}', NULL, context, '{"id": "effects-amounts"}') || '</div>'
    || clientele.report_details(clientele.report_say(context, 'how'), '<p>' || clientele.report_say(context, 'effects.how') || '</p>', 'how')
    || clientele.report_sources('effects', clientele.report_named(rows, 'measure', 'effect.', context), statement, clientele.report_say(context, 'section.effects'), context));
END $$;
COMMENT ON FUNCTION report_effects(jsonb) IS
  'Returns the section of a report on the effects of campaigns; a part of report().';
