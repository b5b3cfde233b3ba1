#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""The command of a job is a client's statement: each is run by psql, by run_job() of its owner and of a superuser, and by a worker of a
server of the program's own. State, rows, SQLSTATE, message and what it leaves in tables must agree."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import checks

t = checks.Checks("job_commands")
BIN = pathlib.Path(shutil.which(checks.PSQL) or checks.PSQL).resolve().parent
if not (BIN / "initdb").exists():
    BIN = pathlib.Path(subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True).stdout.strip())
AS_SERVER = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
OWNER = "job_owner"

SETUP = """
CREATE ROLE store_owner LOGIN; CREATE ROLE job_owner LOGIN; GRANT job_owner TO store_owner;
CREATE DATABASE jobs ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
GRANT CREATE ON DATABASE jobs TO store_owner;
"""
STORE = """
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET ROLE store_owner; CALL clientele.create_store('UTC'); CALL clientele.grant_jobs('job_owner'); RESET ROLE;
GRANT CREATE ON DATABASE jobs TO job_owner;
GRANT EXECUTE ON FUNCTION pg_ls_dir(text) TO job_owner;
ALTER ROLE job_owner SET search_path = work, public;
-- Only a role that got hold of other rights can write here what is not job_owner.
CREATE TABLE canary (id integer GENERATED ALWAYS AS IDENTITY, role text DEFAULT current_user, step text);
GRANT ALL ON canary TO PUBLIC;
CREATE TABLE secret (n integer);
CREATE FUNCTION content(relation text) RETURNS text LANGUAGE plpgsql AS $$ DECLARE content text; BEGIN
  EXECUTE format('SELECT md5(string_agg(x::text, E''\\n'' ORDER BY x::text)) FROM work.%I x', relation) INTO content; RETURN content; END $$;
CREATE PROCEDURE worker() LANGUAGE plpgsql AS $$
DECLARE job CONSTANT bigint := (SELECT job_id FROM clientele_data.jobs WHERE name = 'command'); run bigint;
BEGIN
  run := clientele.queue_run(job, 'schedule', clock_timestamp());
  PERFORM clientele.wake_scheduler(job);
  COMMIT;
  FOR i IN 1..3000 LOOP
    EXIT WHEN (SELECT r.ended_at IS NOT NULL FROM clientele_data.job_runs r WHERE r.run_id = run);
    PERFORM pg_sleep(0.01);
    COMMIT;
  END LOOP;
END $$;
ALTER SYSTEM SET clientele.trusted_owners = 'store_owner'; SELECT pg_reload_conf();
"""
WORK = """
DROP SCHEMA IF EXISTS work CASCADE; CREATE SCHEMA work; SET search_path = work, public; TRUNCATE canary;
CREATE TABLE t (n integer PRIMARY KEY, s text); INSERT INTO t SELECT i, '客户 ' || i FROM generate_series(1, 20) i;
CREATE TABLE later (n integer UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO later VALUES (1);
CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM t;
CREATE PROCEDURE steps(fail boolean) LANGUAGE plpgsql AS $$ BEGIN
  FOR i IN 101..110 LOOP INSERT INTO t VALUES (i); IF i % 3 = 0 THEN ROLLBACK; ELSE COMMIT; END IF; END LOOP;
  INSERT INTO t VALUES (200); IF fail THEN RAISE EXCEPTION 'after % commits', 7 USING DETAIL = '细节', HINT = 'a hint'; END IF;
END $$;
CREATE PROCEDURE given(INOUT n integer) LANGUAGE plpgsql AS $$ BEGIN n := n + 1; COMMIT; END $$;
CREATE FUNCTION deep(n integer) RETURNS integer LANGUAGE plpgsql AS $$ BEGIN RETURN deep(n + 1) + 1; END $$;
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO canary (step) VALUES (TG_NAME); RETURN NULL; END $$;
CREATE TABLE ruled (n integer); CREATE RULE i AS ON INSERT TO ruled DO INSTEAD NOTHING;
CREATE RULE d AS ON DELETE TO ruled DO INSTEAD DELETE FROM t WHERE n < 8;
ALTER TABLE t SET (parallel_workers = 2);
CREATE TABLE at_commit (n integer);
CREATE CONSTRAINT TRIGGER deferred AFTER INSERT ON at_commit DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION noted();
CREATE FUNCTION note(step text) RETURNS integer LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO canary (step) VALUES (note.step); RETURN 1; END $$;
CREATE PROCEDURE attempt(command text) LANGUAGE plpgsql AS $$ BEGIN
  EXECUTE command; PERFORM work.note('did ' || command);
EXCEPTION WHEN OTHERS THEN PERFORM work.note(SQLSTATE || ' ' || command); END $$;
"""

