-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION refresh_points(until timestamptz DEFAULT now(), adjust boolean DEFAULT false, complete boolean DEFAULT false,
    OUT customers bigint, OUT events bigint, OUT entries bigint, OUT adjusted bigint)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
  upto CONSTANT timestamptz := refresh_points.until;
  status record;
  force record;
  latest bigint;
  changed clientele.audience;
  later boolean;
  asked bigint[];
  roots bigint[];
  found bigint[];
  part bigint[];
  more record;
  slice CONSTANT integer := 5000;
BEGIN
  PERFORM clientele.require_store('point_status', 'UPDATE'), clientele.require_store('point_usage', 'INSERT'), clientele.require_store('point_usage', 'DELETE'),
          clientele.require_store('journeys'), clientele.require_store('journey_changes'), clientele.require_store('journey_change_sets'),
          clientele.require_store('point_accounts', 'UPDATE'), clientele.require_store('point_events', 'INSERT'),
          clientele.require_store('point_entries', 'INSERT'), clientele.require_store('customers');
  IF upto IS NULL OR NOT isfinite(upto) THEN
    RAISE EXCEPTION 'until must be a finite time, not %', coalesce(upto::text, 'NULL') USING ERRCODE = 'invalid_parameter_value';
  END IF;
  customers := 0;
  events := 0;
  entries := 0;
  adjusted := 0;
  -- upgrade_store(), which waits for readers of journeys, locks all tables first.
  LOCK TABLE clientele_data.point_status, clientele_data.point_accounts, clientele_data.point_events, clientele_data.point_entries,
             clientele_data.point_usage IN ROW EXCLUSIVE MODE;
  SELECT s.* INTO status FROM clientele_data.point_status s FOR UPDATE;
  IF status.version IS NULL THEN
    RETURN;
  END IF;
  force := clientele.points_in_force();
  PERFORM clientele.begin_progress('refresh_points'), clientele.report_progress('journeys');

  -- Which journeys have changed since the last refresh, in one snapshot with the log.
  SELECT x.latest, CASE WHEN status.change_set IS NOT NULL AND NOT complete AND NOT status.behind AND status.read_version = status.version
                        THEN clientele.changed_customers(status.change_set, x.latest) OPERATOR(clientele.|) x.logged END
  INTO latest, changed
  FROM (SELECT coalesce((SELECT max(s.change_set) FROM clientele_data.journey_change_sets s), 0) AS latest,
               coalesce((SELECT clientele.audience(l.customer_id) FROM clientele_data.journey_changes l), '{}') AS logged) x;
  IF changed IS NULL THEN
    SELECT array_agg(j.customer_id) FILTER (WHERE p.first <= upto), coalesce(bool_or(p.last > upto), false) INTO asked, later
    FROM clientele_data.journeys j
    CROSS JOIN LATERAL (SELECT min(e.at) AS first, max(e.at) AS last FROM clientele.point_events(j.journey, force.rules) e) p;
  ELSE
    SELECT array_agg(j.customer_id) FILTER (WHERE p.first <= upto), coalesce(bool_or(p.last > upto), false) INTO asked, later
    FROM clientele.members(changed) m (customer_id) JOIN clientele_data.journeys j USING (customer_id)
    CROSS JOIN LATERAL (SELECT min(e.at) AS first, max(e.at) AS last FROM clientele.point_events(j.journey, force.rules) e) p;
  END IF;
  asked := coalesce(asked, '{}') || ARRAY(
    SELECT DISTINCT c.merged_into FROM clientele_data.point_accounts a JOIN clientele_data.customers c USING (customer_id)
    WHERE NOT a.closed AND c.merged_into IS NOT NULL);

  asked := ARRAY(SELECT DISTINCT u FROM unnest(asked) u ORDER BY 1);
  -- All accounts are locked in the order in which spenders lock theirs.
  PERFORM FROM clientele_data.point_accounts a
  JOIN (SELECT d.account_id FROM clientele_data.point_accounts d WHERE NOT d.closed AND d.next_at <= upto
        UNION
        SELECT o.account_id FROM unnest(asked) u JOIN clientele_data.point_accounts o ON o.customer_id = u AND NOT o.closed
        UNION
        SELECT o.account_id FROM unnest(asked) u JOIN clientele_data.customers c ON c.merged_into = u
        JOIN clientele_data.point_accounts o ON o.customer_id = c.customer_id AND NOT o.closed) w USING (account_id)
  ORDER BY a.account_id FOR UPDATE OF a;
  -- In slices, so that the plan of each is one for few accounts, and memory is bounded. Lots that expire come first.
  roots := clientele.open_point_accounts('{}', upto);
  FOR i IN 0 .. (cardinality(asked) - 1) / slice LOOP
    PERFORM clientele.report_progress('journeys', i * slice, cardinality(asked));
    part := asked[i * slice + 1 : (i + 1) * slice];
    found := clientele.open_point_accounts(part, '-infinity');
    roots := roots || found;
    found := clientele.register_point_events(part, upto);
    events := events + cardinality(found);
    roots := roots || ARRAY(SELECT DISTINCT u FROM unnest(found) u);
  END LOOP;
  roots := ARRAY(SELECT DISTINCT u FROM unnest(roots) u ORDER BY 1);
  FOR i IN 0 .. (cardinality(roots) - 1) / slice LOOP
    PERFORM clientele.report_progress('ledgers', i * slice, cardinality(roots));
    SELECT p.* INTO more FROM clientele.post_points(roots[i * slice + 1 : (i + 1) * slice], upto) p;
    customers := customers + more.customers;
    entries := entries + more.entries;
  END LOOP;
  IF adjust THEN
    PERFORM clientele.report_progress('adjustments');
    found := clientele.adjust_late_points();
    adjusted := cardinality(found);
    IF adjusted > 0 THEN
      SELECT p.* INTO more FROM clientele.post_points(found, upto) p;
      entries := entries + more.entries;
    END IF;
  END IF;
  IF complete OR status.usage_at IS NULL OR status.usage_at < now() - interval '1 day' OR status.usage_at > now() THEN
    PERFORM clientele.report_progress('usage');
    PERFORM clientele.refresh_point_usage(upto);
    UPDATE clientele_data.point_status s SET usage_at = now();
  END IF;
  UPDATE clientele_data.point_status s
  SET read_version = status.version, change_set = latest, behind = later, refreshed_at = now(), until = upto;
  PERFORM clientele.end_progress();
