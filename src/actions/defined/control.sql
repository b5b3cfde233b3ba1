-- SPDX-License-Identifier: PostgreSQL
-- The global control group: customers who get no message of any campaign or action, so that the effect of all of them together is known.

CREATE FUNCTION global_control_share() RETURNS double precision
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('settings');
  RETURN coalesce((SELECT s.value::double precision FROM clientele_data.settings s WHERE s.name = 'global_control_share'), 0);
END $$;
COMMENT ON FUNCTION global_control_share() IS
  'Returns the share of the global control group, 0 if there is none. Errors: 42P01 without a store, 42501 without the right to read
clientele_data.settings.';

CREATE PROCEDURE set_global_control(share double precision)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
#variable_conflict use_variable
BEGIN
  PERFORM clientele.require_store('settings', 'INSERT'), clientele.require_store('settings', 'UPDATE');
  IF share IS NULL THEN
    RAISE EXCEPTION 'share must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF NOT (share >= 0 AND share < 1) THEN
    RAISE EXCEPTION 'share must be at least 0 and less than 1: %', share USING ERRCODE = 'invalid_parameter_value';
  END IF;
  INSERT INTO clientele_data.settings AS s (name, value) VALUES ('global_control_share', share::text)
  ON CONFLICT (name) DO UPDATE SET value = excluded.value;
END $$;
COMMENT ON PROCEDURE set_global_control(double precision) IS
  'Sets the share of all customers that get no message of any campaign or action, as .05; 0 for none.
The same customers stay in the group when the share grows. Messages that wait for one of them are dropped when they are claimed.
Errors: 22023 for a share that is not at least 0 and less than 1, 22004 for NULL, 42P01 without a store, 42501 for roles other than the
owner of the store.';

CREATE FUNCTION global_control() RETURNS audience
  LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100000 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  share CONSTANT double precision := clientele.global_control_share();
  answer clientele.audience;
BEGIN
  PERFORM clientele.require_store('customers');
  IF share > 0 THEN
    SELECT clientele.audience(c.customer_id) INTO answer
    FROM clientele_data.customers c WHERE c.merged_into IS NULL AND clientele.in_control_group(c.customer_id, share, 'global');
  END IF;
  RETURN coalesce(answer, '{}');
END $$;
COMMENT ON FUNCTION global_control() IS
  'Returns the customers of the global control group: those that get no message of any campaign or action.
Errors: 42P01 without a store, 42501 without the right to read clientele_data.customers.';
