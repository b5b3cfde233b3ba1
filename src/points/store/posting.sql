-- SPDX-License-Identifier: PostgreSQL
-- How events get into the ledger. The lock of an account row protects its events and entries.

CREATE FUNCTION open_point_accounts(customers bigint[], until timestamptz) RETURNS bigint[]
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
  SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  locked bigint[];
  roots bigint[];
  running CONSTANT integer := (clientele.points_in_force()).version;
BEGIN
  PERFORM clientele.require_store('point_accounts', 'INSERT'), clientele.require_store('point_accounts', 'UPDATE'),
          clientele.require_store('point_events', 'INSERT'), clientele.require_store('point_entries', 'INSERT'),
          clientele.require_store('customers');
  -- erase_points() locks these first, too.
  LOCK TABLE clientele_data.point_events, clientele_data.point_entries IN ROW EXCLUSIVE MODE;
  -- All sessions insert and lock in one order, so that they cannot deadlock. A customer that a split brought back has its events
  -- before in the account of the other one.
  WITH absent AS MATERIALIZED (
    SELECT nextval(pg_get_serial_sequence('clientele_data.point_accounts', 'account_id')) AS id, m.customer_id
    FROM (SELECT DISTINCT c.customer_id FROM unnest(customers) u (customer_id) JOIN clientele_data.customers c USING (customer_id)
          WHERE c.merged_into IS NULL
            AND NOT EXISTS (SELECT FROM clientele_data.point_accounts a WHERE a.customer_id = c.customer_id AND NOT a.closed)
          ORDER BY 1) m
  )
  INSERT INTO clientele_data.point_accounts (account_id, customer_id, root_id, since)
  SELECT n.id, n.customer_id, n.id, coalesce((SELECT max(r.posted_until) FROM clientele_data.point_accounts x
                                             JOIN clientele_data.point_accounts r ON r.account_id = x.root_id
                                             WHERE x.customer_id = n.customer_id AND x.closed), '-infinity')
  FROM absent n ORDER BY n.customer_id
  ON CONFLICT (customer_id) WHERE NOT closed DO NOTHING;

  locked := ARRAY(
    SELECT a.account_id
    FROM clientele_data.point_accounts a
    JOIN (SELECT d.account_id FROM clientele_data.point_accounts d WHERE NOT d.closed AND d.next_at <= until
          UNION
          SELECT o.account_id FROM unnest(customers) u JOIN clientele_data.point_accounts o ON o.customer_id = u AND NOT o.closed
          UNION
          SELECT o.account_id FROM unnest(customers) u JOIN clientele_data.customers c ON c.merged_into = u
          JOIN clientele_data.point_accounts o ON o.customer_id = c.customer_id AND NOT o.closed) w USING (account_id)
    WHERE NOT a.closed
    ORDER BY a.account_id FOR UPDATE OF a);

  -- Customers that were merged into one of these: their accounts join its account.
  INSERT INTO clientele_data.point_accounts (account_id, customer_id, root_id, closed)
  SELECT n.id, n.customer_id, n.root_id, true
  FROM (SELECT nextval(pg_get_serial_sequence('clientele_data.point_accounts', 'account_id')) AS id, c.customer_id, r.account_id AS root_id
        FROM (SELECT DISTINCT u AS customer_id FROM unnest(customers) u) u JOIN clientele_data.customers c ON c.merged_into = u.customer_id
        JOIN clientele_data.point_accounts r ON r.customer_id = u.customer_id AND NOT r.closed
        WHERE NOT EXISTS (SELECT FROM clientele_data.point_accounts a WHERE a.customer_id = c.customer_id)) n;
  WITH joining AS MATERIALIZED (
    SELECT x.account_id, x.posted_until, r.account_id AS root_id, r.customer_id,
           greatest(r.posted_until, max(x.posted_until) OVER (PARTITION BY r.account_id)) AS at
    FROM (SELECT DISTINCT u AS customer_id FROM unnest(customers) u) u JOIN clientele_data.customers c ON c.merged_into = u.customer_id
    JOIN clientele_data.point_accounts x ON x.customer_id = c.customer_id AND NOT x.closed
    JOIN clientele_data.point_accounts r ON r.customer_id = c.merged_into AND NOT r.closed
  ), noted AS (
    INSERT INTO clientele_data.point_events (account_id, customer_id, kind, at, posted, version, "of", by_call)
    SELECT j.root_id, j.customer_id, 'join', j.at, j.at, running, j.account_id, true
    FROM joining j WHERE j.posted_until > '-infinity' ORDER BY j.account_id
  ), closed AS (
    UPDATE clientele_data.point_accounts a
    SET closed = a.closed OR a.account_id = j.account_id, root_id = j.root_id, usable = 0, pending = 0, owed = 0, next_at = NULL,
        lot_points = '{}', lot_ats = '{}', lot_expires = '{}'
    FROM joining j WHERE a.root_id = j.account_id
  ), moved AS (
    UPDATE clientele_data.point_accounts a SET posted_until = greatest(a.posted_until, j.at)
    FROM (SELECT DISTINCT j.root_id, j.at FROM joining j WHERE j.posted_until > '-infinity') j WHERE a.account_id = j.root_id
    RETURNING a.account_id
  )
  SELECT array_agg(m.account_id) INTO roots FROM moved m;
  RETURN coalesce(roots, '{}') || ARRAY(
    SELECT a.account_id FROM unnest(locked) u (account_id) JOIN clientele_data.point_accounts a USING (account_id) WHERE NOT a.closed AND a.next_at <= until);
