#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Jobs: the transitions of runs against a model of them, and job_states(), job_status and prune_job_runs() against a second
formulation over the same tables, on random histories.

usage: job_states.py [SEED [JOBS]]
"""
import json
import random
import sys
from datetime import datetime, timedelta, timezone

from checks import Checks, copy

ENDED = ("succeeded", "failed", "timed_out", "cancelled", "crashed", "skipped")
FAILED = ("failed", "timed_out", "crashed")
SECOND = timedelta(seconds=1)


class Model:
    """What the transitions of one job should return, and what becomes of its runs."""

    def __init__(self):
        self.runs, self.paused, self.failures = [], False, 0

    def active(self):
        return next((r for r in self.runs if r["state"] in ("waiting", "running")), None)

    def add(self, run, state, kind):
        self.runs.append({"id": run, "state": state, "kind": kind, "failures": None, "dead": False})

    def end(self, run, state):
        if state in FAILED:
            self.failures += 1
        elif state == "succeeded":
            self.failures = 0
        run["state"], run["failures"] = state, None if state == "skipped" else self.failures


def transitions(checks, rng, rounds):
    """Each step says what it should return: 'id' for a new run, which is taken from the answer."""
    names = ["a", "b", "c"]
    script = ["SELECT clientele.pause_jobs();"] + [f"SELECT 'id', clientele.add_job('{n}', 'SELECT 1', every => '1 day');" for n in names]
    models, wanted = {n: Model() for n in names}, []
    choices = ["queue", "start", "start", "end", "end", "end", "manual", "skip", "pause", "resume", "die", "crash", "again"]
    for _ in range(rounds):
        n, step = rng.choice(names), rng.choice(choices)
        m, job = models[n], f"(SELECT job_id FROM clientele_data.jobs WHERE name = '{n}')"
        active = m.active()
        run = f"(SELECT max(run_id) FROM clientele_data.job_runs WHERE job_id = {job} AND ended_at IS NULL)"
        call, answer = None, None
        if step == "queue":
            kind = rng.choice(["schedule", "retry"])
            call, answer = f"clientele.queue_run({job}, '{kind}', now(), 0, {rng.randint(1, 4)}) > 0", "t"
            if active or m.paused:
                answer = ""
            else:
                m.add(None, "waiting", kind)
        elif step == "skip":
            call, answer = f"clientele.skip_run({job}, now(), {rng.randint(1, 9)}) > 0", "t"
            m.add(None, "skipped", "schedule")
        elif step == "start" and active:
            call, answer = f"clientele.start_run({run})", "t" if active["state"] == "waiting" else "f"
            active["state"] = "running"
        elif step == "end" and active:
            state = rng.choice(ENDED)
            call, answer = f"clientele.end_run({run}, '{state}')", "t"
            m.end(active, state)
        elif step == "again" and m.runs and not active:
            call = f"bool_or(clientele.end_run(run_id, 'failed') OR clientele.start_run(run_id)) FROM clientele_data.job_runs WHERE job_id = {job}"
            answer = "f"
        elif step == "manual":
            if active and not active["dead"]:
                continue
            if active:
                m.end(active, "crashed")
            call, answer = f"clientele.begin_manual_run('{n}') > 0", "t"
            m.add(None, "running", "manual")
        elif step in ("pause", "resume"):
            call, answer, m.paused = f"clientele.{step}_job('{n}')", "", step == "pause"
        elif step == "die" and active and active["state"] == "running":
            script.append(f"UPDATE clientele_data.job_runs SET process_start = process_start - interval '1 s' WHERE run_id = {run};")
            active["dead"] = True
        elif step == "crash":
            dead = [(x, x.active()) for x in models.values() if x.active() and x.active()["dead"]]
            call, answer = "clientele.crash_dead_runs()", str(len(dead))
            for x, r in dead:
                x.end(r, "crashed")
        if call:
            script.append(f"SELECT 'step', {call};")
            wanted.append((f"{n} {step}", answer))
    script.append("SELECT 'run', j.name, r.kind, r.state, r.failures, (r.failing_since IS NOT NULL)::int FROM clientele_data.job_runs r "
                  "JOIN clientele_data.jobs j USING (job_id) ORDER BY j.name, r.run_id;\nDELETE FROM clientele_data.jobs;")
    rows = checks.psql("SET client_min_messages = error;\n" + "\n".join(script))
    got = [r[1] for r in rows if r[0] == "step"]
    for number, ((what, answer), found) in enumerate(zip(wanted, got, strict=True)):
        checks.same(f"step {number}, {what}", answer, found)
    expected = [["run", n, r["kind"], r["state"], "" if r["failures"] is None else str(r["failures"]),
                 str(int(bool(r["failures"])))] for n in names for r in models[n].runs]
    checks.same("the runs after all steps", expected, [r for r in rows if r[0] == "run"])


def when(text):
    return None if text is None else datetime.fromisoformat(text)


def written(at):
    return None if at is None else at.isoformat()


def history(rng, now, job_id, process):
    """Runs of one job in the order of their numbers; times need not be in order, as clocks can be set back."""
    rows, at, failures = [], now - timedelta(days=rng.choice([1, 20, 60])), 0
    for n in range(rng.choice([0, 1, 3, 10, 40])):
        at += timedelta(seconds=rng.randint(60, 90000)) * rng.choice([1, 1, 1, 1, -1])
        at = min(at, now - timedelta(hours=1))
        state = rng.choice(ENDED + ("succeeded", "failed"))
        kind = rng.choice(["schedule", "schedule", "retry", "manual"]) if state != "skipped" else "schedule"
        failures = rng.randint(0, 5) if state not in ("succeeded", "skipped") else 0 if state == "succeeded" else failures
        started = None if state == "skipped" or state == "failed" and rng.random() < 0.2 else at + rng.randint(0, 30) * SECOND
        rows.append([job_id, kind, None if kind == "manual" else written(at), rng.randint(0, 3), rng.randint(1, 4), state, written(at), written(started),
                     written((started or at) + rng.randint(0, 600) * SECOND), rng.choice([None, "22012", "42P01", "57014", "0A000"]),
                     rng.choice([None, "wrong"]), rng.choice([None, n]), None, None, failures, written(at) if failures else None])
    if rng.random() < 0.3:
        running = rng.random() < 0.6
        pid, start = process if rng.random() < 0.7 else (process[0], written(now - timedelta(days=400)))
        queued = now - timedelta(seconds=rng.choice([5, 300]))
        rows.append([job_id, "schedule", written(queued), 0, 1, "running" if running else "waiting", written(queued), written(queued) if running else None,
                     None, None, None, None, pid if running else None, start if running else None, None, None])
    return rows


def histories(rng, now, jobs, process):
    """Rows of jobs and job_runs, made by hand."""
    job_rows, run_rows = [], []
    for n in range(1, jobs + 1):
        kind = rng.choice(["hourly", "daily", "every", "every", "after"]) if n > 3 else "every"
        added = now - timedelta(seconds=rng.randint(100, 90 * 86400))
        starting = added + timedelta(seconds=rng.choice([0, 0, -10 ** 6, 10 ** 6]))
        followed = "{" + ",".join(map(str, rng.sample(range(1, n), min(n - 1, rng.randint(1, 3))))) + "}" if kind == "after" else None
        every = f"{rng.choice([1, 7, 3600, 86400, 30 * 86400])} s" if kind == "every" else None
        since = added + timedelta(seconds=rng.choice([0, rng.randint(0, int((now - added).total_seconds()))]))
        job_rows.append([n, f"job {n}", "SELECT 1", {"hourly": "0 * * * *", "daily": "30 4 * * *"}.get(kind), every, followed, "UTC",
                         written(starting), f"{rng.choice([0, 3]) if kind in ('hourly', 'daily', 'after') else 0} min", rng.randint(0, 3), "60 s",
                         rng.choice(["90 s", "1 s"]), rng.random() < 0.15, written(since), "postgres", written(added)])
        run_rows += history(rng, now, n, process)
    return job_rows, run_rows


def next_due(job, after):
    """The first due time after this one, found by counting."""
    starting = when(job["starting"])
    if starting > when(job["added_at"]):
        after = max(after, starting - timedelta(microseconds=1))
    if job["schedule"]:
        step = timedelta(hours=1) if job["schedule"].startswith("0 ") else timedelta(days=1)
        at = datetime(after.year, after.month, after.day, tzinfo=timezone.utc) + (timedelta() if step.seconds else timedelta(hours=4, minutes=30))
        while at <= after:
            at += step
        return at
    every = timedelta(seconds=job["seconds"])
    return starting if after < starting else starting + every * ((after - starting) // every + 1)


def newest(runs, holds):
    return next((r for r in reversed(runs) if holds(r)), None)


def facts(job, runs, jobs, all_runs):
    """What job_states() and job_status should say of a job."""
    f = {"active": newest(runs, lambda r: r["ended_at"] is None), "started": newest(runs, lambda r: r["started_at"]),
         "success": newest(runs, lambda r: r["state"] == "succeeded"), "scheduled": newest(runs, lambda r: r["kind"] == "schedule"),
         "tried": newest(runs, lambda r: r["ended_at"] and r["state"] != "skipped" and r["kind"] != "manual"),
         "ended": newest(runs, lambda r: r["ended_at"] and r["state"] != "skipped")}
    last_due = f["scheduled"] and when(f["scheduled"]["due_at"])
    since, awaited = when(job["since"]), None
    if job["after_ids"]:
        start = max([since] + ([when(f["started"]["started_at"])] if f["started"] else []))
        ends = {i: newest(all_runs[i], lambda r: r["state"] == "succeeded") for i in job["after_ids"]}
        awaited = sorted(jobs[i]["name"] for i, e in ends.items() if e is None or when(e["ended_at"]) <= start)
        f["due"] = None if awaited else max(when(e["ended_at"]) for e in ends.values())
        if f["due"] is not None and f["due"] == last_due:
            f["due"], awaited = None, sorted(jobs[i]["name"] for i in job["after_ids"])
    else:
        f["due"] = next_due(job, max(since, last_due or since))
    f["awaited"] = awaited
    return f


def check_status(checks, job, f, status, now, process_start):
    what = f"job {job['job_id']}"
    active, ended = f["active"], f["ended"]
    dead = bool(active and active["state"] == "running" and when(active["process_start"]) != when(process_start))
    failures = (ended["failures"] or 0) if ended else 0
    jitter = timedelta(minutes=job["jitter_minutes"])
    idle = not active and not job["paused"]
    late = 0.0
    if active and active["state"] == "waiting":
        late = (now - when(active["due_at"])).total_seconds()
    elif idle and f["due"]:
        late = (now - f["due"]).total_seconds()
    unsure = abs(late - 60) < 10 or jitter and 60 <= late <= jitter.total_seconds() + 70
    if not unsure:
        checks.same(f"{what} is late", late >= 60, status["late_seconds"] is not None, late, status["late_seconds"])
    if active and active["state"] == "running" and not dead:
        state = "running"
    elif active and active["state"] == "waiting":
        state = "waiting"
    elif job["paused"]:
        state = "paused"
    elif dead or failures:
        state = "failing"
    else:
        state = None if unsure else "late" if late >= 60 else "new" if f["started"] is None else "ok"
    if state:
        checks.same(f"{what} state", state, status["state"])
    retry = f["tried"]
    at = None
    if retry and idle and retry["state"] in FAILED and retry["attempt"] <= job["max_retries"] and (retry["sqlstate"] or "")[:2] not in ("0A", "42"):
        delay = min(job["cap"], 60 * 2 ** (retry["attempt"] - 1))
        at = [when(retry["ended_at"]) + timedelta(seconds=delay * x) for x in (0.9, 1.1)]
        newer = f["scheduled"] and when(f["scheduled"]["due_at"]) > when(retry["due_at"])
        if newer or at[1] <= when(job["since"]) or f["due"] and f["due"] <= at[0]:
            at = None
        elif at[0] <= when(job["since"]) or f["due"] and f["due"] <= at[1]:
            at = "unsure"
    if at != "unsure":
        got = when(status["next_retry_at"])
        checks.check(f"{what} retry", (got is None) if at is None else got is not None and at[0] <= got <= at[1], f"wanted {at}, got {got}")
    checks.same(f"{what} next due", None if job["paused"] else f["due"], when(status["next_due_at"]))
    checks.same(f"{what} waits for", ", ".join(sorted(f["awaited"])) if idle and f["awaited"] and f["due"] is None else None, status["waits_for"])
    checks.same(f"{what} counts", failures, status["failures"])
    for column, field in {"last_outcome": "state", "last_attempt": "attempt", "last_sqlstate": "sqlstate", "last_message": "message", "last_rows": "rows",
                          "last_started_at": "started_at", "last_ended_at": "ended_at"}.items():
        checks.same(f"{what} {column}", ended and ended[field], status[column])
    checks.same(f"{what} last success", f["success"] and f["success"]["ended_at"], status["last_success_at"])
    checks.same(f"{what} running since", active["started_at"] if state == "running" else None, status["running_since"])


def check_states(checks, job, f, row):
    columns = {"last_run_id": ("tried", "run_id"), "last_due_at": ("scheduled", "due_at"), "last_attempt": ("tried", "attempt"),
               "last_state": ("tried", "state"), "last_sqlstate": ("tried", "sqlstate"), "last_ended_at": ("tried", "ended_at"),
               "last_run_due_at": ("tried", "due_at"), "active_run_id": ("active", "run_id"), "active_state": ("active", "state"),
               "active_kind": ("active", "kind"), "active_pid": ("active", "pid"), "last_started_id": ("started", "run_id"),
               "last_started_at": ("started", "started_at"), "last_success_id": ("success", "run_id"), "last_success_at": ("success", "ended_at")}
    for column, (run, field) in columns.items():
        checks.same(f"job {job['job_id']} {column}", f[run] and f[run][field], row[column])


def kept(runs, now, days, most):
    """The runs that prune_job_runs() leaves."""
    def last(holds):
        return newest(runs, holds)
    stay = [last(lambda r: r["state"] == "succeeded"), last(lambda r: r["state"] in FAILED)]
    young = [r for r in runs[-most:] if r["ended_at"] is None or when(r["ended_at"]) >= now - timedelta(days=days)]
    return [r["run_id"] for r in runs if r in young or r in stay], [r["run_id"] for r in runs]


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(1 << 32)
    jobs = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    print(f"seed {seed}, {jobs} jobs")
    rng = random.Random(seed)
    checks = Checks("job_states", "clientele_job_states", "SET TimeZone = 'UTC';\n")
    checks.new_database("CREATE EXTENSION clientele; CALL clientele.create_store('UTC');")
    for _ in range(3):
        transitions(checks, rng, 400)
    ((now, pid, start, me),) = checks.psql("SELECT to_json(now()) #>> '{}', pid, to_json(backend_start) #>> '{}', current_user FROM pg_stat_activity "
                                           "WHERE backend_type = 'logical replication launcher';")
    job_rows, run_rows = histories(rng, when(now), jobs, (int(pid), start))
    for row in job_rows:
        row[-2] = me
    checks.psql(copy("clientele_data.jobs (job_id, name, command, schedule, every, after_ids, time_zone, starting, jitter, max_retries, retry_delay, "
                       "retry_cap, paused, since, owner, added_at)", job_rows)
                + copy("clientele_data.job_runs (job_id, kind, due_at, missed, attempt, state, queued_at, started_at, ended_at, sqlstate, message, rows, "
                       "pid, process_start, failures, failing_since)", run_rows))
    read = ("SELECT jsonb_agg(j) FROM (SELECT *, extract(epoch FROM every)::bigint AS seconds, extract(minute FROM jitter)::int AS jitter_minutes, "
            "extract(epoch FROM retry_cap)::int AS cap FROM clientele_data.jobs ORDER BY job_id) j;"
            "SELECT jsonb_agg(r ORDER BY run_id) FROM clientele_data.job_runs r; SELECT jsonb_agg(s) FROM clientele.job_states() s;"
            "SELECT jsonb_agg(s) FROM clientele_bi.job_status s; SELECT to_json(clock_timestamp()) #>> '{}';")
    tables, runs, states, status, (now,) = (r if len(r[0]) < 40 else json.loads("\t".join(r)) for r in checks.psql(read))
    by_id = {j["job_id"]: j for j in tables}
    all_runs = {i: [r for r in runs if r["job_id"] == i] for i in by_id}
    states, status = {s["job_id"]: s for s in states}, {s["job"]: s for s in status}
    for i, job in by_id.items():
        f = facts(job, all_runs[i], by_id, all_runs)
        check_states(checks, job, f, states[i])
        check_status(checks, job, f, status[job["name"]], when(now), start)
    days, most = rng.choice([1, 10, 30]), rng.choice([2, 5, 1000])
    checks.psql(f"SELECT clientele.prune_job_runs('{days} days', {most});")
    left = {int(r[0]) for r in checks.psql("SELECT run_id FROM clientele_data.job_runs;")}
    after = checks.psql("SELECT jsonb_agg(s) FROM clientele.job_states() s;")
    checks.same("the scheduler decides by the same after pruning", list(states.values()), json.loads("\t".join(after[0])))
    for i, rows in all_runs.items():
        wanted, all_ids = kept(rows, when(now), days, most)
        checks.check(f"job {i}: what must stay stays", set(wanted) <= left, str(set(wanted) - left))
        checks.check(f"job {i}: few others stay", len(left & set(all_ids)) <= len(wanted) + 4, str((left & set(all_ids)) - set(wanted)))
    checks.drop_database()
    checks.end()


main()
