#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Long tasks are watched from other sessions: what clientele.progress shows grows up to the total, and goes with the task.

Tasks end in all ways: by themselves, by an error, cancelled, and with their process. Sessions that begin and end tasks all the time are
read meanwhile: no row is half of one task and half of another. There are more tasks than the view has rows for. Roles see what
pg_stat_activity would show them.
CLIENTELE_LONG=1 takes a minute instead of some seconds. The last line is `progress: N passed, N failed, N skipped`.
"""
import os
import random
import threading
import time

from checks import Checks
from sessions import Session

DATABASE = os.environ.get("PGDATABASE", "progress")
SEED = int(os.environ.get("CLIENTELE_SEED", random.randrange(1, 10**6)))
SECONDS = 60 if os.environ.get("CLIENTELE_LONG") else 4
ROWS = 120000
SHOWN = 56  # how many tasks the view has rows for
T = Checks("progress", DATABASE, "SET client_min_messages = error;\n")
SELECT = """SELECT task, phase, done, total, share, pid, estimated_end > phase_started, estimated_end FROM clientele.progress ORDER BY pid;"""
SETUP = f"""
CREATE EXTENSION IF NOT EXISTS clientele;
CALL clientele.create_store();
CREATE TABLE orders (id bigint PRIMARY KEY, customer text, at timestamptz);
INSERT INTO orders SELECT i, 'c' || i % 5000, '2026-01-01'::timestamptz + i * interval '1 minute' FROM generate_series(1, {ROWS}) i;
CREATE TABLE broken (id bigint PRIMARY KEY, customer text, at timestamptz);
INSERT INTO broken SELECT * FROM orders WHERE id <= 20000;
ANALYZE;
"""
ADD = """SELECT count(*) FROM clientele.add_source('{0}', '{0}', '{{"customer": "customer"}}', 'at', '''order''', event_id => 'id');"""
# A rule that takes about 50 ms.
SLOW = "SELECT customer_id FROM clientele_data.customers WHERE customer_id % {0} = (SELECT count(*) FROM generate_series(1, 400000)) % {0}"


class Task(threading.Thread):
    """A statement in a session of its own."""

    def __init__(self, statement, setup=""):
        super().__init__()
        self.session = Session(DATABASE, "SET client_min_messages = error;" + setup)
        self.pid = self.session.run("SELECT pg_backend_pid();")[-1]
        self.statement, self.lines = statement, []
        self.start()

    def run(self):
        self.lines = self.session.run(self.statement)

    def finish(self):
        self.join()
        self.session.end()
        return self.lines


def rows_of(watcher, pid=None):
    found = [line.split("|") for line in watcher.run(SELECT) if line]
    return [row for row in found if pid is None or row[5] == pid]


def watched(watcher, task):
    """What the view has shown of a task, until it ended."""
    seen = []
    while task.is_alive():
        seen += [row for row in rows_of(watcher, task.pid) if not seen or row[:4] != seen[-1][:4]]
    return seen


def check_seen(what, seen, task):
    T.check(f"{what}: it was seen", len(seen) >= 3, seen)
    T.check(f"{what}: always the same task", {row[0] for row in seen} == {task}, seen[:5])
    for row in seen:
        done, total = int(row[2]), row[3]
        good = done >= 0 and (total == "" or row[4] == "" and done > int(total) or 0 <= float(row[4]) <= 1)
        T.check(f"{what}: share", good, row)
        T.check(f"{what}: end", row[6] in ("", "t"), row)


def grows(what, rows):
    """done never falls in one phase, and there is more than one value of it."""
    done = [int(row[2]) for row in rows]
    T.check(f"{what}: done grows", done == sorted(done) and len(set(done)) > 2, done)
    return done


def ingestion(watcher):
    T.psql(ADD.format("orders"))
    task = Task("CALL clientele.ingest(batch_rows => 10000);")
    seen = watched(watcher, task)
    T.same("ingest: no error", [], [line for line in task.finish() if "ERROR" in line])
    check_seen("ingest", seen, "ingest")
    back_fill = [row for row in seen if row[1] == "orders, back-fill"]
    done = grows("ingest", back_fill)
    T.check("ingest: up to the total", done and done[-1] > 0.85 * ROWS, done)
    T.check("ingest: the total is about right", {abs(int(row[3]) - ROWS) < ROWS / 10 for row in back_fill} == {True}, back_fill[:3])
    T.check("ingest: an end is expected", any(row[7] for row in back_fill), back_fill)
    T.same("ingest: nothing is left", [], rows_of(watcher))


def tags(watcher):
    for i in range(2, 12):
        T.psql(f"SELECT count(*) FROM (SELECT clientele.define_tag('tag_{i:02}', $$ {SLOW.format(i)} $$)) t;")
    task = Task("SELECT count(*) FROM clientele.refresh_tags();")
    seen = watched(watcher, task)
    T.same("tags: all of them", ["10"], task.finish())
    check_seen("tags", seen, "refresh_tags")
    at_work = [row for row in seen if row[1].startswith("tag_")]
    grows("tags", at_work)
    for row in at_work:
        T.same("tags: done tags are those before", int(row[1][4:]) - 2, int(row[2]))
        T.same("tags: total", "10", row[3])
    T.same("tags: nothing is left", [], rows_of(watcher))


def endings(watcher):
    """A task that does not end by itself leaves nothing."""
    for how in ("pg_cancel_backend", "pg_terminate_backend"):
        for statement, task in (("SELECT count(*) FROM clientele.refresh_tags(complete => true);", "refresh_tags"),
                                ("CALL clientele.ingest('broken', 1000);", "ingest")):
            if task == "ingest":
                T.psql(ADD.format("broken") if how == "pg_cancel_backend" else "SELECT clientele.restart_source('broken');")
            running = Task(statement)
            while running.is_alive() and not rows_of(watcher, running.pid):
                pass
            watcher.run(f"SELECT {how}({running.pid});")
            running.join()
            T.check(f"{how} of {task}", any("canceling" in line or "terminating" in line for line in running.lines), running.lines)
            deadline = time.monotonic() + 5
            while rows_of(watcher) and time.monotonic() < deadline:
                time.sleep(0.01)
            T.same(f"{how} of {task}: nothing is left", [], rows_of(watcher))
    task = Task("DO $$ BEGIN PERFORM clientele.begin_progress('fails', 2), pg_sleep(0.3); PERFORM 1 / 0; END $$;")
    seen = watched(watcher, task)
    T.same("a task that fails is shown", {"fails"}, {row[0] for row in seen})
    T.check("it fails", "division by zero" in task.finish()[0])
    T.same("a task that fails leaves nothing", [], rows_of(watcher))


def many(watcher):
    """More tasks than rows: the others do their work unseen, and a row that is free again is taken."""
    open_tasks = [Session(DATABASE, f"BEGIN; SELECT clientele.begin_progress('task {i}', 10);") for i in range(SHOWN + 4)]
    try:
        T.same("as many as there is room for", SHOWN, len(rows_of(watcher)))
        T.same("no error", [], [e for s in open_tasks for e in s.errors])
        open_tasks[3].run("ROLLBACK;")
        T.same("one has ended", SHOWN - 1, len(rows_of(watcher)))
        open_tasks[-1].run("COMMIT; BEGIN; SELECT clientele.begin_progress('late');")
        T.check("another has its row", "late" in {row[0] for row in rows_of(watcher)})
    finally:
        for session in open_tasks:
            session.end()
    deadline = time.monotonic() + 5
    while rows_of(watcher) and time.monotonic() < deadline:
        time.sleep(0.01)
    T.same("all are gone with their sessions", [], rows_of(watcher))


def torn(watcher):
    """Each number writes the same things everywhere, so that a row of two halves would be seen."""
    loop = """DO $$ DECLARE n bigint; until CONSTANT timestamptz := clock_timestamp() + interval '{0} s'; BEGIN
      PERFORM setseed({1});
      WHILE clock_timestamp() < until LOOP
        n := 10000000 + floor(random() * 1000000);
        PERFORM clientele.begin_progress(repeat(n::text, 5), n), clientele.report_progress(repeat(n::text, 6), n, n);
        IF random() < 0.5 THEN
          n := 10000000 + floor(random() * 1000000);
          PERFORM clientele.report_progress(repeat(n::text, 6), n, n);
        END IF;
        PERFORM clientele.end_progress();
      END LOOP; END $$;"""
    tasks = [Task(loop.format(SECONDS, (SEED * 7 + i) % 1000 / 1000)) for i in range(3)]
    read = 0
    while any(task.is_alive() for task in tasks):
        for row in rows_of(watcher):
            read += 1
            number = row[2]
            T.check("a whole row", row[0][:8] * 5 == row[0] and row[1] in (number * 6, "") and
                    (row[3] == number or row[1] == "" and row[3] == row[0][:8]), row, weight=0 if read % 100 else 1)
    T.check("rows were read", read > 50, read)
    for task in tasks:
        T.same("no error", [], task.finish())
    T.same("nothing is left", [], rows_of(watcher))


def roles(watcher):
    """What pg_stat_activity would show of a session."""
    names = [f"progress_{SEED}_{name}" for name in ("worker", "boss", "stranger", "monitor")]
    worker, boss, stranger, monitor = names
    T.psql("".join(f"CREATE ROLE {name} LOGIN;" for name in names) + f"GRANT {worker} TO {boss}; GRANT pg_read_all_stats TO {monitor};")
    try:
        session = Session(DATABASE, f"SET SESSION AUTHORIZATION {worker}; BEGIN; SELECT clientele.begin_progress('secret');")
        for name, sees in ((worker, True), (boss, True), (stranger, False), (monitor, True)):
            found = [line for line in watcher.run(f"SET ROLE {name}; {SELECT} RESET ROLE;") if line]
            T.same(f"{name} sees it", sees, len(found) == 1, found)
        T.same("its own session sees it", 1, len([line for line in session.run(SELECT) if line]))
        other = Session("postgres", "")
        T.same("another database", ["f"], other.run("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'clientele');"))
        other.end()
        session.end()
    finally:
        T.psql("".join(f"DROP ROLE {name};" for name in reversed(names)))


def databases(watcher):
    """A database shows its own tasks."""
    second = DATABASE + "_second"
    T.psql(f"DROP DATABASE IF EXISTS {second}; CREATE DATABASE {second} ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;", "postgres")
    T.psql("SET client_min_messages = error; CREATE EXTENSION clientele;", second)
    session = Session(second, "BEGIN; SELECT clientele.begin_progress('elsewhere');")
    T.same("not shown here", [], rows_of(watcher))
    T.same("shown there", ["elsewhere"], session.run("SELECT task FROM clientele.progress;"))
    session.end()
    T.psql(f"DROP DATABASE {second} WITH (FORCE);", "postgres")


print(f"seed {SEED}")
T.psql("SET client_min_messages = error;" + SETUP)
first = Session(DATABASE, "SET client_min_messages = error;")
for part in (ingestion, tags, endings, many, torn, roles, databases):
    part(first)
first.end()
T.end()
