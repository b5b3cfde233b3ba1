-- SPDX-License-Identifier: PostgreSQL
-- define_question(), which has a form for each type of definition.

CREATE FUNCTION define_question(
    name text, definition funnel_def, of tag_query DEFAULT NULL, by text DEFAULT NULL, description text DEFAULT NULL,
    keep interval DEFAULT '400 days', max_age interval DEFAULT '1 day', top integer DEFAULT 20, language text DEFAULT NULL) RETURNS void
  LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT clientele.save_question(name, 'funnel', definition::text, of, by, description, keep, max_age, top, language)
$$;
COMMENT ON FUNCTION define_question(text, funnel_def, tag_query, text, text, interval, interval, integer, text) IS
  'Saves a funnel under a name, or gives a saved question a new definition; refresh_questions() answers it.
of: a tag query; the question is about the customers that match. by: a tag or a customer attribute, as for customer_segments(): the answer
has the rows of all customers, of each value, and of the customers without a value. top: values beyond those of most customers are one
segment. language: en or zh, in which these segments are named; by default that of the store. keep: how long answers are kept; one answer
of each day stays. max_age: an answer that is older is computed again even if nothing has changed.
description: what the question means; NULL keeps that of before. Days are those of the store''s time zone, unless the definition names one.
Errors: 42704 for an unknown event, tag or attribute, 22004 for NULL, 22023 for a bad name, length of time, top or language, 54000 for a
definition of more than 1 MB, 42P01 without a store, 42501 without the right to change clientele_data.questions.';

CREATE FUNCTION define_question(
    name text, definition retention_def, of tag_query DEFAULT NULL, by text DEFAULT NULL, description text DEFAULT NULL,
    keep interval DEFAULT '400 days', max_age interval DEFAULT '1 day', top integer DEFAULT 20, language text DEFAULT NULL) RETURNS void
  LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT clientele.save_question(name, 'retention', definition::text, of, by, description, keep, max_age, top, language)
$$;
COMMENT ON FUNCTION define_question(text, retention_def, tag_query, text, text, interval, interval, integer, text) IS
  'Saves a question of retention under a name; refresh_questions() answers it.
Otherwise as define_question(text, funnel_def, …).';

CREATE FUNCTION define_question(
    name text, definition path_def, of tag_query DEFAULT NULL, by text DEFAULT NULL, description text DEFAULT NULL,
    keep interval DEFAULT '400 days', max_age interval DEFAULT '1 day', top integer DEFAULT 20, language text DEFAULT NULL) RETURNS void
  LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT clientele.save_question(name, 'path_links', definition::text, of, by, description, keep, max_age, top, language)
$$;
COMMENT ON FUNCTION define_question(text, path_def, tag_query, text, text, interval, interval, integer, text) IS
  'Saves a question of paths under a name; refresh_questions() answers it.
Otherwise as define_question(text, funnel_def, …).';

CREATE FUNCTION define_question(
    name text, definition attribution_def, of tag_query DEFAULT NULL, by text DEFAULT NULL, description text DEFAULT NULL,
    keep interval DEFAULT '400 days', max_age interval DEFAULT '1 day', top integer DEFAULT 20, language text DEFAULT NULL) RETURNS void
  LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT clientele.save_question(name, 'attribution', definition::text, of, by, description, keep, max_age, top, language)
$$;
COMMENT ON FUNCTION define_question(text, attribution_def, tag_query, text, text, interval, interval, integer, text) IS
  'Saves a question of attribution under a name; refresh_questions() answers it.
Otherwise as define_question(text, funnel_def, …).';

CREATE FUNCTION define_question(
    name text, definition activity_def, of tag_query DEFAULT NULL, by text DEFAULT NULL, description text DEFAULT NULL,
    keep interval DEFAULT '400 days', max_age interval DEFAULT '1 day', top integer DEFAULT 20, language text DEFAULT NULL) RETURNS void
  LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT clientele.save_question(name, 'activity', definition::text, of, by, description, keep, max_age, top, language)
$$;
COMMENT ON FUNCTION define_question(text, activity_def, tag_query, text, text, interval, interval, integer, text) IS
  'Saves a question of activity under a name; refresh_questions() answers it.
Otherwise as define_question(text, funnel_def, …).';

CREATE FUNCTION define_question(
    name text, definition counts_def, of tag_query DEFAULT NULL, by text DEFAULT NULL, description text DEFAULT NULL,
    keep interval DEFAULT '400 days', max_age interval DEFAULT '1 day', top integer DEFAULT 20, language text DEFAULT NULL) RETURNS void
  LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT clientele.save_question(name, 'counts', definition::text, of, by, description, keep, max_age, top, language)
$$;
COMMENT ON FUNCTION define_question(text, counts_def, tag_query, text, text, interval, interval, integer, text) IS
  'Saves a question of counts under a name; refresh_questions() answers it.
Otherwise as define_question(text, funnel_def, …).';

CREATE FUNCTION define_question(
    name text, definition text, of tag_query DEFAULT NULL, by text DEFAULT NULL, description text DEFAULT NULL,
    keep interval DEFAULT '400 days', max_age interval DEFAULT '1 day', top integer DEFAULT 20, language text DEFAULT NULL) RETURNS void
  LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT clientele.save_question(name, 'answers', definition, of, by, description, keep, max_age, top, language)
$$;
COMMENT ON FUNCTION define_question(text, text, tag_query, text, text, interval, interval, integer, text) IS
  'Saves a SELECT under a name; refresh_questions() runs it and keeps its rows.
The rows are in clientele_bi.answers, a row for each number: at is the first column that is a time or a date, label the texts of the row,
measure the name of the column of the number. Lengths of time are numbers of seconds, booleans are 0 and 1. A column segment names the
segment of its row. of and by must be NULL. Names without a schema are found in pg_catalog and clientele only. You are noted as the author
(clientele_data.questions.defined_by), and the SQL runs only for roles that trust you. It is run with each refresh, as no one knows what
it depends on. At most 100,000 rows.
Errors: those of the SQL, 42601 if it is not one SELECT, 0A000 for of and by, temporary tables and changes of data.
Otherwise as define_question(text, funnel_def, …).';
