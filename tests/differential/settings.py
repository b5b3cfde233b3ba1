#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""The whole main job under many settings of the session and the database: all answers are the same to the byte.

usage: settings.py [SEED]      (default: a fresh seed and half of the settings; CLIENTELE_LONG=1 loads again under every one)

A store is made with a time zone of its own, events come from sources with times and amounts of many types,
some of them unusable, tags are defined and refreshed for a fixed present, and everything runs that the
extension answers. Settings that can matter to loading are in force from CREATE EXTENSION on, the others for a
complete refresh and all questions on a store that is there. What was found is written to tables under the
setting, and read from them under plain ones, so that only the values count and not how they are displayed.
"""
import os
import random
import subprocess
import sys
import time

from checks import PSQL, Checks

BASE, PLACE, OTHER = "settings_base", "settings_place", "settings_other"
LONG = bool(os.environ.get("CLIENTELE_LONG"))
NOTHING = "SELECT"

# Sources, made once under plain settings. Words have capitals, accents and other alphabets, as order and equality of texts may differ.
SOURCES = r"""
CREATE SCHEMA src;
CREATE TABLE src.texts AS
SELECT (ARRAY['anna','Anna','bob','Ärger','ärger','上海','zoe','Zoe','_x','a b'])[1 + g % 10] AS customer,
       CASE WHEN g % 97 = 5 THEN 'never' ELSE to_char(timestamp '2026-01-01 00:10' + g * interval '5 h 7 min', 'YYYY-MM-DD HH24:MI:SS')
         || CASE g % 3 WHEN 0 THEN 'Z' WHEN 1 THEN '+08' ELSE '' END END AS at,
       (ARRAY['purchase','view_item','Purchase','search','加入购物车','return','contact'])[1 + g * 7 % 13 % 7] AS event, (ARRAY['web','App','店'])[1 + g % 3] AS channel,
       'item ' || g % 6 AS item, CASE WHEN g % 89 = 3 THEN 'dear' ELSE (g % 50 + 0.25)::text END AS amount, jsonb_build_object('category', (ARRAY['tea','Tea','茶'])[1 + g % 3])::text AS properties
FROM generate_series(1, 300) g;
CREATE TABLE src.reals AS
SELECT 100 + g % 12 AS customer, timestamp '2026-02-01 00:30' + g * interval '11 h 13 min' AS at, 'purchase'::varchar AS event,
       (ARRAY[19.99, 12345.67, 123456.78, 9999999, 16777215, 0.1, 'NaN'])[1 + g % 7]::real AS amount FROM generate_series(1, 150) g;
CREATE TABLE src.doubles AS
SELECT ('2026-01-0' || 1 + g % 9)::date AS at, (ARRAY['bob','zoe','new 1','new 2'])[1 + g % 4]::name AS customer, 'purchase'::text AS event,
       (ARRAY[0.1, 1234567.891234, 1e-7, 3.3, 99999999999.25])[1 + g % 5]::float8 AS amount FROM generate_series(1, 60) g;
CREATE TABLE src.epochs AS
SELECT 'e' || g % 5 AS customer, (1767225600 + g * 10007)::bigint AS at, 'view_item'::text AS event, g % 4 AS item FROM generate_series(1, 80) g;
CREATE TABLE src.zoned AS
SELECT 'z' || g % 7 AS customer, timestamptz '2026-03-01 15:30Z' + g * interval '3 h' AS at, CASE WHEN g % 31 = 7 THEN '' ELSE 'purchase' END AS event, g::numeric / 4 AS amount,
       timestamptz '2026-03-01 12:00Z' AS noted, g / 3::float8 AS share, interval '1 day 02:03' AS span, '\xdead'::bytea AS raw, date '2026-03-02' AS day
