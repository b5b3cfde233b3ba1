#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Purchase summaries against plain SQL that uses no function of the extension, and published tables.

usage: purchases.py [SEED [COUNT]]      (default: a fresh seed, 800 random data sets)

Random small data sets (zones that change their clocks in odd ways, all kinds of periods, amounts
that are missing, zero or negative) and the real ones in ../shared/data, through both doors: packed
journeys and raw rows in random order, by serial and by parallel plans. All doors and plans must
give the same bits.
"""
import datetime
import random
import sys
import time

from checks import DATA, PARALLEL, SERIAL, Checks, copy

DATABASE = "clientele_purchases"
SECOND, HOUR, DAY = 10**6, 3600 * 10**6, 86400 * 10**6
# Lord Howe moves by half an hour, Sao Paulo at midnight, Apia skipped a day, Toronto at 00:01.
ZONES = ["UTC", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe", "America/Sao_Paulo",
         "Pacific/Apia", "America/Toronto", "Asia/Kathmandu", "Europe/Amsterdam", "<+05>-05"]
# Near changes of clocks, as seconds of the epoch: New York and Lord Howe 2026, Sao Paulo 2018, Apia
# 2011, Toronto 1990, Shanghai 1986, Amsterdam 1937 and local mean time.
MOMENTS = [1772953200, 1793512800, 1775314800, 1791039600, 1541300400, 1325239200, 657176460,
           515520000, -1025740800, -2524608000, 1767225600]
MERGES = [0, 1, SECOND, 15 * 60 * SECOND, HOUR, 12 * HOUR, DAY, DAY, DAY, 2 * DAY, 7 * DAY, 7 * DAY, 28 * DAY,
          365 * DAY]
UNITS = [7 * DAY, 7 * DAY, DAY, HOUR, 1, 12345678, 30 * DAY]

SCHEMA = """
SET client_min_messages = warning; SET TimeZone = 'UTC'; SET jit = off;
CREATE EXTENSION clientele;
CREATE UNLOGGED TABLE ev (g int, cust bigint, at timestamptz, type int, amount numeric);
CREATE UNLOGGED TABLE defs (g int PRIMARY KEY, zone text, merge bigint, unit bigint, until timestamptz,
  holdout timestamptz);
"""

# Periods are counted with numeric from Monday 2001-01-01 on the wall clock.
WANT = """
CREATE FUNCTION period(at timestamptz, zone text, merge bigint) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
  SELECT (micros - mod(mod(micros, m) + m, m)) / m
  FROM (SELECT trunc(extract(epoch FROM (at AT TIME ZONE zone) - timestamp '2001-01-01') * 1000000) AS micros,
               greatest(merge, 1)::numeric AS m) x $$;
CREATE UNLOGGED TABLE bounds AS
  SELECT g, greatest(merge, 1)::numeric AS m, unit, period(until, zone, merge) AS until, period(holdout, zone, merge) AS holdout FROM defs;
CREATE UNLOGGED TABLE periods AS
  SELECT g, cust, period(at, zone, merge) AS p, sum(amount) AS total, sum(abs(amount)) AS volume
  FROM ev JOIN defs USING (g) WHERE at IS NOT NULL AND type IN (1, 2) GROUP BY 1, 2, 3;
CREATE UNLOGGED TABLE want AS
  SELECT g, cust, (count(*) FILTER (WHERE p > first AND p <= until))::int AS x,
         ((max(p) FILTER (WHERE p <= until) - first) * m)::float8 / unit::float8 AS t_x,
         ((until - first) * m)::float8 / unit::float8 AS age,
         (avg(total) FILTER (WHERE p > first AND p <= until))::float8 AS monetary,
         CASE WHEN holdout IS NOT NULL THEN (count(*) FILTER (WHERE p > until AND p <= holdout))::int END AS holdout_x,
         ((holdout - until) * m)::float8 / unit::float8 AS holdout_age,
         (avg(total) FILTER (WHERE p > until AND p <= holdout))::float8 AS holdout_monetary,
         1e-12 * (1 + coalesce(sum(volume), 0)::float8) AS tolerance,
         array_agg(((p - first) * m)::float8 / unit::float8 ORDER BY p) FILTER (WHERE p <= coalesce(holdout, until)) AS times
  FROM (SELECT *, min(p) OVER (PARTITION BY g, cust) AS first FROM periods) x JOIN bounds USING (g)
  WHERE first <= until GROUP BY g, cust, first, until, holdout, m, unit;
