-- SPDX-License-Identifier: PostgreSQL
-- A campaign on the first day of the week, at :week.
\echo :title'Who may be written to? Subscribers of the newsletter have consented to marketing; the others have not':plain
SELECT count(clientele.set_consent(m, 'marketing', true, :'week'::timestamptz - interval '1 day', 'newsletter')::text) AS consenting
FROM clientele.members(clientele.audience_of('response.reached')) m;

\echo :title'An action, and a campaign: a coupon for buyers who have bought nothing for a while. Four of ten get none, by chance':plain
\o /dev/null
SELECT clientele.define_action('win back', 'email',
  '{"subject": "{name|Dear customer}, 10 % for you", "text": "We have missed you. 想念您,本周下单立减一成", "coupon": "BACK10"}', strategy => 'coupon');
\o
SELECT matched, refused, control, treated, queued
FROM clientele.start_campaign('win back', 'value.buyer & !value.recent_buyer', 'win back', goal => 'purchase', value => 'purchase', share => 0.4,
  within => '7 days', before => '90 days', smallest_effect => 0.02, at => :'week');
