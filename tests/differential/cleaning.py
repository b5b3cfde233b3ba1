#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""The cleaning functions against the truth table and against Python's unicodedata.

usage: cleaning.py [SEED [COUNT]]      (default: a fresh seed, 10,000 random values of each kind; 1,000,000 in all with CLIENTELE_LONG=1)

The table of cases, if it is there (CLIENTELE_CASES), in databases of C.UTF-8, ICU and tr_TR. Then random strings: each has a normal
form or a reason, never both, and never an error; a normal form is its own normal form; keys, case-folded keys and events are what
Python's unicodedata makes of the same string, by code that is written here. All databases give the same answers, in any session.
"""
import csv
import os
import pathlib
import random
import sys
import unicodedata

from checks import ROOT, Checks

CASES = pathlib.Path(os.environ.get("CLIENTELE_CASES", ROOT.parent / "shared/oracle/cleaning_cases.csv"))
DATABASE = "clientele_cleaning_differential"
LOCALES = {
    "c": "LOCALE 'C.UTF-8'",
    "icu": "LOCALE 'C.UTF-8' LOCALE_PROVIDER icu ICU_LOCALE 'und'",
    "icu_tr": "LOCALE 'C.UTF-8' LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR'",
    "tr": "LOCALE 'tr_TR.UTF-8'",
}
SESSIONS = {"c": "", "icu": "SET TimeZone = 'America/New_York'; SET DateStyle = 'SQL, DMY';\n",
            "icu_tr": "SET TimeZone = 'Asia/Kathmandu'; SET IntervalStyle = 'iso_8601';\n", "tr": "SET lc_numeric = 'tr_TR.UTF-8';\n"}
# What the options of the table are called here. `type=number` is what a column of numbers says by its type.
NAMES = {"zone": "time_zone", "order": "date_order", "case=fold": "normal=nocase", "exact": "normal=exact", "uuid": "normal=uuid",
         "type=number": "unit=epoch"}
BUILT = ["email", "key", "event", "amount", "currency", "time", "phone"]
checks = Checks("cleaning", DATABASE)


def quoted(text):
    """As a literal that holds in any session."""
    if text is None:
        return "NULL"
    return "E'" + "".join(c if c.isascii() and c.isprintable() and c not in "'\\" else
                          {"'": "''", "\\": "\\\\"}.get(c, f"\\U{ord(c):08x}") for c in text) + "'"


def cases():
    """The lines of the table: (number, kind, input, arguments in SQL, expected, reason)."""
    with CASES.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            arguments = []
            for option in filter(None, row["options"].split(";")):
                name, _, value = NAMES.get(option, option).partition("=")
                arguments.append(f"\"{NAMES.get(name, name)}\" => '{value}'" + ("::timestamp AT TIME ZONE 'UTC'" if name == "oldest" else ""))
            if row["kind"] == "time":
                arguments.append("as_of => '2026-07-01 00:00:00+00'")
            texts = [row[name].encode("ascii", "backslashreplace").decode("unicode_escape") if "\\" in row[name] else row[name]
                     for name in ("input", "expected")]
            yield number, row["kind"], texts[0], "".join(", " + a for a in arguments), texts[1], row["reason"]


def make_database(name):
    """Whether there is such a locale on this machine."""
    database = f"{DATABASE}_{name}"
    made = checks.psql(f"""DROP DATABASE IF EXISTS {database};
