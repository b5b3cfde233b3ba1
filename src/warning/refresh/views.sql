-- SPDX-License-Identifier: PostgreSQL

CREATE PROCEDURE create_warning_views()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  -- A customer who has withdrawn the consent since the last refresh is not shown.
  CREATE OR REPLACE VIEW clientele_bi.warnings AS
    SELECT w.warning::text AS warning, w.customer_id, w.level, w.since, w.probability,
           array_to_string(w.reasons, CASE d.language WHEN 'zh' THEN '；' ELSE '; ' END) AS reasons, w.value_at_risk, w.tier, w.lifted,
           s.strategy, s.advice, s.channel, s.incentive, x.at AS refreshed_at
    FROM clientele_data.warnings w
    JOIN clientele_data.warning_definitions d ON d.name = w.warning
    LEFT JOIN clientele_data.warning_status x ON x.warning = w.warning
    LEFT JOIN LATERAL (
      SELECT y.* FROM clientele_data.warning_strategies y
      WHERE y.language = d.language AND y.level = w.level AND y.tier IN (coalesce(w.tier, ''), '') ORDER BY y.tier = '' LIMIT 1) s ON true
    WHERE coalesce((SELECT c.granted FROM clientele_data.consents c WHERE c.customer_id = w.customer_id AND c.purpose = 'profiling'
                    ORDER BY c.at DESC, c.consent_id DESC LIMIT 1), true);
  COMMENT ON VIEW clientele_bi.warnings IS
    'The customers that warnings of churn name now, each with the level, the reasons, what is at stake and what to do.';
  COMMENT ON COLUMN clientele_bi.warnings.warning IS 'The warning.';
  COMMENT ON COLUMN clientele_bi.warnings.customer_id IS 'The customer.';
  COMMENT ON COLUMN clientele_bi.warnings.level IS 'The level: critical, warning or attention.';
  COMMENT ON COLUMN clientele_bi.warnings.since IS 'Since when the customer has had this level.';
  COMMENT ON COLUMN clientele_bi.warnings.probability IS 'The probability of churn within the horizon of the warning.';
  COMMENT ON COLUMN clientele_bi.warnings.reasons IS 'What makes churn more likely than for the average customer, the most important first.';
  COMMENT ON COLUMN clientele_bi.warnings.value_at_risk IS
    'The value that the customer still has, if the warning names models for it; else the revenue of the last 365 days times the probability.';
  COMMENT ON COLUMN clientele_bi.warnings.tier IS 'The RFM tier; NULL for a customer without a purchase.';
  COMMENT ON COLUMN clientele_bi.warnings.lifted IS 'Whether a tag gives the customer a level at least, as after a complaint.';
  COMMENT ON COLUMN clientele_bi.warnings.strategy IS 'The strategy for the level and the tier.';
  COMMENT ON COLUMN clientele_bi.warnings.advice IS 'What to do.';
  COMMENT ON COLUMN clientele_bi.warnings.channel IS 'By which channel.';
  COMMENT ON COLUMN clientele_bi.warnings.incentive IS 'What is offered; NULL for nothing.';
  COMMENT ON COLUMN clientele_bi.warnings.refreshed_at IS 'The present of the last refresh of the warning.';

  CREATE OR REPLACE VIEW clientele_bi.warning_levels AS
    SELECT w.warning, w.level, w.tier, count(*) AS customers, count(w.strategy) AS with_strategy, sum(w.value_at_risk) AS value_at_risk,
           avg(w.probability) AS mean_probability, min(w.since) AS oldest_since
    FROM clientele_bi.warnings w GROUP BY w.warning, w.level, w.tier;
  COMMENT ON VIEW clientele_bi.warning_levels IS 'How many customers are at each level of each warning, by tier, and what is at stake.';
  COMMENT ON COLUMN clientele_bi.warning_levels.warning IS 'The warning.';
  COMMENT ON COLUMN clientele_bi.warning_levels.level IS 'The level: critical, warning or attention.';
  COMMENT ON COLUMN clientele_bi.warning_levels.tier IS 'The RFM tier; NULL for customers without a purchase.';
  COMMENT ON COLUMN clientele_bi.warning_levels.customers IS 'How many customers are at this level, not counting higher ones.';
  COMMENT ON COLUMN clientele_bi.warning_levels.with_strategy IS 'For how many of them there is a strategy.';
  COMMENT ON COLUMN clientele_bi.warning_levels.value_at_risk IS 'The sum of their values at risk.';
  COMMENT ON COLUMN clientele_bi.warning_levels.mean_probability IS 'Their mean probability of churn.';
  COMMENT ON COLUMN clientele_bi.warning_levels.oldest_since IS 'Since when the first of them has had this level.';

  CREATE OR REPLACE VIEW clientele_bi.warning_history AS
    SELECT h.warning, h.day, h.at, h.customers, h.critical, h.warned, h.attention, h.value_at_risk, h.raised, h.lowered, h.ended, h.model_version
    FROM (SELECT r.warning::text AS warning, (r.at AT TIME ZONE z.zone)::date AS day, r.at, r.customers, r.critical, r.warned, r.attention,
                 r.value_at_risk, (sum(r.raised) OVER w)::bigint AS raised, (sum(r.lowered) OVER w)::bigint AS lowered,
                 (sum(r.ended) OVER w)::bigint AS ended, r.model_version,
                 row_number() OVER (PARTITION BY r.warning, (r.at AT TIME ZONE z.zone)::date ORDER BY r.at DESC, r.refresh_id DESC) AS place
          FROM clientele_data.warning_refreshes r
          CROSS JOIN (SELECT coalesce((SELECT s.value FROM clientele_data.settings s WHERE s.name = 'time_zone'), 'UTC') AS zone) z
          WHERE r.finished_at IS NOT NULL
          WINDOW w AS (PARTITION BY r.warning, (r.at AT TIME ZONE z.zone)::date)) h
    WHERE h.place = 1;
  COMMENT ON VIEW clientele_bi.warning_history IS
    'How many customers were at each level of each warning, day by day, as of the last refresh of the day.';
  COMMENT ON COLUMN clientele_bi.warning_history.warning IS 'The warning.';
  COMMENT ON COLUMN clientele_bi.warning_history.day IS 'The day, in the time zone of the store.';
  COMMENT ON COLUMN clientele_bi.warning_history.at IS 'The present of the last refresh of that day.';
  COMMENT ON COLUMN clientele_bi.warning_history.customers IS 'How many customers were judged.';
  COMMENT ON COLUMN clientele_bi.warning_history.critical IS 'How many were at the level critical.';
  COMMENT ON COLUMN clientele_bi.warning_history.warned IS 'How many were at the level warning.';
  COMMENT ON COLUMN clientele_bi.warning_history.attention IS 'How many were at the level attention.';
  COMMENT ON COLUMN clientele_bi.warning_history.value_at_risk IS 'The value at risk of all of these.';
  COMMENT ON COLUMN clientele_bi.warning_history.raised IS 'How many levels rose on that day, or began.';
  COMMENT ON COLUMN clientele_bi.warning_history.lowered IS 'How many levels fell to a lower one.';
  COMMENT ON COLUMN clientele_bi.warning_history.ended IS 'How many customers were not warned of any longer.';
  COMMENT ON COLUMN clientele_bi.warning_history.model_version IS 'The version of the model that judged them.';

  CREATE OR REPLACE VIEW clientele_bi.warning_quality AS
    SELECT m.warning::text AS warning, m.at, m.at = max(m.at) OVER (PARTITION BY m.warning) AS latest, m.level, m.threshold, m.customers, m.churned, m.base_rate,
           m.base_rate_low, m.base_rate_high, m.majority_accuracy, m.warned, m.hits, m.accuracy, m.accuracy_low, m.accuracy_high,
           m."precision", m.precision_low, m.precision_high, m.recall, m.recall_low, m.recall_high, m.claim_met, m.gain, m.judged,
           m.holdout_at, m.model_version
    FROM clientele_data.warning_measures m;
  COMMENT ON VIEW clientele_bi.warning_quality IS
    'How good warnings are on customers and a time that neither the model nor the thresholds had seen, level by level, by both meanings of
