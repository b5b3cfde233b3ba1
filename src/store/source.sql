-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION reject_reasons(OUT place integer, OUT reason text, OUT meaning text) RETURNS SETOF record
  LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 9 AS $$
  VALUES
    (1, 'missing_customer', 'The customer is NULL or blank.'),
    (2, 'missing_time', 'The time is NULL or blank.'),
    (3, 'bad_time', 'The time cannot be read, or is not a date of the calendar.'),
    (4, 'time_out_of_range', 'The time is infinite, before the year 1 or after the year 9999.'),
    (5, 'missing_event', 'The event is NULL or blank.'),
    (6, 'bad_amount', 'The amount cannot be read as a number.'),
    (7, 'amount_out_of_range', 'The amount is not finite, is 10^12 or more, or has more than six decimals.'),
    (8, 'bad_properties', 'The properties are not a JSON object.'),
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
  'Returns the type of a source''s column, with a helpful error if there is none of that name; a part of load_events().
Errors: 42703 for an unknown column.';

CREATE FUNCTION source_row(source regclass) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT 's (' || string_agg('c' || a.attnum, ', ' ORDER BY a.attnum) || ')'
  FROM pg_attribute a WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped
$$;
COMMENT ON FUNCTION source_row(regclass) IS
  'Writes an alias for a source, s (c1, c2, …), so that no name of its columns can be taken for another; a part of load_events().';

CREATE FUNCTION source_place(source regclass, column_name text) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT 's.c' || a.attnum FROM pg_attribute a
  WHERE a.attrelid = source AND a.attname = column_name AND a.attnum > 0 AND NOT a.attisdropped
$$;
COMMENT ON FUNCTION source_place(regclass, text) IS
  'Writes how a query with the alias of source_row() names a column; a part of load_events().';

CREATE FUNCTION is_number_type(type_id regtype) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT type_id = ANY ('{smallint,integer,bigint,numeric,real,double precision}'::regtype[])
$$;
COMMENT ON FUNCTION is_number_type(regtype) IS
  'Whether columns of this type hold numbers; a part of load_events().';

-- Floating-point numbers are what their shortest decimal form says, as extra_float_digits = 1 writes it.
CREATE FUNCTION number_text(place text, type_id regtype) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN type_id IN ('real'::regtype, 'double precision'::regtype) THEN place || '::text::numeric::text'
              ELSE place || '::text' END
$$;
COMMENT ON FUNCTION number_text(text, regtype) IS
  'Writes an expression for the text of a column of numbers, without an exponent; a part of load_events().';

CREATE FUNCTION time_reading(source regclass, relation text, at text, OUT calendar integer, OUT unit integer, OUT said text)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  time_type CONSTANT regtype := clientele.source_column(source, at, 'at');
  place CONSTANT text := clientele.source_place(source, at);
  numbers CONSTANT boolean := clientele.is_number_type(time_type);
