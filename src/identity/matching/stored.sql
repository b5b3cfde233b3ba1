-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION save_model(
    name text, model match_model, fitted_on text DEFAULT NULL, note text DEFAULT NULL, make_current boolean DEFAULT true)
  RETURNS integer
  LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$ SELECT clientele.store_model($1, 'match_model', $2::pg_catalog.text, $3, $4, $5) $$;
COMMENT ON FUNCTION save_model(text, match_model, text, text, boolean) IS
  'Saves a match_model under a name and returns its version.
Otherwise as save_model(text, btyd_model, text, text, boolean).';

CREATE FUNCTION stored_match_model(model text) RETURNS match_model
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_stored_match_model';
COMMENT ON FUNCTION stored_match_model(text) IS
  'Returns a match_model that save_model() has saved, as in match_pairs(''people'', stored_match_model(''people'')).
model: a name in clientele_data.models, whose current version is used, a name with a version, such as people@3, or JSON. Errors: 42P01
without a store, 42704 for an unknown name, 42809 for a model of another type.';
