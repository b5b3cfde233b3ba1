// SPDX-License-Identifier: PostgreSQL
// One feature of the customers to which a churn model is fitted.
#pragma once
#include <array>
#include <cstdint>
#include <limits>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace clientele {

/// In place of a value that is not known.
inline constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

/// A value of a feature, on its way in. `text` lives as long as its row.
struct ChurnCell {
  enum class Kind : uint8_t { missing, number, text };
  Kind kind = Kind::missing;
  double number = 0;
  std::string_view text;
};

/// Returns the value, with one zero. 22023, with the feature in the message, unless it is finite
/// and at most 1e100 in size.
double checked_value(std::string_view feature, double value);
/// Throws 22023 for a feature that is a number here and a text there, or the other way round.
[[noreturn]] void mixed_kinds(std::string_view feature, bool number_here, const char* there);

/// The values of a feature by row, each in as few bytes as the widest needs: 1 for whole numbers
/// up to 127 and for categories, 4 for what a float holds, else 8. A row that was not set is
/// missing.
class ChurnColumn {
 public:
  enum class Kind : uint8_t { unknown, number, category };
  static constexpr uint8_t no_code = 255;

  ChurnColumn(std::string_view name, std::pmr::memory_resource* memory)
      : name_(name, memory), levels_(memory), cells_(memory) {}

  std::string_view name() const { return name_; }
  Kind kind() const { return kind_; }
  size_t width() const { return width_; }
  std::span<const std::pmr::string> levels() const { return levels_; }

  /// Sets the next row, or a later one. Errors: 22023 for another kind of value than before and for
  /// numbers that are not finite; 54000 for too many categories.
  void set(size_t row, const ChurnCell& cell);

  /// By row; NaN where missing.
  double number(size_t row) const;
  void numbers(size_t first, std::span<double> out) const;
  /// The position in levels(), no_code where missing.
  uint8_t code(size_t row) const { return row < cells_.size() ? cells_[row] : no_code; }
  /// A key by which rows are sorted: the same for equal values, but not in the order of the values.
  uint64_t key(size_t row) const;

  /// Sorts the levels bytewise.
  void sort_levels();
  /// Adds the cells of `from`, of the same name, for rows from `row` on.
  void append(const ChurnColumn& from, size_t row, size_t rows);
  /// The cells of these rows, in this order.
  ChurnColumn picked(std::span<const uint32_t> rows, std::pmr::memory_resource* memory) const;

  /// Without the name, for `rows` rows; the levels must be sorted.
  void write(Writer& writer, size_t rows) const;
  void read(Reader& reader, size_t rows);

 private:
  void set_kind(Kind kind);
  void widen(size_t width);
  /// Makes room for this row, with new rows before it missing, and returns its place.
  uint8_t* place(size_t row);
  uint8_t code_of(std::string_view level);

  std::pmr::string name_;
  Kind kind_ = Kind::unknown;
  size_t width_ = 0;
  std::pmr::vector<std::pmr::string> levels_;
  std::pmr::vector<uint8_t> cells_;
};

}  // namespace clientele
