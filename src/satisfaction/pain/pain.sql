-- SPDX-License-Identifier: PostgreSQL
-- Feedback of customers: texts are added, read by words, and joined with what the customers did.

CREATE FUNCTION hypergeometric_upper_p(everyone bigint, tagged bigint, audience bigint, "both" bigint) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_hypergeometric_upper_p';
COMMENT ON FUNCTION hypergeometric_upper_p(bigint, bigint, bigint, bigint) IS
  'Returns how probable it is that an audience drawn at random has this number of customers with a tag, or a larger one.
The arguments are those of hypergeometric_p(), which also counts numbers as far below. Errors: 22023 for numbers that contradict each
other.';

CREATE FUNCTION add_feedback(
    text text, customer_id bigint DEFAULT NULL, at timestamptz DEFAULT now(), channel text DEFAULT '', key text DEFAULT NULL) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  added bigint;
BEGIN
  PERFORM clientele.require_store('feedback', 'INSERT');
  IF add_feedback.text IS NULL THEN
    RAISE EXCEPTION 'the text must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF octet_length(add_feedback.text) > 1000000 THEN
    RAISE EXCEPTION 'a text of % bytes is too long, 1000000 is the limit', octet_length(add_feedback.text) USING ERRCODE = 'program_limit_exceeded';
  ELSIF NOT isfinite(coalesce(add_feedback.at, now())) THEN
    RAISE EXCEPTION 'the time must be finite' USING ERRCODE = 'datetime_field_overflow';
  ELSIF add_feedback.customer_id IS NOT NULL AND NOT EXISTS (
      SELECT FROM clientele_data.customers c WHERE c.customer_id = add_feedback.customer_id) THEN
    RAISE EXCEPTION 'customer % does not exist', add_feedback.customer_id USING ERRCODE = 'undefined_object';
  END IF;
  INSERT INTO clientele_data.feedback AS f (customer_id, at, channel, text, key)
  VALUES (add_feedback.customer_id, coalesce(add_feedback.at, now()), coalesce(add_feedback.channel, ''), add_feedback.text, add_feedback.key)
  ON CONFLICT ON CONSTRAINT feedback_key_key DO NOTHING RETURNING f.feedback_id INTO added;
  RETURN coalesce(added, (SELECT f.feedback_id FROM clientele_data.feedback f WHERE f.key = add_feedback.key));
END $$;
COMMENT ON FUNCTION add_feedback(text, bigint, timestamptz, text, text) IS
  'Adds a text that a customer has written to clientele_data.feedback, and returns its number.
customer_id: NULL if the writer is not known. channel: where it was written. key: its key in the source; with a key that is there already
nothing is added, and the number of that text is returned. Errors: 22004 for a NULL text, 54000 for one of more than 1 MB, 22008 for an
infinite time, 42704 for a customer that does not exist, 42P01 without a store, 42501 without the rights.';

CREATE FUNCTION pain_points(
    since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL, within interval DEFAULT '7 days', steps text DEFAULT '*',
    purchases text DEFAULT NULL)
  RETURNS TABLE (class text, step text, texts bigint, customers bigint, class_texts bigint, step_texts bigint, all_texts bigint,
                 expected double precision, excess double precision, p_value double precision, q_value double precision,
                 value_at_risk numeric)
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 100000 ROWS 50 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  reach interval;
  bought text;
  ending CONSTANT timestamptz := coalesce(pain_points.until, now());
