// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "churn/model/column.hpp"
#include "churn/model/definition.hpp"

namespace clientele {

/// How many customers with the same features churned, and how many stayed.
struct ChurnTally {
  uint32_t churned = 0, stayed = 0;
};

/// A multiset of customers with their features: the state of the aggregate churn_fit. Equal
/// customers are one row.
class ChurnRows {
 public:
  static constexpr size_t usual_limit = 1'000'000'000;  // bytes
  explicit ChurnRows(std::pmr::memory_resource* memory, size_t limit = usual_limit)
      : limit_(limit), encoded_(memory), columns_(memory), tallies_(memory) {}

  /// The definition, which must be the same for all customers (22023); `encoded` is a stored
  /// ChurnDefinition. `named`: features have names, not positions.
  void define(std::span<const uint8_t> encoded, bool named);
  const ChurnDefinition& definition() const { return definition_; }
  /// 22023: features are given, but the definition says how to compute them.
  [[noreturn]] static void refuse_features();

  /// A customer, features by position; 22023 if there are more or fewer than before.
  void add(std::span<const ChurnCell> cells, bool churned);
  /// A customer, features by name; no name twice.
  void add(std::span<const std::string_view> names, std::span<const ChurnCell> cells, bool churned);
  void merge(const ChurnRows& other);
  /// Merges customers with other counts than they have.
  void merge(const ChurnRows& other, ChurnTally (*counted)(ChurnTally));

  /// In an order that depends on the multiset only: columns by name (if they have names of their
  /// own), rows by a hash of their features, so that any stretch of them is an unbiased sample.
  std::span<const ChurnColumn> columns() const { return settle(), columns_; }
  std::span<const ChurnTally> tallies() const { return settle(), tallies_; }

  /// Depends on the multiset only. Versioned.
  void write(Bytes& out) const;
  void read(Reader& reader);

 private:
  void count(bool churned);
  size_t column_of(std::string_view name, size_t guess);
  void new_column(std::string_view name);
  void check_limit() const;
  void settle() const;
  std::pmr::memory_resource* memory() const { return encoded_.get_allocator().resource(); }

  size_t limit_;
  std::pmr::vector<uint8_t> encoded_;  // empty before the first row
  ChurnDefinition definition_;
  bool named_ = false;
  // How the multiset is held may change while the multiset does not.
  mutable std::pmr::vector<ChurnColumn> columns_;
  mutable std::pmr::vector<ChurnTally> tallies_;  // by row
  mutable bool settled_ = true;
  size_t settle_at_ = 65536;   // rows
  std::vector<size_t> route_;  // where the features of the row before went
};

}  // namespace clientele
