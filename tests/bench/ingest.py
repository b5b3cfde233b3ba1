# SPDX-License-Identifier: PostgreSQL
"""./run bench --ingest: how fast rows with names become journeys, by ingest() and by load_events(), and what a small batch costs."""

import argparse
import os

import new_rows
from machine import machine
from measure import BUILD, main, progress, results, say, seconds, table, write_csv
from psql import Psql, copy_from

SMALL = 10_000
AIMS = {"ingest": 500_000, "batch": 1000, "key": 20, "mark": 6}  # events a second; milliseconds


def arguments():
    parser = argparse.ArgumentParser(prog="./run bench --ingest", description="Measures the ingestion of rows with names.")
    parser.add_argument("--ingest", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--events", type=int, default=20_000_000, metavar="N", help="how many rows are loaded in bulk (default 20000000)")
    parser.add_argument("--batch-rows", type=int, default=10_000_000, metavar="N", help="rows of a batch of the bulk (default 10000000)")
    parser.add_argument("--customers", type=int, default=1_000_000, metavar="N",
                        help=f"customers that there are when batches of {SMALL} rows come (default 1000000)")
    parser.add_argument("--batches", type=int, default=5, metavar="N", help="how many of these batches (default 5)")
    parser.add_argument("--tables", default="1000000,10000000", metavar="N,N",
                        help="rows of the tables in which new rows are found (default 1000000,10000000; 0 leaves it out)")
    given = parser.parse_args()
    if not 1_000 <= given.events <= 1_000_000_000 or not 1 <= given.batch_rows <= 10_000_000:
        parser.error("--events is a number from 1000 to 1000000000, --batch-rows one from 1 to 10000000")
    if given.customers < 1 or given.batches < 1:
        parser.error("there must be customers and batches")
    return given


def new_store(db):
    if db.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'clientele_data'") != "0":
        db.run("CALL clientele.drop_store(true)")
    db.run("CALL clientele.create_store('UTC')")


def make_rows(db, events):
    """Rows as a shop has them: a key, a customer number that is text, a time, and the names of event and channel."""
    progress(f"generating {events:,} rows")
    db.run("DROP SCHEMA IF EXISTS bench CASCADE; CREATE SCHEMA bench")
    db.run("CREATE UNLOGGED TABLE bench.plain (customer_id bigint, at timestamptz, event_type_id integer)")
    copy_from([os.path.join(BUILD, "bench", "generate"), str(events)], "COPY bench.plain FROM STDIN (FORMAT binary)")
    db.run("""CREATE TABLE bench.raw AS
SELECT row_number() OVER () AS id, 'c' || p.customer_id AS customer, p.at, t.event, t.channel
FROM bench.plain p JOIN (VALUES (1, 'web', 'search'), (2, 'web', 'view_item'), (3, 'web', 'add_to_cart'), (4, 'web', 'purchase'),
  (5, 'app', 'search'), (6, 'app', 'view_item'), (7, 'app', 'add_to_cart'), (8, 'app', 'purchase'), (9, 'store', 'visit'),
  (10, 'store', 'purchase'), (11, 'service', 'question'), (12, 'email', 'open')) t (id, channel, event) ON t.id = p.event_type_id""")
    db.run("DROP TABLE bench.plain")
    db.run("ALTER TABLE bench.raw ADD PRIMARY KEY (id)")
    db.run("VACUUM (ANALYZE) bench.raw")


def add_source(db, name, relation, more=""):
    db.run(f"""SELECT count(*) FROM clientele.add_source('{name}', '{relation}', '{{"customer": "customer"}}', at => 'at', event => 'event',
  channel => 'channel'{more})""")


def bulk(db, given):
    """(name, rows, milliseconds) of each way, each into an empty store."""
    make_rows(db, given.events)
    measured = []
    for name, sql in (("load_events", "CALL clientele.load_events('bench.raw', channel => 'channel')"),
                      ("ingest", f"CALL clientele.ingest('raw', {given.batch_rows})")):
        new_store(db)
        if name == "ingest":
            add_source(db, "raw", "bench.raw")
        db.run("CHECKPOINT")
        progress(f"{name}: {given.events:,} rows")
        _, ms = db.run(sql)
        packed = int(db.value("SELECT sum(rows_packed) FROM clientele_data.load_runs"))
        events = int(db.value("SELECT sum(clientele.event_count(journey)) FROM clientele_data.journeys"))
        if packed != given.events or events != given.events:
            raise SystemExit(f"{name} packed {packed} rows, and the journeys have {events} events, not {given.events}")
        measured.append((name, given.events, ms))
    return measured


def small_batches(db, given):
    """Milliseconds of batches of rows of random customers, each of which has a journey."""
    new_store(db)
    progress(f"making a store of {given.customers:,} customers")
    db.run("DROP TABLE IF EXISTS bench.arriving; CREATE TABLE bench.arriving "
           "(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer text, at timestamptz, event text, channel text)")
    insert = """INSERT INTO bench.arriving (customer, at, event, channel)
SELECT 'c' || {who}, timestamptz '2026-01-01' + n * interval '1 second', (ARRAY['search', 'view_item', 'purchase'])[1 + n % 3], 'web'
FROM generate_series(1, {rows}) n"""
    db.run(insert.format(who="n", rows=given.customers))
    add_source(db, "arriving", "bench.arriving")
    db.run(f"CALL clientele.ingest('arriving', {min(given.customers, 10_000_000)})")
    db.run("VACUUM (ANALYZE)")
    times = []
    for n in range(given.batches):
        db.run(insert.format(who=f"(1 + floor(random() * {given.customers}))::bigint", rows=SMALL))
        progress(f"batch {n + 1} of {SMALL:,} rows")
        lines, ms = db.run("SELECT clientele.ingest_batch('arriving')")
        if lines != [str(SMALL)]:
            raise SystemExit(f"a batch read {lines}")
        times.append(ms)
    return times


def find_new_rows(db, sizes):
    """What new_rows.py measures, in an empty store."""
    if not sizes:
        return []
    if db.value("SHOW max_prepared_transactions") == "0":
        progress("finding new rows is left out: max_prepared_transactions is 0")
        return []
    db.run("CALL clientele.drop_store(true)")
    say()
    say(f"Finding new rows; the aims are {AIMS['key']} ms (key) and {AIMS['mark']} ms (mark):")
    return new_rows.measure(db, say, sizes)


def run(given):
    db = Psql()
    machine(db)
    measured = bulk(db, given)
    times = sorted(small_batches(db, given))
    median = times[len(times) // 2]
    rates = {name: rows / ms * 1000 for name, rows, ms in measured}
    say()
    table(["", "rows", "time", "events a second"],
          [[name, f"{rows:,}", seconds(ms), f"{rates[name]:,.0f}"] for name, rows, ms in measured])
    say()
    say(f"ingest is {rates['ingest'] / rates['load_events']:.2f} times as fast as load_events; the aim is {AIMS['ingest']:,} events a second.")
    say(f"A batch of {SMALL:,} rows into {given.customers:,} customers: {median:,.0f} ms (median of {len(times)}, "
        f"from {times[0]:,.0f} to {times[-1]:,.0f}); the aim is {AIMS['batch']:,} ms.")
    found = find_new_rows(db, [int(n) for n in given.tables.split(",") if int(n) > 0])
    write_csv(results("ingest") + ".csv", ["what", "rows", "ms"],
              [[name, rows, round(ms)] for name, rows, ms in measured] + [["batch", SMALL, round(ms)] for ms in times]
              + [[f"{row[0]}, {row[2]} open", row[1], round(row[4], 1)] for row in found])


if __name__ == "__main__":
    main(run, arguments)
