-- SPDX-License-Identifier: PostgreSQL
-- Predictions by a btyd_model. Each takes plain columns or a purchase_summary, and a model or the
-- name of a stored one.

CREATE FUNCTION churn_prob(x double precision, t_x double precision, age double precision, model btyd_model) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'clientele_btyd_churn_prob_columns';
COMMENT ON FUNCTION churn_prob(double precision, double precision, double precision, btyd_model) IS
  'Returns the probability that a customer has left for good: 1 - P(alive).
x, t_x and age are as purchase_summary returns them, in the unit of the data on which the model was fitted. BG/NBD: Fader, Hardie and Lee
(2008), "Computing P(alive) using the BG/NBD model"; it is 0 for a customer with one purchase, because the model lets a customer leave only
at a repeat purchase. MBG/NBD (Wagner and Hoppe 2008) and Pareto/NBD (Fader and Hardie 2005, note 009, eq. 38) have no such
exception. BG/BB: the customer is not there at the next opportunity (Fader, Hardie and Shang 2010, eq. 11). Errors: 22023 for x, t_x and age
that do not fit together, 22003 for NaN and infinity.';
CREATE FUNCTION churn_prob(x double precision, t_x double precision, age double precision, model text) RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'clientele_btyd_churn_prob_columns_named';
COMMENT ON FUNCTION churn_prob(double precision, double precision, double precision, text) IS
  'Returns the probability that a customer has left for good: 1 - P(alive), by a stored model.
model: a name in clientele_data.models, whose current version is used, a name with a version, such as buying@3, or JSON. Errors: also 42P01
without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as churn_prob(double precision, double precision,
double precision, btyd_model).';
CREATE FUNCTION churn_prob(purchase_summary, model btyd_model) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'clientele_btyd_churn_prob_summary';
COMMENT ON FUNCTION churn_prob(purchase_summary, btyd_model) IS
  'Returns the probability that a customer has left for good: 1 - P(alive), from a purchase_summary.
A summary that is NULL, as for a customer without a purchase, gives NULL. Otherwise as churn_prob(double precision, double precision, double
precision, btyd_model).';
CREATE FUNCTION churn_prob(purchase_summary, model text) RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'clientele_btyd_churn_prob_summary_named';
COMMENT ON FUNCTION churn_prob(purchase_summary, text) IS
  'Returns the probability that a customer has left for good: 1 - P(alive), from a purchase_summary, by a stored model.
A summary that is NULL, as for a customer without a purchase, gives NULL. model: a name in clientele_data.models, whose current version is
used, a name with a version, such as buying@3, or JSON. Errors: also 42P01 without a store, 42704 for an unknown name, 42809 for a model of
another type. Otherwise as churn_prob(double precision, double precision, double precision, btyd_model).';

CREATE FUNCTION expected_purchases(
    x double precision, t_x double precision, age double precision, model btyd_model, horizon double precision)
  RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_expected_purchases_columns';
COMMENT ON FUNCTION expected_purchases(double precision, double precision, double precision, btyd_model, double precision) IS
  'Returns the expected number of purchases of a customer in the next horizon units of time.
x, t_x and age are as purchase_summary returns them. horizon begins at the end of the observation and has the unit of age. BG/NBD: Fader,
Hardie and Lee (2005), eq. 10; Pareto/NBD: Schmittlein, Morrison and Colombo (1987), as in Fader and Hardie (2005), note 009, eq. 42;
BG/BB: Fader, Hardie and Shang (2010), eq. 13. Errors: 22023 for x, t_x and age that do not fit together, a negative horizon, and more than
1000000 opportunities of BG/BB; 22003 for NaN, infinity, and numbers above 1e12.';
CREATE FUNCTION expected_purchases(
    x double precision, t_x double precision, age double precision, model text, horizon double precision)
  RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_expected_purchases_columns_named';
