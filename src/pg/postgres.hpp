// SPDX-License-Identifier: PostgreSQL
// The one place that includes PostgreSQL's headers: after all C++ headers, with what differs
// between its versions made equal.
#pragma once

extern "C" {
#include "postgres.h"

#include "access/gin.h"
#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_database.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "pgtime.h"
#include "storage/proc.h"
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
#include "utils/rls.h"
#include "utils/selfuncs.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"
#include "utils/varlena.h"
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

// exports.map decides which symbols the library exports, on every version.
#define CLIENTELE_FUNCTION(name) \
  extern "C" {                   \
  PG_FUNCTION_INFO_V1(name);     \
  }                              \
  extern "C" Datum name(PG_FUNCTION_ARGS)

// From 18 on a library has a name and a version, which pg_get_loaded_modules() shows.
#ifdef PG_MODULE_MAGIC_EXT
#define CLIENTELE_MODULE_MAGIC \
  PG_MODULE_MAGIC_EXT(.name = "clientele", .version = CLIENTELE_VERSION)
#else
#define CLIENTELE_MODULE_MAGIC PG_MODULE_MAGIC
#endif

namespace clientele::pg {

inline LocalTransactionId local_transaction() {
#if PG_VERSION_NUM >= 170000
  return MyProc->vxid.lxid;
#else
  return MyProc->lxid;
#endif
}

}  // namespace clientele::pg
