-- SPDX-License-Identifier: PostgreSQL
-- What a store consists of. Each feature adds its tables, views and functions beside the procedures that create them, in the order in
-- which they are created. create_store(), drop_store(), grant_bi() and upgrade_store() loop over the rows; nothing else lists features.

CREATE TABLE store_members (
  place integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  feature text NOT NULL,
  name text NOT NULL UNIQUE,
  kind text NOT NULL CHECK (kind IN ('table', 'sequence', 'view', 'function')),
  created_by name NOT NULL,
  upgraded_by name,
  for_bi boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE store_members IS
  'What a store consists of: the tables, sequences, views and functions that create_store() creates and upgrade_store() adds.';
COMMENT ON COLUMN store_members.place IS 'The order in which members are created.';
COMMENT ON COLUMN store_members.feature IS 'The feature that the member belongs to.';
COMMENT ON COLUMN store_members.name IS 'The name with the schema, of a function also the types of its arguments.';
COMMENT ON COLUMN store_members.kind IS 'table, sequence, view or function.';
COMMENT ON COLUMN store_members.created_by IS
  'The procedure that creates the member where it is absent, and otherwise brings its definition and its comments up to date.';
COMMENT ON COLUMN store_members.upgraded_by IS
  'The procedure that changes a table that an older version created; NULL if there is nothing to change.';
COMMENT ON COLUMN store_members.for_bi IS 'Whether grant_bi() gives the right to read or call it.';
GRANT SELECT ON store_members TO PUBLIC;
-- An update of the extension fills it again.
DELETE FROM clientele.store_members;

CREATE FUNCTION store_member(name text, kind text) RETURNS text
  LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE kind WHEN 'function' THEN to_regprocedure(name)::text ELSE to_regclass(name)::text END
$$;
COMMENT ON FUNCTION store_member(text, text) IS
  'Returns the name of a member of the store as SQL writes it, NULL if the store does not have it; a part of upgrade_store().';

CREATE PROCEDURE grant_bi(role regrole)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  statement text;
BEGIN
  IF role IS NULL OR role = 0 THEN
    RAISE EXCEPTION 'the role must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  PERFORM clientele.require_store();
  EXECUTE format('GRANT USAGE ON SCHEMA clientele_bi, clientele_data TO %s', role);
  FOR statement IN
    SELECT format('GRANT %s %s TO %s', p.privilege, string_agg(p.present, ', ' ORDER BY p.place), role)
    FROM (SELECT m.place, CASE m.kind WHEN 'function' THEN 'EXECUTE ON FUNCTION' ELSE 'SELECT ON' END AS privilege,
                 clientele.store_member(m.name, m.kind) AS present
          FROM clientele.store_members m
          WHERE m.for_bi AND CASE m.kind WHEN 'function' THEN NOT has_function_privilege(role::oid, to_regprocedure(m.name)::oid, 'EXECUTE')
                                  ELSE true END) p
    WHERE p.present IS NOT NULL GROUP BY p.privilege ORDER BY p.privilege DESC
  LOOP
    EXECUTE statement;
  END LOOP;
END $$;
COMMENT ON PROCEDURE grant_bi(regrole) IS
  'Lets a role use the store as BI tools do: read the views in clientele_bi, the dictionaries, segments, models and tags, but not journeys.
upgrade_store() lets a role that has all these rights read what it adds. Needs the rights of the store''s owner.
Errors: 42704 for a role that does not exist, 42P01 without a store, 42501 without the rights.';

CREATE PROCEDURE revoke_bi(role regrole)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  statement text;
BEGIN
  IF role IS NULL OR role = 0 THEN
    RAISE EXCEPTION 'the role must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF EXISTS (SELECT FROM pg_namespace n WHERE n.nspname IN ('clientele_bi', 'clientele_data') AND n.nspowner = role::oid) THEN
    RAISE EXCEPTION 'role % owns the store', role USING ERRCODE = 'invalid_parameter_value',
      HINT = 'All views read with the rights of the owner.';
  END IF;
  PERFORM clientele.require_store();
  FOR statement IN
    SELECT format('REVOKE %s %s FROM %s', p.privilege, string_agg(p.present, ', ' ORDER BY p.place), role)
    FROM (SELECT m.place, CASE m.kind WHEN 'function' THEN 'ALL ON FUNCTION' ELSE 'SELECT ON' END AS privilege,
                 clientele.store_member(m.name, m.kind) AS present
          FROM clientele.store_members m WHERE m.for_bi) p
    WHERE p.present IS NOT NULL GROUP BY p.privilege ORDER BY p.privilege DESC
  LOOP
    EXECUTE statement;
  END LOOP;
  -- A role that has other rights in a schema keeps its way into it.
  FOR statement IN
    SELECT format('REVOKE USAGE ON SCHEMA %I FROM %s', n.nspname, role) FROM pg_namespace n
    WHERE n.nspname IN ('clientele_bi', 'clientele_data')
      AND NOT EXISTS (SELECT FROM pg_class c CROSS JOIN aclexplode(c.relacl) a WHERE c.relnamespace = n.oid AND a.grantee = role::oid
                      UNION ALL
                      SELECT FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid CROSS JOIN aclexplode(t.attacl) a
                      WHERE c.relnamespace = n.oid AND a.grantee = role::oid
                      UNION ALL
                      SELECT FROM pg_proc f CROSS JOIN aclexplode(f.proacl) a WHERE f.pronamespace = n.oid AND a.grantee = role::oid)
    ORDER BY n.nspname
  LOOP
    EXECUTE statement;
  END LOOP;
END $$;
COMMENT ON PROCEDURE revoke_bi(regrole) IS
  'Takes from a role the rights that grant_bi() gives.
USAGE on the schemas of the store goes with them, unless the role has other rights there. Rights that the role has through other roles,
or through PUBLIC, stay: with USAGE on clientele_bi it can still call the functions there, whose answers are totals. Needs the rights of
the store''s owner. Errors: 22023 for the owner of the store, 42704 for a role that does not exist, 2BP01 if the role has
granted such a right to others, 42P01 without a store, 42501 without the rights.';
