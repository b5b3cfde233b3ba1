# SPDX-License-Identifier: PostgreSQL
"""./run bench --fresh: how old the newest event in the store is, while rows arrive and are ingested now and then.

Writers insert rows in small transactions; every so often `CALL ingest()` stands for what a scheduler does. The event's
time is the clock when the row is inserted. At the end every row must be in the store exactly once.
"""

import argparse
import os
import sys
import threading
import time

from machine import machine
from measure import ROOT, main, progress, results, say, table, write_csv
from psql import Psql, SqlError

AIM = 60  # seconds
AT_ONCE = 10  # rows of a transaction


def arguments():
    parser = argparse.ArgumentParser(prog="./run bench --fresh", description="Measures how fresh the store is while rows arrive.")
    parser.add_argument("--fresh", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, default=2000, metavar="N", help="rows a second (default 2000)")
    parser.add_argument("--every", type=float, default=60, metavar="S", help="seconds from one ingestion to the next (default 60)")
    parser.add_argument("--seconds", type=float, default=300, metavar="S", help="how long rows arrive (default 300)")
    parser.add_argument("--customers", type=int, default=200_000, metavar="N", help="how many customers there are (default 200000)")
    parser.add_argument("--writers", type=int, default=4, metavar="N", help="sessions that insert (default 4)")
    parser.add_argument("--short", action="store_true", help="one minute, with an ingestion every ten seconds")
    given = parser.parse_args()
    if given.short:
        given.every, given.seconds = 10, 60
    if given.rows < 10 or given.every <= 0 or given.seconds < given.every or given.customers < 1 or given.writers < 1:
        parser.error("there must be rows, writers, customers, and time for one ingestion")
    return given


def prepare(db, customers):
    """A store in which all customers have been seen once, so that the rows that arrive meet journeys."""
    progress(f"making a store of {customers:,} customers")
    db.run("DROP SCHEMA IF EXISTS fresh CASCADE")
    if db.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'clientele_data'") != "0":
        db.run("CALL clientele.drop_store(true)")
    db.run("CALL clientele.create_store()")
    db.run("CREATE SCHEMA fresh")
    db.run("""CREATE TABLE fresh.events (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer text, device text,
        at timestamptz DEFAULT clock_timestamp(), event text, item text, amount numeric)""")
    db.run(f"""INSERT INTO fresh.events (customer, device, at, event)
        SELECT 'c' || n, 'd' || n, now() - interval '1 day', 'visit' FROM generate_series(1, {customers}) n""")
    db.run("ANALYZE fresh.events")
    db.run("""SELECT count(*) FROM clientele.add_source('events', 'fresh.events',
        identities => '{"customer": "customer", "device": "device"}', at => 'at', event => 'event', item => 'item', amount => 'amount')""")
    db.run("CALL clientele.ingest()")
    db.run("ANALYZE")


def insertion(customers):
    """Some have the customer and the device, some the device alone. All belong to customers that are there."""
    return f"""INSERT INTO fresh.events (customer, device, event, item, amount)
        SELECT CASE WHEN n % 3 > 0 THEN 'c' || who END, 'd' || who, (ARRAY['view', 'search', 'cart', 'purchase'])[1 + n % 4],
               'item ' || n % 500, CASE WHEN n % 4 = 3 THEN n % 100 END
        FROM (SELECT 1 + floor(random() * {customers})::int AS who, floor(random() * 1000)::int AS n
              FROM generate_series(1, {AT_ONCE})) x"""


class Writer(threading.Thread):
    """Keeps to its rate: what it could not do in time it does as soon as it can."""

    def __init__(self, sql, rate, seconds):
        super().__init__(daemon=True)
        self.sql, self.pause, self.seconds, self.rows, self.error = sql, AT_ONCE / rate, seconds, 0, None

    def run(self):
        try:
            db = Psql()
            begun = time.monotonic()
            while (now := time.monotonic()) < begun + self.seconds:
                due = begun + self.rows / AT_ONCE * self.pause
                if due > now:
                    time.sleep(due - now)
                db.run(self.sql)
                self.rows += AT_ONCE
            db.close()
        except SqlError as error:
            self.error = error


def newest(db):
    """The time of the newest event that is packed, and the present, in seconds."""
    fields = db.value("SELECT extract(epoch FROM max(last_event_at)), extract(epoch FROM clock_timestamp()) "
                      "FROM clientele_data.load_runs WHERE rows_packed > 0").split("|")
    return float(fields[0]), float(fields[1])


def ingest_now_and_then(db, given, writers):
    """One row a run: when it began, how long it took, rows packed, and how old the newest event was before and after it."""
    rows, begun, due = [], time.monotonic(), given.every
    packed = int(db.value("SELECT sum(rows_packed) FROM clientele_data.load_runs"))
    known = None
    while any(w.is_alive() for w in writers):
        time.sleep(max(0, begun + due - time.monotonic()))
        due += given.every
        started = time.monotonic()
        _, ms = db.run("CALL clientele.ingest()")
        before, (known, now) = known, newest(db)
        total = int(db.value("SELECT sum(rows_packed) FROM clientele_data.load_runs"))
        rows.append([f"{started - begun:.0f}", total - packed, f"{ms / 1000:.2f}",
                     f"{now - before:.1f}" if before else "", f"{now - known:.2f}"])
        packed = total
    return rows


def run(given):
    db = Psql()
    machine(db)
    prepare(db, given.customers)
    progress(f"{given.rows:,} rows a second for {given.seconds:.0f} s, ingested every {given.every:.0f} s")
    sql = insertion(given.customers)
    writers = [Writer(sql, given.rows / given.writers, given.seconds) for _ in range(given.writers)]
    for writer in writers:
        writer.start()
    rows = ingest_now_and_then(db, given, writers)
    for writer in writers:
        writer.join()
        if writer.error:
            raise writer.error
    db.run("CALL clientele.ingest()")
    written = sum(w.rows for w in writers)
    events, there = db.value("SELECT (SELECT sum(clientele.event_count(journey)) FROM clientele_data.journeys), "
                             "(SELECT count(*) FROM fresh.events)").split("|")
    db.run("DROP SCHEMA fresh CASCADE")
    db.close()
    header = ["at, s", "rows packed", "ingestion, s", "newest event before, s old", "after, s old"]
    say()
    table(header, rows)
    say()
    say(f"  {written / given.seconds:,.0f} rows a second arrived; {int(events):,} events of {int(there):,} rows are in the store")
    fresh = max(float(r[4]) for r in rows)
    say(f"  After each ingestion the newest event was at most {fresh:.1f} s old (aim: {AIM} s); right before the end of the next one "
        f"at most {max([float(r[3]) for r in rows if r[3]] or [0]):.1f} s.")
    path = results("fresh")
    write_csv(path + ".csv", ["at_s", "rows_packed", "ingestion_s", "before_s_old", "after_s_old"], rows)
    say(f"Written to {os.path.relpath(path, ROOT)}.csv")
    if events != there:
        sys.exit("bench: events are missing, or are there twice")
    if written < 0.95 * given.rows * given.seconds:
        say("  The writers could not keep to that rate: this machine is too busy.")
    if fresh >= AIM:
        sys.exit(f"bench: the store was not fresh within {AIM} s")


main(run, arguments)
