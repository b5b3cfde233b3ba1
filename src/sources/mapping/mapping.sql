-- SPDX-License-Identifier: PostgreSQL
-- What a source is: a table, view or foreign table, and how one row of it becomes an event.

CREATE FUNCTION mapping_expressions(mapping jsonb)
  RETURNS TABLE (place integer, argument text, name text, expression text)
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 12 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY SELECT (row_number() OVER (ORDER BY x.part, x.n))::integer, x.argument, x.name, x.expression
  FROM (
    SELECT 1 AS part, i.n, 'identities' AS argument, i.value ->> 'kind' AS name, i.value ->> 'expression' AS expression
    FROM jsonb_array_elements(mapping -> 'identities') WITH ORDINALITY i (value, n)
    UNION ALL
    SELECT 2, a.n, a.name, NULL, mapping ->> a.name
    FROM unnest('{at,event,channel,item,amount,currency,event_id,cursor}'::text[]) WITH ORDINALITY a (name, n)
    WHERE mapping ? a.name
    UNION ALL
    SELECT 3, p.n, 'properties', p.name, p.expression
    FROM jsonb_each_text(mapping -> 'properties') WITH ORDINALITY p (name, expression, n)
    UNION ALL
    SELECT 4, p.n, 'attributes', p.name, p.expression
    FROM jsonb_each_text(mapping -> 'attributes') WITH ORDINALITY p (name, expression, n)) x;
END $$;
COMMENT ON FUNCTION mapping_expressions(jsonb) IS
  'Lists the expressions of a mapping, as clientele_data.sources has it, in the order in which they are evaluated.
argument is that of add_source(); name is the kind of an identifier, or the name of a property or attribute.';

CREATE FUNCTION require_source(name text) RETURNS bigint
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  source record;
BEGIN
  PERFORM clientele.require_store('sources');
  IF name IS NULL THEN
    RAISE EXCEPTION 'the name of the source must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT s.source_id, s.owner, clientele.source_owner(s.owner, s.owner_oid, s.owner_cluster) AS role_id INTO source
  FROM clientele_data.sources s WHERE s.name = require_source.name;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'source "%" does not exist', name USING ERRCODE = 'undefined_object',
      HINT = coalesce('There are: ' || (SELECT string_agg(format('"%s"', s.name), ', ' ORDER BY s.name)
                                        FROM (SELECT x.name FROM clientele_data.sources x ORDER BY x.name LIMIT 20) s) || '.',
                      'clientele.add_source() adds one.');
  ELSIF source.role_id IS NULL THEN
    IF NOT clientele.may_act_as(0) THEN
      RAISE EXCEPTION 'permission denied for source "%"', name USING ERRCODE = 'insufficient_privilege',
        DETAIL = format('Role %I, which owned it, does not exist.', source.owner);
    END IF;
  ELSIF NOT clientele.may_act_as(source.role_id) THEN
    RAISE EXCEPTION 'permission denied for source "%"', name USING ERRCODE = 'insufficient_privilege',
      DETAIL = format('It belongs to role %I.', source.owner),
      HINT = 'Its owner, members of that role and superusers can use it.';
  END IF;
  RETURN source.source_id;
END $$;
COMMENT ON FUNCTION require_source(text) IS
  'Returns the number of a source that you may use: you own it, are a member of the role that does, or are a superuser.
Errors: 42704 for an unknown source, 42501 if you may not use it, 22004 for NULL.';

CREATE FUNCTION add_source(
    name text, source regclass, identities jsonb, at text, event text,
    channel text DEFAULT NULL, item text DEFAULT NULL, amount text DEFAULT NULL, currency text DEFAULT NULL,
    properties jsonb DEFAULT NULL, attributes jsonb DEFAULT NULL, event_id text DEFAULT NULL, cursor text DEFAULT NULL,
    method text DEFAULT NULL, lateness interval DEFAULT NULL, history boolean DEFAULT true,
    time_zone text DEFAULT NULL, date_order text DEFAULT NULL, unit text DEFAULT NULL, "decimal" text DEFAULT NULL,
    country text DEFAULT NULL, oldest timestamptz DEFAULT NULL, future interval DEFAULT NULL,
    duplicates_within interval DEFAULT NULL, strict boolean DEFAULT false)
  RETURNS TABLE (outcome text, "rows" bigint, example text, meaning text)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp SET quote_all_identifiers = off
  SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' AS $$
#variable_conflict use_variable
DECLARE
  given jsonb := jsonb_strip_nulls(jsonb_build_object(
    'identities', identities, 'at', at, 'event', event, 'channel', channel, 'item', item, 'amount', amount, 'currency', currency,
    'properties', properties, 'attributes', attributes, 'event_id', event_id, 'cursor', cursor, 'time_zone', time_zone,
    'date_order', date_order, 'unit', unit, 'decimal', "decimal", 'country', country, 'oldest', oldest, 'future', future,
    'duplicates_within', duplicates_within, 'strict', strict));
  missing CONSTANT text := CASE WHEN name IS NULL THEN 'name' WHEN source IS NULL THEN 'source' WHEN identities IS NULL THEN 'identities'
                                WHEN at IS NULL THEN 'at' WHEN event IS NULL THEN 'event' END;
  relation text;
  way record;
  added bigint;
