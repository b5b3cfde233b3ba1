-- SPDX-License-Identifier: PostgreSQL
-- Which customers are more satisfied than the others: every tag and every value of one is compared with the customers without it.

CREATE FUNCTION satisfaction_drivers(
    name text DEFAULT NULL, since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL, min_answers bigint DEFAULT 20,
    tags text[] DEFAULT NULL)
  RETURNS TABLE (survey text, scale text, tag text, value text, family text, answers bigint, score double precision, low double precision,
                 high double precision, other_answers bigint, other_score double precision, difference double precision,
                 difference_low double precision, difference_high double precision, p_value double precision, q_value double precision)
  LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 200 COST 100000 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
  asked CONSTANT text := $1;
  wanted CONSTANT text[] := tags;
  unknown text;
BEGIN
  PERFORM clientele.require_store(t)
  FROM unnest('{surveys,survey_answers,customers,tags,tag_status,tag_audiences,tag_numbers}'::text[]) t;
  IF asked IS NOT NULL THEN
    PERFORM clientele.require_survey(asked, NULL);
  END IF;
  IF min_answers IS NULL OR min_answers < 1 THEN
    RAISE EXCEPTION 'min_answers must be at least 1, not %', coalesce(min_answers::text, 'NULL') USING ERRCODE = 'invalid_parameter_value',
      HINT = 'It is how many answers a group must have to be compared.';
  END IF;
  unknown := (SELECT u FROM unnest(wanted) u WHERE NOT EXISTS (SELECT FROM clientele_data.tags t WHERE t.name = u) LIMIT 1);
  IF unknown IS NOT NULL THEN
    RAISE EXCEPTION 'tag "%" does not exist', left(unknown, 100) USING ERRCODE = 'undefined_object',
      HINT = clientele.nearest_names(unknown, ARRAY(SELECT t.name FROM clientele_data.tags t)) || 'clientele_data.tags lists them.';
  END IF;
  RETURN QUERY
  WITH given AS MATERIALIZED (
    SELECT a.survey, a.scale, coalesce(c.merged_into, a.customer_id) AS customer_id, clientele.last_answer(a.score, a.answered_at) AS score
    FROM clientele_data.survey_answers a JOIN clientele_data.customers c ON c.customer_id = a.customer_id
    WHERE a.answered_at IS NOT NULL AND (asked IS NULL OR a.survey = asked)
      AND (since IS NULL OR a.answered_at >= since) AND (until IS NULL OR a.answered_at < until)
    GROUP BY 1, 2, 3
  ), people AS MATERIALIZED (
    SELECT clientele.audience(g.customer_id) AS customers FROM given g
  ), everyone AS MATERIALIZED (
    SELECT g.survey, g.scale, clientele.survey(g.score, g.scale) AS summary FROM given g GROUP BY 1, 2
  ), chosen AS MATERIALIZED (
    SELECT t.name, t.family, coalesce(s.holds, t.holds) AS holds
    FROM clientele_data.tags t LEFT JOIN clientele_data.tag_status s ON s.tag = t.name
    WHERE wanted IS NULL OR t.name = ANY (wanted)
  ), groups AS (
    -- Flags, values of texts, and bands of numbers, as customer_segments() has them; only of those that answered.
    SELECT c.name, c.family, nullif(a.value, '') AS value, a.customers OPERATOR(clientele.&) p.customers AS customers
    FROM chosen c JOIN clientele_data.tag_audiences a ON a.tag = c.name AND c.holds <> 'number' AND (a.value = '') = (c.holds = 'flag')
    CROSS JOIN people p
    UNION ALL
    SELECT c.name, c.family, b.segment,
           CASE WHEN b.low = b.high THEN clientele.scores_between(n.scores, b.low, b.low)
                ELSE coalesce(clientele.scores_at_least(n.scores, b.low), n.scores::clientele.audience)
                     OPERATOR(clientele.-) coalesce(clientele.scores_at_least(n.scores, b.high), '{}') END
           OPERATOR(clientele.&) p.customers
    FROM chosen c JOIN clientele_data.tag_numbers n ON n.tag = c.name AND c.holds = 'number'
    CROSS JOIN LATERAL clientele.score_bands(n.scores) b CROSS JOIN people p
  ), counted AS (
    SELECT g.survey, g.scale, u.name, u.value, u.family, clientele.survey(g.score, g.scale) AS summary
    FROM (SELECT x.name, x.value, x.family, clientele.members(x.customers) AS customer_id FROM groups x) u
    JOIN given g ON g.customer_id = u.customer_id
    GROUP BY 1, 2, 3, 4, 5
  ), judged AS MATERIALIZED (
    -- How many answers a group has says nothing of what they are, so leaving out small ones does not favour a result.
    SELECT c.survey, c.scale, c.name, c.value, c.family, r.answers, r.score, r.low, r.high, o.answers AS other_answers, o.score AS other_score,
           d.difference, d.low AS difference_low, d.high AS difference_high, d.p_value,
           row_number() OVER (ORDER BY d.p_value, c.survey COLLATE "C", c.name COLLATE "C", c.value COLLATE "C" NULLS FIRST) AS n
    FROM counted c JOIN everyone e ON e.survey = c.survey
    CROSS JOIN LATERAL clientele.survey_rest(e.summary, c.summary) x (rest)
    CROSS JOIN LATERAL clientele.survey_result(c.summary) r
    CROSS JOIN LATERAL clientele.survey_result(x.rest) o
    CROSS JOIN LATERAL clientele.survey_difference(CASE WHEN r.answers >= min_answers AND o.answers >= min_answers THEN c.summary END, x.rest) d
    WHERE r.answers >= min_answers AND o.answers >= min_answers
  ), adjusted AS (
    SELECT clientele.adjusted_p(array_agg(j.p_value ORDER BY j.n)) AS q FROM judged j
  )
  SELECT j.survey::text, j.scale, j.name::text, j.value::text, j.family, j.answers, j.score, j.low, j.high, j.other_answers, j.other_score,
         j.difference, j.difference_low, j.difference_high, j.p_value, a.q[j.n]
  FROM judged j CROSS JOIN adjusted a ORDER BY j.n;
