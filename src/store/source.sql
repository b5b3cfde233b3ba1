-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION reject_reasons(OUT place integer, OUT reason text, OUT meaning text) RETURNS SETOF record
  LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 9 AS $$
  VALUES
    (1, 'missing_customer', 'The customer is NULL or blank.'),
    (2, 'missing_time', 'The time is NULL or blank.'),
    (3, 'bad_time', 'The time cannot be read, or is no date of the calendar.'),
    (4, 'time_out_of_range', 'The time is infinite, before the year 1 or after the year 9999.'),
    (5, 'missing_event', 'The event is NULL or blank.'),
    (6, 'bad_amount', 'The amount cannot be read as a number.'),
    (7, 'amount_out_of_range', 'The amount is not finite, is 10^12 or beyond, or has more than six decimals.'),
    (8, 'bad_properties', 'The properties are no JSON object.'),
    (9, 'text_too_long', 'The customer or the item exceeds 2,000 bytes, the channel or the event 500, the properties 1,500.')
$$;
COMMENT ON FUNCTION reject_reasons() IS
  'Lists all reasons for which load_events() rejects a row; a row with several gets the first of them.';

CREATE FUNCTION source_column(source regclass, column_name text, argument text) RETURNS regtype
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  type_id oid;
  base oid;
BEGIN
  IF column_name IS NULL THEN
    RETURN NULL;
  END IF;
  SELECT a.atttypid INTO type_id FROM pg_attribute a
  WHERE a.attrelid = source AND a.attname = column_name AND a.attnum > 0 AND NOT a.attisdropped;
  IF type_id IS NULL THEN
    RAISE EXCEPTION 'column "%" of % does not exist', column_name, source USING
      ERRCODE = 'undefined_column',
      DETAIL = format('It was to serve as the %s.', argument),
      HINT = format('Pass %s => one of: %s.', argument, (
        SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
        WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped))
        || CASE WHEN argument = 'event' THEN ' Pass event => NULL if every row is the same event.' ELSE '' END;
  END IF;
  LOOP  -- a domain counts as what it is a domain over
    SELECT t.typbasetype INTO base FROM pg_type t WHERE t.oid = type_id AND t.typtype = 'd';
    EXIT WHEN base IS NULL;
    type_id := base;
  END LOOP;
  RETURN type_id;
END $$;
COMMENT ON FUNCTION source_column(regclass, text, text) IS
  'Tells the type of a source''s column, with a helpful error if there is none of that name; a part of load_events().
Errors: 42703 for an unknown column.';

