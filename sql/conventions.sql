-- SPDX-License-Identifier: PostgreSQL
-- What every object of the extension must have, in a database of its own. A query that only finds
-- offenders finds none; a list that may grow only on purpose is printed.
\set VERBOSITY terse
\set tests :DBNAME
CREATE DATABASE clientele_conventions ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_conventions
CREATE EXTENSION clientele;

CREATE TEMP VIEW members AS
  SELECT classid, objid FROM pg_depend
  WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
    AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'clientele');
CREATE TEMP VIEW functions AS
  SELECT p.*, p.oid::regprocedure AS signature
  FROM pg_proc p JOIN members ON classid = 'pg_proc'::regclass AND objid = p.oid;
CREATE TEMP VIEW types AS
  SELECT t.* FROM pg_type t JOIN members ON classid = 'pg_type'::regclass AND objid = t.oid
  WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind <> 'c');   -- not the rows of tables

-- The counts show that there is something to look at.
SELECT count(*) > 50 AS many FROM functions;
SELECT count(*) > 3 AS some FROM types;

-- Everything lives in schema clientele.
SELECT signature FROM functions WHERE pronamespace <> 'clientele'::regnamespace;
SELECT typname FROM types WHERE typnamespace <> 'clientele'::regnamespace;

-- Every function and type has a comment that begins with a sentence.
SELECT signature, split_part(obj_description(oid, 'pg_proc'), E'\n', 1) AS comment FROM functions
WHERE obj_description(oid, 'pg_proc') IS NULL
   OR obj_description(oid, 'pg_proc') !~ '^[[:upper:]].*\.(\n|$)';
SELECT typname FROM types t
WHERE NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
  AND COALESCE(obj_description(oid, 'pg_type'), '') !~ '^[[:upper:]].*\.';

-- A function that is not PARALLEL SAFE, or is VOLATILE, is so on purpose.
SELECT proname, array_agg(DISTINCT proparallel) AS parallel, array_agg(DISTINCT provolatile) AS volatile
FROM functions WHERE prokind <> 'p' AND (proparallel <> 's' OR provolatile = 'v')
GROUP BY proname ORDER BY proname COLLATE "C";

-- The aggregates: a state that crosses nodes is not of type internal.
SELECT f.proname, pg_get_function_identity_arguments(f.oid) AS arguments, aggtranstype::regtype AS state,
       aggcombinefn <> 0 AS combines
FROM functions f JOIN pg_aggregate a ON a.aggfnoid = f.oid
ORDER BY f.proname COLLATE "C", pg_get_function_identity_arguments(f.oid) COLLATE "C";
SELECT signature FROM functions f JOIN pg_aggregate a ON a.aggfnoid = f.oid
WHERE (aggtranstype = 'internal'::regtype AND aggcombinefn <> 0 AND (aggserialfn = 0 OR aggdeserialfn = 0))
   OR (f.proparallel = 's' AND aggcombinefn = 0 AND aggtranstype <> 'internal'::regtype);

-- A definer's rights come with a search_path of their own.
SELECT signature FROM functions
WHERE prosecdef AND NOT EXISTS (SELECT FROM unnest(proconfig) c WHERE c LIKE 'search_path=%');

-- What is called once a journey costs 100 at most: above, the planner compiles what it should just run.
SELECT signature, procost FROM functions
WHERE procost > 100 AND 'clientele.journey'::regtype = ANY (proargtypes::oid[]);

-- f('x') is a cast if f is a type, whatever functions there are. Where the text is that of the first argument, both mean the same.
SELECT signature FROM functions f JOIN pg_type t ON t.typname = f.proname
WHERE f.pronargs - f.pronargdefaults <= 1 AND f.pronargs >= 1
  AND f.proargtypes[0] IN ('text'::regtype, 'varchar'::regtype, 'name'::regtype, 'cstring'::regtype)
  AND t.typnamespace IN ('clientele'::regnamespace, 'pg_catalog'::regnamespace)
  AND f.proname NOT IN ('pattern', 'retention_def', 'attribution_def', 'activity_def', 'counts_def', 'anomaly_def');
SELECT clientele.pattern('a ... "b"') OPERATOR(clientele.=) clientele.pattern('a ... "b"'::text, NULL) AS pattern,
       clientele.retention_def('a|"b"') OPERATOR(clientele.=) clientele.retention_def(start_at => 'a|"b"') AS retention,
       clientele.attribution_def('a|"b"') OPERATOR(clientele.=) clientele.attribution_def(conversion => 'a|"b"') AS attribution,
       clientele.activity_def('a|"b"') OPERATOR(clientele.=) clientele.activity_def(selector => 'a|"b"') AS activity,
       clientele.counts_def('a|"b"') OPERATOR(clientele.=) clientele.counts_def(selector => 'a|"b"') AS counts;

