-- SPDX-License-Identifier: PostgreSQL
-- Upgrades a store that an older version created.

CREATE FUNCTION describe_store() RETURNS jsonb
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  WITH relations AS (
    SELECT m.name, CASE m.kind WHEN 'function' THEN NULL ELSE to_regclass(m.name)::oid END AS id FROM clientele.store_members m
  ), functions AS (
    SELECT m.name, CASE m.kind WHEN 'function' THEN to_regprocedure(m.name)::oid END AS id FROM clientele.store_members m
  )
  SELECT jsonb_object_agg(d.name, d.parts) FROM (
    SELECT r.name, jsonb_build_object(
      'columns', (SELECT jsonb_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(f.adbin, f.adrelid))
                                   ORDER BY a.attnum)
                  FROM pg_attribute a LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
                  WHERE a.attrelid = r.id AND a.attnum > 0 AND NOT a.attisdropped),
      'constraints', (SELECT jsonb_object_agg(k.conname, pg_get_constraintdef(k.oid)) FROM pg_constraint k WHERE k.conrelid = r.id),
      'indexes', (SELECT jsonb_agg(pg_get_indexdef(i.indexrelid) ORDER BY i.indexrelid) FROM pg_index i WHERE i.indrelid = r.id),
      'triggers', (SELECT jsonb_agg(concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled) ORDER BY t.tgname) FROM pg_trigger t
                   WHERE t.tgrelid = r.id AND NOT t.tgisinternal),
      'definition', pg_get_viewdef(r.id),
      'comments', (SELECT jsonb_agg(d.description ORDER BY d.objsubid) FROM pg_description d
                   WHERE d.classoid = 'pg_class'::regclass AND d.objoid = r.id)) AS parts
    FROM relations r WHERE r.id IS NOT NULL
    UNION ALL
    SELECT f.name, jsonb_build_object('definition', pg_get_functiondef(f.id), 'comments', obj_description(f.id, 'pg_proc'))
    FROM functions f WHERE f.id IS NOT NULL) d
$$;
COMMENT ON FUNCTION describe_store() IS
  'Describes each member that the store has, so that what an upgrade changed can be reported; a part of upgrade_store().';

CREATE FUNCTION bi_roles() RETURNS SETOF regrole
  LANGUAGE sql STABLE PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
  WITH readable AS (
    SELECT c.oid, c.relowner, c.relacl FROM clientele.store_members m
    JOIN pg_class c ON c.oid = CASE m.kind WHEN 'function' THEN NULL ELSE to_regclass(m.name) END WHERE m.for_bi
  )
  SELECT a.grantee::regrole FROM readable r CROSS JOIN aclexplode(r.relacl) a
  WHERE a.privilege_type = 'SELECT' AND a.grantee NOT IN (0, r.relowner)
  GROUP BY a.grantee HAVING count(DISTINCT r.oid) = (SELECT count(*) FROM readable) ORDER BY a.grantee
$$;
COMMENT ON FUNCTION bi_roles() IS
  'Lists the roles that may read all that grant_bi() lets a role read and the store has; a part of upgrade_store().';

