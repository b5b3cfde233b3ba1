// SPDX-License-Identifier: PostgreSQL
// How long customers stayed under contract: the data to which a contract_model is fitted.
#pragma once
#include <memory_resource>
#include <optional>
#include <vector>

#include "value/contracts/contract.hpp"
#include "base/counted.hpp"
#include "value/fitted/fitted.hpp"

namespace clientele {

struct ContractRow {
  uint32_t periods, churned;
  friend bool operator==(const ContractRow&, const ContractRow&) = default;
  friend bool operator<(const ContractRow& a, const ContractRow& b) {
    return a.periods != b.periods ? a.periods < b.periods : a.churned < b.churned;
  }
};

/// The state of the aggregate contract_fit.
class ContractCounts {
 public:
  static constexpr size_t limit = size_t{1} << 20;

  explicit ContractCounts(std::pmr::memory_resource* memory) : rows_(memory) {}

  /// Errors: 22023 for fewer periods than 0, or than 1 if the customer has left; 54000 for more
  /// than `limit` different rows.
  void add(int32_t periods, bool churned);
  void merge(const ContractCounts& other);

  /// The customers that have come to a renewal, sorted.
  std::vector<ContractGroup> groups() const;

  /// Depends on the multiset of customers only. Versioned.
  void write(Bytes& out) const;
  void read(Reader& reader);

 private:
  void check_limit() const;

  Counted<ContractRow> rows_;
};

/// The model with its diagnostics; nothing if no customer has come to a renewal.
std::optional<Fitted> fitted_contracts(const ContractCounts& counts);

}  // namespace clientele
