# SPDX-License-Identifier: PostgreSQL
"""./run bench: what packed journeys cost and save. docs/benchmark.md says how to read it."""

import argparse
import os
import subprocess

import peers
import questions
from machine import machine
from measure import BUILD, CACHE, ROOT, Measures, interleaved, main, progress, results, say, seconds, table, times, write_csv
from psql import Psql, copy_from

STORE = "clientele_data.journeys"
PACK = "SELECT customer_id, journey(at, event_type_id) AS journey FROM bench.events GROUP BY customer_id"
OURS, TOUCH = "packed journeys", "touching the bytes"
UNINDEXED, INDEXED = "SQL without an index", "SQL with a covering index"


def arguments():
    parser = argparse.ArgumentParser(prog="./run bench", description="Measures packed journeys.",
                                     epilog="Models of customers are another benchmark: ./run bench --models --help")
    parser.add_argument("--events", type=int, default=20_000_000, metavar="N",
                        help="how many events, of N / 100 customers (default 20000000)")
    parser.add_argument("--runs", type=int, default=7, metavar="N",
                        help="measured runs of each question (default 7)")
    parser.add_argument("--slow-runs", type=int, default=3, metavar="N",
                        help="measured runs of plain SQL, which takes long (default 3)")
    parser.add_argument("--peers", action="store_true",
                        help="also ask DuckDB and an embedded ClickHouse (downloads about 300 MB)")
    given = parser.parse_args()
    if not 1_000 <= given.events <= 1_000_000_000:
        parser.error("--events is a number from 1000 to 1000000000")
    if given.runs < 1 or given.slow_runs < 1:
        parser.error("there must be runs")
    return given


def make_events(db, events):
    db.run("CALL clientele.create_store()")
    for channel, event in questions.TYPES:
        db.run(f"SELECT clientele.event_type('{channel}', '{event}')")
    db.run("CREATE SCHEMA bench")
    db.run("CREATE TABLE bench.events (customer_id bigint NOT NULL, at timestamptz NOT NULL, "
           "event_type_id integer NOT NULL)")
    progress(f"generating {events:,} events")
    copy_from([os.path.join(BUILD, "bench", "generate"), str(events)],
              "COPY bench.events FROM STDIN (FORMAT binary)")
    db.run("VACUUM (ANALYZE) bench.events")


def load_speed(db, events):
    """What the loader makes of raw rows with names in them. The store is empty again afterwards."""
    rows = min(events, 1_000_000)
    progress(f"loading {rows:,} rows with load_events")
    db.run(f"""CREATE TABLE bench.raw AS
SELECT 'c' || e.customer_id AS customer, e.at, t.event, t.channel
FROM (SELECT * FROM bench.events LIMIT {rows}) e JOIN clientele_data.event_types t USING (event_type_id)""")
    _, ms = db.run("CALL clientele.load_events('bench.raw', channel => 'channel')")
    db.run("DROP TABLE bench.raw")
    db.run("TRUNCATE clientele_data.stored_journeys, clientele_data.journey_changes, "
           "clientele_data.rejects, clientele_data.load_runs, clientele_data.identities, "
           "clientele_data.customers CASCADE")
    return rows / ms * 1000


def pack(db, measures, name, runs):
    for _ in range(runs):
        db.run("DROP TABLE IF EXISTS bench.packed")
        db.run("CHECKPOINT")
        _, ms = db.run(f"CREATE TABLE bench.packed AS {PACK}")
        measures.add("packing", name, ms)


def fill_store(db):
    db.run("INSERT INTO clientele_data.customers (customer_id) SELECT customer_id FROM bench.packed")
    _, ms = db.run("SELECT clientele.merge_journeys('bench.packed')")
    db.run("VACUUM (ANALYZE) clientele_data.stored_journeys, clientele_data.customers, bench.packed")
    return ms


def task(db, question, sql):
    def run():
        lines, ms = db.run(sql)
        if question == "touch":
            return None, ms
        return questions.answer(question, [line.split("|") for line in lines]), ms
    return run


def ask(db, measures, competitor, given, sql):
    """Packed journeys beside plain SQL; the fast ones fill the time between the slow ones."""
    ours = [(q, OURS, task(db, q, s), None) for q, s in questions.packed(STORE).items()]
    ours.append(("touch", TOUCH, task(db, "touch", questions.touch(STORE)), None))
    slow = given.slow_runs if given.events > 2_000_000 else None
    plain = [(q, competitor, task(db, q, s), slow) for q, s in sql.items()]
    interleaved(measures, ours + plain, given.runs)


def growth(db, given):
    """Times of packed questions on tables of ever more customers: per event they should stay."""
    marks = [m for m in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if m * 1_000_000 < given.events]
    parts = [m * 1_000_000 / given.events for m in marks] if marks else [0.1, 0.2, 0.5]
    rows = []
    for part in [*parts, 1]:
        customers = max(1, round(given.events / 100 * part))
        db.run(f"CREATE TABLE bench.grown AS SELECT * FROM {STORE} WHERE customer_id <= {customers}")
        db.run("VACUUM (ANALYZE) bench.grown")
        events = int(db.value("SELECT sum(event_count(journey)) FROM bench.grown"))
        measures = Measures()
        tasks = [(q, OURS, task(db, q, s), None) for q, s in questions.packed("bench.grown").items()]
        tasks.append(("touch", OURS, task(db, "touch", questions.touch("bench.grown")), None))
        interleaved(measures, tasks, given.runs)
        rows.append([events, *(measures.median(q, OURS) for q in [*questions.QUESTIONS, "touch"])])
        db.run("DROP TABLE bench.grown")
    return rows


