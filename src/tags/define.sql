-- SPDX-License-Identifier: PostgreSQL
-- The rules of tags: what they may look like, and define_tag().

CREATE FUNCTION tag_search_path() RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT 'pg_catalog, clientele, clientele_data, public, pg_temp'::pg_catalog.text $$;
COMMENT ON FUNCTION tag_search_path() IS
  'The schemas in which rules of tags find what they name without a schema.';

CREATE FUNCTION tag_rule_source(
    kind text, rule text, customers boolean, timed boolean, journeys text DEFAULT 'clientele_data.journeys') RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN kind = 'journey' THEN
      E'\nFROM ' || journeys || ' AS journeys'
      || CASE WHEN customers THEN E'\nJOIN clientele_data.customers AS customers USING (customer_id)' ELSE '' END
      || CASE WHEN timed THEN E'\nCROSS JOIN (SELECT $1 AS at) AS refresh' ELSE '' END
    ELSE
      E'\nFROM ' || CASE WHEN timed THEN '(SELECT $1 AS at) AS refresh CROSS JOIN LATERAL ' ELSE '' END
      || E'(\n' || rule || E'\n) AS answer'
    END
$$;
COMMENT ON FUNCTION tag_rule_source(text, text, boolean, boolean, text) IS
  'The FROM clause with which the rule of a tag is asked; $1 is the present.
customers and timed: whether the columns of clientele_data.customers and refresh.at are within reach; journeys: the table or view to ask.';

CREATE FUNCTION tag_rule_type(kind text, rule text, customers boolean, timed boolean) RETURNS regtype
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  source CONSTANT text := clientele.tag_rule_source(kind, rule, customers, timed);
  answer CONSTANT text := CASE WHEN kind = 'journey' THEN E'(\n' || rule || E'\n)' ELSE 'answer.value' END;
  names text := CASE WHEN kind = 'journey' THEN '' ELSE '(customer_id, value)' END;
  result regtype;
  probe refcursor;
BEGIN
  PERFORM set_config('search_path', clientele.tag_search_path(), true);
  -- Nothing is executed, as the planner knows that there are no rows. A cursor takes a single statement only, so no rule can
  -- end it and begin another command.
  OPEN probe FOR EXECUTE CASE WHEN kind = 'journey' THEN 'SELECT ' || answer ELSE 'SELECT answer.*' END
    || source || ' WHERE false' USING now();
  CLOSE probe;
  BEGIN
    EXECUTE 'SELECT pg_catalog.pg_typeof((SELECT ' || answer || source || names || ' WHERE false))' USING now() INTO result;
  EXCEPTION WHEN invalid_column_reference THEN
    IF kind = 'journey' THEN RAISE; END IF;
    names := '(customer_id)';
    result := 'boolean';
  END;
  IF kind = 'query' THEN
    EXECUTE 'SELECT (SELECT answer.customer_id::bigint' || source || names || ' WHERE false)' USING now();
  END IF;
  RETURN result;
END $$;
COMMENT ON FUNCTION tag_rule_type(text, text, boolean, boolean) IS
  'Compiles the rule of a tag without running it, and tells the type of its values; boolean for a query of customers alone.
Errors: those of the rule.';

CREATE FUNCTION describe_tag_rule(
    rule text, INOUT kind text, OUT holds text, OUT customers boolean, OUT timed boolean, OUT per_customer boolean, OUT uses text[])
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  type regtype;
  parsed clientele.tag_query;
  why_no_query text;
