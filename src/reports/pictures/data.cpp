// SPDX-License-Identifier: PostgreSQL
#include "reports/pictures/data.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.hpp"
#include "reports/pictures/letters.hpp"

namespace clientele::pictures {
namespace {

std::string shortest(double value) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

/// The number that all of the text is, which may be infinite or not a number.
std::optional<double> number_of(std::string_view text) {
  if (text == "Infinity" || text == "-Infinity") return HUGE_VAL;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || text.empty()) return std::nullopt;
  if (error == std::errc::result_out_of_range) return 0;
  if (error != std::errc()) return std::nullopt;
  return value;
}

}  // namespace

void Row::put(std::string key, Value value) {
  if (auto* text = std::get_if<std::string>(&value)) *text = shorten(std::move(*text));
  values_.emplace_back(std::move(key), std::move(value));
}

const Value* Row::find(std::string_view key) const {
  for (const auto& [name, value] : values_)
    if (name == key) return std::holds_alternative<std::monostate>(value) ? nullptr : &value;
  return nullptr;
}

void Row::wrong(std::string_view key, const std::string& expected) const {
  const std::string name = "\"" + std::string(key) + "\"";
  const std::string row = std::to_string(number_);
  throw Error(sqlstate::invalid_parameter,
              (number_ == 0 ? "option " + name : name + " in row " + row + " of the data") +
                  " must be " + expected);
}

std::optional<std::string> Row::text(std::string_view key) const {
  const Value* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* text = std::get_if<std::string>(value)) return *text;
  if (const auto* number = std::get_if<double>(value)) return shortest(*number);
  return std::get<bool>(*value) ? "true" : "false";
}

std::string Row::required_text(std::string_view key) const {
  const auto value = text(key);
  if (!value) wrong(key, "given");
  return *value;
}

std::optional<double> Row::number(std::string_view key) const {
  const Value* const value = find(key);
  if (value == nullptr) return std::nullopt;
  std::optional<double> number;
  if (const auto* plain = std::get_if<double>(value))
    number = *plain;
  else if (const auto* text = std::get_if<std::string>(value))
    number = number_of(*text);
  if (!number) wrong(key, "a number");
  if (!std::isfinite(*number)) return std::nullopt;
  if (std::abs(*number) > most_number) wrong(key, "between -1e290 and 1e290");
  return number;
}

double Row::required_number(std::string_view key) const {
  const auto value = number(key);
  if (!value) wrong(key, "a number");
  return *value;
}

std::optional<double> Row::amount(std::string_view key) const {
  const auto value = number(key);
  if (value && *value < 0) wrong(key, "0 or more");
  return value;
}

double Row::required_amount(std::string_view key) const {
  const auto value = amount(key);
  if (!value) wrong(key, "a number");
  return *value;
}

int Row::required_integer(std::string_view key, int least, int most) const {
  const double value = required_number(key);
  if (value < least || value > most || value != std::floor(value))
    wrong(key, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return static_cast<int>(value);
}

bool Row::flag(std::string_view key, bool otherwise) const {
  const Value* const value = find(key);
  if (value == nullptr) return otherwise;
  if (const auto* flag = std::get_if<bool>(value)) return *flag;
  wrong(key, "true or false");
}

size_t Names::place(const std::string& name) {
  const auto at =
      std::lower_bound(sorted_.begin(), sorted_.end(), name,
                       [](const auto& entry, const auto& n) { return entry.first < n; });
  if (at != sorted_.end() && at->first == name) return at->second;
  sorted_.insert(at, {name, all_.size()});
  all_.push_back(name);
  return all_.size() - 1;
}

bool Names::numeric() const {
  return std::all_of(all_.begin(), all_.end(), [](const std::string& name) {
    const auto number = number_of(name);
    return number && std::isfinite(*number);
  });
}

void Names::sort_if_numbers() {
  if (!numeric()) return;
  std::stable_sort(all_.begin(), all_.end(), [](const std::string& a, const std::string& b) {
    return *number_of(a) < *number_of(b);
  });
  sorted_.clear();
  for (size_t i = 0; i < all_.size(); ++i) sorted_.emplace_back(all_[i], i);
  std::sort(sorted_.begin(), sorted_.end());
}

}  // namespace clientele::pictures