FROM generate_series(1, 90) g;
ANALYZE;
-- What a hostile or careless schema may have before pg_catalog.
CREATE SCHEMA evil;
CREATE FUNCTION evil.no(anyelement, anyelement) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'evil'; END $$;
DO $$ DECLARE o text; t text; BEGIN
  FOREACH o IN ARRAY '{=,<>,<,>,<=,>=,~,||,+,-,*,/}'::text[] LOOP FOREACH t IN ARRAY '{text,bigint,integer,numeric,float8,timestamptz}'::text[] LOOP
    EXECUTE format('CREATE FUNCTION evil.op(%2$s, %2$s, %3$s text DEFAULT NULL) RETURNS boolean LANGUAGE plpgsql AS ''BEGIN RAISE EXCEPTION ''''evil''''; END''', o, t, quote_ident(o));
    EXIT;
  END LOOP; EXIT; END LOOP;
  FOREACH t IN ARRAY '{text,bigint,integer,numeric,float8,timestamptz}'::text[] LOOP
    EXECUTE format('CREATE FUNCTION evil.bad(%1$s, %1$s) RETURNS boolean LANGUAGE plpgsql AS ''BEGIN RAISE EXCEPTION ''''evil''''; END''', t);
    FOREACH o IN ARRAY '{=,<>,<,>,<=,>=,||,+,-,*,/}'::text[] LOOP
      EXECUTE format('CREATE OPERATOR evil.%1$s (LEFTARG = %2$s, RIGHTARG = %2$s, FUNCTION = evil.bad)', o, t);
    END LOOP;
    EXECUTE format('CREATE DOMAIN evil.%I AS pg_catalog.text CHECK (false)', t);
  END LOOP;
END $$;
CREATE FUNCTION evil.coalesce(text) RETURNS text LANGUAGE sql AS $$ SELECT 'evil' $$;
CREATE FUNCTION evil.lower(text) RETURNS text LANGUAGE sql AS $$ SELECT 'evil' $$;
CREATE FUNCTION evil.length(text) RETURNS int LANGUAGE sql AS $$ SELECT -1 $$;
CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT timestamptz '1999-01-01' $$;
CREATE TABLE evil.tags (a int);
CREATE TABLE evil.journeys (a int);
"""

# What is said here names schemas and has no operator, as the path may be anything.
LOAD = r"""
CALL clientele.load_events('src.texts', channel => 'channel', item => 'item', amount => 'amount', properties => 'properties');
CALL clientele.load_events('src.reals', amount => 'amount', identity_kind => 'number');
CALL clientele.load_events('src.doubles', amount => 'amount');
CALL clientele.load_events('src.epochs', item => 'item');
CALL clientele.load_events('src.zoned', amount => 'amount');
BY_HAND
SELECT pg_catalog.count(*) FROM clientele.define_starter_tags();
SELECT clientele.define_tag('days', 'day_count(journey)'), clientele.define_tag('hour', 'extract(hour FROM last_at(journey))'),
       clientele.define_tag('first_day', 'first_at(journey)::date::text'), clientele.define_tag('spent', 'amount_sum(journey, ''purchase'')'),
       clientele.define_tag('big', 'amount_sum(journey, ''purchase'')::float8 >= 1000.5'),
       clientele.define_tag('busy', 'SELECT customer_id, event_count(journey) FROM clientele_data.journeys WHERE event_count(journey) > 3'),
       clientele.define_tag('night', 'usual_hour(journey) < 6'), clientele.define_tag('combined', 'busy & !night'),
       clientele.define_tag('shown', 'last_at(journey)::text'), clientele.define_tag('share', '(event_count(journey, ''purchase'') / event_count(journey)::float8)::text'),
       clientele.define_tag('recent', 'last_at(journey) > refresh.at - interval ''1 mon''');
