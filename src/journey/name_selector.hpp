// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace clientele {

/// A selector for events that have a name only: a term without a channel compares the whole name,
/// one with a channel compares channel:event. Properties and numbers need a dictionary: 0A000.
class NameSelector {
 public:
  explicit NameSelector(std::string_view selector);
  bool picks(std::string_view name) const;

 private:
  std::vector<std::string> patterns_;
  std::vector<std::string> exceptions_;
};

}  // namespace clientele
