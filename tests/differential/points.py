#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Ledgers of points against an independent implementation, in random cases, and in a store by many sessions at once.

usage: points.py [SEED [COUNT]] [--long]      (default: a fresh seed, 1000 cases; --long: 100000 cases and 50 sessions)

Each ledger, its lots, its balance and the tiers are equal to those of the oracle; rows in another order give the same, and an earlier end
gives a prefix.
"""
import importlib.util
import json
import os
import pathlib
import random
import subprocess
import sys

from checks import PSQL, ROOT, Checks, copy

ORACLE = pathlib.Path(os.environ.get("CLIENTELE_POINTS_ORACLE", ROOT.parent / "shared/oracle/points.py"))
BATCH = 20_000
numbers = [a for a in sys.argv[1:] if not a.startswith("-")]
LONG = "--long" in sys.argv or os.environ.get("CLIENTELE_LONG") == "1"
seed = int(numbers[0]) if numbers else random.randrange(10 ** 9)
count = int(numbers[1]) if len(numbers) > 1 else 100_000 if LONG else 1000

SCHEMA = """
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS points_oracle CASCADE;
CREATE SCHEMA points_oracle;
SET search_path = points_oracle, clientele;
CREATE UNLOGGED TABLE cases (id int, c jsonb);
CREATE FUNCTION day(at timestamptz) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT to_jsonb((extract(epoch FROM at - timestamptz '2026-01-01 00:00Z') / 86400)::integer) $$;
CREATE FUNCTION rules(p jsonb) RETURNS points_def LANGUAGE sql IMMUTABLE AS $$
  SELECT points_def(rate => (p ->> 'rate')::numeric, pending => make_interval(hours => 24 * (p ->> 'pending')::int),
    validity => make_interval(hours => 24 * (p ->> 'validity')::int), shortfall => p ->> 'shortfall',
    tiers => ARRAY(SELECT t ->> 0 FROM jsonb_array_elements(p -> 'tiers') t), tier_points => ARRAY(SELECT (t ->> 1)::bigint FROM jsonb_array_elements(p -> 'tiers') t),
    multipliers => ARRAY(SELECT (t ->> 2)::numeric FROM jsonb_array_elements(p -> 'tiers') t),
    look_back => make_interval(hours => 24 * (p ->> 'look_back')::int), keeps => make_interval(hours => 24 * (p ->> 'keeps')::int)) $$;
-- What the extension says, in the shape of the oracle.
CREATE FUNCTION answer(a point_account) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object(
    'ledger', (SELECT coalesce(jsonb_agg(jsonb_build_array(day(e.at), e.kind, e.lot, e.points, e.event) ORDER BY e.n), '[]')
               FROM unnest(a.entry_ats, a.entry_kinds, a.entry_lots, a.entry_points, a.entry_events) WITH ORDINALITY e (at, kind, lot, points, event, n)),
    'rejected', to_jsonb(a.rejected),
    'lots', (SELECT coalesce(jsonb_agg(jsonb_build_array(l.lot, l.earned, l."left", day(l.f), day(nullif(l.x, 'infinity'))) ORDER BY l.n), '[]')
             FROM unnest(a.lots, a.lot_earned, a.lot_left, a.lot_froms, a.lot_expires) WITH ORDINALITY l (lot, earned, "left", f, x, n)),
    'usable', a.usable, 'pending', a.pending, 'owed', a.owed, 'tier', a.tier, 'tier_points', a.tier_points,
    'tiers', (SELECT coalesce(jsonb_agg(jsonb_build_array(day(t.at), t.tier) ORDER BY t.n), '[]')
              FROM unnest(a.tier_ats, a.tiers) WITH ORDINALITY t (at, tier, n))) $$;
CREATE FUNCTION events(c jsonb, shuffled boolean) RETURNS jsonb LANGUAGE sql AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('event', e ->> 'id', 'kind', e ->> 'kind', 'at', timestamptz '2026-01-01 00:00Z' + make_interval(hours => 24 * (e ->> 'at')::int),
      'amount', e ->> 'amount', 'of', e ->> 'of', 'points', e ->> 'points') ORDER BY CASE WHEN shuffled THEN md5((e ->> 'id') || (c ->> 'until')) END, n), '[]')
  FROM jsonb_array_elements(c -> 'events') WITH ORDINALITY x (e, n) $$;
