-- SPDX-License-Identifier: PostgreSQL
-- Short answers about the events of a journey that a selector picks.

CREATE FUNCTION first_at(journey, selector text) RETURNS timestamptz
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_first_at_selector';
COMMENT ON FUNCTION first_at(journey, text) IS
  'Returns the time of the first event that a selector picks, such as the first purchase; NULL if there is none.
Errors: 42704 for an unknown event, 22023 for the selector''s syntax.';
CREATE FUNCTION last_at(journey, selector text) RETURNS timestamptz
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_last_at_selector';
COMMENT ON FUNCTION last_at(journey, text) IS
  'Returns the time of the last event that a selector picks, such as !promotion_sent; NULL if there is none.
Errors: as first_at(journey, selector).';
CREATE FUNCTION amount_sum(journey, selector text) RETURNS numeric
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_amount_sum';
COMMENT ON FUNCTION amount_sum(journey, text) IS
  'Adds the amounts of the events that a selector picks; NULL if none of them has an amount.
Exact. Errors: as first_at(journey, selector).';
CREATE FUNCTION day_count(journey, selector text DEFAULT '*', time_zone text DEFAULT current_setting('TimeZone')) RETURNS integer
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_day_count';
COMMENT ON FUNCTION day_count(journey, text, text) IS
  'Counts the days with an event that a selector picks: several on one day count once.
Days are calendar days of time_zone. Errors: also 22023 for an unknown time zone; otherwise as first_at(journey, selector).';

CREATE FUNCTION usual_hour(journey, selector text DEFAULT '*', time_zone text DEFAULT current_setting('TimeZone')) RETURNS integer
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_usual_hour';
COMMENT ON FUNCTION usual_hour(journey, text, text) IS
  'Returns the hour of the day, from 0 to 23, with the most events that a selector picks; of equal hours the first. NULL without events.
Errors: as day_count.';
CREATE FUNCTION usual_weekday(journey, selector text DEFAULT '*', time_zone text DEFAULT current_setting('TimeZone')) RETURNS integer
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_usual_weekday';
COMMENT ON FUNCTION usual_weekday(journey, text, text) IS
  'Returns the day of the week, from 1 (Monday) to 7, with the most events that a selector picks; of equal days the first. NULL without
events.
Errors: as day_count.';
CREATE FUNCTION hour_share(
    journey, selector text, since integer, until integer, time_zone text DEFAULT current_setting('TimeZone')) RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_hour_share';
COMMENT ON FUNCTION hour_share(journey, text, integer, integer, text) IS
  'Returns the share of the events that a selector picks at some hours of the day: from since (inclusive) to until (exclusive), over
midnight if since is greater. NULL without events.
hour_share(journey, ''*'', 22, 5) is that of the night. Equal hours are the whole day. Errors: also 22023 for a since that is not from 0
to 23, or an until that is not from 0 to 24; otherwise as day_count.';
CREATE FUNCTION weekday_share(
    journey, selector text, weekdays integer[], time_zone text DEFAULT current_setting('TimeZone')) RETURNS double precision
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_weekday_share';
COMMENT ON FUNCTION weekday_share(journey, text, integer[], text) IS
  'Returns the share of the events that a selector picks on some days of the week, from 1 (Monday) to 7. NULL without events.
weekday_share(journey, ''*'', ''{6,7}'') is that of the weekend. Errors: also 22023 for other days; otherwise as day_count.';

CREATE FUNCTION top_event(journey, selector text DEFAULT '*') RETURNS text
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_top_event';
COMMENT ON FUNCTION top_event(journey, text) IS
  'Returns the name of the most frequent event that a selector picks, on all channels together; of equals the bytewise first. NULL without
events.
Errors: as first_at(journey, selector).';
CREATE FUNCTION top_channel(journey, selector text DEFAULT '*') RETURNS text
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_top_channel';
COMMENT ON FUNCTION top_channel(journey, text) IS
  'Returns the channel of the most events that a selector picks; of equals the bytewise first. NULL without events.
top_channel(journey, ''purchase'') is where the customer mostly buys. Errors: as first_at(journey, selector).';
CREATE FUNCTION top_property(journey, selector text, property text) RETURNS text
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_top_property';
COMMENT ON FUNCTION top_property(journey, text, text) IS
  'Returns the most frequent value of a property among the events that a selector picks, as in top_property(journey, ''view_item'',
''category''); of equals the bytewise first.
NULL if none of them has the property. Errors: as first_at(journey, selector).';
CREATE FUNCTION top_item(journey, selector text DEFAULT '*') RETURNS bigint
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_top_item';
COMMENT ON FUNCTION top_item(journey, text) IS
  'Returns the number of the item of the most events that a selector picks; of equals the lowest. NULL if no event has an item.
Join clientele_data.items for its key. Errors: as first_at(journey, selector).';
CREATE FUNCTION channels(journey, selector text DEFAULT '*') RETURNS text[]
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_channels';
COMMENT ON FUNCTION channels(journey, text) IS
  'Lists the channels of the events that a selector picks, in the order in which each was used first.
Errors: as first_at(journey, selector).';
