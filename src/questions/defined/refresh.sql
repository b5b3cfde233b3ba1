-- SPDX-License-Identifier: PostgreSQL
-- How answers are brought up to date, and kept.

CREATE FUNCTION journeys_key() RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('journey_changes'), clientele.require_store('journey_change_sets');
  -- Between two sets the log only grows.
  RETURN (SELECT format('%s+%s', coalesce((SELECT max(s.change_set) FROM clientele_data.journey_change_sets s), 0),
                        (SELECT count(*) FROM clientele_data.journey_changes)));
END $$;
COMMENT ON FUNCTION journeys_key() IS
  'Says which changes of journeys are seen, so that an answer with the same key has seen the same journeys; a part of refresh_questions().';

CREATE FUNCTION store_question_answer(id bigint, kind text, rows jsonb, answer_key text, journeys_key text, keep interval, zone text)
  RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  kept bigint;
BEGIN
  PERFORM clientele.require_store('question_answers', 'INSERT'), clientele.require_store('question_answers', 'DELETE'),
          clientele.require_store('question_status', 'INSERT'), clientele.require_store('question_status', 'UPDATE');
  INSERT INTO clientele_data.question_answers AS a (question_id, kind, as_of, rows) VALUES (id, kind, now(), rows)
  RETURNING a.answer_id INTO kept;
  INSERT INTO clientele_data.question_status AS s (question_id, answer_id, answer_key, journeys_key, refreshed_at, outcome)
  VALUES (id, kept, answer_key, journeys_key, now(), 'complete')
  ON CONFLICT ON CONSTRAINT question_status_pkey DO UPDATE SET
    answer_id = excluded.answer_id, answer_key = excluded.answer_key, journeys_key = excluded.journeys_key,
    refreshed_at = excluded.refreshed_at, outcome = excluded.outcome, error = NULL, failed_at = NULL;
  -- One answer of each day stays.
  DELETE FROM clientele_data.question_answers a
  WHERE a.question_id = id AND a.answer_id <> kept
    AND (a.as_of < now() - keep OR a.as_of >= date_trunc('day', now(), zone) AND a.as_of <= now());
END $$;
COMMENT ON FUNCTION store_question_answer(bigint, text, jsonb, text, text, interval, text) IS
  'Stores an answer as the latest one of its question, and deletes those that are not kept; a part of refresh_questions().';

CREATE FUNCTION refresh_questions(names text[] DEFAULT NULL, complete boolean DEFAULT false)
  RETURNS TABLE (question text, outcome text, "rows" bigint, seconds double precision, error text)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 20 SET search_path = pg_catalog, pg_temp SET client_min_messages = warning
  SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET timezone_abbreviations = 'Default'
  SET extra_float_digits = 1 SET bytea_output = 'hex' SET lc_monetary = 'C' SET lc_numeric = 'C' SET lc_time = 'C'
  SET standard_conforming_strings = on SET backslash_quote = safe_encoding SET transform_null_equals = off SET array_nulls = on
  SET default_text_search_config = 'pg_catalog.simple' SET xmlbinary = base64 SET xmloption = content
  SET quote_all_identifiers = off SET gin_fuzzy_search_limit = 0 SET row_security = on SET clientele.unknown_event = 'error' SET jit = off AS $$
#variable_conflict use_column
DECLARE
  q record;
  g record;
  known text;  -- the breakdown whose groups are in g
  groups_key text;
  answer_key text;
  journeys text;
  types_key text;
  zone text;
  answer jsonb;
  began timestamptz;
  message text;
  detail text;
