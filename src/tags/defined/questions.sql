-- SPDX-License-Identifier: PostgreSQL
-- Questions about defined tags and audiences.

CREATE FUNCTION audience_of(tag_query) RETURNS audience
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'clientele_audience_of';
COMMENT ON FUNCTION audience_of(tag_query) IS
  'Returns the customers whose defined tags match, as audience_of(''vip & !churn_risk''), as of the last refresh_tags().
! is relative to all customers of the store. A wildcard that matches no tag is an empty audience. Errors: 42704 for a tag that is not
defined (with the nearest names), 55000 for one that was never refreshed, 42P01 without a store, 42501 without the right to read its
tables of tags.';
CREATE FUNCTION audience_size(tag_query) RETURNS bigint
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'clientele_audience_size';
COMMENT ON FUNCTION audience_size(tag_query) IS
  'Counts the customers whose defined tags match; the same as cardinality(audience_of(…)), but faster.
Otherwise as audience_of(tag_query).';

CREATE FUNCTION tags_of(customer_id bigint) RETURNS text[]
  LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('tag_audiences'), clientele.require_store('tag_numbers');
  RETURN (
    SELECT coalesce(array_agg(x.tag ORDER BY x.tag COLLATE "C"), '{}') FROM (
      SELECT CASE WHEN a.value = '' THEN a.tag ELSE a.tag || '=' || a.value END AS tag
      FROM clientele_data.tag_audiences a JOIN clientele_data.tag_status s USING (tag)
      WHERE (s.holds = 'flag' OR s.holds IN ('text', 'texts') AND a.value <> '') AND a.customers OPERATOR(clientele.@>) tags_of.customer_id
      UNION ALL
      SELECT n.tag || '=' || clientele.score_of(n.scores, tags_of.customer_id)
      FROM clientele_data.tag_numbers n
      WHERE clientele.score_of(n.scores, tags_of.customer_id) IS NOT NULL) x);
END $$;
COMMENT ON FUNCTION tags_of(bigint) IS
  'Returns the defined tags of a customer with their values, as {city=上海,score=7.5,vip}, for tag_match().';

-- tag_history() has two parameters of one name, one in and one out, which PL/pgSQL does not allow.
CREATE FUNCTION tag_changes_of(customer_id bigint, name text)
  RETURNS TABLE (tag text, value text, at timestamptz, change text)
  LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('tag_changes');
  RETURN QUERY
  SELECT c.tag::text, nullif(c.value, '')::text, c.at,
         CASE WHEN c.gained OPERATOR(clientele.@>) tag_changes_of.customer_id THEN 'gained' ELSE 'lost' END
  FROM clientele_data.tag_changes c
  WHERE (tag_changes_of.name IS NULL OR c.tag = tag_changes_of.name)
    AND (c.gained OPERATOR(clientele.@>) tag_changes_of.customer_id OR c.lost OPERATOR(clientele.@>) tag_changes_of.customer_id)
  ORDER BY c.refresh_id, c.tag, c.value;
END $$;
COMMENT ON FUNCTION tag_changes_of(bigint, text) IS
  'Lists when a customer gained and lost tags; a part of tag_history().';

CREATE FUNCTION tag_history(customer_id bigint, tag text DEFAULT NULL)
  RETURNS TABLE (tag text, value text, at timestamptz, change text)
  LANGUAGE sql STABLE PARALLEL SAFE ROWS 100 SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.tag, c.value, c.at, c.change FROM clientele.tag_changes_of($1, $2) c
$$;
COMMENT ON FUNCTION tag_history(bigint, text) IS
  'Lists when a customer gained and lost each tag, or one of them, in order of time.
at is what the refresh used as the present; value is NULL for the tag with any value.';

CREATE FUNCTION tag_overlap(tags text[] DEFAULT NULL)
  RETURNS TABLE (tag text, other text, customers bigint, share double precision, jaccard double precision, lift double precision)
  LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  unknown text;
