-- SPDX-License-Identifier: PostgreSQL
-- Predictions by a btyd_model. Each takes plain columns or a purchase_summary, and a model or the
-- name of a stored one.

CREATE FUNCTION churn_prob(x double precision, t_x double precision, age double precision, model btyd_model) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'clientele_btyd_churn_prob_columns';
COMMENT ON FUNCTION churn_prob(double precision, double precision, double precision, btyd_model) IS
  'Tells how likely it is that a customer has left for ever: 1 - P(alive).
x, t_x and age as purchase_summary gives them, in the unit of the data that the model was fitted on. BG/NBD gives 0 for who has bought
once, as it lets a customer leave at a repeat purchase only; MBG/NBD and Pareto/NBD do not. BG/BB: who is not there at the next
opportunity. Errors: 22023 for x, t_x and age that do not fit together, 22003 for NaN and infinity.';
CREATE FUNCTION churn_prob(x double precision, t_x double precision, age double precision, model text) RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'clientele_btyd_churn_prob_columns_named';
COMMENT ON FUNCTION churn_prob(double precision, double precision, double precision, text) IS
  'Tells how likely it is that a customer has left for ever: 1 - P(alive), by a stored model.
model is a name in clientele_data.models, whose current version is taken, or JSON. Errors: also 42P01 without a store, 42704 for an
unknown name, 42809 for a model of another type. Otherwise as churn_prob(double precision, double precision, double precision,
btyd_model).';
CREATE FUNCTION churn_prob(purchase_summary, model btyd_model) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'clientele_btyd_churn_prob_summary';
COMMENT ON FUNCTION churn_prob(purchase_summary, btyd_model) IS
  'Tells how likely it is that a customer has left for ever: 1 - P(alive), of a purchase_summary.
A summary that is NULL, as of a customer without a purchase, gives NULL. Otherwise as churn_prob(double precision, double precision,
double precision, btyd_model).';
CREATE FUNCTION churn_prob(purchase_summary, model text) RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'clientele_btyd_churn_prob_summary_named';
COMMENT ON FUNCTION churn_prob(purchase_summary, text) IS
  'Tells how likely it is that a customer has left for ever: 1 - P(alive), of a purchase_summary, by a stored model.
A summary that is NULL, as of a customer without a purchase, gives NULL. model is a name in clientele_data.models, whose current version
is taken, or JSON. Errors: also 42P01 without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as
churn_prob(double precision, double precision, double precision, btyd_model).';

CREATE FUNCTION expected_purchases(x double precision, t_x double precision, age double precision, model btyd_model, horizon double precision) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_expected_purchases_columns';
COMMENT ON FUNCTION expected_purchases(double precision, double precision, double precision, btyd_model, double precision) IS
  'Tells how many purchases are expected of a customer in the next horizon units of time.
horizon is in the unit of age, from the end of the observation on. Errors: 22023 for x, t_x and age that do not fit together, a negative
horizon, and more than 1000000 opportunities of BG/BB, 22003 for NaN, infinity and numbers beyond 1e12.';
CREATE FUNCTION expected_purchases(x double precision, t_x double precision, age double precision, model text, horizon double precision) RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_expected_purchases_columns_named';
COMMENT ON FUNCTION expected_purchases(double precision, double precision, double precision, text, double precision) IS
  'Tells how many purchases are expected of a customer in the next horizon units of time, by a stored model.
model is a name in clientele_data.models, whose current version is taken, or JSON. Errors: also 42P01 without a store, 42704 for an
unknown name, 42809 for a model of another type. Otherwise as expected_purchases(double precision, double precision, double precision,
btyd_model, double precision).';
CREATE FUNCTION expected_purchases(purchase_summary, model btyd_model, horizon double precision) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_expected_purchases_summary';
COMMENT ON FUNCTION expected_purchases(purchase_summary, btyd_model, double precision) IS
  'Tells how many purchases are expected of a customer in the next horizon units of time, of a purchase_summary.
A summary that is NULL, as of a customer without a purchase, gives NULL. Otherwise as expected_purchases(double precision, double
precision, double precision, btyd_model, double precision).';
CREATE FUNCTION expected_purchases(purchase_summary, model text, horizon double precision) RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_expected_purchases_summary_named';
COMMENT ON FUNCTION expected_purchases(purchase_summary, text, double precision) IS
  'Tells how many purchases are expected of a customer in the next horizon units of time, of a purchase_summary, by a stored model.
A summary that is NULL, as of a customer without a purchase, gives NULL. model is a name in clientele_data.models, whose current version
is taken, or JSON. Errors: also 42P01 without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as
expected_purchases(double precision, double precision, double precision, btyd_model, double precision).';

