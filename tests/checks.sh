#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# The rules of the house that a compiler does not see. Each check prints what breaks it.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
# Sort and compare bytes, in any locale of the caller.
export LC_ALL=C.UTF-8

# shellcheck source=tests/counts.sh
source tests/counts.sh

# check NAME COMMAND...: passes when COMMAND prints nothing and succeeds
check() {
  local name=$1 found status=0
  shift
  found=$("$@" 2>&1) || status=$?
  if [[ -z $found && $status == 0 ]]; then
    passed=$((passed + 1))
    printf 'ok      %s\n' "$name"
  else
    failed=$((failed + 1))
    printf 'not ok  %s\n' "$name"
    printf '        %s\n' "${found//$'\n'/$'\n        '}"
  fi
}

# files PATTERN...: the files of the project; without git, all files outside build directories
files() {
  if git -c safe.directory='*' rev-parse --git-dir >/dev/null 2>&1; then
    git -c safe.directory='*' ls-files -z --cached --others --exclude-standard -- "$@" |
      while IFS= read -r -d '' file; do [[ ! -f $file ]] || printf '%s\n' "$file"; done
  else
    local pattern
    for pattern in "$@"; do
      find . -path ./build -prune -o -path ./.cluster -prune -o -type f -path "./$pattern" -print
    done | sed 's|^\./||' | sort -u
  fi
}

