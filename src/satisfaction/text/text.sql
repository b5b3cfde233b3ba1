-- SPDX-License-Identifier: PostgreSQL

\packed text_def
COMMENT ON TYPE text_def IS
  'Defines how to fit a model of texts.
The function text_def makes it. Its text form is JSON, such as {"max_n": 4, "penalty": 1}.';

\from_text text_def

\comparable text_def fit a model of texts in the same way

CREATE FUNCTION text_def(
    min_n integer DEFAULT 1, max_n integer DEFAULT 3, buckets integer DEFAULT 65536, penalty float8 DEFAULT 0.33,
    least_customers integer DEFAULT 5) RETURNS text_def
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_text_def';
COMMENT ON FUNCTION text_def(integer, integer, integer, float8, integer) IS
  'Defines how to fit a model of texts, as in text_def(max_n => 4) or text_def(penalty => 1).
min_n and max_n: the lengths of the n-grams, in characters, from 1 to 8. buckets: into how many numbers they are hashed, from 2 to
1,048,576; more of them separate n-grams better, and make the model larger. penalty: half the sum of the squared weights times penalty is
subtracted from the log-likelihood; 1/C of scikit-learn. least_customers: a bucket with n-grams of fewer customers is left out, so that the
model holds the words of none. NULL for an option is its default. Errors: 22023 for what is out of range.';

\packed text_model
COMMENT ON TYPE text_model IS
  'A model that finds the label of a text.
The aggregate text_fit makes it. Its text form is JSON: definition is the text_def, kept the buckets that count, idf their inverse document
frequencies, labels the intercept and the weights of each label, fit how the fit went. It holds no text and no customer.
At most 200 labels and 16 MB (54000).';

\from_text text_model

\comparable text_model are the same model of texts, fitted in the same way

\packed text_rows
COMMENT ON TYPE text_rows IS
  'The texts and their labels during the fit of a model: the state of the aggregate text_fit, which travels between processes and servers.
At most 1 GB (54000).';

\comparable text_rows hold the same texts with the same labels

CREATE FUNCTION text_fit_accum(text_rows, text, text, text_def) RETURNS text_rows
  LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_text_fit_accum';
COMMENT ON FUNCTION text_fit_accum(text_rows, text, text, text_def) IS 'Collects a text for text_fit().';
CREATE FUNCTION text_fit_accum(text_rows, text, text, bigint, text_def) RETURNS text_rows
  LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_text_fit_accum_customer';
