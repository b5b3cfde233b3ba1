// SPDX-License-Identifier: PostgreSQL
#include "value/btyd/histories.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "base/error.hpp"
#include "base/poll.hpp"
#include "base/sort.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;
constexpr double longest = 1e12;
constexpr uint64_t max_customers = uint64_t{1} << 48;

uint64_t mixed(uint64_t h) {  // the end of MurmurHash3
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccdULL;
  h ^= h >> 33;
  h *= 0xc4ceb9fe1a85ec53ULL;
  return h ^ h >> 33;
}

uint64_t bits(double v) { return std::bit_cast<uint64_t>(v); }

template <class Cell>
uint64_t hash_of(const Cell& c) {
  return mixed(bits(c.t_x) * 0x9e3779b97f4a7c15ULL ^ std::rotl(bits(c.age), 23) ^
               (uint64_t{c.x} << 32 | c.vector) * 0xc2b2ae3d27d4eb4fULL);
}

uint64_t hash_of(std::span<const double> covariates) {
  uint64_t h = 0;
  for (const double v : covariates) h = mixed(h ^ bits(v));
  return h;
}

bool whole(double v) { return v == std::floor(v); }

}  // namespace

void check_history(ModelKind kind, History& h) {
  const auto refuse = [](const char* code, const std::string& what, const char* hint = "") {
    throw Error(code, what, hint);
  };
  const auto checked = [&](double& value, const char* name) {
    if (!std::isfinite(value) || value > longest)
      refuse(sqlstate::out_of_range, std::string(name) + " must be finite and at most 1e12");
    if (value < 0) refuse(sqlstate::invalid_parameter, std::string(name) + " must not be negative");
    value += 0.0;  // no negative zero
  };
  checked(h.x, "x");
  checked(h.t_x, "t_x");
  checked(h.age, "age");
  if (!whole(h.x) || h.x > 4e9) refuse(sqlstate::invalid_parameter, "x must be a whole number");
  if (h.t_x > h.age) {
    if (h.t_x > h.age * (1 + 1e-9))
      refuse(sqlstate::invalid_parameter, "t_x must not be larger than age",
             "t_x is the time from the first purchase to the last one; RFM's recency counts back "
             "from the end.");
    h.t_x = h.age;  // a rounding error
  }
  if (h.x == 0 && h.t_x != 0)
    refuse(sqlstate::invalid_parameter, "t_x must be 0 if x is 0",
           "Without a repeat purchase the first purchase is the last one.");
  if (kind == ModelKind::bg_bb) {
    if (!whole(h.t_x) || !whole(h.age))
      refuse(sqlstate::invalid_parameter,
             "BG/BB counts opportunities: t_x and age must be whole numbers");
    if (h.x > h.t_x)
      refuse(sqlstate::invalid_parameter, "BG/BB: x must not be larger than t_x",
             "There is at most one purchase at an opportunity.");
    if (h.age > 1e6)
      refuse(sqlstate::invalid_parameter, "BG/BB takes at most 1000000 opportunities");
  }
}

void HistoryCounts::define(ModelKind kind, size_t width) {
  if (defined_ && kind == kind_ && width == width_) return;
  if (defined_ && kind != kind_)
    throw Error(sqlstate::invalid_parameter, "btyd_fit needs the same model for all customers");
  if (defined_)
    throw Error(sqlstate::invalid_parameter,
                "btyd_fit needs the same number of covariates for all customers");
  if (width > max_covariates)
    throw Error(sqlstate::invalid_parameter,
                "a model takes at most " + std::to_string(max_covariates) + " covariates");
  if (width > 0 && kind > ModelKind::pareto_nbd)
    throw Error(sqlstate::invalid_parameter, std::string(info(kind).name) + " takes no covariates");
  defined_ = true;
  kind_ = kind;
  width_ = width;
}

double HistoryCounts::on_grid(double time) const {
  return grid_ == exact ? time : std::ldexp(std::floor(std::ldexp(time, -grid_)), grid_);
}

