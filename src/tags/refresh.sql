-- SPDX-License-Identifier: PostgreSQL
-- How tags are brought up to date, and answers stored with their history; ask.sql gets them.

CREATE FUNCTION begin_tag_refresh(at timestamptz) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
  refresh_id bigint;
  everyone clientele.audience;
BEGIN
  -- One at a time. What the row notes as seen is older than all that is read below: a journey that changes meanwhile
  -- is asked again by the next refresh.
  LOCK TABLE clientele_data.tag_refreshes IN SHARE ROW EXCLUSIVE MODE;
  INSERT INTO clientele_data.tag_refreshes AS r (at, server)
  VALUES (begin_tag_refresh.at, (SELECT c.system_identifier FROM pg_control_system() c))
  RETURNING r.refresh_id INTO refresh_id;
  DROP TABLE IF EXISTS pg_temp.clientele_answers, pg_temp.clientele_refresh;
  CREATE TEMP TABLE clientele_refresh ON COMMIT DROP AS SELECT refresh_id AS refresh_id, begin_tag_refresh.at AS at;
  CREATE TEMP TABLE clientele_answers (
    tag text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL DEFAULT '',
    customers clientele.audience,
    scores clientele.tag_scores
  ) ON COMMIT DROP;
  -- EXECUTE may run in parallel; INSERT ... SELECT never does.
  EXECUTE 'SELECT clientele.audience(c.customer_id) FROM clientele_data.customers c' INTO everyone;
  INSERT INTO clientele_data.tag_audiences AS a (tag, customers) VALUES ('', coalesce(everyone, '{}'))
  ON CONFLICT ON CONSTRAINT tag_audiences_pkey DO UPDATE SET customers = excluded.customers
  WHERE a.customers OPERATOR(clientele.<>) excluded.customers;
  RETURN refresh_id;
END $$;
COMMENT ON FUNCTION begin_tag_refresh(timestamptz) IS
  'Begins a refresh of tags: waits for another one, and notes what this one sees; a part of refresh_tags().';

CREATE FUNCTION store_tag_answer(
    tag text, changed audience, OUT customers bigint, OUT gained bigint, OUT lost bigint)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  run record;
  defined record;
