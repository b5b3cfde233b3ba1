-- SPDX-License-Identifier: PostgreSQL
-- Queries over a source, with the rights and the settings of its owner.

CREATE FUNCTION ask_source(source_id bigint, query text) RETURNS text[]
  LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'clientele_ask_source';
COMMENT ON FUNCTION ask_source(bigint, text) IS
  'Runs a query with the rights and the settings of the owner of a source, and returns its first row; a part of a batch.
NULL if there is no row. Errors: 42704 for an unknown source or an owner that is gone, 42501 unless you may SET ROLE to the owner, and
those of the query.';

CREATE FUNCTION relation_named(relation text) RETURNS oid
  LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  -- Two names are shorter than 1,000 bytes, however they are quoted; to parse a million quotes takes seconds.
  SELECT c.oid FROM (SELECT CASE WHEN octet_length(relation) <= 1000 THEN parse_ident(relation) END AS part OFFSET 0) p
  JOIN pg_namespace n ON n.nspname = p.part[1]::name
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = p.part[2]::name
$$;
COMMENT ON FUNCTION relation_named(text) IS
  'Returns the relation of a source, given by its schema and name, or NULL if there is none. Needs no right to the schema.';

CREATE FUNCTION require_relation(source_id bigint) RETURNS oid
  LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  source record;
  id oid;
BEGIN
  PERFORM clientele.require_store('sources');
  SELECT s.name, s.relation INTO source FROM clientele_data.sources s WHERE s.source_id = require_relation.source_id;
  id := clientele.relation_named(source.relation);
  IF id IS NULL THEN
    RAISE EXCEPTION 'table % of source "%" does not exist', source.relation, source.name USING ERRCODE = 'undefined_table',
      HINT = 'When there is a table of this name again, all that is new in it is read; alter_source() gives the source another table.';
  END IF;
  -- Another role may have put a view in its place, or a right or a column may be gone: nothing of it has been read so far.
  PERFORM clientele.source_expressions(source_id);
  RETURN id;
END $$;
COMMENT ON FUNCTION require_relation(bigint) IS
  'Returns the table, view or foreign table of a source, which is looked up by its name, and locks and checks it; a part of a batch.
Errors: 42P01 if there is none, 42501 unless you may SET ROLE to the owner of the source, and those of source_expressions().';

CREATE FUNCTION open_source_rows(source_id bigint, query text) RETURNS pg_snapshot
  LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT clientele.open_source_cursor(source_id, query)::pg_snapshot
$$;
COMMENT ON FUNCTION open_source_rows(bigint, text) IS
  'Opens a query with the rights of the owner of a source for source_rows(), and returns the snapshot in which it reads; a part of a batch.';

CREATE FUNCTION open_source_cursor(source_id bigint, query text) RETURNS text
  LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'clientele_open_source_rows';
COMMENT ON FUNCTION open_source_cursor(bigint, text) IS
  'Opens a query with the rights of the owner of a source; a part of open_source_rows().
Errors: 42704 for an unknown source or an owner that is gone, 42501 unless you may SET ROLE to the owner.';

CREATE FUNCTION fetch_source_rows(source_id bigint, most bigint) RETURNS bigint
  LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'clientele_fetch_source_rows';
COMMENT ON FUNCTION fetch_source_rows(bigint, bigint) IS
  'Fetches the next rows of the query that open_source_rows() has opened in this transaction, and returns how many; a part of a batch.
Errors: 55000 if none is open, 42501 unless you may SET ROLE to the owner, and those of the query.';

CREATE FUNCTION source_rows() RETURNS SETOF record
  LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 10000 AS 'MODULE_PATHNAME', 'clientele_source_rows';
COMMENT ON FUNCTION source_rows() IS
  'Returns the rows that fetch_source_rows() has fetched last in this transaction; a part of a batch.
Only the owner of the source can call it. Errors: 55000 if none have been fetched, 42804 for other columns.';

CREATE FUNCTION close_source_rows() RETURNS void
  LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'clientele_close_source_rows';
COMMENT ON FUNCTION close_source_rows() IS
  'Closes what open_source_rows() has opened; a part of a batch.';

CREATE FUNCTION source_expression(expression text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format(E'(%s\n)', expression)
$$;
COMMENT ON FUNCTION source_expression(text) IS
  'Writes an expression of a source so that it can stand within another one; a part of a batch.';

CREATE FUNCTION source_batch(source_id bigint, kind text, "rows" text, cursor text DEFAULT NULL) RETURNS jsonb
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  run bigint;
  result jsonb;
  spoken record;
BEGIN
  PERFORM clientele.require_store('load_runs');
  PERFORM clientele.require_store('load_runs', 'INSERT'), clientele.require_store('load_runs', 'UPDATE'),
          clientele.require_store('load_runs', 'DELETE');
  INSERT INTO clientele_data.load_runs AS r (source, source_id, mapping_number, kind, batch)
  SELECT s.relation, s.source_id, s.mapping_number, kind, nextval('clientele_data.journey_batches')
  FROM clientele_data.sources s WHERE s.source_id = source_batch.source_id
  RETURNING r.run_id INTO run;
  PERFORM clientele.report_progress((SELECT concat(s.name, ', ', kind) FROM clientele_data.sources s WHERE s.source_id = source_batch.source_id));
  result := clientele.pack_source_rows(source_id, run, "rows", cursor);
  UPDATE clientele_data.load_runs r SET finished_at = clock_timestamp() WHERE r.run_id = run RETURNING r.* INTO spoken;
  -- There may be a batch a minute: a run that found nothing is not worth a row.
  IF spoken.rows_read = 0 AND spoken.rows_known = 0 THEN
    DELETE FROM clientele_data.load_runs r WHERE r.run_id = run;
  END IF;
  UPDATE clientele_data.source_progress p SET last_event_at = spoken.last_event_at
  WHERE p.source_id = source_batch.source_id AND (p.last_event_at < spoken.last_event_at) IS NOT FALSE AND spoken.last_event_at IS NOT NULL;
  RETURN result;
END $$;
COMMENT ON FUNCTION source_batch(bigint, text, text, text) IS
  'Packs rows of a source as one run of load_runs, and returns what pack_source_rows() returns; a part of a batch.
rows is SQL from the word FROM on, in which the source is s.';
