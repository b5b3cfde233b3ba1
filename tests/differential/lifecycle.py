#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Stages of customers and their moves, against the definitions word for word.

usage: lifecycle.py [SEED [COUNT]]      (default: a fresh seed, 1000 cases; 100,000 with CLIENTELE_LONG=1)

The stage of a customer is evaluated here from all of their events, at each beginning of a period by itself: nothing is carried over from one
to the next, as the extension does. The clocks are those of Python.
"""
import datetime
import os
import random
import sys
import time
import zoneinfo

from checks import FORCED, SERIAL, Checks, copy

BATCH = 4000
UTC = datetime.timezone.utc
DAY, MICRO = datetime.timedelta(days=1), datetime.timedelta(microseconds=1)
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
ZONES = [("UTC", "2024-02-29"), ("Asia/Shanghai", "2025-12-31"), ("Europe/Berlin", "2026-03-29"), ("America/New_York", "2026-11-01"),
         ("America/Havana", "2026-11-01"), ("Pacific/Apia", "2011-12-31")]
NAMES = ["识别期", "成交期", "培育期", "维护期", "沉默期"]
SELECTORS = [("*", {1, 2, 3}), ("#1", {1}), ("#2", {2}), ("#1|#3", {1, 3})]
LENGTHS = [0, 1, 5, 24, 24 * 7, 24 * 40]  # hours

SCHEMA = """
SET client_min_messages = warning; SET TimeZone = 'Asia/Kathmandu';
DROP SCHEMA IF EXISTS lifecycles CASCADE;
CREATE SCHEMA lifecycles;
SET search_path = lifecycles, clientele;
CREATE UNLOGGED TABLE asked (id int, stages text[], at_least int[], within interval[], silence interval[], days boolean, period text,
                             since timestamptz, until timestamptz, zone text);
CREATE UNLOGGED TABLE customers (id int, customer int, at timestamptz);
CREATE UNLOGGED TABLE happened (id int, customer int, at timestamptz, type int);
"""
MADE = """
CREATE UNLOGGED TABLE journeys AS
SELECT c.*, coalesce(j.journey, '{}'::journey) AS journey FROM customers c
LEFT JOIN (SELECT id, customer, journey(at, type) FROM happened GROUP BY 1, 2) j (id, customer, journey) USING (id, customer);
ALTER TABLE journeys SET (parallel_workers = 2);
CREATE UNLOGGED TABLE defs AS SELECT id, lifecycle_def(stages, at_least, within, silence, days, period, since, until, zone) AS def FROM asked;
ANALYZE journeys; ANALYZE defs;
"""
SUMMARIES = "CREATE UNLOGGED TABLE NAME AS SELECT id, lifecycle(journey, def) AS s FROM defs JOIN journeys USING (id) GROUP BY 1;\n"
ROWS = """
CREATE UNLOGGED TABLE parts AS SELECT id, lifecycle_merge(s) AS s FROM (
  SELECT id, lifecycle(journey, def) AS s FROM defs JOIN journeys USING (id) GROUP BY 1, customer % 3) p GROUP BY 1;
