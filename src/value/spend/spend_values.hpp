// SPDX-License-Identifier: PostgreSQL
// The spend of customers, equal customers counted together: the data to which a spend_model is
// fitted.
#pragma once
#include <memory_resource>
#include <optional>
#include <vector>

#include "base/counted.hpp"
#include "value/fitted/fitted.hpp"
#include "value/spend/spend.hpp"

namespace clientele {

/// Errors: 22003 for NaN, infinity, and numbers above 2^31 - 1; 22023 for negative numbers and
/// fractions.
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
/// middle of what they were rounded down from. The number of digits depends on the multiset of
/// customers only, not on their order, so every plan ends with the same rows.
class SpendCounts {
 public:
  static constexpr size_t default_limit = size_t{1} << 20;
  static constexpr int exact = 52, min_digits = 6;

  explicit SpendCounts(std::pmr::memory_resource* memory, size_t limit = default_limit)
      : rows_(memory), limit_(limit) {}

  /// Adds a customer with known spend (has_known_spend). Errors: 22003 for a mean outside the range
  /// of the likelihood, 54000 if there are too many rows after the coarsest rounding.
  void add(double x, double mean);
  void merge(const SpendCounts& other);

  /// Sorted.
  std::vector<SpendGroup> groups() const;
  /// The part of themselves to which means were rounded; 0 if they were not.
  double grid() const;

  /// Depends on the multiset of customers only. Versioned.
  void write(Bytes& out) const;
  void read(Reader& reader);

 private:
  void fit_in() const;
  void round_to(int digits) const;

  // Rows are counted when they are read, and only then known to be too many.
  mutable Counted<SpendRow> rows_;
  mutable int digits_ = exact;
  size_t limit_;
};

/// The model with its diagnostics; nothing if no customer has known spend. 22003 if the estimate is
/// outside the range of a model.
std::optional<Fitted> fitted_spend(const SpendCounts& counts);

}  // namespace clientele
