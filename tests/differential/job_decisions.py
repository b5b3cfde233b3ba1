#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Which jobs start, and when to look again: a second implementation, on random jobs and facts of their runs.

It lists the due times one by one and asks of each whether it has started, is put off or was missed. Times are microseconds; those of the
cases lie close to where an answer changes. CLIENTELE_SEED and CLIENTELE_CASES say which cases, and how many.
"""
import os
import random
import subprocess

import checks as shared

SECOND = 10**6
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86400 * SECOND
NOON = 9565 * DAY + 12 * HOUR  # of 10 March 2026, since 2000
LONG_AGO = -10**15
EVER = 2**62
MASK = 2**64 - 1


def mixed(number):
    """One step of SplitMix64 (Steele, Lea and Flood 2014)."""
    z = (number + 0x9e3779b97f4a7c15) & MASK
    z = ((z ^ (z >> 30)) * 0xbf58476d1ce4e5b9) & MASK
    z = ((z ^ (z >> 27)) * 0x94d049bb133111eb) & MASK
    return z ^ (z >> 31)


class Every:
    def __init__(self, span, starting):
        self.span, self.starting = span, starting

    def fields(self):
        return "every", self.span, self.starting

    flexible = True

    def between(self, after, until):
        first = max(-((self.starting - after - 1) // self.span), 0)
        while self.starting + first * self.span <= after:
            first += 1
        return list(range(self.starting + first * self.span, until + 1, self.span))

    def first(self, after):
        return self.between(after, max(after, self.starting) + self.span)[0]


class Daily:
    """Cron at these minutes of these hours, in UTC."""
    def __init__(self, minutes, hours):
        self.minutes, self.hours = minutes, hours
        self.of_a_day = sorted(hour * HOUR + minute * MINUTE for hour in hours for minute in minutes)
        self.flexible = len(hours) == 24

    def fields(self):
        return "cron", ",".join(map(str, self.minutes)) + " " + ",".join(map(str, self.hours)) + " * * *"

    def between(self, after, until):
        times = []
        for midnight in range(after // DAY * DAY, until + 1, DAY):
            times += [midnight + time for time in self.of_a_day if after < midnight + time <= until]
        return times

    def first(self, after):
        midnight = after // DAY * DAY
        times = [midnight + time for time in self.of_a_day if midnight + time > after]
        return times[0] if times else midnight + DAY + self.of_a_day[0]


class Follow:
    flexible = True

    def __init__(self, others):
        self.others = others

    def fields(self):
        return "after", " ".join(map(str, self.others))


def delay(job, due):
    """By how much the start is put off."""
    span = job["jitter"]
    if span == 0:
        return 0
    if not isinstance(job["times"], Follow):
        span = min(span, job["times"].first(due) - due)
    number = 0
    for byte in job["name"].encode():
        number = mixed(number ^ byte)
    return mixed(number ^ (due & MASK)) * span // 2**64


def retry_at(job, now):
    last = job["attempt"]
    if last is None or last["state"] not in ("failed", "timed_out", "crashed"):
        return None
    if last["attempt"] > job["max_retries"] or last["sqlstate"][:2] in ("0A", "28", "3D", "3F", "42"):
        return None
    if last["ended"] - now >= 3 * HOUR:
        return now  # it ended before clocks were set back, nothing says when
    wait = min(job["cap"], job["delay"] * 2**(last["attempt"] - 1))
    spread = mixed(mixed(last["run"]) ^ last["attempt"]) * (wait // 5) // 2**64
    return last["ended"] + wait - wait // 10 + spread


def followed(job, jobs, since, now):
    """When the last of the others ended, if all have succeeded since the job last started."""
    ends = []
    for other in job["times"].others:
        success = next((j["success"] for j in jobs if j["id"] == other), None)
        if success is None or success[1] <= since:
            return []
        start = job["start"]
        if start is not None:
            behind = max(success[1], start[1]) - now >= MINUTE  # taken before clocks were set back
            if not (success[0] > start[0] if behind else success[1] > start[1]):
                return []
        ends.append(success[1])
    due = max(ends)
    return [] if due == job["last_due"] or due < job["not_before"] else [due]


def dealt_with_by(job):
    if isinstance(job["times"], Follow) or job["last_due"] is None:
        return job["since"]
    return max(job["since"], job["last_due"])


def decide_one(job, jobs, now):
    """What is written, and when there is something to do."""
    if job["paused"]:
        waits = job["active"] is not None and job["active"][1] == "waiting"
        return ([("withdraw", job["active"][0])] if waits else []), EVER
    follows = isinstance(job["times"], Follow)
    rows, since, dealt_with = [], job["since"], dealt_with_by(job)
    if dealt_with > now:  # clocks were set back
        far = any(dealt_with_by(other) - now >= 3 * HOUR for other in jobs if not other["paused"])
        step = MINUTE if follows else min(MINUTE, job["times"].first(dealt_with) - dealt_with)
        if dealt_with - now >= step and (far or job["times"].flexible):
            rows.append(("note", job["id"], now, dealt_with))
            dealt_with, since = now, min(since, now)
            job = {**job, "since": since, "last_due": now}
    if job["active"] is not None:
        return rows, EVER

    if follows:
        due = followed(job, jobs, dealt_with, now)
        starts = [min(now, time) if time > now else time + delay(job, time) for time in due]
        coming = []
    else:
        after = max(dealt_with, job["not_before"] - 1)
        due = job["times"].between(after, now)
        starts = [time + delay(job, time) for time in due]
        time = job["times"].first(max(after, now))
        coming = [time + delay(job, time)]
    ready = [time for time, start in zip(due, starts) if start <= now]
    put_off = due[len(ready):]
    coming = [start for start in starts if start > now] + coming

    queued = False
    if ready:
        missed = [time for time, start in zip(ready, starts) if now - start >= MINUTE]
        if job["missed"] == "once":
            rows.append(("queue", job["id"], ready[-1], len(missed), 1))
            queued = True
        else:
            if missed:
                rows.append(("skip", job["id"], missed[-1], len(missed)))
            if ready[-1] not in missed:
                rows.append(("queue", job["id"], ready[-1], 0, 1))
                queued = True
    retry = retry_at(job, now)
    taken = rows and rows[-1][0] == "skip" or (job["last_due"] or LONG_AGO) > (job["attempt"] or {"due": EVER})["due"]
    if retry is not None and not queued and not taken and retry > since and not any(time <= retry for time in put_off):
        if retry <= now:
            rows.append(("retry", job["id"], job["attempt"]["due"], 0, job["attempt"]["attempt"] + 1))
            queued = True
        else:
            coming.append(retry)
    return rows, EVER if queued or not coming else min(coming)


def decide(jobs, now):
    rows, wake = [], now + MINUTE
    for job in jobs:
        some, when = decide_one(job, jobs, now)
        rows += some
        wake = min(wake, when)
    order = {"withdraw": 0, "note": 1, "skip": 2, "queue": 3, "retry": 3}
    # Notes that clocks were set back are rows of skipped runs; the one of the latest due time is the last of them.
    rows.sort(key=lambda row: (order[row[0]], row[3] if row[0] == "note" else 0))  # stable
    rows = [("skip", row[1], row[2], 0) if row[0] == "note" else row for row in rows]
    return [" ".join(map(str, row)) for row in rows] + [f"wake {wake}"]


NEAR = (0, 1, MINUTE, HOUR, 3 * HOUR, DAY)


def instant(rng, now, longest):
    """One close to where something changes, most often before now."""
    kind = rng.random()
    if kind < 0.4:
        return now - rng.choice(NEAR) + rng.choice((-1, 0, 0, 1))
    if kind < 0.6:
        return now // MINUTE * MINUTE - rng.randrange(0, max(longest // MINUTE, 1)) * MINUTE
    if kind < 0.75:
        return now + rng.choice((rng.randrange(2 * MINUTE), rng.randrange(4 * HOUR), 400 * DAY)) + rng.choice((0, 1))
    return now - rng.randrange(longest)


def random_job(rng, number, now):
    longest = rng.choice((HOUR, 10 * HOUR, 3 * DAY))
    kind = rng.random()
    if kind < 0.25 and number > 1:
        times = Follow(rng.sample(range(1, number), rng.randrange(1, number)))
    elif kind < 0.6:
        span = rng.choice((SECOND, 10 * SECOND, MINUTE, 7 * MINUTE, HOUR, 26 * HOUR))
        longest = min(longest, 3000 * span)
        times = Every(span, now - rng.randrange(-DAY if rng.random() < 0.1 else 0, 2 * longest))
    else:
        minutes = {*rng.sample(range(60), rng.choice((1, 1, 2, 60)))}
        if rng.random() < 0.5:  # now, or a moment ago
            minutes.add(now // MINUTE % 60)
        times = Daily(minutes, rng.sample(range(24), rng.choice((1, 2, 5, 24))))
    state = rng.choice(("failed", "failed", "timed_out", "crashed", "cancelled", "succeeded"))

    def maybe(chance, make):
        return make() if rng.random() < chance else None
    at = lambda: instant(rng, now, longest)
    run = lambda: rng.randrange(1, 50)
    floor = now - longest  # so that there are not too many due times to list
    job = {"id": number, "name": rng.choice("ab") + rng.choice(("", "c", "顧客")), "times": times,
           "jitter": rng.choice((0, 0, 5 * SECOND, MINUTE, HOUR)), "missed": rng.choice(("once", "skip")),
           "max_retries": rng.randrange(4), "delay": rng.choice((0, SECOND, MINUTE, 10 * MINUTE, HOUR)),
           "cap": rng.choice((0, 90 * SECOND, HOUR, DAY)), "paused": rng.random() < 0.05, "since": max(at(), floor),
           "not_before": maybe(0.1, at) or LONG_AGO, "last_due": maybe(0.7, at),
           "attempt": maybe(0.6, lambda: {"run": run(), "due": at(), "ended": at(), "attempt": rng.randrange(1, 5), "state": state,
                                          "sqlstate": rng.choice(("", "40001", "42P01", "0A000", "28000", "57014", "3D000"))}),
           "active": maybe(0.15, lambda: (run(), rng.choice(("waiting", "running")))),
           "start": maybe(0.7, lambda: (run(), at())), "success": maybe(0.8, lambda: (run(), at()))}
    if isinstance(times, Follow) and rng.random() < 0.7:  # often it is to start
        job["since"], job["start"] = floor, maybe(0.5, lambda: (run(), floor + rng.randrange(HOUR)))
    if job["attempt"] and rng.random() < 0.3:  # its retry is due about now
        job["attempt"]["ended"] = 0
        wait = retry_at(job, now)
        job["attempt"]["ended"] = now - (wait or MINUTE) + rng.choice((-1, 0, 1, -SECOND))
    return job


def line(job):
    attempt = job["attempt"]
    fields = ["job", job["id"], job["name"], *job["times"].fields(), job["jitter"], job["missed"], job["max_retries"], job["delay"],
              job["cap"], int(job["paused"]), job["since"], job["not_before"], "-" if job["last_due"] is None else job["last_due"]]
    fields += ["-"] if attempt is None else [attempt[name] for name in ("run", "due", "ended", "attempt", "state", "sqlstate")]
    for name in ("active", "start", "success"):
        fields += ["-"] if job[name] is None else job[name]
    return "\t".join(map(str, fields))


def main():
    checks = shared.Checks("job_decisions")
    if not checks.built("differential/decide_jobs"):
        checks.end()
    seed = int(os.environ.get("CLIENTELE_SEED", random.randrange(10**6)))
    cases = int(os.environ.get("CLIENTELE_CASES", 8000))
    print(f"seed {seed}, {cases} cases")
    rng = random.Random(seed)
    asked, lines = [], []
    for _ in range(cases):
        now = NOON + rng.choice((0, 1, -1, 30 * SECOND, rng.randrange(DAY)))
        jobs = [random_job(rng, number, now) for number in range(1, rng.randrange(2, 7))]
        asked.append((jobs, now))
        lines += [*map(line, jobs), f"decide\t{now}"]
    done = subprocess.run([shared.BUILD / "differential/decide_jobs"], input="\n".join(lines) + "\n", capture_output=True, text=True,
                          encoding="utf-8", check=False)
    checks.check("decide_jobs", done.returncode == 0, done.stderr)
    answers, answer = [], []
    for row in done.stdout.splitlines():
        answer.append(row)
        if row.startswith("wake"):
            answers.append(answer)
            answer = []
    checks.same("answers", cases, len(answers))
    kinds = {}
    for (jobs, now), got in zip(asked, answers):
        wanted = decide(jobs, now)
        checks.same("decision", wanted, got, "now", now, *map(line, jobs))
        for row in wanted:
            kinds[row.split()[0]] = kinds.get(row.split()[0], 0) + 1
    print(", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())))
    for kind in ("queue", "retry", "skip", "withdraw"):
        checks.check(f"some cases {kind}", kinds.get(kind, 0) > 0)
    checks.end()


if __name__ == "__main__":
    main()
