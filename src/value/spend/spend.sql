-- SPDX-License-Identifier: PostgreSQL

CREATE TYPE spend_model;
CREATE FUNCTION spend_model_in(cstring) RETURNS spend_model
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_spend_model_in';
COMMENT ON FUNCTION spend_model_in(cstring) IS 'Reads a spend_model from its text form, a JSON object.';
CREATE FUNCTION spend_model_out(spend_model) RETURNS cstring
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_fitted_out';
COMMENT ON FUNCTION spend_model_out(spend_model) IS 'Writes a spend_model as a JSON object.';
CREATE FUNCTION spend_model_recv(internal) RETURNS spend_model
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_spend_model_recv';
COMMENT ON FUNCTION spend_model_recv(internal) IS 'Reads a spend_model from its binary form and checks it.';
CREATE FUNCTION spend_model_send(spend_model) RETURNS bytea
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteasend';
COMMENT ON FUNCTION spend_model_send(spend_model) IS 'Writes a spend_model in its binary form.';
CREATE TYPE spend_model (
  INPUT = spend_model_in, OUTPUT = spend_model_out, RECEIVE = spend_model_recv, SEND = spend_model_send,
  INTERNALLENGTH = VARIABLE, STORAGE = extended
);
COMMENT ON TYPE spend_model IS
  'A fitted Gamma-Gamma model of what customers spend at a purchase.
The aggregate spend_fit makes it, or it is written by hand. Its text form is JSON, such as {"model": "Gamma-Gamma",
"parameters": {"p": 6.25, "q": 3.74, "v": 15.44}}.
A fit adds: standard_errors; log_likelihood; correlation (of the number of purchases and the mean spend over customers, which the model
assumes to be near 0); customers; groups; converged; iterations; gradient_norm; at_bound; remark ("all spend the same").';

\from_text spend_model

\comparable spend_model are the same model, found in the same way

-- The fit

\packed spend_values
COMMENT ON TYPE spend_values IS
  'What customers spend, equal customers counted together: the state of the aggregate spend_fit, which travels between processes and
servers.
At most 1,048,576 different pairs: if there are more, means are rounded, or it is error 54000.';

\comparable spend_values hold the same spend

CREATE FUNCTION spend_accum(spend_values, double precision, double precision) RETURNS spend_values
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_spend_accum_columns';
COMMENT ON FUNCTION spend_accum(spend_values, double precision, double precision) IS 'Collects a customer for spend_fit().';
CREATE FUNCTION spend_accum(spend_values, purchase_summary) RETURNS spend_values
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_spend_accum_summary';
COMMENT ON FUNCTION spend_accum(spend_values, purchase_summary) IS 'Collects a customer for spend_fit().';
CREATE FUNCTION spend_combine(spend_values, spend_values) RETURNS spend_values
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_spend_combine';
COMMENT ON FUNCTION spend_combine(spend_values, spend_values) IS 'Joins the spend of different customers.';
CREATE FUNCTION spend_fit_final(spend_values) RETURNS spend_model
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_spend_final';
COMMENT ON FUNCTION spend_fit_final(spend_values) IS 'Fits a model to the spend of the collected customers.';

