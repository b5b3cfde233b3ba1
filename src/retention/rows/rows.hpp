// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <memory_resource>
#include <vector>

#include "base/bytes.hpp"
#include "base/conditions.hpp"

namespace clientele {

/// Which conditions some row of a group has met: the state of the aggregate retention. All that it
/// owns is in the given memory.
class RawRetention {
 public:
  explicit RawRetention(std::pmr::memory_resource* memory) : more_(memory) {}

  /// A row; 22023 without conditions, and for another number of them than in the row before.
  void add(const Conditions& conditions) {
    if (conditions.count() != conditions_ || conditions_ == 0) define(conditions.count());
    if (conditions_ <= 64) {
      uint64_t bits;
      conditions.bits(&bits);
      first_ |= bits;
    } else {
      add_many(conditions);
    }
  }
  void merge(const RawRetention& other);

  size_t conditions() const { return conditions_; }
  /// Whether condition 1 was met, and condition i (from 1) also.
  bool returned(size_t i) const { return met(1) && met(i); }

  /// Versioned.
  void write(Bytes& out) const;
  /// Of an empty one; error XX001 for bytes that write() does not make.
  void read(Reader& reader);

 private:
  void define(size_t conditions);
  void add_many(const Conditions& conditions);
  bool met(size_t i) const {
    const uint64_t* const words = conditions_ <= 64 ? &first_ : more_.data();
    return words[(i - 1) / 64] >> ((i - 1) % 64) & 1;
  }

  size_t conditions_ = 0;            // none before the first row
  uint64_t first_ = 0;               // of up to 64 conditions
  std::pmr::vector<uint64_t> more_;  // of more
};

}  // namespace clientele
