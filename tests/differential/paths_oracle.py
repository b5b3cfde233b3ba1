#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Links, whole paths, dwell times, bottlenecks and correlations, against a brute-force oracle that shares no code with them.

usage: paths_oracle.py [SEED [COUNT]]      (default: a fresh seed, 300 cases; 20,000 with CLIENTELE_LONG=1)

Each case is a group of one query: its customers, among them some without events, and its definition. The answers must be the same in
serial, in parallel, and joined from parts where there is a merge. Half of the cases have Chinese names.
"""
import math
import os
import random
import sys
import time

from checks import SERIAL, Checks, copy
from oracles import load_oracle

BATCH = 5000
# The four names of the oracle and its groups' in the product, in the same order by bytes. Each world has its own event types.
WORLDS = [{"a": "a", "b": "b", "c": "c", "d": "d", "g": "g", "h": "h"},
          {"a": "B", "b": "C", "c": "上海", "d": "应用:浏览", "g": "支付", "h": "退款"}]
NUMBERS = [{"a": 3, "b": 1, "c": 4, "d": 2}, {"a": 7, "b": 8, "c": 5, "d": 6}]
KINDS = ["links", "path_counts", "dwell", "bottlenecks", "correlation"]
checks = Checks("paths_oracle", database="clientele_paths_oracle")

SETUP = """
CREATE EXTENSION clientele;
CALL clientele.create_store();
INSERT INTO clientele_data.event_types (event_type_id, channel, event, properties) OVERRIDING SYSTEM VALUE
VALUES (3, '', 'a', '{}'), (1, '', 'b', '{}'), (4, '', 'c', '{}'), (2, '', 'd', '{}'),
       (7, '', 'B', '{}'), (8, '', 'C', '{}'), (5, '', '上海', '{}'), (6, '应用', '浏览', '{}');
"""
SCHEMA = """
SET client_min_messages = warning; SET TimeZone = 'UTC'; SET search_path = public, clientele;
DROP TABLE IF EXISTS paths, correlations, counted, customers, happened, journeys, questions, correlated, grouped;
CREATE UNLOGGED TABLE paths (id int, kind text, gap interval, start_at text, end_at text, is_collapsed boolean, is_reversed boolean, most int,
                             step_wise boolean, least bigint, keep text, groups text[], ends boolean, top int);
CREATE UNLOGGED TABLE correlations (id int, steps text[], within interval, from_step int, to_step int, least int, correction text);
CREATE UNLOGGED TABLE counted (id int, name text, depth int, customers int, least int, correction text);
CREATE UNLOGGED TABLE customers (id int, customer int);
CREATE UNLOGGED TABLE happened (id int, customer int, at timestamptz, type int);
"""
MADE = """
CREATE UNLOGGED TABLE journeys AS
SELECT c.id, c.customer, coalesce(j.journey, '{}'::journey) AS journey FROM customers c
LEFT JOIN (SELECT id, customer, journey(at, type) FROM happened GROUP BY 1, 2) j (id, customer, journey) USING (id, customer);
CREATE UNLOGGED TABLE questions AS SELECT id, kind, j.customer, j.journey, d.def FROM journeys j JOIN (
  SELECT id, kind, path_def(gap, start_at, end_at, is_collapsed, is_reversed, most, step_wise, least, true, keep, groups, ends, top) AS def FROM paths) d USING (id);
CREATE UNLOGGED TABLE correlated AS SELECT id, from_step, to_step, least, correction, j.customer, j.journey, d.def FROM journeys j JOIN (
  SELECT *, funnel_def(steps, within) AS def FROM correlations) d USING (id);
CREATE UNLOGGED TABLE grouped AS
SELECT c.id, c.name, c.least, c.correction, n AS customer, (ARRAY['{}', '{1@2026-01-01 00:00:00Z}', '{1@2026-01-01 00:00:00Z,2@2026-01-01 00:00:01Z}',
  '{1@2026-01-01 00:00:00Z,2@2026-01-01 00:00:01Z,3@2026-01-01 00:00:02Z}']::journey[])[c.depth + 1] AS journey
