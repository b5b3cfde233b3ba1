-- SPDX-License-Identifier: PostgreSQL
-- Saved questions and a model for the report page, on the simulated shop or files of your own.
\set ECHO none
SELECT EXISTS (SELECT FROM clientele_data.event_types WHERE event = 'purchase') AS buys, max(last_event_at) AS present,
       max(last_event_at) - greatest(interval '1 day', least(interval '90 days', (max(last_event_at) - min(first_event_at)) / 4)) AS learned_until
FROM clientele_data.load_runs
\gset
\set ECHO queries
\echo :title'Questions that suit any store: saved, and answered for all values of a tag or an attribute':plain
SELECT kind, count(*) AS questions, string_agg(question, ', ' ORDER BY question) AS "such as"
FROM clientele.define_starter_questions() GROUP BY kind ORDER BY kind;

SELECT outcome, count(*) AS questions, sum(rows) AS rows, round(sum(seconds)::numeric, 1) AS seconds, count(error) AS failed
FROM clientele.refresh_questions() GROUP BY outcome;

\if :buys
\echo :title'A model of what customers will buy, judged on the last months, which it has not seen':plain
CREATE TABLE IF NOT EXISTS demo.shoppers AS
SELECT v.customer_id, (v.s).*
FROM (SELECT j.customer_id, clientele.purchase_summary(j.journey, d) AS s
      FROM clientele_data.journeys j, clientele.purchase_def(:'learned_until', holdout_until => :'present') d) v
WHERE (v.s).x IS NOT NULL;

\set ECHO none
SELECT count(*) FILTER (WHERE x > 0) >= 50 AS enough FROM demo.shoppers
\gset
\set ECHO queries
\if :enough
SELECT clientele.save_model('purchases', clientele.btyd_fit(x, t_x, age, 'Pareto/NBD'), fitted_on => 'purchases up to ' || :'learned_until') AS version
FROM demo.shoppers;
SELECT clientele.choose_model('purchases', 'SELECT * FROM demo.shoppers') AS "version in use";
\else
\echo 'Fewer than 50 customers have bought again, and a model of so little would say nothing.'
\endif
\endif
