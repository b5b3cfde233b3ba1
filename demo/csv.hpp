// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "source.hpp"

namespace demo {

/// What keeps a record from being read at all.
enum class Fault { none, nul_byte, invalid_text, text_after_quote, unterminated_quote, too_long };

struct Record {
  std::vector<std::string_view> fields;  // unquoted; valid until the next record
  std::string_view raw;                  // without the line end
  uint64_t line = 0;                     // on which it begins, from 1
  Fault fault = Fault::none;
};

/// Splits text as RFC 4180 says, line ends of every kind. A quote opens only at the start of a
/// field; one within is a character. Where quoting is broken, the faulty record is one line long
/// and reading resumes on the next, so that a lost quote costs one row and not the rest of the
/// file. Whether it is broken shows within 64 MB; a longer field looks the same as a lost quote.
class CsvText {
 public:
  static constexpr size_t longest_record = size_t{1} << 20, longest_quoted = size_t{64} << 20;

  CsvText(char delimiter, std::string_view text, bool complete)
      : delimiter_(delimiter), text_(text), complete_(complete) {}

  enum class Found { record, nothing, need_more };

  /// The record at the front; afterwards `consumed` bytes of the text are dealt with.
  Found next(Record& record, std::string& scratch) {
    record.fields.clear();
    record.fault = Fault::none;
    if (at_ == text_.size()) return complete_ ? Found::nothing : Found::need_more;
    // Files that were put together have marks of byte order within.
    if (text_.substr(at_).starts_with("\xEF\xBB\xBF") && at_ + 3 < text_.size()) at_ += 3;
    const size_t begin = at_;
    size_t p = begin;
    bool escaped = false;
    size_t longest = longest_record;
    for (;;) {  // at the start of a field
      if (p < text_.size() && text_[p] == '"') {
        longest = longest_quoted;
        p = closing_quote(p + 1, escaped);
        if (p == none && !complete_ && text_.size() - begin <= longest_quoted)
          return Found::need_more;
        if (p == none || p - begin > longest_quoted)
          return broken(record, begin, Fault::unterminated_quote);
        if (p == text_.size()) break;
        if (text_[p] != delimiter_ && !line_end(p))
          return broken(record, begin, Fault::text_after_quote);
      } else {
        while (p < text_.size() && text_[p] != delimiter_ && !line_end(p)) ++p;
      }
      if (p == text_.size() || line_end(p)) break;
      ++p;
    }
    if (!complete_ && p + 1 >= text_.size() && p - begin <= longest)
      return Found::need_more;  // more of the line, or the \n after \r
    finish(record, begin, p);
    if (p - begin > longest_record) record.fault = Fault::too_long;
    if (record.fault == Fault::none) {
      check(record);
      split(record, scratch, escaped);
    }
    return Found::record;
  }

  size_t consumed() const { return at_; }
  uint64_t lines() const { return lines_; }
  /// Whether the end of the record's line has been seen.
  bool ended() const { return ended_; }

 private:
  static constexpr size_t none = std::string_view::npos;

  bool line_end(size_t p) const { return text_[p] == '\n' || text_[p] == '\r'; }

  /// The position after the quote that closes; none if there is none yet.
  size_t closing_quote(size_t p, bool& escaped) const {
    for (;;) {
      p = text_.find('"', p);
      if (p == none) return none;
      if (p + 1 == text_.size()) return complete_ ? p + 1 : none;
      if (text_[p + 1] != '"') return p + 1;
      escaped = true, p += 2;
    }
  }

  void finish(Record& record, size_t begin, size_t end) {
    record.raw = text_.substr(begin, end - begin);
    at_ = end;
    ended_ = end < text_.size() || complete_;
    if (at_ < text_.size() && text_[at_] == '\r') ++at_, ++lines_;
    if (at_ < text_.size() && text_[at_] == '\n') {
      if (at_ == end) ++lines_;
      ++at_;
    }
    if (record.raw.find('"') != none)
      lines_ += static_cast<uint64_t>(std::count(record.raw.begin(), record.raw.end(), '\n'));
  }

  Found broken(Record& record, size_t begin, Fault fault) {
    const size_t end = std::min(text_.find_first_of("\r\n", begin), text_.size());
    finish(record, begin, end);
    record.fault = fault;
    return Found::record;
  }

  static void check(Record& record) {
    if (std::memchr(record.raw.data(), 0, record.raw.size()) != nullptr) {
      record.fault = Fault::nul_byte;
    } else if (find_invalid_utf8(record.raw) != none) {
      record.fault = Fault::invalid_text;
    }
  }

  void split(Record& record, std::string& scratch, bool escaped) const {
    const std::string_view raw = record.raw;
    scratch.clear();
    if (escaped) scratch.reserve(raw.size());  // so that views into it stay
    for (size_t p = 0;;) {
      size_t end;
      if (p < raw.size() && raw[p] == '"') {
        const size_t kept = scratch.size();
        size_t quote = raw.find('"', ++p);
        for (; quote + 1 < raw.size() && raw[quote + 1] == '"'; quote = raw.find('"', p)) {
          scratch.append(raw, p, quote + 1 - p);  // one of the two
          p = quote + 2;
        }
        if (scratch.size() == kept) {
          record.fields.push_back(raw.substr(p, quote - p));
        } else {
          scratch.append(raw, p, quote - p);
          record.fields.push_back(std::string_view(scratch).substr(kept));
        }
        end = quote + 1;
      } else {
        end = std::min(raw.find(delimiter_, p), raw.size());
        record.fields.push_back(raw.substr(p, end - p));
      }
      if (end >= raw.size()) return;
      p = end + 1;
    }
  }

  char delimiter_;
  std::string_view text_;
  bool complete_;
  size_t at_ = 0;
  uint64_t lines_ = 0;
  bool ended_ = false;
};

/// The records of a source, which may be larger than memory.
class CsvReader {
 public:
  CsvReader(Source& source, char delimiter) : source_(source), delimiter_(delimiter) {}

  bool next(Record& record) {
    for (;;) {
      if (skipping_ && !skip_line()) return false;
      CsvText text(delimiter_, source_.window(), source_.at_end());
      switch (text.next(record, scratch_)) {
        case CsvText::Found::nothing:
          return false;
        case CsvText::Found::need_more:
          source_.more();
          continue;
        case CsvText::Found::record:
          record.line = line_;
          line_ += text.lines();
          source_.consume(text.consumed());
          skipping_ = !text.ended();
          return true;
      }
    }
  }

 private:
  /// Drops the rest of a line too long to be read as a whole.
  bool skip_line() {
    for (;;) {
      const size_t end = source_.window().find_first_of("\r\n");
      if (end != std::string_view::npos) {
        const bool two = source_.window().substr(end, 2) == "\r\n";
        source_.consume(end + 1 + two);
        ++line_;
        skipping_ = false;
        return true;
      }
      source_.consume(source_.window().size());
      if (source_.at_end()) return false;
      source_.more();
    }
  }

  Source& source_;
  char delimiter_;
  std::string scratch_;
  uint64_t line_ = 1;
  bool skipping_ = false;
};

}  // namespace demo
