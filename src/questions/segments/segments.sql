-- SPDX-License-Identifier: PostgreSQL
-- Which value of a tag or of an attribute each customer has.

CREATE FUNCTION segment_source(by text, OUT kind text, OUT name text, OUT holds text)
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  known text[];
BEGIN
  PERFORM clientele.require_store('tags'), clientele.require_store('tag_status'), clientele.require_store('home_attributes');
  IF by IS NULL THEN
    RAISE EXCEPTION 'by must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  name := regexp_replace(by, '^(tag|attribute):', '');
  IF by NOT LIKE 'attribute:%' THEN
    SELECT 'tag', coalesce(s.holds, t.holds) INTO kind, holds
    FROM clientele_data.tags t LEFT JOIN clientele_data.tag_status s ON s.tag = t.name WHERE t.name = segment_source.name;
  END IF;
  IF kind IS NULL AND by NOT LIKE 'tag:%' THEN
    SELECT 'attribute', 'text' INTO kind, holds WHERE EXISTS (SELECT FROM clientele_data.home_attributes a WHERE a.name = segment_source.name);
  END IF;
  IF kind IS NULL THEN
    known := ARRAY(SELECT t.name FROM clientele_data.tags t WHERE by NOT LIKE 'attribute:%'
                   UNION SELECT a.name FROM clientele_data.home_attributes a WHERE by NOT LIKE 'tag:%');
    RAISE EXCEPTION '% "%" does not exist', CASE WHEN by LIKE 'tag:%' THEN 'tag' WHEN by LIKE 'attribute:%' THEN 'attribute'
                                            ELSE 'tag or attribute' END, left(name, 100)
      USING ERRCODE = 'undefined_object',
      HINT = clientele.nearest_names(name, known) || 'clientele_data.tags lists tags, and clientele_data.customer_attributes attributes.';
  ELSIF kind = 'tag' AND NOT EXISTS (
      SELECT FROM clientele_data.tag_status s WHERE s.tag = segment_source.name AND s.refresh_id IS NOT NULL) THEN
    RAISE EXCEPTION 'tag "%" was never refreshed', name USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = 'SELECT * FROM clientele.refresh_tags() computes which customers have it.';
  END IF;
END $$;
COMMENT ON FUNCTION segment_source(text) IS
  'Finds the tag or the attribute that a breakdown names; a part of customer_segments().
kind: tag or attribute. holds: flag, text, texts or number. Errors: 42704 for an unknown name, with the nearest names, 55000 for a tag that
was never refreshed.';

CREATE FUNCTION score_bands(scores tag_scores) RETURNS TABLE (segment text, low numeric, high numeric)
  LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE ROWS 5 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  cuts numeric[];
BEGIN
  cuts := ARRAY(SELECT s.score FROM clientele.scores(scores) s GROUP BY s.score ORDER BY s.score LIMIT 11);
  IF cardinality(cuts) <= 10 THEN
    RETURN QUERY SELECT trim_scale(c.cut)::text, c.cut, c.cut FROM unnest(cuts) WITH ORDINALITY c (cut, n) ORDER BY c.n;
    RETURN;
  END IF;
  SELECT percentile_disc('{0.25,0.5,0.75}'::float8[]) WITHIN GROUP (ORDER BY s.score) INTO cuts FROM clientele.scores(scores) s;
  -- A band has its lower bound and not its upper one. Equal cuts make fewer bands, and none is below the least number.
  cuts := ARRAY(SELECT DISTINCT c FROM unnest(cuts) c WHERE c > (SELECT (clientele.score_summary(scores)).minimum) ORDER BY 1);
  IF cuts = '{}' THEN
    -- Three quarters of the customers have the least number.
    cuts := ARRAY(SELECT min(s.score) FROM clientele.scores(scores) s WHERE s.score > (SELECT (clientele.score_summary(scores)).minimum));
  END IF;
  RETURN QUERY
  SELECT CASE WHEN b.n = 0 THEN '< ' || trim_scale(cuts[1]) WHEN b.n = cardinality(cuts) THEN '≥ ' || trim_scale(cuts[b.n])
              ELSE trim_scale(cuts[b.n]) || ' – < ' || trim_scale(cuts[b.n + 1]) END, cuts[b.n], cuts[b.n + 1]
  FROM generate_series(0, cardinality(cuts)) b (n) ORDER BY b.n;
END $$;
COMMENT ON FUNCTION score_bands(tag_scores) IS
  'Returns the segments of a tag that holds numbers: each number if there are at most ten, otherwise quarters of the customers.
Quarters are cut at percentile_disc of 0.25, 0.5 and 0.75; a number that is equal to a cut is in the band above it, and cuts that are equal
make fewer bands. low and high are equal for a single number, and NULL where a band has no bound.';

CREATE FUNCTION customer_segments(by text) RETURNS TABLE (customer_id bigint, segment text)
  LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100000 COST 10000 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  source record;
BEGIN
  source := clientele.segment_source(by);
  PERFORM clientele.require_store('tag_audiences'), clientele.require_store('tag_numbers'), clientele.require_store('customer_attributes');
  IF source.kind = 'attribute' THEN
    RETURN QUERY SELECT a.customer_id, a.value::text FROM clientele_data.customer_attributes a WHERE a.name = source.name;
  ELSIF source.holds = 'number' THEN
    RETURN QUERY
    SELECT clientele.members(CASE WHEN b.low = b.high THEN clientele.scores_between(n.scores, b.low, b.low)
                             ELSE coalesce(clientele.scores_at_least(n.scores, b.low), n.scores::clientele.audience)
                                  OPERATOR(clientele.-) coalesce(clientele.scores_at_least(n.scores, b.high), '{}') END), b.segment
    FROM clientele_data.tag_numbers n CROSS JOIN LATERAL clientele.score_bands(n.scores) b WHERE n.tag = source.name;
  ELSE
    RETURN QUERY
    SELECT clientele.members(a.customers), CASE source.holds WHEN 'flag' THEN a.tag ELSE a.value END::text
    FROM clientele_data.tag_audiences a WHERE a.tag = source.name AND (a.value = '') = (source.holds = 'flag');
  END IF;
END $$;
COMMENT ON FUNCTION customer_segments(text) IS
  'Returns the value of a tag or of an attribute that each customer has, as customer_segments(''value.tier'') or (''city'').
Customers without a value have no row. A tag without values gives its name. Customers with several values of a tag have several rows. A tag
that holds numbers gives each number if it has at most ten different ones, otherwise quarters of the customers, such as ≥ 120; see
score_bands(). A name that is both is that of the tag; tag:city and attribute:city decide it. Tags are as of the last refresh_tags().
Errors: 42704 for an unknown name, with the nearest names, 55000 for a tag that was never refreshed, 42P01 without a store, 42501 without
the right to read tags and attributes.';
