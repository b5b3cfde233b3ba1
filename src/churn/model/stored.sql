-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION save_model(
    name text, model churn_model, fitted_on text DEFAULT NULL, note text DEFAULT NULL, make_current boolean DEFAULT true)
  RETURNS integer
  LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$ SELECT clientele.store_model($1, 'churn_model', $2::pg_catalog.text, $3, $4, $5) $$;
COMMENT ON FUNCTION save_model(text, churn_model, text, text, boolean) IS
  'Saves a churn model under a name and returns its version.
Otherwise as save_model(text, btyd_model, text, text, boolean).';
