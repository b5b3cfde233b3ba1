-- SPDX-License-Identifier: PostgreSQL
-- Merging parts of journeys into the store.
\set tests :DBNAME
CREATE DATABASE clientele_store_merge ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_store_merge
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC';
SET client_min_messages = warning;
SET search_path = public, clientele;
CREATE EXTENSION clientele;
CALL clientele.create_store();
SELECT clientele.customer_ids('number', '{1,2,3,4}');

CREATE TABLE parts (customer_id bigint, journey clientele.journey);
INSERT INTO parts VALUES
  (2, '{1@2026-01-02T00:00:00Z}'), (1, '{1@2026-01-01T00:00:00Z}'), (2, '{1@2026-01-01T00:00:00Z#5=2.5}'),
  (3, NULL), (4, '{}'), (2, '{1@2026-01-02T00:00:00Z}');
-- Several parts of a customer are joined, equal events are all kept, NULL is ignored.
SELECT clientele.merge_journeys('parts');
SELECT * FROM clientele_data.journeys ORDER BY 1;
SELECT batch, customer_id FROM clientele_data.journey_changes ORDER BY 1, 2;
-- The next ones are added; the batch may be given; any relation with the two columns will do.
CREATE VIEW more AS SELECT 2 AS customer_id, '{9@2025-12-31T00:00:00Z}'::clientele.journey AS journey;
SELECT clientele.merge_journeys(parts => 'more', batch => 100);
SELECT * FROM clientele_data.journeys WHERE customer_id = 2;
SELECT batch, customer_id FROM clientele_data.journey_changes WHERE batch = 100;
CREATE TEMP TABLE none AS SELECT * FROM parts WHERE false;
SELECT clientele.merge_journeys('none');
-- A customer must be known.
CREATE VIEW unknown AS SELECT 77 AS customer_id, '{}'::clientele.journey AS journey;
SELECT clientele.merge_journeys('unknown');
CREATE VIEW nobody AS SELECT NULL::bigint AS customer_id, '{}'::clientele.journey AS journey;
SELECT clientele.merge_journeys('nobody');
SELECT clientele.merge_journeys('pg_class');

-- Above 64 kB new events go to the tail, until it reaches an eighth of the body. The body is not
-- rewritten until then: its TOAST pointer, and so its chunks, stay the same.
CREATE FUNCTION many(n int, since timestamptz, seed int DEFAULT 0) RETURNS clientele.journey LANGUAGE sql AS $$
  SELECT clientele.journey(since + (hashint8(g * 1000 + seed) & 1073741823) * interval '1 ms', g % 9) FROM generate_series(1, n) g $$;
CREATE VIEW long AS SELECT 3 AS customer_id, many(50000, '2025-01-01') AS journey;
CREATE TABLE short_parts AS SELECT i AS n, many(500, '2026-01-01', i) AS journey FROM generate_series(1, 33) i;
CREATE VIEW short AS SELECT 3 AS customer_id, journey FROM short_parts WHERE n = current_setting('test.part')::int;
CREATE PROCEDURE merge_short(first int, last int) LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN first .. last LOOP
    PERFORM set_config('test.part', i::text, false), clientele.merge_journeys('short');
  END LOOP;
END $$;
CREATE VIEW stored AS
  SELECT pg_column_size(body) > 65536 AS "long", clientele.event_count(body) > 50000 AS grown, tail IS NOT NULL AS tailed,
         pg_column_size(tail) * 8 < pg_column_size(body) AS below
  FROM clientele_data.stored_journeys WHERE customer_id = 3;
CREATE FUNCTION chunks() RETURNS text LANGUAGE plpgsql AS $$
DECLARE ids text;
BEGIN
  EXECUTE format('SELECT string_agg(DISTINCT chunk_id::text, '','') FROM %s',
    (SELECT reltoastrelid::regclass FROM pg_class WHERE oid = 'clientele_data.stored_journeys'::regclass)) INTO ids;
  RETURN ids;
END $$;
SELECT clientele.merge_journeys('long');
SELECT * FROM stored;
SELECT chunks() AS before \gset
CALL merge_short(1, 3);
SELECT * FROM stored;
SELECT chunks() = :'before' AS body_untouched;
SELECT clientele.event_count(journey), clientele.first_at(journey), clientele.last_at(journey) FROM clientele_data.journeys WHERE customer_id = 3;
CALL merge_short(4, 33);
SELECT * FROM stored;
SELECT chunks() = :'before' AS body_untouched;
-- However it is stored, it is the same journey.
SELECT j.journey = clientele.journey_merge(all_parts.journey) AS same FROM clientele_data.journeys j,
  LATERAL (SELECT l.journey FROM long l UNION ALL SELECT s.journey FROM short_parts s) all_parts
WHERE j.customer_id = 3 GROUP BY j.journey;
-- A part that is an eighth itself is folded in at once.
SELECT clientele.merge_journeys('long');
SELECT * FROM stored;
-- Writing through the view makes it whole again.
UPDATE clientele_data.journeys SET journey = clientele.journey_slice(journey, '2026-01-01', '2026-01-01 01:00') WHERE customer_id = 3;
SELECT * FROM stored;

DROP VIEW stored;
CALL clientele.drop_store();
\c :tests
DROP DATABASE clientele_store_merge;