ALTER TABLE want ADD PRIMARY KEY (g, cust);
"""

PREPARE = """
CREATE UNLOGGED TABLE questions AS
  SELECT g, clientele.purchase_def(until, merge * interval '1 us', unit * interval '1 us', holdout, '#1|#2', zone) AS def FROM defs;
CREATE UNLOGGED TABLE packed AS SELECT g, cust, clientele.journey(at, type, NULL, amount) AS journey FROM ev WHERE at IS NOT NULL GROUP BY g, cust;
CREATE UNLOGGED TABLE named AS SELECT e.*, def FROM ev e JOIN questions USING (g) WHERE type IN (1, 2) OR at IS NULL ORDER BY random();
ALTER TABLE packed SET (parallel_workers = 2);
ALTER TABLE named SET (parallel_workers = 2);
ANALYZE packed; ANALYZE questions; ANALYZE named;
"""
SORTED = SERIAL + "SET enable_hashagg = off;\n"
DEAR = PARALLEL + "SET cpu_tuple_cost = 1; SET cpu_operator_cost = 1;\n"
ROWS = """SELECT g, cust, clientele.purchase_summary(at, amount, def) AS s, clientele.purchase_summary(at, def) AS bare,
  clientele.purchase_times(at, def) AS times FROM named GROUP BY g, cust"""
DOORS = {
    "journeys": (SERIAL, """SELECT g, cust, clientele.purchase_summary(journey, def) AS s, NULL::clientele.purchase_summary AS bare,
                   clientele.purchase_times(journey, def) AS times FROM packed JOIN questions USING (g)"""),
    "journeys parallel": (DEAR, """SELECT g, cust, clientele.purchase_summary(journey, def) AS s, NULL::clientele.purchase_summary AS bare,
                   clientele.purchase_times(journey, def) AS times FROM packed JOIN questions USING (g)"""),
    "rows": (SERIAL, ROWS), "rows sorted": (SORTED, ROWS), "rows parallel": (DEAR, ROWS),
}
# A customer without purchases up to until has no row in want, and NULLs from the extension.
COMPARE = """
SELECT '{door}', count(*) FILTER (WHERE good), count(*) FILTER (WHERE NOT good),
       left(string_agg(g || '/' || cust, ' ' ORDER BY g, cust) FILTER (WHERE NOT good), 100)
FROM (SELECT coalesce(h.g, w.g) AS g, coalesce(h.cust, w.cust) AS cust, CASE
    WHEN w.g IS NULL THEN (h.s IS NULL AND h.bare IS NULL AND h.times IS NULL)
    ELSE coalesce(((h.s).x, (h.s).t_x, (h.s).age, (h.s).holdout_x, (h.s).holdout_age) IS NOT DISTINCT FROM (w.x, w.t_x, w.age, w.holdout_x, w.holdout_age)
      AND ((h.s).monetary IS NULL) = (w.monetary IS NULL) AND coalesce(abs((h.s).monetary - w.monetary) <= tolerance, true)
      AND ((h.s).holdout_monetary IS NULL) = (w.holdout_monetary IS NULL) AND coalesce(abs((h.s).holdout_monetary - w.holdout_monetary) <= tolerance, true)
      AND h.times = w.times
      AND (h.bare IS NULL AND '{door}' LIKE 'journeys%'
           OR ((h.bare).x, (h.bare).t_x, (h.bare).age, (h.bare).holdout_x) IS NOT DISTINCT FROM (w.x, w.t_x, w.age, w.holdout_x)
              AND (h.bare).monetary IS NULL AND (h.bare).holdout_monetary IS NULL), false)
    END AS good
  FROM "{table}" h FULL JOIN want w ON (h.g, h.cust) = (w.g, w.cust)) x;
"""
SAME_BITS = """
SELECT '{door} and rows, bit by bit', count(*) FILTER (WHERE same), count(*) FILTER (WHERE NOT same), left(string_agg(g || '/' || cust, ' ') FILTER (WHERE NOT same), 100)
FROM (SELECT a.g, a.cust, (a.s IS NULL AND b.s IS NULL OR coalesce(record_image_eq(a.s, b.s), false)) AND a.times::text IS NOT DISTINCT FROM b.times::text AS same
      FROM "{table}" a JOIN "rows" b USING (g, cust)) x;
