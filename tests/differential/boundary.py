#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""The line between C++ and PostgreSQL: errors arrive whole, nothing leaks, queries can be cancelled.

usage: boundary.py

Needs a superuser on a server of this machine: it compiles tests/boundary/throwing.cpp and loads it.
How long a cancelled query goes on is printed but never judged: machines differ.
"""
import os
import re
import shlex
import subprocess

from checks import PSQL, Checks, build_module

checks = Checks("boundary")

SETUP = r"""
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS boundary CASCADE;
CREATE SCHEMA boundary;
CREATE FUNCTION boundary.fail(kind text) RETURNS int LANGUAGE c AS '%(module)s', 'boundary_fail';
CREATE FUNCTION boundary.live() RETURNS int LANGUAGE c AS '%(module)s', 'boundary_live';
CREATE FUNCTION boundary.keep(then_fail boolean) RETURNS int LANGUAGE c AS '%(module)s', 'boundary_keep';
-- What a statement fails with, and how many milliseconds it took.
CREATE FUNCTION boundary.fails(statement text, OUT code text, OUT message text, OUT detail text, OUT hint text, OUT ms int)
LANGUAGE plpgsql AS $$
DECLARE start timestamptz := clock_timestamp();
BEGIN
  EXECUTE statement;
  code := 'none';
  ms := extract(epoch FROM clock_timestamp() - start) * 1000;
EXCEPTION WHEN OTHERS OR query_canceled THEN
  GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
  ms := extract(epoch FROM clock_timestamp() - start) * 1000;
END $$;
CREATE FUNCTION boundary.rss() RETURNS bigint LANGUAGE sql VOLATILE AS
  $$SELECT split_part(pg_read_file('/proc/self/statm'), ' ', 2)::bigint * 4096$$;
CREATE FUNCTION boundary.contexts() RETURNS bigint LANGUAGE sql VOLATILE AS
  $$SELECT sum(total_bytes)::bigint FROM pg_backend_memory_contexts$$;
