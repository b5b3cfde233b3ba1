#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""clientele beside other extensions in one session, in any order.

Modules share one address space, and PostgreSQL 15 loads them with global symbols: two that carry
the same library may call each other's. So each neighbour that is installed is called before, after
and between our own questions, each time in a new session, alone with us and all together. Answers
must be what they are in a session without neighbours, or what the neighbour's manual says.

A superuser and a server of its own; CLIENTELE_PSQL and libpq's environment say which. What is not
installed is skipped and named. Of pg_cron it expects cron.database_name = clientele_neighbours.
"""
import os
import subprocess
import sys

PSQL = os.environ.get("CLIENTELE_PSQL", "psql")
DATABASE = "clientele_neighbours"
passed = failed = skipped = 0

OURS = [
    "SELECT cardinality(audience(i)), cardinality(audience(i * 7919 % 1000003)) FROM generate_series(1, 200000) i",
    "SELECT cardinality('{1-100000}'::audience & '{50000-70000,99999}'), '{1,2,3}'::audience - '{2}', '{1-9}'::audience # '{3-5}',"
    " '{1-70000}'::audience @> 7, jaccard('{1,2}', '{2,3}')",
    "SELECT audience_send('{1-5,100000}'::audience) = audience_send('{1-5}'::audience | '{100000}')",
    "SELECT tag_match('{vip,web}'::text[], 'vip & !churn'), tag_match('{\"city\": \"上海\", \"age\": 40}'::jsonb, 'city=上海 & age>30')",
    "SELECT '{3@2026-01-02T03:04:05Z, 4@2026-01-03T00:00:00Z#7}'::journey, event_count('{3@2026-01-02T03:04:05Z}'::journey)",
    "SELECT funnel_depth('{1@2026-01-01T09:00:00Z, 2@2026-01-01T10:00:00Z, 3@2026-01-03T11:00:00Z}', '{#1, #2, #3}', '1 day')",
    "SELECT session_count('{1@2026-01-01T09:00:00Z, 2@2026-01-01T10:00:00Z}'::journey, '30 minutes')",
    "SELECT btyd_fit(x, t_x, age, 'BG/NBD') IS NOT NULL FROM (VALUES (2, 30.43, 38.86), (1, 1.71, 38.86), (0, 0, 38.86),"
    " (7, 29.43, 38.86), (0, 0, 38.0), (10, 34.14, 38.0)) v (x, t_x, age)",
    "SELECT round(churn_prob('{3}'::float8[], churn_fit(ARRAY[i % 7]::float8[], i % 3 = 0, churn_def()))::numeric, 6)"
    " FROM generate_series(1, 500) i",
    "SELECT rfm_score(d, n, s) OVER () FROM (VALUES (3, 7::bigint, 4310::numeric), (76, 4, 1797.24), (326, 1, 77)) v (d, n, s)",
    # These load libraries of their own.
    "SELECT clean_email('李雷@例子.中国')",
    PHONES := "SELECT clean_phone('138 0013 8000', 'CN'), clean_phone('(415) 555-2671 x9', 'US'), clean_phone('+49 (0)30 901820')",
    # Operators of text and arrays stay what they were.
    "SELECT 'a' || 'b', 'abc' LIKE 'a%', 'a' = 'a', '{1,2}' && ARRAY[2], ARRAY[1,2] @> '{1}', '{\"a\": 1}'::jsonb @> '{}', 'x' < 'y'",
]

# The question to each neighbour, with the answer. Roaring64 is in newer versions only.
NEIGHBOURS = {
    "hll": [
        ("SELECT hll_cardinality(hll_add_agg(hll_hash_integer(i)))::int BETWEEN 900 AND 1100 FROM generate_series(1, 1000) i", "t"),
        ("SELECT hll_cardinality(hll_union_agg(h))::int BETWEEN 1800 AND 2200 FROM"
         " (SELECT hll_add_agg(hll_hash_bigint(i)) AS h FROM generate_series(1, 2000) i GROUP BY i % 5) g", "t")],
    "tdigest": [
        ("SELECT tdigest_percentile(i, 100, 0.5) BETWEEN 4900 AND 5100 FROM generate_series(1, 10000) i", "t")],
    "postgis": [
        ("SELECT ST_AsText(ST_Intersection('LINESTRING(0 0,2 2)'::geometry, 'LINESTRING(0 2,2 0)'::geometry))", "POINT(1 1)"),
        ("SELECT round(ST_X(ST_Transform('SRID=4326;POINT(121.47 31.23)'::geometry, 3857)))", "13521979"),
        ("SELECT count(*) FROM ST_Dump(ST_Buffer('MULTIPOINT(0 0,9 9)'::geometry, 1))", "2")],
    "pg_cron": [
        ("SELECT cron.schedule('tags', '*/15 * * * *', 'CALL clientele.refresh_tags()') > 0", "t"),
        ("SELECT schedule, command FROM cron.job WHERE jobname = 'tags'", "*/15 * * * *|CALL clientele.refresh_tags()"),
        ("SELECT cron.unschedule('tags')", "t")],
    "vector": [
        ("SELECT '[1,2,2]'::vector <-> '[1,2,4]'", "2"),
        ("CREATE TEMP TABLE v AS SELECT i, ARRAY[i, i % 7, i % 11]::vector(3) AS e FROM generate_series(1, 2000) i", ""),
        ("CREATE INDEX ON v USING hnsw (e vector_l2_ops)", ""),
        ("SELECT i FROM v ORDER BY e <-> '[100,2,1]' LIMIT 1", "100"),
        ("DROP TABLE v", "")],
    "roaringbitmap": [
        ("SELECT rb_cardinality(rb_build_agg(i)) FROM generate_series(1, 200000) i", "200000"),
        ("SELECT rb_cardinality(rb_build_agg((i::bigint * 7919 % 1000003)::int)) FROM generate_series(1, 200000) i", "200000"),
        ("SELECT rb_to_array(rb_and('{1,2,3}', '{2,3,4}'))", "{2,3}"),
        ("SELECT rb_cardinality(substring(audience_send('{1-5,100000}'::audience) FROM 22)::roaringbitmap)", "6")],
    "pg_trgm": [("SELECT similarity('journey', 'journeys') > 0.6, 'journey' % 'journeys'", "t|t")],
    "intarray": [("SELECT sort('{3,1,2}'::int[]), '{1,2,3}'::int[] @@ '1&2'::query_int, ARRAY[1,2] & ARRAY[2,3], ARRAY[1,2] - 2",
                  "{1,2,3}|t|{2}|{1}")],
    "unaccent": [("SELECT unaccent('Hôtel')", "Hotel")],
    "hstore": [("SELECT 'a=>1,b=>2'::hstore -> 'b', 'a=>1'::hstore ? 'a'", "2|t")],
    "citext": [("SELECT 'VIP'::citext = 'vip'", "t")],
    "ltree": [("SELECT 'a.b.c'::ltree <@ 'a.b', 'a.b'::ltree ~ 'a.*'", "t|t")],
    "cube": [("SELECT '(1,2),(3,4)'::cube @> '(2,3)'", "t")],
    "pgcrypto": [("SELECT encode(digest('a', 'md5'), 'hex')", "0cc175b9c0f1b6a831c399e269772661")],
    "fuzzystrmatch": [("SELECT levenshtein('visit', 'visits')", "1")],
    "btree_gin": [("CREATE TEMP TABLE g AS SELECT i, i % 3 AS k FROM generate_series(1, 99) i", ""),
                  ("CREATE INDEX ON g USING gin (i, k)", ""), ("DROP TABLE g", "")],
    "tablefunc": [("SELECT count(*) FROM normal_rand(5, 0, 1)", "5")],
    "pg_stat_statements": [],
}
NAMES = {"postgis": "postgis-3", "pg_cron": "cron", "vector": "pgvector"}


def report(good, what, detail=""):
    global passed, failed
    passed, failed = passed + good, failed + (not good)
    if not good:
        print(f"not ok  {what}")
        print("        " + detail.rstrip().replace("\n", "\n        "))


def session(statements, database=DATABASE):
    """What each statement prints, in one session; None from where the session has ended."""
    script = "SET client_min_messages = warning;\nSET search_path = public, clientele;\n"
    for number, sql in enumerate(statements):
        script += f"{sql};\n\\echo :::{number}\n"
    done = subprocess.run([PSQL, "-XAtq", "-d", database, "-f", "-"], input=script, text=True, encoding="utf-8",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    answers, current = [], []
    for line in done.stdout.split("\n"):
        if line == f":::{len(answers)}":
            answers.append("\n".join(current))
            current = []
        else:
            current.append(line.removeprefix("psql:<stdin>:"))
    rest = "\n".join(current).strip()
    return answers + [f"the session ended: {rest}"] * (len(statements) - len(answers))


def must_run(*statements, database=DATABASE):
    for sql, answer in zip(statements, session(statements, database)):
        if "ERROR:" in answer or "FATAL:" in answer or "the session ended" in answer:
            raise RuntimeError(f"{sql}\n{answer}")


def check(parts, alone, what):
    """Asks ours (None) and neighbours in this order, in one session."""
    asked = []  # part, statement, the answer it should have
    for part in parts:
        if part is None:
            asked += [("clientele", sql, answer) for sql, answer in zip(OURS, alone)]
        else:
            asked += [(part, sql, answer) for sql, answer in NEIGHBOURS[part]]
    for (part, sql, wanted), got in zip(asked, session([sql for _, sql, _ in asked])):
        if got != wanted:
            report(False, f"{what}: {part}", f"{sql}\nanswers: {got}\nwanted:  {wanted}")
            return
    report(True, what)


def main():
    global skipped
    available = session(["SELECT string_agg(name, ' ') FROM pg_available_extensions"], "postgres")[0].split()
    here = []
    for name in NEIGHBOURS:
        if name in available:
            here.append(name)
        else:
            skipped += 1
            print(f"skipped {name}: it is not installed (Debian: postgresql-N-{NAMES.get(name, name)}, or a part of PostgreSQL)")
    everything = [f"CREATE EXTENSION {name}" for name in here]
    try:
        must_run(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)", f"CREATE DATABASE {DATABASE} TEMPLATE template0",
                 database="postgres")
        must_run("CREATE EXTENSION clientele")
        if "need libphonenumber" in session([PHONES])[0]:
            skipped += 1
            print("skipped phone numbers: the extension was built without libphonenumber")
            OURS.remove(PHONES)
        alone = session(OURS)
        for sql, answer in zip(OURS, alone):
            report("ERROR:" not in answer and "the session ended" not in answer, "clientele alone", f"{sql}\n{answer}")
        must_run("DROP EXTENSION clientele")
        for order, statements in (("neighbours were made first", [*everything, "CREATE EXTENSION clientele"]),
                                  ("clientele was made first", ["CREATE EXTENSION clientele", *everything])):
            must_run(*statements)
            if order.startswith("neighbours"):
                for name in here:
                    check([None, name, None, name], alone, f"clientele, then {name}")
                    check([name, None, name, None], alone, f"{name}, then clientele")
            check([None, *here, None, *reversed(here)], alone, f"clientele, then all; {order}")
            check([*here, None, *here, None], alone, f"all, then clientele; {order}")
            must_run("DROP EXTENSION clientele", *(f"DROP EXTENSION {name}" for name in here))
    except RuntimeError as error:
        report(False, "the neighbours can be installed", str(error))
    if here:
        print(f"asked beside {', '.join(here)}")
    print(f"neighbours: {passed} passed, {failed} failed, {skipped} skipped")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