# Name, command, and what is known to differ: a set of the ways that are not compared with psql.
LARGE = "SELECT n, '" + "客" * 330000 + "' FROM t"
COMMANDS = [
    ("select", "SELECT * FROM t WHERE n > 5"),
    ("no row", "SELECT * FROM t WHERE false"),
    ("no column", "SELECT FROM t"),
    ("values", "VALUES (1), (2), (3);"),
    ("comments", "-- one\n/* two /* three */ */ SELECT 1 -- four"),
    ("insert", "INSERT INTO t SELECT generate_series(21, 33)"),
    ("returning", "INSERT INTO t VALUES (50), (51) RETURNING s"),
    ("with", "WITH gone AS (DELETE FROM t WHERE n <= 4 RETURNING n) INSERT INTO later SELECT n + 10 FROM gone"),
    ("update", "UPDATE t SET s = upper(s) WHERE n % 2 = 0"),
    ("delete", "DELETE FROM t WHERE n > 18"),
    ("merge", "MERGE INTO t USING (VALUES (1), (99)) v (n) ON t.n = v.n WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (v.n)"),
    ("truncate", "TRUNCATE t"),
    ("create as", "CREATE TABLE made AS SELECT * FROM t"),
    ("select into", "SELECT * INTO made FROM t"),
    ("drop", "DROP TABLE t CASCADE"),
    ("comment on", "COMMENT ON TABLE t IS '注释'"),
    ("alter", "ALTER TABLE t ADD COLUMN c integer DEFAULT 7"),
    ("call", "CALL steps(false)"),
    ("call fails", "CALL steps(true)"),
    ("call out", "CALL given(41)"),
    ("do", "DO $$ BEGIN DELETE FROM t WHERE n < 3; COMMIT; DELETE FROM t; ROLLBACK; END $$"),
    ("do chain", "DO $$ BEGIN SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; DELETE FROM t; COMMIT AND CHAIN; INSERT INTO t VALUES (1, "
     "current_setting('transaction_isolation')); END $$"),
    ("do caught", "DO $$ BEGIN BEGIN INSERT INTO t VALUES (1); EXCEPTION WHEN unique_violation THEN INSERT INTO t VALUES (77); END; COMMIT; END $$"),
    ("do cursor", "DO $$ DECLARE r record; BEGIN FOR r IN SELECT n FROM t ORDER BY n LOOP UPDATE t SET s = 'x' WHERE n = r.n; COMMIT; END LOOP; END $$"),
    ("vacuum", "VACUUM t"),
    ("vacuum analyze", "VACUUM (ANALYZE, VERBOSE) t, later"),
    ("analyze", "ANALYZE t"),
    ("cluster", "CLUSTER t USING t_pkey"),
    ("reindex", "REINDEX TABLE CONCURRENTLY t"),
    ("index", "CREATE INDEX CONCURRENTLY t_s ON t (s)"),
    ("unique index", "CREATE UNIQUE INDEX CONCURRENTLY t_u ON t ((n / 2))"),
    ("refresh", "REFRESH MATERIALIZED VIEW m"),
    ("explain", "EXPLAIN (COSTS off) SELECT 1"),
    ("explain analyze", "EXPLAIN (ANALYZE, TIMING off, SUMMARY off, COSTS off) DELETE FROM t"),
    ("show", "SHOW search_path"),
    ("prepare", "PREPARE p AS SELECT 1"),
    ("execute", "EXECUTE nothing"),
    ("declare", "DECLARE c CURSOR FOR SELECT 1"),
    ("declare hold", "DECLARE c CURSOR WITH HOLD FOR SELECT note('held')"),
    ("lock", "LOCK TABLE t"),
    ("rule nothing", "INSERT INTO ruled VALUES (1)"),
    ("rule also", "DELETE FROM ruled"),
    ("parallel", "SELECT count(*) FROM t, generate_series(1, 1000)"),
    ("large object", "SELECT lo_unlink(lo_from_bytea(0, '\\x01'))"),
    ("notify", "NOTIFY channel, '通知'"),
    ("discard", "DISCARD TEMP"),
    ("advisory", "SELECT pg_advisory_lock(n) FROM t"),
    ("set", "SET work_mem = '77MB'"),
    ("read only", "SET default_transaction_read_only = on"),
    ("isolation", "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE"),
    ("reset all", "RESET ALL"),
    ("temporary", "CREATE TEMP TABLE job_runs AS SELECT 1 AS run_id"),
    ("temporary view", "CREATE TEMP VIEW pg_class AS SELECT note('view') FROM t"),
    ("drop at commit", "CREATE TEMP TABLE gone ON COMMIT DROP AS SELECT 1"),
    ("deferred", "INSERT INTO later VALUES (1)"),
    ("deferred trigger", "INSERT INTO at_commit VALUES (1), (2)"),
    ("serial", "INSERT INTO canary (step) VALUES ('one'), ('two')"),
    ("division", "SELECT 1 / (n - 7) FROM t"),
    ("syntax", "SELECT FROM WHERE"),
    ("chinese", "SELECT 没有 FROM t"),
    ("no table", "SELECT * FROM nothing"),
    ("no function", "SELECT nothing(1)"),
    ("no right", "SELECT * FROM secret"),
    ("no rights", "CREATE ROLE another_role"),
    ("unique", "INSERT INTO t VALUES (1)"),
    ("raise", "DO $$ BEGIN RAISE EXCEPTION 'it failed' USING ERRCODE = 'P9876', DETAIL = 'why', HINT = 'what'; END $$"),
    ("raise cancel", "DO $$ BEGIN RAISE EXCEPTION 'no cancel' USING ERRCODE = 'query_canceled'; END $$"),
    ("timeout", "SET statement_timeout = '1ms'"),
    ("parameter", "SELECT $1"),
    ("nul", "SELECT E'a\\000b'"),
    ("chr 0", "SELECT chr(0)"),
    ("bytes", "SELECT convert_from('\\xe5ae', 'UTF8')"),
    ("bytes in error", "DO $$ BEGIN RAISE EXCEPTION '%', (SELECT f FROM pg_ls_dir('bytes') f); END $$"),
    ("deep", "SELECT deep(1)"),
    ("too long", "SELECT repeat('x', 2000000000)"),
    ("memory", "SELECT array_agg(repeat('x', 10000000)) FROM generate_series(1, 100)"),
    ("large", LARGE),
    ("large error", "DO $$ BEGIN RAISE EXCEPTION '%', repeat('错误', 100000) USING DETAIL = repeat('é', 100000); END $$"),
    ("many", "SELECT " + " + ".join(["1"] * 4000)),
    ("copy file", "COPY t FROM '/nowhere'"),
]
# What is not as in a client's session: SQLSTATEs of psql, the owner's run_job(), the superuser's, and the worker.
DIFFERENT = [
    ("several", "SELECT 1; SELECT 2", "00000", "42601", "42601", "42601"),
    ("nothing", " ; ", "00000", "42601", "42601", "42601"),
    ("begin", "BEGIN", "00000", "0A000", "0A000", "0A000"),
    ("commit", "COMMIT", "00000", "0A000", "0A000", "0A000"),
    ("rollback prepared", "ROLLBACK PREPARED 'x'", "42704", "0A000", "0A000", "0A000"),
    ("copy out", "COPY t TO STDOUT", "00000", "0A000", "0A000", "0A000"),
    ("copy in", "COPY t FROM STDIN", "00000", "0A000", "0A000", "0A000"),
    ("listen", "LISTEN channel", "00000", "00000", "00000", "0A000"),
    ("reset role", "RESET ROLE", "00000", "00000", "42501", "00000"),
    ("set role", "SET ROLE job_owner", "00000", "00000", "42501", "00000"),
    ("authorization", "SET SESSION AUTHORIZATION DEFAULT", "00000", "00000", "42501", "00000"),
    ("discard all", "DISCARD ALL", "00000", "00000", "42501", "00000"),
    ("run_job", "CALL clientele.run_job('command')", "2D000", "2D000", "2D000", "55006"),
]


