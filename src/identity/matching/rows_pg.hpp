// SPDX-License-Identifier: PostgreSQL
#pragma once
#include "identity/matching/records.hpp"
#include "pg/postgres.hpp"

namespace clientele {

/// Reads all rows of an open cursor of this name, whose columns are texts: with `with_ids` an id,
/// then as many values as the records have columns, as keys that ignore case. C++ regime. Errors:
/// 34000 if there is no such cursor, 42804 for other columns, 22004 for an id that is NULL.
void read_match_rows(const char* cursor, bool with_ids, MatchRecords& records);

}  // namespace clientele
