#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Report pages in headless Chromium: of an empty store, and of one whose names attack the page, in both languages.

No console message, no request, nothing wider than the screen, no serious fault for axe-core, every name shown as text.
CLIENTELE_PAGES=DATABASE,... looks at reports of these stores, too, such as clientele_demo; they must be smaller than 1 MB.
CLIENTELE_LONG=1 looks at all pages on a telephone and on a wide screen, light and dark. CLIENTELE_SHOTS=FOLDER keeps pictures.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PSQL = os.environ.get("CLIENTELE_PSQL", "psql")
MODULES = pathlib.Path(os.environ.get("CLIENTELE_HOME", ROOT / ".cluster")) / "pages"
CHROMIUM = os.environ.get("CLIENTELE_CHROMIUM", "/usr/bin/chromium")
LONG = bool(os.environ.get("CLIENTELE_LONG"))
PACKAGES = ("playwright-core@1", "axe-core@4")
NAMES = ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'; DROP TABLE x; --", "</style></title><svg onload=alert(1)>",
         "]]>&amp;&#60;", "浏览商品", "😀👩‍👩‍👧", "עברית", "L" + "o" * 110 + "ng"]
TURNED = "a\u202eb\u2066c"

counts = [0, 0, 0]


def check(what, good, detail=""):
    counts[not good] += 1
    if not good:
        print(f"not ok: {what} {detail}"[:500], flush=True)


def finish():
    print("pages: {} passed, {} failed, {} skipped".format(*counts))
    sys.exit(counts[1] > 0)


def skip(why):
    counts[2] += 1
    print(f"skipped: {why}")
    finish()


def psql(script, database=None):
    done = subprocess.run([PSQL, "-XAtq", "-v", "ON_ERROR_STOP=1", *(["-d", database] if database else [])], input=script, text=True,
                          encoding="utf-8", capture_output=True, env={**os.environ, "PGCLIENTENCODING": "UTF8"})
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def hostile_store():
    """Every name is a channel, an event, an item, a tag's value and a question; one has 500 bytes, one turns the writing."""
    names = [*NAMES, TURNED, "x" * 500]
    values = ", ".join(f"({n}, {literal(name)})" for n, name in enumerate(names))
    psql(f"""SET standard_conforming_strings = on;
CREATE TABLE hostile AS
SELECT c::text AS customer, timestamptz '2026-01-05 08:00+00' + d * interval '1 day' + c * interval '7 minutes' + n.n * interval '1 minute' AS at,
       CASE d % 3 WHEN 2 THEN 'purchase' ELSE left(n.name, 200) END AS event, left(n.name, 60) AS channel, left(n.name, 200) AS item, 10 + n.n AS amount
FROM generate_series(1, 60) c, generate_series(0, 40, 2) d, (VALUES {values}) n (n, name) WHERE (c + d + n.n) % 4 = 0;
CALL clientele.load_events('hostile', event => 'event', channel => 'channel', item => 'item', amount => 'amount');
SELECT clientele.define_tag('kind', $$(ARRAY[{", ".join(literal(name[:200]) for name in names)}])[1 + customer_id % {len(names)}]$$);
SELECT clientele.define_tag({literal(NAMES[5])}, 'customer_id % 2 = 0', description => {literal(NAMES[0])});
SELECT clientele.refresh_tags();
SELECT clientele.define_question({literal(NAMES[0])}, clientele.funnel_def(ARRAY[clientele.quote_selector(NULL, {literal(NAMES[1])}), 'purchase'], within => '30 days'),
                                 by => 'kind', description => {literal(NAMES[3])});
SELECT clientele.define_question({literal(NAMES[2])}, clientele.path_def(max_length => 4), by => 'kind');
SELECT clientele.define_question('sql', 'SELECT event AS label, count(*) AS {"m" * 40} FROM public.hostile GROUP BY 1');
SELECT clientele.define_starter_questions();
SELECT clientele.refresh_questions();""")


