# SPDX-License-Identifier: PostgreSQL
"""What a role of low rights makes so that code of hers may run with the rights of others; for attacks.py.

Each kind is a function of an Attack that adds statements to it: those that mallory says before the others
come (setup), what the others then use on purpose (sources, holdouts), and what a careless superuser does
before (dba).
"""
MALLORY = "attacks_mallory"
SUPERUSER = "postgres"

# The payload says by a warning that it ran with the rights of another; where it runs with mallory's own, but in
# a session that is another's, it tries to come by those of the session, now or at the end of the transaction.
PAYLOAD = f"""
CREATE SCHEMA IF NOT EXISTS mallory;
GRANT USAGE ON SCHEMA mallory TO PUBLIC;
CREATE TABLE mallory.later (attack pg_catalog.text);
CREATE FUNCTION mallory.note(attack pg_catalog.text) RETURNS pg_catalog.bool LANGUAGE plpgsql AS $note$
BEGIN
  IF pg_catalog.namene(CURRENT_USER, '{MALLORY}') THEN
    RAISE WARNING 'ATTACK % ran as %', attack, CURRENT_USER;
  END IF;
  RETURN true;
END $note$;
CREATE FUNCTION mallory.note_later() RETURNS trigger LANGUAGE plpgsql AS $note$
BEGIN
  PERFORM mallory.note(NEW.attack);
  RETURN NULL;
END $note$;
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON mallory.later DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION mallory.note_later();
CREATE FUNCTION mallory.payload(attack pg_catalog.text) RETURNS pg_catalog.bool LANGUAGE plpgsql AS $payload$
BEGIN
  PERFORM mallory.note(attack);
  IF pg_catalog.namene(SESSION_USER, '{MALLORY}') AND pg_catalog.nameeq(CURRENT_USER, '{MALLORY}') THEN
    BEGIN
      INSERT INTO mallory.later VALUES (attack);
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
    BEGIN
      EXECUTE pg_catalog.format('DECLARE %I CURSOR WITH HOLD FOR SELECT mallory.note(%L)', pg_catalog.concat('held ', attack), attack);
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
    BEGIN
      EXECUTE 'SET ROLE NONE';
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
    PERFORM mallory.note(attack);
  END IF;
  RETURN true;
END $payload$;
"""

# Words with quotes, ends of statements and of dollar quotes, formats, and other alphabets.
HOSTILE = ["it's", 'say "it"', "a\nb", "$$", "$sql$", "%s%I%L", "'); SELECT mallory.payload('{0}'); --", '"; SELECT mallory.payload(\'{0}\'); --',
           "\\'; SELECT mallory.payload('{0}')", "$x$ || mallory.payload('{0}') || $x$", "上海", "é\u0301", "a b", "-- x", "/* x", "{{1,2}}", "x.*", "#1",
           "*", "[a=b]", "web:buy", "1@2026-01-01", "pg_temp", "\u202e", "a" * 63, "{{\"a\": mallory.payload('{0}')}}", "x) OR mallory.payload('{0}') OR (true",
           "' || mallory.payload('{0}') || '", "E'\\\\'"]
BUILTIN = ["text", "varchar", "name", '"char"', "bpchar", "int2", "int4", "int8", "numeric", "float4", "float8", "bool", "timestamptz", "timestamp",
           "date", "time", "interval", "jsonb", "json", "text[]", "int8[]", "int4[]", "float8[]", "bool[]", "oid", "regclass", "bytea", "xid8",
           "pg_snapshot", "anyelement", "anyarray", "anynonarray", "anycompatible", "int8range"]
OURS = ["journey", "audience", "tag_query", "tag_scores", "funnel_def", "path_def", "funnel_summary", "btyd_model", "spend_model", "churn_model", "rfm",
        "audience[]", "tag_scores[]", "purchase_summary"]


def quote(text):
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def ident(name):
    return '"' + name.replace('"', '""') + '"'


class Attack:
    def __init__(self, number, kind, rng, world, schemas):
        self.number, self.kind, self.rng, self.world, self.schemas = number, kind, rng, world, schemas
        self.label = f"{kind}-{number}"
        self.setup, self.dba, self.sources, self.holdouts, self.parts = [], [], [], [], []
        self.pg_temp = []       # said by mallory in the session in which she calls the definers' functions
        KINDS[kind](self)

    def pay(self):
        return f"mallory.payload('{self.label}')"

    def hostile(self):
        return self.rng.choice(HOSTILE).format(self.label)

    def schema(self):
        return self.rng.choice(self.schemas)

    def type(self):
        kind = self.rng.choice(BUILTIN) if self.rng.random() < 0.8 else None
        return f"pg_catalog.{kind}" if kind and kind not in ('"char"',) else kind or f"clientele.{self.rng.choice(OURS)}"

    def function(self, name, arguments, returns, result, volatility=None, language=None):
        """A function that pays; what it then gives does not matter much."""
        volatility = volatility or self.rng.choice(["IMMUTABLE", "STABLE", "VOLATILE"])
        return (f"CREATE FUNCTION {name}({', '.join(arguments)}) RETURNS {returns} LANGUAGE plpgsql {volatility} "
                f"AS $f$ BEGIN PERFORM {self.pay()}; RETURN {result}; END $f$")