BEGIN
  PERFORM clientele.require_store('sources', 'INSERT');
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION '% must not be NULL', missing USING ERRCODE = 'null_value_not_allowed',
      HINT = CASE missing
        WHEN 'event' THEN 'If all rows are the same event, its name is a constant, in quotes of its own: event => ''''''purchase''''''.'
        WHEN 'at' THEN 'It is an expression for the time of the event, such as a column''s name.'
        WHEN 'identities' THEN 'It is {kind: expression}, as in {"email": "e_mail", "customer": "customer_no"}.'
        ELSE 'add_source(name, source, identities, at, event) is what is needed at least.' END;
  END IF;
  PERFORM clientele.check_source_name(name);
  IF EXISTS (SELECT FROM clientele_data.sources s WHERE s.name = add_source.name) THEN
    RAISE EXCEPTION 'source "%" exists already', name USING ERRCODE = 'duplicate_object',
      HINT = 'clientele.alter_source() changes it.';
  END IF;
  relation := clientele.source_relation(source);
  given := clientele.checked_mapping(given);
  SELECT m.* INTO way FROM clientele.source_method(source, method, given ->> 'event_id', given ->> 'cursor', lateness) m;
  IF way.event_id IS NOT NULL THEN
    given := given || jsonb_build_object('event_id', way.event_id);
  END IF;
  BEGIN
    INSERT INTO clientele_data.sources AS s (name, relation, owner, method, mapping, lateness, history)
    VALUES (name, relation, current_user, way.method, given, lateness, coalesce(history, true))
    RETURNING s.source_id INTO added;
  EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'source "%" exists already', name USING ERRCODE = 'duplicate_object',
      HINT = 'clientele.alter_source() changes it.';
  END;
  PERFORM clientele.source_expressions(added);
  PERFORM clientele.start_source(added);
  IF event_id IS NULL AND way.event_id LIKE 'jsonb_build_array(%' THEN
    RAISE NOTICE 'new rows of source "%" are found by method %, event_id %', name, way.method, way.event_id USING
      HINT = 'If a single column of whole numbers is unique, too, drop_source() and add_source(…, event_id => …) with it: a batch is faster.';
  ELSE
    RAISE NOTICE 'new rows of source "%" are found by method %', name,
      concat(way.method, ', event_id ' || way.event_id, ', cursor ' || cursor);
  END IF;
  RETURN QUERY SELECT r.* FROM clientele.sample_report(name) r;
END $$;
COMMENT ON FUNCTION add_source(text, regclass, jsonb, text, text, text, text, text, text, jsonb, jsonb, text, text, text, interval, boolean,
                               text, text, text, text, text, timestamptz, interval, interval, boolean) IS
  'Makes a table, view or foreign table a source of events, and shows what would become of its first rows.
identities is {kind: expression or [expressions]}, properties and attributes are {name: expression}; at, event, channel, item, amount,
currency, event_id and cursor are expressions. An expression is SQL over one row of the source, which is s: a column''s name is the
simplest. It has no sub-select, aggregate, window or set-returning function, and nothing volatile. Names without a schema are found in
pg_catalog and clientele only. Expressions run with your rights, also when another role calls ingest().
method is how new rows are found: key (their event_id was not read before), mark (a column that is added to the table) or cursor; by default
the key of a table, and a cursor for views and foreign tables. history => false leaves out the rows that are there.
time_zone, date_order, unit, decimal, country, oldest and future say how values are read; equal events of a customer within
duplicates_within are one; strict rejects events that set_event_name() does not list.
The result has a row for each outcome of at most 1,000 rows: read, packed, and the reasons why others would be rejected, with an example.
Errors: 42710 for a name that is in use; 42P01, 42809 and 0A000 for what cannot be a source; 42501 if you may not read it, or if it may run
code of a role that you do not trust; 42601 for bad syntax, 42703 for an unknown column, 42P17 for an expression that is not allowed, 42804
for one of a type that the argument does not take; 22023 for options, and if no method is possible; 22004 for NULL.';

CREATE FUNCTION alter_source(
    name text, source regclass DEFAULT NULL, identities jsonb DEFAULT NULL, at text DEFAULT NULL, event text DEFAULT NULL,
    channel text DEFAULT NULL, item text DEFAULT NULL, amount text DEFAULT NULL, currency text DEFAULT NULL,
    properties jsonb DEFAULT NULL, attributes jsonb DEFAULT NULL, event_id text DEFAULT NULL, cursor text DEFAULT NULL,
    method text DEFAULT NULL, lateness interval DEFAULT NULL, history boolean DEFAULT NULL,
    time_zone text DEFAULT NULL, date_order text DEFAULT NULL, unit text DEFAULT NULL, "decimal" text DEFAULT NULL,
    country text DEFAULT NULL, oldest timestamptz DEFAULT NULL, future interval DEFAULT NULL,
    duplicates_within interval DEFAULT NULL, strict boolean DEFAULT NULL, remove text[] DEFAULT '{}')
  RETURNS TABLE (outcome text, "rows" bigint, example text, meaning text)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp SET quote_all_identifiers = off
  SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' AS $$
#variable_conflict use_variable
DECLARE
  given CONSTANT jsonb := jsonb_strip_nulls(jsonb_build_object(
    'identities', identities, 'at', at, 'event', event, 'channel', channel, 'item', item, 'amount', amount, 'currency', currency,
    'properties', properties, 'attributes', attributes, 'event_id', event_id, 'cursor', cursor, 'time_zone', time_zone,
    'date_order', date_order, 'unit', unit, 'decimal', "decimal", 'country', country, 'oldest', oldest, 'future', future,
    'duplicates_within', duplicates_within, 'strict', strict));
  removable CONSTANT text[] := ARRAY['channel', 'item', 'amount', 'currency', 'properties', 'attributes', 'time_zone', 'date_order', 'unit',
                                     'decimal', 'country', 'oldest', 'future', 'duplicates_within', 'lateness'];
  changed CONSTANT bigint := clientele.require_source(name);
  former record;
  new_mapping jsonb;
  unknown text;
BEGIN
  PERFORM clientele.require_store('sources', 'UPDATE');
  SELECT s.* INTO former FROM clientele_data.sources s WHERE s.source_id = changed FOR UPDATE;
  unknown := (SELECT coalesce(r, 'NULL') FROM unnest(remove) r WHERE (r = ANY (removable)) IS NOT TRUE LIMIT 1);
  IF unknown IS NOT NULL THEN
    RAISE EXCEPTION 'remove cannot name "%"', left(unknown, 100) USING ERRCODE = 'invalid_parameter_value',
      HINT = format('It can name %s.', array_to_string(removable, ', '));
  ELSIF method <> former.method OR history <> former.history THEN
    RAISE EXCEPTION 'the % of a source cannot be changed', CASE WHEN method <> former.method THEN 'method' ELSE 'history' END USING
      ERRCODE = 'object_not_in_prerequisite_state',
      HINT = 'drop_source() and add_source() do it; with history => false rows that are there are not read again.';
  END IF;
  new_mapping := (former.mapping - remove) || clientele.checked_mapping(given);
  PERFORM clientele.source_method(coalesce(source, to_regclass(former.relation)), former.method, new_mapping ->> 'event_id',
                                  new_mapping ->> 'cursor', coalesce(lateness, former.lateness));
  UPDATE clientele_data.sources s
  SET relation = CASE WHEN source IS NULL THEN former.relation ELSE clientele.source_relation(source) END,
      mapping = new_mapping,
      mapping_number = former.mapping_number + 1,
      lateness = coalesce(alter_source.lateness, CASE WHEN NOT remove @> '{lateness}' THEN former.lateness END)
  WHERE s.source_id = changed;
  PERFORM clientele.source_expressions(changed);
  RETURN QUERY SELECT r.* FROM clientele.sample_report(name) r;
END $$;
COMMENT ON FUNCTION alter_source(text, regclass, jsonb, text, text, text, text, text, text, jsonb, jsonb, text, text, text, interval, boolean,
                                 text, text, text, text, text, timestamptz, interval, interval, boolean, text[]) IS
  'Changes a source for the rows that are read from now on, and shows what would become of its first rows.
Arguments that are not given, or NULL, stay as they are; those named in remove are taken away. What was packed stays, and mapping_number
grows. Neither method nor history can be changed (55000). Errors: 42704 for an unknown source, 42501 if you may not use it, and those of
add_source().';

CREATE FUNCTION pause_source(name text) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  changed CONSTANT bigint := clientele.require_source(name);
BEGIN
  PERFORM clientele.require_store('sources', 'UPDATE');
  UPDATE clientele_data.sources s SET paused = true WHERE s.source_id = changed AND NOT s.paused;
END $$;
COMMENT ON FUNCTION pause_source(text) IS
  'Lets ingest() pass a source over, until resume_source(). Nothing is lost: what arrives meanwhile is read then.
Errors: 42704 for an unknown source, 42501 if you may not use it.';

CREATE FUNCTION resume_source(name text) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  changed CONSTANT bigint := clientele.require_source(name);
BEGIN
  PERFORM clientele.require_store('sources', 'UPDATE');
  UPDATE clientele_data.sources s SET paused = false WHERE s.source_id = changed AND s.paused;
END $$;
COMMENT ON FUNCTION resume_source(text) IS
  'Lets ingest() read a source again that pause_source() paused.
Errors: 42704 for an unknown source, 42501 if you may not use it.';

CREATE FUNCTION drop_source(name text) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  dropped CONSTANT bigint := clientele.require_source(name);
BEGIN
  PERFORM clientele.require_store('sources', 'DELETE'), clientele.stop_source(dropped);
  DELETE FROM clientele_data.sources s WHERE s.source_id = dropped;
END $$;
COMMENT ON FUNCTION drop_source(text) IS
  'Removes a source. Its events, customers, runs and rejects stay, and so does the table that it read.
A source that is added again reads all rows of its table again. Errors: 42704 for an unknown source, 42501 if you may not use it.';
