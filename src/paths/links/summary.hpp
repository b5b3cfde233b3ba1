// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.hpp"
#include "base/durations.hpp"
#include "journey/vocabulary.hpp"
#include "paths/found/paths.hpp"

namespace clientele {

/// One link: from a label to the one that follows it.
struct PathLink {
  uint32_t step = 0;  // from 1; 0 if steps are not distinguished
  std::string_view source, target;
  uint64_t customers = 0;
  uint64_t paths = 0;
  const Durations* times = nullptr;  // nullptr if they are not wanted
};

/// Counts the links of many customers' paths: the state of the aggregate path_links.
class PathSummary {
 public:
  explicit PathSummary(std::pmr::memory_resource* memory);

  /// Counts one customer. The labels of `kinds` are numbers in `vocabulary`. All customers must
  /// come with one definition (22023 if not); `encoded` is what it is stored as. `events` with ties
  /// in order.
  void add(std::span<const uint8_t> encoded, PathFinder& finder, const PathEvents<uint16_t>& events,
           std::span<const PathKind> kinds, const Vocabulary& vocabulary);
  void merge(const PathSummary& other);

  /// Links of enough customers, by step, most customers first, then most paths, then by name.
  std::vector<PathLink> links() const;

  /// Depends on the multiset of customers only. Versioned.
  void write(Bytes& out) const;
  void read(Reader& reader);

 private:
  struct Cell {
    uint32_t step, source, target;
    uint64_t customers, paths;
    uint64_t last_customer;  // the number of the customer that was here last
  };
  static constexpr uint32_t none = ~uint32_t{0};
  static constexpr size_t max_links = 2'000'000;
  static constexpr size_t max_slots = size_t{1} << 18;

  void define(std::span<const uint8_t> encoded);
  uint32_t label_number(std::string_view text);
  uint32_t cell_of(uint32_t step, uint32_t source, uint32_t target) {
    const size_t slot = ((size_t{step} << bits_ | source) << bits_) | target;
    if (slot < slots_.size() && slots_[slot] != none) return slots_[slot];
    return find_cell(step, source, target);
  }
  uint32_t find_cell(uint32_t step, uint32_t source, uint32_t target);
  void place(uint32_t cell);
  void place_all();
  uint32_t* bucket_of(uint32_t step, uint32_t source, uint32_t target);
  void count(uint32_t cell) {
    Cell& c = cells_[cell];
    ++c.paths;
    c.customers += c.last_customer != customers_;
    c.last_customer = customers_;
  }
  template <bool by_step, bool timed>
  void add_all(const PathEvents<uint16_t>& events);
  void add_paths(PathFinder& finder, const PathEvents<uint16_t>& events,
                 std::span<const PathKind> kinds);

  std::pmr::vector<uint8_t> encoded_;  // the definition; empty before the first customer
  PathDefinition definition_;
  uint64_t customers_ = 0;
  std::pmr::vector<std::pmr::string> labels_;
  std::pmr::unordered_map<std::string_view, uint32_t> label_numbers_;

  std::pmr::vector<Cell> cells_;
  std::pmr::vector<Durations> times_;  // one a cell, or none at all
  // Where a cell is: by step x source x target for the first steps, in a hash table for the others.
  std::pmr::vector<uint32_t> slots_;
  uint32_t steps_ = 0;  // that slots_ holds
  int bits_ = 2;        // of a label's number in slots_
  std::pmr::vector<uint32_t> buckets_;
  size_t hashed_ = 0;

  uint64_t vocabulary_ = 0;
  std::pmr::vector<uint32_t> number_of_;  // by number in the vocabulary
  std::vector<uint32_t> local_;           // by kind, for the customer at hand
};

}  // namespace clientele
