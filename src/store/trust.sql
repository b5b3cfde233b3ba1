-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION trusts(role_id oid) RETURNS boolean
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_trusts';
COMMENT ON FUNCTION trusts(oid) IS
  'Whether you use what belongs to this role with your own rights: a store, a source, a rule.
True for superusers, for yourself, for roles that may SET ROLE to you, and for those named in the setting clientele.trusted_owners;
unless you are a superuser also for the owner of the database and for roles that you are a member of.
The setting counts for who made it, not in SECURITY DEFINER functions of others; in ALTER DATABASE it does not count for superusers.';