"""
# Every time zone there is, by the wall clock, also far before and after its table. AT TIME ZONE takes
# CET and the like for abbreviations of a fixed offset; SET TimeZone and the extension take the zone.
ALL_ZONES = """
DO $$ BEGIN PERFORM setseed({seed}); END $$;
CREATE UNLOGGED TABLE instants AS
  SELECT to_timestamp(floor(CASE i % 4 WHEN 0 THEN random() * 2e9 WHEN 1 THEN random() * 4e9 - 2.5e9 WHEN 2 THEN random() * 1.6e10 - 6e9
                            ELSE 9e8 * floor(random() * 3) + random() * 4e7 END)) AS at FROM generate_series(1, 400) i;
SELECT 'every time zone', count(*) FILTER (WHERE got = wanted), count(*) FILTER (WHERE got IS DISTINCT FROM wanted),
       left(string_agg(name, ' ') FILTER (WHERE got IS DISTINCT FROM wanted), 100)
FROM (SELECT name, clientele.purchase_times(at, clientele.purchase_def('3000-01-01', '0', '1 s', time_zone => name)) AS got
      FROM pg_timezone_names, instants WHERE name NOT IN (SELECT abbrev FROM pg_timezone_abbrevs) GROUP BY name) g
JOIN (SELECT name, array_agg(extract(epoch FROM local - first)::float8 ORDER BY local) AS wanted
      FROM (SELECT DISTINCT name, at AT TIME ZONE name AS local, min(at AT TIME ZONE name) OVER (PARTITION BY name) AS first
            FROM pg_timezone_names, instants) x GROUP BY name) w USING (name);
"""


checks = Checks("purchases", DATABASE)
psql = checks.psql


def stamp(micros):
    """The timestamptz of a number of microseconds since 1970, by integers only."""
    days, rest = divmod(micros, DAY)
    date = datetime.date(1970, 1, 1) + datetime.timedelta(days)
    return f"{date} {rest // HOUR:02}:{rest // 60000000 % 60:02}:{rest // SECOND % 60:02}.{rest % SECOND:06}Z"


def random_sets(rng, count):
    events, definitions = [], []
    for g in range(1, count + 1):
        merge, unit, zone = rng.choice(MERGES), rng.choice(UNITS), rng.choice(ZONES)
        base = rng.choice(MOMENTS) * SECOND + rng.randint(-3, 3) * HOUR
        step = rng.choice([max(merge, 1), max(merge, 1), HOUR, DAY, 15 * 60 * SECOND])
        fine = rng.choice([1, SECOND, HOUR])
        span = rng.choice([4, 12, 40])
        price = rng.choice(["none", "all", "some", "some", "wide"])
        for customer in range(rng.randint(1, 6)):
            for _ in range(rng.randint(0, rng.choice([3, 10, 40]))):
                at = base + step * rng.randint(-span, span) // 2 + fine * rng.randint(-2, 2)
                amount = None
                if price == "wide":
                    amount = f"{rng.randint(-10**17, 10**17)}e-6" if rng.random() < .8 else None
                elif price == "all" or price == "some" and rng.random() < .6:
                    amount = rng.choice([0, 0, rng.randint(-300, 3000) / 100, rng.randint(1, 9)])
                events.append((g, customer, None if rng.random() < .02 else stamp(at), rng.choice([1, 1, 2, 3]), amount))
        until = base + step * rng.randint(-span, span) // 2
        # The hold-out must end in a later period, whatever the clocks do.
        holdout = until + max(merge, 1) + 26 * HOUR + step * rng.randint(0, span)
        definitions.append((g, zone, merge, unit, stamp(until), stamp(holdout) if rng.random() < .6 else None))
    return events, definitions


def compare(what, load):
    started = time.time()
    checks.new_database(SCHEMA + load)
    session = "SET TimeZone = 'UTC'; SET jit = off; SET client_min_messages = warning;\n"
    psql(session + PREPARE + WANT)
    for door, (settings, got) in DOORS.items():
        psql(session + settings + f'CREATE UNLOGGED TABLE "{door}" AS {got};')
    checks.agreed(what, psql(session + "".join(
        COMPARE.format(door=door, table=door) + SAME_BITS.format(door=door, table=door) for door in DOORS)))
    print(f"{what}: {time.time() - started:.0f} s", flush=True)


def same(what, query, *wanted):
    checks.same(what, [[str(w) for w in wanted]], psql("SET TimeZone = 'UTC'; SET jit = off;\n" + query))


def question(g, until, holdout=None):
    return (f"INSERT INTO defs VALUES ({g}, 'UTC', {DAY}, {7 * DAY}, '{until} 13:00Z', " +
            (f"'{holdout}');\n" if holdout else "NULL);\n"))


def real():
    if checks.there("cdnow_sample.csv", "cdnow_sample_cbs.csv"):
        compare("cdnow_sample.csv", f"""
