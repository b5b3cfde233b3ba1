-- SPDX-License-Identifier: PostgreSQL

CREATE PROCEDURE create_count_views()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  -- It reads journeys and the dictionary with its owner's rights and returns totals only.
  CREATE OR REPLACE FUNCTION clientele_bi.event_counts(def clientele.counts_def)
    RETURNS TABLE (period timestamptz, weekday integer, hour integer, event_type_id integer, channel text, event text, value text,
                   label text, events bigint, customers bigint, amount numeric, sessions bigint)
    LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
      SELECT c.period, c.weekday, c.hour, c.event_type_id, c.channel, c.event, c.value, c.label, c.events, c.customers, c.amount, c.sessions
      FROM (SELECT clientele.event_counts(j.journey, def) AS summary FROM clientele_data.journeys j) s
      CROSS JOIN LATERAL clientele.count_periods(s.summary) c;
    END;
  COMMENT ON FUNCTION clientele_bi.event_counts(clientele.counts_def) IS
    'Counts the events, customers and sessions of the store by period and by name, without giving access to journeys.
Example: SELECT * FROM clientele_bi.event_counts(clientele.counts_def(''purchase'', ''month'', by => ''{channel}''))';

  CREATE OR REPLACE VIEW clientele_bi.daily_activity AS
    SELECT (c.period AT TIME ZONE (SELECT s.value FROM clientele_data.settings s WHERE s.name = 'time_zone'))::date AS day,
           c.channel, c.event, c.events, c.customers, c.amount, c.sessions
    FROM clientele_bi.event_counts(clientele.counts_def(
           period => 'day', by => '{channel,event}',
           time_zone => (SELECT s.value FROM clientele_data.settings s WHERE s.name = 'time_zone'))) c;
  COMMENT ON VIEW clientele_bi.daily_activity IS
    'The number of events, customers and sessions of each day, by channel and event. It reads all journeys.';
  COMMENT ON COLUMN clientele_bi.daily_activity.day IS 'The day, in the time zone of the store.';
  COMMENT ON COLUMN clientele_bi.daily_activity.channel IS 'Where the events happened.';
  COMMENT ON COLUMN clientele_bi.daily_activity.event IS 'What happened.';
  COMMENT ON COLUMN clientele_bi.daily_activity.events IS 'Number of events.';
  COMMENT ON COLUMN clientele_bi.daily_activity.customers IS 'Number of different customers. One with events of several rows counts in each of them.';
  COMMENT ON COLUMN clientele_bi.daily_activity.amount IS 'Sum of the amounts; NULL if there are none.';
  COMMENT ON COLUMN clientele_bi.daily_activity.sessions IS
    'Number of different sessions, with gaps of at most 30 minutes. One with events of several rows counts in each of them.';

  CREATE OR REPLACE VIEW clientele_bi.monthly_activity AS
    SELECT (c.period AT TIME ZONE (SELECT s.value FROM clientele_data.settings s WHERE s.name = 'time_zone'))::date AS month,
           c.channel, c.event, c.events, c.customers, c.amount, c.sessions
    FROM clientele_bi.event_counts(clientele.counts_def(
           period => 'month', by => '{channel,event}',
           time_zone => (SELECT s.value FROM clientele_data.settings s WHERE s.name = 'time_zone'))) c;
  COMMENT ON VIEW clientele_bi.monthly_activity IS
    'The number of events, customers and sessions of each month, by channel and event. It reads all journeys.';
  COMMENT ON COLUMN clientele_bi.monthly_activity.month IS 'The first day of the month, in the time zone of the store.';
  COMMENT ON COLUMN clientele_bi.monthly_activity.channel IS 'Where the events happened.';
  COMMENT ON COLUMN clientele_bi.monthly_activity.event IS 'What happened.';
  COMMENT ON COLUMN clientele_bi.monthly_activity.events IS 'Number of events.';
  COMMENT ON COLUMN clientele_bi.monthly_activity.customers IS 'Number of different customers. One with events of several rows counts in each of them.';
  COMMENT ON COLUMN clientele_bi.monthly_activity.amount IS 'Sum of the amounts; NULL if there are none.';
  COMMENT ON COLUMN clientele_bi.monthly_activity.sessions IS
    'Number of different sessions, with gaps of at most 30 minutes. One with events of several rows counts in each of them.';

  CREATE OR REPLACE VIEW clientele_bi.heat_map AS
    SELECT c.weekday, c.hour, c.channel, c.events, c.customers, c.amount, c.sessions
    FROM clientele_bi.event_counts(clientele.counts_def(
           period => 'hour of week', by => '{channel}',
           time_zone => (SELECT s.value FROM clientele_data.settings s WHERE s.name = 'time_zone'))) c;
  COMMENT ON VIEW clientele_bi.heat_map IS
    'The number of events, customers and sessions at each hour of the week, by channel. It reads all journeys.';
  COMMENT ON COLUMN clientele_bi.heat_map.weekday IS 'The day of the week, 1 (Monday) to 7, in the time zone of the store.';
  COMMENT ON COLUMN clientele_bi.heat_map.hour IS 'The hour of the day, 0 to 23, in the time zone of the store.';
  COMMENT ON COLUMN clientele_bi.heat_map.channel IS 'Where the events happened.';
  COMMENT ON COLUMN clientele_bi.heat_map.events IS 'Number of events.';
  COMMENT ON COLUMN clientele_bi.heat_map.customers IS 'Number of different customers. One with events of several rows counts in each of them.';
  COMMENT ON COLUMN clientele_bi.heat_map.amount IS 'Sum of the amounts; NULL if there are none.';
  COMMENT ON COLUMN clientele_bi.heat_map.sessions IS
    'Number of different sessions, with gaps of at most 30 minutes. One with events of several rows counts in each of them.';

  CREATE OR REPLACE VIEW clientele_bi.active_customers AS
    WITH all_customers AS MATERIALIZED (
      SELECT clientele.activity(j.journey, clientele.activity_def(
               time_zone => (SELECT s.value FROM clientele_data.settings s WHERE s.name = 'time_zone'))) AS summary
      FROM clientele_data.journeys j)
    SELECT (a.period AT TIME ZONE (SELECT s.value FROM clientele_data.settings s WHERE s.name = 'time_zone'))::date AS day,
           a.active, a.rolling, a.ratio, coalesce(l.new, 0) AS new, coalesce(l.returning, 0) AS returning,
           coalesce(l.resurrected, 0) AS resurrected, coalesce(l.dormant, 0) AS dormant, a.complete
    FROM (SELECT p.* FROM all_customers c CROSS JOIN LATERAL clientele.active_periods(c.summary) p) a
    LEFT JOIN (SELECT p.* FROM all_customers c CROSS JOIN LATERAL clientele.lifecycle_periods(c.summary) p) l ON l.period = a.period;
  COMMENT ON VIEW clientele_bi.active_customers IS
    'How many customers were active on each day and in the 28 days that end with it, how many were new, came back or stayed away.
