-- SPDX-License-Identifier: PostgreSQL

CREATE PROCEDURE create_tag_views()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  -- Members in the list of columns come one by one, so that a LIMIT ends early.
  CREATE OR REPLACE VIEW clientele_bi.customer_tags AS
    SELECT clientele.members(a.customers) AS customer_id, a.tag::text AS tag, nullif(a.value, '')::text AS value,
           NULL::numeric AS number, t.family
    FROM clientele_data.tag_audiences a
    JOIN clientele_data.tags t ON t.name = a.tag
    JOIN clientele_data.tag_status s ON s.tag = a.tag AND (s.holds = 'flag' OR s.holds IN ('text', 'texts') AND a.value <> '')
    UNION ALL
    SELECT s.customer_id, n.tag::text, s.score::text, s.score, t.family
    FROM clientele_data.tag_numbers n
    JOIN clientele_data.tags t ON t.name = n.tag
    CROSS JOIN LATERAL clientele.scores(n.scores) s;
  COMMENT ON VIEW clientele_bi.customer_tags IS
    'The tags of customers: one row for each tag of a customer, as of the last refresh. For one customer, clientele.tags_of(customer_id)
is faster.';
  COMMENT ON COLUMN clientele_bi.customer_tags.customer_id IS 'The customer.';
  COMMENT ON COLUMN clientele_bi.customer_tags.tag IS 'The tag.';
  COMMENT ON COLUMN clientele_bi.customer_tags.value IS 'Its value, for tags that hold texts or numbers.';
  COMMENT ON COLUMN clientele_bi.customer_tags.number IS 'Its value as a number, for tags that hold numbers.';
  COMMENT ON COLUMN clientele_bi.customer_tags.family IS 'basic, behaviour, preference, value or response.';

  CREATE OR REPLACE VIEW clientele_bi.tag_coverage AS
    SELECT t.name::text AS tag, t.family, t.kind, coalesce(s.holds, t.holds) AS holds, t.description, s.customers,
           s.customers::double precision / nullif(e.customers, 0) AS share,
           e.customers AS all_customers, r.at AS refreshed_at, s.complete_at, s.error, s.failed_at
    FROM clientele_data.tags t
    LEFT JOIN clientele_data.tag_status s ON s.tag = t.name
    LEFT JOIN clientele_data.tag_refreshes r ON r.refresh_id = s.refresh_id
    LEFT JOIN (SELECT clientele.cardinality(a.customers) AS customers FROM clientele_data.tag_audiences a
               WHERE a.tag = '' AND a.value = '') e ON true;
  COMMENT ON VIEW clientele_bi.tag_coverage IS 'Every tag: how many customers have it, how fresh it is, and why it failed if it did.';
  COMMENT ON COLUMN clientele_bi.tag_coverage.tag IS 'The tag.';
  COMMENT ON COLUMN clientele_bi.tag_coverage.family IS 'basic, behaviour, preference, value or response.';
  COMMENT ON COLUMN clientele_bi.tag_coverage.kind IS 'The kind of rule: query, journey, tags, or fixed if there is no rule.';
  COMMENT ON COLUMN clientele_bi.tag_coverage.holds IS 'flag, text, texts or number.';
  COMMENT ON COLUMN clientele_bi.tag_coverage.description IS 'What it means.';
  COMMENT ON COLUMN clientele_bi.tag_coverage.customers IS 'How many customers have it; NULL before the first refresh.';
  COMMENT ON COLUMN clientele_bi.tag_coverage.share IS 'Their share of all customers.';
  COMMENT ON COLUMN clientele_bi.tag_coverage.all_customers IS 'How many customers there are.';
  COMMENT ON COLUMN clientele_bi.tag_coverage.refreshed_at IS 'The present of the last refresh of the tag.';
  COMMENT ON COLUMN clientele_bi.tag_coverage.complete_at IS 'The present of the last refresh that evaluated all customers.';
  COMMENT ON COLUMN clientele_bi.tag_coverage.error IS 'Why the last evaluation of the rule failed; NULL if it did not.';
  COMMENT ON COLUMN clientele_bi.tag_coverage.failed_at IS 'When it last failed; NULL if the last evaluation did not fail.';

  CREATE OR REPLACE VIEW clientele_bi.tag_family_coverage AS
    SELECT coalesce(f.family, 'all') AS family, f.tags, clientele.and_cardinality(f.customers, e.customers) AS customers,
           clientele.and_cardinality(f.customers, e.customers)::double precision / nullif(clientele.cardinality(e.customers), 0) AS share
    FROM (SELECT t.family, count(*) AS tags, coalesce(clientele.audience_union(a.customers), '{}') AS customers
          FROM clientele_data.tags t
          LEFT JOIN clientele_data.tag_audiences a ON a.tag = t.name AND a.value = ''
          GROUP BY ROLLUP (t.family)) f
    JOIN clientele_data.tag_audiences e ON e.tag = '' AND e.value = '';
  COMMENT ON VIEW clientele_bi.tag_family_coverage IS
    'How many customers have at least one tag, by family; the row all is over all families.';
  COMMENT ON COLUMN clientele_bi.tag_family_coverage.family IS 'The family, or all.';
  COMMENT ON COLUMN clientele_bi.tag_family_coverage.tags IS 'How many tags are defined.';
  COMMENT ON COLUMN clientele_bi.tag_family_coverage.customers IS 'How many customers have at least one of them.';
  COMMENT ON COLUMN clientele_bi.tag_family_coverage.share IS 'Their share of all customers.';

  CREATE OR REPLACE VIEW clientele_bi.tag_values AS
    SELECT a.tag::text AS tag, a.value::text AS value, t.family, clientele.cardinality(a.customers) AS customers,
           clientele.cardinality(a.customers)::double precision / nullif(s.customers, 0) AS share
    FROM clientele_data.tag_audiences a
    JOIN clientele_data.tags t ON t.name = a.tag
    LEFT JOIN clientele_data.tag_status s ON s.tag = a.tag
    WHERE a.value <> '';
  COMMENT ON VIEW clientele_bi.tag_values IS 'The values of tags that hold texts, with how many customers have each.';
  COMMENT ON COLUMN clientele_bi.tag_values.tag IS 'The tag.';
  COMMENT ON COLUMN clientele_bi.tag_values.value IS 'The value.';
  COMMENT ON COLUMN clientele_bi.tag_values.family IS 'basic, behaviour, preference, value or response.';
  COMMENT ON COLUMN clientele_bi.tag_values.customers IS 'How many customers have it.';
  COMMENT ON COLUMN clientele_bi.tag_values.share IS 'Their share of the customers that have the tag.';

  CREATE OR REPLACE VIEW clientele_bi.tag_history AS
    SELECT c.at, c.tag::text AS tag, nullif(c.value, '')::text AS value, t.family,
           clientele.cardinality(c.gained) AS gained, clientele.cardinality(c.lost) AS lost, c.refresh_id
    FROM clientele_data.tag_changes c
    LEFT JOIN clientele_data.tags t ON t.name = c.tag;
  COMMENT ON VIEW clientele_bi.tag_history IS
    'How many customers gained and lost each tag with each refresh. clientele.tag_history(customer_id) lists the same for one customer.';
  COMMENT ON COLUMN clientele_bi.tag_history.at IS 'The time that the refresh used as the present.';
  COMMENT ON COLUMN clientele_bi.tag_history.tag IS 'The tag.';
  COMMENT ON COLUMN clientele_bi.tag_history.value IS 'The value; NULL for the tag with any value.';
  COMMENT ON COLUMN clientele_bi.tag_history.family IS 'basic, behaviour, preference, value or response.';
  COMMENT ON COLUMN clientele_bi.tag_history.gained IS 'How many customers have it since then.';
  COMMENT ON COLUMN clientele_bi.tag_history.lost IS 'How many customers do not have it any longer.';
  COMMENT ON COLUMN clientele_bi.tag_history.refresh_id IS 'The run in clientele_data.tag_refreshes.';
END $store$;
COMMENT ON PROCEDURE create_tag_views() IS
  'Makes the views of tags in clientele_bi; a part of create_store().';
INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('tags/defined', 'clientele_bi.customer_tags', 'view', 'create_tag_views', true),
  ('tags/defined', 'clientele_bi.tag_coverage', 'view', 'create_tag_views', true),
  ('tags/defined', 'clientele_bi.tag_family_coverage', 'view', 'create_tag_views', true),
  ('tags/defined', 'clientele_bi.tag_values', 'view', 'create_tag_views', true),
  ('tags/defined', 'clientele_bi.tag_history', 'view', 'create_tag_views', true);
