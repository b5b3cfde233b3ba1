-- SPDX-License-Identifier: PostgreSQL
-- Batch by batch: the new rows of a source become events.

CREATE FUNCTION read_source(source_id bigint, batch_rows bigint, OUT rows_read bigint, OUT more boolean)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_variable
DECLARE
  began CONSTANT timestamptz := clock_timestamp();
  progress record;
  source record;
  types record;
  history record;
BEGIN
  PERFORM clientele.require_store('source_progress');
  SELECT p.* INTO progress FROM clientele_data.source_progress p WHERE p.source_id = read_source.source_id;
  SELECT s.name, s.method INTO source FROM clientele_data.sources s WHERE s.source_id = read_source.source_id;
  PERFORM clientele.require_relation(source_id);
  SELECT t.* INTO types FROM clientele.source_types(source_id) t;
  IF progress.event_ids = 'numbers' AND types.id_type IS DISTINCT FROM 'bigint' OR progress.event_ids = 'texts' AND types.id_type = 'bigint' THEN
    RAISE EXCEPTION 'event_id of source "%" is of type % now, and was of type %', source.name, types.id_type, progress.id_type USING
      ERRCODE = 'datatype_mismatch', HINT = 'clientele.restart_source() reads all rows again; alter_source() can cast event_id to the former type.';
  END IF;
  IF clientele.cursor_slack(types.cursor_type, NULL) IS DISTINCT FROM clientele.cursor_slack(progress.cursor_type, NULL) THEN
    -- A time in place of a number, or a cursor where there was none: what has been read is still in the ledger, but not in its order.
    IF source.method = 'cursor' THEN
      RAISE EXCEPTION 'cursor of source "%" is of type % now, and was of type %', source.name, types.cursor_type, progress.cursor_type USING
        ERRCODE = 'datatype_mismatch', HINT = 'clientele.restart_source() reads all rows again.';
    END IF;
    UPDATE clientele_data.source_progress p
    SET top = NULL, floor = NULL, recent_ends = '{}', recent_tops = '{}', cursor_indexed = coalesce(clientele.source_is_indexed(source_id, (
      SELECT s.mapping ->> 'cursor' FROM clientele_data.sources s WHERE s.source_id = read_source.source_id)), false)
    WHERE p.source_id = read_source.source_id AND source.method = 'key';
  END IF;
  UPDATE clientele_data.source_progress p SET id_type = types.id_type, cursor_type = types.cursor_type
  WHERE p.source_id = read_source.source_id AND (p.id_type, p.cursor_type) IS DISTINCT FROM (types.id_type, types.cursor_type);
  CASE source.method
    WHEN 'key' THEN SELECT r.* INTO rows_read, more FROM clientele.read_by_key(source_id, batch_rows) r;
    WHEN 'mark' THEN SELECT r.* INTO rows_read, more FROM clientele.read_by_mark(source_id, batch_rows) r;
    ELSE SELECT r.* INTO rows_read, more FROM clientele.read_by_cursor(source_id, batch_rows) r;
  END CASE;
  IF NOT more AND progress.history_state <> 'done' THEN
    SELECT h.* INTO history FROM clientele.read_history(source_id, batch_rows) h;
    rows_read := rows_read + history.rows_read;
    -- A sweep follows the history.
    more := history.more OR source.method = 'key';
  END IF;
  UPDATE clientele_data.source_progress p
  SET batch_at = clock_timestamp(), batch_took = clock_timestamp() - began, batch_read = rows_read,
      failed_at = NULL, failures = 0, error_code = NULL, error = NULL, error_hint = NULL
  WHERE p.source_id = read_source.source_id;
END $$;
COMMENT ON FUNCTION read_source(bigint, bigint) IS
  'Reads what is new in a source, whose row in source_progress is locked, and then a part of its history; a part of a batch.
more: whether there may be more to read at once.';

