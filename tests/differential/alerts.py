#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""anomaly() and the rules of alerts against an oracle that shares no code with them, the Numenta Anomaly Benchmark, and simulations.

usage: alerts.py [SEED [COUNT]] [--long]      (default: a fresh seed, 150 cases; 10,000 with --long or CLIENTELE_LONG=1)

Rows come in random order. Alerts are checked in several calls, as a job does it. The benchmark must reach 60 with one threshold for all
series; the simulations have a seed of their own, so that they never fail by chance.
"""
import csv
import importlib.util
import json
import math
import os
import random
import sys

from checks import DATA, Checks, copy

sys.dont_write_bytecode = True
ORACLE = DATA.parent / "oracle/anomalies.py"
BATCH = 1000
# As the text form of an anomaly_def.
NAB = {"measure": "number", "memory": 2000, "spread": 2000, "min_points": 20, "scales": [1, 6, 36], "min_volume": 0, "min_change": 0,
       "levels": [1.0, 1.08, 2.0], "calibrate": 600, "record": 300, "least_spread": 0.1}


def close(wanted, got):
    return abs(wanted - got) <= 1e-9 * max(1.0, abs(wanted))


def definition(d, zone):
    answer = {"measure": d["measure"], "memory": d["memory"], "min_points": d["least"], "spread": d["spread"], "scales": d["scales"],
              "levels": d["levels"], "direction": d["direction"], "min_volume": d["min_volume"], "min_change": d["min_change"],
              "time_zone": zone}
    if d["season"]:
        answer["season"] = f"{d['season']}:00:00"
    return json.dumps(answer)


def oracle_cases(checks, oracle, rng, count):
    """Points of random series, and alerts that become of them."""
    for first in range(0, count, BATCH):
        cases = []
        while len(cases) < min(BATCH, count - first):
            case = oracle.case(rng)
            if case["kind"] == "monitor":
                cases.append(case)
        zones = [rng.choice(["UTC", "Asia/Shanghai", "Asia/Kolkata"]) for _ in cases]
        rows = [(n, at, value, volume) for n, case in enumerate(cases) for at, value, volume in case["values"]]
        rng.shuffle(rows)
        defs = [(n, definition(case["def"], zone)) for n, (case, zone) in enumerate(zip(cases, zones))]
        script = ("SET client_min_messages = warning;\nTRUNCATE case_rows, case_defs;\n" + copy("case_rows", rows) + copy("case_defs", defs))
        got = checks.psql(script + """
            SELECT id, at, (a).expected, (a).low, (a).high, (a).z, (a).level FROM (
              SELECT r.id, r.at, clientele.anomaly(timestamptz '2026-01-05 00:00Z' + r.at * interval '1 hour', r.value, r.volume, d.def::clientele.anomaly_def)
                       OVER (PARTITION BY r.id ORDER BY r.at) AS a
              FROM case_rows r JOIN case_defs d USING (id)) x ORDER BY id, at;""")
        found = {(int(r[0]), int(r[1])): r[2:] for r in got}
        for n, case in enumerate(cases):
            good = True
            for at, expected, low, high, z, level in case["points"]:
                cells = found[n, at]
                if expected is None:
                    good = good and cells[0] == ""
                else:
                    good = good and cells[0] != "" and all(close(w, float(g)) for w, g in zip((expected, low, high, z), cells)) and level == int(cells[4])
            checks.check(f"points of case {first + n}", good, json.dumps(case["def"]))
        alert_cases(checks, rng, cases, zones, first)


def alert_cases(checks, rng, cases, zones, first):
    metrics, values = [], []
    for n, (case, zone) in enumerate(zip(cases, zones)):
        d = case["def"]
        metrics.append((n + 1, f"m{n}", "sql", "SELECT", d["measure"], "1 hour", zone, definition(d, zone), d["points"], d["calm"],
                        f"{d['cool_down']} hours", d["missing_after"], "f"))
        values += [(n + 1, at, value, volume) for at, value, volume in case["values"]]
    rng.shuffle(values)
    script = "SET client_min_messages = warning; SET TimeZone = 'UTC';\nDELETE FROM clientele_data.metrics;\nTRUNCATE case_values;\n"
    script += copy("clientele_data.metrics (metric_id, name, kind, rule, measure, grain, time_zone, judge, points, calm, cool_down, "
                   "missing_after, explain)", metrics) + copy("case_values", values)
    script += """INSERT INTO clientele_data.metric_values (metric_id, at, until, value, volume)
        SELECT v.id, timestamptz '2026-01-05 00:00Z' + v.at * interval '1 hour', timestamptz '2026-01-05 01:00Z' + v.at * interval '1 hour', v.value, v.volume
        FROM case_values v;
        ANALYZE clientele_data.metric_values;\n"""
    # Some checks see one value more, others many.
    stops = sorted(rng.sample(range(1, 60), 3)) + [60]
    for stop in stops:
        script += f"""INSERT INTO case_alerts SELECT c.metric, c.what, c.level, c.point, c.sent, c.pushed
            FROM clientele.check_metrics(timestamptz '2026-01-05 00:00Z' + {stop} * interval '1 hour', since => '2026-01-04') c;\n"""
    script = "TRUNCATE case_alerts;\n" + script + """
        SELECT substr(metric, 2), extract(epoch FROM point - timestamptz '2026-01-05 00:00Z')::int / 3600,
               CASE WHEN what IN ('opened', 'escalated') THEN level::text ELSE what END, sent, pushed, level
        FROM case_alerts ORDER BY 1, 2, what;"""
    found = {}
    for metric, at, what, sent, pushed, level in checks.psql(script):
        found.setdefault(int(metric), []).append((int(at), what, sent == "t"))
        if what in ("1", "2", "3"):
            checks.same(f"pushed of {metric}", sent == "t" and int(level) >= 2, pushed == "t")
    for n, case in enumerate(cases):
        wanted = [(at, str(what), sent) for at, what, sent in case["alerts"]]
        checks.same(f"alerts of case {first + n}", sorted(wanted), sorted(found.get(n, [])), json.dumps(case["def"]))


def nab(checks, oracle):
    """The benchmark, and how the score falls if the threshold is not tuned on the series that is scored."""
    if not checks.there("extra/nab_series.csv.gz", "extra/nab_windows.csv"):
        return
    series = oracle.read_series(str(DATA / "extra/nab_series.csv.gz"))
    windows = {}
    with open(DATA / "extra/nab_windows.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            windows.setdefault(row["series"], []).append((row["window_start"], row["window_end"]))
    shape, rows = [], []
    for n, (name, points) in enumerate(series.items()):
        times = [t for t, _ in points]
        shape.append((len(points), [(times.index(a), times.index(b)) for a, b in windows.get(name, [])]))
        rows += [(n, at, t, repr(value)) for at, (t, value) in enumerate(points)]
    # A few times are twice in a series.
    got = checks.psql("CREATE TEMP TABLE nab (series int, n int, at timestamptz, value float8);\nSET TimeZone = 'UTC';\n" + copy("nab", rows) + f"""
        SELECT series, CASE WHEN (a).level > 0 THEN abs((a).z) ELSE 0 END FROM (
          SELECT series, n, clientele.anomaly(at, value, NULL, '{json.dumps({**NAB, "levels": [1e-9, 1e-9, 1e-9]})}') OVER (PARTITION BY series ORDER BY at, n) AS a
          FROM nab) x ORDER BY series, n;""")
    scores = [[] for _ in shape]
    for n, score in got:
        scores[int(n)].append(float(score or 0))
    best, threshold = oracle.nab(shape, scores)
    said, _ = oracle.nab(shape, scores, threshold=NAB["levels"][1])
    print(f"NAB: {best:.2f} at {threshold:.4f}, {said:.2f} at {NAB['levels'][1]}")
    checks.check("NAB, standard", best >= 60, f"{best}")
    checks.check("NAB at the level that is documented", said >= 60, f"{said}")


def poisson(rng, mean):
    """By the sum of exponential times in parts of up to 500."""
    total = 0
    while mean > 0:
        part = min(mean, 500)
        limit, product = math.exp(-part), rng.random()
        while product > limit:
            total += 1
            product *= rng.random()
        mean -= part
    return total


def wall_hours(checks, zone, weeks):
    """The hours of some weeks, with the hour of the week by the clock."""
    return [(r[0], int(r[1]), r[2]) for r in checks.psql(f"""SET TimeZone = 'UTC';
        SELECT g.at, extract(isodow FROM l) * 24 + extract(hour FROM l) - 24, l::date
        FROM generate_series(timestamptz '2026-01-05 00:00Z', timestamptz '2026-01-05 00:00Z' + {weeks} * interval '7 days' - interval '1 hour', interval '1 hour') g (at)
        CROSS JOIN LATERAL (SELECT g.at AT TIME ZONE '{zone}') w (l) ORDER BY 1;""")]


def simulated(checks, runs, weeks=24):
    """Poisson counts with the rhythm of days and weeks by the clock of a zone where clocks change; drops, holidays, missing hours."""
    rng = random.Random(15)
    zone = "America/New_York"
    hours = wall_hours(checks, zone, weeks)
    holidays = ["2026-04-03", "2026-05-25"]
    metrics, values, drops = [], [], {}
    for run in range(runs):
        # Even runs have drops, odd ones have holidays and missing hours.
        incidents = sorted(rng.sample(range(8, weeks), 5)) if run % 2 == 0 else []
        drops[run] = {}
        for week in incidents:
            start = week * 168 + rng.randrange(120)
            drops[run].update({at: start for at in range(start, start + 6)})
        metrics.append((run + 1, f"run {run}", "sql", "SELECT", "count", "1 hour", zone,
                        json.dumps({"season": "168:00:00", "scales": [1, 6], "time_zone": zone}), "f"))
        for n, (at, place, day) in enumerate(hours):
            rate = 200 * (1 + 0.5 * math.sin(2 * math.pi * (place % 24) / 24)) * (0.7 if place >= 120 else 1)
            if n in drops[run]:
                rate *= 0.7
            if run % 2 and day in holidays:
                rate *= 0.3
            value = None if run % 2 and 2000 <= n < 2002 else poisson(rng, rate)
            values.append((run + 1, at, value))
    got = checks.psql("SET client_min_messages = warning; SET TimeZone = 'UTC'; DELETE FROM clientele_data.metrics; DELETE FROM clientele_data.holidays;\n"
        + copy("clientele_data.metrics (metric_id, name, kind, rule, measure, grain, time_zone, judge, explain)", metrics)
        + "UPDATE clientele_data.metrics SET holidays = 'default';\n"
        + copy("clientele_data.holidays (day)", [(day,) for day in holidays])
        + "CREATE TEMP TABLE simulated (id int, at timestamptz, value float8);\n" + copy("simulated", values) + """
        INSERT INTO clientele_data.metric_values (metric_id, at, until, value) SELECT id, at, at + interval '1 hour', value FROM simulated;
        SELECT * FROM (SELECT 'value', substr(metric, 5), row_number() OVER (PARTITION BY metric ORDER BY at) - 1, level, excused FROM clientele_bi.metric_values) x
        UNION ALL
        SELECT 'alert', substr(c.metric, 5), extract(epoch FROM c.point - timestamptz '2026-01-05 00:00Z')::int / 3600, c.level, c.pushed
        FROM clientele.check_metrics('2027-01-01', since => '2026-01-01') c WHERE c.what IN ('opened', 'escalated', 'no data');""")
    false = [0] * 4
    judged = 0
    seen = {}
    paged = []
    for what, run, n, level, flag in got:
        run, n = int(run), int(n)
        if what == "alert":
            if flag == "t":
                paged.append((run, n, level))
            continue
        if level == "":
            continue
        if n in drops[run]:
            key = (run, drops[run][n])
            seen[key] = max(seen.get(key, 0), int(level))
        elif not any(n - back in drops[run] for back in range(1, 7)):
            judged += 1
            for reached in range(1, int(level) + 1):
                false[reached] += 1
    rates = [1000 * f / judged for f in false]
    share = sum(level >= 2 for level in seen.values()) / len(seen)
    print(f"Poisson 200 of {runs} series of {weeks} weeks: {judged} values without an incident, of 1,000 at level 1 {rates[1]:.2f}, "
          f"2 {rates[2]:.2f}, 3 {rates[3]:.2f}; of {len(seen)} drops by 30 % for 6 hours {share:.1%} are seen at level 2")
    checks.check("false points at level 2", rates[2] <= 0.5, rates)
    checks.check("drops that are seen", share >= 0.95, share)
    quiet = {n for n, (_, _, day) in enumerate(hours) if day in holidays} | set(range(1998, 2010)) | {
        n + k for n, (_, _, day) in enumerate(hours) if day == "2026-03-08" for k in range(0, 30)}
    checks.same("pages of holidays, missing hours and changes of the clock", [], [p for p in paged if p[0] % 2 and p[1] in quiet])


def main():
    arguments = [a for a in sys.argv[1:] if a != "--long"]
    longer = len(arguments) != len(sys.argv) - 1 or os.environ.get("CLIENTELE_LONG") == "1"
    seed = int(arguments[0]) if arguments else random.SystemRandom().randrange(1 << 31)
    count = int(arguments[1]) if len(arguments) > 1 else 10000 if longer else 150
    print(f"seed {seed}, {count} cases", flush=True)
    checks = Checks("alerts")
    checks.psql("""SET client_min_messages = warning;
        CALL clientele.create_store(time_zone => 'UTC');
        CREATE UNLOGGED TABLE case_rows (id int, at int, value float8, volume float8);
        CREATE UNLOGGED TABLE case_defs (id int, def text);
        CREATE UNLOGGED TABLE case_values (id int, at int, value float8, volume float8);
        CREATE UNLOGGED TABLE case_alerts (metric text, what text, level int, point timestamptz, sent bool, pushed bool);""")
    if ORACLE.exists():
        spec = importlib.util.spec_from_file_location("oracle", ORACLE)
        oracle = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(oracle)
        oracle_cases(checks, oracle, random.Random(seed), count)
        nab(checks, oracle)
    else:
        checks.skip(f"{ORACLE} is not there")
    simulated(checks, 40 if longer else 2)
    checks.end()


main()
