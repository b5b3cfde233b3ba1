-- SPDX-License-Identifier: PostgreSQL
-- Campaigns: who is in them, who gets a message, and that the control group never does.
\set tests :DBNAME
CREATE DATABASE clientele_campaigns ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_campaigns
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;
CREATE FUNCTION fails(statement text, OUT code text, OUT message text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  message := 'it does not fail';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
END $$;
CALL create_store();
CREATE TABLE ev AS
SELECT 'c' || n AS customer, timestamptz '2026-01-01' + n * interval '1 minute' AS at, CASE WHEN n % 2 = 0 THEN 'purchase' ELSE 'view' END AS event
FROM generate_series(1, 2000) n;
CALL load_events('ev');
SELECT define_tag('buyer', 'event_count(journey, ''purchase'') > 0'), define_tag('late', 'event_count(journey, ''view'') > 0');
SELECT define_action('mail', 'email', '{"to": "{customer_id}", "of": "{campaign}", "by": "{action}"}', cool_down => '10 days', cap => 2, cap_period => '30 days'),
       define_action('text', 'sms', '{}', cool_down => '0', cap => 1, cap_period => '30 days');
SELECT * FROM fails($$SELECT * FROM start_campaign('spring', 'buyer', 'mail', goal => 'purchase')$$);
SELECT count(*) > 0 AS refreshed FROM refresh_tags();
SELECT count(set_consent(n, 'marketing', true)) FROM generate_series(1, 1800) n;
CALL set_global_control(0.05);

-- Errors.
SELECT * FROM fails($$SELECT * FROM start_campaign(NULL, 'buyer', 'mail', goal => 'purchase')$$);
SELECT * FROM fails($$SELECT * FROM start_campaign('', 'buyer', 'mail', goal => 'purchase')$$);
SELECT * FROM fails($$SELECT * FROM start_campaign('spring', 'byer', 'mail', goal => 'purchase')$$);
SELECT * FROM fails($$SELECT * FROM start_campaign('spring', 'buyer', 'mial', goal => 'purchase')$$);
SELECT * FROM fails($$SELECT * FROM start_campaign('spring', 'buyer', 'mail', goal => 'purchse')$$);
SELECT * FROM fails($$SELECT * FROM start_campaign('spring', 'buyer', 'mail', goal => 'purchase', value => 'purchse')$$);
SELECT * FROM fails($$SELECT * FROM start_campaign('spring', 'buyer', 'mail', goal => 'purchase', share => 1)$$);
SELECT * FROM fails($$SELECT * FROM start_campaign('spring', 'buyer', 'mail', goal => 'purchase', share => 'NaN')$$);
SELECT * FROM fails($$SELECT * FROM start_campaign('spring', 'buyer', 'mail', goal => 'purchase', within => '0')$$);
SELECT * FROM fails($$SELECT * FROM start_campaign('spring', 'buyer', 'mail', goal => 'purchase', before => '-1 day')$$);
SELECT * FROM fails($$SELECT * FROM start_campaign('spring', 'buyer', 'mail', goal => 'purchase', smallest_effect => 0)$$);
SELECT * FROM fails($$SELECT * FROM start_campaign('spring', 'buyer', 'mail', goal => 'purchase', cost => 'NaN')$$);
SELECT * FROM fails($$SELECT * FROM start_campaign('spring', 'buyer', 'mail', goal => 'purchase', at => 'infinity')$$);
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT code FROM fails($$SELECT * FROM start_campaign('spring', 'buyer', 'mail', goal => 'purchase')$$);
ROLLBACK;

-- Who is in it.
SELECT * FROM start_campaign('spring', 'buyer', 'mail', goal => 'purchase', value => 'purchase', within => '14 days', cost => 0.05, at => '2026-02-01',
                             description => '春天');
SELECT * FROM fails($$SELECT * FROM start_campaign('spring', 'buyer', 'mail', goal => 'purchase')$$);
WITH base AS MATERIALIZED (SELECT (audience_of('buyer') & consenting('marketing')) - global_control() AS members)
SELECT a.members = b.members AS members, a.control = control_group(b.members, 0.1, 'spring') AS control
FROM base b, (SELECT audience(m.customer_id) AS members, audience(m.customer_id) FILTER (WHERE NOT m.treated) AS control
              FROM clientele_data.campaign_members m WHERE m.campaign_id = 1) a;
SELECT count(*) AS messages, count(*) FILTER (WHERE m.treated) AS treated FROM clientele_data.outbox o JOIN clientele_data.campaign_members m USING (campaign_id, customer_id);
SELECT key, payload, due, purpose, status, treated FROM clientele_data.outbox ORDER BY message_id LIMIT 2;
SELECT campaign, action, audience, goal, value, share, cost, description, started_at, ends_at, stopped_at, matched, refused, in_global_control,
       treated, control, cooling, capped, overlapping FROM clientele_bi.campaigns;

-- Cool-down and cap: those left out keep their arm.
SELECT matched, control, treated, cooling, capped, queued FROM start_campaign('again', NULL, 'mail', goal => 'purchase', at => '2026-02-05');
SELECT matched, control, treated, cooling, capped, queued FROM start_campaign('text 1', 'late', 'text', goal => 'purchase', share => 0.5, at => '2026-02-05');
SELECT matched, control, treated, cooling, capped, queued FROM start_campaign('text 2', NULL, 'text', goal => 'purchase', share => 0, at => '2026-02-06');
SELECT campaign, treated, control, cooling, capped, overlapping FROM clientele_bi.campaigns ORDER BY started_at, campaign;
SELECT c.name, m.treated, m.skipped, count(*), count(o.message_id) AS messages
FROM clientele_data.campaign_members m JOIN clientele_data.campaigns c USING (campaign_id) LEFT JOIN clientele_data.outbox o USING (campaign_id, customer_id)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 NULLS FIRST;
SELECT bool_and(n <= 2) AS within_the_cap FROM (SELECT customer_id, count(*) AS n FROM clientele_data.outbox GROUP BY 1) x;

-- No customer of the control group, whatever is written.
SELECT code, message FROM fails($$INSERT INTO clientele_data.outbox (campaign_id, customer_id, treated, purpose, channel, payload)
  SELECT m.campaign_id, m.customer_id, true, 'marketing', 'email', '{}' FROM clientele_data.campaign_members m WHERE NOT m.treated LIMIT 1$$);
SELECT code FROM fails($$INSERT INTO clientele_data.outbox (campaign_id, customer_id, treated, purpose, channel, payload)
  SELECT m.campaign_id, m.customer_id, false, 'marketing', 'email', '{}' FROM clientele_data.campaign_members m WHERE NOT m.treated LIMIT 1$$);
SELECT code FROM fails($$INSERT INTO clientele_data.outbox (campaign_id, customer_id, purpose, channel, payload)
  SELECT m.campaign_id, m.customer_id, 'marketing', 'email', '{}' FROM clientele_data.campaign_members m WHERE NOT m.treated LIMIT 1$$);
SELECT code FROM fails($$INSERT INTO clientele_data.outbox (campaign_id, channel, payload) VALUES (1, 'email', '{}')$$);
SELECT code FROM fails($$UPDATE clientele_data.campaign_members SET treated = NOT treated$$);
SELECT code FROM fails($$UPDATE clientele_data.outbox SET campaign_id = 2 WHERE campaign_id = 1$$);
SELECT code FROM fails($$DELETE FROM clientele_data.campaign_members m WHERE m.treated$$);

-- A customer of the control group and a treated one turn out to be one person: the message is dropped.
CREATE TABLE pair AS SELECT (SELECT min(customer_id) FROM clientele_data.campaign_members WHERE campaign_id = 1 AND treated) AS treated,
  (SELECT min(customer_id) FROM clientele_data.campaign_members WHERE campaign_id = 1 AND NOT treated) AS control;
SELECT merge_customers(treated, control) IS NOT NULL AS merged FROM pair;
SELECT count(*) AS claimed, count(*) FILTER (WHERE c.customer_id = (SELECT treated FROM pair)) AS of_the_person FROM claim_messages('email', 10000) c;
SELECT o.status, o.detail FROM clientele_data.outbox o JOIN pair p ON o.customer_id = p.treated WHERE o.campaign_id = 1;

-- Stopped: what waits is dropped, also what was claimed before and comes back.
SELECT * FROM fails($$SELECT stop_campaign('sprng')$$);
SELECT stop_campaign('text 1') > 0 AS dropped, stop_campaign('text 1') AS again, stop_campaign('spring');
UPDATE clientele_data.outbox SET ready_at = now() WHERE channel = 'email' AND campaign_id = 1 AND status = 'claimed';
SELECT count(*) FROM claim_messages('email', 10000) c JOIN clientele_data.outbox o USING (message_id) WHERE o.campaign_id = 1;
SELECT c.name, o.status, o.detail, count(*) FROM clientele_data.outbox o JOIN clientele_data.campaigns c USING (campaign_id) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
SELECT campaign, action, channel, day, status, messages FROM clientele_bi.campaign_messages ORDER BY campaign, status;
-- Counts stay when messages are deleted.
CREATE TABLE before AS SELECT * FROM clientele_bi.campaign_messages;
SELECT prune_outbox('0') > 0 AS pruned;
SELECT count(*) AS differing FROM (TABLE before EXCEPT TABLE clientele_bi.campaign_messages) x;
-- An action that goes leaves its campaigns.
SELECT drop_action('text');
SELECT campaign, action FROM clientele_bi.campaigns ORDER BY 1;
SELECT count(*) > 0 AS claimed FROM claim_messages('sms', 10);

\c :tests
DROP DATABASE clientele_campaigns;
