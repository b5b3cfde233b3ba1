// SPDX-License-Identifier: PostgreSQL
// Which identifiers are one customer: a function of links, kinds and decisions. It knows no order
// in which they came. README.md says what it computes.
#pragma once
#include <cstdint>
#include <vector>

#include "identity/resolution/blocks.hpp"

namespace clientele::identity {

struct Kind {
  bool one_per_customer = false;
  uint32_t max_links = 1;
};

struct Evidence {
  std::vector<Kind> kinds;     // from the strongest to the weakest
  std::vector<uint32_t> kind;  // of each identifier: a place in `kinds`
  std::vector<Pair> links;     // in any direction; the same one may come twice
  std::vector<Pair> same;
  std::vector<Pair> different;
  std::vector<uint8_t> ignored;  // of each identifier
  uint64_t max_identities = 1000;
};

struct Partition {
  std::vector<uint32_t> block;  // of each identifier: the first identifier of its block
  std::vector<uint8_t> shared;  // of each identifier: whether it is not followed
};

/// Errors: 54000 for more than 64 kinds that are one_per_customer.
Partition partition(const Evidence& evidence);

/// What the numbers of customers depend on. Identifiers are in the order of kind and value, so the
/// first one of a block is its strongest.
struct Owners {
  std::vector<int64_t> owned;  // of each identifier: the customer number that it owns, or 0
  std::vector<uint8_t> fresh;  // of each identifier: whether this batch has brought it
};

struct Numbers {
  /// Of each identifier: the number of its customer, or -1 for the first new one, -2 and so on.
  std::vector<int64_t> customer;
  std::vector<uint32_t> new_owners;  // of each new number
  struct Takeover {
    int64_t customer;
    uint32_t owner;
  };
  std::vector<Takeover> takeovers;  // known numbers that have another owner now
};

Numbers number(const Partition& partition, const Owners& owners);

}  // namespace clientele::identity
