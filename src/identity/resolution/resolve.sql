-- SPDX-License-Identifier: PostgreSQL
-- How the identifiers of a batch become customers.

CREATE FUNCTION find_identities(kinds text[], "values" text[]) RETURNS bigint[]
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
  SET jit = off SET random_page_cost = 1.1 SET plan_cache_mode = force_custom_plan SET work_mem = '64MB' AS $$
BEGIN
  PERFORM clientele.require_store('identities');
  RETURN (SELECT coalesce(array_agg(i.identity_id ORDER BY k.n), '{}')
    FROM unnest(kinds, "values") WITH ORDINALITY k (kind, value, n)
    LEFT JOIN clientele_data.identities i ON i.kind = k.kind AND i.value = k.value);
END $$;
COMMENT ON FUNCTION find_identities(text[], text[]) IS
  'Returns the numbers of identifiers (identities.identity_id), NULL for those that are not there; a part of resolve_identities().';

CREATE FUNCTION check_identities(kinds text[], "values" text[], homes integer[], others integer[]) RETURNS void
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  n CONSTANT integer := cardinality(kinds);
BEGIN
  IF kinds IS NULL OR "values" IS NULL OR homes IS NULL OR others IS NULL OR array_position(kinds, NULL) IS NOT NULL
     OR array_position("values", NULL) IS NOT NULL OR array_position(homes, NULL) IS NOT NULL OR array_position(others, NULL) IS NOT NULL THEN
    RAISE EXCEPTION 'kinds, values, homes and others must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF cardinality("values") <> n OR cardinality(homes) <> cardinality(others) THEN
    RAISE EXCEPTION 'kinds and values, and homes and others, must be of one length' USING ERRCODE = 'array_subscript_error';
  ELSIF array_position(kinds, '') IS NOT NULL OR array_position("values", '') IS NOT NULL THEN
    RAISE EXCEPTION 'the kind or the value of an identity must not be empty' USING ERRCODE = 'invalid_parameter_value';
  ELSIF (SELECT max(octet_length(k)) FROM unnest(kinds) k) > 500 OR (SELECT max(octet_length(v)) FROM unnest("values") v) > 2000 THEN
    RAISE EXCEPTION 'an identity is too long' USING
      ERRCODE = 'program_limit_exceeded', DETAIL = 'A kind may have 500 bytes, a value 2,000.';
  ELSIF EXISTS (SELECT FROM unnest(homes, others) l (home, other) WHERE l.home NOT BETWEEN 1 AND n OR l.other NOT BETWEEN 1 AND n
                OR l.home = l.other) THEN
    RAISE EXCEPTION 'homes and others must be different places in the arrays of kinds and values' USING ERRCODE = 'array_subscript_error';
  END IF;
END $$;
COMMENT ON FUNCTION check_identities(text[], text[], integer[], integer[]) IS
  'Checks the arguments of resolve_identities().';

CREATE FUNCTION lock_identities() RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('identity_state', 'UPDATE');
  PERFORM clientele.lock_dictionaries();
  -- With a snapshot from before another change this is error 40001. Once a transaction: one that merges many customers would otherwise
  -- leave as many versions of the row, which each of its updates reads.
  UPDATE clientele_data.identity_state s SET changes = s.changes + 1, changed_in = pg_current_xact_id()
  WHERE s.changed_in IS DISTINCT FROM pg_current_xact_id();
END $$;
COMMENT ON FUNCTION lock_identities() IS
  'Waits until no other transaction changes links and decisions, and keeps others from it until the end of yours; a part of
resolve_identities().
Errors: 40001 if another one has done so since the snapshot of a transaction in REPEATABLE READ, 42P01 without a store, 42501 without the
right to change identities.';

CREATE FUNCTION resolve_identities(kinds text[], "values" text[], homes integer[], others integer[], run_id bigint DEFAULT NULL)
  RETURNS bigint[]
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
  SET jit = off SET random_page_cost = 1.1 SET plan_cache_mode = force_custom_plan SET work_mem = '64MB' AS $$
DECLARE
  ids bigint[];
  batch bigint;
  fresh record;
  link record;
  seeds bigint[];
  plan record;