COMMENT ON FUNCTION expected_purchases(double precision, double precision, double precision, text, double precision) IS
  'Returns the expected number of purchases of a customer in the next horizon units of time, by a stored model.
model: a name in clientele_data.models, whose current version is used, a name with a version, such as buying@3, or JSON. Errors: also 42P01
without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as expected_purchases(double precision, double
precision, double precision, btyd_model, double precision).';
CREATE FUNCTION expected_purchases(purchase_summary, model btyd_model, horizon double precision) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_expected_purchases_summary';
COMMENT ON FUNCTION expected_purchases(purchase_summary, btyd_model, double precision) IS
  'Returns the expected number of purchases of a customer in the next horizon units of time, from a purchase_summary.
A summary that is NULL, as for a customer without a purchase, gives NULL. Otherwise as expected_purchases(double precision, double
precision, double precision, btyd_model, double precision).';
CREATE FUNCTION expected_purchases(purchase_summary, model text, horizon double precision) RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_expected_purchases_summary_named';
COMMENT ON FUNCTION expected_purchases(purchase_summary, text, double precision) IS
  'Returns the expected number of purchases of a customer in the next horizon units of time, from a purchase_summary, by a stored model.
A summary that is NULL, as for a customer without a purchase, gives NULL. model: a name in clientele_data.models, whose current version is
used, a name with a version, such as buying@3, or JSON. Errors: also 42P01 without a store, 42704 for an unknown name, 42809 for a model of
another type. Otherwise as expected_purchases(double precision, double precision, double precision, btyd_model, double precision).';

CREATE FUNCTION repurchase_prob(
    x double precision, t_x double precision, age double precision, model btyd_model, horizon double precision)
  RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_repurchase_prob_columns';
COMMENT ON FUNCTION repurchase_prob(double precision, double precision, double precision, btyd_model, double precision) IS
  'Returns the probability that a customer buys at least once in the next horizon units of time.
x, t_x and age are as purchase_summary returns them. It is 1 minus the likelihood of the same history observed for horizon longer, divided
by the likelihood of the history. horizon may be infinite: then it is the probability that the customer ever buys again. Errors: as
expected_purchases.';
CREATE FUNCTION repurchase_prob(
    x double precision, t_x double precision, age double precision, model text, horizon double precision)
  RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_repurchase_prob_columns_named';
COMMENT ON FUNCTION repurchase_prob(double precision, double precision, double precision, text, double precision) IS
  'Returns the probability that a customer buys at least once in the next horizon units of time, by a stored model.
model: a name in clientele_data.models, whose current version is used, a name with a version, such as buying@3, or JSON. Errors: also 42P01
without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as repurchase_prob(double precision, double
precision, double precision, btyd_model, double precision).';
CREATE FUNCTION repurchase_prob(purchase_summary, model btyd_model, horizon double precision) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_repurchase_prob_summary';
COMMENT ON FUNCTION repurchase_prob(purchase_summary, btyd_model, double precision) IS
  'Returns the probability that a customer buys at least once in the next horizon units of time, from a purchase_summary.
A summary that is NULL, as for a customer without a purchase, gives NULL. Otherwise as repurchase_prob(double precision, double precision,
double precision, btyd_model, double precision).';
CREATE FUNCTION repurchase_prob(purchase_summary, model text, horizon double precision) RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_repurchase_prob_summary_named';
COMMENT ON FUNCTION repurchase_prob(purchase_summary, text, double precision) IS
  'Returns the probability that a customer buys at least once in the next horizon units of time, from a purchase_summary, by a stored
model.
A summary that is NULL, as for a customer without a purchase, gives NULL. model: a name in clientele_data.models, whose current version is
used, a name with a version, such as buying@3, or JSON. Errors: also 42P01 without a store, 42704 for an unknown name, 42809 for a model of
another type. Otherwise as repurchase_prob(double precision, double precision, double precision, btyd_model, double precision).';

