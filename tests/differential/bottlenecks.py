#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""bottlenecks() and funnel_correlation() against counts in Python and exact fractions.

usage: bottlenecks.py [SEED [COUNT]]      (default: a fresh seed, 150 cases; 100,000 with CLIENTELE_LONG=1)

A case is a random funnel and some random customers in random groups. How far each came and when is what funnel_times() says, which
funnel_oracle.py checks. All that follows from it is counted and computed here: Fisher's test by sums of binomial coefficients, the
corrections from their definitions. Answers of serial and parallel plans, and of merged parts, must be equal to the last bit.
"""
import datetime
import fractions
import math
import os
import random
import sys
import time
import zoneinfo

from checks import FORCED, SERIAL, Checks, copy

BATCH = 500
# Channel, event, property; two types have one name, and the last is not in the dictionary.
TYPES = [("", "a", None), ("web", "b", None), ("", "购买", None), ("web", "c", None), ("web", "c", "k"), ("应用", "浏览", None), (None, None, None)]
LABELS = ["a", "web:b", "购买", "web:c", "web:c", "应用:浏览", "#77"]
IDS = [1, 2, 3, 4, 5, 6, 77]
SELECTORS = {"a": {1}, "web:b": {2}, "购买": {3}, "web:c": {4, 5}, "应用:浏览": {6}, "#77": {77}, "a|购买": {1, 3}, "#5": {5}, "web:*": {2, 4, 5}}
GROUPS = [None, "", "A", "a", "新客", "老客", "b'\"c"]
ZONES = ["UTC", "Asia/Shanghai", "America/Havana", "Australia/Lord_Howe"]
EPOCH = datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)
SECOND, DAY = 1_000_000, 86_400_000_000
checks = Checks("bottlenecks", database="clientele_bottlenecks")

SETUP = """
CREATE EXTENSION clientele;
CALL clientele.create_store();
SELECT clientele.event_type('', 'a'), clientele.event_type('web', 'b'), clientele.event_type('', '购买'), clientele.event_type('web', 'c'),
  clientele.event_type('web', 'c', '{"k": "v"}'), clientele.event_type('应用', '浏览');
CREATE TABLE cases (id int PRIMARY KEY, def clientele.funnel_def, from_step int, to_step int, least int, correction text, alpha float8);
CREATE TABLE customers (id int, customer int, name text);
CREATE TABLE events (id int, customer int, at timestamptz, type int);
"""

ASK = """
SET TimeZone = 'America/New_York'; SET search_path = public, clientele;
DROP TABLE IF EXISTS asked;
CREATE TABLE asked AS
SELECT c.id, u.customer, u.name, c.def, c.from_step, c.to_step, coalesce(j.journey, '{}'::journey) AS journey
FROM cases c JOIN customers u USING (id)
LEFT JOIN (SELECT id, customer, journey(at, type) FROM events GROUP BY 1, 2) j (id, customer, journey) USING (id, customer);
ALTER TABLE asked SET (parallel_workers = 2);
ANALYZE asked;
SELECT 'times', id, customer, (SELECT string_agg((extract(epoch FROM t) * 1000000)::bigint::text, ' ' ORDER BY o) FROM unnest(funnel_times(journey, def)) WITH ORDINALITY x (t, o))
FROM asked;
"""

SUMMARIES = """
DROP TABLE IF EXISTS summaries_{n};
CREATE TABLE summaries_{n} AS
SELECT id, b, f FROM (SELECT id, funnel_correlation(journey, def, from_step, to_step) AS f FROM asked GROUP BY id) x
JOIN (SELECT id, bottlenecks(name, s) AS b FROM (SELECT id, name, funnel(journey, def) AS s FROM asked GROUP BY id, name) y GROUP BY id) z USING (id);
"""

PARTS = """
DROP TABLE IF EXISTS summaries_parts;
CREATE TABLE summaries_parts AS
SELECT id, bottleneck_merge(b) AS b, correlation_merge(f) AS f
FROM (SELECT id, customer % 3 AS part, funnel_correlation(journey, def, from_step, to_step) AS f FROM asked GROUP BY 1, 2) x
FULL JOIN (SELECT id, part, bottlenecks(name, s) AS b
           FROM (SELECT id, name, customer % 3 AS part, funnel(journey, def) AS s FROM asked GROUP BY 1, 2, 3) y GROUP BY 1, 2) z USING (id, part)
