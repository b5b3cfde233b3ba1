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

/// How long customers stay at an event, until the next one of the path.
struct DwellTime {
  std::string_view event;
  uint64_t stands = 0;                // how often it stands in a path
  uint64_t lasts = 0;                 // of these, at the end, and so without a time
  std::optional<uint64_t> customers;  // none for the sum of several events
  unsigned __int128 total = 0;        // microseconds
  const Durations* times = nullptr;   // nullptr if they are not wanted
};

/// All events, in order. They refer to the summary that made them.
struct DwellTimes {
  std::vector<DwellTime> events;
  std::deque<Durations> added;  // the times of the sum
};

/// Counts the times that many customers stay: the state of the aggregate dwell.
class DwellSummary {
 public:
  explicit DwellSummary(std::pmr::memory_resource* memory);

  /// Counts one customer; as PathSummary::add. The finder must neither turn around nor cut.
  void add(std::span<const uint8_t> encoded, PathFinder& finder, const PathEvents<uint16_t>& events,
           std::span<const PathKind> kinds, const Vocabulary& vocabulary);
  void merge(const DwellSummary& other);

  /// Events of enough customers, most customers first, then those that stand in paths most
  /// often, then by name; with `top` at most that many, and then the sum of the others, if any.
  DwellTimes list() const;

  /// Depends on the multiset of customers only. Versioned.
  void write(Bytes& out) const;
  void read(Reader& reader);

 private:
  struct Cell {
    uint64_t stands = 0, lasts = 0, customers = 0;
    uint64_t last_customer = 0;         // the number of the customer that was here last
    uint64_t total = 0, overflows = 0;  // a sum and how often it went past 2^64
    void add(uint64_t micros) { overflows += __builtin_add_overflow(total, micros, &total); }
    unsigned __int128 sum() const {
      return static_cast<unsigned __int128>(overflows) << 64 | total;
    }
  };
  void fit();
  void add_all(const PathEvents<uint16_t>& events, std::span<const uint32_t> numbers);

  PathBasis basis_;
  std::pmr::vector<Cell> cells_;       // by label
  std::pmr::vector<Durations> times_;  // likewise, or none at all
};

}  // namespace clientele
