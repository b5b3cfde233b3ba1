// SPDX-License-Identifier: PostgreSQL
#include "journey/text.hpp"

#include <charconv>

#include "base/decimal.hpp"
#include "base/poll.hpp"

namespace clientele {
namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : whole_(text), rest_(text) {}

  void run(EventList& out) {
    blanks();
    expect('{');
    blanks();
    if (!take('}')) {
      size_t n = 0;
      do {
        if (++n % 4096 == 0) poll();
        one_event(out);
        blanks();
      } while (take(','));
      expect('}');
    }
    blanks();
    if (!rest_.empty()) fail("nothing may follow the closing brace");
  }

 private:
  void one_event(EventList& out) {
    blanks();
    int32_t type = 0;
    if (!number(type) || type < 0) fail("an event type number is expected");
    expect('@');
    Micros at = 0;
    if (!parse_iso(rest_, at)) fail("an instant such as 2026-01-02T03:04:05.678Z is expected");
    Extra x;
    if (take('#')) {
      if (!number(x.item)) fail("an item number is expected");
      x.has_item = true;
    }
    if (take('=')) {
      if (const char* why = parse_amount(rest_, x.amount)) fail(why);
      x.has_amount = true;
    }
    out.add(at, type, x);
  }

  template <class T>
  bool number(T& value) {
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc{}) return false;
    rest_.remove_prefix(end - rest_.data());
    return true;
  }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail((std::string("'") + c + "' is expected").c_str());
  }
  void blanks() {
    while (!rest_.empty() &&
           (rest_.front() == ' ' || (rest_.front() >= '\t' && rest_.front() <= '\r')))
      rest_.remove_prefix(1);
  }
  [[noreturn]] void fail(const char* why) const {
    throw Error(
        sqlstate::invalid_text,
        "invalid journey at byte " + std::to_string(whole_.size() - rest_.size() + 1) + ": " + why,
        "A journey reads like {3@2026-01-02T03:04:05.678Z, 7@2026-01-02T03:05:00Z#42=19.99}.");
  }

  std::string_view whole_, rest_;
};

void append_number(std::string& out, int64_t value) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  out.append(digits, end);
}

}  // namespace

std::string to_text(const Journey& journey) {
  EventList list;
  journey.decode(list);
  std::string out = "{";
  size_t n = 0;
  for (const Event& e : list.events) {
    if (++n % 4096 == 0) poll();
    if (n > 1) out += ", ";
    append_number(out, e.type);
    out += '@';
    append_iso(out, e.at);
    const Extra x = list.extra(e);
    if (x.has_item) out += '#', append_number(out, x.item);
    if (x.has_amount) out += '=', append_amount(out, x.amount);
  }
  out += '}';
  return out;
}

void from_text(std::string_view text, EventList& out) {
  Parser(text).run(out);
  out.sort();
}

}  // namespace clientele
