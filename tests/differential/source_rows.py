#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""What becomes of the rows of a source, against a model of a batch in Python.

usage: source_rows.py [SEED [CASES]]      (default: a fresh seed, 12 cases; 200 with CLIENTELE_LONG=1)

Each case is a table of random dirty rows and a random mapping. Batches of random size read it, in a random order of rows. The model, which
is written here, says which rows are packed, with which home, time, names, item and amount; which are rejected for which reason; which are
duplicates; and what is left out. Besides, as properties: the order of the rows within a batch does not matter, one batch gives what many
give, the counts of each run add up, and what is retried is packed once.
"""
import datetime
import decimal
import json
import os
import random
import re
import sys
from collections import Counter, defaultdict

from checks import Checks

DATABASE = "clientele_source_rows_differential"
checks = Checks("source_rows", DATABASE, "SET client_min_messages = error; SET TimeZone = 'America/New_York'; SET DateStyle = 'SQL, DMY';\n")
UTC = datetime.timezone.utc
ZONE = datetime.timezone(datetime.timedelta(hours=8))   # Asia/Shanghai, since 1992
ORDER = ["expression_error", "missing_event_id", "missing_customer", "bad_identity", "missing_time", "bad_time", "time_out_of_range",
         "time_too_old", "time_in_future", "missing_event", "unknown_event", "bad_amount", "amount_out_of_range", "bad_currency", "no_rate",
         "bad_properties", "text_too_long"]
ABSENT = {"null", "none", "nil", "n/a", "nan", "undefined", "unknown", "anonymous", "guest", "-", "--", ".", "?", "0", "-1", "\\n"}
RANKS = {"customer": 1, "email": 3, "device": 5}
RATES = {"USD": [(datetime.date(2026, 1, 10), "7"), (datetime.date(2026, 2, 1), "7.123456789")], "EUR": [(datetime.date.min, "8.1")]}
COLUMNS = ["id", "customer", "email", "device", "at", "event", "channel", "item", "amount", "currency", "size", "d"]


def literal(value):
    return "NULL" if value is None else "E'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"


# The model.

def blank(text):
    return text is None or text.strip(" \t") == ""


def identifier(kind, text):
    """(value, bad): neither if it is absent."""
    if blank(text) or text.strip(" \t").lower() in ABSENT:
        return None, None
    text = re.sub(r"[ \t]+", " ", text.strip(" \t"))
    if kind != "email":
        return text, None
    text = text.lower()
    good = re.fullmatch(r"[a-z0-9.]+@[a-z0-9-]+(\.[a-z0-9-]+)+", text) and not re.search(r"\.\.|^\.|\.@", text)
    return (text, None) if good else (None, "bad_email")


def time_of(text):
    """(time, reason)."""
    if blank(text) or text.strip().lower() in ABSENT - {"0", "-1", "nan", "."}:
        return None, "missing_time"
    text = text.strip()
    if text.lower() == "infinity":
        return None, "time_out_of_range"
    if re.fullmatch(r"\d{10}|\d{13}", text):
        at = datetime.datetime.fromtimestamp(int(text[:10]), UTC) + datetime.timedelta(milliseconds=int(text[10:] or 0))
    else:
        found = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d))?(Z)?", text)
        try:
            parts = [int(p or 0) for p in found.groups()[:6]]
            at = datetime.datetime(*parts, tzinfo=UTC if found.group(7) else ZONE)
        except (AttributeError, ValueError):
            return None, "bad_time"
    if at < datetime.datetime(1970, 1, 2, tzinfo=UTC):
        return None, "time_too_old"
    if at > datetime.datetime(2100, 1, 1, tzinfo=UTC):
        return None, "time_in_future"
    return at.astimezone(UTC), None


def amount_of(text, currency, at, reasons):
    if blank(text) or text.strip().lower() in ABSENT - {"0", "-1", "nan", "."}:
        return None
    text = text.strip()
    own = "CNY"
    unknown = False
    if not blank(currency) and currency.strip().lower() not in ABSENT:
        own = currency.strip().upper()
        unknown = own not in ("CNY", "USD", "EUR", "GBP")
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        value = decimal.Decimal(text)
    elif re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", text) and not text.lstrip("-").startswith("0"):
        value = decimal.Decimal(text.replace(",", ""))
    else:
        reasons.append("bad_amount")
        return None
    if abs(value) >= 10 ** 12 or value != round(value, 6):
        reasons.append("amount_out_of_range")
        return None
    if unknown:
        reasons.append("bad_currency")
        return None
    if own == "CNY":
        return value
    day = at.astimezone(ZONE).date() if at else datetime.date.min
    rates = [rate for since, rate in RATES.get(own, []) if since <= day]
    if not rates:
        reasons.append("no_rate")
        return None
    with decimal.localcontext() as context:
        context.prec = 60
        value = (value * decimal.Decimal(rates[-1])).quantize(decimal.Decimal("0.000001"), decimal.ROUND_HALF_UP)
    if abs(value) >= 10 ** 12:
        reasons.append("amount_out_of_range")
        return None
    return value


def clean(row, mapping):
    """The event that a row is, or the reason why it is none."""
    reasons, dropped = [], []
    if row["d"] == "0":
        return {"reason": "expression_error"}
    found = set()
    for kind in mapping["kinds"]:
        value, bad = identifier(kind, row[kind])
        if value:
            found.add((RANKS[kind], value, kind))
        if bad:
            dropped.append(bad)
    if not found:
        reasons.append("bad_identity" if dropped else "missing_customer")
    at, reason = time_of(row["at"])
    reasons += [reason] if reason else []
    event, channel = (row["event"] or "").strip(), (row["channel"] or "").strip()
    if not event:
        reasons.append("missing_event")
    elif event in mapping["names"]:
        new_channel, new_event = mapping["names"][event]
        channel, event = new_channel if new_channel is not None else channel, new_event or event
    elif mapping["strict"]:
        reasons.append("unknown_event")
    item = (row["item"] or "").strip() or None
    if item and len(item) > 2000 or len(channel) > 500:
        reasons.append("text_too_long")
    amount = amount_of(row["amount"], row["currency"], at, reasons)
    if reasons:
        return {"reason": min(reasons, key=ORDER.index)}
    who = sorted(found)
    properties = {"size": row["size"]} if row["size"] is not None else {}
    return {"reason": None, "who": [(k, v) for _, v, k in who], "at": at, "type": (channel, event, json.dumps(properties)), "item": item,
            "amount": amount, "dropped": dropped}


def batch(rows, mapping, kept):
    """What a batch makes of rows: a list of (row, event or reject or None for a duplicate)."""
    cleaned = [(row, clean(row, mapping)) for row in rows]
    groups = defaultdict(list)
    for pair in cleaned:
        groups[pair[0]["id"]].append(pair)
    best = {}
    for key, pairs in groups.items():
        best[key] = min(pairs, key=lambda p: (p[1]["reason"] is not None, p[1].get("at") or datetime.datetime.min.replace(tzinfo=UTC),
                                              p[0]["content"]))
    result = [(row, event if best[row["id"]][0] is row else None) for row, event in cleaned]
    if mapping["within"] is not None:
        good = sorted((i for i, (_, e) in enumerate(result) if e and not e["reason"]), key=lambda i: (result[i][1]["at"], int(result[i][0]["id"])))
        within = datetime.timedelta(seconds=mapping["within"])
        for i in good:
            event = result[i][1]
            times = kept[event["who"][0], event["type"], event["item"], event["amount"]]
            if any(abs(t - event["at"]) <= within for t in times):
                result[i] = (result[i][0], None)
            else:
                times.append(event["at"])
    return result


# The cases.

def random_row(rng, i, ids):
    def pick(values, dirt=0.12, bad=(None, "", " ", "N/A", "-", "?")):
        return rng.choice(bad) if rng.random() < dirt else rng.choice(values)
    n = rng.randrange(12)
    row = {"id": str(rng.randrange(ids)), "customer": pick([f"c{n}", f" c{n}", f"C {n}", f"C  {n}"], 0.5),
           "email": pick([f"u{n}@example.com", f"U{n}@Example.COM", f" u{n}@example.com "], 0.4, (None, "", "no address", "a@@b.c", "x@y", "null")),
           "device": pick([f"d{rng.randrange(20)}"], 0.5),
           "at": pick([f"2026-0{rng.randint(1, 3)}-{rng.randint(1, 28):02} {rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(3):02}",
                       f"2026-01-{rng.randint(9, 12):02}", f"2026-01-10 0{rng.randrange(3)}:00:00Z", str(1768000000 + rng.randrange(5)),
                       "1768000000123"], 0.1, (None, "", "null", "2026-02-30", "yesterday", "1969-12-31", "2101-01-01", "infinity")),
           "event": pick(["view", "view ", "buy", "Buy", "kauf"], 0.05, (None, "", " ")), "channel": pick(["web", "app", " web"], 0.3),
           "item": rng.choice([None, "", f"i{rng.randrange(5)}", f" i{rng.randrange(5)}", "x" * 2001 if rng.random() < 0.1 else "i9"]),
           "amount": rng.choice([None, "", "12.5", "-3", "1,234.50", "0.000001", "7.1234567" if rng.random() < 0.3 else "7.123456",
                                 "12,5" if rng.random() < 0.5 else "999999999999.999999", "many" if rng.random() < 0.3 else "0"]),
           "currency": rng.choice([None, "", "CNY", "usd", "EUR", "GBP" if rng.random() < 0.2 else "USD", "shells" if rng.random() < 0.2 else "CNY"]),
           "size": rng.choice([None, "S", "L", 'a "b"']), "d": "0" if rng.random() < 0.02 else "1", "n": i}
    return row


def same_rows(what, wanted, got):
    """Both are lists of tuples, in any order."""
    wanted, got = Counter(wanted), Counter(tuple(f) for f in got)
    checks.check(what, wanted == got, f"missing {list((wanted - got).elements())[:3]}, not wanted {list((got - wanted).elements())[:3]}")


def run_case(seed):
    rng = random.Random(seed)
    rows = [random_row(rng, i, rng.choice([60, 400, 10 ** 6])) for i in range(rng.randint(1, 400))]
    mapping = {"kinds": rng.choice([["customer", "email", "device"], ["email", "device"], ["device", "customer"]]),
               "names": rng.choice([{}, {"view": (None, "view_item"), "kauf": ("shop", "buy")}, {"view": ("", None), "buy": (None, None)}]),
               "strict": rng.random() < 0.3, "within": rng.choice([None, None, 0, 2, 3600])}
    within = "NULL" if mapping["within"] is None else f"interval '{mapping['within']} seconds'" if mapping["within"] else "interval '1 microsecond'"
    values = ",\n".join("(%d, %s)" % (r["n"], ", ".join(literal(r[c]) for c in COLUMNS)) for r in rows)
    setup = f"""TRUNCATE raw; DELETE FROM clientele_data.sources; INSERT INTO raw VALUES {values};
