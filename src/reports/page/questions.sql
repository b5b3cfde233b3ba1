-- SPDX-License-Identifier: PostgreSQL
-- The sections of saved questions: each question with its latest answer, and the breakdown by the values that were asked for.

CREATE FUNCTION report_asked(kinds text[], context jsonb) RETURNS SETOF jsonb
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY EXECUTE $sql$
    SELECT to_jsonb(a.*) || jsonb_build_object('id', a.kind || a.place, 'shown_by', regexp_replace(a.by, '^(tag|attribute):', ''))
    FROM (SELECT q.question, q.kind, q.description, q.of, q.by, q.definition, q.sql, q.error, q.failed_at, q.refreshed_at, q.answers,
                 row_number() OVER (PARTITION BY q.kind ORDER BY array_position($2, q.question), q.question COLLATE "C") AS place
          FROM clientele_bi.questions q WHERE q.kind = ANY ($1) AND ($2 IS NULL OR q.question = ANY ($2))) a
    ORDER BY array_position($2, a.question), a.question COLLATE "C"$sql$
    USING kinds, CASE WHEN jsonb_typeof(context -> 'questions') = 'array' THEN ARRAY(SELECT jsonb_array_elements_text(context -> 'questions')) END;
END $$;
COMMENT ON FUNCTION report_asked(text[], jsonb) IS
  'Lists the saved questions of some kinds that a report shows; a part of report().';

CREATE FUNCTION report_question(question jsonb, lead text, body text, rows json, statement text, context jsonb) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT clientele.report_part(question ->> 'id', clientele.html_name(question ->> 'question'), lead,
    coalesce('<p class="meaning">' || clientele.html_text(question ->> 'description') || '</p>', '')
    || CASE WHEN question ->> 'error' IS NOT NULL THEN '<p class="fault">' || clientele.report_say(context, 'question.failed',
              left(replace(question ->> 'failed_at', 'T', ' '), 16), clientele.html_name(question ->> 'error')) || '</p>' ELSE '' END
    || body
    || CASE WHEN json_array_length(rows) = 0 AND question ->> 'error' IS NULL
            THEN '<p class="note">' || clientele.report_say(context, 'question.never') || '</p>' ELSE '' END
    || clientele.report_sources(question ->> 'id', rows,
         format(E'-- %s\n%s;\n\n-- %s\n%s', clientele.report_say(context, 'statement.page'), statement, clientele.report_say(context, 'statement.asked'),
                question ->> 'sql'),
         clientele.html_text(left(question ->> 'question', 200)), context), 3)
$$;
COMMENT ON FUNCTION report_question(jsonb, text, text, json, text, jsonb) IS
  'Returns a saved question as a section of a report; a part of report().';

CREATE FUNCTION report_drills(question jsonb, items jsonb, context jsonb) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('<div class="drills" id="%1$s-by"><h4>%2$s</h4><p class="hint">%3$s</p><ul class="tabs">%4$s</ul>%5$s<p class="note">%6$s</p></div>',
    question ->> 'id', clientele.report_say(context, 'breakdown', clientele.html_name(question ->> 'shown_by')), clientele.report_say(context, 'breakdown_hint'),
    string_agg(format('<li><a href="#%s-%s">%s</a></li>', question ->> 'id', i ->> 'key', clientele.html_name(i ->> 'label')), '' ORDER BY o),
    string_agg(format('<div class="drill%s" id="%s-%s" tabindex="-1">%s</div>', CASE WHEN (i ->> 'first')::boolean THEN ' first' END, question ->> 'id', i ->> 'key', i ->> 'html'),
               E'\n' ORDER BY o), clientele.report_say(context, 'significant'))
  FROM jsonb_array_elements(items) WITH ORDINALITY e (i, o) HAVING count(*) > 0
$$;
COMMENT ON FUNCTION report_drills(jsonb, jsonb, jsonb) IS
  'Returns the breakdowns of the parts of a picture, of which one is seen at a time; a part of report().';

