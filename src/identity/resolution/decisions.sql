-- SPDX-License-Identifier: PostgreSQL
-- What people decide about identifiers.

CREATE FUNCTION owner_of_customer(customer_id bigint) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  owner bigint;
BEGIN
  PERFORM clientele.require_store('customers');
  IF customer_id IS NULL THEN
    RAISE EXCEPTION 'the number of a customer must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  PERFORM clientele.adopt_customers(ARRAY(SELECT i.identity_id FROM clientele_data.identities i
                                          WHERE i.customer_id = owner_of_customer.customer_id));
  SELECT c.owner_id INTO owner FROM clientele_data.customers c WHERE c.customer_id = owner_of_customer.customer_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'customer % does not exist', customer_id USING ERRCODE = 'undefined_object';
  ELSIF owner IS NULL THEN
    RAISE EXCEPTION 'customer % has no identifier', customer_id USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = 'clientele_data.identities has none of this customer.';
  END IF;
  RETURN owner;
END $$;
COMMENT ON FUNCTION owner_of_customer(bigint) IS
  'Returns the identifier that owns the number of a customer; a part of merge_customers().
Errors: 42704 for a customer that does not exist, 55000 for one without identifiers, 22004 for NULL.';

CREATE FUNCTION owners_to_decide(a bigint, b bigint, verb text) RETURNS bigint[]
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  owners bigint[];
BEGIN
  PERFORM clientele.require_store('identities', 'UPDATE'), clientele.require_store('identity_decisions', 'INSERT'),
          clientele.require_store('merges', 'INSERT');
  PERFORM clientele.lock_identities();
  owners := ARRAY[clientele.owner_of_customer(a), clientele.owner_of_customer(b)];
  IF owners[1] = owners[2] THEN
    RAISE EXCEPTION 'a customer cannot be % itself: %', verb, a USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN owners;
END $$;
COMMENT ON FUNCTION owners_to_decide(bigint, bigint, text) IS
  'Locks the identities and returns the identifiers that own the numbers of two customers; a part of merge_customers() and keep_apart().
verb is for the error: merged with, kept apart from. Errors: 22023 for twice the same customer, others as of owner_of_customer().';

CREATE FUNCTION decided_same(ids bigint[]) RETURNS bigint[]
  LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  PERFORM clientele.require_store('identity_decisions');
  RETURN (
  WITH RECURSIVE group_of (id) AS (
    SELECT unnest(ids)
    UNION
    SELECT x.id FROM group_of g
    CROSS JOIN LATERAL (
      SELECT d.b_id FROM clientele_data.identity_decisions d WHERE d.a_id = g.id AND d.verdict = 'same' AND d.withdrawn_at IS NULL
      UNION ALL
      SELECT d.a_id FROM clientele_data.identity_decisions d WHERE d.b_id = g.id AND d.verdict = 'same' AND d.withdrawn_at IS NULL) x (id)
  )
  SELECT array_agg(g.id) FROM group_of g);
END $$;
COMMENT ON FUNCTION decided_same(bigint[]) IS
  'Returns all identifiers that decisions join with these; a part of merge_customers().';

-- A plan of a session's first decision would be one for an empty table.
CREATE FUNCTION decide(verdict text, a bigint, b bigint, note text) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  group_ids bigint[];
  against_id bigint;
  against_note text;
  decision bigint;
BEGIN
  PERFORM clientele.require_store('identity_decisions', 'INSERT');
  IF verdict = 'same' THEN
    group_ids := clientele.decided_same(ARRAY[a, b]);
    SELECT d.decision_id, d.note INTO against_id, against_note FROM clientele_data.identity_decisions d
    WHERE d.verdict = 'different' AND d.withdrawn_at IS NULL AND d.a_id = ANY (group_ids) AND d.b_id = ANY (group_ids)
    ORDER BY d.decision_id LIMIT 1;
  ELSIF verdict = 'different' THEN
    group_ids := clientele.decided_same(ARRAY[a]);
    -- The last decision that made them one.
    SELECT d.decision_id, d.note INTO against_id, against_note FROM clientele_data.identity_decisions d
    WHERE b = ANY (group_ids) AND d.verdict = 'same' AND d.withdrawn_at IS NULL AND d.a_id = ANY (group_ids)
    ORDER BY (d.a_id, d.b_id) IN ((a, b), (b, a)) DESC, d.decision_id DESC LIMIT 1;
  END IF;
  IF against_id IS NOT NULL THEN
    RAISE EXCEPTION 'decision % says otherwise', against_id USING
      ERRCODE = 'check_violation', DETAIL = 'Its note is: ' || coalesce(against_note, 'none'),
      HINT = format('SELECT clientele.withdraw_decision(%s) takes it back.', against_id);
  END IF;
  INSERT INTO clientele_data.identity_decisions AS d (verdict, a_id, b_id, note) VALUES (decide.verdict, a, b, decide.note)
  RETURNING d.decision_id INTO decision;
  RETURN decision;
