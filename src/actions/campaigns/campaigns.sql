-- SPDX-License-Identifier: PostgreSQL
-- A campaign sends an action to an audience that is fixed at its start, except to a random share of it.

CREATE FUNCTION require_campaign(name text) RETURNS bigint
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  id bigint;
BEGIN
  PERFORM clientele.require_store('campaigns');
  SELECT c.campaign_id INTO id FROM clientele_data.campaigns c WHERE c.name = require_campaign.name;
  IF id IS NULL THEN
    RAISE EXCEPTION 'campaign "%" does not exist', left(name, 100) USING ERRCODE = 'undefined_object',
      HINT = clientele.nearest_names(name, ARRAY(SELECT c.name FROM clientele_data.campaigns c)) || 'clientele_bi.campaigns lists them.';
  END IF;
  RETURN id;
END $$;
COMMENT ON FUNCTION require_campaign(text) IS 'Returns the number of a campaign. Errors: 42704, with the nearest names.';

CREATE FUNCTION start_campaign(
    name text, audience tag_query, action text, share double precision DEFAULT 0.1, goal text DEFAULT NULL, value text DEFAULT NULL,
    within interval DEFAULT '30 days', before interval DEFAULT '30 days', smallest_effect double precision DEFAULT NULL,
    cost numeric DEFAULT NULL, at timestamptz DEFAULT now(), description text DEFAULT NULL,
    OUT campaign_id bigint, OUT matched bigint, OUT refused bigint, OUT in_global_control bigint, OUT control bigint, OUT treated bigint,
    OUT cooling bigint, OUT capped bigint, OUT queued bigint)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET clientele.unknown_event = 'error' AS $$
#variable_conflict use_variable
DECLARE
  zone CONSTANT text := clientele.store_time_zone();
  a record;
  everyone clientele.audience;
  members clientele.audience;
  left_out clientele.audience;
  receivers clientele.audience;
  cool clientele.audience;
  full_up clientele.audience;
BEGIN
  PERFORM clientele.require_store('campaigns', 'INSERT'), clientele.require_store('campaigns', 'UPDATE'),
          clientele.require_store('campaign_members', 'INSERT'), clientele.require_store('outbox', 'INSERT'),
          clientele.require_store('actions', 'UPDATE'), clientele.require_store('customers'),
          clientele.require_read_committed('a campaign can be started');
  IF num_nulls(name, action, goal, share, within, before, at) > 0 THEN
    RAISE EXCEPTION 'name, action, goal, share, within, before and at must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  PERFORM clientele.check_action_name('a campaign', name);
  IF NOT (share >= 0 AND share < 1) THEN
    RAISE EXCEPTION 'share must be at least 0 and less than 1: %', share USING ERRCODE = 'invalid_parameter_value';
  ELSIF within <= '0' OR within > '100 years' OR before < '0' OR before > '100 years' THEN
    RAISE EXCEPTION 'within must be positive, before must not be negative, and both at most 100 years' USING ERRCODE = 'invalid_parameter_value';
  ELSIF NOT (smallest_effect > 0 AND smallest_effect <= 1) THEN
    RAISE EXCEPTION 'smallest_effect must be positive and at most 1: %', smallest_effect USING ERRCODE = 'invalid_parameter_value';
  ELSIF NOT (cost >= 0 AND cost < 'Infinity') THEN
    RAISE EXCEPTION 'cost must be finite and not negative: %', cost USING ERRCODE = 'invalid_parameter_value';
  ELSIF NOT isfinite(at) THEN
    RAISE EXCEPTION 'at must be finite: %', at USING ERRCODE = 'datetime_field_overflow';
  END IF;
  -- All that queue messages hold it, so that each sees those of the others.
  LOCK TABLE clientele_data.actions IN SHARE ROW EXCLUSIVE MODE;
  PERFORM clientele.require_action(action);
  SELECT x.* INTO a FROM clientele_data.actions x WHERE x.name = action;
  IF EXISTS (SELECT FROM clientele_data.campaigns c WHERE c.name = start_campaign.name) THEN
    RAISE EXCEPTION 'campaign "%" exists already', left(name, 100) USING ERRCODE = 'duplicate_object',
      HINT = 'A campaign is started once, as its name draws the control group.';
  END IF;
  -- Asked of an empty journey, the selectors show whether their events are known.
  PERFORM clientele.event_count('{}'::clientele.journey, goal), clientele.event_count('{}'::clientele.journey, value);

  IF audience IS NULL THEN
    everyone := (SELECT clientele.audience(c.customer_id) FROM clientele_data.customers c WHERE c.merged_into IS NULL);
  ELSE
    PERFORM clientele.require_tags(audience);
    everyone := clientele.after_merges(clientele.audience_of(audience));
  END IF;
  everyone := coalesce(everyone, '{}');
  matched := clientele.cardinality(everyone);
  members := everyone OPERATOR(clientele.&) clientele.consenting(a.purpose);
  refused := matched - clientele.cardinality(members);
  in_global_control := clientele.cardinality(members);
  members := members OPERATOR(clientele.-) clientele.global_control();
  in_global_control := in_global_control - clientele.cardinality(members);
  left_out := clientele.control_group(members, share, name);
  receivers := members OPERATOR(clientele.-) left_out;
  control := clientele.cardinality(left_out);
  treated := clientele.cardinality(receivers);
  cool := receivers OPERATOR(clientele.&) clientele.cooling_customers(a.action_id, (at AT TIME ZONE zone - a.cool_down) AT TIME ZONE zone);
  full_up := (receivers OPERATOR(clientele.-) cool)
    OPERATOR(clientele.&) clientele.capped_customers(a.purpose, a.cap, (at AT TIME ZONE zone - a.cap_period) AT TIME ZONE zone);
  cooling := clientele.cardinality(cool);
  capped := clientele.cardinality(full_up);

  INSERT INTO clientele_data.campaigns AS c (
    name, action_id, action, audience, share, goal, value, within, before, smallest_effect, cost, started_at, matched, refused,
    in_global_control, overlapping, description)
  VALUES (name, a.action_id, a.name, audience::text, share, goal, value, within, before, smallest_effect, cost, at, matched, refused,
          in_global_control,
          (SELECT count(DISTINCT m.customer_id)
           FROM clientele_data.campaigns o JOIN clientele_data.campaign_members m ON m.campaign_id = o.campaign_id
           WHERE o.started_at <= at AND (o.started_at AT TIME ZONE zone + o.within) AT TIME ZONE zone > at AND members OPERATOR(clientele.@>) m.customer_id),
          description)
  RETURNING c.campaign_id INTO campaign_id;
  INSERT INTO clientele_data.campaign_members (campaign_id, customer_id, treated, skipped)
  SELECT start_campaign.campaign_id, m.customer_id, NOT left_out OPERATOR(clientele.@>) m.customer_id,
         CASE WHEN cool OPERATOR(clientele.@>) m.customer_id THEN 'cool_down' WHEN full_up OPERATOR(clientele.@>) m.customer_id THEN 'cap' END
  FROM (SELECT clientele.members(members) AS customer_id) m ORDER BY m.customer_id;
  INSERT INTO clientele_data.outbox (key, campaign_id, action_id, customer_id, treated, purpose, channel, payload, due, ready_at)
  SELECT format('campaign %s customer %s step 1', campaign_id, r.customer_id), campaign_id, a.action_id, r.customer_id, true, a.purpose,
         a.channel, r.payload, at, at
  FROM clientele.render_messages(a.template, (receivers OPERATOR(clientele.-) cool) OPERATOR(clientele.-) full_up,
                                 jsonb_build_object('action', a.name, 'strategy', a.strategy, 'channel', a.channel, 'campaign', name),
                                 a.warning) r
  ORDER BY r.customer_id;
  GET DIAGNOSTICS queued = ROW_COUNT;
  IF queued > 0 THEN
    PERFORM pg_notify('clientele_outbox', a.channel);
  END IF;
