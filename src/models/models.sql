-- SPDX-License-Identifier: PostgreSQL
-- Fitted models under a name, in versions of which one is current.

CREATE PROCEDURE create_model_tables()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  CREATE TABLE IF NOT EXISTS clientele_data.model_names (
    name text PRIMARY KEY CHECK (name <> '' AND name !~ '@' AND name !~ '^[[:space:]]*[{]'),
    type text NOT NULL,
    last_version integer NOT NULL CHECK (last_version > 0),
    UNIQUE (name, type)
  );
  COMMENT ON TABLE clientele_data.model_names IS
    'The names of models, with the last version of each: the number of a version that was forgotten is not used again.';
  COMMENT ON COLUMN clientele_data.model_names.name IS 'The name; not empty, without @, and not beginning with {.';
  COMMENT ON COLUMN clientele_data.model_names.type IS 'The type that all versions have, such as btyd_model.';
  COMMENT ON COLUMN clientele_data.model_names.last_version IS 'The highest version so far.';

  CREATE TABLE IF NOT EXISTS clientele_data.models (
    name text NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    type text NOT NULL,
    kind text NOT NULL,
    model jsonb NOT NULL,
    customers bigint,
    log_likelihood double precision,
    fitted_at timestamptz NOT NULL DEFAULT now(),
    fitted_on text,
    note text,
    current boolean NOT NULL DEFAULT false,
    quality jsonb,
    PRIMARY KEY (name, version),
    FOREIGN KEY (name, type) REFERENCES clientele_data.model_names (name, type)
  );
  CREATE UNIQUE INDEX IF NOT EXISTS models_current_idx ON clientele_data.models (name) WHERE current;
  COMMENT ON TABLE clientele_data.models IS
    'Fitted models, every version of each. Predictions take a name in place of a model: churn is the current version of that name,
churn@3 its version 3.';
  COMMENT ON COLUMN clientele_data.models.name IS 'The name of the model.';
  COMMENT ON COLUMN clientele_data.models.version IS '1 for the first model of this name, 2 for the next, and so on.';
  COMMENT ON COLUMN clientele_data.models.type IS 'The SQL type of the model: btyd_model, spend_model, contract_model, churn_model, uplift_model, match_model or text_model.';
  COMMENT ON COLUMN clientele_data.models.kind IS 'Which model it is: BG/NBD, Gamma-Gamma and so on.';
  COMMENT ON COLUMN clientele_data.models.model IS 'The model in its text form; a cast of it to the type returns exactly the same value.';
  COMMENT ON COLUMN clientele_data.models.customers IS 'The number of customers that it was fitted to; NULL if that is not known.';
  COMMENT ON COLUMN clientele_data.models.log_likelihood IS 'The log-likelihood of the fit; NULL if that is not known.';
  COMMENT ON COLUMN clientele_data.models.fitted_at IS 'When it was saved.';
  COMMENT ON COLUMN clientele_data.models.fitted_on IS 'What it was fitted on, in words.';
  COMMENT ON COLUMN clientele_data.models.note IS 'A remark.';
  COMMENT ON COLUMN clientele_data.models.current IS 'True for the version that the name alone stands for; at most one for each name.';
  COMMENT ON COLUMN clientele_data.models.quality IS 'How good it was when choose_model() last compared the versions, as JSON.';
END $store$;
COMMENT ON PROCEDURE create_model_tables() IS
  'Creates the tables of fitted models; a part of create_store().';
INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('models', 'clientele_data.model_names', 'table', 'create_model_tables', false),
  ('models', 'clientele_data.models', 'table', 'create_model_tables', true);

