#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""A real Superset imports the dashboards of bi/superset, reads the columns of the views and answers every chart.

run_superset.py DATABASE [ROLE]  a database with a store, by libpq's usual environment; the simulated shop of ./run demo will do
run_superset.py --serve PORT     shows what was imported last, to anyone on this machine
clients.py calls it in its long form. The environment of Superset is made once, below .cluster.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "tests/bench")]

import peers  # noqa: E402  pylint: disable=wrong-import-position

# The last three are what this version of Superset uses and does not ask for.
PACKAGES = ("apache-superset==6.1.0", "psycopg2-binary", "rich", "cachetools", "flask-caching==2.3.1")
CACHE = os.environ.get("CLIENTELE_HOME", str(ROOT / ".cluster"))
HOME = pathlib.Path(CACHE) / "superset-home"


def environment():
    """The Python of Superset, whose own tables are in HOME/superset.db. peers.Unavailable if it cannot be had."""
    python = peers.environment(CACHE, "superset", PACKAGES)
    os.environ.update(SUPERSET_HOME=str(HOME), SUPERSET_CONFIG_PATH=str(HERE / "superset_config.py"), FLASK_APP="superset")
    HOME.mkdir(exist_ok=True)
    empty = HOME / "empty.db"
    if not empty.exists():
        (HOME / "superset.db").unlink(missing_ok=True)
        for arguments in (["db", "upgrade"], ["init"], ["fab", "create-admin", "--username", "admin", "--firstname", "A", "--lastname", "B",
                                                        "--email", "admin@example.com", "--password", "admin"]):
            try:
                subprocess.run([python, program(python), *arguments], cwd=HOME, check=True, capture_output=True, text=True)
            except subprocess.CalledProcessError as error:
                raise peers.Unavailable(f"Superset cannot make its tables: {error.stderr[-300:]}") from error
        shutil.move(HOME / "superset.db", empty)
    return python


def program(python):
    """Superset's own command: flask itself does not know all that it has."""
    return str(pathlib.Path(python).with_name("superset"))


def run(database, role):
    """Imports the bundles in both languages into an empty Superset."""
    python = environment()
    shutil.copy(HOME / "empty.db", HOME / "superset.db")
    uri = f"postgresql+psycopg2://{role}@/{database}?host={os.environ['PGHOST']}&port={os.environ['PGPORT']}"
    with tempfile.TemporaryDirectory() as directory:
        bundles = [f"{directory}/{language}.zip" for language in ("en", "zh")]
        for bundle, language in zip(bundles, ("en", "zh")):
            subprocess.run([sys.executable, ROOT / "bi/superset/bundle", bundle, "--uri", uri, "--language", language], check=True)
        return subprocess.run([python, HERE / "superset_import.py", *bundles], capture_output=True, text=True, encoding="utf-8", cwd=HOME,
                              check=False)


def main():
    if sys.argv[1] == "--serve":
        python = environment()
        os.execv(python, [python, program(python), "run", "-h", "127.0.0.1", "-p", sys.argv[2], "--with-threads"])
    done = run(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else os.environ.get("PGUSER", "postgres"))
    print(done.stdout + (done.stderr if done.returncode else ""), end="")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
