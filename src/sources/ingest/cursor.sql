-- SPDX-License-Identifier: PostgreSQL
-- Method cursor, and cursors of method key: times in microseconds since 1970, or whole numbers.

CREATE FUNCTION cursor_slack(type text, lateness interval) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN type IN ('smallint', 'integer', 'bigint') THEN 10000
              WHEN type IS NOT NULL THEN (extract(epoch FROM coalesce(lateness, interval '1 hour')) * 1000000)::bigint END
$$;
COMMENT ON FUNCTION cursor_slack(text, interval) IS
  'Returns how far below the greatest cursor a batch looks: lateness in microseconds, an hour by default; of whole numbers, 10,000; NULL
without a cursor.';

CREATE FUNCTION cursor_number(expression text, type text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format(CASE WHEN type IN ('smallint', 'integer', 'bigint') THEN '%s::bigint'
    ELSE 'CASE WHEN pg_catalog.isfinite(%1$s) THEN (EXTRACT(epoch FROM %1$s::timestamptz) * 1000000)::bigint END' END, expression)
$$;
COMMENT ON FUNCTION cursor_number(text, text) IS
  'Writes a cursor as a whole number: of times, microseconds since 1970, and NULL for infinity; a part of a batch.';

CREATE FUNCTION cursor_text(type text, number bigint) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO, YMD' AS $$
  SELECT CASE WHEN type IN ('smallint', 'integer', 'bigint') THEN number::text
              ELSE (timestamp '1970-01-01' + number * interval '1 microsecond')::text || '+00' END
$$;
COMMENT ON FUNCTION cursor_text(text, bigint) IS
  'Writes a whole number as the cursor that it stands for: a number, or a time with its zone; a part of a batch.';

CREATE FUNCTION cursor_condition(expression text, type text, lowest bigint) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT expression || CASE
    WHEN lowest IS NULL THEN ' IS NOT NULL'
    ELSE format(' >= %L::%s', clientele.cursor_text(type, lowest),
                CASE WHEN type IN ('smallint', 'integer', 'bigint') THEN 'bigint' ELSE 'timestamptz' END) END
$$;
COMMENT ON FUNCTION cursor_condition(text, text, bigint) IS
  'Writes the condition that a cursor is at lowest a number, so that an index can find it; a part of a batch.';

CREATE FUNCTION present_cursor(source_id bigint, greatest_read bigint, lowest bigint) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  source record;
  asked text[];
BEGIN
  PERFORM clientele.require_store('sources');
  SELECT s.relation, clientele.source_expression(s.mapping ->> 'cursor') AS cursor, p.cursor_type INTO source
  FROM clientele_data.sources s JOIN clientele_data.source_progress p ON p.source_id = s.source_id
  WHERE s.source_id = present_cursor.source_id;
  IF source.cursor_type IN ('smallint', 'integer', 'bigint')
     OR greatest_read <= (extract(epoch FROM clock_timestamp()) * 1000000)::bigint OR greatest_read IS NULL THEN
    RETURN greatest_read;
  END IF;
  -- A row of 2099 must not end the source.
  asked := clientele.ask_source(source_id, format('SELECT pg_catalog.max(%s) FROM %s s WHERE %s AND %s <= pg_catalog.statement_timestamp()',
    clientele.cursor_number(source.cursor, source.cursor_type), source.relation,
    clientele.cursor_condition(source.cursor, source.cursor_type, lowest), source.cursor));
  RETURN asked[1]::bigint;
END $$;
COMMENT ON FUNCTION present_cursor(bigint, bigint, bigint) IS
  'Returns the greatest cursor that is not in the future, of the rows that have been read; a part of a batch.';

CREATE FUNCTION forget_texts(source_id bigint) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  up_to bigint;
BEGIN
  PERFORM clientele.require_store('source_progress');
  SELECT p.watermark - 2 * clientele.cursor_slack(p.cursor_type, s.lateness) INTO up_to
  FROM clientele_data.source_progress p JOIN clientele_data.sources s ON s.source_id = p.source_id
  WHERE p.source_id = forget_texts.source_id AND p.event_ids = 'texts'
    AND (p.watermark - 2 * clientele.cursor_slack(p.cursor_type, s.lateness) - p.forgotten
         > clientele.cursor_slack(p.cursor_type, s.lateness) / 4) IS NOT FALSE;
  IF up_to IS NULL THEN
    RETURN;
  END IF;
  PERFORM clientele.require_store('source_ledger_texts', 'DELETE');
  DELETE FROM clientele_data.source_ledger_texts l USING clientele.ledger_key_range(source_id) k
  WHERE l.id >= k.first AND l.id <= k.last AND l.cursor < up_to;
  UPDATE clientele_data.source_progress p SET forgotten = up_to WHERE p.source_id = forget_texts.source_id;
END $$;
COMMENT ON FUNCTION forget_texts(bigint) IS
  'Forgets event ids of a source of method cursor that are older than twice its lateness, now and then; a part of a batch.';

CREATE FUNCTION read_by_cursor(source_id bigint, batch_rows bigint, OUT rows_read bigint, OUT more boolean)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  progress record;
  source record;
  lowest bigint;
  result jsonb;
BEGIN
  PERFORM clientele.require_store('source_progress');
  SELECT p.* INTO progress FROM clientele_data.source_progress p WHERE p.source_id = read_by_cursor.source_id;
  SELECT s.relation, clientele.source_expression(s.mapping ->> 'cursor') AS cursor,
         clientele.cursor_slack(progress.cursor_type, s.lateness) AS slack INTO source
  FROM clientele_data.sources s WHERE s.source_id = read_by_cursor.source_id;
  lowest := progress.watermark - source.slack;
  result := clientele.source_batch(source_id, 'batch', format(
    'FROM %s s WHERE %s AND %s ORDER BY %s LIMIT %s', source.relation,
    clientele.cursor_condition(source.cursor, progress.cursor_type, lowest),
    clientele.unread_condition(source_id, clientele.open_ledger(source_id)), source.cursor, batch_rows),
    clientele.cursor_number(source.cursor, progress.cursor_type));
  rows_read := (result ->> 'read')::bigint;
  more := rows_read >= batch_rows;
  UPDATE clientele_data.source_progress p
  SET watermark = greatest(p.watermark, clientele.present_cursor(source_id, (result ->> 'cursor')::bigint, lowest)),
      cluster = clientele.cluster_id()
  WHERE p.source_id = read_by_cursor.source_id;
  PERFORM clientele.forget_texts(source_id);
END $$;
COMMENT ON FUNCTION read_by_cursor(bigint, bigint) IS
  'Reads the new rows of a source of method cursor; a part of a batch.';
