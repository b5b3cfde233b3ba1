-- SPDX-License-Identifier: PostgreSQL
-- How warnings are brought up to date.

CREATE FUNCTION warning_next(held smallint[], probability double precision, thresholds double precision[], lift integer) RETURNS smallint[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT array_agg(CASE
           WHEN t.threshold IS NULL THEN -1
           WHEN probability >= t.threshold OR t.n <= lift THEN 0
           WHEN coalesce(held[t.n], -1) < 0 THEN -1
           WHEN probability >= t.threshold - 0.05::float8 THEN 0
           WHEN held[t.n] >= 1 THEN -1
           ELSE 1 END::smallint ORDER BY t.n)
  FROM unnest(thresholds) WITH ORDINALITY t (threshold, n)
$$;
COMMENT ON FUNCTION warning_next(smallint[], double precision, double precision[], integer) IS
  'Returns how a customer holds each level of a warning after a refresh, from how it was before; a part of refresh_warnings().
The elements are attention, warning and critical: -1 if the customer is below the level, else the number of refreshes in a row at which
the probability was more than 0.05 below its threshold. A level is reached at once, and left at the second of them. thresholds: NULL for a
level that is not in use. lift: the levels up to this one are held whatever the probability; 0 or NULL for none.';

CREATE FUNCTION warning_level(held smallint[]) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN held[3] >= 0 THEN 'critical' WHEN held[2] >= 0 THEN 'warning' WHEN held[1] >= 0 THEN 'attention' END
$$;
COMMENT ON FUNCTION warning_level(smallint[]) IS
  'Returns the highest level that a customer holds, by what warning_next() returns; NULL for none.';

CREATE FUNCTION warning_rank(level text) RETURNS integer
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE level WHEN 'critical' THEN 3 WHEN 'warning' THEN 2 WHEN 'attention' THEN 1 ELSE 0 END
$$;
COMMENT ON FUNCTION warning_rank(text) IS 'Returns the rank of a level of a warning, from 1 for attention to 3 for critical; 0 for none.';

CREATE FUNCTION refresh_warning(name text, at timestamptz) RETURNS jsonb
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' AS $$
#variable_conflict use_variable
DECLARE
  d record;
  status record;
  model record;
  run bigint;
  zone CONSTANT text := clientele.store_time_zone();
  bought CONSTANT text := clientele.starter_selector('purchase');
  everyone clientele.audience;
  wanted clientele.audience;
  consenting CONSTANT clientele.audience := clientele.consenting('profiling');
  lifted clientele.audience;
  lift_rank integer;
  thresholds double precision[];
  worth text := 'NULL::float8';
  n bigint[];  -- customers, critical, warned, attention, raised, lowered, ended
  stake double precision;
  failure text;
BEGIN
  PERFORM clientele.require_store('warnings', 'INSERT'), clientele.require_store('warnings', 'UPDATE'), clientele.require_store('warnings', 'DELETE'),
          clientele.require_store('warning_changes', 'INSERT'), clientele.require_store('warning_refreshes', 'INSERT'),
          clientele.require_store('warning_refreshes', 'UPDATE'), clientele.require_store('warning_status', 'UPDATE'),
          clientele.require_store('warning_definitions'), clientele.require_store('customers'), clientele.require_store('journeys');
  PERFORM clientele.judge_warning(name, at);
  SELECT x.* INTO d FROM clientele_data.warning_definitions x WHERE x.name = refresh_warning.name;
  SELECT x.* INTO status FROM clientele_data.warning_status x WHERE x.warning = refresh_warning.name;
  model := clientele.warning_model(d.model);
  thresholds := ARRAY[status.attention_from, status.warning_from, status.critical_from];
  lift_rank := clientele.warning_rank(d.lift_level);
  SELECT coalesce(clientele.audience(c.customer_id), '{}') INTO everyone FROM clientele_data.customers c WHERE c.merged_into IS NULL;
  wanted := CASE WHEN d.audience IS NULL THEN everyone ELSE everyone OPERATOR(clientele.&) clientele.audience_of(d.audience::clientele.tag_query) END;
  lifted := CASE WHEN d.lift IS NULL THEN '{}' ELSE clientele.audience_of(d.lift::clientele.tag_query) END;
  IF d.value_model IS NOT NULL THEN
    PERFORM clientele.require_model(d.value_model, 'btyd_model'), clientele.require_model(d.spend_model, 'spend_model');
    worth := 'clientele.customer_value(clientele.purchase_summary(j.journey, clientele.purchase_def($10::timestamptz, unit => ''7 days''::interval,
                purchase => $18, time_zone => $11)), $12, $13, 52)';
  ELSE
    worth := 'n.probability * coalesce(clientele.amount_sum(clientele.journey_slice(j.journey, $2 - ''365 days''::interval, $2), $18), 0)::float8';
  END IF;
  INSERT INTO clientele_data.warning_refreshes AS r (warning, at, model_version, critical_from, warning_from, attention_from)
  VALUES (name, at, model.version, status.critical_from, status.warning_from, status.attention_from)
  RETURNING r.refresh_id INTO run;
  -- A customer that was merged leaves its level to the one that it is now, if that is higher.
  EXECUTE $sql$
    WITH scored AS MATERIALIZED (
      SELECT j.customer_id, clientele.churn_prob(j.journey, $1, $2) AS probability
      FROM clientele_data.journeys j
      WHERE $5 OPERATOR(clientele.@>) j.customer_id
        AND clientele.last_at(clientele.journey_slice(j.journey, NULL, $2), $4) >= $2 - $3
    ), known AS MATERIALIZED (
      SELECT DISTINCT ON (m.person) m.person AS customer_id, w.level, w.since, w.held
      FROM clientele_data.warnings w
      JOIN clientele_data.customers c ON c.customer_id = w.customer_id
      CROSS JOIN LATERAL (SELECT coalesce(c.merged_into, c.customer_id)) m (person)
      WHERE w.warning = $6
      ORDER BY m.person, clientele.warning_rank(w.level) DESC, w.since, w.customer_id
    ), stepped AS MATERIALIZED (
      SELECT x.customer_id, x.probability, x.was, x.since, x.held, clientele.warning_level(x.held) AS level, x.lifted
      FROM (SELECT customer_id, s.probability, k.level AS was, k.since, l.lifted,
                   CASE WHEN s.probability IS NOT NULL THEN clientele.warning_next(k.held, s.probability, $7, CASE WHEN l.lifted THEN $9 ELSE 0 END) END AS held
            FROM scored s FULL JOIN known k USING (customer_id)
            CROSS JOIN LATERAL (SELECT $8 OPERATOR(clientele.@>) customer_id) l (lifted)) x
    ), tiers AS MATERIALIZED (
      SELECT p.customer_id, clientele.rfm_tier(clientele.rfm_score(p.bought_at, p.days::float8, p.amount::float8) OVER ()) AS tier
      FROM (SELECT j.customer_id, clientele.last_at(h.journey, $18) AS bought_at, clientele.day_count(h.journey, $18, $11) AS days,
                   clientele.amount_sum(h.journey, $18) AS amount
            FROM clientele_data.journeys j
            CROSS JOIN LATERAL (SELECT clientele.journey_slice(j.journey, NULL, $2) AS journey OFFSET 0) h) p
      WHERE p.bought_at IS NOT NULL
    ), named AS MATERIALIZED (
      SELECT n.customer_id, n.level, n.probability, n.was, n.held, n.lifted, CASE WHEN n.level = n.was THEN n.since ELSE $2 END AS since,
             t.tier, v.worth, coalesce(r.reasons, '{}') AS reasons
      FROM stepped n
      JOIN clientele_data.journeys j ON j.customer_id = n.customer_id
      LEFT JOIN tiers t ON t.customer_id = n.customer_id
      CROSS JOIN LATERAL (SELECT $sql$ || worth || $sql$ AS worth) v
      CROSS JOIN LATERAL (
        SELECT array_agg(clientele.warning_reason(x.feature, x.value, $14) ORDER BY x.contribution DESC, x.feature COLLATE "C") AS reasons
        FROM (SELECT c.* FROM clientele.churn_reasons(j.journey, $1, $2, 1000) c WHERE c.contribution > 0
              ORDER BY c.contribution DESC, c.feature COLLATE "C" LIMIT 3) x) r
      WHERE n.level IS NOT NULL
    ), gone AS (
      DELETE FROM clientele_data.warnings w
      WHERE w.warning = $6 AND NOT EXISTS (SELECT FROM named n WHERE n.customer_id = w.customer_id)
    ), kept AS (
      INSERT INTO clientele_data.warnings AS w (warning, customer_id, level, since, probability, reasons, value_at_risk, tier, lifted, held)
      SELECT $6, n.customer_id, n.level, n.since, n.probability, n.reasons, n.worth, n.tier, n.lifted, n.held
      FROM named n
      WHERE EXISTS (SELECT FROM clientele_data.customers c WHERE c.customer_id = n.customer_id)
      ON CONFLICT ON CONSTRAINT warnings_pkey DO UPDATE SET
        level = excluded.level, since = excluded.since, probability = excluded.probability, reasons = excluded.reasons,
        value_at_risk = excluded.value_at_risk, tier = excluded.tier, lifted = excluded.lifted, held = excluded.held
      WHERE (w.level, w.since, w.probability, w.reasons, w.value_at_risk, w.tier, w.lifted, w.held)
        IS DISTINCT FROM (excluded.level, excluded.since, excluded.probability, excluded.reasons, excluded.value_at_risk, excluded.tier,
                          excluded.lifted, excluded.held)
    ), changed AS (
      INSERT INTO clientele_data.warning_changes (refresh_id, customer_id, warning, at, from_level, to_level, probability, cause)
      SELECT $15, n.customer_id, $6, $2, n.was, n.level, n.probability,
             CASE WHEN n.probability IS NULL THEN
                    CASE WHEN NOT $16 OPERATOR(clientele.@>) n.customer_id THEN 'consent'
                         WHEN NOT $17 OPERATOR(clientele.@>) n.customer_id THEN 'audience' ELSE 'inactive' END
                  WHEN n.lifted AND clientele.warning_rank(n.level) > clientele.warning_rank(n.was)
                       AND clientele.warning_rank(clientele.warning_level(clientele.warning_next('{-1,-1,-1}', n.probability, $7, 0)))
                           < clientele.warning_rank(n.level) THEN 'rule'
                  ELSE 'probability' END
      FROM stepped n WHERE n.level IS DISTINCT FROM n.was
    )
    SELECT ARRAY[(SELECT count(*) FROM scored),
                 count(*) FILTER (WHERE n.level = 'critical'), count(*) FILTER (WHERE n.level = 'warning'), count(*) FILTER (WHERE n.level = 'attention'),
                 count(*) FILTER (WHERE clientele.warning_rank(n.level) > clientele.warning_rank(n.was)),
                 count(*) FILTER (WHERE n.level IS NOT NULL AND clientele.warning_rank(n.level) < clientele.warning_rank(n.was)),
                 count(*) FILTER (WHERE n.level IS NULL AND n.was IS NOT NULL)],
           (SELECT sum(x.worth ORDER BY x.worth) FROM named x)
    FROM stepped n
  $sql$ INTO n, stake USING model.fitted, at, d.active, d.event, wanted OPERATOR(clientele.&) consenting, name, thresholds, lifted, lift_rank,
    ((at AT TIME ZONE zone)::date - 1)::timestamp AT TIME ZONE zone, zone, d.value_model, d.spend_model, d.language, run, consenting, wanted, bought;
  UPDATE clientele_data.warning_refreshes r
  SET customers = n[1], critical = n[2], warned = n[3], attention = n[4], raised = n[5], lowered = n[6], ended = n[7], value_at_risk = stake,
      finished_at = clock_timestamp()
  WHERE r.refresh_id = run;
  UPDATE clientele_data.warning_status s SET refresh_id = run, at = refresh_warning.at, error = NULL, failed_at = NULL
  WHERE s.warning = refresh_warning.name;
  -- The levels become values of the tag.
  SELECT t.error INTO failure FROM clientele.refresh_tags(ARRAY[name], at) t;
  IF failure IS NOT NULL THEN
    RAISE EXCEPTION 'the tag "%" could not be refreshed: %', name, failure USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  RETURN jsonb_build_object('warning', name, 'outcome', 'complete', 'customers', n[1], 'critical', n[2], 'warned', n[3], 'attention', n[4],
                            'raised', n[5], 'lowered', n[6], 'ended', n[7], 'value_at_risk', stake);