BEGIN
  PERFORM clientele.require_store('identities'), clientele.require_store('identity_links');
  PERFORM clientele.check_identities(kinds, "values", homes, others);
  ids := clientele.find_identities(kinds, "values");
  IF array_position(ids, NULL) IS NULL AND NOT EXISTS (
       SELECT FROM unnest(homes, others) l (home, other)
       WHERE NOT EXISTS (SELECT FROM clientele_data.identity_links k WHERE k.home_id = ids[l.home] AND k.other_id = ids[l.other])) THEN
    RETURN ids;
  END IF;

  PERFORM clientele.require_store(t.name, 'INSERT') FROM unnest('{identities,customers,identity_links,merges}'::text[]) t (name);
  PERFORM clientele.begin_progress('resolve_identities'), clientele.report_progress('adding identifiers');
  PERFORM clientele.lock_identities();
  -- Another transaction may have added some meanwhile.
  ids := clientele.find_identities(kinds, "values");
  batch := nextval('clientele_data.journey_batches');
  SELECT coalesce(array_agg(m.id), '{}') AS ids, coalesce(array_agg(m.kind), '{}') AS kinds, coalesce(array_agg(m.value), '{}') AS vals,
         coalesce(array_agg(m.n), '{}') AS places
  INTO fresh
  FROM (SELECT clientele.new_identity_id() AS id, k.kind, k.value, k.n
        FROM unnest(kinds, "values", ids) WITH ORDINALITY k (kind, value, id, n) WHERE k.id IS NULL) m;
  IF fresh.ids <> '{}' THEN
    ids := (SELECT array_agg(coalesce(k.id, m.id) ORDER BY k.n)
            FROM unnest(ids) WITH ORDINALITY k (id, n) LEFT JOIN unnest(fresh.ids, fresh.places) m (id, n) ON m.n = k.n);
  END IF;
  -- A link stays withdrawn, whichever of its ends is the home.
  WITH added AS (
    INSERT INTO clientele_data.identity_links AS k (home_id, other_id, batch, run_id, withdrawn)
    SELECT ids[l.home], ids[l.other], batch, resolve_identities.run_id,
           (ids[l.other], ids[l.home]) IN (SELECT w.home_id, w.other_id FROM clientele_data.identity_links w WHERE w.withdrawn)
    FROM unnest(homes, others) l (home, other)
    ON CONFLICT DO NOTHING
    RETURNING k.home_id, k.other_id, k.withdrawn
  )
  SELECT coalesce(array_agg(a.home_id), '{}') AS homes, coalesce(array_agg(a.other_id), '{}') AS others INTO link
  FROM added a WHERE NOT a.withdrawn;
  seeds := ARRAY(SELECT e.id FROM (SELECT unnest(link.homes) UNION SELECT unnest(link.others)) e (id)
                 WHERE e.id NOT IN (SELECT unnest(fresh.ids)));
  PERFORM clientele.report_progress('finding customers');
  PERFORM clientele.adopt_customers(seeds), clientele.wake_links(seeds);
  plan := clientele.plan_partition('{}', seeds, batch, fresh.ids, fresh.kinds, fresh.vals, '{}', '{}');
  PERFORM clientele.report_progress('changing customers');
  PERFORM clientele.apply_partition(plan.nodes, plan.customers, plan.shared, plan.new_owners, plan.taken, plan.takers,
                                    batch, run_id, NULL, 'links', fresh.ids, fresh.kinds, fresh.vals);
  PERFORM clientele.end_progress();
  RETURN ids;
END $$;
COMMENT ON FUNCTION resolve_identities(text[], text[], integer[], integer[], bigint) IS
  'Adds the identifiers of a batch and what its rows say of them, and brings the customers up to date; returns identities.identity_id of
each identifier in order.
kinds and values are the different identifiers, in their normal forms. homes and others are places in these arrays, from 1 on: a row says
that an identifier belongs to the customer of its home, which is its strongest identifier. Merges and splits are logged in
clientele_data.merges under run_id. Identifiers and links that are known cost look-ups only; others wait until no other transaction adds
to the dictionaries. Errors: 22004, 22023, 2202E or 54000 for arguments that cannot be identifiers, 40001 for a transaction that must be
retried, 42P01 without a store, 42501 without the right to add.';

