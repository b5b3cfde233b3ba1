-- SPDX-License-Identifier: PostgreSQL
-- Questions of the simulated shop. Each query can be pasted into ./run psql.
\echo
\echo :title'How far do visitors come within a day?':plain
SELECT step, name, customers,
       to_char(100 * conversion, 'FM990.0 %') AS "of all",
       to_char(100 * step_conversion, 'FM990.0 %') AS "of the step before",
       date_trunc('second', median_time) AS "median time",
       repeat('█', round(30 * conversion)::int) AS "                              "
FROM clientele.funnel_steps((
  SELECT clientele.funnel(journey, '{view_item, cart, checkout, purchase}', '1 day')
  FROM clientele_data.journeys));

\echo :title'Who looks at tea on a screen, and then buys in the shop before the day is over?':plain
SELECT step, name, customers, to_char(100 * conversion, 'FM990.0 %') AS "of all",
       date_trunc('second', median_time) AS "median time"
FROM clientele.funnel_steps((
  SELECT clientele.funnel(journey, clientele.funnel_def(
           '{"web:view_item[category=tea] | app:view_item[category=tea]", store:visit, store:purchase}',
           natural_day => true, time_zone => 'Asia/Shanghai'))
  FROM clientele_data.journeys));

\echo :title'What are their sessions like?':plain
SELECT channel, count(*) AS sessions, count(DISTINCT customer_id) AS customers,
       round(avg(events), 1) AS "events each",
       make_interval(secs => trunc(percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_seconds))) AS "median length",
       count(amount) AS "with money", sum(amount) AS amount
FROM clientele_bi.sessions
GROUP BY channel ORDER BY sessions DESC;

\echo :title'Which ways lead from a search to a purchase?':plain
SELECT array_to_string(path, ' → ') AS path, count(*) AS sessions, count(DISTINCT customer_id) AS customers
FROM clientele_data.journeys,
     clientele.journey_paths(journey, clientele.path_def(
       session_gap => '30 minutes', start_at => 'search', end_at => 'purchase', collapse => true))
GROUP BY path ORDER BY sessions DESC, path LIMIT 8;

\echo :title'What follows what?':plain
SELECT source, target, customers, paths, date_trunc('second', median_time) AS "median time"
FROM unnest((
  SELECT clientele.path_links(journey, clientele.path_def(
           session_gap => '30 minutes', collapse => true, by_step => false))
  FROM clientele_data.journeys))
ORDER BY paths DESC, source, target LIMIT 10;

\echo :title'Which channels have earned the purchases? By the first touch, by the last, and by what would be lost without one':plain
SELECT channel, round(sum(conversions) FILTER (WHERE model = 'first')) AS first,
       round(sum(conversions) FILTER (WHERE model = 'last')) AS last,
       round(sum(conversions) FILTER (WHERE model = 'linear')) AS linear,
       round(sum(conversions) FILTER (WHERE model = 'markov_1')) AS markov,
       to_char(100 * max(removal_effect), 'FM990.0 %') AS "lost without it"
FROM clientele.attribution_credits((
  SELECT clientele.attribution(journey, clientele.attribution_def('purchase', lookback => '30 days'))
  FROM clientele_data.journeys))
GROUP BY channel ORDER BY markov DESC NULLS LAST;

\echo :title'Who buys again? Buyers by the month of their first purchase, and in how many months since then they came back':plain
SELECT period AS month, customers, returned, to_char(100 * rate, 'FM990.0 %') AS rate,
       repeat('█', round(50 * rate)::int) AS "                         "
FROM clientele.retention_curve((
  SELECT clientele.retention_table(journey, clientele.retention_def(
           'purchase', period => 'month', up_to => 6, until => '2026-01-01 00:00+08', time_zone => 'Asia/Shanghai'))
  FROM clientele_data.journeys));

\echo :title'Who leaves a full cart, and is brought back by a mail? Cart, no purchase, mail clicked, purchase, within two weeks':plain
SELECT coalesce(name, 'all of it') AS part, customers, matched, matches, to_char(100 * share, 'FM990.0 %') AS share,
       date_trunc('second', median_time) AS "median time"
FROM clientele.pattern_groups((
  SELECT clientele.pattern_matches(journey, clientele.pattern(
           '(?<cart>cart) !purchase* (?<mail>promotion_clicked) !purchase* (?<purchase>purchase)', within => '14 days'))
  FROM clientele_data.journeys));

\echo :title'Who are the best customers, and who is about to be lost?':plain
SELECT tier, string_agg(DISTINCT segment, ', ' ORDER BY segment) AS segments, count(*) AS customers,
       to_char(100 * count(*) / sum(count(*)) OVER (), 'FM990.0 %') AS "of buyers",
       to_char(100 * sum(monetary) / sum(sum(monetary)) OVER (), 'FM990.0 %') AS "of money"
FROM clientele_bi.rfm
GROUP BY tier ORDER BY sum(monetary) DESC;

\echo :title'Who will come back? A model is fitted to the repeat purchases':plain
CREATE TEMP TABLE model AS
SELECT def, clientele.btyd_fit(clientele.purchase_summary(journey, def), 'Pareto/NBD') AS btyd
FROM clientele_data.journeys, (SELECT clientele.purchase_def(max(last_event_at)) AS def FROM clientele_data.load_runs) d
GROUP BY def;
SELECT key AS parameter, round(value::numeric, 3) AS estimate,
       round((btyd::text::jsonb #>> ARRAY['standard_errors', key])::numeric, 3) AS "standard error"
FROM model, jsonb_each_text(btyd::text::jsonb -> 'parameters') ORDER BY key;

\echo :title'Is it right? Buyers in ten groups by the probability that they have left, and what the shop cannot know':plain
SELECT tenth, count(*) AS buyers, to_char(100 * avg(left_prob), 'FM990.0 %') AS "have left, says the model",
       to_char(100 * avg((NOT alive)::int), 'FM990.0 %') AS "have left",
       round(sum(expected)) AS "purchases expected in 90 days", sum(next_90_days_purchases) AS made
FROM (SELECT *, ntile(10) OVER (ORDER BY left_prob, customer_id) AS tenth
      FROM (SELECT customer_id, t.alive, t.next_90_days_purchases, clientele.churn_prob(s, btyd) AS left_prob,
                   clientele.expected_purchases(s, btyd, 90 / 7.0) AS expected
            FROM model, clientele_data.journeys
            JOIN clientele_data.identities USING (customer_id)
            JOIN demo.truth t ON t.customer = identities.value,
                 clientele.purchase_summary(journey, def) s
            WHERE s.x IS NOT NULL) judged) tenths
GROUP BY tenth ORDER BY tenth;

\echo :title'One of them: the last days of a customer who complained':plain
SELECT t.name, t.city, to_char(e.at, 'YYYY-MM-DD HH24:MI:SS') AS at, e.channel, e.event, e.item, e.amount
FROM clientele_bi.events e
JOIN clientele_data.identities USING (customer_id)
JOIN demo.truth t ON t.customer = identities.value
WHERE customer_id = (
  SELECT customer_id FROM clientele_data.journeys
  WHERE clientele.event_count(journey, 'complaint') > 0 AND clientele.event_count(journey, 'store:purchase') > 1
  ORDER BY customer_id LIMIT 1)
ORDER BY e.at DESC LIMIT 12;
