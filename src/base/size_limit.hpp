// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstddef>
#include <string>

#include "base/error.hpp"

namespace clientele {

/// How large a definition or a model may be, packed. Each call of a function reads its definition,
/// so its size bounds the time of a call.
struct SizeLimit {
  const char* type;
  size_t max;

  /// 54000.
  void check(size_t bytes) const {
    if (bytes > max)
      throw Error(sqlstate::limit_exceeded, "a " + std::string(type) + " of " +
                                                std::to_string(bytes) + " bytes is too large, " +
                                                std::to_string(max) + " is the limit");
  }
};

inline constexpr size_t max_definition_bytes = size_t{1} << 20;
inline constexpr size_t max_model_bytes = size_t{1} << 24;

}  // namespace clientele
