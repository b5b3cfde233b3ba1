-- SPDX-License-Identifier: PostgreSQL
-- What compare_models() and choose_model() share: what each version expected, and what happened. The first function runs the caller's
-- query with the caller's search_path, and therefore uses no operator itself.

CREATE FUNCTION model_holdouts(
    name text, holdout text, versions integer[], OUT version integer, OUT kind text, OUT current boolean, OUT summary holdout_summary)
  RETURNS SETOF record
  LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10 AS $$
DECLARE
  candidate pg_catalog.record;
  comparison pg_catalog.record;
  source pg_catalog.text;
BEGIN
  FOR candidate IN SELECT v.* FROM clientele.model_versions(name) v
                   WHERE clientele.wanted_version(v.version, versions) LOOP
    IF source IS NULL THEN
      SELECT c.* INTO comparison FROM clientele.comparison_of(candidate.type) c;
      source := clientele.caller_source(holdout, comparison.columns);
    END IF;
    EXECUTE pg_catalog.concat(comparison.query, source) INTO summary USING candidate.model;
    version := candidate.version;
    kind := candidate.kind;
    current := candidate.current;
    RETURN NEXT;
  END LOOP;
END $$;
COMMENT ON FUNCTION model_holdouts(text, text, integer[]) IS
  'Lists what each version of a model expected and what happened; a part of compare_models().';

CREATE FUNCTION holdout_figures(version integer, kind text, current boolean, summary holdout_summary) RETURNS jsonb
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT jsonb_build_object('version', version, 'kind', kind, 'current', current, 'customers', 0)
    || coalesce((SELECT to_jsonb(e.*) FROM clientele.holdout_errors(summary) e WHERE e.customers > 0), '{}')
    || jsonb_build_object('calibration', (SELECT coalesce(jsonb_agg(to_jsonb(c.*) ORDER BY c.bin), '[]') FROM clientele.holdout_calibration(summary) c))
$$;
COMMENT ON FUNCTION holdout_figures(integer, text, boolean, holdout_summary) IS
  'Returns how good a version of a model was, as it is stored; a part of choose_model().';
