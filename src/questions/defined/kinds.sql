-- SPDX-License-Identifier: PostgreSQL
-- What each kind of question computes: an aggregate over journeys, how its summaries are merged, and the rows of a summary.

CREATE FUNCTION question_kinds()
  RETURNS TABLE (kind text, type text, aggregate text, merge text, columns text, "from" text, tested text, tested_of text, key text, "order" text)
  LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 6 SET search_path = pg_catalog, pg_temp AS $kinds$
  VALUES
    ('funnel', 'funnel_def', 'funnel', 'funnel_merge',
     'r.step, r.name, r.customers, r.conversion, r.conversion_low, r.conversion_high, r.step_conversion, r.step_conversion_low,
      r.step_conversion_high, extract(epoch FROM r.median_time)::double precision AS median_seconds,
      extract(epoch FROM r.p90_time)::double precision AS p90_seconds',
     'clientele.funnel_steps(s.summary) r',
     'CASE WHEN r.step > 1 THEN r.customers END', 'first_value(r.customers) OVER (PARTITION BY s.k ORDER BY r.step)', 'r.step',
     'r.step'),
    ('retention', 'retention_def', 'retention_table', 'retention_merge',
     'r.cohort, r.period, r.last_period, r.customers, r.returned, r.rate, r.rate_low, r.rate_high, r.amount, r.complete',
     '(SELECT NULL::timestamptz AS cohort, c.period, c.last_period, c.customers, c.returned, c.rate, c.low AS rate_low, c.high AS rate_high,
              NULL::numeric AS amount, true AS complete
       FROM clientele.retention_curve(s.summary) c
       UNION ALL
       SELECT p.cohort, p.period, p.last_period, p.customers, p.returned, p.rate, p.rate_low, p.rate_high, p.amount, p.complete
       FROM clientele.retention_periods(s.summary) p) r',
     'r.returned', 'r.customers', 'r.cohort, r.period', 'r.cohort NULLS FIRST, r.period'),
    ('path_links', 'path_def', 'path_links_summary', 'path_links_merge',
     'r.step, r.source, r.target, r.customers, r.paths, r.share, r.source_share, extract(epoch FROM r.median_time)::double precision AS median_seconds',
     'unnest(clientele.path_links_final(s.summary)) WITH ORDINALITY r',
     'r.customers', 's.n', 'r.step, r.source, r.target', 'r.ordinality'),
    ('attribution', 'attribution_def', 'attribution', 'attribution_merge',
     'r.model, r.channel, r.conversions, r.value, r.share, r.removal_effect',
     'clientele.attribution_credits(s.summary) WITH ORDINALITY r',
     $$CASE WHEN r.model IN ('first', 'last', 'last_non_direct') THEN round(r.conversions)::bigint END$$,
     'round(sum(r.conversions) OVER (PARTITION BY s.k, r.model))::bigint', 'r.model, r.channel', 'r.ordinality'),
    ('activity', 'activity_def', 'activity', 'activity_merge',
     'r.period, r.new, r."returning", r.resurrected, r.dormant, r.active, r.rolling, r.ratio, r.complete',
     '(SELECT period, coalesce(l.new, 0) AS new, coalesce(l."returning", 0) AS "returning", coalesce(l.resurrected, 0) AS resurrected,
              coalesce(l.dormant, 0) AS dormant, coalesce(a.active, l.active) AS active, a.rolling, a.ratio, coalesce(a.complete, l.complete) AS complete
       FROM clientele.lifecycle_periods(s.summary) l FULL JOIN clientele.active_periods(s.summary) a USING (period)) r',
     'r.active', 's.n', 'r.period', 'r.period'),
    ('counts', 'counts_def', 'event_counts', 'counts_merge',
     'r.period, r.weekday, r.hour, r.label, r.events, r.customers, r.amount, r.sessions',
     'clientele.count_periods(s.summary) WITH ORDINALITY r',
     'r.customers', 's.n', 'r.period, r.weekday, r.hour, r.event_type_id, r.channel, r.event, r.value',
     'r.ordinality')
$kinds$;
COMMENT ON FUNCTION question_kinds() IS
  'Lists the kinds of saved questions over journeys, with the SQL that answers them; a part of ask_question().
s is a segment with its summary and n customers. tested: how many of tested_of the test of significance compares with those of all customers
in the row of the same key.';

CREATE FUNCTION zoned_definition(kind text, definition text, zone text) RETURNS text
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN CASE WHEN kind IN ('retention', 'activity', 'counts') OR kind = 'funnel' AND definition::jsonb ? 'natural_day'
              THEN (jsonb_build_object('time_zone', zone) || definition::jsonb)::text ELSE definition END;
EXCEPTION WHEN data_exception THEN
  RETURN definition;  -- written by hand; its error shows when it is answered
END $$;
COMMENT ON FUNCTION zoned_definition(text, text, text) IS
  'Gives a definition the time zone of the store where it has none, so that its answer does not depend on that of a session.';

CREATE FUNCTION question_sql(kind text, definition text, of text, by text, top integer, language text, zone text) RETURNS text
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET quote_all_identifiers = off AS $$
DECLARE
  what record;
  call text;
BEGIN
  IF kind = 'answers' THEN
    RETURN definition;
  END IF;
  SELECT k.* INTO what FROM clientele.question_kinds() k WHERE k.kind = question_sql.kind;
  call := format('clientele.%I(j.journey, %L::clientele.%I)', what.aggregate, clientele.zoned_definition(kind, definition, zone), what.type);
  RETURN format('SELECT s.segment, s.segment_kind, %s
FROM (
  SELECT g.segment, g.segment_kind, count(*) AS n, %s AS summary
  FROM clientele_data.journeys j
  JOIN clientele.question_segments(%s) g USING (customer_id)
  GROUP BY g.segment, g.segment_kind) s
CROSS JOIN LATERAL %s',
                what.columns, call,
                concat_ws(', ', format('of => %L', of), format('by => %L', by), format('top => %s', top), format('language => %L', language)),
                what."from");
END $$;
COMMENT ON FUNCTION question_sql(text, text, text, text, integer, text, text) IS
  'Writes a statement that returns the rows of a saved question, without the tests of significance; a part of clientele_bi.questions.';
