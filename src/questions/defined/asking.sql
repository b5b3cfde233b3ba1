-- SPDX-License-Identifier: PostgreSQL
-- How questions are answered. Answers go from function to function as jsonb: a temporary table could be the caller's.

CREATE FUNCTION answer_journey_question(
    kind text, definition text, language text, names text[], groups text[], customers audience[], rest boolean, top integer) RETURNS jsonb
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  what record;
  words record;
  whole CONSTANT boolean := groups = '{"{0}"}' AND rest;
  answer jsonb;
BEGIN
  PERFORM clientele.require_store('journeys');
  words := clientele.segment_words(language);
  SELECT k.* INTO what FROM clientele.question_kinds() k WHERE k.kind = answer_journey_question.kind;
  -- One pass over the journeys has a summary of each group; those of segments are merged from them.
  EXECUTE format($sql$
    WITH grouped AS MATERIALIZED (
      SELECT %s AS g, count(*) AS n, clientele.%I(j.journey, %L::clientele.%I) AS summary
      FROM clientele_data.journeys j %s GROUP BY 1
    ), s AS MATERIALIZED (
      SELECT p.k, sum(x.n)::bigint AS n, clientele.%I(x.summary) AS summary
      FROM grouped x JOIN unnest($1::text[]) WITH ORDINALITY i (segments, g) USING (g) CROSS JOIN LATERAL unnest(i.segments::integer[]) p (k)
      GROUP BY p.k
    ), found AS MATERIALIZED (
      SELECT s.k, row_number() OVER (ORDER BY s.k, %s) AS i, %s AS tested, %s AS tested_of, jsonb_build_array(%s) AS key,
             (SELECT to_jsonb(x.*) FROM (SELECT %s) x) AS data
      FROM s CROSS JOIN LATERAL %s
    ), judged AS MATERIALIZED (
      SELECT f.k, f.i, f.data,
             CASE WHEN f.k <> 0 AND f.tested_of > 0 AND a.tested_of > f.tested_of AND a.tested >= f.tested
                       AND a.tested_of - f.tested_of >= a.tested - f.tested
                  THEN clientele.hypergeometric_p(a.tested_of, a.tested, f.tested_of, f.tested) END AS p
      FROM found f LEFT JOIN found a ON a.k = 0 AND f.k <> 0 AND a.key = f.key
    ), adjusted AS MATERIALIZED (
      SELECT u.i, u.q FROM (SELECT array_agg(j.i ORDER BY j.i) AS i, array_agg(j.p ORDER BY j.i) AS p FROM judged j WHERE j.p IS NOT NULL) t
      CROSS JOIN LATERAL unnest(t.i, clientele.adjusted_p(t.p)) u (i, q)
    )
    SELECT jsonb_agg(
      jsonb_build_object(
        'segment', CASE WHEN j.k = 0 THEN $2 WHEN j.k = -1 THEN $3 WHEN j.k > cardinality($5) THEN $4 ELSE $5[j.k] END,
        'segment_kind', CASE WHEN j.k = 0 THEN 'all' WHEN j.k = -1 THEN 'none' WHEN j.k > cardinality($5) THEN 'other' ELSE 'value' END)
      || j.data || jsonb_build_object('p_value', j.p, 'q_value', a.q)
      ORDER BY CASE WHEN j.k = -1 THEN $6 + 2 ELSE j.k END, j.i)
    FROM judged j LEFT JOIN adjusted a USING (i)
  $sql$,
    CASE WHEN whole THEN '1::bigint' WHEN rest THEN 'coalesce(m.g, cardinality($1))' ELSE 'm.g' END,
    what.aggregate, definition, what.type,
    CASE WHEN whole THEN ''
         ELSE format('%s JOIN (SELECT clientele.members(u.customers) AS customer_id, u.g FROM unnest($7) WITH ORDINALITY u (customers, g)) m
                      USING (customer_id)', CASE WHEN rest THEN 'LEFT' END) END,
    what.merge, what."order", what.tested, what.tested_of, what.key, what.columns, what."from")
  INTO answer
  USING CASE WHEN rest AND NOT whole THEN groups || '{0,-1}'::text ELSE groups END,
        words."all", words."none", words.other, names, top, customers;
  IF jsonb_array_length(answer) > 100000 THEN
    RAISE EXCEPTION 'the answer has more than 100000 rows' USING ERRCODE = 'program_limit_exceeded',
      HINT = 'Ask for longer periods or a smaller top, or leave out the breakdown.';
  END IF;
  RETURN coalesce(answer, '[]');
END $$;
COMMENT ON FUNCTION answer_journey_question(text, text, text, text[], text[], audience[], boolean, integer) IS
  'Answers a question over journeys for the groups of segment_groups(), and returns its rows with tests of significance; a part of
ask_question(). Errors: 54000 for more than 100,000 rows.';

CREATE FUNCTION answer_sql_question(definition text) RETURNS jsonb
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  roles text[];
  found json[];
BEGIN
  PERFORM set_config('search_path', clientele.tag_search_path(), true);
  -- What a column is, by its type; a domain is what it is based on.
  roles := ARRAY(
    SELECT CASE WHEN t.type IN ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype) THEN 'at'
                WHEN t.type IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype, 'numeric'::regtype, 'real'::regtype,
                                'double precision'::regtype) THEN 'number'
                WHEN t.type = 'interval'::regtype THEN 'interval' WHEN t.type = 'boolean'::regtype THEN 'boolean' ELSE 'label' END
    FROM (SELECT coalesce(nullif(y.typbasetype, 0), y.oid)::regtype AS type, u.n
          FROM unnest((clientele.rule_traits(E'SELECT answer.* FROM (\n' || definition || E'\n) AS answer')).types) WITH ORDINALITY u (type, n)
          JOIN pg_type y ON y.oid = u.type) t
    ORDER BY t.n);
  EXECUTE E'SELECT array_agg(row_to_json(a.*)) FROM (SELECT answer.* FROM (\n' || definition || E'\n) AS answer LIMIT 100001) AS a' INTO found;
  IF cardinality(found) > 100000 THEN
    RAISE EXCEPTION 'the answer has more than 100000 rows' USING ERRCODE = 'program_limit_exceeded',
      HINT = 'Group its rows, or add a LIMIT.';
  END IF;
  RETURN (
    WITH cells AS MATERIALIZED (
      SELECT r.n, c.place, c.key, c.value, CASE WHEN c.key = 'segment' AND roles[c.place] = 'label' THEN 'segment' ELSE roles[c.place] END AS role
      FROM unnest(found) WITH ORDINALITY r (data, n) CROSS JOIN LATERAL json_each_text(r.data) WITH ORDINALITY c (key, value, place)
    ), heads AS MATERIALIZED (
      SELECT c.n, (array_agg(c.value ORDER BY c.place) FILTER (WHERE c.role = 'at'))[1]::timestamptz AS at,
             string_agg(c.value, ', ' ORDER BY c.place) FILTER (WHERE c.role = 'label') AS label,
             (array_agg(c.value ORDER BY c.place) FILTER (WHERE c.role = 'segment'))[1] AS segment
      FROM cells c GROUP BY 1
    )
    SELECT coalesce(jsonb_agg(jsonb_build_object(
             'segment', coalesce(h.segment, 'all'), 'segment_kind', CASE WHEN h.segment IS NULL THEN 'all' ELSE 'value' END,
             'row', h.n, 'at', h.at, 'label', h.label, 'measure', c.key,
             'number', CASE c.role WHEN 'interval' THEN extract(epoch FROM c.value::interval)::double precision
                                   WHEN 'boolean' THEN c.value::boolean::integer ELSE c.value::double precision END)
             ORDER BY h.n, c.place), '[]')
    FROM heads h LEFT JOIN cells c ON c.n = h.n AND c.role IN ('number', 'interval', 'boolean'));
