-- SPDX-License-Identifier: PostgreSQL

CREATE PROCEDURE create_survey_views()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  CREATE OR REPLACE VIEW clientele_bi.satisfaction AS
    WITH zone AS MATERIALIZED (
      SELECT s.value AS name FROM clientele_data.settings s WHERE s.name = 'time_zone'
    ), last_answers AS (
      -- One customer, one answer a month: the last. Anonymous answers all count.
      SELECT a.survey, a.scale, date_trunc('month', a.answered_at AT TIME ZONE z.name)::date AS month,
             clientele.last_answer(a.score, a.answered_at) AS score
      FROM clientele_data.survey_answers a CROSS JOIN zone z LEFT JOIN clientele_data.customers c USING (customer_id)
      WHERE a.answered_at IS NOT NULL
      GROUP BY a.survey, a.scale, 3, coalesce(c.merged_into, a.customer_id), CASE WHEN a.customer_id IS NULL THEN a.answer_id END
    ), months AS (
      SELECT l.survey, l.scale, l.month, clientele.survey(l.score, l.scale) AS summary FROM last_answers l GROUP BY 1, 2, 3
    ), compared AS (
      SELECT m.*, lag(m.summary) OVER (PARTITION BY m.survey ORDER BY m.month) AS before FROM months m
    ), invited AS (
      SELECT a.survey, a.scale, date_trunc('month', a.asked_at AT TIME ZONE z.name)::date AS month, count(*) AS asked,
             count(a.answered_at) AS responded
      FROM clientele_data.survey_answers a CROSS JOIN zone z WHERE a.asked_at IS NOT NULL GROUP BY 1, 2, 3
    )
    SELECT k.survey, k.scale, k.month, coalesce(r.answers, 0) AS answers, r.promoters, r.passives, r.detractors, r.mean, r.score, r.low, r.high,
           d.difference AS change, d.low AS change_low, d.high AS change_high, d.p_value AS change_p_value,
           coalesce(k.asked, 0) AS asked, coalesce(k.responded, 0) AS responded, k.responded::double precision / k.asked AS response_rate
    FROM (compared m FULL JOIN invited i USING (survey, scale, month)) k
    CROSS JOIN LATERAL clientele.survey_result(k.summary) r
    CROSS JOIN LATERAL clientele.survey_difference(k.summary, k.before) d;
  COMMENT ON VIEW clientele_bi.satisfaction IS
    'The result of each survey in each month, with its 95 % interval, the change since the month before, and the response rate.
A customer counts once in a month, with the last answer.';
  COMMENT ON COLUMN clientele_bi.satisfaction.survey IS 'The survey.';
  COMMENT ON COLUMN clientele_bi.satisfaction.scale IS 'Its scale: nps (0 to 10), csat (1 to 5) or ces (1 to 7).';
  COMMENT ON COLUMN clientele_bi.satisfaction.month IS 'The first day of the month, in the time zone of the store.';
  COMMENT ON COLUMN clientele_bi.satisfaction.answers IS 'Customers that answered in the month, and anonymous answers.';
  COMMENT ON COLUMN clientele_bi.satisfaction.promoters IS 'Answers of 9 and 10 (nps), 4 and 5 (csat) or 5 to 7 (ces).';
  COMMENT ON COLUMN clientele_bi.satisfaction.passives IS 'Answers of 7 and 8 (nps), 3 (csat) or 4 (ces).';
  COMMENT ON COLUMN clientele_bi.satisfaction.detractors IS 'Answers of 0 to 6 (nps), 1 and 2 (csat) or 1 to 3 (ces).';
  COMMENT ON COLUMN clientele_bi.satisfaction.mean IS 'The mean of the answers.';
  COMMENT ON COLUMN clientele_bi.satisfaction.score IS
    'The result: from -100 to 100 for nps, the percentage of promoters minus that of detractors; the share of promoters for csat and ces.';
  COMMENT ON COLUMN clientele_bi.satisfaction.low IS 'The lower end of the 95 % interval of the result.';
  COMMENT ON COLUMN clientele_bi.satisfaction.high IS 'The upper end of the 95 % interval of the result.';
  COMMENT ON COLUMN clientele_bi.satisfaction.change IS 'The result minus that of the last month before with answers.';
  COMMENT ON COLUMN clientele_bi.satisfaction.change_low IS 'The lower end of the 95 % interval of the change.';
  COMMENT ON COLUMN clientele_bi.satisfaction.change_high IS 'The upper end of the 95 % interval of the change.';
  COMMENT ON COLUMN clientele_bi.satisfaction.change_p_value IS 'How probable a change as large as this one is by chance.';
  COMMENT ON COLUMN clientele_bi.satisfaction.asked IS 'Invitations of the month.';
  COMMENT ON COLUMN clientele_bi.satisfaction.responded IS 'How many of them were answered until now.';
  COMMENT ON COLUMN clientele_bi.satisfaction.response_rate IS 'responded / asked; NULL without an invitation.';
END $store$;
COMMENT ON PROCEDURE create_survey_views() IS
  'Creates the views of surveys; a part of create_store().';
INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('satisfaction/surveys', 'clientele_bi.satisfaction', 'view', 'create_survey_views', true);
