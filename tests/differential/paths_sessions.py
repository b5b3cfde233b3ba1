#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Sessions, paths and links against plain SQL that uses no function of the extension.

usage: paths_sessions.py [SEED [COUNT]]      (default: a fresh seed, 150 random data sets)

Random small data sets (equal times, NULLs, event types with channels, properties and without a
name; every option of a path_def) and the real ones in ../shared/data, through both doors: packed
journeys and raw rows in random order, by serial and by parallel plans.
"""
import os
import random
import sys
import time

from checks import DATA, FORCED, SERIAL, Checks, copy

DATABASE = "clientele_paths_sessions"
UNITS = ["1 us", "1 ms", "1 s", "1 min", "7 hours", "1 day"]

# type, channel, event, properties (None: not in the dictionary). The ids are in no order, and
# the order by label is not the order by channel and event.
TYPES = [
    (11, "", "search", "{}"), (4, "", "cart", "{}"), (7, "", "Zoom", "{}"), (9, "", "搜索", "{}"),
    (2, "web", "search", "{}"), (6, "web", "buy", "{}"), (5, "web", "buy", '{"sort": "b"}'),
    (1, "web", "buy", '{"sort": "a"}'), (8, "app", "view_item", "{}"), (3, "app-2", "view_item", "{}"),
    (10, "", "a:b", "{}"), (12, "a", "b", "{}"), (20, "", "#3", None), (3000, "", "#3000", None),
    (31, "", "#31", None), (0, "", "#0", None), (20000, "", "#20000", None)]
# selector, its types by id, the names it picks in the raw door (None: it has none there).
SELECTORS = [
    ("search", {11, 2}, {"search"}), ("web:buy", {6, 5, 1}, {"web:buy"}),
    ("web:*", {2, 6, 5, 1}, {"web:search", "web:buy"}), ("cart|Zoom", {4, 7}, {"cart", "Zoom"}),
    ("*", {t[0] for t in TYPES if t[3]}, "all"), ("view_*|搜索", {8, 3, 9}, {"搜索"}),
    ('"a:b"', {10}, {"a:b"}), ("a:b", {12}, {"a:b"}), ("#31|cart", {31, 4}, None),
    ("web:buy[sort=a]", {1}, None)]
# Some are names of events, too.
GROUP_NAMES = ["pay", "支付", "search", "web:buy", "a=b"]

SCHEMA = """
CREATE EXTENSION clientele;
CALL clientele.create_store();
CREATE UNLOGGED TABLE types (ds int, type int, channel text, event text, properties jsonb, label text,
  packed_rank bigint, raw_rank bigint, PRIMARY KEY (ds, type));
CREATE UNLOGGED TABLE ev (ds int, cust bigint, at timestamptz, type int, item bigint, amount numeric);
CREATE UNLOGGED TABLE defs (g int PRIMARY KEY, ds int, gap interval, start_at text, end_at text,
  collapse boolean, reverse boolean, max_length int, by_step boolean, min_weight bigint, times boolean,
  raw boolean, keep text, groups text[], ends boolean, top int, rest text);
CREATE UNLOGGED TABLE named_by (g int, door text, type int, label text);
CREATE UNLOGGED TABLE picked (g int, door text, side text, type int);
"""

# The dictionary, journeys, and names as rows see them.
PREPARE = """
SET TimeZone = 'UTC';
UPDATE types SET label = CASE channel WHEN '' THEN event ELSE channel || ':' || event END;
UPDATE types t SET packed_rank = r.p, raw_rank = r.l FROM (
  SELECT ds, type, row_number() OVER (PARTITION BY ds ORDER BY channel COLLATE "C", event COLLATE "C",
           coalesce(properties::text, '') COLLATE "C") AS p,
         dense_rank() OVER (PARTITION BY ds ORDER BY label COLLATE "C") AS l FROM types) r
