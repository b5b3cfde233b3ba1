-- SPDX-License-Identifier: PostgreSQL
-- What the functions of the extension look up by name, and where: nothing of what others may make.
-- Queries that look for offenders find none; a list that may grow only on purpose is printed.
\set VERBOSITY terse
\set tests :DBNAME
CREATE DATABASE clientele_lookups ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_lookups
SET client_min_messages = warning;
CREATE EXTENSION clientele;
CALL clientele.create_store();

CREATE TEMP VIEW ours AS
  SELECT p.*, p.oid::regprocedure AS signature, l.lanname FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
  WHERE p.pronamespace IN ('clientele'::regnamespace, 'clientele_bi'::regnamespace, 'clientele_data'::regnamespace);
CREATE TEMP VIEW bodies AS   -- text that is parsed when it is called
  SELECT * FROM ours WHERE lanname NOT IN ('c', 'internal') AND prosqlbody IS NULL;
SELECT count(*) > 40 AS many FROM bodies;

-- A path of its own begins with pg_catalog, ends with pg_temp, and has nothing else that others may write to.
SELECT signature, c AS setting FROM ours, unnest(proconfig) c
WHERE c ~ '^search_path=' AND replace(replace(c, '"', ''), ' ', '') !~ '^search_path=pg_catalog,((clientele|clientele_data),)*pg_temp$';
-- Without one, every name has its schema: tests/search_path.py reads these.
SELECT signature FROM bodies WHERE NOT coalesce(proconfig::text ~ 'search_path', false) ORDER BY signature::text COLLATE "C";
-- No path that a function sets for a rule or a query has schemas in which any role may create.
SELECT signature FROM bodies WHERE prosrc ~* '''[^'']*pg_catalog,[^'']*\mpublic\M';
-- Definers' rights are rare.
SELECT signature, proconfig FROM ours WHERE prosecdef ORDER BY 1;

-- standard_conforming_strings may be off: a backslash stands in a string with E only, where it is one in any case.
WITH tokens AS (
  SELECT signature, t[1] AS token
  FROM bodies, regexp_matches(prosrc, $r$(--[^\n]*|/\*([^*]|\*[^/])*\*/|\m[eE]'([^'\\]|\\.|'')*'|"[^"]*"|'([^']|'')*')$r$, 'g') t)
SELECT signature, token FROM tokens WHERE token ~ '^''' AND token ~ '\\';
SELECT conrelid::regclass, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'clientele_data'::regnamespace AND pg_get_constraintdef(oid) ~ '\^s\*';

-- A function that reads the store first checks whether its owner is trusted: the call stands before the first name of a
-- table. A function that makes the store, or only writes SQL text, need not.
WITH texts AS (SELECT signature, proname, regexp_replace(prosrc, E'--[^\n]*', '', 'g') AS body FROM bodies)
SELECT signature FROM texts
WHERE strpos(body, 'clientele_data.') > 0 AND strpos(body, 'require_store') NOT BETWEEN 1 AND strpos(body, 'clientele_data.')
  AND proname !~ '^create_.*(store|tables|views|functions)$' AND proname NOT IN ('starter_tags', 'tag_rule_source', 'merge_statement', 'question_sql', 'customer_column_sql', 'cells_source', 'report')
ORDER BY signature::text COLLATE "C";

-- Operators and casts are on types of ours, and so are operator classes, except one that is not a default: they cannot change what
-- others' statements mean.
CREATE TEMP VIEW our_types AS
  SELECT oid FROM pg_type WHERE typnamespace = 'clientele'::regnamespace;
SELECT count(*) > 20 AS many FROM pg_operator WHERE oprnamespace = 'clientele'::regnamespace;
SELECT oid::regoperator FROM pg_operator
WHERE oprnamespace = 'clientele'::regnamespace AND oprleft NOT IN (TABLE our_types) AND oprright NOT IN (TABLE our_types);
SELECT castsource::regtype, casttarget::regtype FROM pg_cast c JOIN pg_proc p ON p.oid = c.castfunc
WHERE p.pronamespace = 'clientele'::regnamespace AND castsource NOT IN (TABLE our_types) AND casttarget NOT IN (TABLE our_types);
SELECT opcname, opcintype::regtype, opcdefault FROM pg_opclass WHERE opcnamespace = 'clientele'::regnamespace AND opcintype NOT IN (TABLE our_types);

-- Only a type's own functions take what no SQL can give: a C string, or an internal value; these besides.
SELECT signature FROM ours
WHERE prorettype IN ('internal'::regtype, 'cstring'::regtype) AND 'internal'::regtype <> ALL (proargtypes::oid[])
  AND NOT EXISTS (SELECT FROM pg_type t WHERE t.typoutput = ours.oid OR t.typmodout = ours.oid);
SELECT signature FROM ours
WHERE 'internal'::regtype = ANY (proargtypes::oid[])
  AND NOT EXISTS (SELECT FROM pg_aggregate a WHERE ours.oid IN (a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn,
                                                                a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn))
  AND NOT EXISTS (SELECT FROM pg_type t WHERE t.typreceive = ours.oid)
ORDER BY signature::text COLLATE "C";

-- No role except the owner may change what the extension has.
SELECT oid::regnamespace, privilege_type FROM pg_namespace, aclexplode(nspacl) a
WHERE oid = 'clientele'::regnamespace AND grantee = 0;
SELECT signature FROM ours, aclexplode(proacl) a WHERE a.grantee <> 0 AND a.grantee <> proowner;

\c :tests
DROP DATABASE clientele_lookups;
