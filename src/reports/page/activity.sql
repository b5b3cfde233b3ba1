-- SPDX-License-Identifier: PostgreSQL
-- The sections on how much happens: at a glance, by day, and by hour of the week.

CREATE FUNCTION report_glance(context jsonb) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  days CONSTANT integer := (context ->> 'days')::integer;
  until CONSTANT date := (context ->> 'until')::date;
  zone CONSTANT text := context ->> 'zone';
  has_new CONSTANT boolean := clientele.report_reads('{active_customers}');
  statement text;
  rows json;
  tiles text := '';
  lead text;
BEGIN
  IF until IS NULL THEN
    RETURN NULL;
  END IF;
  statement := format($sql$WITH spans AS (
  SELECT * FROM (VALUES ('now', %1$L::date, %2$L::date), ('before', %3$L::date, %1$L::date)) s (span, since, until)
), counts AS (
  SELECT s.span, c.customers, c.sessions, c.events, c.amount
  FROM spans s CROSS JOIN LATERAL clientele_bi.event_counts(clientele.counts_def(%7$L, period => 'all',
         since => s.since::timestamp AT TIME ZONE %4$L, until => s.until::timestamp AT TIME ZONE %4$L, time_zone => %4$L)) c
)%5$s
SELECT m.measure, max(m.value) FILTER (WHERE m.span = 'now') AS now, max(m.value) FILTER (WHERE m.span = 'before') AS before,
       (max(m.value) FILTER (WHERE m.span = 'now') / nullif(max(m.value) FILTER (WHERE m.span = 'before'), 0) - 1)::double precision AS change
FROM (
  SELECT c.span, v.place, v.measure, v.value
  FROM counts c CROSS JOIN LATERAL (VALUES (1, 'customers', c.customers::numeric), (3, 'sessions', c.sessions::numeric),
                                           (4, 'events', c.events::numeric), (5, 'amount', c.amount)) v (place, measure, value)%6$s) m
GROUP BY m.place, m.measure HAVING max(m.value) IS NOT NULL ORDER BY m.place$sql$,
    until - days + 1, until + 1, until - 2 * days + 1, zone,
    CASE WHEN has_new THEN $sql$, new_customers AS (
  SELECT s.span, sum(a.new)::numeric AS value
  FROM spans s JOIN clientele_bi.active_customers a ON a.day >= s.since AND a.day < s.until GROUP BY s.span
)$sql$ END,
    CASE WHEN has_new THEN E'\n  UNION ALL SELECT n.span, 2, ''new'', n.value FROM new_customers n' END, context ->> 'own');
  rows := clientele.report_rows(statement);
  SELECT string_agg(format('<li class="tile"><span class="measure">%s</span><span class="number">%s</span><span class="delta">%s</span></li>',
           clientele.report_say(context, 'measure.' || (r ->> 'measure')), clientele.report_short((r ->> 'now')::numeric, context ->> 'language'),
           clientele.report_delta((r ->> 'change')::double precision, context)), E'\n' ORDER BY o)
  INTO tiles FROM json_array_elements(rows) WITH ORDINALITY e (r, o) WHERE r ->> 'now' IS NOT NULL;
  tiles := coalesce(tiles, '') || coalesce(clientele.report_question_tiles(context), '');
  SELECT clientele.report_say(context, 'glance.lead', days::text, clientele.report_date(until, context ->> 'language'),
           clientele.report_number(coalesce(max((r ->> 'now')::numeric) FILTER (WHERE r ->> 'measure' = 'customers'), 0)),
           clientele.report_number(coalesce(max((r ->> 'now')::numeric) FILTER (WHERE r ->> 'measure' = 'events'), 0)))
  INTO lead FROM json_array_elements(rows) e (r);
  RETURN clientele.report_part('glance', clientele.report_say(context, 'section.glance'), lead,
           '<ul class="tiles">' || tiles || '</ul>'
           || clientele.report_sources('glance', clientele.report_named(rows, 'measure', 'measure.', context), statement,
                clientele.report_say(context, 'section.glance'), context));
