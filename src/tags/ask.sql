-- SPDX-License-Identifier: PostgreSQL
-- How rules are asked; the answers go to clientele_answers, a temporary table.

-- INSERT ... SELECT never runs in parallel, so answers are fetched before they are put down.
CREATE FUNCTION ask_for_values(query text, at timestamptz, changed bigint[]) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  tags text[];
  vals text[];
  audiences clientele.audience[];
  rich text;
BEGIN
  PERFORM set_config('search_path', clientele.tag_search_path(), true);
  EXECUTE 'SELECT array_agg(a.tag), array_agg(a.value), array_agg(a.customers) FROM ('
    'SELECT q.tag, q.value, clientele.audience(q.customer_id) AS customers FROM (' || query || E'\n) AS q (tag, value, customer_id) '
    'WHERE q.value <> '''' GROUP BY 1, 2) a'
  INTO tags, vals, audiences USING at, changed;
  SELECT u.tag INTO rich FROM unnest(tags) u (tag) GROUP BY 1 HAVING count(*) > 10000 LIMIT 1;
  IF rich IS NOT NULL THEN
    RAISE EXCEPTION 'tag "%" would hold more than 10000 different texts', rich USING ERRCODE = 'program_limit_exceeded',
      HINT = 'Group them, as by the first letters; what differs from customer to customer is no tag.';
  END IF;
  INSERT INTO pg_temp.clientele_answers (tag, value, customers)
  SELECT u.* FROM unnest(tags, vals, audiences) u;
END $$;
COMMENT ON FUNCTION ask_for_values(text, timestamptz, bigint[]) IS
  'Puts down who has each value that a query of (tag, value, customer) gives; a part of refresh_tags().
Errors: 54000 for more than 10000 values of one tag.';

CREATE FUNCTION ask_journey_rules(tags text[], at timestamptz, changed bigint[]) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  wanted record;
  audiences clientele.audience[];
  numbers clientele.tag_scores[];
BEGIN
  -- Journeys that changed were fetched once for all rules.
  SELECT clientele.tag_rule_source('journey', NULL, bool_or(t.customers), bool_or(t.timed),
           CASE WHEN changed IS NULL THEN 'clientele_data.journeys' ELSE 'pg_temp.clientele_changed' END) AS source,
         array_agg(t.name ORDER BY t.name) FILTER (WHERE t.holds = 'yes') AS plain,
         string_agg(format(E'clientele.audience(customer_id) FILTER (WHERE (%s\n))', t.rule), E',\n' ORDER BY t.name)
           FILTER (WHERE t.holds = 'yes') AS plain_sql,
         array_agg(t.name ORDER BY t.name) FILTER (WHERE t.holds = 'number') AS numeric,
         string_agg(format(E'clientele.tag_scores(customer_id, (%s\n)::numeric)', t.rule), E',\n' ORDER BY t.name)
           FILTER (WHERE t.holds = 'number') AS numeric_sql,
         string_agg(format(E'SELECT %L::text, (%s\n)::text', t.name, t.rule), E'\nUNION ALL ' ORDER BY t.name)
           FILTER (WHERE t.holds = 'text') AS text_sql,
         string_agg(format(E'SELECT %L::text, unnest((%s\n)::text[])', t.name, t.rule), E'\nUNION ALL ' ORDER BY t.name)
           FILTER (WHERE t.holds = 'texts') AS texts_sql
  INTO wanted FROM clientele_data.tags t WHERE t.name = ANY (tags);
  PERFORM set_config('search_path', clientele.tag_search_path(), true);
  IF wanted.plain IS NOT NULL OR wanted.numeric IS NOT NULL THEN
    EXECUTE format('SELECT ARRAY[%s]::clientele.audience[], ARRAY[%s]::clientele.tag_scores[]',
                   wanted.plain_sql, wanted.numeric_sql) || wanted.source
    INTO audiences, numbers USING at;
    INSERT INTO pg_temp.clientele_answers (tag, customers)
    SELECT u.tag, coalesce(u.customers, '{}') FROM unnest(wanted.plain, audiences) u (tag, customers);
    INSERT INTO pg_temp.clientele_answers (tag, scores)
    SELECT u.tag, coalesce(u.scores, '{}') FROM unnest(wanted.numeric, numbers) u (tag, scores);
  END IF;
  IF wanted.text_sql IS NOT NULL OR wanted.texts_sql IS NOT NULL THEN
    PERFORM clientele.ask_for_values(
      'SELECT answer.tag, answer.value, customer_id'
      || wanted.source || E'\nCROSS JOIN LATERAL (' || concat_ws(E'\nUNION ALL ', wanted.text_sql, wanted.texts_sql)
      || E'\n) AS answer (tag, value)', at, changed);
  END IF;
END $$;
COMMENT ON FUNCTION ask_journey_rules(text[], timestamptz, bigint[]) IS
  'Asks the rules of these tags, which are expressions over a journey, in one pass; a part of refresh_tags().
changed: the customers to ask, whose journeys are in clientele_changed, NULL for all. The answers go to clientele_answers.';

CREATE FUNCTION ask_rule(tag text, at timestamptz, changed bigint[]) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  defined record;
  source text;
  condition CONSTANT text := CASE WHEN changed IS NOT NULL THEN E'\nWHERE answer.customer_id = ANY ($2)' ELSE '' END;
  answer clientele.audience;
  numbers clientele.tag_scores;
BEGIN
  SELECT * INTO defined FROM clientele_data.tags t WHERE t.name = ask_rule.tag;
  IF defined.kind = 'journey' THEN
    PERFORM clientele.ask_journey_rules(ARRAY[tag], at, changed);
    RETURN;
  ELSIF defined.kind = 'tags' THEN
    INSERT INTO pg_temp.clientele_answers (tag, customers)
    VALUES (tag, clientele.audience_of(defined.rule::clientele.tag_query));
    RETURN;
  END IF;
  source := clientele.tag_rule_source('query', defined.rule, false, defined.timed);
  PERFORM set_config('search_path', clientele.tag_search_path(), true);
  IF defined.holds = 'yes' THEN
    -- There may be a second column, which says yes or no.
    BEGIN
      EXECUTE 'SELECT FROM (SELECT' || source || '(customer_id, value) WHERE false) nothing' USING at;
      EXECUTE 'SELECT clientele.audience(answer.customer_id::bigint) FILTER (WHERE answer.value)'
        || source || '(customer_id, value)' || condition INTO answer USING at, changed;
    EXCEPTION WHEN invalid_column_reference THEN
      EXECUTE 'SELECT clientele.audience(answer.customer_id::bigint)'
        || source || '(customer_id)' || condition INTO answer USING at, changed;
    END;
    INSERT INTO pg_temp.clientele_answers (tag, customers) VALUES (tag, coalesce(answer, '{}'));
  ELSIF defined.holds = 'number' THEN
    EXECUTE 'SELECT clientele.tag_scores(answer.customer_id::bigint, answer.value::numeric)'
      || source || '(customer_id, value)' || condition INTO numbers USING at, changed;
    INSERT INTO pg_temp.clientele_answers (tag, scores) VALUES (tag, coalesce(numbers, '{}'));
  ELSE
    PERFORM clientele.ask_for_values(
      format('SELECT %L::text, %s, answer.customer_id::bigint', tag,
             CASE defined.holds WHEN 'text' THEN 'answer.value::text' ELSE 'unnest(answer.value::text[])' END)
      || source || '(customer_id, value)' || condition, at, changed);
  END IF;
END $$;
COMMENT ON FUNCTION ask_rule(text, timestamptz, bigint[]) IS
  'Asks the rule of a tag; a part of refresh_tags().
changed: the customers to ask, NULL for all, as in ask_journey_rules(). The answer goes to clientele_answers.';
