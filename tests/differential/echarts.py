#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Options of echarts_option() are drawn by Apache ECharts itself, on the server side.

usage: CLIENTELE_LONG=1 echarts.py      (otherwise it is skipped: the package comes from npm)

Each kind of question has names that would be HTML, templates or rich text of ECharts. A chart must be drawn without an error or a message,
and all names that it shows must stand in the SVG as text.
"""
import json
import os
import subprocess
import xml.etree.ElementTree as ElementTree

from checks import ROOT, Checks, copy

HOME = ROOT / ".cluster/echarts"
checks = Checks("echarts", "clientele_echarts_drawn", "SET TimeZone = 'UTC'; SET client_min_messages = warning;\n")
NAMES = ["view <b>&amp;</b>", "{b} \"加购\" {a|x}", "buy 'now' 🛒"]
CHANNELS = ["web", "<script>alert(1)</script>"]
DRAW = """
const echarts = require('echarts'), fs = require('fs');
for (const kind of ['log', 'warn', 'error', 'info']) console[kind] = (...m) => process.stderr.write(m.join(' ') + '\\n');
const out = {};
for (const [name, option] of Object.entries(JSON.parse(fs.readFileSync(0, 'utf8')))) {
  const chart = echarts.init(null, null, {renderer: 'svg', ssr: true, width: 900, height: 500});
  chart.setOption({...option, animation: false});
  out[name] = chart.renderToSVGString();
  chart.dispose();
}
process.stdout.write(JSON.stringify(out));
"""


def install():
    """Whether ECharts 6 can be had."""
    if not (HOME / "node_modules/echarts/package.json").exists():
        HOME.mkdir(parents=True, exist_ok=True)
        try:
            subprocess.run(["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", HOME, "echarts@6"], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300)
        except (OSError, subprocess.SubprocessError):
            checks.skip("npm cannot install echarts")
            return False
    return True


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def options():
    rows = [(f"c{c}", f"2026-03-{1 + (c * 5 + 3 * n) % 28:02} 10:{c % 60:02}+08", CHANNELS[c % 2], name)
            for c in range(90) for n, name in enumerate(NAMES) if n < 1 + c % 4]
    steps = "ARRAY[" + ", ".join(f"clientele.quote_selector(NULL, {literal(n)})" for n in NAMES) + "]"
    asked = {"funnel": f"clientele.funnel_def({steps})", "retention": "clientele.retention_def(period => 'week', until => '2026-05-01')",
             "paths": "clientele.path_def()", "all paths": "clientele.path_def(by_step => false)",
             "attribution": f"clientele.attribution_def(clientele.quote_selector(NULL, {literal(NAMES[2])}))",
             "activity": "clientele.activity_def()", "counts": "clientele.counts_def(by => '{event}')",
             "hours": "clientele.counts_def(period => 'hour of week')", "channels": "clientele.counts_def(period => 'all', by => '{channel}')",
             "sql": "'SELECT event, count(*) FROM public.events GROUP BY 1 ORDER BY 1'::text",
             "empty": "clientele.activity_def(since => '2030-01-01')"}
    checks.new_database(
        "CREATE EXTENSION clientele; CALL clientele.create_store('Asia/Shanghai');\n"
        "CREATE TABLE events (customer text, at timestamptz, channel text, event text);\n" + copy("events", rows)
        + "CALL clientele.load_events('events', channel => 'channel');\n"
        + "".join(f"SELECT clientele.define_question({literal(name)}, {d}, language => {literal('zh' if n % 2 else 'en')});\n"
                  for n, (name, d) in enumerate(asked.items()))
        + "SELECT count(*) FROM clientele.refresh_questions();")
    failed = checks.psql("SELECT question, error FROM clientele_bi.questions WHERE outcome IS DISTINCT FROM 'complete'")
    checks.check("every question has an answer", not failed, failed)
    (answer,), = checks.psql("SELECT jsonb_object_agg(q.question, clientele.echarts_option(q.question)) FROM clientele_bi.questions q")
    return json.loads(answer)


def quoted(name):
    """As a selector names an event that is not a plain word."""
    return '"' + name.replace('"', '""') + '"' if set('"<{|') & set(name) else name


def texts(svg):
    return {"".join(t.itertext()).replace("\xa0", " ") for t in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")}


def main():
    if os.environ.get("CLIENTELE_LONG") != "1":
        checks.skip("CLIENTELE_LONG=1 draws the charts with ECharts from npm")
        return
    if not install():
        return
    given = options()
    drawn = subprocess.run(["node", "-e", DRAW], input=json.dumps(given), capture_output=True, text=True, check=False, encoding="utf-8",
                           env={**os.environ, "NODE_PATH": str(HOME / "node_modules")})
    checks.check("drawn without a message", drawn.returncode == 0 and not drawn.stderr, drawn.stderr[:500])
    if drawn.returncode != 0:
        return
    svgs = json.loads(drawn.stdout)
    for name, svg in svgs.items():
        found = texts(svg)
        checks.check(f"{name}: its title", name in found, found)
        if name == "empty":
            continue
        checks.check(f"{name}: more than a title", len(found) > 3, found)
        shown = {"funnel": [f"{n}. {quoted(x)}" for n, x in enumerate(NAMES, 1)], "counts": NAMES, "sql": NAMES, "channels": CHANNELS,
                 "attribution": CHANNELS}.get(name, [])
        for text in shown:
            checks.check(f"{name}: {text} as it is", text in found, found)
        checks.check(f"{name}: no script", "<script" not in svg)
    directory = os.environ.get("CLIENTELE_PICTURES")
    if directory:
        for name, svg in svgs.items():
            with open(os.path.join(directory, f"{name}.svg"), "w", encoding="utf-8") as file:
                file.write(svg)
    checks.drop_database()


main()
checks.end()
