-- SPDX-License-Identifier: PostgreSQL
-- One customer on one page.

CREATE FUNCTION require_bi_view(name text) RETURNS void
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  relation CONSTANT regclass := to_regclass('clientele_bi.' || quote_ident(name));
BEGIN
  PERFORM clientele.require_store('event_types');
  IF relation IS NULL THEN
    RAISE EXCEPTION 'the store has no view clientele_bi.%', name USING ERRCODE = 'undefined_table',
      HINT = 'CALL clientele.upgrade_store(), as the owner of the store, brings it up to date.';
  END IF;
  PERFORM clientele.check_caller_relation(relation);
END $$;
COMMENT ON FUNCTION require_bi_view(text) IS
  'Checks that the store has a view of clientele_bi, and that you trust its owner.
Errors: 42P01 without a store or the view, 42501 without the trust or without the right to read clientele_data.event_types.';

CREATE FUNCTION customer_profiles(customer_ids bigint[], recent integer DEFAULT 10)
  RETURNS TABLE (customer_id bigint, profile jsonb)
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1000 COST 1000 SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
#variable_conflict use_column
BEGIN
  PERFORM clientele.require_bi_view(v) FROM unnest('{customers,events}'::text[]) v;
  RETURN QUERY
  SELECT c.customer_id,
         to_jsonb(c) || jsonb_build_object('attributes', c.attributes::jsonb, 'tags', c.tags::jsonb, 'recent', CASE WHEN recent > 0 THEN (
           SELECT coalesce(jsonb_agg(jsonb_build_object('at', e.at, 'channel', e.channel, 'event', e.event, 'item', e.item, 'amount', e.amount)
                                     ORDER BY e.n), '[]')
           FROM (SELECT x.*, row_number() OVER (
                          ORDER BY x.at DESC, x.channel COLLATE "C", x.event COLLATE "C", x.properties, x.item COLLATE "C", x.amount) AS n
                 FROM clientele_bi.events x WHERE x.customer_id = c.customer_id ORDER BY n LIMIT recent) e) END)
  FROM unnest(customer_ids) WITH ORDINALITY u (id, n)
  JOIN clientele_bi.customers c ON c.customer_id = u.id
  ORDER BY u.n;
END $$;
COMMENT ON FUNCTION customer_profiles(bigint[], integer) IS
  'Returns what is known of many customers, one row each in the order of the list, as in customer_profiles(audience_of(''vip'')::bigint[]).
profile is what customer_profile() returns. Customers that do not exist, or were merged into another one, have no row. It reads the tags once,
and so is much faster than customer_profile() for each. Errors: as customer_profile().';

CREATE FUNCTION customer_profile(customer_id bigint, recent integer DEFAULT 10) RETURNS jsonb
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 10000 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_bi_view('customers');
  RETURN (SELECT p.profile FROM clientele.customer_profiles(ARRAY[clientele_bi.customer_now(customer_profile.customer_id)], recent) p);
END $$;
COMMENT ON FUNCTION customer_profile(bigint, integer) IS
  'Returns all that is known of a customer as a JSON object: the columns of clientele_bi.customers, and the last events.
attributes and tags are objects, and recent is an array of the last events, the latest first, each with at, channel, event, item and amount.
Times are in UTC. A customer that was merged into another one has the profile of that one. recent: how many events; 0 leaves them out, so that
recent is null. NULL if there is no such customer. Reads what the views of clientele_bi show, with the rights of the caller. Errors: 42P01
without a store, 42501 without the right to read clientele_bi.customers and clientele_bi.events.';
