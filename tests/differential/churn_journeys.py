#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Churn models of journeys, on the simulated shop: the short way against the long one, and how good they are.

usage: churn_journeys.py [CUSTOMERS]      (default: 20000 customers of a year)

Labels are counted again from raw rows. A model fitted to journeys must be, bit for bit, the one that is
fitted to churn_features(), and must score and explain alike; serial and parallel plans agree. Then day 275:
who does nothing of their own in the 90 days after it? One half of the customers is learned from, the other
judged, all of them and those seen in the last month: the model must beat recency alone, and be right on
average in every decile of what it says.
All seeds are fixed. CLIENTELE_PSQL is the psql to use, CLIENTELE_BUILD where demo/simulate is.
"""
import csv
import datetime
import subprocess
import sys
import tempfile

from checks import BUILD, PARALLEL, Checks

DATABASE = "clientele_churn_journeys_differential"
DAY = datetime.timedelta(days=1)
START = datetime.datetime(2025, 1, 1, tzinfo=datetime.timezone.utc)
AT, HORIZON = START + 275 * DAY, 90 * DAY
OWN = "web:*|app:*|store:*|contact|complaint|promotion_opened|promotion_clicked"
PASSIVE = {"promotion_sent", "resolved"}
checks = Checks("churn_journeys", DATABASE, "SET client_min_messages = warning; SET TimeZone = 'UTC'; SET search_path = public, clientele;\n")
check, psql = checks.check, checks.psql


def load(customers, directory):
    """The shop's journeys, and of each customer the label by the rows themselves."""
    events = f"{directory}/events.csv"
    subprocess.run([BUILD / "demo" / "simulate", "--customers", str(customers), "--days", "365", "--seed", "11", "--start", str(START.date()),
                    "--quiet", "--events", events, "--truth", "/dev/null"], check=True)
    checks.new_database()
    psql(f"""CREATE EXTENSION clientele; CALL create_store();
CREATE TABLE raw (customer text, at timestamptz, channel text, event text, item text, amount numeric, properties jsonb);
\\copy raw FROM '{events}' (FORMAT csv, HEADER)
CALL load_events('raw', channel => 'channel', item => 'item', amount => 'amount', properties => 'properties');
CREATE TABLE shoppers AS SELECT i.value AS customer, customer_id, journey, churned(journey, '{AT}', '90 days', '{OWN}') AS churned, customer_id * 7919 % 1009 % 2 = 0 AS learned
FROM clientele_data.journeys JOIN clientele_data.identities i USING (customer_id);
ALTER TABLE shoppers SET (parallel_workers = 2); ANALYZE shoppers;""")
    before, after = set(), set()
    with open(events, newline="", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            at = datetime.datetime.fromisoformat(row["at"].replace("Z", "+00:00"))
            if row["event"] not in PASSIVE:
                if at < AT:
                    before.add(row["customer"])
                elif at < AT + HORIZON:
                    after.add(row["customer"])
    return {customer: customer not in after for customer in before}


def labels(counted):
    got = {c: {"t": True, "f": False, "": None}[v] for c, v in psql("SELECT customer, churned FROM shoppers")}
    wrong = [c for c in got if got[c] != counted.get(c)]
    check("labels", not wrong and set(counted) <= set(got), wrong[:5])
    print(f"shop: {len(got)} customers, {len(counted)} active before {AT.date()}, {sum(counted.values())} of them left")


FEATURES = {"usual": "churn_features_def()", "weeks": "churn_features_def('7 days', '1 h', 'web:purchase|app:purchase', passive => 'service:*', time_zone => 'Asia/Shanghai')"}
WAYS = {"plain": "1", "weighted": "10, 'balanced'", "likeliest": "1e-3, '3', true"}


def short_and_long_way():
    names = "names => (SELECT array_agg(name ORDER BY position) FROM churn_feature_names())"
    for f, features in FEATURES.items():
        for w, way in WAYS.items():
            psql(f"""DROP TABLE IF EXISTS short, long;
CREATE TABLE short AS SELECT churn_fit(journey, churned, '{AT}', churn_def({way}, features => {features})) AS m FROM shoppers WHERE learned;
CREATE TABLE long AS SELECT churn_fit(churn_features(journey, '{AT}', {features}), churned, churn_def({way}, {names})) AS m FROM shoppers WHERE learned;""")
            (same, remembered, other), = psql(f"""SELECT s.m::text::jsonb - 'features_def' = l.m::text::jsonb, (s.m::text::jsonb -> 'features_def')::text::churn_features_def = {features}, s.m = l.m FROM short s, long l""")
            check(f"{f}, {w}: the same model", (same, remembered, other) == ("t", "t", "f"), (same, remembered, other))
            (bits,), = psql("""SELECT count(*) FILTER (WHERE float8send(a.coefficient) <> float8send(b.coefficient) OR float8send(a.standard_error) <> float8send(b.standard_error)) || ' of ' || count(*)
FROM (SELECT c.* FROM short, churn_coefficients(m) c) a FULL JOIN (SELECT c.* FROM long, churn_coefficients(m) c) b USING (feature)""")
            check(f"{f}, {w}: coefficients", bits.startswith("0 of ") and int(bits[5:]) > 30, bits)
            (serial, shuffled), = psql(f"SELECT count(DISTINCT p::text), bool_and(p = m) FROM short, (SELECT churn_fit(journey, churned, '{AT}', churn_def({way}, features => {features})) AS p FROM (SELECT * FROM shoppers WHERE learned ORDER BY md5(customer)) s) x")
            (parallel,), = psql(PARALLEL + f"SELECT p = m FROM short, (SELECT churn_fit(journey, churned, '{AT}', churn_def({way}, features => {features})) AS p FROM shoppers WHERE learned) x")
            check(f"{f}, {w}: shuffled and in parallel", (serial, shuffled, parallel) == ("1", "t", "t"), (serial, shuffled, parallel))
            asked = f"""SELECT count(*), count(p), count(*) FILTER (WHERE p IS DISTINCT FROM q) FROM (
SELECT churn_prob(journey, s.m, at) AS p, churn_prob(churn_features(journey, at, {features}), l.m) AS q FROM shoppers, short s, long l, unnest('{{{AT},{START + 100 * DAY}}}'::timestamptz[]) at) x"""
            (n, known, differ), = psql(asked)
            check(f"{f}, {w}: the same scores", int(n) > int(known) > 0 and differ == "0" and psql(PARALLEL + asked) == [[n, known, differ]], (n, known, differ))
    (n, differ), = psql(f"""SELECT count(a), count(*) FILTER (WHERE a IS DISTINCT FROM b) FROM (
SELECT (SELECT array_agg(r) FROM churn_reasons(journey, s.m, '{AT}', 7) r) AS a, (SELECT array_agg(r) FROM churn_reasons(churn_features(journey, '{AT}', {FEATURES['weeks']}), l.m, 7) r) AS b
FROM shoppers, short s, long l LIMIT 2000) x""")
    check("the same reasons", int(n) > 500 and differ == "0", (n, differ))


def auc(scored):
    """Mann-Whitney, ties half, by ranks."""
    scored.sort()
    ranks, i, churners = 0.0, 0, sum(y for _, y in scored)
    while i < len(scored):
        j = i
        while j < len(scored) and scored[j][0] == scored[i][0]:
            j += 1
        ranks += sum(y for _, y in scored[i:j]) * (i + j + 1) / 2
        i = j
    return (ranks - churners * (churners + 1) / 2) / (churners * (len(scored) - churners))


def quality(label, condition, least, gain):
    """Fitted and judged on those customers whose features fulfil a condition; `least` and `gain`: of the AUC, itself and against recency."""
    psql(f"""DROP TABLE IF EXISTS judged;
CREATE TABLE judged AS WITH asked AS MATERIALIZED (SELECT * FROM (SELECT s.*, churn_features(journey, '{AT}') AS f FROM shoppers s WHERE churned IS NOT NULL) x WHERE {condition})
SELECT churned, churn_prob(journey, m, '{AT}') AS p, churn_prob(f[1:1], one) AS by_recency
FROM asked, (SELECT churn_fit(journey, churned, '{AT}', churn_def()) AS m, churn_fit(f[1:1], churned, churn_def()) AS one FROM asked WHERE learned) fitted WHERE NOT learned""")
    rows = sorted((float(p), float(r), y == "t") for p, r, y in psql("SELECT p, by_recency, churned FROM judged"))
    (model, one, loss, one_loss), = psql("""SELECT classification_auc(m), classification_auc(r), classification_log_loss(m), classification_log_loss(r)
FROM (SELECT classification(p, churned) AS m, classification(by_recency, churned) AS r FROM judged) c""")
    model, one, loss, one_loss = map(float, (model, one, loss, one_loss))
    print(f"{label}: {len(rows)} customers, {sum(y for _, _, y in rows)} left; AUC {model:.4f}, of recency alone {one:.4f}; log loss {loss:.4f}, of recency alone {one_loss:.4f}")
    check(f"{label}: AUC by ranks", abs(auc([(p, y) for p, _, y in rows]) - model) < 1e-9 and abs(auc([(r, y) for _, r, y in rows]) - one) < 1e-9, (model, one))
    check(f"{label}: AUC", model > least, model)
    check(f"{label}: better than recency", model > one + gain and loss < one_loss, (model, one, loss, one_loss))
    for decile in range(10):
        some = rows[len(rows) * decile // 10:len(rows) * (decile + 1) // 10]
        said, was = sum(p for p, _, _ in some) / len(some), sum(y for _, _, y in some) / len(some)
        # Chance alone, four standard errors, and what a model that is straight in the features misses.
        band = 4 * sum(p * (1 - p) for p, _, _ in some) ** .5 / len(some) + STRAIGHT
        print(f"  decile {decile + 1}: said {said:.3f}, left {was:.3f}, band {band:.3f}")
        check(f"{label}: decile {decile + 1}", abs(said - was) < band, (said, was, band))


STRAIGHT = .01


def main():
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 20000
    if not checks.built("demo/simulate"):
        checks.end()
    with tempfile.TemporaryDirectory() as directory:
        labels(load(customers, directory))
    short_and_long_way()
    # Most customers that have left did it long ago, and recency alone shows it. Those seen in the last month are harder to guess.
    quality("all", "true", .94, .001)
    quality("seen in the last 30 days", "f[1] <= 30", .75, .01)
    checks.drop_database()
    checks.end()


main()
