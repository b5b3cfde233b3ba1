-- SPDX-License-Identifier: PostgreSQL
-- What campaigns of the store have brought about.

CREATE FUNCTION campaign_effect(
    name text, at timestamptz DEFAULT now(), so_far boolean DEFAULT false,
    OUT measure text, OUT treated bigint, OUT control bigint, OUT treated_sum float8, OUT control_sum float8,
    OUT treated_mean float8, OUT control_mean float8, OUT difference float8, OUT lift float8, OUT standard_error float8,
    OUT low float8, OUT high float8, OUT p_value float8, OUT theta float8, OUT reduction float8,
    OUT always_p float8, OUT always_low float8, OUT always_high float8, OUT extra float8, OUT extra_low float8, OUT extra_high float8,
    OUT total_cost float8, OUT roi float8, OUT sample_ratio_p float8, OUT trusted boolean, OUT is_final boolean, OUT significant boolean,
    OUT members bigint, OUT pending bigint, OUT overlap bigint, OUT ends_at timestamptz)
  RETURNS SETOF record
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 100000 ROWS 3 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  zone CONSTANT text := clientele.store_time_zone();
  c record;
  before_start timestamptz;
  counted_to timestamptz;
  in_control bigint;
  messages bigint;
  summary clientele.effect_summary;
BEGIN
  PERFORM clientele.require_store('campaigns'), clientele.require_store('campaign_members'), clientele.require_store('journeys'),
          clientele.require_store('customers'), clientele.require_store('outbox'), clientele.require_store('outbox_totals');
  IF campaign_effect.name IS NULL OR campaign_effect.at IS NULL THEN
    RAISE EXCEPTION 'name and at must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF NOT isfinite(campaign_effect.at) THEN
    RAISE EXCEPTION 'at must be finite' USING ERRCODE = 'datetime_field_overflow';
  END IF;
  SELECT x.* INTO c FROM clientele_data.campaigns x WHERE x.campaign_id = clientele.require_campaign(campaign_effect.name);
  -- By the calendar of the store, as a day need not have 24 hours.
  ends_at := (c.started_at AT TIME ZONE zone + c.within) AT TIME ZONE zone;
  before_start := (c.started_at AT TIME ZONE zone - c.before) AT TIME ZONE zone;
  is_final := ends_at <= campaign_effect.at;
  counted_to := CASE WHEN is_final THEN ends_at WHEN coalesce(campaign_effect.so_far, false) THEN greatest(campaign_effect.at, c.started_at) END;
  SELECT count(*), count(*) FILTER (WHERE NOT m.treated),
         count(*) FILTER (WHERE EXISTS (
           SELECT FROM clientele_data.campaign_members x JOIN clientele_data.campaigns y ON y.campaign_id = x.campaign_id
           WHERE x.customer_id = m.customer_id AND x.campaign_id <> m.campaign_id AND y.started_at < campaign_effect.ends_at
             AND (y.started_at AT TIME ZONE zone + y.within) AT TIME ZONE zone > c.started_at))
  INTO members, in_control, overlap
  FROM clientele_data.campaign_members m JOIN clientele_data.customers k ON k.customer_id = m.customer_id
  WHERE m.campaign_id = c.campaign_id;
  pending := CASE WHEN is_final THEN 0 ELSE members END;
  SELECT coalesce(sum(o.messages), 0) INTO messages
  FROM (SELECT count(*) AS messages FROM clientele_data.outbox b
        WHERE b.campaign_id = c.campaign_id AND b.status IN ('sent', 'delivered') AND coalesce(b.sent_at, b.delivered_at, b.changed_at) <= campaign_effect.at
        UNION ALL
        SELECT sum(t.messages) FROM clientele_data.outbox_totals t
        WHERE t.campaign_id = c.campaign_id AND t.status IN ('sent', 'delivered')) o;
  total_cost := c.cost * messages;
  sample_ratio_p := CASE WHEN c.share > 0 THEN clientele.sample_ratio(members - in_control, in_control, c.share) END;
  trusted := sample_ratio_p >= 0.001;
  IF counted_to IS NOT NULL AND members > 0 THEN
    -- A customer who has been merged into another one since has the journey of that one, and stays in the arm that was drawn.
    IF c.value IS NULL THEN
      SELECT clientele.campaign_outcome(m.treated, coalesce(clientele.event_count(s.after, c.goal), 0) > 0) INTO summary
      FROM clientele_data.campaign_members m
      JOIN clientele_data.customers k ON k.customer_id = m.customer_id
      LEFT JOIN clientele_data.journeys j ON j.customer_id = coalesce(k.merged_into, m.customer_id)
      CROSS JOIN LATERAL clientele.journey_slice(j.journey, c.started_at, counted_to) s (after)
      WHERE m.campaign_id = c.campaign_id;
    ELSIF c.before = '0' THEN
      SELECT clientele.campaign_outcome(m.treated, coalesce(clientele.event_count(s.after, c.goal), 0) > 0,
                                        coalesce(clientele.amount_sum(s.after, c.value), 0)::float8) INTO summary
      FROM clientele_data.campaign_members m
      JOIN clientele_data.customers k ON k.customer_id = m.customer_id
      LEFT JOIN clientele_data.journeys j ON j.customer_id = coalesce(k.merged_into, m.customer_id)
      CROSS JOIN LATERAL clientele.journey_slice(j.journey, c.started_at, counted_to) s (after)
      WHERE m.campaign_id = c.campaign_id;
    ELSE
      SELECT clientele.campaign_outcome(m.treated, coalesce(clientele.event_count(s.after, c.goal), 0) > 0,
                                        coalesce(clientele.amount_sum(s.after, c.value), 0)::float8,
                                        coalesce(clientele.amount_sum(clientele.journey_slice(j.journey, before_start, c.started_at), c.value), 0)::float8)
      INTO summary
      FROM clientele_data.campaign_members m
      JOIN clientele_data.customers k ON k.customer_id = m.customer_id
      LEFT JOIN clientele_data.journeys j ON j.customer_id = coalesce(k.merged_into, m.customer_id)
      CROSS JOIN LATERAL clientele.journey_slice(j.journey, c.started_at, counted_to) s (after)
      WHERE m.campaign_id = c.campaign_id;
    END IF;
  END IF;
  FOR measure, treated, control, treated_sum, control_sum, treated_mean, control_mean, difference, lift, standard_error, low, high, p_value,
      theta, reduction, always_p, always_low, always_high, extra, extra_low, extra_high, roi, significant IN
    SELECT w.measure, coalesce(r.treated, 0), coalesce(r.control, 0), r.treated_sum, r.control_sum, r.treated_mean, r.control_mean,
           r.difference, r.lift, r.standard_error, r.low, r.high, r.p_value, r.theta, r.reduction, r.always_p, r.always_low, r.always_high,
           r.extra, r.extra_low, r.extra_high, r.roi, r.significant AND coalesce(campaign_effect.trusted, true)
    FROM (VALUES (1, 'conversion'), (2, 'value'), (3, 'adjusted value')) w (place, measure)
    LEFT JOIN clientele.effect_result(summary, smallest_rate => c.smallest_effect, cost => campaign_effect.total_cost, final => campaign_effect.is_final) r ON r.measure = w.measure
    WHERE w.place = 1 OR (c.value IS NOT NULL AND (w.place = 2 OR c.before > '0'))
    ORDER BY w.place
  LOOP
    RETURN NEXT;
  END LOOP;