CREATE FUNCTION lock_progress(source_id bigint, waits boolean) RETURNS boolean
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('source_progress', 'UPDATE');
  IF waits THEN
    PERFORM FROM clientele_data.source_progress p WHERE p.source_id = lock_progress.source_id FOR UPDATE;
  ELSE
    PERFORM FROM clientele_data.source_progress p WHERE p.source_id = lock_progress.source_id FOR UPDATE SKIP LOCKED;
  END IF;
  RETURN FOUND;
END $$;
COMMENT ON FUNCTION lock_progress(bigint, boolean) IS
  'Locks a source until the end of the transaction, and returns whether it could; a part of a batch.
Errors: 40001 if another batch of the source has ended since your snapshot was taken.';

CREATE FUNCTION check_batch_rows(batch_rows integer) RETURNS void
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF batch_rows IS NULL THEN
    RAISE EXCEPTION 'batch_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF batch_rows NOT BETWEEN 1 AND 10000000 THEN
    RAISE EXCEPTION 'batch_rows must be from 1 to 10000000, not %', batch_rows USING ERRCODE = 'invalid_parameter_value';
  END IF;
END $$;
COMMENT ON FUNCTION check_batch_rows(integer) IS
  'Checks the argument batch_rows of ingest() and ingest_batch(). Errors: 22004 for NULL, 22023 for less than 1 and above 10 million.';

CREATE FUNCTION ingest_batch(source text, batch_rows integer DEFAULT 100000) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  id CONSTANT bigint := clientele.require_source(source);
  rows_read bigint;
BEGIN
  PERFORM clientele.check_batch_rows(batch_rows);
  IF NOT clientele.lock_progress(id, true) THEN
    RAISE EXCEPTION 'source "%" has no progress', source USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = 'clientele.restart_source() begins to read it.';
  END IF;
  PERFORM clientele.begin_progress('ingest');
  rows_read := (SELECT r.rows_read FROM clientele.read_source(id, batch_rows) r);
  PERFORM clientele.end_progress();
  RETURN rows_read;
END $$;
COMMENT ON FUNCTION ingest_batch(text, integer) IS
  'Reads one batch of new rows of a source in your transaction, and returns how many rows it read.
It waits for another batch of the same source. A batch also reads a part of what was there when the source was added, as long as that is
not done, and rows that arrived late if a sweep is due. An error undoes the batch, and the next one tries again. Rows that your own
transaction inserted are left to the next batch, if the source finds new rows by marks.
Errors: 42704 for an unknown source, 42501 if you may not use it, 42P01 if its table is gone, 40001 in REPEATABLE READ if another batch of
the source has ended since your snapshot, 22023 for batch_rows below 1 or above 10 million.';

CREATE TYPE ingest_turn AS (sources bigint[], error_code text, message text, hint text);
COMMENT ON TYPE ingest_turn IS
  'What is left to do after one batch of ingest(): the sources that may have more, and the error of a source that was named.';

CREATE FUNCTION begin_ingest(source text, batch_rows integer) RETURNS ingest_turn
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('sources'), clientele.require_store('source_progress', 'UPDATE'), clientele.check_batch_rows(batch_rows);
  PERFORM clientele.begin_progress('ingest');
  RETURN ROW(CASE WHEN source IS NOT NULL THEN ARRAY[clientele.require_source(source)]
                  ELSE ARRAY(SELECT s.source_id FROM clientele_data.sources s
                             WHERE NOT s.paused
                               AND clientele.may_act_as(coalesce(clientele.source_owner(s.owner, s.owner_oid, s.owner_cluster), 0))
                             ORDER BY s.source_id) END, NULL, NULL, NULL)::clientele.ingest_turn;
END $$;
COMMENT ON FUNCTION begin_ingest(text, integer) IS
  'Returns the sources that ingest() is to read; a part of it.';

