// SPDX-License-Identifier: PostgreSQL
#include "patterns/matches/search.hpp"

#include <algorithm>
#include <cmath>

namespace clientele {

using Rule = PatternLayout::Rule;

PatternSearch::PatternSearch(const PatternProgram& program, const EventClasses& classes,
                             size_t table_size)
    : program_(program),
      classes_(classes),
      layout_(program),
      table_size_(table_size),
      bounded_(program.within != no_most_time),
      passing_(layout_.gaps.size()),
      opened_(program.groups.size()),
      groups_(program.groups.size()) {}

void PatternSearch::find(const ClassedEvents& events, Wanted wanted, FoundMatches& found) {
  if (events.size() == 0) return;
  events_ = events;
  if (!first_pass(wanted == Wanted::any)) return;
  const auto n = static_cast<uint32_t>(events.size());
  if (wanted == Wanted::any) {
    found.matches.push_back({});
    return;
  }
  uint32_t limit = 0;  // the last event that a match may take
  for (uint32_t start = 0; start < n;) {
    work_.done(1);
    if (starts_[start] == 0) {
      ++start;
      continue;
    }
    if (bounded_)
      for (limit = std::max(limit, start);
           limit + 1 < n && elapsed(events.at[start], events.at[limit + 1]) <= program_.within;)
        ++limit;
    walk(start, limit, wanted, found);
    start = found.matches.back().last + 1;
  }
}

// The rows, right to left

void PatternSearch::begin_rows() {
  for (Passing& p : passing_) {
    p.least = none;
    p.from = static_cast<uint32_t>(events_.size());
    p.kept.clear();
    p.gone = 0;
  }
}

bool PatternSearch::first_pass(bool any) {
  const size_t n = events_.size(), width = layout_.width;
  block_rows_ = std::max(
      {table_size_ / width, size_t{1}, static_cast<size_t>(std::sqrt(static_cast<double>(n)))});
  const bool one_block = n < block_rows_;
  if (one_block) block_rows_ = n + 1;
  if (table_.size() < block_rows_ * width) table_.resize(block_rows_ * width);
  edge_.resize(2 * width);
  states_.clear();
  state_at_.assign(n / block_rows_ + 1, 0);
  starts_.assign(n, 0);
  for (size_t g = 0; g < passing_.size(); ++g)
    if (layout_.gaps[g].limits.least > 0) passing_[g].waiting.resize(n);
  begin_rows();
  const uint32_t start_slot = layout_.slots[program_.entry].start;
  block_ = one_block ? 0 : none;
  bool found = false;
  const uint32_t* next = nullptr;
  for (size_t place = n + 1; place-- > 0;) {
    uint32_t* const row =
        one_block ? table_.data() + place * width : edge_.data() + place % 2 * width;
    make_row(place, next, row);
    next = row;
    const uint32_t end = row[start_slot];
    if (end != none &&
        (!bounded_ || elapsed(events_.at[place], events_.at[end]) <= program_.within)) {
      if (any) return true;
      starts_[place] = 1;
      found = true;
    }
    if (!one_block && place % block_rows_ == 0) {
      state_at_[place / block_rows_] = states_.size();
      keep_state(row);
    }
  }
  return found;
}

void PatternSearch::make_row(size_t place, const uint32_t* next, uint32_t* row) {
  const size_t n = events_.size();
  ++rows_;
  work_.done(layout_.width);
  row[0] = none;
  if (place < n) {
    const uint64_t* const mask = classes_.mask(events_.cls[place]).data();
    for (const PatternLayout::Take& take : layout_.takes) {
      const bool takes = mask[take.set / 64] >> (take.set % 64) & 1;
      row[take.slot] = takes ? std::min(next[take.chosen], next[take.after]) : none;
    }
  } else {
    for (const PatternLayout::Take& take : layout_.takes) row[take.slot] = none;
  }
  for (const Rule& rule : layout_.chosen) row[rule.slot] = std::min(row[rule.a], row[rule.b]);
  for (const Rule& rule : layout_.start) {
    if (rule.kind == Rule::Kind::least)
      row[rule.slot] = std::min(row[rule.a], row[rule.b]);
    else
      row[rule.slot] = place == 0 ? row[rule.a] : none;
  }
  if (place == 0) return;  // no event was taken before
  for (size_t g = 0; g < passing_.size(); ++g)
    row[layout_.gaps[g].slot] = through(layout_.gaps[g], passing_[g], place, row);
  for (const Rule& rule : layout_.after) {
    switch (rule.kind) {
      case Rule::Kind::least:
        row[rule.slot] = std::min(row[rule.a], row[rule.b]);
        break;
      case Rule::Kind::accept:
        row[rule.slot] = bounded_ ? static_cast<uint32_t>(place - 1) : 0;
        break;
      default:
        row[rule.slot] = place == n ? row[rule.a] : none;
    }
  }
}

/// The earliest end of a match that has taken the event before the place, and goes on through the
/// gap.
uint32_t PatternSearch::through(const PatternLayout::Gap& gap, Passing& passing, size_t place,
                                const uint32_t* row) {
  const GapLimits& limits = gap.limits;
  const bool has_event = place < events_.size();
  const uint32_t end = row[gap.next];
  const Micros at = events_.at[place - 1];
  const auto wait = [&](size_t event) { return elapsed(at, events_.at[event]); };
  if (limits.direct) {
    const bool allowed = has_event && wait(place) >= limits.least && wait(place) <= limits.most;
    return allowed ? end : none;
  }
  if (limits.least == 0) {
    if (has_event) come_in(limits, passing, static_cast<uint32_t>(place), end);
  } else {
    if (has_event) passing.waiting[place] = end;
    while (passing.from > place && wait(passing.from - 1) >= limits.least) {
      --passing.from;
      come_in(limits, passing, passing.from, passing.waiting[passing.from]);
      work_.done(1);
    }
  }
  if (limits.most == no_most_time) return passing.least;
  std::vector<std::pair<uint32_t, uint32_t>>& kept = passing.kept;
  while (passing.gone < kept.size() && wait(kept[passing.gone].first) > limits.most) ++passing.gone;
  if (passing.gone == kept.size()) {
    kept.clear();
    passing.gone = 0;
    return none;
  }
  if (passing.gone > 4096 && passing.gone > kept.size() / 2) {
    kept.erase(kept.begin(), kept.begin() + static_cast<ptrdiff_t>(passing.gone));
    passing.gone = 0;
  }
  return kept[passing.gone].second;
}

void PatternSearch::come_in(const GapLimits& limits, Passing& passing, uint32_t event,
                            uint32_t end) {
  if (limits.most == no_most_time) {
    passing.least = std::min(passing.least, end);
    return;
  }
  if (end == none) return;
  std::vector<std::pair<uint32_t, uint32_t>>& kept = passing.kept;
  while (kept.size() > passing.gone && kept.back().second >= end) kept.pop_back();
  kept.emplace_back(event, end);
}

// Blocks of rows

void PatternSearch::keep_state(const uint32_t* row) {
  states_.insert(states_.end(), row, row + layout_.width);
  for (const Passing& p : passing_) {
    states_.push_back(p.least);
    states_.push_back(p.from);
    states_.push_back(static_cast<uint32_t>(p.kept.size() - p.gone));
    for (size_t k = p.gone; k < p.kept.size(); ++k) {
      states_.push_back(p.kept[k].first);
      states_.push_back(p.kept[k].second);
    }
    work_.done(p.kept.size() - p.gone);
  }
}

void PatternSearch::restore_state(size_t block, uint32_t* row) {
  const uint32_t* at = states_.data() + state_at_[block];
  std::copy(at, at + layout_.width, row);
  at += layout_.width;
  for (Passing& p : passing_) {
    p.least = *at++;
    p.from = *at++;
    p.kept.clear();
    p.gone = 0;
    for (uint32_t left = *at++; left > 0; --left, at += 2) p.kept.emplace_back(at[0], at[1]);
    work_.done(p.kept.size());
  }
}

void PatternSearch::load_block(size_t block) {
  const size_t n = events_.size(), width = layout_.width;
  const size_t begin = block * block_rows_, end = std::min(begin + block_rows_, n + 1);
  const uint32_t* next = nullptr;
  if (end <= n) {
    restore_state(block + 1, edge_.data());
    next = edge_.data();
  } else {
    begin_rows();
  }
  for (size_t place = end; place-- > begin;) {
    uint32_t* const row = table_.data() + (place - begin) * width;
    make_row(place, next, row);
    next = row;
  }
  block_ = block;
}

const uint32_t* PatternSearch::row(size_t place) {
  const size_t block = place / block_rows_;
  if (block != block_) load_block(block);
  return table_.data() + (place - block * block_rows_) * layout_.width;
}

// The matches, left to right

uint32_t PatternSearch::chosen_place(const PatternNode& node, uint32_t step, uint32_t last,
                                     uint32_t limit) {
  const GapLimits& limits = program_.gaps[node.number];
  uint32_t place = last + 1;
  while (elapsed(events_.at[last], events_.at[place]) < limits.least) {
    work_.done(1);
    ++place;
  }
  while (row(place)[layout_.slots[step].chosen] > limit) {
    work_.done(1);
    ++place;
  }
  steps_ += place - last;
  return place;
}

void PatternSearch::walk(uint32_t start, uint32_t limit, Wanted wanted, FoundMatches& found) {
  enum class Mode : uint8_t { start, after, chosen, nothing } mode = Mode::start;
  const std::vector<PatternNode>& nodes = program_.nodes;
  const bool groups = wanted == Wanted::groups && !groups_.empty();
  TakenEvents match{start, start, 0};
  taken_.clear();
  std::fill(groups_.begin(), groups_.end(), TakenEvents{});
  uint32_t place = start;
  const uint32_t* now = row(place);
  const auto leads_on = [&](uint32_t step) {
    const PatternLayout::Slots& slots = layout_.slots[step];
    switch (mode) {
      case Mode::start:
        return now[slots.start] <= limit;
      case Mode::after:
        return std::min(now[slots.chosen], now[slots.after]) <= limit;
      case Mode::chosen:
        return now[slots.chosen] <= limit;
      default:
        return now[slots.after] <= limit;
    }
  };
  for (uint32_t step = program_.entry; nodes[step].kind != PatternNode::Kind::accept;) {
    const PatternNode& node = nodes[step];
    ++steps_;
    work_.done(1);
    step = node.next;
    switch (node.kind) {
      case PatternNode::Kind::take:
        match.last = place;
        ++match.count;
        if (groups) taken_.push_back(place);
        now = row(++place);
        mode = Mode::after;
        break;
      case PatternNode::Kind::split:
        if (!leads_on(node.next)) step = node.other;
        break;
      case PatternNode::Kind::gap:
        if (mode == Mode::start) break;
        if (now[layout_.slots[static_cast<size_t>(&node - nodes.data())].gap] <= limit) {
          place = chosen_place(node, step, match.last, limit);
          now = row(place);
          mode = Mode::chosen;
        } else {
          mode = Mode::nothing;
        }
        break;
      case PatternNode::Kind::open:
        opened_[node.number] = static_cast<uint32_t>(taken_.size());
        break;
      case PatternNode::Kind::close:
        if (const size_t from = opened_[node.number]; from < taken_.size())
          groups_[node.number] = {taken_[from], taken_.back(),
                                  static_cast<uint32_t>(taken_.size() - from)};
        break;
      default:
        break;
    }
  }
  found.matches.push_back(match);
  if (groups) found.groups.insert(found.groups.end(), groups_.begin(), groups_.end());
}

}  // namespace clientele
