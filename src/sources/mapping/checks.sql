-- SPDX-License-Identifier: PostgreSQL
-- What a source may be: its relation, its options, its expressions and their types.

CREATE FUNCTION check_source_name(name text) RETURNS void
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF name = '' THEN
    RAISE EXCEPTION 'the name of a source must not be empty' USING ERRCODE = 'invalid_parameter_value';
  ELSIF octet_length(name) > 500 THEN
    RAISE EXCEPTION 'the name of a source must not be longer than 500 bytes: it has %', octet_length(name) USING
      ERRCODE = 'program_limit_exceeded';
  END IF;
END $$;
COMMENT ON FUNCTION check_source_name(text) IS
  'Checks the name of a new source; a part of add_source(). Errors: 22023 if it is empty, 54000 above 500 bytes.';

CREATE FUNCTION source_relation(source regclass) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  relation record;
BEGIN
  SELECT c.relname, c.relkind, c.relpersistence, format('%I.%I', n.nspname, c.relname) AS name INTO relation
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = source;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'relation with OID % does not exist', source::oid USING ERRCODE = 'undefined_table';
  ELSIF relation.relkind NOT IN ('r', 'p', 'v', 'm', 'f') THEN
    RAISE EXCEPTION '% cannot be a source', relation.name USING ERRCODE = 'wrong_object_type',
      HINT = 'A source is a table, a partitioned table, a view, a materialized view or a foreign table.';
  ELSIF relation.relpersistence = 't' THEN
    RAISE EXCEPTION '% is temporary and cannot be a source', relation.relname USING ERRCODE = 'feature_not_supported',
      HINT = 'It belongs to one session, and a source is read by others.';
  END IF;
  RETURN relation.name;
END $$;
COMMENT ON FUNCTION source_relation(regclass) IS
  'Returns the name, with its schema, by which a relation is looked up for each batch; a part of add_source().
Errors: 42809 for what is neither a table nor a view, 0A000 for a temporary one, 42P01 if it does not exist.';

CREATE FUNCTION require_readable_source(source regclass) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  trusted CONSTANT boolean := clientele.lock_source(source);
  -- Types that come with PostgreSQL are made of such types only, and belong to a superuser.
  obstacle CONSTANT text := CASE WHEN NOT trusted OR EXISTS (
      SELECT FROM pg_attribute a WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid >= 16384)
    THEN clientele.source_obstacle(source, trusted) END;
BEGIN
  PERFORM clientele.source_relation(source);
  IF obstacle IS NOT NULL THEN
    RAISE EXCEPTION '% may run code of a role that role % does not trust', source, quote_ident(current_user) USING
      ERRCODE = 'insufficient_privilege', DETAIL = obstacle,
      HINT = CASE WHEN trusted THEN 'Make a view that casts the column to text, by a role that may run this code, a source.'
        ELSE format('Add the source as role %I, or name that role in clientele.trusted_owners. %s',
                    (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = source),
                    'Of others only tables are read, whose columns are of built-in types and on which nothing of theirs is computed.') END;
  END IF;
END $$;
COMMENT ON FUNCTION require_readable_source(regclass) IS
  'Locks a relation until the transaction ends, and checks that you may read it and that reading runs no code of a role that you do not
trust; a part of add_source() and of each batch. Errors: 42501 if not, 42809 and 0A000 for what cannot be a source.';

CREATE FUNCTION expression_types(source regclass, owner oid, time_zone text, date_order text, labels text[], expressions text[])
  RETURNS regtype[]
  LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'clientele_expression_types';
COMMENT ON FUNCTION expression_types(regclass, oid, text, text, text[], text[]) IS
  'Compiles expressions over one row of a relation, which is s, with the rights and settings of a source, and returns their types.
A domain counts as what it is a domain over.
labels are what errors call them. The relation stays locked until the transaction ends. Errors: 42P17 for a sub-select, an aggregate, a
window or set-returning function, a volatile function and a system column; 42601 for what is not one expression; 42501 without the right
to read the whole relation, or to act as the owner; and those of the expression, such as 42703 for an unknown column.';

CREATE FUNCTION argument_takes(argument text, type regtype) RETURNS boolean
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  form "char";
  category "char";
BEGIN
  SELECT t.typtype, t.typcategory INTO form, category FROM pg_type t WHERE t.oid = type;
  RETURN CASE
    WHEN form IS NULL THEN NULL
    WHEN form NOT IN ('b', 'e') OR category = 'A' OR type = ANY ('{money,oid,xid,xid8,cid,tid}'::regtype[]) OR type::text ~ '^reg' THEN false
    WHEN argument = 'cursor' THEN type = ANY ('{smallint,integer,bigint,date,timestamp,timestamptz}'::regtype[])
    WHEN category = 'S' THEN true
    WHEN argument = 'currency' THEN form = 'e'
    WHEN clientele.is_number_type(type) THEN true
    WHEN argument = 'amount' THEN false
    WHEN type = ANY ('{date,timestamp,timestamptz}'::regtype[]) THEN argument IN ('at', 'event_id', 'properties', 'attributes')
    WHEN argument = 'at' THEN false
    WHEN form = 'e' THEN true
    WHEN type = 'boolean'::regtype THEN argument IN ('properties', 'attributes')
    WHEN type = ANY ('{json,jsonb}'::regtype[]) THEN argument = 'properties'
    ELSE type = ANY ('{uuid,inet,macaddr}'::regtype[]) END;
