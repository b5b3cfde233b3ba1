-- SPDX-License-Identifier: PostgreSQL

CREATE PROCEDURE create_change_functions()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  -- It reads journeys with its owner's rights and returns totals only. Definitions of questions are data, and no SQL of other roles runs.
  CREATE OR REPLACE FUNCTION clientele_bi.explain_change(
      question text, before tstzrange, after tstzrange, by text[] DEFAULT NULL, measure text DEFAULT NULL, language text DEFAULT 'en')
    RETURNS TABLE (by text, segment text, segment_kind text, customers_before bigint, customers_after bigint, number_before numeric,
                   number_after numeric, base_before numeric, base_after numeric, rate_before double precision,
                   rate_after double precision, mix_effect double precision, rate_effect double precision,
                   contribution double precision, z double precision, p_value double precision, q_value double precision, rank bigint)
    LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
      SELECT e.* FROM clientele.explain_saved_change($1, $2, $3, clientele.shown_dimensions($1, $4), $5, NULL::clientele.tag_query, 30::bigint, true, $6) e;
    END;
  COMMENT ON FUNCTION clientele_bi.explain_change(text, tstzrange, tstzrange, text[], text, text) IS
    'Explains why the number of a saved question differs between two periods, without giving access to journeys.
As clientele.explain_change(question, …); segments have at least 30 customers. Of attributes, by may name those that
set_customer_columns() shows, and by what the question is broken down.
Example: SELECT * FROM clientele_bi.explain_change(''Purchase funnel'', ''[2026-02-01, 2026-03-01)'', ''[2026-03-01, 2026-04-01)'')';
END $store$;
COMMENT ON PROCEDURE create_change_functions() IS
  'Makes the function of clientele_bi that explains changes; a part of create_store().';
INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('questions/change', 'clientele_bi.explain_change(text, tstzrange, tstzrange, text[], text, text)', 'function',
   'create_change_functions', true);
