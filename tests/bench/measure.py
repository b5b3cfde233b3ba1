# SPDX-License-Identifier: PostgreSQL
"""Times and what is made of them."""

import csv
import datetime
import os
import statistics
import subprocess
import sys

from psql import SqlError

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("CLIENTELE_BUILD", os.path.join(ROOT, "build"))
CACHE = os.path.join(ROOT, ".cache")
RESULTS = os.environ.get("CLIENTELE_RESULTS", os.path.join(ROOT, "results"))


def say(text=""):
    print(text, flush=True)


def progress(text):
    print(f"==> {text}", file=sys.stderr, flush=True)


class Different(Exception):
    pass


class Measures:
    """Milliseconds by (question, competitor), and the one answer that all must give."""

    def __init__(self):
        self.times = {}
        self.answers = {}
        self.told = []  # differences that are reported, not refused

    def add(self, question, competitor, ms):
        self.times.setdefault((question, competitor), []).append(ms)

    def check(self, question, competitor, answer, must=True):
        first, expected = self.answers.setdefault(question, (competitor, answer))
        if answer == expected:
            return
        difference = f"{question}: {competitor} says {str(answer)[:300]}, {first} {str(expected)[:300]}"
        if must:
            raise Different(difference)
        if difference not in self.told:
            self.told.append(difference)

    def median(self, question, competitor):
        times = self.times.get((question, competitor))
        return statistics.median(times) if times else None

    def runs(self, question, competitor):
        return len(self.times.get((question, competitor), []))

    def rows(self, base):
        """One row a measure, with how many times longer it took than `base`."""
        for (question, competitor), times in self.times.items():
            here = self.median(question, competitor)
            ours = self.median(question, base)
            yield [question, competitor, len(times), f"{here:.3f}", f"{min(times):.3f}",
                   f"{max(times):.3f}", f"{here / ours:.2f}" if ours else ""]


def interleaved(measures, tasks, runs):
    """tasks: (question, competitor, function giving (answer, ms), runs or None for all).

    Each is run once to warm up, then all in turn, so that what else the machine does meets all.
    A slow one, with a number of runs of its own, is not warmed up: its first run counts.
    """
    for question, competitor, run, own_runs in tasks:
        answer, ms = run()
        if answer is not None:
            measures.check(question, competitor, answer)
        if own_runs is not None:
            measures.add(question, competitor, ms)
    for i in range(runs):
        for question, competitor, run, own_runs in tasks:
            if own_runs is None or i + 1 < own_runs:
                measures.add(question, competitor, run()[1])


def seconds(ms):
    if ms is None:
        return ""
    return f"{ms / 1000:.2f} s" if ms >= 10_000 else f"{ms:.0f} ms" if ms >= 100 else f"{ms:.1f} ms"


def times(ms, base):
    if ms is None or not base:
        return ""
    return f"{ms / base:.0f} x" if ms / base >= 10 else f"{ms / base:.1f} x"


def table(header, rows):
    """Words to the left, figures to the right."""
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]
    for n, row in enumerate([header, *rows]):
        cells = [str(c).ljust(w) if i == 0 else str(c).rjust(w)
                 for i, (c, w) in enumerate(zip(row, widths))]
        say("  " + "   ".join(cells).rstrip())
        if n == 0:
            say("  " + "   ".join("-" * w for w in widths))


def write_csv(path, header, rows):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def results(name):
    """Where this run of a benchmark writes, without the ends of the files' names."""
    return os.path.join(RESULTS, f"{name}-{datetime.datetime.now():%Y-%m-%d-%H%M%S}")


def main(run, arguments):
    """Runs a benchmark; an error that is expected now and then takes one line."""
    try:
        run(arguments())
    except (SqlError, Different, subprocess.CalledProcessError) as error:
        sys.exit(f"bench: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
