// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "funnel/search/funnel.hpp"

namespace clientele {

/// The rows of one customer as they come, each with the steps whose conditions it meets: the state
/// of the aggregate window_funnel. All that it owns is in the given memory.
class RawFunnel {
 public:
  explicit RawFunnel(std::pmr::memory_resource* memory)
      : mode_(memory), at_(memory), mask_(memory) {}

  /// What all rows come with; `mode` is a list of ordered, strict, any and strictly_increasing with
  /// commas. Errors: 22023 if it differs from the row before, without a step, and for another word
  /// in the mode; 54000 for too many steps.
  void define(uint64_t within, size_t steps, std::string_view mode);

  /// A row. Calls `meets(step)` for each step in order, counted from 0.
  template <class Meets>
  void add(Micros at, Meets meets) {
    at_.push_back(at);
    mask_.resize(mask_.size() + words(), 0);
    uint64_t* const mask = &mask_[mask_.size() - words()];
    for (int32_t s = 0; s < rule_.steps; ++s)
      if (meets(s)) mask[s / 64] |= uint64_t{1} << (s % 64);
  }
  /// 22023 if the other one is defined in another way.
  void merge(const RawFunnel& other);

  /// How many steps the customer reached. Changes nothing.
  int depth() const;

  /// Versioned.
  void write(Bytes& out) const;
  /// Of an empty one; error XX001 for bytes that write() does not make.
  void read(Reader& reader);

 private:
  struct Rule {
    int32_t steps = 0;  // none before the first row
    StepOrder order = StepOrder::ordered;
    bool strictly_increasing = false;
    uint64_t within = no_limit;
    friend bool operator==(const Rule&, const Rule&) = default;
  };
  static Rule rule(uint64_t within, size_t steps, std::string_view mode);
  size_t words() const { return (static_cast<size_t>(rule_.steps) + 63) / 64; }

  Rule rule_;
  std::pmr::vector<char> mode_;  // as written; write() leaves it out
  std::pmr::vector<Micros> at_;
  std::pmr::vector<uint64_t> mask_;  // words() a row
};

}  // namespace clientele
