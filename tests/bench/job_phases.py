# SPDX-License-Identifier: PostgreSQL
"""The parts of ./run bench --jobs, each of which begins with jobs of its own and ends with none."""

import time
from dataclasses import dataclass, field

from measure import progress
from psql import Psql, SqlError

SETTLE = 3  # seconds until everything that new jobs cause has happened


def processor_seconds(pid):
    """Of the process, to the nanosecond where the kernel says it, else to a tick; None if it is gone."""
    try:
        with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[0]) / 1e9
    except FileNotFoundError:
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / 100
        except FileNotFoundError:
            return None


class Used:
    """Seconds of processors that processes of one kind use from now on."""

    def __init__(self, db, kinds):
        lines, _ = db.run("SELECT pid, backend_type FROM pg_stat_activity")
        self.pids = {pid: kind for pid, kind in (line.split("|", 1) for line in lines) if kind in kinds}
        self.before = {pid: processor_seconds(pid) for pid in self.pids}

    def by_process(self, kind):
        used = []
        for pid, its in self.pids.items():
            if its == kind:
                now = processor_seconds(pid)
                if now is None:
                    raise SqlError(f"the process {pid}, {kind}, has ended while it was measured")
                used.append(now - self.before[pid])
        return used

    def all(self, kind):
        return sum(self.by_process(kind))


OURS = ["clientele scheduler", "clientele launcher"]


@dataclass
class Part:
    delays: list = field(default_factory=list)
    seconds: float = 0
    scheduler: float = 0
    launcher: float = 0
    failed: int = 0


def wait_for_schedulers(db, number):
    """Until they are there. The launcher starts a few at a time."""
    end = time.monotonic() + 120
    while (found := int(db.value(f"SELECT count(*) FROM pg_stat_activity WHERE backend_type = '{OURS[0]}'"))) != number:
        if time.monotonic() > end:
            raise SqlError(f"{found} schedulers are at work after two minutes, not {number}")
        time.sleep(0.2)


class Databases:
    """Databases with a store and no jobs."""

    def __init__(self, db, number):
        self.db = db
        self.names = [f"jobs_{n}" for n in range(number)]
        progress(f"making {number} databases with stores")
        db.run("CREATE DATABASE jobs_template")
        made = Psql("jobs_template")
        made.run("CREATE EXTENSION clientele")
        made.close()
        self.sessions = []
        for name in self.names:
            db.run(f"CREATE DATABASE {name} TEMPLATE jobs_template")
            session = Psql(name)
            session.run("CALL clientele.create_store('UTC')")
            self.sessions.append(session)
        db.run("DROP DATABASE jobs_template")

    def drop(self):
        for session in self.sessions:
            session.close()
        for name in self.names:
            self.db.run(f"DROP DATABASE {name} WITH (FORCE)")


def add(session, number, every, first, step):
    """Jobs that fall due one after the other, `step` seconds between them, the first one in `first` seconds."""
    session.run(f"""SELECT count(clientele.add_job('job ' || n, 'SELECT 1', every => '{every} seconds',
        starting => now() + make_interval(secs => {first} + {step} * n), max_retries => 0)) FROM generate_series(0, {number - 1}) n""")


def remove(session):
    session.run("SELECT count(clientele.drop_job(name)) FROM clientele_data.jobs")


def wait_until_ended(session):
    while session.value("SELECT count(*) FROM clientele_data.job_runs WHERE state IN ('waiting', 'running')") != "0":
        time.sleep(0.2)


def runs(sessions, part):
    """Adds the delays of all runs that have ended."""
    for session in sessions:
        lines, _ = session.run("SELECT extract(epoch FROM started_at - due_at), state FROM clientele_data.job_runs")
        for line in lines:
            delay, state = line.split("|")
            part.failed += state != "succeeded"
            if delay:
                part.delays.append(float(delay))


