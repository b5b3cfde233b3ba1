// SPDX-License-Identifier: PostgreSQL
#include "funnel/rows/raw.hpp"

#include <algorithm>
#include <map>

#include "base/poll.hpp"
#include "base/sort.hpp"
#include "funnel/steps/definition.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;

[[noreturn]] void differs() {
  throw Error(sqlstate::invalid_parameter,
              "window_funnel's window, mode and number of steps must be the same for every row");
}

}  // namespace

RawFunnel::Rule RawFunnel::rule(uint64_t within, size_t steps, std::string_view mode) {
  Rule rule;
  rule.steps = static_cast<int32_t>(steps);
  rule.within = within;
  while (!mode.empty()) {
    const size_t comma = std::min(mode.find(','), mode.size());
    std::string_view word = mode.substr(0, comma);
    mode.remove_prefix(std::min(comma + 1, mode.size()));
    while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
    while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
    if (word == "strictly_increasing")
      rule.strictly_increasing = true;
    else
      rule.order = parse_order(word);
  }
  return rule;
}

void RawFunnel::define(uint64_t within, size_t steps, std::string_view mode) {
  if (steps == 0)
    throw Error(
        sqlstate::invalid_parameter, "window_funnel needs at least one condition",
        "Each step is a condition: window_funnel('1 day', at, event = 'search', event = 'buy').");
  if (steps > max_funnel_steps)
    throw Error(sqlstate::limit_exceeded, "window_funnel can have at most " +
                                              std::to_string(max_funnel_steps) +
                                              " conditions, not " + std::to_string(steps));
  if (rule_.steps == 0) {
    rule_ = rule(within, steps, mode);
    mode_.assign(mode.begin(), mode.end());
  } else if (static_cast<size_t>(rule_.steps) != steps || rule_.within != within ||
             !std::ranges::equal(mode, mode_)) {
    differs();
  }
}

void RawFunnel::merge(const RawFunnel& other) {
  if (other.rule_.steps == 0) return;
  if (rule_.steps != 0 && rule_ != other.rule_) differs();
  rule_ = other.rule_;
  at_.insert(at_.end(), other.at_.begin(), other.at_.end());
  mask_.insert(mask_.end(), other.mask_.begin(), other.mask_.end());
}

int RawFunnel::depth() const {
  FunnelQuestion question;
  question.steps = rule_.steps;
  question.within = rule_.within;
  question.order = rule_.order;
  question.strictly_increasing = rule_.strictly_increasing;
  std::vector<uint32_t> row(at_.size());
  for (size_t i = 0; i < row.size(); ++i) row[i] = static_cast<uint32_t>(i);
  const auto less = [&](uint32_t a, uint32_t b) { return at_[a] < at_[b]; };
  if (!std::is_sorted(row.begin(), row.end(), less)) sort_polled(row.begin(), row.end(), less);
  std::map<std::vector<uint64_t>, uint32_t> classes;
  std::vector<Hit> hits;
  Work work;
  for (const uint32_t i : row) {
    const auto first = mask_.begin() + static_cast<ptrdiff_t>(i * words());
    std::vector<uint64_t> key(first, first + static_cast<ptrdiff_t>(words()));
    auto found = classes.find(key);
    if (found == classes.end()) {
      EventClass cls;
      for (int s = 0; s < rule_.steps; ++s)
        if (key[s / 64] >> (s % 64) & 1) cls.steps.push_back(s + 1);
      // Class 0 serves no step, and no other class has the same steps.
      const bool none = cls.steps.empty();
      found = classes.emplace(std::move(key), none ? 0 : question.classes.size()).first;
      if (!none) question.classes.push_back(std::move(cls));
    }
    if (found->second != 0 || question.needs_all_events())
      hits.push_back({at_[i], found->second, 0});
    work.done(1 + words());
  }
  return FunnelSolver(question).depth(hits);
}

void RawFunnel::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  w.u8(rule_.strictly_increasing);
  w.u8(static_cast<uint8_t>(rule_.order));
  w.varint(rule_.within);
  w.varint(static_cast<uint64_t>(rule_.steps));
  w.varint(at_.size());
  w.raw(at_.data(), at_.size() * sizeof(Micros));
  w.raw(mask_.data(), mask_.size() * sizeof(uint64_t));
}

void RawFunnel::read(Reader& r) {
  r.version(version, "window_funnel");
  const uint8_t increasing = r.u8(), order = r.u8();
  rule_.within = r.varint();
  const uint64_t steps = r.varint();
  if (increasing > 1 || order > static_cast<uint8_t>(StepOrder::any) || steps > max_funnel_steps)
    Reader::fail("impossible rules of a funnel");
  rule_.strictly_increasing = increasing != 0;
  rule_.order = static_cast<StepOrder>(order);
  rule_.steps = static_cast<int32_t>(steps);
  const size_t n = r.count();
  const uint8_t* const at = r.take(n * sizeof(Micros));
  const size_t mask_bytes = n * words() * sizeof(uint64_t);
  const uint8_t* const mask = r.take(mask_bytes);
  if (n == 0) return;
  at_.resize(n);
  std::memcpy(at_.data(), at, n * sizeof(Micros));
  mask_.resize(n * words());
  if (mask_bytes > 0) std::memcpy(mask_.data(), mask, mask_bytes);
}

}  // namespace clientele