void HistoryCounts::add(const History& h, std::span<const double> covariates) {
  if (customers_ >= max_customers)
    throw Error(sqlstate::limit_exceeded, "btyd_fit takes at most 2^48 customers");
  ++customers_;
  count({on_grid(h.t_x), on_grid(h.age), static_cast<uint32_t>(h.x), vector_number(covariates), 1});
}

void HistoryCounts::count(const Cell& cell) {
  require_room();
  place(cell);
  while (used_ > limit_) coarsen();
}

/// For one more cell, or for `n` in all.
void HistoryCounts::require_room(size_t n) {
  const size_t filled = std::max(used_ + 1, n);
  if (4 * filled <= 3 * cells_.size()) return;
  size_t size = std::max<size_t>(64, 2 * cells_.size());
  while (4 * filled > 3 * size) size *= 2;
  rehash(size);
}

void HistoryCounts::place(const Cell& cell) {
  const size_t mask = cells_.size() - 1;
  size_t at = hash_of(cell) & mask;
  while (cells_[at].customers != 0) {
    Cell& c = cells_[at];
    if (c.t_x == cell.t_x && c.age == cell.age && c.x == cell.x && c.vector == cell.vector) {
      c.customers += cell.customers;
      return;
    }
    at = (at + 1) & mask;
  }
  cells_[at] = cell;
  ++used_;
}

/// Puts all cells on the current grid, in a table of this size.
void HistoryCounts::rehash(size_t size) {
  std::pmr::vector<Cell> old(size, Cell{0, 0, 0, 0, 0}, cells_.get_allocator());
  old.swap(cells_);
  used_ = 0;
  for (size_t i = 0; i < old.size(); ++i) {
    if (i % 65536 == 0) poll();
    if (old[i].customers == 0) continue;
    Cell c = old[i];
    c.t_x = on_grid(c.t_x);
    c.age = on_grid(c.age);
    place(c);
  }
}

/// Takes the next grid. There is none for BG/BB, and after the coarsest.
void HistoryCounts::coarsen() {
  if (kind_ == ModelKind::bg_bb || grid_ == coarsest)
    throw Error(sqlstate::limit_exceeded,
                "btyd_fit takes at most " + std::to_string(limit_) + " different histories",
                width_ > 0 ? "Round the covariates." : "Take a sample of the customers.");
  ++grid_;
  rehash(cells_.size());
}

uint32_t HistoryCounts::vector_number(std::span<const double> covariates) {
  if (width_ == 0) return 0;
  const size_t known = vectors_.size() / width_;
  if (index_.empty() || 4 * (known + 1) > 3 * index_.size()) {
    const size_t size = index_.empty() ? 64 : 2 * index_.size();
    index_.assign(size, 0);
    for (uint32_t i = 0; i < known; ++i) {
      if (i % 65536 == 0) poll();
      size_t at = hash_of(vector(i)) & (size - 1);
      while (index_[at] != 0) at = (at + 1) & (size - 1);
      index_[at] = i + 1;
    }
  }
  const size_t mask = index_.size() - 1;
  size_t at = hash_of(covariates) & mask;
  for (; index_[at] != 0; at = (at + 1) & mask)
    if (std::ranges::equal(vector(index_[at] - 1), covariates)) return index_[at] - 1;
  if (vectors_.size() + width_ > covariate_limit)
    throw Error(sqlstate::limit_exceeded,
                "btyd_fit keeps at most " + std::to_string(covariate_limit) +
                    " covariates of different customers",
                "Round the covariates, or take a sample of the customers.");
  vectors_.insert(vectors_.end(), covariates.begin(), covariates.end());
  index_[at] = static_cast<uint32_t>(known + 1);
  return index_[at] - 1;
}

