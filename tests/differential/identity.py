#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Which identifiers are one customer, against an independent implementation that computes the partition from scratch.

usage: identity.py [SEED [COUNT]]      (default: a fresh seed, 100 random cases; CLIENTELE_IDENTITY=10000 for more)

Each case is a set of rows, kinds and decisions: one of the oracle's (CLIENTELE_IDENTITY_ORACLE), or one with customers that have more
identifiers than a customer may have. It is resolved four times:
  one_by_one  one row a batch: blocks, shared identifiers, numbers of customers and their owners are the oracle's
  mixed    in random batches and a random order, with decisions in between: blocks, shared identifiers and journeys are the oracle's
  undone   two customers are merged by hand and parted again, with nothing between: numbers and journeys are what they were
  between  merges by hand and by rows are undone after other rows have come: blocks are the oracle's with the decisions in the table, and
           each journey is that of the rows whose homes the customer has
At the end of two of them all is resolved again from scratch, which changes nothing.
"""
import importlib.util
import os
import pathlib
import random
import sys

from checks import ROOT, Checks

ORACLE = pathlib.Path(os.environ.get("CLIENTELE_IDENTITY_ORACLE", ROOT.parent / "shared/oracle/identity.py"))
checks = Checks("identity", "clientele_identity_differential")
seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(10 ** 9)
count = int(sys.argv[2]) if len(sys.argv) > 2 else int(os.environ.get("CLIENTELE_IDENTITY", "100"))
CHUNK = 50

if not ORACLE.exists():
    checks.skip(f"{ORACLE} is not there")
    checks.end()
spec = importlib.util.spec_from_file_location("identity_oracle", ORACLE)
oracle = importlib.util.module_from_spec(spec)
spec.loader.exec_module(oracle)


def hub_case(rng):
    """A few customers with more cookies and addresses than a customer may have, most of which are in no other row."""
    kinds = {k: dict(oracle.KINDS[k]) for k in ("customer", "email", "cookie")}
    kinds["cookie"]["max_links"] = rng.choice([1, 2, 2, 3])
    rows = []
    for n in range(rng.randint(10, 30)):
        hub = ("customer", f"c{rng.choice([0, 0, 0, 1, 2])}") if rng.random() < .9 else ("email", f"e{rng.randrange(3)}")
        other = ("cookie", f"k{n if rng.random() < .8 else rng.randrange(n + 1)}") if rng.random() < .8 else ("email", f"e{rng.randrange(12)}")
        row = {hub, other}
        if rng.random() < .15:
            row.add(("cookie", f"k{rng.randrange(n + 1)}"))
        rows.append(sorted(row, key=oracle.sort_key(kinds)))
    names = sorted({x for r in rows for x in r}, key=oracle.sort_key(kinds))
    decisions = []
    if rng.random() < .4:
        decisions.append(("ignored", rng.choice(names), None))
    if rng.random() < .4:
        decisions.append(("unlinked", *rng.choice(sorted(oracle.links_of(rows, kinds)))))
    if rng.random() < .4 and len(names) > 1:
        decisions.append((rng.choice(["same", "different"]), *rng.sample(names, 2)))
    return dict(kinds=kinds, max_identities=rng.choice([3, 4, 6]), rows=rows, decisions=decisions)


def array(values, kind):
    return "'{" + ",".join(map(str, values)) + "}'::" + kind + "[]"


class Run:
    """One way of resolving a case: its kinds have a prefix of their own, so that many runs share a store."""

    def __init__(self, name, case, rng):
        self.name, self.case, self.rng = name, case, rng
        self.key = oracle.sort_key(case["kinds"])
        self.rows, self.sql, self.marks = [], [], {}
        kinds = ", ".join(f"('{name}.{k}', {v['rank']}, {v['one_per_customer']}, {v['max_links']})" for k, v in case["kinds"].items())
        self.add(f"INSERT INTO clientele_data.identity_kinds (kind, rank, one_per_customer, max_links) VALUES {kinds};")
        self.limit()
        self.add(f"SELECT 'base', '{name}', CASE WHEN is_called THEN last_value ELSE 0 END FROM clientele_data.customers_customer_id_seq;")

    def add(self, statement):
        self.sql.append(statement)

    def limit(self):
        self.add("INSERT INTO clientele_data.settings VALUES ('max_identities', '{0}') ON CONFLICT (name) DO UPDATE SET value = '{0}';"
                 .format(self.case["max_identities"]))

    def batch(self, rows):
        """Resolves rows and packs their events: row n of a run is an event of type n."""
        names = sorted({x for r in rows for x in r}, key=self.key)
        self.rng.shuffle(names)
        place = {x: i + 1 for i, x in enumerate(names)}
        links = sorted({(place[oracle.home(r, self.case["kinds"])], place[x]) for r in rows for x in r
                        if x != oracle.home(r, self.case["kinds"])})
        events = []
        for r in rows:
            self.rows.append(r)
            events.append((place[oracle.home(r, self.case["kinds"])], len(self.rows)))
        parts = ", ".join(f"event({n})" for _, n in events)
        homes = ", ".join(f"r.ids[{h}]" for h, _ in events)
        self.add(f"SELECT FROM (SELECT clientele.resolve_identities({array([self.name + '.' + k for k, _ in names], 'text')}, "
                 f"{array([v for _, v in names], 'text')}, {array([a for a, _ in links], 'int')}, {array([b for _, b in links], 'int')})"
                 f" AS ids OFFSET 0) r, LATERAL (SELECT clientele.merge_home_journeys(ARRAY[{homes}], ARRAY[{parts}])) m;")

    def id(self, x, column="identity_id"):
        return f"(SELECT {column} FROM clientele_data.identities WHERE kind = '{self.name}.{x[0]}' AND value = '{x[1]}')"

    def dump(self, what):
        """What the store says now: identifiers with their customers and journeys, and the decisions in force."""
        self.marks[what] = list(self.rows)
        label = f"'dump', '{self.name}', '{what}'"
        self.add(f"""SELECT {label}, i.kind, i.value, i.customer_id, i.shared, j.journey, c.owner_id = i.identity_id
          FROM clientele_data.identities i JOIN clientele_data.customers c USING (customer_id)
          LEFT JOIN clientele_data.journeys j USING (customer_id) WHERE i.kind LIKE '{self.name}.%';
        SELECT 'decision', '{self.name}', '{what}', d.verdict, a.kind, a.value, b.kind, b.value FROM clientele_data.identity_decisions d
          JOIN clientele_data.identities a ON a.identity_id = d.a_id LEFT JOIN clientele_data.identities b ON b.identity_id = d.b_id
          WHERE a.kind LIKE '{self.name}.%' AND d.withdrawn_at IS NULL;
        SELECT 'owner', '{self.name}', '{what}', c.customer_id, i.kind, i.value, clientele.customer_now(c.customer_id) = i.customer_id,
          c.merged_into IS NULL = (i.customer_id = c.customer_id)
          FROM clientele_data.customers c JOIN clientele_data.identities i ON i.identity_id = c.owner_id WHERE i.kind LIKE '{self.name}.%';""")

    def scratch(self):
        """Resolves all identifiers of the run again, which must change nothing."""
        self.add(f"SELECT 'scratch', '{self.name}', clientele.resolve_again(ARRAY(SELECT identity_id FROM clientele_data.identities "
                 f"WHERE kind LIKE '{self.name}.%'), NULL, 'scratch');")

    def decide(self, verdict, a, b):
        other = "NULL" if b is None else self.id(b)
        ids = self.id(a) + ("" if b is None else ", " + self.id(b))
        if verdict == "unlinked":
            self.add(f"UPDATE clientele_data.identity_links SET withdrawn = true WHERE home_id = {self.id(a)} AND other_id = {other};")
        self.add(f"SELECT FROM (SELECT clientele.decide('{verdict}', {self.id(a)}, {other}, 'test') AS d OFFSET 0) x,"
                 f" LATERAL (SELECT clientele.resolve_again(ARRAY[{ids}], x.d, '{verdict}')) y;")

    def merge(self, a, b, keep=""):
        """Merges the customers of two identifiers by hand; the number of the merge goes to a variable of psql."""
        self.add(f"SELECT attempt(format('SELECT clientele.merge_customers(%s, %s)', {self.id(a, 'customer_id')}, "
                 f"{self.id(b, 'customer_id')})) AS merge{keep} \\gset")

    def undo(self, keep=""):
        self.add(f"SELECT attempt('SELECT clientele.undo_merge(' || CASE WHEN :'merge{keep}' ~ '^[0-9]+$' THEN :'merge{keep}' END || ')')"
                 " AS undone \\gset")


def one_by_one(run):
    for row in run.case["rows"]:
        run.batch([row])
    run.dump("end")


def batches(run, rows):
    rows = list(rows)
    run.rng.shuffle(rows)
    while rows:
        n = run.rng.choice([1, 1, 2, 3, len(rows)])
        yield rows[:n]
        rows = rows[n:]


def mixed(run):
    waiting = list(run.case["decisions"])
    known, linked = set(), set()
    for rows in batches(run, run.case["rows"]):
        run.batch(rows)
        known |= {x for r in rows for x in r}
        linked |= oracle.links_of(rows, run.case["kinds"])
        for decision in list(waiting):
            verdict, a, b = decision
            if a in known and (b is None or b in known) and (verdict != "unlinked" or (a, b) in linked) and run.rng.random() < .5:
                waiting.remove(decision)
                run.decide(*decision)
    for decision in waiting:
        run.decide(*decision)
    run.scratch()
    run.dump("end")


def undone(run):
    for rows in batches(run, run.case["rows"]):
        run.batch(rows)
    run.dump("before")
    names = sorted({x for r in run.rows for x in r}, key=run.key)
    a, b = run.rng.choice(names), run.rng.choice(names)
    run.merge(a, b)
    run.dump("merged")
    run.undo()
    run.dump("after")


def between(run):
    parts = list(batches(run, run.case["rows"]))
    for n, rows in enumerate(parts):
        run.add("SELECT coalesce(max(merge_id), 0) AS last FROM clientele_data.merges \\gset")
        run.batch(rows)
        if run.rng.random() < .4:                           # the last merge that these rows have made, undone now or later
            run.add("SELECT coalesce(max(merge_id)::text, '') AS mergea FROM clientele_data.merges WHERE merge_id > :last AND NOT split "
                    "AND because = 'links' \\gset")
            if run.rng.random() < .5 and n + 1 < len(parts):
                continue
            run.undo("a")
            run.dump(f"rows {n}")
        elif run.rng.random() < .5:
            names = sorted({x for r in run.rows for x in r}, key=run.key)
            run.merge(run.rng.choice(names), run.rng.choice(names), "b")
            run.dump(f"merge {n}")
        elif run.rng.random() < .5 and any(f"merge {m}" in run.marks for m in range(n)):
            run.undo("b")
            run.dump(f"undo {n}")
    run.scratch()
    run.dump("end")


def plain(x, run):
    return (x[0][len(run.name) + 1:], x[1])


def compare(run, answers):
    """Compares each dump with the oracle."""
    for what, rows in run.marks.items():
        lines = answers.get(("dump", run.name, what), [])
        decisions = [(d[0], plain(d[1:3], run), plain(d[3:5], run) if d[3] else None)
                     for d in answers.get(("decision", run.name, what), [])]
        case = f"{run.name} {what}: seed {seed} {run.case} {decisions}"
        blocks, shared = oracle.partition(rows, run.case["kinds"], decisions, run.case["max_identities"])
        found = {}
        for kind, value, customer, *_ in lines:
            found.setdefault(customer, set()).add(plain((kind, value), run))
        got = {frozenset(b) for b in found.values()}
        checks.check("blocks", got == blocks, f"wanted {sorted(map(sorted, blocks))}, got {sorted(map(sorted, got))} {case}")
        got = {plain((k, v), run) for k, v, _, s, *_ in lines if s == "t"}
        checks.check("shared", got == shared, f"wanted {sorted(shared)}, got {sorted(got)} {case}")
        journeys = {customer: journey for _, _, customer, _, journey, _ in lines}
        wanted = {c: "{" + ", ".join(event(n + 1) for n, r in enumerate(rows) if oracle.home(r, run.case["kinds"]) in b) + "}"
                  for c, b in found.items()}
        checks.check("journeys", all(w == (journeys[c] or "{}") for c, w in wanted.items()), f"wanted {wanted}, got {journeys} {case}")
        checks.check("numbers", all(now == "t" and gone == "t" for *_, now, gone in answers.get(("owner", run.name, what), [])), case)
    for moved, in answers.get(("scratch", run.name), []):
        checks.check("from scratch", moved == "0", f"{moved} identifiers moved: {run.name} seed {seed} {run.case}")
    if run.name.endswith("one_by_one"):
        ids, owner = oracle.number(run.rows, run.case["kinds"], run.case["max_identities"])
        base = int(answers[("base", run.name)][0][0])
        got = {(plain((k, v), run)): int(c) - base for k, v, c, *_ in answers[("dump", run.name, "end")]}
        checks.check("ids", got == {x: i for b, i in ids.items() for x in b}, f"wanted {ids}, got {got} seed {seed} {run.case}")
        got = {int(c) - base: plain((k, v), run) for c, k, v, *_ in answers[("owner", run.name, "end")]}
        checks.check("owners", got == owner, f"wanted {owner}, got {got} seed {seed} {run.case}")
    if run.name.endswith("undone"):
        before, after = (sorted(answers[(t, run.name, w)]) for t, w in (("dump", "before"), ("dump", "after")))
        checks.check("an undone merge leaves nothing", before == after, f"{before} {after} seed {seed} {run.case}")


EMPTY = """SET client_min_messages = warning;
TRUNCATE clientele_data.customers, clientele_data.identities, clientele_data.identity_links, clientele_data.identity_decisions,
  clientele_data.identity_kinds, clientele_data.identity_hubs, clientele_data.merges, clientele_data.home_journeys, clientele_data.stored_journeys,
  clientele_data.journey_changes CASCADE;
