# SPDX-License-Identifier: PostgreSQL
"""Questions about behaviour, each in the words of every system that is asked.

The events of one customer have distinct times, so no answer hangs on the order of ties. Where a system has several forms of a question
the fastest that we found stands here. All times of DuckDB and ClickHouse are milliseconds.
"""

from dataclasses import dataclass
from typing import Callable

from questions import LABELS, S1, S2, S3, S4

HOUR, DAY, WEEK, MONTH = 3_600_000, 86_400_000, 604_800_000, 30 * 86_400_000
MONDAY = 345_600_000  # 1970-01-05, in milliseconds
IN_ORDER = "SETTINGS optimize_aggregation_in_order = 1"
# Times as ClickHouse and DuckDB have them, and no other zone than UTC, so that all have the same days.
UNTIL = "until => '2027-01-01Z', time_zone => 'UTC'"


def numbers(rows):
    return sorted(tuple(int(float(v)) for v in row) for row in rows)


def named(rows):
    """Names, then numbers."""
    return sorted((row[0], *(int(float(v)) for v in row[1:])) for row in rows)


@dataclass
class Question:
    title: str
    packed: str  # {table} has the journeys
    sql: str  # PostgreSQL's, on {table} of events
    duckdb: str
    clickhouse: str
    read: Callable = numbers


def _retention():
    head = """SELECT {cohort}, {period}, customers, returned FROM (
  SELECT cohort, w - cohort AS away, {filter_returned} AS returned, sum({filter_started}) OVER (PARTITION BY cohort) AS customers
  FROM (SELECT customer_id, w, n, min(w) OVER (PARTITION BY customer_id) AS cohort
        FROM (SELECT customer_id, {week} AS w, count(*) AS n FROM {table} GROUP BY 1, 2) a) b
  GROUP BY cohort, w - cohort) c
WHERE returned > 0 AND {within}"""
    filters = {"filter_returned": "count(*) FILTER (WHERE w > cohort OR n > 1)", "filter_started": "count(*) FILTER (WHERE w = cohort)"}
    whole = {"cohort": "cohort", "period": "away", "within": "away <= 12", "table": "events"}
    return Question(
        "weekly retention, 12 weeks",
        f"""SELECT (extract(epoch FROM cohort)::bigint - {MONDAY // 1000}) / {WEEK // 1000}, period, customers, returned
FROM retention_periods((SELECT retention_table(journey, retention_def(period => 'week', up_to => 12, {UNTIL})) FROM {{table}}))
WHERE returned > 0""",
        head.format(cohort=f"(extract(epoch FROM cohort)::bigint - {MONDAY // 1000}) / {WEEK // 1000}",
                    period=f"(extract(epoch FROM away) / {WEEK // 1000})::int", within="away <= interval '12 weeks'",
                    week="date_bin('7 days', at, '1970-01-05Z')", table="{table}", **filters),
        head.format(week=f"(ms - {MONDAY}) // {WEEK}", **whole, **filters),
        head.format(week=f"intDiv(ms - {MONDAY}, {WEEK})", **whole, filter_returned="countIf(w > cohort OR n > 1)",
                    filter_started="countIf(w = cohort)"))


ATOMS = "[ae].*?[bf].*?[cg].*?[dhj]"  # types as letters, from a
OF_STEPS = ", ".join((S1, S2, S3, S4))
CONDITIONS = ", ".join(f"event_type_id IN ({s})" for s in (S1, S2, S3, S4))


