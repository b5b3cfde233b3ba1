// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <strings.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "converter.hpp"
#include "encoding.hpp"
#include "options.hpp"

namespace demo {

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
    if (const char* other = other_format(head))
      throw UsageError(std::string("it is ") + other + ", not CSV: save or export it as CSV first");
    if (encoding_.empty()) {
      const EncodingGuess guess = guess_encoding(head, end_);
      if (!guess.sure)
        throw UsageError(
            "it is not UTF-8, and its letters do not show which other encoding it has; name "
            "it with --encoding, such as WINDOWS-1252, GB18030 or BIG5 (" +
            guess.others + ")");
      encoding_ = guess.name, guessed_ = encoding_ != "UTF-8";
    }
    if (strcasecmp(encoding_.c_str(), "UTF-8") != 0 && strcasecmp(encoding_.c_str(), "UTF8") != 0) {
      converter_.emplace(encoding_.c_str());
      if (!converter_->known())
        throw UsageError("there is no encoding named " + encoding_ + " (--encoding)");
    }
    take(head);
    if (window().starts_with("\xEF\xBB\xBF")) consume(3);
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  std::string_view window() const { return std::string_view(buffer_).substr(begin_); }
  void consume(size_t n) { begin_ += n; }
  bool at_end() const { return end_; }
  const std::string& encoding() const { return encoding_; }
  bool guessed() const { return guessed_; }

  /// Makes the window larger, by half at least, if the file goes on. Views into it are lost.
  void more() {
    if (end_) return;
    if (begin_ > 0) buffer_.erase(0, begin_), begin_ = 0;
    std::string chunk = std::move(rest_);
    rest_.clear();
    const size_t wanted = std::max(std::min(buffer_.size() / 2, head_size), size_t{1});
    while (chunk.size() < wanted && read_some(chunk)) {
    }
    take(chunk);
  }

 private:
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
    if (converter_) {
      size_t faults = 0;
      const size_t left = converter_->convert(bytes, end_, buffer_, faults);
      rest_.assign(bytes, bytes.size() - left);
    } else if (buffer_.empty()) {
      buffer_ = std::move(bytes);
    } else {
      buffer_ += bytes;
    }
  }

  int fd_;
  std::string encoding_;
  bool guessed_ = false;
  std::optional<Converter> converter_;
  std::string buffer_, rest_;
  size_t begin_ = 0;
  bool end_ = false;
};

}  // namespace demo
