#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Random texts as expressions of sources: what is accepted is one value of one row, and changes and discloses nothing.

usage: source_expressions.py [SEED [COUNT]]      (default: a fresh seed, 6000 texts; CLIENTELE_EXPRESSIONS=100000 for many)

Texts are made of pieces of SQL that open, close and continue statements, of expressions that read a secret, and of valid ones.
Each accepted text stands in a list of values as ingestion writes it: all columns and rows must be there, its value must be the
same without brackets and beside other values, the secret must not be in it, and the canary sequence must not have moved.
"""
import os
import random
import sys

from checks import Checks

PIECES = ["a", "s.b", "s", "n", "1", "'x'", "NULL", "$$y$$", "(", ")", "(", ")", ",", ";", "--", "/*", "*/", "\n", "'", '"', "$$", "AS", "x", "FROM secrets", "FROM t s", "WHERE true",
          "UNION SELECT", "UNION ALL", "SELECT", "secret", "(SELECT secret FROM secrets)", "EXISTS (SELECT 1)", "ARRAY(SELECT secret FROM secrets)", "secrets.secret", "LIMIT 1", "ORDER BY 1",
          "GROUP BY a", "HAVING true", "OVER ()", "INTO z", "FOR UPDATE", "DISTINCT", "ALL", "*", "s.*", "(s).*", "count(*)", "max(a)", "string_agg(a, '')", "row_number()", "lag(a)",
          "generate_series(1, 3)", "unnest(ARRAY[a, b])", "nextval('canary')", "nextval('public.canary')", "random()", "setval('public.canary', 9)", "currval('public.canary')",
          "public.disturb(a)", "public.disturb()", "public.quiet(a)", "ctid", "xmin", "tableoid", "$1", ":a", "||", "+", "-", "=", "IS NULL", "IN", "('x', 'y')", "BETWEEN", "AND", "OR", "NOT",
          "CASE", "WHEN", "n > 1", "THEN", "ELSE", "END", "CAST", "::text", "::integer", "COLLATE", '"C"', "lower", "coalesce", "[1]", "ARRAY[a]", "ROW(a, b)", ".a", "j", "->", "->>", "'k'",
          "WITH q AS (SELECT 1)", "VALUES (1)", "TABLE secrets", "DEFAULT", "CURRENT OF c", "E'\\''", "U&'\\0041'", "\\", "INTERVAL", "'1 day'", "now()", "AT TIME ZONE 'UTC'", "XMLELEMENT(NAME a)",
          "JSON_OBJECT", "GROUPING(a)", "pg_sleep(9)", "lo_create(0)", "set_config('a.b', 'c', false)", "pg_read_file('x')", "current_user", "session_user"]
SIMPLE = ["a", "s.b", "n", "1", "'x'", "NULL", "a || b", "n + 1", "j ->> 'k'", "coalesce(a, 'z')", "CASE WHEN n > 1 THEN a END", "(s).a", "lower(a)", "public.quiet(a)", "ARRAY[a, b]", "n::text", "s"]
WRAPS = ["%s", "(%s)", "lower(%s)", "coalesce(%s, a)", "(%s)::text", "%s || b", "%s -- x", "/* %s */ a", "%s;", "%s::text", "CASE WHEN %s IS NULL THEN a ELSE b END", "%s) FROM secrets --", "%s), (%s",
         "%s) || (%s", "%s, %s", "%s UNION SELECT %s", "(SELECT %s)", "max(%s)", "%s OVER ()", "%s AS x", "%s; SELECT %s", "NOT %s", "- %s", "%s COLLATE \"C\"", "%s IN (%s)", "%s = %s"]


def text(rng):
    if rng.random() < 0.5:
        return " ".join(rng.choice(PIECES) for _ in range(rng.randrange(1, 9)))
    made = rng.choice(SIMPLE if rng.random() < 0.8 else PIECES)
    for _ in range(rng.randrange(1, 5)):
        wrap = rng.choice(WRAPS)
        made = wrap.replace("%s", made, 1).replace("%s", rng.choice(SIMPLE))
    return made


SETUP = r"""
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS expressions CASCADE;
CREATE SCHEMA expressions;
CREATE TABLE public.t (a text, b text, n integer, j jsonb);
INSERT INTO public.t VALUES ('ann', 'x', 1, '{"k": "v"}'), ('bob', NULL, 2, '{}'), (NULL, 'z', 3, NULL);
CREATE TABLE public.secrets (secret text);
INSERT INTO public.secrets VALUES ('the secret');
CREATE SEQUENCE public.canary;
CREATE FUNCTION public.disturb(x text DEFAULT nextval('public.canary')::text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN x; END $$;
CREATE FUNCTION public.quiet(x text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT x $$;
CREATE FUNCTION public.look(e text, OUT accepted boolean, OUT wrong text) LANGUAGE plpgsql AS $$
DECLARE
  body text;
  type text;
  alone text;
  bare text;
  beside text;
BEGIN
  accepted := false;
  BEGIN
    body := clientele.checked_expression(e, 'e');
    type := (clientele.expression_types('public.t', current_user::regrole, 'UTC', NULL, ARRAY['e'], ARRAY[body]))[1];
    IF type IS NULL THEN
      wrong := 'no type';
      RETURN;
    END IF;
  EXCEPTION WHEN OTHERS THEN
    IF SQLSTATE LIKE 'XX%' THEN
      wrong := SQLSTATE || ' ' || SQLERRM;
    END IF;
    RETURN;
  END;
  accepted := true;
  -- As the expression is compiled, so it runs.
  PERFORM set_config('search_path', 'pg_catalog, clientele, pg_temp', true);
  BEGIN
    EXECUTE format(E'SELECT string_agg((x.v)::text, ''|'' ORDER BY x.n, (x.v)::text COLLATE "C") || count(*) FROM (SELECT (\n%s\n) AS v, s.n FROM public.t s) x', body) INTO alone;
    EXECUTE format(E'SELECT string_agg((x.v)::text, ''|'' ORDER BY x.n, (x.v)::text COLLATE "C") || count(*) FROM (SELECT s.n, %s\n FROM public.t s) x (n, v)', body) INTO bare;
    EXECUTE format(E'SELECT string_agg(CASE WHEN x.c1 = 7 AND x.c3 = 8 THEN x.v ELSE ''moved'' END, ''|'' ORDER BY x.n, x.v COLLATE "C") || count(*)
      FROM (SELECT 7, (\n%s\n)::text, 8, s.n, s FROM public.t s) x (c1, v, c3, n, s)', body) INTO beside;
  EXCEPTION WHEN division_by_zero OR data_exception OR feature_not_supported OR undefined_function OR insufficient_privilege OR ambiguous_function OR datatype_mismatch THEN
    RETURN;  -- of the values
  WHEN OTHERS THEN
    wrong := SQLSTATE || ' ' || SQLERRM;
    RETURN;
  END;
  wrong := CASE WHEN alone IS DISTINCT FROM beside THEN format('alone %s, beside others %s', alone, beside)
                WHEN alone IS DISTINCT FROM bare THEN format('in brackets %s, without %s', alone, bare)
                WHEN coalesce(alone, '') LIKE '%the secret%' THEN 'it reads the secret'
                WHEN coalesce(alone, '3') !~ '3$' THEN 'rows are missing: ' || alone END;
END $$;
"""


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(10**6)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else int(os.environ.get("CLIENTELE_EXPRESSIONS", "6000"))
    checks = Checks("source_expressions")
    print(f"seed {seed}, {count} texts", flush=True)
    rng = random.Random(seed)
    checks.psql("DROP DATABASE IF EXISTS clientele_expressions;\nCREATE DATABASE clientele_expressions;", "postgres")
    checks.psql("CREATE EXTENSION clientele;\n" + SETUP, "clientele_expressions")
    accepted = 0
    for begin in range(0, count, 1000):
        texts = [text(rng) for _ in range(min(1000, count - begin))]
        quoted = ", ".join("'" + t.replace("'", "''") + "'" for t in texts)
        rows = checks.psql(f"SELECT n, l.accepted, translate(coalesce(l.wrong, ''), E'\\n\\t', '  ') FROM unnest(ARRAY[{quoted}]) WITH ORDINALITY u (e, n) "
                           "CROSS JOIN LATERAL public.look(u.e) l ORDER BY n;", "clientele_expressions")
        for number, good, wrong in rows:
            accepted += good == "t"
            checks.check(f"{texts[int(number) - 1]!r}", not wrong, wrong)
        checks.check("each text is looked at", len(rows) == len(texts), str(len(rows)))
    moved = checks.psql("SELECT is_called FROM public.canary;", "clientele_expressions")
    checks.check("the canary has not moved", moved == [["f"]], str(moved))
    print(f"{accepted} of {count} texts are expressions")
    checks.check("some texts are accepted, and most are not", count < 1000 or count / 50 < accepted < count / 2, str(accepted))
    checks.psql("DROP DATABASE clientele_expressions;", "postgres")
    checks.end()


if __name__ == "__main__":
    main()
