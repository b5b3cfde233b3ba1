-- SPDX-License-Identifier: PostgreSQL
-- How a load finds the numbers of its customers, event types and items: set by set, in temporary tables, so that there
-- may be more of them than memory holds. Each function creates a table `keys` of the different keys in `rows`.

CREATE FUNCTION add_customers(kind text, identifiers text, vals text[] DEFAULT NULL) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
  saved_nestloop CONSTANT text := current_setting('enable_nestloop');
  n_made bigint;
  n_added bigint;
BEGIN
  PERFORM clientele.require_store('identities', 'INSERT'), clientele.require_store('customers', 'INSERT');
  -- Both sides of the join come in the order of n; without statistics a nested loop might be taken for cheap.
  PERFORM set_config('enable_nestloop', 'off', true);
  EXECUTE format($sql$
    WITH made AS (
      INSERT INTO clientele_data.customers (created_at, owner_id)
      SELECT now(), clientele.new_identity_id() FROM (SELECT FROM (%1$s) m ORDER BY m.n) m
      RETURNING customer_id, owner_id
    ), numbered AS (
      SELECT d.customer_id, d.owner_id, row_number() OVER (ORDER BY d.customer_id) AS n FROM made d
    ), added AS (
      INSERT INTO clientele_data.identities (kind, value, customer_id, identity_id)
      SELECT $1, m.value, d.customer_id, d.owner_id FROM (%1$s) m JOIN numbered d ON d.n = m.n ORDER BY m.n
      ON CONFLICT (kind, value) DO NOTHING
      RETURNING 1
    )
    SELECT (SELECT count(*) FROM made), (SELECT count(*) FROM added)$sql$, identifiers)
  INTO n_made, n_added USING kind, vals;
  PERFORM set_config('enable_nestloop', saved_nestloop, true);
  IF n_added <> n_made THEN
    RAISE EXCEPTION 'identities were added by another transaction meanwhile, or cannot be seen' USING
      ERRCODE = 'serialization_failure',
      HINT = 'Run the transaction again. If the error stays, a row level security policy may hide them from you.';
  END IF;
  RETURN n_added;
END $$;
COMMENT ON FUNCTION add_customers(text, text, text[]) IS
  'Adds identifiers of a kind, each as a customer of its own, and returns their number; a part of load_events().
identifiers is a query of (value, n), where n is 1, 2 and so on; $2 in it are vals. Errors: 40001 if another transaction has added
one of them.';

CREATE FUNCTION load_customers(rows text, keys text, kind text) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
  missing CONSTANT text := clientele.temporary_name('clientele_missing');
  n_missing bigint;
  n_keys bigint;
BEGIN
  PERFORM clientele.require_store('identities');
  EXECUTE format($sql$
    CREATE TEMP TABLE %s ON COMMIT DROP AS
    SELECT d.value, i.identity_id AS home_id
    FROM (SELECT DISTINCT r.customer AS value FROM %s r WHERE r.reason IS NULL) d
    LEFT JOIN clientele_data.identities i ON i.kind = %L AND i.value = d.value COLLATE "default"$sql$, keys, rows, kind);
  GET DIAGNOSTICS n_keys = ROW_COUNT;
  EXECUTE format('SELECT count(*) FROM %s k WHERE k.home_id IS NULL', keys) INTO n_missing;
  IF n_missing > 0 THEN
    PERFORM clientele.require_store('identities', 'INSERT'), clientele.require_store('customers', 'INSERT');
    PERFORM clientele.lock_dictionaries();
    -- Another transaction may have added some of them meanwhile.
    EXECUTE format($sql$
      CREATE TEMP TABLE %s ON COMMIT DROP AS
      SELECT k.value, CASE WHEN i.identity_id IS NULL THEN row_number() OVER (PARTITION BY i.identity_id IS NULL ORDER BY k.value) END AS n
      FROM %s k LEFT JOIN clientele_data.identities i ON i.kind = %L AND i.value = k.value COLLATE "default"
      WHERE k.home_id IS NULL$sql$, missing, keys, kind);
    PERFORM clientele.add_customers(kind, format('SELECT m.value, m.n FROM %s m WHERE m.n IS NOT NULL', missing));
    EXECUTE format('DELETE FROM %s k WHERE k.home_id IS NULL', keys);
    EXECUTE format($sql$
      INSERT INTO %s (value, home_id)
      SELECT m.value, i.identity_id FROM %s m
      JOIN clientele_data.identities i ON i.kind = %L AND i.value = m.value COLLATE "default"$sql$, keys, missing, kind);
    EXECUTE format('DROP TABLE %s', missing);
    PERFORM clientele.require_all_keys(keys, n_keys, 'identities');
  END IF;
  EXECUTE format('ANALYZE %s', keys);
  RETURN n_keys;
END $$;
COMMENT ON FUNCTION load_customers(text, text, text) IS
  'Creates a temporary table of the customers in the rows of a load, with their numbers, and adds those that are new; a part of
load_events().';