END $$;
COMMENT ON FUNCTION decide(text, bigint, bigint, text) IS
  'Notes a decision about identifiers, unless one in force contradicts it; a part of merge_customers().
Errors: 23514 for a contradiction; it names the decision in force.';

CREATE FUNCTION resolve_again(ids bigint[], decision_id bigint, because text) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  batch bigint;
  plan record;
BEGIN
  PERFORM clientele.require_store('identities');
  batch := nextval('clientele_data.journey_batches');
  PERFORM clientele.wake_links(ids);
  plan := clientele.plan_partition(ids, '{}', batch, '{}', '{}', '{}', '{}', '{}');
  RETURN clientele.apply_partition(plan.nodes, plan.customers, plan.shared, plan.new_owners, plan.taken, plan.takers,
                                   batch, NULL, decision_id, because, '{}', '{}', '{}');
END $$;
COMMENT ON FUNCTION resolve_again(bigint[], bigint, text) IS
  'Brings the customers of identifiers up to date whose decisions or links have changed, and returns how many identifiers have moved; a
part of merge_customers().';

CREATE FUNCTION merge_customers(a bigint, b bigint, note text DEFAULT NULL) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  owners bigint[];
  decision bigint;
BEGIN
  PERFORM clientele.require_store('identities', 'UPDATE');
  owners := clientele.owners_to_decide(a, b, 'merged with');
  decision := clientele.decide('same', owners[1], owners[2], note);
  PERFORM clientele.resolve_again(owners, decision, 'same');
  RETURN (SELECT m.merge_id FROM clientele_data.merges m WHERE m.decision_id = decision AND NOT m.split
          ORDER BY m.gone_id IN (a, b) DESC, m.merge_id LIMIT 1);
END $$;
COMMENT ON FUNCTION merge_customers(bigint, bigint, text) IS
  'Decides that two customers are one, whatever else is known, and returns the number of the merge, for undo_merge().
The lower number stays, the other one is merged into it. The result is NULL if they were one already; the decision is noted all the same.
note says why. Errors: 23514 if a decision in force keeps them apart, 42704 for a customer that does not exist, 22023 for twice the same
customer, 55000 for one without identifiers, 42P01 without a store, 42501 without the right to change identities.';

CREATE FUNCTION keep_apart(a bigint, b bigint, note text DEFAULT NULL) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  owners bigint[];
  decision bigint;
BEGIN
  owners := clientele.owners_to_decide(a, b, 'kept apart from');
  decision := clientele.decide('different', owners[1], owners[2], note);
  PERFORM clientele.resolve_again(owners, decision, 'different');
  RETURN decision;
END $$;
COMMENT ON FUNCTION keep_apart(bigint, bigint, text) IS
  'Decides that two customers are not one, whatever links say, and returns the number of the decision, for withdraw_decision().
If one has been merged into the other, they are parted again. note says why. Errors: 23514 if a decision in force makes them one, others as
of merge_customers().';

CREATE FUNCTION ignore_identity(kind text, value text, note text DEFAULT NULL) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  id bigint;
  decision bigint;
BEGIN
  PERFORM clientele.require_store('identities', 'UPDATE'), clientele.require_store('identity_decisions', 'INSERT'),
          clientele.require_store('merges', 'INSERT');
  PERFORM clientele.lock_identities();
  id := (clientele.find_identities(ARRAY[kind], ARRAY[value]))[1];
  IF id IS NULL THEN
    RAISE EXCEPTION 'identity "%" of kind "%" does not exist', left(value, 100), left(kind, 100) USING ERRCODE = 'undefined_object',
      HINT = 'clientele_data.identities lists them in their normal forms.';
  END IF;
  PERFORM clientele.adopt_customers(ARRAY[id]);
  decision := clientele.decide('ignored', id, NULL, note);
  PERFORM clientele.resolve_again(ARRAY[id], decision, 'ignored');
  RETURN decision;
