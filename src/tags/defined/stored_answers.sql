-- SPDX-License-Identifier: PostgreSQL
-- Evaluates rules and stores their answers. Answers go from function to function: a temporary table could be the caller's.

CREATE FUNCTION tag_number(smallint) RETURNS numeric
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT $1::pg_catalog.numeric $$;
COMMENT ON FUNCTION tag_number(smallint) IS 'Converts the result of a rule to the number that a tag holds.';
CREATE FUNCTION tag_number(integer) RETURNS numeric
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT $1::pg_catalog.numeric $$;
COMMENT ON FUNCTION tag_number(integer) IS 'Converts the result of a rule to the number that a tag holds.';
CREATE FUNCTION tag_number(bigint) RETURNS numeric
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT $1::pg_catalog.numeric $$;
COMMENT ON FUNCTION tag_number(bigint) IS 'Converts the result of a rule to the number that a tag holds.';
CREATE FUNCTION tag_number(numeric) RETURNS numeric
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT $1 $$;
COMMENT ON FUNCTION tag_number(numeric) IS 'Converts the result of a rule to the number that a tag holds.';
-- A cast to numeric would keep 6 and 15 digits.
CREATE FUNCTION tag_number(real) RETURNS numeric
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT $1::pg_catalog.text::pg_catalog.numeric $$;
COMMENT ON FUNCTION tag_number(real) IS
  'Converts the result of a rule to the number that a tag holds: the shortest decimal that reads as this value.';
CREATE FUNCTION tag_number(double precision) RETURNS numeric
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT $1::pg_catalog.text::pg_catalog.numeric $$;
COMMENT ON FUNCTION tag_number(double precision) IS
  'Converts the result of a rule to the number that a tag holds: the shortest decimal that reads as this value.';

CREATE FUNCTION evaluate_values(query text, at timestamptz, changed bigint[])
  RETURNS TABLE (tag text, value text, customers audience)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  tags text[];
  tag_values text[];
  audiences clientele.audience[];
  rich text;