CREATE FUNCTION asked(c jsonb, until integer, shuffled boolean) RETURNS jsonb LANGUAGE sql AS $$
  SELECT answer(point_account_of(rules(c -> 'program'), events(c, shuffled), timestamptz '2026-01-01 00:00Z' + make_interval(hours => 24 * until))) $$;
"""
# The expected parts that differ, and whether an earlier end gives other entries at the beginning.
COMPARED = """
SET search_path = points_oracle, clientele;
SELECT c.id, string_agg(k.key, ' ') FILTER (WHERE c.c -> k.key IS DISTINCT FROM c.a -> k.key),
       bool_or(k.key = 'ledger' AND EXISTS (
         SELECT FROM jsonb_array_elements(asked(c.c, c.earlier, false) -> 'ledger') WITH ORDINALITY x (row, n)
         WHERE x.row IS DISTINCT FROM c.a -> 'ledger' -> (x.n - 1)::int))
FROM (SELECT c.id, c.c, c.id % (c.c ->> 'until')::int AS earlier, asked(c.c, (c.c ->> 'until')::int, c.id % 2 = 0) AS a FROM cases c OFFSET 0) c,
     unnest('{ledger,rejected,lots,usable,pending,owed,tier,tier_points,tiers}'::text[]) k (key)
GROUP BY c.id ORDER BY c.id;
"""


def ledgers(checks, oracle):
    rng = random.Random(seed)
    checks.psql(SCHEMA)
    for first in range(0, count, BATCH):
        cases = [oracle.case(rng) for _ in range(min(BATCH, count - first))]
        for c in cases:
            if not c["events"]:
                c["tiers"] = []  # nothing has happened
        rows = checks.psql("TRUNCATE points_oracle.cases;\n" + copy("points_oracle.cases", (
            (n, json.dumps(c, ensure_ascii=False)) for n, c in enumerate(cases))) + COMPARED)
        checks.same("number of cases", len(cases), len(rows))
        for number, differing, other in rows:
            checks.check(f"case {first + int(number)}", differing == "" and other == "f",
                         f"{differing} prefix {other}: {json.dumps(cases[int(number)], ensure_ascii=False)}")
    checks.psql("SET client_min_messages = warning; DROP SCHEMA points_oracle CASCADE;")


def refreshed(rng):
    """Events come in several loads, each refreshed at its end: the ledger is that of the whole journeys, computed at once."""
    checks = Checks("points.py", "clientele_points_store")
    rows, ends = [], [10, 25, 40, 90]
    for _ in range(600):
        rows.append((f"c{rng.randrange(40)}", rng.randrange(0, 40 * 24), rng.choice(["purchase", "purchase", "refund"]),
                     rng.choice([10, 25, "33.3", 99]), f"i{rng.randrange(3)}"))
    rows = list({(r[0], r[1]): r for r in rows}.values())
    script = "CALL create_store('UTC');\nCREATE TEMP TABLE names AS SELECT event_type('', 'purchase') AS a, event_type('', 'refund') AS b;\nSELECT define_points(rules());\n"
    for begin, end in zip([0] + ends, ends):
        part = [r for r in rows if begin * 24 < r[1] <= end * 24 or begin == r[1] == 0]
        script += "TRUNCATE ev;\n" + copy("ev", part)
        script += f"""CALL load_events('shown', amount => 'amount', item => 'item');
SELECT refresh_points(timestamptz '2026-01-01 00:00Z' + interval '24 hours' * {end});
"""
    checks.new_database("""
CREATE EXTENSION clientele;
CREATE TABLE ev (customer text, hours integer, event text, amount numeric, item text);
CREATE VIEW shown AS SELECT customer, timestamptz '2026-01-01 00:00Z' + interval '1 hour' * hours AS at, event, amount, item FROM ev;
CREATE FUNCTION rules() RETURNS clientele.points_def LANGUAGE sql AS $$
  SELECT clientele.points_def(returns => 'refund', validity => '20 days', pending => '2 days', tiers => '{a,b,c}', tier_points => '{0,100,300}',
    multipliers => '{1,1.25,2}', look_back => '30 days', keeps => '10 days') $$;
