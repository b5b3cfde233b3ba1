-- SPDX-License-Identifier: PostgreSQL
-- What is due is queued.

CREATE FUNCTION cooling_customers(action_id bigint, since timestamptz) RETURNS audience
  LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('outbox'), clientele.require_store('customers');
  RETURN (SELECT coalesce(clientele.audience(coalesce(c.merged_into, c.customer_id)), '{}')
          FROM clientele_data.outbox o JOIN clientele_data.customers c USING (customer_id)
          WHERE o.due > since AND o.action_id = cooling_customers.action_id AND o.status <> 'dropped');
END $$;
COMMENT ON FUNCTION cooling_customers(bigint, timestamptz) IS
  'Returns the customers who have a message of an action that was due after a time; dropped ones do not count. A part of run_actions().';

CREATE FUNCTION capped_customers(purpose text, cap integer, since timestamptz) RETURNS audience
  LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('outbox'), clientele.require_store('customers');
  IF cap IS NULL THEN
    RETURN '{}'::clientele.audience;
  END IF;
  RETURN (SELECT coalesce(clientele.audience(p.person), '{}')
          FROM (SELECT coalesce(c.merged_into, c.customer_id) AS person
                FROM clientele_data.outbox o JOIN clientele_data.customers c USING (customer_id)
                WHERE o.due > since AND o.purpose = capped_customers.purpose AND o.status <> 'dropped'
                GROUP BY 1 HAVING count(*) >= cap) p);
END $$;
COMMENT ON FUNCTION capped_customers(text, integer, timestamptz) IS
  'Returns the customers who have so many messages for a purpose that were due after a time; dropped ones do not count. A part of
run_actions().';

CREATE FUNCTION run_action(id bigint, at timestamptz, everyone_consenting audience, OUT matched bigint, OUT refused bigint,
                           OUT control bigint, OUT cooling bigint, OUT capped bigint, OUT queued bigint)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  -- Days and months go by the calendar of the store, whatever the time zone of the session.
  zone CONSTANT text := clientele.store_time_zone();
  a record;
  customers clientele.audience;
  rest clientele.audience;
