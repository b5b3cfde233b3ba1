# SPDX-License-Identifier: PostgreSQL
"""The raw doors: ClickHouse's functions and ours of the same meaning, on the same rows, and plain SQL for both."""

from behaviour_questions import ATOMS, CONDITIONS, HOUR, IN_ORDER, OF_STEPS, Question, _limits
from questions import DAY, S1, S2, S3, S4, duckdb, duckdb_by_position, plain_sql

NEW_YEAR = 1_767_225_600_000  # 2026-01-01, with which the events begin
PER_CUSTOMER = "(SELECT {what} AS x FROM {{table}} GROUP BY customer_id) a"


def _funnel():
    levels = ", ".join(f"count(*) FILTER (WHERE x >= {i})" for i in range(1, 5))
    return Question(
        "window_funnel, 4 steps in a day",
        f"SELECT {levels} FROM {PER_CUSTOMER.format(what=f'window_funnel(interval ' + repr('1 day') + f', at, {CONDITIONS})')}",
        plain_sql("{table}")["funnel"], duckdb()["funnel"],
        f"""SELECT countIf(x >= 1), countIf(x >= 2), countIf(x >= 3), countIf(x >= 4)
FROM (SELECT windowFunnel({DAY})(ms, {CONDITIONS}) AS x FROM events GROUP BY customer_id) {IN_ORDER}""")


def _retention():
    counts = ", ".join(f"count(*) FILTER (WHERE x[{i}])" for i in range(1, 4))
    conditions = [f"event_type_id IN ({s})" for s in (S1, S3, S4)]
    ors = ", ".join(f"bool_or({c}) AS c{i}" for i, c in enumerate(conditions, 1))
    plain = f"""SELECT count(*) FILTER (WHERE c1), count(*) FILTER (WHERE c1 AND c2), count(*) FILTER (WHERE c1 AND c3)
FROM (SELECT {ors} FROM {{table}} GROUP BY customer_id) a"""
    return Question(
        "retention, 3 conditions", f"SELECT {counts} FROM {PER_CUSTOMER.format(what=f'retention({chr(44).join(conditions)})')}",
        plain, plain.replace("{table}", "events"),
        f"""SELECT sum(x[1]), sum(x[2]), sum(x[3]) FROM (SELECT retention({", ".join(conditions)}) AS x FROM events GROUP BY customer_id) {IN_ORDER}""")


def _match():
    levels = [f"s1 AS (SELECT customer_id, ms FROM events WHERE event_type_id IN ({S1}))"]
    for i, types in enumerate([S2, S3, S4], 2):
        levels.append(f"""s{i} AS (SELECT e.customer_id, e.ms
  FROM events e ASOF JOIN s{i - 1} p ON e.customer_id = p.customer_id AND e.ms >= p.ms
  WHERE e.event_type_id IN ({types}) AND e.ms - p.ms <= {HOUR})""")
    pattern = "(?1)(?t<={0})(?2)(?t<={0})(?3)(?t<={0})(?4)"
    return Question(
        "sequence_match, 4 conditions within an hour each",
        f"SELECT count(*) FILTER (WHERE x) FROM {PER_CUSTOMER.format(what=f'sequence_match({pattern.format(3600)!r}, at, {CONDITIONS})')}",
        _limits("{table}", "at", "interval '1 hour'"),
        "WITH " + ",\n".join(levels) + "\nSELECT count(DISTINCT customer_id) FROM s4",
        f"SELECT countIf(x) FROM (SELECT sequenceMatch('{pattern.format(HOUR)}')(ms, {CONDITIONS}) AS x FROM events GROUP BY customer_id) {IN_ORDER}")


def _count():
    pattern = "(?1).*(?2).*(?3).*(?4)"
    return Question(
        "sequence_count, 4 conditions",
        f"SELECT sum(x) FROM {PER_CUSTOMER.format(what=f'sequence_count({pattern!r}, at, {CONDITIONS})')}",
        f"""SELECT sum(n) FROM (SELECT regexp_count(string_agg(chr(96 + event_type_id), '' ORDER BY at), '{ATOMS}') AS n
FROM {{table}} WHERE event_type_id IN ({OF_STEPS}) GROUP BY customer_id) a""",
        f"""SELECT sum(n) FROM (SELECT len(regexp_extract_all(string_agg(chr(96 + event_type_id), '' ORDER BY ms), '{ATOMS}')) AS n
FROM events WHERE event_type_id IN ({OF_STEPS}) GROUP BY customer_id) a""",
        f"SELECT sum(x) FROM (SELECT sequenceCount('{pattern}')(ms, {CONDITIONS}) AS x FROM events GROUP BY customer_id) {IN_ORDER}")


def _next_node():
    """What follows the first search if the event after it is a view. ClickHouse keeps 32 bits of the time here, without an error, so the
    question is about 45 days only, whose milliseconds fit."""
    plain = """SELECT after, count(*)
FROM (SELECT event_type_id, lead(event_type_id) OVER w AS next, lead(event_type_id, 2) OVER w AS after,
        count(*) FILTER (WHERE event_type_id IN ({s1})) OVER (w ROWS UNBOUNDED PRECEDING) AS n
      FROM {table} WHERE {early} WINDOW w AS (PARTITION BY customer_id ORDER BY {at})) a
WHERE n = 1 AND event_type_id IN ({s1}) AND next IN ({s2}) AND after IS NOT NULL GROUP BY 1"""
    types = {"s1": S1, "s2": S2}
    early, early_ms = "at < '2026-02-15Z'", f"ms < {NEW_YEAR + 45 * DAY}"
    what = f"event_type_id IN ({S1}), event_type_id IN ({S1}), event_type_id IN ({S2})"
    return Question(
        "sequence_next_node, from the first of two, 45 days",
        f"""SELECT x, count(*) FROM (SELECT sequence_next_node('forward', 'first_match', at, event_type_id::text, {what}) AS x
FROM {{table}} WHERE {early} GROUP BY customer_id) a WHERE x IS NOT NULL GROUP BY 1""",
        plain.format(at="at", table="{table}", early=early, **types), plain.format(at="ms", table="events", early=early_ms, **types),
        f"""SELECT x, count() FROM (SELECT sequenceNextNode('forward', 'first_match')(toUInt32(ms - {NEW_YEAR}), toString(event_type_id), {what}) AS x
FROM events WHERE {early_ms} GROUP BY customer_id) WHERE x IS NOT NULL GROUP BY x
SETTINGS allow_experimental_funnel_functions = 1, optimize_aggregation_in_order = 1""")


QUESTIONS = {"window_funnel": _funnel(), "retention_rows": _retention(), "sequence_match": _match(), "sequence_count": _count(), "sequence_next_node": _next_node()}
BY_POSITION = {"window_funnel": duckdb_by_position()["funnel"]}
