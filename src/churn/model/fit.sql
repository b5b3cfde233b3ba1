-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION churn_def(
    penalty float8 DEFAULT 1, class_weight text DEFAULT 'none', calibrate boolean DEFAULT NULL,
    names text[] DEFAULT NULL, features churn_features_def DEFAULT NULL) RETURNS churn_def
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_churn_def';
COMMENT ON FUNCTION churn_def(float8, text, boolean, text[], churn_features_def) IS
  'Defines how to fit a churn model, as in churn_def(penalty => 10) or churn_def(class_weight => ''balanced'').
penalty: half the sum of squared coefficients of the standardised columns, without the intercept, times penalty is subtracted from the
log-likelihood. It is 1/C of scikit-learn with standardised columns. With the default of 1 all data have a fit; for more than some hundred
customers it hardly changes the coefficients. 0 is plain maximum likelihood, which has the standard errors and p-values of the textbook;
then perfect separation of the classes is an error. class_weight: none; balanced (both classes have the same weight); or a number as text,
the weight of a customer who churned, relative to 1 for one who stayed. calibrate: whether probabilities are corrected by Platt scaling
(Platt 1999; Lin, Lin and Weng 2007) on predictions for customers that the fit did not use (5 folds). The default is true if classes are
weighted, because the probabilities are those of the weighted classes otherwise. names: the names of the features in an array; the default
is f1, f2 and so on. features: how features are computed from journeys, a churn_features_def, for churn_fit(journey, ...) only; the default
is churn_features_def(). In the JSON form it is an object that must have a time_zone. NULL for an option is its default. Errors: 22023 for a
penalty that is neither 0 nor from 1e-9 to 1e12, another class_weight, a repeated name, and names together with features; 22004 for a NULL
in names; 54000 for more than 1,000 names.';

-- The aggregate

\packed churn_rows
COMMENT ON TYPE churn_rows IS
  'The customers and their features during the fit of a churn model: the state of the aggregate churn_fit, which travels between processes
and servers.
At most 1,000 features and 1 GB (54000).';

\comparable churn_rows hold the same customers with the same features

CREATE FUNCTION churn_fit_accum(churn_rows, float8[], boolean, churn_def) RETURNS churn_rows
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_churn_fit_accum_array';
COMMENT ON FUNCTION churn_fit_accum(churn_rows, float8[], boolean, churn_def) IS 'Collects a customer for churn_fit().';
CREATE FUNCTION churn_fit_accum(churn_rows, jsonb, boolean, churn_def) RETURNS churn_rows
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_churn_fit_accum_jsonb';
COMMENT ON FUNCTION churn_fit_accum(churn_rows, jsonb, boolean, churn_def) IS 'Collects a customer for churn_fit().';
CREATE FUNCTION churn_fit_accum(churn_rows, journey, boolean, timestamptz, churn_def) RETURNS churn_rows
  LANGUAGE c STABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_churn_fit_accum_journey';
COMMENT ON FUNCTION churn_fit_accum(churn_rows, journey, boolean, timestamptz, churn_def) IS
  'Collects a customer for churn_fit(), with features of the journey.';
CREATE FUNCTION churn_fit_combine(churn_rows, churn_rows) RETURNS churn_rows
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_churn_fit_combine';
COMMENT ON FUNCTION churn_fit_combine(churn_rows, churn_rows) IS 'Joins different customers.';
CREATE FUNCTION churn_fit_final(churn_rows) RETURNS churn_model
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_churn_fit_final';
COMMENT ON FUNCTION churn_fit_final(churn_rows) IS 'Fits the model to the collected customers.';
CREATE AGGREGATE churn_fit(features jsonb, churned boolean, def churn_def) (
  SFUNC = churn_fit_accum, STYPE = churn_rows, SSPACE = 65536, FINALFUNC = churn_fit_final,
  COMBINEFUNC = churn_fit_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE churn_fit(jsonb, boolean, churn_def) IS
  'Fits a model of which customers will churn, to one row for each customer with a known outcome: an object of features, such as
to_jsonb(row) - ''churned'', and whether the customer churned.
It is a logistic regression, fitted by Newton''s method (iteratively reweighted least squares). Each key is a feature: numbers and booleans
(1 and 0) are used as they are. A text is a category; each category except the bytewise first gets a coefficient that compares it with the
first. null and an absent key are missing. A missing number is set to the mean, and one more coefficient is for being missing; a missing
category is a category of its own. Columns that are constant, or that others explain exactly, get coefficient 0 and are marked redundant;
with a penalty, columns that explain each other share the coefficient instead. Rows in which features, churned or def is NULL are ignored;
without rows the result is NULL. Standard errors are from the inverse information, which includes the penalty, and in which class weights
count as numbers of customers. The model depends on the rows only, not on their order or on the plan. The aggregate keeps all rows, in 1 to
8 bytes for each value; equal rows are kept once. Errors: 22023 if all customers churned or none did, for perfect separation without a
penalty, a key with numbers in some rows and text in others, a value that is an array or an object, a number above 1e100, definitions that
differ, names or features in the definition, and fewer than 5 customers of a class if probabilities are calibrated; 54000 for a feature with
more than 200 categories, more than 1,000 columns, and more than 1 GB of rows.';
CREATE AGGREGATE churn_fit(features float8[], churned boolean, def churn_def) (
  SFUNC = churn_fit_accum, STYPE = churn_rows, SSPACE = 65536, FINALFUNC = churn_fit_final,
  COMBINEFUNC = churn_fit_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE churn_fit(float8[], boolean, churn_def) IS
  'Fits a model of which customers will churn, to one row for each customer with a known outcome: numbers in an array, and whether the
customer churned.
The names of the features are those of the churn_def, or f1, f2 and so on. A NULL element is missing. Otherwise as churn_fit with a
jsonb. Errors: also 22023 for arrays of different lengths, for NaN and infinity, naming the feature, and for features in the definition;
2202E for arrays of several dimensions.';
CREATE AGGREGATE churn_fit(journey, churned boolean, at timestamptz, def churn_def) (
  SFUNC = churn_fit_accum, STYPE = churn_rows, SSPACE = 65536, FINALFUNC = churn_fit_final,
  COMBINEFUNC = churn_fit_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE churn_fit(journey, boolean, timestamptz, churn_def) IS
  'Fits a model of which customers will churn, to journeys of customers with a known outcome: what each customer did before a time, and
whether the customer churned after it, as churned() returns it.
The features are the thirty of churn_features(journey, at, features), under their names; features are those of the churn_def, or
churn_features_def() with the time zone of the session. The model keeps them, so that churn_prob(journey, model, at) computes the same
features. Customers without an event before `at` are ignored, and so are rows with a NULL. Rows may have different times `at`, so a model
can be fitted to several days. Otherwise as churn_fit with an array. Errors: also 22023 for names in the definition, 22008 for an infinite
time, 42704 for an unknown event in a selector of the features.';
