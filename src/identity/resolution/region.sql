-- SPDX-License-Identifier: PostgreSQL
-- Which identifiers a change of links or decisions can concern, and the partition of these. README.md says why it is that of all.

CREATE FUNCTION surely_shared(ids bigint[], without_batch bigint, nodes bigint[], node_kinds text[], node_customers bigint[], node_shared boolean[])
  RETURNS bigint[]
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
  SET jit = off SET random_page_cost = 1.1 SET plan_cache_mode = force_custom_plan SET work_mem = '64MB' AS $$
DECLARE
  sure bigint[];
  rest bigint[];
BEGIN
  IF ids = '{}' THEN
    RETURN ids;
  END IF;
  PERFORM clientele.require_store(t.name) FROM unnest('{identities,identity_links,identity_decisions,identity_kinds}'::text[]) t (name);
  -- A few neighbours of each suffice in most cases: those that are not among the nodes are as they are in the tables.
  SELECT array_agg(s.id) FILTER (WHERE s.ignored OR n.touches), array_agg(s.id) FILTER (WHERE s.open AND NOT n.touches)
  INTO sure, rest
  FROM (
    SELECT i.identity_id AS id, i.kind, coalesce(k.rank, 9) AS rank, coalesce(k.max_links, 1) AS max_links,
           coalesce(d.ignored AND NOT d.same, false) AS ignored,
           d.same IS NULL AND NOT coalesce(k.one_per_customer, false) AS open
    FROM unnest(ids) u (id) JOIN clientele_data.identities i ON i.identity_id = u.id
    LEFT JOIN clientele_data.identity_kinds k ON k.kind = i.kind
    LEFT JOIN (
      SELECT d.id, bool_or(d.verdict = 'same') AS same, bool_or(d.verdict = 'ignored') AS ignored
      FROM (SELECT d.a_id, d.verdict FROM clientele_data.identity_decisions d WHERE d.a_id = ANY (ids) AND d.withdrawn_at IS NULL
            UNION ALL
            SELECT d.b_id, d.verdict FROM clientele_data.identity_decisions d WHERE d.b_id = ANY (ids) AND d.withdrawn_at IS NULL) d (id, verdict)
      WHERE d.verdict IN ('same', 'different', 'ignored') GROUP BY d.id) d ON d.id = u.id
    OFFSET 0) s
  CROSS JOIN LATERAL (
    SELECT s.open AND (count(DISTINCT t.customer_id) > s.max_links
           OR count(DISTINCT (t.kind, t.customer_id)) FILTER (WHERE t.one) > count(DISTINCT t.kind) FILTER (WHERE t.one)) AS touches
    FROM (
      SELECT i.customer_id, i.kind, coalesce(k.one_per_customer, false) AS one
      FROM (SELECT l.home_id FROM clientele_data.identity_links l
            WHERE l.other_id = s.id AND NOT l.withdrawn AND l.batch IS DISTINCT FROM without_batch
            UNION ALL
            SELECT l.other_id FROM clientele_data.identity_links l
            WHERE l.home_id = s.id AND NOT l.withdrawn AND l.batch IS DISTINCT FROM without_batch) l (id)
      JOIN clientele_data.identities i ON i.identity_id = l.id
      LEFT JOIN clientele_data.identity_kinds k ON k.kind = i.kind
      WHERE NOT i.shared AND (coalesce(k.rank, 9), i.kind COLLATE "C") < (s.rank, s.kind COLLATE "C")
        AND l.id NOT IN (SELECT unnest(nodes))
      LIMIT 4 * s.max_links + 16) t) n;
  IF rest IS NOT NULL THEN
    sure := sure || ARRAY(
      SELECT t.id FROM (
        SELECT s.identity_id AS id, coalesce(ks.max_links, 1) AS max_links, x.customer_id, x.kind, coalesce(kx.one_per_customer, false) AS one
        FROM unnest(rest) r (id) JOIN clientele_data.identities s ON s.identity_id = r.id
        LEFT JOIN clientele_data.identity_kinds ks ON ks.kind = s.kind
        JOIN (SELECT l.other_id AS id, l.home_id AS neighbour, l.batch FROM clientele_data.identity_links l
              WHERE l.other_id = ANY (rest) AND NOT l.withdrawn
              UNION ALL
              SELECT l.home_id, l.other_id, l.batch FROM clientele_data.identity_links l
              WHERE l.home_id = ANY (rest) AND NOT l.withdrawn) l ON l.id = r.id AND l.batch IS DISTINCT FROM without_batch
        LEFT JOIN unnest(nodes, node_kinds, node_customers, node_shared) o (id, kind, customer_id, shared) ON o.id = l.neighbour
        LEFT JOIN clientele_data.identities i ON i.identity_id = l.neighbour
        CROSS JOIN LATERAL (SELECT coalesce(o.kind, i.kind) AS kind, coalesce(o.customer_id, i.customer_id) AS customer_id,
                                   coalesce(o.shared, i.shared) AS shared) x
        LEFT JOIN clientele_data.identity_kinds kx ON kx.kind = x.kind
        WHERE NOT x.shared AND (coalesce(kx.rank, 9), x.kind COLLATE "C") < (coalesce(ks.rank, 9), s.kind COLLATE "C")) t
      GROUP BY t.id
      HAVING count(DISTINCT t.customer_id) > min(t.max_links)
          OR count(DISTINCT (t.kind, t.customer_id)) FILTER (WHERE t.one) > count(DISTINCT t.kind) FILTER (WHERE t.one));
  END IF;
  RETURN coalesce(sure, '{}');
