-- SPDX-License-Identifier: PostgreSQL
-- One row a source: whether it is all right, and if not, why.

CREATE FUNCTION rough_length(length interval) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN s < 120 THEN s || ' seconds' WHEN s < 7200 THEN s / 60 || ' minutes' WHEN s < 172800 THEN s / 3600 || ' hours'
              ELSE s / 86400 || ' days' END
  FROM (SELECT extract(epoch FROM length)::bigint AS s) x
$$;
COMMENT ON FUNCTION rough_length(interval) IS
  'Says a length of time in seconds, minutes, hours or days; a part of clientele_bi.source_quality.';

CREATE PROCEDURE create_quality_state_views()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  -- The planner takes a range that is bounded on both sides for a small one, which the judged runs are.
  CREATE OR REPLACE VIEW clientele_bi.source_quality AS
    SELECT q.source, q.relation,
           CASE WHEN q.paused THEN 'paused' WHEN q.failing IS NOT NULL THEN 'failing' WHEN q.stale IS NOT NULL THEN 'stale'
                WHEN q.dirty THEN 'dirty' ELSE 'fresh' END AS state,
           nullif(concat_ws('; ', q.failing, q.stale, CASE WHEN q.dirty THEN
             format('%s %% of the rows read were packed (at least %s %%), %s %% without losing a part (at least %s %%)',
               trim_scale(trunc(100 * q.integration_rate, 2)), trim_scale(100 * q.least_integration),
               trim_scale(trunc(100 * q.accuracy, 2)), trim_scale(100 * q.least_accuracy))
             || coalesce(': ' || (
               SELECT string_agg(c.what || ' ' || c.n, ', ' ORDER BY c.n DESC, c.what COLLATE "C")
               FROM (SELECT x.what, sum(x.n) AS n
                     FROM (SELECT i.run_id, i.rows_rejected, i.dropped FROM clientele_data.load_runs i
                           WHERE i.source_id = q.source_id AND i.started_at BETWEEN q.judged_since AND now()
                           ORDER BY i.started_at OFFSET 0) r
                     CROSS JOIN LATERAL (
                       SELECT j.reason AS what, count(*) AS n FROM clientele_data.rejects j
                       WHERE r.rows_rejected > 0 AND j.run_id = r.run_id AND j.resolved_by IS NULL GROUP BY 1
                       UNION ALL SELECT 'dropped ' || e.key, e.value::bigint FROM jsonb_each_text(r.dropped) e) x
                     GROUP BY 1 ORDER BY n DESC, x.what COLLATE "C" LIMIT 4) c), '') END), '') AS reason,
           q.freshness_seconds, q.last_event_at, q.last_run_at, q.rows_read, q.rows_packed, q.rows_packed_later, q.rows_duplicate,
           q.rows_rejected, round(q.integration_rate, 4) AS integration_rate, round(q.accuracy, 4) AS accuracy, q.dropped_identifiers,
           (SELECT count(*) FROM clientele_data.rejects j WHERE j.source_id = q.source_id AND j.resolved_by IS NULL) AS rejects_waiting
    FROM (
      SELECT s.source_id, s.name AS source, s.relation, s.paused, l.least_integration, l.least_accuracy, l.judged_since,
             CASE WHEN p.failed_at IS NOT NULL THEN format('%s %s', p.error_code, p.error) END AS failing,
             CASE WHEN f.last_event_at IS NULL THEN 'no event has been packed'
                  WHEN f.last_event_at < now() - l.fresh_within THEN
                    format('the newest event is %s old, more than %s', clientele.rough_length(now() - f.last_event_at),
                           clientele.rough_length(l.fresh_within))
             END || CASE WHEN p.history_state <> 'done' THEN '; its history is being read' ELSE '' END AS stale,
             w.integration_rate < l.least_integration OR w.accuracy < l.least_accuracy AS dirty,
             CASE WHEN f.last_event_at > now() THEN 0 ELSE extract(epoch FROM now() - f.last_event_at) END::double precision AS freshness_seconds,
             f.last_event_at, p.batch_at AS last_run_at, w.rows_read, w.rows_packed, w.rows_packed_later,
             w.rows_duplicate, w.rows_rejected,
             w.integration_rate, w.accuracy, w.dropped_identifiers
      FROM clientele_data.sources s
      LEFT JOIN clientele_data.source_progress p ON p.source_id = s.source_id
      CROSS JOIN LATERAL (
        SELECT coalesce(max(v.value) FILTER (WHERE v.name = 'fresh_within/' || s.name),
                        max(v.value) FILTER (WHERE v.name = 'fresh_within'), '30 minutes')::interval AS fresh_within,
               coalesce(max(v.value) FILTER (WHERE v.name = 'least_integration/' || s.name),
                        max(v.value) FILTER (WHERE v.name = 'least_integration'), '0.95')::numeric AS least_integration,
               coalesce(max(v.value) FILTER (WHERE v.name = 'least_accuracy/' || s.name),
                        max(v.value) FILTER (WHERE v.name = 'least_accuracy'), '0.98')::numeric AS least_accuracy,
               now() - coalesce(max(v.value) FILTER (WHERE v.name = 'judged_over/' || s.name),
                                max(v.value) FILTER (WHERE v.name = 'judged_over'), '1 day')::interval AS judged_since
        FROM clientele_data.settings v) l
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(b.rows_read), 0)::bigint AS rows_read, coalesce(sum(b.rows_packed), 0)::bigint AS rows_packed,
               coalesce(sum(b.rows_packed_later), 0)::bigint AS rows_packed_later,
               coalesce(sum(b.rows_duplicate), 0)::bigint AS rows_duplicate, coalesce(sum(b.rows_rejected), 0)::bigint AS rows_rejected,
               sum(b.rows_packed + b.rows_packed_later) / nullif(sum(b.rows_read - b.rows_duplicate), 0) AS integration_rate,
               sum(b.rows_complete) / nullif(sum(b.rows_read - b.rows_duplicate), 0) AS accuracy,
               coalesce(sum(r.dropped_identifiers), 0)::bigint AS dropped_identifiers
        FROM clientele_bi.source_runs r
        LEFT JOIN LATERAL (SELECT r.rows_read, r.rows_packed, r.rows_packed_later, r.rows_duplicate, r.rows_rejected, r.rows_complete) b
          ON r.kind <> 'retry'
        WHERE r.source = s.name AND r.started_at BETWEEN l.judged_since AND now()) w
      -- A restart forgets what was packed before it.
      CROSS JOIN LATERAL (SELECT greatest(p.last_event_at, (
        SELECT r.last_event_at FROM clientele_data.load_runs r WHERE r.source_id = s.source_id AND r.last_event_at IS NOT NULL
        ORDER BY r.started_at DESC LIMIT 1)) AS last_event_at OFFSET 0) f) q;
  COMMENT ON VIEW clientele_bi.source_quality IS
    'Whether each source is all right, and if not, why. Its limits are settings of the store: clientele.set_quality_limits() changes them.';
  COMMENT ON COLUMN clientele_bi.source_quality.source IS 'The source.';
  COMMENT ON COLUMN clientele_bi.source_quality.relation IS 'The table or view that is read.';
  COMMENT ON COLUMN clientele_bi.source_quality.state IS
    'The first of these that applies: paused; failing, the last batch failed; stale, the newest event is too old; dirty, too many rows