BEGIN
  PERFORM clientele.require_store('actions'), clientele.require_store('outbox', 'INSERT');
  SELECT x.* INTO a FROM clientele_data.actions x WHERE x.action_id = id;
  customers := clientele.after_merges(clientele.audience_of(coalesce(a.audience::clientele.tag_query, clientele.warning_query(a.warning, a.level))));
  matched := clientele.cardinality(customers);
  rest := customers OPERATOR(clientele.&) everyone_consenting;
  refused := matched - clientele.cardinality(rest);
  customers := rest;
  rest := rest OPERATOR(clientele.-) clientele.global_control();
  rest := rest OPERATOR(clientele.-) clientele.control_group(rest, a.control_share, 'action ' || a.name);
  control := clientele.cardinality(customers) - clientele.cardinality(rest);
  customers := rest;
  rest := rest OPERATOR(clientele.-) clientele.cooling_customers(id, (at AT TIME ZONE zone - a.cool_down) AT TIME ZONE zone);
  cooling := clientele.cardinality(customers) - clientele.cardinality(rest);
  customers := rest;
  rest := rest OPERATOR(clientele.-) clientele.capped_customers(a.purpose, a.cap, (at AT TIME ZONE zone - a.cap_period) AT TIME ZONE zone);
  capped := clientele.cardinality(customers) - clientele.cardinality(rest);
  INSERT INTO clientele_data.outbox (key, action_id, customer_id, purpose, channel, payload, due, ready_at)
  SELECT format('action %s customer %s at %s', id, r.customer_id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')),
         id, r.customer_id, a.purpose, a.channel, r.payload, at, at
  FROM clientele.render_messages(a.template, rest, jsonb_build_object('action', a.name, 'strategy', a.strategy, 'channel', a.channel),
                                 a.warning) r
  ORDER BY r.customer_id
  ON CONFLICT ON CONSTRAINT outbox_key_key DO NOTHING;
  GET DIAGNOSTICS queued = ROW_COUNT;
  IF queued > 0 THEN
    PERFORM pg_notify('clientele_outbox', a.channel);
  END IF;
END $$;
COMMENT ON FUNCTION run_action(bigint, timestamptz, audience) IS
  'Queues the messages of one action that are due, and returns how many customers were left out for what; a part of run_actions().';

CREATE FUNCTION run_actions(at timestamptz DEFAULT NULL, names text[] DEFAULT NULL)
  RETURNS TABLE (action text, matched bigint, refused bigint, control bigint, cooling bigint, capped bigint, queued bigint, error text)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 20 SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
#variable_conflict use_column
DECLARE
  present CONSTANT timestamptz := coalesce(at, now());
  one record;
  done record;
BEGIN
  PERFORM clientele.require_store('actions', 'UPDATE'), clientele.require_store('action_status', 'INSERT'),
          clientele.require_store('action_status', 'UPDATE'), clientele.require_store('outbox', 'INSERT'),
          clientele.require_read_committed('actions can be run');
  PERFORM clientele.require_action(u.name) FROM unnest(names) u (name);
  IF NOT isfinite(present) THEN
    RAISE EXCEPTION 'at must be finite: %', at USING ERRCODE = 'datetime_field_overflow';
  END IF;
  PERFORM clientele.begin_progress('run_actions'), clientele.report_progress('waiting for another run');
  -- Two at once would not see each other's messages, and exceed the cap.
  LOCK TABLE clientele_data.actions IN SHARE ROW EXCLUSIVE MODE;
  FOR one IN
    SELECT a.action_id, a.name, a.purpose, row_number() OVER (ORDER BY a.priority, a.action_id) - 1 AS place, count(*) OVER () AS total
    FROM clientele_data.actions a
    WHERE a.active AND num_nonnulls(a.audience, a.warning) > 0 AND (names IS NULL OR a.name = ANY (names))
    ORDER BY a.priority, a.action_id
  LOOP
    PERFORM clientele.report_progress(one.name, one.place, one.total);
    action := one.name;
    BEGIN
      SELECT d.* INTO done FROM clientele.run_action(one.action_id, present, clientele.consenting(one.purpose)) d;
      matched := done.matched;
      refused := done.refused;
      control := done.control;
      cooling := done.cooling;
      capped := done.capped;
      queued := done.queued;
      error := NULL;
      INSERT INTO clientele_data.action_status AS s (action_id, ran_at, matched, refused, control, cooling, capped, queued)
      VALUES (one.action_id, present, done.matched, done.refused, done.control, done.cooling, done.capped, done.queued)
      ON CONFLICT ON CONSTRAINT action_status_pkey DO UPDATE SET
        ran_at = excluded.ran_at, matched = excluded.matched, refused = excluded.refused, control = excluded.control,
        cooling = excluded.cooling, capped = excluded.capped, queued = excluded.queued, error = NULL, failed_at = NULL;
    EXCEPTION WHEN serialization_failure OR deadlock_detected THEN
      RAISE;
    WHEN OTHERS THEN
      error := left(SQLERRM, 2000);
      matched := NULL;
      refused := NULL;
      control := NULL;
      cooling := NULL;
      capped := NULL;
      queued := NULL;
      INSERT INTO clientele_data.action_status AS s (action_id, error, failed_at) VALUES (one.action_id, run_actions.error, now())
      ON CONFLICT ON CONSTRAINT action_status_pkey DO UPDATE SET error = excluded.error, failed_at = excluded.failed_at;
    END;
    RETURN NEXT;
  END LOOP;
  PERFORM clientele.end_progress();
END $$;
COMMENT ON FUNCTION run_actions(timestamptz, text[]) IS
  'Queues messages for the customers that actions apply to now, of all active actions or those named, and returns what it did.
Actions go by priority, then in the order in which they were first defined. Of the customers that matched, refused do not consent, control
are in a control group, cooling got one of this action a short time ago, capped got as many messages as allowed, and queued get one; each
customer counts in the first of these that applies. at: the present, now by default; messages are due then. Tags are those of the last
refresh. An action that fails has an error in its row and in clientele_data.action_status, and the others go on. Two calls at once wait for
each other. Errors: 42704 for an unknown action, 22008 for a time that is not finite, 25001 in REPEATABLE READ and SERIALIZABLE, 42P01
without a store, 42501 without the rights.';
