-- SPDX-License-Identifier: PostgreSQL
-- How tags are brought up to date; stored_answers.sql evaluates the rules and stores their answers.

CREATE FUNCTION fold_journey_changes() RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  changed clientele.audience;
  last bigint;
  followed bigint;
BEGIN
  PERFORM clientele.require_store('journey_changes', 'DELETE'), clientele.require_store('journey_change_sets', 'INSERT');
  -- The caller has locked tag_refreshes against other refreshes. What commits after this statement has begun stays in the log for
  -- the next one, even if rules that are evaluated later in this refresh see it already.
  WITH taken AS (
    DELETE FROM clientele_data.journey_changes RETURNING customer_id
  )
  SELECT clientele.audience(t.customer_id) INTO changed FROM taken t;
  SELECT max(s.change_set) INTO last FROM clientele_data.journey_change_sets s;
  followed := (SELECT max(r.change_set) FROM clientele_data.tag_refreshes r);
  IF followed > coalesce(last, 0) THEN
    -- The newest one is never deleted here. So it was deleted by hand, perhaps with others, and one number is left out for them.
    last := followed + 1;
    changed := coalesce(changed, '{}');
  END IF;
  last := coalesce(last, 0);
  IF changed IS NOT NULL THEN
    last := last + 1;
    -- In REPEATABLE READ a refresh that was committed meanwhile may have made one of this number, which is not seen here.
    INSERT INTO clientele_data.journey_change_sets (change_set, customers) VALUES (last, changed);
  END IF;
  RETURN last;
EXCEPTION WHEN unique_violation THEN
  RAISE EXCEPTION 'could not serialize access due to a concurrent refresh of tags' USING ERRCODE = 'serialization_failure',
    HINT = 'The transaction might succeed if retried.';
END $$;
COMMENT ON FUNCTION fold_journey_changes() IS
  'Moves the customers in clientele_data.journey_changes to a new row of journey_change_sets, if there are any, and returns the number
of the newest row; a part of refresh_tags().
Errors: 40001 if a refresh was committed after the snapshot of a transaction in REPEATABLE READ.';

CREATE FUNCTION changed_customers(since bigint, until bigint) RETURNS audience
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('journey_change_sets');
  RETURN (
    SELECT CASE WHEN count(*) = until - since THEN coalesce(clientele.audience_union(s.customers), '{}') END
    FROM clientele_data.journey_change_sets s WHERE s.change_set > since AND s.change_set <= until);
END $$;
COMMENT ON FUNCTION changed_customers(bigint, bigint) IS
  'Returns the customers whose journeys changed after one row of clientele_data.journey_change_sets up to another; NULL if a row in
between is missing.';

CREATE FUNCTION forget_change_sets() RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  last bigint;
  followed bigint;
  forgotten bigint;
BEGIN
  PERFORM clientele.require_store('journey_change_sets', 'DELETE');
  last := (SELECT max(s.change_set) FROM clientele_data.journey_change_sets s);
  followed := (
    SELECT min(r.change_set) FROM clientele_data.tag_status s
    JOIN clientele_data.tag_refreshes r USING (refresh_id)
    JOIN clientele_data.tags t ON t.name = s.tag AND t.per_customer);
  -- The newest one stays, as the next is numbered by it. A tag that is more than a thousand behind is evaluated for all customers.
  DELETE FROM clientele_data.journey_change_sets s
  WHERE s.change_set < last AND s.change_set <= greatest(coalesce(followed, last), last - 1000);
  GET DIAGNOSTICS forgotten = ROW_COUNT;
  RETURN forgotten;
END $$;
COMMENT ON FUNCTION forget_change_sets() IS
  'Deletes the rows of clientele_data.journey_change_sets that all tags have followed; a part of refresh_tags().';

CREATE FUNCTION prune_journey_changes() RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  logged bigint;
BEGIN
  PERFORM clientele.require_store('journey_changes', 'DELETE'), clientele.require_store('journey_change_sets', 'INSERT'),
          clientele.require_store('journey_change_sets', 'DELETE');
  LOCK TABLE clientele_data.tag_refreshes IN SHARE ROW EXCLUSIVE MODE;
  logged := (SELECT count(*) FROM clientele_data.journey_changes);
  PERFORM clientele.fold_journey_changes();
  RETURN logged + clientele.forget_change_sets();