def psql(script, database="jobs", user="postgres", more=(), environment=None):
    return subprocess.run([checks.PSQL, "-XAtq", "-F", "\t", "-h", SOCKET, "-p", "5432", "-U", user, "-d", database, *more], input=script,
                          capture_output=True, text=True, encoding="utf-8", errors="replace", check=False,
                          env={**os.environ, **(environment or {})})


def must(script, database="jobs", user="postgres"):
    done = psql(script, database, user, ["-v", "ON_ERROR_STOP=1"])
    if done.returncode != 0:
        raise SystemExit(done.stderr[-2000:])
    return [line.split("\t") for line in done.stdout.split("\n")[:-1]]


def fingerprint():
    """What is in the tables of the schema, and what the command has noted of its rights."""
    return must("""SELECT c.relname, c.relkind, obj_description(c.oid), CASE WHEN c.relkind <> 'i' THEN
        content(c.relname) END
      FROM pg_class c WHERE c.relnamespace = 'work'::regnamespace AND c.relkind IN ('r', 'm', 'i') ORDER BY 1;
      SELECT DISTINCT role, step FROM canary ORDER BY 1, 2""")


def by_psql(command):
    """SQLSTATE, rows and message of the command as a client's."""
    done = psql("\\set VERBOSITY verbose\n" + command.rstrip("; ") + "\n;\n\\echo RESULT :SQLSTATE :ROW_COUNT\n", user=OWNER)
    # An empty command and COPY FROM STDIN leave none.
    state, rows = (re.findall(r"RESULT (\S+) (\d+)", done.stdout) or [("00000", 0)])[-1]
    # psql takes the number from the tag, which some commands do not have.
    if re.match("EXPLAIN|SHOW|CALL given", command):
        rows = done.stdout.count("\n") - 1
    message = re.search(r"(?:ERROR|FATAL):  " + state + r": (.*)", done.stderr)
    return state, int(rows), message.group(1) if message else ""


