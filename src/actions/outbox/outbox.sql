-- SPDX-License-Identifier: PostgreSQL
-- Messages are added here, claimed by those that deliver them, and reported.

CREATE FUNCTION send_message(
    channel text, payload jsonb, customer_id bigint DEFAULT NULL, due timestamptz DEFAULT now(), key text DEFAULT NULL,
    purpose text DEFAULT NULL, max_attempts integer DEFAULT 8) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  id bigint;
BEGIN
  PERFORM clientele.require_store('outbox', 'INSERT');
  IF num_nulls(channel, payload, due, max_attempts) > 0 THEN
    RAISE EXCEPTION 'channel, payload, due and max_attempts must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  PERFORM clientele.check_channel(channel);
  IF NOT isfinite(due) THEN
    RAISE EXCEPTION 'due must be finite: %', due USING ERRCODE = 'datetime_field_overflow';
  ELSIF max_attempts NOT BETWEEN 1 AND 1000 THEN
    RAISE EXCEPTION 'max_attempts must be between 1 and 1000: %', max_attempts USING ERRCODE = 'invalid_parameter_value';
  ELSIF octet_length(key) > 1000 THEN
    RAISE EXCEPTION 'key must not be longer than 1000 bytes' USING ERRCODE = 'program_limit_exceeded';
  ELSIF octet_length(payload::text) > 1048576 THEN
    RAISE EXCEPTION 'payload must not be longer than 1048576 bytes' USING ERRCODE = 'program_limit_exceeded';
  ELSIF customer_id IS NULL AND purpose IS NOT NULL THEN
    RAISE EXCEPTION 'a message without a customer cannot have a purpose' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF customer_id IS NOT NULL THEN
    purpose := coalesce(purpose, 'marketing');
    PERFORM clientele.require_purpose(purpose);
    IF clientele.customer_now(customer_id) IS NULL THEN
      RAISE EXCEPTION 'customer % does not exist', customer_id USING ERRCODE = 'undefined_object';
    END IF;
  END IF;
  INSERT INTO clientele_data.outbox AS o (key, customer_id, purpose, channel, payload, due, ready_at, max_attempts)
  VALUES (key, customer_id, purpose, channel, payload, due, due, max_attempts)
  ON CONFLICT ON CONSTRAINT outbox_key_key DO NOTHING
  RETURNING o.message_id INTO id;
  IF id IS NULL THEN
    SELECT o.message_id INTO STRICT id FROM clientele_data.outbox o WHERE o.key = send_message.key;
  ELSE
    PERFORM pg_notify('clientele_outbox', channel);
  END IF;
  RETURN id;
END $$;
COMMENT ON FUNCTION send_message(text, jsonb, bigint, timestamptz, text, text, integer) IS
  'Adds a message to the outbox and returns its number, as send_message(''email'', ''{"subject": "Hello"}'', 42).
A deliverer of the channel claims it when it is due. key says what the message is: a second call with the same key adds nothing and returns
the number of the first message. A message for or about a customer is dropped when it is claimed unless the customer consents to purpose
(marketing by default); other messages have neither. max_attempts: how often it may be claimed. The channel is notified on clientele_outbox.
Errors: 42704 for an unknown customer or purpose, 22004 for NULL, 22023 for a bad channel or max_attempts, 22008 for a time that is not
finite, 54000 for a payload of more than 1 MB or a key of more than 1,000 bytes, 42P01 without a store, 42501 without the right to add to
clientele_data.outbox.';

CREATE FUNCTION check_channel(channel text) RETURNS void
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF channel = '' OR length(channel) > 100 THEN
    RAISE EXCEPTION 'a channel cannot have the name "%"', left(channel, 100) USING ERRCODE = 'invalid_parameter_value',
      HINT = 'A name has from 1 to 100 characters.';
  END IF;
END $$;
COMMENT ON FUNCTION check_channel(text) IS 'Checks the name of a channel of messages. Errors: 22023.';

CREATE FUNCTION require_read_committed(what text) RETURNS void
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
    RAISE EXCEPTION '% in READ COMMITTED only', what USING ERRCODE = 'active_sql_transaction',
      HINT = 'The snapshot of other transactions may be older than a consent that was withdrawn, or than messages of others.';
  END IF;
END $$;
COMMENT ON FUNCTION require_read_committed(text) IS
  'Refuses to go on in a transaction whose snapshot may be older than what others have committed. Errors: 25001.';

