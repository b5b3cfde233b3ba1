-- SPDX-License-Identifier: PostgreSQL

CREATE TYPE purchase_def;

CREATE FUNCTION purchase_def_in(cstring) RETURNS purchase_def
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_purchase_def_in';
COMMENT ON FUNCTION purchase_def_in(cstring) IS
  'Reads a purchase_def from its text form, a JSON object or the last observed day alone; without a time_zone it takes that of the
session.';
CREATE FUNCTION purchase_def_out(purchase_def) RETURNS cstring
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_purchase_def_out';
COMMENT ON FUNCTION purchase_def_out(purchase_def) IS
  'Writes a purchase_def as a JSON object with until, time_zone, and the options that differ from their defaults.';
CREATE FUNCTION purchase_def_recv(internal) RETURNS purchase_def
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_purchase_def_recv';
COMMENT ON FUNCTION purchase_def_recv(internal) IS 'Reads a purchase_def from its binary form.';
CREATE FUNCTION purchase_def_send(purchase_def) RETURNS bytea
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteasend';
COMMENT ON FUNCTION purchase_def_send(purchase_def) IS 'Writes a purchase_def in its binary form.';
CREATE TYPE purchase_def (
  INPUT = purchase_def_in, OUTPUT = purchase_def_out, RECEIVE = purchase_def_recv, SEND = purchase_def_send,
  INTERNALLENGTH = VARIABLE, STORAGE = extended
);
COMMENT ON TYPE purchase_def IS
  'A question about repeat purchases: until when they were observed, and what counts as one.
The function purchase_def makes it. Its text form is JSON, such as {"until": "2026-03-31", "time_zone": "UTC"}, or the last observed day
alone.
At most 1 MB (54000).';

CREATE FUNCTION text_to_purchase_def(text) RETURNS purchase_def
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_purchase_def_from_text';
COMMENT ON FUNCTION text_to_purchase_def(text) IS 'Reads a purchase_def from its text form; used by the cast from text.';
CREATE CAST (text AS purchase_def) WITH FUNCTION text_to_purchase_def(text) AS IMPLICIT;
CREATE FUNCTION varchar_to_purchase_def(varchar) RETURNS purchase_def
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_purchase_def_from_text';
COMMENT ON FUNCTION varchar_to_purchase_def(varchar) IS
  'Reads a purchase_def from its text form, for drivers that bind strings as varchar.';
CREATE CAST (varchar AS purchase_def) WITH FUNCTION varchar_to_purchase_def(varchar) AS IMPLICIT;

CREATE FUNCTION purchase_def(
    until timestamptz, merge interval DEFAULT '1 day', unit interval DEFAULT '1 week',
    holdout_until timestamptz DEFAULT NULL, purchase text DEFAULT 'purchase', time_zone text DEFAULT NULL)
  RETURNS purchase_def
  LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_purchase_def';
COMMENT ON FUNCTION purchase_def(timestamptz, interval, interval, timestamptz, text, text) IS
  'Defines until when purchases were observed and what counts as one, as in purchase_def(''2026-03-31'', holdout_until => ''2026-06-30'').
until: the last observed day, including all of it (with another merge: the last observed period). merge: the length of a period; all
purchases in one period count as one purchase. It is a day by default. It can be up to 366 whole days (7 days are weeks from Monday; periods
are counted from Monday 2001-01-01), or a length that divides a day evenly, such as an hour; ''0'' merges equal times only. unit: the unit
of t_x and age, any fixed length. holdout_until: the last day of the hold-out, including all of it; the hold-out begins after
until. purchase: a selector, for journeys; of a table, every row is a purchase. time_zone: NULL is the time zone of the session, and the
value keeps it. All times are taken in time_zone: a day is one day and a week seven also when clocks change, and the hour that an autumn
night repeats is one hour. NULL for an option is its default. A single quoted string is the text form of the value: a day such as
''2026-03-31'', or JSON. Errors: 22004 if until is NULL; 22008 for an infinite time; 22023 for any other merge, months, a unit of zero, a
hold-out that does not end after until, an unknown time zone, and a syntax error in the selector.';

\comparable purchase_def count the same periods of the same selector in the same time zone

CREATE TYPE purchase_summary AS (
  x integer, t_x double precision, age double precision, monetary double precision,
  holdout_x integer, holdout_age double precision, holdout_monetary double precision
);
COMMENT ON TYPE purchase_summary IS
  'What models of the buy-till-you-die family need to know of one customer: how many repeat purchases there were, when the last one was, and
how long the customer was observed.';
COMMENT ON COLUMN purchase_summary.x IS 'Number of repeat purchases up to until: periods (days) with a purchase, not counting the first.';
COMMENT ON COLUMN purchase_summary.t_x IS
  'Time from the first to the last purchase up to until, in units; 0 if x is 0. It is not the recency of RFM, which is counted back from the
end.';
COMMENT ON COLUMN purchase_summary.age IS 'Time from the first purchase to until, in units.';
COMMENT ON COLUMN purchase_summary.monetary IS 'Mean of the totals of the repeat periods that have an amount; NULL if there are none.';
COMMENT ON COLUMN purchase_summary.holdout_x IS
  'Number of periods with a purchase after until, up to and including holdout_until; NULL without a hold-out.';
