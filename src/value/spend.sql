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
  'A fitted Gamma-Gamma model of what customers spend: made by the aggregate spend_fit, or written by hand.
Its text form is JSON, such as {"model": "Gamma-Gamma", "parameters": {"p": 6.25, "q": 3.74, "v": 15.44}}. What a fit adds: standard_errors, log_likelihood, correlation (of purchases and mean spend over customers, which the model wants near 0), customers, groups, converged, iterations, gradient_norm, at_bound, remark ("all spend the same").';

CREATE FUNCTION text_to_spend_model(text) RETURNS spend_model
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_spend_model_from_text';
COMMENT ON FUNCTION text_to_spend_model(text) IS 'Reads a spend_model from its text form; used by the cast from text.';
CREATE CAST (text AS spend_model) WITH FUNCTION text_to_spend_model(text) AS IMPLICIT;
CREATE FUNCTION varchar_to_spend_model(varchar) RETURNS spend_model
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_spend_model_from_text';
COMMENT ON FUNCTION varchar_to_spend_model(varchar) IS 'Reads a spend_model from its text form, for drivers that bind strings as varchar.';
CREATE CAST (varchar AS spend_model) WITH FUNCTION varchar_to_spend_model(varchar) AS IMPLICIT;

CREATE FUNCTION spend_model_eq(spend_model, spend_model) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'byteaeq';
COMMENT ON FUNCTION spend_model_eq(spend_model, spend_model) IS 'True if both are the same model, found in the same way.';
CREATE FUNCTION spend_model_ne(spend_model, spend_model) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'byteane';
COMMENT ON FUNCTION spend_model_ne(spend_model, spend_model) IS 'True if the models, or the ways in which they were found, differ.';
CREATE FUNCTION spend_model_hash(spend_model) RETURNS integer
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'hashvarlena';
COMMENT ON FUNCTION spend_model_hash(spend_model) IS 'Hashes a spend_model, for hash joins and grouping.';
CREATE OPERATOR = (
  LEFTARG = spend_model, RIGHTARG = spend_model, FUNCTION = spend_model_eq,
  COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);
CREATE OPERATOR <> (
  LEFTARG = spend_model, RIGHTARG = spend_model, FUNCTION = spend_model_ne,
  COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
CREATE OPERATOR CLASS spend_model_hash_ops DEFAULT FOR TYPE spend_model USING hash AS
  OPERATOR 1 =, FUNCTION 1 spend_model_hash(spend_model);
