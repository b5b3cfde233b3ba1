// SPDX-License-Identifier: PostgreSQL
#include "patterns/pattern/syntax.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "base/calendar.hpp"
#include "base/poll.hpp"
#include "journey/selector.hpp"

namespace clientele {
namespace {

using Kind = PatternPart::Kind;

constexpr uint32_t most_repeats = 1000;
constexpr uint64_t longest = INT64_MAX;

constexpr struct {
  std::string_view name;
  uint64_t length;
} units[] = {{"microsecond", 1}, {"millisecond", millisecond},
             {"second", second}, {"minute", minute},
             {"hour", hour},     {"day", day},
             {"week", 7 * day}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
         c == ':' || static_cast<uint8_t>(c) > 127;
}

uint32_t capped(uint64_t n) { return static_cast<uint32_t>(std::min<uint64_t>(n, no_most)); }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  PatternTree run() {
    tree_.root = options();
    if (at_ < text_.size()) fail(at_, "an event, a gap or the end of the pattern is expected");
    const PatternPart& root = tree_.nodes[tree_.root];
    if (!root.takes) fail(0, "the pattern takes no event");
    too_many(root.atoms, max_pattern_atoms, "events, with its repeats written out");
    too_many(root.size, max_pattern_parts, "parts, with its repeats written out");
    return std::move(tree_);
  }

 private:
  static void too_many(uint32_t count, uint32_t most, const char* what) {
    if (count > most)
      throw Error(sqlstate::limit_exceeded,
                  "a pattern can have at most " + std::to_string(most) + " " + what);
  }

  [[noreturn]] void fail(size_t byte, const char* why) const {
    constexpr size_t shown = 200;
    const auto characters =
        std::count_if(text_.begin(), text_.begin() + static_cast<ptrdiff_t>(byte),
                      [](char c) { return (c & 0xC0) != 0x80; });
    size_t cut = std::min(text_.size(), shown);
    while (cut > 0 && cut < text_.size() && (text_[cut] & 0xC0) == 0x80) --cut;
    throw Error(sqlstate::invalid_parameter,
                "invalid pattern \"" + std::string(text_.substr(0, cut)) +
                    (cut < text_.size() ? "…" : "") + "\" at character " +
                    std::to_string(characters + 1) + ": " + why,
                "A pattern reads like search ... view{2,} within 1 day (cart|wishlist) !purchase*; "
                "put names with special characters in double quotes.");
  }

  uint32_t add(PatternPart part) {
    tree_.nodes.push_back(part);
    return static_cast<uint32_t>(tree_.nodes.size() - 1);
  }

  /// One part that has these parts, or the only one of them. `part` says what they are.
  uint32_t add_list(Kind kind, const std::vector<uint32_t>& list) {
    if (list.size() == 1) return list[0];
    const bool all = kind == Kind::sequence;
    PatternPart part;
    part.kind = kind;
    part.may_none = all;
    uint64_t atoms = 0, size = all ? 0 : list.size() - 1;
    for (const uint32_t n : list) {
      const PatternPart& p = tree_.nodes[n];
      part.takes |= p.takes;
      part.may_none = all ? part.may_none && p.may_none : part.may_none || p.may_none;
      atoms += p.atoms;
      size += p.size;
    }
    part.atoms = capped(atoms);
    part.size = capped(size);
    part.first = static_cast<uint32_t>(tree_.parts.size());
    part.count = static_cast<uint32_t>(list.size());
    tree_.parts.insert(tree_.parts.end(), list.begin(), list.end());
    return add(part);
  }

  uint32_t options() {
    check_stack();
    std::vector<uint32_t> list{sequence()};
    while (take('|')) list.push_back(sequence());
    return add_list(Kind::options, list);
  }

  uint32_t sequence() {
    std::vector<uint32_t> list;
    constexpr size_t none = std::string_view::npos;
    size_t gap_at = none;  // of a gap that no event has followed yet
    for (;;) {
      blanks();
      if (list.size() % 1024 == 1023) poll();
      if (at_ == text_.size() || text_[at_] == '|' || text_[at_] == ')') break;
      const size_t here = at_;
      if (const std::optional<GapLimits> limits = gap()) {
        if (gap_at != none) fail(here, "a gap cannot follow a gap");
        if (list.empty() && depth_ == 0) fail(here, "a pattern cannot begin with a gap");
        if (!list.empty() && tree_.nodes[list.back()].kind == Kind::begin)
          fail(here, "a gap cannot follow ^");
        gap_at = here;
        list.push_back(gap_part(*limits));
        continue;
      }
      list.push_back(piece());
      if (gap_at != none && tree_.nodes[list.back()].kind == Kind::end)
        fail(gap_at, "a gap cannot stand before $");
      gap_at = none;
    }
    if (gap_at != none) fail(gap_at, "an event must follow the gap");
    if (list.empty()) fail(at_, "an event is expected");
    return add_list(Kind::sequence, list);
  }

