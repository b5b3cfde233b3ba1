-- SPDX-License-Identifier: PostgreSQL

CREATE PROCEDURE create_store_views()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  CREATE OR REPLACE VIEW clientele_bi.events AS
    SELECT j.customer_id, e.at, t.channel, t.event, t.properties, i.key AS item, e.amount, e.event_type_id, e.item_id
    FROM clientele_data.journeys j
    CROSS JOIN LATERAL clientele.events(j.journey) e
    LEFT JOIN clientele_data.event_types t ON t.event_type_id = e.event_type_id
    LEFT JOIN clientele_data.items i ON i.item_id = e.item_id;
  COMMENT ON VIEW clientele_bi.events IS
    'Everything that customers did, one row for each event. Fast with a condition on customer_id.';
  COMMENT ON COLUMN clientele_bi.events.customer_id IS 'The customer.';
  COMMENT ON COLUMN clientele_bi.events.at IS 'When it happened.';
  COMMENT ON COLUMN clientele_bi.events.channel IS 'Where it happened: web, app, store and so on.';
  COMMENT ON COLUMN clientele_bi.events.event IS 'What happened.';
  COMMENT ON COLUMN clientele_bi.events.properties IS 'Properties of the event type.';
  COMMENT ON COLUMN clientele_bi.events.item IS 'The item of the event, as a product or a page; NULL without one.';
  COMMENT ON COLUMN clientele_bi.events.amount IS 'The amount; NULL without one.';
  COMMENT ON COLUMN clientele_bi.events.event_type_id IS 'The number of the event type in the dictionary.';
  COMMENT ON COLUMN clientele_bi.events.item_id IS 'The number of the item in the dictionary.';

  CREATE OR REPLACE VIEW clientele_bi.sessions AS
    SELECT j.customer_id, s.session, s.started_at, s.ended_at,
           extract(epoch FROM s.duration)::double precision AS duration_seconds, s.events,
           f.channel, f.event AS first_event, l.event AS last_event, s.amount
    FROM clientele_data.journeys j
    CROSS JOIN LATERAL clientele.sessions(j.journey, interval '30 minutes') s
    LEFT JOIN clientele_data.event_types f ON f.event_type_id = s.first_event
    LEFT JOIN clientele_data.event_types l ON l.event_type_id = s.last_event;
  COMMENT ON VIEW clientele_bi.sessions IS
    'The sessions of every customer: events with no gap longer than 30 minutes. Fast with a condition on customer_id.';
  COMMENT ON COLUMN clientele_bi.sessions.customer_id IS 'The customer.';
  COMMENT ON COLUMN clientele_bi.sessions.session IS 'The customer''s sessions are numbered 1, 2 and so on.';
  COMMENT ON COLUMN clientele_bi.sessions.started_at IS 'Time of the first event.';
  COMMENT ON COLUMN clientele_bi.sessions.ended_at IS 'Time of the last event.';
  COMMENT ON COLUMN clientele_bi.sessions.duration_seconds IS 'Seconds from the first event to the last.';
  COMMENT ON COLUMN clientele_bi.sessions.events IS 'Number of events.';
  COMMENT ON COLUMN clientele_bi.sessions.channel IS 'Channel of the first event.';
  COMMENT ON COLUMN clientele_bi.sessions.first_event IS 'The first event.';
  COMMENT ON COLUMN clientele_bi.sessions.last_event IS 'The last event.';
  COMMENT ON COLUMN clientele_bi.sessions.amount IS 'Sum of the amounts, NULL if there are none.';

  CREATE OR REPLACE VIEW clientele_bi.load_quality AS
    SELECT r.run_id, r.source, r.started_at, r.finished_at, r.rows_read, r.rows_packed, r.rows_rejected,
           round(r.rows_packed::numeric / nullif(r.rows_read - r.rows_duplicate, 0), 4) AS packed_share,
           r.customers, r.first_event_at, r.last_event_at
    FROM clientele_data.load_runs r;
  COMMENT ON VIEW clientele_bi.load_quality IS 'How many rows of each load were packed and rejected.';
  COMMENT ON COLUMN clientele_bi.load_quality.run_id IS 'The number of the run.';
  COMMENT ON COLUMN clientele_bi.load_quality.source IS 'The table or view that was read.';
  COMMENT ON COLUMN clientele_bi.load_quality.started_at IS 'When the run started.';
  COMMENT ON COLUMN clientele_bi.load_quality.finished_at IS 'When the run ended.';
  COMMENT ON COLUMN clientele_bi.load_quality.rows_read IS 'Rows of the source.';
  COMMENT ON COLUMN clientele_bi.load_quality.rows_packed IS 'Rows that became events.';
  COMMENT ON COLUMN clientele_bi.load_quality.rows_rejected IS 'Rows that could not be used.';
  COMMENT ON COLUMN clientele_bi.load_quality.packed_share IS
    'Rows packed over rows read that are not duplicates, from 0 to 1.';
  COMMENT ON COLUMN clientele_bi.load_quality.customers IS 'Customers whose journeys were created or extended.';
  COMMENT ON COLUMN clientele_bi.load_quality.first_event_at IS 'Time of the oldest event packed.';
  COMMENT ON COLUMN clientele_bi.load_quality.last_event_at IS 'Time of the newest event packed.';

  -- These functions read journeys with their owner's rights and return totals only.
  CREATE OR REPLACE FUNCTION clientele_bi.funnel(def clientele.funnel_def)
    RETURNS TABLE (step integer, name text, customers bigint,
                   conversion double precision, conversion_low double precision, conversion_high double precision,
                   step_conversion double precision, step_conversion_low double precision,
                   step_conversion_high double precision,
                   median_seconds double precision, p90_seconds double precision)
    LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
      SELECT s.step, s.name, s.customers, s.conversion, s.conversion_low, s.conversion_high,
             s.step_conversion, s.step_conversion_low, s.step_conversion_high,
             extract(epoch FROM s.median_time)::double precision, extract(epoch FROM s.p90_time)::double precision
      FROM (SELECT clientele.funnel(j.journey, def) AS summary FROM clientele_data.journeys j) f
      CROSS JOIN LATERAL clientele.funnel_steps(f.summary) s
      ORDER BY s.step;
    END;
  COMMENT ON FUNCTION clientele_bi.funnel(clientele.funnel_def) IS
    'Counts how many customers of the store reach each step of a funnel, without giving access to journeys.
