-- SPDX-License-Identifier: PostgreSQL
-- What a customer is worth: purchases and spend together.

CREATE FUNCTION customer_value(
    x double precision, t_x double precision, age double precision, monetary double precision, model btyd_model, spend_model spend_model,
    horizon double precision, discount double precision DEFAULT 0)
  RETURNS double precision
  LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_customer_value_columns';
COMMENT ON FUNCTION customer_value(
    double precision, double precision, double precision, double precision, btyd_model, spend_model, double precision, double precision) IS
  'Returns the value that a customer still has: the expected purchases within a horizon, each discounted, times the expected spend.
It is discounted_purchases times expected_spend, in the unit of monetary (Fader, Hardie and Lee 2005, "RFM and CLV"). monetary: the mean
spend at the repeat purchases; if it is NULL, or x is 0, the mean of all customers is used. horizon may be infinite if discount is above
0. NULL if another argument is NULL, or if the mean spend is infinite (q <= 1). Errors: as discounted_purchases; also 22003 if the value
overflows.';
CREATE FUNCTION customer_value(
    x double precision, t_x double precision, age double precision, monetary double precision, model text, spend_model text,
    horizon double precision, discount double precision DEFAULT 0)
  RETURNS double precision
  LANGUAGE c STABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_customer_value_columns_named';
COMMENT ON FUNCTION customer_value(
    double precision, double precision, double precision, double precision, text, text, double precision, double precision) IS
  'Returns the value that a customer still has: the expected purchases within a horizon, each discounted, times the expected spend, by
stored models.
model and spend_model: a name in clientele_data.models, whose current version is used, a name with a version, such as buying@3, or
JSON. Errors: also 42P01 without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as customer_value(double
precision, double precision, double precision, double precision, btyd_model, spend_model, double precision, double precision).';
CREATE FUNCTION customer_value(
    purchase_summary, model btyd_model, spend_model spend_model, horizon double precision, discount double precision DEFAULT 0)
  RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_customer_value_summary';
COMMENT ON FUNCTION customer_value(purchase_summary, btyd_model, spend_model, double precision, double precision) IS
  'Returns the value that a customer still has: the expected purchases within a horizon, each discounted, times the expected spend, from a
purchase_summary.
A summary that is NULL, as for a customer without a purchase, gives NULL. Otherwise as customer_value(double precision, double precision,
double precision, double precision, btyd_model, spend_model, double precision, double precision).';
CREATE FUNCTION customer_value(
    purchase_summary, model text, spend_model text, horizon double precision, discount double precision DEFAULT 0)
  RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_customer_value_summary_named';
COMMENT ON FUNCTION customer_value(purchase_summary, text, text, double precision, double precision) IS
  'Returns the value that a customer still has: the expected purchases within a horizon, each discounted, times the expected spend, from a
purchase_summary, by stored models.
A summary that is NULL, as for a customer without a purchase, gives NULL. model and spend_model: a name in clientele_data.models, whose
current version is used, a name with a version, such as buying@3, or JSON. Errors: also 42P01 without a store, 42704 for an unknown name,
42809 for a model of another type. Otherwise as customer_value(double precision, double precision, double precision, double precision,
btyd_model, spend_model, double precision, double precision).';
