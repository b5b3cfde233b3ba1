// SPDX-License-Identifier: PostgreSQL
#include "identity/resolution/partition.hpp"

#include <algorithm>
#include <numeric>
#include <span>

#include "base/error.hpp"
#include "base/poll.hpp"
#include "base/sort.hpp"

namespace clientele::identity {
namespace {

std::vector<uint64_t> unique_bits(const Evidence& evidence) {
  std::vector<uint64_t> bit(evidence.kinds.size(), 0);
  int used = 0;
  for (size_t k = 0; k < bit.size(); ++k) {
    if (!evidence.kinds[k].one_per_customer) continue;
    if (used == 64)
      throw Error(sqlstate::limit_exceeded,
                  "more than 64 kinds of identities are one_per_customer");
    bit[k] = uint64_t{1} << used++;
  }
  std::vector<uint64_t> bits;
  bits.reserve(evidence.kind.size());
  for (const uint32_t k : evidence.kind) bits.push_back(bit[k]);
  return bits;
}

/// Lists of numbers, one for each of n places, in one array.
class Lists {
 public:
  template <class Each>  // each(add): calls add(place, value) for all values, the same ones each
                         // time
  Lists(size_t n, Each each) : begin_(n + 1, 0) {
    each([&](uint32_t place, uint32_t) { ++begin_[place + 1]; });
    std::partial_sum(begin_.begin(), begin_.end(), begin_.begin());
    values_.resize(begin_.back());
    std::vector<size_t> end(begin_.begin(), begin_.end() - 1);
    each([&](uint32_t place, uint32_t value) { values_[end[place]++] = value; });
  }
  std::span<const uint32_t> operator[](uint32_t place) const {
    return std::span(values_).subspan(begin_[place], begin_[place + 1] - begin_[place]);
  }

 private:
  std::vector<size_t> begin_;
  std::vector<uint32_t> values_;
};

class Resolver {
 public:
  explicit Resolver(const Evidence& evidence)
      : evidence_(evidence),
        n_(evidence.kind.size()),
        blocks_(unique_bits(evidence), evidence.different),
        stronger_(n_, [&](auto add) { each_link(true, add); }),
        of_kind_(evidence.kinds.size(),
                 [&](auto add) {
                   for (uint32_t x = 0; x < n_; ++x) add(evidence.kind[x], x);
                 }),
        twins_(evidence.kinds.size(), [&](auto add) { each_link(false, add); }),
        shared_(n_, 0),
        groups_(n_),
        seen_(n_) {
    for (const Pair& pair : evidence.same) blocks_.join(pair.a, pair.b);
    for (uint32_t k = 0; k < evidence.kinds.size(); ++k) resolve(k);
  }

  Partition result() {
    Partition p{std::vector<uint32_t>(n_), std::move(shared_)};
    std::vector<uint32_t> first(n_, ~uint32_t{0});
    for (uint32_t x = 0; x < n_; ++x) {
      uint32_t& f = first[blocks_.root(x)];
      f = std::min(f, x);
      p.block[x] = f;
    }
    return p;
  }

 private:
  /// An identifier of the present kind that is followed, and the blocks that it touches.
  struct Active {
    uint32_t x;
    uint32_t group;
    size_t begin, end;  // in touched_
  };

  /// to_stronger: add(weaker end, stronger end); else add(kind, place of a link within the kind).
  template <class Add>
  void each_link(bool to_stronger, Add& add) const {
    for (uint32_t i = 0; i < evidence_.links.size(); ++i) {
      const auto [a, b] = evidence_.links[i];
      const uint32_t ka = evidence_.kind[a], kb = evidence_.kind[b];
      if (ka == kb) {
        if (!to_stronger && a != b) add(ka, i);
      } else if (to_stronger) {
        ka < kb ? add(b, a) : add(a, b);
      }
    }
  }

  std::span<const uint32_t> touched(const Active& v) const {
    return std::span(touched_).subspan(v.begin, v.end - v.begin);
  }

  void resolve(uint32_t kind) {
    touched_.clear();
    active_.clear();
    nodes_.clear();
    seen_nodes_.clear();
    for (const uint32_t x : of_kind_[kind]) touch(x, evidence_.kinds[kind].max_links);
    for (const Active& v : active_)
      for (const uint32_t t : touched(v)) groups_.join(node(blocks_.root(v.x)), node(t));
    for (const uint32_t i : twins_[kind]) {
      const auto [a, b] = evidence_.links[i];
      if (shared_[a] || shared_[b]) continue;
      const uint32_t ra = blocks_.root(a), rb = blocks_.root(b);
      if (ra != rb) groups_.join(node(ra), node(rb));
      work_.done(1);
    }
    for (Active& v : active_) v.group = groups_.root(blocks_.root(v.x));
    sort_polled(active_.begin(), active_.end(), [](const Active& a, const Active& b) {
      return a.group != b.group ? a.group < b.group : a.x < b.x;
    });
    std::vector<std::pair<uint32_t, uint32_t>> members = by_group(nodes_);
    size_t v = 0;
    for (size_t begin = 0; begin < members.size();) {
      const uint32_t group = members[begin].first;
      roots_.clear();
      for (; begin < members.size() && members[begin].first == group; ++begin)
        roots_.push_back(members[begin].second);
      const size_t first = v;
      while (v < active_.size() && active_[v].group == group) ++v;
      settle(std::span(active_).subspan(first, v - first));
    }
    groups_.separate(nodes_);
    for (const Pair& pair : joined_) blocks_.join(pair.a, pair.b);
    joined_.clear();
  }

