-- SPDX-License-Identifier: PostgreSQL
-- The attributes of customers. The view stands here because it names sources, whose tables are created after those of identities.

CREATE PROCEDURE create_attribute_views()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  -- A condition on customer_id reaches the tables, as all rows of a customer are judged together.
  CREATE OR REPLACE VIEW clientele_data.customer_attributes AS
    SELECT DISTINCT ON (a.customer_id, a.name)
           a.customer_id, a.name, a.value, s.name AS source, CASE a.rule WHEN 'first' THEN a.first_at ELSE a.last_at END AS at
    FROM (
      SELECT i.customer_id, h.name, h.value, h.source_id, h.first_at, h.last_at, coalesce(r.rule, 'latest') AS rule,
             CASE r.rule WHEN 'most_frequent' THEN sum(h.n) OVER (PARTITION BY i.customer_id, h.name, h.value) END AS times
      FROM clientele_data.home_attributes h
      JOIN clientele_data.identities i ON i.identity_id = h.home_id
      LEFT JOIN clientele_data.attribute_rules r ON r.name = h.name) a
    LEFT JOIN clientele_data.sources s ON s.source_id = a.source_id
    ORDER BY a.customer_id, a.name, a.times DESC,
             CASE a.rule WHEN 'first' THEN a.first_at END, CASE a.rule WHEN 'first' THEN a.value END,
             CASE WHEN a.rule <> 'first' THEN a.last_at END DESC, a.value DESC, a.source_id;
  COMMENT ON VIEW clientele_data.customer_attributes IS
    'What sources say of each customer: one value of each attribute, by its rule. Fast with a condition on customer_id.';
  COMMENT ON COLUMN clientele_data.customer_attributes.customer_id IS 'The customer.';
  COMMENT ON COLUMN clientele_data.customer_attributes.name IS 'The attribute.';
  COMMENT ON COLUMN clientele_data.customer_attributes.value IS
    'Its value: the latest, unless attribute_rules says first or most_frequent. Of equal times the greatest value holds (first: the least).';
  COMMENT ON COLUMN clientele_data.customer_attributes.source IS 'The source that gave it; NULL if the source has been dropped.';
  COMMENT ON COLUMN clientele_data.customer_attributes.at IS
    'The time of the event that gave it: the latest such event, with the rule first the earliest.';
END $store$;
COMMENT ON PROCEDURE create_attribute_views() IS
  'Creates the view of customers'' attributes; a part of create_store().';

INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('identity/attributes', 'clientele_data.customer_attributes', 'view', 'create_attribute_views', false);