BEGIN
  SELECT * INTO run FROM pg_temp.clientele_refresh;
  SELECT * INTO defined FROM clientele_data.tags t WHERE t.name = store_tag_answer.tag;
  IF defined.holds IN ('text', 'texts') THEN
    INSERT INTO pg_temp.clientele_answers AS a (tag, customers)
    SELECT store_tag_answer.tag, clientele.audience_union(a.customers)
    FROM pg_temp.clientele_answers a WHERE a.tag = store_tag_answer.tag;
  ELSIF defined.holds = 'number' THEN
    INSERT INTO clientele_data.tag_numbers AS n (tag, scores)
    SELECT a.tag, coalesce(a.scores, '{}') FROM pg_temp.clientele_answers a WHERE a.tag = store_tag_answer.tag
    ON CONFLICT ON CONSTRAINT tag_numbers_pkey DO UPDATE SET
      scores = CASE WHEN store_tag_answer.changed IS NULL THEN excluded.scores
                    ELSE (n.scores OPERATOR(clientele.-) store_tag_answer.changed) OPERATOR(clientele.|) excluded.scores END;
    UPDATE pg_temp.clientele_answers a
    SET customers = n.scores::clientele.audience
    FROM clientele_data.tag_numbers n WHERE a.tag = store_tag_answer.tag AND n.tag = a.tag;
    changed := NULL;
  END IF;
  IF defined.holds <> 'number' THEN
    DELETE FROM clientele_data.tag_numbers n WHERE n.tag = store_tag_answer.tag;
  END IF;
  WITH moves AS MATERIALIZED (
    SELECT n.value, n.after, o.customers IS NULL AS new,
           n.after OPERATOR(clientele.-) coalesce(o.customers, '{}') AS gained,
           coalesce(o.customers, '{}') OPERATOR(clientele.-) n.after AS lost
    FROM (SELECT * FROM pg_temp.clientele_answers x WHERE x.tag = store_tag_answer.tag) a
    FULL JOIN (SELECT * FROM clientele_data.tag_audiences x WHERE x.tag = store_tag_answer.tag) o USING (value)
    CROSS JOIN LATERAL (
      SELECT value, CASE WHEN store_tag_answer.changed IS NULL THEN coalesce(a.customers, '{}')
        ELSE (coalesce(o.customers, '{}') OPERATOR(clientele.-) store_tag_answer.changed)
             OPERATOR(clientele.|) coalesce(a.customers, '{}') END AS after) n
  ), counted AS (
    SELECT m.*, clientele.cardinality(m.gained) AS n_gained, clientele.cardinality(m.lost) AS n_lost FROM moves m
  ), logged AS (
    INSERT INTO clientele_data.tag_changes (refresh_id, tag, value, at, gained, lost)
    SELECT run.refresh_id, store_tag_answer.tag, m.value, run.at, m.gained, m.lost FROM counted m WHERE m.n_gained + m.n_lost > 0
  ), gone AS (
    DELETE FROM clientele_data.tag_audiences d USING counted m
    WHERE d.tag = store_tag_answer.tag AND d.value = m.value AND m.value <> '' AND clientele.cardinality(m.after) = 0
  ), kept AS (
    INSERT INTO clientele_data.tag_audiences (tag, value, customers)
    SELECT store_tag_answer.tag, m.value, m.after FROM counted m
    WHERE (m.new OR m.n_gained + m.n_lost > 0) AND (m.value = '' OR clientele.cardinality(m.after) > 0)
    ON CONFLICT ON CONSTRAINT tag_audiences_pkey DO UPDATE SET customers = excluded.customers
  )
  SELECT clientele.cardinality(m.after), m.n_gained, m.n_lost INTO customers, gained, lost FROM counted m WHERE m.value = '';
END $$;
COMMENT ON FUNCTION store_tag_answer(text, audience) IS
  'Takes over what clientele_answers, a temporary table, says of a tag, with history; a part of refresh_tags().
changed: the customers who were asked; NULL for all of them.';

CREATE FUNCTION changed_customers(refresh_id bigint) RETURNS bigint[]
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(array_agg(DISTINCT c.customer_id), '{}')
  FROM clientele_data.tag_refreshes r
  JOIN clientele_data.journey_changes c ON c.changed_in >= pg_snapshot_xmin(r.seen)::text::bigint
  WHERE r.refresh_id = $1 AND (NOT pg_visible_in_snapshot(c.changed_in::text::xid8, r.seen) OR c.changed_in = r.done_in)
$$;
COMMENT ON FUNCTION changed_customers(bigint) IS
  'Whose journeys were changed by what a run of refresh_tags() did not see, in ascending order.
Numbers of batches would not do: a batch may commit after another one that started later.';

CREATE FUNCTION prune_journey_changes() RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  needed bigint;
  pruned bigint;
BEGIN
  PERFORM clientele.require_store('journey_changes', 'DELETE');
  LOCK TABLE clientele_data.tag_refreshes IN SHARE ROW EXCLUSIVE MODE;
  SELECT min(pg_snapshot_xmin(r.seen)::text::bigint) INTO needed
  FROM clientele_data.tag_status s JOIN clientele_data.tag_refreshes r USING (refresh_id)
  JOIN clientele_data.tags t ON t.name = s.tag AND t.per_customer;
  DELETE FROM clientele_data.journey_changes c
  WHERE c.changed_in < coalesce(needed, pg_snapshot_xmin(pg_current_snapshot())::text::bigint);
  GET DIAGNOSTICS pruned = ROW_COUNT;
  RETURN pruned;
END $$;
COMMENT ON FUNCTION prune_journey_changes() IS
  'Deletes the rows of clientele_data.journey_changes that all tags have followed, and returns how many.