END $$;
COMMENT ON FUNCTION start_campaign(
    text, tag_query, text, double precision, text, text, interval, interval, double precision, numeric, timestamptz, text) IS
  'Starts a campaign: fixes its audience, draws a control group, and queues a message of an action for each other customer.
audience: a tag query, NULL for all customers. Of those that matched, customers who do not consent (refused) and those of the global control
group are not members. share: of the members, control_group(members, share, name) is the control group, which never gets a message: a
foreign key of the outbox refuses it. goal, which must be given: a selector of the events that count, until within has passed since the
start; value: a selector of the events whose amounts are summed. before: how long before the start the value is read to reduce variance.
smallest_effect and cost (of a message) are for campaign_effect(). Treated customers who got one of this action a short time ago (cooling)
or as many messages as its cap allows (capped) get none, and stay in their arm. at: the start; messages are due then. An arm never changes.
Errors: 42704 for an unknown action, tag or event, 42710 for a taken name, 55000 for a tag that was never refreshed, 22023 for values
out of range, 22004 for NULL, 25001 in REPEATABLE READ and SERIALIZABLE, 42P01 without a store, 42501 without the rights.';

CREATE FUNCTION stop_campaign(name text) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  id bigint;
  dropped bigint;
BEGIN
  PERFORM clientele.require_store('campaigns', 'UPDATE'), clientele.require_store('outbox', 'UPDATE');
  id := clientele.require_campaign(name);
  UPDATE clientele_data.campaigns c SET stopped_at = coalesce(c.stopped_at, now()) WHERE c.campaign_id = id;
  -- What is being claimed now is sent, or dropped at the next claim.
  WITH waiting AS (
    SELECT o.message_id FROM clientele_data.outbox o WHERE o.campaign_id = id AND o.status = 'queued'
    ORDER BY o.message_id FOR UPDATE SKIP LOCKED
  )
  UPDATE clientele_data.outbox o SET status = 'dropped', detail = 'the campaign was stopped', changed_at = clock_timestamp()
  FROM waiting w WHERE o.message_id = w.message_id;
  GET DIAGNOSTICS dropped = ROW_COUNT;
  RETURN dropped;
END $$;
COMMENT ON FUNCTION stop_campaign(text) IS
  'Stops a campaign: drops its messages that wait, and returns how many. What was claimed before may still be sent. Arms, and the time in
which events count, stay as they are.
Errors: 42704 for an unknown campaign, 42P01 without a store, 42501 without the right to change clientele_data.campaigns.';