CREATE FUNCTION message_delay(attempts integer) RETURNS interval
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT least(interval '30 seconds' * 2 ^ least(greatest(attempts - 1, 0), 20), interval '6 hours')
$$;
COMMENT ON FUNCTION message_delay(integer) IS
  'Returns how long a message waits after a number of failed attempts: 30 seconds, then twice as long each time, at most 6 hours.';

CREATE FUNCTION held_back(campaign_id bigint, action_id bigint, customer_id bigint) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  person bigint;
  share double precision;
  action text;
BEGIN
  PERFORM clientele.require_store('campaign_members'), clientele.require_store('actions'), clientele.require_store('customers');
  IF customer_id IS NULL OR num_nulls(campaign_id, action_id) = 2 THEN
    RETURN NULL;
  END IF;
  person := clientele.customer_now(customer_id);
  IF person IS NULL THEN
    RETURN 'the customer does not exist';
  END IF;
  share := clientele.global_control_share();
  IF share > 0 AND clientele.in_control_group(person, share, 'global') THEN
    RETURN 'the customer is in the global control group';
  END IF;
  IF campaign_id IS NOT NULL THEN
    -- Of two numbers of one person, one may be in the control group: that group stays without messages.
    IF EXISTS (SELECT FROM (SELECT customer_id AS id UNION SELECT person
                            UNION SELECT c.customer_id FROM clientele_data.customers c WHERE c.merged_into = person) n
               JOIN clientele_data.campaign_members m ON m.campaign_id = held_back.campaign_id AND m.customer_id = n.id
               WHERE NOT m.treated) THEN
      RETURN 'the customer is in the control group of the campaign';
    END IF;
  ELSE
    SELECT a.control_share, a.name INTO share, action FROM clientele_data.actions a WHERE a.action_id = held_back.action_id;
    IF share > 0 AND clientele.in_control_group(person, share, 'action ' || action) THEN
      RETURN 'the customer is in the control group of the action';
    END IF;
  END IF;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION held_back(bigint, bigint, bigint) IS
  'Returns why a customer gets no message of a campaign or an action: because it is in a control group; NULL if it is in none.
Errors: 42P01 without a store, 42501 without the right to read campaigns and actions.';

CREATE FUNCTION claim_messages(channel text, most integer DEFAULT 100, lease interval DEFAULT '5 minutes')
  RETURNS TABLE (message_id bigint, customer_id bigint, payload jsonb, key text, attempt integer, due timestamptz, leased_until timestamptz)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  one record;
  reason text;
  present timestamptz;
  seen bigint;
  taken integer := 0;
BEGIN
  PERFORM clientele.require_store('outbox', 'UPDATE'), clientele.require_store('consents'), clientele.require_store('campaigns'),
          clientele.require_store('actions');
  IF num_nulls(channel, most, lease) > 0 THEN
    RAISE EXCEPTION 'channel, most and lease must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF most NOT BETWEEN 1 AND 10000 THEN
    RAISE EXCEPTION 'most must be between 1 and 10000: %', most USING ERRCODE = 'invalid_parameter_value';
  ELSIF lease <= '0' OR lease > '7 days' THEN
    RAISE EXCEPTION 'lease must be positive and at most 7 days: %', lease USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM clientele.require_read_committed('messages can be claimed');
  LOOP
    seen := 0;
    present := clock_timestamp();
    FOR one IN
      SELECT o.message_id, o.customer_id, o.payload, o.key, o.attempts, o.max_attempts, o.due, o.campaign_id, o.action_id, o.purpose
      FROM clientele_data.outbox o
      WHERE o.channel = claim_messages.channel AND o.status IN ('queued', 'claimed') AND o.ready_at <= present
      ORDER BY o.ready_at, o.message_id LIMIT most - taken FOR UPDATE SKIP LOCKED
    LOOP
      seen := seen + 1;
      reason := CASE
        WHEN one.campaign_id IS NOT NULL AND NOT EXISTS (
          SELECT FROM clientele_data.campaigns c WHERE c.campaign_id = one.campaign_id AND c.stopped_at IS NULL) THEN 'the campaign was stopped'
        WHEN one.campaign_id IS NULL AND one.action_id IS NOT NULL AND NOT EXISTS (
          SELECT FROM clientele_data.actions a WHERE a.action_id = one.action_id) THEN 'the action was dropped'
        WHEN one.customer_id IS NOT NULL AND clientele.consents_to(one.customer_id, one.purpose) IS NOT TRUE
          THEN format('the customer does not consent to %s', one.purpose)
        ELSE clientele.held_back(one.campaign_id, one.action_id, one.customer_id) END;
      IF reason IS NOT NULL THEN
        UPDATE clientele_data.outbox o SET status = 'dropped', detail = reason, changed_at = present WHERE o.message_id = one.message_id;
      ELSIF one.attempts >= one.max_attempts THEN
        UPDATE clientele_data.outbox o
        SET status = 'failed', changed_at = present, detail = format('nothing was reported after the last of %s attempts', one.attempts)
        WHERE o.message_id = one.message_id;
      ELSE
        UPDATE clientele_data.outbox o
        SET status = 'claimed', attempts = one.attempts + 1, ready_at = present + lease, changed_at = present
        WHERE o.message_id = one.message_id;
        taken := taken + 1;
        message_id := one.message_id;
        customer_id := one.customer_id;
        payload := one.payload;
        key := one.key;
        attempt := one.attempts + 1;
        due := one.due;
        leased_until := present + lease;
        RETURN NEXT;
      END IF;
    END LOOP;
    EXIT WHEN seen = 0 OR taken >= most;
  END LOOP;