def operator(a):
    name = a.rng.choice(a.world["operators"] if a.rng.random() < 0.3 else ["=", ">=", "<", ">", "<=", "<>", "||", "*", "+", "-", "/", "~", "?", "->>"])
    left, right = a.type(), a.type()
    if a.rng.random() < 0.2:
        left, right = "pg_catalog.anyelement", a.rng.choice(["pg_catalog.anyelement", "pg_catalog.text"])
    if a.rng.random() < 0.5:    # the mixtures that rules have without an exact match in pg_catalog
        left, right = a.rng.choice([("float8", "numeric"), ("numeric", "float8"), ("int8", "numeric"), ("int4", "numeric"), ("text", "int4"), ("text", "int8"),
                                    ("int4", "float8"), ("text", "varchar"), ("interval", "int4"), ("timestamptz", "text"), ("date", "timestamptz"),
                                    ("float4", "numeric"), ("text", "bool"), ("name", "text"), ("text[]", "varchar[]"), ("int8", "text")])
        left, right = f"pg_catalog.{left}", f"pg_catalog.{right}"
    schema = a.schema()
    boolean = name in ("=", "<>", "<", ">", "<=", ">=", "~", "~*", "!~", "~~", "@>", "<@", "&&", "?", "@@") or a.rng.random() < 0.2
    polymorphic = "any" in left + right
    result = "pg_catalog.bool" if boolean else (right if "any" in right else left) if polymorphic else a.rng.choice([left, right, "pg_catalog.text", "pg_catalog.int8"])
    f = f"{schema}.op_{a.number}"
    value = "true" if boolean else "$1" if result == left else "$2" if result == right else "NULL"
    a.setup += [a.function(f, [left, right], result, value),
                f"CREATE OPERATOR {schema}.{name} (LEFTARG = {left}, RIGHTARG = {right}, FUNCTION = {f})"]


def function(a):
    name = ident(a.rng.choice(a.world["functions"]))
    arguments = [a.type() for _ in range(a.rng.choice([0, 1, 1, 2, 2, 3, 4]))]
    if a.rng.random() < 0.2:
        arguments += [a.rng.choice(["VARIADIC pg_catalog.text[]", "VARIADIC pg_catalog.anyarray"])]
    plain = [t for t in arguments if "VARIADIC" not in t]
    returns = a.rng.choice(["pg_catalog.bool", "pg_catalog.text", "pg_catalog.int8", "pg_catalog.int4", "clientele.audience", "pg_catalog.jsonb", "pg_catalog.numeric",
                            "SETOF pg_catalog.int8", "SETOF pg_catalog.record"] + [t for t in plain if "any" not in t])
    if any("any" in t for t in plain) and a.rng.random() < 0.5:
        returns = next(t for t in plain if "any" in t)
    value = "NEXT" if returns.startswith("SETOF") else "NULL"
    a.setup += [a.function(f"{a.schema()}.{name}", arguments, returns, value).replace("RETURN NEXT;", "RETURN;")]


def aggregate(a):
    name = ident(a.rng.choice(["sum", "count", "min", "max", "avg", "array_agg", "string_agg", "bool_or", "audience", "journey", "journey_merge", "tag_scores",
                               "jsonb_agg", "percentile_cont", "audience_union", "rfm_cuts", "funnel", "path_links"]))
    schema, kind = a.schema(), a.type()
    kind = kind if "any" not in kind else "pg_catalog.int4"
    f = f"{schema}.agg_{a.number}"
    more = [] if a.rng.random() < 0.6 else ["pg_catalog.text"]
    arguments = ", ".join([kind] + more)
    a.setup += [a.function(f, ["state pg_catalog.int8", kind] + more, "pg_catalog.int8", "1"),
                f"CREATE AGGREGATE {schema}.{name}({arguments}) (SFUNC = {f}, STYPE = pg_catalog.int8)"]


def window_or_default(a):
    """Functions whose defaults, or whose SQL body that is inlined, pay."""
    name, schema = ident(a.rng.choice(a.world["functions"])), a.schema()
    if a.rng.random() < 0.5:
        a.setup += [f"CREATE FUNCTION {schema}.{name}(pg_catalog.text, more pg_catalog.bool DEFAULT {a.pay()}) "
                    "RETURNS pg_catalog.text LANGUAGE sql STABLE AS 'SELECT $1'"]
    else:
        a.setup += [f"CREATE FUNCTION {schema}.{name}({a.rng.choice(['pg_catalog.text', 'pg_catalog.int8', 'pg_catalog.numeric'])}) RETURNS pg_catalog.bool "
                    f"LANGUAGE sql STABLE AS $f$ SELECT {a.pay()} $f$"]


