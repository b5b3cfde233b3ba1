// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <iconv.h>

#include <cerrno>
#include <string>
#include <string_view>

namespace demo {

/// Makes UTF-8 of another encoding.
class Converter {
 public:
  explicit Converter(const char* encoding) : handle_(::iconv_open("UTF-8", encoding)) {}
  ~Converter() {
    if (known()) ::iconv_close(handle_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  bool known() const { return handle_ != reinterpret_cast<iconv_t>(-1); }

  /// Appends to `out` what can be converted. What is not text becomes a byte that is not UTF-8, so
  /// that its row will be refused. Returns how many bytes are left, the beginning of a character.
  size_t convert(std::string_view bytes, bool end, std::string& out, size_t& faults) {
    char* in = const_cast<char*>(bytes.data());  // iconv's prototype; it does not write there
    size_t left = bytes.size();
    char piece[16384];
    while (left > 0) {
      char* to = piece;
      size_t room = sizeof piece;
      const size_t result = ::iconv(handle_, &in, &left, &to, &room);
      const int error = errno;
      out.append(piece, sizeof piece - room);
      if (result != static_cast<size_t>(-1) || error == E2BIG) continue;
      if (error == EINVAL && !end) break;
      out += '\xFF', ++faults, ++in, --left;
    }
    return left;
  }

 private:
  iconv_t handle_;
};

}  // namespace demo
