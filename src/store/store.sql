-- SPDX-License-Identifier: PostgreSQL
-- The store is made of ordinary tables of whoever calls create_store(), not of the extension: their
-- owner may add columns, indexes and policies, and pg_dump keeps them all.

CREATE FUNCTION require_store(relation text DEFAULT 'stored_journeys', privilege text DEFAULT NULL) RETURNS void
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  table_id oid := (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                   WHERE n.nspname = 'clientele_data' AND c.relname = relation);
BEGIN
  IF table_id IS NULL THEN
    RAISE EXCEPTION 'there is no store in this database' USING
      ERRCODE = 'undefined_table',
      DETAIL = format('Table clientele_data.%s does not exist.', relation),
      HINT = 'CALL clientele.create_store() makes one.';
  END IF;
  IF NOT has_schema_privilege('clientele_data', 'USAGE')
     OR NOT has_table_privilege(table_id, 'SELECT')
     OR NOT has_table_privilege(table_id, coalesce(privilege, 'SELECT')) THEN
    RAISE EXCEPTION 'permission denied for table clientele_data.%', relation USING
      ERRCODE = 'insufficient_privilege',
      DETAIL = format('Role %I may not %s it.', current_user,
                      CASE privilege WHEN 'INSERT' THEN 'read it and add to' WHEN 'UPDATE' THEN 'read and change'
                                     WHEN 'DELETE' THEN 'read it and delete from' ELSE 'read' END),
      HINT = CASE WHEN relation LIKE 'model%' THEN 'Its owner can GRANT it; a model itself can be given in place of its name.'
                  ELSE 'Over rows of any table, window_funnel(), sessionize() and journey_path() answer without a dictionary.' END;
  END IF;
END $$;
COMMENT ON FUNCTION require_store(text, text) IS
  'Checks that the store exists and that you may use it, with an error that says what to do if not.
Errors: 42P01 without a store, 42501 without the privilege.';

CREATE PROCEDURE create_store()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = 'clientele_data' AND c.relname = 'stored_journeys') THEN
    RAISE EXCEPTION 'there is a store in this database already' USING
      ERRCODE = 'duplicate_table',
      DETAIL = (SELECT format('Schema clientele_data belongs to %I.', pg_get_userbyid(nspowner))
                FROM pg_namespace WHERE nspname = 'clientele_data'),
      HINT = 'Use it; or CALL clientele.drop_store(), which deletes all its data, and create it anew.';
  END IF;
  IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'clientele_data') THEN
    CREATE SCHEMA clientele_data;
    COMMENT ON SCHEMA clientele_data IS 'The store of clientele: customers, dictionaries and journeys, in ordinary tables.';
  END IF;
  IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'clientele_bi') THEN
    CREATE SCHEMA clientele_bi;
    COMMENT ON SCHEMA clientele_bi IS 'Views of the clientele store for BI tools: plain column types, no journeys.';
  END IF;
  CALL clientele.create_store_tables();
  CALL clientele.create_rfm_tables();
  CALL clientele.create_model_tables();
  CALL clientele.create_tag_tables();
  CALL clientele.create_store_views();
  CALL clientele.create_rfm_views();
  CALL clientele.create_model_views();
  CALL clientele.create_tag_views();
END $$;
COMMENT ON PROCEDURE create_store() IS
  'Makes the store: tables in schema clientele_data and views for BI tools in clientele_bi, owned by you.
Needs the right to create schemas, or two empty schemas of these names that you may create in.
Errors: 42P07 if there is a store already.';

CREATE PROCEDURE drop_store(cascade boolean DEFAULT false)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  context text;
BEGIN
  PERFORM clientele.require_store();
  IF cascade THEN
    DROP SCHEMA clientele_bi, clientele_data CASCADE;
    RETURN;
  END IF;
  BEGIN
    DROP FUNCTION IF EXISTS clientele_bi.funnel(clientele.funnel_def), clientele_bi.path_links(clientele.path_def);
    DROP VIEW IF EXISTS clientele_bi.events, clientele_bi.sessions, clientele_bi.daily_activity, clientele_bi.load_quality,
      clientele_bi.rfm, clientele_bi.models, clientele_bi.customer_tags, clientele_bi.tag_coverage,
      clientele_bi.tag_family_coverage, clientele_bi.tag_history, clientele_bi.tag_values;
    DROP VIEW IF EXISTS clientele_data.journeys;
    DROP TABLE IF EXISTS clientele_data.stored_journeys, clientele_data.journey_changes, clientele_data.journey_change_sets,
      clientele_data.rejects,
      clientele_data.load_runs, clientele_data.identities, clientele_data.customers,
      clientele_data.event_types, clientele_data.items, clientele_data.rfm_segments, clientele_data.rfm_tiers,
      clientele_data.models, clientele_data.model_names, clientele_data.tag_changes, clientele_data.tag_status,
      clientele_data.tag_refreshes, clientele_data.tag_audiences, clientele_data.tag_numbers, clientele_data.tags;
    DROP SEQUENCE IF EXISTS clientele_data.journey_batches;
    DROP SCHEMA clientele_bi;
    DROP SCHEMA clientele_data;
  EXCEPTION WHEN dependent_objects_still_exist THEN
    GET STACKED DIAGNOSTICS context = PG_EXCEPTION_DETAIL;
    RAISE EXCEPTION 'the store holds, or is used by, objects that clientele did not make' USING
      ERRCODE = 'dependent_objects_still_exist',
      DETAIL = context,
      HINT = 'Move them elsewhere; or CALL clientele.drop_store(cascade => true) to drop them, too.';
  END;
END $$;
COMMENT ON PROCEDURE drop_store(boolean) IS
  'Removes the store with all its data: the schemas clientele_data and clientele_bi.
It refuses if you have put objects of your own there, or made views on it, unless cascade is true.
Errors: 42P01 without a store, 2BP01 if it refuses.';
