// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.hpp"
#include "base/size_limit.hpp"
#include "patterns/pattern/program.hpp"

namespace clientele {

/// What the SQL type pattern holds: a pattern as it was written, and its options.
struct PatternDefinition {
  static constexpr SizeLimit size_limit{"pattern", max_definition_bytes};

  std::string text;
  std::optional<uint64_t> within;       // microseconds
  std::optional<uint64_t> session_gap;  // microseconds

  /// 54000 for a text that is too long, and what parse_pattern() throws.
  void check() const;
  PatternProgram program() const;

  /// The stored form; equal definitions have equal bytes. Versioned.
  void write(Bytes& out) const;
  /// Error XX001 for bytes that write() does not give. The pattern itself is not read.
  static PatternDefinition read(std::span<const uint8_t> bytes);
};

}  // namespace clientele
