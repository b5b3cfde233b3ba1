-- SPDX-License-Identifier: PostgreSQL
-- How the identifiers of a batch become customers.

CREATE FUNCTION find_identities(kinds text[], "values" text[]) RETURNS bigint[]
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('identities');
  RETURN (SELECT coalesce(array_agg(i.identity_id ORDER BY k.n), '{}')
    FROM unnest(kinds, "values") WITH ORDINALITY k (kind, value, n)
    LEFT JOIN clientele_data.identities i ON i.kind = k.kind AND i.value = k.value);
END $$;
COMMENT ON FUNCTION find_identities(text[], text[]) IS
  'Returns the numbers of identifiers (identities.identity_id), NULL for those that are not there; a part of resolve_identities().';

CREATE FUNCTION resolve_identities(kinds text[], "values" text[], homes integer[], others integer[], run_id bigint DEFAULT NULL) RETURNS bigint[]
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ids bigint[];
  batch CONSTANT bigint := nextval('clientele_data.identity_batches');
BEGIN
  PERFORM clientele.require_store('identities');
  ids := clientele.find_identities(kinds, "values");
  IF array_position(ids, NULL) IS NOT NULL THEN
    PERFORM clientele.require_store('identities', 'INSERT'), clientele.require_store('customers', 'INSERT');
    PERFORM clientele.lock_dictionaries();
    WITH missing AS (
      SELECT k.kind, k.value, row_number() OVER (ORDER BY k.kind, k.value) AS n
      FROM unnest(kinds, "values") k (kind, value)
      WHERE NOT EXISTS (SELECT FROM clientele_data.identities i WHERE i.kind = k.kind AND i.value = k.value)
    ), drawn AS (
      SELECT d.id, d.n FROM unnest(clientele.new_identity_ids((SELECT count(*)::integer FROM missing))) WITH ORDINALITY d (id, n)
    ), made AS (
      INSERT INTO clientele_data.customers (created_at, owner_id) SELECT now(), d.id FROM drawn d ORDER BY d.n
      RETURNING customer_id, owner_id
    )
    INSERT INTO clientele_data.identities (kind, value, customer_id, identity_id)
    SELECT m.kind, m.value, c.customer_id, c.owner_id FROM missing m JOIN drawn d USING (n) JOIN made c ON c.owner_id = d.id;
    ids := clientele.find_identities(kinds, "values");
  END IF;
  INSERT INTO clientele_data.identity_links (home_id, other_id, batch, run_id)
  SELECT ids[l.home], ids[l.other], batch, resolve_identities.run_id FROM unnest(homes, others) l (home, other)
  ON CONFLICT DO NOTHING;
  RETURN ids;
END $$;
COMMENT ON FUNCTION resolve_identities(text[], text[], integer[], integer[], bigint) IS
  'Adds the identifiers of a batch and what its rows say of them, and brings the customers up to date; returns identities.identity_id of
each identifier in order.
kinds and values are the different identifiers, in their normal forms. homes and others are places in these arrays, from 1 on: a row says
that an identifier belongs to the customer of its home, which is its strongest identifier.';

CREATE FUNCTION merge_home_journeys(homes bigint[], parts journey[], batch bigint DEFAULT NULL) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  merged bigint;
BEGIN
  PERFORM clientele.require_store('stored_journeys', 'INSERT'), clientele.require_store('journey_changes', 'INSERT');
  batch := coalesce(batch, nextval('clientele_data.journey_batches'));
  PERFORM clientele.lock_partition(false);
  WITH merged AS (
    INSERT INTO clientele_data.stored_journeys AS s (customer_id, body, home_id)
    SELECT i.customer_id, clientele.journey_merge(p.part), min(p.home)
    FROM unnest(homes, parts) p (home, part) JOIN clientele_data.identities i ON i.identity_id = p.home
    GROUP BY i.customer_id ORDER BY i.customer_id
    ON CONFLICT (customer_id) DO UPDATE SET body = s.body OPERATOR(clientele.||) excluded.body
    RETURNING s.customer_id
  ), logged AS (
    INSERT INTO clientele_data.journey_changes (batch, customer_id)
    SELECT merge_home_journeys.batch, m.customer_id FROM merged m RETURNING 1
  )
  SELECT count(*) INTO merged FROM logged;
  RETURN merged;
END $$;
COMMENT ON FUNCTION merge_home_journeys(bigint[], journey[], bigint) IS
  'Adds packed parts of journeys to homes, given as identities.identity_id, and so to the journeys of their customers; returns how many
customers it changed.
They are logged in clientele_data.journey_changes under batch, a new one by default.';

CREATE FUNCTION customer_now(customer_id bigint) RETURNS bigint
  LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('customers');
  RETURN (SELECT coalesce(c.merged_into, c.customer_id) FROM clientele_data.customers c WHERE c.customer_id = customer_now.customer_id);
END $$;
COMMENT ON FUNCTION customer_now(bigint) IS
  'Returns the number that a customer goes by today: the same, or that of the customer it was merged into. NULL if there is no such
customer.';
