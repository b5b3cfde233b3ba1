-- SPDX-License-Identifier: PostgreSQL
-- Questions that suit any store, as a list. define_starter_questions() replaces {word} in a definition.

CREATE FUNCTION starter_questions(
    language text DEFAULT 'en', OUT question text, OUT kind text, OUT definition text, OUT needs text[], OUT by text[], OUT description text)
  RETURNS SETOF record
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 18 SET search_path = pg_catalog, pg_temp AS $questions$
  SELECT CASE $1 WHEN 'zh' THEN s.zh ELSE s.en END, s.kind, s.definition, s.needs::text[], s.by::text[],
         CASE $1 WHEN 'zh' THEN s.zh_description ELSE s.en_description END
  FROM (VALUES
    ('Purchase funnel', '购买漏斗', 'funnel', $$funnel_def(array_remove(ARRAY[{view}, {cart}, {purchase}], NULL), within => '7 days')$$,
     '{purchase,view|cart}', '{place,basic.first_channel,basic.lifecycle}',
     'How many customers look, put into the cart and buy, within a week.', '一周内浏览、加购、购买的客户数'),
    ('Search funnel', '搜索漏斗', 'funnel', $$funnel_def(array_remove(ARRAY[{search}, {view}, {purchase}], NULL), within => '7 days')$$,
     '{search,view|purchase}', '{basic.first_channel,place}',
     'How many customers find what they search for, and buy it, within a week.', '一周内从搜索到浏览、购买的客户数'),
    ('Promotion funnel', '促销漏斗', 'funnel',
     $$funnel_def(array_remove(ARRAY[{promotion}, {opened}, {clicked}, {purchase}], NULL), within => '14 days')$$,
     '{promotion,opened|clicked|purchase}', '{basic.lifecycle,place}',
     'How many customers open, click and buy within two weeks of a promotion.', '触达后两周内打开、点击、购买的客户数'),
    ('Repeat purchases', '复购漏斗', 'funnel', $$funnel_def(ARRAY[{purchase}, {purchase}, {purchase}, {purchase}], within => '365 days')$$,
     '{purchase}', '{place,basic.first_channel}',
     'How many customers buy a second, a third and a fourth time within a year.', '一年内第二、三、四次购买的客户数'),
    ('Retention of buyers by month', '购买月留存', 'retention', $$retention_def({purchase}, period => 'month', up_to => 12, amounts => true)$$,
     '{purchase}', '{basic.first_channel,place}',
     'Of the customers that first bought in a month, how many buy again in the months after it.', '各月首购客户在之后各月的复购'),
    ('Retention by week', '周留存', 'retention', $$retention_def({own}, period => 'week', up_to => 8)$$,
     '{}', '{basic.first_channel,place}',
     'Of the customers that came first in a week, how many come again in the weeks after it.', '各周首次来访客户在之后各周的回访'),
    ('Paths of sessions', '会话路径', 'path_links', $$path_def(session_gap => '30 minutes', collapse => true, max_length => 5, ends => true, top => 8)$$,
     '{}', '{basic.lifecycle,place}',
     'Which way customers take through their visits, in the first five steps.', '客户每次会话前五步的去向'),
    ('Paths to a purchase', '购买前路径', 'path_links',
     $$path_def(session_gap => '30 minutes', end_at => {purchase}, collapse => true, reverse => true, max_length => 4, top => 8)$$,
     '{purchase}', '{place,basic.first_channel}',
     'What customers did before they bought, backwards from the purchase.', '购买前的步骤，自购买起倒推'),
    ('Paths after a complaint', '投诉后路径', 'path_links', $$path_def(start_at => {complaint}, collapse => true, max_length => 4, ends => true, top => 8)$$,
     '{complaint}', '{basic.lifecycle,place}',
     'What customers did after they complained.', '投诉之后的去向'),
    ('Channels that lead to purchases', '渠道归因', 'attribution',
     $$attribution_def({purchase}, touches => {reached}, lookback => '30 days', models => '{first,last,linear,time_decay,markov_1}')$$,
     '{purchase}', '{basic.lifecycle,place}',
     'Which channels have earned the purchases, by five models.', '按五种模型计算各渠道对购买的贡献'),
    ('Active customers by day', '日活跃客户', 'activity', $$activity_def({own}, period => 'day', window_periods => 28)$$,
     '{}', '{basic.first_channel,place}',
     'How many customers are active each day, and in the 28 days that end with it.', '每日活跃客户，及截至当日28天的活跃客户'),
    ('Active customers by month', '月活跃客户', 'activity', $$activity_def({own}, period => 'month', window_periods => 12)$$,
     '{}', '{basic.first_channel,place}',
     'How many customers are new, come again, come back and stay away, month by month.', '每月新增、持续、回流与流失的客户'),
    ('Buyers by month', '月购买客户', 'activity', $$activity_def({purchase}, period => 'month', window_periods => 12)$$,
     '{purchase}', '{place,basic.first_channel}',
     'How many customers buy each month: new ones, and those that buy again.', '每月购买的客户：首购与复购'),
    ('Sales by month', '月销售额', 'counts', $$counts_def({purchase}, period => 'month')$$,
     '{purchase}', '{place,basic.first_channel}',
     'Purchases, buyers and amounts of each month.', '每月订单数、购买客户数与金额'),
    ('Events by week and channel', '每周各渠道事件', 'counts', $$counts_def('*', period => 'week', by => ARRAY['channel'])$$,
     '{}', '{basic.lifecycle,place}',
     'How much happens on each channel, week by week.', '每周各渠道的事件数'),
    ('Hours of the week', '一周时段', 'counts', $$counts_def({own}, period => 'hour of week')$$,
     '{}', '{basic.first_channel,place}',
     'At which hours of the week customers are active.', '客户在一周各时段的活跃情况'),
    ('Service by week', '每周客服', 'counts', $$counts_def(concat_ws('|', {contact}, {complaint}, {return}), period => 'week', by => ARRAY['event'])$$,
     '{contact|complaint|return}', '{basic.lifecycle,place}',
     'Questions, complaints and returns of each week.', '每周咨询、投诉与退货'),
    ('Tag coverage', '标签覆盖', 'answers', $$SELECT family, tags, customers, share FROM clientele_bi.tag_family_coverage ORDER BY family$$,
     '{}', '{}',
     'How many customers have at least one tag of each family.', '各类标签覆盖的客户数')
  ) AS s (en, zh, kind, definition, needs, by, en_description, zh_description)
