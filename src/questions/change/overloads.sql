-- SPDX-License-Identifier: PostgreSQL
-- explain_change() for each kind of question.

CREATE FUNCTION explain_saved_change(
    question text, before tstzrange, after tstzrange, dimensions text[], measure text, of tag_query, min_customers bigint, pairs boolean,
    language text)
  RETURNS TABLE (by text, segment text, segment_kind text, customers_before bigint, customers_after bigint, number_before numeric,
                 number_after numeric, base_before numeric, base_after numeric, rate_before double precision,
                 rate_after double precision, mix_effect double precision, rate_effect double precision,
                 contribution double precision, z double precision, p_value double precision, q_value double precision, rank bigint)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 200 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  asked record;
BEGIN
  PERFORM clientele.require_store('questions');
  SELECT q.kind, q.definition, q.of, q.by AS breakdown INTO asked FROM clientele_data.questions q WHERE q.name = question;
  IF asked.kind IS NULL THEN
    RAISE EXCEPTION 'question "%" does not exist', coalesce(left(question, 500), 'NULL') USING ERRCODE = 'undefined_object',
      HINT = coalesce(clientele.nearest_names(question, ARRAY(SELECT q.name FROM clientele_data.questions q)), '')
             || 'clientele_data.questions lists them.';
  ELSIF asked.kind NOT IN ('funnel', 'retention', 'activity', 'counts') THEN
    RAISE EXCEPTION 'the change of question "%" cannot be explained, as its kind is %', question, asked.kind
      USING ERRCODE = 'feature_not_supported',
      HINT = 'Questions of kind funnel, retention, activity and counts can; metric() describes any other number.';
  END IF;
  IF of IS NULL THEN
    of := asked.of::clientele.tag_query;
  ELSIF asked.of IS NOT NULL THEN
    of := format('(%s) & (%s)', asked.of, of)::clientele.tag_query;
  END IF;
  -- By what the question is broken down comes first.
  IF dimensions IS NULL THEN
    dimensions := CASE WHEN asked.breakdown IS NULL THEN '{}' ELSE ARRAY[asked.breakdown] END || clientele.change_dimensions();
  END IF;
  RETURN QUERY SELECT e.* FROM clientele.explain_change_of(
    asked.kind, asked.definition, of, measure, before, after, dimensions, min_customers, pairs, language) e;
END $$;
COMMENT ON FUNCTION explain_saved_change(text, tstzrange, tstzrange, text[], text, tag_query, bigint, boolean, text) IS
  'Explains how the number of a saved question changed; explain_change(question, …) calls it.';

CREATE FUNCTION shown_dimensions(question text, dimensions text[]) RETURNS text[]
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  own text;
  hidden text[];
BEGIN
  PERFORM clientele.require_store('questions'), clientele.require_store('tags'), clientele.require_store('home_attributes'),
          clientele.require_store('customer_columns');
  own := (SELECT q.by FROM clientele_data.questions q WHERE q.name = question);
  -- Of each name that is an attribute: whether BI tools see it.
  hidden := ARRAY(
    SELECT d FROM unnest(coalesce(dimensions, clientele.change_dimensions())) d
    WHERE d IS DISTINCT FROM own AND NOT starts_with(d, 'event:')
      AND (starts_with(d, 'attribute:')
           OR NOT starts_with(d, 'tag:') AND NOT EXISTS (SELECT FROM clientele_data.tags t WHERE t.name = d)
              AND EXISTS (SELECT FROM clientele_data.home_attributes a WHERE a.name = d))
      AND NOT EXISTS (SELECT FROM clientele_data.customer_columns k
                      WHERE k.source = 'attribute' AND regexp_replace(d, '^attribute:', '') = ANY (k.keys)));
  IF dimensions IS NULL THEN
    RETURN array_remove(ARRAY[own], NULL) || ARRAY(SELECT d FROM unnest(clientele.change_dimensions()) d WHERE d <> ALL (hidden));
  ELSIF hidden <> '{}' THEN
    RAISE EXCEPTION 'attribute "%" is not shown to BI tools', left(regexp_replace(hidden[1], '^attribute:', ''), 100)
      USING ERRCODE = 'insufficient_privilege', HINT = 'CALL clientele.set_customer_columns() chooses the attributes that are.';
  END IF;
  RETURN dimensions;
END $$;
COMMENT ON FUNCTION shown_dimensions(text, text[]) IS
  'Returns by what clientele_bi.explain_change() divides customers: of attributes, only those that set_customer_columns() shows.
By what the question is broken down is always among them. Errors: 42501 for another attribute.';