BEGIN
  PERFORM clientele.require_store('tags'), clientele.require_store('tag_audiences');
  unknown := (SELECT u FROM unnest(tags) u WHERE NOT EXISTS (SELECT FROM clientele_data.tags t WHERE t.name = u) LIMIT 1);
  IF unknown IS NOT NULL THEN
    RAISE EXCEPTION 'tag "%" does not exist', unknown USING ERRCODE = 'undefined_object', HINT = 'clientele_data.tags lists them.';
  END IF;
  RETURN QUERY
  WITH everyone AS (
    SELECT clientele.cardinality(a.customers)::float8 AS n FROM clientele_data.tag_audiences a WHERE a.tag = '' AND a.value = ''
  ), chosen AS MATERIALIZED (
    -- The union with an empty audience fetches each one once instead of once for each pair.
    SELECT a.tag, a.customers OPERATOR(clientele.|) '{}' AS customers, clientele.cardinality(a.customers) AS n
    FROM clientele_data.tag_audiences a
    WHERE a.tag <> '' AND a.value = '' AND (tags IS NULL OR a.tag = ANY (tags))
  ), pairs AS MATERIALIZED (
    SELECT a.tag AS a, a.n AS na, b.tag AS b, b.n AS nb, clientele.and_cardinality(a.customers, b.customers) AS n
    FROM chosen a JOIN chosen b ON a.tag <= b.tag
  ), both_ways AS (
    SELECT p.a, p.na, p.b, p.nb, p.n FROM pairs p
    UNION ALL
    SELECT p.b, p.nb, p.a, p.na, p.n FROM pairs p WHERE p.a <> p.b
  )
  SELECT w.a::text, w.b::text, w.n, w.n::float8 / nullif(w.na, 0), w.n::float8 / nullif(w.na + w.nb - w.n, 0),
         w.n::float8 * e.n / nullif(w.na::float8 * w.nb::float8, 0)
  FROM both_ways w CROSS JOIN everyone e ORDER BY w.a, w.b;
END $$;
COMMENT ON FUNCTION tag_overlap(text[]) IS
  'Returns how tags overlap, of all tags or those named: a row for each two of them, and for each with itself.
customers is how many have both; share is their share of those with the first tag; jaccard their share of those with either; lift how
many times more customers have both than if the two tags were independent. They are NULL where no customer has a tag. Errors: 42704 for
an unknown tag.';

CREATE FUNCTION hypergeometric_p(everyone bigint, tagged bigint, audience bigint, "both" bigint) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_hypergeometric_p';
COMMENT ON FUNCTION hypergeometric_p(bigint, bigint, bigint, bigint) IS
  'Returns how probable it is that an audience drawn at random has this number of customers with a tag, or one that is further from the
expected number.
Of everyone, tagged customers have the tag; audience of them were drawn, and both are in both. Exact: twice the smaller tail of the
hypergeometric distribution (Fisher 1935). Errors: 22023 for numbers that contradict each other.';

CREATE FUNCTION adjusted_p(p double precision[], correction text DEFAULT 'bh') RETURNS double precision[]
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_adjusted_p';
COMMENT ON FUNCTION adjusted_p(double precision[], text) IS
  'Returns probabilities of many tests, adjusted because they were tested at once, as adjusted_p(array_agg(hypergeometric_p(…))).
correction: bh (of all with a value up to 0.05, at most 5 % are expected to be due to chance; Benjamini and Hochberg 1995), holm (the
probability that any of them is due to chance is at most 5 %; Holm 1979), or none. A NULL is not a test, and stays where it is. Errors:
22023 for another correction, and for a probability that is not between 0 and 1.';

CREATE FUNCTION audience_portrait(audience audience, among audience DEFAULT NULL)
  RETURNS TABLE (tag text, value text, family text, customers bigint, share double precision, among_customers bigint,
                 among_share double precision, target_index double precision, p_value double precision, q_value double precision,
                 average numeric, among_average numeric)
  LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  base clientele.audience;
  target clientele.audience;
  n_base bigint;
  n_target bigint;
BEGIN
  PERFORM clientele.require_store(t) FROM unnest('{tags,tag_audiences,tag_numbers}'::text[]) t;
  base := coalesce(among, (SELECT a.customers FROM clientele_data.tag_audiences a WHERE a.tag = '' AND a.value = ''), '{}');
  target := audience_portrait.audience OPERATOR(clientele.&) base;
  n_base := clientele.cardinality(base);
  n_target := clientele.cardinality(target);
  RETURN QUERY
  WITH counted AS (
    SELECT a.tag, a.value, clientele.and_cardinality(a.customers, target) AS n,
           CASE WHEN among IS NULL THEN clientele.cardinality(a.customers) ELSE clientele.and_cardinality(a.customers, base) END AS of_base
    FROM clientele_data.tag_audiences a WHERE a.tag <> '' AND audience_portrait.audience IS NOT NULL
  ), judged AS (
    -- An audience may have customers that the store does not know: those are left out.
    SELECT c.*, CASE WHEN c.of_base <= n_base AND c.of_base - c.n <= n_base - n_target
                     THEN clientele.hypergeometric_p(n_base, c.of_base, n_target, c.n) END AS p
    FROM counted c
  ), tested AS (
    SELECT array_agg(j.tag ORDER BY j.tag, j.value) AS tags, array_agg(j.value ORDER BY j.tag, j.value) AS tag_values,
           clientele.adjusted_p(array_agg(j.p ORDER BY j.tag, j.value)) AS qs
    FROM judged j
  ), ranked AS (
    SELECT j.*, x.q
    FROM judged j
    JOIN (SELECT u.* FROM tested t, unnest(t.tags, t.tag_values, t.qs) u (tag, value, q)) x USING (tag, value)
  )
  SELECT r.tag::text, nullif(r.value, '')::text, t.family, r.n, r.n::float8 / nullif(n_target, 0), r.of_base,
         r.of_base::float8 / nullif(n_base, 0),
         100.0::float8 * r.n * n_base / nullif(r.of_base::float8 * n_target, 0),
         r.p, r.q,
         (clientele.score_summary(s.scores, target)).average, (clientele.score_summary(s.scores, base)).average
  FROM ranked r
  JOIN clientele_data.tags t ON t.name = r.tag
  LEFT JOIN clientele_data.tag_numbers s ON s.tag = r.tag
  ORDER BY t.family, r.tag, r.value;
