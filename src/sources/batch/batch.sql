-- SPDX-License-Identifier: PostgreSQL
-- What becomes of the rows of a source: events, duplicates and rejects.

CREATE FUNCTION add_source_event_types(source_id bigint, channels text[], events text[], properties jsonb[]) RETURNS integer[]
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  most CONSTANT integer := 10000;
  room bigint;
  capped boolean[];
  ids integer[];
BEGIN
  PERFORM clientele.require_store('source_event_types', 'INSERT');
  room := most - (SELECT count(*) FROM clientele_data.source_event_types t WHERE t.source_id = add_source_event_types.source_id);
  capped := array_fill(false, ARRAY[cardinality(events)]);
  IF cardinality(events) > room THEN
    -- Types that the source has already stay; of the others as many as there is room for, in their order.
    SELECT array_agg(NOT g.known AND g.properties <> '{}' AND g.place > room ORDER BY g.n) INTO capped
    FROM (
      SELECT k.n, k.properties, k.known, row_number() OVER (PARTITION BY k.known ORDER BY k.channel COLLATE "C", k.event COLLATE "C", k.properties)
               AS place
      FROM (
        SELECT u.*, EXISTS (
          SELECT FROM clientele_data.event_types t JOIN clientele_data.source_event_types s
            ON s.source_id = add_source_event_types.source_id AND s.event_type_id = t.event_type_id
          WHERE t.channel = u.channel AND t.event = u.event AND t.properties = u.properties) AS known
        FROM unnest(channels, events, properties) WITH ORDINALITY u (channel, event, properties, n)) k) g;
    properties := ARRAY(SELECT CASE WHEN u.cap THEN '{}' ELSE u.properties END
                        FROM unnest(properties, capped) WITH ORDINALITY u (properties, cap, n) ORDER BY u.n);
  END IF;
  ids := clientele.add_event_types(channels, events, properties);
  INSERT INTO clientele_data.source_event_types (source_id, event_type_id)
  SELECT DISTINCT source_id, i FROM unnest(ids) i
  WHERE NOT EXISTS (SELECT FROM clientele_data.source_event_types t
                    WHERE t.source_id = add_source_event_types.source_id AND t.event_type_id = i)
  ORDER BY 2
  ON CONFLICT DO NOTHING;
  RETURN ARRAY(SELECT CASE WHEN u.cap THEN -1 - u.id ELSE u.id END FROM unnest(ids, capped) WITH ORDINALITY u (id, cap, n) ORDER BY u.n);
END $$;
COMMENT ON FUNCTION add_source_event_types(bigint, text[], text[], jsonb[]) IS
  'Finds the numbers of the event types of a batch, and adds those that are missing; a part of pack_source_rows().
With more than 10,000 event types of a source properties are left out: the result is then -1 - the number of the type without them.';

CREATE FUNCTION pack_source_rows(source_id bigint, run_id bigint, "rows" text, cursor text DEFAULT NULL) RETURNS jsonb
  LANGUAGE c VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'clientele_pack_source_rows';
COMMENT ON FUNCTION pack_source_rows(bigint, bigint, text, text) IS
  'Reads rows of a source, and packs them into the journeys of customers; what cannot be used goes to clientele_data.rejects; a part of a
batch.
rows is SQL from the word FROM on, in which the source is s; cursor an expression of type bigint. They and the expressions of the source
run with the rights and the settings of its owner. The counts are added to the run in clientele_data.load_runs. Returns the number of rows
read, packed, duplicates and rejected, the snapshot in which they were read, the greatest event_id that is a whole number (last_id), the
greatest cursor, and the times of the first and the last event packed. An error of an expression rejects the row, unless it is of class 08,
40, 53, 57 or 58. Errors: those of source_expressions(), and of reading, with the name of the source.';

CREATE FUNCTION pack_kept_rows(source_id bigint, run_id bigint, contents jsonb[]) RETURNS jsonb
  LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'clientele_pack_kept_rows';
COMMENT ON FUNCTION pack_kept_rows(bigint, bigint, jsonb[]) IS
  'Packs rows of a source that are kept as jsonb, and returns for each row the reason why it is not packed, with the value that it is about
and its event_id; a part of retry_rejects(). Errors: as pack_source_rows().';

CREATE FUNCTION preview_rows(source_id bigint, most integer)
  RETURNS TABLE (event_id text, identities jsonb, at timestamptz, channel text, event text, properties jsonb, item text, amount numeric,
                 attributes jsonb, dropped text[], reason text, detail text, content jsonb)
  LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE ROWS 1000 SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'clientele_preview_rows';
COMMENT ON FUNCTION preview_rows(bigint, integer) IS
  'Cleans some rows of a source as a batch would, and packs nothing; a part of preview_source().';

CREATE FUNCTION preview_source(name text, "rows" integer DEFAULT 1000)
  RETURNS TABLE (event_id text, identities jsonb, at timestamptz, channel text, event text, properties jsonb, item text, amount numeric,
                 attributes jsonb, dropped text[], reason text, detail text, content jsonb)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  IF "rows" IS NULL OR "rows" < 0 THEN
    RAISE EXCEPTION 'rows must be a number from 0 on' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN QUERY SELECT p.* FROM clientele.preview_rows(clientele.require_source(preview_source.name), preview_source."rows") p;
END $$;
COMMENT ON FUNCTION preview_source(text, integer) IS
  'Shows rows of a source as a batch would clean them, and why some of them cannot be used; nothing is packed.
It takes the first rows that the table gives. reason is NULL for a row that would be packed, one of source_reject_reasons(), or duplicate;
detail is the value that it is about. dropped has the reasons for which identifiers are left out, and content the row of the source.
Errors: 42704 for an unknown source, 42501 if you may not use it, and those of reading it.';
