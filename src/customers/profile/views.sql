-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION customer_view_columns() RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT '{customer_id,created_at,first_seen,last_seen,events,channels,attributes,tags}'::text[]
$$;
COMMENT ON FUNCTION customer_view_columns() IS
  'Lists the columns of clientele_bi.customers that are not in clientele_data.customer_columns; a part of create_customer_views().';

CREATE PROCEDURE create_customer_views()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET quote_all_identifiers = off AS $store$
DECLARE
  columns text;
  chosen text;
  comment record;
BEGIN
  CREATE OR REPLACE VIEW clientele_bi.customer_attributes AS
    SELECT a.customer_id, a.name::text AS name, a.value::text AS value, a.source, a.at FROM clientele_data.customer_attributes a
    WHERE a.name = ANY (ARRAY(SELECT unnest(k.keys) FROM clientele_data.customer_columns k WHERE k.source = 'attribute'));
  COMMENT ON VIEW clientele_bi.customer_attributes IS
    'What sources say of customers: one row for each attribute of a customer that clientele.set_customer_columns() shows. Fast with a condition
on customer_id.';
  COMMENT ON COLUMN clientele_bi.customer_attributes.customer_id IS 'The customer.';
  COMMENT ON COLUMN clientele_bi.customer_attributes.name IS 'The attribute: city, language and so on.';
  COMMENT ON COLUMN clientele_bi.customer_attributes.value IS 'Its value, by the rule in clientele_data.attribute_rules.';
  COMMENT ON COLUMN clientele_bi.customer_attributes.source IS 'The source that gave it.';
  COMMENT ON COLUMN clientele_bi.customer_attributes.at IS 'The time of the event that gave it.';

  -- Each column is an expression of its own: what a query does not name costs nothing.
  SELECT string_agg(format('%s%s AS %I', clientele.customer_column_sql(k.source, k.name, k.holds),
                           CASE WHEN k.name = 'churn_probability' THEN '::double precision' ELSE '' END, k.name), ', ' ORDER BY k.place)
           FILTER (WHERE k.standard),
         string_agg(format(', %s AS %I', clientele.customer_column_sql(k.source, k.name, k.holds), k.name), '' ORDER BY k.place)
           FILTER (WHERE NOT k.standard)
  INTO columns, chosen FROM clientele_data.customer_columns k;
  EXECUTE format($view$
    CREATE OR REPLACE VIEW clientele_bi.customers AS
    SELECT c.customer_id, c.created_at,
           clientele.first_at(j.journey) AS first_seen, clientele.last_at(j.journey) AS last_seen,
           coalesce(clientele.event_count(j.journey), 0)::bigint AS events,
           nullif(array_to_string(clientele.channels(j.journey), ', '), '') AS channels, %s,
           coalesce(x.attributes, '{}')::text AS attributes,
           clientele.customer_tags(c.customer_id)::text AS tags%s
    FROM clientele_data.customers c
    LEFT JOIN clientele_data.journeys j ON j.customer_id = c.customer_id
    LEFT JOIN LATERAL (SELECT jsonb_object_agg(a.name, a.value) AS attributes FROM clientele_bi.customer_attributes a
                       WHERE a.customer_id = c.customer_id) x ON true
    WHERE c.merged_into IS NULL$view$, columns, chosen);
  COMMENT ON VIEW clientele_bi.customers IS
    'All that is known of each customer, in one row. Customers that were merged into another one are not listed. Fast with a condition on