FROM counted c, generate_series(1, customers) n;
ALTER TABLE questions SET (parallel_workers = 2);
ALTER TABLE correlated SET (parallel_workers = 2);
ALTER TABLE grouped SET (parallel_workers = 2);
ANALYZE questions; ANALYZE correlated; ANALYZE grouped;
"""
# Tables of these questions are read by workers whatever their size, but not the dictionary: that would start workers for each group.
FORCED = "SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;\n"
# The same answers by one plan or another.
ANSWERS = """
DROP TABLE IF EXISTS NAME_links, NAME_counts, NAME_dwell, NAME_correlation, NAME_bottlenecks;
CREATE UNLOGGED TABLE NAME_links AS SELECT id, path_links(journey, def) AS s FROM questions WHERE kind = 'links' GROUP BY 1;
CREATE UNLOGGED TABLE NAME_counts AS SELECT id, path_counts(journey, def) AS s FROM questions WHERE kind = 'path_counts' GROUP BY 1;
CREATE UNLOGGED TABLE NAME_dwell AS SELECT id, dwell(journey, def) AS s FROM questions WHERE kind = 'dwell' GROUP BY 1;
CREATE UNLOGGED TABLE NAME_correlation AS SELECT id, least, correction, funnel_correlation(journey, def, from_step, to_step) AS s
FROM correlated GROUP BY 1, 2, 3;
CREATE UNLOGGED TABLE NAME_bottlenecks AS SELECT id, least, correction, bottlenecks(name, s) AS s FROM (
  SELECT id, least, correction, name, funnel(journey, '{#1,#2,#3}') AS s FROM grouped GROUP BY 1, 2, 3, 4) x GROUP BY 1, 2, 3;
"""
PARTS = """
DROP TABLE IF EXISTS parts_dwell, parts_correlation, parts_bottlenecks;
CREATE UNLOGGED TABLE parts_dwell AS SELECT id, dwell_merge(s) AS s FROM (
  SELECT id, dwell(journey, def) AS s FROM questions WHERE kind = 'dwell' GROUP BY 1, customer % 3) p GROUP BY 1;
CREATE UNLOGGED TABLE parts_correlation AS SELECT id, correlation_merge(s) AS s FROM (
  SELECT id, funnel_correlation(journey, def, from_step, to_step) AS s FROM correlated GROUP BY 1, customer % 3) p GROUP BY 1;
CREATE UNLOGGED TABLE parts_bottlenecks AS SELECT id, bottleneck_merge(s) AS s FROM (
  SELECT id, bottlenecks(name, s) AS s FROM (SELECT id, name, customer % 3 AS part, funnel(journey, '{#1,#2,#3}') AS s FROM grouped GROUP BY 1, 2, 3) x
  GROUP BY 1, part) p GROUP BY 1;
