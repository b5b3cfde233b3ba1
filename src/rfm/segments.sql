-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION rfm_segment(rfm, scheme text DEFAULT 'standard') RETURNS text
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'clientele_rfm_segment';
COMMENT ON FUNCTION rfm_segment(rfm, text) IS
  'Returns the name of the segment of a customer with these scores: Champions, At Risk and so on.
scheme: standard (eleven names), eight (the eight segments used in China, in Chinese), eight_en, or one of your own in
clientele_data.rfm_segments. That table of the store decides. Without a store, or a row for the scheme in it, rfm_segments() decides. A
score of B buckets becomes level 1 + ceil((score - 1) * (L - 1) / (B - 1) - 1/2) of the L that the scheme has. NULL if a score is
NULL. Errors: 42704 for an unknown scheme, 42501 if the store''s table may not be read, 22023 for impossible scores or a scheme that lacks
a cell.';
CREATE FUNCTION rfm_tier(rfm, scheme text DEFAULT 'standard') RETURNS text
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'clientele_rfm_tier';
COMMENT ON FUNCTION rfm_tier(rfm, text) IS
  'Returns the tier of a customer: high value, potential, basic or at risk.
It is stored beside the segment in clientele_data.rfm_segments. Otherwise as rfm_segment.';
CREATE FUNCTION rfm_strategy(tier text, language text DEFAULT 'en') RETURNS text
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'clientele_rfm_strategy';
COMMENT ON FUNCTION rfm_strategy(text, text) IS
  'Returns what to do for the customers of a tier, in the words of clientele_data.rfm_tiers.
Edit that table to change the words. Without a store, or a row in it, the words are those of rfm_tiers(). language: en or zh, or one that
you added. NULL for a tier or language without a text. Errors: 42501 if the store''s table may not be read.';

CREATE FUNCTION rfm_segments(
    OUT scheme text, OUT r integer, OUT f integer, OUT m integer, OUT segment text, OUT tier text)
  RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 141 AS 'MODULE_PATHNAME', 'clientele_rfm_segments';
COMMENT ON FUNCTION rfm_segments() IS
  'Lists the built-in segments: all 125 cells of scheme standard, and 8 each of eight and eight_en.
Levels count from 1, the worst. create_store() fills clientele_data.rfm_segments with these rows.';
CREATE FUNCTION rfm_tiers(OUT tier text, OUT language text, OUT strategy text)
  RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 8 AS 'MODULE_PATHNAME', 'clientele_rfm_tiers';
COMMENT ON FUNCTION rfm_tiers() IS
  'Lists the built-in tiers with a strategy for each, in English and in Chinese.
create_store() fills clientele_data.rfm_tiers with these rows.';

CREATE PROCEDURE create_rfm_tables()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  IF to_regclass('clientele_data.rfm_segments') IS NULL THEN
    CREATE TABLE clientele_data.rfm_segments (
      scheme text NOT NULL,
      r integer NOT NULL CHECK (r BETWEEN 1 AND 10),
      f integer NOT NULL CHECK (f BETWEEN 1 AND 10),
      m integer NOT NULL CHECK (m BETWEEN 1 AND 10),
      segment text NOT NULL,
      tier text NOT NULL,
      PRIMARY KEY (scheme, r, f, m)
    );
    INSERT INTO clientele_data.rfm_segments SELECT * FROM clientele.rfm_segments();
  END IF;
  COMMENT ON TABLE clientele_data.rfm_segments IS
    'Which segment and tier RFM scores mean: one row for each combination of levels. Edit it, or add schemes of your own.';
  COMMENT ON COLUMN clientele_data.rfm_segments.scheme IS 'The name of the scheme, as rfm_segment() takes it.';
  COMMENT ON COLUMN clientele_data.rfm_segments.r IS 'Level of recency, from 1 (longest ago).';
  COMMENT ON COLUMN clientele_data.rfm_segments.f IS 'Level of frequency, from 1 (seldom).';
  COMMENT ON COLUMN clientele_data.rfm_segments.m IS 'Level of monetary value, from 1 (little).';
  COMMENT ON COLUMN clientele_data.rfm_segments.segment IS 'The name of the segment.';
  COMMENT ON COLUMN clientele_data.rfm_segments.tier IS 'The tier of the segment: high value, potential, basic or at risk.';

  IF to_regclass('clientele_data.rfm_tiers') IS NULL THEN
    CREATE TABLE clientele_data.rfm_tiers (
      tier text NOT NULL,
      language text NOT NULL DEFAULT 'en',
      strategy text NOT NULL,
      PRIMARY KEY (tier, language)
    );
    INSERT INTO clientele_data.rfm_tiers SELECT * FROM clientele.rfm_tiers();
  END IF;
  COMMENT ON TABLE clientele_data.rfm_tiers IS 'What to do for the customers of each tier. Edit it.';
  COMMENT ON COLUMN clientele_data.rfm_tiers.tier IS 'The tier, as in rfm_segments.';
  COMMENT ON COLUMN clientele_data.rfm_tiers.language IS 'The language of the text: en, zh or others.';
  COMMENT ON COLUMN clientele_data.rfm_tiers.strategy IS 'What to do.';