customer_id, and for few columns. clientele.set_customer_columns() adds tags and attributes as columns.';
  COMMENT ON COLUMN clientele_bi.customers.customer_id IS 'The customer.';
  COMMENT ON COLUMN clientele_bi.customers.created_at IS 'When the customer was added to the store.';
  COMMENT ON COLUMN clientele_bi.customers.first_seen IS 'Time of the first event; NULL without events.';
  COMMENT ON COLUMN clientele_bi.customers.last_seen IS 'Time of the last event; NULL without events.';
  COMMENT ON COLUMN clientele_bi.customers.events IS 'Number of events.';
  COMMENT ON COLUMN clientele_bi.customers.channels IS 'The channels of the events, in the order in which each was used first; NULL if none has a name.';
  COMMENT ON COLUMN clientele_bi.customers.attributes IS 'The attributes that clientele.set_customer_columns() shows as JSON, such as {"city": "Berlin"}.';
  COMMENT ON COLUMN clientele_bi.customers.tags IS 'All tags as JSON, as clientele.customer_tags() returns them.';
  COMMENT ON COLUMN clientele_bi.customers.tier IS
    'The tier by RFM, as the tag value.tier or 价值.层级 says: high value, potential, basic or at risk.';
  COMMENT ON COLUMN clientele_bi.customers.segment IS 'The segment by RFM, as Champions: the tag value.segment or 价值.分群.';
  COMMENT ON COLUMN clientele_bi.customers.lifecycle IS 'The stage of the lifecycle, as loyal or silent: the tag basic.lifecycle or 基本.生命周期.';
  COMMENT ON COLUMN clientele_bi.customers.purchase_days IS 'On how many days the customer bought: the tag value.purchases or 价值.购买天数.';
  COMMENT ON COLUMN clientele_bi.customers.spend IS 'The sum of all purchases: the tag value.spend or 价值.消费额.';
  COMMENT ON COLUMN clientele_bi.customers.predicted_value IS
    'What the customer is expected to spend yet: a tag of yours that is called value.predicted or 价值.预期价值.';
  COMMENT ON COLUMN clientele_bi.customers.churn_probability IS
    'The probability that the customer leaves, from 0 to 1: the tag value.churn_risk or 价值.流失概率.';
  COMMENT ON COLUMN clientele_bi.customers.consent IS
    'What the customer has consented to, as far as a source says: the attribute consent, or another of the usual names.';

  CREATE OR REPLACE FUNCTION clientele_bi.customer_now(customer_id bigint) RETURNS bigint
    LANGUAGE sql STABLE STRICT PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
      SELECT coalesce(c.merged_into, c.customer_id) FROM clientele_data.customers c WHERE c.customer_id = $1;
    END;
  COMMENT ON FUNCTION clientele_bi.customer_now(bigint) IS
    'Returns the number that a customer goes by today: the same, or that of the customer it was merged into.
NULL if there is no such customer.';

  CREATE OR REPLACE FUNCTION clientele_bi.journey_map(
      among clientele.audience DEFAULT NULL, stages text[] DEFAULT NULL, goal text DEFAULT NULL, language text DEFAULT 'en')
    RETURNS TABLE (place integer, stage text, channel text, customers bigint, share double precision, visits bigint,
                   dwell_seconds double precision, p90_dwell_seconds double precision, dropped bigint, drop_share double precision)
    LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
      SELECT m.* FROM clientele.journey_map($1, $2, $3, $4) m;
    END;
  COMMENT ON FUNCTION clientele_bi.journey_map(clientele.audience, text[], text, text) IS
    'Shows where an audience is on its way: how many customers came to each stage on each channel, how long they stayed, and how many went no
further, without giving access to journeys.
The arguments and columns are those of clientele.journey_map().';

  FOR comment IN
    SELECT k.name, coalesce(t.description, initcap(k.source) || ' ' || k.keys[1] || '.') AS text
    FROM clientele_data.customer_columns k
    LEFT JOIN clientele_data.tags t ON k.source = 'tag' AND t.name = k.keys[1]
    WHERE NOT k.standard
  LOOP
    EXECUTE format('COMMENT ON COLUMN clientele_bi.customers.%I IS %L', comment.name, comment.text);
  END LOOP;
END $store$;
COMMENT ON PROCEDURE create_customer_views() IS
  'Makes the views of customers in clientele_bi; a part of create_store() and set_customer_columns().';
INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('customers/profile', 'clientele_bi.customer_attributes', 'view', 'create_customer_views', true),
  ('customers/profile', 'clientele_bi.customers', 'view', 'create_customer_views', true),
  ('customers/profile', 'clientele_bi.customer_now(bigint)', 'function', 'create_customer_views', true),
  ('customers/profile', 'clientele_bi.journey_map(clientele.audience, text[], text, text)', 'function', 'create_customer_views', true);
