-- SPDX-License-Identifier: PostgreSQL
-- The sections on customers: their value, their tags and their ways.

CREATE FUNCTION report_value(context jsonb) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  statement CONSTANT text := $sql$SELECT r.r AS recency, r.f AS frequency, r.segment, r.tier, count(*) AS customers, sum(r.monetary) AS amount
FROM clientele_bi.rfm r GROUP BY r.r, r.f, r.segment, r.tier ORDER BY customers DESC, r.r DESC, r.f DESC, r.segment$sql$;
  rows json;
  grid jsonb;
  tiers jsonb;
  segments jsonb;
  lead text;
BEGIN
  rows := clientele.report_rows(statement);
  IF json_array_length(rows) = 0 THEN
    RETURN NULL;
  END IF;
  SELECT jsonb_agg(jsonb_build_object('x', g.r, 'y', g.f, 'value', coalesce(v.customers, 0)) ORDER BY g.f DESC, g.r) INTO grid
  FROM (SELECT r, f FROM generate_series(1, 5) r, generate_series(1, 5) f) g
  LEFT JOIN (SELECT (x ->> 'recency')::integer AS r, (x ->> 'frequency')::integer AS f, sum((x ->> 'customers')::bigint) AS customers
             FROM json_array_elements(rows) e (x) GROUP BY 1, 2) v USING (r, f);
  SELECT jsonb_agg(jsonb_build_object('label', t.tier, 'value', t.customers) ORDER BY array_position('{high value,potential,basic,at risk}', t.tier), t.tier) INTO tiers
  FROM (SELECT x ->> 'tier' AS tier, sum((x ->> 'customers')::bigint) AS customers FROM json_array_elements(rows) e (x) WHERE x ->> 'tier' IS NOT NULL GROUP BY 1) t;
  SELECT jsonb_agg(jsonb_build_object('label', t.segment, 'value', t.customers) ORDER BY t.customers DESC, t.segment) INTO segments
  FROM (SELECT x ->> 'segment' AS segment, sum((x ->> 'customers')::bigint) AS customers FROM json_array_elements(rows) e (x) WHERE x ->> 'segment' IS NOT NULL GROUP BY 1
        ORDER BY 2 DESC, 1 LIMIT 20) t;
  SELECT clientele.report_say(context, 'value.lead', clientele.report_number(sum(c.customers)),
           clientele.report_share(coalesce(sum(c.customers) FILTER (WHERE c.tier IN ('high value', '高价值')), 0)::double precision / nullif(sum(c.customers), 0)::double precision),
           clientele.report_share(coalesce(sum(c.customers) FILTER (WHERE c.tier IN ('at risk', '流失风险')), 0)::double precision / nullif(sum(c.customers), 0)::double precision))
  INTO lead FROM (SELECT x ->> 'tier' AS tier, (x ->> 'customers')::numeric AS customers FROM json_array_elements(rows) e (x)) c;
  RETURN clientele.report_part('value', clientele.report_say(context, 'section.value'), lead,
    '<div class="columns"><div>'
    || clientele.report_figure('grid', grid, context #>> '{words,value.grid}', NULL, context,
         jsonb_build_object('id', 'value-grid', 'x_label', context #>> '{words,value.recency}', 'y_label', context #>> '{words,value.frequency}'))
    || clientele.report_figure('bars', tiers, context #>> '{words,value.tiers}', NULL, context, '{"id": "value-tiers"}') || '</div>'
    || clientele.report_figure('bars', segments, context #>> '{words,value.segments}', NULL, context, '{"id": "value-segments"}') || '</div>'
    || clientele.report_details(clientele.report_say(context, 'how'), '<p>' || clientele.report_say(context, 'value.how') || '</p>', 'how')
    || clientele.report_sources('value', rows, statement, clientele.report_say(context, 'section.value'), context));
END $$;
COMMENT ON FUNCTION report_value(jsonb) IS
  'Returns the section of a report on recency, frequency, segments and tiers; a part of report().';

CREATE FUNCTION report_tags(context jsonb) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  statement CONSTANT text := $sql$SELECT t.tag, t.family, t.description, t.customers, t.share, t.refreshed_at, t.error
FROM clientele_bi.tag_coverage t ORDER BY t.share DESC NULLS LAST, t.tag COLLATE "C"$sql$;
  family_statement CONSTANT text := $sql$SELECT f.family, f.tags, f.customers, f.share
FROM clientele_bi.tag_family_coverage f ORDER BY f.family = 'all' DESC, f.share DESC, f.family$sql$;
  rows CONSTANT json := clientele.report_rows(statement);
  families CONSTANT json := clientele.report_named(clientele.report_rows(family_statement), 'family', 'family.', context);
  everyone bigint;
  failed text;
  n_failed bigint;
  reached bigint;
  n_everyone bigint;
BEGIN
  IF json_array_length(rows) = 0 THEN
    RETURN NULL;
  END IF;
  EXECUTE 'SELECT max(t.all_customers) FROM clientele_bi.tag_coverage t' INTO everyone;
  EXECUTE 'SELECT max(f.customers) FROM clientele_bi.tag_family_coverage f WHERE f.family = ''all''' INTO reached;
  SELECT count(*), string_agg(clientele.html_name(r ->> 'tag'), clientele.report_say(context, 'list_comma') ORDER BY o) FILTER (WHERE n <= 5)
  INTO n_failed, failed
  FROM (SELECT r, o, row_number() OVER (ORDER BY o) AS n FROM json_array_elements(rows) WITH ORDINALITY e (r, o) WHERE r ->> 'error' IS NOT NULL) f;
  -- Tags that all customers have would fill the picture, all with the same bar.
  SELECT CASE WHEN count(*) FILTER (WHERE c.customers = reached) > 3 AND count(*) FILTER (WHERE c.customers < reached) > 3
              THEN count(*) FILTER (WHERE c.customers = reached) ELSE 0 END INTO n_everyone
  FROM (SELECT (r ->> 'customers')::bigint AS customers FROM json_array_elements(rows) e (r)) c;
  RETURN clientele.report_part('tags', clientele.report_say(context, 'section.tags'),
    clientele.report_say(context, 'tags.lead', clientele.report_number(json_array_length(rows)), clientele.report_number(coalesce(reached, 0)),
      clientele.report_number(coalesce(everyone, 0)))
    || CASE WHEN n_failed > 0 THEN clientele.report_say(context, 'space') || clientele.report_say(context, 'tags.failed', n_failed::text, failed) ELSE '' END,
    '<div class="columns"><div>'
    || clientele.report_figure('bars', (SELECT jsonb_agg(jsonb_build_object('label', r ->> 'tag', 'value', r -> 'share') ORDER BY o)
                                        FROM json_array_elements(rows) WITH ORDINALITY e (r, o) WHERE o > n_everyone AND o <= n_everyone + 20 AND (r ->> 'share')::double precision > 0),
         context #>> '{words,tags.picture}', NULL, context, '{"id": "tags-picture", "format": "percent"}')
    || CASE WHEN n_everyone > 0 THEN '<p class="note">' || clientele.report_say(context, 'tags.everyone', n_everyone::text) || '</p>' ELSE '' END
    || clientele.report_sources('tags', rows, statement, clientele.report_say(context, 'section.tags'), context) || '</div><div>'
    || clientele.report_figure('bars', (SELECT jsonb_agg(jsonb_build_object('label', r ->> 'family', 'value', r -> 'share') ORDER BY o)
                                        FROM json_array_elements(families) WITH ORDINALITY e (r, o) WHERE r ->> 'share' IS NOT NULL),
         context #>> '{words,tags.families}', NULL, context, '{"id": "tags-families", "format": "percent"}')
    || clientele.report_sources('families', families, family_statement, clientele.report_say(context, 'tags.families'), context) || '</div></div>');
END $$;
COMMENT ON FUNCTION report_tags(jsonb) IS
  'Returns the section of a report on the coverage of tags; a part of report().';

CREATE FUNCTION report_journeys(context jsonb) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  audience CONSTANT text := context ->> 'audience';
  statement CONSTANT text := format($sql$SELECT m.stage, m.channel, m.customers, m.share, m.visits, m.dwell_seconds, m.dropped, m.drop_share
FROM clientele_bi.journey_map(%s) m
ORDER BY m.place, m.channel COLLATE "C" NULLS FIRST$sql$,
    concat_ws(', ', CASE WHEN audience IS NOT NULL THEN format('among => clientele.audience_of(%L)', audience) END, 'language => ' || quote_literal(context ->> 'language')));
  rows CONSTANT json := clientele.report_rows(statement);
  lead text;
BEGIN
  IF json_array_length(rows) = 0 THEN
    RETURN NULL;
  END IF;
  SELECT CASE WHEN r ->> 'channel' = ''
           THEN clientele.report_say(context, 'journeys.lead_stage', clientele.html_name(r ->> 'stage'), clientele.report_number((r ->> 'customers')::numeric))
           ELSE clientele.report_say(context, 'journeys.lead', clientele.html_name(r ->> 'stage'), clientele.html_name(r ->> 'channel'),
                  clientele.report_number((r ->> 'customers')::numeric)) END
  INTO lead FROM json_array_elements(rows) e (r) WHERE r ->> 'channel' IS NOT NULL
  ORDER BY (r ->> 'customers')::bigint DESC, r ->> 'stage' COLLATE "C", r ->> 'channel' COLLATE "C" LIMIT 1;
  RETURN clientele.report_part('journeys', clientele.report_say(context, 'section.journeys')
           || coalesce(' <small>' || clientele.html_name(audience) || '</small>', ''), lead,
    clientele.report_figure('journey_map', (
        SELECT jsonb_agg(jsonb_build_object('stage', r ->> 'stage', 'channel', r ->> 'channel', 'customers', r -> 'customers', 'dwell_seconds', r -> 'dwell_seconds',
                 'dropped', coalesce(r -> 'dropped', '0')) ORDER BY o)
        FROM json_array_elements(rows) WITH ORDINALITY e (r, o)),
      context #>> '{words,journeys.picture}', NULL, context, '{"id": "journeys-picture"}')
    || clientele.report_sources('journeys', rows, statement, clientele.report_say(context, 'section.journeys'), context));
END $$;
COMMENT ON FUNCTION report_journeys(jsonb) IS
  'Returns the section of a report with the journey map of an audience; a part of report().';
