-- SPDX-License-Identifier: PostgreSQL
-- Which tags and attributes are columns of clientele_bi.customers.

CREATE PROCEDURE create_customer_tables()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  IF to_regclass('clientele_data.customer_columns') IS NULL THEN
    CREATE TABLE clientele_data.customer_columns (
      name text COLLATE "C" PRIMARY KEY CHECK (name <> '' AND octet_length(name) <= 63),
      place integer NOT NULL,
      source text NOT NULL CHECK (source IN ('tag', 'attribute')),
      keys text[] NOT NULL CHECK (cardinality(keys) > 0 AND array_position(keys, NULL) IS NULL),
      holds text NOT NULL CHECK (holds IN ('flag', 'text', 'number')),
      standard boolean NOT NULL DEFAULT false,
      CHECK (source = 'tag' OR holds = 'text')
    );
    INSERT INTO clientele_data.customer_columns (name, place, source, keys, holds, standard) VALUES
      ('tier', 1, 'tag', '{value.tier,价值.层级}', 'text', true),
      ('segment', 2, 'tag', '{value.segment,价值.分群}', 'text', true),
      ('lifecycle', 3, 'tag', '{basic.lifecycle,基本.生命周期}', 'text', true),
      ('purchase_days', 4, 'tag', '{value.purchases,价值.购买天数}', 'number', true),
      ('spend', 5, 'tag', '{value.spend,价值.消费额}', 'number', true),
      ('predicted_value', 6, 'tag', '{value.predicted,价值.预期价值}', 'number', true),
      ('churn_probability', 7, 'tag', '{value.churn_risk,价值.流失概率}', 'number', true),
      ('consent', 8, 'attribute', '{consent,marketing_consent,opt_in,email_opt_in,newsletter,gdpr_consent,同意,营销同意,授权,营销授权}', 'text', true);
  END IF;
  COMMENT ON TABLE clientele_data.customer_columns IS
    'Which tags and attributes are columns of clientele_bi.customers. set_customer_columns() writes those that you choose; keys may be changed.';
  COMMENT ON COLUMN clientele_data.customer_columns.name IS 'The name of the column.';
  COMMENT ON COLUMN clientele_data.customer_columns.place IS 'The order of the columns.';
  COMMENT ON COLUMN clientele_data.customer_columns.source IS 'tag or attribute.';
  COMMENT ON COLUMN clientele_data.customer_columns.keys IS
    'The tags or attributes: the column shows the first one that a customer has.';
  COMMENT ON COLUMN clientele_data.customer_columns.holds IS 'What the column shows: flag (boolean), text or number (numeric).';
  COMMENT ON COLUMN clientele_data.customer_columns.standard IS 'Whether every store has the column.';
END $store$;
COMMENT ON PROCEDURE create_customer_tables() IS
  'Creates the table of the columns of clientele_bi.customers; a part of create_store().';
INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('customers/profile', 'clientele_data.customer_columns', 'table', 'create_customer_tables', true);

