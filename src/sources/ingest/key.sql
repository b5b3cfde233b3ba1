-- SPDX-License-Identifier: PostgreSQL
-- Method key: new is what is not in the ledger. A batch looks above a floor, a sweep everywhere.

CREATE FUNCTION raise_floor(source_id bigint, snapshot pg_snapshot, reached bigint, slack bigint) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ends xid8[];
  tops bigint[];
  place integer;
BEGIN
  PERFORM clientele.require_store('source_progress');
  -- Transaction numbers of another cluster say nothing here.
  SELECT CASE WHEN p.cluster = clientele.cluster_id() THEN p.recent_ends ELSE '{}' END || pg_snapshot_xmax(snapshot),
         CASE WHEN p.cluster = clientele.cluster_id() THEN p.recent_tops ELSE '{}' END || reached
  INTO ends, tops
  FROM clientele_data.source_progress p WHERE p.source_id = raise_floor.source_id;
  -- Whatever was open when that batch read has ended, and this one has seen it.
  place := (SELECT max(i) FROM generate_subscripts(ends, 1) i WHERE ends[i] <= pg_snapshot_xmin(snapshot));
  IF place IS NOT NULL AND tops[place] IS NOT NULL THEN
    UPDATE clientele_data.source_progress p SET floor = greatest(p.floor, tops[place] - slack) WHERE p.source_id = raise_floor.source_id;
  END IF;
  ends := ends[coalesce(place, 0) + 1:];
  tops := tops[coalesce(place, 0) + 1:];
  -- While a transaction is open for hours, every second one is enough.
  IF cardinality(ends) > 64 THEN
    ends := ARRAY(SELECT ends[i] FROM generate_subscripts(ends, 1) i WHERE i % 2 = 0 ORDER BY i);
    tops := ARRAY(SELECT tops[i] FROM generate_subscripts(tops, 1) i WHERE i % 2 = 0 ORDER BY i);
  END IF;
  UPDATE clientele_data.source_progress p
  SET recent_ends = ends, recent_tops = tops, cluster = clientele.cluster_id()
  WHERE p.source_id = raise_floor.source_id;
END $$;
COMMENT ON FUNCTION raise_floor(bigint, pg_snapshot, bigint, bigint) IS
  'Notes how far a batch of method key has read, and raises what the next one looks above; a part of a batch.
The new floor is what the last batch had read whose snapshot ended before the oldest transaction of this one, less slack.';

CREATE FUNCTION gap_condition(ledger bigint, floor bigint, top bigint, expression text) RETURNS text
  LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
  WITH gaps AS MATERIALIZED (
    SELECT g.first, g.last FROM clientele.ledger_gaps(ledger, floor, top, 2000) g
  ), wide AS (
    SELECT count(*) AS n, string_agg(format('%s BETWEEN %L::bigint AND %L::bigint', expression, g.first, g.last), ' OR ' ORDER BY g.first) AS condition
    FROM gaps g WHERE g.last::numeric - g.first >= 8
  ), narrow AS (
    SELECT array_agg(i.id ORDER BY i.id) AS ids FROM gaps g CROSS JOIN generate_series(g.first, g.last) i (id) WHERE g.last::numeric - g.first < 8
  )
  SELECT CASE WHEN w.n > 40 THEN format('%s > %L::bigint AND %s <= %L::bigint AND NOT clientele.ledger_contains(%s, %s::bigint)',
                                        expression, floor, expression, top, ledger, expression)
              ELSE concat_ws(' OR ', w.condition, format('%s = ANY (%L::bigint[])', expression, n.ids)) END
  FROM wide w CROSS JOIN narrow n
  WHERE w.n > 0 OR n.ids IS NOT NULL
$$;
COMMENT ON FUNCTION gap_condition(bigint, bigint, bigint, text) IS
  'Writes the condition that an event_id is above floor, up to top, and not in the ledger; NULL if the ledger has all of these; a part of a
batch. The gaps in the ledger are looked up one by one, if there are not too many: how much was read since does not matter.';

CREATE FUNCTION read_numbers(source_id bigint, batch_rows bigint, OUT rows_read bigint, OUT more boolean)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  progress record;
  relation text;
  id text;
  gaps text;
  asked text[];
  result jsonb;
  snapshot pg_snapshot;
  reached bigint;
