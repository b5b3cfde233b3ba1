// SPDX-License-Identifier: PostgreSQL
#include "patterns/matches/layout.hpp"

#include "base/poll.hpp"

namespace clientele {
namespace {

using Kind = PatternNode::Kind;

/// Calls use(step) for the steps that follow without an event between.
template <class Use>
void each_following(const PatternNode& node, Use use) {
  if (node.kind == Kind::take || node.kind == Kind::accept) return;
  use(node.next);
  if (node.kind == Kind::split) use(node.other);
}

/// All steps, each behind those that follow it without an event between. This has an
/// end, as what is repeated takes an event.
std::vector<uint32_t> followers_first(const PatternProgram& program) {
  const size_t n = program.nodes.size();
  std::vector<uint32_t> order, open;
  std::vector<uint8_t> state(n, 0);  // 1 on the way, 2 in the order
  Work work;
  for (uint32_t from = 0; from < n; ++from) {
    open.push_back(from);
    while (!open.empty()) {
      work.done(1);
      const uint32_t step = open.back();
      if (state[step] != 0) {
        open.pop_back();
        if (state[step] == 1) order.push_back(step);
        state[step] = 2;
        continue;
      }
      state[step] = 1;
      each_following(program.nodes[step], [&](uint32_t next) {
        if (state[next] == 0) open.push_back(next);
      });
    }
  }
  return order;
}

std::vector<bool> reached_at_start(const PatternProgram& program) {
  std::vector<bool> reached(program.nodes.size(), false);
  std::vector<uint32_t> open{program.entry};
  reached[program.entry] = true;
  while (!open.empty()) {
    const uint32_t step = open.back();
    open.pop_back();
    each_following(program.nodes[step], [&](uint32_t next) {
      if (!reached[next]) open.push_back(next);
      reached[next] = true;
    });
  }
  return reached;
}

}  // namespace

PatternLayout::PatternLayout(const PatternProgram& program) : slots(program.nodes.size()) {
  const std::vector<uint32_t> order = followers_first(program);
  const std::vector<bool> at_start = reached_at_start(program);
  for (const uint32_t step : order) {
    place(program, step);
    if (at_start[step]) place_start(program, step);
  }
  for (const uint32_t step : order) {
    const PatternNode& node = program.nodes[step];
    if (node.kind != Kind::take) continue;
    const Slots& next = slots[node.next];
    takes.push_back({slots[step].chosen, node.number, next.chosen, next.after});
  }
}

uint32_t PatternLayout::least_of(std::vector<Rule>& rules, uint32_t a, uint32_t b) {
  if (a == 0 || a == b) return b;
  if (b == 0) return a;
  rules.push_back({Rule::Kind::least, width, a, b});
  return width++;
}

void PatternLayout::place(const PatternProgram& program, uint32_t step) {
  const PatternNode& node = program.nodes[step];
  const Slots& next = slots[node.next];
  Slots& mine = slots[step];
  switch (node.kind) {
    case Kind::take:
      mine.chosen = width++;
      break;
    case Kind::split: {
      const Slots& other = slots[node.other];
      mine.chosen = least_of(chosen, next.chosen, other.chosen);
      mine.after = least_of(after, next.after, other.after);
      break;
    }
    case Kind::gap:
      if (next.chosen != 0) {
        mine.gap = width++;
        gaps.push_back({mine.gap, next.chosen, program.gaps[node.number]});
      }
      mine.after = least_of(after, mine.gap, next.after);
      break;
    case Kind::begin:
      break;
    case Kind::end:
      if (next.after != 0) {
        mine.after = width++;
        after.push_back({Rule::Kind::at_end, mine.after, next.after, 0});
      }
      break;
    case Kind::open:
    case Kind::close:
      mine = {next.chosen, next.after, 0, 0};
      break;
    case Kind::accept:
      mine.after = width++;
      after.push_back({Rule::Kind::accept, mine.after, 0, 0});
      break;
  }
}

void PatternLayout::place_start(const PatternProgram& program, uint32_t step) {
  const PatternNode& node = program.nodes[step];
  const Slots& next = slots[node.next];
  Slots& mine = slots[step];
  switch (node.kind) {
    case Kind::take:
      mine.start = mine.chosen;
      break;
    case Kind::split: {
      const Slots& other = slots[node.other];
      const bool as_chosen = next.start == next.chosen && other.start == other.chosen;
      mine.start = as_chosen ? mine.chosen : least_of(start, next.start, other.start);
      break;
    }
    case Kind::gap:  // does nothing before the first event
    case Kind::open:
    case Kind::close:
      mine.start = next.start;
      break;
    case Kind::begin:
      if (next.start != 0) {
        mine.start = width++;
        start.push_back({Rule::Kind::at_begin, mine.start, next.start, 0});
      }
      break;
    case Kind::end:
    case Kind::accept:
      break;
  }
}

}  // namespace clientele
