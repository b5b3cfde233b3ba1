// SPDX-License-Identifier: PostgreSQL
// What functions that match tags keep from row to row, so that no row allocates.
#pragma once
#include <memory_resource>
#include <string_view>
#include <vector>

#include "pg/memory.hpp"
#include "pg/remembered.hpp"
#include "tags/query/query.hpp"

namespace clientele::tags {

/// Tags of one row, as views into an array.
class TagArray {
 public:
  /// `array`: the detoasted bytes of a text[] without their header, as pg::detoast gives them. The
  /// views live until the next call, and no longer than the bytes. Elements that are NULL are left
  /// out. C++ regime.
  std::span<const std::string_view> read(pg::ByteView array);

 private:
  std::vector<int32_t> aligned_;
  std::vector<std::string_view> tags_;
};

/// The query of the row before, as most rows have the same one. C++ regime.
class LastQuery {
 public:
  const TagQuery& of(pg::ByteView bytes) {
    return query_.get(bytes, [&] { return TagQuery::read(bytes); });
  }

 private:
  pg::Remembered<TagQuery> query_;
};

}  // namespace clientele::tags