SELECT 'plans', count(*) FROM ((SELECT id, s::text FROM serial) EXCEPT (SELECT id, s::text FROM forced)) x;
SELECT 'plans', count(*) FROM ((SELECT id, s::text FROM serial) EXCEPT (SELECT id, s::text FROM parts)) x;
SELECT 'plans', count(*) FROM serial WHERE s::text::lifecycle_summary <> s;
SELECT 'stage', id, customer, lifecycle_stage(journey, def, at) FROM defs JOIN journeys USING (id);
SELECT 'move', id, (extract(epoch FROM m.period) * 1000000)::bigint, m.from_stage, m.to_stage, m.customers, m.complete
FROM serial, lifecycle_moves(s) WITH ORDINALITY m ORDER BY id, ordinality;
SELECT 'number', id, (extract(epoch FROM m.period) * 1000000)::bigint, m.stage, m.customers, m.entered, m.left
FROM serial, lifecycle_stages(s) WITH ORDINALITY m ORDER BY id, ordinality;
"""
checks = Checks("lifecycle")


# Calendar


def midnight(day, zone):
    return datetime.datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def number(t, period, zone):
    day = t.astimezone(zone).date()
    if period == "day":
        return day.toordinal()
    if period == "week":
        return (day.toordinal() - 1) // 7
    return day.year * 12 + day.month - 1


def begin(n, period, zone):
    if period == "month":
        return midnight(datetime.date(n // 12, n % 12 + 1, 1), zone)
    return midnight(datetime.date.fromordinal(n if period == "day" else n * 7 + 1), zone)


# The question


def stage_at(events, at, case):
    """The last stage that holds, from 1; 0 if none does."""
    found = 0
    for i, (_, selector, at_least, within, silence) in enumerate(case["stages"]):
        mine = sorted(t for t, kind in events if kind in dict(SELECTORS)[selector] and t < at)
        if not mine:
            continue
        counted = mine
        if case["days"]:
            first = {}
            for t in mine:
                first.setdefault(t.astimezone(case["zone"]).date(), t)
            counted = list(first.values())
        if within is not None:
            counted = [t for t in counted if at - t <= within]
        if len(counted) >= at_least and (silence is None or at - mine[-1] >= silence):
            found = i + 1
    return found


def expected(case):
    zone, period, since, until = case["zone"], case["period"], case["since"], case["until"]
    moves = {}
    for events, _ in case["customers"]:
        known = [e for e in events if e[0] < until]
        if not known:
            continue
        n = number(min(known)[0], period, zone)
        if since is not None:
            n = max(n, number(since, period, zone))
        while begin(n, period, zone) < until:
            ends = begin(n + 1, period, zone)
            key = stage_at(known, begin(n, period, zone), case), stage_at(known, min(ends, until), case)
            if key != (0, 0):
                row = moves.setdefault(n, {})
                row[key] = row.get(key, 0) + 1
            n += 1
    name = lambda s: case["stages"][s - 1][0] if s else ""
    shown, numbers = [], []
    for n in range(min(moves), max(moves) + 1) if moves else []:
        start, row = (begin(n, period, zone) - EPOCH) // MICRO, moves.get(n, {})
        over = "t" if begin(n + 1, period, zone) <= until else "f"
        shown += [[str(start), name(a), name(b), str(c), over] for (a, b), c in sorted(row.items())]
        for s in range(1, len(case["stages"]) + 1):
            ins, outs = (sum(c for key, c in row.items() if key[i] == s and key[1 - i] != s) for i in (1, 0))
            numbers.append([str(start), name(s), str(ins + row.get((s, s), 0)), str(ins), str(outs)])
    return shown, numbers


# Random cases


def random_case(rng):
    zone_name, day = rng.choice(ZONES)
    zone = zoneinfo.ZoneInfo(zone_name)
    base = midnight(datetime.date.fromisoformat(day), zone)
    period = rng.choice(["day", "day", "week", "month"])
    unit = DAY * dict(day=1, week=7, month=30)[period]
    length = lambda p: datetime.timedelta(hours=rng.choice(LENGTHS)) if rng.random() < p else None
    stages = []
    for name in NAMES[:rng.randint(1, 5)]:
        within, silence = length(.3), length(.3)
        if within is not None and silence is not None and silence > within:
            silence = within
        stages.append((name, rng.choice(SELECTORS)[0], rng.choice([1, 1, 2, 3]), within, silence))
    marks = [begin(number(base, period, zone) + k, period, zone) for k in range(-3, 5)]
    since, until = rng.choice([None, None, marks[2], marks[3] + unit / 3]), rng.choice([marks[6], marks[5] + unit / 3, marks[7] + 3 * unit])
    customers = []
    for _ in range(rng.choice([0, 1, 3, 5])):
        events = []
        for _ in range(rng.choice([0, 1, 3, 6, 12])):
            r = rng.random()
            if events and r < .3:
                t = rng.choice(events)[0] + datetime.timedelta(hours=rng.choice(LENGTHS)) + rng.choice([-1, 0, 1]) * MICRO
            elif r < .6:
                t = rng.choice(marks + [until]) - datetime.timedelta(hours=rng.choice(LENGTHS)) + rng.choice([-1, 0, 1]) * MICRO
            else:
                t = marks[0] + rng.random() * (marks[-1] - marks[0])
                t = t.replace(microsecond=0)
            events.append((t, rng.choice([1, 1, 2, 3])))
        at = rng.choice([t for t, _ in events] + marks) + datetime.timedelta(hours=rng.choice(LENGTHS)) + rng.choice([-1, 0, 1]) * MICRO
        customers.append((events, at))
    return dict(zone=zone, zone_name=zone_name, period=period, stages=stages, days=rng.random() < .4, since=since, until=until, customers=customers)


def array(values):
    return "{" + ",".join("NULL" if v is None else f'"{v}"' for v in values) + "}"


def loading(cases, rng):
    asked, customers, happened = [], [], []
    hours = lambda d: None if d is None else f"{d // datetime.timedelta(hours=1)} h"
    for i, case in enumerate(cases):
        s = case["stages"]
        asked.append([i, array(f"{x[0]}={x[1]}" for x in s), array(x[2] for x in s), array(hours(x[3]) for x in s), array(hours(x[4]) for x in s),
                      case["days"], case["period"], case["since"], case["until"], case["zone_name"]])
        for c, (events, at) in enumerate(case["customers"]):
            customers.append([i, c, at])
            happened += [[i, c, t, kind] for t, kind in events]
    rng.shuffle(happened)
    return copy("asked", asked) + copy("customers", customers) + copy("happened", happened)


def run(cases, rng):
    script = SCHEMA + loading(cases, rng) + MADE
    script += SERIAL + SUMMARIES.replace("NAME", "serial") + FORCED + SUMMARIES.replace("NAME", "forced") + SERIAL + ROWS
    got = {}
    for kind, first, *rest in checks.psql(script):
        if kind == "plans":
            checks.check("summaries do not depend on the plan", first == "0", f"{first} differ")
        else:
            got.setdefault((kind, int(first)), []).append(rest)
    for i, case in enumerate(cases):
        moves, numbers = expected(case)
        checks.check("moves", got.get(("move", i), []) == moves, f"got {got.get(('move', i))}, wanted {moves}: {case}")
        checks.check("numbers", got.get(("number", i), []) == numbers, f"got {got.get(('number', i))}, wanted {numbers}: {case}")
        for customer, name in got.get(("stage", i), []):
            events, at = case["customers"][int(customer)]
            s = stage_at(events, at, case)
            checks.check("stage", name == (case["stages"][s - 1][0] if s else ""), f"{name} at {at}, wanted {s}: {events} {case['stages']}")


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else time.time_ns() % 1_000_000_000
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000 if os.environ.get("CLIENTELE_LONG") == "1" else 1000
    print(f"seed {seed}, {count} cases", flush=True)
    rng = random.Random(seed)
    for start in range(0, count, BATCH):
        run([random_case(rng) for _ in range(min(BATCH, count - start))], rng)
    checks.psql("SET client_min_messages = warning; DROP SCHEMA lifecycles CASCADE;")
    checks.end()


if __name__ == "__main__":
    main()
