-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION trusts(role_id oid) RETURNS boolean
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_trusts';
COMMENT ON FUNCTION trusts(oid) IS
  'Returns whether you trust a role, so that you use a store, a source or a rule of it with your own rights.
True for superusers, for yourself, for roles that may SET ROLE to you, and for those named in the setting clientele.trusted_owners;
unless you are a superuser also for the owner of the database and for roles that you are a member of.
The setting has an effect for the role that made it, and not in SECURITY DEFINER functions of others. In ALTER DATABASE it has no effect
for superusers.';

CREATE FUNCTION noted_author(named name, noted name, renewed boolean) RETURNS name
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE
    WHEN named IS DISTINCT FROM noted AND named IS NOT NULL AND EXISTS (
      SELECT FROM pg_roles me LEFT JOIN pg_roles author ON author.rolname = named
      WHERE me.rolname = current_user AND (me.rolsuper OR pg_has_role(me.oid, author.oid, 'USAGE'))) THEN named
    WHEN renewed THEN current_user
    ELSE noted END
$$;
COMMENT ON FUNCTION noted_author(name, name, boolean) IS
  'Returns the author to note for a row that is written; a part of the triggers that note authors of rules, questions and metrics.
named: the author that the writer names. A dump restores the author so; a role cannot name an author whose rights it does not have.
noted: the author that was noted. renewed: whether the text is new: then it is the writer''s.';
