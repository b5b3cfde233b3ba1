// SPDX-License-Identifier: PostgreSQL
// What many customers spend, equal customers counted together: what a spend_model is fitted on.
#pragma once
#include <memory_resource>
#include <optional>
#include <vector>

#include "base/counted.hpp"
#include "value/fitted/fitted.hpp"
#include "value/spend/spend.hpp"

namespace clientele {

/// Refuses what is no number of repeat purchases: 22003 for NaN, infinity and beyond 2^31 - 1,
/// 22023 for below zero and fractions.
void check_repeats(double x);

struct SpendRow {
  double x, mean;
  friend bool operator==(const SpendRow&, const SpendRow&) = default;
  friend bool operator<(const SpendRow& a, const SpendRow& b) {
    return a.x != b.x ? a.x < b.x : a.mean < b.mean;
  }
};

/// The state of the aggregate spend_fit. If there are more than `limit` different rows, mean spends
/// keep 51 binary digits after the first, then 50 and so on until they fit, and stand for the
/// middle of what they were rounded down from. How many digits that leaves depends on the multiset
/// of customers only, never on their order, so any plan ends with the same rows.
class SpendCounts {
 public:
  static constexpr size_t default_limit = size_t{1} << 20;
  static constexpr int exact = 52, min_digits = 6;

  explicit SpendCounts(std::pmr::memory_resource* memory, size_t limit = default_limit)
      : rows_(memory), limit_(limit) {}

  /// A customer who says_spend; 22003 for a mean beyond what the likelihood can take, 54000 if even
  /// the coarsest rows are too many.
  void add(double x, double mean);
  void merge(const SpendCounts& other);

  /// Sorted.
  std::vector<SpendGroup> groups() const;
  /// Means were rounded to this part of themselves; 0 if they were not.
  double grid() const;

  /// Depends on the multiset of customers only. Versioned.
  void write(Bytes& out) const;
  void read(Reader& reader);

 private:
  void fit_in() const;
  void round_to(int digits) const;

  // Rows are counted when somebody looks, and only then known to be too many.
  mutable Counted<SpendRow> rows_;
  mutable int digits_ = exact;
  size_t limit_;
};

/// The model with all that is known of the fit; nothing if nobody says anything of spend. 22003 if
/// the estimate is beyond what a model can hold.
std::optional<Fitted> fitted_spend(const SpendCounts& counts);

}  // namespace clientele
