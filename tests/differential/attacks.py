#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""A role that may create objects, beside others who use the extension: nothing of hers runs with their rights.

usage: attacks.py [SEED [COUNT]]      (default: a fresh seed; CLIENTELE_ATTACKS or 150 attacks)

mallory may create in schema public, in the database, and in a schema of her own; in some batches she has the
grants that the documents give to those who load or who refresh tags, or has made the store, or its schemas.
attack_kinds.py has what she makes. Then a superuser, the owner of a store, one who loads and one who reads call
every function and procedure of the extension, with arguments made up from their types where none are
written below, under several search paths, and read every view. Her payload raises a warning when it runs
with other rights than hers, or can come by them. Plain calls of it by others, planted in each batch, must be seen.
"""
import os
import random
import re
import subprocess
import sys
import time

from attack_kinds import KINDS, MALLORY, OURS, PAYLOAD, SUPERUSER, WEIGHTS, Attack, ident, quote
from checks import PSQL, Checks

PER_BATCH = 40
ROLES = {"keeper": "attacks_keeper", "loader": "attacks_loader", "reader": "attacks_reader"}
TEMPLATE, PLACE = "attacks_template", "attacks_place"
BG = '{"model": "BG/NBD", "parameters": {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}}'
SPEND = '{"model": "Gamma-Gamma", "parameters": {"p": 6.25, "q": 3.74, "v": 15.44}}'
CONTRACT = '{"model": "sBG", "parameters": {"alpha": 0.668, "beta": 3.806}}'
MATCH = '{"lambda": 0.25, "columns": [{"column": "a", "kind": "name", "m": [0.7, 0.1, 0.1, 0.1], "u": [0.1, 0.1, 0.1, 0.7]}, {"column": "b", "kind": "code", "m": [0.7, 0.1, 0.1, 0.1], "u": [0.1, 0.1, 0.1, 0.7]}, {"column": "c", "kind": "exact", "m": [0.9, 0.1], "u": [0.2, 0.8]}], "block": ["d"]}'
CHURN = '{"features": [{"name": "events", "coefficient": 0.1}], "features_def": {"time_zone": "UTC"}}'

# Arguments by type; each names its type in full, as what the caller says must not be what is attacked.
VALUES = {
    "text": ["vip", "*", "buy", "#1", "UTC", "journey", "event_count(journey) > 1", "standard", "text", "2026-01-01", "12.5", "{}", "eight"],
    "varchar": ["{}", "vip"], "text[]": ["{buy,web:*}", "{vip}", "{value}"], "int4": ["1", "3"], "int8": ["1", "5"], "int8[]": ["{1,2}"], "int4[]": ["{1,2}", "{6,7}"],
    "float8": ["1", "2.5", "0.1"], "float8[]": ["{1,2}"], "numeric": ["12.5", "1700000000"], "bool": ["t", "f"], "bool[]": ["{t,f}"],
    "timestamptz": ["2026-02-01Z"], "timestamptz[]": ["{2026-01-01Z,2026-01-02Z}"], "interval": ["1 day", "30 min"], "interval[]": ["{1 day,2 days}"],
    "jsonb": ['{"a": 1}'], "jsonb[]": ["{}"], "bytea": ["\\x00"], "regclass": ["public.base_parts", "public.base_events"],
    "journey": ["{1@2026-01-01T00:00:00Z,2@2026-01-02T00:00:00Z#1=1.5}"], "audience": ["{1-5}", "{}"], "tag_query": ["vip & !churned", "value.*", "spent > 10"],
    "tag_scores": ["{1=5}"], "funnel_def": ['{"steps": ["*", "buy"]}'], "path_def": ["{}"], "btyd_model": [BG], "spend_model": [SPEND],
    "contract_model": [CONTRACT], "churn_model": [CHURN], "rfm_cuts_def": ["{}"], "churn_def": ["{}"], "churn_features_def": ["{}"],
    "feedback_lexicon": ['{"words": [{"class": "a", "word": "x"}]}'], "text_def": ["{}"],
    "text_model": ['{"definition": {}, "labels": [{"label": "a", "weights": []}, {"label": "b", "weights": []}], "kept": [], "idf": []}'],
    "match_def": ['{"compare": ["a:name", "b:name", "c:name"], "block": ["d"]}'], "match_model": [MATCH], "refcursor": ["c"],
    "purchase_def": ['{"until": "2026-02-01T00:00:00Z", "purchase": "buy"}'],
}
NAMED = {"model": ["m", "m@1", BG], "name": ["m", "vip", "n"], "spend_model": ["s"], "kind": ["query", "journey", "tags"], "holdout": ["public.base_holdout"],
         "customers": ["public.base_holdout"], "source": ["public.base_holdout"], "holds": ["flag", "number"], "scheme": ["standard", "eight_en"], "role": ["purchase"],
         "relation": ["tags", "journeys"], "privilege": ["SELECT"], "argument": ["at"], "column_name": ["at"], "criterion": ["bias"], "at": ["2026-02-01Z"]}
EXPRESSIONS = {"purchase_def": ["clientele.purchase_def('2026-02-01Z', purchase => 'buy')"], "path_def": ["clientele.path_def()"], "rfm_cuts_def": ["clientele.rfm_cuts_def()"],
               "churn_def": ["clientele.churn_def()"], "text_def": ["clientele.text_def()"], "churn_features_def": ["clientele.churn_features_def()"], "rfm": ["clientele.rfm_segments_row"],
               "funnel_def": ["clientele.funnel_def('{*,buy}')"]}


def literal(value, kind):
    return f"{quote(value)}::{kind}"


class World:
    """The database that batches are copied from, and what its catalog says."""

    def __init__(self, checks):
        self.checks = checks
        script = "SET client_min_messages = warning;\n"
        for role in [*ROLES.values(), MALLORY]:
            script += f"SELECT 'DROP OWNED BY {role}' FROM pg_roles WHERE rolname = '{role}' \\gexec\nDROP ROLE IF EXISTS {role};\nCREATE ROLE {role} LOGIN;\n"
        self.admin("".join(f"DROP DATABASE IF EXISTS {d} WITH (FORCE);\n" for d in (PLACE, TEMPLATE)) + f"{script}CREATE DATABASE {TEMPLATE};\n")
        checks.psql("CREATE EXTENSION clientele;", TEMPLATE)
        self.functions = []
        for row in checks.psql("""
            SELECT p.oid::regprocedure, quote_ident(nspname) || '.' || quote_ident(proname), prokind, proretset, prorettype::regtype,
                   array_to_string(ARRAY(SELECT format_type(a, NULL) FROM unnest(proargtypes) WITH ORDINALITY u (a, n) ORDER BY n), '|'),
                   array_to_string(proargnames, '|'), provariadic <> 0
            FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
            WHERE nspname = 'clientele' AND proname NOT IN ('drop_store', 'create_store')
              AND prorettype NOT IN ('internal'::regtype, 'trigger'::regtype, 'cstring'::regtype)
              AND NOT proargtypes::oid[] && ARRAY['internal', 'cstring']::regtype[]::oid[] ORDER BY p.oid::regprocedure::text COLLATE "C" """, TEMPLATE):
            self.functions.append(row)
        words = checks.psql(r"""
            WITH words AS (SELECT DISTINCT w[1] AS word FROM pg_proc, regexp_matches(prosrc, '\m[a-z_0-9]{2,40}\M', 'g') w
                           WHERE pronamespace = 'clientele'::regnamespace AND prolang <> (SELECT oid FROM pg_language WHERE lanname = 'c'))
            SELECT 'functions', proname FROM pg_proc JOIN words ON word = proname WHERE pronamespace IN ('clientele'::regnamespace, 'pg_catalog'::regnamespace) GROUP BY 2
            UNION ALL SELECT 'operators', oprname FROM pg_operator WHERE oprname !~ '[&|#]{3}|@-@|\?-\||##' AND oprleft <> 0 GROUP BY 2
            UNION ALL SELECT 'types', typname FROM pg_type t JOIN words ON word = typname WHERE typtype IN ('b', 'c', 'd', 'r', 'p') AND typnamespace IN ('clientele'::regnamespace, 'pg_catalog'::regnamespace) GROUP BY 2
            UNION ALL SELECT 'types', unnest('{float8,int4,int8,timestamptz,bool,audience,journey,tag_scores,regtype,oid,record,interval,jsonb}'::text[])
            UNION ALL SELECT 'relations', relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v') AND relname IN (SELECT word FROM words)
            UNION ALL SELECT 'relations', word FROM words WHERE word ~ '^clientele_'
            ORDER BY 1, 2""", TEMPLATE)
        self.words = {}
        for what, word in words:
            self.words.setdefault(what, []).append(word)
        checks.psql("CALL clientele.create_store();", TEMPLATE)
        self.words["tables"] = [r[0] for r in checks.psql("SELECT relname FROM pg_class WHERE relnamespace = 'clientele_data'::regnamespace AND relkind = 'r' ORDER BY 1", TEMPLATE)]
        self.words["texts"] = checks.psql("""SELECT c.relname, a.attname, format_type(a.atttypid, NULL) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE c.relnamespace = 'clientele_data'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
              AND a.atttypid IN ('text'::regtype, 'text[]'::regtype, 'name'::regtype, 'jsonb'::regtype) ORDER BY 1, 2""", TEMPLATE)
        self.words["relations"] += self.words["tables"] + ["journeys", "u", "c", "d", "answer", "refresh", "t", "k", "m", "r"]
        self.words["columns"] = [r[0] for r in checks.psql("SELECT DISTINCT attname FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped AND (attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'clientele_data'::regnamespace) OR attrelid IN ('pg_class'::regclass, 'pg_roles'::regclass, 'pg_attribute'::regclass)) AND attname <> 'id' ORDER BY 1", TEMPLATE)]
        self.bi_functions = checks.psql("SELECT p.oid::regprocedure, 'clientele_bi.' || quote_ident(proname), prokind, proretset, prorettype::regtype, array_to_string(ARRAY(SELECT format_type(a, NULL) FROM unnest(proargtypes) WITH ORDINALITY u (a, n) ORDER BY n), '|'), array_to_string(proargnames, '|'), provariadic <> 0 FROM pg_proc p WHERE pronamespace IN ('clientele_bi'::regnamespace, 'clientele_data'::regnamespace)", TEMPLATE)
        self.views = [r[0] for r in checks.psql("SELECT oid::regclass FROM pg_class WHERE relnamespace = 'clientele_bi'::regnamespace AND relkind = 'v' ORDER BY 1", TEMPLATE)]
        checks.psql("CALL clientele.drop_store();", TEMPLATE)

    def admin(self, script):
        return self.checks.psql(script, "postgres")

    def fresh(self, extension=True):
        self.admin(f"SET client_min_messages = warning; DROP DATABASE IF EXISTS {PLACE} WITH (FORCE); CREATE DATABASE {PLACE}" + (f" TEMPLATE {TEMPLATE}" if extension else "") + ";\n"
                   f"ALTER ROLE {MALLORY} RESET ALL; GRANT CREATE, TEMPORARY ON DATABASE {PLACE} TO {MALLORY}; GRANT TEMPORARY ON DATABASE {PLACE} TO PUBLIC;")
        self.checks.psql(f"GRANT CREATE ON SCHEMA public TO {MALLORY};", PLACE)

    def drop(self):
        self.admin("SET client_min_messages = warning;\n" + "".join(f"DROP DATABASE IF EXISTS {d} WITH (FORCE);\n" for d in (PLACE, TEMPLATE))
                   + "".join(f"DROP ROLE IF EXISTS {r};\n" for r in [*ROLES.values(), MALLORY]))


def calls_of(rng, function):
    """Calls of a function, each argument a value of its type and, if it has a name that says more, for its name."""
    _, name, kind, is_set, returned, types, names, _ = function
    arguments = []
    names = names.split("|") if names else []
    for n, kind_of in enumerate(types.split("|") if types else []):
        plain = kind_of.replace("clientele.", "")
        short = {"bigint": "int8", "integer": "int4", "double precision": "float8", "boolean": "bool", "timestamp with time zone": "timestamptz",
                 "character varying": "varchar"}
        base = plain.replace("[]", "")
        short_name = short.get(base, base) + ("[]" if plain.endswith("[]") else "")
        full = f"clientele.{plain}" if base in OURS or kind_of.startswith("clientele.") else f"pg_catalog.{short_name}"
        named = names[n] if n < len(names) else ""
        if short_name in EXPRESSIONS and rng.random() < 0.7 and short_name != "rfm":
            arguments.append(rng.choice(EXPRESSIONS[short_name]))
        elif short_name == "text" and named in NAMED:
            arguments.append(literal(rng.choice(NAMED[named]), full))
        elif short_name == "rfm":
            arguments.append("clientele.rfm_score('1 day'::pg_catalog.interval, 3, 10, '{\"recency_cuts\": [\"90 days\", \"30 days\"], \"frequency_cuts\": [1, 2], \"monetary_cuts\": [1, 2]}'::clientele.rfm_cuts)")
        elif short_name in VALUES:
            arguments.append(literal(rng.choice(VALUES[short_name]), full))
        else:
            arguments.append(f"NULL::{full}")
    call = f"{name}({', '.join(arguments)})"
    if kind == "p":
        return f"CALL {call}"
    if kind == "a":
        return f"SELECT {call} FROM pg_catalog.generate_series(1, 2)"
    if kind == "w":
        return f"SELECT {call} OVER () FROM pg_catalog.generate_series(1, 2)"
    return f"SELECT * FROM {call} f" if is_set == "t" or returned == "record" else f"SELECT {call}"


def load_call(rel, columns):
    arguments = [f"source => {quote(rel)}::pg_catalog.regclass"] + [f"{k} => {quote(v)}" for k, v in columns.items()]
    return f"CALL clientele.load_events({', '.join(arguments)})"


def source_calls(number, rel, columns):
    """What others do with a table of hers as a source: all of it is said, whatever fails."""
    named = {k: quote(ident(v)) for k, v in columns.items()}
    more = [f"{k} => {named[k]}" for k in ("channel", "item", "amount") if k in named]
    more += [f"properties => pg_catalog.jsonb_build_object('p', {named['properties']}::pg_catalog.text)"] if "properties" in named else []
    source = f"'source {number}'"
    arguments = [source, f"{quote(rel)}::pg_catalog.regclass", f"pg_catalog.jsonb_build_object('customer', {named.get('customer', quote('customer'))}::pg_catalog.text)",
                 named.get("at", quote("at")), named.get("event", quote("event")), *more, "event_id => 'pg_catalog.md5(s::pg_catalog.text)'"]
    return [f"SELECT * FROM clientele.add_source({', '.join(arguments)})", f"SELECT * FROM clientele.preview_source({source})", f"SELECT clientele.ingest_batch({source})",
            f"SELECT * FROM clientele.alter_source({source}, channel => {quote(ident('event'))})", f"CALL clientele.ingest({source})", f"SELECT * FROM clientele.retry_rejects({source})"]


# What the store needs so that calls find something, and rules with types that are mixed in every way.
BASE = r"""
SET client_min_messages = warning;
CREATE TABLE public.base_events AS
SELECT 'c' || g % 9 AS customer, timestamptz '2026-01-01Z' + g * interval '1 h' AS at, (ARRAY['buy','view','return','complaint','search'])[1 + g % 5] AS event,
       'web'::text AS channel, 'i' || g % 4 AS item, (g % 7)::numeric AS amount FROM generate_series(1, 200) g;
