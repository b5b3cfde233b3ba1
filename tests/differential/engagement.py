#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Activity in calendar periods and times between events, against a brute-force oracle that shares no code with them.

usage: engagement.py [SEED [COUNT]]      (default: a fresh seed, 2000 cases; 100,000 with CLIENTELE_LONG=1)

Each case is a group of one query: its customers, among them some without events, and its definition. Events that the question does not
pick stand between the others in half of the cases. The summaries must be the same bytes in serial, in parallel and joined from parts.
"""
import datetime
import os
import random
import sys
import time

from checks import FORCED, SERIAL, Checks, copy
from oracles import load_oracle

BATCH = 5000
EPOCH = datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)
CALENDAR = ["lifecycle", "rolling", "stickiness", "frequency", "heat_map"]

SCHEMA = """
SET client_min_messages = warning; SET TimeZone = 'Pacific/Auckland';
DROP SCHEMA IF EXISTS engagement CASCADE;
CREATE SCHEMA engagement;
SET search_path = engagement, clientele;
CREATE UNLOGGED TABLE asked (id int, kind text, picks text, period text, window_periods int, bins int[], since timestamptz, until timestamptz,
                             zone text, from_event text, to_event text, pick text, within interval);
CREATE UNLOGGED TABLE customers (id int, customer int);
CREATE UNLOGGED TABLE happened (id int, customer int, at timestamptz, type int);
"""
MADE = """
CREATE UNLOGGED TABLE journeys AS
SELECT c.id, c.customer, coalesce(j.journey, '{}'::journey) AS journey FROM customers c
LEFT JOIN (SELECT id, customer, journey(at, type) FROM happened GROUP BY 1, 2) j (id, customer, journey) USING (id, customer);
ALTER TABLE journeys SET (parallel_workers = 2);
CREATE UNLOGGED TABLE activities AS
SELECT id, kind, activity_def(picks, period, coalesce(window_periods, 28), bins, since, until, zone) AS def FROM asked WHERE from_event IS NULL;
CREATE UNLOGGED TABLE intervals AS
SELECT id, interval_def(from_event, to_event, pick, within, since, until) AS def FROM asked WHERE from_event IS NOT NULL;
ANALYZE journeys; ANALYZE activities; ANALYZE intervals;
"""
# The same group's summary by one plan or another; the last one is joined from three parts.
SUMMARIES = """
CREATE UNLOGGED TABLE NAME_active AS SELECT d.id, d.kind, activity(j.journey, d.def) AS s FROM activities d JOIN journeys j USING (id) GROUP BY 1, 2;
CREATE UNLOGGED TABLE NAME_between AS SELECT d.id, event_intervals(j.journey, d.def) AS s FROM intervals d JOIN journeys j USING (id) GROUP BY 1;
"""
PARTS = """
CREATE UNLOGGED TABLE parts_active AS SELECT id, activity_merge(s) AS s FROM (
  SELECT d.id, activity(j.journey, d.def) AS s FROM activities d JOIN journeys j USING (id) GROUP BY 1, j.customer % 3) p GROUP BY 1;
CREATE UNLOGGED TABLE parts_between AS SELECT id, interval_merge(s) AS s FROM (
  SELECT d.id, event_intervals(j.journey, d.def) AS s FROM intervals d JOIN journeys j USING (id) GROUP BY 1, j.customer % 3) p GROUP BY 1;
"""
DIFFERENT = """
SELECT 'PLAN', count(*) FROM (SELECT id, s::text FROM serial_active EXCEPT SELECT id, s::text FROM PLAN_active) x;
SELECT 'PLAN', count(*) FROM (SELECT id, s::text FROM serial_between EXCEPT SELECT id, s::text FROM PLAN_between) x;
SELECT 'PLAN', count(*) FROM (SELECT id, s::text::activity_summary FROM serial_active EXCEPT SELECT id, s FROM PLAN_active) x;
SELECT 'PLAN', count(*) FROM (SELECT id, s::text::interval_summary FROM serial_between EXCEPT SELECT id, s FROM PLAN_between) x;
"""
ROWS = """
SET TimeZone = 'UTC';
SELECT id, extract(epoch FROM r.period) * 1000000, r.new, r.returning, r.resurrected, r.dormant, r.active, r.complete
FROM serial_active, lifecycle_periods(s) r WHERE kind = 'lifecycle' ORDER BY 1, 2;
SELECT id, extract(epoch FROM r.period) * 1000000, r.active, r.rolling, r.ratio, r.complete FROM serial_active, active_periods(s) r WHERE kind = 'rolling' ORDER BY 1, 2;
SELECT id, r.periods, r.customers, r.share FROM serial_active, stickiness(s) r WHERE kind = 'stickiness' ORDER BY 1, 2;
SELECT id, r."from", r."to", r.customers, r.share FROM serial_active, frequency(s) r WHERE kind = 'frequency' ORDER BY 1, 2;
SELECT id, r.weekday, r.hour, r.events, r.customers FROM serial_active, heat_map(s) r WHERE kind = 'heat_map' AND r.events > 0 ORDER BY 1, 2, 3;
SELECT id, pairs, customers, extract(epoch FROM shortest), extract(epoch FROM p10), extract(epoch FROM p25), extract(epoch FROM p50),
       extract(epoch FROM p75), extract(epoch FROM p90), extract(epoch FROM longest), extract(epoch FROM mean) FROM serial_between, interval_percentiles(s);