-- CREATE OR REPLACE VIEW resets the options of a view. A view that is dropped loses the rights to it, too.
CREATE FUNCTION owner_settings(member text, kind text) RETURNS text[]
  LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  WITH the_view AS (
    SELECT c.oid, c.relowner, c.relacl, c.reloptions FROM pg_class c WHERE c.oid = CASE kind WHEN 'view' THEN to_regclass(member) END
  ), acls AS (
    SELECT 'TABLE' AS what, v.relowner AS owner, v.relacl AS acl, NULL::name AS attname FROM the_view v
    UNION ALL
    SELECT 'TABLE', v.relowner, a.attacl, a.attname FROM the_view v JOIN pg_attribute a ON a.attrelid = v.oid AND NOT a.attisdropped
    UNION ALL
    SELECT 'FUNCTION', p.proowner, p.proacl, NULL FROM pg_proc p WHERE p.oid = CASE kind WHEN 'function' THEN to_regprocedure(member) END
  )
  SELECT ARRAY(
    SELECT format('ALTER VIEW %s SET (%s)', clientele.store_member(member, kind), array_to_string(v.reloptions, ', '))
    FROM the_view v WHERE v.reloptions IS NOT NULL
    UNION ALL
    SELECT format('REVOKE ALL ON %s %s FROM PUBLIC', m.what, clientele.store_member(member, kind))
    FROM acls m WHERE m.acl IS NOT NULL AND m.attname IS NULL
    UNION ALL
    SELECT format('GRANT %s%s ON %s %s TO %s%s', a.privilege_type, '(' || quote_ident(m.attname) || ')', m.what, clientele.store_member(member, kind),
                  CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END, CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' END)
    FROM acls m CROSS JOIN aclexplode(m.acl) a WHERE a.grantee <> m.owner)
$$;
COMMENT ON FUNCTION owner_settings(text, text) IS
  'Returns statements that give a view or a function of the store the options and the rights that it has; a part of upgrade_store().';

CREATE FUNCTION require_store_of_any_version(relation text, privilege text) RETURNS void
  LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_require_store';
COMMENT ON FUNCTION require_store_of_any_version(text, text) IS
  'Checks what require_store() checks, except that no older version has created the table; a part of upgrade_store().';

-- The owner of a store may add columns of any name, so one that has the new name already is left alone.
CREATE PROCEDURE rename_store_column(relation text, old name, new name)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found CONSTANT name[] := ARRAY(SELECT a.attname FROM pg_attribute a
    WHERE a.attrelid = to_regclass(relation) AND a.attname IN (old, new) AND NOT a.attisdropped);
  statement text;
BEGIN
  IF found <> ARRAY[old] THEN
    RETURN;
  END IF;
  EXECUTE format('ALTER TABLE %s RENAME COLUMN %I TO %I', to_regclass(relation), old, new);
  -- PostgreSQL names a constraint after the column that it is written with.
  FOR statement IN
    SELECT format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', to_regclass(relation), k.conname, concat_ws('_', c.relname, new, s.suffix))
    FROM pg_class c JOIN pg_constraint k ON k.conrelid = c.oid
    JOIN unnest('{check,not_null}'::text[]) s (suffix) ON k.conname = concat_ws('_', c.relname, old, s.suffix)
    WHERE c.oid = to_regclass(relation)
  LOOP
    EXECUTE statement;
  END LOOP;
END $$;
COMMENT ON PROCEDURE rename_store_column(text, name, name) IS
  'Renames a column of the store, and constraints that have its name, if it has its old name still; a part of upgrade_store().';

CREATE PROCEDURE create_members(creator name)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  kept jsonb;
  member record;
  statement text;
  dependents text;
BEGIN
  kept := (SELECT jsonb_object_agg(m.name, clientele.owner_settings(m.name, m.kind)) FROM clientele.store_members m
           WHERE m.created_by = creator AND m.kind IN ('view', 'function') AND clientele.store_member(m.name, m.kind) IS NOT NULL);
  BEGIN
    EXECUTE format('CALL clientele.%I()', creator);
  EXCEPTION WHEN invalid_table_definition OR invalid_function_definition THEN
    -- Columns cannot be taken from a view, nor can their types be changed: the views are dropped and created again.
    BEGIN
      FOR statement IN
        SELECT format('DROP %s %s', m.kind, clientele.store_member(m.name, m.kind))
        FROM clientele.store_members m WHERE m.created_by = creator AND kept ? m.name ORDER BY m.place DESC
      LOOP
        EXECUTE statement;
      END LOOP;
    EXCEPTION WHEN dependent_objects_still_exist THEN
      GET STACKED DIAGNOSTICS dependents = PG_EXCEPTION_DETAIL;
      RAISE EXCEPTION 'objects of yours depend on views of the store that must be replaced' USING
        ERRCODE = 'dependent_objects_still_exist', DETAIL = dependents,
        HINT = 'Drop them, CALL clientele.upgrade_store(), and create them again.';
    END;
    EXECUTE format('CALL clientele.%I()', creator);
  END;
  FOR member IN SELECT m.name, m.kind FROM clientele.store_members m WHERE kept ? m.name ORDER BY m.place LOOP
    IF to_jsonb(clientele.owner_settings(member.name, member.kind)) <> kept -> member.name THEN
      FOR statement IN SELECT jsonb_array_elements_text(kept -> member.name) LOOP
        BEGIN
          EXECUTE statement;
        EXCEPTION WHEN undefined_column THEN
          RAISE INFO 'the column has gone, so this right has, too: %', statement;
        END;
      END LOOP;
    END IF;
  END LOOP;
END $$;
COMMENT ON PROCEDURE create_members(name) IS
  'Creates the members of one procedure that are absent, and brings the others up to date with the rights and options that they have;
a part of upgrade_store().';

CREATE PROCEDURE upgrade_store()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning SET quote_all_identifiers = off AS $$
DECLARE
  owner CONSTANT oid := (SELECT n.nspowner FROM pg_namespace n WHERE n.nspname = 'clientele_data');
  readers regrole[];
  before jsonb;
  after jsonb;
  step record;
  busy text;
BEGIN
  PERFORM clientele.require_store();
  IF owner <> (SELECT r.oid FROM pg_roles r WHERE r.rolname = current_user) THEN
    RAISE EXCEPTION 'the store belongs to role %', owner::regrole USING
      ERRCODE = 'insufficient_privilege', HINT = format('SET ROLE %s, and try again.', owner::regrole);
  END IF;
  PERFORM clientele.require_own_schema('clientele_data'), clientele.require_own_schema('clientele_bi');
  -- Waits for all writers, and for other upgrades. Views are locked against readers when they are replaced. Writers lock tables in many
  -- orders, so it holds no lock while it waits for one; only if that leads nowhere, it does.
  FOR attempt IN 1 .. 1000 LOOP
    BEGIN
      IF busy IS NOT NULL THEN
        EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', busy);
      END IF;
      FOR step IN
        SELECT clientele.store_member(m.name, m.kind) AS member, split_part(m.name, '.', 2) AS relation FROM clientele.store_members m
        WHERE m.kind = 'table' AND clientele.store_member(m.name, m.kind) IS NOT NULL ORDER BY m.place
      LOOP
        PERFORM clientele.require_store_of_any_version(step.relation, 'UPDATE');
        busy := step.member;
        EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE%s', busy, CASE WHEN attempt < 1000 THEN ' NOWAIT' ELSE '' END);
      END LOOP;
      EXIT;
    EXCEPTION WHEN lock_not_available THEN
      NULL;  -- All are free again. The next attempt waits for the busy one.
    END;
  END LOOP;
  PERFORM clientele.begin_progress('upgrade_store');
  readers := ARRAY(SELECT r FROM clientele.bi_roles() r);
  before := clientele.describe_store();
  FOR step IN
    SELECT m.upgraded_by AS procedure FROM clientele.store_members m
    WHERE m.upgraded_by IS NOT NULL AND before ? m.name GROUP BY 1 ORDER BY min(m.place)
  LOOP
    PERFORM clientele.report_progress(step.procedure);
    EXECUTE format('CALL clientele.%I()', step.procedure);
  END LOOP;
  FOR step IN SELECT m.created_by AS procedure FROM clientele.store_members m GROUP BY 1 ORDER BY min(m.place) LOOP
    PERFORM clientele.report_progress(step.procedure);
    CALL clientele.create_members(step.procedure);
  END LOOP;
  CALL clientele.comment_store(clientele.store_language());
  PERFORM clientele.end_progress();
  after := clientele.describe_store();
  IF before = after THEN
    RAISE INFO 'the store is up to date';
    RETURN;
  END IF;
  FOR step IN
    SELECT m.name, m.kind, m.for_bi, before ? m.name AS was_there, c.parts
    FROM clientele.store_members m CROSS JOIN LATERAL (
      SELECT string_agg(p.key, ', ' ORDER BY p.key) AS parts FROM jsonb_each(after -> m.name) p
      WHERE p.value IS DISTINCT FROM before -> m.name -> p.key) c
    WHERE after -> m.name IS DISTINCT FROM before -> m.name ORDER BY m.place
  LOOP
    IF step.was_there THEN
      RAISE INFO 'changed % %: %', step.kind, step.name, step.parts;
    ELSE
      RAISE INFO 'created % %', step.kind, step.name;
      IF step.for_bi AND step.kind <> 'function' AND readers <> '{}' THEN
        EXECUTE format('GRANT SELECT ON %s TO %s', clientele.store_member(step.name, step.kind), array_to_string(readers, ', '));
        RAISE INFO 'granted SELECT on % to %', step.name, array_to_string(readers, ', ');
      END IF;
    END IF;
  END LOOP;
END $$;
COMMENT ON PROCEDURE upgrade_store() IS
  'Upgrades a store that an older version of the extension created: renames columns, replaces views, adds what is absent.
Call it after ALTER EXTENSION clientele UPDATE, and after restoring a dump into a newer version. Messages say what it changed; called again
it changes nothing. Data, rights and objects of your own stay; comments on what create_store() created are set again. Roles that have all
the rights that grant_bi() gives may read what is added.
Waits for transactions that write to the store or have read its views. Only the owner of the store can call it.
Errors: 42P01 without a store, 42501 for other roles and if a role that you do not trust could put objects there, 2BP01 if a view of yours
depends on a view that must be dropped.';
