-- SPDX-License-Identifier: PostgreSQL
-- spend_points(), grant_points(), return_points(), adjust_points(), and what they share.

CREATE FUNCTION call_points(
    customer_id bigint, kind text, points bigint, amount numeric, "of" bigint, reason text, key text, at timestamptz) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
  given CONSTANT bigint := call_points.customer_id;
  present CONSTANT timestamptz := coalesce(call_points.at, clock_timestamp());
  current_id bigint;
  force record;
  account record;
  known record;
  id bigint;
BEGIN
  PERFORM clientele.require_store('customers'), clientele.require_store('point_accounts', 'UPDATE'), clientele.require_store('point_events', 'INSERT');
  IF given IS NULL THEN
    RAISE EXCEPTION 'customer_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF length(call_points.key) > 500 OR call_points.key = '' THEN
    RAISE EXCEPTION 'key must have from 1 to 500 characters' USING ERRCODE = 'invalid_parameter_value';
  ELSIF NOT isfinite(present) THEN
    RAISE EXCEPTION 'at must be finite' USING ERRCODE = 'datetime_field_overflow';
  ELSIF abs(call_points.points::numeric) > 1000000000000000 THEN
    RAISE EXCEPTION 'points must be at most 10^15, not %', call_points.points USING ERRCODE = 'numeric_value_out_of_range';
  END IF;
  force := clientele.points_in_force();
  LOOP
    current_id := clientele.customer_now(given);
    IF current_id IS NULL THEN
      RAISE EXCEPTION 'customer % does not exist', given USING ERRCODE = 'undefined_object';
    END IF;
    PERFORM clientele.open_point_accounts(ARRAY[current_id], '-infinity');
    SELECT a.account_id, a.posted_until INTO account
    FROM clientele_data.point_accounts a WHERE a.customer_id = current_id AND NOT a.closed FOR UPDATE;
    EXIT WHEN FOUND;
    -- The customer was merged meanwhile. A snapshot that is fixed does not see into which one.
    IF clientele.customer_now(given) = current_id THEN
      RAISE EXCEPTION 'customer % was merged meanwhile', given USING ERRCODE = 'serialization_failure';
    END IF;
  END LOOP;
  -- The lock is held, so a call with this key for this customer is over.
  IF call_points.key IS NOT NULL THEN
    SELECT e.event_id, e.kind, e.points, e.amount, e."of", a.root_id INTO known
    FROM clientele_data.point_events e JOIN clientele_data.point_accounts a USING (account_id) WHERE e.key = call_points.key;
    IF FOUND THEN
      IF (known.kind, known.root_id) IS DISTINCT FROM (call_points.kind, account.account_id) OR known.points IS DISTINCT FROM call_points.points
         OR known.amount IS DISTINCT FROM call_points.amount OR known."of" IS DISTINCT FROM call_points."of" THEN
        RAISE EXCEPTION 'key "%" was used for another call', left(call_points.key, 100) USING ERRCODE = 'invalid_parameter_value',
          HINT = 'A key belongs to one call with one customer and one number of points.';
      END IF;
      RETURN known.event_id;
    END IF;
  END IF;
  PERFORM clientele.register_point_events(ARRAY[current_id], present);
  IF call_points."of" IS NOT NULL AND NOT EXISTS (
      SELECT FROM clientele_data.point_events e JOIN clientele_data.point_accounts a USING (account_id)
      WHERE e.event_id = call_points."of" AND e.kind = 'purchase' AND a.root_id = account.account_id) THEN
    RAISE EXCEPTION 'purchase % of customer % does not exist', call_points."of", given USING ERRCODE = 'undefined_object',
      HINT = 'clientele.points_entries(customer_id) lists purchases as lots.';
  END IF;
  INSERT INTO clientele_data.point_events (account_id, customer_id, kind, at, posted, version, amount, "of", points, key, reason, by_call)
  VALUES (account.account_id, current_id, call_points.kind, present, greatest(present, account.posted_until), force.version,
          call_points.amount, call_points."of", call_points.points, call_points.key, call_points.reason, true)
  RETURNING event_id INTO id;
  PERFORM clientele.post_points(ARRAY[account.account_id], present);
  RETURN id;
END $$;
COMMENT ON FUNCTION call_points(bigint, text, bigint, numeric, bigint, text, text, timestamptz) IS
  'Posts one event of points for a customer, unless its key is known, and returns its number; a part of spend_points() and the like.';

CREATE FUNCTION spend_points(customer_id bigint, points bigint, key text, at timestamptz DEFAULT NULL) RETURNS boolean
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  id bigint;
BEGIN
  PERFORM clientele.require_store('point_entries');
  IF num_nulls(points, key) > 0 THEN
    RAISE EXCEPTION 'points and key must not be NULL' USING ERRCODE = 'null_value_not_allowed',
      HINT = 'A key such as the number of the order makes it safe to call again.';
  ELSIF points <= 0 THEN
    RAISE EXCEPTION 'points must be above 0, not %', points USING ERRCODE = 'invalid_parameter_value';
  END IF;
  id := clientele.call_points(customer_id, 'spend', points, NULL, NULL, NULL, key, at);
  RETURN EXISTS (SELECT FROM clientele_data.point_entries e
                 WHERE e.event_id = id AND e.account_id = (SELECT v.account_id FROM clientele_data.point_events v WHERE v.event_id = id));
