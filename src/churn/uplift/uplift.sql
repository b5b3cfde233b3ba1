-- SPDX-License-Identifier: PostgreSQL
-- Which customers a treatment changes: models of uplift.

\packed uplift_def
COMMENT ON TYPE uplift_def IS
  'Defines how to fit a model of uplift.
The function uplift_def makes it. Its text form is JSON, such as {"method": "class", "penalty": 1}.
At most 1,000 names and 1 MB (54000).';

\from_text uplift_def

\comparable uplift_def fit a model in the same way

\packed uplift_model
COMMENT ON TYPE uplift_model IS
  'A model of uplift: by how much a treatment makes an outcome of a customer more probable.
The aggregate uplift_fit makes it. Its text form is JSON: {"model": "uplift by two models", "treated": …, "control": …} with a churn_model
for each group, or {"model": "uplift by class", "class": …} with one whose outcome is that the customer is in the class (outcome = treated).
fit has the numbers of customers, and of those with the outcome, in each group.
At most 16 MB for each churn_model (54000).';

\from_text uplift_model

\comparable uplift_model are the same model, fitted in the same way

CREATE FUNCTION uplift_def(
    method text DEFAULT 'two_models', penalty float8 DEFAULT 1, calibrate boolean DEFAULT NULL, names text[] DEFAULT NULL) RETURNS uplift_def
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_uplift_def';
COMMENT ON FUNCTION uplift_def(text, float8, boolean, text[]) IS
  'Defines how to fit a model of uplift, as in uplift_def(method => ''class'').
method: two_models fits one model to the treated and one to the control group, and the uplift is the difference of their probabilities.
class fits one model of whether the outcome is that of the group, true for the treated and false for the others, with customers weighted
by 1/e and 1/(1 - e) for a share e of treated; then the uplift is 2p - 1 (Jaskowski and Jaroszewicz 2012). It has fewer coefficients, so
it needs fewer customers. penalty, calibrate, names: as in churn_def(); the weights of a class model add up to the number of customers.
NULL for an option is its default. Errors: 22023 for another method, a penalty that is neither 0 nor from 1e-9 to 1e12, and a repeated
name; 22004 for a NULL in names; 54000 for more than 1,000 names.';

-- The aggregate

\packed uplift_rows
COMMENT ON TYPE uplift_rows IS
  'The customers and their features during the fit of a model of uplift: the state of the aggregate uplift_fit, which travels between
processes and servers.
At most 1,000 features and 1 GB of each group (54000).';

\comparable uplift_rows hold the same customers with the same features

