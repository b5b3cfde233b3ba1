# SPDX-License-Identifier: PostgreSQL
"""What the differential programs share: they run psql, count the checks that pass, and end with the counts.

An oracle never stands here: it shares no code with the extension, and none with another oracle.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("CLIENTELE_DATA", ROOT.parent / "shared/data"))
BUILD = pathlib.Path(os.environ.get("CLIENTELE_BUILD", ROOT / "build"))
PSQL = os.environ.get("CLIENTELE_PSQL", "psql")

SERIAL = "SET max_parallel_workers_per_gather = 0;\n"
# Parallel plans cost nothing, so they are taken wherever the planner can make one.
PARALLEL = """SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
"""
# The same, and plans that have no parallel part run in a worker, too. The setting has another name from 16 on.
FORCED = PARALLEL + """DO $$ BEGIN
  PERFORM set_config(name, 'on', false) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
END $$;
"""


class Checks:
    """name is that of the program; database is where psql() goes unless it says otherwise, None for that of the environment;
    session stands before each script in that database."""

    def __init__(self, name, database=None, session=""):
        self.name, self.database, self.session = name, database, session
        self.passed = self.failed = self.skipped = 0

    def check(self, what, good, detail="", weight=1):
        """weight: how many checks a good one stands for."""
        self.count(weight * bool(good), not good)
        if not good and self.failed < 30:
            print(f"not ok: {what} {detail}"[:600], flush=True)

    def same(self, what, wanted, got, *more):
        self.check(what, wanted == got, f"wanted {wanted}, got {got} " + " ".join(map(str, more)))
        return wanted == got

    def count(self, good, bad):
        self.passed, self.failed = self.passed + int(good), self.failed + int(bad)

    def agreed(self, what, rows):
        """Counts rows (name, data sets that agree, data sets that differ, which ones); none at all is a failure, too."""
        for name, good, bad, which in rows:
            self.count(good, int(bad) or not int(good))
            if int(bad) or not int(good):
                print(f"{what}, {name}: {good} agree, {bad} differ: {which}", flush=True)

    def skip(self, why):
        self.skipped += 1
        print(f"skipped: {why}")

    def there(self, *names):
        """Whether all these files of DATA are there; each absent one is skipped."""
        absent = [DATA / name for name in names if not (DATA / name).exists()]
        for path in absent:
            self.skip(f"{path} is not there")
        return not absent

    def built(self, name):
        """Whether the program BUILD/NAME is there, built again if the build can; an absent one is skipped."""
        if (BUILD / "CMakeCache.txt").exists():
            subprocess.run(["cmake", "--build", BUILD, "--target", pathlib.Path(name).name], stdout=subprocess.DEVNULL, check=False)
        if not (BUILD / name).exists():
            self.skip(f"{BUILD / name} is not built")
        return (BUILD / name).exists()

    def psql(self, script, database=None):
        """The rows of what a script prints; the program ends where the script fails."""
        script = (self.session if database is None else "") + script
        database = database or self.database
        where = ["-d", database] if database else []
        done = subprocess.run([PSQL, "-XAtq", "-v", "ON_ERROR_STOP=1", "-F", "\t", *where], input=script,
                              capture_output=True, text=True, encoding="utf-8", check=False)
        if done.returncode != 0:
            print(done.stderr[-3000:])
            self.count(0, 1)
            self.end()
        return [line.split("\t") for line in done.stdout.split("\n")[:-1]]

    def new_database(self, script=""):
        """An empty database of the program's own, in which the script is run."""
        self.psql(f"DROP DATABASE IF EXISTS {self.database};\n"
                  f"CREATE DATABASE {self.database} ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;", "postgres")
        if script:
            self.psql("SET client_min_messages = warning;\n" + script)

    def drop_database(self):
        self.psql(f"DROP DATABASE {self.database};", "postgres")

    def end(self):
        print(f"{self.name}: {self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        sys.exit(1 if self.failed else 0)


def copy(table, rows):
    """What psql reads to fill a table with rows of numbers, texts and None."""
    def text(value):
        if value is None:
            return r"\N"
        if isinstance(value, bool):
            return "t" if value else "f"
        return str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
    return f"COPY {table} FROM stdin;\n" + "".join("\t".join(map(text, row)) + "\n" for row in rows) + "\\.\n"


CHANGED_BYTES = """
DO $$ DECLARE
  good text[] := ARRAY({good});
  bytes bytea; v {type}; wrong int := 0; place int;
BEGIN
  PERFORM setseed({seed});
  FOR i IN 1..{count} LOOP
    bytes := good[1 + floor(random() * cardinality(good))]::bytea;
    FOR j IN 1..1 + floor(random() * 3) LOOP
      place := floor(random() * octet_length(bytes));
      bytes := CASE floor(random() * 3) WHEN 0 THEN set_byte(bytes, place, floor(random() * 256)::int) WHEN 1 THEN set_byte(bytes, place, 255)
                 ELSE substr(bytes, 1, place) || substr(bytes, place + 1 + floor(random() * 3)::int) END;
      EXIT WHEN octet_length(bytes) = 0;
    END LOOP;
    BEGIN
      v := bytes::text::{type};
      IF v::text::{type}::text <> v::text THEN wrong := wrong + 1; END IF;
      {calls}
    EXCEPTION WHEN invalid_binary_representation OR program_limit_exceeded THEN NULL;
    END;
  END LOOP;
  CREATE TEMP TABLE corrupt AS SELECT wrong;
END $$;
SELECT wrong FROM corrupt;
"""


def changed_bytes(of_type, good, calls, seed, count):
    """A script: values that the query `good` has as text are changed at random. Each is refused, or reads back as it was written and the
    calls of the value v end. It prints how many read back otherwise."""
    return CHANGED_BYTES.format(type=of_type, good=good, calls=" ".join(f"PERFORM {c};" for c in calls), seed=seed, count=count)


def build_module(name, compiler, sources):
    """Compiles a module of tests/boundary to a place that the server can read: its data directory."""
    config = pathlib.Path(shutil.which(PSQL) or PSQL).parent / "pg_config"
    if not config.exists():
        config = "pg_config"
    include = subprocess.run([config, "--includedir-server"], capture_output=True, text=True, check=True).stdout.strip()
    (directory,), = Checks(name).psql("SHOW data_directory")
    module = pathlib.Path(directory) / f"clientele_{name}_test.so"
    with tempfile.TemporaryDirectory() as directory:
        made = pathlib.Path(directory) / "module.so"
        subprocess.run([*compiler, "-O2", "-fPIC", "-shared", "-fno-strict-aliasing", "-fwrapv", "-D_GNU_SOURCE", f"-I{ROOT}/src",
                        f"-I{include}", "-o", made, *(ROOT / source for source in sources)], check=True)
        module.unlink(missing_ok=True)
        shutil.copy(made, module)
        module.chmod(0o755)
    return module
