#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""The effect of tests with a control group, and of campaigns, against an oracle that shares no code with them.

usage: effect.py [--long] [--campaigns] [SEED [COUNT]]      (default: a fresh seed, 200 cases and 12 campaigns; 10,000 and 60 with --long)

Each case is a group of one query. Summaries must be the same bytes in serial, in parallel, in reverse and joined from parts.
--campaigns simulates what is promised of 2,000 tests instead: how many are significant without any effect, at the end and at any look, and
how many of those with an effect of two points.
"""
import fractions
import math
import os
import random
import sys
import time

from checks import FORCED, SERIAL, Checks, changed_bytes, copy
from oracles import load_oracle

DATABASE = "clientele_effect_differential"
checks = Checks("effect", DATABASE, "SET search_path = public, clientele; SET client_min_messages = warning;\n")
check, psql = checks.check, checks.psql
KINDS = {"newcombe", "welch", "cuped", "always_valid", "srm"}


def near(got, want):
    if want is None or got == "":
        return want is None and got == ""
    return abs(float(got) - want) <= 1e-9 * max(1, abs(want))


def explained(rows):
    """Whether the value before explains all except what was rounded, so that the oracle's variance is what rounding has left."""
    exact = [(t, fractions.Fraction(x), fractions.Fraction(y)) for t, x, y in rows]
    cross = square = total = fractions.Fraction(0)
    for g in (True, False):
        arm = [(x, y) for t, x, y in exact if t == g]
        mx, my = sum(x for x, _ in arm) / len(arm), sum(y for _, y in arm) / len(arm)
        cross += sum((x - mx) * (y - my) for x, y in arm)
        square += sum((x - mx)**2 for x, _ in arm)
        total += sum((y - my)**2 for _, y in arm)
    return total * square - cross**2 <= fractions.Fraction(1, 10**20) * total * square and total > 0


def rates(oracle_cases):
    asked = "".join(f"SELECT {i}, r.* FROM rate_difference({c['a']}, {c['m']}, {c['b']}, {c['n']}) r;\n" for i, c in oracle_cases["newcombe"])
    asked += "".join(f"SELECT {i}, r.* FROM always_valid({c['difference']!r}, {c['variance']!r}, {c['tau']!r}) r;\n" for i, c in oracle_cases["always_valid"])
    asked += "".join(f"SELECT {i}, sample_ratio({c['treated']}, {c['control']}, {c['share']!r});\n" for i, c in oracle_cases["srm"])
    got = {int(row[0]): row[1:] for row in psql(asked)}
    wanted = {"newcombe": ("difference", "low", "high", "p_value"), "always_valid": ("p_value", "low", "high"), "srm": ("p_value",)}
    for kind, names in wanted.items():
        for i, c in oracle_cases[kind]:
            for name, value in zip(names, got[i]):
                check(f"{kind} {name}", near(value, c[name]), f"{c} got {value}")


OUTCOMES = """
CREATE TABLE serial AS SELECT id, campaign_outcome(treated, converted, value, before) AS s FROM outcomes GROUP BY id;
CREATE TABLE counts AS SELECT id, campaign_outcome(treated, converted) AS s FROM outcomes GROUP BY id;
"""
RESULTS = """SELECT id, measure, treated, control, treated_mean, control_mean, difference, standard_error, df, low, high, p_value, theta, reduction,
  always_p, always_low, always_high, extra FROM serial, effect_result(s) ORDER BY id, measure;"""
NAMES = ["treated", "control", "treated_mean", "control_mean", "difference", "standard_error", "df", "low", "high", "p_value", "theta",
         "reduction", "always_p", "always_low", "always_high", "extra"]