$questions$;
COMMENT ON FUNCTION starter_questions(text) IS
  'Lists the questions that define_starter_questions() defines, with the templates of their definitions.
language: en or zh, for names and descriptions. {purchase} and the like stand for the events that play that role in the store, {own} for
what customers do themselves, {reached} for that and what reaches them. needs: the roles without which the question is left out; of
view|cart one is enough. by: what the answer is broken down by, the first that the store has: a starter tag, or place, the attribute that
says where customers live.';

CREATE FUNCTION starter_breakdown(candidates text[]) RETURNS text
  LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('tags'), clientele.require_store('home_attributes');
  RETURN (
    SELECT x.found FROM (
      -- A starter tag under its English or its Chinese name.
      SELECT c.n, 0 AS m, 'tag:' || t.name AS found
      FROM unnest(candidates) WITH ORDINALITY c (name, n) JOIN clientele.starter_tags('en') WITH ORDINALITY e (tag, family, kind, rule, description, place)
        ON e.tag = c.name
      JOIN clientele.starter_tags('zh') WITH ORDINALITY z (tag, family, kind, rule, description, place) USING (place)
      JOIN clientele_data.tags t ON t.name IN (e.tag, z.tag)
      UNION ALL
      SELECT c.n, array_position(p.names, lower(a.name)), 'attribute:' || a.name
      FROM unnest(candidates) WITH ORDINALITY c (name, n)
      CROSS JOIN (VALUES ('{city,town,城市,region,province,state,省份,地区,country,国家}'::text[])) p (names)
      JOIN (SELECT DISTINCT h.name FROM clientele_data.home_attributes h) a ON lower(a.name) = ANY (p.names)
      WHERE c.name = 'place') x
    ORDER BY x.n, x.m, x.found COLLATE "C" LIMIT 1);
END $$;
COMMENT ON FUNCTION starter_breakdown(text[]) IS
  'Returns the first of these breakdowns that the store has, NULL if it has none; a part of define_starter_questions().';

