-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION judged_values(metric text)
  RETURNS TABLE (at timestamptz, until timestamptz, value double precision, volume double precision, excused boolean,
                 expected double precision, low double precision, high double precision, z double precision, level integer, scale integer)
  LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 2000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM clientele.require_store('metrics'), clientele.require_store('metric_values'), clientele.require_store('holidays'),
          clientele.require_metrics(ARRAY[metric]);
  RETURN QUERY
  SELECT j.at, j.until, j.value, j.volume, j.excused, (j.judged).expected, (j.judged).low, (j.judged).high, (j.judged).z, (j.judged).level, (j.judged).scale
  FROM (
    SELECT e.*, clientele.anomaly(e.at, CASE WHEN NOT e.excused THEN e.value END, e.volume, e.judge) OVER (ORDER BY e.at) AS judged
    FROM (
      SELECT v.at, v.until, v.value, v.volume, m.judge,
             -- Clocks change within an hour of the grain, or it has a part of a holiday.
             (v.at - interval '1 hour') AT TIME ZONE m.time_zone - (v.at - interval '1 hour') AT TIME ZONE 'UTC'
             <> (v.until + interval '1 hour') AT TIME ZONE m.time_zone - (v.until + interval '1 hour') AT TIME ZONE 'UTC'
             OR EXISTS (SELECT FROM clientele_data.holidays h WHERE h.calendar = m.holidays AND h.day >= (v.at AT TIME ZONE m.time_zone)::date
                        AND h.day < (v.until AT TIME ZONE m.time_zone)) AS excused
      FROM (SELECT x.metric_id, x.time_zone, x.holidays, x.judge::clientele.anomaly_def AS judge FROM clientele_data.metrics x
            WHERE x.name = judged_values.metric OFFSET 0) m
      JOIN clientele_data.metric_values v USING (metric_id)) e) j
  ORDER BY j.at;
END $$;
COMMENT ON FUNCTION judged_values(text) IS
  'Returns the values of a metric with what anomaly() says of them.
excused: the grain has a part of a holiday, or clocks change within an hour of it. Such values are not judged, and do not count for others.
Errors: 42704 for an unknown metric, 42P01 without a store, 42501 without the right to read the values of metrics.';
