-- SPDX-License-Identifier: PostgreSQL
-- How good the data of each source are. A retry packs rows that another run has read: they are counted where they were read, so that
-- packed, later packed, duplicates and rejected rows always add up to what was read.

CREATE PROCEDURE create_quality_views()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  CREATE INDEX IF NOT EXISTS load_runs_source_id_idx ON clientele_data.load_runs (source_id, started_at);
  CREATE INDEX IF NOT EXISTS rejects_resolved_idx ON clientele_data.rejects (run_id) WHERE resolved_by IS NOT NULL;

  CREATE OR REPLACE VIEW clientele_bi.source_runs AS
    SELECT s.name AS source, r.run_id, r.kind, r.mapping_number,
           (r.started_at AT TIME ZONE (SELECT z.value FROM clientele_data.settings z WHERE z.name = 'time_zone'))::date AS day,
           r.started_at, r.finished_at, extract(epoch FROM r.finished_at - r.started_at)::double precision AS seconds,
           r.rows_read, r.rows_packed, l.rows_packed_later, r.rows_duplicate,
           r.rows_rejected - l.rows_packed_later AS rows_rejected, r.rows_known,
           CASE WHEN r.kind <> 'retry' THEN
             round((r.rows_packed + l.rows_packed_later)::numeric / nullif(r.rows_read - r.rows_duplicate, 0), 4) END AS integration_rate,
           CASE WHEN r.kind <> 'retry' THEN
             round((r.rows_complete + l.rows_complete_later) / nullif(r.rows_read - r.rows_duplicate, 0), 4) END AS accuracy,
           r.rows_complete + l.rows_complete_later AS rows_complete,
           d.dropped_identifiers, d.dropped_properties, r.customers, r.first_event_at, r.last_event_at,
           CASE WHEN r.finished_at < r.last_event_at THEN 0 ELSE extract(epoch FROM r.finished_at - r.last_event_at) END::double precision
             AS freshness_seconds
    FROM clientele_data.load_runs r
    JOIN clientele_data.sources s ON s.source_id = r.source_id
    -- A retry knows how many of its rows are complete, not which: each has that share.
    CROSS JOIN LATERAL (
      SELECT count(*) AS rows_packed_later, coalesce(sum(y.rows_complete::numeric / nullif(y.rows_packed, 0)), 0) AS rows_complete_later
      FROM clientele_data.rejects j JOIN clientele_data.load_runs y ON y.run_id = j.resolved_by
      WHERE j.run_id = r.run_id AND j.resolved_by IS NOT NULL AND r.rows_rejected > 0) l
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(e.value::bigint) FILTER (WHERE e.key <> 'properties'), 0)::bigint AS dropped_identifiers,
             coalesce(sum(e.value::bigint) FILTER (WHERE e.key = 'properties'), 0)::bigint AS dropped_properties
      FROM jsonb_each_text(r.dropped) e) d;
  COMMENT ON VIEW clientele_bi.source_runs IS
    'How many rows each batch of a source packed, left out and rejected. Rows that a retry packed later count where they were read.';
  COMMENT ON COLUMN clientele_bi.source_runs.source IS 'The source.';
  COMMENT ON COLUMN clientele_bi.source_runs.run_id IS 'The number of the run.';
  COMMENT ON COLUMN clientele_bi.source_runs.kind IS
    'batch, back-fill, sweep, history (rows noted as read only) or retry (of rejected rows).';
  COMMENT ON COLUMN clientele_bi.source_runs.mapping_number IS 'The number of the mapping by which the rows were read.';
  COMMENT ON COLUMN clientele_bi.source_runs.day IS 'The day on which the run started, in the time zone of the store.';
  COMMENT ON COLUMN clientele_bi.source_runs.started_at IS 'When the run started.';
  COMMENT ON COLUMN clientele_bi.source_runs.finished_at IS 'When the run ended.';
  COMMENT ON COLUMN clientele_bi.source_runs.seconds IS 'How long the run took.';
  COMMENT ON COLUMN clientele_bi.source_runs.rows_read IS 'Rows that were not known before; of a retry, the rows that it tried.';
  COMMENT ON COLUMN clientele_bi.source_runs.rows_packed IS 'Rows that became events in this run.';
  COMMENT ON COLUMN clientele_bi.source_runs.rows_packed_later IS 'Rows that this run rejected and a retry packed.';
  COMMENT ON COLUMN clientele_bi.source_runs.rows_duplicate IS 'Rows left out because they repeat an event.';
  COMMENT ON COLUMN clientele_bi.source_runs.rows_rejected IS 'Rows that are still rejected.';
  COMMENT ON COLUMN clientele_bi.source_runs.rows_known IS 'Rows that earlier runs had read; they are not in rows_read.';
  COMMENT ON COLUMN clientele_bi.source_runs.integration_rate IS
    'Rows packed, now or later, over rows read that are not duplicates, from 0 to 1; NULL for a retry.';
  COMMENT ON COLUMN clientele_bi.source_runs.accuracy IS
    'Rows packed, now or later, without a dropped identifier or property, over rows read that are not duplicates; NULL for a retry.';
  COMMENT ON COLUMN clientele_bi.source_runs.rows_complete IS 'Rows packed, now or later, without a dropped identifier or property.';
  COMMENT ON COLUMN clientele_bi.source_runs.dropped_identifiers IS 'Identifiers left out of packed rows because they could not be used.';
  COMMENT ON COLUMN clientele_bi.source_runs.dropped_properties IS 'Packed rows whose properties were left out.';
  COMMENT ON COLUMN clientele_bi.source_runs.customers IS 'Customers whose journeys were created or extended.';
  COMMENT ON COLUMN clientele_bi.source_runs.first_event_at IS 'Time of the oldest event packed.';
  COMMENT ON COLUMN clientele_bi.source_runs.last_event_at IS 'Time of the newest event packed.';
  COMMENT ON COLUMN clientele_bi.source_runs.freshness_seconds IS
    'How old the newest event packed was when the run ended, at least 0; NULL if nothing was packed.';

  CREATE OR REPLACE VIEW clientele_bi.source_days AS
    -- A retry counts in what it dropped only: its other columns are NULL here.
    SELECT d.source, d.day, count(d.rows_read) AS runs, coalesce(sum(d.rows_read), 0)::bigint AS rows_read,
           coalesce(sum(d.rows_packed), 0)::bigint AS rows_packed, coalesce(sum(d.rows_packed_later), 0)::bigint AS rows_packed_later,
           coalesce(sum(d.rows_duplicate), 0)::bigint AS rows_duplicate, coalesce(sum(d.rows_rejected), 0)::bigint AS rows_rejected,
           coalesce(sum(d.rows_known), 0)::bigint AS rows_known,
           round(sum(d.rows_packed + d.rows_packed_later) / nullif(sum(d.rows_read - d.rows_duplicate), 0), 4) AS integration_rate,
           round(sum(d.rows_complete) / nullif(sum(d.rows_read - d.rows_duplicate), 0), 4) AS accuracy,
           sum(d.dropped_identifiers)::bigint AS dropped_identifiers, sum(d.dropped_properties)::bigint AS dropped_properties,
           min(d.first_event_at) AS first_event_at, max(d.last_event_at) AS last_event_at,
           CASE WHEN max(d.finished_at) < max(d.last_event_at) THEN 0
                ELSE extract(epoch FROM max(d.finished_at) - max(d.last_event_at)) END::double precision AS freshness_seconds
    FROM (SELECT r.source, r.day, r.dropped_identifiers, r.dropped_properties, b.*
          FROM clientele_bi.source_runs r
          LEFT JOIN LATERAL (SELECT r.rows_read, r.rows_packed, r.rows_packed_later, r.rows_duplicate, r.rows_rejected, r.rows_known,
                                    r.rows_complete, r.first_event_at, r.last_event_at, r.finished_at) b ON r.kind <> 'retry') d
    GROUP BY d.source, d.day;
  COMMENT ON VIEW clientele_bi.source_days IS
    'How many rows of each source were packed, left out and rejected on each day. Rows that a retry packed count on the day of reading.';
  COMMENT ON COLUMN clientele_bi.source_days.source IS 'The source.';
  COMMENT ON COLUMN clientele_bi.source_days.day IS 'The day on which the runs started, in the time zone of the store.';
  COMMENT ON COLUMN clientele_bi.source_days.runs IS 'Number of runs, without retries. A day of retries only has 0.';
  COMMENT ON COLUMN clientele_bi.source_days.rows_read IS 'Rows that were not known before.';
  COMMENT ON COLUMN clientele_bi.source_days.rows_packed IS 'Rows that became events.';
  COMMENT ON COLUMN clientele_bi.source_days.rows_packed_later IS 'Rows that were rejected and that a retry packed.';
  COMMENT ON COLUMN clientele_bi.source_days.rows_duplicate IS 'Rows left out because they repeat an event.';
  COMMENT ON COLUMN clientele_bi.source_days.rows_rejected IS 'Rows that are still rejected.';
  COMMENT ON COLUMN clientele_bi.source_days.rows_known IS 'Rows that earlier runs had read; they are not in rows_read.';
  COMMENT ON COLUMN clientele_bi.source_days.integration_rate IS
    'Rows packed, at once or later, over rows read that are not duplicates, from 0 to 1; NULL if there are none.';
  COMMENT ON COLUMN clientele_bi.source_days.accuracy IS
    'Rows packed without a dropped identifier or property over rows read that are not duplicates; NULL if there are none.';
  COMMENT ON COLUMN clientele_bi.source_days.dropped_identifiers IS
    'Identifiers left out of rows packed on the day, by retries too, because they could not be used.';
  COMMENT ON COLUMN clientele_bi.source_days.dropped_properties IS 'Rows packed on the day, by retries too, whose properties were left out.';
  COMMENT ON COLUMN clientele_bi.source_days.first_event_at IS 'Time of the oldest event packed.';
  COMMENT ON COLUMN clientele_bi.source_days.last_event_at IS 'Time of the newest event packed.';
  COMMENT ON COLUMN clientele_bi.source_days.freshness_seconds IS
    'How old the newest event packed on the day was when the last run of the day ended, at least 0; NULL if nothing was packed.';

  CREATE OR REPLACE VIEW clientele_bi.source_rejects AS
    SELECT q.source, q.run_id, q.day, q.kind, c.reason, m.meaning, c.rows_rejected, c.rows_packed_later
    FROM (SELECT s.name AS source, r.run_id, r.kind,
                 (r.started_at AT TIME ZONE (SELECT z.value FROM clientele_data.settings z WHERE z.name = 'time_zone'))::date AS day
          FROM clientele_data.load_runs r JOIN clientele_data.sources s ON s.source_id = r.source_id WHERE r.rows_rejected > 0) q
    CROSS JOIN LATERAL (
      SELECT j.reason, count(*) FILTER (WHERE j.resolved_by IS NULL) AS rows_rejected,
             count(*) FILTER (WHERE j.resolved_by IS NOT NULL) AS rows_packed_later
      FROM clientele_data.rejects j WHERE j.run_id = q.run_id GROUP BY j.reason) c
    LEFT JOIN clientele.source_reject_reasons() m ON m.reason = c.reason;
  COMMENT ON VIEW clientele_bi.source_rejects IS
    'Why each batch of a source rejected rows. The rows themselves, with their content, are in clientele_data.rejects.';
  COMMENT ON COLUMN clientele_bi.source_rejects.source IS 'The source.';
  COMMENT ON COLUMN clientele_bi.source_rejects.run_id IS 'The run that read the rows.';
  COMMENT ON COLUMN clientele_bi.source_rejects.day IS 'The day on which the run started, in the time zone of the store.';
  COMMENT ON COLUMN clientele_bi.source_rejects.kind IS 'batch, back-fill or sweep.';
  COMMENT ON COLUMN clientele_bi.source_rejects.reason IS 'The reason: that of the last attempt, if rows were tried again.';
  COMMENT ON COLUMN clientele_bi.source_rejects.meaning IS 'What the reason means.';
  COMMENT ON COLUMN clientele_bi.source_rejects.rows_rejected IS 'Rows that are still rejected.';
  COMMENT ON COLUMN clientele_bi.source_rejects.rows_packed_later IS 'Rows that a retry packed.';

  CREATE OR REPLACE VIEW clientele_bi.source_dropped AS
    SELECT s.name AS source, r.run_id,
           (r.started_at AT TIME ZONE (SELECT z.value FROM clientele_data.settings z WHERE z.name = 'time_zone'))::date AS day,
           r.kind, e.key AS part, e.value::bigint AS dropped
    FROM clientele_data.load_runs r JOIN clientele_data.sources s ON s.source_id = r.source_id
    CROSS JOIN LATERAL jsonb_each_text(r.dropped) e;
  COMMENT ON VIEW clientele_bi.source_dropped IS
    'Which parts of packed rows each batch of a source left out: identifiers that could not be used, and properties.';
  COMMENT ON COLUMN clientele_bi.source_dropped.source IS 'The source.';
  COMMENT ON COLUMN clientele_bi.source_dropped.run_id IS 'The run.';
  COMMENT ON COLUMN clientele_bi.source_dropped.day IS 'The day on which the run started, in the time zone of the store.';
  COMMENT ON COLUMN clientele_bi.source_dropped.kind IS 'batch, back-fill, sweep or retry.';
  COMMENT ON COLUMN clientele_bi.source_dropped.part IS 'Why an identifier was left out, as bad_email; or properties.';
  COMMENT ON COLUMN clientele_bi.source_dropped.dropped IS 'How often.';
END $store$;
COMMENT ON PROCEDURE create_quality_views() IS
  'Creates the views of the quality of sources in clientele_bi; a part of create_store().';
