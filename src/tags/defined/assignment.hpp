// SPDX-License-Identifier: PostgreSQL
// Random groups that stay the same: a customer's place is a hash of the number and a text.
#pragma once
#include <cstdint>
#include <string_view>

#include "base/random.hpp"

namespace clientele::tags {

/// FNV-1a, 64 bits (Fowler, Noll, Vo 1991).
constexpr uint64_t fnv1a(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return hash;
}

/// A share of all customers, drawn by a text. A customer that is in a share is in any larger share
/// of the same text; different texts draw independently. This must never change: the groups of
/// running experiments depend on it.
class Draw {
 public:
  /// Errors: 22023 for a share that is not between 0 and 1.
  Draw(double share, std::string_view text);
  bool takes(uint64_t customer) const { return all_ || split_mix(customer ^ key_) < below_; }

 private:
  uint64_t key_;
  uint64_t below_ = 0;
  bool all_;
};

}  // namespace clientele::tags
