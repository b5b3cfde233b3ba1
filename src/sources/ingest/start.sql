-- SPDX-License-Identifier: PostgreSQL
-- Where reading a source begins.

CREATE FUNCTION source_types(source_id bigint, OUT id_type text, OUT cursor_type text)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  asked text[];
BEGIN
  PERFORM clientele.require_store('sources');
  asked := (
    SELECT clientele.ask_source(s.source_id, format(
      'SELECT pg_catalog.pg_typeof(x.id), pg_catalog.pg_typeof(x.cursor)
       FROM (SELECT) o LEFT JOIN (SELECT %s AS id, %s AS cursor FROM %s s WHERE false) x ON true',
      coalesce(clientele.source_expression(s.mapping ->> 'event_id'), '1'), coalesce(clientele.source_expression(s.mapping ->> 'cursor'), '1'),
      s.relation))
    FROM clientele_data.sources s WHERE s.source_id = source_types.source_id);
  SELECT CASE WHEN s.mapping ? 'event_id' THEN CASE WHEN asked[1] IN ('smallint', 'integer') THEN 'bigint' ELSE asked[1] END END,
         CASE WHEN s.mapping ? 'cursor' THEN asked[2] END INTO id_type, cursor_type
  FROM clientele_data.sources s WHERE s.source_id = source_types.source_id;
END $$;
COMMENT ON FUNCTION source_types(bigint) IS
  'Returns the types of event_id and cursor of a source, of which whole numbers are bigint; a part of a batch.
Errors: 42P01 if the table of the source is gone, and others if its expressions cannot be compiled.';

-- The planner knows: if its plan has a sort or reads the whole table although these are off, no index gives the order.
CREATE FUNCTION source_is_indexed(source_id bigint, expression text) RETURNS boolean
  LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off SET enable_sort = off SET enable_bitmapscan = off SET jit = off AS $$
BEGIN
  PERFORM clientele.require_store('sources');
  RETURN (
    SELECT (clientele.ask_source(s.source_id, format(
      'EXPLAIN (FORMAT JSON, COSTS OFF) SELECT FROM %1$s s WHERE %2$s IS NOT NULL ORDER BY %2$s LIMIT 1',
      s.relation, clientele.source_expression(expression))))[1]
      !~ '"Node Type": "([^"]* )?(Sort|Seq Scan|Foreign Scan|Bitmap Heap Scan|Function Scan|Values Scan|CTE Scan|Unique|Aggregate|WindowAgg|SetOp)"'
    FROM clientele_data.sources s WHERE s.source_id = source_is_indexed.source_id);
END $$;
COMMENT ON FUNCTION source_is_indexed(bigint, text) IS
  'Whether an index gives the rows of a source in the order of an expression; a part of start_source().';

CREATE FUNCTION add_mark_column(relation regclass) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  kind CONSTANT "char" := (SELECT c.relkind FROM pg_class c WHERE c.oid = relation);
  waits CONSTANT text := current_setting('lock_timeout');
BEGIN
  IF kind NOT IN ('r', 'p') THEN
    RAISE EXCEPTION '% is not a table', relation USING ERRCODE = 'wrong_object_type', HINT = 'Method cursor reads views and foreign tables.';
  END IF;
  PERFORM set_config('lock_timeout', '5s', true);
  IF NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = 'clientele_mark' AND NOT a.attisdropped) THEN
    EXECUTE format('ALTER TABLE %s ADD COLUMN clientele_mark bigint DEFAULT 0', relation);
  ELSIF (SELECT a.atttypid FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = 'clientele_mark') <> 'bigint'::regtype THEN
    RAISE EXCEPTION 'column clientele_mark of table % is not of type bigint', relation USING ERRCODE = 'datatype_mismatch';
  END IF;
  EXECUTE format('ALTER TABLE %s ALTER COLUMN clientele_mark SET DEFAULT clientele.source_mark()', relation);
  IF NOT EXISTS (
    SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = 'clientele_mark' AND i.indkey[0] = a.attnum
    WHERE i.indrelid = relation AND i.indisvalid AND m.amname IN ('brin', 'btree')) THEN
    EXECUTE format('CREATE INDEX ON %s USING brin (clientele_mark) WITH (pages_per_range = 16, autosummarize = on)', relation);
  END IF;
  -- Without statistics the planner takes the rows to be in no order, and does not use such an index.
  EXECUTE format('ANALYZE %s (clientele_mark)', relation);
  PERFORM set_config('lock_timeout', waits, true);
