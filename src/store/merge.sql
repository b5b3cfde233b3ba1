-- SPDX-License-Identifier: PostgreSQL

-- All writers insert or lock rows in the order of customer_id, so that they cannot deadlock. pg_column_size() reads a header only: a long
-- body is neither fetched nor written until its tail is folded in. The row that is there after the insertion says which home is not in
-- home_journeys, so two writers that bring the first homes of a customer agree on one.
CREATE FUNCTION merge_statement(given text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format($sql$
    WITH given AS NOT MATERIALIZED (%s), merged AS (
      INSERT INTO clientele_data.stored_journeys AS s (customer_id, body, home_id)
      SELECT g.customer_id, clientele.journey_merge(g.journey), min(g.home_id)
      FROM given g WHERE g.journey IS NOT NULL
      GROUP BY g.customer_id ORDER BY g.customer_id
      ON CONFLICT (customer_id) DO UPDATE SET
        body = CASE
          WHEN pg_column_size(s.body) <= 65536 AND s.tail IS NULL
            THEN s.body OPERATOR(clientele.||) excluded.body
          WHEN (coalesce(pg_column_size(s.tail), 0) + pg_column_size(excluded.body)) * 8 >= pg_column_size(s.body)
            THEN s.body OPERATOR(clientele.||)
                 CASE WHEN s.tail IS NULL THEN excluded.body ELSE s.tail OPERATOR(clientele.||) excluded.body END
          ELSE s.body END,
        tail = CASE
          WHEN (coalesce(pg_column_size(s.tail), 0) + pg_column_size(excluded.body)) * 8 >= pg_column_size(s.body)
               OR pg_column_size(s.body) <= 65536 AND s.tail IS NULL
            THEN NULL
          WHEN s.tail IS NULL THEN excluded.body
          ELSE s.tail OPERATOR(clientele.||) excluded.body END,
        home_id = coalesce(s.home_id, (SELECT c.owner_id FROM clientele_data.customers c WHERE c.customer_id = s.customer_id))
      RETURNING s.customer_id, s.home_id
    ), logged AS (
      INSERT INTO clientele_data.journey_changes (batch, customer_id)
      SELECT $1, m.customer_id FROM merged m
      RETURNING 1
    )
    SELECT (SELECT count(*) FROM logged),
           (SELECT array_agg(DISTINCT m.customer_id) FROM given g JOIN merged m ON m.customer_id = g.customer_id AND m.home_id <> g.home_id)
$sql$, given)
$$;
COMMENT ON FUNCTION merge_statement(text) IS
  'Returns a statement that adds parts of journeys to the store under batch $1, and returns the number of customers and those that have
parts of several homes; a part of merge_journeys().
given is a query of (customer_id, home_id, journey), in which $2 and $3 are what merge_given() has.';

CREATE FUNCTION merge_given(given text, batch bigint, homes bigint[] DEFAULT NULL, parts journey[] DEFAULT NULL) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  merged bigint;
  several bigint[];
BEGIN
  PERFORM clientele.require_merge();
  PERFORM clientele.require_store('stored_journeys', 'INSERT');
  EXECUTE clientele.merge_statement(given) INTO merged, several USING batch, homes, parts;
  IF several IS NOT NULL THEN
    PERFORM clientele.require_store('home_journeys', 'INSERT'), clientele.require_store('home_journeys', 'UPDATE');
    EXECUTE format($sql$
      INSERT INTO clientele_data.home_journeys AS h (home_id, journey)
      SELECT g.home_id, clientele.journey_merge(g.journey)
      FROM (%s) g JOIN clientele_data.stored_journeys s ON s.customer_id = g.customer_id AND s.home_id <> g.home_id
      WHERE g.journey IS NOT NULL AND g.customer_id IN (SELECT unnest($1))
      GROUP BY g.home_id ORDER BY g.home_id
      ON CONFLICT (home_id) DO UPDATE SET journey = h.journey OPERATOR(clientele.||) excluded.journey$sql$, given)
    USING several, homes, parts;
  END IF;
  RETURN merged;
END $$;
COMMENT ON FUNCTION merge_given(text, bigint, bigint[], journey[]) IS
  'Adds parts of journeys to the store, and to the homes of customers that have several; a part of merge_journeys().';

CREATE FUNCTION require_merge() RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('stored_journeys', 'INSERT'), clientele.require_store('journey_changes', 'INSERT');
  PERFORM clientele.lock_partition(false);
END $$;
COMMENT ON FUNCTION require_merge() IS
  'Checks that you may write journeys, and keeps identifiers from moving to other customers; a part of merge_journeys().';

CREATE FUNCTION merge_parts(parts text, batch bigint) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('customers');
  -- They belong to the home that owns the customer's number. A customer that is not there is an error of the foreign key.
  RETURN clientele.merge_given(format($sql$
    SELECT coalesce(c.merged_into, p.customer_id) AS customer_id, c.owner_id AS home_id, p.journey
    FROM %s p LEFT JOIN clientele_data.customers c ON c.customer_id = p.customer_id$sql$, parts), batch);
END $$;
COMMENT ON FUNCTION merge_parts(text, bigint) IS
  'Adds the parts of journeys in a relation that may be read as it is; a part of merge_journeys().';

CREATE FUNCTION merge_home_parts(parts text, batch bigint) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('identities');
  RETURN clientele.merge_given(format($sql$
    SELECT i.customer_id, p.home_id, p.journey
    FROM %s p JOIN clientele_data.identities i ON i.identity_id = p.home_id$sql$, parts), batch);
END $$;
COMMENT ON FUNCTION merge_home_parts(text, bigint) IS
  'Adds the parts of journeys in a relation, which names their homes, to those of their customers; a part of load_events().';

CREATE FUNCTION merge_journeys(parts regclass, batch bigint DEFAULT NULL) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  opened record;
  stranger bigint;
  merged bigint;
BEGIN
  IF parts IS NULL THEN
    RAISE EXCEPTION 'parts must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  PERFORM clientele.require_store('customers'), clientele.require_merge();
  IF (SELECT count(*) FROM pg_attribute a WHERE a.attrelid = parts AND a.attname IN ('customer_id', 'journey')) < 2 THEN
    RAISE EXCEPTION '% has no columns customer_id and journey', parts USING
      ERRCODE = 'undefined_column',
      HINT = 'Make a view or a temporary table that has: one row for each part of a journey.';
  END IF;
  opened := clientele.open_source(parts, 'parts');
  merged := clientele.merge_parts(opened.relation, coalesce(batch, nextval('clientele_data.journey_batches')));
  -- No foreign key is checked then.
  IF current_setting('session_replication_role') = 'replica' THEN
    EXECUTE format('SELECT p.customer_id FROM %s p WHERE p.journey IS NOT NULL AND NOT EXISTS
                    (SELECT FROM clientele_data.customers c WHERE c.customer_id = p.customer_id) LIMIT 1', opened.relation)
    INTO stranger;
    IF stranger IS NOT NULL THEN
      RAISE EXCEPTION 'customer % is not in clientele_data.customers', stranger USING ERRCODE = 'foreign_key_violation';
    END IF;
  END IF;
  IF opened.opened THEN
    EXECUTE format('DROP VIEW %s', opened.relation);
  END IF;
  RETURN merged;
END $$;
COMMENT ON FUNCTION merge_journeys(regclass, bigint) IS
  'Adds parts of journeys to the store: new customers get a row, the events of known ones are added to theirs.
parts is a table or view with columns customer_id and journey; several parts of one customer are joined, and NULL journeys are ignored.
They are of the identifier that owns the number, so those of a customer that was merged into another go to that one.
Returns the number of customers whose journeys changed; they are logged in clientele_data.journey_changes under the batch, a new one by
default.
Merging a part twice adds its events twice. Writers never deadlock with each other, if dictionary entries are added before the first
merge of a transaction.
Errors: 23503 for a customer_id that is not in clientele_data.customers, 42703 for parts without these columns,
42501 for parts or a store that may run code of a role that you do not trust.';
