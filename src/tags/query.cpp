// SPDX-License-Identifier: PostgreSQL
#include "tags/query.hpp"

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/poll.hpp"
#include "tags/number.hpp"

namespace clientele::tags {
namespace {

using Kind = Node::Kind;

bool is_group(const Node& node) {
  return node.kind == Kind::conjunction || node.kind == Kind::disjunction;
}

Node normal(Node node);

/// The parts of a group of this kind, however deep they lie in groups of the same kind.
void gather(Kind kind, Node&& node, std::vector<Node>& parts) {
  if (node.kind == kind) {
    for (Node& child : node.children) gather(kind, std::move(child), parts);
    return;
  }
  Node part = normal(std::move(node));
  if (part.kind != kind) {
    parts.push_back(std::move(part));
    return;
  }
  // What was repetition or a double negation has become a group of this kind.
  for (Node& child : part.children) parts.push_back(std::move(child));
}

Node normal(Node node) {
  poll();
  if (node.kind == Kind::negation) {
    Node inner = normal(std::move(node.children.front()));
    if (inner.kind == Kind::negation) {
      Node twice = std::move(inner.children.front());
      return twice;
    }
    node.children.front() = std::move(inner);
    return node;
  }
  if (!is_group(node)) return node;
  std::vector<Node> parts;
  for (Node& child : node.children) gather(node.kind, std::move(child), parts);
  // The poll throws out of the comparison when the query was cancelled; sort then leaves the parts
  // valid, if in no order.
  size_t compared = 0;
  std::sort(parts.begin(), parts.end(), [&](const Node& a, const Node& b) {
    if (++compared % 4096 == 0) poll();
    return std::is_lt(order(a, b));
  });
  parts.erase(std::unique(parts.begin(), parts.end(),
                          [](const Node& a, const Node& b) { return std::is_eq(order(a, b)); }),
              parts.end());
  if (parts.size() == 1) {
    Node only = std::move(parts.front());
    return only;
  }
  node.children = std::move(parts);
  return node;
}

void collect_names(const Node& node, std::set<std::string>& names) {
  if (node.kind == Kind::leaf)
    names.insert(node.leaf.test == Test::below ? node.leaf.name + ".*" : node.leaf.name);
  for (const Node& child : node.children) collect_names(child, names);
}

std::strong_ordering order_of(double a, double b) {
  return a < b   ? std::strong_ordering::less
         : a > b ? std::strong_ordering::greater
                 : std::strong_ordering::equal;
}

}  // namespace

std::strong_ordering order(const Node& a, const Node& b) {
  if (const auto by = a.kind <=> b.kind; std::is_neq(by)) return by;
  if (a.kind != Kind::leaf)
    return std::lexicographical_compare_three_way(a.children.begin(), a.children.end(),
                                                  b.children.begin(), b.children.end(), order);
  if (const auto by = a.leaf.name <=> b.leaf.name; std::is_neq(by)) return by;
  if (const auto by = a.leaf.test <=> b.leaf.test; std::is_neq(by)) return by;
  if (const auto by = a.leaf.text <=> b.leaf.text; std::is_neq(by)) return by;
  if (const auto by = order_of(a.leaf.low, b.leaf.low); std::is_neq(by)) return by;
  return order_of(a.leaf.high, b.leaf.high);
}

void Leaf::set_key() {
  key = name;
  if (test == Test::below) key += '.';
  if (compares_text(test) || compares_numbers(test)) key += '=';
  if (test == Test::equal) key += text;
}

bool Leaf::accepts(std::string_view value) const {
  if (test == Test::equal) return value == text;
  if (test == Test::unequal) return value != text;
  const std::optional<double> number = number_of(value);
  if (!number) return false;
  switch (test) {
    case Test::less:
      return *number < high;
    case Test::at_most:
      return *number <= high;
    case Test::greater:
      return *number > low;
    case Test::at_least:
      return *number >= low;
    default:
      return low <= *number && *number <= high;
  }
}

bool Leaf::matches(std::string_view tag) const {
  if (!tag.starts_with(key)) return false;
  switch (test) {
    case Test::present:
      return tag.size() == key.size() || tag[key.size()] == '=';
    case Test::below:
      return true;
    case Test::equal:
      return tag.size() == key.size();
    default:
      return accepts(tag.substr(key.size()));
  }
}

TagQuery TagQuery::of(Node tree) {
  TagQuery query;
  query.root_ = normal(std::move(tree));
  if (nesting(query.root_) > most_nested)
    throw Error(sqlstate::limit_exceeded,
                "a tag query can nest at most " + std::to_string(most_nested) + " brackets");
  if (query.print().size() > most_text)
    throw Error(sqlstate::limit_exceeded,
                "a tag query can have at most " + std::to_string(most_text) + " bytes");
  return query;
}

bool TagQuery::matches(std::span<const std::string_view> tags) const {
  return evaluate(root_, [tags](const Leaf& leaf) {
    for (const std::string_view tag : tags)
      if (leaf.matches(tag)) return true;
    return false;
  });
}

std::vector<std::string> TagQuery::names() const {
  std::set<std::string> names;
  collect_names(root_, names);
  return {names.begin(), names.end()};
}

int nesting(const Node& node) {
  int most = 0;
  for (const Node& child : node.children) {
    const bool brackets = (node.kind == Kind::negation && is_group(child)) ||
                          (node.kind == Kind::conjunction && child.kind == Kind::disjunction);
    most = std::max(most, nesting(child) + (brackets ? 1 : 0));
  }
  return most;
}

}  // namespace clientele::tags
