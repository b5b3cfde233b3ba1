// SPDX-License-Identifier: PostgreSQL
// What functions that match tags keep from row to row, so that no row allocates.
#pragma once
#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

#include "pg/memory.hpp"
#include "pg/values.hpp"
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

/// The query of the row before, as most rows have the same one.
class LastQuery {
 public:
  /// C++ regime.
  const TagQuery& of(pg::ByteView bytes) {
    if (!query_ || bytes.size() != source_.size() ||
        std::memcmp(bytes.data(), source_.data(), bytes.size()) != 0) {
      query_.reset();
      query_ = TagQuery::read(bytes);
      source_.assign(bytes.begin(), bytes.end());
    }
    return *query_;
  }

 private:
  std::vector<uint8_t> source_;
  std::optional<TagQuery> query_;
};

}  // namespace clientele::tags
