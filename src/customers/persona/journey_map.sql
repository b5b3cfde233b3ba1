-- SPDX-License-Identifier: PostgreSQL
-- The way of an audience: stages by channels.

CREATE FUNCTION starter_stages(language text DEFAULT 'en') RETURNS text[]
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT array_agg(concat(s.name, '=', s.selector) ORDER BY s.n)
  FROM (SELECT r.n, CASE language WHEN 'zh' THEN r.zh ELSE r.en END AS name, string_agg(x.selector, '|' ORDER BY x.m) AS selector
        FROM (VALUES (1, 'attracted', '吸引', '{opened,clicked}'::text[]), (2, 'looking', '浏览', '{visit,search,view}'),
                     (3, 'choosing', '加购', '{cart}'), (4, 'buying', '购买', '{purchase}'),
                     (5, 'service', '服务', '{contact,complaint,return}')) r (n, en, zh, roles)
        CROSS JOIN LATERAL (SELECT clientele.starter_selector(u.role) AS selector, u.m FROM unnest(r.roles) WITH ORDINALITY u (role, m)) x
        WHERE x.selector IS NOT NULL GROUP BY 1, 2) s
$$;
COMMENT ON FUNCTION starter_stages(text) IS
  'Lists stages for journey_map() that suit a shop, of the events that play the roles of starter_roles() in this store; NULL if there are
none.
attracted (promotions that were opened or clicked), looking (visits, searches, views), choosing (the cart), buying (purchases), service
(questions, complaints, returns). language: en or zh, for the names. Errors: 42P01 without a store, 42501 without the right to read
clientele_data.event_types.';

CREATE FUNCTION usual_stages(among audience DEFAULT NULL, most integer DEFAULT 8) RETURNS text[]
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 100000 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store(t) FROM unnest('{event_types,stored_journeys,journeys}'::text[]) t;
  RETURN (
    WITH sample AS (
      SELECT j.customer_id, j.journey FROM clientele_data.journeys j
      WHERE usual_stages.among IS NULL OR usual_stages.among OPERATOR(clientele.@>) j.customer_id ORDER BY j.customer_id LIMIT 2000
    ), firsts AS (
      SELECT j.customer_id, t.event COLLATE "C" AS event, min(e.at) AS at
      FROM sample j CROSS JOIN LATERAL clientele.events(j.journey) e JOIN clientele_data.event_types t ON t.event_type_id = e.event_type_id
      GROUP BY 1, 2
    ), placed AS (
      SELECT f.event, percent_rank() OVER (PARTITION BY f.customer_id ORDER BY f.at) AS place FROM firsts f
    ), chosen AS (
      SELECT p.event, avg(p.place) AS place FROM placed p GROUP BY p.event ORDER BY count(*) DESC, p.event LIMIT most
    )
    SELECT array_agg(concat(replace(c.event, '=', ' '), '=', clientele.quote_selector(NULL, c.event)) ORDER BY c.place, c.event) FROM chosen c);
END $$;
COMMENT ON FUNCTION usual_stages(audience, integer) IS
  'Lists stages for journey_map() where no event plays a usual role: the events of most customers, in the order in which customers come to
them.
The 2000 customers with the lowest numbers stand for all. Errors: 42P01 without a store, 42501 without the right to read
journeys.';

CREATE FUNCTION journey_map(
    among audience DEFAULT NULL, stages text[] DEFAULT NULL, goal text DEFAULT NULL, language text DEFAULT 'en')
  RETURNS TABLE (place integer, stage text, channel text, customers bigint, share double precision, visits bigint,
                 dwell_seconds double precision, p90_dwell_seconds double precision, dropped bigint, drop_share double precision)
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 30 COST 1000000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  wanted text[] := stages;
  names text[];
  goal_place integer;
  places integer[];
  channels text[];
  groups text[];
  goal_selector text;
  def clientele.path_def;
  n_all bigint;
  came clientele.dwell_summary;
  stayed_away clientele.dwell_summary;
