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
  'A fitted shifted-beta-geometric model of customers under contract: made by the aggregate contract_fit, or written by hand.
Its text form is JSON, such as {"model": "sBG", "parameters": {"alpha": 0.668, "beta": 3.806}}. What a fit adds: standard_errors, log_likelihood, customers, groups, converged, iterations, gradient_norm, at_bound, remark ("all leave alike").';

CREATE FUNCTION text_to_contract_model(text) RETURNS contract_model
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_contract_model_from_text';
COMMENT ON FUNCTION text_to_contract_model(text) IS 'Reads a contract_model from its text form; used by the cast from text.';
CREATE CAST (text AS contract_model) WITH FUNCTION text_to_contract_model(text) AS IMPLICIT;
CREATE FUNCTION varchar_to_contract_model(varchar) RETURNS contract_model
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_contract_model_from_text';
COMMENT ON FUNCTION varchar_to_contract_model(varchar) IS 'Reads a contract_model from its text form, for drivers that bind strings as varchar.';
CREATE CAST (varchar AS contract_model) WITH FUNCTION varchar_to_contract_model(varchar) AS IMPLICIT;

CREATE FUNCTION contract_model_eq(contract_model, contract_model) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'byteaeq';
COMMENT ON FUNCTION contract_model_eq(contract_model, contract_model) IS 'True if both are the same model, found in the same way.';
CREATE FUNCTION contract_model_ne(contract_model, contract_model) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'byteane';
COMMENT ON FUNCTION contract_model_ne(contract_model, contract_model) IS 'True if the models, or the ways in which they were found, differ.';
CREATE FUNCTION contract_model_hash(contract_model) RETURNS integer
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'hashvarlena';
COMMENT ON FUNCTION contract_model_hash(contract_model) IS 'Hashes a contract_model, for hash joins and grouping.';
CREATE OPERATOR = (
  LEFTARG = contract_model, RIGHTARG = contract_model, FUNCTION = contract_model_eq,
  COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);
CREATE OPERATOR <> (
  LEFTARG = contract_model, RIGHTARG = contract_model, FUNCTION = contract_model_ne,
  COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
CREATE OPERATOR CLASS contract_model_hash_ops DEFAULT FOR TYPE contract_model USING hash AS
  OPERATOR 1 =, FUNCTION 1 contract_model_hash(contract_model);