CREATE FUNCTION explain_change(
    question text,
    before tstzrange, after tstzrange, by text[] DEFAULT NULL, measure text DEFAULT NULL, of tag_query DEFAULT NULL,
    min_customers bigint DEFAULT 30, pairs boolean DEFAULT true, language text DEFAULT 'en')
  RETURNS TABLE (by text, segment text, segment_kind text, customers_before bigint, customers_after bigint, number_before numeric,
                 number_after numeric, base_before numeric, base_after numeric, rate_before double precision,
                 rate_after double precision, mix_effect double precision, rate_effect double precision,
                 contribution double precision, z double precision, p_value double precision, q_value double precision, rank bigint)
  LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 200 SET search_path = pg_catalog, pg_temp AS $$
  SELECT e.* FROM clientele.explain_saved_change($1, $2, $3, $4, $5, $6, $7, $8, $9) e
$$;
COMMENT ON FUNCTION explain_change(text, tstzrange, tstzrange, text[], text, tag_query, bigint, boolean, text) IS
  'Explains why the number that a saved question asks for differs between two periods: which segments contributed how much.
before, after: the periods, as ''[2026-03-01, 2026-04-01)''. The events in each of them count. The since and until of the definition have
no meaning, except in retention, where they limit the cohorts.
The number is, by the kind of question: of a funnel, the share of the customers with the first step that reach a later one in the period; of
retention, the rate of the cohorts that start in the period, as far as they are complete; of activity, how many customers are active; of
counts, how many events there are. measure: the step, by number or name (NULL is the last); the period of retention (NULL is 1); events,
customers or amount.
by: tags and attributes that divide customers into segments, as customer_segments() does. A customer with several values of a tag is in one
segment, such as app + web. event:channel is the channel of most of the customer''s events in the period that the selector or the first
step picks, event:event their most frequent name, and event:category a property of them. NULL: what change_dimensions() lists.
of: the customers that count. pairs: whether each two of by divide the customers together, too. min_customers: smaller segments are put
together as other, and so are the next larger ones if those have fewer customers together. language: en or zh, for the names all, none of
them and other.
The first row is of all customers. customers_before and customers_after: those that count in the period. number: the sum, and base: what
it is divided by. rate: number / base. Where the number itself is asked for, base is the number of customers that could have contributed:
of activity, those who came before the end of the period, otherwise those with a number.
contribution adds up to the change over the segments of each by. It is mix_effect, which is due to the segment having become a larger or
smaller part of the base (or the base itself having changed), plus rate_effect, which is due to its own rate having changed; both with the
means of the two periods, so that neither comes first.
z compares the segment with all customers: by how many standard deviations its part of the number has changed otherwise than the whole, in
mix or rate. p_value is that in the normal distribution, and q_value after Benjamini and Hochberg over all segments. rank is in the order
of z. So where a change is in one part of a segment, that part comes first. z of all is of the change itself.
Errors: 42704 for an unknown question, tag, attribute or property, 22023 for periods without ends or that overlap and for other words,
0A000 for other kinds of questions, 54000 for more than 20 names in by, 42P01 without a store, 42501 without the right to read journeys.';

CREATE FUNCTION explain_change(
    def funnel_def,
    before tstzrange, after tstzrange, by text[] DEFAULT NULL, measure text DEFAULT NULL, of tag_query DEFAULT NULL,
    min_customers bigint DEFAULT 30, pairs boolean DEFAULT true, language text DEFAULT 'en')
  RETURNS TABLE (by text, segment text, segment_kind text, customers_before bigint, customers_after bigint, number_before numeric,
                 number_after numeric, base_before numeric, base_after numeric, rate_before double precision,
                 rate_after double precision, mix_effect double precision, rate_effect double precision,
                 contribution double precision, z double precision, p_value double precision, q_value double precision, rank bigint)
  LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 200 SET search_path = pg_catalog, pg_temp AS $$
  SELECT e.* FROM clientele.explain_change_of('funnel', $1::text, $6, $5, $2, $3, $4, $7, $8, $9) e
$$;
COMMENT ON FUNCTION explain_change(funnel_def, tstzrange, tstzrange, text[], text, tag_query, bigint, boolean, text) IS
  'Explains why the conversion of a funnel differs between two periods; as explain_change(question, …).
measure: the step, by its number or its selector; NULL is the last one.';

