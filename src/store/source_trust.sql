-- SPDX-License-Identifier: PostgreSQL
-- Reading a table or view runs code: that of a view, of policies, of casts of its columns' types. So a relation is read only if the
-- caller trusts its owner, or if nothing of its owner's can run.

CREATE FUNCTION lock_source(source regclass) RETURNS boolean
  LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'clientele_lock_source';
COMMENT ON FUNCTION lock_source(regclass) IS
  'Locks a relation that you may read against changes of its definition, and returns whether you trust its owner; a part of load_events().
Errors: 42501 without the right to read it, 42P01 if it is gone.';

CREATE FUNCTION source_obstacle(source regclass, trusted boolean) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  obstacle text;
BEGIN
  -- Casts belong to the owners of types, not to the owner of the table.
  WITH RECURSIVE types (id) AS (
    SELECT a.atttypid FROM pg_attribute a WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped
    UNION
    SELECT x.id FROM types y JOIN pg_type t ON t.oid = y.id CROSS JOIN LATERAL (
      SELECT t.typelem UNION ALL SELECT t.typbasetype
      UNION ALL SELECT r.rngsubtype FROM pg_range r WHERE t.oid IN (r.rngtypid, r.rngmultitypid)
      UNION ALL SELECT a.atttypid FROM pg_attribute a
        WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) x (id)
    WHERE x.id <> 0
  )
  SELECT format('Type %s of a column belongs to role %I.', format_type(t.oid, NULL), pg_get_userbyid(t.typowner)) INTO obstacle
  FROM types y JOIN pg_type t ON t.oid = y.id WHERE NOT clientele.trusts(t.typowner) LIMIT 1;
  IF obstacle IS NOT NULL OR trusted THEN
    RETURN obstacle;
  END IF;

  -- A table runs expressions of its owner: policies, columns that are computed when they are read, and what the planner
  -- computes of indexes, constraints, statistics and partition keys. What comes with PostgreSQL is not in pg_depend.
  WITH RECURSIVE tree (id) AS (
    SELECT source::oid
    UNION
    SELECT i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.id
  )
  SELECT CASE
      WHEN c.relkind NOT IN ('r', 'p') THEN format('%s is neither a table nor a partitioned table.', c.oid::regclass)
      WHEN row_security_active(c.oid) THEN format('Policies of row level security of %s apply.', c.oid::regclass)
      ELSE format('A column of %s is computed when it is read.', c.oid::regclass) END
  INTO obstacle FROM tree t JOIN pg_class c ON c.oid = t.id
  WHERE c.relkind NOT IN ('r', 'p') OR row_security_active(c.oid)
     OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attgenerated = 'v')
  LIMIT 1;
  IF obstacle IS NOT NULL THEN
    RETURN obstacle;
  END IF;
  WITH RECURSIVE tree (id) AS (
    SELECT source::oid
    UNION
    SELECT i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.id
  ), parts (class, id) AS (
    SELECT 'pg_class'::regclass, t.id FROM tree t
    UNION ALL
    SELECT 'pg_class'::regclass, i.indexrelid FROM tree t JOIN pg_index i ON i.indrelid = t.id
    UNION ALL
    SELECT 'pg_constraint'::regclass, c.oid FROM tree t JOIN pg_constraint c ON c.conrelid = t.id
    UNION ALL
    SELECT 'pg_statistic_ext'::regclass, s.oid FROM tree t JOIN pg_statistic_ext s ON s.stxrelid = t.id
  )
  SELECT format('The %s uses the %s of role %I.', pg_describe_object(p.class, p.id, 0),
                pg_describe_object(d.refclassid, d.refobjid, 0), pg_get_userbyid(o.refobjid))
  INTO obstacle
  FROM parts p
  JOIN pg_depend d ON d.classid = p.class AND d.objid = p.id
  JOIN pg_shdepend o ON o.dbid = (SELECT b.oid FROM pg_database b WHERE b.datname = current_database())
   AND o.classid = d.refclassid AND o.objid = d.refobjid AND o.deptype = 'o'
  WHERE d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_opclass'::regclass, 'pg_opfamily'::regclass,
                         'pg_type'::regclass)
    AND NOT clientele.trusts(o.refobjid)
  LIMIT 1;
  RETURN obstacle;
END $$;
COMMENT ON FUNCTION source_obstacle(regclass, boolean) IS
  'Returns what of a relation would run code of a role that you do not trust, in a sentence, or NULL; a part of load_events().
trusted: whether you trust its owner.';

CREATE FUNCTION temporary_name(stem text) RETURNS text
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  n integer := 1;
BEGIN
  WHILE EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = pg_my_temp_schema() AND c.relname = concat(stem, '_', n))
     OR EXISTS (SELECT FROM pg_type t WHERE t.typnamespace = pg_my_temp_schema() AND t.typname = concat(stem, '_', n)) LOOP
    n := n + 1;
  END LOOP;
  RETURN format('pg_temp.%I', concat(stem, '_', n));
END $$;
COMMENT ON FUNCTION temporary_name(text) IS
  'Finds a name for a temporary relation that your session has not used: pg_temp.stem_1, pg_temp.stem_2 and so on.';

CREATE FUNCTION open_source(source regclass, argument text, OUT relation text, OUT opened boolean)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  trusted CONSTANT boolean := clientele.lock_source(source);
  obstacle CONSTANT text := clientele.source_obstacle(source, trusted);
  owner text;
  stable_name boolean;
BEGIN
  SELECT pg_get_userbyid(c.relowner), format('%I.%I', n.nspname, c.relname), clientele.trusts(n.nspowner)
  INTO owner, relation, stable_name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = source;
  IF obstacle IS NOT NULL THEN
    RAISE EXCEPTION '% % may run code of a role that role % does not trust', argument, source, quote_ident(current_user) USING
      ERRCODE = 'insufficient_privilege',
      DETAIL = obstacle,
      HINT = CASE WHEN trusted THEN 'Load from a view that casts the column to text, made by a role that may run this code.'
        ELSE format('SET ROLE %I to work with the rights of its owner, or name that role in clientele.trusted_owners. %s', owner,
                    'Of others only tables are read, whose columns are of built-in types and on which nothing of theirs is computed.') END;
  END IF;
  -- The owner of the schema may rename it and put another under its name: a view keeps the relation that was checked.
  opened := NOT stable_name;
  IF opened THEN
    DECLARE
      name CONSTANT text := clientele.temporary_name('clientele_source');
    BEGIN
      EXECUTE format('CREATE TEMP VIEW %s AS SELECT * FROM %s', name, relation);
      IF NOT EXISTS (
        SELECT FROM pg_rewrite w JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
        WHERE w.ev_class = name::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = source) THEN
        RAISE EXCEPTION '% was replaced while it was opened', relation USING ERRCODE = 'serialization_failure';
      END IF;
      relation := name;
    END;
  END IF;
END $$;
COMMENT ON FUNCTION open_source(regclass, text) IS
  'Locks a relation, checks that reading it runs no code of a role that you do not trust, and returns the name to read it by.
Where opened is true it is that of a temporary view, to be dropped after use. A part of load_events() and merge_journeys().
Errors: 42501 for a relation that may run such code, 40001 if it is replaced meanwhile.';
