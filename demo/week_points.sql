-- SPDX-License-Identifier: PostgreSQL
-- A loyalty programme, reckoned back to the first purchase.
\echo :title'What if the shop gave points? Rules, and a ledger of what they would have earned':plain
SELECT clientele.define_points(clientele.points_def(rate => 1, validity => '365 days', tiers => '{普通, 银卡, 金卡}', tier_points => '{0, 500, 2000}',
                                                    multipliers => '{1, 1.2, 1.5}')) AS version;
SELECT customers, events, entries FROM clientele.refresh_points(:'week'::timestamptz + interval '7 days');

\echo :title'Some spend 100 of them, and what is left is a debt of the shop: points outstanding, and how many of them will be used':plain
SELECT count(*) FILTER (WHERE spent) AS "spent 100" FROM (
  SELECT clientele.spend_points(customer_id, 100, 'week ' || customer_id, :'week'::timestamptz + interval '7 days 1 hour') AS spent
  FROM (SELECT j.customer_id FROM clientele_data.journeys j
        WHERE clientele.event_count(clientele.journey_slice(j.journey, since => :'week'), 'purchase') > 0 ORDER BY j.customer_id LIMIT 100) buyers) s;
SELECT customers, entries FROM clientele.refresh_points(:'week'::timestamptz + interval '7 days 2 hours', complete => true);
SELECT tier, sum(points) AS points, sum(expected_used)::bigint AS "expected to be used", min(expires_month) AS "the first expire in", max(expires_month) AS "the last"
FROM clientele_bi.points_liability GROUP BY tier ORDER BY points DESC;