BEGIN
  PERFORM clientele.require_store(t) FROM unnest('{event_types,stored_journeys,journeys}'::text[]) t;
  IF language IS NULL OR language NOT IN ('en', 'zh') THEN
    RAISE EXCEPTION 'language must be en or zh, not "%"', coalesce(left(language, 100), 'NULL') USING ERRCODE = 'invalid_parameter_value';
  ELSIF array_position(stages, NULL) IS NOT NULL THEN
    RAISE EXCEPTION 'stages must not contain NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF cardinality(stages) > 32 THEN
    RAISE EXCEPTION 'a journey map has at most 32 stages' USING ERRCODE = 'program_limit_exceeded';
  ELSIF EXISTS (SELECT FROM unnest(stages) s WHERE strpos(s, '=') < 2) THEN
    RAISE EXCEPTION 'stage "%" must have a name and a selector', (SELECT left(s, 100) FROM unnest(stages) s WHERE strpos(s, '=') < 2 LIMIT 1)
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Write it as buying=purchase|order.';
  END IF;
  IF wanted IS NULL THEN
    wanted := clientele.starter_stages(language);
    goal := coalesce(goal, (SELECT split_part(s, '=', 1) FROM unnest(wanted) s WHERE split_part(s, '=', 1) IN ('buying', '购买')));
    wanted := coalesce(wanted, clientele.usual_stages(among));
  END IF;
  names := ARRAY(SELECT split_part(s, '=', 1) FROM unnest(wanted) WITH ORDINALITY u (s, n) ORDER BY n);
  goal_place := CASE WHEN goal IS NULL THEN cardinality(names) ELSE array_position(names, goal) END;
  IF goal_place IS NULL THEN
    RAISE EXCEPTION 'goal "%" is not a stage', left(goal, 100) USING ERRCODE = 'invalid_parameter_value',
      HINT = 'The stages are ' || array_to_string(names, ', ') || '.';
  END IF;
  -- Each event type is in the first stage that picks it.
  SELECT array_agg(g.n ORDER BY g.n, g.channel), array_agg(g.channel ORDER BY g.n, g.channel),
         array_agg(format('c%s=%s', g.cell, g.selector) ORDER BY g.n, g.channel),
         string_agg(g.selector, '|' ORDER BY g.n, g.channel) FILTER (WHERE g.n = goal_place)
  INTO places, channels, groups, goal_selector
  FROM (
    SELECT f.n, f.channel, row_number() OVER (ORDER BY f.n, f.channel) AS cell, string_agg('#' || f.id, '|' ORDER BY f.id) AS selector
    FROM (
      SELECT DISTINCT ON (e.id) e.id, u.n::integer AS n, t.channel COLLATE "C" AS channel
      FROM unnest(wanted) WITH ORDINALITY u (s, n)
      CROSS JOIN LATERAL clientele.event_types_matching(substr(u.s, strpos(u.s, '=') + 1)) e (id)
      JOIN clientele_data.event_types t ON t.event_type_id = e.id
      ORDER BY e.id, u.n) f
    GROUP BY f.n, f.channel) g;
  IF groups IS NULL THEN
    RETURN;
  END IF;
  def := clientele.path_def(keep => (SELECT string_agg(substr(g, strpos(g, '=') + 1), '|') FROM unnest(groups) g), groups => groups, collapse => true);
  SELECT sum(s.n), clientele.dwell_merge(s.summary), clientele.dwell_merge(s.summary) FILTER (WHERE NOT s.reached)
  INTO n_all, came, stayed_away
  FROM (SELECT coalesce(clientele.event_count(j.journey, goal_selector) > 0, false) AS reached, count(*) AS n, clientele.dwell(j.journey, def) AS summary
        FROM clientele_data.journeys j WHERE among IS NULL OR among OPERATOR(clientele.@>) j.customer_id
        GROUP BY 1) s;
  RETURN QUERY
  SELECT places[x.cell], names[places[x.cell]], channels[x.cell], x.customers, x.customers::float8 / nullif(n_all, 0), x.visits + x.lasts,
         extract(epoch FROM x.median)::float8, extract(epoch FROM x.p90)::float8, coalesce(d.lasts, 0),
         coalesce(d.lasts, 0)::float8 / nullif(x.customers, 0)
  FROM (SELECT substr(t.event, 2)::integer AS cell, t.* FROM clientele.dwell_times(came) t) x
  LEFT JOIN clientele.dwell_times(stayed_away) d ON d.event = x.event
  ORDER BY x.cell;
END $$;
COMMENT ON FUNCTION journey_map(audience, text[], text, text) IS
  'Shows where an audience is on its way: how many customers came to each stage on each channel, how long they stayed, and how many went no
further.
among: the audience; NULL is all customers. stages: texts such as ''looking=view_item|search'', at most 32, in their order; an event is
in the first one that picks it, and events of no stage do not count. NULL takes starter_stages(), or if there are none usual_stages().
goal: the stage that customers should come to; NULL takes the last one, or of the starter stages that of purchases. channel is that of
the event. customers have an event there, and share is their share of the audience. A visit is a run of events of one stage and channel;
dwell_seconds is the median and p90_dwell_seconds the 90th percentile of the time from its first event to the first event elsewhere; the
last visit of a customer has no such time. dropped customers never came to the goal, and were last seen here; drop_share is their share
of customers. The result is empty if no customer has an event of a stage. Errors: 22023 for a stage without a name or a selector, an unknown
goal or language, and a selector''s syntax; 42704 for an unknown event; 22004 for NULL in stages; 54000 for more
than 32; 42P01 without a store, 42501 without the right to read journeys: clientele_bi.journey_map() needs none.';
