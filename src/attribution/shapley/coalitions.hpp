// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <array>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/bytes.hpp"
#include "base/wide.hpp"

namespace clientele {

/// Paths by the set of numbers that they touch, and what such a set is worth by conversions a path.
class CoalitionWorth {
 public:
  static constexpr size_t max_players = 20;

  struct Paths {
    uint64_t conversions = 0, paths = 0;
    Int128 value = 0;
  };

  explicit CoalitionWorth(std::pmr::memory_resource* memory) : sets_(memory) {}

  /// `set` has a bit for each number.
  void add(uint32_t set, const Paths& paths);
  void clear() { sets_.clear(); }
  /// Number i of the other is number[i] here.
  void merge(const CoalitionWorth& other, std::span<const uint32_t> number);

  /// The Shapley values of numbers 0 to players - 1: what each adds to the rate of the coalitions
  /// without it, times the number of all paths. By all coalitions.
  std::vector<std::array<double, 2>> rate_values(std::span<const uint32_t> rank) const;

  void write(Writer& w, std::span<const uint32_t> rank) const;
  void read(Reader& r, size_t players);

 private:
  std::vector<std::pair<uint32_t, Paths>> ranked(std::span<const uint32_t> rank) const;

  std::pmr::unordered_map<uint32_t, Paths> sets_;
};

/// The sets of numbers in the windows of a sequence, whose ends move forward.
class WindowSets {
 public:
  void start(std::span<const uint32_t> numbers) {
    numbers_ = numbers;
    begin_ = end_ = 0;
    set_ = 0;
    count_.fill(0);
  }
  uint32_t move(size_t begin, size_t end) {
    if (begin >= end_) {
      count_.fill(0);
      begin_ = end_ = begin;
      set_ = 0;
    }
    for (; end_ < end; ++end_)
      if (count_[numbers_[end_]]++ == 0) set_ |= uint32_t{1} << numbers_[end_];
    for (; begin_ < begin; ++begin_)
      if (--count_[numbers_[begin_]] == 0) set_ &= ~(uint32_t{1} << numbers_[begin_]);
    return set_;
  }

 private:
  std::span<const uint32_t> numbers_;
  size_t begin_ = 0, end_ = 0;
  uint32_t set_ = 0;
  std::array<uint32_t, CoalitionWorth::max_players> count_{};
};

}  // namespace clientele