CREATE FUNCTION time_to_purchase(
    x double precision, t_x double precision, age double precision, model btyd_model, probability double precision DEFAULT 0.5)
  RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_time_to_purchase_columns';
COMMENT ON FUNCTION time_to_purchase(double precision, double precision, double precision, btyd_model, double precision) IS
  'Returns the time by which the next purchase has come with a given probability; 0.5 gives the median.
It is a quantile of the time from the end of the observation to the next purchase, in the unit of age; for BG/BB it is a number of
opportunities. It is the horizon at which repurchase_prob is the probability. NULL if the probability that the customer ever buys again is
smaller. (The mean time to the next purchase is infinite in these models.) Errors: 22023 for a probability that is not between 0 and 1,
exclusive; otherwise as expected_purchases.';
CREATE FUNCTION time_to_purchase(
    x double precision, t_x double precision, age double precision, model text, probability double precision DEFAULT 0.5)
  RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_time_to_purchase_columns_named';
COMMENT ON FUNCTION time_to_purchase(double precision, double precision, double precision, text, double precision) IS
  'Returns the time by which the next purchase has come with a given probability; 0.5 gives the median, by a stored model.
model: a name in clientele_data.models, whose current version is used, a name with a version, such as buying@3, or JSON. Errors: also 42P01
without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as time_to_purchase(double precision, double
precision, double precision, btyd_model, double precision).';
CREATE FUNCTION time_to_purchase(purchase_summary, model btyd_model, probability double precision DEFAULT 0.5) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_time_to_purchase_summary';
COMMENT ON FUNCTION time_to_purchase(purchase_summary, btyd_model, double precision) IS
  'Returns the time by which the next purchase has come with a given probability; 0.5 gives the median, from a purchase_summary.
A summary that is NULL, as for a customer without a purchase, gives NULL. Otherwise as time_to_purchase(double precision, double precision,
double precision, btyd_model, double precision).';
CREATE FUNCTION time_to_purchase(purchase_summary, model text, probability double precision DEFAULT 0.5) RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_time_to_purchase_summary_named';
COMMENT ON FUNCTION time_to_purchase(purchase_summary, text, double precision) IS
  'Returns the time by which the next purchase has come with a given probability; 0.5 gives the median, from a purchase_summary, by a stored
model.
A summary that is NULL, as for a customer without a purchase, gives NULL. model: a name in clientele_data.models, whose current version is
used, a name with a version, such as buying@3, or JSON. Errors: also 42P01 without a store, 42704 for an unknown name, 42809 for a model of
another type. Otherwise as time_to_purchase(double precision, double precision, double precision, btyd_model, double precision).';

CREATE FUNCTION discounted_purchases(
    x double precision, t_x double precision, age double precision, model btyd_model, discount double precision,
    horizon double precision DEFAULT 'Infinity')
  RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_discounted_purchases_columns';
COMMENT ON FUNCTION discounted_purchases(
    double precision, double precision, double precision, btyd_model, double precision, double precision) IS
  'Returns the expected number of purchases still to come from a customer, each discounted by its time.
Without a horizon it is the discounted expected residual transactions (DERT) of Fader, Hardie and Lee (2005), "RFM and CLV". A purchase
after t units of time counts 1 / (1 + discount)^t: discount is a rate for one unit of time. From a yearly rate, the weekly one is power(1 +
rate, 7 / 365.25) - 1. horizon: as for expected_purchases, or infinite. Errors: 22023 for a discount below 0, and for a discount below 1e-12
without a horizon, as the sum may be infinite then; otherwise as expected_purchases.';
CREATE FUNCTION discounted_purchases(
    x double precision, t_x double precision, age double precision, model text, discount double precision,
    horizon double precision DEFAULT 'Infinity')
  RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_discounted_purchases_columns_named';
COMMENT ON FUNCTION discounted_purchases(double precision, double precision, double precision, text, double precision, double precision) IS
  'Returns the expected number of purchases still to come from a customer, each discounted by its time, by a stored model.
