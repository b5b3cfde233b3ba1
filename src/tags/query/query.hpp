// SPDX-License-Identifier: PostgreSQL
// Questions about the tags of a customer, such as vip & !(churn | blocked) & city=上海. A tag is a
// text; at its first = it splits into a name and a value, without = it is a name alone.
#pragma once
#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/poll.hpp"

namespace clientele::tags {

/// present: the tag, with or without a value; below: `name.*`; equal and unequal compare a value's
/// text, those after them its number.
enum class Test : uint8_t {
  present,
  below,
  equal,
  unequal,
  less,
  at_most,
  greater,
  at_least,
  between
};
inline bool compares_text(Test t) { return t == Test::equal || t == Test::unequal; }
inline bool compares_numbers(Test t) { return t >= Test::less; }
inline bool has_low(Test t) { return t >= Test::greater; }
inline bool has_high(Test t) { return t == Test::less || t == Test::at_most || t == Test::between; }

/// A condition on one tag.
struct Leaf {
  Test test = Test::present;
  std::string name;  // without =
  std::string text;  // of equal and unequal
  double low = 0;    // of greater, at_least and between
  double high = 0;   // of less, at_most and between
  /// What such a tag is (present, equal) or begins with (below: `name.`; otherwise `name=`).
  std::string key;

  bool matches(std::string_view tag) const;
  /// Whether a value of the tag, as text, passes a test that is about values.
  bool accepts(std::string_view value) const;
  void set_key();
};

struct Node {
  enum class Kind : uint8_t { leaf, negation, conjunction, disjunction };

  Node() = default;
  Node(const Node&) = delete;
  Node(Node&&) = default;
  Node& operator=(const Node&) = delete;
  Node& operator=(Node&& other) noexcept;
  ~Node() { clear(); }

  Kind kind = Kind::leaf;
  Leaf leaf;
  std::vector<Node> children;  // one of a negation, two or more of the others

 private:
  /// Without children that have children: a destructor cannot say that the stack is too deep.
  void clear() noexcept;
  Node* above_ = nullptr;  // while it is cleared
};

/// The order of the normal form: leaves by name (bytewise) before negations before groups.
std::strong_ordering order(const Node& a, const Node& b);

/// Always in normal form: no group directly in a group of its kind, no negation of a negation, the
/// parts of a group in order and without repetition. So `b & a & a` is the same as `a & b`.
class TagQuery {
 public:
  static constexpr size_t max_text = 1048576;  // bytes, also of the normal form
  static constexpr int max_nested = 1000;      // brackets in brackets

  /// Errors: 42601 with the character where the syntax breaks, 54000 if a limit is exceeded.
  static TagQuery parse(std::string_view text);
  /// Takes a tree in any order, with any nesting within the limits (54000).
  static TagQuery of(Node tree);

  const Node& root() const { return root_; }
  /// Parses to an equal query.
  std::string print() const;

  bool matches(std::span<const std::string_view> tags) const;
  /// The names in the query, in order and without repetition; `x.*` for a wildcard.
  std::vector<std::string> names() const;

  /// Versioned, and canonical: equal queries have equal bytes.
  void write(Bytes& out) const;
  /// XX001 unless written by write().
  static TagQuery read(std::span<const uint8_t> bytes);

  bool operator==(const TagQuery& other) const { return std::is_eq(order(root_, other.root_)); }

 private:
  Node root_;
};

/// The value of a tree for the values of its leaves.
template <class LeafMatches>
bool evaluate(const Node& node, const LeafMatches& leaf_matches) {
  if (node.kind == Node::Kind::leaf) return leaf_matches(node.leaf);
  check_stack();
  switch (node.kind) {
    case Node::Kind::negation:
      return !evaluate(node.children.front(), leaf_matches);
    case Node::Kind::conjunction:
      for (const Node& child : node.children)
        if (!evaluate(child, leaf_matches)) return false;
      return true;
    default:
      for (const Node& child : node.children)
        if (evaluate(child, leaf_matches)) return true;
      return false;
  }
}

/// How many brackets print() nests.
int nesting(const Node& node);

}  // namespace clientele::tags
