-- SPDX-License-Identifier: PostgreSQL
-- What every section of a report consists of: a heading, a sentence, pictures, a table and the statement behind them.

CREATE FUNCTION report_rows(statement text) RETURNS json
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  rows json;
BEGIN
  EXECUTE format(E'SELECT coalesce(json_agg(r.*), ''[]'') FROM (%s\n) r', statement) INTO rows;
  RETURN rows;
END $$;
COMMENT ON FUNCTION report_rows(text) IS
  'Runs a statement that a report also shows, and returns its rows; a part of report().';

CREATE FUNCTION report_cell(name text, kind text, value text, context jsonb) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE
    WHEN value IS NULL THEN ''
    WHEN kind = 'boolean' THEN clientele.report_say(context, CASE value WHEN 'true' THEN 'yes' ELSE 'no' END)
    WHEN kind = 'number' THEN CASE
      WHEN name ~ '(^|_)(share|rate|ratio|conversion|accuracy|change|gain)(_low|_high)?$' THEN clientele.report_share(value::double precision)
      WHEN name ~ '_seconds$' THEN clientele.report_duration(value::double precision, context ->> 'language')
      WHEN name ~ '^[pq]_value$' THEN CASE WHEN value::double precision < 0.001 THEN '<0.001' ELSE round(value::numeric, 3)::text END
      WHEN name IN ('step', 'hour', 'version', 'bin', 'row') THEN value
      WHEN value::numeric = trunc(value::numeric) THEN clientele.report_number(value::numeric)
      WHEN abs(value::numeric) < 0.1 THEN round(value::numeric, 4)::text
      ELSE clientele.report_number(value::numeric, 2) END
    WHEN name = 'weekday' THEN clientele.html_text(value)
    WHEN value ~ '^[0-9]{4,6}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}' THEN clientele.html_text(replace(regexp_replace(left(value, 16), 'T00:00$', ''), 'T', ' '))
    ELSE '<bdi>' || clientele.html_text(value) || '</bdi>' END
$$;
COMMENT ON FUNCTION report_cell(text, text, text, jsonb) IS
  'Returns a value of a table as HTML, in a form that suits its column; a part of report().';

CREATE FUNCTION report_table(rows json, caption text, context jsonb, most integer DEFAULT 10) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  head text;
  body text;
BEGIN
  SELECT string_agg(format('<th scope="col"%s>%s</th>', CASE WHEN json_typeof(c.value) IN ('number', 'null') THEN ' class="n"' END,
           coalesce(context #>> ARRAY['words', 'column.' || c.key], clientele.html_text(replace(c.key, '_', ' ')))), '' ORDER BY c.place)
  INTO head
  FROM (SELECT e.key, e.place, coalesce((SELECT v.value -> e.key FROM json_array_elements(rows) v (value)
                                         WHERE json_typeof(v.value -> e.key) <> 'null' LIMIT 1), 'null') AS value
        FROM json_each(rows -> 0) WITH ORDINALITY e (key, value, place)) c;
  SELECT string_agg('<tr>' || r.cells || '</tr>', E'\n' ORDER BY r.place) INTO body
  FROM (SELECT v.place, string_agg(
          CASE c.place WHEN 1 THEN format('<th scope="row">%s</th>', x.html)
                       ELSE format('<td%s>%s</td>', CASE WHEN json_typeof(c.value) = 'number' THEN ' class="n"' END, x.html) END, '' ORDER BY c.place) AS cells
        FROM json_array_elements(rows) WITH ORDINALITY v (value, place)
        CROSS JOIN LATERAL json_each(v.value) WITH ORDINALITY c (key, value, place)
        CROSS JOIN LATERAL clientele.report_cell(c.key, json_typeof(c.value), c.value #>> '{}', context) x (html)
        WHERE v.place <= most GROUP BY v.place) r;
  RETURN format(E'<div class="scroll" tabindex="0" role="region" aria-label="%1$s"><table><caption><span>%1$s</span></caption><thead><tr>%2$s</tr></thead><tbody>\n%3$s\n</tbody></table></div>%4$s',
    caption, head, body, CASE WHEN json_array_length(rows) > most THEN format('<p class="note">%s</p>',
      clientele.report_say(context, 'rows_more', most::text, clientele.report_number(json_array_length(rows)))) END);
END $$;
COMMENT ON FUNCTION report_table(json, text, jsonb, integer) IS
  'Returns rows as an HTML table, with the first of them if there are more than `most`; a part of report().';

CREATE FUNCTION report_details(summary text, body text, class text DEFAULT NULL) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('<details%s><summary>%s</summary>%s</details>', ' class="' || class || '"', summary, body)
$$;
COMMENT ON FUNCTION report_details(text, text, text) IS
  'Returns a part of a page that opens on request; a part of report().';

CREATE FUNCTION report_sources(id text, rows json, statement text, caption text, context jsonb) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT '<div class="sources">'
    || CASE WHEN json_array_length(rows) > 0 THEN
         clientele.report_details(clientele.report_say(context, 'table'), clientele.report_table(rows, caption, context), 'data') ELSE '' END
    || clientele.report_details(clientele.report_say(context, 'statement'),
         format('<pre><code>%s</code></pre>', clientele.html_text(statement)), 'sql')
    || '</div>'
$$;
COMMENT ON FUNCTION report_sources(text, json, text, text, jsonb) IS
  'Returns the table and the statement behind a picture; a part of report().';

CREATE FUNCTION report_figure(kind text, data jsonb, title text, description text, context jsonb, options jsonb) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  picture text;
BEGIN
  IF data IS NULL OR data = '[]' THEN
    RETURN '';
  END IF;
  EXECUTE format('SELECT clientele.%I($1, $2, $3, $4, $5)', kind || '_picture') INTO picture
    USING data, title, description, context ->> 'language', jsonb_build_object('layout', CASE WHEN kind IN ('sankey', 'retention', 'week', 'journey_map') THEN 'both' ELSE 'narrow' END) || (options - 'untitled');
  RETURN format('<figure class="fig">%s%s</figure>',
    CASE WHEN options ? 'untitled' THEN '' ELSE '<figcaption>' || clientele.html_text(title) || '</figcaption>' END, picture);
END $$;
COMMENT ON FUNCTION report_figure(text, jsonb, text, text, jsonb, jsonb) IS
  'Returns a picture with its title; a part of report().';

CREATE FUNCTION report_part(id text, heading text, lead text, body text, level integer DEFAULT 2) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format(CASE level WHEN 2 THEN E'<section id="%1$s" class="level-2" aria-labelledby="%1$s-h"><h2 id="%1$s-h">%2$s</h2>\n%3$s%4$s</section>\n'
                           ELSE E'<div id="%1$s" class="level-3"><h3>%2$s</h3>\n%3$s%4$s</div>\n' END, id, heading, '<p class="lead">' || lead || E'</p>\n', body)
$$;
COMMENT ON FUNCTION report_part(text, text, text, text, integer) IS
  'Returns a section of a page; a part of report().';
