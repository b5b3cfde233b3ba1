// SPDX-License-Identifier: PostgreSQL
#include "attribution/markov/moves.hpp"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "base/error.hpp"
#include "base/poll.hpp"
#include "base/sort.hpp"

namespace clientele {
namespace {

constexpr uint64_t free_slot = ~uint64_t{0};

uint64_t mixed(uint64_t h) {
  h *= 0x9e3779b97f4a7c15U;
  return h ^ h >> 32;
}

uint64_t hash_of(const MarkovMoves::State& s) {
  uint64_t h = s.length;
  for (uint32_t i = 0; i < s.length; ++i) h = mixed(h ^ s.last[i]);
  return h;
}

}  // namespace

MarkovMoves::MarkovMoves(std::pmr::memory_resource* memory, int order)
    : order_(static_cast<size_t>(order)),
      states_(memory),
      moves_(memory),
      slots_(memory),
      state_slots_(memory) {
  states_.emplace_back();
  slots_.assign(64, {free_slot, 0});
  state_slots_.assign(64, none);
  state_of(State{});
}

// The state with these numbers, made if it is new.
uint32_t MarkovMoves::state_of(const State& wanted) {
  if (2 * states_.size() >= state_slots_.size()) {
    const size_t size = 2 * state_slots_.size();
    state_slots_.assign(size, none);
    for (uint32_t s = 0; s < states_.size(); ++s) {
      size_t i = hash_of(states_[s]) & (size - 1);
      while (state_slots_[i] != none) i = (i + 1) & (size - 1);
      state_slots_[i] = s;
    }
  }
  const size_t mask = state_slots_.size() - 1;
  for (size_t i = hash_of(wanted) & mask;; i = (i + 1) & mask) {
    const uint32_t s = state_slots_[i];
    if (s == none) {
      const bool start = wanted.length == 0;
      state_slots_[i] = start ? 0 : static_cast<uint32_t>(states_.size());
      if (start) return 0;
      State made;
      made.last = wanted.last;
      made.length = wanted.length;
      states_.push_back(made);
      return state_slots_[i];
    }
    if (states_[s].length == wanted.length && states_[s].last == wanted.last) return s;
  }
}

void MarkovMoves::grow() {
  const size_t size = 2 * slots_.size();
  std::pmr::vector<Slot> old(size, {free_slot, 0}, slots_.get_allocator());
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.key == free_slot) continue;
    size_t i = mixed(slot.key) & (size - 1);
    while (slots_[i].key != free_slot) i = (i + 1) & (size - 1);
    slots_[i] = slot;
  }
}

uint32_t MarkovMoves::move(uint32_t from, uint32_t number) {
  if (from >= few || number >= few) return look_up(from, number);
  if (at_hand_.empty()) at_hand_.assign(few * few, none);
  uint32_t& known = at_hand_[from * few + number];
  if (known == none) known = look_up(from, number);
  return known;
}

uint32_t MarkovMoves::look_up(uint32_t from, uint32_t number) {
  const uint64_t key = uint64_t{from} << 32 | number;
  const size_t mask = slots_.size() - 1;
  for (size_t i = mixed(key) & mask; slots_[i].key != free_slot; i = (i + 1) & mask)
    if (slots_[i].key == key) return slots_[i].move;
  return find(from, number);
}

// Makes a move that is not there yet.
uint32_t MarkovMoves::find(uint32_t from, uint32_t number) {
  if (moves_.size() >= max_moves)
    throw Error(sqlstate::limit_exceeded,
                "a Markov model of order " + std::to_string(order_) + " has more than " +
                    std::to_string(max_moves) + " different moves",
                "Group channels, or ask for a lower order.");
  State next;
  const State& state = states_[from];
  const uint32_t kept = std::min<uint32_t>(state.length, static_cast<uint32_t>(order_) - 1);
  for (uint32_t i = 0; i < kept; ++i) next.last[i] = state.last[state.length - kept + i];
  next.last[kept] = number;
  next.length = kept + 1;
  const uint32_t to = state_of(next);
  if (2 * (moves_.size() + 1) > slots_.size()) grow();
  const uint64_t key = uint64_t{from} << 32 | number;
  size_t i = mixed(key) & (slots_.size() - 1);
  while (slots_[i].key != free_slot) i = (i + 1) & (slots_.size() - 1);
  slots_[i] = {key, static_cast<uint32_t>(moves_.size())};
  moves_.push_back({from, to, 0});
  return slots_[i].move;
}

uint32_t MarkovMoves::state_after(std::span<const uint32_t> numbers) {
  State state;
  state.length = static_cast<uint32_t>(numbers.size());
  std::ranges::copy(numbers, state.last.begin());
  return state_of(state);
}

// The first moves of a walk are made one by one. All others lead from full states, which do not
// depend on where the walk began: how many walks pass is kept up to date from place to place.
void MarkovMoves::add(std::span<const uint32_t> numbers, std::span<const Walk> walks) {
  Work work;
  bool passes = false;
  for (const Walk& walk : walks) {
    const uint64_t weight = walk.conversions + walk.nulls;
    if (weight == 0 || walk.begin == walk.end) continue;
    const size_t full = std::min(walk.end, walk.begin + order_);
    uint32_t state = 0;
    for (size_t i = walk.begin; i < full; ++i) {
      const uint32_t m = move(state, numbers[i]);
      moves_[m].count += weight;
      state = moves_[m].to;
    }
    if (walk.end > full) {
      if (!passes) change_.assign(numbers.size() + 1, 0);
      passes = true;
      change_[full] += static_cast<int64_t>(weight);
      change_[walk.end] -= static_cast<int64_t>(weight);
      state = state_after(numbers.subspan(walk.end - order_, order_));
    }
    State& end = states_[state];
    end.conversions += walk.conversions;
    end.nulls += walk.nulls;
    end.value += walk.value;
    work.done(order_);
  }
  if (!passes) return;
  int64_t passing = 0;
  uint32_t state = none;
  for (size_t i = 0; i < numbers.size(); ++i) {
    passing += change_[i];
    if (passing == 0) {
      state = none;
      continue;
    }
    if (state == none) state = state_after(numbers.subspan(i - order_, order_));
    const uint32_t m = move(state, numbers[i]);
    moves_[m].count += static_cast<uint64_t>(passing);
    state = moves_[m].to;
    if (i % 65536 == 0) poll();
  }
}