  uint32_t gap_part(const GapLimits& limits) {
    PatternPart part;
    part.kind = Kind::gap;
    part.may_none = true;
    part.size = 1;
    part.number = static_cast<uint32_t>(tree_.gaps.size());
    tree_.gaps.push_back(limits);
    return add(part);
  }

  std::optional<GapLimits> gap() {
    if (text_.substr(at_).starts_with("...")) {
      at_ += 3;
      return GapLimits{};
    }
    const size_t here = at_;
    std::string_view next = word();
    if (next != "directly" && next != "within" && next != "after") return std::nullopt;
    GapLimits limits;
    if (next == "directly") {
      limits.direct = true;
      at_ += next.size();
      blanks();
      next = word();
      if (next != "within" && next != "after") fail(at_, "within or after is expected");
    }
    std::optional<uint64_t> least, most;
    for (; next == "within" || next == "after"; next = word()) {
      std::optional<uint64_t>& limit = next == "within" ? most : least;
      if (limit) fail(at_, "a gap has each limit once");
      at_ += next.size();
      if (next == "after") expect("at"), expect("least");
      limit = length();
      blanks();
    }
    limits.least = least.value_or(0);
    limits.most = most.value_or(no_most_time);
    if (limits.least > limits.most) fail(here, "no time is within both limits");
    return limits;
  }

  void expect(std::string_view expected) {
    blanks();
    if (word() != expected) fail(at_, "a lower limit reads like after at least 2 hours");
    at_ += expected.size();
  }

  uint64_t length() {
    uint64_t total = 0;
    for (bool first = true;; first = false) {
      blanks();
      const size_t here = at_;
      const std::string_view number = word();
      if (number.empty() || !std::all_of(number.begin(), number.end(), is_digit)) {
        if (first) fail(at_, "a length of time is expected, such as 30 minutes");
        return total;
      }
      at_ += number.size();
      blanks();
      const std::string_view unit = word();
      const std::string_view one = unit.ends_with('s') ? unit.substr(0, unit.size() - 1) : unit;
      const auto* const known = std::find_if(std::begin(units), std::end(units),
                                             [&](const auto& u) { return u.name == one; });
      if (known == std::end(units)) fail(at_, "a unit is expected, from microseconds to weeks");
      at_ += unit.size();
      uint64_t count = 0;
      const auto read = std::from_chars(number.data(), number.data() + number.size(), count);
      if (read.ec != std::errc{} || __builtin_mul_overflow(count, known->length, &count) ||
          __builtin_add_overflow(total, count, &total) || total > longest)
        fail(here, "the length of time is too long");
    }
  }

  uint32_t piece() {
    if (at_ < text_.size() && (text_[at_] == '^' || text_[at_] == '$')) {
      PatternPart part;
      part.kind = text_[at_++] == '^' ? Kind::begin : Kind::end;
      part.may_none = true;
      part.size = 1;
      return add(part);
    }
    const uint32_t body = atom();
    blanks();
    return at_ < text_.size() && is_repeat(text_[at_]) ? repeat(body) : body;
  }

  static bool is_repeat(char c) { return c == '*' || c == '+' || c == '?' || c == '{'; }

  uint32_t repeat(uint32_t body) {
    const size_t here = at_;
    PatternPart part;
    part.kind = Kind::repeat;
    const char mark = text_[at_++];
    part.least = mark == '+' ? 1 : 0;
    part.most = mark == '?' ? 1 : no_most;
    if (mark == '{') {
      part.least = part.most = count();
      if (take(',')) {
        blanks();
        part.most = at_ < text_.size() && text_[at_] == '}' ? no_most : count();
      }
      if (!take('}')) fail(at_, "} is expected after the number of repeats");
      if (part.least > most_repeats || (part.most != no_most && part.most > most_repeats))
        fail(here, "a repeat is at most 1000 times");
      if (part.least > part.most) fail(here, "the first number of a repeat is the lower one");
    }
    const PatternPart& repeated = tree_.nodes[body];
    if (repeated.may_none) fail(here, "what may take no event cannot be repeated or optional");
    part.greedy = !take('?');
    blanks();
    if (at_ < text_.size() && is_repeat(text_[at_])) fail(at_, "a repeat cannot follow a repeat");
    part.takes = part.most != 0;
    part.may_none = part.least == 0;
    const uint64_t copies = part.most == no_most ? std::max(part.least, 1U) : part.most;
    part.atoms = capped(repeated.atoms * copies);
    part.size = capped((repeated.size + uint64_t{1}) * copies);
    part.first = static_cast<uint32_t>(tree_.parts.size());
    part.count = 1;
    tree_.parts.push_back(body);
    return add(part);
  }

