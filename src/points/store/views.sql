-- SPDX-License-Identifier: PostgreSQL
-- What BI tools see of points.

CREATE PROCEDURE create_point_views()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  CREATE OR REPLACE VIEW clientele_bi.points_liability AS
    WITH lots AS (
      SELECT a.customer_id, a.tier, l.points, l.expires, floor(extract(epoch FROM s.until - l.at) / 2592000)::bigint AS age,
             CASE WHEN l.expires < 'infinity' THEN floor(extract(epoch FROM l.expires - l.at) / 2592000)::bigint END AS life
      FROM clientele_data.point_accounts a CROSS JOIN clientele_data.point_status s
      CROSS JOIN LATERAL unnest(a.lot_points, a.lot_ats, a.lot_expires) l (points, at, expires)
      WHERE NOT a.closed
    ), ages AS (
      SELECT l.tier, CASE WHEN l.expires < 'infinity' THEN
               date_trunc('month', l.expires AT TIME ZONE (SELECT s.value FROM clientele_data.settings s WHERE s.name = 'time_zone'))::date END AS expires_month,
             greatest(l.age, 0) AS age, l.life, sum(l.points) AS points
      FROM lots l GROUP BY 1, 2, 3, 4
    ), used AS (
      -- Of points that were not used so far, the share that will be used in time. Beyond the ages that were observed no use is expected.
      SELECT g.tier, g.expires_month, g.points,
             coalesce(1 - (SELECT u.unused FROM clientele_data.point_usage u WHERE g.life IS NULL OR u.age <= g.life ORDER BY u.age DESC LIMIT 1)
                          / nullif(coalesce((SELECT u.unused FROM clientele_data.point_usage u WHERE u.age < g.age ORDER BY u.age DESC LIMIT 1), 1), 0), 0) AS share,
             g.age, g.life
      FROM ages g
    ), expected AS (
      SELECT u.tier, u.expires_month, sum(u.points)::bigint AS points,
             round(sum((u.points * greatest(u.share, 0))::numeric), 6)::double precision AS expected
      FROM used u GROUP BY 1, 2
    ), holders AS (
      SELECT l.tier, CASE WHEN l.expires < 'infinity' THEN
               date_trunc('month', l.expires AT TIME ZONE (SELECT s.value FROM clientele_data.settings s WHERE s.name = 'time_zone'))::date END AS expires_month,
             count(DISTINCT l.customer_id) AS customers
      FROM lots l GROUP BY 1, 2
    )
    SELECT e.tier::text AS tier, e.expires_month, h.customers, e.points, e.expected AS expected_used, e.expected / nullif(e.points, 0) AS expected_share
    FROM expected e JOIN holders h ON h.tier = e.tier AND h.expires_month IS NOT DISTINCT FROM e.expires_month;
  COMMENT ON VIEW clientele_bi.points_liability IS
    'Points that customers hold, by tier and by the month in which they expire, and how many of them will probably be used: what the program