""")
    checks.psql("SET search_path = public, clientele; SET client_min_messages = error;\n" + script)
    differing, entries = checks.psql("""
SELECT count(*) FILTER (WHERE s.list IS DISTINCT FROM l.list), sum(s.n)
FROM (SELECT e.customer_id, string_agg(concat_ws(' ', e.at, e.kind, e.points, e.expires_at), ',' ORDER BY e.entry) AS list, count(*) AS n
      FROM clientele_data.point_entries e GROUP BY 1) s
FULL JOIN (SELECT j.customer_id, string_agg(concat_ws(' ', p.at, p.kind, p.points, p.expires_at), ',' ORDER BY p.entry) AS list, count(*) AS n
           FROM clientele_data.journeys j CROSS JOIN LATERAL clientele.points_ledger(j.journey, rules(), '2026-04-01 00:00Z') p GROUP BY 1) l USING (customer_id);
""")[0]
    checks.same("customers whose ledger is not that of their journey", "0", differing)
    checks.check("there are entries", int(entries) > 500, entries)
    return checks


def spenders(checks, sessions):
    """They all spend the points of one customer, some by the same keys."""
    checks.psql("""
DO $$ BEGIN PERFORM clientele.grant_points(1, 1000, 'start', at => '2026-04-01 00:00Z'); END $$;
CREATE TABLE before AS SELECT usable FROM clientele.points_of(1, '2026-04-01 00:00Z');
""")
    script = "".join(f"SELECT clientele.spend_points(1, {{0}} % 7 * 10 + 5, '{{0}} {n}', '2026-04-02 00:00Z'), clientele.spend_points(1, 9, 'shared {n}', '2026-04-02 00:00Z');\n"
                     for n in range(6))
    running = [subprocess.Popen([PSQL, "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", checks.database], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True) for _ in range(sessions)]
    for number, process in enumerate(running):
        process.stdin.write(script.replace("{0}", str(number)))
        process.stdin.close()
    answers = {}
    for number, process in enumerate(running):
        out, err = process.stdout.read(), process.stderr.read()
        checks.check("a session ends well", process.wait() == 0, err)
        for n, line in enumerate(out.split()):
            answers.setdefault(n, set()).add(line.split("|")[1])
    checks.check("the same key has the same answer", all(len(a) == 1 for a in answers.values()), answers)
    (left, spent, least, right), = checks.psql("""
SELECT p.usable, b.usable - p.usable,
       (SELECT min(r.s) FROM (SELECT sum(e.points) OVER (ORDER BY e.entry) AS s FROM clientele_data.point_entries e WHERE e.customer_id = 1) r),
       (SELECT bool_and(v.points = coalesce((SELECT -sum(e.points) FROM clientele_data.point_entries e WHERE e.event_id = v.event_id), v.points))
        FROM clientele_data.point_events v WHERE v.kind = 'spend')
FROM clientele.points_of(1, '2026-04-02 00:00Z') p, before b;
""")
    checks.check("points were spent, none twice, and never more than there were", int(left) >= 0 and int(spent) > 0 and int(least) >= 0 and right == "t",
                 f"{left} {spent} {least} {right}")
    checks.check("all is spent", sessions < 50 or int(left) < 5, left)


def main():
    checks = Checks("points.py")
    print(f"seed {seed}, {count} cases")
    if not ORACLE.exists():
        checks.skip(f"{ORACLE} is not there")
        checks.end()
    spec = importlib.util.spec_from_file_location("points_oracle", ORACLE)
    oracle = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(oracle)
    ledgers(checks, oracle)
    store = refreshed(random.Random(seed))
    spenders(store, 50 if LONG else 6)
    store.drop_database()
    checks.count(store.passed, store.failed)
    checks.end()


if __name__ == "__main__":
    main()