The median and the 90th percentile of the time since the step before are in seconds.
Example: SELECT * FROM clientele_bi.funnel(clientele.funnel_def(''{search,purchase}'', within => ''7 days''))';

  CREATE OR REPLACE FUNCTION clientele_bi.path_links(def clientele.path_def)
    RETURNS TABLE (step integer, source text, target text, customers bigint, paths bigint,
                   median_seconds double precision)
    LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
      SELECT l.step, l.source, l.target, l.customers, l.paths, extract(epoch FROM l.median_time)::double precision
      FROM (SELECT clientele.path_links(j.journey, def) AS links FROM clientele_data.journeys j) p
      CROSS JOIN LATERAL unnest(p.links) l;
    END;
  COMMENT ON FUNCTION clientele_bi.path_links(clientele.path_def) IS
    'Lists the links of the customers'' paths, as for a Sankey diagram, without giving access to journeys.
The time between the two events is in seconds.
Example: SELECT * FROM clientele_bi.path_links(clientele.path_def(session_gap => ''30 minutes''))';
END $store$;
COMMENT ON PROCEDURE create_store_views() IS
  'Creates the views and functions in clientele_bi; a part of create_store().';
INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('store', 'clientele_bi.events', 'view', 'create_store_views', true),
  ('store', 'clientele_bi.sessions', 'view', 'create_store_views', true),
  ('store', 'clientele_bi.load_quality', 'view', 'create_store_views', true),
  ('store', 'clientele_bi.funnel(clientele.funnel_def)', 'function', 'create_store_views', true),
  ('store', 'clientele_bi.path_links(clientele.path_def)', 'function', 'create_store_views', true);
