-- SPDX-License-Identifier: PostgreSQL
-- The customers that a question is about, in groups of those that are in the same segments. So one pass over the journeys, grouped by
-- group, has all that the segments and all customers need.

CREATE FUNCTION segment_words(language text, OUT "all" text, OUT "none" text, OUT other text)
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE language WHEN 'zh' THEN '全部' ELSE 'all' END, CASE language WHEN 'zh' THEN '以上皆无' ELSE 'none of them' END,
         CASE language WHEN 'zh' THEN '其他' ELSE 'other' END
$$;
COMMENT ON FUNCTION segment_words(text) IS
  'Returns how a language, en or zh, names the segment of all customers, that of customers without a value, and that of less frequent values.';

-- Segment 0 is all customers, 1 to top are values, top + 1 is the other values, -1 is customers without a value.
CREATE FUNCTION segment_groups(
    of tag_query, by text, top integer, OUT names text[], OUT groups text[], OUT customers audience[], OUT rest boolean)
  LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100000 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  base clientele.audience;
  united clientele.audience;
  places integer[];
  audiences clientele.audience[];
  total bigint;
  everyone clientele.audience;
BEGIN
  PERFORM clientele.require_store('journeys');
  IF of IS NOT NULL THEN
    base := clientele.audience_of(of);
  END IF;
  names := '{}';
  rest := base IS NULL;
  top := least(top, 1000000);
  IF by IS NULL THEN
    groups := '{"{0}"}';
    customers := ARRAY[coalesce(base, '{}')];
    RETURN;
  END IF;
  EXECUTE 'SELECT coalesce(clientele.audience(j.customer_id), ''{}'') FROM clientele_data.journeys j' INTO everyone;
  everyone := CASE WHEN base IS NULL THEN everyone ELSE everyone OPERATOR(clientele.&) base END;
  -- The values of most customers first, those of equally many in the order of their names. All others have the place after them.
  WITH valued AS MATERIALIZED (
    SELECT v.customer_id, v.segment FROM clientele.customer_segments(by) v
    WHERE v.customer_id IN (SELECT clientele.members(everyone))
  ), ranked AS MATERIALIZED (
    SELECT v.segment, least(row_number() OVER (ORDER BY count(*) DESC, v.segment COLLATE "C"), top + 1)::integer AS place
    FROM valued v GROUP BY 1
  ), placed AS MATERIALIZED (
    SELECT r.place, min(v.segment) AS segment, clientele.audience(v.customer_id) AS customers
    FROM valued v JOIN ranked r USING (segment) GROUP BY 1
  )
  SELECT array_agg(p.segment ORDER BY p.place) FILTER (WHERE p.place <= top), array_agg(p.place ORDER BY p.place),
         array_agg(p.customers ORDER BY p.place), sum(clientele.cardinality(p.customers)), clientele.audience_union(p.customers)
  INTO names, places, audiences, total, united FROM placed p;
  names := coalesce(names, '{}');
  united := coalesce(united, '{}');
  IF coalesce(total, 0) = clientele.cardinality(united) THEN
    -- Each customer has one value.
    groups := ARRAY(SELECT format('{0,%s}', u) FROM unnest(places) WITH ORDINALITY p (u, n) ORDER BY n);
    customers := coalesce(audiences, '{}');
  ELSE
    SELECT array_agg(g.key ORDER BY g.key COLLATE "C"), array_agg(g.customers ORDER BY g.key COLLATE "C") INTO groups, customers
    FROM (SELECT m.key, clientele.audience(m.customer_id) AS customers
          FROM (SELECT u.customer_id, '{0,' || string_agg(u.place::text, ',' ORDER BY u.place) || '}' AS key
                FROM (SELECT clientele.members(f.customers) AS customer_id, f.place FROM unnest(audiences, places) f (customers, place)) u
                GROUP BY 1) m
          GROUP BY 1) g;
  END IF;
  IF cardinality(groups) > 256 THEN
    -- Too many combinations of values to keep a summary for each: a customer counts once for each of its values, and once for all.
    groups := ARRAY(SELECT format('{%s}', u) FROM unnest(places) WITH ORDINALITY p (u, n) ORDER BY n) || '{"{0}","{-1}"}'::text[];
    customers := audiences || everyone || (everyone OPERATOR(clientele.-) united);
    rest := false;
  ELSIF base IS NOT NULL THEN
    groups := coalesce(groups, '{}') || '{0,-1}'::text;
    customers := coalesce(customers, '{}') || (base OPERATOR(clientele.-) united);
  ELSE
    groups := coalesce(groups, '{}');
    customers := coalesce(customers, '{}');
  END IF;
END $$;
COMMENT ON FUNCTION segment_groups(tag_query, text, integer) IS
  'Returns groups of customers that are in the same segments of a breakdown; a part of ask_question().
names: the values of most customers, at most top. groups: the segments that the customers of each group are in, as {0,2}: 0 is all
customers, 1 and so on are names, top + 1 is the values that are not among names, and -1 is customers without a value. rest: whether a
customer that is in no group is in the segments 0 and -1, or, without by, in 0. Errors: those of customer_segments() and audience_of().';

CREATE FUNCTION question_segments(of tag_query DEFAULT NULL, by text DEFAULT NULL, top integer DEFAULT 20, language text DEFAULT 'en')
  RETURNS TABLE (customer_id bigint, segment text, segment_kind text)
  LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100000 COST 100000 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  base clientele.audience;
  words record;
BEGIN
  PERFORM clientele.require_store('journeys');
  base := clientele.audience_of(of);
  words := clientele.segment_words(language);
  RETURN QUERY
  WITH people AS MATERIALIZED (
    SELECT j.customer_id FROM clientele_data.journeys j WHERE base IS NULL OR j.customer_id IN (SELECT clientele.members(base))
  ), valued AS MATERIALIZED (
    SELECT s.customer_id, s.segment FROM people p JOIN clientele.customer_segments(by) s USING (customer_id) WHERE by IS NOT NULL
  ), ranked AS MATERIALIZED (
    SELECT v.segment, row_number() OVER (ORDER BY count(*) DESC, v.segment COLLATE "C") AS n FROM valued v GROUP BY 1
  )
  SELECT p.customer_id, words."all", 'all' FROM people p
  UNION ALL
  SELECT DISTINCT v.customer_id, CASE WHEN r.n <= top THEN v.segment ELSE words.other END, CASE WHEN r.n <= top THEN 'value' ELSE 'other' END
  FROM valued v JOIN ranked r USING (segment)
  UNION ALL
  SELECT p.customer_id, words."none", 'none' FROM people p
  WHERE by IS NOT NULL AND NOT EXISTS (SELECT FROM valued v WHERE v.customer_id = p.customer_id);
END $$;
COMMENT ON FUNCTION question_segments(tag_query, text, integer, text) IS
  'Returns the segments of each customer in the breakdown of a question: all, and the values of a tag or an attribute, or none of them.
of: a tag query, the customers that the question is about; NULL is all. by: the tag or the attribute, as for customer_segments(); NULL
leaves out the breakdown. top: values beyond those of most customers are in the segment other. language: en or zh, that of the names all,
none of them and other. segment_kind: all, value, none or other. Errors: those of customer_segments() and audience_of().';
