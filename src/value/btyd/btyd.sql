-- SPDX-License-Identifier: PostgreSQL

CREATE TYPE btyd_model;
CREATE FUNCTION btyd_model_in(cstring) RETURNS btyd_model
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_btyd_model_in';
COMMENT ON FUNCTION btyd_model_in(cstring) IS 'Reads a btyd_model from its text form, a JSON object.';
CREATE FUNCTION btyd_model_out(btyd_model) RETURNS cstring
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_fitted_out';
COMMENT ON FUNCTION btyd_model_out(btyd_model) IS 'Writes a btyd_model as a JSON object.';
CREATE FUNCTION btyd_model_recv(internal) RETURNS btyd_model
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_btyd_model_recv';
COMMENT ON FUNCTION btyd_model_recv(internal) IS 'Reads a btyd_model from its binary form and checks it.';
CREATE FUNCTION btyd_model_send(btyd_model) RETURNS bytea
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteasend';
COMMENT ON FUNCTION btyd_model_send(btyd_model) IS 'Writes a btyd_model in its binary form.';
CREATE TYPE btyd_model (
  INPUT = btyd_model_in, OUTPUT = btyd_model_out, RECEIVE = btyd_model_recv, SEND = btyd_model_send,
  INTERNALLENGTH = VARIABLE, STORAGE = extended
);
COMMENT ON TYPE btyd_model IS
  'A fitted model of when customers buy and when they leave.
The aggregate btyd_fit makes it, or it is written by hand. Its text form is JSON, such as {"model": "BG/NBD", "parameters": {"r": 0.243,
"alpha": 4.414, "a": 0.793, "b": 2.426}}. Times are in the unit of the data.
A fit adds: standard_errors; log_likelihood; log_likelihood_without_dropout; customers; groups (of customers with equal data); grid (times
were rounded down to multiples of it, because there were too many groups otherwise); converged; iterations; gradient_norm; at_bound
(parameters that ended at a bound); remark ("no drop-out" if the likelihood is highest when no customer ever leaves, "no repeat purchases"
if no customer bought again).
At most 30 covariates.';

\from_text btyd_model

\comparable btyd_model are the same model, found in the same way

-- The fit

\packed btyd_histories
COMMENT ON TYPE btyd_histories IS
  'The purchase histories of customers, equal ones counted together: the state of the aggregate btyd_fit, which travels between processes
and servers.
At most 2,097,152 different histories: if there are more, times are rounded down, or it is error 54000.';

\comparable btyd_histories hold the same histories

CREATE FUNCTION btyd_accum(btyd_histories, double precision, double precision, double precision, text) RETURNS btyd_histories
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_btyd_row';
COMMENT ON FUNCTION btyd_accum(btyd_histories, double precision, double precision, double precision, text) IS
  'Collects a customer for btyd_fit().';
CREATE FUNCTION btyd_accum(btyd_histories, purchase_summary, text) RETURNS btyd_histories
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_btyd_summary';
COMMENT ON FUNCTION btyd_accum(btyd_histories, purchase_summary, text) IS 'Collects a customer for btyd_fit().';
CREATE FUNCTION btyd_accum(
    btyd_histories, double precision, double precision, double precision, double precision[], text)
  RETURNS btyd_histories
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_btyd_row_covariates';
COMMENT ON FUNCTION btyd_accum(btyd_histories, double precision, double precision, double precision, double precision[], text) IS
  'Collects a customer for btyd_fit().';
CREATE FUNCTION btyd_accum(btyd_histories, purchase_summary, double precision[], text) RETURNS btyd_histories
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_btyd_summary_covariates';
COMMENT ON FUNCTION btyd_accum(btyd_histories, purchase_summary, double precision[], text) IS 'Collects a customer for btyd_fit().';
CREATE FUNCTION btyd_combine(btyd_histories, btyd_histories) RETURNS btyd_histories
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_btyd_combine';
COMMENT ON FUNCTION btyd_combine(btyd_histories, btyd_histories) IS 'Joins the histories of different customers.';
CREATE FUNCTION btyd_fit_final(btyd_histories) RETURNS btyd_model
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_btyd_fit_final';
COMMENT ON FUNCTION btyd_fit_final(btyd_histories) IS 'Fits a model to the collected histories.';