accuracy: customers judged correctly, and warned customers who churned (precision).';
  COMMENT ON COLUMN clientele_bi.warning_quality.warning IS 'The warning.';
  COMMENT ON COLUMN clientele_bi.warning_quality.at IS 'When it was compared with what happened.';
  COMMENT ON COLUMN clientele_bi.warning_quality.latest IS 'Whether this is the latest comparison.';
  COMMENT ON COLUMN clientele_bi.warning_quality.level IS
    'The level together with those above it: critical, warning or attention; half is a threshold of one half, as classifiers are judged.';
  COMMENT ON COLUMN clientele_bi.warning_quality.threshold IS 'The lowest probability of the level.';
  COMMENT ON COLUMN clientele_bi.warning_quality.customers IS 'How many customers were compared.';
  COMMENT ON COLUMN clientele_bi.warning_quality.churned IS 'How many of them churned.';
  COMMENT ON COLUMN clientele_bi.warning_quality.base_rate IS 'Their share: the precision of a warning that names all customers.';
  COMMENT ON COLUMN clientele_bi.warning_quality.base_rate_low IS 'Lower bound of its 95 % Wilson interval.';
  COMMENT ON COLUMN clientele_bi.warning_quality.base_rate_high IS 'Upper bound of it.';
  COMMENT ON COLUMN clientele_bi.warning_quality.majority_accuracy IS 'The accuracy of the same answer for all customers.';
  COMMENT ON COLUMN clientele_bi.warning_quality.warned IS 'How many customers were at the level or a higher one.';
  COMMENT ON COLUMN clientele_bi.warning_quality.hits IS 'How many of these churned.';
  COMMENT ON COLUMN clientele_bi.warning_quality.accuracy IS 'Share of all customers that were judged correctly.';
  COMMENT ON COLUMN clientele_bi.warning_quality.accuracy_low IS 'Lower bound of its 95 % Wilson interval.';
  COMMENT ON COLUMN clientele_bi.warning_quality.accuracy_high IS 'Upper bound of it.';
  COMMENT ON COLUMN clientele_bi.warning_quality."precision" IS 'Share of the warned customers who churned; NULL if none was warned of.';
  COMMENT ON COLUMN clientele_bi.warning_quality.precision_low IS 'Lower bound of its 95 % Wilson interval.';
  COMMENT ON COLUMN clientele_bi.warning_quality.precision_high IS 'Upper bound of it.';
  COMMENT ON COLUMN clientele_bi.warning_quality.recall IS 'Share of the churners that were warned of; NULL if no customer churned.';
  COMMENT ON COLUMN clientele_bi.warning_quality.recall_low IS 'Lower bound of its 95 % Wilson interval.';
  COMMENT ON COLUMN clientele_bi.warning_quality.recall_high IS 'Upper bound of it.';
  COMMENT ON COLUMN clientele_bi.warning_quality.claim_met IS
    'Whether the warning is right in 80 % of the cases by both meanings: accuracy at one half of at least .80 and above the majority''s, and
precision of at least .80 at the critical level with 30 customers or more.';
  COMMENT ON COLUMN clientele_bi.warning_quality.gain IS 'What acting on all warned customers would have gained, by the costs of the warning.';
  COMMENT ON COLUMN clientele_bi.warning_quality.judged IS
    'model: the model in use. refit: one of the same definition that has seen nothing of the hold-out, where that of the model is not known.';
  COMMENT ON COLUMN clientele_bi.warning_quality.holdout_at IS 'The day of the predictions, one horizon before the end of the data.';
  COMMENT ON COLUMN clientele_bi.warning_quality.model_version IS 'The version of the model.';
END $store$;
COMMENT ON PROCEDURE create_warning_views() IS 'Makes the views of warnings in clientele_bi; a part of create_store().';
INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('warning/refresh', 'clientele_bi.warnings', 'view', 'create_warning_views', true),
  ('warning/refresh', 'clientele_bi.warning_levels', 'view', 'create_warning_views', true),
  ('warning/refresh', 'clientele_bi.warning_history', 'view', 'create_warning_views', true),
  ('warning/refresh', 'clientele_bi.warning_quality', 'view', 'create_warning_views', true);