END $$;
COMMENT ON FUNCTION audience_portrait(audience, audience) IS
  'Shows what an audience is like: how often each tag and value occurs in it and among all customers, or among those given.
target_index is 100 times the share in the audience over the share among all: 100 is average, 200 twice as frequent. p_value is the
probability that a random audience of this size is as far from average (hypergeometric_p), q_value the same after Benjamini and
Hochberg, which accounts for the many tags that are tested at once. average and among_average are for tags that hold numbers. Shares are
NULL of an empty audience.';

CREATE FUNCTION funnel_audience(def funnel_def, reached integer, dropped boolean DEFAULT true) RETURNS audience
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  answer clientele.audience;
BEGIN
  PERFORM clientele.require_store('journeys');
  EXECUTE 'SELECT clientele.audience(j.customer_id) FROM clientele_data.journeys j WHERE clientele.funnel_depth(j.journey, $1) '
    || CASE WHEN dropped THEN '=' ELSE '>=' END || ' $2'
  INTO answer USING def, reached;
  RETURN CASE WHEN def IS NOT NULL AND reached IS NOT NULL AND dropped IS NOT NULL THEN coalesce(answer, '{}') END;
END $$;
COMMENT ON FUNCTION funnel_audience(funnel_def, integer, boolean) IS
  'Returns the customers that came to a step of a funnel and no further: those to win back.
reached counts from 1; 0 is those that never began. dropped => false returns all that came at least that far. Errors: 42P01 without a
store, 42501 without the right to read journeys; those of funnel_depth().';

CREATE FUNCTION path_audience(path text[], def path_def DEFAULT path_def()) RETURNS audience
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  answer clientele.audience;
BEGIN
  PERFORM clientele.require_store('journeys');
  IF path IS NULL OR def IS NULL THEN
    RETURN NULL;
  END IF;
  IF array_ndims(path) > 1 OR array_position(path, NULL) IS NOT NULL OR cardinality(path) = 0 THEN
    RAISE EXCEPTION 'path must be a list of one event or more, without NULL' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  EXECUTE $sql$
    SELECT clientele.audience(j.customer_id) FROM clientele_data.journeys j
    WHERE EXISTS (
      SELECT FROM clientele.journey_paths(j.journey, $2) p
      CROSS JOIN LATERAL generate_series(1, cardinality(p.path) - cardinality($1) + 1) i
      WHERE p.path[i:i + cardinality($1) - 1] = $1)$sql$
  INTO answer USING path, def;
  RETURN coalesce(answer, '{}');
END $$;
COMMENT ON FUNCTION path_audience(text[], path_def) IS
  'Returns the customers that took these steps directly one after the other, as path_audience(''{search,view_item,search}'').
def says what a path is, as for journey_path(): sessions, what is left out, and so on. Errors: 22023 for an empty path, 42P01 without a
store, 42501 without the right to read journeys; those of journey_paths().';

CREATE FUNCTION in_control_group(customer_id bigint, share double precision, name text) RETURNS boolean
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'clientele_in_control_group';
COMMENT ON FUNCTION in_control_group(bigint, double precision, text) IS
  'Whether a customer is in a random group that has this share of all customers and never changes.
name draws the group: another name, another group, independent of the first. A customer that is in it stays in it when the share
grows. A customer is in it if mix(customer_id xor mix(FNV-1a(name))) / 2^64 is less than share, where mix is the finaliser of
SplitMix64. Errors: 22023 for a share that is not between 0 and 1, 22003 for a negative customer_id.';
CREATE FUNCTION control_group(audience, share double precision, name text) RETURNS audience
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'clientele_control_group';
COMMENT ON FUNCTION control_group(audience, double precision, text) IS
  'Returns the part of an audience to leave out of a campaign: a random share that is the same for every call.
It has the customers for which in_control_group() is true; the rest is audience - control_group(audience, share, name). Errors: as
in_control_group(), and 54000 for more than 536870912 customers.';
