// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <string_view>

namespace clientele {

/// The check of every text in packed bytes, as any role can send such bytes. The PostgreSQL glue
/// sets it once; it throws 22021 for text that is not in the encoding of the database.
inline void (*encoding_hook)(std::string_view text) = nullptr;

inline void check_encoding(std::string_view text) {
  if (encoding_hook != nullptr) encoding_hook(text);
}

}  // namespace clientele
