#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Sequences and retention in raw rows against brute-force oracles that share no code with them.

usage: sequences.py [SEED [COUNT]]      (default: a fresh seed, 3000 cases; 100000 with CLIENTELE_LONG=1)

sequence_match, sequence_count, sequence_match_events, sequence_next_node and retention, by serial and by parallel plans. Rows come
in random order, some with a NULL time or value, false conditions are sometimes NULL, and there may be more than 64 conditions.
"""
import fractions
import importlib.util
import os
import pathlib
import random
import re
import sys
import time

from checks import PARALLEL, SERIAL, Checks, copy

ORACLES = pathlib.Path(__file__).resolve().parents[3] / "shared/oracle"
BATCH = 20_000
START = 1_767_225_600  # 2026-01-01 in UTC

SCHEMA = """
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS sequences_oracle CASCADE;
CREATE SCHEMA sequences_oracle;
CREATE UNLOGGED TABLE sequences_oracle.cases (id int PRIMARY KEY, kind text, pattern text, direction text, base text, fails text);
CREATE UNLOGGED TABLE sequences_oracle.log (id int, at timestamptz, value text, base_condition boolean, met boolean[]);
-- The planner believes in few groups, and that workers should collect them.
ALTER TABLE sequences_oracle.log ALTER id SET (n_distinct = 10);
-- What a case of its own answers, or the SQLSTATE of its error.
CREATE FUNCTION sequences_oracle.one(number int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answer text;
BEGIN
  IF (SELECT kind FROM sequences_oracle.cases WHERE id = number) = 'sequence' THEN
    SELECT clientele.sequence_match(pattern, at, VARIADIC met) INTO answer
    FROM sequences_oracle.cases JOIN sequences_oracle.log USING (id) WHERE id = number;
  ELSE
    SELECT clientele.sequence_next_node(direction, base, at, value, base_condition, VARIADIC met) INTO answer
    FROM sequences_oracle.cases JOIN sequences_oracle.log USING (id) WHERE id = number;
  END IF;
  RETURN answer;
EXCEPTION WHEN OTHERS THEN RETURN 'error ' || SQLSTATE;
END $$;
SET search_path = sequences_oracle, clientele;
SET TimeZone = 'UTC';
"""
SESSION = "SET search_path = sequences_oracle, clientele; SET TimeZone = 'UTC';\n"
SEQUENCES = """
SELECT id, sequence_match(pattern, at, VARIADIC met), sequence_count(pattern, at, VARIADIC met), sequence_match_events(pattern, at, VARIADIC met)
FROM log JOIN cases USING (id) WHERE kind = 'sequence' AND fails IS NULL GROUP BY id;
"""
NODES = """
SELECT id, coalesce('=' || sequence_next_node(direction, base, at, value, base_condition, VARIADIC met), 'none')
FROM log JOIN cases USING (id) WHERE kind = 'next_node' AND fails IS NULL GROUP BY id;
"""
RETENTION = "SELECT id, retention(VARIADIC met)::text FROM log JOIN cases USING (id) WHERE kind = 'raw' GROUP BY id;\n"
ERRORS = "SELECT id, one(id) FROM cases WHERE fails IS NOT NULL;\n"

checks = Checks("sequences.py")


def load(name):
    spec = importlib.util.spec_from_file_location(name, ORACLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def exact(seconds):
    """The seconds of an oracle, which are floating-point numbers, to the microsecond they mean."""
    return fractions.Fraction(round(seconds * 1_000_000), 1_000_000)


def instant(seconds):
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(START + seconds // 1)) + f".{int(seconds % 1 * 1_000_000):06d}+00"


def flags(met, before, rng):
    return "{" + ",".join("t" if m else rng.choice("fN").replace("N", "NULL") for m in [False] * before + met) + "}"


def sequence(oracle, rng):
    case = oracle.random_sequence(rng)
    case["rows"] = [[exact(t), met] for t, met in case["rows"]]
    conditions = len(case["rows"][0][1]) if case["rows"] else 2
    case["expected"] = oracle.answer(case["pattern"], conditions, case["rows"])
    return case


def make(oracle, retention, rng):
    kind = rng.random()
    if kind < .6:
        return sequence(oracle, rng)
    return oracle.random_next_node(rng) if kind < .9 else retention.random_raw(rng)


def rows_of(number, case, rng):
    """What stands in the table for a case, and its answer; conditions that nothing meets may come first."""
    fails = "error" in case["expected"] if isinstance(case["expected"], dict) else False
    before = 0 if fails else rng.choice([0, 0, 0, 62, 70])
    if case["kind"] == "sequence":
        case["pattern"] = re.sub(r"\(\?(\d+)\)", lambda m: f"(?{int(m[1]) + before})", case["pattern"])
        if rng.random() < .2:
            case["pattern"] = rng.choice([" ", "\t", "  "]).join(case["pattern"])
        rows = [(number, instant(t), None, None, flags(met, before, rng)) for t, met in case["rows"]]
    elif case["kind"] == "raw":
        return [(number, None, None, None, "{" + ",".join("NULL" if m is None else str(m) for m in row) + "}") for row in case["rows"]]
    else:
        rows = [(number, instant(t), value, based or rng.choice([False, None]), flags(met, 0, rng)) for t, value, based, met in case["rows"]]
    if rows and rng.random() < .1:
        rows.append((number, *rng.choice([(None, "x"), (rows[0][1], None)] if case["kind"] == "next_node" else [(None, "x")]), True, rows[0][4]))
    return rows


def wanted(case):
    """What psql prints for it."""
    expected = case["expected"]
    if case["kind"] == "raw":
        return ["{" + ",".join("t" if r else "f" for r in expected) + "}"]
    if "error" in expected:
        return ["error " + expected["error"]]
    if case["kind"] == "next_node":
        return ["none" if expected["value"] is None else "=" + expected["value"]]
    times = ",".join('"' + re.sub(r"\.?0+\+00$", "+00", instant(t)) + '"' for t in expected["events"])
    return ["t" if expected["match"] else "f", str(expected["count"]), "{" + times + "}"]


def run(oracle, retention, rng, count):
    for start in range(0, count, BATCH):
        cases = [make(oracle, retention, rng) for _ in range(min(BATCH, count - start))]
        heads, log, answers = [], [], {}
        for number, case in enumerate(cases):
            rows = rows_of(number, case, rng)
            if not rows:
                continue  # no rows, no answer
            answers[number] = wanted(case)
            error = answers[number][0][6:] if answers[number][0].startswith("error ") else None
            heads.append((number, case["kind"], case.get("pattern"), case.get("direction"), case.get("base"), error))
            log += rows
        rng.shuffle(log)
        script = SCHEMA + copy("cases", heads) + copy("log", log) + "ANALYZE cases, log;\n"
        for plan, settings in (("serial", SERIAL), ("parallel", PARALLEL)):
            got = {int(row[0]): row[1:] for row in checks.psql(
                (script if plan == "serial" else SESSION) + settings + SEQUENCES + NODES + RETENTION + ERRORS)}
            checks.check(f"{plan}: as many answers as cases", len(got) == len(answers), f"{len(got)} and {len(answers)}")
            bad = [n for n in answers if got.get(n) != answers[n]]
            checks.count(len(answers) - len(bad), 0)
            for n in bad:
                checks.check(plan, False, f"wanted {answers[n]}, got {got.get(n)} {cases[n]}")
        plan = checks.psql(SESSION + PARALLEL + "EXPLAIN (COSTS OFF) " + SEQUENCES)
        checks.check("the parallel plan is parallel", any("Partial" in line[0] for line in plan), plan)


def main():
    if not ORACLES.exists():
        checks.skip(f"{ORACLES} is not there")
        checks.end()
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else time.time_ns() % 1_000_000_000
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000 if os.environ.get("CLIENTELE_LONG") else 3000
    print(f"seed {seed}, {count} cases", flush=True)
    run(load("sequences"), load("retention"), random.Random(seed), count)
    checks.psql("SET client_min_messages = warning; DROP SCHEMA sequences_oracle CASCADE;")
    checks.end()


if __name__ == "__main__":
    main()
