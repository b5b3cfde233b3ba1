# SPDX-License-Identifier: PostgreSQL
# shellcheck shell=bash
# ./run test sanitized, on request only: the whole library under AddressSanitizer and UBSan inside a
# server. The server itself is not built so: it loads the sanitizers first, by a preload. All of
# regress and isolation run in it, then the programs below. Any report is a failure, and the first
# ends the session that it is about. CLIENTELE_SANITIZED names other programs of tests/differential.

sanitized_programs=${CLIENTELE_SANITIZED:-corrupt.py mistaken.py audience.py tag_query.py paths_sessions.py funnel_oracle.py tag_store.py}

# What runs as `postgres` in the tree of the sanitized server. While libasan starts, it looks for the
# demangler of Swift, and reports through gettext that it is missing. Another library of the server holds
# the lock of gettext at that moment. So there is a demangler, which does nothing.
wrap_postgres() {
  local library demangler=$home/demangler.so
  library=$(readlink -f "$(g++ -print-file-name=libasan.so)")
  echo 'char *swift_demangle(void) { return 0; }' | gcc -shared -fPIC -x c -o "$demangler" - || return
  [[ -f $bin/postgres.real ]] || mv "$bin/postgres" "$bin/postgres.real" || return
  cat >"$bin/postgres" <<END_OF_WRAPPER
#!/bin/sh
export LD_PRELOAD='$library $demangler'
export ASAN_OPTIONS='detect_leaks=0:abort_on_error=1:allocator_may_return_null=1:detect_stack_use_after_return=0:log_path=$reports/report'
export UBSAN_OPTIONS='print_stacktrace=1:halt_on_error=1:abort_on_error=1:log_path=$reports/report'
exec "\$0.real" "\$@"
END_OF_WRAPPER
  chmod +x "$bin/postgres"
}

# Each file has the reports of one process.
sanitizer_reports() {
  local report found=0
  # UBSan writes into the server's log.
  grep -A 20 -E 'runtime error:' "$cluster/log" >"$reports/report.log"
  for report in "$reports"/report*; do
    [[ -s $report ]] || continue
    found=$((found + 1))
    printf 'not ok: %s\n' "$(grep -m 1 -E 'ERROR|runtime error' "$report")"
    head -n 40 "$report"
  done
  # Some reports go to the standard error of the server instead.
  while IFS= read -r report; do
    found=$((found + 1))
    printf 'not ok: %s\n' "$report"
    grep -F -A 30 -m 1 -- "$report" "$cluster/log"
  done < <(grep -E 'ERROR: AddressSanitizer|: runtime error: ' "$cluster/log" | sort -u)
  if ((found > 0)); then count 0 "$found" 0; else count 1 0 0; fi
}

kind_sanitized() (
  local program name symbols status=0
  other=-sanitized objects=$build/extension-sanitized cluster=$home/test-sanitized reports=$home/reports-sanitized
  main=$cluster bin=$home/pg-sanitized/lib/postgresql/$pg_major/bin
  rm -rf "$reports"
  mkdir -p "$reports"
  chmod 1777 "$reports"
  copy_postgres && wrap_postgres || return
  make_all -j "$jobs" CXXFLAGS='-g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined' &&
    make_extension install || return
  trap 'stop_cluster "$cluster"' EXIT
  # A sanitized function takes more of the stack.
  make_cluster "$cluster" -N && start_cluster "$cluster" -c fsync=off -c jit=off -c max_stack_depth=6MB || return
  use_cluster "$cluster" postgres
  CLIENTELE_PSQL=$bin/psql

  # A library without sanitizers would find nothing.
  symbols=$(nm -D "$objects/clientele.so")
  if [[ $symbols != *__asan_report* || $symbols != *__ubsan_handle* ]]; then
    printf 'not ok: the library is not sanitized\n'
    count 0 1 0
  fi
  kind_regress || status=$?
  kind_isolation || status=$?
  objects=$build/extension
  build_tools ON demo_tools && build_tools ON bench_tools || return
  for program in $sanitized_programs; do
    name=${program%.*}
    # The one before may have ended the server.
    until "$bin/pg_isready" -q; do sleep 0.2; done
    run_script "$logs/sanitized_$name.log" in_own_database "sanitized_$name" "$root/tests/differential/$program" || status=1
    tally "$program" "$logs/sanitized_$name.log"
  done
  sanitizer_reports
  return "$status"
)
