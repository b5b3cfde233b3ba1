-- SPDX-License-Identifier: PostgreSQL
-- What an audience is like, in the dimensions in which people are described.

CREATE FUNCTION score_quarters(scores tag_scores, among audience) RETURNS TABLE (place integer, value text, customers audience)
  LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE ROWS 4 COST 10000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  base CONSTANT clientele.tag_scores := scores OPERATOR(clientele.&) among;
  whole CONSTANT record := clientele.score_summary(base);
  cuts numeric[];
BEGIN
  -- A quarter has its lower bound and not its upper one. Equal cuts make fewer, and none is below the least number.
  cuts := ARRAY(
    SELECT DISTINCT trim_scale(round(c, 6)) FROM unnest(ARRAY[
      (clientele.score_summary(base, clientele.scores_below(base, whole.median))).median, whole.median,
      (clientele.score_summary(base, clientele.scores_at_least(base, whole.median))).median]) c
    WHERE c > whole.minimum ORDER BY 1);
  IF cuts = '{}' AND whole.maximum > whole.minimum THEN
    cuts := ARRAY[(clientele.score_summary(base, clientele.scores_above(base, whole.minimum))).minimum];
  END IF;
  RETURN QUERY
  SELECT b.n + 1, CASE WHEN cuts = '{}' THEN trim_scale(whole.minimum)::text
                       WHEN b.n = 0 THEN '< ' || cuts[1] WHEN b.n = cardinality(cuts) THEN '≥ ' || cuts[b.n]
                       ELSE cuts[b.n] || ' – < ' || cuts[b.n + 1] END,
         coalesce(clientele.scores_at_least(base, cuts[b.n]), clientele.scored(base))
           OPERATOR(clientele.-) coalesce(clientele.scores_at_least(base, cuts[b.n + 1]), '{}')
  FROM generate_series(0, cardinality(cuts)) b (n) WHERE whole.customers > 0;
END $$;
COMMENT ON FUNCTION score_quarters(tag_scores, audience) IS
  'Divides the customers that have a number into up to four parts of about equal size among these customers; a part of persona().
The cuts are the median, and the medians of the two halves; a number that is equal to a cut is in the part above it.';

CREATE FUNCTION persona(
    audience audience, among audience DEFAULT NULL, dimensions text[] DEFAULT NULL, top integer DEFAULT 20, language text DEFAULT 'en')
  RETURNS TABLE (dimension text, source text, family text, kind text, place integer, value text, customers bigint, share double precision,
                 among_customers bigint, among_share double precision, target_index double precision, p_value double precision,
                 q_value double precision, description text)
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 200 COST 100000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  base clientele.audience;
  target clientele.audience;
  n_base bigint;
  n_target bigint;
