# SPDX-License-Identifier: PostgreSQL
"""./run bench --behaviour: what questions about behaviour cost. docs/benchmark-behaviour.md says how to read it."""

import argparse
import os
import subprocess

import behaviour_questions
import behaviour_raw
import peers
from bench import OURS, STORE, TOUCH, fill_store, make_events, pack
from machine import machine
from measure import CACHE, ROOT, Measures, interleaved, main, progress, results, say, seconds, table, times, write_csv
from psql import Psql

JOURNEYS, RAW = behaviour_questions.QUESTIONS, behaviour_raw.QUESTIONS
PLAIN, DOOR, DOOR_ROWS = "plain SQL", "raw door, index", "raw door, table"
EVENTS = "bench.events"


def arguments():
    parser = argparse.ArgumentParser(prog="./run bench --behaviour", description="Measures questions about behaviour.")
    parser.add_argument("--behaviour", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--events", type=int, default=20_000_000, metavar="N", help="how many events, of N / 100 customers (default 20000000)")
    parser.add_argument("--runs", type=int, default=7, metavar="N", help="measured runs of each question (default 7)")
    parser.add_argument("--slow-runs", type=int, default=2, metavar="N",
                        help="measured runs of plain SQL above two million events, the first included (default 2)")
    parser.add_argument("--only", nargs="+", choices=[*JOURNEYS, *RAW], metavar="QUESTION", help="some of " + ", ".join([*JOURNEYS, *RAW]))
    parser.add_argument("--no-sql", action="store_true", help="leave plain SQL out, which takes long")
    parser.add_argument("--no-growth", action="store_true", help="leave out the table of growth")
    parser.add_argument("--keep", action="store_true", help="leave the events, and use those of a run before with as many")
    parser.add_argument("--peers", action="store_true", help="also ask DuckDB and an embedded ClickHouse (downloads about 300 MB)")
    given = parser.parse_args()
    if not 1_000 <= given.events <= 1_000_000_000:
        parser.error("--events is a number from 1000 to 1000000000")
    if given.runs < 1 or given.slow_runs < 1:
        parser.error("there must be runs")
    return given


def is_there(db, events):
    if db.value(f"SELECT num_nulls(to_regclass('{EVENTS}'), to_regclass('bench.events_covering'), to_regclass('{STORE}'))") != "0":
        return False
    return db.value(f"SELECT count(*) FROM {EVENTS}") == str(events)


def prepare(db, given):
    """The events as rows with a covering index, and as journeys in the store."""
    if given.keep and is_there(db, given.events):
        return
    db.run("DROP SCHEMA IF EXISTS bench CASCADE")
    if db.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'clientele_data'") != "0":
        db.run("CALL clientele.drop_store(true)")
    make_events(db, given.events)
    db.run(f"CREATE INDEX events_covering ON {EVENTS} (customer_id, at, event_type_id)")
    db.run(f"VACUUM (ANALYZE) {EVENTS}")
    pack(db, Measures(), "", 1)
    fill_store(db)


def task(db, question, sql):
    def run():
        lines, ms = db.run(sql)
        return question.read([line.split("|") for line in lines]), ms
    return run


def touching(db, table_name=STORE):
    def run():
        return None, db.run(behaviour_questions.touch(table_name))[1]
    return run


def without_index(db, run):
    """With a plan that reads the table itself, in the order in which rows arrived."""
    def measured():
        db.run("SET enable_indexscan = off")
        db.run("SET enable_indexonlyscan = off")
        try:
            return run()
        finally:
            db.run("RESET enable_indexscan")
            db.run("RESET enable_indexonlyscan")
    return measured


def own_tasks(db, given, chosen):
    tasks = [("touch", TOUCH, touching(db), None)]
    slow = given.slow_runs if given.events > 2_000_000 else None
    for name in chosen:
        if name in JOURNEYS:
            tasks.append((name, OURS, task(db, JOURNEYS[name], JOURNEYS[name].packed.replace("{table}", STORE)), None))
        else:
            run = task(db, RAW[name], RAW[name].packed.replace("{table}", EVENTS))
            tasks += [(name, DOOR, run, slow), (name, DOOR_ROWS, without_index(db, run), slow)]
    if not given.no_sql:
        for name in chosen:
            question = JOURNEYS.get(name) or RAW[name]
            tasks.append((name, PLAIN, task(db, question, question.sql.replace("{table}", EVENTS)), slow))
    return tasks


def peer_tasks(chosen):
    """The engines, and their tasks."""
    asked = {**JOURNEYS, **RAW}
    questions = {"duckdb": {"DuckDB": {n: asked[n].duckdb for n in chosen},
                            "DuckDB, by position": {n: sql for n, sql in behaviour_raw.BY_POSITION.items() if n in chosen}},
                 "clickhouse": {"ClickHouse": {n: asked[n].clickhouse for n in chosen}}}
    try:
        engines, tasks, _ = peers.start(CACHE, EVENTS, questions, lambda name, rows: asked[name].read(rows))
        return engines, tasks
    except (peers.Unavailable, OSError, subprocess.CalledProcessError) as error:
        say(f"DuckDB and ClickHouse are left out: {error}")
        return [], []


def growth(db, given, chosen):
    """Times on tables of ever more customers: per event they should stay."""
    marks = [m for m in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if m * 1_000_000 < given.events]
    parts = [m * 1_000_000 / given.events for m in marks] if marks else [0.1, 0.2, 0.5]
    rows = []
    for part in [*parts, 1]:
        customers = max(1, round(given.events / 100 * part))
        db.run("DROP TABLE IF EXISTS bench.grown")
        db.run(f"CREATE TABLE bench.grown AS SELECT * FROM {STORE} WHERE customer_id <= {customers}")
        db.run("VACUUM (ANALYZE) bench.grown")
        events = int(db.value("SELECT sum(event_count(journey)) FROM bench.grown"))
        measures = Measures()
        tasks = [(n, OURS, task(db, JOURNEYS[n], JOURNEYS[n].packed.replace("{table}", "bench.grown")), None) for n in chosen]
        tasks.append(("touch", OURS, touching(db, "bench.grown"), None))
        interleaved(measures, tasks, min(5, given.runs))
        rows.append([events, *(measures.median(n, OURS) for n in [*chosen, "touch"])])
        db.run("DROP TABLE bench.grown")
    return rows


def compared(measures, name, base, others):
    """Cells: each other's time, and how many times ours it is."""
    return [c for other in others for c in (seconds(measures.median(name, other)), times(measures.median(name, other), base))]


def report(measures, given, journeys, raw, grown):
    touch = measures.median("touch", TOUCH)
    present = [n for n in (PLAIN, "ClickHouse", "DuckDB", "DuckDB, by position") if any(c == n for _, c in measures.times)]
    say()
    say(f"{given.events:,} events; medians. Touching the bytes of all journeys once takes {seconds(touch)}.")
    if journeys:
        others = [n for n in present if n != "DuckDB, by position"]
        say()
        table(["journeys", "packed", "of touching", *(c for n in others for c in (n, "ratio"))],
              [[JOURNEYS[n].title, seconds(measures.median(n, OURS)), times(measures.median(n, OURS), touch),
                *compared(measures, n, measures.median(n, OURS), others)] for n in journeys])
    if raw:
        say()
        rows = []
        for n in raw:
            base = measures.median(n, DOOR)
            rows.append([RAW[n].title, seconds(base), seconds(measures.median(n, DOOR_ROWS)), *compared(measures, n, base, present)])
        table(["raw rows", "by index", "by table", *(c for n in present for c in (n, "ratio"))], rows)
    for difference in measures.told:
        say(f"  {difference}")
    if grown:
        say()
        say("Growth: milliseconds, and nanoseconds an event")
        names = [*journeys, "touching"]
        table(["events", *(c for n in names for c in (n, "ns"))],
              [[f"{row[0]:,}", *(c for ms in row[1:] for c in (f"{ms:.1f}", f"{ms * 1e6 / row[0]:.2f}"))] for row in grown])


def run(given):
    if "CLIENTELE_RESET" in os.environ:
        subprocess.run([os.environ["CLIENTELE_RESET"]], check=True)
    db = Psql()
    db.run('SET search_path = "$user", public, clientele')
    db.run("SET TimeZone = 'UTC'")
    machine(db)
    prepare(db, given)
    chosen = given.only or [*JOURNEYS, *RAW]
    journeys, raw = [n for n in chosen if n in JOURNEYS], [n for n in chosen if n in RAW]
    measures = Measures()
    engines, tasks = peer_tasks(chosen) if given.peers else ([], [])
    progress("asking")
    try:
        interleaved(measures, own_tasks(db, given, chosen) + tasks, given.runs)
    finally:
        for engine in engines:
            engine.close()
    if journeys and not given.no_growth:
        progress("asking ever more customers")
    grown = growth(db, given, journeys) if journeys and not given.no_growth else []
    report(measures, given, journeys, raw, grown)
    db.close()
    path = results("behaviour")
    write_csv(path + ".csv", ["question", "competitor", "runs", "median_ms", "min_ms", "max_ms", "ratio_to_packed"], measures.rows(OURS))
    if grown:
        write_csv(path + "-growth.csv", ["events", *(f"{n}_ms" for n in journeys), "touch_ms"], grown)
    say()
    say(f"Written to {os.path.relpath(path, ROOT)}.csv")


if __name__ == "__main__":
    main(run, arguments)
