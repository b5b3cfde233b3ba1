#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Tag queries against a parser and an evaluator in Python that are written from docs/tag-queries.md alone.

usage: tag_query.py [SEED [COUNT]]      (default: a fresh seed, 50,000 random queries)

The cases of the truth table, if it is there. Then random queries on random sets of tags: tag_match against
Python; the normal form read again; an index scan against a sequential scan on all of them, also of a pending
list and of lossy bitmaps; && and @> in the same way; the same tags as jsonb; broken queries, which both sides
must refuse.
"""
import collections
import csv
import io
import json
import os
import pathlib
import random
import re
import sys
import tempfile

from checks import Checks

CASES = pathlib.Path(os.environ.get("CLIENTELE_TAG_CASES", pathlib.Path(__file__).resolve().parents[3] / "shared/oracle/tag_match_cases.csv"))
checks = Checks("tag_query")
check = checks.check
SETS = 300


def psql(script):
    return checks.psql("SET search_path = tag_queries, public, clientele; SET client_min_messages = warning;"
                       "SET max_parallel_workers_per_gather = 0; SET jit = off;\n" + script)


def copy(table, rows):
    out = io.StringIO()
    for row in rows:
        out.write(",".join("" if v is None else '"' + str(v).replace('"', '""') + '"' for v in row) + "\n")
    return f"COPY {table} FROM stdin (FORMAT csv);\n{out.getvalue()}\\.\n"


# The language, from its description.

BLANK = " \t\n\v\f\r\u00a0\u3000"
WORD = re.compile("[^\x00-\x1f\x7f&|!()=<>\"'*," + BLANK + "]+")
QUOTED = re.compile('"((?:[^"\0]|"")*)"(?!")')
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
MOST_NESTED = 1000


class Wrong(Exception):
    pass


def number(text):
    if not NUMBER.fullmatch(text):
        return None
    value = float(text)
    return None if value in (float("inf"), float("-inf")) else value


class Query:
    """('tag', name), ('below', name), (operator, name, value...), ('not', q), ('and', q...) or ('or', q...)."""

    def __init__(self, text):
        self.text, self.at, self.open = text, 0, 0
        self.tree = self.either()
        if self.at < len(text):
            raise Wrong(self.at)

    def skip(self):
        while self.at < len(self.text) and self.text[self.at] in BLANK:
            self.at += 1

    def eat(self, symbol):
        self.skip()
        if not self.text.startswith(symbol, self.at):
            return False
        self.at += len(symbol)
        self.skip()
        return True

    def either(self):
        parts = [self.both()]
        while self.eat("|"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else ("or", *parts)

    def both(self):
        parts = [self.single()]
        while self.eat("&"):
            parts.append(self.single())
        return parts[0] if len(parts) == 1 else ("and", *parts)

    def single(self):
        if self.eat("!"):
            return ("not", self.single())
        if not self.eat("("):
            return self.ask()
        self.open += 1
        if self.open > MOST_NESTED:
            raise Wrong(self.at)
        inner = self.either()
        if not self.eat(")"):
            raise Wrong(self.at)
        self.open -= 1
        return inner

    def take(self, pattern):
        found = pattern.match(self.text, self.at)
        if not found:
            return None
        self.at = found.end()
        return found

    def value(self):
        self.skip()
        found = self.take(QUOTED)
        if found:
            if WORD.match(self.text, self.at):
                raise Wrong(self.at)
            return found[1].replace('""', '"')
        found = self.take(WORD)
        if not found:
            raise Wrong(self.at)
        return found[0]

    def ask(self):
        self.skip()
        found = self.take(QUOTED)
        below = False
        if found:
            name = found[1].replace('""', '"')
            if self.text.startswith(".*", self.at):
                below, self.at = True, self.at + 2
        else:
            found = self.take(WORD)
            if not found:
                raise Wrong(self.at)
            name = found[0]
            if self.text.startswith("*", self.at):
                if not name.endswith(".") or name == ".":
                    raise Wrong(self.at)
                below, name, self.at = True, name[:-1], self.at + 1
        if WORD.match(self.text, self.at):  # something glued to a quoted name or a wildcard
            raise Wrong(self.at)
        self.skip()
        for sign in ("!=", "<=", ">=", "<", ">", "="):
            if self.text.startswith(sign, self.at):
                self.at += len(sign)
                asked = (sign, name, self.value())
                break
        else:
            here = self.at
            word = self.take(WORD)
            if word and word[0].lower() == "between":
                low = self.value()
                self.skip()
                joined = self.take(WORD)
                if not joined or joined[0].lower() != "and":
                    raise Wrong(self.at)
                asked = ("between", name, low, self.value())
            else:
                self.at = here
                if "=" in name:
                    if below:
                        raise Wrong(here)
                    whole, _, value = name.partition("=")
                    return ("=", whole, value)
                return ("below" if below else "tag", name)
        if below or "=" in name:
            raise Wrong(self.at)
        if asked[0] not in ("=", "!="):
            asked = asked[:2] + tuple(number(v) for v in asked[2:])
            if None in asked:
                raise Wrong(self.at)
        self.skip()
        return asked


COMPARE = {"<": lambda v, a: v < a, "<=": lambda v, a: v <= a, ">": lambda v, a: v > a, ">=": lambda v, a: v >= a,
           "between": lambda v, a, b: a <= v <= b}


class Tags:
    """Values by name; None stands for a tag without one."""

    def __init__(self, tags):
        self.values = collections.defaultdict(list)
        for tag in tags:
            if tag is not None:
                name, has, value = tag.partition("=")
                self.values[name].append(value if has else None)

    def answers(self, tree):
        kind, *rest = tree
        if kind == "and":
            return all(self.answers(t) for t in rest)
        if kind == "or":
            return any(self.answers(t) for t in rest)
        if kind == "not":
            return not self.answers(rest[0])
        if kind == "below":
            return any(name.startswith(rest[0] + ".") for name in self.values)
        values = self.values.get(rest[0], [])
        if kind == "tag":
            return bool(values)
        values = [v for v in values if v is not None]
        if kind == "=":
            return rest[1] in values
        if kind == "!=":
            return any(v != rest[1] for v in values)
        return any(COMPARE[kind](v, *rest[1:]) for v in map(number, values) if v is not None)


# Random queries, tags and sets of tags.

NAMES = ["a", "b", "c", "a.b", "a.b.c", "a.c", "ab", "a-b", "vip", "VIP", "age", "age2", "score.value", "city", "城市", "价值", "价值.高",
         "emoji😀", "and", "between", "not", "two words", "a&b", 'say "hi"', "", ".", "a.", "x*", "(", "　", "né", "a\u00a0b", "\x01", "it's"]
VALUES = ["Shanghai", "Beijing", "上海", "New York", "", "30", "34", "34.0", "-5", "1e3", "+7", ".5", "5.", "old", "a=b", "=", "inf", "nan", "0x10", "1e400",
          "-1e-400", " 3", "3 ", "３", "x.y", "9007199254740993", '"', "between", "*", "1_0"]
NUMBERS = ["0", "30", "34", "-5", "1000", "34.5", "1e3", "+7", ".5", "5.", "-1e-2", "9007199254740992", "1e308", "1e-999"]


def random_tag(rng):
    name = rng.choice(NAMES[:14] if rng.random() < .7 else NAMES)
    return name if rng.random() < .4 else name + "=" + (str(rng.randrange(60)) if rng.random() < .3 else rng.choice(VALUES))


def spelled(rng, word):
    if word and rng.random() < .9 and WORD.fullmatch(word):
        return word
    return '"' + word.replace('"', '""') + '"'


def blank(rng):
    return "" if rng.random() < .7 else "".join(rng.choice(BLANK) for _ in range(rng.choice([1, 1, 2])))


def random_test(rng):
    name = rng.choice(NAMES[:14] if rng.random() < .7 else NAMES)
    word, kind = spelled(rng, name), rng.randrange(11)
    if kind < 3:
        return word
    if kind < 5:
        return (word if name not in ("", ".") else '"' + name + '"') + ".*"
    if kind == 5 and rng.random() < .3:
        return spelled(rng, name + "=" + rng.choice(VALUES))
    if kind < 8:
        return word + blank(rng) + rng.choice(["=", "=", "!="]) + blank(rng) + spelled(rng, rng.choice(VALUES))
    if kind < 10:
        return word + blank(rng) + rng.choice(["<", "<=", ">", ">="]) + blank(rng) + rng.choice(NUMBERS)
    gap = lambda: blank(rng) or " "
    return word + gap() + rng.choice(["between", "between", "Between"]) + gap() + rng.choice(NUMBERS) + gap() + rng.choice(["and", "AND"]) + gap() + rng.choice(NUMBERS)


def random_query(rng, depth):
    if depth == 0 or rng.random() < .2:
        return random_test(rng)
    kind = rng.randrange(7)
    if kind == 0:
        return "!" * rng.choice([1, 1, 2, 3]) + blank(rng) + random_query(rng, 0)
    if kind == 1:
        return "!(" + blank(rng) + random_query(rng, depth - 1) + blank(rng) + ")"
    if kind == 2:
        return "(" + random_query(rng, depth - 1) + ")"
    sign = blank(rng) + rng.choice("&&&|") + blank(rng)
    return sign.join(random_query(rng, depth - 1) for _ in range(rng.choice([2, 2, 3])))


def random_sets(rng):
    sets = [None, [], [None], [None, None], ["vip"], [None, "vip"]]
    while len(sets) < SETS:
        sets.append([None if rng.random() < .05 else random_tag(rng) for _ in range(rng.choice([1, 2, 3, 5, 8, 12]))])
    return sets


def literal(tags):
    if tags is None:
        return None
    return "{" + ",".join("NULL" if t is None else '"' + t.replace("\\", "\\\\").replace('"', '\\"') + '"' for t in tags) + "}"


def as_object(rng, tags):
    """The tags as a jsonb object; names with dots as objects inside, now and then."""
    top = {}
    for name, values in Tags(tags).values.items():
        values = [True if v is None else int(v) if re.fullmatch("[1-9][0-9]*", v) and rng.random() < .5 else v for v in values]
        value = values[0] if len(values) == 1 and rng.random() < .7 else values + [None, False] * rng.randrange(2)
        if "." in name and name.partition(".")[0] not in top and rng.random() < .5:
            top[name.partition(".")[0]] = {name.partition(".")[2]: value}
        elif name not in top:
            top[name] = value
        else:
            top[name] = [top[name], value]
    return top


SETUP = """DROP SCHEMA IF EXISTS tag_queries CASCADE;
CREATE SCHEMA tag_queries;
CREATE TABLE sets (id int PRIMARY KEY, tags text[], list jsonb, object jsonb);
CREATE INDEX sets_tags ON sets USING gin (tags tag_ops);
CREATE TABLE texts (id int, query text);
CREATE TABLE queries (id int PRIMARY KEY, query tag_query);
CREATE TABLE arrays (id int PRIMARY KEY, wanted text[]);
CREATE FUNCTION parses(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE hint text;
BEGIN
  PERFORM query::tag_query;
  RETURN 'yes';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
  RETURN SQLSTATE || CASE WHEN hint = '' THEN ' without a hint' WHEN SQLERRM !~ 'character [0-9]+: ' THEN ' without a place' ELSE '' END;
END $$;
"""
BY_INDEX = "SET enable_seqscan = off; SET enable_bitmapscan = on;"
IN_TURN = "SET enable_seqscan = on; SET enable_bitmapscan = off;"


def scans(label, queries, operator, table, wanted):
    """Every query by index and in sequence must find the same rows."""
    join = (f"SELECT q.id, (SELECT array_agg(s.id ORDER BY s.id) FROM sets s WHERE s.tags {operator} q.{wanted}) AS found FROM {table} q "
            f"WHERE {queries}")
    answer = psql(f"""{BY_INDEX} CREATE TEMP TABLE a AS {join};
EXPLAIN (COSTS OFF) {join};
{IN_TURN} CREATE TEMP TABLE b AS {join};
SELECT count(*), count(*) FILTER (WHERE a.found IS DISTINCT FROM b.found), sum(cardinality(b.found)),
       min(q.{wanted}::text) FILTER (WHERE a.found IS DISTINCT FROM b.found) FROM a JOIN b USING (id) JOIN {table} q USING (id);""")
    plan = "\n".join(line[0] for line in answer[:-1])
    count, wrong, rows, example = answer[-1]
    check(f"{label} by index", "Bitmap Index Scan on sets_tags" in plan, plan)
    check(f"{label}: {count} queries, {rows} rows", wrong == "0" and int(rows or 0) > 0, f"{wrong} differ, such as {example}", int(count))


def truth_table():
    if not CASES.exists():
        checks.skip(f"there is no truth table {CASES}")
        return
    cases = list(csv.reader(CASES.open(encoding="utf-8", newline="")))[1:]
    answered = psql("CREATE TEMP TABLE cases (id int, tags text, query text);" + copy("cases", [(i, t, q) for i, (t, q, _) in enumerate(cases)]) +
                "SELECT id, tag_match(tags::text[], query), tags::text[] @@ query::tag_query, query::tag_query @@ tags::text[], to_jsonb(tags::text[]) FROM cases ORDER BY id;")
    for (tags, query, want), (_, *got, parsed) in zip(cases, answered, strict=True):
        check(f"case {query} of {tags}", got == [want] * 3, got)
        check(f"case {query} of {tags} in Python", Tags(json.loads(parsed)).answers(Query(query).tree) == (want == "t"))


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(10**6)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 50000
    print(f"tag_query: seed {seed}, {count} random queries", flush=True)
    rng = random.Random(seed)
    psql(SETUP)
    truth_table()

    sets = random_sets(rng)
    tables = [Tags(s or []) for s in sets]
    texts = [random_query(rng, rng.choice([0, 1, 2, 2, 3])) for _ in range(count)]
    # With a careless operator class, GIN of PostgreSQL 15 would lose rows of these.
    texts[:3] = ["age & vip", "a.* & city", "age>20 | b & vip"]
    objects = [None if s is None else json.dumps(as_object(rng, s), ensure_ascii=False) for s in sets]
    arrays = [None if s is None else json.dumps(s, ensure_ascii=False) for s in sets]
    psql(copy("sets", [(i, literal(s), arrays[i], objects[i]) for i, s in enumerate(sets)]) + copy("texts", enumerate(texts)) +
         "INSERT INTO queries SELECT id, query FROM texts; ANALYZE sets; ANALYZE queries;")

    # tag_match, by three ways of keeping tags, against Python: three sets for each query.
    step = len(sets) // 3 + 1
    answered = psql(f"""SELECT q.id, string_agg(concat(coalesce(tag_match(tags, query)::text, '-'), coalesce(tag_match(list, query)::text, '-'),
                                coalesce(tag_match(object, query)::text, '-')), ' ' ORDER BY k)
FROM queries q, generate_series(0, 2) k, sets s WHERE s.id = (q.id * 7 + k * {step}) % {len(sets)} GROUP BY q.id ORDER BY q.id;""")
    yes = 0
    for (i, got), text in zip(answered, texts, strict=True):
        tree = Query(text).tree
        for k, answers in enumerate(got.split(" ")):
            at = (int(i) * 7 + k * step) % len(sets)
            want = "-" if sets[at] is None else "true" if tables[at].answers(tree) else "false"
            yes += want == "true"
            check(f"{text!r} of {sets[at]}", answers == want * 3, f"{answers} instead of {want}")
    check("as many yes as no", count < 1000 or count * .3 < yes < count * 2.7, yes)

    (again, printed, stable), = psql("""SELECT count(*) FILTER (WHERE query::text::tag_query = query), count(*) FILTER (WHERE query::text::tag_query::text = query::text),
  count(*) FILTER (WHERE tag_query_hash(query) = tag_query_hash(query::text::varchar)) FROM queries;""")
    check("the normal form reads as the same", (again, printed, stable) == (str(count),) * 3, (again, printed, stable), count)

    with tempfile.TemporaryDirectory() as folder:
        (same, rows), = psql(f"""\\copy queries TO '{folder}/queries' (FORMAT binary)
CREATE TEMP TABLE read (LIKE queries);
\\copy read FROM '{folder}/queries' (FORMAT binary)
SELECT count(*) FILTER (WHERE r.query = q.query), count(*) FROM read r JOIN queries q USING (id);""")
    check("binary form", same == rows == str(count), (same, rows), count)

    # The index: first from its list of pending rows, then for all queries, then with bitmaps that lose rows.
    scans("of pending rows", "id % 50 = 0", "@@", "queries", "query")
    psql("VACUUM sets;")
    scans("@@", "true", "@@", "queries", "query")
    wanted = [random_sets(random.Random(rng.random()))[k % SETS] for k in range(1, 61)]
    wanted += [[rng.choice(sets[k])] for k in range(4, 40)] + [rng.sample(sets[k], 2) for k in range(6, len(sets)) if len(sets[k]) > 1] + [[], [None]]
    psql(copy("arrays", [(i, literal(w)) for i, w in enumerate(wanted)]))
    scans("&&", "true", "&&", "arrays", "wanted")
    scans("@>", "true", "@>", "arrays", "wanted")
    big = min(count, 150)
    psql(f"""INSERT INTO sets SELECT 1000 + g * {len(sets)} + id, tags FROM sets, generate_series(0, 399) g; VACUUM ANALYZE sets;""")
    script = f"SET work_mem = '64kB'; {BY_INDEX}" + "".join(
        f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) SELECT FROM sets WHERE tags @@ (SELECT query FROM queries WHERE id = {i});" for i in range(2))
    check("bitmaps lose rows", "lossy" in "\n".join(line[0] for line in psql(script)))
    counts = ("SELECT q.id, (SELECT concat(count(*), ' ', sum(s.id::bigint)) FROM sets s WHERE s.tags @@ q.query) AS found, "
              "(SELECT concat(count(*), ' ', sum(s.id::bigint)) FROM sets s WHERE s.tags @@ q.query AND s.tags @@ o.query) AS both "
              f"FROM queries q JOIN queries o ON o.id = (q.id + 1) % {big} WHERE q.id < {big}")
    (lost,), = psql(f"SET work_mem = '64kB'; {BY_INDEX} CREATE TEMP TABLE a AS {counts}; {IN_TURN} CREATE TEMP TABLE b AS {counts};"
                    "SELECT count(*) FROM (TABLE a EXCEPT TABLE b) d;")
    check("lossy bitmaps", lost == "0", lost, big)

    # && by a collation in which texts of different bytes are equal, if this server knows one.
    sums = " UNION ALL ".join(f"SELECT sum(id) FROM cases WHERE tags {asked}" for asked in ("&& '{VIP,nobody}'", "@> '{VIP}'", "@@ 'VIP'"))
    (by_index, in_turn, plan), = psql(f"""DO $$ BEGIN CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
EXCEPTION WHEN feature_not_supported THEN CREATE COLLATION any_case FROM "C"; END $$;
CREATE TABLE cases AS SELECT id, tags COLLATE any_case AS tags FROM sets WHERE id < 1000;
CREATE INDEX cases_tags ON cases USING gin (tags tag_ops);
CREATE FUNCTION plan(query text) RETURNS text LANGUAGE plpgsql AS $$ DECLARE t text; BEGIN EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO t; RETURN t; END $$;
{BY_INDEX} CREATE TEMP TABLE found AS {sums};
CREATE TEMP TABLE plans AS SELECT plan($$SELECT FROM cases WHERE tags && '{{VIP}}'$$) LIKE '%cases_tags%';
{IN_TURN} SELECT (SELECT array_agg(sum) FROM found), array_agg(sum), (TABLE plans) FROM ({sums}) f;""")
    check("a collation without case", by_index == in_turn and plan == "t", (by_index, in_turn, plan))

    # Queries with a few characters changed: both sides take them or refuse them.
    bits = ["&", "|", "!", "(", ")", '"', "*", ".*", "=", "<", ">", " ", "and", " between ", "'", ",", "　", "＆", "a", "1", "\x01", "=="]
    broken = []
    for text in rng.sample(texts, min(count, 20000)):
        at = rng.randrange(len(text) + 1)
        broken.append(text[:at] + rng.choice(bits) + text[at + rng.randrange(3):])
    answered = psql("CREATE TEMP TABLE broken (id int, query text);" + copy("broken", enumerate(broken)) +
                "SELECT parses(query), CASE WHEN parses(query) = 'yes' THEN (SELECT string_agg(tag_match(tags, query::tag_query)::text, ' ' ORDER BY id) FROM sets WHERE id BETWEEN 1 AND 8) END FROM broken ORDER BY id;")
    refused = 0
    for text, (got, answers) in zip(broken, answered, strict=True):
        try:
            tree = Query(text).tree
            check(f"{text!r} is a query", got == "yes" and answers.split(" ") == [str(t.answers(tree)).lower() for t in tables[1:9]], (got, answers))
        except Wrong:
            refused += 1
            check(f"{text!r} is not a query", got == "42601", got)
    check("some are refused and some are not", len(broken) < 100 or len(broken) * .2 < refused < len(broken) * .95, (refused, len(broken)))

    psql("DROP SCHEMA tag_queries CASCADE;")
    checks.end()


main()
