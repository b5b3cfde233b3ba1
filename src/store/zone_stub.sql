-- SPDX-License-Identifier: PostgreSQL
CREATE FUNCTION check_time_zone(time_zone text) RETURNS void
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
BEGIN
  IF time_zone IS NULL THEN
    RAISE EXCEPTION 'the time zone must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  BEGIN
    PERFORM set_config('TimeZone', time_zone, true);
    IF EXISTS (
      SELECT FROM generate_series(timestamp '1970-01-01', timestamp '2037-07-01', interval '6 months') AS g (at)
      WHERE (g.at AT TIME ZONE time_zone) <> g.at::timestamptz) THEN
      RAISE EXCEPTION 'time zone "%" means different things in PostgreSQL', left(time_zone, 100) USING
        ERRCODE = 'invalid_parameter_value', HINT = 'Take the name of a place, as Europe/Berlin; pg_timezone_names lists them.';
    END IF;
  EXCEPTION WHEN invalid_parameter_value THEN
    IF SQLERRM LIKE 'time zone "%" means%' THEN
      RAISE;
    END IF;
    RAISE EXCEPTION 'there is no time zone "%"', left(time_zone, 100) USING
      ERRCODE = 'invalid_parameter_value', HINT = 'pg_timezone_names lists them.';
  END;
END $$;
COMMENT ON FUNCTION check_time_zone(text) IS
  'Checks that a time zone exists and that SET TIME ZONE and AT TIME ZONE take it for the same.
Errors: 22023 if not, 22004 for NULL.';

CREATE FUNCTION store_time_zone() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$ SELECT 'UTC'::text $$;
COMMENT ON FUNCTION store_time_zone() IS 'Stub.';
