-- SPDX-License-Identifier: PostgreSQL
-- The jobs of a managed system: install_default_jobs(), and the tasks that they run.
SET search_path = public, clientele;
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';
\set VERBOSITY terse
SELECT * FROM install_default_jobs();
CREATE ROLE defaults_owner LOGIN;
CREATE ROLE defaults_author;
SELECT format('GRANT CREATE, CONNECT ON DATABASE %I TO defaults_owner', current_database()) \gexec
SET ROLE defaults_owner;
CALL create_store();
CALL set_store_time_zone('Asia/Shanghai');
RESET ROLE;

-- They belong to the owner of the store, also if another role installs them; once they are there, they stay as they are.
SET ROLE defaults_author;
SELECT * FROM install_default_jobs();
RESET ROLE;
SELECT name, times, outcome FROM install_default_jobs();
SELECT current_user = session_user AS restored;
SELECT name, command, schedule, every, time_zone, jitter, missed, max_run_time, max_retries, retry_delay, owner
FROM clientele_data.jobs ORDER BY name;
SET ROLE defaults_owner;
SELECT alter_job('refresh_tags', every => '1 hour'), drop_job('refit_models');
SELECT alter_job('prune_history', after => '{refresh_tags}');
SELECT * FROM install_default_jobs();
RESET ROLE;

-- Nothing is there yet, and nothing fails. No scheduler is to do it.
SET ROLE defaults_owner;
SELECT pause_jobs();
CALL run_job('ingest');
CALL run_job('refresh_tags');
CALL run_job('refit_models');
CALL run_job('prune_history');
SELECT job, state, rows, message FROM clientele_bi.job_runs ORDER BY run_id;
SELECT * FROM prune_history();
RESET ROLE;

