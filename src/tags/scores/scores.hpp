// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tags/audience/audience.hpp"

namespace clientele::tags {

/// A number is below 10^12 with up to six decimals, and is kept in millionths.
using Millionths = int64_t;
inline constexpr Millionths scores_end = 1'000'000'000'000'000'000;

struct Score {
  uint64_t customer;
  Millionths score;
};

/// Where a bound divides numbers: those below it and the rest, in millionths.
struct Cut {
  Millionths at;
  /// The cut between scores that are less than a bound and the rest, and between those that are at
  /// most the bound and the rest. A score compares with a double as the nearest double does, like
  /// the values of tags: 0.1 equals 0.1.
  static Cut less(double bound);
  static Cut at_most(double bound);
};

/// A summary of the scores of some customers, at least one.
struct ScoreSummary {
  uint64_t customers;
  __int128 sum;  // millionths, as the others
  Millionths least, lower_median, upper_median, greatest;
};

/// A number for each of some customers, by bits: the customers that have the lowest bit of
/// (number × 10^decimals - the least) set, those that have the next one set, and so on, so that
/// ranges are set operations (O'Neil and Quass 1997, algorithms 3.2 and 4.2; Rinfret, O'Neil and
/// O'Neil 2001).
class Scores {
 public:
  static constexpr int max_slices = 61;
  /// More customers are error 54000: listing and sorting them would take gigabytes of memory.
  static constexpr uint64_t max_customers = uint64_t{1} << 26;
  static void require_size(uint64_t customers);

  /// The scores of different customers, ascending.
  static Scores of(std::span<const Score> ascending);

  bool empty() const { return all_.empty(); }
  uint64_t size() const { return all_.size(); }
  /// The customers that have a score.
  const Audience& all() const { return all_; }

  Audience below(Cut cut) const;
  Audience less(double bound) const { return below(Cut::less(bound)); }
  Audience at_most(double bound) const { return below(Cut::at_most(bound)); }
  Audience greater(double bound) const { return all_ - at_most(bound); }
  Audience at_least(double bound) const { return all_ - less(bound); }
  Audience between(double low, double high) const { return at_most(high) - less(low); }
  Audience equal(double number) const { return between(number, number); }

  std::optional<Millionths> of_customer(uint64_t id) const;
  /// For the customers of `among` that have a score.
  std::optional<ScoreSummary> summary(const Audience& among) const;
  /// Writes the first scores of customers from `from` on, as many as fit; returns how many.
  size_t scores(uint64_t from, std::span<Score> out) const;
  std::vector<Score> scores() const;

  /// Keeps or drops customers.
  Scores& operator&=(const Audience& kept);
  Scores& operator-=(const Audience& dropped);
  /// Joins; a customer that has a score in both keeps that of `other`.
  Scores& operator|=(const Scores& other);

  /// Versioned; the same scores have the same bytes.
  size_t written_size() const;
  void write_to(uint8_t* bytes) const;
  /// Reads bytes from anywhere: XX001 unless they are scores, which may have more decimals than
  /// they need.
  static Scores read(std::span<const uint8_t> bytes);
  static constexpr size_t head_bytes = 9;
  static uint64_t size_in_head(std::span<const uint8_t> head);
  /// For scores that were read: gives them no more decimals than they need.
  void settle();

  /// As {5:10.5,7:-3}; 54000 if that is longer than `most` bytes.
  std::string text(size_t most) const;
  /// Errors: 22P02 with the place, 22003 for impossible ids and numbers, 21000 for two numbers of
  /// one customer.
  static Scores from_text(std::string_view text);

 private:
  static Scores of(std::span<const Score> ascending, int decimals, int64_t least);
  Millionths unit() const;
  bool settled() const;

  Audience all_;
  int decimals_ = 0;
  int64_t least_ = 0;             // in units of 10^-decimals
  std::vector<Audience> slices_;  // lowest bit first; the last is not empty
};

/// Sorts by customer and drops repetitions; 21000 for two numbers of one customer. Those before
/// `sorted` are sorted already, without repetitions.
void settle_scores(std::pmr::vector<Score>& scores, size_t sorted);

}  // namespace clientele::tags
