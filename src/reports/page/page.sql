-- SPDX-License-Identifier: PostgreSQL
-- The page itself. It has no script, loads nothing, and its Content-Security-Policy allows nothing but its own style.

CREATE FUNCTION report_sections()
  RETURNS TABLE (place integer, section text, reads text[])
  LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 19 SET search_path = pg_catalog, pg_temp AS $$
  VALUES
    (1, 'glance', '{daily_activity,event_counts(clientele.counts_def)}'::text[]),
    (2, 'activity', '{daily_activity,event_counts(clientele.counts_def)}'),
    (3, 'week', '{event_counts(clientele.counts_def)}'),
    (4, 'funnels', '{questions,funnels}'),
    (5, 'paths', '{questions,path_links}'),
    (6, 'retention', '{questions,retention}'),
    (7, 'attribution', '{questions,attribution}'),
    (8, 'value', '{rfm}'),
    (9, 'models', '{models}'),
    (10, 'tags', '{tag_coverage,tag_family_coverage}'),
    (11, 'journeys', '{"journey_map(clientele.audience,text[],text,text)"}'),
    (12, 'answers', '{questions,activity,counts,answers}'),
    (13, 'warnings', '{warnings,warning_levels,warning_history,warning_quality}'),
    (14, 'alerts', '{alerts,metrics,metric_values}'),
    (15, 'effects', '{campaign_effects}'),
    (16, 'satisfaction', '{satisfaction,satisfaction_by_segment,complaints}'),
    (17, 'pain_points', '{feedback_classes,pain_points}'),
    (18, 'points', '{points_liability,points_tiers,points_flow}'),
    (30, 'quality', '{}')
$$;
COMMENT ON FUNCTION report_sections() IS
  'Lists the sections of report() in their order, and the views and functions of clientele_bi that each reads.';

CREATE FUNCTION report_reads(names text[]) RETURNS boolean
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT has_schema_privilege('clientele_bi', 'USAGE')
    AND NOT EXISTS (
      SELECT FROM unnest(names) n (name)
      CROSS JOIN LATERAL (SELECT CASE WHEN n.name LIKE '%(%' THEN to_regprocedure('clientele_bi.' || n.name) END AS function,
                                 CASE WHEN n.name NOT LIKE '%(%' THEN to_regclass('clientele_bi.' || n.name) END AS view) o
      WHERE NOT coalesce(CASE WHEN n.name LIKE '%(%'
        THEN has_function_privilege(o.function, 'EXECUTE') AND (SELECT clientele.trusts(p.proowner) FROM pg_proc p WHERE p.oid = o.function)
        ELSE has_table_privilege(o.view, 'SELECT') AND (SELECT clientele.trusts(c.relowner) FROM pg_class c WHERE c.oid = o.view) END, false))
$$;
COMMENT ON FUNCTION report_reads(text[]) IS
  'Returns whether you may use all of these views and functions of clientele_bi, and trust their owners; a part of report().';

CREATE FUNCTION report(
    title text DEFAULT NULL, questions text[] DEFAULT NULL, language text DEFAULT NULL, sections text[] DEFAULT NULL,
    days integer DEFAULT 28, until date DEFAULT NULL, audience text DEFAULT NULL) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL UNSAFE COST 1000000
  SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET extra_float_digits = 1
  SET bytea_output = 'hex' SET array_nulls = on SET quote_all_identifiers = off SET jit = off AS $$
#variable_conflict use_variable
DECLARE
  settings record;
  zone text;
  first_day date;
  last_day date;
  context jsonb;
  part record;
  html text;
  body text := '';
  contents text := '';
  missing text := '';
  style CONSTANT text := clientele.report_style();
  unknown text[];
  own text := '*';
  version CONSTANT text := (SELECT e.extversion FROM pg_extension e WHERE e.extname = 'clientele');