BEGIN
  PERFORM clientele.require_store('questions'), clientele.require_store('question_status', 'INSERT'),
          clientele.require_store('question_status', 'UPDATE'), clientele.require_store('question_answers', 'INSERT'),
          clientele.require_store('question_answers', 'DELETE'), clientele.require_store('journeys'), clientele.require_questions(names);
  IF NOT EXISTS (SELECT FROM clientele_data.questions) THEN
    RETURN;
  END IF;
  zone := clientele.store_time_zone();
  PERFORM clientele.begin_progress('refresh_questions'), clientele.report_progress('waiting for another refresh');
  LOCK TABLE clientele_data.question_status IN SHARE ROW EXCLUSIVE MODE;
  PERFORM set_config('TimeZone', zone, true);
  types_key := (SELECT md5(string_agg(concat_ws(' ', t.event_type_id, to_jsonb(t.channel), to_jsonb(t.event), t.properties), ',' ORDER BY t.event_type_id))
                FROM clientele_data.event_types t);
  -- Those of one breakdown follow each other, so that its groups are made once.
  FOR q IN
    SELECT x.*, x.by AS breakdown, s.answer_key AS known_key, s.journeys_key, a.as_of, a.rows, row_number() OVER w - 1 AS done, count(*) OVER () AS total
    FROM clientele_data.questions x
    LEFT JOIN clientele_data.question_status s USING (question_id)
    LEFT JOIN clientele_data.question_answers a ON a.answer_id = s.answer_id
    WHERE names IS NULL OR x.name = ANY (names)
    WINDOW w AS (ORDER BY x.of COLLATE "C", x.by COLLATE "C", x.top, x.name)
    ORDER BY x.of COLLATE "C", x.by COLLATE "C", x.top, x.name
  LOOP
    PERFORM clientele.report_progress(q.name, q.done, q.total);
    question := q.name;
    began := clock_timestamp();
    error := NULL;
    BEGIN
      IF q.kind = 'answers' THEN
        PERFORM clientele.trusts_question_author(q.defined_by);
        answer := clientele.answer_sql_question(q.definition);
        outcome := 'complete';
        answer_key := NULL;
        journeys := NULL;
      ELSE
        IF known IS DISTINCT FROM jsonb_build_array(q.of, q.breakdown, q.top)::text THEN
          known := NULL;
          g := clientele.segment_groups(q.of::clientele.tag_query, q.breakdown, q.top);
          groups_key := md5(concat(g.names, g.groups, g.rest, (
            SELECT string_agg(md5(clientele.audience_send(u)), ' ' ORDER BY n) FROM unnest(g.customers) WITH ORDINALITY x (u, n))));
          known := jsonb_build_array(q.of, q.breakdown, q.top)::text;
        END IF;
        answer_key := md5(jsonb_build_array(q.kind, q.definition, q.of, q.breakdown, q.top, q.language, zone, groups_key, types_key)::text);
        journeys := clientele.journeys_key();
        IF NOT complete AND q.known_key = answer_key AND q.journeys_key = journeys AND q.as_of > now() - q.max_age AND q.as_of <= now() THEN
          outcome := 'fresh';
        ELSE
          outcome := 'complete';
          answer := clientele.answer_journey_question(q.kind, clientele.zoned_definition(q.kind, q.definition, zone), q.language,
                                                      g.names, g.groups, g.customers, g.rest, q.top);
        END IF;
      END IF;
      IF outcome = 'fresh' THEN
        answer := q.rows;
        UPDATE clientele_data.question_status s SET refreshed_at = now(), outcome = 'fresh', error = NULL, failed_at = NULL
        WHERE s.question_id = q.question_id;
        DELETE FROM clientele_data.question_answers a
        WHERE a.question_id = q.question_id AND a.as_of < now() - q.keep AND a.as_of <> q.as_of;
      ELSE
        PERFORM clientele.store_question_answer(q.question_id, q.kind, answer, answer_key, journeys, q.keep, zone);
      END IF;
      "rows" := jsonb_array_length(answer);
    EXCEPTION WHEN serialization_failure OR deadlock_detected THEN
      RAISE;
    WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
      outcome := 'failed';
      error := left(concat_ws('. ', message, nullif(detail, '')), 2000);
      "rows" := NULL;
      INSERT INTO clientele_data.question_status AS s (question_id, outcome, error, failed_at)
      VALUES (q.question_id, 'failed', refresh_questions.error, now())
      ON CONFLICT ON CONSTRAINT question_status_pkey DO UPDATE SET
        outcome = excluded.outcome, error = excluded.error, failed_at = excluded.failed_at;
    END;
    seconds := extract(epoch FROM clock_timestamp() - began);
    RETURN NEXT;
  END LOOP;
  PERFORM clientele.end_progress();
END $$;
COMMENT ON FUNCTION refresh_questions(text[], boolean) IS
  'Answers the saved questions again, all of them or those named, keeps the answers, and returns one row a question.
A question is answered from all journeys (outcome complete), unless nothing that it depends on has changed since its last answer: journeys,
tags and attributes that it uses, names of event types,
its definition and the time zone; and unless that answer is older than its max_age (fresh).
complete => true answers all. SQL is always run. Of each day one answer is kept, the last, and none that is older than keep; the latest
one always stays. A question that fails (outcome failed) keeps its answer, with the error in the row and in clientele_bi.questions; the
others are answered all the same. Tags are as of the last refresh_tags(). seconds is the time that it took.
SQL runs with your rights, and therefore only that of authors that you trust (clientele.trusts()). A second refresh waits until the first
has ended. Errors: 42704 for an unknown question, 40001 for a refresh that must be retried, 42P01 without a store, 42501 without the right
to read journeys and to write the tables of questions.';