void MarkovMoves::merge(const MarkovMoves& other, std::span<const uint32_t> number) {
  Work work;
  std::vector<uint32_t> here(other.states_.size());
  for (size_t s = 0; s < here.size(); ++s) {
    State state = other.states_[s];
    for (uint32_t i = 0; i < state.length; ++i) state.last[i] = number[state.last[i]];
    here[s] = state_of(state);
    State& mine = states_[here[s]];
    mine.conversions += state.conversions;
    mine.nulls += state.nulls;
    mine.value += state.value;
    work.done(4);
  }
  for (const Move& m : other.moves_) {
    if (m.count == 0) continue;
    const State& to = states_[here[m.to]];
    moves_[move(here[m.from], to.last[to.length - 1])].count += m.count;
    work.done(4);
  }
}

// State by state in order: its numbers, its ends, its moves.
void MarkovMoves::write(Writer& w, std::span<const uint32_t> rank) const {
  const auto ranks = [&](const State& s) {
    std::array<uint32_t, max_order> r{};
    for (uint32_t i = 0; i < s.length; ++i) r[i] = rank[s.last[i]];
    return std::tuple(s.length, r);
  };
  struct Line {
    uint32_t length;
    std::array<uint32_t, max_order> numbers;
    uint32_t next, state;
    uint64_t count;
    auto key() const { return std::tie(length, numbers, next); }
  };
  // A line for each state that ends walks, with next = none, which comes last, and for each move.
  std::vector<Line> lines;
  const auto line = [&](uint32_t s, uint32_t next, uint64_t count) {
    const auto [length, numbers] = ranks(states_[s]);
    lines.push_back({length, numbers, next, s, count});
  };
  for (const Move& m : moves_) {
    const State& to = states_[m.to];
    if (m.count > 0) line(m.from, rank[to.last[to.length - 1]], m.count);
  }
  for (uint32_t s = 0; s < states_.size(); ++s)
    if (states_[s].ends()) line(s, none, 0);
  sort_polled(lines.begin(), lines.end(),
              [](const Line& a, const Line& b) { return a.key() < b.key(); });
  w.varint(lines.size());
  for (const Line& l : lines) {
    w.varint(l.length);
    for (uint32_t i = 0; i < l.length; ++i) w.varint(l.numbers[i]);
    w.varint(l.next == none ? 0 : uint64_t{l.next} + 1);
    if (l.next != none) {
      w.varint(l.count);
      continue;
    }
    const State& s = states_[l.state];
    w.varint(s.conversions);
    w.varint(s.nulls);
    w.raw(&s.value, sizeof s.value);
  }
}

void MarkovMoves::read(Reader& r, size_t numbers) {
  const size_t lines = r.count(1);
  using Key = std::tuple<uint32_t, std::array<uint32_t, max_order>, uint64_t>;
  Key before;
  const auto number = [&] {
    const uint64_t n = r.varint();
    if (n >= numbers) Reader::fail("a channel is out of range");
    return static_cast<uint32_t>(n);
  };
  const auto count = [&] {
    const uint64_t n = r.varint();
    if (n > max_touched) Reader::fail("impossible counts of moves");
    return n;
  };
  std::vector<std::array<uint64_t, 2>> flow;  // into and out of each state
  const auto flows = [&](uint32_t state, int out, uint64_t n) {
    if (flow.size() <= state) flow.resize(state + 1);
    flow[state][out] += n;
    if (flow[state][out] > max_touched) Reader::fail("impossible counts of moves");
  };
  for (size_t i = 0; i < lines; ++i) {
    if (i % 4096 == 0) poll();
    State state;
    const uint64_t length = r.varint();
    if (length > order_) Reader::fail("a state has too many channels");
    state.length = static_cast<uint32_t>(length);
    std::array<uint32_t, max_order> key{};
    for (uint32_t k = 0; k < state.length; ++k) state.last[k] = key[k] = number();
    const uint64_t next = r.varint();
    if (next > numbers) Reader::fail("a channel is out of range");
    const Key here(state.length, key, next == 0 ? ~uint64_t{0} : next);
    if (i > 0 && here <= before) Reader::fail("moves are not in order");
    before = here;
    const uint32_t from = state_of(state);
    if (next > 0) {
      const uint32_t m = move(from, static_cast<uint32_t>(next - 1));
      moves_[m].count = count();
      if (moves_[m].count == 0) Reader::fail("impossible counts of moves");
      flows(from, 1, moves_[m].count);
      flows(moves_[m].to, 0, moves_[m].count);
      continue;
    }
    State& s = states_[from];
    s.conversions = count();
    s.nulls = count();
    std::memcpy(&s.value, r.take(sizeof s.value), sizeof s.value);
    if (!s.ends() || from == 0) Reader::fail("impossible counts of ends");
    flows(from, 1, s.conversions + s.nulls);
  }
  for (uint32_t s = 1; s < flow.size(); ++s)
    if (flow[s][0] != flow[s][1]) Reader::fail("moves into and out of a state differ in number");
}

}  // namespace clientele