END $$;
COMMENT ON FUNCTION open_point_accounts(bigint[], timestamptz) IS
  'Opens accounts of points for customers, locks them and those on which something falls due, adds those of customers merged into them, and
returns the accounts of both; a part of refresh_points() and spend_points().';

CREATE FUNCTION register_point_events(customers bigint[], until timestamptz) RETURNS bigint[]
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
  SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  force record;
  accounts bigint[];
BEGIN
  PERFORM clientele.require_store('point_events', 'INSERT'), clientele.require_store('point_accounts'), clientele.require_store('journeys'),
          clientele.require_store('customers');
  force := clientele.points_in_force();
  -- One snapshot sees journeys, merges, and what is registered. Events may be equal: each counts as often as it is there.
  -- A customer that was merged into one of these since its account was opened has not joined it yet: that is for the next refresh.
  WITH wanted AS MATERIALIZED (
    SELECT DISTINCT u AS customer_id FROM unnest(customers) u
    WHERE NOT EXISTS (SELECT FROM clientele_data.customers c
                      LEFT JOIN clientele_data.point_accounts a ON a.customer_id = c.customer_id
                      WHERE c.merged_into = u GROUP BY c.customer_id HAVING NOT coalesce(bool_and(a.closed), false))
  ), members AS MATERIALIZED (
    SELECT w.customer_id, w.customer_id AS now_id FROM wanted w
    UNION ALL
    SELECT c.customer_id, w.customer_id FROM wanted w JOIN clientele_data.customers c ON c.merged_into = w.customer_id
  ), fresh AS (
    SELECT j.customer_id, p.kind, p.at, p.item, p.amount
    FROM wanted w JOIN clientele_data.journeys j USING (customer_id) CROSS JOIN LATERAL clientele.point_events(j.journey, force.rules) p
    WHERE p.at <= register_point_events.until AND p.at >= force.since
    EXCEPT ALL
    -- Also what was registered for customers that these were merged with before.
    SELECT f.now_id, e.kind, e.at, e.item, e.amount
    FROM (SELECT DISTINCT m.now_id, a.root_id FROM members m JOIN clientele_data.point_accounts a USING (customer_id)) f
    JOIN clientele_data.point_accounts x ON x.root_id = f.root_id
    JOIN clientele_data.point_events e ON e.account_id = x.account_id AND NOT e.by_call
  ), registered AS (
    INSERT INTO clientele_data.point_events (account_id, customer_id, kind, at, posted, version, item, amount)
    SELECT a.account_id, a.customer_id, f.kind, f.at, greatest(f.at, a.posted_until), force.version, f.item, f.amount
    FROM fresh f JOIN clientele_data.point_accounts a ON a.customer_id = f.customer_id AND NOT a.closed AND f.at > a.since
    ORDER BY a.account_id, greatest(f.at, a.posted_until), f.at, f.kind = 'return', f.item, f.amount
    RETURNING account_id
  )
  SELECT array_agg(r.account_id) INTO accounts FROM registered r;
  RETURN coalesce(accounts, '{}');
END $$;
COMMENT ON FUNCTION register_point_events(bigint[], timestamptz) IS
  'Registers purchases and returns in the journeys of customers that are not registered, and returns the account of each; a part of
refresh_points() and spend_points(). The accounts must be locked.';

CREATE FUNCTION post_points(roots bigint[], until timestamptz, OUT customers bigint, OUT entries bigint)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
  SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  wrong bigint;
