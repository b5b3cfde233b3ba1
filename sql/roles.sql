-- SPDX-License-Identifier: PostgreSQL
-- Whose store is read, and what one role's question leaves behind for the next.
\set tests :DBNAME
SET client_min_messages = warning;
CREATE ROLE regress_roles_owner;
CREATE ROLE regress_roles_reader;
CREATE ROLE regress_roles_friend;
CREATE ROLE regress_roles_other SUPERUSER;
CREATE DATABASE clientele_roles ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_roles
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;
GRANT CREATE ON DATABASE clientele_roles TO regress_roles_owner;
CREATE FUNCTION fails(statement text, OUT code text, OUT message text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  message := 'it does not fail';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
END $$;
GRANT ALL ON SCHEMA public TO PUBLIC;

-- Which roles trust which.
CREATE FUNCTION trusting(who text, whom text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  answer boolean;
BEGIN
  EXECUTE format('SET LOCAL ROLE %I', who);
  answer := trusts(whom::regrole);
  RESET ROLE;
  RETURN answer;
END $$;
SELECT trusting('regress_roles_reader', 'regress_roles_reader') AS oneself, trusting('regress_roles_reader', 'regress_roles_other') AS superuser,
       trusting('regress_roles_reader', 'regress_roles_owner') AS stranger, trusting('regress_roles_other', 'regress_roles_owner') AS below;
GRANT regress_roles_owner TO regress_roles_reader;
SELECT trusting('regress_roles_reader', 'regress_roles_owner') AS member_trusts_group, trusting('regress_roles_owner', 'regress_roles_reader') AS group_trusts_member,
       trusting('regress_roles_friend', 'regress_roles_reader') AS stranger;
REVOKE regress_roles_owner FROM regress_roles_reader;
ALTER DATABASE clientele_roles OWNER TO regress_roles_friend;
SELECT trusting('regress_roles_reader', 'regress_roles_friend') AS owner_of_database, trusting('regress_roles_other', 'regress_roles_friend') AS by_superuser;
RESET ROLE;
SELECT current_user <> 'regress_roles_reader' AS reset, trusts(0) AS nobody, trusts(4294967295) AS gone, trusts(NULL) IS NULL AS "null";

-- The setting counts for the role that made it.
SET ROLE regress_roles_reader;
SELECT * FROM fails('SET clientele.trusted_owners = ''a,,b''');
SET clientele.trusted_owners = 'nobody_of_this_name, Regress_Roles_Owner';
SELECT trusts('regress_roles_owner'::regrole), trusts('regress_roles_other'::regrole);
CREATE FUNCTION asked_by_reader(whom regrole) RETURNS boolean LANGUAGE sql SECURITY DEFINER BEGIN ATOMIC SELECT trusts(whom); END;
RESET ROLE;
-- A superuser may become any role, so a setting counts only for the role that made it.
SELECT trusts('regress_roles_owner'::regrole) AS for_others;
SET ROLE regress_roles_friend;
SET clientele.trusted_owners = 'regress_roles_friend, regress_roles_owner';
SELECT trusts('regress_roles_owner'::regrole) AS mine, asked_by_reader('regress_roles_owner') AS in_a_function_of_another;
RESET clientele.trusted_owners;
ALTER DATABASE clientele_roles SET clientele.trusted_owners = 'regress_roles_owner';
RESET ROLE;
\c clientele_roles
SET search_path = public, clientele; SET client_min_messages = warning;
SHOW clientele.trusted_owners;
SELECT trusting('regress_roles_reader', 'regress_roles_owner') AS by_setting_of_the_database, trusts('regress_roles_owner'::regrole) AS not_by_superuser;
SET ROLE regress_roles_friend;
ALTER DATABASE clientele_roles RESET ALL;
RESET ROLE;
\c clientele_roles
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET search_path = public, clientele; SET client_min_messages = warning;
ALTER DATABASE clientele_roles OWNER TO regress_roles_other;

-- A store of an unknown role is not read.
SET ROLE regress_roles_owner;
CALL create_store();
SELECT event_type('', 'secret');
INSERT INTO clientele_data.customers VALUES (1);
INSERT INTO clientele_data.journeys VALUES (1, '{1@2026-01-01T00:00:00Z}');
INSERT INTO clientele_data.rfm_segments (scheme, r, f, m, segment, tier) SELECT 'mine', r, f, m, 'secret segment', 'high' FROM generate_series(1, 2) r, generate_series(1, 2) f, generate_series(1, 2) m;
INSERT INTO clientele_data.rfm_tiers VALUES ('high', 'en', 'secret strategy');
SELECT save_model('secret', '{"model": "BG/NBD", "parameters": {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}}'::btyd_model) IS NOT NULL AS saved;
RESET ROLE;
CREATE FUNCTION answers() RETURNS SETOF text LANGUAGE plpgsql STABLE AS $$
DECLARE
  j CONSTANT clientele.journey := '{1@2026-01-01T00:00:00Z}';
  q text;
  r text;
BEGIN
  FOREACH q IN ARRAY ARRAY[
    $q$ clientele.event_count($1, 'secret') $q$,
    $q$ clientele.top_event($1) $q$,
    $q$ clientele.journey_path($1, clientele.path_def()) $q$,
    $q$ clientele.funnel_depth($1, '{secret}', '1 day') $q$,
    $q$ (clientele.purchase_summary($1, clientele.purchase_def('2026-06-30', purchase => 'secret'))).age > 0 $q$,
    $q$ clientele.rfm_segment(ROW(1, 1, 1, 2)::clientele.rfm, 'mine') $q$,
    $q$ clientele.rfm_strategy('high') $q$,
    $q$ clientele.churn_prob(2, 30, 40, 'secret') > 0 $q$,
    $q$ clientele.churn_features_json($1, '2026-06-01', clientele.churn_features_def(purchase => 'secret')) IS NOT NULL $q$,
    $q$ clientele.audience_size('vip') $q$] LOOP
    BEGIN
      EXECUTE 'SELECT ' || q INTO r USING j;
    EXCEPTION WHEN OTHERS THEN
      r := SQLSTATE || ' ' || SQLERRM;
    END;
    RETURN NEXT r;
  END LOOP;
END $$;
SELECT * FROM answers();
SET ROLE regress_roles_owner;
SELECT * FROM answers();
RESET ROLE;
SELECT * FROM fails($$SELECT event_count('{}', 'secret')$$);
SET clientele.trusted_owners = regress_roles_owner;
SELECT event_count('{1@2026-01-01T00:00:00Z}', 'secret');
RESET clientele.trusted_owners;
GRANT regress_roles_owner TO regress_roles_reader;
SET ROLE regress_roles_owner;
GRANT USAGE ON SCHEMA clientele_data TO regress_roles_other;
RESET ROLE;
-- A table among those of the store that belongs to another role.
ALTER TABLE clientele_data.event_types OWNER TO regress_roles_friend;
SET ROLE regress_roles_owner;
SELECT * FROM fails($$SELECT event_count('{}', 'secret')$$);
RESET ROLE;
ALTER TABLE clientele_data.event_types OWNER TO regress_roles_owner;
REVOKE regress_roles_owner FROM regress_roles_reader;

-- What is kept from row to row belongs to the role that asked: a function is one expression for all who call it.
CREATE FUNCTION kept(j clientele.journey) RETURNS text LANGUAGE plpgsql STABLE AS
  'BEGIN RETURN clientele.event_count(j, ''secret''); END';
CREATE FUNCTION kept_label(j clientele.journey) RETURNS text LANGUAGE plpgsql STABLE AS
  'BEGIN RETURN clientele.journey_path(j, clientele.path_def()); END';
CREATE FUNCTION kept_name(j clientele.journey) RETURNS text LANGUAGE plpgsql STABLE AS
  'BEGIN RETURN clientele.top_event(j); END';
CREATE FUNCTION kept_funnel(j clientele.journey) RETURNS text LANGUAGE plpgsql STABLE AS
  'BEGIN RETURN clientele.funnel_depth(j, clientele.funnel_def(''{secret}'')); END';
CREATE FUNCTION kept_segment(j clientele.journey) RETURNS text LANGUAGE plpgsql STABLE AS
  'BEGIN RETURN clientele.rfm_segment(ROW(1, 1, 1, 2)::clientele.rfm, ''mine''); END';
CREATE FUNCTION kept_strategy(j clientele.journey) RETURNS text LANGUAGE plpgsql STABLE AS
  'BEGIN RETURN clientele.rfm_strategy(''high''); END';
CREATE FUNCTION kept_model(j clientele.journey) RETURNS text LANGUAGE plpgsql STABLE AS
  'BEGIN RETURN clientele.churn_prob(2, 30, 40, ''secret'') > 0; END';
CREATE FUNCTION for_all(name text, j clientele.journey) RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  r text;
BEGIN
  CASE name
    WHEN 'kept' THEN r := public.kept(j); WHEN 'kept_label' THEN r := public.kept_label(j); WHEN 'kept_name' THEN r := public.kept_name(j);
    WHEN 'kept_funnel' THEN r := public.kept_funnel(j); WHEN 'kept_segment' THEN r := public.kept_segment(j);
    WHEN 'kept_strategy' THEN r := public.kept_strategy(j); WHEN 'kept_model' THEN r := public.kept_model(j);
  END CASE;
  RETURN r;
END $$;
ALTER FUNCTION for_all(text, clientele.journey) OWNER TO regress_roles_owner;
-- The error of a role without rights, asked after the owner's function has asked in the same transaction.
CREATE FUNCTION asked_after(name text, OUT owner text, OUT reader text) LANGUAGE plpgsql AS $$
BEGIN
  owner := public.for_all(name, '{1@2026-01-01T00:00:00Z}');
  BEGIN
    CASE name
      WHEN 'kept' THEN reader := public.kept('{1@2026-01-01T00:00:00Z}'); WHEN 'kept_label' THEN reader := public.kept_label('{1@2026-01-01T00:00:00Z}');
      WHEN 'kept_name' THEN reader := public.kept_name('{1@2026-01-01T00:00:00Z}'); WHEN 'kept_funnel' THEN reader := public.kept_funnel('{1@2026-01-01T00:00:00Z}');
      WHEN 'kept_segment' THEN reader := public.kept_segment('{1@2026-01-01T00:00:00Z}'); WHEN 'kept_strategy' THEN reader := public.kept_strategy('{1@2026-01-01T00:00:00Z}');
      WHEN 'kept_model' THEN reader := public.kept_model('{1@2026-01-01T00:00:00Z}');
    END CASE;
  EXCEPTION WHEN OTHERS THEN
    reader := SQLSTATE;
  END;
END $$;
SET clientele.trusted_owners = regress_roles_owner;
SET ROLE regress_roles_reader;
SET clientele.trusted_owners = regress_roles_owner;
SET search_path = pg_catalog, pg_temp;
BEGIN;
SELECT k AS question, (public.asked_after(k)).* FROM unnest('{kept,kept_label,kept_name,kept_funnel,kept_segment,kept_strategy,kept_model}'::text[]) k;
COMMIT;
RESET ROLE;

-- Policies of the dictionary: each role its own rows, also through a plan and a cache that another has filled.
SET search_path = public, clientele;
SET ROLE regress_roles_owner;
GRANT USAGE ON SCHEMA clientele_data TO regress_roles_reader, regress_roles_friend;
GRANT SELECT ON clientele_data.event_types TO regress_roles_reader, regress_roles_friend;
SELECT event_type('', 'open');
ALTER TABLE clientele_data.event_types ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON clientele_data.event_types FOR SELECT TO regress_roles_reader USING (event = 'open');
CREATE POLICY friend ON clientele_data.event_types FOR SELECT TO regress_roles_friend USING (event = 'secret');
RESET ROLE;
CREATE FUNCTION everything(j clientele.journey) RETURNS int LANGUAGE plpgsql STABLE AS 'BEGIN RETURN clientele.event_count(j, ''*''); END';
CREATE FUNCTION everything_of(role text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  r int;
BEGIN
  EXECUTE format('SET LOCAL ROLE %I', role);
  SET LOCAL clientele.trusted_owners = regress_roles_owner;
  r := public.everything('{1@2026-01-01T00:00:00Z, 1@2026-01-02T00:00:00Z, 2@2026-01-01T00:00:00Z}');
  RESET ROLE;
  RETURN r;
END $$;
SELECT r AS role, everything_of(r) FROM unnest('{regress_roles_owner,regress_roles_reader,regress_roles_friend,regress_roles_reader,regress_roles_owner}'::text[]) r;
SET ROLE regress_roles_reader;
SET row_security = off;
SELECT * FROM fails($$SELECT everything('{1@2026-01-01T00:00:00Z}')$$);
RESET row_security;
RESET ROLE;

SET ROLE regress_roles_owner;
CALL drop_store();
RESET ROLE;
\c :tests
DROP DATABASE clientele_roles;
DROP ROLE regress_roles_owner, regress_roles_reader, regress_roles_friend, regress_roles_other;