model: a name in clientele_data.models, whose current version is used, a name with a version, such as buying@3, or JSON. Errors: also 42P01
without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as discounted_purchases(double precision, double
precision, double precision, btyd_model, double precision, double precision).';
CREATE FUNCTION discounted_purchases(
    purchase_summary, model btyd_model, discount double precision, horizon double precision DEFAULT 'Infinity')
  RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_discounted_purchases_summary';
COMMENT ON FUNCTION discounted_purchases(purchase_summary, btyd_model, double precision, double precision) IS
  'Returns the expected number of purchases still to come from a customer, each discounted by its time, from a purchase_summary.
A summary that is NULL, as for a customer without a purchase, gives NULL. Otherwise as discounted_purchases(double precision, double
precision, double precision, btyd_model, double precision, double precision).';
CREATE FUNCTION discounted_purchases(
    purchase_summary, model text, discount double precision, horizon double precision DEFAULT 'Infinity')
  RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_discounted_purchases_summary_named';
COMMENT ON FUNCTION discounted_purchases(purchase_summary, text, double precision, double precision) IS
  'Returns the expected number of purchases still to come from a customer, each discounted by its time, from a purchase_summary, by a stored
model.
A summary that is NULL, as for a customer without a purchase, gives NULL. model: a name in clientele_data.models, whose current version is
used, a name with a version, such as buying@3, or JSON. Errors: also 42P01 without a store, 42704 for an unknown name, 42809 for a model of
another type. Otherwise as discounted_purchases(double precision, double precision, double precision, btyd_model, double precision, double
precision).';

CREATE FUNCTION expected_purchases(model btyd_model, horizon double precision) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_expected_purchases_new';
COMMENT ON FUNCTION expected_purchases(btyd_model, double precision) IS
  'Returns the expected number of repeat purchases of a new customer in the first horizon units of time after the first purchase.
horizon is in the unit of the data on which the model was fitted. BG/NBD: Fader, Hardie and Lee (2005), eq. 9; Pareto/NBD: Fader and Hardie
(2005), note 009, eq. 27; BG/BB: Fader, Hardie and Shang (2010), eq. 8. Errors: 22023 for a negative horizon and more than 1000000
opportunities of BG/BB; 22003 for NaN, infinity, and numbers above 1e12.';
CREATE FUNCTION expected_purchases(model text, horizon double precision) RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_expected_purchases_new_named';
COMMENT ON FUNCTION expected_purchases(text, double precision) IS
  'Returns the expected number of repeat purchases of a new customer in the first horizon units of time after the first purchase, by a
stored model.
model: a name in clientele_data.models, whose current version is used, a name with a version, such as buying@3, or JSON. Errors: also 42P01
without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as expected_purchases(btyd_model, double
precision).';
CREATE FUNCTION purchase_count_prob(model btyd_model, horizon double precision, purchases integer) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_purchase_count_prob';
COMMENT ON FUNCTION purchase_count_prob(btyd_model, double precision, integer) IS
  'Returns the probability that a new customer makes exactly this number of repeat purchases in the first horizon units of time.
horizon is counted from the first purchase, in the unit of the data on which the model was fitted. BG/NBD: Fader, Hardie and Lee (2005),
eq. 8; Pareto/NBD: Fader and Hardie (2005), note 009, section 3; BG/BB: Fader, Hardie and Shang (2010), eq. 7. Errors: as
expected_purchases.';
CREATE FUNCTION purchase_count_prob(model text, horizon double precision, purchases integer) RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_purchase_count_prob_named';
COMMENT ON FUNCTION purchase_count_prob(text, double precision, integer) IS
  'Returns the probability that a new customer makes exactly this number of repeat purchases in the first horizon units of time, by a stored
model.
model: a name in clientele_data.models, whose current version is used, a name with a version, such as buying@3, or JSON. Errors: also 42P01
without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as purchase_count_prob(btyd_model, double
precision, integer).';
