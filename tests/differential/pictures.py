#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""The pictures of random data, read as XML: what is drawn is inside, says what the data say, and is as large as they are.

usage: pictures.py [SEED [COUNT]]      (default: a fresh seed, 12 data sets of each kind; 400 with CLIENTELE_LONG=1)

Names are hostile: markup, quotes, controls, marks of direction, emoji, 500 bytes. Numbers are missing, 0, tiny, huge and not finite.
Every picture is well-formed, has only elements and attributes of a short list, and its coordinates are in its view box. Bars, nodes and
links are as long or thick as their values; nodes of a column do not overlap; titles hold the names. The colours of the style sheet have
enough contrast in light and dark, and the first of them differ for the colour-blind, too.
"""
import json
import os
import random
import re
import sys
import unicodedata
import xml.etree.ElementTree as tree

from checks import Checks

checks = Checks("pictures")
SVG = "{http://www.w3.org/2000/svg}"
ATTRIBUTES = {"svg": {"class", "role", "viewBox", "width", "height", "aria-labelledby"}, "title": {"id"}, "desc": {"id"}, "style": set(),
              "text": {"class", "x", "y", "transform"}, "rect": {"class", "x", "y", "width", "height", "rx"}, "line": {"class", "x1", "y1", "x2", "y2"},
              "circle": {"class", "cx", "cy", "r"}, "path": {"class", "d"}, "g": {"class"}, "a": {"class", "href"}}
HOSTILE = ["<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "a&b;&amp;", "]]>", "<!--", "\u202eesrever\u202c", "\u2067x",
           "שלום עולם", "مرحبا", "\x01\x07\x1b[31m", "line\nbreak\ttab", "👩‍👩‍👧‍👦👍🏽", "加入购物车" * 20, "x" * 500, "e\u0301" * 30, "", " ",
           "\ufffe\uffff", "\U000e0041", "{1}{2}{9}{", "%s%n", "javascript:alert(1)", "\u2028", "0", "-1e5", "NaN", "2026-01-01", "\u00ad\ufeff"]
KINDS = ["funnel", "sankey", "retention", "week", "series", "grid", "bars", "curve", "journey_map"]


def name(rng):
    return rng.choice(HOSTILE) if rng.random() < 0.5 else rng.choice(["view", "cart", "购买", "Web shop", "a-b", "x", "搜索"])


def number(rng, negative=False):
    value = rng.choice([0, 0, 1, 7, rng.randint(1, 1000), rng.random(), rng.randint(1, 10**9), 1e-9, 1e280, "NaN", "Infinity", None, "12.50"])
    if rng.random() < 0.6:
        value = rng.randint(0, 100_000)
    return -value if negative and isinstance(value, (int, float)) and rng.random() < 0.3 else value


def plain(rng):
    return rng.choice([0, 1, 5, rng.randint(1, 10_000), rng.random() * 1000])


def data(kind, rng):
    n = rng.choice([0, 1, 2, 3, 8, 30])
    if kind == "funnel":
        return [{"name": name(rng), "customers": plain(rng), "median_seconds": number(rng)} for _ in range(n)]
    if kind == "sankey":
        def end():
            return None if rng.random() < 0.2 else name(rng)
        return [{"step": rng.randint(1, 5), "source": end(), "target": end(), "value": plain(rng)} for _ in range(n * 2)]
    if kind == "retention":
        def cohort(i):
            return rng.choice([None, f"20{i + 10}-0{i % 9 + 1}-01T00:00:00+00:00", name(rng), i])
        return [{"cohort": cohort(i), "period": p, "customers": number(rng), "rate": number(rng, True), "complete": rng.random() < 0.8}
                for i in range(n) for p in range(rng.choice([1, 3, 15]))]
    if kind == "week":
        return [{"weekday": rng.randint(1, 7), "hour": rng.randint(0, 23), "value": number(rng, True)} for _ in range(n * 4)]
    if kind == "series":
        dates = rng.random() < 0.7
        return [{"at": f"20{rng.randint(10, 30)}-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}" + rng.choice(["", "T04:30:00+02:00"])
                 if dates else name(rng), "series": rng.choice([None, "a", name(rng)]), "value": number(rng, True), "low": number(rng),
                 "high": number(rng), "anomaly": rng.random() < 0.2} for _ in range(n)]
    if kind == "grid":
        return [{"x": rng.choice([rng.randint(1, 9), name(rng)]), "y": rng.choice([rng.randint(1, 9), name(rng)]), "value": number(rng, True),
                 "label": rng.choice([None, name(rng)])} for _ in range(n)]
    if kind == "bars":
        return [{"label": name(rng), "value": number(rng, True), "low": number(rng, True), "high": number(rng, True),
                 "group": rng.choice([None, "A", "B", name(rng)])} for _ in range(n)]
    if kind == "curve":
        return [{"x": number(rng, True), "y": number(rng, True), "series": rng.choice([None, "a", name(rng)])} for _ in range(n)]
    return [{"stage": rng.choice(["new", "old", name(rng)]), "channel": rng.choice([None, "web", name(rng)]), "customers": plain(rng),
             "dwell_seconds": number(rng), "dropped": plain(rng)} for _ in range(n)]


def options(rng, i):
    made = {"id": f"p{i}", "layout": rng.choice(["wide", "narrow"])}
    if rng.random() < 0.3:
        made["width"] = rng.choice([240, 500, 1000, 4000])
    for key, value in (("link", "to"), ("unit", name(rng)), ("format", rng.choice(["number", "percent", "seconds"])), ("standalone", True),
                       ("diagonal", True), ("x_label", name(rng)), ("y_label", name(rng))):
        if rng.random() < 0.3:
            made[key] = value
    return made


def written(text):
    """What is left of a name: control characters, marks of direction and what is not a character are dropped."""
    text = re.sub(r"[\t\n\r]", " ", text)
    return "".join(c for c in text if not (unicodedata.category(c) == "Cc" or c in "\u061c\u200e\u200f\u2028\u2029\ufeff"
                                           or "\u202a" <= c <= "\u202e" or "\u2060" <= c <= "\u206f" or "\ufff9" <= c <= "\ufffb"
                                           or "\U000e0001" <= c <= "\U000e007f" or ord(c) & 0xfffe == 0xfffe))


def bare(text):
    """Without the isolates that stand around texts with letters from right to left."""
    return text.replace("\u2068", "").replace("\u2069", "")


def numbers_of(path):
    return [float(v) for v in re.findall(r"-?\d+(?:\.\d+)?", path)]


def examine(kind, markup, rows, option):
    where = f"{kind} {json.dumps(rows)[:250]} {json.dumps(option)}"
    try:
        root = tree.fromstring(markup)
    except tree.ParseError as error:
        checks.check("well-formed", False, f"{error} {where}")
        return
    x, y, width, height = map(float, root.get("viewBox").split())
    width, height = width + 2 * x, height + 2 * y
    checks.check("size", root.tag == SVG + "svg" and 240 <= width <= 4000 and (x < 0) == bool(option.get("standalone")) and 0 < height < 1e6, where)
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    checks.check("title and description", ids == root.get("aria-labelledby").split() and all(i.startswith(option["id"] + "-") for i in ids), where)
    links = list(root.iter(SVG + "a"))
    checks.check("role", root.get("role") == ("group" if links else "img"), where)
    checks.check("links", all(re.fullmatch(r"#to-[a-z0-9-]+", a.get("href")) and a.find(SVG + "title") is not None for a in links), where)
    wrong = []
    for element in root.iter():
        tag = element.tag.removeprefix(SVG)
        if set(element.keys()) - ATTRIBUTES.get(tag, set()) or tag not in ATTRIBUTES:
            wrong.append((tag, element.keys()))
        if tag == "style" and not option.get("standalone"):
            wrong.append(tag)
        # Slanted around its own place.
        if element.get("transform", turned := f"rotate(-45 {element.get('x')} {element.get('y')})") != turned:
            wrong.append((tag, element.attrib))
        across, down = [], []
        if tag == "rect":
            x, y, w, h = (float(element.get(k)) for k in ("x", "y", "width", "height"))
            across, down = [x, x + w], [y, y + h]
            wrong += [element.attrib] if w < 0 or h < 0 else []
        elif tag == "path":
            found = numbers_of(element.get("d"))
            across, down = found[::2], found[1::2]
        elif tag == "circle":
            across, down = [float(element.get("cx"))], [float(element.get("cy"))]
        elif tag in ("line", "text"):
            across = [float(element.get(k)) for k in ("x", "x1", "x2") if element.get(k)]
            down = [float(element.get(k)) for k in ("y", "y1", "y2") if element.get(k)]
        if any(not -0.2 <= v <= width + 0.2 for v in across) or any(not -0.2 <= v <= height + 0.2 for v in down):
            wrong.append((tag, element.attrib))
    checks.check("elements", not wrong, f"{wrong[:3]} of {width} × {height}: {where}")
    titles = [bare(m.find(SVG + "title").text or "") for m in root.iter() if m.get("class") == "mark"]
    key = {"funnel": "name", "bars": "label"}.get(kind)
    if key:
        good = len(titles) == len(rows) and all(t.startswith(written(r[key])) for t, r in zip(titles, rows))
        checks.check("names", good, f"{titles[:3]} {where}")
    if kind == "funnel" and rows:
        bars = [float(r.get("width")) for r in root.iter(SVG + "rect") if r.get("class") == "c0"]
        most = max(r["customers"] for r in rows)
        full = max(bars)
        checks.check("bars", all(abs(b - (r["customers"] / most if most else 0) * full) < 0.11 for b, r in zip(bars, rows)), where)
    if kind == "sankey":
        sankey(root, rows, where)


def sankey(root, rows, where):
    """Thickness is value times one scale, so nothing is lost; nodes do not overlap."""
    wanted = {}
    for r in rows:
        if r["value"] > 0:
            key = (r["step"], r["source"], r["target"])
            wanted[key] = wanted.get(key, 0) + r["value"]
    bands = [numbers_of(p.get("d")) for p in root.iter(SVG + "path")]
    thick = sorted(b[15] - b[1] if len(b) > 15 else 0 for b in bands)
    checks.check("links of a flow", len(bands) == len(wanted), where)
    if not wanted or len(bands) != len(wanted):
        return
    scale = thick[-1] / max(wanted.values())
    checks.check("thickness", all(abs(t - max(v * scale, 0.6)) < 0.4 for t, v in zip(thick, sorted(wanted.values()))), where)
    nodes = {}
    for m in root.iter(SVG + "g"):
        for r in m.findall(SVG + "rect"):
            nodes.setdefault(r.get("x"), []).append((float(r.get("y")), float(r.get("height"))))
    into, out = {}, {}
    for (step, source, target), value in wanted.items():
        out[step, source] = out.get((step, source), 0) + value
        into[step + 1, target] = into.get((step + 1, target), 0) + value
    values = sorted(max(into.get(k, 0), out.get(k, 0)) for k in into | out)
    heights = sorted(h for column in nodes.values() for _, h in column)
    checks.check("nodes", len(values) == len(heights) and all(abs(max(v * scale, 1) - h) < 0.6 + v * scale * 0.02 for v, h in zip(values, heights)),
                 f"{values} {heights} {scale} {where}")
    for column in nodes.values():
        column.sort()
        checks.check("no overlap", all(a + h <= b + 0.21 + max(0, 1 - h) + (h <= 1) for (a, h), (b, _) in zip(column, column[1:])), f"{column} {where}")


def luminance(color):
    if len(color) == 4:
        color = "#" + "".join(c * 2 for c in color[1:])
    parts = [int(color[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]


def contrast(a, b):
    weigh = [sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), luminance(v))) + 0.05 for v in (a, b)]
    return max(weigh) / min(weigh)


# How linear RGB looks without the cones for long, middle and short waves (Machado, Oliveira and Fernandes 2009, full severity).
BLINDNESS = {
    "normal": [(1, 0, 0), (0, 1, 0), (0, 0, 1)],
    "protanopia": [(0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)],
    "deuteranopia": [(0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)],
    "tritanopia": [(1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)],
}


def lab(rgb):
    x, y, z = (sum(a * b for a, b in zip(row, rgb)) for row in ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505)))
    f = [max(v, 0) ** (1 / 3) if v > 0.008856 else 7.787 * max(v, 0) + 16 / 116 for v in (x / 0.9505, y, z / 1.089)]
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def difference(a, b, how):
    one, two = (lab([sum(m * c for m, c in zip(row, luminance(v))) for row in BLINDNESS[how]]) for v in (a, b))
    return sum((p - q) ** 2 for p, q in zip(one, two)) ** 0.5


def colors(style):
    light, dark = (dict(re.findall(r"--(\w+):(#[0-9a-f]{3,6})\b", part)) for part in style.split("prefers-color-scheme:dark", 1))
    checks.check("themes", set(light) == set(dark), set(light) ^ set(dark))
    for theme, scheme in (("light", light), ("dark", dark)):
        for ink in ("ink", "soft", "alarm"):
            for ground in ("paper", "faint"):
                checks.check("text", contrast(scheme[ink], scheme[ground]) >= 4.5, f"{theme} {ink} on {ground}")
        for i in range(10):
            ink = scheme["low" if i < 6 else "mid" if i < 7 else "high"]
            ratio = contrast(ink, scheme[f"h{i}"])
            checks.check("text in cells", ratio >= 4.5, f"{theme} h{i} {ratio:.2f}")
            checks.check("marks", contrast(scheme[f"c{i}"], scheme["paper"]) >= 3, f"{theme} c{i}")
        for how in BLINDNESS:
            for i in range(4):
                for k in range(i):
                    far = difference(scheme[f"c{i}"], scheme[f"c{k}"], how)
                    checks.check("colours", far >= 15, f"{theme} c{i} and c{k} differ by {far:.1f} in {how}")


def slug(key):
    value = 0xcbf29ce484222325
    for byte in key.encode():
        value = (value ^ byte) * 0x100000001b3 % 2**64
    if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key) and len(key) <= 40:
        return key
    front = ""
    for byte in key.encode():
        c = chr(byte).lower() if byte < 128 else "-"
        if len(front) < 40:
            front += c if c.isalnum() else "-" if front and front[-1] != "-" else ""
    front = front.rstrip("-")
    return front + ("-" if front else "") + f"{value:016x}"


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(2**31)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 400 if os.environ.get("CLIENTELE_LONG") else 12
    print(f"seed {seed}")
    rng = random.Random(seed)
    cases = []
    for kind in KINDS:
        for i in range(count):
            cases.append((kind, data(kind, rng), options(rng, i), rng.choice(["en", "zh"]), name(rng)))
    script = []
    for kind, rows, option, language, title in cases:
        script.append(f"SELECT encode(convert_to(clientele.{kind}_picture({literal(json.dumps(rows))}, "
                      f"{literal(written(title) or 't')}, NULL, '{language}', {literal(json.dumps(option))}), 'UTF8'), 'hex');")
    session = "SET standard_conforming_strings = on; "
    first = checks.psql(session + "\n".join(script))
    again = checks.psql(session + "SET TimeZone = 'Asia/Kathmandu'; SET DateStyle = 'SQL, DMY'; SET extra_float_digits = -15;"
                        "SET lc_numeric = 'C';\n" + "\n".join(script))
    checks.same("any session", first, again)
    for (kind, rows, option, _, _), (markup,) in zip(cases, first):
        examine(kind, bytes.fromhex(markup).decode(), rows, option)
    keys = [name(rng) for _ in range(50)] + ["a-b", "A", "-a", "a-", "a--b"] + HOSTILE
    made = checks.psql("\n".join(f"SELECT clientele.picture_slug({literal(k)});" for k in keys))
    checks.same("slugs", [slug(k) for k in keys], [m[0] for m in made])
    colors("\n".join(line[0] for line in checks.psql("SELECT clientele.picture_style();") if line))
    checks.end()


main()
