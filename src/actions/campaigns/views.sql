-- SPDX-License-Identifier: PostgreSQL
-- Counts for BI tools: no customer, and no payload.

CREATE PROCEDURE create_campaign_views()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  CREATE OR REPLACE VIEW clientele_bi.actions AS
    SELECT a.name::text AS action, a.channel::text AS channel, a.warning, a.level, a.audience, a.strategy, a.purpose::text AS purpose,
           a.priority, a.active, extract(epoch FROM a.cool_down)::double precision / 86400 AS cool_down_days, a.cap,
           extract(epoch FROM a.cap_period)::double precision / 86400 AS cap_days, a.control_share, a.description, a.defined_at,
           s.ran_at, s.matched, s.refused, s.control, s.cooling, s.capped, s.queued, s.error, s.failed_at
    FROM clientele_data.actions a LEFT JOIN clientele_data.action_status s USING (action_id);
  COMMENT ON VIEW clientele_bi.actions IS 'What is sent to which customers, and how the last run of each action went.';
  COMMENT ON COLUMN clientele_bi.actions.action IS 'The action.';
  COMMENT ON COLUMN clientele_bi.actions.channel IS 'The channel of its messages: email, sms, crm and so on.';
  COMMENT ON COLUMN clientele_bi.actions.warning IS 'The warning whose customers get a message.';
  COMMENT ON COLUMN clientele_bi.actions.level IS 'The least level of the warning; NULL is any.';
  COMMENT ON COLUMN clientele_bi.actions.audience IS
    'The tag query of the customers who get a message. If warning is NULL, too, only campaigns use the action.';
  COMMENT ON COLUMN clientele_bi.actions.strategy IS 'The strategy.';
  COMMENT ON COLUMN clientele_bi.actions.purpose IS 'The purpose to which a customer must consent.';
  COMMENT ON COLUMN clientele_bi.actions.priority IS 'Actions of smaller numbers go first.';
  COMMENT ON COLUMN clientele_bi.actions.active IS 'Whether it is run.';
  COMMENT ON COLUMN clientele_bi.actions.cool_down_days IS
    'For how many days a customer who got a message of the action gets no other one of it.';
  COMMENT ON COLUMN clientele_bi.actions.cap IS 'How many messages for the purpose a customer gets in cap_days at most; NULL means no limit.';
  COMMENT ON COLUMN clientele_bi.actions.cap_days IS 'The period of cap, in days.';
  COMMENT ON COLUMN clientele_bi.actions.control_share IS 'The share of the customers who never get a message of it.';
  COMMENT ON COLUMN clientele_bi.actions.description IS 'What the action is for.';
  COMMENT ON COLUMN clientele_bi.actions.defined_at IS 'When the action was defined last.';
  COMMENT ON COLUMN clientele_bi.actions.ran_at IS 'When the action was last evaluated.';
  COMMENT ON COLUMN clientele_bi.actions.matched IS 'Customers who matched then.';
  COMMENT ON COLUMN clientele_bi.actions.refused IS 'Those of them who do not consent.';
  COMMENT ON COLUMN clientele_bi.actions.control IS 'Of the others, those in a control group.';
  COMMENT ON COLUMN clientele_bi.actions.cooling IS 'Of the others, those who got a message of the action a short time ago.';
  COMMENT ON COLUMN clientele_bi.actions.capped IS 'Of the others, those who got as many messages as the cap allows.';
  COMMENT ON COLUMN clientele_bi.actions.queued IS 'The others: a message was queued for each.';
  COMMENT ON COLUMN clientele_bi.actions.error IS 'Why the last evaluation failed; NULL if it did not.';
  COMMENT ON COLUMN clientele_bi.actions.failed_at IS 'When it failed; NULL if the last evaluation did not fail.';

  CREATE OR REPLACE VIEW clientele_bi.campaigns AS
    SELECT c.name::text AS campaign, c.action, c.audience, c.goal, c.value, c.share, c.cost, c.description, c.started_at,
           (c.started_at AT TIME ZONE z.zone + c.within) AT TIME ZONE z.zone AS ends_at, c.stopped_at, c.matched, c.refused, c.in_global_control,
           coalesce(m.treated, 0) AS treated, coalesce(m.control, 0) AS control, coalesce(m.cooling, 0) AS cooling,
           coalesce(m.capped, 0) AS capped, c.overlapping
    FROM clientele_data.campaigns c
    CROSS JOIN (SELECT s.value AS zone FROM clientele_data.settings s WHERE s.name = 'time_zone') z
    LEFT JOIN (
      SELECT x.campaign_id, count(*) FILTER (WHERE x.treated) AS treated, count(*) FILTER (WHERE NOT x.treated) AS control,
             count(*) FILTER (WHERE x.skipped = 'cool_down') AS cooling, count(*) FILTER (WHERE x.skipped = 'cap') AS capped
      FROM clientele_data.campaign_members x GROUP BY 1) m USING (campaign_id);
  COMMENT ON VIEW clientele_bi.campaigns IS 'The campaigns, and how many customers are in each arm.';
  COMMENT ON COLUMN clientele_bi.campaigns.campaign IS 'The campaign.';
  COMMENT ON COLUMN clientele_bi.campaigns.action IS 'The action by which messages were sent.';
  COMMENT ON COLUMN clientele_bi.campaigns.audience IS 'The tag query of the audience; NULL is all customers.';
  COMMENT ON COLUMN clientele_bi.campaigns.goal IS 'A selector of the events that the campaign is to bring about.';
  COMMENT ON COLUMN clientele_bi.campaigns.value IS 'A selector of the events whose amounts are the value; NULL if no value is measured.';
  COMMENT ON COLUMN clientele_bi.campaigns.share IS 'The share of the control group.';
  COMMENT ON COLUMN clientele_bi.campaigns.cost IS 'What a message costs.';
  COMMENT ON COLUMN clientele_bi.campaigns.description IS 'What the campaign is for.';
  COMMENT ON COLUMN clientele_bi.campaigns.started_at IS 'When it started: from then on events count.';
  COMMENT ON COLUMN clientele_bi.campaigns.ends_at IS 'Until when events count.';
  COMMENT ON COLUMN clientele_bi.campaigns.stopped_at IS 'When its messages were stopped; NULL if they were not.';
  COMMENT ON COLUMN clientele_bi.campaigns.matched IS 'Customers who matched the audience at the start.';
  COMMENT ON COLUMN clientele_bi.campaigns.refused IS 'Those of them who did not consent, and are in no arm.';
  COMMENT ON COLUMN clientele_bi.campaigns.in_global_control IS 'Of the others, those in the global control group, who are in no arm.';
  COMMENT ON COLUMN clientele_bi.campaigns.treated IS 'Customers who are to get messages.';
  COMMENT ON COLUMN clientele_bi.campaigns.control IS 'Customers of the control group, who get none.';
  COMMENT ON COLUMN clientele_bi.campaigns.cooling IS
    'Treated customers who got no message, because they got one of the action a short time before; they stay in their arm.';
  COMMENT ON COLUMN clientele_bi.campaigns.capped IS
    'Treated customers who got no message, because they got as many as the cap allows; they stay in their arm.';
  COMMENT ON COLUMN clientele_bi.campaigns.overlapping IS
    'Customers of both arms who were also in another campaign at the start, for which events still counted.';

  CREATE OR REPLACE VIEW clientele_bi.campaign_messages AS
    SELECT c.name::text AS campaign, coalesce(a.name::text, c.action) AS action, o.channel::text AS channel, o.day, o.status,
           sum(o.messages)::bigint AS messages
    FROM (
      SELECT x.campaign_id, x.action_id, x.channel,
             (x.due AT TIME ZONE (SELECT z.value FROM clientele_data.settings z WHERE z.name = 'time_zone'))::date AS day, x.status,
             count(*) AS messages
      FROM clientele_data.outbox x WHERE num_nonnulls(x.campaign_id, x.action_id) > 0 GROUP BY 1, 2, 3, 4, 5
      UNION ALL
      SELECT t.campaign_id, t.action_id, t.channel, t.day, t.status, t.messages
      FROM clientele_data.outbox_totals t WHERE num_nonnulls(t.campaign_id, t.action_id) > 0) o
    LEFT JOIN clientele_data.campaigns c USING (campaign_id)
    LEFT JOIN clientele_data.actions a ON a.action_id = o.action_id
    GROUP BY 1, 2, 3, 4, 5;
  COMMENT ON VIEW clientele_bi.campaign_messages IS 'The messages of campaigns and actions by the day on which they were due, and what has become of them.';
  COMMENT ON COLUMN clientele_bi.campaign_messages.campaign IS 'The campaign; NULL for messages that run_actions() queued.';
  COMMENT ON COLUMN clientele_bi.campaign_messages.action IS 'The action; NULL if it was dropped.';
  COMMENT ON COLUMN clientele_bi.campaign_messages.channel IS 'The channel: email, sms, crm and so on.';
  COMMENT ON COLUMN clientele_bi.campaign_messages.day IS 'The day, in the time zone of the store.';
  COMMENT ON COLUMN clientele_bi.campaign_messages.status IS 'queued, claimed (being sent), sent, delivered, failed or dropped (not to be sent any longer).';
  COMMENT ON COLUMN clientele_bi.campaign_messages.messages IS 'How many messages.';

  CREATE OR REPLACE VIEW clientele_bi.outbox_status AS
    SELECT o.channel::text AS channel, o.status, count(*) AS messages,
           count(*) FILTER (WHERE o.status IN ('queued', 'claimed') AND o.ready_at <= now()) AS ready, min(o.due) AS oldest_due,
           max(o.changed_at) AS last_changed_at, avg(o.attempts)::double precision AS average_attempts
    FROM clientele_data.outbox o GROUP BY 1, 2;
  COMMENT ON VIEW clientele_bi.outbox_status IS 'How many messages of each channel wait, are being sent, or have ended, and how.';
  COMMENT ON COLUMN clientele_bi.outbox_status.channel IS 'The channel: email, sms, crm and so on.';
  COMMENT ON COLUMN clientele_bi.outbox_status.status IS 'queued, claimed (being sent), sent, delivered, failed or dropped (not to be sent any longer).';
  COMMENT ON COLUMN clientele_bi.outbox_status.messages IS 'How many messages.';
  COMMENT ON COLUMN clientele_bi.outbox_status.ready IS 'Those that a deliverer could claim now: if they become more, none is at work.';
  COMMENT ON COLUMN clientele_bi.outbox_status.oldest_due IS 'When the first of them was due.';
  COMMENT ON COLUMN clientele_bi.outbox_status.last_changed_at IS 'When the status of one last changed.';
  COMMENT ON COLUMN clientele_bi.outbox_status.average_attempts IS 'How often they were claimed on average.';
END $store$;
COMMENT ON PROCEDURE create_campaign_views() IS 'Creates the views of actions and campaigns in clientele_bi; a part of create_store().';

INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('actions/campaigns', 'clientele_bi.actions', 'view', 'create_campaign_views', true),
  ('actions/campaigns', 'clientele_bi.campaigns', 'view', 'create_campaign_views', true),
  ('actions/campaigns', 'clientele_bi.campaign_messages', 'view', 'create_campaign_views', true),
  ('actions/campaigns', 'clientele_bi.outbox_status', 'view', 'create_campaign_views', true);
