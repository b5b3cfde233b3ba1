-- SPDX-License-Identifier: PostgreSQL
-- Method mark: new is what the last batch did not see.

CREATE FUNCTION stamp_rows(source_id bigint, relation text, batch_rows bigint) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
  part regclass;
  stamped bigint := 0;
BEGIN
  FOREACH part IN ARRAY coalesce((clientele.ask_source(source_id, format(
    'SELECT pg_catalog.array_agg(DISTINCT x.part) FROM (SELECT s.tableoid AS part FROM %s s WHERE s.clientele_mark IS NULL LIMIT %s) x',
    relation, batch_rows)))[1]::oid[], '{}') LOOP
    -- A row that another transaction has locked waits for the next batch, and the batch does not wait for it.
    stamped := stamped + (clientele.ask_source(source_id, format(
      'WITH stamped AS (
         UPDATE ONLY %1$s s SET clientele_mark = clientele.source_mark()
         WHERE s.ctid = ANY (ARRAY(SELECT x.ctid FROM ONLY %1$s x WHERE x.clientele_mark IS NULL LIMIT %2$s FOR NO KEY UPDATE SKIP LOCKED))
         RETURNING 1)
       SELECT pg_catalog.count(*) FROM stamped', part, batch_rows)))[1]::bigint;
  END LOOP;
  RETURN stamped;
END $$;
COMMENT ON FUNCTION stamp_rows(bigint, text, bigint) IS
  'Marks rows without a mark, which came into a partition or were inserted with NULL; the next batch reads them. A part of a batch.';

-- An index over marks is small, whatever the planner knows of the order of the rows.
CREATE FUNCTION ask_by_mark(source_id bigint, query text) RETURNS text[]
  LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
  SELECT clientele.ask_source(source_id, query)
$$;
COMMENT ON FUNCTION ask_by_mark(bigint, text) IS
  'Runs a query with a condition over marks, as ask_source() does; a part of a batch.';

CREATE FUNCTION require_mark(relation oid) RETURNS void
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = 'clientele_mark' AND NOT a.attisdropped) THEN
    RAISE EXCEPTION 'table % has no column clientele_mark', relation::regclass USING ERRCODE = 'undefined_column',
      DETAIL = 'The table was dropped and created again, or the column was dropped.',
      HINT = 'clientele.restart_source() adds the column, and then reads all rows of the table again.';
  END IF;
END $$;
COMMENT ON FUNCTION require_mark(oid) IS
  'Checks that a table has the column of method mark; a part of a batch. Errors: 42703 if not.';

-- Autovacuum does it once a minute, for 256 parts of the table at most: what is not in the summary is read whole by each batch.
CREATE FUNCTION summarize_marks(source_id bigint, relation oid) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET lock_timeout = '50ms' AS $$
BEGIN
  PERFORM clientele.ask_source(source_id, format('SELECT pg_catalog.brin_summarize_new_values(%s)', i.indexrelid))
  FROM (SELECT relation AS id UNION SELECT t.relid FROM pg_partition_tree(relation) t WHERE t.isleaf) r
  JOIN pg_index i ON i.indrelid = r.id JOIN pg_class c ON c.oid = i.indexrelid AND c.relkind = 'i' JOIN pg_am m ON m.oid = c.relam
  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = 'clientele_mark' AND i.indkey[0] = a.attnum
  WHERE m.amname = 'brin' AND i.indisvalid;
EXCEPTION WHEN lock_not_available THEN
  -- A vacuum is at work there.
  RETURN;
END $$;
COMMENT ON FUNCTION summarize_marks(bigint, oid) IS
  'Brings the BRIN index over marks up to date, so that new rows are found fast; a part of a batch.';

CREATE FUNCTION read_by_mark(source_id bigint, batch_rows bigint, OUT rows_read bigint, OUT more boolean)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  here CONSTANT bigint := clientele.mark_base(clientele.cluster_id());
  relation text;
  id oid;
  seen jsonb;
  entry jsonb;
  place integer;
  condition text;
  asked text[];
  result jsonb;
  snapshot pg_snapshot;
  last_mark bigint;
  stamped bigint := 0;
  began timestamptz;
BEGIN
  PERFORM clientele.require_store('source_progress');
  relation := (SELECT s.relation FROM clientele_data.sources s WHERE s.source_id = read_by_mark.source_id);
  SELECT p.seen INTO seen FROM clientele_data.source_progress p WHERE p.source_id = read_by_mark.source_id;
  id := clientele.relation_named(relation);
  PERFORM clientele.require_mark(id);
  IF NOT EXISTS (SELECT FROM jsonb_array_elements(seen) e WHERE (e ->> 'base')::bigint = here) THEN
    seen := seen || jsonb_build_object('base', here, 'end', 0, 'open', '[]'::jsonb);
  END IF;
  -- What was not seen in a cluster before comes first: it has ended there.
  SELECT e.ordinality - 1, e.value INTO place, entry
  FROM jsonb_array_elements(seen) WITH ORDINALITY e
  WHERE e.value ->> 'end' IS NOT NULL ORDER BY (e.value ->> 'base')::bigint = here, e.ordinality LIMIT 1;
  began := clock_timestamp();
  condition := clientele.unseen_marks(entry,
    CASE WHEN (entry ->> 'base')::bigint = here THEN format('(%L::bigint + pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint)', here)
         ELSE clientele.marks_above(seen, (entry ->> 'base')::bigint) END,
    here + pg_current_xact_id()::text::bigint);
  asked := clientele.ask_by_mark(source_id, format(
    'SELECT pg_catalog.pg_current_snapshot(), (SELECT pg_catalog.count(*) FROM (SELECT FROM %1$s s WHERE %2$s LIMIT %3$s) x),
            EXISTS (SELECT FROM %1$s s WHERE s.clientele_mark IS NULL)',
    relation, condition, batch_rows + 1));
  IF asked[3]::boolean THEN
    stamped := clientele.stamp_rows(source_id, relation, batch_rows);
  END IF;
  IF clock_timestamp() - began > interval '10 ms' THEN
    PERFORM clientele.summarize_marks(source_id, id);
  END IF;
  snapshot := asked[1]::pg_snapshot;
  rows_read := 0;
  more := stamped > 0 OR (entry ->> 'base')::bigint <> here;
  IF asked[2]::bigint > batch_rows THEN
    -- Whole transactions, in the order of their marks, until there are enough rows.
    asked := clientele.ask_by_mark(source_id, format(
      'SELECT pg_catalog.max(x.mark), pg_catalog.count(*)
       FROM (SELECT s.clientele_mark AS mark FROM %s s WHERE %s ORDER BY s.clientele_mark FETCH FIRST %s ROWS WITH TIES) x',
      relation, condition, batch_rows));
    last_mark := asked[1]::bigint;
    condition := format('%s AND s.clientele_mark <= %L::bigint', condition, last_mark);
    more := true;
  END IF;
  IF asked[2]::bigint > 2 * batch_rows THEN
    SELECT r.rows_read, r.snapshot INTO rows_read, snapshot FROM clientele.read_as_one(source_id, 'batch', condition, batch_rows) r;
  ELSIF asked[2]::bigint > 0 THEN
    result := clientele.source_batch(source_id, 'batch', format('FROM %s s WHERE %s', relation, condition));
    rows_read := (result ->> 'read')::bigint;
    snapshot := (result ->> 'snapshot')::pg_snapshot;
  END IF;
  IF (entry ->> 'base')::bigint = here THEN
    entry := CASE WHEN last_mark IS NULL THEN clientele.seen_now(snapshot)
                  ELSE clientele.seen_up_to(entry, clientele.seen_now(snapshot), last_mark) END;
  ELSE
    entry := CASE WHEN last_mark IS NULL THEN entry - 'end' - 'open' ELSE clientele.seen_up_to(entry, '{}', last_mark) END;
  END IF;
  UPDATE clientele_data.source_progress p SET seen = jsonb_set(seen, ARRAY[place::text], entry), cluster = clientele.cluster_id()
  WHERE p.source_id = read_by_mark.source_id;
END $$;
COMMENT ON FUNCTION read_by_mark(bigint, bigint) IS
  'Reads the new rows of a source of method mark; a part of a batch. Errors: 42703 for a table without the column clientele_mark.';