def outcomes(cases, oracle, rng):
    rows, of = [], {}
    for kind in ("newcombe", "welch", "cuped"):
        for i, c in cases[kind]:
            if kind == "newcombe":
                made = [(k < c["m"], k < c["a"] if k < c["m"] else k - c["m"] < c["b"], 0, 0) for k in range(c["m"] + c["n"])]
            elif kind == "welch":
                made = [(t, False, v, 0) for t, values in ((True, c["treated"]), (False, c["control"])) for v in values]
            else:
                made = [(bool(t), rng.random() < 0.5, y, x) for t, x, y in c["rows"]]
            of[i] = (kind, c, made)
            rows += [(i, *row) for row in made]
    rng.shuffle(rows)
    psql("DROP TABLE IF EXISTS outcomes, serial, counts;\n"
         "CREATE TABLE outcomes (id int, treated boolean, converted boolean, value float8, before float8);\n"
         + copy("outcomes", [(i, t, c, repr(y), repr(x)) for i, t, c, y, x in rows]) +
         "ALTER TABLE outcomes SET (parallel_workers = 2); ANALYZE outcomes;\n" + OUTCOMES)
    got = {}
    for row in psql(RESULTS):
        got.setdefault(int(row[0]), {})[row[1]] = dict(zip(NAMES, row[2:]))
    for i, (kind, c, made) in of.items():
        if not made:
            check(f"{kind} of none", i not in got)
            continue
        result = got[i]
        arms = [[r for r in made if r[0] == g] for g in (True, False)]
        a, b = (sum(r[1] for r in arm) for arm in arms)
        d, low, high = oracle.newcombe(a, len(arms[0]), b, len(arms[1]))
        want = dict(difference=d, low=low, high=high, p_value=oracle.fisher(a, len(arms[0]), b, len(arms[1])))
        compare(i, "conversion", result["conversion"], want, c)
        d, se, df, p, low, high = oracle.welch(*([r[2] for r in arm] for arm in arms))
        want = dict(difference=d, standard_error=se, df=df, p_value=p, low=low, high=high)
        want["extra"] = None if d is None else d * len(arms[0])
        if d is not None and se:
            mean = math.fsum(r[2] for r in made) / len(made)
            want.update(zip(("always_p", "always_low", "always_high"), oracle.always_valid(d, se * se, abs(mean) / 10)))
        compare(i, "value", result["value"], want, c)
        if kind == "cuped" and c["theta"] is not None:
            want = {name: c[name] for name in ("theta", "reduction", "difference", "low", "high", "p_value")}
            if explained([(r[0], r[3], r[2]) for r in made]):
                want = {name: c[name] for name in ("theta", "reduction", "difference")}
            compare(i, "adjusted", result["adjusted value"], want, c)
            check("raw difference", near(result["value"]["difference"], c["raw_difference"]), f"{c}")


def compare(i, what, got, want, case):
    for name, value in want.items():
        check(f"{i} {what} {name}", near(got[name], value), f"wanted {value}, got {got[name]} of {case}")


def plans():
    """The same bytes whatever the plan and the order of rows."""
    aggregate = "SELECT id, campaign_outcome(treated, converted, value, before%s) AS s FROM outcomes GROUP BY id"
    asked = {"parallel": (FORCED, aggregate % ""),
             "reversed": (SERIAL, aggregate % " ORDER BY before DESC, value, converted, treated"),
             "shuffled": (SERIAL, aggregate % " ORDER BY hashfloat8(value + before)"),
             "merged": (FORCED, "SELECT id, campaign_outcome_merge(s ORDER BY part DESC) AS s FROM (SELECT id, abs(hashfloat8(value)) % 5 AS part,"
                                " campaign_outcome(treated, converted, value, before) AS s FROM outcomes GROUP BY 1, 2) x GROUP BY id")}
    for name, (settings, query) in asked.items():
        (good, bad), = psql(f"""{settings}SELECT count(*) FILTER (WHERE same), count(*) FILTER (WHERE NOT same) FROM (
          SELECT coalesce(effect_summary_send(a.s) = effect_summary_send(b.s), false) AS same FROM ({query}) a FULL JOIN serial b USING (id)) x;""")
        check(f"{name} plan", int(good) > 0 and bad == "0", f"{good} same, {bad} differ", int(good))


CORRUPT = ("effect_summary", "SELECT s::text FROM (SELECT s FROM serial UNION ALL SELECT s FROM counts) x ORDER BY random() LIMIT 100",
           ["r.* FROM effect_result(v, 0.5) r", "campaign_outcome_merge(x) FROM (VALUES (v), (v)) y (x)"])


# Campaigns: random stores, measured again from the events.

STORE = """
DROP SCHEMA IF EXISTS clientele_data, clientele_bi CASCADE;
CALL create_store('{zone}');
INSERT INTO clientele_data.event_types VALUES (1, 'web', 'view'), (2, 'web', 'purchase'), (3, 'app', 'purchase');
"""


