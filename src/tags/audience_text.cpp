// SPDX-License-Identifier: PostgreSQL
#include <algorithm>
#include <charconv>

#include "base/error.hpp"
#include "tags/audience.hpp"

namespace clientele::tags {
namespace {

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Walks over a text form.
class Parser {
 public:
  Parser(std::string_view text, uint64_t most_in_ranges) : text_(text), room_(most_in_ranges) {}

  Audience whole() {
    Audience result;
    std::vector<uint64_t> single;
    const auto settle = [&] {
      std::ranges::sort(single);
      single.erase(std::unique(single.begin(), single.end()), single.end());
      result.add(single);
      single.clear();
    };
    expect('{', "expected {");
    if (!at('}')) {
      for (;;) {
        const uint64_t first = id();
        if (at('-')) {
          ++place_;
          const size_t place = place_;
          const uint64_t last = id();
          if (last < first) fail(place, "a range goes from the smaller id to the larger one");
          if (last - first >= room_)
            throw Error(sqlstate::limit_exceeded,
                        "ranges of customer ids in an audience's text "
                        "hold more than 2^36 ids");
          room_ -= last - first + 1;
          result.add_range(first, last);
        } else {
          single.push_back(first);
          if (single.size() == 65536) settle();
        }
        if (!at(',')) break;
        ++place_;
      }
    }
    expect('}', "expected , or }");
    at('\0');
    if (place_ != text_.size()) fail(place_, "nothing may follow the }");
    settle();
    return result;
  }

 private:
  [[noreturn]] void fail(size_t place, const char* why) const {
    throw Error(sqlstate::invalid_text,
                "invalid audience at character " + std::to_string(place + 1) + ": " + why,
                "Write customer ids and ranges of them, as {1,5,10-20}.");
  }
  /// Whether the next character that is no blank is this one.
  bool at(char c) {
    while (place_ < text_.size() && is_blank(text_[place_])) ++place_;
    return place_ < text_.size() && text_[place_] == c;
  }
  void expect(char c, const char* why) {
    if (!at(c)) fail(place_, why);
    ++place_;
  }
  uint64_t id() {
    if (at('-')) {
      if (place_ + 1 < text_.size() && is_digit(text_[place_ + 1]))
        throw Error(sqlstate::out_of_range, "a customer id must not be negative (character " +
                                                std::to_string(place_ + 1) + " of an audience)");
    }
    const char* const start = text_.data() + place_;
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(start, text_.data() + text_.size(), value);
    if (error == std::errc::invalid_argument) fail(place_, "expected a customer id");
    if (error != std::errc() || value > largest_id)
      throw Error(sqlstate::out_of_range,
                  "a customer id is at most 9223372036854775807 (character " +
                      std::to_string(place_ + 1) + " of an audience)");
    place_ += static_cast<size_t>(end - start);
    return value;
  }

  std::string_view text_;
  size_t place_ = 0;
  uint64_t room_;  // for ids in ranges
};

}  // namespace

Audience Audience::from_text(std::string_view text, uint64_t most_in_ranges) {
  return Parser(text, most_in_ranges).whole();
}

std::string Audience::text(size_t most) const {
  std::string out = "{";
  char number[24];
  const auto put = [&](uint64_t id) {
    out.append(number, std::to_chars(number, number + sizeof number, id).ptr);
  };
  each_run([&](uint64_t first, uint64_t last) {
    if (out.size() > 1) out += ',';
    put(first);
    if (last > first) {
      out += last > first + 1 ? '-' : ',';
      put(last);
    }
    if (out.size() >= most)
      throw Error(sqlstate::limit_exceeded, "the audience is too large to be written as text",
                  "Use members() for its ids, or copy it in binary form.");
  });
  out += '}';
  return out;
}

}  // namespace clientele::tags
