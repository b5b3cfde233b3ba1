// SPDX-License-Identifier: PostgreSQL
// Multisets of small rows, equal ones counted together: what fits and comparisons are made of.
#pragma once
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <span>
#include <type_traits>
#include <vector>

#include "base/bytes.hpp"
#include "base/poll.hpp"
#include "base/sort.hpp"

namespace clientele {

/// What any multiset may count, so that sums do not overflow.
inline constexpr uint64_t max_counted = uint64_t{1} << 48;

/// A multiset as ascending groups of equal rows. Group is plain data and offers
///   using Row = …;                         what is added: plain data in a strict total order
///   static Group of(const Row&);           a group of one row; keeps their order
///   bool before(const Group&) const;       the order
///   void take(const Group&);               counts an equal group together with this one
template <class Group>
class Grouped {
  using Row = typename Group::Row;
  static_assert(std::is_trivially_copyable_v<Row> && std::is_trivially_copyable_v<Group>);

 public:
  explicit Grouped(std::pmr::memory_resource* memory) : groups_(memory), fresh_(memory) {}

  /// True if it is time to settle: there are enough rows that are not counted yet for it to pay.
  bool add(const Row& row) {
    fresh_.push_back(row);
    return fresh_.size() >= 65536 && fresh_.size() >= groups_.size() / 2;
  }

  std::span<const Group> groups() const {
    settle();
    return groups_;
  }

  /// Of groups that `change(group)` changed first, which must keep their order.
  template <class Change>
  void merge(const Grouped& other, Change change) {
    settle();
    const std::span<const Group> more = other.groups();
    if (!more.empty()) join(more, change);
  }
  void merge(const Grouped& other) {
    merge(other, [](Group&) {});
  }

  /// Runs `change(group)` on each group; it must keep their order and may make groups equal.
  template <class Change>
  void coarsen(Change change) {
    settle();
    size_t kept = 0;
    for (size_t i = 0; i < groups_.size(); ++i) {
      if (i % 65536 == 0) poll();
      Group group = groups_[i];
      change(group);
      if (kept > 0 && !groups_[kept - 1].before(group))
        groups_[kept - 1].take(group);
      else
        groups_[kept++] = group;
    }
    groups_.resize(kept);
    groups_.shrink_to_fit();
  }

  /// A group that comes after all others.
  void append(const Group& group) { groups_.push_back(group); }

 private:
  void settle() const {
    if (fresh_.empty()) return;
    sort_polled(fresh_.begin(), fresh_.end());
    std::pmr::vector<Group> counted(fresh_.get_allocator());
    for (size_t i = 0; i < fresh_.size(); ++i) {
      if (i % 65536 == 0) poll();
      put(counted, Group::of(fresh_[i]));
    }
    if (groups_.empty())
      groups_.swap(counted);
    else
      join(counted, [](Group&) {});
    fresh_.clear();
    fresh_.shrink_to_fit();
  }

  static void put(std::pmr::vector<Group>& groups, const Group& group) {
    if (!groups.empty() && !groups.back().before(group))
      groups.back().take(group);
    else
      groups.push_back(group);
  }

  /// Two ascending lists become one.
  template <class Change>
  void join(std::span<const Group> more, Change change) const {
    std::pmr::vector<Group> all(groups_.get_allocator());
    size_t l = 0, r = 0, steps = 0;
    Group right{};
    if (!more.empty()) change(right = more[0]);
    while (l < groups_.size() || r < more.size()) {
      if (++steps % 65536 == 0) poll();
      if (r == more.size() || (l < groups_.size() && !right.before(groups_[l]))) {
        put(all, groups_[l++]);
      } else {
        put(all, right);
        if (++r < more.size()) change(right = more[r]);
      }
    }
    groups_.swap(all);
  }

  // How the multiset is held may change while the multiset does not.
  mutable std::pmr::vector<Group> groups_;
  mutable std::pmr::vector<Row> fresh_;  // not counted yet, in any order
};

/// Equal rows, and the customers that have them. R is without padding, and equal ones have equal
/// bytes.
template <class R>
struct CountedRow {
  using Row = R;
  Row row;
  uint64_t customers;

  static CountedRow of(const Row& row) { return {row, 1}; }
  bool before(const CountedRow& other) const { return row < other.row; }
  void take(const CountedRow& equal) { customers += equal.customers; }
};

template <class Row>
class Counted : public Grouped<CountedRow<Row>> {
 public:
  using Grouped<CountedRow<Row>>::Grouped;

  void write(Writer& w) const {
    const std::span<const CountedRow<Row>> all = this->groups();
    w.varint(all.size());
    for (size_t i = 0; i < all.size(); ++i) {
      if (i % 65536 == 0) poll();
      w.raw(&all[i].row, sizeof(Row));
      w.varint(all[i].customers);
    }
  }

  /// Of an empty one; `check(row)` refuses what no row can be.
  template <class Check>
  void read(Reader& r, Check check) {
    const size_t n = r.count();
    uint64_t total = 0;
    CountedRow<Row> before{};
    for (size_t i = 0; i < n; ++i) {
      if (i % 65536 == 0) poll();
      CountedRow<Row> group;
      std::memcpy(&group.row, r.take(sizeof(Row)), sizeof(Row));
      check(group.row);
      if (i > 0 && !before.before(group)) Reader::fail("rows are not in order");
      group.customers = r.varint();
      if (group.customers == 0 || group.customers > max_counted ||
          (total += group.customers) > max_counted)
        Reader::fail("impossible counts of customers");
      this->append(group);
      before = group;
    }
  }
};

}  // namespace clientele
