-- SPDX-License-Identifier: PostgreSQL
-- Metrics that suit any store.

CREATE FUNCTION starter_metrics(
    language text DEFAULT 'en', OUT metric text, OUT kind text, OUT rule text, OUT number text, OUT per text, OUT needs text, OUT direction text,
    OUT description text)
  RETURNS SETOF record
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 8 SET search_path = pg_catalog, pg_temp AS $metrics$
  SELECT CASE $1 WHEN 'zh' THEN s.zh ELSE s.en END, s.kind, s.rule, s.number, s.per, s.needs, s.direction,
         CASE $1 WHEN 'zh' THEN s.zh_description ELSE s.en_description END
  FROM (VALUES
    ('Events', '事件数', 'selector', '*', 'events', NULL, NULL, 'both', 'How much happens at all.', '发生的全部事件数'),
    ('Active customers', '活跃客户数', 'selector', '{own}', 'customers', NULL, NULL, 'both',
     'How many customers do something themselves.', '主动产生行为的客户数'),
    ('Purchases', '订单数', 'selector', '{purchase}', 'events', NULL, 'purchase', 'both', 'How many purchases there are.', '购买次数'),
    ('Sales', '销售额', 'selector', '{purchase}', 'amount', NULL, 'purchase', 'both', 'The amount of the purchases.', '购买金额'),
    ('Conversion', '转化率', 'selector', '{purchase}', 'customers', '{own}', 'purchase', 'both',
     'Which share of the active customers buys.', '活跃客户中购买的比例'),
    ('Complaints', '投诉数', 'selector', '{complaint}', 'events', NULL, 'complaint', 'up', 'How many complaints there are.', '投诉次数'),
    ('Returns', '退货数', 'selector', '{return}', 'events', NULL, 'return', 'up', 'How many returns there are.', '退货次数'),
    ('Rejected rows', '拒绝行占比', 'load', '*', 'rejected', NULL, NULL, 'up',
     'Which share of the rows of all sources could not be used.', '各来源中无法使用的数据行的比例')
  ) AS s (en, zh, kind, rule, number, per, needs, direction, en_description, zh_description)
$metrics$;
COMMENT ON FUNCTION starter_metrics(text) IS
  'Lists the metrics that define_starter_metrics() defines.
language: en or zh, for names and descriptions. {purchase} and the like stand for the events that play that role in the store, {own} for
what customers do themselves. needs: the role without which the metric is left out. direction: which differences count.';

CREATE FUNCTION define_starter_metrics(
    purchase text DEFAULT NULL, complaint text DEFAULT NULL, return text DEFAULT NULL, passive text DEFAULT NULL, promotion text DEFAULT NULL,
    grain interval DEFAULT NULL, language text DEFAULT NULL)
  RETURNS TABLE (metric text, kind text, description text)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 8 SET search_path = pg_catalog, pg_temp SET IntervalStyle = 'postgres' AS $$
#variable_conflict use_variable
DECLARE
  given jsonb := jsonb_strip_nulls(jsonb_build_object('purchase', purchase, 'complaint', complaint, 'return', return, 'passive', passive,
                                                      'promotion', promotion));
  found jsonb;
  one record;
  newest timestamptz;
BEGIN
  PERFORM clientele.require_store('metrics', 'INSERT'), clientele.require_store('journeys'), clientele.require_store('event_types');
  language := coalesce(language, clientele.store_language());
  IF language NOT IN ('en', 'zh') THEN
    RAISE EXCEPTION 'starter metrics in language "%" do not exist', left(language, 100) USING ERRCODE = 'invalid_parameter_value',
      HINT = 'The languages are en and zh.';
  END IF;
  PERFORM clientele.event_types_matching(g.value) FROM jsonb_each_text(given) g;
  found := (SELECT jsonb_strip_nulls(jsonb_object_agg(r.role, coalesce(given ->> r.role, clientele.starter_selector(r.role))))
            FROM clientele.starter_roles() r);
  found := found || jsonb_build_object('own',
    clientele.selector_complement(nullif(concat_ws('|', found ->> 'promotion', found ->> 'passive'), '')));
  IF grain IS NULL THEN
    -- Hours, if an hour has enough events.
    newest := (SELECT max(clientele.last_at(j.journey)) FROM clientele_data.journeys j);
    grain := CASE WHEN (SELECT sum(clientele.event_count(clientele.journey_slice(j.journey, newest - interval '672 hours', NULL)))
                        FROM clientele_data.journeys j) >= 672 * 20 THEN interval '1 hour' ELSE interval '1 day' END;
  END IF;
  FOR one IN SELECT s.* FROM clientele.starter_metrics(language) s WHERE s.needs IS NULL OR found ? s.needs LOOP
    metric := one.metric;
    kind := one.kind;
    description := one.description;
    PERFORM clientele.define_metric(metric, CASE WHEN one.rule ~ '^[{]' THEN found ->> btrim(one.rule, '{}') ELSE one.rule END, kind,
      grain => grain, number => one.number, per => found ->> btrim(one.per, '{}'),
      judge => clientele.anomaly_def(season => '7 days', grain => make_interval(secs => extract(epoch FROM grain)),
                                     scales => CASE WHEN grain < '1 day' THEN '{1,6}'::integer[] ELSE '{1}'::integer[] END, direction => one.direction),
      missing_after => CASE WHEN kind = 'load' THEN 1000 ELSE 3 END, description => description);
    RETURN NEXT;
  END LOOP;
END $$;
COMMENT ON FUNCTION define_starter_metrics(text, text, text, text, text, interval, text) IS
  'Defines metrics that suit any store, and lists them: events, active customers, purchases, sales, conversion, complaints, returns and
rejected rows; check_metrics() then raises alerts.
purchase and so on are selectors of the events that play these roles, as for define_starter_tags(); one that is NULL is found by its usual
names, and a metric whose events the store does not have is left out. grain: NULL takes an hour if the store has 20 events an hour in its
last four weeks, otherwise a day. Call it again when the store has new kinds of events; the metrics get their definitions again, also
those that you changed. language: en or zh, for names and descriptions; NULL takes that of the store.
Errors: 42704 for an unknown event in a selector that is given, 22023 for another language or grain, 42P01 without a store, 42501 without
the right to change clientele_data.metrics.';
