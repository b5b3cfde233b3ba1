-- SPDX-License-Identifier: PostgreSQL

CREATE PROCEDURE load_events(
    source regclass, customer text DEFAULT 'customer', at text DEFAULT 'at', event text DEFAULT 'event',
    channel text DEFAULT NULL, item text DEFAULT NULL, amount text DEFAULT NULL, properties text DEFAULT NULL,
    identity_kind text DEFAULT 'customer', default_event text DEFAULT 'event', default_channel text DEFAULT '',
    progress boolean DEFAULT false, INOUT run_id bigint DEFAULT NULL)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
  saved_work_mem CONSTANT text := current_setting('work_mem');
  saved_hashagg CONSTANT text := current_setting('enable_hashagg');
  n_read bigint;
  n_rejected bigint;
  n_packed bigint;
  n_customers bigint;
  started bigint;
  first_event timestamptz;
  last_event timestamptz;
  vals text[];
  channels text[];
  events text[];
  props jsonb[];
BEGIN
  IF source IS NULL OR customer IS NULL OR at IS NULL OR identity_kind IS NULL
     OR default_channel IS NULL OR event IS NULL AND default_event IS NULL THEN
    RAISE EXCEPTION 'source, customer, at, identity_kind, default_channel and one of event and default_event must not be NULL'
      USING ERRCODE = 'null_value_not_allowed';
  END IF;
  PERFORM clientele.require_store('load_runs', 'INSERT');
  DROP TABLE IF EXISTS pg_temp.clientele_rows, pg_temp.clientele_customers, pg_temp.clientele_types,
    pg_temp.clientele_items, pg_temp.clientele_parts;
  INSERT INTO clientele_data.load_runs AS r (source, columns, batch)
  VALUES (source::text,
          jsonb_strip_nulls(jsonb_build_object('customer', customer, 'at', at, 'event', event, 'channel', channel,
                                               'item', item, 'amount', amount, 'properties', properties)),
          nextval('clientele_data.journey_batches'))
  RETURNING r.run_id, r.batch INTO run_id, started;

  -- The source is read once; what follows works on the copy.
  EXECUTE 'CREATE TEMP TABLE clientele_rows ON COMMIT DROP AS '
    || clientele.load_query(source, customer, at, event, channel, item, amount, properties, default_event, default_channel);
  GET DIAGNOSTICS n_read = ROW_COUNT;
  ANALYZE pg_temp.clientele_rows;
  INSERT INTO clientele_data.rejects (run_id, reason, content)
  SELECT load_events.run_id, r.reason, r.content FROM pg_temp.clientele_rows r WHERE r.reason IS NOT NULL;
  GET DIAGNOSTICS n_rejected = ROW_COUNT;
  IF progress THEN
    RAISE INFO 'read % rows of %, rejected %', n_read, source, n_rejected;
  END IF;

  SELECT array_agg(d.customer) INTO vals
  FROM (SELECT DISTINCT r.customer FROM pg_temp.clientele_rows r WHERE r.reason IS NULL) d;
  CREATE TEMP TABLE clientele_customers ON COMMIT DROP AS
    SELECT u.* FROM unnest(vals, clientele.customer_ids(identity_kind, vals)) u (value, customer_id);
  EXECUTE format(
    'SELECT array_agg(d.channel), array_agg(d.event), array_agg(d.properties) FROM '
    '(SELECT DISTINCT %s AS channel, %s AS event, %s AS properties FROM pg_temp.clientele_rows r WHERE r.reason IS NULL) d',
    CASE WHEN channel IS NULL THEN format('%L::text', default_channel) ELSE 'r.channel' END,
    CASE WHEN event IS NULL THEN format('%L::text', default_event) ELSE 'r.event' END,
    CASE WHEN properties IS NULL THEN '''{}''::jsonb' ELSE 'r.properties' END)
  INTO channels, events, props;
  CREATE TEMP TABLE clientele_types ON COMMIT DROP AS
    SELECT u.* FROM unnest(channels, events, props, clientele.add_event_types(channels, events, props))
      u (channel, event, properties, event_type_id);
  vals := '{}';
  IF item IS NOT NULL THEN
    EXECUTE 'SELECT array_agg(d.item) FROM (SELECT DISTINCT r.item FROM pg_temp.clientele_rows r WHERE r.reason IS NULL AND r.item IS NOT NULL) d'
    INTO vals;
  END IF;
  CREATE TEMP TABLE clientele_items ON COMMIT DROP AS
    SELECT u.* FROM unnest(vals, clientele.add_items(vals)) u (key, item_id);
  ANALYZE pg_temp.clientele_customers, pg_temp.clientele_types, pg_temp.clientele_items;
  IF progress THEN
    RAISE INFO 'found % customers, % event types, % items', (SELECT count(*) FROM pg_temp.clientele_customers),
      coalesce(cardinality(events), 0), coalesce(cardinality(vals), 0);
  END IF;

  -- Packed customer by customer after a sort: all of them at once might not fit into memory.
  PERFORM set_config('work_mem', current_setting('maintenance_work_mem'), true),
          set_config('enable_hashagg', 'off', true);
  EXECUTE format($sql$
    CREATE TEMP TABLE clientele_parts ON COMMIT DROP AS
    SELECT c.customer_id, clientele.journey(r.at, t.event_type_id %s) AS journey
    FROM pg_temp.clientele_rows r
    JOIN pg_temp.clientele_customers c ON c.value = r.customer
    JOIN pg_temp.clientele_types t ON true %s %s %s
    %s WHERE r.reason IS NULL
    GROUP BY c.customer_id$sql$,
    CASE WHEN amount IS NOT NULL THEN format(', %s, r.amount', CASE WHEN item IS NULL THEN 'NULL' ELSE 'i.item_id' END)
         WHEN item IS NOT NULL THEN ', i.item_id' END,
    CASE WHEN event IS NOT NULL THEN 'AND t.event = r.event' END,
    CASE WHEN channel IS NOT NULL THEN 'AND t.channel = r.channel' END,
    CASE WHEN properties IS NOT NULL THEN 'AND t.properties = r.properties' END,
    CASE WHEN item IS NOT NULL THEN 'LEFT JOIN pg_temp.clientele_items i ON i.key = r.item' END);
  PERFORM set_config('work_mem', saved_work_mem, true), set_config('enable_hashagg', saved_hashagg, true);
  ANALYZE pg_temp.clientele_parts;
  SELECT coalesce(sum(clientele.event_count(p.journey)), 0), min(clientele.first_at(p.journey)), max(clientele.last_at(p.journey))
  INTO n_packed, first_event, last_event FROM pg_temp.clientele_parts p;
  IF n_read <> n_packed + n_rejected THEN
    RAISE EXCEPTION 'of % rows % were packed and % rejected', n_read, n_packed, n_rejected USING ERRCODE = 'internal_error';
  END IF;
  n_customers := clientele.merge_journeys('pg_temp.clientele_parts', started);
  IF progress THEN
    RAISE INFO 'packed % events into the journeys of % customers', n_packed, n_customers;
  END IF;

  UPDATE clientele_data.load_runs r
  SET finished_at = clock_timestamp(), rows_read = n_read, rows_packed = n_packed, rows_rejected = n_rejected,
      customers = n_customers, first_event_at = first_event, last_event_at = last_event
  WHERE r.run_id = load_events.run_id;
  DROP TABLE pg_temp.clientele_rows, pg_temp.clientele_customers, pg_temp.clientele_types,
    pg_temp.clientele_items, pg_temp.clientele_parts;
END $$;
COMMENT ON PROCEDURE load_events(regclass, text, text, text, text, text, text, text, text, text, text, boolean, bigint) IS
  'Packs all rows of a table or view into the journeys of the store; what cannot be used goes to clientele_data.rejects.
customer, at, event, channel, item, amount and properties name columns of the source, of any type: text is read as a cast would read it, numbers as times are seconds since 1970 (milliseconds from 10^11, microseconds from 10^14).
event => NULL calls every row default_event; a channel that is NULL or empty is default_channel; an item or amount that is NULL or empty is none; properties are a JSON object.
Customers are known by identity_kind and their value. All happens in one transaction; loading the same rows twice adds their events twice.
run_id returns the number of the run: load_summary(run_id) tells what became of the rows. progress => true reports each stage.
Errors: 42703 for a column that does not exist, 42P01 without a store, 22004 for arguments that must not be NULL.';

CREATE FUNCTION load_summary(run_id bigint DEFAULT NULL)
  RETURNS TABLE (outcome text, "rows" bigint, meaning text)
  LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 12 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('load_runs');
  run_id := coalesce(run_id, (SELECT max(r.run_id) FROM clientele_data.load_runs r));
  RETURN QUERY
    SELECT s.outcome, s.n, s.meaning FROM (
      SELECT -2 AS place, 'read' AS outcome, r.rows_read AS n, 'Rows of ' || r.source || '.' AS meaning
      FROM clientele_data.load_runs r WHERE r.run_id = load_summary.run_id
      UNION ALL
      SELECT -1, 'packed', r.rows_packed, 'Rows that became events.'
      FROM clientele_data.load_runs r WHERE r.run_id = load_summary.run_id
      UNION ALL
      SELECT l.place, j.reason, j.n, l.meaning
      FROM (SELECT x.reason, count(*) AS n FROM clientele_data.rejects x WHERE x.run_id = load_summary.run_id GROUP BY 1) j
      LEFT JOIN clientele.reject_reasons() l USING (reason)) s
    ORDER BY s.place;
END $$;
COMMENT ON FUNCTION load_summary(bigint) IS
  'Tells what became of the rows of a load, the last one by default: read, packed, and rejected by reason.
The rows packed and rejected add up to those read.';
