-- SPDX-License-Identifier: PostgreSQL
-- What a report needs of the store beside the views that are there for others.

CREATE PROCEDURE create_report_views()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  CREATE OR REPLACE VIEW clientele_bi.store AS
    SELECT (SELECT s.value FROM clientele_data.settings s WHERE s.name = 'time_zone') AS time_zone,
           coalesce((SELECT s.value FROM clientele_data.settings s WHERE s.name = 'language'), 'en') AS language;
  COMMENT ON VIEW clientele_bi.store IS 'The settings of the store, in one row.';
  COMMENT ON COLUMN clientele_bi.store.time_zone IS 'The time zone in which days begin.';
  COMMENT ON COLUMN clientele_bi.store.language IS 'The language of names and comments: en or zh.';

  CREATE OR REPLACE VIEW clientele_bi.model_calibration AS
    SELECT m.name::text AS model, m.version, m.current, b.bin, b.customers, b.expected, b.actual,
           sum(b.customers) OVER best / nullif(sum(b.customers) OVER everyone, 0)::double precision AS customer_share,
           sum(b.actual * b.customers) OVER best / nullif(sum(b.actual * b.customers) OVER everyone, 0) AS gain,
           b.actual * sum(b.customers) OVER everyone::double precision / nullif(sum(b.actual * b.customers) OVER everyone, 0) AS lift
    FROM clientele_data.models m
    CROSS JOIN LATERAL jsonb_to_recordset(coalesce(m.quality -> 'calibration', '[]'))
      AS b (bin integer, customers bigint, expected double precision, actual double precision)
    WINDOW everyone AS (PARTITION BY m.name, m.version), best AS (PARTITION BY m.name, m.version ORDER BY b.bin DESC);
  COMMENT ON VIEW clientele_bi.model_calibration IS
    'What models expected and what happened, in up to ten groups of customers that the models had not seen, as choose_model() stored it.';
  COMMENT ON COLUMN clientele_bi.model_calibration.model IS 'The name of the model.';
  COMMENT ON COLUMN clientele_bi.model_calibration.version IS 'Its version.';
  COMMENT ON COLUMN clientele_bi.model_calibration.current IS 'True for the version in use.';
  COMMENT ON COLUMN clientele_bi.model_calibration.bin IS 'The group, from 1, of which least was expected, to 10.';
  COMMENT ON COLUMN clientele_bi.model_calibration.customers IS 'Customers in the group.';
  COMMENT ON COLUMN clientele_bi.model_calibration.expected IS 'What the model expected of a customer of the group, on average.';
  COMMENT ON COLUMN clientele_bi.model_calibration.actual IS 'What a customer of the group did, on average.';
  COMMENT ON COLUMN clientele_bi.model_calibration.customer_share IS
    'The share of the customers that are in this group or in one of which more was expected.';
  COMMENT ON COLUMN clientele_bi.model_calibration.gain IS 'The share of what happened that these customers did.';
  COMMENT ON COLUMN clientele_bi.model_calibration.lift IS 'What a customer of the group did over what a customer did on average.';
END $store$;
COMMENT ON PROCEDURE create_report_views() IS
  'Creates the views in clientele_bi that reports need besides those of others; a part of create_store().';
INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('reports/page', 'clientele_bi.store', 'view', 'create_report_views', true),
  ('reports/page', 'clientele_bi.model_calibration', 'view', 'create_report_views', true);