BEGIN
  PERFORM set_config('search_path', clientele.tag_search_path(), true);
  -- RETURN QUERY would not run in parallel.
  EXECUTE 'SELECT array_agg(a.tag), array_agg(a.value), array_agg(a.customers) FROM ('
    'SELECT q.tag, q.value, clientele.audience(q.customer_id) AS customers FROM (' || query || E'\n) AS q (tag, value, customer_id) '
    'WHERE q.value <> '''' GROUP BY 1, 2) a'
  INTO tags, tag_values, audiences USING at, changed;
  SELECT u.tag INTO rich FROM unnest(tags) u (tag) GROUP BY 1 HAVING count(*) > 10000 LIMIT 1;
  IF rich IS NOT NULL THEN
    RAISE EXCEPTION 'tag "%" would hold more than 10000 different texts', rich USING ERRCODE = 'program_limit_exceeded',
      HINT = 'Group them, as by the first letters; a text that differs from customer to customer is of no use as a tag.';
  END IF;
  RETURN QUERY SELECT u.* FROM unnest(tags, tag_values, audiences) u;
END $$;
COMMENT ON FUNCTION evaluate_values(text, timestamptz, bigint[]) IS
  'Returns the customers that have each value, for a query that returns (tag, value, customer); a part of refresh_tags().
Errors: 54000 for more than 10000 values of one tag.';

CREATE FUNCTION evaluate_journey_rules(rules jsonb, at timestamptz, changed bigint[])
  RETURNS TABLE (tag text, value text, customers audience, scores tag_scores)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  wanted record;
  audiences clientele.audience[];
  numbers clientele.tag_scores[];
BEGIN
  SELECT clientele.tag_rule_source('journey', NULL, bool_or(t.reads_customers), bool_or(t.time_dependent), changed IS NOT NULL) AS source,
         array_agg(t.tag ORDER BY t.tag) FILTER (WHERE t.holds = 'flag') AS plain,
         string_agg(format(E'clientele.audience(customer_id) FILTER (WHERE (%s\n))', t.rule), E',\n' ORDER BY t.tag)
           FILTER (WHERE t.holds = 'flag') AS plain_sql,
         array_agg(t.tag ORDER BY t.tag) FILTER (WHERE t.holds = 'number') AS numeric,
         string_agg(format(E'clientele.tag_scores(customer_id, clientele.tag_number((%s\n)))', t.rule), E',\n' ORDER BY t.tag)
           FILTER (WHERE t.holds = 'number') AS numeric_sql,
         string_agg(format(E'SELECT %L::text, (%s\n)::text', t.tag, t.rule), E'\nUNION ALL ' ORDER BY t.tag)
           FILTER (WHERE t.holds = 'text') AS text_sql,
         string_agg(format(E'SELECT %L::text, unnest((%s\n)::text[])', t.tag, t.rule), E'\nUNION ALL ' ORDER BY t.tag)
           FILTER (WHERE t.holds = 'texts') AS texts_sql
  INTO wanted FROM jsonb_to_recordset(rules) AS t (tag text, rule text, holds text, reads_customers boolean, time_dependent boolean);
  PERFORM set_config('search_path', clientele.tag_search_path(), true);
  IF wanted.plain IS NOT NULL OR wanted.numeric IS NOT NULL THEN
    EXECUTE format('SELECT ARRAY[%s]::clientele.audience[], ARRAY[%s]::clientele.tag_scores[]',
                   wanted.plain_sql, wanted.numeric_sql) || wanted.source
    INTO audiences, numbers USING at, changed;
    RETURN QUERY SELECT u.tag, ''::text, coalesce(u.customers, '{}'), NULL::clientele.tag_scores
                 FROM unnest(wanted.plain, audiences) u (tag, customers);
    RETURN QUERY SELECT u.tag, ''::text, NULL::clientele.audience, coalesce(u.scores, '{}')
                 FROM unnest(wanted.numeric, numbers) u (tag, scores);
  END IF;
  IF wanted.text_sql IS NOT NULL OR wanted.texts_sql IS NOT NULL THEN
    RETURN QUERY SELECT a.tag, a.value, a.customers, NULL::clientele.tag_scores FROM clientele.evaluate_values(
      'SELECT answer.tag, answer.value, customer_id'
      || wanted.source || E'\nCROSS JOIN LATERAL (' || concat_ws(E'\nUNION ALL ', wanted.text_sql, wanted.texts_sql)
      || E'\n) AS answer (tag, value)', at, changed) a;
  END IF;
END $$;
COMMENT ON FUNCTION evaluate_journey_rules(jsonb, timestamptz, bigint[]) IS
  'Evaluates rules that are expressions over a journey, in one pass, and returns the customers that have each value; a part of
refresh_tags().
rules: members of what tags_to_refresh() returns. changed: the customers to evaluate, NULL for all.';

CREATE FUNCTION evaluate_rule(rule jsonb, at timestamptz, changed bigint[])
  RETURNS TABLE (tag text, value text, customers audience, scores tag_scores)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  d record;
  source text;
  condition CONSTANT text := CASE WHEN changed IS NOT NULL THEN E'\nWHERE answer.customer_id = ANY ($2)' ELSE '' END;
  answer clientele.audience;
  numbers clientele.tag_scores;
BEGIN
  SELECT * INTO d FROM jsonb_to_record(rule) AS x (tag text, kind text, rule text, holds text, time_dependent boolean);
  IF d.kind = 'tags' THEN
    RETURN QUERY SELECT d.tag, ''::text, clientele.audience_of(d.rule::clientele.tag_query), NULL::clientele.tag_scores;
    RETURN;
  END IF;
  source := clientele.tag_rule_source('query', d.rule, false, d.time_dependent);
  PERFORM set_config('search_path', clientele.tag_search_path(), true);
  IF d.holds = 'flag' THEN
    -- There may be a second column of booleans.
    EXECUTE CASE cardinality((clientele.rule_traits('SELECT answer.*' || source)).types)
      WHEN 1 THEN 'SELECT clientele.audience(answer.customer_id::bigint)' || source || '(customer_id)'
      ELSE 'SELECT clientele.audience(answer.customer_id::bigint) FILTER (WHERE answer.value)' || source || '(customer_id, value)'
      END || condition
    INTO answer USING at, changed;
    RETURN QUERY SELECT d.tag, ''::text, coalesce(answer, '{}'), NULL::clientele.tag_scores;
  ELSIF d.holds = 'number' THEN
    EXECUTE 'SELECT clientele.tag_scores(answer.customer_id::bigint, clientele.tag_number(answer.value))'
      || source || '(customer_id, value)' || condition INTO numbers USING at, changed;
    RETURN QUERY SELECT d.tag, ''::text, NULL::clientele.audience, coalesce(numbers, '{}');
  ELSE
    RETURN QUERY SELECT a.tag, a.value, a.customers, NULL::clientele.tag_scores FROM clientele.evaluate_values(
      format('SELECT %L::text, %s, answer.customer_id::bigint', d.tag,
             CASE d.holds WHEN 'text' THEN 'answer.value::text' ELSE 'unnest(answer.value::text[])' END)
      || source || '(customer_id, value)' || condition, at, changed) a;
  END IF;
END $$;
COMMENT ON FUNCTION evaluate_rule(jsonb, timestamptz, bigint[]) IS
  'Evaluates a rule that is a SELECT or a tag query, and returns the customers that have each value; a part of refresh_tags().
rule and changed: as in evaluate_journey_rules().';

CREATE FUNCTION store_tag_answer(
    run bigint, at timestamptz, tag text, holds text, tag_values text[], audiences audience[], scores tag_scores,
    changed audience,
    OUT customers bigint, OUT gained bigint, OUT lost bigint)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store(t, 'INSERT') FROM unnest('{tag_audiences,tag_changes,tag_numbers}'::text[]) t;
  IF holds IN ('text', 'texts') THEN
    tag_values := coalesce(tag_values, '{}') || ''::text;
    audiences := coalesce(audiences, '{}') || (SELECT coalesce(clientele.audience_union(u), '{}') FROM unnest(audiences) u);
  ELSIF holds = 'number' THEN
    INSERT INTO clientele_data.tag_numbers AS n (tag, scores) VALUES (store_tag_answer.tag, store_tag_answer.scores)
    ON CONFLICT ON CONSTRAINT tag_numbers_pkey DO UPDATE SET
      scores = CASE WHEN store_tag_answer.changed IS NULL THEN excluded.scores
                    ELSE (n.scores OPERATOR(clientele.-) store_tag_answer.changed) OPERATOR(clientele.|) excluded.scores END;
    tag_values := '{""}';
    audiences := ARRAY[(SELECT n.scores::clientele.audience FROM clientele_data.tag_numbers n WHERE n.tag = store_tag_answer.tag)];
    changed := NULL;
  END IF;
  IF holds <> 'number' THEN
    DELETE FROM clientele_data.tag_numbers n WHERE n.tag = store_tag_answer.tag;
  END IF;
  WITH moves AS MATERIALIZED (
    SELECT n.value, n.after, o.customers IS NULL AS new,
           n.after OPERATOR(clientele.-) coalesce(o.customers, '{}') AS gained,
           coalesce(o.customers, '{}') OPERATOR(clientele.-) n.after AS lost
    FROM unnest(tag_values, audiences) a (value, customers)
    FULL JOIN (SELECT * FROM clientele_data.tag_audiences x WHERE x.tag = store_tag_answer.tag) o USING (value)
    CROSS JOIN LATERAL (
      SELECT value, CASE WHEN store_tag_answer.changed IS NULL THEN coalesce(a.customers, '{}')
        ELSE (coalesce(o.customers, '{}') OPERATOR(clientele.-) store_tag_answer.changed)
             OPERATOR(clientele.|) coalesce(a.customers, '{}') END AS after) n
  ), counted AS (
    SELECT m.*, clientele.cardinality(m.gained) AS n_gained, clientele.cardinality(m.lost) AS n_lost FROM moves m
  ), logged AS (
    INSERT INTO clientele_data.tag_changes (refresh_id, tag, value, at, gained, lost)
    SELECT store_tag_answer.run, store_tag_answer.tag, m.value, store_tag_answer.at, m.gained, m.lost FROM counted m
    WHERE m.n_gained + m.n_lost > 0
  ), gone AS (
    DELETE FROM clientele_data.tag_audiences d USING counted m
    WHERE d.tag = store_tag_answer.tag AND d.value = m.value AND m.value <> '' AND clientele.cardinality(m.after) = 0
  ), kept AS (
    INSERT INTO clientele_data.tag_audiences (tag, value, customers)
    SELECT store_tag_answer.tag, m.value, m.after FROM counted m
    WHERE (m.new OR m.n_gained + m.n_lost > 0) AND (m.value = '' OR clientele.cardinality(m.after) > 0)
    ON CONFLICT ON CONSTRAINT tag_audiences_pkey DO UPDATE SET customers = excluded.customers
  )
  SELECT clientele.cardinality(m.after), m.n_gained, m.n_lost INTO customers, gained, lost FROM counted m WHERE m.value = '';
END $$;
COMMENT ON FUNCTION store_tag_answer(bigint, timestamptz, text, text, text[], audience[], tag_scores, audience) IS
  'Stores the answer of a rule with what was gained and lost, and returns how many customers have the tag now; a part of refresh_tags().
tag_values and audiences: each value and the customers that have it; '''' is the tag itself. scores: the numbers of a tag that holds
numbers. changed: the customers for which the rule was evaluated, NULL for all.';