BEGIN
  calendar := 0;
  unit := 0;
  IF time_type IN ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype) THEN
    RETURN;
  END IF;
  -- All digits of one length are read in one way: as the calendar if at least half of them look like it. Of seconds
  -- since 1970 not one in a hundred does.
  EXECUTE format($sql$
    WITH forms AS (
      SELECT abs(f.form) AS digits, coalesce(sum(f.n) FILTER (WHERE f.form > 0), 0) AS dates,
             coalesce(sum(f.n) FILTER (WHERE f.form < 0), 0) AS others
      FROM (SELECT clientele.time_form(%s) AS form, count(*) AS n FROM %s AS %s GROUP BY 1) f
      WHERE f.form IS NOT NULL GROUP BY 1
    ), read AS (
      SELECT f.digits, f.dates + f.others AS n, f.dates > 0 AND f.dates >= f.others OR NOT $1 AND f.digits = 8 AS is_date
      FROM forms f WHERE $1 OR f.digits IN (8, 10, 12, 13, 14, 16, 17)
    ), units (digits, name) AS (
      VALUES (10, 'seconds'), (13, 'milliseconds'), (16, 'microseconds')
    ), main AS (
      SELECT u.digits, u.name FROM read r JOIN units u USING (digits) WHERE NOT r.is_date ORDER BY r.n DESC, r.digits LIMIT 1
    ), told AS (
      SELECT r.digits, CASE
        WHEN r.is_date AND r.digits = 17 THEN 'YYYYMMDDHHMMSS and milliseconds'
        WHEN r.is_date THEN left('YYYYMMDDHHMMSS', r.digits)
        WHEN u.name IS NOT NULL THEN u.name || ' since 1970'
        WHEN $1 THEN coalesce((SELECT m.name FROM main m), 'seconds (milliseconds from 10^11, microseconds from 10^14)')
          || ' since 1970' END AS form
      FROM read r LEFT JOIN units u USING (digits) WHERE $1 OR r.digits <> 8
    ), grouped AS (
      SELECT t.form, min(t.digits) AS first, string_agg(nullif(t.digits, 0)::text, ' or ' ORDER BY t.digits) AS digits
      FROM told t WHERE t.form IS NOT NULL GROUP BY 1
    )
    SELECT coalesce((SELECT bit_or(1 << r.digits) FROM read r WHERE r.is_date), 0), coalesce((SELECT m.digits FROM main m), 0),
           (SELECT string_agg(coalesce(g.digits || ' digits', 'numbers') || ' are ' || g.form, ', ' ORDER BY g.first)
            FROM grouped g)$sql$,
    CASE WHEN numbers THEN clientele.number_text(place, time_type) ELSE place || '::text' END,
    relation, clientele.source_row(source))
  INTO calendar, unit, said USING numbers;
END $$;
COMMENT ON FUNCTION time_reading(regclass, text, text) IS
  'Decides how the digits in a source''s column of times are read, for all rows alike, and says it; a part of load_events().';

CREATE FUNCTION load_query(source regclass, relation text, customer text, at text, event text, channel text, item text, amount text,
                           properties text, default_event text, default_channel text, calendar integer, unit integer) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
  time_type CONSTANT regtype := clientele.source_column(source, at, 'at');
  amount_type CONSTANT regtype := clientele.source_column(source, amount, 'amount');
  properties_type CONSTANT regtype := clientele.source_column(source, properties, 'properties');
  -- Texts are compared by their bytes, whatever the collation of the column.
  as_text CONSTANT text := $$(%1$s::text COLLATE "C")$$;
  is_blank CONSTANT text := $$coalesce(btrim(%1$s::text COLLATE "C", E' \t\r\n'), '') = ''$$;
  is_null CONSTANT text := '%1$s IS NULL';
  time_place CONSTANT text := clientele.source_place(source, at);
  amount_place CONSTANT text := clientele.source_place(source, amount);
  properties_place CONSTANT text := clientele.source_place(source, properties);
  time_sql text;
  no_time_sql text := is_null;
  amount_sql text := 'NULL::numeric';
  no_amount_sql text := is_null;
  properties_sql text := $$'{}'::jsonb$$;
  no_properties_sql text := is_null;