-- A source and a tag of another role get no rights of the owner: the one is not read, the other is not evaluated.
CREATE FUNCTION defaults_add() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  GRANT USAGE ON SCHEMA clientele_data TO defaults_author;
  GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA clientele_data TO defaults_author;
  SET LOCAL ROLE defaults_author;
  PERFORM set_config('clientele.trusted_owners', 'defaults_owner', true);
  CREATE FUNCTION defaults.me() RETURNS text LANGUAGE sql STABLE AS 'SELECT current_user::text';
  GRANT USAGE ON SCHEMA defaults TO PUBLIC;
  CREATE TABLE defaults.orders (id bigint PRIMARY KEY, at timestamptz);
  INSERT INTO defaults.orders VALUES (1, '2026-01-01Z');
  PERFORM clientele.add_source('orders', 'defaults.orders', '{"customer": "defaults.me()"}', 'at', '''order''', event_id => 'id');
  PERFORM clientele.define_tag('spied', 'SELECT customer_id FROM clientele_data.customers WHERE defaults.me() <> ''''');
END $$;
CREATE SCHEMA defaults AUTHORIZATION defaults_author;
SELECT defaults_add();
RESET ROLE;
SET ROLE defaults_owner;
CALL run_job('ingest');
CALL run_job('refresh_tags');
SELECT tag, error FROM clientele_data.tag_status;
SELECT state FROM clientele_data.source_status;
SELECT count(*) FROM clientele_data.identities;
DELETE FROM clientele_data.sources;
SELECT forget_tag('spied');
RESET ROLE;
DROP SCHEMA defaults CASCADE;
DROP OWNED BY defaults_author;

-- Models that are fitted again: 400 customers who buy at their own rates, and leave.
SET ROLE defaults_owner;
CREATE SCHEMA defaults;
CREATE TABLE defaults.purchases AS
SELECT 'c' || i AS customer, timestamptz '2025-01-06 12:00Z' + (i % 9 + week) * interval '1 week' AS at, 10 + (i * 7 + k * 3) % 25 AS amount
FROM (SELECT i, k, sum(CASE WHEN k > 0 THEN -ln(chance.a) / rate ELSE 0 END) OVER w AS week, bool_or(chance.b < 0.12) OVER w AS gone
      FROM generate_series(1, 400) i CROSS JOIN LATERAL (SELECT 0.05 + (i * 37 % 101) / 300.0 AS rate) r
      CROSS JOIN generate_series(0, 50) k
      CROSS JOIN LATERAL (SELECT ((hashint4extended(i, k) & 1048575) + 0.5) / 1048576 AS a, ((hashint4extended(i, k + 1000) & 1048575) + 0.5) / 1048576 AS b) chance
      WINDOW w AS (PARTITION BY i ORDER BY k)) v
WHERE NOT gone OR k = 0;
CALL load_events('defaults.purchases', event => NULL, default_event => 'purchase', amount => 'amount');
SELECT define_refit('buying', 'purchases', holdout => '91 days'), define_refit('spend', 'spend', holdout => '91 days'),
       define_refit('leaving', 'churn', holdout => '60 days', criterion => 'poisson_deviance');
SELECT name, fits, event, kinds, holdout, unit, criterion, keeps FROM clientele_data.model_refits ORDER BY name;
SELECT name, outcome, version IS NOT NULL AS there, error FROM refit_models(at => '2026-01-05 10:00Z');
SELECT name, version, kind, quality ->> 'criterion' AS criterion, fitted_on, note, (quality ->> 'customers')::int BETWEEN 200 AND 400 AS compared
FROM clientele_data.models ORDER BY name, version;
SELECT name, count(*) FILTER (WHERE current) FROM clientele_data.models GROUP BY name ORDER BY name;
-- The best of the kinds is the current one, by the same figures that compare_models() gives.
SELECT count(*) FROM clientele_data.models m JOIN clientele_data.models o USING (name)
WHERE m.current AND (o.quality ->> (m.quality ->> 'criterion'))::float8 < (m.quality ->> (m.quality ->> 'criterion'))::float8;
-- A fit does not see the hold-out: the same fit by hand.
SELECT (SELECT m.model FROM clientele_data.models m WHERE m.name = 'buying' AND m.kind = 'MBG/NBD')
     = (SELECT btyd_fit(purchase_summary(j.journey, purchase_def('2025-10-05', time_zone => 'Asia/Shanghai')), 'MBG/NBD')::text::jsonb
        FROM clientele_data.journeys j) AS same;
-- What happened in the hold-outs, counted from the rows: days with a purchase of customers who had bought before, and customers who
-- had bought before and did not buy.
CREATE TEMP VIEW days AS SELECT customer, (at AT TIME ZONE 'Asia/Shanghai')::date AS day FROM defaults.purchases;
SELECT (m.quality ->> 'actual')::float8 = (SELECT count(DISTINCT (d.customer, d.day)) FROM days d
         WHERE d.day > '2025-10-05' AND d.day <= '2026-01-04' AND d.customer IN (SELECT customer FROM days WHERE day <= '2025-10-05')) AS purchases
FROM clientele_data.models m WHERE m.name = 'buying' AND m.version = 1;
SELECT (m.quality ->> 'actual')::float8 = (SELECT count(DISTINCT d.customer) FROM days d WHERE d.day < '2025-11-06'
         AND d.customer NOT IN (SELECT customer FROM days WHERE day >= '2025-11-06' AND day < '2026-01-05')) AS churned
FROM clientele_data.models m WHERE m.name = 'leaving' AND m.version = 1;
DROP VIEW days;

-- Again a quarter later, to newer data. No more versions stay than were asked for, and the current one.
SELECT define_refit('buying', 'purchases', kinds => '{MBG/NBD}', keeps => 1);
SELECT name, outcome IN ('chosen', 'kept') AS done, error FROM refit_models('{buying}', at => '2026-03-01 10:00Z');
SELECT count(*) BETWEEN 1 AND 2 AS few, bool_or(version = 4) AS newest, count(*) FILTER (WHERE current) AS current
FROM clientele_data.models WHERE name = 'buying';
-- A version of one's own stays.
SELECT save_model('buying', (SELECT model::text FROM clientele_data.models WHERE name = 'buying' AND current), make_current => false);
SELECT outcome FROM refit_models('{buying}', at => '2026-03-02 10:00Z');
SELECT count(*) FROM clientele_data.models WHERE name = 'buying' AND note IS NULL;

-- What cannot be fitted fails alone, and leaves the model as it was.
SELECT name, outcome, error FROM refit_models(at => '2025-02-01 10:00Z');
SELECT name, error IS NOT NULL AS failed, (failed_at IS NOT NULL) AS noted, version IS NOT NULL AS was_fitted FROM clientele_data.model_refits ORDER BY name;
SELECT refit_models('{unknown}');
SELECT define_refit('a@b', 'purchases');
SELECT define_refit('m', 'contracts');
SELECT define_refit('m', 'purchases', kinds => '{BG/BB}');
SELECT define_refit('m', 'purchases', kinds => NULL);
SELECT define_refit('m', 'purchases', event => 'no such event');
SELECT define_refit('m', 'purchases', holdout => '1 hour');
SELECT define_refit('m', 'purchases', criterion => 'beauty');
SELECT forget_refit('m');
SELECT forget_refit('buying'), forget_refit('leaving');
SELECT name, outcome FROM refit_models(at => '2026-01-05 10:00Z');

-- What is history only goes when it is old.
CREATE TABLE defaults.bad AS SELECT 'x' AS customer, CASE WHEN i % 2 = 0 THEN '2026-01-01' ELSE 'never' END AS at FROM generate_series(1, 4) i;
CALL load_events('defaults.bad', event => NULL);
CALL load_events('defaults.bad', event => NULL);
CALL load_events('defaults.bad', event => NULL);
SELECT run_id, rows_rejected FROM clientele_data.load_runs ORDER BY run_id;
SELECT what, rows FROM prune_history();
UPDATE clientele_data.load_runs SET finished_at = finished_at - interval '2 years';
-- Resolved: one of run 2 long ago, and those of run 3.
INSERT INTO clientele_data.load_runs (run_id, source, source_id, kind, finished_at) SELECT 100 + i, 'retry', 7, 'retry', now() - interval '2 years' FROM generate_series(0, 1) i;
UPDATE clientele_data.rejects SET resolved_by = 100, rejected_at = now() - interval '100 days', detail = 'never'
WHERE reject_id = (SELECT min(reject_id) FROM clientele_data.rejects WHERE run_id = 2);
UPDATE clientele_data.rejects SET resolved_by = 101, rejected_at = now() - interval '10 days' WHERE run_id = 3;
SELECT count(*) FROM (SELECT define_tag('bought', 'event_count(journey, ''purchase'') > 0')) t;
SELECT count(*) FROM refresh_tags('{bought}');
SELECT count(*) FROM refresh_tags('{bought}');
SELECT count(*) FROM refresh_tags('{bought}');
UPDATE clientele_data.tag_refreshes SET started_at = started_at - interval '40 days';
UPDATE clientele_data.tag_changes SET at = at - interval '3 years' WHERE refresh_id = (SELECT min(refresh_id) FROM clientele_data.tag_changes);
SELECT what, rows FROM prune_history();
-- Run 2 has an unresolved reject, so it stays with its retry, and 4 is the newest of its table.
SELECT run_id FROM clientele_data.load_runs ORDER BY run_id;
SELECT run_id, content = '{}' AS emptied, detail, resolved_by FROM clientele_data.rejects ORDER BY reject_id;
SELECT count(*) AS refreshes FROM clientele_data.tag_refreshes;
SELECT what, rows FROM prune_history();
SELECT what, rows FROM prune_history(rejects_age => '0') WHERE rows > 0;
SELECT prune_history(NULL);
SELECT prune_history('-1 day');
CALL drop_store();
DROP SCHEMA defaults CASCADE;
RESET ROLE;

-- The owner of this store is a superuser. A source is read with the rights of the role that added it, and no others.
CALL create_store();
SELECT name, outcome FROM install_default_jobs();
SELECT pause_jobs();
SELECT DISTINCT owner = current_user AS mine FROM clientele_data.jobs;
CREATE SCHEMA defaults AUTHORIZATION defaults_author;
SELECT defaults_add();
RESET ROLE;
CALL run_job('ingest');
CALL run_job('refresh_tags');
SELECT kind, value FROM clientele_data.identities;
SELECT tag, error FROM clientele_data.tag_status;
SELECT job, state FROM clientele_bi.job_runs ORDER BY run_id;
CALL drop_store();
DROP SCHEMA defaults CASCADE;
DROP OWNED BY defaults_author;
DROP ROLE defaults_author;
DROP FUNCTION defaults_add;
DROP OWNED BY defaults_owner;
DROP ROLE defaults_owner;