  /// Finds the blocks that an identifier touches, and whether it is shared.
  void touch(uint32_t x, uint32_t max_links) {
    const size_t begin = touched_.size();
    const uint32_t own = blocks_.root(x);
    seen_.clear();
    seen_.add(own);
    for (const uint32_t u : stronger_[x]) {
      if (shared_[u]) continue;
      const uint32_t block = blocks_.root(u);
      // What conflicts with its own block it does not touch: only that link is not followed.
      if (seen_.add(block) && !blocks_.conflict(block, own)) touched_.push_back(block);
    }
    work_.done(stronger_[x].size() + 1);
    const auto blocks = std::span(touched_).subspan(begin);
    if (evidence_.ignored[x] || blocks.size() > max_links || blocks_.conflict(blocks)) {
      shared_[x] = 1;
      touched_.resize(begin);
    } else if (!blocks.empty()) {
      active_.push_back({x, 0, begin, touched_.size()});
    }
  }

  uint32_t node(uint32_t root) {
    if (seen_nodes_.add(root)) nodes_.push_back(root);
    return root;
  }

  std::vector<std::pair<uint32_t, uint32_t>> by_group(std::span<const uint32_t> roots) {
    std::vector<std::pair<uint32_t, uint32_t>> pairs;
    pairs.reserve(roots.size());
    for (const uint32_t r : roots) pairs.emplace_back(groups_.root(r), r);
    sort_polled(pairs.begin(), pairs.end());
    return pairs;
  }

  bool bad(std::span<const uint32_t> roots) {
    return blocks_.size(roots) > evidence_.max_identities || blocks_.conflict(roots);
  }

  void join_all(std::span<const uint32_t> roots) {
    for (const uint32_t r : roots.subspan(1)) joined_.push_back({roots[0], r});
  }

  /// Joins a group of blocks, which are in roots_, or what is left of it without those that touch
  /// more than one of them.
  void settle(std::span<const Active> inside) {
    work_.done(roots_.size() + inside.size());
    if (!bad(roots_)) return join_all(roots_);
    groups_.separate(roots_);
    for (const Active& v : inside) {
      if (touched(v).size() > 1)
        shared_[v.x] = 1;
      else
        groups_.join(blocks_.root(v.x), touched(v)[0]);
    }
    const std::vector<std::pair<uint32_t, uint32_t>> members = by_group(roots_);
    std::vector<uint32_t> part;
    bad_parts_.clear();
    for (size_t begin = 0; begin < members.size();) {
      const uint32_t group = members[begin].first;
      part.clear();
      for (; begin < members.size() && members[begin].first == group; ++begin)
        part.push_back(members[begin].second);
      if (bad(part))
        bad_parts_.add(group);
      else
        join_all(part);
    }
    for (const Active& v : inside)
      if (bad_parts_.has(groups_.root(blocks_.root(v.x)))) shared_[v.x] = 1;
  }

  const Evidence& evidence_;
  const size_t n_;
  Blocks blocks_;
  Lists stronger_;  // of each identifier: the stronger ones that it is linked with
  Lists of_kind_;
  Lists twins_;  // of each kind: its links between two identifiers of the kind
  std::vector<uint8_t> shared_;
  Sets groups_;  // of roots, while one kind is resolved
  Marks seen_;
  Marks seen_nodes_{n_};
  Marks bad_parts_{n_};
  std::vector<uint32_t> touched_, nodes_, roots_;
  std::vector<Active> active_;
  std::vector<Pair> joined_;
  Work work_;
};

}  // namespace

Partition partition(const Evidence& evidence) { return Resolver(evidence).result(); }

Numbers number(const Partition& partition, const Owners& owners) {
  const auto n = static_cast<uint32_t>(partition.block.size());
  constexpr uint32_t none = ~uint32_t{0};
  // Of the first identifier of each block: who owns the lowest number, and the first fresh one.
  std::vector<uint32_t> owner(n, none), fresh(n, none);
  Numbers numbers;
  numbers.customer.resize(n);
  Work work;
  for (uint32_t x = 0; x < n; ++x) {
    work.done(1);
    const uint32_t block = partition.block[x];
    if (owners.owned[x] != 0) {
      if (owner[block] == none || owners.owned[x] < owners.owned[owner[block]]) owner[block] = x;
    } else if (owners.fresh[x] && fresh[block] == none) {
      fresh[block] = x;
    }
  }
  for (uint32_t x = 0; x < n; ++x) {
    work.done(1);
    const uint32_t block = partition.block[x];
    if (block != x) {
      numbers.customer[x] = numbers.customer[block];
    } else if (owner[block] == none) {
      numbers.new_owners.push_back(x);
      numbers.customer[x] = -static_cast<int64_t>(numbers.new_owners.size());
    } else {
      numbers.customer[x] = owners.owned[owner[block]];
      if (fresh[block] < owner[block])
        numbers.takeovers.push_back({numbers.customer[x], fresh[block]});
    }
  }
  return numbers;
}

}  // namespace clientele::identity
