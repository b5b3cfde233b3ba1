// SPDX-License-Identifier: PostgreSQL
#include "tags/defined/evaluate.hpp"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "base/decimal.hpp"
#include "base/poll.hpp"

namespace clientele::tags {
namespace {

/// An audience or its complement, so that `a & !b` does not need all customers.
struct Part {
  Audience set;
  bool without = false;
};

Part part_of(const Node& node, TagSource& source);

/// The parts of a group, complements last. Of sets to be intersected the smallest come first, so
/// that intermediate results get small soon. Of sets to be united the largest come first, as adding
/// a list to bits is cheaper than merging lists.
std::vector<Part> parts_of(const Node& node, TagSource& source) {
  const bool conjunction = node.kind == Node::Kind::conjunction;
  std::vector<Part> parts;
  parts.reserve(node.children.size());
  for (const Node& child : node.children) parts.push_back(part_of(child, source));
  std::vector<std::pair<uint64_t, size_t>> order;
  for (size_t i = 0; i < parts.size(); ++i) order.emplace_back(parts[i].set.size(), i);
  std::ranges::sort(order, {}, [&](const auto& o) {
    const bool without = parts[o.second].without;
    return std::tuple(without, without == conjunction ? ~o.first : o.first, o.second);
  });
  std::vector<Part> sorted;
  sorted.reserve(parts.size());
  for (const auto& [size, i] : order) sorted.push_back(std::move(parts[i]));
  return sorted;
}

// De Morgan: with A and B for the sets, !A & !B = !(A | B), A | !B = !(B - A), !A | !B = !(A & B).
void combine(Part& left, Part right, bool conjunction) {
  if (left.without == right.without) {
    if (conjunction != left.without)
      left.set &= right.set;
    else
      left.set |= right.set;
    return;
  }
  if (left.without == conjunction) std::swap(left, right);
  left.set -= right.set;
  left.without = !conjunction;
}

Part fold(std::vector<Part>& parts, size_t count, bool conjunction) {
  Part all = std::move(parts.front());
  for (size_t i = 1; i < count; ++i) combine(all, std::move(parts[i]), conjunction);
  return all;
}

Part part_of(const Node& node, TagSource& source) {
  poll();
  check_stack();
  switch (node.kind) {
    case Node::Kind::leaf:
      return {source.answer(node.leaf)};
    case Node::Kind::negation: {
      Part part = part_of(node.children.front(), source);
      part.without = !part.without;
      return part;
    }
    default: {
      std::vector<Part> parts = parts_of(node, source);
      return fold(parts, parts.size(), node.kind == Node::Kind::conjunction);
    }
  }
}

/// How many of a set are in both parts. They are only counted, as intersecting also makes lists of
/// bits where few are left, which takes longer.
uint64_t size_within(const Audience& all, const Part& a, const Part& b) {
  const uint64_t in_both = Audience::and_size(all, a.set, b.set);
  if (!b.without) return in_both;
  const uint64_t in_a = Audience::and_size(all, a.set);
  if (!a.without) return in_a - in_both;
  return all.size() - in_a - Audience::and_size(all, b.set) + in_both;
}

uint64_t size_of(const Part& part, TagSource& source) {
  return part.without ? Audience::without_size(source.everyone(), part.set) : part.set.size();
}

}  // namespace

Audience audience_where(const Scores& scores, const Leaf& leaf) {
  switch (leaf.test) {
    case Test::less:
      return scores.less(leaf.high);
    case Test::at_most:
      return scores.at_most(leaf.high);
    case Test::greater:
      return scores.greater(leaf.low);
    case Test::at_least:
      return scores.at_least(leaf.low);
    case Test::between:
      return scores.between(leaf.low, leaf.high);
    default:
      break;
  }
  std::string_view rest = leaf.text;
  int64_t millionths = 0;
  std::string written;
  if (parse_amount(rest, millionths) == nullptr) append_amount(written, millionths);
  Audience same = written == leaf.text ? scores.equal(amount_as_double(millionths)) : Audience();
  return leaf.test == Test::equal ? same : scores.all() - same;
}

Audience audience_of(const TagQuery& query, TagSource& source) {
  Part part = part_of(query.root(), source);
  if (!part.without) return std::move(part.set);
  Audience everyone = source.everyone();
  everyone -= part.set;
  return everyone;
}

uint64_t audience_size(const TagQuery& query, TagSource& source) {
  const Node& root = query.root();
  const bool conjunction = root.kind == Node::Kind::conjunction;
  if (!conjunction && root.kind != Node::Kind::disjunction)
    return size_of(part_of(root, source), source);
  std::vector<Part> parts = parts_of(root, source);
  const size_t n = parts.size();
  if (conjunction && n > 2 && !parts.front().without) {
    const Part all = fold(parts, n - 2, conjunction);
    return size_within(all.set, parts[n - 2], parts[n - 1]);
  }
  Part last = std::move(parts.back());
  Part rest = fold(parts, parts.size() - 1, conjunction);
  if (rest.without || (last.without && !conjunction)) {
    combine(rest, std::move(last), conjunction);
    return size_of(rest, source);
  }
  if (last.without) return Audience::without_size(rest.set, last.set);
  return conjunction ? Audience::and_size(rest.set, last.set)
                     : Audience::or_size(rest.set, last.set);
}

}  // namespace clientele::tags
