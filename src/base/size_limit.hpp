// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstddef>
#include <string>

#include "base/error.hpp"

namespace clientele {

/// How large a definition or a model may be, packed. Each call of a function reads its definition,
/// so one that nobody would write must not cost what nobody can wait for.
struct SizeLimit {
  const char* type;
  size_t most;

  /// 54000.
  void check(size_t bytes) const {
    if (bytes > most)
      throw Error(sqlstate::limit_exceeded, "a " + std::string(type) + " of " +
                                                std::to_string(bytes) + " bytes is too large, " +
                                                std::to_string(most) + " is the limit");
  }
};

inline constexpr size_t most_definition_bytes = size_t{1} << 20;
inline constexpr size_t most_model_bytes = size_t{1} << 24;

}  // namespace clientele
