-- SPDX-License-Identifier: PostgreSQL
-- What rules of tags may look like, what their answers depend on, and who their authors are.

CREATE FUNCTION tag_search_path() RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT 'pg_catalog, clientele, pg_temp'::pg_catalog.text $$;
COMMENT ON FUNCTION tag_search_path() IS
  'The schemas in which rules of tags find what they name without a schema.
Only superusers and the owner of the extension can create anything there; pg_temp is last, and rules that name something in it are
refused.';

CREATE FUNCTION tag_rule_source(
    kind text, rule text, with_customers boolean, with_present boolean, changed_only boolean DEFAULT false) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN kind = 'journey' THEN
      E'\nFROM '
      || CASE WHEN changed_only THEN
           '(SELECT j.customer_id, j.journey FROM clientele_data.journeys j WHERE j.customer_id = ANY ($2) OFFSET 0)'
         ELSE 'clientele_data.journeys' END
      || ' AS journeys'
      || CASE WHEN with_customers THEN E'\nJOIN clientele_data.customers AS customers USING (customer_id)' ELSE '' END
      || CASE WHEN with_present THEN E'\nCROSS JOIN (SELECT $1 AS at) AS refresh' ELSE '' END
    ELSE
      E'\nFROM ' || CASE WHEN with_present THEN '(SELECT $1 AS at) AS refresh CROSS JOIN LATERAL ' ELSE '' END
      || E'(\n' || rule || E'\n) AS answer'
    END
$$;
COMMENT ON FUNCTION tag_rule_source(text, text, boolean, boolean, boolean) IS
  'The FROM clause with which the rule of a tag is evaluated; $1 is the present, $2 the customers whose journeys changed.
with_customers: the rule may read the columns of clientele_data.customers. with_present: it may read refresh.at. changed_only: the
clause has the journeys of $2 only.';

CREATE FUNCTION rule_traits(query text, OUT types regtype[], OUT traits text[], OUT functions regprocedure[])
  LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'clientele_rule_traits';
COMMENT ON FUNCTION rule_traits(text) IS
  'Compiles a query without planning or running it, and returns the types of its columns, its traits, and its functions that are not
immutable.
traits: aggregates, windows and sets (functions that return them) among its own columns; subselects, timed (the current time), changes
(of data) and temporary (tables or types) anywhere. $1 is a timestamptz, $2 a bigint[]. Errors: those of the query.';

CREATE FUNCTION compile_tag_rule(query text, OUT types regtype[], OUT traits text[], OUT functions regprocedure[])
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  state text;
  message text;
  detail text;
  hint text;
BEGIN
  PERFORM set_config('search_path', clientele.tag_search_path(), true);
  SELECT t.* INTO types, traits, functions FROM clientele.rule_traits(query) t;
EXCEPTION WHEN undefined_table OR undefined_function OR undefined_object THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
  hint := concat_ws(' ', nullif(hint, ''),
    'Rules find names without a schema in pg_catalog and clientele only; '
    'write the schema of your own tables, functions and types, as in sales.orders.');
  IF detail = '' THEN
    RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message, HINT = hint;
  END IF;
  RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message, DETAIL = detail, HINT = hint;
END $$;
COMMENT ON FUNCTION compile_tag_rule(text) IS
  'Does what rule_traits() does, with the search_path of rules; a hint says that an unknown name needs a schema.
Errors: those of the query.';

CREATE FUNCTION reads_more_than_arguments(function regprocedure) RETURNS boolean
  LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE
    WHEN p.provolatile = 'v' THEN p.pronamespace <> 'pg_catalog'::regnamespace OR p.proname NOT IN ('clock_timestamp', 'timeofday')
    WHEN p.pronamespace = 'pg_catalog'::regnamespace THEN false
    WHEN p.pronamespace <> 'clientele'::regnamespace THEN true
    -- Of the extension: functions of a journey, and definitions, which know event types by their names.
    ELSE NOT ('clientele.journey'::regtype = ANY (p.proargtypes::oid[]) AND 'model' <> ALL (coalesce(p.proargnames, '{}'))
              OR p.proname = 'event_types_matching'
              OR EXISTS (SELECT FROM pg_type t WHERE t.oid = p.prorettype AND t.typname ~ '_def$'
                         AND t.typnamespace = 'clientele'::regnamespace))
    END
  FROM pg_proc p WHERE p.oid = function AND p.provolatile <> 'i'
