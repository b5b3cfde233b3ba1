-- SPDX-License-Identifier: PostgreSQL
-- The other sections of saved questions: retention, attribution, and what is left.

CREATE FUNCTION report_retention(context jsonb) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  question jsonb;
  statement text;
  rows json;
  data jsonb;
  curves jsonb;
  unit text;
  lead text;
  body text := '';
BEGIN
  FOR question IN SELECT a FROM clientele.report_asked('{retention}', context) a LOOP
    statement := clientele.report_answer('a.cohort, a.period, a.customers, a.returned, a.rate, a.rate_low, a.rate_high, a.amount, a.complete', 'retention',
                   question ->> 'question', 'a.segment_kind = ''all''', 'a.cohort DESC NULLS FIRST, a.period');
    rows := clientele.report_rows(statement);
    -- Periods that the data do not reach are left out, and so are brackets, whose ends the rows do not have. The latest cohorts and the
    -- first periods are shown, as many as can be read.
    unit := CASE WHEN question ->> 'definition' ~ '"brackets"' THEN NULL ELSE substring(question ->> 'definition' FROM '"period": *"(day|week|month|year)"') END;
    WITH cells AS (
      SELECT (r ->> 'cohort')::timestamptz AS cohort, (r ->> 'period')::integer AS period, (r ->> 'customers')::bigint AS customers,
             (r ->> 'returned')::bigint AS returned, (r ->> 'rate')::double precision AS rate, (r ->> 'complete')::boolean AS complete
      FROM json_array_elements(rows) e (r)
    ), seen AS (
      SELECT c.cohort, c.period, c.customers, c.returned, c.rate,
             c.complete AND coalesce(c.cohort + (c.period + 1) * ('1 ' || unit)::interval <= (context ->> 'until')::date + interval '1 day', true) AS complete
      FROM cells c
      WHERE c.cohort IS NOT NULL AND coalesce(c.cohort + c.period * ('1 ' || unit)::interval < (context ->> 'until')::date + interval '1 day', true)
    ), together AS (
      SELECT NULL::timestamptz AS cohort, s.period, sum(s.customers)::bigint AS customers, sum(s.returned)::bigint AS returned,
             sum(s.returned)::double precision / nullif(sum(s.customers), 0) AS rate, true AS complete
      FROM seen s WHERE unit IS NOT NULL AND s.complete GROUP BY s.period
      UNION ALL
      SELECT c.cohort, c.period, c.customers, c.returned, c.rate, c.complete FROM cells c WHERE unit IS NULL AND c.cohort IS NULL
    ), shown AS (
      SELECT s.*, dense_rank() OVER (ORDER BY s.cohort DESC) AS n FROM seen s
    )
    SELECT (SELECT jsonb_agg(jsonb_build_object('cohort', to_char(x.cohort, 'YYYY-MM-DD'), 'period', x.period, 'customers', x.customers, 'rate', x.rate,
                      'complete', x.complete) ORDER BY x.cohort NULLS FIRST, x.period)
            FROM (SELECT * FROM together UNION ALL SELECT cohort, period, customers, returned, rate, complete FROM shown WHERE n <= 10) x WHERE x.period <= 12),
           CASE WHEN count(*) > 1 THEN clientele.report_say(context, 'retention.lead', clientele.report_number(max(t.customers)),
                       clientele.report_share((array_agg(t.rate ORDER BY t.period))[1]), min(t.period)::text,
                       clientele.report_share((array_agg(t.rate ORDER BY t.period DESC))[1]), max(t.period)::text,
                       clientele.report_say(context, 'unit' || coalesce('.' || unit, '')))
                WHEN count(*) = 1 THEN clientele.report_say(context, 'retention.lead_one', clientele.report_number(max(t.customers)),
                       clientele.report_share(min(t.rate)), min(t.period)::text,
                       clientele.report_say(context, 'unit' || coalesce('.' || unit, ''))) END
    INTO data, lead
    FROM together t WHERE t.period BETWEEN 1 AND 12 AND t.rate IS NOT NULL;
    -- In percent. All cohorts of a segment together, over the periods that the data reach.
    EXECUTE $sql$SELECT jsonb_agg(jsonb_build_object('x', a.period, 'y', round((100 * a.rate)::numeric, 1), 'series', a.segment) ORDER BY a.place, a.period)
      FROM (SELECT r.period, r.rate, r.segment, dense_rank() OVER (ORDER BY r.segment_kind IN ('none', 'other'), s.customers DESC, r.segment COLLATE "C") AS place
            FROM (SELECT x.segment, x.segment_kind, x.period,
                         CASE WHEN $2 IS NULL THEN max(x.rate) FILTER (WHERE x.cohort IS NULL)
                              ELSE sum(x.returned) FILTER (WHERE x.cohort + (x.period + 1) * ('1 ' || $2)::interval <= $3 + interval '1 day')
                                   / nullif(sum(x.customers) FILTER (WHERE x.cohort + (x.period + 1) * ('1 ' || $2)::interval <= $3 + interval '1 day'), 0)::double precision
                         END AS rate
                  FROM clientele_bi.retention x WHERE x.question = $1 AND x.latest AND x.segment_kind <> 'all' AND x.period <= 12 GROUP BY 1, 2, 3) r
            JOIN (SELECT m.segment, m.segment_kind, max(m.customers) AS customers FROM clientele_bi.retention m
                  WHERE m.question = $1 AND m.latest AND m.cohort IS NULL GROUP BY 1, 2) s USING (segment, segment_kind)
            WHERE r.rate IS NOT NULL) a
      WHERE a.place <= 8 AND EXISTS (SELECT FROM clientele_bi.retention v WHERE v.question = $1 AND v.latest AND v.segment_kind = 'value')$sql$
      INTO curves USING question ->> 'question', unit, (context ->> 'until')::date;
    body := body || clientele.report_question(question, lead,
      clientele.report_figure('retention', data, clientele.report_plain(context, 'retention.cohorts'), NULL, context, jsonb_build_object('id', (question ->> 'id') || '-picture'))
      || clientele.report_figure('curve', curves, clientele.report_plain(context, 'retention.curves', question ->> 'shown_by'), NULL, context,
           jsonb_build_object('id', (question ->> 'id') || '-curves', 'x_label', ltrim(context #>> ARRAY['words', 'unit' || coalesce('.' || unit, '')], '个'),
             'y_label', '%')),
      rows, statement, context);
  END LOOP;
  RETURN CASE WHEN body <> '' THEN clientele.report_part('retention', clientele.report_say(context, 'section.retention'), NULL, body) END;
END $$;
COMMENT ON FUNCTION report_retention(jsonb) IS
  'Returns the section of a report on saved questions about retention; a part of report().';

CREATE FUNCTION report_model(model text, context jsonb) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(context #>> ARRAY['words', 'model.' || model], replace(model, '_', ' '))
$$;
COMMENT ON FUNCTION report_model(text, jsonb) IS
  'Returns the name of a model of attribution in the language of a report; a part of report().';

CREATE FUNCTION report_attribution(context jsonb) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  question jsonb;
  statement text;
  rows json;
  data jsonb;
  drills jsonb;
  used text;
  lead text;
  body text := '';
BEGIN
  FOR question IN SELECT a FROM clientele.report_asked('{attribution}', context) a LOOP
    statement := clientele.report_answer('a.model, a.channel, a.conversions, a.value, a.share, a.removal_effect', 'attribution',
                   question ->> 'question', 'a.segment_kind = ''all''', 'a.model COLLATE "C", a.share DESC, a.channel COLLATE "C"');
    rows := clientele.report_rows(statement);
    -- The sentence and the breakdown use the model that takes most into account.
    used := (SELECT m.model FROM (SELECT DISTINCT r ->> 'model' AS model FROM json_array_elements(rows) e (r)) m
             ORDER BY array_position('{shapley,shapley_rate,markov,position_decay,position,time_decay,linear,last_non_direct,last}', regexp_replace(m.model, '_[0-9]+$', '')), m.model COLLATE "C" LIMIT 1);
    SELECT jsonb_agg(jsonb_build_object('label', c.channel, 'value', c.share, 'group', clientele.report_model(c.model, context), 'href', format('#%s-c%s', question ->> 'id', c.place)) ORDER BY c.place, c.model_place)
    INTO data
    FROM (SELECT coalesce(r ->> 'channel', context #>> '{words,no_touch}') AS channel, r -> 'share' AS share, r ->> 'model' AS model, p.place,
                 dense_rank() OVER (ORDER BY r ->> 'model' <> used, array_position('{shapley,markov,last,first,linear}', regexp_replace(r ->> 'model', '_[0-9]+$', '')), r ->> 'model') AS model_place
          FROM json_array_elements(rows) e (r)
          JOIN (SELECT x ->> 'channel' AS channel, row_number() OVER (ORDER BY x ->> 'channel' IS NULL, (x ->> 'share')::double precision DESC NULLS LAST, x ->> 'channel' COLLATE "C") AS place
                FROM json_array_elements(rows) y (x) WHERE x ->> 'model' = used) p ON p.channel IS NOT DISTINCT FROM r ->> 'channel') c
    WHERE c.place <= 10 AND c.model_place <= 3;
    lead := (SELECT clientele.report_say(context, 'attribution.lead', clientele.html_name(r ->> 'channel'),
                      clientele.report_share((r ->> 'share')::double precision), clientele.html_name(clientele.report_model(used, context)))
             FROM json_array_elements(rows) e (r) WHERE r ->> 'model' = used AND r ->> 'channel' IS NOT NULL AND (r ->> 'share')::double precision > 0
             ORDER BY (r ->> 'share')::double precision DESC NULLS LAST, r ->> 'channel' COLLATE "C" LIMIT 1);
    lead := nullif(concat_ws(clientele.report_say(context, 'space'), lead,
      (SELECT clientele.report_say(context, 'attribution.untouched', clientele.report_share((r ->> 'share')::double precision))
       FROM json_array_elements(rows) e (r) WHERE r ->> 'model' = used AND r ->> 'channel' IS NULL AND (r ->> 'share')::double precision > 0 LIMIT 1)), '');
    EXECUTE $sql$SELECT jsonb_agg(jsonb_build_object('key', 'c' || d.place, 'label', d.channel, 'first', d.place = 1, 'html',
          clientele.report_figure('bars', d.bars, clientele.report_plain($3, 'attribution.segment', $4, clientele.report_model($2, $3)) || ($3 #>> '{words,colon}') || left(d.channel, 60), NULL, $3,
            jsonb_build_object('id', $5 || '-b' || d.place, 'format', 'percent'))) ORDER BY d.place)
        FROM (SELECT c.place, coalesce(c.channel, $3 #>> '{words,no_touch}') AS channel, jsonb_agg(jsonb_build_object('label', clientele.report_segment(a.segment, a.q_value), 'value', a.share)
                       ORDER BY a.segment_kind IN ('none', 'other'), a.share DESC NULLS LAST, a.segment COLLATE "C") FILTER (WHERE a.share IS NOT NULL) AS bars
              FROM (SELECT channel, row_number() OVER (ORDER BY channel IS NULL, share DESC NULLS LAST, channel COLLATE "C") AS place
                    FROM clientele_bi.attribution WHERE question = $1 AND latest AND segment_kind = 'all' AND model = $2) c
              JOIN clientele_bi.attribution a ON a.question = $1 AND a.latest AND a.segment_kind <> 'all' AND a.model = $2 AND a.channel IS NOT DISTINCT FROM c.channel
              WHERE c.place <= 10 AND EXISTS (SELECT FROM clientele_bi.attribution v WHERE v.question = $1 AND v.latest AND v.segment_kind = 'value')
              GROUP BY c.place, c.channel) d$sql$
      INTO drills USING question ->> 'question', used, context, question ->> 'shown_by', question ->> 'id';
    IF drills IS NULL THEN
      data := (SELECT jsonb_agg(d - 'href' ORDER BY o) FROM jsonb_array_elements(data) WITH ORDINALITY e (d, o));
    END IF;
    body := body || clientele.report_question(question, lead,
      '<div class="columns">' || clientele.report_figure('bars', data, clientele.report_plain(context, 'attribution.picture'), NULL, context,
        jsonb_build_object('id', (question ->> 'id') || '-picture', 'format', 'percent'))
      || coalesce(clientele.report_drills(question, drills, context), '') || '</div>', rows, statement, context);
  END LOOP;
  RETURN CASE WHEN body <> '' THEN clientele.report_part('attribution', clientele.report_say(context, 'section.attribution'), NULL, body) END;
END $$;
COMMENT ON FUNCTION report_attribution(jsonb) IS
  'Returns the section of a report on saved questions about attribution, with each channel by all segments; a part of report().';

CREATE FUNCTION report_answers(context jsonb) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  question jsonb;
  statement text;
  rows json;
  body text := '';
BEGIN
  FOR question IN SELECT a FROM clientele.report_asked('{activity,counts,answers}', context) a LOOP
    statement := CASE question ->> 'kind'
      WHEN 'activity' THEN clientele.report_answer('a.period, a.segment, a.active, a.new, a."returning", a.resurrected, a.dormant, a.rolling, a.ratio, a.complete', 'activity',
        question ->> 'question', 'true', 'a.period DESC, a.segment_kind, a.active DESC, a.segment COLLATE "C"')
      WHEN 'counts' THEN clientele.report_answer('a.period, a.weekday, a.hour, a.label, a.segment, a.events, a.customers, a.sessions, a.amount', 'counts',
        question ->> 'question', 'true', 'a.period DESC, a.segment_kind, a.weekday, a.hour, a.events DESC, a.label COLLATE "C", a.segment COLLATE "C"')
      ELSE clientele.report_answer('a."row", a.at, a.label, a.segment, a.measure, a.number', 'answers', question ->> 'question', 'true',
        'a.segment_kind, a."row", a.measure COLLATE "C"') END;
    rows := clientele.report_rows(statement);
    body := body || clientele.report_question(question, NULL, clientele.report_answer_pictures(question, rows, context), rows, statement, context);
  END LOOP;
  RETURN CASE WHEN body <> '' THEN clientele.report_part('answers', clientele.report_say(context, 'section.answers'), NULL, '<div class="columns">' || body || '</div>') END;
END $$;
COMMENT ON FUNCTION report_answers(jsonb) IS
  'Returns the section of a report on saved questions about activity and counts and on SQL; a part of report().';

CREATE FUNCTION report_question_tiles(context jsonb) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  tiles text := '';
  question jsonb;
  figures record;
BEGIN
  IF NOT clientele.report_reads('{questions,funnels}') THEN
    RETURN '';
  END IF;
  FOR question IN SELECT a FROM clientele.report_asked('{funnel}', context) a LIMIT 3 LOOP
    EXECUTE $sql$SELECT a.conversion, f.customers, a.name FROM clientele_bi.funnels a
      JOIN clientele_bi.funnels f ON f.question = a.question AND f.latest AND f.segment_kind = 'all' AND f.step = 1
      WHERE a.question = $1 AND a.latest AND a.segment_kind = 'all' ORDER BY a.step DESC LIMIT 1$sql$ INTO figures USING question ->> 'question';
    IF figures.conversion IS NOT NULL THEN
      tiles := tiles || format('<li class="tile"><a href="#%s"><span class="measure">%s</span><span class="number">%s</span><span class="delta">%s</span></a></li>',
        question ->> 'id', clientele.html_name(question ->> 'question'), clientele.report_share(figures.conversion),
        clientele.report_say(context, 'glance.of', clientele.report_number(figures.customers), clientele.html_name(figures.name)));
    END IF;
  END LOOP;
  RETURN tiles;
END $$;
COMMENT ON FUNCTION report_question_tiles(jsonb) IS
  'Returns the figures of saved funnels for the top of a report; a part of report().';