BEGIN
  uses := '{}';
  IF kind IS NULL AND rule ~* '^\s*(select|with|values|table)\M' THEN
    kind := 'query';
  END IF;
  IF kind = 'tags' OR kind IS NULL THEN
    BEGIN
      parsed := rule::clientele.tag_query;
    EXCEPTION WHEN OTHERS THEN
      IF kind = 'tags' THEN RAISE; END IF;
      why_no_query := SQLERRM;
    END;
    IF parsed IS NOT NULL AND kind IS NULL AND EXISTS (
        SELECT FROM unnest(clientele.tag_query_names(parsed)) u (name)
        WHERE u.name !~ '\.\*$' AND NOT EXISTS (SELECT FROM clientele_data.tags t WHERE t.name = u.name)) THEN
      why_no_query := 'it asks for tags that are not defined';
    ELSIF parsed IS NOT NULL THEN
      kind := 'tags';
      holds := 'yes';
      customers := false;
      timed := false;
      per_customer := false;
      uses := clientele.tag_query_names(parsed);
      RETURN;
    END IF;
  END IF;
  BEGIN
    type := clientele.tag_rule_type(coalesce(kind, 'journey'), rule, true, true);
  EXCEPTION WHEN OTHERS THEN
    IF why_no_query IS NULL THEN RAISE; END IF;
    RAISE EXCEPTION 'the rule is neither an expression over a journey nor a tag query: %', rule USING
      ERRCODE = SQLSTATE, DETAIL = format('As an expression: %s. As a tag query: %s.', SQLERRM, why_no_query),
      HINT = 'kind => ''journey'', ''query'' or ''tags'' says what it is meant to be.';
  END;
  kind := coalesce(kind, 'journey');
  holds := CASE
    WHEN type IN ('text[]'::regtype, 'varchar[]'::regtype) THEN 'texts'
    WHEN type = 'boolean'::regtype THEN 'yes'
    WHEN type IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype, 'numeric'::regtype, 'real'::regtype,
                  'double precision'::regtype) THEN 'number'
    WHEN type IN ('text'::regtype, 'varchar'::regtype, 'name'::regtype, '"char"'::regtype, 'character'::regtype,
                  'unknown'::regtype)
      OR EXISTS (SELECT FROM pg_type y WHERE y.oid = type AND y.typtype = 'e') THEN 'text' END;
  IF holds IS NULL THEN
    RAISE EXCEPTION 'a tag cannot hold values of type %', type USING ERRCODE = 'datatype_mismatch',
      HINT = 'A rule gives booleans, numbers, text or arrays of text; cast others to text.';
  END IF;
  -- What a rule needs is what it does not compile without.
  timed := rule ~* '\m(now|age|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\('
        OR rule ~* '\m(current_date|current_time|current_timestamp|localtime|localtimestamp)\M'
        OR rule ~* '''\s*(now|today|tomorrow|yesterday)\s*''';
  IF NOT timed THEN
    BEGIN
      PERFORM clientele.tag_rule_type(kind, rule, true, false);
    EXCEPTION WHEN OTHERS THEN timed := true;
    END;
  END IF;
  customers := false;
  IF kind = 'journey' THEN
    BEGIN
      PERFORM clientele.tag_rule_type(kind, rule, false, true);
    EXCEPTION WHEN OTHERS THEN customers := true;
    END;
  END IF;
  per_customer := kind = 'journey' AND NOT customers AND rule !~* '\m(select|table)\M';
  IF kind = 'journey' AND NOT customers THEN
    -- Asked of an empty journey, a rule shows whether it knows its events. Errors in data may not happen with others.
    BEGIN
      PERFORM set_config('search_path', clientele.tag_search_path(), true);
      EXECUTE E'SELECT (\n' || rule || E'\n) FROM (SELECT 0::bigint AS customer_id, ''{}''::clientele.journey AS journey) AS journeys '
        'CROSS JOIN (SELECT $1 AS at) AS refresh' USING now();
    EXCEPTION WHEN OTHERS THEN
      IF SQLSTATE LIKE '42%' THEN RAISE; END IF;
    END;
  END IF;
END $$;
COMMENT ON FUNCTION describe_tag_rule(text, text) IS
  'Tells what the rule of a tag is: its kind, what it holds, and what its answers rest on. Nothing is run.
customers: columns of clientele_data.customers; timed: the present, as refresh.at or now(); per_customer: the own journey alone; uses: other tags.
Errors: those of the rule; 42804 for values of a type that no tag can hold.';

CREATE FUNCTION tag_needs(needed text[], tag text) RETURNS boolean
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM unnest(needed) u (name)
                 WHERE tag = u.name OR u.name LIKE '%.*' AND starts_with(tag, left(u.name, -1)))
$$;
COMMENT ON FUNCTION tag_needs(text[], text) IS
  'Whether a tag is among those named, where x.* stands for all below x.';

CREATE FUNCTION tag_circle(tag text) RETURNS text
  LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found text[] := ARRAY[tag];
  found_from integer[] := ARRAY[0];
  place integer := 1;
  needed text;
  circle text := tag;
BEGIN
  -- Breadth first, each tag once.
  WHILE place <= cardinality(found) LOOP
    FOR needed IN
      SELECT d.name FROM clientele_data.tags t JOIN clientele_data.tags d ON clientele.tag_needs(t.uses, d.name)
      WHERE t.name = found[place] ORDER BY d.name
    LOOP
      IF needed = tag THEN
        WHILE place > 0 LOOP
          circle := found[place] || ' → ' || circle;
          place := found_from[place];
        END LOOP;
        RETURN circle;
      ELSIF needed <> ALL (found) THEN
        found := found || needed;
        found_from := found_from || place;
      END IF;
    END LOOP;
    place := place + 1;
  END LOOP;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION tag_circle(text) IS
  'The shortest circle by which a tag rests on itself, as a → b → a; NULL if there is none.';