CREATE FUNCTION report_answer(columns text, view text, question text, condition text, ordered text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format(E'SELECT %s\nFROM clientele_bi.%I a\nWHERE a.question = %L AND a.latest AND %s\nORDER BY %s', columns, view, question, condition, ordered)
$$;
COMMENT ON FUNCTION report_answer(text, text, text, text, text) IS
  'Returns the statement that reads the latest answer of a question; a part of report().';

CREATE FUNCTION report_segment(segment text, q_value double precision) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT segment || CASE WHEN q_value < 0.05 THEN chr(160) || '*' ELSE '' END
$$;
COMMENT ON FUNCTION report_segment(text, double precision) IS
  'Returns the name of a segment, with a mark if it differs significantly; a part of report().';

CREATE FUNCTION report_funnels(context jsonb) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  question jsonb;
  statement text;
  rows json;
  segments jsonb;
  data jsonb;
  drills jsonb;
  lead text;
  body text := '';
BEGIN
  FOR question IN SELECT a FROM clientele.report_asked('{funnel}', context) a LOOP
    statement := clientele.report_answer('a.step, a.name, a.customers, a.conversion, a.conversion_low, a.conversion_high, a.step_conversion, a.median_seconds, a.p90_seconds',
                   'funnels', question ->> 'question', 'a.segment_kind = ''all''', 'a.step');
    rows := clientele.report_rows(statement);
    EXECUTE $sql$SELECT jsonb_agg(to_jsonb(b.*) ORDER BY b.step, b.place) FROM (
        SELECT a.step, a.name, a.segment, a.customers, a.step_conversion, a.step_conversion_low AS low, a.step_conversion_high AS high, a.q_value,
               row_number() OVER (PARTITION BY a.step ORDER BY a.segment_kind IN ('none', 'other'), f.customers DESC, a.segment COLLATE "C") AS place
        FROM clientele_bi.funnels a
        JOIN (SELECT s.segment, s.segment_kind, s.customers FROM clientele_bi.funnels s WHERE s.question = $1 AND s.latest AND s.step = 1) f
          ON (f.segment, f.segment_kind) = (a.segment, a.segment_kind)
        WHERE a.question = $1 AND a.latest AND a.segment_kind <> 'all') b
      WHERE b.place <= 25 AND EXISTS (SELECT FROM clientele_bi.funnels v WHERE v.question = $1 AND v.latest AND v.segment_kind = 'value')$sql$
      INTO segments USING question ->> 'question';
    SELECT jsonb_agg(jsonb_build_object('name', r ->> 'name', 'customers', r -> 'customers', 'conversion', r -> 'conversion', 'step_conversion', r -> 'step_conversion',
             'median_seconds', r -> 'median_seconds') || CASE WHEN segments IS NULL THEN '{}' ELSE jsonb_build_object('href', format('#%s-s%s', question ->> 'id', r ->> 'step')) END
             ORDER BY o)
    INTO data FROM json_array_elements(rows) WITH ORDINALITY e (r, o);
    SELECT jsonb_agg(jsonb_build_object('key', 's' || d.step, 'label', d.step || ' ' || d.name, 'first', d.step = d.last, 'html',
             clientele.report_figure('bars', d.bars, clientele.report_plain(context, 'funnel.step', d.step || ' ' || d.name, question ->> 'shown_by'), NULL, context,
               jsonb_build_object('id', format('%s-b%s', question ->> 'id', d.step), 'format', CASE WHEN d.step = 1 THEN 'number' ELSE 'percent' END))) ORDER BY d.step)
    INTO drills
    FROM (SELECT (s ->> 'step')::integer AS step, min(s ->> 'name') AS name, max(max((s ->> 'step')::integer)) OVER () AS last,
                 jsonb_agg(jsonb_build_object('label', clientele.report_segment(s ->> 'segment', (s ->> 'q_value')::double precision),
                   'value', CASE WHEN s ->> 'step' = '1' THEN s -> 'customers' ELSE s -> 'step_conversion' END)
                   || CASE WHEN s ->> 'step' = '1' OR s ->> 'low' IS NULL THEN '{}' ELSE jsonb_build_object('low', s -> 'low', 'high', s -> 'high') END ORDER BY o) AS bars
          FROM jsonb_array_elements(segments) WITH ORDINALITY e (s, o) GROUP BY 1) d;
    SELECT clientele.report_say(context, 'funnel.lead', clientele.report_number(max(f.customers) FILTER (WHERE f.step = 1)),
             clientele.report_number(max(f.customers) FILTER (WHERE f.step = f.last)), max(clientele.html_name(f.name)) FILTER (WHERE f.step = f.last),
             clientele.report_share(max(f.conversion) FILTER (WHERE f.step = f.last)))
           || coalesce(clientele.report_say(context, 'space') || (array_agg(clientele.report_say(context, 'funnel.drop', clientele.html_name(f.name), clientele.report_share(f.step_conversion), clientele.html_name(f.before))
                ORDER BY f.step_conversion, f.step) FILTER (WHERE f.last > 2 AND f.step > 1 AND f.step_conversion IS NOT NULL))[1], '')
    INTO lead
    FROM (SELECT f.*, lag(f.name) OVER (ORDER BY f.step) AS before, max(f.step) OVER () AS last FROM (
          SELECT (r ->> 'step')::integer AS step, (r ->> 'name') || CASE WHEN count(*) OVER (PARTITION BY r ->> 'name') > 1 THEN ' (' || (r ->> 'step') || ')' ELSE '' END AS name,
                 (r ->> 'customers')::numeric AS customers, (r ->> 'conversion')::double precision AS conversion,
                 (r ->> 'step_conversion')::double precision AS step_conversion
          FROM json_array_elements(rows) e (r)) f) f;
    body := body || clientele.report_question(question, lead,
      '<div class="columns">' || clientele.report_figure('funnel', data, question ->> 'question', NULL, context,
        jsonb_build_object('id', (question ->> 'id') || '-picture', 'untitled', true))
      || coalesce(clientele.report_drills(question, drills, context), '') || '</div>', rows, statement, context);
  END LOOP;
  RETURN CASE WHEN body <> '' THEN clientele.report_part('funnels', clientele.report_say(context, 'section.funnels'), NULL, body) END;
END $$;
COMMENT ON FUNCTION report_funnels(jsonb) IS
  'Returns the section of a report on saved funnels, with each step by all segments; a part of report().';

CREATE FUNCTION report_plain(context jsonb, key text, VARIADIC names text[] DEFAULT '{}') RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format(context #>> ARRAY['words', key], VARIADIC ARRAY(SELECT CASE WHEN length(n.name) > 60 THEN left(n.name, 59) || '…' ELSE n.name END
                                                                FROM unnest(names) WITH ORDINALITY n (name, o) ORDER BY n.o))