END $$;
COMMENT ON FUNCTION prune_journey_changes() IS
  'Moves clientele_data.journey_changes to a set of customers, deletes the sets that all tags have followed, and returns how many rows
were removed.
refresh_tags() does so itself; this is for stores whose tags are not refreshed. Errors: 42P01 without a store, 42501 without the right
to delete from these tables.';

CREATE FUNCTION begin_tag_refresh(at timestamptz, follow boolean) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
  refresh_id bigint;
  everyone clientele.audience;
BEGIN
  PERFORM clientele.require_store('tag_refreshes', 'INSERT'), clientele.require_store('tag_audiences', 'INSERT');
  LOCK TABLE clientele_data.tag_refreshes IN SHARE ROW EXCLUSIVE MODE;
  INSERT INTO clientele_data.tag_refreshes AS r (at, change_set)
  VALUES (begin_tag_refresh.at, CASE WHEN follow THEN clientele.fold_journey_changes() END)
  RETURNING r.refresh_id INTO refresh_id;
  -- EXECUTE may run in parallel; INSERT ... SELECT never does.
  EXECUTE 'SELECT clientele.audience(c.customer_id) FROM clientele_data.customers c WHERE c.merged_into IS NULL' INTO everyone;
  INSERT INTO clientele_data.tag_audiences AS a (tag, customers) VALUES ('', coalesce(everyone, '{}'))
  ON CONFLICT ON CONSTRAINT tag_audiences_pkey DO UPDATE SET customers = excluded.customers
  WHERE a.customers OPERATOR(clientele.<>) excluded.customers;
  RETURN refresh_id;
END $$;
COMMENT ON FUNCTION begin_tag_refresh(timestamptz, boolean) IS
  'Begins a refresh of tags: waits until another one has ended, and notes which changes of journeys it follows, if any; a part of
refresh_tags().';

CREATE FUNCTION after_merges(customers audience) RETURNS audience
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  gone clientele.audience;
  kept clientele.audience;
BEGIN
  PERFORM clientele.require_store('customers');
  SELECT clientele.audience(c.customer_id), clientele.audience(c.merged_into) INTO gone, kept
  FROM clientele_data.customers c
  WHERE c.merged_into IS NOT NULL AND after_merges.customers OPERATOR(clientele.@>) c.customer_id;
  RETURN CASE WHEN gone IS NULL THEN customers ELSE customers OPERATOR(clientele.-) gone OPERATOR(clientele.|) kept END;
END $$;
COMMENT ON FUNCTION after_merges(audience) IS
  'Returns an audience with the numbers that its customers go by today: where one was merged into another, that one.
A saved list of yours is up to date by it. Errors: 42P01 without a store, 42501 without the right to read clientele_data.customers.';

CREATE FUNCTION follow_merges(run bigint, at timestamptz) RETURNS jsonb
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  done jsonb := '[]'::jsonb;
  one record;
  stored record;
BEGIN
  PERFORM clientele.require_store('tag_audiences', 'INSERT'), clientele.require_store('tag_status', 'UPDATE'),
          clientele.require_store('saved_audiences', 'INSERT');
  -- What was saved before there were merges is there as the answer only.
  INSERT INTO clientele_data.saved_audiences (tag, customers)
  SELECT t.name, a.customers FROM clientele_data.tags t JOIN clientele_data.tag_audiences a ON a.tag = t.name AND a.value = ''
  WHERE t.kind = 'fixed' AND NOT EXISTS (SELECT FROM clientele_data.saved_audiences s WHERE s.tag = t.name);
  FOR one IN
    SELECT t.name AS tag, n.customers FROM clientele_data.tags t JOIN clientele_data.saved_audiences s ON s.tag = t.name
    JOIN clientele_data.tag_audiences a ON a.tag = t.name AND a.value = ''
    CROSS JOIN LATERAL (SELECT clientele.after_merges(s.customers) AS customers OFFSET 0) n
    WHERE t.kind = 'fixed' AND n.customers OPERATOR(clientele.<>) a.customers ORDER BY t.name
  LOOP
    stored := clientele.store_tag_answer(run, at, one.tag, 'flag', '{""}', ARRAY[one.customers], NULL, NULL);
    UPDATE clientele_data.tag_status s SET refresh_id = run, customers = stored.customers WHERE s.tag = one.tag;
    done := done || jsonb_build_object('tag', one.tag, 'outcome', 'merged', 'customers', stored.customers, 'gained', stored.gained,
                                       'lost', stored.lost);
  END LOOP;
  RETURN done;