def type_name(a):
    name, schema = ident(a.rng.choice(a.world["types"])), a.schema()
    base = a.rng.choice(["text", "int8", "float8", "numeric", "jsonb", "timestamptz", "bool", "interval", "text[]"])
    check = a.function(f"{schema}.check_{a.number}", [f"pg_catalog.{base}"], "pg_catalog.bool", "true", "IMMUTABLE")
    a.setup += [check, f"CREATE DOMAIN {schema}.{name} AS pg_catalog.{base} CHECK ({schema}.check_{a.number}(VALUE))"]


def relation_name(a):
    name, schema = ident(a.rng.choice(a.world["relations"])), a.schema()
    columns = ", ".join(f"{a.pay()} AS {ident(c)}" for c in a.rng.sample(a.world["columns"], 4))
    body = f"SELECT {columns}, 1::pg_catalog.int8 AS id"
    a.setup += [f"CREATE {a.rng.choice(['VIEW', 'VIEW', 'MATERIALIZED VIEW'])} {schema}.{name} AS {body}",
                f"GRANT SELECT ON {schema}.{name} TO PUBLIC"]


def other_name(a):
    """Collations, text search configurations, operator-less shadows of what SQL may name without a schema."""
    schema = a.rng.choice(["public", "mallory"])
    a.setup += [a.rng.choice([
        f"CREATE COLLATION {schema}.\"C\" (LOCALE = 'POSIX')", f"CREATE COLLATION {schema}.\"default\" (LOCALE = 'C')",
        f"CREATE TEXT SEARCH CONFIGURATION {schema}.english (COPY = pg_catalog.simple)", f"CREATE COLLATION {schema}.\"und-x-icu\" (LOCALE = 'C')",
        f"CREATE TYPE {schema}.record_{a.number} AS (a pg_catalog.int4)", f"CREATE SEQUENCE {schema}.journey_batches",
        f"ALTER ROLE {MALLORY} SET search_path = mallory, public, clientele, pg_catalog", f"ALTER ROLE {MALLORY} SET standard_conforming_strings = off",
        f"ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC", f"ALTER DEFAULT PRIVILEGES GRANT ALL ON FUNCTIONS TO PUBLIC"])]


# A type of mallory's with casts or checks that pay, and how a value of it is written.
def nasty_type(a, like):
    name = f"mallory.t{a.number}_{len(a.setup)}"
    form = a.rng.choice(["enum", "enum", "domain", "composite", "range"])
    targets = [t for t in ["text", "varchar", "json", "jsonb", "numeric", "float8", "timestamptz", "int8", "bool", "interval", "date", "float4"]
               if a.rng.random() < 0.6] or ["text"]
    literal = {"customer": "c1", "at": "2026-01-05 10:00", "event": "buy", "amount": "12", "properties": "{}", "id": "1"}.get(like, "x")
    out = {"text": f"'{literal}'", "varchar": f"'{literal}'", "json": "'1'", "jsonb": "'{}'", "numeric": "1", "float8": "1", "int8": "1", "bool": "true",
           "timestamptz": "'2026-01-05'", "interval": "'1 day'", "date": "'2026-01-05'", "float4": "1"}
    if form == "domain":
        base = a.rng.choice(["text", "varchar", "numeric", "timestamptz", "jsonb", "float8"])
        f = f"mallory.check{a.number}_{len(a.setup)}"
        a.setup += [a.function(f, [f"pg_catalog.{base}"], "pg_catalog.bool", "true", "IMMUTABLE"),
                    f"CREATE DOMAIN {name} AS pg_catalog.{base} CHECK ({f}(VALUE))"]
        value = {"text": literal, "varchar": literal, "numeric": "1", "timestamptz": "2026-01-05", "jsonb": "{}", "float8": "1"}[base]
        return name, f"'{value}'"
    if form == "enum":
        a.setup += [f"CREATE TYPE {name} AS ENUM ({quote(literal)}, 'never')"]
        value = quote(a.rng.choice([literal, literal, "never"]))
    elif form == "composite":
        a.setup += [f"CREATE TYPE {name} AS (a pg_catalog.int4)"]
        value = "'(1)'"
    else:
        f = f"mallory.diff{a.number}_{len(a.setup)}"
        a.setup += [a.function(f, ["pg_catalog.int4", "pg_catalog.int4"], "pg_catalog.float8", "1", "IMMUTABLE"),
                    f"CREATE TYPE {name} AS RANGE (SUBTYPE = pg_catalog.int4, SUBTYPE_DIFF = {f})"]
        value = "'[1,2)'"
    for target in targets:
        f = f"mallory.cast{a.number}_{len(a.setup)}"
        a.setup += [a.function(f, [name], f"pg_catalog.{target}", out[target]),
                    f"CREATE CAST ({name} AS pg_catalog.{target}) WITH FUNCTION {f}({name}) {a.rng.choice(['', 'AS ASSIGNMENT', 'AS IMPLICIT'])}"]
    if a.rng.random() < 0.2:
        return name + "[]", f"ARRAY[{value}]::{name}[]"
    return name, value


