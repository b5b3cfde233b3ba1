# shellcheck shell=bash
# SPDX-License-Identifier: PostgreSQL
# What the shell programs of the tests share: checks are counted, and the last line of a program has the counts.
passed=0 failed=0 skipped=0

# same NAME WANTED GOT
same() {
  if [[ $2 == "$3" ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'not ok: %s\n  wanted: %s\n  got:    %s\n' "$1" "${2:0:2000}" "${3:0:2000}"
  fi
}

skip() {
  skipped=$((skipped + 1))
  printf 'skipped: %s\n' "$1"
}

# end PROGRAM: prints the last line, and fails if a check failed
end() {
  printf '%s: %d passed, %d failed, %d skipped\n' "$1" "$passed" "$failed" "$skipped"
  ((failed == 0))
}
