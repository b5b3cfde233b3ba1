// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "base/durations.hpp"
#include "patterns/matches/found.hpp"
#include "patterns/pattern/definition.hpp"

namespace clientele {

/// What the SQL type pattern_summary holds: how many customers match a pattern, how often, and how
/// long it takes.
class PatternSummary {
 public:
  explicit PatternSummary(std::pmr::memory_resource* memory)
      : definition_(memory), parts_(memory) {}

  bool started() const { return !definition_.empty(); }
  /// The bytes of the pattern, which must be the same for all customers.
  std::span<const uint8_t> definition() const { return definition_; }
  void start(std::span<const uint8_t> definition, size_t groups);

  /// A customer who has these matches, with their groups.
  void add(std::span<const Micros> at, const FoundMatches& found);
  void merge(const PatternSummary& other);

  uint64_t customers() const { return customers_; }
  /// The whole match, and then the groups.
  struct Part {
    using allocator_type = std::pmr::polymorphic_allocator<>;
    explicit Part(allocator_type memory = {}) : times(memory) {}
    Part(const Part& other, allocator_type memory)
        : matched(other.matched), times(other.times, memory) {}
    Part(Part&& other, allocator_type memory)
        : matched(other.matched), times(std::move(other.times), memory) {}
    Part(const Part&) = default;
    Part(Part&&) = default;
    Part& operator=(const Part&) = default;
    Part& operator=(Part&&) = default;

    uint64_t matched = 0;  // customers
    Durations times;       // of matches: until their end, or until the group's first event
    uint64_t seen = 0;     // by add(): of the customers so far the last one that counts
  };
  std::span<const Part> parts() const { return parts_; }

  void write(Bytes& out) const;
  /// Of an empty one; error XX001 for bytes that write() does not make.
  void read(Reader& reader);

 private:
  std::pmr::vector<uint8_t> definition_;
  uint64_t customers_ = 0;
  std::pmr::vector<Part> parts_;
};

}  // namespace clientele
