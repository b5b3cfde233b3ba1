-- SPDX-License-Identifier: PostgreSQL
-- Method mark: which transaction inserted a row. What was seen is kept as [{"base", "end", "open"}], one for each cluster: in marks, base +
-- end is the first transaction that was not seen, and open are the earlier ones that were not. Without "end" all of a cluster was seen.

CREATE FUNCTION source_mark() RETURNS bigint
  LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'clientele_source_mark';
COMMENT ON FUNCTION source_mark() IS
  'Returns the mark of rows that this transaction inserts: the default of column clientele_mark, by which new rows of a table are found.
It is the number of seconds from 2020 to the birth of the database cluster, times 2^32, plus the number of the transaction. So marks ascend
over clusters, and savepoints make no difference. It cannot be called on a standby (25006).';

CREATE FUNCTION mark_base(cluster bigint) RETURNS bigint
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_mark_base';
COMMENT ON FUNCTION mark_base(bigint) IS
  'Returns what source_mark() adds to the number of a transaction in a database cluster, given as cluster_id() returns it.';

CREATE FUNCTION seen_now(snapshot pg_snapshot) RETURNS jsonb
  LANGUAGE sql STABLE STRICT PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
  SELECT jsonb_build_object('base', clientele.mark_base(clientele.cluster_id()), 'end', pg_snapshot_xmax(snapshot)::text::bigint,
                            'open', coalesce(jsonb_agg(x.id ORDER BY x.id), '[]'))
  FROM (SELECT i::text::bigint AS id FROM pg_snapshot_xip(snapshot) i
        UNION SELECT pg_current_xact_id_if_assigned()::text::bigint) x
  WHERE x.id < pg_snapshot_xmax(snapshot)::text::bigint
$$;
COMMENT ON FUNCTION seen_now(pg_snapshot) IS
  'Writes which transactions of this cluster a snapshot saw, as an element of source_progress.seen; a part of a batch.
Your own transaction is not among them: what it writes is left to the next batch.';

CREATE FUNCTION unseen_marks(entry jsonb, upper_bound text, own bigint DEFAULT NULL) RETURNS text
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  base CONSTANT bigint := (entry ->> 'base')::bigint;
  ends CONSTANT bigint := (entry ->> 'end')::bigint;
  xids CONSTANT bigint[] := ARRAY(SELECT x::bigint FROM jsonb_array_elements_text(entry -> 'open') x ORDER BY 1 DESC);
  lowest bigint := ends;
  starts bigint[] := '{}'::bigint[];
  stops bigint[] := '{}'::bigint[];
  xid bigint;
  condition text;
BEGIN
  IF ends IS NULL THEN
    RETURN 'false';
  END IF;
  -- What is open is looked up by itself, so that it does not matter how much has been inserted since. Each look-up reads the whole index:
  -- numbers next to each other are one, and there are 32 at most.
  FOREACH xid IN ARRAY xids LOOP
    IF starts = '{}' AND lowest - xid <= 8 THEN
      lowest := xid;
    ELSIF starts[cardinality(starts)] - xid <= 8 THEN
      starts[cardinality(starts)] := xid;
    ELSE
      starts := starts || xid;
      stops := stops || xid;
    END IF;
  END LOOP;
  IF cardinality(starts) > 32 THEN
    lowest := starts[cardinality(starts) - 32];
    starts := starts[cardinality(starts) - 31:];
    stops := stops[cardinality(stops) - 31:];
  END IF;
  condition := format('s.clientele_mark >= %L::bigint%s', base + lowest, ' AND s.clientele_mark < ' || upper_bound)
    || coalesce((SELECT string_agg(format(CASE WHEN i.start = i.stop THEN ' OR s.clientele_mark = %L::bigint'
                                               ELSE ' OR s.clientele_mark BETWEEN %L::bigint AND %L::bigint' END, base + i.start, base + i.stop), '')
                 FROM unnest(starts, stops) i (start, stop)), '');
  IF lowest < ends OR starts <> stops THEN
    condition := format('(%s) AND (s.clientele_mark >= %L::bigint OR s.clientele_mark = ANY (%L::bigint[]))', condition, base + ends,
                        ARRAY(SELECT base + x FROM unnest(xids) x));
  ELSE
    condition := format('(%s)', condition);
  END IF;
  RETURN format('(%s%s)', condition, CASE WHEN own IS NOT NULL THEN format(' AND s.clientele_mark <> %L::bigint', own) END);
END $$;
COMMENT ON FUNCTION unseen_marks(jsonb, text, bigint) IS
  'Writes the condition that a row is of a transaction that an element of source_progress.seen has not seen; a part of a batch.
upper_bound is SQL, below which marks of that cluster are; own is the mark of rows that are left out.';

CREATE FUNCTION marks_above(seen jsonb, base bigint) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('%L::bigint', min(x.base))
  FROM (SELECT (e ->> 'base')::bigint AS base FROM jsonb_array_elements(seen) e
        UNION ALL SELECT clientele.mark_base(clientele.cluster_id())) x
  WHERE x.base > marks_above.base HAVING min(x.base) IS NOT NULL
$$;
COMMENT ON FUNCTION marks_above(jsonb, bigint) IS
  'Returns where the marks of the next cluster begin, as SQL; NULL if no younger one is known. A part of a batch.';

CREATE FUNCTION historic_marks(history_seen jsonb, seen jsonb) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT 's.clientele_mark IS NOT NULL'
    || coalesce((SELECT string_agg(' AND NOT ' || clientele.unseen_marks(e, clientele.marks_above(history_seen, (e ->> 'base')::bigint)), '')
                 FROM jsonb_array_elements(history_seen) e WHERE e ->> 'end' IS NOT NULL), '')
    || coalesce((SELECT string_agg(format(' AND NOT (s.clientele_mark >= %L::bigint%s)', e ->> 'base',
                                          ' AND s.clientele_mark < ' || clientele.marks_above(seen, (e ->> 'base')::bigint)), '')
                 FROM jsonb_array_elements(seen) e
                 WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(history_seen) h WHERE h -> 'base' = e -> 'base')), '')
$$;
COMMENT ON FUNCTION historic_marks(jsonb, jsonb) IS
  'Writes the condition that a row was there when its source was added; a part of a batch.';

CREATE FUNCTION seen_up_to(former jsonb, now jsonb, last_mark bigint) RETURNS jsonb
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT jsonb_build_object('base', former -> 'base', 'end', e.ends, 'open', coalesce(
    (SELECT jsonb_agg(o.id ORDER BY o.id) FROM (
       SELECT x::bigint AS id FROM jsonb_array_elements_text(now -> 'open') x
       UNION SELECT x::bigint FROM jsonb_array_elements_text(former -> 'open') x WHERE (former ->> 'base')::bigint + x::bigint > last_mark) o
     WHERE o.id < e.ends), '[]'))
  FROM (SELECT greatest((former ->> 'end')::bigint, last_mark - (former ->> 'base')::bigint + 1) AS ends) e
$$;
COMMENT ON FUNCTION seen_up_to(jsonb, jsonb, bigint) IS
  'Writes what has been seen after a batch that read new rows up to a mark only, because there were too many; a part of a batch.
former is what was seen before, and now what the snapshot of the batch saw.';