PLAIN = {"customer": ("pg_catalog.text", "'c1'"), "at": ("pg_catalog.timestamptz", "'2026-01-05'"), "event": ("pg_catalog.text", "'buy'"),
         "channel": ("pg_catalog.text", "'web'"), "item": ("pg_catalog.text", "'i1'"), "amount": ("pg_catalog.numeric", "12"),
         "properties": ("pg_catalog.jsonb", "'{}'"), "note": ("pg_catalog.text", "'n'"),
         "customer_id": ("pg_catalog.int8", "1"), "journey": ("clientele.journey", "'{1@2026-01-01T00:00:00Z}'"),
         "x": ("pg_catalog.int4", "1"), "t_x": ("pg_catalog.float8", "1"), "age": ("pg_catalog.float8", "2"), "holdout_x": ("pg_catalog.int4", "1"),
         "holdout_age": ("pg_catalog.float8", "2"), "times": ("pg_catalog.float8[]", "'{0,1}'"), "monetary": ("pg_catalog.float8", "3")}


def relation(a, columns, of_dba=False):
    """A table or view of mallory's with such columns; its name, and what its columns are called."""
    name = f"src{a.number}" if a.rng.random() < 0.6 else f"src{a.number} {a.hostile()}"[:60]
    rel = f"mallory.{ident(name)}"
    nasty = {c for c in columns if a.rng.random() < 0.4} or {a.rng.choice(columns)}
    form = "table" if of_dba else a.rng.choice(["table", "table", "view", "view", "rls", "generated", "index", "matview", "partition", "rule"])
    called = {c: c if a.rng.random() < 0.8 else f"{c} {a.hostile()}"[:60] for c in columns}
    if "customer_id" in columns or "x" in columns:
        called = {c: c for c in columns}
    parts = []
    for c in columns:
        kind, value = nasty_type(a, c) if c in nasty and form in ("table", "rls", "partition") else PLAIN[c]
        parts.append((ident(called[c]), kind, value))
    made = [f"CREATE TABLE {rel} ({', '.join(f'{n} {k}' for n, k, _ in parts)})"]
    fill = f"INSERT INTO {rel} VALUES ({', '.join(v for _, _, v in parts)})"
    select = ", ".join(f"{v}::{k} AS {n}" for n, k, v in parts)
    guarded = ", ".join(f"CASE WHEN {a.pay()} THEN {v}::{k} END AS {n}" if c in nasty else f"{v}::{k} AS {n}" for c, (n, k, v) in zip(columns, parts))
    if form == "view":
        made, fill = [f"CREATE VIEW {rel} AS SELECT {guarded}" + (f" WHERE {a.pay()}" if a.rng.random() < 0.5 else "")], None
    elif form == "matview":
        made, fill = [f"CREATE MATERIALIZED VIEW {rel} AS SELECT {guarded}"], None
    elif form == "rule":
        made += [f"CREATE RULE r AS ON INSERT TO {rel} DO ALSO SELECT {a.pay()}"]
    elif form == "rls":
        made += [f"ALTER TABLE {rel} ENABLE ROW LEVEL SECURITY", f"ALTER TABLE {rel} FORCE ROW LEVEL SECURITY",
                 f"CREATE POLICY p ON {rel} USING ({a.pay()}) WITH CHECK ({a.pay()})"]
    elif form == "generated":
        f = f"mallory.gen{a.number}"
        made = [a.function(f, ["pg_catalog.text"], "pg_catalog.text", "$1", "IMMUTABLE")] + made
        made += [f"ALTER TABLE {rel} ADD made pg_catalog.text GENERATED ALWAYS AS ({f}('x')) STORED", f"ALTER TABLE {rel} ADD more pg_catalog.bool DEFAULT {a.pay()}",
                 f"ALTER TABLE {rel} ADD CHECK ({f}('y') IS NOT NULL)"]
        fill = f"INSERT INTO {rel} SELECT {select}"
    elif form == "index":
        f = f"mallory.idx{a.number}"
        made += [a.function(f, [parts[0][1]], "pg_catalog.text", "'x'", "IMMUTABLE"), f"CREATE INDEX ON {rel} ({f}({parts[0][0]}))",
                 f"CREATE STATISTICS mallory.st{a.number} ON ({f}({parts[0][0]})) FROM {rel}"]
    elif form == "partition":
        made[0] += f" PARTITION BY LIST ({parts[-1][0]})"
        made += [f"CREATE TABLE mallory.part{a.number} PARTITION OF {rel} DEFAULT"]
    if of_dba:
        rel = f"public.{ident(name)}"
        a.dba += [made[0].replace(f"mallory.{ident(name)}", rel), fill.replace(f"mallory.{ident(name)}", rel)]
    else:
        a.setup += made + ([fill] if fill else []) + [f"GRANT ALL ON {rel} TO PUBLIC"]
    return rel, called


