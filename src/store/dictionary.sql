-- SPDX-License-Identifier: PostgreSQL
-- Dictionaries only grow. Keys are looked up first. Only if one is missing, the transaction takes a lock that
-- all writers of dictionaries need, and keeps it until it ends. So of two transactions that add the same keys in
-- opposite orders, the second waits for the first instead of deadlocking, and known keys never waste a number.

CREATE FUNCTION lock_dictionaries() RETURNS void
  LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'clientele_lock_dictionaries';
COMMENT ON FUNCTION lock_dictionaries() IS
  'Waits until no other transaction adds to the dictionaries, and keeps others from it until the end of yours.
Only roles that may add to a dictionary can take this lock. Errors: 42501 for others, 42P01 without a store.';

CREATE FUNCTION lock_partition(alone boolean) RETURNS void
  LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'clientele_lock_partition';
COMMENT ON FUNCTION lock_partition(boolean) IS
  'Keeps identifiers from moving to other customers until the end of your transaction, or, if alone, waits until no other transaction
writes journeys and keeps others from it.
Writers of journeys take the first before they look for the customers of identifiers, merges and splits the second. Errors: 42501 for
roles that may not write there, 42P01 without a store.';

CREATE FUNCTION new_identity_id() RETURNS bigint
  LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'clientele_new_identity_id';
COMMENT ON FUNCTION new_identity_id() IS
  'Draws a number for a new row of clientele_data.identities; a part of load_events() and resolve_identities().
Errors: 42501 for roles that may not add identities, 42P01 without a store.';

CREATE FUNCTION add_event_types(channels text[], events text[], properties jsonb[] DEFAULT NULL) RETURNS integer[]
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ids integer[];
  bad record;
BEGIN
  IF cardinality(channels) <> cardinality(events) OR cardinality(properties) <> cardinality(events) THEN
    RAISE EXCEPTION 'channels, events and properties must be of one length' USING ERRCODE = 'array_subscript_error';
  END IF;
  SELECT k.* INTO bad FROM unnest(channels, events, properties) k (channel, event, properties)
  WHERE k.event IS NULL OR k.event = '' OR octet_length(k.event) > 500 OR octet_length(k.channel) > 500
     OR jsonb_typeof(k.properties) <> 'object' OR pg_column_size(k.properties) > 1500
  LIMIT 1;
  IF FOUND THEN
    CASE
      WHEN bad.event IS NULL THEN
        RAISE EXCEPTION 'an event must not be NULL' USING ERRCODE = 'null_value_not_allowed';
      WHEN bad.event = '' THEN
        RAISE EXCEPTION 'an event must not be empty' USING ERRCODE = 'invalid_parameter_value';
      WHEN jsonb_typeof(bad.properties) <> 'object' THEN
        RAISE EXCEPTION 'properties must be a JSON object, not %', left(bad.properties::text, 100)
          USING ERRCODE = 'invalid_parameter_value';
      ELSE
        RAISE EXCEPTION 'event type "%" is too long', left(bad.event, 100) USING
          ERRCODE = 'program_limit_exceeded',
          DETAIL = 'Channel and event may have 500 bytes each, properties 1,500.';
    END CASE;
  END IF;
  PERFORM clientele.require_store('event_types');
  FOR attempt IN 1 .. 3 LOOP
    SELECT array_agg(t.event_type_id ORDER BY k.n) INTO ids
    FROM unnest(channels, events, properties) WITH ORDINALITY k (channel, event, properties, n)
    LEFT JOIN clientele_data.event_types t
      ON t.channel = coalesce(k.channel, '') AND t.event = k.event AND t.properties = coalesce(k.properties, '{}');
    IF array_position(ids, NULL) IS NULL THEN
      RETURN coalesce(ids, '{}');
    END IF;
    PERFORM clientele.require_store('event_types', 'INSERT');
    PERFORM clientele.lock_dictionaries();
    INSERT INTO clientele_data.event_types (channel, event, properties)
    SELECT DISTINCT coalesce(k.channel, ''), k.event, coalesce(k.properties, '{}')
    FROM unnest(channels, events, properties) k (channel, event, properties)
    WHERE NOT EXISTS (
      SELECT FROM clientele_data.event_types t
      WHERE t.channel = coalesce(k.channel, '') AND t.event = k.event AND t.properties = coalesce(k.properties, '{}'))
    ORDER BY 1, 2, 3
    ON CONFLICT DO NOTHING;
  END LOOP;
  RAISE EXCEPTION 'event types that are there cannot be seen' USING
    ERRCODE = 'insufficient_privilege', HINT = 'A row level security policy may hide them from you.';
END $$;
COMMENT ON FUNCTION add_event_types(text[], text[], jsonb[]) IS
  'Finds the numbers of many event types at once and adds those that are missing; the result is aligned with the input.
A channel that is NULL is the empty one, properties that are NULL are {}. Errors: as event_type().';

CREATE FUNCTION event_type(channel text, event text, properties jsonb DEFAULT '{}') RETURNS integer
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $$
DECLARE
  id integer;
BEGIN
  PERFORM clientele.require_store('event_types');
  SELECT t.event_type_id INTO id FROM clientele_data.event_types t
  WHERE t.channel OPERATOR(pg_catalog.=) coalesce(event_type.channel, '')
    AND t.event OPERATOR(pg_catalog.=) event_type.event
    AND t.properties OPERATOR(pg_catalog.=) coalesce(event_type.properties, '{}');
  IF id IS NULL THEN
    id := (clientele.add_event_types(ARRAY[channel], ARRAY[event], ARRAY[properties]))[1];
  END IF;
  RETURN id;
END $$;
COMMENT ON FUNCTION event_type(text, text, jsonb) IS
  'Finds the number of an event type, and adds it to the dictionary if it is new.
