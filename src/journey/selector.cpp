// SPDX-License-Identifier: PostgreSQL
#include "journey/selector.hpp"

#include <charconv>

#include "base/error.hpp"
#include "base/poll.hpp"
#include "base/quoted.hpp"

namespace clientele {
namespace {

constexpr std::string_view special = ":|[]&=\"#*";

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

class Parser {
 public:
  explicit Parser(std::string_view text) : whole_(text), rest_(text) {}

  std::vector<SelectorTerm> run() {
    std::vector<SelectorTerm> terms;
    bool any = false;
    do {
      if (terms.size() % 1024 == 1023) poll();
      const bool except = take('!');
      if (except && !rest_.empty() && rest_.front() == '!') fail("one ! is enough");
      terms.push_back(term());
      terms.back().except = except;
      any |= !except;
    } while (take('|'));
    if (!rest_.empty()) fail("unexpected character");
    if (!any) {
      SelectorTerm everything;
      everything.event = {"%", true};
      terms.insert(terms.begin(), std::move(everything));
    }
    return terms;
  }

 private:
  SelectorTerm term() {
    SelectorTerm t;
    if (take('#')) {
      int32_t number = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
      if (error != std::errc{} || number < 0) fail("an event type number is expected after #");
      rest_.remove_prefix(end - rest_.data());
      t.number = number;
      blanks();
      return t;
    }
    t.event = word(":|[", "an event name is expected");
    if (take(':')) {
      t.channel = std::move(t.event);
      t.event = word("|[", "an event name is expected after the channel");
    }
    if (!take('[')) return t;
    do {
      // A value is compared as it stands: globs are for names.
      std::string key = word("=", "a property name is expected", false).text;
      if (!take('=')) fail("= is expected after the property name");
      t.properties.emplace_back(std::move(key),
                                word("&]", "a property value is expected", false).text);
    } while (take('&'));
    if (!take(']')) fail("] is expected after the properties");
    return t;
  }

  SelectorWord word(std::string_view ends, const char* what, bool globs = true) {
    blanks();
    SelectorWord w;
    if (!rest_.empty() && rest_.front() == '"') {
      w.text = quoted();
      blanks();
      return w;
    }
    size_t n = 0;
    while (n < rest_.size() && ends.find(rest_[n]) == std::string_view::npos && rest_[n] != '"' &&
           !(globs && (rest_[n] == ']' || rest_[n] == ':')))
      ++n;
    std::string_view plain = rest_.substr(0, n);
    rest_.remove_prefix(n);
    while (!plain.empty() && is_blank(plain.back())) plain.remove_suffix(1);
    if (plain.empty()) fail(what);
    w.glob = globs && plain.find('*') != std::string_view::npos;
    if (!w.glob) {
      w.text = plain;
      return w;
    }
    for (const char c : plain) {
      if (c == '%' || c == '_' || c == '\\') w.text += '\\';
      w.text += c == '*' ? '%' : c;
    }
    return w;
  }

  std::string quoted() {
    std::string text;
    rest_.remove_prefix(1);
    for (;;) {
      const size_t n = rest_.find('"');
      if (n == std::string_view::npos) fail("a quoted name is not closed");
      text += rest_.substr(0, n);
      rest_.remove_prefix(n + 1);
      if (rest_.empty() || rest_.front() != '"') return text;
      text += '"';
      rest_.remove_prefix(1);
    }
  }

  void blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }
  bool take(char c) {
    blanks();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  [[noreturn]] void fail(const char* why) const {
    const size_t byte = whole_.size() - rest_.size();
    throw SelectorError(
        "invalid selector \"" + std::string(whole_) + "\" at byte " + std::to_string(byte + 1) +
            ": " + why,
        "A selector reads like purchase, web:view_item, web:*, view_item[category=shoes], #3, "
        "a|b or !a; put names with special characters in double quotes.",
        byte, why);
  }

  std::string_view whole_, rest_;
};

void append_quoted(std::string& out, std::string_view word) {
  if (!word.empty() && word.find_first_of(special) == std::string_view::npos &&
      word.front() != '!' && !is_blank(word.front()) && !is_blank(word.back())) {
    out += word;
    return;
  }
  append_in_quotes(out, word);
}

}  // namespace

std::vector<SelectorTerm> parse_selector(std::string_view text) {
  if (text.size() > max_selector)
    throw Error(sqlstate::limit_exceeded,
                "a selector can have at most " + std::to_string(max_selector) + " bytes");
  return Parser(text).run();
}

std::string quote_selector(std::optional<std::string_view> channel, std::string_view event) {
  std::string out;
  if (channel) {
    append_quoted(out, *channel);
    out += ':';
  }
  append_quoted(out, event);
  return out;
}

}  // namespace clientele
