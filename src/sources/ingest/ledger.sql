-- SPDX-License-Identifier: PostgreSQL
-- The ledger: the event ids that have been read from a source.

CREATE FUNCTION ledger_merge(first_id bigint, chunk bytea, ids bigint[])
  RETURNS TABLE (new_first_id bigint, new_ids bytea)
  LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 2 AS 'MODULE_PATHNAME', 'clientele_ledger_merge';
COMMENT ON FUNCTION ledger_merge(bigint, bytea, bigint[]) IS
  'Adds whole numbers to a chunk of a ledger, and returns the chunks that it becomes; a part of ledger_add().
Errors: XX001 for bytes that are not a chunk, 22023 for a number below first_id.';

CREATE FUNCTION ledger_ends(ids bigint[]) RETURNS bigint[]
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_ledger_ends';
COMMENT ON FUNCTION ledger_ends(bigint[]) IS
  'Returns the least and the greatest of whole numbers, NULL if there are none; a part of ledger_add().';

CREATE FUNCTION ledger_parts(chunks bigint[], ids bigint[]) RETURNS TABLE (first_id bigint, part bigint[])
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'clientele_ledger_parts';
COMMENT ON FUNCTION ledger_parts(bigint[], bigint[]) IS
  'Parts whole numbers by the chunk of a ledger that they belong to: the last one that begins at or below them; a part of ledger_add().
chunks ascend. Errors: 22023 for a number below all chunks.';

CREATE FUNCTION ledger_runs(first_id bigint, chunk bytea) RETURNS TABLE (first bigint, last bigint)
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 100 AS 'MODULE_PATHNAME', 'clientele_ledger_runs';
COMMENT ON FUNCTION ledger_runs(bigint, bytea) IS
  'Lists the whole numbers in a chunk of a ledger, as ranges: SELECT r.* FROM clientele_data.source_ledger, ledger_runs(first_id, ids) r.
Errors: XX001 for bytes that are not a chunk.';

CREATE FUNCTION ledger_key(source_id bigint, id text) RETURNS uuid
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_ledger_key';
COMMENT ON FUNCTION ledger_key(bigint, text) IS
  'Returns the key of an event id in clientele_data.source_ledger_texts.
It has the number of the source in 4 bytes, and 12 bytes of the SHA-256 of the id. Errors: 22003 for a source_id above 4294967295.';

CREATE FUNCTION ledger_key_range(source_id bigint, OUT first uuid, OUT last uuid)
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT (lpad(to_hex(source_id), 8, '0') || repeat('0', 24))::uuid, (lpad(to_hex(source_id), 8, '0') || repeat('f', 24))::uuid
$$;
COMMENT ON FUNCTION ledger_key_range(bigint) IS
  'Returns the first and the last key that event ids of a source can have in clientele_data.source_ledger_texts.';

CREATE FUNCTION ledger_add(source_id bigint, ids bigint[]) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  ends CONSTANT bigint[] := clientele.ledger_ends(ids);
  lowest CONSTANT bigint := ends[1];
  highest CONSTANT bigint := ends[2];
  chunks bigint[];
BEGIN
  PERFORM clientele.require_store('source_ledger', 'INSERT'), clientele.require_store('source_ledger', 'UPDATE');
  IF lowest IS NULL THEN
    RETURN;
  END IF;
  chunks := ARRAY(
    SELECT l.first_id FROM clientele_data.source_ledger l
    WHERE l.source_id = $1 AND l.first_id <= highest AND l.first_id >= (
      SELECT max(k.first_id) FROM clientele_data.source_ledger k WHERE k.source_id = $1 AND k.first_id <= lowest)
    ORDER BY l.first_id);
  -- The first chunk of a source covers all numbers below the second one.
  IF chunks = '{}' THEN
    chunks := '{-9223372036854775808}';
  END IF;
  INSERT INTO clientele_data.source_ledger AS l (source_id, first_id, ids)
  SELECT $1, m.new_first_id, m.new_ids
  FROM clientele.ledger_parts(chunks, $2) p
  LEFT JOIN clientele_data.source_ledger k ON k.source_id = $1 AND k.first_id = p.first_id
  CROSS JOIN LATERAL clientele.ledger_merge(p.first_id, k.ids, p.part) m
  ON CONFLICT (source_id, first_id) DO UPDATE SET ids = excluded.ids WHERE l.ids <> excluded.ids;
END $$;
COMMENT ON FUNCTION ledger_add(bigint, bigint[]) IS
  'Adds event ids that are whole numbers to the ledger of a source, so that these rows are not read again; a part of a batch.
