-- SPDX-License-Identifier: PostgreSQL
-- The store consists of ordinary tables. They belong to the role that calls create_store(), not to the extension. The owner
-- may add columns, indexes and policies, and pg_dump keeps them all.

CREATE FUNCTION require_store(relation text DEFAULT 'stored_journeys', privilege text DEFAULT NULL) RETURNS void
  LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_require_store_0_2';
COMMENT ON FUNCTION require_store(text, text) IS
  'Checks that the store exists, that you may use this table of it, and that you trust all roles that could put code there.
These are its owners, the roles with CREATE on the schema, and, if you write, those with TRIGGER on the table. The error says what to do.
privilege: SELECT (the default), INSERT, UPDATE or DELETE. Errors: 42P01 without a store or the table, 55000 for a table of an older
version that has changed since (upgrade_store() brings it up to date), 42501 without the privilege or the trust.';

CREATE FUNCTION check_time_zone(time_zone text) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
BEGIN
  IF time_zone IS NULL THEN
    RAISE EXCEPTION 'the time zone must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  BEGIN
    PERFORM set_config('TimeZone', time_zone, true);
    IF EXISTS (
      SELECT FROM generate_series(timestamp '1970-01-01', timestamp '2037-07-01', interval '6 months') AS g (at)
      WHERE (g.at AT TIME ZONE time_zone) <> g.at::timestamptz) THEN
      RAISE EXCEPTION 'time zone "%" means different things in PostgreSQL', left(time_zone, 100) USING
        ERRCODE = 'invalid_parameter_value', HINT = 'Take the name of a place, as Europe/Berlin; pg_timezone_names lists them.';
    END IF;
  EXCEPTION WHEN invalid_parameter_value THEN
    IF SQLERRM LIKE 'time zone "%" means%' THEN
      RAISE;
    END IF;
    RAISE EXCEPTION 'time zone "%" does not exist', left(time_zone, 100) USING
      ERRCODE = 'invalid_parameter_value', HINT = 'pg_timezone_names lists them.';
  END;
END $$;
COMMENT ON FUNCTION check_time_zone(text) IS
  'Checks that a time zone exists, and that it is the same for SET TIME ZONE and AT TIME ZONE.
Errors: 22023 if not, 22004 for NULL.';

CREATE FUNCTION store_time_zone() RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  zone text;
BEGIN
  PERFORM clientele.require_store('settings');
  SELECT s.value INTO zone FROM clientele_data.settings s WHERE s.name = 'time_zone';
  IF zone IS NULL THEN
    RAISE EXCEPTION 'the store has no time zone' USING
      ERRCODE = 'no_data_found', HINT = 'CALL clientele.set_store_time_zone() sets one.';
  END IF;
  RETURN zone;
END $$;
COMMENT ON FUNCTION store_time_zone() IS
  'Returns the time zone of the store, in which days begin and times without a zone are read.
Errors: 42P01 without a store, 42501 without the right to read clientele_data.settings.';

CREATE PROCEDURE set_store_time_zone(time_zone text)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('settings', 'INSERT'), clientele.require_store('settings', 'UPDATE'),
          clientele.check_time_zone(time_zone);
  INSERT INTO clientele_data.settings (name, value) VALUES ('time_zone', time_zone)
  ON CONFLICT (name) DO UPDATE SET value = excluded.value;
END $$;
COMMENT ON PROCEDURE set_store_time_zone(text) IS
  'Changes the time zone of the store. What is loaded already stays as it is; days in views move.
Errors: 22023 for an unknown time zone, 42P01 without a store, 42501 without the right to change clientele_data.settings.';

-- The owner of a schema may drop and replace what others have in it, and a role with CREATE can add functions and operators.
CREATE FUNCTION require_own_schema(schema_name text) RETURNS void
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  schema record;
  stranger text;
BEGIN
  SELECT n.oid, n.nspowner, n.nspacl INTO schema FROM pg_namespace n WHERE n.nspname = schema_name;
  IF schema.nspowner <> (SELECT r.oid FROM pg_roles r WHERE r.rolname = current_user) THEN
    RAISE EXCEPTION 'schema % belongs to role %', schema_name, quote_ident(pg_get_userbyid(schema.nspowner)) USING
      ERRCODE = 'insufficient_privilege',
      DETAIL = format('The store would belong to role %I, and the owner of the schema could replace its tables.', current_user),
      HINT = format('Drop the schema; or SET ROLE %I, if the store is to belong to that role.', pg_get_userbyid(schema.nspowner));
  END IF;
  SELECT coalesce((SELECT quote_ident(r.rolname) FROM pg_roles r WHERE r.oid = a.grantee), 'PUBLIC') INTO stranger
  FROM aclexplode(schema.nspacl) a WHERE a.privilege_type = 'CREATE' AND NOT clientele.trusts(a.grantee) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'role % may create objects in schema %', stranger, schema_name USING
      ERRCODE = 'insufficient_privilege', HINT = format('REVOKE CREATE ON SCHEMA %I FROM %s.', schema_name, stranger);
  END IF;
  SELECT format('%s belongs to role %I.', pg_describe_object(d.classid, d.objid, 0), pg_get_userbyid(o.refobjid)) INTO stranger
  FROM pg_depend d
  JOIN pg_shdepend o ON o.dbid = (SELECT b.oid FROM pg_database b WHERE b.datname = current_database())
   AND o.classid = d.classid AND o.objid = d.objid AND o.deptype = 'o'
  WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = schema.oid AND NOT clientele.trusts(o.refobjid) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'schema % holds objects of others', schema_name USING
      ERRCODE = 'insufficient_privilege', DETAIL = stranger, HINT = 'Drop them, or move them elsewhere.';
  END IF;
