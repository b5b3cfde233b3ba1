-- SPDX-License-Identifier: PostgreSQL
-- What is written of surveys: their definition, invitations and answers.

CREATE FUNCTION define_survey(name text, scale text, question text DEFAULT NULL) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('surveys', 'INSERT'), clientele.require_store('surveys', 'UPDATE'),
          clientele.require_store('surveys'), clientele.require_store('survey_answers');
  IF name IS NULL OR scale IS NULL THEN
    RAISE EXCEPTION 'name and scale must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF name = '' OR length(name) > 500 THEN
    RAISE EXCEPTION 'the name of a survey must have 1 to 500 characters' USING ERRCODE = 'invalid_parameter_value';
  ELSIF scale NOT IN ('nps', 'csat', 'ces') THEN
    RAISE EXCEPTION 'scale must be nps, csat or ces, not "%"', left(scale, 100) USING ERRCODE = 'invalid_parameter_value',
      HINT = 'nps has scores from 0 to 10, csat from 1 to 5, ces from 1 to 7.';
  ELSIF EXISTS (SELECT FROM clientele_data.surveys s WHERE s.name = define_survey.name AND s.scale <> define_survey.scale)
        AND EXISTS (SELECT FROM clientele_data.survey_answers a WHERE a.survey = define_survey.name) THEN
    RAISE EXCEPTION 'survey "%" has answers of another scale', left(name, 100) USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = 'Scores of two scales cannot be compared: define a survey with another name.';
  END IF;
  INSERT INTO clientele_data.surveys AS s (name, scale, question) VALUES (define_survey.name, define_survey.scale, define_survey.question)
  ON CONFLICT ON CONSTRAINT surveys_pkey DO UPDATE
    SET scale = excluded.scale, question = coalesce(excluded.question, s.question), defined_at = now();
END $$;
COMMENT ON FUNCTION define_survey(text, text, text) IS
  'Defines a survey, as define_survey(''recommend'', ''nps'', ''How likely are you to recommend us?'').
scale: nps, csat or ces; survey() says what they mean. question: its text; NULL leaves it as it is. A survey without answers
may be given another scale.
Errors: 22004 for a NULL name or scale, 22023 for another scale and for a name that is empty or has more than 500 characters, 55000 for
another scale than its answers have, 42P01 without a store, 42501 without the right to change clientele_data.surveys.';

CREATE FUNCTION require_survey(survey text, customer_id bigint) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  scale text;
BEGIN
  PERFORM clientele.require_store('surveys'), clientele.require_store('customers');
  IF survey IS NULL THEN
    RAISE EXCEPTION 'survey must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT s.scale INTO scale FROM clientele_data.surveys s WHERE s.name = survey;
  IF scale IS NULL THEN
    RAISE EXCEPTION 'survey "%" does not exist', left(survey, 100) USING ERRCODE = 'undefined_object',
      HINT = clientele.nearest_names(survey, ARRAY(SELECT s.name FROM clientele_data.surveys s)) || 'define_survey() defines one.';
  ELSIF customer_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM clientele_data.customers c WHERE c.customer_id = require_survey.customer_id) THEN
    RAISE EXCEPTION 'customer % does not exist', customer_id USING ERRCODE = 'undefined_object',
      HINT = 'clientele.customer_id() returns the number of a customer.';
  END IF;
  RETURN scale;
END $$;
COMMENT ON FUNCTION require_survey(text, bigint) IS
  'Returns the scale of a survey, and checks that the customer exists, if one is given; a part of add_answer().
Errors: 22004 for a NULL survey, 42704 for an unknown survey, with the nearest names, or customer.';

CREATE FUNCTION add_invitation(
    customer_id bigint, survey text, asked_at timestamptz DEFAULT now(), channel text DEFAULT NULL, key text DEFAULT NULL) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  scale CONSTANT text := clientele.require_survey(survey, customer_id);
  id bigint;
BEGIN
  PERFORM clientele.require_store('survey_answers', 'INSERT'), clientele.require_store('survey_answers', 'UPDATE'),
          clientele.require_store('survey_answers');
  IF asked_at IS NULL OR NOT isfinite(asked_at) THEN
    RAISE EXCEPTION 'asked_at must be a time' USING ERRCODE = CASE WHEN asked_at IS NULL THEN '22004' ELSE '22008' END;
  END IF;
  INSERT INTO clientele_data.survey_answers AS a (customer_id, survey, scale, asked_at, channel, key)
  VALUES (add_invitation.customer_id, add_invitation.survey, scale, add_invitation.asked_at, add_invitation.channel, add_invitation.key)
  ON CONFLICT ON CONSTRAINT survey_answers_survey_key_key DO UPDATE
    SET customer_id = coalesce(excluded.customer_id, a.customer_id), asked_at = excluded.asked_at, channel = coalesce(excluded.channel, a.channel)
  RETURNING a.answer_id INTO id;
  RETURN id;
