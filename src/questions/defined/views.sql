-- SPDX-License-Identifier: PostgreSQL
-- The kept answers as rows, for BI tools.

CREATE PROCEDURE create_question_views()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  CREATE OR REPLACE VIEW clientele_bi.funnels AS
    SELECT q.name::text AS question, a.as_of, coalesce(a.answer_id = s.answer_id, false) AS latest, r.*
    FROM clientele_data.question_answers a
    JOIN clientele_data.questions q USING (question_id)
    LEFT JOIN clientele_data.question_status s USING (question_id)
    CROSS JOIN LATERAL jsonb_to_recordset(a.rows) AS r (
      segment text, segment_kind text, step integer, name text, customers bigint, conversion double precision,
      conversion_low double precision, conversion_high double precision, step_conversion double precision,
      step_conversion_low double precision, step_conversion_high double precision, median_seconds double precision,
      p90_seconds double precision, p_value double precision, q_value double precision)
    WHERE a.kind = 'funnel';
  COMMENT ON VIEW clientele_bi.funnels IS
    'How many customers reached each step of the saved funnels. It has all answers that are kept; latest is the newest of each question.
With a breakdown, each segment has its rows.';
  COMMENT ON COLUMN clientele_bi.funnels.question IS 'The question.';
  COMMENT ON COLUMN clientele_bi.funnels.as_of IS 'When the question was answered.';
  COMMENT ON COLUMN clientele_bi.funnels.latest IS 'Whether this is the latest answer of the question.';
  COMMENT ON COLUMN clientele_bi.funnels.segment IS
    'The value of the tag or attribute; all customers, those without a value and the rest are named in the language of the question.';
  COMMENT ON COLUMN clientele_bi.funnels.segment_kind IS
    'What the segment is: all, value, none (no value) or other (values beyond the most frequent).';
  COMMENT ON COLUMN clientele_bi.funnels.step IS 'The number of the step, from 1.';
  COMMENT ON COLUMN clientele_bi.funnels.name IS 'The events of the step.';
  COMMENT ON COLUMN clientele_bi.funnels.customers IS 'Customers that reached it.';
  COMMENT ON COLUMN clientele_bi.funnels.conversion IS 'Their share of the customers of the first step.';
  COMMENT ON COLUMN clientele_bi.funnels.conversion_low IS 'Lower bound of its 95 % Wilson interval.';
  COMMENT ON COLUMN clientele_bi.funnels.conversion_high IS 'Upper bound of it.';
  COMMENT ON COLUMN clientele_bi.funnels.step_conversion IS 'Their share of the customers of the step before.';
  COMMENT ON COLUMN clientele_bi.funnels.step_conversion_low IS 'Lower bound of its 95 % Wilson interval.';
  COMMENT ON COLUMN clientele_bi.funnels.step_conversion_high IS 'Upper bound of it.';
  COMMENT ON COLUMN clientele_bi.funnels.median_seconds IS 'Median time since the step before, in seconds.';
  COMMENT ON COLUMN clientele_bi.funnels.p90_seconds IS '90th percentile of that time, in seconds.';
  COMMENT ON COLUMN clientele_bi.funnels.p_value IS
    'How probable it is by chance that conversion differs as much between this segment and all other customers (exact test of Fisher);
NULL for the first step and for all.';
  COMMENT ON COLUMN clientele_bi.funnels.q_value IS
    'The same after Benjamini and Hochberg over all tests of this answer; up to 0.05, at most 5 % of the differences are due to chance.';

  CREATE OR REPLACE VIEW clientele_bi.retention AS
    SELECT q.name::text AS question, a.as_of, coalesce(a.answer_id = s.answer_id, false) AS latest, r.*
    FROM clientele_data.question_answers a
    JOIN clientele_data.questions q USING (question_id)
    LEFT JOIN clientele_data.question_status s USING (question_id)
    CROSS JOIN LATERAL jsonb_to_recordset(a.rows) AS r (
      segment text, segment_kind text, cohort timestamp with time zone, period integer, last_period integer, customers bigint,
      returned bigint, rate double precision, rate_low double precision, rate_high double precision, amount numeric, complete boolean,
      p_value double precision, q_value double precision)
    WHERE a.kind = 'retention';
  COMMENT ON VIEW clientele_bi.retention IS
    'How many customers of each cohort came back in later periods, for the saved questions of retention. It has all answers that are