CREATE FUNCTION repurchase_prob(x double precision, t_x double precision, age double precision, model btyd_model, horizon double precision) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_repurchase_prob_columns';
COMMENT ON FUNCTION repurchase_prob(double precision, double precision, double precision, btyd_model, double precision) IS
  'Tells how likely it is that a customer buys at least once in the next horizon units of time.
horizon may be infinite: how likely it is that the customer ever buys again. Errors as expected_purchases.';
CREATE FUNCTION repurchase_prob(x double precision, t_x double precision, age double precision, model text, horizon double precision) RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_repurchase_prob_columns_named';
COMMENT ON FUNCTION repurchase_prob(double precision, double precision, double precision, text, double precision) IS
  'Tells how likely it is that a customer buys at least once in the next horizon units of time, by a stored model.
model is a name in clientele_data.models, whose current version is taken, or JSON. Errors: also 42P01 without a store, 42704 for an
unknown name, 42809 for a model of another type. Otherwise as repurchase_prob(double precision, double precision, double precision,
btyd_model, double precision).';
CREATE FUNCTION repurchase_prob(purchase_summary, model btyd_model, horizon double precision) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_repurchase_prob_summary';
COMMENT ON FUNCTION repurchase_prob(purchase_summary, btyd_model, double precision) IS
  'Tells how likely it is that a customer buys at least once in the next horizon units of time, of a purchase_summary.
A summary that is NULL, as of a customer without a purchase, gives NULL. Otherwise as repurchase_prob(double precision, double precision,
double precision, btyd_model, double precision).';
CREATE FUNCTION repurchase_prob(purchase_summary, model text, horizon double precision) RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_repurchase_prob_summary_named';
COMMENT ON FUNCTION repurchase_prob(purchase_summary, text, double precision) IS
  'Tells how likely it is that a customer buys at least once in the next horizon units of time, of a purchase_summary, by a stored model.
A summary that is NULL, as of a customer without a purchase, gives NULL. model is a name in clientele_data.models, whose current version
is taken, or JSON. Errors: also 42P01 without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as
repurchase_prob(double precision, double precision, double precision, btyd_model, double precision).';

CREATE FUNCTION time_to_purchase(x double precision, t_x double precision, age double precision, model btyd_model, probability double precision DEFAULT 0.5) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_time_to_purchase_columns';
COMMENT ON FUNCTION time_to_purchase(double precision, double precision, double precision, btyd_model, double precision) IS
  'Tells after how many units of time the next purchase has come with a probability such as 0.5: a quantile, 0.5 is the median.
NULL if the probability that the customer ever buys again is smaller. (The mean time to the next purchase is infinite in these models.)
Errors: 22023 for a probability outside 0 to 1 or at its ends, and as expected_purchases.';
CREATE FUNCTION time_to_purchase(x double precision, t_x double precision, age double precision, model text, probability double precision DEFAULT 0.5) RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_time_to_purchase_columns_named';
COMMENT ON FUNCTION time_to_purchase(double precision, double precision, double precision, text, double precision) IS
  'Tells after how many units of time the next purchase has come with a probability such as 0.5: a quantile, 0.5 is the median, by a
stored
model.
model is a name in clientele_data.models, whose current version is taken, or JSON. Errors: also 42P01 without a store, 42704 for an
unknown name, 42809 for a model of another type. Otherwise as time_to_purchase(double precision, double precision, double precision,
btyd_model, double precision).';
CREATE FUNCTION time_to_purchase(purchase_summary, model btyd_model, probability double precision DEFAULT 0.5) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_time_to_purchase_summary';
COMMENT ON FUNCTION time_to_purchase(purchase_summary, btyd_model, double precision) IS
  'Tells after how many units of time the next purchase has come with a probability such as 0.5: a quantile, 0.5 is the median, of a
purchase_summary.
A summary that is NULL, as of a customer without a purchase, gives NULL. Otherwise as time_to_purchase(double precision, double
precision, double precision, btyd_model, double precision).';
CREATE FUNCTION time_to_purchase(purchase_summary, model text, probability double precision DEFAULT 0.5) RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_time_to_purchase_summary_named';
COMMENT ON FUNCTION time_to_purchase(purchase_summary, text, double precision) IS
  'Tells after how many units of time the next purchase has come with a probability such as 0.5: a quantile, 0.5 is the median, of a
purchase_summary, by a stored model.
A summary that is NULL, as of a customer without a purchase, gives NULL. model is a name in clientele_data.models, whose current version
is taken, or JSON. Errors: also 42P01 without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as
time_to_purchase(double precision, double precision, double precision, btyd_model, double precision).';

