-- SPDX-License-Identifier: PostgreSQL
-- define_question(), rename_question() and forget_question().

CREATE FUNCTION save_question(
    name text, kind text, definition text, of tag_query, by text, description text, keep interval, max_age interval, top integer, language text)
  RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD'
  SET IntervalStyle = 'postgres' SET standard_conforming_strings = on SET backslash_quote = safe_encoding SET transform_null_equals = off
  SET array_nulls = on SET extra_float_digits = 1 AS $$
#variable_conflict use_variable
DECLARE
  id bigint;
  unknown text;
BEGIN
  PERFORM clientele.require_store('questions', 'INSERT'), clientele.require_store('questions', 'UPDATE'),
          clientele.require_store('question_answers', 'DELETE'), clientele.require_store('question_status', 'DELETE'),
          clientele.require_store('tags');
  IF num_nulls(name, definition, keep, max_age, top) > 0 THEN
    RAISE EXCEPTION 'name, definition, keep, max_age and top must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  PERFORM clientele.check_question_name(name);
  IF keep < '0' OR max_age < '0' OR keep > '1000 years' OR max_age > '1000 years' THEN
    RAISE EXCEPTION 'keep and max_age must be between 0 and 1000 years' USING ERRCODE = 'invalid_parameter_value';
  ELSIF top NOT BETWEEN 1 AND 1000 THEN
    RAISE EXCEPTION 'top must be between 1 and 1000: %', top USING ERRCODE = 'invalid_parameter_value';
  ELSIF language NOT IN ('en', 'zh') THEN
    RAISE EXCEPTION 'segments in language "%" do not exist', left(language, 100) USING ERRCODE = 'invalid_parameter_value',
      HINT = 'The languages are en and zh.';
  ELSIF octet_length(definition) > 1048576 THEN
    RAISE EXCEPTION 'a question must not be longer than 1048576 bytes: it has %', octet_length(definition)
      USING ERRCODE = 'program_limit_exceeded';
  END IF;
  language := coalesce(language, clientele.store_language());
  IF kind = 'answers' THEN
    IF of IS NOT NULL OR by IS NOT NULL THEN
      RAISE EXCEPTION 'a question that is SQL cannot have %', CASE WHEN of IS NULL THEN 'by' ELSE 'of' END USING ERRCODE = 'feature_not_supported',
        HINT = 'Write it in the SQL: audience_of() and customer_segments() return customers, and a column segment is the segment of its row.';
    END IF;
    definition := clientele.check_question_sql(definition);
  ELSE
    PERFORM clientele.check_question_definition(kind, definition);
    unknown := (SELECT u FROM unnest(clientele.tag_query_names(of)) u
                WHERE u !~ '[.][*]$' AND NOT EXISTS (SELECT FROM clientele_data.tags t WHERE t.name = u) LIMIT 1);
    IF unknown IS NOT NULL THEN
      RAISE EXCEPTION 'tag "%" does not exist', unknown USING ERRCODE = 'undefined_object',
        HINT = clientele.nearest_names(unknown, ARRAY(SELECT t.name FROM clientele_data.tags t)) || 'clientele_data.tags lists them.';
    END IF;
    IF by IS NOT NULL THEN
      BEGIN
        PERFORM clientele.segment_source(by);
      EXCEPTION WHEN object_not_in_prerequisite_state THEN
        NULL;  -- a tag that is refreshed later
      END;
    END IF;
  END IF;
  -- A refresh that is under way would keep an answer of the former kind.
  IF EXISTS (SELECT FROM clientele_data.questions q WHERE q.name = save_question.name AND q.kind <> save_question.kind) THEN
    LOCK TABLE clientele_data.question_status IN SHARE ROW EXCLUSIVE MODE;
  END IF;
  INSERT INTO clientele_data.questions AS q (name, kind, definition, of, by, description, keep, max_age, top, language, defined_by)
  VALUES (name, kind, definition, of::text, by, description, keep, max_age, top, language, current_user)
  ON CONFLICT ON CONSTRAINT questions_name_key DO UPDATE SET
    kind = excluded.kind, definition = excluded.definition, of = excluded.of, by = excluded.by,
    description = coalesce(excluded.description, q.description), keep = excluded.keep, max_age = excluded.max_age, top = excluded.top,
    language = excluded.language, defined_by = excluded.defined_by, defined_at = now()
  RETURNING q.question_id INTO id;
  IF EXISTS (SELECT FROM clientele_data.question_answers a WHERE a.question_id = id AND a.kind <> save_question.kind) THEN
    DELETE FROM clientele_data.question_status s WHERE s.question_id = id;
    DELETE FROM clientele_data.question_answers a WHERE a.question_id = id;
  END IF;
END $$;
COMMENT ON FUNCTION save_question(text, text, text, tag_query, text, text, interval, interval, integer, text) IS
  'Checks a question and stores it; a part of define_question().';

CREATE FUNCTION check_question_name(name text) RETURNS void
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF name = '' OR length(name) > 500 THEN
    RAISE EXCEPTION 'a question cannot have the name "%"', left(name, 100) USING ERRCODE = 'invalid_parameter_value',
      HINT = 'A name has from 1 to 500 characters.';
  END IF;