still owes, as of the last refresh.';
  COMMENT ON COLUMN clientele_bi.points_liability.tier IS 'The tier of the customers that hold the points.';
  COMMENT ON COLUMN clientele_bi.points_liability.expires_month IS 'First day of the month in which the points expire; NULL if they never do.';
  COMMENT ON COLUMN clientele_bi.points_liability.customers IS 'Customers that hold such points.';
  COMMENT ON COLUMN clientele_bi.points_liability.points IS 'The points, with those that are still pending.';
  COMMENT ON COLUMN clientele_bi.points_liability.expected_used IS
    'How many of them will be used before they expire, by the shares of points of each age that customers used so far (Kaplan and Meier 1958).';
  COMMENT ON COLUMN clientele_bi.points_liability.expected_share IS 'Their share of the points.';

  CREATE OR REPLACE VIEW clientele_bi.points_tiers AS
    SELECT a.tier::text AS tier, count(*) AS customers, count(*)::double precision / nullif(sum(count(*)) OVER (), 0)::double precision AS share,
           sum(a.usable)::bigint AS usable, sum(a.pending)::bigint AS pending, sum(a.owed)::bigint AS owed,
           (sum(a.tier_points) / count(*))::double precision AS mean_tier_points
    FROM clientele_data.point_accounts a WHERE NOT a.closed AND a.tier IS NOT NULL GROUP BY a.tier;
  COMMENT ON VIEW clientele_bi.points_tiers IS 'The tiers of the points program: how many customers each has, and their points, as of the last refresh.';
  COMMENT ON COLUMN clientele_bi.points_tiers.tier IS 'The name of the tier of the points program.';
  COMMENT ON COLUMN clientele_bi.points_tiers.customers IS 'Customers in the tier.';
  COMMENT ON COLUMN clientele_bi.points_tiers.share IS 'Their share of all customers that take part.';
  COMMENT ON COLUMN clientele_bi.points_tiers.usable IS 'Their points that can be used.';
  COMMENT ON COLUMN clientele_bi.points_tiers.pending IS 'Their points that cannot be used yet.';
  COMMENT ON COLUMN clientele_bi.points_tiers.owed IS 'Points that returns took back and that they had spent: the next points settle them.';
  COMMENT ON COLUMN clientele_bi.points_tiers.mean_tier_points IS 'Mean of the points that count for the tier.';

  CREATE OR REPLACE VIEW clientele_bi.points_flow AS
    SELECT m.month, m.earned, m.granted, m.spent, m.expired, m.returned, m.settled, m.adjusted, m.customers,
           sum(m.change) OVER (ORDER BY m.month)::bigint AS outstanding
    FROM (SELECT date_trunc('month', e.at AT TIME ZONE (SELECT s.value FROM clientele_data.settings s WHERE s.name = 'time_zone'))::date AS month,
                 coalesce(sum(e.points) FILTER (WHERE e.kind = 'earn'), 0)::bigint AS earned,
                 coalesce(sum(e.points) FILTER (WHERE e.kind = 'grant'), 0)::bigint AS granted,
                 coalesce(-sum(e.points) FILTER (WHERE e.kind = 'spend'), 0)::bigint AS spent,
                 coalesce(-sum(e.points) FILTER (WHERE e.kind = 'expire'), 0)::bigint AS expired,
                 coalesce(-sum(e.points) FILTER (WHERE e.kind = 'reverse'), 0)::bigint AS returned,
                 coalesce(-sum(e.points) FILTER (WHERE e.kind = 'settle'), 0)::bigint AS settled,
                 coalesce(sum(e.points) FILTER (WHERE e.kind = 'adjust'), 0)::bigint AS adjusted,
                 count(DISTINCT e.customer_id) AS customers, sum(e.points) AS change
          FROM clientele_data.point_entries e GROUP BY 1) m;
  COMMENT ON VIEW clientele_bi.points_flow IS
    'What became of points in each month: earned, granted, spent, expired, taken back. The month is that of the event, even if it arrived
late.';
  COMMENT ON COLUMN clientele_bi.points_flow.month IS 'First day of the month, in the time zone of the store.';
  COMMENT ON COLUMN clientele_bi.points_flow.earned IS 'Points earned by purchases.';
  COMMENT ON COLUMN clientele_bi.points_flow.granted IS 'Points given to customers without a purchase.';
  COMMENT ON COLUMN clientele_bi.points_flow.spent IS 'Points spent.';
  COMMENT ON COLUMN clientele_bi.points_flow.expired IS 'Points that expired.';
  COMMENT ON COLUMN clientele_bi.points_flow.returned IS 'Points that returns took back.';
  COMMENT ON COLUMN clientele_bi.points_flow.settled IS 'New points that settled what was owed.';
  COMMENT ON COLUMN clientele_bi.points_flow.adjusted IS 'Sum of the adjustments, up and down.';
  COMMENT ON COLUMN clientele_bi.points_flow.customers IS 'Customers whose points changed.';
  COMMENT ON COLUMN clientele_bi.points_flow.outstanding IS 'Points that customers held at the end of the month.';
END $store$;
COMMENT ON PROCEDURE create_point_views() IS 'Creates the views of points in clientele_bi; a part of create_store().';

INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('points/store', 'clientele_bi.points_liability', 'view', 'create_point_views', true),
  ('points/store', 'clientele_bi.points_tiers', 'view', 'create_point_views', true),
  ('points/store', 'clientele_bi.points_flow', 'view', 'create_point_views', true);
