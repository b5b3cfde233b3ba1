-- SPDX-License-Identifier: PostgreSQL
-- Counts only: who consents is nothing that a chart needs.

CREATE PROCEDURE create_consent_views()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  CREATE OR REPLACE VIEW clientele_bi.consents AS
    SELECT d.purpose::text AS purpose, d.granted AS by_default, coalesce(l.granted, 0) AS granted, coalesce(l.refused, 0) AS refused,
           e.customers - coalesce(l.granted + l.refused, 0) AS unset,
           CASE WHEN d.granted THEN e.customers - coalesce(l.refused, 0) ELSE coalesce(l.granted, 0) END AS consenting,
           CASE WHEN d.granted THEN e.customers - coalesce(l.refused, 0) ELSE coalesce(l.granted, 0) END::double precision
             / nullif(e.customers, 0) AS share
    FROM clientele_data.consent_defaults d
    CROSS JOIN (SELECT count(*) AS customers FROM clientele_data.customers c WHERE c.merged_into IS NULL) e
    LEFT JOIN (
      SELECT x.purpose, count(*) FILTER (WHERE x.granted) AS granted, count(*) FILTER (WHERE NOT x.granted) AS refused
      FROM (SELECT DISTINCT ON (s.purpose, coalesce(c.merged_into, c.customer_id)) s.purpose, s.granted
            FROM clientele_data.consents s JOIN clientele_data.customers c USING (customer_id)
            ORDER BY s.purpose, coalesce(c.merged_into, c.customer_id), s.at DESC, s.consent_id DESC) x
      GROUP BY x.purpose) l ON l.purpose = d.purpose;
  COMMENT ON VIEW clientele_bi.consents IS 'How many customers consent to each purpose.';
  COMMENT ON COLUMN clientele_bi.consents.purpose IS 'The purpose: marketing, analytics, profiling or another one.';
  COMMENT ON COLUMN clientele_bi.consents.by_default IS 'Whether customers who have said nothing consent.';
  COMMENT ON COLUMN clientele_bi.consents.granted IS 'Customers who have consented.';
  COMMENT ON COLUMN clientele_bi.consents.refused IS 'Customers who have refused, or have withdrawn their consent.';
  COMMENT ON COLUMN clientele_bi.consents.unset IS 'Customers who have said nothing.';
  COMMENT ON COLUMN clientele_bi.consents.consenting IS 'Customers whose data may be used for the purpose.';
  COMMENT ON COLUMN clientele_bi.consents.share IS 'Their share of all customers; NULL if there are none.';
END $store$;
COMMENT ON PROCEDURE create_consent_views() IS 'Creates the view of consents in clientele_bi; a part of create_store().';

INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('privacy/consents', 'clientele_bi.consents', 'view', 'create_consent_views', true);