CREATE FUNCTION customer_column_name(key text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  -- Letters of any script stay. A name of 63 bytes still takes a number of three digits.
  WITH plain AS (
    SELECT btrim(regexp_replace(lower(key COLLATE "C"), E'[\\x01-\\x2f\\x3a-\\x40\\x5b-\\x60\\x7b-\\x7f[:space:]]+', '_', 'g'), '_') AS name
  ), named AS (
    SELECT CASE WHEN p.name = '' THEN 'tag' WHEN p.name ~ '^[0-9]' THEN '_' || p.name ELSE p.name END AS name FROM plain p
  )
  SELECT left(n.name, (SELECT max(i) FROM generate_series(1, least(length(n.name), 59)) i WHERE octet_length(left(n.name, i)) <= 59))
  FROM named n
$$;
COMMENT ON FUNCTION customer_column_name(text) IS
  'Makes the name of a column of a tag or an attribute: value.spend becomes value_spend; a part of set_customer_columns().';

CREATE FUNCTION customer_column_sql(source text, name text, holds text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE source
    WHEN 'tag' THEN format('clientele.%s(c.customer_id, (SELECT k.keys FROM clientele_data.customer_columns k WHERE k.name = %L))',
                           CASE holds WHEN 'flag' THEN 'customer_has_tag' WHEN 'number' THEN 'customer_tag_number' ELSE 'customer_tag' END, name)
    ELSE format('(SELECT x.attributes ->> u.key FROM clientele_data.customer_columns k, unnest(k.keys) WITH ORDINALITY u (key, n) '
                'WHERE k.name = %L AND x.attributes ? u.key ORDER BY u.n LIMIT 1)', name)
    END
$$;
COMMENT ON FUNCTION customer_column_sql(text, text, text) IS
  'Writes the expression of a column of clientele_bi.customers; a part of create_customer_views().';

CREATE PROCEDURE set_customer_columns(tags text[] DEFAULT '{}', attributes text[] DEFAULT '{}')
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning SET quote_all_identifiers = off AS $$
DECLARE
  unknown text;
  wanted record;
  base text;
  column_name text;
  next_place integer;
BEGIN
  PERFORM clientele.require_store('customer_columns', p) FROM unnest('{SELECT,INSERT,DELETE}'::text[]) p;
  PERFORM clientele.require_store('tags'), clientele.require_store('customer_attributes');
  IF array_position(tags, NULL) IS NOT NULL OR array_position(attributes, NULL) IS NOT NULL THEN
    RAISE EXCEPTION 'tags and attributes must not contain NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF coalesce(cardinality(tags), 0) + coalesce(cardinality(attributes), 0) > 500 THEN
    RAISE EXCEPTION 'clientele_bi.customers can have at most 500 columns of tags and attributes' USING
      ERRCODE = 'program_limit_exceeded', HINT = 'Its column tags has all tags, as JSON.';
  END IF;
  SELECT u INTO unknown FROM unnest(tags) u WHERE NOT EXISTS (SELECT FROM clientele_data.tags t WHERE t.name = u) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'tag "%" does not exist', left(unknown, 500) USING ERRCODE = 'undefined_object',
      HINT = clientele.nearest_names(unknown, ARRAY(SELECT t.name FROM clientele_data.tags t ORDER BY t.name)) || 'clientele_bi.tag_coverage lists all tags.';
  END IF;
  SELECT u INTO unknown FROM unnest(attributes) u
  WHERE NOT EXISTS (SELECT FROM clientele_data.customer_attributes a WHERE a.name = u) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'no customer has an attribute "%"', left(unknown, 500) USING ERRCODE = 'undefined_object',
      HINT = clientele.nearest_names(unknown, ARRAY(SELECT DISTINCT a.name::text FROM clientele_data.customer_attributes a))
        || 'clientele_data.customer_attributes lists all attributes.';
  END IF;
  LOCK TABLE clientele_data.customer_columns IN SHARE ROW EXCLUSIVE MODE;
  DELETE FROM clientele_data.customer_columns k WHERE NOT k.standard;
  next_place := (SELECT coalesce(max(k.place), 0) FROM clientele_data.customer_columns k);
  FOR wanted IN
    SELECT w.source, w.key, min(w.n) AS n, coalesce(min(t.holds), 'text') AS holds
    FROM (SELECT 'tag' AS source, u.key, u.n FROM unnest(tags) WITH ORDINALITY u (key, n)
          UNION ALL
          SELECT 'attribute', u.key, 1000 + u.n FROM unnest(attributes) WITH ORDINALITY u (key, n)) w
    LEFT JOIN clientele_data.tags t ON w.source = 'tag' AND t.name = w.key
    GROUP BY w.source, w.key ORDER BY 3
  LOOP
    base := clientele.customer_column_name(wanted.key);
    SELECT x.name INTO column_name
    FROM (SELECT i, CASE i WHEN 1 THEN base ELSE base || '_' || i END AS name FROM generate_series(1, 999) i) x
    WHERE x.name <> ALL (clientele.customer_view_columns())
      AND NOT EXISTS (SELECT FROM clientele_data.customer_columns k WHERE k.name = x.name)
    ORDER BY x.i LIMIT 1;
    next_place := next_place + 1;
    INSERT INTO clientele_data.customer_columns (name, place, source, keys, holds)
    VALUES (column_name, next_place, wanted.source, ARRAY[wanted.key], replace(wanted.holds, 'texts', 'text'));
  END LOOP;
  CALL clientele.create_members('create_customer_views');
  CALL clientele.comment_store(clientele.store_language());
END $$;
COMMENT ON PROCEDURE set_customer_columns(text[], text[]) IS
  'Chooses which tags and attributes are columns of clientele_bi.customers, besides those that it always has.
Attributes can be personal data: only those that are chosen here, and consent, are in the views of clientele_bi. The columns replace
those of the call before, and keep their place in the list; without arguments only the standard columns are left. The column of
value.spend is called value_spend: what is not a letter or a digit becomes _, and a name that is taken gets a number. Flags become
boolean, numbers numeric, all else text; several texts are separated by a comma. A tag that is renamed stays in its column only if it is
chosen again. Rights to the view stay. upgrade_store() keeps the choice. Needs the rights of the store''s owner. Errors: 42704 for a tag
or an attribute that no customer can have, 22004 for NULL in an array, 54000 for more than 500, 2BP01 if a column that goes is used by a
view of yours, 42P01 without a store, 42501 without the rights.';
