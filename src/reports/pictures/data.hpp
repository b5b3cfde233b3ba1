// SPDX-License-Identifier: PostgreSQL
// What a picture is drawn from: rows of named values, as an array of JSON objects has them.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace clientele::pictures {

/// Null, true or false, a number, or a string.
using Value = std::variant<std::monostate, bool, double, std::string>;

/// Numbers have at most this size, so that sums and differences of them are finite.
inline constexpr double most_number = 1e290;
/// More rows cannot be distinguished in a picture.
inline constexpr size_t most_rows = 20'000;

/// One row, or the options if its number is 0. A missing key and null are the same: no value.
/// Errors are 22023 and name the key and the number of the row.
class Row {
 public:
  explicit Row(size_t number) : number_(number) {}

  /// Long texts are shortened.
  void put(std::string key, Value value);

  /// A string as it is; a number or a boolean as its text.
  std::optional<std::string> text(std::string_view key) const;
  std::string required_text(std::string_view key) const;
  /// A number, or a string that is one, as JSON writes decimals that are not to lose digits. None
  /// for what is not finite.
  std::optional<double> number(std::string_view key) const;
  double required_number(std::string_view key) const;
  /// At least 0.
  std::optional<double> amount(std::string_view key) const;
  double required_amount(std::string_view key) const;
  /// A whole number from `least` to `most`.
  int required_integer(std::string_view key, int least, int most) const;
  bool flag(std::string_view key, bool otherwise) const;

 private:
  const Value* find(std::string_view key) const;
  [[noreturn]] void wrong(std::string_view key, const std::string& expected) const;

  size_t number_;
  std::vector<std::pair<std::string, Value>> values_;
};

using Data = std::vector<Row>;

/// Distinct texts in the order of their first appearance, each with its place.
class Names {
 public:
  size_t place(const std::string& name);
  size_t size() const { return all_.size(); }
  const std::string& operator[](size_t i) const { return all_[i]; }
  /// Whether all are numbers.
  bool numeric() const;
  /// In the order of their numbers, if all are numbers.
  void sort_if_numbers();

 private:
  std::vector<std::string> all_;
  std::vector<std::pair<std::string, size_t>> sorted_;
};

}  // namespace clientele::pictures