EVENT_COLUMNS = ["customer", "at", "event", "channel", "item", "amount", "properties", "note"]


def source(a, of_dba=False):
    columns = EVENT_COLUMNS[:3] + [c for c in EVENT_COLUMNS[3:] if a.rng.random() < 0.5]
    rel, called = relation(a, columns, of_dba)
    a.sources.append((rel, {c: called[c] for c in columns if c != "note"}))
    if a.rng.random() < 0.3:
        a.sources.append((rel, {**{c: called[c] for c in columns[:3]}, a.rng.choice(["customer", "item", "event"]): called[columns[-1]]}))


def source_of_her_type(a):
    source(a, of_dba=True)


def parts(a):
    rel, _ = relation(a, ["customer_id", "journey"])
    a.parts.append(rel)


def holdout(a):
    rel, _ = relation(a, ["x", "t_x", "age", "holdout_x", "holdout_age", "times", "monetary"])
    a.holdouts.append(rel)


def hostile_values(a):
    """No code of hers, but texts that are code where they are pasted."""
    rel = f"mallory.values{a.number}"
    words = [a.hostile() for _ in range(6)]
    a.setup += [f"CREATE TABLE {rel} AS SELECT {quote(words[0])}::pg_catalog.text AS customer, timestamptz '2026-01-02' AS at, {quote(words[1])}::pg_catalog.text AS event, "
                f"{quote(words[2])}::pg_catalog.text AS channel, {quote(words[3])}::pg_catalog.text AS item, {quote(words[4])}::pg_catalog.text AS word",
                f"GRANT SELECT ON {rel} TO PUBLIC"]
    a.dba += [f"CREATE TABLE public.values{a.number} AS TABLE {rel}"]
    a.sources.append((f"public.values{a.number}", {c: c for c in ["customer", "at", "event", "channel", "item"]}))


def rule_text(a):
    pay = a.pay()
    return a.rng.choice([
        f"SELECT customer_id FROM clientele_data.customers WHERE {pay}", f"SELECT 1::bigint, {pay}::text", f"{pay} AND event_count(journey) > 0",
        f"CASE WHEN {pay} THEN 'x' END", f"/* x */ SELECT 1 WHERE {pay}", f"-- x\nSELECT 1::int8, 2 WHERE {pay}", f"true) FROM (SELECT {pay}) x; SELECT (true",
        f"true), {pay}, (true", f"WITH w AS MATERIALIZED (SELECT {pay}) SELECT 1 FROM w", f"ARRAY[{pay}::text]", f"(SELECT {pay})::int", f"vip & !{quote(pay)}",
        f"SELECT customer_id, mallory.payload('{a.label}')::int FROM clientele_data.journeys", f"customer_id > 0 AND mallory.payload('{a.label}')", f"sum(1) + {pay}::int",
        f"VALUES ({pay}::int)", f"TABLE mallory.view{a.number}"])