END $$;
COMMENT ON FUNCTION satisfaction_drivers(text, timestamptz, timestamptz, bigint, text[]) IS
  'Compares the result of a survey among the customers with each tag, or each value of one, with that among all others who answered.
name: the survey; NULL is all surveys, each by itself. since, until: answers from since on and before until; NULL means no limit. A
customer counts once, with the last answer of this time; anonymous answers do not. min_answers: groups of fewer answers are not compared,
nor are those with fewer answers beside them. tags: NULL is all tags. Tags that hold numbers are cut into bands as by score_bands(), and
customers are as of the last refresh_tags().
score with low and high is that of the customers with the tag, other_score that of the others, difference the first minus the second with
its 95 % interval; survey_difference() says how it is computed. q_value accounts for all comparisons of the answer (Benjamini and Hochberg
1995). A difference is not a cause: customers with a tag differ from others in more than the tag.
Errors: 42704 for an unknown survey or tag, with the nearest names, 22023 if min_answers is not positive, 42P01 without a store, 42501
without the right to read surveys, customers and tags.';

CREATE PROCEDURE create_driver_views()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  -- It reads answers and tags with its owner's rights, and returns results of 20 answers or more only.
  CREATE OR REPLACE FUNCTION clientele_bi.satisfaction_drivers(
      name text DEFAULT NULL, since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL)
    RETURNS TABLE (survey text, scale text, tag text, value text, family text, answers bigint, score double precision, low double precision,
                   high double precision, other_answers bigint, other_score double precision, difference double precision,
                   difference_low double precision, difference_high double precision, p_value double precision, q_value double precision)
    LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
      SELECT d.* FROM clientele.satisfaction_drivers($1, $2, $3) d;
    END;
  COMMENT ON FUNCTION clientele_bi.satisfaction_drivers(text, timestamptz, timestamptz) IS
    'Compares the results of surveys among the customers with each tag with those of the others, without giving access to answers.
