// SPDX-License-Identifier: PostgreSQL
#pragma once
#include "store/store_pg.hpp"

namespace clientele {

/// 42P01 if the database has no tables of tags. C++ regime; other errors as pg::store_table().
inline void require_stored_tags() {
  for (const char* table : {"tags", "tag_status", "tag_audiences", "tag_numbers"})
    if (!pg::store_has(table))
      pg::throw_missing(table, "this database has no clientele store, so no tag is defined",
                        "CALL clientele.create_store() makes one; tag_match() works on tags in "
                        "columns of your own.");
}

}  // namespace clientele
