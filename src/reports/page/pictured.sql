-- SPDX-License-Identifier: PostgreSQL
-- The pictures of an answer that may be of any shape: a line for each series, the hours of a week, or bars.

CREATE FUNCTION report_answer_pictures(question jsonb, rows json, context jsonb) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  kind CONSTANT text := question ->> 'kind';
  figure CONSTANT text := CASE
    WHEN EXISTS (SELECT FROM json_array_elements(rows) e (r) WHERE coalesce(r ->> 'period', r ->> 'at') IS NOT NULL) THEN 'series'
    WHEN EXISTS (SELECT FROM json_array_elements(rows) e (r) WHERE r ->> 'weekday' IS NOT NULL) THEN 'week' ELSE 'bars' END;
  -- Periods end with the data. Of days and longer ones only whole ones are shown, as the last one would look like a fall.
  last_end CONSTANT timestamp := CASE WHEN kind <> 'answers' THEN (context ->> 'until')::date + interval '1 day' END;
  unit CONSTANT interval := ('1 ' || coalesce(substring(question ->> 'definition' FROM '"period": *"(day|week|month|quarter|year)"'), 'microsecond'))::interval;
  measures text[];
  several boolean;
  only_segment text;
  open_period timestamp;
  data jsonb;
  shares boolean;
  html text := '';
BEGIN
  -- If no customer has a value, the segments say the same as all together.
  EXECUTE format($sql$SELECT min(a.segment) FILTER (WHERE a.segment_kind = 'all') FROM clientele_bi.%I a
    WHERE a.question = $1 AND a.latest HAVING count(*) FILTER (WHERE a.segment_kind = 'value') = 0$sql$, kind) INTO only_segment USING question ->> 'question';
  several := only_segment IS NULL AND (SELECT count(DISTINCT r ->> 'segment') > 1 FROM json_array_elements(rows) e (r));
  -- Measures have units of their own, so each has a picture; the first three are shown.
  SELECT array_agg(m.measure ORDER BY m.place) INTO measures
  FROM (SELECT r ->> 'measure' AS measure, min(o) AS place FROM json_array_elements(rows) WITH ORDINALITY e (r, o) GROUP BY 1 ORDER BY 2 LIMIT 3) m;
  FOR i IN 1..coalesce(cardinality(measures), 0) LOOP
    -- The eight series, or the twenty bars, of the largest numbers.
    WITH points AS (
      SELECT o, left(coalesce(r ->> 'period', r ->> 'at'), 19) AS at, (r ->> 'weekday')::integer AS weekday, (r ->> 'hour')::integer AS hour,
             CASE WHEN figure = 'bars' THEN concat_ws(' · ', nullif(r ->> 'label', ''), CASE WHEN several THEN r ->> 'segment' END)
                  ELSE concat_ws(' · ', CASE WHEN several THEN r ->> 'segment' END, nullif(r ->> 'label', '')) END AS series,
             coalesce((r ->> 'active')::numeric, (r ->> 'events')::numeric, (r ->> 'number')::numeric) AS value
      FROM json_array_elements(rows) WITH ORDINALITY e (r, o)
      WHERE r ->> 'measure' IS NOT DISTINCT FROM measures[i] AND coalesce(r ->> 'segment' = only_segment, true)
    ), whole AS (
      SELECT p.*, count(*) FILTER (WHERE p.at::timestamp + unit <= last_end) OVER () > 1 AS any_whole
      FROM points p WHERE last_end IS NULL OR p.at IS NULL OR p.at::timestamp < last_end
    ), shown AS (
      SELECT w.* FROM whole w WHERE last_end IS NULL OR w.at IS NULL OR NOT w.any_whole OR w.at::timestamp + unit <= last_end
    ), ranked AS (
      SELECT p.*, dense_rank() OVER (ORDER BY p.total DESC NULLS LAST, p.series COLLATE "C") AS n, dense_rank() OVER (ORDER BY p.at DESC) AS age,
             row_number() OVER (ORDER BY p.o) AS place
      FROM (SELECT s.*, sum(abs(s.value)) OVER (PARTITION BY s.series) AS total FROM shown s) p
      WHERE abs(p.value) < 1e30
    )
    SELECT CASE figure
        -- Of each series the newest 26 points.
        WHEN 'series' THEN jsonb_agg(jsonb_build_object('at', d.at, 'series', d.series, 'value', d.value) ORDER BY d.n, d.at, d.o)
          FILTER (WHERE d.n <= 8 AND d.age <= 26 AND d.at IS NOT NULL)
        WHEN 'week' THEN jsonb_agg(jsonb_build_object('weekday', d.weekday, 'hour', d.hour, 'value', d.value)) FILTER (WHERE d.n = 1 AND d.weekday IS NOT NULL)
        ELSE jsonb_agg(jsonb_build_object('label', coalesce(nullif(d.series, ''), '–'), 'value', d.value) ORDER BY d.o) FILTER (WHERE d.place <= 20) END,
      bool_and(d.value BETWEEN 0 AND 1) AND measures[i] ~* '(^|[_ ])(share|rate|ratio|conversion)$',
      (SELECT min(w.at::timestamp) FROM whole w WHERE w.any_whole AND w.at::timestamp + unit > last_end)
    INTO data, shares, open_period FROM ranked d;
    html := html || clientele.report_figure(figure, data, coalesce(measures[i], question ->> 'question'), NULL, context,
      jsonb_build_object('id', (question ->> 'id') || '-picture' || CASE WHEN i > 1 THEN i::text ELSE '' END, 'layout', 'narrow')
      || CASE WHEN cardinality(measures) = 1 THEN jsonb '{"untitled": true}' ELSE '{}' END
      || CASE WHEN shares AND figure <> 'week' THEN jsonb '{"format": "percent"}' ELSE '{}' END);
  END LOOP;
  RETURN html || CASE WHEN open_period IS NULL THEN ''
    ELSE '<p class="note">' || clientele.report_say(context, 'answers.open', clientele.report_date(open_period::date, context ->> 'language')) || '</p>' END;
END $$;
COMMENT ON FUNCTION report_answer_pictures(jsonb, json, jsonb) IS
  'Returns the pictures of an answer about activity, about counts or of SQL; a part of report().';
