-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION trusts(role_id oid) RETURNS boolean
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_trusts';
COMMENT ON FUNCTION trusts(oid) IS
  'Returns whether you trust a role, so that you use a store, a source or a rule of it with your own rights.
True for superusers, for yourself, for roles that may SET ROLE to you, and for those named in the setting clientele.trusted_owners;
unless you are a superuser also for the owner of the database and for roles that you are a member of.
The setting has an effect for the role that made it, and not in SECURITY DEFINER functions of others. In ALTER DATABASE it has no effect
for superusers.';