CREATE PROCEDURE create_model_views()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  CREATE OR REPLACE VIEW clientele_bi.models AS
    SELECT m.name, m.version, m.current, m.type, m.kind, m.customers, m.log_likelihood, m.fitted_at, m.fitted_on, m.note,
           coalesce(m.model -> 'parameters', m.model - '{model,fit,definition,labels,kept,idf}'::text[])::text AS parameters,
           (m.quality ->> 'compared_at')::timestamptz AS compared_at, m.quality ->> 'holdout' AS holdout,
           (m.quality ->> 'customers')::bigint AS holdout_customers,
           (m.quality ->> 'mean_absolute_error')::double precision AS mean_absolute_error,
           (m.quality ->> 'root_mean_squared_error')::double precision AS root_mean_squared_error,
           (m.quality ->> 'bias')::double precision AS bias
    FROM clientele_data.models m;
  COMMENT ON VIEW clientele_bi.models IS
    'The fitted models, every version of each, with how good they were on customers that they had not seen.';
  COMMENT ON COLUMN clientele_bi.models.name IS 'The name of the model.';
  COMMENT ON COLUMN clientele_bi.models.version IS '1 for the first model of this name, 2 for the next, and so on.';
  COMMENT ON COLUMN clientele_bi.models.current IS 'True for the version in use.';
  COMMENT ON COLUMN clientele_bi.models.type IS
    'What it predicts: btyd_model purchases, spend_model spend, contract_model renewals, churn_model who leaves,
uplift_model who can be persuaded, match_model which are one, text_model labels of texts.';
  COMMENT ON COLUMN clientele_bi.models.kind IS 'Which model it is: BG/NBD, Gamma-Gamma and so on.';
  COMMENT ON COLUMN clientele_bi.models.customers IS 'The number of customers that it was fitted to.';
  COMMENT ON COLUMN clientele_bi.models.log_likelihood IS 'The log-likelihood of the fit.';
  COMMENT ON COLUMN clientele_bi.models.fitted_at IS 'When it was saved.';
  COMMENT ON COLUMN clientele_bi.models.fitted_on IS 'What it was fitted on, in words.';
  COMMENT ON COLUMN clientele_bi.models.note IS 'A remark.';
  COMMENT ON COLUMN clientele_bi.models.parameters IS 'The estimates, as JSON.';
  COMMENT ON COLUMN clientele_bi.models.compared_at IS 'When the versions were last compared.';
  COMMENT ON COLUMN clientele_bi.models.holdout IS 'The table or the query that they were compared on.';
  COMMENT ON COLUMN clientele_bi.models.holdout_customers IS 'The number of customers that they were compared on.';
  COMMENT ON COLUMN clientele_bi.models.mean_absolute_error IS 'The mean difference between expected and actual of a customer, without its sign.';
  COMMENT ON COLUMN clientele_bi.models.root_mean_squared_error IS 'The same, in which large differences count more.';
  COMMENT ON COLUMN clientele_bi.models.bias IS 'Expected over actual of all customers; 1 is best.';
END $store$;
COMMENT ON PROCEDURE create_model_views() IS
  'Creates the view of fitted models in clientele_bi; a part of create_store().';
INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('models', 'clientele_bi.models', 'view', 'create_model_views', true);

-- Saving

CREATE FUNCTION model_type(model text) RETURNS text
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_model_type';
COMMENT ON FUNCTION model_type(text) IS
  'Returns the type of a model in its text form: btyd_model, spend_model, contract_model, churn_model, uplift_model, match_model or
text_model.
Its member "model" says it. Errors: 22P02 for what is not a JSON object, 22023 for an unknown model.';

CREATE FUNCTION check_model_name(name text) RETURNS void
  LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF name = '' OR name ~ '@' OR name ~ '^[[:space:]]*[{]' THEN
    RAISE EXCEPTION 'a model cannot have the name "%"', name USING ERRCODE = 'invalid_parameter_value',
      HINT = 'A name is not empty, has no @, which precedes a version, and does not begin with {, as JSON does.';
  END IF;
END $$;
COMMENT ON FUNCTION check_model_name(text) IS
  'Checks what a model can be called; a part of save_model(). Errors: 22023.';