def spread(databases, number, how_many, seconds):
    """Each job once in 30 seconds, evenly spread, so that slots are free."""
    every = 30
    sessions = databases.sessions[:how_many]
    progress(f"{number} jobs in {how_many} database{'s' if how_many > 1 else ''}, {seconds:.0f} s")
    for k, session in enumerate(sessions):
        step = every / number
        add(session, number, every, 2 * SETTLE + step * k / how_many, step)
    wait_for_schedulers(databases.db, how_many)
    time.sleep(SETTLE)
    used, begun = Used(databases.db, OURS), time.monotonic()
    time.sleep(seconds)
    part = Part(seconds=time.monotonic() - begun, scheduler=used.all(OURS[0]), launcher=used.all(OURS[1]))
    for session in sessions:
        session.run("SELECT clientele.pause_jobs()")
    for session in sessions:
        wait_until_ended(session)
    runs(sessions, part)
    for session in sessions:
        remove(session)
        session.run("SELECT clientele.resume_jobs()")
    if not part.delays:
        raise SqlError("no job has run")
    return part


def burst(databases, number):
    """All jobs at the same moment: how long the last one waits."""
    session = databases.sessions[0]
    progress(f"{number} jobs at one moment")
    add(session, number, 3600, SETTLE + 2, 0)
    time.sleep(SETTLE)
    used, begun = Used(databases.db, OURS), time.monotonic()
    while session.value("SELECT count(*) FROM clientele_data.job_runs WHERE state NOT IN ('waiting', 'running')") != str(number):
        time.sleep(0.25)
        if time.monotonic() > begun + 300:
            raise SqlError("after five minutes not all jobs have run")
    part = Part(seconds=time.monotonic() - begun, scheduler=used.all(OURS[0]), launcher=used.all(OURS[1]))
    runs([session], part)
    remove(session)
    return part


@dataclass
class Idle:
    seconds: float
    schedulers: list
    launcher: float
    cron: float | None
    wal: int


def idle(databases, number, seconds):
    """Many jobs in the first database, one in each of the others; none falls due."""
    db = databases.db
    progress(f"nothing due, {seconds:.0f} s")
    for k, session in enumerate(databases.sessions):
        add(session, 1 if k else number, 360_000, 100_000, 1)
    wait_for_schedulers(db, len(databases.sessions))
    time.sleep(SETTLE)
    # What was written before is on disk, and nothing is left to write because of it.
    db.run("CHECKPOINT")
    time.sleep(SETTLE)
    kinds = OURS + ["pg_cron launcher"]
    used, begun = Used(db, kinds), time.monotonic()
    before = db.value("SELECT pg_current_wal_insert_lsn()")
    time.sleep(seconds)
    wal = int(db.value(f"SELECT pg_current_wal_insert_lsn() - '{before}'::pg_lsn"))
    cron = used.by_process(kinds[2])
    quiet = Idle(time.monotonic() - begun, used.by_process(OURS[0]), used.all(OURS[1]), cron[0] if cron else None, wal)
    for session in databases.sessions:
        remove(session)
    return quiet


def pg_cron(databases, number):
    """The same jobs by pg_cron, at the next full minute, as it knows no seconds. None if it is not loaded."""
    db = databases.db
    if "pg_cron" not in db.value("SHOW shared_preload_libraries"):
        return None
    progress(f"pg_cron: {number} jobs at the next full minute")
    session = Psql(db.value("SHOW cron.database_name"))
    session.run("CREATE EXTENSION IF NOT EXISTS pg_cron")
    # Not in the minute that is about to end.
    left = 60 - float(session.value("SELECT extract(second FROM clock_timestamp())"))
    if left < 5:
        time.sleep(left)
    session.run(f"SELECT count(cron.schedule('job ' || n, '* * * * *', 'SELECT 1')) FROM generate_series(1, {number}) n")
    due = float(session.value("SELECT extract(epoch FROM date_trunc('minute', clock_timestamp() + interval '1 minute'))"))
    time.sleep(max(0, due - 2 - time.time()))
    used, begun = Used(db, ["pg_cron launcher"]), time.monotonic()
    ended = 0
    while ended < number and time.time() < due + 59:
        time.sleep(0.25)
        ended = int(session.value("SELECT count(*) FROM cron.job_run_details WHERE status IN ('succeeded', 'failed')"))
    session.run("SELECT count(cron.unschedule(jobid)) FROM cron.job")
    part = Part(seconds=time.monotonic() - begun, scheduler=used.all("pg_cron launcher"), failed=number - ended)
    lines, _ = session.run(f"SELECT extract(epoch FROM start_time) - {due}, status FROM cron.job_run_details WHERE start_time IS NOT NULL")
    for line in lines:
        delay, status = line.split("|")
        part.failed += status == "failed"
        part.delays.append(float(delay))
    session.run("DROP EXTENSION pg_cron")
    session.close()
    return part