"""

KINDS = {
    "error": "22023|message of the core||hint of the core",
    "no hint": "0A000|message alone||",
    "percent": "22023|100 %s %n||50 %d",
    "bad_alloc": "53200|out of memory||",
    "length_error": "54000|vector::reserve||",
    "invalid_argument": "22023|an invalid argument||",
    "domain_error": "22023|outside the domain||",
    "runtime_error": "XX000|something else||",
    "int": "XX000|unknown C++ exception||",
    "postgres": "22012|message of PostgreSQL|detail of PostgreSQL|hint of PostgreSQL",
    "nested error": "22023|message of the core||hint of the core",
    "nested nested postgres": "22012|message of PostgreSQL|detail of PostgreSQL|hint of PostgreSQL",
    "nested int": "XX000|unknown C++ exception||",
    "long": "54000|" + "长" * 341 + "||" + "长" * 341,
}

# Failing calls of the extension itself, with no store there.
CALLS = ["SELECT clientele.funnel_depth('{}', '{a,b}', '1 h')", "SELECT '{1@x}'::clientele.journey",
         "SELECT clientele.funnel_def('{a[}', NULL)", "SELECT '\\x0105'::bytea::clientele.journey",
         "SELECT clientele.journey(now(), 1, 1, 'NaN') FROM generate_series(1, 3)",
         "SELECT clientele.journey(now(), CASE WHEN n = 9 THEN -1 ELSE n END) FROM generate_series(1, 9) n",
         "SELECT clientele.window_funnel('1 s', now(), n < 5, 1 / (9 - n) > 0) FROM generate_series(1, 9) n",
         "SELECT clientele.sequence_match(CASE WHEN n < 9 THEN '(?1)' ELSE '(?2)' END, now(), n < 5) FROM generate_series(1, 9) n",
         "SELECT clientele.sequence_next_node('forward', 'head', now(), 'x', true, VARIADIC CASE WHEN n < 9 THEN '{t}' END::boolean[]) FROM generate_series(1, 9) n",
         "SELECT clientele.retention(VARIADIC array_fill(true, ARRAY[n])) FROM generate_series(1, 9) n",
         "SELECT clientele.funnel('{1@2026-01-01T00:00:00Z}', CASE WHEN n < 9 THEN '{#1}' ELSE '{a}' END::text[], NULL) FROM generate_series(1, 9) n",
         "SELECT clientele.path_links('{1@2026-01-01T00:00:00Z}', CASE WHEN n < 9 THEN '{}' ELSE '{\"max_length\": 3}' END::clientele.path_def) FROM generate_series(1, 9) n",
         "SELECT 1 / event_type_id FROM clientele.events('{0@2026-01-01T00:00:00Z}')",
         "SELECT clientele.session_count('{}', '1 month')"]

CANCELLED = [
    ("pack", "SELECT clientele.journey('2026-01-01'::timestamptz + (n * 7919 % 3000017) * interval '1 ms', (n % 3)::int, n) FROM (SELECT generate_series(1::bigint, 30000000)) s (n)"),
    ("merge", "SELECT clientele.journey_merge(j) FROM boundary.hostile, generate_series(1, 30)"),
    ("concat", "SELECT clientele.event_count(j OPERATOR(clientele.||) j) FROM boundary.hostile, generate_series(1, 50)"),
    ("text", "SELECT length(j::text) FROM boundary.hostile, generate_series(1, 20)"),
    ("binary", "SELECT clientele.journey_send(j)::clientele.journey FROM boundary.hostile, generate_series(1, 100)"),
    ("events", "SELECT count(*) FROM boundary.hostile, generate_series(1, 50), clientele.events(j)"),
    ("filter", "SELECT clientele.journey_filter(j, '#1') FROM boundary.hostile, generate_series(1, 100)"),
    ("funnel", "SELECT clientele.funnel_times(j, clientele.funnel_def(array_fill('#0|#1|#2'::text, '{300}'), '1 s', exclusions => '{#7@1-2}')) FROM boundary.hostile, generate_series(1, 50)"),
    ("strict", "SELECT clientele.funnel_times(j, clientele.funnel_def(array_fill('#0|#1|#2'::text, '{30}'), '1 s', 'strict')) FROM boundary.hostile, generate_series(1, 50)"),
    ("any", "SELECT clientele.funnel_times(j, clientele.funnel_def(array_fill('#0|#1|#2'::text, '{30}'), '1 s', 'any')) FROM boundary.hostile, generate_series(1, 50)"),
    ("same item", "SELECT clientele.funnel_times(j, clientele.funnel_def('{#0,#1}', same_item => true)) FROM boundary.hostile, generate_series(1, 50)"),
    ("one instant", "SELECT clientele.funnel_times(tied, clientele.funnel_def('{#0,#1}', NULL, 'strict', same_item => true)) FROM boundary.hostile"),
    ("sessions", "SELECT count(*) FROM boundary.hostile, generate_series(1, 50), clientele.sessions(j, '0 s')"),
    ("path", "SELECT clientele.journey_path(j, clientele.path_def()) FROM boundary.hostile, generate_series(1, 50)"),
    ("links", "SELECT clientele.path_links(j, clientele.path_def()) FROM boundary.hostile, generate_series(1, 50)"),
    ("window_funnel", "SELECT clientele.window_funnel(NULL, '2026-01-01'::timestamptz + (n * 7919 % 3000017) * interval '1 ms', n % 3 = 0, n % 3 = 1) FROM (SELECT generate_series(1::bigint, 30000000)) s (n)"),
    ("sequence", "SELECT clientele.sequence_count('(?1).*(?t!=0.001)(?2).*(?1)(?t>=0.05)(?2)', '2026-01-01'::timestamptz + (n * 7919 % 3000017) * interval '1 ms', n % 3 = 0, n % 3 = 1) FROM (SELECT generate_series(1::bigint, 10000000)) s (n)"),
    ("next node", "SELECT clientele.sequence_next_node('backward', 'last_match', '2026-01-01'::timestamptz + (n * 7919 % 3000017) * interval '1 ms', 'page', true, n % 3 = 0) FROM (SELECT generate_series(1::bigint, 10000000)) s (n)"),
    ("test module", "SELECT boundary.fail('cancelled')"),
]


def psql(script, fail=True):
    """All that a script prints. Some scripts are expected to fail, so the program goes on."""
    done = subprocess.run([PSQL, "-XAtq", "-v", "ON_ERROR_STOP=1"], input=script, capture_output=True, text=True)
    if done.returncode != 0 and fail:
        check(False, "psql", done.stderr[-1500:])
    return done.stdout.strip()


def check(good, what, why=""):
    checks.check(what, good, why)


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def errors_are_whole():
    for kind, wanted in KINDS.items():
        got = psql(f"SELECT code, message, detail, hint FROM boundary.fails({quoted(f'SELECT boundary.fail({quoted(kind)})')})")
        check(got == wanted, kind, f"{got[:200]} is not {wanted[:200]}")
    # An error of PostgreSQL below SPI, in the middle of resolving a selector.
    got = psql("""
        SET client_min_messages = warning; SET search_path = public, clientele;
        BEGIN;
        CALL create_store();
        CREATE FUNCTION boundary.forbids() RETURNS boolean LANGUAGE plpgsql AS $$BEGIN
          RAISE EXCEPTION 'message of a policy' USING ERRCODE = 'P0042', DETAIL = 'its detail', HINT = 'its hint'; END$$;
        INSERT INTO clientele_data.event_types VALUES (1, '', 'a', '{}');
        CREATE POLICY p ON clientele_data.event_types USING (boundary.forbids());
        ALTER TABLE clientele_data.event_types ENABLE ROW LEVEL SECURITY;
        CREATE ROLE clientele_boundary_guest;
        GRANT USAGE ON SCHEMA boundary, clientele_data TO clientele_boundary_guest;
        GRANT SELECT ON clientele_data.event_types TO clientele_boundary_guest;
        SET LOCAL ROLE clientele_boundary_guest;
        SELECT code, message, detail, hint FROM boundary.fails($$SELECT funnel_depth('{}', '{a}', NULL)$$);
        RESET ROLE;
        REVOKE SELECT ON clientele_data.event_types FROM clientele_boundary_guest;
        SET LOCAL ROLE clientele_boundary_guest;
        SELECT code, message FROM boundary.fails($$SELECT event_count('{}', 'a')$$);
        ROLLBACK;""")
    check(got == "P0042|message of a policy|its detail|its hint\n42501|permission denied for table event_types", "below SPI", got)


def nothing_leaks():
    kinds = ",".join(quoted(k) for k in KINDS if k != "long")
    got = psql(f"""SELECT count(*) FROM generate_series(1, 10000) n,
          LATERAL boundary.fails('SELECT boundary.fail(' || quote_literal((ARRAY[{kinds}])[1 + n % {len(KINDS) - 1}]) || ')') f WHERE f.code <> 'none';
        SELECT boundary.live(), boundary.fail('swallowed'), boundary.fail('none');
        SELECT count(*) FROM generate_series(1, 1000) n, LATERAL boundary.fails('SELECT boundary.keep(' || (n % 2 = 0) || ') FROM generate_series(1, 3)') f WHERE f.code = '22023';
        SELECT boundary.live();""")
    check(got == "10000\n0|3|3\n500\n0", "objects after 10,000 errors", got)
    # The extension's own errors: memory is level from the first thousands on.
    loop = f"""DO $$ DECLARE c text; calls text[] := ARRAY[{",".join(map(quoted, CALLS))}]; BEGIN
        FOR i IN 1 .. %d LOOP BEGIN EXECUTE calls[1 + i %% {len(CALLS)}]; RAISE EXCEPTION 'no failure' USING ERRCODE = 'P0077';
        EXCEPTION WHEN SQLSTATE 'P0077' THEN RAISE WARNING 'no failure: %%', calls[1 + i %% {len(CALLS)}]; WHEN OTHERS THEN NULL; END; END LOOP; END $$;
        SELECT boundary.rss(), boundary.contexts();"""
    got = psql(loop % 2000 + loop % 10000)
    before, after = ([int(x) for x in line.split("|")] for line in got.splitlines())
    print(f"10,000 errors: resident memory {after[0] - before[0]:+d} bytes, memory contexts {after[1] - before[1]:+d}")
    check(after[0] - before[0] < 3_000_000 and after[1] - before[1] < 500_000, "memory after 10,000 errors", got)


def queries_are_cancelled():
    psql("""CREATE UNLOGGED TABLE boundary.hostile AS
        SELECT clientele.journey('2026-01-01'::timestamptz + n * interval '1 ms', (n % 3)::int, n * 7919 % 1000003) AS j,
               clientele.journey('2026-01-01', (n % 3)::int, n * 7919 % 1000003) AS tied FROM generate_series(1::bigint, 1000000) n""")
    slowest = ""
    for name, query in CANCELLED:
        got = psql(f"SET jit = off; SET statement_timeout = '150ms'; SELECT code, ms, pg_backend_pid() FROM boundary.fails({quoted(query)});"
                   " SET statement_timeout = 0; SELECT pg_backend_pid();")
        match = re.fullmatch(r"57014\|(\d+)\|(\d+)\n\2", got)
        check(match, f"cancelled {name}", got)
        if match:
            slowest += f" {name} {int(match[1]) - 150}"
    print("milliseconds beyond the time limit:" + slowest)


def memory_runs_out():
    """With its address space limited, a backend says so and lives."""
    for name, room, query in [
            ("packing", 300, "SELECT clientele.journey(now(), 1, n) FROM generate_series(1::bigint, 30000000) n"),
            ("a funnel", 8, "SELECT clientele.funnel_times(j, clientele.funnel_def(array_fill('#0|#1'::text, '{90}'), exclusions => '{#5}')) FROM boundary.hostile")]:
        got = psql(f"""SET work_mem = '4GB'; SELECT clientele.event_count('{{}}', '#1');
            CREATE TEMP TABLE limits (pid int);
            DO $$ BEGIN EXECUTE format('COPY limits TO PROGRAM ''prlimit --pid %s --as=%s''', pg_backend_pid(),
              split_part(pg_read_file('/proc/self/statm'), ' ', 1)::bigint * 4096 + {room} * 1000000); END $$;
            SELECT code FROM boundary.fails({quoted(query)}); SELECT 'lives';""")
        check(got == "0\n53200\nlives", f"out of memory: {name}", got)


def explain_is_true():
    got = psql("""SET work_mem = '2GB'; SET enable_sort = off; SET max_parallel_workers_per_gather = 0; SET jit = off;
        CREATE UNLOGGED TABLE boundary.rows AS SELECT n % 2000 AS customer, '2026-01-01'::timestamptz + n * interval '1 s' AS at, n % 9 AS type FROM generate_series(1, 1000000) n;
        SELECT count(*) FROM boundary.rows; SELECT boundary.rss();
        EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT customer, clientele.journey(at, type) FROM boundary.rows GROUP BY customer;
        SELECT substring(pg_read_file('/proc/self/status') FROM 'VmHWM:\\s+(\\d+) kB')::bigint * 1024;""")
    lines = got.splitlines()
    shown = re.search(r"Memory Usage: (\d+)kB", got)
    if not shown:
        check(False, "EXPLAIN shows a memory usage", got)
        return
    shown, grown = int(shown[1]) * 1024, int(lines[-1]) - int(lines[1])
    print(f"GROUP BY journey(): EXPLAIN shows {shown / 1e6:.1f} MB, the process grew by {grown / 1e6:.1f} MB")
    check(0.5 < shown / max(grown, 1) < 2 and shown > 20_000_000, "EXPLAIN's memory", f"{shown} shown, {grown} grown")


def main():
    module = None
    try:
        module = build_module("boundary", [*shlex.split(os.environ.get("CXX", "g++")), "-std=c++20", "-Wno-register"],
                              ["tests/boundary/throwing.cpp", "src/pg/boundary.cpp"])
        psql(SETUP % dict(module=module))
        for part in (errors_are_whole, nothing_leaks, queries_are_cancelled, memory_runs_out, explain_is_true):
            part()
        psql("SET client_min_messages = warning; DROP SCHEMA boundary CASCADE")
    finally:
        if module:
            module.unlink(missing_ok=True)
    checks.end()


if __name__ == "__main__":
    main()
