#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""explain_change() against exact fractions, and a planted change that must be found.

usage: change.py [SEED [CASES]]      (default: a fresh seed, 25 cases; CLIENTELE_LONG=1: 1,000)

Each case asks one of several questions about a random store, in two random periods, by random tags, an attribute of events and their pairs.
The oracle measures each customer from a list of events, adds up fractions, and takes the variance of z customer by customer. The planted
change is in the events of demo/simulate.cpp: half of the customers of one city no longer buy on one channel from a date on.
"""
import csv
import datetime
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import pathlib
from fractions import Fraction

from checks import BUILD, Checks, copy

SEED = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(1 << 32)
LONG = os.environ.get("CLIENTELE_LONG") == "1"
CASES = int(sys.argv[2]) if len(sys.argv) > 2 else 1000 if LONG else 25
DAY = 86400
START = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
SESSION = "SET TimeZone = 'UTC'; SET client_min_messages = warning; SET jit = off;\n"
checks = Checks("change", "clientele_change", SESSION)
rng = random.Random(SEED)
print(f"seed {SEED}")

CHANNELS, EVENTS = ["web", "app", "门店"], ["view", "cart", "buy"]
CITIES = ["Berlin", "上海", 'O"Brien, {x}', None]


def make_store():
    """events: customer -> list of (second, channel, event, amount), in order of time; segments: by -> customer -> segment."""
    customers = range(1, 161)
    events = {c: sorted((rng.randrange(60 * DAY), rng.choice(CHANNELS), rng.choice(EVENTS), rng.choice([None, rng.randrange(-300, 9000)]))
                        for _ in range(rng.randrange(9))) for c in customers}
    # Two events at one time would have no order.
    events = {c: list({second: (second, *rest) for second, *rest in of}.values()) for c, of in events.items()}
    city = {c: rng.choice(CITIES) for c in customers}
    card = {c: rng.random() < 0.4 for c in customers}
    hobbies = {c: sorted(h for h in ("阅读", "golf") if rng.random() < 0.4) for c in customers}
    rows = [(f"c{c}", START + datetime.timedelta(seconds=s), ch, e, None if a is None else a / 100)
            for c, of in events.items() for s, ch, e, a in of]
    people = [(f"c{c}", city[c], card[c], "{" + ",".join(hobbies[c]) + "}") for c in customers]
    checks.new_database(
        "CREATE EXTENSION clientele; CALL clientele.create_store('UTC');\n"
        "CREATE TABLE events (customer text, at timestamptz, channel text, event text, amount numeric);\n" + copy("events", rows)
        + "CREATE TABLE people (customer text, city text, card boolean, hobbies text[]);\n" + copy("people", people) + """
        CALL clientele.load_events('events', channel => 'channel', amount => 'amount');
        CREATE TABLE known AS SELECT i.customer_id, p.* FROM people p JOIN clientele_data.identities i ON i.value = p.customer;
        SELECT clientele.define_tag('city', 'SELECT customer_id, city FROM public.known'),
               clientele.define_tag('card', 'SELECT customer_id, card FROM public.known'),
               clientele.define_tag('hobbies', 'SELECT customer_id, hobbies FROM public.known');
        SELECT count(*) FROM clientele.refresh_tags();""")
    return events, {"city": city, "card": {c: "card" if card[c] else None for c in customers},
                    "hobbies": {c: " + ".join(sorted(hobbies[c], key=str.encode)) or None for c in customers}}


def funnel(steps, place):
    def measure(part, _all, _end):
        depth = 0
        for _, _, e, _ in part:
            if depth < len(steps) and e == steps[depth]:
                depth += 1
        return int(depth >= place), int(depth >= 1)
    return measure


def counts(event, measure):
    def of(part, _all, _end):
        mine = [a for _, _, e, a in part if event in ("*", e)]
        number = {"events": len(mine), "customers": int(bool(mine)), "amount": Fraction(sum(a or 0 for a in mine), 100)}[measure]
        return number, int(bool(mine))
    return of


def activity(part, everything, end):
    return int(bool(part)), int(bool(everything) and everything[0][0] < end)


def per(part, _all, _end):
    return sum(1 for _, _, e, _ in part if e == "buy"), sum(1 for _, ch, _, _ in part if ch != "app")


def bought(part, _all, _end):
    number = sum(1 for _, _, e, _ in part if e == "buy") ** 2
    return number, int(number != 0)


# The question, the measure argument, the kind of effects, the selector of event:channel, the oracle.
QUESTIONS = [
    ("clientele.funnel_def('{view,buy}')", None, "rate", "view", funnel(["view", "buy"], 2)),
    ("clientele.funnel_def('{view,cart,buy}')", "cart", "rate", "view", funnel(["view", "cart", "buy"], 2)),
    ("clientele.funnel_def('{cart,view,buy}')", "3", "rate", "cart", funnel(["cart", "view", "buy"], 3)),
    ("clientele.activity_def()", None, "total", "*", activity),
    ("clientele.counts_def('buy')", None, "total", "buy", counts("buy", "events")),
    ("clientele.counts_def('*')", "customers", "total", "*", counts("*", "customers")),
    ("clientele.counts_def('cart')", "amount", "total", "cart", counts("cart", "amount")),
    ("clientele.metric('event_count(journey, ''buy'')', 'event_count(journey, ''web:*|门店:*'')')", None, "rate", "*", per),
    ("clientele.metric('event_count(journey, ''buy'') ^ 2', selector => 'buy')", None, "total", "buy", bought),
]


def top_channel(part, selector):
    names = [ch for _, ch, e, _ in part if selector in ("*", e)]
    return min(set(names), key=lambda n: (-names.count(n), n.encode())) if names else None


def explain(events, segments, case):
    """The rows as {(by, segment): (kind, customers, numbers, bases, mix, rate, contribution, z)}, and the change of the whole."""
    question, periods, by, least = case["question"], case["periods"], case["by"], case["least"]
    _, _, effects, selector, measure = question
    units = []
    for c, of in events.items():
        numbers, labels = [], []
        for since, until in periods:
            part = [e for e in of if since <= e[0] < until]
            number, base = measure(part, of, until)
            numbers.append((Fraction(number), Fraction(base)))
            labels.append([top_channel(part, selector) if b == "event:channel" else segments[b][c] for b in by])
        there = [n != 0 or b != 0 for n, b in numbers]
        if any(there):
            if not there[0]:
                labels[0] = labels[1]
            if not there[1]:
                labels[1] = labels[0]
            units.append((numbers, labels, there))
    total = [[sum((u[0][t][i] for u in units), Fraction()) for i in (0, 1)] for t in (0, 1)]
    ways = [(i,) for i in range(len(by))] + [(i, j) for i in range(len(by)) for j in range(i + 1, len(by))]
    rows = {}
    for way in ways:
        keys = [[tuple(u[1][t][i] for i in way) for t in (0, 1)] for u in units]
        size = {}
        for k in keys:
            for key in set(k):
                size[key] = size.get(key, 0) + 1
        order = sorted(size, key=lambda k: (size[k], [(x is None, (x or "").encode()) for x in k]))
        other, gathered = set(), 0
        if order and size[order[0]] < least:
            for key in order:
                if size[key] >= least and gathered >= least:
                    break
                other.add(key)
                gathered += size[key]
        keys = [[None if key in other else key for key in k] for k in keys]
        for key in sorted({k for pair in keys for k in pair}, key=repr):
            member = [[k[t] == key for k in keys] for t in (0, 1)]
            n, b, customers = ([sum((x for x, m in zip(values, member[t]) if m), Fraction()) for t, values in enumerate(of)] for of in (
                [[u[0][t][0] for u in units] for t in (0, 1)], [[u[0][t][1] for u in units] for t in (0, 1)],
                [[int(u[2][t]) for u in units] for t in (0, 1)]))
            rates = [n[t] / b[t] if b[t] else None for t in (0, 1)]
            if effects == "rate" and not (total[0][1] and total[1][1]):
                mix = rate = contribution = None
            else:
                scale = [total[t][1] if effects == "rate" else Fraction(1) for t in (0, 1)]
                weight = [b[t] / scale[t] for t in (0, 1)]
                mean = sum(total[t][0] / total[t][1] for t in (0, 1)) / 2 if effects == "rate" else 0
                contribution = n[1] / scale[1] - n[0] / scale[0] - mean * (weight[1] - weight[0])
                rate = (rates[1] - rates[0]) * (weight[0] + weight[1]) / 2 if None not in rates else Fraction()
                mix = contribution - rate
            z = None if key is None or contribution is None else z_of(units, member, total, effects)
            name = "other" if key is None else " × ".join("none of them" if k is None else k for k in key)
            kind = "other" if key is None else "none" if set(key) == {None} else "value"
            rows[" × ".join(by[i] for i in way), name, kind] = (customers, n, b, mix, rate, contribution, z)
    if effects == "rate":
        whole = total[1][0] / total[1][1] - total[0][0] / total[0][1] if total[0][1] and total[1][1] else None
    else:
        whole = total[1][0] - total[0][0]
    return rows, whole


def z_of(units, member, total, effects):
    """The quantity is sum of f(customer); its variance is the sum of the squares of the customers' influences."""
    values, influence = [], [Fraction()] * len(units)
    for t in (0, 1):
        all_n, all_b = total[t]
        if effects == "total":
            if all_n <= 0:
                return None
            share = sum(u[0][t][0] for u, m in zip(units, member[t]) if m) / all_n
            values.append(share)
            parts = [(m - share) * u[0][t][0] / all_n for u, m in zip(units, member[t])]
        else:
            rate = all_n / all_b
            share = sum(u[0][t][1] for u, m in zip(units, member[t]) if m) / all_b
            excess = sum(u[0][t][0] - rate * u[0][t][1] for u, m in zip(units, member[t]) if m) / all_b
            values.append(excess)
            parts = [((m - share) * (u[0][t][0] - rate * u[0][t][1]) - excess * u[0][t][1]) / all_b for u, m in zip(units, member[t])]
        influence = [i + (p if t else -p) for i, p in zip(influence, parts)]
    variance = sum(i * i for i in influence)
    return float(values[1] - values[0]) / math.sqrt(variance) if variance else None


