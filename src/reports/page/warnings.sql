-- SPDX-License-Identifier: PostgreSQL
-- The section on warnings of churn: how many customers, what is at stake, and how often they are right.

CREATE FUNCTION report_warnings(context jsonb) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  statement CONSTANT text := $sql$SELECT DISTINCT ON (h.warning) h.warning, h.at, h.customers, h.critical, h.warned, h.attention, h.value_at_risk, h.raised, h.lowered, h.ended
FROM clientele_bi.warning_history h ORDER BY h.warning, h.at DESC$sql$;
  level_statement CONSTANT text := $sql$SELECT l.warning, l.level, l.tier, l.customers, l.with_strategy, l.value_at_risk, l.mean_probability
FROM clientele_bi.warning_levels l ORDER BY l.warning, array_position('{critical,warning,attention}', l.level), l.tier NULLS LAST$sql$;
  history_statement CONSTANT text := $sql$SELECT h.warning, h.day, h.critical, h.warned, h.attention FROM clientele_bi.warning_history h
ORDER BY h.warning, h.day$sql$;
  quality_statement CONSTANT text := $sql$SELECT q.warning, q.level, q.threshold, q.customers, q.base_rate, q.majority_accuracy, q.warned, q.accuracy, q.accuracy_low, q.accuracy_high,
       q.precision, q.precision_low, q.precision_high, q.recall, q.claim_met, q.judged, q.holdout_at
FROM clientele_bi.warning_quality q WHERE q.latest ORDER BY q.warning, q.threshold DESC$sql$;
  rows CONSTANT json := clientele.report_rows(statement);
  levels json;
  history json;
  quality json;
  lead text := '';
  body text := '';
  prefix text;
  one record;
