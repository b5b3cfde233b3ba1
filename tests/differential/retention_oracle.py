#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Retention over journeys against a brute-force oracle that shares no code with it.

usage: retention_oracle.py [SEED [COUNT]]      (default: a fresh seed, 2000 cases; 100,000 with CLIENTELE_LONG=1)

Every case is a question and a few customers: retention_periods, retention_curve and retention_of are compared row by row, serial and
with all in parallel workers, and summaries of parts are merged. Half of the zones are those of the oracle, the others have clocks that
change by half an hour, over midnight, or by a whole date.
"""
import importlib.util
import math
import os
import pathlib
import random
import statistics
import sys
import time

from checks import FORCED, SERIAL, Checks, copy

ORACLE = pathlib.Path(__file__).resolve().parents[3] / "shared/oracle/retention.py"
BATCH = 10_000
MORE_DAYS = [("Australia/Lord_Howe", "2026-04-05"), ("Australia/Lord_Howe", "2026-10-04"), ("America/St_Johns", "2010-11-07"),
             ("America/St_Johns", "2010-03-14"), ("America/Sao_Paulo", "2018-02-18"), ("America/Sao_Paulo", "2018-11-04"),
             ("Africa/Monrovia", "1972-01-07"), ("Asia/Kathmandu", "1986-01-01"), ("Pacific/Kwajalein", "1993-08-21")]
Z95 = statistics.NormalDist().inv_cdf(0.975)

SCHEMA = """
SET client_min_messages = warning;
SET TimeZone = 'UTC';
DROP SCHEMA IF EXISTS retention_oracle CASCADE;
CREATE SCHEMA retention_oracle;
SET search_path = retention_oracle, clientele, pg_catalog;
CREATE UNLOGGED TABLE cases (
  id int, start_at text, return_at text, period text, windows text, cohort_by text, mode text, up_to int, brackets int[], min_count int,
  since timestamptz, until timestamptz, time_zone text);
CREATE UNLOGGED TABLE customers (id int, customer int);
CREATE UNLOGGED TABLE events (id int, customer int, at timestamptz, type int, amount numeric);
CREATE UNLOGGED TABLE wanted_periods (
  id int, cohort timestamptz, period int, last_period int, customers bigint, returned bigint, returns bigint, amount numeric,
  rate float8, low float8, high float8, previous_rate float8, complete boolean);
CREATE UNLOGGED TABLE wanted_curve (id int, period int, last_period int, customers bigint, returned bigint);
CREATE UNLOGGED TABLE wanted_of (id int, customer int, cohort timestamptz, period int, returns bigint, amount numeric);
"""

ASKED = """
CREATE UNLOGGED TABLE asked AS
SELECT c.id, m.customer, coalesce(j.journey, '{}'::journey) AS journey,
       retention_def(c.start_at, c.return_at, c.period, c.windows, c.cohort_by, c.mode, c.up_to, c.brackets, c.min_count, c.since, c.until,
                     true, c.time_zone) AS def
FROM cases c JOIN customers m USING (id)
LEFT JOIN (SELECT id, customer, journey(at, type, NULL::bigint, amount) FROM events GROUP BY 1, 2) j (id, customer, journey)
  USING (id, customer);
ALTER TABLE asked SET (parallel_workers = 2);
ANALYZE asked;
"""

# The ids of cases whose rows differ.
DIFFERENT = """
CREATE TEMP TABLE answers AS SELECT id, retention_table(journey, def) AS summary FROM asked GROUP BY id;
CREATE TEMP TABLE got_periods AS
  SELECT a.id, p.* FROM answers a, retention_periods(a.summary) p;
SELECT 'periods', coalesce(g.id, w.id) FROM got_periods g FULL JOIN wanted_periods w
  ON (g.id, g.cohort, g.period) = (w.id, w.cohort, w.period)
WHERE (g.last_period, g.customers, g.returned, g.returns, g.amount, g.rate, g.previous_rate, g.complete)
      IS DISTINCT FROM (w.last_period, w.customers, w.returned, w.returns, w.amount, w.rate, w.previous_rate, w.complete)
   OR abs(g.rate_low - w.low) > 1e-12 OR abs(g.rate_high - w.high) > 1e-12
   OR g.amount_per_customer IS DISTINCT FROM g.amount / g.customers;
SELECT 'curve', coalesce(g.id, w.id) FROM (SELECT a.id, c.* FROM answers a, retention_curve(a.summary) c) g
FULL JOIN wanted_curve w ON (g.id, g.period) = (w.id, w.period)
WHERE (g.last_period, g.customers, g.returned) IS DISTINCT FROM (w.last_period, w.customers, w.returned)
   OR g.rate IS DISTINCT FROM g.returned::float8 / g.customers;