END $$;
COMMENT ON FUNCTION spend_points(bigint, bigint, text, timestamptz) IS
  'Spends points of a customer if the usable points cover all of them, and returns whether they did: otherwise nothing is spent.
The points that expire first are taken, then the oldest. The same key again returns the same answer and spends nothing, so a caller that
does not know whether a call succeeded calls again. Purchases and returns of the customer that are in its journey by now count. Two calls
for one customer wait for each other; the balance is never negative. at: when it happened, for a history that is brought over; NULL is now.
Errors: 22004 for NULL, 22023 for points that are not above 0 and for a key of another call, 42704 for an unknown customer, 55000 without
rules of points, 23505 if another session uses the key for another customer at this moment, 42P01 without a store.';

CREATE FUNCTION grant_points(customer_id bigint, points bigint, reason text, key text DEFAULT NULL, at timestamptz DEFAULT NULL) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF points IS NULL THEN
    RAISE EXCEPTION 'points must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF points <= 0 THEN
    RAISE EXCEPTION 'points must be above 0, not %', points USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN clientele.call_points(customer_id, 'grant', points, NULL, NULL, reason, key, at);
END $$;
COMMENT ON FUNCTION grant_points(bigint, bigint, text, text, timestamptz) IS
  'Gives points to a customer, as for a birthday or a sign-in, and returns the number of the event.
They are usable at once, expire as earned ones do, and do not count for tiers. With a key, the same call again gives nothing more and
returns the same number. Errors: as spend_points().';

CREATE FUNCTION return_points(customer_id bigint, "of" bigint, amount numeric DEFAULT NULL, key text DEFAULT NULL, at timestamptz DEFAULT NULL) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF "of" IS NULL THEN
    RAISE EXCEPTION 'of must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF amount < 0 OR amount >= 1000000000000 OR amount <> round(amount, 6) THEN
    RAISE EXCEPTION 'amount must be from 0 to below 10^12, with at most 6 decimals, not %', amount USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN clientele.call_points(customer_id, 'return', NULL, amount, "of", NULL, key, at);
END $$;
COMMENT ON FUNCTION return_points(bigint, bigint, numeric, text, timestamptz) IS
  'Takes back the points of a purchase that is returned, for shops whose journeys do not show returns, and returns the number of the event.
of: the purchase, by its number in points_entries(), column lot. amount: of what is returned; NULL is all of it. What was spent is taken
from other points, then owed or forgiven as the rules say; what has expired is not taken twice. Errors: 42704 for an unknown purchase,
otherwise as spend_points().';

CREATE FUNCTION adjust_points(customer_id bigint, points bigint, reason text, key text DEFAULT NULL, at timestamptz DEFAULT NULL) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF points IS NULL OR reason IS NULL THEN
    RAISE EXCEPTION 'points and reason must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF points = 0 THEN
    RAISE EXCEPTION 'points must not be 0' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN clientele.call_points(customer_id, 'adjust', points, NULL, NULL, reason, key, at);
END $$;
COMMENT ON FUNCTION adjust_points(bigint, bigint, text, text, timestamptz) IS
  'Corrects the points of a customer by hand, up or down, and returns the number of the event.
Points that are taken and that the usable ones do not cover are owed or forgiven, as the rules say. Errors: as spend_points().';

CREATE FUNCTION erase_points(customer_id bigint) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  accounts bigint[];
  erased bigint;
BEGIN
  PERFORM clientele.require_store('point_accounts', 'DELETE'), clientele.require_store('point_events', 'DELETE'),
          clientele.require_store('point_entries', 'DELETE');
  -- Only the owner of the tables can switch the triggers off.
  ALTER TABLE clientele_data.point_events DISABLE TRIGGER refuse_change;
  ALTER TABLE clientele_data.point_entries DISABLE TRIGGER refuse_change;
  accounts := ARRAY(
    SELECT a.account_id FROM clientele_data.point_accounts a
    WHERE a.customer_id = erase_points.customer_id
       OR a.root_id IN (SELECT r.root_id FROM clientele_data.point_accounts r WHERE r.customer_id = erase_points.customer_id)
    ORDER BY a.account_id FOR UPDATE);
  DELETE FROM clientele_data.point_entries e WHERE e.account_id = ANY (accounts);
  GET DIAGNOSTICS erased = ROW_COUNT;
  DELETE FROM clientele_data.point_events e WHERE e.account_id = ANY (accounts);
  DELETE FROM clientele_data.point_accounts a WHERE a.account_id = ANY (accounts);
  ALTER TABLE clientele_data.point_events ENABLE ALWAYS TRIGGER refuse_change;
  ALTER TABLE clientele_data.point_entries ENABLE ALWAYS TRIGGER refuse_change;
  RETURN erased;
END $$;
COMMENT ON FUNCTION erase_points(bigint) IS
  'Deletes all that is known of the points of a customer, and of those whose points were joined with them, and returns how many entries
were deleted. It is for requests to erase a person: the ledger is otherwise never changed. If its journey stays, the next refresh posts its
purchases again. Waits for other writers of points. Errors: 42501 unless you own the tables, 42P01 without a store.';
