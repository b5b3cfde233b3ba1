-- SPDX-License-Identifier: PostgreSQL
-- The back-fill: the rows that were there when a source was added.

CREATE FUNCTION read_as_one(source_id bigint, kind text, condition text, batch_rows bigint, cursor text DEFAULT NULL,
                            OUT rows_read bigint, OUT snapshot pg_snapshot)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET quote_all_identifiers = off AS $$
#variable_conflict use_variable
DECLARE
  relation text;
  columns text;
  result jsonb;
BEGIN
  PERFORM clientele.require_store('sources');
  relation := (SELECT s.relation FROM clientele_data.sources s WHERE s.source_id = read_as_one.source_id);
  SELECT string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum) INTO columns
  FROM pg_attribute a WHERE a.attrelid = (SELECT clientele.relation_named(relation)) AND a.attnum > 0 AND NOT a.attisdropped;
  -- All is one transaction, so small steps gain nothing.
  batch_rows := greatest(batch_rows, 10000);
  rows_read := 0;
  snapshot := clientele.open_source_rows(source_id, format('SELECT s.* FROM %s s WHERE %s', relation, condition));
  WHILE clientele.fetch_source_rows(source_id, batch_rows) > 0 LOOP
    result := clientele.source_batch(source_id, kind, format('FROM clientele.source_rows() s(%s)', columns), cursor);
    rows_read := rows_read + (result ->> 'read')::bigint;
  END LOOP;
  PERFORM clientele.close_source_rows();
END $$;
COMMENT ON FUNCTION read_as_one(bigint, text, text, bigint, text) IS
  'Reads rows of a source by one query in one transaction, some at a time, where no index gives them in an order; a part of a batch.';

CREATE FUNCTION history_condition(source_id bigint) RETURNS text
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('source_progress');
  RETURN (SELECT CASE s.method
      WHEN 'mark' THEN clientele.historic_marks(p.history_seen, p.seen)
      WHEN 'key' THEN clientele.unread_condition(s.source_id, clientele.open_ledger(s.source_id))
      ELSE concat_ws(' AND ', format('%s IS NOT NULL', clientele.source_expression(s.mapping ->> 'cursor')),
                     clientele.unread_condition(s.source_id, clientele.open_ledger(s.source_id))) END
    FROM clientele_data.source_progress p JOIN clientele_data.sources s ON s.source_id = p.source_id
    WHERE p.source_id = history_condition.source_id);
END $$;
COMMENT ON FUNCTION history_condition(bigint) IS
  'Writes the condition that a row is of the history of its source and has not been read; a part of a batch.';

CREATE FUNCTION read_history(source_id bigint, batch_rows bigint, OUT rows_read bigint, OUT more boolean)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  progress record;
  source record;
  beginning text;
  ending text;
  up_to text;
BEGIN
  PERFORM clientele.require_store('source_progress');
  SELECT p.* INTO progress FROM clientele_data.source_progress p WHERE p.source_id = read_history.source_id;
  SELECT s.name, s.relation, s.method,
         clientele.source_expression(s.mapping ->> CASE s.method WHEN 'cursor' THEN 'cursor' ELSE 'event_id' END) AS place,
         CASE s.method WHEN 'cursor' THEN progress.cursor_type ELSE progress.id_type END AS type,
         clientele.cursor_number(clientele.source_expression(s.mapping ->> 'cursor'), progress.cursor_type) AS cursor INTO source
  FROM clientele_data.sources s WHERE s.source_id = read_history.source_id;
  PERFORM clientele.report_progress(source.name || ', back-fill', progress.history_read, progress.history_rows);
  -- With method mark the mark says what is history, so the event ids have no end.
  ending := CASE source.method
    WHEN 'key' THEN format('%s <= %L::%s', source.place, progress.history_to, source.type)
    WHEN 'cursor' THEN format('%s < %L::%s', source.place, progress.history_to,
                              CASE WHEN source.type IN ('smallint', 'integer', 'bigint') THEN 'bigint' ELSE 'timestamptz' END) END;
  IF progress.indexed THEN
    beginning := source.place || ' > ' || quote_literal(progress.history_at) || '::' || source.type;
    up_to := (clientele.ask_source(source_id, format(
      'SELECT %1$s FROM %2$s s WHERE %3$s ORDER BY %1$s OFFSET %4$s LIMIT 1', source.place, source.relation,
      concat_ws(' AND ', source.place || ' IS NOT NULL', beginning, ending), batch_rows - 1)))[1];
    IF up_to IS NOT NULL THEN
      ending := format('%s <= %L::%s', source.place, up_to, source.type);
    ELSIF source.method = 'mark' THEN
      beginning := format('(%s)', concat_ws(' OR ', coalesce(beginning, 'true'), source.place || ' IS NULL'));
    END IF;
    rows_read := (clientele.source_batch(source_id, 'back-fill', format('FROM %s s WHERE %s', source.relation,
      concat_ws(' AND ', beginning, ending, clientele.history_condition(source_id))), source.cursor) ->> 'read')::bigint;
  ELSE
    RAISE WARNING 'source "%" is read for the first time in one transaction', source.name USING
      DETAIL = 'No index gives its rows in an order, so that what is read cannot be committed bit by bit.';
    rows_read := (SELECT r.rows_read FROM clientele.read_as_one(source_id, 'back-fill',
      concat_ws(' AND ', ending, clientele.history_condition(source_id)), batch_rows, source.cursor) r);
  END IF;
  more := up_to IS NOT NULL;
  UPDATE clientele_data.source_progress p
  SET history_at = coalesce(up_to, p.history_to), history_read = p.history_read + rows_read, history_state = CASE WHEN more THEN 'reading' ELSE 'done' END
  WHERE p.source_id = read_history.source_id;
END $$;
COMMENT ON FUNCTION read_history(bigint, bigint) IS
  'Reads the next rows of the history of a source, in ascending order; a part of a batch.';
