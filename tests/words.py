#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Finds words that are not plain English, and long lines, in comments, COMMENT ON texts, messages and documents.

words.py [FILE | FOLDER ...]   checks these, for example  tests/words.py src/tags docs/tags.md
words.py                       checks the whole repository

Prints FILE:LINE: what was found, and a sentence that shows what to write instead. Code, names in `backticks`, code blocks of
documents, and expected outputs are not prose and are not looked at. CONTRIBUTING.md has the rules.
"""
import io
import os
import pathlib
import re
import subprocess
import sys
import tokenize

ROOT = pathlib.Path(__file__).resolve().parent.parent
LONGEST = 140

# A pattern, what may stand before it in its sentence, a sentence that it refuses, and that sentence in plain English.
# "Own events" are a term of the features of churn.
FORMS = [
    (r"\b(?:is|are|was|were|be|been)\s+no\s+(?!(?:longer|more|fewer|less|later|earlier)\b)", r"\bthere(?:\s+\w+){0,2}\s*$",
     "A name is no number.", "A name is not a number."),
    (r"\b(?:tells?|told|telling)\b", None, "It tells how many there are.", "It returns the number of rows."),
    (r"\b(?:rests?|rested|resting)\s+(?:up)?on\b", None, "The answer rests on the clock.", "The answer depends on the clock."),
    (r"\bbut\s+for\b", None, "All but for the last are read.", "All except the last are read."),
    (r"\banew\b", None, "It is read anew.", "It is read again."),
    (r"\bpassed\s+over\b", None, "Blank lines are passed over.", "Blank lines are ignored."),
    (r"\bwhom(?:ever)?\b", None, "Customers of whom no age is known.", "Customers whose age is not known."),
    (r"\bwhoever\b", None, "Whoever calls it needs the right.", "The caller needs the right."),
    (r"(?:^|(?<=[.:;]\s)|(?<=\n\n))(?-i:Who)\s(?![^?]{0,200}\?)", None, "Who has the tag.", "The customers that have the tag."),
    (r"\b(?:of|to|by|for|from|than|with)\s+who\b", None, "A list of who has it.", "A list of the customers that have it."),
    (r"\b(?:some|any|no|every)body\b", None, "Nobody has it.", "No customer has it."),
    (r"\bby\s+whose\b", None, "Days, by whose clock.", "Days in which time zone."),
    (r"\bcircles?\b", None, "A circle of references.", "A cycle of references."),
    (r"\bmend(?:s|ed|ing)?\b", None, "It mends the row.", "It corrects the row."),
    (r"\b(?:lies?|lay|lying)\s+beyond\b|\bbeyond\s+[0-9][0-9,]*\b(?![e^])", None, "Beyond 1,000 it fails.", "With more than 1,000 it fails."),
    (r"\bso\s+(?:many|long)\b(?!\s+(?:that|as)\b)(?![^.:;]{0,80}\b(?:that|as)\b)", r"\bt(?:ake|akes|ook)\s+$", "After so many days.", "After that many days."),
    (r"\b(?:the|an|of|with|by|in)\s+own\b(?!\s+events?\b)", None, "With the own time zone.", "With its own time zone."),
    (r"\b(?:is|are|was|were|be|been)\s+asked\b(?!\s+for\b)", r"\bquestions?\b[^.:;]*$", "The function is asked once.", "The function is called once."),
    (r"\b(?:gives?|gave|given|giving)\s+back\b", None, "It gives back a row.", "It returns a row."),
    (r"\b(?:comes?|came|coming)\s+of\b", None, "The error comes of rounding.", "The error results from rounding."),
    (r"\bsought\b", None, "The row is sought first.", "The row is searched first."),
]
FORMS = [(re.compile(pattern, re.I), unless and re.compile(unless, re.I), bad, good) for pattern, unless, bad, good in FORMS]
# Primary messages: PostgreSQL's begin with a small letter, end without a period, and name the object first.
MESSAGES = [
    (re.compile(r"^there (?:is|are) no\b(?! parameter \$)"), 'as in: table "x" does not exist'),
    (re.compile(r"\.$"), "a primary message ends without a period"),
    (re.compile(r"^[A-Z][a-z]+ "), "a primary message begins with a small letter"),
]


def found_in(text):
    """The banned forms in a text: (offset, words, the better sentence)."""
    for pattern, unless, _, good in FORMS:
        for match in pattern.finditer(text):
            if not (unless and unless.search(text[:match.start()])):
                yield match.start(), " ".join(match[0].split()), f"write as in: {good}"


class Text:
    """What a file says to people: texts with their offsets in the file, and the lines that must not be long."""

    def __init__(self, content):
        self.content = content
        self.texts = []      # (offset in the file, text of the same length)
        self.messages = []   # the same, of primary messages
        self.limited = []    # (offset, text): their lines have a limit

    def comments(self, found, mark):
        """Comments as (offset, text); those on lines that follow each other, with nothing else on them, are one text."""
        last = None
        for offset, text in found:
            start = self.content.rfind("\n", 0, offset) + 1
            end = self.content.find("\n", offset + len(text))
            self.limited.append((start, self.content[start:end if end >= 0 else None]))
            text = re.sub(mark, lambda m: " " * len(m[0]), text)
            alone = not self.content[start:offset].strip()
            if last is not None and alone and not self.content[last:offset].strip() and self.content[last:offset].count("\n") == 1:
                before, joined = self.texts.pop()
                text = joined + self.content[last:offset] + text
                offset = before
            self.texts.append((offset, text))
            last = offset + len(text) if alone else None

    def string(self, offset, text):
        """A string is prose if it has three words."""
        if len(re.findall(r"[A-Za-z]{2,}", text)) >= 3:
            self.texts.append((offset, text))


CPP = re.compile(r'(?P<comment>//[^\n]*|/\*.*?\*/)|R"(?P<tag>\w*)\(.*?\)(?P=tag)"|"(?P<string>(?:\\.|[^"\\\n])*)"'
                 r"|(?<![0-9A-Za-z])'(?:\\.|[^'\\\n])*'", re.S)
SQL = re.compile(r"(?P<comment>--[^\n]*|/\*.*?\*/)|(?P<dollar>\$(?P<tag>\w*)\$)(?P<body>.*?)\$(?P=tag)\$"
                 r"|[eE]'(?P<escaped>(?:\\.|''|[^'\\])*)'|'(?P<string>(?:''|[^'])*)'|\"[^\"]*\"", re.S)
JOINED = re.compile(r'"\s*"')


def cpp(text):
    content = text.content
    comments, strings = [], []
    for match in CPP.finditer(content):
        if match["comment"] is not None:
            comments.append((match.start(), match[0]))
        elif match["string"] is not None:
            if strings and JOINED.fullmatch(content[strings[-1][1]:match.end("string") - len(match["string"])]):
                strings[-1][1] = match.end("string")
            else:
                strings.append([match.start("string"), match.end("string")])
    text.comments(comments, r"^(?:///?|/\*)|(?<=\n)\s*\*/?")
    for start, end in strings:
        # Quotes between the parts of one literal become blanks, so that offsets stay.
        words = JOINED.sub(lambda m: " " * len(m[0]), content[start:end]).replace('\\"', "  ")
        text.string(start, words)
        before = content[max(0, start - 200):start]
        if re.search(r"\berrmsg\(\s*\"$|\bError\(\s*(?:sqlstate::\w+|\"\w{5}\"),\s*\"$", before):
            text.messages.append((start, words))


def sql(text, start=0, end=None):
    content = text.content
    comments, code = [], start
    for match in SQL.finditer(content, start, len(content) if end is None else end):
        if match["comment"] is not None:
            comments.append((match.start(), match[0]))
        elif match["body"] is not None:
            sql(text, match.start("body"), match.end("body"))
        for group in ("string", "escaped"):
            if match[group] is None:
                continue
            before = content[code:match.start()]
            text.string(match.start(group), match[group])
            if re.search(r"\bCOMMENT ON\b.*\bIS\s*$", before, re.S):
                text.limited.append((match.start(group), match[group]))
            if re.search(r"\bRAISE EXCEPTION\s*$", before):
                text.messages.append((match.start(group), match[group]))
        if match["comment"] is None:
            code = match.end()
    text.comments(comments, r"^(?:--|/\*)|\*/$")


def python(text):
    starts = [0]
    for line in text.content.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    comments = []
    for token in tokenize.generate_tokens(io.StringIO(text.content).readline):
        offset = starts[token.start[0] - 1] + token.start[1]
        if token.type == tokenize.COMMENT:
            comments.append((offset, token.string))
        elif token.type == tokenize.STRING:
            text.string(offset, token.string)
    text.comments(comments, r"^#+")


def script(text):
    """Shell, Perl, make and the like: their comments have a limit, and all their words are looked at."""
    text.limited += [(match.start(), match[0]) for match in re.finditer(r"^[ \t]*#.*$", text.content, re.M)]
    text.texts.append((0, re.sub(r"^([ \t]*)#", r"\1 ", text.content, flags=re.M)))


def markdown(text):
    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])
    prose = re.sub(r"^( *)(```+|~~~+)[^\n]*\n.*?^\1\2[^\n]*$", blank, text.content, flags=re.M | re.S)
    for match in re.finditer(r"^(?! *\|)[^\n]*$", prose, re.M):
        text.limited.append((match.start(), re.sub(r"\]\([^)]*\)", "]", match[0])))
    text.texts.append((0, re.sub(r"`[^`\n]*(?:\n[^`\n]+)?`", lambda m: re.sub(r"[^\n`]", "_", m[0]), prose)))


READERS = {".cpp": cpp, ".hpp": cpp, ".c": cpp, ".sql": sql, ".py": python, ".md": markdown}
SCRIPTS = {".sh", ".pl", ".awk", ".map", ".spec", ".txt", ".json", ".control", ".cmake", ""}
# What is not prose of the project, what is generated, and this file, which shows what it refuses.
LEFT_OUT = re.compile(r"^(?:expected/|results/|tests/(?:fuzz/corpus|golden|import|isolation/expected|neighbour/names)|docs/reference\.md$"
                      r"|tests/words\.py$|LICENSE$)")


def reader(path, content):
    if path.suffix in READERS:
        return READERS[path.suffix]
    if path.suffix not in SCRIPTS:
        return None
    return python if "python" in content.split("\n", 1)[0] else script


def check(path, name):
    if path.suffix == ".png":
        return []
    content = path.read_text(encoding="utf-8")
    read = reader(path, content)
    if read is None:
        return []
    text = Text(content)
    read(text)
    wrong = []
    for offset, words in text.texts:
        words = re.sub(r"`[^`\n]*`", lambda m: "_" * len(m[0]), words)
        wrong += [(offset + place, f'"{form}": {better}') for place, form, better in found_in(words)]
    if name.startswith("src/"):
        for offset, words in text.messages:
            wrong += [(offset, f'"{words[:40]}": {better}') for pattern, better in MESSAGES if pattern.search(words)]
    for offset, lines in text.limited:
        for line in lines.split("\n"):
            length = len(line.rstrip())
            if length > LONGEST:
                wrong.append((offset, f"a line of {length} characters; {LONGEST} are the most"))
            offset += len(line) + 1
    return sorted({(content.count("\n", 0, offset) + 1, what) for offset, what in wrong})


def files(arguments):
    if not (ROOT / ".git").exists():
        every = [p for p in sorted(ROOT.rglob("*")) if p.is_file() and not {"build", ".cluster"} & set(p.relative_to(ROOT).parts)]
    else:
        listed = subprocess.run(["git", "-c", "safe.directory=*", "-C", ROOT, "ls-files", "-z", "--cached", "--others",
                                 "--exclude-standard"], stdout=subprocess.PIPE, check=True).stdout
        every = sorted({ROOT / os.fsdecode(p) for p in listed.split(b"\0") if p})
    chosen = [pathlib.Path(a).resolve() for a in arguments] or [ROOT]
    for path in every:
        name = path.relative_to(ROOT).as_posix()
        if path.is_file() and not LEFT_OUT.search(name) and any(c == path or c in path.parents for c in chosen):
            yield path, name


def main(arguments):
    """First makes sure that each form refuses its own bad sentence, and that none refuses a good one."""
    for pattern, unless, bad, good in FORMS:
        assert pattern.search(bad) and not (unless and unless.search(bad[:pattern.search(bad).start()])), bad
        assert not list(found_in(good)), good
    read = wrong = 0
    for path, name in files(arguments):
        read += 1
        for line, what in check(path, name):
            wrong += 1
            print(f"{name}:{line}: {what}")
    if read == 0:
        sys.exit("words.py: there is nothing to read there")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
