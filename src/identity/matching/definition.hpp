// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/size_limit.hpp"

namespace clientele {

/// How the values of a column are compared.
enum class MatchKind : uint8_t { name, code, exact };

const char* name_of(MatchKind kind);
/// The number of levels: 0 is equal, and the last is different.
size_t levels_of(MatchKind kind);
const char* level_name(MatchKind kind, size_t level);
inline constexpr size_t most_match_levels = 4;

/// A column that is compared.
struct MatchColumn {
  std::string name;
  MatchKind kind = MatchKind::exact;

  /// Reads surname:name; 22023 for anything else.
  static MatchColumn parse(std::string_view text);
  std::string text() const;
};

/// Columns in which both rows of a candidate pair are equal.
using BlockKey = std::vector<std::string>;

/// Reads surname+postcode, in which a name may be in double quotes; 22023 for anything else.
BlockKey parse_block_key(std::string_view text);
std::string block_key_text(const BlockKey& key);

/// The definition that a match_def holds: which rows are compared, and how.
struct MatchDefinition {
  static constexpr SizeLimit size_limit{"match_def", max_definition_bytes};
  static constexpr size_t max_columns = 20, max_keys = 64, max_key_columns = 16;
  static constexpr int64_t max_random_pairs = 10'000'000;
  /// Without this many columns outside each block key, the EM finds other groups than matches.
  static constexpr size_t least_outside = 3;

  std::vector<MatchColumn> compare;
  std::vector<BlockKey> block;
  int64_t random_pairs = 100'000;
  int64_t seed = 1;

  /// What is read of each row: the compared columns in their order, then the others of the block
  /// keys.
  std::vector<std::string> columns() const;

  /// 22023 for an invalid definition, 54000 above a limit.
  void check() const;

  /// The stored form; equal definitions have equal bytes. Versioned.
  void write(Bytes& out) const;
  /// Error XX001 for bytes that write() does not produce.
  static MatchDefinition read(std::span<const uint8_t> bytes);

  /// The same within another value, without a version.
  void write(Writer& w) const;
  static MatchDefinition read(Reader& r);
};

}  // namespace clientele