CREATE FUNCTION adopt_customers(ids bigint[]) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  wards bigint[];
BEGIN
  PERFORM clientele.require_store('customers');
  wards := ARRAY(
    SELECT DISTINCT c.customer_id FROM unnest(ids) u (id) JOIN clientele_data.identities i ON i.identity_id = u.id
    JOIN clientele_data.customers c ON c.customer_id = i.customer_id WHERE c.owner_id IS NULL);
  IF wards = '{}' THEN
    RETURN;
  END IF;
  PERFORM clientele.require_store('customers', 'UPDATE'), clientele.require_store('identity_decisions', 'INSERT');
  UPDATE clientele_data.customers c SET owner_id = o.identity_id
  FROM (SELECT DISTINCT ON (i.customer_id) i.customer_id, i.identity_id
        FROM clientele_data.identities i LEFT JOIN clientele_data.identity_kinds k ON k.kind = i.kind
        WHERE i.customer_id = ANY (wards)
        ORDER BY i.customer_id, coalesce(k.rank, 9), i.kind COLLATE "C", i.value COLLATE "C") o
  WHERE o.customer_id = c.customer_id;
  INSERT INTO clientele_data.identity_decisions (verdict, a_id, b_id, note)
  SELECT 'same', c.owner_id, i.identity_id, 'The identifiers were given to this customer in the table.'
  FROM clientele_data.customers c JOIN clientele_data.identities i ON i.customer_id = c.customer_id
  WHERE c.customer_id = ANY (wards) AND i.identity_id <> c.owner_id ORDER BY c.customer_id, i.identity_id;
END $$;
COMMENT ON FUNCTION adopt_customers(bigint[]) IS
  'Gives the customers of some identifiers owners, and decides that all their identifiers are the same, if their rows were not written by
clientele; a part of resolve_identities().';

CREATE FUNCTION merge_home_journeys(homes bigint[], parts journey[], batch bigint DEFAULT NULL) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
  SET jit = off SET random_page_cost = 1.1 SET plan_cache_mode = force_custom_plan SET work_mem = '64MB' AS $$
DECLARE
  stranger bigint;
BEGIN
  PERFORM clientele.require_store('identities');
  IF cardinality(homes) <> cardinality(parts) THEN
    RAISE EXCEPTION 'homes and parts must be of one length' USING ERRCODE = 'array_subscript_error';
  END IF;
  PERFORM clientele.require_merge();
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    -- What has moved since the snapshot is error 40001.
    PERFORM 1 FROM clientele_data.identities i WHERE i.identity_id = ANY (homes) FOR KEY SHARE;
  END IF;
  RETURN clientele.merge_given('SELECT i.customer_id, p.home_id, p.journey FROM unnest($2, $3) p (home_id, journey)
                                LEFT JOIN clientele_data.identities i ON i.identity_id = p.home_id',
                               coalesce(batch, nextval('clientele_data.journey_batches')), homes, parts);
EXCEPTION WHEN not_null_violation THEN
  stranger := (SELECT h FROM unnest(homes) h WHERE NOT EXISTS (SELECT FROM clientele_data.identities i WHERE i.identity_id = h) LIMIT 1);
  RAISE EXCEPTION 'identity % is not in clientele_data.identities', stranger USING ERRCODE = 'foreign_key_violation';
END $$;
COMMENT ON FUNCTION merge_home_journeys(bigint[], journey[], bigint) IS
  'Adds packed parts of journeys to homes, given as identities.identity_id, and so to the journeys of their customers; returns how many
customers it changed.
They are logged in clientele_data.journey_changes under batch, a new one by default. Several parts of one home are joined. Call it after
what it needs of the dictionaries was added. Errors: 23503 for a home that is not in clientele_data.identities, 40001 in REPEATABLE READ if
one has moved to another customer meanwhile, 42P01 without a store, 42501 without the right to write journeys.';

CREATE FUNCTION customer_now(customer_id bigint) RETURNS bigint
  LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('customers');
  RETURN (SELECT coalesce(c.merged_into, c.customer_id) FROM clientele_data.customers c WHERE c.customer_id = customer_now.customer_id);
END $$;
COMMENT ON FUNCTION customer_now(bigint) IS
  'Returns the number that a customer goes by today: the same, or that of the customer it was merged into.
NULL if there is no such customer. Errors: 42P01 without a store, 42501 without the right to read clientele_data.customers.';
