-- SPDX-License-Identifier: PostgreSQL
-- Messages, how they are claimed and reported; actions, templates and control groups.
\set tests :DBNAME
CREATE DATABASE clientele_actions ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_actions
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
SELECT code FROM fails($$SELECT send_message('email', '{}')$$);
SELECT code FROM fails($$SELECT * FROM claim_messages('email')$$);
SELECT code FROM fails($$SELECT * FROM run_actions()$$);
CALL create_store('Asia/Shanghai');
SELECT count(*) FROM run_actions();
SELECT count(*) FROM claim_messages('email');
CREATE TABLE ev AS
SELECT 'c' || n AS customer, timestamptz '2026-01-01' + n * interval '1 hour' AS at, CASE WHEN n % 2 = 0 THEN 'purchase' ELSE 'view' END AS event,
       n * 1.50 AS amount
FROM generate_series(1, 200) n;
CALL load_events('ev', amount => 'amount');

-- Messages.
SELECT * FROM fails($$SELECT send_message(NULL, '{}')$$);
SELECT * FROM fails($$SELECT send_message('', '{}')$$);
SELECT * FROM fails($$SELECT send_message('email', '{}', 777)$$);
SELECT * FROM fails($$SELECT send_message('email', '{}', 1, purpose => 'x')$$);
SELECT * FROM fails($$SELECT send_message('email', '{}', purpose => 'marketing')$$);
SELECT * FROM fails($$SELECT send_message('email', '{}', due => 'infinity')$$);
SELECT * FROM fails($$SELECT send_message('email', '{}', max_attempts => 0)$$);
SELECT code, message FROM fails($$SELECT send_message('email', '{}', key => repeat('k', 1001))$$);
SELECT code, message FROM fails($$SELECT send_message('email', to_jsonb(repeat('k', 2000000)))$$);
SELECT send_message('email', '{"n": 1}', key => 'once') = send_message('email', '{"n": 2}', key => 'once') AS the_same;
SELECT count(send_message('email', jsonb_build_object('n', n), n)) FROM generate_series(1, 3) n;
SELECT send_message('later', '{}', due => now() + interval '1 day') > 0 AS later, send_message('sms', '{}') > 0 AS other;
SELECT set_consent(1, 'marketing', true), set_consent(3, 'marketing', true);
SELECT customer_id, payload, key, attempt, leased_until > now() AS leased FROM claim_messages('email', 2);
SELECT customer_id, payload, attempt FROM claim_messages('email', 100, '1 hour');
SELECT count(*) FROM claim_messages('email');
SELECT count(*) FROM claim_messages('later');
SELECT customer_id, status, attempts, detail FROM clientele_data.outbox WHERE channel = 'email' ORDER BY customer_id NULLS FIRST;
SELECT * FROM fails($$SELECT * FROM claim_messages(NULL)$$);
SELECT * FROM fails($$SELECT * FROM claim_messages('email', 0)$$);
SELECT * FROM fails($$SELECT * FROM claim_messages('email', 1, '0')$$);
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT * FROM fails($$SELECT * FROM claim_messages('email')$$);
SELECT code FROM fails($$SELECT * FROM run_actions()$$);
COMMIT;

-- Reports.
CREATE FUNCTION of(customer bigint) RETURNS bigint LANGUAGE sql AS
  'SELECT max(message_id) FROM clientele_data.outbox WHERE channel = ''email'' AND customer_id IS NOT DISTINCT FROM $1';
CREATE FUNCTION again() RETURNS void LANGUAGE sql AS 'UPDATE clientele_data.outbox SET ready_at = now() WHERE ready_at > now() AND channel = ''email''';
SELECT * FROM fails($$SELECT report_message(777, 'sent')$$);
SELECT * FROM fails($$SELECT report_message(of(1), 'lost')$$);
SELECT * FROM fails($$SELECT report_message(of(1), NULL)$$);
SELECT * FROM fails($$SELECT report_message(of(2), 'sent')$$);
SELECT * FROM fails($$SELECT report_message(of(1), 'sent', attempt => 2)$$);
SELECT * FROM fails($$SELECT report_message(of(1), 'failed', retry_after => '-1 s')$$);
SELECT report_message(of(NULL), 'sent', 'HTTP 200'), report_message(of(NULL), 'failed', 'late'), report_message(of(NULL), 'sent'),
       report_message(of(NULL), 'delivered'), report_message(of(NULL), 'undeliverable');