END $$;
COMMENT ON FUNCTION add_invitation(bigint, text, timestamptz, text, text) IS
  'Notes that a customer was invited to a survey, for its response rate, and returns the number of the row; add_answer() completes it.
customer_id: NULL if the customer is not known. key: what another system calls the invitation; the same key of a survey again changes the
row. Errors: 22004 for a NULL survey or time, 22008 for an infinite time, 42704 for an unknown survey or customer, 42P01 without a store,
42501 without the right to write clientele_data.survey_answers.';

CREATE FUNCTION add_answer(
    customer_id bigint, survey text, score integer, answered_at timestamptz DEFAULT now(), comment text DEFAULT NULL,
    channel text DEFAULT NULL, asked_at timestamptz DEFAULT NULL, key text DEFAULT NULL) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  scale CONSTANT text := clientele.require_survey(survey, customer_id);
  lowest CONSTANT integer := CASE scale WHEN 'nps' THEN 0 ELSE 1 END;
  highest CONSTANT integer := CASE scale WHEN 'nps' THEN 10 WHEN 'csat' THEN 5 ELSE 7 END;
  id bigint;
BEGIN
  PERFORM clientele.require_store('survey_answers', 'INSERT'), clientele.require_store('survey_answers', 'UPDATE'),
          clientele.require_store('survey_answers');
  IF score IS NULL OR answered_at IS NULL THEN
    RAISE EXCEPTION 'score and answered_at must not be NULL' USING ERRCODE = 'null_value_not_allowed',
      HINT = 'add_invitation() notes that a customer was invited.';
  ELSIF NOT isfinite(answered_at) OR NOT coalesce(isfinite(asked_at), true) THEN
    RAISE EXCEPTION 'answered_at and asked_at must be finite' USING ERRCODE = 'datetime_field_overflow';
  ELSIF score NOT BETWEEN lowest AND highest THEN
    RAISE EXCEPTION 'a score of survey "%" must be from % to %, not %', left(survey, 100), lowest, highest, score
      USING ERRCODE = 'invalid_parameter_value', DETAIL = format('Its scale is %s.', scale);
  END IF;
  IF key IS NULL AND asked_at IS NULL AND customer_id IS NOT NULL THEN
    -- The last invitation without an answer. One that another transaction answers meanwhile is not taken.
    UPDATE clientele_data.survey_answers a
    SET score = add_answer.score, answered_at = add_answer.answered_at, comment = add_answer.comment,
        channel = coalesce(add_answer.channel, a.channel)
    WHERE a.answer_id = (
        SELECT i.answer_id FROM clientele_data.survey_answers i
        WHERE i.customer_id = add_answer.customer_id AND i.survey = add_answer.survey AND i.answered_at IS NULL
          AND i.asked_at <= add_answer.answered_at
        ORDER BY i.asked_at DESC, i.answer_id DESC LIMIT 1 FOR UPDATE)
    RETURNING a.answer_id INTO id;
  END IF;
  IF id IS NULL THEN
    INSERT INTO clientele_data.survey_answers AS a (customer_id, survey, scale, score, asked_at, answered_at, channel, comment, key)
    VALUES (add_answer.customer_id, add_answer.survey, scale, add_answer.score, add_answer.asked_at, add_answer.answered_at,
            add_answer.channel, add_answer.comment, add_answer.key)
    ON CONFLICT ON CONSTRAINT survey_answers_survey_key_key DO UPDATE
      SET customer_id = coalesce(excluded.customer_id, a.customer_id), score = excluded.score, answered_at = excluded.answered_at,
          asked_at = coalesce(excluded.asked_at, a.asked_at), channel = coalesce(excluded.channel, a.channel), comment = excluded.comment
    RETURNING a.answer_id INTO id;
  END IF;
  RETURN id;
END $$;
COMMENT ON FUNCTION add_answer(bigint, text, integer, timestamptz, text, text, timestamptz, text) IS
  'Stores what a customer answered to a survey, and returns the number of the row.
It completes the invitation with the same key, or without a key the last one of the customer that has no answer yet; otherwise it is an
answer without an invitation, unless asked_at says when there was one. customer_id: NULL for an anonymous answer. The same key
again changes the answer. Errors: 22004 for a NULL survey, score or answered_at, 22023 for a score that is not on the scale of the survey,
22008 for an infinite time, 42704 for an unknown survey or customer, 42P01 without a store, 42501 without the right to write
clientele_data.survey_answers.';

CREATE FUNCTION forget_survey(name text) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('surveys', 'DELETE'), clientele.require_survey(name, NULL);
  DELETE FROM clientele_data.surveys s WHERE s.name = forget_survey.name;
END $$;
COMMENT ON FUNCTION forget_survey(text) IS
  'Deletes a survey with all its invitations and answers.
Errors: 22004 for NULL, 42704 for an unknown survey, 42P01 without a store, 42501 without the right to change clientele_data.surveys.';
