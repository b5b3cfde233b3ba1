-- SPDX-License-Identifier: PostgreSQL

CREATE PROCEDURE create_metric_views()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  CREATE OR REPLACE VIEW clientele_bi.metrics AS
    SELECT m.name::text AS metric, m.kind, m.rule, m.number, m.per, m.measure, extract(epoch FROM m.grain)::double precision AS grain_seconds,
           m.time_zone, m.description, m.paused, m.muted_until, s.measured_until, s.measured_at, s.outcome, s.error, s.failed_at
    FROM clientele_data.metrics m LEFT JOIN clientele_data.metric_status s USING (metric_id);
  COMMENT ON VIEW clientele_bi.metrics IS 'The numbers that are watched, and how far they are measured.';
  COMMENT ON COLUMN clientele_bi.metrics.metric IS 'The name of the metric.';
  COMMENT ON COLUMN clientele_bi.metrics.kind IS 'What the rule of the metric is: sql, selector, question, answer or load.';
  COMMENT ON COLUMN clientele_bi.metrics.rule IS 'The query, the selector, the question or the source that is measured.';
  COMMENT ON COLUMN clientele_bi.metrics.number IS 'Which number of it.';
  COMMENT ON COLUMN clientele_bi.metrics.per IS 'The selector of the customers whose share is measured.';
  COMMENT ON COLUMN clientele_bi.metrics.measure IS 'What its values are: count, ratio or number.';
  COMMENT ON COLUMN clientele_bi.metrics.grain_seconds IS 'The length of time that a value is of, in seconds.';
  COMMENT ON COLUMN clientele_bi.metrics.time_zone IS 'The time zone of its days and weeks.';
  COMMENT ON COLUMN clientele_bi.metrics.description IS 'What the metric means.';
  COMMENT ON COLUMN clientele_bi.metrics.paused IS 'Whether it is neither measured nor checked.';
  COMMENT ON COLUMN clientele_bi.metrics.muted_until IS 'Until when its alerts do not go out.';
  COMMENT ON COLUMN clientele_bi.metrics.measured_until IS 'The end of the last value.';
  COMMENT ON COLUMN clientele_bi.metrics.measured_at IS 'When it was last measured, or found fresh.';
  COMMENT ON COLUMN clientele_bi.metrics.outcome IS 'What the last measurement did: measured, fresh or failed.';
  COMMENT ON COLUMN clientele_bi.metrics.error IS 'Why the last measurement failed; NULL if it did not.';
  COMMENT ON COLUMN clientele_bi.metrics.failed_at IS 'When the measurement failed.';

  CREATE OR REPLACE VIEW clientele_bi.metric_values AS
    SELECT j.metric, j.at, j.until, j.value, j.volume,
           CASE WHEN j.measure = 'ratio' THEN j.value / nullif(j.volume, 0) ELSE j.value END AS number,
           (j.judged).expected AS expected, (j.judged).low AS low, (j.judged).high AS high, (j.judged).z AS z, (j.judged).level AS level,
           j.excused, j.measured_at
    FROM (
      SELECT e.*, clientele.anomaly(e.at, CASE WHEN NOT e.excused THEN e.value END, e.volume, e.judge) OVER (PARTITION BY e.metric ORDER BY e.at) AS judged
      FROM (
        SELECT m.metric, v.at, v.until, v.value, v.volume, m.measure, m.judge, v.measured_at,
               (v.at - interval '1 hour') AT TIME ZONE m.time_zone - (v.at - interval '1 hour') AT TIME ZONE 'UTC'
               <> (v.until + interval '1 hour') AT TIME ZONE m.time_zone - (v.until + interval '1 hour') AT TIME ZONE 'UTC'
               OR EXISTS (SELECT FROM clientele_data.holidays h WHERE h.calendar = m.holidays AND h.day >= (v.at AT TIME ZONE m.time_zone)::date
                          AND h.day < (v.until AT TIME ZONE m.time_zone)) AS excused
        FROM (SELECT x.metric_id, x.name::text AS metric, x.measure, x.time_zone, x.holidays, x.judge::clientele.anomaly_def AS judge
              FROM clientele_data.metrics x OFFSET 0) m
        JOIN clientele_data.metric_values v USING (metric_id)) e) j;
  COMMENT ON VIEW clientele_bi.metric_values IS 'The values of metrics, with what was expected and how unusual they are.';
  COMMENT ON COLUMN clientele_bi.metric_values.metric IS 'The name of the metric.';
  COMMENT ON COLUMN clientele_bi.metric_values.at IS 'When the time that the value is of begins.';
  COMMENT ON COLUMN clientele_bi.metric_values.until IS 'When that time ends.';
  COMMENT ON COLUMN clientele_bi.metric_values.value IS 'The value; of a ratio, the part. NULL is missing, which is not 0.';
  COMMENT ON COLUMN clientele_bi.metric_values.volume IS 'Of a ratio, of how many the value is a part.';
  COMMENT ON COLUMN clientele_bi.metric_values.number IS 'The value, or the ratio itself, as in expected, low and high.';
  COMMENT ON COLUMN clientele_bi.metric_values.expected IS 'What was expected by the values before; NULL if too little was known.';
  COMMENT ON COLUMN clientele_bi.metric_values.low IS 'The lower end of what is usual.';
  COMMENT ON COLUMN clientele_bi.metric_values.high IS 'The upper end of what is usual.';
  COMMENT ON COLUMN clientele_bi.metric_values.z IS 'How far it is from what was expected, in robust standard deviations.';
  COMMENT ON COLUMN clientele_bi.metric_values.level IS '0 for usual, 1 attention, 2 warning, 3 critical; NULL without a judgement.';
  COMMENT ON COLUMN clientele_bi.metric_values.excused IS 'Whether it is not judged, as there is a holiday or clocks change.';
  COMMENT ON COLUMN clientele_bi.metric_values.measured_at IS 'When it was last measured to be another value.';
END $store$;
COMMENT ON PROCEDURE create_metric_views() IS 'Creates the views of metrics in clientele_bi; a part of create_store().';
INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('alerts/metrics', 'clientele_bi.metrics', 'view', 'create_metric_views', true),
  ('alerts/metrics', 'clientele_bi.metric_values', 'view', 'create_metric_views', true);
