// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace demo {

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The arguments of a program, read as --name VALUE or --name=VALUE.
class Arguments {
 public:
  Arguments(int argc, char** argv) : all_(argv + (argc > 0 ? 1 : 0), argv + argc) {}

  /// The next argument's name, empty at the end.
  std::string_view next() {
    if (has_value_) throw UsageError(name_ + " takes no value");
    if (at_ == all_.size()) return {};
    name_ = all_[at_++];
    const size_t equals = name_.find('=');
    if (name_.starts_with("--") && equals != std::string::npos) {
      value_ = name_.substr(equals + 1), has_value_ = true;
      name_.resize(equals);
    }
    return name_;
  }

  std::string value() {
    if (has_value_) return has_value_ = false, value_;
    if (at_ == all_.size()) throw UsageError(name_ + " needs a value");
    return std::string(all_[at_++]);
  }

  uint64_t number(uint64_t least, uint64_t most) {
    const std::string text = value();
    uint64_t n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (error != std::errc{} || end != text.data() + text.size() || n < least || n > most)
      throw UsageError(name_ + " is a number from " + std::to_string(least) + " to " +
                       std::to_string(most) + ", not " + text);
    return n;
  }

  [[noreturn]] void unknown() const { throw UsageError("unknown argument: " + name_); }

 private:
  std::vector<std::string_view> all_;
  size_t at_ = 0;
  std::string name_, value_;
  bool has_value_ = false;
};

/// 1234567 as 1,234,567.
inline std::string with_commas(uint64_t n) {
  std::string text = std::to_string(n);
  for (size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, 1, ',');
  return text;
}

}  // namespace demo