def recorded():
    """The same of the last run of the job; its state agrees with SQLSTATE."""
    (state, sqlstate, rows, message), = must("""SELECT r.state, coalesce(r.sqlstate, '00000'), coalesce(r.rows, 0),
      coalesce(regexp_replace(r.message, E'\\n.*', ''), '') FROM clientele_data.job_runs r ORDER BY run_id DESC LIMIT 1""")
    t.check("a run ends as its SQLSTATE says", (state == "succeeded") == (sqlstate == "00000"), f"{state} {sqlstate}")
    return sqlstate, int(rows), message


def by_owner(_):
    done = psql("\\set VERBOSITY sqlstate\nCALL clientele.run_job('command');\n\\echo RESULT :SQLSTATE\n", user=OWNER)
    return *recorded(), re.findall(r"RESULT (\S+)", done.stdout)


def by_superuser(_):
    done = psql("SET search_path = pg_catalog; CALL clientele.run_job('command');\n\\echo RESULT :SQLSTATE\n"
                "SELECT 'AFTER', current_user, session_user, current_setting('search_path'), current_setting('work_mem'),"
                " current_setting('default_transaction_read_only'), (SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()),"
                " (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors), (SELECT count(*) FROM pg_listening_channels()),"
                " (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid());\n")
    after = [line for line in done.stdout.split("\n") if line.startswith("AFTER")]
    t.same("nothing is left in the session of a superuser",
           ["AFTER\tpostgres\tpostgres\tpg_catalog\t4MB\toff\t0\t0\t0\t0\t0"], after, done.stderr[-300:])
    return *recorded(), re.findall(r"RESULT (\S+)", done.stdout)


def by_set_role(_):
    """Without the rights of the superuser that logged in."""
    psql("SET ROLE job_owner; CALL clientele.run_job('command')")
    return recorded()


def by_worker(_):
    must("CALL worker()")
    return recorded()


def give(command):
    """The job has this command, whether or not it could be added so."""
    must("BEGIN; ALTER TABLE clientele_data.jobs DISABLE TRIGGER check_job;\n"
         f"UPDATE clientele_data.jobs SET command = $job_command${command}$job_command$ WHERE name = 'command';\n"
         "ALTER TABLE clientele_data.jobs ENABLE ALWAYS TRIGGER check_job; COMMIT;")


def prepare():
    must("SET client_min_messages = warning;" + WORK, user=OWNER)


WAYS = [("owner", by_owner), ("superuser", by_superuser), ("worker", by_worker)]


def shortened(message):
    """What is kept of a message: 4 kB, cut between two characters."""
    return message.encode()[:4096].decode(errors="ignore")


def compare():
    for name, command in COMMANDS:
        give(command)
        prepare()
        sqlstate, rows, message = by_psql(command)
        wanted, left = (sqlstate, rows, shortened(message)), fingerprint()
        for way, run in WAYS:
            prepare()
            got = run(command)
            if name == "bytes in error":
                wanted = ("P0001", 0, "??")
            t.same(f"{name} by {way}", wanted, got[:3])
            if len(got) > 3:
                t.same(f"{name}: run_job() raises its error again for {way}", [sqlstate], got[3])
            t.same(f"{name} by {way}: what is left", left, fingerprint())
    for name, command, *states in DIFFERENT:
        give(command)
        for (way, run), state in zip([("psql", by_psql), *WAYS], states):
            prepare()
            t.same(f"{name} by {way}", state, run(command)[0])


