-- SPDX-License-Identifier: PostgreSQL
-- A partition becomes that of the store: identities, customers, merges, journeys.

CREATE FUNCTION take_journeys(moved bigint[], losers bigint[], OUT homes bigint[], OUT parts journey[])
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
  SET jit = off SET random_page_cost = 1.1 SET plan_cache_mode = force_custom_plan SET work_mem = '64MB' AS $$
DECLARE
  part record;
BEGIN
  PERFORM clientele.require_store('stored_journeys', 'UPDATE'), clientele.require_store('stored_journeys', 'DELETE'),
          clientele.require_store('home_journeys', 'DELETE');
  homes := '{}'; parts := '{}';
  PERFORM 1 FROM clientele_data.stored_journeys s WHERE s.customer_id = ANY (losers) ORDER BY s.customer_id FOR UPDATE;
  -- The journeys of all homes of these customers. What the others do not have is that of stored_journeys.home_id.
  WITH whole AS MATERIALIZED (
    SELECT s.customer_id, coalesce(s.home_id, c.owner_id) AS home_id,
           CASE WHEN s.tail IS NULL THEN s.body ELSE s.body OPERATOR(clientele.||) s.tail END AS journey
    FROM clientele_data.stored_journeys s JOIN clientele_data.customers c ON c.customer_id = s.customer_id
    WHERE s.customer_id = ANY (losers)
  ), further AS MATERIALIZED (
    SELECT i.customer_id, h.home_id, h.journey
    FROM clientele_data.identities i JOIN clientele_data.home_journeys h ON h.home_id = i.identity_id
    WHERE i.customer_id = ANY (losers)
  ), each AS MATERIALIZED (
    SELECT w.customer_id, w.home_id, true AS main,
           CASE WHEN f.journey IS NULL THEN w.journey ELSE w.journey OPERATOR(clientele.-) f.journey END AS journey
    FROM whole w LEFT JOIN (SELECT f.customer_id, clientele.journey_merge(f.journey) AS journey FROM further f GROUP BY 1) f
      ON f.customer_id = w.customer_id
    UNION ALL
    SELECT f.customer_id, f.home_id, false, f.journey FROM further f
  ), split AS MATERIALIZED (
    SELECT e.*, e.home_id IN (SELECT unnest(moved)) AS moves FROM each e
  ), left_over AS MATERIALIZED (
    SELECT s.customer_id, clientele.journey_merge(s.journey) AS journey,
           coalesce(min(s.home_id) FILTER (WHERE s.main), min(s.home_id)) AS home_id
    FROM split s WHERE NOT s.moves AND s.customer_id IN (SELECT m.customer_id FROM split m WHERE m.moves)
    GROUP BY s.customer_id
  ), kept AS (
    UPDATE clientele_data.stored_journeys s SET body = o.journey, tail = NULL, home_id = o.home_id
    FROM left_over o WHERE o.customer_id = s.customer_id
  ), emptied AS (
    DELETE FROM clientele_data.stored_journeys s
    USING (SELECT DISTINCT m.customer_id FROM split m WHERE m.moves) m
    WHERE s.customer_id = m.customer_id AND m.customer_id NOT IN (SELECT o.customer_id FROM left_over o)
  ), forgotten AS (
    DELETE FROM clientele_data.home_journeys h
    USING (SELECT m.home_id FROM split m WHERE m.moves AND NOT m.main UNION ALL SELECT o.home_id FROM left_over o) f
    WHERE h.home_id = f.home_id
  )
  SELECT array_agg(s.home_id ORDER BY s.home_id) AS homes, array_agg(s.journey ORDER BY s.home_id) AS parts
  INTO part FROM split s WHERE s.moves;
  homes := coalesce(part.homes, '{}');
  parts := coalesce(part.parts, '{}');
END $$;
COMMENT ON FUNCTION take_journeys(bigint[], bigint[]) IS
  'Takes the events of homes that move from the journeys of the customers that have them, and returns them; a part of
resolve_identities().';