Errors: 42P01 without a store, 42501 without the right to delete from it.';

CREATE FUNCTION refresh_tags(tags text[] DEFAULT NULL, at timestamptz DEFAULT NULL, complete boolean DEFAULT false)
  RETURNS TABLE (tag text, outcome text, customers bigint, gained bigint, lost bigint, error text)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
#variable_conflict use_column
DECLARE
  present CONSTANT timestamptz := coalesce(at, now());
  run bigint;
  everyone bigint;
  batch record;
  one text;
  ids bigint[];
  asked clientele.audience;
  kept record;
  message text;
  detail text;
BEGIN
  PERFORM clientele.require_store('tags'), clientele.require_store('tag_status', 'INSERT'),
          clientele.require_store('tag_audiences', 'INSERT'), clientele.require_store('tag_audiences', 'UPDATE'),
          clientele.require_store('journeys');
  IF NOT isfinite(present) THEN
    RAISE EXCEPTION 'at must be finite: %', at USING ERRCODE = 'datetime_field_overflow';
  END IF;
  SELECT u.name INTO one FROM unnest(tags) u (name)
  WHERE NOT EXISTS (SELECT FROM clientele_data.tags t WHERE t.name = u.name) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'there is no tag "%"', one USING ERRCODE = 'undefined_object', HINT = 'clientele_data.tags lists them.';
  END IF;
  run := clientele.begin_tag_refresh(present);
  everyone := (SELECT clientele.cardinality(a.customers) FROM clientele_data.tag_audiences a WHERE a.tag = '' AND a.value = '');

  -- What is to be done, and since which refresh each tag can be brought up to date; NULL is from scratch.
  DROP TABLE IF EXISTS pg_temp.clientele_todo, pg_temp.clientele_done;
  CREATE TEMP TABLE clientele_done (
    tag text, outcome text, customers bigint, gained bigint, lost bigint, error text) ON COMMIT DROP;
  CREATE TEMP TABLE clientele_todo ON COMMIT DROP AS
    SELECT t.name::text AS tag, t.kind, t.customers AS of_customers, t.uses,
           s.rule IS NOT DISTINCT FROM clientele.tag_answer_of(t.kind, t.holds, t.rule) AS known,
           CASE WHEN t.per_customer AND NOT refresh_tags.complete
                     AND s.rule IS NOT DISTINCT FROM clientele.tag_answer_of(t.kind, t.holds, t.rule)
                     AND r.server = (SELECT c.system_identifier::text FROM pg_control_system() c)
                     AND NOT (t.timed AND (present < s.complete_at OR present >= s.complete_at + t.keeps))
                THEN s.refresh_id END AS since
    FROM clientele_data.tags t
    LEFT JOIN clientele_data.tag_status s ON s.tag = t.name
    LEFT JOIN clientele_data.tag_refreshes r ON r.refresh_id = s.refresh_id
    WHERE t.kind <> 'fixed' AND (refresh_tags.tags IS NULL OR t.name = ANY (refresh_tags.tags));

  -- Rules that have not run as they are now were perhaps written into the table by hand.
  FOR one IN SELECT d.tag FROM pg_temp.clientele_todo d WHERE NOT d.known ORDER BY 1 LOOP
    BEGIN
      PERFORM clientele.check_tag_name(one), clientele.check_stored_rule(one);
    EXCEPTION WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
      PERFORM clientele.note_tag_failure(one, message, detail);
    END;
  END LOOP;

  LOOP
    -- All journey rules that are ready, by the state that they start from; any other tag by itself.
    SELECT d.since, d.of_customers, array_agg(d.tag ORDER BY d.tag) AS names INTO batch
    FROM (
      SELECT d.*, row_number() OVER (PARTITION BY d.since, d.of_customers, d.kind ORDER BY d.tag) AS n
      FROM pg_temp.clientele_todo d
      -- Most tags rest on none, which is seen without calling a function for each pair of tags.
      WHERE NOT EXISTS (SELECT FROM pg_temp.clientele_todo o WHERE d.uses <> '{}' AND clientele.tag_needs(d.uses, o.tag))) d
    -- The answers of a batch are in memory together: about 256 MB at most.
    WHERE d.kind <> 'journey' OR d.n <= greatest(1, 268435456 / (everyone / 8 + 10000))
    GROUP BY d.since, d.of_customers, CASE WHEN d.kind = 'journey' THEN '' ELSE d.tag END
    ORDER BY min(d.tag) LIMIT 1;
    IF NOT FOUND THEN
      EXIT WHEN NOT EXISTS (SELECT FROM pg_temp.clientele_todo);
      FOR one, message IN
        SELECT d.tag, c FROM pg_temp.clientele_todo d, clientele.tag_circle(d.tag) c WHERE c IS NOT NULL ORDER BY 1
      LOOP
        PERFORM clientele.note_tag_failure(one, 'the tag rests on itself: ' || message, NULL);
      END LOOP;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'tags are left over: %', (SELECT string_agg(d.tag, ', ') FROM pg_temp.clientele_todo d) USING ERRCODE = 'internal_error';
      END IF;
      CONTINUE;
    END IF;
    ids := NULL;
    asked := NULL;
    IF batch.since IS NOT NULL THEN
      ids := clientele.changed_customers(batch.since);
      IF ids = '{}' THEN
        UPDATE clientele_data.tag_status s SET refresh_id = run, error = NULL, failed_at = NULL WHERE s.tag = ANY (batch.names);
        INSERT INTO pg_temp.clientele_done
        SELECT s.tag, 'fresh', s.customers, 0, 0 FROM clientele_data.tag_status s WHERE s.tag = ANY (batch.names);
        DELETE FROM pg_temp.clientele_todo d WHERE d.tag = ANY (batch.names);
        CONTINUE;
      ELSIF cardinality(ids) > everyone / 4 THEN
        ids := NULL;  -- one pass over all is cheaper than so many look-ups
      ELSE
        asked := ids::clientele.audience;
        DROP TABLE IF EXISTS pg_temp.clientele_changed;
        CREATE TEMP TABLE clientele_changed ON COMMIT DROP AS
          SELECT j.customer_id, j.journey FROM clientele_data.journeys j WHERE j.customer_id = ANY (ids);
      END IF;
    END IF;
    -- Together first. If that fails, one after the other finds whose fault it is.
    BEGIN
      IF cardinality(batch.names) = 1 THEN
        PERFORM clientele.ask_rule(batch.names[1], present, ids);
      ELSE
        PERFORM clientele.ask_journey_rules(batch.names, present, ids);
      END IF;
    EXCEPTION WHEN OTHERS THEN
      FOREACH one IN ARRAY batch.names LOOP
        BEGIN
          PERFORM clientele.ask_rule(one, present, ids);
        EXCEPTION WHEN OTHERS THEN
          GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
          PERFORM clientele.note_tag_failure(one, message, detail);
        END;
      END LOOP;
    END;
    FOREACH one IN ARRAY batch.names LOOP
      CONTINUE WHEN NOT EXISTS (SELECT FROM pg_temp.clientele_todo d WHERE d.tag = one);
      BEGIN
        kept := clientele.store_tag_answer(one, asked);
        INSERT INTO clientele_data.tag_status AS s (tag, refresh_id, complete_at, rule, holds, customers)
        SELECT t.name, run, present, clientele.tag_answer_of(t.kind, t.holds, t.rule), t.holds, kept.customers
        FROM clientele_data.tags t WHERE t.name = one
        ON CONFLICT ON CONSTRAINT tag_status_pkey DO UPDATE SET
          refresh_id = excluded.refresh_id, rule = excluded.rule, holds = excluded.holds, customers = excluded.customers, error = NULL, failed_at = NULL,
          complete_at = CASE WHEN asked IS NULL THEN excluded.complete_at ELSE s.complete_at END;
        INSERT INTO pg_temp.clientele_done
        VALUES (one, CASE WHEN asked IS NULL THEN 'complete' ELSE 'changed' END, kept.customers, kept.gained, kept.lost);
        DELETE FROM pg_temp.clientele_todo d WHERE d.tag = one;
      EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
        PERFORM clientele.note_tag_failure(one, message, detail);
      END;
    END LOOP;
    TRUNCATE pg_temp.clientele_answers;
  END LOOP;

  UPDATE clientele_data.tag_refreshes r
  SET finished_at = clock_timestamp(), tags = (SELECT count(*) FROM pg_temp.clientele_done d WHERE d.error IS NULL),
      failed = (SELECT count(*) FROM pg_temp.clientele_done d WHERE d.error IS NOT NULL)
  WHERE r.refresh_id = run;
  RETURN QUERY SELECT d.tag, d.outcome, d.customers, d.gained, d.lost, d.error FROM pg_temp.clientele_done d
               ORDER BY d.error IS NULL, d.tag COLLATE "C";
  DROP TABLE IF EXISTS pg_temp.clientele_changed;
  DROP TABLE pg_temp.clientele_todo, pg_temp.clientele_done, pg_temp.clientele_answers, pg_temp.clientele_refresh;