SELECT count(*) FROM clientele.add_source('raw', 'raw', '{json.dumps({k: k for k in mapping["kinds"]})}', at => 'at', event => 'event', channel => 'channel',
  item => 'item', amount => 'amount', currency => 'currency', properties => '{{"size": "size"}}', attributes => '{{"sized": "size", "d": "1 / d::int"}}',
  event_id => 'id::bigint', method => 'key', history => false, time_zone => 'Asia/Shanghai', future => '{(datetime.date(2100, 6, 1) - datetime.date.today()).days} days', duplicates_within => {within},
  strict => {str(mapping["strict"]).lower()});
""" + "".join(f"INSERT INTO clientele_data.event_names SELECT source_id, {literal(e)}, {literal(c)}, {literal(n)} FROM clientele_data.sources;\n"
              for e, (c, n) in mapping["names"].items())
    contents = checks.psql(setup + "SELECT '#' || n || ' ' || to_jsonb(s)::text FROM raw s ORDER BY n;")
    for line in contents:
        found = re.match(r"#(\d+) (.*)", line[0])
        if found:
            rows[int(found.group(1))]["content"] = found.group(2)
    # Rows of one event_id are in one batch: across batches the ledger decides, which has its own test.
    parts = rng.choice([1, 1, 2, 5])
    place = {r["id"]: rng.randrange(parts) for r in rows}
    kept, wanted = defaultdict(list), []
    script = ""
    for part in range(parts):
        mine = [r for r in rows if place[r["id"]] == part]
        wanted += batch(mine, mapping, kept)
        direction = rng.choice(["n", "n DESC", "md5(n::text)"])
        script += f"SELECT pack('raw', 'FROM public.raw s WHERE n = ANY (''{{{','.join(str(r['n']) for r in mine)}}}'') ORDER BY {direction}');\n"
    script += OBSERVE
    got = defaultdict(list)
    for name, *fields in checks.psql("TRUNCATE clientele_data.load_runs, clientele_data.rejects, known, linked, packed, said CASCADE;\n" + script):
        got[name].append(fields)
    same_rows(f"seed {seed}: rejects", [(str(r["n"]), e["reason"]) for r, e in wanted if e and e["reason"]], got["#reject"])
    events = Counter()
    links = set()
    for _, e in wanted:
        if e and not e["reason"]:
            home = e["who"][0]
            amount = "" if e["amount"] is None else format(e["amount"].normalize(), "f")
            events[(":".join(home), e["at"].strftime("%Y-%m-%d %H:%M:%S.%f"), *e["type"], e["item"] or "", amount)] += 1
            links |= {(":".join(home), ":".join(o)) for o in e["who"][1:]}
    same_rows(f"seed {seed}: events", events.elements(), got["#event"])
    same_rows(f"seed {seed}: links", links, got["#link"])
    said = [(":".join(e["who"][0]), name, value, e["at"].strftime("%Y-%m-%d %H:%M:%S.%f"))
                  for r, e in wanted if e and not e["reason"] for name, value in (("sized", r["size"]), ("d", r["d"])) if value is not None]
    same_rows(f"seed {seed}: attributes", said, got["#said"])
    good = [e for _, e in wanted if e and not e["reason"]]
    drops = Counter(d for e in good for d in e["dropped"])
    counts = [len(rows), len(good), sum(1 for _, e in wanted if e and e["reason"]), sum(1 for _, e in wanted if not e),
              sum(1 for e in good if not e["dropped"]), drops["bad_email"]]
    checks.same(f"seed {seed}: counts", [[str(c) for c in counts]], got["#counts"])


OBSERVE = r"""
SELECT '#reject', r.content ->> 'n', r.reason FROM clientele_data.rejects r;
SELECT '#counts', sum(rows_read), sum(rows_packed), sum(rows_rejected), sum(rows_duplicate), sum(rows_complete),
  sum(coalesce((dropped ->> 'bad_email')::bigint, 0)) FROM clientele_data.load_runs WHERE kind = 'batch';
