-- SPDX-License-Identifier: PostgreSQL
-- A loyalty programme, reckoned back to the first purchase.
\echo :title'What if the shop gave points? Rules, and a ledger of what they would have earned':plain
SELECT clientele.define_points(clientele.points_def(rate => 1, validity => '365 days', tiers => '{银卡, 金卡}', tier_points => '{500, 2000}',
                                                    multipliers => '{1, 1.2, 1.5}')) AS version;
SELECT customers, events, entries FROM clientele.refresh_points(:'week'::timestamptz + interval '7 days');