BEGIN
  PERFORM clientele.require_bi_view('store');
  IF NOT clientele.report_reads('{store}') THEN
    RAISE EXCEPTION 'permission denied to read clientele_bi.store' USING ERRCODE = 'insufficient_privilege',
      HINT = 'CALL clientele.grant_bi(role), as the owner of the store, gives the rights.';
  END IF;
  EXECUTE 'SELECT s.time_zone, s.language FROM clientele_bi.store s' INTO settings;
  zone := coalesce(settings.time_zone, 'UTC');
  language := coalesce(language, settings.language);
  IF language NOT IN ('en', 'zh') THEN
    RAISE EXCEPTION 'language must be en or zh, not "%"', left(language, 100) USING ERRCODE = 'invalid_parameter_value';
  ELSIF days IS NULL OR days NOT BETWEEN 1 AND 366 THEN
    RAISE EXCEPTION 'days must be from 1 to 366, not %', coalesce(days::text, 'NULL') USING ERRCODE = 'invalid_parameter_value';
  ELSIF NOT coalesce(isfinite(until) AND until BETWEEN '1900-01-01' AND '2999-12-31', true) THEN
    RAISE EXCEPTION 'until must be a day from 1900 to 2999, not %', until USING ERRCODE = 'invalid_parameter_value';
  END IF;
  unknown := ARRAY(SELECT s.name FROM unnest(sections) s (name) WHERE s.name IS NULL OR s.name NOT IN (SELECT r.section FROM clientele.report_sections() r));
  IF unknown <> '{}' THEN
    RAISE EXCEPTION 'section "%" does not exist', coalesce(left(unknown[1], 100), 'NULL') USING ERRCODE = 'invalid_parameter_value',
      HINT = 'The sections are ' || (SELECT string_agg(r.section, ', ' ORDER BY r.place) FROM clientele.report_sections() r) || '.';
  END IF;
  IF questions IS NOT NULL AND clientele.report_reads('{questions}') THEN
    EXECUTE 'SELECT array_agg(n.name) FROM unnest($1) n (name) WHERE NOT EXISTS (SELECT FROM clientele_bi.questions q WHERE q.question = n.name)'
      INTO unknown USING questions;
    IF unknown <> '{}' THEN
      RAISE EXCEPTION 'question "%" does not exist', coalesce(left(unknown[1], 100), 'NULL') USING ERRCODE = 'undefined_object',
        HINT = 'clientele_bi.questions lists the saved questions.';
    END IF;
  END IF;
  IF audience IS NOT NULL THEN
    PERFORM audience::clientele.tag_query;
  END IF;
  PERFORM set_config('TimeZone', zone, true);

  IF clientele.report_reads('{daily_activity}') THEN
    EXECUTE 'SELECT min(a.day), max(a.day) FROM clientele_bi.daily_activity a WHERE a.day <= $1' INTO first_day, last_day
      USING coalesce(until, (now() AT TIME ZONE zone)::date);
  END IF;
  -- What customers did themselves, as far as the names of events say it.
  IF has_schema_privilege(to_regnamespace('clientele_data'), 'USAGE') AND has_table_privilege(to_regclass('clientele_data.event_types'), 'SELECT') THEN
    own := clientele.selector_complement(nullif(concat_ws('|', clientele.starter_selector('passive'), clientele.starter_selector('promotion')), ''));
  END IF;
  context := jsonb_build_object('language', language, 'zone', zone, 'days', days, 'until', last_day, 'since', greatest(first_day, last_day - 399), 'own', own,
    'questions', questions, 'audience', audience, 'words', clientele.report_words(language));
  FOR part IN
    SELECT r.* FROM clientele.report_sections() r WHERE sections IS NULL OR r.section = ANY (sections)
    ORDER BY array_position(sections, r.section), r.place
  LOOP
    html := NULL;
    IF clientele.report_reads(part.reads) THEN
      EXECUTE format('SELECT clientele.%I($1)', 'report_' || part.section) INTO html USING context;
    END IF;
    IF html IS NULL THEN
      missing := missing || format('<li><b>%s</b>%s%s</li>', clientele.report_say(context, 'section.' || part.section), clientele.report_say(context, 'colon'),
        CASE WHEN clientele.report_reads(part.reads) THEN clientele.report_say(context, 'needs.' || part.section)
             ELSE clientele.report_say(context, 'needs_rights', (SELECT string_agg(regexp_replace('clientele_bi.' || n, '[(].*', ''), ', ') FROM unnest(part.reads) n)) END);
    ELSE
      body := body || html;
      contents := contents || format('<li><a href="#%s">%s</a></li>', part.section, clientele.report_say(context, 'section.' || part.section));
    END IF;
  END LOOP;
  IF missing <> '' THEN
    body := body || clientele.report_part('not-shown', clientele.report_say(context, 'not_shown'), clientele.report_say(context, 'not_shown_lead'),
                      '<ul class="missing">' || missing || '</ul>');
  END IF;

  title := coalesce(nullif(btrim(title), ''), clientele.report_say(context, 'title'));
  RETURN format(
$html$<!DOCTYPE html>
<html lang="%1$s">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-%2$s'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="clientele %3$s">
<link rel="icon" href="data:,">
<title>%4$s</title>
<style>%5$s</style>
</head>
<body>
<a class="skip" href="#main">%6$s</a>
<header class="top">
<h1>%4$s</h1>
<p class="made">%7$s</p>
%8$s</header>
<main id="main">
%9$s%10$s</main>
<footer class="foot"><p>%11$s</p></footer>
</body>
</html>
$html$,
    CASE language WHEN 'zh' THEN 'zh-CN' ELSE 'en' END, encode(sha256(convert_to(style, 'UTF8')), 'base64'), version,
    clientele.html_text(left(title, 500)), style, clientele.report_say(context, 'skip'),
    CASE WHEN last_day IS NULL
      THEN clientele.report_say(context, 'made_empty', clientele.html_text(zone), clientele.report_date((now() AT TIME ZONE zone)::date, language))
      ELSE clientele.report_say(context, 'made', clientele.report_date(last_day, language), clientele.html_text(zone),
             clientele.report_date((now() AT TIME ZONE zone)::date, language)) END,
    CASE WHEN contents = '' THEN ''
         ELSE format(E'<nav class="contents" aria-label="%s"><ul>%s</ul></nav>\n', clientele.report_say(context, 'contents'), contents) END,
    CASE WHEN last_day IS NULL THEN '<p class="lead">' || clientele.report_say(context, 'empty') || E'</p>\n' ELSE '' END,
    body, clientele.report_say(context, 'footer', version));
END $$;
COMMENT ON FUNCTION report(text, text[], text, text[], integer, date, text) IS
  'Makes the report page: one HTML file with pictures of what customers do, each with a table and the SQL behind it.
It loads nothing and has no script, so it can be opened from a disk, sent by mail, and printed. It reads views and functions of
clientele_bi and the names of event types, with the rights
of its caller; what the caller may not read is left out and listed at the end, as is what has no data yet.
title: NULL means a general one. questions: the saved questions to show; NULL means all. language: en or zh; NULL means that of the store.
sections: some of those of report_sections(), in this order; NULL means all. days: how many days the figures at the top are of, beside as
many before. until: the last day; NULL means the last one with events, but not after the present. audience: a tag query, whose journey map
is shown; NULL means all customers.
Errors: 22023 for another language or number of days and for a section that does not exist; 42704 for a question or a tag that does not
exist; 42P01 without a store; 42501 without the right to read clientele_bi.store, or if the owner of clientele_bi is not trusted.';
