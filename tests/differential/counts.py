#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""The views that count events, and event_counts(), against plain SQL over the rows of the same events.

usage: counts.py [SEED [STORES]]      (default: a fresh seed, 4 stores; 100 with CLIENTELE_LONG=1)

Each store is in one of four time zones with daylight saving, and many of its events lie near the changes of the clock. Numbers are compared
exactly, in serial and in parallel, and joined from summaries of parts.
"""
import datetime
import os
import random
import sys

from checks import FORCED, SERIAL, Checks, copy

ZONES = ["Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "America/Santiago"]
NAMES = ["view", "购买", "a:b", "<script>alert(1)</script>", 'it"s', "null", "NULL", "\u202e右", "x" * 500, "🛒"]
CHANNELS = ["", "web", "门店", "app:2"]
VALUES = [None, "鞋", "", "a&b=c"]
PERIODS = ["hour", "day", "week", "month", "quarter", "year", "hour of week", "all"]
PARTS = ["channel", "event", "event_type", "类别"]
UTC = datetime.timezone.utc

SCHEMA = """
CREATE EXTENSION clientele;
CALL clientele.create_store('UTC');
ALTER TABLE clientele_data.stored_journeys SET (parallel_workers = 2);
CREATE TABLE happened (customer bigint, at timestamptz, type int, amount numeric);
CREATE TABLE types (channel text, event text, value text);
"""
STORE = """
SET client_min_messages = warning; SET TimeZone = 'Pacific/Auckland';
CALL clientele.set_store_time_zone('{zone}');
SELECT count(clientele.event_type(channel, event, CASE WHEN value IS NULL THEN '{{}}' ELSE jsonb_build_object('类别', value, 'n', 1) END)) FROM types;
INSERT INTO clientele_data.customers (customer_id) SELECT DISTINCT customer FROM happened ON CONFLICT DO NOTHING;
INSERT INTO clientele_data.customers (customer_id) VALUES (777777);
INSERT INTO clientele_data.journeys
  SELECT customer, clientele.journey(at, type, NULL::bigint, amount) FROM happened GROUP BY 1 UNION ALL SELECT 777777, '{{}}';
CREATE TABLE numbered AS
  SELECT h.*, sum(starts) OVER (PARTITION BY customer ORDER BY at, o) AS session, at AT TIME ZONE '{zone}' AS local,
         t.channel, t.event, t.properties ->> '类别' AS value
  FROM (SELECT *, row_number() OVER w AS o, coalesce(at - lag(at) OVER w > interval '30 minutes', true)::int AS starts
        FROM happened WINDOW w AS (PARTITION BY customer ORDER BY at)) h
  LEFT JOIN clientele_data.event_types t ON t.event_type_id = h.type;
