-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION source_reject_reasons(OUT place integer, OUT reason text, OUT meaning text) RETURNS SETOF record
  LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 18 SET search_path = pg_catalog, pg_temp AS $$
  VALUES
    (1, 'expression_error', 'An expression of the mapping raises an error for the row.'),
    (2, 'missing_event_id', 'The event_id is NULL.'),
    (3, 'missing_customer', 'All identifiers are NULL, blank, or stand-in words such as n/a.'),
    (4, 'bad_identity', 'No identifier can be used, and at least one is not absent.'),
    (5, 'missing_time', 'The time is NULL, blank, or a stand-in word.'),
    (6, 'bad_time', 'The time cannot be read, or is not a date of the calendar.'),
    (7, 'time_out_of_range', 'The time is infinite, before the year 1 or after the year 9999.'),
    (8, 'time_too_old', 'The time is before oldest of the source.'),
    (9, 'time_in_future', 'The time is later than the present plus future of the source.'),
    (10, 'missing_event', 'The event is NULL or blank.'),
    (11, 'unknown_event', 'The source is strict, and event_names does not list the event.'),
    (12, 'bad_amount', 'The amount cannot be read as a number.'),
    (13, 'amount_out_of_range', 'The amount is not finite, is 10^12 or more, or has more than six decimals.'),
    (14, 'bad_currency', 'The currency is unknown, or a symbol or code beside the amount does not fit it.'),
    (15, 'no_rate', 'No exchange rate of the currency is in force on the date of the event.'),
    (16, 'bad_properties', 'The properties cannot be written as a JSON object.'),
    (17, 'text_too_long', 'The item exceeds 2,000 bytes, the channel or the event 500, the properties 1,500.'),
    (18, 'erased', 'The customer asked for erasure, and rows with this identifier are not taken.')
$$;
COMMENT ON FUNCTION source_reject_reasons() IS
  'Lists why a row of a source cannot be used; the first that applies, in this order, becomes the row''s reason.';