SELECT report_message(of(1), 'failed', 'HTTP 500'), report_message(of(1), 'failed');
SELECT status, attempts, detail, ready_at > now() + interval '25 seconds' AS waits, sent_at IS NULL AS unsent FROM clientele_data.outbox WHERE message_id = of(1);
SELECT report_message(of(3), 'failed', retry_after => '1 day');
SELECT ready_at > now() + interval '23 hours' AS waits FROM clientele_data.outbox WHERE message_id = of(3);
SELECT message_delay(n) FROM generate_series(0, 12, 4) n;
-- An earlier attempt: a success counts, a failure does not.
SELECT again(); SELECT customer_id, attempt FROM claim_messages('email');
SELECT report_message(of(1), 'undeliverable', attempt => 1), report_message(of(1), 'sent', attempt => 1), report_message(of(1), 'undeliverable', attempt => 2);
SELECT report_message(of(3), 'undeliverable', 'unknown address'), report_message(of(3), 'sent');
SELECT status, detail, sent_at IS NOT NULL AS sent, delivered_at IS NOT NULL AS delivered FROM clientele_data.outbox WHERE channel = 'email' ORDER BY customer_id NULLS FIRST;
-- The last attempt.
SELECT send_message('email', '{}', 1, max_attempts => 2) IS NOT NULL AS sent;
SELECT attempt FROM claim_messages('email'); SELECT report_message(of(1), 'failed', '1'); SELECT again();
SELECT attempt FROM claim_messages('email'); SELECT report_message(of(1), 'failed', '2');
SELECT send_message('email', '{}', 1, max_attempts => 1) IS NOT NULL AS sent;
SELECT attempt FROM claim_messages('email'); SELECT again(); SELECT attempt FROM claim_messages('email');
SELECT status, detail FROM clientele_data.outbox WHERE message_id = of(1);
-- A withdrawal between two attempts, and one before the first.
SELECT send_message('email', '{}', 1) IS NOT NULL AS sent; SELECT attempt FROM claim_messages('email');
SELECT set_consent(1, 'marketing', false), again(); SELECT attempt FROM claim_messages('email');
SELECT status, attempts, detail FROM clientele_data.outbox WHERE message_id = of(1);
SELECT channel, status, messages, ready, round(average_attempts::numeric, 2) AS attempts FROM clientele_bi.outbox_status ORDER BY 1, 2;

-- Old messages are deleted, their counts stay.
SELECT * FROM fails($$SELECT prune_outbox(NULL)$$);
SELECT * FROM fails($$SELECT prune_outbox('-1 day')$$);
UPDATE clientele_data.outbox SET changed_at = now() - interval '2 years' WHERE channel = 'email';
SELECT prune_outbox(), prune_outbox();
SELECT status, messages FROM clientele_data.outbox_totals ORDER BY 1;
SELECT count(*) FROM clientele_data.outbox WHERE channel = 'email';

-- Actions.
SELECT define_tag('buyer', 'event_count(journey, ''purchase'') > 0'), define_tag('spend', 'amount_sum(journey, ''*'')'),
       define_tag('kind', 'CASE WHEN customer_id % 4 = 0 THEN ''"A" \ {spend}'' END'), define_tag('never', 'event_count(journey, ''view'') > 5'),
       define_tag('risk', 'CASE WHEN customer_id % 10 = 1 THEN ''critical'' WHEN customer_id % 10 = 3 THEN ''warning'' WHEN customer_id % 10 = 5 THEN ''attention'' END');
