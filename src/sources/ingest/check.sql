-- SPDX-License-Identifier: PostgreSQL
-- Whether all rows of a source have been read.

CREATE FUNCTION known_condition(source_id bigint) RETURNS text
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  progress record;
  source record;
  historic text;
BEGIN
  PERFORM clientele.require_store('source_progress');
  SELECT p.* INTO progress FROM clientele_data.source_progress p WHERE p.source_id = known_condition.source_id;
  SELECT s.method, s.history, clientele.source_expression(s.mapping ->> 'event_id') AS id,
         clientele.source_expression(s.mapping ->> 'cursor') AS cursor INTO source
  FROM clientele_data.sources s WHERE s.source_id = known_condition.source_id;
  IF source.method <> 'mark' THEN
    RETURN format('coalesce(%s%s, false)', CASE WHEN progress.forgotten IS NOT NULL THEN
                    format('NOT %s OR ', clientele.cursor_condition(source.cursor, progress.cursor_type, progress.forgotten)) END,
                  regexp_replace(clientele.unread_condition(source_id, clientele.open_ledger(source_id)), '^NOT ', ''));
  END IF;
  historic := clientele.historic_marks(progress.history_seen, progress.seen);
  RETURN format('CASE WHEN %s THEN %s ELSE coalesce(%s, false) END', historic,
    CASE WHEN progress.history_state = 'done' THEN 'true'
         WHEN progress.history_at IS NULL THEN 'false'
         ELSE format('coalesce(%s <= %L::%s, false)', source.id, progress.history_at, progress.id_type) END,
    (SELECT string_agg(format('s.clientele_mark >= %L::bigint%s AND NOT %s', e ->> 'base',
                              ' AND s.clientele_mark < ' || clientele.marks_above(progress.seen, (e ->> 'base')::bigint),
                              clientele.unseen_marks(e, NULL)), ' OR ')
     FROM jsonb_array_elements(progress.seen) e));
END $$;
COMMENT ON FUNCTION known_condition(bigint) IS
  'Writes the condition that a row of a source has been read; a part of check_source().';

CREATE FUNCTION source_time(source_id bigint) RETURNS text
  LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('sources');
  RETURN (
    SELECT CASE WHEN t.type IN ('timestamp with time zone', 'timestamp without time zone', 'date') THEN format('%s::timestamptz', t.at)
                ELSE format('clientele.clean_time(%s::text, %L, %L, %L, %L, %L)', t.at, coalesce(m.mapping ->> 'time_zone', clientele.store_time_zone()),
                            m.mapping ->> 'date_order',
                            coalesce(m.mapping ->> 'unit', CASE WHEN t.type IN ('smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision')
                                                                THEN 'epoch' END),
                            coalesce(m.mapping ->> 'oldest', '1970-01-02 00:00:00+00'), coalesce(m.mapping ->> 'future', '1 day')) END
    FROM clientele_data.sources m
    CROSS JOIN LATERAL (
      SELECT clientele.source_expression(m.mapping ->> 'at') AS at, (clientele.ask_source(m.source_id, format(
        'SELECT pg_catalog.pg_typeof(x.at) FROM (SELECT) o LEFT JOIN (SELECT %s AS at FROM %s s WHERE false) x ON true',
        clientele.source_expression(m.mapping ->> 'at'), m.relation)))[1] AS type) t
    WHERE m.source_id = source_time.source_id);
END $$;
COMMENT ON FUNCTION source_time(bigint) IS
  'Writes the time of a row of a source as SQL, which is NULL where a batch would reject the time; a part of check_source().';

CREATE FUNCTION check_source(name text, since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL)
  RETURNS TABLE (day date, in_source bigint, read bigint, missing bigint)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
  SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET jit = off AS $$
#variable_conflict use_column
DECLARE
  id CONSTANT bigint := clientele.require_source(name);
  asked text[];
BEGIN
  PERFORM clientele.require_store('source_progress'), clientele.require_store('source_ledger'), clientele.require_store('source_ledger_texts');
  PERFORM clientele.require_relation(id);
  asked := clientele.ask_source(id, format(
    'SELECT pg_catalog.array_agg(d.day), pg_catalog.array_agg(d.n), pg_catalog.array_agg(d.known)
     FROM (SELECT (x.at AT TIME ZONE %1$L)::date AS day, pg_catalog.count(*) AS n, pg_catalog.count(*) FILTER (WHERE x.known) AS known
           FROM (SELECT %2$s AS at, %3$s AS known FROM %4$s s) x WHERE true%5$s%6$s GROUP BY 1) d',
    clientele.store_time_zone(), clientele.source_time(id), clientele.known_condition(id),
    (SELECT s.relation FROM clientele_data.sources s WHERE s.source_id = id),
    ' AND x.at >= ' || quote_literal(since), ' AND x.at < ' || quote_literal(until)));
  RETURN QUERY
    SELECT u.day, u.n, u.known, u.n - u.known
    FROM unnest(asked[1]::date[], asked[2]::bigint[], asked[3]::bigint[]) u (day, n, known) ORDER BY u.day;
END $$;
COMMENT ON FUNCTION check_source(text, timestamptz, timestamptz) IS
  'Compares a source with what has been read of it, day by day: how many rows it has, how many have been read, and how many are missing.
since (inclusive) and until (exclusive) are times of events; NULL leaves that side open. Days are those of the store''s time zone; NULL has
the rows whose time cannot be read. It reads the whole source. Rows that arrived after the last batch are missing until the next one.
With method mark a row counts as read if its transaction was seen. With method cursor rows without a cursor are missing, as they are never
read, and those older than twice the lateness count as read, if event ids are not whole numbers.
Errors: 42704 for an unknown source, 42501 if you may not use it, 42P01 if its table is gone.';