def rule_rows(a):
    """Rows in the tables of tags, as far as her grants go; she says that they are a superuser's where a column does."""
    name = f"zz.a{a.number}" if a.rng.random() < 0.7 else f"zz{a.number} {a.hostile()}"[:80]
    rule = rule_text(a)
    kind = a.rng.choice(["query", "journey", "tags", "query", "journey"])
    holds = a.rng.choice(["flag", "number", "text", "texts"])
    a.setup += [f"CREATE VIEW mallory.view{a.number} AS SELECT 1::pg_catalog.int8 AS customer_id WHERE {a.pay()}", f"GRANT SELECT ON mallory.view{a.number} TO PUBLIC"]
    way = a.rng.choice(["row", "row", "claim", "claim", "define", "define", "update", "status"])
    if way == "row":
        a.setup += [f"INSERT INTO clientele_data.tags (name, family, kind, rule, holds, per_customer, time_dependent) VALUES ({quote(name)}, 'basic', '{kind}', {quote(rule)}, '{holds}', "
                    f"{a.rng.choice(['true', 'false'])}, {a.rng.choice(['true', 'false'])})"]
    elif way == "claim":
        a.setup += [f"""DO $do$ DECLARE c text; t text; BEGIN
  SELECT attname, atttypid::regtype INTO STRICT c, t FROM pg_attribute WHERE attrelid = 'clientele_data.tags'::regclass AND attname ~ 'author|owner|defin.*by|role' AND attnum > 0;
  EXECUTE format('INSERT INTO clientele_data.tags (name, family, kind, rule, holds, %I) VALUES (%L, ''basic'', %L, %L, %L, %s)', c, {quote(name)}, '{kind}', {quote(rule)}, '{holds}',
    CASE WHEN t = 'oid' THEN '10' ELSE '''{SUPERUSER}''' END);
END $do$"""]
    elif way == "define":
        a.setup += [f"SELECT clientele.define_tag({quote(name)}, {quote(rule)})"]
    elif way == "update":
        a.setup += [f"UPDATE clientele_data.tags SET rule = {quote(rule)}, kind = '{kind}' WHERE name = (SELECT name FROM clientele_data.tags ORDER BY md5(name || '{a.number}') LIMIT 1)"]
    else:
        a.setup += [f"INSERT INTO clientele_data.tags (name, family, kind, rule, holds) VALUES ({quote(name)}, 'basic', '{kind}', {quote(rule)}, '{holds}')",
                    f"INSERT INTO clientele_data.tag_status (tag, rule_key, holds) VALUES ({quote(name)}, concat('{kind} {holds} ', (SELECT current_setting('TimeZone')), ': ', {quote(rule)}::text), '{holds}')"]


def added_source(a):
    """Sources of hers, whose expressions run in the sessions of others, and rows in the table of sources that name others as the owner."""
    f = f"mallory.spend{a.number}"
    rel = f"mallory.read{a.number}"
    a.setup += [a.function(f, ["pg_catalog.text"], "pg_catalog.text", "$1", a.rng.choice(["IMMUTABLE", "STABLE"])),
                f"CREATE TABLE {rel} (id pg_catalog.int8 PRIMARY KEY, who pg_catalog.text, at pg_catalog.timestamptz)", f"INSERT INTO {rel} VALUES (1, 'c1', '2026-01-05'), (2, 'c2', '2026-01-06')",
                f"GRANT SELECT ON {rel} TO PUBLIC"]
    paying = a.rng.choice([f"{f}(who)", f"who || {f}('x')", f"{f}('c1')", f"CASE WHEN {f}(who) > '' THEN who END", f"who) FROM (SELECT {a.pay()}) x --", f"who || (SELECT {a.pay()})", f"{a.pay()}::text"])
    event = quote("'buy'")
    mapping = f"jsonb_build_object('identities', jsonb_build_array(jsonb_build_object('kind', 'customer', 'expression', {quote(paying)})), 'at', 'at', 'event', {event}, 'event_id', 's.id')"
    owner = a.rng.choice([SUPERUSER, "attacks_keeper", "attacks_loader", MALLORY])
    name = quote(f"zz{a.number}" if a.rng.random() < 0.7 else f"zz{a.number} {a.hostile()}"[:80])
    way = a.rng.choice(["add", "add", "add", "row", "claim", "change", "event"])
    if way == "add":
        a.setup += [f"SELECT * FROM clientele.add_source({name}, {quote(rel)}, jsonb_build_object('customer', {quote(paying)}::text), 'at', {event})"]
    elif way == "row":
        a.setup += [f"INSERT INTO clientele_data.sources (name, relation, method, mapping) VALUES ({name}, {quote(rel)}, 'key', {mapping})"]
    elif way == "claim":
        a.setup += [f"INSERT INTO clientele_data.sources (name, relation, owner, owner_oid, owner_cluster, method, mapping) VALUES ({name}, {quote(rel)}, '{owner}', '{owner}'::regrole, "
                    f"clientele.cluster_id() {a.rng.choice(['', '+ 1'])}, 'key', {mapping})"]
    elif way == "change":
        a.setup += [f"UPDATE clientele_data.sources SET mapping = {mapping}, relation = {quote(rel)}"]
    else:
        a.setup += [f"INSERT INTO clientele_data.event_names (source_id, event, new_event) SELECT source_id, {quote(a.hostile())}, {quote(a.hostile())} FROM clientele_data.sources"]