CREATE FUNCTION uplift_fit_accum(uplift_rows, float8[], boolean, boolean, uplift_def) RETURNS uplift_rows
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_uplift_fit_accum_array';
COMMENT ON FUNCTION uplift_fit_accum(uplift_rows, float8[], boolean, boolean, uplift_def) IS 'Collects a customer for uplift_fit().';
CREATE FUNCTION uplift_fit_accum(uplift_rows, jsonb, boolean, boolean, uplift_def) RETURNS uplift_rows
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_uplift_fit_accum_jsonb';
COMMENT ON FUNCTION uplift_fit_accum(uplift_rows, jsonb, boolean, boolean, uplift_def) IS 'Collects a customer for uplift_fit().';
CREATE FUNCTION uplift_fit_combine(uplift_rows, uplift_rows) RETURNS uplift_rows
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_uplift_fit_combine';
COMMENT ON FUNCTION uplift_fit_combine(uplift_rows, uplift_rows) IS 'Joins different customers for uplift_fit().';
CREATE FUNCTION uplift_fit_final(uplift_rows) RETURNS uplift_model
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_uplift_fit_final';
COMMENT ON FUNCTION uplift_fit_final(uplift_rows) IS 'Fits the model of uplift to the collected customers.';
CREATE AGGREGATE uplift_fit(features jsonb, treated boolean, outcome boolean, def uplift_def) (
  SFUNC = uplift_fit_accum, STYPE = uplift_rows, SSPACE = 65536, FINALFUNC = uplift_fit_final,
  COMBINEFUNC = uplift_fit_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE uplift_fit(jsonb, boolean, boolean, uplift_def) IS
  'Fits a model of which customers a treatment changes, to one row for each customer of a test: an object of features, whether the customer
was treated, and whether the hoped-for outcome came.
Only for customers who were treated or not by chance, as in a campaign with a control group: otherwise it learns who was chosen. features:
as they were before the treatment, such as churn_features_json(journey, started_at). treated: as drawn, whatever happened then. The models
are logistic regressions, as churn_fit(jsonb, boolean, churn_def) makes them. Rows with a NULL are ignored; without rows the result is NULL.
The model depends on the rows only, not on their order or on the plan. Judge it by uplift_curve() on customers that it has not seen.
Errors: 22023 if there are no treated or no other customers, or if all of a group have the same outcome, and the errors of churn_fit.';
CREATE AGGREGATE uplift_fit(features float8[], treated boolean, outcome boolean, def uplift_def) (
  SFUNC = uplift_fit_accum, STYPE = uplift_rows, SSPACE = 65536, FINALFUNC = uplift_fit_final,
  COMBINEFUNC = uplift_fit_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE uplift_fit(float8[], boolean, boolean, uplift_def) IS
  'Fits a model of which customers a treatment changes, to one row for each customer of a test: numbers in an array, whether the customer was
treated, and whether the hoped-for outcome came.
The names of the features are those of the uplift_def, or f1, f2 and so on. A NULL element is missing. Otherwise as uplift_fit with a jsonb.
Errors: also 22023 for arrays of different lengths and for NaN and infinity, 2202E for arrays of several dimensions.';

-- Predictions

CREATE FUNCTION uplift(features jsonb, model uplift_model) RETURNS float8
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_uplift_jsonb';
COMMENT ON FUNCTION uplift(jsonb, uplift_model) IS
  'Returns by how much a treatment makes the outcome of a customer more probable, from the customer''s features: -1 to 1, below 0 if it does
harm.
Treat the customers with the highest values first. Keys that the model does not have are ignored, and absent ones are missing. Errors: 22023
for a number where the model has categories or the other way round, and for other values than numbers, booleans, texts and null.';
CREATE FUNCTION uplift(features float8[], model uplift_model) RETURNS float8
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'clientele_uplift_array';
COMMENT ON FUNCTION uplift(float8[], uplift_model) IS
  'Returns by how much a treatment makes the outcome of a customer more probable, from numbers in the order of the model''s features: -1 to
1, below 0 if it does harm.
NULL elements are missing. Errors: 22023 for another number of features than the model has, NaN and infinity, and a model with categories.';
CREATE FUNCTION uplift(features jsonb, model text) RETURNS float8
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_uplift_jsonb_named';
COMMENT ON FUNCTION uplift(jsonb, text) IS
  'Returns by how much a treatment makes the outcome of a customer more probable, from the customer''s features and a stored model.
model: a name in clientele_data.models, whose current version is used, a name with a version, such as mail@3, or JSON. Errors: also 42P01
without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as uplift(jsonb, uplift_model).';
CREATE FUNCTION uplift(features float8[], model text) RETURNS float8
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'clientele_uplift_array_named';
COMMENT ON FUNCTION uplift(float8[], text) IS
  'Returns by how much a treatment makes the outcome of a customer more probable, from numbers in the order of the model''s features, and a
stored model.
model: a name in clientele_data.models, whose current version is used, a name with a version, such as mail@3, or JSON. Errors: also 42P01
without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as uplift(float8[], uplift_model).';

CREATE FUNCTION save_model(
    name text, model uplift_model, fitted_on text DEFAULT NULL, note text DEFAULT NULL, make_current boolean DEFAULT true)
  RETURNS integer
  LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$ SELECT clientele.store_model($1, 'uplift_model', $2::pg_catalog.text, $3, $4, $5) $$;
COMMENT ON FUNCTION save_model(text, uplift_model, text, text, boolean) IS
  'Saves a model of uplift under a name and returns its version.
compare_models() and choose_model() refuse it (42809), as no customer shows both what happens with and without the treatment: uplift_curve()
judges it. Otherwise as save_model(text, btyd_model, text, text, boolean).';