END $$;
COMMENT ON FUNCTION campaign_effect(text, timestamptz, boolean) IS
  'Returns what a campaign has brought about, and how sure that is: a row for conversion, and, if it has a value, rows for value and
adjusted value.
Treated customers and the control group are compared as they were drawn at the start, whether they got a message or not. conversion: whether
a customer had an event of the goal after the start, within the time of the campaign. value: the sum of the amounts of the events of its
value in that time. adjusted value: less what the value in the time before the start explains. The columns are those of effect_result();
smallest_effect of the campaign is its smallest_rate. members: the customers of both groups. pending: those whose time is not over at `at`;
they are left out, and is_final is false, until it is. With so_far they are measured by what they did until then; as long as is_final is
false, only always_p, always_low and always_high count, which hold however often you look. overlap: members that were in another campaign
at the same time; as each campaign draws its own control group, they do not bias the effect. total_cost: the cost of a message times
messages sent. trusted: false if the control group is not of the size that its share says (p < 0.001). Days and months are those of the time
zone of the store. Customers who have been erased are missing in both groups.
Errors: 42704 for an unknown campaign and for an event that the dictionary does not have, 22004 for NULL, 22008 for an infinite time, 42P01
without a store, 42501 without the rights to read campaigns, journeys and the outbox.';

CREATE FUNCTION refresh_effects(at timestamptz DEFAULT now(), OUT campaign text, OUT is_final boolean, OUT outcome text)
  RETURNS SETOF record
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  zone CONSTANT text := clientele.store_time_zone();
  -- Events of the last days may be loaded late.
  late CONSTANT interval := interval '7 days';
  c record;