def added_job(a):
    """Jobs of hers, which others run by run_job(), and rows in the table of jobs that name others as the owner."""
    pay, owner = a.pay(), a.rng.choice([SUPERUSER, "attacks_keeper", "attacks_loader", MALLORY])
    command = a.rng.choice([f"SELECT {pay}", f"DO $$ BEGIN PERFORM {pay}; COMMIT; PERFORM {pay}; END $$", f"DO $$ BEGIN EXECUTE 'SET ROLE {owner}'; PERFORM {pay}; END $$",
                            f"DO $$ BEGIN EXECUTE 'RESET ROLE'; PERFORM {pay}; END $$", f"DO $$ BEGIN EXECUTE 'RESET SESSION AUTHORIZATION'; PERFORM {pay}; END $$",
                            f"DO $$ BEGIN PERFORM set_config('search_path', 'mallory, public', false); PERFORM {pay}; END $$"])
    name, channel = quote(f"zzjob{a.number % 3}" if a.rng.random() < 0.8 else a.hostile()[:80]), quote(a.hostile()[:60])
    way = a.rng.choice(["add", "add", "row", "claim", "claim", "change", "run", "after"])
    if way == "add":
        a.setup += [f"SELECT clientele.add_job({name}, {quote(command)}, every => '1 day', notify => {channel})"]
    elif way == "row":
        a.setup += [f"INSERT INTO clientele_data.jobs (name, command, every) VALUES ({name}, {quote(command)}, '1 day')"]
    elif way == "claim":
        a.setup += [f"INSERT INTO clientele_data.jobs (name, command, every, owner, owner_oid, owner_cluster) VALUES ({name}, {quote(command)}, '1 day', '{owner}', '{owner}'::regrole, "
                    f"clientele.cluster_id() {a.rng.choice(['', '+ 1'])})"]
    elif way == "change":
        a.setup += [f"UPDATE clientele_data.jobs SET {a.rng.choice([f'command = {quote(command)}', f'owner = {quote(owner)}'])}"]
    elif way == "run":
        a.setup += [f"INSERT INTO clientele_data.job_runs (job_id, kind, state, message, context, sqlstate) SELECT job_id, 'manual', 'waiting', {quote(a.hostile())}, {quote(a.hostile())}, "
                    f"{quote(a.hostile())} FROM clientele_data.job_names"]
    else:
        a.setup += [f"SELECT clientele.add_job({name}, {quote(command)}, after => ARRAY['zzjob0', 'zzjob1'])"]


def other_rows(a):
    """Texts in the other tables of the store that she may add to."""
    words = [quote(a.hostile()) for _ in range(4)]
    a.setup += [a.rng.choice([
        f"INSERT INTO clientele_data.event_types (channel, event, properties) VALUES ({words[0]}, {words[1]}, jsonb_build_object({words[2]}::text, {words[3]}::text))",
        f"INSERT INTO clientele_data.items (key) VALUES ({words[0]})", f"INSERT INTO clientele_data.identities (kind, value, customer_id) VALUES ({words[0]}, {words[1]}, 1)",
        f"INSERT INTO clientele_data.model_names (name, type, last_version) VALUES ({words[0]}, {words[1]}, 1)",
        f"INSERT INTO clientele_data.model_names (name, type, last_version) VALUES ('zm{a.number}', {words[1]}, 1); "
        f"INSERT INTO clientele_data.models (name, version, type, kind, model, current) VALUES ('zm{a.number}', 1, {words[1]}, {words[2]}, '{{}}', true)",
        f"INSERT INTO clientele_data.rfm_segments VALUES ({words[0]}, 1, 1, 1, {words[1]}, {words[2]})", f"INSERT INTO clientele_data.rfm_tiers VALUES ({words[0]}, {words[1]}, {words[2]})",
        f"INSERT INTO clientele_data.rejects (run_id, reason, content) SELECT min(run_id), {words[0]}, to_jsonb({words[1]}::text) FROM clientele_data.load_runs",
        f"INSERT INTO clientele_data.load_runs (source, columns) VALUES ({words[0]}, jsonb_build_object({words[1]}::text, {words[2]}::text))",
        f"SELECT clientele.event_type({words[0]}, {words[1]})", f"SELECT clientele.item({words[0]})", f"SELECT clientele.save_audience({words[0]}, '{{1}}')",
        f"SELECT clientele.save_model({words[0]}, '{{\"model\": \"sBG\", \"parameters\": {{\"alpha\": 0.668, \"beta\": 3.806}}}}')"])]


def changed_rows(a):
    """Any text in any table of the store that she may change becomes another."""
    table, column, kind = a.rng.choice(a.world["texts"])
    word = quote(a.hostile())
    value = {"jsonb": f"jsonb_build_object({word}::text, {word}::text)", "text[]": f"ARRAY[{word}]", "name": f"{word}::name"}.get(kind, word)
    a.setup += [f"UPDATE clientele_data.{ident(table)} SET {ident(column)} = {value} WHERE ctid = (SELECT ctid FROM clientele_data.{ident(table)} ORDER BY md5(ctid::text || '{a.number}') LIMIT 1)"]