END $$;
COMMENT ON FUNCTION require_own_schema(text) IS
  'Checks that a schema is yours, and that no role that you do not trust can create, or owns, objects in it; a part of create_store().
Errors: 42501 if not.';

CREATE PROCEDURE create_store(time_zone text DEFAULT NULL, language text DEFAULT 'en')
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET quote_all_identifiers = off AS $$
DECLARE
  zone CONSTANT text := coalesce(time_zone, current_setting('TimeZone'));
  creator name;
BEGIN
  IF EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = 'clientele_data' AND c.relname = 'stored_journeys') THEN
    RAISE EXCEPTION 'this database has a clientele store already' USING
      ERRCODE = 'duplicate_table',
      DETAIL = (SELECT format('Schema clientele_data belongs to %I.', pg_get_userbyid(nspowner))
                FROM pg_namespace WHERE nspname = 'clientele_data'),
      HINT = 'Use it; or CALL clientele.drop_store(), which deletes all its data, and create it again.';
  END IF;
  IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'clientele_data') THEN
    CREATE SCHEMA clientele_data;
    COMMENT ON SCHEMA clientele_data IS 'The store of clientele: customers, dictionaries and journeys, in ordinary tables.';
  END IF;
  IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'clientele_bi') THEN
    CREATE SCHEMA clientele_bi;
    COMMENT ON SCHEMA clientele_bi IS 'Views of the clientele store for BI tools: plain column types, no journeys.';
  END IF;
  PERFORM clientele.check_time_zone(zone), clientele.check_language(language),
          clientele.require_own_schema('clientele_data'), clientele.require_own_schema('clientele_bi');
  FOR creator IN SELECT m.created_by FROM clientele.store_members m GROUP BY m.created_by ORDER BY min(m.place) LOOP
    EXECUTE format('CALL clientele.%I()', creator);
  END LOOP;
  INSERT INTO clientele_data.settings (name, value) VALUES ('time_zone', zone), ('language', language);
  CALL clientele.comment_store(language);
END $$;
COMMENT ON PROCEDURE create_store(text, text) IS
  'Creates the store: tables in schema clientele_data and views for BI tools in clientele_bi, owned by you.
time_zone: that of the store, in which days begin and times without a zone are read; by default that of the session.
language: that of the comments in clientele_bi, en or zh; set_store_language() changes it.
Needs the right to create schemas, or two empty schemas of these names that are yours.
Errors: 42P07 if there is a store already, 42501 if a schema of these names belongs to another role, or if others may create objects in it,
22023 for an unknown time zone or language.';

CREATE PROCEDURE drop_store(cascade boolean DEFAULT false)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  statement text;
  context text;
BEGIN
  PERFORM clientele.require_store();
  IF cascade THEN
    DROP SCHEMA clientele_bi, clientele_data CASCADE;
    RETURN;
  END IF;
  BEGIN
    FOR statement IN
      -- Views and functions need each other, so the newest goes first. Tables may refer to each other in cycles.
      WITH present AS (SELECT m.place, m.kind, clientele.store_member(m.name, m.kind) AS name FROM clientele.store_members m)
      SELECT format('DROP %s %s', p.kind, string_agg(p.name, ', ' ORDER BY p.place)) FROM present p WHERE p.name IS NOT NULL
      GROUP BY p.kind, CASE WHEN p.kind IN ('function', 'view') THEN p.place END
      ORDER BY array_position('{table,sequence}', p.kind) NULLS FIRST, min(p.place) DESC
    LOOP
      EXECUTE statement;
    END LOOP;
    DROP SCHEMA clientele_bi;
    DROP SCHEMA clientele_data;
  EXCEPTION WHEN dependent_objects_still_exist THEN
    GET STACKED DIAGNOSTICS context = PG_EXCEPTION_DETAIL;
    RAISE EXCEPTION 'the store holds, or is used by, objects that clientele did not create' USING
      ERRCODE = 'dependent_objects_still_exist',
      DETAIL = context,
      HINT = 'Move them elsewhere; or CALL clientele.drop_store(cascade => true) to drop them, too.';
  END;
END $$;
COMMENT ON PROCEDURE drop_store(boolean) IS
  'Drops the store with all its data: the schemas clientele_data and clientele_bi.
It refuses if there are objects of your own in them, or views on them elsewhere, unless cascade is true.
Errors: 42P01 without a store, 2BP01 if it refuses.';
