-- SPDX-License-Identifier: PostgreSQL
-- What the extension and its store are in this database, one line for each property, without any number of an object:
-- two databases with the same lines have the same functions, types, operators, tables, views, grants and comments.
\pset format unaligned
\pset tuples_only on
SET search_path = pg_catalog;

CREATE TEMP TABLE described (what text, property text, value text);

-- The objects of the extension, and those in the schemas of the store.
CREATE TEMP VIEW objects AS
  SELECT classid, objid, pg_describe_object(classid, objid, 0) AS what FROM pg_depend
  WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
    AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'clientele')
  UNION
  SELECT 'pg_class'::regclass, oid, pg_describe_object('pg_class'::regclass, oid, 0) FROM pg_class
  WHERE relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('clientele_data', 'clientele_bi'))
  UNION
  SELECT 'pg_proc'::regclass, oid, pg_describe_object('pg_proc'::regclass, oid, 0) FROM pg_proc
  WHERE pronamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('clientele_data', 'clientele_bi'))
  UNION
  SELECT 'pg_namespace'::regclass, oid, pg_describe_object('pg_namespace'::regclass, oid, 0) FROM pg_namespace
  WHERE nspname IN ('clientele_data', 'clientele_bi');

INSERT INTO described SELECT what, 'is there', '' FROM objects;
INSERT INTO described SELECT what, 'comment', obj_description(objid, classid::regclass::text::name) FROM objects;
INSERT INTO described SELECT what, 'definition', pg_get_functiondef(objid)
  FROM objects JOIN pg_proc p ON classid = 'pg_proc'::regclass AND p.oid = objid WHERE prokind <> 'a';
INSERT INTO described SELECT what, 'language', concat_ws(' ', l.lanname, prosrc, probin)
  FROM objects JOIN pg_proc p ON classid = 'pg_proc'::regclass AND p.oid = objid JOIN pg_language l ON l.oid = prolang
  WHERE prosqlbody IS NULL;
INSERT INTO described SELECT what, key, value
  FROM objects JOIN pg_proc p ON classid = 'pg_proc'::regclass AND p.oid = objid,
    jsonb_each_text(to_jsonb(p) - '{oid,pronamespace,proowner,prosrc,probin,prosqlbody,proargtypes,proallargtypes,prorettype,prosupport,proargdefaults,proacl}'::text[]);
INSERT INTO described SELECT what, 'signature', concat_ws(' -> ', pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), prosupport::regproc)
  FROM objects JOIN pg_proc p ON classid = 'pg_proc'::regclass AND p.oid = objid;
INSERT INTO described SELECT what, 'aggregate', (to_jsonb(a) - '{aggfnoid,aggtranstype,aggmtranstype,aggsortop}'::text[])::text
    || format(' %s %s %s', aggtranstype::regtype, aggmtranstype::regtype, aggsortop::regoperator)
  FROM objects JOIN pg_aggregate a ON classid = 'pg_proc'::regclass AND a.aggfnoid = objid;
INSERT INTO described SELECT what, 'type', (to_jsonb(t) - '{oid,typnamespace,typowner,typrelid,typarray,typelem,typbasetype,typacl}'::text[])::text
    || format(' %s %s', typelem::regtype, typarray::regtype)
  FROM objects JOIN pg_type t ON classid = 'pg_type'::regclass AND t.oid = objid;
INSERT INTO described SELECT what, 'attribute ' || attnum, concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated,
    attstorage, col_description(c.oid, attnum), pg_get_expr(d.adbin, d.adrelid), attacl)
  FROM objects JOIN pg_class c ON classid = 'pg_class'::regclass AND c.oid = objid
    OR classid = 'pg_type'::regclass AND c.oid = (SELECT typrelid FROM pg_type WHERE pg_type.oid = objid)
  JOIN pg_attribute a ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND relkind <> 'i'
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = attnum;
INSERT INTO described SELECT what, 'relation', concat_ws(' ', relkind, relpersistence, reloptions, relacl, relrowsecurity, relowner::regrole)
  FROM objects JOIN pg_class c ON classid = 'pg_class'::regclass AND c.oid = objid;
INSERT INTO described SELECT what, 'view', pg_get_viewdef(objid) FROM objects JOIN pg_class c ON classid = 'pg_class'::regclass AND c.oid = objid WHERE relkind = 'v';
INSERT INTO described SELECT what, 'index', pg_get_indexdef(objid) FROM objects JOIN pg_class c ON classid = 'pg_class'::regclass AND c.oid = objid WHERE relkind = 'i';
INSERT INTO described SELECT what, 'constraint ' || conname, pg_get_constraintdef(k.oid) FROM objects JOIN pg_constraint k ON classid = 'pg_class'::regclass AND conrelid = objid;
INSERT INTO described SELECT what, 'trigger ' || tgname, pg_get_triggerdef(t.oid) FROM objects JOIN pg_trigger t ON classid = 'pg_class'::regclass AND tgrelid = objid WHERE NOT tgisinternal;
INSERT INTO described SELECT what, 'kept by dumps', (SELECT condition FROM pg_extension e, unnest(extconfig, extcondition) c (id, condition) WHERE id = objid)
  FROM objects WHERE classid = 'pg_class'::regclass;
INSERT INTO described SELECT what, 'function rights', proacl::text FROM objects JOIN pg_proc p ON classid = 'pg_proc'::regclass AND p.oid = objid;
INSERT INTO described SELECT what, 'schema rights', nspacl::text FROM objects JOIN pg_namespace n ON classid = 'pg_namespace'::regclass AND n.oid = objid;
INSERT INTO described SELECT what, 'operator', concat_ws(' ', oprcanmerge, oprcanhash, oprcom::regoperator, oprnegate::regoperator, oprcode, oprrest, oprjoin, oprresult::regtype)
  FROM objects JOIN pg_operator o ON classid = 'pg_operator'::regclass AND o.oid = objid;
INSERT INTO described SELECT what, 'cast', concat_ws(' ', castfunc::regprocedure, castcontext, castmethod)
  FROM objects JOIN pg_cast c ON classid = 'pg_cast'::regclass AND c.oid = objid;
INSERT INTO described SELECT what, 'operator class', concat_ws(' ', opcdefault, opckeytype::regtype)
  FROM objects JOIN pg_opclass c ON classid = 'pg_opclass'::regclass AND c.oid = objid;
INSERT INTO described SELECT what, 'member', pg_describe_object('pg_amop'::regclass, m.oid, 0)
  FROM objects JOIN pg_amop m ON classid = 'pg_opfamily'::regclass AND m.amopfamily = objid;
INSERT INTO described SELECT what, 'support', pg_describe_object('pg_amproc'::regclass, m.oid, 0)
  FROM objects JOIN pg_amproc m ON classid = 'pg_opfamily'::regclass AND m.amprocfamily = objid;
INSERT INTO described SELECT what, 'depends on', pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid) || ' ' || d.deptype::text
  FROM objects o JOIN pg_depend d ON d.classid = o.classid AND d.objid = o.objid
  WHERE pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid) IS NOT NULL;

SELECT concat_ws(' | ', what, property, replace(value, E'\n', '\n')) FROM described ORDER BY what COLLATE "C", property COLLATE "C", value COLLATE "C";
