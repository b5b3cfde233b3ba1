#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""All modes of funnels against a brute-force oracle that shares no code with them.

usage: window_funnel.py [SEED [COUNT]]      (default: a fresh seed and 1500 cases; CLIENTELE_LONG=1: 100,000 cases)

Every case runs through the raw door (window_funnel) and through the packed door (funnel_depth with the same words as order_mode).
Of some cases funnel_times must be the smallest times of a chain of that depth.
"""
import importlib.util
import itertools
import os
import pathlib
import random
import sys
import time

from checks import FORCED, SERIAL, Checks, copy

ORACLE = pathlib.Path(__file__).resolve().parents[3] / "shared/oracle/window_funnel_raw.py"
BATCH = 10_000
UNITS = [1, 3, 1000, 1_000_000, 3_599_999_999, 86_400_000_000]
checks = Checks("window_funnel")

SCHEMA = """
SET client_min_messages = warning; SET TimeZone = 'UTC';
DROP SCHEMA IF EXISTS window_funnel_test CASCADE;
CREATE SCHEMA window_funnel_test;
SET search_path = window_funnel_test, clientele, public;
CREATE UNLOGGED TABLE cases (id int, within interval, mode text, steps text[], depth int, times timestamptz[]);
CREATE UNLOGGED TABLE events (id int, at timestamptz, type int, conditions boolean[]);
"""

COMPARE = """
ANALYZE cases; ANALYZE events;
SELECT 'raw', id, got FROM (
  SELECT id, c.depth, window_funnel(c.within, e.at, c.mode, VARIADIC e.conditions) AS got
  FROM cases c JOIN events e USING (id) GROUP BY id, c.depth, c.within, c.mode) x
WHERE got IS DISTINCT FROM depth;
"""

PACKED = """
SELECT 'packed', id, got, got_times FROM (
  SELECT c.*, funnel_depth(journey, def) AS got, funnel_times(journey, def) AS got_times
  FROM (SELECT c.*, coalesce(j, '{}') AS journey, funnel_def(steps, within, mode) AS def
        FROM cases c LEFT JOIN (SELECT id, journey(at, type) AS j FROM events WHERE at IS NOT NULL GROUP BY id) j USING (id)) c) x
WHERE got IS DISTINCT FROM depth OR cardinality(got_times) <> depth OR got_times IS DISTINCT FROM coalesce(times, got_times);
"""


def load_oracle():
    spec = importlib.util.spec_from_file_location("oracle", ORACLE)
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(module)
    return module


def smallest_times(oracle, case, depth):
    """The smallest times of a chain of this depth, by trying every chain in every order."""
    if depth == 0:
        return []
    within, modes, best = case["within"], set(case["modes"]), None
    for order in oracle.orders(oracle.split(case["rows"], modes)):
        places = [[p for p, row in enumerate(order) if step in row[1]] for step in range(depth)]
        for chain in itertools.product(*places):
            if all(a < b for a, b in zip(chain, chain[1:])):
                times = [order[p][0] for p in chain]
                if (best is None or times < best) and oracle.valid(list(chain), order, within, modes):
                    best = times
    return best or []


def rows_of(oracle, rng, count):
    """The cases, and the lines of both tables."""
    cases, lines, events = [], [], []
    for i in range(count):
        case = oracle.random_case(rng)
        depth = oracle.solve(case)
        unit, base = rng.choice(UNITS), rng.randrange(0, 2_000_000_000) * 1_000_000 + rng.choice([0, 0, 1, 999_999])
        words = list(case["modes"]) or ["ordered"]
        rng.shuffle(words)
        if rng.random() < .2:
            words = [w.replace("strict_increase", "strictly_increasing") for w in words]
        mode = rng.choice([",", ", ", " , "]).join(words)
        kinds = {}
        for _, met in case["rows"]:
            kinds.setdefault(tuple(met), len(kinds) + 1)
        steps = ["|".join(f"#{n}" for met, n in kinds.items() if met[s]) or "#99" for s in range(case["steps"])]
        few = len(case["rows"]) <= 5 and case["steps"] <= 4 and rng.random() < .4
        times = [micros(t * unit + base) for t in smallest_times(oracle, case, depth)] if few else None
        within = None if case["within"] is None else f"{case['within'] * unit} microseconds"
        lines.append([i, within, mode, array(steps), depth, None if times is None else array(times)])
        rows = [[i, micros(t * unit + base), kinds[tuple(met)],
                 array(None if not m and rng.random() < .1 else m for m in met)] for t, met in case["rows"]]
        if rows and rng.random() < .05:
            rows.append([i, None, 1, array([True] * case["steps"])])
        events += rows
        cases.append(case)
    rng.shuffle(events)
    return cases, lines, events


def micros(value):
    days, rest = divmod(value, 86_400_000_000)
    return (time.strftime("%Y-%m-%d", time.gmtime(days * 86400))
            + f" {rest // 3_600_000_000:02}:{rest // 60_000_000 % 60:02}:{rest // 1_000_000 % 60:02}.{rest % 1_000_000:06}+00")


def array(values):
    return "{" + ",".join("NULL" if v is None else str(v).lower() if isinstance(v, bool) else f'"{v}"' for v in values) + "}"


def main():
    if not ORACLE.exists():
        checks.skip(f"{ORACLE} is not there")
        checks.end()
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else time.time_ns() % 1_000_000_000
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000 if os.environ.get("CLIENTELE_LONG") == "1" else 1500
    print(f"seed {seed}, {count} cases", flush=True)
    oracle, rng = load_oracle(), random.Random(seed)
    for start in range(0, count, BATCH):
        cases, lines, events = rows_of(oracle, rng, min(BATCH, count - start))
        different = checks.psql(SCHEMA + copy("cases", lines) + copy("events", events) + SERIAL + COMPARE + PACKED + FORCED + COMPARE)
        checks.count(3 * len(cases) - len(different), 0)
        for row in different:
            checks.check("an answer", False, f"{row} {cases[int(row[1])]} depth {lines[int(row[1])]}")
    checks.psql("SET client_min_messages = warning; DROP SCHEMA window_funnel_test CASCADE;")
    checks.end()


if __name__ == "__main__":
    main()