CREATE FUNCTION store_model(name text, type text, model text, fitted_on text, note text, make_current boolean) RETURNS integer
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  canonical jsonb;
  known_type text;
  new_version integer;
BEGIN
  IF name IS NULL OR model IS NULL OR type IS NULL THEN
    RAISE EXCEPTION 'name and model must not be NULL' USING ERRCODE = 'null_value_not_allowed',
      HINT = 'A fit returns NULL if all rows have NULLs.';
  END IF;
  PERFORM clientele.check_model_name(name);
  PERFORM clientele.require_store('models', 'INSERT'), clientele.require_store('models', 'UPDATE'),
          clientele.require_store('model_names', 'INSERT'), clientele.require_store('model_names', 'UPDATE');
  EXECUTE format('SELECT ($1::clientele.%I)::text::jsonb', type) INTO canonical USING model;
  -- The next transaction that saves under this name waits here, and takes the next number.
  INSERT INTO clientele_data.model_names AS n (name, type, last_version)
  VALUES (store_model.name, store_model.type, 1)
  ON CONFLICT ON CONSTRAINT model_names_pkey DO UPDATE SET last_version = n.last_version + 1
  RETURNING n.type, n.last_version INTO known_type, new_version;
  IF known_type <> type THEN
    IF EXISTS (SELECT FROM clientele_data.models m WHERE m.name = store_model.name) THEN
      RAISE EXCEPTION 'model "%" is a %, not a %', name, known_type, type USING ERRCODE = 'wrong_object_type',
        HINT = 'All versions of a name are of one type; take another name.';
    END IF;
    UPDATE clientele_data.model_names n SET type = store_model.type WHERE n.name = store_model.name;
  END IF;
  IF coalesce(make_current, true) THEN
    UPDATE clientele_data.models m SET current = false WHERE m.name = store_model.name AND m.current;
  END IF;
  INSERT INTO clientele_data.models (name, version, type, kind, model, customers, log_likelihood, fitted_on, note, current)
  VALUES (store_model.name, new_version, store_model.type, canonical ->> 'model', canonical,
          coalesce(canonical ->> 'customers', canonical #>> '{fit,rows}')::bigint,
          coalesce(canonical ->> 'log_likelihood', canonical #>> '{fit,log_likelihood}')::double precision,
          store_model.fitted_on, store_model.note, coalesce(make_current, true));
  RETURN new_version;
END $$;
COMMENT ON FUNCTION store_model(text, text, text, text, text, boolean) IS
  'Saves a model of any type in its text form; a part of save_model().
Errors as save_model().';

CREATE FUNCTION save_model(name text, model btyd_model, fitted_on text DEFAULT NULL, note text DEFAULT NULL, make_current boolean DEFAULT true) RETURNS integer
  LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$ SELECT clientele.store_model($1, 'btyd_model', $2::pg_catalog.text, $3, $4, $5) $$;
COMMENT ON FUNCTION save_model(text, btyd_model, text, text, boolean) IS
  'Saves a fitted model under a name and returns its version: 1 for the first of the name, 2 for the next, and so on.
Predictions then take the name in place of the model; it stands for the current version, which is the new one unless make_current is
false; name@2 is version 2. fitted_on and note are free text. Two transactions that save at once get different versions: the second waits
for the first to commit (in REPEATABLE READ it fails with 40001). A number is never used again. Needs the rights to read, add to and change
clientele_data.models and model_names. Errors: 42P01 without a store, 42501 without the rights, 22004 for NULL, 22023 for a name that is
empty, contains @ or begins with {, 42809 if the name has models of another type.';
CREATE FUNCTION save_model(name text, model spend_model, fitted_on text DEFAULT NULL, note text DEFAULT NULL, make_current boolean DEFAULT true) RETURNS integer
  LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$ SELECT clientele.store_model($1, 'spend_model', $2::pg_catalog.text, $3, $4, $5) $$;
COMMENT ON FUNCTION save_model(text, spend_model, text, text, boolean) IS
  'Saves a fitted model of spend under a name and returns its version.
Otherwise as save_model(text, btyd_model, text, text, boolean).';
CREATE FUNCTION save_model(name text, model contract_model, fitted_on text DEFAULT NULL, note text DEFAULT NULL, make_current boolean DEFAULT true) RETURNS integer
  LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$ SELECT clientele.store_model($1, 'contract_model', $2::pg_catalog.text, $3, $4, $5) $$;
COMMENT ON FUNCTION save_model(text, contract_model, text, text, boolean) IS
  'Saves a fitted model of contracts under a name and returns its version.
Otherwise as save_model(text, btyd_model, text, text, boolean).';
CREATE FUNCTION save_model(name text, model text, fitted_on text DEFAULT NULL, note text DEFAULT NULL, make_current boolean DEFAULT true) RETURNS integer
  LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$ SELECT clientele.store_model($1, clientele.model_type($2), $2, $3, $4, $5) $$;
COMMENT ON FUNCTION save_model(text, text, text, text, boolean) IS
  'Saves a model that is written as JSON, whose member "model" says its type, and returns its version.
A literal without a type is taken as JSON. Otherwise as save_model(text, btyd_model, text, text, boolean). Errors: also 22P02 for what
is not JSON, 22023 for what is not a model.';

-- Versions

CREATE FUNCTION make_model_current(name text, version integer) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('models', 'UPDATE'), clientele.require_store('model_names', 'UPDATE');
  -- Only one transaction at a time, so that there are never two current versions.
  PERFORM FROM clientele_data.model_names n WHERE n.name = make_model_current.name FOR UPDATE;
  IF NOT EXISTS (SELECT FROM clientele_data.models m
                 WHERE m.name = make_model_current.name AND m.version = make_model_current.version) THEN
    RAISE EXCEPTION 'version % of model "%" does not exist', version, name USING ERRCODE = 'undefined_object',
      HINT = 'clientele_data.models lists the versions.';
  END IF;
  UPDATE clientele_data.models m SET current = false
  WHERE m.name = make_model_current.name AND m.current AND m.version <> make_model_current.version;
  UPDATE clientele_data.models m SET current = true
  WHERE m.name = make_model_current.name AND m.version = make_model_current.version AND NOT m.current;
END $$;
COMMENT ON FUNCTION make_model_current(text, integer) IS
  'Makes a version of a model the one that its name stands for in predictions.
Errors: 42704 for an unknown name or version, 42P01 without a store, 42501 without the right to change clientele_data.models and
model_names.';

CREATE FUNCTION forget_model(name text, version integer) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('models', 'DELETE'), clientele.require_store('model_names', 'UPDATE');
  PERFORM FROM clientele_data.model_names n WHERE n.name = forget_model.name FOR UPDATE;
  IF EXISTS (SELECT FROM clientele_data.models m
             WHERE m.name = forget_model.name AND m.version = forget_model.version AND m.current)
     AND EXISTS (SELECT FROM clientele_data.models m
                 WHERE m.name = forget_model.name AND m.version <> forget_model.version) THEN
    RAISE EXCEPTION 'version % of model "%" is the current one', version, name USING
      ERRCODE = 'object_not_in_prerequisite_state',
      HINT = 'Make another version current before with clientele.make_model_current().';
  END IF;
  DELETE FROM clientele_data.models m WHERE m.name = forget_model.name AND m.version = forget_model.version;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'version % of model "%" does not exist', version, name USING ERRCODE = 'undefined_object',
      HINT = 'clientele_data.models lists the versions.';
  END IF;
END $$;
COMMENT ON FUNCTION forget_model(text, integer) IS
  'Deletes a version of a model; its number is not used again.
The current version can be forgotten only if it is the last one left. Errors: 42704 for an unknown name or version, 55000 for the current
version, 42P01 without a store, 42501 without the right to delete from clientele_data.models and to change model_names.';