SELECT define_action('early', 'email', '{}', 'buyer');
SELECT action, error FROM run_actions();
SELECT error, ran_at IS NULL AS never_ran FROM clientele_bi.actions;
SELECT drop_action('early');
SELECT count(*) > 0 AS refreshed FROM refresh_tags();
SELECT * FROM fails($$SELECT define_action('', 'email', '{}')$$);
SELECT * FROM fails($$SELECT define_action('a', 'email', NULL)$$);
SELECT * FROM fails($$SELECT define_action('a', 'email', '{}', 'byer')$$);
SELECT * FROM fails($$SELECT define_action('a', 'email', '{"t": "{byer}"}')$$);
SELECT * FROM fails($$SELECT define_action('a', 'email', '{"t": "{reasons}"}', 'buyer')$$);
SELECT * FROM fails($$SELECT define_action('a', 'email', '{"{buyer}": 1}')$$);
SELECT * FROM fails($$SELECT define_action('a', 'email', '{}', 'buyer', warning => 'risk')$$);
SELECT * FROM fails($$SELECT define_action('a', 'email', '{}', warning => 'rsk')$$);
SELECT * FROM fails($$SELECT define_action('a', 'email', '{}', warning => 'risk', level => 'high')$$);
SELECT * FROM fails($$SELECT define_action('a', 'email', '{}', cap => 0)$$);
SELECT * FROM fails($$SELECT define_action('a', 'email', '{}', cool_down => '-1 day')$$);
SELECT * FROM fails($$SELECT define_action('a', 'email', '{}', control_share => 'NaN')$$);
SELECT * FROM fails($$SELECT define_action('a', 'email', '{}', purpose => 'sales')$$);
SELECT code, message FROM fails($$SELECT define_action('a', 'email', to_jsonb(repeat('x', 100001)))$$);
SELECT code, message FROM fails($$SELECT define_action('a', 'email', to_jsonb(repeat('{buyer}', 101)))$$);
SELECT * FROM fails($$SELECT drop_action('a')$$);
SELECT * FROM fails($$SELECT * FROM run_actions(names => '{a}')$$);
SELECT * FROM fails($$SELECT * FROM run_actions('infinity')$$);

-- Templates: values are data, whatever is in them.
SELECT customer_id, payload FROM render_messages(
  '{"to": "{customer_id}", "text": ["{kind|no kind} {spend}{spend}", {"b": "{buyer|no \\ 值}"}], "plain": 1.50, "no": "{}", "half": "{spend", "n": "{action} {campaign|-}"}',
  '{3,4}', '{"action": "hi {spend}"}') ORDER BY 1;
SELECT payload FROM render_messages('"{tag:spend}"', '{1}');
SELECT payload FROM render_messages('{"a": []}', '{1}');
SELECT * FROM fails($$SELECT * FROM render_messages('"{attribute:spend}"', '{1}')$$);
SELECT warning_query('risk', 'warning'), warning_query('a "b"', 'critical'), warning_query('risk', NULL), warning_query(NULL, NULL);
SELECT count(*) FROM warning_values('risk', '{1}');

-- Who gets a message: consent, control groups, cool-down, cap, priority.
SELECT count(set_consent(n, 'marketing', n % 5 <> 0)) FROM generate_series(1, 190) n;
CALL set_global_control(0.1);
SELECT * FROM fails($$CALL set_global_control(1)$$);
SELECT * FROM fails($$CALL set_global_control(NULL)$$);
SELECT global_control_share(), global_control() = control_group((SELECT audience(n) FROM generate_series(1, 200) n), 0.1, 'global') AS the_group;
SELECT define_action('second', 'email', '{"to": "{customer_id}"}', 'buyer', priority => 20, cap => 1, description => 'the second'),
       define_action('first', 'sms', '{"to": "{customer_id}", "text": "{kind|friend}"}', 'kind', priority => 10, control_share => 0.2),
       define_action('warned', 'crm', '{"level": "{strategy}"}', warning => 'risk', level => 'warning', strategy => '回访'),
       define_action('only campaigns', 'email', '{}'), define_action('paused', 'email', '{}', 'buyer', active => false);
