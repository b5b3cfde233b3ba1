// SPDX-License-Identifier: PostgreSQL
// A module for tests only: functions that do what a job must not do. tests/tap/Jobs.pm builds and
// loads it.
//   die_of(signal int) RETURNS void          the backend gets this signal: 11 is a crash
//   ignore_cancel(seconds float8) RETURNS void   a loop that checks for no interrupts
//   exit_with(code int) RETURNS void         the process ends without a word
//   take_shared(name text, size int) RETURNS void   a piece of shared memory gets this name and size
#include "postgres.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "fmgr.h"
#include "storage/shmem.h"
#include "utils/builtins.h"

PG_MODULE_MAGIC;
PG_FUNCTION_INFO_V1(die_of);
PG_FUNCTION_INFO_V1(ignore_cancel);
PG_FUNCTION_INFO_V1(exit_with);
PG_FUNCTION_INFO_V1(take_shared);

Datum die_of(PG_FUNCTION_ARGS) {
  signal(PG_GETARG_INT32(0), SIG_DFL);
  kill(getpid(), PG_GETARG_INT32(0));
  pause();
  PG_RETURN_VOID();
}

Datum ignore_cancel(PG_FUNCTION_ARGS) {
  struct timespec now, end;
  clock_gettime(CLOCK_MONOTONIC, &end);
  end.tv_sec += (time_t)PG_GETARG_FLOAT8(0);
  do clock_gettime(CLOCK_MONOTONIC, &now);
  while (now.tv_sec < end.tv_sec);
  PG_RETURN_VOID();
}

Datum exit_with(PG_FUNCTION_ARGS) { _exit(PG_GETARG_INT32(0)); }

Datum take_shared(PG_FUNCTION_ARGS) {
  bool found;
  ShmemInitStruct(text_to_cstring(PG_GETARG_TEXT_PP(0)), PG_GETARG_INT32(1), &found);
  PG_RETURN_VOID();
}
