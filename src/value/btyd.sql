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
  'A fitted model of when customers buy and when they leave: made by the aggregate btyd_fit, or written by hand.
Its text form is JSON, such as {"model": "BG/NBD", "parameters": {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}}. What a fit adds: standard_errors, log_likelihood, log_likelihood_without_dropout, customers, groups (of customers with equal data), grid (times were rounded down to multiples of it, where groups would have been too many), converged, iterations, gradient_norm, at_bound (parameters that ended at a bound), remark ("no drop-out" where the likelihood is highest if nobody ever leaves, "no repeat purchases" where nobody bought again). Times are in the unit of the data.';

CREATE FUNCTION text_to_btyd_model(text) RETURNS btyd_model
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_btyd_model_from_text';
COMMENT ON FUNCTION text_to_btyd_model(text) IS 'Reads a btyd_model from its text form; used by the cast from text.';
CREATE CAST (text AS btyd_model) WITH FUNCTION text_to_btyd_model(text) AS IMPLICIT;
CREATE FUNCTION varchar_to_btyd_model(varchar) RETURNS btyd_model
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_btyd_model_from_text';
COMMENT ON FUNCTION varchar_to_btyd_model(varchar) IS 'Reads a btyd_model from its text form, for drivers that bind strings as varchar.';
CREATE CAST (varchar AS btyd_model) WITH FUNCTION varchar_to_btyd_model(varchar) AS IMPLICIT;

CREATE FUNCTION btyd_model_eq(btyd_model, btyd_model) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'byteaeq';
COMMENT ON FUNCTION btyd_model_eq(btyd_model, btyd_model) IS 'True if both are the same model, found in the same way.';
CREATE FUNCTION btyd_model_ne(btyd_model, btyd_model) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'byteane';
COMMENT ON FUNCTION btyd_model_ne(btyd_model, btyd_model) IS 'True if the models, or the ways in which they were found, differ.';
CREATE FUNCTION btyd_model_hash(btyd_model) RETURNS integer
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'hashvarlena';
COMMENT ON FUNCTION btyd_model_hash(btyd_model) IS 'Hashes a btyd_model, for hash joins and grouping.';
CREATE OPERATOR = (
  LEFTARG = btyd_model, RIGHTARG = btyd_model, FUNCTION = btyd_model_eq,
  COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);
CREATE OPERATOR <> (
  LEFTARG = btyd_model, RIGHTARG = btyd_model, FUNCTION = btyd_model_ne,
  COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
CREATE OPERATOR CLASS btyd_model_hash_ops DEFAULT FOR TYPE btyd_model USING hash AS
  OPERATOR 1 =, FUNCTION 1 btyd_model_hash(btyd_model);