-- No two functions differ only in text/text[] or interval/interval[].
WITH spelled AS (
  SELECT f.proname, f.signature,
         (SELECT array_agg(CASE a.type WHEN 'text[]'::regtype THEN 'text'::regtype
                                       WHEN 'varchar'::regtype THEN 'text'::regtype
                                       WHEN 'interval[]'::regtype THEN 'interval'::regtype
                                       ELSE a.type::regtype END ORDER BY a.place)
          FROM unnest(f.proargtypes) WITH ORDINALITY AS a (type, place)) AS arguments
  FROM functions f)
SELECT a.signature, b.signature FROM spelled a
JOIN spelled b ON a.proname = b.proname AND a.arguments = b.arguments AND a.signature::oid < b.signature::oid;

-- Drivers bind strings as varchar: types with a literal of their own take text and varchar alike.
SELECT typname, array_agg(castsource::regtype ORDER BY castsource::regtype::text COLLATE "C") AS implicit_from
FROM types t LEFT JOIN pg_cast c
  ON c.casttarget = t.oid AND castcontext = 'i' AND castsource IN ('text'::regtype, 'varchar'::regtype)
WHERE typtype = 'b' AND typcategory <> 'A'
GROUP BY typname ORDER BY typname COLLATE "C";

-- The store belongs to its owner, so the extension cannot go while there is one.
CALL clientele.create_store();
SELECT count(*) AS members_outside FROM members JOIN pg_class c ON classid = 'pg_class'::regclass AND objid = c.oid
WHERE relnamespace <> 'clientele'::regnamespace;
DROP EXTENSION clientele;

-- The views for BI tools: a comment on every view and column, and types that every reader knows. Intervals
-- are none of these. Columns of JSON are listed.
SELECT c.relname FROM pg_class c
WHERE relnamespace = 'clientele_bi'::regnamespace AND relkind IN ('v', 'm', 'r')
  AND obj_description(c.oid, 'pg_class') IS NULL;
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE relnamespace = 'clientele_bi'::regnamespace AND relkind IN ('v', 'm', 'r') AND attnum > 0
  AND NOT attisdropped AND col_description(c.oid, attnum) IS NULL;
WITH columns AS (
  SELECT c.relname AS source, a.attname AS name, a.atttypid::regtype AS type FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
  WHERE relnamespace = 'clientele_bi'::regnamespace AND relkind IN ('v', 'm', 'r') AND attnum > 0 AND NOT attisdropped
  UNION ALL
  SELECT p.proname, r.name, r.type::regtype FROM pg_proc p,
         LATERAL (SELECT a.name, a.type FROM unnest(proallargtypes, proargmodes, proargnames) a (type, mode, name) WHERE a.mode IN ('o', 't')
                  UNION ALL SELECT 'result', prorettype WHERE proallargtypes IS NULL) r
  WHERE pronamespace = 'clientele_bi'::regnamespace)
SELECT source, name, type, (SELECT count(*) > 80 FROM columns) AS of_many FROM columns
WHERE type <> ALL ('{text,bigint,integer,boolean,date,timestamptz,double precision,numeric}'::regtype[])
ORDER BY source COLLATE "C", name COLLATE "C";

-- The functions that come with the store are held to the same.
SELECT p.oid::regprocedure FROM pg_proc p
WHERE pronamespace IN ('clientele_bi'::regnamespace, 'clientele_data'::regnamespace)
  AND (COALESCE(obj_description(oid, 'pg_proc'), '') !~ '^[[:upper:]].*\.(\n|$)'
       OR prosecdef AND NOT EXISTS (SELECT FROM unnest(proconfig) c WHERE c LIKE 'search_path=%'));

-- Afterwards nothing is left.
CALL clientele.drop_store();
DROP EXTENSION clientele;
DISCARD TEMP;
SELECT 'function' AS kind, oid::regprocedure::text AS what FROM pg_proc WHERE oid >= 16384
UNION ALL SELECT 'type', typname FROM pg_type WHERE oid >= 16384
UNION ALL SELECT 'relation', relname FROM pg_class WHERE oid >= 16384
UNION ALL SELECT 'schema', nspname FROM pg_namespace WHERE oid >= 16384 AND nspname !~ '^pg_(toast_)?temp_'
UNION ALL SELECT 'cast', castsource::regtype || ' as ' || casttarget::regtype FROM pg_cast WHERE oid >= 16384
UNION ALL SELECT 'operator', oprname FROM pg_operator WHERE oid >= 16384
UNION ALL SELECT 'operator class', opcname FROM pg_opclass WHERE oid >= 16384
UNION ALL SELECT 'operator family', opfname FROM pg_opfamily WHERE oid >= 16384
UNION ALL SELECT 'event trigger', evtname FROM pg_event_trigger WHERE oid >= 16384;

\c :tests
DROP DATABASE clientele_conventions;
