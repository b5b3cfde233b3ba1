/* SPDX-License-Identifier: PostgreSQL
 * A neighbour in the backend that has all of CRoaring's names, each of which ends the session.
 * names.h is made by tests/differential/neighbours.sh: NAME(roaring_bitmap_create) and so on. */
#include "postgres.h"

#include "fmgr.h"

PG_MODULE_MAGIC;

#define NAME(name) \
    extern __attribute__((visibility("default"))) void name(void); \
    void name(void) { elog(FATAL, "the neighbour's " #name " was called"); }
#include "names.h"