kept; latest is the newest of each question. With a breakdown, each segment has its rows.';
  COMMENT ON COLUMN clientele_bi.retention.question IS 'The question.';
  COMMENT ON COLUMN clientele_bi.retention.as_of IS 'When the question was answered.';
  COMMENT ON COLUMN clientele_bi.retention.latest IS 'Whether this is the latest answer of the question.';
  COMMENT ON COLUMN clientele_bi.retention.segment IS
    'The value of the tag or attribute; all customers, those without a value and the rest are named in the language of the question.';
  COMMENT ON COLUMN clientele_bi.retention.segment_kind IS
    'What the segment is: all, value, none (no value) or other (values beyond the most frequent).';
  COMMENT ON COLUMN clientele_bi.retention.cohort IS 'Start of the period in which the customers started; NULL for all cohorts together.';
  COMMENT ON COLUMN clientele_bi.retention.period IS 'First period of the stretch, counted from 0.';
  COMMENT ON COLUMN clientele_bi.retention.last_period IS 'Last period of the stretch.';
  COMMENT ON COLUMN clientele_bi.retention.customers IS 'Customers of the cohort.';
  COMMENT ON COLUMN clientele_bi.retention.returned IS 'Those that came back in the stretch.';
  COMMENT ON COLUMN clientele_bi.retention.rate IS 'Their share.';
  COMMENT ON COLUMN clientele_bi.retention.rate_low IS 'Lower bound of its 95 % Wilson interval.';
  COMMENT ON COLUMN clientele_bi.retention.rate_high IS 'Upper bound of it.';
  COMMENT ON COLUMN clientele_bi.retention.amount IS 'Sum of the amounts of the returns, if the question asks for amounts.';
  COMMENT ON COLUMN clientele_bi.retention.complete IS 'Whether the stretch is over for all customers of the cohort.';
  COMMENT ON COLUMN clientele_bi.retention.p_value IS
    'How probable it is by chance that the rate differs as much between this segment and all other customers of the cohort (exact test of
Fisher); NULL for all.';
  COMMENT ON COLUMN clientele_bi.retention.q_value IS
    'The same after Benjamini and Hochberg over all tests of this answer; up to 0.05, at most 5 % of the differences are due to chance.';

  CREATE OR REPLACE VIEW clientele_bi.path_links AS
    SELECT q.name::text AS question, a.as_of, coalesce(a.answer_id = s.answer_id, false) AS latest, r.*
    FROM clientele_data.question_answers a
    JOIN clientele_data.questions q USING (question_id)
    LEFT JOIN clientele_data.question_status s USING (question_id)
    CROSS JOIN LATERAL jsonb_to_recordset(a.rows) AS r (
      segment text, segment_kind text, step integer, source text, target text, customers bigint, paths bigint, share double precision,
      source_share double precision, median_seconds double precision, p_value double precision, q_value double precision)
    WHERE a.kind = 'path_links';
  COMMENT ON VIEW clientele_bi.path_links IS
    'From which event customers went to which, for the saved questions of paths: the edges of a Sankey diagram. It has all answers that
are kept; latest is the newest of each question. With a breakdown, each segment has its rows.';
  COMMENT ON COLUMN clientele_bi.path_links.question IS 'The question.';
  COMMENT ON COLUMN clientele_bi.path_links.as_of IS 'When the question was answered.';
  COMMENT ON COLUMN clientele_bi.path_links.latest IS 'Whether this is the latest answer of the question.';
  COMMENT ON COLUMN clientele_bi.path_links.segment IS
    'The value of the tag or attribute; all customers, those without a value and the rest are named in the language of the question.';
  COMMENT ON COLUMN clientele_bi.path_links.segment_kind IS
    'What the segment is: all, value, none (no value) or other (values beyond the most frequent).';
  COMMENT ON COLUMN clientele_bi.path_links.step IS 'Place of the link in the path, from 1; NULL if the question does not separate steps.';
  COMMENT ON COLUMN clientele_bi.path_links.source IS 'The event from which the link starts.';
  COMMENT ON COLUMN clientele_bi.path_links.target IS 'The next event; NULL where paths end.';
  COMMENT ON COLUMN clientele_bi.path_links.customers IS 'Customers that took the link.';
  COMMENT ON COLUMN clientele_bi.path_links.paths IS 'Paths that have the link.';
  COMMENT ON COLUMN clientele_bi.path_links.share IS 'Customers divided by all customers of the segment.';
  COMMENT ON COLUMN clientele_bi.path_links.source_share IS 'Share of the passages of the source that go on to the target.';
  COMMENT ON COLUMN clientele_bi.path_links.median_seconds IS 'Median time between the two events, in seconds.';
  COMMENT ON COLUMN clientele_bi.path_links.p_value IS
    'How probable it is by chance that share differs as much between this segment and all other customers (exact test of Fisher); NULL
