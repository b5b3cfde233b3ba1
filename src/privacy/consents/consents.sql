-- SPDX-License-Identifier: PostgreSQL
-- What customers have consented to.

CREATE FUNCTION require_purpose(purpose text) RETURNS void
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('consent_defaults');
  IF NOT EXISTS (SELECT FROM clientele_data.consent_defaults d WHERE d.purpose = require_purpose.purpose) THEN
    RAISE EXCEPTION 'purpose "%" does not exist', left(purpose, 100) USING ERRCODE = 'undefined_object',
      HINT = clientele.nearest_names(purpose, ARRAY(SELECT d.purpose FROM clientele_data.consent_defaults d))
        || 'clientele_data.consent_defaults lists them; INSERT a row for a new one.';
  END IF;
END $$;
COMMENT ON FUNCTION require_purpose(text) IS 'Checks that a purpose of consents exists. Errors: 42704, with the nearest names.';

CREATE FUNCTION set_consent(
    customer_id bigint, purpose text, granted boolean, at timestamptz DEFAULT now(), source text DEFAULT NULL) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  PERFORM clientele.require_store('consents', 'INSERT'), clientele.require_store('customers');
  IF num_nulls(customer_id, purpose, granted, at) > 0 THEN
    RAISE EXCEPTION 'customer_id, purpose, granted and at must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF at = '-infinity' THEN
    RAISE EXCEPTION 'at must be finite: %', at USING ERRCODE = 'datetime_field_overflow';
  END IF;
  PERFORM clientele.require_purpose(purpose);
  IF NOT EXISTS (SELECT FROM clientele_data.customers c WHERE c.customer_id = set_consent.customer_id) THEN
    RAISE EXCEPTION 'customer % does not exist', customer_id USING ERRCODE = 'undefined_object';
  END IF;
  -- A time in the future would outlast what is said until then.
  INSERT INTO clientele_data.consents (customer_id, purpose, granted, at, source)
  VALUES (customer_id, purpose, granted, least(at, clock_timestamp()), source);
END $$;
COMMENT ON FUNCTION set_consent(bigint, text, boolean, timestamptz, text) IS
  'Notes that a customer consents to a purpose, or that the customer refuses it or withdraws a consent.
The latest note counts, as set_consent(42, ''marketing'', false, source => ''call''); earlier ones stay as proof. at: when the customer
said so; a time in the future counts as now. source: where it was said. Messages that wait for a customer who has withdrawn are dropped
when they are claimed. Errors: 42704 for an unknown customer or purpose (with the nearest names), 22004 for NULL, 22008 for -infinity,
42P01 without a store, 42501 without the right to add to clientele_data.consents.';

CREATE FUNCTION consents_to(customer_id bigint, purpose text) RETURNS boolean
  LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  person bigint;
  answer boolean;
BEGIN
  PERFORM clientele.require_store('consents'), clientele.require_store('customers'), clientele.require_purpose(purpose);
  SELECT coalesce(c.merged_into, c.customer_id) INTO person
  FROM clientele_data.customers c WHERE c.customer_id = consents_to.customer_id;
  IF person IS NULL THEN
    RETURN NULL;
  END IF;
  SELECT s.granted INTO answer
  FROM (SELECT person AS id UNION ALL SELECT c.customer_id FROM clientele_data.customers c WHERE c.merged_into = person) n
  JOIN clientele_data.consents s ON s.customer_id = n.id AND s.purpose = consents_to.purpose
  ORDER BY s.at DESC, s.consent_id DESC LIMIT 1;
  RETURN coalesce(answer, (SELECT d.granted FROM clientele_data.consent_defaults d WHERE d.purpose = consents_to.purpose));
END $$;
COMMENT ON FUNCTION consents_to(bigint, text) IS
  'Returns whether a customer consents to a purpose, such as marketing: what the customer said last, else the default of the purpose.
What was said before a merge counts for the customer that both are now. NULL for a customer who does not exist. Errors: 42704 for an
unknown purpose, 42P01 without a store, 42501 without the right to read clientele_data.consents.';

CREATE FUNCTION consenting(purpose text) RETURNS audience
  LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 100000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  by_default boolean;
  granted clientele.audience;
  refused clientele.audience;
  everyone clientele.audience;
BEGIN
  PERFORM clientele.require_store('consents'), clientele.require_store('customers'), clientele.require_purpose(purpose);
  by_default := (SELECT d.granted FROM clientele_data.consent_defaults d WHERE d.purpose = consenting.purpose);
  SELECT clientele.audience(l.person) FILTER (WHERE l.granted), clientele.audience(l.person) FILTER (WHERE NOT l.granted)
  INTO granted, refused
  FROM (SELECT DISTINCT ON (n.person) n.person, s.granted
        FROM clientele_data.consents s
        JOIN clientele_data.customers c ON c.customer_id = s.customer_id
        CROSS JOIN LATERAL (SELECT coalesce(c.merged_into, c.customer_id)) n (person)
        WHERE s.purpose = consenting.purpose
        ORDER BY n.person, s.at DESC, s.consent_id DESC) l;
  IF by_default THEN
    SELECT clientele.audience(c.customer_id) INTO everyone FROM clientele_data.customers c WHERE c.merged_into IS NULL;
    RETURN coalesce(everyone, '{}') OPERATOR(clientele.-) coalesce(refused, '{}');
  END IF;
  RETURN coalesce(granted, '{}');
END $$;
COMMENT ON FUNCTION consenting(text) IS
  'Returns the customers of the store that consent to a purpose, as consents_to() says, by the numbers they go by today.
Errors: 42704 for an unknown purpose, 42P01 without a store, 42501 without the right to read clientele_data.consents.';