ANALYZE;
"""
EMPTY = """SET client_min_messages = warning; DROP TABLE numbered;
TRUNCATE happened, types, clientele_data.event_types, clientele_data.customers RESTART IDENTITY CASCADE;"""
TOTALS = "count(*), count(DISTINCT customer), trim_scale(sum(amount)), count(DISTINCT (customer, session))"
SHOWN = "events, customers, amount, sessions"
VIEWS = {
    f"SELECT day, channel, event, {SHOWN} FROM clientele_bi.daily_activity":
        f"SELECT local::date, channel, event, {TOTALS} FROM numbered GROUP BY 1, 2, 3",
    f"SELECT month, channel, event, {SHOWN} FROM clientele_bi.monthly_activity":
        f"SELECT date_trunc('month', local)::date, channel, event, {TOTALS} FROM numbered GROUP BY 1, 2, 3",
    f"SELECT weekday, hour, channel, {SHOWN} FROM clientele_bi.heat_map":
        f"SELECT extract(isodow FROM local), extract(hour FROM local), channel, {TOTALS} FROM numbered GROUP BY 1, 2, 3",
    'SELECT day, active, rolling, round(ratio::numeric, 12), new, "returning", resurrected, dormant, complete FROM clientele_bi.active_customers':
        """SELECT d, count(DISTINCT customer) FILTER (WHERE day = d), count(DISTINCT customer) FILTER (WHERE day > d - 28 AND day <= d) AS rolling,
                    round((count(DISTINCT customer) FILTER (WHERE day = d)::float8
                           / nullif(count(DISTINCT customer) FILTER (WHERE day > d - 28 AND day <= d), 0))::numeric, 12),
                    count(*) FILTER (WHERE day = d AND first = d), count(*) FILTER (WHERE day = d AND before = d - 1),
                    count(*) FILTER (WHERE day = d AND first < d AND before < d - 1), count(*) FILTER (WHERE day = d - 1 AND after > d), true
             FROM (SELECT generate_series(date_trunc('day', min(local)), date_trunc('day', max(local)) + interval '27 days',
                                          '1 day')::date AS d FROM numbered) days
             LEFT JOIN (
               SELECT customer, day, min(day) OVER (PARTITION BY customer) AS first, lag(day) OVER c AS before,
                      coalesce(lead(day) OVER c, 'infinity') AS after
               FROM (SELECT DISTINCT customer, local::date AS day FROM numbered) y WINDOW c AS (PARTITION BY customer ORDER BY day)) e
               ON e.day > d - 28 AND e.day <= d
             GROUP BY d""",
}
checks = Checks("counts", "clientele_counts_rows")


def changes(zone):
    """Instants near which the clock of a zone changes, by PostgreSQL's own time zones."""
    rows = checks.psql(f"""SELECT extract(epoch FROM t) FROM generate_series('2009-01-01 00:00+00'::timestamptz, '2013-01-01', '1 hour') t
                           WHERE (t AT TIME ZONE '{zone}') - (t - interval '1 hour') AT TIME ZONE '{zone}' <> interval '1 hour'""")
    return [float(row[0]) for row in rows]


def instant(rng, near):
    if rng.random() < .5:
        seconds = rng.choice(near) + rng.choice([0, 1800, 3600, -3600, 86400, -86400, 5400]) + rng.choice([-1e-6, 0, 1e-6, rng.uniform(-9000, 9000)])
    else:
        seconds = datetime.datetime(rng.choice([2009, 2010, 2012]), rng.randint(1, 12), rng.randint(1, 28), tzinfo=UTC).timestamp() + rng.uniform(0, 86400)
    return datetime.datetime.fromtimestamp(seconds, UTC)


def made(rng, near):
    """Events of some customers; now and then a burst of them minutes apart, and types that the dictionary does not know."""
    types = [(c, e, v) for c, e, v in {(rng.choice(CHANNELS), rng.choice(NAMES), rng.choice(VALUES)) for _ in range(rng.randint(1, 12))}]
    types[0] = types[0][:2] + (types[0][2] or VALUES[1],)  # so that a property is there
    known = len(types)
    rows = []
    for customer in range(1, rng.choice([2, 5, 40]) + 1):
        for _ in range(rng.choice([0, 1, 3, 20])):
            at = instant(rng, near)
            for _ in range(rng.choice([1, 1, 2, 6])):
                kind = rng.randint(1, known + (rng.random() < .1) * 3)
                amount = rng.choice([None, None, 0, rng.randint(-10**6, 10**6) / 100, "999999999999.999999", "-0.000001"])
                rows.append([customer, at.isoformat(), kind, amount])
                at += datetime.timedelta(minutes=rng.choice([0, 1, 29, 30, 31, 90]))
    return types, rows or [[1, instant(rng, near).isoformat(), 1, None]]


def periods(period, zone):
    """What period, weekday and hour are in our rows, and in those of the events."""
    if period == "all":
        return "period, weekday, hour", "NULL::timestamptz, NULL::int, NULL::int"
    if period == "hour of week":
        return "period, weekday, hour", "NULL::timestamptz, extract(isodow FROM local)::int, extract(hour FROM local)::int"
    if period == "hour":  # A clock that is set by half an hour shows an hour for longer: counted once.
        return ("floor(extract(epoch FROM period) / 3600), weekday, hour",
                "floor(extract(epoch FROM at - (local - date_trunc('hour', local))) / 3600), NULL::int, NULL::int")
    # Where midnight is left out, a day begins at the first time that the clock shows.
    return f"date_trunc('{period}', period AT TIME ZONE '{zone}'), weekday, hour", f"date_trunc('{period}', local), NULL::int, NULL::int"


