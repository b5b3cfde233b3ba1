-- SPDX-License-Identifier: PostgreSQL
-- define_tag(), save_audience() and forget_tag(); what a rule may be is in rules.sql.

CREATE FUNCTION define_tag(
    name text, rule text, family text DEFAULT NULL, description text DEFAULT NULL, kind text DEFAULT NULL,
    per_customer boolean DEFAULT NULL, max_age interval DEFAULT '1 day', uses text[] DEFAULT NULL, time_zone text DEFAULT NULL) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  what record;
  cycle text;
BEGIN
  PERFORM clientele.require_store('tags', 'INSERT'), clientele.require_store('tags', 'UPDATE');
  IF name IS NULL OR rule IS NULL OR max_age IS NULL THEN
    RAISE EXCEPTION 'name, rule and max_age must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  PERFORM clientele.check_tag_name(name);
  family := coalesce(family, clientele.tag_family(name));
  IF family NOT IN ('basic', 'behaviour', 'preference', 'value', 'response') THEN
    RAISE EXCEPTION 'tag family "%" does not exist', family USING ERRCODE = 'invalid_parameter_value',
      HINT = 'The families are basic, behaviour, preference, value and response.';
  END IF;
  IF kind IS NOT NULL AND kind NOT IN ('query', 'journey', 'tags') THEN
    RAISE EXCEPTION 'rule kind "%" does not exist', kind USING ERRCODE = 'invalid_parameter_value',
      HINT = 'The kinds are query (a SELECT), journey (an expression over one journey) and tags (a tag query).';
  END IF;
  IF max_age < '0' THEN
    RAISE EXCEPTION 'max_age must not be negative: %', max_age USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF time_zone IS NOT NULL THEN
    PERFORM clientele.check_time_zone(time_zone);
  END IF;
  what := clientele.describe_tag_rule(rule, kind);
  IF per_customer AND what.kind = 'tags' THEN
    RAISE EXCEPTION 'a rule over tags cannot be per_customer' USING ERRCODE = 'invalid_parameter_value',
      HINT = 'Leave out per_customer; such rules are cheap, and always evaluated for all customers.';
  END IF;
  INSERT INTO clientele_data.tags AS t (name, family, kind, rule, holds, per_customer, time_dependent, reads_customers, max_age, uses,
                                        time_zone, description, defined_by)
  VALUES (define_tag.name, define_tag.family, what.kind, what.body, what.holds,
          coalesce(define_tag.per_customer, what.per_customer), what.time_dependent, what.reads_customers, define_tag.max_age,
          ARRAY(SELECT DISTINCT u FROM unnest(what.uses || coalesce(define_tag.uses, '{}')) u WHERE u IS NOT NULL ORDER BY 1),
          define_tag.time_zone, define_tag.description, current_user)
  ON CONFLICT ON CONSTRAINT tags_pkey DO UPDATE SET
    family = excluded.family, kind = excluded.kind, rule = excluded.rule, holds = excluded.holds,
    per_customer = excluded.per_customer, time_dependent = excluded.time_dependent, reads_customers = excluded.reads_customers,
    max_age = excluded.max_age, uses = excluded.uses, time_zone = excluded.time_zone, defined_by = excluded.defined_by,
    description = coalesce(excluded.description, t.description), defined_at = now();
  cycle := clientele.tag_cycle(define_tag.name);
  IF cycle IS NOT NULL THEN
    RAISE EXCEPTION 'tag "%" would depend on itself', name USING ERRCODE = 'invalid_recursion',
      DETAIL = format('The cycle is %s.', cycle), HINT = 'A rule may use other tags, but not in a cycle.';
  END IF;
END $$;
COMMENT ON FUNCTION define_tag(text, text, text, text, text, boolean, interval, text[], text) IS
  'Defines a tag by a rule, or gives a tag a new rule; refresh_tags() computes which customers have it.
The rule is one of: a SELECT of customer numbers, with a second column for a value or score; an expression over one journey, as
event_count(journey, ''purchase'') >= 3, which may use journey, customer_id and the columns of clientele_data.customers; a tag query
over other tags, as vip & !churn_risk. kind (query, journey, tags) says which one it is where that is ambiguous.
Booleans make plain tags, numbers numeric ones, text (or an array of it) tags with values. With NULL, false and empty text the customer
does not have the tag. The present is refresh.at; rules that use it, or now(), are evaluated for all customers again when their answer
is older than max_age.
family: basic, behaviour, preference, value or response; by default the first part of the name, or basic. per_customer => true promises
that what a SELECT returns for a customer depends only on the journey of that customer, so that a refresh evaluates only those whose
journeys changed; for expressions over a journey this is found out. uses names tags that must be refreshed before.
time_zone is the one in which the rule reads days and hours, and with which it is compiled; NULL is that of the store. No other setting
of a session changes what a rule answers.
Names without a schema are found in pg_catalog and clientele only; write the schema of your own tables. You are noted as the author
(clientele_data.tags.defined_by), and the rule runs only if the role that refreshes trusts you. Errors: those of the rule, 42803, 42P20
and 0A000 for aggregate functions, window functions and sets in an expression over one journey, 0A000 for temporary tables and changes
of data, 42601 for a bad tag query, 42804 for values that a tag cannot hold, 42P19 for a tag that depends on itself, 22023 for a bad
name, family, kind or time zone, 54000 for a rule of more than 100,000 bytes, 42P01 without a store, 42501 without the right to change
clientele_data.tags.';

