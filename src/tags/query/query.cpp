// SPDX-License-Identifier: PostgreSQL
#include "tags/query/query.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include "base/error.hpp"
#include "base/poll.hpp"
#include "tags/query/number.hpp"

namespace clientele::tags {
namespace {

using Kind = Node::Kind;

bool is_group(const Node& node) {
  return node.kind == Kind::conjunction || node.kind == Kind::disjunction;
}

/// Equal parts are neighbours once they are sorted. When the query was cancelled, the poll throws
/// out of the comparison; the parts are valid then, but in any order.
void sort_parts(std::vector<Node>& parts) {
  Work work(4096);
  std::sort(parts.begin(), parts.end(), [&](const Node& a, const Node& b) {
    work.done(1);
    return std::is_lt(order(a, b));
  });
  parts.erase(std::unique(parts.begin(), parts.end(),
                          [](const Node& a, const Node& b) { return std::is_eq(order(a, b)); }),
              parts.end());
}

/// Puts the parts of groups of the same kind in their place, in any order: the largest group stays
/// where it is, so that deep nesting moves no part often.
void open_groups(Node& node) {
  std::vector<Node> inner, parts;
  for (Node& child : node.children) {
    if (child.kind != node.kind) {
      parts.push_back(std::move(child));
      continue;
    }
    if (child.children.size() > inner.size()) std::swap(child.children, inner);
    std::move(child.children.begin(), child.children.end(), std::back_inserter(parts));
  }
  if (inner.size() < parts.size()) std::swap(inner, parts);
  std::move(parts.begin(), parts.end(), std::back_inserter(inner));
  node.children = std::move(inner);
}

/// For a node whose children are in normal form, except groups of its own kind.
void normalise_one(Node& node, const Node* around) {
  if (node.kind == Kind::negation) {
    Node& inner = node.children.front();
    if (inner.kind != Kind::negation) return;
    Node twice = std::move(inner.children.front());
    node = std::move(twice);
    return;
  }
  if (!is_group(node)) return;
  open_groups(node);
  if (around != nullptr && around->kind == node.kind) return;  // which will sort them all
  sort_parts(node.children);
  if (node.children.size() > 1) return;
  Node only = std::move(node.children.front());
  node = std::move(only);
}

/// Children before their parents; without recursion, as trees may be deep.
void normalise(Node& root) {
  struct At {
    Node* node;
    size_t next;
  };
  std::vector<At> path{{&root, 0}};
  while (!path.empty()) {
    poll();
    At& at = path.back();
    if (at.next < at.node->children.size()) {
      path.push_back({&at.node->children[at.next++], 0});
      continue;
    }
    Node* const node = at.node;
    path.pop_back();
    normalise_one(*node, path.empty() ? nullptr : path.back().node);
  }
}

void collect_names(const Node& node, std::set<std::string>& names) {
  poll();
  check_stack();
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

Node& Node::operator=(Node&& other) noexcept {
  if (this == &other) return *this;
  clear();
  kind = other.kind;
  leaf = std::move(other.leaf);
  children = std::move(other.children);
  return *this;
}

void Node::clear() noexcept {
  Node* at = this;
  for (;;) {
    if (!at->children.empty()) {
      Node* const last = &at->children.back();
      last->above_ = at;
      at = last;
    } else if (at == this) {
      return;
    } else {
      at = at->above_;
      at->children.pop_back();
    }
  }
}

std::strong_ordering order(const Node& a, const Node& b) {
  if (const auto by = a.kind <=> b.kind; std::is_neq(by)) return by;
  if (a.kind != Kind::leaf) {
    check_stack();
    const size_t both = std::min(a.children.size(), b.children.size());
    for (size_t i = 0; i < both; ++i) {
      if (i % 1024 == 1023) poll();
      if (const auto by = order(a.children[i], b.children[i]); std::is_neq(by)) return by;
    }
    return a.children.size() <=> b.children.size();
  }
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
  query.root_ = std::move(tree);
  normalise(query.root_);
  if (nesting(query.root_) > max_nested)
    throw Error(sqlstate::limit_exceeded,
                "a tag query can nest at most " + std::to_string(max_nested) + " brackets");
  if (query.print().size() > max_text)
    throw Error(sqlstate::limit_exceeded,
                "a tag query can have at most " + std::to_string(max_text) + " bytes");
  return query;
}

bool TagQuery::matches(std::span<const std::string_view> tags) const {
  Work work(1 << 16);
  return evaluate(root_, [&](const Leaf& leaf) {
    size_t n = 0;
    for (const std::string_view tag : tags) {
      if (leaf.matches(tag)) return true;
      if (++n % 4096 == 0) poll();
    }
    work.done(tags.size());
    return false;
  });
}

std::vector<std::string> TagQuery::names() const {
  std::set<std::string> names;
  collect_names(root_, names);
  return {names.begin(), names.end()};
}

int nesting(const Node& node) {
  check_stack();
  int most = 0;
  for (const Node& child : node.children) {
    const bool brackets = (node.kind == Kind::negation && is_group(child)) ||
                          (node.kind == Kind::conjunction && child.kind == Kind::disjunction);
    most = std::max(most, nesting(child) + (brackets ? 1 : 0));
  }
  return most;
}

}  // namespace clientele::tags
