// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "base/poll.hpp"
#include "tags/query/query.hpp"

namespace clientele::tags {

/// Evaluates a query for tags that come one by one, none of which is kept.
class LeafHits {
 public:
  void start(const TagQuery& query) {
    leaves_.clear();
    hit_.clear();
    open_.clear();
    root_ = &query.root();
    collect(*root_);
    hit_.resize(leaves_.size());
  }

  void offer(std::string_view tag) {
    for (size_t i = 0; i < open_.size();) {
      const Leaf& leaf = *leaves_[open_[i]];
      work_.done(16 + std::min(tag.size(), leaf.key.size()));
      if (!leaf.matches(tag)) {
        ++i;
        continue;
      }
      hit_[open_[i]] = true;
      open_[i] = open_.back();
      open_.pop_back();
    }
  }

  bool answer() const {
    size_t leaf = 0;
    return answer(*root_, leaf);
  }

 private:
  void collect(const Node& node) {
    if (node.kind == Node::Kind::leaf) {
      open_.push_back(leaves_.size());
      leaves_.push_back(&node.leaf);
      return;
    }
    check_stack();
    work_.done(16);
    for (const Node& child : node.children) collect(child);
  }

  /// `leaf` is the number of the next one, so every child is evaluated.
  bool answer(const Node& node, size_t& leaf) const {
    if (node.kind == Node::Kind::leaf) return hit_[leaf++];
    check_stack();
    if (node.kind == Node::Kind::negation) return !answer(node.children.front(), leaf);
    const bool all = node.kind == Node::Kind::conjunction;
    bool result = all;
    for (const Node& child : node.children) {
      const bool one = answer(child, leaf);
      result = all ? result && one : result || one;
    }
    return result;
  }

  const Node* root_ = nullptr;
  std::vector<const Leaf*> leaves_;  // in the order of the tree
  std::vector<bool> hit_;
  std::vector<size_t> open_;  // leaves without a hit, in any order
  Work work_{1 << 20};
};

}  // namespace clientele::tags
