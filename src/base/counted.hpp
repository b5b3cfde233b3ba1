// SPDX-License-Identifier: PostgreSQL
// A multiset of small rows, equal ones counted together: what fits and comparisons are made of.
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

/// Row is plain data without padding, in a strict total order in which equal rows have equal bytes.
template <class Row>
class Counted {
  static_assert(std::is_trivially_copyable_v<Row>);

 public:
  struct Group {
    Row row;
    uint64_t customers;
  };

  explicit Counted(std::pmr::memory_resource* memory) : groups_(memory), fresh_(memory) {}

  std::pmr::memory_resource* resource() const { return groups_.get_allocator().resource(); }

  /// True if it is time to settle: so many rows are not counted yet that it pays.
  bool add(const Row& row) {
    fresh_.push_back(row);
    return fresh_.size() >= 65536 && fresh_.size() >= groups_.size() / 2;
  }

  /// The different rows in order.
  std::span<const Group> groups() const {
    settle();
    return groups_;
  }

  void merge(const Counted& other) {
    settle();
    const std::span<const Group> more = other.groups();
    if (!more.empty()) join(more);
  }

  /// Replaces each row by change(row), which must keep the order and may make rows equal.
  template <class Change>
  void coarsen(Change change) {
    settle();
    size_t kept = 0;
    for (size_t i = 0; i < groups_.size(); ++i) {
      if (i % 65536 == 0) poll();
      const Group group{change(groups_[i].row), groups_[i].customers};
      if (kept > 0 && groups_[kept - 1].row == group.row)
        groups_[kept - 1].customers += group.customers;
      else
        groups_[kept++] = group;
    }
    groups_.resize(kept);
    groups_.shrink_to_fit();
  }

  void write(Writer& w) const {
    const std::span<const Group> all = groups();
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
    for (size_t i = 0; i < n; ++i) {
      if (i % 65536 == 0) poll();
      Group group;
      std::memcpy(&group.row, r.take(sizeof(Row)), sizeof(Row));
      check(group.row);
      if (i > 0 && !(groups_.back().row < group.row)) Reader::fail("rows are not in order");
      group.customers = r.varint();
      if (group.customers == 0 || group.customers > most || (total += group.customers) > most)
        Reader::fail("impossible counts of customers");
      groups_.push_back(group);
    }
  }

 private:
  static constexpr uint64_t most = uint64_t{1} << 48;

  void settle() const {
    if (fresh_.empty()) return;
    sort_polled(fresh_.begin(), fresh_.end());
    std::pmr::vector<Group> counted(fresh_.get_allocator());
    for (size_t i = 0; i < fresh_.size(); ++i) {
      if (i % 65536 == 0) poll();
      if (i > 0 && fresh_[i] == fresh_[i - 1])
        ++counted.back().customers;
      else
        counted.push_back({fresh_[i], 1});
    }
    join(counted);
    fresh_.clear();
    fresh_.shrink_to_fit();
  }

  /// Two ascending lists become one.
  void join(std::span<const Group> more) const {
    std::pmr::vector<Group> all(groups_.get_allocator());
    size_t l = 0, r = 0, steps = 0;
    while (l < groups_.size() || r < more.size()) {
      if (++steps % 65536 == 0) poll();
      const bool from_left =
          r == more.size() || (l < groups_.size() && !(more[r].row < groups_[l].row));
      const Group group = from_left ? groups_[l++] : more[r++];
      if (!all.empty() && all.back().row == group.row)
        all.back().customers += group.customers;
      else
        all.push_back(group);
    }
    groups_.swap(all);
  }

  // How the multiset is held may change while the multiset does not.
  mutable std::pmr::vector<Group> groups_;
  mutable std::pmr::vector<Row> fresh_;  // not counted yet, in any order
};

}  // namespace clientele
