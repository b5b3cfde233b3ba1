-- SPDX-License-Identifier: PostgreSQL

CREATE TYPE contract_model;
CREATE FUNCTION contract_model_in(cstring) RETURNS contract_model
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_contract_model_in';
COMMENT ON FUNCTION contract_model_in(cstring) IS 'Reads a contract_model from its text form, a JSON object.';
CREATE FUNCTION contract_model_out(contract_model) RETURNS cstring
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_fitted_out';
COMMENT ON FUNCTION contract_model_out(contract_model) IS 'Writes a contract_model as a JSON object.';
CREATE FUNCTION contract_model_recv(internal) RETURNS contract_model
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_contract_model_recv';
COMMENT ON FUNCTION contract_model_recv(internal) IS 'Reads a contract_model from its binary form and checks it.';
CREATE FUNCTION contract_model_send(contract_model) RETURNS bytea
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteasend';
COMMENT ON FUNCTION contract_model_send(contract_model) IS 'Writes a contract_model in its binary form.';
CREATE TYPE contract_model (
  INPUT = contract_model_in, OUTPUT = contract_model_out, RECEIVE = contract_model_recv, SEND = contract_model_send,
  INTERNALLENGTH = VARIABLE, STORAGE = extended
);
COMMENT ON TYPE contract_model IS
  'A fitted shifted-beta-geometric model of customers under contract.
The aggregate contract_fit makes it, or it is written by hand. Its text form is JSON, such as {"model": "sBG",
"parameters": {"alpha": 0.668, "beta": 3.806}}.
A fit adds: standard_errors; log_likelihood; customers; groups; converged; iterations; gradient_norm; at_bound; remark ("all leave
alike").';

\from_text contract_model

\comparable contract_model are the same model, found in the same way

-- The fit

\packed contract_values
COMMENT ON TYPE contract_values IS
  'How long customers stayed under contract, equal customers counted together: the state of the aggregate contract_fit, which travels
between processes and servers.
At most 1,048,576 different pairs (54000).';

\comparable contract_values hold the same contracts

CREATE FUNCTION contract_accum(contract_values, integer, boolean) RETURNS contract_values
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_contract_accum';
COMMENT ON FUNCTION contract_accum(contract_values, integer, boolean) IS 'Collects a customer for contract_fit().';
CREATE FUNCTION contract_combine(contract_values, contract_values) RETURNS contract_values
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_contract_combine';
COMMENT ON FUNCTION contract_combine(contract_values, contract_values) IS 'Joins the contracts of different customers.';
CREATE FUNCTION contract_fit_final(contract_values) RETURNS contract_model
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_contract_final';
COMMENT ON FUNCTION contract_fit_final(contract_values) IS 'Fits a model to the contracts of the collected customers.';

CREATE AGGREGATE contract_fit(periods integer, churned boolean) (
  SFUNC = contract_accum, STYPE = contract_values, FINALFUNC = contract_fit_final, COMBINEFUNC = contract_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE contract_fit(integer, boolean) IS
  'Fits the shifted-beta-geometric model of customers under contract, who leave at a renewal, to one row for each customer.
periods: the number of periods (months, years) that a customer has been under contract, up to the end of the last one. churned: true if the
customer left at the end of the last period, false if the customer was still there after it. A customer who is still there after 0 periods
has not come to a renewal, and is ignored; so is a row with a NULL. NULL if there are no other rows.
Parameters are estimated by maximum likelihood (Fader and Hardie 2007, "How to project customer retention", eqs. 5 and 6). The model depends
on the rows only, not on their order or on the plan. Estimates end at a bound (at_bound) if no customer left, if all left at the first
renewal, or if all leave at one rate (remark). If all customers were seen at one renewal only, only the retention of the first period is
known. Errors: 22023 for negative periods, and for a customer who left after 0 periods; 54000 for more than 1,048,576 different rows.';

-- Predictions

CREATE FUNCTION contract_survival(model contract_model, periods integer) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'clientele_contract_survival';
COMMENT ON FUNCTION contract_survival(contract_model, integer) IS
  'Returns the probability that a customer is still there after this number of periods.
It is 1 after 0 periods (Fader and Hardie 2007, eq. 6). Errors: 22023 for negative periods.';
CREATE FUNCTION contract_survival(model text, periods integer) RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'clientele_contract_survival_named';
COMMENT ON FUNCTION contract_survival(text, integer) IS
  'Returns the probability that a customer is still there after this number of periods, by a stored model.
model: a name in clientele_data.models, whose current version is used, a name with a version, such as contracts@3, or JSON. Errors: also
42P01 without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as contract_survival(contract_model,
integer).';
CREATE FUNCTION contract_retention(model contract_model, period integer) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'clientele_contract_retention';
COMMENT ON FUNCTION contract_retention(contract_model, integer) IS
  'Returns the probability that a customer in this period of the contract renews at its end.
Periods are counted from 1. Retention rises from period to period, as the customers that leave easily are gone (Fader and Hardie 2007,
eq. 8). Errors: 22023 for a period below 1.';
CREATE FUNCTION contract_retention(model text, period integer) RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'clientele_contract_retention_named';
COMMENT ON FUNCTION contract_retention(text, integer) IS
  'Returns the probability that a customer in this period of the contract renews at its end, by a stored model.
model: a name in clientele_data.models, whose current version is used, a name with a version, such as contracts@3, or JSON. Errors: also
42P01 without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as contract_retention(contract_model,
integer).';
CREATE FUNCTION contract_residual_lifetime(model contract_model, period integer, discount double precision) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'clientele_contract_residual';
COMMENT ON FUNCTION contract_residual_lifetime(contract_model, integer, double precision) IS
  'Returns the discounted expected residual lifetime of a customer in this period of the contract: the number of renewals still to come,
each discounted by its time.
The renewal at the end of this period, if it comes, counts 1, the one after it 1 / (1 + discount), and so on (Fader and Hardie 2010,
"Customer-base valuation in a contractual setting", eq. 7). Periods are counted from 1. discount is a rate for one period: 0.1 is 10 %. The
result times the margin of a period is the value that the customer still has. NULL if it is infinite: without discount where alpha <=
1. Errors: 22023 for a period below 1 and a negative discount, 22003 for a discount that is NaN or infinite.';
CREATE FUNCTION contract_residual_lifetime(model text, period integer, discount double precision) RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'clientele_contract_residual_named';
COMMENT ON FUNCTION contract_residual_lifetime(text, integer, double precision) IS
  'Returns the discounted expected residual lifetime of a customer in this period of the contract: the number of renewals still to come,
each discounted by its time, by a stored model.
model: a name in clientele_data.models, whose current version is used, a name with a version, such as contracts@3, or JSON. Errors: also
42P01 without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as contract_residual_lifetime(contract_model,
integer, double precision).';
CREATE FUNCTION churn_prob(period integer, model contract_model) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'clientele_contract_churn_prob';
COMMENT ON FUNCTION churn_prob(integer, contract_model) IS
  'Returns the probability that a customer in this period of the contract leaves at its end: 1 - contract_retention.
Periods are counted from 1 (Fader and Hardie 2007, eq. 8). Errors: 22023 for a period below 1.';
CREATE FUNCTION churn_prob(period integer, model text) RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'clientele_contract_churn_prob_named';
COMMENT ON FUNCTION churn_prob(integer, text) IS
  'Returns the probability that a customer in this period of the contract leaves at its end: 1 - contract_retention, by a stored model.
model: a name in clientele_data.models, whose current version is used, a name with a version, such as contracts@3, or JSON. Errors: also
42P01 without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as churn_prob(integer, contract_model).';