def attack():
    """The owner tries to get the rights of the owner of the store and of the caller, in any transaction of its command."""
    tries = ["RESET ROLE", "SET ROLE NONE", "SET ROLE store_owner", "SET LOCAL ROLE postgres", "SET SESSION AUTHORIZATION DEFAULT",
             "SET SESSION AUTHORIZATION store_owner", "RESET SESSION AUTHORIZATION", "SELECT set_config('role', 'none', false)",
             "SELECT set_config('session_authorization', 'postgres', false)", "RESET ALL", "INSERT INTO secret VALUES (1)",
             "GRANT store_owner TO job_owner", "CREATE TEMP TABLE jobs (job_id bigint, name text, command text)",
             "CREATE FUNCTION pg_temp.end_run(bigint, text, text, text, text, bigint, boolean) RETURNS boolean LANGUAGE sql AS "
             "'SELECT work.note(''pg_temp'') = 1'", "SET search_path = work, pg_temp", "SET session_replication_role = replica",
             "SET default_transaction_read_only = on", "SET clientele.trusted_owners = job_owner", "SET row_security = off",
             "UPDATE clientele_data.jobs SET owner = 'postgres'", "UPDATE clientele_data.jobs SET owner = 'store_owner'",
             "CREATE TRIGGER t AFTER UPDATE ON clientele_data.job_runs FOR EACH ROW EXECUTE FUNCTION work.noted()",
             "ALTER ROLE job_owner SET role = store_owner", "DECLARE held CURSOR WITH HOLD FOR SELECT work.note('held')",
             "PREPARE end_run AS SELECT work.note('prepared')", "SET synchronous_commit = off", "SET lock_timeout = 1",
             "CREATE TEMP VIEW pg_db_role_setting AS SELECT work.note('view') AS setconfig", "INSERT INTO work.at_commit VALUES (1)",
             "SET plan_cache_mode = force_generic_plan", "SET default_transaction_isolation = 'serializable'"]
    body = "".join(f"CALL work.attempt($try${one}$try$); {end}; CALL work.attempt($try${one}$try$); PERFORM work.note('alive');\n"
                   for one in tries for end in ("COMMIT", "ROLLBACK"))
    give("CALL work.climb()")
    for way, run in [*WAYS, ("SET ROLE", by_set_role)]:
        prepare()
        must("CREATE OPERATOR work.= (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq);"
             "CREATE FUNCTION work.require_store(text, text DEFAULT NULL) RETURNS void LANGUAGE sql AS 'SELECT work.note(''store'')';"
             f"CREATE PROCEDURE work.climb() LANGUAGE plpgsql AS $climb$ BEGIN {body} END $climb$;"
             "ALTER ROLE job_owner SET default_transaction_read_only = off; ALTER ROLE job_owner SET synchronous_commit = off;", user=OWNER)
        got = run("")
        t.check(f"the attack by {way} comes to its end", got[0] in ("00000", "25006"), got)
        must("ALTER ROLE job_owner RESET role; ALTER ROLE job_owner RESET synchronous_commit;")
        t.same(f"all that the attack by {way} did, it did as itself", [["job_owner"]], must("SELECT DISTINCT role FROM canary"))
        t.check(f"the attack by {way} did something", int(must("SELECT count(*) FROM canary")[0][0]) > 20)
        t.same("the secret is empty", [["0"]], must("SELECT count(*) FROM secret"))
        t.same("the owner has no rights more", [["f"]],
               must("SELECT bool_or(rolsuper) OR pg_has_role('job_owner', 'store_owner', 'MEMBER') FROM pg_roles WHERE rolname = 'job_owner'"))
        t.same("the job is the owner's", [["job_owner"]], must("SELECT DISTINCT owner FROM clientele_data.jobs"))


def recorded_late():
    """SIGTERM waits while the end of a run is being recorded."""
    give("SELECT pg_sleep(0.5)")
    prepare()
    run = subprocess.Popen([checks.PSQL, "-XAtq", "-h", SOCKET, "-p", "5432", "-U", "postgres", "-d", "jobs", "-c", "CALL worker()"])
    must("""DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'clientele job: command' AND query ~ 'sleep') LOOP
        PERFORM pg_sleep(0.01), pg_stat_clear_snapshot(); END LOOP; END $$;
      BEGIN; LOCK TABLE clientele_data.job_runs IN EXCLUSIVE MODE; SELECT pg_sleep(1);
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'clientele job: command'; SELECT pg_sleep(1); COMMIT""")
    run.wait()
    t.same("a run that is terminated while its end is recorded", "succeeded", last_state())


