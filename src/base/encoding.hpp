// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <string_view>

namespace clientele {

/// What every text in packed bytes passes, as anybody can send such bytes: the PostgreSQL glue sets
/// it once to what throws 22021 for text that is not in the encoding of the database.
inline void (*encoding_hook)(std::string_view text) = nullptr;

inline void check_encoding(std::string_view text) {
  if (encoding_hook != nullptr) encoding_hook(text);
}

}  // namespace clientele