WHERE (r.ds, r.type) = (t.ds, t.type);
INSERT INTO clientele_data.event_types (event_type_id, channel, event, properties)
  OVERRIDING SYSTEM VALUE
  SELECT type, channel, event, properties FROM types WHERE properties IS NOT NULL AND ds = {dictionary};
ANALYZE ev; ANALYZE types; ANALYZE defs; ANALYZE picked; ANALYZE named_by;
CREATE UNLOGGED TABLE journeys AS
  SELECT ds, cust, clientele.journey(at, type, item, amount) AS journey FROM ev GROUP BY ds, cust;
CREATE UNLOGGED TABLE questions AS
  SELECT g, ds, raw, gap, clientele.path_def(gap, start_at, end_at, collapse, reverse, max_length, by_step,
                                        min_weight, times, keep, groups, ends, top, rest) AS def FROM defs;
CREATE UNLOGGED TABLE named AS
  SELECT e.*, t.label FROM ev e LEFT JOIN types t USING (ds, type) ORDER BY random();
ALTER TABLE journeys SET (parallel_workers = 2);
ALTER TABLE named SET (parallel_workers = 2);
ANALYZE journeys; ANALYZE questions; ANALYZE named;
"""

# What plain SQL says. Sessions by the definition; a path is its nodes by place.
SESSIONS = """
CREATE UNLOGGED TABLE numbered AS
SELECT g, cust, at, type, amount,
       1 + sum(CASE WHEN since > gap THEN 1 ELSE 0 END) OVER (PARTITION BY g, cust ORDER BY at) AS session
FROM (SELECT d.g, d.gap, e.cust, e.at, e.type, e.amount,
             e.at - lag(e.at) OVER (PARTITION BY d.g, e.cust ORDER BY e.at) AS since
      FROM ev e JOIN defs d USING (ds) WHERE e.at IS NOT NULL AND d.gap IS NOT NULL AND type IS NOT NULL) x;
CREATE UNLOGGED TABLE want_sessions AS
SELECT g, cust, session, min(at) AS started_at, max(at) AS ended_at, count(*) AS events,
       (array_agg(type ORDER BY at, type))[1] AS first_event,
       (array_agg(type ORDER BY at DESC, type DESC))[1] AS last_event, sum(amount) AS amount
FROM numbered GROUP BY g, cust, session;
"""
NODES = """
CREATE UNLOGGED TABLE nodes_{door} AS
WITH e AS (
  SELECT d.g, e.cust, e.at, coalesce(b.label, t.label) AS label, d.gap, d.start_at IS NOT NULL AS has_start,
         d.end_at IS NOT NULL AS has_end, d.collapse, d.reverse, d.max_length,
         d.keep IS NULL OR k.type IS NOT NULL AS keeps, s.type IS NOT NULL AS starts, f.type IS NOT NULL AS ends,
         row_number() OVER (PARTITION BY d.g, e.cust ORDER BY e.at, t.{door}_rank) AS n
  FROM ev e JOIN defs d USING (ds) JOIN types t USING (ds, type)
  LEFT JOIN picked s ON (s.g, s.door, s.side, s.type) = (d.g, '{door}', 'start', e.type)
  LEFT JOIN picked f ON (f.g, f.door, f.side, f.type) = (d.g, '{door}', 'end', e.type)
  LEFT JOIN picked k ON (k.g, k.door, k.side, k.type) = (d.g, '{door}', 'keep', e.type)
  LEFT JOIN named_by b ON (b.g, b.door, b.type) = (d.g, '{door}', e.type)
  WHERE e.at IS NOT NULL AND ('{door}' = 'packed' OR d.raw)),
gaps AS (SELECT *, coalesce(at - lag(at) OVER (PARTITION BY g, cust ORDER BY n) > gap, false) AS breaks FROM e),
split AS (SELECT *, count(*) FILTER (WHERE breaks) OVER (PARTITION BY g, cust ORDER BY n) AS session FROM gaps),
begun AS (SELECT *, CASE WHEN has_start THEN min(n) FILTER (WHERE starts) OVER s ELSE min(n) OVER s END AS first
          FROM split WHERE keeps WINDOW s AS (PARTITION BY g, cust, session)),
