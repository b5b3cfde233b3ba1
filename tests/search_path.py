#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Runs pgspot over the install script: what an attacker's search_path, or his objects, could divert.

usage: search_path.py SCRIPT CONTROL IGNORED     (in a Python that has pgspot)

pgspot alone stops in silence at the first body in BEGIN ATOMIC, takes bare expressions of PL/pgSQL for
errors, looks into no DECLARE, and does not know what the control file settles. Here such bodies are
given to it as strings, all functions that the script has, nested ones too, are counted by another way
and must all have been looked at, and the finds are compared with IGNORED: one a line, with a reason.
A line of IGNORED that finds nothing any more is an error as well.
"""
import re
import sys
from types import SimpleNamespace

from pglast import ast, parse_plpgsql, parse_sql
from pglast.parser import ParseError
import pgspot.visitors as visitors
from pgspot.formatters import format_function, format_name, raw_sql
from pgspot.state import State

# Names of types that the grammar itself takes from pg_catalog.
GRAMMAR_TYPES = {"bigint", "bit", "boolean", "char", "character", "dec", "decimal", "double precision", "float", "int",
                 "integer", "interval", "national", "nchar", "numeric", "real", "smallint", "time", "timestamp", "varchar",
                 # pseudo-types of PL/pgSQL
                 "record", "refcursor"}


class Finds:
    """What pgspot calls a counter: here it keeps the finds, each with the function that it is in."""

    def __init__(self):
        self.args = SimpleNamespace(plpgsql=True, ignore=[], ignore_lang=[], sql_fn=[], summary_only=True,
                                    proc_without_search_path=[])
        self.sql, self.stmt_location, self.found, self.inside = "", 0, [], []

    def note(self, code, what):
        self.found.append((code, self.inside[-1] if self.inside else "script", " ".join(str(what).split())))

    warn = error = note

    def unknown(self, message):
        self.note("unknown", message)


def atomic_as_string(sql):
    """BEGIN ATOMIC ... END; as a string body, which pgspot can read. Its END follows a semicolon, which that of a CASE does not."""
    return re.sub(r"\bBEGIN\s+ATOMIC\b((?:[^;]*;)*?)\s*END;", lambda m: f"AS $atomic${m[1]}$atomic$;", sql, flags=re.S | re.I)


class Visitor(visitors.SQLVisitor):
    seen = []

    def visit_CreateFunctionStmt(self, ancestors, node):
        name = re.sub(r"\(.*", "", format_function(node), flags=re.S)
        arguments = ", ".join(raw_sql(p.argType) for p in node.parameters or () if p.mode.value not in "ot")
        finds = self.state.counter
        finds.inside.append(f"{name}({arguments})")
        Visitor.seen.append(finds.inside[-1])
        options = {o.defname: o.arg for o in node.options}
        if options["language"].sval == "plpgsql" and "set" not in options:
            body = re.sub(r"--[^\n]*", "", options["as"][0].sval)
            for kind in declared_types(body):
                finds.note("declared", f"type {kind} without a schema in DECLARE")
            for statement in re.findall(r"\bEXECUTE\b[^;]*", body):
                finds.note("dynamic", statement[:60])
        super().visit_CreateFunctionStmt(ancestors, node)
        finds.inside.pop()

    def visit_DefineStmt(self, ancestors, node):
        # What is made goes where the script's own path says, which is checked when it is set.
        secure, self.state.searchpath_secure = self.state.searchpath_secure, True
        super().visit_DefineStmt(ancestors, node)
        self.state.searchpath_secure = secure


def declared_types(body):
    """Types of variables that are named without a schema and are not words of the grammar."""
    declarations = re.findall(r"\bDECLARE\b(.*?)\bBEGIN\b", body, flags=re.S | re.I)
    for line in ";".join(declarations).split(";"):
        if not line.strip():
            continue
        kind = re.sub(r"^\s*\w+\s+(CONSTANT\s+)?", "", line, flags=re.I)
        kind = re.split(r":=|=|\bDEFAULT\b|\bNOT NULL\b|\(|\[|%", kind, flags=re.I)[0].strip().lower()
        if "." not in kind and kind not in GRAMMAR_TYPES:
            yield kind


def visit_sql(state, sql, toplevel=False):
    """As pgspot's, but a bare expression of PL/pgSQL is made a query."""
    try:
        parsed = parse_sql(sql)
    except ParseError:
        try:
            parsed = parse_sql("SELECT " + sql)
        except ParseError as problem:
            state.counter.note("unread", f"{problem}: {sql[:200]}")
            return
    visitor = Visitor(state)
    for statement in parsed:
        if toplevel:
            state.counter.stmt_location = statement.stmt_location
        visitor(statement)


