# SPDX-License-Identifier: PostgreSQL
"""./run bench --views: what the views of clientele_bi cost. docs/counts.md has the figures."""

import argparse

from bench import fill_store, make_events
from machine import machine
from measure import Measures, interleaved, main, progress, results, say, seconds, table, write_csv
from psql import Psql

# Views with one row for each event, session, tag of a customer or customer: they are not read as a whole.
ROWS = ["events", "sessions", "customer_tags", "customers"]
# One row a customer, which is grouped.
GROUPED = {"rfm": "SELECT segment, tier, count(*), avg(frequency), avg(monetary) FROM clientele_bi.rfm GROUP BY segment, tier"}
AIM, AIMS = 1000, {"daily_activity": 500, "starter questions": 30000}
EVENTS = "bench.events"
# A purchase has an amount, and every fifth view an item.
PACK = f"""CREATE TABLE bench.packed AS
SELECT e.customer_id, clientele.journey(e.at, e.event_type_id,
         CASE WHEN t.event LIKE 'view%' AND extract(second FROM e.at)::integer % 5 = 0 THEN e.customer_id % 1000 + 1 END,
         CASE WHEN t.event = 'purchase' THEN (extract(microseconds FROM e.at)::integer % 100000)::numeric / 100 END) AS journey
FROM {EVENTS} e JOIN clientele_data.event_types t USING (event_type_id) GROUP BY e.customer_id"""
# The same counts from the rows of events, as people write them without the aggregate.
ROW_WISE = f"""SELECT d.day, d.channel, d.event, sum(d.events), count(*), sum(d.amount)
FROM clientele_data.journeys j
CROSS JOIN LATERAL (
  SELECT (e.at AT TIME ZONE 'UTC')::date AS day, t.channel, t.event, count(*) AS events, sum(e.amount) AS amount
  FROM clientele.events(j.journey) e LEFT JOIN clientele_data.event_types t ON t.event_type_id = e.event_type_id GROUP BY 1, 2, 3) d
GROUP BY d.day, d.channel, d.event"""
ONE_CUSTOMER = "(SELECT max(customer_id) / 2 FROM clientele_data.customers)"


def arguments():
    parser = argparse.ArgumentParser(prog="./run bench --views", description="Measures the views of clientele_bi.")
    parser.add_argument("--views", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--events", type=int, default=20_000_000, metavar="N", help="how many events, of N / 100 customers (default 20000000)")
    parser.add_argument("--runs", type=int, default=7, metavar="N", help="measured runs of each view (default 7)")
    parser.add_argument("--only", nargs="+", metavar="VIEW", help="some of the views")
    parser.add_argument("--no-rows", action="store_true", help="leave out the count of all events row by row, which takes long")
    parser.add_argument("--keep", action="store_true", help="leave the events, and use those of a run before with as many")
    given = parser.parse_args()
    if not 1_000 <= given.events <= 1_000_000_000:
        parser.error("--events is a number from 1000 to 1000000000")
    if given.runs < 1:
        parser.error("there must be runs")
    return given


def prepare(db, given):
    """The store, and what its views show of tags."""
    make_store(db, given)
    if db.value("SELECT count(*) FROM clientele_bi.tag_coverage WHERE customers > 0") == "0":
        progress("refreshing the tags of the starter set")
        db.run("SELECT clientele.define_starter_tags()")
        db.run("SELECT count(*) FROM clientele.refresh_tags()")
    db.run("SELECT count(*) FROM clientele.define_starter_questions(language => 'en')")
    db.run("ANALYZE")


def make_store(db, given):
    if given.keep and db.value(f"SELECT num_nulls(to_regclass('{EVENTS}'), to_regclass('clientele_data.journeys'))") == "0" \
            and db.value(f"SELECT count(*) FROM {EVENTS}") == str(given.events):
        return
    db.run("DROP SCHEMA IF EXISTS bench CASCADE")
    if db.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'clientele_data'") != "0":
        db.run("CALL clientele.drop_store(true)")
    make_events(db, given.events)
    progress("packing journeys")
    db.run(PACK)
    fill_store(db)
    db.run("DROP TABLE bench.packed")


def asked(db, sql, answers=False):
    def run():
        lines, ms = db.run(sql)
        return (sorted(lines) if answers else None), ms
    return run


def tasks(db, given):
    views = [line.removeprefix("clientele_bi.") for line in db.run(
        "SELECT name FROM clientele.store_members WHERE kind = 'view' AND name LIKE 'clientele_bi.%' ORDER BY place")[0]]
    for view in views:
        if view not in ROWS and (not given.only or view in given.only):
            yield view, "view", asked(db, GROUPED.get(view, f"SELECT count(v::text) FROM clientele_bi.{view} v")), None
    if given.only:
        return
    customer = db.value(f"SELECT {ONE_CUSTOMER}")
    for view in ROWS:
        if view in views:
            yield f"{view} of one customer", "view", asked(db, f"SELECT count(v::text) FROM clientele_bi.{view} v WHERE customer_id = {customer}"), None
    tag = db.value("SELECT tag FROM clientele_bi.tag_coverage WHERE customers > 0 ORDER BY customers DESC, tag LIMIT 1")
    yield "customer_tags of one tag", "view", asked(db, f"SELECT count(*) FROM clientele_bi.customer_tags WHERE tag = '{tag}'"), None
    yield "customer_tags, all", "view", asked(db, "SELECT count(*) FROM clientele_bi.customer_tags"), 2
    yield "counting", "daily_activity", asked(db, "SELECT day, channel, event, events, customers, amount FROM clientele_bi.daily_activity", True), None
    # Each is broken down by a tag.
    yield "starter questions", "refresh", asked(db, "SELECT count(*) FROM clientele.refresh_questions(complete => true)"), None
    if not given.no_rows:
        yield "counting", "row by row", asked(db, ROW_WISE, True), 1


def report(measures):
    say()
    rows = []
    for (view, how), runs in measures.times.items():
        aim = AIMS.get(view, AIM) if how == "view" and " " not in view or how == "refresh" else None
        ms = measures.median(view, how)
        rows.append([view if how == "view" else f"{view}: {how}", seconds(ms), len(runs),
                     "" if aim is None else f"under {seconds(aim)}", "" if aim is None or ms < aim else "missed"])
    table(["view", "median", "runs", "aim", ""], rows)


def bench(given):
    db = Psql()
    machine(db)
    prepare(db, given)
    say(f"{given.events:,} events of {given.events // 100:,} customers")
    measures = Measures()
    interleaved(measures, list(tasks(db, given)), given.runs)
    report(measures)
    csv = results("views") + ".csv"
    write_csv(csv, ["view", "how", "runs", "median_ms", "min_ms", "max_ms", "against_view"], measures.rows("view"))
    say(f"\nEach run is in {csv}")
    db.close()


if __name__ == "__main__":
    main(bench, arguments)
