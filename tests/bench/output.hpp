// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <charconv>
#include <cstdio>
#include <stdexcept>
#include <string>

namespace bench {

/// Text for COPY, written to standard output a megabyte at a time.
class Output {
 public:
  void finish() {
    flush();
    if (std::fflush(stdout) != 0) throw std::runtime_error("cannot write");
  }

 protected:
  template <class T>
  void append(T value) {
    char digits[32];
    text_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }
  void end_row() {
    if (text_.size() > size_t{1} << 20) flush();
  }
  std::string text_;

 private:
  void flush() {
    if (std::fwrite(text_.data(), 1, text_.size(), stdout) != text_.size())
      throw std::runtime_error("cannot write");
    text_.clear();
  }
};

}  // namespace bench