As clientele.satisfaction_drivers(name, since, until); groups have at least 20 answers. A difference is not a cause.
Example: SELECT * FROM clientele_bi.satisfaction_drivers(''recommend'', ''2026-01-01'', ''2026-07-01'')';

  CREATE OR REPLACE VIEW clientele_bi.satisfaction_by_segment AS
    SELECT d.survey, d.scale, d.family, d.tag, d.value, d.answers, d.score, d.low, d.high, d.other_answers, d.other_score,
           d.difference, d.difference_low, d.difference_high, d.p_value, d.q_value
    FROM clientele_bi.satisfaction_drivers(NULL, now() - interval '8760 hours') d;
  COMMENT ON VIEW clientele_bi.satisfaction_by_segment IS
    'The result of each survey in the last 365 days among the customers with each tag, or each value of one, beside that of the others.
A customer counts once, with the last answer. Groups have at least 20 answers. A difference is not a cause.';
  COMMENT ON COLUMN clientele_bi.satisfaction_by_segment.survey IS 'The survey.';
  COMMENT ON COLUMN clientele_bi.satisfaction_by_segment.scale IS 'Its scale: nps (0 to 10), csat (1 to 5) or ces (1 to 7).';
  COMMENT ON COLUMN clientele_bi.satisfaction_by_segment.family IS 'The family of the tag.';
  COMMENT ON COLUMN clientele_bi.satisfaction_by_segment.tag IS 'The tag.';
  COMMENT ON COLUMN clientele_bi.satisfaction_by_segment.value IS 'Its value, or a band of numbers; NULL for a tag without values.';
  COMMENT ON COLUMN clientele_bi.satisfaction_by_segment.answers IS 'Customers with the tag that answered.';
  COMMENT ON COLUMN clientele_bi.satisfaction_by_segment.score IS 'Their result.';
  COMMENT ON COLUMN clientele_bi.satisfaction_by_segment.low IS 'The lower end of the 95 % interval of the result.';
  COMMENT ON COLUMN clientele_bi.satisfaction_by_segment.high IS 'The upper end of the 95 % interval of the result.';
  COMMENT ON COLUMN clientele_bi.satisfaction_by_segment.other_answers IS 'Customers without the tag that answered.';
  COMMENT ON COLUMN clientele_bi.satisfaction_by_segment.other_score IS 'The result of these.';
  COMMENT ON COLUMN clientele_bi.satisfaction_by_segment.difference IS 'score minus other_score.';
  COMMENT ON COLUMN clientele_bi.satisfaction_by_segment.difference_low IS 'The lower end of the 95 % interval of the difference.';
  COMMENT ON COLUMN clientele_bi.satisfaction_by_segment.difference_high IS 'The upper end of the 95 % interval of the difference.';
  COMMENT ON COLUMN clientele_bi.satisfaction_by_segment.p_value IS 'How probable a difference as large as this one is by chance.';
  COMMENT ON COLUMN clientele_bi.satisfaction_by_segment.q_value IS
    'The p-value after Benjamini and Hochberg, which accounts for all rows of the view.';
END $store$;
COMMENT ON PROCEDURE create_driver_views() IS
  'Creates the function and the view of clientele_bi that compare satisfaction by tag; a part of create_store().';
INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('satisfaction/drivers', 'clientele_bi.satisfaction_drivers(text, timestamptz, timestamptz)', 'function', 'create_driver_views', true),
  ('satisfaction/drivers', 'clientele_bi.satisfaction_by_segment', 'view', 'create_driver_views', true);