END $$;
COMMENT ON FUNCTION add_mark_column(regclass) IS
  'Adds the column of method mark to a table with its default and its index, where they are absent; a part of start_source().
Waits for the lock of the table for 5 seconds at most (55P03). Errors: 42501 for a table of another owner, 42809 for what is not a table.';

CREATE FUNCTION fill_ledger(source_id bigint) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  progress record;
  source record;
  asked text[];
  reached text;
BEGIN
  PERFORM clientele.require_store('source_progress');
  SELECT p.* INTO progress FROM clientele_data.source_progress p WHERE p.source_id = fill_ledger.source_id;
  SELECT s.relation, s.method, clientele.source_expression(s.mapping ->> 'event_id') AS id,
         clientele.source_expression(s.mapping ->> 'cursor') AS cursor, clientele.cursor_slack(progress.cursor_type, s.lateness) AS slack
  INTO source FROM clientele_data.sources s WHERE s.source_id = fill_ledger.source_id;
  LOOP
    asked := clientele.ask_source(source_id, format(
      'SELECT pg_catalog.array_agg(x.id), pg_catalog.array_agg(x.cursor), (pg_catalog.array_agg(x.id))[pg_catalog.count(*)]
       FROM (SELECT %1$s%2$s AS id, %3$s AS cursor FROM %4$s s WHERE %5$s) x',
      source.id, CASE progress.event_ids WHEN 'numbers' THEN '::bigint' ELSE '::text' END,
      CASE source.method WHEN 'cursor' THEN clientele.cursor_number(source.cursor, progress.cursor_type) ELSE 'NULL::bigint' END,
      source.relation,
      CASE WHEN source.method = 'cursor' THEN clientele.cursor_condition(source.cursor, progress.cursor_type, progress.watermark - 2 * source.slack)
           WHEN progress.indexed THEN concat_ws(' AND ', source.id || ' IS NOT NULL', source.id || ' > ' || quote_literal(reached) || '::' || progress.id_type)
             || format(' ORDER BY %s LIMIT 200000', source.id)
           ELSE source.id || ' IS NOT NULL' END));
    EXIT WHEN asked[1] IS NULL;
    IF progress.event_ids = 'numbers' THEN
      PERFORM clientele.ledger_add(source_id, asked[1]::bigint[]);
    ELSE
      PERFORM clientele.ledger_add_texts(source_id, asked[1]::text[], asked[2]::bigint[]);
    END IF;
    reached := asked[3];
    EXIT WHEN source.method = 'cursor' OR NOT progress.indexed;
  END LOOP;
END $$;
COMMENT ON FUNCTION fill_ledger(bigint) IS
  'Adds the event ids that are there to the ledger of a source, so that its history is not read; a part of start_source().';

CREATE FUNCTION start_source(source_id bigint, history boolean DEFAULT NULL) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  source record;
  types record;
  cursors CONSTANT text := '{smallint,integer,bigint,date,"timestamp without time zone","timestamp with time zone"}';
  new_id_type text;
  new_cursor_type text;
  new_event_ids text;
  new_indexed boolean;
  new_cursor_indexed boolean;
  new_seen jsonb := '[]'::jsonb;
  new_top bigint;
  new_floor bigint;
  new_watermark bigint;
  new_history_to text;
  new_history_state text;
  new_history_rows bigint;
  place text;
  asked text[];