ended AS (SELECT *, CASE WHEN has_end THEN min(n) FILTER (WHERE ends AND (n > first OR NOT has_start AND n = first)) OVER s
                         ELSE max(n) OVER s END AS last
          FROM begun WINDOW s AS (PARTITION BY g, cust, session)),
kept AS (SELECT *, min(at) OVER s AS began_at, lag(label) OVER (s ORDER BY n) AS previous
         FROM ended WHERE n BETWEEN first AND last WINDOW s AS (PARTITION BY g, cust, session))
SELECT g, cust, session, began_at, n, label, at, max_length,
       row_number() OVER (PARTITION BY g, cust, session ORDER BY CASE WHEN reverse THEN -n ELSE n END) AS place
FROM kept WHERE NOT collapse OR previous IS DISTINCT FROM label;
CREATE UNLOGGED TABLE want_paths_{door} AS
SELECT g, cust, row_number() OVER (PARTITION BY g, cust ORDER BY session) AS path_number, min(began_at) AS at,
       array_agg(label ORDER BY place) AS path, abs(extract(epoch FROM max(at) - min(at)) * 1000000)::float8 AS micros
FROM nodes_{door} WHERE max_length IS NULL OR place <= max_length GROUP BY g, cust, session;
"""
MEDIAN = "percentile_cont(0.5) WITHIN GROUP (ORDER BY micros * interval '1 us')"
# A node of each path with the one that follows it. Before the answers are counted, the names of those that are not
# among the top ones at their step become the rest's, and stay marked.
LINKS = f"""
CREATE UNLOGGED TABLE steps AS
SELECT x.*, CASE WHEN d.by_step THEN x.place END AS step, d.top, d.rest, d.by_step
FROM (SELECT g, cust, place, label AS source, lead(label) OVER s AS target, coalesce(place = max_length, false) AND lead(at) OVER s IS NOT NULL AS cut,
             abs(extract(epoch FROM lead(at) OVER s - at) * 1000000)::float8 AS micros, max_length
      FROM nodes_packed WINDOW s AS (PARTITION BY g, cust, session ORDER BY place)) x JOIN defs d USING (g)
WHERE x.max_length IS NULL OR place <= x.max_length;
CREATE UNLOGGED TABLE best AS
SELECT g, at, label FROM (
  SELECT g, coalesce(step, 0) AS at, source AS label, top, row_number() OVER (PARTITION BY g, step
    ORDER BY count(DISTINCT cust) DESC, count(*) DESC, source COLLATE "C") AS place
  FROM steps WHERE source <> rest GROUP BY g, step, source, top) x WHERE place <= top;
ANALYZE steps; ANALYZE best;
CREATE UNLOGGED TABLE shown AS
SELECT g, step, cust, cut, micros, named_source AND named_target AS named,
       CASE WHEN named_source THEN source ELSE rest END AS source,
       CASE WHEN target IS NULL OR named_target THEN target ELSE rest END AS target, named_source
FROM (SELECT x.*, top IS NULL OR r.label IS NOT NULL AS named_source, top IS NULL OR target IS NULL OR t.label IS NOT NULL AS named_target
      FROM steps x LEFT JOIN best r ON (r.g, r.at, r.label) = (x.g, coalesce(x.step, 0), x.source)
      LEFT JOIN best t ON (t.g, t.at, t.label) = (x.g, coalesce(x.step + 1, 0), x.target)) y;
CREATE UNLOGGED TABLE given AS SELECT g, count(journey) AS everyone FROM defs JOIN journeys USING (ds) GROUP BY g;
CREATE UNLOGGED TABLE want_links AS
SELECT g, l.step, source, target, CASE WHEN named THEN customers END AS customers, paths, median_time,
       CASE WHEN named THEN customers / everyone::float8 END AS share, paths / stands::float8 AS source_share
