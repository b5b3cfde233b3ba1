#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""The outbox against a model in Python, and with many claimers at once that are killed.

First random messages, claims, reports, consents, leases that run out, campaigns and their ends, one after another: after each step every
message is as the model says. Then 20 sessions claim and report while backends and clients are killed and customers withdraw: each message
is sent; none is claimed while another holds it; none goes out twice unless its claimer was killed in between; none of a customer after a
withdrawal; none of a control group.
--long takes 10,000 steps and a minute. The last line is `outbox: N passed, N failed, N skipped`.
"""
import os
import random
import signal
import sys
import threading
import time

from checks import Checks
from sessions import Session

LONG = "--long" in sys.argv
SEED = int(os.environ.get("CLIENTELE_SEED", random.randrange(1, 10**6)))
DATABASE = os.environ.get("PGDATABASE", "outbox")
STEPS, SECONDS, MESSAGES = (10000, 60, 20000) if LONG else (200, 1, 1200)
CUSTOMERS = 60
T = Checks("outbox", DATABASE, "SET client_min_messages = error;\n")
SETUP = f"""
CALL clientele.create_store();
INSERT INTO clientele_data.customers (customer_id) SELECT n FROM generate_series(1, {CUSTOMERS}) n;
SELECT setval(pg_get_serial_sequence('clientele_data.customers', 'customer_id'), {CUSTOMERS});
SELECT count(clientele.event_type('', 'purchase'));
"""


class Message:
    def __init__(self, number, channel, customer, campaign, most):
        self.number, self.channel, self.customer, self.campaign, self.most = number, channel, customer, campaign, most
        self.status, self.attempts, self.sent, self.ready = "queued", 0, False, True


class Model:
    """What the outbox has to be, written from its documentation."""

    def __init__(self):
        self.messages, self.keys, self.consent, self.stopped = [], {}, {}, set()

    def claim(self, channel, most):
        taken = []
        for message in sorted((m for m in self.messages if m.ready and m.channel == channel and m.status in ("queued", "claimed")),
                              key=lambda m: (m.order, m.number)):
            if len(taken) == most:
                break
            if message.campaign in self.stopped or message.customer and not self.consent.get(message.customer):
                message.status = "dropped"
            elif message.attempts >= message.most:
                message.status = "failed"
            else:
                message.status, message.ready, message.attempts = "claimed", False, message.attempts + 1
                taken.append(message)
        return taken

    def report(self, message, status, attempt):
        if message.attempts == 0:
            return "55000"
        was, late = message.status, attempt is not None and attempt < message.attempts
        if was == "delivered" or status == "sent" and message.sent:
            return was
        if status in ("sent", "delivered"):
            message.status, message.sent = status, True
        elif late or was in ("failed", "dropped"):
            pass
        elif status == "undeliverable":
            message.status = "failed"
        elif was == "sent":
            pass
        elif was == "claimed":
            message.status = "queued" if message.attempts < message.most else "failed"
            message.ready = False
        return message.status


def one_after_another(rng):
    """Random steps: what each has to answer, and how all messages have to be after it."""
    model, session, order, campaigns = Model(), Session(DATABASE, "SET client_min_messages = error; SET search_path = clientele;"), 0, 0
    session.run("SELECT define_action('act', 'b', '{\"to\": \"{customer_id}\"}', cool_down => '0');")
    for _ in range(STEPS):
        what = rng.choices(["send", "claim", "report", "consent", "expire", "campaign", "stop"], [30, 20, 30, 12, 12, .4, .4])[0]
        if what == "send":
            key = rng.choice([None, f"key {rng.randrange(60)}"])
            customer, channel, most = rng.choice([None, rng.randint(1, CUSTOMERS)]), rng.choice("ab"), rng.randint(1, 4)
            got, = session.run("SELECT send_message('%s', '{}', %s, now() - interval '1 second', %s, max_attempts => %d)"
                               % (channel, customer or "NULL", f"'{key}'" if key else "NULL", most) + ";")
            if key in model.keys:
                T.same("a key that is known", model.keys[key], int(got))
            else:
                message = Message(int(got), channel, customer, None, most)
                message.order, order = order, order + 1
                model.messages.append(message)
                if key:
                    model.keys[key] = message.number
        elif what == "claim":
            channel, most = rng.choice("ab"), rng.randint(1, 12)
            wanted = [f"{m.number}|{m.attempts}" for m in model.claim(channel, most)]
            T.same("a claim", wanted, session.run(f"SELECT message_id, attempt FROM claim_messages('{channel}', {most}, '1 hour');"))
        elif what == "report" and model.messages:
            claimed = [m for m in model.messages if m.status == "claimed"]
            message = rng.choice(claimed if claimed and rng.random() < .7 else model.messages)
            status = rng.choice(["sent", "delivered", "failed", "failed", "undeliverable"])
            attempt = rng.choice([None, rng.randint(1, message.attempts)]) if message.attempts else None
            answer = session.run("\\set VERBOSITY sqlstate\nSELECT report_message(%d, '%s', 'x', %s);" % (message.number, status, attempt or "NULL"))
            T.same(f"a report of {status} in {message.status}", model.report(message, status, attempt), answer[-1].split()[-1].strip())
        elif what == "consent":
            customer, granted = rng.randint(1, CUSTOMERS), rng.random() < .6
            model.consent[customer] = granted
            session.run(f"SELECT set_consent({customer}, 'marketing', {granted}, clock_timestamp());")
        elif what == "expire":
            waiting = [m for m in model.messages if not m.ready and m.status in ("queued", "claimed")]
            for message in rng.sample(waiting, min(len(waiting), rng.randint(1, 8))):
                message.ready, message.order, order = True, order, order + 1
                session.run(f"UPDATE clientele_data.outbox SET ready_at = clock_timestamp() - interval '1 second' WHERE message_id = {message.number};")
        elif what == "campaign":
            campaigns += 1
            session.run(f"SELECT start_campaign('campaign {campaigns}', NULL, 'act', .3, 'purchase', at => now() - interval '1 second');")
            rows = session.run(f"SELECT message_id, customer_id FROM clientele_data.outbox WHERE campaign_id = {campaigns} ORDER BY 1;")
            for number, customer in (map(int, row.split("|")) for row in rows):
                T.check("a member consents", model.consent.get(customer))
                message = Message(number, "b", customer, campaigns, 8)
                message.order = order
                model.messages.append(message)
            order += 1
        elif what == "stop" and campaigns:
            campaign = rng.randint(1, campaigns)
            model.stopped.add(campaign)
            waiting = [m for m in model.messages if m.campaign == campaign and m.status == "queued"]
            for message in waiting:
                message.status = "dropped"
            T.same("a campaign is stopped", [str(len(waiting))], session.run(f"SELECT stop_campaign('campaign {campaign}');"))
        if what != "consent" and (LONG is False or rng.random() < .05):
            wanted = [f"{m.number}|{m.status}|{m.attempts}" for m in sorted(model.messages, key=lambda m: m.number)]
            T.same(f"all messages after {what}", wanted, session.run("SELECT message_id, status, attempts FROM clientele_data.outbox ORDER BY 1;"))
    T.same("no statement has failed but those meant to", [], [e for e in session.errors if "55000" not in e])
    session.end()


class Claimer(threading.Thread):
    """Claims, posts and reports until all is done; now and then its client or its backend is killed in between."""

    def __init__(self, number, world):
        super().__init__()
        self.random, self.world, self.claims, self.posts, self.kills, self.session = random.Random(SEED * 100 + number), world, [], [], 0, None

    def open(self):
        self.session = Session(DATABASE, "SET client_min_messages = error; SET search_path = clientele;")
        self.backend = self.session.run("SELECT pg_backend_pid();")[-1]

    def kill(self):
        self.kills += 1
        if self.random.random() < .5:
            self.session.process.send_signal(signal.SIGKILL)
        else:
            self.world.ended(self.backend)
        self.session.process.kill()
        self.session.process.wait()
        self.open()

    def run(self):
        self.open()
        while not self.world.over:
            rows = self.session.run("SELECT message_id, customer_id, attempt, extract(epoch FROM leased_until) - .4, extract(epoch FROM leased_until) "
                                    f"FROM claim_messages('{self.random.choice('ab')}', {self.random.randint(1, 8)}, '400 ms');")
            got = [row.split("|") for row in rows if row.count("|") == 4]
            self.claims += [(int(m), int(c or 0), int(a), float(since), float(until)) for m, c, a, since, until in got]
            if not got:
                time.sleep(.02)
            for message, _, attempt, _, _ in got:
                doomed = self.random.random() < .02
                if doomed and self.random.random() < .5:
                    self.kill()
                    break
                self.posts.append((int(message), doomed))
                if doomed:
                    self.kill()
                    break
                status = "sent" if self.random.random() < .9 else "failed"
                self.session.run(f"SELECT report_message({message}, '{status}', NULL, {attempt}, '0');")
                if status == "failed":
                    self.posts.pop()
        self.session.end()


class World:
    def __init__(self):
        self.over, self.session, self.lock = False, Session(DATABASE, "SET search_path = clientele;"), threading.Lock()

    def ended(self, backend):
        with self.lock:
            self.session.run(f"SELECT pg_terminate_backend({backend});")


def at_once(rng):
    T.psql(f"""SET search_path = clientele;
