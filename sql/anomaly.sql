-- SPDX-License-Identifier: PostgreSQL
-- anomaly() on rows of any table: seasons, trends, scales, what is not judged, and what is refused.
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET search_path = public, clientele;

-- The definition.
SELECT anomaly_def() AS usual, anomaly_def(measure => 'ratio', grain => '1 day', season => '7 days', memory => 8, min_points => 5, spread => 100,
         scales => '{1,3}', levels => '{2,3,4}', min_volume => 1, min_change => 0, direction => 'up', time_zone => 'asia/shanghai', record => 9,
         calibrate => 4) AS all_options;
SELECT anomaly_def(measure => 'number', least_spread => 0.1)::text::anomaly_def = anomaly_def('number', least_spread => 0.1) AS same,
       '{"min_volume": -0.0}'::anomaly_def = anomaly_def(min_volume => 0) AS zero,
       anomaly_def(season => '1 day')::text, anomaly_def(NULL, NULL, NULL, NULL, NULL) = anomaly_def() AS unsaid;
SELECT anomaly_def('ratio'), 'number'::text::anomaly_def = anomaly_def(measure => 'number') AS same;
SELECT 'rate'::anomaly_def;
SELECT anomaly_def(measure => 'rate');
SELECT anomaly_def(direction => 'sideways');
SELECT anomaly_def(grain => '1 month');
SELECT anomaly_def(season => '90 minutes');
SELECT anomaly_def(grain => '1 second', season => '7 days');
SELECT anomaly_def(memory => 0);
SELECT anomaly_def(memory => 3);
SELECT anomaly_def(spread => 10001);
SELECT anomaly_def(scales => '{}');
SELECT anomaly_def(scales => '{6,1}');
SELECT anomaly_def(scales => '{1,NULL}');
SELECT anomaly_def(levels => '{3,4}');
SELECT anomaly_def(levels => '{4,3,6}');
SELECT anomaly_def(min_change => 'NaN');
SELECT anomaly_def(least_spread => 1);
SELECT anomaly_def(time_zone => 'Nowhere/Land');
SELECT '{"seasons": "7 days"}'::anomaly_def;

-- Hours of three weeks with a rhythm of days; one hour fails.
CREATE TEMP TABLE hours AS
SELECT timestamptz '2026-03-02 00:00Z' + h * interval '1 hour' AS at, h, CASE WHEN h = 490 THEN 20 ELSE 100 + 10 * (h % 24) + h * 7919 % 11 END AS value
FROM generate_series(0, 503) h;
SELECT h, value, round((a).expected) AS expected, round((a).low) AS low, round((a).high) AS high, round((a).z::numeric, 2) AS z, (a).level, (a).scale
FROM (SELECT h, value, anomaly(at, value, NULL, anomaly_def(season => '1 day')) OVER (ORDER BY at) AS a FROM hours) x WHERE h BETWEEN 488 AND 492 ORDER BY h;
SELECT count(*) AS rows, count(a) AS judged, count(*) FILTER (WHERE (a).level > 0) AS unusual
FROM (SELECT anomaly(at, value, NULL, anomaly_def(season => '1 day')) OVER (ORDER BY at) AS a FROM hours) x;
-- The answers for a row depend on the rows before only, and not on the order in which they are stored.
WITH a AS (SELECT h, anomaly(at, value, NULL, anomaly_def(season => '1 day', scales => '{1,6}')) OVER (ORDER BY at) AS a FROM hours),
     b AS (SELECT h, anomaly(at, value, NULL, anomaly_def(season => '1 day', scales => '{1,6}')) OVER (ORDER BY at) AS a
           FROM (SELECT * FROM hours WHERE h < 400 ORDER BY md5(h::text)) x)
SELECT bool_and(a.a IS NOT DISTINCT FROM b.a) AS same FROM b JOIN a USING (h);
-- Partitions have nothing in common.
SELECT count(DISTINCT (s, (a).z)) = count(DISTINCT (a).z) * 3 AS same
FROM (SELECT s, anomaly(at, value, NULL, anomaly_def()) OVER (PARTITION BY s ORDER BY at) AS a FROM hours, generate_series(1, 3) s) x WHERE a IS NOT NULL;
-- The hour of the clock is the place, also when clocks change: business from 9 to 17 in New York.
SELECT max((a).level) AS in_new_york, (SELECT max((a).level) FROM (
    SELECT anomaly(at, value, NULL, anomaly_def(season => '1 day', time_zone => 'UTC')) OVER (ORDER BY at) AS a
    FROM (SELECT at, CASE WHEN extract(hour FROM at AT TIME ZONE 'America/New_York') BETWEEN 9 AND 16 THEN 500 ELSE 30 END AS value FROM hours) v) y) AS in_utc