BEGIN
  IF json_array_length(rows) = 0 THEN
    RETURN NULL;
  END IF;
  levels := clientele.report_rows(level_statement);
  history := clientele.report_rows(history_statement);
  quality := clientele.report_rows(quality_statement);
  FOR one IN
    SELECT w.name, w.n, w.customers, w.critical, w.warned, w.attention, w.value, l.strategy, l.value_bars, h.series, q.bars, q.met, q.judged, q.accuracy,
           q.base_rate, q.critical_precision
    FROM (SELECT r ->> 'warning' AS name, o AS n, (r ->> 'customers')::bigint AS customers, (r ->> 'critical')::bigint AS critical,
                 (r ->> 'warned')::bigint AS warned, (r ->> 'attention')::bigint AS attention, (r ->> 'value_at_risk')::numeric AS value
          FROM json_array_elements(rows) WITH ORDINALITY e (r, o)) w
    LEFT JOIN LATERAL (
      SELECT sum((x ->> 'with_strategy')::bigint) FILTER (WHERE x ->> 'level' = 'critical') AS strategy,
             (SELECT jsonb_agg(jsonb_build_object('label', context #>> ARRAY['words', 'level.' || v.level], 'value', round(v.value)) ORDER BY v.place)
              FROM (SELECT y ->> 'level' AS level, array_position('{critical,warning,attention}', y ->> 'level') AS place, sum((y ->> 'value_at_risk')::numeric) AS value
                    FROM json_array_elements(levels) f (y) WHERE y ->> 'warning' = w.name GROUP BY 1) v WHERE v.value IS NOT NULL) AS value_bars
      FROM json_array_elements(levels) e (x) WHERE x ->> 'warning' = w.name) l ON true
    LEFT JOIN LATERAL (
      SELECT CASE WHEN count(DISTINCT x ->> 'day') > 1 THEN
               jsonb_agg(jsonb_build_object('at', x ->> 'day', 'series', context #>> ARRAY['words', 'level.' || s.level], 'value', x -> s.key) ORDER BY x ->> 'day', s.place) END AS series
      FROM json_array_elements(history) e (x), (VALUES (1, 'critical', 'critical'), (2, 'warning', 'warned'), (3, 'attention', 'attention')) s (place, level, key)
      WHERE x ->> 'warning' = w.name) h ON true
    LEFT JOIN LATERAL (
      SELECT bool_and((x ->> 'claim_met')::boolean) AS met, max((x ->> 'customers')::bigint) AS judged, max((x ->> 'base_rate')::float8) AS base_rate,
             max((x ->> 'accuracy')::float8) FILTER (WHERE x ->> 'level' = 'half') AS accuracy,
             max((x ->> 'precision')::float8) FILTER (WHERE x ->> 'level' = 'critical') AS critical_precision,
             jsonb_agg(b.bar ORDER BY b.place, o) AS bars
      FROM json_array_elements(quality) WITH ORDINALITY e (x, o)
      CROSS JOIN LATERAL (
        SELECT 1 AS place, jsonb_build_object('label', context #>> '{words,warnings.accuracy}', 'value', x -> 'accuracy', 'low', x -> 'accuracy_low', 'high', x -> 'accuracy_high') AS bar
        WHERE x ->> 'level' = 'half'
        UNION ALL
        SELECT 2, jsonb_build_object('label', context #>> '{words,warnings.majority}', 'value', x -> 'majority_accuracy') WHERE x ->> 'level' = 'half'
        UNION ALL
        SELECT 3, jsonb_build_object('label', clientele.report_plain(context, 'warnings.precision', context #>> ARRAY['words', 'level.' || (x ->> 'level')]),
                                     'value', x -> 'precision', 'low', x -> 'precision_low', 'high', x -> 'precision_high')
        WHERE x ->> 'level' <> 'half' AND x ->> 'precision' IS NOT NULL
        UNION ALL
        SELECT 4, jsonb_build_object('label', context #>> '{words,warnings.base}', 'value', x -> 'base_rate') WHERE x ->> 'level' = 'half') b
      WHERE x ->> 'warning' = w.name) q ON true
    ORDER BY w.n LIMIT 6
  LOOP
    lead := lead || CASE WHEN lead = '' THEN '' ELSE clientele.report_say(context, 'space') END
      || clientele.report_say(context, 'warnings.lead', clientele.html_name(one.name), clientele.report_number(one.customers), clientele.report_number(one.critical),
           clientele.report_number(one.warned), clientele.report_number(one.attention), clientele.report_number(coalesce(one.value, 0)));
    IF one.judged IS NOT NULL THEN
      lead := lead || clientele.report_say(context, 'space')
        || clientele.report_say(context, CASE WHEN one.met THEN 'warnings.met' ELSE 'warnings.not_met' END, clientele.report_number(one.judged),
             clientele.report_share(one.accuracy), coalesce(clientele.report_share(one.critical_precision), '–'), clientele.report_share(one.base_rate));
    END IF;
    prefix := CASE WHEN json_array_length(rows) > 1 THEN one.name || (context #>> '{words,colon}') ELSE '' END;
    body := body || '<div class="columns"><div>'
      || clientele.report_figure('bars', (
           SELECT jsonb_agg(jsonb_build_object('label', (context #>> ARRAY['words', 'warnings.' || b.name])
                    || coalesce(' · ' || clientele.report_share(b.n::double precision / nullif(one.customers, 0)::double precision), ''), 'value', b.n) ORDER BY b.place)
           FROM (VALUES (1, 'judged', one.customers), (2, 'attention', one.critical + one.warned + one.attention), (3, 'warning', one.critical + one.warned),
                        (4, 'critical', one.critical), (5, 'strategy', least(coalesce(one.strategy, 0), one.critical))) b (place, name, n)),
           clientele.report_plain(context, 'warnings.funnel', prefix), NULL, context, jsonb_build_object('id', 'warnings-funnel' || one.n))
      || CASE WHEN one.n = 1 THEN clientele.report_sources('warnings', rows, statement, clientele.report_say(context, 'section.warnings'), context) ELSE '' END
      || clientele.report_figure('series', one.series, clientele.report_plain(context, 'warnings.history', prefix), NULL, context,
           jsonb_build_object('id', 'warnings-history' || one.n))
      || CASE WHEN one.n = 1 THEN clientele.report_sources('warning-history', history, history_statement,
                                    clientele.report_say(context, 'warnings.history', ''), context) ELSE '' END
      || '</div><div>'
      || clientele.report_figure('bars', one.value_bars, clientele.report_plain(context, 'warnings.value', prefix), NULL, context,
           jsonb_build_object('id', 'warnings-value' || one.n))
      || CASE WHEN one.n = 1 THEN clientele.report_sources('warning-levels', levels, level_statement,
                                    clientele.report_say(context, 'warnings.value', ''), context) ELSE '' END
      || clientele.report_figure('bars', one.bars, clientele.report_plain(context, 'warnings.quality_picture', prefix), NULL, context,
           jsonb_build_object('id', 'warnings-quality' || one.n, 'format', 'percent'))
      || CASE WHEN one.n = 1 THEN clientele.report_sources('warning-quality', quality, quality_statement,
                                    clientele.report_say(context, 'warnings.quality_picture', ''), context) ELSE '' END
      || '</div></div>';
  END LOOP;
  RETURN clientele.report_part('warnings', clientele.report_say(context, 'section.warnings'), lead,
    body || clientele.report_details(clientele.report_say(context, 'how'), '<p>' || clientele.report_say(context, 'warnings.how') || '</p>', 'how'));
END $$;
COMMENT ON FUNCTION report_warnings(jsonb) IS
  'Returns the section of a report on warnings of churn: a funnel, the value at risk, and how often the warnings are right; a part of report().';