def parsed_plpgsql(node):
    try:
        return parse_plpgsql(raw_sql(node))
    except ParseError:
        # What writes the statement again leaves names of parameters that are words of the grammar without their quotes.
        quoted = [p for p in getattr(node, "parameters", None) or () if p.name in ("decimal", "values", "row")]
        if not quoted:
            raise
        for parameter in quoted:
            parameter.name = f'"{parameter.name}"'
        return parse_plpgsql(raw_sql(node))


def visit_plpgsql(state, node):
    try:
        parsed = parsed_plpgsql(node)
    except ParseError as problem:
        state.counter.note("unread", problem)
        return
    visitor = visitors.PLPGSQLVisitor(state)
    for item in parsed:
        visitor(item)


class ScriptState(State):
    """Of the script itself: its own schema is safe in the path, and so is pg_catalog behind it."""

    def is_secure_searchpath(self, setters):
        schemas = [s for s in self.extract_schemas(setters)]
        ours = set(self.created_schemas) | {"pg_catalog"}
        return "pg_catalog" in schemas and schemas[-1] == "pg_temp" and ours.issuperset(schemas[:-1])


def functions_of(sql):
    """All functions that the text makes, nested ones too, counted without a parser."""
    text = re.sub(r"--[^\n]*", "", sql)
    text = re.sub(r"\bCOMMENT\s+ON\b.*?'(?:[^']|'')*'\s*;", "", text, flags=re.S)
    return re.findall(r"\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE)\s+([\w.]+)", text)


def control_schema(control):
    found = re.search(r"^schema\s*=\s*'?(\w+)'?", control, flags=re.M)
    return found[1] if found else None


def read_ignored(text):
    """CODE | place | what | reason, where what may be * for all."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.startswith("#"):
            parts = [p.strip() for p in line.split(" | ")]
            if len(parts) != 4 or not all(parts):
                sys.exit(f"line {number} of what is ignored has not four parts: {line}")
            yield parts


def look_at(script, control):
    """What is found in a script, the functions that were seen in it, and those that it has."""
    script = atomic_as_string(re.sub(r"^\\.*$", "", script, flags=re.M))
    visitors.visit_sql, visitors.visit_plpgsql = visit_sql, visit_plpgsql
    finds = Finds()
    finds.sql = script
    state = ScriptState(finds)
    # An extension's script runs with its schema alone, and pg_temp behind it, in the path.
    state.searchpath_secure = control_schema(control) == "pg_catalog"
    state.created_schemas.append("clientele")
    Visitor.seen = []
    visitor = Visitor(state)
    for statement in parse_sql(script):
        finds.stmt_location = statement.stmt_location
        visitor(statement)
    return finds.found, sorted(s.split("(")[0] for s in Visitor.seen), sorted(functions_of(script))


# What must be found, so that finding nothing says something.
PLANTED = """
CREATE SCHEMA clientele;
SET LOCAL search_path = clientele, pg_catalog, pg_temp;
CREATE PROCEDURE outer() LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $outer$
BEGIN
  CREATE FUNCTION inner() RETURNS int LANGUAGE sql SECURITY DEFINER BEGIN ATOMIC SELECT CASE WHEN 1 + 1 > 2 THEN 3 END; END;
END $outer$;
CREATE FUNCTION bare() RETURNS int LANGUAGE plpgsql AS $$
DECLARE a oid; b integer; c pg_catalog.text;
BEGIN EXECUTE 'SELECT 1'; RETURN b OPERATOR(pg_catalog.+) c::float8; END $$;
CREATE FUNCTION good() RETURNS int LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$ SELECT 1 + 1 $$;
"""
PLANTED_FINDS = [("PS001", "inner()"), ("PS001", "inner()"), ("PS003", "inner()"), ("PS005", "bare()"), ("PS017", "bare()"),
                 ("declared", "bare()"), ("dynamic", "bare()")]


def main():
    script, control, ignored = (open(name, encoding="utf-8").read() for name in sys.argv[1:4])
    passed = failed = 0
    found, got, want = look_at(PLANTED, control)
    if sorted((c, w) for c, w, _ in found) == PLANTED_FINDS and got == want == ["bare", "good", "inner", "outer"]:
        passed += 1
    else:
        failed += 1
        print(f"not ok: what was planted is not what was found: {found} {got} {want}")
    found, got, want = look_at(script, control)
    if want == got and len(want) > 100:
        passed += len(want)
    else:
        failed += 1
        print(f"not ok: pgspot saw {len(got)} functions of {len(want)}: {sorted(set(want) ^ set(got))[:20]}")
    entries, used = list(read_ignored(ignored)), set()
    for code, where, what in found:
        for n, (c, w, t, _) in enumerate(entries):
            if c == code and w == where and t in ("*", what):
                used.add(n)
                break
        else:
            failed += 1
            print(f"not ok: {code} | {where} | {what}")
    for n, entry in enumerate(entries):
        if n not in used:
            failed += 1
            print(f"not ok: nothing is found any more that this line lets pass: {' | '.join(entry)}")
    print(f"pgspot: {passed} passed, {failed} failed, 0 skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