END $$;
COMMENT ON FUNCTION refresh_points(timestamptz, boolean, boolean) IS
  'Brings the ledger of points up to date: purchases and returns in journeys that changed are posted, and what expires up to a time.
customers: how many ledgers were computed; events: how many purchases and returns were new; entries: how many entries were posted. A
refresh without anything new posts nothing. What arrives late, after its time was posted, is posted now with its own time; what was spent
is not computed again. adjust => true also posts what late events would have changed, had they been on time, in what purchases earned, as
entries of the kind adjust, and counts them as adjusted. complete => true reads all journeys, and computes how points are used again, which
is otherwise done once a day. An event that vanishes from a journey keeps its points: adjust_points() takes them. Without rules nothing is
done. A second refresh waits for the first. Errors: 22023 for a time that is not finite, 42704 for an unknown event in the rules, 42P01
without a store, 42501 without the right to read journeys and to write the tables of points.';

CREATE FUNCTION adjust_late_points() RETURNS bigint[]
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  running CONSTANT integer := (clientele.points_in_force()).version;
  accounts bigint[];
BEGIN
  PERFORM clientele.require_store('point_events', 'INSERT'), clientele.require_store('point_accounts'), clientele.require_store('point_rules');
  accounts := ARRAY(
    SELECT a.account_id
    FROM clientele_data.point_accounts a
    WHERE NOT a.closed AND a.account_id IN (
      SELECT x.root_id FROM clientele_data.point_events e JOIN clientele_data.point_accounts x USING (account_id)
      WHERE e.posted > e.at AND e.kind IN ('purchase', 'return'))
    ORDER BY a.account_id FOR UPDATE);
  WITH locked AS MATERIALIZED (
    SELECT a.account_id AS root_id, a.customer_id, a.posted_until
    FROM unnest(accounts) u (account_id) JOIN clientele_data.point_accounts a USING (account_id)
  ), rules AS MATERIALIZED (
    SELECT array_agg(r.rules ORDER BY r.version) AS rules FROM clientele_data.point_rules r
  ), grouped AS MATERIALIZED (
    SELECT l.root_id, l.posted_until, array_agg(e.event_id) AS event, array_agg(e.kind) AS kind, array_agg(e.at) AS at, array_agg(e.amount) AS amount,
           array_agg(e."of") AS "of", array_agg(e.points) AS points, array_agg(e.item) AS item, array_agg(e.posted) AS posted,
           array_agg(e.account_id) AS account, array_agg(e.version) AS version
    FROM locked l JOIN clientele_data.point_accounts a USING (root_id) JOIN clientele_data.point_events e USING (account_id)
    GROUP BY 1, 2
  ), actual AS (
    SELECT g.root_id, x.lot, x.earned - x.taken AS points
    FROM grouped g CROSS JOIN rules r
    CROSS JOIN LATERAL clientele.point_account(r.rules, g.posted_until, g.event, g.kind, g.at, g.amount, g."of", g.points, g.item, g.posted, g.account, g.version) p
    CROSS JOIN LATERAL unnest(p.lots, p.lot_earned, p.lot_taken) x (lot, earned, taken)
    UNION ALL
    SELECT g.root_id, x."of", x.points
    FROM grouped g CROSS JOIN LATERAL unnest(g.kind, g."of", g.points) x (kind, "of", points) WHERE x.kind = 'adjust' AND x."of" IS NOT NULL
  ), ideal AS (
    SELECT g.root_id, x.lot, x.earned - x.taken AS points
    FROM (SELECT g.root_id, g.posted_until, array_agg(x.event) AS event, array_agg(x.kind) AS kind, array_agg(x.at) AS at, array_agg(x.amount) AS amount,
                 array_agg(x."of") AS "of", array_agg(x.item) AS item, array_agg(x.version) AS version
          FROM grouped g
          CROSS JOIN LATERAL unnest(g.event, g.kind, g.at, g.amount, g."of", g.item, g.version) x (event, kind, at, amount, "of", item, version)
          WHERE x.kind IN ('purchase', 'return') GROUP BY 1, 2) g
    CROSS JOIN rules r
    CROSS JOIN LATERAL clientele.point_account(r.rules, g.posted_until, g.event, g.kind, g.at, g.amount, g."of", NULL, g.item, NULL, NULL, g.version) p
    CROSS JOIN LATERAL unnest(p.lots, p.lot_earned, p.lot_taken) x (lot, earned, taken)
  ), noted AS (
    INSERT INTO clientele_data.point_events (account_id, customer_id, kind, at, posted, version, "of", points, reason, by_call)
    SELECT l.root_id, l.customer_id, 'adjust', l.posted_until, l.posted_until, running, d.lot, d.points, 'late events', true
    FROM (SELECT i.root_id, i.lot, i.points - coalesce(a.points, 0) AS points
          FROM ideal i
          LEFT JOIN (SELECT a.root_id, a.lot, sum(a.points)::bigint AS points FROM actual a GROUP BY 1, 2) a USING (root_id, lot)) d
    JOIN locked l USING (root_id)
    WHERE d.points <> 0 ORDER BY l.root_id, d.lot
    RETURNING account_id
  )
  SELECT array_agg(n.account_id) INTO accounts FROM noted n;
  RETURN coalesce(accounts, '{}');