END $$;
COMMENT ON FUNCTION follow_merges(bigint, timestamptz) IS
  'Brings saved audiences up to date with merges of customers and their undo, and returns the rows of the result for those that have
changed; a part of refresh_tags().';

CREATE FUNCTION tags_to_refresh(tags text[], at timestamptz, complete boolean) RETURNS jsonb
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('tags');
  RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object(
    'tag', t.name, 'kind', t.kind, 'rule', CASE WHEN x.trusted THEN t.rule END, 'holds', t.holds,
    'reads_customers', t.reads_customers, 'time_dependent', t.time_dependent, 'uses', t.uses, 'zone', x.zone,
    'rule_key', CASE WHEN x.trusted THEN x.rule_key END, 'known', s.rule_key IS NOT DISTINCT FROM x.rule_key,
    'author', t.defined_by, 'trusted', x.trusted,
    'since', CASE WHEN t.per_customer AND NOT $3 AND s.rule_key IS NOT DISTINCT FROM x.rule_key
                       AND NOT (t.time_dependent AND ($2 < s.complete_at OR $2 >= s.complete_at + t.max_age))
                  THEN r.change_set END)), '[]')
  FROM clientele_data.tags t
  LEFT JOIN clientele_data.tag_status s ON s.tag = t.name
  LEFT JOIN clientele_data.tag_refreshes r ON r.refresh_id = s.refresh_id
  CROSS JOIN LATERAL (SELECT coalesce(t.time_zone, clientele.store_time_zone()) AS zone OFFSET 0) z
  CROSS JOIN LATERAL (SELECT z.zone, clientele.rule_key(t.kind, t.holds, t.rule, z.zone) AS rule_key,
                             t.kind = 'tags' OR clientele.trusts_tag_author(t.defined_by) AS trusted OFFSET 0) x
  WHERE t.kind <> 'fixed' AND ($1 IS NULL OR t.name = ANY ($1)));
END $$;
COMMENT ON FUNCTION tags_to_refresh(text[], timestamptz, boolean) IS
  'Returns what a refresh has to do: all that it needs to know of each tag, read once, so that what is checked is what runs; a part of
refresh_tags().
rule_key: what tag_status.rule_key will be. known: whether the stored answer has this key already. since: the change set up to which the
stored answer is right; absent if the rule must be evaluated for all customers.';

CREATE FUNCTION check_stored_rule(rule jsonb) RETURNS jsonb
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  t record;
  what record;
BEGIN
  PERFORM clientele.require_store('tags');
  PERFORM clientele.check_tag_name(rule ->> 'tag');
  SELECT * INTO t FROM jsonb_to_record(rule)
    AS x (tag text, kind text, rule text, holds text, reads_customers boolean, time_dependent boolean, uses text[], zone text);
  what := clientele.describe_tag_rule(t.rule, t.kind);
  IF (what.body, what.holds, what.reads_customers, what.time_dependent)
       IS DISTINCT FROM (t.rule, t.holds, t.reads_customers, t.time_dependent)
     OR NOT t.uses @> what.uses THEN
    UPDATE clientele_data.tags x
    SET holds = what.holds, reads_customers = what.reads_customers, time_dependent = what.time_dependent, uses = what.uses,
        per_customer = what.per_customer
    WHERE x.name = t.tag AND x.rule = t.rule AND x.kind = t.kind;
    rule := rule || jsonb_build_object(
      'rule', what.body, 'holds', what.holds, 'reads_customers', what.reads_customers,
      'time_dependent', what.time_dependent, 'uses', what.uses, 'rule_key', clientele.rule_key(t.kind, what.holds, t.rule, t.zone));
  END IF;
  RETURN rule;
