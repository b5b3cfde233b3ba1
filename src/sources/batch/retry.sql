-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION reread_rejects(source_id bigint, event_ids text[]) RETURNS jsonb
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  id record;
  relation text;
  found text[];
  query CONSTANT text := $sql$
    SELECT pg_catalog.jsonb_object_agg(x.id, x.content ORDER BY x.content::text COLLATE "C" DESC)
    FROM (SELECT (%1$s)::pg_catalog.text AS id, pg_catalog.to_jsonb(s.*) AS content FROM %2$s AS s
          WHERE (%1$s%3$s) = ANY (%4$L::%5$s[])) x$sql$;
BEGIN
  PERFORM clientele.require_store('sources');
  SELECT e.expression || E'\n' AS expression, e.type INTO id FROM clientele.source_expressions(source_id) e WHERE e.argument = 'event_id';
  IF id.expression IS NULL THEN
    RETURN '{}'::jsonb;
  END IF;
  relation := (SELECT s.relation FROM clientele_data.sources s WHERE s.source_id = reread_rejects.source_id);
  BEGIN
    found := clientele.ask_source(source_id, format(query, id.expression, relation, '', event_ids, id.type));
  EXCEPTION WHEN data_exception THEN
    -- An id of a former mapping may not be of this type.
    found := clientele.ask_source(source_id, format(query, id.expression, relation, ')::pg_catalog.text', event_ids, 'pg_catalog.text'));
  END;
  RETURN coalesce(found[1]::jsonb, '{}');
END $$;
COMMENT ON FUNCTION reread_rejects(bigint, text[]) IS
  'Reads rows of a source by their event_ids, as they are now: an object of event_id and content; a part of retry_rejects().';

CREATE FUNCTION retry_source_rejects(source_id bigint, reason text, reread boolean)
  RETURNS TABLE (reason_before text, tried bigint, packed bigint)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  part CONSTANT integer := 10000;
  retried_source bigint := source_id;
  run bigint;
  last_id bigint := 0;
  ids bigint[];
  contents jsonb[];
  reasons text[];
  event_ids text[];
  fresh jsonb;
  outcome jsonb;
  all_reasons text[] := '{}'::text[];
  all_packed boolean[] := '{}'::boolean[];
BEGIN
  PERFORM clientele.require_store('rejects', 'UPDATE'), clientele.require_store('load_runs', 'INSERT'),
          clientele.require_store('load_runs', 'UPDATE'), clientele.require_store('source_progress', 'UPDATE');
  -- Batches of the source wait, and so does another retry.
  PERFORM FROM clientele_data.source_progress p WHERE p.source_id = retried_source FOR UPDATE;
  PERFORM clientele.begin_progress('retry_rejects'),
          clientele.report_progress((SELECT s.name FROM clientele_data.sources s WHERE s.source_id = retried_source), 0,
            (SELECT count(*) FROM clientele_data.rejects r
             WHERE r.source_id = retried_source AND r.resolved_by IS NULL
               AND (retry_source_rejects.reason IS NULL OR r.reason = retry_source_rejects.reason)));
  LOOP
    SELECT array_agg(l.reject_id), array_agg(l.content), array_agg(l.reason), array_agg(l.event_id) INTO ids, contents, reasons, event_ids
    FROM (SELECT r.reject_id, r.content, r.reason, r.event_id FROM clientele_data.rejects r
          WHERE r.source_id = retried_source AND r.resolved_by IS NULL AND r.reject_id > last_id
            AND (retry_source_rejects.reason IS NULL OR r.reason = retry_source_rejects.reason)
          ORDER BY r.reject_id LIMIT part FOR UPDATE) l;
    EXIT WHEN ids IS NULL;
    last_id := ids[cardinality(ids)];
    IF reread THEN
      fresh := clientele.reread_rejects(source_id, event_ids);
      contents := ARRAY(SELECT coalesce(fresh -> u.event_id, u.content)
                        FROM unnest(contents, event_ids) WITH ORDINALITY u (content, event_id, n) ORDER BY u.n);
    END IF;
    IF run IS NULL THEN
      INSERT INTO clientele_data.load_runs AS r (source, source_id, mapping_number, kind, batch)
      SELECT s.relation, s.source_id, s.mapping_number, 'retry', nextval('clientele_data.journey_batches')
      FROM clientele_data.sources s WHERE s.source_id = retried_source
      RETURNING r.run_id INTO run;
    END IF;
    outcome := clientele.pack_kept_rows(source_id, run, contents);
    UPDATE clientele_data.rejects r
    SET resolved_by = CASE WHEN u.result ->> 0 IS NULL OR u.result ->> 0 = 'duplicate' THEN run END,
        reason = CASE WHEN u.result ->> 0 IS NULL OR u.result ->> 0 = 'duplicate' THEN r.reason ELSE u.result ->> 0 END,
        detail = CASE WHEN u.result ->> 0 IS NULL OR u.result ->> 0 = 'duplicate' THEN r.detail ELSE u.result ->> 1 END,
        event_id = coalesce(r.event_id, u.result ->> 2),
        content = u.content, attempts = r.attempts + 1, rejected_at = clock_timestamp(),
        mapping_number = (SELECT s.mapping_number FROM clientele_data.sources s WHERE s.source_id = retried_source)
    FROM (SELECT ids[e.n] AS reject_id, contents[e.n] AS content, e.result FROM jsonb_array_elements(outcome) WITH ORDINALITY e (result, n)) u
    WHERE r.reject_id = u.reject_id;
    all_reasons := all_reasons || reasons;
    PERFORM clientele.report_progress(NULL, cardinality(all_reasons));
    all_packed := all_packed || ARRAY(SELECT e.result ->> 0 IS NULL FROM jsonb_array_elements(outcome) WITH ORDINALITY e (result, n) ORDER BY e.n);
  END LOOP;
  UPDATE clientele_data.load_runs r SET finished_at = clock_timestamp() WHERE r.run_id = run;
  PERFORM clientele.end_progress();
  RETURN QUERY SELECT u.reason, count(*), count(*) FILTER (WHERE u.packed) FROM unnest(all_reasons, all_packed) u (reason, packed) GROUP BY 1;