END $$;
COMMENT ON FUNCTION surely_shared(bigint[], bigint, bigint[], text[], bigint[], boolean[]) IS
  'Returns those of some identifiers that are shared whatever becomes of the other ones: they are ignored, or touch too many customers, or
two of a kind that a customer has once; a part of resolve_identities().
Links of without_batch do not count. nodes are identifiers whose customers differ from those in the tables.';

CREATE FUNCTION lone_links(nodes bigint[], node_kinds text[], homes bigint[], withheld_a bigint[], withheld_b bigint[])
  RETURNS TABLE (home_id bigint, other_id bigint, kind text)
  LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM clientele.require_store(t.name) FROM unnest('{identities,identity_links,identity_decisions,identity_kinds}'::text[]) t (name);
  RETURN QUERY
    SELECT l.home_id, l.other_id, o.kind
    FROM unnest(homes) c (id) JOIN clientele_data.identity_links l ON l.home_id = c.id AND NOT l.idle
    JOIN unnest(nodes, node_kinds) o (id, kind) ON o.id = l.other_id
    JOIN unnest(nodes, node_kinds) h (id, kind) ON h.id = l.home_id
    LEFT JOIN clientele_data.identity_kinds ko ON ko.kind = o.kind
    LEFT JOIN clientele_data.identity_kinds kh ON kh.kind = h.kind
    WHERE NOT l.withdrawn AND NOT coalesce(ko.one_per_customer, false)
      AND (coalesce(kh.rank, 9), h.kind COLLATE "C") < (coalesce(ko.rank, 9), o.kind COLLATE "C")
      AND (withheld_a = '{}' OR (l.home_id, l.other_id) NOT IN (SELECT w.a, w.b FROM unnest(withheld_a, withheld_b) w (a, b)))
      AND NOT EXISTS (SELECT FROM clientele_data.identity_links x WHERE x.other_id = l.other_id AND x.home_id <> l.home_id)
      AND NOT EXISTS (SELECT FROM clientele_data.identity_links x WHERE x.home_id = l.other_id)
      AND NOT EXISTS (SELECT FROM clientele_data.identity_decisions d WHERE d.a_id = l.other_id)
      AND NOT EXISTS (SELECT FROM clientele_data.identity_decisions d WHERE d.b_id = l.other_id);
END $$;
COMMENT ON FUNCTION lone_links(bigint[], text[], bigint[], bigint[], bigint[]) IS
  'Returns the links of homes with weaker identifiers that have no other link and no decision; a part of resolve_identities().';

CREATE FUNCTION plan_partition(
    forced bigint[], seeds bigint[], batch bigint, new_ids bigint[], new_kinds text[], new_values text[],
    withheld_a bigint[], withheld_b bigint[],
    OUT nodes bigint[], OUT customers bigint[], OUT shared boolean[], OUT new_owners bigint[], OUT taken bigint[], OUT takers bigint[])
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
  SET jit = off SET random_page_cost = 1.1 SET plan_cache_mode = force_custom_plan SET work_mem = '64MB' AS $$