def forged():
    """The owner of the store says that the job belongs to a superuser. It may write so, but must not get the rights."""
    give("INSERT INTO secret VALUES (2)")
    must("ALTER TABLE clientele_data.jobs DISABLE TRIGGER check_job; ALTER TABLE clientele_data.jobs ALTER owner DROP NOT NULL,"
         " ALTER owner_oid DROP NOT NULL, ALTER owner_cluster DROP NOT NULL; UPDATE clientele_data.jobs SET since = now();", user="store_owner")
    here = "clientele.cluster_id()"
    for name, oid, cluster, sqlstate in [
            ("'postgres'", "10", "42", "42501"), ("'postgres'", "10", here, "42501"), ("'postgres'", "10", "NULL", "28000"),
            ("'postgres'", "10", "0", "28000"), ("'postgres'", "NULL", "42", "28000"), ("'postgres'", "'job_owner'::regrole", here, "28000"),
            ("'job_owner'", "10", here, "28000"), ("'store_owner'", "10", here, "28000"), ("'job_owner'", "10", "NULL", "28000"),
            ("NULL", "10", here, "28000"), ("NULL", "10", "42", "28000"), ("NULL", "NULL", "NULL", "28000"), ("''", "10", "42", "28000")]:
        what = f"owner {name}, {oid}, {cluster}"
        must(f"UPDATE clientele_data.jobs SET owner = {name}, owner_oid = {oid}, owner_cluster = {cluster}", user="store_owner")
        done = psql("\\set VERBOSITY sqlstate\nCALL clientele.run_job('command');\n\\echo RESULT :SQLSTATE\n")
        t.same(f"{what} by a superuser", ["28000"], re.findall(r"RESULT (\S+)", done.stdout))
        must("CALL worker()")
        t.same(f"{what} by the schedule", [["failed", sqlstate]],
               must("SELECT state, sqlstate FROM clientele_data.job_runs ORDER BY run_id DESC LIMIT 1"))
    # A type of its own, which says another thing each time that it is read.
    must("ALTER TABLE clientele_data.jobs DISABLE ROW LEVEL SECURITY; DROP POLICY job_members ON clientele_data.jobs;"
         "DROP VIEW clientele_bi.job_status, clientele_bi.job_runs;"
         "CREATE SCHEMA flips; CREATE SEQUENCE flips.times; CREATE TYPE flips.role AS ENUM ('a');"
         "CREATE FUNCTION flips.name_of(flips.role) RETURNS name LANGUAGE plpgsql AS"
         " $$ BEGIN RETURN CASE nextval('flips.times') / 2 % 2 WHEN 0 THEN 'job_owner' ELSE 'postgres' END; END $$;"
         "CREATE FUNCTION flips.text_of(flips.role) RETURNS text LANGUAGE sql AS 'SELECT flips.name_of($1)::text';"
         "CREATE CAST (flips.role AS name) WITH FUNCTION flips.name_of AS IMPLICIT;"
         "CREATE CAST (flips.role AS text) WITH FUNCTION flips.text_of AS IMPLICIT;"
         "ALTER TABLE clientele_data.jobs ALTER owner DROP DEFAULT, ALTER owner TYPE flips.role USING 'a';"
         "UPDATE clientele_data.jobs SET owner = 'a', owner_oid = 10, owner_cluster = 42", user="store_owner")
    seen = set()
    for start in range(1, 17):
        must(f"SELECT setval('flips.times', {start})", user="store_owner")
        done = psql("\\set VERBOSITY sqlstate\nCALL clientele.run_job('command');\n\\echo RESULT :SQLSTATE\n")
        seen.update(re.findall(r"RESULT (\S+)", done.stdout))
    t.same("an owner that changes while it is read", {"28000", "42501"}, seen)
    t.same("the secret is still empty", [["0"]], must("SELECT count(*) FROM secret"))
    # NULL where the processes of the server expect none.
    for column in ("name", "time_zone", "command"):
        must(f"ALTER TABLE clientele_data.jobs ALTER {column} DROP NOT NULL; CREATE TABLE flips.kept AS TABLE clientele_data.jobs;"
             f"UPDATE clientele_data.jobs SET {column} = NULL", user="store_owner")
        done = psql("SELECT pg_sleep(0.3); CALL clientele.run_job('command')")
        t.check(f"nothing runs with NULL as {column}", "ERROR:" in done.stderr and "connection" not in done.stderr, done.stderr)
        must(f"UPDATE clientele_data.jobs j SET {column} = k.{column} FROM flips.kept k WHERE k.job_id = j.job_id; DROP TABLE flips.kept",
             user="store_owner")
    t.same("processes that have crashed", 0,
           pathlib.Path(f"{directory}/log").read_text(encoding="utf-8", errors="replace").count("terminated by signal"))


def within():
    """A worker runs another job in its own session."""
    must("SET client_min_messages = warning; SELECT clientele.add_job('other', 'SELECT FROM work.t', every => '1000 years')", user=OWNER)
    give("CALL clientele.run_job('other')")
    prepare()
    by_worker("")
    t.same("a job runs another one", [["other", "manual", "succeeded", "20"], ["command", "schedule", "succeeded", ""]], must(
        "SELECT j.name, r.kind, r.state, r.rows FROM clientele_data.job_runs r JOIN clientele_data.jobs j USING (job_id)"
        " ORDER BY run_id DESC LIMIT 2"))


def ended():
    """Runs that are ended from outside, or end their session."""
    for name, command, owner, worker in [
            ("terminated", "SELECT pg_terminate_backend(pg_backend_pid())", "crashed", "crashed"),
            ("cancelled", "SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(60)", "cancelled", "cancelled")]:
        give(command)
        for (way, run), state in zip([("owner", None), ("worker", by_worker)], (owner, worker)):
            prepare()
            if run:
                run(command)
            else:
                psql("CALL clientele.run_job('command')", user=OWNER)
                must("SET ROLE store_owner; SELECT clientele.crash_dead_runs()")
            t.same(f"{name} by {way}", state, last_state())


def last_state():
    return must("SELECT state FROM clientele_data.job_runs ORDER BY run_id DESC LIMIT 1")[0][0]


def limited():
    """max_run_time of a command that obeys, and of one that goes on."""
    stubborn = ("DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN PERFORM note('caught'); END; END LOOP; END $$")
    must("UPDATE clientele_data.jobs SET max_run_time = '200 ms' WHERE name = 'command'", user=OWNER)
    for name, command in [("obeys", "SELECT pg_sleep(60)"), ("goes on", stubborn)]:
        give(command)
        prepare()
        by_worker("")
        t.same(f"a command over its limit that {name}", "timed_out", last_state())
    give("SELECT pg_sleep(60)")
    t.same("the same by run_job()", ("57014", 0, "canceling job due to max_run_time", ["57014"]), by_owner(""))
    must("UPDATE clientele_data.jobs SET max_run_time = '1 day' WHERE name = 'command'", user=OWNER)


