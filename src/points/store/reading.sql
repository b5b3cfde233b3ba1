-- SPDX-License-Identifier: PostgreSQL
-- points_of() and points_entries().

CREATE FUNCTION points_of(customer_id bigint, at timestamptz DEFAULT now(),
    OUT usable bigint, OUT pending bigint, OUT owed bigint, OUT tier text, OUT tier_points bigint, OUT next_expiry_at timestamptz, OUT next_expiry bigint)
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM clientele.require_store('customers'), clientele.require_store('point_accounts'), clientele.require_store('point_events'),
          clientele.require_store('point_rules');
  IF NOT isfinite(points_of.at) THEN
    RAISE EXCEPTION 'at must be finite' USING ERRCODE = 'datetime_field_overflow';
  END IF;
  -- The accounts that had joined it by then.
  WITH RECURSIVE joined AS (
    SELECT r.account_id FROM clientele_data.point_accounts r
    WHERE r.customer_id = clientele.customer_now(points_of.customer_id) AND NOT r.closed
    UNION
    SELECT e."of" FROM joined o JOIN clientele_data.point_events e USING (account_id) WHERE e.kind = 'join' AND e.posted <= points_of.at
  )
  SELECT a.usable, a.pending, a.owed, a.tier, a.tier_points, x.expires, x.points
  INTO usable, pending, owed, tier, tier_points, next_expiry_at, next_expiry
  FROM (SELECT array_agg(e.event_id) AS event, array_agg(e.kind) AS kind, array_agg(e.at) AS at, array_agg(e.amount) AS amount,
               array_agg(e."of") AS "of", array_agg(e.points) AS points, array_agg(e.item) AS item, array_agg(e.posted) AS posted,
               array_agg(e.account_id) AS account, array_agg(e.version) AS version
        FROM joined o JOIN clientele_data.point_events e USING (account_id) WHERE e.posted <= points_of.at) g
  CROSS JOIN LATERAL clientele.point_account((SELECT array_agg(u.rules ORDER BY u.version) FROM clientele_data.point_rules u),
    points_of.at, g.event, g.kind, g.at, g.amount, g."of", g.points, g.item, g.posted, g.account, g.version) a
  LEFT JOIN LATERAL (SELECT l.expires, sum(l."left")::bigint AS points FROM unnest(a.lot_expires, a.lot_left) l (expires, "left")
                     WHERE l."left" > 0 AND l.expires < 'infinity' GROUP BY 1 ORDER BY 1 LIMIT 1) x ON true
  WHERE g.event IS NOT NULL;
END $$;
COMMENT ON FUNCTION points_of(bigint, timestamptz) IS
  'Returns the points of a customer at a time: those that can be used, those still pending, those owed, the tier, and what expires next.
It knows purchases up to the last refresh_points(), or call for this customer; NULL if there are none. After a merge it is about the
customer who stayed, whichever number is given. at may be in the past, or in the future to see what will expire.
Errors: 22008 for a time that is not finite, 42P01 without a store, 42501 without the right to read the tables of points.';

CREATE FUNCTION points_entries(customer_id bigint)
  RETURNS TABLE (at timestamptz, kind text, points bigint, lot bigint, event_id bigint, usable_from timestamptz, expires_at timestamptz,
                 reason text, posted_at timestamptz, customer bigint)
  LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 50 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM clientele.require_store('customers'), clientele.require_store('point_accounts'), clientele.require_store('point_events'),
          clientele.require_store('point_entries');
  RETURN QUERY
    SELECT e.at, e.kind, e.points, e.lot, e.event_id, e.usable_from, nullif(e.expires_at, 'infinity'), v.reason, e.posted_at, e.customer_id
    FROM clientele_data.point_accounts r JOIN clientele_data.point_accounts p USING (root_id) JOIN clientele_data.point_entries e ON e.account_id = p.account_id
    LEFT JOIN clientele_data.point_events v ON v.event_id = e.event_id
    WHERE r.customer_id = clientele.customer_now(points_entries.customer_id) AND NOT r.closed
    ORDER BY e.posted_at, e.account_id = r.account_id, e.account_id, e.entry;
END $$;
COMMENT ON FUNCTION points_entries(bigint) IS
  'Lists the ledger of points of a customer in the order of posting: what was earned, granted, spent, returned, adjusted and what expired.
lot: the event whose points they are. customer: the customer they were posted for, which after a merge may be the one that was merged.
Errors: 42P01 without a store, 42501 without the right to read the tables of points.';