BEGIN
  CASE
    WHEN time_type = 'timestamptz'::regtype THEN
      time_sql := '%1$s';
    WHEN time_type IN ('timestamp'::regtype, 'date'::regtype) THEN
      time_sql := $$CASE WHEN %1$s >= '0001-01-01' AND %1$s < '10000-01-01'
        THEN %1$s::timestamptz WHEN %1$s IS NOT NULL THEN 'infinity'::timestamptz END$$;
    WHEN clientele.is_number_type(time_type) THEN
      time_sql := format('clientele.load_time(%s, %s, %s, true)', clientele.number_text('%1$s', time_type), calendar, unit);
    ELSE
      time_sql := format('clientele.load_time(%%1$s::text, %s, %s, false)', calendar, unit);
      no_time_sql := is_blank;
  END CASE;
  CASE
    WHEN amount IS NULL THEN
      NULL;
    WHEN amount_type = 'money'::regtype THEN
      RAISE EXCEPTION 'column "%" of % is of type money, whose decimals depend on lc_monetary', amount, source USING
        ERRCODE = 'datatype_mismatch', HINT = 'Load from a view that casts it to numeric.';
    WHEN amount_type IN ('real'::regtype, 'double precision'::regtype) THEN
      amount_sql := '%1$s::text::numeric';
    WHEN clientele.is_number_type(amount_type) THEN
      amount_sql := '%1$s::numeric';
    ELSE
      amount_sql := 'clientele.parse_number(%1$s::text)';
      no_amount_sql := is_blank;
  END CASE;
  IF properties_type = 'jsonb'::regtype THEN
    properties_sql := '%1$s';
  ELSIF properties IS NOT NULL THEN
    properties_sql := 'clientele.parse_json(%1$s::text)';
    no_properties_sql := is_blank;
  END IF;

  -- Each level is evaluated once a row (OFFSET 0 keeps them apart): the values, the reason, the content.
  -- What is the same in every row is left out of the result. Joined with {} an object has the size that it has by itself,
  -- however the source compresses it.
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
          OR octet_length(v.event) > 500 OR pg_column_size(v.properties || '{}') > 1500 THEN 'text_too_long'
        END AS reason
      FROM (
        SELECT %s AS customer, %s AS at, %s AS channel, %s AS event, %s AS item, %s AS amount, %s AS properties,
               %s AS no_time, %s AS no_amount, %s AS no_properties, s AS source_row
        FROM %s AS %s OFFSET 0
      ) v OFFSET 0
    ) r$sql$,
    concat(CASE WHEN channel IS NOT NULL THEN ', r.channel' END, CASE WHEN event IS NOT NULL THEN ', r.event' END,
           CASE WHEN item IS NOT NULL THEN ', r.item' END, CASE WHEN amount IS NOT NULL THEN ', r.amount' END,
           CASE WHEN properties IS NOT NULL THEN ', coalesce(r.properties, ''{}'') AS properties' END),
    format(as_text, clientele.source_place(source, customer)),
    format(time_sql, time_place),
    CASE WHEN channel IS NULL THEN format('%L::text COLLATE "C"', default_channel)
         ELSE format('coalesce(nullif(%s, %L), %L)', format(as_text, clientele.source_place(source, channel)), '', default_channel) END,
    CASE WHEN event IS NULL THEN format('%L::text COLLATE "C"', default_event)
         ELSE format(as_text, clientele.source_place(source, event)) END,
    CASE WHEN item IS NULL THEN 'NULL::text'
         ELSE format('nullif(%s, %L)', format(as_text, clientele.source_place(source, item)), '') END,
    format(amount_sql, amount_place),
    format(properties_sql, properties_place),
    format(no_time_sql, time_place),
    CASE WHEN amount IS NULL THEN 'true' ELSE format(no_amount_sql, amount_place) END,
    CASE WHEN properties IS NULL THEN 'true' ELSE format(no_properties_sql, properties_place) END,
    relation, clientele.source_row(source));
END $function$;
COMMENT ON FUNCTION load_query(regclass, text, text, text, text, text, text, text, text, text, text, integer, integer) IS
  'Writes the query with which load_events() reads a source: the values of each row, or why it is rejected.';

CREATE FUNCTION epoch_time(value numeric) RETURNS timestamptz
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE
    WHEN value OPERATOR(pg_catalog.>=) 1e18 THEN 'infinity'::pg_catalog.timestamptz
    WHEN value OPERATOR(pg_catalog.<=) -1e17 THEN '-infinity'::pg_catalog.timestamptz
    WHEN pg_catalog.abs(value) OPERATOR(pg_catalog.>=) 1e14
      THEN pg_catalog.to_timestamp((value OPERATOR(pg_catalog./) 1e6)::pg_catalog.float8)
    WHEN pg_catalog.abs(value) OPERATOR(pg_catalog.>=) 1e11
      THEN pg_catalog.to_timestamp((value OPERATOR(pg_catalog./) 1e3)::pg_catalog.float8)
    ELSE pg_catalog.to_timestamp(value::pg_catalog.float8) END
$$;
COMMENT ON FUNCTION epoch_time(numeric) IS
  'Reads a number as a time: seconds since 1970, milliseconds from 10^11 on, microseconds from 10^14 on.';