def main():
    for program in ("node", "npm"):
        if not shutil.which(program):
            skip(f"{program} is not installed: apt-get install nodejs npm")
    if not os.path.exists(CHROMIUM):
        skip("Chromium is not installed: apt-get install chromium")
    if not (MODULES / "installed").exists():
        MODULES.mkdir(parents=True, exist_ok=True)
        (MODULES / "package.json").write_text('{"private": true}\n')
        done = subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", *PACKAGES], cwd=MODULES, capture_output=True, text=True)
        if done.returncode:
            skip("npm cannot install " + " ".join(PACKAGES) + ": " + done.stderr.strip()[:200])
        (MODULES / "installed").touch()

    psql("CREATE EXTENSION IF NOT EXISTS clientele; CALL clientele.create_store();")
    with tempfile.TemporaryDirectory() as folder:
        pages = []

        def page(name, call, names=(), database=None):
            file = pathlib.Path(folder, name + ".html")
            text = psql(f"SELECT {call};", database)
            file.write_text(text, encoding="utf-8")
            pages.append({"file": str(file), "names": list(names)})
            return text

        page("empty", "clientele.report()")
        hostile_store()
        text = page("hostile", f"clientele.report({literal(NAMES[3])})", NAMES)
        check("marks that turn the writing are left out", not any(c in text for c in "\u202e\u2066"))
        check("what they were in is there", "abc" in text)
        check("a report says that a question failed, and no other", text.count('class="fault"') == int(
            psql("SELECT count(*) FROM clientele_bi.questions WHERE error IS NOT NULL")))
        check("write_report() writes the same page", psql("""SELECT clientele.write_report(current_setting('data_directory') || '/report.html') > 0;
SELECT pg_read_file('report.html') = clientele.report();""") == "t\nt\n")
        page("hostile-zh", "clientele.report(language => 'zh')", NAMES)
        for database in filter(None, os.environ.get("CLIENTELE_PAGES", "").split(",")):
            for language in ("en", "zh"):
                text = page(f"{database}-{language}", f"clientele.report(language => '{language}')", (), database)
                check(f"the report of {database} is smaller than 1 MB", len(text.encode()) < 1_000_000, len(text.encode()))

        views = [[1280, "light"], [390, "dark"]] + ([[1280, "dark"], [390, "light"], [360, "light"]] if LONG else [])
        job = pathlib.Path(folder, "job.json")
        job.write_text(json.dumps({"pages": pages, "views": views}))
        here = pathlib.Path(__file__).resolve().parent
        done = subprocess.run(["node", here / "look.mjs", MODULES, folder, job], capture_output=True, text=True, encoding="utf-8")
        seen = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        check("all views were looked at", len(seen) == len(pages) * len(views), done.stderr[-400:])
        for view in seen:
            where = f"{pathlib.Path(view['file']).name} at {view['width']} px, {view['scheme']}:"
            for what, key in (("console messages", "messages"), ("requests", "requests"), ("serious faults", "faults"), ("ids that occur twice", "twice"),
                              ("links to nothing", "lost"), ("names that are not shown", "absent")):
                check(f"{where} no {what}", not view[key], view[key][:3])
            check(f"{where} nothing is wider than the screen", view["wider"] <= 0, view["wider"])
            check(f"{where} nothing is active or has a style of its own", view["active"] == 0, view["active"])
            check(f"{where} no text in a picture is smaller than 10.4 px", view["small"] == 0, view["small"])
            check(f"{where} the keyboard begins with the content", view["first"] == "#main", view["first"])
            check(f"{where} a mark opens its breakdown", view.get("drill", "block") == "block", view.get("drill"))
            check(f"{where} there is something to read", view["sections"] > 0)
        check("a step of the attacked store can be opened", any(view.get("drill") == "block" for view in seen if "hostile" in view["file"]))
    finish()


if __name__ == "__main__":
    main()