END $$;
COMMENT ON FUNCTION check_stored_rule(jsonb) IS
  'Compiles the rule of a tag as it is in the table, and corrects the columns that follow from it; a part of refresh_tags().
rule is a member of what tags_to_refresh() returns; the corrected member is returned.';

CREATE FUNCTION note_tag_failure(tag text, message text, detail text) RETURNS jsonb
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('tag_status', 'INSERT');
  message := concat_ws('. ', message, nullif(detail, ''));
  INSERT INTO clientele_data.tag_status AS s (tag, error, failed_at)
  VALUES (note_tag_failure.tag, message, now())
  ON CONFLICT ON CONSTRAINT tag_status_pkey DO UPDATE SET error = excluded.error, failed_at = excluded.failed_at;
  RETURN jsonb_build_object('tag', tag, 'outcome', 'failed', 'error', message);
END $$;
COMMENT ON FUNCTION note_tag_failure(text, text, text) IS
  'Notes why the rule of a tag failed, and returns its row of the result; a part of refresh_tags().';

CREATE FUNCTION refresh_tags(tags text[] DEFAULT NULL, at timestamptz DEFAULT NULL, complete boolean DEFAULT false)
  RETURNS TABLE (tag text, outcome text, customers bigint, gained bigint, lost bigint, error text)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET client_min_messages = warning
  SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET timezone_abbreviations = 'Default'
  SET extra_float_digits = 1 SET bytea_output = 'hex' SET lc_monetary = 'C' SET lc_numeric = 'C' SET lc_time = 'C'
  SET standard_conforming_strings = on SET backslash_quote = safe_encoding SET transform_null_equals = off SET array_nulls = on
  SET default_text_search_config = 'pg_catalog.simple' SET xmlbinary = base64 SET xmloption = content
  SET quote_all_identifiers = off SET gin_fuzzy_search_limit = 0 SET row_security = on AS $$
#variable_conflict use_column
DECLARE
  present CONSTANT timestamptz := coalesce(at, now());
  run bigint;
  followed bigint;
  everyone bigint;
  todo jsonb;
  done jsonb := '[]'::jsonb;
  batch record;
  one record;
  changed clientele.audience;
  total bigint;
  message text;
  detail text;
