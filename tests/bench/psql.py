# SPDX-License-Identifier: PostgreSQL
"""One psql that stays open: no connection, planner cache or process start is in the times."""

import os
import re
import subprocess

PSQL = os.environ.get("CLIENTELE_PSQL", "psql")
TIME = re.compile(r"Time: ([0-9.]+) ms(?: \(.*\))?")


class SqlError(Exception):
    pass


class Psql:
    """Runs statements one by one; the time of each is what psql's \\timing says."""

    MARK = "--- end of answer ---"

    def __init__(self, database=None):
        self.process = subprocess.Popen(
            [PSQL, "-XAtq", "-v", "ON_ERROR_STOP=1", "-F", "|", *(["-d", database] if database else [])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, encoding="utf-8")
        self.run("SET client_min_messages = warning")
        self._send("\\timing on\n")

    def _send(self, text):
        try:
            self.process.stdin.write(text)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # what psql had to say is read below

    def run(self, sql):
        """The answer's rows as lines of fields with | between them, and the milliseconds."""
        self._send(f"{sql}\n;\n\\echo {self.MARK}\n")
        lines = []
        while (line := self.process.stdout.readline()) != f"{self.MARK}\n":
            if not line:
                raise SqlError("\n".join(lines) or "psql ended")
            lines.append(line.rstrip("\n"))
        ms = 0.0
        if lines and (found := TIME.fullmatch(lines[-1])):
            ms = float(found[1])
            lines.pop()
        return lines, ms

    def value(self, sql):
        return self.run(sql)[0][0]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def copy_from(program, statement):
    """Lets a program write what COPY … FROM STDIN reads."""
    writer = subprocess.Popen(program, stdout=subprocess.PIPE)
    reader = subprocess.run([PSQL, "-Xqc", statement], stdin=writer.stdout, check=False)
    writer.stdout.close()
    if writer.wait() != 0 or reader.returncode != 0:
        raise SqlError(f"{program[0]} | {statement} failed")


def copy_to(statement, path):
    with open(path, "wb") as file:
        subprocess.run([PSQL, "-Xqc", statement], stdout=file, check=True)