FROM (SELECT g, step, source, target, named, count(DISTINCT cust) AS customers, count(*) AS paths,
             {MEDIAN} AS median_time FROM shown WHERE NOT cut GROUP BY 1, 2, 3, 4, 5) l
JOIN (SELECT g, step, source, named_source, count(*) AS stands FROM shown WHERE NOT cut GROUP BY 1, 2, 3, 4) s
  USING (g, source) JOIN defs d USING (g) JOIN given USING (g)
WHERE l.step IS NOT DISTINCT FROM s.step AND (l.target IS NOT NULL OR d.ends) AND (NOT l.named OR customers >= d.min_weight);
UPDATE want_links SET median_time = NULL FROM defs d WHERE d.g = want_links.g AND NOT d.times;
ALTER TABLE want_links DROP COLUMN IF EXISTS named;
CREATE UNLOGGED TABLE want_counts AS
WITH counted AS (
  SELECT *, row_number() OVER (PARTITION BY g ORDER BY customers DESC, paths DESC, path COLLATE "C") AS place
  FROM (SELECT g, path, count(DISTINCT cust) AS customers, count(*) AS paths, {MEDIAN} AS median_time
        FROM want_paths_packed GROUP BY g, path) x)
SELECT g, path, customers, paths, customers / everyone::float8 AS share, CASE WHEN times THEN median_time END AS median_time
FROM counted JOIN defs USING (g) JOIN given USING (g)
WHERE (top IS NULL OR place <= top) AND customers >= min_weight
UNION ALL SELECT g, NULL, NULL, sum(paths), NULL, NULL FROM counted JOIN defs USING (g) WHERE place > top GROUP BY g;
CREATE UNLOGGED TABLE stays AS
SELECT g, cust, label, extract(epoch FROM lead(at) OVER (PARTITION BY g, cust, session ORDER BY n) - at) * 1000000 AS micros
FROM nodes_packed;
CREATE UNLOGGED TABLE want_dwell AS
WITH ranked AS (
  SELECT g, label, count(DISTINCT cust) AS customers,
         row_number() OVER (PARTITION BY g ORDER BY label = rest, count(DISTINCT cust) DESC, count(*) DESC, label COLLATE "C") AS place,
         top, rest, min_weight, times
  FROM stays JOIN defs USING (g) GROUP BY g, label, top, rest, min_weight, times),
named AS (SELECT *, CASE WHEN top IS NULL OR place <= top AND label <> rest THEN label END AS name FROM ranked)
SELECT g, coalesce(name, min(rest)) AS event, count(micros) AS visits, count(*) - count(micros) AS lasts,
       CASE WHEN name IS NOT NULL THEN min(customers) END AS customers, sum(micros) AS total, round(avg(micros)) AS mean,
       CASE WHEN bool_and(times) THEN percentile_cont(0.5) WITHIN GROUP (ORDER BY micros * interval '1 us') END AS median,
       CASE WHEN bool_and(times) THEN percentile_cont(0.9) WITHIN GROUP (ORDER BY micros * interval '1 us') END AS p90