CREATE FUNCTION log_merges(batch bigint, run_id bigint, decision_id bigint, because text, moved bigint[], were bigint[], are bigint[],
                           new_customers bigint[], taken bigint[]) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
  SET jit = off SET random_page_cost = 1.1 SET plan_cache_mode = force_custom_plan SET work_mem = '64MB' AS $$
BEGIN
  PERFORM clientele.require_store('merges', 'INSERT'), clientele.require_store('merges', 'UPDATE'),
          clientele.require_store('customers', 'UPDATE');
  -- A number follows the identifier that owns it.
  WITH member_before AS MATERIALIZED (
    SELECT m.was AS customer_id, array_agg(m.id ORDER BY m.id) AS ids FROM unnest(moved, were) m (id, was) GROUP BY m.was
  ), member_after AS MATERIALIZED (
    SELECT m.is_now AS customer_id, array_agg(m.id ORDER BY m.id) AS ids, min(m.was) AS was
    FROM unnest(moved, were, are) m (id, was, is_now) GROUP BY m.is_now
  ), changed AS MATERIALIZED (
    SELECT c.customer_id, c.merged_into AS was, nullif(i.customer_id, c.customer_id) AS is_now
    FROM (SELECT c.customer_id FROM unnest(moved) m (id) JOIN clientele_data.customers c ON c.owner_id = m.id
          UNION SELECT unnest(taken)) o
    JOIN clientele_data.customers c ON c.customer_id = o.customer_id
    JOIN clientele_data.identities i ON i.identity_id = c.owner_id
    WHERE c.merged_into IS DISTINCT FROM nullif(i.customer_id, c.customer_id)
  ), noted AS (
    UPDATE clientele_data.customers c SET merged_into = g.is_now FROM changed g WHERE g.customer_id = c.customer_id
  ), undone AS (
    UPDATE clientele_data.merges m SET undone_at = now()
    FROM changed g WHERE m.gone_id = g.customer_id AND NOT m.split AND m.undone_at IS NULL
      AND g.was IS NOT NULL AND g.is_now IS NULL
  )
  INSERT INTO clientele_data.merges (batch, run_id, decision_id, kept_id, gone_id, because, split, gone_identities)
  SELECT log_merges.batch, log_merges.run_id, log_merges.decision_id, x.kept_id, x.gone_id, log_merges.because, x.split,
         coalesce(CASE WHEN x.split THEN a.ids ELSE b.ids END, '{}')
  FROM (
    SELECT g.is_now AS kept_id, g.customer_id AS gone_id, false AS split FROM changed g WHERE g.was IS NULL
    UNION ALL
    SELECT g.was, g.customer_id, true FROM changed g WHERE g.is_now IS NULL
    UNION ALL
    -- From one customer to another; if its customer was merged itself, its row says so.
    SELECT g.is_now, g.customer_id, false FROM changed g
    WHERE g.was IS NOT NULL AND g.is_now IS NOT NULL AND g.was NOT IN (SELECT o.customer_id FROM changed o WHERE o.was IS NULL)
    UNION ALL
    SELECT m.was, m.customer_id, true FROM unnest(new_customers) n (id) JOIN member_after m ON m.customer_id = n.id) x
  LEFT JOIN member_before b ON b.customer_id = x.gone_id
  LEFT JOIN member_after a ON a.customer_id = x.gone_id
  ORDER BY x.gone_id, x.split;
END $$;
COMMENT ON FUNCTION log_merges(bigint, bigint, bigint, text, bigint[], bigint[], bigint[], bigint[], bigint[]) IS
  'Notes which customers were merged and split, because identifiers have moved from customers to others; a part of resolve_identities().';

CREATE FUNCTION wake_links(ids bigint[]) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('identity_links');
  IF EXISTS (SELECT FROM unnest(ids) u (id) JOIN clientele_data.identity_links l ON l.other_id = u.id AND l.idle) THEN
    PERFORM clientele.require_store('identity_links', 'UPDATE');
    UPDATE clientele_data.identity_links l SET idle = false FROM unnest(ids) u (id) WHERE l.other_id = u.id AND l.idle;
  END IF;
