-- SPDX-License-Identifier: PostgreSQL
-- The sections on how far the numbers can be trusted: how good models are, and how good the data are.

CREATE FUNCTION report_models(context jsonb) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  statement CONSTANT text := $sql$SELECT m.name, m.version, m.kind, m.customers, m.fitted_at, m.mean_absolute_error, m.bias
FROM clientele_bi.models m WHERE m.current ORDER BY m.name COLLATE "C"$sql$;
  curve_statement CONSTANT text := $sql$SELECT c.model, c.bin, c.customers, c.expected, c.actual, c.lift, c.customer_share, c.gain
FROM clientele_bi.model_calibration c WHERE c.current ORDER BY c.model COLLATE "C", c.bin DESC$sql$;
  rows CONSTANT json := clientele.report_rows(statement);
  curves json := json '[]';
  figures text := '';
  lead text;
  model record;
BEGIN
  IF json_array_length(rows) = 0 THEN
    RETURN NULL;
  END IF;
  IF clientele.report_reads('{model_calibration}') THEN
    curves := clientele.report_rows(curve_statement);
  END IF;
  lead := CASE json_array_length(rows) WHEN 1 THEN clientele.report_say(context, 'models.lead_one')
                                       ELSE clientele.report_say(context, 'models.lead', json_array_length(rows)::text) END;
  FOR model IN
    SELECT m.name, row_number() OVER (ORDER BY m.name COLLATE "C") AS n, m.best, m.gains, m.calibration
    FROM (SELECT c ->> 'model' AS name, max((c ->> 'lift')::double precision) FILTER (WHERE c ->> 'bin' = '10') AS best,
                 '[{"x": 0, "y": 0}]' || jsonb_agg(jsonb_build_object('x', c -> 'customer_share', 'y', c -> 'gain') ORDER BY (c ->> 'bin')::integer DESC)
                   FILTER (WHERE c ->> 'gain' IS NOT NULL) AS gains,
                 jsonb_agg(jsonb_build_object('x', c -> 'expected', 'y', c -> 'actual') ORDER BY (c ->> 'bin')::integer) AS calibration
          FROM json_array_elements(curves) e (c) GROUP BY 1) m
    ORDER BY m.name COLLATE "C" LIMIT 6
  LOOP
    IF model.best IS NOT NULL THEN
      lead := lead || clientele.report_say(context, 'space')
                   || clientele.report_say(context, 'models.best', clientele.html_name(model.name), clientele.report_number(model.best::numeric, 1));
    END IF;
    figures := figures || '<div class="columns">'
      || clientele.report_figure('curve', model.gains, clientele.report_plain(context, 'models.gain', model.name), NULL, context,
           jsonb_build_object('id', 'models-gain' || model.n, 'diagonal', true, 'x_label', context #>> '{words,models.share_of_customers}',
             'y_label', context #>> '{words,models.share_found}', 'format', 'percent'))
      || clientele.report_figure('curve', model.calibration, clientele.report_plain(context, 'models.calibration', model.name), NULL, context,
           jsonb_build_object('id', 'models-calibration' || model.n, 'diagonal', true, 'format', 'number', 'x_label', context #>> '{words,column.expected}',
             'y_label', context #>> '{words,column.actual}'))
      || '</div>';
  END LOOP;
  RETURN clientele.report_part('models', clientele.report_say(context, 'section.models'), lead,
    clientele.report_sources('models', rows, statement, clientele.report_say(context, 'section.models'), context)
    || CASE WHEN figures = '' THEN '<p class="note">' || clientele.report_say(context, 'models.none_judged') || '</p>'
         ELSE figures || clientele.report_details(clientele.report_say(context, 'how'), '<p>' || clientele.report_say(context, 'models.how') || '</p>', 'how')
              || clientele.report_sources('curves', curves, curve_statement, clientele.report_say(context, 'models.curves'), context) END);
END $$;
COMMENT ON FUNCTION report_models(jsonb) IS
  'Returns the section of a report on the models in use, with gains and calibration; a part of report().';

CREATE FUNCTION report_quality(context jsonb) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  statement text := $sql$SELECT q.source, q.state, q.reason, q.rows_read, q.rows_packed, q.rows_packed_later, q.rows_rejected, q.integration_rate, q.accuracy,
       q.last_event_at, q.last_run_at
FROM clientele_bi.source_quality q ORDER BY q.source COLLATE "C"$sql$;
  reject_statement CONSTANT text := $sql$SELECT r.reason, sum(r.rows_rejected)::bigint AS rows_rejected, max(r.meaning) AS description
FROM clientele_bi.source_rejects r GROUP BY r.reason HAVING sum(r.rows_rejected) > 0 ORDER BY rows_rejected DESC, r.reason LIMIT 20$sql$;
  rows json := json '[]';
  rejects json := json '[]';
  lead text;
BEGIN
  IF clientele.report_reads('{source_quality}') THEN
    rows := clientele.report_rows(statement);
  END IF;
  IF json_array_length(rows) > 0 THEN
    SELECT clientele.report_say(context, 'quality.lead', count(*) FILTER (WHERE r ->> 'state' = 'fresh')::text, count(*)::text,
             coalesce(clientele.report_share((sum(coalesce((r ->> 'rows_packed')::numeric, 0) + coalesce((r ->> 'rows_packed_later')::numeric, 0))
                                              / nullif(sum((r ->> 'rows_read')::numeric), 0))::double precision), '–'))
           || coalesce(clientele.report_say(context, 'space') || clientele.report_say(context, 'quality.bad', string_agg(clientele.report_say(context, 'quality.source', clientele.html_name(r ->> 'source'),
                  coalesce(context #>> ARRAY['words', 'state.' || (r ->> 'state')], clientele.html_text(r ->> 'state'))),
                clientele.report_say(context, 'list_comma') ORDER BY o) FILTER (WHERE r ->> 'state' NOT IN ('fresh', 'paused'))), '')
    INTO lead FROM json_array_elements(rows) WITH ORDINALITY e (r, o);
    IF clientele.report_reads('{source_rejects}') THEN
      rejects := clientele.report_rows(reject_statement);
    END IF;
  ELSE
    statement := $sql$SELECT l.source, l.started_at, l.rows_read, l.rows_packed, l.rows_rejected, l.packed_share
FROM clientele_bi.load_quality l ORDER BY l.run_id DESC LIMIT 1000$sql$;
    IF clientele.report_reads('{load_quality}') THEN
      rows := clientele.report_rows(statement);
    END IF;
    IF json_array_length(rows) = 0 THEN
      RETURN NULL;
    END IF;
    SELECT clientele.report_say(context, 'quality.loads', clientele.report_number(sum((r ->> 'rows_read')::numeric)),
             coalesce(clientele.report_share((sum((r ->> 'rows_packed')::numeric) / nullif(sum((r ->> 'rows_read')::numeric), 0))::double precision), '–'))
    INTO lead FROM json_array_elements(rows) e (r);
  END IF;
  RETURN clientele.report_part('quality', clientele.report_say(context, 'section.quality'), lead,
    clientele.report_sources('quality', rows, statement, clientele.report_say(context, 'section.quality'), context)
    || CASE WHEN json_array_length(rejects) = 0 THEN '' ELSE
         clientele.report_figure('bars', (SELECT jsonb_agg(jsonb_build_object('label', r ->> 'reason', 'value', r -> 'rows_rejected') ORDER BY o)
                                          FROM json_array_elements(rejects) WITH ORDINALITY e (r, o)),
           context #>> '{words,quality.rejects}', NULL, context, '{"id": "quality-rejects"}')
         || clientele.report_sources('rejects', rejects, reject_statement, clientele.report_say(context, 'quality.rejects'), context) END);
END $$;
COMMENT ON FUNCTION report_quality(jsonb) IS
  'Returns the section of a report on the sources and their quality; a part of report().';