"""
BY_HAND = "INSERT INTO clientele_data.journeys SELECT c.customer_id, '{1@2026-01-01T16:30:00Z}' FROM (SELECT (clientele.customer_ids('by hand', '{one}'))[1] AS customer_id) c;"
BY_MERGE = ("CREATE TABLE public.parts AS SELECT (clientele.customer_ids('by hand', '{one}'))[1] AS customer_id, '{1@2026-01-01T16:30:00Z}'::clientele.journey AS journey;\n"
            "SELECT clientele.merge_journeys('public.parts');")
LOAD = LOAD.replace("BY_HAND", BY_HAND)

# Compiling all rules as one, or starting workers for each, takes long, so there fewer are refreshed.
REFRESH = "SELECT pg_catalog.count(*) FROM clientele.refresh_tags(at => '2026-04-15 12:00Z', complete => true);\n"
MODELS = r"""
SELECT clientele.save_model('bought', (SELECT clientele.btyd_fit(clientele.purchase_summary(j.journey, clientele.purchase_def('2026-03-01Z', '1 day', '1 week', '2026-04-15Z', 'purchase', 'Asia/Shanghai')), 'BG/NBD')
  FROM clientele_data.journeys j));
SELECT clientele.save_model('money', (SELECT clientele.spend_fit(p.x, p.monetary) FROM (SELECT (clientele.purchase_summary(j.journey, clientele.purchase_def('2026-04-15Z', '1 day', '1 week', purchase => 'purchase', time_zone => 'UTC'))).*
  FROM clientele_data.journeys j) p));
SELECT clientele.save_model('leave', (SELECT clientele.churn_fit(j.journey, clientele.churned(j.journey, '2026-02-15Z', '20 days'), '2026-02-15Z',
  clientele.churn_def(features => clientele.churn_features_def(purchase => 'purchase', time_zone => 'Asia/Shanghai'))) FROM clientele_data.journeys j));
