// SPDX-License-Identifier: PostgreSQL
// The text form of tag queries.
#include <algorithm>
#include <charconv>

#include "base/error.hpp"
#include "base/poll.hpp"
#include "base/quoted.hpp"
#include "tags/query/number.hpp"
#include "tags/query/query.hpp"

namespace clientele::tags {
namespace {

using Kind = Node::Kind;

/// Bytes of the white space that a text begins with: that of ASCII, and the two blanks that
/// keyboards and web pages put in its place (U+00A0 and the full-width U+3000).
size_t white(std::string_view text) {
  if (text.empty()) return 0;
  if (text.front() == ' ' || (text.front() >= '\t' && text.front() <= '\r')) return 1;
  if (text.starts_with("\xC2\xA0")) return 2;
  return text.starts_with("\xE3\x80\x80") ? 3 : 0;
}

/// What ends a name without quotes, besides white space.
bool is_special(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F ||
         std::string_view("&|!()=<>\"'*,").find(c) != std::string_view::npos;
}

size_t word_length(std::string_view text) {
  size_t n = 0;
  while (n < text.size() && !is_special(text[n]) && white(text.substr(n)) == 0) ++n;
  return n;
}

bool same_word(std::string_view word, std::string_view lower) {
  return std::equal(word.begin(), word.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A')) : a) == b;
  });
}

bool spells_operator(std::string_view word) {
  return same_word(word, "and") || same_word(word, "or") || same_word(word, "not");
}

constexpr char write_operators[] = "Write & for and, | for or, ! for not.";
constexpr char quote_names[] =
    "Join tags by & (and) or | (or); put a name with blanks or special characters in double "
    "quotes.";
constexpr char write_numbers[] = "Numbers are written like 30, -1.5 or 1e3; = and != compare text.";

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  // Open brackets are kept in a vector, not on the stack.
  Node run() {
    blanks();
    if (done())
      fail("the query is empty", "A query reads like vip & !(churn | blocked) & city=Shanghai.");
    open_.push_back({});
    Work work(1024);
    for (;;) {
      work.done(1);
      bool negative = false;
      while (take('!')) negative = !negative;
      const size_t opened = at_;
      if (take('(')) {
        open(opened, negative);
        continue;
      }
      add(test(), negative);
      while (!take_operator()) {
        if (open_.size() == 1) {
          if (!done()) no_operator();
          return finished(open_.back());
        }
        if (done())
          fail_at(open_.back().opened, "this bracket is not closed", "Add a ) where it ends.");
        if (!take(')')) no_operator();
        Node group = finished(open_.back());
        const bool negated = open_.back().negative;
        open_.pop_back();
        add(std::move(group), negated);
      }
    }
  }

 private:
  /// What stands in a bracket so far: parts joined by & since the last |, and those before it.
  struct Bracket {
    size_t opened = 0;
    bool negative = false;
    std::vector<Node> all, any;
  };

  void open(size_t opened, bool negative) {
    if (open_.size() > TagQuery::max_nested)
      throw Error(sqlstate::limit_exceeded,
                  "a tag query can nest at most " + std::to_string(TagQuery::max_nested) +
                      " brackets (character " + std::to_string(character(opened)) + ")",
                  "Leave out brackets that group nothing.");
    open_.push_back({opened, negative, {}, {}});
  }

  void add(Node part, bool negative) {
    if (negative) {
      Node negation;
      negation.kind = Kind::negation;
      negation.children.push_back(std::move(part));
      part = std::move(negation);
    }
    open_.back().all.push_back(std::move(part));
  }

  /// Reads & or |, if there is one.
  bool take_operator() {
    if (take('&')) return true;
    if (!take('|')) return false;
    Bracket& bracket = open_.back();
    bracket.any.push_back(joined(Kind::conjunction, bracket.all));
    return true;
  }

  static Node joined(Kind kind, std::vector<Node>& parts) {
    Node node;
    if (parts.size() == 1) {
      node = std::move(parts.front());
    } else {
      node.kind = kind;
      node.children = std::move(parts);
    }
    parts.clear();
    return node;
  }

  static Node finished(Bracket& bracket) {
    bracket.any.push_back(joined(Kind::conjunction, bracket.all));
    return joined(Kind::disjunction, bracket.any);
  }

  Node test() {
    const size_t begin = at_;
    const bool quotes = next() == '"';
    Node node;
    Leaf& leaf = node.leaf;
    leaf.name = quotes ? quoted() : word();
    if (leaf.name.empty() && !quotes) no_tag();
    wildcard(leaf, quotes);
    last_word_ = quotes ? std::string_view() : text_.substr(begin, at_ - begin);
    blanks();
    const size_t operation = at_;
    if (!comparison(leaf)) {
      const size_t end = leaf.name.find('=');
      if (end != std::string::npos) {
        if (leaf.test == Test::below) no_such_name(begin);
        // A whole tag in quotes.
        leaf.test = Test::equal;
        leaf.text = leaf.name.substr(end + 1);
        leaf.name.resize(end);
      }
    } else if (wild_) {
      fail_at(operation, "name.* takes no value",
              "Name the tag whose value to compare, as in score.value > 100.");
    } else if (leaf.name.find('=') != std::string::npos) {
      no_such_name(begin);
    }
    leaf.set_key();
    return node;
  }