CREATE FUNCTION refresh_rules(run bigint, at timestamptz, rules jsonb, changed audience) RETURNS jsonb
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  zone CONSTANT text := rules -> 0 ->> 'zone';
  changed_ids CONSTANT bigint[] := changed::bigint[];
  answer record;
  kept record;
  done jsonb := '[]'::jsonb;
BEGIN
  PERFORM clientele.require_store('tag_status', 'INSERT');
  PERFORM set_config('TimeZone', zone, true);
  FOR answer IN
    SELECT r.tag, r.holds, r.rule_key, a.tag_values, a.audiences, a.scores
    FROM jsonb_to_recordset(rules) AS r (tag text, holds text, rule_key text)
    LEFT JOIN (
      SELECT x.tag, array_agg(x.value) AS tag_values, array_agg(x.customers) AS audiences, (array_agg(x.scores))[1] AS scores
      FROM (SELECT j.* FROM clientele.evaluate_journey_rules(rules, at, changed_ids) j WHERE rules -> 0 ->> 'kind' = 'journey'
            UNION ALL
            SELECT q.* FROM clientele.evaluate_rule(rules -> 0, at, changed_ids) q WHERE rules -> 0 ->> 'kind' <> 'journey') x
      GROUP BY x.tag) a USING (tag)
  LOOP
    kept := clientele.store_tag_answer(run, at, answer.tag, answer.holds, answer.tag_values, answer.audiences, answer.scores,
                                       changed);
    INSERT INTO clientele_data.tag_status AS s (tag, refresh_id, complete_at, rule_key, holds, customers)
    VALUES (answer.tag, run, at, answer.rule_key, answer.holds, kept.customers)
    ON CONFLICT ON CONSTRAINT tag_status_pkey DO UPDATE SET
      refresh_id = excluded.refresh_id, rule_key = excluded.rule_key, holds = excluded.holds, customers = excluded.customers,
      error = NULL, failed_at = NULL, complete_at = CASE WHEN changed IS NULL THEN excluded.complete_at ELSE s.complete_at END;
    done := done || jsonb_build_object('tag', answer.tag, 'outcome', CASE WHEN changed IS NULL THEN 'complete' ELSE 'incremental' END,
                                       'customers', kept.customers, 'gained', kept.gained, 'lost', kept.lost);
  END LOOP;
  RETURN done;
END $$;
COMMENT ON FUNCTION refresh_rules(bigint, timestamptz, jsonb, audience) IS
  'Evaluates rules and stores their answers; returns their rows of the result; a part of refresh_tags().
rules: members of what tags_to_refresh() returns, of one time zone: journey rules, or any single rule. changed: the customers to
evaluate, NULL for all.';
