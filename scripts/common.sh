# SPDX-License-Identifier: PostgreSQL
# shellcheck shell=bash
# Sourced by `run`: where things are, and how progress is shown. Progress goes to standard error.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
build=$root/build
pg_major=${PG_MAJOR:-15}
jobs=$(nproc)
# CLIENTELE_CLUSTER moves the private cluster to another place, with logs of its own.
home=${CLIENTELE_CLUSTER:-$root/.cluster}
[[ $home == /* ]] || home=$PWD/$home
logs=${CLIENTELE_CLUSTER:+$home/log}
logs=${logs:-$build/log}
# Files that depend on the server have its major version in their names, unless that is 15.
other=
[[ $pg_major == 15 ]] || other=-$pg_major
objects=$build/extension$other

say() { printf '==> %s\n' "$*" >&2; }

die() {
  printf 'run: %s\n' "$*" >&2
  exit 1
}

check_major() {
  [[ $pg_major =~ ^1[5-8]$ ]] || die "PG_MAJOR is one of 15, 16, 17 and 18, not $pg_major"
}

# stage LABEL LOG COMMAND...: runs COMMAND with its output in build/log/LOG, shows the label and the
# seconds it took, and on failure the end of the log.
stage() {
  local label=$1 log=$logs/$2 start=$SECONDS status=0
  shift 2
  printf '==> %s ...' "$label" >&2
  "$@" >"$log" 2>&1 || status=$?
  if ((status == 0)); then
    printf ' %d s\n' $((SECONDS - start)) >&2
  else
    printf ' failed\n' >&2
    tail -n 30 "$log" >&2
    printf 'run: %s failed; the whole log is %s\n' "$label" "$log" >&2
  fi
  return "$status"
}