END $$;
COMMENT ON FUNCTION claim_messages(text, integer, interval) IS
  'Takes messages of a channel that are due, at most so many, those first that have been ready for longest.
Commit before you send them: no other claim gets them until the lease runs out, and afterwards they are claimed again unless
report_message() said how it went. So each is sent at least once, and again if its claimer was killed; attempt counts the times. Others
that claim at once get other messages and do not wait.
A message whose customer does not consent any longer, or is in a control group, is dropped, and
so is one of a campaign that was stopped. Errors: 22004 for NULL, 22023 for most or lease out of range, 25001 in REPEATABLE READ and
SERIALIZABLE, 42P01 without a store, 42501 without the right to change clientele_data.outbox.';

CREATE FUNCTION report_message(
    message_id bigint, status text, detail text DEFAULT NULL, attempt integer DEFAULT NULL, retry_after interval DEFAULT NULL) RETURNS text
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  was record;
  becomes text;
  present timestamptz;
BEGIN
  PERFORM clientele.require_store('outbox', 'UPDATE');
  IF num_nulls(message_id, status) > 0 THEN
    RAISE EXCEPTION 'message_id and status must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF status NOT IN ('sent', 'delivered', 'failed', 'undeliverable') THEN
    RAISE EXCEPTION 'a message cannot be reported as "%"', left(status, 100) USING ERRCODE = 'invalid_parameter_value',
      HINT = 'Report sent, delivered, failed (it is tried again) or undeliverable (it is not).';
  ELSIF retry_after < '0' OR retry_after > '30 days' THEN
    RAISE EXCEPTION 'retry_after must be between 0 and 30 days: %', retry_after USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT o.status, o.attempts, o.max_attempts, o.sent_at INTO was
  FROM clientele_data.outbox o WHERE o.message_id = report_message.message_id FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'message % does not exist', message_id USING ERRCODE = 'undefined_object';
  ELSIF was.attempts = 0 OR attempt > was.attempts OR attempt < 1 THEN
    RAISE EXCEPTION 'message % has not been claimed%', message_id, CASE WHEN attempt IS NULL THEN '' ELSE format(' %s times', attempt) END
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'claim_messages() returns the messages to send, with their attempt.';
  END IF;
  -- What was sent was sent, also if another has it now. A failure counts only if it was not claimed again since.
  becomes := CASE
    WHEN was.status = 'delivered' THEN NULL
    WHEN status = 'delivered' THEN 'delivered'
    WHEN status = 'sent' AND was.sent_at IS NULL THEN 'sent'
    WHEN status = 'sent' OR attempt < was.attempts THEN NULL
    WHEN was.status = 'sent' THEN CASE status WHEN 'undeliverable' THEN 'failed' END
    WHEN was.status = 'claimed' AND status = 'failed' AND was.attempts < was.max_attempts THEN 'queued'
    WHEN was.status = 'claimed' OR was.status = 'queued' AND status = 'undeliverable' THEN 'failed' END;
  IF becomes IS NULL THEN
    RETURN was.status;
  END IF;
  present := clock_timestamp();
  UPDATE clientele_data.outbox o
  SET status = becomes, changed_at = present, detail = coalesce(left(report_message.detail, 2000), CASE WHEN becomes IN ('queued', 'failed') THEN o.detail END),
      sent_at = CASE WHEN becomes IN ('sent', 'delivered') THEN coalesce(o.sent_at, present) ELSE o.sent_at END,
      delivered_at = CASE WHEN becomes = 'delivered' THEN present ELSE o.delivered_at END,
      ready_at = CASE WHEN becomes = 'queued' THEN present + coalesce(retry_after, clientele.message_delay(was.attempts)) ELSE o.ready_at END
  WHERE o.message_id = report_message.message_id;
  RETURN becomes;