CREATE TABLE public.base_parts (customer_id bigint, journey clientele.journey);
CREATE TABLE public.base_holdout AS SELECT g AS x, g + 0.5::float8 AS t_x, g + 2::float8 AS age, g AS holdout_x, 3::float8 AS holdout_age, ARRAY[0, 1]::float8[] AS times,
       2::float8 AS monetary, 2::float8 AS holdout_monetary, 1 AS period, true AS renewed FROM generate_series(1, 5) g;
GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC;
CALL clientele.load_events('public.base_events', channel => 'channel', item => 'item', amount => 'amount');
SELECT count(*) FROM clientele.add_source('n', 'public.base_events', '{"customer": "customer"}', 'at', 'event', channel => 'channel', item => 'item', amount => 'amount', event_id => 'md5(s::text)');
DO $do$ BEGIN
  PERFORM clientele.define_starter_tags();
  PERFORM clientele.define_tag(n, r) FROM (VALUES ('vip', 'event_count(journey) > 3'), ('spent', $$amount_sum(journey, '*') * 1.5$$), ('mix1', $$amount_sum(journey, 'buy')::float8 >= 12.5$$),
    ('mix2', $$CASE WHEN event_count(journey) || '' ~ '1' THEN 'a' || 1 ELSE top_event(journey) END$$), ('mix3', $$SELECT customer_id, count(*) / 2.0 FROM clientele_data.identities GROUP BY 1$$),
    ('mix4', $$last_at(journey) > refresh.at - interval '400 days' AND customer_id > 0$$), ('mix5', 'vip & !mix1 | spent > 3'), ('mix6', $$channels(journey)$$),
    ('mix7', $$SELECT customer_id FROM clientele_data.journeys WHERE day_count(journey) + 0.5 > 1 AND length(top_channel(journey)) < 9$$)) v (n, r);
