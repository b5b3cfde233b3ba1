// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <deque>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/durations.hpp"
#include "paths/found/basis.hpp"

namespace clientele {

/// One link: from a label to the one that follows it, or to the end of paths.
struct PathLink {
  uint32_t step = 0;  // from 1; 0 if steps are not distinguished
  std::string_view source;
  std::optional<std::string_view> target;  // none: the path ends at the source
  std::optional<uint64_t> customers;       // none if source or target stands for several events
  uint64_t paths = 0;
  std::optional<uint64_t> passages;  // times that the source stands there; none if unknown
  const Durations* times = nullptr;  // nullptr if they are not wanted
};

/// All links, in order. They refer to the summary that made them.
struct PathLinks {
  std::vector<PathLink> links;
  std::deque<Durations> added;  // times of links that are sums of others
};

/// Counts the links of many customers' paths: the state of the aggregate path_links.
class PathSummary {
 public:
  explicit PathSummary(std::pmr::memory_resource* memory);

  /// Counts one customer. The labels of `kinds` are numbers in `vocabulary`. All customers must
  /// come with one definition (22023 if not); `encoded` is what it is stored as.
  void add(std::span<const uint8_t> encoded, PathFinder& finder, const PathEvents<uint16_t>& events,
           std::span<const PathKind> kinds, const Vocabulary& vocabulary);
  void merge(const PathSummary& other);

  uint64_t customers() const { return basis_.customers(); }
  /// Links of enough customers, by step, most customers first, then most paths, then by name; with
  /// `top` the sums of others come last in their step.
  PathLinks links() const;

  /// Depends on the multiset of customers only. Versioned; what the first version did not count is
  /// unknown in what is read from it, and in what that is merged with.
  void write(Bytes& out) const;
  void read(Reader& reader);

 private:
  // Numbers of labels follow those of two targets that are not labels.
  static constexpr uint32_t end = 0;       // the path ends at the source
  static constexpr uint32_t standing = 1;  // the source stands there; counted for `top` only
  static constexpr uint32_t first_label = 2;
  struct Cell {
    uint32_t step, source, target;
    uint64_t customers, paths;
    uint64_t last_customer;  // the number of the customer that was here last
  };
  static constexpr uint32_t none = ~uint32_t{0};
  static constexpr size_t max_links = 2'000'000;
  static constexpr size_t max_slots = size_t{1} << 18;

  std::string_view label(uint32_t number) const { return basis_.label(number - first_label); }
  /// Gives slots to as many labels as there are.
  void fit();
  uint32_t cell_of(uint32_t step, uint32_t source, uint32_t target) {
    const size_t slot = ((size_t{step} << bits_ | source) << bits_) | target;
    if (slot < slots_.size() && slots_[slot] != none) return slots_[slot];
    return find_cell(step, source, target);
  }
  uint32_t find_cell(uint32_t step, uint32_t source, uint32_t target);
  void place(uint32_t cell);
  void place_all();
  uint32_t* bucket_of(uint32_t step, uint32_t source, uint32_t target);
  uint32_t count(uint32_t step, uint32_t source, uint32_t target) {
    const uint32_t cell = cell_of(step, source, target);
    Cell& c = cells_[cell];
    ++c.paths;
    c.customers += c.last_customer != customers();
    c.last_customer = customers();
    return cell;
  }
  template <bool by_step, bool timed>
  void add_all(const PathEvents<uint16_t>& events, std::span<const uint32_t> numbers);
  void add_paths(PathFinder& finder, const PathEvents<uint16_t>& events,
                 std::span<const PathKind> kinds);
  void check(const Cell& cell) const;
  friend class LinkList;

  PathBasis basis_;
  bool ends_counted_ = true;

  std::pmr::vector<Cell> cells_;
  std::pmr::vector<Durations> times_;  // one a cell, or none at all
  // Where a cell is: by step x source x target for the first steps, in a hash table for the others.
  std::pmr::vector<uint32_t> slots_;
  uint32_t steps_ = 0;  // that slots_ holds
  int bits_ = 3;        // of a label's number in slots_
  std::pmr::vector<uint32_t> buckets_;
  size_t hashed_ = 0;
};

}  // namespace clientele