def on_the_store(a):
    """Triggers, rules, policies, defaults and views on the tables of a store; they take hold where the store is hers."""
    table = a.rng.choice(a.world["tables"])
    rel = f"clientele_data.{ident(table)}"
    f = f"mallory.fire{a.number}"
    a.setup += [f"CREATE FUNCTION {f}() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN PERFORM {a.pay()}; RETURN NEW; END $f$"]
    a.setup += [a.rng.choice([
        f"CREATE TRIGGER {f.replace('.', '_')} BEFORE INSERT OR UPDATE ON {rel} FOR EACH ROW EXECUTE FUNCTION {f}()",
        f"CREATE TRIGGER {f.replace('.', '_')} AFTER INSERT OR UPDATE OR DELETE ON {rel} FOR EACH STATEMENT EXECUTE FUNCTION {f}()",
        f"CREATE CONSTRAINT TRIGGER {f.replace('.', '_')} AFTER INSERT ON {rel} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {f}()",
        f"CREATE RULE r{a.number} AS ON INSERT TO {rel} DO ALSO SELECT {a.pay()}", f"CREATE RULE r{a.number} AS ON UPDATE TO {rel} DO INSTEAD SELECT {a.pay()}",
        f"ALTER TABLE {rel} ENABLE ROW LEVEL SECURITY; CREATE POLICY p{a.number} ON {rel} USING ({a.pay()})",
        f"ALTER TABLE {rel} ADD COLUMN x{a.number} pg_catalog.bool DEFAULT {a.pay()}", f"ALTER TABLE {rel} ADD CHECK ({a.pay()})",
        f"CREATE VIEW mallory.over{a.number} AS SELECT *, {a.pay()} AS paid FROM {rel}", f"CREATE TABLE mallory.child{a.number} () INHERITS ({rel})",
        f"CREATE OR REPLACE VIEW clientele_data.journeys AS SELECT s.customer_id, CASE WHEN {a.pay()} THEN s.body END AS journey FROM clientele_data.stored_journeys s",
        f"DROP TABLE {rel} CASCADE; CREATE VIEW {rel} AS SELECT {a.pay()} AS name, 1 AS customer_id",
        f"ALTER TABLE {rel} RENAME TO x{a.number}; CREATE VIEW {rel} AS SELECT *, {a.pay()} AS paid FROM clientele_data.x{a.number}",
        f"CREATE INDEX ON {rel} ((mallory.note('{a.label}')))"])]


def in_pg_temp(a):
    """Shadows in mallory's own session, from which she calls functions of others that are SECURITY DEFINER."""
    base = a.rng.choice(["text", "int8", "float8", "numeric", "jsonb", "timestamptz", "bool", "interval"])
    name = ident(a.rng.choice(a.world["types"]))
    way = a.rng.choice(["type", "type", "type", "table", "view", "function"])
    if way == "type":
        a.pg_temp += [a.function(f"pg_temp.check_{a.number}", [f"pg_catalog.{base}"], "pg_catalog.bool", "true", "IMMUTABLE"),
                      f"CREATE DOMAIN pg_temp.{name} AS pg_catalog.{base} CHECK (pg_temp.check_{a.number}(VALUE))"]
    elif way in ("table", "view"):
        name = ident(a.rng.choice(a.world["relations"]))
        columns = ", ".join(f"{a.pay()} AS {ident(c)}" for c in a.rng.sample(a.world["columns"], 5))
        a.pg_temp += [f"CREATE TEMP VIEW {name} AS SELECT {columns}" if way == "view" else f"CREATE TEMP TABLE {name} AS SELECT 1 AS a, 'x'::pg_catalog.text AS tag"]
        if way == "table":
            a.pg_temp += [f"CREATE FUNCTION pg_temp.fire_{a.number}() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN PERFORM {a.pay()}; RETURN NEW; END $f$",
                          f"CREATE TRIGGER t BEFORE INSERT OR UPDATE OR DELETE ON {name} FOR EACH STATEMENT EXECUTE FUNCTION pg_temp.fire_{a.number}()",
                          f"GRANT ALL ON {name} TO PUBLIC"]
    else:
        a.pg_temp += [a.function(f"pg_temp.{ident(a.rng.choice(a.world['functions']))}", [a.type()], "pg_catalog.bool", "true")]


KINDS = {f.__name__: f for f in (operator, function, aggregate, window_or_default, type_name, relation_name, other_name, source, source_of_her_type, parts, holdout,
                                 hostile_values, rule_rows, added_source, added_job, other_rows, changed_rows, on_the_store, in_pg_temp)}
WEIGHTS = {"operator": 5, "function": 4, "source": 5, "rule_rows": 5, "changed_rows": 2, "type_name": 2, "in_pg_temp": 3, "source_of_her_type": 2, "parts": 2, "holdout": 2, "added_source": 3, "added_job": 3}