def near(wanted, got, digits=1e-9):
    if wanted is None or got is None:
        return wanted is None and got is None
    return abs(float(wanted) - float(got)) <= digits * max(1, abs(float(wanted)))


def literal(text):
    return "NULL" if text is None else "'" + str(text).replace("'", "''") + "'"


def random_cases(events, segments):
    cases, script = [], ""
    for _ in range(CASES):
        cuts = sorted(rng.sample(range(0, 60 * DAY, 3600), 4))
        periods = [(cuts[0], cuts[1]), (cuts[2], cuts[3])]
        if rng.random() < 0.1:
            periods.reverse()
        by = rng.sample(["city", "card", "hobbies", "event:channel"], rng.randrange(0, 4))
        case = {"question": rng.choice(QUESTIONS), "periods": periods, "by": by, "least": rng.choice([1, 5, 12, 40])}
        cases.append(case)
        ranges = [f"tstzrange('{START + datetime.timedelta(seconds=a)}', '{START + datetime.timedelta(seconds=b)}')" for a, b in periods]
        array = "ARRAY[" + ", ".join(map(literal, by)) + "]::text[]"
        script += (f"SELECT coalesce(jsonb_agg(e ORDER BY e.rank), '[]') FROM clientele.explain_change({case['question'][0]}, {ranges[0]}, "
                   f"{ranges[1]}, {array}, measure => {literal(case['question'][1])}, min_customers => {case['least']}) e;\n")
    for case, (answer,) in zip(cases, checks.psql(script), strict=True):
        compare(case, json.loads(answer), *explain(events, segments, case))


