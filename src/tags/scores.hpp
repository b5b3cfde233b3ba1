// SPDX-License-Identifier: PostgreSQL
// A number for each customer of an audience, held bit by bit: one bitmap says who has a number, and
// one for each binary digit says whose number has that digit. So a range is a few operations on
// bitmaps (O'Neil, Quass 1997, Improved Query Performance with Variant Indexes, section 4; Rinfret,
// O'Neil, O'Neil 2001, Bit-Sliced Index Arithmetic).
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "tags/audience.hpp"

namespace clientele::tags {

struct Score {
  uint64_t customer;
  int64_t millionths;
};

struct ScoreSummary {
  uint64_t customers = 0;
  __int128 sum = 0;  // millionths, as all that follow; they mean nothing without customers
  int64_t minimum = 0, median = 0, maximum = 0;
};

class Scores {
 public:
  /// Ascending by customer, each once; beyond ±10^18 millionths is 22003.
  static Scores of(std::span<const Score> scores);

  bool empty() const { return customers_.empty(); }
  const Audience& customers() const { return customers_; }
  std::optional<int64_t> of_customer(uint64_t customer) const;
  /// Calls use(Score) for each, ascending by customer.
  template <class Use>
  void each(Use use) const {
    while_each([&](const Score& s) {
      use(s);
      return true;
    });
  }
  /// The same until use(Score) says false; whether it never did.
  template <class Use>
  bool while_each(Use use) const;

  /// Whose number passes. Both tests must not change their mind more than once as numbers grow:
  /// from no to yes, and from yes to no. Numbers are handed over as the doubles nearest to them.
  using Passes = std::function<bool(double)>;
  Audience from(const Passes& large_enough) const;
  Audience up_to(const Passes& small_enough) const;
  Audience equal(int64_t millionths) const;

  /// Of all, or of those of an audience. The median is the lower one of two.
  ScoreSummary summary(const Audience* among) const;

  /// Without some customers.
  Scores& operator-=(const Audience& gone);
  /// Joined with others, whose numbers win.
  Scores& operator|=(const Scores& newer);
  bool operator==(const Scores& other) const;

  /// Versioned; equal scores have equal bytes.
  void write(Bytes& out) const;
  /// What could be no scores at all is XX001. Bytes from outside take `wholly`, which also sees
  /// whether they are the only form of these scores.
  static Scores read(std::span<const uint8_t> bytes, bool wholly = false);

  /// As {7=19.99,8=5}; 54000 if that is longer than `most` bytes.
  std::string text(size_t most) const;
  /// Any order, blanks; 22P02 with the place, 21000 for two numbers of one customer.
  static Scores from_text(std::string_view text);

 private:
  int64_t unit() const;
  uint64_t most_offset() const {
    return slices_.empty() ? 0 : ~uint64_t{0} >> (64 - slices_.size());
  }
  int64_t value(uint64_t offset) const;
  /// Whose offset is at least this; the others of `customers_` have a smaller one.
  Audience at_least(uint64_t offset) const;
  /// The smallest offset of which `passes`, which all larger ones do, too; most_offset() + 1 if
  /// none.
  uint64_t threshold(const Passes& passes) const;
  /// The place'th smallest offset among some customers, counted from 0.
  uint64_t offset_at(Audience among, uint64_t place) const;
  bool needs_decimals() const;
  std::vector<Score> list() const;
  void settle();

  Audience customers_;
  int decimals_ = 0;              // the fewest that lose nothing, 6 at most
  int64_t minimum_ = 0;           // in units of the last decimal
  std::vector<Audience> slices_;  // of number - minimum_, the last one not empty
};

/// The customers whose number a test of a query accepts; of a test that is about values.
struct Leaf;
Audience audience_where(const Scores& scores, const Leaf& leaf);

/// Sorts, drops repeated ones; 21000 for two numbers of one customer.
void sort_scores(std::pmr::vector<Score>& scores);

template <class Use>
bool Scores::while_each(Use use) const {
  std::vector<uint64_t> ids(4096), digits(4096), offsets;
  for (uint64_t from = 0;;) {
    const size_t n = customers_.ids(from, ids);
    if (n == 0) return true;
    offsets.assign(n, 0);
    for (size_t bit = 0; bit < slices_.size(); ++bit) {
      // A slice's ids are among those of customers_; at most n of them are up to the last one.
      const size_t set = slices_[bit].ids(from, digits);
      for (size_t i = 0, at = 0; i < set && digits[i] <= ids[n - 1]; ++i) {
        while (at < n && ids[at] < digits[i]) ++at;
        if (at < n && ids[at] == digits[i]) offsets[at] |= uint64_t{1} << bit;
      }
    }
    for (size_t i = 0; i < n; ++i)
      if (!use(Score{ids[i], value(offsets[i])})) return false;
    if (n < ids.size() || ids[n - 1] == largest_id) return true;
    from = ids[n - 1] + 1;
    poll();
  }
}

}  // namespace clientele::tags
