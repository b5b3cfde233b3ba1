-- SPDX-License-Identifier: PostgreSQL

-- What a session has set does not change what is loaded: texts are made and read by the settings below, times by the
-- time zone of the store. Floating-point numbers have as few digits as distinguish them.
CREATE PROCEDURE load_events(
    source regclass, customer text DEFAULT 'customer', at text DEFAULT 'at', event text DEFAULT 'event',
    channel text DEFAULT NULL, item text DEFAULT NULL, amount text DEFAULT NULL, properties text DEFAULT NULL,
    identity_kind text DEFAULT 'customer', default_event text DEFAULT 'event', default_channel text DEFAULT '',
    progress boolean DEFAULT false, INOUT run_id bigint DEFAULT NULL,
    time_zone text DEFAULT NULL, date_order text DEFAULT 'MDY')
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp SET client_min_messages = warning
  SET timezone = 'UTC' SET datestyle = 'ISO, MDY' SET intervalstyle = 'postgres' SET extra_float_digits = 1
  SET bytea_output = 'hex' SET lc_monetary = 'C' SET xmlbinary = 'base64' SET quote_all_identifiers = off AS $$
DECLARE
  saved_work_mem CONSTANT text := current_setting('work_mem');
  saved_hashagg CONSTANT text := current_setting('enable_hashagg');
  opened record;
  reading record;
  rows_table text;
  customers_table text;
  types_table text;
  items_table text;
  parts_table text;
  n_read bigint;
  n_rejected bigint;
  n_packed bigint;
  n_customers bigint;
  n_types bigint;
  n_items bigint := 0;
  started bigint;
  first_event timestamptz;
  last_event timestamptz;
