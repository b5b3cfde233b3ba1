// SPDX-License-Identifier: PostgreSQL
// The histories of many customers, equal ones counted together: what a model is fitted on.
#pragma once
#include <bit>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "value/btyd/btyd.hpp"
#include "value/fitted/fitted.hpp"

namespace clientele {

/// Errors: 22023 for x, t_x and age that are negative, not whole where `kind` needs that, or do not
/// fit together; 22003 for NaN, infinity, and numbers above 10^12.
void check_history(ModelKind kind, History& history);

/// Sorted groups in columns. Groups with equal covariates are adjacent: run i is [begin[i], begin[i
/// + 1]), its covariates are row i of `covariates`.
struct HistoryTable {
  std::vector<double> x, t_x, age, customers;
  size_t width = 0;  // covariates of a customer
  std::vector<double> covariates;
  std::vector<size_t> begin;
  double grid = 0;

  size_t size() const { return x.size(); }
  size_t runs() const { return begin.size() - 1; }
  HistorySlice slice(size_t run) const {
    const size_t first = begin[run], n = begin[run + 1] - first;
    return {std::span(x).subspan(first, n), std::span(t_x).subspan(first, n),
            std::span(age).subspan(first, n), std::span(customers).subspan(first, n)};
  }
};

/// The state of the aggregate btyd_fit. Equal histories are one cell. If there are more than
/// `limit` cells, times are rounded down to multiples of 2^-20, then of 2^-19 and so on until they
/// fit, and stand for the middle of their cell. The grid depends on the multiset of histories only,
/// not on their order, so every plan ends with the same cells.
class HistoryCounts {
 public:
  static constexpr size_t default_limit = size_t{1} << 21;
  /// The largest number of covariates that are kept for all different customers together.
  static constexpr size_t covariate_limit = size_t{1} << 24;

  explicit HistoryCounts(std::pmr::memory_resource* memory, size_t limit = default_limit)
      : cells_(memory), vectors_(memory), index_(memory), limit_(limit) {}

  /// Must be called before add: all rows have one kind and one number of covariates (22023).
  void define(ModelKind kind, size_t width);
  ModelKind kind() const { return kind_; }

  /// Adds a checked history. There must be `width` covariates, all finite.
  void add(const History& h, std::span<const double> covariates = {});
  void merge(const HistoryCounts& other);

  uint64_t customers() const { return customers_; }
  HistoryTable table() const;
  /// The same histories on a grid of about `grid`, or a coarser one if there are more than
  /// `max_cells` groups; nothing if no grid is coarse enough.
  static std::optional<HistoryTable> coarser(const HistoryTable& table, size_t max_cells,
                                             double grid);

  /// Versioned; depends on the multiset only.
  void write(Bytes& out) const;
  /// Must be called on an empty one. Error XX001 for bytes that write() does not produce.
  void read(Reader& reader);

 private:
  struct Cell {
    double t_x, age;
    uint32_t x;
    uint32_t vector;     // number of its covariates
    uint64_t customers;  // 0: the cell is empty
  };
  static constexpr int exact = -21;  // no grid; then 2^-20, 2^-19 ...
  static constexpr int coarsest = 40;

  void count(const Cell& cell);
  void place(const Cell& cell);
  void rehash(size_t size);
  void coarsen();
  void require_room(size_t n = 0);
  uint32_t vector_number(std::span<const double> covariates);
  std::span<const double> vector(uint32_t number) const {
    return {vectors_.data() + size_t{number} * width_, width_};
  }
  std::vector<uint32_t> vector_ranks(std::vector<uint32_t>& sorted) const;
  std::vector<Cell> sorted_cells(std::vector<uint32_t>& vectors) const;
  double on_grid(double time) const;

  bool defined_ = false;
  ModelKind kind_ = ModelKind::bg_nbd;
  size_t width_ = 0;
  int grid_ = exact;
  uint64_t customers_ = 0;
  size_t used_ = 0;
  std::pmr::vector<Cell> cells_;  // open addressing; a power of two, at most 3/4 used
  std::pmr::vector<double> vectors_;
  std::pmr::vector<uint32_t> index_;  // of vectors, by hash; 0: empty, else number + 1
  size_t limit_;
};

}  // namespace clientele
