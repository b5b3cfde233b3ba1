-- SPDX-License-Identifier: PostgreSQL
-- Who may do what with a job.

CREATE FUNCTION jobs_home() RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('%s:%s', clientele.cluster_id(), (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
$$;
COMMENT ON FUNCTION jobs_home() IS
  'Returns where this database is: the number of its cluster, and its OID. Jobs run where clientele_data.settings has the same as jobs_home.';

CREATE FUNCTION may_become(role_id oid, other oid) RETURNS boolean
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_may_become';
COMMENT ON FUNCTION may_become(oid, oid) IS
  'Whether a role is another one, is a member of it that may SET ROLE to it, or is a superuser.';

CREATE FUNCTION jobs_owner() RETURNS oid
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'clientele_data' AND c.relname = 'jobs'
$$;
COMMENT ON FUNCTION jobs_owner() IS
  'Returns the role that owns the table of jobs. The scheduler acts as this role, so it starts only what this role could.';

CREATE FUNCTION may_manage_job(owner name, owner_oid oid, owner_cluster bigint) RETURNS boolean
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT clientele.may_act_as(coalesce(clientele.source_owner(owner, owner_oid, owner_cluster), 0))
      OR coalesce(clientele.may_act_as(clientele.jobs_owner()), false)
$$;
COMMENT ON FUNCTION may_manage_job(name, oid, bigint) IS
  'Whether you see and may change a job, by the columns of clientele_data.jobs: you own it, are a member of the role that does, own the store,
or are a superuser.';

CREATE FUNCTION job_owner_problem(owner name, owner_oid oid, owner_cluster bigint) RETURNS text
  LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_job_owner_problem';
COMMENT ON FUNCTION job_owner_problem(name, oid, bigint) IS
  'Says why the owner of a job cannot run it: the role is gone or was renamed, or may not log in, say. NULL if nothing is wrong.';