COMMENT ON COLUMN purchase_summary.holdout_age IS 'Length of the hold-out in units; NULL without a hold-out.';
COMMENT ON COLUMN purchase_summary.holdout_monetary IS
  'Mean of the totals of the hold-out''s periods that have an amount; NULL if there are none.';

CREATE FUNCTION purchase_summary(journey, purchase_def) RETURNS purchase_summary
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_purchase_summary_journey';
COMMENT ON FUNCTION purchase_summary(journey, purchase_def) IS
  'Summarises the repeat purchases of a journey: x, t_x, age and monetary, as buy-till-you-die models need them, and the same for a
hold-out.
Purchases are the events that the selector of the purchase_def picks; the value of a purchase is the amount of its event. The result is NULL
if there is no purchase up to until. Events after the observation are ignored. An event without an amount is a purchase of unknown value: it
counts, and adds nothing to its day''s total; a day that has only such events is left out of the mean. An amount of 0 is a purchase. A
negative amount lowers its day''s total, which may be negative. Errors: 42704 for an unknown event, 22003 if a sum overflows.';
CREATE FUNCTION purchase_times(journey, purchase_def) RETURNS double precision[]
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_purchase_times_journey';
COMMENT ON FUNCTION purchase_times(journey, purchase_def) IS
  'Returns the times of the purchases of a journey, in units after the first one, for tables that track repeat purchases week by week.
The array has one time for each period with a purchase, in ascending order, up to and including holdout_until, or until without a
hold-out. The first time is 0, that of the first purchase. The result is NULL if there is no purchase up to until. Errors: 42704 for an
unknown event.';

CREATE FUNCTION purchases_accum(internal, timestamptz, purchase_def) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_purchase_row';
COMMENT ON FUNCTION purchases_accum(internal, timestamptz, purchase_def) IS 'Collects a row for purchase_summary() and purchase_times().';
CREATE FUNCTION purchases_accum(internal, timestamptz, double precision, purchase_def) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_purchase_row_amount';
COMMENT ON FUNCTION purchases_accum(internal, timestamptz, double precision, purchase_def) IS
  'Collects a row with an amount for purchase_summary().';
\collected purchases
CREATE FUNCTION purchase_summary_final(internal) RETURNS purchase_summary
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_purchase_summary_final';
COMMENT ON FUNCTION purchase_summary_final(internal) IS 'Summarises the collected purchases.';
CREATE FUNCTION purchase_times_final(internal) RETURNS double precision[]
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_purchase_times_final';
COMMENT ON FUNCTION purchase_times_final(internal) IS 'Lists the times of the collected purchases.';

CREATE AGGREGATE purchase_summary(at timestamptz, purchase_def) (
  SFUNC = purchases_accum, STYPE = internal, SSPACE = 128, FINALFUNC = purchase_summary_final,
  COMBINEFUNC = purchases_combine, SERIALFUNC = purchases_serialize, DESERIALFUNC = purchases_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE purchase_summary(timestamptz, purchase_def) IS
  'Summarises the purchases of one customer from rows of any table in any order: x, t_x and age, as buy-till-you-die models need them, and
the same for a hold-out.
Every row is a purchase; the selector of the purchase_def is not used. Rows in which the time or the purchase_def is NULL are ignored, and
so are rows after the observation. The result is NULL if there is no purchase up to until. All rows of a group need the same purchase_def
(22023). Errors: 22008 for an infinite time.';
CREATE AGGREGATE purchase_summary(at timestamptz, amount double precision, purchase_def) (
  SFUNC = purchases_accum, STYPE = internal, SSPACE = 128, FINALFUNC = purchase_summary_final,
  COMBINEFUNC = purchases_combine, SERIALFUNC = purchases_serialize, DESERIALFUNC = purchases_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE purchase_summary(timestamptz, double precision, purchase_def) IS
  'Summarises the purchases of one customer and their value from rows of any table in any order: x, t_x, age and monetary, as
buy-till-you-die models need them, and the same for a hold-out.
An amount of NULL is unknown: the purchase counts, and adds nothing to its day''s total; a day that has only such rows is left out of the
mean. An amount of 0 is a purchase. A negative amount lowers its day''s total, which may be negative. Otherwise as without an
amount. Errors: also 22003 for an amount that is NaN or infinite, and if a sum overflows.';
CREATE AGGREGATE purchase_times(at timestamptz, purchase_def) (
  SFUNC = purchases_accum, STYPE = internal, SSPACE = 128, FINALFUNC = purchase_times_final,
  COMBINEFUNC = purchases_combine, SERIALFUNC = purchases_serialize, DESERIALFUNC = purchases_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE purchase_times(timestamptz, purchase_def) IS
  'Returns the times at which one customer bought, from rows of any table in any order, in units after the first purchase, for tables that
track repeat purchases week by week.
The array has one time for each period with a purchase, in ascending order, up to and including holdout_until, or until without a
hold-out. The first time is 0, that of the first purchase. The result is NULL if there is no purchase up to until. Rows are used as in
purchase_summary. Errors: 22008 for an infinite time, 22023 for different purchase_defs.';
