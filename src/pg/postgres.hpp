// SPDX-License-Identifier: PostgreSQL
// The one place that includes PostgreSQL's headers: after all C++ headers, with what differs
// between its versions made equal.
#pragma once

extern "C" {
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "pgtime.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/expandeddatum.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "windowapi.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif
}

#undef gettext
#undef dgettext
#undef ngettext
#undef dngettext
#undef snprintf
#undef vsnprintf
#undef sprintf
#undef vsprintf
#undef printf
#undef fprintf
#undef vprintf
#undef vfprintf
#undef strerror
#undef strerror_r

#if PG_VERSION_NUM < 160000
// From 16 on, PG_FUNCTION_INFO_V1 exports what it declares; before, exports.map does.
#endif

// No visibility argument is needed for functions that the version script exports.
#define CLIENTELE_FUNCTION(name) \
  extern "C" {                   \
  PG_FUNCTION_INFO_V1(name);     \
  }                              \
  extern "C" Datum name(PG_FUNCTION_ARGS)
