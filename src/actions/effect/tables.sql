-- SPDX-License-Identifier: PostgreSQL

CREATE PROCEDURE create_campaign_result_tables()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  CREATE TABLE IF NOT EXISTS clientele_data.campaign_results (
    campaign_id bigint NOT NULL REFERENCES clientele_data.campaigns ON DELETE CASCADE,
    measure text COLLATE "C" NOT NULL,
    day date NOT NULL,
    measured_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    is_final boolean NOT NULL,
    members bigint NOT NULL,
    pending bigint NOT NULL,
    overlap bigint NOT NULL,
    treated bigint NOT NULL,
    control bigint NOT NULL,
    treated_sum double precision,
    control_sum double precision,
    treated_mean double precision,
    control_mean double precision,
    difference double precision,
    lift double precision,
    standard_error double precision,
    low double precision,
    high double precision,
    p_value double precision,
    theta double precision,
    reduction double precision,
    always_p double precision,
    always_low double precision,
    always_high double precision,
    extra double precision,
    extra_low double precision,
    extra_high double precision,
    total_cost double precision,
    roi double precision,
    sample_ratio_p double precision,
    trusted boolean,
    significant boolean,
    PRIMARY KEY (campaign_id, measure, day)
  );
  COMMENT ON TABLE clientele_data.campaign_results IS
    'The effects of campaigns, one row for each measure and day, the last of the day. clientele.refresh_effects() writes it.';
  COMMENT ON COLUMN clientele_data.campaign_results.campaign_id IS 'The campaign.';
  COMMENT ON COLUMN clientele_data.campaign_results.measure IS 'conversion, value or adjusted value.';
  COMMENT ON COLUMN clientele_data.campaign_results.day IS 'The day on which it was measured, in the time zone of the store.';
  COMMENT ON COLUMN clientele_data.campaign_results.measured_at IS 'Until when events count; at the end of the campaign, when it was measured.';
  COMMENT ON COLUMN clientele_data.campaign_results.ends_at IS 'When the time ends in which events count.';
  COMMENT ON COLUMN clientele_data.campaign_results.is_final IS 'Whether that time was over.';
  COMMENT ON COLUMN clientele_data.campaign_results.members IS 'The customers of both groups.';
  COMMENT ON COLUMN clientele_data.campaign_results.pending IS 'The customers whose time was not over.';
  COMMENT ON COLUMN clientele_data.campaign_results.overlap IS 'The customers that were in another campaign at the same time, too.';
  COMMENT ON COLUMN clientele_data.campaign_results.treated IS 'The customers that were to get messages.';
  COMMENT ON COLUMN clientele_data.campaign_results.control IS 'The customers of the control group.';
  COMMENT ON COLUMN clientele_data.campaign_results.treated_sum IS 'Conversions or value of the treated.';
  COMMENT ON COLUMN clientele_data.campaign_results.control_sum IS 'Conversions or value of the control group.';
  COMMENT ON COLUMN clientele_data.campaign_results.treated_mean IS 'The share that converted, or the mean value, of the treated.';
  COMMENT ON COLUMN clientele_data.campaign_results.control_mean IS 'The same of the control group.';
  COMMENT ON COLUMN clientele_data.campaign_results.difference IS 'The effect: treated_mean - control_mean.';
  COMMENT ON COLUMN clientele_data.campaign_results.lift IS 'difference / control_mean.';
  COMMENT ON COLUMN clientele_data.campaign_results.standard_error IS 'The standard error of the difference.';
  COMMENT ON COLUMN clientele_data.campaign_results.low IS 'Lower bound of its 95 % interval, for a final result.';
  COMMENT ON COLUMN clientele_data.campaign_results.high IS 'Upper bound of it.';
  COMMENT ON COLUMN clientele_data.campaign_results.p_value IS 'How probable a difference as large is by chance, for a final result.';
  COMMENT ON COLUMN clientele_data.campaign_results.theta IS 'The slope of the value on the value before.';
  COMMENT ON COLUMN clientele_data.campaign_results.reduction IS 'The share of the variance that the value before explains.';
  COMMENT ON COLUMN clientele_data.campaign_results.always_p IS 'The same as p_value, however often one looks.';
  COMMENT ON COLUMN clientele_data.campaign_results.always_low IS 'Lower bound of an interval that holds however often one looks.';
  COMMENT ON COLUMN clientele_data.campaign_results.always_high IS 'Upper bound of it.';
  COMMENT ON COLUMN clientele_data.campaign_results.extra IS 'Customers or value gained: difference x treated.';
  COMMENT ON COLUMN clientele_data.campaign_results.extra_low IS 'Lower bound of the interval that counts.';
  COMMENT ON COLUMN clientele_data.campaign_results.extra_high IS 'Upper bound of it.';
  COMMENT ON COLUMN clientele_data.campaign_results.total_cost IS 'The cost of the messages that were sent.';
  COMMENT ON COLUMN clientele_data.campaign_results.roi IS '(extra - total_cost) / total_cost.';
  COMMENT ON COLUMN clientele_data.campaign_results.sample_ratio_p IS 'How probable the size of the control group is by the share.';
  COMMENT ON COLUMN clientele_data.campaign_results.trusted IS 'False if that is below 0.001.';
  COMMENT ON COLUMN clientele_data.campaign_results.significant IS 'Whether the p that counts is at most 0.05.';
END $store$;
COMMENT ON PROCEDURE create_campaign_result_tables() IS 'Creates the table of the effects of campaigns; a part of create_store().';

INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('actions/effect', 'clientele_data.campaign_results', 'table', 'create_campaign_result_tables', false);