def under_settings():
    """Settings of the role are those of the command, and do not hinder what is recorded."""
    for setting, value, command, wanted in [
            ("default_transaction_read_only", "on", "INSERT INTO t VALUES (1000)", "25006"),
            ("default_transaction_isolation", "serializable", "SELECT 1 / (current_setting('transaction_isolation') <> 'serializable')::int", "22012"),
            ("statement_timeout", "'1s'", "SELECT pg_sleep(30)", "57014"),
            ("lock_timeout", "'1ms'", "SELECT 1", "00000"),
            ("idle_in_transaction_session_timeout", "1", "CALL steps(false)", "00000"),
            ("transaction_timeout", "'10s'", "SELECT 1", "00000"),
            ("synchronous_commit", "off", "SELECT 1 / (current_setting('synchronous_commit') <> 'off')::int", "22012"),
            ("search_path", "nothing", "SELECT FROM t", "42P01"),
            ("row_security", "off", "SELECT 1", "00000"),
            ("DateStyle", "'German, DMY'", "SELECT 1 / (current_setting('DateStyle') <> 'German, DMY')::int", "22012"),
            ("session_preload_libraries", "plpgsql", "SELECT 1", "00000"),
            ("default_tablespace", "nothing", "SELECT 1", "00000"),
            ("work_mem", "64", "SELECT 1", "00000"),
            ("role", "job_owner", "SELECT 1", "00000"),
            ("plpgsql.extra_errors", "'all'", "SELECT 1", "00000")]:
        if not int(must(f"SELECT count(*) FROM pg_settings WHERE name = '{setting}' OR '{setting}' ~ '[.]|^role'")[0][0]):
            continue  # of a later version
        give(command)
        for way, run in WAYS:
            prepare()
            must(f"ALTER ROLE job_owner SET {setting} = {value}")
            got = run("")[0]
            must(f"ALTER ROLE job_owner RESET {setting}; ALTER ROLE job_owner SET search_path = work, public")
            # A division by zero says whether the command sees the setting.
            t.same(f"{setting} = {value} by {way}", wanted, got)


def of_login():
    """What the role and the client that call run_job() have set at the login is not for the job: it has what a worker has."""
    must("ALTER SYSTEM SET seq_page_cost = 3; ALTER SYSTEM SET work_mem = '5MB'; SELECT pg_reload_conf();"
         "ALTER DATABASE jobs SET random_page_cost = 5; ALTER DATABASE jobs SET cpu_tuple_cost = 0.5; ALTER ROLE ALL SET geqo_seed = 0.25")
    must("ALTER ROLE postgres SET lo_compat_privileges = on; ALTER ROLE postgres SET seq_page_cost = 7;"
         "ALTER ROLE postgres IN DATABASE jobs SET cpu_tuple_cost = 0.75; ALTER ROLE postgres SET TimeZone = 'Asia/Shanghai'")
    # Another value for each that a client can say; what is left out hinders the client, or one setting excludes others.
    options = must("""SELECT format('-c %s=%s', name, CASE vartype WHEN 'bool' THEN CASE setting WHEN 'on' THEN 'off' ELSE 'on' END
        ELSE (SELECT min(v) FROM unnest(enumvals) v WHERE v <> setting AND v !~ ' ') END) FROM pg_settings
      WHERE context IN ('user', 'superuser') AND vartype IN ('bool', 'enum')
        AND name !~ 'default_transaction_isolation|^(log_min|client_min|transaction_|debug_|log_statement_stats|default_with_oids|exit_on_error|is_superuser|client_enc)' ORDER BY name""")
    options = [row[0] for row in options] + ["-c work_mem=99MB", "-c search_path=nothing", "-c DateStyle=German,DMY", "-c random_page_cost=9", "-c extra_float_digits=-2",
                                             "-c clientele.trusted_owners=job_owner", "-c geqo_seed=0.75", "-c default_tablespace=pg_default"]
    t.check("there are settings", len(options) > 60 and "-c session_replication_role=local" in options, options)
    give("CREATE TABLE seen AS SELECT name, setting FROM pg_settings WHERE context IN ('user', 'superuser') AND "
         "name NOT IN ('application_name', 'client_encoding', 'client_min_messages')")
    content = "SELECT name, setting FROM work.seen ORDER BY name"
    prepare()
    by_worker("")
    wanted = dict(must(content))
    t.same("the command of a worker has the settings of files, database and role", ["3", "5120", "5", "0.5", "0.25", "work, public"],
           [wanted[name] for name in ("seq_page_cost", "work_mem", "random_page_cost", "cpu_tuple_cost", "geqo_seed", "search_path")])
    for user, environment in [("postgres", {}), ("postgres", {"PGOPTIONS": " ".join(options), "PGTZ": "Europe/Berlin"}),
                              (OWNER, {"PGOPTIONS": "-c work_mem=99MB -c search_path=nothing", "PGTZ": "Europe/Berlin"}),
                              (OWNER, {"PGOPTIONS": "-c lock_timeout=7s -c synchronous_commit=local"})]:
        prepare()
        show = "SELECT name, setting FROM pg_settings WHERE context IN ('user', 'superuser') ORDER BY name;"
        done = psql(f"DO 'BEGIN END'; SET geqo_threshold = 9; SET lock_timeout = 800; {show} CALL clientele.run_job('command'); SELECT 'after'; {show}", user=user, environment=environment)
        if not t.same(f"run_job() by {user} with settings from {list(environment)}", "", "".join(re.findall("(?:ERROR|FATAL|error):.*", done.stderr))):
            continue
        got = dict(must(content))
        t.same(f"settings that differ from those of a worker, by {user} with {len(environment)}", {},
               {name: (value, got.get(name)) for name, value in wanted.items() if got.get(name) != value}, done.stderr[-300:])
        before, after = done.stdout.split("after\n")
        t.same("the session has its own again", [], sorted(set(before.split("\n")) ^ set(after.split("\n"))))
        t.check("they are listed", len(before) > 1000, before)
    must("ALTER SYSTEM RESET seq_page_cost; ALTER SYSTEM RESET work_mem; SELECT pg_reload_conf(); ALTER ROLE ALL RESET geqo_seed;"
         "ALTER DATABASE jobs RESET ALL; ALTER ROLE postgres RESET ALL; ALTER ROLE postgres IN DATABASE jobs RESET ALL")