END $do$;
SELECT count(*) FROM clientele.refresh_tags();
SELECT clientele.save_model('m', :'bg'::clientele.btyd_model), clientele.save_model('s', :'spend'::clientele.spend_model);
"""


class Batch:
    def __init__(self, world, checks, rng, first, count, shape):
        self.world, self.checks, self.rng, self.shape = world, checks, rng, shape
        self.grants = rng.choice(["none", "loads", "refreshes", "all"]) if shape in ("superuser", "keeper") else "none"
        kinds = list(KINDS)
        if shape in ("superuser", "keeper"):
            kinds.remove("on_the_store")
        weights = [WEIGHTS.get(k, 1) * (0.2 if k in ("rule_rows", "added_source", "added_job", "other_rows", "changed_rows") and self.grants == "none" and shape != "own" else 1) * (5 if k == "on_the_store" else 1) for k in kinds]
        schemas = ["public"] * 3 + ["mallory"] + (["clientele_data", "clientele_bi"] if shape not in ("superuser", "keeper") else [])
        self.attacks = [Attack(first + n, kind, rng, world.words, schemas) for n, kind in enumerate(rng.choices(kinds, weights, k=count))]
        self.made, self.ran, self.called, self.worked = {}, [], 0, 0
        self.statements = {}

    def session(self, role, statements, preamble=""):
        """Says the statements one by one as a role; what failed, and what it says about attacks."""
        script = ["\\set ON_ERROR_STOP 0\n\\set VERBOSITY terse\n\\pset format unaligned\n" + preamble]
        for n, statement in enumerate(statements):
            script.append(f"\\warn CALL {n}\n{statement};\n")
        done = subprocess.run([PSQL, "-XqAt", "-d", PLACE, "-U", role], input="".join(script), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True, encoding="utf-8", errors="replace", check=False)
        failed, at = {}, -1
        for line in done.stderr.split("\n"):
            found = re.match(r"CALL (\d+)$", line)
            if found:
                at = int(found[1])
            elif "ATTACK " in line:
                self.ran.append((re.search(r"ATTACK (.*)", line)[1], role, statements[at] if at >= 0 else preamble))
            elif "server closed" in line:
                failed[at] = line
                self.ran.append(("crash", role, statements[at]))
            elif at in failed:
                pass    # the first error is the one that says why
            elif "ERROR:" in line or "FATAL:" in line:
                failed[at] = line
        return failed

    def owner(self, statements):
        failed = self.session(SUPERUSER, statements)
        for n, line in failed.items():
            self.checks.check(f"batch {self.shape}: {statements[n][:200]}", False, line)

    def grant(self, role, what):
        """The grants of docs/dba.md."""
        loads = [f"GRANT USAGE ON SCHEMA clientele_data TO {role}", f"GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA clientele_data TO {role}",
                 f"GRANT UPDATE ON clientele_data.stored_journeys, clientele_data.load_runs TO {role}",
                 f"GRANT UPDATE, DELETE ON {', '.join('clientele_data.' + t for t in self.world.words['tables'] if t.startswith(('source', 'job')))} TO {role}", f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA clientele_data TO {role}"]
        tags = [t for t in self.world.words["tables"] if t.startswith("tag")]
        refreshes = [f"GRANT USAGE ON SCHEMA clientele_data TO {role}", f"GRANT SELECT ON clientele_data.journeys, clientele_data.customers, clientele_data.journey_changes, clientele_data.event_types TO {role}",
                     f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join('clientele_data.' + t for t in tags)} TO {role}", f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA clientele_data TO {role}"]
        return {"none": [], "loads": loads, "refreshes": refreshes, "all": loads + refreshes}[what]

    def mallory(self):
        self.session(MALLORY, [PAYLOAD.strip().rstrip(";")])

    def set_up(self, attacks):
        statements, of = [], []
        for a in attacks:
            if a.setup:
                statements.append("BEGIN;\n" + ";\n".join(a.setup) + ";\nCOMMIT")
                of.append(a)
        failed = self.session(MALLORY, statements, "SET client_min_messages = warning;\n")
        for n, a in enumerate(of):
            self.made[a.number] = n not in failed
            if n in failed and os.environ.get("ATTACKS_VERBOSE"):
                print("not made:", a.label, failed[n])
        for a in attacks:
            if not a.setup:
                self.made[a.number] = bool(a.pg_temp)

    def calls(self):
        rng = self.rng
        calls = []
        for a in self.attacks:
            if not self.made.get(a.number):
                continue
            calls += [load_call(rel, columns) for rel, columns in a.sources]
            for n, (rel, columns) in enumerate(a.sources):
                calls += source_calls(f"{a.number} {n}", rel, columns)
            calls += [f"SELECT clientele.merge_journeys({quote(rel)}::pg_catalog.regclass)" for rel in a.parts]
            for rel in a.holdouts:
                calls += [f"SELECT * FROM clientele.compare_models('m', {quote(rel)})", f"SELECT * FROM clientele.track_purchases('m', {quote(rel)})",
                          f"SELECT clientele.choose_model('s', {quote(rel)})", f"SELECT clientele.caller_source({quote(rel)}, '{{x}}')"]
        plain = [calls_of(rng, f) for f in self.world.functions + self.world.bi_functions]
        rng.shuffle(plain)
        calls += plain
        if self.shape not in ("own",):    # a view of hers runs its functions with the rights of the reader
            calls += [f"SELECT * FROM {v}" for v in self.world.views]
        calls += ["SELECT * FROM clientele.refresh_tags()", "SELECT * FROM clientele.refresh_tags(complete => true)", "SELECT * FROM clientele.define_starter_tags()",
                  "SELECT clientele.define_tag('later', 'event_count(journey) * 1.5 > 3')", "SELECT * FROM clientele.refresh_tags()",
                  "SELECT * FROM clientele.audience_portrait('{1-5}')", "SELECT * FROM clientele.tag_overlap()", "SELECT clientele.audience_of('vip | zz.*')",
                  "SELECT clientele.funnel(journey, '{*,buy}', '1 day') FROM clientele_data.journeys" if self.shape != "own" else "SELECT 1",
                  "CALL clientele.load_events('public.base_events', channel => 'channel', item => 'item', amount => 'amount')",
                  "SELECT * FROM clientele.check_sources()", "CALL clientele.ingest()", *(f"CALL clientele.run_job('zzjob{n}')" for n in range(3)), "SELECT * FROM clientele.alter_source('n', event => 'lower(event)')", "SELECT * FROM clientele.retry_rejects()",
                  "SELECT clientele.prune_journey_changes()", "SELECT * FROM clientele_bi.funnel(clientele.funnel_def('{*,buy}'))",
                  "SELECT * FROM clientele_bi.path_links(clientele.path_def())"]
        return calls

    def others(self, role, path, more=""):
        calls = self.calls()
        failed = self.session(role, calls, f"SET search_path = {path};\nSET statement_timeout = '20s';\n{more}")
        self.called += len(calls)
        self.worked += len(calls) - len(failed)

    def path(self):
        return self.rng.choice(["public, clientele", "''", "mallory, public, clientele, pg_catalog", "mallory, pg_catalog, public, clientele", "\"$user\", public",
                                "public, pg_temp, clientele, pg_catalog", "clientele_data, clientele, public, mallory"])

    def run(self):
        rng, world = self.rng, self.world
        early = self.shape == "before"
        world.fresh(extension=not early)
        self.mallory()
        if early:       # her schema is there before the extension: that must be refused, and the next try must not be hers
            self.session(MALLORY, ["CREATE SCHEMA clientele", "GRANT ALL ON SCHEMA clientele TO PUBLIC", f"CREATE TYPE clientele.audience", f"CREATE TABLE clientele.t (a pg_catalog.int4)",
                                   "CREATE FUNCTION clientele.require_store(pg_catalog.text, pg_catalog.text) RETURNS pg_catalog.bool LANGUAGE sql AS $$ SELECT mallory.payload('require_store') $$",
                                   "CREATE FUNCTION clientele.int4(pg_catalog.text) RETURNS pg_catalog.bool LANGUAGE sql AS $$ SELECT mallory.payload('int4') $$",
                                   "CREATE DOMAIN clientele.text AS pg_catalog.text CHECK (mallory.payload('text'))"][:rng.choice([1, 2, 7])])
            failed = self.session(SUPERUSER, ["CREATE EXTENSION clientele"])
            if failed:
                self.session(SUPERUSER, ["DROP SCHEMA clientele CASCADE", "CREATE EXTENSION clientele"])
        if self.shape in ("schemas", "before"):
            self.session(MALLORY, ["CREATE SCHEMA clientele_data", "CREATE SCHEMA clientele_bi", "GRANT ALL ON SCHEMA clientele_data, clientele_bi TO PUBLIC"])
        if self.shape == "own":
            self.session(MALLORY, ["CALL clientele.create_store()"])
        else:
            if self.shape == "keeper":
                self.owner([f"GRANT CREATE ON DATABASE {PLACE} TO {ROLES['keeper']}"])
                self.session(ROLES["keeper"], ["CALL clientele.create_store()"])
            failed = self.session(SUPERUSER, ["CALL clientele.create_store()"]) if self.shape != "keeper" else {}
            if failed:      # rightly refused: her schemas go, and all is well
                self.session(SUPERUSER, ["DROP SCHEMA IF EXISTS clientele_data, clientele_bi CASCADE", "CALL clientele.create_store()"])
        base = BASE.replace(":'bg'", quote(BG)).replace(":'spend'", quote(SPEND))
        if self.shape == "keeper":
            self.owner([f"GRANT ALL ON SCHEMA public TO {ROLES['keeper']}"])
        if self.shape != "own":
            builder = ROLES["keeper"] if self.shape == "keeper" else SUPERUSER
            failed = self.session(builder, [base.strip().rstrip(";")])
            self.checks.check(f"the base of batch {self.shape} is made", not failed, str(failed))
        if self.shape != "own":
            self.owner(self.grant(MALLORY, self.grants) + self.grant(ROLES["loader"], "all") + [
                f"GRANT USAGE ON SCHEMA clientele_data, clientele_bi TO {ROLES['reader']}",
                f"GRANT SELECT ON ALL TABLES IN SCHEMA clientele_data, clientele_bi TO {ROLES['reader']}", f"GRANT USAGE ON SCHEMA clientele_bi TO {ROLES['loader']}"])
        self.set_up(self.attacks)
        dba = [s for a in self.attacks if self.made.get(a.number) for s in a.dba]
        if dba:
            self.session(SUPERUSER, dba)
        # Casts of domains and the like run where a superuser fills such a table; that is his own doing.
        self.ran = [r for r in self.ran if r[2] not in dba]
        self.others(SUPERUSER, self.path(), f"SET clientele.trusted_owners = '{ROLES['keeper']}';\n" if self.shape == "keeper" else "")
        self.others(rng.choice([ROLES["loader"], ROLES["reader"]] + ([ROLES["keeper"]] * 3 if self.shape == "keeper" else [])), self.path())
        self.definers()
        if rng.random() < 0.3:
            self.session(SUPERUSER, ["CALL clientele.drop_store(cascade => true)", "DROP EXTENSION clientele CASCADE"])
        self.verdict()

    def definers(self):
        """mallory calls careful functions of a superuser that call ours, with shadows in her own pg_temp."""
        calls = [calls_of(self.rng, f) for f in self.world.functions if f[2] == "f"] + [f"SELECT * FROM {v}" for v in self.world.views if self.shape != "own"]
        calls += ["SELECT * FROM clientele.refresh_tags()", "CALL clientele.load_events('public.base_events')"]
        make, use = [], []
        for n, call in enumerate(calls):
            body = call.replace("SELECT", "PERFORM", 1) if call.startswith("SELECT") else call
            make.append(f"CREATE FUNCTION public.sd_{n}() RETURNS pg_catalog.void LANGUAGE plpgsql SECURITY DEFINER SET search_path = {self.rng.choice(['pg_catalog, pg_temp', chr(39) * 2])} AS $sd$ BEGIN {body}; END $sd$")
            use.append(f"SELECT public.sd_{n}()")
        self.owner(make)
        shadows = [s for a in self.attacks for s in a.pg_temp]
        self.session(MALLORY, use, "SET client_min_messages = warning;\n" + "".join(f"{s};\n" for s in shadows) + f"SET search_path = {self.path()};\nSET statement_timeout = '20s';\n")
        self.called += len(use)

    def verdict(self):
        # The detector itself: a plain call, a role that is only lent, and a call at the end of the transaction.
        before, self.ran = self.ran, []
        self.session(SUPERUSER, ["SELECT mallory.payload('control-plain')", f"BEGIN; SET LOCAL ROLE {MALLORY}; SELECT mallory.payload('control-lent'); COMMIT",
                                 "INSERT INTO mallory.later VALUES ('control-later')"])
        seen = {r[0].split(" ")[0] for r in self.ran}
        self.checks.check(f"the detector sees what is planted: {seen}", seen == {"control-plain", "control-lent", "control-later"})
        self.ran = before
        told = {}
        for what, role, statement in self.ran:
            told.setdefault(what.split(" ran as ")[0], (what, role, statement))
        for label, (what, role, statement) in sorted(told.items()):
            attack = next((a for a in self.attacks if a.label == label), None)
            made = "; ".join(attack.setup + attack.dba + attack.pg_temp) if attack else ""
            print(f"{what} [{self.shape}, grants {self.grants}] while {role} said: {statement[:300]}\n    by: {made[:700]}")
            self.checks.check(what, False)
        for a in self.attacks:
            if self.made.get(a.number) and a.label not in told:
                self.checks.count(1, 0)


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(10**6)
    total = int(sys.argv[2]) if len(sys.argv) > 2 else int(os.environ.get("CLIENTELE_ATTACKS", "150"))
    checks = Checks("attacks")
    print(f"seed {seed}, {total} attacks", flush=True)
    start = time.time()
    world = World(checks)
    rng = random.Random(seed)
    made, tried, called, worked, n = {}, {}, 0, 0, 0
    shapes = ["superuser", "superuser", "schemas", "own", "keeper", "superuser", "before"]
    for number in range(10**6):
        if sum(made.values()) >= total or number > total:
            break
        batch = Batch(world, checks, random.Random(rng.random()), n, PER_BATCH, shapes[number % len(shapes)])
        n += PER_BATCH
        batch.run()
        for a in batch.attacks:
            tried[a.kind] = tried.get(a.kind, 0) + 1
            made[a.kind] = made.get(a.kind, 0) + bool(batch.made.get(a.number))
        called, worked = called + batch.called, worked + batch.worked
    print(f"{sum(made.values())} attacks made of {n} in {number} batches, {called} calls, {worked} of others without an error, {time.time() - start:.0f} s")
    print("made of tried: " + ", ".join(f"{k} {made[k]}/{tried[k]}" for k in sorted(tried)))
    # Some kinds succeed only where the role owns the store, three times in ten.
    for kind in tried:
        checks.check(f"some attacks of kind {kind} could be made", made[kind] > 0 or tried[kind] < 40)
    world.drop()
    checks.end()


if __name__ == "__main__":
    main()