BEGIN
  PERFORM clientele.require_store('source_progress');
  SELECT p.* INTO progress FROM clientele_data.source_progress p WHERE p.source_id = read_numbers.source_id;
  SELECT s.relation, clientele.source_expression(s.mapping ->> 'event_id') INTO relation, id
  FROM clientele_data.sources s WHERE s.source_id = read_numbers.source_id;
  gaps := clientele.gap_condition(clientele.open_ledger(source_id, progress.floor), progress.floor, progress.top, id);
  asked := clientele.ask_source(source_id, format(
    'SELECT pg_catalog.pg_current_snapshot(),
            (SELECT %1$s::bigint FROM %2$s s WHERE %1$s > %3$L::bigint ORDER BY %1$s OFFSET %4$s LIMIT 1),
            (SELECT %1$s::bigint FROM %2$s s WHERE %1$s > %3$L::bigint ORDER BY %1$s DESC LIMIT 1),
            EXISTS (SELECT FROM %2$s s WHERE %5$s)',
    id, relation, progress.top, batch_rows - 1, coalesce(gaps, 'false')));
  snapshot := asked[1]::pg_snapshot;
  reached := greatest(progress.top, coalesce(asked[2], asked[3])::bigint);
  rows_read := 0;
  more := asked[2] IS NOT NULL;
  IF reached > progress.top OR asked[4]::boolean THEN
    result := clientele.source_batch(source_id, 'batch', format(
      'FROM %s s WHERE %s ORDER BY %s LIMIT %s', relation,
      concat_ws(' OR ', CASE WHEN reached > progress.top THEN format('%s > %L::bigint AND %s <= %L::bigint', id, progress.top, id, reached) END,
                CASE WHEN asked[4]::boolean THEN '(' || gaps || ')' END),
      id, batch_rows));
    snapshot := (result ->> 'snapshot')::pg_snapshot;
    rows_read := (result ->> 'read')::bigint;
    IF rows_read >= batch_rows THEN
      more := true;
      reached := (result ->> 'last_id')::bigint;
    END IF;
  END IF;
  UPDATE clientele_data.source_progress p SET top = greatest(p.top, reached) WHERE p.source_id = read_numbers.source_id;
  PERFORM clientele.raise_floor(source_id, snapshot, reached, 10000);
END $$;
COMMENT ON FUNCTION read_numbers(bigint, bigint) IS
  'Reads the new rows above the floor of a source whose event ids are ascending whole numbers; a part of a batch.';

CREATE FUNCTION read_above_cursor(source_id bigint, batch_rows bigint, OUT rows_read bigint, OUT more boolean)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  progress record;
  source record;
  result jsonb;
  reached bigint;
BEGIN
  PERFORM clientele.require_store('source_progress');
  SELECT p.* INTO progress FROM clientele_data.source_progress p WHERE p.source_id = read_above_cursor.source_id;
  SELECT s.relation, clientele.source_expression(s.mapping ->> 'cursor') AS cursor,
         clientele.cursor_slack(progress.cursor_type, s.lateness) AS slack INTO source
  FROM clientele_data.sources s WHERE s.source_id = read_above_cursor.source_id;
  result := clientele.source_batch(source_id, 'batch', format(
    'FROM %s s WHERE %s%s ORDER BY %s LIMIT %s', source.relation,
    clientele.unread_condition(source_id, clientele.open_ledger(source_id)),
    ' AND ' || clientele.cursor_condition(source.cursor, progress.cursor_type, progress.floor),
    source.cursor, batch_rows), clientele.cursor_number(source.cursor, progress.cursor_type));
  rows_read := (result ->> 'read')::bigint;
  more := rows_read >= batch_rows;
  reached := greatest(progress.top, clientele.present_cursor(source_id, (result ->> 'cursor')::bigint, progress.floor));
  UPDATE clientele_data.source_progress p SET top = reached WHERE p.source_id = read_above_cursor.source_id;
  PERFORM clientele.raise_floor(source_id, (result ->> 'snapshot')::pg_snapshot, reached, source.slack);
END $$;
COMMENT ON FUNCTION read_above_cursor(bigint, bigint) IS
  'Reads the new rows above the floor of a source whose event ids do not ascend, but whose cursor does; a part of a batch.';

CREATE FUNCTION unread_condition(source_id bigint, ledger bigint) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('source_progress');
  RETURN (
    SELECT format(CASE p.event_ids WHEN 'numbers' THEN 'NOT clientele.ledger_contains(%s, %s::bigint)'
                                   ELSE 'NOT clientele.ledger_contains_text(%s, %s::text)' END,
                  ledger, clientele.source_expression(s.mapping ->> 'event_id'))
    FROM clientele_data.source_progress p JOIN clientele_data.sources s ON s.source_id = p.source_id
    WHERE p.source_id = unread_condition.source_id);
END $$;
COMMENT ON FUNCTION unread_condition(bigint, bigint) IS
  'Writes the condition that a row is not in the ledger of its source, which is open; a part of a batch.';

CREATE FUNCTION sweep_source(source_id bigint, batch_rows bigint, OUT rows_read bigint, OUT more boolean)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  began CONSTANT timestamptz := clock_timestamp();
  progress record;
  relation text;
  expression text;
  id text;
  asked text[];
  result jsonb;
