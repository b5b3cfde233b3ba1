-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION churn_prob(features jsonb, churn_model) RETURNS float8
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_churn_prob_jsonb';
COMMENT ON FUNCTION churn_prob(jsonb, churn_model) IS
  'The probability that a customer churns, by what is known of the customer and a model.
features: an object with the features of the model, as for churn_fit; other keys are passed over. A feature that is absent or null is
missing: where the model has no coefficient for that, it counts as the average customer''s. A text that the model does not know counts as
the reference, the bytewise first. Errors: 22023 for text where the model has a number or the other way round, an array, an object, a
number beyond 1e100.';
CREATE FUNCTION churn_prob(features float8[], churn_model) RETURNS float8
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'clientele_churn_prob_array';
COMMENT ON FUNCTION churn_prob(float8[], churn_model) IS
  'The probability that a customer churns, by numbers in the order of the model''s features, and a model.
A NULL element is missing, as for a jsonb. Errors: 22023 for another number of elements than the model has features, for a model with
categories, for NaN, infinity and numbers beyond 1e100.';
CREATE FUNCTION churn_prob(journey, churn_model, at timestamptz) RETURNS float8
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_churn_prob_journey';
COMMENT ON FUNCTION churn_prob(journey, churn_model, timestamptz) IS
  'The probability that a customer churns after a time, by what the journey has before it, and a model that was fitted on journeys.
The features are drawn as the model remembers: churn_features(journey, at, features_def). NULL if there is no event before
`at`. Errors: 22023 for a model that was not fitted on journeys, 22008 for an infinite time, 42704 for an event in a selector of the
model that the dictionary does not know.';
CREATE FUNCTION churn_prob(features jsonb, model text) RETURNS float8
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_churn_prob_jsonb_named';
COMMENT ON FUNCTION churn_prob(jsonb, text) IS
  'The probability that a customer churns, by what is known of the customer and a stored model.
model is a name in clientele_data.models, whose current version is taken, a name with a version such as churn@3, or JSON. Errors: also
42P01 without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as churn_prob(jsonb, churn_model).';
CREATE FUNCTION churn_prob(features float8[], model text) RETURNS float8
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'clientele_churn_prob_array_named';
COMMENT ON FUNCTION churn_prob(float8[], text) IS
  'The probability that a customer churns, by numbers in the order of the model''s features and a stored model.
model is a name in clientele_data.models, whose current version is taken, a name with a version such as churn@3, or JSON. Errors: also
42P01 without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as churn_prob(float8[], churn_model).';
CREATE FUNCTION churn_prob(journey, model text, at timestamptz) RETURNS float8
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_churn_prob_journey_named';
COMMENT ON FUNCTION churn_prob(journey, text, timestamptz) IS
  'The probability that a customer churns, by what the journey has before a time and a stored model.
model is a name in clientele_data.models, whose current version is taken, a name with a version such as churn@3, or JSON. Errors: also
42P01 without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as churn_prob(journey, churn_model,
timestamptz).';

CREATE FUNCTION churn_reasons(features jsonb, churn_model, max_reasons integer DEFAULT 5)
  RETURNS TABLE (feature text, value text, contribution float8)
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 5 AS 'MODULE_PATHNAME', 'clientele_churn_reasons_jsonb';
COMMENT ON FUNCTION churn_reasons(jsonb, churn_model, integer) IS
  'Why a model finds a customer more or less likely to churn than the average customer: one row for each feature, the largest contribution
first.
contribution: coefficient x (value - mean), in log-odds: above zero for more likely, below for less. The mean is that of the customers
that the model was fitted on; the categories of one text count together, and so does being missing. The contributions of all features add
up to the log-odds of churn_prob minus those of the average customer; if the model is calibrated, they are multiplied by the
slope. value: as text, NULL if missing. max_reasons: how many rows at most. Errors: as of churn_prob; 22023 for max_reasons below 0.';
CREATE FUNCTION churn_reasons(features float8[], churn_model, max_reasons integer DEFAULT 5)
  RETURNS TABLE (feature text, value text, contribution float8)
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 5 AS 'MODULE_PATHNAME', 'clientele_churn_reasons_array';
COMMENT ON FUNCTION churn_reasons(float8[], churn_model, integer) IS
  'Why a model finds a customer, given as numbers in an array, more or less likely to churn than the average customer: one row for each
