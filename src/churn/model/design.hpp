// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <vector>

#include "churn/logistic/logistic.hpp"
#include "churn/model/rows.hpp"

namespace clientele {

/// The columns of numbers into which a feature is turned for a regression: its value, or one column
/// for each category except the first; and, if a value is missing, one that is 1 where it is
/// missing.
struct DesignColumn {
  enum class Kind : uint8_t { value, level, missing };
  size_t feature;
  Kind kind;
  uint8_t level;  // position in the feature's levels
  double mean, sd;
};

/// The customers as regressors. A missing number has the mean of the others, a missing category
/// none of the categories. It refers to the rows, which must not change.
class Design final : public Regressors {
 public:
  /// 54000, with the feature in the message, for too many columns.
  explicit Design(const ChurnRows& rows);

  const std::vector<DesignColumn>& design() const { return columns_; }
  size_t rows() const override { return tallies_.size(); }
  size_t columns() const override { return columns_.size(); }
  void fill(size_t first, std::span<const size_t> columns, Eigen::Ref<Matrix> out) const override;

 private:
  void add(size_t feature, DesignColumn::Kind kind, uint8_t level, double mean, double sd);
  void add_number(size_t feature);
  void add_category(size_t feature);
  void add_share(size_t feature, DesignColumn::Kind kind, uint8_t level, double count);

  std::span<const ChurnColumn> features_;
  std::span<const ChurnTally> tallies_;
  double customers_ = 0;
  std::vector<DesignColumn> columns_;
};

}  // namespace clientele
