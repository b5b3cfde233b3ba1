-- SPDX-License-Identifier: PostgreSQL

CREATE PROCEDURE create_alert_views()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  CREATE OR REPLACE VIEW clientele_bi.alerts AS
    SELECT a.alert_id, m.name::text AS metric, a.kind, a.level,
           CASE WHEN a.recovered_at IS NOT NULL THEN 'recovered' WHEN a.acknowledged_at IS NOT NULL THEN 'acknowledged' ELSE 'open' END AS state,
           a.since, a.opened_at, a.point, a.number, a.volume, a.expected, a.low, a.high, a.z, a.message,
           a.moved #>> '{0,by}' AS moved_by, a.moved #>> '{0,segment}' AS moved_segment,
           (a.moved #>> '{0,before}')::double precision AS moved_before, (a.moved #>> '{0,after}')::double precision AS moved_after,
           a.pushed, a.recovered_at, a.acknowledged_at, a.acknowledged_by::text AS acknowledged_by, a.note
    FROM clientele_data.alerts a JOIN clientele_data.metrics m USING (metric_id);
  COMMENT ON VIEW clientele_bi.alerts IS 'The alerts: when a metric was not as expected, or without data.';
  COMMENT ON COLUMN clientele_bi.alerts.alert_id IS 'The number of the alert, for clientele.acknowledge_alert().';
  COMMENT ON COLUMN clientele_bi.alerts.metric IS 'The metric that it is about.';
  COMMENT ON COLUMN clientele_bi.alerts.kind IS 'What kind of alert it is: anomaly, or no data.';
  COMMENT ON COLUMN clientele_bi.alerts.level IS 'Its highest level: 1 attention, 2 warning, 3 critical.';
  COMMENT ON COLUMN clientele_bi.alerts.state IS 'What became of it: open, acknowledged or recovered.';
  COMMENT ON COLUMN clientele_bi.alerts.since IS 'When that began.';
  COMMENT ON COLUMN clientele_bi.alerts.opened_at IS 'When the alert was raised.';
  COMMENT ON COLUMN clientele_bi.alerts.point IS 'When the time begins whose value raised it to its level.';
  COMMENT ON COLUMN clientele_bi.alerts.number IS 'The value that was seen, or the ratio.';
  COMMENT ON COLUMN clientele_bi.alerts.volume IS 'Of a ratio, of how many it is a part.';
  COMMENT ON COLUMN clientele_bi.alerts.expected IS 'The value that was expected.';
  COMMENT ON COLUMN clientele_bi.alerts.low IS 'From where on it would have been usual.';
  COMMENT ON COLUMN clientele_bi.alerts.high IS 'Up to where it would have been usual.';
  COMMENT ON COLUMN clientele_bi.alerts.z IS 'How far it was from what was expected, in robust standard deviations.';
  COMMENT ON COLUMN clientele_bi.alerts.message IS 'The alert in one sentence.';
  COMMENT ON COLUMN clientele_bi.alerts.moved_by IS 'By what customers were divided to find the segment that changed most; NULL if none stands out.';
  COMMENT ON COLUMN clientele_bi.alerts.moved_segment IS 'The segment that changed most.';
  COMMENT ON COLUMN clientele_bi.alerts.moved_before IS 'Its number a season earlier.';
  COMMENT ON COLUMN clientele_bi.alerts.moved_after IS 'Its number in the time of the alert.';
  COMMENT ON COLUMN clientele_bi.alerts.pushed IS 'Whether the alert went out.';
  COMMENT ON COLUMN clientele_bi.alerts.recovered_at IS 'When it was found to be over; NULL as long as it lasts.';
  COMMENT ON COLUMN clientele_bi.alerts.acknowledged_at IS 'When it was acknowledged; NULL if it was not.';
  COMMENT ON COLUMN clientele_bi.alerts.acknowledged_by IS 'The role that acknowledged the alert.';
  COMMENT ON COLUMN clientele_bi.alerts.note IS 'The note of that role.';

  CREATE OR REPLACE VIEW clientele_bi.alert_changes AS
    SELECT c.change_id, c.alert_id, m.name::text AS metric, c.what, c.level, c.point, c.changed_at, c.sent, c.pushed, c.number, c.expected, c.z
    FROM clientele_data.alert_changes c JOIN clientele_data.alerts a USING (alert_id) JOIN clientele_data.metrics m USING (metric_id);
  COMMENT ON VIEW clientele_bi.alert_changes IS 'What became of alerts, step by step.';
  COMMENT ON COLUMN clientele_bi.alert_changes.change_id IS 'The number of the step.';
  COMMENT ON COLUMN clientele_bi.alert_changes.alert_id IS 'The alert that it is of.';
  COMMENT ON COLUMN clientele_bi.alert_changes.metric IS 'The metric of the alert.';
  COMMENT ON COLUMN clientele_bi.alert_changes.what IS 'What happened: opened, escalated, recovered, no data, data again or acknowledged.';
  COMMENT ON COLUMN clientele_bi.alert_changes.level IS 'The level after it; of recovered, the one that is over.';
  COMMENT ON COLUMN clientele_bi.alert_changes.point IS 'When the time begins whose value made it happen.';
  COMMENT ON COLUMN clientele_bi.alert_changes.changed_at IS 'When it was noticed.';
  COMMENT ON COLUMN clientele_bi.alert_changes.sent IS 'Whether nothing as serious had been sent shortly before.';
  COMMENT ON COLUMN clientele_bi.alert_changes.pushed IS 'Whether it went out.';
  COMMENT ON COLUMN clientele_bi.alert_changes.number IS 'The value, or the ratio, at that time.';
  COMMENT ON COLUMN clientele_bi.alert_changes.expected IS 'What was expected at that time.';
  COMMENT ON COLUMN clientele_bi.alert_changes.z IS 'How far it was from that, in robust standard deviations.';
END $store$;
COMMENT ON PROCEDURE create_alert_views() IS 'Creates the views of alerts in clientele_bi; a part of create_store().';
INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('alerts/raised', 'clientele_bi.alerts', 'view', 'create_alert_views', true),
  ('alerts/raised', 'clientele_bi.alert_changes', 'view', 'create_alert_views', true);
