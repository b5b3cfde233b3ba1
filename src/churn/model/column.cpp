// SPDX-License-Identifier: PostgreSQL
#include "churn/model/column.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/poll.hpp"
#include "churn/model/definition.hpp"

namespace clientele {
namespace {

constexpr int8_t no_small = -128;

size_t width_of(double v) {
  if (std::isnan(v) || (std::abs(v) <= 127 && v == std::trunc(v))) return 1;
  if (std::abs(v) <= std::numeric_limits<float>::max() &&
      static_cast<double>(static_cast<float>(v)) == v)
    return sizeof(float);
  return sizeof(double);
}

void put(uint8_t* to, size_t width, double v) {
  if (width == 1) {
    const int8_t small = std::isnan(v) ? no_small : static_cast<int8_t>(v);
    std::memcpy(to, &small, 1);
  } else if (width == sizeof(float)) {
    const auto single = static_cast<float>(v);
    std::memcpy(to, &single, sizeof single);
  } else {
    std::memcpy(to, &v, sizeof v);
  }
}

double get(const uint8_t* from, size_t width) {
  if (width == 1) {
    const auto small = static_cast<int8_t>(*from);
    return small == no_small ? no_value : small;
  }
  if (width == sizeof(float)) {
    float single = 0;
    std::memcpy(&single, from, sizeof single);
    return single;
  }
  double v = 0;
  std::memcpy(&v, from, sizeof v);
  return v;
}

}  // namespace

double checked_value(std::string_view feature, double value) {
  if (std::isfinite(value) && std::abs(value) <= largest_churn_value) return value + 0.0;
  throw Error(sqlstate::invalid_parameter,
              "feature \"" + std::string(feature) + "\" must be a finite number" +
                  (std::isnan(value)   ? ", not NaN"
                   : std::isinf(value) ? ", not infinity"
                                       : " of at most 1e100 in size"),
              "Make it NULL where it is not known.");
}

void mixed_kinds(std::string_view feature, bool number_here, const char* there) {
  throw Error(
      sqlstate::invalid_parameter,
      "feature \"" + std::string(feature) + "\" is " +
          (number_here ? "a number here and text " : "text here and a number ") + there,
      "A feature is a number (or boolean) in all rows or text in all rows. NaN and infinity "
      "become text in jsonb: make them NULL.");
}

void ChurnColumn::set_kind(Kind kind) {
  if (kind_ == kind) return;
  if (kind_ != Kind::unknown) mixed_kinds(name_, kind == Kind::number, "in another row");
  kind_ = kind;
  width_ = 1;
}

void ChurnColumn::widen(size_t width) {
  if (width <= width_) return;
  const size_t rows = cells_.size() / width_;
  std::pmr::vector<uint8_t> wide(rows * width, cells_.get_allocator());
  for (size_t i = 0; i < rows; ++i) {
    if (i % 65536 == 0) poll();
    put(&wide[i * width], width, get(&cells_[i * width_], width_));
  }
  cells_.swap(wide);
  width_ = width;
}

uint8_t* ChurnColumn::place(size_t row) {
  for (size_t i = cells_.size() / width_; i <= row; ++i) {
    cells_.resize(cells_.size() + width_);
    uint8_t* const cell = &cells_[i * width_];
    if (kind_ == Kind::category)
      *cell = no_code;
    else
      put(cell, width_, no_value);
  }
  return &cells_[row * width_];
}

uint8_t ChurnColumn::code_of(std::string_view level) {
  const auto known = std::ranges::find(levels_, level);
  if (known == levels_.end()) {
    if (levels_.size() == max_churn_levels)
      throw Error(
          sqlstate::limit_exceeded,
          "feature \"" + std::string(name_) + "\" has more than 200 categories",
          "Leave out features that identify a customer, and join rare categories into one.");
    levels_.emplace_back(level);
    return static_cast<uint8_t>(levels_.size() - 1);
  }
  return static_cast<uint8_t>(known - levels_.begin());
}

void ChurnColumn::set(size_t row, const ChurnCell& cell) {
  if (cell.kind == ChurnCell::Kind::missing) return;
  if (cell.kind == ChurnCell::Kind::text) {
    set_kind(Kind::category);
    const uint8_t code = code_of(cell.text);
    *place(row) = code;
    return;
  }
  const double v = checked_value(name_, cell.number);
  set_kind(Kind::number);
  widen(width_of(v));
  put(place(row), width_, v);
}

double ChurnColumn::number(size_t row) const {
  return width_ == 0 || row >= cells_.size() / width_ ? no_value
                                                      : get(&cells_[row * width_], width_);
}

void ChurnColumn::numbers(size_t first, std::span<double> out) const {
  for (size_t i = 0; i < out.size(); ++i) out[i] = number(first + i);
}

uint64_t ChurnColumn::key(size_t row) const {
  if (kind_ == Kind::category) return code(row);
  const double v = number(row);
  return std::isnan(v) ? UINT64_MAX : std::bit_cast<uint64_t>(v);
}

void ChurnColumn::sort_levels() {
  if (std::ranges::is_sorted(levels_)) return;
  std::array<uint8_t, 256> order{}, place{};
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.begin() + levels_.size(),
            [&](uint8_t a, uint8_t b) { return levels_[a] < levels_[b]; });
  place[no_code] = no_code;
  for (size_t i = 0; i < levels_.size(); ++i) place[order[i]] = static_cast<uint8_t>(i);
  for (size_t i = 0; i < cells_.size(); ++i) {
    if (i % 65536 == 0) poll();
    cells_[i] = place[cells_[i]];
  }
  std::ranges::sort(levels_);
}