  uint32_t count() {
    blanks();
    const size_t begin = at_;
    uint32_t n = 0;
    for (; at_ < text_.size() && is_digit(text_[at_]); ++at_)
      n = std::min(n * 10 + static_cast<uint32_t>(text_[at_] - '0'), most_repeats + 1);
    if (at_ == begin) fail(at_, "a number of repeats is expected");
    blanks();
    return n;
  }

  uint32_t atom() {
    if (take('.')) {
      const auto touches = [&](size_t i) {
        return i < text_.size() && (is_word(text_[i]) || text_[i] == '.');
      };
      if (touches(at_) || (at_ >= 2 && touches(at_ - 2)))
        fail(at_ - 1, "a dot needs blanks around it");
      return taking({{}, true});
    }
    if (take('!')) {
      blanks();
      EventSet set{{}, true};
      if (!take('(')) {
        set.selectors.push_back(selector());
        return taking(std::move(set));
      }
      do {
        blanks();
        set.selectors.push_back(selector());
        blanks();
      } while (take('|'));
      if (!take(')')) fail(at_, "| or ) is expected");
      return taking(std::move(set));
    }
    if (take('(')) return group();
    return taking({{selector()}, false});
  }

  uint32_t taking(EventSet set) {
    std::sort(set.selectors.begin(), set.selectors.end());
    set.selectors.erase(std::unique(set.selectors.begin(), set.selectors.end()),
                        set.selectors.end());
    PatternPart part;
    part.takes = true;
    part.atoms = part.size = 1;
    const auto [known, fresh] =
        sets_.try_emplace(std::move(set), static_cast<uint32_t>(tree_.sets.size()));
    if (fresh) tree_.sets.push_back(known->first);
    part.number = known->second;
    return add(part);
  }

  uint32_t group() {
    std::optional<uint32_t> number;
    if (at_ < text_.size() && text_[at_] == '?') {
      if (!text_.substr(at_).starts_with("?<")) fail(at_, "an event is expected, or ?< and a name");
      at_ += 2;
      number = group_name();
    }
    ++depth_;
    const uint32_t body = options();
    --depth_;
    if (!take(')')) fail(at_, ") is expected");
    if (!number) return body;
    PatternPart part = tree_.nodes[body];
    part.kind = Kind::group;
    part.number = *number;
    part.size = capped(uint64_t{part.size} + 2);
    part.first = static_cast<uint32_t>(tree_.parts.size());
    part.count = 1;
    tree_.parts.push_back(body);
    return add(part);
  }

  uint32_t group_name() {
    const std::string name(word());
    if (name.empty()) fail(at_, "a name is expected");
    if (is_digit(name[0])) fail(at_, "the name of a group cannot begin with a digit");
    if (name.find_first_of("-:") != std::string::npos)
      fail(at_, "the name of a group consists of letters, digits and _");
    const auto [known, fresh] = groups_.try_emplace(name, tree_.groups.size());
    if (!fresh) fail(at_, "the names of groups must differ");
    tree_.groups.push_back(name);
    at_ += name.size();
    if (!take('>')) fail(at_, "> is expected after the name");
    return static_cast<uint32_t>(known->second);
  }

  /// The text of a selector, which is checked.
  std::string selector() {
    const size_t here = at_;
    size_t begin = at_, end = at_;
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    if (c == '#') {
      for (++at_; at_ < text_.size() && is_digit(text_[at_]);) ++at_;
      if (at_ == here + 1) fail(at_, "the number of an event type is expected after #");
      end = at_;
    } else if (c == '<') {
      at_ = begin = here + 1;
      while (at_ < text_.size() && text_[at_] != '>') skip_quoted(here);
      if (at_ >= text_.size()) fail(here, "the selector is not closed by >");
      end = at_++;
    } else if (c == '"') {
      skip_quoted(here);
      end = at_;
    } else {
      at_ += word().size();
      end = at_;
      if (begin == end) fail(here, "an event is expected");
    }
    std::string text(text_.substr(begin, end - begin));
    try {
      parse_selector(text);
    } catch (const SelectorError& e) {
      fail(begin + (c == '#' ? 0 : e.byte), e.why);
    }
    return text;
  }

  /// Passes over a character, or over all that is between quotes; "" is a quote within.
  void skip_quoted(size_t here) {
    if (text_[at_++] != '"') return;
    for (;;) {
      const size_t quote = text_.find('"', at_);
      if (quote == std::string_view::npos) fail(here, "a quoted name is not closed");
      at_ = quote + 1;
      if (at_ >= text_.size() || text_[at_] != '"') return;
      ++at_;
    }
  }

  std::string_view word() const {
    size_t end = at_;
    while (end < text_.size() && is_word(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }
  void blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
  PatternTree tree_;
  std::map<EventSet, uint32_t> sets_;
  std::map<std::string, size_t, std::less<>> groups_;
};

}  // namespace

PatternTree parse_pattern(std::string_view text) { return Parser(text).run(); }

}  // namespace clientele