were rejected or lost a part; fresh.';
  COMMENT ON COLUMN clientele_bi.source_quality.reason IS 'All that is wrong with the source; NULL if nothing is.';
  COMMENT ON COLUMN clientele_bi.source_quality.freshness_seconds IS
    'How old the newest event packed is, at least 0; NULL if none was packed.';
  COMMENT ON COLUMN clientele_bi.source_quality.last_event_at IS 'Time of the newest event packed.';
  COMMENT ON COLUMN clientele_bi.source_quality.last_run_at IS 'When the last batch ended.';
  COMMENT ON COLUMN clientele_bi.source_quality.rows_read IS
    'Rows read that were not known before, in the last day (judged_over). What follows is of that time, too, except rejects_waiting.';
  COMMENT ON COLUMN clientele_bi.source_quality.rows_packed IS 'Rows that became events.';
  COMMENT ON COLUMN clientele_bi.source_quality.rows_packed_later IS 'Rows that were rejected and that a retry packed.';
  COMMENT ON COLUMN clientele_bi.source_quality.rows_duplicate IS 'Rows left out because they repeat an event.';
  COMMENT ON COLUMN clientele_bi.source_quality.rows_rejected IS 'Rows that are still rejected.';
  COMMENT ON COLUMN clientele_bi.source_quality.integration_rate IS
    'Rows packed, at once or later, over rows read that are not duplicates, from 0 to 1; NULL if there are none.';
  COMMENT ON COLUMN clientele_bi.source_quality.accuracy IS
    'Rows packed without a dropped identifier or property over rows read that are not duplicates; NULL if there are none.';
  COMMENT ON COLUMN clientele_bi.source_quality.dropped_identifiers IS
    'Identifiers left out of packed rows because they could not be used.';
  COMMENT ON COLUMN clientele_bi.source_quality.rejects_waiting IS
    'Rows of any day that are still rejected: retry_rejects() tries them again.';
