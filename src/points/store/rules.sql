-- SPDX-License-Identifier: PostgreSQL
-- define_points() and drop_points().

CREATE FUNCTION define_points(rules points_def, since timestamptz DEFAULT NULL) RETURNS integer
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET clientele.unknown_event = 'error' AS $$
#variable_conflict use_variable
DECLARE
  latest record;
  number integer;
BEGIN
  PERFORM clientele.require_store('point_rules', 'INSERT'), clientele.require_store('point_status', 'UPDATE');
  IF rules IS NULL THEN
    RAISE EXCEPTION 'rules must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  -- Asked of an empty journey, they show whether their events are known.
  PERFORM clientele.point_events('{}'::clientele.journey, rules);
  PERFORM FROM clientele_data.point_status s FOR UPDATE;
  SELECT r.version, r.rules, r.since INTO latest FROM clientele_data.point_rules r ORDER BY r.version DESC LIMIT 1;
  since := coalesce(since, latest.since, '-infinity');
  IF latest.rules OPERATOR(clientele.=) rules AND latest.since = since THEN
    number := latest.version;
  ELSE
    number := coalesce(latest.version, 0) + 1;
    INSERT INTO clientele_data.point_rules (version, rules, since) VALUES (number, rules, since);
  END IF;
  UPDATE clientele_data.point_status s SET version = number;
  RETURN number;
END $$;
COMMENT ON FUNCTION define_points(points_def, timestamptz) IS
  'Puts rules of points in force, as define_points(points_def(rate => 0.1, validity => ''365 days'')), and returns the number of their
version. The next refresh_points() reads purchases and returns from journeys. since: events before it do not count; NULL is the since of
the rules before, or no limit. Points that were earned keep the rules by which they were earned. New rules count for a customer from the
next of its events; it keeps its tier if they have one of that name. Errors: 22004 if rules are NULL, 42704 for an unknown event in a
selector, 42P01 without a store, 42501 without the right to write clientele_data.point_rules and point_status.';

CREATE FUNCTION drop_points() RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('point_status', 'UPDATE');
  UPDATE clientele_data.point_status s SET version = NULL;
END $$;
COMMENT ON FUNCTION drop_points() IS
  'Ends the points program: nothing earns, spends or expires any longer, and the ledger stays. define_points() puts rules in force again.
Errors: 42P01 without a store, 42501 without the right to change clientele_data.point_status.';

CREATE FUNCTION points_in_force(OUT version integer, OUT rules points_def, OUT since timestamptz)
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('point_status'), clientele.require_store('point_rules');
  SELECT r.version, r.rules, r.since INTO version, rules, since
  FROM clientele_data.point_status s JOIN clientele_data.point_rules r ON r.version = s.version;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no rules of points are in force' USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = 'clientele.define_points() puts rules in force.';
  END IF;
END $$;
COMMENT ON FUNCTION points_in_force() IS 'Returns the rules of points in force. Errors: 55000 if there are none, 42P01 without a store.';
