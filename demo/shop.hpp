// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "options.hpp"

/// Which simulated shop it is: all that the programs draw depends on these.
namespace demo {

inline std::chrono::sys_days parse_date(const std::string& text) {
  int y = 0;
  unsigned m = 0, d = 0;
  char rest;
  if (std::sscanf(text.c_str(), "%4d-%2u-%2u%c", &y, &m, &d, &rest) == 3) {
    const std::chrono::year_month_day date{std::chrono::year{y}, std::chrono::month{m},
                                           std::chrono::day{d}};
    if (date.ok() && y >= 1900 && y <= 2500) return date;
  }
  throw UsageError("--start is a date such as 2025-01-01, not " + text);
}

struct Shop {
  uint64_t customers = 20'000;
  uint64_t days = 365;
  uint64_t seed = 1;
  std::chrono::sys_days start{std::chrono::year{2025} / 1 / 1};

  /// Takes an argument if it is one of these.
  bool take(std::string_view name, Arguments& arguments) {
    if (name == "--customers")
      customers = arguments.number(1, 1'000'000'000);
    else if (name == "--days")
      days = arguments.number(1, 20'000);
    else if (name == "--seed")
      seed = arguments.number(0, ~uint64_t{0});
    else if (name == "--start")
      start = parse_date(arguments.value());
    else
      return false;
    return true;
  }
};

}  // namespace demo