COMMENT ON FUNCTION text_fit_accum(text_rows, text, text, bigint, text_def) IS 'Collects a text of a customer for text_fit().';
CREATE FUNCTION text_fit_combine(text_rows, text_rows) RETURNS text_rows
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_text_fit_combine';
COMMENT ON FUNCTION text_fit_combine(text_rows, text_rows) IS 'Joins different texts.';
CREATE FUNCTION text_fit_final(text_rows) RETURNS text_model
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_text_fit_final';
COMMENT ON FUNCTION text_fit_final(text_rows) IS 'Fits the model to the collected texts.';
CREATE AGGREGATE text_fit(text, label text, def text_def) (
  SFUNC = text_fit_accum, STYPE = text_rows, SSPACE = 65536, FINALFUNC = text_fit_final,
  COMBINEFUNC = text_fit_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE text_fit(text, text, text_def) IS
  'Fits a model that finds the label of a text, to texts whose labels are known: a row for each customer.
It is a multinomial logistic regression with an L2 penalty over the character n-grams of the text in NFKC and small letters. A word in
letters stands between two blanks, and n-grams cross neither blanks nor its borders; so Chinese needs no list of words. N-grams are hashed
(FNV-1a, 64 bits) into buckets with signs (Weinberger et al. 2009). A bucket of count t, met in df of N texts, has the value sign(t) ln(1 +
|t|) (ln((1 + N) / (1 + df)) + 1), and each text has length 1. Buckets of fewer customers than least_customers are left out. Rows in which
text, label or def is NULL are ignored; without rows the result is NULL. The model depends on the rows only, not on their order or on the
plan. Errors: 22023 if all texts have one label, for an empty label, and for definitions that differ; 54000 for a text of more than 1 MB,
more than 200 labels, a label of more than 200 bytes, a model of more than 16 MB, and more than 1 GB of texts.';
CREATE AGGREGATE text_fit(text, label text, customer_id bigint, def text_def) (
  SFUNC = text_fit_accum, STYPE = text_rows, SSPACE = 65536, FINALFUNC = text_fit_final,
  COMBINEFUNC = text_fit_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE text_fit(text, text, bigint, text_def) IS
  'Fits a model that finds the label of a text, to texts whose labels are known, where a customer may have written several.
customer_id: buckets are left out by the number of different customers. Rows without one are ignored. Otherwise as text_fit(text, text,
text_def).';

CREATE FUNCTION text_class(text, text_model) RETURNS text
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_text_class';
COMMENT ON FUNCTION text_class(text, text_model) IS
  'Returns the label that a text has with the highest probability.
Of labels whose probabilities agree to 12 decimals it is the bytewise first. Errors: 54000 for a text of more than 1 MB.';
CREATE FUNCTION text_class(text, model text) RETURNS text
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_text_class_named';
COMMENT ON FUNCTION text_class(text, text) IS
  'Returns the label that a text has with the highest probability, by a stored model.
model: a name in clientele_data.models, whose current version is used, a name with a version, such as topics@3, or JSON. Errors: also 42P01
without a store, 42704 for an unknown name, 42809 for a model of another type. Otherwise as text_class(text, text_model).';

CREATE FUNCTION text_probs(text, text_model, OUT label text, OUT probability float8) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 5 AS 'MODULE_PATHNAME', 'clientele_text_probs';
COMMENT ON FUNCTION text_probs(text, text_model) IS
  'Returns the probability of each label of a text, the highest first.
Errors: 54000 for a text of more than 1 MB.';
CREATE FUNCTION text_probs(text, model text, OUT label text, OUT probability float8) RETURNS SETOF record
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 ROWS 5 AS 'MODULE_PATHNAME', 'clientele_text_probs_named';
COMMENT ON FUNCTION text_probs(text, text) IS
  'Returns the probability of each label of a text, the highest first, by a stored model.
model: as for text_class(text, text). Errors: also 42P01 without a store, 42704 for an unknown name, 42809 for a model of another type.
Otherwise as text_probs(text, text_model).';

CREATE FUNCTION text_prob(text, text_model, label text) RETURNS float8
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_text_prob';
COMMENT ON FUNCTION text_prob(text, text_model, text) IS
  'Returns the probability that a text has a label; 0 for a label that the model does not have.
Of two labels it is what classification() takes: classification(text_prob(text, model, ''bad''), label = ''bad''). Errors: 54000 for a text
of more than 1 MB.';
CREATE FUNCTION text_prob(text, model text, label text) RETURNS float8
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_text_prob_named';
COMMENT ON FUNCTION text_prob(text, text, text) IS
  'Returns the probability that a text has a label, by a stored model.
model: as for text_class(text, text). Errors: also 42P01 without a store, 42704 for an unknown name, 42809 for a model of another type.
Otherwise as text_prob(text, text_model, text).';

CREATE FUNCTION text_reasons(
    text, text_model, of_label text DEFAULT NULL, max_reasons integer DEFAULT 5, OUT label text, OUT ngram text, OUT contribution float8)
  RETURNS SETOF record
  LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100 ROWS 5 AS 'MODULE_PATHNAME', 'clientele_text_reasons';
COMMENT ON FUNCTION text_reasons(text, text_model, text, integer) IS
  'Returns the n-grams that speak for or against a label of a text, the largest contribution first.
of_label: NULL means the label that text_class() returns. contribution: what the n-gram adds to the score of the label, its log-odds against
the geometric mean of all labels. Over all n-grams, and with the intercept of the label, they add up to the score. max_reasons: the largest
number of rows. A NULL text or model has none. Errors: 42704 for a label that the model does not have, 22023 for max_reasons below 0, 54000
for a text of more than 1 MB.';
CREATE FUNCTION text_reasons(
    text, model text, of_label text DEFAULT NULL, max_reasons integer DEFAULT 5, OUT label text, OUT ngram text, OUT contribution float8)
  RETURNS SETOF record
  LANGUAGE c STABLE PARALLEL SAFE COST 100 ROWS 5 AS 'MODULE_PATHNAME', 'clientele_text_reasons_named';
COMMENT ON FUNCTION text_reasons(text, text, text, integer) IS
  'Returns the n-grams that speak for or against a label of a text, the largest contribution first, by a stored model.
model: as for text_class(text, text). Errors: also 42P01 without a store, 42704 for an unknown name, 42809 for a model of another type.
Otherwise as text_reasons(text, text_model, text, integer).';

CREATE FUNCTION save_model(
    name text, model text_model, fitted_on text DEFAULT NULL, note text DEFAULT NULL, make_current boolean DEFAULT true)
  RETURNS integer
  LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$ SELECT clientele.store_model($1, 'text_model', $2::pg_catalog.text, $3, $4, $5) $$;
COMMENT ON FUNCTION save_model(text, text_model, text, text, boolean) IS
  'Saves a model of texts under a name and returns its version.
Otherwise as save_model(text, btyd_model, text, text, boolean).';
