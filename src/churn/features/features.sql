-- SPDX-License-Identifier: PostgreSQL

CREATE TYPE churn_features_def;
CREATE FUNCTION churn_features_def_in(cstring) RETURNS churn_features_def
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_churn_features_def_in';
COMMENT ON FUNCTION churn_features_def_in(cstring) IS
  'Reads a churn_features_def from its text form, a JSON object; without a time_zone it takes that of the session.';
CREATE FUNCTION churn_features_def_out(churn_features_def) RETURNS cstring
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_churn_features_def_out';
COMMENT ON FUNCTION churn_features_def_out(churn_features_def) IS
  'Writes a churn_features_def as a JSON object with time_zone and the options that were given.';
CREATE FUNCTION churn_features_def_recv(internal) RETURNS churn_features_def
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_churn_features_def_recv';
COMMENT ON FUNCTION churn_features_def_recv(internal) IS 'Reads a churn_features_def from its binary form and checks it.';
CREATE FUNCTION churn_features_def_send(churn_features_def) RETURNS bytea
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteasend';
COMMENT ON FUNCTION churn_features_def_send(churn_features_def) IS 'Writes a churn_features_def in its binary form.';
CREATE TYPE churn_features_def (
  INPUT = churn_features_def_in, OUTPUT = churn_features_def_out,
  RECEIVE = churn_features_def_recv, SEND = churn_features_def_send,
  INTERNALLENGTH = VARIABLE, STORAGE = extended
);
COMMENT ON TYPE churn_features_def IS
  'Defines what churn_features looks at: which events are purchases, returns, complaints, promotions and answers, and how long a period
is.
The function churn_features_def makes it. Its text form is JSON, such as {"period": "7 days", "purchase": "web:buy"}.
At most 1 MB (54000).';

CREATE FUNCTION text_to_churn_features_def(text) RETURNS churn_features_def
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_churn_features_def_from_text';
COMMENT ON FUNCTION text_to_churn_features_def(text) IS 'Reads a churn_features_def from its text form; used by the cast from text.';
CREATE CAST (text AS churn_features_def) WITH FUNCTION text_to_churn_features_def(text) AS IMPLICIT;
CREATE FUNCTION varchar_to_churn_features_def(varchar) RETURNS churn_features_def
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_churn_features_def_from_text';
COMMENT ON FUNCTION varchar_to_churn_features_def(varchar) IS
  'Reads a churn_features_def from its text form, for drivers that bind strings as varchar.';
CREATE CAST (varchar AS churn_features_def) WITH FUNCTION varchar_to_churn_features_def(varchar) AS IMPLICIT;

CREATE FUNCTION churn_features_def(
    period interval DEFAULT '30 days', session_gap interval DEFAULT '30 minutes',
    purchase text DEFAULT NULL, return text DEFAULT NULL, complaint text DEFAULT NULL,
    promotion text DEFAULT NULL, answer text DEFAULT NULL, passive text DEFAULT NULL,
    time_zone text DEFAULT NULL) RETURNS churn_features_def
  LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_churn_features_def';
COMMENT ON FUNCTION churn_features_def(interval, interval, text, text, text, text, text, text, text) IS
  'Defines what churn_features looks at, as in churn_features_def(period => ''7 days'', purchase => ''web:buy|app:buy'').
period: the length of the last period and of the one before it. session_gap: a gap between events that is longer than this starts a new
session. Both are fixed lengths of time. The other options are selectors, with their defaults in parentheses. purchase (purchase), return
(return), complaint (complaint). promotion: what is sent to the customer (promotion_sent). answer: what the customer does about a promotion
(promotion_opened|promotion_clicked). passive: other events that the customer does not cause (resolved). A selector that is given must name
known events. In a default selector, a name that is not in the dictionary picks nothing; without a store all default selectors pick
nothing. time_zone: the time zone in which days are counted; NULL is that of the session, and the value keeps it. NULL for an option is its
default. A single quoted string is the text form of the value, JSON. Errors: 22023 for a period of zero, negative lengths, months, an
unknown time zone, and a syntax error in a selector.';

\comparable churn_features_def look at the same events, periods and time zone

CREATE FUNCTION churn_features(journey, at timestamptz, def churn_features_def DEFAULT churn_features_def()) RETURNS double precision[]
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_churn_features';
COMMENT ON FUNCTION churn_features(journey, timestamptz, churn_features_def) IS
  'Returns thirty numbers about a customer before a time, for models of churn: how recent, how frequent and how valuable the customer''s
activity is, and whether it declines.
churn_feature_names() lists them in the order of the array, with their units. Only events before `at` are used; NULL if there are none. An
element is NULL where its value is unknown, such as the mean time between sessions when there is one session. All other elements are
finite. Own events are those that the customer caused: all events that the selectors promotion and passive do not pick. Errors: 22008 for an
infinite time, 42704 for an unknown event in a selector that was given.';
CREATE FUNCTION churn_features_json(journey, at timestamptz, def churn_features_def DEFAULT churn_features_def()) RETURNS jsonb
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_churn_features_json';
COMMENT ON FUNCTION churn_features_json(journey, timestamptz, churn_features_def) IS
  'Returns the features of churn_features as a JSON object of names and numbers; unknown values are null.
Errors: as churn_features.';
CREATE FUNCTION churn_feature_names(OUT "position" integer, OUT name text, OUT unit text, OUT description text) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 30 AS 'MODULE_PATHNAME', 'clientele_churn_feature_names';
COMMENT ON FUNCTION churn_feature_names() IS
  'Lists the features that churn_features returns, in the order of its array, with their units and meanings.';