END $$;
COMMENT ON FUNCTION refresh_warning(text, timestamptz) IS
  'Finds the customers of one warning, and returns its row of the result; a part of refresh_warnings(), which has locked its tables.';

CREATE FUNCTION require_warnings(names text[]) RETURNS void
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  unknown text;
BEGIN
  PERFORM clientele.require_store('warning_definitions');
  SELECT u.name INTO unknown FROM unnest(names) u (name)
  WHERE NOT EXISTS (SELECT FROM clientele_data.warning_definitions d WHERE d.name = u.name) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'warning "%" does not exist', left(unknown, 500) USING ERRCODE = 'undefined_object',
      HINT = 'clientele_data.warning_definitions lists them.';
  END IF;
END $$;
COMMENT ON FUNCTION require_warnings(text[]) IS 'Checks that all of these warnings are defined. Errors: 42704.';

CREATE FUNCTION refresh_warnings(names text[] DEFAULT NULL, at timestamptz DEFAULT NULL)
  RETURNS TABLE (warning text, outcome text, customers bigint, critical bigint, warned bigint, attention bigint, raised bigint,
                 lowered bigint, ended bigint, value_at_risk double precision, error text)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp SET client_min_messages = warning
  SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET extra_float_digits = 1 SET array_nulls = on
  SET row_security = on SET clientele.unknown_event = 'error' SET jit = off AS $$