# lines PATTERN FILES...: where lines match, as file:line:text; without files nothing matches
lines() {
  local pattern=$1
  shift
  [[ $# == 0 ]] || grep -nEIH -- "$pattern" "$@" || true
}

mapfile -t sources < <(files 'src/*.cpp' 'src/*.hpp')
mapfile -t cpp < <(files 'src/*.cpp' 'src/*.hpp' 'tests/*.cpp' 'tests/*.hpp' 'demo/*.cpp' 'demo/*.hpp')
mapfile -t text < <(files '*' | grep -vE '\.(out|png|svg|gz|bin)$|^tests/(fuzz/corpus|golden|import)/')

# What the checks look at: a list that is empty would let them pass.
lists() {
  local name
  for name in sources cpp text listed scripts; do
    local -n list=$name
    ((${#list[@]} > 1)) || printf 'the list %s has %d files or folders\n' "$name" "${#list[@]}"
  done
}

is_glue() { [[ $1 == *_pg.cpp || $1 == *_pg.hpp || $1 == src/pg/* || $1 == src/module.cpp ]]; }

postgres_only_in_glue() {
  local file
  for file in "${sources[@]}"; do
    is_glue "$file" || lines '#include *[<"](c\.h|postgres|fmgr|pg/|access/|catalog/|commands/|executor/|funcapi|lib/|libpq|mb/|miscadmin|nodes/|optimizer/|parser/|port|storage/|tcop/|utils/|varatt|windowapi|([a-z_]+/){1,2}[a-z_]+_pg\.hpp)' "$file"
  done
}

# The sections of src/ in the order of the Makefile.
mapfile -t listed < <(sed -n '/^FEATURES = /,/[^\\]$/p' Makefile | sed 's/^FEATURES = //; s/\\$//' | tr -s ' ' '\n' | grep .)

# place SECTION: its number in that order
place() {
  local i
  for ((i = 0; i < ${#listed[@]}; i++)); do [[ ${listed[i]} != "$1" ]] || break; done
  printf '%s\n' "$i"
}

# base <- pg <- store <- journey, models <- every chapter. A chapter includes no other chapter, and a section of a
# chapter includes those that are listed before it. Every include in quotes is a path from src/.
arrows() {
  local file from to seen=0
  for file in "${sources[@]}"; do
    from=$(dirname "${file#src/}")
    while read -r to; do
      seen=$((seen + 1))
      [[ -f src/$to ]] || printf '%s includes %s, which is not in src/\n' "$file" "$to"
      to=$(dirname "$to")
      [[ $to != . && $to != "$from" ]] || continue
      case $from:$to in
        .:* | *:base) continue ;;
        base:* | pg:*) ;;
        *:pg | *:store | *:models) ! is_glue "$file" || continue ;;
        store:*) ;;
        *:journey) continue ;;
        */*:*/*) [[ ${from%%/*} != "${to%%/*}" ]] || (($(place "$to") > $(place "$from"))) || continue ;;
      esac
      printf '%s includes %s/\n' "$file" "$to"
    done < <(sed -nE 's|^ *# *include *"([^"]+\.[hc]pp)".*|\1|p' "$file")
  done
  ((seen > ${#sources[@]} / 2)) || printf 'only %d includes in %d sources\n' "$seen" "${#sources[@]}"
}

schedule() {
  local test
  diff <(files 'sql/*.sql' | sed 's|^sql/||; s|\.sql$||' | sort) \
    <(sed -n 's/^test: //p' sql/schedule | tr ' ' '\n' | sort)
  while read -r test; do
    [[ -f expected/$test.out ]] || printf 'expected/%s.out is missing\n' "$test"
  done < <(sed -n 's/^test: //p' sql/schedule | tr ' ' '\n')
  files 'expected/*.out' | sed 's|^expected/||; s|\.out$||; s|_[0-9]$||' | sort -u | while read -r test; do
    [[ -f sql/$test.sql ]] || printf 'expected/%s.out has no sql/%s.sql\n' "$test" "$test"
  done
}

# Each folder with sources is in the one list that drives the build, and a folder has either sources or sections.
sections() {
  diff <(printf '%s\n' "${listed[@]}" | sort) \
    <(files 'src/*/*.cpp' 'src/*/*.hpp' 'src/*/*.sql' | sed 's|^src/||; s|/[^/]*$||' | grep -vxE 'base|pg|upgrade' | sort -u)
  printf '%s\n' "${listed[@]}" | grep / | sed 's|/.*||' | sort -u | grep -xF -f - <(printf '%s\n' "${listed[@]}")
  return 0
}

licence() {
  local file
  files 'src/*' 'sql/*.sql' 'tests/*' 'demo/*' 'scripts/*' run Makefile CMakeLists.txt .ci/run |
    grep -vE '^tests/(fuzz/corpus|golden|import)/|\.(md|csv|gz|out|json|dict|txt)$|(^|/)(schedule|README)' |
    while read -r file; do
      head -n 3 "$file" | grep -q 'SPDX-License-Identifier: PostgreSQL' || printf '%s\n' "$file"
    done
}

# The words are written with a gap, so that this file does not contain them. One of them is also a reason of cleaning.
unfinished() {
  local words='TO''DO|FIX''ME|X''XX|place''holder|not imple''mented'
  local where
  mapfile -t where < <(files 'src/*' 'sql/*' 'tests/*' 'docs/*' 'demo/*' 'scripts/*' README.md run |
    grep -vE '^tests/(fuzz/corpus|golden|import)/')
  lines "$words" "${where[@]}" | grep -vE '^(src/sources/cleaning/|sql/cleaning|docs/(cleaning|reference)\.md|tests/[a-z]+/cleaning)[^:]*:.*place''holder'
  return 0
}

white_space() {
  local file
  lines '[[:blank:]]+$' "${text[@]}"
  for file in "${text[@]}"; do
    [[ $file == *Makefile || $file == *.mk || $file == *.tsv ]] || lines $'\t' "$file"
    [[ ! -s $file || -z $(tail -c 1 "$file") ]] || printf '%s does not end with a newline\n' "$file"
  done
}

versions() {
  local control makefile meta
  control=$(sed -nE "s/^default_version = '(.*)'/\1/p" clientele.control)
  makefile=$(sed -nE 's/^EXTVERSION *= *(.*)/\1/p' Makefile)
  meta=$(python3 -c 'import json
m = json.load(open("META.json"))
p = m["provides"]["clientele"]
assert p["version"] == m["version"], "META.json has two versions"
print(m["version"])')
  [[ -n $control && $control == "$makefile" && $control == "$meta" ]] ||
    printf 'clientele.control %s, Makefile %s, META.json %s\n' "$control" "$makefile" "$meta"
}

# What the catalog does not show: whether the mark was written or is the default.
marks() {
  python3 - src/*.sql src/*/*.sql src/*/*/*.sql <<'END'
import re, sys
for name in sys.argv[1:]:
    text = re.sub(r'--.*', '', open(name, encoding='utf-8').read())
    text = re.sub(r'\$(\w*)\$.*?\$\1\$', "''", text, flags=re.S)
    for statement in text.split(';'):
        made = re.match(r'\s*CREATE (?:OR REPLACE )?(FUNCTION|AGGREGATE) (\S+?)\s*\(', statement)
        if not made:
            continue
        if not re.search(r'\bPARALLEL\b', statement):
            print(f'{name}: {made[2]} has no PARALLEL mark')
        if made[1] == 'FUNCTION' and not re.search(r'\b(IMMUTABLE|STABLE|VOLATILE)\b', statement):
            print(f'{name}: {made[2]} has no volatility')
END
}

long_files() {
  local file
  for file in "${sources[@]}" src/*/*.sql src/*/*/*.sql; do
    (($(wc -l <"$file") <= 500)) || printf '%s has more than 500 lines\n' "$file"
  done
}

# PostgreSQL loads libraries with global symbols: of two functions of the same name all callers get the one
# that was loaded first. So our library exports only what PostgreSQL looks up, and imports only symbols of
# PostgreSQL and versioned symbols of the C and C++ libraries.
library=${CLIENTELE_BUILD:-build}/extension/clientele.so

exported() {
  nm -D --defined-only "$library" | awk '{ print $3 }' |
    grep -vE '^(Pg_magic_func|_PG_init|(pg_finfo_)?clientele_[a-z0-9_]+)$'
  [[ ! -f ${library/%.so/_phone.so} ]] || nm -D --defined-only "${library/%.so/_phone.so}" | grep -vE ' T clientele_phone_[0-9]+$'
  return 0
}

imported() {
  local postgres
  postgres=$(pg_config --bindir)/postgres
  nm -D --undefined-only "$library" |
    awk '$1 != "w" && $2 !~ /@(GLIBC|GLIBCXX|CXXABI|GCC)_[0-9.]+$/ { print $2 }' | sort |
    comm -23 - <(nm -D --defined-only "$postgres" | awk '{ print $3 }' | sed 's/@.*//' | sort)
  objdump -p "$library" | awk '$1 == "NEEDED" { print $2 }' |
    grep -vE '^(lib(stdc\+\+|m|gcc_s|c)\.so\.[0-9]+|ld-linux.*)$'
  return 0
}

shell_scripts() {
  files '*' | grep -vE '^tests/(fuzz/corpus|golden|import)/' | while read -r file; do
    case $(head -c 100 "$file" | head -n 2 | tr '\0\n' '  ') in
      '#!'*bash* | '#!/bin/sh'* | *'shellcheck shell='*) printf '%s\n' "$file" ;;
    esac
  done
}

parse() {
  local file programs
  for file in "${scripts[@]}"; do bash -n "$file"; done
  mapfile -t programs < <(files '*' | while read -r file; do
    if [[ $file == *.py || $(head -c 100 "$file" | head -n 1 | tr -d '\0') == '#!'*python* ]]; then printf '%s\n' "$file"; fi
  done)
  python3 -c 'import ast, sys
for name in sys.argv[1:]:
    try:
        ast.parse(open(name, encoding="utf-8").read(), name)
    except SyntaxError as error:
        print(f"{name}:{error.lineno}: {error.msg}")' "${programs[@]}"
}

formatted() {
  clang-format-14 --dry-run "${cpp[@]}" 2>&1 | sed -nE 's/^([^: ]+):[0-9]+:[0-9]+: [a-z]+: code should be clang-formatted.*/\1/p' | sort -u
}

# The two READMEs say the same, and so do pages in Chinese and those in English: the same sections, tables and code. The index has every
# page, and links lead somewhere.
fronts() {
  local pages
  mapfile -t pages < <(files '*.md')
  python3 - "${pages[@]}" <<'END'
import pathlib, re, sys
def shape(name):
    text = pathlib.Path(name).read_text(encoding='utf-8')
    blocks = re.findall(r'^```(?:sql|text)\n.*?^```$', text, flags=re.M | re.S)
    rest = re.sub(r'^```.*?^```$', '', text, flags=re.M | re.S)
    marks = [re.match(r'#+|\||\* ', line) for line in rest.split('\n')]
    return blocks, [mark[0] for mark in marks if mark], set(re.findall(r'\]\((docs/[^)]*|[A-Z]+\.md)\)', rest)), rest
def compared(one, other):
    english, chinese = shape(one), shape(other)
    for part, a, b in zip(('code', 'sections, tables and lists'), english, chinese):
        if a != b or not a:
            at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
            print(f'{one} and {other} differ in their {part}, number {at + 1} of {len(a)} and {len(b)}')
    return english, chinese
english, chinese = compared('README.md', 'README.zh.md')
if english[2] - {'README.md'} != {link.replace('docs/zh/', 'docs/') for link in chinese[2]} - {'README.md'}:
    print('README.md and README.zh.md do not link to the same pages')
for page in sorted(pathlib.Path('docs/zh').glob('*.md')):
    english, chinese = ({pathlib.Path(link).name for link in re.findall(r'\]\(([^)#:]+\.md)', of[3])}
                        for of in compared(f'docs/{page.name}', str(page)))
    if english != chinese:
        print(f'docs/{page.name} and {page} do not link to the same pages: {", ".join(sorted(english ^ chinese))}')
index = pathlib.Path('docs/README.md').read_text(encoding='utf-8')
for page in sys.argv[1:]:
    name = page.removeprefix('docs/')
    if page.startswith('docs/') and name != 'README.md' and f'[{name}]({name})' not in index:
        print(f'docs/README.md does not have {name}')
    text = re.sub(r'^```.*?^```$', '', pathlib.Path(page).read_text(encoding='utf-8'), flags=re.M | re.S)
    for link in re.findall(r'\]\(([^)#:]+)(?:#[^)]*)?\)', re.sub(r'`[^`]*`', '', text)):
        if not (pathlib.Path(page).parent / link).exists():
            print(f'{page} links to {link}, which does not exist')
END
}

mapfile -t scripts < <(shell_scripts)

check 'there is something to check' lists
check 'PostgreSQL headers only in glue' postgres_only_in_glue
check 'includes point one way' arrows
check 'every section is in the Makefile' sections
check 'every regression test is scheduled and has its output' schedule
check 'every source names its licence' licence
check 'nothing is left unfinished' unfinished
check 'no tabs, no trailing blanks, a newline at the end' white_space
check 'prose is plain and its lines are short' tests/words.py
check 'one version everywhere' versions
check 'the READMEs say the same, and the index has all pages' fronts
check 'every function has volatility and PARALLEL written' marks
check 'no source is longer than 500 lines' long_files
check 'scripts parse' parse
if [[ -f $library ]] && command -v pg_config >/dev/null && command -v nm >/dev/null; then
  check 'the library exports what PostgreSQL asks for only' exported
  check 'the library imports PostgreSQL and the C++ runtime only' imported
else
  skip 'what the library exports and imports: it has not been built'
fi
if command -v clang-format-14 >/dev/null; then
  check 'C++ is formatted' formatted
else
  skip 'C++ is formatted: there is no clang-format-14'
fi
if command -v shellcheck >/dev/null; then
  check 'shellcheck finds nothing' shellcheck -S warning "${scripts[@]}"
else
  skip 'shellcheck finds nothing: there is no shellcheck'
fi

end checks
