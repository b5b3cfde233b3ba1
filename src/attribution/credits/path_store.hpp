// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/wide.hpp"

namespace clientele {

/// Hashes of the pieces of a sequence, each at constant cost. They depend on the names of channels
/// and not on their numbers.
class PathHashes {
 public:
  static uint64_t of_name(std::string_view name);

  /// `name_hash` by number.
  void start(std::span<const uint32_t> numbers, std::span<const uint64_t> name_hash);
  uint64_t of(size_t begin, size_t end) const {
    const uint64_t piece = sum_[end] - sum_[begin] * power_[end - begin];
    const uint64_t h = (piece ^ (end - begin)) * 0x9e3779b97f4a7c15U;
    return h ^ h >> 32;
  }

 private:
  std::vector<uint64_t> sum_, power_;
};

/// Different paths, and what they led to. Above a limit they are all given up: whether that happens
/// does not depend on the order in which they come.
class PathStore {
 public:
  static constexpr size_t max_paths = 1'000'000;
  static constexpr size_t max_touches = 4'194'304;  // of different paths together
  // Of those with more than `few` touches: where paths are long, hardly two are the same, and to
  // keep them costs more than all else.
  static constexpr size_t few = 4, max_long_touches = 524'288;

  struct Counts {
    uint64_t conversions = 0, nulls = 0;
    Int128 value = 0;
  };
  struct Path {
    uint64_t hash;
    uint32_t begin, length;
    Counts counts;
  };

  explicit PathStore(std::pmr::memory_resource* memory)
      : paths_(memory), touches_(memory), slots_(memory) {}

  /// Numbers are below 65536.
  void add(std::span<const uint32_t> path, uint64_t hash, const Counts& counts);
  /// Number i of the other is number[i] here.
  void merge(const PathStore& other, std::span<const uint32_t> number);

  bool given_up() const { return given_up_; }
  std::span<const Path> paths() const { return paths_; }
  std::span<const uint16_t> touches(const Path& path) const {
    return std::span(touches_).subspan(path.begin, path.length);
  }

  void write(Writer& w, std::span<const uint32_t> rank) const;
  void read(Reader& r, std::span<const uint64_t> name_hash);

 private:
  void give_up();
  void grow();

  bool given_up_ = false;
  size_t long_touches_ = 0;
  std::pmr::vector<Path> paths_;
  std::pmr::vector<uint16_t> touches_;
  std::pmr::vector<uint64_t> slots_;  // the upper half of a hash, and the number of a path + 1
};

}  // namespace clientele