  void wildcard(Leaf& leaf, bool quotes) {
    wild_ = false;
    if (quotes) {
      if (text_.substr(at_).starts_with(".*")) {
        wild_ = true;
        at_ += 2;
      } else if (word_length(text_.substr(at_)) > 0) {
        fail("a quoted name is followed by more",
             "Put the whole name in quotes; only .* may follow.");
      }
    } else if (next() == '*') {
      if (!leaf.name.ends_with('.') || leaf.name.size() == 1) misplaced_star();
      leaf.name.pop_back();
      wild_ = true;
      ++at_;
    }
    if (!wild_) return;
    if (next() == '*' || word_length(text_.substr(at_)) > 0) misplaced_star();
    leaf.test = Test::below;
  }

  /// Reads an operator with its value, if there is one.
  bool comparison(Leaf& leaf) {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("==")) fail_next("unexpected =", "Write a single =.");
    if (rest.starts_with("<>")) fail_next("unexpected >", "Write != instead of <>.");
    if (rest.starts_with("!=")) return textual(leaf, Test::unequal, 2);
    if (rest.starts_with('=')) return textual(leaf, Test::equal, 1);
    if (rest.starts_with("<=")) return numeric(leaf, Test::at_most, 2, leaf.high);
    if (rest.starts_with(">=")) return numeric(leaf, Test::at_least, 2, leaf.low);
    if (rest.starts_with('<')) return numeric(leaf, Test::less, 1, leaf.high);
    if (rest.starts_with('>')) return numeric(leaf, Test::greater, 1, leaf.low);
    const size_t length = word_length(rest);
    if (!same_word(rest.substr(0, length), "between")) return false;
    numeric(leaf, Test::between, length, leaf.low);
    const size_t joined = word_length(text_.substr(at_));
    if (!same_word(text_.substr(at_, joined), "and"))
      fail("and is expected", "It reads like age between 30 and 40.");
    return numeric(leaf, Test::between, joined, leaf.high);
  }

  bool textual(Leaf& leaf, Test test, size_t length) {
    const std::string_view operation = text_.substr(at_, length);
    leaf.test = test;
    at_ += length;
    blanks();
    const bool quotes = next() == '"';
    leaf.text = quotes ? quoted() : word();
    if (!quotes && leaf.text.empty())
      fail("a value is expected after " + std::string(operation),
           "Put a value with blanks or special characters, or an empty one, in double quotes.");
    if (next() == '*')
      fail("unexpected *", "A value is compared as it stands; put one with a * in double quotes.");
    if (quotes && word_length(text_.substr(at_)) > 0)
      fail("a quoted value is followed by more", "Put the whole value in quotes.");
    last_word_ = {};
    blanks();
    if (next() == '=')
      fail("unexpected =", "Put a value with special characters in double quotes.");
    return true;
  }

  bool numeric(Leaf& leaf, Test test, size_t length, double& bound) {
    const std::string_view operation = text_.substr(at_, length);
    leaf.test = test;
    at_ += length;
    blanks();
    const size_t begin = at_;
    const std::string digits = next() == '"' ? quoted() : word();
    const auto number = number_of(digits);
    if (!number)
      fail_at(begin, "a number is expected after " + std::string(operation), write_numbers);
    bound = *number;
    last_word_ = {};
    blanks();
    return true;
  }

  std::string word() {
    const size_t length = word_length(text_.substr(at_));
    const std::string_view found = text_.substr(at_, length);
    at_ += length;
    return std::string(found);
  }

  std::string quoted() {
    const size_t opened = at_++;
    std::string content;
    for (;;) {
      const size_t end = text_.find('"', at_);
      if (end == std::string_view::npos)
        fail_at(opened, "this quote is not closed", "Inside quotes, write \"\" for a quote.");
      const std::string_view part = text_.substr(at_, end - at_);
      if (part.find('\0') != std::string_view::npos) fail("a zero byte", "Leave it out.");
      content += part;
      at_ = end + 1;
      if (next() != '"') return content;
      content += '"';
      ++at_;
    }
  }

  bool done() const { return at_ == text_.size(); }
  /// 0 at the end.
  char next() const { return done() ? '\0' : text_[at_]; }
  void blanks() {
    while (const size_t n = white(text_.substr(at_))) at_ += n;
  }
  bool take(char c) {
    blanks();
    if (done() || text_[at_] != c) return false;
    ++at_;
    blanks();
    return true;
  }

  size_t character(size_t at) const {
    return 1 + static_cast<size_t>(std::count_if(text_.begin(), text_.begin() + at, [](char c) {
             return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
           }));
  }
  [[noreturn]] void fail_at(size_t at, const std::string& why, const char* hint) const {
    throw Error(
        sqlstate::syntax_error,
        "syntax error in tag query at character " + std::to_string(character(at)) + ": " + why,
        hint);
  }
  [[noreturn]] void fail(const std::string& why, const char* hint) const {
    fail_at(at_, why, hint);
  }
  [[noreturn]] void fail_next(const char* why, const char* hint) const {
    fail_at(at_ + 1, why, hint);
  }

  [[noreturn]] void misplaced_star() const {
    fail("unexpected *",
         "* stands only at the end of a name, after a dot, as in behaviour.*; put a name that "
         "contains one in double quotes.");
  }
  [[noreturn]] void no_such_name(size_t at) const {
    fail_at(at, "a name cannot contain =",
            "A tag splits at its first =; put name and value in quotes of their own, or the whole "
            "tag in quotes without an operator.");
  }
  /// Where a tag or an opening bracket must stand.
  [[noreturn]] void no_tag() const {
    if (done()) fail("a tag is expected", "Something must follow an operator or a bracket.");
    if (at_ > 0 && (next() == '&' || next() == '|') && text_[at_ - 1] == next())
      fail("a tag is expected", "Write a single & or |.");
    if (next() == '*') misplaced_star();
    fail(std::string("a tag is expected, not ") + next_word(), quote_names);
  }
  /// Where an operator must stand.
  [[noreturn]] void no_operator() const {
    const std::string_view rest = text_.substr(at_);
    const std::string_view found = rest.substr(0, word_length(rest));
    static constexpr std::string_view wide[] = {"＆", "｜", "！", "（", "）", "＝", "＜", "＞"};
    const char* hint = quote_names;
    if (spells_operator(found) || spells_operator(last_word_)) hint = write_operators;
    for (const std::string_view w : wide)
      if (found.starts_with(w))
        hint = "Write operators and brackets as the ASCII characters & | ! ( ) = < >.";
    if (next() == '*') misplaced_star();
    if (next() == ')') fail("unexpected )", "No bracket is open here.");
    fail("an operator is expected, not " + next_word(), hint);
  }
  std::string next_word() const {
    const std::string_view rest = text_.substr(at_);
    size_t length = std::max<size_t>(word_length(rest), 1);
    if (length > 40) {
      length = 40;
      while (length > 0 && (static_cast<unsigned char>(rest[length]) & 0xC0) == 0x80) --length;
      return std::string(rest.substr(0, length)) + "...";
    }
    if (static_cast<unsigned char>(rest.front()) < 0x20 || rest.front() == 0x7F)
      return "a control character";
    return std::string(rest.substr(0, length));
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<Bracket> open_;   // the first is the whole query
  bool wild_ = false;           // whether the name last read had .* behind it
  std::string_view last_word_;  // the name last read, if it had neither quotes nor a value
};

