# SPDX-License-Identifier: PostgreSQL
"""What it costs to refresh tags, by the share of customers whose journeys changed."""

import questions
from measure import Different, Measures, progress, say, seconds, table

SHARES = [0, 0.001, 0.01, 0.1]
COMPLETE = "complete"
EVENTS = 20  # of a customer, on average
AIM_SHARE, AIM = 0.01, 0.05

# Type by percentile: the order of questions.TYPES, web and app alike.
WEIGHTS = [28, 24, 6, 3, 12, 11, 3, 2, 2, 1, 2, 6]

FLAGS = {
    "value.buyer": "event_count(journey, 'purchase') >= 1",
    "value.regular": "event_count(journey, 'purchase') >= 3",
    "value.carts": "event_count(journey, 'add_to_cart') >= 1",
    "value.left_cart": "event_count(journey, 'add_to_cart') >= 1 AND event_count(journey, 'purchase') = 0",
    "behaviour.searches": "event_count(journey, 'search') >= 5",
    "behaviour.views": "event_count(journey, 'view_item') >= 10",
    "behaviour.visits": "session_count(journey, '30 minutes') >= 5",
    "behaviour.bought_at_once": "funnel_depth(journey, '{search,view_item,add_to_cart,purchase}', '1 day') = 4",
    "behaviour.gave_up": "funnel_depth(journey, '{search,view_item,add_to_cart,purchase}', '1 day') = 3",
    "behaviour.busy": "event_count(journey) >= 30",
    "behaviour.quiet": "event_count(journey) < 10",
    "behaviour.in_spring": "event_count(journey_slice(journey, '2026-03-01', '2026-06-01'), 'view_item') >= 3",
    "behaviour.asleep": "last_at(journey) < '2026-05-01'",
    "basic.newcomer": "first_at(journey) >= '2026-04-01'",
    "preference.app": "event_count(journey, 'app:*') > event_count(journey, 'web:*')",
    "preference.shops": "event_count(journey, 'store:*') >= 1",
    "response.opens": "event_count(journey, 'e-mail:open') >= 1",
    "response.asks": "event_count(journey, 'service:question') >= 2",
    "basic.常客": "event_count(journey, 'purchase') >= 5",
}
TEXTS = {
    "preference.channel": "CASE WHEN event_count(journey, 'app:*') > event_count(journey, 'web:*') THEN 'app'"
                          " WHEN event_count(journey, 'web:*') > 0 THEN 'web' ELSE 'store' END",
}
NUMBERS = {
    "value.purchases": "event_count(journey, 'purchase')",
}


def _hash(*values):
    """A number from 0 that is the same on every machine."""
    text = values[0]
    for value in values[1:]:
        text = f"hashint8extended({text}, {value})"
    return f"({text} & 2147483647)"


def _type(number):
    """An event type by weight."""
    parts, below = [], 0
    for i, weight in enumerate(WEIGHTS):
        below += weight
        parts.append(f"WHEN {number} % {sum(WEIGHTS)} < {below} THEN {i + 1}")
    return f"CASE {' '.join(parts)} END"


def make_journeys(db, n):
    """Sessions of up to four events, minutes apart, on days of half a year; 5 to 35 events each."""
    progress(f"making journeys of {n:,} customers")
    db.run("CALL clientele.create_store()")
    for channel, event in questions.TYPES:
        db.run(f"SELECT clientele.event_type('{channel}', '{event}')")
    db.run(f"INSERT INTO clientele_data.customers (customer_id) SELECT generate_series(1, {n})")
    day, second = _hash("c", "k / 4"), _hash("c", "1000 + k")
    db.run(f"""CREATE UNLOGGED TABLE tagged.journeys AS
SELECT c AS customer_id, clientele.journey(at, type) AS journey
FROM (SELECT c, timestamptz '2026-01-01 08:00+00' + {day} % 180 * interval '1 day' + k % 4 * interval '10 minutes'
             + {second} % 599000 * interval '1 millisecond' AS at, {_type(_hash("c", "2000 + k"))} AS type
      FROM generate_series(1, {n}) c, LATERAL generate_series(1, 5 + {_hash("c", "3000")} % {2 * (EVENTS - 5) + 1}) k) e
GROUP BY c""")
    db.run("SELECT clientele.merge_journeys('tagged.journeys')")
    db.run("DROP TABLE tagged.journeys")
    db.run("VACUUM (ANALYZE) clientele_data.stored_journeys, clientele_data.customers, clientele_data.journey_changes")