def _pattern():
    return Question(
        "pattern of 4 parts with gaps, all matches",
        """SELECT matched, matches FROM pattern_groups((
  SELECT pattern_matches(journey, 'search ... view_item ... add_to_cart ... purchase') FROM {table}))""",
        f"""SELECT count(*) FILTER (WHERE n > 0), sum(n)
FROM (SELECT regexp_count(string_agg(chr(96 + event_type_id), '' ORDER BY at), '{ATOMS}') AS n
      FROM {{table}} WHERE event_type_id IN ({OF_STEPS}) GROUP BY customer_id) a""",
        f"""SELECT count(*) FILTER (WHERE n > 0), sum(n)
FROM (SELECT len(regexp_extract_all(string_agg(chr(96 + event_type_id), '' ORDER BY ms), '{ATOMS}')) AS n
      FROM events WHERE event_type_id IN ({OF_STEPS}) GROUP BY customer_id) a""",
        f"""SELECT countIf(n > 0), sum(n)
FROM (SELECT sequenceCount('(?1).*(?2).*(?3).*(?4)')(ms, {CONDITIONS}) AS n FROM events GROUP BY customer_id) {IN_ORDER}""")


def _limits(table, at, hour):
    """Of each step the latest event that continues a chain: a later one leaves more time for the next."""
    w = f"OVER (PARTITION BY customer_id ORDER BY {at} ROWS UNBOUNDED PRECEDING)"
    inner = f"SELECT customer_id, {at}, event_type_id, max({at}) FILTER (WHERE event_type_id IN ({S1})) {w} AS s1 FROM {table} WHERE event_type_id IN ({OF_STEPS})"
    for i, types in ((2, S2), (3, S3)):
        inner = f"SELECT *, max({at}) FILTER (WHERE event_type_id IN ({types}) AND s{i - 1} >= {at} - {hour}) {w} AS s{i} FROM ({inner}) a{i}"
    return f"SELECT count(DISTINCT customer_id) FROM ({inner}) b WHERE event_type_id IN ({S4}) AND s3 >= {at} - {hour}"


def _limited():
    levels = [f"s1 AS (SELECT customer_id, ms FROM events WHERE event_type_id IN ({S1}))"]
    for i, types in enumerate([S2, S3, S4], 2):
        levels.append(f"""s{i} AS (SELECT e.customer_id, e.ms
  FROM events e ASOF JOIN s{i - 1} p ON e.customer_id = p.customer_id AND e.ms >= p.ms
  WHERE e.event_type_id IN ({types}) AND e.ms - p.ms <= {HOUR})""")
    return Question(
        "pattern of 4 parts within an hour each",
        """SELECT matched FROM pattern_groups((SELECT pattern_matches(journey,
  'search within 1 hour view_item within 1 hour add_to_cart within 1 hour purchase') FROM {table}))""",
        _limits("{table}", "at", "interval '1 hour'"),
        "WITH " + ",\n".join(levels) + "\nSELECT count(DISTINCT customer_id) FROM s4",
        f"""SELECT countIf(matched) FROM (SELECT
  sequenceMatch('(?1)(?t<={HOUR})(?2)(?t<={HOUR})(?3)(?t<={HOUR})(?4)')(ms, {CONDITIONS}) AS matched FROM events GROUP BY customer_id) {IN_ORDER}""")


CHANNELS = ["web", "app", "store", "service", "e-mail"]
# The channel of a touch, from 1; purchases are 0.
CHANNEL = "CASE WHEN event_type_id <= 3 THEN 1 WHEN event_type_id BETWEEN 5 AND 7 THEN 2 WHEN event_type_id = 9 THEN 3 " \
          "WHEN event_type_id = 11 THEN 4 WHEN event_type_id = 12 THEN 5 ELSE 0 END"


def credits_of(rows):
    """Conversions by model and channel, without those of none; sums of many fractions to one decimal."""
    return sorted((row[0], int(row[1]), round(float(row[2]), 1)) for row in rows if float(row[2]) != 0)