END $$;
COMMENT ON FUNCTION refresh_tags(text[], timestamptz, boolean) IS
  'Brings the tags up to date, all of them or those named, in the order in which they rest on each other; one row a tag.
Rules over a journey are asked of the customers whose journeys changed since (outcome changed, or fresh if there is none), other rules of all customers (complete). Rules that use the time are asked of all again when their last complete answer is older than they keep; complete => true does so for every tag. What customers gained and lost is in clientele_data.tag_changes.
at is what rules take for the present; now by default. A rule that fails leaves its tag as it was, with the error in the row and in clientele_data.tag_status, and the other tags fresh (outcome failed).
It runs the rules with your rights. Two refreshes wait for each other. Errors: 42704 for an unknown tag, 42P01 without a store, 42501 without the right to write its tables of tags.';

CREATE FUNCTION note_tag_failure(tag text, message text, detail text) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  message := concat_ws(' ', message, nullif(detail, ''));
  INSERT INTO clientele_data.tag_status AS s (tag, error, failed_at)
  VALUES (note_tag_failure.tag, message, now())
  ON CONFLICT ON CONSTRAINT tag_status_pkey DO UPDATE SET error = excluded.error, failed_at = excluded.failed_at;
  INSERT INTO pg_temp.clientele_done (tag, outcome, error) VALUES (note_tag_failure.tag, 'failed', message);
  DELETE FROM pg_temp.clientele_todo d WHERE d.tag = note_tag_failure.tag;
  DELETE FROM pg_temp.clientele_answers a WHERE a.tag = note_tag_failure.tag;
END $$;
COMMENT ON FUNCTION note_tag_failure(text, text, text) IS
  'Notes why the rule of a tag failed; a part of refresh_tags().';

CREATE FUNCTION check_stored_rule(tag text) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  t record;
  what record;
BEGIN
  SELECT * INTO t FROM clientele_data.tags x WHERE x.name = check_stored_rule.tag;
  what := clientele.describe_tag_rule(t.rule, t.kind);
  IF (what.holds, what.customers, what.timed) IS DISTINCT FROM (t.holds, t.customers, t.timed)
     OR NOT t.uses @> what.uses OR t.per_customer AND t.kind = 'tags' THEN
    UPDATE clientele_data.tags x
    SET holds = what.holds, customers = what.customers, timed = what.timed, uses = what.uses, per_customer = what.per_customer
    WHERE x.name = check_stored_rule.tag;
    UPDATE pg_temp.clientele_todo d SET of_customers = what.customers, uses = what.uses WHERE d.tag = check_stored_rule.tag;
  END IF;
END $$;
COMMENT ON FUNCTION check_stored_rule(text) IS
  'Compiles the rule of a tag as it is in the table, and mends what the row says of it; a part of refresh_tags().';