void HistoryCounts::merge(const HistoryCounts& other) {
  if (!other.defined_) return;
  define(other.kind_, other.width_);
  while (grid_ < other.grid_) coarsen();
  customers_ += other.customers_;
  if (customers_ > max_customers)
    throw Error(sqlstate::limit_exceeded, "btyd_fit takes at most 2^48 customers");
  require_room(std::max(used_, other.used_));
  std::vector<uint32_t> numbers;
  if (width_ > 0)
    for (uint32_t i = 0; i < other.vectors_.size() / width_; ++i)
      numbers.push_back(vector_number(other.vector(i)));
  for (size_t i = 0; i < other.cells_.size(); ++i) {
    if (i % 65536 == 0) poll();
    Cell c = other.cells_[i];
    if (c.customers == 0) continue;
    if (width_ > 0) c.vector = numbers[c.vector];
    c.t_x = on_grid(c.t_x);
    c.age = on_grid(c.age);
    count(c);
  }
}

/// The rank of each vector in the order of their values; `sorted` is the inverse.
std::vector<uint32_t> HistoryCounts::vector_ranks(std::vector<uint32_t>& sorted) const {
  sorted.resize(width_ == 0 ? 1 : vectors_.size() / width_);
  std::iota(sorted.begin(), sorted.end(), 0);
  if (width_ > 0)
    sort_polled(sorted.begin(), sorted.end(), [&](uint32_t a, uint32_t b) {
      return std::ranges::lexicographical_compare(vector(a), vector(b));
    });
  std::vector<uint32_t> rank(sorted.size());
  for (uint32_t i = 0; i < sorted.size(); ++i) rank[sorted[i]] = i;
  return rank;
}

/// The used cells in order, with vectors numbered by rank.
std::vector<HistoryCounts::Cell> HistoryCounts::sorted_cells(std::vector<uint32_t>& vectors) const {
  const std::vector<uint32_t> rank = vector_ranks(vectors);
  std::vector<Cell> cells;
  cells.reserve(used_);
  for (size_t i = 0; i < cells_.size(); ++i) {
    if (i % 65536 == 0) poll();
    if (cells_[i].customers == 0) continue;
    cells.push_back(cells_[i]);
    cells.back().vector = rank[cells.back().vector];
  }
  sort_polled(cells.begin(), cells.end(), [](const Cell& a, const Cell& b) {
    if (a.vector != b.vector) return a.vector < b.vector;
    if (a.x != b.x) return a.x < b.x;
    if (a.age != b.age) return a.age < b.age;
    return a.t_x < b.t_x;
  });
  return cells;
}

HistoryTable HistoryCounts::table() const {
  HistoryTable t;
  std::vector<uint32_t> vectors;
  const std::vector<Cell> cells = sorted_cells(vectors);
  t.width = width_;
  t.grid = grid_ == exact ? 0 : std::ldexp(1, grid_);
  for (auto* column : {&t.x, &t.t_x, &t.age, &t.customers}) column->reserve(cells.size());
  t.begin.push_back(0);
  for (size_t i = 0; i < cells.size(); ++i) {
    const Cell& c = cells[i];
    if (i > 0 && c.vector != cells[i - 1].vector) t.begin.push_back(i);
    if (t.begin.back() == i)
      t.covariates.insert(t.covariates.end(), vector(vectors[c.vector]).begin(),
                          vector(vectors[c.vector]).end());
    t.x.push_back(c.x);
    // The middle of the cell. The 0 of x = 0 is exact, not a rounded time.
    t.t_x.push_back(c.x == 0 ? 0 : c.t_x + t.grid / 2);
    t.age.push_back(c.age + t.grid / 2);
    t.customers.push_back(static_cast<double>(c.customers));
  }
  t.begin.push_back(cells.size());
  return t;
}

std::optional<HistoryTable> HistoryCounts::coarser(const HistoryTable& table, size_t max_cells,
                                                   double grid) {
  HistoryCounts counts(std::pmr::get_default_resource(), max_cells);
  counts.define(ModelKind::bg_nbd, table.width);
  counts.grid_ = std::clamp(std::ilogb(grid), exact, coarsest);
  for (size_t run = 0; run < table.runs(); ++run) {
    const std::span<const double> covariates =
        std::span(table.covariates).subspan(run * table.width, table.width);
    for (size_t i = table.begin[run]; i < table.begin[run + 1]; ++i) {
      if (i % 65536 == 0) poll();
      counts.require_room();
      counts.place({counts.on_grid(table.t_x[i]), counts.on_grid(table.age[i]),
                    static_cast<uint32_t>(table.x[i]), counts.vector_number(covariates),
                    static_cast<uint64_t>(table.customers[i])});
      while (counts.used_ > max_cells) {
        if (counts.grid_ == coarsest) return std::nullopt;
        counts.coarsen();
      }
    }
  }
  return counts.table();
}