CREATE FUNCTION tag_family(name text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN split_part(name, '.', 1) IN ('basic', 'behaviour', 'preference', 'value', 'response')
              THEN split_part(name, '.', 1) ELSE 'basic' END
$$;
COMMENT ON FUNCTION tag_family(text) IS 'The default family of a tag: the first part of its name, or basic.';

CREATE FUNCTION rule_key(kind text, holds text, rule text, time_zone text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT kind || ' ' || holds || CASE WHEN kind <> 'tags' THEN ' ' || time_zone ELSE '' END || ': ' || rule
$$;
COMMENT ON FUNCTION rule_key(text, text, text, text) IS
  'Writes all that the answer of a rule depends on, for clientele_data.tag_status.rule_key; a rule with another key than that of its
stored answer is evaluated for all customers.';

CREATE FUNCTION check_tag_name(name text) RETURNS void
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF name = '' OR name ~ '[=*]' OR name ~ '(^[.]|[.][.]|[.]$)' OR length(name) > 500 THEN
    RAISE EXCEPTION 'a tag cannot have the name "%"', left(name, 100) USING ERRCODE = 'invalid_parameter_value',
      HINT = 'A name has no = and no *, no empty part between dots, and at most 500 characters.';
  END IF;
END $$;
COMMENT ON FUNCTION check_tag_name(text) IS 'Checks the name of a tag. Errors: 22023.';

CREATE FUNCTION save_audience(name text, customers audience, family text DEFAULT NULL, description text DEFAULT NULL) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  run bigint;
BEGIN
  PERFORM clientele.require_store('tags', 'INSERT'), clientele.require_store('tags', 'UPDATE');
  IF name IS NULL OR customers IS NULL THEN
    RAISE EXCEPTION 'name and customers must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  PERFORM clientele.check_tag_name(name);
  INSERT INTO clientele_data.tags AS t (name, family, kind, description)
  VALUES (save_audience.name,
          coalesce(save_audience.family, clientele.tag_family(name)), 'fixed', save_audience.description)
  ON CONFLICT ON CONSTRAINT tags_pkey DO UPDATE SET
    family = coalesce(save_audience.family, t.family), kind = 'fixed', rule = NULL, holds = 'flag', per_customer = false,
    time_dependent = false, reads_customers = false, uses = '{}', time_zone = NULL,
    description = coalesce(excluded.description, t.description), defined_at = now();
  run := clientele.begin_tag_refresh(now(), false);
  INSERT INTO clientele_data.saved_audiences AS a (tag, customers) VALUES (save_audience.name, save_audience.customers)
  ON CONFLICT ON CONSTRAINT saved_audiences_pkey DO UPDATE SET customers = excluded.customers;
  customers := clientele.after_merges(customers);
  PERFORM clientele.store_tag_answer(run, now(), name, 'flag', '{""}', ARRAY[save_audience.customers], NULL, NULL);
  INSERT INTO clientele_data.tag_status AS s (tag, refresh_id, complete_at, holds, customers)
  VALUES (name, run, now(), 'flag', clientele.cardinality(save_audience.customers))
  ON CONFLICT ON CONSTRAINT tag_status_pkey DO UPDATE SET
    refresh_id = excluded.refresh_id, complete_at = excluded.complete_at, rule_key = NULL, holds = excluded.holds,
    customers = excluded.customers, error = NULL, failed_at = NULL;
  UPDATE clientele_data.tag_refreshes r SET finished_at = clock_timestamp(), tags = 1, failed = 0
  WHERE r.refresh_id = run;
END $$;
COMMENT ON FUNCTION save_audience(text, audience, text, text) IS
  'Keeps an audience under a name, as a tag without a rule: the list of a campaign, the customers that left a funnel, a control group.
Customers that are merged later are in it by their new numbers from the next refresh_tags() on, until the merge is undone.
Saving under the same name again replaces it; the history shows which customers were added and removed. Errors: as define_tag().';

CREATE FUNCTION forget_tag(name text) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  users text;
BEGIN
  PERFORM clientele.require_store('tags', 'DELETE');
  users := (SELECT string_agg(t.name, ', ' ORDER BY t.name) FROM clientele_data.tags t
            WHERE forget_tag.name = ANY (t.uses) AND t.name <> forget_tag.name);
  IF users IS NOT NULL THEN
    RAISE EXCEPTION 'tag "%" is used by others', name USING ERRCODE = 'dependent_objects_still_exist',
      DETAIL = format('The rules of these tags name it: %s.', users), HINT = 'Forget these tags first, or define them without it.';
  END IF;
  -- A refresh that is under way would fail, and lose what it has computed. A role that may not refresh cannot wait for it.
  IF has_table_privilege('clientele_data.tag_refreshes', 'UPDATE') THEN
    LOCK TABLE clientele_data.tag_refreshes IN SHARE ROW EXCLUSIVE MODE;
  END IF;
  DELETE FROM clientele_data.tags t WHERE t.name = forget_tag.name;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'tag "%" does not exist', name USING ERRCODE = 'undefined_object', HINT = 'clientele_data.tags lists them.';
  END IF;
  DELETE FROM clientele_data.tag_audiences a WHERE a.tag = forget_tag.name;
  DELETE FROM clientele_data.tag_numbers n WHERE n.tag = forget_tag.name;
  DELETE FROM clientele_data.tag_changes c WHERE c.tag = forget_tag.name;
END $$;
COMMENT ON FUNCTION forget_tag(text) IS
  'Deletes a tag with its answer and its history. Waits for a refresh that is under way.
Errors: 42704 for an unknown tag, 2BP01 if the rule of another tag names it, 42P01 without a store, 42501 without the right to delete
from clientele_data.tags.';
