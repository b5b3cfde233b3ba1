# SPDX-License-Identifier: PostgreSQL
"""The questions, each in the words of every system that is asked.

The events of one customer have distinct times, so no answer hangs on the order of ties.
"""

# The event types in the order in which generate.cpp numbers them, from 1.
TYPES = [("web", "search"), ("web", "view_item"), ("web", "add_to_cart"), ("web", "purchase"),
         ("app", "search"), ("app", "view_item"), ("app", "add_to_cart"), ("app", "purchase"),
         ("store", "visit"), ("store", "purchase"), ("service", "question"), ("e-mail", "open")]
LABELS = [f"{channel}:{event}" for channel, event in TYPES]
STEPS = ["search", "view_item", "add_to_cart", "purchase"]
STEP_TYPES = [", ".join(str(i + 1) for i, (_, event) in enumerate(TYPES) if event == step)
              for step in STEPS]
S1, S2, S3, S4 = STEP_TYPES

QUESTIONS = ["funnel", "sessions", "transitions"]
TITLES = {"funnel": "4-step funnel, 1-day window", "sessions": "sessions, 30-minute gap",
          "transitions": "transitions within a session"}

DEFINITION = "funnel_def('{%s}', within => '1 day')" % ",".join(STEPS)
LINKS = "path_def(session_gap => '30 minutes', by_step => false, times => false)"


def packed(table):
    return {
        "funnel": f"""SELECT customers
FROM funnel_steps((SELECT funnel(journey, {DEFINITION}) FROM {table})) ORDER BY step""",
        "sessions": f"SELECT sum(session_count(journey, '30 minutes')) FROM {table}",
        "transitions": f"""SELECT l.source, l.target, l.customers, l.paths
FROM (SELECT path_links(journey, {LINKS}) AS links FROM {table}) q, unnest(q.links) l""",
    }


def touch(table):
    """Every byte of every journey is read once, and nothing is done with it."""
    return f"SELECT sum(bit_count(journey::bytea)) FROM {table}"


# The funnel carries with each event the latest start from which its step can be reached. The later
# the start the longer the window lasts, so no other start need be kept: the answer is exact.
def _funnel(table, at, day):
    w = f"OVER (PARTITION BY customer_id ORDER BY {at} ROWS UNBOUNDED PRECEDING)"
    return f"""SELECT count(*) FILTER (WHERE one), count(*) FILTER (WHERE two),
  count(*) FILTER (WHERE three), count(*) FILTER (WHERE four)
FROM (SELECT customer_id, bool_or(start1 IS NOT NULL) AS one, bool_or(start2 IS NOT NULL) AS two,
        bool_or(start3 IS NOT NULL) AS three,
        bool_or(event_type_id IN ({S4}) AND start3 >= {at} - {day}) AS four
      FROM (SELECT *, max(start2) FILTER (WHERE event_type_id IN ({S3})
                                          AND start2 >= {at} - {day}) {w} AS start3
            FROM (SELECT *, max(start1) FILTER (WHERE event_type_id IN ({S2})
                                                AND start1 >= {at} - {day}) {w} AS start2
                  FROM (SELECT customer_id, {at}, event_type_id,
                          max({at}) FILTER (WHERE event_type_id IN ({S1})) {w} AS start1
                        FROM {table}
                        WHERE event_type_id IN ({S1}, {S2}, {S3}, {S4})) a) b) c
      GROUP BY customer_id) d"""


def _sessions(table, at, gap):
    return f"""SELECT count(*)
FROM (SELECT {at} - lag({at}) OVER (PARTITION BY customer_id ORDER BY {at}) AS gap FROM {table}) g
WHERE gap IS NULL OR gap > {gap}"""


def _transitions(table, at, gap):
    """Grouping twice counts customers faster than count(DISTINCT customer_id) does."""
    return f"""SELECT source, target, count(*) AS customers, sum(paths) AS paths
FROM (SELECT customer_id, source, target, count(*) AS paths
      FROM (SELECT customer_id, event_type_id AS target, lag(event_type_id) OVER w AS source,
              {at} - lag({at}) OVER w AS gap
            FROM {table} WINDOW w AS (PARTITION BY customer_id ORDER BY {at})) e
      WHERE gap <= {gap} GROUP BY customer_id, source, target) p
GROUP BY source, target"""


def plain_sql(table):
    return {"funnel": _funnel(table, "at", "interval '1 day'"),
            "sessions": _sessions(table, "at", "interval '30 minutes'"),
            "transitions": _transitions(table, "at", "interval '30 minutes'")}


DAY, GAP = 86_400_000, 1_800_000  # milliseconds, which the peers keep as plain integers