\\set ON_ERROR_STOP 0
CREATE DATABASE {database} ENCODING 'UTF8' {LOCALES[name]} TEMPLATE template0;
SELECT count(*) FROM pg_database WHERE datname = '{database}';""", "postgres")
    if made != [["1"]]:
        checks.skip(f"this server has no databases with {LOCALES[name]}")
        return False
    checks.psql("CREATE EXTENSION clientele;", database)
    return True


def table_of_cases(name):
    rows = list(cases())
    built = [row for row in rows if row[1] in BUILT]
    others = sorted({row[1] for row in rows} - set(BUILT))
    if others and name == "c":
        checks.skip(f"{len(rows) - len(built)} lines of the table, as there is no function for {', '.join(others)}")
    script = SESSIONS[name] + "SET search_path = clientele;\n"
    for number, kind, value, arguments, _, _ in built:
        form = f"clientele.clean_{kind}({quoted(value)}{arguments})"
        if kind == "time":
            form = f"rtrim(rtrim(to_char({form} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), '0'), '.') || 'Z'"
        script += (f"SELECT {number}, encode(convert_to(coalesce(({form})::text, ''), 'UTF8'), 'hex'), "
                   f"clean_{kind}_reason({quoted(value)}{arguments});\n")
    answers = checks.psql(script, f"{DATABASE}_{name}")
    checks.same(f"{name}: an answer for each line", len(built), len(answers))
    for (number, kind, value, arguments, expected, reason), (at, form, why) in zip(built, answers):
        got = bytes.fromhex(form).decode()
        # The shortest form of a time has no fraction that is not needed.
        checks.same(f"{name}: line {number}, {kind} {value!r}{arguments}", (number, expected, reason), (int(at), got, why))


# Python's own view of Unicode, by the definitions of the standard. Python has an older version than the tables, so
# random strings have characters that both know.
SPACES = {*range(0x9, 0xE), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000}
IGNORABLE = {0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), *range(0x200B, 0x2010), *range(0x202A, 0x202F),
             *range(0x2060, 0x2070), 0x3164, *range(0xFE00, 0xFE10), 0xFEFF, 0xFFA0, *range(0xFFF0, 0xFFF9), *range(0x1BCA0, 0x1BCA4),
             *range(0x1D173, 0x1D17B), *range(0xE0000, 0xE1000)}
ABSENT = {"null", "none", "nil", "n/a", "nan", "undefined", "unknown", "anonymous", "guest", "-", "--", ".", "?", "0", "-1", "\\n",
          "00000000-0000-0000-0000-000000000000", "无", "未知", "匿名", "暂无"}


def trimmed(text):
    first, last = 0, len(text)
    while first < last and ord(text[first]) in SPACES:
        first += 1
    while last > first and ord(text[last - 1]) in SPACES:
        last -= 1
    return text[first:last]


def visible(text):
    return "".join(c for c in text if ord(c) in SPACES or not (ord(c) in IGNORABLE or unicodedata.category(c) == "Cc"))


def plain(text):
    return trimmed(unicodedata.normalize("NFKC", visible(unicodedata.normalize("NFKC", text))))


def folded(text):
    """NFKC_Casefold, as the closure of folding and normalising that Unicode defines it by."""
    while True:
        after = unicodedata.normalize("NFKC", visible(unicodedata.normalize("NFD", text).casefold()))
        if after == text:
            return trimmed(text)
        text = after


def one_blank(text):
    out = ""
    for c in text:
        c = " " if ord(c) in SPACES else c
        if c != " " or not out.endswith(" "):
            out += c
    return out


def expected_key(text, fold):
    base = plain(text)
    if not base:
        return None, "blank"
    if folded(base) in ABSENT:
        return None, "placeholder"
    return one_blank(folded(base) if fold else base), None


def expected_event(text):
    name = trimmed(unicodedata.normalize("NFC", text))
    return (name, None) if name else (None, "missing_event")


KNOWN = [c for c in map(chr, range(1, 0x30000)) if unicodedata.category(c) not in ("Cn", "Cs", "Co")]
PIECES = {
    "email": ["a", "B", "@", "@shop.de", ".", "..", "-", "_", "+x", "gmail.com", "@GoogleMail.com", "<", ">", "mailto:", "münchen", "straße", "例子.中国",
              "xn--", "。", "n/a", '"', "\u200b", " ", "ＡＢ", "İ", "xn--mnchen-3ya", "@münchen.de", "\u0308"],
    "amount": ["1", "23", "456", "7890", ",", ".", "'", " ", "-", "+", "(", ")", "$", "¥", "元", "EUR", "USD", "e3", "E-2", "%", "NaN", "inf", "0", "１２", "−", "\u2019",
               "\u00a0", "null"],
    "time": ["2026", "-01", "-02", "/1", "/2", "01", "12", ":30", ":45", ".5", " ", "T", "Z", "+08:00", "PM", "上午", "下午", "年", "月", "日", "时", "分", "秒", "Jan", "Fri, ",
             "2026-01-02", "1767323045", "Asia/Shanghai", "Etc/GMT+3", "BC", "0000-00-00", "null", "45292.5", "infinity", "-", "GMT", "２０２６"],
    "phone": ["+", "+86 ", "0086", "011 ", "0", "1", "138", "0013", "8000", "030", "90 18 20", "(415) ", "555-2671", "-", " ", "(", ")", "/", ".", "ext", " x", "转", "分机", "801",
              ";ext=", "#", ",", "tel:", ";phone-context=", "~", "*", "FLOWERS", "e+1", "１３８", "\u200b", "'", "null", "+1 ", "+52 1 ", "+39 0", "+44 (0)"],
    "currency": ["U", "S", "D", "usd", "EUR", "$", "¥", "元", "RMB", "人民币", "HK", "İ", "ı", "null", " ", "￥"],
}
PIECES["key"] = PIECES["event"] = ["a", "B", "Σ", "ß", "İ", "ı", "ﬁ", "\u0301", "\u0345", "\u200b", "\ufeff", "\u00a0", "\u3000", " ", "\t", "\x07", "０", "0", "-1", "null",
                                   "無", "无", "한", "\u1100", "\u1161", "ά", "ᾳ", "Ⅷ", "㍿", "ﷺ", "-", "👩‍👩‍👧", "e\u0323\u0302", "\u212b", "\u0130"]


# Libraries that ask the C library for the small form of I answer differently in Turkish.
ALWAYS = {kind: ["138null0086i", "138null0086I", "(415) 555-MIiI"] for kind in ("phone", "key", "email")}


def random_text(rng, kind):
    if rng.random() < 0.1:
        return "".join(rng.choices(KNOWN, k=rng.randrange(1, 12)))
    pieces = [rng.choice(PIECES[kind]) if rng.random() < 0.9 else rng.choice(KNOWN) for _ in range(rng.choice([1, 2, 3, 4, 5, 8, 12]))]
    return "".join(pieces)


# A normal form again: e-mail addresses with and without folding, keys of each form, and amounts of the numbers.
CALLS = {
    "email": ["clean_email({})", "clean_email({}, 'fold')"],
    "key": ["clean_key({})", "clean_key({}, 'nocase')", "clean_key({}, 'exact')", "clean_key({}, 'uuid')"],
    "event": ["clean_event({})"],
    "amount": ["clean_amount({}, '.')", "clean_amount({}, ',')", "clean_amount({}, 'auto', 'CNY')", "clean_amount({}, '.', 'USD', 'CNY', 7.1)"],
    "phone": ["clean_phone({})", "clean_phone({}, 'CN')", "clean_phone({}, 'US')", "clean_phone({}, 'MX')"],
    "currency": ["clean_currency({})", "clean_currency({}, 'CNY')"],
    "time": [f"clean_time({{}}, '{zone}', {order}, {unit}, as_of => '2026-07-01 00:00:00+00')"
             for zone, order, unit in [("UTC", "NULL", "NULL"), ("Europe/Berlin", "'dmy'", "NULL"), ("Asia/Shanghai", "'mdy'", "'excel'"),
                                       ("UTC", "'ymd'", "'epoch'")]],
}


def random_strings(rng, names, kind, count):
    """In every database; the answers of all databases are the same, and Python's where there are such."""
    texts = ALWAYS.get(kind, []) + [random_text(rng, kind) for _ in range(count)]
    count = len(texts)
    first = None
    for name in names:
        script = SESSIONS[name] + "SET search_path = clientele, pg_catalog;\nCREATE TEMP TABLE t (n integer, v text);\nCOPY t FROM stdin;\n"
        script += "".join(f"{n}\t" + "".join({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}.get(c, c) for c in v) + "\n"
                          for n, v in enumerate(texts)) + "\\.\nSET TimeZone = 'UTC'; SET DateStyle = 'ISO';\n"
        for call in CALLS[kind]:
            form, why = call.format("v"), call.replace(f"clean_{kind}(", f"clean_{kind}_reason(").format("v")
            again = "true" if kind in ("amount", "time") else f"{call.format('f')} IS NOT DISTINCT FROM f"
            script += (f"SELECT n, f IS NULL, w, encode(convert_to(f::text, 'UTF8'), 'hex'), f IS NULL OR {again} "
                       f"FROM (SELECT n, {form} AS f, {why} AS w FROM t OFFSET 0) x ORDER BY n;\n")
        answers = checks.psql(script, f"{DATABASE}_{name}")
        if not checks.same(f"{name}: random {kind}, all answered", count * len(CALLS[kind]), len(answers)):
            continue
        if first is not None:
            differing = [(texts[int(a[0])], a, b) for a, b in zip(first, answers) if a != b]
            checks.check(f"random {kind}: {name} agrees with {names[0]}", not differing, differing[:3])
            continue
        first = answers
        for at, (n, none, why, form, stable) in enumerate(answers):
            text = texts[int(n)]
            if (none == "t") != (why != ""):
                checks.check(f"{kind}: a form or a reason", False, f"{text!r} {bytes.fromhex(form).decode()!r} {why}")
            elif stable != "t":
                checks.check(f"{kind}: the normal form of a normal form", False, f"{CALLS[kind][at // count]} {text!r} {bytes.fromhex(form).decode()!r}")
            else:
                checks.count(1, 0)
            which = at // count
            if kind == "event" or (kind == "key" and which < 2):
                wanted = expected_event(text) if kind == "event" else expected_key(text, which == 1)
                checks.same(f"{kind} {which} of {text!r}", wanted, (bytes.fromhex(form).decode() or None, why or None))


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(1 << 31)
    default = 170_000 if os.environ.get("CLIENTELE_LONG") else 10_000
    count = int(sys.argv[2]) if len(sys.argv) > 2 else default
    print("seed", seed)
    rng = random.Random(seed)
    names = [name for name in LOCALES if make_database(name)]
    if checks.psql("\\set ON_ERROR_STOP 0\nSELECT clientele.clean_phone('110', 'CN') IS NULL;", f"{DATABASE}_{names[0]}") != [["t"]]:
        checks.skip("phone numbers, as the extension was built without libphonenumber")
        BUILT.remove("phone")
        del CALLS["phone"]
    if CASES.exists():
        for name in names:
            table_of_cases(name)
    else:
        checks.skip(f"{CASES} is not there")
    for kind in CALLS:
        for begin in range(0, count, 20_000):
            random_strings(rng, names, kind, min(20_000, count - begin))
    for name in names:
        checks.psql(f"DROP DATABASE {DATABASE}_{name};", "postgres")
    checks.end()


if __name__ == "__main__":
    main()
