// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/calendar.hpp"
#include "base/conditions.hpp"

namespace clientele {

/// From which row of a customer it goes on in which direction.
struct NextNodeRule {
  enum class Base : uint8_t { head, tail, first_match, last_match };

  bool forward = true;
  Base base = Base::head;
  uint64_t conditions = 0;

  /// 22023 for another word, and for what has no meaning: from the last row forward, from the first
  /// one backward, and from a match without conditions.
  static NextNodeRule of(std::string_view direction, std::string_view base, size_t conditions);
  friend bool operator==(const NextNodeRule&, const NextNodeRule&) = default;
};

/// The rows of one customer as they come: the state of the aggregate sequence_next_node. All that
/// it owns is in the given memory.
class NextNode {
 public:
  explicit NextNode(std::pmr::memory_resource* memory) : rows_(memory) {}

  /// What all rows come with; 22023 if it differs from the row before.
  void define(const NextNodeRule& rule);
  void add(Micros at, std::string_view value, bool base, const Conditions& conditions);
  /// 22023 if the other one is defined in another way.
  void merge(const NextNode& other);

  /// The value of the row that follows, if there is one. Changes nothing.
  std::optional<std::string_view> next() const;

  /// Versioned.
  void write(Bytes& out) const;
  /// Of an empty one; error XX001 for bytes that write() does not make.
  void read(Reader& reader);

 private:
  class Row;
  size_t words() const { return condition_words(static_cast<size_t>(rule_.conditions) + 1); }
  std::vector<Row> rows() const;
  bool before(const Row& a, const Row& b) const;

  bool defined_ = false;
  NextNodeRule rule_;
  // A row is its time, the size of its value, its conditions (that of the base first), and the
  // value in whole words.
  std::pmr::vector<uint64_t> rows_;
};

}  // namespace clientele
