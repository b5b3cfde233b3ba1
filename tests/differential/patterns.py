#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Patterns in SQL against a back-tracking oracle that shares no code with them.

usage: patterns.py [SEED [COUNT]]      (default: a fresh seed, 2500 cases; 100,000 with CLIENTELE_LONG=1)

Every case runs through the packed door (journey_matches, journey_match_count, journey_match_times) and, with
names in place of numbers, through the raw door with its rows in random order. The oracle's wrong patterns
must fail at its character. Then some patterns are counted over many customers, serial, parallel and in halves
that are merged.
"""
import importlib.util
import json
import math
import os
import pathlib
import random
import re
import statistics
import sys
import time

from checks import FORCED, SERIAL, Checks, copy

ORACLE = pathlib.Path(__file__).resolve().parents[3] / "shared/oracle/pattern.py"
BATCH = 10_000
START = 1_767_225_600_000_000  # 2026-01-01 in microseconds

SCHEMA = r"""
CREATE EXTENSION clientele;
CALL clientele.create_store();
INSERT INTO clientele_data.event_types (event_type_id, event) OVERRIDING SYSTEM VALUE SELECT i, 'e' || i FROM generate_series(1, 9) i;
CREATE FUNCTION instant(bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE
  RETURN timestamptz 'epoch' + $1 * interval '1 microsecond';
CREATE FUNCTION micros(timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE RETURN (extract(epoch FROM $1) * 1000000)::bigint;
CREATE FUNCTION trouble(text) RETURNS text LANGUAGE plpgsql AS $$BEGIN
  PERFORM $1::clientele.pattern;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN RETURN sqlstate || coalesce(' ' || substring(sqlerrm FROM 'at character (\d+): '), '');
END$$;
CREATE UNLOGGED TABLE cases (id int, pattern text, names text, within bigint, session_gap bigint, wrong boolean);
CREATE UNLOGGED TABLE events (id int, at bigint, type int);
"""

ASK = r"""
SELECT id, trouble(pattern) FROM cases WHERE wrong ORDER BY 1;
SELECT id, clientele.journey_matches(journey, p), clientele.journey_match_count(journey, p), (
    SELECT coalesce(json_agg(json_build_array(match, name, micros(started_at), micros(ended_at), events) ORDER BY ordinality), '[]')
    FROM clientele.journey_match_times(journey, p) WITH ORDINALITY)
FROM (SELECT c.id, clientele.pattern(c.pattern, c.within * interval '1 microsecond', c.session_gap * interval '1 microsecond') AS p,
             coalesce(j.journey, '{}'::clientele.journey) AS journey
      FROM cases c LEFT JOIN (SELECT id, clientele.journey(instant(at), type) FROM events GROUP BY id) j (id, journey) USING (id)
      WHERE NOT c.wrong) x ORDER BY 1;
SELECT id, 'raw', clientele.journey_matches(instant(at), 'e' || type, p), clientele.journey_match_count(instant(at), 'e' || type, p)
FROM (SELECT id, clientele.pattern(names, within * interval '1 microsecond', session_gap * interval '1 microsecond') AS p
      FROM cases WHERE NOT wrong) c JOIN events e USING (id)
GROUP BY id ORDER BY 1;
"""

TABLES = r"""
CREATE UNLOGGED TABLE asked AS
SELECT c.id, c.id / 100 AS grp, j.journey,
       clientele.pattern(c.pattern, c.within * interval '1 microsecond', c.session_gap * interval '1 microsecond') AS pattern
FROM cases c LEFT JOIN (SELECT id, clientele.journey(instant(at), type) FROM events GROUP BY id) j (id, journey) USING (id);
ANALYZE asked;
"""

ROWS = """
SELECT grp, name, customers, matched, matches, share, low, high, extract(epoch FROM median_time) * 1000000,
       extract(epoch FROM p90_time) * 1000000
FROM (SELECT grp, {summary} AS summary FROM {source} GROUP BY grp) g, clientele.pattern_groups(summary) WITH ORDINALITY
ORDER BY grp, ordinality;
"""
HALVES = "(SELECT grp, clientele.pattern_matches(journey, pattern) AS half FROM asked GROUP BY grp, id % 2) h"

checks = Checks("patterns", "clientele_pattern_cases", "SET client_min_messages = warning;\n")


def load_oracle():
    spec = importlib.util.spec_from_file_location("oracle", ORACLE)
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(module)
    return module


def micros(seconds):
    return None if seconds is None else round(seconds * 1_000_000)


def loading(cases, rng):
    rows = [[i, c["pattern"], re.sub(r"#(\d)", r"e\1", c["pattern"]), micros(c["within"]), micros(c["session_gap"]),
             "error" in c["expected"]] for i, c in cases]
    events = [[i, START + micros(at), kind] for i, c in cases for at, kind in c["events"]]
    rng.shuffle(events)
    return "TRUNCATE cases, events;\n" + copy("cases", rows) + copy("events", events)


def wanted(case):
    """What the three questions return, and what the raw door does."""
    expected = case["expected"]
    if "error" in expected:
        return [[f"{expected['error']} {expected['position']}"]]
    flag, count = "t" if expected["matches"] else "f", str(expected["count"])
    times = [[number, name, None if first is None else START + micros(first), None if last is None else START + micros(last), taken]
             for number, name, first, last, taken in expected["times"]]
    return [[flag, count, times]] + ([["raw", flag, count]] if case["events"] else [])


def run_cases(cases, rng):
    got = {}
    for row in checks.psql(loading(list(enumerate(cases)), rng) + ASK):
        answer = row[1:-1] + [json.loads(row[-1])] if len(row) == 4 and row[1] != "raw" else row[1:]
        got.setdefault(int(row[0]), []).append(answer)
    for i, case in enumerate(cases):
        checks.same("an answer", wanted(case), got.get(i), json.dumps(case, ensure_ascii=False))


# The aggregate


def wilson(successes, trials):
    """Brown, Cai and DasGupta (2001), equation 4, with the quantile of the standard library."""
    z = statistics.NormalDist().inv_cdf(0.975)
    p, n = successes / trials, trials
    middle = (successes + z * z / 2) / (n + z * z)
    half = z * math.sqrt(n) / (n + z * z) * math.sqrt(p * (1 - p) + z * z / (4 * n))
    return [p, middle - half, middle + half]


def percentile(values, p):
    values = sorted(values)
    row = p * (len(values) - 1)
    low, high = values[math.floor(row)], values[math.ceil(row)]
    return low + (high - low) * (row - math.floor(row))


def summary(members):
    """The rows of pattern_groups for customers that have events."""
    names, rows, customers = None, [], len(members)
    for case in members:
        names = names or list(dict.fromkeys(row[1] for row in case["expected"]["times"]))
    for name in names or [None]:
        times, matched = [], 0
        for case in members:
            starts = {row[0]: row[2] for row in case["expected"]["times"] if row[1] is None}
            mine = [row for row in case["expected"]["times"] if row[1] == name and row[4] > 0]
            matched += bool(mine)
            times += [micros((row[3] if name is None else row[2]) - starts[row[0]]) for row in mine]
        rows.append([name or "", customers, matched, len(times)] + (wilson(matched, customers) if customers else [None] * 3) +
                    [percentile(times, p) if times else None for p in (.5, .9)])
        customers = rows[0][2]
    return rows


def same_row(got, rows):
    for g, w, slack in zip(got, rows, [None, 0, 0, 0, 1e-12, 1e-12, 1e-12, 1, 1]):
        if slack is None:
            good = g == w
        else:
            good = (g == "") == (w is None) and (w is None or abs(float(g) - w) <= slack)
        if not good:
            return False
    return True


def run_groups(oracle, rng, count):
    cases, expected = [], {}
    while len(expected) < count:
        one = oracle.random_answer(rng)
        if "error" in one["expected"] or not one["expected"]["matches"]:
            continue
        group, members = len(expected), [one]
        for _ in range(rng.choice([1, 10, 40, 40])):
            case = dict(one, events=oracle.random_case(rng)["events"])
            try:
                members.append(dict(case, expected=oracle.answer(case)))
            except oracle.TooMany:
                pass
        cases += [(100 * group + i, case) for i, case in enumerate(members)]
        expected[group] = summary([m for m in members if m["events"]])
    ways = [("serial", SERIAL, "clientele.pattern_matches(journey, pattern)", "asked"),
            ("parallel", FORCED, "clientele.pattern_matches(journey, pattern)", "asked"),
            ("merged", SERIAL, "clientele.pattern_merge(half)", HALVES)]
    script = loading(cases, rng) + TABLES
    for name, settings, call, source in ways:
        got = {}
        for row in checks.psql(script + settings + ROWS.format(summary=call, source=source)):
            got.setdefault(int(row[0]), []).append(row[1:])
        for group, rows in expected.items():
            good = len(got.get(group, [])) == len(rows) and all(map(same_row, got[group], rows))
            checks.check(f"{name} summary", good, f"got {got.get(group)}, wanted {rows}")
        script = ""


def main():
    if not ORACLE.exists():
        checks.skip(f"{ORACLE} is not there")
        checks.end()
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else time.time_ns() % 1_000_000_000
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000 if os.environ.get("CLIENTELE_LONG") else 2500
    print(f"seed {seed}, {count} cases", flush=True)
    oracle, rng = load_oracle(), random.Random(seed)
    checks.new_database(SCHEMA)
    run_cases([dict(pattern=p, within=None, session_gap=None, events=[], expected=oracle.answer(
        dict(pattern=p, within=None, session_gap=None, events=[]))) for p in oracle.SYNTAX], rng)
    for start in range(0, count, BATCH):
        run_cases([oracle.random_answer(rng) for _ in range(min(BATCH, count - start))], rng)
    run_groups(oracle, rng, 30)
    checks.drop_database()
    checks.end()


if __name__ == "__main__":
    main()
