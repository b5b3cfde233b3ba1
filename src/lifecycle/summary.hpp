// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <memory_resource>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "lifecycle/definition.hpp"

namespace clientele {

/// What the SQL type lifecycle_summary holds: how many customers moved from stage to stage in each
/// period. Stages count from 1, and 0 is none.
class LifecycleSummary {
 public:
  explicit LifecycleSummary(std::pmr::memory_resource* memory)
      : definition_(memory), periods_(memory) {}

  bool started() const { return !definition_.empty(); }
  /// The bytes of a resolved definition, which must be the same for all customers.
  std::span<const uint8_t> definition() const { return definition_; }
  void start(std::span<const uint8_t> definition, size_t stages) {
    definition_.assign(definition.begin(), definition.end());
    stages_ = stages;
  }

  void add_customer() { ++customers_; }
  /// A customer was in a stage at the beginning and in one at the end of a period; not 0 in both.
  void move(int64_t period, uint32_t from, uint32_t to) { ++at(period)[cell(from, to)]; }
  /// The same stage, not 0, in all periods from one up to another, which is not one of them.
  void stay(int64_t first, int64_t end, uint32_t stage) {
    ++at(first)[change(stage)];
    --at(end)[change(stage)];
  }
  void merge(const LifecycleSummary& other);

  size_t stages() const { return stages_; }
  uint64_t customers() const { return customers_; }
  /// Calls take(period, moves) for each period from the first to the last in which customers are in
  /// a stage; moves[from * (stages + 1) + to] counts them. 54000 for too many periods.
  template <class Take>
  void each(Take take) const;

  void write(Bytes& out) const;
  void read(Reader& reader);

 private:
  /// Counts of moves, then changes of the number of those who stay, by stage.
  using Counts = std::pmr::vector<int64_t>;

  size_t cell(uint32_t from, uint32_t to) const { return from * (stages_ + 1) + to; }
  size_t moves() const { return (stages_ + 1) * (stages_ + 1); }
  size_t change(uint32_t stage) const { return moves() + stage - 1; }
  size_t size() const { return moves() + stages_; }
  Counts& at(int64_t period);
  static void check_periods(uint64_t periods);

  struct Known {
    int64_t period = 0;
    Counts* counts = nullptr;
  };
  std::pmr::vector<uint8_t> definition_;
  size_t stages_ = 0;
  uint64_t customers_ = 0;
  std::pmr::map<int64_t, Counts> periods_;
  std::array<Known, 64> known_{};
};

template <class Take>
void LifecycleSummary::each(Take take) const {
  std::vector<int64_t> staying(stages_, 0), now;
  uint64_t shown = 0;
  int64_t next = 0;
  const auto show = [&](int64_t period) {
    check_periods(++shown);
    take(period, now);
  };
  const auto only_staying = [&] {
    now.assign(moves(), 0);
    int64_t all = 0;
    for (uint32_t s = 1; s <= stages_; ++s) {
      now[cell(s, s)] = staying[s - 1];
      all += staying[s - 1];
    }
    return all > 0;
  };
  for (const auto& [period, counts] : periods_) {
    if (shown > 0)
      for (only_staying(); next < period; ++next) show(next);
    for (size_t s = 0; s < stages_; ++s) staying[s] += counts[moves() + s];
    bool any = only_staying();
    for (size_t i = 0; i < moves(); ++i) {
      now[i] += counts[i];
      any |= counts[i] > 0;
    }
    if (any) show(period);
    next = period + 1;
  }
}

}  // namespace clientele
