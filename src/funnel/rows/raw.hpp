// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <memory_resource>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.hpp"
#include "funnel/search/funnel.hpp"

namespace clientele {

/// What all rows of a customer come with.
struct RawRule : StepModes {
  int32_t steps = 0;  // none before the first row
  uint64_t within = no_limit;
  size_t words() const { return (static_cast<size_t>(steps) + 63) / 64; }
  friend bool operator==(const RawRule&, const RawRule&) = default;
};

/// The rows of one customer as they come, each with the steps whose conditions it meets: the state
/// of the aggregate window_funnel. All that it owns is in the given memory.
class RawFunnel {
 public:
  explicit RawFunnel(std::pmr::memory_resource* memory) : mode_(memory), rows_(memory) {}

  /// What all rows come with; `mode` is empty or as parse_modes() reads it. Errors: 22023 if it
  /// differs from the row before, without a step, and for an unknown mode.
  void define(uint64_t within, size_t steps, std::string_view mode) {
    if (static_cast<size_t>(rule_.steps) == steps && rule_.within == within && steps != 0 &&
        mode == std::string_view(mode_.data(), mode_.size()))
      return;
    define_first(within, steps, mode);
  }

  /// A row that meets the conditions whose flags are not 0, one a step.
  void add(Micros at, const uint8_t* flags) {
    const auto steps = static_cast<size_t>(rule_.steps);
    if (steps <= 64) {
      uint64_t mask = 0;
      for (size_t s = 0; s < steps; ++s) mask |= static_cast<uint64_t>(flags[s] != 0) << s;
      if (mask == 0 && !all_rows_) return;
      const uint64_t row[] = {static_cast<uint64_t>(at), mask};
      rows_.insert(rows_.end(), row, row + 2);
    } else {
      add_wide(at, flags);
    }
  }
  /// 22023 if the other one is defined in another way.
  void merge(const RawFunnel& other);

  const RawRule& rule() const { return rule_; }
  /// Of each row its time, and then the bits of its steps in rule().words() words. Rows that can
  /// change nothing are missing.
  std::span<const uint64_t> rows() const { return rows_; }

  /// Versioned.
  void write(Bytes& out) const;
  /// Of an empty one; error XX001 for bytes that write() does not make.
  void read(Reader& reader);

 private:
  void define_first(uint64_t within, size_t steps, std::string_view mode);
  void add_wide(Micros at, const uint8_t* flags);

  RawRule rule_;
  bool all_rows_ = false;        // rows that meet no condition matter, too
  std::pmr::vector<char> mode_;  // as written; write() leaves it out
  std::pmr::vector<uint64_t> rows_;
};

/// How many steps customer after customer reached. It keeps its search and its buffers.
class RawSolver {
 public:
  explicit RawSolver(std::pmr::memory_resource* = nullptr) {}
  int depth(const RawFunnel& funnel);

 private:
  struct NarrowRow {
    Micros at;
    uint64_t steps;
  };
  void start(const RawRule& rule);
  /// Fills sorted_. Does each row meet one condition at most?
  bool sort_narrow(std::span<const uint64_t> rows);
  int depth_of_timeline();
  void read_narrow();
  void read_wide(std::span<const uint64_t> rows);
  uint32_t class_of(uint64_t steps);
  uint32_t class_of(std::span<const uint64_t> steps);
  uint32_t class_of_step(size_t step);
  uint32_t new_class(std::span<const uint64_t> steps);
  FunnelSolver& solver();

  RawRule rule_;
  FunnelQuestion question_;
  FunnelQuestion simple_question_;
  std::unique_ptr<FunnelSolver> simple_;  // for rows that meet one condition, if no mode forbids it
  std::unique_ptr<FunnelSolver> solver_;
  size_t solver_classes_ = 0;     // the search knows these; there may be more since
  std::vector<uint32_t> single_;  // by step, the class of a row that meets its condition alone
  std::unordered_map<uint64_t, uint32_t> narrow_;
  std::map<std::vector<uint64_t>, uint32_t> wide_;
  std::vector<NarrowRow> sorted_;
  std::vector<Micros> at_;
  std::vector<uint16_t> step_;
  std::vector<Hit> hits_;
};

}  // namespace clientele