#variable_conflict use_column
DECLARE
  -- A parameter of the name at could be taken for a column.
  present CONSTANT timestamptz := coalesce(at, now());
  asked CONSTANT boolean := at IS NOT NULL;
  seen jsonb;
  one record;
  answer jsonb;
  message text;
  detail text;
BEGIN
  PERFORM clientele.require_store('warning_definitions'), clientele.require_store('warning_status', 'UPDATE'),
          clientele.require_store('warning_refreshes', 'INSERT'), clientele.require_store('warnings', 'INSERT');
  IF NOT isfinite(present) THEN
    RAISE EXCEPTION 'at must be finite: %', at USING ERRCODE = 'datetime_field_overflow';
  END IF;
  PERFORM clientele.require_warnings(names);
  PERFORM clientele.begin_progress('refresh_warnings'), clientele.report_progress('waiting for another refresh');
  seen := (SELECT jsonb_object_agg(s.warning, s.refresh_id) FROM clientele_data.warning_status s);
  LOCK TABLE clientele_data.warning_status IN SHARE ROW EXCLUSIVE MODE;
  FOR one IN
    SELECT d.name, s.at AS known_at, s.refresh_id, row_number() OVER (ORDER BY d.name) - 1 AS done, count(*) OVER () AS total
    FROM clientele_data.warning_definitions d
    JOIN clientele_data.warning_status s ON s.warning = d.name
    WHERE names IS NULL OR d.name = ANY (names) ORDER BY d.name
  LOOP
    PERFORM clientele.report_progress(one.name, one.done, one.total);
    -- Two refreshes count, so that one that has waited for another does not refresh again.
    IF one.known_at >= present OR NOT asked AND one.known_at IS NOT NULL AND one.refresh_id IS DISTINCT FROM (seen ->> one.name)::bigint THEN
      RETURN QUERY SELECT one.name, 'fresh'::text, r.customers, r.critical, r.warned, r.attention, 0::bigint, 0::bigint, 0::bigint, r.value_at_risk, NULL::text
                   FROM clientele_data.warning_status s JOIN clientele_data.warning_refreshes r USING (refresh_id) WHERE s.warning = one.name;
      CONTINUE;
    END IF;
    BEGIN
      answer := clientele.refresh_warning(one.name, present);
    EXCEPTION WHEN serialization_failure OR deadlock_detected THEN
      RAISE;
    WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
      message := left(concat_ws('. ', message, nullif(detail, '')), 2000);
      UPDATE clientele_data.warning_status s SET error = message, failed_at = now() WHERE s.warning = one.name;
      answer := jsonb_build_object('warning', one.name, 'outcome', 'failed', 'error', message);
    END;
    RETURN QUERY SELECT x.* FROM jsonb_to_record(answer) AS x (
      warning text, outcome text, customers bigint, critical bigint, warned bigint, attention bigint, raised bigint, lowered bigint,
      ended bigint, value_at_risk double precision, error text);
  END LOOP;
  PERFORM clientele.end_progress();
