#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Ledgers of points against an independent implementation, in random cases, and in a store by many sessions at once.

usage: points.py [SEED [COUNT]] [--long]      (default: a fresh seed, 2000 cases; --long: 100000 cases and 50 sessions)

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
count = int(numbers[1]) if len(numbers) > 1 else 100_000 if LONG else 2000

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
    checks.end()


if __name__ == "__main__":
    main()
