#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Funnels in SQL against a brute-force oracle that shares no code with them.

usage: funnel_oracle.py [SEED [COUNT]]      (default: a fresh seed, 3000 cases)

Every case runs through the packed door (funnel_depth, funnel_times) and, where it has the
options, through the raw door (window_funnel) with its rows in random order. Then customers are
grouped and the aggregate's counts, intervals and percentiles are compared, serial and parallel.
"""
import datetime
import importlib.util
import itertools
import math
import pathlib
import random
import sys
import time
import zoneinfo

from checks import PARALLEL, SERIAL, Checks

ORACLE = pathlib.Path(__file__).resolve().parents[3] / "shared/oracle/funnel.py"
BATCH = 10_000
UNITS = [1, 7, 1000, 1_000_000, 60_000_000, 3_600_000_000, 3_599_999_999, 86_400_000_000]
ZONES = ["UTC", "Asia/Shanghai", "America/New_York", "Asia/Kolkata", "Pacific/Apia"]
EPOCH = datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)

SCHEMA = """
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS funnel_oracle CASCADE;
CREATE SCHEMA funnel_oracle;
CREATE UNLOGGED TABLE funnel_oracle.cases (
  id int, grp int, steps text[], within interval, order_mode text, step_windows interval[],
  exclusions text[], same_item boolean, strictly_increasing boolean, natural_day boolean, zone text,
  raw_mode text, depth int, times timestamptz[]);
CREATE UNLOGGED TABLE funnel_oracle.events (
  id int, at timestamptz, type int, item bigint, amount numeric, conditions boolean[]);
"""

# The journeys of all cases; those without events are empty, not NULL.
JOURNEYS = """
SET TimeZone = 'UTC';
CREATE UNLOGGED TABLE funnel_oracle.asked AS
SELECT c.*, coalesce(j.journey, '{}'::clientele.journey) AS journey,
       clientele.funnel_def(c.steps, c.within, c.order_mode, c.step_windows, c.exclusions, c.same_item,
                            c.strictly_increasing, c.natural_day, c.zone) AS def
FROM funnel_oracle.cases c
LEFT JOIN (SELECT id, clientele.journey(at, type, item, amount) FROM funnel_oracle.events GROUP BY id)
  j (id, journey) USING (id);
ALTER TABLE funnel_oracle.asked SET (parallel_workers = 3);
ANALYZE funnel_oracle.asked;
"""

COMPARE = """
SELECT 'packed', id, got_depth, got_times, short_depth FROM (
  SELECT a.*, clientele.funnel_depth(journey, def) AS got_depth,
         clientele.funnel_times(journey, def) AS got_times,
         CASE WHEN order_mode = 'ordered' AND step_windows IS NULL AND exclusions IS NULL AND NOT same_item
               AND NOT strictly_increasing AND NOT natural_day
              THEN clientele.funnel_depth(journey, steps, within) ELSE depth END AS short_depth
  FROM funnel_oracle.asked a) x
WHERE (got_depth, short_depth) IS DISTINCT FROM (depth, depth) OR got_times IS DISTINCT FROM times;
SELECT 'raw', id, got, mode FROM (
  SELECT c.id, max(c.depth) AS depth, max(c.raw_mode) AS mode,
         CASE WHEN max(c.raw_mode) = 'ordered'
              THEN clientele.window_funnel(c.within, e.at, VARIADIC e.conditions)
              ELSE clientele.window_funnel(c.within, e.at, c.raw_mode, VARIADIC e.conditions) END AS got
  FROM funnel_oracle.cases c JOIN funnel_oracle.events e USING (id)
  WHERE c.raw_mode IS NOT NULL GROUP BY c.id) x
WHERE got IS DISTINCT FROM depth;
"""

STEPS = """
SELECT grp, s.step, s.customers, s.conversion, s.conversion_low, s.conversion_high, s.step_conversion,
       s.step_conversion_low, s.step_conversion_high, extract(epoch FROM s.median_time) * 1000000,
       extract(epoch FROM s.p90_time) * 1000000
FROM (SELECT grp, clientele.funnel(journey, def) AS summary FROM funnel_oracle.asked GROUP BY grp) g,
     clientele.funnel_steps(g.summary) s
