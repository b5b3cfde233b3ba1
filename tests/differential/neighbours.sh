#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# Another library in the same backend. PostgreSQL loads libraries with global symbols, so that of two
# functions with one name the first one loaded serves all. tests/neighbour/ has every name of
# CRoaring's and ends the session when one is called: audiences must give the same answers beside
# it, whichever library was loaded first.
#
# usage: neighbours.sh
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source=$here/../neighbour
psql=${CLIENTELE_PSQL:-psql}
# shellcheck source=tests/counts.sh
source "$here/../counts.sh"

say() { "$psql" -XAtq -v ON_ERROR_STOP=1 "$@" 2>&1; }

# Names of the CRoaring that is here, and of release 0.2.66.
names() {
  local library
  cat "$source/names.txt"
  for library in /usr/lib/*/libroaring.so.*; do
    [[ ! -f $library ]] || nm -D --defined-only "$library" | awk '$2 == "T" { print $3 }'
  done
}

# Where the server can read, which may run as another user.
cluster=$(dirname "$(say -c 'SHOW data_directory')")
directory=$cluster/neighbour.$$
mkdir "$directory" || exit
trap 'rm -rf "$directory"' EXIT
cp "$source"/*.c "$directory"
names | sed 's/@.*//' | grep -E '^[a-zA-Z_][a-zA-Z0-9_]*$' | grep -vE '^(_init|_fini|_Z.*)$' | sort -u |
  sed 's/.*/NAME(&)/' >"$directory/names.h"
cp "$source/Makefile" "$directory"
make -s -C "$directory" || {
  same 'the neighbour can be built' 0 1
  end neighbours
  exit 1
}
chmod -R a+rX "$directory"
printf '%d names\n' "$(wc -l <"$directory/names.h")"

questions="
SET search_path = public, clientele;
CREATE TEMP TABLE sets AS
  SELECT audience(i) AS dense, audience(i * 7::bigint) FILTER (WHERE i % 3 = 0) AS lists,
         audience(i / 100 * 1000::bigint + i % 100) AS runs, audience(i * 99999999991::bigint) AS wide
  FROM generate_series(0, 200000) i;
CREATE TEMP TABLE all_sets AS
  SELECT v.* FROM sets, LATERAL (VALUES (1, dense), (2, lists), (3, runs), (4, wide)) v (n, a);
SELECT x.n, y.n, cardinality(x.a & y.a), cardinality(x.a | y.a), cardinality(x.a - y.a),
       cardinality(x.a # y.a), and_cardinality(x.a, y.a), jaccard(x.a, y.a), x.a @> y.a, x.a && y.a
FROM all_sets x, all_sets y ORDER BY 1, 2;
SELECT n, md5(audience_send(a)), md5(a::text), md5(audience_send(sample(a, 1000, 5))),
       a::text::audience = a, first_member(a), last_member(a),
       (SELECT sum(m) FROM (SELECT m FROM members(a) m LIMIT 5000) m)
FROM all_sets ORDER BY 1;
SELECT md5(audience_send(audience_union(a))), md5(audience_send(audience_intersection(a))) FROM all_sets;
SELECT md5(tag_scores_send(s)), score_summary(s, '{5-5000}'), cardinality(scores_between(s, 10, 700))
FROM (SELECT tag_scores(i * 3, i % 977 / 8.0) AS s FROM generate_series(1, 50000) i) s;"
load="LOAD '$directory/neighbour.so'"
load_ours="SELECT FROM clientele.cardinality('{1,5}'::clientele.audience)"

expected=$(say -c "$questions")
same 'there are answers' 22 "$(grep -c '|' <<<"$expected")"
same 'answers are not errors' '' "$(grep -E 'ERROR|FATAL' <<<"$expected")"
same 'the neighbour is loaded first' "$expected" "$(say -c "$load" -c "$questions")"
same 'the neighbour is loaded last' "$expected" "$(say -c "$load_ours" -c "$load" -c "$questions")"
same 'the neighbour is loaded in between' "$expected" \
  "$(say -c "LOAD 'clientele'" -c "$load" -c "$questions")"
# Who calls such a function gets the neighbour's, not one that came with us.
called="the neighbour's roaring_bitmap_create was called"
load_victim="LOAD '$directory/victim.so'"
same 'the neighbour answers' "$called" \
  "$(say -c "$load" -c "$load_victim" | sed -n 's/.*FATAL: *//p')"
same 'the neighbour answers beside us' "$called" \
  "$(say -c "$load_ours" -c "$load" -c "$load_victim" | sed -n 's/.*FATAL: *//p')"

end neighbours
