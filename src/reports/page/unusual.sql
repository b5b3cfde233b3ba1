-- SPDX-License-Identifier: PostgreSQL
-- Days on which a number is far from what is usual. Counts scatter with their square root, so distances are measured between roots.

CREATE FUNCTION unusual_days(days date[], "values" numeric[], threshold double precision DEFAULT 4)
  RETURNS TABLE (day date, value numeric, usual numeric, low numeric, high numeric, unusual boolean)
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000 ROWS 365 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  IF threshold IS NULL OR threshold = 'NaN' OR threshold <= 0 THEN
    RAISE EXCEPTION 'the threshold must be above 0, not %', coalesce(threshold::text, 'NULL') USING ERRCODE = 'invalid_parameter_value';
  ELSIF cardinality(days) IS DISTINCT FROM cardinality("values") THEN
    RAISE EXCEPTION 'days and values must have the same length, not % and %', cardinality(days), cardinality("values") USING
      ERRCODE = 'invalid_parameter_value';
  ELSIF EXISTS (SELECT FROM unnest(days) d (day) WHERE d.day IS NULL OR d.day NOT BETWEEN '4000-01-01 BC' AND '100000-01-01' GROUP BY d.day)
     OR EXISTS (SELECT FROM unnest(days) d (day) GROUP BY d.day HAVING count(*) > 1) THEN
    RAISE EXCEPTION 'days must be different days between 4000 BC and 100000' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN QUERY
  WITH given AS MATERIALIZED (
    SELECT g.day, g.value, CASE WHEN g.value > 0 AND g.value < 'Infinity' THEN sqrt(g.value::double precision)
                                WHEN g.value <= 0 THEN 0 END AS root
    FROM unnest(days, "values") g (day, value)
  ), rhythms AS MATERIALIZED (
    -- The same weekday in the four weeks, or the four fortnights, before and after, if at least three of the eight are known.
    SELECT n.day, r.period, percentile_cont(0.5) WITHIN GROUP (ORDER BY o.root) AS usual
    FROM given n CROSS JOIN unnest('{7,14}'::integer[]) r (period) CROSS JOIN unnest('{-4,-3,-2,-1,1,2,3,4}'::integer[]) w (periods)
    JOIN given o ON o.day = n.day + w.periods * r.period AND o.root IS NOT NULL
    GROUP BY n.day, r.period HAVING count(*) >= 3
  ), expected AS MATERIALIZED (
    SELECT g.day, g.value, g.root, e.usual
    FROM given g
    LEFT JOIN LATERAL (SELECT r.usual FROM rhythms r WHERE r.day = g.day ORDER BY abs(r.usual - g.root), r.period LIMIT 1) e ON true
  ), spread AS MATERIALIZED (
    -- 1.4826 makes of the median distance the standard deviation, if distances are normal. That of a count is a half at least.
    SELECT greatest(0.5, 1.4826 * percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(x.root - x.usual))) AS deviation FROM expected x
    WHERE x.usual IS NOT NULL
  )
  SELECT x.day, x.value, round((x.usual ^ 2)::numeric, 2), round(((CASE WHEN x.usual > threshold * s.deviation THEN x.usual - threshold * s.deviation WHEN x.usual IS NOT NULL THEN 0 END) ^ 2)::numeric, 2),
         round(((x.usual + threshold * s.deviation) ^ 2)::numeric, 2), coalesce(abs(x.root - x.usual) > threshold * s.deviation, false)
  FROM expected x CROSS JOIN spread s ORDER BY x.day;
END $$;
COMMENT ON FUNCTION unusual_days(date[], numeric[], double precision) IS
  'Returns for each day what is usual on it, and whether its number is unusual: a robust test that knows weekly and fortnightly rhythms.
usual: the median of the same weekday in the four weeks before and the four after, or in as many fortnights, whichever is nearer; NULL if
fewer than three of these days are known. The distance of a day is the difference of the square roots of its value and of usual, and the
deviation is 1.4826 × the median distance of all days, but at least a half, as chance alone moves the root of a count by that. unusual:
whether the distance is above threshold × the deviation; from low to high it is not. Values are counts or sums; those below 0 are taken
for 0, and NULL is not unusual.
Errors: 22023 for arrays of different lengths, for a day that is given twice, NULL, before
4000 BC or after 100000, and for a threshold that is not above 0.';