CREATE FUNCTION load_event_types(rows text, keys text, channel text, event text, properties text) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
  known CONSTANT text := $sql$t.channel = k.channel COLLATE "default" AND t.event = k.event COLLATE "default"
    AND t.properties = k.properties$sql$;
  n_missing bigint;
  n_keys bigint;
BEGIN
  PERFORM clientele.require_store('event_types');
  EXECUTE format($sql$
    CREATE TEMP TABLE %s ON COMMIT DROP AS
    SELECT k.*, t.event_type_id
    FROM (SELECT DISTINCT %s AS channel, %s AS event, %s AS properties FROM %s r WHERE r.reason IS NULL) k
    LEFT JOIN clientele_data.event_types t ON %s$sql$, keys, channel, event, properties, rows, known);
  GET DIAGNOSTICS n_keys = ROW_COUNT;
  EXECUTE format('SELECT count(*) FROM %s k WHERE k.event_type_id IS NULL', keys) INTO n_missing;
  IF n_missing > 0 THEN
    PERFORM clientele.require_store('event_types', 'INSERT');
    PERFORM clientele.lock_dictionaries();
    EXECUTE format($sql$
      INSERT INTO clientele_data.event_types (channel, event, properties)
      SELECT k.channel, k.event, k.properties FROM %s k
      WHERE k.event_type_id IS NULL AND NOT EXISTS (SELECT FROM clientele_data.event_types t WHERE %s)
      ORDER BY 1, 2, 3
      ON CONFLICT DO NOTHING$sql$, keys, known);
    EXECUTE format('UPDATE %s k SET event_type_id = t.event_type_id FROM clientele_data.event_types t
                    WHERE k.event_type_id IS NULL AND %s', keys, known);
    EXECUTE format('DELETE FROM %s k WHERE k.event_type_id IS NULL', keys);
    PERFORM clientele.require_all_keys(keys, n_keys, 'event types');
  END IF;
  EXECUTE format('ANALYZE %s', keys);
  RETURN n_keys;
END $$;
COMMENT ON FUNCTION load_event_types(text, text, text, text, text) IS
  'Creates a temporary table of the event types in the rows of a load, with their numbers, and adds those that are new; a part of
load_events().';

CREATE FUNCTION load_items(rows text, keys text) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
  missing CONSTANT text := clientele.temporary_name('clientele_missing');
  n_missing bigint;
  n_keys bigint;
BEGIN
  PERFORM clientele.require_store('items');
  EXECUTE format($sql$
    CREATE TEMP TABLE %s ON COMMIT DROP AS
    SELECT d.key, i.item_id
    FROM (SELECT DISTINCT r.item AS key FROM %s r WHERE r.reason IS NULL AND r.item IS NOT NULL) d
    LEFT JOIN clientele_data.items i ON i.key = d.key COLLATE "default"$sql$, keys, rows);
  GET DIAGNOSTICS n_keys = ROW_COUNT;
  EXECUTE format('CREATE TEMP TABLE %s ON COMMIT DROP AS SELECT k.key FROM %s k WHERE k.item_id IS NULL', missing, keys);
  GET DIAGNOSTICS n_missing = ROW_COUNT;
  IF n_missing > 0 THEN
    PERFORM clientele.require_store('items', 'INSERT');
    PERFORM clientele.lock_dictionaries();
    EXECUTE format('ANALYZE %s', missing);
    EXECUTE format($sql$
      INSERT INTO clientele_data.items (key)
      SELECT k.key FROM %s k
      WHERE NOT EXISTS (SELECT FROM clientele_data.items i WHERE i.key = k.key COLLATE "default")
      ORDER BY 1
      ON CONFLICT DO NOTHING$sql$, missing);
    EXECUTE format('DELETE FROM %s k WHERE k.item_id IS NULL', keys);
    EXECUTE format($sql$
      INSERT INTO %s (key, item_id)
      SELECT k.key, i.item_id FROM %s k JOIN clientele_data.items i ON i.key = k.key COLLATE "default"$sql$, keys, missing);
    PERFORM clientele.require_all_keys(keys, n_keys, 'items');
  END IF;
  EXECUTE format('DROP TABLE %s', missing);
  EXECUTE format('ANALYZE %s', keys);
  RETURN n_keys;
END $$;
COMMENT ON FUNCTION load_items(text, text) IS
  'Creates a temporary table of the items in the rows of a load, with their numbers, and adds those that are new; a part of
load_events().';

CREATE FUNCTION require_all_keys(keys text, expected bigint, what text) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found_keys bigint;
BEGIN
  EXECUTE format('SELECT count(*) FROM %s', keys) INTO found_keys;
  IF found_keys <> expected THEN
    RAISE EXCEPTION '% that are there cannot be seen', what USING
      ERRCODE = 'insufficient_privilege', HINT = 'A row level security policy may hide them from you.';
  END IF;
END $$;
COMMENT ON FUNCTION require_all_keys(text, bigint, text) IS
  'Checks that a load found the numbers of all its keys; a part of load_events().';