CREATE UNLOGGED TABLE scratch (master int, id int, date date, cds int, amount numeric);
\\copy scratch FROM '{DATA}/cdnow_sample.csv' WITH (FORMAT csv, HEADER)
INSERT INTO ev SELECT 1, id, date::timestamptz, 1, amount FROM scratch;
CREATE TABLE cbs (id int, x int, t_x float8, age float8, holdout_x int, m_x float8);
\\copy cbs FROM '{DATA}/cdnow_sample_cbs.csv' WITH (FORMAT csv, HEADER)
""" + question(1, "1997-09-30", "1998-06-30"))
        for door in DOORS:
            same(f"cdnow_sample_cbs.csv by {door}", f"""
SELECT count(*), count(*) FILTER (WHERE (s).x = c.x AND abs((s).t_x - c.t_x) < 1e-12 AND abs((s).age - c.age) < 1e-12
  AND (s).holdout_x = c.holdout_x AND (s).holdout_age = 39 AND abs(coalesce((s).monetary, 0) - m_x) < 1e-12 AND ((s).monetary IS NULL) = (c.x = 0)),
  sum((s).x), sum((s).holdout_x), count(*) FILTER (WHERE (s).x = 0), sum(cardinality(times) - 1)
FROM "{door}" d FULL JOIN cbs c ON d.cust = c.id;""", 2357, 2357, 2457, 1882, 1411, 4339)
    if checks.there("cdnow_master.csv"):
        compare("cdnow_master.csv", f"""
CREATE UNLOGGED TABLE scratch (id int, date date, cds int, amount numeric);
\\copy scratch FROM '{DATA}/cdnow_master.csv' WITH (FORMAT csv, HEADER)
INSERT INTO ev SELECT 1, id, date::timestamptz, 1, amount FROM scratch;
""" + question(1, "1997-09-30", "1998-06-30"))
        same("cdnow_master.csv", 'SELECT count(*), sum((s).x), count(*) FILTER (WHERE (s).x = 0), sum((s).holdout_x), '
                    'count(*) FILTER (WHERE (s).monetary > 0), count(*) FILTER (WHERE (s).monetary = 0) FROM "rows"',
                    23570, 24337, 14119, 19684, 9450, 1)
    if checks.there("online_retail.csv.gz"):
        compare("online_retail.csv.gz", f"""
CREATE UNLOGGED TABLE scratch (invoice text, code text, description text, quantity int, at timestamptz, price numeric, customer bigint, country text);
\\copy scratch FROM program 'gzip -dc {DATA}/online_retail.csv.gz' WITH (FORMAT csv, HEADER)
INSERT INTO ev SELECT g, customer, at, 1, quantity * price FROM scratch, generate_series(1, 2) g
  WHERE customer IS NOT NULL AND quantity > 0 AND price > 0;
""" + question(1, "2011-12-09") + question(2, "2011-06-30", "2011-12-09"))
        same("online_retail.csv.gz", 'SELECT count(*), count(*) FILTER (WHERE (s).x > 0) FROM "rows" WHERE g = 1 AND (s).x IS NOT NULL', 4338, 2790)
        same("online_retail.csv.gz, half", 'SELECT count(*), sum((s).x), sum((s).holdout_x), count(*) FILTER (WHERE (s).x > 0) '
                    'FROM "rows" WHERE g = 2 AND (s).x IS NOT NULL', 2960, 5016, 6426, 1556)


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(10**6)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 800
    print(f"purchases: seed {seed}, {count} random data sets", flush=True)
    events, definitions = random_sets(random.Random(seed), count)
    compare(f"seed {seed}", copy("ev", events) + copy("defs", definitions))
    checks.agreed(f"seed {seed}", psql("SET TimeZone = 'UTC';" + ALL_ZONES.format(seed=seed / 10**6)))
    real()
    checks.drop_database()
    checks.end()


main()
