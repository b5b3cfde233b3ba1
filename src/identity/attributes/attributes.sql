-- SPDX-License-Identifier: PostgreSQL
-- What sources say of customers. It is kept by home, as events are: a home moves as a whole from one customer to another, so attributes
-- follow merges and splits without being written again.

CREATE PROCEDURE create_attribute_tables()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  CREATE TABLE IF NOT EXISTS clientele_data.attribute_rules (
    name text COLLATE "C" PRIMARY KEY,
    rule text NOT NULL DEFAULT 'latest' CHECK (rule IN ('latest', 'first', 'most_frequent'))
  );
  COMMENT ON TABLE clientele_data.attribute_rules IS
    'Which value of an attribute holds if sources say several. An attribute that is not listed has the rule latest. Rows may be changed.';
  COMMENT ON COLUMN clientele_data.attribute_rules.name IS 'The attribute, as in the mappings of sources.';
  COMMENT ON COLUMN clientele_data.attribute_rules.rule IS
    'latest: the value with the latest time; first: that with the earliest; most_frequent: that of most rows.';

  IF to_regclass('clientele_data.home_attributes') IS NULL THEN
    CREATE TABLE clientele_data.home_attributes (
      home_id bigint NOT NULL,
      name text COLLATE "C" NOT NULL,
      value text COLLATE "C" NOT NULL,
      source_id bigint NOT NULL,
      first_at timestamptz NOT NULL,
      last_at timestamptz NOT NULL CHECK (last_at >= first_at),
      n bigint NOT NULL CHECK (n > 0),
      PRIMARY KEY (home_id, name, value, source_id)
    ) WITH (fillfactor = 80);
  END IF;
  COMMENT ON TABLE clientele_data.home_attributes IS
    'The values of attributes that rows of sources gave; read clientele_data.customer_attributes instead.';
  COMMENT ON COLUMN clientele_data.home_attributes.home_id IS 'The identity that is the home of the rows.';
  COMMENT ON COLUMN clientele_data.home_attributes.name IS 'The attribute.';
  COMMENT ON COLUMN clientele_data.home_attributes.value IS 'A value of it, of at most 500 characters.';
  COMMENT ON COLUMN clientele_data.home_attributes.source_id IS 'The source of the rows.';
  COMMENT ON COLUMN clientele_data.home_attributes.first_at IS 'The time of the earliest event that gave this value.';
  COMMENT ON COLUMN clientele_data.home_attributes.last_at IS 'The time of the latest event that gave this value.';
  COMMENT ON COLUMN clientele_data.home_attributes.n IS 'The number of rows that gave this value.';
END $store$;
COMMENT ON PROCEDURE create_attribute_tables() IS
  'Creates the tables of customers'' attributes; a part of create_store().';

INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('identity/attributes', 'clientele_data.attribute_rules', 'table', 'create_attribute_tables', false),
  ('identity/attributes', 'clientele_data.home_attributes', 'table', 'create_attribute_tables', false);

CREATE FUNCTION add_attributes(homes bigint[], names text[], "values" text[], at timestamptz[], source_id bigint) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM clientele.require_store('home_attributes', 'INSERT'), clientele.require_store('home_attributes', 'UPDATE');
  IF cardinality(homes) IS DISTINCT FROM cardinality(names) OR cardinality(homes) IS DISTINCT FROM cardinality("values")
     OR cardinality(homes) IS DISTINCT FROM cardinality(at) THEN
    RAISE EXCEPTION 'homes, names, values and at must have the same length' USING ERRCODE = 'array_subscript_error';
  END IF;
  -- In one order, so that two transactions that add to the same homes wait instead of deadlocking.
  INSERT INTO clientele_data.home_attributes AS h (home_id, name, value, source_id, first_at, last_at, n)
  SELECT a.home_id, a.name, a.value, add_attributes.source_id, min(a.at), max(a.at), count(*)
  FROM (SELECT u.home_id, u.name COLLATE "C" AS name, left(u.value, 500) COLLATE "C" AS value, u.at
        FROM unnest(homes, names, "values", at) AS u (home_id, name, value, at) WHERE u.value IS NOT NULL) a
  GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
  ON CONFLICT (home_id, name, value, source_id) DO UPDATE
  SET first_at = least(h.first_at, excluded.first_at), last_at = greatest(h.last_at, excluded.last_at), n = h.n + excluded.n;
END $$;
COMMENT ON FUNCTION add_attributes(bigint[], text[], text[], timestamptz[], bigint) IS
  'Adds what rows of a source say of customers: the home, the attribute, its value and the time of each; a part of ingest().
NULL values are ignored, and a value is cut after 500 characters. Errors: 2202E for arrays of different lengths, 23502 for another
NULL, 42P01 without a store, 42501 without the rights.';

CREATE PROCEDURE set_attribute_rule(name text, rule text)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  PERFORM clientele.require_store('attribute_rules', 'INSERT'), clientele.require_store('attribute_rules', 'UPDATE');
  IF name IS NULL OR rule IS NULL THEN
    RAISE EXCEPTION 'the name and the rule must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF rule NOT IN ('latest', 'first', 'most_frequent') THEN
    RAISE EXCEPTION 'rule must be latest, first or most_frequent, not "%"', left(rule, 100) USING ERRCODE = 'invalid_parameter_value';
  END IF;
  INSERT INTO clientele_data.attribute_rules AS r (name, rule) VALUES (name, rule)
  ON CONFLICT ON CONSTRAINT attribute_rules_pkey DO UPDATE SET rule = excluded.rule;
END $$;
COMMENT ON PROCEDURE set_attribute_rule(text, text) IS
  'Says which value of an attribute holds if sources say several: latest (the default), first or most_frequent.
It holds at once, for what was read before, too. The rows are in clientele_data.attribute_rules. Errors: 22023 for another rule, 22004 for
NULL, 42P01 without a store, 42501 without the rights.';

CREATE FUNCTION customer_attributes(customer_id bigint, details boolean DEFAULT false) RETURNS jsonb
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
BEGIN
  PERFORM clientele.require_store('customer_attributes');
  RETURN coalesce((
    SELECT jsonb_object_agg(a.name, CASE WHEN details THEN jsonb_build_object('value', a.value, 'source', a.source, 'at', a.at)
                                    ELSE to_jsonb(a.value) END)
    FROM clientele_data.customer_attributes a WHERE a.customer_id = clientele.customer_now(customer_attributes.customer_id)), '{}');
END $$;
COMMENT ON FUNCTION customer_attributes(bigint, boolean) IS
  'What sources say of a customer, as {"city": "Berlin"}; {} if they say nothing.
An id that has been merged into another one gives the attributes of the customer that it belongs to now. details => true adds the source and
the time of each value: {"city": {"value": "Berlin", "source": "crm", "at": "2026-07-01T00:00:00+00:00"}}. Errors: 42P01 without a store,
42501 without the right to read clientele_data.customer_attributes.';