SELECT '#event', h.kind || ':' || h.value, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), t.channel, t.event, t.properties,
  coalesce(i.key, ''), coalesce(trim_scale(e.amount)::text, '')
FROM packed p JOIN known h ON h.identity_id = p.home CROSS JOIN LATERAL clientele.events(p.part) e
JOIN clientele_data.event_types t USING (event_type_id) LEFT JOIN clientele_data.items i USING (item_id);
SELECT DISTINCT '#link', a.kind || ':' || a.value, b.kind || ':' || b.value FROM linked l
JOIN known a ON a.identity_id = l.home JOIN known b ON b.identity_id = l.other;
SELECT '#said', h.kind || ':' || h.value, s.name, s.value, to_char(s.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')
FROM said s JOIN known h ON h.identity_id = s.home;
"""


# The parts of the store that other tests are about, as simple as can be.
SETUP = r"""
DROP EXTENSION IF EXISTS clientele CASCADE; CREATE EXTENSION clientele; CALL clientele.create_store('UTC'); CALL clientele.set_reporting_currency('CNY');
CREATE TABLE known (identity_id bigint GENERATED ALWAYS AS IDENTITY, kind text, value text, UNIQUE (kind, value));
CREATE TABLE linked (home bigint, other bigint);
CREATE TABLE said (home bigint, name text, value text, at timestamptz);
CREATE TABLE packed (home bigint, part clientele.journey);
CREATE OR REPLACE FUNCTION clientele.resolve_identities(kinds text[], "values" text[], homes integer[], others integer[], run_id bigint DEFAULT NULL)
  RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
  ids bigint[];
BEGIN
  INSERT INTO public.known (kind, value) SELECT * FROM unnest(kinds, "values") ON CONFLICT DO NOTHING;
  SELECT array_agg(k.identity_id ORDER BY u.n) INTO ids FROM unnest(kinds, "values") WITH ORDINALITY u (kind, value, n) JOIN public.known k USING (kind, value);
  INSERT INTO public.linked SELECT ids[h], ids[o] FROM unnest(homes, others) u (h, o);
  RETURN ids;
END $$;
CREATE OR REPLACE FUNCTION clientele.merge_home_journeys(homes bigint[], parts clientele.journey[], batch bigint DEFAULT NULL) RETURNS bigint
  LANGUAGE sql AS $$ INSERT INTO public.packed SELECT * FROM unnest(homes, parts); SELECT cardinality(homes)::bigint $$;
CREATE OR REPLACE FUNCTION clientele.add_attributes(homes bigint[], names text[], "values" text[], at timestamptz[], source_id bigint) RETURNS void
  LANGUAGE sql AS $$ INSERT INTO public.said SELECT * FROM unnest(homes, names, "values", at) $$;
CREATE TABLE raw (n integer PRIMARY KEY, id text, customer text, email text, device text, at text, event text, channel text, item text, amount text, currency text,
  size text, d text);
CREATE FUNCTION pack(source text, "rows" text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  id bigint := (SELECT source_id FROM clientele_data.sources WHERE name = source);
  run bigint;
BEGIN
  INSERT INTO clientele_data.load_runs (source, source_id, kind, batch) VALUES ('raw', id, 'batch', 1) RETURNING run_id INTO run;
  PERFORM clientele.pack_source_rows(id, run, "rows");
END $$;
"""


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(10 ** 6)
    cases = int(sys.argv[2]) if len(sys.argv) > 2 else 200 if os.environ.get("CLIENTELE_LONG") == "1" else 12
    print(f"seed {seed}")
    checks.new_database()
    rates = ", ".join(f"('{c}', '{'-infinity' if since == datetime.date.min else since}', {rate})" for c, list_ in RATES.items() for since, rate in list_)
    checks.psql(SETUP + f"INSERT INTO clientele_data.exchange_rates VALUES {rates};")
    for case in range(cases):
        run_case(seed + case)
    checks.drop_database()
    checks.end()


if __name__ == "__main__":
    main()