A channel that is NULL is the empty one. For many rows join clientele_data.event_types, or call add_event_types() once.
In REPEATABLE READ and above, a key that another transaction has just added is error 40001: try again.
Errors: 22004 or 22023 for an event that is NULL or empty, 54000 if it is too long, 42P01 without a store, 42501 without the right to add.';

CREATE FUNCTION add_items(keys text[]) RETURNS bigint[]
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ids bigint[];
  bad record;
BEGIN
  SELECT k.* INTO bad FROM unnest(keys) k (key)
  WHERE k.key IS NULL OR k.key = '' OR octet_length(k.key) > 2000 LIMIT 1;
  IF FOUND THEN
    CASE
      WHEN bad.key IS NULL THEN
        RAISE EXCEPTION 'the key of an item must not be NULL' USING ERRCODE = 'null_value_not_allowed';
      WHEN bad.key = '' THEN
        RAISE EXCEPTION 'the key of an item must not be empty' USING ERRCODE = 'invalid_parameter_value';
      ELSE
        RAISE EXCEPTION 'the key of an item is too long: "%"', left(bad.key, 100) USING
          ERRCODE = 'program_limit_exceeded', DETAIL = 'It may have 2,000 bytes.';
    END CASE;
  END IF;
  PERFORM clientele.require_store('items');
  FOR attempt IN 1 .. 3 LOOP
    SELECT array_agg(i.item_id ORDER BY k.n) INTO ids
    FROM unnest(keys) WITH ORDINALITY k (key, n) LEFT JOIN clientele_data.items i ON i.key = k.key;
    IF array_position(ids, NULL) IS NULL THEN
      RETURN coalesce(ids, '{}');
    END IF;
    PERFORM clientele.require_store('items', 'INSERT');
    PERFORM clientele.lock_dictionaries();
    INSERT INTO clientele_data.items (key)
    SELECT DISTINCT k.key FROM unnest(keys) k (key)
    WHERE NOT EXISTS (SELECT FROM clientele_data.items i WHERE i.key = k.key)
    ORDER BY 1
    ON CONFLICT DO NOTHING;
  END LOOP;
  RAISE EXCEPTION 'items that are there cannot be seen' USING
    ERRCODE = 'insufficient_privilege', HINT = 'A row level security policy may hide them from you.';
END $$;
COMMENT ON FUNCTION add_items(text[]) IS
  'Finds the numbers of many items at once and adds those that are missing; the result is aligned with the input.
Errors: as item().';

CREATE FUNCTION item(key text) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $$
DECLARE
  id bigint;
BEGIN
  PERFORM clientele.require_store('items');
  SELECT i.item_id INTO id FROM clientele_data.items i WHERE i.key OPERATOR(pg_catalog.=) item.key;
  IF id IS NULL THEN
    id := (clientele.add_items(ARRAY[key]))[1];
  END IF;
  RETURN id;
END $$;
COMMENT ON FUNCTION item(text) IS
  'Finds the number of an item by its key, and adds it to the dictionary if it is new.
For many rows join clientele_data.items, or call add_items() once.
Errors: 22004 or 22023 for a key that is NULL or empty, 54000 if it has more than 2,000 bytes, 42P01 without a store, 42501 without the
right to add.';

CREATE FUNCTION customer_ids(kind text, vals text[]) RETURNS bigint[]
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ids bigint[];
  missing text[];
BEGIN
  IF kind IS NULL OR array_position(vals, NULL) IS NOT NULL THEN
    RAISE EXCEPTION 'the kind or the value of an identity must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF kind = '' OR array_position(vals, '') IS NOT NULL THEN
    RAISE EXCEPTION 'the kind or the value of an identity must not be empty' USING ERRCODE = 'invalid_parameter_value';
  ELSIF octet_length(kind) > 500 OR (SELECT max(octet_length(v)) FROM unnest(vals) v) > 2000 THEN
    RAISE EXCEPTION 'an identity is too long' USING
      ERRCODE = 'program_limit_exceeded', DETAIL = 'A kind may have 500 bytes, a value 2,000.';
  END IF;
  PERFORM clientele.require_store('identities');
  FOR attempt IN 1 .. 3 LOOP
    SELECT array_agg(i.customer_id ORDER BY k.n) INTO ids
    FROM unnest(vals) WITH ORDINALITY k (value, n)
    LEFT JOIN clientele_data.identities i ON i.kind = customer_ids.kind AND i.value = k.value;
    IF array_position(ids, NULL) IS NULL THEN
      RETURN coalesce(ids, '{}');
    END IF;
    PERFORM clientele.require_store('identities', 'INSERT');
    PERFORM clientele.require_store('customers', 'INSERT');
    PERFORM clientele.lock_dictionaries();
    missing := ARRAY(
      SELECT DISTINCT k.value FROM unnest(vals) k (value)
      WHERE NOT EXISTS (SELECT FROM clientele_data.identities i WHERE i.kind = customer_ids.kind AND i.value = k.value)
      ORDER BY 1);
    PERFORM clientele.add_customers(kind, 'SELECT m.value, m.n FROM unnest($2) WITH ORDINALITY m (value, n)', missing);
  END LOOP;
  RAISE EXCEPTION 'identities that are there cannot be seen' USING
    ERRCODE = 'insufficient_privilege', HINT = 'A row level security policy may hide them from you.';
END $$;
COMMENT ON FUNCTION customer_ids(text, text[]) IS
  'Finds the customers behind many identifiers of one kind and makes new customers for unknown ones; the result is aligned with the input.
Errors: 22004 or 22023 for an identifier that is NULL or empty, 54000 if it has more than 2,000 bytes, 42P01 without a store, 42501
without the right to add.';