DECLARE
  must bigint[] := forced;
  frontier bigint[] := ARRAY(SELECT DISTINCT f FROM unnest(forced || seeds) f);
  region bigint[] := '{}'::bigint[];
  boundary bigint[] := '{}'::bigint[];
  awake bigint[] := '{}'::bigint[];
  limit_of_customer bigint;
  cut bigint[];
  node record;
  link record;
  decision record;
BEGIN
  PERFORM clientele.require_store(t.name)
  FROM unnest('{identities,customers,identity_links,identity_hubs,identity_decisions,identity_kinds,settings}'::text[]) t (name);
  limit_of_customer := coalesce((SELECT s.value::bigint FROM clientele_data.settings s WHERE s.name = 'max_identities'), 1000);
  LOOP
    WHILE frontier <> '{}' LOOP
      cut := clientele.surely_shared(
        ARRAY(SELECT i.identity_id FROM unnest(frontier) f (id) JOIN clientele_data.identities i ON i.identity_id = f.id
              WHERE i.shared AND f.id NOT IN (SELECT unnest(must))), batch, '{}', '{}', '{}', '{}');
      IF cut <> '{}' THEN
        boundary := boundary || cut;
        frontier := ARRAY(SELECT f FROM unnest(frontier) f WHERE f NOT IN (SELECT unnest(cut)));
      END IF;
      region := region || frontier;
      frontier := ARRAY(
        SELECT n.id FROM (
          SELECT l.other_id FROM unnest(frontier) f (id) JOIN clientele_data.identity_links l ON l.home_id = f.id
          WHERE NOT l.idle AND NOT l.withdrawn AND l.batch <> plan_partition.batch
          UNION
          SELECT l.other_id FROM unnest(awake) f (id) JOIN clientele_data.identity_links l ON l.home_id = f.id
          WHERE l.idle AND NOT l.withdrawn
          UNION
          SELECT l.home_id FROM unnest(frontier) f (id) JOIN clientele_data.identity_links l ON l.other_id = f.id
          WHERE NOT l.withdrawn AND l.batch <> plan_partition.batch
          UNION
          SELECT d.b_id FROM clientele_data.identity_decisions d
          WHERE d.a_id = ANY (frontier) AND d.verdict = 'same' AND d.withdrawn_at IS NULL
          UNION
          SELECT d.a_id FROM clientele_data.identity_decisions d
          WHERE d.b_id = ANY (frontier) AND d.verdict = 'same' AND d.withdrawn_at IS NULL) n (id)
        WHERE n.id NOT IN (SELECT unnest(region)) AND n.id NOT IN (SELECT unnest(boundary)));
    END LOOP;

    WITH member AS MATERIALIZED (
      SELECT i.identity_id AS id, i.kind, i.value, coalesce(c.customer_id, 0) AS owned, false AS fresh
      FROM unnest(region) r (id) JOIN clientele_data.identities i ON i.identity_id = r.id
      LEFT JOIN clientele_data.customers c ON c.owner_id = r.id
      UNION ALL
      SELECT n.id, n.kind, n.value, 0, true FROM unnest(new_ids, new_kinds, new_values) n (id, kind, value)
    ), kind AS MATERIALIZED (
      SELECT d.kind, coalesce(k.one_per_customer, false) AS one, coalesce(k.max_links, 1) AS max_links,
             row_number() OVER (ORDER BY coalesce(k.rank, 9), d.kind COLLATE "C")::integer AS place
      FROM (SELECT DISTINCT m.kind FROM member m) d LEFT JOIN clientele_data.identity_kinds k ON k.kind = d.kind
    ), ignored AS (
      SELECT DISTINCT d.a_id FROM clientele_data.identity_decisions d WHERE d.verdict = 'ignored' AND d.withdrawn_at IS NULL
    )
    SELECT array_agg(m.id) AS ids, array_agg(m.kind) AS kinds, array_agg(m.place) AS places, array_agg(m.owned) AS owned,
           array_agg(m.fresh) AS fresh, array_agg(m.ignored) AS ignored,
           (SELECT array_agg(k.one ORDER BY k.place) FROM kind k) AS one,
           (SELECT array_agg(k.max_links ORDER BY k.place) FROM kind k) AS max_links
    INTO node
    FROM (SELECT m.*, k.place, m.id IN (SELECT g.a_id FROM ignored g) AS ignored
          FROM member m JOIN kind k ON k.kind = m.kind ORDER BY k.place, m.value COLLATE "C") m;
    nodes := coalesce(node.ids, '{}');
    IF nodes = '{}' THEN
      customers := '{}'; shared := '{}'; new_owners := '{}'; taken := '{}'; takers := '{}';
      RETURN;
    END IF;

    SELECT coalesce(array_agg(l.home_id), '{}') AS a, coalesce(array_agg(l.other_id), '{}') AS b INTO link
    FROM (SELECT l.* FROM unnest(nodes) n (id) JOIN clientele_data.identity_links l ON l.home_id = n.id AND NOT l.idle
          UNION ALL
          SELECT l.* FROM unnest(awake) n (id) JOIN clientele_data.identity_links l ON l.home_id = n.id AND l.idle) l
    WHERE NOT l.withdrawn
      AND (withheld_a = '{}' OR (l.home_id, l.other_id) NOT IN (SELECT w.a, w.b FROM unnest(withheld_a, withheld_b) w (a, b)));
    SELECT coalesce(array_agg(d.a_id) FILTER (WHERE d.verdict = 'same'), '{}') AS same_a,
           coalesce(array_agg(d.b_id) FILTER (WHERE d.verdict = 'same'), '{}') AS same_b,
           coalesce(array_agg(d.a_id) FILTER (WHERE d.verdict = 'different'), '{}') AS different_a,
           coalesce(array_agg(d.b_id) FILTER (WHERE d.verdict = 'different'), '{}') AS different_b
    INTO decision
    FROM clientele_data.identity_decisions d
    WHERE d.verdict IN ('same', 'different') AND d.withdrawn_at IS NULL AND d.a_id = ANY (nodes);
    SELECT p.customers, p.shared, p.new_owners, p.taken, p.takers
    INTO customers, shared, new_owners, taken, takers
    FROM clientele.partition_identities(
      node.one, node.max_links,
      limit_of_customer, nodes, node.places, node.ignored, node.owned, node.fresh, link.a, link.b,
      decision.same_a, decision.same_b, decision.different_a, decision.different_b) p;

    -- What was taken to be shared must be so in the partition that was found; otherwise the region goes on behind it.
    frontier := '{}';
    IF boundary <> '{}' THEN
      cut := clientele.surely_shared(boundary, NULL, nodes, node.kinds, customers, shared);
      frontier := ARRAY(SELECT b FROM unnest(boundary) b WHERE b NOT IN (SELECT unnest(cut)));
      boundary := cut;
      must := must || frontier;
    END IF;
    -- Idle links are left out only where there are too many identifiers without them.
    cut := ARRAY(
      SELECT DISTINCT i.home_id FROM clientele_data.identity_hubs i JOIN unnest(nodes, shared) h (id, shared) ON h.id = i.home_id
      WHERE i.home_id NOT IN (SELECT unnest(awake)) AND (h.shared OR (
        SELECT count(*) FROM clientele.lone_links(nodes, node.kinds, ARRAY[i.home_id], withheld_a, withheld_b) x WHERE x.kind = i.kind)
        < limit_of_customer));
    awake := awake || cut;
    frontier := frontier || ARRAY(
      SELECT DISTINCT l.other_id FROM unnest(cut) c (id) JOIN clientele_data.identity_links l ON l.home_id = c.id AND l.idle
      WHERE NOT l.withdrawn);
    EXIT WHEN frontier = '{}';
  END LOOP;
END $$;
COMMENT ON FUNCTION plan_partition(bigint[], bigint[], bigint, bigint[], text[], text[], bigint[], bigint[]) IS
  'Computes the customers of all identifiers that a change can concern; a part of resolve_identities().
forced are identifiers whose decisions or links have changed, seeds are ends of links that came in this batch, new ones are not in
clientele_data.identities yet. Withheld links are not followed. The results are those of partition_identities().';
