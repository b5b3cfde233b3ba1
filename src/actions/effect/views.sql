-- SPDX-License-Identifier: PostgreSQL
-- The effects of campaigns for BI tools. Before the end of a campaign only what holds however often one looks is shown.

CREATE PROCEDURE create_effect_views()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  CREATE OR REPLACE VIEW clientele_bi.campaign_effect_history AS
    SELECT c.name::text AS campaign, r.measure::text AS measure, r.day, r.measured_at, r.is_final, r.treated, r.control, r.treated_mean, r.control_mean,
           r.difference, CASE WHEN r.is_final THEN r.low ELSE r.always_low END AS low, CASE WHEN r.is_final THEN r.high ELSE r.always_high END AS high,
           CASE WHEN r.is_final THEN r.p_value ELSE r.always_p END AS p_value, r.significant
    FROM clientele_data.campaign_results r JOIN clientele_data.campaigns c ON c.campaign_id = r.campaign_id;
  COMMENT ON VIEW clientele_bi.campaign_effect_history IS
    'How the measured effect of each campaign developed from day to day.';
  COMMENT ON COLUMN clientele_bi.campaign_effect_history.campaign IS 'The campaign that was measured.';
  COMMENT ON COLUMN clientele_bi.campaign_effect_history.measure IS
    'What is compared: conversion (a share), value (a mean), or adjusted value (the mean less what the value before the start explains).';
  COMMENT ON COLUMN clientele_bi.campaign_effect_history.day IS 'The day on which the effect was measured, in the time zone of the store.';
  COMMENT ON COLUMN clientele_bi.campaign_effect_history.measured_at IS 'When the effect was measured.';
  COMMENT ON COLUMN clientele_bi.campaign_effect_history.is_final IS 'Whether the time of the campaign was over; until then it is the effect so far.';
  COMMENT ON COLUMN clientele_bi.campaign_effect_history.treated IS 'Customers that the campaign was for, whether they got a message or not.';
  COMMENT ON COLUMN clientele_bi.campaign_effect_history.control IS 'Customers of the control group, who got none.';
  COMMENT ON COLUMN clientele_bi.campaign_effect_history.treated_mean IS 'The share of the treated that converted, or their mean value.';
  COMMENT ON COLUMN clientele_bi.campaign_effect_history.control_mean IS 'The share of the control group that converted, or its mean value.';
  COMMENT ON COLUMN clientele_bi.campaign_effect_history.difference IS 'The effect: the first less the second.';
  COMMENT ON COLUMN clientele_bi.campaign_effect_history.low IS
    'Lower bound of the 95 % interval of the effect; before the end that of an interval that holds however often one looks.';
  COMMENT ON COLUMN clientele_bi.campaign_effect_history.high IS 'Upper bound of that interval.';
  COMMENT ON COLUMN clientele_bi.campaign_effect_history.p_value IS
    'How probable an effect as large is by chance; before the end it holds however often one looks.';
  COMMENT ON COLUMN clientele_bi.campaign_effect_history.significant IS
    'Whether p_value is at most 0.05 and the control group has the size that it should have.';

  CREATE OR REPLACE VIEW clientele_bi.campaign_effects AS
    SELECT c.name::text AS campaign, c.action AS action, r.measure::text AS measure, c.started_at, r.ends_at, r.measured_at, r.is_final, r.members, r.pending,
           r.overlap, r.treated, r.control, r.treated_sum, r.control_sum, r.treated_mean, r.control_mean, r.difference, r.lift,
           CASE WHEN r.is_final THEN r.low ELSE r.always_low END AS low, CASE WHEN r.is_final THEN r.high ELSE r.always_high END AS high,
           CASE WHEN r.is_final THEN r.p_value ELSE r.always_p END AS p_value, r.significant, r.extra, r.extra_low, r.extra_high,
           r.total_cost, r.roi, r.reduction, c.share, r.sample_ratio_p, r.trusted
    FROM clientele_data.campaigns c
    JOIN clientele_data.campaign_results r ON r.campaign_id = c.campaign_id
    WHERE r.day = (SELECT max(l.day) FROM clientele_data.campaign_results l WHERE l.campaign_id = r.campaign_id);
  COMMENT ON VIEW clientele_bi.campaign_effects IS
    'What each campaign has brought about, by comparison with its control group: the latest measurement. refresh_effects() updates it.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.campaign IS 'The campaign that was measured.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.action IS 'The action by which its messages were sent.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.measure IS
    'What is compared: conversion (a share), value (a mean), or adjusted value (the mean less what the value before the start explains).';
  COMMENT ON COLUMN clientele_bi.campaign_effects.started_at IS 'When it started; from then on conversions and value count.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.ends_at IS 'When the time ends in which conversions and value count.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.measured_at IS 'When the effect was measured.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.is_final IS 'Whether the time of the campaign was over; until then it is the effect so far.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.members IS 'Customers of both groups.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.pending IS 'Customers whose time is not over.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.overlap IS 'Customers that were in another campaign at the same time, too.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.treated IS 'Customers that the campaign was for, whether they got a message or not.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.control IS 'Customers of the control group, who got none.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.treated_sum IS 'Conversions or value of the treated; NULL for the adjusted value.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.control_sum IS 'Conversions or value of the control group; NULL for the adjusted value.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.treated_mean IS 'The share of the treated that converted, or their mean value.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.control_mean IS 'The share of the control group that converted, or its mean value.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.difference IS 'The effect: the first less the second.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.lift IS 'The effect as a share of control_mean.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.low IS
    'Lower bound of the 95 % interval of the effect; before the end that of an interval that holds however often one looks.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.high IS 'Upper bound of that interval.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.p_value IS
    'How probable an effect as large is by chance; before the end it holds however often one looks.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.significant IS
    'Whether p_value is at most 0.05 and the control group has the size that it should have.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.extra IS 'Customers or value gained by the campaign: the effect times the treated.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.extra_low IS 'Lower bound of the interval of extra.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.extra_high IS 'Upper bound of the interval of extra.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.total_cost IS 'Cost of the messages that were sent; NULL if the campaign has no cost.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.roi IS 'Return: (extra - total_cost) / total_cost, for value.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.reduction IS 'Share of the variance that the value before the start explains.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.share IS 'The share of the control group that was asked for.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.sample_ratio_p IS 'How probable a control group of this size is by that share.';
  COMMENT ON COLUMN clientele_bi.campaign_effects.trusted IS
    'False if that is below 0.001: then customers were lost on one side, and the effect must not be trusted. NULL without a control group.';
END $store$;
COMMENT ON PROCEDURE create_effect_views() IS 'Creates the views of the effects of campaigns in clientele_bi; a part of create_store().';

INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('actions/effect', 'clientele_bi.campaign_effect_history', 'view', 'create_effect_views', true),
  ('actions/effect', 'clientele_bi.campaign_effects', 'view', 'create_effect_views', true);