SELECT id, count(*) FROM serial_active, heat_map(s) r GROUP BY 1 HAVING count(*) <> 168;
"""
checks = Checks("engagement")


def micros(text):
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (at - EPOCH) // datetime.timedelta(microseconds=1)


def made_case(oracle, rng):
    while True:
        case = oracle.random_case(rng)
        if case["kind"] in CALENDAR or case["kind"] == "intervals":
            return case, oracle.KINDS[case["kind"]](case)


def loading(cases, rng):
    asked, customers, happened = [], [], []
    number = {"a": 1, "b": 2, "c": 3, "d": 4}
    for i, (case, _) in enumerate(cases):
        seconds = case["kind"] == "intervals"
        instant = (lambda t: None if t is None else f"2026-01-01 00:00:{t}+00" if t < 60 else f"2026-01-01 00:01:{t - 60}+00") if seconds else (lambda t: t)
        noise = rng.random() < .5
        if seconds:
            selector = lambda names: "|".join(f"#{number[n]}" for n in names)
            row = [None] * 5 + [instant(case["since"]), instant(case["until"]), None, selector(case["from_events"]), selector(case["to_events"]), case["pick"],
                   None if case["within"] is None else f"{case['within']} s"]
        else:
            bins = case.get("bins")
            row = ["#1" if noise else "*", case.get("period", rng.choice(["day", "year"])), case.get("window"),
                   "{" + ",".join(map(str, bins)) + "}" if bins else None, case["since"], case["until"], case.get("time_zone", "UTC")] + [None] * 4
            row.insert(0, case["kind"])
        asked.append([i] + row)
        for c, events in enumerate(case["journeys"]):
            customers.append([i, c])
            for t, name in events:
                happened.append([i, c, instant(t), number[name]])
                if noise and rng.random() < .5:
                    happened.append([i, c, instant(t), 9])
    rng.shuffle(happened)
    rng.shuffle(customers)
    return copy("asked", asked) + copy("customers", customers) + copy("happened", happened)


def value(text):
    return None if text == "" else {"t": True, "f": False}.get(text, text)


def same(got, wanted, kind):
    if len(got) != len(wanted):
        return False
    for row, expected in zip(got, wanted):
        for g, w in zip(row, expected, strict=True):
            if isinstance(w, str):
                w = micros(w) + 946684800 * 1000000
            if (g == "") != (w is None):
                return False
            if w is None:
                continue
            if isinstance(w, bool):
                if value(g) is not w:
                    return False
            elif abs(float(g) - w) > (1e-6 if kind == "intervals" else 1e-12 * max(1, abs(w)) if isinstance(w, float) else 0):
                return False
    return True


def run(cases, rng):
    script = SCHEMA + loading(cases, rng) + MADE
    script += SERIAL + SUMMARIES.replace("NAME", "serial") + FORCED + SUMMARIES.replace("NAME", "forced") + SERIAL + PARTS
    script += "".join(DIFFERENT.replace("PLAN", plan) for plan in ("forced", "parts"))
    marks = script + ROWS
    lines = checks.psql(marks)
    for plan, different in lines[:8]:
        checks.check(f"{plan} summaries are those of the serial plan", different == "0", f"{different} differ")
    got = {}
    for line in lines[8:]:
        got.setdefault(int(line[0]), []).append(line[1:])
    for i, (case, wanted) in enumerate(cases):
        if case["kind"] == "intervals":
            wanted = [wanted] if case["journeys"] else []
        if case["kind"] == "frequency" and not case["journeys"]:
            wanted = []  # no customers, no summary
        checks.check(case["kind"], same(got.get(i, []), wanted, case["kind"]), f"got {got.get(i)}, wanted {wanted}: {case}")


def main():
    oracle = load_oracle("engagement", checks)
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else time.time_ns() % 1_000_000_000
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000 if os.environ.get("CLIENTELE_LONG") == "1" else 2000
    print(f"seed {seed}, {count} cases", flush=True)
    rng = random.Random(seed)
    for start in range(0, count, BATCH):
        run([made_case(oracle, rng) for _ in range(min(BATCH, count - start))], rng)
    checks.psql("SET client_min_messages = warning; DROP SCHEMA engagement CASCADE;")
    checks.end()


if __name__ == "__main__":
    main()