$$;
COMMENT ON FUNCTION reads_more_than_arguments(regprocedure) IS
  'Whether the result of a function may depend on more than its arguments and the event types; a part of describe_tag_rule().';

CREATE FUNCTION describe_tag_rule(
    rule text, INOUT kind text, OUT body text, OUT holds text, OUT reads_customers boolean,
    OUT time_dependent boolean, OUT per_customer boolean, OUT uses text[])
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
  SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET standard_conforming_strings = on
  SET backslash_quote = safe_encoding SET transform_null_equals = off SET array_nulls = on AS $$
DECLARE
  shape text;
  type regtype;
  parsed clientele.tag_query;
  compiled record;
  state text;
  message text;
  hint text;
  why_no_query text;
BEGIN
  PERFORM clientele.require_store('tags');
  uses := '{}';
  reads_customers := false;
  time_dependent := false;
  per_customer := false;
  IF octet_length(rule) > 100000 THEN
    RAISE EXCEPTION 'a rule must not be longer than 100000 bytes: it has %', octet_length(rule) USING ERRCODE = 'program_limit_exceeded';
  END IF;
  IF kind IS DISTINCT FROM 'tags' THEN
    BEGIN
      SELECT s.kind, s.body INTO shape, body FROM clientele.read_sql(rule) s;
    EXCEPTION WHEN OTHERS THEN
      IF kind IS NOT NULL THEN RAISE; END IF;  -- else it may still be a tag query
    END;
    IF kind IS NULL AND shape = 'query' THEN
      kind := 'query';
    END IF;
  END IF;
  IF kind = 'tags' OR kind IS NULL THEN
    BEGIN
      parsed := regexp_replace(rule, '([[:space:]]|;)+$', '')::clientele.tag_query;
    EXCEPTION WHEN OTHERS THEN
      IF kind = 'tags' THEN RAISE; END IF;
      why_no_query := SQLERRM;
    END;
    IF parsed IS NOT NULL AND kind IS NULL AND EXISTS (
        SELECT FROM unnest(clientele.tag_query_names(parsed)) u (name)
        WHERE u.name !~ '[.][*]$' AND NOT EXISTS (SELECT FROM clientele_data.tags t WHERE t.name = u.name)) THEN
      why_no_query := 'it names tags that are not defined';
    ELSIF parsed IS NOT NULL THEN
      kind := 'tags';
      body := regexp_replace(rule, '([[:space:]]|;)+$', '');
      holds := 'flag';
      uses := clientele.tag_query_names(parsed);
      RETURN;
    END IF;
  END IF;
  BEGIN
    IF shape IS NULL THEN
      PERFORM clientele.read_sql(rule);  -- raises the error again
    ELSIF kind = 'query' AND shape <> 'query' THEN
      RAISE EXCEPTION 'a rule of kind query must be a SELECT' USING ERRCODE = 'syntax_error';
    END IF;
    IF kind = 'query' THEN
      compiled := clientele.compile_tag_rule('SELECT answer.*' || clientele.tag_rule_source('query', body, false, true));
    ELSE
      compiled := clientele.compile_tag_rule(E'SELECT (\n' || body || E'\n)' || clientele.tag_rule_source('journey', body, true, true));
    END IF;
  EXCEPTION WHEN OTHERS THEN
    IF why_no_query IS NULL OR SQLSTATE <> ALL ('{42601,42703,42883,42P01,42704}') THEN RAISE; END IF;
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
    RAISE EXCEPTION 'the rule is neither an expression over a journey nor a tag query: %', left(rule, 1000) USING
      ERRCODE = state, DETAIL = format('As an expression: %s. As a tag query: %s.', rtrim(message, '.'), why_no_query),
      HINT = concat_ws(' ', nullif(hint, ''), 'kind => ''journey'', ''query'' or ''tags'' says what it is meant to be.');
  END;
  kind := coalesce(kind, 'journey');
  IF compiled.traits && '{temporary}' THEN
    RAISE EXCEPTION 'a rule cannot name temporary tables, views or types' USING ERRCODE = 'feature_not_supported',
      HINT = 'They belong to one session; a refresh in another session would find others, or none.';
  ELSIF kind = 'journey' AND compiled.traits && '{aggregates}' THEN
    RAISE EXCEPTION 'a rule over one journey cannot have aggregate functions' USING ERRCODE = 'grouping_error',
      HINT = 'A SELECT of customer numbers can have them, or a sub-select.';
  ELSIF kind = 'journey' AND compiled.traits && '{windows}' THEN
    RAISE EXCEPTION 'a rule over one journey cannot have window functions' USING ERRCODE = 'windowing_error',
      HINT = 'A SELECT of customer numbers can have them.';
  ELSIF kind = 'journey' AND compiled.traits && '{sets}' THEN
    RAISE EXCEPTION 'a rule over one journey cannot return a set' USING ERRCODE = 'feature_not_supported',
      HINT = 'Return several values of one customer as an array of text: ARRAY(SELECT …).';
  ELSIF compiled.traits && '{changes}' THEN
    RAISE EXCEPTION 'a rule cannot change data' USING ERRCODE = 'feature_not_supported';
  ELSIF kind = 'query' THEN
    IF cardinality(compiled.types) NOT IN (1, 2) THEN
      RAISE EXCEPTION 'the rule has % columns', cardinality(compiled.types) USING ERRCODE = 'invalid_column_reference',
        HINT = 'A SELECT returns customer numbers, and optionally their values in a second column.';
    END IF;
    PERFORM clientele.compile_tag_rule('SELECT answer.customer_id::bigint' || clientele.tag_rule_source('query', body, false, true)
      || CASE cardinality(compiled.types) WHEN 1 THEN '(customer_id)' ELSE '(customer_id, value)' END);
  END IF;
  type := CASE WHEN kind = 'journey' THEN compiled.types[1] WHEN cardinality(compiled.types) = 1 THEN 'boolean'::regtype
               ELSE compiled.types[2] END;
  holds := CASE
    WHEN type IN ('text[]'::regtype, 'varchar[]'::regtype) THEN 'texts'
    WHEN type = 'boolean'::regtype THEN 'flag'
    WHEN type IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype, 'numeric'::regtype, 'real'::regtype,
                  'double precision'::regtype) THEN 'number'
    WHEN type IN ('text'::regtype, 'varchar'::regtype, 'name'::regtype, '"char"'::regtype, 'character'::regtype,
                  'unknown'::regtype)
      OR EXISTS (SELECT FROM pg_type y WHERE y.oid = type AND y.typtype = 'e') THEN 'text' END;
  IF holds IS NULL THEN
    RAISE EXCEPTION 'a tag cannot hold values of type %', type USING ERRCODE = 'datatype_mismatch',
      HINT = 'A rule returns booleans, numbers, text or arrays of text; cast other types to text.';
  END IF;
  time_dependent := compiled.traits && '{timed}' OR EXISTS (
    SELECT FROM unnest(compiled.functions) u (oid) JOIN pg_proc p ON p.oid = u.oid
    WHERE p.provolatile = 'v' OR p.pronamespace = 'pg_catalog'::regnamespace
      AND (p.proname IN ('now', 'transaction_timestamp', 'statement_timestamp') OR p.proname = 'age' AND p.pronargs = 1));
  -- A rule needs the present, or columns of customers, if it does not compile without them.
  IF NOT time_dependent THEN
    BEGIN
      PERFORM clientele.compile_tag_rule(CASE kind WHEN 'journey' THEN E'SELECT (\n' || body || E'\n)' ELSE 'SELECT answer.*' END
        || clientele.tag_rule_source(kind, body, true, false));
    EXCEPTION WHEN OTHERS THEN time_dependent := true;
    END;
  END IF;
  IF kind = 'journey' THEN
    BEGIN
      PERFORM clientele.compile_tag_rule(E'SELECT (\n' || body || E'\n)' || clientele.tag_rule_source(kind, body, false, true));
    EXCEPTION WHEN OTHERS THEN reads_customers := true;
    END;
    per_customer := NOT reads_customers AND NOT compiled.traits && '{subselects}'
      AND NOT EXISTS (SELECT FROM unnest(compiled.functions) u (oid) WHERE clientele.reads_more_than_arguments(u.oid));
  END IF;
  -- Planned, but evaluated for no customer, a rule shows whether its author may read what it reads.
  PERFORM set_config('search_path', clientele.tag_search_path(), true);
  EXECUTE CASE kind WHEN 'journey' THEN E'SELECT (\n' || body || E'\n)' ELSE 'SELECT answer.*' END
    || clientele.tag_rule_source(kind, body, reads_customers, time_dependent) || ' WHERE false' USING now(), NULL::bigint[];
  IF kind = 'journey' AND NOT reads_customers THEN
    -- Evaluated for an empty journey, a rule shows whether its events are known. Errors in data may be those of this journey only.
    BEGIN
      EXECUTE E'SELECT (\n' || body || E'\n) FROM (SELECT 0::bigint AS customer_id, ''{}''::clientele.journey AS journey) AS journeys '
        'CROSS JOIN (SELECT $1 AS at) AS refresh' USING now();
    EXCEPTION WHEN OTHERS THEN
      IF SQLSTATE LIKE '42%' THEN RAISE; END IF;
    END;
  END IF;
