#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""next_runs and next_every against implementations that share no code with them.

usage: schedules.py [SEED [COUNT]]      (default: a fresh seed; CLIENTELE_SCHEDULES or 1,000 cases, 20,000 with CLIENTELE_LONG=1)

Cases are random expressions, time zones and times, many of them beside changes of the clocks and in leap years. They are compared with
the oracle, if it is there (CLIENTELE_CRON), with clocks that are read minute by minute, and with croniter, whose known differences are
counted by kind. Zones that Python and the server know from different releases of the time zone data are left out where they differ.
"""
import json
import os
import pathlib
import random
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from checks import BUILD, ROOT, Checks, copy
from schedule_model import allowed_sets, every_runs, random_case, random_every, runs_by_minute, runs_by_quarter

ORACLE = pathlib.Path(os.environ.get("CLIENTELE_CRON", ROOT.parent / "shared/oracle/cron.py"))
CRONITER = "7.0.0"
UTC = timezone.utc
RUNS = 6
# Reads lines of JSON, and writes for each the first times, or null if the expression is refused.
CRONITER_PROGRAM = """
import json, sys
from datetime import datetime
from zoneinfo import ZoneInfo
from croniter import croniter
for line in sys.stdin:
    expression, zone, after, n = json.loads(line)
    try:
        times = croniter(expression, datetime.fromtimestamp(after, ZoneInfo(zone)))
        print(json.dumps([round(times.get_next(float)) for _ in range(n)]))
    except Exception:
        print("null")