SELECT * FROM run_actions('2026-06-01 12:00');
SELECT matched, refused, control, cooling, capped, queued FROM clientele_bi.actions WHERE action = 'first';
SELECT count(*) AS again FROM run_actions('2026-06-01 12:00') WHERE queued > 0;
SELECT action, cooling, capped, queued FROM run_actions('2026-06-09 12:00');
SELECT action, cooling, capped, queued FROM run_actions('2026-07-02 12:00', '{first}');
SELECT count(*) AS wrong FROM clientele_data.outbox o WHERE o.action_id IS NOT NULL AND (
  NOT consents_to(o.customer_id, 'marketing') OR global_control() @> o.customer_id
  OR o.action_id = (SELECT a.action_id FROM clientele_data.actions a WHERE a.name = 'first') AND in_control_group(o.customer_id, 0.2, 'action first'));
SELECT min(payload::text), count(DISTINCT payload) FROM clientele_data.outbox WHERE channel = 'sms' AND action_id IS NOT NULL;
SELECT payload, due, status FROM clientele_data.outbox WHERE channel = 'crm' ORDER BY message_id LIMIT 1;
SELECT action, channel, warning, level, audience, strategy, priority, active, cap, control_share, description FROM clientele_bi.actions ORDER BY action;
SELECT campaign, action, channel, day, status, messages FROM clientele_bi.campaign_messages ORDER BY 2, 4;

-- No control customer, whichever way the row is written.
SELECT code, message FROM fails($$INSERT INTO clientele_data.outbox (action_id, customer_id, purpose, channel, payload)
  SELECT a.action_id, n, 'marketing', 'sms', '{}' FROM clientele_data.actions a, members(global_control()) n WHERE a.name = 'second' LIMIT 1$$);
SELECT code, message FROM fails($$INSERT INTO clientele_data.outbox (action_id, customer_id, purpose, channel, payload)
  SELECT a.action_id, n, 'marketing', 'sms', '{}' FROM clientele_data.actions a, generate_series(1, 200) n
  WHERE a.name = 'first' AND in_control_group(n, 0.2, 'action first') AND NOT global_control() @> n$$);
SELECT code FROM fails($$UPDATE clientele_data.outbox SET customer_id = 1 WHERE action_id IS NOT NULL$$);
SELECT code FROM fails($$UPDATE clientele_data.outbox SET action_id = NULL WHERE action_id IS NOT NULL$$);
SELECT code FROM fails($$INSERT INTO clientele_data.outbox (customer_id, channel, payload) VALUES (1, 'sms', '{}')$$);
-- The group has grown since: messages that wait are dropped.
CALL set_global_control(0.3);
SELECT count(*) > 0 AS claimed, count(*) FILTER (WHERE global_control() @> customer_id) AS of_control FROM claim_messages('crm', 1000);
SELECT detail, count(*) > 0 AS dropped FROM clientele_data.outbox WHERE channel = 'crm' AND status = 'dropped' GROUP BY 1;
-- An action that is dropped takes its messages along.
SELECT drop_action('second') > 0 AS dropped;
SELECT status, detail, count(*) > 0 AS some FROM clientele_data.outbox WHERE channel = 'email' AND action_id IS NOT NULL GROUP BY 1, 2;

-- Rights, and a deliverer's.
CREATE ROLE actions_deliverer; CREATE ROLE actions_reader;
CALL grant_bi('actions_reader');
GRANT USAGE ON SCHEMA clientele_data TO actions_deliverer;
ALTER DATABASE clientele_actions SET clientele.trusted_owners = 'postgres';
SET ROLE actions_deliverer;
SELECT code FROM fails($$SELECT * FROM claim_messages('sms')$$);
SELECT code FROM fails($$SELECT send_message('sms', '{}')$$);
RESET ROLE;
SET ROLE actions_reader;
SELECT count(*) > 0 AS seen FROM clientele_bi.actions;
SELECT count(*) > 0 AS seen FROM clientele_bi.campaign_messages;
SELECT code FROM fails($$SELECT * FROM clientele_data.outbox$$);
RESET ROLE;
DROP OWNED BY actions_deliverer, actions_reader; DROP ROLE actions_deliverer, actions_reader;

\c :tests
DROP DATABASE clientele_actions;