def _attribution():
    """Ours gives five models and a Markov chain in one pass; the others are asked for three of the models."""
    number = "CASE channel " + " ".join(f"WHEN '{c}' THEN {i}" for i, c in enumerate(CHANNELS, 1)) + " ELSE 0 END"
    counts = ", ".join(f"count(*) FILTER (WHERE channel = {c}) OVER r AS n{c}" for c in range(1, 6))
    linear = " UNION ALL ".join(f"SELECT 'linear' AS model, {c} AS channel, sum(n{c}::float8 / n) AS credit FROM conversions WHERE n > 0" for c in range(1, 6))
    total = " + ".join(f"n{c}" for c in range(1, 6))
    credits = """{linear}
UNION ALL SELECT 'first', {first}, count(*) FROM conversions WHERE n > 0 GROUP BY 2
UNION ALL SELECT 'last', {last}, count(*) FROM conversions WHERE n > 0 GROUP BY 2
UNION ALL SELECT model, 0, count(*) FROM conversions, (VALUES ('first'), ('last'), ('linear')) m (model) WHERE n = 0 GROUP BY model"""
    windows = """WITH e AS {materialized} (SELECT customer_id, {at}, {channel} AS channel FROM {table}),
names AS (SELECT customer_id, string_agg(channel::text, '' ORDER BY {at}) AS touches FROM e WHERE channel > 0 GROUP BY customer_id),
counted AS (
  SELECT customer_id, channel, count(*) FILTER (WHERE channel > 0) OVER (PARTITION BY customer_id ORDER BY {at} ROWS UNBOUNDED PRECEDING) AS k, {counts}
  FROM e WINDOW r AS (PARTITION BY customer_id ORDER BY {at} RANGE {month} PRECEDING)),
conversions AS (
  SELECT c.*, {total} AS n, touches FROM counted c LEFT JOIN names USING (customer_id) WHERE channel = 0)
"""
    by_place = credits.format(linear=linear, first="substr(touches, (k - n + 1)::int, 1)::int", last="substr(touches, k::int, 1)::int")
    return Question(
        "attribution: 5 models and Markov 1 (others: 3 models)",
        f"""SELECT model, {number}, conversions FROM attribution_credits((SELECT attribution(journey,
  attribution_def('purchase', models => '{{first,last,linear,position,time_decay,markov_1}}', until => '2027-01-01Z')) FROM {{table}}))
WHERE model IN ('first', 'last', 'linear') AND conversions <> 0""",
        windows.format(materialized="NOT MATERIALIZED", at="at", channel=CHANNEL, table="{table}", month="interval '30 days'", counts=counts, total=total) + by_place,
        windows.format(materialized="", at="ms", channel=CHANNEL, table="events", month=MONTH, counts=counts, total=total) + by_place,
        _attribution_clickhouse(total), credits_of)


def _attribution_clickhouse(total):
    """Arrays count up the touches; a join finds the first event of each conversion's window."""
    sums = ", ".join(f"arrayCumSum(c -> c = {i}, channels) AS s{i}" for i in range(1, 6))
    joined = ", ".join(f"s{i}" for i in range(1, 6))
    counts = ", ".join(f"toInt64(e.s{i}) - toInt64(f.s{i}) + (f.channel = {i}) AS n{i}" for i in range(1, 6))
    linear = " UNION ALL ".join(f"SELECT 'linear' AS model, {i} AS channel, sum(n{i} / n) AS credit FROM conversions WHERE n > 0" for i in range(1, 6))
    return f"""WITH counted AS (
  SELECT customer_id, ms, channel, {joined}, last, next
  FROM (SELECT customer_id, groupArray(toInt64(ms)) AS times, groupArray(toUInt8({CHANNEL})) AS channels, {sums},
          arrayFill(c -> c > 0, channels) AS lasts, arrayReverseFill(c -> c > 0, channels) AS nexts
        FROM (SELECT customer_id, ms, event_type_id FROM events ORDER BY customer_id, ms) GROUP BY customer_id)
  ARRAY JOIN times AS ms, channels AS channel, {", ".join(f"s{i} AS s{i}" for i in range(1, 6))}, lasts AS last, nexts AS next),
conversions AS (
  SELECT {counts}, {total} AS n, e.last AS last, f.next AS first
  FROM (SELECT *, ms - {MONTH} AS since FROM counted WHERE channel = 0) e
  ASOF JOIN counted f ON e.customer_id = f.customer_id AND e.since <= f.ms)
SELECT model, channel, credit FROM ({linear}
UNION ALL SELECT 'first', first, toFloat64(count()) FROM conversions WHERE n > 0 GROUP BY first
UNION ALL SELECT 'last', last, toFloat64(count()) FROM conversions WHERE n > 0 GROUP BY last
UNION ALL SELECT arrayJoin(['first', 'last', 'linear']), 0, toFloat64(count()) FROM conversions WHERE n = 0)"""


