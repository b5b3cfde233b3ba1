-- SPDX-License-Identifier: PostgreSQL
-- Repeat purchases of all customers, period by period, and what a model expected.

CREATE FUNCTION tracked_periods(
    model text, ages double precision[], born bigint[], holdout double precision,
    repeat_ages double precision[], repeat_times double precision[], repeats bigint[])
  RETURNS TABLE (period integer, ended double precision, customers bigint, actual bigint, expected double precision,
                 cumulative_actual bigint, cumulative_expected double precision)
  LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  last double precision;
BEGIN
  SELECT max(a.age) + coalesce(tracked_periods.holdout, 0) INTO last FROM unnest(ages) a (age);
  IF NOT last <= 100000 THEN
    RAISE EXCEPTION 'the observation is longer than 100000 periods' USING ERRCODE = 'program_limit_exceeded',
      HINT = 'Take a longer unit in the purchase_def, such as ''1 week''.';
  END IF;
  RETURN QUERY
  -- Times are sums and differences of fractions: what is the end of a period except for rounding errors is taken as the end.
  WITH birth AS (
    SELECT max(a.age) OVER () - a.age AS at, max(a.age) OVER () AS oldest, a.n FROM unnest(ages, born) a (age, n)
  ), span AS (
    SELECT max(b.oldest) AS oldest FROM birth b
  ), periods AS (
    SELECT p AS period, least(p, last) AS ended FROM generate_series(1, ceil(last - 1e-6)::integer) p
  ), bought AS (
    SELECT ceil(s.oldest - r.age + r.at - 1e-6) AS period, sum(r.n)::bigint AS n
    FROM span s, unnest(repeat_ages, repeat_times, repeats) r (age, at, n) GROUP BY 1
  ), total AS (
    SELECT p.period, p.ended, b.customers, coalesce(a.n, 0) AS actual, b.expected
    FROM periods p
    LEFT JOIN bought a ON a.period = p.period
    CROSS JOIN LATERAL (
      SELECT sum(b.n)::bigint AS customers,
             sum(b.n * clientele.expected_purchases(model, p.ended - b.at) ORDER BY b.at) AS expected
      FROM birth b WHERE b.at < p.ended) b
  )
  SELECT t.period, t.ended, t.customers, t.actual, t.expected - lag(t.expected, 1, 0::double precision) OVER w,
         (sum(t.actual) OVER w)::bigint, t.expected
  FROM total t WINDOW w AS (ORDER BY t.period) ORDER BY t.period;
END $$;
COMMENT ON FUNCTION tracked_periods(text, double precision[], bigint[], double precision, double precision[], double precision[], bigint[]) IS
  'Computes the rows of track_purchases() from customers counted by age, and repeat purchases counted by age and time; a part of
track_purchases().
Errors: 54000 for more than 100,000 periods.';

-- The query of the caller runs with the caller's search_path: no operator here.
CREATE FUNCTION track_purchases(model text, customers text)
  RETURNS TABLE (period integer, ended double precision, customers_so_far bigint, actual bigint, expected double precision,
                 cumulative_actual bigint, cumulative_expected double precision)
  LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 100 AS $$
DECLARE
  ages pg_catalog.float8[];
  born pg_catalog.int8[];
  holdout pg_catalog.float8;
  repeat_ages pg_catalog.float8[];
  repeat_times pg_catalog.float8[];
  repeats pg_catalog.int8[];
BEGIN
  EXECUTE pg_catalog.format($query$
    WITH customers AS MATERIALIZED (
      SELECT source_row.age::pg_catalog.float8 AS age, source_row.holdout_age::pg_catalog.float8 AS holdout_age,
             source_row.times::pg_catalog.float8[] AS times
      FROM %s WHERE source_row.age IS NOT NULL
    ), births AS (
      SELECT c.age, pg_catalog.count(*) AS n, pg_catalog.max(c.holdout_age) AS holdout_age FROM customers c GROUP BY c.age
    ), bought AS (
      SELECT c.age, t.at, pg_catalog.count(*) AS n
      FROM customers c CROSS JOIN LATERAL pg_catalog.unnest(c.times) WITH ORDINALITY t (at, place)
      WHERE pg_catalog.int8gt(t.place, 1) GROUP BY c.age, t.at
    )
    SELECT b.ages, b.n, b.holdout, r.ages, r.times, r.n
    FROM (SELECT pg_catalog.array_agg(b.age ORDER BY b.age) AS ages, pg_catalog.array_agg(b.n ORDER BY b.age) AS n,
                 pg_catalog.max(b.holdout_age) AS holdout FROM births b) b
    CROSS JOIN (SELECT pg_catalog.array_agg(r.age ORDER BY r.age, r.at) AS ages, pg_catalog.array_agg(r.at ORDER BY r.age, r.at) AS times,
                       pg_catalog.array_agg(r.n ORDER BY r.age, r.at) AS n FROM bought r) r
    $query$, clientele.caller_source(customers, '{age,holdout_age,times}'))
  INTO ages, born, holdout, repeat_ages, repeat_times, repeats;
  RETURN QUERY SELECT t.* FROM clientele.tracked_periods(model, ages, born, holdout, repeat_ages, repeat_times, repeats) t;
END $$;
COMMENT ON FUNCTION track_purchases(text, text) IS
  'Counts the repeat purchases of all customers, period by period from the first purchase of all on, and what a model expected.
customers is the name of a table or view, or a query, with one row for each customer: age and holdout_age as purchase_summary returns
them, and times as purchase_times returns them with the same purchase_def. A period is one unit of the purchase_def, a week by default;
the last one ends with the observation (ended), which may be in its middle. expected is the sum over all customers so far of
expected_purchases(model, time since the first purchase); cumulative_actual and cumulative_expected count from the start. model is a name
in clientele_data.models, with or without a version (churn@3), or JSON. The query runs with your rights and search_path, and may only
read. Errors: 42P01 for an unknown table, or a name without a store, 42703 for a missing column, 42704 for an unknown model, 42501 for a
table or view that may run code of a role that is not trusted, 54000 for more than 100,000 periods.';
CREATE FUNCTION track_purchases(model btyd_model, customers text)
  RETURNS TABLE (period integer, ended double precision, customers_so_far bigint, actual bigint, expected double precision,
                 cumulative_actual bigint, cumulative_expected double precision)
  LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100 AS $$ SELECT t.* FROM clientele.track_purchases($1::pg_catalog.text, $2) t $$;
COMMENT ON FUNCTION track_purchases(btyd_model, text) IS
  'Counts the repeat purchases of all customers, period by period, and what a model expected that is given as a value.
Otherwise as track_purchases(text, text).';
