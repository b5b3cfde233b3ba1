// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <unistd.h>

#include "shopper.hpp"

/// How the simulation writes files, times and amounts.
namespace demo {

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Closer>;

/// A file written through one big buffer; - is standard output.
class Output {
 public:
  Output(const std::string& path, const char* header)
      : file_(path == "-" ? ::fdopen(::dup(1), "w") : std::fopen(path.c_str(), "w")) {
    if (!file_) throw std::runtime_error("cannot write " + path);
    text += header;
  }
  void flush_if_full() {
    if (text.size() > (1 << 20)) flush();
  }
  void flush() {
    if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size() ||
        std::fflush(file_.get()) != 0)
      throw std::runtime_error("cannot write: the disk is full or the reader has gone");
    text.clear();
  }

  std::string text;

 private:
  File file_;
};

/// Writes instants; nearby ones share their date.
class Clock {
 public:
  explicit Clock(std::chrono::sys_days start) : start_(start) {}

  void append(std::string& out, int64_t ms) {
    append_date(out, day_of(ms));
    out += 'T';
    append_time(out, ms);
    out += 'Z';
  }

  void append_date(std::string& out, int64_t day) {
    if (day != day_) {
      const std::chrono::year_month_day date{start_ + std::chrono::days{day}};
      char text[16];
      std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
      date_ = text, day_ = day;
    }
    out += date_;
  }

  /// The time of day: 09:04:00.250
  static void append_time(std::string& out, int64_t ms) {
    const int64_t rest = ms - day_of(ms) * ms_per_day;
    const auto seconds = static_cast<unsigned>(rest / 1000);
    char time[] = "00:00:00.000";
    two(time, seconds / 3600), two(time + 3, seconds / 60 % 60), two(time + 6, seconds % 60);
    const auto fraction = static_cast<unsigned>(rest % 1000);
    time[9] = static_cast<char>('0' + fraction / 100), two(time + 10, fraction % 100);
    out.append(time, 12);
  }

  static int64_t day_of(int64_t ms) { return ms / ms_per_day - (ms % ms_per_day < 0); }
  int64_t unix_ms(int64_t ms) const { return start_.time_since_epoch().count() * ms_per_day + ms; }

 private:
  static void two(char* at, unsigned n) {
    at[0] = static_cast<char>('0' + n / 10), at[1] = static_cast<char>('0' + n % 10);
  }
  std::chrono::sys_days start_;
  int64_t day_ = INT64_MIN;
  std::string date_;
};

inline void append_fixed(std::string& out, double value, int digits) {
  char text[64];
  out.append(text, static_cast<size_t>(std::snprintf(text, sizeof text, "%.*f", digits, value)));
}

inline void append_money(std::string& out, int64_t cents) {
  if (cents < 0) out += '-', cents = -cents;
  out += std::to_string(cents / 100);
  out += '.';
  out += static_cast<char>('0' + cents / 10 % 10);
  out += static_cast<char>('0' + cents % 10);
}

/// c00000042: padded, so that they sort.
inline std::string customer_key(uint64_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < 8) digits.insert(0, 8 - digits.size(), '0');
  return "c" + digits;
}

}  // namespace demo