def _activity():
    head = """SELECT {day}, count(*), {new}, {returning}, {resurrected}
FROM (SELECT d, lag(d) OVER (PARTITION BY customer_id ORDER BY d) AS before FROM (SELECT DISTINCT customer_id, {bin} AS d FROM {table}) a) b
GROUP BY d"""
    by_number = {"day": "d", "table": "events", "new": "count(*) FILTER (WHERE before IS NULL)",
                 "returning": "count(*) FILTER (WHERE before = d - 1)", "resurrected": "count(*) FILTER (WHERE before < d - 1)"}
    return Question(
        "activity by day: new, returning, resurrected (ours: all of it)",
        f"""SELECT extract(epoch FROM period)::bigint / {DAY // 1000}, active, new, "returning", resurrected
FROM lifecycle_periods((SELECT activity(journey, activity_def({UNTIL})) FROM {{table}})) WHERE active > 0""",
        head.format(day=f"extract(epoch FROM d)::bigint / {DAY // 1000}", bin="date_bin('1 day', at, '1970-01-01Z')", table="{table}",
                    new="count(*) FILTER (WHERE before IS NULL)", returning="count(*) FILTER (WHERE before = d - interval '1 day')",
                    resurrected="count(*) FILTER (WHERE before < d - interval '1 day')"),
        head.format(bin=f"ms // {DAY}", **by_number),
        f"""SELECT d, count(), countIf(before = 0), countIf(before = d - 1), countIf(before > 0 AND before < d - 1)
FROM (SELECT arrayJoin(arrayZip(days, arrayPushFront(arrayPopBack(days), 0))) AS pair, pair.1 AS d, pair.2 AS before
      FROM (SELECT arraySort(groupUniqArray(intDiv(ms, {DAY}))) AS days FROM events GROUP BY customer_id)) GROUP BY d {IN_ORDER}""")


def _intervals():
    head = """SELECT count(*), count(DISTINCT customer_id), {median}
FROM (SELECT customer_id, event_type_id, {at} - lag({at}) OVER w AS passed, lag(event_type_id) OVER w AS before
      FROM {table} WHERE event_type_id IN ({types}) WINDOW w AS (PARTITION BY customer_id ORDER BY {at})) a
WHERE event_type_id IN ({closing}) AND before IN ({opening})"""
    types = {"types": f"{S1}, {S4}", "closing": S4, "opening": S1}
    return Question(
        "times from search to purchase, and their median",
        """SELECT pairs, customers, extract(epoch FROM p50) FROM interval_percentiles((
  SELECT event_intervals(journey, interval_def('search', 'purchase', until => '2027-01-01Z')) FROM {table}))""",
        head.format(at="at", table="{table}", median="extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY passed))", **types),
        head.format(at="ms", table="events", median="median(passed)", **types),
        f"""SELECT count(), uniqExact(customer_id), quantileExact(0.5)(pair.1)
FROM (SELECT customer_id, arrayJoin(arrayFilter(p -> p.2 IN ({S1}) AND p.3 IN ({S4}),
        arrayZip(arrayPopFront(arrayDifference(times)), arrayPopBack(types), arrayPopFront(types)))) AS pair
      FROM (SELECT customer_id, groupArray(ms) AS times, groupArray(event_type_id) AS types
            FROM (SELECT customer_id, ms, event_type_id FROM events WHERE event_type_id IN ({S1}, {S4}) ORDER BY customer_id, ms) GROUP BY customer_id))""",
        lambda rows: [int(v) for v in rows[0][:2]])  # medians of more than 65,536 are within 1 %


