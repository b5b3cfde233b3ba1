-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION churn_prob(features jsonb, churn_model) RETURNS float8
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_churn_prob_jsonb';
COMMENT ON FUNCTION churn_prob(jsonb, churn_model) IS
  'The probability that a customer churns, by what is known of the customer and a model.
features: an object with the features of the model, as for churn_fit; other keys are passed over. A feature that is absent or null is missing: where the model has no coefficient for that, it counts as the average customer''s. A text that the model does not know counts as the reference, the bytewise first. Errors: 22023 for text where the model has a number or the other way round, an array, an object, a number beyond 1e100.';
CREATE FUNCTION churn_prob(features float8[], churn_model) RETURNS float8
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'clientele_churn_prob_array';
COMMENT ON FUNCTION churn_prob(float8[], churn_model) IS
  'The probability that a customer churns, by numbers in the order of the model''s features, and a model.
A NULL element is missing, as for a jsonb. Errors: 22023 for another number of elements than the model has features, for a model with categories, for NaN, infinity and numbers beyond 1e100.';

CREATE FUNCTION churn_reasons(features jsonb, churn_model, most integer DEFAULT 5)
  RETURNS TABLE (feature text, value text, contribution float8)
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 5 AS 'MODULE_PATHNAME', 'clientele_churn_reasons_jsonb';
COMMENT ON FUNCTION churn_reasons(jsonb, churn_model, integer) IS
  'Why a model finds a customer more or less likely to churn than the average customer: one row for each feature, the largest contribution first.
contribution: coefficient x (value - mean), in log-odds: above zero for more likely, below for less. The mean is that of the customers that the model was fitted on; the categories of one text count together, and so does being missing. The contributions of all features add up to the log-odds of churn_prob minus those of the average customer; if the model is calibrated, they are multiplied by the slope. value: as text, NULL if missing. most: how many rows at most. Errors: as of churn_prob; 22023 for most below 0.';
CREATE FUNCTION churn_reasons(features float8[], churn_model, most integer DEFAULT 5)
  RETURNS TABLE (feature text, value text, contribution float8)
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 5 AS 'MODULE_PATHNAME', 'clientele_churn_reasons_array';
COMMENT ON FUNCTION churn_reasons(float8[], churn_model, integer) IS
  'Why a model finds a customer, given as numbers in an array, more or less likely to churn than the average customer: one row for each feature, the largest contribution first.
As churn_reasons with a jsonb. Errors: as of churn_prob; 22023 for most below 0.';

CREATE FUNCTION churn_coefficients(
    churn_model, OUT feature text, OUT level text, OUT coefficient float8, OUT standard_error float8, OUT z float8,
    OUT p_value float8, OUT odds_ratio float8, OUT mean float8, OUT sd float8, OUT redundant boolean) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 20 AS 'MODULE_PATHNAME', 'clientele_churn_coefficients';
COMMENT ON FUNCTION churn_coefficients(churn_model) IS
  'Lists the coefficients of a churn model: the intercept, then each feature, or each category of it but the first.
level: the category, NULL for a number; a feature called x with missing values has a row of its own, "x is missing". z: coefficient / standard_error, and p_value: how likely one so far from 0 is by chance (two-sided, normal distribution), both NULL without a standard error. odds_ratio: exp(coefficient), by which one more multiplies the odds of churning. mean and sd: of the customers that the model was fitted on, NULL for the intercept. redundant: left out of the fit, as it is constant or others explain it. Coefficients are as fitted, before calibration.';