CREATE FUNCTION define_tag(
    name text, rule text, family text DEFAULT NULL, description text DEFAULT NULL, kind text DEFAULT NULL,
    per_customer boolean DEFAULT NULL, keeps interval DEFAULT '1 day', uses text[] DEFAULT NULL) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  what record;
  circle text;
BEGIN
  PERFORM clientele.require_store('tags', 'INSERT'), clientele.require_store('tags', 'UPDATE');
  IF name IS NULL OR rule IS NULL OR keeps IS NULL THEN
    RAISE EXCEPTION 'name, rule and keeps must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  PERFORM clientele.check_tag_name(name);
  family := coalesce(family, clientele.tag_family(name));
  IF family NOT IN ('basic', 'behaviour', 'preference', 'value', 'response') THEN
    RAISE EXCEPTION 'there is no family of tags "%"', family USING ERRCODE = 'invalid_parameter_value',
      HINT = 'The families are basic, behaviour, preference, value and response.';
  END IF;
  IF kind IS NOT NULL AND kind NOT IN ('query', 'journey', 'tags') THEN
    RAISE EXCEPTION 'there is no kind of rule "%"', kind USING ERRCODE = 'invalid_parameter_value',
      HINT = 'The kinds are query (a SELECT), journey (an expression over one journey) and tags (a tag query).';
  END IF;
  IF keeps < '0' THEN
    RAISE EXCEPTION 'keeps must not be negative: %', keeps USING ERRCODE = 'invalid_parameter_value';
  END IF;
  rule := regexp_replace(rule, '(\s|;)+$', '');
  what := clientele.describe_tag_rule(rule, kind);
  IF per_customer AND what.kind = 'tags' THEN
    RAISE EXCEPTION 'a rule over tags is not over journeys' USING ERRCODE = 'invalid_parameter_value',
      HINT = 'Leave per_customer out; such rules are cheap, and always computed anew.';
  END IF;
  INSERT INTO clientele_data.tags AS t (name, family, kind, rule, holds, per_customer, timed, customers, keeps, uses, description)
  VALUES (define_tag.name, define_tag.family, what.kind, define_tag.rule, what.holds,
          coalesce(define_tag.per_customer, what.per_customer), what.timed, what.customers, define_tag.keeps,
          ARRAY(SELECT DISTINCT u FROM unnest(what.uses || coalesce(define_tag.uses, '{}')) u WHERE u IS NOT NULL ORDER BY 1),
          define_tag.description)
  ON CONFLICT ON CONSTRAINT tags_pkey DO UPDATE SET
    family = excluded.family, kind = excluded.kind, rule = excluded.rule, holds = excluded.holds,
    per_customer = excluded.per_customer, timed = excluded.timed, customers = excluded.customers, keeps = excluded.keeps,
    uses = excluded.uses,
    description = coalesce(excluded.description, t.description), defined_at = now();
  circle := clientele.tag_circle(define_tag.name);
  IF circle IS NOT NULL THEN
    RAISE EXCEPTION 'tag "%" would rest on itself', name USING ERRCODE = 'invalid_recursion',
      DETAIL = circle || '.', HINT = 'A rule may use other tags, but not in a circle.';
  END IF;
END $$;
COMMENT ON FUNCTION define_tag(text, text, text, text, text, boolean, interval, text[]) IS
  'Defines a tag by a rule, or gives a tag a new rule; refresh_tags() computes who has it.
The rule is one of: a SELECT of customer numbers, with a second column for a value or score; an expression over one journey, as event_count(journey, ''purchase'') >= 3, with journey, customer_id and the columns of clientele_data.customers within reach; a tag query over other tags, as vip & !churn_risk. kind (query, journey, tags) settles what a rule is, if that is not plain.
Booleans make plain tags, numbers numeric ones, text (or an array of it) tags with values. NULL, false and empty text: the customer does not have it. The present is refresh.at; rules that use it, or now(), are asked of all customers again when their answer is older than keeps.
family: basic, behaviour, preference, value or response; by default the first part of the name, or basic. per_customer => true promises of a SELECT that what it says of a customer rests on the journey of that customer alone, so that a refresh asks only those whose journeys changed; expressions over a journey are so by themselves. uses names tags that must be refreshed before.
Names without a schema are looked for in clientele, clientele_data and public. Errors: those of the rule, 42601 for a bad tag query, 42804 for values that no tag can hold, 42P19 for a tag that rests on itself, 22023 for a bad name, family or kind, 42P01 without a store, 42501 without the right to change clientele_data.tags.';