CREATE FUNCTION ingest_next(turn ingest_turn, waits boolean, batch_rows integer) RETURNS ingest_turn
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  id CONSTANT bigint := turn.sources[1];
  others CONSTANT bigint[] := turn.sources[2:];
  source record;
  done record;
  code text;
  message text;
  advice text;
BEGIN
  PERFORM clientele.require_store('sources');
  SELECT s.name, s.paused INTO source FROM clientele_data.sources s WHERE s.source_id = id;
  IF source.paused THEN
    RAISE INFO 'source "%" is paused', source.name;
  ELSIF source.name IS NOT NULL AND NOT clientele.lock_progress(id, waits) THEN
    RAISE INFO 'source "%" is read by another session', source.name;
  ELSIF source.name IS NOT NULL THEN
    BEGIN
      SELECT r.* INTO done FROM clientele.read_source(id, batch_rows) r;
      -- The sources take turns.
      IF done.more THEN
        RETURN ROW(others || id, NULL, NULL, NULL)::clientele.ingest_turn;
      END IF;
    EXCEPTION WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, advice = PG_EXCEPTION_HINT;
      IF strpos(message, format('source "%s"', source.name)) = 0 THEN
        message := format('source "%s": %s', source.name, message);
      END IF;
      UPDATE clientele_data.source_progress p
      SET failed_at = clock_timestamp(), failures = p.failures + 1, error_code = code, error = message, error_hint = nullif(advice, '')
      WHERE p.source_id = id;
      IF waits THEN
        RETURN ROW(others, code, message, advice)::clientele.ingest_turn;
      END IF;
      RAISE WARNING '%', message USING ERRCODE = code;
    END;
  END IF;
  RETURN ROW(others, NULL, NULL, NULL)::clientele.ingest_turn;
END $$;
COMMENT ON FUNCTION ingest_next(ingest_turn, boolean, integer) IS
  'Reads a batch of the first source that is left to do, and returns what is left then; a part of ingest().
An error undoes the batch and is noted in clientele_data.source_progress. waits: whether the source was named, so that ingest() waits for
another batch of it.';

CREATE FUNCTION raise_turn(turn ingest_turn) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF turn.error_code IS NOT NULL AND turn.hint <> '' THEN
    RAISE EXCEPTION '%', turn.message USING ERRCODE = turn.error_code, HINT = turn.hint;
  ELSIF turn.error_code IS NOT NULL THEN
    RAISE EXCEPTION '%', turn.message USING ERRCODE = turn.error_code;
  END IF;
END $$;
COMMENT ON FUNCTION raise_turn(ingest_turn) IS
  'Raises the error of a source that was named, when it has been noted; a part of ingest().';

-- A procedure that commits has no settings of its own: nothing in it is found by the search_path.
CREATE PROCEDURE ingest(source text DEFAULT NULL, batch_rows integer DEFAULT 100000)
  LANGUAGE plpgsql AS $$
DECLARE
  turn clientele.ingest_turn;
BEGIN
  COMMIT;
  turn := clientele.begin_ingest(source, batch_rows);
  WHILE turn.sources[1] IS NOT NULL LOOP
    turn := clientele.ingest_next(turn, source IS NOT NULL, batch_rows);
    COMMIT;
    PERFORM clientele.raise_turn(turn);
  END LOOP;
  PERFORM clientele.end_progress();
END $$;
COMMENT ON PROCEDURE ingest(text, integer) IS
  'Reads the new rows of a source into the journeys, batch by batch, or those of all active sources that you may use.
It commits after each batch, so it cannot be called in a transaction block (2D000), and ends when nothing is new. Sources take turns.
Without a name a source that another session reads is left out, and one that fails does not stop the others: the error is in
clientele_data.source_status, and the next call tries again. With the name of a source it waits for the other session, and ends with the
error.
batch_rows: about how many rows a batch may have. Errors: 42704 for an unknown source, 42501 if you may not use it, 22023 for batch_rows
below 1 or above 10 million.';