def campaigns(rng, oracle, count):
    zone = rng.choice(["UTC", "Asia/Shanghai", "Europe/Berlin"])
    people, start = 150, 1_770_000_000 - 1_770_000_000 % 3600
    day = 86400
    merged = {c: rng.randrange(1, c) for c in rng.sample(range(100, people + 1), 10)}
    merged = {c: k for c, k in merged.items() if k not in merged}
    events = [(c, start + rng.randrange(-30 * day, 60 * day), rng.choice([1, 1, 2, 3]), round(rng.expovariate(0.02), 2))
              for c in range(1, people + 1) if c not in merged for _ in range(rng.choice([0, 0, 1, 5, 12]))]
    journeys = [(c, at, kind, None if kind == 1 else amount) for c, at, kind, amount in events]
    asked, members = [], []
    for i in range(1, count + 1):
        value = rng.choice([None, "purchase", "app:purchase"])
        asked.append([i, f"c{i}", rng.choice([0.1, 0.5, 0.3]), rng.choice(["purchase", "web:*", "web:purchase"]), value,
                      rng.choice([1, 5, 20]), rng.choice([0, 7, 14]), rng.choice([None, 0.25]), start + rng.randrange(-10 * day, 10 * day)])
        inside = rng.sample(range(1, people + 1), rng.choice([0, 1, 2, 10, 80]))
        members += [(i, c, rng.random() > asked[-1][2]) for c in inside]
    psql(STORE.format(zone=zone) + f"INSERT INTO clientele_data.customers (customer_id, created_at) SELECT g, now() FROM generate_series(1, {people}) g;\n"
         + "".join(f"UPDATE clientele_data.customers SET merged_into = {k} WHERE customer_id = {c};\n" for c, k in merged.items())
         + "CREATE TEMP TABLE ev (c bigint, at float8, kind int, amount numeric);\n" + copy("ev", journeys)
         + "INSERT INTO clientele_data.journeys SELECT c, journey(to_timestamp(at), kind, NULL::bigint, amount) FROM ev GROUP BY c;\n"
         + "".join("INSERT INTO clientele_data.campaigns (campaign_id, name, action, share, goal, value, within, before, cost, started_at, matched, refused, in_global_control, overlapping) "
                   f"VALUES ({i}, '{name}', 'a', {share}, '{goal}', {'NULL' if value is None else repr(value)}, '{24 * within} hours', '{24 * before} hours', "
                   f"{'NULL' if cost is None else cost}, to_timestamp({at}), 0, 0, 0, 0);\n" for i, name, share, goal, value, within, before, cost, at in asked)
         + copy("clientele_data.campaign_members (campaign_id, customer_id, treated)", members))
    picks = {"purchase": {2, 3}, "app:purchase": {3}, "web:*": {1, 2}, "web:purchase": {2}}
    names = ["measure", "treated", "control", "treated_sum", "control_sum", "difference", "low", "high", "p_value", "theta", "reduction", "always_p", "is_final",
             "pending", "overlap", "members"]
    script, looks = "", []
    for number, (i, name, *_, at) in enumerate(asked):
        within = asked[number][5] * day
        look = at + rng.choice([-day, 0, within // 2, within - 1, within, within + day])
        so_far = rng.random() < 0.5
        looks.append((look, so_far))
        script += f"SELECT {number}, {', '.join(names)} FROM campaign_effect('{name}', to_timestamp({look}), {so_far});\n"
    got = {}
    for row in psql(script):
        got.setdefault(int(row[0]), {})[row[1]] = dict(zip(names, row[1:]))
    for number, (i, name, share, goal, value, within, before, _, at) in enumerate(asked):
        look, so_far = looks[number]
        end = at + within * day
        final = look >= end
        to = end if final else max(look, at) if so_far else None
        mine = [(c, t) for k, c, t in members if k == i]
        rows = []
        for c, t in mine if to is not None else []:
            own = [e for e in events if e[0] == merged.get(c, c)]
            rows.append((t, any(at <= e[1] < to and e[2] in picks[goal] for e in own),
                         math.fsum(e[3] for e in own if value and at <= e[1] < to and e[2] in picks[value] and e[2] != 1),
                         math.fsum(e[3] for e in own if value and at - before * day <= e[1] < at and e[2] in picks[value] and e[2] != 1)))
        arms = [[r for r in rows if r[0] == g] for g in (True, False)]
        other = {c for k, c, _ in members if k != i and asked[k - 1][8] < end and asked[k - 1][8] + asked[k - 1][5] * day > at}
        a, b = (sum(r[1] for r in arm) for arm in arms)
        d, low, high = oracle.newcombe(a, len(arms[0]), b, len(arms[1]))
        want = dict(treated=len(arms[0]), control=len(arms[1]), difference=d, low=low, high=high, pending=0 if final else len(mine),
                    overlap=sum(c in other for c, _ in mine), members=len(mine))
        compare(name, "conversion", got[number]["conversion"], want, asked[number])
        check("final", got[number]["conversion"]["is_final"] == ("t" if final else "f"))
        check("measures", set(got[number]) == {"conversion"} | ({"value"} if value else set()) | ({"adjusted value"} if value and before else set()))
        if value:
            d, _, _, p, low, high = oracle.welch(*([r[2] for r in arm] for arm in arms))
            compare(name, "value", got[number]["value"], dict(difference=d, low=low, high=high, p_value=p), asked[number])
        if value and before:
            made = [(r[0], r[3], r[2]) for r in rows]
            if all(arms) and not explained(made):
                theta, reduction, _, d, low, high, p = oracle.cuped(made)
                compare(name, "adjusted", got[number]["adjusted value"],
                        dict(theta=theta, reduction=reduction, difference=d, low=low, high=high, p_value=p), asked[number])


# What is promised of many tests.

SIMULATED = """
SET max_parallel_workers_per_gather = 0;
SELECT setseed({seed});
CREATE TEMP TABLE seen (test int, wave int, s effect_summary);
INSERT INTO seen SELECT test, wave, campaign_outcome(treated, random() < base + CASE WHEN treated THEN {effect} ELSE 0 END,
    CASE WHEN random() < 0.3 THEN exp(3 + before * 0.5 + (random() + random() + random() - 1.5)) ELSE 0 END, before)
FROM (SELECT test, n * {waves} / {customers} AS wave, n % 2 = 0 AS treated, 0.05 + 0.1 * (test % 4) AS base, random() * 4 AS before
      FROM generate_series(1, {tests}) test, generate_series(0, {customers} - 1) n) x
GROUP BY 1, 2;
CREATE TEMP TABLE looks AS
SELECT x.test, x.wave, r.* FROM (
  SELECT a.test, a.wave, campaign_outcome_merge(b.s) AS s FROM seen a JOIN seen b ON b.test = a.test AND b.wave <= a.wave GROUP BY 1, 2) x,
  effect_result(x.s) r;
SELECT measure, sum((wave = {waves} - 1 AND p_value <= 0.05)::int) AS at_end,
       count(DISTINCT test) FILTER (WHERE p_value <= 0.05), count(DISTINCT test) FILTER (WHERE always_p <= 0.05),
       sum((wave = {waves} - 1 AND low <= {effect} AND high >= {effect})::int),
       sum((wave = {waves} - 1 AND always_low <= {effect} AND always_high >= {effect})::int)
FROM looks GROUP BY 1 ORDER BY 1;
"""


# The same customers all the time; more and more of them have converted.
WITHIN = """
SET max_parallel_workers_per_gather = 0;
SELECT setseed({seed});
WITH converted AS (
  SELECT test, n % 2 AS arm, floor(random() * {waves})::int AS wave, count(*) AS n
  FROM generate_series(1, {tests}) test, generate_series(0, {customers} - 1) n WHERE random() + 0 * n < 0.05 + 0.1 * (test % 4) GROUP BY 1, 2, 3),
shares AS (
  SELECT c.test, w.wave, coalesce(sum(c.n) FILTER (WHERE c.arm = 1 AND c.wave <= w.wave), 0) / ({customers} / 2.0) AS p,
         coalesce(sum(c.n) FILTER (WHERE c.arm = 0 AND c.wave <= w.wave), 0) / ({customers} / 2.0) AS q
  FROM generate_series(0, {waves} - 1) w (wave), converted c GROUP BY 1, 2)
SELECT 'within', count(DISTINCT test), count(DISTINCT test) FILTER (WHERE a.p_value <= 0.05)
FROM shares, always_valid((p - q)::float8, ((p * (1 - p) + q * (1 - q)) / ({customers} / 2.0))::float8, 0.01) a;
"""


def simulated(script):
    return [row for row in psql(script) if len(row) > 1]  # setseed() returns nothing, in a row


def simulate(seed, tests=2000, customers=4000, waves=10):
    begun = time.time()
    found = {row[0]: [int(v) for v in row[1:]] for row in simulated(SIMULATED.format(seed=(seed % 1000) / 1000, tests=tests, customers=customers, waves=waves, effect=0))}
    for measure, (end, peeking, always, covered, always_covered) in found.items():
        print(f"without an effect, {measure}: {end / tests:.2%} significant at the end, {always / tests:.2%} ever by always_p in {waves} looks "
              f"({peeking / tests:.2%} by p_value), intervals cover {covered / tests:.2%}, always valid ones {always_covered / tests:.2%}")
    check("rates: at most 6 % at the end", found["conversion"][0] <= 0.06 * tests)
    for measure in ("value", "adjusted value"):
        check(f"{measure}: 4 to 6 % at the end", 0.04 * tests <= found[measure][0] <= 0.06 * tests)
    for measure, numbers in found.items():
        check(f"{measure}: at most 5 % ever", numbers[2] <= 0.05 * tests)
    found = {row[0]: [int(v) for v in row[1:]] for row in simulated(SIMULATED.format(seed=(seed % 1000) / 1000, tests=tests, customers=customers, waves=waves, effect=0.02))}
    # The power of the two-sided test at 5 % by the normal distribution, as the mean over the four base rates.
    phi = lambda x: 0.5 * math.erfc(-x / math.sqrt(2))
    half = customers / 2
    power = 0
    for base in (0.05, 0.15, 0.25, 0.35):
        se = math.sqrt(base * (1 - base) / half + (base + 0.02) * (1 - base - 0.02) / half)
        power += (phi(0.02 / se - 1.959964) + phi(-0.02 / se - 1.959964)) / 4
    end, _, always, covered, always_covered = found["conversion"]
    print(f"with two points, conversion: {end / tests:.2%} significant at the end, theory says {power:.2%}; {always / tests:.2%} ever by always_p; "
          f"intervals cover {covered / tests:.2%}, always valid ones {always_covered / tests:.2%}")
    # Fisher's test is conservative: a little less than the normal distribution says.
    check("power", power - 0.04 <= end / tests <= power + 0.03, f"{end / tests} of {power}")
    (_, all_tests, always), = simulated(WITHIN.format(seed=(seed % 1000) / 1000, tests=tests, customers=customers, waves=20))
    print(f"without an effect, looked at 20 times while customers convert: {int(always) / int(all_tests):.2%} ever by always_p")
    check("at most 5 % ever while customers convert", int(all_tests) == tests and int(always) <= 0.05 * tests)
    check("coverage", 0.94 <= covered / tests <= 0.965, f"{covered / tests}")
    print(f"{tests} tests of {customers} customers twice: {time.time() - begun:.0f} s")


def main():
    arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
    long = "--long" in sys.argv or os.environ.get("CLIENTELE_LONG") == "1"
    seed = int(arguments[0]) if arguments else random.randrange(2**32)
    count = int(arguments[1]) if len(arguments) > 1 else 10000 if long else 200
    print(f"seed {seed}")
    oracle = load_oracle("intervals", checks)
    rng = random.Random(seed)
    checks.new_database("CREATE EXTENSION clientele;\n")
    if "--campaigns" in sys.argv:
        simulate(seed)
    else:
        done = 0
        while done < count:
            cases = {kind: [] for kind in KINDS}
            for i in range(min(5000, count - done)):
                case = oracle.case(rng)
                while case["kind"] not in KINDS:
                    case = oracle.case(rng)
                cases[case["kind"]].append((i, case))
            rates(cases)
            outcomes(cases, oracle, rng)
            plans()
            done += min(5000, count - done)
        (wrong,), = psql(changed_bytes(*CORRUPT, rng.random(), 20000 if long else 1000))
        check("corrupt bytes are refused, or become what stays itself", wrong == "0", wrong)
        for _ in range(5 if long else 1):
            campaigns(rng, oracle, 12)
    checks.drop_database()
    checks.end()


if __name__ == "__main__":
    main()