FROM (SELECT anomaly(at, value, NULL, anomaly_def(season => '1 day', time_zone => 'America/New_York')) OVER (ORDER BY at) AS a
      FROM (SELECT at, CASE WHEN extract(hour FROM at AT TIME ZONE 'America/New_York') BETWEEN 9 AND 16 THEN 500 ELSE 30 END AS value FROM hours) v) x;

-- Ratios, numbers, directions.
SELECT h, round((a).expected::numeric, 4) AS expected, round((a).low::numeric, 4) AS low, round((a).high::numeric, 4) AS high, round((a).z::numeric, 2) AS z, (a).level
FROM (SELECT h, anomaly(at, CASE WHEN h = 60 THEN 30 ELSE 200 END, 1000, anomaly_def(measure => 'ratio')) OVER (ORDER BY at) AS a FROM hours) x WHERE h IN (3, 4, 60);
SELECT h, round((a).z::numeric, 3) AS z, (a).level
FROM (SELECT h, anomaly(at, CASE WHEN h = 60 THEN -50 ELSE h % 7 END, NULL, anomaly_def('number', direction => 'down')) OVER (ORDER BY at) AS a FROM hours) x
WHERE h IN (7, 8, 60);
SELECT max((a).level) AS level FROM (SELECT anomaly(at, CASE WHEN h = 60 THEN 0 ELSE 100 END, NULL, anomaly_def(direction => 'up')) OVER (ORDER BY at) AS a FROM hours) x;
-- Anything is unusual where all numbers are equal, but not among those that jump often.
SELECT max((a).level) AS equal FROM (SELECT anomaly(at, CASE WHEN h = 60 THEN 2 ELSE 1 END, NULL, anomaly_def(measure => 'number')) OVER (ORDER BY at) AS a FROM hours) x;
SELECT count(*) FILTER (WHERE (a).level > 0) AS often, count(*) FILTER (WHERE (r).level > 0) AS records
FROM (SELECT anomaly(at, v, NULL, anomaly_def('number', memory => 50)) OVER w AS a, anomaly(at, v, NULL, anomaly_def('number', memory => 50, record => 200)) OVER w AS r
      FROM (SELECT at, CASE WHEN h % 20 = 19 THEN 100 + h % 3 ELSE h % 5 END AS v FROM hours) x WINDOW w AS (ORDER BY at)) y;

-- What is missing is not judged, and does not count.
SELECT count(*) FILTER (WHERE a IS NOT NULL) AS judged, bool_and((a).level = 0) AS usual
FROM (SELECT anomaly(at, CASE WHEN h % 2 = 0 THEN 100 END, NULL, anomaly_def()) OVER (ORDER BY at) AS a FROM hours WHERE h < 20) x;
SELECT count(a) AS judged FROM (SELECT anomaly(at, 0, 0, anomaly_def(measure => 'ratio')) OVER (ORDER BY at) AS a FROM hours) x;
SELECT count(a) AS judged FROM (SELECT anomaly(NULL, 1, NULL, anomaly_def()) OVER () AS a FROM hours) x;
SELECT count(a) AS judged FROM (SELECT anomaly(at, value, NULL, NULL) OVER (ORDER BY at) AS a FROM hours) x;

SELECT anomaly(now(), 1, 1, anomaly_def());
SELECT max((a).level) FROM (SELECT anomaly(at, value, NULL, anomaly_def()) OVER (ORDER BY at DESC) AS a FROM hours) x;
SELECT max((a).level) FROM (SELECT anomaly(at, 'NaN', NULL, anomaly_def()) OVER (ORDER BY at) AS a FROM hours) x;
SELECT max((a).level) FROM (SELECT anomaly(at, 1e101, NULL, anomaly_def()) OVER (ORDER BY at) AS a FROM hours) x;
SELECT max((a).level) FROM (SELECT anomaly(at, 3, 2, anomaly_def(measure => 'ratio')) OVER (ORDER BY at) AS a FROM hours) x;
SELECT max((a).level) FROM (SELECT anomaly('infinity', 3, 2, anomaly_def()) OVER () AS a FROM hours) x;
SELECT max((a).level) FROM (SELECT anomaly(at, value, NULL, anomaly_def(min_volume => h)) OVER (ORDER BY at) AS a FROM hours) x;
-- A text that is quoted in part ends with a whole character.
\set VERBOSITY terse
SELECT anomaly_def(measure => repeat('名', 60));