END $$;
COMMENT ON FUNCTION ignore_identity(text, text, text) IS
  'Decides that an identifier says nothing about its customer, and returns the number of the decision, for withdraw_decision().
It joins no customers from then on, as if it were shared; for a telephone of the company, or an address that many give. value is in its
normal form. note says why. Errors: 42704 for an identifier that does not exist, 42P01 without a store, 42501 without the right to change
identities.';

CREATE FUNCTION withdraw_decision(decision_id bigint) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  decision record;
BEGIN
  PERFORM clientele.require_store('identities', 'UPDATE'), clientele.require_store('identity_decisions', 'UPDATE'),
          clientele.require_store('merges', 'INSERT'), clientele.require_store('identity_links', 'UPDATE');
  PERFORM clientele.lock_identities();
  UPDATE clientele_data.identity_decisions d SET withdrawn_at = now(), withdrawn_by = session_user
  WHERE d.decision_id = withdraw_decision.decision_id AND d.withdrawn_at IS NULL
  RETURNING d.verdict, d.a_id, d.b_id INTO decision;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'decision % is not in force', decision_id USING ERRCODE = 'undefined_object',
      HINT = 'clientele_data.identity_decisions lists them.';
  END IF;
  IF decision.verdict = 'unlinked' THEN
    UPDATE clientele_data.identity_links l SET withdrawn = false
    WHERE (l.home_id, l.other_id) IN ((decision.a_id, decision.b_id), (decision.b_id, decision.a_id))
      AND NOT EXISTS (SELECT FROM clientele_data.identity_decisions d WHERE d.verdict = 'unlinked' AND d.withdrawn_at IS NULL
                      AND (d.a_id, d.b_id) IN ((l.home_id, l.other_id), (l.other_id, l.home_id)));
  END IF;
  RETURN clientele.resolve_again(array_remove(ARRAY[decision.a_id, decision.b_id], NULL), withdraw_decision.decision_id, 'undo');
END $$;
COMMENT ON FUNCTION withdraw_decision(bigint) IS
  'Takes back a decision, and returns how many identifiers have moved to other customers.
The decision stays in clientele_data.identity_decisions, with the time and the role. Errors: 42704 for a decision that is not in force,
42P01 without a store, 42501 without the right to change identities.';

CREATE FUNCTION undo_merge(merge_id bigint) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  merge record;
  suspect record;
  withdrawn record;
  plan record;
