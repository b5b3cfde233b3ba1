// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace clientele::identity {

struct Pair {
  uint32_t a;
  uint32_t b;
};

/// Disjoint sets of numbers below n; a set is known by one of its members, its root.
class Sets {
 public:
  explicit Sets(size_t n);
  uint32_t root(uint32_t x);
  bool join(uint32_t a, uint32_t b);
  /// Makes each of these numbers a set of its own; all others in their sets must be among them.
  void separate(std::span<const uint32_t> members);

 private:
  std::vector<uint32_t> parent_;
  std::vector<uint32_t> size_;
};

/// A set of marks that is emptied at once.
class Marks {
 public:
  explicit Marks(size_t n) : marks_(n, 0) {}
  void clear() { ++now_; }
  bool has(uint32_t x) const { return marks_[x] == now_; }
  /// Whether it was not there.
  bool add(uint32_t x) {
    if (has(x)) return false;
    marks_[x] = now_;
    return true;
  }

 private:
  std::vector<uint32_t> marks_;
  uint32_t now_ = 1;
};

/// Blocks of identifiers, and what keeps two of them apart.
class Blocks {
 public:
  /// unique: for each identifier a bit for its kind if a customer has only one of that kind, or 0.
  Blocks(std::vector<uint64_t> unique, std::span<const Pair> different);

  uint32_t root(uint32_t x) { return sets_.root(x); }
  void join(uint32_t a, uint32_t b);
  /// Of two roots.
  bool conflict(uint32_t a, uint32_t b);
  /// Whether any two of these roots are in conflict.
  bool conflict(std::span<const uint32_t> roots);
  /// The number of identifiers in the blocks of these roots.
  uint64_t size(std::span<const uint32_t> roots) const;

 private:
  static constexpr uint32_t none = ~uint32_t{0};

  template <class Each>
  bool any_partner(uint32_t root, Each each);

  Sets sets_;
  std::vector<uint64_t> unique_;  // of roots: the bits of all members
  std::vector<uint32_t> size_;
  // Identifiers with `different` decisions: a list in each block, and the other ends of each.
  std::vector<uint32_t> first_, last_, next_;
  std::vector<uint32_t> partners_begin_, partners_;
  Marks among_;
};

}  // namespace clientele::identity