END $store$;
COMMENT ON PROCEDURE create_rfm_tables() IS
  'Makes the tables of RFM segments and tiers and fills them with the built-in rows; a part of create_store().';
INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('rfm', 'clientele_data.rfm_segments', 'table', 'create_rfm_tables', true),
  ('rfm', 'clientele_data.rfm_tiers', 'table', 'create_rfm_tables', true);

CREATE PROCEDURE create_rfm_views()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  CREATE OR REPLACE VIEW clientele_bi.rfm AS
    SELECT s.customer_id, s.last_purchase_at, s.frequency, s.monetary,
           (s.score).r, (s.score).f, (s.score).m,
           clientele.rfm_segment(s.score) AS segment, clientele.rfm_tier(s.score) AS tier
    FROM (SELECT p.customer_id, p.last_purchase_at, p.frequency, p.monetary,
                 clientele.rfm_score(p.last_purchase_at, p.frequency::double precision,
                                     p.monetary::double precision) OVER () AS score
          FROM (SELECT j.customer_id,
                       clientele.last_at(j.journey, (SELECT string_agg('#' || t.event_type_id, '|')
                                                     FROM clientele_data.event_types t WHERE t.event = 'purchase')) AS last_purchase_at,
                       clientele.amount_sum(j.journey, (SELECT string_agg('#' || t.event_type_id, '|')
                                                        FROM clientele_data.event_types t WHERE t.event = 'purchase')) AS monetary,
                       clientele.day_count(j.journey, (SELECT string_agg('#' || t.event_type_id, '|')
                                                       FROM clientele_data.event_types t WHERE t.event = 'purchase'),
                                           (SELECT z.value FROM clientele_data.settings z WHERE z.name = 'time_zone'))::bigint AS frequency
                FROM clientele_data.journeys j OFFSET 0) p
          WHERE p.last_purchase_at IS NOT NULL) s;
  COMMENT ON VIEW clientele_bi.rfm IS
    'How recently, how often and for how much each customer bought, scored from 1 to 5 among all customers that bought. Purchases are the
events named purchase, of any channel. The view reads all journeys.';
  COMMENT ON COLUMN clientele_bi.rfm.customer_id IS 'The customer.';
  COMMENT ON COLUMN clientele_bi.rfm.last_purchase_at IS 'Time of the last purchase.';
  COMMENT ON COLUMN clientele_bi.rfm.frequency IS 'Number of different days with a purchase, in the time zone of the store.';
  COMMENT ON COLUMN clientele_bi.rfm.monetary IS 'Sum of the purchases'' amounts, NULL if there are none.';
  COMMENT ON COLUMN clientele_bi.rfm.r IS 'Score of recency, from 1 (worst) to 5.';
  COMMENT ON COLUMN clientele_bi.rfm.f IS 'Score of frequency, from 1 (worst) to 5.';
  COMMENT ON COLUMN clientele_bi.rfm.m IS 'Score of monetary value, from 1 (worst) to 5.';
  COMMENT ON COLUMN clientele_bi.rfm.segment IS 'The segment in scheme standard.';
  COMMENT ON COLUMN clientele_bi.rfm.tier IS 'high value, potential, basic or at risk.';
END $store$;
COMMENT ON PROCEDURE create_rfm_views() IS
  'Makes the view of RFM scores in clientele_bi; a part of create_store().';
INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('rfm', 'clientele_bi.rfm', 'view', 'create_rfm_views', true);