"""

# name: (query, whether its answer is by the clock of the session, as its document says)
QUESTIONS = {
    "customers": ("SELECT customer_id FROM clientele_data.customers", False),
    "identities": ("SELECT kind, value, customer_id FROM clientele_data.identities", False),
    "event_types": ("TABLE clientele_data.event_types", False),
    "items": ("TABLE clientele_data.items", False),
    "journeys": ("TABLE clientele_data.journeys", False),
    "runs": ("SELECT run_id, source, columns, rows_read, rows_packed, rows_rejected, customers, first_event_at, last_event_at FROM clientele_data.load_runs", False),
    "rejects": ("SELECT reject_id, run_id, reason, content FROM clientele_data.rejects", False),
    "events": ("SELECT * FROM clientele_bi.events", False),
    "sessions": ("SELECT * FROM clientele_bi.sessions", False),
    "daily": ("SELECT * FROM clientele_bi.daily_activity", True),
    "rfm": ("SELECT * FROM clientele_bi.rfm", True),
    "quality": ("SELECT run_id, source, rows_read, packed_share, customers FROM clientele_bi.load_quality", False),
    "funnel": ("SELECT * FROM clientele_bi.funnel(clientele.funnel_def('{search,view_item,purchase}', '20 days'))", False),
    "funnel_day": ("SELECT * FROM clientele_bi.funnel(clientele.funnel_def('{*,purchase}', '1 day', natural_day => true, time_zone => 'Asia/Shanghai'))", False),
    "links": ("SELECT * FROM clientele_bi.path_links(clientele.path_def(session_gap => '1 day'))", False),
    "retention": ("SELECT j.customer_id, clientele.day_count(j.journey, '*', 'Asia/Shanghai') AS days, clientele.usual_hour(j.journey, '*', 'UTC') AS hour, clientele.top_event(j.journey) AS top, "
                  "clientele.first_at(j.journey) AS first, clientele.session_count(j.journey, '8 h') AS sessions FROM clientele_data.journeys j", False),
    "properties": ("SELECT j.customer_id, clientele.top_property(j.journey, '*', 'category') AS category, clientele.amount_sum(j.journey, 'purchase') AS spent, clientele.channels(j.journey) AS channels FROM clientele_data.journeys j", False),
    "tags": ("SELECT name, family, kind, rule, holds, per_customer, time_dependent, reads_customers, max_age, uses, description FROM clientele_data.tags", False),
    "audiences": ("SELECT tag, value, customers FROM clientele_data.tag_audiences", False),
    "numbers": ("SELECT tag, scores FROM clientele_data.tag_numbers", False),
    "status": ("SELECT tag, rule_key, holds, customers, error FROM clientele_data.tag_status", False),
    "tags_of": ("SELECT c.customer_id, clientele.tags_of(c.customer_id) AS tags FROM clientele_data.customers c", False),
    "asked": ("SELECT clientele.audience_of('spent > 100 & busy') AS a, clientele.audience_size('first_day=2026-01-02 | night') AS n, clientele.audience_of('behaviour.* & !big') AS b", False),
    "portrait": ("SELECT * FROM clientele.audience_portrait(clientele.audience_of('busy'))", False),
    "overlap": ("SELECT * FROM clientele.tag_overlap('{busy,night,big}')", False),
    "schedules": ("SELECT clientele.next_runs('30 2 L * fri', 'Europe/Berlin', '2026-01-01Z', 60) AS at", False),
    "intervals": ("SELECT clientele.next_every(pg_catalog.make_interval(months => 1, hours => 2), '2026-01-31Z', 'America/New_York', '2026-02-01Z', 60) AS at", False),
    "models": ("SELECT name, version, type, kind, model, customers, log_likelihood FROM clientele_data.models", False),
    "predicted": ("SELECT j.customer_id, clientele.churn_prob(p.s, 'bought') AS alive, clientele.expected_purchases(p.s, 'bought', 4) AS more, clientele.churn_prob(j.journey, 'leave', '2026-04-01Z') AS churn FROM clientele_data.journeys j, "
                  "LATERAL (SELECT clientele.purchase_summary(j.journey, clientele.purchase_def('2026-04-15Z', '1 day', '1 week', purchase => 'purchase', time_zone => 'UTC')) AS s) p", False),
    "segments": ("SELECT * FROM clientele.rfm_segments()", False),
    "store_views": ("SELECT c.relname, pg_catalog.pg_get_viewdef(c.oid) AS def FROM pg_catalog.pg_class c WHERE c.relkind OPERATOR(pg_catalog.=) 'v' AND c.relnamespace OPERATOR(pg_catalog.=) 'clientele_bi'::pg_catalog.regnamespace::pg_catalog.oid", None),
    "constraints": ("SELECT c.conrelid::pg_catalog.regclass::pg_catalog.text AS of, c.conname, pg_catalog.pg_get_constraintdef(c.oid) AS def FROM pg_catalog.pg_constraint c WHERE c.conrelid OPERATOR(pg_catalog.<>) 0::pg_catalog.oid AND c.connamespace OPERATOR(pg_catalog.=) 'clientele_data'::pg_catalog.regnamespace::pg_catalog.oid", None),
    "sources": ("SELECT p.oid::pg_catalog.regprocedure AS f, p.prosrc, pg_catalog.translate(p.proconfig::pg_catalog.text, pg_catalog.chr(34), '') AS config FROM pg_catalog.pg_proc p WHERE p.pronamespace OPERATOR(pg_catalog.=) 'clientele'::pg_catalog.regnamespace::pg_catalog.oid", None),
}

# Settings that can matter to loading; sessions of both kinds ask everything.
FOR_LOADING = [
    "TimeZone = 'Asia/Shanghai'", "TimeZone = 'America/New_York'", "TimeZone = 'Pacific/Apia'", "TimeZone = '<+05:45>-5:45'",
    "DateStyle = 'German, DMY'", "DateStyle = 'SQL, MDY'", "DateStyle = 'Postgres, YMD'", "IntervalStyle = sql_standard; SET DateStyle = 'SQL, DMY'",
    "standard_conforming_strings = off; SET escape_string_warning = off", "backslash_quote = off; SET standard_conforming_strings = off", "extra_float_digits = -15", "extra_float_digits = 3; SET bytea_output = escape",
    "search_path = ''", "search_path = evil, pg_catalog", "search_path = evil, public, clientele, pg_catalog, pg_temp", "session_replication_role = replica", "row_security = off",
    "transform_null_equals = on; SET array_nulls = off", "client_encoding = GBK", "client_encoding = LATIN1", "default_transaction_isolation = serializable", "default_transaction_isolation = 'repeatable read'",
    "check_function_bodies = off; SET client_min_messages = error", "plpgsql.variable_conflict = use_variable", "plpgsql.variable_conflict = use_column", "plpgsql.extra_errors = 'all'",
    "default_toast_compression = lz4; SET default_table_access_method = settings_heap", "default_tablespace = settings_space; SET temp_tablespaces = settings_space", "work_mem = '64kB'; SET maintenance_work_mem = '1MB'",
    "plan_cache_mode = force_generic_plan", "xmloption = document; SET quote_all_identifiers = on",
]
FOR_ASKING = [
    "IntervalStyle = iso_8601", "IntervalStyle = postgres_verbose", "TimeZone = 'Europe/Berlin'", "TimeZone = 'Antarctica/Troll'", "DateStyle = 'ISO, DMY'", "DateStyle = 'Postgres, DMY'",
    "extra_float_digits = 0", "lc_monetary = 'C'; SET lc_numeric = 'C'; SET lc_time = 'C.UTF-8'; SET lc_messages = 'C'", "escape_string_warning = on; SET standard_conforming_strings = off", "JIT",
    "jit = off", "FORCE_PARALLEL", "max_parallel_workers_per_gather = 0", "enable_hashagg = off; SET enable_hashjoin = off; SET enable_nestloop = off", "enable_sort = off; SET enable_mergejoin = off; SET enable_material = off",
    "enable_seqscan = off; SET enable_indexscan = off", "enable_bitmapscan = off; SET enable_memoize = off; SET enable_incremental_sort = off", "from_collapse_limit = 1; SET join_collapse_limit = 1", "geqo = on; SET geqo_threshold = 2",
    "plan_cache_mode = force_custom_plan", "default_transaction_isolation = 'read uncommitted'", "hash_mem_multiplier = 1; SET work_mem = '64kB'", "hash_mem_multiplier = 1000; SET work_mem = '1GB'", "constraint_exclusion = on; SET cursor_tuple_fraction = 1",
    "cursor_tuple_fraction = 0.0001; SET synchronize_seqscans = off", "default_text_search_config = 'pg_catalog.german'; SET password_encryption = md5", "enable_partitionwise_aggregate = on; SET enable_partitionwise_join = on", "random_page_cost = 0.01; SET cpu_tuple_cost = 10",
    "statement_timeout = '5min'; SET lock_timeout = '1min'; SET idle_in_transaction_session_timeout = '5min'", "default_statistics_target = 1; SET effective_cache_size = '8kB'", "track_functions = 'all'; SET track_io_timing = on; SET log_min_messages = warning",
    "backslash_quote = on; SET array_nulls = off", "gin_fuzzy_search_limit = 1; SET gin_pending_list_limit = '64kB'", "clientele.unknown_event = ignore", "xmlbinary = hex; SET lo_compat_privileges = on", "application_name = E'a''b'; SET vacuum_freeze_min_age = 0",
]
# Databases made in other ways, and sources whose columns compare in other ways.
DATABASES = {
    "locale C": "LOCALE 'C' TEMPLATE template0", "ICU en": "LOCALE_PROVIDER icu ICU_LOCALE 'en' LOCALE 'C.UTF-8' TEMPLATE template0",
    "ICU zh, numeric order": "LOCALE_PROVIDER icu ICU_LOCALE 'zh-u-kn-true' LOCALE 'C.UTF-8' TEMPLATE template0",
}
COLUMNS = {
    "columns that ignore case": "CREATE COLLATION public.nocase (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false)",
    "columns that ignore accents": "CREATE COLLATION public.nocase (PROVIDER = icu, LOCALE = 'und-u-ks-level1', DETERMINISTIC = false)",
}

PLAIN = ("SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET extra_float_digits = 1; SET bytea_output = 'hex'; SET client_encoding = 'UTF8'; SET client_min_messages = warning; "
         "SET search_path = pg_catalog; SET standard_conforming_strings = on; SET array_nulls = on; SET quote_all_identifiers = off; SET session_replication_role = origin; SET transform_null_equals = off; "
         "SET xmloption = content; SET default_tablespace = ''; SET default_table_access_method = heap; SET plpgsql.variable_conflict = error; SET plpgsql.extra_errors = 'none'; SET debug_X = off;\n")


class Runs:
    def __init__(self, checks):
        self.checks = checks
        version = int(checks.psql("SHOW server_version_num", "postgres")[0][0]) // 10000
        self.parallel = "debug_parallel_query" if version >= 16 else "force_parallel_mode"
        self.plain = PLAIN.replace("debug_X", self.parallel)

    def setting(self, text):
        """Costs that are meant to change plans must not start JIT."""
        jit = "jit = on; SET jit_above_cost = 0; SET jit_inline_above_cost = 0; SET jit_optimize_above_cost = -1"
        text = text.replace("JIT", jit) if "JIT" in text else text if "jit" in text else f"{text}; SET jit = off"
        return text.replace("FORCE_PARALLEL", f"{self.parallel} = on; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2")

    def admin(self, script):
        return self.checks.psql("SET client_min_messages = warning;\n" + script, "postgres")

    def fresh(self, name, how):
        """how: what follows CREATE DATABASE."""
        self.checks.psql("SET client_min_messages = warning; DROP DATABASE IF EXISTS %s WITH (FORCE);\nCREATE DATABASE %s %s;" % (name, name, how), "postgres")

    def script(self, script, database):
        start = time.time()
        done = subprocess.run([PSQL, "-XAtq", "-v", "ON_ERROR_STOP=1", "-F", "\t", "-d", database], input=script.encode(), capture_output=True, check=False)
        self.took = time.time() - start
        return done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace") if done.returncode else ""

    def answers(self):
        """Statements that put all answers down, and those that show them."""
        put = "".join(f"CREATE TEMP TABLE q_{name} AS {query};\n" for name, (query, _) in QUESTIONS.items() if _ is not None)
        show = "".join(f"\\echo ==> {name}\nSELECT x::text FROM " + (f"pg_temp.q_{name} x" if zoned is not None else f"({query}) x") + " ORDER BY x::text COLLATE \"C\";\n"
                       for name, (query, zoned) in QUESTIONS.items())
        return put, show

    def whole(self, setting, database, with_extension):
        """Everything under a setting, from the store on or from the extension on."""
        put, show = self.answers()
        # Where triggers of views do not fire, which PostgreSQL cannot change, a function writes.
        load = LOAD.replace(BY_HAND, BY_MERGE) if "session_replication_role" in setting else LOAD
        set_it = f"SET {setting};\n" if setting else ""
        return self.script("\\o /dev/null\nSET client_min_messages = warning;\n" + set_it + ("CREATE EXTENSION clientele;\n" if with_extension else "")
                           + "CALL clientele.create_store(" + self.zone + ");\n" + load + REFRESH + MODELS + put + self.plain + "\\o\n" + show, database)

    def ask(self, setting, database):
        put, show = self.answers()
        return self.script("\\o /dev/null\nSET client_min_messages = warning;\n" + (f"SET {setting};\n" if setting else "") + "BEGIN;\n"
                           + (REFRESH.replace("(at", "('{days,night,spent,big}', at") if "jit = on" in setting or "parallel_setup_cost" in setting else REFRESH) + put + self.plain + "\\o\n" + show + "ROLLBACK;\n", database)

    def prepare(self):
        self.fresh(BASE, "")
        self.checks.psql(SOURCES, BASE)
        self.checks.psql("CREATE EXTENSION clientele;", BASE)
        zoned = self.checks.psql("SELECT count(*) FROM pg_proc WHERE proname = 'create_store' AND 'time_zone' = ANY (proargnames)", BASE)[0][0] == "1"
        self.zone = "time_zone => 'Asia/Shanghai'" if zoned else ""
        self.checks.psql("DROP EXTENSION clientele;", BASE)


def split(text):
    answers, name = {}, None
    for line in text.split("\n"):
        if line.startswith("==> "):
            name = line[4:]
            answers[name] = []
        elif name:
            answers[name].append(line)
    return answers


def compare(checks, what, base, got, error):
    if os.environ.get("SETTINGS_VERBOSE"):
        print(f"{time.strftime('%X')} {what}", flush=True)
    if error:
        lines = [x for x in error.split("\n") if "ERROR" in x or "FATAL" in x or "closed" in x or "CONTEXT" in x]
        checks.check(what, False, "; ".join(lines[:3]) or error[-300:])
        return
    got = split(got)
    by_clock = "TimeZone" in what
    for name, want in base.items():
        if QUESTIONS[name][1] and by_clock:
            continue
        same = got.get(name) == want
        first = next(((w, g) for w, g in zip(want, got.get(name, []) + [""] * len(want)) if w != g), ("", "")) if not same else ("", "")
        checks.check(f"{name} under {what}", same, f"{len(want)} rows, {len(got.get(name, []))} rows; base {first[0][:160]!r}, got {first[1][:160]!r}")


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(10**6)
    checks = Checks("settings")
    print(f"seed {seed}", flush=True)
    start = time.time()
    rng = random.Random(seed)
    runs = Runs(checks)
    runs.admin("SET allow_in_place_tablespaces = on;\nDROP TABLESPACE IF EXISTS settings_space;\nCREATE TABLESPACE settings_space LOCATION '';\n")
    runs.prepare()
    checks.psql("CREATE ACCESS METHOD settings_heap TYPE TABLE HANDLER heap_tableam_handler;", BASE)
    runs.fresh(OTHER, f"TEMPLATE {BASE}")
    text, error = runs.whole("", OTHER, True)
    if error:
        print(error[-3000:])
        checks.check("the job runs under plain settings", False)
        checks.end()
    base = split(text)
    checks.check("answers have rows", all(len(base[q]) > 0 for q in QUESTIONS), str({q: len(base[q]) for q in QUESTIONS}))
    checks.check("no tag fails", not any("rror" in line for line in base["status"]), str([s for s in base["status"] if "rror" in s]))
    compare(checks, "no setting, asked again", {k: v for k, v in base.items()}, *runs.ask("", OTHER))
    asked = FOR_ASKING if LONG else rng.sample(FOR_ASKING, len(FOR_ASKING) // 2)
    loaded = FOR_LOADING + FOR_ASKING if LONG else rng.sample(FOR_LOADING, len(FOR_LOADING) // 2)
    for setting in loaded:
        runs.fresh(PLACE, f"TEMPLATE {BASE}")
        compare(checks, setting, base, *runs.whole(runs.setting(setting), PLACE, True))
    for what, how in DATABASES.items():
        runs.fresh(PLACE, how)
        checks.psql(SOURCES, PLACE)
        compare(checks, f"a database with {what}", base, *runs.whole("", PLACE, True))
    for what, collation in COLUMNS.items():
        runs.fresh(PLACE, f"TEMPLATE {BASE}")
        alter = "".join(f"ALTER TABLE src.texts ALTER {c} TYPE text COLLATE public.nocase;\n" for c in ["customer", "at", "event", "channel", "item", "amount", "properties"])
        checks.psql(f"SET client_min_messages = warning;\n{collation};\n{alter}", PLACE)
        compare(checks, what, base, *runs.whole("", PLACE, True))
    settings = list(asked)
    rng.shuffle(settings)
    for setting in settings:
        compare(checks, setting, base, *runs.ask(runs.setting(setting), OTHER))
    for setting in rng.sample(FOR_LOADING, 6):      # and a few at once
        more = rng.choice(FOR_ASKING)
        compare(checks, f"{setting}; {more}", base, *runs.ask(runs.setting(f"{setting}; SET {more}"), OTHER))
    print(f"{len(loaded) + len(DATABASES) + len(COLUMNS)} loads and {len(settings) + 6} sets of questions, {time.time() - start:.0f} s")
    runs.admin("".join(f"DROP DATABASE IF EXISTS {d} WITH (FORCE);\n" for d in (BASE, PLACE, OTHER)) + "DROP TABLESPACE settings_space;\n")
    checks.end()


if __name__ == "__main__":
    main()
