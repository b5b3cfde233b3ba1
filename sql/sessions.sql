-- SPDX-License-Identifier: PostgreSQL
-- Sessions, on journeys and on rows of any table.
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET search_path = public, clientele;

-- A gap equal to the limit stays in the session.
SELECT session_count('{1@2026-01-01T00:00:00Z, 2@2026-01-01T00:30:00Z, 1@2026-01-01T01:00:00.000001Z}', '30 minutes');
SELECT session_count('{}', '1 hour') AS none, session_count('{1@2026-01-01T00:00:00Z}', '0') AS one,
       session_count(NULL, '1 hour') AS unknown, session_count('{}', NULL) AS unasked;
SELECT session_count('{1@2026-01-01T00:00:00Z, 2@2026-01-02T00:00:00Z}', '1 day') AS day_is_24_hours;
SELECT * FROM sessions('{1@2026-01-01T00:00:00Z#42=19.99, 3@2026-01-01T00:05:00Z=0.01, 2@2026-01-01T00:05:00Z,
                         7@2026-01-02T12:00:00Z, 7@2026-01-02T12:00:00Z}', '30 minutes');
SELECT * FROM sessions('{}', '30 minutes');
-- A sum may be greater than an amount may be.
SELECT amount FROM sessions((SELECT journey('2026-01-01', 1, NULL, 999999999999.999999) FROM generate_series(1, 1000)), '1 h');

SELECT session_count('{}', '1 month');
SELECT session_count('{}', '-1 second');
SELECT * FROM sessions('{}', '1 year');

CREATE TEMP TABLE visits (customer text, at timestamptz, page text);
INSERT INTO visits VALUES
  ('ann', '2026-01-01 10:00', 'a'), ('ann', '2026-01-01 10:30', 'b'), ('ann', '2026-01-01 11:00:01', 'c'),
  ('bob', '2026-01-01 10:31', 'a'), ('bob', NULL, 'b'), ('bob', '2026-01-03 10:00', 'c');
SELECT customer, at, page, sessionize(at, '30 minutes') OVER (PARTITION BY customer ORDER BY at) AS session
FROM visits ORDER BY customer, at;
-- Both doors.
SELECT bool_and(a.n = b.n) AS same FROM
  (SELECT customer, session_count(journey(at, ascii(page)), '30 minutes') AS n FROM visits GROUP BY customer) a
  JOIN (SELECT customer, max(s) AS n FROM (SELECT customer, sessionize(at, '30 minutes')
          OVER (PARTITION BY customer ORDER BY at) AS s FROM visits) x GROUP BY customer) b USING (customer);
SELECT sessionize(at, NULL) OVER (ORDER BY at) AS session FROM visits LIMIT 1;
SELECT sessionize(at, '30 minutes') OVER (ORDER BY at DESC) FROM visits;
SELECT sessionize(at, '1 month') OVER (ORDER BY at) FROM visits;
SELECT sessionize('infinity', '1 hour') OVER ();
SELECT sessionize(now(), '1 hour');

-- Drivers that bind strings as varchar
PREPARE bound (varchar, varchar) AS SELECT session_count($1, $2::interval), count(*) FROM sessions($1, $2::interval);
EXECUTE bound ('{1@2026-01-01T00:00:00Z, 1@2026-01-02T00:00:00Z}', '1 hour');