CREATE FUNCTION explain_change(
    def retention_def,
    before tstzrange, after tstzrange, by text[] DEFAULT NULL, measure text DEFAULT NULL, of tag_query DEFAULT NULL,
    min_customers bigint DEFAULT 30, pairs boolean DEFAULT true, language text DEFAULT 'en')
  RETURNS TABLE (by text, segment text, segment_kind text, customers_before bigint, customers_after bigint, number_before numeric,
                 number_after numeric, base_before numeric, base_after numeric, rate_before double precision,
                 rate_after double precision, mix_effect double precision, rate_effect double precision,
                 contribution double precision, z double precision, p_value double precision, q_value double precision, rank bigint)
  LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 200 SET search_path = pg_catalog, pg_temp AS $$
  SELECT e.* FROM clientele.explain_change_of('retention', $1::text, $6, $5, $2, $3, $4, $7, $8, $9) e
$$;
COMMENT ON FUNCTION explain_change(retention_def, tstzrange, tstzrange, text[], text, tag_query, bigint, boolean, text) IS
  'Explains why retention differs between the customers that started in two periods; as explain_change(question, …).
measure: the period after the start; NULL is 1.';

CREATE FUNCTION explain_change(
    def activity_def,
    before tstzrange, after tstzrange, by text[] DEFAULT NULL, measure text DEFAULT NULL, of tag_query DEFAULT NULL,
    min_customers bigint DEFAULT 30, pairs boolean DEFAULT true, language text DEFAULT 'en')
  RETURNS TABLE (by text, segment text, segment_kind text, customers_before bigint, customers_after bigint, number_before numeric,
                 number_after numeric, base_before numeric, base_after numeric, rate_before double precision,
                 rate_after double precision, mix_effect double precision, rate_effect double precision,
                 contribution double precision, z double precision, p_value double precision, q_value double precision, rank bigint)
  LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 200 SET search_path = pg_catalog, pg_temp AS $$
  SELECT e.* FROM clientele.explain_change_of('activity', $1::text, $6, $5, $2, $3, $4, $7, $8, $9) e
$$;
COMMENT ON FUNCTION explain_change(activity_def, tstzrange, tstzrange, text[], text, tag_query, bigint, boolean, text) IS
  'Explains why the number of active customers differs between two periods; as explain_change(question, …).
measure has no meaning here.';

CREATE FUNCTION explain_change(
    def counts_def,
    before tstzrange, after tstzrange, by text[] DEFAULT NULL, measure text DEFAULT NULL, of tag_query DEFAULT NULL,
    min_customers bigint DEFAULT 30, pairs boolean DEFAULT true, language text DEFAULT 'en')
  RETURNS TABLE (by text, segment text, segment_kind text, customers_before bigint, customers_after bigint, number_before numeric,
                 number_after numeric, base_before numeric, base_after numeric, rate_before double precision,
                 rate_after double precision, mix_effect double precision, rate_effect double precision,
                 contribution double precision, z double precision, p_value double precision, q_value double precision, rank bigint)
  LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 200 SET search_path = pg_catalog, pg_temp AS $$
  SELECT e.* FROM clientele.explain_change_of('counts', $1::text, $6, $5, $2, $3, $4, $7, $8, $9) e
$$;
COMMENT ON FUNCTION explain_change(counts_def, tstzrange, tstzrange, text[], text, tag_query, bigint, boolean, text) IS
  'Explains why the number of events differs between two periods; as explain_change(question, …).
measure: events, customers with such an event, or amount. NULL is events.';

CREATE FUNCTION explain_change(
    def metric_def,
    before tstzrange, after tstzrange, by text[] DEFAULT NULL, measure text DEFAULT NULL, of tag_query DEFAULT NULL,
    min_customers bigint DEFAULT 30, pairs boolean DEFAULT true, language text DEFAULT 'en')
  RETURNS TABLE (by text, segment text, segment_kind text, customers_before bigint, customers_after bigint, number_before numeric,
                 number_after numeric, base_before numeric, base_after numeric, rate_before double precision,
                 rate_after double precision, mix_effect double precision, rate_effect double precision,
                 contribution double precision, z double precision, p_value double precision, q_value double precision, rank bigint)
  LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 200 SET search_path = pg_catalog, pg_temp AS $$
  SELECT e.* FROM clientele.explain_change_of('metric', $1::text, $6, $5, $2, $3, $4, $7, $8, $9) e
$$;
COMMENT ON FUNCTION explain_change(metric_def, tstzrange, tstzrange, text[], text, tag_query, bigint, boolean, text) IS
  'Explains why any number of customers differs between two periods; as explain_change(question, …).
metric() describes the number. measure has no meaning here. Errors: also those of the expressions, which are as rules of tags: 42601 for
what is not one value, 42803 for aggregate functions, window functions and sets, 42804 for what is not a number or a boolean.';