END $$;
COMMENT ON FUNCTION describe_tag_rule(text, text) IS
  'Returns what the rule of a tag is: its kind, what it holds, and what its answers depend on. It is evaluated for an empty journey at
most.
body: the rule without a semicolon at its end. reads_customers: whether it reads columns of
clientele_data.customers. time_dependent: whether it uses the present, as refresh.at or now(). per_customer: whether the answer for a
customer depends only on the journey of that customer. uses: the tags that it names.
Errors: those of the rule; 42804 for values of a type that a tag cannot hold; 42803, 42P20 and 0A000 for aggregate functions, window
functions and sets in an expression over one journey; 0A000 for temporary tables and changes of data; 54000 for more than 100,000 bytes.';

CREATE FUNCTION note_tag_author() RETURNS trigger
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.defined_by := clientele.noted_author(NEW.defined_by, OLD.defined_by, TG_OP = 'INSERT' OR (NEW.kind, NEW.rule) IS DISTINCT FROM (OLD.kind, OLD.rule));
  RETURN NEW;
END $$;
COMMENT ON FUNCTION note_tag_author() IS 'Notes the author of a rule in clientele_data.tags.defined_by; a trigger function.';

CREATE FUNCTION trusts_tag_author(author name) RETURNS boolean
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce((SELECT clientele.trusts(r.oid) FROM pg_roles r WHERE r.rolname = author), false)
$$;
COMMENT ON FUNCTION trusts_tag_author(name) IS
  'Whether you trust the author of a rule enough to run it with your rights; false for a role that does not exist.';