END $$;
COMMENT ON FUNCTION check_question_name(text) IS 'Checks the name of a question. Errors: 22023.';

CREATE FUNCTION check_question_definition(kind text, definition text) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET clientele.unknown_event = 'error' AS $$
DECLARE
  what record;
BEGIN
  SELECT k.* INTO what FROM clientele.question_kinds() k WHERE k.kind = check_question_definition.kind;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'questions of the kind "%" do not exist', left(kind, 100) USING ERRCODE = 'invalid_parameter_value',
      HINT = 'The kinds are answers, ' || (SELECT string_agg(k.kind, ', ') FROM clientele.question_kinds() k) || '.';
  END IF;
  -- Asked of an empty journey, a question shows whether its events are known.
  EXECUTE format('SELECT FROM (SELECT clientele.%I(j.journey, %L::clientele.%I) AS summary, count(*) AS n, 0 AS k
                  FROM (SELECT ''{}''::clientele.journey) j (journey)) s CROSS JOIN LATERAL %s',
                 what.aggregate, definition, what.type, what."from");
END $$;
COMMENT ON FUNCTION check_question_definition(text, text) IS
  'Asks a question of an empty journey, so that its errors are seen when it is defined; a part of define_question().';

CREATE FUNCTION check_question_sql(sql text) RETURNS text
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  body text;
  compiled record;
BEGIN
  SELECT s.body INTO body FROM clientele.read_sql(sql) s WHERE s.kind = 'query';
  IF body IS NULL THEN
    RAISE EXCEPTION 'a question that is SQL must be a SELECT' USING ERRCODE = 'syntax_error';
  END IF;
  compiled := clientele.compile_tag_rule(E'SELECT answer.* FROM (\n' || body || E'\n) AS answer');
  IF compiled.traits && '{temporary}' THEN
    RAISE EXCEPTION 'a question cannot name temporary tables, views or types' USING ERRCODE = 'feature_not_supported',
      HINT = 'They belong to one session; a refresh in another session would find others, or none.';
  ELSIF compiled.traits && '{changes}' THEN
    RAISE EXCEPTION 'a question cannot change data' USING ERRCODE = 'feature_not_supported';
  END IF;
  -- Planned, it shows whether its author may read what it reads.
  PERFORM set_config('search_path', clientele.tag_search_path(), true);
  EXECUTE E'SELECT answer.* FROM (\n' || body || E'\n) AS answer WHERE false';
  RETURN body;
END $$;
COMMENT ON FUNCTION check_question_sql(text) IS
  'Compiles and plans SQL that is a question, and returns it without a semicolon at its end; a part of define_question().';

CREATE FUNCTION rename_question(name text, new_name text) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('questions', 'UPDATE');
  IF new_name IS NULL THEN
    RAISE EXCEPTION 'new_name must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  PERFORM clientele.check_question_name(new_name), clientele.require_questions(ARRAY[name]);
  IF name <> new_name AND EXISTS (SELECT FROM clientele_data.questions q WHERE q.name = rename_question.new_name) THEN
    RAISE EXCEPTION 'question "%" exists already', new_name USING ERRCODE = 'duplicate_object';
  END IF;
  UPDATE clientele_data.questions q SET name = rename_question.new_name WHERE q.name = rename_question.name;
END $$;
COMMENT ON FUNCTION rename_question(text, text) IS
  'Gives a saved question another name; its answers keep their history.
Errors: 42704 for an unknown question, 42710 if there is one of the new name, 22023 for a bad name, 42P01 without a store, 42501 without the
right to change clientele_data.questions.';

CREATE FUNCTION forget_question(name text) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('questions', 'DELETE'), clientele.require_store('question_status', 'DELETE'),
          clientele.require_questions(ARRAY[name]);
  -- A refresh waits for nothing that this holds.
  LOCK TABLE clientele_data.question_status IN SHARE ROW EXCLUSIVE MODE;
  DELETE FROM clientele_data.questions q WHERE q.name = forget_question.name;
END $$;
COMMENT ON FUNCTION forget_question(text) IS
  'Deletes a saved question with its answers. Waits for a refresh that is under way.
Errors: 42704 for an unknown question, 42P01 without a store, 42501 without the right to delete from clientele_data.questions
and clientele_data.question_status.';

CREATE FUNCTION require_questions(names text[]) RETURNS void
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  unknown text;
BEGIN
  PERFORM clientele.require_store('questions');
  SELECT coalesce(u, 'NULL') INTO unknown FROM unnest(names) u WHERE NOT EXISTS (SELECT FROM clientele_data.questions q WHERE q.name = u) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'question "%" does not exist', unknown USING ERRCODE = 'undefined_object',
      HINT = clientele.nearest_names(unknown, ARRAY(SELECT q.name FROM clientele_data.questions q)) || 'clientele_bi.questions lists them.';
  END IF;
END $$;
COMMENT ON FUNCTION require_questions(text[]) IS 'Checks that saved questions exist. Errors: 42704, with the nearest names.';