FROM stays JOIN named USING (g, label) WHERE name IS NULL OR customers >= min_weight GROUP BY g, name;
"""

# What the extension says, one view each: what plain SQL calls it.
ANSWERS = {
    "session_count": ("""SELECT g, cust, clientele.session_count(journey, gap) FROM journeys JOIN questions USING (ds)
                         WHERE gap IS NOT NULL AND journey IS NOT NULL""",
                      "SELECT g, cust, max(session)::int FROM want_sessions GROUP BY g, cust"),
    "sessions": ("""SELECT g, cust, session, started_at, ended_at, events, first_event, last_event, amount, duration
                    FROM journeys JOIN questions USING (ds), clientele.sessions(journey, gap)""",
                 """SELECT g, cust, session, started_at, ended_at, events, first_event, last_event, amount,
                           ended_at - started_at FROM want_sessions"""),
    "sessionize": ("""SELECT g, cust, at, clientele.sessionize(at, gap) OVER (PARTITION BY g, cust ORDER BY at)
                      FROM named JOIN questions USING (ds) WHERE gap IS NOT NULL AND label IS NOT NULL""",
                   """SELECT g, cust, at, session FROM numbered UNION ALL
                      SELECT g, cust, NULL, NULL FROM ev JOIN defs USING (ds)
                      WHERE at IS NULL AND gap IS NOT NULL AND type IS NOT NULL"""),
    "journey_path": ("""SELECT g, cust, clientele.journey_path(journey, def) FROM journeys JOIN questions USING (ds)""",
                     """SELECT g, cust, path FROM (SELECT DISTINCT ds, cust FROM ev) e JOIN defs USING (ds)
                        LEFT JOIN (SELECT * FROM want_paths_packed WHERE path_number = 1) p USING (g, cust)"""),
    "journey_paths": ("""SELECT g, cust, path_number, at, path
                         FROM journeys JOIN questions USING (ds), clientele.journey_paths(journey, def)""",
                      "SELECT g, cust, path_number, at, path FROM want_paths_packed"),
    "raw journey_path": ("""SELECT g, cust, clientele.journey_path(at, label, def) FROM named JOIN questions USING (ds)
                            WHERE raw GROUP BY g, cust""",
                         """SELECT g, cust, path FROM (SELECT DISTINCT ds, cust FROM ev) e JOIN defs USING (ds)
                            LEFT JOIN (SELECT * FROM want_paths_raw WHERE path_number = 1) p USING (g, cust) WHERE raw"""),
    "path_links": ("""SELECT g, (l).*
                      FROM (SELECT g, unnest(clientele.path_links(journey, def)) AS l
                            FROM journeys JOIN questions USING (ds) GROUP BY g) x""",
                   "SELECT g, step, source, target, customers, paths, median_time, share, source_share FROM want_links"),
    "path_counts": ("""SELECT g, (c).* FROM (SELECT g, unnest(clientele.path_counts(journey, def)) AS c
                                             FROM journeys JOIN questions USING (ds) GROUP BY g) x""",
                    "SELECT * FROM want_counts"),
    "dwell": ("""SELECT g, event, visits, lasts, customers, extract(epoch FROM total) * 1000000 AS total, extract(epoch FROM mean) * 1000000 AS mean,
                        median, p90
                 FROM (SELECT g, clientele.dwell(journey, def) AS d FROM journeys JOIN questions USING (ds) GROUP BY g) x,
                      clientele.dwell_times(d)""",
              "SELECT * FROM want_dwell"),
    "dwell_merge": ("""SELECT g, event, visits, lasts, customers, extract(epoch FROM total) * 1000000 AS total, extract(epoch FROM mean) * 1000000 AS mean,
                              median, p90
                       FROM (SELECT g, clientele.dwell_merge(d) AS d FROM (
                               SELECT g, cust % 3, clientele.dwell(journey, def) AS d FROM journeys JOIN questions USING (ds) GROUP BY 1, 2) y
                             GROUP BY g) x, clientele.dwell_times(d)""",
                    "SELECT * FROM want_dwell"),
    # Order of the rows: they come as they should be sorted.
    "order of path_links": ("""SELECT g, n FROM (SELECT g, l.*, row_number() OVER (PARTITION BY g ORDER BY step, customers IS NULL,
          customers DESC, paths DESC, source COLLATE "C", target COLLATE "C") AS place
        FROM (SELECT g, clientele.path_links(journey, def) AS links FROM journeys JOIN questions USING (ds) GROUP BY g) x,
             unnest(links) WITH ORDINALITY l (step, source, target, customers, paths, median_time, share, source_share, n)) y
      WHERE n <> place""", "SELECT g, 0::bigint FROM defs WHERE false"),
    "order of path_counts": ("""SELECT g, n FROM (SELECT g, c.*, row_number() OVER (PARTITION BY g ORDER BY customers IS NULL,
          customers DESC, paths DESC, path COLLATE "C") AS place
        FROM (SELECT g, clientele.path_counts(journey, def) AS counts FROM journeys JOIN questions USING (ds) GROUP BY g) x,
             unnest(counts) WITH ORDINALITY c (path, customers, paths, share, median_time, n)) y
      WHERE n <> place""", "SELECT g, 0::bigint FROM defs WHERE false"),
}
DEAR = FORCED + "SET cpu_tuple_cost = 1; SET cpu_operator_cost = 1;\n"
# The rows of both, whatever their order; counted by data set.
AGREE = """{settings}
CREATE UNLOGGED TABLE {table} AS {got};
SET max_parallel_workers_per_gather = 0;
WITH wrong AS (
  (SELECT * FROM {want} EXCEPT ALL SELECT * FROM {table})
  UNION ALL (SELECT * FROM {table} EXCEPT ALL SELECT * FROM {want}))
