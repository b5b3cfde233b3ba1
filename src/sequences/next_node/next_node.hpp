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
  explicit NextNode(std::pmr::memory_resource* memory) : rows_(memory), values_(memory) {}

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
  size_t words() const { return condition_words(static_cast<size_t>(rule_.conditions) + 1); }
  size_t stride() const { return 2 + words(); }
  size_t size() const { return rows_.size() / stride(); }
  const uint64_t* row(size_t i) const { return rows_.data() + i * stride(); }
  std::string_view value(size_t i) const;
  /// The order of rows; those that are equal in all stand as they came.
  bool before(size_t a, size_t b) const;
  bool meets(size_t i, uint64_t condition) const {  // 0: that of the base
    return row(i)[2 + condition / 64] >> (condition % 64) & 1;
  }
  std::optional<size_t> base() const;

  bool defined_ = false;
  NextNodeRule rule_;
  // stride() a row: its time, where its value ends in values_, and its conditions, that of the base
  // first.
  std::pmr::vector<uint64_t> rows_;
  std::pmr::vector<char> values_;
};

}  // namespace clientele
