// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <array>
#include <map>
#include <memory_resource>
#include <span>
#include <vector>

#include "retention/table/retention.hpp"

namespace clientele {

/// What the SQL type retention_summary holds: for each cohort how many customers it has, and in
/// each stretch how many of them returned, how often and for how much.
class RetentionSummary {
 public:
  struct Cell {
    uint64_t returned = 0, returns = 0;
    uint64_t amount_low = 0;  // the sum, in two halves
    int64_t amount_high = 0;
    uint64_t amounts = 0;

    __int128 amount() const { return static_cast<__int128>(amount_high) << 64 | amount_low; }
    void add(uint64_t customers, uint64_t times, const AmountSum& sum) {
      const __int128 total = amount() + sum.sum;
      returned += customers, returns += times, amounts += sum.count;
      amount_low = static_cast<uint64_t>(total);
      amount_high = static_cast<int64_t>(total >> 64);
    }
  };
  /// Cells by stretch; those after the last one are empty.
  struct Cohort {
    using allocator_type = std::pmr::polymorphic_allocator<Cell>;
    explicit Cohort(const allocator_type& memory) : cells(memory) {}
    uint64_t customers = 0;
    std::pmr::vector<Cell> cells;
  };
  using Cohorts = std::pmr::map<Micros, Cohort>;  // by their starts

  explicit RetentionSummary(std::pmr::memory_resource* memory)
      : definition_(memory), cohorts_(memory) {}
  RetentionSummary(const RetentionSummary&) = delete;
  RetentionSummary& operator=(const RetentionSummary&) = delete;

  bool started() const { return !definition_.empty(); }
  /// The bytes of the settled definition, which must be the same for all customers.
  std::span<const uint8_t> definition() const { return definition_; }
  void start(std::span<const uint8_t> settled) {
    definition_.assign(settled.begin(), settled.end());
  }

  /// A customer of a cohort.
  void add(Micros cohort, std::span<const Returned> returned);
  /// Error 22023 if the definitions differ.
  void merge(const RetentionSummary& other);

  const Cohorts& cohorts() const { return cohorts_; }
  /// The cell of a stretch, which may be an empty one.
  static const Cell& cell(const Cohort& cohort, size_t stretch) {
    static constexpr Cell none;
    return stretch < cohort.cells.size() ? cohort.cells[stretch] : none;
  }

  void write(Bytes& out) const;
  void read(Reader& reader);

 private:
  Cohort& cohort_at(Micros start);
  void reach(Cohort& cohort, size_t cells);

  std::pmr::vector<uint8_t> definition_;
  Cohorts cohorts_;
  size_t cells_ = 0;
  struct Recent {
    Micros start;
    Cohort* cohort = nullptr;
  };
  std::array<Recent, 256> recent_;  // by a hash of the start
};

}  // namespace clientele
