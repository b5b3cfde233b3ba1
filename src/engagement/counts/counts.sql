-- SPDX-License-Identifier: PostgreSQL

-- The definition

\packed counts_def
COMMENT ON TYPE counts_def IS
  'A question about how many events, customers and sessions there are: which events count, in which periods, and by what. The function
counts_def() makes one. Its text form is JSON, such as {"period": "week", "by": ["channel"]}; a selector alone is read, too.
At most 1 MB (54000).';

\from_text counts_def

\comparable counts_def ask the same, word for word

CREATE FUNCTION counts_def(
  selector text DEFAULT '*', period text DEFAULT 'day', by text[] DEFAULT NULL, since timestamptz DEFAULT NULL,
  until timestamptz DEFAULT NULL, session_gap interval DEFAULT '30 minutes', time_zone text DEFAULT NULL
) RETURNS counts_def
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_counts_def';
COMMENT ON FUNCTION counts_def(text, text, text[], timestamptz, timestamptz, interval, text) IS
  'Describes a question about numbers of events: which events count, in which periods, and by what.
selector: the events that count. * counts every event, and needs no dictionary.
period: hour, day, week (from Monday), month, quarter or year, by the calendar of time_zone; hour of week for the 168 hours of the week by
its clock; all for one period.
by: what has counts of its own: any of channel, event and event_type, and at most one property, such as category. A property that is
called like one of these words is written property:channel. NULL counts all events of a period together.
since, until: the time that counts, without until itself. NULL means no limit.
session_gap: a session ends after an event that the customer''s next one does not follow within this time, whatever event that is.
time_zone: NULL means that of the session.
Errors: 22023 for another period, two properties, months in session_gap, an unknown time zone; 22004 for a NULL in by; 22008 for an
infinite time.';

-- Many journeys

\packed counts_summary
COMMENT ON TYPE counts_summary IS
  'Numbers of events, customers and sessions, and sums of amounts. count_periods() shows it as rows.
It contains its counts_def, with the time zone that it meant, and some 10 bytes for each row.';

\comparable counts_summary count the same customers for the same question

CREATE FUNCTION counts_accum(counts_summary, journey, counts_def) RETURNS counts_summary
  LANGUAGE c STABLE PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_counts_accum';
COMMENT ON FUNCTION counts_accum(counts_summary, journey, counts_def) IS 'Adds a customer for event_counts().';
CREATE FUNCTION counts_combine(counts_summary, counts_summary) RETURNS counts_summary
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_counts_combine';
COMMENT ON FUNCTION counts_combine(counts_summary, counts_summary) IS 'Joins the summaries of two sets of customers.';

CREATE AGGREGATE event_counts(journey, def counts_def) (
  SFUNC = counts_accum, STYPE = counts_summary, SSPACE = 16384, COMBINEFUNC = counts_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE event_counts(journey, counts_def) IS
  'Counts events, customers and sessions and sums amounts, by period and by name, in one pass over many journeys.
count_periods() shows the answer as rows. NULL journeys do not count. Amounts are added exactly.
Errors: 22023 if the definition differs between rows of a group; 42704 for an unknown event or property; 54000 for more than 4,194,304 rows
or 1,048,576 different names.';

CREATE AGGREGATE counts_merge(counts_summary) (
  SFUNC = counts_combine, STYPE = counts_summary, COMBINEFUNC = counts_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE counts_merge(counts_summary) IS
  'Joins stored summaries of the same question over different customers into one.
Errors: 22023 for different questions; without time_zone, summaries of different sessions may answer different ones.';

-- Rows

CREATE FUNCTION count_periods(
  counts_summary, OUT period timestamptz, OUT weekday integer, OUT hour integer, OUT event_type_id integer, OUT channel text,
  OUT event text, OUT value text, OUT label text, OUT events bigint, OUT customers bigint, OUT amount numeric, OUT sessions bigint
) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 1000 AS 'MODULE_PATHNAME', 'clientele_count_periods';
COMMENT ON FUNCTION count_periods(counts_summary) IS
  'Shows for each period, and each name that was asked for, how many events, customers and sessions there are.
period: when the period begins; NULL for the hours of the week, which have weekday, 1 (Monday) to 7, and hour, 0 to 23. For period => all
the three are NULL. event_type_id, channel, event and value (of the property) are NULL unless by lists them, and where the dictionary does
not have the event, or the event does not have the property. label: all of these in one text, as in web:purchase / shoes.
customers and sessions: the different ones with such an event in the period, so they do not add up over rows. amount: the exact sum, NULL
if no event has an amount. Each row has at least one event. Rows are in order of the period, then of the names.';