CREATE FUNCTION load_query(source regclass, customer text, at text, event text, channel text, item text, amount text,
                           properties text, default_event text, default_channel text) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
  numbers CONSTANT regtype[] := '{smallint,integer,bigint,numeric,real,double precision}';
  time_type regtype := clientele.source_column(source, at, 'at');
  amount_type regtype := clientele.source_column(source, amount, 'amount');
  properties_type regtype := clientele.source_column(source, properties, 'properties');
  blank CONSTANT text := 'coalesce(btrim(source_row.%1$I::text, E'' \t\r\n''), '''') = ''''';
  time_sql text;
  no_time_sql text := 'source_row.%1$I IS NULL';
  amount_sql text := 'NULL::numeric';
  no_amount_sql text := 'source_row.%1$I IS NULL';
  properties_sql text := '''{}''::jsonb';
  no_properties_sql text := 'source_row.%1$I IS NULL';
BEGIN
  PERFORM clientele.source_column(source, c.name, c.argument)
  FROM (VALUES (customer, 'customer'), (event, 'event'), (channel, 'channel'), (item, 'item')) c (name, argument);
  CASE
    WHEN time_type = 'timestamptz'::regtype THEN
      time_sql := 'source_row.%1$I';
    WHEN time_type IN ('timestamp'::regtype, 'date'::regtype) THEN
      time_sql := $$CASE WHEN source_row.%1$I >= '0001-01-01' AND source_row.%1$I < '10000-01-01'
        THEN source_row.%1$I::timestamptz WHEN source_row.%1$I IS NOT NULL THEN 'infinity'::timestamptz END$$;
    WHEN time_type = ANY (numbers) THEN
      time_sql := 'clientele.epoch_time(source_row.%1$I::numeric)';
    ELSE
      time_sql := 'clientele.parse_time(source_row.%1$I::text)';
      no_time_sql := blank;
  END CASE;
  IF amount_type = ANY (numbers) THEN
    amount_sql := 'source_row.%1$I::numeric';
  ELSIF amount IS NOT NULL THEN
    amount_sql := 'clientele.parse_number(source_row.%1$I::text)';
    no_amount_sql := blank;
  END IF;
  IF properties_type = 'jsonb'::regtype THEN
    properties_sql := 'source_row.%1$I';
  ELSIF properties IS NOT NULL THEN
    properties_sql := 'clientele.parse_json(source_row.%1$I::text)';
    no_properties_sql := blank;
  END IF;

  -- Each level is evaluated once a row (OFFSET 0 keeps them apart): the values, the reason, the content.
  -- What is the same in every row is left out of the result.
  RETURN format($sql$
    SELECT r.customer, r.at%s, r.reason, CASE WHEN r.reason IS NOT NULL THEN to_jsonb(r.source_row) END AS content
    FROM (
      SELECT v.*, CASE
        WHEN v.customer IS NULL OR btrim(v.customer, E' \t\r\n') = '' THEN 'missing_customer'
        WHEN v.at IS NULL THEN CASE WHEN v.no_time THEN 'missing_time' ELSE 'bad_time' END
        WHEN v.at < '0001-01-01 00:00:00+00' OR v.at >= '10000-01-01 00:00:00+00' THEN 'time_out_of_range'
        WHEN v.event IS NULL OR btrim(v.event, E' \t\r\n') = '' THEN 'missing_event'
        WHEN v.amount IS NULL AND NOT v.no_amount THEN 'bad_amount'
        WHEN abs(v.amount) >= 1e12 OR v.amount <> trunc(v.amount, 6) THEN 'amount_out_of_range'
        WHEN NOT v.no_properties AND jsonb_typeof(v.properties) IS DISTINCT FROM 'object' THEN 'bad_properties'
        WHEN octet_length(v.customer) > 2000 OR octet_length(v.item) > 2000 OR octet_length(v.channel) > 500
          OR octet_length(v.event) > 500 OR pg_column_size(v.properties) > 1500 THEN 'text_too_long'
        END AS reason
      FROM (
        SELECT %s AS customer, %s AS at, %s AS channel, %s AS event, %s AS item, %s AS amount, %s AS properties,
               %s AS no_time, %s AS no_amount, %s AS no_properties, source_row
        FROM %s AS source_row OFFSET 0
      ) v OFFSET 0
    ) r$sql$,
    concat(CASE WHEN channel IS NOT NULL THEN ', r.channel' END, CASE WHEN event IS NOT NULL THEN ', r.event' END,
           CASE WHEN item IS NOT NULL THEN ', r.item' END, CASE WHEN amount IS NOT NULL THEN ', r.amount' END,
           CASE WHEN properties IS NOT NULL THEN ', coalesce(r.properties, ''{}'') AS properties' END),
    format('source_row.%I::text', customer),
    format(time_sql, at),
    CASE WHEN channel IS NULL THEN format('%L::text', default_channel)
         ELSE format('coalesce(nullif(source_row.%I::text, ''''), %L)', channel, default_channel) END,
    CASE WHEN event IS NULL THEN format('%L::text', default_event) ELSE format('source_row.%I::text', event) END,
    CASE WHEN item IS NULL THEN 'NULL::text' ELSE format('nullif(source_row.%I::text, '''')', item) END,
    format(amount_sql, amount),
    format(properties_sql, properties),
    format(no_time_sql, at),
    CASE WHEN amount IS NULL THEN 'true' ELSE format(no_amount_sql, amount) END,
    CASE WHEN properties IS NULL THEN 'true' ELSE format(no_properties_sql, properties) END,
    source);
END $function$;
COMMENT ON FUNCTION load_query(regclass, text, text, text, text, text, text, text, text, text) IS
  'Writes the query with which load_events() reads a source: the values of each row, or why it is rejected.';

CREATE FUNCTION epoch_time(value numeric) RETURNS timestamptz
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE
    WHEN value OPERATOR(pg_catalog.>=) 1e18 THEN timestamptz 'infinity'
    WHEN value OPERATOR(pg_catalog.<=) -1e17 THEN timestamptz '-infinity'
    WHEN pg_catalog.abs(value) OPERATOR(pg_catalog.>=) 1e14 THEN pg_catalog.to_timestamp((value OPERATOR(pg_catalog./) 1e6)::float8)
    WHEN pg_catalog.abs(value) OPERATOR(pg_catalog.>=) 1e11 THEN pg_catalog.to_timestamp((value OPERATOR(pg_catalog./) 1e3)::float8)
    ELSE pg_catalog.to_timestamp(value::float8) END
$$;
COMMENT ON FUNCTION epoch_time(numeric) IS
  'Reads a number as a time: seconds since 1970, milliseconds from 10^11 on, microseconds from 10^14 on.';