def question(rng, zone):
    """A counts_def, and the same question to the rows."""
    period = rng.choice(PERIODS)
    by = rng.sample(PARTS, rng.randint(0, 3))
    bounds = sorted(f"20{rng.randint(9, 13):02d}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d} 0{rng.randint(0, 9)}:30+00" for _ in range(2))
    since, until = (b if rng.random() < .3 else None for b in bounds)
    picks = rng.choice(["*", "*", "#1|#2|#3"])
    text = lambda value: "NULL" if value is None else f"'{value}'"
    zoned = "NULL" if rng.random() < .3 else f"'{zone}'"
    definition = f"clientele.counts_def('{picks}', '{period}', '{{{','.join(by)}}}', {text(since)}, {text(until)}, time_zone => {zoned})"
    columns = [f"{name} " if part in by else f"NULL::{kind} " for part, name, kind in
               [("event_type", "type", "int"), ("channel", "channel", "text"), ("event", "event", "text"), ("类别", "value", "text")]]
    shown, of_rows = periods(period, zone)
    ours = f"SELECT {shown}, event_type_id, channel, event, value, {SHOWN} FROM clientele.count_periods(({{summary}}))"
    rows = f"""SELECT {of_rows}, {', '.join(columns)}, {TOTALS} FROM numbered
               WHERE {'true' if picks == '*' else 'type IN (1, 2, 3)'} AND ({text(since)}::timestamptz IS NULL OR at >= {text(since)})
                 AND ({text(until)}::timestamptz IS NULL OR at < {text(until)}) GROUP BY 1, 2, 3, 4, 5, 6, 7"""
    return definition, ours, rows


def as_text(rows):
    return f"SELECT r::text AS r FROM ({rows}) r"


def compare(ours):
    return f"SELECT count(*) FROM (({as_text(ours)} EXCEPT ALL TABLE wanted) UNION ALL (TABLE wanted EXCEPT ALL {as_text(ours)})) d;\n"


def run(rng, zone, near, questions_each):
    types, rows = made(rng, near)
    checks.psql(copy("types", types) + copy("happened", rows) + STORE.format(zone=zone))
    whole = "SELECT clientele.event_counts(journey, {def}) FROM clientele_data.journeys"
    parts = "SELECT clientele.counts_merge(s) FROM (SELECT clientele.event_counts(journey, {def}) AS s FROM clientele_data.journeys GROUP BY customer_id % 3) p"
    script, asked = f"SET client_min_messages = warning; SET TimeZone = '{zone}';\n", []
    questions = [([ours], rows) for ours, rows in VIEWS.items()]
    for _ in range(questions_each):
        definition, ours, rows = question(rng, zone)
        questions.append(([ours.format(summary=s.replace("{def}", definition)) for s in (whole, parts)], rows))
    for ways, rows in questions:
        script += SERIAL + f"DROP TABLE IF EXISTS wanted; CREATE TEMP TABLE wanted AS {as_text(rows)};\n"
        for plan in SERIAL, FORCED:
            for ours in ways[plan == SERIAL and len(ways) > 1:]:
                script += plan + compare(ours)
                asked.append((ours, rows))
    for (differ,), (ours, rows) in zip(checks.psql(script), asked, strict=True):
        checks.check(f"{zone}:", differ == "0", f"{differ} rows differ: {ours} AGAINST {rows}")
    checks.psql(EMPTY)


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(10**9)
    stores = int(sys.argv[2]) if len(sys.argv) > 2 else 100 if os.environ.get("CLIENTELE_LONG") else 4
    print(f"seed {seed}", flush=True)
    rng = random.Random(seed)
    checks.new_database(SCHEMA)
    near = {zone: changes(zone) for zone in ZONES}
    for i in range(stores):
        zone = ZONES[i % len(ZONES)]
        run(rng, zone, near[zone], 10 if stores > 4 else 4)
    checks.drop_database()
    checks.end()


if __name__ == "__main__":
    main()
