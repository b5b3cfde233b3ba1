-- SPDX-License-Identifier: PostgreSQL
-- The section on surveys and complaints.

CREATE FUNCTION report_survey_score(score numeric, scale text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE scale WHEN 'nps' THEN clientele.report_number(score, 1) ELSE clientele.report_share(score::double precision) END
$$;
COMMENT ON FUNCTION report_survey_score(numeric, text) IS
  'Returns the result of a survey as people read it: points for nps, otherwise a percentage; a part of report().';

CREATE FUNCTION report_survey_lead(rows json, context jsonb) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT string_agg(clientele.report_say(context, 'satisfaction.lead', clientele.report_month((r ->> 'month')::date, context ->> 'language'), clientele.html_name(r ->> 'survey'),
           clientele.report_survey_score((r ->> 'score')::numeric, r ->> 'scale'), clientele.report_survey_score((r ->> 'low')::numeric, r ->> 'scale'),
           clientele.report_survey_score((r ->> 'high')::numeric, r ->> 'scale'),
           CASE r ->> 'answers' WHEN '1' THEN clientele.report_say(context, 'satisfaction.answer')
                ELSE clientele.report_say(context, 'satisfaction.answers', clientele.report_number((r ->> 'answers')::numeric)) END)
         || CASE WHEN r ->> 'difference' IS NULL THEN ''
                 WHEN (r ->> 'difference_low')::numeric > 0
                   THEN clientele.report_say(context, 'space') || clientele.report_say(context, 'satisfaction.change', clientele.report_survey_score((r ->> 'difference')::numeric, r ->> 'scale'))
                 WHEN (r ->> 'difference_high')::numeric < 0
                   THEN clientele.report_say(context, 'space') || clientele.report_say(context, 'satisfaction.fall', clientele.report_survey_score(-(r ->> 'difference')::numeric, r ->> 'scale'))
                 ELSE clientele.report_say(context, 'space') || clientele.report_say(context, 'satisfaction.even') END,
         clientele.report_say(context, 'space') ORDER BY l.place)
  FROM (SELECT r, o AS place, row_number() OVER (PARTITION BY r ->> 'survey' ORDER BY o) AS n
        FROM json_array_elements(rows) WITH ORDINALITY e (r, o) WHERE (r ->> 'answers')::bigint > 0) l
  WHERE l.n = 1
$$;
COMMENT ON FUNCTION report_survey_lead(json, jsonb) IS
  'Returns a sentence on the last result of each survey among rows of the view satisfaction; a part of report().';

CREATE FUNCTION report_satisfaction(context jsonb) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  last_day CONSTANT date := coalesce((context ->> 'until')::date, current_date);
  statement CONSTANT text := format($sql$WITH chosen AS (
  SELECT s.survey FROM clientele_bi.satisfaction s WHERE s.month <= %1$L AND s.month > %1$L::date - 730
  GROUP BY s.survey ORDER BY sum(s.answers) DESC, s.survey COLLATE "C" LIMIT 4
)
SELECT s.survey, s.scale, s.month, s.answers, s.promoters, s.passives, s.detractors, s.mean, s.score, s.low, s.high,
       s.change AS difference, s.change_low AS difference_low, s.change_high AS difference_high, s.asked, s.responded, s.response_rate
FROM clientele_bi.satisfaction s JOIN chosen c USING (survey) WHERE s.month <= %1$L AND s.month > %1$L::date - 730
ORDER BY s.month DESC, s.answers DESC, s.survey COLLATE "C"$sql$, last_day);
  driver_statement CONSTANT text := $sql$SELECT d.survey, d.scale, d.tag, d.value, d.answers, d.score, d.other_answers, d.other_score, d.difference,
       d.difference_low, d.difference_high, d.q_value
FROM clientele_bi.satisfaction_by_segment d ORDER BY d.p_value, d.survey COLLATE "C", d.tag COLLATE "C", d.value COLLATE "C" LIMIT 200$sql$;
  complaint_statement CONSTANT text := format($sql$SELECT c.kind, c.month, c.complaints, c.in_time, c.late, c.waiting, c.overdue, c.in_time_share,
       c.median_seconds, c.p90_seconds
FROM clientele_bi.complaints c WHERE c.month <= %1$L AND c.month > %1$L::date - 730 ORDER BY c.month DESC, c.kind COLLATE "C"$sql$, last_day);
  rows CONSTANT json := clientele.report_rows(statement);
  complaints CONSTANT json := clientele.report_rows(complaint_statement);
  drivers json;
  chosen record;
  body text := '';
  lead text := '';
  blocks text := '';
BEGIN
  IF json_array_length(rows) = 0 AND json_array_length(complaints) = 0 THEN
    RETURN NULL;
  END IF;
  IF json_array_length(rows) > 0 THEN
    lead := coalesce(clientele.report_survey_lead(rows, context), '');
    FOR chosen IN
      SELECT row_number() OVER (ORDER BY sum((r ->> 'answers')::bigint) DESC, (r ->> 'survey') COLLATE "C") AS n, r ->> 'survey' AS survey, r ->> 'scale' AS scale,
             jsonb_agg(jsonb_build_object('at', r -> 'month', 'value', r -> 'score', 'low', r -> 'low', 'high', r -> 'high') ORDER BY o DESC)
               FILTER (WHERE (r ->> 'answers')::bigint > 0) AS data
      FROM json_array_elements(rows) WITH ORDINALITY e (r, o) GROUP BY 2, 3 ORDER BY 1
    LOOP
      body := body || clientele.report_figure('series', chosen.data, clientele.report_plain(context, 'satisfaction.trend', chosen.survey, upper(chosen.scale)), NULL, context,
        jsonb_build_object('id', 'satisfaction-trend' || chosen.n, 'format', CASE chosen.scale WHEN 'nps' THEN 'number' ELSE 'percent' END));
    END LOOP;
    body := body || clientele.report_figure('series', (
        SELECT jsonb_agg(jsonb_build_object('at', r -> 'month', 'series', r -> 'survey', 'value', r -> 'response_rate') ORDER BY o DESC)
        FROM json_array_elements(rows) WITH ORDINALITY e (r, o) WHERE r ->> 'response_rate' IS NOT NULL),
      context #>> '{words,satisfaction.response}', NULL, context, '{"id": "satisfaction-response", "format": "percent"}');
    body := '<div class="columns">' || body || '</div>'
      || clientele.report_sources('satisfaction', rows, statement, clientele.report_say(context, 'section.satisfaction'), context);
    drivers := clientele.report_rows(driver_statement);
    SELECT r ->> 'survey' AS survey, r ->> 'scale' AS scale INTO chosen
    FROM json_array_elements(drivers) e (r) GROUP BY 1, 2 ORDER BY max((r ->> 'answers')::bigint + (r ->> 'other_answers')::bigint) DESC, (r ->> 'survey') COLLATE "C" LIMIT 1;
    IF chosen.survey IS NOT NULL THEN
      blocks := '<div class="block">' || clientele.report_figure('bars', (
          SELECT jsonb_agg(jsonb_build_object('label', d.r ->> 'tag' || coalesce(': ' || (d.r ->> 'value'), '') || CASE WHEN (d.r ->> 'q_value')::numeric < 0.05 THEN ' *' ELSE '' END,
                   'value', d.r -> 'difference', 'low', d.r -> 'difference_low', 'high', d.r -> 'difference_high') ORDER BY (d.r ->> 'difference')::numeric DESC, d.o)
          FROM (SELECT r, o FROM json_array_elements(drivers) WITH ORDINALITY e (r, o) WHERE r ->> 'survey' = chosen.survey ORDER BY o LIMIT 12) d),
        clientele.report_plain(context, 'satisfaction.drivers', chosen.survey), NULL, context,
        jsonb_build_object('id', 'satisfaction-drivers', 'format', CASE chosen.scale WHEN 'nps' THEN 'number' ELSE 'percent' END))
      || '<p class="note">' || clientele.report_say(context, CASE WHEN EXISTS (SELECT FROM json_array_elements(drivers) e (r)
             WHERE r ->> 'survey' = chosen.survey AND (r ->> 'q_value')::numeric < 0.05) THEN 'significant' ELSE 'satisfaction.unsure' END) || '</p>'
      || clientele.report_sources('satisfaction-drivers', drivers, driver_statement, clientele.report_say(context, 'satisfaction.drivers', clientele.html_text(chosen.survey)), context)
      || '</div>';
    END IF;
  END IF;
  IF json_array_length(complaints) > 0 THEN
    lead := concat_ws(clientele.report_say(context, 'space'), nullif(lead, ''), (
      SELECT clientele.report_say(context, 'satisfaction.complaints', clientele.report_number(sum((r ->> 'complaints')::numeric) FILTER (WHERE r ->> 'month' = m.last)),
               clientele.report_share(coalesce(sum((r ->> 'in_time')::numeric) FILTER (WHERE r ->> 'month' = m.last)
                 / nullif(sum((r ->> 'complaints')::numeric - (r ->> 'waiting')::numeric) FILTER (WHERE r ->> 'month' = m.last), 0), 0)::double precision),
               clientele.report_number(sum((r ->> 'overdue')::numeric)))
      FROM json_array_elements(complaints) e (r) CROSS JOIN (SELECT max(x ->> 'month') AS last FROM json_array_elements(complaints) y (x)) m));
    blocks := blocks || '<div class="block">' || clientele.report_figure('series', (
        SELECT jsonb_agg(jsonb_build_object('at', r -> 'month', 'series', concat_ws(': ', CASE WHEN k.n > 1 THEN r ->> 'kind' END, context #>> ARRAY['words', 'satisfaction.' || s.name]),
                 'value', r -> (s.name || '_seconds')) ORDER BY (r ->> 'kind') COLLATE "C", s.name, o DESC)
        FROM json_array_elements(complaints) WITH ORDINALITY e (r, o) CROSS JOIN unnest('{median,p90}'::text[]) s (name)
        CROSS JOIN (SELECT count(DISTINCT x ->> 'kind') AS n, max((x ->> 'in_time')::bigint + (x ->> 'late')::bigint) AS most
                    FROM json_array_elements(complaints) y (x)) k
        -- Of few answers one that took long would be the whole picture.
        WHERE r ->> (s.name || '_seconds') IS NOT NULL AND (r ->> 'in_time')::bigint + (r ->> 'late')::bigint >= least(k.most, 30)),
      context #>> '{words,satisfaction.waits}', NULL, context, '{"id": "satisfaction-waits", "format": "seconds"}')
      || clientele.report_sources('satisfaction-waits', complaints, complaint_statement, clientele.report_say(context, 'satisfaction.waits'), context) || '</div>';
  END IF;
  RETURN clientele.report_part('satisfaction', clientele.report_say(context, 'section.satisfaction'), lead,
    body || CASE WHEN blocks <> '' THEN '<div class="columns">' || blocks || '</div>' ELSE '' END
    || clientele.report_details(clientele.report_say(context, 'how'), '<p>' || clientele.report_say(context, 'satisfaction.how') || '</p>', 'how'));
END $$;
COMMENT ON FUNCTION report_satisfaction(jsonb) IS
  'Returns the section of a report on surveys, what goes with their results, and complaints; a part of report().';
