// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "base/bytes.hpp"
#include "base/size_limit.hpp"

namespace clientele {

/// How to fit a model of texts.
struct TextDefinition {
  static constexpr SizeLimit size_limit{"text_def", max_definition_bytes};
  static constexpr int64_t longest_gram = 8;
  static constexpr int64_t most_buckets = 1'048'576;
  static constexpr int64_t most_customers = 1'000'000;

  int64_t min_n = 1, max_n = 3;
  int64_t buckets = 65'536;
  double penalty = 0.33;
  int64_t least_customers = 5;

  /// 22023 for what is out of range.
  void check() const;
  void write(Bytes& out) const;
  /// Error XX001 for bytes that write() does not produce.
  static TextDefinition read(std::span<const uint8_t> bytes);
};

}  // namespace clientele