ORDER BY 1, 2;
"""
DEAR = PARALLEL + "SET max_parallel_workers_per_gather = 3; SET cpu_tuple_cost = 1; SET cpu_operator_cost = 1;\n"
checks = Checks("funnel_oracle")
psql = checks.psql


def load_oracle():
    spec = importlib.util.spec_from_file_location("oracle", ORACLE)
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(module)
    return module


# What the oracle lacks: one calendar day, and any order at distinct instants.


def any_increasing(events, steps, within, same_item):
    """Like the oracle's order 'any', but no two events of the chain at one instant."""
    best = []
    for count in range(min(len(steps), len(events)), 0, -1):
        for chosen in itertools.permutations(events, count):
            times = sorted(e[0] for e in chosen)
            if len(set(times)) < count or (within is not None and times[-1] - times[0] > within):
                continue
            if same_item and (chosen[0][2] is None or len({e[2] for e in chosen}) > 1):
                continue
            if (not best or times < best) and any(
                    all(e[1] in steps[s] for e, s in zip(chosen, which))
                    for which in itertools.combinations(range(len(steps)), count)):
                best = times
        if best:
            break
    return best


def solve(oracle, case):
    args = dict(case["options"])
    steps = [set(s) for s in case["steps"]]
    args["exclusions"] = [(set(t), a, b) for t, a, b in args.get("exclusions", ())]

    def ask(events):
        if args.get("order") == "any" and args.get("strictly_increasing"):
            return any_increasing(events, steps, args["within"], args["same_item"])
        return oracle.funnel(events, steps, **args)

    events = case["events"]
    if case["zone"] is None:
        return ask(events)
    zone, days = zoneinfo.ZoneInfo(case["zone"]), {}
    for e in events:
        at = EPOCH + datetime.timedelta(microseconds=case["base"] + e[0] * case["unit"])
        days.setdefault(at.astimezone(zone).date(), []).append(e)
    best = []
    for day in sorted(days):
        times = ask(days[day])
        if len(times) > len(best) or (len(times) == len(best) and times < best):
            best = times
    return best


def make_case(oracle, rng):
    """A random case of the oracle, dressed: real times, real type numbers, and more options."""
    raw = oracle.random_case(rng)
    events, steps = raw.pop("events"), raw.pop("steps")
    # Nothing is lost by fewer events, and permutations of many take long.
    if raw["order"] == "any" and rng.random() < .3:
        raw["strictly_increasing"] = True
        events = events[:6]
    case = dict(steps=steps, options=raw, events=[tuple(e) for e in events], zone=None)
    case["unit"] = rng.choice(UNITS)
    case["base"] = rng.randrange(-3_000_000_000, 4_000_000_000) * 1_000_000 + rng.choice([0, 0, 1000, 1])
    if rng.random() < .15:
        case["zone"] = rng.choice(ZONES)
        case["unit"] = rng.choice([60_000_000 * 50, 3_600_000_000, 5 * 3_600_000_000])
    width = rng.choice([10, 1000, 2**31 - 1])
    case["types"] = rng.sample(range(width), 4)
    return case


def finish(oracle, case):
    case["answer"] = solve(oracle, case)
    return case


# COPY's text form


def text(value):
    return r"\N" if value is None else str(value)


def array(values):
    return "{" + ",".join("NULL" if v is None else f'"{v}"' for v in values) + "}"


def instant(micros):
    return (EPOCH + datetime.timedelta(microseconds=micros)).strftime("%Y-%m-%d %H:%M:%S.%f+00")


def length(case, units):
    return None if units is None else f"{units * case['unit']} microseconds"


def selector(case, types):
    return "|".join(f"#{case['types'][t]}" for t in types)


def raw_mode(case):
    """The mode in which window_funnel has the same options, or None."""
    o = case["options"]
    if o.get("same_item") or o.get("step_windows") or o.get("exclusions") or case["zone"]:
        return None
    if not case["events"]:
        return None  # no row, no answer
    return o["order"] + (",strictly_increasing" if o.get("strictly_increasing") else "")


def copy_lines(case, number, group, rng):
    o, at = case["options"], lambda t: instant(case["base"] + t * case["unit"])
    windows = o.get("step_windows")
    exclusions = [f"{selector(case, t)}@{a}-{b}" for t, a, b in o.get("exclusions", ())]
    line = [number, group, array(selector(case, s) for s in case["steps"]), length(case, o["within"]),
            o["order"], None if windows is None else array(length(case, w) for w in windows),
            array(exclusions) if exclusions else None, o.get("same_item", False),
            o.get("strictly_increasing", False), case["zone"] is not None, case["zone"], raw_mode(case),
            len(case["answer"]), array(at(t) for t in case["answer"])]
    events = list(case["events"])
    rng.shuffle(events)
    rows = [[number, at(t), case["types"][k], item, rng.choice([None, "19.99", "-0.000001"]),
             array(k in s for s in case["steps"])] for t, k, item in events]
    return "\t".join(map(text, line)), ["\t".join(map(text, row)) for row in rows]