END $$;
COMMENT ON FUNCTION wake_links(bigint[]) IS
  'Notes that identifiers have more than the one link that was idle; a part of resolve_identities().';

CREATE FUNCTION rest_links(nodes bigint[], shared boolean[]) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  limit_of_customer bigint;
  homes bigint[];
  node_kinds text[];
  rested bigint;
BEGIN
  PERFORM clientele.require_store(t.name) FROM unnest('{settings,identities,identity_links,identity_hubs}'::text[]) t (name);
  limit_of_customer := coalesce((SELECT s.value::bigint FROM clientele_data.settings s WHERE s.name = 'max_identities'), 1000);
  IF cardinality(nodes) <= limit_of_customer THEN
    RETURN 0;
  END IF;
  IF EXISTS (SELECT FROM unnest(nodes) n (id) JOIN clientele_data.identity_hubs i ON i.home_id = n.id) THEN
    PERFORM clientele.wake_links(nodes);
  END IF;
  homes := ARRAY(
    SELECT l.home_id FROM unnest(nodes, rest_links.shared) n (id, shared)
    JOIN clientele_data.identity_links l ON l.home_id = n.id AND NOT l.idle
    WHERE NOT n.shared GROUP BY l.home_id HAVING count(*) > limit_of_customer);
  IF homes = '{}' THEN
    RETURN 0;
  END IF;
  PERFORM clientele.require_store('identity_links', 'UPDATE'), clientele.require_store('identity_hubs', 'INSERT');
  node_kinds := ARRAY(SELECT i.kind FROM unnest(nodes) WITH ORDINALITY n (id, place)
                      JOIN clientele_data.identities i ON i.identity_id = n.id ORDER BY n.place);
  -- As many as make a customer too large stay, and an eighth more, so that they are not needed again at once.
  WITH idle AS (
    UPDATE clientele_data.identity_links l SET idle = true
    FROM (
      SELECT x.home_id, x.other_id, x.kind, row_number() OVER (PARTITION BY x.home_id, x.kind ORDER BY x.other_id) AS place
      FROM clientele.lone_links(nodes, node_kinds, homes, '{}', '{}') x
      JOIN unnest(nodes, rest_links.shared) o (id, shared) ON o.id = x.other_id AND o.shared) x
    WHERE l.home_id = x.home_id AND l.other_id = x.other_id AND x.place > limit_of_customer + limit_of_customer / 8
    RETURNING l.home_id, x.kind
  ), hubs AS (
    INSERT INTO clientele_data.identity_hubs (home_id, kind) SELECT DISTINCT i.home_id, i.kind FROM idle i ON CONFLICT DO NOTHING
  )
  SELECT count(*) INTO rested FROM idle;
  RETURN rested;
END $$;
COMMENT ON FUNCTION rest_links(bigint[], boolean[]) IS
  'Marks links as idle of homes that have more identifiers than a customer may have, and returns their number; a part of
resolve_identities().';

CREATE FUNCTION apply_partition(
    nodes bigint[], planned bigint[], shared boolean[], new_owners bigint[], taken bigint[], takers bigint[],
    batch bigint, run_id bigint, decision_id bigint, because text, new_ids bigint[], new_kinds text[], new_values text[]) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
  SET jit = off SET random_page_cost = 1.1 SET plan_cache_mode = force_custom_plan SET work_mem = '64MB' AS $$
DECLARE
  made bigint[];
  customers bigint[];
  moved record;
  part record;
  log bigint;
  n_added bigint;
