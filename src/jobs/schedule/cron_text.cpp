// SPDX-License-Identifier: PostgreSQL
// Cron expressions as people write them.
#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>

#include "base/error.hpp"
#include "base/quoted.hpp"
#include "base/utf8.hpp"
#include "jobs/schedule/cron.hpp"

namespace clientele {
namespace {

constexpr size_t longest = 10'000;

constexpr std::string_view month_names[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                            "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::string_view day_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct Field {
  const char* name;
  unsigned low, high;  // what may be written
  unsigned top;        // where a step without an end stops
  std::span<const std::string_view> names;
  const char* takes;

  bool is_week() const { return top != high; }
  bool is_day() const { return high == 31; }
  unsigned size() const { return top - low + 1; }
};

constexpr Field fields[] = {
    {"minute", 0, 59, 59, {}, "0 to 59"},
    {"hour", 0, 23, 23, {}, "0 to 23"},
    {"day of month", 1, 31, 31, {}, "1 to 31, and L for the last day"},
    {"month", 1, 12, 12, month_names, "1 to 12, and jan to dec"},
    {"day of week", 0, 7, 6, day_names, "0 to 7, where 0 and 7 are Sunday, and sun to sat"},
};

struct Word {
  std::string_view name, expression;
};
constexpr Word words[] = {
    {"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},   {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
bool same(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// The begin of a long text, without a part of a character. In all encodings that a database may
/// have, the bytes of characters beyond ASCII have their highest bit set.
std::string_view begin_of(std::string_view text) {
  constexpr size_t most = 60;
  if (text.size() <= most) return text;
  const bool utf8 = find_invalid_utf8(text) == std::string_view::npos;
  size_t n = most;
  while (n > 0 && (utf8 ? (text[n] & 0xC0) == 0x80 : (text[n - 1] & 0x80) != 0)) --n;
  return text.substr(0, n);
}

/// In double quotes, with question marks for control characters.
std::string quoted(std::string_view text) {
  std::string shown(begin_of(text));
  if (shown.size() < text.size()) shown += "...";
  std::ranges::replace_if(
      shown, [](char c) { return static_cast<unsigned char>(c) < ' '; }, '?');
  std::string out;
  append_in_quotes(out, shown);
  return out;
}

[[noreturn]] void refuse(const Field& field, std::string_view element, const std::string& why,
                         std::string hint = {}) {
  if (hint.empty()) hint = "This field takes " + std::string(field.takes) + ".";
  throw Error(sqlstate::invalid_parameter,
              std::string(field.name) + " " + quoted(element) + " of a schedule " + why, hint);
}

/// What else than digits, names, * - / an element has, and what to write in its place.
[[noreturn]] void refuse_form(const Field& field, std::string_view element) {
  const std::string takes = "This field takes " + std::string(field.takes);
  if (element.empty())
    refuse(field, element, "is empty", "Between two commas stands a value or a range.");
  if (element == "?") refuse(field, element, "is not supported", "Write * for any value.");
  if (element.find('#') != std::string_view::npos)
    refuse(field, element, "is not supported",
           "The first Monday of a month has no form of its own: let the job run each Monday, and "
           "let its "
           "command look at the date.");
  if (field.is_day() && same(element.substr(0, 1), "l"))
    refuse(field, element, "is not supported", "L alone is the last day of the month.");
  if (field.is_day() && same(element.substr(element.size() - 1), "w"))
    refuse(field, element, "is not supported",
           "The weekday next to a date has no form: name a day, or a day of week.");
  if (same(element, "l"))
    refuse(field, element, "is not supported",
           "L stands only among the days of the month: it is the last one.");
  if (element.front() == '*' && element.size() > 1 && element[1] == '-')
    refuse(field, element, "is not a range", takes + "; a range is written a-b.");
  refuse(field, element, "is not valid",
         takes + "; elements are *, a, a-b, */step, a/step and a-b/step, with commas between.");
}

class Element {
 public:
  Element(const Field& field, std::string_view text) : field_(field), text_(text) {}

  uint64_t values() const {
    std::string_view rest = text_;
    const std::string_view start = take(rest);
    if (start.empty()) refuse_form(field_, text_);
    std::string_view end, step;
    bool ranged = false, stepped = false;
    if (start != "*" && skip(rest, '-')) {
      ranged = true;
      end = take(rest);
      if (end.empty() || end == "*") refuse_form(field_, text_);
    }
    if (skip(rest, '/')) {
      stepped = true;
      step = take(rest);
      if (step.empty() || !std::ranges::all_of(step, is_digit)) refuse_form(field_, text_);
    }
    if (!rest.empty()) refuse_form(field_, text_);
    return values(start, ranged ? &end : nullptr, stepped ? &step : nullptr);
  }

 private:
  /// A star, or letters and digits.
  static std::string_view take(std::string_view& rest) {
    size_t n = 0;
    if (rest.starts_with('*'))
      n = 1;
    else
      while (n < rest.size() && (is_digit(rest[n]) || is_letter(rest[n]))) ++n;
    const std::string_view taken = rest.substr(0, n);
    rest.remove_prefix(n);
    return taken;
  }
  static bool skip(std::string_view& rest, char c) {
    if (!rest.starts_with(c)) return false;
    rest.remove_prefix(1);
    return true;
  }

  unsigned number(std::string_view text) const {
    for (size_t i = 0; i < field_.names.size(); ++i)
      if (same(text, field_.names[i])) return static_cast<unsigned>(i) + field_.low;
    if (!std::ranges::all_of(text, is_digit)) {
      if (std::ranges::all_of(text, is_letter) && !field_.names.empty() && text.size() > 3)
        refuse(field_, text_, "has an unknown name",
               "Names have three letters, such as " + std::string(field_.names[1]) + ".");
      refuse_form(field_, text_);
    }
    unsigned value = 0;
    if (text.size() <= 4)
      for (const char c : text) value = value * 10 + static_cast<unsigned>(c - '0');
    if (text.size() > 4 || value < field_.low || value > field_.high)
      refuse(field_, text_, "is out of range");
    return value;
  }

  uint64_t values(std::string_view start, const std::string_view* end,
                  const std::string_view* step) const {
    const unsigned apart = step == nullptr ? 1 : step_of(*step);
    const unsigned a = start == "*" ? field_.low : number(start);
    unsigned b = a;
    if (end != nullptr)
      b = field_.is_week() && same(*end, "sun") ? 7 : number(*end);
    else if (start == "*" || step != nullptr)
      b = std::max(a, field_.top);
    if (b < a) refuse_backwards(start, *end, b);
    uint64_t set = 0;
    for (unsigned v = a; v <= b; v += apart) set |= uint64_t{1} << v;
    return set;
  }

  unsigned step_of(std::string_view text) const {
    unsigned step = 0;
    for (const char c : text) step = std::min(step * 10 + static_cast<unsigned>(c - '0'), 1000U);
    if (step < 1 || step > field_.size())
      refuse(field_, text_, "has a step that is out of range",
             "A step is from 1 to " + std::to_string(field_.size()) + " here.");
    return step;
  }

  [[noreturn]] void refuse_backwards(std::string_view start, std::string_view end,
                                     unsigned last) const {
    const auto written = [this](unsigned value, bool named) {
      return named ? std::string(field_.names[value - field_.low]) : std::to_string(value);
    };
    const bool named = is_letter(start.front()) && is_letter(end.front());
    std::string instead(start);
    if (field_.is_week() && last == 0) {
      instead += "-7, as 7 is Sunday, too";
    } else {
      instead += "-" + written(field_.top, named) + "," + written(field_.low, named) + "-";
      instead += end;
    }
    refuse(field_, text_, "is a range that ends before it begins", "Write " + instead + ".");
  }

  const Field& field_;
  std::string_view text_;
};

uint64_t read_field(const Field& field, std::string_view text, bool& last_day) {
  uint64_t set = 0;
  while (true) {
    const size_t comma = text.find(',');
    const std::string_view element = text.substr(0, comma);
    if (field.is_day() && same(element, "l"))
      last_day = true;
    else
      set |= Element(field, element).values();
    if (comma == std::string_view::npos) return set;
    text.remove_prefix(comma + 1);
  }
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view stripped(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

[[noreturn]] void refuse_word(std::string_view text) {
  if (same(text, "@reboot"))
    throw Error(sqlstate::invalid_parameter, "schedule \"@reboot\" is not supported",
                "A job runs at times, not at the start of a server: use @hourly or @daily.");
  throw Error(sqlstate::invalid_parameter, "schedule " + quoted(text) + " is not a known word",
              "Words are @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually.");
}

[[noreturn]] void refuse_count(std::string_view text, size_t n, std::string_view second) {
  const std::string message = "schedule " + quoted(text) + " has " + std::to_string(n) +
                              (n == 1 ? " field" : " fields") + " in place of 5";
  std::string hint =
      "The fields are minute, hour, day of month, month and day of week, such as '30 4 * * mon'.";
  if (n == 2 && is_digit(text.front()) && is_letter(second.front()))
    hint = "A length of time is given by the argument every, such as every => " +
           std::string("interval '30 seconds'.");
  else if (n > 5)
    hint += " There are no fields for seconds and years; every takes lengths from 1 second on.";
  throw Error(sqlstate::invalid_parameter, message, hint);
}

}  // namespace

Cron parse_cron(std::string_view expression) {
  if (expression.size() > longest)
    throw Error(sqlstate::invalid_parameter, "schedule must have at most 10,000 bytes");
  std::string_view text = stripped(expression);
  if (text.find_first_of("\n\r\v\f") != std::string_view::npos)
    throw Error(sqlstate::invalid_parameter, "schedule must be one line",
                "Blanks and tabs stand between its fields.");
  if (text.empty())
    throw Error(sqlstate::invalid_parameter, "schedule is empty",
                "Write five fields, such as '30 4 * * mon', or a word such as @daily.");
  if (text.front() == '@') {
    const auto word =
        std::ranges::find_if(words, [&](const Word& w) { return same(w.name, text); });
    if (word == std::end(words)) refuse_word(text);
    text = word->expression;
  }
  std::array<std::string_view, std::size(fields)> parts;
  size_t n = 0;
  for (std::string_view rest = text; !rest.empty(); rest = stripped(rest), ++n) {
    const size_t length = static_cast<size_t>(std::ranges::find_if(rest, is_blank) - rest.begin());
    if (n < parts.size()) parts[n] = rest.substr(0, length);
    rest.remove_prefix(length);
  }
  if (n != parts.size()) refuse_count(text, n, parts[1]);

  Cron cron;
  const auto read = [&](size_t i) { return read_field(fields[i], parts[i], cron.last_day); };
  cron.minutes = read(0);
  cron.hours = static_cast<uint32_t>(read(1));
  cron.days = static_cast<uint32_t>(read(2));
  cron.months = static_cast<uint32_t>(read(3));
  const uint64_t week = read(4);
  cron.week = static_cast<uint32_t>((week | week >> 7) & 0x7F);

  // 2000 is a leap year.
  for (unsigned month = 1; month <= 12; ++month)
    if (cron.days_of(2000, month) != 0) return cron;
  throw Error(sqlstate::invalid_parameter,
              "schedule " + quoted(text) + " names dates that never come",
              "No month " + quoted(parts[3]) + " has a day " + quoted(parts[2]) + ".");
}

}  // namespace clientele
