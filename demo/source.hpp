// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <iconv.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

namespace demo {

/// The length of the UTF-8 character at the front, 0 if there is none; no surrogates, no overlong.
inline size_t utf8_length(std::string_view s) {
  const auto at = [&](size_t i) { return i < s.size() ? static_cast<uint8_t>(s[i]) : 0; };
  const auto tail = [&](size_t i) { return (at(i) & 0xC0) == 0x80; };
  const uint8_t a = at(0), b = at(1);
  if (a < 0x80) return s.empty() ? 0 : 1;
  if (a >= 0xC2 && a <= 0xDF) return tail(1) ? 2 : 0;
  if (a >= 0xE0 && a <= 0xEF) {
    if ((a == 0xE0 && b < 0xA0) || (a == 0xED && b > 0x9F)) return 0;
    return tail(1) && tail(2) ? 3 : 0;
  }
  if (a >= 0xF0 && a <= 0xF4) {
    if ((a == 0xF0 && b < 0x90) || (a == 0xF4 && b > 0x8F)) return 0;
    return tail(1) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

/// The position of the first byte that is not UTF-8, npos if all is well.
inline size_t find_invalid_utf8(std::string_view s) {
  for (size_t i = 0; i < s.size();) {
    uint64_t word;
    if (i + 8 <= s.size()) {
      std::memcpy(&word, s.data() + i, 8);
      if ((word & 0x8080808080808080U) == 0) {
        i += 8;
        continue;
      }
    }
    const size_t n = utf8_length(s.substr(i, 4));
    if (n == 0) return i;
    i += n;
  }
  return std::string_view::npos;
}

/// The encoding of a file, from its first bytes: UTF-8 unless a mark says UTF-16, or what is not
/// ASCII is no UTF-8 but nearly always pairs of the bytes that Chinese text in GB2312 consists of.
inline std::string guess_encoding(std::string_view head) {
  if (head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF")) return "UTF-16";
  const size_t invalid = find_invalid_utf8(head);
  if (invalid == std::string_view::npos || invalid + 4 > head.size()) return "UTF-8";
  size_t pairs = 0, others = 0, utf8 = 0;
  for (size_t i = 0; i < head.size(); ++i) {
    const auto a = static_cast<uint8_t>(head[i]);
    const auto b = static_cast<uint8_t>(i + 1 < head.size() ? head[i + 1] : 0);
    if (a < 0x80) continue;
    if (const size_t n = utf8_length(head.substr(i, 4)); n > 2) {
      ++utf8, i += n - 1;
    } else if (a >= 0xA1 && a <= 0xF7 && b >= 0xA1 && b <= 0xFE) {
      ++pairs, ++i;
    } else {
      ++others;
    }
  }
  return pairs > 4 * others && pairs > utf8 ? "GB18030" : "UTF-8";
}

/// The bytes of a file descriptor as UTF-8, seen through a window that grows and is consumed.
class Source {
 public:
  static constexpr size_t head_size = size_t{64} << 20;
  static constexpr size_t chunk_size = size_t{1} << 20;

  /// Reads the head of the file and recognises the encoding where none is given.
  Source(int fd, std::string encoding) : fd_(fd), encoding_(std::move(encoding)) {
    std::string head;
    while (head.size() < head_size && read_some(head)) {
    }
    if (encoding_.empty()) encoding_ = guess_encoding(head), guessed_ = encoding_ != "UTF-8";
    if (strcasecmp(encoding_.c_str(), "UTF-8") != 0) {
      converter_ = ::iconv_open("UTF-8", encoding_.c_str());
      if (converter_ == no_converter)
        throw std::runtime_error("there is no encoding named " + encoding_);
    }
    take(head);
    if (window().starts_with("\xEF\xBB\xBF")) consume(3);
  }
  ~Source() {
    if (converter_ != no_converter) ::iconv_close(converter_);
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  std::string_view window() const { return std::string_view(buffer_).substr(begin_); }
  void consume(size_t n) { begin_ += n; }
  bool at_end() const { return end_; }
  const std::string& encoding() const { return encoding_; }
  bool guessed() const { return guessed_; }

  /// Makes the window larger, if the file goes on. Views into it are lost.
  void more() {
    if (end_) return;
    if (begin_ > 0) buffer_.erase(0, begin_), begin_ = 0;
    std::string chunk = std::move(rest_);
    rest_.clear();
    read_some(chunk);
    take(chunk);
  }

 private:
  static inline const iconv_t no_converter = reinterpret_cast<iconv_t>(-1);

  bool read_some(std::string& out) {
    const size_t before = out.size();
    out.resize(before + chunk_size);
    ssize_t n;
    do n = ::read(fd_, out.data() + before, chunk_size);
    while (n < 0 && errno == EINTR);
    out.resize(before + static_cast<size_t>(n > 0 ? n : 0));
    if (n < 0) throw std::runtime_error(std::string("cannot read: ") + std::strerror(errno));
    if (n == 0) end_ = true;
    return n > 0;
  }

  void take(std::string& bytes) {
    if (converter_ == no_converter) {
      if (buffer_.empty()) {
        buffer_ = std::move(bytes);
      } else {
        buffer_ += bytes;
      }
      return;
    }
    char* in = bytes.data();
    size_t left = bytes.size();
    char out[16384];
    while (left > 0) {
      char* to = out;
      size_t room = sizeof out;
      const size_t result = ::iconv(converter_, &in, &left, &to, &room);
      const int error = errno;
      buffer_.append(out, sizeof out - room);
      if (result != static_cast<size_t>(-1) || error == E2BIG) continue;
      if (error == EINVAL && !end_) break;  // the rest of a character is yet to come
      buffer_ += '\xFF';                    // no UTF-8: the row will be refused as such
      ++in, --left;
    }
    rest_.assign(in, left);
  }

  int fd_;
  std::string encoding_;
  bool guessed_ = false;
  iconv_t converter_ = no_converter;
  std::string buffer_, rest_;
  size_t begin_ = 0;
  bool end_ = false;
};

}  // namespace demo