SELECT 'of', coalesce(g.id, w.id) FROM (SELECT a.id, a.customer, o.* FROM asked a, retention_of(a.journey, a.def) o) g
FULL JOIN wanted_of w ON (g.id, g.customer, g.cohort, g.period) = (w.id, w.customer, w.cohort, w.period)
WHERE (g.returns, g.amount) IS DISTINCT FROM (w.returns, w.amount);
"""

MERGED = """
SELECT 'merged', id FROM answers a JOIN (
  SELECT id, retention_merge(part) AS summary
  FROM (SELECT id, retention_table(journey, def) AS part FROM asked GROUP BY id, customer % 2) p GROUP BY id) m USING (id)
WHERE a.summary IS DISTINCT FROM m.summary;
SELECT 'text form', id FROM asked WHERE def::text::retention_def <> def;
"""

checks = Checks("retention_oracle")


def load_oracle():
    spec = importlib.util.spec_from_file_location("oracle", ORACLE)
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(module)
    return module


def wilson(successes, trials):
    """Brown, Cai and DasGupta (2001), equation 4."""
    p, n, z = successes / trials, trials, Z95
    middle = (successes + z * z / 2) / (n + z * z)
    half = z * math.sqrt(n) / (n + z * z) * math.sqrt(p * (1 - p) + z * z / (4 * n))
    return middle - half, middle + half


def loading(cases, rng):
    """The oracle's events have letters; here they are numbers whose digits sort like the letters."""
    asked, customers, events, periods, curve, of = [], [], [], [], [], []
    for i, case in enumerate(cases):
        d = case["def"]
        types = dict(zip("abc", sorted(rng.sample(range(rng.choice([10, 1000, 2**31 - 1])), 3), key=str)))
        pick = lambda names: None if names is None else "|".join(f"#{types[n]}" for n in names)
        brackets = d["brackets"] and "{" + ",".join(map(str, d["brackets"])) + "}"
        asked.append([i, pick(d["start_at"]), pick(d["return_at"]), d["period"], d["windows"], d["cohort_by"], d["mode"], d["up_to"],
                      brackets, d["min_count"], d["since"], d["until"], d["time_zone"]])
        for c, journey in enumerate(case["journeys"]):
            customers.append([i, c])
            events += [[i, c, at, types[name], amount] for at, name, amount in journey]
        for cohort, first, last, n, returned, returns, amount, rate, previous, complete in case["expected"]:
            periods.append([i, cohort, first, last, n, returned, returns, amount, rate, *wilson(returned, n), previous, complete])
        curve += [[i, *row] for row in case["curve"]]
        of += [[i, c, *row] for c, rows in enumerate(case["of"]) for row in rows]
    rng.shuffle(events)
    return "".join([SCHEMA, copy("cases", asked), copy("customers", customers), copy("events", events), copy("wanted_periods", periods),
                    copy("wanted_curve", curve), copy("wanted_of", of), ASKED])


def in_an_odd_zone(oracle, rng):
    """A case at a change of clocks that the oracle's own cases do not have."""
    usual = oracle.DAYS
    oracle.DAYS = MORE_DAYS
    try:
        return oracle.random_table(rng)
    finally:
        oracle.DAYS = usual


def run_cases(oracle, rng, count):
    for start in range(0, count, BATCH):
        cases = [rng.choice([oracle.random_table, lambda r: in_an_odd_zone(oracle, r)])(rng) for _ in range(min(BATCH, count - start))]
        again = "SET TimeZone = 'Pacific/Auckland'; DROP TABLE answers, got_periods;\n"
        different = checks.psql(loading(cases, rng) + SERIAL + DIFFERENT + MERGED + again + FORCED + DIFFERENT)
        checks.count(len(cases) - len({row[1] for row in different}), 0)
        for what, i in different:
            checks.check(what, False, f"{cases[int(i)]}")


def main():
    if not ORACLE.exists():
        checks.skip(f"{ORACLE} is not there")
        checks.end()
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else time.time_ns() % 1_000_000_000
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000 if os.environ.get("CLIENTELE_LONG") else 2000
    print(f"seed {seed}, {count} cases", flush=True)
    run_cases(load_oracle(), random.Random(seed), count)
    checks.psql("SET client_min_messages = warning; DROP SCHEMA retention_oracle CASCADE;")
    checks.end()


if __name__ == "__main__":
    main()