void append_word(std::string& out, std::string_view word) {
  if (!word.empty() && word_length(word) == word.size()) {
    out += word;
    return;
  }
  append_in_quotes(out, word);
}

void append_number(std::string& out, double value) {
  char digits[32];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  out.append(digits, end);
}

void append_leaf(std::string& out, const Leaf& leaf) {
  append_word(out, leaf.name);
  static constexpr std::string_view operations[] = {"",   ".*", "=",  "!=",       "<",
                                                    "<=", ">",  ">=", " between "};
  out += operations[static_cast<int>(leaf.test)];
  if (compares_text(leaf.test)) append_word(out, leaf.text);
  if (has_low(leaf.test)) append_number(out, leaf.low);
  if (leaf.test == Test::between) out += " and ";
  if (has_high(leaf.test)) append_number(out, leaf.high);
}

void append(std::string& out, const Node& node, Kind around) {
  poll();
  check_stack();
  if (node.kind == Kind::leaf) return append_leaf(out, node.leaf);
  if (node.kind == Kind::negation) {
    out += '!';
    return append(out, node.children.front(), Kind::negation);
  }
  const bool brackets =
      around == Kind::negation || (around == Kind::conjunction && node.kind == Kind::disjunction);
  if (brackets) out += '(';
  bool first = true;
  for (const Node& child : node.children) {
    if (!first) out += node.kind == Kind::conjunction ? " & " : " | ";
    first = false;
    append(out, child, node.kind);
  }
  if (brackets) out += ')';
}

}  // namespace

TagQuery TagQuery::parse(std::string_view text) {
  if (text.size() > max_text)
    throw Error(sqlstate::limit_exceeded,
                "a tag query can have at most " + std::to_string(max_text) + " bytes");
  return of(Parser(text).run());
}

std::string TagQuery::print() const {
  std::string out;
  append(out, root_, Kind::leaf);
  return out;
}

}  // namespace clientele::tags
