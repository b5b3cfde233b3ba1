-- SPDX-License-Identifier: PostgreSQL
-- compare_models() and track_purchases() read what the caller names with the caller's rights.

-- A query shows what it reads. A bare name does not show that a view runs its functions with the caller's rights.
CREATE FUNCTION check_caller_relation(relation regclass) RETURNS void
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  owner oid;
  schema_owner oid;
  obstacle text;
BEGIN
  SELECT c.relowner, n.nspowner INTO owner, schema_owner
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relation;
  obstacle := CASE
    WHEN NOT clientele.trusts(owner) THEN format('It belongs to role %I.', pg_get_userbyid(owner))
    WHEN NOT clientele.trusts(schema_owner) THEN
      format('Its schema belongs to role %I, which may put another relation in its place.', pg_get_userbyid(schema_owner)) END;
  IF obstacle IS NOT NULL THEN
    RAISE EXCEPTION '% may run code of a role that role % does not trust', relation, quote_ident(current_user) USING
      ERRCODE = 'insufficient_privilege', DETAIL = obstacle,
      HINT = format('Give a query of your own that reads it, SET ROLE %I to work with the rights of its owner, or name that role in clientele.trusted_owners.',
                    pg_get_userbyid(owner));
  END IF;
END $$;
COMMENT ON FUNCTION check_caller_relation(regclass) IS
  'Refuses a table or view that may run code of a role that you do not trust; a part of caller_source().
Errors: 42501.';

-- Columns are cast to the types that a comparison takes, and a cast belongs to the owner of the type.
CREATE FUNCTION check_caller_column(kind regtype, column_name text) RETURNS void
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  stranger regtype;
BEGIN
  WITH RECURSIVE types (id) AS (
    SELECT kind::oid
    UNION
    SELECT x.id FROM types y JOIN pg_type t ON t.oid = y.id CROSS JOIN LATERAL (VALUES (t.typelem), (t.typbasetype)) x (id) WHERE x.id <> 0
  )
  SELECT t.oid INTO stranger FROM types y JOIN pg_type t ON t.oid = y.id WHERE NOT clientele.trusts(t.typowner) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'column "%" may run code of a role that role % does not trust', column_name, quote_ident(current_user) USING
      ERRCODE = 'insufficient_privilege',
      DETAIL = format('Its type %s belongs to role %I.', stranger, (SELECT pg_get_userbyid(t.typowner) FROM pg_type t WHERE t.oid = stranger)),
      HINT = 'Name that role in clientele.trusted_owners, or cast the column in a query of your own.';
  END IF;
END $$;
COMMENT ON FUNCTION check_caller_column(regtype, text) IS
  'Refuses a column whose type belongs to a role that you do not trust, as its casts do; a part of caller_source().
Errors: 42501.';
