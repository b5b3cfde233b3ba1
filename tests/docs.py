#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Runs every SQL block of README.md, docs/*.md and docs/zh/*.md, and compares what it prints with the document.

Each document is one psql session in a database of its own. A ```sql block is sent as it stands; a
```text block right after it is what psql must print. Documents with the same code, as one in two
languages, are run once, and each is compared with what was printed. Comments in a document steer this:
  <!-- database: demo -->   at the top: the simulated shop of ./run demo; or bare, without the
                            extension; else a database with the extension alone
  <!-- role: NAME -->       the next block is run by this role, or by the owner; at the top: all blocks
  <!-- prepare -->          the next block is run once, before all documents on the simulated shop, however many documents have it
  <!-- skip: REASON -->     the next block is not run

CLIENTELE_PSQL (default psql) with libpq's usual environment finds a server and a superuser.
docs.py            tests
docs.py --update   writes what psql prints into the documents instead
docs.py FILE...    only these documents
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

root = pathlib.Path(__file__).resolve().parent.parent
psql = os.environ.get("CLIENTELE_PSQL", "psql")
build = pathlib.Path(os.environ.get("CLIENTELE_BUILD", root / "build"))
demo_database, work_database = "clientele_docs_demo", "clientele_docs_work"
passed = failed = skipped = 0
printed_by = {}  # what has been run, with what it has printed

os.environ.update(PGTZ="UTC", PGDATESTYLE="ISO", PGCLIENTENCODING="UTF8", LC_ALL="C.UTF-8",
                  PGOPTIONS="-c search_path=\"$user\",public,clientele -c intervalstyle=postgres")


class Block:
    def __init__(self):
        self.sql, self.output, self.role, self.skip, self.prepare = "", None, None, None, False
        self.line = self.first = self.last = 0  # where it is; first and last lines of its output


def report(good, what, detail=""):
    global passed, failed
    passed, failed = passed + good, failed + (not good)
    if not good:
        print(f"not ok  {what}")
        if detail:
            print("        " + detail.rstrip().replace("\n", "\n        "))


