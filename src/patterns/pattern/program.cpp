// SPDX-License-Identifier: PostgreSQL
#include "patterns/pattern/program.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include "base/poll.hpp"

namespace clientele {
namespace {

using Part = PatternPart::Kind;
using Node = PatternNode::Kind;

class Compiler {
 public:
  explicit Compiler(PatternTree tree) : tree_(std::move(tree)) {}

  PatternProgram run() {
    program_.sets = std::move(tree_.sets);
    program_.gaps = std::move(tree_.gaps);
    program_.groups = std::move(tree_.groups);
    const uint32_t accept = add({Node::accept, 0, 0, 0});
    program_.entry = written(tree_.root, accept);
    program_.needed = needed(tree_.root);
    return std::move(program_);
  }

 private:
  uint32_t add(PatternNode node) {
    if (program_.nodes.size() % 4096 == 0) poll();
    program_.nodes.push_back(node);
    return static_cast<uint32_t>(program_.nodes.size() - 1);
  }

  /// The step where a part begins that goes on with `next`. Parts are written from behind.
  uint32_t written(uint32_t number, uint32_t next) {
    check_stack();
    const PatternPart part = tree_.nodes[number];
    const auto inner = [&](uint32_t i) { return tree_.parts[part.first + i]; };
    switch (part.kind) {
      case Part::take:
        return add({Node::take, part.number, next, 0});
      case Part::gap:
        return add({Node::gap, part.number, next, 0});
      case Part::begin:
        return add({Node::begin, 0, next, 0});
      case Part::end:
        return add({Node::end, 0, next, 0});
      case Part::sequence:
        for (uint32_t i = part.count; i > 0; --i) next = written(inner(i - 1), next);
        return next;
      case Part::options: {
        if (const auto set = one_set(part)) return add({Node::take, *set, next, 0});
        uint32_t rest = written(inner(part.count - 1), next);
        for (uint32_t i = part.count - 1; i > 0; --i)
          rest = add({Node::split, 0, written(inner(i - 1), next), rest});
        return rest;
      }
      case Part::repeat:
        return repeated(part, inner(0), next);
      case Part::group: {
        const uint32_t close = add({Node::close, part.number, next, 0});
        return add({Node::open, part.number, written(inner(0), close), 0});
      }
    }
    return next;
  }

  /// Options that each take one event are one set: whichever it is, the same event is taken.
  std::optional<uint32_t> one_set(const PatternPart& options) {
    EventSet set;
    for (uint32_t i = 0; i < options.count; ++i) {
      const PatternPart& option = tree_.nodes[tree_.parts[options.first + i]];
      if (option.kind != Part::take || program_.sets[option.number].negated) return std::nullopt;
      const auto& more = program_.sets[option.number].selectors;
      set.selectors.insert(set.selectors.end(), more.begin(), more.end());
    }
    std::sort(set.selectors.begin(), set.selectors.end());
    const auto known = std::find(program_.sets.begin(), program_.sets.end(), set);
    if (known != program_.sets.end()) return static_cast<uint32_t>(known - program_.sets.begin());
    program_.sets.push_back(std::move(set));
    return static_cast<uint32_t>(program_.sets.size() - 1);
  }

  uint32_t split(const PatternPart& repeat, uint32_t again, uint32_t out) {
    return repeat.greedy ? add({Node::split, 0, again, out}) : add({Node::split, 0, out, again});
  }

  uint32_t repeated(const PatternPart& repeat, uint32_t body, uint32_t next) {
    uint32_t least = repeat.least;
    if (repeat.most == no_most) {
      // The last round leads back to before itself: into the split, which is there before it.
      const uint32_t again = add({Node::split, 0, 0, 0});
      const uint32_t round = written(body, again);
      PatternNode& node = program_.nodes[again];
      node.next = repeat.greedy ? round : next;
      node.other = repeat.greedy ? next : round;
      next = least > 0 ? round : again;
      if (least > 0) --least;
    } else {
      const uint32_t out = next;
      for (uint32_t i = repeat.least; i < repeat.most; ++i)
        next = split(repeat, written(body, next), out);
    }
    for (; least > 0; --least) next = written(body, next);
    return next;
  }

  /// Ascending.
  std::vector<uint32_t> needed(uint32_t number) {
    check_stack();
    const PatternPart part = tree_.nodes[number];
    std::vector<uint32_t> all, more, both;
    if (part.kind == Part::take) all.push_back(part.number);
    if (part.kind == Part::repeat && part.least == 0) return all;
    if (part.kind == Part::options)
      if (const auto set = one_set(part)) return {*set};
    for (uint32_t i = 0; i < part.count; ++i) {
      more = needed(tree_.parts[part.first + i]);
      both.clear();
      if (part.kind != Part::options)
        std::set_union(all.begin(), all.end(), more.begin(), more.end(), std::back_inserter(both));
      else if (i > 0)
        std::set_intersection(all.begin(), all.end(), more.begin(), more.end(),
                              std::back_inserter(both));
      else
        both = more;
      all.swap(both);
    }
    return all;
  }

  PatternTree tree_;
  PatternProgram program_;
};

}  // namespace

PatternProgram compile(PatternTree tree) { return Compiler(std::move(tree)).run(); }

}  // namespace clientele
