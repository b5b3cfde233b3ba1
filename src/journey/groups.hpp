// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <span>
#include <string>
#include <vector>

namespace clientele {

/// Events that a question calls by one name: those that a selector picks.
struct NamedSelector {
  std::string name, selector;
  friend bool operator==(const NamedSelector&, const NamedSelector&) = default;
};

/// Reads 'name=selector' of each text, split at the first = outside quotes and brackets. A name in
/// double quotes is what stands in them. Errors: 22023 without a name or for the selector's syntax.
std::vector<NamedSelector> parse_groups(std::span<const std::string> texts);

}  // namespace clientele