def _asof_funnel():
    """As SQL above, but DuckDB joins to the latest earlier row faster than it runs such windows."""
    levels = [f"s1 AS (SELECT customer_id, ms, ms AS start FROM events WHERE event_type_id IN ({S1}))"]
    for i, types in enumerate([S2, S3, S4], 2):
        levels.append(f"""s{i} AS (SELECT e.customer_id, e.ms, p.start
  FROM events e ASOF JOIN s{i - 1} p ON e.customer_id = p.customer_id AND e.ms >= p.ms
  WHERE e.event_type_id IN ({types}) AND e.ms - p.start <= {DAY})""")
    counts = ", ".join(f"(SELECT count(DISTINCT customer_id) FROM s{i})" for i in range(1, 5))
    return "WITH " + ",\n".join(levels) + f"\nSELECT {counts}"


def duckdb():
    return {"funnel": _asof_funnel(), "sessions": _sessions("events", "ms", GAP),
            "transitions": _transitions("events", "ms", GAP)}


def duckdb_windows():
    """The funnel in the form that PostgreSQL gets."""
    return {"funnel": _funnel("events", "ms", DAY)}


def duckdb_by_position():
    """Not SQL's promise but DuckDB's: a table keeps its order, so windows without an order of their
    own see customer after customer in time order, and stream. The key keeps customers apart."""
    w = "OVER (ROWS UNBOUNDED PRECEDING)"
    before = """SELECT customer_id, event_type_id AS target, lag(event_type_id) OVER () AS source,
        lag(customer_id) OVER () AS previous, ms - lag(ms) OVER () AS gap FROM events"""
    return {
        "funnel": f"""SELECT count(*) FILTER (WHERE depth >= 1), count(*) FILTER (WHERE depth >= 2),
  count(*) FILTER (WHERE depth >= 3), count(*) FILTER (WHERE depth >= 4)
FROM (SELECT customer_id, max(CASE
        WHEN event_type_id IN ({S4}) AND start3 >= key - {DAY} THEN 4
        WHEN event_type_id IN ({S3}) AND start2 >= key - {DAY} THEN 3
        WHEN event_type_id IN ({S2}) AND start1 >= key - {DAY} THEN 2
        WHEN event_type_id IN ({S1}) THEN 1 END) AS depth
      FROM (SELECT *, max(start2) FILTER (WHERE event_type_id IN ({S3})
                                          AND start2 >= key - {DAY}) {w} AS start3
            FROM (SELECT *, max(start1) FILTER (WHERE event_type_id IN ({S2})
                                                AND start1 >= key - {DAY}) {w} AS start2
                  FROM (SELECT *, max(key) FILTER (WHERE event_type_id IN ({S1})) {w} AS start1
                        FROM (SELECT customer_id, event_type_id,
                                customer_id::BIGINT * 17592186044416 + ms AS key
                              FROM events) k) a) b) c
      GROUP BY customer_id) d""",
        "sessions": f"""SELECT count(*) FROM ({before}) e
WHERE previous IS NULL OR previous <> customer_id OR gap > {GAP}""",
        "transitions": f"""SELECT source, target, count(*), sum(paths)::BIGINT
FROM (SELECT customer_id, source, target, count(*) AS paths FROM ({before}) e
      WHERE previous = customer_id AND gap <= {GAP} GROUP BY customer_id, source, target) p
GROUP BY source, target""",
    }


def clickhouse():
    conditions = ", ".join(f"event_type_id IN ({s})" for s in STEP_TYPES)
    in_order = "SETTINGS optimize_aggregation_in_order = 1"
    journeys = f"""(SELECT customer_id, groupArray(ms) AS times, groupArray(event_type_id) AS types
  FROM (SELECT customer_id, ms, event_type_id FROM events ORDER BY customer_id, ms)
  GROUP BY customer_id {in_order})"""
    return {
        "funnel": f"""SELECT countIf(level >= 1), countIf(level >= 2), countIf(level >= 3),
  countIf(level >= 4)
FROM (SELECT windowFunnel({DAY})(ms, {conditions}) AS level FROM events GROUP BY customer_id)
{in_order}""",
        "sessions": f"""SELECT sum(1 + arrayCount(gap -> gap > {GAP}, arrayDifference(times)))
FROM {journeys}""",
        "transitions": f"""SELECT link.1, link.2, uniqExact(customer_id), count()
FROM (SELECT customer_id, arrayJoin(arrayFilter(l -> l.3 <= {GAP}, arrayMap(
        (source, target, before, now) -> (source, target, now - before),
        arrayPopBack(types), arrayPopFront(types), arrayPopBack(times), arrayPopFront(times)))) AS link
      FROM {journeys}) GROUP BY link.1, link.2""",
    }


def answer(question, rows):
    """What a system said, in a form that is the same for all of them. Rows are lists of text."""
    if question != "transitions":
        return [int(value) for row in rows for value in row]
    named = [(*(LABELS[int(v) - 1] if v.isdigit() else v for v in row[:2]), int(row[2]), int(row[3]))
             for row in rows]
    return sorted(named)
