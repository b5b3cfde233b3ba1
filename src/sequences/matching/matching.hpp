// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/calendar.hpp"
#include "base/poll.hpp"
#include "sequences/matching/pattern.hpp"

namespace clientele {

/// Finds a pattern in the rows of one customer, in time proportional to rows times elements. Its
/// buffers are kept from customer to customer.
///
/// An element can stand at a row if the row is of its kind and the next element can stand at a row
/// that may follow. So one pass from right to left for each element finds all rows at which it can
/// stand: the rows that may follow are a range, both of whose ends only move to the left. A match
/// takes the earliest rows: always the first one at which the element can stand.
class SequenceSearch {
 public:
  /// Rows are added in order, each with a bit for each condition.
  /// 54000 for too many rows and conditions of the pattern.
  void start(const SequencePattern& pattern, size_t rows);
  void add(Micros at, const uint64_t* conditions);

  bool matches();
  /// Of matches that do not overlap: each begins after the last row of the one before.
  uint64_t count();
  /// The times of the (?N) of the first match of the longest beginning of the pattern that ends
  /// with a (?N) and has a match. 54000 for too many rows and elements.
  std::span<const Micros> events();

 private:
  using Word = uint64_t;
  static constexpr size_t none = ~size_t{0};

  /// Memory for words that are written before they are read. Zeroing what may be a gigabyte would
  /// take long, without a chance to cancel.
  class Words {
   public:
    void hold(size_t words) {
      if (words <= size_) return;
      words_ = std::make_unique_for_overwrite<Word[]>(words);
      size_ = words;
    }
    Word* data() const { return words_.get(); }

   private:
    std::unique_ptr<Word[]> words_;
    size_t size_ = 0;
  };

  const Word* met(size_t element) const {
    return met_.data() + pattern_->elements()[element].kind * words_;
  }
  /// Where element `i` can stand if the first `length` ones are the pattern; false if one of them
  /// can stand nowhere. `all` keeps that of each element, otherwise every second one overwrites.
  bool solve(size_t length, bool all);
  Word* possible(size_t element) const {
    return possible_.data() + (all_ ? element : element % 2) * words_;
  }
  bool directly_before(size_t element);
  bool before_at_times(size_t element);
  /// The first match from row `from` on of what solve() has been given; the place of its last row,
  /// or `none`. Calls take(element, place) for each element.
  template <class Take>
  size_t walk(size_t length, size_t from, Take take);
  size_t following(size_t element, size_t place);
  size_t next_set(const Word* bits, size_t from) const;
  /// The longest beginning that ends with a (?N) and has a match, from left to right.
  size_t longest_beginning();
  void after_at_times(size_t element, const Word* before, Word* here);

  const SequencePattern* pattern_ = nullptr;
  size_t words_ = 0;
  bool all_ = false;
  std::vector<Micros> at_;
  Words met_;       // words_ for each kind of the pattern
  Words possible_;  // words_ for each element, or for two
  std::vector<Micros> events_;
  Work work_;
};

}  // namespace clientele