BEGIN
  PERFORM clientele.require_store('tags'), clientele.require_store('tag_status', 'INSERT'),
          clientele.require_store('tag_audiences', 'INSERT'), clientele.require_store('tag_audiences', 'UPDATE'),
          clientele.require_store('journey_changes', 'DELETE'), clientele.require_store('journey_change_sets', 'INSERT'),
          clientele.require_store('journey_change_sets', 'DELETE'), clientele.require_store('journeys');
  IF NOT isfinite(present) THEN
    RAISE EXCEPTION 'at must be finite: %', at USING ERRCODE = 'datetime_field_overflow';
  END IF;
  SELECT u.name INTO one FROM unnest(tags) u (name)
  WHERE NOT EXISTS (SELECT FROM clientele_data.tags t WHERE t.name = u.name) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'tag "%" does not exist', one.name USING ERRCODE = 'undefined_object', HINT = 'clientele_data.tags lists them.';
  END IF;
  PERFORM clientele.begin_progress('refresh_tags'), clientele.report_progress('waiting for another refresh');
  run := clientele.begin_tag_refresh(present, true);
  PERFORM set_config('clientele.unknown_event', 'error', true);
  followed := (SELECT r.change_set FROM clientele_data.tag_refreshes r WHERE r.refresh_id = run);
  everyone := (SELECT clientele.cardinality(a.customers) FROM clientele_data.tag_audiences a WHERE a.tag = '' AND a.value = '');
  done := clientele.follow_merges(run, present);
  todo := clientele.tags_to_refresh(tags, present, complete);
  total := jsonb_array_length(done) + jsonb_array_length(todo);

  -- A rule is neither compiled nor run if its author is not trusted. A rule without an answer of its key may have been written into
  -- the table by hand.
  FOR one IN SELECT d.tag, d.trusted, d.author, r.rule, r.n
             FROM jsonb_array_elements(todo) WITH ORDINALITY r (rule, n),
                  jsonb_to_record(r.rule) AS d (tag text, trusted boolean, author text, known boolean)
             WHERE NOT d.trusted OR NOT d.known ORDER BY d.tag COLLATE "C" LOOP
    BEGIN
      IF NOT one.trusted THEN
        RAISE EXCEPTION 'you do not trust the author of the rule, %, to run SQL with your rights',
            coalesce(format('%I', one.author), 'an unknown role')
          USING ERRCODE = 'insufficient_privilege',
          DETAIL = 'Read the rule and call define_tag() again, refresh as its author, or list the author in clientele.trusted_owners.';
      END IF;
      todo := jsonb_set(todo, ARRAY[(one.n - 1)::text], clientele.check_stored_rule(one.rule));
    EXCEPTION WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
      done := done || clientele.note_tag_failure(one.tag, message, detail);
    END;
  END LOOP;
  todo := clientele.without_done(todo, done);

  LOOP
    -- Journey rules that are ready, together if they start from the same change set and have the same time zone; any other tag by itself.
    SELECT d.since, d.zone, array_agg(d.tag ORDER BY d.tag COLLATE "C") AS names, jsonb_agg(d.rule ORDER BY d.tag COLLATE "C") AS rules
    INTO batch
    FROM (
      SELECT w.rule, d.tag, d.since, d.reads_customers, d.kind, d.zone,
             row_number() OVER (PARTITION BY d.since, d.reads_customers, d.kind, d.zone ORDER BY d.tag COLLATE "C") AS n
      FROM jsonb_array_elements(todo) w (rule),
           jsonb_to_record(w.rule) AS d (tag text, since bigint, reads_customers boolean, kind text, zone text, uses text[])
      -- Most tags use no others. For them no function is called for each pair of tags.
      WHERE d.uses = '{}'
            OR NOT EXISTS (SELECT FROM jsonb_array_elements(todo) o (rule) WHERE clientele.names_include_tag(d.uses, o.rule ->> 'tag'))) d
    -- The answers of a batch are in memory together: about 256 MB at most.
    WHERE d.kind <> 'journey' OR d.n <= greatest(1, 268435456 / (everyone / 8 + 10000))
    GROUP BY d.since, d.reads_customers, d.zone, CASE WHEN d.kind = 'journey' THEN '' ELSE d.tag END
    ORDER BY min(d.tag COLLATE "C") LIMIT 1;
    IF NOT FOUND THEN
      EXIT WHEN todo = '[]';
      FOR one IN
        SELECT d.rule ->> 'tag' AS tag, c.cycle FROM jsonb_array_elements(todo) d (rule), clientele.tag_cycle(d.rule ->> 'tag') c (cycle)
        WHERE c.cycle IS NOT NULL ORDER BY 1
      LOOP
        done := done || clientele.note_tag_failure(one.tag, 'the tag depends on itself: ' || one.cycle, NULL);
      END LOOP;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'tags are left over: %', (SELECT string_agg(d.rule ->> 'tag', ', ') FROM jsonb_array_elements(todo) d (rule))
          USING ERRCODE = 'internal_error';
      END IF;
      todo := clientele.without_done(todo, done);
      CONTINUE;
    END IF;
    PERFORM clientele.report_progress(
      concat(batch.names[1], CASE WHEN cardinality(batch.names) > 1 THEN format(' and %s more', cardinality(batch.names) - 1) END),
      jsonb_array_length(done), total);
    changed := NULL;
    IF batch.since IS NOT NULL THEN
      changed := clientele.changed_customers(batch.since, followed);
      IF changed OPERATOR(clientele.=) '{}' THEN
        UPDATE clientele_data.tag_status s SET refresh_id = run, error = NULL, failed_at = NULL WHERE s.tag = ANY (batch.names);
        done := done || (
          SELECT jsonb_agg(jsonb_build_object('tag', s.tag, 'outcome', 'fresh', 'customers', s.customers, 'gained', 0, 'lost', 0))
          FROM clientele_data.tag_status s WHERE s.tag = ANY (batch.names));
        todo := clientele.without_done(todo, done);
        CONTINUE;
      ELSIF clientele.cardinality(changed) > everyone / 4 THEN
        changed := NULL;  -- one pass over all is cheaper than that many look-ups
      END IF;
    END IF;
    -- Together first. If that fails, one after the other, to find the rule that fails.
    BEGIN
      done := done || clientele.refresh_rules(run, present, batch.rules, changed);
    EXCEPTION WHEN serialization_failure OR deadlock_detected THEN
      RAISE;
    WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
      IF cardinality(batch.names) = 1 THEN
        done := done || clientele.note_tag_failure(batch.names[1], message, detail);
      ELSE
        FOR one IN SELECT r.rule, r.rule ->> 'tag' AS tag FROM jsonb_array_elements(batch.rules) r (rule) LOOP
          BEGIN
            done := done || clientele.refresh_rules(run, present, jsonb_build_array(one.rule), changed);
          EXCEPTION WHEN serialization_failure OR deadlock_detected THEN
            RAISE;
          WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
            done := done || clientele.note_tag_failure(one.tag, message, detail);
          END;
        END LOOP;
      END IF;
    END;
    todo := clientele.without_done(todo, done);
  END LOOP;

  PERFORM clientele.forget_change_sets();
  UPDATE clientele_data.tag_refreshes r
  SET finished_at = clock_timestamp(), tags = (SELECT count(*) FROM jsonb_array_elements(done) d (x) WHERE NOT d.x ? 'error'),
      failed = (SELECT count(*) FROM jsonb_array_elements(done) d (x) WHERE d.x ? 'error')
  WHERE r.refresh_id = run;
  PERFORM clientele.end_progress();
  RETURN QUERY SELECT d.* FROM jsonb_to_recordset(done)
                 AS d (tag text, outcome text, customers bigint, gained bigint, lost bigint, error text)
               ORDER BY d.error IS NULL, d.tag COLLATE "C";