SELECT '{label}', count(*) FILTER (WHERE g NOT IN (SELECT g FROM wrong)),
       count(*) FILTER (WHERE g IN (SELECT g FROM wrong)),
       left(string_agg(g::text, ' ' ORDER BY g) FILTER (WHERE g IN (SELECT g FROM wrong)), 100)
FROM defs;
"""


checks = Checks("paths_sessions", DATABASE)
psql = checks.psql


def micros(unit):
    return {"1 us": 1, "1 ms": 10**3, "1 s": 10**6, "1 min": 6 * 10**7, "7 hours": 252 * 10**8,
            "1 day": 864 * 10**8}[unit]


def array(texts):
    return "{" + ",".join('"' + t.replace("\\", "\\\\").replace('"', '\\"') + '"' for t in texts) + "}"


def random_sets(rng, count):
    """COPY commands for `count` data sets with one definition each; set g is ds = g."""
    events, definitions, picked, named = [], [], [], []
    for g in range(1, count + 1):
        unit = micros(rng.choice(UNITS))
        base = rng.randrange(-10**15, 10**15) // 1000 * rng.choice([1, 1000])
        used = rng.sample(TYPES, rng.randint(1, len(TYPES)))
        for customer in range(rng.randint(1, 6)):
            for _ in range(rng.randint(1, 14)):
                at = None if rng.random() < .04 else base + unit * rng.randint(0, 12)
                type_ = None if rng.random() < .04 else rng.choice(used)[0]
                item = rng.randint(1, 3) if rng.random() < .3 else None
                amount = rng.randint(-999, 999) / 100 if rng.random() < .3 else None
                events.append((g, customer, at, type_, item, amount))
        start = rng.choice(SELECTORS) if rng.random() < .4 else None
        end = rng.choice(SELECTORS) if rng.random() < .4 else None
        keep = rng.choice(SELECTORS) if rng.random() < .25 else None
        groups = [(rng.choice(GROUP_NAMES), rng.choice(SELECTORS)) for _ in range(rng.choice([0, 0, 1, 2, 3]))]
        raw = all(s is None or s[2] is not None for s in (start, end, keep, *(s for _, s in groups)))
        names = {t[0]: t[1] + ":" + t[2] if t[1] else t[2] for t in TYPES}

        def picks(selector, door):
            return [t for t in names if (t in selector[1] if door == "packed" else selector[2] == "all" or names[t] in selector[2])]
        for door in ("packed", "raw") if raw else ("packed",):
            for side, selector in (("start", start), ("end", end), ("keep", keep)):
                picked += [(g, door, side, t) for t in picks(selector, door)] if selector else []
            first = {}
            for name, selector in groups:
                for t in picks(selector, door):
                    first.setdefault(t, name)
            named += [(g, door, t, name) for t, name in first.items()]
        gap = None if rng.random() < .3 else f"{unit * rng.choice([0, 1, 2, 3]) + rng.choice([0, 0, 1])} us"
        written = [f'"{name}"={s[0]}' if "=" in name else f"{name}={s[0]}" for name, s in groups]
        definitions.append((g, g, gap, start and start[0], end and end[0], rng.random() < .5, rng.random() < .4,
                            rng.randint(1, 5) if rng.random() < .3 else None, rng.random() < .6, rng.choice([1, 1, 2, 3]),
                            rng.random() < .7, raw, keep and keep[0], array(written) if written else None, rng.random() < .5,
                            rng.randint(1, 4) if rng.random() < .4 else None, rng.choice(["(other)", "(other)", "其他", "cart"])))
    return events, definitions, picked, named


# file, columns of a scratch table, customer, time, event and channel of a row.
REAL = [
    ("online_retail.csv.gz", "a text, code text, b text, q text, at timestamptz, p text, customer bigint, c text",
     "customer", "left(code, 2)", "CASE WHEN q LIKE '-%' THEN 'returned' ELSE '' END"),
    ("epub_sessions.csv", "customer text, at timestamptz, doc text", "('x' || left(md5(customer), 15))::bit(60)::bigint", "doc", "''"),
    ("wiki_sessions.csv.gz", "customer text, at timestamptz, url text", "('x' || left(customer, 15))::bit(60)::bigint",
     "split_part(url, '/', 4)", "''"),
    ("hospital_bpic2011.csv.gz", "customer bigint, activity text, grp text, at timestamptz, a1 text, a2 text, a3 text,"
     " a4 text, a5 text, a6 text, a7 text, a8 text", "customer", "activity", "coalesce(grp, '')"),
]
# Each of these takes as long as all the others: with CLIENTELE_LONG=1 only.
LARGE = {"online_retail.csv.gz", "hospital_bpic2011.csv.gz"}
REAL_QUESTIONS = [
    dict(gap="30 minutes", collapse=False, reverse=False, max_length=None, by_step=False, times=True, ends=True),
    dict(gap="1 day", collapse=True, reverse=True, max_length=6, by_step=True, times=True, start=True,
         keep=True, top=5),
    dict(gap=None, collapse=True, reverse=False, max_length=20, by_step=True, times=False, end=True,
         groups=True, top=8, ends=True),
]


def load_real(file, columns, customer, event, channel):
    path = DATA / file
    program = f"program 'gzip -dc {path}'" if file.endswith(".gz") else f"'{path}'"
    # A start and an end that are not rare names; names quoted, as they may hold anything.
    return f"""SET TimeZone = 'UTC';