GROUP BY id;
"""

ANSWERS = """
SELECT 'same', id, s.b = p.b AND s.f = p.f, s.b = m.b AND s.f = m.f, s.b::text::bottleneck_summary = s.b, s.f::text::correlation_summary = s.f
FROM summaries_1 s JOIN summaries_2 p USING (id) JOIN summaries_parts m USING (id);
SELECT 'steps', s.id, coalesce('=' || x.name, 'NULL'), x.step, x.customers, x.made, x.rate, x.rest_rate, x.lost, x.p, x.p_adjusted, x.significant
FROM summaries_1 s JOIN cases c USING (id), bottleneck_steps(s.b, c.least, c.correction, c.alpha) WITH ORDINALITY x ORDER BY s.id, x.ordinality;
SELECT 'events', s.id, x.event, x.converted_with, x.converted_without, x.lost_with, x.lost_without, x.odds_ratio, x.low, x.high, x.p, x.p_adjusted
FROM summaries_1 s JOIN cases c USING (id), correlation_events(s.f, c.least, c.correction) WITH ORDINALITY x ORDER BY s.id, x.ordinality;
"""


def make_case(rng):
    steps = [rng.choice(list(SELECTORS)) for _ in range(rng.randint(2, 4))]
    unit = rng.choice([1, SECOND, 3_600 * SECOND, 7 * 3_600 * SECOND])
    within = rng.choice([None, rng.randint(0, 12) * unit])
    start = rng.choice([0, 700_000_000, 846_700_000]) * SECOND
    customers = []
    for _ in range(rng.choice([1, 5, 25, 60])):
        events = [(start + rng.randint(0, 9) * unit, rng.choice(IDS)) for _ in range(rng.choice([0, 3, 8, 14]))]
        customers.append((rng.choice(GROUPS[: rng.choice([2, 4, 7])]), events))
    first = rng.randint(1, len(steps) - 1)
    return dict(steps=steps, within=within, day=rng.random() < .25, zone=rng.choice([None, *ZONES]), customers=customers,
                passage=(first, rng.randint(first + 1, len(steps))), strict=rng.random() < .15, least=rng.choice([0, 1, 2, 5]),
                correction=rng.choice(["bh", "holm", "none"]), alpha=rng.choice([.05, .3, 1]))


def loading(cases):
    def instant(micros):
        return (EPOCH + datetime.timedelta(microseconds=micros)).strftime("%Y-%m-%d %H:%M:%S.%f+00")

    def quoted(text):
        return "'" + text.replace("'", "''") + "'"
    values = []
    for i, c in enumerate(cases):
        within = "NULL" if c["within"] is None else f"interval '{c['within']} microseconds'"
        steps = ", ".join(map(quoted, c["steps"]))
        values.append(f"({i}, funnel_def(ARRAY[{steps}], {within}, order_mode => '{'strict' if c['strict'] else 'ordered'}', "
                      f"natural_day => {c['day']}, time_zone => {quoted(c['zone']) if c['zone'] else 'NULL'}), "
                      f"{c['passage'][0]}, {c['passage'][1]}, {c['least']}, '{c['correction']}', {c['alpha']})")
    customers = [(i, k, group) for i, c in enumerate(cases) for k, (group, _) in enumerate(c["customers"])]
    events = [(i, k, instant(at), kind) for i, c in enumerate(cases) for k, (_, of) in enumerate(c["customers"]) for at, kind in of]
    return ("SET search_path = public, clientele; TRUNCATE cases, customers, events;\nINSERT INTO cases VALUES\n" + ",\n".join(values) + ";\n"
            + copy("customers", customers) + copy("events", events))


# Statistics from their definitions


def fisher(n, tagged, drawn, both):
    low, high = max(0, drawn - (n - tagged)), min(tagged, drawn)
    ways = [math.comb(tagged, x) * math.comb(n - tagged, drawn - x) for x in range(low, high + 1)]
    below, above = sum(ways[:both - low + 1]), sum(ways[both - low:])
    return min(fractions.Fraction(1), fractions.Fraction(2 * min(below, above), math.comb(n, drawn)))


def corrected(ps, correction):
    m = len(ps)
    if correction == "none":
        return list(ps)
    one = fractions.Fraction(1)
    if correction == "holm":  # the largest of what any smaller or equal one needs
        return [min(one, max(q * (m - sum(r < q for r in ps)) for q in ps if q <= p)) for p in ps]
    return [min(one, min(q * m / sum(r <= q for r in ps) for q in ps if q >= p)) for p in ps]


def near(got, wanted):
    if wanted is None or got == "":
        return wanted is None and got == ""
    return math.isclose(float(got), float(wanted), rel_tol=1e-11, abs_tol=1e-15)


# What the two questions mean


def expected_steps(case, depths):
    steps, groups = len(case["steps"]), {}
    for (group, _), depth in zip(case["customers"], depths):
        groups.setdefault(group, []).append(depth)
    rows = []
    for group, own in groups.items():
        rest = [d for other, ds in groups.items() if other != group for d in ds]
        for step in range(2, steps + 1):
            n, x = sum(d >= step - 1 for d in own), sum(d >= step for d in own)
            m, y = sum(d >= step - 1 for d in rest), sum(d >= step for d in rest)
            rate = fractions.Fraction(x, n) if n else None
            rest_rate = fractions.Fraction(y, m) if m else None
            rows.append(dict(name=group, step=step, n=n, x=x, rate=rate, rest_rate=rest_rate,
                             lost=None if rest_rate is None else n * rest_rate - x,
                             p=fisher(n + m, x + y, n, x) if n >= case["least"] and m >= 1 else None))
    tested = [r for r in rows if r["p"] is not None]
    for r, q in zip(tested, corrected([r["p"] for r in tested], case["correction"])):
        r["q"] = q
    rows.sort(key=lambda r: (r["lost"] is None, -(r["lost"] or 0), r["name"] is None, (r["name"] or "").encode(), r["step"]))
    return rows


def end_of_day(at, zone):
    zone = zoneinfo.ZoneInfo(zone or "America/New_York")
    day = (EPOCH + datetime.timedelta(microseconds=at)).astimezone(zone).date()
    # The first instant of a later date, by halves: dates never go back by more than an hour at midnight.
    low, high = at, at + 26 * 3_600 * SECOND
    candidates = range(low // (1800 * SECOND) * 1800 * SECOND, high, 1800 * SECOND)
    return next(c for c in candidates if c > at and (EPOCH + datetime.timedelta(microseconds=c)).astimezone(zone).date() > day)


def expected_events(case, times):
    first, last = case["passage"]
    made_of = set().union(*(SELECTORS[s] for s in case["steps"][first:last]))
    label = dict(zip(IDS, LABELS))
    having, total = {}, {True: 0, False: 0}
    for (_, events), chain in zip(case["customers"], times):
        if len(chain) < first:
            continue
        converted = len(chain) >= last
        total[converted] += 1
        until = math.inf
        if converted:
            until = chain[last - 1] - 1
        else:
            if case["within"] is not None:
                until = chain[0] + case["within"]
            if case["day"]:
                until = min(until, end_of_day(chain[0], case["zone"]) - 1)
        for name in {label[kind] for at, kind in events if chain[first - 1] < at <= until and kind not in made_of}:
            having.setdefault(name, {True: 0, False: 0})[converted] += 1
    rows = []
    for name, n in having.items():
        if n[True] + n[False] < case["least"]:
            continue
        cells = [n[True], total[True] - n[True], n[False], total[False] - n[False]]
        a, b, c, d = [fractions.Fraction(2 * x + 1, 2) for x in cells]
        width = 1.959963984540054 * math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
        odds = a * d / (b * c)
        rows.append(dict(name=name, cells=cells, odds=odds, low=odds * fractions.Fraction(math.exp(-width)),
                         high=odds * fractions.Fraction(math.exp(width)), p=fisher(sum(cells), n[True] + n[False], total[True], n[True])))
    for r, q in zip(rows, corrected([r["p"] for r in rows], case["correction"])):
        r["q"] = q
    rows.sort(key=lambda r: (r["q"], -max(r["odds"], 1 / r["odds"]), r["name"].encode()))
    return rows


def check_steps(case, got, wanted):
    if not checks.same("rows of steps", [("=" + r["name"] if r["name"] is not None else "NULL", str(r["step"]), str(r["n"]), str(r["x"]))
                                         for r in wanted], [tuple(g[:4]) for g in got], case):
        return
    for g, r in zip(got, wanted):
        q = r.get("q")
        significant = "" if q is None else "t" if q < fractions.Fraction(case["alpha"]) and r["rate"] is not None and r["rate"] < r["rest_rate"] else "f"
        close = q is not None and abs(q - fractions.Fraction(case["alpha"])) < 1e-12
        checks.check("a step", all(map(near, g[4:9], [r["rate"], r["rest_rate"], r["lost"], r["p"], q])) and (close or g[9] == significant), f"{g} {r}")


def check_events(case, got, wanted):
    """Where p-values that are equal come from different counts, rounding decides their order."""
    by_name = {r["name"]: r for r in wanted}
    if not checks.same("events", sorted(by_name), sorted(g[0] for g in got), case):
        return
    rows = [by_name[g[0]] for g in got]
    for g, r in zip(got, rows):
        checks.check("an event", g[1:5] == list(map(str, r["cells"])) and all(map(near, g[5:], [r["odds"], r["low"], r["high"], r["p"], r["q"]])), f"{g} {r}")
    key = {r["name"]: i for i, r in enumerate(wanted)}
    for one, two in zip(rows, rows[1:]):
        checks.check("the order of events", key[one["name"]] < key[two["name"]] or case["correction"] == "none" and one["q"] == two["q"],
                     f"{[g[0] for g in got]} {[r['name'] for r in wanted]}")


def run_batch(rng, count):
    cases = [make_case(rng) for _ in range(count)]
    script = loading(cases) + ASK + SERIAL + SUMMARIES.format(n=1) + PARTS + FORCED + SUMMARIES.format(n=2) + SERIAL + ANSWERS
    times = [[None] * len(c["customers"]) for c in cases]
    steps, events = [[[] for _ in cases] for _ in range(2)]
    same = 0
    for kind, number, *rest in checks.psql(script):
        case = int(number)
        if kind == "times":
            # PostgreSQL's epoch is not Unix's.
            times[case][int(rest[0])] = [int(t) - 946_684_800 * SECOND for t in rest[1].split()]
        elif kind == "same":
            same += 1
            checks.check("plans, parts and text forms agree", rest == ["t"] * 4, rest)
        else:
            (steps if kind == "steps" else events)[case].append(rest)
    checks.same("cases", count, same)
    for i, case in enumerate(cases):
        check_steps(case, steps[i], expected_steps(case, [len(t) for t in times[i]]))
        check_events(case, events[i], expected_events(case, times[i]))


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else time.time_ns() % 1_000_000_000
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000 if os.environ.get("CLIENTELE_LONG") else 150
    print(f"seed {seed}, {count} cases", flush=True)
    rng = random.Random(seed)
    checks.new_database(SETUP)
    for start in range(0, count, BATCH):
        run_batch(rng, min(BATCH, count - start))
    checks.drop_database()
    checks.end()


if __name__ == "__main__":
    main()