CREATE FUNCTION tag_family(name text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN split_part(name, '.', 1) IN ('basic', 'behaviour', 'preference', 'value', 'response')
              THEN split_part(name, '.', 1) ELSE 'basic' END
$$;
COMMENT ON FUNCTION tag_family(text) IS
  'The family of a tag of which nobody said it: the first part of its name, or basic.';

CREATE FUNCTION tag_answer_of(kind text, holds text, rule text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$ SELECT kind || ' ' || holds || ': ' || rule $$;
COMMENT ON FUNCTION tag_answer_of(text, text, text) IS
  'What clientele_data.tag_status.rule says of an answer; a tag that is defined otherwise now is asked of all customers.';

CREATE FUNCTION check_tag_name(name text) RETURNS void
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF name = '' OR name ~ '[=*]' OR name ~ '(^\.|\.\.|\.$)' OR length(name) > 500 THEN
    RAISE EXCEPTION 'a tag cannot have the name "%"', left(name, 100) USING ERRCODE = 'invalid_parameter_value',
      HINT = 'A name has no = and no *, no empty part between dots, and at most 500 characters.';
  END IF;
END $$;
COMMENT ON FUNCTION check_tag_name(text) IS
  'Checks what a tag may be called. Errors: 22023.';

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
    family = coalesce(save_audience.family, t.family), kind = 'fixed', rule = NULL, holds = 'yes', per_customer = false,
    timed = false, customers = false, uses = '{}', description = coalesce(excluded.description, t.description), defined_at = now();
  run := clientele.begin_tag_refresh(now());
  INSERT INTO pg_temp.clientele_answers (tag, customers) VALUES (name, save_audience.customers);
  PERFORM clientele.store_tag_answer(name, NULL);
  INSERT INTO clientele_data.tag_status AS s (tag, refresh_id, complete_at, holds, customers)
  VALUES (name, run, now(), 'yes', clientele.cardinality(save_audience.customers))
  ON CONFLICT ON CONSTRAINT tag_status_pkey DO UPDATE SET
    refresh_id = excluded.refresh_id, complete_at = excluded.complete_at, rule = NULL, holds = excluded.holds, customers = excluded.customers,
    error = NULL, failed_at = NULL;
  UPDATE clientele_data.tag_refreshes r SET finished_at = clock_timestamp(), tags = 1, failed = 0
  WHERE r.refresh_id = run;
  DROP TABLE pg_temp.clientele_answers, pg_temp.clientele_refresh;
END $$;
COMMENT ON FUNCTION save_audience(text, audience, text, text) IS
  'Keeps an audience under a name, as a tag without a rule: a list of a campaign, who left a funnel, a control group.
Saving under the same name again replaces it; the history tells who came and went. Errors: as define_tag().';

CREATE FUNCTION forget_tag(name text) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  users text := (SELECT string_agg(format('%s', t.name), ', ' ORDER BY t.name) FROM clientele_data.tags t
                 WHERE forget_tag.name = ANY (t.uses) AND t.name <> forget_tag.name);
BEGIN
  PERFORM clientele.require_store('tags', 'DELETE');
  IF users IS NOT NULL THEN
    RAISE EXCEPTION 'tag "%" is used by others', name USING ERRCODE = 'dependent_objects_still_exist',
      DETAIL = users, HINT = 'Forget these first, or define them anew without it.';
  END IF;
  DELETE FROM clientele_data.tags t WHERE t.name = forget_tag.name;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no tag "%"', name USING ERRCODE = 'undefined_object', HINT = 'clientele_data.tags lists them.';
  END IF;
  DELETE FROM clientele_data.tag_audiences a WHERE a.tag = forget_tag.name;
  DELETE FROM clientele_data.tag_numbers n WHERE n.tag = forget_tag.name;
  DELETE FROM clientele_data.tag_changes c WHERE c.tag = forget_tag.name;
END $$;
COMMENT ON FUNCTION forget_tag(text) IS
  'Deletes a tag with all that is known of who has and had it.
Errors: 42704 for an unknown tag, 2BP01 if the rule of another tag names it, 42P01 without a store, 42501 without the right to delete from clientele_data.tags.';