CREATE FUNCTION discounted_purchases(x double precision, t_x double precision, age double precision, model btyd_model, discount double precision, horizon double precision DEFAULT 'Infinity') RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_discounted_purchases_columns';
COMMENT ON FUNCTION discounted_purchases(double precision, double precision, double precision, btyd_model, double precision, double precision) IS
  'Tells how many purchases are still expected of a customer, each counted the less the later it comes: without a horizon, the discounted
expected residual transactions.
A purchase after t units of time counts 1 / (1 + discount)^t: discount is a rate a unit of time. From a rate a year, the one a week is
power(1 + rate, 7 / 365.25) - 1. horizon: as expected_purchases, or infinite. Errors: 22023 for a discount below 0, and for no discount
(below 1e-12) without a horizon, as the sum may be infinite; and as expected_purchases.';
CREATE FUNCTION discounted_purchases(x double precision, t_x double precision, age double precision, model text, discount double precision, horizon double precision DEFAULT 'Infinity') RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_discounted_purchases_columns_named';
COMMENT ON FUNCTION discounted_purchases(double precision, double precision, double precision, text, double precision, double precision) IS
  'Tells how many purchases are still expected of a customer, each counted the less the later it comes: without a horizon, the discounted
expected residual transactions, by a stored model.
model is a name in clientele_data.models, whose current version is taken, or JSON. Errors: also 42P01 without a store, 42704 for an
unknown name, 42809 for a model of another type. Otherwise as discounted_purchases(double precision, double precision, double precision,
btyd_model, double precision, double precision).';
CREATE FUNCTION discounted_purchases(purchase_summary, model btyd_model, discount double precision, horizon double precision DEFAULT 'Infinity') RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_discounted_purchases_summary';
COMMENT ON FUNCTION discounted_purchases(purchase_summary, btyd_model, double precision, double precision) IS
  'Tells how many purchases are still expected of a customer, each counted the less the later it comes: without a horizon, the discounted
expected residual transactions, of a purchase_summary.
A summary that is NULL, as of a customer without a purchase, gives NULL. Otherwise as discounted_purchases(double precision, double
precision, double precision, btyd_model, double precision, double precision).';
CREATE FUNCTION discounted_purchases(purchase_summary, model text, discount double precision, horizon double precision DEFAULT 'Infinity') RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_discounted_purchases_summary_named';
COMMENT ON FUNCTION discounted_purchases(purchase_summary, text, double precision, double precision) IS
  'Tells how many purchases are still expected of a customer, each counted the less the later it comes: without a horizon, the discounted
expected residual transactions, of a purchase_summary, by a stored model.
A summary that is NULL, as of a customer without a purchase, gives NULL. model is a name in clientele_data.models, whose current version
is taken, or JSON. Errors: also 42P01 without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as
discounted_purchases(double precision, double precision, double precision, btyd_model, double precision, double precision).';

CREATE FUNCTION expected_purchases(model btyd_model, horizon double precision) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_expected_purchases_new';
COMMENT ON FUNCTION expected_purchases(btyd_model, double precision) IS
  'Tells how many repeat purchases are expected of a new customer in the first horizon units of time after the first purchase.
Errors: 22023 for a negative horizon and more than 1000000 opportunities of BG/BB, 22003 for NaN, infinity and numbers beyond 1e12.';
CREATE FUNCTION expected_purchases(model text, horizon double precision) RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_expected_purchases_new_named';
COMMENT ON FUNCTION expected_purchases(text, double precision) IS
  'Tells how many repeat purchases are expected of a new customer in the first horizon units of time after the first purchase, by a stored
model.
model is a name in clientele_data.models, whose current version is taken, or JSON. Errors: also 42P01 without a store, 42704 for an
unknown name, 42809 for a model of another type. Otherwise as expected_purchases(btyd_model, double precision).';
CREATE FUNCTION purchase_count_prob(model btyd_model, horizon double precision, purchases integer) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_purchase_count_prob';
COMMENT ON FUNCTION purchase_count_prob(btyd_model, double precision, integer) IS
  'Tells how likely it is that a new customer makes exactly so many repeat purchases in the first horizon units of time.
Errors as expected_purchases.';
CREATE FUNCTION purchase_count_prob(model text, horizon double precision, purchases integer) RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_purchase_count_prob_named';
COMMENT ON FUNCTION purchase_count_prob(text, double precision, integer) IS
  'Tells how likely it is that a new customer makes exactly so many repeat purchases in the first horizon units of time, by a stored
model.
model is a name in clientele_data.models, whose current version is taken, or JSON. Errors: also 42P01 without a store, 42704 for an
unknown name, 42809 for a model of another type. Otherwise as purchase_count_prob(btyd_model, double precision, integer).';
