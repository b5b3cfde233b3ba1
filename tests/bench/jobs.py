# SPDX-License-Identifier: PostgreSQL
"""./run bench --jobs: how late jobs start, and what their schedule costs. docs/benchmark-jobs.md says how to read it.

The server is one of its own with the library preloaded, and pg_cron if it is installed. `run` starts it.
"""

import argparse
import os
import sys
import time

from job_phases import Databases, burst, idle, pg_cron, spread
from machine import machine
from measure import ROOT, main, progress, results, say, table, write_csv
from psql import Psql

AIMS = {"late": 1.0, "idle": 0.1, "wal": 0}  # seconds at the 95th percentile; per cent of a core; bytes


def arguments():
    parser = argparse.ArgumentParser(prog="./run bench --jobs", description="Measures how late jobs start, and what their schedule costs.")
    parser.add_argument("--jobs", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--number", type=int, default=500, metavar="N", help="jobs of the one database (default 500)")
    parser.add_argument("--databases", type=int, default=20, metavar="N", help="databases with jobs (default 20)")
    parser.add_argument("--workers", type=int, default=32, metavar="N", help="runs at once (default 32)")
    parser.add_argument("--seconds", type=float, default=40, metavar="S", help="how long jobs fall due in each part (default 40)")
    parser.add_argument("--idle", type=float, default=120, metavar="S", help="how long nothing falls due (default 120)")
    given = parser.parse_args()
    if not 1 <= given.number <= 10_000 or not 1 <= given.databases <= 200 or not 1 <= given.workers <= 100:
        parser.error("--number is from 1 to 10000, --databases from 1 to 200, --workers from 1 to 100")
    if given.seconds < 10 or given.idle < 10:
        parser.error("--seconds and --idle are at least 10")
    return given


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def row(name, part):
    """One line of the table; `part` has the delays, the seconds of the clock and those of the processors."""
    late = part.delays
    cpu = [f"{100 * used / part.seconds:.2f} %" for used in (part.scheduler, part.launcher)]
    return [name, f"{len(late):,}", *(f"{percentile(late, s):.3f}" for s in (0.5, 0.95, 0.99, 1)), f"{part.seconds:.0f}", *cpu, part.failed or ""]


HEADER = ["", "runs", "median, s", "95 %, s", "99 %, s", "most, s", "took, s", "scheduler", "launcher", "failed"]


def run(given):
    db = Psql()
    machine(db)
    say(f"{given.workers} runs at once; every run is SELECT 1, in a process of its own")
    db.run(f"ALTER SYSTEM SET clientele.max_workers = {given.workers}")
    db.run("SELECT pg_reload_conf()")
    begun = time.monotonic()
    databases = Databases(db, given.databases)
    rows = []
    measured = {}

    def measure(name, part):
        measured[name] = part
        rows.append(row(name, part))
        progress(f"{len(part.delays):,} runs, median {percentile(part.delays, 0.5):.3f} s, 95 % {percentile(part.delays, 0.95):.3f} s")

    measure(f"{given.number} jobs, one after the other", spread(databases, given.number, 1, given.seconds))
    measure(f"{given.databases} databases, {max(1, given.number // given.databases)} jobs each",
            spread(databases, max(1, given.number // given.databases), given.databases, given.seconds))
    measure(f"{given.number} jobs at one moment", burst(databases, given.number))
    quiet = idle(databases, given.number, given.idle)
    cron = pg_cron(databases, given.number)
    if cron:
        measure(f"pg_cron: {given.number} jobs at one moment", cron)
    databases.drop()
    db.close()

    say()
    table(HEADER, rows)
    say()
    worst = max(100 * s / quiet.seconds for s in quiet.schedulers)
    everything = 100 * (sum(quiet.schedulers) + quiet.launcher) / quiet.seconds
    say(f"  Nothing due for {quiet.seconds:.0f} s, {given.number} jobs in one database, one in each of {given.databases - 1} others:")
    say(f"  the busiest scheduler took {worst:.3f} % of a core (aim: {AIMS['idle']} %), the launcher {100 * quiet.launcher / quiet.seconds:.3f} %, "
        f"all of them {everything:.3f} %; {quiet.wal:,} bytes of WAL (aim: none).")
    if quiet.cron is not None:
        say(f"  pg_cron beside it took {100 * quiet.cron / quiet.seconds:.3f} %.")
    if not cron:
        say("  pg_cron is not installed here.")
    path = results("jobs")
    write_csv(path + ".csv", ["what", "runs", "median_s", "p95_s", "p99_s", "max_s", "took_s", "scheduler", "launcher", "failed"], rows)
    write_csv(path + "-idle.csv", ["seconds", "busiest_scheduler_percent", "launcher_percent", "all_percent", "wal_bytes"],
              [[f"{quiet.seconds:.1f}", f"{worst:.4f}", f"{100 * quiet.launcher / quiet.seconds:.4f}", f"{everything:.4f}", quiet.wal]])
    say(f"  Written to {os.path.relpath(path, ROOT)}.csv and -idle.csv")
    progress(f"all of it took {time.monotonic() - begun:.0f} s")
    missed = [name for name, part in measured.items() if "one after" in name or "databases" in name if percentile(part.delays, 0.95) >= AIMS["late"]]
    if any(part.failed for name, part in measured.items() if not name.startswith("pg_cron")):
        sys.exit("bench: runs have failed")
    if missed:
        sys.exit(f"bench: jobs start more than {AIMS['late']:.0f} s late at the 95th percentile: {', '.join(missed)}")
    if worst >= AIMS["idle"] or quiet.wal > AIMS["wal"]:
        sys.exit("bench: the schedulers are not idle when nothing is due")


main(run, arguments)