END $$;
COMMENT ON FUNCTION answer_sql_question(text) IS
  'Runs a question that is SQL, and returns a row for each number; a part of ask_question().
Errors: those of the SQL, 54000 for more than 100,000 rows.';

CREATE FUNCTION trusts_question_author(author name) RETURNS void
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT clientele.trusts_tag_author(author) THEN
    RAISE EXCEPTION 'you do not trust the author of the question, %, to run SQL with your rights',
        coalesce(format('%I', author), 'an unknown role')
      USING ERRCODE = 'insufficient_privilege',
      DETAIL = 'Read the question and call define_question() again, refresh as its author, or list the author in clientele.trusted_owners.';
  END IF;
END $$;
COMMENT ON FUNCTION trusts_question_author(name) IS
  'Checks that you trust the author of a question that is SQL enough to run it with your rights. Errors: 42501.';

CREATE FUNCTION ask_question(name text) RETURNS TABLE (segment text, segment_kind text, "row" bigint, answer jsonb)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET client_min_messages = warning
  SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET timezone_abbreviations = 'Default'
  SET extra_float_digits = 1 SET bytea_output = 'hex' SET lc_monetary = 'C' SET lc_numeric = 'C' SET lc_time = 'C'
  SET standard_conforming_strings = on SET backslash_quote = safe_encoding SET transform_null_equals = off SET array_nulls = on
  SET default_text_search_config = 'pg_catalog.simple' SET xmlbinary = base64 SET xmloption = content
  SET quote_all_identifiers = off SET gin_fuzzy_search_limit = 0 SET row_security = on SET clientele.unknown_event = 'error' SET jit = off AS $$
DECLARE
  q record;
  g record;
  zone text;
  rows jsonb;
BEGIN
  PERFORM clientele.require_store('questions'), clientele.require_questions(ARRAY[name]);
  SELECT x.*, x.by AS breakdown INTO q FROM clientele_data.questions x WHERE x.name = ask_question.name;
  IF NOT FOUND THEN
    RETURN;  -- no name was given
  END IF;
  zone := clientele.store_time_zone();
  PERFORM set_config('TimeZone', zone, true);
  IF q.kind = 'answers' THEN
    PERFORM clientele.trusts_question_author(q.defined_by);
    rows := clientele.answer_sql_question(q.definition);
  ELSE
    g := clientele.segment_groups(q.of::clientele.tag_query, q.breakdown, q.top);
    rows := clientele.answer_journey_question(q.kind, clientele.zoned_definition(q.kind, q.definition, zone), q.language, g.names, g.groups,
                                              g.customers, g.rest, q.top);
  END IF;
  RETURN QUERY
  SELECT r.data ->> 'segment', r.data ->> 'segment_kind', r.n, r.data - '{segment,segment_kind}'::text[]
  FROM jsonb_array_elements(rows) WITH ORDINALITY r (data, n) ORDER BY r.n;
END $$;
COMMENT ON FUNCTION ask_question(text) IS
  'Answers a saved question now, and returns its rows; nothing is kept.
Each row has the segment, and answer has the columns of the view of its kind: clientele_bi.funnels and so on. With a breakdown the rows of
all customers come first, then those of each value, and those of the customers without a value at the end. The customers of a value are
those that have it as of the last refresh_tags(). A question that is SQL runs with your rights, if you trust its author.
Errors: 42704 for an unknown question, those of its definition, 54000 for more than 100,000 rows, 42501 without the right to read
journeys, or for SQL of an author that you do not trust, 42P01 without a store.';