def run(database, script, *arguments):
    done = subprocess.run([psql, "-X", "-q", "-d", database, *arguments, "-f", "-"], input=script, text=True,
                          encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.stdout


def must_run(database, script):
    done = subprocess.run([psql, "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", "-"], input=script, text=True,
                          encoding="utf-8", capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return done.stdout.strip()


def blocks_of(text):
    """The SQL blocks of a document, and what its top says."""
    blocks, top, pending, lines = [], {}, {}, text.split("\n")
    fence = None
    last = None  # the block whose output may follow
    for number, line in enumerate(lines):
        if fence is None:
            mark = re.fullmatch(r"<!-- (\w+)(?:: (.*))? -->", line.strip())
            if mark:
                (pending if blocks or mark[1] != "database" else top)[mark[1]] = mark[2] or True
            elif line.startswith("```"):
                fence, start = line[3:].strip(), number
            elif line.strip() and pending.get("role") and not blocks and number < 12:
                top["role"] = pending.pop("role")
            if line.strip() and not mark and not line.startswith("```"):
                last = None
        elif line.startswith("```"):
            body = "\n".join(lines[start + 1:number]) + "\n"
            if fence == "sql":
                last = Block()
                last.sql, last.line, last.first = body, start + 1, number + 1
                last.role = pending.pop("role", None)
                last.skip, last.prepare = pending.pop("skip", None), bool(pending.pop("prepare", False))
                blocks.append(last)
            elif fence in ("text", "output") and last is not None:
                last.output, last.first, last.last = body, start + 1, number
                last = None
            fence = None
    return blocks, top


def plain(text):
    return "\n".join(line.rstrip() for line in text.strip("\n").split("\n"))


def outputs(database, blocks, role):
    """What psql prints for each block, all in one session."""
    script = "\\set ON_ERROR_STOP off\n"
    for number, block in enumerate(blocks):
        user = block.role or role
        user = None if user == "owner" else user
        if user:
            script += f"SET SESSION AUTHORIZATION {user};\n"
        script += f"{block.sql}\n\\echo :::end {number}\n"
        if user:
            script += "RESET SESSION AUTHORIZATION;\n"
    found, current = {}, []
    for line in run(database, script).split("\n"):
        mark = re.fullmatch(r":::end (\d+)", line)
        if mark:
            found[int(mark[1])] = "\n".join(current)
            current = []
        else:
            current.append(re.sub(r"^psql:<stdin>:\d+: ", "", line))
    return found


def program(name):
    """A program of the demo, built if it is not there, and again if the build can."""
    path = build / "demo" / name
    if (build / "CMakeCache.txt").exists():
        subprocess.run(["cmake", "--build", build, "--target", name], stdout=subprocess.DEVNULL, check=False)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["g++", "-std=c++20", "-O2", f"-I{root}/src", f"-I{root}/demo", f"{root}/demo/{name}.cpp", "-o", path],
                       check=True)
    return path


def make_demo(documents):
    """The simulated shop as ./run demo has it, and what the documents ask to prepare."""
    new_database(demo_database)
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        subprocess.run([program("simulate"), "--quiet", "--sources", directory, "--truth", f"{directory}/truth.csv"], check=True)
        copies = [("web", "web"), ("app(id, device, member, logged_at, action, item, payload)", "app"), ("orders", "orders"), ("service_log", "service"), ("crm", "crm")]
        hidden = [("rates", "rates"), ("hidden_rows", "rows"), ("hidden_identifiers", "identifiers")]
        must_run(demo_database, "\n".join([
            *(f"\\i {root}/demo/{name}.sql" for name in ("prepare", "shop_tables", "shop_truth")),
            *(f"\\copy demo.{table} FROM '{directory}/{name}.tsv'" for table, name in copies + hidden),
            f"\\copy demo.truth FROM '{directory}/truth.csv' (FORMAT csv, HEADER)",
            "INSERT INTO demo.accounts SELECT customer, name, city FROM demo.truth;",
            "ANALYZE;",
            *(f"\\i {root}/demo/{name}.sql" for name in ("shop_sources", "shop_names")),
            "CALL clientele.ingest(batch_rows => 500000);",
            *(f"\\copy demo.{table} FROM '{directory}/{name}.late.tsv'" for table, name in copies),
            "CALL clientele.ingest(batch_rows => 500000);",
            "ANALYZE;"]))
    for sql in dict.fromkeys(block.sql for blocks, _ in documents.values() for block in blocks if block.prepare):
        must_run(demo_database, sql)


def new_database(name, kind=None):
    template = demo_database if kind == "demo" else "template1"
    must_run("postgres", f"DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name} TEMPLATE {template};")
    if kind is None:
        must_run(name, "CREATE EXTENSION clientele")


def drop_everything():
    for name in (work_database, demo_database):
        must_run("postgres", f"DROP DATABASE IF EXISTS {name}")
    for role in ("analyst", "clientele_bi"):
        must_run("postgres", f"DROP ROLE IF EXISTS {role}")


def check_document(path, blocks, top, update):
    global skipped
    name = path.relative_to(root)
    for block in blocks:
        if block.skip:
            skipped += 1
            print(f"skipped {name}:{block.line}: {block.skip}")
    todo = [b for b in blocks if not b.skip and not b.prepare]
    if not todo:
        return
    code = (top.get("database"), top.get("role"), tuple((block.sql, block.role) for block in todo))
    if code not in printed_by:
        new_database(work_database, top.get("database"))
        printed_by[code] = outputs(work_database, todo, top.get("role"))
    found = printed_by[code]
    lines = path.read_text(encoding="utf-8").split("\n")
    for number, block in reversed(list(enumerate(todo))):
        printed = plain(found.get(number, ":::the session ended early"))
        if update:
            if block.last:
                lines[block.first:block.last] = printed.split("\n")
            elif printed:
                print(f"{name}:{block.line} prints, and has no text block:\n{printed}")
        elif block.output is None:
            report("ERROR:" not in printed and ":::the" not in printed, f"{name}:{block.line}", printed)
        else:
            good = printed == plain(block.output)
            report(good, f"{name}:{block.line}", f"{block.sql}printed\n{printed}\nbut the document says\n{plain(block.output)}")
    if update:
        path.write_text("\n".join(lines), encoding="utf-8")


def check_reference():
    done = subprocess.run([sys.executable, root / "docs/generate-reference", "--check"], capture_output=True, text=True,
                          encoding="utf-8", env=dict(os.environ, PGDATABASE=work_database), check=False)
    report(done.returncode == 0, "docs/reference.md is what the database says", done.stdout + done.stderr)


def check_pictures():
    done = subprocess.run([sys.executable, root / "docs/make-pictures", "--check"], capture_output=True, text=True,
                          encoding="utf-8", env=dict(os.environ, PGDATABASE=work_database), check=False)
    report(done.returncode == 0, "docs/pictures are what the functions draw", done.stdout + done.stderr)


def links_of(path):
    """Links between documents, and to their headings, must lead somewhere."""
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.S)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"\w+:", link):
            continue
        file, _, anchor = link.partition("#")
        goal = path if not file else (path.parent / file).resolve()
        good = goal.exists()
        if good and anchor and goal.suffix == ".md":
            heads = re.findall(r"^#+ (.*)$", goal.read_text(encoding="utf-8"), re.M)
            good = anchor in {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in heads}
        report(good, f"{path.relative_to(root)} links to {link}")


def main():
    arguments = sys.argv[1:]
    update = "--update" in arguments
    wanted = [pathlib.Path(a).resolve() for a in arguments if a != "--update"]
    paths = [root / "README.md", root / "README.zh.md", *sorted((root / "docs").glob("*.md")), *sorted((root / "docs/zh").glob("*.md"))]
    documents = {p: blocks_of(p.read_text(encoding="utf-8")) for p in paths if p.exists() and p.name != "reference.md"}
    chosen = {p: d for p, d in documents.items() if not wanted or p in wanted}
    try:
        drop_everything()
        if any(top.get("database") == "demo" for _, top in chosen.values()):
            make_demo(documents)
        for path, (blocks, top) in chosen.items():
            check_document(path, blocks, top, update)
        if not wanted and not update:
            new_database(work_database)
            check_reference()
            check_pictures()
            for path in [p for p in paths if p.exists()] + [root / "CONTRIBUTING.md"]:
                links_of(path)
    except (RuntimeError, subprocess.CalledProcessError) as error:
        report(False, "preparing", str(error))
    finally:
        try:
            drop_everything()
        except RuntimeError as error:
            report(False, "cleaning up", str(error))
    print(f"docs: {passed} passed, {failed} failed, {skipped} skipped")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