def define(db):
    """How many tags there are; numbers only where the type holds them."""
    rules = {**FLAGS, **TEXTS}
    if db.value("SELECT typtype FROM pg_type WHERE oid = 'clientele.tag_scores'::regtype") == "b":
        rules |= NUMBERS
    for name, rule in rules.items():
        db.run(f"SELECT clientele.define_tag('{name}', $rule${rule}$rule$)")
    return len(rules)


def _refresh(db, complete):
    """Milliseconds, and who gained and lost tags."""
    lines, ms = db.run("SELECT sum(gained), sum(lost), count(*) FILTER (WHERE outcome = 'failed') "
                       f"FROM clientele.refresh_tags(complete => {complete})")
    gained, lost, failed = map(int, lines[0].split("|"))
    if failed:
        raise Different("rules failed: " + str(db.run("SELECT tag, error FROM clientele_data.tag_status")[0]))
    return ms, gained + lost


def _change(db, share, turn):
    """One more event for that many customers."""
    db.run(f"""CREATE UNLOGGED TABLE tagged.more AS
SELECT customer_id, clientele.journey(timestamptz '2026-07-01' + {turn} * interval '1 hour', {_type(_hash("customer_id", f"5000 + {turn}"))}) AS journey
FROM clientele_data.customers WHERE {_hash("customer_id", f"4000 + {turn}")} % 100000 < {round(share * 100_000)}
GROUP BY customer_id""")
    db.run("SELECT clientele.merge_journeys('tagged.more')")
    changed = int(db.value("SELECT count(*) FROM tagged.more"))
    db.run("DROP TABLE tagged.more")
    return changed


class Refresh:
    """All that was measured of one number of customers."""

    def __init__(self, db, n, runs):
        make_journeys(db, n)
        self.n, self.measures, self.changed, self.moved = n, Measures(), {}, {}
        self.tags = define(db)
        progress("refreshing")
        _refresh(db, True)
        turn = 0
        for _ in range(runs):
            for share in SHARES:
                turn += 1
                self.changed[share] = _change(db, share, turn) if share else 0
                ms, self.moved[share] = _refresh(db, False)
                self.measures.add("refresh", share, ms)
                # Refreshing all must find nothing that refreshing the changed ones has missed.
                ms, missed = _refresh(db, True)
                if missed:
                    raise Different(f"after {share:%} changed, a complete refresh moves {missed} more")
                self.measures.add("refresh", COMPLETE, ms)
                db.run("VACUUM clientele_data.stored_journeys, clientele_data.tag_audiences, clientele_data.tag_status")
        db.run("CALL clientele.drop_store(true)")

    def ratio(self, share):
        return self.measures.median("refresh", share) / self.measures.median("refresh", COMPLETE)


def report(sizes):
    say()
    say(f"Refreshing {sizes[-1].tags} tags with rules over journeys of {EVENTS} events each; medians")
    rows = []
    for size in sizes:
        rows.append([f"{size.n:,} customers, complete", f"{size.n:,}", "",
                     seconds(size.measures.median("refresh", COMPLETE)), ""])
        for share in SHARES:
            rows.append([f"{size.n:,} customers, {share:.1%} changed", f"{size.changed[share]:,}",
                         f"{size.moved[share]:,}", seconds(size.measures.median("refresh", share)),
                         f"{size.ratio(share):.2%}"])
    table(["refresh", "asked", "gained and lost", "time", "of complete"], rows)
    say(f"  (the aim: {AIM_SHARE:.0%} changed costs under {AIM:.0%})")


def csv_rows(sizes):
    for size in sizes:
        for row in size.measures.rows(COMPLETE):
            yield [size.n, *row[:6], row[6]]