BEGIN
  PERFORM clientele.require_store('source_progress', p) FROM unnest('{INSERT,UPDATE,DELETE}'::text[]) p;
  PERFORM clientele.require_relation(source_id);
  SELECT s.source_id, s.name, s.relation, s.method, coalesce(start_source.history, s.history) AS history, s.lateness, s.mapping ->> 'event_id' AS event_id, s.mapping ->> 'cursor' AS cursor
  INTO source FROM clientele_data.sources s WHERE s.source_id = start_source.source_id;
  IF source.method = 'mark' THEN
    PERFORM clientele.add_mark_column(to_regclass(source.relation));
  END IF;
  SELECT t.* INTO types FROM clientele.source_types(source_id) t;
  new_id_type := types.id_type;
  new_cursor_type := types.cursor_type;
  new_event_ids := CASE WHEN source.method = 'mark' OR new_id_type IS NULL THEN 'none'
                             WHEN new_id_type = 'bigint' THEN 'numbers' ELSE 'texts' END;
  IF new_event_ids = 'none' AND source.method <> 'mark' OR new_cursor_type IS NULL AND source.method = 'cursor' THEN
    RAISE EXCEPTION 'method % needs %', source.method, CASE source.method WHEN 'key' THEN 'event_id' ELSE 'event_id and cursor' END
      USING ERRCODE = 'invalid_parameter_value';
  ELSIF NOT new_cursor_type = ANY (cursors::text[]) THEN
    RAISE EXCEPTION 'cursor is of type %', new_cursor_type USING ERRCODE = 'invalid_parameter_value',
      HINT = 'A cursor is a time, a date or a whole number.';
  END IF;
  place := clientele.source_expression(CASE source.method WHEN 'cursor' THEN source.cursor ELSE source.event_id END);
  new_indexed := coalesce(clientele.source_is_indexed(source_id, CASE source.method WHEN 'cursor' THEN source.cursor ELSE source.event_id END), false);
  new_cursor_indexed := source.method = 'key' AND coalesce(clientele.source_is_indexed(source_id, source.cursor), false);
  IF source.method = 'key' AND NOT new_cursor_indexed
     AND NOT (new_event_ids = 'numbers' AND new_indexed AND new_cursor_type IS NULL) THEN
    RAISE WARNING 'each batch of source "%" reads all event ids of %', source.name, source.relation USING
      DETAIL = 'No index gives rows in an order in which they arrive.',
      HINT = 'Give it a cursor with an index, such as the time of insertion, or use method mark.';
  END IF;
  asked := clientele.ask_source(source_id, format('SELECT pg_catalog.pg_current_snapshot(), %s, %s, EXISTS (SELECT FROM %s s)',
    CASE WHEN new_indexed THEN format('(SELECT %1$s FROM %2$s s WHERE %1$s IS NOT NULL ORDER BY %1$s DESC LIMIT 1)', place, source.relation)
         ELSE 'NULL' END,
    CASE WHEN new_cursor_type IS NOT NULL THEN format('(SELECT pg_catalog.max(%s) FROM %s s WHERE %s%s)',
      clientele.cursor_number(clientele.source_expression(source.cursor), new_cursor_type), source.relation,
      clientele.source_expression(source.cursor),
      CASE WHEN new_cursor_type IN ('smallint', 'integer', 'bigint') THEN ' IS NOT NULL' ELSE ' <= pg_catalog.statement_timestamp()' END)
         ELSE 'NULL' END, source.relation));
  IF source.method = 'mark' THEN
    new_seen := jsonb_build_array(clientele.seen_now(asked[1]::pg_snapshot));
  ELSIF source.method = 'cursor' THEN
    new_watermark := asked[3]::bigint;
    new_history_to := clientele.cursor_text(new_cursor_type, new_watermark - clientele.cursor_slack(new_cursor_type, source.lateness));
  ELSIF new_cursor_type IS NOT NULL THEN
    new_top := asked[3]::bigint;
    new_floor := new_top - clientele.cursor_slack(new_cursor_type, source.lateness);
  ELSIF new_event_ids = 'numbers' THEN
    -- What is below is history, or the ledger has it.
    new_top := coalesce(asked[2]::bigint, -9223372036854765808);
    new_floor := CASE WHEN asked[2] IS NOT NULL AND source.history THEN new_top ELSE new_top - 10000 END;
  END IF;
  IF source.method <> 'cursor' THEN
    new_history_to := asked[2];
  END IF;
  new_history_state := CASE WHEN source.history AND CASE WHEN source.method = 'cursor' THEN new_watermark IS NOT NULL
                                                              ELSE asked[4]::boolean END THEN 'waiting' ELSE 'done' END;
  new_history_rows := ((clientele.ask_source(source_id, format('EXPLAIN (FORMAT JSON) SELECT FROM %s s', source.relation)))[1]::jsonb
                            #>> '{0,Plan,Plan Rows}')::numeric::bigint;
  DELETE FROM clientele_data.source_progress p WHERE p.source_id = start_source.source_id;
  INSERT INTO clientele_data.source_progress AS p
    (source_id, id_type, cursor_type, event_ids, indexed, cursor_indexed, cluster, top, floor, watermark, seen, history_seen, history_to,
     history_state, history_rows, recent_ends, recent_tops)
  VALUES (start_source.source_id, new_id_type, new_cursor_type, new_event_ids, new_indexed, new_cursor_indexed,
          clientele.cluster_id(), new_top, new_floor, new_watermark, new_seen, CASE source.method WHEN 'mark' THEN new_seen END,
          new_history_to, new_history_state, new_history_rows,
          CASE WHEN new_top IS NULL THEN '{}' ELSE ARRAY[pg_snapshot_xmax(asked[1]::pg_snapshot)] END,
          CASE WHEN new_top IS NULL THEN '{}' ELSE ARRAY[new_top] END);
  IF NOT source.history AND source.method <> 'mark' THEN
    PERFORM clientele.fill_ledger(source_id);
  END IF;
  IF new_event_ids = 'texts' AND source.method = 'key'
     AND new_history_rows > 10000000 THEN
    RAISE WARNING 'source "%" has more than 10 million event ids that are not whole numbers', source.name USING
      DETAIL = 'The ledger has 72 bytes for each of them.', HINT = 'Method mark needs no ledger.';
  END IF;
END $$;
COMMENT ON FUNCTION start_source(bigint, boolean) IS
  'Begins to read a source: notes what is there, and adds the column of method mark; a part of add_source() and restart_source().
history: whether what is there is to be read; by default as the source says.
Errors: 55P03 if the table of a source of method mark is in use for 5 seconds, 42501 if it belongs to another role, 22023 for an event_id
or a cursor that the method cannot use.';

CREATE FUNCTION stop_source(source_id bigint) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('source_progress', 'DELETE'), clientele.require_store('source_ledger_texts', 'DELETE');
  -- Waits for a batch.
  DELETE FROM clientele_data.source_progress p WHERE p.source_id = stop_source.source_id;
  DELETE FROM clientele_data.source_ledger_texts l USING clientele.ledger_key_range(source_id) k
  WHERE l.id >= k.first AND l.id <= k.last;
END $$;
COMMENT ON FUNCTION stop_source(bigint) IS
  'Forgets what has been read from a source; a part of drop_source() and restart_source(). A column clientele_mark stays.';

CREATE FUNCTION restart_source(name text) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  restarted CONSTANT bigint := clientele.require_source(name);
BEGIN
  PERFORM clientele.require_store('source_progress', 'UPDATE');
  PERFORM clientele.stop_source(restarted);
  -- What is there now is to be read, whatever was to be read when the source was added.
  PERFORM clientele.start_source(restarted, true);
END $$;
COMMENT ON FUNCTION restart_source(name text) IS
  'Forgets what has been read from a source: the next batch reads all rows that are there now as new ones.
Call it when a table was emptied and its ids begin again for other events. Events that are packed stay, so rows that are still there are
packed twice. Errors: 42704 for an unknown source, 42501 if you may not use it.';