CREATE FUNCTION names_include_tag(names text[], tag text) RETURNS boolean
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM unnest(names) u (name)
                 WHERE tag = u.name OR right(u.name, 2) = '.*' AND starts_with(tag, left(u.name, -1)))
$$;
COMMENT ON FUNCTION names_include_tag(text[], text) IS 'Whether a tag is among those named, where x.* stands for all tags below x.';

CREATE FUNCTION tag_cycle(tag text) RETURNS text
  LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found text[] := ARRAY[tag];
  found_from integer[] := ARRAY[0];
  place integer := 1;
  needed text;
  cycle text := tag;
BEGIN
  PERFORM clientele.require_store('tags');
  -- Breadth first, each tag once.
  WHILE place <= cardinality(found) LOOP
    FOR needed IN
      SELECT d.name FROM clientele_data.tags t JOIN clientele_data.tags d ON clientele.names_include_tag(t.uses, d.name)
      WHERE t.name = found[place] ORDER BY d.name
    LOOP
      IF needed = tag THEN
        WHILE place > 0 LOOP
          cycle := found[place] || ' → ' || cycle;
          place := found_from[place];
        END LOOP;
        RETURN cycle;
      ELSIF needed <> ALL (found) THEN
        found := found || needed;
        found_from := found_from || place;
      END IF;
    END LOOP;
    place := place + 1;
  END LOOP;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION tag_cycle(text) IS
  'Returns the shortest cycle by which a tag depends on itself, as a → b → a; NULL if there is none.';
