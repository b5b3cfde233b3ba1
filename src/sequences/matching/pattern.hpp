// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace clientele {

/// A pattern has at most this many elements and times together.
inline constexpr size_t max_sequence_elements = 10'000;

/// A pattern over rows that meet numbered conditions, such as (?1).*(?t<=3600)(?2).
class SequencePattern {
 public:
  /// From one row to the next one taken, in microseconds; both bounds are inclusive.
  struct Time {
    uint64_t least = 0;
    uint64_t most = ~uint64_t{0};
  };
  struct Element {
    uint32_t kind;               // which rows it takes: a place in kinds()
    bool directly;               // it takes the row after the one taken before
    uint32_t first_time, times;  // otherwise: a row at one of these times after the one before
  };

  /// Errors: 22023 for what is not a pattern, with the character (from 1) at which it cannot go on
  /// or where the wrong element begins; 54000 for too many elements.
  static SequencePattern parse(std::string_view text, size_t conditions);

  std::span<const Element> elements() const { return elements_; }
  /// The conditions that elements name, each once, from 1. 0, always the first, is any row.
  std::span<const uint32_t> kinds() const { return kinds_; }
  bool any_row(const Element& element) const { return element.kind == 0; }
  /// Apart, and in ascending order. None if no row can come at such a time.
  std::span<const Time> times(const Element& element) const {
    return {times_.data() + element.first_time, element.times};
  }

 private:
  friend class SequenceParser;
  std::vector<Element> elements_;
  std::vector<uint32_t> kinds_;
  std::vector<Time> times_;
};

}  // namespace clientele