CREATE UNLOGGED TABLE scratch ({columns});
\\copy scratch FROM {program} WITH (FORMAT csv, HEADER)
INSERT INTO types (ds, type, channel, event, properties)
  SELECT 0, row_number() OVER (ORDER BY md5(channel || '/' || event)), channel, event, '{{}}'
  FROM (SELECT DISTINCT {event} AS event, {channel} AS channel FROM scratch) x;
INSERT INTO ev (ds, cust, at, type)
  SELECT 0, {customer}, at, t.type FROM scratch s JOIN types t ON (t.event, t.channel) = ({event}, {channel})
  WHERE s.customer IS NOT NULL;
""" + "".join(f"""
INSERT INTO defs SELECT {g}, 0, {f"'{q['gap']}'" if q['gap'] else 'NULL'},
  {"(SELECT '#' || min(type) || '|#' || max(type) FROM types)" if 'start' in q else 'NULL'},
  {"(SELECT '#' || min(type) FROM (SELECT type FROM ev GROUP BY type ORDER BY count(*) DESC, type LIMIT 3) x)" if 'end' in q else 'NULL'},
  {q['collapse']}, {q['reverse']}, {q['max_length'] or 'NULL'}, {q['by_step']}, 1, {q['times']},
  {not ('start' in q or 'end' in q)}, {"(SELECT '!#' || max(type - 1) FROM types)" if 'keep' in q else 'NULL'},
  {"(SELECT ARRAY['一=#' || min(type) || '|#' || max(type - 1), '二=#' || min(type) || '|#' || max(type)] FROM types)" if 'groups' in q else 'NULL'},
  {'ends' in q}, {q.get('top', 'NULL')}, '(other)';