BEGIN
  PERFORM clientele.require_store(t) FROM unnest('{tags,tag_status,tag_audiences,tag_numbers}'::text[]) t;
  PERFORM clientele.require_bi_view('customer_attributes');
  IF top IS NULL OR top NOT BETWEEN 1 AND 1000 THEN
    RAISE EXCEPTION 'top must be between 1 and 1000, not %', coalesce(top::text, 'NULL') USING ERRCODE = 'invalid_parameter_value';
  ELSIF language IS NULL OR language NOT IN ('en', 'zh') THEN
    RAISE EXCEPTION 'language must be en or zh, not "%"', coalesce(left(language, 100), 'NULL') USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF audience IS NULL THEN
    RETURN;
  END IF;
  base := coalesce(among, (SELECT a.customers FROM clientele_data.tag_audiences a WHERE a.tag = '' AND a.value = ''),
                   (SELECT clientele.audience(c.customer_id) FROM clientele_bi.customers c), '{}');
  target := audience OPERATOR(clientele.&) base;
  n_base := clientele.cardinality(base);
  n_target := clientele.cardinality(target);
  RETURN QUERY
  WITH said AS (
    SELECT a.name, a.value, clientele.audience(a.customer_id) AS customers
    FROM clientele_bi.customer_attributes a
    WHERE dimensions IS NULL OR a.name = ANY (dimensions)
    GROUP BY a.name, a.value
  ), sets AS (
    -- Every value of every dimension with those that have it. place 0 is the dimension itself.
    SELECT a.tag::text AS name, 'tag' AS source, t.family, s.holds, CASE WHEN a.value = '' THEN 0 END AS place, a.value::text AS value,
           clientele.and_cardinality(a.customers, target) AS n, clientele.and_cardinality(a.customers, base) AS m, t.description
    FROM clientele_data.tag_audiences a
    JOIN clientele_data.tags t ON t.name = a.tag
    JOIN clientele_data.tag_status s ON s.tag = a.tag
    WHERE dimensions IS NULL OR a.tag = ANY (dimensions)
    UNION ALL
    SELECT x.tag, 'tag', t.family, 'number', b.place, b.value, clientele.and_cardinality(b.customers, target),
           clientele.and_cardinality(b.customers, base), t.description
    FROM clientele_data.tag_numbers x
    JOIN clientele_data.tags t ON t.name = x.tag
    CROSS JOIN LATERAL clientele.score_quarters(x.scores, base) b
    WHERE dimensions IS NULL OR x.tag = ANY (dimensions)
    UNION ALL
    SELECT v.name, 'attribute', NULL, 'text', NULL, v.value, clientele.and_cardinality(v.customers, target),
           clientele.and_cardinality(v.customers, base), NULL
    FROM said v
    UNION ALL
    SELECT v.name, 'attribute', NULL, 'text', 0, '', clientele.and_cardinality(clientele.audience_union(v.customers), target),
           clientele.and_cardinality(clientele.audience_union(v.customers), base), NULL
    FROM said v GROUP BY v.name
  ), numbered AS (
    SELECT s.*, CASE WHEN s.place = 0 OR s.holds = 'number' THEN s.place
                     ELSE row_number() OVER (PARTITION BY s.source, s.name, s.place ORDER BY s.m DESC, s.value COLLATE "C")::integer END AS nth,
           -- An attribute that nearly every customer has to itself, as a name, is not a dimension.
           s.source = 'attribute' AND 2 * count(*) OVER (PARTITION BY s.source, s.name) > max(s.m) OVER (PARTITION BY s.source, s.name)
             AND count(*) OVER (PARTITION BY s.source, s.name) > 50 AS singular
    FROM sets s
  ), dimensions AS (
    SELECT v.*, max(v.m) FILTER (WHERE v.nth = 0 OR v.holds = 'number') OVER (PARTITION BY v.source, v.name) > 0 AS known FROM numbered v WHERE NOT v.singular
  ), shown AS (
    SELECT v.name, v.source, v.family, 'value' AS kind,
           CASE WHEN v.holds = 'flag' THEN 1 ELSE v.nth END AS place,
           CASE WHEN v.holds = 'flag' THEN CASE language WHEN 'zh' THEN '是' ELSE 'yes' END ELSE v.value END AS value, v.n, v.m, v.description
    FROM dimensions v
    WHERE v.known AND CASE WHEN v.holds = 'flag' THEN v.nth = 0 WHEN v.holds = 'number' THEN v.nth > 0 ELSE v.nth BETWEEN 1 AND top END
    UNION ALL
    SELECT v.name, v.source, v.family, 'other', top + 1, CASE language WHEN 'zh' THEN '其他' ELSE 'other' END, sum(v.n)::bigint, sum(v.m)::bigint,
           v.description
    FROM dimensions v WHERE v.known AND v.holds = 'text' AND v.nth > top GROUP BY v.name, v.source, v.family, v.description
    UNION ALL
    SELECT v.name, v.source, v.family, 'none', top + 2, CASE language WHEN 'zh' THEN '无' ELSE 'none' END, n_target - v.n, n_base - v.m,
           v.description
    FROM dimensions v WHERE v.known AND v.holds <> 'flag' AND v.nth = 0 AND v.m < n_base
  ), judged AS (
    SELECT s.*, row_number() OVER (ORDER BY s.source, s.family, s.name COLLATE "C", s.place) AS r,
           CASE WHEN s.m BETWEEN 1 AND n_base - 1 THEN clientele.hypergeometric_p(n_base, s.m, n_target, s.n) END AS p
    FROM shown s WHERE s.m > 0
  ), corrected AS (
    SELECT u.q, u.r FROM (SELECT clientele.adjusted_p(array_agg(j.p ORDER BY j.r)) AS qs FROM judged j) t, unnest(t.qs) WITH ORDINALITY u (q, r)
  )
  SELECT j.name, j.source, j.family, j.kind, j.place, j.value, j.n, j.n::float8 / nullif(n_target, 0), j.m, j.m::float8 / nullif(n_base, 0),
         100.0::float8 * j.n * n_base / nullif(j.m::float8 * n_target, 0), j.p, c.q, j.description
  FROM judged j JOIN corrected c ON c.r = j.r
  ORDER BY j.source DESC, array_position('{basic,behaviour,preference,value,response}', j.family), j.name COLLATE "C", j.place;
END $$;
COMMENT ON FUNCTION persona(audience, audience, text[], integer, text) IS
  'Shows what an audience is like, dimension by dimension: which values its customers have of tags and attributes, more or less often than
others.
dimension is a tag or an attribute (source says which), and value what customers have of it: kind value, other (all values beyond the
most frequent; not for a tag of which a customer may have several values), or none
of them. A flag has yes. A tag that holds numbers is divided into up to four parts of about equal size among
all. Tags that no customer has are left out, and so are attributes that nearly every customer has to itself, as a name. place is the
order of values. customers and share are of the audience; among_customers and among_share of all customers of the store, or of those of
among. target_index is 100 times one share over the other: 100 is average, 200 twice as frequent. p_value is the probability that a
random audience of this size is as far from average (hypergeometric_p), NULL where all have the value or none; q_value the same after
Benjamini and Hochberg over all rows. Customers that are not in among do not count. dimensions: names of tags and attributes; NULL takes
all. top: how many values of a dimension are shown. language: en or zh, for the words in value. As of the last refresh_tags(); without
tags there are attributes only. Errors: 22023 for another language and for top, 42P01 without a store, 42501 without the right to
read the tables of tags and clientele_bi.customer_attributes.';