SESSIONS = "path_def(session_gap => '30 minutes'{more})"


def _path_counts():
    """The first four events of a session are its path; types stand for events as letters."""
    head = """SELECT path, count(DISTINCT customer_id) AS customers, count(*) AS paths
FROM (SELECT customer_id, session, string_agg(chr(96 + event_type_id){cast}, '' ORDER BY {at}) AS path
      FROM (SELECT *, row_number() OVER (PARTITION BY customer_id, session ORDER BY {at}) AS place
            FROM (SELECT customer_id, {at}, event_type_id, count(*) FILTER (WHERE start) OVER w AS session
                  FROM (SELECT customer_id, {at}, event_type_id, coalesce({at} - lag({at}) OVER w > {gap}, true) AS start
                        FROM {table} WINDOW w AS (PARTITION BY customer_id ORDER BY {at})) a
                  WINDOW w AS (PARTITION BY customer_id ORDER BY {at} ROWS UNBOUNDED PRECEDING)) b) c
      WHERE place <= 4 GROUP BY customer_id, session) d
GROUP BY path ORDER BY customers DESC, paths DESC, path LIMIT 20"""
    labels = "ARRAY[" + ", ".join(f"'{label}'" for label in LABELS) + "]"
    return Question(
        "paths: the first 4 events of sessions, by customers",
        f"""SELECT (SELECT string_agg(chr(96 + array_position({labels}, e)), '' ORDER BY o) FROM unnest(path) WITH ORDINALITY x (e, o)), customers, paths
FROM (SELECT path_counts(journey, {SESSIONS.format(more=", max_length => 4")}) AS counts FROM {{table}}) q, unnest(q.counts[:20])""",
        head.format(at="at", gap="interval '30 minutes'", table="{table}", cast=""),
        head.format(at="ms", gap=1_800_000, table="events", cast=""),
        """SELECT path, uniqExact(customer_id) AS customers, count() AS paths
FROM (SELECT customer_id, arrayJoin(arrayMap(s -> arrayStringConcat(arrayMap(t -> char(96 + t), arraySlice(s, 1, 4))),
        arraySplit((t, gap) -> gap > 1800000, types, arrayDifference(times)))) AS path
      FROM (SELECT customer_id, groupArray(ms) AS times, groupArray(event_type_id) AS types
            FROM (SELECT customer_id, ms, event_type_id FROM events ORDER BY customer_id, ms) GROUP BY customer_id))
GROUP BY path ORDER BY customers DESC, paths DESC, path LIMIT 20""",
        named)


def _dwell():
    head = """SELECT event_type_id, count(*), count(*) FILTER (WHERE passed IS NULL OR passed > {gap}), count(DISTINCT customer_id)
FROM (SELECT customer_id, event_type_id, lead({at}) OVER (PARTITION BY customer_id ORDER BY {at}) - {at} AS passed FROM {table}) a GROUP BY 1"""
    labels = "ARRAY[" + ", ".join(f"'{label}'" for label in LABELS) + "]"
    return Question(
        "how long customers stay at each event",
        f"""SELECT array_position({labels}, event), visits + lasts, lasts, customers
FROM dwell_times((SELECT dwell(journey, {SESSIONS.format(more="")}) FROM {{table}}))""",
        head.format(at="at", gap="interval '30 minutes'", table="{table}"),
        head.format(at="ms", gap=1_800_000, table="events"),
        """SELECT pair.1, count(), countIf(pair.2 = 0 OR pair.2 > 1800000), uniqExact(customer_id)
FROM (SELECT customer_id, arrayJoin(arrayZip(types, arrayPushBack(arrayPopFront(arrayDifference(times)), 0))) AS pair
      FROM (SELECT customer_id, groupArray(ms) AS times, groupArray(event_type_id) AS types
            FROM (SELECT customer_id, ms, event_type_id FROM events ORDER BY customer_id, ms) GROUP BY customer_id)) GROUP BY pair.1""")