""" for g, q in enumerate(REAL_QUESTIONS[:2] if file.startswith("online") else REAL_QUESTIONS, 1)) + """
INSERT INTO picked SELECT g, 'packed', 'start', type FROM defs, types
  WHERE start_at IS NOT NULL AND '#' || type = ANY (string_to_array(start_at, '|'));
INSERT INTO picked SELECT g, 'packed', 'end', type FROM defs, types WHERE '#' || type = end_at;
INSERT INTO picked SELECT g, 'packed', 'keep', type FROM defs, types WHERE keep IS NOT NULL AND keep <> '!#' || type;
INSERT INTO named_by SELECT g, 'packed', type, CASE WHEN type = last THEN '二' ELSE '一' END
  FROM defs, types, (SELECT min(type) AS first, max(type) AS last FROM types) x
  WHERE groups IS NOT NULL AND type IN (first, last - 1, last);
"""


def compare(what, prepare, large=False):
    """Fills the tables, asks both sides, and counts the data sets that agree on each question. Of large
    data, parallel plans run aggregates only: the others see one row at a time."""
    script = "SET client_min_messages = warning; SET work_mem = '128MB'; SET jit = off;\n" + SCHEMA + prepare + SESSIONS
    script += NODES.replace("{door}", "packed") + NODES.replace("{door}", "raw") + LINKS
    for name, (_, want) in ANSWERS.items():
        script += f'CREATE UNLOGGED TABLE "want {name}" AS {want};\n'
    for plan, settings in (("serial", SERIAL), ("parallel", DEAR)):
        for name, (got, _) in ANSWERS.items():
            if large and plan == "parallel" and name not in ("raw journey_path", "path_links"):
                continue
            script += AGREE.format(settings=settings, got=got, want=f'"want {name}"', table=f'"{plan} {name}"',
                                   label=f"{plan} {name}")
    script += """SELECT 'input order', count(*) FILTER (WHERE a.journey::bytea IS NOT DISTINCT FROM b.journey::bytea),
  count(*) FILTER (WHERE a.journey::bytea IS DISTINCT FROM b.journey::bytea), '' FROM journeys a JOIN (
  SELECT ds, cust, clientele.journey(at, type, item, amount) AS journey FROM named GROUP BY ds, cust) b USING (ds, cust);
"""
    checks.agreed(what, psql(script))


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(10**6)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 150
    print(f"paths_sessions: seed {seed}, {count} random data sets")
    started = time.time()
    events, definitions, picked, named = random_sets(random.Random(seed), count)
    checks.new_database()
    compare(f"seed {seed}", "SET TimeZone = 'UTC';\n" + """
CREATE UNLOGGED TABLE loaded (ds int, cust bigint, micros bigint, type int, item bigint, amount numeric);
CREATE UNLOGGED TABLE known (type int, channel text, event text, properties jsonb);
""" + copy("loaded", events) + copy("known", TYPES) + f"""
INSERT INTO ev SELECT ds, cust, timestamptz '2000-01-01 00:00Z' + micros * interval '1 us', type, item, amount FROM loaded;
INSERT INTO types (ds, type, channel, event, properties)
  SELECT ds, type, channel, CASE WHEN properties IS NULL THEN '#' || type ELSE event END, properties
  FROM known, generate_series(1, {count}) ds;
""" + copy("defs", definitions) + copy("picked", picked) + copy("named_by", named) + PREPARE.replace("{dictionary}", "1"))
    print(f"random data sets: {time.time() - started:.0f} s")
    for file, *how in REAL:
        if file in LARGE and not os.environ.get("CLIENTELE_LONG") or not checks.there(file):
            continue
        checks.new_database()
        compare(file, load_real(file, *how) + PREPARE.replace("{dictionary}", "0"), large=True)
        print(f"{file}: {time.time() - started:.0f} s")
    checks.drop_database()
    checks.end()


main()