BEGIN
  PERFORM clientele.require_store('identities', 'UPDATE'), clientele.require_store('identity_decisions', 'INSERT'),
          clientele.require_store('merges', 'INSERT'), clientele.require_store('identity_links', 'UPDATE');
  PERFORM clientele.lock_identities();
  SELECT m.*, d.verdict, d.withdrawn_at, k.owner_id INTO merge
  FROM clientele_data.merges m JOIN clientele_data.customers k ON k.customer_id = m.kept_id
  LEFT JOIN clientele_data.identity_decisions d ON d.decision_id = m.decision_id
  WHERE m.merge_id = undo_merge.merge_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'merge % does not exist', merge_id USING ERRCODE = 'undefined_object', HINT = 'clientele_data.merges lists them.';
  ELSIF merge.split OR merge.undone_at IS NOT NULL THEN
    RAISE EXCEPTION 'merge % is %', merge_id, CASE WHEN merge.split THEN 'a split' ELSE 'undone already' END USING
      ERRCODE = 'object_not_in_prerequisite_state',
      HINT = 'clientele_data.merges lists what can be undone: merges that are not undone.';
  END IF;
  IF merge.verdict = 'same' AND merge.withdrawn_at IS NULL THEN
    PERFORM clientele.withdraw_decision(merge.decision_id);
  ELSE
    -- The links of that batch with one end at the customer that is gone.
    SELECT coalesce(array_agg(l.home_id), '{}') AS homes, coalesce(array_agg(l.other_id), '{}') AS others,
           array_agg(CASE WHEN l.home_id = ANY (merge.gone_identities) THEN l.other_id ELSE l.home_id END) AS far
    INTO suspect
    FROM clientele_data.identity_links l
    WHERE l.batch = merge.batch AND NOT l.withdrawn
      AND (l.home_id = ANY (merge.gone_identities)) <> (l.other_id = ANY (merge.gone_identities))
      AND (l.home_id = ANY (merge.gone_identities) OR l.other_id = ANY (merge.gone_identities));
    IF suspect.homes = '{}' THEN
      RAISE EXCEPTION 'merge % does not come from links of one batch or from a decision', merge_id USING
        ERRCODE = 'object_not_in_prerequisite_state', HINT = format('SELECT clientele.keep_apart(%s, %s) parts them.', merge.kept_id, merge.gone_id);
    END IF;
    -- Those whose other end is with the customer that was kept even without them.
    PERFORM clientele.wake_links(suspect.homes || suspect.others);
    plan := clientele.plan_partition(suspect.homes || suspect.others || merge.owner_id, '{}', 0, '{}', '{}', '{}',
                                     suspect.homes, suspect.others);
    SELECT array_agg(s.home) AS homes, array_agg(s.other) AS others INTO withdrawn
    FROM unnest(suspect.homes, suspect.others, suspect.far) s (home, other, far)
    JOIN unnest(plan.nodes, plan.customers) p (id, customer_id) ON p.id = s.far
    WHERE p.customer_id = (SELECT k.customer_id FROM unnest(plan.nodes, plan.customers) k (id, customer_id) WHERE k.id = merge.owner_id);
    IF withdrawn.homes IS NOT NULL THEN
      UPDATE clientele_data.identity_links l SET withdrawn = true FROM unnest(withdrawn.homes, withdrawn.others) w (home, other)
      WHERE l.home_id = w.home AND l.other_id = w.other;
      INSERT INTO clientele_data.identity_decisions (verdict, a_id, b_id, note)
      SELECT 'unlinked', w.home, w.other, format('Merge %s was undone.', undo_merge.merge_id)
      FROM unnest(withdrawn.homes, withdrawn.others) w (home, other);
      PERFORM clientele.resolve_again(withdrawn.homes || withdrawn.others, NULL, 'undo');
    END IF;
  END IF;
  IF clientele.customer_now(merge.gone_id) = clientele.customer_now(merge.kept_id) THEN
    RAISE NOTICE 'customers % and % are one still, because of other links or decisions', merge.kept_id, merge.gone_id
      USING HINT = format('SELECT clientele.keep_apart(%s, %s) parts them.', merge.kept_id, merge.gone_id);
  END IF;
  RETURN clientele.customer_now(merge.gone_id);
END $$;
COMMENT ON FUNCTION undo_merge(bigint) IS
  'Undoes a merge of two customers, and returns the number of the one that was gone, as it is today.
A merge by merge_customers() is taken back. In one by rows the links that have joined the two are withdrawn, and stay withdrawn even if
rows repeat them. Each event goes with the identifier that its row was of, also if it came after the merge. If other links or decisions
join the two, they stay one, and a NOTICE says so. merge_id is of clientele_data.merges. Errors: 42704 for a merge that does not exist,
55000 for one that is undone already, for a split, and for a merge that was not made by links of one batch or by merge_customers(), 42P01
without a store, 42501 without the right to change identities.';

CREATE FUNCTION resolve_all_identities(because text DEFAULT 'kinds') RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('identities', 'UPDATE'), clientele.require_store('customers', 'UPDATE');
  PERFORM clientele.lock_identities();
  -- An identifier without links and decisions that owns its customer is one of its own in any partition.
  RETURN clientele.resolve_again(ARRAY(
    SELECT l.home_id FROM clientele_data.identity_links l
    UNION SELECT l.other_id FROM clientele_data.identity_links l
    UNION SELECT d.a_id FROM clientele_data.identity_decisions d
    UNION SELECT d.b_id FROM clientele_data.identity_decisions d WHERE d.b_id IS NOT NULL
    UNION SELECT i.identity_id FROM clientele_data.identities i
          JOIN clientele_data.customers c ON c.customer_id = i.customer_id WHERE c.owner_id <> i.identity_id), NULL, because);
END $$;
COMMENT ON FUNCTION resolve_all_identities(text) IS
  'Computes the customers of all identifiers again, and returns how many identifiers have moved: none, unless kinds have changed.
A change of clientele_data.identity_kinds does it. It needs memory for all links. because is noted in clientele_data.merges. Errors: 42P01
without a store, 42501 without the right to change identities.';
