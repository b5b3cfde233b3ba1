/* SPDX-License-Identifier: PostgreSQL
 * What takes CRoaring's functions from wherever the server finds them: to see that the neighbour is
 * there. */
#include "postgres.h"

#include "fmgr.h"

PG_MODULE_MAGIC;

extern void *roaring_bitmap_create(void);
extern PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
    (void) roaring_bitmap_create();
}
