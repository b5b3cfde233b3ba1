// SPDX-License-Identifier: PostgreSQL
// The ledger: which whole numbers have been read. It is kept in chunks of less than 2 kB, so that a
// batch rewrites little.
#pragma once
#include <array>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "base/bytes.hpp"

namespace clientele::sources {

/// Numbers in a row.
struct Run {
  int64_t first, last;
  bool operator==(const Run&) const = default;
};
/// Ascending, none empty, a gap between two of them.
using Runs = std::pmr::vector<Run>;

/// Joins ascending numbers, which may be repeated, with runs.
Runs with_numbers(const Runs& runs, std::span<const int64_t> ascending);
bool has(const Runs& runs, int64_t number);

/// A part of the ledger: the numbers from first_id up to the next chunk.
struct Chunk {
  int64_t first_id;
  Bytes bytes;
};
inline constexpr size_t chunk_bytes = 1800;

/// Writes runs, of which none is below first_id, as chunks of at most chunk_bytes; the first one
/// has first_id. A chunk is a list of runs or one bit a number, whichever is shorter.
std::pmr::vector<Chunk> write_chunks(int64_t first_id, const Runs& runs);
/// XX001 for what is not a chunk.
Runs read_chunk(int64_t first_id, std::span<const uint8_t> bytes);

/// Chunks in memory, as they are stored; those that are asked for are decoded.
class OpenLedger {
 public:
  explicit OpenLedger(std::pmr::memory_resource* memory)
      : firsts_(memory), ends_(memory), bytes_(memory) {}

  /// In ascending order.
  void add_chunk(int64_t first_id, std::span<const uint8_t> bytes);
  bool contains(int64_t number);

  /// The gaps between the numbers of the ledger that are above `floor` and up to `top`: at most
  /// `most` of them. Whether these are all.
  bool gaps(int64_t floor, int64_t top, size_t most, Runs& out);

 private:
  struct Decoded {
    size_t chunk = SIZE_MAX;
    Runs runs;
  };
  const Runs& decoded(size_t chunk);
  std::span<const uint8_t> bytes_of(size_t chunk) const;

  std::pmr::vector<int64_t> firsts_;
  std::pmr::vector<size_t> ends_;
  Bytes bytes_;
  size_t last_ = 0;
  std::array<Decoded, 64> decoded_;
};

}  // namespace clientele::sources
