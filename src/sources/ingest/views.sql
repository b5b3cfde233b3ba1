-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION oldest_transaction() RETURNS TABLE (since timestamptz, description text)
  LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 SET search_path = pg_catalog, pg_temp AS $$
  SELECT t.since, t.description
  FROM (SELECT p.prepared AS since, format('prepared transaction %L of database %I', p.gid, p.database) AS description, p.transaction AS xid
        FROM pg_prepared_xacts p
        UNION ALL
        SELECT a.xact_start, format('transaction of process %s in database %I', a.pid, a.datname), a.backend_xid
        FROM pg_stat_activity a WHERE a.backend_xid IS NOT NULL AND a.pid <> pg_backend_pid()) t
  ORDER BY age(t.xid) DESC LIMIT 1
$$;
COMMENT ON FUNCTION oldest_transaction() IS
  'Returns which transaction that has written something has been open for longest in the cluster, and since when; no row if there is none.
since is NULL for a session that you may not see.';

CREATE PROCEDURE create_progress_views()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  CREATE OR REPLACE VIEW clientele_data.source_status AS
    SELECT s.name AS source, s.method,
           CASE WHEN s.paused THEN 'paused' WHEN p.source_id IS NULL THEN 'stopped' WHEN p.failed_at IS NOT NULL THEN 'failed'
                WHEN p.history_state <> 'done' THEN 'back-fill' WHEN p.batch_at IS NULL THEN 'new' ELSE 'active' END AS state,
           CASE WHEN p.history_state = 'done' THEN 1
                WHEN p.history_rows > 0 THEN least(round(p.history_read::numeric / p.history_rows, 3), 0.999) END AS history_share,
           p.history_read, p.history_rows, p.batch_at AS last_batch_at, p.batch_took AS last_batch_took, p.batch_read AS last_batch_read,
           p.swept_at AS last_sweep_at, p.sweep_took AS last_sweep_took,
           CASE WHEN s.method = 'key' THEN clientele.sweep_due(p.swept_at, p.sweep_took) END AS next_sweep_at,
           p.last_event_at, greatest(clock_timestamp() - p.last_event_at, '0') AS freshness,
           p.failed_at, p.failures, p.error_code, p.error, p.error_hint,
           CASE WHEN s.paused THEN 'it is paused'
                WHEN p.source_id IS NULL THEN 'restart_source() was not called'
                WHEN clientele.source_owner(s.owner, s.owner_oid, s.owner_cluster) IS NULL THEN format('its owner, role %I, does not exist', s.owner)
                WHEN clientele.relation_named(s.relation) IS NULL THEN format('%s does not exist', s.relation)
                WHEN p.failed_at IS NOT NULL THEN p.error
                WHEN s.method = 'key' AND o.since < now() - interval '5 minutes' AND p.top - p.floor > 100000
                  THEN format('%s is open since %s: rows from %s on are looked up by each batch', o.description, o.since, p.floor)
                WHEN s.method = 'cursor' AND o.since < now() - coalesce(s.lateness, interval '1 hour')
                  THEN format('%s is open since %s: what it inserts is lost if its cursor is then older than lateness', o.description, o.since)
           END AS held_back_by
    FROM clientele_data.sources s
    LEFT JOIN clientele_data.source_progress p ON p.source_id = s.source_id
    LEFT JOIN LATERAL clientele.oldest_transaction() o ON s.method <> 'mark';
  COMMENT ON VIEW clientele_data.source_status IS
    'How each source is doing: a row for each. clientele.ingest() reads them.';
  COMMENT ON COLUMN clientele_data.source_status.source IS 'The source.';
  COMMENT ON COLUMN clientele_data.source_status.method IS 'How its new rows are found: key, mark or cursor.';
  COMMENT ON COLUMN clientele_data.source_status.state IS
    'new (never read), back-fill (what was there at first is being read), active, failed (the last batch; the next one tries again), paused,
or stopped (nothing is known of it; restart_source() begins again).';
  COMMENT ON COLUMN clientele_data.source_status.history_share IS
    'How much of what was there at first has been read, from 0 to 1; NULL if it is not known how much that is.';
  COMMENT ON COLUMN clientele_data.source_status.history_read IS 'How many rows of that have been read.';
  COMMENT ON COLUMN clientele_data.source_status.history_rows IS 'About how many there are.';
  COMMENT ON COLUMN clientele_data.source_status.last_batch_at IS 'When the last batch ended.';
  COMMENT ON COLUMN clientele_data.source_status.last_batch_took IS 'How long it took.';
  COMMENT ON COLUMN clientele_data.source_status.last_batch_read IS 'How many rows it read.';
  COMMENT ON COLUMN clientele_data.source_status.last_sweep_at IS 'Method key: when rows that arrived late were last looked for everywhere.';
  COMMENT ON COLUMN clientele_data.source_status.last_sweep_took IS 'How long that took.';
  COMMENT ON COLUMN clientele_data.source_status.next_sweep_at IS 'When that is due again; NULL before the first time.';
  COMMENT ON COLUMN clientele_data.source_status.last_event_at IS 'The time of the newest event.';
  COMMENT ON COLUMN clientele_data.source_status.freshness IS 'How old the newest event is.';
  COMMENT ON COLUMN clientele_data.source_status.failed_at IS 'When the last batch failed; NULL if it did not.';
  COMMENT ON COLUMN clientele_data.source_status.failures IS 'How many batches in a row have failed.';
  COMMENT ON COLUMN clientele_data.source_status.error_code IS 'The SQLSTATE of the error.';
  COMMENT ON COLUMN clientele_data.source_status.error IS 'The error.';
  COMMENT ON COLUMN clientele_data.source_status.error_hint IS 'What to do.';
  COMMENT ON COLUMN clientele_data.source_status.held_back_by IS
    'Why new rows are not read, or why finding them takes longer; NULL if nothing is wrong.';
END $store$;
COMMENT ON PROCEDURE create_progress_views() IS
  'Creates the view of the progress of sources; a part of create_store().';

INSERT INTO clientele.store_members (feature, name, kind, created_by, upgraded_by, for_bi) VALUES
  ('sources/ingest', 'clientele_data.source_status', 'view', 'create_progress_views', NULL, true);