END $$;
COMMENT ON FUNCTION adjust_late_points() IS
  'Notes an adjustment for each purchase that would have earned other points, had all events been on time; a part of refresh_points().';

CREATE FUNCTION refresh_point_usage(until timestamptz) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('point_usage', 'INSERT'), clientele.require_store('point_usage', 'DELETE'), clientele.require_store('point_entries');
  DELETE FROM clientele_data.point_usage;
  -- The product-limit estimator of Kaplan and Meier (1958), by months of 30 days. A lot counts in the months of its age that are over.
  INSERT INTO clientele_data.point_usage (age, outstanding, used, unused)
  WITH moves AS MATERIALIZED (
    SELECT least(div((extract(epoch FROM refresh_point_usage.until - e.lot_at) * 1000000)::numeric, 2592000000000), 1200)::integer AS seen,
           CASE WHEN e.points > 0 THEN -1
                ELSE least(div((extract(epoch FROM greatest(e.at, e.lot_at) - e.lot_at) * 1000000)::numeric, 2592000000000), 1200)::integer END AS age,
           e.kind = 'spend' AS spent, sum(e.points) AS points
    FROM clientele_data.point_entries e WHERE e.at <= refresh_point_usage.until AND e.lot_at <= refresh_point_usage.until GROUP BY 1, 2, 3
  ), ages AS (
    SELECT g.age, coalesce((SELECT sum(m.points) FROM moves m WHERE m.seen > g.age AND m.age < g.age), 0) AS outstanding,
           coalesce((SELECT -sum(m.points) FROM moves m WHERE m.seen > g.age AND m.age = g.age AND m.spent), 0) AS used
    FROM generate_series(0, (SELECT max(m.seen) - 1 FROM moves m)) g (age)
  )
  SELECT a.age, a.outstanding, a.used,
         exp(sum(CASE WHEN a.outstanding > a.used THEN ln(((a.outstanding - a.used) / a.outstanding)::double precision)
                      WHEN a.used > 0 THEN -745 ELSE 0 END) OVER (ORDER BY a.age))
  FROM ages a WHERE a.outstanding > 0 OR a.used > 0;
END $$;
COMMENT ON FUNCTION refresh_point_usage(timestamptz) IS
  'Computes at which age points are used, from all entries up to a time; a part of refresh_points().';