END $$;
COMMENT ON FUNCTION retry_source_rejects(bigint, text, boolean) IS
  'Tries to pack the rejects of one source again; a part of retry_rejects().';

CREATE FUNCTION retry_rejects(source text DEFAULT NULL, INOUT reason text DEFAULT NULL, reread boolean DEFAULT false,
                              OUT tried bigint, OUT packed bigint)
  RETURNS SETOF record
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM clientele.require_store('sources'), clientele.require_store('rejects', 'UPDATE');
  IF $2 NOT IN (SELECT l.reason FROM clientele.source_reject_reasons() l) THEN
    RAISE EXCEPTION 'reason "%" does not exist', left($2, 100) USING ERRCODE = 'invalid_parameter_value',
      HINT = 'clientele.source_reject_reasons() lists them.';
  END IF;
  IF source IS NOT NULL THEN
    PERFORM clientele.require_source(source);
  END IF;
  RETURN QUERY
  SELECT t.reason_before, sum(t.tried)::bigint, sum(t.packed)::bigint
  FROM (SELECT s.source_id FROM clientele_data.sources s
        WHERE CASE WHEN retry_rejects.source IS NULL
                   THEN clientele.may_act_as(coalesce(clientele.source_owner(s.owner, s.owner_oid, s.owner_cluster), 0))
                   ELSE s.name = retry_rejects.source END
          AND EXISTS (SELECT FROM clientele_data.rejects r WHERE r.source_id = s.source_id AND r.resolved_by IS NULL)
        ORDER BY s.source_id) o
  CROSS JOIN LATERAL clientele.retry_source_rejects(o.source_id, $2, coalesce($3, false)) t
  GROUP BY 1 ORDER BY 1;
END $$;
COMMENT ON FUNCTION retry_rejects(text, text, boolean) IS
  'Cleans rejects again by the mapping of today, and packs those that can be used now: of one source or of all, of one reason or of all.
Correct the content before, by UPDATE clientele_data.rejects; or correct the table of the source, and say reread => true, which takes the
row that has the event_id now. What is packed stays in rejects, with the run in resolved_by; a row that repeats another event is resolved,
too. The others get their reason of today, and attempts grows. Returns the number of rejects tried and packed for each reason that they had.
Errors: 42704 for an unknown source, 22023 for an unknown reason, 42501 without the rights.';