BEGIN
  PERFORM clientele.require_store('source_progress');
  SELECT p.* INTO progress FROM clientele_data.source_progress p WHERE p.source_id = sweep_source.source_id;
  SELECT s.relation, s.mapping ->> 'event_id', clientele.source_expression(s.mapping ->> 'event_id') INTO relation, expression, id
  FROM clientele_data.sources s WHERE s.source_id = sweep_source.source_id;
  -- First the ids alone: an index has them all, and mostly none is missing.
  asked := clientele.ask_source(source_id, format(
    'SELECT pg_catalog.count(*), pg_catalog.array_agg(x.id), (pg_catalog.array_agg(x.id))[pg_catalog.count(*)]
     FROM (SELECT %1$s AS id FROM %2$s s WHERE %4$s AND %3$s%5$s) x',
    id, relation, clientele.unread_condition(source_id, clientele.open_ledger(source_id)),
    -- What has come above the highest since is left to the next batch, which does not look into the ledger there.
    CASE WHEN progress.top IS NOT NULL AND progress.cursor_type IS NULL THEN format('%s <= %L::bigint', id, progress.top) ELSE id || ' IS NOT NULL' END,
    CASE WHEN progress.indexed THEN format('%s ORDER BY %s LIMIT %s', ' AND ' || id || ' > ' || quote_literal(progress.sweep_at) || '::' || progress.id_type, id, batch_rows)
         ELSE format(' LIMIT %s', batch_rows) END));
  rows_read := 0;
  more := asked[1]::bigint >= batch_rows;
  IF asked[2] IS NOT NULL THEN
    result := clientele.source_batch(source_id, 'sweep',
      format('FROM %s s WHERE %s = ANY (%L::%s[])', relation, id, asked[2], progress.id_type));
    rows_read := (result ->> 'read')::bigint;
  END IF;
  UPDATE clientele_data.source_progress p
  SET sweep_at = CASE WHEN more AND p.indexed THEN asked[3] END,
      sweep_spent = CASE WHEN more THEN p.sweep_spent + (clock_timestamp() - began) ELSE '0' END,
      swept_at = CASE WHEN more THEN p.swept_at ELSE clock_timestamp() END,
      sweep_took = CASE WHEN more THEN p.sweep_took ELSE p.sweep_spent + (clock_timestamp() - began) END,
      -- Indexes come and go.
      indexed = p.indexed AND more OR NOT more AND clientele.source_is_indexed(source_id, expression)
  WHERE p.source_id = sweep_source.source_id;
END $$;
COMMENT ON FUNCTION sweep_source(bigint, bigint) IS
  'Reads rows of a source of method key wherever they are: all event ids that are not in the ledger; a part of a batch.';

CREATE FUNCTION sweep_due(swept_at timestamptz, sweep_took interval) RETURNS timestamptz
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT swept_at + greatest(interval '1 hour', 100 * sweep_took)
$$;
COMMENT ON FUNCTION sweep_due(timestamptz, interval) IS
  'Returns when the next sweep is due: an hour after the last one, and 100 times as long after it as it took.';

CREATE FUNCTION read_by_key(source_id bigint, batch_rows bigint, OUT rows_read bigint, OUT more boolean)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  progress record;
  swept record;
BEGIN
  PERFORM clientele.require_store('source_progress');
  SELECT p.* INTO progress FROM clientele_data.source_progress p WHERE p.source_id = read_by_key.source_id;
  IF progress.cursor_type IS NOT NULL AND progress.cursor_indexed THEN
    SELECT r.* INTO rows_read, more FROM clientele.read_above_cursor(source_id, batch_rows) r;
  ELSIF progress.event_ids = 'numbers' AND progress.indexed AND progress.cursor_type IS NULL THEN
    SELECT r.* INTO rows_read, more FROM clientele.read_numbers(source_id, batch_rows) r;
  ELSIF progress.history_state = 'done' THEN
    SELECT r.* INTO rows_read, more FROM clientele.sweep_source(source_id, batch_rows) r;
    RETURN;
  ELSE
    rows_read := 0;
    more := false;
  END IF;
  IF NOT more AND progress.history_state = 'done'
     AND (clientele.sweep_due(progress.swept_at, progress.sweep_took) > clock_timestamp()) IS NOT TRUE THEN
    SELECT r.* INTO swept FROM clientele.sweep_source(source_id, batch_rows) r;
    rows_read := rows_read + swept.rows_read;
    more := swept.more;
  END IF;
END $$;
COMMENT ON FUNCTION read_by_key(bigint, bigint) IS
  'Reads the new rows of a source of method key above its floor, and everywhere if a sweep is due; a part of a batch.';