It reads all journeys. Events after the present do not count.';
  COMMENT ON COLUMN clientele_bi.active_customers.day IS 'The day, in the time zone of the store.';
  COMMENT ON COLUMN clientele_bi.active_customers.active IS 'Customers with an event on the day.';
  COMMENT ON COLUMN clientele_bi.active_customers.rolling IS 'Customers with an event on the day or one of the 27 days before.';
  COMMENT ON COLUMN clientele_bi.active_customers.ratio IS 'active / rolling: how often customers come, from 0 to 1; NULL if there are none.';
  COMMENT ON COLUMN clientele_bi.active_customers.new IS 'Customers active on the day that have their first event on it.';
  COMMENT ON COLUMN clientele_bi.active_customers.returning IS 'Customers active on the day and on the day before.';
  COMMENT ON COLUMN clientele_bi.active_customers.resurrected IS 'Customers active on the day, not new, and not active on the day before.';
  COMMENT ON COLUMN clientele_bi.active_customers.dormant IS 'Customers active on the day before and not on this one.';
  COMMENT ON COLUMN clientele_bi.active_customers.complete IS 'Whether the day is over.';
END $store$;
COMMENT ON PROCEDURE create_count_views() IS
  'Creates the views in clientele_bi that count events and active customers; a part of create_store().';
INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('engagement/counts', 'clientele_bi.event_counts(clientele.counts_def)', 'function', 'create_count_views', true),
  ('engagement/counts', 'clientele_bi.daily_activity', 'view', 'create_count_views', true),
  ('engagement/counts', 'clientele_bi.monthly_activity', 'view', 'create_count_views', true),
  ('engagement/counts', 'clientele_bi.heat_map', 'view', 'create_count_views', true),
  ('engagement/counts', 'clientele_bi.active_customers', 'view', 'create_count_views', true);