def compare(case, answer, wanted, whole):
    what = f"{case['question'][0]} {case['question'][1]} {case['periods']} {case['by']} {case['least']}"
    first, *rest = [r for r in answer if r["segment_kind"] == "all"] + [r for r in answer if r["segment_kind"] != "all"]
    checks.check(what + ": all", near(whole, first["contribution"]), f"{whole} {first}")
    got = {(r["by"], r["segment"], r["segment_kind"]): r for r in rest}
    if not checks.same(what, sorted(wanted), sorted(got)):
        return
    sums = {}
    for key, (customers, n, b, mix, rate, contribution, z) in wanted.items():
        row = got[key]
        good = (customers == [row["customers_before"], row["customers_after"]]
                and all(near(n[t], row["number_" + at]) and near(b[t], row["base_" + at]) for t, at in enumerate(("before", "after")))
                and near(mix, row["mix_effect"]) and near(rate, row["rate_effect"]) and near(contribution, row["contribution"])
                and near(z, row["z"], 1e-6))
        checks.check(f"{what}: {key}", good, f"wanted {customers, n, b, mix, rate, contribution, z} got {row}")
        sums[key[0]] = sums.get(key[0], 0) + (row["contribution"] or 0)
    for by, of in sums.items():
        checks.check(f"{what}: sum of {by}", whole is None or near(whole, of), f"{whole} {of}")
    ranked = [r["z"] for r in rest if r["rank"] is not None]
    checks.check(what + ": order", all(b is None or a is not None and abs(a) >= abs(b) for a, b in zip(ranked, ranked[1:])))
    checks.check(what + ": p", all((r["p_value"] is None) == (r["z"] is None) and (r["z"] is None or near(
        math.erfc(abs(r["z"]) / math.sqrt(2)), r["p_value"], 1e-12)) for r in rest))