for all, and where customers is NULL.';
  COMMENT ON COLUMN clientele_bi.path_links.q_value IS
    'The same after Benjamini and Hochberg over all tests of this answer; up to 0.05, at most 5 % of the differences are due to chance.';

  CREATE OR REPLACE VIEW clientele_bi.attribution AS
    SELECT q.name::text AS question, a.as_of, coalesce(a.answer_id = s.answer_id, false) AS latest, r.*
    FROM clientele_data.question_answers a
    JOIN clientele_data.questions q USING (question_id)
    LEFT JOIN clientele_data.question_status s USING (question_id)
    CROSS JOIN LATERAL jsonb_to_recordset(a.rows) AS r (
      segment text, segment_kind text, model text, channel text, conversions double precision, value double precision,
      share double precision, removal_effect double precision, p_value double precision, q_value double precision)
    WHERE a.kind = 'attribution';
  COMMENT ON VIEW clientele_bi.attribution IS
    'What each channel has earned, for the saved questions of attribution. It has all answers that are kept; latest is the newest of each
question. With a breakdown, each segment has its rows.';
  COMMENT ON COLUMN clientele_bi.attribution.question IS 'The question.';
  COMMENT ON COLUMN clientele_bi.attribution.as_of IS 'When the question was answered.';
  COMMENT ON COLUMN clientele_bi.attribution.latest IS 'Whether this is the latest answer of the question.';
  COMMENT ON COLUMN clientele_bi.attribution.segment IS
    'The value of the tag or attribute; all customers, those without a value and the rest are named in the language of the question.';
  COMMENT ON COLUMN clientele_bi.attribution.segment_kind IS
    'What the segment is: all, value, none (no value) or other (values beyond the most frequent).';
  COMMENT ON COLUMN clientele_bi.attribution.model IS 'The model.';
  COMMENT ON COLUMN clientele_bi.attribution.channel IS 'The channel; NULL for conversions without a touch.';
  COMMENT ON COLUMN clientele_bi.attribution.conversions IS 'Conversions that the model gives to the channel.';
  COMMENT ON COLUMN clientele_bi.attribution.value IS 'Their value.';
  COMMENT ON COLUMN clientele_bi.attribution.share IS 'Its share of all conversions.';
  COMMENT ON COLUMN clientele_bi.attribution.removal_effect IS
    'Share of the conversions that would be lost without the channel; only by Markov models.';
  COMMENT ON COLUMN clientele_bi.attribution.p_value IS
    'How probable it is by chance that share differs as much between this segment and all other customers (exact test of Fisher over
conversions); NULL for all, and for models that divide a conversion.';
  COMMENT ON COLUMN clientele_bi.attribution.q_value IS
    'The same after Benjamini and Hochberg over all tests of this answer; up to 0.05, at most 5 % of the differences are due to chance.';

  CREATE OR REPLACE VIEW clientele_bi.activity AS
    SELECT q.name::text AS question, a.as_of, coalesce(a.answer_id = s.answer_id, false) AS latest, r.*
    FROM clientele_data.question_answers a
    JOIN clientele_data.questions q USING (question_id)
    LEFT JOIN clientele_data.question_status s USING (question_id)
    CROSS JOIN LATERAL jsonb_to_recordset(a.rows) AS r (
      segment text, segment_kind text, period timestamp with time zone, new bigint, "returning" bigint, resurrected bigint,
      dormant bigint, active bigint, rolling bigint, ratio double precision, complete boolean, p_value double precision,
      q_value double precision)
    WHERE a.kind = 'activity';
  COMMENT ON VIEW clientele_bi.activity IS
    'How many customers were active in each period, for the saved questions of activity. It has all answers that are kept; latest is the