BEGIN
  PERFORM clientele.require_store(t) FROM unnest('{feedback,feedback_found,customers,stored_journeys,journeys,event_types}'::text[]) t;
  IF pain_points.within IS NULL OR pain_points.steps IS NULL THEN
    RAISE EXCEPTION 'within and steps must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF extract(year FROM pain_points.within) <> 0 OR extract(month FROM pain_points.within) <> 0 OR pain_points.within < interval '0' THEN
    RAISE EXCEPTION 'within must be a fixed length of time that is not negative' USING ERRCODE = 'invalid_parameter_value';
  ELSIF NOT isfinite(coalesce(pain_points.since, now())) OR NOT isfinite(ending) THEN
    RAISE EXCEPTION 'since and until must be finite' USING ERRCODE = 'datetime_field_overflow';
  END IF;
  -- A day has 24 hours, whatever the time zone of the session.
  reach := make_interval(secs => extract(epoch FROM pain_points.within)::double precision);
  bought := coalesce(pain_points.purchases, clientele.starter_selector('purchase'));
  RETURN QUERY
  WITH negative AS MATERIALIZED (
    SELECT f.feedback_id, f.at, coalesce(c.merged_into, f.customer_id) AS customer_id, array_agg(d.class) AS classes
    FROM clientele_data.feedback f
    JOIN clientele_data.customers c ON c.customer_id = f.customer_id
    JOIN clientele_data.feedback_found d ON d.feedback_id = f.feedback_id
    WHERE d.polarity < 0 AND f.at < ending AND (pain_points.since IS NULL OR f.at >= pain_points.since)
    GROUP BY f.feedback_id, c.merged_into
  ), stepped AS MATERIALIZED (
    SELECT n.feedback_id, n.customer_id, n.classes, s.step COLLATE "C" AS step
    FROM negative n
    JOIN clientele_data.journeys j ON j.customer_id = n.customer_id
    CROSS JOIN LATERAL (
      SELECT concat_ws(':', nullif(t.channel, ''), t.event) AS step
      FROM clientele.events(clientele.journey_filter(clientele.journey_slice(j.journey, n.at - reach, n.at), pain_points.steps)) e
      JOIN clientele_data.event_types t ON t.event_type_id = e.event_type_id
      ORDER BY e.at DESC, t.channel COLLATE "C" DESC, t.event COLLATE "C" DESC LIMIT 1) s
  ), spent AS MATERIALIZED (
    SELECT w.customer_id, clientele.amount_sum(clientele.journey_slice(j.journey, ending - interval '8760 hours', ending), bought) AS amount
    FROM (SELECT DISTINCT x.customer_id FROM stepped x) w
    JOIN clientele_data.journeys j ON j.customer_id = w.customer_id WHERE bought IS NOT NULL
  ), one AS (
    SELECT s.feedback_id, s.customer_id, s.step, k.class FROM stepped s CROSS JOIN LATERAL unnest(s.classes) k (class)
  ), counted AS (
    SELECT o.class, o.step, count(*) AS n, count(DISTINCT o.customer_id) AS people FROM one o GROUP BY o.class, o.step
  ), at_risk AS (
    SELECT d.class, d.step, sum(p.amount) AS amount
    FROM (SELECT DISTINCT o.class, o.step, o.customer_id FROM one o) d JOIN spent p USING (customer_id) GROUP BY d.class, d.step
  ), of_class AS (
    SELECT o.class, count(*) AS n FROM one o GROUP BY o.class
  ), of_step AS (
    SELECT s.step, count(*) AS n FROM stepped s GROUP BY s.step
  ), everything AS (
    SELECT count(*) AS n FROM stepped
  ), judged AS (
    -- All pairs are looked at, also those that no text has.
    SELECT c.class, s.step, coalesce(k.n, 0) AS n, coalesce(k.people, 0) AS people, c.n AS n_class, s.n AS n_step, e.n AS n_all,
           c.n::double precision * s.n / e.n AS expected,
           clientele.hypergeometric_upper_p(e.n, c.n, s.n, coalesce(k.n, 0)) AS p,
           row_number() OVER (ORDER BY c.class, s.step) AS place
    FROM of_class c CROSS JOIN of_step s CROSS JOIN everything e LEFT JOIN counted k ON k.class = c.class AND k.step = s.step
  ), adjusted AS (
    SELECT u.place, u.q FROM (SELECT clientele.adjusted_p(array_agg(j.p ORDER BY j.place)) AS qs FROM judged j) t,
           unnest(t.qs) WITH ORDINALITY u (q, place)
  )
  SELECT j.class::text, j.step::text, j.n, j.people, j.n_class, j.n_step, j.n_all, j.expected, j.n - j.expected, j.p, a.q, r.amount
  FROM judged j JOIN adjusted a USING (place) LEFT JOIN at_risk r ON r.class = j.class AND r.step = j.step
  WHERE j.n > 0
  ORDER BY round((j.n - j.expected)::numeric, 9) DESC, j.class, j.step;
END $$;
COMMENT ON FUNCTION pain_points(timestamptz, timestamptz, interval, text, text) IS
  'Returns what customers complain about after which step of their journeys: a row for each class and step that a negative text has, the