BEGIN
  PERFORM clientele.require_store('point_accounts', 'UPDATE'), clientele.require_store('point_entries', 'INSERT'),
          clientele.require_store('point_events'), clientele.require_store('point_rules');
  -- The whole ledger of each is computed from its events. The entries that were posted are its first ones.
  WITH asked AS MATERIALIZED (
    SELECT a.account_id AS root_id, greatest(a.posted_until, post_points.until) AS until
    FROM (SELECT DISTINCT u AS account_id FROM unnest(roots) u) u JOIN clientele_data.point_accounts a USING (account_id)
  ), sorted AS (
    SELECT q.root_id, q.until, e.*
    FROM asked q JOIN clientele_data.point_accounts a USING (root_id) JOIN clientele_data.point_events e USING (account_id)
    ORDER BY q.root_id
  ), grouped AS (
    SELECT s.root_id, s.until, array_agg(s.event_id) AS event, array_agg(s.kind) AS kind, array_agg(s.at) AS at, array_agg(s.amount) AS amount,
           array_agg(s."of") AS "of", array_agg(s.points) AS points, array_agg(s.item) AS item, array_agg(s.posted) AS posted,
           array_agg(s.account_id) AS account, array_agg(s.version) AS version
    FROM sorted s GROUP BY s.root_id, s.until
  ), computed AS MATERIALIZED (
    SELECT g.root_id, g.until, a.*
    FROM grouped g
    CROSS JOIN LATERAL clientele.point_account(
      (SELECT array_agg(r.rules ORDER BY r.version) FROM clientele_data.point_rules r),
      g.until, g.event, g.kind, g.at, g.amount, g."of", g.points, g.item, g.posted, g.account, g.version) a
  ), numbered AS (
    SELECT e.*, row_number() OVER (PARTITION BY e.account_id ORDER BY e.n) AS entry
    FROM (SELECT e.*
          FROM computed c
          CROSS JOIN LATERAL unnest(c.entry_accounts, c.entry_ats, c.entry_kinds, c.entry_lots, c.entry_points, c.entry_events, c.entry_lot_ats,
            c.entry_froms, c.entry_expires) WITH ORDINALITY e (account_id, at, kind, lot, points, event_id, lot_at, usable_from, expires_at, n)) e
  ), judged AS MATERIALIZED (
    SELECT n.*, a.customer_id, n.entry <= a.entries AS known
    FROM numbered n JOIN clientele_data.point_accounts a USING (account_id)
  ), sums AS MATERIALIZED (
    SELECT j.account_id, count(*) AS entries, sum(j.points)::bigint AS points, coalesce(sum(j.points) FILTER (WHERE j.known), 0)::bigint AS known_points,
           count(*) FILTER (WHERE NOT j.known) AS fresh
    FROM judged j GROUP BY 1
  ), posted AS (
    INSERT INTO clientele_data.point_entries (account_id, entry, customer_id, at, kind, lot, points, event_id, lot_at, usable_from, expires_at)
    SELECT j.account_id, j.entry, j.customer_id, j.at, j.kind, j.lot, j.points, j.event_id, j.lot_at, j.usable_from, j.expires_at
    FROM judged j WHERE NOT j.known ORDER BY j.account_id, j.entry
  ), balanced AS (
    UPDATE clientele_data.point_accounts a
    SET entries = coalesce(s.entries, 0), points = coalesce(s.points, 0), usable = c.usable, pending = c.pending, owed = c.owed, tier = c.tier,
        tier_points = c.tier_points, posted_until = c.until, next_at = nullif(c.due, 'infinity'), lot_points = l.points, lot_ats = l.ats,
        lot_expires = l.expires
    FROM computed c
    LEFT JOIN sums s ON s.account_id = c.root_id
    CROSS JOIN LATERAL (SELECT coalesce(array_agg(x.points ORDER BY x.n), '{}') AS points, coalesce(array_agg(x.at ORDER BY x.n), '{}') AS ats,
                               coalesce(array_agg(x.expires ORDER BY x.n), '{}') AS expires
                        FROM unnest(c.lot_left, c.lot_ats, c.lot_expires) WITH ORDINALITY x (points, at, expires, n) WHERE x.points > 0) l
    WHERE a.account_id = c.root_id
  ), closed AS (
    UPDATE clientele_data.point_accounts a SET entries = s.entries, points = s.points
    FROM sums s WHERE a.account_id = s.account_id AND a.closed AND a.entries <> s.entries
  )
  SELECT (SELECT count(*) FROM computed), coalesce(sum(s.fresh), 0)::bigint,
         min(a.account_id) FILTER (WHERE a.entries > s.entries OR a.points <> s.known_points)
  INTO customers, entries, wrong
  FROM sums s JOIN clientele_data.point_accounts a USING (account_id);
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'the ledger of point account % does not follow from its events', wrong USING ERRCODE = 'data_corrupted',
      HINT = 'Tables of points were changed by hand, or restored in part.';
  END IF;
END $$;
COMMENT ON FUNCTION post_points(bigint[], timestamptz) IS
  'Computes the ledgers of accounts up to a time, posts entries that are new and brings balances up to date; a part of refresh_points() and
spend_points(). The accounts must be locked. Errors: XX001 if entries are not those that the events give.';