def loading(cases, rng):
    lines = [copy_lines(case, i, case.get("group", 0), rng) for i, case in enumerate(cases)]
    events = [row for _, rows in lines for row in rows]
    rng.shuffle(events)
    out = [SCHEMA, "COPY funnel_oracle.cases FROM STDIN;\n"]
    out += [line + "\n" for line, _ in lines] + ["\\.\n", "COPY funnel_oracle.events FROM STDIN;\n"]
    out += [row + "\n" for row in events] + ["\\.\n", JOURNEYS]
    return "".join(out)


def run_cases(oracle, rng, count):
    for start in range(0, count, BATCH):
        cases = [finish(oracle, make_case(oracle, rng)) for _ in range(min(BATCH, count - start))]
        different = psql(loading(cases, rng) + COMPARE)
        checks.count(len(cases) + sum(raw_mode(c) is not None for c in cases) - len(different), 0)
        for row in different:
            checks.check("an answer", False, f"{row} {cases[int(row[1])]}")


# The aggregate


def wilson(successes, trials):
    """Brown, Cai and DasGupta (2001), equation 4, with the quantile of the standard library."""
    import statistics
    z = statistics.NormalDist().inv_cdf(0.975)
    p, n = successes / trials, trials
    middle = (successes + z * z / 2) / (n + z * z)
    half = z * math.sqrt(n) / (n + z * z) * math.sqrt(p * (1 - p) + z * z / (4 * n))
    return p, middle - half, middle + half


def percentile(values, p):
    values = sorted(values)
    row = p * (len(values) - 1)
    low, high = values[math.floor(row)], values[math.ceil(row)]
    return low + (high - low) * (row - math.floor(row))


def expected_steps(cases):
    first = cases[0]
    rows, before = [], None
    for step in range(1, len(first["steps"]) + 1):
        reached = [c["answer"] for c in cases if len(c["answer"]) >= step]
        start = before if step > 1 else len(reached)
        all_ = wilson(len(reached), rows[0][1]) if rows and rows[0][1] else (
            wilson(len(reached), len(reached)) if step == 1 and reached else (None,) * 3)
        one = wilson(len(reached), start) if start else (None,) * 3
        waits = [(a[step - 1] - a[step - 2]) * first["unit"] for a in reached] if step > 1 else []
        times = [percentile(waits, p) if waits else None for p in (.5, .9)]
        rows.append([step, len(reached), *all_, *one, *times])
        before = len(reached)
    return rows


def same_row(got, wanted):
    for g, w, slack in zip(got, wanted, [0, 0] + [1e-12] * 6 + [1.0] * 2):
        if (g == "") != (w is None) or (w is not None and abs(float(g) - w) > slack):
            return False
    return True


def run_groups(oracle, rng, groups):
    cases, wanted = [], {}
    for g in range(groups):
        one = make_case(oracle, rng)
        members = []
        for _ in range(rng.choice([1, 2, 10, 60])):
            events = [tuple(e) for e in oracle.random_case(rng)["events"]][:6]
            members.append(finish(oracle, dict(one, events=events, group=g)))
        cases += members
        wanted[g] = expected_steps(members)
    script = loading(cases, rng)
    plan = "EXPLAIN (COSTS OFF) " + STEPS.strip()
    for name, settings in (("serial", SERIAL), ("parallel", DEAR)):
        got = {}
        for row in psql((script if name == "serial" else "SET TimeZone = 'UTC';\n") + settings + STEPS):
            got.setdefault(int(row[0]), []).append(row[1:])
        for g, rows in wanted.items():
            check = len(got.get(g, [])) == len(rows) and all(map(same_row, got[g], rows))
            checks.check(f"{name} aggregate", check, f"{got.get(g)}, wanted {rows}")
    checks.check("the parallel plan is parallel", any("Partial" in line[0] for line in psql(DEAR + plan)))


def main():
    if not ORACLE.exists():
        checks.skip(f"{ORACLE} is not there")
        checks.end()
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else time.time_ns() % 1_000_000_000
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 3000
    print(f"seed {seed}, {count} cases", flush=True)
    oracle, rng = load_oracle(), random.Random(seed)
    run_cases(oracle, rng, count)
    run_groups(oracle, rng, 60)
    psql("SET client_min_messages = warning; DROP SCHEMA funnel_oracle CASCADE;")
    checks.end()


if __name__ == "__main__":
    main()