"""
ROWS = """
SELECT id, r.step, r.source, r.target, r.customers, r.paths, extract(epoch FROM r.median_time), r.share, r.source_share
FROM serial_links, unnest(s) WITH ORDINALITY r ORDER BY id, ordinality;
SELECT id, array_to_string(r.path, ' '), r.customers, r.paths, r.share, extract(epoch FROM r.median_time)
FROM serial_counts, unnest(s) WITH ORDINALITY r ORDER BY id, ordinality;
SELECT id, r.event, r.visits, r.lasts, r.customers, extract(epoch FROM r.total), extract(epoch FROM r.mean), extract(epoch FROM r.median), extract(epoch FROM r.p90)
FROM serial_dwell, dwell_times(s) r ORDER BY id, r.event COLLATE "C";
SELECT id, r.event, r.converted_with, r.converted_without, r.lost_with, r.lost_without, r.odds_ratio, r.low, r.high, r.p, r.p_adjusted
FROM serial_correlation, correlation_events(s, least, correction) WITH ORDINALITY r ORDER BY id, r.ordinality;
SELECT id, r.name, r.step, r.customers, r.made, r.rate, r.rest_rate, r.lost, r.p, r.p_adjusted, r.significant
FROM serial_bottlenecks, bottleneck_steps(s, least, correction) WITH ORDINALITY r ORDER BY id, r.ordinality;
"""

PLANS = """
EXPLAIN SELECT id, path_links(journey, def) FROM questions GROUP BY 1;
EXPLAIN SELECT id, path_counts(journey, def) FROM questions GROUP BY 1;
EXPLAIN SELECT id, dwell(journey, def) FROM questions GROUP BY 1;
EXPLAIN SELECT id, funnel_correlation(journey, def, from_step, to_step) FROM correlated GROUP BY 1;
EXPLAIN SELECT id, funnel(journey, '{#1,#2,#3}') FROM grouped GROUP BY 1;
"""


def different():
    """Asks how many groups have another answer by another plan; a group that one of them lacks counts, too."""
    pairs = [(plan, kind) for plan in ("forced", "parts") for kind in ("links", "counts", "dwell", "correlation", "bottlenecks")
             if plan == "forced" or kind not in ("links", "counts")]
    return "".join(f"SELECT '{plan} {kind}', count(*) FROM serial_{kind} a FULL JOIN {plan}_{kind} b USING (id) WHERE a.s IS DISTINCT FROM b.s;\n"
                   for plan, kind in pairs), len(pairs)


def made_case(oracle, rng):
    while True:
        case = oracle.random_case(rng)
        if case["kind"] in KINDS:
            return case, oracle.KINDS[case["kind"]](case), rng.randrange(len(WORLDS))


def seconds(t):
    return None if t is None else f"2026-01-01 00:00:{t:02}Z"


def interval(t):
    return None if t is None else f"{t} s"


def loading(cases, rng):
    paths, correlations, counted, customers, happened = [], [], [], [], []
    quoted = lambda texts: "{" + ",".join(f'"{t}"' for t in texts) + "}"
    for i, (case, _, world) in enumerate(cases):
        names, numbers = WORLDS[world], NUMBERS[world]
        selector = lambda events: "|".join(rng.choice([names[e], f"#{numbers[e]}"]) for e in events) if events else None
        if case["kind"] == "bottlenecks":
            for name, counts in case["groups"]:
                for depth, n in enumerate(a - b for a, b in zip([max(counts[0], 1)] + counts, counts + [0])):
                    counted.append([i, name, depth, n, case["min_customers"], case["correction"]])
            continue
        for c, events in enumerate(case["journeys"]):
            customers.append([i, c])
            happened += [[i, c, seconds(t), numbers[name]] for t, name in events]
        if case["kind"] == "correlation":
            correlations.append([i, quoted(map(selector, case["steps"])), interval(case["within"]), case["from_step"], case["to_step"],
                                 case["min_customers"], case["correction"]])
        else:
            paths.append([i, case["kind"], interval(case["session_gap"]), selector(case["start_at"]), selector(case["end_at"]), case["collapse"],
                          case.get("reverse", False), case.get("max_length"), case.get("by_step", True), case.get("min_weight", 1), selector(case["keep"]),
                          quoted(f"{names[name]}={selector(events)}" for name, events in case["groups"]), case.get("ends", False), case.get("top")])
    rng.shuffle(customers)
    rng.shuffle(happened)
    return "".join(copy(*table) for table in [("paths", paths), ("correlations", correlations), ("counted", counted), ("customers", customers),
                                              ("happened", happened)])


def same_value(got, wanted, near):
    if wanted is None or got == "":
        return wanted is None and got == ""
    if isinstance(wanted, bool):
        return got == "ft"[wanted]
    if isinstance(wanted, str):
        return got == wanted
    if isinstance(wanted, int):
        return float(got) == wanted
    return math.isclose(float(got), wanted, rel_tol=1e-10, abs_tol=near)


def same(got, wanted, near):
    return len(got) == len(wanted) and all(same_value(g, w, near) for row, other in zip(got, wanted) for g, w in zip(row, other, strict=True))


def in_product(case, wanted, world):
    """The oracle's rows as the product shows them."""
    shown = lambda name: WORLDS[world].get(name, name)
    if case["kind"] == "links":
        return [[step, shown(source), shown(target), *rest] for step, source, target, *rest in wanted]
    if case["kind"] == "path_counts":
        return [[path and " ".join(map(shown, path)), *rest] for path, *rest in wanted]
    if case["kind"] == "bottlenecks":
        return wanted
    return [[shown(event), *rest] for event, *rest in wanted]


def run(cases, rng):
    compared, pairs = different()
    lines = checks.psql(SCHEMA + loading(cases, rng) + MADE + SERIAL + ANSWERS.replace("NAME", "serial") + PARTS
                        + FORCED + ANSWERS.replace("NAME", "forced") + SERIAL + compared + ROWS)
    plans = checks.psql("SET search_path = public, clientele;\n" + FORCED + PLANS)
    checks.same("aggregates in workers", 5, sum("Partial" in line[0] for line in plans))
    for plan, count in lines[:pairs]:
        checks.check(f"{plan}: answers as those of the serial plan", count == "0", f"{count} differ")
    got = {}
    for line in lines[pairs:]:
        got.setdefault(int(line[0]), []).append(line[1:])
    for i, (case, wanted, world) in enumerate(cases):
        rows = got.get(i, [])
        if case["kind"] == "bottlenecks":  # the product also shows what it does not test
            rows = [r for r in rows if int(r[2]) >= max(1, case["min_customers"]) and r[5] != ""]
        wanted = in_product(case, wanted, world)
        near = 5.1e-7 if case["kind"] == "dwell" else 1e-12  # intervals are rounded to microseconds
        checks.check(case["kind"], same(rows, wanted, near), f"got {rows}, wanted {wanted}: {case}")


def main():
    oracle = load_oracle("engagement", checks)
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else time.time_ns() % 1_000_000_000
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000 if os.environ.get("CLIENTELE_LONG") == "1" else 300
    print(f"seed {seed}, {count} cases", flush=True)
    rng = random.Random(seed)
    checks.new_database(SETUP)
    for start in range(0, count, BATCH):
        run([made_case(oracle, rng) for _ in range(min(BATCH, count - start))], rng)
    checks.drop_database()
    checks.end()


if __name__ == "__main__":
    main()
