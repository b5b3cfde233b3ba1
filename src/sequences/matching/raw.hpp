// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/calendar.hpp"
#include "base/conditions.hpp"
#include "sequences/matching/matching.hpp"

namespace clientele {

/// The rows of one customer as they come: the state of sequence_match, sequence_count and
/// sequence_match_events. All that it owns is in the given memory.
class RawSequence {
 public:
  explicit RawSequence(std::pmr::memory_resource* memory) : pattern_(memory), rows_(memory) {}

  /// Once, before the first row.
  void define(std::string_view pattern, size_t conditions);
  /// 22023 if that is not what define() was given.
  void check(std::string_view pattern, size_t conditions) const {
    if (conditions != conditions_ || pattern != this->pattern()) differs();
  }
  /// A row that meets no condition is ignored.
  void add(Micros at, const Conditions& conditions);
  /// 22023 if the other one is defined in another way.
  void merge(const RawSequence& other);

  std::string_view pattern() const { return {pattern_.data(), pattern_.size()}; }
  size_t conditions() const { return conditions_; }

  /// The rows in order, for the pattern as it was read. Changes nothing.
  class Sorted;

  /// Versioned.
  void write(Bytes& out) const;
  /// Of an empty one; error XX001 for bytes that write() does not make.
  void read(Reader& reader);

 private:
  [[noreturn]] static void differs();
  size_t words() const { return condition_words(conditions_); }
  size_t stride() const { return 1 + words(); }

  std::pmr::vector<char> pattern_;
  size_t conditions_ = 0;            // none before define()
  std::pmr::vector<uint64_t> rows_;  // stride() a row: its time, and its conditions
};

/// Puts rows in order. Its buffer is kept from customer to customer.
class RawSequence::Sorted {
 public:
  void load(const RawSequence& rows, const SequencePattern& pattern, SequenceSearch& search);

 private:
  struct Place {
    Micros at;
    const uint64_t* conditions;
  };
  std::vector<Place> places_;
};

}  // namespace clientele
