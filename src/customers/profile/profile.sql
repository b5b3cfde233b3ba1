-- SPDX-License-Identifier: PostgreSQL
-- One customer on one page.

CREATE FUNCTION require_bi_view(name text) RETURNS void
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_require_bi_view';
COMMENT ON FUNCTION require_bi_view(text) IS
  'Checks that the store has this view in clientele_bi, and that you trust all roles that could put code there.
These are its owner, that of the schema, and the roles with CREATE on the schema. Errors: 42P01 without a store or the view, 42501 without
the trust.';

-- Of one customer the columns come from its tags and attributes: the expression that calls customer_tags() keeps what that remembers
-- from call to call, and a query would not.
CREATE FUNCTION customer_profile(customer_id bigint, recent integer DEFAULT 10) RETURNS jsonb
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 10000 SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
#variable_conflict use_column
DECLARE
  who bigint;
  tagged jsonb;
  profile jsonb;
BEGIN
  IF customer_profile.customer_id IS NULL THEN
    RETURN NULL;
  END IF;
  PERFORM clientele.require_bi_view('customers'), clientele.require_bi_view('events'), clientele.require_store('event_types'),
          clientele.require_store('items'), clientele.require_store('customer_columns');
  who := clientele_bi.customer_now(customer_profile.customer_id);
  tagged := clientele.customer_tags(who);
  SELECT jsonb_build_object(
           'customer_id', c.customer_id, 'created_at', c.created_at, 'first_seen', c.first_seen, 'last_seen', c.last_seen, 'events', c.events,
           'channels', c.channels, 'attributes', x.attributes, 'tags', tagged,
           'recent', CASE WHEN customer_profile.recent > 0 THEN (
             SELECT coalesce(jsonb_agg(to_jsonb(r.*)), '[]')
             FROM (SELECT e.at, t.channel, t.event, i.key AS item, e.amount
                   FROM (SELECT v.at, v.event_type_id, v.item_id, v.amount FROM clientele_bi.events v WHERE v.customer_id = c.customer_id
                         ORDER BY v.at DESC FETCH FIRST (customer_profile.recent) ROWS WITH TIES) e
                   LEFT JOIN clientele_data.event_types t ON t.event_type_id = e.event_type_id
                   LEFT JOIN clientele_data.items i ON i.item_id = e.item_id
                   ORDER BY e.at DESC, t.channel COLLATE "C", t.event COLLATE "C", t.properties, i.key COLLATE "C", e.amount
                   LIMIT customer_profile.recent) r) END)
         || (SELECT jsonb_object_agg(k.name, (
               SELECT CASE k.holds
                        WHEN 'flag' THEN to_jsonb(bool_or(u.value IS NOT NULL))
                        WHEN 'number' THEN (array_agg(u.value ORDER BY u.n) FILTER (WHERE jsonb_typeof(u.value) = 'number'))[1]
                        ELSE to_jsonb((array_agg(CASE jsonb_typeof(u.value)
                               WHEN 'array' THEN (SELECT string_agg(y.part, ', ' ORDER BY y.o)
                                                  FROM jsonb_array_elements_text(u.value) WITH ORDINALITY y (part, o))
                               ELSE u.value #>> '{}' END ORDER BY u.n) FILTER (WHERE u.value IS NOT NULL))[1]) END
               FROM (SELECT y.n, CASE k.source WHEN 'tag' THEN tagged -> y.key ELSE x.attributes -> y.key END AS value
                     FROM unnest(k.keys) WITH ORDINALITY y (key, n)) u))
             FROM clientele_data.customer_columns k)
  INTO profile
  FROM clientele_bi.customers c CROSS JOIN LATERAL (SELECT c.attributes::jsonb AS attributes OFFSET 0) x
  WHERE c.customer_id = who;
  RETURN profile;
END $$;
COMMENT ON FUNCTION customer_profile(bigint, integer) IS
  'Returns all that is known of a customer as a JSON object: the columns of clientele_bi.customers, and the last events.
attributes and tags are objects, and recent is an array of the last events, the latest first, each with at, channel, event, item and
amount. Times are in UTC. A customer that was merged into another one has the profile of that one. recent: how many events; 0 leaves
them out, so that recent is null. NULL if there is no such customer. Reads what the views of clientele_bi show, with the rights of the
caller. For a list, customer_profiles() is faster. Errors: 42P01 without a store, 42501 without the right to read clientele_bi.customers
and clientele_bi.events.';

CREATE FUNCTION customer_profiles(customer_ids bigint[], recent integer DEFAULT 0) RETURNS TABLE (customer_id bigint, profile jsonb)
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1000 COST 100000 SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off AS $$
#variable_conflict use_column
DECLARE
  -- All but the JSON in text form, which would be read again.
  columns CONSTANT text := (SELECT string_agg(format('c.%I', a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
                            WHERE a.attrelid = to_regclass('clientele_bi.customers') AND a.attnum > 0 AND NOT a.attisdropped
                              AND a.attname NOT IN ('attributes', 'tags'));
BEGIN
  PERFORM clientele.require_bi_view('customers'), clientele.require_bi_view('events'), clientele.require_store('event_types'),
          clientele.require_store('items');
  RETURN QUERY EXECUTE format($sql$
  SELECT c.customer_id,
         (SELECT to_jsonb(x.*) FROM (SELECT %s) x) || jsonb_build_object('attributes', c.attributes::jsonb, 'tags', clientele.customer_tags(c.customer_id),
           'recent', CASE WHEN $2 > 0 THEN (
             SELECT coalesce(jsonb_agg(to_jsonb(r.*)), '[]')
             FROM (SELECT e.at, t.channel, t.event, i.key AS item, e.amount
                   FROM (SELECT v.at, v.event_type_id, v.item_id, v.amount FROM clientele_bi.events v WHERE v.customer_id = c.customer_id
                         ORDER BY v.at DESC FETCH FIRST ($2) ROWS WITH TIES) e
                   LEFT JOIN clientele_data.event_types t ON t.event_type_id = e.event_type_id
                   LEFT JOIN clientele_data.items i ON i.item_id = e.item_id
                   ORDER BY e.at DESC, t.channel COLLATE "C", t.event COLLATE "C", t.properties, i.key COLLATE "C", e.amount
                   LIMIT $2) r) END)
  FROM unnest($1) WITH ORDINALITY u (id, n)
  JOIN clientele_bi.customers c ON c.customer_id = u.id
  ORDER BY u.n$sql$, columns) USING customer_ids, recent;
END $$;
COMMENT ON FUNCTION customer_profiles(bigint[], integer) IS
  'Returns the profiles of many customers, in the order of the list, as in customer_profiles(audience_of(''vip'')::bigint[]).
profile is what customer_profile() returns; recent, the number of last events in it, is 0 by default. A customer that does not exist, or
was merged into another one, has no row. Errors: as customer_profile().';