feature, the largest contribution first.
As churn_reasons with a jsonb. Errors: as of churn_prob; 22023 for max_reasons below 0.';
CREATE FUNCTION churn_reasons(journey, churn_model, at timestamptz, max_reasons integer DEFAULT 5)
  RETURNS TABLE (feature text, value text, contribution float8)
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 ROWS 5 AS 'MODULE_PATHNAME', 'clientele_churn_reasons_journey';
COMMENT ON FUNCTION churn_reasons(journey, churn_model, timestamptz, integer) IS
  'Why a model that was fitted on journeys finds a customer more or less likely to churn after a time than the average customer: one row
for
each feature, the largest contribution first.
As churn_reasons with a jsonb; no row if there is no event before `at`. Errors: as of churn_prob(journey, churn_model, timestamptz);
22023 for max_reasons below 0.';
CREATE FUNCTION churn_reasons(features jsonb, model text, max_reasons integer DEFAULT 5)
  RETURNS TABLE (feature text, value text, contribution float8)
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 ROWS 5 AS 'MODULE_PATHNAME', 'clientele_churn_reasons_jsonb_named';
COMMENT ON FUNCTION churn_reasons(jsonb, text, integer) IS
  'Why a stored model finds a customer more or less likely to churn than the average customer: one row for each feature, the largest
contribution first.
model is a name in clientele_data.models, whose current version is taken, a name with a version such as churn@3, or JSON. Errors: also
42P01 without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as churn_reasons(jsonb, churn_model,
integer).';
CREATE FUNCTION churn_reasons(features float8[], model text, max_reasons integer DEFAULT 5)
  RETURNS TABLE (feature text, value text, contribution float8)
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 ROWS 5 AS 'MODULE_PATHNAME', 'clientele_churn_reasons_array_named';
COMMENT ON FUNCTION churn_reasons(float8[], text, integer) IS
  'Why a stored model finds a customer, given as numbers in an array, more or less likely to churn than the average customer: one row for
each feature, the largest contribution first.
model is a name in clientele_data.models, whose current version is taken, a name with a version such as churn@3, or JSON. Errors: also
42P01 without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as churn_reasons(float8[], churn_model,
integer).';
CREATE FUNCTION churn_reasons(journey, model text, at timestamptz, max_reasons integer DEFAULT 5)
  RETURNS TABLE (feature text, value text, contribution float8)
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 ROWS 5 AS 'MODULE_PATHNAME', 'clientele_churn_reasons_journey_named';
COMMENT ON FUNCTION churn_reasons(journey, text, timestamptz, integer) IS
  'Why a stored model finds a customer, given by a journey and a time, more or less likely to churn than the average customer: one row for
each feature, the largest contribution first.
model is a name in clientele_data.models, whose current version is taken, a name with a version such as churn@3, or JSON. Errors: also
42P01 without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as churn_reasons(journey, churn_model,
timestamptz, integer).';

CREATE FUNCTION churn_coefficients(
    churn_model, OUT feature text, OUT level text, OUT coefficient float8, OUT standard_error float8, OUT z float8,
    OUT p_value float8, OUT odds_ratio float8, OUT mean float8, OUT sd float8, OUT redundant boolean) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 20 AS 'MODULE_PATHNAME', 'clientele_churn_coefficients';
COMMENT ON FUNCTION churn_coefficients(churn_model) IS
  'Lists the coefficients of a churn model: the intercept, then each feature, or each category of it but the first.
level: the category, NULL for a number; a feature called x with missing values has a row of its own, "x is missing". z: coefficient /
standard_error, and p_value: how likely one so far from 0 is by chance (two-sided, normal distribution), both NULL without a standard
error. odds_ratio: exp(coefficient), by which one more multiplies the odds of churning. mean and sd: of the customers that the model was
fitted on, NULL for the intercept. redundant: left out of the fit, as it is constant or others explain it. Coefficients are as fitted,
before calibration.';
CREATE FUNCTION churn_coefficients(
    model text, OUT feature text, OUT level text, OUT coefficient float8, OUT standard_error float8, OUT z float8,
    OUT p_value float8, OUT odds_ratio float8, OUT mean float8, OUT sd float8, OUT redundant boolean) RETURNS SETOF record
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 ROWS 20 AS 'MODULE_PATHNAME', 'clientele_churn_coefficients_named';
COMMENT ON FUNCTION churn_coefficients(text) IS
  'Lists the coefficients of a stored churn model: the intercept, then each feature, or each category of it but the first.
model is a name in clientele_data.models, whose current version is taken, a name with a version such as churn@3, or JSON. Errors: also
42P01 without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as churn_coefficients(churn_model).';
