-- SPDX-License-Identifier: PostgreSQL
-- Short answers about picked events. A line prints t; the other side is plain SQL over events().
\set tests :DBNAME
CREATE DATABASE clientele_measures ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_measures
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;
CREATE FUNCTION fails(statement text, OUT code text, OUT message text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  message := 'it does not fail';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
END $$;

-- Numbers need no store.
SELECT first_at(j, '#2') = '2026-01-01 10:00+00' AND last_at(j, '#1') = '2026-01-03 00:30+00' AND last_at(j, '#9') IS NULL
       AND amount_sum(j, '#2') = 0.75 AND amount_sum(j, '#1') IS NULL AND top_item(j, '#1|#2') = 7 AND top_item(j, '#3') IS NULL
       AND day_count(j, '#1|#2') = 3 AND day_count(j, '#1|#2', 'America/New_York') = 2 AND day_count(j, '#9') = 0
       AND usual_hour(j, '#1') = 0 AND usual_hour(j, '#9') IS NULL AND usual_weekday(j, '#2') = 4 AS numbers
FROM (SELECT '{1@2026-01-01T09:00:00Z, 2@2026-01-01T10:00:00Z#7=1.5, 2@2026-01-02T10:00:00Z#7=-0.75, 1@2026-01-02T00:10:00Z#8, 1@2026-01-03T00:30:00Z}'::journey AS j) x;
SELECT * FROM fails($$SELECT top_event('{1@2026-01-01T00:00:00Z}')$$);

CALL create_store();
INSERT INTO clientele_data.event_types (event_type_id, channel, event, properties) OVERRIDING SYSTEM VALUE VALUES
  (0, '', 'search', '{}'), (1, 'web', 'search', '{}'), (2, 'web', 'view', '{"category": "shoes"}'), (3, 'app', 'view', '{"category": "茶"}'),
  (4, 'app', 'purchase', '{"category": null, "size": 41}'), (5, '门店', '购买', '{}'), (6, 'email', 'sent', '{}');
CREATE TABLE journeys AS
SELECT c AS customer_id, journey(at, event_type_id, item_id, amount) AS journey
FROM (SELECT c, '2026-03-25'::timestamptz + hash % 10000 * interval '17 minutes' AS at, (hash / 7 % 8)::int AS event_type_id,
             CASE WHEN hash % 3 > 0 THEN hash / 11 % 5 END AS item_id, CASE WHEN hash % 2 = 0 THEN (hash / 13 % 1000) / 100.0 END AS amount
      FROM generate_series(1, 120) c, LATERAL (SELECT abs(hashint8(c * 100 + n)::bigint) AS hash FROM generate_series(1, c % 40) n) h) r
GROUP BY c;
CREATE TABLE picked AS
SELECT s.selector, j.customer_id, e.*, t.channel, t.event, t.properties, e.at AT TIME ZONE 'Europe/Berlin' AS local
FROM journeys j, events(j.journey) e LEFT JOIN clientele_data.event_types t USING (event_type_id),
     (VALUES ('*'), ('view|购买'), ('!sent'), ('app:*|!app:view'), ('#7'), ('nothing*')) s (selector)
WHERE event_type_id = ANY (ARRAY(SELECT event_types_matching(s.selector)));
CREATE INDEX ON picked (customer_id, selector);
-- Of the most frequent the least, bytewise.
CREATE FUNCTION most(vals text[]) RETURNS text LANGUAGE sql AS
  'SELECT v FROM unnest(vals) v WHERE v IS NOT NULL GROUP BY v ORDER BY count(*) DESC, v COLLATE "C" LIMIT 1';
SELECT selector, count(*) > 0 OR selector = 'nothing*' AS asked,
       bool_and(first_at(journey, selector) IS NOT DISTINCT FROM p.first) AS first,
       bool_and(last_at(journey, selector) IS NOT DISTINCT FROM p.last) AS last,
       bool_and(amount_sum(journey, selector) IS NOT DISTINCT FROM p.amount) AS amount,
       bool_and(day_count(journey, selector, 'Europe/Berlin') = p.days) AS days,
       bool_and(usual_hour(journey, selector, 'Europe/Berlin') IS NOT DISTINCT FROM p.hour::int) AS hour,
       bool_and(usual_weekday(journey, selector, 'Europe/Berlin') IS NOT DISTINCT FROM p.weekday::int) AS weekday,
       bool_and(hour_share(journey, selector, 22, 5, 'Europe/Berlin') IS NOT DISTINCT FROM p.night) AS night,
       bool_and(hour_share(journey, selector, 9, 24, 'Europe/Berlin') IS NOT DISTINCT FROM p.from_nine) AS from_nine,
       bool_and(hour_share(journey, selector, 3, 3, 'Europe/Berlin') IS NOT DISTINCT FROM p.whole) AS whole,
       bool_and(weekday_share(journey, selector, '{6,7}', 'Europe/Berlin') IS NOT DISTINCT FROM p.weekend) AS weekend,
       bool_and(top_event(journey, selector) IS NOT DISTINCT FROM p.event) AS event,
       bool_and(top_channel(journey, selector) IS NOT DISTINCT FROM p.channel) AS channel,
       bool_and(top_property(journey, selector, 'category') IS NOT DISTINCT FROM p.category) AS category,
       bool_and(top_item(journey, selector) IS NOT DISTINCT FROM p.item::bigint) AS item,
       bool_and(channels(journey, selector) = p.channels) AS channels
FROM journeys CROSS JOIN (VALUES ('*'), ('view|购买'), ('!sent'), ('app:*|!app:view'), ('#7'), ('nothing*')) s (selector)
CROSS JOIN LATERAL (
  SELECT min(p.at) AS first, max(p.at) AS last, sum(p.amount) AS amount, count(DISTINCT p.local::date) AS days,
         most(array_agg(to_char(p.local, 'HH24'))) AS hour, most(array_agg(to_char(p.local, 'ID'))) AS weekday,
         avg((extract(hour FROM p.local) >= 22 OR extract(hour FROM p.local) < 5)::int)::float8 AS night,
         avg((extract(hour FROM p.local) >= 9)::int)::float8 AS from_nine, CASE WHEN count(*) > 0 THEN 1 END::float8 AS whole,
         avg((extract(isodow FROM p.local) >= 6)::int)::float8 AS weekend,
         most(array_agg(p.event)) AS event, most(array_agg(p.channel)) AS channel, most(array_agg(p.properties ->> 'category')) AS category,
         most(array_agg(p.item_id::text)) AS item,
         ARRAY(SELECT q.channel FROM picked q WHERE q.customer_id = journeys.customer_id AND q.selector = s.selector AND q.channel IS NOT NULL
               GROUP BY 1 ORDER BY min(ARRAY[extract(epoch FROM q.at), q.event_type_id])) AS channels
  FROM picked p WHERE p.customer_id = journeys.customer_id AND p.selector = s.selector) p
GROUP BY selector ORDER BY selector COLLATE "C";

-- The session's time zone is the default; NULL gives NULL; the empty journey has nothing.
SET timezone = 'Asia/Shanghai';
SELECT usual_hour('{0@2026-01-01T18:00:00Z}') = 2 AND usual_weekday('{0@2026-01-01T18:00:00Z}') = 5 AND day_count('{}') = 0 AND channels('{}') = '{}'
       AND top_event('{}') IS NULL AND hour_share('{}', '*', 1, 2) IS NULL AND day_count('{}', NULL) IS NULL AS defaults;
SET timezone = 'UTC';
SELECT * FROM fails($$SELECT last_at('{}', 'serch')$$);
SELECT * FROM fails($$SELECT day_count('{}', '*', 'Mars/Base')$$);
SELECT * FROM fails($$SELECT hour_share('{}', '*', -1, 3)$$);
SELECT * FROM fails($$SELECT hour_share('{}', '*', 0, 25)$$);
SELECT * FROM fails($$SELECT hour_share('{}', '*', 24, 3)$$);
SELECT * FROM fails($$SELECT weekday_share('{}', '*', '{0}')$$);
SELECT * FROM fails($$SELECT weekday_share('{}', '*', '{1,NULL}')$$);

-- What the rest of a selector picks, taken away.
SELECT s AS selector, ARRAY(SELECT event_types_matching(s)) FROM (VALUES (1, '!sent'), (2, '!web:*|!app:*'), (3, 'view|!app:*'), (4, ' ! web : search | web:*'), (5, '!*'), (6, 'web:!x*'), (7, '!view[category=茶]'), (8, '#3|#4|!#3')) v (n, s) ORDER BY n;
SELECT quote_selector(NULL, '!a'), quote_selector('!b', 'a!') AS channel;
SELECT * FROM fails($$SELECT event_types_matching('!serch')$$);
SELECT * FROM fails($$SELECT event_types_matching('!')$$);
SELECT * FROM fails($$SELECT event_types_matching('!!a')$$);

\c :tests
DROP DATABASE clientele_measures;