"""


def event(n):
    return f"{n}@2026-01-01T{n // 60:02}:{n % 60:02}:00Z"


checks.new_database("""
CREATE EXTENSION clientele;
CALL clientele.create_store('UTC');
CREATE FUNCTION event(n integer) RETURNS clientele.journey LANGUAGE sql AS $$
  SELECT clientele.journey(timestamptz '2026-01-01 00:00Z' + n * interval '1 minute', n) $$;
-- The first column of a statement, or the SQLSTATE of its error.
CREATE FUNCTION attempt(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
BEGIN
  IF statement IS NULL THEN RETURN 'nothing'; END IF;
  EXECUTE statement INTO result;
  RETURN result;
EXCEPTION WHEN undefined_object OR object_not_in_prerequisite_state OR check_violation OR invalid_parameter_value THEN
  RETURN 'error ' || SQLSTATE;
END $$;
ALTER DATABASE clientele_identity_differential SET synchronous_commit = off;
""")
print(f"seed {seed}, {count} cases")
rng = random.Random(seed)
for first in range(0, count, CHUNK):
    runs = []
    for number in range(first, min(first + CHUNK, count)):
        case = hub_case(rng) if rng.random() < .2 else oracle.random_case(rng)
        for way in (one_by_one, mixed, undone, between):
            name = f"{number}{way.__name__}"
            run = Run(name, case, random.Random(rng.random()))
            way(run)
            runs.append(run)
    answers = {}
    script = EMPTY + "\n".join(s for r in runs for s in r.sql)
    for line in checks.psql(script):
        if len(line) > 2:
            size = 2 if line[0] in ("base", "scratch") else 3
            answers.setdefault(tuple(line[:size]), []).append(line[size:])
    for run in runs:
        compare(run, answers)
checks.drop_database()
checks.end()
