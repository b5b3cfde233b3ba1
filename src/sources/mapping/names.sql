-- SPDX-License-Identifier: PostgreSQL
-- What sources write, and what it means here: names of events, currencies.

CREATE FUNCTION set_event_name(source text, event text, new_event text DEFAULT NULL, new_channel text DEFAULT NULL) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named CONSTANT bigint := clientele.require_source(source);
  written CONSTANT text := clientele.clean_event(event);
  renamed CONSTANT text := clientele.clean_event(new_event);
BEGIN
  PERFORM clientele.require_store('event_names', 'INSERT'), clientele.require_store('event_names', 'UPDATE');
  IF written IS NULL THEN
    RAISE EXCEPTION 'the event must not be NULL or blank' USING ERRCODE = 'invalid_parameter_value';
  ELSIF new_event IS NOT NULL AND renamed IS NULL OR octet_length(renamed) > 500 OR octet_length(new_channel) > 500 THEN
    RAISE EXCEPTION '% must not be %', CASE WHEN octet_length(new_channel) > 500 THEN 'new_channel' ELSE 'new_event' END,
      CASE WHEN renamed IS NULL AND new_event IS NOT NULL THEN 'blank' ELSE 'longer than 500 bytes' END USING
      ERRCODE = 'invalid_parameter_value';
  END IF;
  INSERT INTO clientele_data.event_names AS e (source_id, event, new_channel, new_event)
  VALUES (named, written, btrim(new_channel), renamed)
  ON CONFLICT ON CONSTRAINT event_names_pkey DO UPDATE SET new_channel = excluded.new_channel, new_event = excluded.new_event;
END $$;
COMMENT ON FUNCTION set_event_name(text, text, text, text) IS
  'Says what an event of a source is called here, for the rows that are read from now on.
An event without new_event keeps its name, and without new_channel the channel of its row: so it is known to a source that is strict, which
rejects all others. Rows of clientele_data.event_names can be deleted. Errors: 42704 for an unknown source, 42501 if you may not use it,
22023 for a blank event and for names longer than 500 bytes.';

CREATE FUNCTION known_currency(currency text) RETURNS text
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  code CONSTANT text := clientele.clean_currency(currency);
BEGIN
  IF code IS NULL THEN
    RAISE EXCEPTION 'currency "%" is not known', left(coalesce(currency, 'NULL'), 100) USING ERRCODE = 'invalid_parameter_value',
      HINT = 'It is a code of ISO 4217, as CNY, EUR or USD.';
  END IF;
  RETURN code;
END $$;
COMMENT ON FUNCTION known_currency(text) IS
  'Returns the code of a currency; a part of set_exchange_rate(). Errors: 22023 for one that is not known.';

CREATE FUNCTION set_exchange_rate(currency text, rate numeric, since date DEFAULT '-infinity') RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  code CONSTANT text := clientele.known_currency(currency);
BEGIN
  PERFORM clientele.require_store('exchange_rates', 'INSERT'), clientele.require_store('exchange_rates', 'UPDATE');
  IF rate IS NULL OR since IS NULL THEN
    RAISE EXCEPTION '% must not be NULL', CASE WHEN rate IS NULL THEN 'rate' ELSE 'since' END USING ERRCODE = 'null_value_not_allowed';
  ELSIF NOT (rate > 0 AND rate < 1e12) THEN
    RAISE EXCEPTION 'rate must be above 0 and below 10^12, not %', rate USING ERRCODE = 'invalid_parameter_value';
  END IF;
  INSERT INTO clientele_data.exchange_rates AS e (currency, since, rate) VALUES (code, set_exchange_rate.since, set_exchange_rate.rate)
  ON CONFLICT ON CONSTRAINT exchange_rates_pkey DO UPDATE SET rate = excluded.rate;
END $$;
COMMENT ON FUNCTION set_exchange_rate(text, numeric, date) IS
  'Says what one unit of a currency is worth in the reporting currency, from a day on.
An amount is packed at the rate in force on the local date of its event; what was packed before stays as it is. Errors: 22023 for an
unknown currency and for a rate that is not above 0 and below 10^12, 22004 for NULL.';

CREATE PROCEDURE set_reporting_currency(currency text)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  code CONSTANT text := clientele.known_currency(currency);
BEGIN
  PERFORM clientele.require_store('settings', 'INSERT'), clientele.require_store('settings', 'UPDATE');
  INSERT INTO clientele_data.settings (name, value) VALUES ('reporting_currency', code)
  ON CONFLICT (name) DO UPDATE SET value = excluded.value;
END $$;
COMMENT ON PROCEDURE set_reporting_currency(text) IS
  'Sets the currency in which the store keeps all amounts. What was packed before stays as it is.
Amounts in other currencies are multiplied by the rate of set_exchange_rate(). Errors: 22023 for an unknown currency.';

CREATE FUNCTION reporting_currency() RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('settings');
  RETURN (SELECT s.value FROM clientele_data.settings s WHERE s.name = 'reporting_currency');
END $$;
COMMENT ON FUNCTION reporting_currency() IS
  'Returns the currency in which the store keeps all amounts; NULL if set_reporting_currency() has set none.';
