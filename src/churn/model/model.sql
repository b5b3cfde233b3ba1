-- SPDX-License-Identifier: PostgreSQL

CREATE TYPE churn_def;
CREATE FUNCTION churn_def_in(cstring) RETURNS churn_def
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_churn_def_in';
COMMENT ON FUNCTION churn_def_in(cstring) IS 'Reads a churn_def from its text form, a JSON object.';
CREATE FUNCTION churn_def_out(churn_def) RETURNS cstring
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_churn_def_out';
COMMENT ON FUNCTION churn_def_out(churn_def) IS 'Writes a churn_def as a JSON object.';
CREATE FUNCTION churn_def_recv(internal) RETURNS churn_def
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_churn_def_recv';
COMMENT ON FUNCTION churn_def_recv(internal) IS 'Reads a churn_def from its binary form and checks it.';
CREATE FUNCTION churn_def_send(churn_def) RETURNS bytea
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteasend';
COMMENT ON FUNCTION churn_def_send(churn_def) IS 'Writes a churn_def in its binary form.';
CREATE TYPE churn_def (
  INPUT = churn_def_in, OUTPUT = churn_def_out, RECEIVE = churn_def_recv, SEND = churn_def_send,
  INTERNALLENGTH = VARIABLE, STORAGE = extended
);
COMMENT ON TYPE churn_def IS
  'Defines how to fit a churn model.
The function churn_def makes it. Its text form is JSON, such as {"penalty": 1, "class_weight": "balanced"}.
At most 1,000 names and 1 MB (54000).';

CREATE FUNCTION text_to_churn_def(text) RETURNS churn_def
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_churn_def_from_text';
COMMENT ON FUNCTION text_to_churn_def(text) IS 'Reads a churn_def from its text form; used by the cast from text.';
CREATE CAST (text AS churn_def) WITH FUNCTION text_to_churn_def(text) AS IMPLICIT;
CREATE FUNCTION varchar_to_churn_def(varchar) RETURNS churn_def
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_churn_def_from_text';
COMMENT ON FUNCTION varchar_to_churn_def(varchar) IS 'Reads a churn_def from its text form, for drivers that bind strings as varchar.';
CREATE CAST (varchar AS churn_def) WITH FUNCTION varchar_to_churn_def(varchar) AS IMPLICIT;

\comparable churn_def fit a model in the same way

CREATE TYPE churn_model;
CREATE FUNCTION churn_model_in(cstring) RETURNS churn_model
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_churn_model_in';
COMMENT ON FUNCTION churn_model_in(cstring) IS 'Reads a churn_model from its text form, a JSON object.';
CREATE FUNCTION churn_model_out(churn_model) RETURNS cstring
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_churn_model_out';
COMMENT ON FUNCTION churn_model_out(churn_model) IS 'Writes a churn_model as a JSON object.';
CREATE FUNCTION churn_model_recv(internal) RETURNS churn_model
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_churn_model_recv';
COMMENT ON FUNCTION churn_model_recv(internal) IS 'Reads a churn_model from its binary form and checks it.';
CREATE FUNCTION churn_model_send(churn_model) RETURNS bytea
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteasend';
COMMENT ON FUNCTION churn_model_send(churn_model) IS 'Writes a churn_model in its binary form.';
CREATE TYPE churn_model (
  INPUT = churn_model_in, OUTPUT = churn_model_out, RECEIVE = churn_model_recv, SEND = churn_model_send,
  INTERNALLENGTH = VARIABLE, STORAGE = extended
);
COMMENT ON TYPE churn_model IS
  'A churn model, a logistic regression.
The aggregate churn_fit makes it, or it is written by hand. Its text form is JSON, such as {"intercept": -1, "features": [{"name": "months",
"coefficient": -0.05}, {"name": "plan", "levels": [{"level": "basic", "coefficient": 0.4}]}]}.
The log-odds of leaving are the intercept plus, for each feature, coefficient x value. For a text it is the coefficient of its level, or 0
for the reference and for levels that are not listed. All keys except name and coefficient are optional: mean and sd are those of the
customers on which the model was fitted; standard_error is that of the coefficient; redundant marks what was left out of the fit; missing is
for rows in which the value is missing; calibration turns log-odds f into slope x f + intercept; fit says how the fit went; features_def,
the JSON form of a churn_features_def with its time_zone, says how features are computed from a journey.
At most 1,000 features of 200 levels each, and 16 MB (54000).';

CREATE FUNCTION text_to_churn_model(text) RETURNS churn_model
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_churn_model_from_text';
COMMENT ON FUNCTION text_to_churn_model(text) IS 'Reads a churn_model from its text form; used by the cast from text.';
CREATE CAST (text AS churn_model) WITH FUNCTION text_to_churn_model(text) AS IMPLICIT;
CREATE FUNCTION varchar_to_churn_model(varchar) RETURNS churn_model
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_churn_model_from_text';
COMMENT ON FUNCTION varchar_to_churn_model(varchar) IS 'Reads a churn_model from its text form, for drivers that bind strings as varchar.';
CREATE CAST (varchar AS churn_model) WITH FUNCTION varchar_to_churn_model(varchar) AS IMPLICIT;

\comparable churn_model are the same model, fitted in the same way
