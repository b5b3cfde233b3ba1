// SPDX-License-Identifier: PostgreSQL
// The mark of a row: which transaction inserted it, in which cluster. Marks ascend over clusters.
#include "pg/postgres.hpp"

extern "C" {
#include "access/transam.h"
#include "access/xact.h"
#include "access/xlog.h"
}

namespace {

constexpr int64 seconds_to_2020 = 1577836800;

/// The upper half of a system identifier is the second in which initdb ran.
int64 base_of(uint64 cluster) {
  return (static_cast<int64>(cluster >> 32) - seconds_to_2020) << 32;
}

}  // namespace

/// The mark of rows that this transaction inserts: that of the whole, not of a subtransaction.
CLIENTELE_FUNCTION(clientele_source_mark) {
  PG_RETURN_INT64(base_of(GetSystemIdentifier()) +
                  static_cast<int64>(U64FromFullTransactionId(GetTopFullTransactionId())));
}

CLIENTELE_FUNCTION(clientele_mark_base) {
  PG_RETURN_INT64(base_of(static_cast<uint64>(PG_GETARG_INT64(0))));
}