void HistoryCounts::write(Bytes& out) const {
  std::vector<uint32_t> vectors;
  const std::vector<Cell> cells = sorted_cells(vectors);
  out.reserve(out.size() + 64 + cells.size() * 20 + vectors_.size() * sizeof(double));
  Writer w(out);
  w.u8(version);
  w.u8(defined_);
  w.u8(static_cast<uint8_t>(kind_));
  w.varint(width_);
  w.varint(static_cast<uint64_t>(grid_ - exact));
  if (width_ > 0) {
    w.varint(vectors.size());
    for (const uint32_t v : vectors) w.raw(vector(v).data(), width_ * sizeof(double));
  }
  w.varint(cells.size());
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i % 65536 == 0) poll();
    const Cell& c = cells[i];
    const double times[] = {c.t_x, c.age};
    w.raw(times, sizeof times);
    w.varint(c.x);
    if (width_ > 0) w.varint(c.vector);
    w.varint(c.customers);
  }
}

void HistoryCounts::read(Reader& reader) {
  if (reader.u8() != version) Reader::fail("unknown version of a btyd_histories");
  const uint8_t defined = reader.u8(), kind = reader.u8();
  if (defined > 1 || kind > static_cast<uint8_t>(ModelKind::bg_bb))
    Reader::fail("unknown kind of model");
  const uint64_t width = reader.varint(), grid = reader.varint();
  if (width > max_covariates || grid > coarsest - exact) Reader::fail("a number is too large");
  if (defined == 0) {
    if (kind != 0 || width != 0 || grid != 0 || reader.varint() != 0)
      Reader::fail("something where there is nothing");
    return;
  }
  try {
    define(static_cast<ModelKind>(kind), width);
  } catch (const Error& e) {
    Reader::fail(e.what());
  }
  grid_ = exact + static_cast<int>(grid);
  uint64_t known = 1;
  if (width > 0) {
    known = reader.count();
    if (known > reader.left() / (width * sizeof(double))) Reader::fail("the value is truncated");
    if (known * width > covariate_limit) Reader::fail("there are too many covariates");
    std::vector<double> row(width);
    for (uint64_t i = 0; i < known; ++i) {
      std::memcpy(row.data(), reader.take(width * sizeof(double)), width * sizeof(double));
      for (double& v : row) {
        if (!std::isfinite(v)) Reader::fail("a covariate is not finite");
        v += 0.0;
      }
      if (vector_number(row) != i) Reader::fail("covariates stand twice");
    }
  }
  const size_t n = reader.count();
  if (n > limit_ || n > reader.left() / 18) Reader::fail("there are too many histories");
  require_room(n);
  for (size_t i = 0; i < n; ++i) {
    if (i % 65536 == 0) poll();
    double times[2];
    std::memcpy(times, reader.take(sizeof times), sizeof times);
    History h{static_cast<double>(reader.varint()), times[0], times[1]};
    const uint64_t vector = width > 0 ? reader.varint() : 0, customers = reader.varint();
    try {
      check_history(kind_, h);
    } catch (const Error& e) {
      Reader::fail(e.what());
    }
    if (on_grid(h.t_x) != h.t_x || on_grid(h.age) != h.age) Reader::fail("a time is off the grid");
    if (vector >= known) Reader::fail("no such covariates");
    if (customers == 0 || customers > max_customers - customers_)
      Reader::fail("an impossible number of customers");
    customers_ += customers;
    place({h.t_x, h.age, static_cast<uint32_t>(h.x), static_cast<uint32_t>(vector), customers});
  }
}

}  // namespace clientele
