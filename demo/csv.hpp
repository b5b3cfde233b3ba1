// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <array>
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
/// file.
class CsvText {
 public:
  static constexpr size_t longest_record = size_t{1} << 20;

  CsvText(char delimiter, std::string_view text, bool complete)
      : delimiter_(delimiter), text_(text), complete_(complete) {}

  enum class Found { record, nothing, need_more };

  /// The record at the front; afterwards `consumed` bytes of the text are dealt with.
  Found next(Record& record, std::string& scratch) {
    record.fields.clear();
    record.fault = Fault::none;
    if (at_ == text_.size()) return complete_ ? Found::nothing : Found::need_more;
    const size_t begin = at_;
    size_t p = begin;
    bool escaped = false;
    for (;;) {  // at the start of a field
      if (p < text_.size() && text_[p] == '"') {
        p = closing_quote(p + 1, escaped);
        if (p == none && !complete_ && text_.size() - begin <= longest_record)
          return Found::need_more;
        if (p == none || p - begin > longest_record)
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
    if (!complete_ && p + 1 >= text_.size() && p - begin <= longest_record)
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
          skipping_ = record.fault != Fault::none && text.lines() == 0;
          return true;
      }
    }
  }

 private:
  /// Drops the rest of a line too long to be read as a whole.
  bool skip_line() {
    for (;;) {
      const size_t end = source_.window().find('\n');
      if (end != std::string_view::npos) {
        source_.consume(end + 1);
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

/// The delimiter under which the first records agree best on their number of fields.
inline char guess_delimiter(std::string_view head, bool complete) {
  char best = ',';
  double best_score = 0;
  for (const char delimiter : {',', ';', '\t', '|'}) {
    CsvText text(delimiter, head, complete);
    Record record;
    std::string scratch;
    std::vector<size_t> counts;
    while (counts.size() < 200 && text.next(record, scratch) == CsvText::Found::record)
      if (!record.raw.empty()) counts.push_back(record.fields.size());
    std::sort(counts.begin(), counts.end());
    const size_t usual = counts.empty() ? 0 : counts[counts.size() / 2];
    if (usual < 2) continue;
    const auto agreeing = static_cast<double>(std::count(counts.begin(), counts.end(), usual));
    const double score = agreeing / static_cast<double>(counts.size()) +
                         0.001 * static_cast<double>(std::min<size_t>(usual, 100));
    if (score > best_score) best = delimiter, best_score = score;
  }
  return best;
}

}  // namespace demo
