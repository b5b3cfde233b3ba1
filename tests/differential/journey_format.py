#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""The packed bytes against a second implementation, written from docs/journey-format.md alone.

Usage: journey_format.py [SEED [COUNT]]. Random events go to the server as rows and as text; the
bytes that it packs are decoded here, and must equal what the encoder here makes of the events.
"""
import decimal
import random
import sys
from itertools import combinations_with_replacement

from checks import Checks

checks = Checks("journey_format")

UNITS = [1, 10**3, 10**6, 60 * 10**6, 3600 * 10**6, 86400 * 10**6]
FIRST, END = -211813488000000000, 9223371331200000000


class Corrupt(Exception):
    pass


def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def zigzag(n):
    return 2 * n if n >= 0 else -2 * n - 1


def unzigzag(n):
    return n // 2 if n % 2 == 0 else -(n + 1) // 2


def code_bits(types):
    return next(b for b in (0, 1, 2, 4, 8, 16) if types <= 2**b)


def pack_bits(values, bits):
    return sum(v << (i * bits) for i, v in enumerate(values)).to_bytes((len(values) * bits + 7) // 8, "little")


def write_column(values):
    if not values:
        return b""
    sizes = [(v.bit_length() + 7) // 8 for v in values]
    counts = [sizes.count(s) for s in range(9)]
    widest = max(sizes)

    def cost(widths):
        return sum(n * min(w for w in widths if w >= s) for s, n in enumerate(counts) if n)

    # combinations come in lexicographic order, and min() takes the first of equals
    w = min((c for c in combinations_with_replacement(range(9), 4) if c[3] == widest), key=cost)
    numbers = [next(k for k in range(4) if w[k] >= s) for s in sizes]
    data = b"".join(v.to_bytes(w[k], "little") for v, k in zip(values, numbers))
    return bytes([w[0] | w[1] << 4, w[2] | w[3] << 4]) + pack_bits(numbers, 2) + data


def write_optional(values):
    present = [v for v in values if v is not None]
    if len(present) == len(values):
        return write_column(present)
    return pack_bits([v is not None for v in values], 1) + write_column(present)


def encode(events):
    """events: (microseconds, type, item or None, millionths or None) in any order."""
    if not events:
        return bytes([1, 0, 0])
    rank = lambda v: (v is not None, v or 0)
    events = sorted(events, key=lambda e: (e[0], e[1], rank(e[2]), rank(e[3])))
    times = [e[0] for e in events]
    unit = max(u for u in range(6) if all(t % UNITS[u] == 0 for t in times))
    items, amounts = [e[2] for e in events], [e[3] for e in events]
    flags = unit
    for column, flag in ((items, 8), (amounts, 32)):
        flags |= (flag if any(v is not None for v in column) else 0)
        flags |= (2 * flag if all(v is not None for v in column) else 0)
    types = sorted({e[1] for e in events})
    out = bytearray([1, flags]) + varint(len(events)) + varint(len(types) - 1)
    for before, t in zip([-1] + types, types):
        out += varint(t - before - 1)
    code = {t: i for i, t in enumerate(types)}
    out += pack_bits([code[e[1]] for e in events], code_bits(len(types)))
    out += varint(zigzag(times[0] // UNITS[unit]))
    out += write_column([(b - a) // UNITS[unit] for a, b in zip([times[0]] + times, times)])
    if flags & 8:
        out += write_optional([None if v is None else zigzag(v) for v in items])
    if flags & 32:
        digits = min(d for d in range(7) if all(v is None or v % 10 ** (6 - d) == 0 for v in amounts))
        out.append(digits)
        out += write_optional([None if v is None else zigzag(v // 10 ** (6 - digits)) for v in amounts])
    return bytes(out)


class Cursor:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        if self.at + n > len(self.data):
            raise Corrupt("truncated")
        self.at += n
        return self.data[self.at - n:self.at]

    def byte(self):
        return self.take(1)[0]

    def varint(self):
        n = shift = 0
        while True:
            b = self.byte()
            n |= (b & 127) << shift
            shift += 7
            if b < 128:
                return n

    def bits(self, count, bits):
        word = int.from_bytes(self.take((count * bits + 7) // 8), "little")
        return [word >> (i * bits) & (1 << bits) - 1 for i in range(count)]

    def column(self, count):
        if count == 0:
            return []
        a, b = self.take(2)
        widths = [a & 15, a >> 4, b & 15, b >> 4]
        return [int.from_bytes(self.take(widths[k]), "little") for k in self.bits(count, 2)]

    def optional(self, count, everywhere):
        present = [1] * count if everywhere else self.bits(count, 1)
        values = iter(self.column(sum(present)))
        return [unzigzag(next(values)) if p else None for p in present]


def decode(data):
    c = Cursor(data)
    if c.byte() != 1:
        raise Corrupt("version")
    flags, n = c.byte(), c.varint()
    if n > 4 * len(data):
        raise Corrupt("more events than their two control bits have room for")
    events = []
    if n:
        type_count, types, t = c.varint() + 1, [], -1
        for _ in range(type_count):
            t += c.varint() + 1
            types.append(t)
        codes = c.bits(n, code_bits(type_count)) if type_count > 1 else [0] * n
        unit = UNITS[flags & 7]
        at = unzigzag(c.varint()) * unit
        times = []
        for gap in c.column(n):
            at += gap * unit
            times.append(at)
        items = c.optional(n, flags & 16) if flags & 8 else [None] * n
        amounts = [None] * n
        if flags & 32:
            digits = c.byte()
            if digits > 6:
                raise Corrupt("digits")
            factor = 10 ** (6 - digits)
            amounts = [None if v is None else v * factor for v in c.optional(n, flags & 64)]
        events = [(a, types[k], i, m) for a, k, i, m in zip(times, codes, items, amounts)]
    if c.at != len(data):
        raise Corrupt("bytes behind the end")
    return events


def random_events(rnd):
    n = rnd.choice([0, 1, 2, 3, 7, 8, 9, 20, 100, 300])
    unit = rnd.choice(UNITS)
    kinds = rnd.choice([1, 2, 3, 5, 16, 17, 300])
    base = rnd.choice([0, 5, 1000, 2**31 - 400])
    at = rnd.choice([FIRST, -10**15, 0, 7 * 10**14, 8 * 10**14])
    spread = rnd.choice([1, 100, 70000, 10**7, 10**9])
    item_rate, amount_rate = rnd.choice([0, 0.1, 1]), rnd.choice([0, 0.1, 1])
    digits = rnd.randrange(7)
    events = []
    for _ in range(n):
        at += rnd.choice([0, 1, 1]) * rnd.randrange(spread) * unit
        time = min(max(at, FIRST), END - 1)
        item = amount = None
        if rnd.random() < item_rate:
            item = rnd.choice([0, 1, rnd.randrange(10**5), rnd.randrange(-2**63, 2**63), -2**63])
        if rnd.random() < amount_rate:
            steps = 10 ** (12 + digits) - 1
            amount = rnd.choice([0, rnd.randint(-5000, 5000), rnd.randint(-steps, steps)]) * 10 ** (6 - digits)
        events.append((time - time % unit if time - time % unit >= FIRST else time, base + rnd.randrange(kinds), item, amount))
    rnd.shuffle(events)
    return events


def literal(e):
    at, kind, item, amount = e
    null = lambda v: "NULL" if v is None else f"'{v}'"
    return "(%d, %d, %s::bigint, %s::numeric)" % (
        at, kind, null(item), null(None if amount is None else decimal.Decimal(amount).scaleb(-6)))


def server(script):
    """The lines of what a script prints, with | between the fields."""
    return ["|".join(row) for row in checks.psql(script)]


# An instant from microseconds since 2000 without any rounding.
INSTANT = "timestamptz '2000-01-01 UTC' + make_interval(days => (at / 86400000000)::int) " \
          "+ (at % 86400000000) * interval '1 microsecond'"


def script_for(cases):
    yield "SET timezone = 'UTC'; SET search_path = public, clientele; SET max_parallel_workers_per_gather = 0;"
    for events in cases:
        rows = ", ".join(map(literal, events)) or "(0::bigint, 0, 0::bigint, 0::numeric)"
        where = "" if events else " WHERE false"
        yield (f"WITH v(at, kind, item, amount) AS (VALUES {rows}), j AS MATERIALIZED "
               f"(SELECT coalesce(clientele.journey({INSTANT}, kind, item, amount), '{{}}') AS j FROM v{where}) "
               "SELECT encode(j::bytea, 'hex'), encode(j::text::clientele.journey::bytea, 'hex'), "
               "j::bytea::clientele.journey = j, "
               "(SELECT coalesce(string_agg(concat_ws(',', (extract(epoch FROM e.at - '2000-01-01 UTC') * 1000000)::bigint, "
               "e.event_type_id, coalesce(e.item_id::text, 'N'), coalesce((e.amount * 1000000)::bigint::text, 'N')), ';' ORDER BY n), '') "
               "FROM clientele.events(j) WITH ORDINALITY AS e(at, event_type_id, item_id, amount, n)) FROM j;")


def parse_rows(text):
    number = lambda v: None if v == "N" else int(v)
    return [tuple(map(number, row.split(","))) for row in text.split(";")] if text else []


def differences(events, line):
    packed, through_text, through_bytes, rows = line.split("|")
    data = bytes.fromhex(packed)
    if data != encode(events):
        yield f"bytes {packed} but the format says {encode(events).hex()}"
    if encode(decode(data)) != data or sorted(map(str, decode(data))) != sorted(map(str, events)):
        yield f"decoding {packed} gives {decode(data)}"
    if through_text != packed:
        yield f"through text: {through_text} and not {packed}"
    if through_bytes != "t":
        yield f"its own bytes are refused: {packed}"
    if parse_rows(rows) != decode(data):
        yield f"events() gives {rows} for {packed}"


def refused(cases, rnd):
    """Damaged bytes: the server takes exactly those that encode() here would write."""
    damaged = []
    for events in cases:
        data = bytearray(encode(events))
        for _ in range(rnd.randint(1, 2)):
            data[rnd.randrange(len(data))] ^= 1 << rnd.randrange(8)
        damaged.append(bytes(data[:rnd.randint(0, len(data))] if rnd.random() < 0.2 else data))
    script = ["CREATE FUNCTION pg_temp.takes(b bytea) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN "
              "PERFORM b::clientele.journey; RETURN true; "
              "EXCEPTION WHEN invalid_binary_representation THEN RETURN false; END $$;"]
    script += [f"SELECT pg_temp.takes('\\x{d.hex()}');" for d in damaged]
    for data, answer in zip(damaged, server("\n".join(script))):
        try:
            events = decode(data)
            valid = all(FIRST <= e[0] < END and e[1] < 2**31 and abs(e[3] or 0) < 10**18 and
                        -2**63 <= (e[2] or 0) < 2**63 for e in events) and encode(events) == data
        except (Corrupt, IndexError, ValueError):
            valid = False
        yield data, valid, answer == "t"


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 400
    print(f"seed {seed}, {count} journeys")
    rnd = random.Random(seed)
    cases = [random_events(rnd) for _ in range(count)]
    lines = server("\n".join(script_for(cases)))
    if len(lines) != len(cases):
        sys.exit(f"{len(lines)} answers to {len(cases)} questions")
    for number, (events, line) in enumerate(zip(cases, lines)):
        found = list(differences(events, line))
        checks.check(f"case {number}:", not found, "; ".join(found))
    for data, here, there in refused(cases, rnd):
        checks.check(f"damaged bytes {data.hex()}:", here == there, f"valid here {here}, taken there {there}")
    checks.end()


if __name__ == "__main__":
    main()