END $store$;
COMMENT ON PROCEDURE create_quality_state_views() IS
  'Creates the view of the states of sources in clientele_bi; a part of create_store().';

INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('sources/quality', 'clientele_bi.source_runs', 'view', 'create_quality_views', true),
  ('sources/quality', 'clientele_bi.source_days', 'view', 'create_quality_views', true),
  ('sources/quality', 'clientele_bi.source_rejects', 'view', 'create_quality_views', true),
  ('sources/quality', 'clientele_bi.source_dropped', 'view', 'create_quality_views', true),
  ('sources/quality', 'clientele_bi.source_quality', 'view', 'create_quality_state_views', true);

CREATE PROCEDURE set_quality_limits(source text DEFAULT NULL, fresh_within interval DEFAULT NULL, least_integration numeric DEFAULT NULL,
                                    least_accuracy numeric DEFAULT NULL, judged_over interval DEFAULT NULL, standard boolean DEFAULT false)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET intervalstyle = 'postgres' AS $$
#variable_conflict use_variable
DECLARE
  suffix CONSTANT text := coalesce('/' || source, '');
BEGIN
  PERFORM clientele.require_store('settings', 'INSERT'), clientele.require_store('settings', 'UPDATE'),
          clientele.require_store('settings', 'DELETE'), clientele.require_store('sources');
  IF source IS NOT NULL AND NOT EXISTS (SELECT FROM clientele_data.sources s WHERE s.name = source) THEN
    RAISE EXCEPTION 'source "%" does not exist', left(source, 100) USING
      ERRCODE = 'undefined_object', HINT = 'clientele_data.sources lists the sources.';
  ELSIF fresh_within <= interval '0' OR judged_over <= interval '0' THEN
    RAISE EXCEPTION '% must be above 0', CASE WHEN fresh_within <= interval '0' THEN 'fresh_within' ELSE 'judged_over' END USING
      ERRCODE = 'invalid_parameter_value';
  ELSIF NOT coalesce(least_integration BETWEEN 0 AND 1 AND least_accuracy BETWEEN 0 AND 1, least_integration BETWEEN 0 AND 1,
                     least_accuracy BETWEEN 0 AND 1, true) THEN
    RAISE EXCEPTION 'least_integration and least_accuracy must be from 0 to 1' USING
      ERRCODE = 'invalid_parameter_value', HINT = '95 percent is 0.95.';
  END IF;
  IF standard THEN
    DELETE FROM clientele_data.settings s
    WHERE s.name IN ('fresh_within' || suffix, 'least_integration' || suffix, 'least_accuracy' || suffix, 'judged_over' || suffix);
  END IF;
  INSERT INTO clientele_data.settings (name, value)
  SELECT v.name || suffix, v.value
  FROM (VALUES ('fresh_within', fresh_within::text), ('least_integration', least_integration::text),
               ('least_accuracy', least_accuracy::text), ('judged_over', judged_over::text)) v (name, value)
  WHERE v.value IS NOT NULL
  ON CONFLICT (name) DO UPDATE SET value = excluded.value;
END $$;
COMMENT ON PROCEDURE set_quality_limits(text, interval, numeric, numeric, interval, boolean) IS
  'Changes from when on clientele_bi.source_quality calls a source stale or dirty, for all sources or for one.
source: the one; NULL is all that have no limit of their own. fresh_within: how old the newest event may be (30 minutes). least_integration
and least_accuracy: the least rates (0.95 and 0.98) of the rows read in judged_over (1 day) up to now. What is NULL stays as it is.
standard => true takes earlier limits away. Errors: 42704 for a source that does not exist, 22023 for other values, 42P01 without a store,
42501 without the rights.';