BEGIN
  PERFORM clientele.require_store('identities', 'INSERT'), clientele.require_store('customers', 'INSERT');
  WITH added AS (
    INSERT INTO clientele_data.customers (created_at, owner_id)
    SELECT now(), o.id FROM unnest(new_owners) WITH ORDINALITY o (id, n) ORDER BY o.n RETURNING customer_id
  )
  SELECT array_agg(a.customer_id) INTO made FROM (SELECT a.customer_id FROM added a ORDER BY a.customer_id) a;
  customers := ARRAY(SELECT CASE WHEN c.id < 0 THEN made[-c.id] ELSE c.id END FROM unnest(planned) WITH ORDINALITY c (id, n)
                     ORDER BY c.n);
  INSERT INTO clientele_data.identities (kind, value, customer_id, identity_id, shared)
  SELECT n.kind, n.value, p.customer_id, n.id, p.shared
  FROM unnest(new_ids, new_kinds, new_values) n (id, kind, value)
  JOIN unnest(nodes, customers, apply_partition.shared) p (id, customer_id, shared) ON p.id = n.id
  ON CONFLICT (kind, value) DO NOTHING;
  GET DIAGNOSTICS n_added = ROW_COUNT;
  IF n_added <> cardinality(new_ids) THEN
    RAISE EXCEPTION 'identities were added by another transaction meanwhile, or cannot be seen' USING
      ERRCODE = 'serialization_failure',
      HINT = 'Run the transaction again. If the error stays, a row level security policy may hide them from you.';
  END IF;
  PERFORM clientele.rest_links(nodes, apply_partition.shared);
  IF cardinality(nodes) = n_added THEN
    RETURN n_added;
  END IF;

  SELECT coalesce(array_agg(i.identity_id), '{}') AS ids, array_agg(i.customer_id) AS were, array_agg(p.customer_id) AS are
  INTO moved
  FROM unnest(nodes, customers) p (id, customer_id) JOIN clientele_data.identities i ON i.identity_id = p.id
  WHERE i.customer_id <> p.customer_id;
  IF moved.ids <> '{}' OR taken <> '{}' THEN
    PERFORM clientele.require_store('identities', 'UPDATE'), clientele.require_store('customers', 'UPDATE'),
            clientele.require_store('stored_journeys', 'UPDATE'), clientele.require_store('journey_changes', 'INSERT');
  END IF;
  IF moved.ids <> '{}' OR EXISTS (
       SELECT FROM clientele_data.stored_journeys s WHERE s.customer_id = ANY (taken) AND s.home_id IS NULL) THEN
    PERFORM clientele.lock_partition(true);
    -- The events are those of the owner, so its number is written down before the owner changes.
    UPDATE clientele_data.stored_journeys s SET home_id = c.owner_id FROM clientele_data.customers c
    WHERE c.customer_id = s.customer_id AND s.customer_id = ANY (taken) AND s.home_id IS NULL;
  END IF;
  IF moved.ids <> '{}' THEN
    part := clientele.take_journeys(moved.ids, ARRAY(SELECT DISTINCT unnest(moved.were)));
  END IF;
  UPDATE clientele_data.identities i SET customer_id = p.customer_id, shared = p.shared
  FROM unnest(nodes, customers, apply_partition.shared) p (id, customer_id, shared)
  WHERE i.identity_id = p.id AND (i.customer_id <> p.customer_id OR i.shared <> p.shared);
  UPDATE clientele_data.customers c SET owner_id = t.owner_id
  FROM unnest(taken, takers) t (customer_id, owner_id) WHERE c.customer_id = t.customer_id;
  IF moved.ids <> '{}' THEN
    log := nextval('clientele_data.journey_batches');
    IF part.homes <> '{}' THEN
      PERFORM clientele.merge_home_journeys(part.homes, part.parts, log);
    END IF;
    INSERT INTO clientele_data.journey_changes (batch, customer_id)
    SELECT log, q.id FROM (SELECT unnest(moved.were) UNION SELECT unnest(moved.are)) q (id) ORDER BY q.id;
    PERFORM clientele.log_merges(batch, run_id, decision_id, because, moved.ids, moved.were, moved.are, made, taken);
  END IF;
  RETURN n_added + cardinality(moved.ids);
END $$;
COMMENT ON FUNCTION apply_partition(bigint[], bigint[], boolean[], bigint[], bigint[], bigint[], bigint, bigint, bigint, text, bigint[],
                                    text[], text[]) IS
  'Makes a plan of plan_partition() true: adds identifiers and customers, moves identifiers and their events, and logs merges and splits;
a part of resolve_identities().';
