# SPDX-License-Identifier: PostgreSQL
"""Sessions that stay open, for programs in which several do things at once."""
import os
import subprocess

PSQL = os.environ.get("CLIENTELE_PSQL", "psql")


class Session:
    """One psql. run() sends statements and returns what they print, the errors among it, when all of them are done."""

    def __init__(self, database, setup=""):
        self.process = subprocess.Popen([PSQL, "-XAtq", "-v", "ON_ERROR_STOP=0", "-d", database], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8")
        self.errors = []
        if setup:
            self.run(setup)

    def run(self, statements):
        self.process.stdin.write(statements + "\n\\echo ==done==\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line == "==done==\n":
                break
            lines.append(line.rstrip("\n"))
        self.errors += [line for line in lines if "ERROR:" in line or "FATAL:" in line]
        return lines

    def end(self):
        self.process.stdin.close()
        self.process.stdout.read()
        self.process.wait()
