-- SPDX-License-Identifier: PostgreSQL
\echo Use "CREATE EXTENSION clientele" to load this file. \quit

-- The schema is created here and belongs to the extension, so that DROP EXTENSION drops it. A schema that a superuser has created before
-- is used, and stays. A schema in which another role can create objects is refused: functions of ours would find them.
DO $$
DECLARE
  existing CONSTANT oid := (SELECT n.oid FROM pg_namespace n WHERE n.nspname = 'clientele');
  owner_name text;
  writer text;
  foreign_object text;
BEGIN
  IF getdatabaseencoding() <> 'UTF8' THEN
    RAISE EXCEPTION 'clientele needs a database whose encoding is UTF8, not %', getdatabaseencoding() USING
      ERRCODE = 'feature_not_supported',
      HINT = 'CREATE DATABASE ... ENCODING ''UTF8'' TEMPLATE template0 makes one.';
  END IF;
  IF existing IS NULL THEN
    CREATE SCHEMA clientele;
    COMMENT ON SCHEMA clientele IS 'Functions and types of the clientele extension: customer behaviour as packed journeys.';
    RETURN;
  END IF;
  SELECT r.rolname INTO owner_name FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner WHERE n.oid = existing AND NOT r.rolsuper;
  IF FOUND THEN
    RAISE EXCEPTION 'schema clientele belongs to %, who is not a superuser', quote_ident(owner_name) USING
      ERRCODE = 'invalid_schema_definition',
      DETAIL = 'The functions of clientele would find what its owner puts there.',
      HINT = 'Rename or drop the schema, or ALTER SCHEMA clientele OWNER TO CURRENT_USER, and try again.';
  END IF;
  SELECT coalesce(r.rolname, 'PUBLIC') INTO writer
  FROM pg_namespace n CROSS JOIN aclexplode(n.nspacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
  WHERE n.oid = existing AND a.privilege_type = 'CREATE' AND NOT coalesce(r.rolsuper, false) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'role % can create objects in schema clientele', writer USING
      ERRCODE = 'invalid_schema_definition',
      DETAIL = 'The functions of clientele would find them.',
      HINT = 'REVOKE CREATE ON SCHEMA clientele from that role, and try again.';
  END IF;
  SELECT format('%s of %I', pg_describe_object(o.class, o.id, 0), r.rolname) INTO foreign_object
  FROM (SELECT 'pg_class'::regclass AS class, oid AS id, relowner AS owner FROM pg_class WHERE relnamespace = existing
        UNION ALL SELECT 'pg_proc'::regclass, oid, proowner FROM pg_proc WHERE pronamespace = existing
        UNION ALL SELECT 'pg_type'::regclass, oid, typowner FROM pg_type WHERE typnamespace = existing
        UNION ALL SELECT 'pg_operator'::regclass, oid, oprowner FROM pg_operator WHERE oprnamespace = existing) o
  JOIN pg_roles r ON r.oid = o.owner WHERE NOT r.rolsuper LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'schema clientele holds objects of a role that is not a superuser' USING
      ERRCODE = 'invalid_schema_definition', DETAIL = foreign_object,
      HINT = 'Move or drop them, and try again.';
  END IF;
END $$;
GRANT USAGE ON SCHEMA clientele TO PUBLIC;
SET LOCAL search_path = clientele, pg_catalog, pg_temp;
-- What functions have set is stored as it would be quoted.
SET LOCAL quote_all_identifiers = off;
