-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION churn_prob(features jsonb, churn_model) RETURNS float8
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_churn_prob_jsonb';
COMMENT ON FUNCTION churn_prob(jsonb, churn_model) IS
  'Returns the probability that a customer churns, from the customer''s features and a model.
features: an object with the features of the model, as for churn_fit; other keys are ignored. The probability is 1 / (1 + exp(-f)) of the
log-odds f, after calibration. A feature that is absent or null is missing: where the model has no coefficient for that, the value of the
average customer is used. A text that the model does not know counts as the reference, the bytewise first. Errors: 22023 for text where the
model has a number or the other way round, an array, an object, and a number above 1e100.';
CREATE FUNCTION churn_prob(features float8[], churn_model) RETURNS float8
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'clientele_churn_prob_array';
COMMENT ON FUNCTION churn_prob(float8[], churn_model) IS
  'Returns the probability that a customer churns, from numbers in the order of the model''s features, and a model.
A NULL element is missing, as for a jsonb. Errors: 22023 if the number of elements is not the number of features of the model, for a model
with categories, and for NaN, infinity, and numbers above 1e100.';
CREATE FUNCTION churn_prob(journey, churn_model, at timestamptz) RETURNS float8
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_churn_prob_journey';
COMMENT ON FUNCTION churn_prob(journey, churn_model, timestamptz) IS
  'Returns the probability that a customer churns after a time, from the journey before it and a model that was fitted on journeys.
The features are computed as the model says: churn_features(journey, at, features_def). NULL if there is no event before `at`. Errors: 22023
for a model that was not fitted on journeys, 22008 for an infinite time, 42704 for an event in a selector of the model that is not in the
dictionary.';
CREATE FUNCTION churn_prob(features jsonb, model text) RETURNS float8
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_churn_prob_jsonb_named';
COMMENT ON FUNCTION churn_prob(jsonb, text) IS
  'Returns the probability that a customer churns, from the customer''s features and a stored model.
model: a name in clientele_data.models, whose current version is used, a name with a version, such as churn@3, or JSON. Errors: also 42P01
without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as churn_prob(jsonb, churn_model).';
CREATE FUNCTION churn_prob(features float8[], model text) RETURNS float8
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'clientele_churn_prob_array_named';
COMMENT ON FUNCTION churn_prob(float8[], text) IS
  'Returns the probability that a customer churns, from numbers in the order of the model''s features, and a stored model.
model: a name in clientele_data.models, whose current version is used, a name with a version, such as churn@3, or JSON. Errors: also 42P01
without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as churn_prob(float8[], churn_model).';
CREATE FUNCTION churn_prob(journey, model text, at timestamptz) RETURNS float8
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_churn_prob_journey_named';
COMMENT ON FUNCTION churn_prob(journey, text, timestamptz) IS
  'Returns the probability that a customer churns after a time, from the journey before it and a stored model.
model: a name in clientele_data.models, whose current version is used, a name with a version, such as churn@3, or JSON. Errors: also 42P01
without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as churn_prob(journey, churn_model, timestamptz).';

CREATE FUNCTION churn_reasons(features jsonb, churn_model, max_reasons integer DEFAULT 5)
  RETURNS TABLE (feature text, value text, contribution float8)
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 5 AS 'MODULE_PATHNAME', 'clientele_churn_reasons_jsonb';
COMMENT ON FUNCTION churn_reasons(jsonb, churn_model, integer) IS
  'Returns the features that make a customer more or less likely to churn than the average customer, one row for each feature, the largest
contribution first.
contribution: coefficient x (value - mean), in log-odds: above zero if the feature makes churn more likely, below zero if less. The mean is
that of the customers on which the model was fitted. The categories of one text count together, and so does being missing. The contributions
of all features add up to the log-odds of churn_prob minus those of the average customer; if the model is calibrated, they are multiplied by
the slope. value: as text, NULL if missing. max_reasons: the largest number of rows. Errors: as churn_prob; also 22023 for max_reasons below
0.';
CREATE FUNCTION churn_reasons(features float8[], churn_model, max_reasons integer DEFAULT 5)
  RETURNS TABLE (feature text, value text, contribution float8)
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 5 AS 'MODULE_PATHNAME', 'clientele_churn_reasons_array';
COMMENT ON FUNCTION churn_reasons(float8[], churn_model, integer) IS
  'Returns the features that make a customer more or less likely to churn than the average customer, one row for each feature, the largest