def sizes(db, events):
    value = int(db.value(f"SELECT sum(pg_column_size(journey)) FROM {STORE}"))
    store = int(db.value("SELECT pg_total_relation_size('clientele_data.stored_journeys')"))
    plain = int(db.value("SELECT pg_total_relation_size('bench.packed')"))
    rows = int(db.value("SELECT pg_table_size('bench.events')"))
    index = int(db.value("SELECT pg_relation_size('bench.events_covering')"))
    return [("journeys, the values", value), ("journeys, a plain table", plain),
            ("journeys, the store with its index and room for updates", store),
            ("rows", rows), ("rows and their covering index", rows + index)]


def report(measures, given, customers, all_sizes, speeds, grown):
    say()
    say(f"{given.events:,} events of {customers:,} customers; medians")
    rows = []
    for q in questions.QUESTIONS:
        base = measures.median(q, OURS)
        cells = [questions.TITLES[q], seconds(base), times(base, measures.median("touch", TOUCH))]
        for competitor in (INDEXED, UNINDEXED):
            other = measures.median(q, competitor)
            cells += [seconds(other), times(other, base)]
        rows.append(cells)
    say(f"Touching the same bytes once takes {seconds(measures.median('touch', TOUCH))}.")
    say()
    table(["question", "packed", "of touching", "indexed SQL", "ratio", "unindexed SQL", "ratio"], rows)
    q = questions.QUESTIONS[0]
    say(f"  (runs: packed {measures.runs(q, OURS)}, indexed SQL {measures.runs(q, INDEXED)}, "
        f"unindexed SQL {measures.runs(q, UNINDEXED)}; all answers equal)")
    report_peers(measures)
    say()
    table(["size", "MB", "bytes an event"],
          [[name, f"{size / 1e6:,.1f}", f"{size / given.events:.2f}"] for name, size in all_sizes])
    say()
    table(["speed", "events a second"], [[name, f"{speed:,.0f}"] for name, speed in speeds])
    say()
    say("Growth: milliseconds, and nanoseconds an event")
    names = [*questions.QUESTIONS, "touching"]
    table(["events", *(c for n in names for c in (n, "ns"))],
          [[f"{row[0]:,}", *(c for ms in row[1:] for c in (f"{ms:.1f}", f"{ms * 1e6 / row[0]:.2f}"))]
           for row in grown])


def report_peers(measures):
    names = [n for n in ("ClickHouse", "DuckDB", "DuckDB, windows", "DuckDB, by position")
             if measures.runs("funnel", n)]
    if not names:
        return
    say()
    rows = []
    for q in questions.QUESTIONS:
        base = measures.median(q, OURS)
        rows.append([questions.TITLES[q], seconds(base),
                     *(c for n in names for c in (seconds(measures.median(q, n)),
                                                  times(measures.median(q, n), base)))])
    table(["beside others", "packed", *(c for n in names for c in (n, "ratio"))], rows)
    say(f"  (runs: {measures.runs('funnel', names[0])} each, in turn; {peers.THREADS} threads each)")
    for difference in measures.told:
        say(f"  {difference}")


def ask_peers(db, measures, given):
    try:
        engines, tasks, peer_sizes = peers.start(CACHE, "bench.events", peers.of_journeys(), questions.answer)
    except (peers.Unavailable, OSError, subprocess.CalledProcessError) as error:
        say(f"DuckDB and ClickHouse are left out: {error}")
        return []
    progress("asking them in turn")
    ours = [(q, OURS, task(db, q, s), None) for q, s in questions.packed(STORE).items()]
    try:
        interleaved(measures, ours + tasks, max(5, given.runs))
    finally:
        for engine in engines:
            engine.close()
    return peer_sizes


def run(given):
    if "CLIENTELE_RESET" in os.environ:
        subprocess.run([os.environ["CLIENTELE_RESET"]], check=True)
    db = Psql()
    db.run('SET search_path = "$user", public, clientele')
    machine(db)
    measures, speeds = Measures(), []
    make_events(db, given.events)
    customers = int(db.value("SELECT count(DISTINCT customer_id) FROM bench.events"))
    speeds.append(("load_events, from rows with names", load_speed(db, given.events)))
    progress("packing")
    pack(db, measures, "in order of arrival", min(3, given.runs))
    speeds.append(("merging journeys into the store", given.events / fill_store(db) * 1000))
    progress("asking without an index")
    ask(db, measures, UNINDEXED, given, questions.plain_sql("bench.events"))
    progress("making the covering index")
    db.run("CREATE INDEX events_covering ON bench.events (customer_id, at, event_type_id)")
    db.run("VACUUM (ANALYZE) bench.events")
    progress("asking with the index")
    ask(db, measures, INDEXED, given, questions.plain_sql("bench.events"))
    progress("packing with the index")
    pack(db, measures, "with a covering index", min(3, given.runs))
    for name in ("in order of arrival", "with a covering index"):
        speeds.insert(0, (f"packing rows {name}", given.events / measures.median("packing", name) * 1000))
    progress("asking ever more customers")
    grown = growth(db, given)
    peer_sizes = ask_peers(db, measures, given) if given.peers else []
    report(measures, given, customers, sizes(db, given.events) + peer_sizes, speeds, grown)
    db.close()
    path = results("bench")
    write_csv(path + ".csv", ["question", "competitor", "runs", "median_ms", "min_ms", "max_ms",
                              "ratio_to_packed"], measures.rows(OURS))
    write_csv(path + "-growth.csv", ["events", *(f"{q}_ms" for q in questions.QUESTIONS), "touch_ms"],
              grown)
    say()
    say(f"Written to {os.path.relpath(path, ROOT)}.csv and -growth.csv")


if __name__ == "__main__":
    main(run, arguments)