def _correlation():
    """Of customers that search: which events lie between the first search from which a purchase follows within a day, and the purchase; or
    in the day after the first search, if there is none."""
    head = """WITH relevant AS (
  SELECT customer_id, {at}, event_type_id, min({at}) FILTER (WHERE event_type_id IN ({s4})) OVER (
    PARTITION BY customer_id ORDER BY {at} ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS bought
  FROM {table} WHERE event_type_id IN ({s1}, {s4})),
starts AS (
  SELECT customer_id, min({at}) AS first, min({at}) FILTER (WHERE bought - {at} <= {day}) AS began,
    min(bought) FILTER (WHERE bought - {at} <= {day}) AS bought
  FROM relevant WHERE event_type_id IN ({s1}) GROUP BY customer_id),
along AS (
  SELECT DISTINCT e.customer_id, e.event_type_id, began IS NOT NULL AS converted
  FROM starts s JOIN {table} e ON e.customer_id = s.customer_id AND e.{at} > coalesce(began, first)
    AND e.{at} <= coalesce(bought, first + {day}) AND e.event_type_id NOT IN ({s4}))
SELECT event_type_id, count(*) FILTER (WHERE converted), count(*) FILTER (WHERE NOT converted) FROM along GROUP BY 1"""
    labels = "ARRAY[" + ", ".join(f"'{label}'" for label in LABELS) + "]"
    types = {"s1": S1, "s4": S4}
    return Question(
        "events that go with buying within a day",
        f"""SELECT array_position({labels}, event), converted_with, lost_with
FROM correlation_events((SELECT funnel_correlation(journey, funnel_def('{{search,purchase}}', within => '1 day'), 1, 2) FROM {{table}}), 1)""",
        head.format(at="at", day="interval '1 day'", table="{table}", **types),
        head.format(at="ms", day=DAY, table="events", **types),
        f"""WITH journeys AS (
  SELECT customer_id, groupArray(ms) AS times, groupArray(event_type_id) AS types
  FROM (SELECT customer_id, ms, event_type_id FROM events ORDER BY customer_id, ms) GROUP BY customer_id),
starts AS (
  SELECT customer_id, times, types, arrayReverseFill(t -> t > 0, arrayMap((t, k) -> k IN ({S4}) ? t : 0, times, types)) AS bought,
    arrayFirstIndex((t, k, b) -> k IN ({S1}) AND b >= t AND b - t <= {DAY}, times, types, bought) AS began,
    arrayFirstIndex(k -> k IN ({S1}), types) AS first, if(began > 0, began, first) AS start, times[start] AS after,
    if(began > 0, bought[start], after + {DAY}) AS last
  FROM journeys WHERE first > 0)
SELECT kind, countIf(began > 0), countIf(began = 0)
FROM (SELECT began, arrayJoin(arrayDistinct(arrayFilter((k, t) -> t > after AND t <= last AND k NOT IN ({S4}), types, times))) AS kind FROM starts)
GROUP BY kind""")


QUESTIONS = {"retention": _retention(), "pattern": _pattern(), "limits": _limited(), "attribution": _attribution(), "activity": _activity(),
             "intervals": _intervals(), "paths": _path_counts(), "dwell": _dwell(), "correlation": _correlation()}


def touch(table):
    """Every byte of every journey is read once, and nothing is done with it."""
    return f"SELECT sum(bit_count(journey::bytea)) FROM {table}"
