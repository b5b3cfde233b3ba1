// SPDX-License-Identifier: PostgreSQL
#include "sequences/matching/pattern.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "base/error.hpp"

namespace clientele {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// No two instants are so far apart.
constexpr uint64_t never = ~uint64_t{0};

/// A number of seconds in microseconds: the whole part of it, and whether that is all of it.
struct Seconds {
  unsigned __int128 micros = 0;
  bool exact = true;

  void digit(char c) { micros = std::min<unsigned __int128>(micros * 10 + (c - '0'), never); }
};

/// What the times between two elements leave, while they are read.
class Between {
 public:
  void limit(std::string_view comparison, const Seconds& s) {
    const auto v = static_cast<uint64_t>(std::min<unsigned __int128>(s.micros, never - 1));
    if (comparison == ">=") {
      least(s.exact ? v : v + 1);
    } else if (comparison == ">") {
      least(v + 1);
    } else if (comparison == "<=") {
      most(v);
    } else if (comparison == "<") {
      if (s.exact && v == 0)
        none();
      else
        most(s.exact ? v - 1 : v);
    } else if (comparison == "==") {
      if (!s.exact) return none();
      least(v);
      most(v);
    } else if (s.exact) {  // !=
      except_.push_back(v);
    }
  }

  /// Appends the times that are left, and starts again.
  void move_to(std::vector<SequencePattern::Time>& times) {
    std::sort(except_.begin(), except_.end());
    uint64_t from = time_.least;
    for (const uint64_t v : except_) {
      if (v < from || v > time_.most) continue;
      if (v > from) times.push_back({from, v - 1});
      from = v + 1;
    }
    if (from <= time_.most) times.push_back({from, time_.most});
    time_ = {};
    except_.clear();
  }

 private:
  void least(uint64_t v) { time_.least = std::max(time_.least, v); }
  void most(uint64_t v) { time_.most = std::min(time_.most, v); }
  void none() { time_ = {1, 0}, least(never), most(0); }

  SequencePattern::Time time_;
  std::vector<uint64_t> except_;
};

}  // namespace

/// Reads a pattern from left to right. Blanks mean nothing, wherever they stand.
class SequenceParser {
 public:
  SequenceParser(std::string_view text, size_t conditions) : text_(text), conditions_(conditions) {}

  SequencePattern pattern() {
    pattern_.kinds_.push_back(0);
    while (next() != '\0') element();
    if (pattern_.elements_.empty() && limits_ == 0)
      fail(0, "it must have an element other than .*");
    if (limits_ > 0) fail(limit_at_, "a time must stand between two elements");
    return std::move(pattern_);
  }

 private:
  /// The character that comes next, which is not a blank; '\0' at the end (text has no zero bytes).
  char next() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool took(char c) {
    if (next() != c) return false;
    ++at_;
    return true;
  }
  void take(char c) {
    if (!took(c)) fail(at_, std::string("\"") + c + "\" is expected");
  }

  void element() {
    const size_t begin = at_;
    if (took('.')) {
      if (took('*'))
        free_ = true;
      else
        add(0);
    } else if (took('(')) {
      take('?');
      if (took('t'))
        time(begin);
      else
        condition(begin);
      take(')');
    } else {
      fail(at_, "\"(?\" or \".\" is expected");
    }
  }

  void condition(size_t begin) {
    if (!is_digit(next())) fail(at_, "the number of a condition or a time is expected");
    uint64_t number = 0;
    for (; is_digit(next()); ++at_)
      number =
          std::min<uint64_t>(number * 10 + static_cast<uint64_t>(text_[at_] - '0'), ~uint32_t{0});
    if (number == 0 || number > conditions_)
      fail(begin, conditions_ == 1
                      ? std::string("condition 1 is the only one")
                      : "conditions are numbered from 1 to " + std::to_string(conditions_));
    add(static_cast<uint32_t>(number));
  }

  void time(size_t begin) {
    std::string comparison;
    const char first = next();
    if (first != '<' && first != '>' && first != '=' && first != '!')
      fail(at_, "one of >=, >, <, <=, == and != is expected");
    ++at_;
    comparison = first;
    if (took('='))
      comparison += '=';
    else if (first == '=' || first == '!')
      fail(at_, "\"=\" is expected");
    Seconds s;
    if (!is_digit(next())) fail(at_, "a number of seconds is expected");
    for (; is_digit(next()); ++at_) s.digit(text_[at_]);
    int decimals = 0;
    if (took('.')) {
      if (!is_digit(next())) fail(at_, "a digit is expected");
      for (; is_digit(next()); ++at_, ++decimals) {
        if (decimals < 6)
          s.digit(text_[at_]);
        else
          s.exact = s.exact && text_[at_] == '0';
      }
    }
    for (; decimals < 6; ++decimals) s.digit('0');
    if (pattern_.elements_.empty()) fail(begin, "a time must stand between two elements");
    if (limits_++ == 0) limit_at_ = begin;
    count();
    between_.limit(comparison, s);
  }

  void add(uint32_t condition) {
    count();
    const auto first = static_cast<uint32_t>(pattern_.times_.size());
    const bool directly = !free_ && limits_ == 0 && !pattern_.elements_.empty();
    if (!directly) between_.move_to(pattern_.times_);
    pattern_.elements_.push_back(
        {kind(condition), directly, first, static_cast<uint32_t>(pattern_.times_.size()) - first});
    free_ = false;
    limits_ = 0;
  }

  uint32_t kind(uint32_t condition) {
    if (condition == 0) return 0;
    const auto [found, is_new] =
        kind_of_.try_emplace(condition, static_cast<uint32_t>(pattern_.kinds_.size()));
    if (is_new) pattern_.kinds_.push_back(condition);
    return found->second;
  }

  void count() {
    if (++counted_ > max_sequence_elements)
      throw Error(
          sqlstate::limit_exceeded,
          "pattern has more than " + std::to_string(max_sequence_elements) + " elements and times");
  }

  /// `at` is counted in bytes. All that comes before it has been read, so it is ASCII.
  [[noreturn]] void fail(size_t at, const std::string& why) const {
    const std::string shown = text_.size() <= 100 ? " \"" + std::string(text_) + '"' : "";
    throw Error(sqlstate::invalid_parameter,
                "pattern" + shown + " is wrong at character " + std::to_string(at + 1) + ": " + why,
                "A pattern is made of (?N) for a row that meets condition N, . for any row, .* for "
                "any rows, and times such as (?t<=3600), in seconds.");
  }

  std::string_view text_;
  size_t conditions_;
  size_t at_ = 0;
  bool free_ = false;    // .* since the last element
  size_t limits_ = 0;    // times since the last element
  size_t limit_at_ = 0;  // where the first of these begins
  size_t counted_ = 0;
  Between between_;
  std::unordered_map<uint32_t, uint32_t> kind_of_;
  SequencePattern pattern_;
};

SequencePattern SequencePattern::parse(std::string_view text, size_t conditions) {
  return SequenceParser(text, conditions).pattern();
}

}  // namespace clientele