BEGIN
  PERFORM clientele.require_store('campaigns'), clientele.require_store('campaign_members'), clientele.require_store('journeys'),
          clientele.require_store('customers'), clientele.require_store('outbox'), clientele.require_store('outbox_totals'),
          clientele.require_store('campaign_results', 'INSERT'), clientele.require_store('campaign_results', 'UPDATE');
  IF refresh_effects.at IS NULL THEN
    RAISE EXCEPTION 'at must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF NOT isfinite(refresh_effects.at) THEN
    RAISE EXCEPTION 'at must be finite' USING ERRCODE = 'datetime_field_overflow';
  END IF;
  -- In a fixed order, so that two refreshes wait for each other and do not deadlock.
  FOR c IN
    SELECT x.campaign_id, x.name FROM clientele_data.campaigns x
    WHERE x.started_at < refresh_effects.at
      AND ((x.started_at AT TIME ZONE zone + x.within) AT TIME ZONE zone > refresh_effects.at - late
           OR NOT EXISTS (SELECT FROM clientele_data.campaign_results r WHERE r.campaign_id = x.campaign_id AND r.is_final))
    ORDER BY x.campaign_id
  LOOP
    campaign := c.name;
    is_final := NULL;
    BEGIN
      INSERT INTO clientele_data.campaign_results AS r (
        campaign_id, measure, day, measured_at, ends_at, is_final, members, pending, overlap, treated, control, treated_sum, control_sum,
        treated_mean, control_mean, difference, lift, standard_error, low, high, p_value, theta, reduction, always_p, always_low, always_high,
        extra, extra_low, extra_high, total_cost, roi, sample_ratio_p, trusted, significant)
      SELECT c.campaign_id, e.measure, (refresh_effects.at AT TIME ZONE zone)::date, refresh_effects.at, e.ends_at, e.is_final, e.members,
             e.pending, e.overlap, e.treated, e.control, e.treated_sum, e.control_sum, e.treated_mean, e.control_mean, e.difference, e.lift,
             e.standard_error, e.low, e.high, e.p_value, e.theta, e.reduction, e.always_p, e.always_low, e.always_high, e.extra, e.extra_low,
             e.extra_high, e.total_cost, e.roi, e.sample_ratio_p, e.trusted, e.significant
      FROM clientele.campaign_effect(c.name, refresh_effects.at, true) e ORDER BY e.measure COLLATE "C"
      ON CONFLICT ON CONSTRAINT campaign_results_pkey DO UPDATE SET
        measured_at = excluded.measured_at, ends_at = excluded.ends_at, is_final = excluded.is_final, members = excluded.members,
        pending = excluded.pending, overlap = excluded.overlap, treated = excluded.treated, control = excluded.control,
        treated_sum = excluded.treated_sum, control_sum = excluded.control_sum, treated_mean = excluded.treated_mean,
        control_mean = excluded.control_mean, difference = excluded.difference, lift = excluded.lift,
        standard_error = excluded.standard_error, low = excluded.low, high = excluded.high, p_value = excluded.p_value,
        theta = excluded.theta, reduction = excluded.reduction, always_p = excluded.always_p, always_low = excluded.always_low,
        always_high = excluded.always_high, extra = excluded.extra, extra_low = excluded.extra_low, extra_high = excluded.extra_high,
        total_cost = excluded.total_cost, roi = excluded.roi, sample_ratio_p = excluded.sample_ratio_p, trusted = excluded.trusted,
        significant = excluded.significant
      WHERE r.measured_at <= excluded.measured_at;
      SELECT r.is_final INTO is_final FROM clientele_data.campaign_results r
      WHERE r.campaign_id = c.campaign_id AND r.measure = 'conversion' AND r.day = (refresh_effects.at AT TIME ZONE zone)::date;
      outcome := 'measured';
    EXCEPTION WHEN undefined_object OR invalid_parameter_value OR numeric_value_out_of_range OR datetime_field_overflow THEN
      outcome := 'failed: ' || SQLERRM;
    END;
    RETURN NEXT;
  END LOOP;
END $$;
COMMENT ON FUNCTION refresh_effects(timestamptz) IS
  'Measures the effects of the campaigns and keeps them in clientele_data.campaign_results, of each day the last; a job calls it.
A campaign is measured from its start until a week after its end, as events may be loaded late, and once if it was never measured after its
end. Before the end the results are those so far. outcome: measured, or why it failed; the others are measured all the same.
Errors: 22004 for NULL, 22008 for an infinite time, 42P01 without a store, 42501 without the rights to read campaigns, journeys and the
outbox and to write clientele_data.campaign_results.';