END $$;
COMMENT ON FUNCTION argument_takes(text, regtype) IS
  'Whether an argument of add_source() takes expressions of this type; a part of source_expressions().';

CREATE FUNCTION argument_types(argument text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE argument
      WHEN 'at' THEN 'times, dates, text and numbers'
      WHEN 'amount' THEN 'numbers and text'
      WHEN 'currency' THEN 'text and enums'
      WHEN 'cursor' THEN 'smallint, integer, bigint, date, timestamp and timestamptz'
      WHEN 'event_id' THEN 'text, numbers, uuid, enums, times and dates, inet and macaddr'
      WHEN 'properties' THEN 'text, numbers, booleans, enums, uuid, times and dates, json, jsonb, inet and macaddr'
      WHEN 'attributes' THEN 'text, numbers, booleans, enums, uuid, times and dates, inet and macaddr'
      ELSE 'text, numbers, uuid, enums, inet and macaddr' END
$$;
COMMENT ON FUNCTION argument_types(text) IS
  'Says which types of expressions an argument of add_source() takes; a part of source_expressions().';

CREATE FUNCTION source_expressions(source_id bigint)
  RETURNS TABLE (place integer, argument text, name text, expression text, type regtype)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 12 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  source record;
  relation regclass;
  arguments text[];
  names text[];
  labels text[];
  expressions text[];
  types regtype[];
BEGIN
  PERFORM clientele.require_store('sources');
  SELECT s.name, s.relation, s.owner, clientele.source_owner(s.owner, s.owner_oid, s.owner_cluster) AS role_id, s.mapping INTO source
  FROM clientele_data.sources s WHERE s.source_id = source_expressions.source_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'source % does not exist', source_id USING ERRCODE = 'undefined_object';
  ELSIF source.role_id IS NULL THEN
    RAISE EXCEPTION 'role "%", which owns source "%", does not exist', source.owner, source.name USING ERRCODE = 'undefined_object',
      HINT = 'A superuser can make another role its owner: UPDATE clientele_data.sources SET owner = ….';
  END IF;
  relation := to_regclass(source.relation);
  IF relation IS NULL THEN
    RAISE EXCEPTION 'relation % of source "%" does not exist', source.relation, source.name USING ERRCODE = 'undefined_table',
      HINT = 'It is looked up by its name for each batch. alter_source(name, source => …) says its new name.';
  END IF;
  SELECT array_agg(m.argument ORDER BY m.place), array_agg(m.name ORDER BY m.place),
         array_agg(concat_ws('.', m.argument, m.name) ORDER BY m.place), array_agg(m.expression ORDER BY m.place)
  INTO arguments, names, labels, expressions FROM clientele.mapping_expressions(source.mapping) m;
  IF cardinality(labels) > 500 THEN
    RAISE EXCEPTION 'a source may have 500 expressions, not %', cardinality(labels) USING ERRCODE = 'program_limit_exceeded';
  END IF;
  types := clientele.expression_types(relation, source.role_id, coalesce(source.mapping ->> 'time_zone', clientele.store_time_zone()),
                                      source.mapping ->> 'date_order', labels, expressions);
  FOR n IN 1 .. cardinality(types) LOOP
    place := n;
    argument := arguments[place];
    name := names[place];
    expression := expressions[place];
    type := types[place];
    IF NOT clientele.argument_takes(argument, type) THEN
      RAISE EXCEPTION 'argument %: an expression of type % is not allowed', labels[place], type USING
        ERRCODE = 'datatype_mismatch',
        DETAIL = format('It is %s.', left(expression, 1000)),
        HINT = format('It takes %s.%s', clientele.argument_types(argument), CASE
          WHEN type = 'money'::regtype THEN ' What money says depends on lc_monetary: cast it to numeric.'
          WHEN argument = 'cursor' THEN ' Cast it, as in (id)::bigint.'
          ELSE ' Cast others to text.' END);
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;
COMMENT ON FUNCTION source_expressions(bigint) IS
  'Compiles the expressions of a source for its relation as it is today, and lists them with their types; a part of each batch.
They come in the order of mapping_expressions(). A domain counts as what it is a domain over. The relation stays locked until the
transaction ends. Errors: 42P01 if the relation is gone, 42804 for a type that the argument does not take, 42704 if the owner or the
source does not exist, and those of expression_types().';

CREATE FUNCTION check_sources()
  RETURNS TABLE (name text, relation text, code text, problem text, hint text)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  source record;
BEGIN
  PERFORM clientele.require_store('sources');
  FOR source IN
    SELECT s.* FROM clientele_data.sources s
    WHERE clientele.may_act_as(coalesce(clientele.source_owner(s.owner, s.owner_oid, s.owner_cluster), 0)) ORDER BY s.name
  LOOP
    name := source.name;
    relation := source.relation;
    BEGIN
      PERFORM clientele.source_expressions(source.source_id);
      CONTINUE;
    EXCEPTION WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, problem = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
      hint := nullif(hint, '');
    END;
    RETURN NEXT;
  END LOOP;
END $$;
COMMENT ON FUNCTION check_sources() IS
  'Lists the sources that cannot be read as they are, with the reason: a relation that is gone, a column of another type, a right revoked.
A source without a row is in order. Only sources that you may use are checked. Each is compiled, but no row is read.';