BEGIN
  IF source IS NULL OR customer IS NULL OR at IS NULL OR identity_kind IS NULL OR date_order IS NULL
     OR default_channel IS NULL OR event IS NULL AND default_event IS NULL THEN
    RAISE EXCEPTION
      'source, customer, at, identity_kind, date_order, default_channel and one of event and default_event must not be NULL'
      USING ERRCODE = 'null_value_not_allowed';
  ELSIF identity_kind = '' THEN
    RAISE EXCEPTION 'identity_kind must not be empty' USING ERRCODE = 'invalid_parameter_value';
  ELSIF octet_length(identity_kind) > 500 THEN
    RAISE EXCEPTION 'identity_kind is too long' USING ERRCODE = 'program_limit_exceeded', DETAIL = 'It may have 500 bytes.';
  ELSIF date_order NOT IN ('YMD', 'DMY', 'MDY') THEN
    RAISE EXCEPTION 'date_order must be YMD, DMY or MDY, not "%"', left(date_order, 100) USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM clientele.require_store(t.name, t.privilege)
  FROM (VALUES ('load_runs', 'INSERT'), ('load_runs', 'UPDATE'), ('rejects', 'INSERT'), ('identities', 'SELECT'),
               ('event_types', 'SELECT'), ('items', 'SELECT'), ('stored_journeys', 'UPDATE'), ('journey_changes', 'INSERT'))
    t (name, privilege);
  time_zone := coalesce(time_zone, clientele.store_time_zone());
  PERFORM clientele.check_time_zone(time_zone), set_config('TimeZone', time_zone, true),
          set_config('DateStyle', 'ISO, ' || date_order, true);
  PERFORM clientele.source_column(source, c.name, c.argument)
  FROM (VALUES (customer, 'customer'), (at, 'at'), (event, 'event'), (channel, 'channel'), (item, 'item'), (amount, 'amount'),
               (properties, 'properties')) c (name, argument);
  opened := clientele.open_source(source, 'source');
  reading := clientele.time_reading(source, opened.relation, at);
  IF reading.said IS NOT NULL THEN
    RAISE INFO 'times in column "%" of %: %', at, source, reading.said;
  END IF;
  INSERT INTO clientele_data.load_runs AS r (source, columns, batch, time_zone, times_read_as)
  VALUES (source::text,
          jsonb_strip_nulls(jsonb_build_object('customer', customer, 'at', at, 'event', event, 'channel', channel,
                                               'item', item, 'amount', amount, 'properties', properties)),
          nextval('clientele_data.journey_batches'), time_zone, reading.said)
  RETURNING r.run_id, r.batch INTO run_id, started;

  -- Stages, of which there are five.
  PERFORM clientele.begin_progress('load_events'), clientele.report_progress('reading rows', 0, 5);
  -- What follows works on a copy of the source. The names of temporary tables are new ones: the caller may have any.
  rows_table := clientele.temporary_name('clientele_rows');
  EXECUTE format('CREATE TEMP TABLE %s ON COMMIT DROP AS ', rows_table)
    || clientele.load_query(source, opened.relation, customer, at, event, channel, item, amount, properties, default_event,
                            default_channel, reading.calendar, reading.unit);
  GET DIAGNOSTICS n_read = ROW_COUNT;
  IF opened.opened THEN
    EXECUTE format('DROP VIEW %s', opened.relation);
  END IF;
  EXECUTE format('ANALYZE %s', rows_table);
  EXECUTE format('INSERT INTO clientele_data.rejects (run_id, reason, content)
                  SELECT $1, r.reason, r.content FROM %s r WHERE r.reason IS NOT NULL', rows_table) USING run_id;
  GET DIAGNOSTICS n_rejected = ROW_COUNT;
  IF progress THEN
    RAISE INFO 'read % rows of %, rejected %', n_read, source, n_rejected;
  END IF;

  PERFORM clientele.report_progress('finding customers', 1, 5);
  customers_table := clientele.temporary_name('clientele_customers');
  n_customers := clientele.load_customers(rows_table, customers_table, identity_kind);
  PERFORM clientele.report_progress('finding event types and items', 2, 5);
  types_table := clientele.temporary_name('clientele_types');
  n_types := clientele.load_event_types(rows_table, types_table,
    CASE WHEN channel IS NULL THEN format('%L::text COLLATE "C"', default_channel) ELSE 'r.channel' END,
    CASE WHEN event IS NULL THEN format('%L::text COLLATE "C"', default_event) ELSE 'r.event' END,
    CASE WHEN properties IS NULL THEN '''{}''::jsonb' ELSE 'r.properties' END);
  IF item IS NOT NULL THEN
    items_table := clientele.temporary_name('clientele_items');
    n_items := clientele.load_items(rows_table, items_table);
  END IF;
  IF progress THEN
    RAISE INFO 'found % customers, % event types, % items', n_customers, n_types, n_items;
  END IF;

  -- Packed identifier by identifier after a sort: all of them at once might not fit into memory.
  PERFORM clientele.report_progress('packing journeys', 3, 5);
  parts_table := clientele.temporary_name('clientele_parts');
  PERFORM set_config('work_mem', current_setting('maintenance_work_mem'), true),
          set_config('enable_hashagg', 'off', true);
  EXECUTE format($sql$
    CREATE TEMP TABLE %s ON COMMIT DROP AS
    SELECT c.home_id, clientele.journey(r.at, t.event_type_id %s) AS journey
    FROM %s r
    JOIN %s c ON c.value = r.customer
    JOIN %s t ON true %s %s %s
    %s WHERE r.reason IS NULL
    GROUP BY c.home_id$sql$,
    parts_table,
    CASE WHEN amount IS NOT NULL THEN format(', %s, r.amount', CASE WHEN item IS NULL THEN 'NULL' ELSE 'i.item_id' END)
         WHEN item IS NOT NULL THEN ', i.item_id' END,
    rows_table, customers_table, types_table,
    CASE WHEN event IS NOT NULL THEN 'AND t.event = r.event' END,
    CASE WHEN channel IS NOT NULL THEN 'AND t.channel = r.channel' END,
    CASE WHEN properties IS NOT NULL THEN 'AND t.properties = r.properties' END,
    CASE WHEN item IS NOT NULL THEN format('LEFT JOIN %s i ON i.key = r.item', items_table) END);
  PERFORM set_config('work_mem', saved_work_mem, true), set_config('enable_hashagg', saved_hashagg, true);
  EXECUTE format('ANALYZE %s', parts_table);
  EXECUTE format('SELECT coalesce(sum(clientele.event_count(p.journey)), 0), min(clientele.first_at(p.journey)),
                         max(clientele.last_at(p.journey)) FROM %s p', parts_table)
  INTO n_packed, first_event, last_event;
  IF n_read <> n_packed + n_rejected THEN
    RAISE EXCEPTION 'of % rows % were packed and % rejected', n_read, n_packed, n_rejected USING ERRCODE = 'internal_error';
  END IF;
  PERFORM clientele.report_progress('storing journeys', 4, 5);
  n_customers := clientele.merge_home_parts(parts_table, started);
  IF progress THEN
    RAISE INFO 'packed % events into the journeys of % customers', n_packed, n_customers;
  END IF;

  UPDATE clientele_data.load_runs r
  SET finished_at = clock_timestamp(), rows_read = n_read, rows_packed = n_packed, rows_rejected = n_rejected,
      customers = n_customers, first_event_at = first_event, last_event_at = last_event
  WHERE r.run_id = load_events.run_id;
  EXECUTE format('DROP TABLE %s', concat_ws(', ', rows_table, customers_table, types_table, items_table, parts_table));
  PERFORM clientele.end_progress();
END $$;
COMMENT ON PROCEDURE load_events(regclass, text, text, text, text, text, text, text, text, text, text, boolean, bigint, text, text) IS
  'Packs all rows of a table or view into the journeys of the store; what cannot be used goes to clientele_data.rejects.
customer, at, event, channel, item, amount and properties are names of columns of the source, of any type. Text is read as a cast would
read it, real and double precision as their shortest decimal form.
Times without a zone are of time_zone, that of the store by default; dates as 1/2/2026 are in date_order: YMD, DMY or MDY.
Digits as times are YYYYMMDD, YYYYMMDDHH and so on where at least half of the column''s values of that length look like it, otherwise
seconds, milliseconds or microseconds since 1970; an INFO message and load_runs.times_read_as say which.
event => NULL makes every row the event default_event. A channel that is NULL or empty is default_channel. An item or an amount that is
NULL or empty is absent. properties are a JSON object.
A customer is identified by identity_kind and the value. A load is one transaction. Loading the same rows twice adds their events twice.
run_id returns the number of the run; load_summary(run_id) shows what became of the rows. progress => true reports each stage.
Errors: 42703 for a column that does not exist, 42P01 without a store, 22004 for arguments that must not be NULL, 22023 for an unknown
time_zone or date_order, 42501 for a source or a store that may run code of a role that you do not trust.';

CREATE FUNCTION load_summary(run_id bigint DEFAULT NULL)
  RETURNS TABLE (outcome text, "rows" bigint, meaning text)
  LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 12 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('load_runs');
  run_id := coalesce(run_id, (SELECT max(r.run_id) FROM clientele_data.load_runs r));
  RETURN QUERY
    SELECT s.outcome, s.n, s.meaning FROM (
      SELECT -2 AS place, 'read' AS outcome, r.rows_read AS n, concat('Rows of ', r.source, '.', ' Times: ' || r.times_read_as || '.') AS meaning
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
  'Shows what became of the rows of a load, the last one by default: read, packed, and rejected by reason.
The rows packed and rejected add up to those read.';