$$;
COMMENT ON FUNCTION report_plain(jsonb, text, text[]) IS
  'Returns a phrase with names put in, as plain text that is not HTML yet; a part of report().';

CREATE FUNCTION report_paths(context jsonb) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  question jsonb;
  statement text;
  rows json;
  data jsonb;
  drills jsonb;
  lead text;
  backwards boolean;
  body text := '';
BEGIN
  FOR question IN SELECT a FROM clientele.report_asked('{path_links}', context) a LOOP
    statement := clientele.report_answer('a.step, a.source, a.target, a.customers, a.paths, a.source_share, a.median_seconds',
                   'path_links', question ->> 'question', 'a.segment_kind = ''all''', 'a.paths DESC, a.step, a.source COLLATE "C", a.target COLLATE "C"');
    rows := clientele.report_rows(statement);
    backwards := question ->> 'definition' ~ '"reverse": *true';
    -- The segments of the nine links that are shown first; without links between rarer events, which are one name.
    EXECUTE $sql$SELECT jsonb_agg(jsonb_build_object('key', 'l' || d.o, 'label', concat_ws(' · ', d.step, concat_ws(' → ', d.source, d.target)),
                   'first', d.n = 1, 'html', d.html) ORDER BY d.o) FROM (
        SELECT t.o, t.step, t.source, t.target, row_number() OVER (ORDER BY t.o) AS n, clientele.report_table(json_agg(json_build_object('segment', clientele.report_segment(a.segment, a.q_value), 'customers', a.customers,
                 'paths', a.paths, 'source_share', a.source_share, 'q_value', a.q_value)
                 ORDER BY a.segment_kind IN ('none', 'other'), a.source_share DESC, a.segment COLLATE "C"),
                 clientele.html_text(clientele.report_plain($3, $4, t.source, t.target)), $3, 25) AS html
        FROM (SELECT o, (r ->> 'step')::integer AS step, r ->> 'source' AS source, r ->> 'target' AS target
              FROM json_array_elements($2) WITH ORDINALITY e (r, o) WHERE r ->> 'target' IS NOT NULL
                AND NOT coalesce(r ->> 'source' = '(other)' AND r ->> 'target' = '(other)', false) ORDER BY o LIMIT 9) t
        JOIN clientele_bi.path_links a ON a.question = $1 AND a.latest AND a.segment_kind <> 'all'
          AND a.step IS NOT DISTINCT FROM t.step AND a.source = t.source AND a.target = t.target
        WHERE EXISTS (SELECT FROM clientele_bi.path_links v WHERE v.question = $1 AND v.latest AND v.segment_kind = 'value')
        GROUP BY t.o, t.step, t.source, t.target) d$sql$
      INTO drills USING question ->> 'question', rows, context, CASE WHEN backwards THEN 'paths.link_back' ELSE 'paths.link' END;
    SELECT jsonb_agg(jsonb_build_object('step', r -> 'step', 'source', r -> 'source', 'target', r -> 'target', 'label', concat_ws(' → ', r ->> 'source', r ->> 'target'), 'value', r -> 'paths')
             || CASE WHEN EXISTS (SELECT FROM jsonb_array_elements(drills) x (i) WHERE i ->> 'key' = 'l' || o) THEN jsonb_build_object('href', format('#%s-l%s', question ->> 'id', o)) ELSE '{}' END ORDER BY o)
    INTO data FROM json_array_elements(rows) WITH ORDINALITY e (r, o) WHERE o <= 30 AND r ->> 'target' IS NOT NULL;
    SELECT clientele.report_say(context, CASE WHEN backwards THEN 'paths.lead_back' ELSE 'paths.lead' END, clientele.html_name(r ->> 'source'), clientele.html_name(r ->> 'target'), clientele.report_number((r ->> 'paths')::numeric),
             coalesce(clientele.report_number((r ->> 'customers')::numeric), '–'))
    INTO lead FROM json_array_elements(rows) WITH ORDINALITY e (r, o) WHERE r ->> 'target' IS NOT NULL AND r ->> 'source' IS NOT NULL ORDER BY o LIMIT 1;
    body := body || clientele.report_question(question, lead,
      -- Without steps links have no columns.
      clientele.report_figure(CASE WHEN data -> 0 ->> 'step' IS NULL THEN 'bars' ELSE 'sankey' END,
        CASE WHEN data -> 0 ->> 'step' IS NULL THEN jsonb_path_query_array(data, '$[0 to 19]') ELSE data END, question ->> 'question', NULL, context,
        jsonb_build_object('id', (question ->> 'id') || '-picture', 'untitled', true))
      || CASE WHEN json_array_length(rows) > 30 THEN '<p class="note">' || clientele.report_say(context, 'paths.top', '30', clientele.report_number(json_array_length(rows))) || '</p>' ELSE '' END
      || coalesce(clientele.report_drills(question, drills, context), ''), rows, statement, context);
  END LOOP;
  RETURN CASE WHEN body <> '' THEN clientele.report_part('paths', clientele.report_say(context, 'section.paths'), NULL, body) END;
END $$;
COMMENT ON FUNCTION report_paths(jsonb) IS
  'Returns the section of a report on saved questions about paths, with the strongest links by all segments; a part of report().';
