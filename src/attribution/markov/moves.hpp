// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <array>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/wide.hpp"

namespace clientele {

/// Moves between states, a state being the last `order` numbers of a walk: what a Markov chain is
/// estimated from.
class MarkovMoves {
 public:
  static constexpr int max_order = 3;
  static constexpr size_t max_moves = 2'000'000;
  /// Of all walks together, counted as often as they were made; so no count overflows.
  static constexpr uint64_t max_touched = uint64_t{1} << 62;
  static constexpr uint32_t none = ~uint32_t{0};

  /// The last numbers, the latest at the end; fewer at the beginning of a walk.
  struct State {
    std::array<uint32_t, max_order> last{none, none, none};  // from the front
    uint32_t length = 0;
    uint64_t conversions = 0;
    uint64_t nulls = 0;
    Int128 value = 0;
    bool ends() const { return conversions != 0 || nulls != 0; }
    bool holds(uint32_t number) const {
      return last[0] == number || last[1] == number || last[2] == number;
    }
  };
  struct Move {
    uint32_t from, to;  // states
    uint64_t count;
  };

  MarkovMoves(std::pmr::memory_resource* memory, int order);

  /// Walks over the same numbers, each over those from `begin` to before `end`, both of which
  /// ascend. The time does not depend on how long the walks are.
  struct Walk {
    size_t begin, end;
    uint64_t conversions, nulls;
    Int128 value;
  };
  void add(std::span<const uint32_t> numbers, std::span<const Walk> walks);

  /// Number i of the other is number[i] here.
  void merge(const MarkovMoves& other, std::span<const uint32_t> number);

  /// State 0 is the start. Moves with a count of 0 may be among them.
  std::span<const State> states() const { return states_; }
  std::span<const Move> moves() const { return moves_; }

  /// `rank` puts the numbers in order, and is what is written for them.
  void write(Writer& w, std::span<const uint32_t> rank) const;
  void read(Reader& r, size_t numbers);

 private:
  uint32_t move(uint32_t from, uint32_t number);
  uint32_t look_up(uint32_t from, uint32_t number);
  uint32_t find(uint32_t from, uint32_t number);
  uint32_t state_of(const State& wanted);
  uint32_t state_after(std::span<const uint32_t> numbers);
  void grow();

  size_t order_;
  std::pmr::vector<State> states_;
  std::pmr::vector<Move> moves_;
  struct Slot {
    uint64_t key;
    uint32_t move;
  };
  std::pmr::vector<Slot> slots_;  // of moves, by state and number
  static constexpr uint32_t few = 64;
  std::vector<uint32_t> at_hand_;           // the same for the first states and numbers
  std::pmr::vector<uint32_t> state_slots_;  // of states
  std::vector<int64_t> change_;             // of the walks that pass, by place
};

}  // namespace clientele