"""
checks = Checks("schedules", "clientele_schedules_differential")


def epoch(text):
    return round(datetime.fromisoformat(text).timestamp())


def answers(cases):
    """What next_runs says of (expression, zone, after, n): seconds since 1970, None for an error."""
    rows = checks.psql("CREATE TEMP TABLE cases (id integer, e text, z text, a double precision, n integer);\n"
                       + copy("cases", [(i, *case) for i, case in enumerate(cases)])
                       + "SELECT runs(e, z, to_timestamp(a), n) FROM cases ORDER BY id;")
    checks.same("an answer for each case", len(cases), len(rows))
    return [None if row == ["error"] else [int(t) for t in row[0].split()] for row in rows]


differ = {}


def data_differ(zone, at):
    """Whether the server and Python have other clocks in this zone, within five days of an instant."""
    key = zone, at // 86400
    if key not in differ:
        hours = [(at // 3600 + h) * 3600 for h in range(-120, 121)]
        rows = checks.psql(f"SELECT extract(epoch FROM (to_timestamp(t) AT TIME ZONE '{zone}') - (to_timestamp(t) AT TIME ZONE 'UTC'))::integer "
                           f"FROM unnest('{{{','.join(map(str, hours))}}}'::bigint[]) t;")
        differ[key] = [int(row[0]) for row in rows] != [
            datetime.fromtimestamp(t, ZoneInfo(zone)).utcoffset().total_seconds() for t in hours]
    return differ[key]


left_out = {}


def compare(what, case, wanted, got):
    """One check; a case in which the time zone data differ is left out and counted."""
    if wanted != got and wanted is not None and got is not None:
        pairs = [(w, g) for w, g in zip(wanted + [None], got + [None]) if w != g]
        if any(t is not None and data_differ(case[1], t) for t in pairs[0]):
            left_out[case[1]] = left_out.get(case[1], 0) + 1
            return
    checks.same(f"{what}: {case}", wanted, got)


def with_oracle(seed, count):
    """Cases of the oracle and what it says; without it, cases of our own, without answers."""
    if not ORACLE.exists():
        checks.skip(f"{ORACLE} is not there")
        rng = random.Random(seed)
        return [(*random_case(rng), RUNS) for _ in range(count)], None
    lines = subprocess.run([sys.executable, ORACLE, str(seed), str(count)], capture_output=True, text=True, check=True).stdout
    cases, wanted = [], []
    for case in map(json.loads, lines.splitlines()):
        cases.append((case["expression"], case["zone"], epoch(case["after"]), RUNS))
        wanted.append(None if case.get("error") else [epoch(run) for run in case["runs"]])
    return cases, wanted


def minute_by_minute(rng, count):
    """All that is due in some days beside a change of the clocks."""
    cases = [random_case(rng, accepted=True) for _ in range(count)]
    days = 4
    wanted = [runs_by_minute(e, z, after, after + days * 86400) for e, z, after in cases]
    got = answers([(*case, max(1, min(len(w) + 1, 10_000))) for case, w in zip(cases, wanted)])
    for case, w, g in zip(cases, wanted, got):
        until = case[2] + days * 86400
        compare("minute by minute", case, w[:10_000], None if g is None else [t for t in g if t <= until][:10_000])


def ten_years(rng, count):
    """All that is due in ten years, of schedules at whole quarters of an hour."""
    zones = sorted({row[0] for row in checks.psql("SELECT name FROM pg_timezone_names WHERE name ~ '^[A-Z][a-z]+/[A-Z]';")})
    zones = [zone for zone in zones if known(zone)]
    for _ in range(count):
        zone, year = rng.choice(zones), rng.randint(1971, 2027)
        expression = rng.choice(["30 2 * * *", "0 0 * * *", "15,45 1-3 L * *", "0 0 29 2 *", "0 23 31 * fri", "0 0 * * *", "30 0,1 * * sun",
                                 "0 * 1 * *", "*/15 * L 3,10 *", "45 23 * mar-nov sat"])
        after = int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
        until = int(datetime(year + 10, 1, 1, tzinfo=UTC).timestamp())
        got, = answers([(expression, zone, after, 10_000)])
        wanted = runs_by_quarter(expression, zone, after, until)
        compare("ten years", (expression, zone, after), wanted[:10_000], [t for t in got if t <= until])


def known(zone):
    try:
        ZoneInfo(zone)
        return True
    except (OSError, ValueError):
        return False


def intervals(rng, count):
    cases = [random_every(rng) for _ in range(count)]
    rows = checks.psql("CREATE TEMP TABLE cases (id integer, e text, z text, s double precision, a double precision);\n"
                       + copy("cases", [(i, f"{months} months {days} days {seconds} seconds", zone, starting, after)
                                        for i, ((months, days, seconds), zone, starting, after) in enumerate(cases)])
                       + "SELECT (SELECT string_agg(extract(epoch FROM r)::bigint::text, ' ' ORDER BY r) FROM "
                         f"clientele.next_every(e::interval, to_timestamp(s), z, to_timestamp(a), {RUNS}) r) FROM cases ORDER BY id;")
    checks.same("an answer for each interval", count, len(rows))
    for case, row in zip(cases, rows):
        compare("every", case, every_runs(*case, RUNS), [int(t) for t in row[0].split()])


def croniter_python():
    """The Python of an environment with croniter in it, made once; None if it cannot be had."""
    folder = BUILD / f"croniter-{CRONITER}"
    python = folder / "bin/python"
    if not (folder / "installed").exists():
        made = subprocess.run([sys.executable, "-m", "venv", "--clear", folder], capture_output=True, text=True, check=False)
        if made.returncode == 0:
            made = subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", f"croniter=={CRONITER}"],
                                  capture_output=True, text=True, check=False)
        if made.returncode != 0:
            checks.skip(f"croniter {CRONITER} cannot be installed: {(made.stderr or made.stdout).strip().splitlines()[-1:]}")
            return None
        (folder / "installed").touch()
    return python


def ask_croniter(python, cases):
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    done = subprocess.run([python, "-c", CRONITER_PROGRAM], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def second_pass(zone, at):
    return datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(zone)).fold == 1


def as_croniter_means(expression):
    """The kinds of known differences that an expression can show, and how it is written for croniter to mean the same."""
    fields, kinds = expression.split(), []
    if len(fields) != 5:
        return expression, kinds
    # It reads 7/s as 0/s; here a step from Sunday on, written 7, has nothing to step to.
    elements = ["7" if e.startswith("7/") else e for e in fields[4].split(",")]
    if elements != fields[4].split(","):
        kinds.append("7/s")
    fields[4] = ",".join(elements)
    sets = allowed_sets(" ".join(fields))
    for place, whole in ((2, set(range(1, 32))), (4, set(range(7)))):
        if fields[place] != "*" and sets[place] >= whole:
            fields[place] = "*"
            kinds.append("whole range")
    return " ".join(fields), kinds


def with_croniter(cases, ours):
    python = croniter_python()
    if python is None:
        return
    theirs = ask_croniter(python, [(e, z, a, 3 * n) for e, z, a, n in cases])
    counts = {"agree": 0, "both refuse": 0, "it accepts what is refused here": 0, "whole range": 0, "7/s": 0, "repeated hour": 0}
    again = []
    for case, own, their in zip(cases, ours, theirs):
        if own is None:
            counts["both refuse" if their is None else "it accepts what is refused here"] += 1
            checks.count(1, 0)
        elif their is not None and their[:len(own)] == own:
            counts["agree"] += 1
            checks.count(1, 0)
        else:
            again.append((case, own, *as_croniter_means(case[0])))
    for (case, own, _, kinds), their in zip(again, ask_croniter(python, [(e, z, a, 3 * n) for (_, z, a, n), _, e, _ in again])):
        first = their or []
        if first[:len(own)] != own and len(allowed_sets(case[0])[1]) < 24:
            first = [t for t in first if not second_pass(case[1], t)]
            kinds = kinds + ["repeated hour"]
        good = first[:len(own)] == own and kinds
        if not good and any(data_differ(case[1], t) for t in own[:1] + (their or [])[:1]):
            left_out[case[1]] = left_out.get(case[1], 0) + 1
            continue
        checks.check("croniter", good, f"{case}: {own} here, {first} there")
        for kind in kinds[-1:] if good else []:
            counts[kind] += 1
    print(f"croniter {CRONITER}, {len(cases)} cases: " + ", ".join(f"{n} {kind}" for kind, n in counts.items()))


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(10 ** 9)
    default = os.environ.get("CLIENTELE_SCHEDULES") or (20_000 if os.environ.get("CLIENTELE_LONG") else 1_000)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else int(default)
    print(f"seed {seed}, {count} cases")
    began = time.monotonic()
    checks.new_database("""CREATE EXTENSION clientele;
CREATE FUNCTION runs(e text, z text, a timestamptz, n integer) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN (SELECT string_agg(extract(epoch FROM r)::bigint::text, ' ' ORDER BY r) FROM clientele.next_runs(e, z, a, n) r);
EXCEPTION WHEN invalid_parameter_value THEN
  RETURN 'error';
END $$;""")
    cases, wanted = with_oracle(seed, count)
    got = answers(cases)
    for case, w, g in zip(cases, wanted or [], got):
        compare("oracle", case, w, g)
    rng = random.Random(seed)
    minute_by_minute(rng, max(count // 20, 20) if wanted else count // 2)
    ten_years(rng, max(count // 1000, 2))
    intervals(rng, count // 5)
    with_croniter(cases, got)
    if left_out:
        checks.skip(f"{sum(left_out.values())} cases in which the server and Python have other time zone data: {', '.join(sorted(left_out))}")
    print(f"{time.monotonic() - began:.0f} s")
    checks.drop_database()
    checks.end()


if __name__ == "__main__":
    main()