def exits():
    """exit_on_error of the owner or of the caller does not end the session before the error is recorded."""
    give("SELECT 1 / 0")
    for who in (OWNER, "postgres"):
        must(f"ALTER ROLE {who} SET exit_on_error = on")
        for user in (OWNER, "postgres"):
            done = psql("\\set VERBOSITY sqlstate\nCALL clientele.run_job('command');\n\\echo RESULT :SQLSTATE\nSHOW exit_on_error", user=user)
            t.same(f"exit_on_error of {who}, by {user}", ["RESULT 22012", "on" if who == user else "off"], done.stdout.split("\n")[:-1], done.stderr)
            t.same(f"exit_on_error of {who}, by {user}: what is recorded", ("22012", 0, "division by zero"), recorded())
        t.same(f"exit_on_error of {who}, by a worker", ("22012", 0, "division by zero"), by_worker(""))
        t.same(f"exit_on_error of {who}, by a worker: how it ended", "failed", last_state())
        must(f"ALTER ROLE {who} RESET exit_on_error")


def extended():
    """The extended protocol keeps the call in a cached plan."""
    script = pathlib.Path(directory) / "call.sql"
    script.write_text("CALL clientele.run_job('command');\n", encoding="utf-8")
    for mode, user in [("extended", OWNER), ("prepared", OWNER), ("extended", "postgres"), ("prepared", "postgres")]:
        prepare()
        give("CALL steps(false)")
        done = subprocess.run([BIN / "pgbench", "-n", "-M", mode, "-t", "3", "-f", script, "-h", SOCKET, "-p", "5432", "-U", user, "jobs"],
                              capture_output=True, text=True, check=False)
        # The second call inserts the same numbers.
        t.same(f"{mode} by {user}: the first call", [["succeeded", "failed"]], must(
            "SELECT min(state) FILTER (WHERE n = 2), max(state) FILTER (WHERE n = 1) FROM (SELECT state, row_number() OVER (ORDER BY run_id DESC) n"
            " FROM clientele_data.job_runs) r"), done.stderr[-300:])


directory = tempfile.mkdtemp(prefix="clientele_jobs_")
SOCKET = directory
data = pathlib.Path(directory) / "data"
try:
    if AS_SERVER:
        shutil.chown(directory, "postgres")
    subprocess.run([*AS_SERVER, BIN / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"],
                   check=True, stdout=subprocess.DEVNULL, cwd="/")
    # The name of a file is bytes that are not text.
    subprocess.run([*AS_SERVER, "sh", "-c", f"mkdir {data}/bytes && touch {data}/bytes/$(printf '\\377\\376')"], check=True)
    # Its processes get no more memory than this, in kB, so that one can ask for too much.
    subprocess.run([*AS_SERVER, "sh", "-c", 'ulimit -v 900000; exec "$@"', "sh", BIN / "pg_ctl", "-D", data, "-l", f"{directory}/log", "-w", "-o",
                    f"-c listen_addresses='' -c unix_socket_directories='{directory}' -c shared_preload_libraries=clientele -c fsync=off",
                    "start"], check=True, stdout=subprocess.DEVNULL, cwd="/")
    must(SETUP, "postgres")
    must(STORE)
    must("SET client_min_messages = warning; SELECT clientele.add_job('command', 'SELECT 1', every => '1000 years', max_retries => 0)", user=OWNER)
    compare()
    extended()
    ended()
    recorded_late()
    limited()
    under_settings()
    of_login()
    exits()
    within()
    attack()
    forged()
finally:
    subprocess.run([*AS_SERVER, BIN / "pg_ctl", "-D", data, "-m", "immediate", "stop"], stdout=subprocess.DEVNULL, check=False, cwd="/")
    if os.environ.get("CLIENTELE_KEEP"):
        print(directory)
    else:
        shutil.rmtree(directory, ignore_errors=True)
t.end()
