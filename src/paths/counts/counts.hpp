// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/durations.hpp"
#include "paths/found/basis.hpp"

namespace clientele {

/// One path; `number` is that of PathCounts::names.
struct PathCount {
  std::optional<uint32_t> number;     // none: all paths that are not listed
  std::optional<uint64_t> customers;  // none for these
  uint64_t paths = 0;
  const Durations* times = nullptr;  // from the first event to the last; nullptr if not wanted
};

/// Counts the different paths of many customers: the state of the aggregate path_counts.
class PathCounts {
 public:
  explicit PathCounts(std::pmr::memory_resource* memory);

  /// Counts one customer; as PathSummary::add.
  void add(std::span<const uint8_t> encoded, PathFinder& finder, const PathEvents<uint16_t>& events,
           std::span<const PathKind> kinds, const Vocabulary& vocabulary);
  void merge(const PathCounts& other);

  uint64_t customers() const { return basis_.customers(); }
  /// Paths of enough customers, most customers first, then most paths, then by names; with `top` at
  /// most that many, and then the sum of the others, if there are any.
  std::vector<PathCount> list() const;
  void names(uint32_t number, std::vector<std::string_view>& names) const;

  /// Depends on the multiset of customers only. Versioned.
  void write(Bytes& out) const;
  void read(Reader& reader);

 private:
  struct Entry {
    size_t begin;  // of its labels in nodes_
    size_t length;
    uint64_t customers, paths;
    uint64_t last_customer;  // the number of the customer that had it last
    uint64_t hash;
  };
  static constexpr uint32_t none = ~uint32_t{0};
  static constexpr size_t max_paths = 1'000'000;
  static constexpr size_t max_nodes = size_t{1} << 28;

  std::span<const uint32_t> labels(uint32_t entry) const {
    return {nodes_.data() + entries_[entry].begin, entries_[entry].length};
  }
  /// The entry of these labels, made if there is none.
  uint32_t entry_of(std::span<const uint32_t> labels);
  void grow();
  /// Places in the order of the labels' names, by number.
  std::vector<uint32_t> label_places() const;
  /// Entries in the order of their names.
  std::vector<uint32_t> in_order(std::span<const uint32_t> label_place) const;

  PathBasis basis_;
  std::pmr::vector<uint32_t> nodes_;
  std::pmr::vector<Entry> entries_;
  std::pmr::vector<Durations> times_;   // one an entry, or none at all
  std::pmr::vector<uint32_t> buckets_;  // a power of two, at most half of them in use
  std::vector<uint32_t> path_;
};

}  // namespace clientele