END $$;
COMMENT ON FUNCTION refresh_warnings(text[], timestamptz) IS
  'Brings warnings up to date, all of them or those named, and returns one row a warning.
at is the present; now by default. Each customer who was active, is in the audience and consents to profiling gets a probability of churn. A
level is reached at once, and left only when the probability was more than 0.05 below its threshold at two refreshes in a row. Customers
that are not judged any longer lose their level at once. The levels become values of the tag of the warning. Thresholds are found again
with each version of the model, and the warning is measured on a hold-out of time once a week.
outcome: complete; fresh if there was a refresh of this time or a later one, or while this one waited; failed, with the error also in
clientele_data.warning_status; the other warnings are refreshed all the same. customers: how many were judged. critical, warned, attention:
how many are at each level now. raised, lowered, ended: how many levels changed. A second refresh waits until the first has ended.
Errors: 42704 for an unknown warning, 22008 for an infinite time, 40001 for a refresh that must be retried, 42P01 without a store, 42501
without the rights to write the tables of warnings.';

CREATE FUNCTION prune_warnings(age interval DEFAULT '2 years') RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  pruned bigint;
  more bigint;
BEGIN
  PERFORM clientele.require_store('warning_refreshes', 'DELETE'), clientele.require_store('warning_changes', 'DELETE'),
          clientele.require_store('warning_measures', 'DELETE'), clientele.require_store('warning_status');
  IF age IS NULL THEN
    RAISE EXCEPTION 'age must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF age < '0' THEN
    RAISE EXCEPTION 'age must not be negative: %', age USING ERRCODE = 'invalid_parameter_value';
  END IF;
  DELETE FROM clientele_data.warning_changes c WHERE c.at < now() - age;
  GET DIAGNOSTICS pruned = ROW_COUNT;
  DELETE FROM clientele_data.warning_refreshes r
  WHERE r.at < now() - age AND NOT EXISTS (SELECT FROM clientele_data.warning_status s WHERE s.refresh_id = r.refresh_id)
    AND NOT EXISTS (SELECT FROM clientele_data.warning_changes c WHERE c.refresh_id = r.refresh_id);
  GET DIAGNOSTICS more = ROW_COUNT;
  pruned := pruned + more;
  DELETE FROM clientele_data.warning_measures m
  WHERE m.at < now() - age AND m.at < (SELECT max(x.at) FROM clientele_data.warning_measures x WHERE x.warning = m.warning);
  GET DIAGNOSTICS more = ROW_COUNT;
  RETURN pruned + more;
END $$;
COMMENT ON FUNCTION prune_warnings(interval) IS
  'Deletes changes of warnings, refreshes and measures that are older than age, and returns how many rows.
The last refresh and the last measure of each warning stay. Errors: 22004 for NULL, 22023 for a negative age, 42P01 without a store, 42501
without the right to delete.';