void ChurnColumn::append(const ChurnColumn& from, size_t row, size_t rows) {
  if (from.kind_ == Kind::unknown) return;
  set_kind(from.kind_);
  std::array<uint8_t, 256> code{};
  code[no_code] = no_code;
  for (size_t i = 0; i < from.levels_.size(); ++i) code[i] = code_of(from.levels_[i]);
  if (kind_ == Kind::number) widen(from.width_);
  cells_.reserve((row + rows) * width_);
  for (size_t i = 0; i < rows; ++i) {
    if (i % 65536 == 0) poll();
    if (kind_ == Kind::category)
      *place(row + i) = code[from.code(i)];
    else
      put(place(row + i), width_, from.number(i));
  }
}

ChurnColumn ChurnColumn::picked(std::span<const uint32_t> rows,
                                std::pmr::memory_resource* memory) const {
  ChurnColumn result(name_, memory);
  result.kind_ = kind_;
  result.width_ = width_;
  result.levels_.assign(levels_.begin(), levels_.end());
  result.cells_.reserve(rows.size() * width_);
  for (size_t i = 0; i < rows.size() && width_ > 0; ++i) {
    if (i % 65536 == 0) poll();
    if (kind_ == Kind::category)
      *result.place(i) = code(rows[i]);
    else
      put(result.place(i), width_, number(rows[i]));
  }
  return result;
}

void ChurnColumn::write(Writer& w, size_t rows) const {
  w.u8(static_cast<uint8_t>(kind_));
  if (kind_ == Kind::unknown) return;
  if (kind_ == Kind::category) {
    w.varint(levels_.size());
    for (const auto& level : levels_) w.text(level);
  } else {
    w.u8(static_cast<uint8_t>(width_));
  }
  w.raw(cells_.data(), cells_.size());
  const size_t set = cells_.size() / width_;
  std::array<uint8_t, sizeof(double)> none{no_code};
  if (kind_ == Kind::number) put(none.data(), width_, no_value);
  for (size_t i = set; i < rows; ++i) w.raw(none.data(), width_);
}

void ChurnColumn::read(Reader& r, size_t rows) {
  const uint8_t kind = r.u8();
  if (kind > static_cast<uint8_t>(Kind::category)) Reader::fail("it is not a churn_rows");
  kind_ = static_cast<Kind>(kind);
  if (kind_ == Kind::unknown) return;
  width_ = 1;
  if (kind_ == Kind::category) {
    const size_t n = r.count();
    if (n == 0 || n > max_churn_levels) Reader::fail("impossible number of categories");
    for (size_t i = 0; i < n; ++i) {
      levels_.emplace_back(r.text());
      if (i > 0 && levels_[i] <= levels_[i - 1]) Reader::fail("categories are not in order");
    }
  } else if (width_ = r.u8(); width_ != 1 && width_ != sizeof(float) && width_ != sizeof(double)) {
    Reader::fail("it is not a churn_rows");
  }
  if (rows > r.left() / width_) Reader::fail("the value is truncated");
  const uint8_t* const cells = r.take(rows * width_);
  cells_.assign(cells, cells + rows * width_);
  std::array<bool, 256> used{};
  size_t widest = 0;
  for (size_t i = 0; i < rows; ++i) {
    if (i % 65536 == 0) poll();
    if (kind_ == Kind::category) {
      if (cells_[i] != no_code && cells_[i] >= levels_.size())
        Reader::fail("there is no such category");
      used[cells_[i]] = true;
    } else if (const double v = number(i); !std::isnan(v)) {
      if (!(std::abs(v) <= largest_churn_value) || (v == 0 && std::signbit(v)))
        Reader::fail("impossible values");
      widest = std::max(widest, width_of(v));
    } else {
      put(&cells_[i * width_], width_, no_value);
    }
  }
  const bool all =
      std::all_of(used.begin(), used.begin() + levels_.size(), [](bool u) { return u; });
  if (kind_ == Kind::category ? !all : widest != width_) Reader::fail("it is not a churn_rows");
}

}  // namespace clientele