newest of each question. With a breakdown, each segment has its rows.';
  COMMENT ON COLUMN clientele_bi.activity.question IS 'The question.';
  COMMENT ON COLUMN clientele_bi.activity.as_of IS 'When the question was answered.';
  COMMENT ON COLUMN clientele_bi.activity.latest IS 'Whether this is the latest answer of the question.';
  COMMENT ON COLUMN clientele_bi.activity.segment IS
    'The value of the tag or attribute; all customers, those without a value and the rest are named in the language of the question.';
  COMMENT ON COLUMN clientele_bi.activity.segment_kind IS
    'What the segment is: all, value, none (no value) or other (values beyond the most frequent).';
  COMMENT ON COLUMN clientele_bi.activity.period IS 'Start of the period.';
  COMMENT ON COLUMN clientele_bi.activity.new IS 'Active customers whose first event is in the period.';
  COMMENT ON COLUMN clientele_bi.activity."returning" IS 'Active customers that were active in the period before, too.';
  COMMENT ON COLUMN clientele_bi.activity.resurrected IS 'Active customers that came back after a pause.';
  COMMENT ON COLUMN clientele_bi.activity.dormant IS 'Customers that were active in the period before and not in this one.';
  COMMENT ON COLUMN clientele_bi.activity.active IS 'Customers that were active in the period.';
  COMMENT ON COLUMN clientele_bi.activity.rolling IS 'Customers that were active in the trailing window that ends with the period.';
  COMMENT ON COLUMN clientele_bi.activity.ratio IS 'active divided by rolling.';
  COMMENT ON COLUMN clientele_bi.activity.complete IS 'Whether the period is over.';
  COMMENT ON COLUMN clientele_bi.activity.p_value IS
    'How probable it is by chance that the share of active customers differs as much between this segment and all other customers (exact
test of Fisher); NULL for all.';
  COMMENT ON COLUMN clientele_bi.activity.q_value IS
    'The same after Benjamini and Hochberg over all tests of this answer; up to 0.05, at most 5 % of the differences are due to chance.';

  CREATE OR REPLACE VIEW clientele_bi.counts AS
    SELECT q.name::text AS question, a.as_of, coalesce(a.answer_id = s.answer_id, false) AS latest, r.*
    FROM clientele_data.question_answers a
    JOIN clientele_data.questions q USING (question_id)
    LEFT JOIN clientele_data.question_status s USING (question_id)
    CROSS JOIN LATERAL jsonb_to_recordset(a.rows) AS r (
      segment text, segment_kind text, period timestamp with time zone, weekday integer, hour integer, label text, events bigint,
      customers bigint, amount numeric, sessions bigint, p_value double precision, q_value double precision)
    WHERE a.kind = 'counts';
  COMMENT ON VIEW clientele_bi.counts IS
    'How many events and customers there were in each period, for the saved questions of counts. It has all answers that are kept; latest
is the newest of each question. With a breakdown, each segment has its rows.';
  COMMENT ON COLUMN clientele_bi.counts.question IS 'The question.';
  COMMENT ON COLUMN clientele_bi.counts.as_of IS 'When the question was answered.';
  COMMENT ON COLUMN clientele_bi.counts.latest IS 'Whether this is the latest answer of the question.';
  COMMENT ON COLUMN clientele_bi.counts.segment IS
    'The value of the tag or attribute; all customers, those without a value and the rest are named in the language of the question.';
  COMMENT ON COLUMN clientele_bi.counts.segment_kind IS
    'What the segment is: all, value, none (no value) or other (values beyond the most frequent).';
  COMMENT ON COLUMN clientele_bi.counts.period IS 'Start of the period; NULL for hours of the week.';
  COMMENT ON COLUMN clientele_bi.counts.weekday IS '1 (Monday) to 7, for hours of the week.';
  COMMENT ON COLUMN clientele_bi.counts.hour IS '0 to 23, for hours of the week.';
  COMMENT ON COLUMN clientele_bi.counts.label IS 'The event, channel or property that was counted by; NULL for all.';
  COMMENT ON COLUMN clientele_bi.counts.events IS 'Number of events.';
  COMMENT ON COLUMN clientele_bi.counts.customers IS 'Number of different customers.';
  COMMENT ON COLUMN clientele_bi.counts.amount IS 'Sum of the amounts.';
  COMMENT ON COLUMN clientele_bi.counts.sessions IS 'Number of sessions.';
  COMMENT ON COLUMN clientele_bi.counts.p_value IS
    'How probable it is by chance that the share of customers with such events differs as much between this segment and all other
