# SPDX-License-Identifier: PostgreSQL
"""What the differential programs share: they ask psql, count what is right, and end with the counts."""
import os
import subprocess
import sys

PSQL = os.environ.get("CLIENTELE_PSQL", "psql")


class Checks:
    """name is the program's; database is asked unless psql() is told another, NULL for the environment's."""

    def __init__(self, name, database=None):
        self.name, self.database = name, database
        self.passed = self.failed = self.skipped = 0

    def check(self, what, good, detail="", weight=1):
        """weight: how many checks a good one stands for."""
        self.count(weight * bool(good), not good)
        if not good and self.failed < 30:
            print(f"not ok: {what} {detail}"[:600], flush=True)

    def count(self, good, bad):
        self.passed, self.failed = self.passed + int(good), self.failed + int(bad)

    def skip(self, why):
        self.skipped += 1
        print(f"skipped: {why}")

    def psql(self, script, database=None):
        """The rows of what a script prints; the program ends where the script fails."""
        database = database or self.database
        where = ["-d", database] if database else []
        done = subprocess.run([PSQL, "-XAtq", "-v", "ON_ERROR_STOP=1", "-F", "\t", *where], input=script,
                              capture_output=True, text=True, encoding="utf-8", check=False)
        if done.returncode != 0:
            print(done.stderr[-3000:])
            self.count(0, 1)
            self.end()
        return [line.split("\t") for line in done.stdout.split("\n")[:-1]]

    def end(self):
        print(f"{self.name}: {self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        sys.exit(1 if self.failed else 0)
