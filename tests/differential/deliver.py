#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""docs/deliver.py against an HTTP server with faults: answers 500 and 429, refusals, time-outs, connections that are cut, and a deliverer
that is killed. In the end each message has come, those that were refused are failed, and what came twice had the same Idempotency-Key.
It needs psycopg, which it installs into an environment of its own; it is skipped where that cannot be.
"""
import collections
import http.server
import json
import os
import pathlib
import random
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))
import peers  # noqa: E402  pylint: disable=wrong-import-position
from checks import ROOT, Checks  # noqa: E402  pylint: disable=wrong-import-position

SEED = int(os.environ.get("CLIENTELE_SEED", random.randrange(1, 10**6)))
DATABASE = os.environ.get("PGDATABASE", "deliver")
CACHE = os.environ.get("CLIENTELE_HOME", ROOT / ".cluster")
MESSAGES = 48
T = Checks("deliver", DATABASE, "SET client_min_messages = error; SET search_path = clientele;\n")
SHORT = f"import sys; sys.path.insert(0, {str(ROOT / 'docs')!r}); import deliver; deliver.TIMEOUT, deliver.IDLE, deliver.LEASE = .2, .05, .9; "


class Handler(http.server.BaseHTTPRequestHandler):
    """Takes most messages; what a message meets depends on its number and on how often it has come."""
    came, bodies, lock = collections.Counter(), {}, threading.Lock()

    def do_POST(self):  # pylint: disable=invalid-name
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        number, key = body["n"] if "n" in body else body["payload"]["n"], self.headers["Idempotency-Key"]
        with self.lock:
            self.came[number] += 1
            first = self.came[number] == 1
            self.bodies.setdefault(number, set()).add((key, json.dumps(body, sort_keys=True)))
        kind = number % 12 if first or number % 12 == 4 else 0
        if kind == 1:
            return self.answer(500)
        if kind == 2:
            return self.answer(429, [("Retry-After", "0")])
        if kind == 3 and number < 20:
            time.sleep(.4)
        if kind == 4:
            return self.answer(422)
        if kind == 5:
            return self.connection.close()
        return self.answer(200)

    def answer(self, status, headers=()):
        self.send_response(status)
        for header in headers:
            self.send_header(*header)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def handle(self):
        try:
            super().handle()
        except OSError:
            pass  # the deliverer did not wait

    def finish(self):
        try:
            super().finish()
        except OSError:
            pass

    def log_message(self, *_):
        pass


def run(python, url, *more):
    words = ", ".join(map(repr, ("web", url, *more)))
    return subprocess.Popen([python, "-c", SHORT + f"deliver.main({words})"], env=dict(os.environ, PGDATABASE=DATABASE), stderr=subprocess.PIPE)


def main():
    rng = random.Random(SEED)
    print(f"seed {SEED} (CLIENTELE_SEED repeats it)", flush=True)
    try:
        python = peers.environment(CACHE, "deliver", ("psycopg[binary]>=3.2",))
    except peers.Unavailable as error:
        T.skip(str(error))
        T.end()
    T.psql(f"""CALL clientele.create_store();
SELECT count(send_message('web', jsonb_build_object('n', n, 'text', 'Grüße, "' || n || '" 你好'))) FROM generate_series(1, {MESSAGES}) n;""")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/"
    workers, kills, until = [run(python, url) for _ in range(2)], 0, time.monotonic() + 60
    while time.monotonic() < until:
        time.sleep(.1)
        # The back-off of half a minute is over at once.
        (left,), = T.psql("UPDATE clientele_data.outbox SET ready_at = clock_timestamp() WHERE status = 'queued' AND ready_at > clock_timestamp();\n"
                          "SELECT count(*) FROM clientele_data.outbox WHERE status IN ('queued', 'claimed');")
        if left == "0":
            break
        if kills < 2 and rng.random() < .5:
            kills += 1
            worker = workers.pop(0)
            worker.kill()
            worker.wait()
            workers.append(run(python, url))
    for worker in workers:
        T.check("a deliverer runs until it is stopped", worker.poll() is None, worker.stderr.read() if worker.poll() is not None else "")
        worker.kill()
        worker.wait()
    rows = T.psql("SELECT (payload ->> 'n')::int, status, attempts, detail FROM clientele_data.outbox ORDER BY 1;")
    T.same("all are there", MESSAGES, len(rows))
    for number, status, attempts, detail in rows:
        n = int(number)
        T.check(f"message {n} has come", Handler.came[n] > 0)
        T.same(f"message {n} is the same each time", 1, len(Handler.bodies.get(n, ())))
        T.check(f"message {n} was posted once an attempt at most", Handler.came[n] <= int(attempts), f"{Handler.came[n]} times, {attempts} attempts")
        T.same(f"message {n} has ended", ("failed", "HTTP 422") if n % 12 == 4 else ("sent", "HTTP 200"), (status, detail))
    T.same("texts arrive as they are", {'{"n": 7, "text": "Gr\\u00fc\\u00dfe, \\"7\\" \\u4f60\\u597d"}'}, {body for _, body in Handler.bodies[7]})
    T.psql("SELECT send_message('web', '{\"n\": 1000, \"subject\": \"Call\"}');")
    once = run(python, url, "webhook", "tasks", "--once")
    T.same("--once ends by itself", (0, b""), (once.wait(60), once.stderr.read()))
    T.same("as an object of a CRM system it has another shape", [{"message_id": MESSAGES + 1, "payload": {"n": 1000, "subject": "Call"}}],
           [json.loads(body) for _, body in Handler.bodies.get(1000, ())])
    print(f"{MESSAGES} messages, {sum(Handler.came.values())} posts, {kills} kills")
    T.end()


main()