largest excess first.
A text is negative about a class if its polarity there is below 0, as refresh_feedback() found it. Its step is the last event of the
customer before the text, at most `within` before it; texts without one do not count. texts: those with both; class_texts, step_texts and
all_texts: all with the class, all with the step, all. expected: class_texts x step_texts / all_texts; excess: texts - expected. p_value:
how probable this many texts or more are if class and step were independent (upper tail of the hypergeometric distribution). q_value: the
same after Benjamini and Hochberg (1995) over all pairs of class and step. value_at_risk: what the customers of these texts bought in the
365 days before `until`; NULL if they bought nothing. The step need not be the cause.
since, until: only texts from since on, and before until; NULL means any time, and the present. steps: a selector of the events that can be
steps. purchases: a selector of purchases; NULL means starter_selector(''purchase'').
Errors: 22004 if within or steps is NULL, 22023 for a within with months or below 0 and for the syntax of a selector, 22008 for infinite
times, 42704 for an event that is not in the dictionary, 42P01 without a store, 42501 without the rights.';

CREATE FUNCTION refresh_feedback(OUT texts bigint, OUT classes bigint, OUT pain_points bigint) RETURNS record
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  lexicon clientele.feedback_lexicon;
  digest text;
  known text;
  batch bigint[];
  after bigint := -9223372036854775808;
  found_rows bigint;
BEGIN
  PERFORM clientele.require_store('feedback', 'UPDATE'), clientele.require_store('feedback_found', 'INSERT'),
          clientele.require_store('feedback_found', 'DELETE'), clientele.require_store('feedback_status', 'UPDATE'),
          clientele.require_store('pain_points', 'INSERT'), clientele.require_store('pain_points', 'DELETE');
  -- Two refreshes at once: the second waits here, and finds nothing left to do.
  SELECT s.words_key INTO known FROM clientele_data.feedback_status s FOR UPDATE;
  lexicon := clientele.stored_feedback_lexicon();
  digest := md5(lexicon::text);
  texts := 0;
  classes := 0;
  LOOP
    -- With other words than before all texts are read again.
    IF known IS NOT DISTINCT FROM digest THEN
      batch := ARRAY(SELECT f.feedback_id FROM clientele_data.feedback f WHERE f.words_key IS NULL AND f.feedback_id > after
                     ORDER BY f.feedback_id LIMIT 20000 FOR UPDATE);
    ELSE
      batch := ARRAY(SELECT f.feedback_id FROM clientele_data.feedback f WHERE f.words_key IS DISTINCT FROM digest AND f.feedback_id > after
                     ORDER BY f.feedback_id LIMIT 20000 FOR UPDATE);
    END IF;
    EXIT WHEN batch = '{}';
    after := batch[cardinality(batch)];
    DELETE FROM clientele_data.feedback_found d WHERE d.feedback_id = ANY (batch);
    INSERT INTO clientele_data.feedback_found (feedback_id, class, weight, polarity)
    SELECT f.feedback_id, c.class, c.weight, c.polarity
    FROM clientele_data.feedback f CROSS JOIN LATERAL clientele.feedback_classes(f.text, lexicon) c WHERE f.feedback_id = ANY (batch);
    GET DIAGNOSTICS found_rows = ROW_COUNT;
    UPDATE clientele_data.feedback f SET words_key = digest WHERE f.feedback_id = ANY (batch);
    texts := texts + cardinality(batch);
    classes := classes + found_rows;
  END LOOP;
  UPDATE clientele_data.feedback_status s SET words_key = digest, refreshed_at = now() WHERE s.one_row;
  DELETE FROM clientele_data.pain_points;
  INSERT INTO clientele_data.pain_points (class, step, texts, customers, class_texts, step_texts, all_texts, expected, excess, p_value, q_value,
                                          value_at_risk, as_of)
  SELECT p.class, p.step, p.texts, p.customers, p.class_texts, p.step_texts, p.all_texts, p.expected, p.excess, p.p_value, p.q_value,
         p.value_at_risk, now()
  FROM clientele.pain_points(since => now() - interval '8760 hours') p;
  GET DIAGNOSTICS pain_points = ROW_COUNT;
END $$;
COMMENT ON FUNCTION refresh_feedback() IS
  'Reads the texts of clientele_data.feedback that are new or have changed by the words of the store, and computes the pain points of the
last 365 days again. Returns how many texts were read, how many classes they have, and the number of pairs of class and step.
If clientele_data.feedback_words has changed, all texts are read again. Two refreshes do not run at once: the second waits. Errors: as the
aggregate feedback_lexicon() for words that contradict each other; 42P01 without a store, 42501 without the rights.';