CREATE AGGREGATE btyd_fit(x double precision, t_x double precision, age double precision, model text) (
  SFUNC = btyd_accum, STYPE = btyd_histories, FINALFUNC = btyd_fit_final, COMBINEFUNC = btyd_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE btyd_fit(double precision, double precision, double precision, text) IS
  'Fits a model of when customers buy and when they leave, to one row for each customer: x, t_x and age as purchase_summary returns them.
x: the number of repeat purchases. t_x: the time from the first purchase to the last. age: the time from the first purchase to the end of
the observation, in the same unit. model: BG/NBD, MBG/NBD, Pareto/NBD or BG/BB (for BG/BB x, t_x and age count opportunities). Rows with a
NULL are ignored; without rows the result is NULL.
Parameters are estimated by maximum likelihood, from several starts, with analytic gradients. The likelihoods: BG/NBD, Fader, Hardie and Lee
(2005), eq. 6; MBG/NBD, Batislam, Denizel and Filiztekin (2007); Pareto/NBD, Fader and Hardie (2005), "A note on deriving the Pareto/NBD
model", eq. 18; BG/BB, Fader, Hardie and Shang (2010), eq. 5.
Equal rows are counted together, so the time that a fit takes depends on the number of different rows. If there are more than 2,097,152 of
them, times are rounded down to the finest grid on which there are fewer, and stand for the middle of a cell (grid in the model). The model
depends on the rows only, not on their order or on the plan. at_bound and remark in the model show which parameters ended at a bound, and
why. Errors: 22023 for an unknown model, different models, x that is not whole, t_x larger than age, and t_x not 0 where x is 0; 22003 for
NaN, infinity, and numbers above 1e12.';
CREATE AGGREGATE btyd_fit(purchase_summary, model text) (
  SFUNC = btyd_accum, STYPE = btyd_histories, FINALFUNC = btyd_fit_final, COMBINEFUNC = btyd_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE btyd_fit(purchase_summary, text) IS
  'Fits a model of when customers buy and when they leave, to one purchase_summary for each customer.
A summary that is NULL, as for a customer without a purchase, is ignored. Otherwise as btyd_fit(x, t_x, age, model).';
CREATE AGGREGATE btyd_fit(x double precision, t_x double precision, age double precision, covariates double precision[], model text) (
  SFUNC = btyd_accum, STYPE = btyd_histories, FINALFUNC = btyd_fit_final, COMBINEFUNC = btyd_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE btyd_fit(double precision, double precision, double precision, double precision[], text) IS
  'Fits a model with covariates that do not change over time, such as the channel of the first purchase or the age of a person.
covariates z: an array of the same length for each customer, at most 30 numbers; use 0 and 1 for yes and no. A positive purchase effect g
means more purchases: alpha is divided by exp(g z). A positive drop-out effect d means that customers leave sooner: a of BG/NBD and MBG/NBD
is multiplied by exp(d z), beta of Pareto/NBD is divided by it (Fader and Hardie 2007, "Incorporating time-invariant covariates into the
Pareto/NBD and BG/NBD models"). Predictions refuse a model with covariates (22023): give them the result of btyd_model_for. BG/BB takes no
covariates. Otherwise as without covariates. Errors: also 22023 for different numbers of covariates, 22004 for a NULL among them, 54000 if
there are more than 2,097,152 different rows on every grid.';
CREATE AGGREGATE btyd_fit(purchase_summary, covariates double precision[], model text) (
  SFUNC = btyd_accum, STYPE = btyd_histories, FINALFUNC = btyd_fit_final, COMBINEFUNC = btyd_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE btyd_fit(purchase_summary, double precision[], text) IS
  'Fits a model with covariates that do not change over time, to one purchase_summary for each customer.
A summary that is NULL, as for a customer without a purchase, is ignored. Otherwise as btyd_fit(x, t_x, age, covariates, model).';

CREATE FUNCTION btyd_model_for(model btyd_model, covariates double precision[]) RETURNS btyd_model
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_btyd_model_for';
COMMENT ON FUNCTION btyd_model_for(btyd_model, double precision[]) IS
  'Returns the model for customers with these covariates, to predict with, as in churn_prob(x, t_x, age, btyd_model_for(model, array[1,
0])).
The effects are applied to the parameters, and the result has no covariates. Errors: 22023 if the number of covariates is not that of the
model, 22004 for a NULL among them, 22003 for NaN and infinity.';
