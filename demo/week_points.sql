-- SPDX-License-Identifier: PostgreSQL
-- A loyalty programme, reckoned back to the first purchase.
\echo :title'What if the shop gave points? Rules, and a ledger of what they would have earned. The best buyers spend some, three times':plain
SELECT clientele.define_points(clientele.points_def(rate => 1, validity => '365 days', tiers => '{普通, 银卡, 金卡}', tier_points => '{0, 500, 2000}',
                                                    multipliers => '{1, 1.2, 1.5}')) AS version;
SELECT count(*) AS "times that 1000 were to be spent", count(*) FILTER (WHERE spent) AS "that were spent" FROM (
  SELECT clientele.spend_points(customer_id, 1000, format('%s of %s', at, customer_id), at) AS spent
  FROM (SELECT :'week'::timestamptz - days * interval '1 day' AS at, customer_id
        FROM unnest('{190, 100, 10}'::integer[]) days,
             (SELECT r.customer_id FROM clientele_bi.rfm r ORDER BY r.monetary DESC, r.customer_id LIMIT 60) best
        ORDER BY at, customer_id) chosen) s;
SELECT customers, events, entries FROM clientele.refresh_points(:'week'::timestamptz + interval '7 days');

\echo :title'What is left is a debt of the shop: points outstanding, and how many of them will be used, by the habits so far':plain
SELECT tier, sum(points) AS points, round(sum(expected_used)::numeric) AS "expected to be used",
       to_char(100 * sum(expected_used) / sum(points), 'FM990.0 %') AS share, to_char(min(expires_month), 'YYYY-MM') AS "the first expire in",
       to_char(max(expires_month), 'YYYY-MM') AS "the last"
FROM clientele_bi.points_liability GROUP BY tier ORDER BY points DESC;