END $$;
COMMENT ON FUNCTION refresh_tags(text[], timestamptz, boolean) IS
  'Brings the tags up to date, all of them or those named, in the order in which they depend on each other; returns one row a tag.
A rule over a journey is evaluated for the customers whose journeys changed (outcome incremental, or fresh if there are none), any other
rule for all customers (complete). Rules that use the time are evaluated for all customers again when their last complete answer is
older than their max_age; complete => true does so for every tag. What customers gained and lost is in clientele_data.tag_changes.
A saved audience has the customers that its members are after merges (outcome merged, if that changes it).
at is what rules use as the present; now by default. A rule that fails (outcome failed) leaves its tag as it was, with the error in the
row and in clientele_data.tag_status; the other tags are refreshed all the same. Rules see the time zone of their tag or of the store,
and fixed settings, whatever those of the session are.
It runs the rules with your rights, and therefore only those with an author that you trust (clientele.trusts()): the others fail. A
second refresh waits until the first one has ended; in REPEATABLE READ it may have to be retried. Errors: 42704 for an unknown tag,
40001 for a refresh that must be retried, 42P01 without a store, 42501 without the right to write its tables of tags.';

CREATE FUNCTION without_done(todo jsonb, done jsonb) RETURNS jsonb
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(jsonb_agg(t.rule), '[]') FROM jsonb_array_elements(todo) t (rule)
  WHERE t.rule ->> 'tag' NOT IN (SELECT d.x ->> 'tag' FROM jsonb_array_elements(done) d (x))
$$;
COMMENT ON FUNCTION without_done(jsonb, jsonb) IS
  'Returns the members of a list of work that are not done yet; a part of refresh_tags().';