CREATE AGGREGATE spend_fit(x double precision, monetary double precision) (
  SFUNC = spend_accum, STYPE = spend_values, FINALFUNC = spend_fit_final, COMBINEFUNC = spend_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE spend_fit(double precision, double precision) IS
  'Fits the Gamma-Gamma model of what customers spend at a purchase, to one row for each customer: x and monetary as purchase_summary
returns them.
x: the number of repeat purchases. monetary: the mean spend at them. A customer without a repeat purchase (x = 0), or with a monetary that
is NULL, 0 or negative, has no known spend. Such rows are ignored, and the model does not count them among its customers. NULL if there are
no other rows.
Parameters are estimated by maximum likelihood (Fader and Hardie 2013, "The Gamma-Gamma model of monetary value", note 025, eq. 1a), from
several starts, with analytic gradients. The model assumes that how much customers spend does not depend on how often they buy: correlation
should be near 0. If all customers spend the same, p and q end at a bound (at_bound, remark), and expected_spend is right all the same.
Equal rows are counted together. If there are more than 1,048,576 different ones, monetary is rounded to the finest part of itself (grid,
2^-n) with which there are fewer. The model depends on the rows only, not on their order or on the plan. Errors: 22003 for NaN, infinity, x
above 2147483647, and monetary above 1e100 or below 1e-100; 22023 for x that is negative or not whole; 54000 if more than 1,048,576 rows are
different after the coarsest rounding.';
CREATE AGGREGATE spend_fit(purchase_summary) (
  SFUNC = spend_accum, STYPE = spend_values, FINALFUNC = spend_fit_final, COMBINEFUNC = spend_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE spend_fit(purchase_summary) IS
  'Fits the Gamma-Gamma model of what customers spend at a purchase, to one purchase_summary for each customer.
A summary that is NULL, as for a customer without a purchase, is ignored. Otherwise as spend_fit(double precision, double precision).';

-- Predictions

CREATE FUNCTION expected_spend(x double precision, monetary double precision, model spend_model) RETURNS double precision
  LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'clientele_expected_spend_columns';
COMMENT ON FUNCTION expected_spend(double precision, double precision, spend_model) IS
  'Returns the expected spend of a customer at a purchase in the long run: between this customer''s mean spend and that of all customers.
x: the number of repeat purchases. monetary: the mean spend at them. The fewer purchases, the nearer the result is to the mean of all
customers (Fader and Hardie 2013, note 025, eq. 5). A customer without known spend (x = 0, or monetary NULL, 0 or negative) is expected to
spend that mean. NULL if x or the model is NULL, or if the mean is infinite (p x + q <= 1). Errors: 22003 for NaN, infinity, and x above
2147483647; 22023 for x that is negative or not whole.';
CREATE FUNCTION expected_spend(x double precision, monetary double precision, model text) RETURNS double precision
  LANGUAGE c STABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'clientele_expected_spend_columns_named';
COMMENT ON FUNCTION expected_spend(double precision, double precision, text) IS
  'Returns the expected spend of a customer at a purchase in the long run: between this customer''s mean spend and that of all customers, by
a stored model.
model: a name in clientele_data.models, whose current version is used, a name with a version, such as spend@3, or JSON. Errors: also 42P01
without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as expected_spend(double precision, double
precision, spend_model).';
CREATE FUNCTION expected_spend(purchase_summary, model spend_model) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'clientele_expected_spend_summary';
COMMENT ON FUNCTION expected_spend(purchase_summary, spend_model) IS
  'Returns the expected spend of a customer at a purchase in the long run, from a purchase_summary.
A summary that is NULL, as for a customer without a purchase, gives NULL. Otherwise as expected_spend(double precision, double precision,
spend_model).';
CREATE FUNCTION expected_spend(purchase_summary, model text) RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'clientele_expected_spend_summary_named';
COMMENT ON FUNCTION expected_spend(purchase_summary, text) IS
  'Returns the expected spend of a customer at a purchase in the long run, from a purchase_summary, by a stored model.
model: a name in clientele_data.models, whose current version is used, a name with a version, such as spend@3, or JSON. Errors: also 42P01
without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as expected_spend(purchase_summary, spend_model).';
CREATE FUNCTION expected_spend(model spend_model) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'clientele_expected_spend_all';
COMMENT ON FUNCTION expected_spend(spend_model) IS
  'Returns the mean spend of all customers at a purchase, which is also the expected spend of a new customer.
It is p v / (q - 1) (Fader and Hardie 2013, note 025, eq. 3). NULL if that is infinite (q <= 1).';
CREATE FUNCTION expected_spend(model text) RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'clientele_expected_spend_all_named';
COMMENT ON FUNCTION expected_spend(text) IS
  'Returns the mean spend of all customers at a purchase, which is also the expected spend of a new customer, by a stored model.
model: a name in clientele_data.models, whose current version is used, a name with a version, such as spend@3, or JSON. Errors: also 42P01
without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as expected_spend(spend_model).';