def arithmetic():
    """change_effects() alone, over 1,000 random sets of three segments, as one query."""
    rows, wanted = [], []
    for case in range(1000):
        units = [[Fraction(rng.randrange(0, 50)), Fraction(rng.randrange(0, 9)), Fraction(rng.randrange(0, 70)), Fraction(rng.randrange(0, 9))]
                 for _ in range(rng.randrange(3, 9))]
        of = [rng.randrange(3) for _ in units]
        kind = rng.choice(["rate", "total"])
        sums = []
        for s in (None, 0, 1, 2):
            mine = [u for u, m in zip(units, of) if s is None or m == s]
            sums.append([sum(u[i] for u in mine) for i in range(4)] + [sum(u[i] * u[j] for u in mine) for i in range(4) for j in range(i, 4)])
        arrays = ["{" + ",".join(str(int(x)) for x in s) + "}" for s in sums]
        rows += [(case, s, kind, arrays[0], arrays[1 + s]) for s in range(3)]
        n0, b0, n1, b1 = sums[0][:4]
        wanted.append(n1 - n0 if kind == "total" else n1 / b1 - n0 / b0 if b0 and b1 else None)
    got = checks.psql("CREATE TEMP TABLE cases (n int, s int, kind text, everyone float8[], mine float8[]);\n" + copy("cases", rows)
                      + "SELECT sum(e.contribution), sum(e.mix_effect + e.rate_effect) FROM cases c, "
                      "clientele.change_effects(c.kind, everyone, mine, mine, mine) e GROUP BY n ORDER BY n;\n")
    for case, (w, (a, b)) in enumerate(zip(wanted, got, strict=True)):
        checks.check(f"sums of case {case}", near(w, float(a) if a else None) and near(w, float(b) if b else None), f"{w} {a} {b}")


def planted(seed):
    """Half of the customers of one city buy no longer on one channel."""
    if not checks.built("demo/simulate"):
        return
    city, channel, people = "上海", "app", 20000 if LONG else 8000
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder) / name for name in ("events.csv", "truth.csv")]
        subprocess.run([BUILD / "demo/simulate", "--customers", str(people), "--days", "120", "--seed", str(seed), "--quiet",
                        "--events", paths[0], "--truth", paths[1]], check=True)
        truth = {r["customer"]: r["city"] for r in csv.DictReader(paths[1].open(encoding="utf-8"))}
        rows, gone = [], 0
        for r in csv.DictReader(paths[0].open(encoding="utf-8")):
            if r["event"] not in ("view_item", "purchase"):
                continue
            lost = random.Random(r["customer"]).random() < 0.5 and truth[r["customer"]] == city
            if lost and r["event"] == "purchase" and r["channel"] == channel and r["at"] >= "2025-03-01":
                gone += 1
            else:
                rows.append((r["customer"], r["at"], r["channel"], r["event"]))
    checks.new_database(
        "CREATE EXTENSION clientele; CALL clientele.create_store('UTC');\n"
        "CREATE TABLE events (customer text, at timestamptz, channel text, event text);\n" + copy("events", rows)
        + "CREATE TABLE people (customer text, city text);\n" + copy("people", truth.items()) + """
        CALL clientele.load_events('events', channel => 'channel');
        CREATE TABLE known AS SELECT i.customer_id, p.city FROM people p JOIN clientele_data.identities i ON i.value = p.customer;
        SELECT clientele.define_tag('city', 'SELECT customer_id, city FROM public.known');
        SELECT count(*) FROM clientele.refresh_tags();""")
    # By what change_dimensions() finds, and with and without the tag named.
    for by in ("NULL", "'{city,event:channel}'"):
        first = checks.psql("SELECT segment, q_value < 0.01, contribution < 0, rate_effect < 0 FROM clientele.explain_change("
                            "clientele.funnel_def('{view_item,purchase}', within => '7 days'), '[2025-02-01,2025-03-01)', "
                            f"'[2025-03-01,2025-05-01)', by => {by}) WHERE rank = 1")[0]
        checks.check(f"planted, by {by}, {gone} purchases gone", set(first[0].split(" × ")) == {city, channel} and first[1:] == ["t"] * 3, first)


random_cases(*make_store())
arithmetic()
# So few customers as by default do not show it for every seed.
for number in [1, 2, SEED] if LONG else [1]:
    planted(number)
checks.drop_database()
checks.end()