customers (exact test of Fisher); NULL for all.';
  COMMENT ON COLUMN clientele_bi.counts.q_value IS
    'The same after Benjamini and Hochberg over all tests of this answer; up to 0.05, at most 5 % of the differences are due to chance.';

  CREATE OR REPLACE VIEW clientele_bi.answers AS
    SELECT q.name::text AS question, a.as_of, coalesce(a.answer_id = s.answer_id, false) AS latest, r.*
    FROM clientele_data.question_answers a
    JOIN clientele_data.questions q USING (question_id)
    LEFT JOIN clientele_data.question_status s USING (question_id)
    CROSS JOIN LATERAL jsonb_to_recordset(a.rows) AS r (
      segment text, segment_kind text, "row" bigint, at timestamp with time zone, label text, measure text, number double precision)
    WHERE a.kind = 'answers';
  COMMENT ON VIEW clientele_bi.answers IS 'The answers of saved questions that are SQL: a row for each number.';
  COMMENT ON COLUMN clientele_bi.answers.question IS 'The question.';
  COMMENT ON COLUMN clientele_bi.answers.as_of IS 'When the question was answered.';
  COMMENT ON COLUMN clientele_bi.answers.latest IS 'Whether this is the latest answer of the question.';
  COMMENT ON COLUMN clientele_bi.answers.segment IS
    'The value of the tag or attribute; all customers, those without a value and the rest are named in the language of the question.';
  COMMENT ON COLUMN clientele_bi.answers.segment_kind IS
    'What the segment is: all, value, none (no value) or other (values beyond the most frequent).';
  COMMENT ON COLUMN clientele_bi.answers."row" IS 'The row of the answer, from 1.';
  COMMENT ON COLUMN clientele_bi.answers.at IS 'The first column of the row that is a time or a date; NULL without one.';
  COMMENT ON COLUMN clientele_bi.answers.label IS 'The texts of the row, joined by commas; NULL without one.';
  COMMENT ON COLUMN clientele_bi.answers.measure IS 'The name of the column that the number is from.';
  COMMENT ON COLUMN clientele_bi.answers.number IS 'The number.';

  CREATE OR REPLACE VIEW clientele_bi.questions AS
    SELECT q.name::text AS question, q.kind, q.description, q.language, q.of, q.by, q.definition,
           clientele.question_sql(q.kind, q.definition, q.of, q.by, q.top, q.language,
             (SELECT s.value FROM clientele_data.settings s WHERE s.name = 'time_zone')) AS sql,
           s.refreshed_at, s.outcome, s.error, s.failed_at,
           (SELECT count(*) FROM clientele_data.question_answers a WHERE a.question_id = q.question_id) AS answers
    FROM clientele_data.questions q
    LEFT JOIN clientele_data.question_status s USING (question_id);
  COMMENT ON VIEW clientele_bi.questions IS
    'The saved questions: what they ask, the SQL that answers them, and how fresh their answers are.';
  COMMENT ON COLUMN clientele_bi.questions.question IS 'The name of the question.';
  COMMENT ON COLUMN clientele_bi.questions.kind IS
    'What it asks: funnel, retention, path_links, attribution, activity, counts or answers; the view of this kind has the rows (funnels
for funnel).';
  COMMENT ON COLUMN clientele_bi.questions.description IS 'What it means.';
  COMMENT ON COLUMN clientele_bi.questions.language IS 'The language of the names of segments: en or zh.';
  COMMENT ON COLUMN clientele_bi.questions.of IS 'A tag query: the customers that the question is about; NULL for all.';
  COMMENT ON COLUMN clientele_bi.questions.by IS 'The tag or the attribute by which the answer is broken down.';
  COMMENT ON COLUMN clientele_bi.questions.definition IS 'The definition, or SQL.';
  COMMENT ON COLUMN clientele_bi.questions.sql IS 'A statement that returns the same rows now, without the tests of significance.';
  COMMENT ON COLUMN clientele_bi.questions.refreshed_at IS 'When the answer was last refreshed, or found fresh.';
  COMMENT ON COLUMN clientele_bi.questions.outcome IS 'What the last refresh did: complete, fresh or failed.';
  COMMENT ON COLUMN clientele_bi.questions.error IS 'Why the last refresh failed; NULL if it did not.';
  COMMENT ON COLUMN clientele_bi.questions.failed_at IS 'When it failed.';
  COMMENT ON COLUMN clientele_bi.questions.answers IS 'How many answers are kept.';
END $store$;
COMMENT ON PROCEDURE create_question_views() IS 'Creates the views of saved questions in clientele_bi; a part of create_store().';
INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('questions/defined', 'clientele_bi.funnels', 'view', 'create_question_views', true),
  ('questions/defined', 'clientele_bi.retention', 'view', 'create_question_views', true),
  ('questions/defined', 'clientele_bi.path_links', 'view', 'create_question_views', true),
  ('questions/defined', 'clientele_bi.attribution', 'view', 'create_question_views', true),
  ('questions/defined', 'clientele_bi.activity', 'view', 'create_question_views', true),
  ('questions/defined', 'clientele_bi.counts', 'view', 'create_question_views', true),
  ('questions/defined', 'clientele_bi.answers', 'view', 'create_question_views', true),
  ('questions/defined', 'clientele_bi.questions', 'view', 'create_question_views', true);
