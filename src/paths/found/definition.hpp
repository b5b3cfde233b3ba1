// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/size_limit.hpp"

namespace clientele {

/// The options of a question about paths, as a path_def holds them.
struct PathDefinition {
  static constexpr SizeLimit size_limit{"path_def", max_definition_bytes};

  PathDefinition();  // not inline: GCC 12 would warn that members are uninitialized

  std::optional<uint64_t> session_gap;  // microseconds
  std::optional<std::string> start_at;  // selectors
  std::optional<std::string> end_at;
  bool collapse = false;
  bool reverse = false;
  std::optional<int64_t> max_length;  // events of a path
  bool by_step = true;
  int64_t min_weight = 1;  // customers of a link
  bool times = true;
  std::optional<std::string> keep;  // a selector: other events are left out
  std::vector<std::string> groups;  // 'name=selector'
  bool ends = false;                // links to nothing where paths end
  std::optional<int64_t> top;       // events or paths that are shown by name
  std::string rest = default_rest;  // the name of all others
  static constexpr char default_rest[] = "(other)";

  /// 22023 for lengths and weights below 1, an empty name for the rest, and the selectors' syntax.
  void check() const;

  /// The stored form; equal definitions have equal bytes. Versioned: without the options that came
  /// with the second version it is the first.
  void write(Bytes& out) const;
  /// Error XX001 for bytes that write() does not give.
  static PathDefinition read(std::span<const uint8_t> bytes);

 private:
  uint8_t first_flags() const;
  uint8_t second_flags() const;
};

}  // namespace clientele