Ids may be repeated; NULLs are ignored. The batch has locked the row of the source in clientele_data.source_progress.
Errors: 42P01 without a store, 42501 without the right to write clientele_data.source_ledger.';

CREATE FUNCTION ledger_add_texts(source_id bigint, ids text[], cursors bigint[] DEFAULT NULL) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('source_ledger_texts', 'INSERT'), clientele.require_store('source_ledger_texts', 'UPDATE');
  -- Sorted, so that neighbours in the index are written one after another. A row without a cursor is remembered for ever.
  INSERT INTO clientele_data.source_ledger_texts AS l (id, cursor)
  SELECT k.key, CASE WHEN count(*) = count(k.cursor) THEN max(k.cursor) END
  FROM (SELECT clientele.ledger_key(source_id, u.id) AS key, u.cursor FROM unnest(ids, cursors) u (id, cursor) WHERE u.id IS NOT NULL) k
  GROUP BY k.key ORDER BY k.key
  ON CONFLICT (id) DO UPDATE SET cursor = excluded.cursor WHERE l.cursor < excluded.cursor OR excluded.cursor IS NULL AND l.cursor IS NOT NULL;
END $$;
COMMENT ON FUNCTION ledger_add_texts(bigint, text[], bigint[]) IS
  'Adds event ids of any other type to the ledger of a source, so that these rows are not read again; a part of a batch.
cursors: the cursor of each row, for the method cursor, which forgets ids after some time; without it they are remembered for ever.
Ids may be repeated; NULLs are ignored. Errors: 42P01 without a store, 42501 without the right to write
clientele_data.source_ledger_texts, 22003 for a source_id above 4294967295.';

CREATE FUNCTION open_numbers(source_id bigint, above bigint) RETURNS bigint
  LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'clientele_open_ledger';
COMMENT ON FUNCTION open_numbers(bigint, bigint) IS
  'Opens the whole numbers of a ledger above a number for ledger_contains(); a part of open_ledger().';

CREATE FUNCTION open_texts(source_id bigint) RETURNS bigint
  LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'clientele_open_ledger_texts';
COMMENT ON FUNCTION open_texts(bigint) IS
  'Opens the hashes of a ledger for ledger_contains_text(); a part of open_ledger().';

CREATE FUNCTION open_ledger(source_id bigint, above bigint DEFAULT NULL) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('source_progress'), clientele.require_store('source_ledger'), clientele.require_store('source_ledger_texts');
  RETURN (SELECT CASE p.event_ids WHEN 'numbers' THEN clientele.open_numbers(p.source_id, coalesce(above, -9223372036854775808))
                                  WHEN 'texts' THEN clientele.open_texts(p.source_id) END
          FROM clientele_data.source_progress p WHERE p.source_id = open_ledger.source_id);
END $$;
COMMENT ON FUNCTION open_ledger(bigint, bigint) IS
  'Opens the ledger of a source and returns its number in this transaction; one ledger is open at a time. A part of a batch.
above: only the whole numbers above it are needed. While it is open, what runs with the rights of another role can ask whether an event
id of this source is known. Errors: 42P01 without a store, 42501 without the right to read the ledger.';

CREATE FUNCTION ledger_contains(ledger bigint, id bigint) RETURNS boolean
  LANGUAGE c STABLE STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'clientele_ledger_contains';
COMMENT ON FUNCTION ledger_contains(bigint, bigint) IS
  'Returns whether the row with this event_id, a whole number, has been read; a part of a batch.
ledger is what open_ledger() returned in this transaction. Errors: 55000 for a ledger that is not open.';

CREATE FUNCTION ledger_contains_text(ledger bigint, id text) RETURNS boolean
  LANGUAGE c STABLE STRICT PARALLEL RESTRICTED COST 50 AS 'MODULE_PATHNAME', 'clientele_ledger_contains_text';
COMMENT ON FUNCTION ledger_contains_text(bigint, text) IS
  'Returns whether the row with this event_id, of any type but a whole number, has been read; a part of a batch.
ledger is what open_ledger() returned in this transaction. Errors: 55000 for a ledger that is not open.';

CREATE FUNCTION ledger_gaps(ledger bigint, floor bigint, top bigint, most integer) RETURNS TABLE (first bigint, last bigint)
  LANGUAGE c STABLE STRICT PARALLEL RESTRICTED ROWS 10 AS 'MODULE_PATHNAME', 'clientele_ledger_gaps';
COMMENT ON FUNCTION ledger_gaps(bigint, bigint, bigint, integer) IS
  'Lists the ranges of numbers above floor, and up to top, that are not in the ledger; a part of a batch.
If there are more than most, it is the one range from floor to top. Errors: 55000 for a ledger that is not open.';