END $$;
COMMENT ON FUNCTION report_glance(jsonb) IS
  'Returns the section of a report with the main figures, each beside that of the period before; a part of report().';

CREATE FUNCTION report_short(value numeric, language text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN abs(value) < 100000 OR value = 'NaN' THEN clientele.report_number(value, CASE WHEN abs(value) < 10 AND value <> trunc(value) THEN 1 ELSE 0 END)
              WHEN language = 'zh' THEN CASE WHEN abs(value) < 100000000 THEN clientele.report_number(value / 10000, 1) || '万'
                                             ELSE clientele.report_number(value / 100000000, 2) || '亿' END
              WHEN abs(value) < 999500 THEN clientele.report_number(value / 1000) || 'k'
              WHEN abs(value) < 999500000 THEN clientele.report_number(value / 1000000, 2) || 'M'
              ELSE clientele.report_number(value / 1000000000, 2) || 'bn' END
$$;
COMMENT ON FUNCTION report_short(numeric, text) IS
  'Returns a number in few characters, as 1.25M or 125.0万; a part of report().';

CREATE FUNCTION report_delta(change double precision, context jsonb) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN change IS NULL THEN clientele.report_say(context, 'no_before', '', context ->> 'days')
              WHEN round((change * 1000)::numeric) = 0 THEN clientele.report_say(context, 'same', '', context ->> 'days')
              ELSE format('<span class="arrow" aria-hidden="true">%s</span> %s', CASE WHEN change > 0 THEN '▲' ELSE '▼' END,
                     clientele.report_say(context, CASE WHEN change > 0 THEN 'up' ELSE 'down' END,
                       '<b>' || clientele.report_share(abs(change)) || '</b>', context ->> 'days')) END
$$;
COMMENT ON FUNCTION report_delta(double precision, jsonb) IS
  'Returns how a figure changed against the period before; a part of report().';

CREATE FUNCTION report_named(rows json, key text, prefix text, context jsonb) RETURNS json
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(json_agg(named.row ORDER BY named.place), '[]')
  FROM (SELECT v.place, json_object_agg(c.key, CASE WHEN c.key = report_named.key
                 THEN to_json(coalesce(context #>> ARRAY['words', prefix || (c.value #>> '{}')], c.value #>> '{}')) ELSE c.value END ORDER BY c.place) AS row
        FROM json_array_elements(rows) WITH ORDINALITY v (value, place)
        CROSS JOIN LATERAL json_each(v.value) WITH ORDINALITY c (key, value, place) GROUP BY v.place) named
$$;
COMMENT ON FUNCTION report_named(json, text, text, jsonb) IS
  'Returns rows with the values of a column replaced by words of the language; a part of report().';

CREATE FUNCTION report_unusual(rows json, context jsonb) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN count(*) = 0 THEN clientele.report_say(context, 'activity.usual')
              WHEN count(*) <= 3 THEN clientele.report_say(context, 'activity.unusual', string_agg(d.text, clientele.report_say(context, 'list_comma') ORDER BY d.day))
              ELSE clientele.report_say(context, 'activity.unusual_more',
                     string_agg(d.text, clientele.report_say(context, 'list_comma') ORDER BY d.day) FILTER (WHERE d.n <= 3), (count(*) - 3)::text) END
  FROM (SELECT (r ->> 'day')::date AS day, row_number() OVER (ORDER BY (r ->> 'day')::date DESC) AS n,
               clientele.report_say(context, 'activity.day_high', clientele.report_date((r ->> 'day')::date, context ->> 'language'),
                 clientele.report_number((r ->> 'value')::numeric), clientele.report_number((r ->> 'usual')::numeric)) AS text
        FROM json_array_elements(rows) e (r) WHERE (r ->> 'unusual')::boolean) d
$$;
COMMENT ON FUNCTION report_unusual(json, jsonb) IS
  'Returns a sentence about the unusual days among rows of unusual_days(); a part of report().';

CREATE FUNCTION report_series(id text, heading text, source text, context jsonb) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  statement CONSTANT text := format($sql$SELECT u.day, u.value, u.usual, u.low, u.high, u.unusual
FROM (SELECT array_agg(g.day::date ORDER BY g.day) AS days, array_agg(coalesce(v.value, 0) ORDER BY g.day) AS "values"
      FROM generate_series(%1$L::timestamp, %2$L::timestamp, interval '1 day') g (day)
      LEFT JOIN (%3$s) v ON v.day = g.day::date) d
CROSS JOIN LATERAL clientele.unusual_days(d.days, d."values") u
WHERE u.day > %2$L::date - 91 ORDER BY u.day DESC$sql$, context ->> 'since', context ->> 'until', source);
  rows CONSTANT json := clientele.report_rows(statement);
  data jsonb;
BEGIN
  IF NOT EXISTS (SELECT FROM json_array_elements(rows) e (r) WHERE (r ->> 'value')::numeric <> 0) THEN
    RETURN '';
  END IF;
  SELECT jsonb_agg(jsonb_build_object('at', r ->> 'day', 'value', (r ->> 'value')::numeric, 'low', (r ->> 'low')::numeric, 'high', (r ->> 'high')::numeric,
           'anomaly', (r ->> 'unusual')::boolean) ORDER BY o DESC)
  INTO data FROM json_array_elements(rows) WITH ORDINALITY e (r, o);
  RETURN format('<div class="block">%s<p class="said">%s</p>%s</div>',
           clientele.report_figure('series', data, heading, NULL, context, jsonb_build_object('id', id)), clientele.report_unusual(rows, context),
           clientele.report_sources(id, rows, statement, heading, context));
END $$;
COMMENT ON FUNCTION report_series(text, text, text, jsonb) IS
  'Returns the picture of a number by day with unusual days, from a query with columns day and value; a part of report().';

CREATE FUNCTION report_activity(context jsonb) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  days CONSTANT integer := (context ->> 'days')::integer;
  until CONSTANT date := (context ->> 'until')::date;
  statement text;
  rows json;
  body text := '';
  average numeric;
  measure text;
BEGIN
  IF until IS NULL THEN
    RETURN NULL;
  END IF;
  FOREACH measure IN ARRAY '{customers,events,amount}'::text[] LOOP
    body := body || clientele.report_series('activity-' || measure, clientele.report_say(context, 'activity.' || measure), format($sql$
        SELECT (c.period AT TIME ZONE %1$L)::date AS day, c.%2$I AS value
        FROM clientele_bi.event_counts(clientele.counts_def(%3$L, period => 'day', time_zone => %1$L)) c$sql$, context ->> 'zone', measure, context ->> 'own'), context);
  END LOOP;
  EXECUTE 'SELECT sum(c.customers) / $1 FROM clientele_bi.event_counts(clientele.counts_def($2, period => ''day'', since => $3, until => $4, time_zone => $5)) c' INTO average
    USING days, context ->> 'own', (until - days + 1)::timestamp AT TIME ZONE (context ->> 'zone'), (until + 1)::timestamp AT TIME ZONE (context ->> 'zone'), context ->> 'zone';
  statement := format($sql$SELECT c.channel, c.customers, c.sessions, c.events, c.amount
FROM clientele_bi.event_counts(clientele.counts_def(%4$L, period => 'all', by => '{channel}', since => %1$L::timestamp AT TIME ZONE %2$L,
       until => %3$L::timestamp AT TIME ZONE %2$L, time_zone => %2$L)) c
ORDER BY c.customers DESC, c.channel COLLATE "C"$sql$, until - days + 1, context ->> 'zone', until + 1, context ->> 'own');
  rows := clientele.report_rows(statement);
  IF json_array_length(rows) > 1 THEN
    body := body || format('<div class="block">%s%s</div>',
      clientele.report_figure('bars', (SELECT jsonb_agg(jsonb_build_object('label', coalesce(nullif(r ->> 'channel', ''), context #>> '{words,no_channel}'), 'value', r -> 'customers') ORDER BY o)
                                       FROM json_array_elements(rows) WITH ORDINALITY e (r, o) WHERE o <= 20),
        clientele.report_say(context, 'activity.channels', days::text), NULL, context, '{"id": "activity-channels"}'),
      clientele.report_sources('activity-channels', rows, statement, clientele.report_say(context, 'activity.channels', days::text), context));
  END IF;
  RETURN clientele.report_part('activity', clientele.report_say(context, 'section.activity'),
           clientele.report_say(context, 'activity.lead', clientele.report_number(average, CASE WHEN average >= 10 OR average = trunc(average) THEN 0 WHEN average >= 1 THEN 1 ELSE 2 END), days::text),
           '<div class="columns">' || body || '</div>' || clientele.report_details(clientele.report_say(context, 'how'), '<p>' || clientele.report_say(context, 'activity.how') || '</p>', 'how'));
END $$;
COMMENT ON FUNCTION report_activity(jsonb) IS
  'Returns the section of a report on activity by day and by channel; a part of report().';

CREATE FUNCTION report_week(context jsonb) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  statement CONSTANT text := format($sql$SELECT c.weekday, c.hour, c.events, c.customers
FROM clientele_bi.event_counts(clientele.counts_def(%L, period => 'hour of week', time_zone => %L)) c
ORDER BY c.weekday, c.hour$sql$, context ->> 'own', context ->> 'zone');
  rows CONSTANT json := clientele.report_rows(statement);
  lead text;
  data jsonb;
BEGIN
  SELECT jsonb_agg(jsonb_build_object('weekday', r -> 'weekday', 'hour', r -> 'hour', 'value', r -> 'events')) INTO data
  FROM json_array_elements(rows) e (r);
  SELECT clientele.report_say(context, 'week.lead', clientele.report_weekday((r ->> 'weekday')::integer, context ->> 'language'), r ->> 'hour',
           clientele.report_number((r ->> 'events')::numeric),
           clientele.report_share((r ->> 'events')::double precision / nullif((SELECT sum((x ->> 'events')::numeric) FROM json_array_elements(rows) y (x)), 0)::double precision))
  INTO lead FROM json_array_elements(rows) e (r) ORDER BY (r ->> 'events')::bigint DESC, (r ->> 'weekday')::integer, (r ->> 'hour')::integer LIMIT 1;
  IF data IS NULL THEN
    RETURN NULL;
  END IF;
  RETURN clientele.report_part('week', clientele.report_say(context, 'section.week'), lead,
           clientele.report_figure('week', data, clientele.report_say(context, 'week.picture'), NULL, context, '{"id": "week-picture"}')
           || clientele.report_sources('week', (
                SELECT json_agg(json_build_object('weekday', clientele.report_weekday((r ->> 'weekday')::integer, context ->> 'language'),
                         'hour', r -> 'hour', 'events', r -> 'events', 'customers', r -> 'customers') ORDER BY (r ->> 'events')::bigint DESC)
                FROM json_array_elements(rows) e (r)), statement, clientele.report_say(context, 'week.picture'), context));
END $$;
COMMENT ON FUNCTION report_week(jsonb) IS
  'Returns the section of a report on the hours of the week; a part of report().';

CREATE FUNCTION report_weekday(weekday integer, language text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT (CASE language WHEN 'zh' THEN '{周一,周二,周三,周四,周五,周六,周日}'
                        ELSE '{Monday,Tuesday,Wednesday,Thursday,Friday,Saturday,Sunday}' END::text[])[weekday]
$$;
COMMENT ON FUNCTION report_weekday(integer, text) IS 'Returns the name of a weekday, 1 being Monday; a part of report().';