END $$;
COMMENT ON FUNCTION report_message(bigint, text, text, integer, interval) IS
  'Says how a claimed message went, and returns the status that it has now.
status: sent; delivered, also later; failed: it is tried again after message_delay(attempts), or retry_after, until it has been claimed
max_attempts times; undeliverable: it is not tried again. A message that was sent and then reported as undeliverable has bounced.
attempt: which claim is meant, as claim_messages() returned it; a failure of an earlier one changes nothing, as the message was claimed
again since. The same report again changes nothing. detail: up to 2,000 characters, such as an answer of the receiver. Errors: 42704 for an
unknown message, 55000 for one that was not claimed, 22023 for another status, 22004 for NULL, 42P01 without a store, 42501 without the
right to change clientele_data.outbox.';

CREATE FUNCTION prune_outbox(age interval DEFAULT '1 year') RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  pruned bigint;
  zone text;
BEGIN
  PERFORM clientele.require_store('outbox', 'DELETE'), clientele.require_store('outbox_totals', 'INSERT'),
          clientele.require_store('outbox_totals', 'UPDATE');
  IF age IS NULL THEN
    RAISE EXCEPTION 'age must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF age < '0' THEN
    RAISE EXCEPTION 'age must not be negative: %', age USING ERRCODE = 'invalid_parameter_value';
  END IF;
  zone := clientele.store_time_zone();
  -- Two at once would count a total twice.
  LOCK TABLE clientele_data.outbox_totals IN SHARE ROW EXCLUSIVE MODE;
  WITH gone AS (
    DELETE FROM clientele_data.outbox o
    WHERE o.status IN ('sent', 'delivered', 'failed', 'dropped') AND o.changed_at < now() - age
    RETURNING o.campaign_id, o.action_id, o.channel, (o.due AT TIME ZONE zone)::date AS day, o.status
  ), counted AS MATERIALIZED (
    SELECT g.campaign_id, g.action_id, g.channel, g.day, g.status, count(*) AS n FROM gone g GROUP BY 1, 2, 3, 4, 5
  ), added AS (
    UPDATE clientele_data.outbox_totals t SET messages = t.messages + c.n
    FROM counted c
    WHERE t.campaign_id IS NOT DISTINCT FROM c.campaign_id AND t.action_id IS NOT DISTINCT FROM c.action_id
      AND (t.channel, t.day, t.status) = (c.channel, c.day, c.status)
    RETURNING c.*
  ), inserted AS (
    INSERT INTO clientele_data.outbox_totals (campaign_id, action_id, channel, day, status, messages)
    SELECT c.* FROM counted c
    WHERE NOT EXISTS (SELECT FROM added a WHERE a.campaign_id IS NOT DISTINCT FROM c.campaign_id
                      AND a.action_id IS NOT DISTINCT FROM c.action_id AND (a.channel, a.day, a.status) = (c.channel, c.day, c.status))
  )
  SELECT coalesce(sum(c.n), 0) INTO pruned FROM counted c;
  RETURN pruned;
END $$;
COMMENT ON FUNCTION prune_outbox(interval) IS
  'Deletes messages that are sent, delivered, failed or dropped and have not changed for that long, and returns how many.
Their counts stay in clientele_data.outbox_totals. A key that is deleted can be used again, and a message that is deleted does not count for
caps and cool-downs: so age should be longer than these. Errors: 22004 for NULL, 22023 for a negative age, 42P01 without a store, 42501
without the right to delete from clientele_data.outbox.';