contribution first, for a customer given as numbers in an array.
Otherwise as churn_reasons with a jsonb. Errors: as churn_prob; also 22023 for max_reasons below 0.';
CREATE FUNCTION churn_reasons(journey, churn_model, at timestamptz, max_reasons integer DEFAULT 5)
  RETURNS TABLE (feature text, value text, contribution float8)
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 ROWS 5 AS 'MODULE_PATHNAME', 'clientele_churn_reasons_journey';
COMMENT ON FUNCTION churn_reasons(journey, churn_model, timestamptz, integer) IS
  'Returns the features that make a customer more or less likely to churn than the average customer, one row for each feature, the largest
contribution first, for a customer given as a journey before a time, and a model that was fitted on journeys.
Otherwise as churn_reasons with a jsonb; no row if there is no event before `at`. Errors: as churn_prob(journey, churn_model, timestamptz);
also 22023 for max_reasons below 0.';
CREATE FUNCTION churn_reasons(features jsonb, model text, max_reasons integer DEFAULT 5)
  RETURNS TABLE (feature text, value text, contribution float8)
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 ROWS 5 AS 'MODULE_PATHNAME', 'clientele_churn_reasons_jsonb_named';
COMMENT ON FUNCTION churn_reasons(jsonb, text, integer) IS
  'Returns the features that make a customer more or less likely to churn than the average customer, one row for each feature, the largest
contribution first, by a stored model.
model: a name in clientele_data.models, whose current version is used, a name with a version, such as churn@3, or JSON. Errors: also 42P01
without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as churn_reasons(jsonb, churn_model, integer).';
CREATE FUNCTION churn_reasons(features float8[], model text, max_reasons integer DEFAULT 5)
  RETURNS TABLE (feature text, value text, contribution float8)
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 ROWS 5 AS 'MODULE_PATHNAME', 'clientele_churn_reasons_array_named';
COMMENT ON FUNCTION churn_reasons(float8[], text, integer) IS
  'Returns the features that make a customer more or less likely to churn than the average customer, one row for each feature, the largest
contribution first, for a customer given as numbers in an array, by a stored model.
model: a name in clientele_data.models, whose current version is used, a name with a version, such as churn@3, or JSON. Errors: also 42P01
without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as churn_reasons(float8[], churn_model, integer).';
CREATE FUNCTION churn_reasons(journey, model text, at timestamptz, max_reasons integer DEFAULT 5)
  RETURNS TABLE (feature text, value text, contribution float8)
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 ROWS 5 AS 'MODULE_PATHNAME', 'clientele_churn_reasons_journey_named';
COMMENT ON FUNCTION churn_reasons(journey, text, timestamptz, integer) IS
  'Returns the features that make a customer more or less likely to churn than the average customer, one row for each feature, the largest
contribution first, for a customer given as a journey before a time, by a stored model.
model: a name in clientele_data.models, whose current version is used, a name with a version, such as churn@3, or JSON. Errors: also 42P01
without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as churn_reasons(journey, churn_model, timestamptz,
integer).';

CREATE FUNCTION churn_coefficients(
    churn_model, OUT feature text, OUT level text, OUT coefficient float8, OUT standard_error float8, OUT z float8,
    OUT p_value float8, OUT odds_ratio float8, OUT mean float8, OUT sd float8, OUT redundant boolean) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 20 AS 'MODULE_PATHNAME', 'clientele_churn_coefficients';
COMMENT ON FUNCTION churn_coefficients(churn_model) IS
  'Lists the coefficients of a churn model: the intercept, then each feature, or each of its categories except the first.
level: the category, NULL for a number. A feature x with missing values has a row of its own, "x is missing". coefficient: as fitted, before
calibration. z: coefficient / standard_error. p_value: the probability of a coefficient at least this far from 0 by chance (two-sided,
normal distribution). z and p_value are NULL without a standard error. odds_ratio: exp(coefficient), the factor by which one more multiplies
the odds of churning. mean and sd: those of the customers on which the model was fitted, NULL for the intercept. redundant: left out of the
fit, because it is constant or others explain it.';
CREATE FUNCTION churn_coefficients(
    model text, OUT feature text, OUT level text, OUT coefficient float8, OUT standard_error float8, OUT z float8,
    OUT p_value float8, OUT odds_ratio float8, OUT mean float8, OUT sd float8, OUT redundant boolean) RETURNS SETOF record
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 ROWS 20 AS 'MODULE_PATHNAME', 'clientele_churn_coefficients_named';
COMMENT ON FUNCTION churn_coefficients(text) IS
  'Lists the coefficients of a stored churn model: the intercept, then each feature, or each of its categories except the first.
model: a name in clientele_data.models, whose current version is used, a name with a version, such as churn@3, or JSON. Errors: also 42P01
without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as churn_coefficients(churn_model).';