TRUNCATE clientele_data.outbox, clientele_data.campaigns, clientele_data.campaign_members, clientele_data.consents CASCADE;
SELECT count(set_consent(n, 'marketing', true, '2020-01-01')) FROM generate_series(1, {CUSTOMERS}) n;
SELECT define_action('act', 'b', '{{"to": "{{customer_id}}"}}', cool_down => '0');
SELECT queued FROM generate_series(1, {MESSAGES // 80}) n, start_campaign('many ' || n, NULL, 'act', .3, 'purchase');
SELECT count(send_message(CASE WHEN n % 2 = 0 THEN 'a' ELSE 'b' END, '{{}}', CASE WHEN n % 3 = 0 THEN 1 + n % {CUSTOMERS} END, max_attempts => 1000))
FROM generate_series(1, {MESSAGES // 2}) n;
UPDATE clientele_data.outbox SET max_attempts = 1000;
""")
    world = World()
    claimers = [Claimer(n, world) for n in range(20)]
    for claimer in claimers:
        claimer.start()
    session, withdrawn, stopped = Session(DATABASE, "SET search_path = clientele;"), {}, 0
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        time.sleep(.1)
        customer = rng.randint(1, CUSTOMERS)
        session.run(f"SELECT set_consent({customer}, 'marketing', false, clock_timestamp());")
        withdrawn.setdefault(customer, float(session.run("SELECT extract(epoch FROM clock_timestamp());")[-1]))
        if rng.random() < .1:
            stopped += 1
            session.run(f"SELECT stop_campaign('many {stopped}');")
    waiting = "SELECT count(*) FROM clientele_data.outbox WHERE status IN ('queued', 'claimed');"
    limit = time.monotonic() + 300
    while session.run(waiting) != ["0"] and time.monotonic() < limit:
        time.sleep(.1)
    world.over = True
    for claimer in claimers:
        claimer.join()
    T.same("nothing waits in the end", ["0"], session.run(waiting))
    T.same("no statement has failed", [], session.errors)
    T.same("no customer of a control group is in the outbox", ["0"], session.run(
        "SELECT count(*) FROM clientele_data.outbox o JOIN clientele_data.campaign_members m USING (campaign_id, customer_id) WHERE NOT m.treated;"))
    rows = [row.split("|") for row in session.run("SELECT message_id, status, coalesce(campaign_id, 0) FROM clientele_data.outbox;")]
    status = {int(number): what for number, what, _ in rows}
    control = {tuple(map(int, row.split("|"))) for row in
               session.run("SELECT campaign_id, customer_id FROM clientele_data.campaign_members WHERE NOT treated;")}
    campaign = {int(number): int(of) for number, _, of in rows}
    session.end()
    claims = sorted((c for claimer in claimers for c in claimer.claims), key=lambda c: (c[0], c[2]))
    posts = [p for claimer in claimers for p in claimer.posts]
    kills = sum(claimer.kills for claimer in claimers)
    T.check("claimers were killed", kills > 0)
    T.same("no claim is of a control group", [], [c for c in claims if (campaign[c[0]], c[1]) in control])
    T.same("no claim is of a customer after the withdrawal", [], [c for c in claims if c[1] in withdrawn and c[3] > withdrawn[c[1]]])
    T.check("each claim has another attempt", len({(c[0], c[2]) for c in claims}) == len(claims))
    posted, doomed = {}, {}
    for message, killed in posts:
        posted[message] = posted.get(message, 0) + 1
        doomed[message] = doomed.get(message, 0) + killed
    # A report that came after the lease lets another claim happen, so a slow machine may post twice: then the two leases do not overlap.
    late = {b[0] for a, b in zip(claims, claims[1:]) if a[0] == b[0] and b[3] >= a[4]}
    twice = [m for m, n in posted.items() if n > 1 + doomed[m] and m not in late]
    T.same("nothing is posted twice unless a claimer was killed", [], twice)
    T.same("what is sent was posted", [], [m for m, what in status.items() if what == "sent" and m not in posted])
    T.same("nothing is lost", [], [m for m, what in status.items() if what not in ("sent", "dropped")])
    T.passed += len(status)
    print(f"{len(status)} messages, {len(claims)} claims, {kills} kills, {len(withdrawn)} withdrawals, "
          f"{sum(what == 'dropped' for what in status.values())} dropped")


def main():
    rng = random.Random(SEED)
    print(f"seed {SEED} (CLIENTELE_SEED repeats it)", flush=True)
    T.psql(SETUP)
    one_after_another(rng)
    at_once(rng)
    T.end()


main()