CREATE FUNCTION define_starter_questions(
    purchase text DEFAULT NULL, view text DEFAULT NULL, search text DEFAULT NULL, cart text DEFAULT NULL,
    return text DEFAULT NULL, complaint text DEFAULT NULL, contact text DEFAULT NULL, visit text DEFAULT NULL,
    promotion text DEFAULT NULL, opened text DEFAULT NULL, clicked text DEFAULT NULL, passive text DEFAULT NULL,
    by text DEFAULT NULL, language text DEFAULT NULL)
  RETURNS TABLE (question text, kind text, by text, description text)
  LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 18 SET search_path = pg_catalog, pg_temp AS $$
  SELECT s.question, s.kind, s.breakdown, s.description
  FROM clientele.save_starter_questions(jsonb_strip_nulls(jsonb_build_object(
    'purchase', $1, 'view', $2, 'search', $3, 'cart', $4, 'return', $5, 'complaint', $6, 'contact', $7, 'visit', $8,
    'promotion', $9, 'opened', $10, 'clicked', $11, 'passive', $12)), $13, coalesce($14, clientele.store_language())) s
$$;
COMMENT ON FUNCTION define_starter_questions(text, text, text, text, text, text, text, text, text, text, text, text, text, text) IS
  'Defines a set of questions that suit any store, and lists them; refresh_questions() answers them.
They are funnels, retention, paths, attribution, activity and counts. purchase, view and so on are selectors of the events that play these
roles, as for define_starter_tags(); one that is NULL is found by its usual names. A question whose events the store does not have is left
out. Each is broken down by a starter tag or by the city of customers, if the store has them; by names another tag or attribute for all.
Call it again when the store has new kinds of events: it gives the same questions their definitions again, also those that you changed.
language: en or zh, for names and descriptions; NULL takes that of the store. Errors: 42P01 without a store, 42501 without the right to
change clientele_data.questions, 42704 for an unknown event in a selector that is given, and for an unknown by, 22023 for an unknown
language, or a selector''s syntax.';

CREATE FUNCTION save_starter_questions(given jsonb, chosen text, language text)
  RETURNS TABLE (question text, kind text, breakdown text, description text)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 18 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  found jsonb;
  words jsonb;
  own text;
  starter record;
BEGIN
  IF language IS NULL OR language NOT IN ('en', 'zh') THEN
    RAISE EXCEPTION 'starter questions in language "%" do not exist', language USING ERRCODE = 'invalid_parameter_value',
      HINT = 'The languages are en and zh.';
  END IF;
  PERFORM clientele.require_store('questions', 'INSERT'), clientele.require_store('event_types');
  PERFORM clientele.event_types_matching(g.value) FROM jsonb_each_text(given) g;
  found := (SELECT jsonb_strip_nulls(jsonb_object_agg(r.role, coalesce(given ->> r.role, clientele.starter_selector(r.role))))
            FROM clientele.starter_roles() r);
  own := clientele.selector_complement(nullif(concat_ws('|', found ->> 'promotion', found ->> 'passive'), ''));
  words := (SELECT jsonb_object_agg(r.role, quote_nullable(found ->> r.role)) FROM clientele.starter_roles() r)
    || jsonb_build_object('end', '', 'own', quote_literal(own),
                          'reached', quote_literal(clientele.selector_complement(found ->> 'passive')));
  FOR starter IN
    SELECT s.question, s.kind, s.description, coalesce(chosen, clientele.starter_breakdown(s.by)) AS breakdown,
           CASE WHEN s.kind = 'answers' THEN quote_literal(s.definition) || '::text' ELSE 'clientele.' || (
             SELECT string_agg(m.part[1] || coalesce(words ->> m.part[2], ''), '' ORDER BY m.n)
             FROM regexp_matches(s.definition || '{end}', '(.*?)[{](end|own|reached|[a-z]+)[}]', 'g') WITH ORDINALITY m (part, n)) END AS definition
    FROM clientele.starter_questions(language) s
    WHERE NOT EXISTS (SELECT FROM unnest(s.needs) n (roles)
                      WHERE NOT EXISTS (SELECT FROM unnest(string_to_array(n.roles, '|')) r (role) WHERE found ? r.role))
  LOOP
    question := starter.question;
    kind := starter.kind;
    breakdown := CASE WHEN starter.kind <> 'answers' THEN starter.breakdown END;
    description := starter.description;
    EXECUTE format('SELECT clientele.define_question($1, %s, by => $2, description => $3, language => $4)', starter.definition)
    USING question, breakdown, description, language;
    RETURN NEXT;
  END LOOP;
END $$;
COMMENT ON FUNCTION save_starter_questions(jsonb, text, text) IS
  'Defines the starter questions with the events that play the roles; a part of define_starter_questions().';
